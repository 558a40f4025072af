"""What lesson 01 exports for both tracks.

Built from its cells tagged `export`; edit them, not this:
content/lessons/01_sliding_window.md
"""

import numpy as np

__all__ = [
    "windows",
]


def windows(image, size=32, stride=1):
    """All windows of an image (H, W, C): (rows, columns, size, size, C), no copy."""
    view = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))
    return view[::stride, ::stride].transpose(0, 1, 3, 4, 2)
