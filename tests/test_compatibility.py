"""Other processors in turn, and the page that says where the notebooks have run."""

import json
import math

import pytest

from benchmarks import compatibility, compatibility_page, processors, store

STORED = store.read(store.COMPATIBILITY)


def test_every_setting_that_a_common_processor_stands_for_occurs():
    found = {}
    for settings in processors.PROCESSORS.values():
        for name, value in settings.items():
            found.setdefault(name, set()).add(value)
    assert found == {
        "ATEN_CPU_CAPABILITY": {"default", "avx2"},
        "ONEDNN_MAX_CPU_ISA": {"SSE41", "AVX2"},
        "TF_ENABLE_ONEDNN_OPTS": {"0", "1"},
        "threads": {"1", "2", "4"},
    }


def test_commits_take_processors_in_turn():
    commits = [f"{number:040x}" for number in range(6)]
    chosen = [processors.in_turn(commit) for commit in commits]
    assert chosen == [*processors.IN_TURN] * 2
    assert {*chosen} - {None} <= {run.processor for run in compatibility.RUNS.values()}


def test_this_processor_as_it_is_takes_one_thread_and_no_setting():
    names = dict.fromkeys(processors.THREADS, "1")
    assert processors.environment(None) == names


def test_the_runs_take_every_processor_and_colab():
    runs = compatibility.RUNS.values()
    assert {run.processor for run in runs} - {None} == set(processors.PROCESSORS)
    assert "colab" in {run.environment for run in runs}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("0.81", "0.79"), True),
        (("12.5 s", " 9.5 s"), True),
        (("IMAGE", "OTHER"), True),
        (("42", "43"), False),
        (("sheep", "goats"), False),
        (("x = 1", "x = 2"), False),
    ],
)
def test_a_notebook_is_another_if_its_code_or_its_words_are(
    monkeypatch, tmp_path, change, same
):
    outputs = [
        {"output_type": "stream", "text": ["42 sheep: 0.81\n", "after 12.5 s\n"]},
        {"output_type": "display_data", "data": {"image/png": "IMAGE"}},
    ]
    cell = {"cell_type": "code", "id": "a", "source": "x = 1", "outputs": outputs}
    text = json.dumps({"cells": [cell]})
    (tmp_path / "one").write_text(text)
    (tmp_path / "two").write_text(text.replace(*change))
    monkeypatch.setattr(compatibility, "COURSE", tmp_path)
    assert (compatibility.digest("one") == compatibility.digest("two")) == same


def lines(*cells):
    return "".join(json.dumps(cell) + "\n" for cell in cells)


def test_a_notebook_is_summed_up_from_its_own_cells(tmp_path):
    place = compatibility.notebooks()[0]
    name = place.removesuffix(".ipynb").replace("/", ".")
    told, report = tmp_path / "told.jsonl", tmp_path / "report.xml"
    cell = {"notebook": place, "same": True}
    moved = {"stored": "0.80", "new": "0.81"}
    told.write_text(
        lines(
            {**cell, "cell": 1, "deviation": 0.012, **moved},
            {**cell, "cell": 2, "deviation": 0.004, **moved},
            {**cell, "cell": 3, "notebook": "x.ipynb", "deviation": 0.9, **moved},
        )
    )
    report.write_text(
        "<testsuites><testsuite>"
        f'<testcase classname="{name}" name="Cell 1" time="1.5"/>'
        f'<testcase classname="{name}" name="Cell 2" time="2"><failure/></testcase>'
        '<testcase classname="another" name="Cell 3" time="9"><failure/></testcase>'
        "</testsuite></testsuites>"
    )
    found = compatibility.result(place, place, told, report)
    assert found == {
        "digest": compatibility.digest(place),
        "seconds": 3.5,
        "cells": 2,
        "failed": ["2"],
        "moved": {"1": 0.012},
        "deviation": 0.012,
        "cell": 1,
        **moved,
    }
    assert compatibility_page.verdict({place: found}, place) == "fails in cell 2"


def test_a_notebook_that_never_ran_is_an_error(tmp_path):
    place = compatibility.notebooks()[0]
    report = tmp_path / "report.xml"
    report.write_text("<testsuites/>")
    with pytest.raises(ValueError, match=place):
        compatibility.result(place, place, tmp_path / "none", report)


def test_the_page_says_what_is_stored():
    stored = compatibility_page.PAGE.read_text(encoding="utf-8")
    assert stored == compatibility_page.text(STORED)


def test_all_that_is_stored_passed_when_it_was_measured():
    runs = {name: STORED[name] for name in STORED if name != compatibility.BEFORE}
    assert runs and set(runs) <= set(compatibility.RUNS)
    for run in runs.values():
        for place, found in run["notebooks"].items():
            assert found["cells"] and not found["failed"], place


def test_what_was_measured_before_a_notebook_changed_has_a_star():
    place = compatibility.notebooks()[0]
    new = {"digest": compatibility.digest(place), "failed": [], "deviation": 0.01}
    verdict = compatibility_page.verdict
    assert verdict({place: new}, place) == "0.010"
    assert verdict({place: {**new, "digest": "another"}}, place) == "0.010 *"
    assert verdict({}, place) == "not run"


def test_a_tolerance_of_its_own_is_what_was_measured():
    """About twice the most that the cell moved, and only where 0.02 is not enough."""
    for where, pair in compatibility_page.own_tolerances(STORED).items():
        tolerance, moved = pair
        assert moved > 0.01, where
        assert tolerance <= math.ceil(200 * moved) / 100 + 0.01, where
