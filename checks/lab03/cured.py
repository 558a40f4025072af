"""The experiment: a network without a grid that is as good as one with a grid."""

from __future__ import annotations

import numpy as np

from checks.core import conclude
from checks.lab03.grid_share import share
from checks.values import plain
from utils import metrics

STRIDE = 4  # of the grid: two layers that double
MOST_OF_BEFORE = 0.2  # of the grid's share
MOST_LOST = 0.03  # of the mean IoU


def grid(logits) -> float:
    """Mean share of the grid over scenes and classes: (N, H, W, classes) -> 0..1."""
    return float(np.mean([share(maps, STRIDE) for maps in np.moveaxis(logits, -1, 0)]))


def _mean_iou(logits, masks) -> float:
    found = logits.argmax(axis=-1)
    return metrics.mean_iou(metrics.confusion_matrix(masks, found, logits.shape[-1]))


def judge(after, before, masks) -> tuple[bool, str]:
    """Tell whether the grid is gone and the masks are still good, and what to try."""
    if after is None:
        return False, "It is not written yet, for it returns None."
    before = np.asarray(plain(before), float)
    try:
        after = np.asarray(plain(after), float)
    except (TypeError, ValueError):
        return False, (
            "What comes back are no logits.\nHint: Return a layer from cured, and "
            "leave the lines behind it as they are."
        )
    if after.shape != before.shape:
        return False, (
            f"The logits have the shape {after.shape} and not {before.shape}.\nHint: "
            "Each of the two layers doubles the height and the width, no more and no "
            "less."
        )
    if not np.isfinite(after).all():
        return False, (
            "The logits are not finite.\nHint: The training blew up. Draw the weights "
            "as first_way does, and leave the network as it is."
        )
    old, new = grid(before), grid(after)
    least = _mean_iou(before, masks) - MOST_LOST
    score = _mean_iou(after, masks)
    text = (
        f"The share of the grid goes from {old:.3f} to {new:.3f} (at most "
        f"{MOST_OF_BEFORE:.0%} of before), with a mean IoU of {score:.3f} (at least "
        f"{least:.3f})."
    )
    if np.array_equal(after, before):
        hint = "This is the first network. Write another way to enlarge."
    elif np.ptp(after, axis=(1, 2)).max() < 1e-3:
        hint = "The network says the same everywhere, so there is nothing to measure."
    elif new > 0.95 * old:
        hint = (
            "The grid is no weaker than before. Are pixels written equally often, but "
            "with unlike weights? Then equal counts do not give equal values."
        )
    elif new > MOST_OF_BEFORE * old and score < least:
        hint = (
            "A part of the grid is left, and the masks are worse. Enlarge by a way "
            "that keeps a flat region flat, then let a convolution learn."
        )
    elif new > MOST_OF_BEFORE * old:
        hint = (
            "It is better, but a part of the grid is left. A cure that holds for the "
            "first weights alone may be lost in training; one that holds for any "
            "weights cannot be. Did you change both layers?"
        )
    elif score < least:
        hint = (
            "The grid is gone, but the masks are worse. Something has to learn: keep a "
            "convolution with all the channels, and do not blur the logits."
        )
    else:
        return True, text
    return False, f"{text}\nHint: {hint}"


def cured(after, before, masks) -> None:
    """Check the logits of a network without a grid, beside those of one with a grid.

    after, before: logits (N, H, W, classes). masks: class ids (N, H, W), the truth.
    """
    conclude("cured", judge, after, before, masks)
