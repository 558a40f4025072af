"""Three scales fused at the price of a sum: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


class Doubling:
    """The `double` that the check passes: enlarges, and remembers what it was given."""

    def __init__(self):
        self.channels: list[int] = []

    def __call__(self, cells, height, width):
        cells = np.asarray(cells, float)
        if cells.ndim != 3:
            raise ValueError(
                f"double takes (h, w, C), not the shape {cells.shape}: keep the axis "
                "of the channels, even of a single one"
            )
        h, w, channels = cells.shape
        if height not in (2 * h - 1, 2 * h) or width not in (2 * w - 1, 2 * w):
            which = "a second" if self.channels else "the first"
            raise ValueError(
                f"double, called for {which} time, cannot make {h} x {w} cells "
                f"{height} x {width}: that is not twice as large"
            )
        self.channels.append(channels)
        for axis, length in ((0, height), (1, width)):
            place = (np.arange(length) - 0.5) / 2
            low = np.floor(place).astype(int)
            last = cells.shape[axis] - 1
            share = (place - low).reshape([-1 if a == axis else 1 for a in range(3)])
            one = cells.take(np.clip(low, 0, last), axis)
            other = cells.take(np.clip(low + 1, 0, last), axis)
            cells = one * (1 - share) + other * share
        return cells

    def __deepcopy__(self, memo):
        return Doubling()

    def __eq__(self, other):
        return True

    __hash__ = None

    def __repr__(self):
        return "double of exercise 1"


def _concatenated(features, weights, kernel, bias, double):
    """Enlarge all features and put them behind each other, dear and plain."""
    coarse, middle, fine = (
        weight * np.asarray(found, float)
        for weight, found in zip(weights, features, strict=True)
    )
    coarse = double(coarse, *middle.shape[:2])
    both = double(np.concatenate([coarse, middle], axis=-1), *fine.shape[:2])
    stack = np.concatenate([both, fine], axis=-1)
    return np.einsum("hwc,ck->hwk", stack, kernel) + bias


def _summed(
    weigh=lambda weights: weights,
    rows=lambda kernel, widths: np.split(kernel, np.cumsum(widths)[:-1]),
    add_bias=lambda scores, bias, weights: scores + bias,
    doubles=lambda double, coarse, middle, size: double(coarse, *size),
    scales=(1, 1, 1),
    total=lambda scores: scores,
):
    """Make a function of which one part may be wrong."""

    def answer(features, weights, kernel, bias, double):
        parts = rows(kernel, [found.shape[-1] for found in features])
        scores = [
            scale * weight * (found @ part)
            for scale, weight, found, part in zip(
                scales, weigh(np.asarray(weights)), features, parts, strict=True
            )
        ]
        coarse, middle, fine = scores
        added = doubles(double, coarse, middle, middle.shape[:2]) + middle
        fused = double(added, *fine.shape[:2]) + fine
        return total(add_bias(fused, bias, weights))

    return answer


def _split_from_the_end(kernel, widths):
    parts = np.split(kernel, np.cumsum(widths[::-1])[:-1])
    return parts[::-1]


def _coarse_in_one_go(features, weights, kernel, bias, double):
    """Enlarge the coarse scores by 2 twice, and past the size of the middle ones."""
    ends = np.cumsum([found.shape[-1] for found in features])
    parts = np.split(kernel, ends[:-1])
    coarse, middle, fine = (
        weight * (found @ part)
        for weight, found, part in zip(weights, features, parts, strict=True)
    )
    size = fine.shape[:2]
    return double(coarse, *size) + double(middle, *size) + fine + bias


def _doubled_by_shape(features, weights, kernel, bias, double):
    """Double to exactly twice the size, whatever the finer map has."""
    ends = np.cumsum([found.shape[-1] for found in features])
    parts = np.split(kernel, ends[:-1])
    scores = weights[0] * (features[0] @ parts[0])
    for finer, part, weight in zip(features[1:], parts[1:], weights[1:], strict=True):
        height, width = scores.shape[:2]
        scores = double(scores, 2 * height, 2 * width) + weight * (finer @ part)
    return scores + bias


def _price(given, answer) -> str | None:
    """Look at the channels that were enlarged."""
    most = max(given["double"].channels, default=0)
    classes = given["kernel"].shape[1]
    if most > classes:
        return (
            f"You enlarge {most} channels, but there are {classes} classes. Turn the "
            "features into scores first: enlarging is linear, so the result is the "
            "same."
        )
    return None


def _cases() -> Iterator[Case]:
    def case(name, features, weights, kernel, bias):
        return Case(
            name,
            {
                "features": features,
                "weights": np.asarray(weights),
                "kernel": kernel,
                "bias": bias,
                "double": Doubling(),
            },
        )

    def random(height, width, widths, classes):
        sizes = [(height, width)]
        for _ in range(2):
            sizes.insert(0, tuple(-(-side // 2) for side in sizes[0]))
        features = [
            generator.normal(size=(*size, channels))
            for size, channels in zip(sizes, widths, strict=True)
        ]
        kernel = generator.normal(size=(sum(widths), classes))
        return (
            features,
            generator.uniform(0.2, 2, 3),
            kernel,
            generator.normal(size=classes),
        )

    generator = np.random.default_rng(41)
    yield case(
        "the worked example",
        [
            np.array([[[8.0]]]),
            np.array([[[4.0], [0.0]]]),
            np.array([[[1.0], [2], [3]]]),
        ],
        [1.0, 0.5, 2.0],
        np.array([[1.0], [2.0], [-1.0]]),
        np.array([0.5]),
    )
    yield case("sizes that halve evenly", *random(8, 12, (6, 4, 2), 3))
    for height, width in ((7, 10), (13, 5), (11, 9)):
        widths = generator.choice(np.arange(6, 12), 3, replace=False)
        classes = int(generator.integers(2, 6))
        yield case(
            "odd sizes", *random(height, width, tuple(map(int, widths)), classes)
        )
    yield case("as many channels on each scale", *random(6, 9, (4, 4, 4), 2))
    features, _, kernel, bias = random(5, 6, (7, 5, 3), 4)
    whole = [np.round(3 * found).astype(np.int64) for found in features]
    yield case("features of whole numbers", whole, [1, 1, 1], kernel, bias)
    yield case("a scale without weight", features, [1.5, 0.0, 0.5], kernel, bias)


THREE_PARTS = (
    "np.split(kernel, 3) cuts three equal parts. The scales have different numbers of "
    "channels: cut where they end."
)

FUSE = Exercise(
    "fuse",
    _concatenated,
    _cases,
    (
        Mistake(
            _summed(add_bias=lambda scores, bias, weights: scores + 3 * bias),
            "The bias is added three times, once a scale. The concatenation has one "
            "convolution, so one bias.",
        ),
        Mistake(
            _summed(add_bias=lambda scores, bias, weights: scores),
            "The bias is missing.",
        ),
        Mistake(
            _summed(
                add_bias=lambda scores, bias, weights: scores + sum(weights) * bias
            ),
            "The weights of the scales also multiply the bias. They weigh features; "
            "add the bias once, at the end.",
        ),
        Mistake(
            _summed(total=lambda scores: np.maximum(scores, 0)),
            "Scores may be negative: there is no ReLU behind the last convolution.",
        ),
        Mistake(
            _summed(total=lambda scores: scores.astype(int)),
            "Your results are cut to whole numbers.",
        ),
        Mistake(
            _summed(weigh=np.square),
            "You weigh the scales twice.",
        ),
        Mistake(
            _summed(weigh=lambda weights: np.ones(3)),
            "Your result does not depend on the weights of the scales.",
        ),
        Mistake(
            _summed(weigh=lambda weights: weights[::-1]),
            "The weights are in the wrong order: the first is that of the coarse "
            "scale.",
        ),
        Mistake(
            _summed(weigh=lambda weights: weights / weights.sum()),
            "You divide the weights by their sum. Take them as they are.",
        ),
        Mistake(
            _summed(weigh=lambda weights: np.exp(weights) / np.exp(weights).sum()),
            "You pass the weights through a softmax. Take them as they are.",
        ),
        Mistake(
            _summed(
                weigh=lambda weights: np.array(
                    [np.prod(weights), weights[1] * weights[2], weights[2]]
                )
            ),
            "You multiply sums by a weight, so the coarse scores get all the weights "
            "one after the other. Weigh each scale before it is added.",
        ),
        Mistake(
            _summed(rows=_split_from_the_end),
            "The kernel is cut from the wrong end: its first rows belong to the coarse "
            "scale.",
        ),
        Mistake(_summed(rows=lambda kernel, widths: np.split(kernel, 3)), THREE_PARTS),
        Mistake(
            lambda features, kernel, **case: np.dot(
                features[0], np.split(kernel, 3)[0]
            ),
            THREE_PARTS,
        ),
        Mistake(
            _summed(total=lambda scores: scores / 3),
            "You average over the scales. A convolution of concatenated channels sums.",
        ),
        Mistake(
            _summed(scales=(0, 1, 1)),
            "The coarse scores never reach the result.",
        ),
        Mistake(
            _summed(scales=(1, 0, 1)),
            "The middle scores never reach the result. Add them before you double for "
            "the second time.",
        ),
        Mistake(
            _summed(scales=(1, 1, 0)),
            "The fine scores never reach the result.",
        ),
        Mistake(
            _coarse_in_one_go,
            "double makes twice the size and no more. The coarse scores need two "
            "steps: to the size of the middle scale, then to that of the fine one.",
        ),
        Mistake(
            lambda double, **case: _summed()(
                **case,
                double=lambda cells, height, width: double(cells, width, height),
            ),
            "Height and width are swapped where you call double: it takes the rows "
            "first.",
        ),
        Mistake(
            _doubled_by_shape,
            "Twice the size is one row or column too many where the finer map has an "
            "odd size. Ask the finer map for its height and width.",
        ),
    ),
    inspect=_price,
)


def fuse(function: Callable) -> None:
    """Check `fuse(features, weights, kernel, bias, double)` -> (h2, w2, K)."""
    check(FUSE, function)
