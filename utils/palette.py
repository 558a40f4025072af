"""The colours of the course, and masks painted with them. Pixels only, no figures.

Colours are Okabe and Ito's (jfly.uni-koeln.de/color) with three added, chosen to stay
apart for readers with any kind of colour blindness. Missed and invented pixels have
colours of their own, which no class uses.
"""

from __future__ import annotations

import numpy as np

CLASS_COLOURS = (
    "#4D4D4D",  # 0, background
    "#56B4E9",  # 1, sky blue
    "#E69F00",  # 2, orange
    "#009E73",  # 3, green
    "#F0E442",  # 4, yellow
    "#CC79A7",  # 5, pink
    "#E8E8E8",  # 6, light grey
    "#661100",  # 7, brown
)
MISSED = "#D55E00"  # a class in the truth, background in the prediction
INVENTED = "#0072B2"  # background in the truth, a class in the prediction
MISTAKEN = "#000000"  # one class in the truth, another in the prediction


def rgb(*colours: str) -> np.ndarray:
    """Turn colours such as "#D55E00" into uint8 (N, 3)."""
    return np.array([tuple(bytes.fromhex(colour[1:])) for colour in colours], np.uint8)


def paint(mask: np.ndarray) -> np.ndarray:
    """Give each pixel the colour of its class: (..., H, W) -> uint8 (..., H, W, 3)."""
    return rgb(*CLASS_COLOURS)[class_ids(mask)]


def overlay(image: np.ndarray, mask: np.ndarray, alpha: float = 0.2) -> np.ndarray:
    """Tint an image with its classes and draw their contours; background stays clear.

    image: uint8 (H, W, 3) or (H, W). mask: bool or class ids, (H, W).
    alpha: strength of the tint, from 0 (contours alone) to 1.
    Returns uint8 (H, W, 3).
    """
    image, mask = three_channels(image), class_ids(mask)
    _check_size(image, mask=mask)
    weight = np.where(mask > 0, float(alpha), 0.0)
    weight[_contour(mask)] = 1.0
    mixed = image + weight[..., None] * (paint(mask).astype(float) - image)
    return mixed.round().astype(np.uint8)


def error_map(
    image: np.ndarray, truth: np.ndarray, prediction: np.ndarray
) -> np.ndarray:
    """Mark the wrong pixels on a pale grey copy of the image.

    image: uint8 (H, W, 3) or (H, W). truth, prediction: bool or class ids, (H, W).
    Returns uint8 (H, W, 3) with pixels MISSED, INVENTED or, where one class was taken
    for another, MISTAKEN.
    """
    image, truth, prediction = (
        three_channels(image),
        class_ids(truth),
        class_ids(prediction),
    )
    _check_size(image, truth=truth, prediction=prediction)
    # Pale, so that all three colours stand out; 8 greys keep a stored figure small.
    grey = (135 + image.mean(axis=2) // 32 * 15).astype(np.uint8)
    marked = np.repeat(grey[..., None], 3, axis=2)
    wrong = truth != prediction
    marked[wrong] = rgb(MISTAKEN)
    marked[wrong & (prediction == 0)] = rgb(MISSED)
    marked[wrong & (truth == 0)] = rgb(INVENTED)
    return marked


def class_ids(mask: np.ndarray) -> np.ndarray:
    """Give a mask of bool or class ids as uint8, and refuse what has no colour."""
    mask = np.asarray(mask)
    if mask.dtype.kind not in "biu":
        raise TypeError(
            f"The mask holds {mask.dtype} numbers, but it takes bool or class ids: "
            "threshold or take the argmax first."
        )
    for value in (mask.min(initial=0), mask.max(initial=0)):
        if not 0 <= value < len(CLASS_COLOURS):
            raise ValueError(
                f"The mask holds the value {int(value)}, but the palette colours the "
                f"class ids 0 to {len(CLASS_COLOURS) - 1}."
            )
    return mask.astype(np.uint8)


def three_channels(image: np.ndarray) -> np.ndarray:
    """Give an image, uint8 (H, W, 3), (H, W, 1) or (H, W), as uint8 (H, W, 3)."""
    image = np.asarray(image)
    if image.dtype != np.uint8:
        raise TypeError(
            f"The image holds {image.dtype} numbers, but it takes uint8, 0 to 255."
        )
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3):
        raise ValueError(
            f"The image has the shape {image.shape}, but it takes (H, W, 3) or (H, W): "
            "for a PyTorch tensor, move the channels to the end."
        )
    return np.broadcast_to(image, (*image.shape[:2], 3))


def _contour(mask: np.ndarray) -> np.ndarray:
    """Find the pixels of each class that lie next to another class: bool (H, W)."""
    thickness = max(1, round(max(mask.shape) / 80))
    edge = np.zeros(mask.shape, bool)
    for step in range(1, thickness + 1):
        edge[step:] |= mask[step:] != mask[:-step]
        edge[:-step] |= mask[:-step] != mask[step:]
        edge[:, step:] |= mask[:, step:] != mask[:, :-step]
        edge[:, :-step] |= mask[:, :-step] != mask[:, step:]
    return edge & (mask > 0)


def _check_size(image: np.ndarray, **masks: np.ndarray) -> None:
    for name, mask in masks.items():
        if image.shape[:2] != mask.shape:
            raise ValueError(
                f"The image has (height, width) {image.shape[:2]} and its {name} "
                f"{mask.shape}, but they must be the same: resize masks by nearest "
                "neighbour."
            )
