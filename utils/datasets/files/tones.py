"""Masks in black and white whose borders are smeared, by JPEG or by smooth scaling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from utils.datasets.files.unreadable import place, spell

# Measured on PH2: between these greys lie at most 0.02 % of a mask's pixels once it is
# stored as JPEG of quality 75, 1.5 % at quality 10 (8 % of a small drawing that is all
# borders), and 31 % to 100 % of a photograph.
DARK, LIGHT = 31, 224
MOST_GREY = 0.15
# A smeared border is steep. Measured on drawings stored as JPEG of quality 10 to 95:
# where nine pixels differ by less than EVEN, they lie this near to black or white.
EVEN = 40
MOST_COLOUR = 24  # JPEG keeps black and white without any colour


def white(mask: Image.Image, path: Path) -> np.ndarray:
    """Return where a black-and-white mask in RGB or grey is white, bool (H, W).

    A few pixels may lie between, at borders; an even spot of a third grey may not.
    Raises ValueError naming the path of a mask in other tones, or of a photograph.
    """
    _check_colours(mask, path)
    grey = mask.convert("L")
    tones = np.asarray(grey)
    between = (tones > DARK) & (tones < LIGHT)
    if between.mean() > MOST_GREY:
        raise ValueError(
            f"{path} is not black and white: {between.mean():.0%} of its pixels are "
            f"grey, such as {tones[place(between)]} at {spell(place(between))}; put "
            "the mask there, not a photograph or a map of probabilities."
        )
    inside = tones > 127
    if tones.any() and not inside.any():
        raise ValueError(
            f"{path} is not black and white: its brightest pixel is {tones.max()}, "
            "where white is 255; export the mask as PNG, in black and white."
        )
    spot = _even(grey, _ringing(mask))
    if spot.any():
        found = f"{tones[place(spot)]} at {spell(place(spot))}"
        raise ValueError(
            f"{path} is not black and white: it has a spot of grey, {found}, as of a "
            "third class; export the mask as PNG, in black and white."
        )
    return inside


def _check_colours(mask: Image.Image, path: Path) -> None:
    """Raise ValueError if a mask is in colours."""
    colours = np.asarray(mask.convert("RGB"), np.int16)
    coloured = np.ptp(colours, axis=-1) > MOST_COLOUR
    if coloured.any():
        found = tuple(colours[place(coloured)].tolist())
        raise ValueError(
            f"{path} is not black and white: it is in colours, {found} at "
            f"{spell(place(coloured))}; export the mask as PNG."
        )


def _ringing(mask: Image.Image) -> int:
    """Return how far from black or white an even spot may lie."""
    tables = getattr(mask, "quantization", None)  # what JPEG divided by
    return min(DARK, 10 + tables[0][0] // 4) if tables else DARK


def _even(grey: Image.Image, most: int) -> np.ndarray:
    """Find the middles of 3 x 3 pixels of one grey, further than ``most`` from both."""
    darkest, brightest = (
        np.asarray(grey.filter(extreme(3)), np.int16)
        for extreme in (ImageFilter.MinFilter, ImageFilter.MaxFilter)
    )
    between = (darkest > most) & (brightest < 255 - most)
    return between & (brightest - darkest < EVEN)
