"""Compare two answers, and write one in a few short lines."""

from __future__ import annotations

import re

import numpy as np

from utils.arrays import array_of

SMALL = 16  # numbers: an array up to this size is printed whole
WIDTH = 80  # characters of any other value
NAMED = {"_fields", "n_fields"}  # of tuples with names, by Python and by PyTorch
ADDRESS = r" at 0x[0-9A-Fa-f]+"  # differs at every run


def plain(value):
    """Turn tensors of either framework into arrays, and leave the rest as it is."""
    if type(value) in (tuple, list):
        return type(value)(plain(item) for item in value)
    if isinstance(value, tuple) and NAMED & {*dir(value)}:
        return tuple(plain(item) for item in value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic | type):
        return value
    if hasattr(value, "detach"):  # PyTorch's
        return array_of(value)
    return value.numpy() if callable(getattr(value, "numpy", None)) else value


def same(got, expected, exact: bool = False) -> bool:
    """Tell whether two answers are equal: numbers, text, arrays, and lists of these.

    exact: compare arrays bit by bit with their dtype; else to 4 digits, whole numbers
    to the last one, dtype free.
    Where several things are expected, an array of as many rows will do.
    """
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and got.keys() == expected.keys()
            and all(same(got[key], expected[key], exact) for key in expected)
        )
    if isinstance(expected, tuple | list):
        if isinstance(got, np.ndarray) and got.ndim:
            got = tuple(got)
        return (
            isinstance(got, tuple | list)
            and len(got) == len(expected)
            and all(same(a, b, exact) for a, b in zip(got, expected, strict=True))
        )
    if expected is None:
        return got is None
    if isinstance(expected, str):
        text = scalar(got)
        return isinstance(text, str) and str.__eq__(expected, text)
    try:
        got, expected = np.asarray(got), np.asarray(expected)
        if exact:
            return got.dtype == expected.dtype and np.array_equal(got, expected)
        return got.shape == expected.shape and bool(_close(got, expected).all())
    except Exception:  # an object of any kind, which may raise anything
        return False


def scalar(value):
    """Return what an array without axes holds, anything else as it is."""
    alone = isinstance(value, np.generic | np.ndarray) and not value.ndim
    return value.item() if alone else value


def axes(value) -> int:
    """Count the axes of a value; 1 for lists of unequal lengths."""
    try:
        return np.ndim(value)
    except Exception:
        return 1 if isinstance(value, tuple | list) else 0


def _close(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Tell where two arrays of one shape are equal: -> bool, of that shape."""
    if expected.dtype.kind in "SU":
        return got == expected
    close = np.isclose(got, expected, rtol=1e-4, atol=1e-6, equal_nan=True)
    if expected.dtype.kind in "iu":  # one in many thousands counts, too
        close &= np.abs(np.subtract(got, expected, dtype=float)) < 0.5
    return close


def first_difference(got, expected) -> str:
    """Name the first place where large arrays or lists of them differ, or ""."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return _first_part([(key, got.get(key), expected[key]) for key in expected])
    if isinstance(expected, tuple | list) and axes(got):
        pairs = enumerate(zip(got, expected, strict=False), 1)
        return _first_part([(f"part {number}", *pair) for number, pair in pairs])
    if not isinstance(expected, np.ndarray) or expected.size <= SMALL:
        return ""
    try:
        got = np.asarray(got)
        if got.shape != expected.shape or (right := _close(got, expected)).all():
            return ""
    except Exception:
        return ""
    place = tuple(int(i) for i in np.argwhere(~right)[0])
    return (
        f"{(~right).sum()} of {right.size} values, first at {list(place)}: "
        f"expected {show(expected[place])}, got {show(got[place])}"
    )


def _first_part(parts: list[tuple]) -> str:
    """Name the first difference in (name, got, expected), "" where all are shown."""
    for name, got, expected in parts:
        if not same(got, expected):
            text = first_difference(got, expected)
            if not text and len(parts) > SMALL:
                text = f"expected {show(expected)}, got {show(got)}"
            return text and f"{name}: {text}"
    return ""


def show(value) -> str:
    """Write a value in a few short lines: dtype, shape, and numbers where few."""
    if isinstance(value, dict) and value:
        return "\n".join(f"{key}: {show(item)}" for key, item in value.items())
    if isinstance(value, tuple | list):
        items = [show(item) for item in value[:SMALL]]
        if len(value) > SMALL:
            items.append(f"... and {len(value) - SMALL} more")
        if any(axes(item) for item in value[:SMALL]):
            return "\n".join(items)
        return _short(f"({', '.join(items)})", 2 * WIDTH)
    if isinstance(value, np.ndarray) and value.ndim:
        text = f"{value.dtype} {value.shape}"
        if value.size <= SMALL and value.dtype != object:
            numbers = np.array2string(value, precision=4, separator=", ")
            text += " " + " ".join(numbers.split())
        return text
    if isinstance(value, type) or type(value).__name__ == "function":
        return value.__name__  # repr has its address, which differs at every run
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return _short(
        str(value) if isinstance(value, np.generic) else representation(value)
    )


def _short(text: str, width: int = WIDTH) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def representation(value) -> str:
    """Write a value in one line without addresses; its type where `repr` fails."""
    try:
        text = repr(value)
    except Exception:  # repr is the learner's own code, too
        return f"<{type(value).__name__}>"
    return text if isinstance(value, str) else one_line(re.sub(ADDRESS, "", text))


def one_line(text: str) -> str:
    """Take line breaks out of a text, and what cannot be printed."""
    shown = "".join(c if c.isprintable() or c.isspace() else "?" for c in text)
    return " ".join(shown.split())
