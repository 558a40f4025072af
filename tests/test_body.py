"""The simulated bodies: silhouettes that fit their joints, poses that can be."""

import numpy as np
import pytest

from utils.datasets import Bodies, Samples, simulate_body
from utils.simulators import body
from utils.simulators.scenery import poses
from utils.storage import cache


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "CACHE", tmp_path_factory.mktemp("cache"))
        patch.setenv("EVERY_PIXEL_HEADLESS", "1")
        return simulate_body(40)


def test_what_comes_back(people):
    assert isinstance(people, Samples) and people.source == "simulated"
    assert people.images.shape == (40, 96, 128, 3) and people.images.dtype == np.uint8
    assert people.classes == ("background", "person")
    assert set(np.unique(people.masks)) == {0, 1}
    assert people.joints.shape == (40, 14, 2) and people.joints.dtype == np.float32
    assert people.joint_names == poses.JOINTS and len(poses.JOINTS) == 14


def test_a_cell_that_ends_with_them_shows_a_line_and_not_their_pixels(people):
    assert repr(people) == "Samples(40 x 96 x 128, simulated)"


def test_the_same_seed_draws_the_same_and_another_one_something_else(people):
    again, other = body.simulate_body(3), simulate_body(3, seed=1)
    for name in ("images", "masks", "joints"):
        assert np.array_equal(getattr(again, name), getattr(people, name)[:3])
        assert not np.array_equal(getattr(again, name), getattr(other, name))


def test_joints_lie_on_the_person(people):
    """A joint is inside of a limb: at its place, or in the pixel beside it."""
    height, width = people.masks.shape[1:]
    inside = on_person = 0
    for mask, joints in zip(people.masks, people.joints, strict=True):
        wide = np.pad(mask, 1)
        for x, y in joints:
            if 0 <= x < width and 0 <= y < height:
                column, row = int(x), int(y)
                inside += 1
                on_person += wide[row : row + 3, column : column + 3].any()
    assert inside > 0.9 * 14 * 40
    assert on_person == inside


def test_masks_and_joints_do_not_depend_on_the_resolution():
    small, large = simulate_body(6, (48, 64)), simulate_body(6, (96, 128))
    assert np.allclose(2 * small.joints, large.joints, atol=1e-3)
    areas = [part.masks.mean(axis=(1, 2)) for part in (small, large)]
    assert np.allclose(*areas, atol=0.01)


def test_people_are_neither_specks_nor_walls(people):
    share = people.masks.mean(axis=(1, 2))
    assert (share > 0.01).all() and (share < 0.5).all()
    assert 0.05 < share.mean() < 0.2


def test_right_and_left_are_the_persons_own(people):
    """Who faces us has the right shoulder on our left, who turns away on our right."""
    right = people.joints[:, people.joint_names.index("right shoulder"), 0]
    left = people.joints[:, people.joint_names.index("left shoulder"), 0]
    assert 0.5 < (right < left).mean() < 1


def test_bones_have_their_lengths_and_feet_are_on_the_ground():
    generator = np.random.default_rng(0)
    bones = (
        ("shoulder", "elbow", poses.UPPER_ARM),
        ("elbow", "wrist", poses.FOREARM),
        ("hip", "knee", poses.THIGH),
        ("knee", "ankle", poses.SHIN),
    )
    lowest = []
    for _ in range(50):
        pose = poses.random_pose(generator)
        for side in ("right", "left"):
            for start, end, length in bones:
                bone = pose.at(f"{side} {end}") - pose.at(f"{side} {start}")
                assert np.isclose(np.linalg.norm(bone), length)
        lowest.append(pose.joints[:, 1].min())
    assert min(lowest) >= 0.04 and np.median(lowest) < 0.1
    assert max(lowest) > 0.12, "somebody jumps"


def test_limbs_cross_the_body_in_some_pictures(people):
    """A wrist or an elbow lies between the shoulders and the hips."""
    names = people.joint_names
    sides = [
        names.index(f"{s} {j}") for s in ("right", "left") for j in ("shoulder", "hip")
    ]
    arms = [
        names.index(f"{s} {j}") for s in ("right", "left") for j in ("elbow", "wrist")
    ]
    low, high = people.joints[:, sides].min(axis=1), people.joints[:, sides].max(axis=1)
    arm = people.joints[:, arms]
    crossed = ((arm > low[:, None]) & (arm < high[:, None])).all(axis=-1).any(axis=1)
    assert 0.1 < crossed.mean() < 0.9


def test_splits_and_subsets_keep_the_joints_with_their_images(people):
    chosen = people.subset([5, 2])
    assert isinstance(chosen, Bodies) and chosen.names == ("body005", "body002")
    assert np.array_equal(chosen.joints, people.joints[[5, 2]])
    train, test = people.split(test=0.25, seed=0)
    assert (len(train), len(test)) == (30, 10) and isinstance(test, Bodies)
    for part in (train, test):
        for name, joints in zip(part.names, part.joints, strict=True):
            assert np.array_equal(joints, people.joints[int(name[-3:])])


def test_joints_of_another_number_of_images_are_refused(people):
    with pytest.raises(ValueError, match="joints must be"):
        Bodies(
            images=people.images,
            masks=people.masks,
            names=people.names,
            classes=people.classes,
            source="simulated",
            joints=people.joints[:3],
        )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((0,), "at least one image"), ((3, 16), "at least 32"), ((3, "96"), "size")],
)
def test_what_cannot_be_drawn_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        simulate_body(*arguments)
