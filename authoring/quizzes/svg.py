"""The few shapes that the figures of the quizzes are drawn with."""

from html import escape

TEXT = "currentColor"  # of the page or notebook around


def whole(width: float, height: float, parts: list[str]) -> str:
    """Put shapes together."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def box(x: float, y: float, side: float, colour: str) -> str:
    """A square with a thin grey frame."""
    return (
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{colour}" '
        'stroke="#767676" stroke-width="1"/>'
    )


def frame(x: float, y: float, side: float) -> str:
    """A frame that stands out on any colour: red within white."""
    return "".join(
        f'<rect x="{x + 1}" y="{y + 1}" width="{side - 2}" height="{side - 2}" '
        f'fill="none" stroke="{colour}" stroke-width="{wide}"/>'
        for colour, wide in (("#FFFFFF", 5), ("#D10000", 3))
    )


def letters(
    said: str, x: float, y: float, size: int = 11, at: str = "middle", fill: str = TEXT
) -> str:
    """Letters around, left of (``at="end"``) or right of (``"start"``) a point."""
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{fill}" font-size="{size}" '
        f'text-anchor="{at}" dominant-baseline="central">{escape(said)}</text>'
    )


def upwards(said: str, x: float, y: float) -> str:
    """Letters that run from below to above, around a point."""
    return (
        f'<text transform="translate({x:g} {y:g}) rotate(-90)" font-size="11" '
        f'fill="{TEXT}" text-anchor="middle">{escape(said)}</text>'
    )


def line(path: str, colour: str = TEXT, width: float = 1, dashes: str = "") -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-dasharray="{dashes}"/>'
    )


def dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="5" fill="{colour}"/>'


def wide(said: str) -> float:
    """About how many pixels letters of size 12 take; Hangul is twice as wide."""
    return sum(13 if ord(letter) > 0x2E80 else 7.2 for letter in said)
