"""Four simulated pictures with label maps: where segmentation is used.

Driving, medicine, a satellite and augmented reality, one picture each. Every one is
drawn and none is photographed.
"""

from __future__ import annotations

import numpy as np

from utils.samples import Samples, height_and_width
from utils.simulators import skin
from utils.simulators.scenery import land, portrait, street


def simulate_applications(
    size: int | tuple[int, int] = (96, 128),
) -> dict[str, Samples]:
    """Draw the four pictures, as one sample each under the name of its application.

    size: (height, width) in pixels, best 3 to 4, or the side of a square image. Every
        size shows the same scenes.
    Returns "driving", "medicine", "satellite" and "augmented reality".
    Raises ValueError for a side of less than 48 pixels.
    """
    height, width = height_and_width(size, smallest=48)
    drawn = {
        "driving": (street.draw_street, street.CLASSES),
        "medicine": (_draw_mole, skin.CLASSES),
        "satellite": (land.draw_land, land.CLASSES),
        "augmented reality": (portrait.draw_portrait, portrait.CLASSES),
    }
    found = {}
    for name, (draw, classes) in drawn.items():
        image, mask = draw(height, width)
        found[name] = Samples(image[None], mask[None], (name,), classes, "simulated")
    return found


def _draw_mole(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a typical lesion as `simulate_skin` does, with some hair over it."""
    return skin.draw_lesion(np.random.default_rng([0, 12]), height, width, diagnosis=1)
