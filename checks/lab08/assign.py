"""The cheapest way to give segments to queries, idle queries included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _by_force(cost, idle, bill=None) -> np.ndarray:
    """Try all ways; each is a query for every segment."""

    def whole(order):
        taken = sum(cost[query, segment] for segment, query in enumerate(order))
        return taken + sum(idle[query] for query in set(range(len(cost))) - {*order})

    ways = permutations(range(len(cost)), cost.shape[1])
    return _written(min(ways, key=bill or whole), len(cost))


def _written(order, queries) -> np.ndarray:
    """Turn the query of each segment into the segment of each query."""
    answer = np.full(queries, -1)
    for segment, query in enumerate(order):
        answer[query] = segment
    return answer


def _cases() -> Iterator[Case]:
    def case(name, cost, idle):
        arrays = np.array(cost, float).round(2), np.array(idle, float).round(2)
        return Case(name, dict(zip(("cost", "idle"), arrays, strict=True)))

    generator = np.random.default_rng(86)
    yield case("the worked example", [[6, 3], [3, 6], [2, 1], [8, 1]], [4, 2, 3, 1])
    for _ in range(8):
        queries, segments = int(generator.integers(4, 7)), int(generator.integers(2, 4))
        cost = generator.random((queries, segments)) * 3
        yield case("random prices", cost, 2 * generator.random(queries))
    yield case("idling that is cheap", 2 + generator.random((5, 3)), np.arange(5) / 9)
    yield case("idling that is dear", generator.random((5, 3)), 9 - np.arange(5) ** 1.5)
    for sides in ((4, 4), (5, 5)):
        yield case(
            "as many segments as queries", generator.random(sides), sides[0] * [1]
        )
    yield case("one segment", generator.random((4, 1)), generator.random(4))
    yield case("one query", [[5]], [2])
    yield case(
        "prices below zero", generator.random((6, 3)) - 2, generator.random(6) - 1
    )
    yield case("no segment", np.zeros((3, 0)), [1, 0.5, 2])


def _cheapest_pair_first(cost) -> np.ndarray:
    answer = np.full(len(cost), -1)
    for place in np.argsort(cost, axis=None, kind="stable"):
        query, segment = np.unravel_index(place, cost.shape)
        if answer[query] < 0 and segment not in answer:
            answer[query] = segment
    return answer


def _segment_by_segment(cost) -> np.ndarray:
    answer = np.full(len(cost), -1)
    for segment in range(cost.shape[1]):
        free = np.flatnonzero(answer < 0)
        answer[free[cost[free, segment].argmin()]] = segment
    return answer


def _query_by_query(cost) -> np.ndarray:
    answer = np.full(len(cost), -1)
    for query in range(min(cost.shape)):
        free = [t for t in range(cost.shape[1]) if t not in answer]
        answer[query] = free[cost[query, free].argmin()]
    return answer


def _each_its_own(cost) -> np.ndarray:
    return np.where(cost.size, cost.argmin(axis=1), -1)


def _each_its_own_or_nothing(cost, idle) -> np.ndarray:
    return np.where(cost.min(axis=1) < idle, cost.argmin(axis=1), -1)


def _only_what_pays(cost, idle) -> np.ndarray:
    """Leave a segment to nobody where idling is cheaper."""
    wide = np.concatenate([cost, np.diag(idle) + 1e6 * (1 - np.eye(len(idle)))], axis=1)
    best, found = np.inf, None
    for order in permutations(range(wide.shape[1]), len(cost)):
        total = wide[range(len(cost)), order].sum()
        if total < best:
            best, found = total, order
    return np.array([t if t < cost.shape[1] else -1 for t in found])


def _dropped_if_dear(cost, idle) -> np.ndarray:
    """Take back what costs more than idling."""
    answer = _by_force(cost, idle)
    price = np.where(answer < 0, -np.inf, cost[range(len(cost)), answer])
    return np.where(price > idle, -1, answer)


def _small(function):
    """Keep a slow mistake to small tables."""

    def answer(cost, idle):
        if cost.size > 12:
            raise ValueError("too large to try")
        return function(cost, idle)

    return answer


def _without_idle(cost, idle):
    return _by_force(cost, 0 * idle)


def _less(cost, idle):
    return cost - idle[:, None]


def _inspect(given: dict, answer) -> str | None:
    """Name answers that are no assignment."""
    cost = given["cost"]
    try:
        answer = np.asarray(answer, float)
    except (TypeError, ValueError):
        return "Return one whole number for each query."
    if answer.shape != (len(cost),):
        if answer.shape == (cost.shape[1],):
            return (
                "This is a number for each segment. Return one for each query: its "
                "segment, or -1."
            )
        return f"Return one whole number for each query, ({len(cost)},)."
    if (answer != np.round(answer)).any() or (answer < -1).any():
        return "Return the numbers of segments from 0 on, and -1 for nothing."
    if (answer >= cost.shape[1]).any():
        return (
            "There is no such segment: they are counted from 0. A query without one "
            "gets -1."
        )
    times = [int((answer == segment).sum()) for segment in range(cost.shape[1])]
    wrong = [segment for segment, count in enumerate(times) if count != 1]
    if not wrong:
        return None
    taken = answer >= 0
    left_out = (answer[taken] == _by_force(**given)[taken]).all()
    dear = np.array_equal(answer, _dropped_if_dear(**given))
    if _known(given, answer) and (dear or not left_out):
        return None
    if times[wrong[0]]:
        return (
            f"Segment {wrong[0]} is given to {times[wrong[0]]} queries. Each must be "
            "given once."
        )
    return (
        f"Segment {wrong[0]} is given to nobody. Each must be given once, or the "
        "network learns to miss it."
    )


def _known(given: dict, answer) -> bool:
    """Tell whether a mistake with a hint of its own gives this answer."""
    for mistake in ASSIGN.mistakes:
        try:
            if np.array_equal(mistake.answer(**given), answer):
                return True
        except (ValueError, IndexError):  # this mistake cannot be made here
            continue
    return False


ASSIGN = Exercise(
    "assign",
    _by_force,
    _cases,
    (
        Mistake(
            _without_idle,
            "Queries that are left over cost something as well, each its own price. "
            "Here another choice leaves cheaper ones idle.",
        ),
        Mistake(
            lambda cost, idle: _without_idle(cost + idle[:, None], idle),
            "The price of idling has the wrong sign: a query that takes a segment "
            "saves this price.",
        ),
        Mistake(
            lambda cost, idle: _cheapest_pair_first(cost),
            "You take the cheapest pair first. It can force dear pairs later: the sum "
            "of all counts.",
        ),
        Mistake(
            lambda cost, idle: _cheapest_pair_first(_less(cost, idle)),
            "The price of idling is in, but you take the best pair first. It can force "
            "dear pairs later: the sum of all counts.",
        ),
        Mistake(
            lambda cost, idle: _segment_by_segment(cost),
            "Segments choose one after the other, and the first ones choose best. The "
            "sum of all counts.",
        ),
        Mistake(
            lambda cost, idle: _segment_by_segment(_less(cost, idle)),
            "The price of idling is in, but segments choose one after the other. The "
            "sum of all counts.",
        ),
        Mistake(
            lambda cost, idle: _query_by_query(cost),
            "Queries choose one after the other, so the last ones have no choice, and "
            "the first ones never idle. The sum of all counts.",
        ),
        Mistake(
            lambda cost, idle: _each_its_own(cost),
            "Every query takes the segment that it likes best, so one segment is given "
            "to several queries. Each may be given once.",
        ),
        Mistake(
            _each_its_own_or_nothing,
            "Each query decides by itself, so a segment is given to several queries or "
            "to none. Each must be given once.",
        ),
        Mistake(
            lambda cost, idle: np.array(
                [
                    next(
                        (t for t in range(cost.shape[1]) if cost[:, t].argmin() == q),
                        -1,
                    )
                    for q in range(len(cost))
                ]
            ),
            "Every segment takes the query that it likes best, and one query cannot "
            "have two segments.",
        ),
        Mistake(
            _small(_only_what_pays),
            "A segment is given to nobody here, since idling is cheaper. Each must be "
            "given once, or the network learns to miss it.",
        ),
        Mistake(
            _dropped_if_dear,
            "A segment that costs more than idling is given to nobody in the end. Each "
            "must be given once, or the network learns to miss it.",
        ),
        Mistake(
            lambda cost, idle: np.maximum(_by_force(cost, idle), 0),
            "Who has nothing gets -1. 0 is the first segment.",
        ),
        Mistake(
            lambda cost, idle: _by_force(-cost, -idle),
            "This is the dearest way. The total must be the lowest.",
        ),
        Mistake(
            lambda cost, idle: _by_force(-cost, 0 * idle),
            "This is the dearest way. The total must be the lowest.",
        ),
    ),
    inspect=_inspect,
)


def assign(function: Callable) -> None:
    """Check `assign(cost, idle)` -> the segment of each query (Q,), -1 for nothing."""
    check(ASSIGN, function)
