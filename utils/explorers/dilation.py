"""Which pixels a stack of dilated convolutions sees, and how often."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from utils import plotting
from utils.explorers import core

SHOWN = ((1, 1, 1), (2, 2, 2), (1, 2, 5), (1, 4, 5))  # rates without a kernel
MOST = 5  # the highest rate of a slider
SIDE = 1 + 2 * 3 * MOST  # of the picture: what three layers of that rate span
# Holes are white; the more ways lead to a pixel, the darker it is.
_SHADES = np.linspace(0.25, 1, 255)
COLOURS = ListedColormap(["#ffffff", *plt.get_cmap("Blues")(_SHADES)])


def coverage(rates: Sequence[int], kernel: int = 3) -> np.ndarray:
    """Count the ways that lead from each input pixel to one output of a stack.

    rates: dilation rates of the layers, each with stride 1.
    kernel: weights along a side of each layer, odd.
    Returns int64 (side, side), the output in the middle and 0 where no weight ever
    looks; side = 1 + (kernel - 1) * sum(rates) is the receptive field.
    Raises ValueError for a rate below 1 or an even kernel.
    """
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"The kernel is {kernel}, but it takes an odd number.")
    along = np.ones(1, np.int64)
    for rate in rates:
        if rate < 1:
            raise ValueError(f"The rate is {rate}, but it takes 1 or more.")
        stuffed = np.zeros(1 + (kernel - 1) * rate, np.int64)
        stuffed[::rate] = 1
        along = np.convolve(along, stuffed)
    return np.outer(along, along)


def words(rates: Sequence[int]) -> str:
    """Say how large the receptive field is, and how much of it is seen."""
    counts = coverage(rates)
    return f"field {len(counts)} x {len(counts)}, {(counts > 0).mean():.0%} seen"


def draw_field(axis: Axes, rates: Sequence[int]) -> None:
    """Draw what is seen: the darker the more often, white where no weight looks."""
    counts = coverage(rates)
    reach = len(counts) / 2
    # The square root, or what is seen once could not be told from a hole.
    axis.imshow(
        np.sqrt(counts / counts.max()),
        cmap=COLOURS,
        vmin=0,
        vmax=1,
        extent=(-reach, reach, reach, -reach),
    )
    axis.plot(0, 0, "s", color="#D55E00", ms=4)
    axis.set(xlim=(-SIDE / 2, SIDE / 2), ylim=(SIDE / 2, -SIDE / 2), xticks=[])
    axis.set_yticks([])
    axis.set_title(words(rates).replace(", ", "\n"))


def explore() -> None:
    """Explore the receptive field of three layers with 3 x 3 weights each.

    The darker a pixel, the more ways lead from it to the output in the middle; white
    pixels are never seen. It follows a slider for the rate of each layer, or shows four
    choices of rates side by side, whose fields are printed.
    """

    def draw(**sliders: int) -> bytes:
        drawing, axes = plotting.figure(width=4, height=4.4)
        plt.close(drawing)  # or the notebook shows it a second time
        draw_field(axes[0, 0], tuple(sliders.values()))
        return core.png(drawing)

    def static() -> None:
        _, axes = plotting.figure(1, len(SHOWN), 2.15, 2.75)
        for axis, rates in zip(axes[0], SHOWN, strict=True):
            draw_field(axis, rates)
            setting = f"rates {', '.join(map(str, rates))}"
            axis.set_xlabel(setting)
            print(f"{setting}: {words(rates)}")
        plt.show()

    each = (1, MOST, 1, 2)
    core.explore(draw, static, rate_1=each, rate_2=each, rate_3=each)
