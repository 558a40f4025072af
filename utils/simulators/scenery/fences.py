"""The fences of the simulated meadow: of rails, of broad boards, of planks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.simulators.scenery.painting import Item, Sheet, Thing, uncounted

_WOODS = ((136, 104, 74), (158, 140, 118), (112, 88, 68), (232, 228, 220))
# rails (middle and thickness), number of planks, half the width of a post
_FENCES = (
    (((0.42, 0.24), (1.0, 0.24)), 0, 0.16),
    (((0.37, 0.36), (0.92, 0.36)), 0, 0.15),
    (((0.6, 0.98),), 7, 0.13),
)


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

    def clear(self, x: float, foot: float, gap: float) -> float:
        """Step away from the fence's line, so that nothing stands in it."""
        line = self.foot(x)
        if line is None or abs(foot - line) >= gap:
            return foot
        return line + (gap if foot > line else -gap)

    def items(self, light, label: int) -> list[Item]:
        """Its posts, and what is between them."""
        items = []
        for n, (x, foot) in enumerate(self.posts):
            scale = light.scale(foot)
            long = 0.45 * scale
            shadow = x - 0.8 * light.side * long, foot, long, 0.07 * scale
            draw = uncounted(draw_post, self, n, light, label)
            items.append(Item(foot + 1e-3, draw, shadow=shadow))
            if n:
                middle = (self.posts[n - 1, 1] + foot) / 2
                draw = uncounted(draw_panel, self, n - 1, light, label)
                items.append(Item(middle, draw))
        return items


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
    wood = np.array(_WOODS[generator.choice(4, p=(0.38, 0.27, 0.18, 0.17))])
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
