"""Lesson 07 keeps its own books in TensorFlow: they are those of torchvision."""

import numpy as np
import pytest
import tracks


@pytest.fixture(scope="module")
def both():
    return tracks.both("instance_losses")


def test_an_anchor_is_right_wrong_or_not_asked_as_in_torchvision(both):
    labels, same = (found["labels"] for found in both)
    assert set(np.unique(labels)) == {-1, 0, 1}
    assert np.array_equal(labels, same)
    assert (same[0] == 0).all(), "an image without sheep has wrong anchors alone"


def test_boxes_are_coded_as_in_torchvision(both):
    one, other = both
    assert one["deltas"].shape == (3, 4)
    assert np.abs(one["deltas"] - other["deltas"]).max() <= 1e-4
    boxes = one["boxes"].clip(0, 128).reshape(other["boxes"].shape)
    assert np.abs(boxes - other["boxes"]).max() <= 1e-4


@pytest.mark.parametrize("loss", ["proposals", "regions", "pixels", "yolact"])
def test_a_loss_is_the_same_in_both_tracks(both, loss):
    one, other = (found[loss] for found in both)
    assert one > 0.1
    assert abs(one - other) <= 1e-4 * one


def test_the_loss_of_yolact_pulls_the_same_way_in_both_tracks(both):
    for array, same in zip(*(found["gradients"] for found in both), strict=True):
        assert np.abs(array).max() > 1e-4
        assert np.abs(array - same).max() <= 1e-5


def test_few_right_places_are_drawn_and_stand_first(both):
    labels, counts = both[1]["drawn"]
    assert labels.shape == counts.shape == (2, 40)
    assert labels[0].tolist() == [0] * 40
    assert labels[1].tolist() == [1] * 3 + [0] * 37
    assert (counts == 1).all()
