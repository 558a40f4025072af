"""Masks scored per second: `utils.metrics`, torchmetrics and scikit-learn.

All contestants score the same label maps, all classes and pixels at once, and must come
to the same numbers before they race.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.children import hand_over, measured
from benchmarks.race import OURS, calls, race, summarise
from utils import metrics

COUNT, SIZE, CLASSES = 500, 256, 21  # as many classes as PASCAL VOC has
ROUNDS = 5
TORCHMETRICS, SCIKIT_LEARN = "torchmetrics", "scikit-learn"

# Takes no argument; gives a number or an array.
Score = Callable[[], np.ndarray]


def label_maps(count: int, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw truth and prediction: uint8 (count, size, size), blocks with wrong edges."""
    generator = np.random.default_rng(seed)
    blocks = generator.integers(0, CLASSES, (count, size // 16, size // 16), np.uint8)
    truth = blocks.repeat(16, axis=1).repeat(16, axis=2)
    moved = np.roll(truth, (3, 2), axis=(1, 2))
    return truth, moved


def contestants(
    truth: np.ndarray, prediction: np.ndarray
) -> dict[str, dict[str, Score]]:
    """Give the functions that race, by the score and by the library.

    torchmetrics gets int64 tensors and no check of its arguments, scikit-learn flat
    arrays: what costs each the least. Converting is not timed.
    """
    import torch
    from sklearn import metrics as sklearn
    from torchmetrics.functional import classification as torchmetrics

    target = torch.from_numpy(truth.astype(np.int64))
    answer = torch.from_numpy(prediction.astype(np.int64))
    flat = truth.ravel(), prediction.ravel()
    labels = np.arange(CLASSES)

    def confusion() -> np.ndarray:
        return metrics.confusion_matrix(truth, prediction, CLASSES)

    def fast(function: Callable, **how) -> Score:
        return lambda: function(
            answer, target, num_classes=CLASSES, validate_args=False, **how
        ).numpy()

    return {
        "confusion matrix": {
            OURS: confusion,
            TORCHMETRICS: fast(torchmetrics.multiclass_confusion_matrix),
            SCIKIT_LEARN: lambda: sklearn.confusion_matrix(*flat, labels=labels),
        },
        "mean IoU": {
            OURS: lambda: metrics.mean_iou(confusion()),
            TORCHMETRICS: fast(torchmetrics.multiclass_jaccard_index),
            SCIKIT_LEARN: lambda: sklearn.jaccard_score(
                *flat, labels=labels, average="macro"
            ),
        },
        "Dice of each class": {
            OURS: lambda: metrics.class_dice(confusion()),
            TORCHMETRICS: fast(torchmetrics.multiclass_f1_score, average="none"),
            SCIKIT_LEARN: lambda: sklearn.f1_score(*flat, labels=labels, average=None),
        },
        "pixel accuracy": {
            OURS: lambda: metrics.pixel_accuracy(confusion()),
            TORCHMETRICS: fast(torchmetrics.multiclass_accuracy, average="micro"),
            SCIKIT_LEARN: lambda: sklearn.accuracy_score(*flat),
        },
    }


def agree(functions: dict[str, Score]) -> None:
    """Raise RuntimeError where a library comes to another number than ours."""
    values = {name: np.asarray(score(), float) for name, score in functions.items()}
    for name, value in values.items():
        # torchmetrics divides in single precision.
        if not np.allclose(value, values[OURS], rtol=1e-5, atol=1e-7):
            raise RuntimeError(f"{name} gives {value}, but ours is {values[OURS]}.")


def measure(threads: int, trial: bool = False) -> dict:
    """Race in a fresh process; give masks per second by score and contestant."""
    print("Scoring masks, about two minutes ...", flush=True)
    return {
        **measured("benchmarks.scores", ["trial"] if trial else [], threads),
        "threads": threads,
    }


def told(rates: dict) -> Iterator[str]:
    """Say the result, a line for each contestant."""
    for score, found in rates.items():
        for name, rate, times in summarise(found):
            yield f"{score:20} {name:14} {rate:8.0f} masks/s, {times:.2f}"


def main(arguments: list[str]) -> int:
    """Measure and write the result as JSON: OUT [trial]."""
    out, *how = arguments
    count, rounds = (4, 1) if how else (COUNT, ROUNDS)

    def rates() -> dict:
        found = {}
        for name, functions in contestants(*label_maps(count, SIZE)).items():
            agree(functions)
            found[name] = race(calls(functions), count, rounds)
        return found

    return hand_over(out, rates)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
