"""What is measured on simulated skin and on PH2, on images counted by hand."""

import numpy as np
import pytest

from benchmarks import likeness
from utils.datasets import Samples, simulate_skin


def half(side: int = 100) -> np.ndarray:
    """A lesion that fills the left half."""
    return np.arange(side) < np.full((side, 1), side // 2)


def spot(side: int = 128) -> np.ndarray:
    """A round lesion in the middle, of a fifth of the side."""
    y, x = np.mgrid[:side, :side] + 0.5 - side / 2
    return np.hypot(y, x) < side / 10


def painted(levels: np.ndarray) -> np.ndarray:
    """A grey image, (H, W) -> (H, W, 3)."""
    return np.repeat(np.asarray(levels, float).round()[..., None], 3, 2).astype(
        np.uint8
    )


# Where to look


def test_the_outline_runs_between_the_pixels_and_the_frame_is_none():
    found = likeness.distance(half(100))
    assert found[0, [0, 48, 49, 50, 51, 99]].tolist() == [
        -49.5,
        -1.5,
        -0.5,
        0.5,
        1.5,
        49.5,
    ]
    assert likeness.distance(half(50))[0, 25] == 1, "half a pixel of 50 is 1 %"


def test_skin_and_lesion_keep_away_from_the_outline_and_the_corners():
    mask = half(100)
    skin, lesion = likeness.skin(mask), likeness.lesion(mask)
    assert np.flatnonzero(skin[50])[0] == 55 and np.flatnonzero(lesion[50])[-1] == 47
    assert skin[50, -10] == (40 / 50 * 4 / 3 < 1.15) and not skin[0, -1]


def test_a_lesion_that_fills_the_frame_leaves_no_skin():
    full = np.ones((100, 100), bool)
    image = painted(np.full((100, 100), 90))
    assert np.isnan(likeness.skin_colour(image, full)).all()
    assert np.isnan(likeness.contrast(image, full))
    assert np.isnan(likeness.border_width(image, full))
    assert np.isnan(likeness.skin_texture(image, full))
    assert np.isnan(likeness.hair(image, full))
    assert likeness.lesion_colour(image, full).tolist() == [90, 90, 90]


# One measure after the other


def test_the_share_counts_pixels():
    mask = np.zeros((10, 10), bool)
    mask[3:6, 4:8] = True
    assert likeness.share(None, mask) == 12


@pytest.mark.parametrize("place", [(0, 4), (9, 4), (4, 0), (4, 9)])
def test_a_single_pixel_at_the_edge_touches_the_frame(place):
    mask = np.zeros((10, 10), bool)
    mask[1:9, 1:9] = True
    assert likeness.touches_frame(None, mask) == 0
    mask[place] = True
    assert likeness.touches_frame(None, mask) == 100


def test_colours_are_medians_and_contrast_is_their_distance_in_grey():
    mask = half(100)
    image = np.where(mask[..., None], (120, 60, 30), (210, 180, 150)).astype(np.uint8)
    image[40:44, 60:64] = 255  # a glint, and a fleck in the lesion
    image[40:44, 20:24] = 0
    assert likeness.skin_colour(image, mask).tolist() == [210, 180, 150]
    assert likeness.lesion_colour(image, mask).tolist() == [120, 60, 30]
    assert likeness.contrast(image, mask) == 180 - 70


def ramp(side: int, shift: float = 0) -> np.ndarray:
    """From 50 to 150 over a tenth of the side, its middle beside the outline."""
    place = (np.arange(side) + 0.5) * 100 / side - 50 - shift
    return painted(np.broadcast_to(np.clip(100 + 10 * place, 50, 150), (side, side)))


@pytest.mark.parametrize("side", [100, 200])
def test_a_border_is_as_wide_as_six_tenths_of_its_ramp_at_any_size(side):
    """Ten per cent from 0 to 100 % of the step are six from 20 to 80 %."""
    assert likeness.border(ramp(side), half(side)) == pytest.approx((6, 0))
    assert likeness.border(ramp(side, 3), half(side)) == pytest.approx((6, 3))
    assert likeness.border(ramp(side, -2), half(side)) == pytest.approx((6, -2))


def test_a_sharp_border_is_as_wide_as_pixels_are():
    levels = np.where(half(100), 50, 150)
    assert likeness.border(painted(levels), half(100)) == pytest.approx((0.6, 0))


def test_the_border_is_the_step_closest_to_the_outline():
    levels = np.where(half(100), 50, 150)
    levels[:, 43:45] = 150  # a bright ring inside the lesion
    assert likeness.border(painted(levels), half(100)) == pytest.approx((0.6, 0))


def test_a_lesion_as_light_as_its_skin_has_no_border():
    faint, clear = (np.where(half(100), 150 - step, 150) for step in (14, 16))
    assert np.isnan(likeness.border(painted(faint), half(100))).all()
    assert not np.isnan(likeness.border(painted(clear), half(100))).any()
    dark_skin = np.where(half(100), 150, 50)
    assert np.isnan(likeness.border(painted(dark_skin), half(100))).all()


def test_fine_texture_is_what_changes_from_pixel_to_pixel():
    y, x = np.mgrid[:128, :128]
    board = painted(100 + np.where((x + y) % 2, 10, -10))
    slow = painted(60 + x)
    assert likeness.lesion_texture(board, half(128)) == pytest.approx(10, rel=0.02)
    assert likeness.skin_texture(board, half(128)) == pytest.approx(10, rel=0.02)
    assert likeness.skin_texture(slow, half(128)) == pytest.approx(0, abs=1e-9)
    both = np.where(half(128)[..., None], board, 100).astype(np.uint8)
    assert likeness.skin_texture(both, half(128)) < 0.1


def with_line(height: int, width: int, depth: float = 90) -> np.ndarray:
    """Skin with a dark upright bar left of the lesion."""
    levels = np.full((128, 128), 200.0)
    levels[64 - height // 2 : 64 + height // 2, 36 : 36 + width] -= depth
    return painted(levels)


def test_hair_is_dark_thin_and_long():
    skin = likeness.skin(spot()).sum()
    hair = likeness.hair(with_line(60, 2), spot())
    assert hair == pytest.approx(100 * 60 * 2 / skin)
    assert likeness.hair(with_line(12, 2), spot()) == 0, "a freckle"
    assert likeness.hair(with_line(60, 12), spot()) == 0, "a shadow"
    assert likeness.hair(with_line(60, 2, depth=15), spot()) == 0, "too faint"
    assert likeness.hair(with_line(60, 2, depth=-40), spot()) == 0, "light"


def test_lines_in_a_lesion_are_no_hair():
    levels = np.full((128, 128), 200.0)
    levels[30:90, 30:32] = 100
    mask = np.zeros((128, 128), bool)
    mask[20:100, 15:45] = True
    assert likeness.hair(painted(levels), mask) == 0


def test_the_corners_are_what_a_round_lens_leaves_dark():
    away = likeness.radius((128, 128))
    image = painted(np.where(away > 1.45, 30, 200))
    assert likeness.corners(image, spot()) == 30
    assert likeness.corners(painted(np.where(away > 1.6, 30, 200)), spot()) == 200


# All images together


def test_a_summary_counts_what_it_leaves_out():
    found = likeness.summarise(np.array([*range(101), np.nan, np.nan]))
    assert (found["low"], found["median"], found["high"]) == ([5], [50], [95])
    assert (found["mean"], found["images"], found["unmeasured"]) == ([50], 103, 2)
    nothing = likeness.summarise(np.full((4, 3), np.nan))
    assert nothing["median"] is None and nothing["unmeasured"] == 4


def test_each_channel_is_summarised_for_itself():
    found = likeness.summarise(np.array([[1.0, 10.0], [3.0, 30.0], [np.nan, np.nan]]))
    assert found["median"] == [2, 20] and found["unmeasured"] == 1


def two_spots(levels: tuple[int, int]) -> Samples:
    """A small spot of one kind and a large one of the other, dark on 200."""
    masks = np.stack([spot(), half(128)])
    images = np.stack(
        [painted(np.where(m, level, 200)) for m, level in zip(masks, levels)]
    )
    return Samples(
        images,
        masks.astype(np.uint8),
        ("a", "b"),
        ("background", "lesion"),
        "simulated",
        np.array([0, 1], np.uint8),
        ("small", "large"),
    )


def test_the_table_puts_both_side_by_side_and_by_diagnosis():
    stored = {
        "real": likeness.measure(two_spots((100, 120))),
        "simulated": likeness.measure(two_spots((190, 110))),
    }
    rows = list(likeness.rows(stored))
    assert ["contrast, grey levels", "all", "90 (81 to 99)", "50 (14 to 86)"] in rows
    assert ["", "small", "100 (100 to 100)", "10 (10 to 10)"] in rows
    assert ["lesions that touch the frame, %", "all", "50", "50"] in rows
    widths = next(row for row in rows if row[0].startswith("border"))
    assert "left out" not in widths[2] and widths[3].endswith("; 1 left out")
    assert list(likeness.rows({})) == []


def test_simulated_skin_can_be_measured_in_every_way():
    found = likeness.measure(simulate_skin(10, 64))
    assert len(found) == len(likeness.MEASURES)
    for name, groups in found.items():
        assert groups[likeness.ALL]["median"] is not None, name
    assert [groups["images"] for groups in found["share of the frame, %"].values()] == [
        10,
        4,
        4,
        2,
    ]
