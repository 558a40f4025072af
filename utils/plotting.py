"""Figures of the course: fixed sizes, one style sheet, one palette, small PNG output.

Each `show_...` function, `learning_curves` and `score_strip` draw a figure, show it
and return None. `overlay` and `error_map` give images. Arrays may be tensors, too.
Titles and names are drawn as they are written, "$" and Korean letters as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from utils.figure_inputs import (
    SCORES,
    check_lengths,
    check_named,
    check_numbers,
    check_whole,
    images_of,
    list_of,
    masks_of,
    numbers_of,
    runs_of,
)
from utils.fonts import drawable, use_korean
from utils.legends import (
    LINE,
    LINE_BESIDE,
    class_legend,
    entry_width,
    error_legend,
    legend,
    lines_below,
    lines_beside,
    patches,
)
from utils.palette import (
    CLASS_COLOURS,
    INVENTED,
    MISSED,
    MISTAKEN,
    VOID_ID,
    class_colours,
    class_ids,
    error_map,
    overlay,
    paint,
    three_channels,
    void_value,
)

__all__ = [
    "CLASS_COLOURS",
    "INVENTED",
    "MISSED",
    "MISTAKEN",
    "PALE_COLOURS",
    "PLOT_HEIGHT",
    "PLOT_WIDTH",
    "class_legend",
    "error_legend",
    "error_map",
    "figure",
    "label_axes",
    "learning_curves",
    "overlay",
    "paint",
    "picture",
    "score_strip",
    "show_images",
    "show_label_map",
    "show_predictions",
]

DPI = 90
IMAGE_SIDE = 1.9  # inches, of one image in a grid
PLOT_WIDTH, PLOT_HEIGHT = 3.6, 2.7  # inches, of one plot with axes
LONGEST = 8  # heights of a width, and widths of a height, that an image is drawn with
MOST_PIXELS = 4096  # of a side of a drawn image, which still fills any page
TITLE = 0.2  # inches, of a line of text above an image
PALE_COLOURS = ("#9BC8E4", "#F2B37E", "#9ED8C6")  # of bars that carry dots

plt.style.use(Path(__file__).with_name("every_pixel.mplstyle"))
LINE_COLOURS = plt.rcParams["axes.prop_cycle"].by_key()["color"]  # "C0", "C1", ...
use_korean()


def figure(
    rows: int = 1,
    columns: int = 1,
    width: float = IMAGE_SIDE,
    height: float = IMAGE_SIDE,
) -> tuple[Figure, np.ndarray]:
    """Make the frame that every figure of the course is drawn in.

    width, height: inches of one panel. Returns the figure and its axes (rows, columns).
    Raises ValueError where there is no panel, or more than a kernel can draw.
    """
    check_whole(rows=rows, columns=columns)
    check_numbers(width=width, height=height)
    high, wide = rows * height * DPI, columns * width * DPI
    if not (0 < high < 2**15 and 0 < wide < 2**15 and high * wide < 2**26):
        raise ValueError(
            f"A figure of {rows} x {columns} panels has {high:.0f} x {wide:.0f} "
            "pixels, which cannot be drawn: show fewer at a time."
        )
    return plt.subplots(
        rows,
        columns,
        figsize=(columns * width, rows * height),
        dpi=DPI,
        layout="constrained",
        squeeze=False,
    )


def picture(axis: Axes, image: np.ndarray, title: str = "") -> None:
    """Draw an image, uint8 (H, W, 3) or (H, W), without axes.

    Colours are rounded to 32 levels a channel: the eye does not see it, and the PNG
    that a notebook stores halves. A strip more than 8 times as long as wide is drawn
    wider than it is, and of an image of thousands of pixels a side, some are left out.
    """
    image = three_channels(image)
    height, width = image.shape[:2]
    step = -(-max(height, width) // MOST_PIXELS)
    drawn = image[::step, ::step]
    ratio = min(max(height / width, 1 / LONGEST), LONGEST)
    axis.imshow(
        drawn // 8 * 8 + drawn // 32,
        interpolation="nearest",
        aspect="equal" if ratio == height / width else ratio * width / height,
        extent=None if step == 1 else (-0.5, width - 0.5, height - 0.5, -0.5),
    )
    axis.set_title(drawable(title), parse_math=False)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def label_axes(axis: Axes, across: str, up: str) -> None:
    """Label a plot's axes and give it a light grid."""
    axis.set_xlabel(drawable(across), parse_math=False)
    axis.set_ylabel(drawable(up), parse_math=False)
    axis.grid(True)


def show_images(
    images: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
    columns: int = 4,
    classes: Sequence[str] = (),
    void: int | None = None,
) -> None:
    """Show images, uint8 (N, H, W, 3) or a list of any sizes, in rows of `columns`.

    classes: names in the order of the ids, for a legend of their colours; for images
    made by `paint` or `overlay`.
    void: None, or the value of void pixels, for the legend to name them.
    """
    images, classes = images_of(images), list_of("classes", classes)
    titles = _titles(titles, len(images))
    check_lengths(images=images, titles=titles)
    check_whole(columns=columns)
    columns = min(columns, len(images))
    heights = [
        max(map(_height, images[first : first + columns]))
        for first in range(0, len(images), columns)
    ]
    lines = lines_below(_names(classes, void), columns * IMAGE_SIDE)
    words = (TITLE if any(titles) else 0) + LINE * lines / len(heights)
    drawing, axes = _panels(heights, columns, IMAGE_SIDE, words)
    for axis in axes.flat[len(images) :]:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        picture(axis, image, title)
    if classes:
        class_legend(drawing, classes, void=void)
    plt.show()


def show_label_map(
    mask: np.ndarray, classes: Sequence[str], void: int | None = None
) -> None:
    """Show class ids (H, W) in the colours of their classes, which a legend names.

    void: the value of pixels without a class, as in `Samples.void`. Without it, 255 is
    void, except in a mask of 0 and 255 alone, where it could be an object.
    """
    mask, classes = class_ids(mask, void), list_of("classes", classes)
    void = void_value([], void) if VOID_ID in mask else None
    highest = mask.max(initial=0, where=mask != VOID_ID)
    if mask.ndim != 2 or not mask.size or highest >= len(classes):
        raise ValueError(
            f"The mask has the shape {mask.shape} and ids up to {highest}, "
            f"but it takes (H, W) and one of the {len(classes)} class names for each."
        )
    names = _names(classes, void)
    lines = lines_beside(names)
    width = max(2, *map(entry_width, names)) * -(-len(names) // lines)
    height = max(IMAGE_SIDE + 0.6, LINE_BESIDE * lines)
    drawing, axes = figure(width=IMAGE_SIDE + width, height=height)
    picture(axes[0, 0], paint(mask, VOID_ID))
    class_legend(drawing, classes, "outside right center", void)
    plt.show()


def show_predictions(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray],
    predictions: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
    scores: Sequence[float] | None = None,
    score_name: str = "Dice",
    classes: Sequence[str] = (),
    void: int | None = None,
) -> None:
    """Show a row of image, truth, prediction and errors for each sample.

    images: uint8 (N, H, W, 3). truths, predictions: bool or class ids, (N, H, W).
    titles, scores: one for each row, written beside it.
    classes: names in the order of the ids, for a legend of their colours; not needed
    for one class and background.
    void: as in `show_label_map`. Where the truth is void, no answer is wrong.
    """
    images, classes = images_of(images), list_of("classes", classes)
    truths, predictions = list_of("truths", truths), list_of("predictions", predictions)
    titles = _titles(titles, len(images))
    notes = [""] * len(images)
    if scores is not None:
        notes = [f"{score_name} {score:.2f}" for score in numbers_of("scores", scores)]
    check_lengths(
        images=images,
        truths=truths,
        predictions=predictions,
        titles=titles,
        scores=notes,
    )
    truths, predictions, void = masks_of(truths, predictions, void)
    if classes:
        check_named([*truths, *predictions], classes)
    # Room for the words beside the rows, for the headings and for the legend.
    width = IMAGE_SIDE + (0.2 if any(titles) or any(notes) else 0)
    words = 0.55 + LINE * lines_below(_names(classes, void), 4 * width)
    heights = [_height(image) for image in images]
    drawing, axes = _panels(heights, 4, width, words / len(heights))
    mistaken = False
    for row, image, truth, prediction, *words in zip(
        axes, images, truths, predictions, titles, notes, strict=True
    ):
        errors = error_map(image, truth, prediction, VOID_ID)
        wrong = (truth != prediction) & (truth != VOID_ID)
        mistaken |= bool((wrong & (truth > 0) & (prediction > 0)).any())
        painted = paint(truth, VOID_ID), paint(prediction, VOID_ID)
        for axis, panel in zip(row, (image, *painted, errors), strict=True):
            picture(axis, panel)
        row[0].set_ylabel(
            "\n".join(filter(None, words)),
            rotation=0,
            ha="right",
            va="center",
            parse_math=False,
        )
    for axis, title in zip(
        axes[0], ("Image", "Truth", "Prediction", "Errors"), strict=True
    ):
        axis.set_title(title)
    error_legend(drawing, mistaken, void is not None and not classes)
    if classes:
        class_legend(drawing, classes, "outside upper left", void)
    plt.show()


def learning_curves(history: Mapping) -> None:
    """Plot loss and validation score by epoch, for one history or {name: history}.

    A history is what `fit` returns: lists under "loss", "validation_loss" and
    "validation_dice" or "validation_mean_iou". Keras' History is one, too, with "val"
    for "validation". Training is solid, validation dashed, each run has its colour.
    """
    runs = runs_of(history)
    scores = {key for run in runs.values() for key in run if key in SCORES}
    if len(scores) > 1:
        raise ValueError(
            f"The runs hold {' and '.join(sorted(scores))}, which do not share an "
            "axis; plot runs with the same score together."
        )
    score = scores.pop() if scores else "validation_dice"
    drawing, axes = figure(1, 2, PLOT_WIDTH, PLOT_HEIGHT)
    colours = _line_colours(len(runs))
    for axis, label, styles, top in (
        (axes[0, 0], "Loss", {"loss": "-", "validation_loss": "--"}, None),
        (axes[0, 1], SCORES[score], {score: "--"}, 1),
    ):
        label_axes(axis, "Epoch", label)
        axis.xaxis.get_major_locator().set_params(integer=True)
        lowest = 0
        for run, colour in zip(runs.values(), colours, strict=True):
            for key, style in styles.items():
                values = run.get(key, np.array([]))
                # A single epoch is a point, which a line would not show.
                marker = "o" if len(values) == 1 or np.isnan(values).any() else ""
                epochs = range(1, len(values) + 1)
                axis.plot(epochs, values, style, color=colour, lw=2, marker=marker)
                finite = values[np.isfinite(values)]
                lowest = finite.min(initial=lowest)
                top = top and finite.max(initial=top)
        axis.set_ylim(lowest, top)
    handles = [
        Line2D([], [], color="black", linestyle=style, lw=2) for style in ("-", "--")
    ]
    names = ["training", "validation"]
    if len(runs) > 1:
        handles += patches(colours)
        names += runs
    legend(drawing, handles, names, "outside right center")
    plt.show()


def score_strip(
    scores: Sequence[float],
    groups: Sequence[int] | None = None,
    group_names: Sequence[str] = ("all images",),
    score_name: str = "Dice",
) -> None:
    """Draw each image's score as a dot, in one strip per group with the group's mean.

    scores: (N,); nan, where there is nothing to score, is left out.
    groups: index into `group_names` for each image, (N,).
    """
    scores, group_names = numbers_of("scores", scores), list_of("names", group_names)
    groups = np.zeros(len(scores)) if groups is None else numbers_of("groups", groups)
    check_lengths(scores=scores, groups=groups)
    wrong = groups[~np.isin(groups, range(len(group_names)))]
    if wrong.size:
        raise ValueError(
            f"groups holds the index {wrong[0]:g}, but group_names holds only "
            f"{len(group_names)} names."
        )
    _, axes = figure(width=6.2, height=0.7 + 0.6 * len(group_names))
    axis, labels = axes[0, 0], []
    label_axes(axis, score_name, "")
    for row, name in enumerate(group_names):
        chosen = scores[(groups == row) & ~np.isnan(scores)]
        mean = f"mean {chosen.mean():.2f}, " if len(chosen) else ""
        labels.append(f"{drawable(name)}\n{mean}n = {len(chosen)}")
        # Steps of the golden ratio spread any number of dots evenly, without chance.
        jitter = (np.arange(len(chosen)) * 0.618034 % 1 - 0.5) * 0.5
        colour = _line_colours(row + 1)[row]
        axis.scatter(chosen, row + jitter, s=26, color=colour, alpha=0.55, lw=0)
        if len(chosen):
            axis.vlines(chosen.mean(), row - 0.36, row + 0.36, color="black", lw=2)
    axis.set_yticks(range(len(labels)), labels, parse_math=False)
    axis.set_ylim(len(labels) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    plt.show()


def _panels(
    heights: Sequence[float], columns: int, width: float, words: float
) -> tuple[Figure, np.ndarray]:
    """Make a figure with rows of these heights, in inches, and room for words in each.

    Returns the figure and its axes.
    """
    height = sum(heights) / len(heights)
    drawing, axes = figure(len(heights), columns, width, height + words)
    if len(set(heights)) > 1:
        axes[0, 0].get_gridspec().set_height_ratios(heights)
    return drawing, axes


def _height(image: np.ndarray) -> float:
    """Give the inches of an image that is as wide as a panel."""
    height, width = np.shape(image)[:2]
    inches = IMAGE_SIDE * height / width
    return min(max(inches, IMAGE_SIDE / LONGEST), IMAGE_SIDE * LONGEST)


def _names(classes: Sequence[str], void: int | None) -> list[str]:
    """Give the names in a legend of classes."""
    return [name for name, _ in class_colours(classes, void)] if classes else []


def _titles(titles: Sequence[str] | None, count: int) -> list[str]:
    """Give titles as they are drawn, or `count` empty ones."""
    if titles is None:
        return [""] * count
    return [drawable(title) for title in list_of("titles", titles)]


def _line_colours(count: int) -> list[str]:
    return [LINE_COLOURS[index % len(LINE_COLOURS)] for index in range(count)]
