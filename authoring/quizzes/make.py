"""All that is built from the quizzes, in every language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from authoring import translate
from authoring.cells import Source
from authoring.layout import TRACKS, ContentError, Course
from authoring.quizzes import ask, page
from authoring.quizzes.ask import Question, Quiz
from authoring.quizzes.data import data
from authoring.quizzes.read import read

HEADING = re.compile(r"^#{1,6} +(.*?) *$")
WORDS = translate.Words("authoring/quiz_page/words.yaml", "quiz_page")


def read_all(course: Course, lessons: list[Source]) -> list[Quiz]:
    """Read every quiz, and check that its lesson answers it."""
    known = {lesson.stem: lesson for lesson in lessons}
    quizzes = []
    for path in sorted((course.root / "content" / "quizzes").glob("*.yaml")):
        quiz = read(path, course)
        if quiz.stem not in known:
            raise ContentError(
                quiz.place,
                None,
                f"there is no content/lessons/{quiz.stem}.md; name it as its lesson.",
            )
        for question in quiz.questions:
            _check_heading(question, quiz, known[quiz.stem])
        quizzes.append(quiz)
    return quizzes


def headings(text: str) -> list[str]:
    """List the headings of a Markdown cell; its blocks of code have none."""
    found, fenced = [], False
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        match = HEADING.match(line)
        if match and not fenced:
            found.append(match[1])
    return found


def _check_heading(question: Question, quiz: Quiz, lesson: Source) -> None:
    for track in TRACKS:
        cells = [cell for cell in lesson.track(track) if cell.kind == "markdown"]
        if not any(question.see in headings(cell.text) for cell in cells):
            raise ContentError(
                quiz.place,
                question.line,
                f"{question.part} question {question.number}: the field see is "
                f"{question.see!r}, which is no heading of {lesson.place} in {track}.",
            )


def translated(quiz: Quiz, lesson: Source, language: str, course: Course) -> Quiz:
    """Give a quiz in a language, English where no translation is known."""
    if language == "en":
        return quiz
    known = translate.known(quiz.stem, language, course)
    cells = [cell for cell in lesson.cells if cell.kind == "markdown"]
    sections = {}
    for cell in cells:
        spoken = headings(known.get(cell.text, cell.text))
        # A translation that has other headings is not trusted to have the same order.
        if len(spoken) == len(headings(cell.text)):
            sections.update(zip(headings(cell.text), spoken, strict=True))
    questions = []
    for question in quiz.questions:
        spoken = ask.changed(question, lambda one: known.get(one, one))
        section = sections.get(question.see, question.see)
        questions.append(replace(spoken, see=section))
    return Quiz(quiz.path, quiz.place, tuple(questions))


def files(
    course: Course,
    lessons: list[Source],
    title: Callable[[Source, str, Course], str],
    wanted: Callable[[Quiz, str], bool],
) -> Iterator[tuple[Path, str]]:
    """Yield path and text of each page and data file; ``wanted`` may leave some out."""
    quizzes = read_all(course, lessons)
    if not quizzes:
        return
    by_stem = {lesson.stem: lesson for lesson in lessons}
    spoken = {name for quiz in quizzes for name in course.languages(quiz.stem)}
    languages = ["en", *sorted(spoken - {"en"})]
    for language in languages:
        words = WORDS.spoken(language, course)
        listed = []
        for quiz in quizzes:
            own = course.languages(quiz.stem)
            lesson = by_stem[quiz.stem]
            said = title(lesson, language, course)
            folder = "" if language in own else "../en/"
            local = translated(quiz, lesson, language, course)
            listed.append((local, said, f"{folder}{quiz.stem}.html"))
            if language not in own:
                continue
            if not wanted(quiz, language):
                continue
            path = course.quiz_page(language, quiz.stem)
            yield path, page.lesson_page(local, said, language, own, words)
            at = course.address(path) or course.place(path)
            text = data(local, said, language, words, at)
            yield course.quiz_data(language, quiz.stem), text
        text = page.index_page(listed, language, languages, words)
        yield course.quiz_page(language, "index"), text
