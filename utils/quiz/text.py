"""A quiz as text: its questions, each with its folded answer."""

from __future__ import annotations

from html import escape


def as_html(quiz: dict, part: str) -> str:
    """Give the questions as text, each with its folded answer, and a link on top."""
    words = quiz["words"]
    # Every notebook lies three folders deep, in lessons/en/pytorch and the like. Where
    # the course is published, the page has an address of its own.
    above = "" if "://" in quiz["page"] else "../../../"
    link = f'<a href="{above}{quiz["page"]}#{part}">{escape(quiz["page"])}</a>'
    lines = [
        f"<p><b>{escape(quiz['title'])}. {escape(words[part])}</b></p>",
        f"<p>{escape(words['on_page']).format(link=link)}</p>",
        "<ol>",
    ]
    for question in quiz[part]:
        lines += ["<li>", question["ask"], _letters(question)]
        if "options" in question:
            if question["kind"] == "several":
                lines.append(f"<p>{escape(words['several'])}</p>")
            options = [o["html"] + _letters(o) for o in question["options"]]
            lines += ["<ul>", *(f"<li>{option}</li>" for option in options), "</ul>"]
        answers = [_said(*answer) for answer in _answers(question, words)]
        lines += [
            f"<details><summary>{escape(words['answer'])}</summary>",
            *answers,
            f"<p>{escape(question['see'])}</p>",
            "</details></li>",
        ]
    return "\n".join(filter(None, [*lines, "</ol>"]))


def _letters(drawn: dict) -> str:
    return f"<pre>{escape(drawn['letters'])}</pre>" if "letters" in drawn else ""


def _said(head: str, why: str) -> str:
    return f"<p>{head}</p>\n<blockquote>{why}</blockquote>"


def _answers(question: dict, words: dict) -> list[tuple[str, str]]:
    """Give each answer and its reason, both as HTML."""
    if "options" in question:
        verdicts = {True: words["is_right"], False: words["is_wrong"]}
        return [
            (f"{o['html']} <b>({escape(verdicts[o['right']])})</b>", o["why"])
            for o in question["options"]
        ]
    mistakes = [
        (words["if_you"].format(values=_listed(m["values"])), m["why"])
        for m in question["mistakes"]
    ]
    mistakes.append((words["else_you"], question["otherwise"]))
    return [(question["said"], question["why"])] + [
        (escape(head), why) for head, why in mistakes
    ]


def _listed(values: list) -> str:
    pairs = (f"({v[0]}, {v[1]})" if isinstance(v, list) else f"{v:g}" for v in values)
    return ", ".join(pairs)
