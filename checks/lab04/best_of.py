"""What choosing the best seed is worth: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, combinations_with_replacement
from math import comb

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _over_groups(scores, tries):
    """Take every group, and the mean of their best."""
    best = [max(group) for group in combinations([float(s) for s in scores], tries)]
    return sum(best) / len(best)


def _weighed(order=np.sort, own=lambda place, tries: comb(place, tries - 1)):
    """Weigh the scores by the number of groups that each is the best of."""

    def answer(scores, tries):
        groups = [own(place, tries) for place in range(len(scores))]
        return np.dot(order(scores), groups) / sum(groups)

    return answer


def _in_turns(step):
    """Look at groups of runs that stand beside each other only."""

    def answer(scores, tries):
        starts = range(0, len(scores) - tries + 1, step or tries)
        return np.mean([max(scores[start : start + tries]) for start in starts])

    return answer


def _cases() -> Iterator[Case]:
    def case(name, scores, tries):
        return Case(name, {"scores": scores, "tries": tries})

    generator = np.random.default_rng(43)
    yield case("the worked example", np.array([0.5, 0.8, 0.6]), 2)
    for count, tries in ((5, 3), (7, 2), (9, 4), (6, 5)):
        yield case("random scores", generator.normal(0.6, 0.05, count), tries)
    scores = generator.random(8)
    yield case("scores of float32", scores.astype(np.float32), 3)
    yield case("one try", scores, 1)
    yield case("as many tries as runs", scores, len(scores))
    yield case("scores below zero", -1 - scores, 3)
    yield case("equal scores", np.array([0.7, 0.4, 0.7, 0.7, 0.4]), 2)
    yield case("a single run", np.array([0.55]), 1)


BEST = Exercise(
    "best_of",
    _over_groups,
    _cases,
    (
        Mistake(
            lambda scores, tries: _over_groups({*scores.tolist()}, tries),
            "You count equal scores once: a set forgets that they belong to different "
            "runs.",
        ),
        Mistake(
            lambda scores, tries: np.mean(
                [max(g) for g in {*combinations(sorted(scores.tolist()), tries)}]
            ),
            "You count equal groups once: a set forgets that they hold different runs.",
        ),
        Mistake(
            lambda scores, tries: np.mean(
                [*{max(g) for g in combinations(scores.tolist(), tries)}]
            ),
            "You average over the scores that are the best of some group. Average over "
            "the groups: a score counts as often as it is the best.",
        ),
        Mistake(
            lambda scores, tries: _over_groups(scores, min(tries + 1, len(scores))),
            "Your groups have one run too many: there are `tries` in each.",
        ),
        Mistake(
            lambda scores, tries: np.mean(
                [max(g) for g in combinations_with_replacement(scores, tries)]
            ),
            "The same run stands in a group several times. The runs of a group are "
            "different ones.",
        ),
        Mistake(
            lambda scores, tries: np.array(
                [max(group) for group in combinations(scores, tries)]
            ),
            "These are the best of all the groups. Return their mean.",
        ),
        Mistake(
            lambda scores, tries: np.mean(
                [max(0, *group) for group in combinations(scores, tries)]
            ),
            "Your search of the highest score begins with 0. Scores may be negative: "
            "begin with the first.",
        ),
        Mistake(
            lambda scores, tries: np.max(scores),
            "This is the best of all runs. With fewer tries one often misses it.",
        ),
        Mistake(
            lambda scores, tries: np.mean(scores),
            "This is the mean of all runs. Of each group only the highest score "
            "counts.",
        ),
        Mistake(
            lambda scores, tries: max(scores[:tries]),
            "You look at the first runs only. Every group of runs is as likely: "
            "average over all of them.",
        ),
        Mistake(
            _in_turns(1),
            "You look at groups of runs that stand beside each other. Any runs may "
            "form a group.",
        ),
        Mistake(
            _in_turns(None),
            "You cut the runs into groups one after the other. Any runs may form a "
            "group.",
        ),
        Mistake(
            lambda scores, tries: np.sort(scores)[-tries:].mean(),
            "This is the mean of the best runs together. Of each group only the best "
            "run counts.",
        ),
        Mistake(
            lambda scores, tries: -_over_groups(-np.asarray(scores), tries),
            "This is the worst of each group. Take the highest score; if you sort and "
            "count, begin with the lowest.",
        ),
        Mistake(
            _weighed(own=lambda place, tries: (place + 1) ** tries - place**tries),
            "You let the same run be drawn several times. The runs of a group are "
            "different ones.",
        ),
        Mistake(
            _weighed(order=np.asarray),
            "You weigh the scores in the order in which they came. Sort them first, "
            "the lowest first.",
        ),
        Mistake(
            _weighed(own=lambda place, tries: comb(place + 1, tries)),
            "You count groups among all scores up to this one. In its groups the "
            "score itself has a fixed place: choose the others, which lie below it.",
        ),
        Mistake(
            _weighed(own=lambda place, tries: comb(place, tries)),
            "You choose as many others as there are tries. The score itself takes one "
            "of the places in its group.",
        ),
        Mistake(
            lambda scores, tries: np.median(
                [max(group) for group in combinations(scores, tries)]
            ),
            "You take the median over the groups. The exercise asks for the mean.",
        ),
    ),
)


def best_of(function: Callable) -> None:
    """Check `best_of(scores, tries)` -> one number."""
    check(BEST, function)
