"""Put a downloaded copy of MADS in place, as `install` does.

Kaggle's archive may have the folder ``segmentation_full_body_mads_dataset_1192_img``
within another one of that name, or beside other data sets of the same authors.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from utils.datasets.install.core import Copy, Kind, absent, files_in, home_of, placing
from utils.datasets.mads import FOLDER, find_mads, mads_files, read_frame


def find_copy(source: Path) -> Copy:
    """Find the frames in a folder; raise as `install` does if one lacks a partner."""
    masks = [path for path in files_in(source) if path.parent.name == "masks"]
    homes = {path.parents[1] for path in masks if path.suffix.lower() == ".png"}
    homes = {home for home in homes if (home / "images").is_dir()}
    if not homes:
        said = "is not MADS: no folder in it has images/*.png and masks/*.png"
        raise absent(source, said, FOLDER)
    home = home_of(homes, FOLDER, source, "images and masks")
    return Copy(cases=mads_files(home), papers={})


def _arrange(copy: Copy, whole: Path, bring: Callable[[Path, Path], object]) -> None:
    """Bring the images and masks into the published layout."""
    for part in ("images", "masks"):
        (whole / part).mkdir(parents=True)
    for name, (image, mask) in placing(copy):
        bring(image, whole / "images" / f"{name}.png")
        bring(mask, whole / "masks" / f"{name}.png")


MADS = Kind(
    key="mads",
    name="MADS",
    folder=FOLDER,
    archive=FOLDER,
    here=find_mads,
    count=lambda folder: len(mads_files(folder)),
    find=find_copy,
    read=read_frame,
    arrange=_arrange,
)
