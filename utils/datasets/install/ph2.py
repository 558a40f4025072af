"""Put a downloaded copy of PH2 in place, as `install` does.

Copies in circulation differ in the name of the top folder, in letter case, and by extra
.jpg files; whatever a copy looks like, what arrives in ``data/PH2Dataset`` has the
published layout.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from utils.datasets.install.core import Copy, Kind, absent, files_in, placing
from utils.datasets.ph2 import (
    TABLE,
    case_stems,
    find_ph2,
    ph2_files,
    read_case,
    read_table,
    row,
    table_lines,
)

# Image formats, the best first: where a .bmp has a .jpg beside it, the .jpg is a copy.
FORMATS = (".bmp", ".png", ".tif", ".tiff", ".jpg", ".jpeg")


def find_copy(source: Path) -> Copy:
    """Find PH2 in a folder; raise as `install` does if a case lacks one of its files.

    A case that the table lists and that lacks both is no part of the copy.
    """
    files = sorted(files_in(source))
    tables = [path for path in files if path.name.casefold() == TABLE.casefold()]
    if not tables:
        raise absent(source, f"is not PH2: {TABLE} is not in it", "PH2")
    if len(tables) > 1:
        raise ValueError(
            f"{source} holds more than one {TABLE}, {tables[0]} and {tables[1]}; give "
            "the folder of one copy."
        )
    table = tables[0]
    images = defaultdict(list)
    for path in files:
        belongs = path.suffix.lower() in FORMATS and table.parent in path.parents
        if belongs and path.is_file():  # no pipe, and no link that leads nowhere
            images[path.stem.casefold()].append(path)
    names = [
        name
        for name in read_table(table)
        if images.keys() & {name.casefold(), f"{name}_lesion".casefold()}
    ]
    if not names:
        raise FileNotFoundError(
            f"{table.parent} holds no image of the cases that {table.name} lists; give "
            "a complete copy of PH2."
        )
    beside = [path for path in files if path.parent == table.parent]
    papers = {
        path.name: path for path in beside if path.suffix.lower() in (".txt", ".xlsx")
    }
    del papers[table.name]
    return Copy(
        cases={
            name: (_best(images, name, table), _best(images, f"{name}_lesion", table))
            for name in names
        },
        papers={TABLE: table, **papers},
    )


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


def _arrange(copy: Copy, whole: Path, bring: Callable[[Path, Path], object]) -> None:
    """Bring what belongs to PH2 into the published layout.

    The table that arrives lists the cases that do, so a copy in part is sound.
    """
    whole.mkdir()
    lines = table_lines(copy.papers[TABLE])
    listed = [line for line in lines if row(line)[0] in ("", *copy.cases)]
    for name, paper in copy.papers.items():
        bring(paper, whole / name)
    if listed != lines:
        (whole / TABLE).unlink()  # it may be read-only
        (whole / TABLE).write_text("\n".join(listed) + "\n", "utf-8-sig")
    for name, files in placing(copy):
        for stem, file in zip(case_stems(whole, name), files, strict=True):
            stem.parent.mkdir(parents=True)
            bring(file, stem.with_name(stem.name + file.suffix.lower()))


PH2 = Kind(
    key="ph2",
    name="PH2",
    folder="PH2Dataset",
    archive="PH2Dataset",
    here=find_ph2,
    count=lambda folder: len(ph2_files(folder)[1]),
    find=find_copy,
    read=read_case,
    arrange=_arrange,
)
