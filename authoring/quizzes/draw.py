"""Figures of a question: SVG, and the same in words for who does not see it.

The colours of classes and errors are the course's. Lines and letters take the colour
of the text around them, so that a figure is legible on light and dark.
"""

from __future__ import annotations

from html import escape

from authoring.quizzes import text
from authoring.quizzes.ask import Panel
from utils.palette import CLASS_COLOURS, INVENTED, MISSED

CELLS = ((9, 30), (16, 20), (99, 11))  # up to so many columns: pixels of a cell
MARGIN = 18  # for the numbers of rows and columns
LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
DASHES = ("", "7 4", "2 3", "9 3 2 3")
DARK, LIGHT = "#111111", "#FFFFFF"
HIT, NOTHING = "#9AA0A6", "#E8E8E8"


def figure(panels: tuple[Panel, ...], words: dict[str, str]) -> str:
    """Draw panels side by side; empty if there are none."""
    if not panels:
        return ""
    drawn = "\n".join(panel(one, words) for one in panels)
    return f'<div class="figures">\n{drawn}\n</div>'


def panel(one: Panel, words: dict[str, str]) -> str:
    """Draw a panel with its title and the names of its colours below."""
    drawing = _plot(one) if one.series else _grid(one)
    said = escape(describe(one, words), quote=True)
    drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1)
    title = f"<b>{text.inline(one.title)}</b> " if one.title else ""
    # What is named here can be read in the description too, but not seen there.
    caption = title + " ".join(_key(c, name) for c, name in _colours(one, words))
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"<figure>{drawing}{caption}</figure>"


def _key(colour: str, name: str) -> str:
    swatch = f'<svg width="12" height="12" aria-hidden="true">{_box(0, 0, 12, colour)}'
    return f'<span class="key">{swatch}</svg> {escape(name)}</span>'


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
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4
                  for p in parts]  # fmt: skip
        lights.append(sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def _grid(one: Panel) -> str:
    height, width = one.shape
    side = next(size for most, size in CELLS if width <= most)
    wide = max(len(cell) for row in one.rows for cell in row)
    if one.kind == "numbers" and wide > 3:
        side = 9 * wide + 6
    shown = side >= 20 and one.kind not in ("errors", "grey")
    parts = []
    for r, row in enumerate(colours(one)):
        for c, (colour, letters) in enumerate(row):
            x, y = MARGIN + c * side, MARGIN + r * side
            parts.append(_box(x, y, side, colour))
            if shown:
                place = x + side / 2, y + side / 2
                parts.append(_letters(one.rows[r][c], *place, letters, side))
    # The frames come last, so that no neighbour covers them: dark within light.
    for r, c in one.mark:
        x, y = MARGIN + c * side + 1, MARGIN + r * side + 1
        for stroke, wide in ((LIGHT, 5), ("#D10000", 3)):
            parts.append(
                f'<rect x="{x}" y="{y}" width="{side - 2}" height="{side - 2}" '
                f'fill="none" stroke="{stroke}" stroke-width="{wide}"/>'
            )
    step = 1 if side >= 20 else 5
    for n in range(0, height, step):
        parts.append(_letters(str(n), MARGIN / 2, MARGIN + (n + 0.5) * side))
    for n in range(0, width, step):
        parts.append(_letters(str(n), MARGIN + (n + 0.5) * side, MARGIN / 2))
    return _svg(MARGIN + width * side + 3, MARGIN + height * side + 3, parts)


def _box(x: float, y: float, side: float, colour: str) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{colour}" '
        'stroke="#767676" stroke-width="1"/>'
    )


def _letters(
    said: str, x: float, y: float, colour: str = "currentColor", side: float = 30
) -> str:
    size = 14 if colour != "currentColor" and side >= 30 else 11
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size}" '
        'text-anchor="middle" dominant-baseline="central">'
        f"{escape(said)}</text>"
    )


def _svg(width: float, height: float, parts: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="sans-serif">{"".join(parts)}</svg>'
    )


# Curves and dots


def _plot(one: Panel) -> str:
    """Draw curves over an x axis, or rows of dots, with axes and names."""
    curves = one.kind == "curves"
    values = [value for _, series in one.series for value in series]
    low, high = one.range or (min(values), max(values))
    left, top, width, height = 44, 8, 230, 130
    if not curves:
        left, height = 96, 30 * len(one.series)
    below = top + height

    def share(value: float) -> float:
        return (value - low) / (high - low)

    axes = f"M{left} {top}V{below}H{left + width}"
    parts = [f'<path d="{axes}" fill="none" stroke="currentColor"/>']
    for tick in (low, (low + high) / 2, high):
        said = f"{tick:.3g}"
        if curves:
            parts.append(_side(said, left - 6, below - share(tick) * height))
        else:
            x = left + share(tick) * width
            parts.append(_letters(said, x, below + 12))
    if not curves:
        for n, (name, series) in enumerate(one.series):
            y = top + 30 * n + 15
            parts.append(_side(name, left - 8, y))
            for value in series:
                x = left + share(value) * width
                colour = LINES[n % len(LINES)]
                parts.append(f'<circle cx="{x:g}" cy="{y}" r="5" fill="{colour}"/>')
        parts.append(_letters(one.x or "", left + width / 2, below + 28))
        return _svg(left + width + 20, below + 38, parts)
    at = one.at or tuple(range(1, len(one.series[0][1]) + 1))
    for n, (name, series) in enumerate(one.series):
        places = [
            (
                left + (a - at[0]) / (at[-1] - at[0]) * width,
                below - share(value) * height,
            )
            for a, value in zip(at, series)
        ]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(
            f'<path d="{path}" fill="none" stroke="{LINES[n]}" stroke-width="2.5" '
            f'stroke-dasharray="{DASHES[n]}"/>'
        )
        parts.append(
            f'<text x="{left + width + 6}" y="{places[-1][1]:.1f}" font-size="12" '
            f'fill="currentColor" dominant-baseline="central">{escape(name)}</text>'
        )
    for place, a in ((left, at[0]), (left + width, at[-1])):
        parts.append(_letters(f"{a:g}", place, below + 12))
    parts.append(_letters(one.x or "", left + width / 2, below + 28))
    if one.y:
        middle = top + height / 2
        parts.append(
            f'<text transform="translate(10 {middle}) rotate(-90)" font-size="11" '
            f'fill="currentColor" text-anchor="middle">{escape(one.y)}</text>'
        )
    longest = max(_width(name) for name, _ in one.series)
    return _svg(left + width + 12 + longest, below + 38, parts)


def _side(said: str, x: float, y: float) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="11" fill="currentColor" '
        f'text-anchor="end" dominant-baseline="central">{escape(said)}</text>'
    )


def _width(said: str) -> float:
    """Pixels of a name in 12 pixels high letters; Hangul is twice as wide."""
    return sum(13 if ord(letter) > 0x2E80 else 7.2 for letter in said)


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
