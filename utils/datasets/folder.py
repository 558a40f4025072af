"""A learner's own images and masks, two folders of files."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
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

Colour = tuple[int, int, int]

_RECIPE = 3  # goes into the cache's key: count up whenever decoding changes
ENDINGS = (
    *(".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm"),
    *(".tif", ".tiff", ".webp"),
)
FURTHER = re.compile(r"\W|_")  # what stands between the name of an image and a number


def _words(words: str) -> re.Pattern:
    """Find a word between the parts of a name, or at one of its ends."""
    word = "(?:" + "|".join(words.split()) + ")"
    return re.compile(rf"^{word}(?=[ ._-]|\d)|[ ._-]+{word}(?=[ ._-]|$)")


# What programs add to a name to tell masks, and images.
OF_MASKS = (
    "masks? lesions? segmentations? seg label_?ids labels? gtfine_label(?:train)?ids "
    "gt ground_?truth annotations? annotated anno trimaps? manual"
)
ADDED = _words(OF_MASKS)
FIRST = re.compile(f"[ ._-]+(?:{'|'.join(OF_MASKS.split())})[ ._-]?0*[01]$")  # _mask_1
OF_IMAGES = _words(
    "images? img im photo picture rgb sat training train test leftimg8bit input orig "
    "original"
)


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
    owners = _owners(pictures)
    found: dict[str, Path] = {}
    alone = []
    for mask in _pictures(masks):
        name = _owner(mask, owners)
        if name is None:
            alone.append(mask)
        elif name in found:
            raise ValueError(
                f"{found[name]} and {mask.name} are both masks of "
                f"{pictures[name].name}; join what both mark in one file."
            )
        else:
            found[name] = mask
    missing = [image for name, image in pictures.items() if name not in found]
    if alone:
        raise _no_image(alone, missing, pictures)
    if missing:
        raise FileNotFoundError(
            f"{missing[0]} has no mask of its name in {masks}; add "
            f"{missing[0].stem}.png there, or take the image away."
        )
    return {
        unicodedata.normalize("NFC", image.stem): (image, found[name])
        for name, image in pictures.items()
    }


def _owners(pictures: Mapping[str, Path]) -> dict[str, str]:
    """Return which image each name stands for: its own, and what is left of it.

    What is left of two images, or is the name of another, stands for none of them.
    """
    left = {name: set(_rests(name, OF_IMAGES)) for name in pictures}
    count = Counter(rest for rests in left.values() for rest in rests)
    short = {r: name for name, rests in left.items() for r in rests if count[r] == 1}
    return {**short, **{name: name for name in pictures}}


def _owner(mask: Path, owners: Mapping[str, str]) -> str | None:
    """Return the one image that a mask may belong to by its name, or None."""
    name = key(mask.stem)
    if name in owners:
        return owners[name]
    names = [*_rests(name, ADDED), FIRST.sub("", name)]
    if Path(name).suffix in ENDINGS:  # cat.jpg.png
        names.append(Path(name).stem)
    found = {owners[name] for name in names if name in owners}
    return found.pop() if len(found) == 1 else None


def _rests(name: str, words: re.Pattern) -> list[str]:
    """List what is left of a name without one of its words."""
    found = words.finditer(name)
    rests = [name[: word.start()] + name[word.end() :] for word in found]
    return [rest.strip(" ._-") for rest in rests]


def _no_image(
    alone: list[Path], missing: list[Path], pictures: Mapping[str, Path]
) -> Exception:
    """Say what to do with the first mask that is alone.

    missing: images without a mask. pictures: all images.
    """
    mask, folder = alone[0], next(iter(pictures.values())).parent
    fault = f"{mask} has no image of its name in {folder}"
    image = _started(mask, pictures)
    alike = [other for other in alone if _started(other, pictures) == image]
    if image and (image not in missing or len(alike) > 1):
        return ValueError(
            f"{fault}, but looks like a further mask of {image.name}; join all masks "
            "of an image in one file of its name, or add the image of this one."
        )
    if image:
        return FileNotFoundError(
            f"{fault}, but looks like the mask of {image.name}; then rename it to "
            f"{image.stem}{mask.suffix}, else add the image of this one."
        )
    if missing:
        return FileNotFoundError(
            f"{fault}, and {missing[0].name} has no mask; give an image and its mask "
            "one name, add what is missing, or take away what is alone."
        )
    return FileNotFoundError(
        f"{fault}; add the image (as JPEG or PNG, for instance), or take the mask away."
    )


def _started(mask: Path, pictures: Mapping[str, Path]) -> Path | None:
    """Return the image that a mask is named after: cat for ``cat_2``."""
    name = key(mask.stem)
    starts = [
        start
        for start in pictures
        if name.startswith(start) and FURTHER.match(name.removeprefix(start))
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
