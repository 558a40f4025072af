"""`quiz.show` in a notebook: widgets with a live kernel, text without one."""

import json
import random
import re
from html import unescape
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
from IPython.display import HTML

from authoring.layout import Course
from utils import quiz
from utils.quiz.find import QUESTIONS, load, spoken
from utils.quiz.panel import judge, number_of, panel
from utils.quiz.text import as_html

FILES = sorted(QUESTIONS.glob("*/*.json"))
each = pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name} {p.stem}")
PARTS = ("pre", "post")


@pytest.fixture
def shown(monkeypatch):
    """What a call displays, as (data, options)."""
    found = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, **options: found.append((data, options))
    )
    return found


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def right_answer(question):
    if "options" in question:
        return [n for n, o in enumerate(question["options"]) if o["right"]]
    answer = question["answer"]
    return answer[0] if question["kind"] == "pixel" else answer


def wrong_answer(question):
    if "options" in question:
        return [[n for n, o in enumerate(question["options"]) if not o["right"]][0]]
    if question["mistakes"]:
        return question["mistakes"][0]["values"][0]
    return [r for r in question["answer"]][0][::-1]


def give(row, question, answer):
    """Set the inputs of a question and press its button; returns what is said."""
    controls, (button, feedback) = row.children[1:-2], row.children[-2:]
    if question["kind"] == "several":
        for number, control in enumerate(controls):
            control.value = number in answer
    elif question["kind"] == "pixel":
        for control, value in zip(controls, answer):
            control.value = value
    elif question["kind"] == "number":
        controls[0].value = f"{answer}"
    else:
        controls[0].value = answer[0]
    button.click()
    return feedback.value


@each
@pytest.mark.parametrize("right", [True, False])
def test_every_question_is_judged(path, right):
    data = read(path)
    words = data["words"]
    for part in PARTS:
        box = panel(data, part)
        rows, score = box.children[1:-1], box.children[-1]
        assert len(rows) == len(data[part])
        for row, question in zip(rows, data[part]):
            said = give(
                row, question, (right_answer if right else wrong_answer)(question)
            )
            assert words["right" if right else "wrong"] in said
            assert (question["see"] in unescape(said)) is not right
            assert all(control.disabled for control in row.children[1:-2])
            # Pressed again, nothing is counted twice.
            row.children[-2].click()
        count = len(data[part])
        values = {"done": count, "count": count, "right": count if right else 0}
        assert words["progress"].format(**values) in unescape(score.value)
        missed = {question["see"] for question in data[part]}
        for see in missed:
            assert (see in unescape(score.value)) is not right


def test_widgets_ask_for_an_answer_and_can_be_heard():
    data = load("05")
    row = panel(data, "pre").children[1]
    row.children[-2].click()
    assert data["words"]["choose"] in row.children[-1].value
    assert 'role="alert"' in row.children[-1].value
    assert not row.children[1].disabled


def test_only_native_inputs_are_used():
    kinds = (ipywidgets.RadioButtons, ipywidgets.Checkbox, ipywidgets.Text,
             ipywidgets.Dropdown)  # fmt: skip
    for part in PARTS:
        for row in panel(load("05"), part).children[1:-1]:
            assert all(isinstance(control, kinds) for control in row.children[1:-2])


@pytest.mark.parametrize(
    ("written", "number"),
    [("0.5", 0.5), ("0,5", 0.5), (" 9 409 ", 9409), ("-1e-3", -0.001)]
    + [(bad, None) for bad in ("", "half", "1.2.3", "nan", "inf")],
)
def test_numbers_are_read_as_people_write_them(written, number):
    assert number_of(written) == number


def test_a_number_within_its_tolerance_is_right():
    question = {"kind": "number", "answer": 0.3, "tolerance": 0.1, "why": "w",
                "mistakes": [], "otherwise": "o", "see": "s"}  # fmt: skip
    words = load("05")["words"]
    for answer, right in ((0.1 + 0.2, True), (0.4, True), (0.41, False), (-0.3, False)):
        assert judge(question, answer, words)[0] is right


# --- without a kernel


@each
def test_as_text_it_has_questions_answers_and_a_link(path):
    data = read(path)
    for part in PARTS:
        html = as_html(data, part)
        assert html.count("<details>") == len(data[part])
        link = re.search(r'href="([^"]+)"', html)[1]
        root = Path(__file__).resolve().parent.parent
        above = "" if Course(root).repository else "../../../"
        assert link == f"{above}{data['page']}#{part}"
        assert (root / "quizzes" / path.parent.name / f"{path.stem}.html").exists()
        for question in data[part]:
            assert question["ask"] in html
            for option in question.get("options", []):
                assert option["html"] in html and option["why"] in html
        assert len(html) < 40_000
        assert "<svg" not in html and "<script" not in html


def test_headless_it_is_text_and_the_same_every_time(shown, monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")
    quiz.show("05", "pre")
    quiz.show("05", "pre")
    (first, _), (second, _) = shown
    assert isinstance(first, HTML) and first.data == second.data
    assert first.data == as_html(load("05"), "pre")


def test_live_it_is_a_widget_of_which_nothing_large_is_stored(shown, monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "0")
    quiz.show("05", "post")
    ((data, options),) = shown
    assert options == {"raw": True}
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert len(json.dumps(data)) < 300


@pytest.mark.parametrize("headless", ["0", "1"])
def test_no_random_number_is_drawn(shown, monkeypatch, headless):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", headless)
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    quiz.show("05", "pre")
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


# --- which quiz, which language


def test_one_call_speaks_the_language_that_the_notebook_says(shown, monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")
    monkeypatch.delenv("EVERY_PIXEL_LANGUAGE", raising=False)
    quiz.show("05", "pre")
    for language in ("ko", "en"):
        monkeypatch.setenv("EVERY_PIXEL_LANGUAGE", language)
        assert spoken() == language
        quiz.show("05", "pre")
    first, korean, english = (data.data for data, _ in shown)
    assert "Before the lesson" in english and "강의를 읽기 전에" in korean
    assert first == english


def test_the_language_may_be_named_in_the_call(shown, monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")
    monkeypatch.setenv("EVERY_PIXEL_LANGUAGE", "en")
    quiz.show("05", "pre", "ko")
    assert "강의를 읽기 전에" in shown[0][0].data


def test_of_a_published_course_the_page_is_linked_by_its_address():
    data = load("05")
    html = as_html({**data, "page": "https://pages.example/quizzes/en/05.html"}, "pre")
    assert 'href="https://pages.example/quizzes/en/05.html#pre"' in html


@pytest.mark.parametrize("number", [5, "5", "05"])
def test_a_lesson_may_be_named_in_any_way(number):
    assert load(number)["page"] == "quizzes/en/05_unet.html"


def test_a_language_without_this_quiz_falls_back_to_english():
    assert load("05", "fr")["language"] == "en"


def test_wrong_names_are_answered_with_the_right_ones(shown):
    with pytest.raises(ValueError, match=r"'55' has no quiz; there are 00, 01"):
        quiz.show("55", "pre")
    with pytest.raises(ValueError, match="The part is 'mid', but"):
        quiz.show("05", "mid")
    assert shown == []
