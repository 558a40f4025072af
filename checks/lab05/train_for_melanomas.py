"""The experiment: a network that misses little of a melanoma."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

import numpy as np

from checks.core import conclude
from checks.values import plain
from utils import metrics
from utils.datasets import Samples

MELANOMA = "melanoma"
MOST_MISSED = 0.02  # of the pixels of melanoma
LEAST_MELANOMA, LEAST_OTHERS = 0.90, 0.70  # mean Dice


def _number(value) -> float | None:
    """Take a number, also an array or a tensor of one; give None for all else."""
    value = plain(value)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if not isinstance(value, Real) or isinstance(value, bool):
        return None
    return float(np.clip(value, -1e9, 1e9))


def judge(answer, predict: Callable, validation: Samples) -> tuple[bool, str]:
    """Tell whether (model, threshold) reaches the three goals, and what to try."""
    if answer is None:
        return False, "It is not written yet, for it returns None."
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return False, "Return two things: return model, threshold."
    model, threshold = answer
    threshold = _number(threshold)
    if threshold is None:
        return False, (
            "The second thing that you return is no single number between 0 and 1. "
            "Return model, threshold, in this order."
        )
    if not 0 < threshold < 1:
        return False, (
            f"The threshold is {threshold:.4g}, but it is on the probability, between "
            "0 and 1. The logit 0 is the probability 0.5."
        )
    try:
        logits = np.asarray(plain(predict(model, validation.images)), float)
        found = logits > np.log(threshold / (1 - threshold))
        dice = metrics.dice(validation.masks, found)
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        return False, (
            "The first thing that you return does not predict masks "
            f"({type(error).__name__}: {said}). Return model, threshold."
        )
    sick = validation.groups == validation.group_names.index(MELANOMA)
    lesion = validation.masks[sick] == 1
    missed = (lesion & ~found[sick]).sum() / lesion.sum()
    melanoma, others = dice[sick].mean(), dice[~sick].mean()
    text = (
        f"Share of melanoma missed {missed:.3f} (at most {MOST_MISSED:.2f}), mean Dice "
        f"{melanoma:.3f} on melanomas (at least {LEAST_MELANOMA:.2f}) and "
        f"{others:.3f} on the others (at least {LEAST_OTHERS:.2f})."
    )
    too_little = missed > MOST_MISSED
    too_much = melanoma < LEAST_MELANOMA or others < LEAST_OTHERS
    if too_little and too_much:
        hint = (
            "It misses and it invents, so no threshold alone will do. Train with "
            "Augmentation() and for more epochs."
        )
    elif too_little:
        hint = (
            "It misses too much: lower the threshold, or let a missed pixel cost more."
        )
    elif too_much:
        hint = (
            "It outlines too much: raise the threshold, or let an invented pixel cost "
            "more."
        )
    else:
        return True, text
    return False, f"{text}\nHint: {hint}"


def train_for_melanomas(answer, predict: Callable, validation) -> None:
    """Check the (model, threshold) of the experiment on the validation images.

    predict: (model, images) -> logits (N, H, W). validation: Samples with diagnoses.
    """
    conclude("train_for_melanomas", judge, answer, predict, validation, seconds=120)
