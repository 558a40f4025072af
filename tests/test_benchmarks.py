"""The benchmarks: fair folds, an honest clock, and a report that can be recomputed.

Nothing is trained here beyond one step on a few small simulated images, and nothing
is timed.
"""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import scoring, store
from benchmarks.folds import make_folds
from benchmarks.recipes import RECIPES
from benchmarks.stopwatch import Stopwatch
from benchmarks.unet_ph2 import Run, estimate, is_finished, plan, run_all

ROOT = Path(__file__).resolve().parent.parent
TRACKS = ("pytorch", "tensorflow")
PH2 = np.repeat([0, 1, 2], [80, 80, 40])  # its diagnoses
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),
    "EVERY_PIXEL_HEADLESS": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


def python(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, **environment},
        capture_output=True,
        encoding="utf-8",
    )


# Folds


def test_each_image_is_held_out_exactly_once():
    folds = make_folds(PH2)
    assert [(len(seen), len(held)) for seen, held in folds] == [(160, 40)] * 5
    held = np.concatenate([held for _, held in folds])
    assert sorted(held) == list(range(200))


def test_nothing_held_out_is_trained_on():
    for seen, held in make_folds(PH2):
        assert sorted([*seen, *held]) == list(range(200))


def test_each_fold_holds_the_same_share_of_every_diagnosis():
    for _, held in make_folds(PH2):
        assert np.bincount(PH2[held]).tolist() == [16, 16, 8]


def test_groups_that_do_not_divide_leave_folds_that_differ_by_one():
    groups = np.repeat([0, 1], [7, 6])
    sizes = [len(held) for _, held in make_folds(groups, count=5)]
    assert sorted(sizes) == [2, 2, 3, 3, 3]


def test_folds_are_drawn_but_always_the_same():
    held = make_folds(PH2)[0][1]
    assert np.array_equal(held, make_folds(PH2.copy())[0][1])
    assert not np.array_equal(held, make_folds(PH2, seed=1)[0][1])
    assert (np.diff(held) != 5).any(), "every fifth image, which no draw would give"


def test_a_fold_without_an_image_is_refused():
    with pytest.raises(ValueError, match="5 folds of 3 images"):
        make_folds(np.zeros(3))


# The clock


def test_the_stopwatch_leaves_out_what_is_paused():
    now = [100.0]
    watch = Stopwatch(lambda: now[0])
    now[0] += 3
    with watch.paused():
        now[0] += 50
        assert watch.seconds() == 3
    now[0] += 4
    with pytest.raises(OSError), watch.paused():
        now[0] += 60
        raise OSError
    assert watch.seconds() == 7


# Scores


def test_a_map_is_enlarged_between_its_pixels_and_cut_at_one_half():
    small = np.array([[[0.0, 1.0], [0.0, 1.0]]])
    # Pixel centres 0.25 and 0.75: linear between them, level beyond.
    assert np.allclose(scoring.enlarge(small, 4)[0, 0], [0, 0.25, 0.75, 1])
    assert scoring.cut(small, 4)[0, 0].tolist() == [False, False, True, True]


def test_each_mask_is_cleaned_up_after_it_was_enlarged():
    sides = []

    def clean_up(mask):
        sides.append(mask.shape)
        return ~mask

    probability = np.zeros((3, 4, 4))
    assert scoring.outlines(probability, 8, clean_up).all()
    assert sides == [(8, 8)] * 3


def test_scores_are_those_of_each_image():
    truth = np.array([[[1, 1], [0, 0]], [[1, 0], [0, 0]]], np.uint8)
    found = np.array([[[1, 0], [0, 0]], [[1, 0], [0, 0]]], bool)
    expected = {"dice": [0.66667, 1.0], "jaccard": [0.5, 1.0]}
    assert scoring.scores(truth, found) == expected


def test_otsu_takes_the_dark_side():
    pytest.importorskip("skimage")
    image = np.full((1, 4, 4, 3), 200, np.uint8)
    image[0, :2] = 40
    assert np.array_equal(scoring.otsu(image)[0], image[0, :, :, 0] == 40)


# What is run, and what is not run again


def test_all_that_is_compared_on_a_fold_runs_close_together():
    runs = [str(run) for run in plan(["popular", "lesson"], ["pytorch"], [0, 1])]
    assert runs == [
        "otsu, all images",
        "popular, pytorch, fold 0",
        "lesson, pytorch, fold 0",
        "popular, pytorch, fold 1",
        "lesson, pytorch, fold 1",
    ]


def test_what_is_not_trained_runs_once_on_all_images():
    runs = plan(["transfer"], ["pytorch", "tensorflow"], range(5))
    assert [run.key for run in runs[1:]] == [
        "transfer pytorch all",
        "transfer tensorflow all",
    ]


def stored(run: Run, **changes) -> dict:
    recipe = RECIPES.get(run.recipe)
    result = {
        "recipe": run.recipe,
        "track": run.track,
        "fold": run.fold,
        "settings": recipe.settings() if recipe else {},
        "seconds": 1.0,
        "wall_seconds": 2.0,
        "dice": [0.5],
        "jaccard": [0.3],
    }
    return {**result, **changes}


RUNS = plan(["popular", "lesson"], ["pytorch"], [0])


def run_with(path, start, **options) -> tuple[list, list]:
    """Run everything; give what was started and what failed."""
    started = []

    def noted(run):
        started.append(run)
        return start(run)

    failed = run_all(RUNS, path, noted, say=lambda line: None, **options)
    return started, failed


def test_what_is_stored_is_not_run_again(tmp_path):
    path = tmp_path / "results.json"
    assert run_with(path, stored) == (RUNS, [])
    assert run_with(path, stored) == ([], [])
    assert run_with(path, stored, again=True) == (RUNS, [])


def test_a_changed_recipe_is_measured_again(tmp_path):
    path = tmp_path / "results.json"
    run_with(path, stored)
    results = store.read(path)
    results[RUNS[2].key]["settings"]["epochs"] += 1
    store.write(path, results)
    assert run_with(path, stored)[0] == [RUNS[2]]


def test_an_interruption_keeps_what_is_finished(tmp_path):
    path = tmp_path / "results.json"

    def interrupted(run):
        if run == RUNS[1]:
            raise KeyboardInterrupt
        return stored(run)

    with pytest.raises(KeyboardInterrupt):
        run_with(path, interrupted)
    assert set(store.read(path)) == {RUNS[0].key}
    assert run_with(path, stored)[0] == RUNS[1:]


def test_a_run_that_fails_is_named_and_the_others_go_on(tmp_path):
    path = tmp_path / "results.json"

    def failing(run):
        if run == RUNS[1]:
            raise RuntimeError("no memory")
        return stored(run)

    assert run_with(path, failing) == (RUNS, [RUNS[1]])
    assert set(store.read(path)) == {RUNS[0].key, RUNS[2].key}


def test_the_time_left_comes_from_runs_of_the_same_recipe():
    results = {"a": stored(RUNS[1], wall_seconds=60.0)}
    other_track = Run("popular", "tensorflow", 0)
    assert estimate([RUNS[1], other_track], results) == 120
    assert estimate([RUNS[1], RUNS[2]], results) is None


def test_a_damaged_file_of_results_is_named(tmp_path):
    path = tmp_path / "results.json"
    path.write_text("[1, 2", encoding="utf-8")
    with pytest.raises(ValueError, match="results.json holds no results"):
        store.read(path)


def test_stored_settings_are_those_of_the_recipe_after_json():
    for name, recipe in RECIPES.items():
        run = Run(name, "pytorch", 0)
        result = json.loads(json.dumps(stored(run)))
        assert is_finished(run, {run.key: result}), name
        assert result["settings"]["widths"] == list(recipe.widths)


# The networks


# What each track answers about the popular network, asked in a process of its own.
NETWORK = """
import json, sys
from dataclasses import replace
from importlib import import_module
import numpy as np
from benchmarks.recipes import POPULAR
from utils.datasets import simulate_skin

track = sys.argv[1]
says = import_module("benchmarks." + track)
model = says.PopularUNet()
samples = simulate_skin(4, 32)
recipe = replace(POPULAR, epochs=1, batch_size=4)
epochs = []

if track == "pytorch":
    import torch
    convolution, _, first = model.encoder[0]
    head = model.head
    pixels = torch.from_numpy(samples.images).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        batch_mean = convolution(pixels).relu().mean(dim=(0, 2, 3)).numpy()
    moved = lambda: first.running_mean.numpy().copy()
    def head_to(value):
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.constant_(head.bias, value)
else:
    import keras, tensorflow as tf
    kinds = lambda kind: [l for l in model.layers if isinstance(l, kind)]
    convolution, head = kinds(keras.layers.Conv2D)[0], kinds(keras.layers.Conv2D)[-1]
    first = kinds(keras.layers.BatchNormalization)[0]
    features = tf.nn.relu(convolution(samples.images.astype(np.float32) / 255))
    batch_mean = features.numpy().mean(axis=(0, 1, 2))
    moved = lambda: first.moving_mean.numpy().copy()
    def head_to(value):
        head.set_weights([np.zeros_like(head.kernel), np.full(1, value, np.float32)])

answers = says.predict_popular(model, samples.images)
says.train_popular(model, recipe, samples, lambda: epochs.append(1))
skips = moved()

head_to(-20.0)  # sure that there is no lesion
empty = replace(samples, masks=np.zeros_like(samples.masks))
loss = says.train_popular(model, recipe, empty, lambda: None)
print(json.dumps({
    "parameters": says.count_parameters(model),
    "shape": answers.shape,
    "range": [float(answers.min()), float(answers.max())],
    "spread": float(answers.std()),
    "epochs": len(epochs),
    "moved": skips.tolist(),
    "batch_mean": batch_mean.tolist(),
    "loss": loss,
}))
"""


@functools.cache
def network(track: str) -> dict:
    done = python("-c", NETWORK, track)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("track", TRACKS)
def test_the_popular_network_is_the_published_one(track):
    """By hand: 448 + 4 640 + 18 496 + 73 856 down, 295 168 at the bottom,
    442 496 + 110 656 + 27 680 up, 49 in the head; 2 x (240 + 224) in the norms."""
    down, up = 448 + 4640 + 18496 + 73856, 442496 + 110656 + 27680
    assert down + 295168 + up + 49 + 2 * (240 + 224) == 974417
    assert network(track)["parameters"] == 974417


@pytest.mark.parametrize("track", TRACKS)
def test_the_popular_network_answers_with_probabilities(track):
    found = network(track)
    assert found["shape"] == [4, 32, 32]
    assert 0 < found["range"][0] < found["range"][1] < 1
    assert found["spread"] > 0.001


@pytest.mark.parametrize("track", TRACKS)
def test_the_encoder_runs_twice_in_a_step(track):
    """Twice a tenth of the way to the batch's mean: 0.1 + 0.9 x 0.1."""
    found = network(track)
    assert max(found["batch_mean"]) > 0.01
    assert np.allclose(found["moved"], 0.19 * np.array(found["batch_mean"]), atol=1e-5)


@pytest.mark.parametrize("track", TRACKS)
def test_the_loss_takes_the_probability_for_a_logit(track):
    """So the best that it can say of background is ln 2: sigmoid(0) is a half."""
    assert network(track)["loss"][0] == pytest.approx(np.log(2), abs=0.01)


@pytest.mark.parametrize("track", TRACKS)
def test_the_popular_training_tells_of_each_epoch(track):
    assert network(track)["epochs"] == 1
