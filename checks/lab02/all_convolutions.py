"""Whole classifiers as convolutions: run on images, compared window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.lab02.as_kernel import by_impulses
from checks.values import plain


def run(kernels, strides, x) -> np.ndarray:
    """Run convolutions with ReLU between them: x (H, W, C) -> (rows, columns, units).

    Raises ValueError, in the learner's words, where the channels do not fit.
    """
    for number, (kernel, stride) in enumerate(zip(kernels, strides, strict=True), 1):
        x = np.maximum(x, 0) if number > 1 else np.asarray(x, float)
        high, wide, channels, _ = kernel.shape
        if high > x.shape[0] or wide > x.shape[1]:
            raise ValueError(
                f"Your kernel number {number} has {high} x {wide} places, but only "
                f"{x.shape[0]} x {x.shape[1]} arrive: is a stride too long?"
            )
        if channels != x.shape[2]:
            raise ValueError(
                f"Your kernel number {number} takes {channels} channels, but "
                f"{x.shape[2]} arrive."
            )
        view = np.lib.stride_tricks.sliding_window_view(x, (high, wide), (0, 1))
        x = np.tensordot(view[::stride, ::stride], kernel, axes=((3, 4, 2), (0, 1, 2)))
    return x


def _classify(kernels, strides, matrices, order, window) -> np.ndarray:
    features = np.maximum(run(kernels, strides, window), 0)
    if order == "mean":
        x = features.mean(axis=(0, 1))
    elif order == "HWC":
        x = features.ravel()
    else:
        x = features.transpose(2, 0, 1).ravel()
    for number, matrix in enumerate(matrices):
        x = np.maximum(x, 0) if number else x
        x = x @ matrix
    return x


def _by_windows(kernels, strides, matrices, height, width, order, image) -> np.ndarray:
    step = int(np.prod(strides))
    return np.array(
        [
            [
                _classify(
                    kernels,
                    strides,
                    matrices,
                    order,
                    image[top : top + height, left : left + width],
                )
                for left in range(0, image.shape[1] - width + 1, step)
            ]
            for top in range(0, image.shape[0] - height + 1, step)
        ]
    )


def _cases() -> Iterator[Case]:
    generator = np.random.default_rng(32)

    def case(name, convolutions, features, widths, order, more):
        """Work backwards from the features (height, width) of a window."""
        channels, kernels, strides = 3, [], []
        for size, stride, deep in convolutions:
            kernels.append(generator.normal(size=(size, size, channels, deep)))
            strides.append(stride)
            channels = deep
        sides = []
        for side in features:
            for size, stride, _ in reversed(convolutions):
                side = (side - 1) * stride + size
            sides.append(side)
        flat = channels * (1 if order == "mean" else features[0] * features[1])
        pairs = zip((flat, *widths), widths, strict=False)
        matrices = [generator.normal(size=pair) for pair in pairs]
        image = generator.normal(size=(sides[0] + more[0], sides[1] + more[1], 3))
        arguments = {"kernels": kernels, "strides": strides, "matrices": matrices}
        arguments |= {"height": sides[0], "width": sides[1], "order": order}
        return Case(name, {**arguments, "image": image})

    two = [(3, 2, 4), (2, 1, 5)]
    yield case("the worked example", two, (3, 2), (6, 4), "mean", (5, 9))
    for order in ("CHW", "HWC", "mean"):
        size, other = generator.choice(np.arange(2, 5), 2, replace=False)
        convolutions = [(int(size), 2, 6), (int(other), 3, 4)]
        features = tuple(int(n) for n in generator.choice(np.arange(2, 6), 2, False))
        yield case("random layers", convolutions, features, (7, 5, 4), order, (17, 23))
    yield case("a classifier without hidden layers", two, (2, 4), (3,), "CHW", (4, 7))
    yield case("features of a single place", two, (1, 1), (6, 2), "HWC", (3, 5))
    yield case("a single convolution", [(3, 2, 4)], (4, 3), (5, 2), "CHW", (2, 5))
    yield case("an image that is one window", two, (3, 4), (2, 6), "mean", (0, 0))


class NoNetwork:
    """What the learner returned cannot be run, and why."""

    def __init__(self, why: str):
        self.why = why

    def __repr__(self):
        return "kernels and strides that cannot be run"


def _ask(function, given: dict):
    """Run what the learner returns on the image, or say why that is impossible."""
    *layers, image = given.values()
    answer = function(*layers)
    if answer is None:
        return None
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return NoNetwork("Return two lists: kernels and strides.")
    try:
        if any(kernel is None for kernel in answer[0]):
            return NoNetwork("There is None among your kernels: is exercise 1 written?")
        kernels = [np.asarray(plain(kernel), float) for kernel in answer[0]]
        steps = [float(plain(stride)) for stride in answer[1]]
    except (TypeError, ValueError, OverflowError):
        return NoNetwork(
            "Return two lists: kernels, which are arrays, and strides, numbers."
        )
    if problem := _misshapen(given, kernels, steps):
        return NoNetwork(problem)
    try:
        return run(kernels, [int(step) for step in steps], image)
    except ValueError as error:
        return NoNetwork(str(error))


def _misshapen(given: dict, kernels: list, strides: list) -> str:
    """Say what is wrong with the number and the shapes of the layers, "" if nothing."""
    body = len(given["kernels"])
    needed = body + len(given["matrices"])
    if len(kernels) != needed:
        return (
            f"Your network has {len(kernels)} kernels, but the classifier has "
            f"{needed} layers: each becomes one kernel."
        )
    if len(strides) != len(kernels):
        return (
            f"There are {len(strides)} strides for {len(kernels)} kernels: the dense "
            "layers have one, too."
        )
    for number, (kernel, stride) in enumerate(zip(kernels, strides, strict=True), 1):
        if kernel.ndim != 4:
            return (
                f"Your kernel number {number} has the shape {kernel.shape}. A kernel "
                "has four axes: height, width, channels, units."
            )
        if not (stride >= 1 and stride.is_integer()):
            return (
                f"Your stride number {number} is {stride:g}. It is a whole number, at "
                "least 1."
            )
        if number > body + 1 and kernel.shape[:2] != (1, 1):
            high, wide = kernel.shape[:2]
            return (
                f"Your kernel number {number} has {high} x {wide} places. A dense "
                "layer behind the first one has a single place to look at: 1 x 1."
            )
    return _size_of_head(given, kernels[body].shape[:2])


def _size_of_head(given: dict, found: tuple) -> str:
    """Say why the kernel of the first dense layer has a wrong size, or ""."""

    def sides(after):
        both = []
        for side in (given["height"], given["width"]):
            for kernel, stride in zip(given["kernels"], given["strides"], strict=True):
                side = after(side, kernel.shape[0], stride)
            both.append(side)
        return tuple(both)

    right = sides(lambda side, kernel, stride: len(range(0, side - kernel + 1, stride)))
    if found == right:
        return ""
    said = f"The kernel of your first dense layer has {found[0]} x {found[1]} places. "
    reasons = (
        (right[::-1], "Its height and width are swapped."),
        (
            sides(lambda side, kernel, stride: side),
            "That is the size of the window. It lies on features, of which there are "
            "fewer.",
        ),
        (
            sides(lambda side, kernel, stride: side - kernel + 1),
            "That would be right without strides. A stride makes fewer features.",
        ),
        (
            sides(lambda side, kernel, stride: side // stride),
            "That would be right for padded convolutions. Without padding, a kernel "
            "of k rows takes k - 1 rows away.",
        ),
        (
            sides(lambda side, kernel, stride: -(-side // stride)),
            "That would be right for padded convolutions. Without padding, a kernel "
            "of k rows takes k - 1 rows away.",
        ),
        (
            sides(lambda side, kernel, stride: (side - kernel) // stride),
            "Each convolution gives one row and one column more: its first place "
            "counts, too.",
        ),
        ((1, 1), "The first dense layer looks at all features of a window."),
        ((right[0],) * 2, "Its height is right, but its width is another."),
        ((right[1],) * 2, "Its width is right, but its height is another."),
    )
    for size, reason in reasons:
        if found == size:
            return said + reason
    return said + "It must be as large as the features of a window."


def _inspect(given: dict, answer) -> str | None:
    return answer.why if isinstance(answer, NoNetwork) else None


def _network(head_stride=lambda high, wide, strides: 1, body=None, order_of=None):
    """Make a converter of which one part is wrong; give what its network answers."""

    def answer(kernels, strides, matrices, height, width, order, image):
        for kernel, stride in zip(kernels, strides, strict=True):
            height = len(range(0, height - len(kernel) + 1, stride))
            width = len(range(0, width - len(kernel) + 1, stride))
        head = [by_impulses(matrices[0], height, width, order_of or order)]
        head += [matrix[None, None] for matrix in matrices[1:]]
        steps = [body or stride for stride in strides]
        steps += [head_stride(height, width, strides)] + [1] * (len(head) - 1)
        return run([*kernels, *head], steps, image)

    return answer


def _unfit(kernels, strides, matrices, height, width, order, image):
    weights = matrices[0]
    return weights.reshape(len(weights) + 1, 1, -1, weights.shape[1])


def _unfit_channels(kernels, strides, matrices, height, width, order, image):
    weights = matrices[0]
    return weights.reshape(-1, len(weights) + 1, 1, weights.shape[1])


UNFIT = (
    "The features that you count are not those that the first dense layer was made "
    "for. Follow one window through the convolutions and print its sizes. Then look "
    "whether you hand on the order."
)

CONVERT = Exercise(
    "all_convolutions",
    _by_windows,
    _cases,
    (
        Mistake(
            _network(head_stride=lambda high, wide, strides: high),
            "The first dense layer steps over as many places as its kernel is high. "
            "Windows overlap: the kernels of dense layers have stride 1.",
        ),
        Mistake(
            _network(head_stride=lambda high, wide, strides: wide),
            "The first dense layer steps over as many places as its kernel is wide. "
            "Windows overlap: the kernels of dense layers have stride 1.",
        ),
        Mistake(
            _network(head_stride=lambda high, wide, strides: strides[-1]),
            "The first dense layer got the stride of the last convolution. Its own is "
            "1.",
        ),
        Mistake(
            _network(
                head_stride=lambda high, wide, strides: int(np.prod(strides)),
            ),
            "The strides of the convolutions count twice: the kernels of dense layers "
            "have stride 1.",
        ),
        Mistake(
            _network(body=1),
            "The convolutions have lost their strides. They stay as they are.",
        ),
        Mistake(
            _network(order_of="HWC"),
            "The order of the features is not used: hand it on to as_kernel.",
        ),
        Mistake(
            _network(order_of="CHW"),
            "The order of the features is not used: hand it on to as_kernel.",
        ),
        Mistake(_unfit, UNFIT),
        Mistake(_unfit_channels, UNFIT),
    ),
    inspect=_inspect,
    ask=_ask,
)


def all_convolutions(function: Callable) -> None:
    """Check `all_convolutions(kernels, strides, matrices, height, width, order)`.

    What it returns, kernels and strides, is run on images and compared with the
    classifier on each window.
    """
    check(CONVERT, function)
