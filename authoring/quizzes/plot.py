"""Curves over an axis, and rows of dots, as SVG."""

from __future__ import annotations

from authoring.quizzes import svg
from authoring.quizzes.ask import Panel

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
DASHES = ("", "7 4", "2 3", "9 3 2 3")  # for who does not tell the colours apart
WIDTH, HEIGHT, ROW = 230, 130, 30
TOP, FOOT = 8, 38  # room above, and below for the numbers and the name of the x axis
APART = 14  # the least distance of two names


def plot(one: Panel) -> str:
    return curves(one) if one.kind == "curves" else dots(one)


def _scale(one: Panel) -> tuple[float, float]:
    values = [value for _, series in one.series for value in series]
    return one.range or (min(values), max(values))


def curves(one: Panel) -> str:
    """Draw each series as a curve, with its name at its end."""
    low, high = _scale(one)
    left, below = 44, TOP + HEIGHT
    at = one.at or tuple(range(1, len(one.series[0][1]) + 1))

    def x(value: float) -> float:
        return left + (value - at[0]) / (at[-1] - at[0]) * WIDTH

    def y(value: float) -> float:
        return below - (value - low) / (high - low) * HEIGHT

    parts = [svg.line(f"M{left} {TOP}V{below}H{left + WIDTH}")]
    for tick in (low, (low + high) / 2, high):
        parts.append(svg.letters(f"{tick:.3g}", left - 6, y(tick), at="end"))
    for tick in (at[0], at[-1]):
        parts.append(svg.letters(f"{tick:g}", x(tick), below + 12))
    ends = _apart([y(series[-1]) for _, series in one.series])
    for number, (name, series) in enumerate(one.series):
        points = (f"{x(a):.1f} {y(value):.1f}" for a, value in zip(at, series))
        path = "M" + "L".join(points)
        parts.append(svg.line(path, COLOURS[number], 2.5, DASHES[number]))
        end = left + WIDTH + 6
        parts.append(svg.letters(name, end, ends[number], size=12, at="start"))
    parts.append(svg.letters(one.x or "", left + WIDTH / 2, below + 28))
    if one.y:
        parts.append(svg.upwards(one.y, 10, TOP + HEIGHT / 2))
    room = max(svg.wide(name) for name, _ in one.series)
    return svg.whole(left + WIDTH + 12 + room, below + FOOT, parts)


def _apart(places: list[float]) -> list[float]:
    """Move names down until none covers another."""
    found, last = {}, None
    for number in sorted(range(len(places)), key=places.__getitem__):
        place = places[number] if last is None else max(places[number], last + APART)
        found[number] = last = place
    return [found[number] for number in range(len(places))]


def dots(one: Panel) -> str:
    """Draw each series as a row of dots, with its name in front."""
    low, high = _scale(one)
    left = 12 + max(svg.wide(name) for name, _ in one.series)
    below = TOP + ROW * len(one.series)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * WIDTH

    parts = [svg.line(f"M{left} {TOP}V{below}H{left + WIDTH}")]
    for tick in (low, (low + high) / 2, high):
        parts.append(svg.letters(f"{tick:.3g}", x(tick), below + 12))
    for number, (name, series) in enumerate(one.series):
        y = TOP + ROW * (number + 0.5)
        parts.append(svg.letters(name, left - 8, y, size=12, at="end"))
        parts += [svg.dot(x(value), y, COLOURS[number]) for value in series]
    parts.append(svg.letters(one.x or "", left + WIDTH / 2, below + 28))
    return svg.whole(left + WIDTH + 20, below + FOOT, parts)
