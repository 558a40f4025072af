"""Hints that can be seen from an answer alone, whatever the exercise is."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Set
from decimal import Decimal
from fractions import Fraction

import numpy as np

from checks.values import SMALL, axes, same, scalar

KINDS = (  # what is no answer to any exercise, and what to do about it
    (lambda value: value is None, "None: does each branch end in a return?"),
    (lambda value: value is ..., "`...`: write the answer in its place."),
    (
        inspect.isgenerator,
        "a generator, which has computed nothing yet: write return in place of yield, "
        "and [ ] in place of ( ) around a loop.",
    ),
    (
        lambda value: inspect.iscoroutine(value) or inspect.isasyncgen(value),
        "something that has not been run: take `async` away from its def.",
    ),
    (callable, "a function, and not what it gives: are ( ) missing?"),
    (
        lambda value: isinstance(value, Decimal | Fraction),
        "a number of a type of its own: make it an ordinary one with float().",
    ),
    (
        lambda value: isinstance(value, Set),
        "a set, which has no order: return a list or an array.",
    ),
    (
        lambda value: isinstance(value, Iterator),
        "an iterator, which can be read only once: return a list or an array.",
    ),
)

FACTORS = (  # by which all numbers of an answer are too large, and where it comes from
    (-1, "The sign is wrong."),
    (255, "Your numbers are 255 times too large: 0 to 255 in place of 0 to 1?"),
    (1 / 255, "Your numbers are 255 times too small: 0 to 1 in place of 0 to 255?"),
    (1 / np.log(2), "Your logarithm has the base 2. Take the natural one, np.log."),
    (1 / np.log(10), "Your logarithm has the base 10. Take the natural one, np.log."),
)


def kind_hint(got, says: str = "Here your function returns") -> str:
    """Say what an answer is that cannot be one, "" if it can."""
    return next((f"{says} {hint}" for is_so, hint in KINDS if is_so(got)), "")


def general_hint(got, expected) -> str:
    """Name what can be seen from a wrong answer and the right one, "" if nothing."""
    if hint := kind_hint(got):
        return hint
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return "Return a dictionary."
        if got.keys() != expected.keys():
            return f"The keys of your dictionary must be {[*expected]}."
        return next(_hints(got.values(), [expected[key] for key in got]), "")
    if isinstance(expected, tuple) or (
        isinstance(expected, list) and any(axes(item) for item in expected)
    ):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return f"Each answer is {len(expected)} things, with commas between them."
        return next(_hints(got, expected), "")
    if isinstance(expected, str):
        return "" if isinstance(scalar(got), str) else "Return a text."
    return _no_numbers(got) or _hint_for_numbers(np.asarray(got), np.asarray(expected))


def _hints(got, expected) -> Iterator[str]:
    """Yield the hints for the parts of an answer that are wrong."""
    for mine, theirs in zip(got, expected, strict=True):
        if not same(mine, theirs):
            hint = kind_hint(mine, "One part of your answer is")
            if hint := hint or general_hint(mine, theirs):
                yield hint


def _no_numbers(got) -> str:
    """Say why an answer is not one number or an array of numbers, "" if it is."""
    try:
        array = np.asarray(got)
    except ValueError:
        return "No array can be made of your lists: are some longer than others?"
    except Exception:
        return "Return numbers, in an array or alone."
    if array.dtype.kind in "biuf":
        return ""
    if array.dtype.kind == "c":
        return "Your numbers are complex: return ordinary ones."
    if array.dtype.kind in "SU":
        return "Return numbers, not text."
    items = array.ravel()[:SMALL].tolist()
    if items and all(isinstance(item, int) for item in items):
        return "Your number is larger than any that NumPy can hold."
    kinds = ", ".join(sorted({type(item).__name__ for item in items}))
    return f"Return numbers: what your answer holds is of the type {kinds}."


def _hint_for_numbers(got: np.ndarray, expected: np.ndarray) -> str:
    whole = got.dtype.kind in "iu"
    if got.shape != expected.shape:
        more, look = got.ndim - expected.ndim, ""
        if more and got.squeeze().shape == expected.squeeze().shape:
            look = ": an axis of length 1 is "
            look += "too much" if more > 0 else "missing, squeezed or summed away"
        elif more or {*got.shape} == {*expected.shape}:
            look = ": look at the axes"
        return (
            f"Your result has the shape {got.shape}, but it must be {expected.shape}"
            f"{look}."
        )
    if np.array_equal(got, expected, equal_nan=True):
        return (
            f"Your numbers are right, but of the type {got.dtype}, and they must be of "
            f"{expected.dtype}."
        )
    got, expected = got.astype(float), expected.astype(float)
    if (~np.isfinite(got) & np.isfinite(expected)).any():
        return "nan comes from 0 / 0, inf from an overflow or from log(0)."
    for factor, hint in FACTORS:
        if np.allclose(got, factor * expected):
            return hint
    if got.shape[2:] == (3,) and np.allclose(got[..., ::-1], expected):
        return "Red and blue are swapped: the channels are in the reverse order."
    if (got == np.trunc(expected)).all() and (whole or got.any()):
        return (
            "Your results are cut to whole numbers: the array that holds them "
            "has an integer type, or you divide with //."
        )
    return ""
