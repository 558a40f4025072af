"""Simulated land from above, as a satellite sees it, with its label map."""

from __future__ import annotations

import numpy as np

from utils.simulators.scenery.canvas import Canvas

CLASSES = ("background", "river", "field", "house", "road")


def draw_land(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a village by a river: image uint8 (H, W, 3), mask of CLASSES."""
    canvas = Canvas(height, width, np.random.default_rng(4))
    river, field, house, road = range(1, len(CLASSES))
    y, x = canvas.y, canvas.x
    canvas.image = canvas.texture((92, 122, 74), 9, 0.1)
    tones = ((196, 178, 104), (126, 160, 76), (168, 172, 96), (146, 120, 86))
    plots = (
        ((-0.66, -0.98), (0.25, 0.27), 0.1),
        ((-0.60, -0.38), (0.29, 0.24), 0.1),
        ((-0.03, -1.04), (0.24, 0.24), 0.1),
        ((0.04, -0.46), (0.22, 0.25), 0.1),
        ((0.74, 0.98), (0.2, 0.3), -0.2),
        ((0.84, 0.32), (0.18, 0.25), -0.2),
        ((-0.72, 0.20), (0.22, 0.2), 0.1),
    )
    for number, (centre, radii, turn) in enumerate(plots):
        along = turn + (number % 2) * np.pi / 2
        furrow = np.sin((y * np.cos(along) - x * np.sin(along)) * 2 * np.pi / 0.085)
        colour = canvas.texture(tones[number % 4], 4, 0.07) + 9 * furrow[..., None]
        canvas.paint(canvas.box(centre, radii, 0.02, turn), colour, field)
    bed = 0.52 + 0.34 * np.sin(1.55 * x - 0.7) + 0.06 * np.sin(5 * x)
    canvas.paint(canvas.band(bed, 0.155), (186, 176, 138), soft=2)
    water = canvas.texture((62, 112, 150), 6, 0.12)
    canvas.paint(canvas.band(bed, 0.125), water, river)
    main = canvas.limb((-1.2, 0.52), (1.2, 0.66), 0.062)
    lanes = canvas.limb((-0.18, 0.58), (-0.42, 1.5), 0.045)
    for street in (main, lanes):
        canvas.shade(street + 0.02, 0.25, soft=2)
    for street in (lanes, main):
        canvas.paint(street, canvas.texture((176, 172, 168), 3, 0.05), road)
    dash = np.minimum(canvas.limb((-1.2, 0.52), (1.2, 0.66), 0.008), np.sin(24 * y))
    canvas.paint(dash, (244, 242, 232))
    _village(canvas, house)
    _trees(canvas)
    return canvas.finish()


def _village(canvas: Canvas, label: int) -> None:
    """Paint roofs beside the streets: a lit half, a dark half and a shadow."""
    roofs = ((188, 84, 62), (164, 72, 60), (120, 116, 122), (200, 112, 76))
    places = (  # y, x, turn
        (-0.80, 0.76, 0.05), (-0.76, 1.06, 0.0), (-0.50, 0.78, 0.05),
        (-0.62, 1.26, -0.25), (0.0, 0.80, -0.25), (-0.08, 1.10, -0.25),
        (0.20, 0.86, 0.06), (0.16, 1.20, -0.2), (-0.28, 0.34, 0.06), (0.0, 0.36, 0.06),
    )  # fmt: skip
    for number, (cy, cx, turn) in enumerate(places):
        wide = 0.09 + 0.02 * (number % 3)
        below = (cy + 0.035, cx + 0.035)
        canvas.shade(canvas.box(below, (0.075, wide), 0.0, turn), 0.45, 2)
        roof = canvas.box((cy, cx), (0.075, wide), 0.0, turn)
        colour = np.array(roofs[number % 4])
        canvas.paint(roof, colour, label)
        lower = (canvas.y - cy) * np.cos(turn) - (canvas.x - cx) * np.sin(turn)
        canvas.paint(np.minimum(roof, lower), 0.72 * colour)


def _trees(canvas: Canvas) -> None:
    """Paint round crowns where nothing else is; they stay background."""
    height, width = canvas.mask.shape
    low, high = (-1, -width / height, 0.03), (1, width / height, 0.06)
    for cy, cx, size in canvas.generator.uniform(low, high, (150, 3)):
        row = int((cy + 1) / 2 * height)
        column = int((cx * height / width + 1) / 2 * width)
        if canvas.mask[row, column] > 0:
            continue
        crown = canvas.ellipse((cy, cx), (size, size))
        crown = np.where(canvas.mask == 0, crown, -1)
        canvas.shade(crown, 0.3, soft=2)
        canvas.paint(crown - 0.01, (48, 84, 44), soft=2)
        lit = (cy - 0.3 * size, cx - 0.3 * size)
        light = np.minimum(canvas.ellipse(lit, (0.5 * size, 0.5 * size)), crown)
        canvas.paint(light, (96, 134, 72), cover=0.7, soft=3)
