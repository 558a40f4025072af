"""Checks of the labs' exercises: ``checks.lab05.tversky_loss(your_function)``.

A check tries a function on worked and random cases.  It prints what it tried, or the
first case that fails and a hint towards that very mistake.  It returns None.  It raises
only while nbgrader validates or grades a notebook, so "Run all" reaches the end of a
lab that is not solved yet.

The checks of a lab are imported when they are first asked for: the notebooks of one lab
do not depend on the checks of another.  Each stands in the file of its name, such as
checks/lab05/tversky_loss.py, with its oracle, its cases and the mistakes that people
make.  In the package of a lab the name is the function and not that file's module, on
purpose: of a module, ``from checks.lab05.tversky_loss import TVERSKY`` takes what else
it holds.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from checks.stubs import is_stub, stub_behind


def attempt(function: Callable, *arguments):
    """Call a learner's function, which may call one that is not written yet.

    Returns what it returns.  Where it stops for want of another, says so and returns
    None, and the notebook comes to the check.
    """
    try:
        return function(*arguments)
    except Exception:
        passed = (each.__name__ for each in arguments if is_stub(each))
        missing = stub_behind(function) or next(passed, "")
        if not missing:
            raise
        print(f"{function.__name__} calls {missing}, which is not written yet.")
        return None


def __getattr__(name: str):
    if not name.startswith("lab"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in __dir__():
        raise AttributeError(
            f"there are no checks of {name}; there are {', '.join(__dir__())}."
        )
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    """List the labs, so that the Tab key finds them."""
    return sorted(m.name for m in iter_modules(__path__) if m.name.startswith("lab"))
