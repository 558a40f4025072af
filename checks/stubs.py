"""Tells functions that nobody has written yet from those that return None."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType

ENDS_AT_ONCE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}


def plain_function(function) -> FunctionType | None:
    """Return the function behind a partial, a wrapper, a method or an object."""
    for _ in range(9):  # a wrapper may lead to itself
        if isinstance(function, FunctionType):
            inner = vars(function).get("__wrapped__")
            if inner is None:
                return function
            function = inner
        elif isinstance(function, partial):
            function = function.func
        elif inspect.ismethod(function):
            function = function.__func__
        else:
            function = vars(type(function)).get("__call__")
    return None


def is_stub(function) -> bool:
    """Tell whether a function does nothing: its body is `...`, `pass` or a text."""
    found = plain_function(function)
    if found is None or found.__code__.co_flags & inspect.CO_GENERATOR:
        return False
    steps = list(dis.get_instructions(found))
    constants = [step.argval for step in steps if step.opname.endswith("_CONST")]
    return constants == [None] and {s.opname for s in steps} <= ENDS_AT_ONCE


def stub_behind(function) -> str:
    """Return the name of a stub that a function calls, itself or by another, or ""."""
    waiting, seen = [plain_function(function)], set()
    while waiting:
        found = waiting.pop()
        if found is None or found in seen:
            continue
        seen.add(found)
        for name in _names(found.__code__):
            helper = found.__globals__.get(name)
            if isinstance(helper, FunctionType):
                if is_stub(helper):
                    return name
                if helper.__globals__ is found.__globals__:  # of the same notebook
                    waiting.append(helper)
    return ""


def _names(code: CodeType) -> Iterator[str]:
    """Yield the global names that code uses, in the functions inside it as well."""
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_GLOBAL":
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
