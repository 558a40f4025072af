"""What each score says about a mask that is moved, grown or shrunk."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from utils import metrics, plotting
from utils.explorers import core

FURTHEST = 24  # pixels that a slider moves the mask
THICKEST = 6  # pixels that a slider adds to it, or takes away
# Not those of missed and invented pixels.
COLOURS = ("#4D4D4D", "#E69F00", "#009E73", "#CC79A7")
# As the static figure shows them: title, right, down, dilate.
CASES = (
    ("2 pixels to the right", 2, 0, 0),
    ("12 pixels to the right", 12, 0, 0),
    ("grown by 3 pixels", 0, 0, 3),
)


def explore(image: np.ndarray, truth: np.ndarray) -> None:
    """Explore what moving and dilating a mask does to its scores.

    The truth itself is the prediction, moved and dilated. Shows the missed and invented
    pixels and four scores: under three sliders, or in three cases and along one
    movement, whose scores are printed.

    Args:
        image: uint8 (H, W, 3).
        truth: bool or 0/1 integers, (H, W).
    """
    truth = np.asarray(truth)
    if truth.shape != np.shape(image)[:2]:
        raise ValueError(
            f"truth has the shape {truth.shape}, but the explorer takes the mask of "
            f"one image, here {np.shape(image)[:2]}."
        )
    if truth.max(initial=0) > 1 or not truth.any():
        raise ValueError(
            "The truth is a mask of one object: 0 and 1, or bool, and not empty; "
            "compare first, as in mask == class_id."
        )
    truth = truth.astype(bool)

    def errors(mask: np.ndarray) -> np.ndarray:
        return plotting.error_map(image, truth, mask)

    @core.once
    def stage() -> tuple:
        drawing, axes = plotting.figure(1, 2, 3.4, 3.2)
        seen, plot = axes[0]
        plotting.picture(seen, errors(truth), "Errors")
        names = list(scores(truth, truth))
        bars = plot.barh(names, 1, color=COLOURS)
        numbers = plot.bar_label(bars, ["1.00"] * len(names), padding=4)
        plotting.label_axes(plot, "", "")
        plot.set(xlim=(0, 1.2), xticks=(0, 0.5, 1))
        plot.invert_yaxis()
        plotting.error_legend(drawing)
        return drawing, seen.images[0], bars, numbers

    def draw(right: int, down: int, dilate: int) -> bytes:
        drawing, seen, bars, numbers = stage()
        mask = changed(truth, right, down, dilate)
        seen.set_data(errors(mask))
        found = scores(truth, mask).values()
        for bar, number, value in zip(bars, numbers, found, strict=True):
            bar.set_width(value)
            number.set_text(f"{value:.2f}")
            number.xy = (value, number.xy[1])
        return core.png(drawing)

    def static() -> None:
        drawing, axes = plotting.figure(1, 4, 2.4, 2.7)
        for axis, (title, *change) in zip(axes[0], CASES, strict=False):
            mask = changed(truth, *change)
            plotting.picture(axis, errors(mask), title)
            found = scores(truth, mask).items()
            words = ", ".join(f"{name} {value:.2f}" for name, value in found)
            print(f"{title}: {words}")
        distances = range(FURTHEST + 1)
        curves = [scores(truth, changed(truth, right)) for right in distances]
        plot = axes[0, 3]
        plotting.label_axes(plot, "pixels to the right", "")
        for name, colour in zip(curves[0], COLOURS, strict=True):
            values = [curve[name] for curve in curves]
            plot.plot(distances, values, color=colour, lw=2, label=name)
        plot.set_ylim(0, 1.02)
        drawing.legend(*plot.get_legend_handles_labels(), loc="outside right center")
        plotting.error_legend(drawing)
        plt.show()

    far, thick = (-FURTHEST, FURTHEST, 1, 0), (-THICKEST, THICKEST, 1, 0)
    core.explore(draw, static, right=far, down=far, dilate=thick)


def scores(truth: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Score a mask in four ways: truth and mask bool (H, W); numbers from 0 to 1."""
    return {
        "pixel accuracy": float((truth == mask).mean()),
        "Dice": metrics.dice(truth, mask),
        "IoU": metrics.iou(truth, mask),
        "boundary IoU": metrics.boundary_iou(truth, mask),
    }


def changed(mask: np.ndarray, right: int = 0, down: int = 0, dilate: int = 0):
    """Dilate a mask, or erode it by a negative number, then move it: bool (H, W).

    right, down: pixels; what leaves the image is lost, background comes in.
    dilate: steps of a 3 x 3 square. Beyond the frame the mask goes on as it ends.
    """
    mask = np.asarray(mask, bool)
    height, width = mask.shape
    reach = range(2 * abs(dilate) + 1)
    whole = np.pad(mask if dilate >= 0 else ~mask, abs(dilate), mode="edge")
    rows = np.any([whole[step : step + height] for step in reach], axis=0)
    grown = np.any([rows[:, step : step + width] for step in reach], axis=0)
    grown = grown if dilate >= 0 else ~grown
    canvas = np.pad(grown, ((abs(down),) * 2, (abs(right),) * 2))
    top, left = abs(down) - down, abs(right) - right
    return canvas[top : top + height, left : left + width]
