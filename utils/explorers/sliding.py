"""What a sliding window costs and gives: where it lies, how often it sees a pixel."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from utils import metrics, palette, plotting
from utils.explorers import core

LONGEST = 32  # pixels, of a stride
SMALLEST, LARGEST = 8, 64  # pixels, of a window's side
MOST = LARGEST**2  # windows that can hold a pixel
SHOWN = (16, 8, 4)  # strides without a kernel
WINDOW = 32  # pixels, the side of a window without a kernel
FIRST, NEXT = plotting.MISSED, plotting.INVENTED  # two neighbouring windows


def starts(length: int, size: int, stride: int) -> np.ndarray:
    """Where the windows of one side begin: int (N,), empty where none fits.

    length: pixels of the image's side. size: pixels of the window's.
    """
    for name, number in {"size": size, "stride": stride}.items():
        if number < 1:
            raise ValueError(f"The {name} is {number}, but it takes 1 pixel or more.")
    return np.arange(0, length - size + 1, stride)


def coverage(shape: tuple[int, int], size: int, stride: int) -> np.ndarray:
    """Count the windows that hold each pixel of an image without a margin.

    shape: (H, W). Returns int (H, W).
    """
    sides = []
    for length in shape:
        first = starts(length, size, stride)[:, None]
        pixel = np.arange(length)
        sides.append(((first <= pixel) & (pixel < first + size)).sum(axis=0))
    return np.outer(*sides)


def coarse(
    answers: np.ndarray, size: int, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the answers of the windows' centres, each enlarged to stride x stride.

    answers: class ids, (H, W), one for each pixel that a window could be laid around.
    Returns the ids, of the answers' type, and where there is one, bool, both (H, W).
    Pixels near the border, which no centre stands for, have none; their id is 0.
    """
    shape = np.shape(answers)
    nearest, inside = [], []
    for length in shape:
        count = len(starts(length, size, stride))
        begins = size // 2 - stride // 2  # of the first centre's block
        number = (np.arange(length) - begins) // stride
        inside.append((number >= 0) & (number < count))
        nearest.append(np.where(inside[-1], size // 2 + number * stride, 0))
    known = np.outer(*inside)
    return np.where(known, answers[np.ix_(*nearest)], 0).astype(answers.dtype), known


def words(counts: np.ndarray, size: int, stride: int) -> str:
    """Say how many windows there are, and how often they hold a pixel on average."""
    rows, columns = (len(starts(length, size, stride)) for length in counts.shape)
    many = "" if rows * columns == 1 else "s"
    return f"{rows * columns} window{many},\na pixel in {counts.mean():.1f} of them"


def quality(truth: np.ndarray, found: np.ndarray, known: np.ndarray) -> str:
    """Say for how many pixels there is an answer, and how good it is there."""
    if not known.any():
        return "no window fits"
    classes = int(max(truth.max(), found.max())) + 1
    confusion = metrics.confusion_matrix(truth[known], found[known], classes)
    score = metrics.mean_iou(confusion)
    return f"answers for {known.mean():.0%},\nmean IoU there {score:.2f}"


def heat_map(axis: Axes, counts: np.ndarray):
    """Colour each pixel by its count, on one scale for all strides; none stays white.

    Returns the image, which `key` names the colours of.
    """
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    seen = np.ma.masked_less(counts, 1)
    scale = LogNorm(1, MOST)
    return axis.imshow(seen, "viridis", norm=scale, interpolation="nearest")


def key(drawing: Figure, drawn, axes) -> None:
    """Name the colours of `heat_map` beside axes."""
    numbers = (1, 10, 100, 1000)
    bar = drawing.colorbar(drawn, ax=axes, shrink=0.8, ticks=numbers)
    bar.set_label("windows that hold a pixel", fontsize=9)
    bar.ax.set_yticklabels(numbers, fontsize=9)


def marks_on(axis: Axes) -> tuple:
    """Draw the frames of two windows and the dots of all centres; see `place`."""
    frames = [
        axis.add_patch(Rectangle((0, 0), 1, 1, fill=False, ec=colour, lw=2))
        for colour in (FIRST, NEXT)
    ]
    dot = {"color": "white", "markersize": 3, "mec": "black", "mew": 0.3}
    return *frames, axis.plot([], [], ".", **dot)[0]


def place(marks: tuple, shape: tuple[int, int], size: int, stride: int) -> None:
    """Lay the frames around the first two windows, and the dots on all centres."""
    *frames, dots = marks
    tops, lefts = (starts(length, size, stride) for length in shape)
    for number, frame in enumerate(frames):
        frame.set_visible(number < len(lefts))
        # A pixel's square begins half a pixel before its middle.
        frame.set_bounds(number * stride - 0.5, -0.5, size, size)
    across, down = np.meshgrid(lefts + size // 2, tops + size // 2)
    dots.set_data(across.ravel(), down.ravel())


def explore(image: np.ndarray, answers: np.ndarray, truth: np.ndarray) -> None:
    """Explore what stride and size of a sliding window cost, and what they give.

    Shows two neighbouring windows and all centres, how often each pixel lies in a
    window, and the answers at the centres, enlarged: under two sliders, or for three
    strides side by side, whose counts are printed. The image gets no margin.

    Args:
        image: uint8 (H, W, 3).
        answers: class ids, (H, W): what a classifier says of each pixel.
        truth: class ids, (H, W).
    """
    for name, mask in {"answers": answers, "truth": truth}.items():
        if np.shape(mask) != np.shape(image)[:2]:
            raise ValueError(
                f"{name} has the shape {np.shape(mask)}, but the explorer takes one "
                f"class id for each pixel of the image, {np.shape(image)[:2]}."
            )
    answers, truth = palette.class_ids(answers), palette.class_ids(truth)
    shape = truth.shape

    def painted(found: np.ndarray, known: np.ndarray) -> np.ndarray:
        # White is no class: there the windows give no answer.
        return np.where(known[..., None], palette.paint(found), np.uint8(255))

    @core.once
    def stage() -> tuple:
        drawing, axes = plotting.figure(1, 3, 2.7, 3.0)
        seen, often, said = axes[0]
        plotting.picture(seen, image, "two windows,\nall centres")
        marks = marks_on(seen)
        drawn = heat_map(often, coverage(shape, WINDOW, 1))
        key(drawing, drawn, often)
        plotting.picture(said, palette.paint(answers), "\n")
        often.set_title("\n")
        return drawing, marks, often, drawn, said

    def draw(stride: int, window: int) -> bytes:
        drawing, marks, often, drawn, said = stage()
        place(marks, shape, window, stride)
        counts = coverage(shape, window, stride)
        drawn.set_data(np.ma.masked_less(counts, 1))
        often.set_title(words(counts, window, stride))
        found, known = coarse(answers, window, stride)
        said.images[0].set_data(painted(found, known))
        said.set_title(quality(truth, found, known))
        return core.png(drawing)

    def static() -> None:
        drawing, axes = plotting.figure(2, 4, 2.1, 2.3)
        plotting.picture(axes[0, 0], image, f"windows of {WINDOW},\nstride {SHOWN[0]}")
        place(marks_on(axes[0, 0]), shape, WINDOW, SHOWN[0])
        plotting.picture(axes[1, 0], palette.paint(truth), "\nTruth")
        for column, stride in enumerate(SHOWN, 1):
            counts = coverage(shape, WINDOW, stride)
            found, known = coarse(answers, WINDOW, stride)
            drawn = heat_map(axes[0, column], counts)
            title = f"stride {stride}: {words(counts, WINDOW, stride)}"
            axes[0, column].set_title(title)
            score = quality(truth, found, known)
            plotting.picture(axes[1, column], painted(found, known), score)
            print(" ".join(title.split()) + f", answers for {known.mean():.0%}")
        key(drawing, drawn, axes[0])
        plt.show()

    sizes = (min(size, *shape) for size in (SMALLEST, LARGEST))
    window = (*sizes, 1, min(WINDOW, *shape))
    core.explore(draw, static, stride=(1, LONGEST, 1, 8), window=window)
