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

from utils.datasets import farm
from utils.datasets.cache import cached
from utils.datasets.landscape import (
    Light,
    draw_scenery,
    random_light,
    random_scenery,
)
from utils.datasets.painting import Sheet, ellipse
from utils.datasets.samples import Samples, height_and_width
from utils.datasets.sheep import Sheep, draw_sheep, random_sheep
from utils.live import live

CLASSES = ("background", "sky", "tree", "fence", "sheep")
BACKGROUND, SKY, TREE, FENCE, SHEEP = range(5)
_RECIPE = 5  # goes into the cache's key: count up whenever a picture changes

SEEN = 12 / 128**2  # of a square as high as the frame: 12 pixels of 128 x 128
_LOOK = 128  # height in pixels at which is counted what one sees of a sheep
_FLEECE = ((244, 241, 234), (240, 232, 214), (228, 218, 198), (216, 213, 208))
_FACES = ((44, 40, 40), (232, 222, 208), (96, 70, 56), (204, 186, 166))
_DARK = ((70, 56, 50), (104, 82, 66), (50, 48, 50))
_MARKS = ((70, 100, 200), (206, 66, 66), (64, 160, 92))
_ROCKS = np.array(((176, 174, 168), (204, 198, 184), (146, 144, 140)))
_FLOWERS = (
    ((252, 250, 244), (250, 206, 60)),
    ((250, 220, 70), (226, 160, 40)),
    ((222, 84, 92), (60, 40, 44)),
    ((176, 138, 220), (250, 220, 120)),
)
_BARNS = (
    ((170, 62, 52), (98, 84, 80)),
    ((226, 214, 194), (160, 84, 62)),
    ((150, 122, 98), (110, 100, 96)),
)


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
    if count < 1:
        raise ValueError(f"simulate_meadow draws at least one image, not {count}.")

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


@dataclass(frozen=True)
class _Item:
    """foot: y of the ground that it stands on. draw(sheet, number) lays it there.

    shadow: x, y and half axes of the dark ellipse that it throws on the ground.
    """

    foot: float
    draw: Callable[[Sheet, int], None]
    sheep: bool = False
    shadow: tuple[float, float, float, float] | None = None


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

    look = Sheet(_LOOK, max(1, round(_LOOK * aspect)), texture, coloured=False)
    seen = _lay(look, items)
    items = [
        item
        for item, pixels in zip(items, seen)
        if not item.sheep or pixels >= SEEN * _LOOK**2
    ]
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


def _lay(sheet: Sheet, items: list[_Item]) -> np.ndarray:
    """Lay the items over the sheet; return how many pixels show each sheep."""
    for number, item in enumerate(items, 1):
        item.draw(sheet, number)
    return np.bincount(sheet.instances.ravel(), minlength=len(items) + 1)[1:]


def _shadows(sheet: Sheet, items: list[_Item], light) -> None:
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


def _plan(generator, light: Light, aspect: float) -> list[_Item]:
    """Decide on everything that stands on the meadow; return it from far to near."""
    has_tree, has_fence, has_sheep = generator.random(3) > (0.05, 0.06, 0.04)
    fence = farm.random_fence(generator, light, aspect) if has_fence else None

    def place(depth: float, gap: float = 0.05) -> tuple[float, float, float]:
        """Draw x, and give foot and scale there, some way from the fence's line.

        depth: 0 at the horizon, 1 at the lower end of the frame.
        """
        x = generator.uniform(-1.02, 1.02) * aspect
        foot = _clear(fence, x, light.horizon + depth * (1 - light.horizon), gap)
        return x, foot, light.scale(foot)

    items = _fence(fence, light) if fence else []
    if has_tree:
        items += _trees(generator, light, aspect, place)
    if has_sheep:
        items += _flock(generator, light, aspect, place, fence)
    items += _clutter(generator, light, aspect, place)
    return sorted(items, key=lambda item: item.foot)


def _clear(fence, x: float, foot: float, gap: float) -> float:
    """Step away from the fence, so that nothing stands in it."""
    line = fence.foot(x) if fence else None
    if line is None or abs(foot - line) >= gap:
        return foot
    return line + (gap if foot > line else -gap)


def _fence(fence: farm.Fence, light) -> list[_Item]:
    items = []
    for n, (x, foot) in enumerate(fence.posts):
        scale = light.scale(foot)
        long = 0.45 * scale
        shadow = x - 0.8 * light.side * long, foot, long, 0.07 * scale
        draw = _uncounted(farm.draw_post, fence, n, light, FENCE)
        items.append(_Item(foot + 1e-3, draw, shadow=shadow))
        if n:
            middle = (fence.posts[n - 1, 1] + foot) / 2
            draw = _uncounted(farm.draw_panel, fence, n - 1, light, FENCE)
            items.append(_Item(middle, draw))
    return items


def _uncounted(draw, *thing) -> Callable[[Sheet, int], None]:
    """The draw of an item that is no instance, and needs no number."""
    return lambda sheet, number: draw(sheet, *thing)


def _trees(generator, light, aspect, place) -> list[_Item]:
    items = []
    for _ in range(1 + generator.poisson(2.6 * max(1, aspect))):
        depth = 0.07 + 0.68 * generator.random() ** 2.4
        tree = farm.random_tree(generator, *place(depth, 0.06))
        reach = 0.9 * tree.shape["wide"] * tree.scale
        x = tree.x - 0.7 * light.side * reach
        shadow = x, tree.foot + 0.01, 1.2 * reach, 0.24 * reach
        draw = _uncounted(farm.draw_tree, tree, light, TREE)
        items.append(_Item(tree.foot, draw, shadow=shadow))
    return items


def _flock(generator, light, aspect, place, fence) -> list[_Item]:
    """Sheep of one breed, some of them close together, a few dark ones and lambs."""
    fleece = np.array(_FLEECE[generator.integers(len(_FLEECE))])
    face = np.array(_FACES[generator.integers(len(_FACES))])
    mark = np.array(_MARKS[generator.integers(len(_MARKS))])
    marked = generator.random() < 0.3
    items, last = [], None
    for _ in range(int(generator.integers(3, 10) * max(1, aspect))):
        lamb = generator.random() < 0.22
        size = generator.uniform(0.88, 1.08) * (0.55 if lamb else 1)
        if last and generator.random() < 0.55:  # beside the one before
            x, foot, scale = last
            x = x + generator.choice([-1, 1]) * generator.uniform(0.35, 1.1) * scale
            foot = foot + generator.normal(0, 0.12) * scale
            foot = _clear(fence, x, max(foot, light.horizon + 0.2), 0.07)
        else:
            x, foot, scale = place(0.21 + 0.92 * generator.random() ** 1.25, 0.08)
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
        items.append(_Item(foot, draw, True, shadow))
    return items


def _counted(sheep: Sheep, light) -> Callable[[Sheet, int], None]:
    return lambda sheet, number: draw_sheep(sheet, sheep, light, SHEEP, number)


def _clutter(generator, light, aspect, place) -> list[_Item]:
    """Things without a class, among them some that look like sheep and trees."""
    items, crowd = [], max(1, aspect)

    def add(draw, where, colour, shadow=0.0, lies=False, **shape):
        x, foot, scale = where
        thing = farm.Thing(x, foot, scale, np.array(colour), shape)
        reach = shadow * scale
        shadow = (x - 0.35 * light.side * reach, foot, 1.15 * reach, 0.2 * reach)
        draw = _uncounted(draw, thing, light)
        items.append(_Item(foot - 3 * lies, draw, shadow=shadow if reach else None))

    def depth(least=0.12):
        return least + (1.05 - least) * generator.random() ** 1.4

    if generator.random() < 0.2:
        wall, roof = _BARNS[generator.integers(len(_BARNS))]
        more = {"side": generator.choice([-1, 1]), "long": generator.uniform(5, 9)}
        where = place(generator.uniform(0.03, 0.06))
        add(farm.draw_barn, where, wall, 0, roof=np.array(roof), **more)
    if generator.random() < (0.3 if light.sun < 0.5 else 0.08):
        for _ in range(generator.integers(1, 4)):
            size = generator.uniform(0.4, 1)
            add(farm.draw_puddle, place(depth(0.3)), (0, 0, 0), lies=True, size=size)
    for _ in range(generator.poisson(1.8 * crowd)):
        size = generator.uniform(0.22, 0.5)
        colour = _ROCKS[generator.integers(len(_ROCKS))] + generator.normal(0, 6)
        shape = {
            "flat": generator.uniform(0.5, 0.8),
            "turn": generator.normal(0, 0.12),
            "facets": np.array([0.5, 1.4, 2.5]) + generator.uniform(-0.35, 0.35, 3),
        }
        add(farm.draw_rock, place(depth()), colour, 1.1 * size, size=size, **shape)
    if generator.random() < 0.32:
        colour = np.array((222, 196, 128)) + generator.normal(0, 8)
        for _ in range(generator.integers(1, 4)):
            side, long = generator.choice([-1, 1]), generator.uniform(0.9, 1.5)
            size = generator.uniform(0.42, 0.58)
            shape = {"size": size, "side": side, "long": long}
            add(farm.draw_bale, place(depth()), colour, 1.9 * size, **shape)
    for _ in range(generator.poisson(2 * crowd)):
        low = np.array([-0.75, 0.05, 0.22])
        circles = generator.uniform(low, [0.75, 0.55, 0.42], (10, 3))
        size = generator.uniform(0.35, 0.65)
        colour = farm.LEAVES[generator.integers(4)] + generator.normal(0, 7, 3)
        if generator.random() < 0.2:  # a molehill
            size, colour = 0.35 * size, np.array((112, 84, 62))
            circles[:, 1] *= 0.4
        shape = {"size": size, "circles": circles}
        add(farm.draw_bush, place(depth(0.08)), colour, 1.1 * size, **shape)
    if generator.random() < 0.65:
        colour, heart = _FLOWERS[generator.integers(len(_FLOWERS))]
        for _ in range(generator.integers(2, 6)):  # patches
            x, foot, scale = place(depth(0.4))
            for _ in range(generator.integers(3, 10)):
                dx, dy = generator.normal(0, (0.8, 0.22)) * scale
                where = x + dx, foot + dy, light.scale(foot + dy)
                size = generator.uniform(0.045, 0.065)
                add(farm.draw_flower, where, colour, lies=True, size=size, heart=heart)
    return items
