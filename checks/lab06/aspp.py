"""ASPP in NumPy: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _convolved(x, kernel, rate):
    """Convolve at one place after another, zeros beyond the map."""
    height, width = x.shape[:2]
    size = len(kernel)
    result = np.zeros((height, width, kernel.shape[-1]))
    for row, column, a, b in np.ndindex(height, width, size, size):
        y, x_ = row + (a - size // 2) * rate, column + (b - size // 2) * rate
        if 0 <= y < height and 0 <= x_ < width:
            result[row, column] += np.einsum("c,cf->f", x[y, x_], kernel[a, b])
    return result


def _relu(x):
    return np.where(x > 0, x, 0.0)


def _pooled(
    features,
    kernels,
    biases,
    rates,
    *,
    branch=_relu,
    last=_relu,
    rate=lambda rate: rate,
    summary=lambda features: features.mean(axis=(0, 1)),
    whole=_relu,
    joined=lambda maps, mean: np.concatenate([*maps, mean], axis=-1),
    turn=lambda kernel: kernel,
):
    """Compute ASPP, where one step may be wrong."""
    count = len(rates)
    maps = [
        branch(_convolved(features, turn(kernel), rate(each)) + bias)
        for kernel, bias, each in zip(
            kernels[:count], biases[:count], rates, strict=True
        )
    ]
    mean = whole(summary(features) @ kernels[count][0, 0] + biases[count])
    everywhere = np.zeros((*features.shape[:2], mean.shape[-1])) + mean
    mixed = joined(maps, everywhere) @ kernels[count + 1][0, 0]
    return last(mixed + biases[count + 1])


def _bias_last(features, kernels, biases, rates):
    """ReLU first, and the bias after it."""
    count = len(rates)
    maps = [
        _relu(_convolved(features, kernel, rate)) + bias
        for kernel, bias, rate in zip(
            kernels[:count], biases[:count], rates, strict=True
        )
    ]
    mean = _relu(features.mean(axis=(0, 1)) @ kernels[count][0, 0]) + biases[count]
    everywhere = np.zeros((*features.shape[:2], mean.shape[-1])) + mean
    mixed = np.concatenate([*maps, everywhere], axis=-1) @ kernels[count + 1][0, 0]
    return _relu(mixed) + biases[count + 1]


def _oracle(features, kernels, biases, rates):
    return _pooled(features, kernels, biases, rates)


def _cases() -> Iterator[Case]:
    def case(name, features, kernels, biases, rates):
        arguments = {"features": features, "kernels": kernels, "biases": biases}
        return Case(name, {**arguments, "rates": rates})

    to_the_right = np.zeros((3, 3, 1, 1))
    to_the_right[1, 2] = 1
    yield case(
        "the worked example",
        np.array([[[3.0], [0.0], [6.0]]]),
        [
            np.ones((1, 1, 1, 1)),
            to_the_right,
            np.full((1, 1, 1, 1), 2.0),
            np.array([1.0, 10.0, 100.0]).reshape(1, 1, 3, 1),
        ],
        [np.array([bias]) for bias in (0.0, -1.0, 1.0, -701.0)],
        (1, 2),
    )
    generator = np.random.default_rng(64)

    def drawn(name, height, width, channels, filters, out, sizes, rates):
        shapes = [(size, size, channels, filters) for size in (*sizes, 1)]
        shapes.append((1, 1, (len(sizes) + 1) * filters, out))
        kernels = [generator.normal(size=shape) for shape in shapes]
        biases = [generator.normal(size=shape[-1]) for shape in shapes]
        features = generator.normal(size=(height, width, channels)) + 0.5
        return case(name, features, kernels, biases, rates)

    yield drawn("a random map", 5, 7, 2, 3, 4, (1, 3, 3), (1, 2, 3))
    yield drawn("a random map", 8, 4, 3, 2, 5, (3, 3), (1, 4))
    yield drawn("a random map", 6, 5, 4, 3, 2, (3, 1, 3), (3, 1, 2))
    yield drawn("one branch", 4, 6, 3, 4, 2, (3,), (2,))
    yield drawn("rates beyond the map", 3, 4, 2, 3, 4, (1, 3, 3), (1, 6, 12))
    yield drawn("one place", 1, 1, 3, 2, 4, (1, 3), (1, 2))
    last = drawn("a map of float32", 5, 4, 3, 2, 4, (1, 3, 3), (1, 2, 5))
    last.arguments["features"] = last.arguments["features"].astype(np.float32)
    yield last


def _option(**options):
    return lambda **case: _pooled(**case, **options)


def _same(x):
    return x


ASPP = Exercise(
    "aspp",
    _oracle,
    _cases,
    (
        Mistake(
            _option(branch=_same, whole=_same),
            "ReLU is missing in the branches. Without it, they and the mixing kernel "
            "are one linear map.",
        ),
        Mistake(
            _option(branch=_same),
            "ReLU is missing in the branches with rates.",
        ),
        Mistake(_option(whole=_same), "ReLU is missing in the branch of the mean."),
        Mistake(_option(last=_same), "ReLU is missing at the end, behind the mixing."),
        Mistake(
            _option(branch=_same, whole=_same, last=_same),
            "ReLU is missing everywhere.",
        ),
        Mistake(
            lambda features, kernels, biases, rates: _pooled(
                features, kernels, biases, (rates[0],) * len(rates)
            ),
            "All your branches have the first rate. Each has its own.",
        ),
        Mistake(
            _option(rate=lambda rate: 1),
            "The rates make no difference to your result: each branch has its own.",
        ),
        Mistake(
            _option(joined=lambda maps, mean: np.concatenate([mean, *maps], axis=-1)),
            "The mean comes first among your branches. It is the last one.",
        ),
        Mistake(
            _option(
                joined=lambda maps, mean: np.stack([*maps, mean], axis=-1).reshape(
                    *mean.shape[:2], -1
                )
            ),
            "Your channels are interleaved. Concatenated means: all channels of the "
            "first branch, then all of the second.",
        ),
        Mistake(
            _option(
                joined=lambda maps, mean: np.concatenate([*maps[::-1], mean], axis=-1)
            ),
            "Your branches are in the wrong order. Keep that of the kernels.",
        ),
        Mistake(
            _option(summary=lambda features: features.max(axis=(0, 1))),
            "You take the largest value of each channel. This branch has the mean.",
        ),
        Mistake(
            _option(summary=lambda features: features.sum(axis=(0, 1))),
            "You take the sum of each channel. This branch has the mean.",
        ),
        Mistake(
            _option(
                summary=lambda features: np.full(features.shape[2], features.mean())
            ),
            "You take one mean of everything. Each channel has a mean of its own: "
            "over rows and columns, axes 0 and 1.",
        ),
        Mistake(
            _option(summary=lambda features: features),
            "Your branch of the mean has no mean: it is one more 1 x 1 branch.",
        ),
        Mistake(
            _option(
                summary=lambda features: features[
                    features.shape[0] // 2, features.shape[1] // 2
                ]
            ),
            "Your branch of the mean looks at the middle of the map alone.",
        ),
        Mistake(
            _option(joined=lambda maps, mean: np.concatenate([*maps, 0 * mean], -1)),
            "The mean of the map does not reach your result, or only zeros do.",
        ),
        Mistake(
            _bias_last,
            "The bias comes before ReLU: convolve, add, then cut at 0.",
        ),
        Mistake(
            lambda features, kernels, biases, rates: _oracle(
                features, kernels, [0 * bias for bias in biases], rates
            ),
            "The biases make no difference to your result.",
        ),
        Mistake(
            _option(turn=lambda kernel: kernel[::-1, ::-1]),
            "Your kernels are flipped. The first weight meets the upper left place.",
        ),
        *(
            Mistake(
                lambda features, kernels, biases, rates, product=product: product(
                    features[..., [0] * (len(kernels[0][0, 0, 0]) * len(rates))],
                    kernels[-1][0, 0],
                ),
                "The mixing kernel has (B + 1) x F channels: B branches and the mean, "
                "side by side along the last axis.",
            )
            for product in (np.dot, np.matmul)  # their errors differ
        ),
    ),
)


def aspp(function: Callable) -> None:
    """Check `aspp(features, kernels, biases, rates)` -> (H, W, G)."""
    check(ASPP, function)
