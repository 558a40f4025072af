"""Which mask belongs to which image, by their names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from utils.datasets.files.pictures import Pair

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
    owners = owners_of(pictures)
    found: dict[str, Path] = {}
    alone = []
    for mask in _pictures(masks):
        name = owner_of(mask, owners)
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


def owners_of(pictures: Mapping[str, Path]) -> dict[str, str]:
    """Return which image each name stands for: its own, and what is left of it.

    What is left of two images, or is the name of another, stands for none of them.
    """
    left = {name: set(_rests(name, OF_IMAGES)) for name in pictures}
    count = Counter(rest for rests in left.values() for rest in rests)
    short = {r: name for name, rests in left.items() for r in rests if count[r] == 1}
    return {**short, **{name: name for name in pictures}}


def owner_of(mask: Path, owners: Mapping[str, str]) -> str | None:
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
