"""Lesson 06: dilation, and the fully connected CRF against all pairs of pixels."""

import numpy as np
import pytest
import tracks

TRACKS = ("pytorch", "tensorflow")


@pytest.mark.parametrize("track", TRACKS)
def test_a_kernel_is_stuffed_as_by_hand(track):
    found = tracks.answer(track, "dilating")
    rate_1, rate_2 = found["stuffed"]
    assert rate_1.tolist() == [[1, 2], [3, 4]]
    assert rate_2.tolist() == [[1, 0, 2], [0, 0, 0], [3, 0, 4]]
    assert found["kernel"] == (7, 7, 4, 5)


@pytest.mark.parametrize("track", TRACKS)
def test_without_strides_and_with_rates_the_features_are_those_of_the_strided(track):
    features = tracks.answer(track, "dilating")["features"]
    strided, dense, forgot = (features[n] for n in ("strided", "dense", "forgot"))
    axes = (2, 3) if track == "pytorch" else (1, 2)
    assert [strided.shape[axis] for axis in axes] == [2, 3]
    assert [dense.shape[axis] for axis in axes] == [8, 12]
    grid = tuple(slice(None, None, 4 if axis in axes else None) for axis in range(4))
    largest = np.abs(strided).max()
    assert np.abs(dense[grid] - strided).max() <= 1e-4 * largest
    assert np.abs(forgot[grid] - strided).max() > 0.1 * largest


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def all_pairs(logits, image):
    """Mean field with every pair of pixels, at the defaults of `mean_field`."""
    height, width, classes = logits.shape
    rows, columns = np.divmod(np.arange(height * width), width)
    colours = image.reshape(-1, 3).astype(float)
    near = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    alike = ((colours[:, None] - colours) ** 2).sum(axis=-1)
    weights = np.zeros_like(alike)
    for weight, kernel in (
        (2, np.exp(-near / 2)),
        (4, np.exp(-near / (2 * 10**2) - alike / (2 * 20**2))),
    ):
        scale = np.sqrt(kernel.sum(axis=1))
        weights += weight * kernel / scale[:, None] / scale
    np.fill_diagonal(weights, 0)
    scores = logits.reshape(-1, classes).astype(float)
    found = softmax(scores)
    for _ in range(5):
        found = softmax(scores + weights @ found)
    return found.reshape(logits.shape)


@pytest.mark.parametrize("track", TRACKS)
def test_mean_field_listens_to_all_pairs(track):
    logits, image, found = tracks.answer(track, "dilating")["crf"]
    expected = all_pairs(logits, image)
    assert found.shape == logits.shape and found.dtype == np.float32
    assert np.allclose(found.sum(axis=-1), 1, atol=1e-5)
    assert np.abs(found - expected).mean() < 1e-3
    assert np.abs(found - expected).max() < 1e-2
    changed = np.abs(expected - softmax(logits)).mean()
    assert changed > 20 * np.abs(found - expected).mean(), "the CRF does something"


@pytest.mark.parametrize("track", TRACKS)
def test_a_crf_without_weights_is_the_softmax_and_one_class_has_a_background(track):
    found = tracks.answer(track, "dilating")
    logits = found["crf"][0]
    assert np.allclose(found["silent"], softmax(logits), atol=1e-5)
    assert found["binary"].shape == (12, 14, 2)
    assert np.allclose(found["binary"].sum(axis=-1), 1, atol=1e-5)


def test_both_tracks_have_one_crf():
    one, other = (found["crf"][2] for found in tracks.both("dilating"))
    assert np.array_equal(one, other)
