"""How every contestant is scored: on the held-out images, at 256 x 256."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from utils import metrics

SIZE = 256  # side of the masks that count, in pixels


def enlarge(probability: np.ndarray, size: int) -> np.ndarray:
    """Bring maps to size x size, bilinearly: float (N, H, W) -> float32 (N, S, S)."""
    return np.stack(
        [
            Image.fromarray(one.astype(np.float32)).resize(
                (size, size), Image.Resampling.BILINEAR
            )
            for one in probability
        ]
    )


def cut(probability: np.ndarray, size: int) -> np.ndarray:
    """Enlarge, then take what is above one half: bool (N, S, S)."""
    return enlarge(probability, size) > 0.5


def outlines(
    probability: np.ndarray, size: int, clean_up: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Enlarge, cut at one half, and clean up each mask: bool (N, S, S)."""
    return np.stack([clean_up(mask) for mask in cut(probability, size)])


def scores(truth: np.ndarray, found: np.ndarray) -> dict[str, list[float]]:
    """Give Dice and Jaccard of each image, rounded as they are stored."""
    return {
        "dice": metrics.dice(truth, found).round(5).tolist(),
        "jaccard": metrics.iou(truth, found).round(5).tolist(),
    }


def otsu(images: np.ndarray) -> np.ndarray:
    """Take the darker side of Otsu's threshold on grey: (N, H, W, 3) -> bool (N, H, W).

    N. Otsu, "A threshold selection method from gray-level histograms", 1979. It needs
    no training, so it is what a network must beat.
    """
    from skimage.filters import threshold_otsu  # the authors' packages have it

    grey = images.mean(axis=-1)
    return np.stack([one < threshold_otsu(one) for one in grey])
