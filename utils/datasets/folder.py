"""A learner's own images and masks, two folders of files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from utils.datasets.cache import cached
from utils.datasets.coding import VOID, read_coding
from utils.datasets.masks import read_mask
from utils.datasets.pictures import (
    Pair,
    check_sizes,
    decode,
    fingerprint,
    open_image,
    open_mask,
    tell_lost,
)
from utils.datasets.samples import Samples, height_and_width

_RECIPE = 2  # goes into the cache's key: count up whenever decoding changes
ENDINGS = (
    *(".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm"),
    *(".tif", ".tiff", ".webp"),
)
# What programs add to the name of an image to name its mask.
ADDED = re.compile(r"[_-](mask|masks|lesion|segmentation|seg|labels?|gt|groundtruth)$")

FURTHER = re.compile(r"\W|_")  # what stands between the name of an image and a number


def load_folder(
    images: str | Path,
    masks: str | Path,
    size: int | tuple[int, int] = 128,
    *,
    classes: Sequence[str] | Mapping[int, str] | None = None,
    palette: Mapping[str, tuple[int, int, int]] | None = None,
    void: int | tuple[int, int, int] | None = None,
) -> Samples:
    """Return your own images with their masks.

    images, masks: two folders; ``~`` is your home. An image and its mask have one name
        apart from the ending and from letter case; a mask's may have ``_mask``,
        ``_lesion``, ``_segmentation``, ``_seg``, ``_label`` or ``_gt`` after it. Hidden
        files, and files that are no images by their ending, are passed over.
    size: side of the square images in pixels, or (height, width). Images are averaged
        down, masks take the nearest pixel.
    classes: what the pixels of a mask mean. None: black (0) is background, white (1 or
        255) is foreground. Names: pixel 0 is the first, 1 the second; with two names,
        255 is the second as well. A mapping, such as ``{0: "road", 255: "void"}``,
        names each value that occurs; values of one name are one class.
    palette: for masks in colours, ``{"road": (128, 64, 128), ...}``: the exact RGB
        colour of each class, in the order of their ids.
    void: the pixel value (with a palette, the colour) of what has no class and counts
        neither in a loss nor in a score, such as 255 in Pascal VOC. In the masks it
        becomes 255, which the Samples tell as their ``void``.

    A mask with a palette of its own (as Pascal VOC's) is read by index if the palette
    has colours, by its greys if it has not. A photograph is turned as its EXIF
    orientation says, as viewers show it, so its mask must have been drawn like that.
    Transparency is dropped; 16 bits are stretched, each image for itself. A mask that
    is a JPEG may be black and white only. A sentence is printed if a class is lost in
    some masks because it is too thin or small for the size.

    Returns Samples of source "real", in the order of their names, without groups.
    Decoded once, then read from the cache until a file or an argument changes.
    Raises FileNotFoundError for a folder, image or mask that is not there, ValueError
    for a file or an argument that is not what it should be; each is one sentence.
    """
    size = height_and_width(size)
    coding = read_coding(classes, palette, void)
    void = VOID if coding.void else None
    pairs = match(_folder(images), _folder(masks))
    files = [path for pair in pairs.values() for path in pair]
    mark = fingerprint(files, _RECIPE, coding)

    def read(image_file: Path, mask_file: Path) -> tuple[Image.Image, np.ndarray]:
        image, mask = open_image(image_file), open_mask(mask_file)
        check_sizes(image, mask, (image_file, mask_file))
        return image, read_mask(mask, mask_file, coding)

    arrays = cached(
        "folder",
        f"{size[0]}x{size[1]}-{mark}",
        lambda: decode(list(pairs.values()), read, size, "Decoding images", void),
    )
    names = tuple(pairs)
    tell_lost(arrays.pop("lost"), names, size)
    return Samples(
        names=names, classes=coding.classes, source="real", void=void, **arrays
    )


def _folder(given: str | Path) -> Path:
    """Read a path in which ``~`` is home; raise ValueError for what is none."""
    with suppress(TypeError, RuntimeError):
        return Path(given).expanduser()
    raise ValueError(f"images and masks are paths of two folders, not {given!r}.")


def match(images: Path, masks: Path) -> dict[str, Pair]:
    """Find the mask of each image: name -> (image, mask), in the order of the names.

    Raises FileNotFoundError for a folder that is empty or not there, and for an image
    or mask that is alone; ValueError for two files of one name.
    """
    if images.is_dir() and masks.is_dir() and images.samefile(masks):
        raise ValueError(
            f"{images} is given for images and masks; put them into two folders."
        )
    pictures = {key(path.stem): path for path in _unique(_pictures(images))}
    found: dict[str, Path] = {}
    for mask in _pictures(masks):
        name = key(mask.stem)
        name = name if name in pictures else ADDED.sub("", name)
        if name not in pictures and (image := _started(mask, pictures)):
            raise ValueError(
                f"{mask} has no image of its name in {images}, but looks like a "
                f"further mask of {image.name}; join all masks of an image in one file "
                "of its name, or add the image of this one."
            )
        if name not in pictures:
            raise FileNotFoundError(
                f"{mask} has no image of its name in {images}; add the image (as JPEG "
                "or PNG, for instance), or take the mask away."
            )
        if name in found:
            raise ValueError(
                f"{found[name]} and {mask.name} are both masks of "
                f"{pictures[name].name}; join what both mark in one file."
            )
        found[name] = mask
    for name, image in pictures.items():
        if name not in found:
            raise FileNotFoundError(
                f"{image} has no mask of its name in {masks}; add "
                f"{image.stem}.png there, or take the image away."
            )
    return {
        unicodedata.normalize("NFC", image.stem): (image, found[name])
        for name, image in pictures.items()
    }


def _started(mask: Path, pictures: Mapping[str, Path]) -> Path | None:
    """Return the image that a further mask is named after: cat for ``cat_mask_2``."""
    name = key(mask.stem)
    starts = [
        start
        for start in pictures
        if FURTHER.match(name.removeprefix(start)) and name.startswith(start)
    ]
    return pictures[max(starts, key=len)] if starts else None


def key(stem: str) -> str:
    """Return what names are compared by: macOS writes Hangul and accents in parts."""
    return unicodedata.normalize("NFC", stem).casefold()


def _pictures(folder: Path) -> list[Path]:
    """List the image files of a folder by name."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; give one that is there.")
    files = [path for path in folder.iterdir() if path.name[0] != "."]
    pictures = [
        path for path in files if path.suffix.lower() in ENDINGS and path.is_file()
    ]
    if not pictures:
        raise FileNotFoundError(
            f"{folder} holds no images, but {len(files)} other files and folders; give "
            "a folder with files such as .png or .jpg in it."
        )
    return sorted(pictures, key=lambda path: key(path.name))


def _unique(images: list[Path]) -> list[Path]:
    seen: dict[str, Path] = {}
    for image in images:
        if (other := seen.setdefault(key(image.stem), image)) is not image:
            raise ValueError(
                f"{other} and {image.name} have one name apart from the ending, so "
                "their masks cannot be told apart; rename one of them."
            )
    return images
