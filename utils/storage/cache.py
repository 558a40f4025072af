"""Arrays that took a while to make are kept under ``data/cache``."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

COURSE = Path(__file__).resolve().parents[2]
CACHE = COURSE / "data" / "cache"
KEPT = 16  # files of one name: several sizes and seeds side by side
DAY = 24 * 60 * 60


def cached(
    name: str, key: str, make: Callable[[], dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Return ``make()``, or what it returned earlier for the same name and key.

    name: what the arrays are, for the file's name, without hyphens. Of each name, the
        files that were read last stay; the rest go when one more is written.
    key: everything that the arrays depend on, legal in a file name.
    A cache that cannot be read is made again; one that cannot be written (a
    read-only or full disk) costs time, nothing else. Written to a temporary file
    first, so a process that is killed leaves nothing half-done.
    """
    path = CACHE / f"{name}-{key}.npz"
    # A damaged file shows itself in many ways (BadZipFile, TypeError, RuntimeError...).
    with suppress(Exception), np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)
        with suppress(OSError):
            os.utime(path)
        return arrays
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
        _prune(name)
    return arrays


def _prune(name: str) -> None:
    """Remove all but the last files of a name, and what killed writers left.

    Another process may remove the same files, or read one: on Windows it stays then.
    """
    ages = {}
    for path in CACHE.glob("*.*"):
        with suppress(OSError):
            ages[path] = path.stat().st_mtime
    newest_first = sorted(ages, key=ages.get, reverse=True)
    mine = [path for path in newest_first if path.match(f"{name}-*.npz")]
    parts = [path for path in ages if path.suffix == ".part"]
    left = [path for path in parts if ages[path] < time.time() - DAY]
    for path in (*mine[KEPT:], *left):
        with suppress(OSError):
            path.unlink()
