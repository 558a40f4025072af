"""Where the real data sets lie."""

from __future__ import annotations

import os
from pathlib import Path

from utils.storage.cache import COURSE

WINDOWS = os.name == "nt"
LONGEST = 259  # characters of a path that Windows takes, unless it is told to take more


def data_folder() -> Path:
    """Return ``data/`` of the course, or the folder that EVERY_PIXEL_DATA names."""
    return at_home(Path(os.environ.get("EVERY_PIXEL_DATA") or COURSE / "data"))


def at_home(path: Path) -> Path:
    """Put a home in the place of ``~``; raise ValueError for one that is not known."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(
            f"{path} begins with {path.parts[0]}, whose home is not known here; write "
            "the whole path."
        ) from None


def too_long(path: str | Path) -> str:
    """Say that a path is longer than Windows takes by default; else say nothing."""
    length = len(os.path.abspath(path))
    if not WINDOWS or length <= LONGEST:
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
