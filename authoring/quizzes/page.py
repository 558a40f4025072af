"""Questions -> a page that needs no server, no other file and no network.

What is right, and why, stands in the page itself, folded below each question: without
a script it can be read, and with one the script shows what belongs to an answer.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

from authoring.notebook import NOTE
from authoring.quizzes import draw, text
from authoring.quizzes.ask import PARTS, Question, Quiz

TEMPLATES = Path(__file__).parent.parent / "quiz_page"
LETTERS = "ABCDEFGH"


def fill(name: str, **values: str) -> str:
    """Fill a template; what is filled in is not looked through for more names."""
    template = (TEMPLATES / name).read_text(encoding="utf-8").rstrip("\n")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template)


def lesson_page(
    quiz: Quiz, title: str, language: str, links: str, words: dict[str, str]
) -> str:
    """Write the page of a lesson; ``title`` is the lesson's, ``links`` lead away."""
    parts = []
    for part in PARTS:
        own = quiz.part(part)
        parts.append(
            fill(
                "part.html",
                part=part,
                title=escape(words[part]),
                lead=escape(words[f"{part}_lead"]),
                clear=escape(words["clear"]),
                questions="\n".join(question(q, len(own), quiz, words) for q in own),
            )
        )
    title = words["title"].format(number=quiz.stem[:2], title=title)
    whole = {"links": links, "storage": storage(quiz), "source": quiz.place}
    return page(title, "\n".join(parts), "page.js", language, words, **whole)


def index_page(
    quizzes: Iterable[tuple[Quiz, str, str]], language: str, links: str, words: dict
) -> str:
    """Write the page that lists all quizzes, each with its title and its address."""
    items = []
    for quiz, title, address in quizzes:
        ids = {part: " ".join(name(q) for q in quiz.part(part)) for part in PARTS}
        label = escape(f"{quiz.stem[:2]} {title}")
        items.append(
            f'<li data-storage="{storage(quiz)}" data-pre="{ids["pre"]}" '
            f'data-post="{ids["post"]}">\n<a href="{address}">{label}</a>\n'
            + "\n".join(_index_part(quiz, part, words) for part in PARTS)
            + f'\n<progress max="{len(quiz.questions)}" value="0" aria-label="{label}" '
            "hidden></progress>\n</li>"
        )
    keys = ("kept", "per_file", "clear_all")
    said = {key: escape(words[key]) for key in keys}
    lead = escape(words["index_lead"])
    body = fill("index.html", lead=lead, lessons="\n".join(items), **said)
    whole = {"links": links, "storage": "", "source": "content/quizzes"}
    return page(words["index_title"], body, "index.js", language, words, **whole)


def _index_part(quiz: Quiz, part: str, words: dict[str, str]) -> str:
    count = words["questions"].format(count=len(quiz.part(part)))
    return f'<p class="{part}">{escape(words[part])}: {escape(count)}</p>'


def page(
    title: str,
    body: str,
    script: str,
    language: str,
    words: dict[str, str],
    *,
    links: str,
    storage: str,
    source: str,
) -> str:
    """Put a body into the frame of all pages."""
    code = fill(script)
    said = {key: escape(words[key]) for key in ("no_script", "kept", "not_kept")}
    text = fill(
        "page.html",
        note=f"{NOTE}: {source}, authoring/quiz_page",
        language=language,
        # Only this very script may run, whatever a question says.
        hash=base64.b64encode(hashlib.sha256(code.encode()).digest()).decode(),
        title=escape(title),
        style=fill("page.css"),
        storage=storage,
        links=links,
        main=body,
        words=json.dumps(words, ensure_ascii=False).replace("<", "\\u003c"),
        script=code,
        **said,
    )
    return text + "\n"


def storage(quiz: Quiz) -> str:
    """The name under which a browser keeps a lesson's answers, in any language."""
    return f"every-pixel-quiz:{quiz.stem}"


def name(question: Question) -> str:
    return f"q{question.id}"


def question(one: Question, count: int, quiz: Quiz, words: dict[str, str]) -> str:
    """Write a question with its inputs and, folded, its answers."""
    data = ""
    if one.kind == "number":
        unit = escape(text.plain(one.unit)) if one.unit else ""
        data = f' data-tolerance="{one.tolerance:g}" data-unit="{unit}"'
    elif one.kind == "pixel":
        data = f' data-columns="{one.grid.shape[1]}"'
    return fill(
        "question.html",
        id=name(one),
        kind=one.kind,
        data=data,
        number=escape(words["question"].format(number=one.number, count=count)),
        ask=text.blocks(one.ask),
        figure=draw.figure(one.figure, words),
        inputs=_inputs(one, words),
        check=escape(words["check"]),
        answer=escape(words["answer"]),
        answers=answers(one, words),
        see=text.inline(see(one, quiz, words)),
    )


def see(one: Question, quiz: Quiz, words: dict[str, str]) -> str:
    """Name the section of the lesson that answers a question."""
    return words["read"].format(section=one.see, number=quiz.stem[:2])


# What can be chosen or written


def _inputs(one: Question, words: dict[str, str]) -> str:
    if one.kind == "number":
        return _number(one, words)
    if one.kind == "pixel":
        return _pixels(one, words)
    shape = "checkbox" if one.kind == "several" else "radio"
    hint = f'<p class="hint">{escape(words["several"])}</p>\n'
    options = []
    for number, option in enumerate(one.options):
        said = f'<span class="said">{option_html(one, number, words)}</span>'
        if option.figure:
            said += draw.panel(option.figure, words)
        options.append(
            f'<label class="option"><input type="{shape}" name="{name(one)}" '
            f'value="{number}"> <span>{said}</span></label>'
        )
    listed = "\n".join(options)
    if one.kind == "picture":
        listed = f'<div class="pictures">\n{listed}\n</div>'
    return (hint if one.kind == "several" else "") + listed


def option_html(one: Question, number: int, words: dict[str, str]) -> str:
    """The words of an option, or its letter if it is a picture alone."""
    option = one.options[number]
    if option.text:
        return text.inline(option.text)
    return escape(words["option"].format(letter=LETTERS[number]))


def _number(one: Question, words: dict[str, str]) -> str:
    unit = f" <span>{text.inline(one.unit)}</span>" if one.unit else ""
    return (
        f'<label class="written"><span>{escape(words["number"])}</span> '
        f'<input type="text" inputmode="decimal" autocomplete="off">{unit}</label>'
    )


def _pixels(one: Question, words: dict[str, str]) -> str:
    """Write a table of radio buttons that look like the pixels of a grid."""
    grid = one.grid
    head = "".join(f'<th scope="col">{c}</th>' for c in range(grid.shape[1]))
    lines = [f"<tr><td></td>{head}</tr>"]
    for r, row in enumerate(draw.colours(grid)):
        cells = []
        for c, (colour, letters) in enumerate(row):
            value = grid.rows[r][c]
            said = words["pixel_value"].format(row=r, column=c, value=value)
            shown = "" if grid.kind == "grey" else escape(value)
            cells.append(
                f'<td><label class="pixel" style="--cell:{colour};--letters:{letters}">'
                f'<input type="radio" name="{name(one)}" value="{r},{c}" '
                f'aria-label="{escape(said, quote=True)}">{shown}</label></td>'
            )
        lines.append(f'<tr><th scope="row">{r}</th>{"".join(cells)}</tr>')
    title = f"<b>{text.inline(grid.title)}</b>" if grid.title else ""
    title = f"<figcaption>{title}</figcaption>" if title else ""
    body = "\n".join(lines)
    return (
        f'<p class="hint">{escape(words["pixel_hint"])}</p>\n<figure class="grid">'
        f"<table>\n{body}\n</table>{title}</figure>"
    )


# What is right, and why


def answers(one: Question, words: dict[str, str]) -> str:
    """Write each answer with its reason; ``data-values`` are those it belongs to."""
    items = []
    if one.options:
        for number, option in enumerate(one.options):
            case = "right" if option.right else "wrong"
            said = option_html(one, number, words)
            head = f"{said} <strong>({escape(words[f'is_{case}'])})</strong>"
            items.append(_case(case, [str(number)], head, option.why))
    elif one.kind == "number":
        items.append(
            _case("right", [f"{one.answer:.10g}"], answer_said(one, words), one.why)
        )
        for mistake in one.mistakes:
            values = [f"{value:.10g}" for value in mistake.values]
            items.append(_mistake(values, ", ".join(values), mistake.why, words))
    else:
        values = [f"{r},{c}" for r, c in one.answer]
        items.append(_case("right", values, answer_said(one, words), one.why))
        for mistake in one.mistakes:
            values = [f"{r},{c}" for r, c in mistake.values]
            said = " ".join(f"({r}, {c})" for r, c in mistake.values)
            items.append(_mistake(values, said, mistake.why, words))
    if one.otherwise:
        said = escape(words["else_you"])
        items.append(_case("wrong", [], said, one.otherwise))
    listed = "\n".join(items)
    return f"<ul>\n{listed}\n</ul>"


def answer_said(one: Question, words: dict[str, str]) -> str:
    """Say what the answer to a number or a pixel question is, as HTML."""
    if one.kind == "pixel":
        places = " ".join(f"({r}, {c})" for r, c in one.answer)
        return escape(words["right_pixels"].format(places=places))
    answer = f"{one.answer:.10g}" + (f" {one.unit}" if one.unit else "")
    key = "answer_range" if one.tolerance else "answer_is"
    said = words[key].format(answer=answer, tolerance=f"{one.tolerance:g}")
    return text.inline(said)


def _mistake(values: list[str], said: str, why: str, words: dict[str, str]) -> str:
    return _case("wrong", values, escape(words["if_you"].format(values=said)), why)


def _case(case: str, values: list[str], head: str, why: str) -> str:
    listed = f' data-values="{" ".join(values)}"' if values else ""
    body = text.blocks(why).replace("<p>", '<p class="why">')
    return f'<li data-case="{case}"{listed}>{head}\n{body}</li>'
