"""The trees of the simulated meadow: broad-leaf trees, birches, conifers."""

from __future__ import annotations

import numpy as np

from utils.simulators.scenery.painting import (
    Item,
    Sheet,
    Thing,
    capsule,
    lit_bumps,
    uncounted,
)

LEAVES = ((76, 124, 50), (98, 142, 56), (62, 110, 58), (118, 144, 56), (196, 138, 50))
NEEDLES = ((44, 92, 62), (58, 100, 58), (40, 82, 70))
_BARK, _BIRCH = (116, 90, 68), (214, 210, 200)
_APPLE = (206, 52, 44)


def random_trees(generator, ground, label: int) -> list[Item]:
    """Draw at least one tree, most of them far away. ground: a `meadow.Ground`."""
    light, items = ground.light, []
    for _ in range(1 + generator.poisson(2.6 * ground.crowd)):
        depth = 0.07 + 0.68 * generator.random() ** 2.4
        tree = random_tree(generator, *ground.place(generator, depth, 0.06))
        reach = 0.9 * tree.shape["wide"] * tree.scale
        x = tree.x - 0.7 * light.side * reach
        shadow = x, tree.foot + 0.01, 1.2 * reach, 0.24 * reach
        draw = uncounted(draw_tree, tree, light, label)
        items.append(Item(tree.foot, draw, shadow=shadow))
    return items


def random_tree(generator, x, foot, scale) -> Thing:
    """Draw a broad-leaf tree (two of three) or a conifer."""
    conifer = generator.random() < 0.35
    height = generator.uniform(4.2, 7.5)
    lean = generator.normal(0, 0.12)
    if conifer:
        colour = np.array(NEEDLES[generator.integers(3)]) + generator.normal(0, 5, 3)
        wide = height * generator.uniform(0.2, 0.27)
        tiers = int(generator.integers(5, 8))
        shape = {"tiers": tiers, "phase": generator.uniform(0, 6, tiers)}
    else:
        kind = generator.choice(len(LEAVES), p=(0.3, 0.25, 0.2, 0.17, 0.08))
        colour = np.array(LEAVES[kind]) + generator.normal(0, 7, 3)
        n = 20
        angle = np.arange(n) * 2.4 + generator.normal(0, 0.25, n)
        out = np.sqrt((np.arange(n) + 0.5) / n) * generator.uniform(0.85, 1.05, n)
        radius = 0.42 - 0.14 * out + generator.uniform(-0.05, 0.05, n)
        circles = np.column_stack(
            [0.68 * out * np.cos(angle), 0.66 * out * np.sin(angle), radius]
        )
        wide = height * generator.uniform(0.3, 0.4)
        apples = generator.uniform(-0.75, 0.75, (14, 2))
        shape = {
            "circles": circles[::-1],
            "bare": generator.uniform(0.24, 0.38),
            "birch": generator.random() < 0.12,
            "apples": apples if generator.random() < 0.12 else apples[:0],
        }
    return Thing(
        x, foot, scale, colour, {"high": height, "wide": wide, "lean": lean, **shape}
    )


def draw_tree(sheet: Sheet, tree: Thing, light, label: int) -> None:
    high, wide, lean = (tree.shape[key] for key in ("high", "wide", "lean"))
    window, u, v = tree.look(sheet, 1.1 * high, 1.25 * wide)
    if not window:
        return
    grain = window.grains
    birch = tree.shape.get("birch", False)
    thick = (0.045 if "tiers" in tree.shape or birch else 0.054) * high
    stem = capsule(u, v, (0, -0.05), (lean, 0.7 * high), 0.9 * thick, 0.4 * thick)
    root = capsule(u, v, (0, -0.05), (0.1 * lean, 0.7), 1.4 * thick, 0.75 * thick)
    field = np.maximum(stem, root)
    if "tiers" not in tree.shape:
        fork = 0.8 * tree.shape["bare"] * high
        for s in (-1, 1):
            branch = (lean + 0.55 * s * wide, 0.62 * high)
            field = np.maximum(
                field,
                capsule(u, v, (0.3 * lean, fork), branch, 0.5 * thick, 0.2 * thick),
            )
    furrows = np.sin(9 * u / thick + 2.5 * grain[1] + 1.5 * np.sin(1.7 * v))
    shade = 0.95 + 0.26 * light.side * np.clip(u / thick, -1, 1) + 0.05 * furrows
    if birch:
        bands = np.sin(13 * v + 2 * np.sin(5 * v) + 0.8 * np.sin(3 * u / thick))
        shade = shade * (1 - 0.6 * (bands > 0.86))
    tree.lay(
        window,
        light,
        np.minimum(field, v + 0.04),
        _BIRCH if birch else _BARK,
        shade,
        label,
    )
    crown = _conifer if "tiers" in tree.shape else _broadleaf
    crown(tree, window, u, v, light, label)


def _broadleaf(tree, window, u, v, light, label) -> None:
    high, wide, lean, bare = (
        tree.shape[key] for key in ("high", "wide", "lean", "bare")
    )
    grain = window.grains
    tall = 0.5 * (1 - bare) * high
    du, dv = (u - lean) / wide, (v - (bare * high + tall)) / tall
    field, curl, rise = lit_bumps(du, dv, tree.shape["circles"])
    field = field * min(wide, tall) + 0.04 * high * 0.2 * (grain[0] + 1.5 * grain[1])
    lit = 0.5 * np.clip(dv, -1, 1) + 0.45 * light.side * np.clip(du, -1, 1)
    lit = lit + 0.55 * rise + 0.5 * (curl - 0.5)
    leafy = 0.1 * grain[0] + 0.06 * grain[1]
    shade = 0.84 + (0.2 + 0.12 * light.sun) * lit + leafy
    warm = 16 * light.sun * np.clip(lit, 0, 1.5)[..., None] * np.array([1.5, 1.2, 0])
    tree.lay(window, light, field, tree.colour + warm, shade, label)
    for au, av in tree.shape["apples"]:
        apple = 0.1 - np.hypot(u - lean - au * wide, v - bare * high - (1 + av) * tall)
        tree.lay(
            window,
            light,
            np.minimum(apple, field),
            _APPLE,
            1,
            label,
            thin=0.1 * tree.scale,
        )


def _conifer(tree, window, u, v, light, label) -> None:
    high, wide, lean = (tree.shape[key] for key in ("high", "wide", "lean"))
    tiers, grain = tree.shape["tiers"], window.grains
    u = u - lean * v / high
    for i, phase in enumerate(tree.shape["phase"]):  # from the lowest one up
        low = high * (0.14 + 0.72 * i / tiers)
        top = min(1.04 * high, low + 0.42 * high * (1 - 0.4 * i / tiers))
        half = wide * (1 - 0.8 * i / tiers)
        t = np.clip((top - v) / (top - low), 0, 1.3)
        teeth = np.abs(np.sin(u / half * 5 + phase))
        hem = low + 0.1 * half * teeth + 0.22 * half * (u / half) ** 2
        field = np.minimum(half * t**1.15 - np.abs(u), v - hem)
        field = 0.8 * field + 0.02 * grain[0]
        sun = light.side * light.sun * np.clip(u / half, -1, 1)
        shade = (
            0.66 + 0.42 * t * np.clip((v - hem) / (0.25 * high), 0.55, 1) + 0.2 * sun
        )
        shade = shade + 0.1 * grain[0] + 0.12 * (teeth - 0.5) * (t > 0.5)
        tree.lay(window, light, field, tree.colour, shade, label)
