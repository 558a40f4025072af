"""A comparison seed by seed: its oracle, cases and mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def paired(first, second, t):
    """Compare pair by pair: (mean difference, low end, high end, verdict)."""
    gaps = [float(first[seed]) - float(second[seed]) for seed in sorted(first)]
    count = len(gaps)
    mean = math.fsum(gaps) / count
    if count == 1:
        return mean, -math.inf, math.inf, "cannot rank"
    squares = math.fsum((gap - mean) ** 2 for gap in gaps)
    reach = t * math.sqrt(squares / (count - 1) / count)
    return mean, mean - reach, mean + reach, ranked(mean - reach, mean + reach)


def ranked(low, high) -> str:
    if low > 0:
        return "first"
    return "second" if high < 0 else "cannot rank"


def _by_seed(first, second):
    return np.array([first[seed] - second[seed] for seed in first])


def _by_order(first, second):
    return np.array(list(first.values())) - np.array(list(second.values()))


def _error(gaps):
    return gaps.std(ddof=1) / np.sqrt(len(gaps))


def _compared(
    gaps=_by_seed,
    middle=np.mean,
    reach=lambda gaps, t, first, second: t * _error(gaps),
    ends=lambda mean, reach: (mean - reach, mean + reach),
    verdict=lambda gaps, mean, low, high: ranked(low, high),
    single=lambda mean: (-np.inf, np.inf),
):
    """Make a function of which one part may be wrong."""

    def answer(first, second, t):
        found = gaps(first, second)
        mean = middle(found)
        if len(found) == 1:
            low, high = single(mean)
            return mean, low, high, verdict(found, mean, low, high)
        low, high = ends(mean, reach(found, t, first, second))
        return mean, low, high, verdict(found, mean, low, high)

    return answer


def _unpaired(gaps, t, first, second):
    spreads = [np.var(list(scores.values()), ddof=1) for scores in (first, second)]
    return t * np.sqrt(sum(spreads) / len(gaps))


def _by_mean(gaps, mean, low, high):
    return "first" if mean > 0 else "second" if mean < 0 else "cannot rank"


def _by_votes(gaps, mean, low, high):
    """Rank when one is ahead with every seed."""
    if (gaps > 0).all() or (gaps < 0).all():
        return "first" if mean > 0 else "second"
    return "cannot rank"


def _by_spread(gaps, mean, low, high):
    """Rank when the gap is larger than the spread of the differences."""
    spread = gaps.std(ddof=1) if len(gaps) > 1 else np.inf
    return _by_mean(gaps, mean, low, high) if abs(mean) > spread else "cannot rank"


def _flipped(gaps, mean, low, high):
    other = {"first": "second", "second": "first"}
    return other.get(ranked(low, high), "cannot rank")


def _spoken(function, arguments):
    """Call compare, and take a verdict of np.where or np.select for the word it is."""
    answer = function(*arguments.values())
    if isinstance(answer, np.ndarray) and answer.ndim:
        answer = [*answer]
    if not isinstance(answer, tuple | list):
        return answer
    return [str(part) if _is_text(part) else part for part in answer]


def _is_text(part) -> bool:
    array = isinstance(part, np.ndarray | np.generic)
    return array and part.dtype.kind == "U" and part.ndim == 0


def _cases() -> Iterator[Case]:
    def case(name, first, second, t):
        return Case(name, {"first": first, "second": second, "t": t})

    def random(count, lead, noise, shift=0.03):
        seeds = generator.choice(50, count, replace=False)
        luck = generator.normal(0.6, shift, count)
        ahead = generator.permutation(np.linspace(-noise, noise, count)) + lead
        ahead = ahead + generator.uniform(-noise, noise, count) / 8
        first, second = luck + ahead, luck
        order = generator.permutation(count)
        return (
            {int(seeds[i]): float(first[i]) for i in range(count)},
            {int(seeds[i]): float(second[i]) for i in order},
        )

    generator = np.random.default_rng(42)
    yield case(
        "the worked example",
        {0: 0.62, 1: 0.58, 2: 0.60},
        {2: 0.57, 0: 0.60, 1: 0.57},
        4.303,
    )
    for name, count, lead, noise, t in (
        ("a clear lead", 5, 0.05, 0.01, 2.776),
        ("a lead in the noise", 4, 0.012, 0.03, 3.182),
        ("a clear lead of the second", 6, -0.04, 0.02, 2.571),
        ("a lead with every seed", 3, 0.02, 0.015, 4.303),
        ("a gap within the spread", 8, 0.018, 0.025, 2.365),
    ):
        yield case(name, *random(count, lead, noise), t)
    ahead = {0: 0.65, 1: 0.63, 2: 0.66, 3: 0.57}
    yield case(
        "one seed against it", ahead, {3: 0.58, 2: 0.605, 1: 0.585, 0: 0.6}, 3.182
    )
    first, second = random(7, -0.01, 0.05)
    yield case("another t", first, second, 3.707)
    yield case("one seed", {3: 0.61}, {3: 0.52}, 12.706)
    yield case("equal scores", first, dict(reversed(first.items())), 2.447)
    whole = {0: 61, 4: 58, 9: 60, 2: 64}
    percent = {2: 59, 9: 51, 4: 52, 0: 54}
    yield case("scores in percent, whole numbers", whole, percent, 3.182)


WORDS = ("first", "second", "cannot rank")
UNKNOWN = (
    "One pair has no spread that could be measured, which is not a spread of 0. The "
    "ends are infinite."
)


def _in_words(given, answer) -> str | None:
    """Look at the verdict alone."""
    if not isinstance(answer, tuple | list) or len(answer) != 4:
        return None
    if isinstance(answer[3], str) and answer[3] in WORDS:
        return None
    return f"The verdict, your last answer, is one of the words {', '.join(WORDS)}."


def _extremes(first, second, t):
    gaps = _by_seed(first, second)
    return gaps.mean(), gaps.min(), gaps.max(), ranked(gaps.min(), gaps.max())


COMPARE = Exercise(
    "compare",
    paired,
    _cases,
    (
        Mistake(
            _compared(gaps=_by_order),
            "You pair the scores as they stand in the dictionaries. Pair those of the "
            "same seed: the order may differ.",
        ),
        Mistake(
            _compared(
                gaps=lambda first, second: (
                    np.sort(list(first.values())) - np.sort(list(second.values()))
                )
            ),
            "You sort the scores before you pair them, so best meets best. Pair those "
            "of the same seed.",
        ),
        Mistake(
            _compared(reach=lambda gaps, t, *_: t * gaps.std() / np.sqrt(len(gaps))),
            "Your standard deviation divides by n. Divide by n - 1: NumPy does so with "
            "ddof=1.",
        ),
        Mistake(
            _compared(reach=lambda gaps, t, *_: t * gaps.std(ddof=1)),
            "You take the spread of single differences. Their mean is steadier: divide "
            "by the root of n.",
        ),
        Mistake(
            _compared(reach=lambda gaps, t, *_: t * gaps.std(ddof=1) / len(gaps)),
            "You divide by n where the standard error has the root of n.",
        ),
        Mistake(
            _compared(
                reach=lambda gaps, t, *_: (
                    t * gaps.std(ddof=1) / np.sqrt(max(len(gaps) - 1, 1))
                )
            ),
            "n - 1 belongs into the standard deviation alone. The standard error "
            "divides that by the root of n.",
        ),
        Mistake(
            _compared(reach=lambda gaps, t, *_: t * gaps.var(ddof=1) / len(gaps)),
            "You take the variance where the standard deviation belongs.",
        ),
        Mistake(
            _compared(reach=lambda gaps, *_: _error(gaps)),
            "Your interval is one standard error to either side. Multiply by t.",
        ),
        Mistake(
            _compared(reach=lambda gaps, *_: 1.96 * _error(gaps)),
            "1.96 belongs to very many pairs. With few of them t is larger: take the "
            "argument.",
        ),
        Mistake(
            _compared(reach=lambda gaps, *_: 2 * _error(gaps)),
            "2 belongs to very many pairs. With few of them t is larger: take the "
            "argument.",
        ),
        Mistake(
            _compared(reach=_unpaired),
            "You take the spread of each network by itself, which holds the luck that "
            "both share. Take the spread of the differences.",
        ),
        Mistake(
            _compared(reach=lambda gaps, t, *_: t / 2 * _error(gaps)),
            "You halve t. The interval reaches t standard errors to either side.",
        ),
        Mistake(
            _compared(ends=lambda mean, reach: (mean - reach / 2, mean + reach / 2)),
            "You halve t. The interval reaches t standard errors to either side.",
        ),
        Mistake(
            _compared(gaps=lambda first, second: -_by_seed(first, second)),
            "The difference is first minus second; yours is the other way round.",
        ),
        Mistake(
            _compared(middle=np.median),
            "You take the median of the differences. The interval is about their mean.",
        ),
        Mistake(
            _compared(middle=lambda gaps: gaps[np.argmax(np.abs(gaps))]),
            "You report the largest difference. Take the mean of all of them.",
        ),
        Mistake(
            _compared(
                ends=lambda mean, reach: (mean + reach, mean - reach),
                verdict=lambda gaps, mean, *ends: ranked(min(ends), max(ends)),
            ),
            "The ends of the interval are swapped: the low one comes first.",
        ),
        Mistake(
            _compared(ends=lambda mean, reach: (-reach, reach)),
            "The interval lies around the mean difference, not around 0.",
        ),
        Mistake(
            _compared(verdict=_by_mean),
            "Your verdict looks at the mean alone. Where 0 lies in the interval, luck "
            "explains the gap.",
        ),
        Mistake(
            _compared(verdict=_by_votes),
            "You rank where one is ahead with every seed. Three coins fall alike one "
            "time in four: the verdict is about the interval.",
        ),
        Mistake(
            _compared(verdict=_by_spread),
            "You compare the gap with the spread of single differences. The verdict is "
            "about the interval of the mean.",
        ),
        Mistake(
            _compared(
                verdict=lambda gaps, mean, low, high: (
                    "first" if low >= 0 else "second" if high <= 0 else "cannot rank"
                )
            ),
            "An interval that touches 0 is neither above nor below it.",
        ),
        Mistake(
            _compared(verdict=_flipped),
            'The verdicts are swapped: above 0, "first" has the higher scores.',
        ),
        Mistake(
            _compared(single=lambda mean: (np.nan, np.nan)),
            "One pair has no spread, and 0 / 0 is nan. The exercise wants infinite "
            "ends there: nothing is known.",
        ),
        Mistake(
            _compared(single=lambda mean: (0.0, 0.0)),
            UNKNOWN,
        ),
        Mistake(
            _compared(single=lambda mean: (mean, mean)),
            UNKNOWN,
        ),
        Mistake(
            _compared(
                single=lambda mean: (mean, mean),
                verdict=lambda gaps, mean, low, high: (
                    ranked(low, high) if len(gaps) > 1 else "cannot rank"
                ),
            ),
            UNKNOWN,
        ),
        Mistake(
            _extremes,
            "These are the smallest and the largest difference. The interval of the "
            "mean is t standard errors to either side.",
        ),
    ),
    inspect=_in_words,
    ask=_spoken,
)


def compare(function: Callable) -> None:
    """Check `compare(first, second, t)` -> (mean, low, high, verdict)."""
    check(COMPARE, function)
