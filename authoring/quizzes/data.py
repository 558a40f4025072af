"""Questions -> the JSON that ``utils.quiz`` shows in a notebook, with no YAML there."""

from __future__ import annotations

import json

from authoring.notebook import NOTE
from authoring.quizzes import draw, text
from authoring.quizzes.ask import PARTS, Question, Quiz
from authoring.quizzes.page import LETTERS, answer_said, option_html, see


def data(
    quiz: Quiz, title: str, language: str, words: dict[str, str], page: str
) -> str:
    """Write everything that a notebook needs for the quiz of a lesson.

    ``page`` is the address of its page, or its place in a course without addresses.
    """
    whole = {
        "note": f"{NOTE}: {quiz.place}",
        "language": language,
        "title": words["title"].format(number=quiz.stem[:2], title=title),
        "page": page,
        "words": words,
    }
    for part in PARTS:
        whole[part] = [question(one, quiz, words) for one in quiz.part(part)]
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def question(one: Question, quiz: Quiz, words: dict[str, str]) -> dict:
    """Give a question as HTML and plain text, ready to be shown."""
    panels = one.figure + ((one.grid,) if one.grid else ())
    made = {
        "kind": one.kind,
        "ask": text.blocks(one.ask),
        "see": text.plain(see(one, quiz, words)),
    }
    if panels:
        made["figure"] = draw.figure(panels, words)
        made["letters"] = "\n\n".join(draw.letters(panel, words) for panel in panels)
    if one.options:
        made["options"] = [_option(one, n, words) for n in range(len(one.options))]
        return made
    made["why"] = text.blocks(one.why)
    made["said"] = answer_said(one, words)
    made["otherwise"] = text.blocks(one.otherwise)
    made["mistakes"] = [
        {"values": mistake.values, "why": text.blocks(mistake.why)}
        for mistake in one.mistakes
    ]
    made["answer"] = one.answer
    if one.kind == "pixel":
        made["shape"] = one.grid.shape
    else:
        made["tolerance"] = one.tolerance
        made["unit"] = text.plain(one.unit) if one.unit else ""
    return made


def _option(one: Question, number: int, words: dict[str, str]) -> dict:
    option = one.options[number]
    html = option_html(one, number, words)
    plain = words["option"].format(letter=LETTERS[number])
    made = {
        "html": html,
        "plain": text.plain(option.text) if option.text else plain,
        "right": option.right,
        "why": text.blocks(option.why),
    }
    if option.figure:
        made["figure"] = draw.panel(option.figure, words)
        made["letters"] = draw.letters(option.figure, words)
    return made
