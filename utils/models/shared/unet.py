"""What lesson 05 exports for both tracks.

Built from its cells tagged `export`; edit them, not this:
content/lessons/05_unet.md
"""

import numpy as np

__all__ = [
    "clean_up",
    "grow",
    "probability_of",
]


def probability_of(logits):
    """Sigmoid, float (N, H, W)."""
    return 1 / (1 + np.exp(-logits))


def grow(seeds, inside):
    """Spread from seeds through inside, to the four neighbours: bool (H, W)."""
    reached, before = seeds & inside, None
    while before is None or (reached != before).any():
        # Four copies, each moved by one pixel; the padding keeps them in the image.
        before, wide = reached, np.pad(reached, 1)
        near = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
        reached = (reached | near) & inside
    return reached


def clean_up(mask):
    """Keep the largest component and fill its holes: bool (H, W) -> bool (H, W)."""
    largest, left = np.zeros_like(mask), mask.copy()
    while left.any():
        first = np.arange(mask.size).reshape(mask.shape) == left.argmax()
        component = grow(first, left)
        left &= ~component
        largest = max(largest, component, key=np.sum)
    # Holes are what cannot be reached from the image's frame.
    frame = np.pad(np.zeros_like(mask)[1:-1, 1:-1], 1, constant_values=True)
    return ~grow(frame, ~largest)
