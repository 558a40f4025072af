"""Average precision by Pascal VOC's rules, ties taken together: the check."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def precision_of(iou, scores, threshold):
    """AP by counting from the start for each score."""
    total = sum(one.shape[1] for one in iou)
    if total == 0:
        return float("nan")
    claims = []  # score, the object (image, number) or None
    for image, (table, points) in enumerate(zip(iou, scores, strict=True)):
        for row, score in zip(table, points, strict=True):
            best = max(range(len(row)), key=lambda j: row[j], default=None)
            good = best is not None and row[best] >= threshold
            claims.append((float(score), (image, best) if good else None))
    curve = []
    for level in sorted({score for score, _ in claims}, reverse=True):
        so_far = [thing for score, thing in claims if score >= level]
        hits = len({thing for thing in so_far if thing is not None})
        curve.append((hits / total, hits / len(so_far)))
    area, before = 0.0, 0.0
    for place, (recall, _) in enumerate(curve):
        area += (recall - before) * max(precision for _, precision in curve[place:])
        before = recall
    return area


def _cases() -> Iterator[Case]:
    def case(name, iou, scores, threshold):
        return Case(name, {"iou": iou, "scores": scores, "threshold": threshold})

    def random(generator, images, digits, empty=0.2):
        """Answers that lie well on one object, and partly on others."""
        iou, scores = [], []
        for _ in range(images):
            things = 0 if generator.random() < empty else int(generator.integers(1, 5))
            answers = int(generator.integers(0, 7))
            table = generator.uniform(0, 0.6, (answers, things))
            for row in table if things else []:
                row[generator.integers(things)] = generator.uniform(0.35, 1)
            iou.append(table)
            scores.append(generator.random(answers).round(digits))
        return iou, scores

    generator = np.random.default_rng(75)
    first = np.array([[0.8, 0.6], [0.7, 0.6], [0.1, 0.9]])
    iou = [first, np.zeros((1, 0)), np.array([[0.5, 0.2]])]
    scores = [np.array([0.9, 0.8, 0.5]), np.array([0.8]), np.array([0.6])]
    yield case("the worked example", iou, scores, 0.5)
    for images, threshold in ((3, 0.5), (6, 0.6), (9, 0.4), (5, 0.75)):
        yield case("different scores", *random(generator, images, 6), threshold)
    for images, threshold in ((7, 0.5), (12, 0.3), (4, 0.6)):
        yield case("equal scores", *random(generator, images, 1), threshold)
    some = random(generator, 5, 1)
    single = [[part.astype(np.float32) for part in parts] for parts in some]
    yield case("float32", *single, 0.5)
    yield case("no image without objects", *random(generator, 6, 2, empty=0), 0.5)
    twice = [np.array([[0.9], [0.8], [0.7]])], [np.array([0.2, 0.4, 0.3])]
    yield case("three answers to one object", *twice, 0.5)
    yield case("nothing is good enough", *twice, 0.95)
    silent = [np.zeros((0, 2)), np.zeros((0, 1))], [np.zeros(0), np.zeros(0)]
    yield case("objects without an answer", *silent, 0.5)
    bare = [np.zeros((2, 0)), np.zeros((0, 0))], [np.array([0.3, 0.2]), np.zeros(0)]
    yield case("answers without an object", *bare, 0.5)


def _claims(iou, scores, threshold, rule="best", reach=np.greater_equal):
    """Score and hit of each answer, best first in its image, in the images' order."""
    values, hits = [], []
    for table, points in zip(iou, scores, strict=True):
        points = np.asarray(points, float)
        taken = np.zeros(table.shape[1], bool)
        for number in np.argsort(-points, kind="stable"):
            row = table[number]
            if rule == "free":
                row = np.where(taken, -1, row)
            hit = bool(len(row)) and bool(reach(row.max(), threshold))
            double = hit and bool(taken[row.argmax()])
            if hit:
                best = row.argmax()
                hit = rule == "double" or not taken[best]
                taken[best] = True
            if rule == "dropped" and double:
                continue
            values.append(points[number])
            hits.append(hit)
    return np.array(values, float), np.array(hits, bool)


def _corners(values, hits, ties=True, order=None):
    """Hits and answers so far, at the points of the curve."""
    order = np.argsort(-values, kind="stable") if order is None else order
    right, count = np.cumsum(hits[order]), np.arange(len(order)) + 1
    if not ties or not len(order):
        return right, count
    last = np.append(values[order][1:] != values[order][:-1], True)
    return right[last], count[last]


def _area(recall, precision):
    if not len(recall):
        return 0.0
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * precision).sum())


def _raw(recall, precision):
    return float((np.diff(recall, prepend=0) * precision).sum())


def _trapezoids(recall, precision):
    if not len(recall):
        return 0.0
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    middle = (precision + np.append(precision[0], precision[:-1])) / 2
    return float((np.diff(recall, prepend=0) * middle).sum())


def _wrong_side(recall, precision):
    return _raw(recall, np.maximum.accumulate(precision))


def _read_at(places):
    def area(recall, precision):
        return float(
            np.mean([max(precision[recall >= place], default=0) for place in places])
        )

    return area


def _mean_of_points(recall, precision):
    return float(precision.mean()) if len(precision) else 0.0


def _precise(
    rule="best",
    reach=np.greater_equal,
    ties=True,
    area: Callable = _area,
    order: Callable | None = None,
    total: Callable = lambda iou: sum(one.shape[1] for one in iou),
    keep: Callable = lambda one: True,
    nothing: float = float("nan"),
) -> Callable:
    """Make an AP of which one part may be wrong."""

    def answer(iou, scores, threshold):
        count = total(iou)
        if count == 0:
            return nothing
        pairs = [pair for pair in zip(iou, scores, strict=True) if keep(pair[0])]
        values, hits = _claims(*zip(*pairs, strict=True), threshold, rule, reach)
        given = None if order is None else order(values, hits)
        right, answers = _corners(values, hits, ties, given)
        return area(right / count, right / np.maximum(answers, 1))

    return answer


def _mean_over_images(iou, scores, threshold):
    pairs = zip(iou, scores, strict=True)
    values = [precision_of([one], [points], threshold) for one, points in pairs]
    values = [value for value in values if value == value]
    return float(np.mean(values)) if values else float("nan")


def _hits_counted(iou, scores, threshold):
    """Recall as a share of the objects that were found at all."""
    _, hits = _claims(iou, scores, threshold)
    if sum(one.shape[1] for one in iou) == 0:
        return float("nan")
    total = max(int(hits.sum()), 1)
    return _precise(total=lambda iou: total)(iou, scores, threshold)


def _without_images(iou, scores, threshold):
    """Object 0 of one image is taken for object 0 of another."""
    total, claims = sum(one.shape[1] for one in iou), []
    if total == 0:
        return float("nan")
    for table, points in zip(iou, scores, strict=True):
        for row, score in zip(table, points, strict=True):
            good = bool(len(row)) and row.max() >= threshold
            claims.append((float(score), int(row.argmax()) if good else None))
    curve = []
    for level in sorted({score for score, _ in claims}, reverse=True):
        so_far = [thing for score, thing in claims if score >= level]
        hits = len({thing for thing in so_far if thing is not None})
        curve.append((hits / total, hits / len(so_far)))
    return _area(*np.array(curve).reshape(-1, 2).T)


def _objects_choose(iou, scores, threshold):
    """Each object takes the answer with the highest IoU."""
    total = sum(one.shape[1] for one in iou)
    if total == 0:
        return float("nan")
    hits = []
    for table in iou:
        mine = np.zeros(len(table), bool)
        for column in table.T if len(table) else []:
            if column.max() >= threshold:
                mine[column.argmax()] = True
        hits.append(mine)
    values, hits = np.concatenate(scores), np.concatenate(hits)
    right, answers = _corners(values, hits)
    return _area(right / total, right / np.maximum(answers, 1))


def _in_given_order(iou, scores, threshold):
    """The list as it came, image after image."""
    ranked = [np.arange(len(points), 0, -1.0) for points in scores]
    total = sum(one.shape[1] for one in iou)
    if total == 0:
        return float("nan")
    _, hits = _claims(iou, ranked, threshold)
    right, answers = np.cumsum(hits), np.arange(len(hits)) + 1
    return _area(right / total, right / np.maximum(answers, 1))


def _empty_max(iou, scores, threshold):
    """The maximum of a row without objects."""
    for table in iou:
        table.max(axis=1)
    return precision_of(iou, scores, threshold)


def _empty_argmax(iou, scores, threshold):
    for table in iou:
        table.argmax(axis=1)
    return precision_of(iou, scores, threshold)


_FEW = "An answer in an image without objects is a mistake, and it counts. "
_TIES = (
    "Answers of equal score come in an order that nobody gave them. Put a point on the "
    "curve only after the last of them, so that any order gives the same AP."
)

PRECISION = Exercise(
    "average_precision",
    precision_of,
    _cases,
    (
        Mistake(
            _precise(rule="free"),
            "An answer whose object is taken goes to another one. That is COCO's rule. "
            "Here it claims the object with its highest IoU or none.",
        ),
        Mistake(
            _precise(rule="double"),
            "A second answer to the same object counts as a hit. It is a mistake: the "
            "object is found already.",
        ),
        Mistake(
            _precise(rule="dropped"),
            "You leave out a second answer to the same object. It is a mistake, and it "
            "counts among the answers.",
        ),
        Mistake(
            _precise(reach=np.greater),
            "An IoU of just the threshold is a hit: >= and not >.",
        ),
        Mistake(
            _without_images,
            "You confuse the objects of different images. The first object of one "
            "image is not the first one of another.",
        ),
        Mistake(_precise(ties=False), _TIES),
        Mistake(
            _precise(ties=False, order=lambda v, hits: np.lexsort((~hits, -v))),
            f"Among equal scores you count hits first. {_TIES}",
        ),
        Mistake(
            _precise(area=_raw),
            "Your precision may rise again with the recall. Take at each recall the "
            "highest precision there or further right.",
        ),
        Mistake(
            _precise(area=_wrong_side),
            "You take the highest precision so far, on the left. It is the highest "
            "there or further right.",
        ),
        Mistake(
            _precise(area=_trapezoids),
            "You draw slopes between the points. The interpolated curve has steps: a "
            "width of recall times the precision at its right end.",
        ),
        Mistake(
            _precise(area=_read_at(np.linspace(0, 1, 101))),
            "You read the curve at 101 places, as COCO does. Take the area: each step "
            "of recall times its precision.",
        ),
        Mistake(
            _precise(area=_read_at(np.linspace(0, 1, 11))),
            "You read the curve at 11 places, as VOC did until 2009. Take the area: "
            "each step of recall times its precision.",
        ),
        Mistake(
            _precise(area=_mean_of_points),
            "You take the mean precision of all points. A point counts by how much "
            "recall it adds.",
        ),
        Mistake(
            _precise(order=lambda values, hits: np.argsort(values, kind="stable")),
            "You start from the lowest score. Start from the highest.",
        ),
        Mistake(
            _in_given_order,
            "You go through the images one after the other. Put the answers of all "
            "images in one list, the highest score first.",
        ),
        Mistake(
            _mean_over_images,
            "You take the mean of an AP for each image. There is one list of the "
            "answers of all images, and one curve.",
        ),
        Mistake(
            _hits_counted,
            "You divide by the objects that were found. Recall is a share of all "
            "objects, the missed ones too.",
        ),
        Mistake(
            _precise(total=lambda iou: sum(o.shape[1] for o in iou if len(o))),
            "Objects in images without an answer are missing from your recall. They "
            "are missed, and they count.",
        ),
        Mistake(
            _objects_choose,
            "You let each object choose its answer by IoU. The answers choose, and of "
            "two that claim one object the higher score has it.",
        ),
        Mistake(
            _precise(keep=lambda one: one.shape[1] > 0),
            f"{_FEW}You leave it out.",
        ),
        Mistake(_empty_max, f"{_FEW}It has no IoU to take the maximum of."),
        Mistake(_empty_argmax, f"{_FEW}It has no IoU to take the maximum of."),
        Mistake(
            _precise(nothing=0.0),
            "With nothing to find there is no recall. The answer is nan, not 0, so "
            "that no mean is spoilt.",
        ),
    ),
)


def average_precision(function: Callable) -> None:
    """Check `average_precision(iou, scores, threshold)` -> one number."""
    check(PRECISION, function)
