"""An image and its label map, painted together from back to front.

Shapes are *fields*: arrays (H, W) that are positive inside, about the distance to the
outline, in the units of `utils.simulators.scenery.drawing`. Places are (y, x).
"""

from __future__ import annotations

import numpy as np

from utils.simulators.scenery.drawing import blend, noise, positions, step
from utils.simulators.scenery.painting import capsule, ellipse


class Canvas:
    """A picture in the making: what is painted later covers what was there.

    image: float (H, W, 3), 0..255. mask: uint8 (H, W), class ids, 0 at the start.
    y, x: the pixel centres, (H, 1) and (1, W). `pixel`: height of one, in units.
    """

    def __init__(self, height: int, width: int, generator: np.random.Generator):
        self.y, self.x = positions(height, width, width / height)
        self.pixel = 2 / height
        self.generator = generator
        self.image = np.zeros((height, width, 3))
        self.mask = np.zeros((height, width), np.uint8)

    def paint(self, field, colour, label: int | None = None, cover=1.0, soft=1.0):
        """Cover the inside of a field with a colour, and give it a label.

        colour: (3,) or (H, W, 3). label: None leaves the labels as they are.
        cover: from 0, invisible, to 1. soft: width of the outline, about, in pixels.
        """
        opacity = cover * step(field / (0.3 * soft * self.pixel))
        self.image = blend(self.image, colour, opacity)
        if label is not None:
            self.mask[field > 0] = label

    def shade(self, field, strength: float, soft: float = 4.0):
        """Darken the inside of a field, as a shadow does; its label stays."""
        self.paint(field, 0.0 * self.image, None, strength, soft)

    def texture(self, colour, amount: float, wavelength: float) -> np.ndarray:
        """Give a colour that varies smoothly, float (H, W, 3)."""
        grain = amount * noise(self.generator, self.y, self.x, wavelength)
        return np.asarray(colour) + grain[..., None]

    def everywhere(self) -> np.ndarray:
        """Give the field that is inside at every pixel."""
        return np.ones(self.mask.shape)

    def ellipse(self, centre, radii) -> np.ndarray:
        """Give the field of an ellipse; radii: half its (height, width)."""
        (cy, cx), (ry, rx) = centre, radii
        return ellipse(self.y - cy, self.x - cx, ry, rx)

    def box(self, centre, radii, round_by: float = 0.0, turn: float = 0.0):
        """Give the field of a rectangle with round corners, turned by an angle."""
        (cy, cx), (ry, rx) = centre, radii
        dy, dx = self.y - cy, self.x - cx
        across = abs(dx * np.cos(turn) + dy * np.sin(turn)) - rx + round_by
        up = abs(dy * np.cos(turn) - dx * np.sin(turn)) - ry + round_by
        outside = np.hypot(np.maximum(across, 0), np.maximum(up, 0))
        return round_by - outside - np.minimum(np.maximum(across, up), 0)

    def limb(self, start, end, thick: float, thin: float | None = None) -> np.ndarray:
        """Give the field of a rounded stick whose radius goes from thick to thin."""
        return capsule(self.y, self.x, start, end, thick, thin)

    def polygon(self, *corners) -> np.ndarray:
        """Give the field of a convex polygon, its corners clockwise."""
        field = np.full(self.mask.shape, np.inf)
        for (sy, sx), (ey, ex) in zip(corners, [*corners[1:], corners[0]], strict=True):
            dy, dx = ey - sy, ex - sx
            side = (dx * (self.y - sy) - dy * (self.x - sx)) / np.hypot(dy, dx)
            field = np.minimum(field, side)
        return field

    def band(self, middle, half_width) -> np.ndarray:
        """Give the field of a band along y = middle(x), as a road or a river.

        middle: (1, W) or (H, W), the height of its middle above each pixel's column.
        """
        slope = np.gradient(np.broadcast_to(middle, self.mask.shape), axis=1)
        slope = slope / (self.x[0, 1] - self.x[0, 0])
        return half_width - abs(self.y - middle) / np.hypot(1, slope)

    def finish(self, grain: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
        """Add the grain of a camera: (image uint8 (H, W, 3), mask uint8 (H, W))."""
        image = self.image + self.generator.normal(0, grain, self.image.shape)
        return np.clip(np.rint(image), 0, 255).astype(np.uint8), self.mask
