"""A simulated person in a living room, with the mask that cuts the person out."""

from __future__ import annotations

import numpy as np

from utils.simulators.scenery.canvas import Canvas

CLASSES = ("background", "person")


def draw_portrait(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a person who waves: image uint8 (H, W, 3), mask of CLASSES."""
    canvas = Canvas(height, width, np.random.default_rng(2))
    _room(canvas)
    skin, jumper, hair = (232, 184, 152), (44, 120, 128), (78, 48, 36)

    def part(field, colour, cover=1.0, soft=1.0):
        canvas.paint(field, colour, 1, cover, soft)

    canvas.shade(canvas.ellipse((0.4, 0.1), (0.9, 0.75)), 0.25, soft=14)
    part(canvas.ellipse((-0.30, 0.0), (0.44, 0.37)), hair)
    part(canvas.limb((-0.2, -0.26), (0.22, -0.29), 0.11, 0.07), hair)
    part(canvas.limb((-0.2, 0.26), (0.22, 0.29), 0.11, 0.07), hair)
    part(canvas.limb((0.1, 0.0), (0.42, 0.0), 0.14, 0.15), (206, 156, 126))
    part(canvas.box((0.86, 0.0), (0.50, 0.52), 0.30), jumper)
    part(canvas.limb((0.62, 0.42), (0.96, 0.70), 0.16, 0.14), (38, 106, 114))
    part(canvas.limb((0.96, 0.70), (0.34, 0.76), 0.13, 0.10), jumper)
    collar = canvas.ellipse((0.36, 0.0), (0.10, 0.19))
    part(collar, (206, 156, 126))
    part(canvas.limb((0.30, 0.765), (0.18, 0.77), 0.062, 0.075), skin)
    part(canvas.ellipse((0.10, 0.775), (0.12, 0.105)), skin)
    for lean, long in ((-0.10, 0.21), (-0.035, 0.26), (0.03, 0.26), (0.095, 0.22)):
        start, end = (0.06, 0.775 + 0.75 * lean), (0.06 - long, 0.775 + 1.6 * lean)
        part(canvas.limb(start, end, 0.032, 0.026), skin)
    part(canvas.limb((0.14, 0.70), (0.02, 0.60), 0.036, 0.028), skin)
    part(canvas.ellipse((-0.20, 0.0), (0.36, 0.275)), skin)
    fringe = np.minimum(
        canvas.ellipse((-0.30, 0.0), (0.42, 0.34)),
        -canvas.ellipse((-0.02, 0.07), (0.44, 0.31)),
    )
    part(fringe, hair)
    for aside in (-0.115, 0.115):
        canvas.paint(canvas.ellipse((-0.17, aside), (0.032, 0.044)), (250, 248, 244))
        canvas.paint(canvas.ellipse((-0.17, aside), (0.030, 0.024)), (50, 40, 36))
        brow = canvas.limb((-0.25, aside - 0.05), (-0.25, aside + 0.05), 0.012)
        canvas.paint(brow, hair)
        cheek = canvas.ellipse((-0.04, 1.35 * aside), (0.06, 0.07))
        canvas.paint(cheek, (236, 140, 120), cover=0.35, soft=5)
    canvas.paint(canvas.limb((-0.12, 0.0), (-0.06, 0.012), 0.014), (206, 150, 122))
    smile = canvas.band(0.055 - 2.6 * canvas.x**2, 0.018)
    smile = np.minimum(smile, 0.115 - abs(canvas.x))
    canvas.paint(smile, (176, 72, 70))
    return canvas.finish()


def _room(canvas: Canvas) -> None:
    """Paint a wall with a window, two shelves of books, a sofa and a plant."""
    y, x = canvas.y, canvas.x
    canvas.image = canvas.texture((222, 206, 182), 2, 0.4)
    canvas.paint(canvas.box((-0.42, -0.86), (0.44, 0.32), 0.01), (244, 242, 236))
    sky = (y + 1)[..., None] * np.array([40, 24, 8]) + np.array([146, 194, 226])
    sky = np.broadcast_to(sky, canvas.image.shape)
    pane = canvas.box((-0.42, -0.86), (0.39, 0.27))
    canvas.paint(pane, sky)
    hill = np.minimum(pane, y + 0.22 + 0.08 * np.sin(4 * x))
    canvas.paint(hill, (128, 168, 104))
    canvas.paint(canvas.box((-0.42, -0.86), (0.39, 0.014)), (244, 242, 236))
    canvas.paint(canvas.box((-0.42, -0.86), (0.014, 0.27)), (244, 242, 236))
    canvas.paint(canvas.box((0.06, -0.86), (0.03, 0.36)), (206, 190, 164))
    books = ((176, 70, 60), (60, 96, 140), (214, 170, 80), (90, 130, 96))
    for shelf in (-0.60, -0.14):
        left = 0.56
        while left < 1.26:
            wide = canvas.generator.uniform(0.045, 0.085)
            tall = canvas.generator.uniform(0.22, 0.32)
            middle = (shelf - tall / 2, left + wide / 2)
            book = canvas.box(middle, (tall / 2, wide / 2 - 0.006))
            canvas.paint(book, books[canvas.generator.integers(4)])
            left += wide
        canvas.paint(canvas.box((shelf + 0.025, 0.92), (0.025, 0.42)), (138, 98, 66))
    sofa = canvas.box((0.86, 0.0), (0.42, 2.0), 0.1)
    canvas.paint(sofa, (150, 108, 92))
    canvas.paint(canvas.box((0.50, 0.0), (0.05, 2.0), 0.05), (168, 124, 106))
    canvas.paint(canvas.box((0.66, -1.10), (0.20, 0.14), 0.03), (196, 110, 76))
    for lean in np.linspace(-0.26, 0.26, 7):
        tip = (0.12 + 1.6 * lean**2, -1.10 + lean)
        leaf = canvas.limb((0.5, -1.10 + 0.2 * lean), tip, 0.035, 0.012)
        canvas.paint(leaf, canvas.texture((66, 122, 72), 8, 0.05))
