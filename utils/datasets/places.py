"""Where the real data sets lie."""

from __future__ import annotations

import os
from pathlib import Path

from utils.datasets.cache import COURSE

LONGEST = 259  # characters of a path that Windows takes, unless it is told to take more


def data_folder() -> Path:
    """Return ``data/`` of the course, or the folder that EVERY_PIXEL_DATA names."""
    return Path(os.environ.get("EVERY_PIXEL_DATA") or COURSE / "data").expanduser()


def too_long(path: str | Path) -> str:
    """Say that a path is longer than Windows takes by default; else say nothing."""
    length = len(os.path.abspath(path))
    if length <= LONGEST:
        return ""
    return (
        f"{path} has {length} characters, and Windows takes {LONGEST}: move the course "
        "to a short path such as C:\\course, then start again."
    )


def candidates() -> list[Path]:
    """List where a data set may lie: the data folder, and the folders in it by name.

    Hidden folders are left out: in them a data set is being put in place.
    """
    root = data_folder()
    if not root.is_dir():
        return []
    inside = (path for path in root.iterdir() if path.is_dir())
    return [root, *sorted(path for path in inside if path.name[0] != ".")]
