"""The checks of the labs, tested as what they are: code that grades people.

Right answers of every style pass; each mistake fails with the hint towards it.  The
answers stand in tests/answers; the end of the tests shows how many there are of each.
"""

import dataclasses
import functools
import inspect
import json
import tempfile
from pathlib import Path

import answers
import numpy as np
import pytest
import tracks
from answers import LEAST, TRACKS, Answers, table

import checks
from checks.core import Case, Exercise, Mistake, NotYet, check
from checks.values import same

LABS = {path.stem: answers.load(path) for path in answers.files()}
FUNCTIONS = {  # lab and exercise -> a right answer, where the answer is a function
    (lab.lab, answer.exercise): answer.answer
    for lab in LABS.values()
    for answer in lab.given
    if not answer.hint and callable(answer.answer)
}


def each_answer():
    """Yield every answer that needs no framework."""
    for name, lab in LABS.items():
        for answer in lab.given:
            kind = "wrong" if answer.hint else "right"
            yield pytest.param(
                lab, answer, id=f"{name}-{answer.exercise}-{kind}-{answer.name}"
            )


each_function = pytest.mark.parametrize(
    ("lab", "exercise"), FUNCTIONS, ids=[f"{a}-{b}" for a, b in FUNCTIONS]
)


def run(lab, exercise, answer):
    """Run a check as a cell does; return what it prints."""
    return LABS[lab].run(exercise, answer)


# What all checks have in common


@pytest.mark.parametrize(("lab", "answer"), each_answer())
def test_right_answers_pass_and_each_mistake_gets_its_hint(lab, answer):
    assert not (problem := lab.problem(answer)), problem


@pytest.mark.parametrize("track", TRACKS)
def test_answers_that_need_a_framework(track):
    paths = answers.files(track)
    if not paths:
        pytest.skip(f"no lab has answers for {track} alone")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "found.json")
        tracks.alone(track, answers.HERE / "in_track.py", track, target)
        found = json.loads(target.read_text(encoding="utf-8"))
    assert {row[0] for row in found} == {path.stem for path in paths}
    wrong = [f"{'-'.join(row[:3])}: {row[3]}" for row in found if row[3]]
    assert not wrong, "\n".join(wrong)


def test_each_exercise_is_tried_with_enough_answers():
    few = [
        f"{name} {exercise}: {wrong} wrong, {right} right"
        for name, exercise, wrong, right in table.rows()
        if wrong < LEAST["wrong"] or right < LEAST["right"]
    ]
    assert not few, few
    for path in answers.files():  # what is counted is what is tried
        counted = sum(number for _, _, number in answers.counts(path))
        assert counted == len(LABS[path.stem].given), path.name


def test_each_check_of_each_lab_is_tried():
    tried = {(name[:5], exercise) for name, exercise, _, _ in table.rows()}
    written = {
        (lab, name)
        for lab in dir(checks)
        for name, check in inspect.getmembers(getattr(checks, lab), inspect.isfunction)
        if not name.startswith("_") and check.__module__ == f"checks.{lab}.{name}"
    }
    assert tried == written


@pytest.mark.parametrize("lab", LABS)
def test_stubs_constants_errors_and_careless_functions(lab):
    problems = [f"{exercise}: {problem}" for exercise, problem in LABS[lab].probes()]
    assert not problems, "\n".join(problems)


@each_function
def test_while_nbgrader_runs_a_failing_check_raises(lab, exercise, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    run(lab, exercise, FUNCTIONS[lab, exercise])
    with pytest.raises(NotYet, match=f"{exercise} does not pass"):
        run(lab, exercise, lambda *_, **named: None)
    for answer in LABS[lab].given:
        if answer.exercise == exercise and answer.hint:
            with pytest.raises(NotYet, match=f"{exercise} does not pass"):
                run(lab, exercise, answer.answer)
            break


# The machinery, on an exercise made for it

DOUBLE = Exercise(
    "double",
    lambda numbers: 2 * numbers,
    lambda: iter([Case("the worked example", {"numbers": np.arange(3)}),
                  Case("many numbers", {"numbers": np.arange(30.0)})]),
    (Mistake(lambda numbers: numbers**2, "This is the square."),
     Mistake(lambda numbers: numbers[len(numbers)], "The last index is 2.")),
)  # fmt: skip


def said(function, capsys, exercise=DOUBLE):
    assert check(exercise, function) is None
    return capsys.readouterr().out


def test_a_check_says_what_it_tried(capsys):
    assert said(lambda x: x + x, capsys) == (
        "double: passed. It is right on the worked example, many numbers.\n"
    )


def test_the_first_case_that_fails_is_shown_with_the_hint(capsys):
    assert said(lambda numbers: numbers * numbers, capsys) == (
        "double: not yet. It fails on the worked example:\n"
        "  numbers   int64 (3,) [0, 1, 2]\n"
        "  expected  int64 (3,) [0, 2, 4]\n"
        "  got       int64 (3,) [0, 1, 4]\n"
        "Hint: This is the square.\n"
    )


def test_where_large_arrays_differ_is_named(capsys):
    printed = said(lambda x: 2 * x + (len(x) > 3) * (x == 7), capsys)
    assert "1 of 30 values, first at [7]: expected 14, got 15" in printed


def test_a_mistake_that_gives_one_answer_by_chance_gives_no_hint(capsys):
    def same_on_three_numbers(numbers):
        return numbers**2 if len(numbers) == 3 else numbers - 1.5

    sizes = (3, 30, 40)
    cases = [Case(f"{size} numbers", {"numbers": np.arange(size)}) for size in sizes]
    exercise = dataclasses.replace(DOUBLE, cases=lambda: iter(cases))
    assert "Hint" not in said(same_on_three_numbers, capsys, exercise)
    assert "the square" in said(lambda numbers: numbers**2, capsys, exercise)


def test_a_mistake_is_named_though_other_cases_never_end(capsys):
    def endless(numbers, answer):
        while len(numbers) > 3:
            pass
        return answer(numbers)

    twice = dataclasses.replace(DOUBLE, mistakes=2 * DOUBLE.mistakes)
    for mistake in DOUBLE.mistakes:
        answer = functools.partial(endless, answer=mistake.answer)
        assert check(twice, answer, seconds=0.3) is None
        printed = capsys.readouterr().out
        assert " on the worked example:" in printed
        assert printed.endswith(f"\nHint: {mistake.hint}\n")


@pytest.mark.parametrize(
    ("factor", "hint"),
    [
        (-1, "The sign is wrong"),
        (255, "255 times too large"),
        (1 / 255, "255 times too small"),
        (1 / np.log(2), "the base 2"),
        (1 / np.log(10), "the base 10"),
    ],
)
def test_a_factor_that_people_know_is_named(capsys, factor, hint):
    assert hint in said(lambda numbers: 2 * factor * numbers, capsys)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [((1, 3), "an axis of length 1 is too much"), ((3, 1, 1), "is too much")],
)
def test_an_axis_of_length_1_is_named(capsys, shape, hint):
    printed = said(lambda numbers: 2 * numbers[:3].reshape(shape), capsys)
    assert hint in " ".join(printed.split())


def test_an_error_that_a_mistake_makes_too_gets_its_hint(capsys):
    def other(numbers):
        return numbers[0, 0]

    printed = said(lambda numbers: numbers[len(numbers) + 4], capsys)
    assert printed.endswith("\nHint: The last index is 2.\n")
    assert "Hint" not in said(other, capsys)


def test_an_error_on_a_case_where_the_mistake_makes_none_gets_no_hint(capsys):
    mistake = Mistake(lambda numbers: numbers[3], "The last index is 2.")
    exercise = dataclasses.replace(DOUBLE, mistakes=(mistake,))
    printed = said(lambda numbers: numbers[len(numbers) + 4], capsys, exercise)
    assert "index 7 is out of bounds" in printed and "Hint" not in printed


def test_an_array_of_as_many_rows_will_do_for_several_things():
    assert same(np.array([1, 2.0]), (1, 2)) and same(np.eye(2), (np.eye(2)[0], [0, 1]))
    assert not same(np.array([1, 2, 3]), (1, 2)) and not same(np.array(1), (1,))


def test_tensors_are_taken_for_arrays(capsys):
    class Tensor:
        dtype = "torch.float32"

        def __init__(self, array):
            self.array = array

        def numpy(self, *, force):
            return self.array

        detach = to_dense = lambda self: self

    assert "passed" in said(lambda x: Tensor(2 * x), capsys)


def test_an_exercise_may_say_how_it_asks_and_judges(capsys):
    exercise = Exercise(
        "twice",
        None,
        DOUBLE.cases,
        inspect=lambda given, got: None if (got > given["numbers"]).any() else "More.",
        ask=lambda function, given: function(function(given["numbers"])),
    )
    assert "passed" in said(lambda x: x + 1, capsys, exercise)
    printed = said(lambda x: x, capsys, exercise)
    assert printed.endswith("Hint: More.\n") and "expected" not in printed


def test_an_error_deep_in_a_library_is_shown_where_the_learner_called_it():
    def broken(probabilities, masks, *weights):
        return np.stack([probabilities, masks[0]])  # raises inside of NumPy

    printed = run("lab05", "tversky_loss", broken)
    assert "np.stack([probabilities, masks[0]])" in printed


def test_an_error_in_a_helper_of_the_learner_is_shown_in_the_helper():
    def helper(masks):
        return masks.no_such_method()

    printed = run("lab05", "tversky_loss", lambda p, masks, *weights: helper(masks))
    assert "return masks.no_such_method()" in printed


def test_a_function_of_other_arguments_is_told_to_keep_the_signature():
    printed = run("lab05", "focal_loss", lambda logits: logits)
    assert "Keep the first line of the function" in " ".join(printed.split())


def test_a_result_instead_of_a_function_is_told_so():
    printed = run("lab05", "focal_loss", np.zeros(3))
    assert "Pass the function itself" in printed


# Experiments


def helper(numbers):
    """Say what it shall do."""
    ...


def test_what_calls_an_exercise_that_is_not_written_yet_is_told_so(capsys):
    def experiment(count):
        return helper(count) + 1

    assert checks.attempt(experiment, 3) is None
    wanted = "experiment calls helper, which is not written yet.\n"
    assert capsys.readouterr().out == wanted
    assert checks.attempt(lambda count, given: given(count), 3, abs) == 3
    assert checks.attempt(lambda count, given: given(count)[0], 3, helper) is None
    assert "calls helper" in capsys.readouterr().out
    with pytest.raises(ZeroDivisionError):
        checks.attempt(lambda count: count / 0, 3)


def test_a_lab_without_checks_is_named():
    with pytest.raises(AttributeError, match="there are no checks of lab99"):
        _ = checks.lab99


# The tests of the tests: a check that grades wrongly is noticed


def test_a_check_that_passes_a_mistake_is_noticed(monkeypatch):
    lab = Answers("lab98")
    namespace = type("Lab", (), {})()
    namespace.kind = lambda answer: print("kind: passed. Well done.")
    monkeypatch.setattr(checks, "lab98", namespace, raising=False)
    lab.wrong("kind", "some hint", len)
    assert "not yet was expected" in lab.problem(lab.given[0])
    lab.right("kind", abs)
    assert not lab.problem(lab.given[1])
    namespace.kind = lambda answer: (np.random.random(), print("kind: passed. "))[1]
    assert "NumPy's random state" in lab.problem(lab.given[1])
    namespace.kind = lambda answer: print("kind: not yet. So.\nHint: something else")
    assert "a hint with 'some hint'" in lab.problem(lab.given[0])


# Lab 05's experiment


def test_the_share_that_is_missed_is_of_melanoma_pixels():
    lab = LABS["lab05"]
    good, missing = (
        next(a.answer for a in lab.given if a.name == name)
        for name in ("low_probabilities", "three_of_100_missed")
    )
    printed = " ".join(lab.run("train_for_melanomas", good).split())
    assert printed == (
        "train_for_melanomas: passed. Share of melanoma missed 0.000 (at most 0.02), "
        "mean Dice 1.000 on melanomas (at least 0.90) and 1.000 on the others "
        "(at least 0.70)."
    )
    printed = lab.run("train_for_melanomas", missing)
    assert "not yet. Share of melanoma missed 0.030" in " ".join(printed.split())
