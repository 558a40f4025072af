"""Coarse scores on the pixels that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def by_interp(coarse, start, jump, height, width) -> np.ndarray:
    """Interpolate first along the columns, then along the rows, one line at a time."""
    rows, columns, classes = np.shape(coarse)
    across = np.empty((rows, width, classes))
    for row, name in np.ndindex(rows, classes):
        centres = start + jump * np.arange(columns)
        across[row, :, name] = np.interp(
            np.arange(width), centres, coarse[row, :, name]
        )
    placed = np.empty((height, width, classes))
    for column, name in np.ndindex(width, classes):
        centres = start + jump * np.arange(rows)
        placed[:, column, name] = np.interp(
            np.arange(height), centres, across[:, column, name]
        )
    return placed


def _cases() -> Iterator[Case]:
    def case(name, coarse, start, jump, height, width):
        sizes = {"start": start, "jump": jump, "height": height, "width": width}
        return Case(name, {"coarse": coarse, **sizes})

    generator = np.random.default_rng(33)
    example = np.array([0.0, 6, 3]).reshape(1, 3, 1)
    yield case("the worked example", example, 1, 3, 1, 9)
    for start, jump in ((2.5, 4), (-0.5, 4), (7, 5), (1.5, 3)):
        rows, columns, classes = (
            int(n) for n in generator.choice(np.arange(2, 6), 3, replace=False)
        )
        coarse = generator.normal(size=(rows, columns, classes))
        height = rows * jump + int(generator.integers(0, 3))
        width = columns * jump - int(generator.integers(0, 3))
        yield case("random scores", coarse, start, jump, height, width)
    coarse = generator.normal(size=(3, 4, 2))
    yield case("cells that reach beyond the image", coarse, 15.5, 32, 70, 101)
    yield case("jump 1", coarse, 2, 1, 8, 9)
    yield case("a single unit", coarse[:1, :1], 3.5, 8, 5, 7)
    whole = generator.integers(-9, 10, (3, 2, 2))
    yield case("scores that are whole numbers", whole, 1.5, 4, 11, 8)
    yield case("scores in float32", coarse.astype(np.float32), 1.5, 4, 13, 15)


def _placed(
    unit=lambda pixels, start, jump, length, units: (pixels - start) / jump,
    bound=lambda unit, units: np.clip(unit, 0, units - 1),
    share_of=lambda share: share,
):
    """Make an answer of which one part may be wrong; `unit` has pixels -> units."""

    def answer(coarse, start, jump, height, width):
        scores = np.asarray(coarse)
        for axis, length in enumerate((height, width)):
            units = scores.shape[axis]
            at = unit(np.arange(length), start, jump, length, units)
            at = bound(np.asarray(at, float), units)
            first = np.clip(np.floor(at).astype(int), 0, max(units - 2, 0))
            second = np.minimum(first + 1, units - 1)
            share = share_of(at - first).reshape((-1, 1, 1) if axis == 0 else (-1, 1))
            scores = (
                scores.take(first, axis) * (1 - share)
                + scores.take(second, axis) * share
            )
        return scores

    return answer


def _floored(swapped=False, dtype=None):
    """Rows, then columns, by the whole part of the unit and the one after it."""

    def answer(coarse, start, jump, height, width):
        scores = np.asarray(coarse)
        for axis, length in enumerate((height, width)):
            last = scores.shape[axis] - 1
            at = np.clip((np.arange(length) - start) / jump, 0, last)
            first = np.floor(at).astype(int)
            share = (at - first).reshape((-1, 1, 1) if axis == 0 else (-1, 1))
            pair = (
                scores.take(first, axis),
                scores.take(np.minimum(first + 1, last), axis),
            )
            upper, lower = pair[::-1] if swapped else pair
            scores = (upper * (1 - share) + lower * share).astype(dtype or coarse.dtype)
        return scores

    return answer


def _zero_outside(coarse, start, jump, height, width):
    scores = by_interp(coarse, start, jump, height, width)
    rows, columns, _ = np.shape(coarse)
    y, x = np.arange(height), np.arange(width)
    outside_y = (y < start) | (y > start + (rows - 1) * jump)
    outside_x = (x < start) | (x > start + (columns - 1) * jump)
    return np.where((outside_y[:, None] | outside_x)[..., None], 0, scores)


def _one_way(coarse, start, jump, height, width):
    scores = by_interp(coarse, start, jump, height, width)
    rows = np.clip(np.round((np.arange(height) - start) / jump), 0, len(coarse) - 1)
    across = by_interp(coarse, 0, 1, len(coarse), coarse.shape[1])
    across = np.stack(
        [by_interp(row[None], start, jump, 1, width)[0] for row in across]
    )
    return across[rows.astype(int)].reshape(scores.shape)


STRETCHED = (
    "You stretch the map until it fits. Its units have their centres at start + i x "
    "jump, wherever the image ends."
)
NEAREST = (
    "Each pixel has the scores of one unit, so they jump halfway between two centres. "
    "Between centres they change evenly: mix the two."
)

PLACE = Exercise(
    "place",
    by_interp,
    _cases,
    (
        Mistake(
            _placed(
                lambda pixels, start, jump, length, units: (
                    pixels * (units - 1) / max(length - 1, 1)
                )
            ),
            STRETCHED,
        ),
        Mistake(
            _placed(
                lambda pixels, start, jump, length, units: (
                    (pixels + 0.5) * units / length - 0.5
                )
            ),
            STRETCHED,
        ),
        Mistake(
            _placed(lambda pixels, start, jump, length, units: pixels / jump),
            "The first unit has its centre at start, not at pixel 0.",
        ),
        Mistake(
            _placed(lambda pixels, start, jump, length, units: (pixels + start) / jump),
            "You shift the scores the wrong way: at pixel `start` is unit 0.",
        ),
        Mistake(
            _placed(lambda pixels, start, jump, length, units: pixels / jump - start),
            "The start is in pixels: take it away before you divide by the jump.",
        ),
        Mistake(
            _placed(
                lambda pixels, start, jump, length, units: (pixels - int(start)) / jump
            ),
            "The start is cut to a whole number, but a centre may lie between two "
            "pixels.",
        ),
        Mistake(
            _placed(
                lambda pixels, start, jump, length, units: (pixels + 0.5) / jump - 0.5
            ),
            "You take the centre of the first unit for the middle of its first `jump` "
            "pixels. It is where `start` says.",
        ),
        Mistake(
            _placed(bound=lambda unit, units: np.clip(np.floor(unit), 0, units - 1)),
            "Each pixel has the scores of the unit above and left of it. Between two "
            "centres, mix both.",
        ),
        Mistake(
            _placed(bound=lambda unit, units: np.clip(np.ceil(unit), 0, units - 1)),
            "Each pixel has the scores of the unit below and right of it. Between two "
            "centres, mix both.",
        ),
        Mistake(
            _placed(bound=lambda unit, units: np.clip(np.rint(unit), 0, units - 1)),
            NEAREST,
        ),
        Mistake(
            _placed(
                bound=lambda unit, units: np.clip(np.floor(unit + 0.5), 0, units - 1)
            ),
            NEAREST,
        ),
        Mistake(
            _placed(bound=lambda unit, units: unit),
            "Beyond the outer centres your scores go on rising or falling. They stay "
            "those of the first or the last unit.",
        ),
        Mistake(
            _placed(bound=lambda unit, units: np.maximum(unit, 0)),
            "Behind the last centre your scores go on rising or falling. They stay "
            "those of the last unit.",
        ),
        Mistake(
            _placed(bound=lambda unit, units: np.minimum(unit, units - 1)),
            "Before the first centre your scores go on rising or falling. They stay "
            "those of the first unit.",
        ),
        Mistake(
            _zero_outside,
            "Beyond the outer centres your scores are zero. They stay those of the "
            "first or the last unit.",
        ),
        Mistake(
            _placed(share_of=lambda share: 1 - share),
            "The two weights are swapped: the nearer unit gets the larger one.",
        ),
        Mistake(
            _floored(swapped=True, dtype=float),
            "The two weights are swapped: the nearer unit gets the larger one.",
        ),
        Mistake(
            _floored(),
            "Your scores are cut to whole numbers: the array that holds them has the "
            "integer type of the coarse ones.",
        ),
        Mistake(
            lambda coarse, **case: by_interp(coarse, **case).astype(coarse.dtype),
            "Your scores are cut to whole numbers: the array that holds them has the "
            "integer type of the coarse ones.",
        ),
        Mistake(
            lambda coarse, start, jump, height, width: by_interp(
                coarse, start, jump, width, height
            ),
            "Height and width are swapped.",
        ),
        Mistake(
            lambda start, **case: by_interp(start=start - 0.5, **case),
            "Your scores lie half a pixel too far up and left. Here the centre of "
            "pixel 0 is at 0.",
        ),
        Mistake(
            lambda start, **case: by_interp(start=start + 0.5, **case),
            "Your scores lie half a pixel too far down and right. Here the centre of "
            "pixel 0 is at 0.",
        ),
        Mistake(
            lambda start, **case: by_interp(start=start + 1, **case),
            "Your scores lie one pixel too far down and right: pixels count from 0.",
        ),
        Mistake(
            _one_way,
            "Your scores change evenly along the columns, but jump from row to row.",
        ),
        Mistake(
            lambda **case: by_interp(**case).argmax(axis=-1),
            "Return the scores of all classes, not the class that wins.",
        ),
    ),
)


def place(function: Callable) -> None:
    """Check `place(coarse, start, jump, height, width)` -> (height, width, classes)."""
    check(PLACE, function)
