"""Focal loss: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _focal(logits, masks, alpha=0.25, gamma=2.0, easy=False, weigh=True):
    """Give the loss of each pixel, with what can go wrong as arguments."""
    truth, logits = masks.astype(float), logits.astype(float)
    toward = logits * (2 * truth - 1)  # the logit of the right class
    right = np.exp(-_softplus(-toward))
    weight = (alpha * truth + (1 - alpha) * (1 - truth)) if weigh else 1
    return weight * (right if easy else 1 - right) ** gamma * _softplus(-toward)


def _focal_of_probability(probability, masks, alpha=0.25, gamma=2.0):
    """Give the loss of each pixel the direct way, which is not stable."""
    right = np.where(masks == 1, probability, 1 - probability)
    weight = np.where(masks == 1, alpha, 1 - alpha)
    return -weight * (1 - right) ** gamma * np.log(right)


def _sigmoid(logits):
    return 1 / (1 + np.exp(-logits.astype(float)))


def _focal_oracle(logits, masks, alpha=0.25, gamma=2.0):
    values = np.zeros(len(masks))
    for place in np.ndindex(*masks.shape):
        lesion = masks[place] == 1
        toward = float(logits[place]) if lesion else -float(logits[place])
        missing = np.exp(-np.logaddexp(0, toward))  # 1 minus the probability
        weight = alpha if lesion else 1 - alpha
        values[place[0]] += weight * missing**gamma * np.logaddexp(0, -toward)
    return values / masks[0].size


def _focal_cases() -> Iterator[Case]:
    def case(name, logits, masks, *settings):
        arguments = {"logits": logits, "masks": masks}
        arguments |= dict(zip(("alpha", "gamma"), settings, strict=False))
        return Case(name, arguments)

    generator = np.random.default_rng(51)
    yield case(
        "the worked example",
        np.zeros((1, 2, 2)),
        np.array([[[1, 0], [0, 0]]], np.uint8),
    )
    for _ in range(6):
        shape = tuple(generator.choice(np.arange(2, 10), 3, replace=False))
        yield case(
            "a random batch",
            generator.normal(0, 2, shape),
            (generator.random(shape) < 0.4).astype(np.uint8),
            *generator.uniform((0.1, 0.5), (0.9, 3)).round(2),
        )
    masks = np.array([[[1, 0, 1]], [[0, 1, 0]]], np.uint8)
    sure = np.where(masks == 1, 1000.0, -1000.0)
    yield case("right logits of +-1000", sure, masks)
    yield case("wrong logits of +-1000", -sure, masks)
    yield case("logits of float32", -sure.astype(np.float32) / 5, masks == 1, 0.3, 1.5)
    yield case("gamma 0", generator.normal(0, 2, masks.shape), masks, 0.5, 0.0)


def _focal_mean(*axis, **changed):
    return lambda **case: _focal(**case, **changed).mean(axis or (1, 2))


def _focal_wrapped(logits, masks, alpha=0.25, gamma=2.0):
    sign = 2 * masks.astype(np.uint8) - np.uint8(1)  # 255 for the background
    weight = np.where(masks == 1, alpha, 1 - alpha)
    toward = logits * sign
    missing = np.exp(-np.logaddexp(0, toward))
    return (weight * missing**gamma * np.logaddexp(0, -toward)).mean((1, 2))


def _focal_negated(logits, masks, alpha=0.25, gamma=2.0):
    losses = _focal(logits, masks, alpha, gamma)
    return np.where(masks == 1, -255 * losses, losses).mean((1, 2))


def _focal_clipped(tiny):
    def answer(logits, masks, **settings):
        probability = np.clip(_sigmoid(logits), tiny, 1 - tiny)
        return _focal_of_probability(probability, masks, **settings).mean((1, 2))

    return answer


def _focal_of_threshold(cut, tiny):
    def answer(logits, masks, **settings):
        probability = np.clip(cut(logits, 0), tiny, 1 - tiny)
        return _focal_of_probability(probability, masks, **settings).mean((1, 2))

    return answer


def _focal_of_sigmoid(logits, masks, **settings):
    return _focal_of_probability(_sigmoid(logits), masks, **settings).mean((1, 2))


def _focal_in_two_terms(logits, masks, alpha=0.25, gamma=2.0):
    truth, probability = masks.astype(float), _sigmoid(logits)
    lesion = truth * (1 - probability) ** gamma * np.log(probability)
    rest = (1 - truth) * probability**gamma * np.log(1 - probability)
    return -(alpha * lesion + (1 - alpha) * rest).mean((1, 2))


TINY = 10.0 ** -np.arange(5, 17)  # what people add, or clip at


def _without_sigmoid(clip=0.0, add=0.0):
    """Take the logits for probabilities, clipped or with a little in the logarithm."""

    def answer(logits, masks, alpha=0.25, gamma=2.0):
        chance = np.clip(logits, clip, 1 - clip) if clip else logits
        right = np.where(masks == 1, chance, 1 - chance)
        weight = np.where(masks == 1, alpha, 1 - alpha)
        return -(weight * (1 - right) ** gamma * np.log(right + add)).mean((1, 2))

    return answer


FOCAL = Exercise(
    "focal_loss",
    _focal_oracle,
    _focal_cases,
    (
        Mistake(
            lambda logits, masks, alpha=0.25, gamma=2.0: _focal(
                logits, masks, 1 - alpha, gamma
            ).mean((1, 2)),
            "alpha is on the wrong side: it weighs the lesion, 1 - alpha the "
            "background.",
        ),
        Mistake(
            _focal_mean(weigh=False),
            "The weights alpha for lesion and 1 - alpha for background are missing.",
        ),
        Mistake(
            lambda logits, masks, alpha=0.25, gamma=2.0: (
                alpha * _focal(logits, masks, alpha, gamma, weigh=False)
            ).mean((1, 2)),
            "Every pixel gets the weight alpha. The background's weight is 1 - alpha.",
        ),
        Mistake(
            lambda logits, masks, alpha=0.25, gamma=2.0: _focal(
                logits, masks, alpha, 0
            ).mean((1, 2)),
            "gamma makes no difference: this is cross-entropy with weights. The factor "
            "(1 - p) ** gamma is missing.",
        ),
        Mistake(
            lambda logits, masks, alpha=0.25, gamma=2.0: _focal(
                logits, masks, alpha
            ).mean((1, 2)),
            "gamma is always 2 in your result: use the argument.",
        ),
        Mistake(
            lambda logits, masks, alpha=0.25, gamma=2.0: _focal(
                logits, masks, gamma=gamma
            ).mean((1, 2)),
            "alpha is always 0.25 in your result: use the argument.",
        ),
        Mistake(
            lambda logits, masks, alpha=0.25, gamma=2.0: _focal(logits, masks).mean(
                (1, 2)
            ),
            "alpha and gamma make no difference to your result: use the arguments.",
        ),
        Mistake(
            _focal_mean(easy=True),
            "You raise p to the power of gamma, so the easy pixels count most. It is "
            "1 - p, which is small where the network is right.",
        ),
        Mistake(
            lambda logits, masks, **settings: _focal(
                _sigmoid(logits), masks, **settings
            ).mean((1, 2)),
            "The sigmoid is applied twice: what comes in are logits, and one sigmoid "
            "makes them probabilities.",
        ),
        Mistake(
            lambda logits, masks, **settings: _focal(
                logits.clip(-50, 50), masks, **settings
            ).mean((1, 2)),
            "You cut the logits off, so one of -1000 costs no more than one of -50. "
            "log(1 + exp(x)) is np.logaddexp(0, x), for every x.",
        ),
        Mistake(
            lambda logits, masks, **settings: _focal(
                logits, np.ones_like(masks), **settings
            ).mean((1, 2)),
            "The masks make no difference to your result.",
        ),
        Mistake(
            lambda masks, alpha=0.25, **case: (
                _focal(masks=masks, alpha=alpha, **case).mean((1, 2))
                / np.where(masks == 1, alpha, 1 - alpha).mean((1, 2))
            ),
            "You divide by the weights. Take the plain mean over the pixels.",
        ),
        Mistake(
            lambda **case: -_focal(**case).mean((1, 2)),
            "The sign is wrong: the logarithm of a probability is negative, a loss is "
            "not.",
        ),
        Mistake(
            lambda **case: _focal(**case).sum((1, 2)),
            "You sum over the pixels. Return the mean of each image.",
        ),
        Mistake(
            lambda **case: _focal(**case).mean(),
            "You average over the whole batch. Return one value for each image: "
            "axes 1 and 2.",
        ),
        Mistake(
            _focal_mean(0),
            "You average over axis 0, the images. Rows and columns are axes 1 and 2.",
        ),
        Mistake(
            _focal_mean(0, 1),
            "You average over axes 0 and 1. Rows and columns are axes 1 and 2.",
        ),
        Mistake(
            lambda masks, **case: np.where(
                masks == 1, _focal(masks=masks, **case), 0
            ).mean((1, 2)),
            "The background has no loss in your result: its probability is 1 - p.",
        ),
        Mistake(
            _focal_wrapped,
            "The masks are uint8, where 2 * 0 - 1 is 255. Make them float first, or "
            "use np.where.",
        ),
        Mistake(
            _focal_negated,
            "The masks are uint8, where -1 is 255. Put the minus before the whole "
            "product, or make the masks float first.",
        ),
        *(
            Mistake(
                _focal_clipped(tiny),
                "You cut the probability off before the logarithm, so a logit of -1000 "
                "costs no more than one of -20. Work on the logits: "
                "log(1 + exp(x)) is np.logaddexp(0, x).",
            )
            for tiny in TINY
        ),
        *(
            Mistake(
                _focal_of_threshold(cut, tiny),
                "You cut the probabilities at 0.5 first. A threshold has no gradient, "
                "so nothing can be learned from this loss. Work on the logits.",
            )
            for cut in (np.greater, np.greater_equal)
            for tiny in TINY
        ),
        *(
            Mistake(
                unstable,
                "In the computer exp(1000) is inf, and log(0) is -inf. Stay away from "
                "both: log(1 + exp(x)) is np.logaddexp(0, x).",
            )
            for unstable in (_focal_of_sigmoid, _focal_in_two_terms)
        ),
        *(
            Mistake(
                _without_sigmoid(**little),
                "You take the logits for probabilities: the logarithm of a negative "
                "number is nan. The sigmoid of a logit is the probability.",
            )
            for little in ({}, *({how: n} for how in ("clip", "add") for n in TINY))
        ),
    ),
)


def focal_loss(function: Callable) -> None:
    """Check `focal_loss(logits, masks, alpha, gamma)` -> (N,)."""
    check(FOCAL, function)
