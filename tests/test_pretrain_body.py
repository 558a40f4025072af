"""The weights that lab 09 starts from, and how they are made."""

import numpy as np
import pytest

from benchmarks import pretrain_body
from utils import checkpoints
from utils.datasets import simulate_body
from utils.storage import cache


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def shapes(path):
    with np.load(path, allow_pickle=False) as stored:
        return [stored[name].shape for name in stored.files]


def test_the_weights_are_those_of_a_unet_with_one_output():
    assert shapes(pretrain_body.PATH) == shapes(checkpoints.SKIN)
    assert pretrain_body.PATH.stat().st_size < 2e6
    with np.load(pretrain_body.PATH, allow_pickle=False) as stored:
        assert all(np.isfinite(stored[name]).all() for name in stored.files)


def test_a_heat_map_is_one_where_the_joint_is_and_zero_outside_of_the_frame():
    joints = np.array([[[2.5, 1.5], [9.0, 1.0]]])
    maps = pretrain_body.heat_maps(joints, (4, 5))
    assert maps.shape == (1, 2, 4, 5) and maps.dtype == np.float32
    assert maps[0, 0, 1, 2] == 1 and not maps[0, 1].any()
    assert maps[0, 0, 1, 3] == pytest.approx(np.exp(-1 / 4.5))


def test_the_lab_draws_other_people_than_those_that_the_weights_have_seen():
    lab, seen = (
        simulate_body(3, (48, 64)),
        simulate_body(3, (48, 64), seed=pretrain_body.SEED),
    )
    for one in lab.images:
        assert not any(np.array_equal(one, other) for other in seen.images)


def test_a_mirrored_right_hand_is_a_left_one():
    bodies = simulate_body(3, (48, 64))
    images, masks, joints = pretrain_body.mirrored(bodies)
    assert np.array_equal(images[:, :, 0], bodies.images[:, :, -1])
    assert np.array_equal(masks[:, :, 5], bodies.masks[:, :, -6])
    right, left = (bodies.joint_names.index(f"{s} wrist") for s in ("right", "left"))
    assert np.allclose(joints[:, right, 0], 64 - bodies.joints[:, left, 0])
    assert np.allclose(joints[:, right, 1], bodies.joints[:, left, 1])
    neck = bodies.joint_names.index("neck")
    assert np.allclose(joints[:, neck, 0], 64 - bodies.joints[:, neck, 0])
