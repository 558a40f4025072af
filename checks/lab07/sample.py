"""Values of a map between the centres of its cells: the check."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def value_at(feature, y: float, x: float) -> float:
    """Read one map (H, W) at one place in cells: plainly, by four neighbours."""
    height, width = feature.shape
    if not (-0.5 <= y <= height + 0.5 and -0.5 <= x <= width + 0.5):
        return 0.0
    y, x = min(max(y - 0.5, 0), height - 1), min(max(x - 0.5, 0), width - 1)
    top, left = int(y), int(x)
    value = 0.0
    for row, tall in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, wide in ((left, 1 - (x - left)), (left + 1, x - left)):
            if tall * wide > 0:
                value += tall * wide * float(feature[row, column])
    return value


def _oracle(features, y, x):
    values = np.zeros((len(features), len(y)))
    for channel, point in np.ndindex(*values.shape):
        place = float(y[point]), float(x[point])
        values[channel, point] = value_at(features[channel], *place)
    return values


def _cases() -> Iterator[Case]:
    def case(name, features, y, x):
        return Case(name, {"features": features, "y": y, "x": x})

    generator = np.random.default_rng(71)
    features = np.array([[[0, 10, 30], [40, 60, 20]]], float)
    y, x = np.array([0.5, 1, 0.2, -0.4, 0.5]), np.array([0.5, 2.25, 1.5, 3.2, 3.6])
    yield case("the worked example", features, y, x)
    for number in range(5):
        channels, height, width = generator.choice(np.arange(2, 9), 3, replace=False)
        features = generator.normal(0, 3, (channels, height, width))
        margin = 0 if number < 2 else 1.2  # points outside of the map come later
        y, x = (
            generator.uniform(-margin, side + margin, 12) for side in (height, width)
        )
        yield case("points inside" if number < 2 else "some outside", features, y, x)
    yield case("features of float32", features.astype(np.float32), y, x)
    whole = generator.integers(0, 256, (3, 5, 7)).astype(np.uint8)
    yield case("an image of uint8", whole, y % 5, x % 7)
    y, x = np.array([-0.5, 5.5, 2, 2, 5]), np.array([1, 1.2, -0.5, 7.5, 7])
    yield case("just half a cell outside", whole + 1.0, y, x)
    yield case("a map of one cell", whole[:, :1, :1] + 1.0, y / 5, x / 7)
    yield case("no point", whole + 1.0, y[:0], x[:0])


def blend(features, y, x):
    """Four neighbours, where the first cell's centre is at 0; nothing beyond."""
    y, x = np.clip(y, 0, features.shape[1] - 1), np.clip(x, 0, features.shape[2] - 1)
    return _tents(features, y, x)


def _tents(features, y, x):
    rows = np.maximum(0, 1 - np.abs(y[:, None] - np.arange(features.shape[1])))
    columns = np.maximum(0, 1 - np.abs(x[:, None] - np.arange(features.shape[2])))
    return np.einsum("ph,chw,pw->cp", rows, features, columns)


def _corners(features, y, x):
    """The four cells around each point, the weights of the first, as arrays."""
    y, x = np.clip(y, 0, features.shape[1] - 1), np.clip(x, 0, features.shape[2] - 1)
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    low = np.minimum(top + 1, features.shape[1] - 1)
    right = np.minimum(left + 1, features.shape[2] - 1)
    cells = [features[:, r, c] * 1.0 for r in (top, low) for c in (left, right)]
    return cells, y - top, x - left


def _weights_swapped(features, y, x):
    (a, b, c, d), down, along = _corners(features, y, x)
    first, second = along * a + (1 - along) * b, along * c + (1 - along) * d
    return down * first + (1 - down) * second


def _mean_of_four(features, y, x):
    return np.mean(_corners(features, y, x)[0], axis=0)


def _nearest(features, y, x):
    return blend(features, np.floor(y + 0.5), np.floor(x + 0.5))


def _rounded(features, y, x):
    return blend(features, np.round(y), np.round(x))


def _floor(features, y, x):
    return _corners(features, y, x)[0][0]


def _unlimited(features, y, x):
    """Whatever index comes out: -1 is the last cell, and too large is an error."""
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    down, along = y - top, x - left
    first, second = (
        (1 - along) * features[:, row, left] + along * features[:, row, left + 1]
        for row in (top, top + 1)
    )
    return (1 - down) * first + down * second


def _half_limited(features, y, x):
    """Indices are clipped, but not the places: weights go on beyond the centre."""
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    top, left = (
        np.clip(i, 0, max(n - 2, 0))
        for i, n in zip((top, left), features.shape[1:], strict=True)
    )
    down, along = y - top, x - left
    low = np.minimum(top + 1, features.shape[1] - 1)
    right = np.minimum(left + 1, features.shape[2] - 1)
    first, second = (
        (1 - along) * features[:, row, left] + along * features[:, row, right]
        for row in (top, low)
    )
    return (1 - down) * first + down * second


def sampled(half: float = 0.5, reach: float = 0.5, read: Callable = blend) -> Callable:
    """Make a `sample` of which one part may be wrong."""

    def answer(features, y, x):
        height, width = features.shape[1:]
        near = (y >= -reach) & (y <= height + reach)
        near &= (x >= -reach) & (x <= width + reach)
        values = read(features, y - half, x - half)
        return np.where(near, values, 0)

    return answer


def _transposed(features, y, x):
    return sampled()(features, x, y)


def _unshifted(features, y, x):
    """No half is taken off anywhere, not even to tell what is outside."""
    return sampled()(features, y + 0.5, x + 0.5)


def _points_first(features, y, x):
    return sampled()(features, y, x).T


def _only_one_channel(features, y, x):
    return sampled()(features[:1], y, x)[0]


def _grid(features, y, x):
    """Every row with every column, as if the places were a grid."""
    rows, columns = (
        np.maximum(0, 1 - np.abs(np.clip(p - 0.5, 0, n - 1)[:, None] - np.arange(n)))
        for p, n in zip((y, x), features.shape[1:], strict=True)
    )
    return rows @ features @ columns.T


_OFF = (
    "Your places are half a cell off. A value sits in the middle of its cell, and the "
    "middle of the first cell is at 0.5."
)
_OUT = "An index leaves the map, where a point is nearer to the border than a centre. "

SAMPLE = Exercise(
    "sample",
    _oracle,
    _cases,
    (
        Mistake(sampled(half=0), _OFF),
        Mistake(_unshifted, _OFF),
        Mistake(sampled(half=-0.5), f"{_OFF} Move the other way."),
        Mistake(
            _transposed, "Rows and columns are swapped: y is a place among the rows."
        ),
        Mistake(
            sampled(read=_weights_swapped),
            "The weights are swapped. The nearer a cell's centre, the more it counts: "
            "a point on a centre takes that value alone.",
        ),
        Mistake(
            sampled(read=_nearest),
            "You round to one cell, as RoIPool does. Mix the four around the point.",
        ),
        *(
            Mistake(
                read,
                "You round to one cell, as RoIPool does. Mix the four around the "
                "point.",
            )
            for read in (
                sampled(read=_rounded),
                sampled(half=0, read=_rounded),
                sampled(read=_nearest, reach=np.inf),
                sampled(read=_rounded, reach=np.inf),
                sampled(half=0, read=_floor),
                sampled(half=0, read=_floor, reach=np.inf),
            )
        ),
        Mistake(
            sampled(read=_floor),
            "You take one cell of the four, the first. Mix all four, each by how near "
            "it is.",
        ),
        Mistake(
            sampled(read=_mean_of_four),
            "All four cells count the same. Weigh each by how near its centre is.",
        ),
        Mistake(
            sampled(reach=np.inf),
            "Far outside of the map you still read the border. More than half a cell "
            "outside the answer is 0.",
        ),
        Mistake(
            sampled(reach=0),
            "You give 0 to every point outside of the map. Up to half a cell outside "
            "it reads the border.",
        ),
        Mistake(
            sampled(reach=-0.5),
            "You give 0 to points between the outermost centres and the border. They "
            "read the border's value.",
        ),
        Mistake(
            sampled(read=_tents),
            "Near the border your weights do not add up to 1, as if zeros lay outside. "
            "Pull the place to the outermost centre first.",
        ),
        Mistake(
            sampled(read=_unlimited),
            f"{_OUT}Index -1 is the last cell. Pull the place to the outermost centre "
            "first.",
        ),
        Mistake(
            sampled(read=_half_limited),
            "You limit the index and not the place, so the weights go on beyond the "
            "last centre: one above 1, one below 0.",
        ),
        Mistake(_points_first, "Your answer is points x channels. It must be (C, P)."),
        Mistake(
            _only_one_channel,
            "You read the first channel only. All channels are asked at each point.",
        ),
        Mistake(
            _grid,
            "You combine every y with every x. Point number p is at (y[p], x[p]): P "
            "points, and no grid.",
        ),
    ),
)


def sample(function: Callable) -> None:
    """Check `sample(features, y, x)` -> (C, P)."""
    check(SAMPLE, function)
