"""What data the course uses: where it is from, its licence, and whether it is here.

catalogue.yaml says it. ``python -m utils.datasets.catalogue`` writes the table of
data/README.md from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml  # comes with JupyterLab

from utils.datasets.files.matching import key, owner_of, owners_of
from utils.datasets.mads import FOLDER as MADS
from utils.datasets.mads import find_mads, mads_files
from utils.datasets.nuclei import find_nuclei, nuclei_files
from utils.datasets.ph2 import find_ph2, ph2_files
from utils.storage.places import candidates

CATALOGUE = Path(__file__).with_suffix(".yaml")
README = Path(__file__).resolve().parents[2] / "data" / "README.md"


@dataclass(frozen=True)
class DataSet:
    """One entry of the list.

    find: returns (folder, number of cases) of each copy; None if nothing has to be
        there, as for simulated data.
    The rest is text, as catalogue.yaml tells; what it leaves out is empty.
    """

    name: str
    title: str
    used: str
    licence: str
    find: Callable[[], list[tuple[Path, int]]] | None = None
    source: str = ""
    layout: str = ""
    citation: str = ""
    command: str = ""


def list_ph2() -> list[tuple[Path, int]]:
    """Return PH2 with its cases; raise as `ph2_files` does if it is not whole."""
    folder = find_ph2()
    return [(folder, len(ph2_files(folder)[1]))] if folder else []


def list_nuclei() -> list[tuple[Path, int]]:
    """Return the nuclei with their cases; raise as `nuclei_files` does if not whole."""
    folder = find_nuclei()
    return [(folder, len(nuclei_files(folder)))] if folder else []


def list_mads() -> list[tuple[Path, int]]:
    """Return MADS with its frames; raise as `mads_files` does if it is not whole."""
    folder = find_mads()
    return [(folder, len(mads_files(folder)))] if folder else []


def list_own() -> list[tuple[Path, int]]:
    """Return each folder with ``images`` and ``masks`` that is no data set above."""
    folders = [path for path in candidates()[1:] if path.name != MADS]
    return [(folder, _pairs(folder)) for folder in folders if _pairs(folder)]


def _pairs(folder: Path) -> int:
    """Count the images in ``images`` that have a mask in ``masks``."""
    images, masks = (
        [path for path in (folder / part).glob("*") if path.is_file()]
        for part in ("images", "masks")
    )
    owners = owners_of({key(path.stem): path for path in images})
    return len({owner_of(mask, owners) for mask in masks} - {None})


# What finds the copies of a data set, by its name in catalogue.yaml.
FIND = {
    "PH2": list_ph2,
    "nuclei": list_nuclei,
    "MADS": list_mads,
    "your own": list_own,
}
DATA_SETS = tuple(
    DataSet(find=FIND.get(entry["name"]), **entry)
    for entry in yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
)


def with_table(text: str) -> str:
    """Return the text of data/README.md with the table as catalogue.yaml has it."""
    rows = ["| data set | what | licence | used in |", "|---|---|---|---|"]
    for entry in DATA_SETS:
        link = f"[{entry.name}](#{entry.name.lower().replace(' ', '-')})"
        rows.append(f"| {link} | {entry.title} | {entry.licence} | {entry.used} |")
    before, _, rest = text.partition("| data set |")
    after = rest.partition("\n\n")[2]
    return before + "\n".join(rows) + "\n\n" + after


if __name__ == "__main__":
    changed = with_table(README.read_text(encoding="utf-8"))
    README.write_text(changed, encoding="utf-8", newline="\n")
