"""The four pictures of lesson 00 show what their labels say."""

import numpy as np
import pytest
from scipy import ndimage

from utils.simulators.applications import simulate_applications
from utils.simulators.scenery.canvas import Canvas


@pytest.fixture(scope="module")
def pictures():
    return simulate_applications()


def regions(samples, name: str) -> int:
    """Count the connected regions of a class."""
    mask = samples.masks[0] == samples.classes.index(name)
    return ndimage.label(mask, np.ones((3, 3)))[1]


def test_four_applications_are_samples_of_one_simulated_picture(pictures):
    assert list(pictures) == ["driving", "medicine", "satellite", "augmented reality"]
    for name, samples in pictures.items():
        assert samples.images.shape == (1, 96, 128, 3)
        assert samples.images.dtype == samples.masks.dtype == np.uint8
        assert samples.source == "simulated" and samples.names == (name,)


def test_every_class_is_there_and_none_fills_the_picture(pictures):
    for name, samples in pictures.items():
        shares = np.bincount(samples.masks.ravel(), minlength=len(samples.classes))
        shares = shares / samples.masks.size
        assert len(shares) == len(samples.classes), name
        assert shares.min() > 0.01 and shares.max() < 0.8, (name, shares)


def test_things_are_whole_and_as_many_as_drawn(pictures):
    assert regions(pictures["driving"], "car") == 2
    assert regions(pictures["driving"], "pedestrian") == 1
    assert regions(pictures["satellite"], "house") == 10
    assert regions(pictures["satellite"], "road") == 1
    assert regions(pictures["medicine"], "lesion") == 1
    assert regions(pictures["augmented reality"], "person") == 1


def test_the_sky_is_above_the_road_and_the_river_crosses_the_land(pictures):
    road = pictures["driving"].masks[0] == 1
    assert not road[:40].any() and road[-1].mean() > 0.8
    river = pictures["satellite"].masks[0] == 1
    road = pictures["satellite"].masks[0] == 4
    assert (river | road).any(axis=0).all()


def test_a_class_has_other_colours_than_what_surrounds_it(pictures):
    for name, samples in pictures.items():
        image, mask = samples.images[0].astype(float), samples.masks[0]
        means = [image[mask == i].mean(axis=0) for i in range(len(samples.classes))]
        for i, mean in enumerate(means[1:], 1):
            assert np.abs(mean - means[0]).max() > 15, (name, samples.classes[i])


def test_the_pictures_are_the_same_at_every_call_and_size(pictures):
    again, large = simulate_applications(), simulate_applications((192, 256))
    for name, samples in pictures.items():
        assert np.array_equal(samples.images, again[name].images)
        assert np.array_equal(samples.masks, again[name].masks)
        twice = samples.masks.repeat(2, axis=1).repeat(2, axis=2)
        assert (twice == large[name].masks).mean() > 0.96, name


def test_a_picture_too_small_to_recognise_is_refused():
    with pytest.raises(ValueError, match="at least 48"):
        simulate_applications(32)


# ---------------------------------------------------------------- the canvas


@pytest.fixture
def canvas():
    """Pixels are 0.1 wide, so an area of 1 is 100 pixels."""
    return Canvas(20, 40, np.random.default_rng(0))


def area(field) -> int:
    return int((field > 0).sum())


def test_fields_cover_the_area_of_their_shapes(canvas):
    assert area(canvas.box((0, 0), (0.5, 1.0))) == 200
    assert area(canvas.box((0, 0), (0.5, 0.5), turn=np.pi / 4)) == pytest.approx(
        100, 12
    )
    assert area(canvas.ellipse((0, 0), (0.6, 1.2))) == pytest.approx(226, abs=8)
    assert area(canvas.limb((0, -1), (0, 1), 0.3)) == pytest.approx(148, abs=8)
    assert area(canvas.limb((0, -1), (0, 1), 0.3, 0.0)) == pytest.approx(74, abs=8)
    assert area(canvas.band(0.0 * canvas.x, 0.25)) == pytest.approx(200, abs=40)
    assert canvas.everywhere().all()


def test_a_polygon_has_its_corners_clockwise(canvas):
    corners = ((-0.5, 0.0), (0.5, 1.0), (0.5, -1.0))
    assert area(canvas.polygon(*corners)) == pytest.approx(100, abs=8)
    assert area(canvas.polygon(*corners[::-1])) == 0


def test_what_is_painted_later_covers_image_and_label(canvas):
    canvas.paint(canvas.everywhere(), (10, 20, 30), 1)
    canvas.paint(canvas.box((0, 0), (0.5, 0.5)), (200, 100, 0), 2)
    assert np.allclose(canvas.image[10, 20], (200, 100, 0), atol=1)
    assert np.allclose(canvas.image[0, 0], (10, 20, 30), atol=1)
    assert (canvas.mask == 2).sum() == 100 and canvas.mask.min() == 1


def test_shadow_and_unlabelled_paint_keep_the_labels(canvas):
    canvas.paint(canvas.everywhere(), (100, 100, 100), 3)
    canvas.shade(canvas.everywhere(), 0.5)
    canvas.paint(canvas.everywhere(), (0, 0, 0), cover=0.0)
    assert np.allclose(canvas.image, 50, atol=1) and (canvas.mask == 3).all()
    image, mask = canvas.finish(grain=0)
    assert image.dtype == mask.dtype == np.uint8 and image.min() >= 49
