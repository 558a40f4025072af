"""What `import utils.pytorch` and `utils.tensorflow` say where something is amiss.

Each import has a Python of its own, as in a learner's kernel.
"""

import importlib.util
import json

import pytest
import tracks

FRAMEWORKS = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
ASK = """
import sys
sys.path.insert(0, sys.argv[2])

class Missing:
    def find_spec(name, path=None, target=None):
        if name in sys.argv[3:]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing)
try:
    __import__(f"utils.{sys.argv[1]}")
except ModuleNotFoundError as error:
    print(error)
"""
BUILD = """
import json
import numpy as np
from utils import tensorflow as layer
import keras
model = keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.MaxPooling2D()])
images = layer.to_input(np.zeros((2, 10, 14, 3), np.uint8))
found = {"backend": keras.backend.backend(), "epsilon": keras.config.epsilon()}
logits = model(images)
print(json.dumps({**found, "shape": list(logits.shape), "dtype": logits.dtype.name}))
"""


def said(track, folder, *missing):
    """What an import of a track says, without some modules; a folder comes first."""
    return tracks.alone(track, "-c", ASK, track, folder, *missing).decode().strip()


@pytest.mark.parametrize(
    ("track", "missing"),
    [("pytorch", "torch"), ("tensorflow", "tensorflow"), ("tensorflow", "keras")],
)
def test_a_missing_framework_is_one_sentence_with_what_to_do(tmp_path, track, missing):
    found = said(track, tmp_path, missing)
    assert found.startswith(f"{FRAMEWORKS[track]} is not installed in this kernel: ")
    assert f"`python course.py lab --track {track}`" in found and "\n" not in found


@pytest.mark.parametrize(
    ("track", "framework"), [("pytorch", "torch"), ("tensorflow", "keras")]
)
def test_what_a_framework_lacks_is_named_itself(tmp_path, track, framework):
    (tmp_path / framework).mkdir()
    (tmp_path / framework / "__init__.py").write_text("import no_such_module\n")
    assert said(track, tmp_path) == "No module named 'no_such_module'"


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_keras_runs_as_the_lessons_need_it_whatever_its_settings_say(
    monkeypatch, tmp_path, backend
):
    settings = {
        "backend": backend,
        "floatx": "float16",
        "image_data_format": "channels_first",
        "epsilon": 0.01,
    }
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert json.loads(tracks.alone("tensorflow", "-c", BUILD)) == {
        "backend": "tensorflow",
        "epsilon": 1e-7,
        "shape": [2, 4, 6, 4],
        "dtype": "float32",
    }


TOGETHER = """
import sys
sys.path.insert(0, sys.argv[1])
try:
    for name in sys.argv[2:]:
        __import__(name)
    import torch
    torch.optim.Adam(torch.nn.Linear(1, 1).parameters())
    print("works")
except ImportError as error:
    print(error)
"""
PAIR = ("utils.models.tensorflow", "utils.models.pytorch")


@pytest.mark.parametrize("order", [PAIR, PAIR[::-1]])
def test_both_tracks_live_in_one_kernel_in_either_order(order):
    assert tracks.alone("pytorch", "-c", TOGETHER, ".", *order).strip() == b"works"


def test_pytorch_says_so_where_it_would_crash_beside_tensorflow():
    said = tracks.alone("pytorch", "-c", TOGETHER, ".", "tensorflow", "utils.pytorch")
    if importlib.util.find_spec("triton"):  # Linux
        assert said.startswith(b"TensorFlow was loaded first in this kernel")
    else:
        assert said.strip() == b"works"


def test_settings_of_keras_that_are_damaged_are_named(monkeypatch, tmp_path):
    (tmp_path / "keras.json").write_text("[1, 2]")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    said = tracks.alone("tensorflow", "-c", TOGETHER, ".", "utils.tensorflow").decode()
    assert said.startswith("Keras cannot start (") and str(tmp_path) in said
