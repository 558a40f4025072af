"""Contestants that take turns, so that a machine that slows down slows them all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable

OURS = "Every Pixel"

# Yields what one turn consists of; what it yields is not used.
Turn = Callable[[], Iterable]


def race(
    contestants: dict[str, Turn],
    items: int,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Let the contestants take turns; give items per second, round by round.

    items: how many a turn handles. The first turn of each is not counted: graphs are
    traced in it.
    """
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, turn in contestants.items():
            began = clock()
            for _ in turn():
                pass
            if number:
                rate = items / (clock() - began)
                rates[name].append(float(f"{rate:.5g}"))
    return rates


def summarise(
    rates: dict[str, list[float]], ours: str = OURS
) -> list[tuple[str, float, float]]:
    """Give (name, median of items per second, median of how much faster ours is).

    Ratios are taken within a round.
    """
    return [
        (
            name,
            statistics.median(rounds),
            statistics.median(
                mine / theirs for mine, theirs in zip(rates[ours], rounds, strict=True)
            ),
        )
        for name, rounds in rates.items()
    ]


def calls(functions: dict[str, Callable[[], object]]) -> dict[str, Turn]:
    """Make contestants of functions: a turn is one call."""
    return {name: lambda call=call: [call()] for name, call in functions.items()}
