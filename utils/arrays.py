"""What people hand over: NumPy's arrays, a framework's tensors, lists, numbers."""

from __future__ import annotations

import numpy as np


def array_of(value) -> np.ndarray:
    """Return an array with the numbers of an array, a list or a tensor.

    A tensor may be on any device, have a gradient, be sparse or of bfloat16; a copy is
    made only if needed. Raises ValueError for lists of different lengths.
    """
    if hasattr(value, "detach"):  # PyTorch's
        value = value.detach().to_dense()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()  # NumPy has no such type
        value = value.numpy(force=True)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"These are lists of different lengths, and no array ({error})."
        ) from None
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def is_whole(number) -> bool:
    """Tell whether something is a whole number, of Python or NumPy, and no bool."""
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool)
