"""The simulated flock: the meadow seen from nearer, for telling sheep apart.

Painter, light, trees, clutter and classes are those of `utils.simulators.meadow`. What
differs is the plan: up to seven sheep stand in front of the fence, larger, and often
so close together that they touch or hide each other in part. In the meadow planks cut
sheep in two, and ears peep over boards; here one sees of every sheep at least `SHARE`
of what is in the frame, and at least `SEEN` of the frame.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tqdm.auto import tqdm

from utils.live import live
from utils.samples import Samples, check_drawing, height_and_width
from utils.simulators import meadow
from utils.simulators.meadow import BACKGROUND, CLASSES, FENCE, SKY, TREE, Ground
from utils.simulators.scenery.clutter import random_clutter
from utils.simulators.scenery.fences import random_fence
from utils.simulators.scenery.landscape import (
    draw_scenery,
    random_light,
    random_scenery,
)
from utils.simulators.scenery.painting import Item, Sheet
from utils.simulators.scenery.sheep import random_sheep
from utils.simulators.scenery.trees import random_trees
from utils.storage.cache import cached

_RECIPE = 3  # goes into the cache's key: count up whenever a picture changes

SHARE = 0.6  # of a sheep in the frame is seen at least
SEEN = 250 / 128**2  # of a square as high as the frame: 250 pixels of 128 x 128
_LOOK = 128  # height in pixels at which is counted what one sees of a sheep
_HIGH = (0.42, 0.95)  # a sheep's height, as a share of half the frame's


def simulate_flock(
    count: int = 200, size: int | tuple[int, int] = 128, seed: int = 0
) -> Samples:
    """Draw simulated meadows from nearby, their class maps and their instances.

    Arguments, result and errors are those of `simulate_meadow`; the sheep are larger
    and stand in front of the fence, touching or hiding each other in part.
    """
    height, width = height_and_width(size, smallest=32)
    check_drawing("simulate_flock", count, seed)

    def draw() -> dict[str, np.ndarray]:
        images = np.empty((count, height, width, 3), np.uint8)
        masks = np.empty((count, height, width), np.uint8)
        instances = np.empty((count, height, width), np.int32)
        bar = tqdm(range(count), "Drawing flocks", unit="image", disable=not live())
        for i in bar:
            generator = np.random.default_rng([seed, i])
            images[i], masks[i], instances[i] = draw_flock(generator, height, width)
        return {"images": images, "masks": masks, "instances": instances}

    key = f"{_RECIPE}-{count}-{height}x{width}-{seed}"
    return Samples(
        names=tuple(f"flock{i:03d}" for i in range(count)),
        classes=CLASSES,
        source="simulated",
        **cached("flock", key, draw),
    )


def draw_flock(
    generator: np.random.Generator, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw one flock.

    Returns (image uint8 (H, W, 3), mask uint8 (H, W), instances int32 (H, W)).
    """
    aspect = width / height
    light = random_light(generator)
    light = replace(light, horizon=generator.uniform(-0.75, -0.35))
    scenery = random_scenery(generator, light, aspect)
    items = _plan(generator, light, aspect)
    texture = generator.integers(2**32)

    items = _seen(items, texture, aspect)
    sheet = Sheet(height, width, texture)
    draw_scenery(sheet, generator, scenery, light, SKY, BACKGROUND)
    meadow._shadows(sheet, items, light)
    seen = meadow._lay(sheet, items)
    numbers = np.concatenate([[0], np.cumsum(seen > 0) * (seen > 0)])
    instances = numbers[sheet.instances].astype(np.int32)

    grain = generator.uniform(0.5, 3)
    image = sheet.image + generator.normal(0, grain, sheet.image.shape)
    image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return image, sheet.labels, instances


def _plan(generator, light, aspect: float) -> list[Item]:
    """Decide on everything that stands there; return it from far to near."""
    fence = None
    if generator.random() < 0.7:
        # As if metres were twice as large there: half as far from the horizon.
        far = replace(light, per_metre=2 * light.per_metre)
        fence = random_fence(generator, far, aspect)
    ground = Ground(light, aspect, fence)
    items = fence.items(light, FENCE) if fence else []
    items += random_trees(generator, ground, TREE)
    items += _flock(generator, ground)
    items += random_clutter(generator, ground)
    return sorted(items, key=lambda item: item.foot)


def _flock(generator, ground: Ground) -> list[Item]:
    """Sheep in front of the fence, more than half of them beside another one."""
    colours = meadow._FLEECE, meadow._FACES, meadow._MARKS
    fleece, face, mark = (np.array(c[generator.integers(len(c))]) for c in colours)
    mark = mark if generator.random() < 0.3 else None
    light, items, last = ground.light, [], None
    for _ in range(int(generator.integers(4, 9) * ground.crowd)):
        lamb = generator.random() < 0.2
        size = generator.uniform(0.88, 1.08) * (0.65 if lamb else 1)
        if last and generator.random() < 0.55:  # beside the one before
            x, foot, scale = last
            x = x + generator.choice([-1, 1]) * generator.uniform(0.7, 1.3) * scale
            foot = foot + generator.normal(0, 0.12) * scale
        else:
            x = generator.uniform(-0.95, 0.95) * ground.aspect
            high = np.exp(generator.uniform(*np.log(_HIGH)))
            foot = light.horizon + high / light.per_metre
        line = ground.fence.foot(x) if ground.fence else None
        foot = foot if line is None else max(foot, line + 0.07)
        foot = min(foot, 1.05)
        scale = light.scale(foot)
        last = x, foot, scale
        own_fleece, own_face, own_mark = fleece, face, mark
        if generator.random() < 0.08:
            dark = meadow._DARK[generator.integers(len(meadow._DARK))]
            own_fleece, own_face, own_mark = np.array(dark), np.array(dark), None
        own_fleece = own_fleece + generator.normal(0, 5)
        sheep = random_sheep(
            generator, x, foot, size * scale, lamb, own_fleece, own_face, own_mark
        )
        high = sheep.scale
        shadow = x - 0.22 * light.side * high, foot, 0.6 * high, 0.1 * high
        items.append(Item(foot, meadow._counted(sheep, light), True, shadow))
    return items


def _seen(items: list[Item], texture: int, aspect: float) -> list[Item]:
    """Leave out the sheep that are mostly hidden, and those next to nothing of."""
    sheet = Sheet(_LOOK, max(1, round(_LOOK * aspect)), texture, coloured=False)
    seen = meadow._lay(sheet, items)
    kept = []
    for item, pixels in zip(items, seen, strict=True):
        if item.sheep:
            sheet.instances[:] = 0
            whole = meadow._lay(sheet, [item])[0]  # alone
            if pixels < max(SHARE * whole, SEEN * _LOOK**2):
                continue
        kept.append(item)
    return kept
