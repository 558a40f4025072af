"""What it costs to take an answer for a segment: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check

NAMES = "probabilities", "inside", "classes", "masks", "counts"


def _pair_by_pair(probabilities, inside, classes, masks, counts) -> np.ndarray:
    table = np.zeros((len(inside), len(masks)))
    for q, t in np.ndindex(*table.shape):
        both = answer = truth = 0.0
        for place in np.argwhere(counts):
            p, g = float(inside[q][tuple(place)]), float(masks[t][tuple(place)])
            both, answer, truth = both + p * g, answer + p, truth + g
        dice = (2 * both + 1) / (answer + truth + 1)
        table[q, t] = (1 - probabilities[q, classes[t]]) + (1 - dice)
    return table


def _cases() -> Iterator[Case]:
    def case(name, *arrays):
        return Case(name, dict(zip(NAMES, arrays, strict=True)))

    generator = np.random.default_rng(83)
    yield case(
        "the worked example",
        np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.2, 0.3, 0.5]]),
        np.array([[[1.0, 1, 0, 1]], [[0, 0.5, 1, 0]], [[0, 0, 0, 0]]]),
        np.array([1, 0]),
        np.array([[[0, 1, 1, 0]], [[1, 0, 0, 1]]], np.uint8),
        np.array([[True, True, True, False]]),
    )

    def drawn(queries, segments, height, width, classes, unknown=0.0):
        named = generator.dirichlet(np.ones(classes + 1), queries)
        inside = generator.random((queries, height, width))
        kinds = generator.integers(0, classes, segments)
        owner = generator.integers(0, segments + 1, (height, width))
        masks = (owner == np.arange(segments)[:, None, None]).astype(np.uint8)
        return named, inside, kinds, masks, generator.random((height, width)) >= unknown

    for unknown in (0.0, 0.3, 0.5):
        sizes = generator.choice(np.arange(3, 9), 4, replace=False).tolist()
        queries = sizes[0] + 3
        yield case("random masks", *drawn(queries, *sizes[:3], 7, unknown))
    named, inside, kinds, masks, counts = drawn(5, 3, 4, 6, 4, 0.2)
    yield case("bool masks", named, inside, kinds, masks.astype(bool), counts)
    single = named.astype(np.float32), inside.astype(np.float32)
    yield case("float32", *single, kinds.astype(np.uint8), masks, counts)
    yield case("large masks", *drawn(4, 2, 30, 40, 3, 0.1))
    masks = masks.copy()
    masks[1] = 0
    yield case("a segment without pixels", named, inside, kinds, masks, counts)
    yield case("no pixel that counts", named, inside, kinds, masks, counts & False)


def _priced(
    inner=lambda p: p,
    counted=lambda counts: (counts, counts, counts),
    dice=lambda both, p, g: (2 * both + 1) / (p + g + 1),
    named=lambda probabilities, classes: 1 - probabilities[:, classes],
    total=lambda kind, mask: kind + 1 - mask,
):
    """Make a table of prices of which one part may be wrong."""

    def answer(probabilities, inside, classes, masks, counts):
        p, g = inner(np.asarray(inside, float)), np.asarray(masks, float)
        here, mine, theirs = (part.astype(float) for part in counted(counts))
        both = np.einsum("qhw,thw,hw->qt", p, g, here)
        sums = (p * mine).sum((1, 2))[:, None], (g * theirs).sum((1, 2))
        return total(named(probabilities, classes), dice(both, *sums))

    return answer


def _all(counts):
    return np.ones_like(counts)


PRICES = Exercise(
    "prices",
    _pair_by_pair,
    _cases,
    (
        Mistake(
            lambda **case: _pair_by_pair(**case).T,
            "Rows and columns are swapped: a row for each query, a column for each "
            "segment.",
        ),
        Mistake(
            _priced(counted=lambda counts: (_all(counts),) * 3),
            "Pixels that do not count are counted. Leave them out of all three sums.",
        ),
        Mistake(
            _priced(counted=lambda counts: (counts, _all(counts), counts)),
            "The answer's sum still holds pixels that do not count. Leave them out of "
            "all three sums.",
        ),
        Mistake(
            _priced(counted=lambda counts: (counts, counts, _all(counts))),
            "The segment's sum still holds pixels that do not count. Leave them out of "
            "all three sums.",
        ),
        Mistake(
            _priced(counted=lambda counts: (counts, _all(counts), _all(counts))),
            "Pixels that do not count are left out of the overlap alone. The two sums "
            "below the line hold them, too.",
        ),
        Mistake(
            _priced(counted=lambda counts: (~counts,) * 3),
            "You count what does not count: True in `counts` means that a pixel "
            "counts.",
        ),
        Mistake(
            _priced(inner=lambda p: (p > 0.5).astype(float)),
            "The masks are cut at 0.5. Sum the decimal numbers themselves: a matching "
            "must see who is nearly right.",
        ),
        Mistake(
            _priced(named=lambda probabilities, classes: -probabilities[:, classes]),
            "Each price is 1 too low: the class costs 1 minus its probability.",
        ),
        Mistake(
            _priced(named=lambda probabilities, classes: probabilities[:, classes]),
            "The probability of the right class makes a pair dearer here. It must make "
            "it cheaper: 1 minus it.",
        ),
        Mistake(
            _priced(
                named=lambda probabilities, classes: (
                    1 - probabilities[:, : len(classes)]
                )
            ),
            "You take the probability with the segment's number. Take that of its "
            "class, classes[t].",
        ),
        Mistake(
            _priced(
                named=lambda probabilities, classes: (
                    1 - probabilities.max(axis=1, keepdims=True) + 0 * classes
                )
            ),
            "You take the largest probability of each query. Take that of the "
            "segment's class.",
        ),
        Mistake(
            _priced(
                named=lambda probabilities, classes: (
                    probabilities.argmax(axis=1)[:, None] != classes
                )
            ),
            "A right class is free and a wrong one costs 1 here. Use the probability: "
            "a matching must see who is nearly right.",
        ),
        Mistake(
            _priced(
                named=lambda probabilities, classes: -np.log(probabilities[:, classes])
            ),
            "This is the cross-entropy of the class. The price has 1 minus its "
            "probability, so that it is at most 1, as that of the mask.",
        ),
        Mistake(
            _priced(named=lambda probabilities, classes: 0 * probabilities[:, classes]),
            "Only the mask has a price here. The class has one as well.",
        ),
        Mistake(
            _priced(total=lambda kind, mask: kind + 0 * mask),
            "Only the class has a price here. The mask has one as well.",
        ),
        Mistake(
            _priced(total=lambda kind, mask: kind + mask),
            "A good mask makes a pair dearer here: its price is 1 minus Dice.",
        ),
        Mistake(
            _priced(total=lambda kind, mask: 1 - kind + mask),
            "You return how well they fit. A price is low where they fit.",
        ),
        Mistake(
            _priced(total=lambda kind, mask: (kind + 1 - mask) / 2),
            "This is the mean of both parts. Add them.",
        ),
        Mistake(
            _priced(dice=lambda both, p, g: (both + 1) / (p + g - both + 1)),
            "This is an IoU. Dice has twice the overlap, and the two sums below the "
            "line.",
        ),
        Mistake(
            _priced(dice=lambda both, p, g: (both + 1) / (p + g + 1)),
            "The overlap counts twice above the line.",
        ),
        Mistake(
            _priced(dice=lambda both, p, g: 2 * both / (p + g)),
            "The ones above and below the line are missing. Without them an empty pair "
            "is 0 / 0.",
        ),
        Mistake(
            _priced(dice=lambda both, p, g: 2 * both / (p + g + 1)),
            "The one above the line is missing.",
        ),
        Mistake(
            _priced(dice=lambda both, p, g: (2 * both + 1) / (p + g + 2)),
            "There is a single one below the line, as there is one above it.",
        ),
    ),
)


def prices(function: Callable) -> None:
    """Check `prices(probabilities, inside, classes, masks, counts)` -> (Q, T)."""
    check(PRICES, function)
