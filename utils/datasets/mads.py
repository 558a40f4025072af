"""MADS, the segmentation data set: people in martial arts, dance and sports.

W. Zhang et al., "Martial Arts, Dancing and Sports dataset: A challenging stereo and
multi-view dataset for 3D human pose estimation", Image and Vision Computing 61, 2017.
1,192 frames of its videos, each with the silhouette of one person, are on Kaggle;
`data/README.md` tells how to get them. Nothing is downloaded by the course.
"""

from __future__ import annotations

import re
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
    png_files,
    tell_lost,
)
from utils.datasets.published import tell
from utils.samples import Samples, height_and_width
from utils.simulators.body import CLASSES, simulate_body
from utils.storage.cache import cached
from utils.storage.places import candidates, data_folder
from utils.storage.workplace import settle

FOLDER = "segmentation_full_body_mads_dataset_1192_img"
# Its frames are called by take, camera and number: HipHop_HipHop1_C0_00180.
FRAME = re.compile(r".+_(C\d+|Left|Right)_\d+")
_RECIPE = 2  # goes into the cache's key: count up whenever decoding changes


def find_mads() -> Path | None:
    """Return the folder that holds ``images`` and ``masks`` of MADS, or None.

    Looks in ``data/`` of the course, or in the folder that the environment variable
    EVERY_PIXEL_DATA names, itself and one level down.
    """
    found = [path / FOLDER for path in candidates() if (path / FOLDER).is_dir()]
    return found[0] if found else None


def mads_files(folder: Path) -> dict[str, Pair]:
    """Return the image and the mask of each frame, by name.

    Raises FileNotFoundError naming the first file that has no partner, ValueError for
    two files of one name, and for one that is not named as frames of MADS are.
    """
    images, masks = (png_files(folder / part) for part in ("images", "masks"))
    for name, path in (masks | images).items():
        if not FRAME.fullmatch(name):
            raise ValueError(
                f"{path} is not named as the frames of MADS are, such as "
                "HipHop_HipHop1_C0_00180.png; use a copy of MADS alone, and read your "
                "own images with datasets.load_folder."
            )
    for one, other, part in ((images, masks, "masks"), (masks, images, "images")):
        for name in sorted(one.keys() - other.keys()):
            raise FileNotFoundError(
                f"{folder / part / name}.png is missing, the partner of {one[name]} "
                f"({len(images):,} images, {len(masks):,} masks); use a complete copy "
                f"of {FOLDER}."
            )
    if not images:
        raise FileNotFoundError(
            f"{folder} holds no images/*.png with masks/*.png of the same names; use a "
            f"complete copy of {FOLDER}."
        )
    return {name: (images[name], masks[name]) for name in sorted(images)}


def load_mads(
    size: int | tuple[int, int] = (96, 128), source: str | None = None
) -> Samples:
    """Return MADS, or simulated bodies in its place.

    size: (height, width), or the side of a square. The frames are 384 x 512. Images are
        averaged down, masks take the nearest pixel, so they stay 0 and 1.
    source: "real", "simulated", or None for the real one where it is found.
    Returns Samples of the classes background and person. Neighbouring frames of a video
    are nearly one picture, and several cameras film the same moment: split by take,
    which the names tell, not by frame or camera.
    Simulated are 400 `Bodies`, which have joints as well. A copy that has not as many
    frames as were published is read, and a sentence printed.
    Decoding takes some seconds the first time; then it is read from the cache.
    Raises FileNotFoundError when the real MADS is asked for and not there, or an image
    or mask has no partner; ValueError when a file is not what it should be.
    """
    if source not in (None, "real", "simulated"):
        raise ValueError(f'source is "real", "simulated" or None, not {source!r}')
    if source != "simulated":
        settle(data_folder())
    folder = None if source == "simulated" else find_mads()
    if folder is None:
        if source == "real":
            raise FileNotFoundError(
                f"{FOLDER} is not in {data_folder()}: run `python course.py data mads "
                "PATH` with the path of your copy; data/README.md tells where to get "
                "one."
            )
        return simulate_body(400, size)

    size = height_and_width(size)
    files = mads_files(folder)
    tell("mads", len(files), folder)
    mark = fingerprint([path for pair in files.values() for path in pair], _RECIPE)
    arrays = cached(
        "mads",
        f"{size[0]}x{size[1]}-{mark}",
        lambda: decode(list(files.values()), read_frame, size, "Decoding MADS"),
    )
    tell_lost(arrays.pop("lost"), tuple(files), size)
    return Samples(names=tuple(files), classes=CLASSES, source="real", **arrays)


def read_frame(image_file: Path, mask_file: Path) -> tuple[Image.Image, np.ndarray]:
    """Decode a frame at its own size: the image (RGB), the mask uint8 of 0 and 1.

    Raises ValueError naming the file that is no image, not as large as the other, or a
    mask that is not black and white or shows nobody.
    """
    image = open_image(image_file)
    mask = open_mask(mask_file)
    check_sizes(image, mask, (image_file, mask_file))
    person = outline(mask, mask_file, "shows nobody", "each frame of MADS has a person")
    check_border(person, mask_file)
    return image, person
