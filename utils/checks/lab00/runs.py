"""Run-length codes of masks, column by column: oracles, cases and mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from utils.checks.core import Case, Exercise, Mistake


def _runs(pixels) -> np.ndarray:
    """Give the lengths of the runs of a flat mask, those of 0 first."""
    counts = [] if len(pixels) and not pixels[0] else [0]
    counts += [len(list(run)) for _, run in groupby(bool(pixel) for pixel in pixels)]
    return np.array(counts)


def _by_grouping(mask) -> np.ndarray:
    return _runs([pixel for column in mask.T for pixel in column])


def _masks() -> Iterator[tuple[str, np.ndarray]]:
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
    for name, mask in _masks():
        yield Case(name, {"mask": mask})


def _between(pixels):
    """Give the runs between changes, without the first and the last one."""
    return np.diff(np.flatnonzero(np.diff(pixels.astype(int))))


def _starts(mask):
    """Give where runs start instead of how long they are."""
    counts = _by_grouping(mask)
    return np.cumsum(counts) - counts


def _without_first_zero(mask):
    counts = _by_grouping(mask)
    return counts[1:] if counts[0] == 0 else counts


def _without_last(mask):
    return _by_grouping(mask)[:-1]


def _too_short(mask):
    counts = _by_grouping(mask)
    return np.concatenate([counts[:1] - 1, counts[1:-1], counts[-1:] + 1])


def _pairs(mask):
    """Give start and length of each run of 1, as some competitions want it."""
    counts = _by_grouping(mask)
    starts = np.cumsum(counts) - counts
    return np.stack([starts[1::2] + 1, counts[1::2]], axis=1).ravel()


def _equal_differences(mask):
    """Take a difference of uint8, which never is -1."""
    pixels = mask.T.ravel().astype(np.uint8)
    changes = np.flatnonzero(np.diff(pixels) == 1) + 1
    return np.diff(np.concatenate([[0], changes, [pixels.size]]))


ENCODE = Exercise(
    "encode",
    _by_grouping,
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
            lambda mask: np.cumsum(_by_grouping(mask)),
            "These are the places where runs end. Return how long they are.",
        ),
        Mistake(
            lambda mask: np.append(_by_grouping(mask), 0),
            "You add a run of length 0 at the end. Only the first count may be 0.",
        ),
        Mistake(
            lambda mask: np.append(
                _by_grouping(mask), [0] * (len(_by_grouping(mask)) % 2)
            ),
            "You add a run of length 0 at the end. Only the first count may be 0.",
        ),
        Mistake(
            lambda mask: _by_grouping(mask)[: len(_by_grouping(mask)) // 2 * 2],
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
            lambda mask: _by_grouping(mask).astype(np.uint8),
            "A run of more than 255 pixels does not fit into uint8.",
        ),
        Mistake(
            lambda mask: _by_grouping(mask).astype(np.int8),
            "A run of more than 127 pixels does not fit into int8.",
        ),
    ),
)


def _by_appending(counts, height, width) -> np.ndarray:
    pixels: list[int] = []
    for number, count in enumerate(counts):
        pixels += [number % 2] * int(count)
    mask = np.zeros((height, width), np.uint8)
    for place, pixel in enumerate(pixels):
        mask[place % height, place // height] = pixel
    return mask


def _decode_cases() -> Iterator[Case]:
    for name, mask in _masks():
        if name != "a mask of bool":
            yield _decode_case(name, mask)
    mask = np.zeros((2, 7), np.uint8)
    mask[1, 2:4] = 1
    counts = tuple(int(count) for count in _by_grouping(mask))
    yield Case("counts in a tuple", {"counts": counts, "height": 2, "width": 7})
    counts = np.array([3, 2, 0, 1, 0, 2], np.uint8)  # legal, if not the shortest
    yield Case("empty runs", {"counts": counts, "height": 4, "width": 2})


def _decode_case(name, mask) -> Case:
    height, width = mask.shape
    counts = _by_grouping(mask)
    return Case(name, {"counts": counts, "height": height, "width": width})


def _flat(counts):
    return np.repeat(np.arange(len(counts)) % 2, np.asarray(counts, int))


def _turn(ends, size, side="right"):
    return np.searchsorted(ends, np.arange(size), side=side) % 2


def _one_too_long(counts, height, width):
    pixels = _turn(np.cumsum(counts), height * width, side="left")
    return pixels.reshape(width, height).T


def _without_zeros(counts):
    counts = np.asarray(counts)
    return counts[counts > 0]


def _of_pairs(counts, height, width, first):
    """Read the start and the length of each object; `first` is the first pixel."""
    pixels = np.zeros(height * width, int)
    for start, length in zip(counts[::2] - first, counts[1::2], strict=False):
        pixels[start : start + length] = 1
    return pixels.reshape(width, height).T


def _once_merged(counts):
    """Drop counts of 0 behind the first, which changes the turns."""
    counts = np.asarray(counts)
    return np.concatenate([counts[:1], counts[1:][counts[1:] > 0]])


DECODE = Exercise(
    "decode",
    _by_appending,
    _decode_cases,
    (
        Mistake(
            lambda counts, height, width: _flat(counts).reshape(height, width),
            "You fill the mask row by row. COCO goes column by column.",
        ),
        Mistake(
            lambda counts, height, width: _flat(counts).reshape(width, height),
            "Your mask lies on its side: it must be (height, width).",
        ),
        Mistake(
            lambda counts, height, width: _flat(counts).reshape(
                width, height, order="F"
            ),
            "Height and width are swapped.",
        ),
        Mistake(
            lambda **case: 1 - _by_appending(**case),
            "Object and background are swapped: the first count is that of the zeros.",
        ),
        Mistake(
            lambda **case: _by_appending(**case)[::-1],
            "Your mask is upside down.",
        ),
        Mistake(
            lambda **case: _by_appending(**case)[:, ::-1],
            "Left and right are swapped in your mask.",
        ),
        Mistake(
            lambda **case: _by_appending(**case).astype(int) * 255,
            "Your mask holds 0 and 255. It must hold 0 and 1.",
        ),
        Mistake(
            _one_too_long,
            "Your first run is one pixel too long. A run of n pixels ends before pixel "
            "n, if they are counted from 0.",
        ),
        Mistake(
            lambda counts, height, width: (
                _turn(np.cumsum(counts, dtype=np.uint8), height * width)
                .reshape(width, height)
                .T
            ),
            "Your sums of counts are uint8, which ends at 255. Add them up as int.",
        ),
        Mistake(
            lambda counts, height, width: _flat(counts),
            "These are the right pixels in one long row. Give them height and width.",
        ),
        Mistake(
            lambda counts, height, width: (
                np.minimum(
                    np.repeat(np.arange(len(counts)), np.asarray(counts, int)), 255
                )
                .reshape(width, height)
                .T
            ),
            "Each run has its own number in your mask. Runs take turns: 0, 1, 0, 1.",
        ),
        *(
            Mistake(
                lambda counts, height, width, drop=drop: (
                    _flat(drop(counts)).reshape(width, height).T
                ),
                "A count of 0 is a run too: it takes its turn, and nothing is written.",
            )
            for drop in (_once_merged, _without_zeros)
        ),
        *(
            Mistake(
                lambda counts, height, width, first=first: _of_pairs(
                    np.asarray(counts, int), height, width, first
                ),
                "You read pairs of a start and a length, as some competitions write "
                "them. Here every count is a length.",
            )
            for first in (0, 1)
        ),
    ),
)
