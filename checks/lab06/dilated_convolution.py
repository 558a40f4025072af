"""Dilated convolution: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _by_output(image, kernels, rate=1, stride=1) -> np.ndarray:
    """Compute output by output, weight by weight, with ordinary numbers."""
    size, _, channels, filters = kernels.shape
    rows, columns = (-(-side // stride) for side in image.shape[:2])
    result = np.zeros((rows, columns, filters))
    for row, column in np.ndindex(rows, columns):
        for a, b in np.ndindex(size, size):
            y = row * stride + (a - size // 2) * rate
            x = column * stride + (b - size // 2) * rate
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                pixel = image[y, x].astype(float)
                result[row, column] += (pixel[:, None] * kernels[a, b]).sum(axis=0)
    return result


def _cases() -> Iterator[Case]:
    def case(name, image, kernels, rate, stride):
        arguments = {"image": image, "kernels": kernels}
        return Case(name, {**arguments, "rate": rate, "stride": stride})

    generator = np.random.default_rng(61)
    image = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 1, 2, 3]])
    kernel = np.array([[0, 0, 0], [10, 1, 0], [0, 0, 100]])
    yield case("the worked example", image[..., None], kernel[..., None, None], 2, 2)
    for rate, stride, size in ((2, 1, 3), (1, 3, 3), (3, 2, 3), (2, 3, 5)):
        height, width = generator.choice(np.arange(7, 14), 2, replace=False)
        channels, filters = generator.choice(np.arange(2, 5), 2, replace=False)
        image = generator.normal(size=(height, width, channels))
        kernels = generator.normal(size=(size, size, channels, filters))
        yield case("a random image", image, kernels, rate, stride)
    image = generator.integers(100, 256, (8, 6, 3), np.uint8)
    kernels = generator.integers(-3, 9, (3, 3, 3, 2))
    yield case("an image of uint8", image, kernels, 2, 1)
    yield case("sides that the stride divides", image, kernels / 7, 1, 2)
    kernels = generator.normal(size=(3, 3, 3, 4)).astype(np.float32)
    yield case("float32", (image / 255).astype(np.float32), kernels, 4, 1)
    yield case("a rate beyond the image", image / 255, kernels, 9, 1)
    kernels = generator.normal(size=(1, 1, 3, 2))
    yield case("a 1 x 1 kernel", image / 255, kernels, 6, 1)
    yield case("one pixel", image[:1, :1] / 255, kernels, 1, 2)


def _convolved(
    image,
    kernels,
    rate=1,
    stride=1,
    *,
    turn=lambda kernels: kernels,
    rates=lambda rate: (rate, rate),
    mode="constant",
    first=lambda side, stride, extra: 0,
    total=float,
):
    """Convolve, where one step may be wrong."""
    kernels, size = turn(kernels), len(kernels)
    down, right = rates(rate)
    pads = [(size // 2 * gap, size // 2 * gap) for gap in (down, right)]
    padded = np.pad(image.astype(total), (*pads, (0, 0)), mode=mode)
    places = []
    for side, gap in zip(image.shape, (down, right), strict=False):
        start = first(side, stride, (size - 1) * gap)
        wanted = start + stride * np.arange(-(-side // stride))
        places.append(np.minimum(wanted, side - 1))
    result = 0
    for a, b in np.ndindex(size, size):
        part = padded[np.ix_(places[0] + a * down, places[1] + b * right)]
        result = result + part @ kernels[a, b].astype(total)
    return result


def _one_sided(side, stride, extra):
    """Where Keras' "same" starts: it pads less than half at the front."""
    padding = max((-(-side // stride) - 1) * stride + extra + 1 - side, 0)
    return extra // 2 - padding // 2


def _without_padding(image, kernels, rate=1, stride=1):
    edge = len(kernels) // 2 * rate
    full = _by_output(image, kernels, rate, 1)
    height, width = image.shape[:2]
    inside = full[edge : max(height - edge, edge), edge : max(width - edge, edge)]
    return inside[::stride, ::stride]


def _padded_by(padding):
    """Pad by another rule, and convolve where the kernel fits."""

    def answer(image, kernels, rate=1, stride=1):
        edge = padding(len(kernels), rate)
        wide = np.pad(image.astype(float), ((edge, edge), (edge, edge), (0, 0)))
        return _without_padding(wide, kernels, rate, stride)

    return answer


def _stuffed_after(image, kernels, rate=1, stride=1):
    """Strides first, so that the rate counts outputs and not pixels."""
    return _by_output(image[::stride, ::stride], kernels, rate, 1)


def _option(**options):
    return lambda **case: _convolved(**case, **options)


CONVOLVE = Exercise(
    "dilated_convolution",
    _by_output,
    _cases,
    (
        Mistake(
            _option(rates=lambda rate: (1, 1)),
            "The rate makes no difference to your result: neighbours among the weights "
            "lie `rate` pixels apart.",
        ),
        Mistake(
            _option(rates=lambda rate: (rate + 1, rate + 1)),
            "Your weights lie one pixel too far apart: rate 1 is an ordinary kernel, "
            "and rate 2 leaves out one pixel.",
        ),
        Mistake(
            _option(rates=lambda rate: (rate, 1)),
            "Your weights lie `rate` rows apart, but their columns are neighbours.",
        ),
        Mistake(
            _option(rates=lambda rate: (1, rate)),
            "Your weights lie `rate` columns apart, but their rows are neighbours.",
        ),
        Mistake(
            _option(turn=lambda kernels: kernels[::-1, ::-1]),
            "Your kernel is flipped, as in mathematics. Here the first weight meets "
            "the upper left pixel.",
        ),
        Mistake(
            _option(turn=lambda kernels: kernels.swapaxes(0, 1)),
            "Rows and columns of the kernel are swapped.",
        ),
        Mistake(
            lambda image, kernels, rate=1, stride=1: _by_output(
                image, kernels, rate, 1
            ),
            "The stride makes no difference to your result: it has an output for each "
            "pixel.",
        ),
        Mistake(
            _without_padding,
            "Your result is smaller, since the kernel never leaves the image. Pad with "
            "zeros, so that its middle can lie on every pixel.",
        ),
        *(
            Mistake(
                _padded_by(padding),
                "You pad too few rows and columns, or too many. The outermost weight "
                "is k // 2 * rate pixels from the middle one: pad so many.",
            )
            for padding in (
                lambda size, rate: size // 2,
                lambda size, rate: rate,
                lambda size, rate: size // 2 + rate - 1,
                lambda size, rate: size - 1,
            )
        ),
        Mistake(
            lambda image, kernels, rate=1, stride=1: _by_output(
                image, kernels, stride, rate
            ),
            "Rate and stride are swapped.",
        ),
        Mistake(
            _stuffed_after,
            "You thin out the image first, and then the rate counts thinned-out "
            "pixels. It counts pixels of the image; the stride says where outputs are.",
        ),
        Mistake(
            _option(first=lambda side, stride, extra: (side - 1) % stride),
            "Your outputs are shifted: the first one belongs to the first pixel.",
        ),
        Mistake(
            _option(first=lambda side, stride, extra: min(stride // 2, side - 1)),
            "Your outputs are shifted: the first one belongs to the first pixel.",
        ),
        Mistake(
            _option(first=_one_sided),
            'Your padding depends on the stride, as that of Keras\' "same" does. Here '
            "the middle weight of the first output lies on the first pixel.",
        ),
        Mistake(
            lambda image, kernels, rate=1, stride=1: _by_output(
                image, kernels, rate, stride
            )[: image.shape[0] // stride, : image.shape[1] // stride],
            "The last outputs are missing: H / stride and W / stride are rounded up.",
        ),
        Mistake(
            _option(mode="edge"),
            "Beyond the image you repeat its border. There, everything is 0.",
        ),
        Mistake(
            _option(mode="reflect"),
            "Beyond the image you mirror it. There, everything is 0.",
        ),
        Mistake(
            _option(mode="wrap"),
            "What leaves the image comes back on its other side, as np.roll or a "
            "negative index does it. Beyond the image, everything is 0.",
        ),
        Mistake(
            lambda image, **case: _convolved(image, total=image.dtype, **case),
            "Your sum overflows: in uint8, 200 + 100 is 44. Turn the image into "
            "decimal numbers first.",
        ),
        Mistake(
            lambda **case: _by_output(**case).astype(case["image"].dtype),
            "Your result has the type of the image, which is of whole numbers. "
            "Outputs may be negative, large or decimal.",
        ),
        Mistake(
            lambda **case: _by_output(**case).sum(axis=-1),
            "You sum over the filters. Each of them has an output of its own, the last "
            "axis.",
        ),
        Mistake(
            lambda **case: _by_output(**case).transpose(2, 0, 1),
            "Your filters come first. They are the last axis: (rows, columns, F).",
        ),
        Mistake(
            lambda **case: np.maximum(_by_output(**case), 0),
            "You cut at 0. A convolution has no ReLU.",
        ),
        Mistake(
            lambda **case: _by_output(**case) / case["image"].shape[2],
            "You average over the channels. A convolution sums over them.",
        ),
    ),
)


def dilated_convolution(function: Callable) -> None:
    """Check `dilated_convolution(image, kernels, rate, stride)`: (rows, columns, F)."""
    check(CONVOLVE, function)
