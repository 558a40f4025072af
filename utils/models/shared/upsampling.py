"""What lesson 03 exports for both tracks.

Built from its cells tagged `export`; edit them, not this:
content/lessons/03_upsampling.md
"""

import numpy as np

__all__ = [
    "bilinear_kernel",
]


def bilinear_kernel(factor):
    """Kernel that makes a transposed convolution with this stride bilinear.

    factor: how many times larger. Returns float32 (k, k) with k = 2 * factor - factor
    % 2; the layer's padding is (k - factor) // 2, or "same" (Long et al., 2015).
    """
    size = 2 * factor - factor % 2
    tent = 1 - abs(np.arange(size) - (size - 1) / 2) / factor
    return np.outer(tent, tent).astype(np.float32)
