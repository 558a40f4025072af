"""A sheet on which a scene's objects are laid one over the other, with their labels.

An object is a field: about the distance to its outline, positive inside. Image and
labels come from the same field, so that they always agree: the image is softened over
the width of a pixel, a label is set where the pixel's centre lies inside. Fields are
computed in a window around the object alone, which keeps small objects cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from utils.simulators.scenery.drawing import noise, positions

GRAINS = (0.025, 0.07, 0.3)  # wavelengths of the fields that give objects texture


class Sheet:
    """An image with its class labels and instance numbers.

    image: float (H, W, 3), 0..255; None where labels alone are wanted.
    labels: uint8 (H, W). instances: int32 (H, W).
    pixel: the side of a pixel, in units of half the frame's height.
    grains: (3, H, W), noise of zero mean and unit spread, fine to coarse.
    """

    def __init__(self, height: int, width: int, texture: int, coloured: bool = True):
        self.aspect = width / height
        self.y, self.x = positions(height, width, self.aspect)
        self.pixel = 2 / height
        self.image = np.zeros((height, width, 3)) if coloured else None
        self.labels = np.zeros((height, width), np.uint8)
        self.instances = np.zeros((height, width), np.int32)
        generator = np.random.default_rng(texture)
        self.grains = np.stack(
            [noise(generator, self.y, self.x, length) for length in GRAINS]
        )

    def window(self, top: float, bottom: float, left: float, right: float) -> Window:
        """Return the part of the sheet between these y and x, with a pixel around."""
        height, width = self.labels.shape
        rows = (np.array([top, bottom]) + 1) / 2 * height
        columns = (np.array([left, right]) / self.aspect + 1) / 2 * width
        rows = np.clip(np.floor(rows) + [-1, 2], 0, height).astype(int)
        columns = np.clip(np.floor(columns) + [-1, 2], 0, width).astype(int)
        return Window(self, slice(*rows), slice(*columns))


class Window:
    """A rectangle of a sheet. y is (h, 1), x is (1, w); it is false where empty."""

    def __init__(self, sheet: Sheet, rows: slice, columns: slice):
        self.sheet, self.place = sheet, (rows, columns)
        self.y, self.x = sheet.y[rows], sheet.x[:, columns]
        self.grains = sheet.grains[(slice(None), *self.place)]

    def __bool__(self) -> bool:
        return self.y.size > 0 and self.x.size > 0

    def paint(self, field, colour, label=None, instance=0, thin=None, opacity=1.0):
        """Lay a colour over the image where the field is positive.

        field: (h, w) or what broadcasts to it. colour: (3,) or (h, w, 3).
        label: the class that is written too; None leaves labels and instances alone.
        thin: half the thickness of something that may be thinner than a pixel.
        opacity: number or (h, w), 0..1.
        """
        field = np.broadcast_to(field, (self.y.size, self.x.size))
        cover = np.clip(field / self.sheet.pixel + 0.5, 0, 1)
        if thin is not None:
            cover = cover * np.minimum(1, 2 * thin / self.sheet.pixel)
        if label is not None:
            inside = cover > 0.5
            self.sheet.labels[self.place][inside] = label
            self.sheet.instances[self.place][inside] = instance
        if self.sheet.image is None:
            return
        image = self.sheet.image[self.place]
        image += (np.asarray(colour) - image) * (cover * opacity)[..., None]


@dataclass(frozen=True)
class Thing:
    """Something with coordinates of its own: u right, v up, in metres, from its foot.

    x, foot: where it stands. scale: of a metre there. shape: depends on the kind.
    """

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
        if window.sheet.image is not None:
            colour = np.asarray(colour) * np.asarray(shade)[..., None]
            colour = light.on(colour, self.foot)
        window.paint(field * self.scale, colour, label, **more)


@dataclass(frozen=True)
class Item:
    """Something that is laid on the sheet in its turn, from far to near.

    foot: y of the ground that it stands on. draw(sheet, number) lays it there.
    shadow: x, y and half axes of the dark ellipse that it throws on the ground.
    """

    foot: float
    draw: Callable[[Sheet, int], None]
    sheep: bool = False
    shadow: tuple[float, float, float, float] | None = None


def uncounted(draw, *thing) -> Callable[[Sheet, int], None]:
    """The draw of an item that is no instance, and needs no number."""
    return lambda sheet, number: draw(sheet, *thing)


def ellipse(u, v, a, b, turn=0.0) -> np.ndarray:
    """The field of an ellipse around (0, 0) with half axes a and b, turned."""
    if turn:
        c, s = np.cos(turn), np.sin(turn)
        u, v = c * u + s * v, c * v - s * u
    return (1 - np.sqrt((u / a) ** 2 + (v / b) ** 2)) * min(a, b)


def capsule(u, v, start, end, thick, thick_end=None) -> np.ndarray:
    """The field of a line from start to end, (u, v), of half thickness thick."""
    thick_end = thick if thick_end is None else thick_end
    du, dv = end[0] - start[0], end[1] - start[1]
    t = ((u - start[0]) * du + (v - start[1]) * dv) / (du * du + dv * dv + 1e-12)
    t = np.clip(t, 0, 1)
    distance = np.hypot(u - start[0] - t * du, v - start[1] - t * dv)
    return thick + t * (thick_end - thick) - distance


def bumps(u, v, circles) -> tuple[np.ndarray, np.ndarray]:
    """Circles that bulge into each other, as wool, leaves and clouds do.

    circles: (N, 3) of u, v and radius.
    Returns, both (h, w): the field of their union, and how far each pixel is inside of
    the circle that holds it best, 0 at its rim to 1 at its centre.
    """
    inside, depth = _inside(u, v, circles)
    return inside.max(0), np.clip(depth.max(0), 0, 1)


def lit_bumps(u, v, circles) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what `bumps` does, and the offset from that centre in radii, upwards."""
    inside, depth = _inside(u, v, circles)
    best = depth.argmax(0)
    rise = (v - circles[best, 1]) / circles[best, 2]
    return inside.max(0), np.clip(depth.max(0), 0, 1), rise


def _inside(u, v, circles) -> tuple[np.ndarray, np.ndarray]:
    """The field of each circle, (N, h, w): in units, and in radii."""
    cu, cv, radius = circles.T[..., None, None]
    inside = radius - np.sqrt((u - cu) ** 2 + (v - cv) ** 2)
    return inside, inside / radius
