"""Checks of lab 02: heads as kernels, receptive fields, scores on their pixels."""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check
from utils.checks.lab02.conversion import CONVERT
from utils.checks.lab02.everywhere import EVERYWHERE
from utils.checks.lab02.fields import FIELD
from utils.checks.lab02.kernels import KERNEL
from utils.checks.lab02.placing import PLACE


def as_kernel(function: Callable) -> None:
    """Check `as_kernel(weights, height, width, order)` -> (height, width, C, units)."""
    check(KERNEL, function)


def all_convolutions(function: Callable) -> None:
    """Check `all_convolutions(kernels, strides, matrices, height, width, order)`.

    What it returns, kernels and strides, is run on images and compared with the
    classifier on each window.
    """
    check(CONVERT, function)


def field_of(function: Callable) -> None:
    """Check `field_of(layers)` -> (size, jump, start)."""
    check(FIELD, function)


def place(function: Callable) -> None:
    """Check `place(coarse, start, jump, height, width)` -> (height, width, classes)."""
    check(PLACE, function)


def scores_everywhere(function: Callable) -> None:
    """Check `scores_everywhere(image, network, size, jump)` -> (H, W, classes)."""
    check(EVERYWHERE, function)
