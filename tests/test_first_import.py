"""What `import utils.pytorch` and `utils.tensorflow` say where something is amiss.

Each import has a Python of its own, as in a learner's kernel.
"""

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
