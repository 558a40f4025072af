"""The simulated flock: the meadow from nearby, where every sheep can be seen."""

import numpy as np
import pytest

from utils import datasets
from utils.simulators import flock, meadow


@pytest.fixture(scope="module")
def drawn():
    return [flock.draw_flock(np.random.default_rng([0, i]), 128, 128) for i in range(8)]


def test_a_flock_has_the_shape_of_a_meadow(monkeypatch, tmp_path):
    monkeypatch.setattr("utils.storage.cache.CACHE", tmp_path)
    samples = datasets.simulate_flock(2, 64)
    assert samples.images.shape == (2, 64, 64, 3)
    assert samples.classes == meadow.CLASSES
    assert samples.source == "simulated"
    assert samples.names == ("flock000", "flock001")


def test_instances_are_the_sheep_and_numbered_without_gaps(drawn):
    for _, mask, instances in drawn:
        assert ((instances > 0) == (mask == meadow.SHEEP)).all()
        assert np.unique(instances).tolist() == list(range(instances.max() + 1))


def test_one_sees_enough_of_every_sheep(drawn):
    sizes = np.concatenate([np.bincount(one.ravel())[1:] for _, _, one in drawn])
    assert sizes.min() >= 250 and len(sizes) > 16


def test_the_same_seed_draws_the_same_flock(drawn):
    again = flock.draw_flock(np.random.default_rng([0, 3]), 128, 128)
    assert all(np.array_equal(*pair) for pair in zip(again, drawn[3], strict=True))


@pytest.mark.parametrize("left, seen", [(10, 10), (36, 16), (39, 19), (80, 30)])
def test_a_sheep_that_is_mostly_hidden_is_left_out(left, seen):
    """The near one stands at columns 20 to 49; of 30 columns 18 must be seen."""

    def sheep(first, foot):
        def draw(sheet, number):
            sheet.instances[40:60, first : first + 30] = number

        return meadow.Item(foot, draw, sheep=True)

    near, far = sheep(20, 0.9), sheep(left, 0.1)
    kept = flock._seen([far, near], texture=0, aspect=1)
    assert kept == ([far, near] if seen >= 18 else [near])


@pytest.mark.parametrize("bad", [{"count": 0}, {"size": 16}, {"size": (64, 31)}])
def test_what_cannot_be_drawn_is_refused(bad):
    with pytest.raises(ValueError):
        datasets.simulate_flock(**{"count": 1, "size": 64, **bad})
