"""The ablation: is all reported that was run, and no more claimed than it shows?"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real

from checks.core import conclude
from checks.lab04.compare import paired
from checks.values import plain

NAMES = ("fixed", "learned")
VERDICTS = ("first", "second", "cannot rank")
LEAST, MOST = 4, 10  # seeds
# Student's t at 95 %, by number of pairs.
STUDENT = {4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
ROUNDING = 6e-4  # a report may round to three digits


def judge(report, ledger) -> tuple[bool, str]:
    """Compare a report with the ledger; whatever the verdict, it has to follow."""
    if report is None:
        return False, "It is not written yet, for it returns None."
    report = _plain(report)
    problem, hint = _form(report)
    if not problem:
        runs = _runs(ledger)
        problem, hint = _seeds(report, runs) or _honesty(report, runs) or ("", "")
    if problem:
        return False, f"{problem}\nHint: {hint}"
    count = len(report[0])
    return True, (
        f"All {2 * count} runs are reported, {count} pairs with the same seeds, and "
        "the verdict is what they allow."
    )


def _plain(value):
    """Turn arrays and tensors without axes into what they hold, in lists as well."""
    if isinstance(value, tuple | list):  # a verdict of np.select is an array
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    value = plain(value)
    return value.item() if getattr(value, "shape", None) == () else value


def _runs(ledger) -> dict[tuple, list[float]]:
    """Give the scores of each (name, seed): several if it was run again."""
    runs: dict[tuple, list[float]] = {}
    for name, seed, score in ledger:
        runs.setdefault((name, int(seed)), []).append(float(score))
    return runs


def _form(report) -> tuple[str, str]:
    if not isinstance(report, tuple | list) or len(report) != 3:
        return (
            "What comes back is not three things.",
            'Return the scores of "fixed", the scores of "learned" and the verdict.',
        )
    for name, scores in zip(NAMES, report, strict=False):
        if not isinstance(scores, Mapping):
            return (
                f'The scores of "{name}" are no dictionary.',
                "Return a dictionary from seed to score, so that a pair can be found.",
            )
        whole = all(isinstance(seed, Integral) for seed in scores)
        if not whole or not all(_is_score(score) for score in scores.values()):
            return (
                f'The scores of "{name}" do not lead from whole numbers to numbers.',
                "The keys are seeds, the values are what run gave for them.",
            )
    if not isinstance(report[2], str) or report[2] not in VERDICTS:
        return (
            f"The verdict is {str(report[2])[:60]!r}.",
            f"It is the last thing that compare returns, one of {', '.join(VERDICTS)}.",
        )
    return "", ""


def _is_score(score) -> bool:
    return isinstance(score, Real) and abs(score) < 1e9  # nan is none, too


def _seeds(report, runs) -> tuple[str, str] | None:
    fixed, learned, _ = report
    if set(fixed) != set(learned):
        odd = sorted(map(int, set(fixed) ^ set(learned)))
        return (
            f"These seeds were reported for one network only: {_listed(odd)}.",
            "A pair is two runs with the same seed. Train both with each seed.",
        )
    if len(fixed) < LEAST:
        return (
            f"The report has {len(fixed)} seeds, but it needs at least {LEAST}.",
            "With so few pairs the interval is wider than any gap that you may find.",
        )
    if len(fixed) > MOST:
        return (
            f"The report has {len(fixed)} seeds, more than {MOST}.",
            f"Student's t is given for up to {MOST} pairs. Decide on fewer.",
        )
    for name, scores in zip(NAMES, (fixed, learned), strict=True):
        for seed, score in scores.items():
            real = runs.get((name, int(seed)))
            if real is None:
                return (
                    f'The ledger has no run of "{name}" with seed {seed}.',
                    "Call run for each seed, with each of the two names. If the ledger "
                    "was begun anew, train anew.",
                )
            if min(abs(score - value) for value in real) > ROUNDING:
                return (
                    f'For "{name}" with seed {seed} the report says {score:.4f}, the '
                    f"ledger {real[-1]:.4f}.",
                    _where_from(score, name, seed, runs),
                )
    return None


def _where_from(score, name, seed, runs) -> str:
    """Guess whose score was reported."""
    owners = [
        key
        for key, values in runs.items()
        if min(abs(score - value) for value in values) < 1e-9
    ]
    if owners and owners[0][0] != name:
        return f'It is a score of "{owners[0][0]}": are the names swapped?'
    if owners:
        return (
            f"It is the score of seed {owners[0][1]}. Each seed keeps its own score, "
            "also a bad one."
        )
    return "Report what run gave, neither averaged nor rounded below three digits."


def _honesty(report, runs) -> tuple[str, str] | None:
    fixed, learned, verdict = report
    for name, scores in zip(NAMES, (fixed, learned), strict=True):
        left = sorted(seed for of, seed in runs if of == name and seed not in scores)
        if left:
            return (
                f'"{name}" was also run with these seeds: {_listed(left)}. The report '
                "leaves them out.",
                "Whoever chooses among seeds after seeing them reports luck. Report "
                "every run. If those were trials, begin a new ledger and train again.",
            )
    mean, low, high, honest = paired(fixed, learned, STUDENT[len(fixed)])
    if verdict == honest:
        return None
    found = (
        f'The verdict is "{verdict}", but the differences have the mean {mean:.4f} and '
        f"an interval from {low:.4f} to {high:.4f}."
    )
    if honest == "cannot rank":
        return found, (
            "0 lies in this interval, so the gap may be luck. That cannot be ranked, "
            "and saying so is a result."
        )
    if verdict == "cannot rank":
        return found, (
            "0 lies outside of it. Too much caution is wrong as well: with these seeds "
            "the two can be ranked. Which t did you take?"
        )
    return found, (
        '"first" is the first argument of compare. Did you pass fixed first?'
    )


def _listed(seeds) -> str:
    shown = ", ".join(map(str, seeds[:5]))
    return f"{shown} and {len(seeds) - 5} more" if len(seeds) > 5 else shown


def ablation(report, ledger) -> None:
    """Check that a report says all that was run, and no more than it shows.

    report: (scores of "fixed", scores of "learned", verdict), scores by seed.
    ledger: (name, seed, score) of every training.
    """
    conclude("ablation", judge, report, ledger)
