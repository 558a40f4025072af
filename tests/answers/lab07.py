"""Answers to lab 07: points between cells, RoIAlign, suppression, masks, AP."""

import math

import numpy as np

from answers import Answers

answers = Answers("lab07")
right, wrong = answers.right, answers.wrong


# Points between cells


@right("sample")
def by_four_corners(features, y, x):
    height, width = features.shape[1:]
    near = (y >= -0.5) & (y <= height + 0.5) & (x >= -0.5) & (x <= width + 0.5)
    y, x = np.clip(y - 0.5, 0, height - 1), np.clip(x - 0.5, 0, width - 1)
    top, left = y.astype(int), x.astype(int)
    low, far = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, along = y - top, x - left
    upper = (1 - along) * features[:, top, left] + along * features[:, top, far]
    lower = (1 - along) * features[:, low, left] + along * features[:, low, far]
    return near * ((1 - down) * upper + down * lower)


@right("sample")
def by_tents(features, y, x):
    sides = features.shape[1:]
    weights, inside = [], True
    for place, side in ((y, sides[0]), (x, sides[1])):
        inside = inside & (np.abs(place - side / 2) <= side / 2 + 0.5)
        ticks = np.clip(place, 0.5, side - 0.5)[:, None] - np.arange(side) - 0.5
        weights.append(np.maximum(1 - np.abs(ticks), 0))
    return np.einsum("chw,ph,pw->cp", features, *weights) * inside


@right("sample")
def by_a_padded_map(features, y, x):
    wide = np.pad(features.astype(np.float32), ((0, 0), (1, 2), (1, 2)), "edge")
    inside = (y >= -0.5) & (y - 0.5 <= features.shape[1])
    inside &= (x >= -0.5) & (x - 0.5 <= features.shape[2])
    y, x = np.where(inside, y + 0.5, 0), np.where(inside, x + 0.5, 0)
    r, c = np.floor(y).astype(int), np.floor(x).astype(int)
    parts = 0
    for i in (0, 1):
        for j in (0, 1):
            share = np.abs(1 - i - (y - r)) * np.abs(1 - j - (x - c))
            parts = parts + share * wide[:, r + i, c + j]
    return np.where(inside, parts, 0)


@right("sample")
def in_fortran_order_from_lists(features, y, x):
    columns = [
        [
            by_four_corners(features[[k]], y[[p]], x[[p]])[0, 0]
            for k in range(len(features))
        ]
        for p in range(len(y))
    ]
    return np.array(columns, float).reshape(len(y), len(features)).T


@wrong("sample", "half a cell off")
def without_the_half(features, y, x):
    height, width = features.shape[1:]
    inside = (y >= -0.5) & (y <= height + 0.5) & (x >= -0.5) & (x <= width + 0.5)
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    r, c = y.astype(int), x.astype(int)
    r1, c1 = np.minimum(r + 1, height - 1), np.minimum(c + 1, width - 1)
    v, u = y - r, x - c
    f = features
    values = (f[:, r, c] * (1 - v) * (1 - u) + f[:, r1, c] * v * (1 - u)
              + f[:, r, c1] * (1 - v) * u + f[:, r1, c1] * v * u)  # fmt: skip
    return values * inside


@wrong("sample", "half a cell off")
def no_half_anywhere(features, y, x):
    channels, height, width = features.shape
    values = np.zeros((channels, len(y)))
    for p in range(len(y)):
        if not (-1 <= y[p] <= height and -1 <= x[p] <= width):
            continue
        v, u = min(max(y[p], 0), height - 1), min(max(x[p], 0), width - 1)
        r, c = int(v), int(u)
        low, far = min(r + 1, height - 1), min(c + 1, width - 1)
        upper = features[:, r, c] * (1 - u + c) + features[:, r, far] * (u - c)
        lower = features[:, low, c] * (1 - u + c) + features[:, low, far] * (u - c)
        values[:, p] = upper * (1 - v + r) + lower * (v - r)
    return values


@wrong("sample", "Move the other way")
def adds_the_half(features, y, x):
    height, width = features.shape[1:]
    inside = (y >= -0.5) & (y <= height + 0.5) & (x >= -0.5) & (x <= width + 0.5)
    y = np.clip(y + 0.5, 0, height - 1) + 0.5  # by_four_corners takes one off
    x = np.clip(x + 0.5, 0, width - 1) + 0.5
    return by_four_corners(features, y, x) * inside


@wrong("sample", "y is a place among the rows")
def x_among_the_rows(features, y, x):
    return by_tents(np.swapaxes(features, 1, 2), y, x)


@wrong("sample", "The weights are swapped")
def weights_the_wrong_way_round(features, y, x):
    height, width = features.shape[1:]
    near = (y >= -0.5) & (y <= height + 0.5) & (x >= -0.5) & (x <= width + 0.5)
    y, x = np.clip(y - 0.5, 0, height - 1), np.clip(x - 0.5, 0, width - 1)
    top, left = y.astype(int), x.astype(int)
    low, far = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, along = y - top, x - left
    upper = along * features[:, top, left] + (1 - along) * features[:, top, far]
    lower = along * features[:, low, left] + (1 - along) * features[:, low, far]
    return near * (down * upper + (1 - down) * lower)


@wrong("sample", "You round to one cell")
def the_cell_around_the_point(features, y, x):
    height, width = features.shape[1:]
    inside = (y >= -0.5) & (y <= height + 0.5) & (x >= -0.5) & (x <= width + 0.5)
    r = np.clip(np.floor(y), 0, height - 1).astype(int)
    c = np.clip(np.floor(x), 0, width - 1).astype(int)
    return features[:, r, c] * inside


@wrong("sample", "Far outside of the map you still read the border")
def the_border_goes_on(features, y, x):
    height, width = features.shape[1:]
    return by_four_corners(
        features, np.clip(y, 0.5, height - 0.5), np.clip(x, 0.5, width - 0.5)
    )


@wrong("sample", "You give 0 to every point outside of the map")
def nothing_outside(features, y, x):
    height, width = features.shape[1:]
    values = by_tents(features, y, x)
    values[:, (y < 0) | (y > height) | (x < 0) | (x > width)] = 0
    return values


@wrong("sample", "do not add up to 1")
def zeros_around_the_map(features, y, x):
    wide = np.pad(features, ((0, 0), (2, 2), (2, 2))).astype(float)
    y = np.clip(y + 1.5, 0, wide.shape[1] - 1.01)
    x = np.clip(x + 1.5, 0, wide.shape[2] - 1.01)
    r, c = y.astype(int), x.astype(int)
    v, u = y - r, x - c
    upper = (1 - u) * wide[:, r, c] + u * wide[:, r, c + 1]
    lower = (1 - u) * wide[:, r + 1, c] + u * wide[:, r + 1, c + 1]
    return (1 - v) * upper + v * lower


@wrong("sample", "An index leaves the map")
def forgets_the_last_cell(features, y, x):
    y, x = y - 0.5, x - 0.5
    r, c = np.floor(y).astype(int), np.floor(x).astype(int)
    v, u = y - r, x - c
    f = features
    return ((1 - v) * ((1 - u) * f[:, r, c] + u * f[:, r, c + 1])
            + v * ((1 - u) * f[:, r + 1, c] + u * f[:, r + 1, c + 1]))  # fmt: skip


@wrong("sample", "must be (C, P)")
def points_first(features, y, x):
    return np.moveaxis(by_tents(features, y, x), 0, 1)


@wrong("sample", "and no grid")
def a_grid_of_points(features, y, x):
    rows, columns = (
        np.maximum(
            0, 1 - np.abs(np.clip(p, 0.5, n - 0.5)[:, None] - np.arange(n) - 0.5)
        )
        for p, n in ((y, features.shape[1]), (x, features.shape[2]))
    )
    return rows @ features @ columns.T


@right("sample")
def as_lists(features, y, x):
    return by_four_corners(features, y, x).tolist()


@wrong("sample", "round to one cell")
def takes_the_cell(features, y, x):
    h, w = features.shape[1:]
    r = np.clip(np.floor(y), 0, h - 1).astype(int)
    c = np.clip(np.floor(x), 0, w - 1).astype(int)
    return features[:, r, c]


@wrong("sample", "round to one cell")
def takes_the_cell_or_0(features, y, x):
    h, w = features.shape[1:]
    r = np.clip(np.floor(y), 0, h - 1).astype(int)
    c = np.clip(np.floor(x), 0, w - 1).astype(int)
    near = (y >= -0.5) & (y <= h + 0.5) & (x >= -0.5) & (x <= w + 0.5)
    return features[:, r, c] * near


@wrong("sample", "round to one cell")
def rounds_the_place(features, y, x):
    h, w = features.shape[1:]
    r = np.clip(np.round(y - 0.5), 0, h - 1).astype(int)
    c = np.clip(np.round(x - 0.5), 0, w - 1).astype(int)
    near = (y >= -0.5) & (y <= h + 0.5) & (x >= -0.5) & (x <= w + 0.5)
    return features[:, r, c] * near


# RoIAlign with as many points as needed


@right("roi_align")
def box_after_box(features, boxes, images, size, stride):
    rows, columns = size
    regions = np.zeros((len(boxes), features.shape[1], rows, columns))
    for number, (x0, y0, x1, y1) in enumerate(boxes / stride):
        down = max(1, math.ceil((y1 - y0) / rows))
        across = max(1, math.ceil((x1 - x0) / columns))
        y = y0 + (y1 - y0) * (np.arange(rows * down) + 0.5) / (rows * down)
        x = x0 + (x1 - x0) * (np.arange(columns * across) + 0.5) / (columns * across)
        grid = np.meshgrid(y, x, indexing="ij")
        values = by_four_corners(features[images[number]], *map(np.ravel, grid))
        values = values.reshape(-1, rows, down, columns, across)
        regions[number] = values.mean(axis=(2, 4))
    return regions


@right("roi_align")
def bin_after_bin(features, boxes, images, size, stride):
    regions = np.empty((len(boxes), features.shape[1], *size), np.float32)
    for k, box in enumerate(boxes):
        width = (box[2] - box[0]) / stride / size[1]
        height = (box[3] - box[1]) / stride / size[0]
        n, m = max(int(np.ceil(height)), 1), max(int(np.ceil(width)), 1)
        for i in range(size[0]):
            for j in range(size[1]):
                total = 0
                for a in range(n):
                    for b in range(m):
                        y = box[1] / stride + height * (i + (a + 0.5) / n)
                        x = box[0] / stride + width * (j + (b + 0.5) / m)
                        total = total + by_tents(
                            features[images[k]], np.array([y]), np.array([x])
                        )
                regions[k, :, i, j] = total[:, 0] / (n * m)
    return regions


@right("roi_align")
def by_matrices(features, boxes, images, size, stride):
    def weights(low, high, bins, cells):
        points = max(1, -int(-(high - low) / bins // 1))
        place = low + (high - low) * (np.arange(bins * points) + 0.5) / bins / points
        tents = 1 - np.abs(
            np.clip(place, 0.5, cells - 0.5)[:, None] - np.arange(cells) - 0.5
        )
        tents = (
            np.maximum(tents, 0) * ((place >= -0.5) & (place <= cells + 0.5))[:, None]
        )
        return tents.reshape(bins, points, cells).mean(axis=1)

    def region(box, image):
        x0, y0, x1, y1 = (float(side) / stride for side in box)
        left = weights(y0, y1, size[0], features.shape[2])
        right_side = weights(x0, x1, size[1], features.shape[3])
        return left @ features[image] @ right_side.T

    parts = [region(*pair) for pair in zip(boxes, images)]
    return np.asfortranarray(np.reshape(parts, (-1, features.shape[1], *size)))


def _of_points(down_of, across_of=None):
    """RoIAlign with another number of points."""

    def answer(features, boxes, images, size, stride):
        regions = np.zeros((len(boxes), features.shape[1], *size))
        for k, (x0, y0, x1, y1) in enumerate(boxes / stride):
            n = down_of((y1 - y0) / size[0])
            m = (across_of or down_of)((x1 - x0) / size[1])
            y = np.linspace(y0, y1, 2 * size[0] * n + 1)[1::2]
            x = np.linspace(x0, x1, 2 * size[1] * m + 1)[1::2]
            pairs = np.repeat(y, len(x)), np.tile(x, len(y))
            read = by_four_corners(features[images[k]], *pairs)
            read = read.reshape(-1, size[0], n, size[1], m)
            regions[k] = read.mean(axis=4).mean(axis=2)
        return regions

    return answer


wrong("roi_align", "You take 2 x 2 points", _of_points(lambda b: 2), name="two_by_two")
wrong("roi_align", "one point in each bin", _of_points(lambda b: 1), name="one_point")
wrong(
    "roi_align",
    "has no points in yours",
    _of_points(math.ceil),
    name="perhaps_no_point",
)
wrong(
    "roi_align",
    "round the number of points down",
    _of_points(lambda b: max(1, int(b // 1))),
    name="too_few_points",
)
wrong(
    "roi_align",
    "a point more where",
    _of_points(lambda b: int(b // 1) + 1),
    name="one_point_more",
)


@wrong("roi_align", "Divide them by the stride")
def forgets_the_stride(features, boxes, images, size, stride):
    return box_after_box(features, boxes, images, size, 1)


@wrong("roi_align", "You round the corners to whole cells")
def rounds_the_corners(features, boxes, images, size, stride):
    return box_after_box(features, np.round(boxes / stride), images, size, 1)


@wrong("roi_align", "x among the columns")
def takes_y_first(features, boxes, images, size, stride):
    return bin_after_bin(features, boxes[:, [1, 0, 3, 2]], images, size, stride)


@wrong("roi_align", "`size` is rows, columns")
def columns_first(features, boxes, images, size, stride):
    return box_after_box(features, boxes, images, (size[1], size[0]), stride)


@wrong("roi_align", "the first image only")
def one_image_for_all(features, boxes, images, size, stride):
    return box_after_box(features, boxes, np.zeros(len(boxes), int), size, stride)


@wrong("roi_align", "the largest value of a bin")
def takes_the_largest(features, boxes, images, size, stride):
    regions = np.zeros((len(boxes), features.shape[1], *size))
    for k, (x0, y0, x1, y1) in enumerate(boxes / stride):
        n = max(math.ceil((y1 - y0) / size[0]), 1)
        m = max(math.ceil((x1 - x0) / size[1]), 1)
        y = np.linspace(y0, y1, 2 * size[0] * n + 1)[1::2]
        x = np.linspace(x0, x1, 2 * size[1] * m + 1)[1::2]
        read = by_tents(features[images[k]], np.repeat(y, len(x)), np.tile(x, len(y)))
        regions[k] = read.reshape(-1, size[0], n, size[1], m).max(axis=4).max(axis=2)
    return regions


@wrong("roi_align", "half a cell off: `sample` takes")
def takes_off_the_half_twice(features, boxes, images, size, stride):
    regions = np.zeros((len(boxes), features.shape[1], *size))
    for k, (x0, y0, x1, y1) in enumerate(boxes / stride):
        n = max(math.ceil((y1 - y0) / size[0]), 1)
        m = max(math.ceil((x1 - x0) / size[1]), 1)
        y = y0 - 0.5 + (y1 - y0) * (np.arange(size[0] * n) + 0.5) / (size[0] * n)
        x = x0 - 0.5 + (x1 - x0) * (np.arange(size[1] * m) + 0.5) / (size[1] * m)
        read = by_tents(features[images[k]], np.repeat(y, len(x)), np.tile(x, len(y)))
        regions[k] = read.reshape(-1, size[0], n, size[1], m).mean(axis=(2, 4))
    return regions


def _line_by_line(places, mean):
    """RoIAlign with other places, or another way to fold the points to bins."""

    def answer(features, boxes, images, size, stride):
        regions = np.zeros((len(boxes), features.shape[1], *size))
        for k, (x0, y0, x1, y1) in enumerate(boxes / stride):
            n = max(math.ceil((y1 - y0) / size[0]), 1)
            m = max(math.ceil((x1 - x0) / size[1]), 1)
            y, x = places(y0, y1, size[0] * n), places(x0, x1, size[1] * m)
            y, x = np.repeat(y, len(x)), np.tile(x, len(y))
            regions[k] = mean(by_tents(features[images[k]], y, x), *size, n, m)
        return regions

    return answer


def middles(start, stop, count):
    return start + (stop - start) * (np.arange(count) + 0.5) / count


wrong(
    "roi_align",
    "on one edge of the box",
    _line_by_line(
        np.linspace,
        lambda f, r, c, n, m: f.reshape(-1, r, n, c, m).mean(axis=(2, 4)),
    ),
    name="from_edge_to_edge",
)
wrong(
    "roi_align",
    "points of different bins are mixed",
    _line_by_line(
        middles,
        lambda f, r, c, n, m: f.reshape(-1, r, c, n * m).mean(axis=-1),
    ),
    name="bins_before_points",
)
wrong(
    "roi_align",
    "points of different bins are mixed",
    _line_by_line(
        middles,
        lambda f, r, c, n, m: f.reshape(-1, r, n, m, c).mean(axis=3).mean(axis=2),
    ),
    name="points_before_columns",
)


@wrong("roi_align", "You count pixels")
def as_many_points_as_pixels(features, boxes, images, size, stride):
    regions = np.zeros((len(boxes), features.shape[1], *size))
    for k, box in enumerate(boxes):
        n = max(math.ceil((box[3] - box[1]) / size[0]), 1)
        m = max(math.ceil((box[2] - box[0]) / size[1]), 1)
        y = middles(*box[[1, 3]], size[0] * n) / stride
        x = middles(*box[[0, 2]], size[1] * m) / stride
        read = by_tents(features[images[k]], np.repeat(y, len(x)), np.tile(x, len(y)))
        regions[k] = read.reshape(-1, size[0], n, size[1], m).mean(axis=(2, 4))
    return regions


@wrong("roi_align", "You cut the boxes at the border")
def boxes_stay_on_the_image(features, boxes, images, size, stride):
    boxes = np.maximum(boxes, 0)
    boxes[:, ::2] = np.minimum(boxes[:, ::2], features.shape[3] * stride)
    boxes[:, 1::2] = np.minimum(boxes[:, 1::2], features.shape[2] * stride)
    return bin_after_bin(features, boxes, images, size, stride)


@wrong("roi_align", "lie where the parts of a bin start")
def points_without_the_half(features, boxes, images, size, stride):
    regions = np.zeros((len(boxes), features.shape[1], *size))
    for k, (x0, y0, x1, y1) in enumerate(boxes / stride):
        n = max(math.ceil((y1 - y0) / size[0]), 1)
        m = max(math.ceil((x1 - x0) / size[1]), 1)
        y = np.linspace(y0, y1, size[0] * n, endpoint=False)
        x = np.linspace(x0, x1, size[1] * m, endpoint=False)
        read = by_tents(features[images[k]], np.repeat(y, len(x)), np.tile(x, len(y)))
        regions[k] = read.reshape(-1, size[0], n, size[1], m).mean(axis=(2, 4))
    return regions


@wrong("roi_align", "start from an array of zeros")
def stacks_the_regions(features, boxes, images, size, stride):
    parts = []
    for box, image in zip(boxes, images):
        parts.append(box_after_box(features, box[None], [image], size, stride)[0])
    return np.stack(parts)


@wrong("roi_align", "`size` is rows, columns")
def size_swapped(features, boxes, images, size, stride):
    return box_after_box(features, boxes, images, size[::-1], stride)


@wrong("roi_align", "`size` is rows, columns")
def size_swapped_reshaped(features, boxes, images, size, stride):
    r = np.asarray(box_after_box(features, boxes, images, size[::-1], stride))
    return r.reshape(*r.shape[:2], *size)


@right("roi_align")
def in_f4(features, boxes, images, size, stride):
    return np.asarray(box_after_box(features, boxes, images, size, stride), "f4")


# Suppression, hard and soft


def iou_of(one, others):
    """IoU of a box with others."""
    low = np.maximum(one[:2], others[:, :2])
    high = np.minimum(one[2:], others[:, 2:])
    both = np.prod((high - low).clip(0), axis=1)
    return both / (
        np.prod(one[2:] - one[:2])
        + np.prod(others[:, 2:] - others[:, :2], axis=1)
        - both
    )


def factor(way, bound, iou):
    if way == "gaussian":
        return np.exp(-np.square(iou) / bound)
    return np.where(iou <= bound, 1, 1 - iou if way == "linear" else 0)


@right("suppress")
def one_after_the_other(boxes, scores, classes, way, bound, least):
    scores = np.array(scores, float)
    waiting, kept, final = np.arange(len(scores)), [], []
    while len(waiting):
        best = waiting[np.argmax(scores[waiting])]
        if scores[best] < least:
            break
        kept.append(best)
        final.append(scores[best])
        waiting = waiting[waiting != best]
        same = waiting[classes[waiting] == classes[best]]
        scores[same] *= factor(way, bound, iou_of(boxes[best], boxes[same]))
    return np.array(kept, int), np.array(final)


@right("suppress")
def each_class_then_merged(boxes, scores, classes, way, bound, least):
    found = []
    for kind in set(np.asarray(classes).tolist()):
        mine = [i for i in range(len(scores)) if classes[i] == kind]
        left = {i: float(scores[i]) for i in mine}
        while left:
            best = sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))[0][0]
            score = left.pop(best)
            if score >= least:
                found.append((-score, best))
            for i in left:
                overlap = iou_of(boxes[best], boxes[i : i + 1])[0]
                if score >= least:
                    left[i] *= float(factor(way, bound, overlap))
    found.sort()
    return [best for _, best in found], [-score for score, _ in found]


@right("suppress")
def with_moved_classes(boxes, scores, classes, way, bound, least):
    """Classes are moved apart, so that boxes of two classes never overlap."""
    moved = boxes + 1000.0 * np.asarray(classes)[:, None]
    now, order, values = np.array(scores, np.float64), [], []
    taken = np.zeros(len(now), bool)
    for _ in range(len(now)):
        rest = np.where(taken, -np.inf, now)
        best = int(rest.argmax())
        if rest[best] < least:
            break
        order.append(best)
        values.append(now[best])
        taken[best] = True
        now = np.where(taken, now, now * factor(way, bound, iou_of(moved[best], moved)))
    return tuple(order), tuple(values)


def _with_factor(changed):
    """Suppression with another factor."""

    def answer(boxes, scores, classes, way, bound, least):
        now, left, kept = list(map(float, scores)), set(range(len(scores))), []
        while left and now[best := min(left, key=lambda i: (-now[i], i))] >= least:
            kept.append(best)
            left.remove(best)
            for i in left:
                if classes[i] == classes[best]:
                    now[i] *= changed(way, bound, iou_of(boxes[best], boxes[[i]])[0])
        return np.array(kept, int), np.array([now[i] for i in kept])

    return answer


right("suppress", _with_factor(factor), name="in_sets_and_lists")


@wrong("suppress", "only boxes of the same class lower each other")
def mixes_classes(boxes, scores, classes, way, bound, least):
    same = np.zeros(len(scores), int)
    return one_after_the_other(boxes, scores, same, way, bound, least)


@wrong("suppress", "Scores fall on the way")
def sorts_only_once(boxes, scores, classes, way, bound, least):
    order, now = np.argsort(-scores, kind="stable"), scores.astype(float)
    kept = []
    for place, best in enumerate(order):
        if now[best] < least:
            continue
        kept.append(best)
        rest = order[place + 1 :]
        rest = rest[classes[rest] == classes[best]]
        now[rest] *= factor(way, bound, iou_of(boxes[best], boxes[rest]))
    return np.array(kept, int), now[kept]


@wrong("suppress", "You return the first scores")
def returns_old_scores(boxes, scores, classes, way, bound, least):
    kept, _ = one_after_the_other(boxes, scores, classes, way, bound, least)
    return kept, scores[kept]


@wrong("suppress", "changes scores in place")
def spoils_the_scores(boxes, scores, classes, way, bound, least):
    left = np.ones(len(scores), bool)
    kept, final = [], []
    while left.any():
        best = np.where(left, scores, -1).argmax()
        if scores[best] < least:
            break
        kept.append(best)
        final.append(float(scores[best]))
        left[best] = False
        touched = left & (classes == classes[best])
        scores[touched] *= factor(way, bound, iou_of(boxes[best], boxes))[touched]
    return np.array(kept, int), np.array(final)


@wrong("suppress", "Only boxes that are taken lower the others")
def all_pairs_at_once(boxes, scores, classes, way, bound, least):
    now = scores.astype(float)
    for i in range(len(scores)):
        for j in range(len(scores)):
            above = scores[j] > scores[i] or (scores[j] == scores[i] and j < i)
            if above and classes[i] == classes[j]:
                now[i] *= factor(way, bound, iou_of(boxes[j], boxes[[i]])[0])
    order = sorted(np.flatnonzero(now >= least), key=lambda i: -now[i])
    return np.array(order, int), now[np.array(order, int)]


wrong(
    "suppress",
    "At an IoU up to `bound` the factor is 1",
    _with_factor(lambda w, b, o: 1 - o if w == "linear" else factor(w, b, o)),
    name="linear_without_a_bound",
)
wrong(
    "suppress",
    "the wrong way round",
    _with_factor(lambda w, b, o: o if w == "linear" and o > b else factor(w, b, o)),
    name="multiplies_by_the_overlap",
)
wrong(
    "suppress",
    "> and not >=",
    _with_factor(
        lambda w, b, o: (
            factor(w, b, o)
            if w == "gaussian" or o < b
            else (1 - o if w == "linear" else 0)
        )
    ),  # fmt: skip
    name="at_the_bound_already",
)
wrong(
    "suppress",
    "the square of the IoU",
    _with_factor(
        lambda w, b, o: math.exp(-o / b) if w == "gaussian" else factor(w, b, o)
    ),
    name="no_square",
)
wrong(
    "suppress",
    "There is no 2 in the exponent, and `bound` is not squared",
    _with_factor(
        lambda w, b, o: (
            math.exp(-((o / b) ** 2) / 2) if w == "gaussian" else factor(w, b, o)
        )
    ),
    name="the_bell_of_statistics",
)
wrong(
    "suppress",
    "`bound` itself divides",
    _with_factor(
        lambda w, b, o: (
            math.exp(-((o / b) ** 2)) if w == "gaussian" else factor(w, b, o)
        )
    ),
    name="the_bound_squared",
)


@wrong("suppress", "x1 - x0 is the width")
def counts_the_last_pixel(boxes, scores, classes, way, bound, least):
    wide = boxes + np.array([0, 0, 1, 1])
    return one_after_the_other(wide, scores, classes, way, bound, least)


@wrong("suppress", "the order in which they are taken")
def in_rising_order(boxes, scores, classes, way, bound, least):
    kept, final = one_after_the_other(boxes, scores, classes, way, bound, least)
    order = kept.argsort()
    return kept[order], final[order]


@wrong("suppress", "you take the last box")
def pops_from_a_sorted_list(boxes, scores, classes, way, bound, least):
    now = scores.astype(float)
    left, kept, final = list(range(len(now))), [], []
    while left:
        left.sort(key=lambda i: now[i])
        if now[left[-1]] < least:
            break
        best = left.pop()
        kept.append(best)
        final.append(now[best])
        for i in left:
            if classes[i] == classes[best]:
                now[i] *= factor(way, bound, iou_of(boxes[best], boxes[[i]])[0])
    return np.array(kept, int), np.array(final)


@wrong("suppress", "score after all multiplications")
def forgets_the_least_afterwards(boxes, scores, classes, way, bound, least):
    now = scores.astype(float)
    left = [i for i in range(len(now)) if scores[i] >= least]
    kept, final = [], []
    while left:
        best = max(left, key=lambda i: (now[i], -i))
        left.remove(best)
        if now[best] == 0:
            continue
        kept.append(best)
        final.append(now[best])
        for i in left:
            if classes[i] == classes[best]:
                now[i] *= factor(way, bound, iou_of(boxes[best], boxes[[i]])[0])
    return np.array(kept, int), np.array(final)


@wrong("suppress", "Stop when the highest score is below")
def never_stops(boxes, scores, classes, way, bound, least):
    return one_after_the_other(boxes, scores, classes, way, bound, -1)


@wrong("suppress", "A score of just `least` is enough")
def must_be_above_the_least(boxes, scores, classes, way, bound, least):
    return one_after_the_other(boxes, scores, classes, way, bound, least + 1e-12)


@right("suppress")
def lists(boxes, scores, classes, way, bound, least):
    both = one_after_the_other(boxes, scores, classes, way, bound, least)
    return [list(part) for part in both]


# One map from prototypes


@right("assemble")
def with_an_empty_answer(prototypes, coefficients, boxes, stride, threshold):
    count, height, width, _ = prototypes.shape
    logits = np.einsum("nhwk,ndk->ndhw", prototypes, coefficients)
    chances = 1 / (1 + np.exp(-logits))
    y, x = (np.arange(height) + 0.5) * stride, (np.arange(width) + 0.5) * stride
    x0, y0, x1, y1 = np.moveaxis(boxes, -1, 0)[..., None]
    rows, columns = (y >= y0) & (y < y1), (x >= x0) & (x < x1)
    held = rows[..., None] & columns[:, :, None] & (chances >= threshold)
    nobody = np.zeros((count, 1, height, width))
    return np.concatenate([nobody, np.where(held, chances, 0)], axis=1).argmax(axis=1)


@right("assemble")
def image_after_image(prototypes, coefficients, boxes, stride, threshold):
    maps = []
    for pictures, weights, some in zip(prototypes, coefficients, boxes):
        numbers = np.zeros(pictures.shape[:2], np.int32)
        best = np.zeros(pictures.shape[:2])
        for number, (row, (x0, y0, x1, y1)) in enumerate(zip(weights, some), 1):
            chance = 1 / (1 + np.exp(-(pictures @ row)))
            y, x = (np.indices(numbers.shape) + 0.5) * stride
            mine = (x0 <= x) & (x < x1) & (y0 <= y) & (y < y1)
            mine &= (chance >= threshold) & (chance > best)
            numbers[mine], best[mine] = number, chance[mine]
        maps.append(numbers)
    return np.array(maps)


@right("assemble")
def with_slices_of_cells(prototypes, coefficients, boxes, stride, threshold):
    least = np.log(threshold / (1 - threshold)) - 1e-12
    logits = prototypes @ np.swapaxes(coefficients, 1, 2)[:, None]
    crop = np.full((*logits.shape[:3], boxes.shape[1] + 1), -np.inf)
    crop[..., 0] = -1e9  # nobody
    for i in range(len(boxes)):
        for j in range(boxes.shape[1]):
            x0, y0, x1, y1 = np.ceil(boxes[i, j] / stride - 0.5).clip(0).astype(int)
            crop[i, y0:y1, x0:x1, j + 1] = logits[i, y0:y1, x0:x1, j]
    crop[..., 1:][crop[..., 1:] < least] = -np.inf
    return crop.argmax(axis=3).astype(np.uint8)


def _image_by_image(
    chance=lambda logits: 1 / (1 + np.exp(-logits)),
    shift=0.5,
    scale=True,
    crop=True,
    last=False,
    swap=False,
):
    """A map of which one part is wrong."""

    def answer(prototypes, coefficients, boxes, stride, threshold):
        numbers = np.zeros(prototypes.shape[:3], int)
        best = np.full(numbers.shape, -np.inf)
        for image, place in enumerate(boxes):
            for number, box in enumerate(place):
                x0, y0, x1, y1 = box[[1, 0, 3, 2]] if swap else box
                values = chance(prototypes[image] @ coefficients[image, number])
                y, x = np.mgrid[: values.shape[0], : values.shape[1]] + shift
                if scale:
                    y, x = y * stride, x * stride
                mine = (values >= threshold) & ((values > best[image]) | last)
                if crop:
                    mine &= (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
                numbers[image][mine] = number + 1
                best[image][mine] = values[mine]
        return numbers

    return answer


wrong(
    "assemble",
    "A sum is a logit",
    _image_by_image(chance=lambda logits: logits),
    name="without_the_sigmoid",
)
wrong("assemble", "You do not crop", _image_by_image(crop=False), name="without_a_crop")
wrong(
    "assemble",
    "You take the boxes for cells",
    _image_by_image(scale=False),
    name="without_the_stride",
)
wrong("assemble", "Rows and columns", _image_by_image(swap=True), name="y_before_x")
wrong(
    "assemble", "Ask for its centre", _image_by_image(shift=0), name="corners_of_cells"
)
wrong(
    "assemble",
    "the last of yours wins",
    _image_by_image(last=True),
    name="written_over_each_other",
)


@wrong("assemble", "the first of yours wins")
def first_come_first_served(prototypes, coefficients, boxes, stride, threshold):
    numbers = np.zeros(prototypes.shape[:3], int)
    for place in range(boxes.shape[1]):
        one = with_an_empty_answer(
            prototypes,
            coefficients[:, [place]],
            boxes[:, [place]],
            stride,
            threshold,
        )
        numbers = np.where(numbers == 0, one * (place + 1), numbers)
    return numbers


@wrong("assemble", ">= and not >")
def above_the_least_chance(prototypes, coefficients, boxes, stride, threshold):
    more = threshold * (1 + 1e-12)
    return image_after_image(prototypes, coefficients, boxes, stride, more)


@wrong("assemble", "before you crop")
def highest_first_and_then_the_crop(prototypes, coefficients, boxes, stride, threshold):
    chances = 1 / (1 + np.exp(-np.einsum("nhwk,ndk->nhwd", prototypes, coefficients)))
    numbers = chances.argmax(axis=-1) + 1
    numbers[chances.max(axis=-1) < threshold] = 0
    for image, row, column in np.argwhere(numbers):
        x0, y0, x1, y1 = boxes[image, numbers[image, row, column] - 1]
        y, x = (row + 0.5) * stride, (column + 0.5) * stride
        if not (x0 <= x < x1 and y0 <= y < y1):
            numbers[image, row, column] = 0
    return numbers


@wrong("assemble", "the first image for all images")
def one_flock_for_all(prototypes, coefficients, boxes, stride, threshold):
    return np.stack(
        [
            image_after_image(
                one[None], coefficients[:1], boxes[:1], stride, threshold
            )[0]
            for one in prototypes
        ]
    )


@wrong("assemble", "Count from 1")
def counts_from_zero(prototypes, coefficients, boxes, stride, threshold):
    numbers = image_after_image(prototypes, coefficients, boxes, stride, threshold)
    return np.where(numbers > 0, numbers - 1, 0)


@wrong("assemble", "one map with their numbers")
def a_mask_each(prototypes, coefficients, boxes, stride, threshold):
    numbers = image_after_image(prototypes, coefficients, boxes, stride, threshold)
    return numbers[:, None] == np.arange(1, boxes.shape[1] + 1)[:, None, None]


@wrong("assemble", "There may be no answer at all")
def argmax_over_nobody(prototypes, coefficients, boxes, stride, threshold):
    y, x = (np.arange(n) + 0.5 for n in prototypes.shape[1:3])
    y, x = y[:, None, None] * stride, x[:, None] * stride
    x0, y0, x1, y1 = np.moveaxis(boxes[:, None, None], -1, 0)
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    logits = np.einsum("nhwk,ndk->nhwd", prototypes, coefficients)
    chances = inside / (1 + np.exp(-logits))
    chances[chances < threshold] = 0
    best = chances.argmax(axis=-1)
    return np.where(chances.any(axis=-1), best + 1, 0)


def assembled_by(prototypes, coefficients, boxes, stride, threshold, inside):
    n, h, w, _ = prototypes.shape
    out = np.zeros((n, h, w), int)
    if not boxes.shape[1]:
        return out
    p = 1 / (1 + np.exp(-np.einsum("nhwk,ndk->nhwd", prototypes, coefficients)))
    y, x = (np.arange(h) + 0.5) * stride, (np.arange(w) + 0.5) * stride
    box = np.moveaxis(boxes, -1, 0)[:, :, None, None]
    there = inside(y[:, None, None], x[:, None], *box) & (p >= threshold)
    p = np.where(there, p, -1)
    return np.where(there.any(-1), p.argmax(-1) + 1, 0)


@right("assemble")
def by_masks(*case):
    def inside(y, x, a, b, c, d):
        return (a <= x) & (x < c) & (b <= y) & (y < d)

    return assembled_by(*case, inside).tolist()


@wrong("assemble", "boxes are half-open")
def closed_in_x(*case):
    def inside(y, x, a, b, c, d):
        return (a <= x) & (x <= c) & (b <= y) & (y < d)

    return assembled_by(*case, inside)


@wrong("assemble", "boxes are half-open")
def closed_in_y(*case):
    def inside(y, x, a, b, c, d):
        return (a <= x) & (x < c) & (b <= y) & (y <= d)

    return assembled_by(*case, inside)


@wrong("assemble", ">= and not >")
def open_below(*case):
    def inside(y, x, a, b, c, d):
        return (a < x) & (x < c) & (b < y) & (y < d)

    return assembled_by(*case, inside)


@wrong("assemble", ">= and not >")
def open_in_x(*case):
    def inside(y, x, a, b, c, d):
        return (a < x) & (x < c) & (b <= y) & (y < d)

    return assembled_by(*case, inside)


@wrong("assemble", "not both of them")
def only_columns(*case):
    def inside(y, x, a, b, c, d):
        return (a <= x) & (x < c) & (y == y)

    return assembled_by(*case, inside)


@wrong("assemble", "number of the answer")
def binary(*case):
    return np.minimum(by_masks(*case), 1)


# Average precision


@right("average_precision")
def in_one_list(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if total == 0:
        return np.nan
    rows = []
    for image, (table, points) in enumerate(zip(iou, scores)):
        for row, score in zip(table, points):
            claim = int(row.argmax()) if len(row) and row.max() >= threshold else None
            rows.append((score, image, claim))
    rows.sort(key=lambda row: -row[0])
    taken, curve = set(), []
    for number, (score, image, claim) in enumerate(rows, 1):
        if claim is not None:
            taken.add((image, claim))
        if number == len(rows) or rows[number][0] != score:
            curve.append((len(taken) / total, len(taken) / number))
    area = best = 0.0
    for (recall, precision), (before, _) in zip(curve[::-1], [*curve[-2::-1], (0, 0)]):
        best = max(best, precision)
        area += (recall - before) * best
    return area


def hits_of(iou, scores, threshold, double=False, free=False):
    """Scores and hits of all answers."""
    values, hits = [], []
    for table, points in zip(iou, scores):
        found = set()
        for i in sorted(range(len(points)), key=lambda i: -points[i]):
            open_to = [j for j in range(table.shape[1]) if not free or j not in found]
            best = max(open_to, key=lambda j: table[i, j], default=None)
            hit = best is not None and table[i, best] >= threshold
            hits.append(hit and (double or best not in found))
            if hit:
                found.add(best)
            values.append(points[i])
    return np.array(values, float), np.array(hits, bool)


def area_of(values, hits, total, ties=True, interpolated=True):
    order = np.argsort(-values, kind="stable")
    right_ones = hits[order].cumsum()
    precision, recall = right_ones / (np.arange(len(hits)) + 1), right_ones / total
    if ties:
        last = np.flatnonzero(np.diff(values[order], append=-np.inf))
        precision, recall = precision[last], recall[last]
    area, before = 0, 0
    for i in range(len(recall)):
        height = precision[i:].max() if interpolated else precision[i]
        area, before = area + (recall[i] - before) * height, recall[i]
    return area


@right("average_precision")
def hit_by_hit(iou, scores, threshold):
    total = sum(len(one.T) for one in iou)
    return area_of(*hits_of(iou, scores, threshold), total) if total else float("nan")


@right("average_precision")
def mistakes_first_among_equals(iou, scores, threshold):
    """The interpolation takes the same precision for the whole step."""
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.float32("nan")
    values, hits = hits_of(iou, scores, threshold)
    order = np.lexsort((hits, -values))
    found = np.cumsum(hits[order])
    precision = found / np.arange(1, len(order) + 1)
    return float(sum(precision[i:].max() for i in np.flatnonzero(hits[order]))) / total


@wrong("average_precision", "goes to another one")
def as_coco_matches(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.nan
    return area_of(*hits_of(iou, scores, threshold, free=True), total)


@wrong("average_precision", "the object is found already")
def doubles_are_hits(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.nan
    return area_of(*hits_of(iou, scores, threshold, double=True), total)


@wrong("average_precision", ">= and not >")
def above_the_threshold(iou, scores, threshold):
    return hit_by_hit(iou, scores, threshold + 1e-9)


@wrong("average_precision", "the objects of different images")
def one_set_for_all_images(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if total == 0:
        return np.nan
    rows = [(score, int(row.argmax()) if row.max(initial=0) >= threshold else None)
            for table, points in zip(iou, scores)
            for row, score in zip(table, points)]  # fmt: skip
    area = recall = 0
    heights = []
    for level in sorted({score for score, _ in rows}):
        seen = [claim for score, claim in rows if score >= level]
        found = len(set(seen) - {None})
        heights.append((found / total, found / len(seen)))
    for place in range(len(heights) - 1, -1, -1):
        best = max(height for _, height in heights[: place + 1])
        area += (heights[place][0] - recall) * best
        recall = heights[place][0]
    return area


@wrong("average_precision", "You leave out a second answer")
def forgives_doubles(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if total == 0:
        return np.nan
    tables, points = [], []
    for table, some in zip(iou, scores):
        taken, keep = set(), []
        for i in sorted(range(len(some)), key=lambda i: -some[i]):
            claim = table[i].argmax() if table[i].max(initial=0) >= threshold else None
            if claim is None or claim not in taken:
                keep.append(i)
            taken.add(claim)
        tables.append(table[keep])
        points.append(some[keep])
    return hit_by_hit(tables, points, threshold)


@wrong("average_precision", "only after the last of them")
def one_answer_after_the_other(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.nan
    return area_of(*hits_of(iou, scores, threshold), total, ties=False)


@wrong("average_precision", "may rise again")
def not_interpolated(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.nan
    return area_of(*hits_of(iou, scores, threshold), total, interpolated=False)


@wrong("average_precision", "101 places")
def at_101_places(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.nan
    values, hits = hits_of(iou, scores, threshold)
    order = np.argsort(-values, kind="stable")
    last = np.flatnonzero(np.diff(values[order], append=-np.inf))
    found, count = hits[order].cumsum()[last], np.arange(1, len(hits) + 1)[last]
    area = 0
    for recall in np.linspace(0, 1, 101):
        area += max((found / count)[found / total >= recall], default=0) / 101
    return area


@wrong("average_precision", "an AP for each image")
def mean_of_images(iou, scores, threshold):
    values = [hit_by_hit([a], [b], threshold) for a, b in zip(iou, scores)]
    values = np.array(values)[~np.isnan(values)]
    return values.mean() if len(values) else np.nan


@wrong("average_precision", "Start from the highest")
def starts_from_the_lowest(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.nan
    values, hits = hits_of(iou, scores, threshold)
    return area_of(-values, hits, total)


@wrong("average_precision", "the missed ones too")
def only_what_was_found(iou, scores, threshold):
    values, hits = hits_of(iou, scores, threshold)
    if not sum(one.shape[1] for one in iou):
        return np.nan
    return area_of(values, hits, max(hits.sum(), 1))


@wrong("average_precision", "You leave it out")
def skips_images_without_objects(iou, scores, threshold):
    pairs = [(a, b) for a, b in zip(iou, scores) if a.shape[1]]
    return hit_by_hit(*zip(*pairs), threshold) if pairs else np.nan


@wrong("average_precision", "It has no IoU to take the maximum of")
def the_maximum_of_nothing(iou, scores, threshold):
    claims = [table.max(axis=1) >= threshold for table in iou]
    total = sum(one.shape[1] for one in iou)
    return area_of(np.concatenate(scores), np.concatenate(claims), total)


@wrong("average_precision", "each object choose")
def objects_choose(iou, scores, threshold):
    total = sum(one.shape[1] for one in iou)
    if not total:
        return np.nan
    hits = []
    for table in iou:
        chosen = [table[:, j].argmax() for j in range(table.shape[1])
                  if len(table) and table[:, j].max() >= threshold]  # fmt: skip
        hits += [i in chosen for i in range(len(table))]
    return area_of(np.concatenate(scores), np.array(hits, bool), total)


@wrong("average_precision", "nan, not 0")
def zero_for_nothing(iou, scores, threshold):
    return float(np.nan_to_num(hit_by_hit(iou, scores, threshold)))


@right("average_precision")
def in0d(iou, scores, threshold):
    return np.array(in_one_list(iou, scores, threshold))
