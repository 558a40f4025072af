"""Arrays that took a while to make are kept under ``data/cache``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

COURSE = Path(__file__).resolve().parents[2]
CACHE = COURSE / "data" / "cache"


def cached(
    name: str, key: str, make: Callable[[], dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Return ``make()``, or what it returned earlier for the same name and key.

    name: what the arrays are, for the file's name; older keys of it stay.
    key: everything that the arrays depend on, legal in a file name.
    A cache that cannot be read is made again; one that cannot be written (a
    read-only or full disk) costs time, nothing else. Written to a temporary file
    first, so a process that is killed leaves nothing half-done.
    """
    path = CACHE / f"{name}-{key}.npz"
    # A damaged file shows itself in many ways (BadZipFile, TypeError, RuntimeError...).
    with suppress(Exception), np.load(path, allow_pickle=False) as stored:
        return dict(stored)
    arrays = make()
    with suppress(OSError):
        CACHE.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=CACHE, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    return arrays
