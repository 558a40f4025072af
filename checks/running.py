"""Runs a learner's code so that it ends, floods nothing, and leaves nothing changed."""

from __future__ import annotations

import ctypes
import io
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from operator import is_
from pathlib import Path
from types import FrameType

import numpy as np

CHECKS = Path(__file__).parent
AGAIN = 0.5  # seconds, then code that has caught TimeIsUp is stopped once more
LINES, CHARACTERS = 20, 4000  # of what a learner's code prints
MENDED = ("builtins", "checks", "math", "numpy", "os", "random", "time", "utils")


class TimeIsUp(BaseException):
    """Ends code that runs for too long; `except Exception` lets it pass."""

    seconds: float  # that it had


class CtrlC(KeyboardInterrupt):
    """What the learner's own Ctrl-C raises, and no answer does."""


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """Raise TimeIsUp in the block once it has run for some seconds, CtrlC on Ctrl-C.

    In the main thread, where notebooks run, that ends a sleep as well and, except on
    Windows, a wait for a lock.  Elsewhere it ends Python's own steps, and Ctrl-C is
    left alone.  A single call of a library comes to its own end first.
    """
    here, left, late = threading.get_ident(), threading.Event(), threading.Event()
    previous = signal.getsignal(signal.SIGINT)  # None: not set by Python
    is_main = threading.current_thread() is threading.main_thread()
    alone = not is_main or previous is None
    trace = sys.gettrace()
    time_is_up = type("TimeIsUp", (TimeIsUp,), {"seconds": seconds})
    inside, tries = True, 0

    def on_signal(_, frame):
        nonlocal tries
        if not late.is_set():
            raise CtrlC
        if inside:
            tries += 1
            if tries > 1:  # the last one was caught: raise in that handler as well
                _at_next_line(frame, time_is_up)
            raise time_is_up

    def stop():
        if alone:
            _raise_in(here, time_is_up)
        elif hasattr(signal, "pthread_kill"):
            signal.pthread_kill(here, signal.SIGINT)  # wakes a sleeping thread
        else:
            signal.raise_signal(signal.SIGINT)  # Windows: does so, too

    def watch():
        pause = seconds
        while not left.wait(pause):
            late.set()
            stop()
            pause = AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    if not alone:
        signal.signal(signal.SIGINT, on_signal)
    watcher.start()
    try:
        yield
    finally:
        try:
            inside = False
        finally:  # the time may be up at this very step
            inside = False
            if tries > 1:
                sys.settrace(trace)
            left.set()
            watcher.join()
            if alone:
                _raise_in(here, None)  # takes back what was not raised yet
            else:
                signal.signal(signal.SIGINT, previous)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    what = ctypes.py_object(error) if error else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


def _at_next_line(frame: FrameType | None, error: type[BaseException]) -> None:
    """Raise an error at the next line of the frames that are not of the checks."""

    def trace(frame, event, _):
        if event == "line":
            raise error
        return trace

    sys.settrace(lambda *_: None)
    while frame and not Path(frame.f_code.co_filename).is_relative_to(CHECKS):
        frame.f_trace = trace
        frame = frame.f_back


class _Held(io.TextIOBase):
    """Passes on the first lines that are printed, and counts the others."""

    def __init__(self, target):
        self.target, self.lines, self.room, self.more = target, LINES, CHARACTERS, 0
        self.last = "\n"

    def write(self, text: str) -> int:
        for row in text.splitlines(keepends=True):
            shown = row[: self.room] if self.lines else ""
            self.more += shown != row and row.endswith("\n")
            if shown:
                self.target.write(shown)
                self.last = shown[-1]
                self.room -= len(shown)
                self.lines -= shown.endswith("\n")
        return len(text)


@contextmanager
def held_back() -> Iterator[None]:
    """Print the first lines of what the block prints, and how many there are more."""
    held = _Held(sys.stdout)
    try:
        # stderr as well: what goes there costs all the points in nbgrader.
        with redirect_stdout(held), redirect_stderr(held):
            yield
    finally:
        if held.last != "\n":
            print()
        if held.more:
            print(f"... (lines that are left out: {held.more:,})")


@contextmanager
def sealed() -> Iterator[None]:
    """Put back what a learner's code may change.

    These are random states, how NumPy prints and takes errors, warnings, the folder,
    the environment, the depth of recursion, and functions of NumPy, of Python and of
    this course that were replaced.
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    folder, environment = _folder(), dict(os.environ)
    depth, namespaces = sys.getrecursionlimit(), _namespaces()
    try:
        # A warning would go to stderr, for which nbgrader takes all the points.
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            np.printoptions(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        _put_back(namespaces)
        sys.setrecursionlimit(depth)
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)
        if folder and _folder() != folder:
            os.chdir(folder)
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def _folder() -> str:
    """Return the working folder, "" if it has been removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _namespaces() -> list[tuple[dict, dict]]:
    """List the names of the modules that are mended, each with a copy."""
    names = [name for name in sys.modules if name.partition(".")[0] in MENDED]
    return [(vars(sys.modules[name]), dict(vars(sys.modules[name]))) for name in names]


def _put_back(namespaces: list[tuple[dict, dict]]) -> None:
    for now, before in namespaces:
        same = map(is_, list(now.values()), before.values())
        if len(now) < len(before) or not all(same):
            now.update(before)  # what was imported in between stays
