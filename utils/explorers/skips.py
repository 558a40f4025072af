"""What the scores of each stride bring to a mask, when they are switched on and off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from utils import metrics, plotting
from utils.explorers import core


def explore(
    images: np.ndarray,
    parts: Mapping[int, np.ndarray],
    truths: np.ndarray,
    classes: Sequence[str],
    first: int = 0,
) -> None:
    """Explore what the scores of each stride bring to the masks of an FCN.

    Adds the parts with a weight each. Shows the mask, the wrong pixels and the IoU of
    each class: under sliders for one image at a time, or for one image and a few sums
    side by side; the scores there are those of all images.

    Args:
        images: uint8 (N, H, W, 3).
        parts: by stride, the logits (N, H, W, classes) that its scores alone give.
        truths: class ids (N, H, W).
        classes: the name of each id.
        first: the image that is shown first, or alone.
    """
    truths = np.asarray(truths)
    for stride, part in parts.items():
        if part.shape != (*truths.shape, len(classes)) or len(images) != len(truths):
            raise ValueError(
                f"The part of stride {stride} has the shape {part.shape}, but beside "
                f"{len(images)} images, truths {truths.shape} and {len(classes)} "
                f"class names it takes {(*truths.shape, len(classes))}."
            )
    strides = sorted(parts, reverse=True)  # the deepest first
    deepest, finest = strides[0], strides[-1]
    names = {f"stride_{stride}": stride for stride in strides}

    def mask_of(weights: Mapping[int, float], chosen=slice(None)) -> np.ndarray:
        """The mask of the weighted sum: uint8 (H, W), or (N, H, W) for all images."""
        total = sum(weights[stride] * parts[stride][chosen] for stride in weights)
        return total.argmax(-1).astype(np.uint8)

    def scores(truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return metrics.class_iou(metrics.confusion_matrix(truth, mask, len(classes)))

    @core.once
    def stage() -> tuple:
        drawing, axes = plotting.figure(1, 3, 2.7, 3.2)
        seen, errors, plot = axes[0]
        plotting.picture(seen, images[0], "Prediction")
        plotting.picture(errors, images[0], "Errors")
        move = core.iou_bars(plot, classes)
        plot.set_title("mean IoU 0.00")
        plotting.error_legend(drawing, mistaken=True)
        return drawing, seen.images[0], errors.images[0], plot, move

    def draw(image: int, **sliders: float) -> bytes:
        drawing, seen, errors, plot, move = stage()
        weights = {names[name]: weight for name, weight in sliders.items()}
        truth, mask = truths[image], mask_of(weights, image)
        found = scores(truth, mask)
        seen.set_data(plotting.overlay(images[image], mask, 0.4))
        errors.set_data(plotting.error_map(images[image], truth, mask))
        move(found)
        plot.set_title(f"mean IoU {np.nanmean(found):.2f}")
        return core.png(drawing)

    def static() -> None:
        sums = [strides[: count + 1] for count in range(len(strides))]
        sums += [[deepest, finest]] * (len(strides) > 2) + [[finest]]
        drawing, axes = plotting.figure(2, len(sums), 2.0, 2.2)
        for (above, below), added in zip(axes.T, sums, strict=True):
            alone = " alone" if len(added) == 1 else ""
            title = f"stride {' + '.join(map(str, added))}{alone}"
            masks = mask_of(dict.fromkeys(added, 1.0))
            found = f"mean IoU {np.nanmean(scores(truths, masks)):.2f}"
            plotting.picture(above, plotting.paint(masks[first]), f"{title}\n{found}")
            errors = plotting.error_map(images[first], truths[first], masks[first])
            plotting.picture(below, errors)
            if deepest in added and finest in added:
                # Half a ladder was never trained: its scores differ with the threads.
                print(f"{title}: {found}")
        plotting.error_legend(drawing, mistaken=True)
        plotting.class_legend(drawing, classes)
        plt.show()

    sliders = {name: (0.0, 1.0, 0.05, 1.0) for name in names}
    core.explore(draw, static, image=(0, len(images) - 1, 1, first), **sliders)
