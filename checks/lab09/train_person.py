"""The experiment: people outlined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.core import conclude
from checks.values import plain
from utils import metrics

LEAST_DICE = 0.85  # mean over the images


def logits_of(model, predict: Callable, images) -> tuple[np.ndarray | None, str]:
    """Ask a model; return its logits, or None and why there are none."""
    if isinstance(model, tuple):
        return None, "You return several things. Return the model alone."
    try:
        return np.asarray(plain(predict(model, images)), float), ""
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        return None, (
            f"What you return does not predict ({type(error).__name__}: {said}). "
            "Return the model."
        )


def judge(model, predict: Callable, validation) -> tuple[bool, str]:
    """Tell whether a model outlines people well enough, and what to try."""
    if model is None:
        return False, "It is not written yet, for it returns None."
    logits, problem = logits_of(model, predict, validation.images)
    if logits is None:
        return False, f"It cannot be tried.\nHint: {problem}"
    truth = validation.masks == 1
    if logits.shape != truth.shape:
        return False, (
            f"The logits have the shape {logits.shape} and not {truth.shape}.\nHint: "
            "The network needs one output, person or not: UNet() as it is."
        )
    if not np.isfinite(logits).all():
        return False, (
            "Some logits are not finite.\nHint: The training has exploded. Take a "
            "smaller learning rate."
        )
    found = logits > 0
    dice = metrics.dice(truth, found).mean()
    text = f"Mean Dice {dice:.2f} on {len(truth)} images (at least {LEAST_DICE:.2f})."
    if dice >= LEAST_DICE:
        return True, text
    if not found.any():
        hint = (
            "It says background everywhere. Person is the rarer class: use bce_dice, "
            "and train for longer."
        )
    elif found.all():
        hint = "It says person everywhere. Are logits taken for probabilities?"
    elif metrics.dice(truth, ~found).mean() > max(dice, 0.6):
        hint = "It is the wrong way round: a logit above 0 means person."
    elif dice < 0.5 * LEAST_DICE:
        hint = (
            "It has hardly begun. Does the loss fall? Start from the weights that have "
            "seen bodies, with a small learning rate such as 3e-4."
        )
    else:
        hint = (
            "It has learned, but not enough. Start from weights, train for more "
            "epochs, and let the augmentation be one that a person could do: nobody "
            "dances upside down."
        )
    return False, f"{text}\nHint: {hint}"


def train_person(model, predict: Callable, validation) -> None:
    """Check the model of the experiment on the validation images.

    predict: (model, images) -> logits (N, H, W). validation: Samples of people.
    """
    conclude("train_person", judge, model, predict, validation, seconds=120)
