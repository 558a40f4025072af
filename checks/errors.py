"""Tells how a learner's code stops: the line, the error, what to look at."""

from __future__ import annotations

import re
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path

from checks.running import CHECKS, CtrlC, TimeIsUp
from checks.stubs import plain_function
from checks.values import one_line

FOREIGN = (  # what runs here is not the learner's
    CHECKS,
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
)
OTHER_ARGUMENTS = r"\S+\(\) (takes|missing|got) .*argument"  # as Python says it
LONGEST = 120  # characters of a line of code


def describe_stop(error: BaseException, function: Callable, where: str = "") -> str:
    """Describe how a function was stopped: at which line of its own, and by what.

    where: " on the worked example", or nothing.
    """
    line = _own_line(error, function)
    if isinstance(error, TimeIsUp):
        return (
            f"It ran for {error.seconds:g} seconds and did not end{where}: is there a "
            f"loop that never comes to its end?\n{line}"
        ).rstrip()
    text = message(error)
    said = f"  {type(error).__name__}: {text}".removesuffix(": ")
    rows = [f"It stops with an error{where}:", line, said]
    if isinstance(error, SystemExit):
        rows.append("Hint: A function ends with return. exit ends all of Python.")
    elif not line and isinstance(error, TypeError) and re.match(OTHER_ARGUMENTS, text):
        rows.append("Hint: Keep the first line of the function as the exercise has it.")
    elif not line:
        rows.append("Hint: What your function returns is nothing that can be judged.")
    return "\n".join(filter(None, rows))


def message(error: BaseException) -> str:
    """Return what an error says in one line, even where saying it fails."""
    try:
        return one_line(str(error))[:200]
    except (CtrlC, TimeIsUp):
        raise
    except BaseException:  # `__str__` is the learner's own code, too
        return "(its text cannot be read)"


def _own_line(error: BaseException, function: Callable) -> str:
    """Return the last line of the learner's own that an error came through, or ""."""
    frames = traceback.extract_tb(error.__traceback__)
    code = getattr(plain_function(function), "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    own = own or [frame for frame in frames if not _is_foreign(Path(frame.filename))]
    if not own or _is_foreign(Path(own[-1].filename)):
        return ""
    colon = ": " if own[-1].line else ""
    return f"  line {own[-1].lineno} of the cell{colon}{own[-1].line or ''}"[:LONGEST]


def _is_foreign(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in FOREIGN)
