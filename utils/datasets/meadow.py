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
from utils.datasets.landscape import draw_scenery, random_light, random_scenery
from utils.datasets.painting import Sheet, ellipse
from utils.datasets.samples import Samples, height_and_width
from utils.datasets.sheep import draw_sheep, random_sheep
from utils.live import live

CLASSES = ("background", "sky", "tree", "fence", "sheep")
BACKGROUND, SKY, TREE, FENCE, SHEEP = range(5)
_RECIPE = 1  # goes into the cache's key: count up whenever a picture changes

SEEN = 12 / 128**2  # of a square as high as the frame: 12 pixels of 128 x 128
_LOOK = 128  # height in pixels at which is counted what one sees of a sheep
_FLEECE = ((236, 232, 222), (228, 220, 200), (216, 206, 186), (204, 200, 194))
_FACES = ((44, 40, 40), (222, 212, 198), (92, 68, 54), (196, 178, 158))
_DARK = ((66, 54, 48), (96, 76, 62), (48, 46, 48))


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
    """foot: y of the ground that it stands on. draw(sheet, number) lays it there."""

    foot: float
    draw: Callable[[Sheet, int], None]
    sheep: bool = False
    shadow: tuple | None = None  # x, foot, half width, half height


def draw_meadow(
    generator: np.random.Generator, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw one meadow.

    Returns (image uint8 (H, W, 3), mask uint8 (H, W), instances int32 (H, W)).
    """
    aspect = width / height
    light = random_light(generator)
    scenery = random_scenery(generator, light, aspect)
    items = _plan(generator, light, scenery, aspect)
    texture, speckle = generator.integers(2**32, size=2)
    grain = generator.uniform(0.5, 3)

    def render(items, height, width):
        sheet = Sheet(height, width, texture)
        draw_scenery(
            sheet, np.random.default_rng(texture + 1), scenery, light, SKY, BACKGROUND
        )
        _shadows(sheet, items, light)
        for number, item in enumerate(items, 1):
            item.draw(sheet, number)
        return sheet

    look = render(items, _LOOK, max(1, round(_LOOK * aspect)))
    seen = np.bincount(look.instances.ravel(), minlength=len(items) + 1)[1:]
    enough = [n >= SEEN * _LOOK**2 or not item.sheep for n, item in zip(seen, items)]
    if all(enough) and look.labels.shape == (height, width):
        sheet = look
    else:
        items = [item for item, keep in zip(items, enough) if keep]
        sheet = render(items, height, width)
    noise = np.random.default_rng(speckle).normal(0, grain, sheet.image.shape)
    image = np.clip(np.rint(sheet.image + noise), 0, 255).astype(np.uint8)
    numbers, instances = np.unique(sheet.instances, return_inverse=True)
    instances = instances.reshape(height, width) + (numbers[0] > 0)
    return image, sheet.labels, instances.astype(np.int32)


def _plan(generator, light, scenery, aspect) -> list[_Item]:
    """Decide on everything that stands on the meadow, from far to near."""
    items = []
    has_tree, has_fence, has_sheep = generator.random(3) > (0.05, 0.07, 0.05)
    crowd = max(1.0, aspect)
    horizon = light.horizon

    fence = None
    if has_fence:
        fence = farm.random_fence(generator, light, aspect)
        for n in range(len(fence.posts)):
            x, foot = fence.posts[n]
            s = light.scale(foot)
            items.append(
                _Item(
                    foot + 1e-3,
                    lambda c, i, n=n: farm.draw_post(c, fence, n, light, FENCE),
                    shadow=(x, foot, 0.25 * s, 0.05 * s),
                )
            )
            if n:
                middle = (fence.posts[n - 1, 1] + foot) / 2
                items.append(
                    _Item(
                        middle,
                        lambda c, i, n=n: farm.draw_panel(
                            c, fence, n - 1, light, FENCE
                        ),
                    )
                )

    def clear(x, foot, gap):
        """Step away from the fence, so that nothing stands in it."""
        line = fence.foot(x) if fence else None
        if line is not None and abs(foot - line) < gap:
            return line + (gap if foot > line else -gap)
        return foot

    for _ in range(generator.poisson(3.2 * crowd) + 1 if has_tree else 0):
        foot = horizon + 0.05 + 0.75 * generator.random() ** 2.2
        x = generator.uniform(-aspect, aspect)
        foot = clear(x, foot, 0.06)
        scale = light.scale(foot)
        leaf = np.array(
            farm.LEAVES[generator.choice(5, p=(0.3, 0.25, 0.2, 0.17, 0.08))]
        ) + generator.normal(0, 7, 3)
        kind = "conifer" if generator.random() < 0.35 else "broad"
        tree = farm.random_tree(generator, x, foot, scale, kind, leaf)
        items.append(
            _Item(
                foot,
                lambda c, i, t=tree: farm.draw_tree(c, t, light, TREE),
                shadow=(x + -light.side * 1.2 * scale, foot, 2.4 * scale, 0.35 * scale),
            )
        )

    tame = (
        np.array(_FLEECE[generator.integers(4)]),
        np.array(_FACES[generator.integers(4)]),
    )
    marks = np.array(
        [(62, 92, 190), (196, 58, 60), (60, 150, 84)][generator.integers(3)]
    )
    marked = generator.random() < 0.35
    x = foot = None
    for number in range(int(generator.integers(3, 10) * crowd) if has_sheep else 0):
        lamb = generator.random() < 0.22
        near = number and generator.random() < 0.55
        turn = generator.uniform(-1, 1), generator.random(), generator.normal(0, 1, 2)
        if near:
            foot = foot + 0.12 * scale * turn[2][1]
            x = x + 0.75 * scale * turn[2][0]
        else:
            x = 1.02 * aspect * turn[0]
            foot = horizon + 0.2 + (1.18 - horizon - 0.2) * turn[1] ** 1.5
        foot = max(foot, horizon + 0.16)
        foot = clear(x, foot, 0.06 + 0.03 * generator.random())
        scale = light.scale(foot) * generator.uniform(0.88, 1.08)
        dark = generator.random() < 0.1
        fleece, face = (np.array(_DARK[generator.integers(3)]),) * 2 if dark else tame
        fleece, face = fleece + generator.normal(0, 6), 0.9 * face if dark else face
        mark = marks if marked and not dark and not lamb else None
        sheep = random_sheep(
            generator, x, foot, scale * (0.55 if lamb else 1), lamb, fleece, face, mark
        )
        items.append(
            _Item(
                foot,
                lambda c, i, s=sheep: draw_sheep(c, s, light, SHEEP, i),
                True,
                (
                    x - 0.25 * light.side * sheep.scale,
                    foot,
                    0.55 * sheep.scale,
                    0.1 * sheep.scale,
                ),
            )
        )

    items += _clutter(generator, light, aspect, crowd, clear)
    return sorted(items, key=lambda item: item.foot)


def _clutter(generator, light, aspect, crowd, clear) -> list[_Item]:
    """Things without a class, among them some that look like sheep and trees."""
    items = []

    def place(far=0.15):
        foot = (
            light.horizon
            + far
            + (1.1 - light.horizon - far) * generator.random() ** 1.4
        )
        x = generator.uniform(-aspect, aspect)
        foot = clear(x, foot, 0.05)
        return x, foot, light.scale(foot)

    def add(thing, draw, shadow=None):
        shadow = shadow and (
            thing.x - 0.3 * light.side * shadow * thing.scale,
            thing.foot,
            shadow * thing.scale,
            0.18 * shadow * thing.scale,
        )
        items.append(
            _Item(thing.foot, lambda c, i: draw(c, thing, light), shadow=shadow)
        )

    for _ in range(generator.poisson(1.8 * crowd)):
        size = generator.uniform(0.22, 0.5)
        colour = np.array(
            [(168, 166, 160), (188, 182, 168), (140, 138, 134)][generator.integers(3)]
        ) + generator.normal(0, 6)
        shape = np.array(
            [
                size,
                generator.uniform(0.5, 0.75),
                generator.normal(0, 0.12),
                generator.uniform(-0.3, 0.3),
            ]
        )
        add(farm.Thing("rock", *place(), colour, shape), farm.draw_rock, 1.1 * size)
    if generator.random() < 0.35:
        colour = np.array((214, 190, 122)) + generator.normal(0, 8)
        for _ in range(generator.integers(1, 4)):
            shape = np.array([generator.uniform(0.45, 0.6), generator.choice([-1, 1])])
            add(farm.Thing("bale", *place(), colour, shape), farm.draw_bale, 0.9)
    for _ in range(generator.poisson(1.5 * crowd)):
        n, size = 9, generator.uniform(0.35, 0.7)
        circles = np.column_stack(
            [
                generator.uniform(-0.75, 0.75, n),
                generator.uniform(0.1, 0.6, n),
                generator.uniform(0.25, 0.42, n),
            ]
        )
        leaf = np.array(farm.LEAVES[generator.integers(4)]) + generator.normal(0, 7, 3)
        add(
            farm.Thing(
                "bush", *place(0.1), leaf, np.concatenate([[size], circles.ravel()])
            ),
            farm.draw_bush,
            1.1 * size,
        )
    if generator.random() < 0.6:
        petals = np.array([0.05])
        colour = np.array(
            [(250, 246, 236), (246, 214, 70), (214, 90, 110), (170, 130, 210)][
                generator.integers(4)
            ]
        )
        for _ in range(generator.integers(12, 40)):
            add(farm.Thing("flower", *place(0.4), colour, petals), farm.draw_flower)
    return items


def _shadows(sheet, items, light) -> None:
    """Darken the ground beside everything that stands; no label changes."""
    for item in items:
        if item.shadow is None:
            continue
        x, foot, a, b = item.shadow
        window = sheet.window(foot - b, foot + b, x - a, x + a)
        if window:
            field = ellipse(window.x - x, window.y - foot, a, b)
            soft = (0.2 + 0.3 * light.sun) * np.clip(field / b * 2.5, 0, 1)
            soft = soft * (window.sheet.labels[window.place] == BACKGROUND)
            window.paint(np.ones((1, 1)), (34, 44, 40), opacity=soft)
