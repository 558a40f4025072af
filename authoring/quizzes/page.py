"""Questions -> a page that needs no server, no other file and no network.

What is right, and why, stands in the page itself, folded below each question: without
a script it can be read, and with one the script shows what belongs to an answer.
Jinja2 fills the templates of ``authoring/quiz_page`` and escapes all but ``Markup``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from authoring.notebook import NOTE
from authoring.quizzes import draw, text
from authoring.quizzes.ask import PARTS, Question, Quiz
from authoring.translate import own_name

TEMPLATES = Path(__file__).parent.parent / "quiz_page"
LETTERS = "ABCDEFGH"


def lesson_page(
    quiz: Quiz, title: str, language: str, languages: list[str], words: dict[str, str]
) -> str:
    """Write the page of a lesson of that title; ``languages`` are all that it has."""
    title = words["title"].format(number=quiz.stem[:2], title=title)
    values = {"quiz": quiz, "storage": storage(quiz), "source": quiz.place}
    page = {"title": title, "language": language, "languages": languages}
    return _page("lesson.html", f"{quiz.stem}.html", words, **page, **values)


def index_page(
    quizzes: Iterable[tuple[Quiz, str, str]],
    language: str,
    languages: list[str],
    words: dict[str, str],
) -> str:
    """Write the page that lists all quizzes, each with its title and its address."""
    values = {"quizzes": quizzes, "storage": "", "source": "content/quizzes"}
    page = {"title": words["index_title"], "language": language, "languages": languages}
    return _page("index.html", "index.html", words, **page, **values)


def _page(template: str, file: str, words: dict[str, str], **values) -> str:
    script = _text("index.js" if file == "index.html" else "page.js")
    page = TEMPLATING.get_template(template).render(
        values,
        file=file,
        words=words,
        say=lambda key, **gaps: words[key].format(**gaps),
        note=f"{NOTE}: {values['source']}, authoring/quiz_page",
        style=_text("page.css"),
        script=script,
        # Only this very script may run, whatever a question says.
        hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return page + "\n"


def _text(file: str) -> Markup:
    return Markup((TEMPLATES / file).read_text(encoding="utf-8").rstrip("\n"))


def storage(quiz: Quiz) -> str:
    """The name under which a browser keeps a lesson's answers, in any language."""
    return f"every-pixel-quiz:{quiz.stem}"


def name(question: Question) -> str:
    return f"q{question.id}"


def see(one: Question, quiz: Quiz, words: dict[str, str]) -> str:
    """Name the section of the lesson that answers a question."""
    return words["read"].format(section=one.see, number=quiz.stem[:2])


def option_html(one: Question, number: int, words: dict[str, str]) -> Markup:
    """The words of an option, or its letter if it is a picture alone."""
    option = one.options[number]
    if option.text:
        return text.inline(option.text)
    return escape(words["option"].format(letter=LETTERS[number]))


def answer_said(one: Question, words: dict[str, str]) -> Markup:
    """Say what the answer to a number or a pixel question is, as HTML."""
    if one.kind == "pixel":
        places = " ".join(f"({r}, {c})" for r, c in one.answer)
        return escape(words["right_pixels"].format(places=places))
    answer = f"{one.answer:.10g}" + (f" {one.unit}" if one.unit else "")
    key = "answer_range" if one.tolerance else "answer_is"
    said = words[key].format(answer=answer, tolerance=f"{one.tolerance:g}")
    return text.inline(said)


def answers(
    one: Question, words: dict[str, str]
) -> Iterator[tuple[str, list, str, str]]:
    """Give each answer: right or wrong, the values it belongs to, itself, its reason.

    What it says of itself is HTML or a text to be escaped.
    """
    for number, option in enumerate(one.options):
        case = "right" if option.right else "wrong"
        verdict = Markup("{} <strong>({})</strong>").format(
            option_html(one, number, words), words[f"is_{case}"]
        )
        yield case, [number], verdict, option.why

    def values(of: Iterable) -> list[str]:
        if one.kind == "pixel":
            return [f"{r},{c}" for r, c in of]
        return [f"{value:.10g}" for value in of]

    if not one.options:
        right = one.answer if one.kind == "pixel" else [one.answer]
        yield "right", values(right), answer_said(one, words), one.why
    for mistake in one.mistakes:
        said = ", ".join(values(mistake.values))
        if one.kind == "pixel":
            said = " ".join(f"({r}, {c})" for r, c in mistake.values)
        said = words["if_you"].format(values=said)
        yield "wrong", values(mistake.values), said, mistake.why
    if one.otherwise:
        yield "wrong", [], words["else_you"], one.otherwise


def _reason(why: str) -> Markup:
    return Markup(str(text.blocks(why)).replace("<p>", '<p class="why">'))


TEMPLATING = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATING.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
TEMPLATING.globals.update(
    {
        "PARTS": PARTS,
        "answers": answers,
        "draw": draw,
        "name": name,
        "option_html": option_html,
        "own_name": own_name,
        "see": see,
        "storage_of": storage,
    }
)
TEMPLATING.filters.update(
    {
        "blocks": text.blocks,
        "inline": text.inline,
        "name": name,
        "plain": text.plain,
        "reason": _reason,
    }
)
