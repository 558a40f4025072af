"""The table of errors by group: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _rows_by_pixel(truths, predictions, groups) -> dict:
    """Give the table, image by image and pixel by pixel."""
    images: dict = {}
    for truth, prediction, group in zip(truths, predictions, groups, strict=True):
        pairs = list(zip(truth.ravel(), prediction.ravel(), strict=True))
        both = sum(bool(a and b) for a, b in pairs)
        missed = sum(bool(a and not b) for a, b in pairs)
        invented = sum(bool(b and not a) for a, b in pairs)
        total = 2 * both + missed + invented
        score = 2 * both / total if total else 1.0
        images.setdefault(int(group), []).append((score, missed, invented))
    table = {}
    for group, rows in images.items():
        scores, missed, invented = zip(*rows, strict=True)
        below = sum(score < 0.8 for score in scores)
        kind = _kind(sum(missed), sum(invented))
        table[group] = sum(scores) / len(rows), below / len(rows), kind
    return table


def _kind(missed, invented) -> str:
    if missed == invented:
        return "equal"
    return "missed" if missed > invented else "invented"


def _areas(truths, predictions):
    truths, predictions = truths == 1, predictions == 1
    both = (truths & predictions).sum((1, 2))
    missed = (truths & ~predictions).sum((1, 2))
    return both, missed, (predictions & ~truths).sum((1, 2))


def _dice(both, missed, invented):
    total = 2 * both + missed + invented
    return np.where(total == 0, 1.0, 2 * both / np.maximum(total, 1))


def _dice_or_nan(both, missed, invented):
    return 2 * both / (2 * both + missed + invented)


def _dice_or_zero(both, missed, invented):
    return 2 * both / np.maximum(2 * both + missed + invented, 1)


def _iou(both, missed, invented):
    total = both + missed + invented
    return np.where(total == 0, 1.0, both / np.maximum(total, 1))


def _table(
    score=_dice,
    mean=lambda scores, areas: scores.mean(),
    share=lambda scores: (scores < 0.8).mean(),
    kind=lambda areas, truths, predictions: _kind(areas[1].sum(), areas[2].sum()),
    ids=np.unique,
    members=lambda groups, group: groups == group,
):
    """Make a table function of which one part may be wrong."""

    def answer(truths, predictions, groups):
        table = {}
        for group in ids(groups):
            chosen = members(groups, group)
            areas = np.stack(_areas(truths[chosen], predictions[chosen]))
            scores = score(*areas)
            errors = kind(areas, truths[chosen], predictions[chosen])
            table[int(group)] = mean(scores, areas), share(scores), errors
        return table

    return answer


def _without_empty(truths, predictions, groups):
    table = _rows_by_pixel(truths, predictions, groups)
    kept = np.any(truths, axis=(1, 2)) | np.any(predictions, axis=(1, 2))
    rows = _rows_by_pixel(truths[kept], predictions[kept], groups[kept])
    return {group: rows.get(group, row) for group, row in table.items()}


def _cases() -> Iterator[Case]:
    def case(name, truths, predictions, groups):
        groups = np.asarray(groups, np.uint8)
        arguments = {"truths": truths, "predictions": predictions, "groups": groups}
        return Case(name, arguments)

    def masks(*rows):
        return np.array(rows, np.uint8)[:, None]

    generator = np.random.default_rng(53)
    yield case(
        "the worked example",
        masks([1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]),
        masks([1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0]),
        [0, 0, 2],
    )
    for invented in (0.1, 0.3, 0.1, 0.5):
        shape = tuple(generator.choice(np.arange(4, 12), 3, replace=False))
        truths = (generator.random(shape) < 0.5).astype(np.uint8)
        wrong = generator.random(shape) < np.where(truths, 0.4 - invented / 2, invented)
        predictions = np.where(wrong, 1 - truths, truths).astype(np.uint8)
        groups = generator.choice([0, 1, 4], shape[0])
        yield case("a random batch", truths, predictions, groups)
    yield case("predictions of bool", truths, predictions == 1, groups)
    yield case("a Dice of exactly 0.8", masks([1, 1, 0, 0]), masks([1, 1, 1, 0]), [3])
    some = masks([0, 0], [0, 0], [1, 0])
    less = masks([0, 0], [0, 0], [0, 0])  # the empty one counts beside the bad one
    yield case("masks that are rightly empty", some, less, [1, 0, 0])
    yield case(
        "as much missed as invented",
        masks([1, 1, 0], [1, 0, 0]),
        masks([1, 0, 0], [1, 1, 0]),
        [0, 0],
    )


ERROR_TABLE = Exercise(
    "error_table",
    _rows_by_pixel,
    _cases,
    (
        Mistake(
            _table(
                mean=lambda scores, areas: _dice(*areas.sum(axis=1)),
            ),
            "You score all pixels of a group at once. Score each image, then take the "
            "mean.",
        ),
        Mistake(
            _table(score=_iou),
            "These are IoU values. The exercise asks for Dice: metrics.dice.",
        ),
        Mistake(
            _table(members=lambda groups, group: groups == groups),
            "Every group has the same row, that of all images. Choose the images of "
            "the group first: groups == group.",
        ),
        Mistake(
            _without_empty,
            "You leave out images that are rightly left empty. Each is a perfect "
            "answer, with Dice 1.",
        ),
        Mistake(
            lambda **case: {
                group: (mean, share * (case["groups"] == group).mean(), word)
                for group, (mean, share, word) in _rows_by_pixel(**case).items()
            },
            "You divide by the number of all images. The share is of the group's.",
        ),
        Mistake(
            _table(
                kind=lambda areas, *masks: _kind(
                    (areas[1] > areas[2]).sum(), (areas[2] > areas[1]).sum()
                ),
            ),
            "You let each image vote. Count pixels, over all images of the group.",
        ),
        Mistake(
            _table(share=lambda scores: (scores < 0.8).sum()),
            "The second number is how many images are below 0.8. Return their share.",
        ),
        Mistake(
            _table(share=lambda scores: 100 * (scores < 0.8).mean()),
            "The second number is in percent. A share is between 0 and 1.",
        ),
        Mistake(
            _table(share=lambda scores: (scores >= 0.8).mean()),
            "The second number is the share of the good images. Count those below 0.8.",
        ),
        Mistake(
            _table(share=lambda scores: (scores <= 0.8).mean()),
            "An image with a Dice of exactly 0.8 is not below 0.8: < and not <=.",
        ),
        Mistake(
            _table(
                kind=lambda areas, *masks: _kind(areas[2].sum(), areas[1].sum()),
            ),
            "Missed and invented are swapped: missed is in the truth and not in the "
            "prediction.",
        ),
        Mistake(
            _table(
                kind=lambda areas, truths, predictions: _kind(
                    (np.subtract(truths, predictions, dtype=np.uint8) > 0).sum(), 0
                ),
            ),
            "Masks are uint8, where 0 - 1 is 255: a difference is never negative. "
            "Compare instead: (truths == 1) & (predictions == 0).",
        ),
        Mistake(
            _table(
                kind=lambda areas, truths, predictions: _kind(
                    0, (np.subtract(predictions, truths, dtype=np.uint8) > 0).sum()
                ),
            ),
            "Masks are uint8, where 0 - 1 is 255: a difference is never negative. "
            "Compare instead: (predictions == 1) & (truths == 0).",
        ),
        Mistake(
            _table(
                kind=lambda areas, truths, predictions: _kind(
                    (np.subtract(truths, predictions, dtype=np.uint8) == 1).sum(), 0
                ),
            ),
            "Masks are uint8, where 0 - 1 is 255 and never -1, so nothing is ever "
            "invented. Compare instead: (predictions == 1) & (truths == 0).",
        ),
        Mistake(
            _table(
                kind=lambda areas, *masks: (
                    "missed" if areas[1].sum() > areas[2].sum() else "invented"
                ),
            ),
            'As much missed as invented is "equal".',
        ),
        Mistake(
            _table(
                kind=lambda areas, *masks: (
                    "missed" if areas[1].sum() >= areas[2].sum() else "invented"
                ),
            ),
            'As much missed as invented is "equal".',
        ),
        Mistake(
            _table(ids=lambda groups: np.arange(groups.max() + 1)),
            "You list every number up to the largest group. Only groups that occur "
            "have a row: np.unique(groups).",
        ),
        Mistake(
            _table(score=_dice_or_nan),
            "An image that is rightly left empty gives 0 / 0 in your Dice. It is a "
            "perfect answer, 1; metrics.dice knows that.",
        ),
        Mistake(
            _table(score=_dice_or_zero),
            "An image that is rightly left empty has Dice 0 in your result. It is a "
            "perfect answer, 1; metrics.dice knows that.",
        ),
    ),
)


def error_table(function: Callable) -> None:
    """Check `error_table(truths, predictions, groups)` -> {group: row}."""
    check(ERROR_TABLE, function)
