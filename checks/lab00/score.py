"""Three stories, and which of two answers hurts less: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Real

import numpy as np

from checks.core import Case, Exercise, check
from checks.values import plain
from utils import metrics

CLINIC, CUTOUT, DRIVING = "clinic", "cut-out", "driving"


def _disc(size, row, column, radius) -> np.ndarray:
    rows, columns = np.ogrid[:size, :size]
    return ((rows - row) ** 2 + (columns - column) ** 2 <= radius**2).astype(np.uint8)


def _clinic(generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One loses a piece of large lesions, the other whole small lesions."""
    large = [_disc(32, 16, 16, generator.integers(10, 14)) for _ in range(2)]
    small = [_disc(32, *generator.integers(6, 26, 2), 2) for _ in range(2)]
    truths = np.stack([*large, *small])
    better, worse = truths.copy(), truths.copy()
    better[:2, : generator.integers(11, 14)] = 0
    worse[2:] = 0
    return truths, better, worse


def _outlines(generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One draws each outline a pixel too wide, the other misses a lesion."""
    places = generator.integers(15, 18, (4, 2))
    radii = generator.integers(9, 13, 4)
    truths = np.stack([_disc(32, *place, r) for place, r in zip(places, radii)])
    better = np.stack([_disc(32, *place, r + 1) for place, r in zip(places, radii)])
    worse = truths.copy()
    worse[int(generator.integers(4))] = 0
    return truths, better, worse


def _cutout(generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One has a hole far inside, the other a fringe of fewer pixels."""
    centre, radius = generator.integers(19, 22, 2), int(generator.integers(14, 17))
    truth = _disc(40, *centre, radius)
    better = np.where(_disc(40, *centre, radius - 6), 0, truth)
    worse = _disc(40, *centre, radius + generator.choice([-1, 1]))
    return tuple(part[None].astype(np.uint8) for part in (truth, better, worse))


def _driving(generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One moves the kerb, the other forgets a rare class."""
    truths = np.zeros((3, 24, 36), np.uint8)
    truths[:, 12:] = 1
    truths[:, :12, :6] = 2
    column = int(generator.integers(10, 30))
    truths[:, 10:14, column : column + 2] = 3
    better, worse = truths.copy(), truths.copy()
    better[:, 10:12][better[:, 10:12] == 0] = 1
    worse[worse == 3] = 1
    return truths, better, worse


PAIRS = (  # story, what it draws, and what the case is called
    (CLINIC, _clinic, "the clinic: a piece of large lesions, or whole small ones"),
    (CLINIC, _outlines, "the clinic: outlines too wide, or a lesion missed"),
    (CUTOUT, _cutout, "the cut-out: a hole deep inside, or a fringe"),
    (DRIVING, _driving, "the drive: the kerb two pixels off, or no person"),
)


def _cases() -> Iterator[Case]:
    def case(name, story, truths, pictures):
        first, second = pictures
        arguments = {"story": story, "truths": truths}
        return Case(name, {**arguments, "first": first, "second": second})

    generator = np.random.default_rng(14)
    truths = np.zeros((2, 1, 8), np.uint8)
    truths[0, 0, :6] = truths[1, 0, 0] = 1
    first, second = truths.copy(), truths.copy()
    first[1] = 0
    second[0, 0, :2] = 0
    yield case("the worked example", CLINIC, truths, (first, second))
    for turn in range(4):
        for story, draw, name in PAIRS:
            truths, better, worse = draw(generator)
            pictures = (better, worse) if turn % 2 == 0 else (worse, better)
            yield case(name, story, truths, pictures)


def _ask(function: Callable, given: dict):
    """Let the learner's score choose one of the two answers."""
    story, truths, *both = given.values()
    scores = [plain(function(story, truths, prediction)) for prediction in both]
    if any(score is None for score in scores):
        return None
    return scores[0], scores[1], _choice(*scores)


def _is_number(value) -> bool:
    """Tell whether a value is one number, an array without axes included."""
    if isinstance(value, np.ndarray | np.generic):
        return value.ndim == 0 and value.dtype.kind in "iuf"
    return isinstance(value, Real) and not isinstance(value, bool)


def _choice(first, second) -> str:
    try:
        if first == second:
            return "neither"
        return "first" if first > second else "second"
    except (TypeError, ValueError):
        return "no numbers"


def _scored(score: Callable) -> Callable:
    def answer(story, truths, first, second):
        scores = [score(story, truths, part) for part in (first, second)]
        return _choice(*scores)

    return answer


def _inspect(given: dict, answer) -> str | None:
    """Find out what a score that chooses wrongly looked at."""
    if answer is None:
        return f"There is no score for the story {given['story']} yet: it is None."
    *scores, choice = answer
    if not all(_is_number(value) for value in scores):
        return (
            "A score is one number for the whole batch, so that two networks can be "
            "ranked. The mean of several is one."
        )
    try:
        scores = [float(score) for score in scores]
    except OverflowError:  # a whole number with hundreds of digits
        scores = [np.inf]
    if not np.isfinite(scores).all():
        return "A score that is nan or infinite ranks nothing."
    wanted = _scored(_right)(**given)
    if choice == wanted:
        return None
    story = given["story"]
    if choice == "neither":
        return f"Both answers score alike. What hurts in the story {story} must count."
    for used, hint in HINTS[story]:
        try:
            theirs = [
                used(given["truths"], given[name]) for name in ("first", "second")
            ]
        except (TypeError, ValueError, IndexError):
            continue
        if np.allclose(theirs, scores, atol=1e-6):
            return hint
    if _choice(*scores) == _choice(*(-_right(*x) for x in _both(given))):
        return GENERAL[story]
    return None


def _both(given):
    story, truths, *both = given.values()
    return [(story, truths, part) for part in both]


def _confusion(truths, predictions):
    classes = int(max(truths.max(), predictions.max())) + 1
    return metrics.confusion_matrix(truths, predictions, classes)


def _accuracy(truths, predictions):
    return metrics.pixel_accuracy(_confusion(truths, predictions))


def _mean_iou(truths, predictions):
    return metrics.mean_iou(_confusion(truths, predictions))


def _pooled_dice(truths, predictions):
    return metrics.class_dice(_confusion(truths, predictions))[1]


def _pooled_iou(truths, predictions):
    return metrics.class_iou(_confusion(truths, predictions))[1]


def _mean_dice(truths, predictions):
    return np.mean(metrics.dice(truths, predictions))


def _mean_image_iou(truths, predictions):
    return np.mean(metrics.iou(truths, predictions))


def _boundary(truths, predictions):
    return np.mean(metrics.boundary_iou(truths, predictions))


def _right(story, truths, predictions):
    if story == CLINIC:
        return _mean_dice(truths, predictions)
    if story == CUTOUT:
        return _boundary(truths, predictions)
    return _mean_iou(truths, predictions)


def _negative(score):
    return lambda truths, predictions: -score(truths, predictions)


def _errors(truths, predictions):
    return (truths != predictions).sum()


WRONG_WAY = "Higher must be better, and your score is higher for the worse answer."
COUNTED = "You count wrong pixels, wherever they are and whatever they belong to."
POOLED = (
    "You pool the pixels of all patients, so a large lesion counts more than a small "
    "one. Score each image, then take the mean."
)
INSIDE = (
    "You compare areas, and a fringe has few pixels. Look at the border alone: the "
    "lesson has a score for it."
)
RARE = (
    "The common classes decide your score, and a person is a few pixels. Every class "
    "must count as much: the mean over the classes."
)
HINTS = {
    CLINIC: (
        (_accuracy, f"{COUNTED} {POOLED}"),
        (_pooled_dice, POOLED),
        (_pooled_iou, POOLED),
        (_mean_iou, POOLED),
        (_boundary, "You look at the border alone. In this story the area is missed."),
        (_errors, WRONG_WAY),
        (_negative(_mean_dice), WRONG_WAY),
        (lambda t, p: 1 - _mean_dice(t, p), WRONG_WAY),
    ),
    CUTOUT: (
        (_accuracy, f"{COUNTED} {INSIDE}"),
        (_mean_dice, INSIDE),
        (_mean_image_iou, INSIDE),
        (_mean_iou, INSIDE),
        (_errors, WRONG_WAY),
        (_negative(_boundary), WRONG_WAY),
        (lambda t, p: 1 - _boundary(t, p), WRONG_WAY),
    ),
    DRIVING: (
        (_accuracy, f"{COUNTED} {RARE}"),
        (_errors, WRONG_WAY),
        (_negative(_mean_iou), WRONG_WAY),
        (lambda t, p: 1 - _mean_iou(t, p), WRONG_WAY),
    ),
}
GENERAL = {
    CLINIC: "Your score prefers the answer that misses small lesions altogether. In "
    "the clinic each patient counts as much.",
    CUTOUT: "Your score prefers the answer with the fringe. In the cut-out everyone "
    "sees the border.",
    DRIVING: "Your score prefers the answer that sees no person. Every class must "
    "count as much.",
}

SCORE = Exercise("score", None, _cases, (), inspect=_inspect, ask=_ask)


def score(function: Callable) -> None:
    """Check `score(story, truths, predictions)` -> a number, higher is better."""
    check(SCORE, function)
