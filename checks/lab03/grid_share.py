"""The share of a map that repeats with the stride: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def share(maps, stride) -> np.ndarray:
    """Variance of the mean cell over the variance of the map, (N,); 0 if constant."""
    _, height, width = maps.shape
    whole = maps[:, : height - height % stride, : width - width % stride].astype(float)
    means = np.stack(
        [
            whole[:, row::stride, column::stride].mean(axis=(1, 2))
            for row in range(stride)
            for column in range(stride)
        ],
        axis=1,
    )
    total = whole.var(axis=(1, 2))
    return np.divide(means.var(axis=1), total, out=0 * total, where=total > 0)


def _cases() -> Iterator[Case]:
    generator = np.random.default_rng(34)
    rows = [[1, 3, 1, 3, 9], [1, 3, 5, 3, 9]]
    yield Case("the worked example", {"maps": np.array([rows], float), "stride": 2})
    yield Case(
        "cells that fit", {"maps": generator.normal(size=(1, 6, 9)), "stride": 3}
    )
    for _ in range(4):
        count, stride = generator.choice(range(2, 6), 2, replace=False)
        height, width = generator.choice(range(11, 30), 2, replace=False)
        maps = generator.normal(size=(count, height, width)) * 2 + 5
        maps[1:, ::stride, ::stride] += generator.normal()
        yield Case("random maps", {"maps": maps, "stride": int(stride)})
    whole = generator.integers(0, 256, (3, 13, 16)).astype(np.uint8)
    yield Case("uint8 maps", {"maps": whole, "stride": 4})
    grid = np.tile([[1.0, 0.0], [0.0, 1.0]], (2, 4, 5))
    yield Case("nothing but a grid", {"maps": grid, "stride": 2})
    lines = np.tile([[1.0, 1.0], [0.0, 0.0]], (1, 3, 4))
    yield Case("rows alone", {"maps": lines, "stride": 2})
    mixed = np.concatenate([np.full((1, 6, 7), 3.0), generator.random((1, 6, 7))])
    yield Case("a constant map among others", {"maps": mixed, "stride": 3})


def _shares(pattern=None, whole=None, divide=None) -> Callable:
    """Make a measure of which one part is wrong; patterns are (N, stride, stride)."""

    def grid_share(maps, stride):
        cut = whole or _cut
        x = np.asarray(cut(maps, stride), float)
        y = (pattern or _pattern)(x, stride)
        return (divide or _divide)(y, x, maps)

    return grid_share


def _cut(maps, stride):
    height, width = (side - side % stride for side in maps.shape[1:])
    return maps[:, :height, :width]


def _cells(x, stride):
    count, height, width = x.shape
    return x.reshape(count, height // stride, stride, width // stride, stride)


def _pattern(x, stride):
    return _cells(x, stride).mean(axis=(1, 3))


def _safe(above, below):
    return np.divide(above, below, out=0 * below, where=below > 0)


def _divide(y, x, maps):
    return _safe(y.var(axis=(1, 2)), x.var(axis=(1, 2)))


def _wrong_order(x, stride):
    count, height, width = x.shape
    cells = x.reshape(count, stride, height // stride, stride, width // stride)
    return cells.mean(axis=(2, 4))


def _cells_last(x, stride):
    count, height, width = x.shape
    cells = x.reshape(count, stride, height // stride, stride, width // stride)
    return cells.mean(axis=(1, 3))


def _by_slices(x, stride):
    """Average all pixels of a place, also those of cells that are not whole."""
    places = np.ndindex(stride, stride)
    means = [
        x[:, row::stride, column::stride].mean(axis=(1, 2)) for row, column in places
    ]
    return np.stack(means, axis=1).reshape(len(x), stride, stride)


def _of_all_maps(x, stride):
    pattern = _pattern(x, stride).mean(axis=0, keepdims=True)
    return np.broadcast_to(pattern, (len(x), stride, stride))


ADDED = (
    "What you add to the variance of the map changes every share. Divide by the "
    "variance itself, and return 0 where it is 0."
)

GRID = Exercise(
    "grid_share",
    share,
    _cases,
    (
        Mistake(
            _shares(lambda x, stride: _cells(x, stride).mean(axis=(2, 4))),
            "This is the mean of each cell, the picture in coarse. Average over the "
            "cells, so that one cell is left.",
        ),
        Mistake(
            _shares(_wrong_order),
            "This splits the map into stride x stride large parts. A cell is small: in "
            "the reshape, the number of cells comes first, then the stride.",
        ),
        Mistake(
            _shares(_cells_last),
            "Your reshape lays cells out as if their pixels were far apart. In each "
            "direction, the number of cells comes first, then the stride.",
        ),
        Mistake(
            _shares(lambda x, stride: x[:, :stride, :stride]),
            "This is the first cell. Average all of them.",
        ),
        Mistake(
            _shares(lambda x, stride: _cells(x, stride).mean(axis=(1, 2, 3))[:, None]),
            "Your pattern has columns alone. It is stride x stride pixels.",
        ),
        Mistake(
            _shares(
                lambda x, stride: _cells(x, stride).mean(axis=(1, 3, 4))[:, :, None]
            ),
            "Your pattern has rows alone. It is stride x stride pixels.",
        ),
        Mistake(
            _shares(_of_all_maps),
            "Your pattern is the mean over all maps. Each map has its own.",
        ),
        Mistake(
            _shares(divide=lambda y, x, maps: _safe(y.var(axis=(1, 2)), x.var())),
            "You divide by the variance of all maps together. Each map has its own.",
        ),
        Mistake(
            _shares(
                divide=lambda y, x, maps: _safe(
                    y.var(axis=(1, 2)), maps.astype(float).var(axis=(1, 2))
                )
            ),
            "Pixels that fill no whole cell are left out of the map's variance, too.",
        ),
        Mistake(
            _shares(
                divide=lambda y, x, maps: _safe(y.std(axis=(1, 2)), x.std(axis=(1, 2)))
            ),
            "This is a ratio of standard deviations. Take variances, their squares.",
        ),
        Mistake(
            _shares(
                divide=lambda y, x, maps: _safe(
                    y.var(axis=(1, 2)), (x**2).mean(axis=(1, 2))
                )
            ),
            "You divide by the mean square. The variance is about the mean of the map.",
        ),
        Mistake(
            _shares(
                divide=lambda y, x, maps: _safe(
                    y.var(axis=(1, 2), ddof=1), x.var(axis=(1, 2), ddof=1)
                )
            ),
            "Divide both sums of squares by the number of pixels, not by one less.",
        ),
        Mistake(
            _shares(divide=lambda y, x, maps: y.var(axis=(1, 2))),
            "This is the variance of the pattern. Divide it by that of the map.",
        ),
        Mistake(
            _shares(divide=lambda y, x, maps: 1 - _divide(y, x, maps)),
            "This is the share that does not repeat.",
        ),
        Mistake(
            _shares(divide=lambda y, x, maps: _divide(y, x, maps).mean()),
            "Return one number for each map, (N,). You return their mean.",
        ),
        Mistake(
            _shares(divide=lambda y, x, maps: y.var(axis=(1, 2)) / x.var(axis=(1, 2))),
            "A constant map has the variance 0, and 0 / 0 is nan. Return 0 for it.",
        ),
        Mistake(
            lambda maps, stride: np.where(
                np.ptp(maps, axis=(1, 2)) > 0, share(maps, stride), 1.0
            ),
            "A constant map has 1 in your result. It has no pattern: return 0 for it.",
        ),
        Mistake(
            _shares(
                divide=lambda y, x, maps: y.var(axis=(1, 2)) / (x.var(axis=(1, 2)) + 1)
            ),
            ADDED,
        ),
        Mistake(
            _shares(
                divide=lambda y, x, maps: (
                    y.var(axis=(1, 2)) / (x.var(axis=(1, 2)) + 0.01)
                )
            ),
            ADDED,
        ),
        Mistake(
            _shares(
                lambda x, stride: np.median(_cells(x, stride), axis=(1, 3)),
            ),
            "Your pattern is the median of the cells. Take their mean.",
        ),
        Mistake(
            _shares(
                divide=lambda y, x, maps: _safe(
                    _cells(x, y.shape[1]).var(axis=(2, 4)).mean(axis=(1, 2)),
                    x.var(axis=(1, 2)),
                )
            ),
            "This is the mean variance within a cell. Average the cells first, then "
            "take the variance of that pattern.",
        ),
        Mistake(
            _shares(whole=lambda maps, stride: maps),
            "The map is no whole number of cells: leave the rows and columns out that "
            "are left over at the end.",
        ),
        Mistake(
            _shares(_by_slices, whole=lambda maps, stride: maps),
            "Your slices also take pixels of cells that are not whole. Cut the maps "
            "before you average, and before you take their variance.",
        ),
        Mistake(
            _shares(
                _by_slices,
                whole=lambda maps, stride: maps,
                divide=lambda y, x, maps: _safe(
                    y.var(axis=(1, 2)), _cut(x, y.shape[1]).var(axis=(1, 2))
                ),
            ),
            "Your slices also take pixels of cells that are not whole. Cut the maps "
            "before you average.",
        ),
        Mistake(
            _shares(
                whole=lambda maps, stride: maps[
                    :, maps.shape[1] % stride :, maps.shape[2] % stride :
                ]
            ),
            "Leave out what is left over at the end, not at the start.",
        ),
    ),
)


def grid_share(function: Callable) -> None:
    """Check `grid_share(maps, stride)` -> (N,)."""
    check(GRID, function)
