"""Dense layers as kernels, for three orders of flat features."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check

ORDERS = ("CHW", "HWC", "mean")


def by_impulses(weights, height, width, order) -> np.ndarray:
    """Ask the dense layer about features that are 1 in one place and channel."""
    places = 1 if order == "mean" else height * width
    channels = len(weights) // places
    kernel = np.empty((height, width, channels, weights.shape[1]))
    for place in np.ndindex(height, width, channels):
        features = np.zeros((height, width, channels))
        features[place] = 1
        if order == "mean":
            flat = features.sum(axis=(0, 1)) / (height * width)
        elif order == "HWC":
            flat = features.ravel()
        else:
            flat = np.concatenate([one.ravel() for one in np.moveaxis(features, 2, 0)])
        kernel[place] = flat @ weights
    return kernel


def _cases() -> Iterator[Case]:
    def case(name, weights, height, width, order):
        sides = {"height": height, "width": width}
        return Case(name, {"weights": weights, **sides, "order": order})

    example = np.arange(1.0, 7)[:, None]
    yield case("the worked example", example, 1, 3, "HWC")
    yield case("the worked example", example, 1, 3, "CHW")
    yield case("the worked example", np.array([[6.0], [12.0]]), 1, 3, "mean")
    generator = np.random.default_rng(30)
    for order in 2 * ORDERS:
        sides = generator.choice(np.arange(2, 7), 4, replace=False)
        height, width, channels, units = (int(side) for side in sides)
        flat = channels if order == "mean" else height * width * channels
        yield case(
            "random weights", generator.normal(size=(flat, units)), height, width, order
        )
    for order in ORDERS:
        weights = generator.normal(size=(4, 3)).astype(np.float32)
        yield case("features of a single place", weights, 1, 1, order)
    whole = generator.integers(-9, 9, (3, 2))
    yield case("a mean with whole numbers", whole, 2, 5, "mean")


def _except(order_of_mistake: str, wrong):
    """Make an answer that is wrong for one order alone, or for all ("")."""

    def answer(weights, height, width, order):
        if order_of_mistake in ("", order):
            return wrong(weights, height, width)
        return by_impulses(weights, height, width, order)

    return answer


def _rows_first(weights, height, width):
    return weights.reshape(height, width, -1, weights.shape[1])


def _channels_first(weights, height, width):
    parts = weights.reshape(-1, height, width, weights.shape[1])
    return np.moveaxis(parts, 0, 2)


def _flipped(weights, height, width, order):
    return by_impulses(weights, height, width, order)[::-1, ::-1]


def _tiled(weights, height, width, divisor):
    return np.tile(weights / divisor, (height, width, 1, 1))


READ_AS_ROWS = (
    'You read the weights as row, column, channel. With "CHW" all places of the first '
    "channel come first."
)
READ_AS_CHANNELS = (
    'You read the weights as channel, row, column. With "HWC" all channels of the '
    "first place come first."
)
NOT_MOVED = (
    "The channels are your first axis. They were flattened first, but the kernel has "
    "them behind height and width: move the axis."
)
SWAPPED = (
    "Height and width are swapped: the features have `height` rows, and of a row all "
    "columns come one after the other."
)
ONE_PLACE = (
    'With "mean" there is one weight for each channel, yet the kernel covers all '
    "places of the window, or it would see one place alone."
)
UNDIVIDED = (
    "Each place has the whole weight of its channel, so you give the sum of all "
    "places. A mean divides by how many there are."
)

KERNEL = Exercise(
    "as_kernel",
    by_impulses,
    _cases,
    (
        Mistake(
            _except("mean", _rows_first),
            'With "mean" there is one weight for each channel and unit, too few to be '
            "given a place: all places share them.",
        ),
        Mistake(_except("", _rows_first), READ_AS_ROWS),
        Mistake(_except("CHW", _rows_first), READ_AS_ROWS),
        Mistake(_except("", _channels_first), READ_AS_CHANNELS),
        Mistake(_except("HWC", _channels_first), READ_AS_CHANNELS),
        Mistake(
            _except(
                "CHW", lambda w, height, width: w.reshape(-1, height, width, w.shape[1])
            ),
            NOT_MOVED,
        ),
        Mistake(
            _except(
                "CHW",
                lambda w, height, width: (
                    w.reshape(-1, height, width, w.shape[1]).swapaxes(0, 2).copy()
                ),
            ),
            "You swapped the channels with the columns, so the columns stand where the "
            "rows belong. Height and width keep their order.",
        ),
        Mistake(
            _except(
                "CHW",
                lambda w, height, width: w.reshape(
                    -1, width, height, w.shape[1]
                ).transpose(2, 1, 0, 3),
            ),
            SWAPPED,
        ),
        Mistake(
            _except(
                "HWC", lambda w, height, width: w.reshape(width, height, -1, w.shape[1])
            ),
            SWAPPED,
        ),
        Mistake(
            _except(
                "HWC",
                lambda w, height, width: w.reshape(
                    width, height, -1, w.shape[1]
                ).swapaxes(0, 1),
            ),
            SWAPPED,
        ),
        Mistake(
            _except("mean", lambda weights, height, width: weights[None, None]),
            ONE_PLACE,
        ),
        Mistake(
            _except(
                "mean",
                lambda weights, height, width: weights[None, None] / (height * width),
            ),
            ONE_PLACE,
        ),
        Mistake(
            _except("mean", lambda w, height, width: _tiled(w, height, width, 1)),
            UNDIVIDED,
        ),
        Mistake(
            _except("mean", lambda w, height, width: _tiled(w, height, width, len(w))),
            "You divide by the number of channels. The mean is over the places of a "
            "channel.",
        ),
        Mistake(
            _except("mean", lambda w, height, width: _tiled(w, height, width, width)),
            "You divide by the number of columns. The mean is over rows and columns.",
        ),
        Mistake(
            _except("mean", lambda w, height, width: _tiled(w, height, width, height)),
            "You divide by the number of rows. The mean is over rows and columns.",
        ),
        Mistake(
            _except(
                "mean",
                lambda w, height, width: (
                    _tiled(w, height, width, 1) // (height * width)
                ),
            ),
            "// cuts the weights to whole numbers. Divide with /.",
        ),
        Mistake(
            _flipped,
            "Your kernel is turned upside down. A convolution of mathematics flips its "
            "kernel, those of the frameworks do not.",
        ),
        Mistake(
            lambda **case: by_impulses(**case).swapaxes(2, 3),
            "Units stand before channels, as PyTorch has it. Here they come last.",
        ),
        Mistake(
            _except(
                "mean",
                lambda w, height, width: (
                    w.repeat(height * width, axis=0).reshape(
                        height, width, -1, w.shape[1]
                    )
                    / (height * width)
                ),
            ),
            'With "mean" your weights lie channel by channel, but each place needs all '
            "of them: repeat the whole array, not each row of it.",
        ),
        Mistake(
            lambda **case: by_impulses(**case).transpose(3, 2, 0, 1),
            "Your axes are units, channels, height, width, as in PyTorch. Here they "
            "are height, width, channels, units.",
        ),
        Mistake(
            lambda **case: np.moveaxis(by_impulses(**case), 3, 0),
            "Units are your first axis, as in PyTorch. Here they come last.",
        ),
    ),
)


def as_kernel(function: Callable) -> None:
    """Check `as_kernel(weights, height, width, order)` -> (height, width, C, units)."""
    check(KERNEL, function)
