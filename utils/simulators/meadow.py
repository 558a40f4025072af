"""The simulated meadow: sheep among trees and fences, with class map and instances.

Every picture is drawn, none is photographed. Objects are laid over each other from far
to near (the painter's order), so that labels hold what is seen and nothing else.
Rocks, hay bales and clouds have colours of sheep, bushes have those of trees; shadows,
puddles, flowers and all that has no class of its own belong to the background, birds
and clouds to the sky. A sheep of which less than `SEEN` of the frame would be seen is
left out of the picture, so that every sheep that one sees is labelled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from utils.live import live
from utils.samples import Samples, check_drawing, height_and_width
from utils.simulators.scenery.clutter import random_clutter
from utils.simulators.scenery.fences import Fence, random_fence
from utils.simulators.scenery.landscape import (
    Light,
    draw_scenery,
    random_light,
    random_scenery,
)
from utils.simulators.scenery.painting import Item, Sheet, ellipse
from utils.simulators.scenery.sheep import Sheep, draw_sheep, random_sheep
from utils.simulators.scenery.trees import random_trees
from utils.storage.cache import cached

CLASSES = ("background", "sky", "tree", "fence", "sheep")
BACKGROUND, SKY, TREE, FENCE, SHEEP = range(5)
_RECIPE = 5  # goes into the cache's key: count up whenever a picture changes

SEEN = 12 / 128**2  # of a square as high as the frame: 12 pixels of 128 x 128
_LOOK = 128  # height in pixels at which is counted what one sees of a sheep
_FLEECE = ((244, 241, 234), (240, 232, 214), (228, 218, 198), (216, 213, 208))
_FACES = ((44, 40, 40), (232, 222, 208), (96, 70, 56), (204, 186, 166))
_DARK = ((70, 56, 50), (104, 82, 66), (50, 48, 50))
_MARKS = ((70, 100, 200), (206, 66, 66), (64, 160, 92))


def simulate_meadow(
    count: int = 200, size: int | tuple[int, int] = 128, seed: int = 0
) -> Samples:
    """Draw simulated meadows with sheep, their class maps and their instances.

    count: number of images.
    size: side of the square image in pixels, or (height, width), at least 32. Nothing
        is stretched: a wider frame is a wider view, with other sheep in it.
    seed: image i depends on (seed, i) and on width / height; every square size shows
        the same scene.
    Returns Samples with source "simulated", masks of `CLASSES` and instances: 0 where
    there is no sheep, 1, 2, ... where one sees the first, second, ... sheep.
    Raises ValueError for no image, or a side of less than 32 pixels.
    """
    height, width = height_and_width(size, smallest=32)
    check_drawing("simulate_meadow", count, seed)

    def draw() -> dict[str, np.ndarray]:
        images = np.empty((count, height, width, 3), np.uint8)
        masks = np.empty((count, height, width), np.uint8)
        instances = np.empty((count, height, width), np.int32)
        bar = tqdm(range(count), "Drawing meadows", unit="image", disable=not live())
        for i in bar:
            generator = np.random.default_rng([seed, i])
            images[i], masks[i], instances[i] = draw_meadow(generator, height, width)
        return {"images": images, "masks": masks, "instances": instances}

    key = f"{_RECIPE}-{count}-{height}x{width}-{seed}"
    return Samples(
        names=tuple(f"meadow{i:03d}" for i in range(count)),
        classes=CLASSES,
        source="simulated",
        **cached("meadow", key, draw),
    )


def draw_meadow(
    generator: np.random.Generator, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw one meadow.

    Returns (image uint8 (H, W, 3), mask uint8 (H, W), instances int32 (H, W)).
    """
    aspect = width / height
    light = random_light(generator)
    scenery = random_scenery(generator, light, aspect)
    items = _plan(generator, light, aspect)
    texture = generator.integers(2**32)

    items = _seen(items, texture, aspect)
    sheet = Sheet(height, width, texture)
    draw_scenery(sheet, generator, scenery, light, SKY, BACKGROUND)
    _shadows(sheet, items, light)
    seen = _lay(sheet, items)
    numbers = np.concatenate([[0], np.cumsum(seen > 0) * (seen > 0)])
    instances = numbers[sheet.instances].astype(np.int32)

    grain = generator.uniform(0.5, 3)
    image = sheet.image + generator.normal(0, grain, sheet.image.shape)
    image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return image, sheet.labels, instances


def _seen(items: list[Item], texture: int, aspect: float) -> list[Item]:
    """Leave out the sheep of which one would see next to nothing."""
    first = next((n for n, item in enumerate(items) if item.sheep), len(items))
    look = Sheet(_LOOK, max(1, round(_LOOK * aspect)), texture, coloured=False)
    pixels = _lay(look, items[first:])  # what is further away hides no sheep
    enough = pixels >= SEEN * _LOOK**2
    kept = [item for item, n in zip(items[first:], enough) if n or not item.sheep]
    return items[:first] + kept


def _lay(sheet: Sheet, items: list[Item]) -> np.ndarray:
    """Lay the items over the sheet; return how many pixels show each of them.

    Only sheep are counted.
    """
    for number, item in enumerate(items, 1):
        item.draw(sheet, number)
    return np.bincount(sheet.instances.ravel(), minlength=len(items) + 1)[1:]


def _shadows(sheet: Sheet, items: list[Item], light) -> None:
    """Darken the ground beside everything that stands; no label changes."""
    for item in items:
        if item.shadow is None:
            continue
        x, y, a, b = item.shadow
        window = sheet.window(y - b, y + b, x - a, x + a)
        if window:
            field = ellipse(window.x - x, window.y - y, a, b)
            soft = (0.16 + 0.3 * light.sun) * np.clip(2.2 * field / min(a, b), 0, 1)
            soft = soft * (sheet.labels[window.place] == BACKGROUND)
            window.paint(np.ones((1, 1)), (30, 44, 40), opacity=soft)


@dataclass(frozen=True)
class Ground:
    """Where things may stand: beside the fence, not in it."""

    light: Light
    aspect: float
    fence: Fence | None

    @property
    def crowd(self) -> float:
        """How many times more there is on a wide frame than on a square one."""
        return max(1, self.aspect)

    def place(self, generator, depth: float, gap: float = 0.05) -> tuple:
        """Draw x; return x, foot and the scale of a metre there.

        depth: 0 at the horizon, 1 at the lower end of the frame.
        gap: to the line of the fence.
        """
        x = generator.uniform(-1.02, 1.02) * self.aspect
        foot = self.light.horizon + depth * (1 - self.light.horizon)
        foot = self.clear(x, foot, gap)
        return x, foot, self.light.scale(foot)

    def clear(self, x: float, foot: float, gap: float) -> float:
        """Return foot, further from the fence if it is nearer than the gap."""
        return self.fence.clear(x, foot, gap) if self.fence else foot


def _plan(generator, light: Light, aspect: float) -> list[Item]:
    """Decide on everything that stands on the meadow; return it from far to near."""
    has_tree, has_fence, has_sheep = generator.random(3) > (0.05, 0.06, 0.04)
    fence = random_fence(generator, light, aspect) if has_fence else None
    ground = Ground(light, aspect, fence)
    items = fence.items(light, FENCE) if fence else []
    if has_tree:
        items += random_trees(generator, ground, TREE)
    if has_sheep:
        items += _flock(generator, ground)
    items += random_clutter(generator, ground)
    return sorted(items, key=lambda item: item.foot)


def _flock(generator, ground: Ground) -> list[Item]:
    """Sheep of one breed, some of them close together, a few dark ones and lambs."""
    fleece = np.array(_FLEECE[generator.integers(len(_FLEECE))])
    face = np.array(_FACES[generator.integers(len(_FACES))])
    mark = np.array(_MARKS[generator.integers(len(_MARKS))])
    marked = generator.random() < 0.3
    light, items, last = ground.light, [], None
    for _ in range(int(generator.integers(3, 10) * ground.crowd)):
        lamb = generator.random() < 0.22
        size = generator.uniform(0.88, 1.08) * (0.55 if lamb else 1)
        if last and generator.random() < 0.55:  # beside the one before
            x, foot, scale = last
            x = x + generator.choice([-1, 1]) * generator.uniform(0.35, 1.1) * scale
            foot = foot + generator.normal(0, 0.12) * scale
            foot = ground.clear(x, max(foot, light.horizon + 0.2), 0.07)
        else:
            depth = 0.21 + 0.92 * generator.random() ** 1.25
            x, foot, scale = ground.place(generator, depth, 0.08)
        scale = light.scale(foot)
        last = x, foot, scale
        own_fleece, own_face, own_mark = fleece, face, mark if marked else None
        if generator.random() < 0.08:
            own_fleece = own_face = np.array(_DARK[generator.integers(len(_DARK))])
            own_mark = None
        own_fleece = own_fleece + generator.normal(0, 5)
        sheep = random_sheep(
            generator, x, foot, size * scale, lamb, own_fleece, own_face, own_mark
        )
        high = sheep.scale
        shadow = x - 0.22 * light.side * high, foot, 0.6 * high, 0.1 * high
        draw = _counted(sheep, light)
        items.append(Item(foot, draw, True, shadow))
    return items


def _counted(sheep: Sheep, light) -> Callable[[Sheet, int], None]:
    return lambda sheet, number: draw_sheep(sheet, sheep, light, SHEEP, number)
