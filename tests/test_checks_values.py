"""What the checks take for equal, how they show it, and what they advise."""

from collections import namedtuple
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tracks
from answers import TRACKS

from checks.core import Case, Exercise, Mistake, check
from checks.hints import general_hint
from checks.values import first_difference, plain, same, show

Pair = namedtuple("Pair", "first second")


@pytest.mark.parametrize("track", TRACKS)
def test_tensors_of_each_kind_are_taken_for_arrays(track):
    script = Path(__file__).with_name("values_in_track.py")
    assert tracks.alone(track, script, track).decode() == ""


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (np.array(3), 3),
        (np.float32(0.5), 0.5),
        (np.array(0.5), 0.5),
        (np.int8(3), 3),
        (3.0, 3),
        (np.bool_(True), True),
        (np.str_("equal"), "equal"),
        (np.array("equal"), "equal"),
        (np.where(True, "more", "less"), "more"),
        (["a", "b"], np.array(["a", "b"])),
        ([1, 2], (1, 2)),
        ((1, 2), [1, 2]),
        (Pair(1, np.array(2)), (1, 2)),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ({"a": np.str_("x")}, {"a": "x"}),
        ({np.str_("a"): 1}, {"a": 1}),
        (np.array([123_456.0], np.float32), np.array([123_456])),
        (np.array([1.00005]), np.array([1.0])),
        (np.nan, np.nan),
    ],
)
def test_one_answer_in_another_form_is_equal(got, expected):
    assert same(plain(got), plain(expected))


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (100_001, 100_000),
        (np.array([50_000, 70_001]), np.array([50_000, 70_000])),
        (np.array([70_001.0]), np.array([70_000])),
        (10**400, 3),
        ([10**400], [3]),
        ([[1, 2], [3]], np.array([[1, 2], [3, 4]])),
        ([[1, 2], [3]], 3),
        (Decimal(1), 1),
        (Fraction(1, 2), 0.5),
        (..., 1),
        ("1", 1),
        (1, "1"),
        (None, 0),
        (0, None),
        (b"a", "a"),
        ({1}, 1),
        ({}, ()),
        ([1, 2, 3], (1, 2)),
        (1j, 1),
        (object(), 1),
    ],
)
def test_another_answer_is_not_equal(got, expected):
    assert not same(plain(got), expected)


def test_an_object_that_claims_to_be_equal_to_all_is_not():
    class Equal:
        def __eq__(self, other):
            return True

        __hash__ = None

    class Text(str):
        __eq__ = Equal.__eq__
        __hash__ = None

    assert not same(Equal(), 1) and not same([Equal()], [1])
    assert not same(Text("no"), "yes") and not same(Equal(), None)


LARGE = np.arange(20.0)
WRONG = np.where(LARGE == 7, 9, LARGE)
PLACE = "1 of 20 values, first at [7]: expected 7, got 9"


@pytest.mark.parametrize(
    ("got", "expected", "text"),
    [
        (WRONG, LARGE, PLACE),
        (WRONG.tolist(), LARGE, PLACE),
        ((LARGE, WRONG), (LARGE, LARGE), f"part 2: {PLACE}"),
        ([WRONG, LARGE], (LARGE, LARGE), f"part 1: {PLACE}"),
        (np.stack([LARGE, WRONG]), [LARGE, LARGE], f"part 2: {PLACE}"),
        ({"a": LARGE, "b": WRONG}, {"a": LARGE, "b": LARGE}, f"b: {PLACE}"),
        ([*LARGE[:7], 9, *LARGE[8:]], [*LARGE], "part 8: expected 7, got 9"),
        ((LARGE, 1), (LARGE, 2), ""),
        (LARGE[:3], LARGE, ""),
        ([[1], [2, 3]], LARGE, ""),
        (None, LARGE, ""),
    ],
)
def test_the_place_where_large_answers_differ_is_named(got, expected, text):
    assert first_difference(got, expected) == text


def test_two_pictures_of_one_size_that_differ_are_told_apart(capsys):
    image, mask = np.zeros((12, 10, 3), np.uint8), np.zeros((12, 10), np.uint8)
    wrong = image.copy()
    wrong[3, 4, 1] = 9
    case = Case("a picture", {"image": image})
    exercise = Exercise("turn", lambda image: (image, mask), lambda: iter([case]))
    check(exercise, lambda image: (wrong, mask))
    row = "differs   part 1: 1 of 360 values, first at [3, 4, 1]: expected 0, got 9"
    assert row in capsys.readouterr().out


class Broken:
    def __repr__(self):
        raise ValueError("no")


def test_every_value_is_shown_in_short_lines_that_stay_the_same():
    class Model:
        def __repr__(self):
            return "Model(\n  (first): Layer()\n)" + 90 * "."

    model = show(Model())
    assert model.startswith("Model( (first): Layer() )...") and len(model) == 80
    assert show(Broken()) == show([Broken()])[1:-1] == "<Broken>"
    assert show(10**5000) == "<int>" and len(show(10**400)) == 80
    assert show([[1, 2], [3]]) == "(1, 2)\n(3)"
    assert show(list(range(40))).endswith(", 15, ... and 24 more)")
    assert "0x" not in show(object()) + show(iter([])) + show(
        {"a": [Broken().__init__]}
    )
    assert len(show(["word " * 9] * 16)) == 160


@pytest.mark.parametrize(
    ("got", "text"),
    [
        (None, "returns None: does each branch end in a return?"),
        (..., "returns `...`: write the answer in its place"),
        ((n for n in "ab"), "returns a generator"),
        (map(int, "12"), "returns an iterator"),
        (zip("a", "b", strict=True), "returns an iterator"),
        (len, "returns a function"),
        (np.mean, "returns a function"),
        ({1, 2}, "returns a set, which has no order"),
        ({1: 2}.keys(), "returns a set, which has no order"),
        (Decimal(1), "make it an ordinary one with float()"),
        (Fraction(1, 2), "make it an ordinary one with float()"),
        ([Fraction(1, 2)] * 3, "what your answer holds is of the type Fraction"),
        ([[1, 2], [3]], "No array can be made of your lists"),
        ([1, None, 3], "is of the type NoneType, int"),
        (10**400, "larger than any that NumPy can hold"),
        ([1, 2, 10**400], "larger than any that NumPy can hold"),
        ("three", "Return numbers, not text"),
        (["1", "2", "3"], "Return numbers, not text"),
        (np.array([1j, 0, 0]), "Your numbers are complex"),
        ({"a": 1}, "is of the type dict"),
        (Broken(), "is of the type Broken"),
        (np.ones((1, 3)), "(1, 3), but it must be (3,): an axis of length 1 is too"),
        (np.ones((3, 2)), "shape (3, 2), but it must be (3,): look at the axes."),
        (np.ones(4), "shape (4,), but it must be (3,)."),
        (np.array([1, np.nan, 3]), "nan comes from 0 / 0"),
        (np.array([-1.5, -2, -3]), "The sign is wrong"),
        (np.array([1, 2, 3]), "cut to whole numbers"),
        (np.array([1.6, 2, 3]), ""),
    ],
)
def test_the_hint_says_what_is_there(got, text):
    hint = general_hint(plain(got), np.array([1.5, 2, 3]))
    assert text in hint and bool(text) == bool(hint)


def test_a_coroutine_is_told_to_lose_its_async():
    async def answer():
        return 3

    waiting = answer()
    assert "take `async` away" in general_hint(waiting, 3)
    waiting.close()


@pytest.mark.parametrize(
    ("got", "expected", "text"),
    [
        ((1, None), (1, 2), "One part of your answer is None"),
        ((1, ...), (1, 2), "One part of your answer is `...`"),
        ([1], (1, 2), "Each answer is 2 things"),
        (3, {"a": 1}, "Return a dictionary"),
        ({"b": 1}, {"a": 1}, "The keys of your dictionary must be ['a']"),
        (3, "equal", "Return a text"),
        ("less", "equal", ""),
        ([np.ones(3), np.ones(1)], [np.ones(3), np.ones(2)], "shape (1,), but"),
        (np.array([np.nan, 2.5]), np.array([np.nan, 2]), ""),
        (np.array([1, 2]), np.array([1, 2], np.uint8), "of the type int64, and"),
    ],
)
def test_the_hint_fits_what_was_expected(got, expected, text):
    hint = general_hint(got, expected)
    assert text in hint and bool(text) == bool(hint)


def test_a_hint_that_stands_for_an_answer_is_said_once(capsys):
    said = (
        "The kernel of your first dense layer has 9 x 7 places, which is far too many."
    )
    exercise = Exercise(
        "convert",
        None,
        lambda: iter([Case("a case", {"kernel": 1})]),
        inspect=lambda given, answer: answer,
        ask=lambda function, given: said,
    )
    check(exercise, lambda kernel: kernel)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.count(said) == 1 and " got " not in printed


def test_an_inspection_that_fails_is_no_traceback(capsys):
    exercise = Exercise(
        "choose",
        None,
        lambda: iter([Case("a case", {"number": 1}), Case("more", {"number": 2})]),
        (Mistake(lambda number: None, "never"),),
        inspect=lambda given, answer: None if np.ndim(answer[0]) < 2 else "",
    )
    check(exercise, lambda number: [1] if number == 1 else None)
    assert "Hint: Here your function returns None" in capsys.readouterr().out
    check(exercise, lambda number: [[[1, 2], [3]]])
    assert "not of the kind that is asked for" in capsys.readouterr().out
