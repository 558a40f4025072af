"""Hard and soft suppression, each class on its own: the check."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _overlap(one, other) -> float:
    """IoU of two boxes, one number at a time."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(wide, 0) * max(high, 0)
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return float(both / (area - both))


def _factor(way: str, bound: float, iou: float) -> float:
    if way == "gaussian":
        return math.exp(-(iou**2) / bound)
    if iou <= bound:
        return 1.0
    return 0.0 if way == "hard" else 1 - iou


def suppressed(boxes, scores, classes, way, bound, least):
    """Soft-NMS with plain loops."""
    now = {number: float(score) for number, score in enumerate(scores)}
    kept, final = [], []
    while now:
        best = min(now, key=lambda number: (-now[number], number))
        score = now.pop(best)
        if score < least:
            break
        kept.append(best)
        final.append(score)
        for number in now:
            if classes[number] == classes[best]:
                now[number] *= _factor(way, bound, _overlap(boxes[best], boxes[number]))
    return np.array(kept, int), np.array(final, float)


def _cases() -> Iterator[Case]:
    def case(name, boxes, scores, classes, way, bound, least):
        arguments = {"boxes": boxes, "scores": scores, "classes": classes}
        return Case(name, {**arguments, "way": way, "bound": bound, "least": least})

    def crowd(generator, count, kinds):
        """Boxes of which many overlap, with different scores."""
        corner = generator.uniform(0, 12, (count, 2))
        far = corner + generator.uniform(6, 14, (count, 2))
        boxes = np.concatenate([corner, far], axis=1)
        scores = (generator.permutation(count) + generator.uniform(0.2, 0.8)) / count
        return boxes, scores, generator.integers(0, kinds, count)

    generator = np.random.default_rng(73)
    boxes = np.array(
        [[0, 0, 10, 10], [2, 0, 12, 10], [0, 0, 10, 10], [6, 0, 16, 10]], float
    )
    scores, classes = np.array([0.9, 0.8, 0.7, 0.6]), np.array([0, 0, 1, 0])
    yield case("the worked example", boxes, scores, classes, "linear", 0.3, 0.1)
    for way, bound, least in (
        ("hard", 0.4, 0.05),
        ("linear", 0.25, 0.2),
        ("gaussian", 0.5, 0.15),
        ("hard", 0.2, 0.3),
        ("gaussian", 0.3, 0.05),
        ("linear", 0.45, 0.02),
    ):
        many = crowd(generator, int(generator.integers(9, 16)), 3)
        yield case(f"a crowd, {way}", *many, way, bound, least)
    one = crowd(generator, 12, 1)
    yield case("one class", *one, "gaussian", 0.4, 0.1)
    single = (many[0].astype(np.float32), many[1].astype(np.float32), many[2])
    yield case("float32", *single, "linear", 0.3, 0.1)
    half = np.array([[0, 0, 4, 4], [0, 0, 4, 2], [8, 0, 12, 4], [8, 7, 12, 9]], float)
    scores, classes = np.array([0.5, 0.9, 0.7, 0.3]), np.array([5, 5, 2, 9])
    yield case("an IoU of just the bound", half, scores, classes, "hard", 0.5, 0.3)
    yield case("an IoU of just the bound", half, scores, classes, "linear", 0.5, 0.3)
    equal = np.array([0.6, 0.6, 0.4, 0.6])
    yield case("equal scores", half, equal, classes, "hard", 0.4, 0.3)
    yield case("nothing good enough", half, scores / 9, classes, "gaussian", 0.5, 0.3)
    none = half[:0], scores[:0], classes[:0]
    yield case("no box", *none, "gaussian", 0.5, 0.3)


def _iou(boxes, others):
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=-1)
    area, other_area = (np.prod(b[:, 2:] - b[:, :2], axis=-1) for b in (boxes, others))
    return both / (area[:, None] + other_area - both)


def _factors(way, bound, iou):
    if way == "gaussian":
        return np.exp(-(iou**2) / bound)
    return np.where(iou > bound, 0 if way == "hard" else 1 - iou, 1)


def _suppress(
    factors: Callable = _factors,
    apart: bool = True,
    overlap: Callable = _iou,
    final: str = "now",
    rank: str = "now",
) -> Callable:
    """Make a soft-NMS of which one part may be wrong."""

    def answer(boxes, scores, classes, way, bound, least):
        first = np.array(scores, float)
        now, open_, kept, points = first.copy(), np.ones(len(first), bool), [], []
        iou = overlap(np.asarray(boxes, float), np.asarray(boxes, float))
        while open_.any():
            best = np.where(open_, now if rank == "now" else first, -1).argmax()
            open_[best] = False
            if now[best] >= least:
                kept.append(best)
                points.append((now if final == "now" else first)[best])
                same = (classes == classes[best]) | (not apart)
                touched = open_ & same
                now[touched] *= factors(way, bound, iou[best])[touched]
        return np.array(kept, int), np.array(points, float)

    return answer


def _changed(**wrong: Callable) -> Callable:
    """Change the factor of some of the ways."""

    def factors(way, bound, iou):
        return wrong.get(way, lambda b, i: _factors(way, b, i))(bound, iou)

    return _suppress(factors=factors)


def _at_once(boxes, scores, classes, way, bound, least):
    """Every box is multiplied for each better one, even if that was dropped."""
    iou = _iou(boxes, boxes)
    first = np.array(scores, float)
    rank = np.empty(len(first), int)
    rank[np.argsort(-first, kind="stable")] = np.arange(len(first))
    better = (rank[:, None] < rank) & (classes[:, None] == classes)
    now = first * np.where(better, _factors(way, bound, iou), 1).prod(axis=0)
    order = np.argsort(-now, kind="stable")
    order = order[now[order] >= least]
    return order, now[order]


def _worst_only(boxes, scores, classes, way, bound, least):
    """The factor of the largest overlap alone, as in Matrix NMS."""

    def answer():
        first = np.array(scores, float)
        now, least_factor = first.copy(), np.ones(len(first))
        open_, kept, points = np.ones(len(first), bool), [], []
        iou = _iou(boxes, boxes)
        while open_.any():
            best = np.where(open_, now, -1).argmax()
            if now[best] < least:
                break
            open_[best] = False
            kept.append(best)
            points.append(now[best])
            touched = open_ & (classes == classes[best])
            factor = _factors(way, bound, iou[best])
            least_factor[touched] = np.minimum(least_factor, factor)[touched]
            now = np.where(open_, first * least_factor, now)
        return np.array(kept, int), np.array(points, float)

    return answer()


def _over_smaller(boxes, others):
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=-1)
    area, other_area = (np.prod(b[:, 2:] - b[:, :2], axis=-1) for b in (boxes, others))
    return both / np.minimum(area[:, None], other_area)


def _inclusive(boxes, others):
    return _iou(boxes + [0, 0, 1, 1], others + [0, 0, 1, 1])


def _width_and_height(boxes, others):
    def corners(sides):
        return np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)

    return _iou(corners(boxes), corners(others))


def _least_at_first(boxes, scores, classes, way, bound, least):
    good = np.where(scores >= least, scores, 0)
    return suppressed(boxes, good, classes, way, bound, 1e-12)


def _above_least(boxes, scores, classes, way, bound, least):
    return suppressed(boxes, scores, classes, way, bound, np.nextafter(least, 1))


def _without_least(boxes, scores, classes, way, bound, least):
    return suppressed(boxes, scores, classes, way, bound, 0)


def _kept_sorted(**case):
    kept, points = suppressed(**case)
    order = np.argsort(kept)
    return kept[order], points[order]


def _last_of_equal(boxes, scores, classes, way, bound, least):
    kept, points = suppressed(
        boxes[::-1], scores[::-1], classes[::-1], way, bound, least
    )
    return len(scores) - 1 - kept, points


def _as_flags(**case):
    kept, points = suppressed(**case)
    flags = np.zeros(len(case["scores"]), bool)
    flags[kept] = True
    return flags, points


def _swapped(**case):
    return suppressed(**case)[::-1]


def _of_sorted(boxes, scores, classes, way, bound, least):
    """Positions in the sorted list, not in the one that was given."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    given = boxes[order], scores[order], classes[order]
    return suppressed(*given, way, bound, least)


SUPPRESS = Exercise(
    "suppress",
    suppressed,
    _cases,
    (
        Mistake(
            _suppress(apart=False),
            "A box lowers boxes of other classes. A dog beside a sheep is no double: "
            "only boxes of the same class lower each other.",
        ),
        Mistake(
            _suppress(rank="first"),
            "You go through the boxes in their first order. Scores fall on the way: "
            "take the box with the highest score of this moment.",
        ),
        Mistake(
            _suppress(final="first"),
            "You return the first scores. Return those that the boxes have when they "
            "are taken.",
        ),
        Mistake(
            _least_at_first,
            "You compare the first score with `least`. What counts is the score after "
            "all multiplications.",
        ),
        Mistake(
            _above_least,
            "A score of just `least` is enough: stop only below it.",
        ),
        Mistake(
            _without_least,
            "You go on to the last box. Stop when the highest score is below `least`.",
        ),
        Mistake(
            _at_once,
            "A box is lowered by every better one, even by one that is dropped itself "
            "or falls behind it. Only boxes that are taken lower the others, and only "
            "those that are still waiting.",
        ),
        Mistake(
            _worst_only,
            "You keep the smallest factor of each box. The factors of all boxes that "
            "are taken multiply.",
        ),
        Mistake(
            _changed(linear=lambda bound, iou: 1 - iou),
            "The linear way lowers boxes that hardly overlap. At an IoU up to `bound` "
            "the factor is 1.",
        ),
        Mistake(
            _changed(linear=lambda bound, iou: np.where(iou > bound, iou, 1)),
            "The linear factor is the wrong way round. The larger the IoU, the less "
            "stays: 1 minus the IoU.",
        ),
        Mistake(
            _changed(
                hard=lambda bound, iou: (iou < bound) * 1.0,
                linear=lambda bound, iou: np.where(iou >= bound, 1 - iou, 1),
            ),
            "An IoU of just `bound` changes nothing: > and not >=.",
        ),
        Mistake(
            _changed(gaussian=lambda bound, iou: np.exp(-iou / bound)),
            "The Gaussian takes the square of the IoU.",
        ),
        Mistake(
            _changed(gaussian=lambda bound, iou: np.exp(-(iou**2) / bound**2)),
            "In the exponent `bound` itself divides, not its square.",
        ),
        Mistake(
            _changed(gaussian=lambda bound, iou: np.exp(-(iou**2) / (2 * bound))),
            "There is no 2 in the exponent: the square of the IoU over `bound`.",
        ),
        Mistake(
            _changed(gaussian=lambda bound, iou: np.exp(-(iou**2) / 2 / bound**2)),
            "There is no 2 in the exponent, and `bound` is not squared.",
        ),
        Mistake(
            _changed(
                gaussian=lambda bound, iou: np.where(
                    iou > bound, np.exp(-(iou**2) / bound), 1
                )
            ),
            "The Gaussian has no threshold: every overlap lowers the score a little.",
        ),
        Mistake(
            _suppress(overlap=_over_smaller),
            "You divide by the smaller box. An IoU divides by the union.",
        ),
        Mistake(
            _suppress(overlap=_inclusive),
            "You add 1 to widths and heights. Boxes are half-open: x1 - x0 is the "
            "width.",
        ),
        Mistake(
            _suppress(overlap=_width_and_height),
            "A box is x0, y0, x1, y1, and not a corner with a width and a height.",
        ),
        Mistake(
            _kept_sorted,
            "You return the boxes in their first order. Return them in the order in "
            "which they are taken, the highest score first.",
        ),
        Mistake(
            _last_of_equal,
            "Of equal scores you take the last box. Take the first.",
        ),
        Mistake(_as_flags, "Return the positions of the boxes, not flags."),
        Mistake(_swapped, "Return positions first, then scores."),
        Mistake(
            _of_sorted,
            "Your positions count in the sorted list. Return the positions in `boxes`.",
        ),
    ),
)


def suppress(function: Callable) -> None:
    """Check `suppress(boxes, scores, classes, way, bound, least)`."""
    check(SUPPRESS, function)
