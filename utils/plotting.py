"""Figures of the course: fixed sizes, one palette, small PNG output, English labels.

Each `show_...` function, `learning_curves` and `score_strip` draw a figure, show it
and return None. `overlay` and `error_map` give images.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from utils.palette import (
    CLASS_COLOURS,
    INVENTED,
    MISSED,
    MISTAKEN,
    class_ids,
    error_map,
    overlay,
    paint,
    three_channels,
)

__all__ = [
    "CLASS_COLOURS",
    "INVENTED",
    "MISSED",
    "MISTAKEN",
    "error_map",
    "figure",
    "learning_curves",
    "overlay",
    "paint",
    "score_strip",
    "show_images",
    "show_label_map",
    "show_predictions",
]

DPI = 90
IMAGE_SIDE = 1.9  # inches, of one image in a grid
PLOT_WIDTH, PLOT_HEIGHT = 3.6, 2.7  # inches, of one plot with axes
TITLE = 0.2  # inches, of a line of text above an image
LEGEND_LINE = 0.35  # inches, of a line of a legend
# Lines need more contrast to white than the areas of classes do.
LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#4D4D4D")
SCORES = {  # in a history, and on the axis
    "validation_dice": "Validation Dice",
    "validation_mean_iou": "Validation mean IoU",
}
TEXT = {"fontsize": 10}
LEGEND = {"frameon": False, "handlelength": 1.6, **TEXT}


def figure(
    rows: int = 1,
    columns: int = 1,
    width: float = IMAGE_SIDE,
    height: float = IMAGE_SIDE,
) -> tuple[Figure, np.ndarray]:
    """Make the frame that every figure of the course is drawn in.

    width, height: inches of one panel. Returns the figure and its axes (rows, columns).
    """
    return plt.subplots(
        rows,
        columns,
        figsize=(columns * width, rows * height),
        dpi=DPI,
        layout="constrained",
        facecolor="white",
        squeeze=False,
    )


def picture(axis: Axes, image: np.ndarray, title: str = "") -> None:
    """Draw an image, uint8 (H, W, 3) or (H, W), without axes.

    Colours are rounded to 32 levels a channel: the eye does not see it, and the PNG
    that a notebook stores halves.
    """
    image = three_channels(image)
    axis.imshow(image // 8 * 8 + image // 32, interpolation="nearest")
    axis.set_title(title, **TEXT)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def label_axes(axis: Axes, across: str, up: str) -> None:
    """Label a plot's axes and give it a light grid and an open frame."""
    axis.set_xlabel(across, **TEXT)
    axis.set_ylabel(up, **TEXT)
    axis.tick_params(labelsize=9)
    axis.grid(color="#DDDDDD", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def error_legend(drawing: Figure, mistaken: bool = False) -> None:
    """Name the colours of `error_map` below a figure."""
    names = {"missed": MISSED, "invented": INVENTED}
    if mistaken:
        names["wrong class"] = MISTAKEN
    drawing.legend(
        handles=_patches(names), loc="outside lower right", ncols=len(names), **LEGEND
    )


def class_legend(
    drawing: Figure, classes: Sequence[str], place: str = "outside lower left"
) -> None:
    """Name the colours of the classes, in the order of their ids, beside a figure."""
    if not 0 < len(classes) <= len(CLASS_COLOURS):
        raise ValueError(
            f"Found {len(classes)} class names, but the palette has colours for 1 to "
            f"{len(CLASS_COLOURS)}."
        )
    handles = _patches(dict(zip(classes, CLASS_COLOURS, strict=False)))
    lines = len(classes)
    if "right" not in place:
        lines = _legend_lines(classes, drawing.get_figwidth())
    columns = -(-len(classes) // lines)
    drawing.legend(handles=handles, loc=place, ncols=columns, **LEGEND)


def show_images(
    images: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
    columns: int = 4,
    classes: Sequence[str] = (),
) -> None:
    """Show images, uint8 (N, H, W, 3) or a list of any sizes, in rows of `columns`.

    classes: names in the order of the ids, for a legend of their colours; for images
    made by `paint` or `overlay`.
    """
    titles = [""] * len(images) if titles is None else titles
    _check_lengths(images=images, titles=titles)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = _height(images[0]) + (TITLE if any(titles) else 0)
    height += LEGEND_LINE * _legend_lines(classes, columns * IMAGE_SIDE) / rows
    drawing, axes = figure(rows, columns, height=height)
    for axis in axes.flat[len(images) :]:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        picture(axis, image, title)
    if classes:
        class_legend(drawing, classes)
    plt.show()


def show_label_map(mask: np.ndarray, classes: Sequence[str]) -> None:
    """Show class ids (H, W) in the colours of their classes, which a legend names."""
    mask = class_ids(mask)
    if mask.ndim != 2 or mask.max(initial=0) >= len(classes):
        raise ValueError(
            f"The mask has the shape {mask.shape} and ids up to {mask.max(initial=0)}, "
            f"but it takes (H, W) and one of the {len(classes)} class names for each."
        )
    drawing, axes = figure(width=IMAGE_SIDE + 2, height=IMAGE_SIDE + 0.6)
    picture(axes[0, 0], paint(mask))
    class_legend(drawing, classes, "outside right center")
    plt.show()


def show_predictions(
    images: Sequence[np.ndarray],
    truths: Sequence[np.ndarray],
    predictions: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
    scores: Sequence[float] | None = None,
    score_name: str = "Dice",
    classes: Sequence[str] = (),
) -> None:
    """Show a row of image, truth, prediction and errors for each sample.

    images: uint8 (N, H, W, 3). truths, predictions: bool or class ids, (N, H, W).
    titles, scores: one for each row, written beside it.
    classes: names in the order of the ids, for a legend of their colours; not needed
    for one class and background.
    """
    rows = len(images)
    titles = [""] * rows if titles is None else titles
    notes = [""] * rows if scores is None else [f"{score_name} {s:.2f}" for s in scores]
    _check_lengths(
        images=images,
        truths=truths,
        predictions=predictions,
        titles=titles,
        scores=notes,
    )
    truths, predictions = map(class_ids, truths), map(class_ids, predictions)
    # Room for the words beside the rows, for the headings and for the legend.
    width = IMAGE_SIDE + (0.2 if any(titles) or any(notes) else 0)
    words = 0.55 + LEGEND_LINE * _legend_lines(classes, 4 * width)
    drawing, axes = figure(rows, 4, width, _height(images[0]) + words / rows)
    mistaken = False
    for row, image, truth, prediction, *words in zip(
        axes, images, truths, predictions, titles, notes, strict=True
    ):
        errors = error_map(image, truth, prediction)
        mistaken |= bool(((truth != prediction) & (truth > 0) & (prediction > 0)).any())
        for axis, panel in zip(
            row, (image, paint(truth), paint(prediction), errors), strict=True
        ):
            picture(axis, panel)
        row[0].set_ylabel(
            "\n".join(filter(None, words)), rotation=0, ha="right", va="center", **TEXT
        )
    for axis, title in zip(
        axes[0], ("Image", "Truth", "Prediction", "Errors"), strict=True
    ):
        axis.set_title(title, **TEXT)
    error_legend(drawing, mistaken)
    if classes:
        class_legend(drawing, classes, "outside upper left")
    plt.show()


def learning_curves(history: Mapping) -> None:
    """Plot loss and validation score by epoch, for one history or {name: history}.

    A history is what `fit` returns: lists under "loss", "validation_loss" and
    "validation_dice" or "validation_mean_iou". Training is solid, validation dashed,
    each run has its colour.
    """
    runs = {"": history} if "loss" in history else history
    if not runs or not all("loss" in run and len(run["loss"]) for run in runs.values()):
        raise ValueError(
            f"The history holds {list(history)}, but it takes what fit returns, "
            'with a list under "loss", or several of these by name.'
        )
    scores = {key for run in runs.values() for key in run if key in SCORES}
    if len(scores) > 1:
        raise ValueError(
            f"The runs hold {' and '.join(sorted(scores))}, which do not share an "
            "axis; plot runs with the same score together."
        )
    score = scores.pop() if scores else "validation_dice"
    drawing, axes = figure(1, 2, PLOT_WIDTH, PLOT_HEIGHT)
    for axis, label, styles in (
        (axes[0, 0], "Loss", {"loss": "-", "validation_loss": "--"}),
        (axes[0, 1], SCORES[score], {score: "--"}),
    ):
        label_axes(axis, "Epoch", label)
        axis.xaxis.get_major_locator().set_params(integer=True)
        for run, colour in zip(runs.values(), _line_colours(len(runs)), strict=True):
            for key, style in styles.items():
                values = run.get(key, [])
                # A single epoch is a point, which a line would not show.
                marker = "o" if len(values) == 1 else ""
                epochs = range(1, len(values) + 1)
                axis.plot(epochs, values, style, color=colour, lw=2, marker=marker)
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 1].set_ylim(0, 1)
    handles = [
        Line2D([], [], color="black", linestyle=style, lw=2, label=name)
        for name, style in {"training": "-", "validation": "--"}.items()
    ]
    if len(runs) > 1:
        handles += _patches(dict(zip(runs, _line_colours(len(runs)), strict=True)))
    drawing.legend(handles=handles, loc="outside right center", **LEGEND)
    plt.show()


def score_strip(
    scores: Sequence[float],
    groups: Sequence[int] | None = None,
    group_names: Sequence[str] = ("all images",),
    score_name: str = "Dice",
) -> None:
    """Draw each image's score as a dot, in one strip per group with the group's mean.

    scores: (N,). groups: index into `group_names` for each image, (N,).
    """
    scores = np.asarray(scores, float)
    groups = np.zeros(len(scores), int) if groups is None else np.asarray(groups)
    _check_lengths(scores=scores, groups=groups)
    if groups.max(initial=0) >= len(group_names):
        raise ValueError(
            f"groups holds the index {groups.max()}, but group_names holds only "
            f"{len(group_names)} names."
        )
    _, axes = figure(width=6.2, height=0.7 + 0.6 * len(group_names))
    axis, labels = axes[0, 0], []
    label_axes(axis, score_name, "")
    for row, name in enumerate(group_names):
        chosen = scores[groups == row]
        mean = f"mean {chosen.mean():.2f}, " if len(chosen) else ""
        labels.append(f"{name}\n{mean}n = {len(chosen)}")
        # Steps of the golden ratio spread any number of dots evenly, without chance.
        jitter = (np.arange(len(chosen)) * 0.618034 % 1 - 0.5) * 0.5
        colour = _line_colours(row + 1)[row]
        axis.scatter(chosen, row + jitter, s=26, color=colour, alpha=0.55, lw=0)
        if len(chosen):
            axis.vlines(chosen.mean(), row - 0.36, row + 0.36, color="black", lw=2)
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    plt.show()


def _height(image: np.ndarray) -> float:
    """Give the inches of an image that is as wide as a panel."""
    height, width = np.shape(image)[:2]
    return IMAGE_SIDE * height / width


def _legend_lines(names: Sequence[str], width: float) -> int:
    """Give the lines that a legend below or above a figure needs; width in inches."""
    # A patch and the gaps beside it, then the letters.
    entries = [0.55 + 0.08 * len(name) for name in names]
    if sum(entries) <= width:
        return min(1, len(entries))
    return math.ceil(len(entries) / max(1, int(width / max(entries))))


def _line_colours(count: int) -> list[str]:
    return [LINE_COLOURS[index % len(LINE_COLOURS)] for index in range(count)]


def _patches(colours: Mapping[str, str]) -> list[Patch]:
    # An edge keeps light colours visible on the white page.
    return [
        Patch(facecolor=colour, edgecolor="#777777", linewidth=0.5, label=name)
        for name, colour in colours.items()
    ]


def _check_lengths(**sequences: Sequence) -> None:
    lengths = {name: len(sequence) for name, sequence in sequences.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        found = ", ".join(f"{count} {name}" for name, count in lengths.items())
        raise ValueError(f"Found {found}, but it takes as many of each, at least one.")
