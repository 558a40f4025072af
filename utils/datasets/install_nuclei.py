"""Put a downloaded copy of the nuclei of BBBC038 in place, as `install` does.

The published ``stage1_train.zip`` holds the folders of the cases themselves; a copy may
have them in a folder, or beside other parts of the data set, which have no masks.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from utils.datasets.install import Kind, files_in
from utils.datasets.nuclei import FOLDER, Case, find_nuclei, nuclei_files, read_case
from utils.datasets.progress import progress


def find_copy(source: Path) -> dict[str, Case]:
    """Find the cases in a folder; raise as `install` does if they are not whole."""
    images = [path for path in files_in(source) if _is_image(path)]
    if not images:
        files = sorted(files_in(source))
        found = f"{len(files)} files such as {files[0].name}" if files else "no files"
        raise ValueError(
            f"{source} holds no nuclei: there is no ID/images/ID.png in it, but "
            f"{found}; give a complete copy of {FOLDER}."
        )
    homes = {path.parents[2] for path in images}
    named = {home for home in homes if home.name == FOLDER}
    homes = named or homes  # of several parts, the one that has masks
    if len(homes) > 1:
        one, other, *_ = sorted(homes)
        raise ValueError(
            f"{source} holds cases in more than one folder, {one} and {other}; give "
            "the folder of one copy."
        )
    return nuclei_files(homes.pop())


def _is_image(path: Path) -> bool:
    """Tell whether this is ID/images/ID.png."""
    folder = path.parent
    named = path.stem == folder.parent.name and path.suffix.lower() == ".png"
    return named and folder.name == "images"


def check_copy(cases: dict[str, Case]) -> int:
    """Decode every image and mask; raise ValueError at the first that is not right."""
    with progress(f"Checking {len(cases)} cases", len(cases), "case") as advance:
        for image, masks in cases.values():
            read_case(image, masks)
            advance(1)
    return len(cases)


def _arrange(cases: dict[str, Case], whole: Path, move: bool) -> None:
    """Copy or move the images and masks into the published layout."""
    bring = os.replace if move else shutil.copyfile
    what = f"Putting {len(cases)} cases in place"
    with progress(what, len(cases), "case") as advance:
        for name, (image, masks) in cases.items():
            case = whole / FOLDER / name
            for folder, files in (("images", [image]), ("masks", masks)):
                (case / folder).mkdir(parents=True)
                for file in files:
                    bring(file, case / folder / f"{file.stem}.png")
            advance(1)


NUCLEI = Kind(
    "the nuclei", "nuclei", find_nuclei, nuclei_files, find_copy, check_copy, _arrange
)
