"""Nothing of the TensorFlow track needs oneDNN, which many processors do not have.

Without it, TensorFlow on a CPU refuses a dilated transposed convolution, and the
gradient of `tf.nn.conv2d` with dilations.
"""

import pickle
import tempfile
from pathlib import Path

import pytest
import tracks


@pytest.fixture(scope="module")
def run():
    """Answers and failures by section, of tests/without_onednn.py."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
        target = Path(folder, "answers")
        tracks.alone("tensorflow", tracks.TESTS / "without_onednn.py", target)
        return pickle.loads(target.read_bytes())


def test_onednn_is_switched_off(run):
    answers, _ = run
    assert not answers["has_onednn"]


@pytest.mark.parametrize(
    ("section", "least"),
    [("sizes_of_transposed_convolutions", 2), ("kernels_and_gradients_with_gaps", 6)],
)
def test_the_lessons_cells_about_dilation_run(run, section, least):
    answers, failures = run
    assert section not in failures, failures[section]
    assert answers[section] >= least, "cells that were found by their names"


def test_every_exported_model_takes_a_training_step(run):
    answers, failures = run
    assert "training_steps" not in failures, failures["training_steps"]
    steps = answers["training_steps"]
    assert len(steps) >= 15 and all(steps.values()), steps


def test_every_exported_loss_has_a_gradient(run):
    answers, failures = run
    assert not failures, "\n".join(failures.values())
    losses = answers["loss_values"]
    for name in {name for name, _ in losses}:
        given = {
            inputs: answer for (of, inputs), answer in losses.items() if of == name
        }
        refused = {inputs[0] for inputs in given if isinstance(given[inputs], str)}
        assert refused < {"1", "5"}, f"{name} takes one class or five: {given}"
