"""The simulated meadow: what is seen is labelled.

test_drawing.py tests that every machine draws the same.

Nothing here writes to the cache of the course.
"""

from dataclasses import replace

import numpy as np
import pytest

from utils.datasets import boxes_of, simulate_meadow
from utils.simulators import meadow
from utils.simulators.meadow import BACKGROUND, FENCE, SHEEP, SKY, TREE, draw_meadow
from utils.simulators.scenery.fences import Fence, draw_panel, draw_post
from utils.simulators.scenery.landscape import random_light
from utils.simulators.scenery.painting import (
    Item,
    Sheet,
    bumps,
    capsule,
    ellipse,
    lit_bumps,
)
from utils.storage import cache


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """An empty cache, away from the course's."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Sixty meadows of 128 x 128, drawn once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "CACHE", tmp_path_factory.mktemp("cache"))
        patch.setenv("EVERY_PIXEL_HEADLESS", "1")
        return simulate_meadow(60)


# ---------------------------------------------------------------- Samples


def test_a_meadow_says_that_it_is_simulated(scenes):
    assert scenes.source == "simulated"
    assert scenes.classes == ("background", "sky", "tree", "fence", "sheep")
    assert scenes.names[:2] == ("meadow000", "meadow001")
    assert scenes.images.shape == (60, 128, 128, 3)
    assert scenes.masks.shape == scenes.instances.shape == (60, 128, 128)
    assert set(np.unique(scenes.masks)) == {0, 1, 2, 3, 4}
    assert (scenes.images.std(axis=(1, 2, 3)) > 15).all()


def test_instances_are_the_sheep_and_nothing_else(scenes):
    assert np.array_equal(scenes.instances > 0, scenes.masks == SHEEP)


def test_sheep_are_numbered_without_gaps_and_show_at_least_twelve_pixels(scenes):
    for instances in scenes.instances:
        pixels = np.bincount(instances.ravel())[1:]
        assert (pixels >= 12).all()
        assert len(boxes_of(instances)) == len(pixels)


# ---------------------------------------------------------------- statistics


def test_each_class_is_in_most_scenes_and_missing_in_some(scenes):
    present = [(scenes.masks == c).any(axis=(1, 2)).mean() for c in range(5)]
    assert present[BACKGROUND] == present[SKY] == 1
    assert all(0.85 <= share < 1 for share in present[TREE:])


def test_each_class_covers_a_good_part_of_the_pixels(scenes):
    share = np.bincount(scenes.masks.ravel()) / scenes.masks.size
    assert 0.3 < share[BACKGROUND] < 0.5
    assert 0.12 < share[SKY] < 0.3
    assert all(0.08 < part < 0.2 for part in share[TREE:])


def test_there_are_several_sheep_of_many_sizes(scenes):
    count = scenes.instances.max(axis=(1, 2))
    assert 3 < count.mean() < 7 and count.max() >= 8
    pixels = [np.bincount(one.ravel())[1:] for one in scenes.instances]
    small, large = np.quantile(np.concatenate(pixels), [0.1, 0.9])
    assert small < 60 and large > 600


def test_sheep_further_away_are_smaller(scenes):
    boxes = np.concatenate([boxes_of(one) for one in scenes.instances])
    whole = boxes[(boxes[:, [0, 1]] > 0).all(1) & (boxes[:, [2, 3]] < 128).all(1)]
    high, foot = whole[:, 3] - whole[:, 1], whole[:, 3]
    assert np.corrcoef(high, foot)[0, 1] > 0.4
    assert np.median(high[foot > 100]) > 1.5 * np.median(high[foot < 75])


def test_many_sheep_touch_each_other_and_many_are_cut_by_the_frame(scenes):
    total = touching = cut = 0
    for instances in scenes.instances:
        across = [
            (instances[1:], instances[:-1]),
            (instances[:, 1:], instances[:, :-1]),
        ]
        neighbours = set()
        for a, b in across:
            meet = (a != b) & (a > 0) & (b > 0)
            neighbours |= set(a[meet]) | set(b[meet])
        boxes = boxes_of(instances)
        total, touching = total + len(boxes), touching + len(neighbours)
        cut += ((boxes[:, :2] == 0).any(1) | (boxes[:, 2:] == 128).any(1)).sum()
    assert 0.25 < touching / total < 0.75
    assert 0.15 < cut / total < 0.5


def test_brightness_alone_does_not_find_the_sheep(scenes):
    grey, sheep = scenes.images.mean(axis=-1), scenes.masks == SHEEP
    assert grey[sheep].mean() > grey[~sheep].mean() + 10, "they are light, though"
    for threshold in range(100, 250, 10):
        found = grey > threshold
        assert (found & sheep).sum() / (found | sheep).sum() < 0.5


def test_the_sky_is_above_and_the_meadow_below(scenes):
    sky, ground = scenes.masks == SKY, scenes.masks == BACKGROUND
    assert sky[:, 96:].sum() == 0 and ground[:, :16].mean() < 0.02


def same(one, other):
    return all(
        np.array_equal(getattr(one, part), getattr(other, part))
        for part in ("images", "masks", "instances")
    )


def test_a_meadow_is_the_same_at_every_drawing(tmp_path, monkeypatch):
    one = simulate_meadow(4, 40)
    monkeypatch.setattr(cache, "CACHE", tmp_path / "another cache")
    assert same(one, simulate_meadow(4, 40))


def test_a_scene_does_not_depend_on_how_many_are_drawn():
    assert same(simulate_meadow(2, 40), simulate_meadow(5, 40).subset([0, 1]))


def test_another_seed_draws_other_scenes():
    one, other = simulate_meadow(3, 40, seed=0), simulate_meadow(3, 40, seed=1)
    assert not any(map(np.array_equal, one.images, other.images))


def test_every_square_size_shows_the_same_scene():
    small, large = simulate_meadow(8, 32), simulate_meadow(8, 96)
    # The middle pixel of 3 x 3 small ones has the centre of the large one.
    agree = large.masks[:, 1::3, 1::3] == small.masks
    assert agree.mean() > 0.98
    blocks = large.images.reshape(8, 32, 3, 32, 3, 3).mean(axis=(2, 4))
    assert np.abs(blocks - small.images).mean() < 6


def test_the_cache_keeps_sizes_and_seeds_apart_and_is_read(monkeypatch):
    first = simulate_meadow(2, 32)
    assert simulate_meadow(2, (32, 40)).masks.shape == (2, 32, 40)
    assert not same(first, simulate_meadow(2, 32, seed=5))
    monkeypatch.setattr(meadow, "draw_meadow", None)  # no more drawing
    assert same(first, simulate_meadow(2, 32))
    monkeypatch.setattr(meadow, "_RECIPE", meadow._RECIPE + 1)
    with pytest.raises(TypeError):
        simulate_meadow(2, 32)


def test_the_cache_adds_nothing_to_what_is_drawn():
    image, mask, instances = draw_meadow(np.random.default_rng([7, 1]), 40, 48)
    stored = simulate_meadow(2, (40, 48), seed=7)
    assert np.array_equal(stored.images[1], image)
    assert np.array_equal(stored.masks[1], mask)
    assert np.array_equal(stored.instances[1], instances)
    assert (image.dtype, mask.dtype) == (np.uint8, np.uint8)
    assert instances.dtype == np.int32


# ---------------------------------------------------------------- sizes and errors


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (32, (32, 32)),
        ((32, 160), (32, 160)),
        ([160, 32], (160, 32)),
        ((33, 47), (33, 47)),
        (np.int64(50), (50, 50)),
    ],
)
def test_a_size_is_a_number_or_height_and_width(size, shape):
    scenes = simulate_meadow(2, size)
    assert scenes.images.shape == (2, *shape, 3)
    assert scenes.masks.shape == scenes.instances.shape == (2, *shape)
    assert np.array_equal(scenes.instances > 0, scenes.masks == SHEEP)


@pytest.mark.parametrize("size", [0, -64, 31, (64, 31), (64,), (64,) * 3, 64.0, "64"])
def test_any_other_size_is_refused(size):
    with pytest.raises(ValueError, match="size is one number .* at least 32, not"):
        simulate_meadow(2, size)


@pytest.mark.parametrize("count", [0, -1])
def test_no_scene_at_all_is_refused(count):
    with pytest.raises(ValueError, match="at least one image"):
        simulate_meadow(count, 32)


# ---------------------------------------------------------------- occlusion and labels


def patch(top, bottom, left, right):
    """A draw that labels a rectangle as a sheep, in y and x of a square frame."""

    def draw(sheet, number):
        window = sheet.window(top, bottom, left, right)
        across = np.minimum(window.x - left, right - window.x)
        down = np.minimum(window.y - top, bottom - window.y)
        window.paint(np.minimum(across, down), (250, 250, 250), SHEEP, number)

    return draw


def test_what_is_nearer_hides_what_is_further_away():
    sheet = Sheet(32, 32, texture=0)
    far, near = patch(-0.5, 0.5, -0.5, 0.5), patch(-0.5, 0.5, 0, 0.5)
    pixels = meadow._lay(sheet, [Item(0, far, True), Item(1, near, True)])
    assert pixels.tolist() == [16 * 8, 16 * 8]
    assert sheet.instances[16, 12] == 1 and sheet.instances[16, 20] == 2


def test_a_sheep_that_one_hardly_sees_is_left_out():
    far = Item(0, patch(-0.5, 0.5, -0.5, 0.5), sheep=True)
    all_but_two_rows = Item(1, patch(-0.47, 0.5, -0.5, 0.5), sheep=True)
    assert meadow._seen([far, all_but_two_rows], 0, 1) == [far, all_but_two_rows]
    all_of_it = Item(1, patch(-0.5, 0.5, -0.5, 0.5))
    assert meadow._seen([far, all_of_it], 0, 1) == [all_of_it]
    outside = Item(2, patch(1.5, 1.9, 0, 0.5), sheep=True)
    assert meadow._seen([far, outside], 0, 1) == [far]


def test_a_shadow_changes_no_label_and_falls_on_the_ground_alone():
    sheet = Sheet(32, 32, texture=0)
    sheet.image[:], sheet.labels[:16] = 200, SKY
    before = sheet.labels.copy()
    light = random_light(np.random.default_rng(0))
    meadow._shadows(sheet, [Item(0, None, shadow=(0, 0, 0.5, 0.5))], light)
    assert np.array_equal(sheet.labels, before)
    assert (sheet.image[:16] == 200).all() and sheet.image[17, 16].max() < 190


def test_a_fence_is_its_wood_and_not_the_gaps():
    light = random_light(np.random.default_rng(0))
    light, foot = replace(light, horizon=-0.5, per_metre=0.8), 0.5
    assert light.scale(foot) == 0.8  # a metre is 0.8 of half the frame
    posts = np.array([[-0.8, foot], [0.8, foot]])
    rails = ((0.4, 0.2), (1.0, 0.2))
    wood = np.array((130.0, 100, 70))
    fence = Fence(posts, rails, 0, 0.15, wood, np.zeros((2, 4)))
    sheet = Sheet(200, 200, texture=0)
    draw_panel(sheet, fence, 0, light, FENCE)
    draw_post(sheet, fence, 1, light, FENCE)

    def label(x, metres):
        row = (foot - 0.8 * metres + 1) / 2 * 200
        return sheet.labels[int(row), int((x + 1) / 2 * 200)]

    assert [label(0, height) for height in (0.4, 1.0)] == [FENCE, FENCE]
    assert [label(0, height) for height in (0.15, 0.7, 1.2)] == [BACKGROUND] * 3
    assert label(0.8, 0.7) == FENCE, "the post"
    assert fence.foot(0) == foot and fence.foot(1.5) is None
    assert fence.clear(0, foot - 0.01, 0.1) == pytest.approx(foot - 0.1)
    assert fence.clear(0, foot + 0.01, 0.1) == pytest.approx(foot + 0.1)
    assert fence.clear(0, foot + 0.2, 0.1) == foot + 0.2


# ---------------------------------------------------------------- painting


def test_fields_are_distances_to_the_outline():
    assert ellipse(0.0, 0.0, 2, 1) == 1 and ellipse(2.0, 0.0, 2, 1) == 0
    assert ellipse(0.0, 2.0, 2, 1) == -1
    assert ellipse(0.0, 2.0, 2, 1, turn=np.pi / 2) == pytest.approx(0)
    assert capsule(0.5, 0.0, (0, 0), (1, 0), 0.2) == pytest.approx(0.2)
    assert capsule(0.5, 0.5, (0, 0), (1, 0), 0.2) == pytest.approx(-0.3)
    assert capsule(3.0, 0.0, (0, 0), (1, 0), 0.2, 0.4) == pytest.approx(-1.6)


def test_bumps_are_the_union_of_circles():
    circles = np.array([[-1.0, 0, 1], [1.0, 0, 2]])
    u, v = np.array([[-1.5, 1.0, 5.0]]), np.array([[0.0], [1.0]])
    field, inside, rise = lit_bumps(u, v, circles)
    assert field[0].tolist() == [0.5, 2, -2]
    assert inside[0].tolist() == [0.5, 1, 0]
    assert (rise[0, 1], rise[1, 1]) == (0, 0.5)
    plain = bumps(u, v, circles)
    assert np.array_equal(plain[0], field) and np.array_equal(plain[1], inside)


def test_nothing_is_stretched_in_a_wide_frame():
    sheet = Sheet(40, 120, texture=0)
    window = sheet.window(-0.5, 0.5, -0.5, 0.5)
    window.paint(ellipse(window.x, window.y, 0.5, 0.5), (255, 0, 0), TREE)
    rows, columns = np.nonzero(sheet.labels == TREE)
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == 20


def test_a_label_is_set_where_the_centre_lies_inside_and_the_image_is_softened():
    sheet = Sheet(4, 4, texture=0)  # pixel centres at -0.75, -0.25, 0.25, 0.75
    window = sheet.window(-1, 1, -1, 1)
    window.paint(0.375 - window.x, (100, 100, 100), TREE, 3)
    assert sheet.labels[0].tolist() == [TREE, TREE, TREE, 0]
    assert sheet.instances[0].tolist() == [3, 3, 3, 0]
    assert sheet.image[0, :, 0].tolist() == [100, 100, 75, 0]


def test_paint_without_a_label_leaves_labels_and_a_thin_line_is_faint():
    sheet = Sheet(4, 4, texture=0)
    window = sheet.window(-1, 1, -1, 1)
    window.paint(np.ones((4, 4)), (100, 100, 100), opacity=0.5)
    assert not sheet.labels.any() and (sheet.image == 50).all()
    window.paint(np.ones((4, 4)), (250, 250, 250), TREE, thin=0.0625)  # 1/4 of a pixel
    assert not sheet.labels.any() and (sheet.image == 100).all()


def test_a_sheet_without_colours_has_the_same_labels():
    sheets = [Sheet(8, 8, 0, coloured) for coloured in (True, False)]
    for sheet in sheets:
        patch(-0.5, 0.5, -0.5, 0.5)(sheet, 1)
    assert np.array_equal(sheets[0].labels, sheets[1].labels)
    assert sheets[1].image is None


@pytest.mark.parametrize(
    "place", [(-3, -2, 0, 1), (2, 3, 0, 1), (0, 1, -9, -8), (0, 1, 8, 9)]
)
def test_a_window_outside_of_the_frame_is_empty(place):
    sheet = Sheet(16, 16, texture=0)
    assert not sheet.window(*place)
    assert sheet.window(-9, 9, -9, 9)
