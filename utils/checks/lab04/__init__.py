"""Checks of lab 04: doubling up to odd sizes, fusing scales, and honest comparisons."""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check, conclude
from utils.checks.lab04.comparing import COMPARE
from utils.checks.lab04.doubling import DOUBLE
from utils.checks.lab04.fusing import FUSE
from utils.checks.lab04.luck import BEST
from utils.checks.lab04.reporting import judge


def double(function: Callable) -> None:
    """Check `double(cells, height, width)` -> (height, width, C)."""
    check(DOUBLE, function)


def fuse(function: Callable) -> None:
    """Check `fuse(features, weights, kernel, bias, double)` -> (h2, w2, K)."""
    check(FUSE, function)


def compare(function: Callable) -> None:
    """Check `compare(first, second, t)` -> (mean, low, high, verdict)."""
    check(COMPARE, function)


def best_of(function: Callable) -> None:
    """Check `best_of(scores, tries)` -> one number."""
    check(BEST, function)


def ablation(report, ledger) -> None:
    """Check that a report says all that was run, and no more than it shows.

    report: (scores of "fixed", scores of "learned", verdict), scores by seed.
    ledger: (name, seed, score) of every training.
    """
    conclude("ablation", judge, report, ledger)
