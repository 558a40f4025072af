"""Compare two answers, and write one in a few short lines."""

from __future__ import annotations

import numpy as np

SMALL = 16  # numbers: an array up to this size is printed whole


def plain(value):
    """Turn tensors of either framework into arrays, and leave the rest as it is."""
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        return type(value)(plain(item) for item in value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value
    if hasattr(value, "detach"):  # PyTorch refuses while gradients are wanted
        value = value.detach().cpu()
    return value.numpy() if callable(getattr(value, "numpy", None)) else value


def same(got, expected, exact: bool = False) -> bool:
    """Tell whether two answers are equal: numbers, text, arrays, and lists of these.

    exact: compare arrays bit by bit with their dtype; else to 4 digits, dtype free.
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
    if expected is None or isinstance(expected, str):
        return type(got) is type(expected) and got == expected
    try:
        got, expected = np.asarray(got), np.asarray(expected)
        if exact:
            return got.dtype == expected.dtype and np.array_equal(got, expected)
        return got.shape == expected.shape and np.allclose(
            got, expected, rtol=1e-4, atol=1e-6, equal_nan=True
        )
    except (TypeError, ValueError):
        return False


def first_difference(got, expected) -> str:
    """Name the first place where two large arrays differ, "" for all else."""
    if not isinstance(expected, np.ndarray) or expected.size <= SMALL:
        return ""
    try:
        got = np.asarray(got)
        if got.shape != expected.shape:
            return ""
        right = np.isclose(got, expected, rtol=1e-4, atol=1e-6, equal_nan=True)
    except (TypeError, ValueError):
        return ""
    if right.all():
        return ""
    place = tuple(int(i) for i in np.argwhere(~right)[0])
    return (
        f"{(~right).sum()} of {right.size} values, first at {list(place)}: "
        f"expected {show(expected[place])}, got {show(got[place])}"
    )


def show(value) -> str:
    """Write a value in a few short lines: dtype, shape, and numbers where few."""
    if isinstance(value, dict) and value:
        return "\n".join(f"{key}: {show(item)}" for key, item in value.items())
    if isinstance(value, tuple | list) and any(np.ndim(item) for item in value):
        return "\n".join(show(item) for item in value)
    if isinstance(value, tuple | list):
        return f"({', '.join(show(item) for item in value)})"
    if isinstance(value, np.ndarray) and value.ndim:
        text = f"{value.dtype} {value.shape}"
        if value.size <= SMALL:
            numbers = np.array2string(value, precision=4, separator=", ")
            text += " " + " ".join(numbers.split())
        return text
    if isinstance(value, type) or type(value).__name__ == "function":
        return value.__name__  # repr has its address, which differs at every run
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return str(value)[:80] if isinstance(value, np.generic) else repr(value)[:80]
