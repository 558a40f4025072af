"""Evaluate the `check:` of every question with PyTorch; started by test_quiz_keys.py.

An expression sees NumPy as `np`, torch, nn, functional, everything that the lessons
export, `metrics`, and of its own question: `right`, the number of the right option, a
list of these, or a list of pixels; `grid`, what can be clicked on; `grids`, the grids
of the figure; `options`, the grids of the options, of errors what was found.
`works(call)` tells whether a call does not fail.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from authoring.layout import Course
from authoring.quizzes.ask import Panel, Question
from authoring.quizzes.read import read
from utils import metrics, palette
from utils.models import pytorch as models

ROOT = Path(__file__).resolve().parent.parent


def works(call) -> bool:
    try:
        call()
    except Exception:
        return False
    return True


def array(panel: Panel | None):
    """The values of a grid as numbers; what is no number, such as a ?, is nan."""
    if panel is None or not panel.rows:
        return None
    rows = [[_number(cell) for cell in row] for row in panel.rows]
    values = np.array(rows, float)
    return (
        values if np.isnan(values).any() or (values % 1).any() else values.astype(int)
    )


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def names(question: Question) -> dict:
    """Everything that the expression of a question may use."""
    exported = {name: getattr(models, name) for name in models.__all__}
    right = question.answer
    if question.kind == "pixel":
        right = [list(pixel) for pixel in question.answer]
    elif question.kind == "several":
        right = list(question.right)
    elif question.options:
        right = question.right[0]
    own = {
        "right": right,
        "grid": array(question.grid),
        "grids": [array(panel) for panel in question.figure],
        "options": [array(option.figure) for option in question.options],
        "works": works,
    }
    libraries = {"np": np, "torch": torch, "nn": nn, "functional": functional}
    return {**exported, **libraries, "metrics": metrics, "palette": palette, **own}


def main() -> None:
    """Write the value of every expression, or what is wrong with it, as JSON."""
    course, found = Course(ROOT), {}
    for path in sorted((ROOT / "content" / "quizzes").glob("*.yaml")):
        for question in read(path, course).questions:
            if question.check is None:
                continue
            torch.manual_seed(0)
            try:
                value = eval(" ".join(question.check.split()), names(question))
                value = value.item() if hasattr(value, "item") else value
                said = value if isinstance(value, bool) else float(value)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            found[f"{path.stem} {question.part} {question.number}"] = said
    print(json.dumps(found))


if __name__ == "__main__":
    main()
