"""Weights of a trained model in one small file that both tracks can read.

A file is an .npz: arrays by number, in the order in which the model's layers run,
kernels with the channels last, as TensorFlow has them. Kernels and matrices are kept in
half precision, vectors in single; nothing is pickled.
"""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "weights"
# A U-Net of lesson 05 that has seen simulated skin only, made by
# `python -m benchmarks pretrain`.
SKIN = FOLDER / "unet_skin.npz"
# What NumPy raises for files that are no .npz, or cut short.
UNREADABLE = (OSError, ValueError, KeyError, EOFError, AttributeError, BadZipFile)


def meadow(name: str) -> Path:
    """Give the file of a model that has been trained on simulated meadows.

    name: such as "unet"; made by `python -m benchmarks zoo`, all with one recipe.
    Raises FileNotFoundError with the names that there are.
    """
    path = FOLDER / f"meadow_{name}.npz"
    if not path.is_file():
        known = sorted(FOLDER.glob("meadow_*.npz"))
        names = ", ".join(file.stem.removeprefix("meadow_") for file in known)
        raise FileNotFoundError(
            f"{path} does not exist; there are weights of {names or 'no model yet'}, "
            "and `python -m benchmarks zoo` makes them."
        )
    return path


def write(path: str | Path, arrays: list[np.ndarray]) -> None:
    """Write arrays (float32; of several axes as float16), all or nothing.

    Raises FileNotFoundError if there is no such folder, ValueError for numbers that
    float16 does not hold, OSError as the disk gives it; an older file then stays.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{path.parent} does not exist; make this folder first, or name a file in "
            "another one."
        )
    with np.errstate(over="ignore"):
        small = [a.astype(np.float16 if a.ndim > 1 else np.float32) for a in arrays]
    if not all(np.isfinite(array).all() for array in small):
        largest = max(float(np.abs(array).max(initial=0)) for array in arrays)
        raise ValueError(
            f"The weights go up to {largest:.3g} and cannot be kept in half precision "
            "(65504 at most): the training has run away; take a smaller learning_rate."
        )
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            np.savez_compressed(file, *small)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: str | Path, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """Read arrays of the given shapes, float32.

    Raises FileNotFoundError if there is no such file, ValueError if it is none of
    `write`, is damaged, or holds the weights of another model; one sentence each.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; give a file that save_weights has written."
        )
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = [stored[f"arr_{i}"] for i in range(len(stored.files))]
    except UNREADABLE:
        raise ValueError(
            f"{path} holds no weights or is damaged; give a file that save_weights has "
            "written."
        ) from None
    if [array.shape for array in arrays] != list(shapes):
        raise ValueError(
            f"{path} holds the weights of another model ({len(arrays)} arrays, where "
            f"this one has {len(shapes)}, or other shapes); build the model with the "
            "widths and classes that it was saved with."
        )
    return [array.astype(np.float32) for array in arrays]
