"""Transposed convolution with channels: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _stamped(features, kernel, bias, stride, padding, output_padding) -> np.ndarray:
    """Stamp each value of each channel by itself."""
    canvas = _canvas(features, kernel, stride, output_padding)
    _, outputs, tall, wide = kernel.shape
    for channel, row, column in np.ndindex(features.shape):
        top, left = row * stride, column * stride
        for output in range(outputs):
            stamp = float(features[channel, row, column]) * kernel[channel, output]
            canvas[output, top : top + tall, left : left + wide] += stamp
    height, width = canvas.shape[1:]
    cut = canvas[:, padding : height - padding, padding : width - padding]
    return cut + np.asarray(bias)[:, None, None]


def _canvas(features, kernel, stride, output_padding) -> np.ndarray:
    sides = [
        (side - 1) * stride + reach + output_padding
        for side, reach in zip(features.shape[1:], kernel.shape[2:], strict=True)
    ]
    return np.zeros((kernel.shape[1], *sides))


def _cases() -> Iterator[Case]:
    def case(name, features, kernel, bias, stride, padding, output_padding):
        numbers = {"stride": stride, "padding": padding}
        numbers["output_padding"] = output_padding
        arrays = {"features": features, "kernel": kernel, "bias": bias}
        return Case(name, {**arrays, **numbers})

    generator = np.random.default_rng(32)

    def drawn(name, shape, stride, padding, output_padding):
        channels, outputs, height, width, tall, wide = shape
        features = generator.normal(size=(channels, height, width))
        kernel = generator.normal(size=(channels, outputs, tall, wide))
        bias = generator.normal(size=outputs) + 2
        return case(name, features, kernel, bias, stride, padding, output_padding)

    yield case(
        "the worked example",
        np.array([[[1.0, 2.0]], [[0.0, 1.0]]]),
        np.array([[[[1.0, 0.0, 2.0]]], [[[0.0, 5.0, 0.0]]]]),
        np.array([10.0]),
        *(2, 0, 1),
    )
    yield drawn("one channel to one", (1, 1, 3, 4, 3, 2), 2, 0, 0)
    yield drawn("as many channels as before", (3, 3, 4, 2, 2, 4), 2, 1, 0)
    for _ in range(4):
        channels, outputs = generator.choice(range(2, 6), 2, replace=False)
        height, width = generator.choice(range(3, 8), 2, replace=False)
        tall, wide = generator.choice(range(2, 6), 2, replace=False)
        shape = channels, outputs, height, width, tall, wide
        stride = int(generator.integers(2, 4))
        yield drawn("random shapes", shape, stride, 1, int(generator.integers(0, 2)))
    yield drawn("stride 1", (2, 3, 4, 5, 3, 2), 1, 0, 0)
    yield drawn("a stride larger than the kernel", (2, 3, 3, 4, 2, 1), 4, 0, 0)
    yield drawn("more output padding than padding", (3, 2, 3, 4, 3, 4), 4, 1, 3)
    yield drawn("a single pixel", (4, 2, 1, 1, 5, 4), 2, 1, 0)
    features = generator.integers(0, 256, (2, 3, 4)).astype(np.uint8)
    kernel, bias = generator.normal(size=(2, 3, 3, 2)), generator.normal(size=3)
    yield case("uint8 features", features, kernel, bias, 2, 1, 1)


def _stamps(write=None, finish=None, kernels=None, at=None) -> Callable:
    """Make a transposed convolution of which one part is wrong."""

    def transposed(features, kernel, bias, stride, padding, output_padding):
        kernel = kernels(kernel) if kernels else kernel
        canvas = _canvas(features, kernel, stride, output_padding)
        tall, wide = kernel.shape[2:]
        for row, column in np.ndindex(features.shape[1:]):
            top, left = (at or (lambda place, stride: place * stride))(
                np.array([row, column]), stride
            )
            stamp = np.einsum("c,ckyx->kyx", features[:, row, column], kernel)
            place = canvas[:, top : top + tall, left : left + wide]
            if write:
                write(place, stamp, bias)
            else:
                place += stamp
        return (finish or _finished)(canvas, bias, padding, output_padding)

    return transposed


def _finished(canvas, bias, padding, output_padding):
    height, width = canvas.shape[1:]
    cut = canvas[:, padding : height - padding, padding : width - padding]
    return cut + np.asarray(bias)[:, None, None]


def _cut(canvas, first, last):
    height, width = canvas.shape[1:]
    return canvas[:, first : height - last, first : width - last]


def _overwrite(place, stamp, bias):
    place[:] = stamp


def _bias_each_time(place, stamp, bias):
    place += stamp + bias[:, None, None]


def _no_bias_outside(canvas, bias, padding, output_padding):
    result = canvas.copy()
    height, width = (side - output_padding for side in canvas.shape[1:])
    result[:, :height, :width] += bias[:, None, None]
    return _cut(result, padding, padding)


def _end_cut_for_good(canvas, bias, padding, output_padding):
    height, width = (side - max(output_padding, padding) for side in canvas.shape[1:])
    return canvas[:, padding:height, padding:width] + bias[:, None, None]


def _first_alone(features, kernel, bias, **numbers):
    return _stamped(features[:1], kernel[:1], bias, **numbers)


def _averaged(features, kernel, bias, **numbers):
    return _stamped(features.astype(float) / len(features), kernel, bias, **numbers)


def _one_kernel(features, kernel, bias, **numbers):
    kernel = np.broadcast_to(kernel[:1], kernel.shape)
    return _stamped(features, kernel, bias, **numbers)


def _channels_swapped(features, kernel, bias, stride, padding, output_padding):
    canvas = _canvas(features, kernel, stride, output_padding)
    outputs, tall, wide = kernel.shape[1:]
    for channel, output, row, column in np.ndindex(len(features), outputs, tall, wide):
        weight = kernel[output, channel, row, column]
        below, right = (
            first + stride * side
            for first, side in zip((row, column), features.shape[1:], strict=True)
        )
        place = canvas[output, row:below:stride, column:right:stride]
        place += weight * features[channel]
    return _finished(canvas, bias, padding, output_padding)


def _in_their_type(features, kernel, bias, stride, padding, output_padding):
    canvas = _canvas(features, kernel, stride, output_padding).astype(features.dtype)
    tall, wide = kernel.shape[2:]
    for row, column in np.ndindex(features.shape[1:]):
        top, left = row * stride, column * stride
        stamp = np.einsum("c,ckyx->kyx", features[:, row, column], kernel)
        canvas[:, top : top + tall, left : left + wide] += stamp
    return _finished(canvas, bias, padding, output_padding)


TRANSPOSED = Exercise(
    "transposed_convolution",
    _stamped,
    _cases,
    (
        Mistake(
            _stamps(kernels=lambda kernel: kernel[:, :, ::-1, ::-1]),
            "Your kernel is turned round. A stamp is written as it is.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: (
                    canvas[:, p:-p, p:-p] + bias[:, None, None]
                )
            ),
            "A slice that ends at -0 is empty. Say where it ends, counted from the "
            "start: height - padding.",
        ),
        Mistake(
            _stamps(finish=lambda canvas, bias, p, o: _cut(canvas, p, p)),
            "The bias is missing.",
        ),
        Mistake(
            _stamps(finish=lambda canvas, bias, p, o: _cut(canvas, p, p) + bias.sum()),
            "Each output channel has a bias of its own.",
        ),
        Mistake(
            _stamps(finish=lambda canvas, bias, p, o: _cut(canvas, p, p) + bias[0]),
            "All output channels get the first bias. Each has one of its own.",
        ),
        Mistake(
            lambda **case: np.moveaxis(_stamped(**case), 0, -1),
            "The channels are your last axis. Here they come first: (K, H, W).",
        ),
        Mistake(
            lambda output_padding, **case: _stamped(
                output_padding=output_padding, **case
            )[:, :, : -output_padding or None],
            "Output padding adds rows and columns. You add rows alone.",
        ),
        Mistake(
            lambda output_padding, **case: _stamped(
                output_padding=output_padding, **case
            )[:, : -output_padding or None],
            "Output padding adds rows and columns. You add columns alone.",
        ),
        Mistake(
            _stamps(_bias_each_time, lambda canvas, bias, p, o: _cut(canvas, p, p)),
            "The bias is part of your stamps, so it is added where stamps overlap "
            "again, and where none is written not at all. Add it once, at the end.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: (
                    _cut(canvas, p, p) + (_cut(canvas, p, p) != 0) * bias[:, None, None]
                )
            ),
            "Pixels that no stamp has reached get the bias as well.",
        ),
        Mistake(
            _stamps(finish=_no_bias_outside),
            "The rows and columns of the output padding get the bias as well.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: (
                    _cut(canvas[:, : canvas.shape[1] - o, : canvas.shape[2] - o], p, p)
                    + bias[:, None, None]
                )
            ),
            "Output padding is missing: the output has that many more rows and columns "
            "at the end.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: _finished(
                    np.roll(canvas, (o, o), (1, 2)), bias, p, o
                )
            ),
            "Output padding belongs at the end, after the last row and column, and not "
            "before the first.",
        ),
        Mistake(
            _stamps(finish=_end_cut_for_good),
            "At the end, `padding` pixels are cut and `output_padding` pixels are "
            "added: the size follows from both.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: (
                    _cut(np.pad(_cut(canvas, 0, o), ((0, 0), (0, o), (0, o))), p, p)
                    + bias[:, None, None]
                )
            ),
            "Output padding shows more of the canvas, where padding had cut it. It is "
            "not a frame of zeros around what is left.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: (
                    np.pad(_cut(_cut(canvas, 0, o), p, p), ((0, 0), (0, o), (0, o)))
                    + bias[:, None, None]
                )
            ),
            "Output padding comes before padding: first the canvas grows, then it is "
            "cut. You cut pixels that had been written and put zeros in their place.",
        ),
        Mistake(
            _stamps(finish=lambda canvas, bias, p, o: canvas + bias[:, None, None]),
            "Padding cuts rows and columns off, and you cut none.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: (
                    canvas[:, p:, p:] + bias[:, None, None]
                )
            ),
            "Padding is cut off all four borders, also at the end.",
        ),
        Mistake(
            _stamps(
                finish=lambda canvas, bias, p, o: (
                    np.pad(canvas, ((0, 0), (p, p), (p, p))) + bias[:, None, None]
                )
            ),
            "Padding is cut off here. It is added in a convolution only.",
        ),
        Mistake(
            _stamps(_overwrite),
            "Stamps that overlap are added. Yours replace what was there.",
        ),
        Mistake(
            _stamps(at=lambda place, stride: place),
            "Stamps lie `stride` pixels apart, yours one pixel.",
        ),
        Mistake(
            _first_alone,
            "Only the first input channel writes. All of them do, and what they write "
            "is added.",
        ),
        Mistake(_averaged, "Input channels are added. You take their mean."),
        Mistake(
            _one_kernel,
            "Each input channel has kernels of its own. Yours all use those of the "
            "first one.",
        ),
        Mistake(
            _channels_swapped,
            "The first axis of the kernel is the input channel, the second one the "
            "output channel. You swap them.",
        ),
        Mistake(
            _stamps(kernels=lambda kernel: kernel.transpose(0, 1, 3, 2)),
            "Rows and columns of the kernel are swapped: it has kh rows and kw "
            "columns.",
        ),
        Mistake(
            _in_their_type,
            "Your canvas has the number type of the features, which holds no decimal "
            "numbers. Make a canvas of decimal numbers.",
        ),
    ),
)


def transposed_convolution(function: Callable) -> None:
    """Check `transposed_convolution(features, kernel, bias, ...)` -> (K, H, W)."""
    check(TRANSPOSED, function)
