"""Checks of lab 03: sizes, transposed convolution, unpooling, checkerboards."""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check, conclude
from utils.checks.lab03.curing import judge
from utils.checks.lab03.grids import GRID
from utils.checks.lab03.sizes import BACK, SIZE
from utils.checks.lab03.stamps import TRANSPOSED
from utils.checks.lab03.unpooling import UNPOOL


def output_size(function: Callable) -> None:
    """Check `output_size(size, kernel, stride, ..., transposed)` -> whole number."""
    check(SIZE, function)


def way_back(function: Callable) -> None:
    """Check `way_back(size, layers)` -> output paddings (n,)."""
    check(BACK, function)


def transposed_convolution(function: Callable) -> None:
    """Check `transposed_convolution(features, kernel, bias, ...)` -> (K, H, W)."""
    check(TRANSPOSED, function)


def unpool(function: Callable) -> None:
    """Check `unpool(features, values, size)` -> (C, H, W)."""
    check(UNPOOL, function)


def grid_share(function: Callable) -> None:
    """Check `grid_share(maps, stride)` -> (N,)."""
    check(GRID, function)


def cured(after, before, masks) -> None:
    """Check the logits of a network without a grid, beside those of one with a grid.

    after, before: logits (N, H, W, classes). masks: class ids (N, H, W), the truth.
    """
    conclude("cured", judge, after, before, masks)
