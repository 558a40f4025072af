"""The largest gap of Wang et al. (2018): its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _from_the_back(rates) -> int:
    gap = int(rates[-1])
    for layer in range(len(rates) - 2, 0, -1):
        rate = int(rates[layer])
        gap = max(gap - 2 * rate, 2 * rate - gap, rate)
    return gap


def _distance_cases() -> Iterator[Case]:
    generator = np.random.default_rng(63)
    yield Case("the worked example", {"rates": (1, 2, 5)})
    yield Case("a gap that is too large", {"rates": (1, 2, 9)})
    for count in (3, 4, 3, 5, 4, 6):
        rates = sorted(int(rate) for rate in generator.integers(2, 30, count - 1))
        yield Case("random rates that rise", {"rates": (1, *rates)})
    for count in (3, 4, 5, 5):
        rates = tuple(int(rate) for rate in generator.integers(1, 20, count))
        yield Case("rates in any order", {"rates": rates})
    yield Case("two layers", {"rates": (1, 7)})
    yield Case("two layers that fall", {"rates": [6, 2]})
    yield Case("the same rate", {"rates": (2, 2, 2)})
    yield Case("an array of rates", {"rates": np.array([1, 9, 20, 17])})


def _gap(
    rates,
    start=lambda rates: rates[-1],
    visited=lambda rates: rates[-2:0:-1],
    terms=lambda gap, rate: max(gap - 2 * rate, 2 * rate - gap, rate),
):
    rates = [int(rate) for rate in rates]
    gap = start(rates)
    for rate in visited(rates):
        gap = terms(gap, rate)
    return gap


def _distance(**parts):
    return lambda rates: _gap(rates, **parts)


DISTANCE = Exercise(
    "maximum_distance",
    _from_the_back,
    _distance_cases,
    (
        Mistake(
            _distance(visited=lambda rates: rates[-2::-1]),
            "You go on to the first layer, which is M_1. The rule stops at the second.",
        ),
        Mistake(
            _distance(visited=lambda rates: rates[-1:0:-1]),
            "You take the last layer twice: M_n is where you start.",
        ),
        Mistake(
            _distance(start=lambda rates: rates[0], visited=lambda rates: rates[1:]),
            "You go from the first layer to the last. The rule starts at the last one.",
        ),
        Mistake(
            _distance(start=lambda rates: rates[0], visited=lambda rates: rates[1:-1]),
            "You start at the first layer. The rule starts at the last one.",
        ),
        Mistake(
            _distance(visited=lambda rates: rates[1:-1]),
            "You start with the last rate, but then go through the layers from the "
            "front. The rule goes from the back.",
        ),
        Mistake(
            _distance(terms=lambda gap, rate: max(gap - 2 * rate, 2 * rate - gap)),
            "The third term is missing: the rate of the layer itself.",
        ),
        Mistake(
            _distance(terms=lambda gap, rate: max(gap - 2 * rate, rate)),
            "The second term is missing, so it goes wrong where the rate is larger "
            "than the gap behind it.",
        ),
        Mistake(
            _distance(terms=lambda gap, rate: max(2 * rate - gap, rate)),
            "The first term is missing: what a gap of the layers behind leaves.",
        ),
        Mistake(
            _distance(
                terms=lambda gap, rate: max(gap - 2 * rate, 2 * (gap - rate), rate)
            ),
            "The second term is not the whole: M - 2 (M - r), and not 2 (M - r).",
        ),
        Mistake(
            _distance(terms=lambda gap, rate: max(gap - 2 * rate, gap - rate, rate)),
            "The second term is M - 2 (M - r), which is not M - r.",
        ),
        Mistake(
            _distance(
                terms=lambda gap, rate: min(gap - 2 * rate, 2 * rate - gap, rate)
            ),
            "You take the smallest of the three. The rule takes the largest.",
        ),
        Mistake(
            lambda rates: int(rates[-1]),
            "This is M_n, where the rule starts. Follow it down to the second layer.",
        ),
        Mistake(
            lambda rates: int(max(rates)),
            "This is the largest rate. Gaps of one layer are filled by the others.",
        ),
        Mistake(
            lambda rates: _from_the_back(rates) <= 3,
            "Return M_2 itself. Whether it is small enough depends on the kernel.",
        ),
        Mistake(
            lambda rates: _from_the_back(sorted(rates)),
            "You sort the rates. The rule takes them in the order of the layers.",
        ),
    ),
)


def maximum_distance(function: Callable) -> None:
    """Check `maximum_distance(rates)` -> one number."""
    check(DISTANCE, function)
