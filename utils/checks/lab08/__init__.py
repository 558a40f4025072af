"""Checks of lab 08: attention and its cost, matching of sets, panoptic quality.

The oracles go position by position, pair by pair, pixel by pixel; the best assignment
is found by trying all.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check
from utils.checks.lab08.assigning import ASSIGN
from utils.checks.lab08.attending import ATTEND
from utils.checks.lab08.costing import COST
from utils.checks.lab08.merging import MERGE
from utils.checks.lab08.panoptic import PANOPTIC
from utils.checks.lab08.pricing import PRICES


def merge(function: Callable) -> None:
    """Check `merge(features, weights)` -> tokens (K, D)."""
    check(MERGE, function)


def attend(function: Callable) -> None:
    """Check `attend(queries, keys, values, heads, allowed=None)` -> (Q, D)."""
    check(ATTEND, function)


def attention_cost(function: Callable) -> None:
    """Check `attention_cost(height, width, channels, reduction)` -> two numbers."""
    check(COST, function)


def prices(function: Callable) -> None:
    """Check `prices(probabilities, inside, classes, masks, counts)` -> (Q, T)."""
    check(PRICES, function)


def assign(function: Callable) -> None:
    """Check `assign(cost, idle)` -> the segment of each query (Q,), -1 for nothing."""
    check(ASSIGN, function)


def panoptic_table(function: Callable) -> None:
    """Check `panoptic_table(truth, truth_classes, found, found_classes, is_thing)`."""
    check(PANOPTIC, function)
