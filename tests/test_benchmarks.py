"""The benchmarks: fair folds, an honest clock, and a report that can be recomputed.

Nothing is trained here beyond one step on a few small simulated images, and nothing
is timed.
"""

import functools
import io
import json
import math
import os
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.pyplot import imread

from benchmarks import __main__ as command_line
from benchmarks import (
    figures,
    findings,
    likeness,
    race,
    report,
    scores,
    scoring,
    start,
    store,
    zoo,
)
from benchmarks.folds import make_folds
from benchmarks.recipes import RECIPES, Recipe
from benchmarks.stopwatch import Stopwatch
from benchmarks.unet_ph2 import Run, estimate, is_finished, plan, run_all
from utils import checkpoints
from utils.datasets import simulate_meadow, simulate_skin
from utils.training import Augmentation

pytestmark = pytest.mark.slow  # frameworks start in processes of their own

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


def run_with(path, one_run, **options) -> tuple[list, list]:
    """Run everything; give what was started and what failed."""
    started = []

    def noted(run):
        started.append(run)
        return one_run(run)

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


def test_other_weights_to_start_from_are_another_recipe(tmp_path):
    path = tmp_path / "weights.npz"
    recipe = Recipe("some", weights=path)
    missing = recipe.settings()
    path.write_bytes(b"one")
    first = recipe.settings()
    path.write_bytes(b"two")
    assert missing != first != recipe.settings()
    assert str(tmp_path) not in json.dumps(first), "a path says who measured"


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


# Loading and augmenting


def test_contestants_take_turns_and_the_first_pass_is_not_counted():
    turns, now = [], [0.0]

    def contestant(name, seconds):
        def one_pass():
            turns.append(name)
            # The first pass traces a graph, and the machine slows down by and by.
            first = 100 if turns.count(name) == 1 else 0
            now[0] += first + seconds * len(turns)
            return iter([])

        return one_pass

    names = {race.OURS: 1, "theirs": 2}
    contestants = {name: contestant(name, s) for name, s in names.items()}
    rates = race.race(contestants, items=60, rounds=2, clock=lambda: now[0])
    assert turns == [*names] * 3
    assert rates == {race.OURS: [20, 12], "theirs": [7.5, 5]}


def test_how_much_faster_ours_is_is_the_median_of_the_rounds():
    rates = {race.OURS: [10.0, 40.0, 30.0], "theirs": [5.0, 10.0, 10.0]}
    assert race.summarise(rates) == [
        (race.OURS, 30.0, 1.0),
        ("theirs", 10.0, 3.0),
    ]


CONTESTANTS = """
import sys
import numpy as np
from benchmarks import augmentation
from utils.datasets import Samples
# The image is its mask in white and black: moved together they stay the same.
masks = np.zeros((16, 32, 32), np.uint8)
masks[:, 8:20, 10:30] = 1
samples = Samples(
    masks[..., None].repeat(3, -1) * 255, masks, tuple("abcdefghijklmnop"),
    ("background", "lesion"), "simulated",
)
contestants = getattr(augmentation, sys.argv[1] + "_contestants")(samples)
for name, one_pass in contestants.items():
    shapes, found, agree, moved = [], set(), [], []
    for images, part in one_pass():
        images, part = np.asarray(images), np.asarray(part).reshape(-1, 32, 32)
        channels = images.mean(axis=1 if images.shape[1] == 3 else -1)
        shapes.append(len(part))
        found |= set(np.unique(part).tolist())
        agree.append(((channels > 0.5) == part).mean())
        moved.append((part != masks[:8]).any(axis=(1, 2)).mean())
    assert shapes == [8, 8], (name, shapes)
    assert found == {0, 1}, (name, found)
    assert images.dtype == np.float32 and images.max() <= 1, (name, images.dtype)
    assert min(agree) > 0.93, (name, agree)
    assert min(moved) > 0.9, (name, moved)
    print(name)
"""


@pytest.mark.parametrize("track", TRACKS)
def test_every_contestant_moves_an_image_and_its_mask_together(track):
    done = python("-c", CONTESTANTS, track)
    assert done.returncode == 0, done.stderr
    names = done.stdout.splitlines()
    assert names[0] == race.OURS and len(names) > 1


def test_the_libraries_come_to_our_scores():
    truth, prediction = scores.label_maps(16, 64)
    assert set(np.unique(truth)) == set(range(scores.CLASSES))
    for functions in scores.contestants(truth, prediction).values():
        assert list(functions)[0] == race.OURS and len(functions) == 3
        scores.agree(functions)


SLIDING = """
import sys
import numpy as np
from benchmarks import sliding
at = sliding.contestants(sys.argv[1])
for stride in sliding.STRIDES[1:]:
    functions = at(stride)
    sliding.agree(functions)
    side = (128 - 32) // stride + 1
    assert functions[sliding.FCN]().shape == (side, side, 5)
try:
    sliding.agree({"one": lambda: np.zeros(2), "other": lambda: np.ones(2)})
except RuntimeError:
    print("refused")
"""


@pytest.mark.parametrize("track", TRACKS)
def test_the_fcn_answers_as_the_sliding_window_at_every_stride(track):
    done = python("-c", SLIDING, track)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "refused\n"


def test_a_library_that_disagrees_does_not_race():
    with pytest.raises(RuntimeError, match="theirs gives 0.6"):
        scores.agree({race.OURS: lambda: 0.5, "theirs": lambda: 0.6})


# The report


def result(recipe, track, fold, seconds, curve, dice):
    run = Run(recipe, track, fold)
    jaccard = [d / (2 - d) for d in dice]
    images = [10 * fold + i for i in range(len(dice))]
    more = {"images": images, "curve": curve, "jaccard": jaccard}
    more |= {"peak_memory_mib": 500.0 + fold, "command": "python -m benchmarks x"}
    machine = {"cpu": "Z80", "cores": 2, "system": "CP/M", "python": "3.12.1"}
    more |= {"machine": machine, "versions": {"torch": "2.9"}, "date": "2026-01-02"}
    return run.key, stored(run, seconds=seconds, dice=dice, **more)


def results() -> dict:
    """Two folds of two images each, in PyTorch; the popular recipe never reaches 0.90
    on the second."""
    climb = [[10.0, 0.5], [20.0, 0.9], [30.0, 0.89]]
    return dict(
        [
            result(
                "popular",
                "pytorch",
                0,
                300.0,
                [[100.0, 0.8], [200.0, 0.95]],
                [0.9, 0.8],
            ),
            result(
                "popular",
                "pytorch",
                1,
                400.0,
                [[200.0, 0.8], [400.0, 0.89]],
                [0.8, 0.7],
            ),
            result("lesson", "pytorch", 0, 30.0, climb, [0.96, 0.92]),
            result("lesson", "pytorch", 1, 50.0, [[40.0, 0.91]], [0.9, 0.9]),
        ]
    )


def runs(recipe, track="pytorch"):
    return findings.runs_of(results(), recipe, track)


def test_a_mean_has_the_standard_error_over_images():
    assert findings.mean_and_error([1.0, 2.0, 3.0]) == (2.0, pytest.approx(1 / 3**0.5))
    found = findings.over_images(runs("lesson"), "dice")
    assert found == [0.96, 0.92, 0.9, 0.9]
    assert findings.fold_mean(runs("lesson")) == pytest.approx((0.94 + 0.9) / 2)


def test_the_seconds_to_a_dice_are_those_of_the_first_epoch_that_has_it():
    found = runs("lesson")
    assert findings.seconds_to(0.9, found[0]) == 20
    assert findings.seconds_to(0.93, found[0]) is None


def test_the_share_of_time_is_taken_within_folds():
    """20 s of 200 s, and 40 s of the 400 s in which the other never gets there."""
    share = findings.share_of_time(runs("lesson"), runs("popular"))
    assert share == pytest.approx((20 / 200 + 40 / 400) / 2)
    assert findings.share_of_time(runs("lesson"), {}) is None
    assert math.isinf(findings.share_of_time(runs("popular"), runs("lesson")))


def test_a_gain_is_paired_image_by_image():
    gains = [0.06, 0.12, 0.1, 0.2]
    mean, error = findings.paired_gain(runs("lesson"), runs("popular"))
    assert mean == pytest.approx(0.12)
    assert error == pytest.approx(np.std(gains, ddof=1) / 2)
    other_images = {0: {**runs("popular")[0], "images": [7, 8]}}
    assert findings.paired_gain(runs("lesson"), other_images) is None


def test_the_end_of_a_curve_is_its_last_ten_epochs():
    curve = [[float(second), second / 100] for second in range(20)]
    assert report.last_epochs({0: {"curve": curve}}) == "0.100 to 0.190"
    assert report.last_epochs({0: {"curve": []}}) == "-"


@pytest.mark.parametrize(
    ("value", "wanted", "at_least", "verdict"),
    [
        (0.94, 0.94, True, "reached"),
        (0.92, 0.94, True, "short by 0.020 s"),
        (0.93999, 0.94, True, "short by 0.001 s"),
        (61.5, 60, False, "short by 1.500 s"),
        (59.0, 60, False, "reached"),
        (None, 60, False, "not measured"),
        (math.inf, 0.1, False, "not reached"),
    ],
)
def test_a_target_says_by_how_much_it_is_missed(value, wanted, at_least, verdict):
    target = report.Target("Dice", "pytorch", value, wanted, at_least, " s")
    assert target.verdict() == verdict


def test_the_targets_are_judged_by_the_stored_runs():
    first_day = {"lessons": {"pytorch": {"whole": 151.0}}}
    found = {(t.promise, t.track): t for t in report.targets(results(), first_day)}
    assert found["Dice of the lesson", "pytorch"].verdict() == "short by 0.020"
    assert found["its training", "pytorch"].value == 50, "the slowest fold"
    share = found["its share of the popular time to 0.90", "pytorch"]
    assert share.verdict() == "reached"
    assert found["lesson 05 from end to end", "pytorch"].verdict() == "short by 1.0 s"
    for promise, track in (
        ("Dice of the lesson", "tensorflow"),
        ("Dice of pretrained", "pytorch"),
        ("the lesson's Dice, track from track", "both"),
    ):
        assert found[promise, track].verdict() == "not measured"


def test_the_report_writes_what_is_stored_and_says_what_is_not_measured():
    text = report.render(results(), {}, {}, {}, {}, {}, {})
    row = next(line for line in text.splitlines() if line.startswith("| lesson | PyT"))
    assert [cell.strip() for cell in row.split("|")[3:-1]] == [
        "4 (2 of 5 folds)",
        "0.920 ± 0.014",
        "0.853 ± 0.025",
        "0.500 to 0.910",
        "40.0 s",
        "30.0 s",
        "0.100",
        "+0.120 ± 0.029",
        "501 MiB",
    ]
    popular = next(line for line in text.splitlines() if "| popular | PyT" in line)
    assert "200.0 s (1 of 2 folds)" in popular
    assert "| lesson | TensorFlow | not measured |" in text
    assert "- Z80, 2 cores, CP/M, Python 3.12.1; torch 2.9; 2026-01-02" in text
    assert "- `python -m benchmarks x`" in text


def test_an_empty_report_has_no_number_that_was_measured():
    text = report.render({}, {}, {}, {}, {}, {}, {})
    assert "±" in text and not re.search(r"\d ± \d", text)
    assert text.count("not measured") > 20 and "reached |" not in text


def test_fold_0_stands_beside_the_others_with_the_images_that_it_holds_out():
    """Transfer is scored on all: of its images 0 and 1 are in fold 0, 10 and 11 not."""
    transfer = Run("transfer", "pytorch", None)
    images, dice = [0, 1, 10, 11], [0.9, 0.94, 0.8, 0.8]
    found = results() | {transfer.key: stored(transfer, images=images, dice=dice)}
    lines = report.unseen_table(found).splitlines()
    assert "| lesson | PyTorch | 0.940 ± 0.020 (2) | 0.900 ± 0.000 (2) |" in lines
    assert "| transfer | PyTorch | 0.920 ± 0.020 (2) | 0.800 ± 0.000 (2) |" in lines
    assert "| transfer | TensorFlow | not measured | not measured |" in lines
    alone = report.unseen_table({transfer.key: found[transfer.key]})
    assert "±" not in alone, "nothing says which images fold 0 holds out"


def test_transfer_is_to_reach_its_dice_on_all_images():
    transfer = Run("transfer", "pytorch", None)
    found = {transfer.key: stored(transfer, images=[0, 1], dice=[0.95, 0.88])}
    verdicts = {
        (target.promise, target.track): target.verdict()
        for target in report.targets(found, {})
    }
    promise = "Dice of transfer on all 200 images"
    assert verdicts[promise, "pytorch"] == "short by 0.005"
    assert verdicts[promise, "tensorflow"] == "not measured"


# The pictures


def test_the_curves_are_drawn_from_whatever_is_there(tmp_path):
    for name, found in (("some", results()), ("none", {})):
        figures.draw_curves(findings.curves(found), 0.9, tmp_path / f"{name}.png")
    some, none = (imread(tmp_path / f"{name}.png") for name in ("some", "none"))
    assert some.shape == none.shape and some.shape[1] < 1000
    assert (some != none).any()


def test_a_row_of_the_picture_has_all_folds_or_is_left_out():
    otsu = Run("otsu", "none", None)
    lesson = dict(result("lesson", "pytorch", f, 1.0, [], [0.9, 0.8]) for f in range(5))
    found = results() | lesson | {otsu.key: stored(otsu, dice=[0.7, 0.6])}
    rows, lacking = findings.strips(found)
    assert [*rows.values()] == [[0.7, 0.6], [0.9, 0.8] * 5]
    assert [sentence.split(",")[0] for sentence in lacking] == [
        "The picture leaves transfer out",
        "The picture leaves pretrained out",
    ]
    del lesson["lesson pytorch 3"]
    rows, lacking = findings.strips(lesson)
    assert not rows and "lesson out, 4 of 5 runs" in lacking[1]


ROWS = {"one": [0.9, 0.8, 0.7], "two": [0.2, 0.4, 0.5, 0.7]}


def test_each_image_is_a_dot_and_what_is_too_low_an_arrow_at_the_edge():
    axis = figures.strips(ROWS, "PyTorch").axes[0]
    dots = [part.get_offsets()[:, 0].tolist() for part in axis.collections[:2]]
    assert dots == [[0.9, 0.8, 0.7], []]
    dots = [part.get_offsets()[:, 0].tolist() for part in axis.collections[3:5]]
    assert dots == [[0.5, 0.7], [0.5, 0.5]]
    labels = [label.get_text() for label in axis.get_yticklabels()]
    assert labels == ["one", "two\n(2 below 0.5)"]
    assert [text.get_text() for text in axis.texts] == ["mean 0.800", "mean 0.450"]
    assert "PyTorch" in axis.get_xlabel()
    plt.close("all")


def test_the_picture_is_the_same_at_every_run_and_small(tmp_path):
    scores = np.linspace(0.4, 1, 200).tolist()
    rows = {name: scores for name in "abcd"}
    first, second = (
        [
            path.read_bytes()
            for path in figures.draw_strips(rows, "PyTorch", tmp_path / name)
        ]
        for name in ("first", "second")
    )
    assert first == second
    svg, png = (tmp_path / "first" / f"05_transfer.{kind}" for kind in ("svg", "png"))
    assert "<dc:date>" not in svg.read_text(encoding="utf-8")
    assert imread(png).shape[1] == 780 and png.stat().st_size < 100_000
    assert (imread(png)[0, 0] == 1).all(), "white, also on a dark page"


def in_folder(folder: Path, monkeypatch) -> None:
    """Let the report read and write there."""
    for name in ("UNET_PH2", "AUGMENTATION", "START"):
        monkeypatch.setattr(store, name, folder / f"{name}.json")
    monkeypatch.setattr(likeness, "STORED", folder / "likeness.json")
    monkeypatch.setattr(report, "DOCS", folder / "docs")
    monkeypatch.setattr(report, "DRAWINGS", folder / "figures")


def test_without_runs_the_report_leaves_the_lesson_s_picture_alone(
    tmp_path, monkeypatch
):
    in_folder(tmp_path, monkeypatch)
    paths, lacking = report.write()
    assert [path.name for path in paths] == ["results.md", "results.png"]
    assert len(lacking) == 4 and not (tmp_path / "figures").exists()


def test_the_report_shows_simulated_skin_beside_ph2(tmp_path, monkeypatch):
    in_folder(tmp_path, monkeypatch)
    measured = likeness.measure(simulate_skin(5, 32))
    alike = {"real": measured, "simulated": measured, "command": "likeness of both"}
    store.write(likeness.STORED, alike)
    report.write()
    text = (tmp_path / "docs" / "results.md").read_text(encoding="utf-8")
    assert "| measure | diagnosis | PH2 | simulated |" in text
    assert "- `likeness of both`" in text


# The first day


def test_the_first_day_knows_no_cache_and_no_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CACHE_DIR", "/somewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/somewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org")
    environment = start.fresh_environment(tmp_path / "home")
    assert not {"PIP_CACHE_DIR", "VIRTUAL_ENV"} & environment.keys()
    assert environment["PIP_INDEX_URL"] == "https://example.org"
    assert environment["HOME"] == environment["USERPROFILE"] == str(tmp_path / "home")
    assert list((tmp_path / "home").iterdir()) == []


def course_with(folder: Path, *cells: str) -> Path:
    """A course whose lesson 05 has these cells, and a figure from an earlier run."""
    path = folder / "lessons" / "en" / "pytorch" / "05_unet.ipynb"
    path.parent.mkdir(parents=True)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    old = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    notebook.cells[0].outputs = [old]
    nbformat.write(notebook, path)
    return folder


FIGURE = "from matplotlib import pyplot as plt; plt.plot([1, 2]); plt.show()"


def test_the_first_figure_is_one_that_a_cell_has_drawn_now(tmp_path, capsys):
    cached = tmp_path / "data" / "cache" / "old.npz"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"")
    done = "open('figure', 'w'); import time; time.sleep(1)"
    found = start.time_lesson(course_with(tmp_path, "1", FIGURE, done), "pytorch")
    assert 0 < found["first_figure"] < found["whole"] - 0.5
    assert (tmp_path / "lessons" / "en" / "pytorch" / "figure").exists()
    assert not cached.exists()
    assert capsys.readouterr().out.count("first figure") == 1


def test_a_lesson_without_a_figure_is_named(tmp_path):
    with pytest.raises(ValueError, match="shows no figure"):
        start.time_lesson(course_with(tmp_path, "1"), "pytorch")


# The command


def test_a_console_that_lacks_letters_shows_the_rest(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), "cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setitem(command_line.COMMANDS, "report", lambda _: print("강의/a.md"))
    command_line.main(["report"])
    console.flush()
    assert console.buffer.getvalue().strip() == b"??/a.md"


@pytest.mark.parametrize("command", [("unet-ph2", "--fold", "0"), ("likeness",)])
def test_without_ph2_the_command_says_where_to_put_it(command, tmp_path):
    done = python("-m", "benchmarks", *command, "--data", str(tmp_path))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "PH2 is not there" in done.stderr and "--data PATH" in done.stderr


@pytest.mark.parametrize("track", TRACKS)
def test_a_trial_takes_the_path_of_the_benchmark_and_stores_nothing(track):
    before = store.read(store.UNET_PH2)
    command = ["-m", "benchmarks", "unet-ph2", "--trial", "--threads", "1"]
    recipes = ["popular", "lesson"]
    done = python(*command, "--fold", "1", "--track", track, "--recipe", *recipes)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line[0] != " "]
    assert [line.split(": ")[0] for line in lines] == [
        "otsu, all images",
        *(f"{recipe}, {track}, fold 1" for recipe in recipes),
    ]
    assert re.fullmatch(r".*: Dice 0\.\d{4} after \d+ s on 4 images", lines[-1])
    assert store.read(store.UNET_PH2) == before


# The models of the meadow


def test_the_zoo_trains_on_the_lessons_training_scenes_and_their_mirror_images():
    recipe = replace(zoo.RECIPE, scenes=20, size=32)
    train, test = zoo.parts(recipe)
    rest, expected = simulate_meadow(20, 32).split(test=0.2, seed=0)
    own, _ = rest.split(test=0.2, seed=0)
    assert test.names == expected.names and len(test) == 4
    half = len(own)
    assert train.names[:half] == own.names and len(train) == 2 * half
    for i, name in enumerate(own.names):
        assert np.array_equal(train.images[half + i], own.images[i, :, ::-1]), name
        assert np.array_equal(train.masks[half + i], own.masks[i, :, ::-1]), name


def test_the_zoo_scores_as_the_lessons_do():
    truth = np.repeat([[0], [1], [2], [3], [4]], 5, axis=1).astype(np.uint8)[None]
    assert zoo.scores(truth, truth) == {"mean_iou": 1, "boundary_iou": 1}
    wrong = np.where(truth == 4, 3, truth).astype(np.uint8)
    assert zoo.scores(truth, wrong)["mean_iou"] == pytest.approx((1 + 1 + 1 + 0.5) / 5)


def test_what_the_zoo_has_stored_is_not_trained_again(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    stored = {name: {"settings": asdict(zoo.RECIPE)} for name in ("unet", "segnet")}
    (tmp_path / "meadow_unet.npz").touch()
    names = ["unet", "segnet", "fcn8s"]
    assert zoo.lacking(names, stored, zoo.RECIPE) == ["segnet", "fcn8s"]
    other = replace(zoo.RECIPE, epochs=1)
    assert zoo.lacking(names, stored, other) == names


ZOO = """
import json, sys
from pathlib import Path
from benchmarks import zoo
from utils.storage import cache
from utils.models import pytorch as models

cache.CACHE = Path(sys.argv[1])
recipe = zoo.Recipe(scenes=20, size=32, epochs=1, batch_size=4)
result = zoo.train("fcn32s", models, recipe, Path(sys.argv[1]))
print(zoo.told("fcn32s", result))
print(json.dumps(result))
"""


def test_the_zoo_writes_small_weights_and_scores_them(tmp_path):
    done = python("-c", ZOO, str(tmp_path))
    assert done.returncode == 0, done.stderr
    *_, told, result = done.stdout.splitlines()
    result = json.loads(result)
    path = tmp_path / "meadow_fcn32s.npz"
    assert path.stat().st_size == result["bytes"] < 1e6
    assert 0 < result["mean_iou"] < 1 and 0 <= result["boundary_iou"] < 1
    assert result["parameters"] == 296_189
    assert told.startswith("fcn32s: 296,189 parameters, 0.5")


def test_the_weights_of_the_zoo_are_of_its_recipe_and_small():
    results = store.read(store.ZOO)
    assert results and set(results) <= set(zoo.MODELS)
    assert zoo.lacking(results, results, zoo.RECIPE) == []
    sizes = [checkpoints.meadow(name).stat().st_size for name in results]
    assert sizes == [run["bytes"] for run in results.values()]
    assert max(sizes) < 1e6 and sum(sizes) < 6e6


# What is published


def test_the_published_page_tells_what_is_stored():
    published = (report.DOCS / "results.md").read_text(encoding="utf-8")
    assert published == report.render(*report.stored())


def test_stored_runs_are_of_the_recipes_as_they_are_now():
    for name, run in store.read(store.UNET_PH2).items():
        if run["recipe"] in RECIPES:
            assert run["settings"] == RECIPES[run["recipe"]].settings(), name


def test_the_lesson_trains_with_the_recipe_that_is_measured():
    recipe = RECIPES["lesson"]
    lesson = (ROOT / "content/lessons/05_unet.md").read_text(encoding="utf-8")
    assert recipe.augmentation == Augmentation()
    assert f"epochs={recipe.epochs}, augmentation=Augmentation()," in lesson
    assert f"samples = datasets.load_ph2(size={recipe.size}, source=source)" in lesson
    assert lesson.count(f"widths={recipe.widths}, classes=1, skips=True") == 2
    for track in TRACKS:
        loop = (ROOT / "utils" / f"{track}.py").read_text(encoding="utf-8")
        assert f"    batch_size: int = {recipe.batch_size},\n    learning_rate" in loop
        rate = re.search(r"    learning_rate: float = (\S+),", loop)
        assert float(rate[1]) == recipe.learning_rate


def test_the_lesson_tells_the_gain_that_is_stored():
    lesson = (ROOT / "content/lessons/05_unet.md").read_text(encoding="utf-8")
    told = re.search(
        r"(0\.\d+) Dice ahead, with a standard error of (0\.\d+)",
        lesson.replace("\n", " "),
    )
    results = store.read(store.UNET_PH2)
    both, alone = (
        findings.runs_of(results, recipe, "pytorch")
        for recipe in ("pretrained", "lesson")
    )
    gain, error = findings.paired_gain(both, alone)
    assert told.groups() == (f"{gain:.3f}", f"{error:.3f}")
    seconds = [findings.slowest(runs) for runs in (both, alone)]
    assert seconds[0] < 0.6 * seconds[1]
