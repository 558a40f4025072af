"""Simulated dermoscopy: a stand-in for PH2 that anybody may have.

Every picture is drawn, none is photographed. The three diagnoses differ as they do
in PH2: common nevi are small and even, atypical nevi larger and more irregular,
melanomas large, lobed and of many colours. Foreground shares, colours, contrast and
softness of the border follow PH2's; `docs/results.md` puts the numbers side by side.
"""

from __future__ import annotations

import numpy as np
from tqdm.auto import tqdm

from utils.live import live
from utils.samples import Samples, check_drawing, height_and_width
from utils.simulators.scenery.drawing import blend, noise, positions, step, strokes
from utils.storage.cache import cached

CLASSES = ("background", "lesion")
DIAGNOSES = ("common nevus", "atypical nevus", "melanoma")
_RECIPE = 2  # goes into the cache's key: count up whenever a picture changes

ASPECT = 4 / 3  # of PH2's photographs; other sizes show the frame stretched, as there
# Foreground share of the frame: (median, spread of its logarithm) by diagnosis.
_SHARE = ((0.17, 0.62), (0.22, 0.60), (0.66, 0.40))
_WAVES = (0.12, 0.18, 0.30)  # of the outline, in units of the lesion's radius
# Colours, RGB 0..255: skin, what pigment takes from it, what a dark part takes again.
_SKIN = np.array([240, 198, 172])
_PIGMENT = np.array([[-52, -80, -104], [-58, -86, -98], [-84, -98, -96]])
_DEPTH = np.array([-46, -38, -26])
# Tones of melanomas: blue-grey veil, red, black, white scar.
_RARE_TONES = ((112, 114, 124), (160, 88, 70), (36, 28, 28), (190, 168, 158))
_BLUE = np.array([102, 104, 112])  # of blue nevi, whose pigment lies deep in the skin
_HAIR, _RIM = np.array([52, 40, 36]), np.array([52, 48, 46])


def simulate_skin(
    count: int = 200, size: int | tuple[int, int] = 128, seed: int = 0
) -> Samples:
    """Draw simulated dermoscopic images of moles and their masks.

    count: number of images; 40 % common nevi, 40 % atypical nevi, 20 % melanomas.
    size: side of the square image in pixels, or (height, width).
    seed: image i depends on (seed, i) only; every size shows the same lesion.
    Returns Samples with source "simulated" and the diagnosis as group.
    Raises ValueError for no image, or a side of less than 16 pixels.
    """
    height, width = height_and_width(size, smallest=16)
    check_drawing("simulate_skin", count, seed)

    def draw() -> dict[str, np.ndarray]:
        images = np.empty((count, height, width, 3), np.uint8)
        masks = np.empty((count, height, width), np.uint8)
        groups = np.array([(0, 1, 0, 1, 2)[i % 5] for i in range(count)], np.uint8)
        bar = tqdm(range(count), "Drawing skin", unit="image", disable=not live())
        for i in bar:
            generator = np.random.default_rng([seed, i])
            images[i], masks[i] = draw_lesion(generator, height, width, groups[i])
        return {"images": images, "masks": masks, "groups": groups}

    key = f"{_RECIPE}-{count}-{height}x{width}-{seed}"
    arrays = cached("skin", key, draw)
    return Samples(
        names=tuple(f"skin{i:03d}" for i in range(count)),
        classes=CLASSES,
        source="simulated",
        group_names=DIAGNOSES,
        **arrays,
    )


def draw_lesion(
    generator: np.random.Generator, height: int, width: int, diagnosis: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one lesion on skin.

    diagnosis: 0 common nevus, 1 atypical nevus, 2 melanoma.
    Returns (image uint8 (H, W, 3), mask uint8 (H, W) of 0 and 1).
    """
    y, x = positions(height, width, ASPECT)
    tone = _SKIN + generator.normal(0, 1) * np.array([13, 20, 27])
    tone = tone + generator.normal(0, 6, 3)

    image = _skin(generator, y, x, tone)
    field, radius = _outline(generator, y, x, diagnosis)
    image = _pigment(generator, image, field, radius, y, x, tone, diagnosis)
    image = _halo(generator, image, field)
    image = _glints(generator, image, y, x, radius)
    image = _hair(generator, image, y, x)
    image = _light(generator, image, y, x)
    image = image + generator.normal(0, generator.uniform(0.5, 3), image.shape)
    image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return image, (field > 0).astype(np.uint8)


def _skin(generator, y, x, tone) -> np.ndarray:
    """Skin with slow changes of tone, fine texture and a few freckles, 0..255."""
    uneven = generator.uniform(2, 9) * noise(generator, y, x, 0.9)
    pores = generator.uniform(1, 9) * noise(generator, y, x, 0.018)
    lines = generator.uniform(0.5, 5) * noise(generator, y, x, 0.06)
    image = tone + (uneven + pores + lines)[..., None] * np.array([0.7, 1, 1])
    flush = generator.uniform(0, 10) * noise(generator, y, x, 0.4)
    image = image + flush[..., None] * np.array([0.2, 1, 1])
    for _ in range(generator.poisson(2)):  # not part of the lesion, not in the mask
        place = generator.uniform(-1.2, 1.2, 2)
        distance = np.hypot(y - place[0], x - place[1]) / generator.uniform(0.02, 0.09)
        freckle = generator.uniform(5, 50) * np.exp(-(distance**2))
        image = image - freckle[..., None] * np.array([0.5, 1, 1])
    return image


def _outline(generator, y, x, diagnosis) -> tuple[np.ndarray, float]:
    """The lesion as a field, about the distance to its outline, positive inside.

    Returns it with the lesion's radius.
    """
    median, spread = _SHARE[diagnosis]
    share = float(np.clip(median * np.exp(generator.normal(0, spread)), 0.03, 0.97))
    radius = np.sqrt(share * 4 * ASPECT / np.pi)
    cy, cx = np.clip(generator.normal(0, 0.13 + 0.06 * (diagnosis == 2), 2), -0.6, 0.6)
    lobed = diagnosis == 2 or generator.random() < 0.1
    field = np.full(np.broadcast_shapes(y.shape, x.shape), -np.inf)
    for lobe in range(generator.integers(1, 5) if lobed else 1):
        angle = generator.uniform(0, 2 * np.pi)
        shift = generator.uniform(0.3, 0.9) * radius * (lobe > 0)
        dy, dx = y - cy - shift * np.sin(angle), x - cx - shift * np.cos(angle)
        turn, stretch = generator.uniform(0, np.pi), generator.uniform(0.7, 1)
        u = (dx * np.cos(turn) + dy * np.sin(turn)) * stretch
        v = (dy * np.cos(turn) - dx * np.sin(turn)) / stretch
        field = np.maximum(field, radius - np.hypot(u, v))
    waves = _WAVES[diagnosis] * radius * generator.uniform(0.4, 1.4)
    field = field + waves * noise(generator, y, x, 0.75 * radius)
    field = field + 0.35 * waves * noise(generator, y, x, 0.28 * radius)
    # Shifted so that exactly the share that was drawn lies inside.
    return field - np.quantile(field, 1 - share), radius


def _pigment(generator, image, field, radius, y, x, tone, diagnosis) -> np.ndarray:
    """Lay the lesion's colours over the skin.

    A person draws the outline around the last trace of pigment and does not follow
    each speck: half of the pigment's depth is reached only some way inside.
    """
    inset, softness = (
        generator.uniform(-0.012, 0.056),
        np.exp(generator.uniform(-4.4, -2.2)),
    )
    ragged = sum(
        generator.uniform(0, most) * noise(generator, y, x, wavelength)
        for most, wavelength in ((0.05, 0.16), (0.04, 0.07), (0.025, 0.03))
    )
    cover = step((field - inset + ragged) / softness)

    colour = _tones(generator, field, radius, y, x, tone, diagnosis)
    spots = sum(
        generator.uniform(2, 10) * noise(generator, y, x, generator.uniform(*between))
        for between in ((0.12, 0.35), (0.05, 0.12))
    )
    fine = noise(generator, y, x, generator.uniform(0.015, 0.05))
    kind = generator.integers(3)
    if kind == 1:  # a network of dark lines
        fine = 0.6 - 1.5 * np.exp(-((fine / 0.4) ** 2))
    elif kind == 2:  # dots and globules
        fine = 0.3 - 2 * np.clip(fine - 0.6, 0, None)
    texture = spots + generator.uniform(3, 20) * fine
    colour = colour + texture[..., None] * np.array([1, 0.9, 0.75])

    opacity = np.full(field.shape, generator.uniform(0.75, 1))
    if generator.random() < 0.25:  # parts without pigment belong to the lesion too
        gap = noise(generator, y, x, generator.uniform(0.15, 0.5))
        gap = step(6 * (gap - generator.uniform(0.2, 1.6)))
        opacity = opacity * (1 - generator.uniform(0.4, 1) * gap)
    return blend(image, colour, opacity * cover)


def _tones(generator, field, radius, y, x, tone, diagnosis) -> np.ndarray:
    """The lesion's colours, (H, W, 3): a light one, a dark one, sometimes rare ones."""
    strength = np.exp(generator.normal(0, 0.3))
    light = tone + _PIGMENT[diagnosis] * strength
    if generator.random() < 0.08:
        light = _BLUE + generator.normal(0, 14)
    light = light + generator.normal(0, 6, 3)
    depth = generator.uniform(0.3, 2.4) + 0.9 * (diagnosis == 2)
    dark = light + _DEPTH * depth + generator.normal(0, 6, 3)
    core = field - generator.uniform(0.05, 0.5) * radius
    core = core + generator.uniform(0.05, 0.3) * noise(
        generator, y, x, 0.3 * radius + 0.05
    )
    core = step(core / generator.uniform(0.02, 0.15))
    part = noise(generator, y, x, generator.uniform(0.2, 0.6))
    part = step((part - generator.uniform(-1, 1.5)) * generator.uniform(1.5, 6))
    inner = (core, part, core * part)[generator.choice(3, p=(0.5, 0.35, 0.15))]
    colour = light + (dark - light) * (generator.uniform(0.2, 1.1) * inner)[..., None]
    if diagnosis == 2 or generator.random() < 0.12:
        for rare in _RARE_TONES:
            if generator.random() < 0.6:
                patch = noise(generator, y, x, generator.uniform(0.15, 0.5))
                patch = step(4 * (patch - generator.uniform(0.5, 1.8)))
                weight = generator.uniform(0.3, 0.8) * patch
                colour = blend(colour, rare + generator.normal(0, 12, 3), weight)
    return colour


def _halo(generator, image, field) -> np.ndarray:
    """A red or brown ring along the outline, in four images of ten."""
    if generator.random() > 0.4:
        return image
    ring = (field - generator.uniform(-0.06, 0.04)) / generator.uniform(0.03, 0.1)
    ring = generator.uniform(4, 26) * np.exp(-(ring**2))
    red = generator.random() < 0.6
    return image - ring[..., None] * np.array([0.1, 1, 1] if red else [0.5, 1, 1.4])


def _glints(generator, image, y, x, radius) -> np.ndarray:
    """Light that the gel and the skin's scales throw back, in half of the images."""
    if generator.random() > 0.5:
        return image
    count = generator.integers(3, 60)
    start = generator.normal(0, 0.8 * radius, (count, 2))
    end = start + generator.normal(0, 0.05, (count, 2))
    bend = generator.normal(0, 0.02, (count, 2))
    cover = strokes(y, x, start, end, bend, generator.uniform(0.004, 0.014, count))
    return blend(image, (235, 232, 235), generator.uniform(0.1, 0.6) * cover)


def _hair(generator, image, y, x) -> np.ndarray:
    """Curved hairs over everything, in four images of ten, many or few."""
    if generator.random() > 0.4:
        return image
    count = generator.integers(1, 45 if generator.random() < 0.3 else 8)
    start = generator.uniform(-1.4, 1.4, (count, 2))
    angle = generator.uniform(0, 2 * np.pi) + generator.normal(0, 0.6, count)
    length = generator.uniform(0.4, 2.2, (count, 1))
    end = start + length * np.stack([np.sin(angle), np.cos(angle)], 1)
    bend = 0.15 * length * generator.normal(0, 1, (count, 2))
    cover = strokes(y, x, start, end, bend, generator.uniform(0.004, 0.018, count))
    dark = generator.random() < 0.85
    colour = (_HAIR if dark else 3 * _HAIR) + generator.normal(0, 10, 3)
    return blend(image, colour, generator.uniform(0.35, 0.95) * cover)


def _light(generator, image, y, x) -> np.ndarray:
    """Uneven light, and around it the dark rim of a round lens, nearly always."""
    slope = generator.normal(0, 0.05, 2)
    light = generator.uniform(0.95, 1.05) + slope[0] * y + slope[1] * x
    place = generator.normal(0, 0.04, 2)
    radius = np.hypot(y - place[0], x - place[1])
    light = light * (1 - generator.uniform(0, 0.14) * radius**2)
    image = image * light[..., None]
    if generator.random() < 0.93:
        rim = (radius - generator.uniform(1.22, 1.5)) / generator.uniform(0.02, 0.09)
        colour = _RIM * generator.uniform(0.4, 1.5) + generator.normal(0, 3, 3)
        image = blend(image, colour, generator.uniform(0.85, 1) * step(rim))
    return image
