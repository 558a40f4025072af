"""Checks of lab 01: where windows start, which stride, batches, hard negatives."""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check, conclude
from utils.checks.lab01.hunting import judge
from utils.checks.lab01.mining import MINE
from utils.checks.lab01.planning import PLAN, STARTS
from utils.checks.lab01.sliding import SLIDE


def window_starts(function: Callable) -> None:
    """Check `window_starts(length, size, stride)` -> (n,)."""
    check(STARTS, function)


def plan(function: Callable) -> None:
    """Check `plan(height, width, size, cost, budget)` -> (stride, windows)."""
    check(PLAN, function)


def slide(function: Callable) -> None:
    """Check `slide(image, tops, lefts, size, classify, batch)` -> (R, C, classes)."""
    check(SLIDE, function)


def hard_negatives(function: Callable) -> None:
    """Check `hard_negatives(chances, is_target, count, apart)` -> three arrays (K,)."""
    check(MINE, function)


def hunt(after, before, is_sheep) -> None:
    """Check the chances that a network gives after the hunt, beside those before it.

    after, before: chances of sheep (N, H, W). is_sheep: bool (N, H, W), the truth.
    """
    conclude("hunt", judge, after, before, is_sheep)
