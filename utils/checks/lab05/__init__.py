"""Checks of lab 05: losses, legal augmentation, error analysis, an experiment.

The oracles go image by image or pixel by pixel, so that they are plainly right and
share no line with a usual solution.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check, conclude
from utils.checks.lab05.analysis import ERROR_TABLE
from utils.checks.lab05.augmentation import TURN_AND_ZOOM
from utils.checks.lab05.experiment import judge
from utils.checks.lab05.focal import FOCAL
from utils.checks.lab05.tversky import TVERSKY


def tversky_loss(function: Callable) -> None:
    """Check `tversky_loss(probabilities, masks, alpha, beta)` -> (N,)."""
    check(TVERSKY, function)


def focal_loss(function: Callable) -> None:
    """Check `focal_loss(logits, masks, alpha, gamma)` -> (N,)."""
    check(FOCAL, function)


def turn_and_zoom(function: Callable) -> None:
    """Check `turn_and_zoom(image, mask, turns, window)` -> (image, mask)."""
    check(TURN_AND_ZOOM, function)


def error_table(function: Callable) -> None:
    """Check `error_table(truths, predictions, groups)` -> {group: row}."""
    check(ERROR_TABLE, function)


def train_for_melanomas(answer, predict: Callable, validation) -> None:
    """Check the (model, threshold) of the experiment on the validation images.

    predict: (model, images) -> logits (N, H, W). validation: Samples with diagnoses.
    """
    conclude("train_for_melanomas", judge, answer, predict, validation, seconds=120)
