"""Simulated dermoscopy: a stand-in for PH2 that anybody may have.

Every picture is drawn, none is photographed. The three diagnoses differ as they do
in PH2: common nevi are small and even, atypical nevi larger and blurred, melanomas
large, lobed and of many colours. Foreground shares follow PH2's.
"""

from __future__ import annotations

import numpy as np

from utils.datasets.cache import cached
from utils.datasets.samples import Samples, height_and_width

CLASSES = ("background", "lesion")
DIAGNOSES = ("common nevus", "atypical nevus", "melanoma")
_RECIPE = 1  # goes into the cache's key: count up whenever a picture changes

# Foreground share of the frame: (median, spread of its logarithm) by diagnosis.
_SHARE = ((0.15, 0.55), (0.24, 0.6), (0.66, 0.35))
# Border waviness and softness (in units of the lesion's radius), by diagnosis.
_WAVES = (0.12, 0.22, 0.34)
_SOFTNESS = ((0.02, 0.07), (0.05, 0.14), (0.02, 0.08))
# Lesion colours, RGB 0..255: light and dark tone by diagnosis, then rare tones.
_TONES = (
    ((178, 122, 84), (118, 70, 46)),
    ((170, 112, 80), (108, 62, 42)),
    ((132, 86, 66), (44, 30, 30)),
)
_RARE_TONES = ((88, 96, 116), (158, 72, 66), (24, 20, 24))  # blue-grey, red, black


def simulate_skin(
    count: int = 200, size: int | tuple[int, int] = 128, seed: int = 0
) -> Samples:
    """Draw simulated dermoscopic images of moles and their masks.

    count: number of images; 40 % common nevi, 40 % atypical nevi, 20 % melanomas.
    size: side of the square image in pixels, or (height, width).
    seed: image i depends on (seed, i, size) only.
    Returns Samples with source "simulated" and the diagnosis as group.
    Raises ValueError for no image, or a side of less than 16 pixels.
    """
    height, width = height_and_width(size, smallest=16)
    if count < 1:
        raise ValueError(f"simulate_skin draws at least one image, not {count}.")

    def draw() -> dict[str, np.ndarray]:
        images = np.empty((count, height, width, 3), np.uint8)
        masks = np.empty((count, height, width), np.uint8)
        groups = np.array([(0, 1, 0, 1, 2)[i % 5] for i in range(count)], np.uint8)
        for i in range(count):
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
    # Positions in units of half the shorter side, the origin in the middle.
    scale = min(height, width) / 2
    y = ((np.arange(height) + 0.5) - height / 2)[:, None] / scale
    x = ((np.arange(width) + 0.5) - width / 2)[None, :] / scale

    image = _skin(generator, y, x)
    field, radius = _shape(generator, y, x, diagnosis)
    mask = field > 0
    image = _pigment(generator, image, field / radius, y, x, diagnosis)
    image = _hair(generator, image, y, x)
    image = _gel_bubbles(generator, image, y, x)
    image *= _light(generator, y, x)[..., None]
    image += generator.normal(0, generator.uniform(1, 4), image.shape)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8), mask.astype(np.uint8)


def _noise(generator, y, x, wavelength: float) -> np.ndarray:
    """Smooth random field, about zero mean and unit spread, (H, W).

    Random values on a grid of the given wavelength, joined by cubic B-splines.
    """

    def basis(positions):
        positions = positions.ravel() / wavelength
        first = np.floor(positions.min()) - 1
        columns = int(np.ceil(positions.max()) - first) + 3
        distance = np.abs(positions[:, None] - (first + np.arange(columns)))
        near = 2 / 3 - distance**2 + distance**3 / 2
        far = np.clip(2 - distance, 0, None) ** 3 / 6
        return np.where(distance < 1, near, far)

    rows, columns = basis(y), basis(x)
    values = generator.normal(0, 2.1, (rows.shape[1], columns.shape[1]))
    return rows @ values @ columns.T


def _skin(generator, y, x) -> np.ndarray:
    """Skin with a slow change of tone, fine texture and a few freckles, 0..255."""
    base = np.array([208, 164, 138]) + generator.normal(0, 16)
    base = base + generator.normal(0, 13) * np.array([0.7, 0.1, -1.0])  # warm or cool
    base = base + generator.normal(0, 5, 3)
    tone = generator.uniform(3, 9) * _noise(generator, y, x, 0.9)
    texture = generator.uniform(1, 4) * _noise(generator, y, x, 0.05)
    image = base + (tone + texture)[..., None] * np.array([0.8, 1.0, 1.0])
    for _ in range(generator.poisson(1.5)):
        cy, cx = generator.uniform(-1, 1, 2)
        distance = np.hypot(y - cy, x - cx) / generator.uniform(0.03, 0.09)
        spot = generator.uniform(5, 28) * np.exp(-(distance**2))
        image -= spot[..., None] * np.array([0.5, 1.0, 1.0])
    return image


def _shape(generator, y, x, diagnosis) -> tuple[np.ndarray, float]:
    """The lesion as a field that is positive inside; and its radius."""
    median, spread = _SHARE[diagnosis]
    share = float(np.clip(median * np.exp(generator.normal(0, spread)), 0.03, 0.98))
    radius = np.sqrt(share * 4 / np.pi)
    room = 0.25 + 0.25 * (diagnosis == 2)
    cy, cx = generator.normal(0, room * (0.3 + 0.4 * radius), 2)
    cy, cx = np.clip([cy, cx], -0.6, 0.6)

    lobes = 1 if diagnosis < 2 else generator.integers(1, 4)
    field = np.full(np.broadcast_shapes(y.shape, x.shape), -np.inf)
    for lobe in range(lobes):
        angle = generator.uniform(0, 2 * np.pi)
        shift = 0.55 * radius * (lobe > 0)
        dy = y - cy - shift * np.sin(angle)
        dx = x - cx - shift * np.cos(angle)
        turn = generator.uniform(0, np.pi)
        stretch = generator.uniform(0.72, 1.0)
        u = (dx * np.cos(turn) + dy * np.sin(turn)) * stretch
        v = (dy * np.cos(turn) - dx * np.sin(turn)) / stretch
        field = np.maximum(field, radius - np.hypot(u, v))
    waves = _WAVES[diagnosis] * radius * generator.uniform(0.5, 1.3)
    field = field + waves * _noise(generator, y, x, 0.75 * radius)
    field = field + 0.35 * waves * _noise(generator, y, x, 0.28 * radius)
    # Shifted so that exactly the share that was drawn lies inside.
    return field - np.quantile(field, 1 - share), radius


def _pigment(generator, skin, depth, y, x, diagnosis) -> np.ndarray:
    """Skin with the lesion's colours laid over it; depth is 0 on the border."""
    softness = generator.uniform(*_SOFTNESS[diagnosis])
    cover = 1 / (1 + np.exp(-np.clip(depth / softness, -30, 30)))

    light, dark = (np.array(tone, float) for tone in _TONES[diagnosis])
    shade = generator.normal(0, 14) * np.array([1.0, 0.9, 0.8])
    warmth = generator.normal(0, 10) * np.array([1.0, 0.3, -1.0])
    middle = generator.uniform(0, 0.9) * np.clip(depth, 0, 0.6)
    blotches = generator.uniform(0.12, 0.4) * _noise(generator, y, x, 0.3)
    mixing = np.clip(0.35 + middle + blotches, 0, 1)[..., None]
    colour = light + (dark - light) * mixing + shade + warmth

    if diagnosis == 2 or generator.random() < 0.1:
        for tone in _RARE_TONES:
            patch = _noise(generator, y, x, 0.45) - generator.uniform(0.6, 1.8)
            weight = generator.uniform(0.4, 0.8) / (1 + np.exp(-4 * patch))
            colour += (np.array(tone) - colour) * weight[..., None]
    network = generator.uniform(2, 16) * _noise(generator, y, x, 0.06)
    colour = colour + network[..., None]

    # Pale lesions: some are hardly darker than the skin around them.
    opacity = generator.uniform(0.45, 1.0) if diagnosis < 2 else 1.0
    return skin + (colour - skin) * (opacity * cover)[..., None]


def _hair(generator, image, y, x) -> np.ndarray:
    """Dark curved hairs over everything, in a third of the images."""
    if generator.random() > 0.35:
        return image
    colour = np.array([52, 38, 32]) + generator.normal(0, 10, 3)
    # Never thinner than a third of a pixel, or small images would lose them.
    thinnest = 0.35 * 2 / min(image.shape[:2])
    for _ in range(generator.integers(2, 16)):
        start, end = generator.uniform(-1.3, 1.3, (2, 2))
        bend = (start + end) / 2 + generator.normal(0, 0.3, 2)
        t = np.linspace(0, 1, 28)[:, None]
        curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        distance = np.full(image.shape[:2], np.inf)
        for (ay, ax), (by, bx) in zip(curve[:-1], curve[1:], strict=True):
            dy, dx = by - ay, bx - ax
            along = ((y - ay) * dy + (x - ax) * dx) / (dy * dy + dx * dx + 1e-12)
            along = np.clip(along, 0, 1)
            gap = (y - ay - along * dy) ** 2 + (x - ax - along * dx) ** 2
            np.minimum(distance, gap, out=distance)
        thickness = max(generator.uniform(0.004, 0.014), thinnest)
        cover = generator.uniform(0.5, 0.95) * np.exp(-distance / thickness**2)
        image = image + (colour - image) * cover[..., None]
    return image


def _gel_bubbles(generator, image, y, x) -> np.ndarray:
    """Bright rings where the immersion gel holds air, in a quarter of the images."""
    if generator.random() > 0.25:
        return image
    for _ in range(generator.integers(1, 9)):
        cy, cx = generator.uniform(-1, 1, 2)
        size = generator.uniform(0.02, 0.09)
        distance = np.hypot(y - cy, x - cx)
        ring = np.exp(-(((distance - size) / (0.25 * size + 0.012)) ** 2))
        glint = np.exp(-((np.hypot(y - cy + size / 3, x - cx) / (0.3 * size)) ** 2))
        bright = generator.uniform(15, 55) * ring + 60 * glint
        image = image + bright[..., None]
    return image


def _light(generator, y, x) -> np.ndarray:
    """Uneven light, and the dark corners of a round lens in three images of four."""
    slope = generator.normal(0, 0.05, 2)
    light = generator.uniform(0.9, 1.1) + slope[0] * y + slope[1] * x
    if generator.random() < 0.75:
        radius = np.hypot(y, x)
        rim = generator.uniform(1.05, 1.35)
        fall = generator.uniform(0.03, 0.12)
        light = light * (
            0.08 + 0.92 / (1 + np.exp(np.clip((radius - rim) / fall, -30, 30)))
        )
        light = light * (1 - generator.uniform(0.05, 0.25) * radius**2)
    return np.clip(light, 0.02, None)
