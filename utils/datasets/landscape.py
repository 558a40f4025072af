"""What surrounds the sheep of the simulated meadow: light, sky, hills and grass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.datasets.drawing import noise, strokes
from utils.datasets.painting import Sheet, bumps

# zenith, sky above the horizon, cloud, light on things; chance, strength of the sun
SKIES = {
    "noon": (
        (84, 142, 208),
        (186, 214, 234),
        (250, 250, 250),
        (1.04, 1.02, 0.96),
        0.38,
        1.0,
    ),
    "dawn": (
        (126, 150, 196),
        (250, 208, 170),
        (250, 222, 206),
        (1.06, 0.96, 0.86),
        0.2,
        0.8,
    ),
    "evening": (
        (96, 104, 160),
        (246, 184, 130),
        (238, 190, 168),
        (1.06, 0.92, 0.78),
        0.14,
        0.8,
    ),
    "grey": (
        (150, 160, 170),
        (206, 210, 212),
        (226, 228, 228),
        (0.93, 0.95, 0.97),
        0.28,
        0.25,
    ),
}
GRASS = ((104, 146, 62), (124, 152, 66), (92, 138, 74), (150, 154, 82), (116, 160, 70))


@dataclass(frozen=True)
class Light:
    """horizon: y. per_metre: size of a metre per unit below the horizon.
    side: where the sun is, -1 left to 1 right. sun: its strength. tint: (3,).
    haze: colour of the air, and how far one sees through it.
    """

    sky: str
    horizon: float
    per_metre: float
    side: float
    sun: float
    tint: np.ndarray
    haze: np.ndarray
    mist: float

    def scale(self, foot):
        """The size of a metre that stands on the ground at y = foot."""
        return self.per_metre * np.maximum(foot - self.horizon, 0.02)

    def on(self, colour, foot):
        """A colour as it looks in this light from so far away."""
        far = np.exp(-(np.maximum(foot - self.horizon, 0.0)) / self.mist)
        return np.asarray(colour) * self.tint * (1 - far) + self.haze * far


def random_light(generator) -> Light:
    names = list(SKIES)
    sky = names[generator.choice(len(names), p=[SKIES[name][4] for name in names])]
    _, low, _, tint, _, sun = SKIES[sky]
    return Light(
        sky,
        horizon=generator.uniform(-0.5, -0.08),
        per_metre=np.exp(generator.uniform(np.log(0.36), np.log(0.68))),
        side=generator.choice([-1, 1]) * generator.uniform(0.3, 1),
        sun=sun * generator.uniform(0.8, 1.1),
        tint=np.array(tint) * generator.uniform(0.92, 1.06),
        haze=np.array(low, float),
        mist=generator.uniform(0.04, 0.12),
    )


def ridge(generator, aspect, level, rough):
    """A line of hills: y by x."""
    waves = 7
    length = generator.uniform(0.35, 3.2, waves)
    phase = generator.uniform(0, 2 * np.pi, waves)
    height = rough * generator.normal(0, 0.5, waves) * (length / 1.5) ** 0.8

    def line(x):
        x = np.asarray(x)[..., None]
        return level + (height * np.sin(2 * np.pi * x / length + phase)).sum(-1)

    return line


@dataclass(frozen=True)
class Scenery:
    """Everything that lies behind and below the objects."""

    clouds: tuple
    birds: np.ndarray
    hills: tuple
    edge: object
    grass: np.ndarray
    dry: np.ndarray
    tufts: tuple
    glow: float


def random_scenery(generator, light, aspect) -> Scenery:
    clouds = []
    for _ in range(generator.poisson(3.5 if light.sky != "grey" else 6)):
        width = generator.uniform(0.12, 0.45)
        centre = (
            generator.uniform(-aspect, aspect),
            generator.uniform(-1, light.horizon),
        )
        n = 9
        u = np.sort(generator.uniform(-1, 1, n)) * width
        r = (
            width
            * (0.16 + 0.22 * (1 - (u / width) ** 2))
            * generator.uniform(0.7, 1.2, n)
        )
        v = generator.uniform(0, 0.3, n) * r
        clouds.append((*centre, np.column_stack([u, v, r]), generator.uniform(0.55, 1)))
    n = generator.integers(2, 6) if generator.random() < 0.3 else 0
    birds = np.column_stack(
        [
            generator.uniform(-0.95, light.horizon - 0.15, n),
            generator.uniform(-aspect, aspect, n),
            generator.uniform(0.025, 0.05, n),
        ]
    )
    grass = np.array(GRASS[generator.integers(len(GRASS))]) + generator.normal(0, 7, 3)
    hills = []
    for i in range(generator.integers(1, 4)):
        level = light.horizon - 0.05 * (3 - i) * generator.uniform(0.5, 1.4)
        far = 0.72 - 0.17 * i
        hill = grass * [0.8, 0.9, 0.9] + generator.normal(0, 6, 3)
        colour = hill * light.tint * (1 - far) + (0.8 * light.haze + [0, 4, 16]) * far
        hills.append((ridge(generator, aspect, level, 0.05), colour))
    edge = ridge(generator, aspect, light.horizon, 0.012)
    count = 420
    foot = light.horizon + (1.05 - light.horizon) * np.sqrt(
        generator.uniform(0.01, 1, count)
    )
    start = np.column_stack([foot, generator.uniform(-1.05, 1.05, count) * aspect])
    tall = 0.16 * light.scale(foot)[:, None] * generator.uniform(0.5, 1.2, (count, 1))
    lean = generator.normal(0, 0.5, (count, 1)) * tall
    end = start + np.column_stack([-tall, lean])
    bend = np.column_stack(
        [np.zeros(count), generator.normal(0, 0.2, count) * tall[:, 0]]
    )
    tufts = (start, end, bend, 0.03 * light.scale(foot))
    dry = np.array((186, 172, 106)) + generator.normal(0, 8, 3)
    return Scenery(
        tuple(clouds),
        birds,
        tuple(hills),
        edge,
        grass,
        dry,
        tufts,
        generator.uniform(-aspect, aspect),
    )


def draw_scenery(sheet: Sheet, generator, scenery, light, sky_id, ground_id) -> None:
    y, x = sheet.y, sheet.x
    zenith, low, white, _, _, _ = SKIES[light.sky]
    whole = sheet.window(-1, 1, -sheet.aspect, sheet.aspect)
    t = np.clip((y + 1) / (light.horizon + 1), 0, 1) ** 1.4
    sky = np.array(zenith) + (np.array(low) - zenith) * t[..., None]
    glow = np.exp(
        -((np.hypot(x - scenery.glow, 1.2 * (y - light.horizon + 0.15)) / 0.5) ** 2)
    )
    sky = sky + glow[..., None] * np.array([30, 20, 6]) * light.sun
    wisp = noise(generator, y * 2.2, x, 0.5) + 0.4 * noise(generator, y * 2.2, x, 0.17)
    sky = sky + (np.array(white) - sky) * (0.25 * np.clip(wisp, 0, 1.6))[..., None]
    whole.paint(np.ones((1, 1)), sky, sky_id)
    for cy, cx, circles, opacity in ((c[1], c[0], c[2], c[3]) for c in scenery.clouds):
        reach = np.abs(circles[:, 0]).max() + circles[:, 2].max()
        window = sheet.window(cy - reach, cy + reach, cx - reach, cx + reach)
        if not window:
            continue
        u, v = window.x - cx, cy - window.y
        field, curl, _ = bumps(u, v, circles)
        base = 0.25 * circles[:, 2].max()
        field = np.minimum(field, v + base) + 0.012 * window.grains[1]
        high = np.clip((v + base) / circles[:, 2].max(), 0, 1.6)
        shade = 0.84 + 0.11 * high + 0.05 * curl
        soft = np.clip(field / 0.05, 0, 1)
        window.paint(field, np.array(white) * shade[..., None], opacity=opacity * soft)
    if len(scenery.birds):
        by, bx, r = scenery.birds.T
        for s in (-1, 1):
            start = np.column_stack([by, bx])
            end = start + np.column_stack([-0.45 * r, s * r])
            bend = np.column_stack([-0.35 * r, 0 * r])
            cover = strokes(y, x, start, end, bend, np.full(len(by), 0.012))
            sheet.image += (np.array((50, 52, 60)) - sheet.image) * (0.8 * cover)[
                ..., None
            ]
    rough = noise(generator, y * 2, x, 0.16)
    for line, colour in scenery.hills:
        whole.paint(y - line(x), colour + 5 * rough[..., None], ground_id)

    below = np.clip((y - light.horizon) / (1 - light.horizon), 0, 1)
    patch = noise(generator, y * 2.2, x, 0.7)
    fine = sheet.grains[0] * below + 0.6 * sheet.grains[1]
    ground = scenery.grass * (0.93 + 0.1 * (1 - below))[..., None]
    dry = np.clip(0.25 + 0.3 * patch, 0, 0.6)[..., None]
    ground = ground + (scenery.dry - ground) * dry + 4.5 * fine[..., None]
    foot = np.broadcast_to(y, sheet.labels.shape)[..., None]
    whole.paint(y - scenery.edge(x), light.on(ground, foot), ground_id)
    start, end, bend, thick = scenery.tufts
    for part, gain in ((slice(0, None, 2), 0.78), (slice(1, None, 2), 1.16)):
        cover = strokes(y, x, start[part], end[part], bend[part], thick[part])
        colour = light.on(ground * gain, foot)
        sheet.image += (colour - sheet.image) * (0.5 * cover)[..., None]
