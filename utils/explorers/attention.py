"""Where the positions of an image look, stage by stage of a Transformer."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from utils import plotting
from utils.explorers import core

MARK = "#E6007E"  # no class has this colour


def distances(look: np.ndarray, height: int, width: int) -> np.ndarray:
    """Give how far each position looks on average, in pixels: float (N, h, w).

    look: by position, the weight of each key, (N, h, w, rows, columns); the weights
    of a position add up to 1. height, width: of the image, in pixels.
    """
    look = np.asarray(look)
    rows, columns = (
        _centres(count, side)[:, None] - _centres(keys, side)
        for count, keys, side in zip(look.shape[1:3], look.shape[3:], (height, width))
    )
    apart = np.hypot(rows[:, None, :, None], columns[None, :, None, :])
    return np.einsum("nhwyx,hwyx->nhw", look, apart)


def explore(
    images: np.ndarray,
    looks: Sequence[np.ndarray],
    points: Sequence[tuple[int, int]],
    first: int = 0,
) -> None:
    """Explore which positions of an image a position looks at, in each stage.

    Shows the position in the image and, stage by stage, how strongly it looks at each
    key, the brightest key most: under sliders for image, row and column, or for a few
    points of one image.

    Args:
        images: uint8 (N, H, W, 3).
        looks: by stage, the weights (N, h, w, rows, columns).
        points: (row, column) in pixels, of the positions that are shown alone.
        first: the image that is shown first, or alone.
    """
    for stage, look in enumerate(looks, 1):
        if look.ndim != 5 or len(look) != len(images):
            raise ValueError(
                f"The look of stage {stage} has the shape {look.shape}, but beside "
                f"{len(images)} images it takes ({len(images)}, h, w, rows, columns)."
            )
    height, width = images.shape[1:3]
    titles = [
        f"stage {stage}: {look.shape[3]} x {look.shape[4]} keys"
        for stage, look in enumerate(looks, 1)
    ]

    def lit(image: int, stage: int, row: int, column: int) -> np.ndarray:
        """The image, dark where the position hardly looks: uint8 (H, W, 3)."""
        look = looks[stage][image]
        found = look[row * look.shape[0] // height, column * look.shape[1] // width]
        rows = np.arange(height) * found.shape[0] // height
        columns = np.arange(width) * found.shape[1] // width
        light = 0.15 + 0.85 * (found / found.max())[np.ix_(rows, columns)]
        return (images[image] * light[..., None]).astype(np.uint8)

    @core.once
    def stage_set() -> tuple:
        drawing, axes = plotting.figure(1, 1 + len(looks), 1.9, 2.2)
        for axis, title in zip(axes[0], ["image", *titles], strict=True):
            plotting.picture(axis, images[first], title)
        (mark,) = axes[0, 0].plot([0], [0], "o", color=MARK, markersize=7, mec="white")
        return drawing, [axis.images[0] for axis in axes[0]], mark

    def draw(image: int, row: int, column: int) -> bytes:
        drawing, (seen, *panels), mark = stage_set()
        seen.set_data(images[image])
        mark.set_data([column], [row])
        for stage, panel in enumerate(panels):
            panel.set_data(lit(image, stage, row, column))
        return core.png(drawing)

    def static() -> None:
        size = 1.9, 1.9 + 0.2 / len(points)
        _, axes = plotting.figure(len(points), 1 + len(looks), *size)
        for number, (row, column) in enumerate(points):
            heads = ["image", *titles] if number == 0 else [""] * (1 + len(looks))
            plotting.picture(axes[number, 0], images[first], heads[0])
            mark = {"color": MARK, "markersize": 7, "mec": "white"}
            axes[number, 0].plot([column], [row], "o", **mark)
            for stage, title in enumerate(heads[1:]):
                panel = lit(first, stage, row, column)
                plotting.picture(axes[number, 1 + stage], panel, title)
        plt.show()
        for title, look in zip(titles, looks, strict=True):
            print(f"{title} for {look.shape[1]} x {look.shape[2]} positions")

    row, column = points[0]
    core.explore(
        draw,
        static,
        image=(0, len(images) - 1, 1, first),
        row=(0, height - 1, 1, row),
        column=(0, width - 1, 1, column),
    )


def _centres(count: int, side: int) -> np.ndarray:
    """Pixels at which the centres of `count` equal cells along one side lie."""
    return (np.arange(count) + 0.5) * side / count
