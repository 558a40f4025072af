"""What stands on the simulated meadow beside the sheep: trees, fences and clutter.

A `Thing` has its own coordinates: u to the right, v up, in metres, from its foot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.datasets.painting import Sheet, bumps, capsule, ellipse

LEAVES = ((76, 124, 50), (98, 142, 56), (62, 110, 58), (118, 144, 56), (196, 138, 50))
NEEDLES = ((44, 92, 62), (58, 100, 58), (40, 82, 70))
WOODS = ((136, 104, 74), (158, 140, 118), (112, 88, 68), (232, 228, 220))
_BARK, _BIRCH = (116, 90, 68), (214, 210, 200)
_APPLE = (206, 52, 44)


@dataclass(frozen=True)
class Thing:
    """x, foot: where it stands. scale: of a metre there. shape: depends on the kind."""

    x: float
    foot: float
    scale: float
    colour: np.ndarray
    shape: dict

    def look(self, sheet: Sheet, high: float, wide: float, low: float = 0.1):
        """Return the window around the thing, in metres, and u and v in it."""
        window = sheet.window(
            self.foot - high * self.scale,
            self.foot + low * self.scale,
            self.x - wide * self.scale,
            self.x + wide * self.scale,
        )
        u = (window.x - self.x) / self.scale
        return window, u, (self.foot - window.y) / self.scale

    def lay(self, window, light, field, colour, shade=1.0, label=0, **more):
        """Paint a part of it, whose field is in metres."""
        colour = np.asarray(colour) * np.asarray(shade)[..., None]
        colour = light.on(colour, self.foot)
        window.paint(field * self.scale, colour, label, **more)


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
    field, curl, rise = bumps(du, dv, tree.shape["circles"])
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


def draw_bush(sheet: Sheet, bush: Thing, light) -> None:
    """A bush, or a molehill, which is as bumpy but brown."""
    size = bush.shape["size"]
    window, u, v = bush.look(sheet, 1.3 * size, 1.4 * size)
    if not window:
        return
    grain = window.grains
    field, curl, rise = bumps(u / size, v / size, bush.shape["circles"])
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


@dataclass(frozen=True)
class Fence:
    """A straight fence. posts: (N, 2), x and foot of each. wobble: (N, 4), metres."""

    posts: np.ndarray
    rails: tuple[tuple[float, float], ...]  # middle and thickness of each, metres
    planks: int  # upright boards between two posts that hide the rails, or 0
    half: float  # half the width of a post, metres
    colour: np.ndarray
    wobble: np.ndarray

    def foot(self, x: float) -> float | None:
        """Return y of the fence's line at x, None beside it."""
        (xa, ya), (xb, yb) = self.posts[0], self.posts[-1]
        if not xa - 0.1 <= x <= xb + 0.1:
            return None
        return ya + (x - xa) / (xb - xa) * (yb - ya)


# rails (middle and thickness), number of planks, half the width of a post
_FENCES = (
    (((0.42, 0.24), (1.0, 0.24)), 0, 0.16),
    (((0.37, 0.36), (0.92, 0.36)), 0, 0.15),
    (((0.6, 0.98),), 7, 0.13),
)


def random_fence(generator, light, aspect) -> Fence:
    """Draw a fence across the frame, which may begin or end in it."""
    near = min(light.horizon + 0.75 / light.per_metre, 0.92)
    feet = generator.uniform(light.horizon + 0.4 / light.per_metre, near, 2)
    feet = feet.mean() + (feet - feet.mean()) * generator.choice([0.3, 0.6, 1])
    ends = np.array([-1, 1]) * (aspect + 0.4)
    if generator.random() < 0.3:
        which = generator.integers(2)
        ends[which] = generator.uniform(0.1, 0.7) * (2 * which - 1) * aspect
    # Equal steps over the ground, whose coordinates are x / scale and 1 / scale.
    ground = np.stack([ends, np.ones(2)], 1) / light.scale(feet)[:, None]
    long = np.hypot(*(ground[1] - ground[0]))
    gaps = max(1, round(long / generator.uniform(1.9, 2.5)))
    places = ground[0] + np.linspace(0, 1, gaps + 1)[:, None] * (ground[1] - ground[0])
    posts = np.column_stack([places[:, 0], 1 / np.full(gaps + 1, light.per_metre)])
    posts = posts / places[:, 1:] + [0, light.horizon]
    wood = np.array(WOODS[generator.choice(4, p=(0.38, 0.27, 0.18, 0.17))])
    rails, planks, half = _FENCES[generator.choice(3, p=(0.38, 0.3, 0.32))]
    half = half * generator.uniform(0.9, 1.1)
    wood = wood + generator.normal(0, 6)
    wobble = generator.normal(0, 0.03, (gaps + 1, 4))
    return Fence(posts, rails, planks, half, wood, wobble)


def draw_panel(sheet: Sheet, fence: Fence, number: int, light, label: int) -> None:
    """Draw the rails or planks between a post and the next one."""
    (xa, ya), (xb, yb) = fence.posts[number : number + 2]
    sa, sb = light.scale(ya), light.scale(yb)
    window = sheet.window(min(ya - 1.3 * sa, yb - 1.3 * sb), max(ya, yb), xa, xb)
    if not window:
        return
    t = (window.x - xa) / (xb - xa)
    scale = sa + (sb - sa) * t
    for i, (middle, thick) in enumerate(fence.rails):
        start = ya - sa * (middle + fence.wobble[number, i])
        end = yb - sb * (middle + fence.wobble[number + 1, i])
        half = 0.5 * thick * scale
        down = (window.y - start - (end - start) * t) / half
        field = half * (1 - np.abs(down))
        veins = np.sin((11 if not fence.planks else 3) * down + 2 * window.grains[1])
        wood = 0.03 * window.grains[0] + 0.03 * veins
        if fence.planks:
            across = t * fence.planks % 1
            field = field - 0.12 * scale * np.abs(2 * across - 1) * (down < 0)
            tone = 0.05 * np.sin(9.7 * np.floor(t * fence.planks) + number)
            seam = 0.3 * (np.abs(across - 0.5) > 0.44)
            shade = 0.92 + tone - seam - 0.05 * down + wood
        else:
            shade = 0.94 - 0.2 * np.clip(down, -1, 1) ** 3 + wood
        colour = light.on(fence.colour * shade[..., None], (ya + yb) / 2)
        window.paint(field, colour, label)


def draw_post(sheet: Sheet, fence: Fence, number: int, light, label: int) -> None:
    x, foot = fence.posts[number]
    post = Thing(x, foot, light.scale(foot), fence.colour, {})
    window, u, v = post.look(sheet, 1.5, 0.4)
    if not window:
        return
    half = fence.half
    u = u - fence.wobble[number, 3] * v
    top = 1.24 + fence.wobble[number, 2] - v
    field = np.minimum(half - np.abs(u), np.minimum(v + 0.03, top - 0.3 * np.abs(u)))
    shade = 0.92 + 0.2 * light.side * light.sun * np.clip(u / half, -1, 1)
    veins = np.sin(9 * u / half + 2 * window.grains[1])
    shade = shade + 0.03 * (window.grains[0] + veins) + 0.18 * (top < 0.1)
    shade = shade - 0.3 * np.clip(0.2 - v, 0, 1)
    post.lay(window, light, field, fence.colour, shade, label)
