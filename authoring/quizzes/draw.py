"""Figures of a question: SVG, and the same in words for who does not see it.

The colours of classes and errors are the course's. Lines and letters take the colour
of the text around them, so that a figure is legible on light and dark.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from authoring.quizzes import svg, text
from authoring.quizzes.ask import Panel
from authoring.quizzes.plot import plot
from utils.palette import CLASS_COLOURS, INVENTED, MISSED

CELLS = ((9, 30), (16, 20), (99, 11))  # up to so many columns: pixels of a cell
MARGIN = 18  # for the numbers of rows and columns
DARK, LIGHT = "#111111", "#FFFFFF"
HIT, NOTHING = "#9AA0A6", "#E8E8E8"


def figure(panels: tuple[Panel, ...], words: dict[str, str]) -> Markup:
    """Draw panels side by side; empty if there are none."""
    if not panels:
        return Markup()
    drawn = "\n".join(panel(one, words) for one in panels)
    return Markup(f'<div class="figures">\n{drawn}\n</div>')


def panel(one: Panel, words: dict[str, str]) -> Markup:
    """Draw a panel with its title and the names of its colours below."""
    drawing = plot(one) if one.series else _grid(one)
    said = escape(describe(one, words))
    drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1)
    title = f"<b>{text.inline(one.title)}</b> " if one.title else ""
    # What is named here can be read in the description too, but not seen there.
    caption = title + " ".join(_key(c, name) for c, name in _colours(one, words))
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return Markup(f"<figure>{drawing}{caption}</figure>")


def _key(colour: str, name: str) -> str:
    swatch = svg.box(0, 0, 12, colour)
    swatch = f'<svg width="12" height="12" aria-hidden="true">{swatch}</svg>'
    return f'<span class="key">{swatch} {escape(name)}</span>'


def _colours(one: Panel, words: dict[str, str]) -> list[tuple[str, str]]:
    if one.kind == "errors":
        colours = (HIT, MISSED, INVENTED)
        return list(zip(colours, _error_words(words), strict=True))
    return [(CLASS_COLOURS[int(number)], name) for number, name in one.names]


def _error_words(words: dict[str, str]) -> tuple[str, str, str]:
    return words["hit"], words["missed"], words["invented"]


# Grids


def colours(one: Panel) -> list[list[tuple[str, str]]]:
    """Give each cell of a grid its colour and that of a letter on it."""
    made = []
    for r, row in enumerate(one.rows):
        made.append([])
        for c, cell in enumerate(row):
            if one.kind == "mask":
                colour = CLASS_COLOURS[int(cell)]
            elif one.kind == "grey":
                level = round(int(cell) / 9 * 255)
                colour = f"#{level:02X}{level:02X}{level:02X}"
            elif one.kind == "errors":
                pair = one.truth[r][c], cell
                colour = {("1", "1"): HIT, ("1", "0"): MISSED, ("0", "1"): INVENTED}
                colour = colour.get(pair, NOTHING)
            else:
                colour = LIGHT
            made[-1].append((colour, _on(colour)))
    return made


def _on(colour: str) -> str:
    """Choose the letters that stand out more on a colour."""
    dark, light = (contrast(colour, letters) for letters in (DARK, LIGHT))
    return DARK if dark >= light else LIGHT


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2: 1 to 21."""
    lights = []
    for colour in (one, other):
        parts = [value / 255 for value in bytes.fromhex(colour[1:])]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in parts
        ]
        lights.append(sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def _grid(one: Panel) -> str:
    """Draw a grid with its values, and the numbers of its rows and columns."""
    height, width = one.shape
    side = next(size for most, size in CELLS if width <= most)
    longest = max(len(cell) for row in one.rows for cell in row)
    if one.kind == "numbers" and longest > 3:
        side = 9 * longest + 6
    shown = side >= 20 and one.kind in ("mask", "numbers")

    def corner(row: float, column: float) -> tuple[float, float]:
        return MARGIN + column * side, MARGIN + row * side

    parts = []
    for r, row in enumerate(colours(one)):
        for c, (colour, letters_) in enumerate(row):
            parts.append(svg.box(*corner(r, c), side, colour))
            if shown:
                size = 14 if side >= 30 else 11
                place = corner(r + 0.5, c + 0.5)
                parts.append(svg.letters(one.rows[r][c], *place, size, fill=letters_))
    # The frames come last, so that no neighbour covers them.
    parts += [svg.frame(*corner(*place), side) for place in one.mark]
    step = 1 if side >= 20 else 5
    for n in range(0, height, step):
        parts.append(svg.letters(str(n), MARGIN / 2, corner(n + 0.5, 0)[1]))
    for n in range(0, width, step):
        parts.append(svg.letters(str(n), corner(0, n + 0.5)[0], MARGIN / 2))
    return svg.whole(MARGIN + width * side + 3, MARGIN + height * side + 3, parts)


# In words


def describe(one: Panel, words: dict[str, str]) -> str:
    """Say everything that a panel shows."""
    parts = [text.plain(one.title)] if one.title else []
    if one.series:
        axes = [axis for axis in (one.y, one.x) if axis]
        parts += [" / ".join(axes)] if axes else []
        for name, series in one.series:
            parts.append(f"{name}: " + ", ".join(f"{value:g}" for value in series))
    else:
        height, width = one.shape
        parts.append(words["grid"].format(rows=height, columns=width))
        for number, row in enumerate(_values(one, words)):
            said = words["row"].format(number=number)
            parts.append(f"{said}: " + " ".join(row))
        if one.mark:
            places = ", ".join(f"({r}, {c})" for r, c in one.mark)
            parts.append(words["marked"].format(places=places))
        if one.names:
            parts.append(", ".join(f"{n} = {name}" for n, name in one.names))
    return ". ".join(parts) + "."


def _values(one: Panel, words: dict[str, str]) -> list[list[str]]:
    if one.kind != "errors":
        return [list(row) for row in one.rows]
    said = {("1", "1"): 0, ("1", "0"): 1, ("0", "1"): 2}
    names = (*_error_words(words), "-")
    return [
        [names[said.get(pair, 3)] for pair in zip(truth, row)]
        for truth, row in zip(one.truth, one.rows)
    ]


def letters(one: Panel, words: dict[str, str]) -> str:
    """Draw a panel with letters alone, for where there are no pictures."""
    if one.series:
        return describe(one, words)
    values = _values(one, words)
    wide = max(len(value) for row in values for value in row)
    lines = []
    for r, row in enumerate(values):
        cells = [
            f"[{value:>{wide}}]" if (r, c) in one.mark else f" {value:>{wide}} "
            for c, value in enumerate(row)
        ]
        lines.append("".join(cells).rstrip())
    head = [text.plain(one.title)] if one.title else []
    foot = [", ".join(f"{n} = {name}" for n, name in one.names)] if one.names else []
    return "\n".join([*head, *lines, *foot])
