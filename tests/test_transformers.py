"""Lesson 08's attention on small numbers, what models cost, and its explorer."""

import numpy as np
import pytest
import tracks

from utils.explorers import attention

TRACKS = ("pytorch", "tensorflow")


@pytest.mark.parametrize("track", TRACKS)
def test_attention_by_hand(track):
    found = tracks.answer(track, "attending")["free"]
    weights = np.exp(np.array([4, 0, -4]) / np.sqrt(2))
    first = weights @ [10, 20, 30] / weights.sum()
    # The second query is zero: it looks everywhere alike.
    assert np.allclose(found[0, 0, :, 0], [first, 20], atol=1e-4)


@pytest.mark.parametrize("track", TRACKS)
def test_a_query_looks_only_where_it_is_allowed(track):
    found = tracks.answer(track, "attending")["masked"]
    weights = np.exp(np.array([4, -4]) / np.sqrt(2))
    first = weights @ [10, 30] / weights.sum()
    assert np.allclose(found[0, 0, :, 0], [first, 30], atol=1e-4)


@pytest.mark.parametrize("track", TRACKS)
def test_reduction_1_is_full_attention_and_2_asks_a_quarter(track):
    found = tracks.answer(track, "attending")
    assert np.abs(found["full"] - found["plain"]).max() <= 1e-5
    assert found["full"].std() > 0.01
    assert found["half"] == (2, 8, 6, 8)
    assert found["asked"] == (2, 4 * 3, 8)


def test_multiply_adds_are_those_by_hand_and_the_same_in_both_tracks():
    one, other = (found["costs"] for found in tracks.both("attending"))
    widths = (8, 16, 32, 64, 128)
    by_hand = 128 * 5 * 4**2 + sum(
        9 * (before + width) * width * (128 >> stage) ** 2
        for stage, (before, width) in enumerate(zip((3, *widths), widths, strict=False))
    )
    assert one["FCN32s"] == by_hand
    # Transposed, dilated and depthwise convolutions and attention count alike.
    assert one == other


def test_how_far_a_position_looks_by_hand():
    look = np.zeros((1, 2, 2, 1, 2))
    look[0, :, :, 0, 0] = 1  # all look at the left half, whose centre is (4, 2)
    found = attention.distances(look, 8, 8)
    near, far = np.hypot(2, 0), np.hypot(2, 4)
    assert np.allclose(found, [[[near, far], [near, far]]])


def test_the_explorer_refuses_looks_of_other_images():
    images = np.zeros((2, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match="stage 1 has the shape"):
        attention.explore(images, [np.ones((1, 2, 2, 1, 1))], [(0, 0)])


def test_the_explorer_without_a_kernel_tells_who_asks_whom(monkeypatch, capsys):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")
    images = np.full((1, 8, 8, 3), 200, np.uint8)
    looks = [np.full((1, 4, 4, 2, 2), 0.25), np.ones((1, 2, 2, 1, 1))]
    attention.explore(images, looks, [(1, 6), (7, 0)])
    assert capsys.readouterr().out.splitlines() == [
        "stage 1: 2 x 2 keys for 4 x 4 positions",
        "stage 2: 1 x 1 keys for 2 x 2 positions",
    ]
