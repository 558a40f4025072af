"""Simulated microscopy of cell nuclei: a stand-in for BBBC038 that anybody may have.

Every picture is drawn, none is photographed. Like the real ones, most are dark with
glowing nuclei, some are stained tissue, violet on pink or on pale grey. Nuclei are
bent ellipses of one size in a picture, of unlike brightness, alone or in clumps.
"""

from __future__ import annotations

import numpy as np
from tqdm.auto import tqdm

from utils.live import live
from utils.samples import Samples, check_drawing, height_and_width
from utils.simulators.scenery.drawing import blend, noise, positions, step
from utils.simulators.scenery.painting import ellipse
from utils.storage.cache import cached

CLASSES = ("background", "nucleus")
_RECIPE = 1  # goes into the cache's key: count up whenever a picture changes

_STAINED = 0.2  # share of pictures of stained tissue
_RADIUS = (0.06, 0.2)  # of the nuclei of a picture, in units of half its height
_NEAREST = 0.8  # two centres are apart by this share of both radii, at least
_PINK, _PALE, _VIOLET = (178, 158, 212), (208, 214, 216), (92, 34, 160)


def simulate_nuclei(
    count: int = 200, size: int | tuple[int, int] = 128, seed: int = 0
) -> Samples:
    """Draw simulated microscopy of cell nuclei, with a number for each nucleus.

    count: number of images.
    size: side of the square image in pixels, or (height, width), at least 16. Nothing
        is stretched: a wider frame shows more nuclei.
    seed: image i depends on (seed, i) and on width / height; every square size shows
        the same nuclei, but for those that are smaller than its pixels.
    Returns Samples with source "simulated" and instances: 0 where there is no nucleus.
    Raises ValueError for no image, or a side of less than 16 pixels.
    """
    height, width = height_and_width(size, smallest=16)
    check_drawing("simulate_nuclei", count, seed)

    def draw() -> dict[str, np.ndarray]:
        images = np.empty((count, height, width, 3), np.uint8)
        instances = np.empty((count, height, width), np.int32)
        bar = tqdm(range(count), "Drawing nuclei", unit="image", disable=not live())
        for i in bar:
            generator = np.random.default_rng([seed, i])
            images[i], instances[i] = draw_nuclei(generator, height, width)
        return {"images": images, "instances": instances}

    arrays = cached("cells", f"{_RECIPE}-{count}-{height}x{width}-{seed}", draw)
    return Samples(
        masks=(arrays["instances"] > 0).astype(np.uint8),
        names=tuple(f"nuclei{i:03d}" for i in range(count)),
        classes=CLASSES,
        source="simulated",
        **arrays,
    )


def draw_nuclei(
    generator: np.random.Generator, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one picture: (image uint8 (H, W, 3), instances int32 (H, W))."""
    aspect = width / height
    y, x = positions(height, width, aspect)
    stained = generator.random() < _STAINED
    radius = np.exp(generator.uniform(*np.log(_RADIUS)))
    bend = 0.1 * radius * noise(generator, y, x, 1.2 * radius)
    grain = noise(generator, y, x, 0.35 * radius)

    # The field of the nucleus that holds each pixel best; where two touch, the border
    # runs between them.
    depth = np.full((height, width), -np.inf)
    numbers = np.zeros((height, width), np.int32)
    strength = np.zeros((height, width))
    places = _places(generator, radius, aspect)
    for number, (cy, cx, size) in enumerate(places, 1):
        long, turn = generator.uniform(1, 1.5), generator.uniform(0, np.pi)
        field = ellipse(x - cx, y - cy, size * long**0.5, size / long**0.5, turn) + bend
        best = field > depth
        depth = np.where(best, field, depth)
        numbers = np.where(best, number, numbers)
        strength = np.where(best, generator.uniform(0.35, 1), strength)

    cover = step(depth / (generator.uniform(0.04, 0.12) * radius))
    strength = strength * (1 + generator.uniform(0.05, 0.25) * grain)
    paint = _stained if stained else _glowing
    image = paint(generator, y, x, cover * strength)
    image = image + generator.normal(0, generator.uniform(0.5, 3), image.shape)
    image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return image, counted_again(np.where(depth > 0, numbers, 0))


def _places(generator, radius: float, aspect: float) -> np.ndarray:
    """Draw the nuclei, (k, 3) of y, x and radius: some alone, some in clumps."""
    share = generator.uniform(0.05, 0.3)
    wanted = int(np.clip(share * 4 * aspect / (np.pi * radius**2), 2, 90 * aspect))
    clumped = generator.uniform(0.1, 0.8)
    found = np.empty((0, 3))
    for _ in range(3 * wanted):
        size = radius * np.exp(generator.normal(0, 0.15))
        place = generator.uniform(-1, 1, 2) * [1, aspect]
        if len(found) and generator.random() < clumped:
            *other, its_size = found[generator.integers(len(found))]
            way = generator.uniform(0, 2 * np.pi)
            far = generator.uniform(_NEAREST, 1.1) * (size + its_size)
            place = other + far * np.array([np.sin(way), np.cos(way)])
        gaps = np.hypot(*(found[:, :2] - place).T) / (found[:, 2] + size)
        inside = (abs(place) < [1, aspect]).all()
        if inside and gaps.min(initial=np.inf) >= _NEAREST:
            found = np.vstack([found, [*place, size]])
        if len(found) == wanted:
            break
    return found


def _glowing(generator, y, x, dye: np.ndarray) -> np.ndarray:
    """A dark picture in which the dye shines, 0..255."""
    dark = generator.uniform(3, 22) + generator.uniform(0, 3) * noise(
        generator, y, x, 0.8
    )
    grey = dark + generator.uniform(40, 230) * dye
    return np.repeat(grey[..., None], 3, axis=-1)


def _stained(generator, y, x, dye: np.ndarray) -> np.ndarray:
    """Tissue that the dye colours violet, 0..255."""
    ground = np.array([_PINK, _PALE][generator.integers(2)])
    fibres = generator.uniform(2, 8) * noise(generator, y, x, 0.12)
    image = ground + fibres[..., None] * np.array([1, 1, 0.6])
    return blend(image, _VIOLET, np.clip(0.25 * (dye > 0.2) + 0.75 * dye, 0, 1))


def counted_again(numbers: np.ndarray) -> np.ndarray:
    """Number what is there 1, 2, ... without gaps, in the same order: int32 (H, W)."""
    present = np.unique(numbers[numbers > 0])
    return np.where(numbers > 0, np.searchsorted(present, numbers) + 1, 0).astype(
        np.int32
    )
