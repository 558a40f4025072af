"""Answers to the labs' exercises that learners give, right and wrong.

`lab00.py` holds those that need no framework, `lab02_pytorch.py` and
`lab02_tensorflow.py` those that do.  tests/test_checks.py tries them all:

    answers = Answers("lab00")
    right, wrong = answers.right, answers.wrong

    @right("decode")
    def by_repeat(counts, shape): ...

    @wrong("decode", "column by column")  # words of the hint that it must get
    def row_by_row(counts, shape): ...

What is no function is registered with its name: `right("train", (model, 0.3),
name="a_good_network")`.  An exercise whose check takes more than the answer says how
it is called: `answers.call("train", lambda check, answer: check(answer, predict))`.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import os
import random
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import checks

HERE = Path(__file__).parent
TRACKS = ("pytorch", "tensorflow")
MOST_SECONDS = 2  # of the processor, for one check
LEAST = {"right": 3, "wrong": 5}  # answers to each exercise


@dataclass(frozen=True)
class Answer:
    """One answer; `hint` is "" for a right one."""

    exercise: str
    name: str
    answer: Any
    hint: str = ""


@dataclass
class Answers:
    """The answers to the exercises of one lab."""

    lab: str
    given: list[Answer] = field(default_factory=list)
    calls: dict[str, Callable] = field(default_factory=dict)

    def right(self, exercise: str, *answer, name: str = ""):
        """Register a right answer, or decorate one."""
        return self._register(exercise, answer, name, "")

    def wrong(self, exercise: str, hint: str, *answer, name: str = ""):
        """Register a wrong answer and words of the hint that it must get."""
        assert hint, "a wrong answer gets a hint"
        return self._register(exercise, answer, name, hint)

    def call(self, exercise: str, how: Callable) -> None:
        """Tell how the check of an exercise is called: (check, answer) -> None."""
        self.calls[exercise] = how

    def _register(self, exercise: str, answer: tuple, name: str, hint: str):
        def register(function):
            called = name or function.__name__
            made = Answer(exercise, called, function, hint)
            same = [a for a in self.given if (a.exercise, a.name) == (exercise, called)]
            assert not same, f"{self.lab} has two answers {exercise}-{called}"
            self.given.append(made)
            return function

        return register(answer[0]) if answer else register

    def run(self, exercise: str, answer) -> str:
        """Run a check as a cell does; return what it prints."""
        check = getattr(getattr(checks, self.lab), exercise)
        how = self.calls.get(exercise, lambda check, answer: check(answer))
        said, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
            assert how(check, answer) is None, "a check returns None"
        assert not errors.getvalue(), errors.getvalue()
        return said.getvalue()

    def problem(self, answer: Answer) -> str:
        """Run the check of an answer; tell what the check does wrong, "" if nothing."""
        before, start = state(), time.process_time()
        printed = self.run(answer.exercise, answer.answer)
        if time.process_time() - start > MOST_SECONDS:
            return f"the check takes more than {MOST_SECONDS} s of the processor"
        if changed := [name for name, now in state().items() if now != before[name]]:
            return f"the check changes {', '.join(changed)}"
        wanted = "not yet" if answer.hint else "passed"
        if not printed.startswith(f"{answer.exercise}: {wanted}. "):
            return f"{wanted} was expected, but it prints:\n{printed}"
        if not answer.hint:
            return ""
        hint = " ".join(printed.split("\nHint: ")[-1].split())  # lines are wrapped
        if answer.hint not in hint:
            return f"a hint with {answer.hint!r} is missing, but it prints:\n{printed}"
        lines = printed.split("\n")
        if len(lines) > 24 or max(map(len, lines)) > 150:
            return f"it prints too much:\n{printed}"
        return ""

    def probes(self) -> Iterator[tuple[str, str]]:
        """Yield (exercise, what its check does wrong) with answers to anything."""
        rights = {a.exercise: a.answer for a in self.given if not a.hint}
        for exercise, answer in rights.items():
            function = callable(answer)
            for probe in (self._stub, self._constants, self._error, self._careless):
                if not function and probe != self._stub:
                    continue
                if problem := probe(exercise, answer):
                    yield exercise, problem

    def _stub(self, exercise: str, answer) -> str:
        printed = self.run(exercise, _nothing if callable(answer) else None)
        expected = f"{exercise}: not yet. It is not written yet"
        if printed.startswith(expected) and len(printed.splitlines()) == 1:
            return ""
        return f"a stub must get {expected!r}, but it prints:\n{printed}"

    def _constants(self, exercise: str, _) -> str:
        for constant in CONSTANTS:
            printed = self.run(exercise, lambda *_, it=constant, **__: it)
            if not printed.startswith(f"{exercise}: not yet. "):
                return f"the constant {constant!r} passes"
            if "\n" not in printed or "Traceback" in printed:
                return f"the constant {constant!r} gets:\n{printed}"
        return ""

    def _error(self, exercise: str, _) -> str:
        printed = self.run(exercise, _broken)
        wanted = ["not yet. It stops with an error on", "return first @ np.ones(4)  #"]
        wanted.append("ValueError: matmul")
        if not all(text in printed for text in wanted):
            return f"the learner's own line is not shown:\n{printed}"
        if "Traceback" in printed or len(printed.splitlines()) > 5:
            return f"an error prints too much:\n{printed}"
        return ""

    def _careless(self, exercise: str, answer) -> str:
        def careless(*arguments, **named):
            np.random.seed(1)
            random.seed(1)
            np.seterr(all="raise")
            with np.errstate(all="ignore"):
                return answer(*arguments, **named)

        before = state()
        if self.run(exercise, careless) != self.run(exercise, answer):
            return "a second run prints something else"
        changed = [name for name, now in state().items() if now != before[name]]
        return f"the check does not put back {', '.join(changed)}" if changed else ""


CONSTANTS = (0, 1.0, -1, True, (), [], {}, "", "equal", len, np.ones((1, 2, 2)))


def _nothing(*arguments, **named):
    """Say what it shall do."""
    ...


def _broken(*arguments, **named):
    first = np.ones(3)
    return first @ np.ones(4)  # the guilty line


def state() -> dict[str, Any]:
    """Describe what is shared by everything that runs in this process."""
    return {
        "NumPy's random state": str(np.random.get_state()),
        "Python's random state": random.getstate(),
        "how NumPy takes errors": np.geterr(),
        "how NumPy prints": np.get_printoptions(),
        "the filters of warnings": list(warnings.filters),
        "the environment": dict(os.environ),
        "the folder": os.getcwd(),
    }


def files(track: str | None = None) -> list[Path]:
    """List the files of answers that need no framework, or those of a track."""
    ends = tuple(f"_{name}" for name in TRACKS)
    paths = sorted(HERE.glob("lab[0-9][0-9]*.py"))
    if track is None:
        return [path for path in paths if not path.stem.endswith(ends)]
    return [path for path in paths if path.stem.endswith(f"_{track}")]


def load(path: Path) -> Answers:
    return importlib.import_module(f"answers.{path.stem}").answers


def counts(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (exercise, "right" or "wrong", number), read without importing the file."""
    found: dict[tuple[str, str], int] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            kind = node.func.id
            if kind in LEAST and node.args and isinstance(node.args[0], ast.Constant):
                place = node.args[0].value, kind
                found[place] = found.get(place, 0) + 1
    for (exercise, kind), number in found.items():
        yield exercise, kind, number
