"""Which stride a budget allows: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.lab01.window_starts import laid


def _cheapest_first(height, width, size, cost, budget) -> tuple[int, int]:
    for stride in range(1, size + 1):
        windows = len(laid(height, size, stride)) * len(laid(width, size, stride))
        if windows * cost <= budget:
            return stride, windows
    return 0, 0


def _plan_cases() -> Iterator[Case]:
    def case(name, height, width, size, cost, budget):
        numbers = {"height": height, "width": width, "size": size}
        return Case(name, {**numbers, "cost": cost, "budget": budget})

    generator = np.random.default_rng(21)
    yield case("the worked example", 10, 13, 4, 100, 2000)
    for _ in range(6):
        sides = generator.choice(np.arange(20, 90), 2, replace=False)
        height, width = (int(side) for side in sides)
        size, cost = int(generator.integers(5, 17)), int(generator.integers(50, 900))
        wanted = int(generator.integers(2, size))
        count = len(laid(height, size, wanted)) * len(laid(width, size, wanted))
        yield case(
            "random numbers", height, width, size, cost, count * cost + cost // 2
        )
    windows = len(laid(30, 6, 6)) * len(laid(47, 6, 6))
    yield case("a budget that is met exactly", 30, 47, 6, 70, windows * 70)
    yield case("enough for stride 1", 12, 9, 5, 10, 10**9)
    yield case("a budget for nothing", 40, 30, 5, 1000, 42_000)  # 42 at stride 6
    yield case("one window that is the image", 32, 32, 32, 2_400_000, 2_400_000)


def _planned(count=None, allowed=None, order=None):
    """Make a planner of which one part may be wrong."""

    def plan(height, width, size, cost, budget):
        for stride in (order or range)(1, size + 1):
            windows = (count or _windows)(height, width, size, stride)
            fits = (allowed or (lambda bill: bill <= budget))(windows * cost)
            if fits:
                return stride, windows
        return 0, 0

    return plan


def _windows(height, width, size, stride):
    return _along(height, size, stride) * _along(width, size, stride)


def _along(length, size, stride):
    return -(-(length - size) // stride) + 1


def _strictly(height, width, size, cost, budget):
    return _planned(allowed=lambda bill: bill < budget)(
        height, width, size, cost, budget
    )


def _beyond_size(height, width, size, cost, budget):
    for stride in range(1, max(height, width)):
        windows = _windows(height, width, size, stride)
        if windows * cost <= budget:
            return stride, windows
    return 0, 0


POWERS = (1, 2, 4, 8, 16, 32)

PLAN = Exercise(
    "plan",
    _cheapest_first,
    _plan_cases,
    (
        Mistake(
            lambda **case: _cheapest_first(**case)[::-1],
            "The two numbers are swapped: the stride comes first.",
        ),
        Mistake(
            lambda **case: (
                _cheapest_first(**case)[0],
                _cheapest_first(**case)[1] * case["cost"],
            ),
            "The second number is the bill. Return how many windows there are.",
        ),
        Mistake(
            _planned(order=lambda first, end: range(first, end - 1)),
            "You never try a stride as long as a window. It is allowed, and leaves no "
            "gap: range stops before its end.",
        ),
        Mistake(
            _planned(
                lambda h, w, size, s: ((h - size) // s + 1) * ((w - size) // s + 1)
            ),
            "Your count leaves out the last window, which is flush with the end: "
            "round up, not down.",
        ),
        Mistake(
            _planned(lambda h, w, size, s: -(-h // s) * -(-w // s)),
            "You count a window for each step over the whole image. A window starts "
            "between 0 and length - size.",
        ),
        Mistake(
            _planned(
                lambda h, w, size, s: -(-(h - size + 1) // s) * -(-(w - size + 1) // s)
            ),
            "Your count of windows is off at some lengths. Count the steps between the "
            "first and the last start, rounded up, and add 1.",
        ),
        Mistake(
            _planned(lambda h, w, size, s: -(-(h - size) // s) * -(-(w - size) // s)),
            "One window is missing along each side: there is one more window than "
            "steps between them.",
        ),
        Mistake(
            _planned(lambda h, w, size, s: _along(h, size, s) ** 2),
            "You square the count of one side. Height and width have counts of their "
            "own.",
        ),
        Mistake(
            _planned(lambda h, w, size, s: _along(w, size, s) ** 2),
            "You square the count of one side. Height and width have counts of their "
            "own.",
        ),
        Mistake(
            _planned(lambda h, w, size, s: _along(h, size, s) + _along(w, size, s)),
            "You add the counts of rows and columns. Each row has all the columns.",
        ),
        Mistake(
            _planned(order=lambda first, end: range(first + 1, end)),
            "You never try stride 1.",
        ),
        Mistake(
            _planned(order=lambda first, end: [n for n in POWERS if n < end]),
            "You try powers of 2 alone. Any whole number is a stride.",
        ),
        Mistake(
            _planned(
                order=lambda first, end: [n for n in range(1, end) if not (end - 1) % n]
            ),
            "You try only strides that divide `size`. Any whole number is a stride.",
        ),
        Mistake(
            _strictly,
            "A bill that is exactly the budget can be paid: <= and not <.",
        ),
        Mistake(
            _planned(order=lambda first, end: range(end - 1, first - 1, -1)),
            "You return the longest stride that fits. The shortest one that can be "
            "paid gives the best outlines.",
        ),
        Mistake(
            _planned(order=lambda first, end: range(first, end + 1)),
            "Your stride is longer than a window, so pixels between the windows get "
            "no answer. If no stride up to `size` can be paid, return 0, 0.",
        ),
        Mistake(
            _beyond_size,
            "Your stride is longer than a window, so pixels between the windows get "
            "no answer. If no stride up to `size` can be paid, return 0, 0.",
        ),
        Mistake(
            lambda **case: (
                _cheapest_first(**case)
                if _cheapest_first(**case)[0]
                else (case["size"], _windows(*[*case.values()][:3], case["size"]))
            ),
            "No stride can be paid here, and you plan one all the same. Return 0, 0.",
        ),
        Mistake(
            lambda **case: (
                _cheapest_first(**case) if sum(_cheapest_first(**case)) else None
            ),
            "No stride can be paid here. Return 0, 0.",
        ),
        Mistake(
            lambda **case: (
                _cheapest_first(**case) if sum(_cheapest_first(**case)) else (-1, -1)
            ),
            "No stride can be paid here. Return 0, 0.",
        ),
    ),
)


def plan(function: Callable) -> None:
    """Check `plan(height, width, size, cost, budget)` -> (stride, windows)."""
    check(PLAN, function)
