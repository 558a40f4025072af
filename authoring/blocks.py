"""Find what is wrong with the fences and the options of a content file.

The reader would take a fence that is not closed, or stands inside a list, for text.
"""

import re

import yaml
from jupytext.myst import (
    MystMetadataParsingError,
    read_cell_metadata,
    read_fenced_cell,
)

from authoring.layout import ContentError


def check_blocks(tokens: list, text: str, place: str) -> list[int]:
    """Check fences and cell options; return the first line of each code cell."""
    lines = text.split("\n")
    starts, found = [], 0
    level = 0
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        level += token.nesting
        if level != 0 or token.type not in ("fence", "myst_block_break"):
            continue
        line = token.map[0] + 1
        if token.type == "myst_block_break":
            lonely = following is None or following.type == "myst_block_break"
            lonely = lonely or following.info.startswith("{code-cell}")
            if token.content and lonely:
                raise ContentError(
                    place,
                    line,
                    "these options belong to no Markdown cell; write text below "
                    "them, or `:track:` inside the code cell.",
                )
            try:
                read_cell_metadata(token, found)
            except MystMetadataParsingError:
                raise ContentError(
                    place,
                    line,
                    "the options after +++ are not JSON; write them like "
                    '+++ {"track": "pytorch"}.',
                ) from None
            continue
        _check_closed(token, lines, place)
        if not token.info.startswith("{"):
            continue
        if token.info.strip() != "{code-cell}":
            raise ContentError(
                place,
                line,
                f"`{token.info.strip()}` is not known; a code cell starts with "
                "```{code-cell}.",
            )
        found += 1
        try:
            _, body = read_fenced_cell(token, found, "Code")
        except MystMetadataParsingError as error:
            cause = error.__context__
            raise ContentError(
                place, yaml_line(cause, line + 1), yaml_sentence(cause)
            ) from None
        except yaml.YAMLError as error:
            raise ContentError(
                place, yaml_line(error, line + 1), yaml_sentence(error)
            ) from None
        starts.append(token.map[1] - len(body))
    fences = [n for n, t in enumerate(lines, 1) if re.match(r"\s*```+\{code-cell\}", t)]
    if len(fences) != found:
        opened = {token.map[0] + 1 for token in tokens if token.type == "fence"}
        raise ContentError(
            place,
            next((n for n in fences if n not in opened), fences[0]),
            "this code cell stands inside a list or HTML; put an empty line before "
            "it and start it at the left margin.",
        )
    return starts


def _check_closed(token, lines: list[str], place: str) -> None:
    """A fence that is not closed swallows what follows, up to the next one."""
    first, last = token.map[0], token.map[1] - 1
    mark = re.escape(token.markup[0])
    closing = rf"\s*{mark}{{{len(token.markup)},}}\s*"
    closed = last > first and last < len(lines) and re.fullmatch(closing, lines[last])
    swallowed = token.info.startswith("{") and re.search(
        r"^\s*```+\s*[^\s`]", token.content, re.MULTILINE
    )
    if not closed or swallowed:
        raise ContentError(
            place,
            first + 1,
            f"this block is never closed; end it with a line {token.markup}.",
        )


def yaml_line(error: Exception, first: int) -> int:
    mark = getattr(error, "problem_mark", None)
    return first + (mark.line if mark else 0)


def yaml_sentence(error: Exception) -> str:
    problem = getattr(error, "problem", None) or "it cannot be read"
    return f"the YAML is wrong ({problem}); a text with a colon needs quotes."
