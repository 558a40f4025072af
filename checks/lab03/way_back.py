"""Which output paddings lead back: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.lab03.output_size import counted


def _tried(size, layers) -> np.ndarray:
    """Go down, then try output paddings on the way up."""
    sizes = [size]
    for kernel, stride, padding, dilation in layers:
        sizes.append(counted(sizes[-1], kernel, stride, padding, dilation))
    found = []
    for number in reversed(range(len(layers))):
        kernel, stride, padding, dilation = layers[number]
        for more in range(stride):
            numbers = kernel, stride, padding, dilation, more
            if counted(sizes[number + 1], *numbers, True) == sizes[number]:
                found.append(more)
    return np.array(found, int)


def _back_cases() -> Iterator[Case]:
    generator = np.random.default_rng(31)
    layers = ((3, 2, 1, 1), (4, 3, 0, 1))
    yield Case("the worked example", {"size": 23, "layers": layers})
    for _ in range(8):
        layers = tuple(
            (
                int(generator.integers(2, 5)),
                int(generator.integers(2, 5)),
                int(generator.integers(0, 2)),
                int(generator.integers(1, 3)),
            )
            for _ in range(generator.integers(2, 4))
        )
        arguments = {"size": int(generator.integers(150, 300)), "layers": layers}
        yield Case("random encoders", arguments)
    thin = ((3, 1, 1, 1), (5, 2, 2, 1), (3, 1, 2, 2), (2, 2, 0, 1))
    yield Case("layers without stride between", {"size": 47, "layers": thin})
    yield Case("a single layer", {"size": 8, "layers": ((3, 2, 1, 1),)})
    yield Case("nothing is lost", {"size": 25, "layers": ((3, 2, 1, 1),) * 3})


def _walked(room=None, after=None, lost=None, order=-1, goes_on=False) -> Callable:
    """Make a walk through the encoder of which one part is wrong.

    goes_on: whether a wrong room also gives the wrong size to the next layer.
    """

    def way_back(size, layers):
        found = []
        for kernel, stride, padding, dilation in layers:
            left = (room or _room)(size, kernel, padding, dilation)
            found.append((lost or (lambda left, stride, size: left % stride))(
                left, stride, size
            ))  # fmt: skip
            if not goes_on:
                left = _room(size, kernel, padding, dilation)
            right = left // stride + 1
            size = (after or (lambda size, right, stride: right))(size, right, stride)
        return np.array(found[::order], int)

    return way_back


def _room(size, kernel, padding, dilation):
    return size + 2 * padding - dilation * (kernel - 1) - 1


# What people forget in the room that a window has, and the hint for it.
ROOMS = (
    (
        lambda n, k, p, d: n + 2 * p - k,
        "Dilation is missing: it makes the kernel longer, so the window takes fewer "
        "steps.",
    ),
    (
        lambda n, k, p, d: n + p - d * (k - 1) - 1,
        "Padding is added at both ends.",
    ),
    (
        lambda n, k, p, d: n - d * (k - 1) - 1,
        "Padding is missing: it gives the window more room.",
    ),
    (
        lambda n, k, p, d: n + 2 * p - d * (k - 1),
        "You are one pixel off: a kernel that spans as many pixels as there are takes "
        "no step at all.",
    ),
)


def _sizes_back(size, layers):
    sizes = [size]
    for kernel, stride, padding, dilation in layers:
        sizes.append(counted(sizes[-1], kernel, stride, padding, dilation))
    return sizes


BACK = Exercise(
    "way_back",
    _tried,
    _back_cases,
    (
        Mistake(
            _walked(order=1),
            "These are the encoder's layers in their own order. The decoder runs them "
            "backwards.",
        ),
        Mistake(
            _walked(after=lambda size, right, stride: size),
            "Every layer is computed from the size of the image. A layer gets what the "
            "layer before it gives.",
        ),
        Mistake(
            _walked(after=lambda size, right, stride: size // stride),
            "The next layer gets what a convolution gives, and that is not always "
            "size // stride.",
        ),
        Mistake(
            _walked(after=lambda size, right, stride: -(-size // stride)),
            "The next layer gets what a convolution gives, and that is not always the "
            "size divided by the stride.",
        ),
        Mistake(
            _walked(lambda size, kernel, padding, dilation: size),
            "Kernel and padding count as well: the remainder is that of the steps of "
            "the window, not that of the size.",
        ),
        *(
            Mistake(_walked(room, goes_on=goes_on), hint)
            for room, hint in ROOMS
            for goes_on in (False, True)
        ),
        Mistake(
            _walked(lost=lambda left, stride, size: stride - 1),
            "This makes every layer as large as it can become. What is missing depends "
            "on the size that the partner got.",
        ),
        Mistake(
            _walked(lost=lambda left, stride, size: -left % stride),
            "This is how many pixels would complete the next step. Count those that "
            "are left over behind the last one.",
        ),
        Mistake(
            _walked(lost=lambda left, stride, size: int(left % stride > 0)),
            "More than one pixel can be missing, if the stride is 3 or larger.",
        ),
        Mistake(
            _walked(lost=lambda left, stride, size: 0),
            "You never add output padding. Behind the last step of a window, pixels "
            "may be left over, and these are missing on the way back.",
        ),
        Mistake(
            _walked(lambda size, kernel, padding, dilation: size - 1),
            "Kernel and padding count as well: the remainder is that of the steps of "
            "the window, not that of size - 1.",
        ),
        Mistake(
            lambda size, layers: np.array([n for n in _tried(size, layers) if n]),
            "A layer that misses nothing has the output padding 0. Return it, too.",
        ),
        Mistake(
            lambda size, layers: _walked()(size, layers[::-1]),
            "You walk through the encoder backwards. The image enters its first "
            "layer; only the answer is turned round.",
        ),
        Mistake(
            lambda size, layers: np.array(_sizes_back(size, layers)[-2::-1]),
            "These are the sizes. Return the output padding that each layer needs to "
            "reach its size.",
        ),
    ),
)


def way_back(function: Callable) -> None:
    """Check `way_back(size, layers)` -> output paddings (n,)."""
    check(BACK, function)
