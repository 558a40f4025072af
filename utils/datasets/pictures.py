"""Image files and their masks, decoded and brought to one size.

What is common to every data set of files: what is wrong is said in one sentence that
names the file, and masks are only ever reduced by taking the nearest pixel.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from utils.datasets.places import too_long
from utils.live import live

# Measured on PH2: between these greys lie at most 0.02 % of a mask's pixels once it is
# stored as JPEG of quality 75, 1.5 % at quality 10, and 31 % to 100 % of a photograph.
DARK, LIGHT = 31, 224
MOST_GREY = 0.05
DEEP = ("I;16", "I;16B", "I;16L", "I", "F")  # more than 8 bits a pixel

Pair = tuple[Path, Path]  # an image and its mask


def open_picture(path: Path) -> Image.Image:
    """Decode a file as it is, but turned as its EXIF orientation says.

    Raises ValueError naming the file that is no image, or not a whole one.
    """
    try:
        with Image.open(path) as picture:
            picture.load()
            ImageOps.exif_transpose(picture, in_place=True)
            picture.info.pop("transparency", None)
            return picture
    # Pillow's decoders fail in many ways (OSError, SyntaxError, struct.error...).
    except Exception as error:
        reason = "of no known format" if "identify" in str(error) else error
        raise ValueError(
            f"{path} is not a readable image ({reason}); replace it with an undamaged "
            "copy."
        ) from None


def open_image(path: Path) -> Image.Image:
    """Decode an image as RGB of 8 bits; raise ValueError as `open_picture` does.

    Transparency is dropped. Grey of more than 8 bits is stretched from its darkest to
    its brightest pixel, because many cameras use only a part of 16 bits.
    """
    picture = open_picture(path)
    if picture.mode in DEEP:
        grey = np.nan_to_num(np.asarray(picture, np.float64))
        span = grey.max() - grey.min()
        grey = (grey - grey.min()) * (255 / span if span else 0)
        picture = Image.fromarray(np.rint(grey).astype(np.uint8))
    return picture.convert("RGB")


def white(mask: Image.Image, path: Path) -> np.ndarray:
    """Return where a black-and-white mask is white, bool (H, W).

    JPEG smears the border between the two, so a few pixels may lie between them.
    Raises ValueError naming the path of a picture in other tones, such as a photograph.
    """
    tones = np.asarray(mask.convert("L"))
    between = (tones > DARK) & (tones < LIGHT)
    if between.mean() > MOST_GREY:
        raise ValueError(
            f"{path} is not black and white: {between.mean():.0%} of its pixels are "
            f"grey, such as {tones[place(between)]} at {spell(place(between))}; put "
            "the mask there, not a photograph or a map of probabilities."
        )
    return tones > 127


def png_files(folder: Path) -> dict[str, Path]:
    """Find the PNG files of a folder by stem, without those that computers add.

    Some systems tell .PNG from .png and some do not: here both count everywhere.
    Raises ValueError for two files of one name, FileNotFoundError for one whose path is
    too long for this computer.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() == ".png" and path.name[0] != ".":
            if (fault := too_long(path)) and not path.exists():
                raise FileNotFoundError(fault)
            other = found.setdefault(path.stem, path)
            if other is not path:
                raise ValueError(
                    f"{other} and {path.name} have one name; remove the wrong one."
                )
    return found


def place(found: np.ndarray) -> tuple[int, int]:
    """Return (row, column) of the first True."""
    row, column = np.unravel_index(found.argmax(), found.shape)
    return int(row), int(column)


def spell(position: tuple[int, int]) -> str:
    return f"row {position[0]}, column {position[1]}"


def check_sizes(image: Image.Image, mask: Image.Image, files: Pair) -> None:
    """Raise ValueError naming the mask that is not as large as its image."""
    if image.size != mask.size:
        turned = image.size == mask.size[::-1]
        raise ValueError(
            f"{files[1]} is {mask.width} x {mask.height} pixels but its image "
            f"{files[0].name} is {image.width} x {image.height}"
            f"{', turned as viewers show it' if turned else ''}; make both the same "
            "size, without scaling a mask smoothly."
        )


def fingerprint(files: Iterable[Path], *more: object) -> str:
    """Change when a file is replaced, added or taken away, or when ``more`` changes."""
    digest = hashlib.sha256(repr(more).encode())
    for path in files:
        state = path.stat()
        digest.update(os.fsencode(os.path.abspath(path)))
        digest.update(f" {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def decode(
    files: list[Pair],
    read: Callable[[Path, Path], tuple[Image.Image, np.ndarray]],
    size: tuple[int, int],
    what: str,
) -> dict[str, np.ndarray]:
    """Read every pair and bring it to one size.

    read: (image file, mask file) -> (RGB image, class ids uint8 (H, W)).
    size: (height, width); images are averaged down, masks take the nearest pixel.
    what: the title of the progress bar.
    Returns images uint8 (N, H, W, 3) and masks uint8 (N, H, W).
    """
    height, width = size
    images = np.empty((len(files), height, width, 3), np.uint8)
    masks = np.empty((len(files), height, width), np.uint8)
    bar = tqdm(files, what, unit="image", disable=not live())
    for i, (image_file, mask_file) in enumerate(bar):
        image, ids = read(image_file, mask_file)
        mask = Image.fromarray(ids)
        images[i] = image.resize((width, height), Image.Resampling.BOX)
        masks[i] = mask.resize((width, height), Image.Resampling.NEAREST)
    return {"images": images, "masks": masks}
