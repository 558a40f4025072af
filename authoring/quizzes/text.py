"""The few marks of a question's text -> HTML, or text without marks.

Known are Markdown's paragraphs, blocks of code between lines of ```, `code`, *stress*
and **strong stress**. All else, HTML and LaTeX too, is shown as it is written.
"""

from markdown_it import MarkdownIt
from markupsafe import Markup, escape


def _fence(self, tokens, number, options, env) -> str:
    # It may be wider than a phone: who scrolls by keyboard must get there.
    code = escape(tokens[number].content.removesuffix("\n"))
    return f'<pre tabindex="0"><code>{code}</code></pre>\n'


MARKS = MarkdownIt("zero").enable(["fence", "backticks", "emphasis"])
MARKS.add_render_rule("fence", _fence)


def inline(text: str) -> Markup:
    """Give one paragraph as HTML."""
    return Markup(MARKS.renderInline(text))


def blocks(text: str) -> Markup:
    """Give a text as HTML: paragraphs and blocks of code."""
    return Markup(MARKS.render(text).rstrip("\n"))


def plain(text: str) -> str:
    """Give a text without marks, on one line."""
    return blocks(text).striptags()
