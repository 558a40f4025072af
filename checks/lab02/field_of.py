"""Receptive fields: size, jump and start, and how they are miscounted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _backwards(layers) -> tuple[int, int, float]:
    """Follow units 0 and 1 back, layer by layer, to the pixels that they see."""
    ends = []
    for unit in (0, 1):
        first = last = unit
        for kernel, stride, dilation, padding in reversed(layers):
            first = first * stride - padding
            last = last * stride - padding + (kernel - 1) * dilation
        ends.append((first, last))
    (first, last), (following, _) = ends
    return last - first + 1, following - first, (first + last) / 2


def _cases() -> Iterator[Case]:
    yield Case("the worked example", {"layers": [(3, 2, 1, 1), (4, 1, 2, 0)]})
    generator = np.random.default_rng(31)
    for length in (2, 3, 4, 6):
        layers = [
            (
                int(generator.integers(2, 8)),
                int(generator.integers(1, 4)),
                int(generator.integers(1, 4)),
                int(generator.integers(0, 4)),
            )
            for _ in range(length)
        ]
        yield Case("random layers", {"layers": layers})
    yield Case("a single pooling", {"layers": [(2, 2, 1, 0)]})
    yield Case("a 1 x 1 convolution with a stride", {"layers": [(1, 2, 1, 0)] * 2})
    yield Case("no layers", {"layers": []})
    stage = [(3, 1, 1, 1), (3, 1, 1, 1), (2, 2, 1, 0)]
    yield Case("a padded encoder", {"layers": 3 * stage})
    yield Case("padding of other sizes", {"layers": [(7, 2, 1, 3), (3, 2, 1, 0)]})


def _walk(
    widen=lambda kernel, dilation: (kernel - 1) * dilation,
    lead=lambda kernel, dilation, padding: (kernel - 1) * dilation / 2 - padding,
    scale=lambda jump, stride: jump,
    lead_scale=None,
    after=lambda jump, stride, dilation: jump * stride,
    begin=0.0,
    end=lambda size, jump, start: (size, jump, start),
):
    """Make a calculator of which one part may be wrong."""

    def answer(layers):
        size, jump, start = 1, 1, begin
        for kernel, stride, dilation, padding in layers:
            size += widen(kernel, dilation) * scale(jump, stride)
            start += lead(kernel, dilation, padding) * (lead_scale or scale)(
                jump, stride
            )
            jump = after(jump, stride, dilation)
        return end(size, jump, start)

    return answer


def _padded_size(layers):
    size, jump, start = _backwards(layers)
    return size - 2 * sum(padding for *_, padding in layers), jump, start


def _padding_in_pixels(layers):
    size, jump, start = 1, 1, 0.0
    for kernel, stride, dilation, padding in layers:
        reach = (kernel - 1) * dilation * jump
        size, start, jump = size + reach, start + reach / 2 - padding, jump * stride
    return size, jump, start


def _from_nothing(layers):
    size, jump, start = _backwards(layers)
    return size - 1, jump, start


def _no_steps(jump, stride):
    return 1


_HALF_THE_VALUES = (
    "Half the number of values is not the way to the centre. From the first value to "
    "the last there is one gap less, each is `dilation` wide, and half of that may be "
    "no whole number."
)

FIELD = Exercise(
    "field_of",
    _backwards,
    _cases,
    (
        Mistake(
            _walk(
                widen=lambda kernel, dilation: kernel - 1,
                lead=lambda kernel, dilation, padding: (kernel - 1) / 2 - padding,
            ),
            "The dilation does not count. The values of a kernel lie `dilation` apart, "
            "which widens the field and moves its centre.",
        ),
        Mistake(
            _walk(widen=lambda kernel, dilation: kernel - 1),
            "The dilation is missing in the size.",
        ),
        Mistake(
            _walk(lead=lambda kernel, dilation, padding: (kernel - 1) / 2 - padding),
            "The dilation is missing in the start: the centre of a kernel lies behind "
            "its first value by half of its reach.",
        ),
        Mistake(
            _walk(
                widen=lambda kernel, dilation: kernel * dilation,
                lead=lambda kernel, dilation, padding: kernel * dilation / 2 - padding,
            ),
            "A kernel of k values has k - 1 gaps between them.",
        ),
        Mistake(
            _walk(widen=lambda kernel, dilation: kernel * dilation),
            "A kernel of k values has k - 1 gaps between them.",
        ),
        Mistake(
            _walk(widen=lambda kernel, dilation: kernel * dilation - 1),
            "A kernel of k values has k - 1 gaps, and each of them is `dilation` wide.",
        ),
        Mistake(
            _walk(scale=lambda jump, stride: jump * stride),
            "You multiply by a layer's own stride too soon. Its kernel counts in steps "
            "between its inputs: the jump of the layers before it.",
        ),
        Mistake(
            _walk(scale=_no_steps),
            "Your layers count in pixels. From the first stride on, a step between the "
            "inputs of a layer is longer than a pixel.",
        ),
        Mistake(
            _walk(lead_scale=_no_steps),
            "The start counts in pixels, but kernel and padding of a layer are counted "
            "in steps between its inputs.",
        ),
        Mistake(
            _walk(lead=lambda kernel, dilation, padding: (kernel - 1) * dilation / 2),
            "Padding does not count in your start. Rows put in front move the centre "
            "of the first unit back.",
        ),
        Mistake(
            _walk(
                lead=lambda kernel, dilation, padding: (
                    (kernel - 1) * dilation / 2 + padding
                )
            ),
            "Padding moves your start the wrong way: with rows in front, the first "
            "unit sees what lies before the image.",
        ),
        Mistake(
            _walk(
                lead=lambda kernel, dilation, padding: (kernel - 1) * dilation - padding
            ),
            "Your start goes to the last value of each kernel. Its centre is half as "
            "far from the first.",
        ),
        Mistake(
            _walk(lead=lambda kernel, dilation, padding: -padding),
            "Your start is the first pixel of the field. Return its centre.",
        ),
        Mistake(
            _walk(
                lead=lambda kernel, dilation, padding: (
                    (kernel - 1) * dilation // 2 - padding
                )
            ),
            "Your start is cut to whole numbers with //. A kernel of even size has its "
            "centre between two values.",
        ),
        Mistake(
            _walk(end=lambda size, jump, start: (size, jump, int(np.floor(start)))),
            "Your start is cut to whole numbers, but a centre may lie between two "
            "pixels.",
        ),
        Mistake(
            _walk(
                lead=lambda kernel, dilation, padding: kernel * dilation / 2 - padding
            ),
            "From the first value of a kernel to the last it is one step less than it "
            "has values: the start is half of that behind the first.",
        ),
        Mistake(
            _walk(lead=lambda kernel, dilation, padding: kernel // 2 - padding),
            _HALF_THE_VALUES,
        ),
        Mistake(
            _walk(
                lead=lambda kernel, dilation, padding: kernel // 2 * dilation - padding
            ),
            _HALF_THE_VALUES,
        ),
        Mistake(
            _padding_in_pixels,
            "Your padding counts in pixels. Its rows are put in front of the layer's "
            "inputs, and lie as far apart as these.",
        ),
        Mistake(
            _from_nothing,
            "Your size is one too small: without any layer a unit sees one pixel.",
        ),
        Mistake(
            lambda layers: (*_backwards(layers)[:2], -_backwards(layers)[2]),
            "The sign of your start is wrong.",
        ),
        Mistake(
            lambda layers: _backwards([(k, d, s, p) for k, s, d, p in layers]),
            "Stride and dilation are swapped: a layer is kernel, stride, dilation, "
            "padding.",
        ),
        Mistake(
            _walk(begin=0.5),
            "Your start is half a pixel too far: here the centre of pixel 0 is at 0.",
        ),
        Mistake(
            _walk(after=lambda jump, stride, dilation: stride),
            "Your jump is the stride of the last layer alone. Strides multiply.",
        ),
        Mistake(
            _walk(after=lambda jump, stride, dilation: jump + stride - 1),
            "Your jump adds the strides. They multiply.",
        ),
        Mistake(
            _walk(after=lambda jump, stride, dilation: jump + stride),
            "Your jump adds the strides. They multiply.",
        ),
        Mistake(
            _walk(after=lambda jump, stride, dilation: jump * stride * dilation),
            "Dilation spreads a kernel, but it does not move two units apart: the jump "
            "grows by the stride alone.",
        ),
        Mistake(
            lambda layers: _backwards(layers[::-1]),
            "You start with the last layer. Layers are given in the order in which "
            "they run.",
        ),
        Mistake(
            _padded_size,
            "Padding makes your field smaller. A unit sees as far as before, though "
            "some of what it sees is padding.",
        ),
        Mistake(
            lambda layers: (
                _backwards(layers)[0],
                _backwards(layers)[2],
                _backwards(layers)[1],
            ),
            "Jump and start are swapped.",
        ),
    ),
)


def field_of(function: Callable) -> None:
    """Check `field_of(layers)` -> (size, jump, start)."""
    check(FIELD, function)
