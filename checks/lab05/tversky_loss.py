"""Tversky loss: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _tversky(
    probabilities,
    masks,
    alpha=0.3,
    beta=0.7,
    over=(0.5, 0.5),
    total=np.sum,
    axis=(1, 2),
):
    """Give the loss with all that can go wrong as arguments."""
    truth = masks.astype(float)
    both = total(probabilities * truth, axis=axis)
    invented = total(probabilities * (1 - truth), axis=axis)
    missed = total((1 - probabilities) * truth, axis=axis)
    above, below = both + over[0], both + alpha * invented + beta * missed + over[1]
    return 1 - above / below


def _tversky_by_image(probabilities, masks, alpha=0.3, beta=0.7):
    values = []
    for chances, mask in zip(probabilities.astype(float), masks == 1, strict=True):
        both, invented = chances[mask].sum(), chances[~mask].sum()
        missed = mask.sum() - both
        values.append(
            (alpha * invented + beta * missed)
            / (both + alpha * invented + beta * missed + 0.5)
        )
    return np.array(values)


def _tversky_flipped(probabilities, masks, alpha=0.3, beta=0.7):
    both = (probabilities * masks).sum((1, 2))
    invented = (probabilities * ~masks).sum((1, 2))  # 254 and 255 for a uint8
    missed = ((1 - probabilities) * masks).sum((1, 2))
    return 1 - (both + 0.5) / (both + alpha * invented + beta * missed + 0.5)


def _with_all_of_both(probabilities, masks, alpha=0.3, beta=0.7):
    both, found = (probabilities * masks).sum((1, 2)), probabilities.sum((1, 2))
    below = both + alpha * found + beta * masks.sum((1, 2)) + 0.5
    return 1 - (both + 0.5) / below


def _tversky_cases() -> Iterator[Case]:
    def case(name, probabilities, masks, *weights):
        arguments = {"probabilities": probabilities, "masks": masks}
        arguments |= dict(zip(("alpha", "beta"), weights, strict=False))
        return Case(name, arguments)

    generator = np.random.default_rng(50)
    yield case(
        "the worked example",
        np.array([[[0.5, 0.5], [0.5, 0.0]]]),
        np.array([[[1, 1], [0, 0]]], np.uint8),
    )
    for _ in range(6):
        shape = tuple(generator.choice(np.arange(2, 13), 3, replace=False))
        masks = (generator.random(shape) < 0.4).astype(np.uint8)
        yield case(
            "a random batch",
            generator.random(shape),
            masks,
            *generator.uniform(0.1, 0.9, 2).round(2),
        )
    shape = (3, 5, 4)
    probabilities = generator.random(shape).astype(np.float32)
    empty, full = np.zeros(shape, np.uint8), np.ones(shape, np.uint8)
    yield case(
        "masks of bool and float32", probabilities, probabilities > 0.6, 0.2, 0.8
    )
    yield case("empty masks", probabilities, empty, 0.2, 0.8)
    yield case("rightly empty masks", empty.astype(float), empty)
    yield case("full masks", probabilities, full, 0.2, 0.8)


TVERSKY = Exercise(
    "tversky_loss",
    _tversky_by_image,
    _tversky_cases,
    (
        Mistake(
            lambda probabilities, masks, alpha=0.3, beta=0.7: _tversky(
                probabilities, masks, beta, alpha
            ),
            "alpha and beta are swapped: alpha weighs what is invented, beta what is "
            "missed.",
        ),
        Mistake(
            lambda **case: 1 - _tversky(**case),
            "This is the index, which is 1 for a perfect answer. A loss is 0 there.",
        ),
        Mistake(
            lambda **case: _tversky(**case, over=(0, 0)),
            "The 0.5 is missing above and below the line. Without it an empty mask "
            "gives 0 / 0.",
        ),
        Mistake(
            lambda **case: _tversky(**case, over=(0, 0.5)),
            "The 0.5 stands below the line only; it belongs above it too.",
        ),
        Mistake(
            lambda **case: _tversky(**case, over=(0.5, 0)),
            "The 0.5 stands above the line only; it belongs below it too.",
        ),
        Mistake(
            lambda **case: _tversky(**case, axis=None),
            "You sum over the whole batch. Each image has a loss of its own: sum over "
            "its rows and columns, axes 1 and 2.",
        ),
        Mistake(
            lambda **case: np.full(len(case["masks"]), _tversky(**case, axis=None)),
            "All images get the loss of the whole batch. Sum over rows and columns "
            "only, axes 1 and 2.",
        ),
        Mistake(
            lambda **case: _tversky(**case).mean(),
            "You average over the images. Return one value for each of them.",
        ),
        Mistake(
            lambda **case: _tversky(**case, axis=0),
            "You sum over axis 0, the images. Rows and columns are axes 1 and 2.",
        ),
        Mistake(
            lambda **case: _tversky(**case, axis=(0, 1)),
            "You sum over axes 0 and 1. The batch is axis 0; rows and columns are "
            "axes 1 and 2.",
        ),
        Mistake(
            lambda **case: _tversky(**case, total=np.mean),
            "You average over the pixels where the formula has a sum.",
        ),
        *(
            Mistake(
                lambda probabilities, masks, cut=cut, over=over, half=half, **weights: (
                    _tversky(
                        cut(probabilities, 0.5),
                        masks,
                        **{**weights, **half},
                        over=(over, over),
                    )
                ),
                "You cut the probabilities at 0.5 first. A threshold has no gradient, "
                "so nothing can be learned from this loss. Use them as they are.",
            )
            for cut in (np.greater, np.greater_equal)
            for over in (0.5, 0)
            for half in ({}, {"alpha": 0.5, "beta": 0.5})  # the latter: Dice
        ),
        Mistake(
            _tversky_flipped,
            "~ flips all eight bits of a uint8: ~0 is 255, not 1. The background is "
            "1 - masks.",
        ),
        *(
            Mistake(
                lambda over=over, **case: _tversky(**case, over=(over, over)),
                f"You add {over} above and below the line. The exercise adds 0.5.",
            )
            for over in (1, 0.001)
        ),
        Mistake(
            lambda probabilities, masks, **weights: _tversky(
                probabilities, masks, 0.5, 0.5
            ),
            "This is the soft Dice loss, where both errors weigh 0.5. Use alpha and "
            "beta.",
        ),
        Mistake(
            lambda probabilities, masks, alpha=0.3, beta=0.7: _tversky(
                probabilities, masks, alpha, 1 - alpha
            ),
            "You take 1 - alpha for beta. It is an argument of its own.",
        ),
        Mistake(
            lambda probabilities, masks, alpha=0.3, beta=0.7: _tversky(
                probabilities, masks, 0.3, beta
            ),
            "alpha is always 0.3 in your result: use the argument.",
        ),
        Mistake(
            lambda probabilities, masks, **weights: _tversky(
                1 / (1 + np.exp(-probabilities)), masks, **weights
            ),
            "What comes in are probabilities. They need no sigmoid.",
        ),
        Mistake(
            _with_all_of_both,
            "What is found counts again in your FP and FN. Invented is outside of the "
            "mask, missed is what the probability lacks inside.",
        ),
        Mistake(
            lambda probabilities, masks, **weights: _tversky(probabilities, masks),
            "alpha and beta make no difference to your result: use the arguments.",
        ),
    ),
)


def tversky_loss(function: Callable) -> None:
    """Check `tversky_loss(probabilities, masks, alpha, beta)` -> (N,)."""
    check(TVERSKY, function)
