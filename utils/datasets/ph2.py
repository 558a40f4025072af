"""The PH2 dermoscopy database: 200 images of moles, outlined by dermatologists.

T. Mendonça et al., "PH2 - A dermoscopic image database for research and
benchmarking", EMBC 2013, doi 10.1109/EMBC.2013.6610779. Free for research and
education, not for redistribution: the course does not hold it, `data/README.md`
tells where to get it.
"""

from __future__ import annotations

import codecs
from pathlib import Path

import numpy as np
from PIL import Image

from utils.datasets.files.masks import check_border, outline
from utils.datasets.files.pictures import (
    Pair,
    check_sizes,
    decode,
    fingerprint,
    open_image,
    open_mask,
    tell_lost,
)
from utils.datasets.published import tell
from utils.samples import Samples, height_and_width
from utils.simulators.skin import CLASSES, DIAGNOSES, simulate_skin
from utils.storage.cache import cached
from utils.storage.places import candidates, data_folder
from utils.storage.workplace import settle

TABLE = "PH2_dataset.txt"
IMAGES = "PH2 Dataset images"
_RECIPE = 2  # goes into the cache's key: count up whenever decoding changes


def find_ph2() -> Path | None:
    """Return the folder that holds PH2, or None.

    Looks in ``data/`` of the course, or in the folder that the environment variable
    EVERY_PIXEL_DATA names, itself and one level down, for ``PH2_dataset.txt`` or the
    folder of images. One of both is enough: a copy that is half there is to be told,
    not to be passed over. Whether it is whole, `ph2_files` finds out.
    """
    parts = {
        folder: (folder / TABLE).is_file() + (folder / IMAGES).is_dir()
        for folder in candidates()
    }
    found = max(parts, key=parts.get, default=None)
    return found if found and parts[found] else None


def ph2_files(folder: Path) -> tuple[dict[str, int], list[Pair]]:
    """Return what a copy of PH2 consists of: name -> diagnosis, and each case's files.

    Raises FileNotFoundError naming the first file that is missing; ValueError for a
    table that cannot be read.
    """
    diagnoses = read_table(folder / TABLE)
    return diagnoses, [_case_files(folder, name) for name in diagnoses]


def load_ph2(size: int | tuple[int, int] = 128, source: str | None = None) -> Samples:
    """Return PH2, or simulated skin in its place.

    size: side of the square images in pixels, or (height, width). Images are
        averaged down, masks take the nearest pixel, so they stay 0 and 1.
    source: "real", "simulated", or None for the real one where it is found.
    Returns 200 Samples: classes background and lesion, the diagnosis as group. If the
    table lists not as many, those are read, and a sentence printed.
    Decoding takes some ten seconds the first time; then it is read from the cache.
    Raises FileNotFoundError when the real PH2 is asked for and not there, or a case
    lacks its image or mask; ValueError when a file is not what it should be.
    """
    if source not in (None, "real", "simulated"):
        raise ValueError(f'source is "real", "simulated" or None, not {source!r}')
    if source != "simulated":
        settle(data_folder())
    folder = None if source == "simulated" else find_ph2()
    if folder is None:
        if source == "real":
            raise FileNotFoundError(
                f"PH2 is not in {data_folder()}: run `python course.py data ph2 PATH` "
                "with the path of your copy; data/README.md tells where to get one."
            )
        return simulate_skin(200, size)

    size = height_and_width(size)
    diagnoses, files = ph2_files(folder)
    tell("ph2", len(files), folder)
    mark = fingerprint([path for pair in files for path in pair], _RECIPE)
    arrays = cached(
        "ph2",
        f"{size[0]}x{size[1]}-{mark}",
        lambda: decode(files, read_case, size, "Decoding PH2"),
    )
    tell_lost(arrays.pop("lost"), tuple(diagnoses), size)
    return Samples(
        names=tuple(diagnoses),
        classes=CLASSES,
        source="real",
        groups=np.array(list(diagnoses.values()), np.uint8),
        group_names=DIAGNOSES,
        **arrays,
    )


def read_table(path: Path) -> dict[str, int]:
    """Read ``PH2_dataset.txt``: name -> clinical diagnosis (0, 1 or 2), by name.

    Raises FileNotFoundError when it is not there, ValueError naming the line that
    cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; use a complete copy of PH2.")
    diagnoses = {}
    for number, line in enumerate(table_lines(path), 1):
        name, diagnosis = row(line)
        if not name:
            continue
        if diagnosis not in ("0", "1", "2"):
            raise ValueError(
                f"{path}, line {number}: the clinical diagnosis is 0, 1 or 2, not "
                f"{diagnosis!r}; use the table as published."
            )
        if diagnoses.setdefault(name, int(diagnosis)) != int(diagnosis):
            raise ValueError(
                f"{path}, line {number}: {name} has another diagnosis than in a line "
                "above; use the table as published."
            )
    if not diagnoses:
        raise ValueError(
            f"{path} holds no line of PH2 (|| IMD003 || ...); use the table as "
            "published."
        )
    return dict(sorted(diagnoses.items()))


def table_lines(path: Path) -> list[str]:
    """Read the lines of the table, which editors may have stored in other encodings."""
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in raw:  # ASCII letters in two bytes, without a mark that says so
        encoding = "utf-16-be" if raw.startswith(b"\0") else "utf-16-le"
    else:
        encoding = "utf-8-sig" if raw.startswith(codecs.BOM_UTF8) else "latin-1"
    return raw.decode(encoding, "replace").splitlines()


def row(line: str) -> tuple[str, str]:
    """Return the name and the clinical diagnosis that a line of the table tells.

    Both are empty for the header, and for the legend below the table.
    """
    fields = [field.strip() for field in line.split("||")]
    told = len(fields) > 3 and fields[1].startswith("IMD")
    return (fields[1], fields[3]) if told else ("", "")


def case_stems(folder: Path, name: str) -> tuple[Path, Path]:
    """Return where the image and the mask of a case lie, as paths without suffix."""
    case = folder / IMAGES / name
    image, mask = f"{name}_Dermoscopic_Image", f"{name}_lesion"
    return case / image / name, case / mask / mask


def _case_files(folder: Path, name: str) -> tuple[Path, Path]:
    """The image and the mask of one case.

    Copies in circulation hold further files beside them (a .jpg next to the .bmp),
    so the file is chosen by its name, .bmp before anything else.
    """
    found = []
    for stem in case_stems(folder, name):
        files = sorted(
            (path for path in stem.parent.glob(f"{stem.name}.*") if path.is_file()),
            key=lambda path: (path.suffix.lower() != ".bmp", path.name),
        )
        if not files:
            raise FileNotFoundError(
                f"{stem}.bmp is missing; use a complete copy of PH2."
            )
        found.append(files[0])
    return found[0], found[1]


def read_case(image_file: Path, mask_file: Path) -> tuple[Image.Image, np.ndarray]:
    """Decode a case at its own size: the image (RGB), the mask uint8 of 0 and 1.

    Raises ValueError naming the file that is no image, not as large as the other, or a
    mask that is not black and white or outlines nothing.
    """
    image = open_image(image_file)
    mask = open_mask(mask_file)  # one bit in most files, RGB in IMD002's
    check_sizes(image, mask, (image_file, mask_file))
    lesion = outline(
        mask, mask_file, "outlines nothing", "each image of PH2 shows a lesion"
    )
    check_border(lesion, mask_file)
    return image, lesion
