"""Put a downloaded copy of MADS in place, as `install` does.

Kaggle's archive may have the folder ``segmentation_full_body_mads_dataset_1192_img``
within another one of that name, or beside other data sets of the same authors.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from utils.datasets.install import Kind, files_in
from utils.datasets.mads import FOLDER, Pair, find_mads, mads_files, read_frame
from utils.datasets.progress import progress


def find_copy(source: Path) -> dict[str, Pair]:
    """Find the frames in a folder; raise as `install` does if they are not whole."""
    files = sorted(files_in(source))
    masks = [path for path in files if path.parent.name == "masks"]
    homes = {path.parents[1] for path in masks if path.suffix.lower() == ".png"}
    homes = {home for home in homes if (home / "images").is_dir()}
    if not homes:
        found = f"{len(files)} files such as {files[0].name}" if files else "no files"
        raise ValueError(
            f"{source} is not MADS: no folder in it has images/*.png and masks/*.png, "
            f"but {found}; give a complete copy of {FOLDER}."
        )
    named = {home for home in homes if home.name == FOLDER}
    homes = named or homes  # of several data sets, the one of that name
    if len(homes) > 1:
        one, other, *_ = sorted(homes)
        raise ValueError(
            f"{source} holds images and masks in more than one folder, {one} and "
            f"{other}; give the folder of one copy."
        )
    return mads_files(homes.pop())


def check_copy(frames: dict[str, Pair]) -> int:
    """Decode every image and mask; raise ValueError at the first that is not right."""
    with progress(f"Checking {len(frames)} frames", len(frames), "frame") as advance:
        for image, mask in frames.values():
            read_frame(image, mask)
            advance(1)
    return len(frames)


def _arrange(frames: dict[str, Pair], whole: Path, move: bool) -> None:
    """Copy or move the images and masks into the published layout."""
    bring = os.replace if move else shutil.copyfile
    for part in ("images", "masks"):
        (whole / part).mkdir(parents=True)
    what = f"Putting {len(frames)} frames in place"
    with progress(what, len(frames), "frame") as advance:
        for name, (image, mask) in frames.items():
            bring(image, whole / "images" / f"{name}.png")
            bring(mask, whole / "masks" / f"{name}.png")
            advance(1)


MADS = Kind("MADS", FOLDER, find_mads, mads_files, find_copy, check_copy, _arrange)
