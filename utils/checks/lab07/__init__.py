"""Checks of lab 07: points between cells, RoIAlign, suppression, masks, precision."""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check
from utils.checks.lab07.aligning import ALIGN
from utils.checks.lab07.assembling import ASSEMBLE
from utils.checks.lab07.precision import PRECISION
from utils.checks.lab07.sampling import SAMPLE
from utils.checks.lab07.suppression import SUPPRESS


def sample(function: Callable) -> None:
    """Check `sample(features, y, x)` -> (C, P)."""
    check(SAMPLE, function)


def roi_align(function: Callable) -> None:
    """Check `roi_align(features, boxes, images, size, stride)` -> (K, C, *size)."""
    check(ALIGN, function)


def suppress(function: Callable) -> None:
    """Check `suppress(boxes, scores, classes, way, bound, least)`."""
    check(SUPPRESS, function)


def assemble(function: Callable) -> None:
    """Check `assemble(prototypes, coefficients, boxes, stride, threshold)`."""
    check(ASSEMBLE, function)


def average_precision(function: Callable) -> None:
    """Check `average_precision(iou, scores, threshold)` -> one number."""
    check(PRECISION, function)
