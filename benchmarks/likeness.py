"""How much simulated skin looks like PH2, in numbers: the same measures on both.

All measures are of one image and its mask. An image is uint8 (H, W, 3), grey is the
mean of its channels in levels 0..255, a mask is bool (H, W). Lengths are in per cent of
the image's side, so that they do not depend on the size at which images are read.
Where something cannot be measured the answer is nan: there is no skin to look at when
a lesion fills the frame, and no border when it is hardly darker than its skin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from scipy import ndimage

from benchmarks import store
from utils.datasets import Samples
from utils.simulators.scenery.drawing import positions
from utils.simulators.skin import ASPECT

STORED = store.FOLDER / "likeness.json"
SIZE = 128  # side of the images that are measured, in pixels
ALL = "all"

# In units of half the frame's height. Half of its diagonal is 1.67.
LENS, CORNER = 1.15, 1.5
FAR, NEAR = 5.0, 2.0  # per cent from the outline: surely skin, surely lesion
REACH = 11.0  # per cent: how far to both sides the border is looked at
FEWEST = 0.003  # share of the frame below which a median says little
LEAST_STEP = 15.0  # grey levels that a border must have to be measured
HAIR_WIDTH, HAIR_LENGTH = 4.0, 12.0  # per cent: a hair is thinner and longer
HAIR_DEPTH = 20.0  # grey levels by which a hair is darker than what it lies on


# Where to look


def grey(image: np.ndarray) -> np.ndarray:
    """Give the mean of the channels: float (H, W), 0..255."""
    return image.mean(axis=-1)


def distance(mask: np.ndarray) -> np.ndarray:
    """Give each pixel's distance to the outline in per cent of the side, float (H, W).

    Negative inside. The outline runs between pixels, so the nearest are half a pixel
    away. The frame is no outline: a lesion goes on beyond it.
    """
    if mask.all() or not mask.any():
        return np.full(mask.shape, -np.inf if mask.all() else np.inf)
    outside = ndimage.distance_transform_edt(~mask) - 0.5
    inside = ndimage.distance_transform_edt(mask) - 0.5
    return np.where(mask, -inside, outside) * 100 / mask.shape[0]


def radius(shape: tuple[int, int]) -> np.ndarray:
    """Give each pixel's distance to the centre, in half heights, in the true aspect."""
    y, x = positions(*shape, ASPECT)
    return np.hypot(y, x)


def skin(mask: np.ndarray) -> np.ndarray:
    """Choose what is surely skin: bool (H, W), empty where it is next to nothing."""
    return _enough((radius(mask.shape) < LENS) & (distance(mask) > FAR))


def lesion(mask: np.ndarray) -> np.ndarray:
    """Choose what is surely lesion: bool (H, W), empty where it is next to nothing."""
    return _enough((radius(mask.shape) < LENS) & (distance(mask) < -NEAR))


def _enough(chosen: np.ndarray) -> np.ndarray:
    return chosen if chosen.mean() >= FEWEST else np.zeros_like(chosen)


# What is measured


def share(image: np.ndarray, mask: np.ndarray) -> float:
    """Give the lesion's share of the frame in per cent."""
    return 100 * float(mask.mean())


def touches_frame(image: np.ndarray, mask: np.ndarray) -> float:
    """Give 100 where the lesion has a pixel at the frame's edge, else 0."""
    edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return 100.0 * any(edge.any() for edge in edges)


def skin_colour(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Give the median colour of the skin, (3,)."""
    return _median(image, skin(mask))


def lesion_colour(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Give the median colour of the lesion, (3,)."""
    return _median(image, lesion(mask))


def _median(image: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    if not chosen.any():
        return np.full(image.shape[-1], np.nan)
    return np.median(image[chosen], axis=0)


def contrast(image: np.ndarray, mask: np.ndarray) -> float:
    """Give by how many grey levels the lesion is darker than the skin."""
    levels = grey(image)[..., None]
    return float((_median(levels, skin(mask)) - _median(levels, lesion(mask)))[0])


def profile(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follow the grey across the outline, from inside to outside.

    Returns places, the distances to the outline in per cent, one pixel apart, and the
    mean grey of the pixels at that distance, both (P,). The corners are left out, and
    places with fewer than five pixels.
    """
    pixel = 100 / mask.shape[0]
    count = int(REACH / pixel)
    rings = np.floor(distance(mask) / pixel)
    levels, seen = grey(image), radius(mask.shape) < LENS
    places, means = [], []
    for ring in range(-count, count):
        chosen = seen & (rings == ring)
        if chosen.sum() >= 5:
            places.append((ring + 0.5) * pixel)
            means.append(levels[chosen].mean())
    return np.array(places), np.array(means)


def border(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Give (width, place) of the step in grey across the outline, in per cent.

    The step goes from the mean of the three innermost places of the profile, 0 %, to
    that of the three outermost, 100 %. Width: from 20 % to 80 % of it. Place: where
    50 % lies, negative inside the outline that a person drew. Of several places
    with 50 % it is the one closest to the outline.
    """
    places, means = profile(image, mask)
    unknown = np.full(2, np.nan)
    if len(places) < 6 or places[0] > -REACH / 2 or places[-1] < REACH / 2:
        return unknown
    dark, bright = means[:3].mean(), means[-3:].mean()
    if bright - dark < LEAST_STEP:
        return unknown
    step = (means - dark) / (bright - dark)
    halves = _rises(places, step, 0.5)
    # Closest to the outline; then the next on either side.
    half = halves[np.argmin(np.abs(halves))]
    start = _rises(places, step, 0.2)
    end = _rises(places, step, 0.8)
    start, end = start[start <= half], end[end >= half]
    if not len(start) or not len(end):
        return unknown
    return np.array([end.min() - start.max(), half])


def _rises(places: np.ndarray, step: np.ndarray, level: float) -> np.ndarray:
    """Find all places where it rises through a level, linear in between."""
    at = np.flatnonzero((step[:-1] < level) & (step[1:] >= level))
    part = (level - step[at]) / (step[at + 1] - step[at])
    return places[at] + part * (places[at + 1] - places[at])


def skin_texture(image: np.ndarray, mask: np.ndarray) -> float:
    """Give the strength of the skin's fine texture in grey levels."""
    return _texture(image, skin(mask))


def lesion_texture(image: np.ndarray, mask: np.ndarray) -> float:
    """Give the strength of the lesion's fine texture in grey levels."""
    return _texture(image, lesion(mask))


def _texture(image: np.ndarray, chosen: np.ndarray) -> float:
    """Standard deviation of what a Gaussian of one pixel in 128 takes away."""
    if not chosen.any():
        return np.nan
    levels = grey(image)
    smooth = ndimage.gaussian_filter(levels, image.shape[0] / 128)
    return float((levels - smooth)[chosen].std())


def hair(image: np.ndarray, mask: np.ndarray) -> float:
    """Give the share of the skin in per cent that is covered by dark hair.

    A closing by a disk fills what is dark and narrower than the disk; what it adds is
    the black-hat. Pixels with much of it that form something long count as hair.
    Freckles are too short, light hairs are not seen. Only skin is looked at: inside a
    lesion the dark network of its pigment looks the same.
    After T. Lee et al., "DullRazor: a software approach to hair removal from images",
    Computers in Biology and Medicine, 1997, which closes along lines instead.
    """
    chosen = skin(mask)
    if not chosen.any():
        return np.nan
    side = image.shape[0]
    reach = round(HAIR_WIDTH / 200 * side)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    levels = grey(image)
    closed = ndimage.grey_closing(levels, footprint=np.hypot(y, x) <= reach + 0.5)
    pieces, _ = ndimage.label(closed - levels > HAIR_DEPTH, structure=np.ones((3, 3)))
    shortest = HAIR_LENGTH / 100 * side
    long = [
        number
        for number, box in enumerate(ndimage.find_objects(pieces), start=1)
        if np.hypot(*(edge.stop - edge.start for edge in box)) > shortest
    ]
    return 100 * float(np.isin(pieces, long)[chosen].mean())


def corners(image: np.ndarray, mask: np.ndarray) -> float:
    """Give the median grey of the frame's corners, dark where a round lens ends."""
    return float(np.median(grey(image)[radius(mask.shape) > CORNER]))


def border_width(image: np.ndarray, mask: np.ndarray) -> float:
    """Give the first of `border`."""
    return border(image, mask)[0]


def border_place(image: np.ndarray, mask: np.ndarray) -> float:
    """Give the second of `border`."""
    return border(image, mask)[1]


# Name, measure, digits, and whether the report splits it by diagnosis.
MEASURES: tuple[tuple[str, Callable, int, bool], ...] = (
    ("share of the frame, %", share, 1, True),
    ("lesions that touch the frame, %", touches_frame, 0, True),
    ("skin, R G B", skin_colour, 0, False),
    ("lesion, R G B", lesion_colour, 0, True),
    ("contrast, grey levels", contrast, 0, True),
    ("border, from 20 to 80 %, % of the side", border_width, 1, False),
    ("its middle, % of the side", border_place, 1, False),
    ("fine texture of the skin, grey levels", skin_texture, 1, False),
    ("fine texture of the lesion, grey levels", lesion_texture, 1, False),
    ("hair, % of the skin", hair, 1, False),
    ("corners, grey level", corners, 0, False),
)


# All images together


def measure(samples: Samples) -> dict:
    """Measure all images; give {measure: {ALL or a diagnosis: `summarise`}}."""
    masks = samples.masks > 0
    found = {}
    for name, of_one, _, by_diagnosis in MEASURES:
        values = np.array([of_one(*pair) for pair in zip(samples.images, masks)])
        found[name] = {ALL: summarise(values)}
        for group, diagnosis in enumerate(samples.group_names if by_diagnosis else ()):
            found[name][diagnosis] = summarise(values[samples.groups == group])
    return found


def summarise(values: np.ndarray) -> dict:
    """Give median, mean and the range from 5 to 95 % of what could be measured.

    values: (N,) or, by channel, (N, C); nan where nothing could be measured.
    Returns lists of C under "median", "mean", "low" and "high", one number each for
    (N,), None where nothing was measured, and the counts "images" and "unmeasured".
    """
    values = values.reshape(len(values), -1)
    known = values[~np.isnan(values).any(axis=1)]
    found = dict.fromkeys(("median", "mean", "low", "high"))
    if len(known):
        low, median, high = np.percentile(known, (5, 50, 95), axis=0)
        mean = known.mean(axis=0)
        for name, row in zip(found, (median, mean, low, high)):
            found[name] = row.round(3).tolist()
    return {**found, "images": len(values), "unmeasured": len(values) - len(known)}


def rows(stored: dict) -> Iterable[list[str]]:
    """Give the cells of the report's table: measure, diagnosis, real, simulated."""
    if not stored:
        return
    for name, of_one, digits, _ in MEASURES:
        both = stored["real"][name], stored["simulated"][name]
        for diagnosis in both[0]:
            cells = [
                _cell(one[diagnosis], digits, of_one is touches_frame) for one in both
            ]
            yield [name if diagnosis == ALL else "", diagnosis, *cells]


def _cell(found: dict, digits: int, flag: bool) -> str:
    """Write median and range; of yes or no only how often."""
    if found["median"] is None:
        return "not measured"

    def spell(numbers: list[float]) -> str:
        return " ".join(f"{number:.{digits}f}" for number in numbers)

    if flag:
        return spell(found["mean"])
    cell = f"{spell(found['median'])} ({spell(found['low'])} to {spell(found['high'])})"
    return cell + (f"; {found['unmeasured']} left out" if found["unmeasured"] else "")
