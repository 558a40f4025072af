"""What stands on the simulated meadow beside the sheep: trees, fences and clutter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.datasets.painting import Sheet, bumps, capsule, ellipse

LEAVES = ((66, 108, 46), (84, 124, 52), (52, 92, 52), (104, 128, 52), (168, 122, 48))
WOODS = ((126, 98, 72), (150, 132, 112), (104, 84, 66), (206, 202, 192))


@dataclass(frozen=True)
class Thing:
    """x, foot: where it stands. scale: of a metre there. kind, shape: what it is."""

    kind: str
    x: float
    foot: float
    scale: float
    colour: np.ndarray
    shape: np.ndarray  # numbers whose meaning depends on the kind


def random_tree(generator, x, foot, scale, kind, leaf) -> Thing:
    n = 14
    angle = generator.uniform(0, 2 * np.pi, n)
    out = np.sqrt(generator.uniform(0.05, 1, n))
    circles = np.column_stack(
        [
            0.62 * out * np.cos(angle),
            0.55 * out * np.sin(angle),
            generator.uniform(0.3, 0.5, n),
        ]
    )
    height = generator.uniform(4.2, 7.5)
    form = [
        height,
        generator.uniform(0.32, 0.46),
        generator.uniform(0.38, 0.5),
        generator.uniform(-0.2, 0.2),
    ]
    return Thing(kind, x, foot, scale, leaf, np.concatenate([form, circles.ravel()]))


def draw_tree(sheet: Sheet, tree: Thing, light, label: int) -> None:
    height, wide, bare, lean = tree.shape[:4]
    circles = tree.shape[4:].reshape(-1, 3)
    s = tree.scale
    reach = 0.62 * height * s
    window = sheet.window(
        tree.foot - 1.25 * height * s,
        tree.foot + 0.1 * s,
        tree.x - reach,
        tree.x + reach,
    )
    if not window:
        return
    u, v = (window.x - tree.x) / s, (tree.foot - window.y) / s
    grain = window.grains

    def part(field, colour, shade=1.0):
        colour = light.on(np.asarray(colour) * np.asarray(shade)[..., None], tree.foot)
        window.paint(field * s, colour, label)

    trunk = 0.055 * height * (0.7 if tree.kind == "conifer" else 1)
    top = (lean, 0.62 * height)
    bark = 1 - 0.35 * light.side * -np.clip(u / trunk, -1, 1) + 0.08 * grain[0]
    root = capsule(u, v, (0, -0.02), (0.3 * lean, 0.5), 1.25 * trunk, 0.8 * trunk)
    stem = capsule(u, v, (0, 0), top, 0.85 * trunk, 0.5 * trunk)
    part(np.maximum(root, stem), (112, 88, 68), bark)
    if tree.kind == "conifer":
        low = 0.16 * height
        t = np.clip((1.1 * height - v) / (1.1 * height - low), 0, 1)
        tiers = 5 * t**0.85
        width = 0.27 * height * t * (0.68 + 0.42 * (tiers % 1))
        field = np.minimum(
            width - np.abs(u - 0.1 * lean), np.minimum(v - low, 1.1 * height - v)
        )
        field = 0.75 * field + 0.1 * grain[0] + 0.06 * grain[1]
        shade = (
            0.86
            - 0.26 * (1 - tiers % 1)
            + 0.22 * light.side * np.clip(u / (0.25 * height), -1, 1)
        )
        part(field, tree.colour * [0.7, 0.82, 0.9], shade + 0.09 * grain[0])
        return
    middle = height * (0.5 + 0.5 * bare)
    ru, rv = wide * height, 0.5 * (1 - bare) * height * 1.25
    du, dv = (u - lean) / ru, (v - middle) / rv
    field, curl, rise = bumps(du, dv, circles * [1, 1, 1])
    field = field * min(ru, rv) + 0.10 * grain[0] + 0.1 * grain[1]
    shade = 0.8 + 0.16 * np.clip(dv, -1, 1) + 0.13 * light.side * np.clip(du, -1, 1)
    shade = shade + 0.14 * rise + 0.1 * curl + 0.07 * grain[0] + 0.05 * grain[1]
    part(field, tree.colour, shade)


def draw_bush(sheet: Sheet, thing: Thing, light) -> None:
    s, size = thing.scale, thing.shape[0]
    circles = thing.shape[1:].reshape(-1, 3)
    window = sheet.window(
        thing.foot - 1.6 * size * s,
        thing.foot + 0.1 * s,
        thing.x - 1.6 * size * s,
        thing.x + 1.6 * size * s,
    )
    if not window:
        return
    u, v = (window.x - thing.x) / s / size, (thing.foot - window.y) / s / size
    field, curl, rise = bumps(u, v, circles)
    field = np.minimum(field, v + 0.05) * size + 0.05 * window.grains[0]
    shade = (
        0.72
        + 0.2 * np.clip(v, 0, 1)
        + 0.12 * rise
        + 0.1 * curl
        + 0.08 * window.grains[0]
    )
    shade = shade + 0.1 * light.side * np.clip(u, -1, 1)
    window.paint(field * s, light.on(thing.colour * shade[..., None], thing.foot), 0)


def draw_rock(sheet: Sheet, thing: Thing, light) -> None:
    s = thing.scale
    size, flat, turn, facet = thing.shape
    window = sheet.window(
        thing.foot - 1.3 * size * s,
        thing.foot + 0.3 * size * s,
        thing.x - 1.3 * size * s,
        thing.x + 1.3 * size * s,
    )
    if not window:
        return
    u, v = (window.x - thing.x) / s / size, (thing.foot - window.y) / s / size
    field = ellipse(u, v - 0.25 * flat, 1.0, flat, turn)
    for angle in facet + np.array([0.4, 1.3, 2.2, 2.9]):
        field = np.minimum(
            field,
            0.82 * flat
            + 0.1
            - (u * np.cos(angle) * flat + (v - 0.2 * flat) * np.sin(angle)),
        )
    field = np.minimum(field, v + 0.06)
    ridge = np.cos(facet) * u + 0.8 * (v - 0.3 * flat)
    shade = (
        0.84
        + 0.16 * np.tanh(6 * (ridge + 0.5 * light.side * u))
        + 0.06 * window.grains[0]
        + 0.05 * window.grains[1]
    )
    window.paint(
        field * size * s, light.on(thing.colour * shade[..., None], thing.foot), 0
    )


def draw_bale(sheet: Sheet, thing: Thing, light) -> None:
    s = thing.scale
    size, side = thing.shape[:2]
    window = sheet.window(
        thing.foot - 2.2 * size * s,
        thing.foot + 0.1 * s,
        thing.x - 2.2 * size * s,
        thing.x + 2.2 * size * s,
    )
    if not window:
        return
    u, v = (
        side * (window.x - thing.x) / s / size,
        (thing.foot - window.y) / s / size - 1,
    )
    body = capsule(u, v, (0, 0), (0.9, 0), 1.0) * 1.0
    body = np.maximum(
        ellipse(u, v, 0.8, 1), np.minimum(np.minimum(u, 0.9 - u), 1 - np.abs(v))
    )
    body = np.maximum(body, ellipse(u - 0.9, v, 0.7, 1))
    shade = 0.9 + 0.2 * v + 0.08 * window.grains[0]
    window.paint(
        body * size * s, light.on(thing.colour * shade[..., None], thing.foot), 0
    )
    face = ellipse(u, v, 0.8, 1)
    rings = 0.5 + 0.5 * np.cos(18 * np.hypot(u / 0.8, v))
    shade = 0.88 + 0.1 * rings + 0.06 * window.grains[0]
    window.paint(
        face * size * s, light.on(1.05 * thing.colour * shade[..., None], thing.foot), 0
    )


def draw_flower(sheet: Sheet, thing: Thing, light) -> None:
    r = thing.shape[0] * thing.scale
    window = sheet.window(
        thing.foot - 2 * r, thing.foot + 2 * r, thing.x - 2 * r, thing.x + 2 * r
    )
    if window:
        field = r - np.hypot(window.x - thing.x, window.y - thing.foot)
        window.paint(field, light.on(thing.colour, thing.foot), thin=r)


@dataclass(frozen=True)
class Fence:
    """A straight fence on the ground, from (left x, foot) to (right x, foot)."""

    start: tuple[float, float]
    end: tuple[float, float]
    rails: tuple[float, ...]  # heights in metres
    high: float
    thick: float  # of a rail, metres; posts are half as thick again
    colour: np.ndarray
    posts: np.ndarray  # (N, 2), x and foot
    wobble: np.ndarray  # (N, 4)

    def foot(self, x: float) -> float | None:
        """Return y of the fence's line at x, None beside it."""
        if not self.start[0] <= x <= self.end[0]:
            return None
        t = (x - self.start[0]) / (self.end[0] - self.start[0])
        return self.start[1] + t * (self.end[1] - self.start[1])


def random_fence(generator, light, aspect) -> Fence:
    low, high = (
        light.horizon + 0.27 / light.per_metre,
        light.horizon + 0.62 / light.per_metre,
    )
    feet = np.clip(generator.uniform(low, min(high, 0.92), 2), None, 0.92)
    feet = feet.mean() + (feet - feet.mean()) * generator.choice([0.3, 0.6, 1])
    start, end = -aspect - 0.4, aspect + 0.4
    if generator.random() < 0.3:
        if generator.random() < 0.5:
            start = generator.uniform(-0.7, -0.1) * aspect
        else:
            end = generator.uniform(0.1, 0.7) * aspect
    rails = ((0.38, 0.82), (0.28, 0.6, 0.92), (0.35, 0.85))[generator.integers(3)]
    # Equal steps over the ground: its coordinates are x / scale and 1 / scale.
    scale = light.scale(feet)
    ground = np.stack([np.array([start, end]) / scale, 1 / scale], 1)
    length = np.hypot(*(ground[1] - ground[0]))
    gaps = max(1, round(length / generator.uniform(1.7, 2.3)))
    places = ground[0] + np.linspace(0, 1, gaps + 1)[:, None] * (ground[1] - ground[0])
    posts = np.column_stack(
        [
            places[:, 0] / places[:, 1],
            light.horizon + 1 / places[:, 1] / light.per_metre,
        ]
    )
    wood = np.array(
        WOODS[generator.choice(4, p=(0.35, 0.25, 0.2, 0.2))]
    ) + generator.normal(0, 6, 3)
    return Fence(
        (start, feet[0]),
        (end, feet[1]),
        rails,
        1.12,
        generator.uniform(0.115, 0.145),
        wood,
        posts,
        generator.normal(0, 0.03, (gaps + 1, 4)),
    )


def draw_panel(sheet: Sheet, fence: Fence, number: int, light, label: int) -> None:
    """Draw the rails between a post and the next one."""
    (xa, ya), (xb, yb) = fence.posts[number], fence.posts[number + 1]
    sa, sb = light.scale(ya), light.scale(yb)
    window = sheet.window(min(ya - 1.3 * sa, yb - 1.3 * sb), max(ya, yb), xa, xb)
    if not window:
        return
    for i, rail in enumerate(fence.rails):
        start = (xa, ya - sa * (rail + fence.wobble[number, i]))
        end = (xb, yb - sb * (rail + fence.wobble[number + 1, i]))
        field = capsule(
            window.x,
            window.y,
            start,
            end,
            0.5 * fence.thick * sa,
            0.5 * fence.thick * sb,
        )
        line = start[1] + (end[1] - start[1]) * (window.x - xa) / (xb - xa)
        down = np.clip((window.y - line) / (0.5 * fence.thick * (sa + sb) / 2), -1, 1)
        shade = 0.88 - 0.2 * down + 0.06 * window.grains[0] + 0.03 * window.grains[1]
        window.paint(
            field, light.on(fence.colour * shade[..., None], (ya + yb) / 2), label
        )


def draw_post(sheet: Sheet, fence: Fence, number: int, light, label: int) -> None:
    x, foot = fence.posts[number]
    s = light.scale(foot)
    half = 0.75 * fence.thick
    window = sheet.window(foot - 1.4 * s, foot + 0.1 * s, x - 0.4 * s, x + 0.4 * s)
    if not window:
        return
    u, v = (window.x - x) / s, (foot - window.y) / s
    tilt = fence.wobble[number, 3]
    high = fence.high + fence.wobble[number, 2]
    u = u - tilt * v
    field = np.minimum(
        half - np.abs(u), np.minimum(v + 0.03, high - 0.3 * np.abs(u) - v)
    )
    shade = 0.86 + 0.2 * light.side * np.clip(u / half, -1, 1) + 0.05 * window.grains[0]
    window.paint(field * s, light.on(fence.colour * shade[..., None], foot), label)
