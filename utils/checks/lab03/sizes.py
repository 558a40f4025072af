"""How large an output is, and which output paddings lead back: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from utils.checks.core import Case, Exercise, Mistake


def _counted(
    size, kernel, stride=1, padding=0, dilation=1, output_padding=0, transposed=False
) -> int:
    """Lay the windows or the stamps one by one."""
    places = [dilation * weight for weight in range(kernel)]
    if transposed:
        last = max(stride * i + place for i in range(size) for place in places)
        return max(0, last + 1 - 2 * padding + output_padding)
    count, start = 0, 0
    while start + places[-1] < size + 2 * padding:
        count, start = count + 1, start + stride
    return count


def _size_cases() -> Iterator[Case]:
    names = ("size", "kernel", "stride", "padding", "dilation", "output_padding")

    def case(name, *numbers, transposed=None):
        arguments = dict(zip(names, map(int, numbers), strict=False))
        if transposed is not None:
            arguments["transposed"] = transposed
        return Case(name, arguments)

    generator = np.random.default_rng(30)
    yield case("the worked example", 10, 3, 2, 1, 2, 0, transposed=False)
    yield case("a transposed convolution by hand", 4, 3, 2, 1, 2, 1, transposed=True)
    for number in range(16):
        size, kernel = generator.choice(np.arange(12, 70), 2, replace=False)
        kernel, stride = kernel % 6 + 2, generator.integers(2, 5)
        padding, dilation = generator.integers(1, 5), generator.integers(1, 4)
        if number % 2:
            more = generator.integers(0, stride)
            yield case(
                "random transposed convolutions",
                *(size, kernel, stride, padding, dilation, more),
                transposed=True,
            )
        else:
            numbers = size, kernel, stride, padding, dilation, number % 3
            yield case("random convolutions", *numbers, transposed=False)
    yield case("nothing but a size and a kernel", 9, 4)
    yield case("a stride larger than the kernel", 5, 2, 3, 0, 1, 0, transposed=True)
    yield case("a kernel that just fits", 5, 3, 2, 0, 2)
    yield case("a kernel that does not fit", 4, 3, 2, 0, 2)
    yield case("a kernel that is far too large", 3, 7, 2, 0, 1)
    yield case("stamps that are cut off", 1, 3, 2, 2, 1, 0, transposed=True)


def _sizes(down: Callable | None = None, up: Callable | None = None) -> Callable:
    """Make a calculator that counts one kind of layer in its own way."""

    def output_size(
        size,
        kernel,
        stride=1,
        padding=0,
        dilation=1,
        output_padding=0,
        transposed=False,
    ):
        wrong = up if transposed else down
        if wrong is None:
            return _counted(
                size, kernel, stride, padding, dilation, output_padding, transposed
            )
        if transposed:
            return wrong(size, kernel, stride, padding, dilation, output_padding)
        return wrong(size, kernel, stride, padding, dilation)

    return output_size


def _up(n, k, s, p, d, o):
    return (n - 1) * s + d * (k - 1) + 1 - 2 * p + o


def _down(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def _with_span(span):
    """Make a calculator with another length of a dilated kernel."""
    return _sizes(
        lambda n, k, s, p, d: max(0, (n + 2 * p - span(k, d)) // s + 1),
        lambda n, k, s, p, d, o: max(0, (n - 1) * s + span(k, d) - 2 * p + o),
    )


SIZE = Exercise(
    "output_size",
    _counted,
    _size_cases,
    (
        Mistake(
            _sizes(_down, _up),
            "A negative number of pixels: where nothing is left, the answer is 0.",
        ),
        Mistake(
            lambda output_padding=0, **case: (
                _counted(output_padding=output_padding, **case)
                + (0 if case.get("transposed") else output_padding)
            ),
            "Output padding belongs to the transposed convolution alone.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: int((n + 2 * p - d * (k - 1) - 1) / s) + 1),
            "int(...) rounds towards zero, so a window that does not fit is counted. "
            "Round down with //, then nothing below 0.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: max(0, _down(n, k, 1, p, d) - 1) // s + 1),
            "You keep the steps from falling below 0, and then add 1: a window that "
            "does not fit is counted. Nothing below 0 comes last.",
        ),
        Mistake(
            lambda **case: max(1, _counted(**case)),
            "Your answer is at least 1. Where no pixel is left, it is 0.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: abs(_down(n, k, s, p, d))),
            "A window that does not fit gives no pixel, not a positive number of them.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1),
            "A part of a window gives no pixel: round down before you add 1.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1),
            "You round up. A window that reaches beyond the border is left out.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: round((n + 2 * p - d * (k - 1) - 1) / s) + 1),
            "You round to the nearest number. A window that reaches beyond the border "
            "is left out, so round down.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1),
            "In the convolution, padding is added at both ends.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s),
            "You count the steps of the window. It also stands where it starts: one "
            "more.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s),
            "Your convolution is off at some sizes. Count the steps, rounded down, "
            "then add 1.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: (n - 2 * p - d * (k - 1) - 1) // s + 1),
            "In the convolution, padding makes the input larger, not smaller.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: -(-n // s)),
            "That is the size with padding 'same'. Here the padding is a number.",
        ),
        Mistake(
            _with_span(lambda k, d: k),
            "Dilation is missing: the weights of a dilated kernel lie further apart.",
        ),
        Mistake(
            _with_span(lambda k, d: d * k),
            "A dilated kernel has a gap between its weights and none behind the last "
            "one: there is one gap less than weights.",
        ),
        Mistake(
            _with_span(lambda k, d: k + (k - 1) * d),
            "Dilation 1 is an ordinary kernel, without gaps. Dilation d puts weights d "
            "pixels apart.",
        ),
        Mistake(
            _with_span(lambda k, d: d * (k - 1)),
            "A kernel has one pixel more than steps between its first and last weight.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _up(n + 1, k, s, p, d, o)),
            "You go one stride too far: n stamps are n - 1 strides apart.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: n * s),
            "A transposed convolution makes n * stride only if kernel and padding are "
            "chosen for that. Lay the stamps.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _up(n, k, s, p, d, 0)),
            "Output padding is missing.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _up(n, k, s, p, d, 2 * o)),
            "Output padding is added at the end only, so it counts once.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _up(n, k, s, p, d, -o)),
            "Output padding adds pixels, padding takes them away.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _up(n, k, s, -p, d, o)),
            "In the transposed convolution, padding is cut off.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _up(n, k, s, 0, d, o) - p),
            "In the transposed convolution, padding is cut off both ends.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _up(n, k, s, 0, d, o)),
            "In the transposed convolution, padding is cut off, and you cut nothing.",
        ),
        Mistake(
            _sizes(up=lambda n, k, s, p, d, o: _down(n, k, s, p, d)),
            "You treat a transposed convolution as a convolution: look at the last "
            "argument.",
        ),
        Mistake(
            _sizes(lambda n, k, s, p, d: _up(n, k, s, p, d, 0)),
            "You treat a convolution as a transposed one: look at the last argument.",
        ),
    ),
)


def _tried(size, layers) -> np.ndarray:
    """Go down, then try output paddings on the way up."""
    sizes = [size]
    for kernel, stride, padding, dilation in layers:
        sizes.append(_counted(sizes[-1], kernel, stride, padding, dilation))
    found = []
    for number in reversed(range(len(layers))):
        kernel, stride, padding, dilation = layers[number]
        for more in range(stride):
            numbers = kernel, stride, padding, dilation, more
            if _counted(sizes[number + 1], *numbers, True) == sizes[number]:
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
        sizes.append(_counted(sizes[-1], kernel, stride, padding, dilation))
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
