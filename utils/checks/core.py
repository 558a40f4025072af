"""Runs a learner's function on cases, and says what is wrong with its answers.

An exercise is data: an oracle, the cases, and the mistakes that people make.  A wrong
answer is compared with what each mistake would give on the same case, so the hint is
about the mistake that was made.
"""

from __future__ import annotations

import copy
import os
import random
import re
import textwrap
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from utils.checks.values import first_difference, plain, same, show

CHECKS = Path(__file__).parent  # what runs here is not the learner's


@dataclass(frozen=True)
class Case:
    """One call: what it is about ("an empty mask"), and the arguments by name."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """A wrong function that people write, and the hint for those who did."""

    answer: Callable
    hint: str


def _call(function: Callable, arguments: dict):
    return function(*arguments.values())


@dataclass(frozen=True)
class Exercise:
    """What a check needs to know.

    name: what the exercise calls its function.
    oracle: the right answer to a case's arguments, taken by name; None if many answers
        are right and `inspect` alone can tell.
    cases: makes the cases, the worked example first.
    mistakes: typical ones; the one that gives the learner's answer gives the hint.
        One that stops with an error gives its hint to the same error, numbers aside.
    exact: whether arrays must have the oracle's dtype and values to the last bit.
    inspect: (arguments, answer) -> a hint if the answer breaks a rule of the exercise,
        else None; asked before the values are compared.
    ask: (function, arguments) -> the answer, for a function that is not simply called
        with the arguments of a case; it returns None if the function does.
    """

    name: str
    oracle: Callable | None
    cases: Callable[[], Iterator[Case]]
    mistakes: tuple[Mistake, ...] = ()
    exact: bool = False
    inspect: Callable[[dict, Any], str | None] | None = None
    ask: Callable[[Callable, dict], Any] = _call


class NotYet(AssertionError):
    """Tells nbgrader that a check did not pass."""

    def _render_traceback_(self) -> list[str]:
        return [f"NotYet: {self}"]


def check(exercise: Exercise, function: Callable) -> None:
    """Try a learner's function on every case of an exercise, and print the result.

    Neither NumPy's and Python's random state nor any argument is changed.
    Raises NotYet when the function does not pass and nbgrader is running.
    """
    with sealed():
        problem, tried = _first_problem(exercise, function)
    if problem:
        finish(exercise.name, False, problem)
    else:
        times = [f"{n}{f' ({c} times)' if c > 1 else ''}" for n, c in tried.items()]
        finish(exercise.name, True, f"It is right on {', '.join(times)}.")


def finish(name: str, passed: bool, text: str) -> None:
    """Print the end of a check; raise NotYet if nbgrader has to hear that it failed."""
    said = f"{name}: {'passed' if passed else 'not yet'}. {text}"
    for line in said.split("\n"):  # indented ones are tables and code
        print(line if line.startswith("  ") else textwrap.fill(line, 88))
    # nbgrader sets this variable while it validates or grades, and counts errors.
    if not passed and os.environ.get("NBGRADER_EXECUTION"):
        raise NotYet(f"{name} does not pass")


def _first_problem(exercise: Exercise, function) -> tuple[str, Counter]:
    """Return what is wrong on the first case that fails ("" if none), and the cases."""
    tried: Counter = Counter()
    if not callable(function):
        return f"Pass the function itself, without calling it: {exercise.name}.", tried
    for case in exercise.cases():
        given = copy.deepcopy(case.arguments)
        try:
            with np.errstate(all="ignore"):  # undoes the learner's np.seterr at once
                got = plain(exercise.ask(function, given))
        except Exception as error:
            where = f"It stops with an error on {case.name}:\n"
            hint = _hint_for_error(error, exercise, case)
            return where + describe_error(error, function) + hint, tried
        if got is None and not tried:
            return "It is not written yet, for it returns None.", tried
        hint = _judge(exercise, function, case, given, got)
        if hint is not None:
            return _describe(exercise, case, got, hint), tried
        tried[case.name] += 1
    return "", tried


def _judge(
    exercise: Exercise, function: Callable, case: Case, given: dict, got
) -> str | None:
    """Return None for a right answer, otherwise a hint, which may be empty."""
    for name, before in case.arguments.items():
        if not same(given[name], before, exact=True):
            return (
                f"Your function changes {name} in place, so the caller's array is "
                "spoilt. Work on a copy, or write into a new array."
            )
    hint = exercise.inspect(given, got) if exercise.inspect else None
    if hint or exercise.oracle is None:
        return hint
    expected = _answer(exercise.oracle, case)
    if same(got, expected, exercise.exact):
        return None
    made = [m for m in exercise.mistakes if _made(m, exercise, case, got)]
    if len(made) > 1:  # on small cases, mistakes look alike
        made.sort(key=lambda mistake: -_times_made(mistake, exercise, function))
    if made:
        return made[0].hint
    return _general_hint(got, expected)


def _hint_for_error(error: Exception, exercise: Exercise, case: Case) -> str:
    """Give the hint of the first mistake that stops with the same error."""
    for mistake in exercise.mistakes:
        try:
            _answer(mistake.answer, case)
        except Exception as theirs:
            if _without_numbers(theirs) == _without_numbers(error):
                return f"\nHint: {mistake.hint}"
    return ""


def _without_numbers(error: Exception) -> tuple[type, str]:
    return type(error), re.sub(r"\d+", "#", str(error))


def _answer(function: Callable, case: Case):
    with np.errstate(all="ignore"):
        return plain(function(**copy.deepcopy(case.arguments)))


def _made(mistake: Mistake, exercise: Exercise, case: Case, got) -> bool:
    """Tell whether an answer is wrong in the way of a mistake."""
    try:
        theirs = _answer(mistake.answer, case)
    except Exception:
        return False  # this mistake cannot be made on this case
    return same(got, theirs) and not same(theirs, _answer(exercise.oracle, case))


def _times_made(mistake: Mistake, exercise: Exercise, function: Callable) -> int:
    """Count the cases on which a learner's function makes a mistake."""
    count = 0
    for case in exercise.cases():
        try:
            with np.errstate(all="ignore"):
                got = plain(exercise.ask(function, copy.deepcopy(case.arguments)))
        except Exception:
            continue
        count += _made(mistake, exercise, case, got)
    return count


def _general_hint(got, expected) -> str:
    """Name what can be seen from the answer alone, "" if nothing."""
    if got is None:
        return "Here your function returns None: does each branch end in a return?"
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return "Return a dictionary."
        if got.keys() != expected.keys():
            return f"The keys of your dictionary must be {[*expected]}."
        return next(_hints(got.values(), [expected[key] for key in got]), "")
    if isinstance(expected, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return f"Each answer is {len(expected)} things, with commas between them."
        return next(_hints(got, expected), "")
    if isinstance(expected, str):
        return ""
    try:
        whole = np.asarray(got).dtype.kind in "iu"
        got, expected = np.asarray(got, float), np.asarray(expected, float)
    except (TypeError, ValueError):
        return "Return numbers: an array, not a list of arrays."
    if got.shape != expected.shape:
        return (
            f"Your result has the shape {got.shape}, but it must be {expected.shape}: "
            "look at the axes."
        )
    if not np.isfinite(got).all():
        return "nan comes from 0 / 0, inf from an overflow or from log(0)."
    if np.allclose(got, -expected):
        return "The sign is wrong."
    if (got == np.trunc(expected)).all() and (whole or got.any()):
        return (
            "Your results are cut to whole numbers: the array that holds them "
            "has an integer type, or you divide with //."
        )
    return ""


def _hints(got, expected) -> Iterator[str]:
    """Yield the hints for the parts of an answer that are wrong."""
    for mine, theirs in zip(got, expected, strict=True):
        if not same(mine, theirs) and (hint := _general_hint(mine, theirs)):
            yield hint


def describe_error(error: Exception, function: Callable) -> str:
    """Describe an error in a learner's function: its own line, then the message."""
    frames = traceback.extract_tb(error.__traceback__)
    frames = [f for f in frames if not Path(f.filename).is_relative_to(CHECKS)]
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [frame for frame in frames if frame.filename == file] or frames[:1]
    said = " ".join(str(error).split())
    text = f"  {type(error).__name__}: {said[:200]}"
    if own:
        return f"  line {own[-1].lineno} of the cell: {own[-1].line}\n{text}"
    return f"{text}\nHint: Keep the first line of the function as the exercise has it."


def _describe(exercise: Exercise, case: Case, got, hint: str) -> str:
    rows = dict(case.arguments)
    if exercise.oracle is not None:
        rows["expected"] = _answer(exercise.oracle, case)
    rows["got"] = got
    if place := first_difference(got, rows.get("expected")):
        rows["differs"] = place
    width = max(map(len, rows))
    lines = [f"It fails on {case.name}:"]
    for name, value in rows.items():
        text = value if name == "differs" else show(value)
        for row in text.split("\n"):
            lines.append(f"  {name:{width}}  {row}")
            name = ""
    return "\n".join(lines) + (f"\nHint: {hint}" if hint else "")


@contextmanager
def sealed():
    """Put back what a learner's code may change: random states and warnings.

    `check` does so by itself; whoever judges an experiment does it with this.
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        # A warning would go to stderr, for which nbgrader takes all the points.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
