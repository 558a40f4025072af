"""Put a downloaded data set in place: checked, and all or nothing.

What differs between data sets is a `Kind`: how a copy is found in a folder, checked,
and brought into the published layout. Copies of PH2 in circulation differ in the name
of the top folder, in letter case, and by extra .jpg files; whatever a copy looks like,
what arrives in ``data/PH2Dataset`` has the published layout.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.datasets.archives import unpack
from utils.datasets.ph2 import (
    CASES,
    TABLE,
    case_stems,
    find_ph2,
    ph2_files,
    read_case,
    read_table,
)
from utils.datasets.places import data_folder
from utils.datasets.progress import progress
from utils.datasets.workplace import put, workplace

# Image formats, the best first: where a .bmp has a .jpg beside it, the .jpg is a copy.
FORMATS = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")
SKIPPED = "__MACOSX"


@dataclass(frozen=True)
class Kind:
    """A data set that can be put in place.

    name: what people call it. folder: where it goes in the data folder.
    here: the folder that holds it, wherever it lies in the data folder, or None.
    files: looks through such a folder; raises as `install` does if it is not whole.
    find: a folder -> what of it belongs to the data set, in a form of its own.
    check: decodes all of that; returns the number of cases.
    arrange: (that, a folder to make, whether to move files there or to copy them).
    All of them raise ValueError or FileNotFoundError, one sentence.
    """

    name: str
    folder: str
    here: Callable[[], Path | None]
    files: Callable[[Path], object]
    find: Callable[[Path], Any]
    check: Callable[[Any], int]
    arrange: Callable[[Any, Path, bool], None]


def install(path: Path, kind: Kind, replace: bool = False) -> tuple[Path, int]:
    """Check a copy of a data set, a folder or an archive, and put it in place.

    replace: whether to put it in the place of what is there.
    Returns the folder in the data folder that holds it, and its number of cases. Before
    everything is checked, nothing changes there but hidden things: a lock, and a folder
    removed at the end.
    Raises FileNotFoundError if path or a part of it is missing, FileExistsError if the
    place is taken, BlockingIOError if another process is at work there, ValueError if
    the copy is not what it should be, each one sentence; or OSError as the disk gives
    it.
    """
    target = data_folder() / kind.folder
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist; give the path of the folder or archive that you "
            "downloaded."
        )
    inside = target.resolve() in (path.resolve(), *path.resolve().parents)
    if path.is_file() and inside:
        raise ValueError(
            f"{path} lies in the folder that it would replace; move it out of "
            f"{target}, then start again."
        )
    with workplace(target.parent) as work:
        if os.path.lexists(target) and not replace:
            raise FileExistsError(
                f"{target} is there but is not a copy of {kind.name} as published; "
                "move it away, or add --replace."
            )
        source = path
        if not path.is_dir():
            source = work / "unpacked"
            source.mkdir()
            unpack(path, source)
        try:
            copy = kind.find(source)
            cases = kind.check(copy)
        except (ValueError, FileNotFoundError) as error:
            # Where it was unpacked is gone in a moment: name the archive instead.
            raise type(error)(str(error).replace(str(source), str(path))) from None
        whole = work / kind.folder
        kind.arrange(copy, whole, source != path)
        put(whole, target)
    return target, cases


@dataclass(frozen=True)
class Copy:
    """What belongs to PH2 in a copy, wherever it lies there.

    papers: the table and what lies beside it to be read, such as Readme.txt.
    cases: name -> (image, mask).
    """

    table: Path
    papers: tuple[Path, ...]
    cases: dict[str, tuple[Path, Path]]


def find_copy(source: Path) -> Copy:
    """Find PH2 in a folder; raise ValueError or FileNotFoundError if not whole."""
    files = sorted(files_in(source))
    tables = [path for path in files if path.name.casefold() == TABLE.casefold()]
    if not tables:
        found = f"{len(files)} files such as {files[0].name}" if files else "no files"
        raise ValueError(
            f"{source} is not PH2: {TABLE} is not in it, but {found}; give a complete "
            "copy of PH2."
        )
    if len(tables) > 1:
        raise ValueError(
            f"{source} holds more than one {TABLE}, {tables[0]} and {tables[1]}; give "
            "the folder of one copy."
        )
    table = tables[0]
    names = read_table(table)
    if len(names) != CASES:
        raise ValueError(
            f"{table} lists {len(names)} cases, but PH2 has {CASES}; give a complete "
            "copy of PH2."
        )
    images = defaultdict(list)
    for path in files:
        if path.suffix.lower() in FORMATS and table.parent in path.parents:
            images[path.stem.casefold()].append(path)
    papers = [path for path in files if path.parent == table.parent]
    return Copy(
        table=table,
        papers=tuple(
            path for path in papers if path.suffix.lower() in (".txt", ".xlsx")
        ),
        cases={
            name: (_best(images, name, table), _best(images, f"{name}_lesion", table))
            for name in names
        },
    )


def check_copy(copy: Copy) -> int:
    """Decode every image and mask; raise ValueError at the first that is not right.

    Returns the number of cases.
    """
    with progress(f"Checking {CASES} cases", CASES, "case") as advance:
        for image, mask in copy.cases.values():
            read_case(image, mask)
            advance(1)
    return CASES


def files_in(folder: Path) -> Iterator[Path]:
    """Find all files of a copy, without those that computers add."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and name != SKIPPED]
        yield from (Path(place, name) for name in names if name[0] != ".")


def _best(images: dict[str, list[Path]], stem: str, table: Path) -> Path:
    """Choose the file of an image among those of its name."""
    found = sorted(images[stem.casefold()], key=_rank)
    if not found:
        raise FileNotFoundError(
            f"{stem}.bmp is missing in {table.parent}; give a complete copy of PH2."
        )
    if len(found) > 1 and _rank(found[0]) == _rank(found[1]):
        raise ValueError(
            f"{found[0]} and {found[1]} are both called {stem}; remove the wrong one."
        )
    return found[0]


def _rank(path: Path) -> int:
    return FORMATS.index(path.suffix.lower())


def _arrange(copy: Copy, whole: Path, move: bool) -> None:
    """Copy or move what belongs to PH2 into the published layout."""
    bring = os.replace if move else shutil.copyfile
    whole.mkdir()
    for paper in copy.papers:
        bring(paper, whole / (TABLE if paper == copy.table else paper.name))
    with progress(f"Putting {CASES} cases in place", CASES, "case") as advance:
        for name, files in copy.cases.items():
            for stem, file in zip(case_stems(whole, name), files, strict=True):
                stem.parent.mkdir(parents=True)
                bring(file, stem.with_name(stem.name + file.suffix.lower()))
            advance(1)


PH2 = Kind("PH2", "PH2Dataset", find_ph2, ph2_files, find_copy, check_copy, _arrange)
