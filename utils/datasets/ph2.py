"""The PH2 dermoscopy database: 200 images of moles, outlined by dermatologists.

T. Mendonça et al., "PH2 - A dermoscopic image database for research and
benchmarking", EMBC 2013, doi 10.1109/EMBC.2013.6610779. Free for research and
education, not for redistribution: the course does not hold it, `data/README.md`
tells where to get it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from utils.datasets.cache import cached
from utils.datasets.places import candidates, data_folder
from utils.datasets.samples import Samples, height_and_width
from utils.datasets.skin import CLASSES, DIAGNOSES, simulate_skin
from utils.live import live

CASES = 200
TABLE = "PH2_dataset.txt"
IMAGES = "PH2 Dataset images"
# What Pillow raises for files that are no image, broken, or absurdly large.
UNREADABLE = (
    *(OSError, SyntaxError, ValueError, EOFError),
    Image.DecompressionBombError,
)


def find_ph2() -> Path | None:
    """Return the folder that holds ``PH2_dataset.txt`` and the images, or None.

    Looks in ``data/`` of the course, or in the folder that the environment variable
    EVERY_PIXEL_DATA names, itself and one level down.
    """
    for folder in candidates():
        if (folder / TABLE).is_file() and (folder / IMAGES).is_dir():
            return folder
    return None


def load_ph2(size: int | tuple[int, int] = 128, source: str | None = None) -> Samples:
    """Return PH2, or simulated skin in its place.

    size: side of the square images in pixels, or (height, width). Images are
        averaged down, masks take the nearest pixel, so they stay 0 and 1.
    source: "real", "simulated", or None for the real one where it is found.
    Returns 200 Samples: classes background and lesion, the diagnosis as group.
    Decoding takes some ten seconds the first time; then it is read from the cache.
    Raises FileNotFoundError when the real PH2 is asked for and not there, or a case
    lacks its image or mask; ValueError when a file is not what it should be.
    """
    if source not in (None, "real", "simulated"):
        raise ValueError(f'source is "real", "simulated" or None, not {source!r}')
    folder = None if source == "simulated" else find_ph2()
    if folder is None:
        if source == "real":
            raise FileNotFoundError(
                f"PH2 is not in {data_folder()}: run `python course.py data ph2 PATH` "
                "with the path of your copy; data/README.md tells where to get one."
            )
        return simulate_skin(200, size)

    height, width = height_and_width(size)
    diagnoses = read_table(folder / TABLE)
    files = [_case_files(folder, name) for name in diagnoses]
    arrays = cached(
        "ph2",
        f"{height}x{width}-{_fingerprint(files)}",
        lambda: _decode(files, height, width),
    )
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

    Raises ValueError naming the line that cannot be read.
    """
    diagnoses = {}
    for number, line in enumerate(path.read_text("latin-1").splitlines(), 1):
        fields = [field.strip() for field in line.split("||")]
        if len(fields) < 4 or not fields[1].startswith("IMD"):
            continue  # the header, the legend below the table
        if fields[3] not in ("0", "1", "2"):
            raise ValueError(
                f"{path}, line {number}: the clinical diagnosis is 0, 1 or 2, not "
                f"{fields[3]!r}; use the table as published."
            )
        diagnoses[fields[1]] = int(fields[3])
    if not diagnoses:
        raise ValueError(
            f"{path} holds no line of PH2 (|| IMD003 || ...); use the table as "
            "published."
        )
    return dict(sorted(diagnoses.items()))


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


def _fingerprint(files: list[tuple[Path, Path]]) -> str:
    """Changes when a file is replaced, added or taken away."""
    digest = hashlib.sha256()
    for path in (path for pair in files for path in pair):
        state = path.stat()
        digest.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _open(path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert(mode)
    except UNREADABLE as error:
        reason = "of no known format" if "identify" in str(error) else error
        raise ValueError(
            f"{path} is not a readable image ({reason}); use an undamaged copy of PH2."
        ) from None


def open_case(image_file: Path, mask_file: Path) -> tuple[Image.Image, Image.Image]:
    """Decode the image (RGB) and the mask (L) of a case, at their own size.

    Raises ValueError naming the file that is no image or not as large as the other.
    """
    image = _open(image_file, "RGB")
    mask = _open(mask_file, "L")  # one bit in most files, RGB in IMD002's
    if image.size != mask.size:
        raise ValueError(
            f"{mask_file} is {mask.width} x {mask.height} but its image is "
            f"{image.width} x {image.height} pixels; use an undamaged copy of PH2."
        )
    return image, mask


def _decode(files, height: int, width: int) -> dict[str, np.ndarray]:
    images = np.empty((len(files), height, width, 3), np.uint8)
    masks = np.empty((len(files), height, width), np.uint8)
    progress = tqdm(files, "Decoding PH2", unit="image", disable=not live())
    for i, (image_file, mask_file) in enumerate(progress):
        image, mask = open_case(image_file, mask_file)
        images[i] = image.resize((width, height), Image.Resampling.BOX)
        nearest = mask.resize((width, height), Image.Resampling.NEAREST)
        masks[i] = np.asarray(nearest) > 127
    return {"images": images, "masks": masks}
