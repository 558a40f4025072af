"""How large an output is: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def counted(
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
            return counted(
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
    counted,
    _size_cases,
    (
        Mistake(
            _sizes(_down, _up),
            "A negative number of pixels: where nothing is left, the answer is 0.",
        ),
        Mistake(
            lambda output_padding=0, **case: (
                counted(output_padding=output_padding, **case)
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
            lambda **case: max(1, counted(**case)),
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


def output_size(function: Callable) -> None:
    """Check `output_size(size, kernel, stride, ..., transposed)` -> whole number."""
    check(SIZE, function)
