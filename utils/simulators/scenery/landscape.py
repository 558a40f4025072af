"""What surrounds the sheep of the simulated meadow: light, sky, hills and grass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from utils.simulators.scenery.drawing import noise, step, strokes
from utils.simulators.scenery.painting import Sheet, lit_bumps


@dataclass(frozen=True)
class Sky:
    """Colours at the zenith, at the horizon, of clouds; tint of the light on things."""

    zenith: tuple
    low: tuple
    cloud: tuple
    tint: tuple
    sun: float  # strength of light and shadow
    chance: float
    clouds: float  # mean number


SKIES = (
    Sky(
        (72, 138, 214),
        (190, 220, 240),
        (255, 255, 252),
        (1.08, 1.06, 0.98),
        1.0,
        0.42,
        4,
    ),
    Sky(
        (122, 154, 206), (255, 214, 176), (255, 232, 218), (1.1, 1.0, 0.9), 0.8, 0.2, 3
    ),
    Sky(
        (92, 98, 164), (255, 184, 124), (250, 196, 170), (1.12, 0.95, 0.8), 0.8, 0.14, 3
    ),
    Sky(
        (146, 158, 172),
        (214, 218, 220),
        (234, 236, 236),
        (1.0, 1.01, 1.02),
        0.25,
        0.24,
        6,
    ),
)
GRASS = ((108, 148, 66), (128, 158, 72), (98, 140, 76), (148, 156, 84), (118, 160, 74))
_DRY = (200, 184, 112)
_EARTH = (166, 136, 102)
_RAINBOW = (
    (150, 90, 190),
    (90, 130, 220),
    (110, 200, 130),
    (250, 220, 90),
    (235, 110, 90),
)


@dataclass(frozen=True)
class Light:
    """The light, and the camera that sees it.

    horizon: y. per_metre: size of a metre at one unit below the horizon.
    side: where the sun is, -1 left to 1 right. sun: its strength. tint: (3,).
    haze: colour of the air. mist: how far below the horizon it thins out.
    """

    sky: Sky
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
        far = 0.6 * np.exp(-np.maximum(foot - self.horizon, 0) / self.mist)
        return colour * (self.tint * (1 - far)) + self.haze * far


def random_light(generator) -> Light:
    """Draw a time of day and a place for the camera."""
    sky = SKIES[generator.choice(len(SKIES), p=[sky.chance for sky in SKIES])]
    return Light(
        sky,
        horizon=generator.uniform(-0.5, -0.05),
        per_metre=np.exp(generator.uniform(np.log(0.46), np.log(0.78))),
        side=generator.choice([-1, 1]) * generator.uniform(0.4, 1),
        sun=sky.sun * generator.uniform(0.8, 1.1),
        tint=np.array(sky.tint) * generator.uniform(0.94, 1.05),
        haze=np.array(sky.low) * 0.96,
        mist=generator.uniform(0.04, 0.1),
    )


def ridge(generator, level: float, rough: float) -> Callable[[np.ndarray], np.ndarray]:
    """A line of hills around y = level: a function of x."""
    length = generator.uniform(0.4, 3.2, 6)
    phase = generator.uniform(0, 2 * np.pi, 6)
    height = rough * generator.normal(0, 0.6, 6) * (length / 1.5) ** 0.8

    def line(x):
        waves = np.sin(2 * np.pi * np.asarray(x)[..., None] / length + phase)
        return level + (height * waves).sum(-1)

    return line


@dataclass(frozen=True)
class Scenery:
    """Everything that lies behind and below the things on the meadow."""

    clouds: tuple  # of (y, x, circles, opacity)
    birds: np.ndarray  # (N, 3): y, x, length of a wing
    sunlight: float  # x of the bright part of the sky
    rainbow: tuple | None  # x and y of its middle, radius
    hills: tuple  # of (line, colour), far to near
    edge: Callable  # line where the meadow ends
    grass: np.ndarray
    path: tuple | None  # x at the horizon, slope, bend, phase, width in metres
    tufts: tuple  # start, end, bend, thickness of blades of grass


def random_scenery(generator, light: Light, aspect: float) -> Scenery:
    """Draw sky, hills and ground."""
    grass = np.array(GRASS[generator.integers(len(GRASS))]) + generator.normal(0, 7, 3)
    hills, count = [], generator.integers(1, 4)
    for i in range(count):
        far = (0.72, 0.52, 0.34)[i + 3 - count]
        level = light.horizon - 0.055 * (count - i) * generator.uniform(0.5, 1.3)
        colour = (grass * [0.84, 0.92, 0.95] + generator.normal(0, 7, 3)) * light.tint
        colour = colour * (1 - far) + (0.78 * light.haze + [0, 6, 20]) * far
        hills.append((ridge(generator, level, 0.045), colour))
    arc = path = None
    count = generator.integers(2, 7) if generator.random() < 0.3 else 0
    birds = generator.uniform(
        [-0.95, -aspect, 0.025], [light.horizon - 0.15, aspect, 0.05], (count, 3)
    )
    if generator.random() < (0.3 if light.sun < 0.5 else 0.03):
        place = generator.uniform(-0.8, 0.8) * aspect, light.horizon + 0.25
        arc = *place, generator.uniform(0.75, 1.15)
    if generator.random() < 0.35:
        path = (
            generator.uniform(-0.7, 0.7) * aspect,
            *generator.normal(0, (0.45, 0.16)),
            generator.uniform(0, 6),
            generator.uniform(0.5, 0.9),
        )
    return Scenery(
        tuple(
            _cloud(generator, light, aspect)
            for _ in range(generator.poisson(light.sky.clouds))
        ),
        birds,
        light.side * generator.uniform(0.1, 0.9) * aspect,
        arc,
        tuple(hills),
        ridge(generator, light.horizon, 0.012),
        grass,
        path,
        _tufts(generator, light, aspect),
    )


def _cloud(generator, light, aspect) -> tuple:
    width = np.exp(generator.uniform(np.log(0.1), np.log(0.5)))
    place = generator.uniform(-1, light.horizon), generator.uniform(-aspect, aspect)
    u = generator.uniform(-1, 1, 11) * width
    swell = 0.12 + 0.24 * (1 - (u / width) ** 2)
    radius = width * swell * generator.uniform(0.6, 1.2, 11)
    v = generator.uniform(0, 0.8, 11) * radius
    return *place, np.column_stack([u, v, radius]), generator.uniform(0.6, 1)


def _tufts(generator, light, aspect) -> tuple:
    """Blades of grass in bunches, long ones near and short ones far away."""
    bunches, blades = 90, 6
    depth = np.sqrt(generator.uniform(0.02, 1, bunches))
    foot = light.horizon + (1.06 - light.horizon) * depth
    scale = np.repeat(light.scale(foot), blades)
    middle = generator.uniform(-1.05, 1.05, bunches) * aspect
    count = bunches * blades
    start = np.column_stack([np.repeat(foot, blades), np.repeat(middle, blades)])
    start = start + generator.normal(0, (0.04, 0.16), (count, 2)) * scale[:, None]
    tall = 0.2 * scale * generator.uniform(0.4, 1.2, count)
    lean = generator.normal(0.15, 0.4, count) * tall
    end = start + np.column_stack([-tall, lean])
    bend = np.column_stack([-0.1 * tall, -0.25 * lean])
    return start, end, bend, 0.035 * scale


def draw_scenery(
    sheet: Sheet, generator, scenery, light, sky: int, ground: int
) -> None:
    """Lay sky, hills and ground over the whole sheet. sky, ground: their labels."""
    frame = sheet.window(-1, 1, -sheet.aspect, sheet.aspect)
    _sky(sheet, frame, generator, scenery, light, sky)
    _hills(sheet, frame, generator, scenery, light, ground)
    _ground(sheet, frame, generator, scenery, light, ground)


def _sky(sheet, frame, generator, scenery, light, label) -> None:
    y, x, sky = sheet.y, sheet.x, light.sky
    t = np.clip((y + 1) / (light.horizon + 1), 0, 1)[..., None] ** 1.3
    colour = np.array(sky.zenith) + (np.array(sky.low) - sky.zenith) * t
    away = np.hypot(x - scenery.sunlight, y - light.horizon + 0.2)
    glow = np.exp(-((away / 0.45) ** 2)) * light.sun
    colour = colour + glow[..., None] * np.array([34, 24, 4])
    wisp = noise(generator, y * 2.4, x, 0.5) + 0.5 * noise(generator, y * 2.4, x, 0.2)
    wisp = 0.3 * np.clip(wisp, 0, 1.8)[..., None]
    frame.paint(np.ones((1, 1)), colour + (np.array(sky.cloud) - colour) * wisp, label)
    if light.sun > 0.5 and sky.tint[2] < 0.95:  # low, so one may look at it
        frame.paint(0.075 - away, (255, 246, 214), opacity=0.9)
    if scenery.rainbow:
        _rainbow(frame, *scenery.rainbow)
    for cy, cx, circles, opacity in scenery.clouds:
        _draw_cloud(sheet, light, cy, cx, circles, opacity)
    by, bx, wing = scenery.birds.T
    for s in (-1, 1):
        start = np.column_stack([by, bx])
        end = start + np.column_stack([-0.45 * wing, s * wing])
        bend = np.column_stack([-0.35 * wing, 0 * wing])
        cover = strokes(y, x, start, end, bend, np.full(len(by), 0.012))
        frame.paint(np.ones((1, 1)), (50, 52, 60), opacity=0.8 * cover)


def _rainbow(frame, cx, cy, radius) -> None:
    away = np.hypot(frame.x - cx, frame.y - cy)
    for i, colour in enumerate(_RAINBOW):
        band = np.exp(-(((away - radius - 0.032 * i) / 0.022) ** 2))
        frame.paint(np.ones((1, 1)), colour, opacity=0.34 * band)


def _draw_cloud(sheet, light, cy, cx, circles, opacity) -> None:
    high, wide = (circles[:, 1:].sum(1)).max(), np.abs(circles[:, 0]).max() + 0.1
    window = sheet.window(cy - high, cy + 0.1, cx - wide, cx + wide)
    if not window:
        return
    u, v = window.x - cx, cy - window.y
    field, curl, rise = lit_bumps(u, v, circles)
    base = v + 0.04 * high + 0.012 * window.grains[1]
    field = np.minimum(field + 0.01 * window.grains[1], base)
    shade = 0.86 + 0.12 * np.clip(v / high, 0, 1) + 0.05 * rise + 0.03 * curl
    shade = shade + 0.04 * light.side * light.sun * np.clip(u / wide, -1, 1)
    soft = opacity * np.clip(field / (0.02 + 0.12 * high), 0, 1) ** 0.7
    window.paint(field, np.array(light.sky.cloud) * shade[..., None], opacity=soft)


def _hills(sheet, frame, generator, scenery, light, label) -> None:
    y, x = sheet.y, sheet.x
    rough = noise(generator, y * 2, x, 0.14)
    for line, colour in scenery.hills:
        plots = noise(generator, y * 3.2, x, 0.34)
        tone = 14 * (step(26 * plots) - 0.5) + 8 * (step(26 * (plots - 0.9)))
        hedge = 26 * np.exp(-((plots / 0.09) ** 2))  # where one plot meets the next
        tone = tone - hedge * (rough > -0.6) + 3 * rough
        high = np.clip(1 - (y - line(x)) / 0.2, 0, 1)
        tone = tone + 10 * high
        colour = colour + tone[..., None] * np.array([1, 0.95, 0.6])
        frame.paint(y - line(x), colour, label)


def _ground(sheet, frame, generator, scenery, light, label) -> None:
    y, x = sheet.y, sheet.x
    below = np.clip((y - light.horizon) / (1 - light.horizon), 0, 1)
    patch = noise(generator, y * 2.6, x, 0.7)
    dapple = noise(generator, y * 2.6, x, 0.22)
    fine = (0.4 + below) * sheet.grains[0] + 0.7 * sheet.grains[1]
    colour = scenery.grass * (1.03 - 0.12 * below)[..., None]
    dry = np.clip(0.2 + 0.26 * patch + 0.1 * dapple, 0, 0.7)[..., None]
    colour = colour + (np.array(_DRY) - colour) * dry
    colour = colour + (3.5 * fine + 3 * dapple)[..., None]
    foot = np.broadcast_to(y, sheet.labels.shape)[..., None]
    colour = light.on(colour, foot)
    field = y - scenery.edge(x)
    frame.paint(field, colour, label)
    if scenery.path:
        start, slope, bend, phase, wide = scenery.path
        depth = np.clip(y - light.horizon, 0, None)
        middle = start + slope * depth + bend * np.sin(2.2 / (depth + 0.25) + phase)
        ruts = wide * light.scale(y) - np.abs(x - middle)
        ruts = ruts + 0.1 * light.scale(y) * (sheet.grains[1] + 0.5 * sheet.grains[0])
        earth = np.array(_EARTH) + (6 * dapple + 4 * fine)[..., None]
        soft = 0.85 * np.clip(ruts / (0.25 * light.scale(y)), 0, 1) * (field > 0)
        frame.paint(ruts, light.on(earth, foot), opacity=soft)
    start, end, bend, thick = scenery.tufts
    for part, gain in ((slice(0, None, 2), 0.74), (slice(1, None, 2), 1.2)):
        cover = strokes(y, x, start[part], end[part], bend[part], thick[part])
        frame.paint(np.ones((1, 1)), gain * colour, opacity=0.5 * cover)
