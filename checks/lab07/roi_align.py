"""RoIAlign with as many points as a bin needs: the check."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.lab07.sample import sampled, value_at


def aligned(features, boxes, images, size, stride):
    """RoIAlign, bin by bin and point by point."""
    rows, columns = size
    answer = np.zeros((len(boxes), features.shape[1], rows, columns))
    for number, channel, row, column in np.ndindex(*answer.shape):
        x0, y0, x1, y1 = (float(corner) / stride for corner in boxes[number])
        high, wide = (y1 - y0) / rows, (x1 - x0) / columns  # of a bin, in cells
        down, across = max(math.ceil(high), 1), max(math.ceil(wide), 1)
        values = [
            value_at(
                features[int(images[number]), channel],
                y0 + (row + (i + 0.5) / down) * high,
                x0 + (column + (j + 0.5) / across) * wide,
            )
            for i in range(down)
            for j in range(across)
        ]
        answer[number, channel, row, column] = sum(values) / len(values)
    return answer


def _cases() -> Iterator[Case]:
    def case(name, features, boxes, images, size, stride):
        arguments = {"features": features, "boxes": boxes, "images": images}
        return Case(name, {**arguments, "size": size, "stride": stride})

    def boxes_in(generator, count, height, width, least=2.0, margin=0.0):
        low = generator.uniform(-margin, (width - least, height - least), (count, 2))
        room = np.array([width, height]) + margin - low
        sides = least + generator.random((count, 2)) * (room - least)
        return np.concatenate([low, low + sides], axis=1)

    generator = np.random.default_rng(72)
    rows = [[0, 3, 6, 12, 9, 0, 6, 30], [2, 1, 4, 7, 1, 8, 0, 9]]
    box = np.array([[2.0, 0, 14, 4]])
    first = np.array([[rows]], float), box, np.array([0])
    yield case("the worked example", *first, (1, 2), 2)
    for stride, size in ((4, (2, 3)), (3, (3, 1)), (8, (2, 4))):
        count, channels, height, width = generator.choice([2, 3, 7, 9], 4, False)
        features = generator.normal(0, 3, (count, channels, height, width))
        boxes = boxes_in(generator, 5, height * stride, width * stride)
        images = generator.permutation(np.arange(5) % count)
        yield case("random boxes", features, boxes, images, size, stride)
    features = generator.normal(0, 3, (2, 2, 11, 6))
    whole = np.array([[0.0, 0, 24, 44]])
    yield case("a box as large as the map", features, whole, np.array([1]), (2, 3), 4)
    boxes = boxes_in(generator, 3, 44, 24, margin=9.0)
    images = np.array([1, 0, 1])
    yield case("boxes that leave the image", features, boxes, images, (3, 2), 4)
    small = boxes[:, [0, 1, 0, 1]] + [0, 0, 1.5, 2.5]
    yield case("boxes smaller than a cell", features, small, images, (2, 3), 4)
    line = small.copy()
    line[1, 2] = line[1, 0]
    yield case("a box without width", features, line, images, (2, 3), 4)
    single = features.astype(np.float32), boxes.astype(np.float32)
    yield case("float32", *single, images, (2, 2), 4)
    yield case("no box", features, boxes[:0], images[:0], (2, 3), 4)


def _enough(cells: float) -> int:
    return max(math.ceil(cells), 1)


def _centres(bins: int, points: int):
    return (np.arange(bins * points) + 0.5) / (bins * points)


def _aligned(
    count: Callable = _enough,
    ticks: Callable = _centres,
    corners: Callable = lambda box, stride: np.asarray(box, float) / stride,
    image: Callable = int,
    read: Callable | None = None,
    reduce: Callable = np.mean,
    bins: Callable = tuple,
    channels: Callable = len,
) -> Callable:
    """Make a RoIAlign of which one part may be wrong."""
    read = read or sampled()

    def answer(features, boxes, images, size, stride):
        rows, columns = bins(size)
        regions = np.zeros((len(boxes), features.shape[1], rows, columns))
        for number, (box, which) in enumerate(zip(boxes, images, strict=True)):
            x0, y0, x1, y1 = corners(box, stride)
            down, across = count((y1 - y0) / rows), count((x1 - x0) / columns)
            y = y0 + (y1 - y0) * ticks(rows, down)
            x = x0 + (x1 - x0) * ticks(columns, across)
            y, x = np.repeat(y, len(x)), np.tile(x, len(y))
            values = read(features[image(which)], y, x)
            values = values.reshape(channels(values), rows, down, columns, across)
            regions[number] = reduce(values, axis=(2, 4))
        return regions

    return answer


def _with_edges(bins: int, points: int):
    """From the first edge of each bin to its last one."""
    if points == 1:
        return (np.arange(bins) + 0.5) / bins
    steps = np.linspace(0, 1, points)
    return ((np.arange(bins)[:, None] + steps) / bins).ravel()


def _from_the_start(bins: int, points: int):
    return np.arange(bins * points) / (bins * points)


def _as_wide_as_high(features, boxes, images, size, stride):
    """As many points across as down."""
    boxes = np.asarray(boxes, float).reshape(-1, 4)
    parts = [np.zeros((0, features.shape[1], *size))]
    for number in range(len(boxes)):
        points = _enough((boxes[number, 3] - boxes[number, 1]) / stride / size[0])
        one = _aligned(count=lambda cells, points=points: points)
        some = slice(number, number + 1)
        parts.append(one(features, boxes[some], images[some], size, stride))
    return np.concatenate(parts)


def _per_box(features, boxes, images, size, stride):
    """As many points in each bin as the whole box has cells."""
    boxes = np.asarray(boxes, float).reshape(-1, 4)
    parts = [np.zeros((0, features.shape[1], *size))]
    for number, (x0, y0, x1, y1) in enumerate(boxes):
        counts = iter([_enough((y1 - y0) / stride), _enough((x1 - x0) / stride)])
        one = _aligned(count=lambda cells, counts=counts: next(counts))
        some = slice(number, number + 1)
        parts.append(one(features, boxes[some], images[some], size, stride))
    return np.concatenate(parts)


def _per_pixel(features, boxes, images, size, stride):
    """As many points in each bin as it has pixels."""
    one = _aligned(count=lambda cells: _enough(cells * stride))
    return one(features, boxes, images, size, stride)


def _clipped(features, boxes, images, size, stride):
    """The part of each box that lies on the image."""
    height, width = features.shape[2:]
    sides = np.array([width, height, width, height]) * stride
    return _aligned()(features, np.clip(boxes, 0, sides), images, size, stride)


def _axes_mixed(columns_first: bool) -> Callable:
    """Take the line of points apart in a wrong order."""

    def answer(features, boxes, images, size, stride):
        rows, columns = size
        regions = np.zeros((len(boxes), features.shape[1], rows, columns))
        for number, (box, which) in enumerate(zip(boxes, images, strict=True)):
            x0, y0, x1, y1 = np.asarray(box, float) / stride
            down, across = _enough((y1 - y0) / rows), _enough((x1 - x0) / columns)
            y = y0 + (y1 - y0) * _centres(rows, down)
            x = x0 + (x1 - x0) * _centres(columns, across)
            y, x = np.repeat(y, len(x)), np.tile(x, len(y))
            values = sampled()(features[int(which)], y, x)
            if columns_first:
                values = values.reshape(-1, rows, columns, down, across)
                regions[number] = values.mean(axis=(3, 4))
            else:
                values = values.reshape(-1, rows, down, across, columns)
                regions[number] = values.mean(axis=(2, 3))
        return regions

    return answer


def _bins_swapped(features, boxes, images, size, stride):
    regions = _aligned()(features, boxes, images, tuple(size)[::-1], stride)
    return regions.reshape(*regions.shape[:2], *size)


def _stacked(features, boxes, images, size, stride):
    parts = _aligned()(features, boxes, images, size, stride)
    return np.stack(list(parts))


_POINTS = (
    "A bin that is b cells high has ceil(b) rows of points, one that is b cells wide "
    "ceil(b) columns. "
)

_MIXED = (
    "The points of different bins are mixed. Each line of points holds all columns of "
    "bins, one after the other: unfold it to columns first, then points."
)

_NO_POINT = "A box without width or height has no points in yours. Take at least one."

ALIGN = Exercise(
    "roi_align",
    aligned,
    _cases,
    (
        Mistake(
            _aligned(count=lambda cells: 2),
            f"You take 2 x 2 points in each bin, as the lesson does. {_POINTS}",
        ),
        Mistake(
            _aligned(count=lambda cells: 1),
            f"You take one point in each bin, and skip the cells between. {_POINTS}",
        ),
        Mistake(
            _aligned(count=lambda cells: max(int(cells), 1)),
            f"You round the number of points down. {_POINTS}",
        ),
        Mistake(
            _aligned(count=lambda cells: max(round(cells), 1)),
            f"You round the number of points to the nearest. {_POINTS}",
        ),
        Mistake(
            _aligned(count=lambda cells: int(cells) + 1),
            f"You take a point more where a bin is a whole number of cells. {_POINTS}",
        ),
        Mistake(_aligned(count=math.ceil), _NO_POINT),
        Mistake(_aligned(count=math.ceil, channels=lambda values: -1), _NO_POINT),
        Mistake(_as_wide_as_high, f"You take as many points across as down. {_POINTS}"),
        Mistake(
            _per_box,
            "You count the cells of the whole box. What matters is how many one bin "
            "has.",
        ),
        Mistake(
            _per_pixel,
            "You count pixels. A bin has as many rows of points as it is cells high: "
            "divide the box by the stride before you count.",
        ),
        Mistake(
            _clipped,
            "You cut the boxes at the border of the image. They may reach beyond it: "
            "their bins stay as they are, and your way of reading knows what is there.",
        ),
        Mistake(
            _aligned(bins=lambda size: tuple(size)[::-1]),
            "Rows and columns of the answer are swapped: `size` is rows, columns.",
        ),
        Mistake(
            _bins_swapped,
            "Your answer has the right shape, but the box is cut into as many rows as "
            "`size` has columns: `size` is rows, columns.",
        ),
        Mistake(_axes_mixed(columns_first=True), _MIXED),
        Mistake(_axes_mixed(columns_first=False), _MIXED),
        Mistake(
            _aligned(corners=lambda box, stride: np.asarray(box, float)),
            "The corners are pixels. Divide them by the stride: then they are cells.",
        ),
        Mistake(
            _aligned(corners=lambda box, stride: np.rint(np.divide(box, stride))),
            "You round the corners to whole cells. That is RoIPool: nothing is rounded "
            "here.",
        ),
        Mistake(
            _aligned(corners=lambda box, stride: np.array(box, int) // stride),
            "You cut the corners to whole cells. That is RoIPool: nothing is rounded "
            "here.",
        ),
        Mistake(
            _aligned(corners=lambda box, stride: np.divide(box, stride)[[1, 0, 3, 2]]),
            "Rows and columns are swapped. A box is x0, y0, x1, y1, x among the "
            "columns.",
        ),
        Mistake(
            _aligned(image=lambda which: 0),
            "You look at the first image only. `images` says on which one a box lies.",
        ),
        Mistake(
            _aligned(reduce=np.max),
            "You take the largest value of a bin, as RoIPool does. Take the mean.",
        ),
        Mistake(_aligned(reduce=np.sum), "You add the points up. Take their mean."),
        Mistake(
            _aligned(ticks=_with_edges),
            "Your points lie on the edges of the bins. Cut a bin into equal parts, and "
            "take the middle of each.",
        ),
        Mistake(
            _aligned(ticks=lambda bins, points: np.linspace(0, 1, bins * points)),
            "Your points start on one edge of the box and end on the other. Cut the "
            "box into equal parts, and take the middle of each.",
        ),
        Mistake(
            _aligned(ticks=_from_the_start),
            "Your points lie where the parts of a bin start. Take the middle of each.",
        ),
        Mistake(
            _aligned(read=sampled(half=0)),
            "The answer is half a cell off. The first cell has its value at 0.5: your "
            "way of reading must know that.",
        ),
        Mistake(
            _aligned(read=sampled(half=1)),
            "The answer is half a cell off: `sample` takes off the half already.",
        ),
        Mistake(
            _aligned(read=sampled(reach=np.inf)),
            "Points more than half a cell outside of the map count 0, and they count "
            "in the mean.",
        ),
        Mistake(
            _stacked,
            "There may be no box at all. Then the answer has the shape (0, C, rows, "
            "columns): start from an array of zeros.",
        ),
    ),
)


def roi_align(function: Callable) -> None:
    """Check `roi_align(features, boxes, images, size, stride)` -> (K, C, *size)."""
    check(ALIGN, function)
