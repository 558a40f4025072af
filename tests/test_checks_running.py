"""How the checks run a learner's code: it ends, and leaves nothing behind."""

import functools
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest
from answers import MOST_SECONDS

from checks import core, running, values
from checks.core import Case, Exercise, check, conclude
from checks.stubs import is_stub
from utils import metrics

DOUBLE = Exercise(
    "double",
    lambda numbers: 2 * numbers,
    lambda: iter([Case("three numbers", {"numbers": np.arange(3)})]),
)
NEEDS_SIGNALS = hasattr(signal, "pthread_kill")


def said(function, capsys, seconds=0.3) -> str:
    """Return what the check of a function prints, lines put together."""
    assert check(DOUBLE, function, seconds=seconds) is None
    printed, errors = capsys.readouterr()
    assert not errors and "Traceback" not in printed
    return " ".join(printed.split())


# Time


def loops(numbers):
    while True:
        pass


def sleeps(numbers):
    time.sleep(60)


def waits_for_a_lock(numbers):
    lock = threading.Lock()
    with lock, lock:
        return 2 * numbers


def catches_everything(numbers):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            continue


ENDLESS = [loops, sleeps, waits_for_a_lock, catches_everything]


@pytest.mark.parametrize("function", ENDLESS)
def test_code_that_does_not_end_is_stopped_and_its_line_is_named(function, capsys):
    before, start = signal.getsignal(signal.SIGINT), time.monotonic()
    printed = said(function, capsys)
    assert time.monotonic() - start < 10
    wanted = (
        "not yet. It ran for 0.3 seconds and did not end on three numbers: is there"
    )
    assert wanted in printed and "of the cell: " in printed
    assert signal.getsignal(signal.SIGINT) is before and sys.gettrace() is None
    assert "passed" in said(lambda numbers: 2 * numbers, capsys)


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_the_limit_needs_no_handler_of_ctrl_c(before, capsys):
    usual = signal.signal(signal.SIGINT, before)
    try:
        assert "It ran for 0.3 seconds" in said(sleeps, capsys)
        assert signal.getsignal(signal.SIGINT) is before
    finally:
        signal.signal(signal.SIGINT, usual)


def test_code_that_does_not_end_is_stopped_in_other_threads(capsys):
    thread = threading.Thread(target=check, args=(DOUBLE, loops, 0.3))
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert "It ran for 0.3 seconds" in capsys.readouterr().out


def test_a_text_of_an_error_that_does_not_end_is_stopped(capsys):
    class Endless(Exception):
        def __str__(self):
            while True:
                pass

    def fails(numbers):
        raise Endless

    assert "It ran for 0.3 seconds" in said(fails, capsys)


def test_the_limit_is_far_from_what_an_honest_answer_may_take():
    assert core.SECONDS >= 10 * MOST_SECONDS


def test_after_a_block_nothing_is_stopped_any_more():
    for _ in range(3):
        with running.ends_within(0.05):
            pass
        time.sleep(0.1)


@pytest.mark.skipif(not NEEDS_SIGNALS, reason="Ctrl-C cannot be sent from here")
@pytest.mark.parametrize("function", [loops, sleeps])
def test_ctrl_c_interrupts_a_check(function):
    here = threading.get_ident()
    sent = threading.Timer(0.2, signal.pthread_kill, (here, signal.SIGINT))
    sent.start()
    with pytest.raises(KeyboardInterrupt) as caught:
        check(DOUBLE, function, seconds=20)
    assert caught.type is KeyboardInterrupt


# What stops


class Silent(Exception):
    def __str__(self):
        raise SystemExit(3)


class Base(BaseException):
    pass


def recurses(numbers):
    return recurses(numbers)


def holds_itself(numbers):
    found = []
    found.append(found)
    return found


def raises(error):
    def function(numbers):
        raise error

    return function


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (raises(SystemExit(3)), "SystemExit: 3 Hint: A function ends with return."),
        (lambda numbers: sys.exit(), "sys.exit() SystemExit Hint: A function"),
        (raises(KeyboardInterrupt()), "raise error KeyboardInterrupt"),
        (raises(GeneratorExit()), "GeneratorExit"),
        (raises(Base("so")), "Base: so"),
        (raises(Silent()), "Silent: (its text cannot be read)"),
        (raises(ValueError("\ud800\n\x1b[31mred")), "ValueError: ? ?[31mred"),
        (raises(MemoryError()), "raise error MemoryError"),
        (recurses, "return recurses(numbers) RecursionError: maximum"),
        (holds_itself, "Hint: What your function returns is nothing that can be"),
        (lambda: 1, "Hint: Keep the first line of the function"),
        (functools.partial(lambda a, b, c: a, 1), "Hint: Keep the first line"),
    ],
)
def test_whatever_stops_a_function_is_told_in_a_few_lines(function, text, capsys):
    printed = said(function, capsys)
    assert printed.startswith("double: not yet. It stops with an error on three ")
    assert text in printed


def test_a_judge_that_stops_is_told_as_well(capsys):
    def judge(answer):
        return len(answer) > 3, "Long."

    assert conclude("guess", judge, 5) is None
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith("guess: not yet. It stops with an error:")
    assert "return len(answer) > 3, " in printed and "TypeError: object of" in printed
    conclude("guess", judge, "long")
    assert capsys.readouterr().out == "guess: passed. Long.\n"


# What is printed


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_first_lines_of_a_flood_are_shown_and_the_others_counted(stream, capsys):
    def talks(numbers):
        for i in range(20_000):
            print(f"step {i}", file=getattr(sys, stream))
        return 2 * numbers

    check(DOUBLE, talks)
    lines, errors = capsys.readouterr()
    lines = lines.splitlines()
    assert not errors and lines[:20] == [f"step {i}" for i in range(20)]
    assert lines[20] == "... (lines that are left out: 19,980)"
    assert lines[21:] == ["double: passed. It is right on three numbers."]


def test_a_line_without_end_is_cut_and_the_verdict_starts_a_new_one(capsys):
    def talks(numbers):
        print("a" * 1_000_000, end="")
        return 2 * numbers

    check(DOUBLE, talks)
    first, second = capsys.readouterr().out.splitlines()
    assert set(first) == {"a"} and len(first) == running.CHARACTERS
    assert second == "double: passed. It is right on three numbers."


def test_a_few_printed_lines_stay_as_they_are(capsys):
    check(DOUBLE, lambda numbers: (print("one\ntwo"), 2 * numbers)[1])
    assert capsys.readouterr().out.startswith("one\ntwo\ndouble: passed.")


# What it leaves behind


def changes_what_it_can(numbers):
    os.chdir("/")
    os.environ.clear()
    np.random.seed(3)
    np.set_printoptions(precision=1)
    np.seterr(all="raise")
    sys.setrecursionlimit(300)
    np.allclose = np.isclose = np.array_equal = lambda *_, **__: np.True_
    core.same = values.same = core._judge = lambda *_, **__: None
    metrics.dice = time.sleep = None
    del np.abs
    return numbers


def test_what_an_answer_changes_is_put_back_before_it_is_judged(capsys):
    def shared():
        state = [os.getcwd(), dict(os.environ), np.geterr(), np.get_printoptions()]
        state += [sys.getrecursionlimit(), str(np.random.get_state()), core._judge]
        return [*state, np.allclose, np.abs, core.same, values.same, metrics.dice]

    before = shared()
    assert "not yet. It fails on three numbers" in said(changes_what_it_can, capsys)
    assert shared() == before and callable(time.sleep)


def test_a_folder_that_an_answer_removes_is_no_traceback(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()

    def leaves(numbers):
        os.chdir("below")
        os.rmdir(tmp_path / "below")
        return 2 * numbers

    assert "passed" in said(leaves, capsys)
    assert os.getcwd() == str(tmp_path)


# What is not written yet


def stub(numbers, times=2, *more):
    """Double the numbers: (N,) -> (N,)."""
    # Write your code here.
    ...


def helper(numbers): ...


def middle(numbers):
    return helper(numbers)


class Doubler:
    def __call__(self, numbers): ...

    def method(self, numbers): ...


MADE: dict = {}
exec("def made(numbers):\n    '''Double.'''\n    ...\n", MADE)


@functools.wraps(stub)
def wrapped(*arguments):
    return stub(*arguments)


STUBS = {
    "the stub of an exercise": stub,
    "pass": helper,
    "lambda": lambda numbers: None,
    "exec": MADE["made"],
    "partial": functools.partial(stub, times=3),
    "object": Doubler(),
    "method": Doubler().method,
    "wrapper": wrapped,
}
OPEN = "It is not written yet, for it returns None."


@pytest.mark.parametrize("function", STUBS.values(), ids=STUBS)
def test_what_does_nothing_is_not_written_yet(function, capsys):
    assert said(function, capsys) == f"double: not yet. {OPEN}"


def forgets_return(numbers):
    doubled = 2 * numbers  # noqa: F841
    ...


@pytest.mark.parametrize(
    "function",
    [
        forgets_return,
        lambda numbers: print(2 * numbers),
        lambda numbers: numbers.sort(),
        functools.partial(forgets_return),
    ],
)
def test_what_returns_none_is_asked_for_its_return(function, capsys):
    assert "It returns None: is `return` missing?" in said(function, capsys)


@pytest.mark.parametrize(
    "function", [middle, lambda numbers: [middle(n) for n in numbers][0]]
)
def test_the_helper_that_is_not_written_yet_is_named(function, capsys):
    printed = said(function, capsys)
    assert "It returns None, and it calls helper, which is not written" in printed
    printed = said(lambda numbers: helper(numbers)[0], capsys)
    assert "'NoneType' object is not subscriptable" in printed
    assert printed.endswith("Hint: It calls helper, which is not written yet.")


@pytest.mark.parametrize("function", [len, print, int, Doubler, forgets_return, middle])
def test_what_does_something_is_no_stub(function):
    assert not is_stub(function)
