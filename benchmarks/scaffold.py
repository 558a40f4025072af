"""Stands in for `predict_averaged` and `clean_up` until utils.models exports them."""

from __future__ import annotations

import numpy as np


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities, without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * logits)


def averaging(predict):
    """Make predict_averaged of a track's predict."""

    def predict_averaged(model, images: np.ndarray) -> np.ndarray:
        total = np.zeros(images.shape[:3])
        for turns in range(4):
            view = np.rot90(images, turns, axes=(1, 2))
            for mirror in (slice(None), slice(None, None, -1)):
                answer = sigmoid(predict(model, view[:, :, mirror]))[:, :, mirror]
                total += np.rot90(answer, -turns, axes=(1, 2))
        return total / 8

    return predict_averaged


def grow(seeds: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Spread from seeds through inside, to the four neighbours: bool (H, W)."""
    reached, before = seeds & inside, None
    while before is None or (reached != before).any():
        before, wide = reached, np.pad(reached, 1)
        near = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
        reached = (reached | near) & inside
    return reached


def clean_up(mask: np.ndarray) -> np.ndarray:
    """Keep the largest component and fill its holes: bool (H, W) -> bool (H, W)."""
    largest, left = np.zeros_like(mask), mask.copy()
    while left.any():
        first = np.arange(mask.size).reshape(mask.shape) == left.argmax()
        component = grow(first, left)
        left &= ~component
        largest = max(largest, component, key=np.sum)
    frame = np.pad(np.zeros_like(mask)[1:-1, 1:-1], 1, constant_values=True)
    return ~grow(frame, ~largest)
