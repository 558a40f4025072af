"""Runs a learner's function on cases, and says what is wrong with its answers.

An exercise is data: an oracle, the cases, and the mistakes that people make.  A wrong
answer is compared with what each mistake would give on the same case, so the hint is
about the mistake that was made.
"""

from __future__ import annotations

import copy
import os
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from checks.errors import describe_stop, message
from checks.hints import general_hint, kind_hint
from checks.running import CtrlC, TimeIsUp, ends_within, held_back, sealed
from checks.stubs import is_stub, stub_behind
from checks.values import first_difference, plain, same, show

SECONDS = 20  # for a check: the slowest honest answer takes 0.2


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
    mistakes: typical ones; the one that gives the learner's answer gives the hint, if
        it gives most of those that are not right.  One that stops with an error gives
        its hint to the same error, numbers aside, of a function that stops on no case
        on which it does not stop.
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


def check(exercise: Exercise, function: Callable, seconds: float = SECONDS) -> None:
    """Try a learner's function on every case of an exercise, and print the result.

    No argument is changed, and nothing that `sealed` puts back.
    Raises NotYet when the function does not pass and nbgrader is running.
    """
    conclude(exercise.name, _verdict, exercise, function, seconds=seconds)


def conclude(name: str, judge: Callable, *arguments, seconds: float = SECONDS) -> None:
    """Let a judge try a learner's work, and print what it says.

    judge: (*arguments) -> (whether the work passes, text).  The learner's code that it
        runs has some seconds, and is told of its errors.
    """
    try:
        with held_back(), sealed(), ends_within(seconds):
            passed, text = judge(*arguments)
    except CtrlC:
        raise KeyboardInterrupt from None  # it is meant for whoever runs the check
    except BaseException as error:
        passed, text = False, describe_stop(error, judge)
    finish(name, passed, text)


def finish(name: str, passed: bool, text: str) -> None:
    """Print the end of a check; raise NotYet if nbgrader has to hear that it failed."""
    said = f"{name}: {'passed' if passed else 'not yet'}. {text}"
    for line in said.split("\n"):  # indented ones are tables and code
        print(line if line.startswith("  ") else textwrap.fill(line, 88))
    # nbgrader sets this variable while it validates or grades, and counts errors.
    if not passed and os.environ.get("NBGRADER_EXECUTION"):
        raise NotYet(f"{name} does not pass")


def _verdict(exercise: Exercise, function) -> tuple[bool, str]:
    """Tell whether a function is right on all cases, and on which, or what is wrong."""
    if not callable(function):
        name = exercise.name
        return False, f"Pass the function itself, without calling it: {name}."
    tried: Counter = Counter()
    for case in exercise.cases():
        if problem := _problem(exercise, function, case, is_first=not tried):
            return False, problem
        tried[case.name] += 1
    times = [f"{n}{f' ({c} times)' if c > 1 else ''}" for n, c in tried.items()]
    return True, f"It is right on {', '.join(times)}."


def _problem(exercise: Exercise, function, case: Case, is_first: bool) -> str:
    """Return what is wrong on a case, "" if nothing."""
    given = copy.deepcopy(case.arguments)
    try:
        got = _ask(exercise, function, given)
    except CtrlC:
        raise
    except BaseException as error:
        told = describe_stop(error, function, f" on {case.name}")
        return told + _hint_for_error(error, exercise, function, case)
    if got is None and is_first:
        return _why_none(function)
    try:
        hint = _judge(exercise, function, case, given, got)
    except Exception:  # it looked for what an answer of this kind does not have
        hint = kind_hint(got) or "Your answer is not of the kind that is asked for."
    return "" if hint is None else _describe(exercise, case, got, hint)


def _ask(exercise: Exercise, function: Callable, given: dict):
    """Return the answer of a learner's function to the arguments of a case."""
    with sealed():  # what it replaces in NumPy or here has no say in the judgement
        return plain(exercise.ask(function, given))


def _why_none(function: Callable) -> str:
    if is_stub(function):
        return "It is not written yet, for it returns None."
    if name := stub_behind(function):
        return f"It returns None, and it calls {name}, which is not written yet."
    return "It returns None: is `return` missing? What is printed is not returned."


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
    made = [m for m in exercise.mistakes if _made(m, case, got, expected)]
    likely = made and _likeliest(made, exercise, _answers(exercise, function))
    if likely:
        return likely.hint
    return general_hint(got, expected)


def _hint_for_error(
    error: BaseException, exercise: Exercise, function: Callable, case: Case
) -> str:
    """Give the hint of the first mistake that stops with the same error.

    Many causes have one error, so it must explain the errors on other cases as well.
    """
    if isinstance(error, TimeIsUp):
        return ""
    if name := stub_behind(function):
        return f"\nHint: It calls {name}, which is not written yet."
    alike = [
        mistake
        for mistake in exercise.mistakes
        if _outcome(_answer, mistake.answer, case)[1] == _without_numbers(error)
    ]
    stops = [c for c, _, stop in _answers(exercise, function) if stop] if alike else []
    for mistake in alike:
        if all(_outcome(_answer, mistake.answer, each)[1] for each in stops):
            return f"\nHint: {mistake.hint}"
    return ""


def _answers(exercise: Exercise, function: Callable) -> list[tuple]:
    """Ask a learner's function on every case until the time is up.

    Returns (case, answer, error) of each, as `_outcome` gives them.
    """
    found = []
    with suppress(TimeIsUp):  # what is known already will do
        for case in exercise.cases():
            given = copy.deepcopy(case.arguments)
            found.append((case, *_outcome(_ask, exercise, function, given)))
    return found


def _outcome(answer: Callable, *arguments) -> tuple[Any, tuple[type, str] | None]:
    """Return an answer and None, or None and the error, numbers aside."""
    try:
        return answer(*arguments), None
    except (CtrlC, TimeIsUp):
        raise
    except BaseException as error:
        return None, _without_numbers(error)


def _without_numbers(error: BaseException) -> tuple[type, str]:
    return type(error), re.sub(r"\d+", "#", message(error))


def _answer(function: Callable, case: Case):
    return plain(function(**copy.deepcopy(case.arguments)))


def _made(mistake: Mistake, case: Case, got, expected) -> bool | None:
    """Tell whether an answer is that of a mistake, None where both are right."""
    theirs, error = _outcome(_answer, mistake.answer, case)
    if error:
        return None
    if same(got, theirs):
        return None if same(theirs, expected) else True
    return False


def _likeliest(
    made: list[Mistake], exercise: Exercise, answers: list[tuple]
) -> Mistake | None:
    """Choose the mistake that is made most often, if it explains most answers."""
    known = [
        (case, got, _answer(exercise.oracle, case))
        for case, got, error in answers
        if not error
    ]
    best, most = None, 0
    for mistake in made:
        shown = [_made(mistake, *each) for each in known]
        count = shown.count(True)
        if count > most and count >= shown.count(False):
            best, most = mistake, count
    return best


def _describe(exercise: Exercise, case: Case, got, hint: str) -> str:
    rows = dict(case.arguments)
    if exercise.oracle is not None:
        rows["expected"] = _answer(exercise.oracle, case)
    if not isinstance(got, str) or got != hint:  # `ask` may answer with the hint
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
