"""Where windows start: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def laid(length, size, stride) -> np.ndarray:
    """Lay windows one by one, the last one flush with the end."""
    starts, start = [], 0
    while start + size < length:
        starts.append(start)
        start += stride
    return np.array([*starts, length - size])


def _starts_cases() -> Iterator[Case]:
    generator = np.random.default_rng(20)
    yield Case("the worked example", {"length": 11, "size": 4, "stride": 3})
    for _ in range(6):
        size, length = sorted(generator.choice(np.arange(4, 60), 2, replace=False))
        stride = int(generator.integers(1, size))
        arguments = {"length": int(length), "size": int(size), "stride": stride}
        yield Case("random numbers", arguments)
    yield Case("an exact fit", {"length": 16, "size": 4, "stride": 3})
    yield Case("a single window", {"length": 9, "size": 9, "stride": 2})
    yield Case("windows side by side", {"length": 23, "size": 5, "stride": 5})
    yield Case("stride 1", {"length": 8, "size": 5, "stride": 1})


def _spread(length, size, stride):
    count = -(-(length - size) // stride) + 1
    return np.linspace(0, length - size, count).round().astype(int)


SPREAD = (
    "Your windows are spread evenly. They lie `stride` pixels apart, and only the last "
    "one is moved."
)

STARTS = Exercise(
    "window_starts",
    laid,
    _starts_cases,
    (
        Mistake(
            lambda length, size, stride: np.arange(0, length - size + 1, stride),
            "Your last window ends before the image does, so the pixels behind it get "
            "no answer. Add one that is flush with the end.",
        ),
        Mistake(
            lambda length, size, stride: np.arange(0, length - size, stride),
            "Your last window ends before the image does. Add one that is flush with "
            "the end.",
        ),
        Mistake(
            lambda length, size, stride: np.arange(0, length, stride),
            "Windows reach beyond the image. The last one starts at length - size.",
        ),
        Mistake(
            lambda length, size, stride: np.arange(0, length - size + stride, stride),
            "Your last window reaches beyond the image: pull it back until it is flush "
            "with the end.",
        ),
        Mistake(
            lambda length, size, stride: np.append(
                np.arange(0, length - size + 1, stride), length - size
            ),
            "Where the windows fit exactly, the last one is there twice, and is paid "
            "for twice.",
        ),
        Mistake(
            lambda length, size, stride: np.append(
                np.arange(0, length - size + 1, stride), length - size + 1
            ),
            "Your last window starts one pixel too late: its last pixel is outside.",
        ),
        Mistake(
            lambda length, size, stride: np.append(
                np.arange(0, length - size, stride), length - size - 1
            ),
            "Your last window ends one pixel before the image does.",
        ),
        Mistake(
            lambda length, size, stride: np.arange(-(-(length - size) // stride) + 1),
            "These are the numbers of the windows. Return the pixel where each starts.",
        ),
        Mistake(
            lambda length, size, stride: len(laid(length, size, stride)),
            "This is how many windows there are. Return where each of them starts.",
        ),
        Mistake(
            lambda length, size, stride: laid(length, size, stride) + size,
            "These are the places where windows end.",
        ),
        Mistake(
            lambda length, size, stride: laid(length, size, stride) + size // 2,
            "These are the middles of the windows. Return their first pixels.",
        ),
        Mistake(
            lambda length, size, stride: np.sort(np.arange(length - size, -1, -stride)),
            "You count back from the end, so the first window may not start at 0. "
            "Count from 0, and move only the last one.",
        ),
        Mistake(
            lambda length, size, stride: np.append(
                0, np.sort(np.arange(length - size, 0, -stride))
            ),
            "You count back from the end and move the first window. Count from 0, and "
            "move only the last one.",
        ),
        Mistake(
            lambda length, size, stride: np.roll(laid(length, size, stride), 1),
            "These are the right starts in another order. They must rise.",
        ),
        Mistake(
            lambda length, size, stride: np.floor(
                np.linspace(0, length - size, len(laid(length, size, stride)))
            ),
            SPREAD,
        ),
        Mistake(
            _spread,
            SPREAD,
        ),
        Mistake(
            lambda length, size, stride: laid(length, stride, size),
            "Size and stride are swapped.",
        ),
    ),
)


def window_starts(function: Callable) -> None:
    """Check `window_starts(length, size, stride)` -> (n,)."""
    check(STARTS, function)
