"""A learner's own images and masks, two folders of files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from utils.datasets.cache import cached
from utils.datasets.pictures import (
    Pair,
    check_sizes,
    decode,
    fingerprint,
    open_image,
    open_picture,
    place,
    spell,
    white,
)
from utils.datasets.samples import Samples, height_and_width

_RECIPE = 1  # goes into the cache's key: count up whenever decoding changes
ENDINGS = (
    *(".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm"),
    *(".tif", ".tiff", ".webp"),
)
# What programs add to the name of an image to name its mask.
ADDED = re.compile(r"[_-](mask|masks|lesion|segmentation|seg|labels?|gt|groundtruth)$")
JPEG = ("JPEG", "MPO")
TWO = {0: 0, 1: 1, 255: 1}  # black and white, as 0 and 1 or as 0 and 255
BLACK_AND_WHITE = {(0, 0, 0), (255, 255, 255)}


@dataclass(frozen=True)
class Coding:
    """How masks tell the classes.

    classes: the names. ids: pixel value, or colour as 0xRRGGBB, -> class id.
    coloured: whether pixels are colours.
    """

    classes: tuple[str, ...]
    ids: dict[int, int]
    coloured: bool = False


def load_folder(
    images: str | Path,
    masks: str | Path,
    size: int | tuple[int, int] = 128,
    *,
    classes: Sequence[str] | Mapping[int, str] | None = None,
    palette: Mapping[str, tuple[int, int, int]] | None = None,
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

    A mask with a palette of its own (as Pascal VOC's) is read by index, unless it is
    black and white. Every pixel has a class: one to be left out, such as VOC's 255,
    gets a name, too, and its id goes to the metrics as ``ignore``. A photograph is
    turned as its EXIF orientation says, as viewers show it, so its mask must have been
    drawn like that. Transparency is dropped; grey of 16 bits is stretched, each image
    for itself. A mask that is a JPEG may be black and white only.

    Returns Samples of source "real", in the order of their names, without groups.
    Decoded once, then read from the cache until a file or an argument changes.
    Raises FileNotFoundError for a folder, image or mask that is not there, ValueError
    for a file or an argument that is not what it should be; each is one sentence.
    """
    size = height_and_width(size)
    coding = read_coding(classes, palette)
    pairs = match(Path(images).expanduser(), Path(masks).expanduser())
    mark = fingerprint(
        [path for pair in pairs.values() for path in pair], _RECIPE, coding
    )
    arrays = cached(
        "folder",
        f"{size[0]}x{size[1]}-{mark}",
        lambda: decode(
            list(pairs.values()),
            partial(read_pair, coding=coding),
            size,
            "Decoding images",
        ),
    )
    return Samples(names=tuple(pairs), classes=coding.classes, source="real", **arrays)


def read_coding(
    classes: Sequence[str] | Mapping[int, str] | None,
    palette: Mapping[str, tuple[int, int, int]] | None,
) -> Coding:
    """Read these arguments of `load_folder`; raise ValueError for wrong ones."""
    if palette is not None:
        if classes is not None:
            raise ValueError("palette names the classes itself: leave classes out.")
        if not isinstance(palette, Mapping):
            raise ValueError(
                f"palette maps each class to its colour, {{name: (red, green, blue)}}, "
                f"not {palette!r}."
            )
        colours = {name: _colour(name, colour) for name, colour in palette.items()}
        if len(set(colours.values())) < max(2, len(colours)):
            raise ValueError("palette needs two classes or more, each its own colour.")
        ids = {colour: i for i, colour in enumerate(colours.values())}
        return Coding(tuple(colours), ids, coloured=True)
    if classes is None:
        return Coding(("background", "foreground"), TWO)
    if isinstance(classes, Mapping):
        names = tuple(dict.fromkeys(classes.values()))
        ids = {value: names.index(name) for value, name in classes.items()}
        if not all(isinstance(i, (int, np.integer)) and 0 <= i <= 255 for i in ids):
            raise ValueError(f"classes names pixel values 0 to 255, not {classes!r}.")
    else:
        names = tuple(classes) if isinstance(classes, (tuple, list)) else ()
        ids = TWO if len(names) == 2 else {i: i for i in range(len(names))}
    unique = len(set(names)) == len(names) and all(isinstance(n, str) for n in names)
    if not unique or not 2 <= len(names) <= 256:
        raise ValueError(
            "classes is 2 to 256 different names, the background first, or a mapping "
            f"from pixel value to name, not {classes!r}."
        )
    return Coding(names, ids)


def _colour(name: str, colour: tuple[int, int, int]) -> int:
    """Return a colour as 0xRRGGBB."""
    parts = tuple(colour) if isinstance(colour, (tuple, list, np.ndarray)) else ()
    whole = all(isinstance(part, (int, np.integer)) for part in parts)
    if len(parts) != 3 or not whole or not all(0 <= part <= 255 for part in parts):
        raise ValueError(
            f"palette[{name!r}] is three whole numbers 0 to 255, red, green and blue, "
            f"not {colour!r}."
        )
    red, green, blue = map(int, parts)
    return red << 16 | green << 8 | blue


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
        if name not in pictures:
            raise FileNotFoundError(
                f"{mask} has no image of its name in {images}; add the image (as JPEG "
                "or PNG, for instance), or take the mask away."
            )
        if name in found:
            raise ValueError(
                f"{found[name]} and {mask.name} are both masks of "
                f"{pictures[name].name}; join them in one file, or take one away."
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


def read_pair(
    image_file: Path, mask_file: Path, coding: Coding
) -> tuple[Image.Image, np.ndarray]:
    """Decode an image (RGB) and the class ids of its mask, uint8 (H, W).

    Raises ValueError naming the file that is not what it should be.
    """
    image = open_image(image_file)
    mask = open_picture(mask_file)
    check_sizes(image, mask, (image_file, mask_file))
    if mask.format in JPEG:
        return image, _smeared(mask, mask_file, coding)
    values = _colours(mask) if coding.coloured else _values(mask, mask_file, coding)
    known = np.array(sorted(coding.ids))
    nearest = np.searchsorted(known, values).clip(max=len(known) - 1)
    unknown = known[nearest] != values
    if unknown.any():
        raise _not_a_class(values, place(unknown), mask_file, coding)
    if coding.ids is TWO and {1, 255} <= set(np.unique(values)):
        raise ValueError(
            f"{mask_file} holds both 1 and 255, and only one of them can be the "
            "foreground; name both, as in classes={0: ..., 1: ..., 255: ...}."
        )
    ids = np.array([coding.ids[value] for value in known.tolist()], np.uint8)
    return image, ids[nearest]


def _smeared(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Read a mask whose pixels JPEG has changed a little."""
    if coding.ids is not TWO and set(coding.ids) != {0, 255}:
        raise ValueError(
            f"{path} is a JPEG, which changes pixels a little, so classes cannot be "
            "told from them any more; export the mask as PNG."
        )
    inside = white(mask, path)
    highest = np.asarray(mask.convert("L")).max()
    if highest and not inside.any():
        raise ValueError(
            f"{path} is a JPEG whose brightest pixel is {highest}, where white is 255; "
            "export the mask as PNG."
        )
    return np.where(inside, coding.ids[255], coding.ids[0]).astype(np.uint8)


def _values(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Return the pixel values of a mask in shades of grey or with a palette, (H, W)."""
    if mask.mode == "1":
        return np.asarray(mask.convert("L"))
    if mask.mode == "P" and coding.ids is TWO:
        drawn = mask.convert("RGB")
        colours = {colour for _, colour in drawn.getcolors(256)}
        if colours <= BLACK_AND_WHITE:  # paint programs number them in any order
            return np.asarray(drawn)[..., 0]
    if len(mask.getbands()) == 1:
        return np.asarray(mask)
    if "A" in mask.getbands():
        bare = np.asarray(mask.getchannel("A")) < 255
        if bare.any():
            raise ValueError(
                f"{path} is transparent at {spell(place(bare))}, where no class can be "
                "told; export the mask without transparency."
            )
    colours = np.asarray(mask.convert("RGB"))
    coloured = (colours != colours[..., :1]).any(axis=-1)
    if coloured.any():
        found = tuple(colours[place(coloured)].tolist())
        raise ValueError(
            f"{path} is in colours, {found} at {spell(place(coloured))}; name them "
            "with palette={name: (red, green, blue), ...}."
        )
    return colours[..., 0]


def _colours(mask: Image.Image) -> np.ndarray:
    """Return the colours of a mask as 0xRRGGBB, int32 (H, W)."""
    red, green, blue = np.moveaxis(np.asarray(mask.convert("RGB"), np.int32), -1, 0)
    return red << 16 | green << 8 | blue


def _not_a_class(
    values: np.ndarray, position: tuple[int, int], path: Path, coding: Coding
) -> ValueError:
    """Say which pixel has no class, and what would do."""
    value = values[position].item()
    if coding.coloured:
        colour = (value >> 16, value >> 8 & 255, value & 255)
        return ValueError(
            f"{path} has the colour {colour} at {spell(position)}, which is not in the "
            "palette; add it there, or repaint it (without smooth edges)."
        )
    told = ", ".join(map(str, list(coding.ids)[:6]))
    told += ", ..." if len(coding.ids) > 6 else ""
    return ValueError(
        f"{path} has the value {value} at {spell(position)}, where {told} are classes; "
        f"name it with classes={{..., {value}: ...}}, or mend the mask, which must not "
        "have smooth edges."
    )
