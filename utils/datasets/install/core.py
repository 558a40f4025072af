"""Put a downloaded data set in place: checked, and all or nothing.

What differs between data sets is a `Kind`: how a copy is found in a folder, checked,
and brought into the published layout.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.datasets.install.archives import is_archive, unpack
from utils.datasets.install.progress import progress
from utils.datasets.published import CASES
from utils.storage.places import data_folder
from utils.storage.workplace import put, workplace

SKIPPED = "__MACOSX"
DEEPEST = 3  # a folder with an archive of archives in it
FEW = 10  # cases; fewer may all be unlike the rest of their data set


class Absent(ValueError):
    """Nothing of a data set is in a folder."""


@dataclass(frozen=True)
class Copy:
    """What belongs to a data set in a folder, wherever it lies there.

    cases: name -> the files of a case. papers: what lies beside them to be read, such
    as a table, by its name in the published layout.
    """

    cases: dict[str, tuple]
    papers: dict[str, Path]


@dataclass(frozen=True)
class Kind:
    """A data set that can be put in place.

    key: its name in the command, and in `published.CASES`. name: what people call it.
    folder: where it goes in the data folder. archive: the name of its published
    archive, without the ending.
    here: the folder that holds it, wherever it lies in the data folder, or None.
    count: counts the cases in such a folder; raises as `install` does if one lacks a
    file.
    find: a folder -> what of it belongs to the data set; raises `Absent` if nothing.
    read: the files of a case -> its image, and where something is outlined.
    arrange: (a copy, a folder to make, what moves or copies a file there).
    All of them raise ValueError or FileNotFoundError, one sentence.
    """

    key: str
    name: str
    folder: str
    archive: str
    here: Callable[[], Path | None]
    count: Callable[[Path], int]
    find: Callable[[Path], Copy]
    read: Callable[..., tuple[object, np.ndarray]]
    arrange: Callable[[Copy, Path, Callable[[Path, Path], object]], None]


def install(
    path: Path, kind: Kind, replace: bool = False, partial: bool = False
) -> tuple[Path, int]:
    """Check a copy of a data set, a folder or an archive, and put it in place.

    replace: whether to put it in the place of what is there.
    partial: whether fewer cases than were published will do.
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
    if not (path.is_dir() or path.is_file()):
        raise ValueError(
            f"{path} is a device or a pipe; give the path of the folder or archive "
            "that you downloaded."
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
        whole = work / kind.folder
        with found(path, kind, work) as (copy, bring):
            check(copy, kind, path, partial)
            kind.arrange(copy, whole, bring)
        put(whole, target)
    return target, len(copy.cases)


@contextmanager
def found(path: Path, kind: Kind, work: Path) -> Iterator[tuple[Copy, Callable]]:
    """Find a data set in a folder or an archive, or in an archive that is in there.

    work: a folder in which to unpack. It is gone in a moment, so errors name the
    archives instead.
    Gives the copy, and what moves or copies its files.
    """
    place, archives = path, {}
    try:
        for left in reversed(range(DEEPEST)):
            if place.is_file():
                archive, place = place, work / f"unpacked-{left}"
                archives[place] = archive
                place.mkdir()
                unpack(archive, place)
            try:
                copy = kind.find(place)
                break
            except Absent:
                inner = inner_archive(place, kind)
                if not (inner and left):
                    raise
                place = inner
        yield copy, os.replace if archives else shutil.copyfile
    except (ValueError, FileNotFoundError) as error:
        if getattr(error, "errno", None):
            raise  # the system's own, which is explained elsewhere
        said = str(error)
        for folder, archive in reversed(archives.items()):
            said = said.replace(str(folder), str(archive))
        missing = isinstance(error, FileNotFoundError)
        raise (FileNotFoundError if missing else ValueError)(said) from None


def inner_archive(folder: Path, kind: Kind) -> Path | None:
    """Choose the archive that holds a data set, by its name if there are several."""
    inside = sorted(path for path in files_in(folder) if is_archive(path))
    start = f"{kind.archive}.".casefold()
    named = [path for path in inside if path.name.casefold().startswith(start)]
    inside = named or inside
    if len(inside) > 1:
        raise ValueError(
            f"{folder} holds several archives, such as {inside[0].name} and "
            f"{inside[1].name}; give the one with {kind.name}."
        )
    return inside[0] if inside else None


def check(copy: Copy, kind: Kind, path: Path, partial: bool) -> None:
    """Count the cases and decode them; raise ValueError for what is not right."""
    count, whole = len(copy.cases), CASES[kind.key]
    if count > whole:
        raise ValueError(
            f"{path} holds {count:,} cases, but of {kind.name} {whole:,} were "
            "published; give a copy without other pictures in it."
        )
    if count < whole and not partial:
        raise ValueError(
            f"{path} holds {count:,} of {whole:,} cases of {kind.name}; give a "
            "complete copy, or add --partial to use these alone."
        )
    borders = []
    with progress(f"Checking {count} cases", count, "case") as advance:
        for files in copy.cases.values():
            outlined = kind.read(*files)[1] > 0
            sides = (outlined[0], outlined[-1], outlined[:, 0], outlined[:, -1])
            borders.append(np.concatenate(sides).mean())
            advance(1)
    # In PH2, whose lesions are large, the border is mostly lesion in 5 % of the cases.
    if count >= FEW and np.median(borders) > 0.5:
        raise ValueError(
            f"The masks in {path} look inverted: in most of them nearly all of the "
            "border is white, but white is what is outlined; use a copy as published."
        )


def home_of(homes: set[Path], name: str, source: Path, what: str) -> Path:
    """Choose the folder of a copy; of several data sets, the one of its name.

    what: lies in each of these folders, for the sentence of ValueError if it is not
    clear which one is meant.
    """
    homes = {home for home in homes if home.name == name} or homes
    if len(homes) > 1:
        one, other, *_ = sorted(homes)
        raise ValueError(
            f"{source} holds {what} in more than one folder, {one} and {other}; give "
            "the folder of one copy."
        )
    return min(homes)


def placing(copy: Copy) -> Iterator[tuple[str, tuple]]:
    """Yield the name and the files of each case, and show how far that has come."""
    count = len(copy.cases)
    with progress(f"Putting {count} cases in place", count, "case") as advance:
        for case in copy.cases.items():
            yield case
            advance(1)


def absent(folder: Path, said: str, name: str) -> Absent:
    """Write what is in a folder in place of the data set."""
    files = sorted(files_in(folder))
    other = f"{len(files)} files such as {files[0].name}" if files else "no files"
    return Absent(f"{folder} {said}, but {other}; give a complete copy of {name}.")


def files_in(folder: Path) -> Iterator[Path]:
    """Find all files of a copy, without those that computers add."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and name != SKIPPED]
        yield from (Path(place, name) for name in names if name[0] != ".")
