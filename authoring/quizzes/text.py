"""The few marks of a question's text -> HTML, or text without marks.

Known are paragraphs, blocks of code between lines of ```, `code`, *stress* and
**strong stress**. Everything else, HTML and LaTeX too, is shown as it is written.
"""

import re
from html import escape

FENCE = re.compile(r"(?ms)^```[a-z]*\n(.*?)\n```$")
CODE = re.compile(r"`([^`]+)`")
STRONG = re.compile(r"\*\*(\S(?:[^*]*\S)?)\*\*")
STRESS = re.compile(r"(?<![\w*])\*(\S(?:[^*]*\S)?)\*(?![\w*])")


def inline(text: str) -> str:
    """Give one paragraph as HTML."""
    parts = CODE.split(text)  # prose and code take turns
    for number, part in enumerate(parts):
        safe = escape(part, quote=True)
        if number % 2:
            parts[number] = f"<code>{safe}</code>"
        else:
            safe = STRONG.sub(r"<strong>\1</strong>", safe)
            parts[number] = STRESS.sub(r"<em>\1</em>", safe)
    return "".join(parts)


def blocks(text: str) -> str:
    """Give a text as HTML: paragraphs and blocks of code."""
    made = []
    for number, part in enumerate(FENCE.split(text)):
        if number % 2:
            # It may be wider than a phone: who scrolls by keyboard must get there.
            code = escape(part, quote=True)
            made.append(f'<pre tabindex="0"><code>{code}</code></pre>')
        else:
            paragraphs = filter(None, map(str.strip, re.split(r"\n\s*\n", part)))
            made += [f"<p>{inline(paragraph)}</p>" for paragraph in paragraphs]
    return "\n".join(made)


def plain(text: str) -> str:
    """Give a text without marks, on one line."""
    text = FENCE.sub(r"\1", text)
    parts = CODE.split(text)
    for number in range(0, len(parts), 2):
        parts[number] = STRESS.sub(r"\1", STRONG.sub(r"\1", parts[number]))
    return " ".join("".join(parts).split())
