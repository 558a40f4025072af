"""What the threshold on the probability does to a mask and its Dice."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from utils import metrics, plotting
from utils.explorers import core


def explore(image: np.ndarray, probability: np.ndarray, truth: np.ndarray) -> None:
    """Explore what the threshold on the probability does to a mask and its Dice.

    Shows the predicted contour, the missed and invented pixels, and Dice by threshold:
    under a slider, or at three thresholds side by side, whose scores are printed.

    Args:
        image: uint8 (H, W, 3).
        probability: numbers from 0 to 1, (H, W).
        truth: bool or 0/1 integers, (H, W).
    """
    truth = np.asarray(truth)
    probability = np.asarray(probability)
    if probability.ndim != 2:
        raise ValueError(
            f"probability has the shape {probability.shape}, but the explorer takes "
            "one image: (H, W)."
        )
    thresholds = np.linspace(0, 1, 101)
    curve = metrics.threshold_curve(probability, truth, thresholds)

    def plot_curve(axis) -> None:
        plotting.label_axes(axis, "Threshold", "Dice")
        axis.plot(thresholds, curve, color="black", lw=2)
        axis.set(xlim=(0, 1), ylim=(0, 1.02))

    def words(mask: np.ndarray) -> str:
        return (
            f"Dice {metrics.dice(truth, mask):.2f}, IoU {metrics.iou(truth, mask):.2f}"
        )

    @core.once
    def stage() -> tuple:
        drawing, axes = plotting.figure(1, 3, 2.7, 3.2)
        seen, errors, plot = axes[0]
        plotting.picture(seen, image, "Prediction")
        plotting.picture(errors, image, "Errors")
        plot_curve(plot)
        marker = plot.plot([], [], "o", color="black", ms=9)[0]
        plotting.error_legend(drawing)
        plot.set_title(words(truth > 0))
        return drawing, seen.images[0], errors.images[0], plot, marker

    def draw(threshold: float) -> bytes:
        drawing, seen, errors, plot, marker = stage()
        mask = probability > threshold
        seen.set_data(plotting.overlay(image, mask))
        errors.set_data(plotting.error_map(image, truth, mask))
        plot.set_title(words(mask))
        marker.set_data([threshold], [metrics.dice(truth, mask)])
        return core.png(drawing)

    def static() -> None:
        drawing, axes = plotting.figure(1, 4, 2.2, 3.0)
        plot_curve(axes[0, 3])
        for axis, cut in zip(axes[0], (0.1, 0.5, 0.9), strict=False):
            mask = probability > cut
            title = f"threshold {cut}\n{words(mask)}"
            plotting.picture(axis, plotting.error_map(image, truth, mask), title)
            axes[0, 3].plot(cut, metrics.dice(truth, mask), "o", color="black", ms=7)
            print(f"threshold {cut}: {words(mask)}")
        plotting.error_legend(drawing)
        plt.show()

    core.explore(draw, static, threshold=(0.0, 1.0, 0.01, 0.5))
