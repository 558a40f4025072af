"""Panoptic quality of things and stuff, over several images: oracle and mistakes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.core import Exercise, Mistake, check
from checks.lab08.scenes import cases

MISSED, INVENTED = 2, 3  # columns of the counts; before them sum of IoU and hits


def _segments(ids, classes) -> dict[int, tuple[int, set]]:
    """Give class and pixels of each segment."""
    return {
        int(one): (int(classes[one]), {*map(tuple, np.argwhere(ids == one).tolist())})
        for one in np.unique(ids[ids > 0])
    }


def _counts(
    maps,
    classes,
    enough=lambda iou: iou > 0.5,
    same=lambda mine, theirs: mine == theirs,
    trimmed=True,
    excused=lambda outside, area: outside > area / 2,
) -> np.ndarray:
    """Sum of IoU, hits, missed and invented of each class in one image: (C, 4)."""
    truth, truth_classes, found, found_classes = maps
    void = {*map(tuple, np.argwhere(truth == 0).tolist())}
    total = np.zeros((classes, 4))
    matched = set()
    for kind, pixels in _segments(truth, truth_classes).values():
        hit = False
        for number, (other, theirs) in _segments(found, found_classes).items():
            union = len(pixels | (theirs - void if trimmed else theirs))
            iou = len(pixels & theirs) / union
            if not hit and same(kind, other) and enough(iou) and number not in matched:
                total[kind, :2] += iou, 1
                matched.add(number)
                hit = True
        total[kind, MISSED] += not hit
    for number, (kind, pixels) in _segments(found, found_classes).items():
        alone = number not in matched
        total[kind, INVENTED] += alone and not excused(len(pixels & void), len(pixels))
    return total


def _quality(counts, fill=None, weigh=(0.5, 0.5)) -> np.ndarray:
    """PQ, SQ and RQ of each class: (C, 4) -> (C, 3), nan where there is none."""
    counts = np.asarray(counts, float)
    size = counts[:, 1] + weigh[0] * counts[:, 2] + weigh[1] * counts[:, 3]
    rq = counts[:, 1] / size
    sq = np.where(np.isnan(rq), np.nan, counts[:, 0] / np.maximum(counts[:, 1], 1))
    table = np.stack([sq * rq, sq, rq], axis=1)
    return table if fill is None else np.nan_to_num(table, nan=fill)


def _mean(table) -> np.ndarray:
    known = ~np.isnan(table)
    return np.where(known, table, 0).sum(axis=0) / known.sum(axis=0)


def _groups(is_thing):
    is_thing = np.asarray(is_thing, bool)
    return np.ones_like(is_thing), is_thing, ~is_thing


def _table(fill=None, weigh=(0.5, 0.5), rows=_groups, mean=_mean, **options):
    """Make the whole computation, of which one step may be wrong."""

    def answer(truth, truth_classes, found, found_classes, is_thing):
        total = sum(
            _counts(maps, len(is_thing), **options)
            for maps in zip(truth, truth_classes, found, found_classes, strict=True)
        )
        table = _quality(total, fill, weigh)
        return np.stack([mean(table[group]) for group in rows(is_thing)])

    return answer


def _image_by_image(truth, truth_classes, found, found_classes, is_thing):
    tables = []
    for maps in zip(truth, truth_classes, found, found_classes, strict=True):
        table = _quality(_counts(maps, len(is_thing)))
        tables.append([_mean(table[group]) for group in _groups(is_thing)])
    tables = np.array(tables)
    return np.stack([_mean(tables[:, row]) for row in range(3)])


def _in_one_pot(truth, truth_classes, found, found_classes, is_thing):
    total = sum(
        _counts(maps, len(is_thing))
        for maps in zip(truth, truth_classes, found, found_classes, strict=True)
    )
    groups = [total[group].sum(axis=0, keepdims=True) for group in _groups(is_thing)]
    return np.concatenate([_quality(group) for group in groups])


def _product_of_means(table):
    _, sq, rq = _mean(table)
    return np.array([sq * rq, sq, rq])


def _filled(ids, classes):
    """Take id 0 for one more segment, of the class in column 0, or the last."""
    return np.where(ids == 0, classes.shape[1], ids), np.hstack(
        [classes, classes[:, :1]]
    )


def _void_as_segment(truth, truth_classes, found, found_classes, is_thing):
    """Count void of the truth as one more segment, that is missed."""
    truth, truth_classes = _filled(truth, truth_classes)
    return RIGHT(truth, truth_classes, found, found_classes, is_thing)


def _nothing_as_segment(truth, truth_classes, found, found_classes, is_thing):
    found, found_classes = _filled(found, found_classes)
    return RIGHT(truth, truth_classes, found, found_classes, is_thing)


def _both_as_segments(truth, truth_classes, found, found_classes, is_thing):
    truth, truth_classes = _filled(truth, truth_classes)
    return _nothing_as_segment(truth, truth_classes, found, found_classes, is_thing)


def _listed(*columns):
    """Count what is listed and has no pixel as missed or invented."""

    def answer(truth, truth_classes, found, found_classes, is_thing):
        total = np.zeros((len(is_thing), 4))
        for maps in zip(truth, truth_classes, found, found_classes, strict=True):
            total += _counts(maps, len(is_thing))
            for column, ids, classes in ((MISSED, *maps[:2]), (INVENTED, *maps[2:])):
                absent = [k for s, k in enumerate(classes) if k >= 0 and s not in ids]
                if column in columns:
                    np.add.at(total[:, column], absent, 1)
        table = _quality(total)
        return np.stack([_mean(table[group]) for group in _groups(is_thing)])

    return answer


def _never(outside, area):
    return False


RIGHT = _table()


PANOPTIC = Exercise(
    "panoptic_table",
    RIGHT,
    cases,
    (
        Mistake(
            _table(rows=lambda is_thing: np.array(_groups(is_thing))[[0, 2, 1]]),
            "Things and stuff are swapped: the second row is that of the things.",
        ),
        Mistake(
            lambda **case: RIGHT(**case).T,
            "Rows and columns are swapped: the rows are all, things and stuff.",
        ),
        Mistake(
            _table(trimmed=False, excused=_never),
            "Void pixels count as wrong here. Take them out of the answer's area, and "
            "do not blame a segment that lies mostly in void.",
        ),
        Mistake(
            _table(trimmed=False),
            "Void pixels make the union larger. Nobody knows what is there: take them "
            "out of the answer's area.",
        ),
        Mistake(
            _table(excused=_never),
            "A segment that lies mostly in void counts as invented here. Nobody knows "
            "what is there: leave it out.",
        ),
        Mistake(
            _table(excused=lambda outside, area: outside >= area / 2),
            "A segment that is exactly half void counts as invented. Only one with "
            "more than half is left out.",
        ),
        Mistake(
            _table(excused=lambda outside, area: outside > 0),
            "You leave out each wrong segment that touches void. It must lie there by "
            "more than half.",
        ),
        Mistake(
            _table(excused=lambda outside, area: outside == area),
            "You leave out only segments that lie in void with all pixels. More than "
            "half is enough.",
        ),
        Mistake(
            _table(enough=lambda iou: iou >= 0.5),
            "An IoU of exactly one half is no match. Above one half, no two segments "
            "can claim the same one.",
        ),
        Mistake(
            _table(enough=lambda iou: iou > 0),
            "You match segments with any overlap. The IoU must be above one half.",
        ),
        Mistake(
            _table(same=lambda mine, theirs: True),
            "Segments of unlike classes match here. A sheep taken for a tree is one "
            "missed and one invented.",
        ),
        Mistake(
            _table(weigh=(1, 1)),
            "Missed and invented segments count whole. In RQ each counts one half.",
        ),
        Mistake(
            _table(weigh=(1, 0)),
            "RQ is hits by hits and missed here. Missed and invented count one half "
            "each.",
        ),
        Mistake(
            _table(weigh=(0, 1)),
            "RQ is hits by hits and invented here. Missed and invented count one half "
            "each.",
        ),
        Mistake(
            _image_by_image,
            "You average over the images. Add up the counts of all images for each "
            "class first: one image has too few segments of a class.",
        ),
        Mistake(
            _in_one_pot,
            "All classes of a group are in one pot, so the most frequent class "
            "decides. Compute the three numbers of each class, then average.",
        ),
        Mistake(
            _table(mean=_product_of_means),
            "The mean of products is not the product of means: compute the PQ of each "
            "class, then average.",
        ),
        Mistake(
            _table(fill=0.0),
            "A class that nobody has and nobody claims scores 0 in your means. Leave "
            "it out.",
        ),
        Mistake(
            _table(fill=1.0),
            "A class that nobody has and nobody claims scores 1 in your means. Leave "
            "it out.",
        ),
        Mistake(
            _table(mean=lambda table: table.mean(axis=0)),
            "A class that nobody has gives 0 / 0, and nan spoils the mean. Leave it "
            "out.",
        ),
        Mistake(
            _void_as_segment,
            "Void, id 0 of the truth, is no segment, and nobody can miss it.",
        ),
        Mistake(
            _nothing_as_segment,
            "Id 0 of the answer is no segment: there is no answer, so it invents "
            "nothing.",
        ),
        Mistake(
            _both_as_segments,
            "Id 0 is no segment, in the truth as in the answer.",
        ),
        *(
            Mistake(
                _listed(*columns),
                "An id that is listed and has no pixel in its image counts as missed "
                "or invented here. There is no such segment.",
            )
            for columns in ((MISSED, INVENTED), (MISSED,), (INVENTED,))
        ),
        Mistake(
            lambda **case: RIGHT(
                case["found"],
                case["found_classes"],
                case["truth"],
                case["truth_classes"],
                case["is_thing"],
            ),
            "Truth and answer are swapped. Void is a matter of the truth alone.",
        ),
    ),
)


def panoptic_table(function: Callable) -> None:
    """Check `panoptic_table(truth, truth_classes, found, found_classes, is_thing)`."""
    check(PANOPTIC, function)
