"""The experiment: fewer false alarms at the same share of sheep found."""

from __future__ import annotations

import numpy as np

from checks.core import conclude
from checks.values import plain

FOUND = 0.8  # share of the sheep pixels that must be found
GOAL = 0.6  # of the false alarms of the first network


def false_alarms(chances, is_sheep, found: float = FOUND) -> float:
    """Give the share of other pixels called sheep where so many sheep are found."""
    threshold = np.quantile(chances[is_sheep], 1 - found, method="lower")
    return float((chances[~is_sheep] >= threshold).mean())


def judge(after, before, is_sheep) -> tuple[bool, str]:
    """Tell whether the hunt took away enough false alarms, and what to try."""
    if after is None:
        return False, "It is not written yet, for it returns None."
    is_sheep, before = np.asarray(is_sheep) == 1, np.asarray(plain(before), float)
    try:
        after = np.asarray(plain(after), float)
    except (TypeError, ValueError):
        return False, (
            "What comes back are no chances.\nHint: Return the network from hunt, and "
            "leave the cell that asks it as it is."
        )
    if after.shape != before.shape or not np.isfinite(after).all():
        return False, (
            f"The chances have the shape {after.shape} and not {before.shape}, or they "
            "are not finite.\nHint: The network has two logits, other and sheep. A "
            "smaller learning rate keeps them finite."
        )
    old, new = false_alarms(before, is_sheep), false_alarms(after, is_sheep)
    text = (
        f"Where {FOUND:.0%} of the sheep pixels are found, false alarms go from "
        f"{old:.3f} to {new:.3f} of the others (at most {GOAL:.0%} of before)."
    )
    if new <= GOAL * old:
        return True, text
    if np.ptp(after) < 1e-3:
        hint = "The network says the same everywhere. Did it see sheep in training?"
    elif np.array_equal(after, before):
        hint = "The network is the one that you started from: train it on."
    elif new > old:
        hint = (
            "It has forgotten more than it learned. Start from the first network, keep "
            "the first patches, and do not call sheep a negative."
        )
    else:
        hint = (
            "It is better, but not by enough. Random negatives do little: are yours "
            "the hardest, from many scenes, each with its true place in the image? "
            "With many more negatives, draw more sheep as well."
        )
    return False, f"{text}\nHint: {hint}"


def hunt(after, before, is_sheep) -> None:
    """Check the chances that a network gives after the hunt, beside those before it.

    after, before: chances of sheep (N, H, W). is_sheep: bool (N, H, W), the truth.
    """
    conclude("hunt", judge, after, before, is_sheep)
