"""What the simulators draw with, and that every machine draws the same."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from utils.simulators.scenery.drawing import blend, noise, positions, step, strokes

COURSE = Path(__file__).resolve().parents[1]


def test_positions_are_pixel_centres_of_a_frame_that_may_be_stretched():
    y, x = positions(4, 2, aspect=2)
    assert y.ravel().tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert x.ravel().tolist() == [-1, 1]
    assert (y.shape, x.shape) == ((4, 1), (1, 2))


@pytest.mark.parametrize("wavelength", [0.05, 0.3, 1.0])
def test_noise_has_zero_mean_and_unit_spread(wavelength):
    y, x = positions(64, 64, 1)
    fields = [
        noise(np.random.default_rng(i), y, x, wavelength).ravel() for i in range(60)
    ]
    assert abs(np.mean(fields)) < 0.1
    assert np.std(fields) == pytest.approx(1, abs=0.1)


def test_noise_is_smoother_the_longer_its_waves():
    y, x = positions(64, 64, 1)
    steps = [
        np.abs(
            np.diff(noise(np.random.default_rng(0), y, x, wavelength), axis=0)
        ).mean()
        for wavelength in (0.05, 0.2, 0.8)
    ]
    assert steps[0] > 2 * steps[1] > 4 * steps[2]


@pytest.mark.parametrize("wavelength", [0.05, 0.3, 0.7])
def test_every_size_shows_the_same_noise(wavelength):
    fields = []
    for height, width in ((30, 40), (90, 120)):
        y, x = positions(height, width, 4 / 3)
        fields.append(noise(np.random.default_rng(1), y, x, wavelength))
    # The middle pixel of 3 x 3 small ones has the centre of the large one.
    assert np.allclose(fields[1][1::3, 1::3], fields[0])


def test_step_is_a_half_at_zero_and_never_overflows():
    with np.errstate(all="raise"):
        found = step(np.array([-1e6, 0, 1e6]))
    assert found == pytest.approx([0, 0.5, 1])


def test_blend_takes_as_much_of_the_colour_as_is_covered():
    image = np.full((1, 2, 3), 100.0)
    found = blend(image, (200, 100, 0), np.array([[0, 0.5]]))
    assert found.tolist() == [[[100, 100, 100], [150, 100, 50]]]
    assert (image == 100).all()


def line(start=(0, -0.5), end=(0, 0.5), bend=(0, 0), thickness=0.1):
    y, x = positions(20, 20, 1)
    ends = (np.array([place], float) for place in (start, end, bend))
    return strokes(y, x, *ends, np.array([thickness]))


def test_a_stroke_covers_its_length_times_its_thickness():
    cover = line()  # 10 pixels long, 1 thick
    assert cover.sum() == pytest.approx(10, rel=0.15)
    assert cover[8:12].sum() == pytest.approx(cover.sum())
    assert cover[:, :4].sum() == cover[:, 16:].sum() == 0
    assert line(thickness=0.3).sum() == pytest.approx(30, rel=0.15)


def test_a_stroke_is_never_thinner_than_a_third_of_a_pixel():
    assert line(thickness=1e-6).sum() == pytest.approx(3.5, rel=0.15)


def test_a_bent_stroke_leaves_the_straight_line():
    cover = line(bend=(0.6, 0))
    assert cover[12, 10] > 0 and cover[9:11, 9:11].sum() == 0


def test_strokes_end_at_the_frame_and_never_cover_more_than_all():
    y, x = positions(16, 24, 1.5)
    generator = np.random.default_rng(0)
    ends = (generator.uniform(-3, 3, (40, 2)) for _ in range(3))
    cover = strokes(y, x, *ends, np.full(40, 0.5))
    assert cover.shape == (16, 24)
    assert cover.min() >= 0 and cover.max() <= 1
    assert line(start=(5, 5), end=(6, 7)).sum() == 0


def test_no_strokes_cover_nothing():
    y, x = positions(8, 8, 1)
    none = np.empty((0, 2))
    assert not strokes(y, x, none, none, none, np.empty(0)).any()


DRAW = """
import hashlib
import numpy as np
{}
digest = hashlib.sha256()
for i in range({}):
    generator = np.random.default_rng([0, i])
    for part in {}:
        digest.update(part.tobytes())
print(digest.hexdigest()[:16])
"""
SKIN = DRAW.format(
    "from utils.simulators.skin import draw_lesion",
    20,
    "draw_lesion(generator, 96, 80, i % 3)",
)
MEADOW = DRAW.format(
    "from utils.simulators.meadow import draw_meadow",
    12,
    "draw_meadow(generator, 64 + 32 * (i % 3), 80)",
)
# The processors that NumPy has faster code for; without them it computes exp, sin and
# matrix products in another way.
FASTER = " ".join(np._core._multiarray_umath.__cpu_dispatch__)


@pytest.mark.parametrize(
    "kernels",
    [
        {},
        {"NPY_DISABLE_CPU_FEATURES": FASTER, "OPENBLAS_CORETYPE": "Prescott"},
        {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"},
    ],
    ids=["this machine", "an old processor", "one thread"],
)
# What every machine must draw. It changes with the simulator, never with the machine.
@pytest.mark.parametrize(
    ("draw", "drawn"),
    [(SKIN, "12822a08b238c6f5"), (MEADOW, "a1f51575c860d99f")],
    ids=["skin", "meadow"],
)
def test_every_machine_draws_the_same(draw, drawn, kernels):
    done = subprocess.run(
        [sys.executable, "-c", draw],
        env={**os.environ, **kernels, "PYTHONWARNINGS": "ignore"},
        cwd=COURSE,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == drawn
