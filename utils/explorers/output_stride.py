"""What an output stride loses, even where a network gets every coarse cell right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import matplotlib.pyplot as plt
import numpy as np

from utils import metrics, plotting
from utils.explorers import core

MOST = 5  # halvings: an output stride of 32
SHOWN = (2, 3, 4, 5)  # halvings without a kernel


def shares(mask: np.ndarray, stride: int, classes: int) -> np.ndarray:
    """Give the share of each class in each cell of stride x stride pixels.

    mask: class ids (H, W). Returns float64 (ceil(H / stride), ceil(W / stride),
    classes); cells that reach over the edge count the pixels that they have.
    """
    one_hot = np.eye(classes)[mask]
    for axis in (0, 1):
        starts = np.arange(0, mask.shape[axis], stride)
        one_hot = np.add.reduceat(one_hot, starts, axis=axis)
    return one_hot / one_hot.sum(axis=-1, keepdims=True)


def enlarge(cells: np.ndarray, stride: int, height: int, width: int) -> np.ndarray:
    """Interpolate (h, w, classes) bilinearly between the centres of the cells.

    Returns float64 (height, width, classes). Beyond the outer centres the outer
    cells go on unchanged, as in both frameworks.
    """
    rows = _weights(height, stride, cells.shape[0])
    columns = _weights(width, stride, cells.shape[1])
    return np.einsum("yh,xw,hwc->yxc", rows, columns, cells, optimize=True)


def best_mask(mask: np.ndarray, stride: int, classes: int) -> np.ndarray:
    """Give the mask that is left when its class shares are enlarged: ids (H, W)."""
    cells = shares(mask, stride, classes)
    return enlarge(cells, stride, *mask.shape).argmax(-1).astype(np.uint8)


def explore(image: np.ndarray, truth: np.ndarray, classes: Sequence[str]) -> None:
    """Explore what an output stride loses of a mask.

    The truth is averaged over cells, as a network without a mistake might, and
    enlarged bilinearly. Shows the cells, the wrong pixels and the IoU of each class:
    under a slider, or at four strides side by side, whose scores are printed.

    Args:
        image: uint8 (H, W, 3).
        truth: class ids (H, W).
        classes: the name of each id.
    """
    truth = np.asarray(truth)
    if truth.ndim != 2 or truth.max(initial=0) >= len(classes):
        raise ValueError(
            f"truth has the shape {truth.shape} and ids up to {truth.max(initial=0)}, "
            f"but the explorer takes (H, W) and one of {len(classes)} names for each."
        )

    @cache
    def at(halvings: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The cells as a picture, the wrong pixels, and the IoU of each class."""
        stride = 2**halvings
        cells = shares(truth, stride, len(classes))
        painted = cells @ plotting.paint(np.arange(len(classes))[None])[0].astype(float)
        painted = painted.repeat(stride, axis=0).repeat(stride, axis=1)
        painted = painted[: truth.shape[0], : truth.shape[1]].round().astype(np.uint8)
        mask = best_mask(truth, stride, len(classes))
        confusion = metrics.confusion_matrix(truth, mask, len(classes))
        errors = plotting.error_map(image, truth, mask)
        return painted, errors, metrics.class_iou(confusion)

    def words(halvings: int) -> str:
        return f"stride {2**halvings}: mean IoU {np.nanmean(at(halvings)[2]):.2f}"

    @core.once
    def stage() -> tuple:
        drawing, axes = plotting.figure(1, 3, 2.7, 3.2)
        cells, errors, plot = axes[0]
        plotting.picture(cells, at(0)[0], "Cells")
        plotting.picture(errors, at(0)[1], "Errors")
        move = core.iou_bars(plot, classes)
        plot.set_title(words(MOST))
        plotting.error_legend(drawing, mistaken=True)
        return drawing, cells.images[0], errors.images[0], plot, move

    def draw(halvings: int) -> bytes:
        drawing, cells, errors, plot, move = stage()
        painted, wrong, scores = at(halvings)
        cells.set_data(painted)
        errors.set_data(wrong)
        move(scores)
        plot.set_title(words(halvings))
        return core.png(drawing)

    def static() -> None:
        drawing, axes = plotting.figure(2, 4, 2.2, 2.35)
        for (above, below), halvings in zip(axes.T, SHOWN, strict=True):
            painted, wrong, scores = at(halvings)
            plotting.picture(above, painted, words(halvings))
            plotting.picture(below, wrong)
            found = ", ".join(
                f"{name} {score:.2f}" for name, score in zip(classes, scores)
            )
            print(f"{words(halvings)} ({found})")
        plotting.error_legend(drawing, mistaken=True)
        plt.show()

    core.explore(draw, static, halvings=(0, MOST, 1, 3))


def _weights(length: int, stride: int, count: int) -> np.ndarray:
    """The weight of each of `count` cells at each of `length` pixels, (length, count).

    Pixel i lies at (i + 0.5) / stride - 0.5, counted in centres of cells.
    """
    places = (np.arange(length) + 0.5) / stride - 0.5
    places = places.clip(0, count - 1)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(count)))
