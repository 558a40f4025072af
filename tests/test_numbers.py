"""The comparison of stored and new outputs, through the real nbval."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval_numbers import settle

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = (ROOT / "tests", ROOT)


def run_nbval(
    folder: Path, stored: str, printed: str, tags=(), **variables
) -> subprocess.CompletedProcess:
    """Run nbval, as this course sets it up, on a notebook with one printed line."""
    code = f"print({printed!r})"
    cell = new_code_cell(code, execution_count=1, metadata={"tags": list(tags)})
    cell.outputs = [new_output("stream", name="stdout", text=stored + "\n")]
    notebook = new_notebook(cells=[cell])
    nbformat.write(notebook, folder / "case.ipynb")
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts="]
    plugin = ["-p", "nbval_numbers", "--nbval", "--nbval-current-env"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugin, "case.ipynb"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, PLUGIN)),
            **variables,
        },
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("stored", "printed"),
    [
        ("Dice 0.871", "Dice 0.921"),  # a metric that moved by 0.05
        ("Dice 0.871", "IoU 0.871"),  # a changed word
        ("31 images", "32 images"),  # a changed integer
    ],
    ids=["metric", "word", "integer"],
)
def test_a_changed_result_fails(tmp_path, stored, printed):
    done = run_nbval(tmp_path, stored, printed)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Cell outputs differ" in done.stdout


def test_noise_and_time_pass(tmp_path):
    stored = "Dice 0.8712 +- 1.30e-02, loss  9.99, in 9.8 s"
    printed = "Dice 0.8713 +- 1.31e-02, loss 10.01, in 14.2 s"
    done = run_nbval(tmp_path, stored, printed)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_cell_may_have_a_tolerance_of_its_own(tmp_path):
    options = {"stored": "Dice 0.871", "printed": "Dice 0.841"}
    assert run_nbval(tmp_path, **options, tags=["tolerance-0.04"]).returncode == 0
    assert run_nbval(tmp_path, **options, tags=["tolerance-0.025"]).returncode == 1


def test_the_largest_deviation_of_a_cell_is_told_to_who_asks(tmp_path):
    told = tmp_path / "told.jsonl"
    asked = {"EVERY_PIXEL_DEVIATIONS": str(told)}
    run_nbval(tmp_path, "0.871 0.50 300.0", "0.861 0.52 306.0", **asked)
    run_nbval(tmp_path, "0.871 a", "0.861 b", **asked)
    first, second = map(json.loads, told.read_text(encoding="utf-8").splitlines())
    assert first["notebook"].endswith("case.ipynb") and first["cell"] == 0
    assert first["same"] and (first["stored"], first["new"]) == ("0.50", "0.52")
    assert first["deviation"] == 0.02
    assert not second["same"] and "deviation" not in second


@pytest.mark.parametrize(
    ("stored", "new"),
    [
        ("0.50", "0.52"),
        ("120.0", "122.3"),  # 2 % of the larger one
        ("-0.001", " 0.001"),  # padded for the sign
        ("[ 0.99 0.5 ]", "[ 1.00 0.5 ]"),
        ("1e-05", "3e-05"),
        ("0.93.", "0.94."),
        ("2.5x faster", "2.51x faster"),
    ],
)
def test_near_decimals_are_settled(stored, new):
    assert settle(stored, new) == stored


@pytest.mark.parametrize(
    ("stored", "new"),
    [
        ("0.50", "0.53"),
        ("120.0", "123.0"),
        ("12", "13"),
        ("epoch 12.", "epoch 13."),
        ("torch 2.14.0", "torch 2.14.1"),
        ("resnet0.51", "resnet0.52"),
        ("a 0.5", "b 0.5"),
        ("a 0.5", "a  0.5"),
        ("0.5 0.6", "0.5"),
        ("0.5", "nan"),
        ("0.51", "1"),
    ],
)
def test_anything_else_is_left_to_nbval(stored, new):
    assert settle(stored, new) != stored


def test_only_the_number_that_moved_is_kept():
    assert settle("a 0.50 b 0.70", "a 0.51 b 0.90") == "a 0.50 b 0.90"
