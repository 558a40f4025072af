"""The same seed gives the same numbers, with each framework in a process of its own."""

import importlib.util
import json
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from utils.seeding import seed_everything

COURSE = Path(__file__).resolve().parents[1]

# Each script defines draw(), which gives numbers that hang on every kind of chance.
NUMPY = """
    def draw():
        return []
"""
PYTORCH = """
    import torch

    def draw():
        layer = torch.nn.Conv2d(3, 4, 3)
        noise = torch.nn.functional.dropout(torch.rand(2, 3, 8, 8), 0.5)
        layer(noise).square().mean().backward()
        return [*layer.weight.grad.flatten().tolist(), *torch.randperm(9).tolist()]
"""
TENSORFLOW = """
    import tensorflow as tf
    import keras

    def draw():
        layer = keras.layers.Conv2D(4, 3)
        dropout = keras.layers.Dropout(0.5)
        noise = dropout(tf.random.uniform((2, 8, 8, 3)), training=True)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(layer(noise + keras.random.normal((2, 8, 8, 3))) ** 2)
        gradient = tape.gradient(loss, layer.trainable_variables[0])
        order = tf.data.Dataset.range(9).shuffle(9)
        return [*gradient.numpy().ravel().tolist(), *map(int, order)]
"""
PROTOCOL = """
    import json, random, sys
    import numpy as np
    {framework}
    from utils.seeding import seed_everything

    def numbers(seed):
        generator = seed_everything(seed)
        return [random.random(), np.random.rand(), generator.random(), *draw()]

    answer = {{"runs": [numbers(seed) for seed in (1, 1, 2)]}}
    answer["loaded"] = [m for m in ("torch", "tensorflow", "keras") if m in sys.modules]
    print(json.dumps(answer))
"""


def in_a_process(framework: str) -> dict:
    script = textwrap.dedent(PROTOCOL).format(framework=textwrap.dedent(framework))
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}
    finished = subprocess.run(
        [sys.executable, "-c", script],
        cwd=COURSE,
        env={**os.environ, **quiet},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return json.loads(finished.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("framework", "script", "loaded"),
    [
        ("numpy", NUMPY, []),
        ("torch", PYTORCH, ["torch"]),
        ("tensorflow", TENSORFLOW, ["tensorflow", "keras"]),
    ],
)
def test_a_seed_repeats_its_numbers_and_imports_no_framework(framework, script, loaded):
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    first, second = in_a_process(script), in_a_process(script)
    same, again, other = first["runs"]
    assert same == again, "seeding a second time in one process"
    assert first == second, "seeding in a new process"
    assert all(a != b for a, b in zip(same[:3], other[:3], strict=True))
    assert len(same) == 3 or same[3:] != other[3:]
    assert first["loaded"] == loaded


def test_the_generator_is_numpys_own_for_that_seed():
    expected = np.random.default_rng(7).random(5)
    assert np.array_equal(seed_everything(7).random(5), expected)
    assert np.array_equal(seed_everything(np.int64(7)).random(5), expected)


def test_numpys_generator_leaves_the_global_ones_alone():
    seed_everything(7)
    expected = random.random(), np.random.rand()
    seed_everything(7).random(100)
    assert (random.random(), np.random.rand()) == expected


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", None])
def test_what_is_no_seed_is_refused_by_name(seed):
    with pytest.raises(ValueError, match="The seed is"):
        seed_everything(seed)
