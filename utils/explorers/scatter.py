"""Who writes where in a transposed convolution: kernel, stride and padding."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from utils import palette, plotting
from utils.explorers import core

# Neighbours differ: the colour of an input follows from its row and column being odd.
COLOURS = palette.rgb("#E69F00", "#56B4E9", "#009E73", "#CC79A7").reshape(2, 2, 3)
CELL = 24  # pixels of one drawn cell: it divides by 1, 2, 3 and 4
SHOWN = ((2, 2, 0), (3, 2, 0), (4, 2, 1))  # kernel, stride, padding without a kernel
MOST = {"kernel": 4, "stride": 3, "padding": 2}


def writers(size: int, kernel: int, stride: int) -> list[list[int]]:
    """Name the inputs that write to each position, along one side and before padding.

    size: inputs along the side. Returns (size - 1) * stride + kernel lists; a position
    between two kernels, where nobody writes, has an empty one.
    """
    for name, number in {"size": size, "kernel": kernel, "stride": stride}.items():
        if number < 1:
            raise ValueError(f"The {name} is {number}, but it takes 1 or more.")
    length = (size - 1) * stride + kernel
    return [
        [one for one in range(size) if 0 <= position - one * stride < kernel]
        for position in range(length)
    ]


def contributions(size: int, kernel: int, stride: int, padding: int = 0) -> np.ndarray:
    """Count the inputs that write to each output pixel: int (H, W), both sides alike.

    Raises ValueError when padding cuts everything off.
    """
    along = np.array([len(names) for names in writers(size, kernel, stride)])
    kept = along[padding : len(along) - padding]
    if padding < 0 or not len(kept):
        raise ValueError(
            f"The padding is {padding}, but of {len(along)} pixels on a side it takes "
            f"0 to {(len(along) - 1) // 2} off both ends."
        )
    return np.outer(kept, kept)


def words(size: int, kernel: int, stride: int, padding: int) -> str:
    """Say how large the output is, and how often its inner pixels are written."""
    length = len(contributions(size, kernel, stride, padding))
    # Far from the border the pattern repeats with the stride.
    along = [len(range(phase, kernel, stride)) for phase in range(stride)]
    often = [str(count) for count in np.unique(np.outer(along, along))]
    numbers = " or ".join(filter(None, [", ".join(often[:-1]), often[-1]]))
    times = "once" if numbers == "1" else f"{numbers} times"
    return f"output {length} x {length},\ninside written {times}"


def painted(size: int, kernel: int, stride: int, padding: int = 0) -> np.ndarray:
    """Paint the output before padding: each cell in the colours of all its writers.

    Returns uint8 (H * CELL, W * CELL, 3); what padding cuts off is pale, and white is
    where nobody writes.
    """
    names = writers(size, kernel, stride)
    length = len(names)
    image = np.full((length, length, CELL, CELL, 3), 255, np.uint8)
    share = np.arange(CELL)
    for row, column in np.ndindex(length, length):
        rows, columns = np.array(names[row], int), np.array(names[column], int)
        if len(rows) and len(columns):
            # A cell is divided among its writers as they lie in the input.
            down = rows[share * len(rows) // CELL] % 2
            across = columns[share * len(columns) // CELL] % 2
            image[row, column] = COLOURS[down[:, None], across]
    cut = np.ones((length, length), bool)
    cut[padding : length - padding, padding : length - padding] = False
    image[cut] = 255 - (255 - image[cut]) // 5
    return image.swapaxes(1, 2).reshape(length * CELL, length * CELL, 3)


def draw_input(axis: Axes, size: int) -> None:
    """Draw the input, size x size, each value in its colour."""
    parity = np.arange(size) % 2
    axis.imshow(COLOURS[parity[:, None], parity], extent=(0, size, size, 0))
    _grid(axis, size)
    axis.set_title(f"input {size} x {size}\n")


def draw_output(axis: Axes, size: int, kernel: int, stride: int, padding: int) -> None:
    """Draw who writes where, with the count in each cell and the kept part framed."""
    names = writers(size, kernel, stride)
    length = len(names)
    axis.imshow(painted(size, kernel, stride, padding), extent=(0, length, length, 0))
    _grid(axis, length)
    font = {"ha": "center", "va": "center", "fontsize": max(6, 12 - length // 2)}
    for row, column in np.ndindex(length, length):
        inside = all(padding <= place < length - padding for place in (row, column))
        count = len(names[row]) * len(names[column])
        colour = "black" if inside else "#999999"
        axis.text(column + 0.5, row + 0.55, count, color=colour, **font)
    kept = length - 2 * padding
    if kept < 1:
        title = f"padding {padding} cuts\neverything off"
    else:
        frame = Rectangle((padding, padding), kept, kept, fill=False, lw=2.5)
        frame.set_clip_on(False)
        axis.add_patch(frame)
        title = words(size, kernel, stride, padding)
    axis.set_title(title)


def explore(size: int = 4) -> None:
    """Explore who writes where, for an input of size x size values.

    Each output pixel has the colours of the inputs that write to it and their number;
    padding cuts off what lies outside of the frame. It follows three sliders, or shows
    three settings side by side, whose sizes and counts are printed.
    """
    least = MOST["kernel"]  # else no pixel would be far from the border
    if not least <= size <= least + 2:
        raise ValueError(
            f"The size is {size}, but the explorer draws {least} to {least + 2} values."
        )

    def draw(kernel: int, stride: int, padding: int) -> bytes:
        drawing, axes = plotting.figure(1, 2, 3.2, 3.6)
        plt.close(drawing)  # or the notebook shows it a second time
        drawing.set_layout_engine(None)  # places are the same in every redraw
        drawing.subplots_adjust(0.03, 0.02, 0.97, 0.86, 0.08)
        draw_input(axes[0, 0], size)
        draw_output(axes[0, 1], size, kernel, stride, padding)
        return core.png(drawing)

    def static() -> None:
        _, axes = plotting.figure(1, 1 + len(SHOWN), 2.15, 2.75)
        draw_input(axes[0, 0], size)
        for axis, (kernel, stride, padding) in zip(axes[0, 1:], SHOWN, strict=True):
            draw_output(axis, size, kernel, stride, padding)
            setting = f"kernel {kernel}, stride {stride}, padding {padding}"
            axis.set_xlabel(setting)
            said = words(size, kernel, stride, padding).replace("\n", " ")
            print(f"{setting}: {said}")
        plt.show()

    core.explore(
        draw,
        static,
        kernel=(1, MOST["kernel"], 1, 3),
        stride=(1, MOST["stride"], 1, 2),
        padding=(0, MOST["padding"], 1, 0),
    )


def _grid(axis: Axes, length: int) -> None:
    """Draw the lines between cells, and no axes."""
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    places = range(length + 1)
    style = {"color": "#444444", "lw": 0.6, "clip_on": False}
    axis.hlines(places, 0, length, **style)
    axis.vlines(places, 0, length, **style)
