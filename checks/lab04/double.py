"""Doubling a score map, up to an odd size: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _pixel_by_pixel(cells, height, width):
    """Take each pixel from the four cells around it."""
    rows, columns, channels = cells.shape
    out = np.zeros((height, width, channels))
    for y, x in np.ndindex(height, width):
        for down, share_down in ((0, 0.75), (2 * (y % 2) - 1, 0.25)):
            for right, share_right in ((0, 0.75), (2 * (x % 2) - 1, 0.25)):
                row = min(max(y // 2 + down, 0), rows - 1)
                column = min(max(x // 2 + right, 0), columns - 1)
                out[y, x] += share_down * share_right * cells[row, column]
    return out


def _by_matrices(places):
    """Make a function that interpolates at `places(length, count)`, in cells."""

    def answer(cells, height, width):
        matrices = []
        for length, count in zip((height, width), cells.shape, strict=False):
            where = np.clip(places(length, count), 0, count - 1)[:, None]
            matrices.append(np.maximum(0, 1 - abs(where - np.arange(count))))
        return np.einsum("yh,xw,hwc->yxc", *matrices, cells)

    return answer


def _blended(own=0.75, edge="edge", first=0, swap=False, axes=(0, 1), cut=True):
    """Make a function of which one part may be wrong."""

    def answer(cells, height, width):
        out = cells
        for axis, length in enumerate((height, width)):
            around = [(1, 1) if a == axis else (0, 0) for a in range(3)]
            wide = np.moveaxis(np.pad(out.astype(float), around, mode=edge), axis, 0)
            before, middle, after = wide[:-2], wide[1:-1], wide[2:]
            pair = (after, before) if swap else (before, after)
            if axis not in axes:
                pair = middle, middle
            both = [own * middle + (1 - own) * neighbour for neighbour in pair]
            finer = np.stack(both, 1).reshape(-1, *middle.shape[1:])
            start = first * (len(finer) - length)
            kept = finer[start : start + length] if cut else finer
            out = np.moveaxis(kept, 0, axis)
        return out

    return answer


def _diagonal(cells, height, width):
    wide = np.pad(cells.astype(float), ((1, 1), (1, 1), (0, 0)), mode="edge")
    y, x = np.arange(height)[:, None], np.arange(width)
    row, column = y // 2 + 1, x // 2 + 1
    across = wide[row + 2 * (y % 2) - 1, column + 2 * (x % 2) - 1]
    return 0.75 * wide[row, column] + 0.25 * across


def _in_the_type_of_the_cells(cells, height, width):
    """Double along one axis, then along the other, each into an array of one dtype."""
    rows = _blended(axes=(0,))(cells, height, 2 * cells.shape[1])[:, ::2]
    return _blended(axes=(1,))(
        rows.astype(cells.dtype), 2 * len(rows), width
    )[::2].astype(cells.dtype)  # fmt: skip


def _with_middles(cells, height, width):
    """Keep the cells and put the mean of two neighbours between them."""
    return _by_matrices(lambda length, count: np.arange(length) / 2)(
        cells, height, width
    )


def _cases() -> Iterator[Case]:
    def case(name, cells, height, width):
        return Case(name, {"cells": cells, "height": height, "width": width})

    generator = np.random.default_rng(40)
    yield case("the worked example", np.array([[[0.0], [4.0], [16.0]]]), 2, 5)
    for less in ((0, 0), (1, 0), (0, 1), (1, 1)):
        h, w, channels = generator.choice(np.arange(2, 9), 3, replace=False)
        kind = "odd" if any(less) else "even"
        sizes = int(2 * h - less[0]), int(2 * w - less[1])
        yield case(
            f"random scores, {kind} size",
            generator.normal(size=(h, w, channels)),
            *sizes,
        )
    whole = generator.integers(0, 9, (3, 4, 2))
    yield case("whole numbers", whole, 6, 7)
    yield case("scores of float32", whole.astype(np.float32) / 7, 5, 8)
    yield case("a single cell", np.full((1, 1, 3), 2.5), 1, 2)


DOUBLE = Exercise(
    "double",
    _pixel_by_pixel,
    _cases,
    (
        Mistake(
            _by_matrices(lambda length, count: np.arange(length) // 2),
            "You repeat each cell. A quarter of each pixel comes from the next cell on "
            "the side where the pixel lies.",
        ),
        Mistake(
            _with_middles,
            "Your even pixels are the cells themselves, with means in between. A cell "
            "is as wide as two pixels, and its score belongs to its centre: so no "
            "pixel is a cell alone.",
        ),
        Mistake(
            _by_matrices(lambda length, count: np.linspace(0, count - 1, length)),
            "You stretch the cells from border to border (aligned corners). Cells are "
            "two pixels wide, whatever their number.",
        ),
        Mistake(
            _by_matrices(
                lambda length, count: (np.arange(length) + 0.5) * count / length - 0.5
            ),
            "With an odd size you squeeze all cells a little. The factor is exactly 2: "
            "make the even size and let the last row or column fall away.",
        ),
        Mistake(
            _blended(edge="constant"),
            "Beyond the border you take 0, so the outermost pixels fade. The outermost "
            "cell goes on there.",
        ),
        Mistake(
            _blended(edge="wrap"),
            "Your first pixel takes a quarter from the last cell: np.roll and the "
            "index -1 go round. Beyond the border the outermost cell goes on.",
        ),
        Mistake(
            _blended(edge="reflect"),
            "You mirror the cells at the border. There the outermost cell itself goes "
            "on.",
        ),
        Mistake(
            _blended(first=1),
            "With an odd size you drop the first pixel. Then every score is one pixel "
            "off; the last one falls away.",
        ),
        Mistake(
            _blended(own=0.25),
            "3/4 and 1/4 are swapped: a pixel lies in cell i, so most of it comes from "
            "there.",
        ),
        Mistake(
            _blended(swap=True),
            "The neighbours are swapped: the even pixel lies in the first half of its "
            "cell, so its neighbour is the cell before.",
        ),
        Mistake(
            _blended(axes=(0,)),
            "You blend rows only, and repeat columns. Do the same along both axes.",
        ),
        Mistake(
            _blended(axes=(1,)),
            "You blend columns only, and repeat rows. Do the same along both axes.",
        ),
        Mistake(
            _blended(own=2 / 3),
            "You give the own cell 2/3. Its centre is a quarter of a cell away, so it "
            "has 3/4.",
        ),
        Mistake(
            _diagonal,
            "You blend with the cell across the corner alone. Blend along the rows, "
            "then along the columns of what came out: four cells take part.",
        ),
        Mistake(
            lambda **case: np.round(_pixel_by_pixel(**case)),
            "You round the scores. Return decimal numbers.",
        ),
        Mistake(
            lambda cells, **case: _pixel_by_pixel(cells[..., :1], **case),
            "You enlarge the first channel alone.",
        ),
        Mistake(
            _blended(cut=False),
            "You return the even size. Where height or width is odd, the last row or "
            "column falls away.",
        ),
        Mistake(
            _in_the_type_of_the_cells,
            "Your results are cut to whole numbers: the array that holds them has the "
            "type of the cells. Give it decimal numbers.",
        ),
        Mistake(
            lambda cells, height, width: _pixel_by_pixel(
                cells.swapaxes(0, 1), width, height
            ),
            "Rows and columns are swapped. Cells are (h, w, C): rows come first.",
        ),
    ),
)


def double(function: Callable) -> None:
    """Check `double(cells, height, width)` -> (height, width, C)."""
    check(DOUBLE, function)
