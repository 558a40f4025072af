"""Rates whose field has no holes: the cases, and what keeps rates from being right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from numbers import Integral

import numpy as np

from checks.core import Case, Exercise, check
from checks.lab06.pixels_read import places_read


def _choose_cases() -> Iterator[Case]:
    for name, fields, size in (
        ("the worked example", (17,), 3),
        ("a field of 3 x 3 weights", (7, 19, 27, 29, 51, 65, 81, 83, 101), 3),
        ("a field of 5 x 5 weights", (9, 21, 25, 29, 61, 97), 5),
        ("a field of 7 x 7 weights", (13, 49, 55, 97), 7),
        ("the field of one layer", (3,), 3),
        ("the field of one layer", (5,), 5),
        ("a field of one pixel", (1,), 3),
    ):
        for field in fields:
            yield Case(name, {"field": field, "size": size})


def _inspect(given: dict, answer) -> str | None:
    """Say what keeps the rates from being right; many are."""
    field, size = given["field"], given["size"]
    listed = isinstance(answer, list | tuple | np.ndarray)
    if not listed or any(
        isinstance(rate, list | tuple | np.ndarray) and np.shape(rate)
        for rate in answer
    ):
        return "Return the rates, one for each layer, in a list or an array."
    if not all(isinstance(rate, Integral) for rate in answer):
        if any(isinstance(rate, float | np.floating) for rate in answer):
            return (
                "A rate is a whole number, with the type of one: / gives a decimal "
                "number even where nothing is left over, and // does not."
            )
        return "A rate is a whole number."
    rates = [int(rate) for rate in answer]
    if any(rate > field for rate in rates):
        return f"One of your rates is larger than the whole field, {field}."
    if any(rate < 1 for rate in rates):
        return "A rate is 1 or more: rate 1 is an ordinary layer."
    spanned = 1 + (size - 1) * sum(rates)
    if sum(rates) == field and field > 1:
        return (
            f"Your rates add up to the field, {field}. A layer adds (size - 1) times "
            "its rate, and the first pixel is there before any layer."
        )
    if spanned != field:
        return (
            f"Your stack has a field of {spanned} pixels, not {field}: 1 and "
            "(size - 1) times the sum of the rates."
        )
    read = places_read(rates, size)
    if len(read) < field:
        hole = np.setdiff1d(np.arange(field // 2 + 1), read)[0]
        divisor = int(np.gcd.reduce(rates))
        if divisor > 1:
            return f"All your rates are multiples of {divisor}, and so are all places."
        return (
            f"Your stack has a hole: nobody reads place {hole}. A rate must not be "
            "larger than the field of the layers with smaller rates."
        )
    least = 0
    while size**least < field:
        least += 1
    if len(rates) > least:
        return (
            f"It has no holes, but {len(rates)} layers where {least} are enough: each "
            f"layer may make the field {size} times as large."
        )
    return None


CHOOSE = Exercise("choose_rates", None, _choose_cases, inspect=_inspect)


def choose_rates(function: Callable) -> None:
    """Check `choose_rates(field, size)` -> (n,)."""
    check(CHOOSE, function)
