"""What TensorFlow computes where it has no oneDNN, as in tests/in_tensorflow.py.

test_without_onednn.py starts it, with TF_ENABLE_ONEDNN_OPTS=0 in its environment.
"""

import ast
from pathlib import Path

import in_both
import in_tensorflow
import numpy as np
from keras import layers

from authoring.layout import Course
from authoring.read import read

COURSE = Course(Path(__file__).resolve().parent.parent)


def run_cells(lesson: str, names: set[str]) -> int:
    """Run a lesson's first code cell, which imports, and all cells that have a name."""
    path = COURSE.root / "content/lessons" / f"{lesson}.md"
    cells = read(path, COURSE).track("tensorflow")
    imports, *codes = (cell.text for cell in cells if cell.kind == "code")
    found = {}
    exec(imports, found)
    chosen = [code for code in codes if names & names_of(code)]
    for code in chosen:
        exec(code, found)
    return len(chosen)


def names_of(code: str) -> set[str]:
    """Functions that a cell defines, and everything that it uses by name."""
    nodes = list(ast.walk(ast.parse(code)))
    return {getattr(node, "id", getattr(node, "name", None)) for node in nodes}


def has_onednn(track) -> bool:
    """Whether TensorFlow can do what a CPU can't do without it."""
    layer = layers.Conv2DTranspose(1, 3, dilation_rate=2)
    said = in_both.attempt(lambda: layer(np.zeros((1, 4, 4, 1), np.float32)))
    return "do not yet support dilation" not in str(said)


def sizes_of_transposed_convolutions(track) -> int:
    return run_cells("03_upsampling", {"size_in_keras"})


def kernels_and_gradients_with_gaps(track) -> int:
    names = {"stuffed", "convolved", "layers_of", "ways_to_middle"}
    return run_cells("06_deeplab", names)


def training_steps(track) -> dict[str, bool]:
    """Whether each exported model, made without arguments, has a gradient."""
    found = {}
    for name, options, sizes in in_both.cases(track):
        if not options:
            images = in_both.random_inputs(*sizes[0])
            gradients, _ = track.train_once(getattr(track.models, name)(), images)
            parts = [part for layer in gradients for part in layer]
            found[name] = bool(parts) and all(np.isfinite(p).all() for p in parts)
    return found


if __name__ == "__main__":
    in_both.SECTIONS = (
        has_onednn,
        sizes_of_transposed_convolutions,
        kernels_and_gradients_with_gaps,
        training_steps,
        in_both.loss_values,
        in_both.unpooling,
        in_both.aligned_regions,
        in_both.instance_losses,
        in_both.mask_sets,
        in_both.dilating,
    )
    in_both.main(in_tensorflow)
