"""Every notebook runs on a GPU, tried without one.

In PyTorch a tensor has to be moved, so every cell runs on an accelerator that is
pretended.  TensorFlow moves tensors by itself, unless it is told where to compute.
"""

import ast
import functools
import json
from pathlib import Path

import numpy as np
import pytest
import tracks

from authoring.layout import Course
from authoring.read import read

COURSE = Course(Path(__file__).resolve().parent.parent)
NOTEBOOKS = [
    COURSE.place(path) for kind in ("lessons", "labs") for path in COURSE.contents(kind)
]


@functools.cache
def found() -> dict:
    """What tests/in_devices_pytorch.py has found."""
    script = tracks.TESTS / "in_devices_pytorch.py"
    return json.loads(tracks.alone("pytorch", script))


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_no_cell_mixes_devices_or_needs_what_a_gpu_lacks(notebook):
    problems = found()["notebooks"][notebook]
    assert not problems, "\n".join(problems)


def test_the_pretended_device_refuses_what_gpus_refuse():
    refused, allowed = found()["refused"], found()["allowed"]
    assert all(refused.values()), [code for code, said in refused.items() if not said]
    assert not any(allowed.values()), allowed


def test_the_pretended_device_computes_as_the_cpu_does():
    cpu, device = found()["steps"]
    assert np.allclose(cpu, device) and cpu[2] < cpu[0]


def test_checks_pass_right_answers_that_lie_on_a_gpu():
    failed = {
        name: said
        for name, said in found()["judged"].items()
        if not said.startswith(f"{name.split()[1]}: passed")
    }
    assert not failed, "\n".join(failed.values())


def test_apples_gpu_is_taken_from_the_first_pytorch_that_trains_right_on_it():
    assert found()["apples"] == {
        "2.6.0": "cpu",
        "2.13.1+cpu": "cpu",
        "2.14.0": "mps",
        "2.20.0": "mps",
    }


def pins(code: str) -> list[str]:
    """The lines of TensorFlow code that hold for one kind of device alone."""
    tree = ast.parse(code)
    chooses = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "device"
    ]
    left = [
        part for node in tree.body if node not in chooses for part in ast.walk(node)
    ]
    pinned = [
        part
        for part in left
        if (isinstance(part, ast.Attribute) and ast.unparse(part) == "tf.device")
        or (isinstance(part, ast.Call) and _last(part) in ("cpu", "gpu"))
        or (isinstance(part, ast.Constant) and str(part.value) == "channels_first")
    ]
    return [ast.unparse(part) for part in pinned]


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


@pytest.mark.parametrize(
    "code",
    [
        'with tf.device("/GPU:0"): x = 1',
        "x = logits.cpu()",
        'x = layers.Conv2D(3, 3, data_format="channels_first")',  # no CPU has it
    ],
)
def test_a_pinned_device_is_found(code):
    assert pins(code)


def test_tensorflow_is_never_told_where_to_compute():
    codes = {
        f"{COURSE.place(path)}:{cell.line}": cell.text
        for kind in ("lessons", "labs")
        for path in COURSE.contents(kind)
        for cell in read(path, COURSE).track("tensorflow")
        if cell.kind == "code"
    }
    for path in ("utils/tensorflow.py", "benchmarks/tensorflow.py"):
        codes[path] = (COURSE.root / path).read_text(encoding="utf-8")
    pinned = {place: found for place, code in codes.items() if (found := pins(code))}
    assert not pinned, pinned
