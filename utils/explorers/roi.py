"""A box between the cells of a feature map: what RoIPool and RoIAlign take from it."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from utils import plotting
from utils.explorers import core

CELLS = 10  # on a side of the drawn feature map
BINS = 3  # on a side of the box
SAMPLES = 2  # of RoIAlign, on a side of a bin
TOP, HIGH = 10.0, 18.0  # of the box, in pixels at a stride of 4
SHOWN = (0.0, 1.5, 2.5)  # shifts without a kernel, in pixels at a stride of 4
BOX, CELL, POINT = "#D55E00", "#0072B2", "#000000"


def pooled_cells(low: float, high: float, bins: int, stride: float) -> list[range]:
    """Name the cells that RoIPool takes for each bin along one side.

    low, high: the sides of the box in pixels. They are rounded to cells, the last of
    which belongs to the box, and bins are rounded outwards (Girshick, 2015).
    """
    first = math.floor(low / stride + 0.5)
    length = max(math.floor(high / stride + 0.5) - first + 1, 1)
    return [
        range(first + n * length // bins, first - (-(n + 1) * length // bins))
        for n in range(bins)
    ]


def sample_points(low: float, high: float, bins: int, samples: int) -> np.ndarray:
    """Give the places where RoIAlign looks along one side: pixels, (bins, samples)."""
    ticks = (np.arange(bins * samples) + 0.5) / (bins * samples)
    return (low + (high - low) * ticks).reshape(bins, samples)


def answers(low: float, high: float, bins: int, stride: float) -> np.ndarray:
    """What a ramp gives, whose cells hold the x of their centres, in pixels.

    Returns float (3, bins): the centres of the bins, which would be right; the answers
    of RoIPool; those of RoIAlign.
    """
    points = sample_points(low, high, bins, SAMPLES)
    cells = pooled_cells(low, high, bins, stride)
    pooled = [(max(span) + 0.5) * stride for span in cells]  # the largest on a ramp
    # Between the centres of cells a ramp is interpolated without a mistake.
    centres = low + (np.arange(bins) + 0.5) * (high - low) / bins
    return np.stack([centres, pooled, points.mean(axis=1)])


def words(low: float, high: float, stride: float) -> str:
    """Say by how much each of them is wrong in the first bin."""
    right, pooled, aligned = answers(low, high, BINS, stride)[:, 0]
    return (
        f"first bin at {right:.1f}: RoIPool {pooled:.1f}, off by {pooled - right:.1f}; "
        f"RoIAlign {aligned:.1f}, off by {abs(aligned - right):.1f}"
    )


def draw_pool(axis: Axes, low: float, high: float, stride: float) -> None:
    """Draw the box, and the cells that RoIPool takes instead of its first bin."""
    _ramp(axis, stride)
    top, bottom = (edge * stride / 4 for edge in (TOP, TOP + HIGH))
    columns = pooled_cells(low, high, BINS, stride)
    rows = pooled_cells(top, bottom, BINS, stride)
    across, down = columns[-1].stop - columns[0].start, rows[-1].stop - rows[0].start
    corner = columns[0].start * stride, rows[0].start * stride
    axis.add_patch(
        Rectangle(corner, across * stride, down * stride, fill=False, ec=CELL, lw=2.5)
    )
    first = Rectangle(
        corner, len(columns[0]) * stride, len(rows[0]) * stride, fc=CELL, alpha=0.45
    )
    axis.add_patch(first)
    _box(axis, low, high, top, bottom)


def draw_align(axis: Axes, low: float, high: float, stride: float) -> None:
    """Draw the box, its bins, and the points where RoIAlign looks."""
    _ramp(axis, stride)
    top, bottom = (edge * stride / 4 for edge in (TOP, TOP + HIGH))
    for edge in np.linspace(low, high, BINS + 1)[1:-1]:
        axis.vlines(edge, top, bottom, color=BOX, lw=1)
    for edge in np.linspace(top, bottom, BINS + 1)[1:-1]:
        axis.hlines(edge, low, high, color=BOX, lw=1)
    x = sample_points(low, high, BINS, SAMPLES).ravel()
    y = sample_points(top, bottom, BINS, SAMPLES).ravel()
    axis.plot(*(grid.ravel() for grid in np.meshgrid(x, y)), ".", color=POINT, ms=4)
    _box(axis, low, high, top, bottom)


def explore(stride: int = 4) -> None:
    """Explore what RoIPool and RoIAlign take from a box that lies between cells.

    The features are a ramp, each cell the x of its centre. RoIPool's cells are blue,
    those of its first bin filled; RoIAlign's points are black. It follows two sliders,
    or shows three places of the box, whose mistakes are printed.
    """
    if stride < 1:
        raise ValueError(f"The stride is {stride}, but it takes at least 1 pixel.")
    start, wide = 2 * stride, 4 * stride

    def draw(shift: float, width: float) -> bytes:
        drawing, axes = plotting.figure(1, 2, 3.0, 3.4)
        plt.close(drawing)  # or the notebook shows it a second time
        drawing.set_layout_engine(None)  # places are the same in every redraw
        drawing.subplots_adjust(0.02, 0.1, 0.98, 0.88, 0.06)
        low, high = start + shift, start + shift + width
        draw_pool(axes[0, 0], low, high, stride)
        draw_align(axes[0, 1], low, high, stride)
        axes[0, 0].set_title("RoIPool")
        axes[0, 1].set_title("RoIAlign")
        drawing.text(0.5, 0.03, words(low, high, stride), ha="center", fontsize=8.5)
        return core.png(drawing)

    def static() -> None:
        _, axes = plotting.figure(2, len(SHOWN), 2.1, 2.25)
        for column, shift in enumerate(SHOWN):
            low = start + shift * stride / 4
            draw_pool(axes[0, column], low, low + wide, stride)
            draw_align(axes[1, column], low, low + wide, stride)
            for row, name in enumerate(("RoIPool", "RoIAlign")):
                axes[row, column].set_title(f"{name}, x0 = {low:g}")
            print(f"x0 = {low:g}, {words(low, low + wide, stride)}")
        plt.show()

    core.explore(
        draw,
        static,
        shift=(0.0, float(3 * stride), stride / 16, 0.0),
        width=(2.0 * stride, 5.0 * stride, stride / 16, float(wide)),
    )


def _ramp(axis: Axes, stride: float) -> None:
    """Draw the features, brighter to the right, with the lines between cells."""
    side = CELLS * stride
    ramp = np.broadcast_to(np.arange(CELLS), (CELLS, CELLS))
    axis.imshow(ramp, cmap="Greys", vmin=-2, vmax=18, extent=(0, side, side, 0))
    style = {"color": "#888888", "lw": 0.5}
    axis.hlines(np.arange(CELLS + 1) * stride, 0, side, **style)
    axis.vlines(np.arange(CELLS + 1) * stride, 0, side, **style)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def _box(axis: Axes, low: float, high: float, top: float, bottom: float) -> None:
    axis.add_patch(
        Rectangle((low, top), high - low, bottom - top, fill=False, ec=BOX, lw=2)
    )
