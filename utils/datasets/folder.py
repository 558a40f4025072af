"""A learner's own images and masks, two folders of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from utils.datasets.files.coding import VOID, read_coding
from utils.datasets.files.masks import read_mask
from utils.datasets.files.matching import match
from utils.datasets.files.pictures import (
    check_sizes,
    decode,
    fingerprint,
    open_image,
    open_mask,
    tell_lost,
)
from utils.samples import Samples, height_and_width
from utils.storage.cache import cached

Colour = tuple[int, int, int]

_RECIPE = 3  # goes into the cache's key: count up whenever decoding changes


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
        apart from the ending, from letter case, and from a word that tells what it is:
        in a mask's ``_mask``, ``_lesion``, ``_segmentation``, ``_seg``, ``_label`` or
        ``_gt``, for instance, in an image's ``image_`` or ``_sat``. Hidden files, and
        files that are no images by their ending, are passed over.
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

    A mask with a palette of its own is read by its greys if the palette has no colours.
    One in colours (as Pascal VOC's) is read by index if it has more colours than there
    are classes, the same in all masks, and is not in a GIF; or if 0 is black and there
    is one other class at most. Else a program may have numbered the colours anew, and
    only ``palette`` tells the classes. A photograph is turned as its EXIF orientation
    says, as viewers show it, so its mask must have been drawn like that. Transparency
    is dropped; 16 bits are stretched, each image for itself. A mask that is a JPEG may
    be black and white only, without void. A sentence is printed if a class is lost in
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
    seen: dict[int, tuple[Colour, Path]] = {}

    def read(image_file: Path, mask_file: Path) -> tuple[Image.Image, np.ndarray]:
        image, mask = open_image(image_file), open_mask(mask_file)
        check_sizes(image, mask, (image_file, mask_file))
        ids = read_mask(mask, mask_file, coding)
        _check_palette(mask, mask_file, seen)
        return image, ids

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


def _check_palette(
    mask: Image.Image, path: Path, seen: dict[int, tuple[Colour, Path]]
) -> None:
    """Raise ValueError if an index has another colour than in the masks before.

    seen: index -> its colour, and the first mask with it; this mask's are added.
    """
    for index, colour in mask.info.get("colours", {}).items():
        known, first = seen.setdefault(index, (colour, path))
        if known != colour:
            raise ValueError(
                f"{path} shows the value {index} in {colour}, but {first.name} in "
                f"{known}, so the values may be no classes; name the colours with "
                "palette={name: (red, green, blue), ...}, or save the values as grey "
                "PNGs."
            )
