"""Squares of positions merged into tokens, for efficient attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _square_by_square(features, weights) -> np.ndarray:
    """Add up what each position of each square gives to its token."""
    height, width, _ = features.shape
    side = len(weights)
    tokens = []
    for top in range(0, height, side):
        for left in range(0, width, side):
            token = np.zeros(weights.shape[3])
            for i, j in np.ndindex(side, side):
                if top + i < height and left + j < width:
                    token += features[top + i, left + j] @ weights[i, j]
            tokens.append(token)
    return np.array(tokens)


def _cases() -> Iterator[Case]:
    generator = np.random.default_rng(80)

    def drawn(height, width, channels, side, out, kind=np.float64):
        features = generator.normal(size=(height, width, channels)).astype(kind)
        weights = generator.normal(size=(side, side, channels, out)).astype(kind)
        return {"features": features, "weights": weights}

    features = np.arange(1.0, 7).reshape(2, 3, 1)
    weights = np.array([[1.0, 10], [100, 1000]])[:, :, None, None]
    yield Case("the worked example", {"features": features, "weights": weights})
    for side in (2, 3, 2, 4):
        rows, columns, channels, out = generator.choice(np.arange(2, 7), 4, False)
        arguments = drawn(side * rows, side * columns, channels, side, out)
        yield Case("squares that fit", arguments)
    for side in (2, 3, 4):
        rows, columns = side * generator.choice(np.arange(2, 6), 2, False)
        arguments = drawn(rows + 1, columns + side - 1, 3, side, 5)
        yield Case("squares that do not fit", arguments)
    yield Case("squares of one position", drawn(3, 5, 4, 1, 2))
    yield Case("one square larger than the map", drawn(2, 3, 2, 5, 3))
    yield Case("float32", drawn(6, 9, 2, 3, 4, np.float32))
    yield Case("features that are not in one piece", {
        "features": drawn(8, 4, 3, 2, 5)["features"].transpose(1, 0, 2),
        "weights": drawn(1, 1, 3, 2, 5)["weights"],
    })  # fmt: skip


def _merged(fill=None, crop=False, order=(0, 2, 1, 3, 4), flat=lambda w: w):
    """Merge by reshaping, with what can go wrong as arguments."""

    def answer(features, weights):
        side, _, channels, out = weights.shape
        height, width = features.shape[:2]
        down, right = -height % side, -width % side
        if crop:
            features = features[: height - height % side, : width - width % side]
        elif fill is not None:
            features = fill(features, down, right)
        else:
            features = np.pad(features, ((0, down), (0, right), (0, 0)))
        rows, columns = features.shape[0] // side, features.shape[1] // side
        cut = features.reshape(rows, side, columns, side, channels).transpose(order)
        return cut.reshape(rows * columns, -1) @ flat(weights).reshape(-1, out)

    return answer


def _always_filled_up(features, weights):
    side = len(weights)
    more = [(0, side - length % side) for length in features.shape[:2]]
    return _square_by_square(np.pad(features, [*more, (0, 0)]), weights)


def _in_a_row(features, weights):
    side, _, channels, out = weights.shape
    missing = [(0, -length % side) for length in features.shape[:2]]
    full = np.pad(features, [*missing, (0, 0)])
    return full.reshape(-1, side * side * channels) @ weights.reshape(-1, out)


def _as_a_map(features, weights):
    rows = -(-len(features) // len(weights))
    tokens = _square_by_square(features, weights)
    return tokens.reshape(rows, -1, tokens.shape[1])


def _by_columns(features, weights):
    found = _as_a_map(features, weights)
    return found.transpose(1, 0, 2).reshape(-1, found.shape[2])


MERGE = Exercise(
    "merge",
    _square_by_square,
    _cases,
    (
        Mistake(
            _merged(crop=True),
            "Rows or columns that do not fill a square are lost. Fill up with zeros "
            "below and to the right.",
        ),
        Mistake(
            _merged(
                lambda x, down, right: np.pad(x, ((down, 0), (right, 0), (0, 0))),
            ),
            "The zeros stand above and to the left, so all squares are shifted. Put "
            "them below and to the right.",
        ),
        Mistake(
            _merged(
                lambda x, down, right: np.pad(
                    x, ((0, down), (0, right), (0, 0)), "edge"
                ),
            ),
            "You fill up by repeating the edge. Fill up with zeros.",
        ),
        Mistake(
            _merged(
                lambda x, down, right: np.pad(
                    x, ((0, down), (0, right), (0, 0)), "reflect"
                ),
            ),
            "You fill up with a mirror image. Fill up with zeros.",
        ),
        Mistake(
            _always_filled_up,
            "A side that the squares already fill gets one square more, of zeros. What "
            "is missing there is 0, not r.",
        ),
        Mistake(
            _in_a_row,
            "You merge positions that follow each other in a row. Squares have "
            "neighbours above and below: split both axes, then bring the two inner "
            "ones together.",
        ),
        Mistake(
            _merged(order=(0, 2, 3, 1, 4)),
            "Rows and columns within a square are swapped: weights[i, j] belongs to "
            "row i and column j.",
        ),
        Mistake(
            _merged(flat=lambda weights: weights[::-1, ::-1]),
            "The square of weights is turned around. Nothing is flipped here.",
        ),
        Mistake(
            _merged(order=(0, 2, 4, 1, 3)),
            "The channels lie before the rows and columns of a square when you flatten "
            "it; in the weights they come after them.",
        ),
        Mistake(
            lambda features, weights: (
                _square_by_square(features, weights) / len(weights) ** 2
            ),
            "This is the mean over each square. The weights are all there is: add up.",
        ),
        Mistake(
            _as_a_map,
            "This is still a map. Lay the tokens in one line, row by row.",
        ),
        Mistake(
            _by_columns,
            "The tokens are in the order of columns. Lay them out row by row.",
        ),
        Mistake(
            lambda features, weights: _square_by_square(features, weights).T,
            "Rows and columns of the result are swapped: one row for each token.",
        ),
    ),
)


def merge(function: Callable) -> None:
    """Check `merge(features, weights)` -> tokens (K, D)."""
    check(MERGE, function)
