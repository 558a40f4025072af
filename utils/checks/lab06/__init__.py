"""Checks of lab 06: dilated convolution, rates without holes, ASPP, a CRF for a fence.

The oracles go pixel by pixel or place by place, so that they are plainly right and
share no line with a usual solution.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check, conclude
from utils.checks.lab06.branches import ASPP
from utils.checks.lab06.choosing import CHOOSE
from utils.checks.lab06.convolution import CONVOLVE
from utils.checks.lab06.distance import DISTANCE
from utils.checks.lab06.rails import judge
from utils.checks.lab06.reading import READ


def dilated_convolution(function: Callable) -> None:
    """Check `dilated_convolution(image, kernels, rate, stride)`: (rows, columns, F)."""
    check(CONVOLVE, function)


def pixels_read(function: Callable) -> None:
    """Check `pixels_read(rates, size)` -> (n,)."""
    check(READ, function)


def maximum_distance(function: Callable) -> None:
    """Check `maximum_distance(rates)` -> one number."""
    check(DISTANCE, function)


def choose_rates(function: Callable) -> None:
    """Check `choose_rates(field, size)` -> (n,)."""
    check(CHOOSE, function)


def aspp(function: Callable) -> None:
    """Check `aspp(features, kernels, biases, rates)` -> (H, W, G)."""
    check(ASPP, function)


def choose_settings(after, usual, before, masks) -> None:
    """Check what a CRF with the learner's settings makes of scenes that are held out.

    after, usual, before: class ids (N, H, W) by these settings, by those of the lesson
    and by the network alone. masks: uint8 (N, H, W), the truth.
    """
    conclude("choose_settings", judge, after, usual, before, masks)
