"""What the training loops of both tracks share, by hand and by its properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils import metrics
from utils.training import (
    Augmentation,
    batch_indices,
    learning_rate_at,
    report,
    score,
)

# ---------------------------------------------------------------- learning rate


def test_the_learning_rate_rises_for_a_tenth_then_falls_as_half_a_cosine():
    rates = [learning_rate_at(step, 40, 0.8) for step in range(40)]
    assert np.allclose(rates[:4], [0.2, 0.4, 0.6, 0.8])
    assert np.isclose(rates[4], 0.8), "the cosine starts at its top"
    assert np.isclose(rates[22], 0.4), "half way down after half the way"
    assert np.all(np.diff(rates[4:]) < 0)


@settings(deadline=None)
@given(steps=st.integers(1, 3000), peak=st.floats(1e-6, 10))
def test_the_learning_rate_reaches_its_peak_and_never_leaves_its_range(steps, peak):
    rates = np.array([learning_rate_at(step, steps, peak) for step in range(steps)])
    assert rates.min() >= 0
    assert np.isclose(rates.max(), peak)
    assert (rates <= peak * (1 + 1e-9)).all()
    if steps >= 100:
        assert rates[0] <= peak / 10 * (1 + 1e-9)
        assert rates[-1] < 0.001 * peak


# ---------------------------------------------------------------- batches


def batches_of(count, size, seed=None):
    generator = None if seed is None else np.random.default_rng(seed)
    return [batch.tolist() for batch in batch_indices(count, size, generator)]


def test_without_a_generator_batches_keep_the_order_and_the_remainder():
    assert batches_of(5, 2) == [[0, 1], [2, 3], [4]]
    assert batches_of(0, 2) == []


def test_with_a_generator_a_smaller_last_batch_is_left_out():
    order = np.random.default_rng(3).permutation(5).tolist()
    assert batches_of(5, 2, seed=3) == [order[:2], order[2:4]]


def test_with_a_generator_a_single_small_batch_is_kept():
    assert [sorted(batch) for batch in batches_of(3, 8, seed=0)] == [[0, 1, 2]]


def test_the_left_out_images_are_others_in_each_pass():
    generator = np.random.default_rng(0)
    passes = [
        {i for batch in batch_indices(9, 4, generator) for i in batch.tolist()}
        for _ in range(20)
    ]
    assert set.union(*passes) == set(range(9))
    assert len(set(map(frozenset, passes))) > 1


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(1, 64), st.none() | st.integers(0, 99))
def test_each_index_comes_at_most_once(count, size, seed):
    found = batches_of(count, size, seed)
    flat = [index for batch in found for index in batch]
    assert len(set(flat)) == len(flat) and set(flat) <= set(range(count))
    assert all(len(batch) == size for batch in found[:-1])
    if seed is None:
        assert flat == list(range(count))
    elif count > size:
        assert len(flat) == count - count % size
    else:
        assert len(flat) == count


@pytest.mark.parametrize("size", [0, -4])
def test_a_batch_of_nothing_is_refused(size):
    with pytest.raises(ValueError, match="batch_size is a whole number from 1 on"):
        batches_of(5, size)


# ---------------------------------------------------------------- augmentation


def draw(seed=0, count=200, aspect=1.0, **options):
    return Augmentation(**options).draw(np.random.default_rng(seed), count, aspect)


def test_an_augmentation_of_nothing_is_the_identity():
    nothing = dict.fromkeys(
        ("rotate", "scale", "shift", "brightness", "contrast", "colour"), 0
    )
    matrices, gain, bias = draw(flip=False, **nothing)
    assert np.array_equal(matrices, [[[1, 0, 0], [0, 1, 0]]] * 200)
    assert (gain == 1).all() and (bias == 0).all()


def test_draws_are_float32_of_the_shapes_promised():
    drawn = draw(count=3)
    assert [part.shape for part in drawn] == [(3, 2, 3), (3, 3), (3, 3)]
    assert {part.dtype for part in drawn} == {np.dtype(np.float32)}


def test_the_same_seed_draws_the_same():
    for one, again, other in zip(draw(1), draw(1), draw(2), strict=True):
        assert np.array_equal(one, again) and not np.array_equal(one, other)


@pytest.mark.parametrize("aspect", [1.0, 1.75, 0.5])
def test_moves_keep_every_shape_and_stay_in_their_range(aspect):
    """Measured in pixels, each matrix is a turn and a zoom: its columns are at right
    angles and equally long, so a circle stays a circle."""
    matrices, _, _ = draw(aspect=aspect, scale=0.25, shift=0.1)
    pixels = np.diag([aspect, 1.0])
    turns = pixels @ matrices[:, :, :2].astype(float) @ np.linalg.inv(pixels)
    lengths = np.linalg.norm(turns, axis=1)
    assert np.allclose(lengths[:, 0], lengths[:, 1], atol=1e-5)
    assert np.allclose((turns[:, :, 0] * turns[:, :, 1]).sum(1), 0, atol=1e-5)
    assert lengths.min() >= 1 / 1.25 - 1e-5 and lengths.max() <= 1.25 + 1e-5
    assert lengths.min() < 0.85 and lengths.max() > 1.18
    assert 0.18 < np.abs(matrices[:, :, 2]).max() <= 0.2, "0.1 of a side of length 2"
    mirrored = np.linalg.det(turns) < 0
    assert 0.3 < mirrored.mean() < 0.7


def test_without_flips_nothing_is_mirrored():
    matrices, _, _ = draw(flip=False)
    assert (np.linalg.det(matrices[:, :, :2].astype(float)) > 0).all()


def test_contrast_alone_leaves_mid_grey_where_it_is():
    _, gain, bias = draw(contrast=0.4, brightness=0, colour=0)
    assert np.allclose(0.5 * gain + bias, 0.5, atol=1e-6)
    assert gain.min() < 0.7 and gain.max() > 1.3
    assert (gain == gain[:, :1]).all(), "the channels together"


def test_drawing_without_a_generator_is_refused_in_words():
    with pytest.raises(ValueError, match="pass a generator"):
        Augmentation().draw(None, 2)


# ---------------------------------------------------------------- score


def test_one_output_is_scored_by_the_mean_dice_of_the_images():
    masks = np.array([[[1, 1], [0, 0]], [[0, 0], [0, 0]]], np.uint8)
    logits = np.array([[[2, -1], [3, -2]], [[-1, -1], [-1, -1]]], np.float32)
    # One of two found and one invented: Dice 1/2. Rightly empty: Dice 1.
    assert score(logits, masks) == ("dice", 0.75)


def test_a_logit_of_zero_is_background():
    masks = np.zeros((1, 2, 2), np.uint8)
    assert score(np.zeros((1, 2, 2), np.float32), masks) == ("dice", 1.0)


def test_several_outputs_are_scored_by_the_mean_iou_of_the_classes():
    masks = np.array([[[0, 1], [2, 2]]], np.uint8)
    chosen = np.array([[[0, 1], [2, 0]]])
    logits = np.eye(3, dtype=np.float32)[chosen]
    name, value = score(logits, masks)
    assert name == "mean_iou"
    assert np.isclose(value, (1 / 2 + 1 + 1 / 2) / 3)


def test_scores_are_those_of_metrics():
    generator = np.random.default_rng(0)
    masks = generator.integers(0, 4, (5, 8, 8)).astype(np.uint8)
    logits = generator.normal(size=(5, 8, 8, 4)).astype(np.float32)
    confusion = metrics.confusion_matrix(masks, logits.argmax(-1), 4)
    assert score(logits, masks) == ("mean_iou", metrics.mean_iou(confusion))
    binary, logit = (masks > 1).astype(np.uint8), logits[..., 0]
    assert score(logit, binary)[1] == metrics.dice(binary, logit > 0).mean()


# ---------------------------------------------------------------- report


def reported(epochs, lines, name="a name"):
    """Go through the epochs as fit does."""
    history, seen = {}, []
    for epoch in report(epochs, history, name, lines):
        seen.append(epoch)
        history.setdefault("loss", []).append(1 / (epoch + 1))
        history.setdefault("validation_dice", []).append(0.5)
    assert seen == list(range(epochs))


@pytest.fixture
def headless(monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def test_nobody_watching_gets_plain_lines(headless, capsys):
    reported(4, 2)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "a name, epoch  2 of 4: loss 0.500, validation dice 0.500",
        "a name, epoch  4 of 4: loss 0.250, validation dice 0.500",
    ]
    assert err == ""


@pytest.mark.parametrize(
    ("epochs", "lines", "told"),
    [
        (24, 4, [6, 12, 18, 24]),
        (10, 4, [3, 5, 8, 10]),
        (7, 1, [7]),
        (2, 4, [1, 2]),
        (5, 0, []),
    ],
)
def test_the_lines_are_spread_evenly_and_end_with_the_last_epoch(
    headless, capsys, epochs, lines, told
):
    reported(epochs, lines)
    out = capsys.readouterr().out.splitlines()
    assert [int(line.split()[3]) for line in out] == told


def test_a_headless_report_is_the_same_at_every_run(headless, capsys):
    reported(12, 3)
    first = capsys.readouterr()
    reported(12, 3)
    assert capsys.readouterr() == first


def test_a_reader_gets_a_bar_and_no_lines(monkeypatch, capsys):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "0")
    reported(3, 3)
    out, err = capsys.readouterr()
    assert out == "" and "a name" in err and "3/3" in err
