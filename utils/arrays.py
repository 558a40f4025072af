"""What people hand over as an array: NumPy's, a framework's tensor, nested lists."""

from __future__ import annotations

import numpy as np


def array_of(value) -> np.ndarray:
    """Return an array with the numbers of an array, a list or a tensor.

    A tensor may be on any device and have a gradient; a copy is made only if needed.
    Raises ValueError for lists of different lengths.
    """
    if hasattr(value, "detach"):  # PyTorch's
        value = value.detach().cpu().resolve_conj().resolve_neg()
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"These are lists of different lengths, and no array ({error})."
        ) from None
