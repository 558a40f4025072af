"""Masks from their run-length codes: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.lab00.encode import by_grouping, some_masks


def _by_appending(counts, height, width) -> np.ndarray:
    pixels: list[int] = []
    for number, count in enumerate(counts):
        pixels += [number % 2] * int(count)
    mask = np.zeros((height, width), np.uint8)
    for place, pixel in enumerate(pixels):
        mask[place % height, place // height] = pixel
    return mask


def _decode_cases() -> Iterator[Case]:
    for name, mask in some_masks():
        if name != "a mask of bool":
            yield _decode_case(name, mask)
    mask = np.zeros((2, 7), np.uint8)
    mask[1, 2:4] = 1
    counts = tuple(int(count) for count in by_grouping(mask))
    yield Case("counts in a tuple", {"counts": counts, "height": 2, "width": 7})
    counts = np.array([3, 2, 0, 1, 0, 2], np.uint8)  # legal, if not the shortest
    yield Case("empty runs", {"counts": counts, "height": 4, "width": 2})


def _decode_case(name, mask) -> Case:
    height, width = mask.shape
    counts = by_grouping(mask)
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


def decode(function: Callable) -> None:
    """Check `decode(counts, height, width)` -> (H, W)."""
    check(DECODE, function)
