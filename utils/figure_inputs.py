"""Read what figures are given: images, masks, numbers and names of a caller's own.

Each function takes lists, arrays and tensors, and answers what it cannot draw with one
sentence, as TypeError or ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from numbers import Real

import numpy as np

from utils.arrays import array_of, is_whole
from utils.palette import VOID_ID, class_ids, three_channels, void_value

CHANNELS = (1,), (3,), (4,)  # of one image, (H, W, channels)
CODED = "P", "PA", "CMYK", "YCbCr", "HSV"  # PIL's images that hold no red, green, blue
SCORES = {  # in a history, and on the axis
    "validation_dice": "Validation Dice",
    "validation_mean_iou": "Validation mean IoU",
}


def list_of(name: str, values) -> list:
    """Give several values, one for each image or class, as a list; None as none."""
    if values is None:
        return []
    if not isinstance(values, (str, bytes, Mapping, set, frozenset)):
        with suppress(TypeError):
            return list(values)
    raise TypeError(f"{name} is a list, not {_shortly(values)}.")


def images_of(images) -> list[np.ndarray]:
    """Give images as uint8 (H, W, 3) each."""
    shape = getattr(images, "shape", None)
    single = shape is not None and (len(shape) < 3 or tuple(shape[2:]) in CHANNELS)
    if single:
        raise ValueError(
            f"The images have the shape {tuple(shape)}, which one image has: give "
            "[image], or list(images) if they are several."
        )
    return [three_channels(_in_rgb(image)) for image in list_of("images", images)]


def _in_rgb(image):
    """Give an image of PIL's that holds codes of colours as RGB, any other as it is."""
    return image.convert("RGB") if getattr(image, "mode", "") in CODED else image


def numbers_of(name: str, values) -> np.ndarray:
    """Give numbers as float (N,), and None as nan."""
    listed = [
        np.nan if value is None else array_of(value) for value in list_of(name, values)
    ]
    with suppress(TypeError, ValueError):
        numbers = np.array(listed, float)
        if numbers.ndim == 1:
            return numbers
    raise TypeError(f"{name} is a list of numbers, not {_shortly(values)}.")


def masks_of(
    truths: Sequence, predictions: Sequence, void: int | None
) -> tuple[list[np.ndarray], list[np.ndarray], int | None]:
    """Give truths and predictions as class ids, with void as 255, and void's value.

    The value is None where no mask holds it.
    """
    truths, predictions = [*map(array_of, truths)], [*map(array_of, predictions)]
    value = void_value(truths, void)
    judged = [  # a prediction may copy void from the truth
        found[truth != value] if found.shape == truth.shape else found
        for truth, found in zip(truths, predictions, strict=True)
    ]
    void_value(judged, void)
    truths, predictions = (
        [class_ids(mask, value) for mask in masks] for masks in (truths, predictions)
    )
    held = any(VOID_ID in mask for mask in (*truths, *predictions))
    return truths, predictions, value if held else None


def check_named(masks: Sequence[np.ndarray], classes: Sequence[str]) -> None:
    """Raise ValueError where class ids, with void as 255, have no name."""
    highest = max(mask.max(initial=0, where=mask != VOID_ID) for mask in masks)
    if highest >= len(classes):
        raise ValueError(
            f"The masks hold ids up to {highest}, but there are names for "
            f"{len(classes)} classes."
        )


def runs_of(history) -> dict[str, dict[str, np.ndarray]]:
    """Give one history, or several by name, as {name: {key: float (epochs,)}}.

    Keras' History objects are read as well, with "val" for "validation".
    """
    given = getattr(history, "history", history)
    if isinstance(given, Mapping):
        runs = {"": given} if "loss" in given else given
        runs = {name: getattr(run, "history", run) for name, run in runs.items()}
        if runs and all(isinstance(run, Mapping) for run in runs.values()):
            runs = {name: _curves(run) for name, run in runs.items()}
            if all(len(run.get("loss", ())) for run in runs.values()):
                return runs
    found = list(given) if isinstance(given, Mapping) else _shortly(history)
    raise ValueError(
        f"The history holds {found}, but it takes what fit returns, "
        'with a list under "loss", or several of these by name.'
    )


def _curves(run: Mapping) -> dict[str, np.ndarray]:
    """Give the numbers of one run that are plotted, under the names that fit uses."""
    named = {re.sub("^val_", "validation_", str(key)): run[key] for key in run}
    drawn = ("loss", "validation_loss", *SCORES)
    return {key: numbers_of(key, named[key]) for key in drawn if key in named}


def check_lengths(**sequences: Sequence) -> None:
    """Raise ValueError unless all have the same length, and at least one."""
    lengths = {name: len(sequence) for name, sequence in sequences.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        found = ", ".join(f"{count} {name}" for name, count in lengths.items())
        raise ValueError(f"Found {found}, but it takes as many of each, at least one.")


def check_whole(**numbers: int) -> None:
    """Raise ValueError unless all are whole numbers from 1 on."""
    for name, number in numbers.items():
        if not is_whole(number) or number < 1:
            raise ValueError(f"{name} is a whole number from 1 on, not {number!r}.")


def check_numbers(**numbers: float) -> None:
    """Raise TypeError unless all are numbers."""
    for name, number in numbers.items():
        if not isinstance(number, Real) or isinstance(number, bool):
            raise TypeError(f"{name} is a number, not {_shortly(number)}.")


def _shortly(value) -> str:
    """Write a value in a few words."""
    written = " ".join(repr(value).split())
    return written if len(written) <= 40 else f"{written[:40]}..."
