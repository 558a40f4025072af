"""Legends of figures: patches of colour and their names, in as many lines as needed."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from utils.figure_inputs import list_of
from utils.fonts import drawable
from utils.palette import INVENTED, MISSED, MISTAKEN, VOID, class_colours

LINE = 0.35  # inches, of a line of a legend below or above a figure
LINE_BESIDE = 0.22  # inches, of a line of a legend beside a figure
LINES_BESIDE = 11  # before a second column starts


def error_legend(drawing: Figure, mistaken: bool = False, void: bool = False) -> None:
    """Name the colours of `error_map` below a figure."""
    pairs = [("missed", MISSED), ("invented", INVENTED)]
    pairs += [("wrong class", MISTAKEN)] * mistaken + [("void", VOID)] * void
    names, colours = zip(*pairs, strict=True)
    legend(drawing, patches(colours), names, "outside lower right", len(names))


def class_legend(
    drawing: Figure,
    classes: Sequence[str],
    place: str = "outside lower left",
    void: int | None = None,
) -> None:
    """Name the colours of the classes, in the order of their ids, beside a figure.

    void: None, or the value of void pixels, which are named as well.
    """
    pairs = class_colours(list_of("classes", classes), void)
    names, colours = zip(*pairs, strict=True)
    if "right" in place:
        lines = lines_beside(names)
    else:
        lines = lines_below(names, drawing.get_figwidth())
    legend(drawing, patches(colours), names, place, -(-len(names) // lines))


def legend(
    drawing: Figure,
    handles: Sequence[Artist],
    names: Sequence[str],
    place: str,
    columns: int = 1,
) -> None:
    """Put handles and their names beside a figure."""
    # Matplotlib would leave out names such as "_background_", and read "$" as formulas.
    made = drawing.legend(handles, [" "] * len(names), loc=place, ncols=columns)
    for text, name in zip(made.get_texts(), names, strict=True):
        text.set(text=drawable(name), parse_math=False)


def patches(colours: Iterable[str]) -> list[Patch]:
    """Give a patch of each colour."""
    # An edge keeps light colours visible on the white page.
    return [
        Patch(facecolor=colour, edgecolor="#777777", linewidth=0.5)
        for colour in colours
    ]


def lines_below(names: Sequence[str], width: float) -> int:
    """Give the lines that a legend below or above a figure needs; width in inches."""
    entries = [entry_width(name) for name in names]
    if sum(entries) <= width:
        return min(1, len(entries))
    return math.ceil(len(entries) / max(1, int(width / max(entries))))


def lines_beside(names: Sequence[str]) -> int:
    """Give the lines of a legend beside a figure."""
    return min(len(names), max(LINES_BESIDE, math.ceil(math.sqrt(2 * len(names)))))


def entry_width(name: str) -> float:
    """Give the inches of a patch and the gaps beside it, then the letters."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in str(name))
    return 0.55 + 0.08 * (len(str(name)) + wide)
