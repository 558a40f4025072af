"""The questions of the quizzes: every key is computed, and none gives itself away."""

import functools
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from authoring.layout import Course
from authoring.quizzes.read import read
from authoring.quizzes.text import plain

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
QUIZZES = [read(path, COURSE) for path in sorted(ROOT.glob("content/quizzes/*.yaml"))]
QUESTIONS = [(quiz, question) for quiz in QUIZZES for question in quiz.questions]
CHOICES = [(quiz, one) for quiz, one in QUESTIONS if one.kind in ("one", "picture")]


def name(quiz, question):
    return f"{quiz.stem} {question.part} {question.number}"


def each(questions):
    return pytest.mark.parametrize(
        ("quiz", "question"), questions, ids=[name(*pair) for pair in questions]
    )


each_quiz = pytest.mark.parametrize("quiz", QUIZZES, ids=lambda quiz: quiz.stem)


@functools.cache
def values():
    """What the expressions give, computed in a process of their own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "quiz_keys.py"],
        env={**environment, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- keys


@each([pair for pair in QUESTIONS if pair[1].kind == "number"])
def test_a_numeric_key_is_what_its_expression_gives(quiz, question):
    value = values()[name(quiz, question)]
    assert isinstance(value, float), value
    if question.tolerance:
        # The key is rounded, and the tolerance leaves room for that and a little more.
        assert abs(value - question.answer) <= question.tolerance / 2
        assert question.tolerance <= 0.05 * abs(question.answer)
    else:
        assert value == pytest.approx(question.answer, abs=1e-6)


@each([pair for pair in QUESTIONS if pair[1].kind != "number" and pair[1].check])
def test_the_expression_of_a_choice_holds(quiz, question):
    assert values()[name(quiz, question)] is True


@each([pair for pair in QUESTIONS if pair[1].kind in ("pixel", "picture")])
def test_a_picture_question_has_an_expression(quiz, question):
    assert question.check


@each([pair for pair in QUESTIONS if pair[1].kind == "number"])
def test_a_likely_mistake_is_not_within_the_tolerance(quiz, question):
    assert question.mistakes
    for mistake in question.mistakes:
        for value in mistake.values:
            assert abs(value - question.answer) > 2 * question.tolerance


# --- every quiz


@each_quiz
def test_a_quiz_has_five_questions_before_and_ten_after(quiz):
    assert [len(quiz.part(part)) for part in ("pre", "post")] == [5, 10]


@each_quiz
def test_a_quiz_has_every_kind_and_a_picture_to_read(quiz):
    kinds = Counter(question.kind for question in quiz.questions)
    assert kinds["one"] and kinds["several"] and kinds["number"] >= 3
    assert kinds["picture"] + kinds["pixel"] >= 1


@each_quiz
def test_a_quiz_points_to_many_sections_and_to_no_quiz(quiz):
    sections = Counter(question.see for question in quiz.questions)
    assert len(sections) >= 5 and max(sections.values()) <= 5
    assert not {"Post-quiz", "Summary"} & set(sections)


def test_every_lesson_has_its_quiz():
    stems = {path.stem for path in COURSE.contents("lessons")}
    assert {quiz.stem for quiz in QUIZZES} == stems


@each(QUESTIONS)
def test_a_question_is_asked_once(quiz, question):
    asked = [plain(one.ask) for _, one in QUESTIONS]
    assert asked.count(plain(question.ask)) == 1


@each(QUESTIONS)
def test_no_answer_is_a_sentence_of_the_lesson(quiz, question):
    lesson = " ".join(
        (ROOT / f"content/lessons/{quiz.stem}.md").read_text("utf-8").split()
    )
    for option in question.options:
        if option.right and option.text and len(option.text.split()) > 6:
            assert plain(option.text) not in lesson


# --- no option gives itself away


def ranks(question):
    """The length of the right option among all, 0 the shortest and 1 the longest."""
    lengths = [len(plain(option.text)) for option in question.options]
    (right,) = question.right
    others = [length for n, length in enumerate(lengths) if n != right]
    below = sum(length < lengths[right] for length in others)
    same = sum(length == lengths[right] for length in others)
    return (below + same / 2) / len(others)


def spread(questions):
    """Mean rank of the right options, in standard errors from the middle."""
    lengths = [ranks(question) for question in questions]
    # A rank among k options that all have the same chance.
    counts = [len(question.options) for question in questions]
    variance = sum((k + 1) / (12 * (k - 1)) for k in counts)
    return (sum(lengths) - len(lengths) / 2) / math.sqrt(variance)


def worded(questions):
    return [one for one in questions if one.kind == "one"]


@each_quiz
def test_length_does_not_tell_the_right_option_of_a_quiz(quiz):
    assert abs(spread(worded(quiz.questions))) < 1.7


def test_length_does_not_tell_the_right_option_of_all_quizzes():
    questions = worded(question for _, question in QUESTIONS)
    assert abs(spread(questions)) < 1.7
    longest = sum(ranks(question) == 1 for question in questions)
    chance = sum(1 / len(question.options) for question in questions)
    assert longest < chance + 2 * math.sqrt(chance)


@each_quiz
def test_right_options_stand_at_every_position(quiz):
    positions = Counter(
        one.right[0] for one in quiz.questions if one.kind in ("one", "picture")
    )
    assert len(positions) >= 3
    assert max(positions.values()) <= math.ceil(sum(positions.values()) / 2)


def test_no_position_is_right_more_often_than_chance_would_have_it():
    # Pearson's chi-square over the positions; each option has the same chance.
    right = Counter(one.right[0] for _, one in CHOICES)
    expected = Counter()
    for _, one in CHOICES:
        for position in range(len(one.options)):
            expected[position] += 1 / len(one.options)
    square = sum((right[p] - e) ** 2 / e for p, e in expected.items())
    assert square < 7.8  # 5 % of fair shuffles of four positions lie above


def test_absolute_words_do_not_mark_the_wrong_options():
    absolute = re.compile(r"\b(always|never|every|all|none|only|no)\b", re.IGNORECASE)
    found = Counter()
    for _, one in CHOICES:
        for option in one.options:
            found[option.right, bool(absolute.search(option.text or ""))] += 1
    wrong = found[False, True] / (found[False, True] + found[False, False])
    right = found[True, True] / (found[True, True] + found[True, False])
    assert wrong < 2 * right + 0.1


# --- what another course asks, put right


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("three kinds of segmentation", {"semantic", "instance", "panoptic"}),
        ("the parts of a network", {"encoder", "decoder"}),
        ("what SegNet relies on", {"segnet", "batch normalisation"}),
    ],
)
def test_what_beginners_are_asked_elsewhere_is_asked_here(part, words):
    def said(question):
        options = " ".join(f"{o.text or ''} {o.why}" for o in question.options)
        return f"{question.ask} {options}".lower()

    assert any(all(w in said(one) for w in words) for _, one in QUESTIONS), part
