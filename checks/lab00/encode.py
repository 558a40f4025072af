"""Masks as run-length codes, column by column: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _runs(pixels) -> np.ndarray:
    """Give the lengths of the runs of a flat mask, those of 0 first."""
    counts = [] if len(pixels) and not pixels[0] else [0]
    counts += [len(list(run)) for _, run in groupby(bool(pixel) for pixel in pixels)]
    return np.array(counts)


def by_grouping(mask) -> np.ndarray:
    return _runs([pixel for column in mask.T for pixel in column])


def some_masks() -> Iterator[tuple[str, np.ndarray]]:
    generator = np.random.default_rng(13)
    yield "the worked example", np.array([[0, 1, 1], [0, 0, 1]], np.uint8)
    for share in (0.5, 0.2, 0.8):
        shape = tuple(generator.choice(np.arange(3, 10), 2, replace=False))
        mask = (generator.random(shape) < share).astype(np.uint8)
        mask[0, 0] = 0
        yield "a random mask", mask
    mask = mask.copy()
    mask[0, 0] = 1
    yield "a mask that starts with an object", mask
    yield "a mask of bool", mask == 1
    yield "an empty mask", np.zeros((4, 6), np.uint8)
    yield "a full mask", np.ones((3, 5), np.uint8)
    long = np.zeros((40, 30), np.uint8)
    long[3:9, 12] = 1
    yield "runs of more than 255 pixels", long


def _encode_cases() -> Iterator[Case]:
    for name, mask in some_masks():
        yield Case(name, {"mask": mask})


def _between(pixels):
    """Give the runs between changes, without the first and the last one."""
    return np.diff(np.flatnonzero(np.diff(pixels.astype(int))))


def _starts(mask):
    """Give where runs start instead of how long they are."""
    counts = by_grouping(mask)
    return np.cumsum(counts) - counts


def _without_first_zero(mask):
    counts = by_grouping(mask)
    return counts[1:] if counts[0] == 0 else counts


def _without_last(mask):
    return by_grouping(mask)[:-1]


def _too_short(mask):
    counts = by_grouping(mask)
    return np.concatenate([counts[:1] - 1, counts[1:-1], counts[-1:] + 1])


def _pairs(mask):
    """Give start and length of each run of 1, as some competitions want it."""
    counts = by_grouping(mask)
    starts = np.cumsum(counts) - counts
    return np.stack([starts[1::2] + 1, counts[1::2]], axis=1).ravel()


def _equal_differences(mask):
    """Take a difference of uint8, which never is -1."""
    pixels = mask.T.ravel().astype(np.uint8)
    changes = np.flatnonzero(np.diff(pixels) == 1) + 1
    return np.diff(np.concatenate([[0], changes, [pixels.size]]))


ENCODE = Exercise(
    "encode",
    by_grouping,
    _encode_cases,
    (
        Mistake(
            lambda mask: _runs(mask.ravel()),
            "You go row by row. COCO goes column by column: mask.T has the columns as "
            "its rows.",
        ),
        Mistake(
            _without_first_zero,
            "The first count is that of the zeros, even if there are none: then it is "
            "0. Without it nobody knows which counts are the object's.",
        ),
        Mistake(
            lambda mask: _runs(1 - mask.T.ravel()),
            "Your first count is that of the ones. Zeros come first.",
        ),
        Mistake(
            _without_last,
            "The last run is missing: nothing changes after it, so the end of the mask "
            "has to end it.",
        ),
        Mistake(
            lambda mask: _between(mask.T.ravel()),
            "The first and the last run are missing: the start and the end of the mask "
            "bound them, not a change.",
        ),
        Mistake(
            _too_short,
            "The first run is one too short and the last one too long: a difference "
            "between pixels i and i + 1 means that a run starts at i + 1.",
        ),
        Mistake(
            _starts,
            "These are the places where runs start. Return how long they are.",
        ),
        Mistake(
            lambda mask: np.cumsum(by_grouping(mask)),
            "These are the places where runs end. Return how long they are.",
        ),
        Mistake(
            lambda mask: np.append(by_grouping(mask), 0),
            "You add a run of length 0 at the end. Only the first count may be 0.",
        ),
        Mistake(
            lambda mask: np.append(
                by_grouping(mask), [0] * (len(by_grouping(mask)) % 2)
            ),
            "You add a run of length 0 at the end. Only the first count may be 0.",
        ),
        Mistake(
            lambda mask: by_grouping(mask)[: len(by_grouping(mask)) // 2 * 2],
            "The zeros behind the last object are missing. They are a run too.",
        ),
        Mistake(
            lambda mask: np.concatenate([_runs(column) for column in mask.T]),
            "You start anew in each column. A run goes on at the top of the next one.",
        ),
        Mistake(
            lambda mask: mask.T.ravel()[1:] - mask.T.ravel()[:-1],
            "NumPy does not subtract bool. Compare neighbours with != instead.",
        ),
        Mistake(
            _pairs,
            "These are a start and a length for each run of ones, as in some "
            "competitions. Here all runs have a length, and no start.",
        ),
        Mistake(
            _equal_differences,
            "In uint8 a difference of 0 - 1 is 255, so the ends of runs go unnoticed. "
            "Compare neighbours instead of subtracting them.",
        ),
        Mistake(
            lambda mask: by_grouping(mask).astype(np.uint8),
            "A run of more than 255 pixels does not fit into uint8.",
        ),
        Mistake(
            lambda mask: by_grouping(mask).astype(np.int8),
            "A run of more than 127 pixels does not fit into int8.",
        ),
    ),
)


def encode(function: Callable) -> None:
    """Check `encode(mask)` -> counts (R,)."""
    check(ENCODE, function)
