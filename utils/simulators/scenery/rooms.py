"""Rooms where people dance and train: walls, floors, and the clutter that stands there.

Nothing here has a label. Some things have colours and shapes of people on purpose:
coats on hooks, posters, bars of wood and skin-coloured curtains.
"""

from __future__ import annotations

import numpy as np

from utils.simulators.scenery.painting import Sheet, capsule, ellipse

WALLS = (
    (226, 222, 212), (196, 200, 204), (150, 158, 164), (206, 190, 164), (108, 116, 124),
    (52, 54, 60), (176, 150, 126), (150, 170, 160),
)  # fmt: skip
FLOORS = (
    (186, 144, 100),
    (150, 108, 74),
    (120, 118, 116),
    (84, 120, 110),
    (206, 196, 176),
)
THINGS = (
    (176, 60, 52), (52, 92, 142), (214, 176, 92), (90, 128, 92), (234, 232, 226),
    (40, 40, 46), (222, 172, 140), (130, 92, 64), (108, 72, 128),
)  # fmt: skip


def draw_room(sheet: Sheet, generator: np.random.Generator) -> float:
    """Draw a room over the whole sheet; return the y where floor and wall meet."""
    floor = generator.uniform(0.25, 0.6)
    wall_colour = _one_of(generator, WALLS)
    floor_colour = _one_of(generator, FLOORS)
    whole = sheet.window(-1, 1, -sheet.aspect, sheet.aspect)
    grain = whole.grains
    light = generator.normal(0, 0.12)
    shade = 1 + light * whole.x / sheet.aspect - 0.06 * whole.y + 0.03 * grain[2]
    shade = shade + 0.015 * grain[0]
    _fill(whole, whole.y - 5.0, wall_colour, shade, invert=True)
    if generator.random() < 0.25:
        _curtain(whole, generator, floor)
    _on_the_wall(sheet, generator, floor)
    shade = 0.86 + 0.16 * (whole.y - floor) + 0.02 * grain[1] + 0.02 * grain[2]
    shade = shade + light * whole.x / sheet.aspect
    kind = generator.integers(3)
    if kind == 0:  # boards that run away from the viewer
        slope = (whole.x - generator.uniform(-0.5, 0.5)) / (whole.y - floor + 0.35)
        shade = shade - 0.12 * (np.mod(slope * 2.2, 1) < 0.06)
    elif kind == 1:  # mats
        depth = np.log(np.maximum(whole.y - floor, 0.005) + 0.12) * 4
        shade = shade * np.where(np.mod(depth, 1) < 0.06, 0.8, 1.0)
    _fill(whole, whole.y - floor, floor_colour, shade)
    skirting = 0.02 - abs(whole.y - floor)
    whole.paint(skirting, _one_of(generator, WALLS) * 0.8)
    _on_the_floor(sheet, generator, floor)
    return floor


def finish(sheet: Sheet, generator: np.random.Generator) -> np.ndarray:
    """Give the image as a camera sees it: brightness, vignette and noise, uint8."""
    image = sheet.image * generator.uniform(0.72, 1.12)
    radius = (sheet.x / sheet.aspect) ** 2 + sheet.y**2
    image = image * (1 - generator.uniform(0, 0.16) * radius)[..., None]
    image = image + generator.normal(0, 6, 3)
    image = image + generator.normal(0, generator.uniform(1, 6), image.shape)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _one_of(generator, colours) -> np.ndarray:
    colour = np.array(colours[generator.integers(len(colours))], float)
    return np.clip(colour + generator.normal(0, 8, 3), 0, 255)


def _fill(window, field, colour, shade, invert=False) -> None:
    shade = np.broadcast_to(shade, window.grains[0].shape)
    window.paint(-field if invert else field, colour * shade[..., None])


def _box(window, top, bottom, left, right):
    inside = np.minimum(window.y - top, bottom - window.y)
    return np.minimum(inside, np.minimum(window.x - left, right - window.x))


def _curtain(window, generator, floor) -> None:
    aspect = window.sheet.aspect
    left = generator.uniform(-aspect, 0.6 * aspect)
    right = left + generator.uniform(0.5, 2.2)
    folds = 1 + 0.14 * np.sin(window.x * generator.uniform(18, 40))
    colour = _one_of(generator, THINGS)
    field = _box(window, -1.5, floor, left, right)
    _fill(window, field, colour, folds + 0.03 * window.grains[0])


def _on_the_wall(sheet, generator, floor) -> None:
    """Hang windows, posters, mirrors, wall bars, a barre and coats."""
    aspect = sheet.aspect
    for _ in range(generator.integers(2, 6)):
        x = generator.uniform(-aspect, aspect)
        y = generator.uniform(-0.9, floor - 0.35)
        kind = generator.choice(["poster", "window", "mirror", "bars", "coat", "shelf"])
        tall, wide = generator.uniform(0.15, 0.45), generator.uniform(0.12, 0.4)
        window = sheet.window(y - tall, y + 1.2, x - 1.0, x + 1.0)
        if not window:
            continue
        colour = _one_of(generator, THINGS)
        if kind in ("poster", "window", "mirror"):
            frame = _box(window, y - tall, y + tall, x - wide, x + wide)
            window.paint(frame, _one_of(generator, THINGS))
            inner = frame - 0.02
            if kind == "poster":
                window.paint(inner, colour)
                blob = ellipse(window.x - x, window.y - y, 0.6 * wide, 0.6 * tall)
                window.paint(np.minimum(inner, blob), _one_of(generator, THINGS))
            else:
                sky = (200, 216, 230) if kind == "window" else (168, 176, 180)
                shade = 1 + 0.1 * (window.y - y) + 0.04 * window.grains[2]
                _fill(window, inner, np.array(sky, float), shade)
                if kind == "window":
                    bar = 0.012 - np.minimum(abs(window.x - x), abs(window.y - y))
                    window.paint(np.minimum(bar, frame), (240, 240, 236))
        elif kind == "bars":  # as in a gym
            for step in np.arange(y - tall, floor - 0.05, 0.1):
                field = capsule(
                    window.x, window.y, (x - wide, step), (x + wide, step), 0.018
                )
                window.paint(field, (176, 132, 88))
            for post in (x - wide, x + wide):
                field = _box(window, y - tall - 0.05, floor, post - 0.022, post + 0.022)
                window.paint(field, (160, 116, 74))
        elif kind == "coat":  # hangs as a person stands
            field = capsule(window.x, window.y, (x, y), (x, y + 0.45), 0.06, 0.15)
            _fill(window, field, colour, 0.9 + 0.08 * window.grains[1])
        else:
            board = _box(window, y, y + 0.035, x - 0.5, x + 0.5)
            window.paint(board, (138, 98, 66))
            left = x - 0.46
            while left < x + 0.4:
                thick = generator.uniform(0.03, 0.07)
                high = generator.uniform(0.12, 0.24)
                book = _box(window, y - high, y, left, left + thick - 0.006)
                window.paint(book, _one_of(generator, THINGS))
                left += thick


def _on_the_floor(sheet, generator, floor) -> None:
    """Put benches, balls, plants, lamps and boxes against the wall."""
    aspect = sheet.aspect
    for _ in range(generator.integers(1, 5)):
        x = generator.uniform(-aspect, aspect)
        foot = generator.uniform(floor, floor + 0.3)
        window = sheet.window(foot - 1.2, foot + 0.2, x - 0.8, x + 0.8)
        if not window:
            continue
        colour = _one_of(generator, THINGS)
        u, v = window.x - x, foot - window.y  # up from the foot
        shadow = ellipse(u, v, 0.3, 0.05)
        window.paint(shadow, (40, 36, 34), opacity=0.35)
        kind = generator.choice(["bench", "ball", "plant", "lamp", "box", "dummy"])
        if kind == "bench":
            wide = generator.uniform(0.25, 0.5)
            window.paint(np.minimum(wide - abs(u), 0.03 - abs(v - 0.22)), colour)
            legs = 0.025 - abs(abs(u) - 0.8 * wide)
            window.paint(np.minimum(legs, 0.11 - abs(v - 0.11)), 0.7 * colour)
        elif kind == "ball":
            radius = generator.uniform(0.08, 0.2)
            field = ellipse(u, v - radius, radius, radius)
            _fill(window, field, colour, 0.7 + 0.5 * np.clip(field / radius, 0, 1))
        elif kind == "plant":
            window.paint(np.minimum(0.09 - abs(u), 0.1 - abs(v - 0.1)), (150, 96, 70))
            for lean in generator.uniform(-0.35, 0.35, 7):
                tip = lean, generator.uniform(0.45, 0.8)
                leaf = capsule(u, v, (0.1 * lean, 0.2), tip, 0.035, 0.01)
                window.paint(leaf, np.array((66, 112, 68)) + generator.normal(0, 10))
        elif kind == "lamp":
            window.paint(np.minimum(0.012 - abs(u), 0.4 - abs(v - 0.4)), (60, 56, 54))
            shade = np.minimum(0.1 - abs(v - 0.85), 0.16 - abs(u) - 0.3 * (v - 0.85))
            window.paint(shade, (244, 226, 178))
        elif kind == "box":
            high, wide = generator.uniform(0.1, 0.3), generator.uniform(0.12, 0.3)
            field = np.minimum(wide - abs(u), high - abs(v - high))
            _fill(window, field, colour, 0.9 + 0.05 * window.grains[1])
        else:  # what tailors and boxers have
            window.paint(np.minimum(0.015 - abs(u), 0.2 - abs(v - 0.2)), (70, 66, 64))
            field = capsule(u, v, (0, 0.45), (0, 0.85), 0.11, 0.13)
            _fill(window, field, colour, 0.85 + 0.06 * window.grains[1])
