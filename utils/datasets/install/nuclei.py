"""Put a downloaded copy of the nuclei of BBBC038 in place, as `install` does.

The published ``stage1_train.zip`` holds the folders of the cases themselves; a copy may
have them in a folder, or beside other parts of the data set, which have no masks.
Kaggle packs the archive itself into another one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from utils.datasets.install.core import Copy, Kind, absent, files_in, home_of, placing
from utils.datasets.nuclei import FOLDER, find_nuclei, nuclei_files, read_case


def find_copy(source: Path) -> Copy:
    """Find the cases in a folder; raise as `install` does if one lacks a file."""
    homes = {path.parents[2] for path in files_in(source) if _is_image(path)}
    if not homes:
        said = "holds no nuclei: there is no ID/images/ID.png in it"
        raise absent(source, said, FOLDER)
    # Of several parts of the data set, the one of this name has masks.
    home = home_of(homes, FOLDER, source, "cases")
    return Copy(cases=nuclei_files(home), papers={})


def _is_image(path: Path) -> bool:
    """Tell whether this is ID/images/ID.png."""
    folder = path.parent
    named = path.stem == folder.parent.name and path.suffix.lower() == ".png"
    return named and folder.name == "images"


def _arrange(copy: Copy, whole: Path, bring: Callable[[Path, Path], object]) -> None:
    """Bring the images and masks into the published layout."""
    for name, (image, masks) in placing(copy):
        case = whole / FOLDER / name
        for folder, files in (("images", [image]), ("masks", masks)):
            (case / folder).mkdir(parents=True)
            for file in files:
                bring(file, case / folder / f"{file.stem}.png")


NUCLEI = Kind(
    key="nuclei",
    name="the nuclei",
    folder="nuclei",
    archive=FOLDER,
    here=find_nuclei,
    count=lambda folder: len(nuclei_files(folder)),
    find=find_copy,
    read=read_case,
    arrange=_arrange,
)
