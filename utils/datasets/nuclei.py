"""The nuclei of BBBC038: microscopy images, one mask file for each nucleus.

J. C. Caicedo et al., "Nucleus segmentation across imaging experiments: the 2018 Data
Science Bowl", Nature Methods 16, 2019, doi 10.1038/s41592-019-0612-7. CC0: anybody may
have and pass on the images; `data/README.md` tells where to get them.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from utils.datasets.files.masks import outline
from utils.datasets.files.pictures import (
    check_sizes,
    fingerprint,
    open_image,
    open_mask,
    png_files,
)
from utils.datasets.published import tell
from utils.live import live
from utils.samples import Samples, height_and_width
from utils.simulators.nuclei import CLASSES, counted_again, simulate_nuclei
from utils.storage.cache import cached
from utils.storage.places import candidates, data_folder
from utils.storage.workplace import settle

FOLDER = "stage1_train"
NAME = re.compile("[0-9a-f]+")  # of a case: 64 digits where it was published
_RECIPE = 2  # goes into the cache's key: count up whenever decoding changes

Case = tuple[Path, list[Path]]  # an image, and the mask of each of its nuclei


def find_nuclei() -> Path | None:
    """Return the folder ``stage1_train`` that holds the nuclei, or None.

    Looks in ``data/`` of the course, or in the folder that the environment variable
    EVERY_PIXEL_DATA names, itself and one level down.
    """
    found = [path / FOLDER for path in candidates() if (path / FOLDER).is_dir()]
    return found[0] if found else None


def nuclei_files(folder: Path) -> dict[str, Case]:
    """Return the files of each case, by name.

    Raises FileNotFoundError naming the first image, folder or mask that is missing,
    ValueError for two files of one name, and for a case not named as the nuclei are.
    """
    cases = {}
    for case in sorted(folder.iterdir()):
        if not case.is_dir() or case.name[0] in "._":
            continue  # a list of the cases, or what computers add
        if not NAME.fullmatch(case.name):
            raise ValueError(
                f"{case} is not named as the cases of {FOLDER} are, with the digits 0 "
                f"to 9 and a to f; use a copy of {FOLDER} alone."
            )
        image = png_files(case / "images").get(case.name)
        if image is None:
            image = case / "images" / f"{case.name}.png"
            raise FileNotFoundError(f"{image} is missing; use a complete copy.")
        masks = list(png_files(case / "masks").values())
        if not masks:
            raise FileNotFoundError(
                f"{case / 'masks'} holds no mask, where there is one for each nucleus; "
                "use a complete copy of stage1_train."
            )
        cases[case.name] = image, masks
    if not cases:
        raise FileNotFoundError(
            f"{folder} holds no case (ID/images/ID.png); use a complete copy of "
            "stage1_train."
        )
    return cases


def load_nuclei(
    size: int | tuple[int, int] = 128, source: str | None = None
) -> Samples:
    """Return the nuclei of BBBC038 (stage1_train), or simulated ones in their place.

    size: side of the square images in pixels, or (height, width). Images are scaled
        smoothly; masks and instances take the nearest pixel.
    source: "real", "simulated", or None for the real ones where they are found.
    Returns Samples of the classes background and nucleus, with instances: each nucleus
    has a number from 1 on, in the order of its file's name. Masks that overlap, which
    the published ones do not, are laid over each other from the largest to the
    smallest, so that none hides a smaller one. A nucleus of which no pixel is left,
    because it is smaller than a pixel of the new size, is not counted, and the numbers
    have no gap. Simulated are 200 images. A copy that has not as many cases as were
    published is read, and a sentence printed.
    Decoding takes some twenty seconds the first time; then it is read from the cache.
    Raises FileNotFoundError when the real nuclei are asked for and not there, or a case
    lacks its image or masks; ValueError when a file is not what it should be.
    """
    if source not in (None, "real", "simulated"):
        raise ValueError(f'source is "real", "simulated" or None, not {source!r}')
    if source != "simulated":
        settle(data_folder())
    folder = None if source == "simulated" else find_nuclei()
    if folder is None:
        if source == "real":
            raise FileNotFoundError(
                f"{FOLDER} is not in {data_folder()}: run `python course.py data "
                "nuclei PATH` with the path of your copy; data/README.md tells where "
                "to get one."
            )
        return simulate_nuclei(200, size)

    size = height_and_width(size)
    cases = nuclei_files(folder)
    tell("nuclei", len(cases), folder)
    files = [path for image, masks in cases.values() for path in (image, *masks)]
    arrays = cached(
        "nuclei",
        f"{size[0]}x{size[1]}-{fingerprint(files, _RECIPE)}",
        lambda: _decode(list(cases.values()), size),
    )
    return Samples(
        masks=(arrays["instances"] > 0).astype(np.uint8),
        names=tuple(cases),
        classes=CLASSES,
        source="real",
        **arrays,
    )


def _decode(cases: list[Case], size: tuple[int, int]) -> dict[str, np.ndarray]:
    height, width = size
    images = np.empty((len(cases), height, width, 3), np.uint8)
    instances = np.empty((len(cases), height, width), np.int32)
    bar = tqdm(cases, "Decoding nuclei", unit="image", disable=not live())
    for i, (image_file, mask_files) in enumerate(bar):
        image, numbers = read_case(image_file, mask_files)
        images[i] = image.resize((width, height), Image.Resampling.BILINEAR)
        numbers = Image.fromarray(numbers).resize((width, height), 0)  # nearest
        instances[i] = counted_again(np.asarray(numbers))
    return {"images": images, "instances": instances}


def read_case(
    image_file: Path, mask_files: list[Path]
) -> tuple[Image.Image, np.ndarray]:
    """Decode a case at its own size: the image (RGB), the instances int32 (H, W).

    Raises ValueError naming the file that is no image, not as large as the image, or a
    mask that is not black and white or outlines nothing.
    """
    image = open_image(image_file)
    nuclei = []
    for mask_file in mask_files:
        mask = open_mask(mask_file)
        check_sizes(image, mask, (image_file, mask_file))
        nucleus = outline(
            mask, mask_file, "outlines nothing", "each mask shows a nucleus"
        )
        nuclei.append(nucleus == 1)
    numbers = np.zeros(nuclei[0].shape, np.int32)
    order = sorted(range(len(nuclei)), key=lambda n: -np.count_nonzero(nuclei[n]))
    for n in order:
        numbers[nuclei[n]] = n + 1
    return image, numbers
