"""Checks of lab 00: counting, two means, borders of classes, run lengths, stories.

The oracles go pixel by pixel or run by run, so that they are plainly right and share
no line with a usual solution.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check
from utils.checks.lab00.border import BORDER
from utils.checks.lab00.counting import CONFUSION, MEANS
from utils.checks.lab00.runs import DECODE, ENCODE
from utils.checks.lab00.stories import SCORE


def confusion_matrices(function: Callable) -> None:
    """Check `confusion_matrices(truths, predictions, classes)` -> (N, C, C)."""
    check(CONFUSION, function)


def two_means(function: Callable) -> None:
    """Check `two_means(matrices)` -> (mean IoU of the data, mean over the images)."""
    check(MEANS, function)


def border_iou(function: Callable) -> None:
    """Check `border_iou(truth, prediction, classes, distance)` -> (classes,)."""
    check(BORDER, function)


def encode(function: Callable) -> None:
    """Check `encode(mask)` -> counts (R,)."""
    check(ENCODE, function)


def decode(function: Callable) -> None:
    """Check `decode(counts, height, width)` -> (H, W)."""
    check(DECODE, function)


def score(function: Callable) -> None:
    """Check `score(story, truths, predictions)` -> a number, higher is better."""
    check(SCORE, function)
