"""Every check survives every answer: it passes none, and it never stops itself."""

from collections import Counter, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction

import answers
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LABS = {path.stem: answers.load(path) for path in answers.files()}
FUNCTIONS = sorted(
    {
        (lab.lab, answer.exercise)
        for lab in LABS.values()
        for answer in lab.given
        if not answer.hint and callable(answer.answer)
    }
)
each_check = pytest.mark.parametrize(
    ("lab", "exercise"), FUNCTIONS, ids=[f"{a}-{b}" for a, b in FUNCTIONS]
)


def refused(lab, exercise, function) -> None:
    """Run a check; assert that it says in a few lines why the answer is none."""
    printed = LABS[lab].run(exercise, function)
    assert printed.startswith(f"{exercise}: not yet. "), printed
    assert "Traceback" not in printed and max(map(len, printed.split("\n"))) < 260


class Unshown:
    def __repr__(self):
        raise ValueError("no")


class Hostile:
    """Claims to be equal to all, and fails at everything else."""

    __hash__ = None

    def __eq__(self, other):
        return True

    def __len__(self):
        raise SystemExit

    def __array__(self, *_, **__):
        raise RuntimeError("no array")

    def __getattr__(self, name):
        raise OSError(name)


class Equal:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1

    def __array__(self, *_, **__):
        return np.ones(1)


class Silent(Exception):
    def __str__(self):
        raise KeyboardInterrupt


def generator():
    yield 1


async def coroutine():
    return 1


def holds_itself():
    found = []
    found.append(found)
    return found


def deep():
    found = 1
    for _ in range(300):
        found = [found]
    return found


Pair = namedtuple("Pair", "first second")
RAGGED = np.array([[1, 2], [3]], dtype=object)
ODD = [
    *(0, -1, 1.5, float("nan"), float("inf"), 10**400, 10**5000, 1j, True, None),
    *(..., NotImplemented, "", "equal", b"x", "\ud800", "a" * 10**5, Decimal(1)),
    *((), [], {}, set(), {1, 2}, frozenset("a"), range(3), slice(3), deque([1])),
    *([1, 2], [[1, 2], [3]], [[[1]], [2]], ([1, 2], [3]), (1, "a", None), [None] * 3),
    *({"a": 1}, {1: [1, [2]]}, defaultdict(int), Counter("a"), Pair(1, 2)),
    *(len, int, np, object(), Unshown(), Hostile(), Equal(), [Equal()] * 3),
    *(Fraction(1, 2), [Fraction(1, 2)] * 2, [1] * 1000, ValueError("x"), [[]] * 3),
    *(np.float32(1), np.int8(1), np.bool_(1), np.str_("x"), np.array("x"), RAGGED),
    *(np.zeros(0), np.zeros((0, 3)), np.zeros((1,) * 6), np.array([1j]), np.eye(2)),
    *(
        np.ma.masked_array([1, 2], [0, 1]),
        np.datetime64("2020-01-01"),
        memoryview(b"a"),
    ),
    *([np.zeros(2), np.zeros(3)], (np.zeros((2, 2)), np.zeros((3, 3)))),
]
MADE_ANEW = [
    *(generator, coroutine, holds_itself, deep),
    *(lambda: map(int, "12"), lambda: zip("a", "b", strict=True), lambda: iter([1])),
]


@each_check
def test_odd_answers_are_refused(lab, exercise):
    for odd in ODD:
        refused(lab, exercise, lambda *_, it=odd, **__: it)
    for make in MADE_ANEW:
        refused(lab, exercise, lambda *_, make=make, **__: make())


@each_check
def test_odd_ends_are_refused(lab, exercise):
    def stops(error):
        def function(*_, **__):
            raise error

        return function

    for error in (SystemExit(), KeyboardInterrupt(), GeneratorExit(), Silent()):
        refused(lab, exercise, stops(error))
    for error in (MemoryError(), RecursionError(), NotImplementedError("later")):
        refused(lab, exercise, stops(error))
    refused(lab, exercise, len)
    refused(lab, exercise, lambda: 1)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.builds(np.full, st.lists(st.integers(0, 3), max_size=4), st.floats()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=8,
)


@each_check
def test_any_constant_is_refused(lab, exercise):
    @settings(max_examples=10, deadline=None, database=None, derandomize=True)
    @given(values)
    def constant(value):
        refused(lab, exercise, lambda *_, **__: value)

    constant()
