"""Things of the simulated meadow without a class: rocks, bales, bushes, flowers...

Rocks and bales have colours of sheep, bushes those of trees.
"""

from __future__ import annotations

import numpy as np

from utils.simulators.scenery.painting import (
    Item,
    Sheet,
    Thing,
    ellipse,
    lit_bumps,
    uncounted,
)
from utils.simulators.scenery.trees import LEAVES

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


def random_clutter(generator, ground) -> list[Item]:
    """Draw clutter for the whole meadow. ground: a `meadow.Ground`."""
    light, crowd, items = ground.light, ground.crowd, []

    def place(depth):
        return ground.place(generator, depth)

    def add(draw, where, colour, shadow=0.0, lies=False, **shape):
        x, foot, scale = where
        thing = Thing(x, foot, scale, np.array(colour), shape)
        reach = shadow * scale
        shadow = (x - 0.35 * light.side * reach, foot, 1.15 * reach, 0.2 * reach)
        draw = uncounted(draw, thing, light)
        items.append(Item(foot - 3 * lies, draw, shadow=shadow if reach else None))

    def depth(least=0.12):
        return least + (1.05 - least) * generator.random() ** 1.4

    if generator.random() < 0.2:
        wall, roof = _BARNS[generator.integers(len(_BARNS))]
        more = {"side": generator.choice([-1, 1]), "long": generator.uniform(5, 9)}
        where = place(generator.uniform(0.03, 0.06))
        add(draw_barn, where, wall, 0, roof=np.array(roof), **more)
    if generator.random() < (0.3 if light.sun < 0.5 else 0.08):
        for _ in range(generator.integers(1, 4)):
            size = generator.uniform(0.4, 1)
            add(draw_puddle, place(depth(0.3)), (0, 0, 0), lies=True, size=size)
    for _ in range(generator.poisson(1.8 * crowd)):
        size = generator.uniform(0.22, 0.5)
        colour = _ROCKS[generator.integers(len(_ROCKS))] + generator.normal(0, 6)
        shape = {
            "flat": generator.uniform(0.5, 0.8),
            "turn": generator.normal(0, 0.12),
            "facets": np.array([0.5, 1.4, 2.5]) + generator.uniform(-0.35, 0.35, 3),
        }
        add(draw_rock, place(depth()), colour, 1.1 * size, size=size, **shape)
    if generator.random() < 0.32:
        colour = np.array((222, 196, 128)) + generator.normal(0, 8)
        for _ in range(generator.integers(1, 4)):
            side, long = generator.choice([-1, 1]), generator.uniform(0.9, 1.5)
            size = generator.uniform(0.42, 0.58)
            shape = {"size": size, "side": side, "long": long}
            add(draw_bale, place(depth()), colour, 1.9 * size, **shape)
    for _ in range(generator.poisson(2 * crowd)):
        low = np.array([-0.75, 0.05, 0.22])
        circles = generator.uniform(low, [0.75, 0.55, 0.42], (10, 3))
        size = generator.uniform(0.35, 0.65)
        colour = LEAVES[generator.integers(4)] + generator.normal(0, 7, 3)
        if generator.random() < 0.2:  # a molehill
            size, colour = 0.35 * size, np.array((112, 84, 62))
            circles[:, 1] *= 0.4
        shape = {"size": size, "circles": circles}
        add(draw_bush, place(depth(0.08)), colour, 1.1 * size, **shape)
    if generator.random() < 0.65:
        colour, heart = _FLOWERS[generator.integers(len(_FLOWERS))]
        for _ in range(generator.integers(2, 6)):  # patches
            x, foot, scale = place(depth(0.4))
            for _ in range(generator.integers(3, 10)):
                dx, dy = generator.normal(0, (0.8, 0.22)) * scale
                where = x + dx, foot + dy, light.scale(foot + dy)
                size = generator.uniform(0.045, 0.065)
                add(draw_flower, where, colour, lies=True, size=size, heart=heart)
    return items


def draw_bush(sheet: Sheet, bush: Thing, light) -> None:
    """A bush, or a molehill, which is as bumpy but brown."""
    size = bush.shape["size"]
    window, u, v = bush.look(sheet, 1.3 * size, 1.4 * size)
    if not window:
        return
    grain = window.grains
    field, curl, rise = lit_bumps(u / size, v / size, bush.shape["circles"])
    field = np.minimum(field * size + 0.07 * size * grain[0], v + 0.03)
    lit = 0.7 * (v / size - 0.4) + 0.3 * light.side * u / size
    lit = lit + 0.45 * rise + 0.4 * (curl - 0.5)
    shade = 0.84 + 0.3 * lit + 0.09 * grain[0] + 0.05 * grain[1]
    bush.lay(window, light, field, bush.colour, shade)


def draw_rock(sheet: Sheet, rock: Thing, light) -> None:
    size, flat, turn = (rock.shape[key] for key in ("size", "flat", "turn"))
    window, u, v = rock.look(sheet, 1.5 * size, 1.4 * size)
    if not window:
        return
    u, v = u / size, v / size
    grain = window.grains
    field = ellipse(u, v - 0.3 * flat, 1.0, flat, turn)
    middle = v - 0.3 * flat
    shade = np.full(field.shape, 0.88)
    for angle in rock.shape["facets"]:
        c, s = np.cos(angle), np.sin(angle)
        over = (u * c * flat + middle * s) - 0.62 * flat
        field = np.minimum(field, 0.24 * flat - over)
        lit = 0.17 * s + 0.2 * light.side * c * light.sun
        shade = np.where(over > 0, 0.88 + lit, shade)
    field = np.minimum(field, v + 0.05)
    shade = shade + 0.12 * np.clip(v, -0.5, 0.8) + 0.05 * grain[0] + 0.04 * grain[1]
    rock.lay(window, light, field * size, rock.colour, shade)


def draw_bale(sheet: Sheet, bale: Thing, light) -> None:
    """A round bale of hay, its face to the left or to the right."""
    size, side, long = (bale.shape[key] for key in ("size", "side", "long"))
    window, u, v = bale.look(sheet, 2.1 * size, (1.2 + long) * size)
    if not window:
        return
    u, v = side * u / size, v / size - 0.97
    straw = 0.05 * window.grains[0]
    body = np.minimum(np.minimum(u, long - u), 1 - np.abs(v))
    body = np.maximum(body, ellipse(u, v, 0.72, 1))
    body = np.maximum(body, ellipse(u - long, v, 0.5, 1))
    shade = 0.8 + 0.26 * np.clip(v, -1, 1) + straw + 0.03 * np.sin(25 * u)
    bale.lay(window, light, body * size, bale.colour, shade)
    face = ellipse(u, v, 0.72, 0.98)
    away = np.hypot(u / 0.72, v / 0.98)
    coil = np.sin(22 * away + np.arctan2(v, u / 0.72))
    bale.lay(
        window,
        light,
        face * size,
        bale.colour,
        1.0 + 0.1 * coil + straw - 0.1 * away**4,
    )


def draw_flower(sheet: Sheet, flower: Thing, light) -> None:
    radius = flower.shape["size"]
    window, u, v = flower.look(sheet, 2 * radius, 2 * radius, 2 * radius)
    if not window:
        return
    away = np.hypot(u, v)
    petals = radius * (0.8 + 0.25 * np.cos(5 * np.arctan2(v, u))) - away
    thin = radius * flower.scale
    flower.lay(window, light, petals, flower.colour, thin=thin)
    heart = 0.35 * radius - away
    flower.lay(window, light, heart, flower.shape["heart"], thin=0.3 * thin)


def draw_puddle(sheet: Sheet, puddle: Thing, light) -> None:
    """Water that shows the sky."""
    wide = puddle.shape["size"]
    window, u, v = puddle.look(sheet, 0.5 * wide, 1.3 * wide, 0.5 * wide)
    if not window:
        return
    field = ellipse(u, v, wide, 0.2 * wide) + 0.03 * wide * window.grains[1]
    puddle.lay(window, light, field + 0.06, (112, 104, 78), opacity=0.6)
    t = np.clip(0.5 + v / (0.4 * wide), 0, 1)[..., None]
    sky = np.array(light.sky.zenith) * (1 - t) + np.array(light.sky.low) * t
    window.paint(field * puddle.scale, 0.96 * sky, 0)


def draw_barn(sheet: Sheet, barn: Thing, light) -> None:
    """A barn far away: gable, long side, roof."""
    side, long = barn.shape["side"], barn.shape["long"]
    window, u, v = barn.look(sheet, 8, 4 + long)
    if not window:
        return
    u = side * u

    def inside(left, right, low, high):
        return np.minimum(
            np.minimum(u - left, right - u), np.minimum(v - low, high - v)
        )

    lit = 0.16 * light.side * side * light.sun
    wall, roof = barn.colour, barn.shape["roof"]
    barn.lay(window, light, inside(0, long, -0.2, 3.2), wall, 0.82 - lit)
    slope = np.minimum(inside(-1.6, long + 0.3, 3.0, 6.0), u + 1.6 - 0.5 * (v - 3.0))
    barn.lay(window, light, slope, roof, 0.95)
    gable = np.minimum(
        inside(-3.2, 0, -0.2, 6.0), 0.87 * (6.1 - v) - 0.9 * np.abs(u + 1.6)
    )
    gable = np.minimum(gable, 6 - v - 1.7 * np.abs(u + 1.6))
    barn.lay(window, light, gable, wall, 1.04 + lit)
    barn.lay(window, light, inside(-2.3, -0.9, -0.2, 2.2), wall, 0.5)
    barn.lay(window, light, inside(0.3 * long, 0.3 * long + 1, 1.2, 2.2), wall, 0.5)
