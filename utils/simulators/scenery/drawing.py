"""What the simulators draw with: smooth noise, soft steps, thin curved lines.

NumPy alone, in double precision, so that every machine draws the same pixels. Places
are (y, x), in units of half the frame's height, with the origin in the middle.
"""

from __future__ import annotations

import numpy as np


def positions(height: int, width: int, aspect: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixel centres y (H, 1) in -1..1 and x (1, W) in -aspect..aspect.

    aspect: width / height of the frame that the pixels cover; other pixels than
    square ones show it stretched.
    """
    y = (np.arange(height) + 0.5) / height * 2 - 1
    x = ((np.arange(width) + 0.5) / width * 2 - 1) * aspect
    return y[:, None], x[None, :]


def noise(
    generator: np.random.Generator, y: np.ndarray, x: np.ndarray, wavelength: float
) -> np.ndarray:
    """Draw a smooth random field, about zero mean and unit spread, (H, W).

    Random values on a grid of the given wavelength, joined by cubic B-splines. The grid
    depends on the frame and not on its pixels: every size shows the same field.
    """

    def basis(places):
        places = places.ravel()
        # Half a pixel beyond the last centre: the frame, the same at every size.
        edge = round(places[-1] + (places[-1] - places[-2]) / 2, 6) / wavelength
        knots = np.arange(-np.ceil(edge) - 1, np.ceil(edge) + 2)
        distance = np.abs(places[:, None] / wavelength - knots)
        near = 2 / 3 - distance**2 + distance**3 / 2
        far = np.clip(2 - distance, 0, None) ** 3 / 6
        return np.where(distance < 1, near, far)

    rows, columns = basis(y), basis(x)
    values = generator.normal(0, 2.1, (rows.shape[1], columns.shape[1]))
    return rows @ values @ columns.T


def step(field: np.ndarray) -> np.ndarray:
    """A soft step from 0 to 1, half-way where the field is 0 (the logistic curve)."""
    return 1 / (1 + np.exp(-np.clip(field, -30, 30)))


def blend(image: np.ndarray, colour, cover: np.ndarray) -> np.ndarray:
    """Lay a colour over an image (H, W, 3) where cover (H, W), 0..1, says how much."""
    return image + (np.asarray(colour) - image) * cover[..., None]


def strokes(
    y: np.ndarray,
    x: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    bend: np.ndarray,
    thickness: np.ndarray,
) -> np.ndarray:
    """Draw curved lines: how much of each pixel they cover, (H, W) in 0..1.

    y, x: the pixel centres, as `positions` gives them.
    start, end, bend: (N, 2) places; bend is how far the middle is pulled aside.
    thickness: (N,), in the same units; a line is at least a third of a pixel thick.
    """
    height, width = y.size, x.size
    middle = (start + end) / 2 + bend
    per_unit = np.array([(height - 1) / 2 / y[-1, 0], (width - 1) / 2 / x[0, -1]])
    longest = np.hypot(*((end - start) * per_unit).T).max(initial=0)
    t = np.linspace(0, 1, int(1.5 * longest) + 4)[:, None, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end
    pixels = curve * per_unit + [(height - 1) / 2, (width - 1) / 2]  # (T, N, 2)

    along = np.gradient(pixels, axis=0)
    length = np.hypot(along[..., 0], along[..., 1]) + 1e-9
    across = np.stack([-along[..., 1], along[..., 0]], -1) / length[..., None]
    thick = np.clip(thickness * per_unit[0], 0.35, None)
    copies = int(np.ceil(1.5 * thick.max(initial=0))) + 1
    cover = np.zeros(
        (height + 2) * (width + 2)
    )  # a frame of one pixel catches the rest
    for offset in (np.arange(copies) + 0.5) / copies - 0.5:
        place = pixels + offset * (thick[:, None] * across)
        corner = np.floor(place).astype(int)
        share = place - corner
        for dy in (0, 1):
            for dx in (0, 1):
                row = np.clip(corner[..., 0] + dy + 1, 0, height + 1)
                column = np.clip(corner[..., 1] + dx + 1, 0, width + 1)
                part = np.abs(1 - dy - share[..., 0]) * np.abs(1 - dx - share[..., 1])
                cover += np.bincount(
                    (row * (width + 2) + column).ravel(),
                    (part * length * thick / copies).ravel(),
                    cover.size,
                )
    return np.minimum(cover.reshape(height + 2, width + 2)[1:-1, 1:-1], 1)
