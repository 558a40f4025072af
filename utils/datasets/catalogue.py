"""What data the course uses: where it is from, its licence, and whether it is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from utils.datasets.files.matching import key, owner_of, owners_of
from utils.datasets.mads import FOLDER as MADS
from utils.datasets.mads import find_mads, mads_files
from utils.datasets.nuclei import find_nuclei, nuclei_files
from utils.datasets.ph2 import find_ph2, ph2_files
from utils.storage.places import candidates


@dataclass(frozen=True)
class DataSet:
    """One entry of the list.

    find: returns (folder, number of cases) of each copy; None if nothing has to be
        there, as for simulated data.
    layout: how it must lie in the data folder; empty texts are left out.
    command: what puts it there.
    """

    name: str
    title: str
    used: str
    find: Callable[[], list[tuple[Path, int]]] | None
    source: str
    layout: str
    licence: str
    citation: str
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


DATA_SETS = (
    DataSet(
        name="PH2",
        title="200 dermoscopic images of moles, outlined by dermatologists",
        used="lesson 05; until it is here, simulated skin takes its place",
        find=list_ph2,
        source="https://www.fc.up.pt/addi/ph2%20database.html (often down)",
        command="python course.py data ph2 PATH",
        layout="PH2Dataset/PH2_dataset.txt and PH2Dataset/PH2 Dataset images/",
        licence="free for research and education, not to be passed on",
        citation="T. Mendonça et al., PH2 - A dermoscopic image database for research "
        "and benchmarking, EMBC 2013, doi 10.1109/EMBC.2013.6610779",
    ),
    DataSet(
        name="nuclei",
        title="microscopy images of cell nuclei, one mask for each nucleus (BBBC038)",
        used="lesson 07, by one line; until they are here, simulated ones take their "
        "place",
        find=list_nuclei,
        source="https://bbbc.broadinstitute.org/BBBC038, the file stage1_train.zip",
        command="python course.py data nuclei PATH",
        layout="nuclei/stage1_train/ID/images/ID.png and .../ID/masks/*.png",
        licence="CC0, public domain",
        citation="J. C. Caicedo et al., Nucleus segmentation across imaging "
        "experiments: the 2018 Data Science Bowl, Nature Methods 16, 2019, "
        "doi 10.1038/s41592-019-0612-7",
    ),
    DataSet(
        name="MADS",
        title="1,192 images of people in martial arts, dance and sports, with masks",
        used="lab 09; until it is here, simulated bodies take its place",
        find=list_mads,
        source="https://www.kaggle.com/datasets/tapakah68/"
        "segmentation-full-body-mads-dataset",
        command="python course.py data mads PATH",
        layout=f"{MADS}/images/*.png and {MADS}/masks/*.png",
        licence="stated on its Kaggle page; read it before you use or pass on an image",
        citation="W. Zhang et al., Martial Arts, Dancing and Sports dataset: A "
        "challenging stereo and multi-view dataset for 3D human pose estimation, "
        "Image and Vision Computing 61, 2017",
    ),
    DataSet(
        name="your own",
        title="any images with their masks, of the same file names",
        used="wherever you like, with datasets.load_folder(images, masks)",
        find=list_own,
        source="",
        layout="NAME/images/* and NAME/masks/*",
        licence="",
        citation="",
    ),
    DataSet(
        name="simulated skin",
        title="200 drawn images like PH2's, with their exact masks",
        used="lessons 05 and 06",
        find=None,
        source="drawn by the course when it is needed, and kept in cache/",
        layout="",
        licence="CC BY 4.0, like the texts of the course",
        citation="the course (CITATION.cff); always call the images simulated",
    ),
    DataSet(
        name="simulated meadow",
        title="200 drawn scenes of sheep, trees and fences, with every sheep's mask",
        used="lessons 00 to 04 and 06 to 08, most labs",
        find=None,
        source="drawn by the course when it is needed, and kept in cache/",
        layout="",
        licence="CC BY 4.0, like the texts of the course",
        citation="the course (CITATION.cff); always call the images simulated",
    ),
    DataSet(
        name="simulated flock",
        title="200 drawn scenes of a few large sheep that touch and hide each other",
        used="lessons 07 and 08",
        find=None,
        source="drawn by the course when it is needed, and kept in cache/",
        layout="",
        licence="CC BY 4.0, like the texts of the course",
        citation="the course (CITATION.cff); always call the images simulated",
    ),
    DataSet(
        name="simulated bodies",
        title="400 drawn people who dance in rooms, with silhouettes and joints",
        used="lab 09",
        find=None,
        source="drawn by the course when it is needed, and kept in cache/",
        layout="",
        licence="CC BY 4.0, like the texts of the course",
        citation="the course (CITATION.cff); always call the images simulated",
    ),
    DataSet(
        name="simulated nuclei",
        title="200 drawn microscopy images, with the mask of every nucleus",
        used="lesson 07",
        find=None,
        source="drawn by the course when it is needed, and kept in cache/",
        layout="",
        licence="CC BY 4.0, like the texts of the course",
        citation="the course (CITATION.cff); always call the images simulated",
    ),
)
