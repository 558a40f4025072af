"""A simulated street from behind the wheel, with its label map."""

from __future__ import annotations

import numpy as np

from utils.simulators.scenery.canvas import Canvas
from utils.simulators.scenery.drawing import noise, step

CLASSES = ("background", "road", "lane", "kerb", "car", "pedestrian")


def draw_street(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a street from behind the wheel: image uint8 (H, W, 3), mask of CLASSES."""
    canvas = Canvas(height, width, np.random.default_rng(1))
    road, lane, kerb, car, pedestrian = range(1, len(CLASSES))
    y, x = canvas.y, canvas.x
    vanish = (-0.16, 0.06)  # where all lines along the street meet
    depth = np.maximum(y - vanish[0], 1e-3) / (1 - vanish[0])  # 1 at the lower edge
    across = vanish[1] + (x - vanish[1]) / depth  # its x at the lower edge

    def strip(left, right):
        inside = np.minimum(across - left, right - across) * depth
        return np.minimum(inside, y - vanish[0])

    sky = 1 - (y + 1)[..., None] / 2
    canvas.image = np.array([222, 226, 224]) - sky * np.array([120, 70, -20])
    clouds = step(2.5 * (noise(canvas.generator, 3 * y, x, 0.45) - 0.6))
    canvas.paint(0.2 - y, (246, 246, 244), cover=0.8 * clouds, soft=8)
    canvas.paint(y - vanish[0], canvas.texture((176, 170, 160), 4, 0.05))
    for side in (-1, 1):
        _houses(canvas, vanish, side)
    canvas.paint(strip(-1.5, 1.22), canvas.texture((88, 90, 96), 4, 0.06), road)
    for left, right in ((-1.62, -1.5), (1.22, 1.34)):
        canvas.paint(strip(left, right), (206, 204, 198), kerb)
    dashes = np.sin(8.4 / depth + 0.6)  # equally long on the ground
    middle = np.minimum(strip(-0.19, -0.09), 0.2 * dashes * depth**2)
    canvas.paint(middle, (240, 240, 236), lane)
    for left in (-1.40, 1.08):
        canvas.paint(strip(left, left + 0.06), (228, 226, 216), lane)
    trees = ((0.3, -1.0, 0.42), (0.08, 0.52, 0.24), (0.46, 1.16, 0.58))
    for foot_y, foot_x, size in trees:
        _tree(canvas, (foot_y, foot_x), size)
    _car(canvas, (0.015, -0.08), 0.13, (206, 204, 200), car, front=True)
    _car(canvas, (0.33, 0.46), 0.36, (176, 44, 40), car)
    _walker(canvas, (0.66, -0.70), 0.98, pedestrian)
    return canvas.finish()


def _houses(canvas: Canvas, vanish: tuple[float, float], side: int) -> None:
    """Paint a row of house fronts that run towards the vanishing point."""
    vy, vx = vanish
    reach = (1.5 + 0.1 * side) * side
    nearness = (1.0, 0.72, 0.50, 0.34, 0.22)
    heights = (0.70, 0.95, 0.66, 0.80)
    colours = ((188, 132, 104), (214, 196, 160), (150, 156, 168), (196, 160, 132))
    fronts = zip(nearness[:-1], nearness[1:], heights, colours[::side], strict=True)
    for near, far, tall, colour in fronts:
        near_x, far_x = vx + reach * near, vx + reach * far
        top, low = vy - tall * 1.05, vy + 0.42
        corners = [
            (vy + (top - vy) * far, far_x),
            (vy + (top - vy) * near, near_x),
            (vy + (low - vy) * near, near_x),
            (vy + (low - vy) * far, far_x),
        ]
        field = canvas.polygon(*(corners if side > 0 else corners[::-1]))
        canvas.paint(field, colour)
        away = np.maximum((canvas.x - vx) / reach, 0.05)
        column = np.sin(2 * np.pi * 2.2 / away)
        floor = np.sin(2 * np.pi * (canvas.y - vy) / away / 0.27 + 0.8)
        panes = np.minimum(column + 0.1, floor + 0.1) * 0.04 * away
        canvas.paint(np.minimum(panes, field - 0.01), (84, 98, 116), cover=0.85)


def _tree(canvas: Canvas, foot: tuple[float, float], size: float) -> None:
    """Paint a tree with a round crown, standing at foot."""
    y, x = foot
    canvas.paint(canvas.limb(foot, (y - 0.9 * size, x), 0.07 * size), (92, 72, 56))
    crown = canvas.ellipse((y - 1.25 * size, x), (0.62 * size, 0.52 * size))
    crown = crown + 0.05 * size * noise(canvas.generator, canvas.y, canvas.x, 0.09)
    canvas.paint(crown, canvas.texture((70, 116, 66), 10, 0.05), soft=1.5)
    light = canvas.ellipse((y - 1.42 * size, x - 0.14 * size), (0.3 * size, 0.3 * size))
    canvas.paint(light, (122, 160, 92), cover=0.5, soft=5)


def _car(canvas: Canvas, place, size: float, colour, label: int, front=False) -> None:
    """Paint a car from behind, or from the front, half as wide as size says."""
    cy, cx = place
    colour = np.array(colour)

    def box(up, wide, at=0.0, aside=0.0, round_by=0.06):
        centre = cy + at * size, cx + aside * size
        return canvas.box(centre, (up * size, wide * size), round_by * size)

    below = (cy + 0.66 * size, cx)
    canvas.shade(canvas.ellipse(below, (0.16 * size, 1.15 * size)), 0.6)
    for aside in (-0.72, 0.72):
        canvas.paint(box(0.2, 0.17, 0.5, aside), (26, 26, 30), label)
    cabin = canvas.polygon(
        (cy - 0.86 * size, cx - 0.56 * size),
        (cy - 0.86 * size, cx + 0.56 * size),
        (cy - 0.1 * size, cx + 0.9 * size),
        (cy - 0.1 * size, cx - 0.9 * size),
    )
    canvas.paint(cabin, 0.86 * colour, label)
    glass = np.minimum(cabin - 0.1 * size, cy - 0.2 * size - canvas.y)
    canvas.paint(glass, (52, 66, 80))
    low = (cy - 0.3 * size, cx - 0.4 * size)
    gleam = canvas.limb((cy - 0.7 * size, cx), low, 0.07 * size)
    canvas.paint(np.minimum(glass, gleam), (150, 170, 184), cover=0.6)
    body = box(0.36, 1.0, 0.16, round_by=0.16)
    canvas.paint(body, colour, label)
    canvas.paint(box(0.12, 0.9, -0.06, round_by=0.1), 0.5 * colour + 120, cover=0.45)
    canvas.paint(box(0.1, 0.98, 0.42), (48, 48, 52), label)
    for aside in (-0.8, 0.8):
        lamp = (250, 244, 210) if front else (236, 64, 40)
        canvas.paint(box(0.1, 0.15, 0.08, aside, 0.05), lamp)
    canvas.paint(box(0.085, 0.26, 0.24, round_by=0.02), (236, 236, 226))


def _walker(canvas: Canvas, foot, tall: float, label: int) -> None:
    """Paint a person who steps off the kerb, seen from the side."""
    fy, fx = foot
    jacket, trousers, skin = (238, 170, 40), (44, 56, 92), (226, 178, 148)

    def place(up, right):
        return fy - up * tall, fx + right * tall

    def part(colour, start, end, thick, thin):
        field = canvas.limb(place(*start), place(*end), thick * tall, thin * tall)
        canvas.paint(field, colour, label)

    shadow = canvas.ellipse(place(0, 0.03), (0.035 * tall, 0.22 * tall))
    canvas.shade(shadow, 0.45)
    part((200, 138, 30), (0.78, 0.0), (0.52, -0.13), 0.035, 0.03)  # the arm behind
    part((34, 42, 70), (0.48, 0.0), (0.25, -0.07), 0.06, 0.05)
    part((34, 42, 70), (0.25, -0.07), (0.03, -0.17), 0.048, 0.032)
    part((40, 34, 34), (0.02, -0.17), (0.015, -0.10), 0.03, 0.025)
    part(trousers, (0.48, 0.01), (0.26, 0.09), 0.065, 0.052)
    part(trousers, (0.26, 0.09), (0.03, 0.13), 0.05, 0.034)
    part((52, 40, 36), (0.02, 0.13), (0.015, 0.20), 0.03, 0.025)
    part(jacket, (0.78, 0.0), (0.50, 0.0), 0.075, 0.085)
    part((216, 150, 32), (0.78, 0.01), (0.60, 0.06), 0.04, 0.035)
    part((216, 150, 32), (0.60, 0.06), (0.54, 0.15), 0.034, 0.028)
    part(skin, (0.54, 0.16), (0.53, 0.175), 0.026, 0.024)
    part(skin, (0.86, 0.01), (0.83, 0.005), 0.03, 0.03)
    head = canvas.ellipse(place(0.925, 0.015), (0.073 * tall, 0.06 * tall))
    canvas.paint(head, skin, label)
    low, front = place(0.94, -0.02)
    above_or_behind = np.maximum(low - canvas.y, front - canvas.x)
    hair = np.minimum(head + 0.012 * tall, above_or_behind)
    canvas.paint(hair, (70, 46, 34), label)
