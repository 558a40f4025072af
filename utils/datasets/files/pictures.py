"""Image files and their masks, decoded and brought to one size.

What is common to every data set of files: what is wrong is said in one sentence that
names the file, and masks are only ever reduced by taking the nearest pixel.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from utils.datasets.files.unreadable import (
    BITS,
    PLANES,
    place,
    spell,
    why_no_shades,
    why_unreadable,
)
from utils.live import live
from utils.storage.places import too_long

DEEP_COLOUR = re.compile(r"RGBA?;16[BLN]")  # what Pillow calls 16 bits a channel
# Pillow reads the high byte of each 16 bits; told the other order, the low one.
OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
NO_PNG = (".bmp", ".gif", ".jpeg", ".jpg", ".tif", ".tiff", ".webp")

Pair = tuple[Path, Path]  # an image and its mask


def open_picture(path: Path, low: bool = False) -> Image.Image:
    """Decode a file as it is, but turned as its EXIF orientation says.

    low: take the low byte of colours of 16 bits, not the high one.
    ``info["deep"]`` tells whether there are both, ``info["clear"]`` which of a palette
    is transparent; ``info["highest"]``, in files of few shades, the number stored where
    255 (65535 in 16 bits) is shown.
    Raises ValueError naming the file that is no image, not a whole one, of a kind that
    is not read, or of several frames.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                fault = _prepare(picture, low)
                if fault is None:
                    picture.load()
                    ImageOps.exif_transpose(picture, in_place=True)
                    if "transparency" in picture.info:  # else Pillow warns
                        picture.info["clear"] = picture.info.pop("transparency")
                    return picture
    # Pillow's decoders fail in many ways (OSError, SyntaxError, struct.error...).
    except Exception as error:
        fault = why_unreadable(path, error)
    raise ValueError(f"{path} {fault}.")


def _prepare(picture: Image.Image, low: bool) -> str | None:
    """Look how a picture is stored before it is decoded; return what is wrong with it.

    Arguments and ``info`` as in `open_picture`.
    """
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and picture.format != "MPO":  # cameras add previews to photographs
        return f"holds {frames} frames or pages; save the one that is meant as PNG"
    if not picture.tile:
        return None
    raw = _stored_mode(picture)
    if few := re.fullmatch("(?:L;)?([124])(?:;?I?R?)", raw):
        picture.info["highest"] = 2 ** int(few[1]) - 1
    tags = getattr(picture, "tag_v2", {})
    by_planes = tags.get(PLANES) == 2 and max(tags.get(BITS, (8,))) > 8
    channels = len(picture.getbands() if by_planes else raw.partition(";")[0])
    if channels == 1 or not (";16" in raw or by_planes):
        return None
    if by_planes or not DEEP_COLOUR.fullmatch(raw):
        return (
            f"has 16 bits in {channels} channels, of which only 8 can be read; save it "
            "with 8 bits, or as grey"
        )
    picture.info["deep"] = True
    if low:
        raw = raw[:-1] + OTHER_ORDER[raw[-1]]
        picture.tile = [
            _stored_as(tile, (raw, *tile[3][1:]) if isinstance(tile[3], tuple) else raw)
            for tile in picture.tile
        ]
    return None


def _stored_mode(picture: Image.Image) -> str:
    """Return what Pillow calls the pixels of a file, such as "L;4" or "RGB;16B".

    A PPM, which says what its highest number is, is prepared to be read as it is.
    """
    tile = picture.tile[0]
    stored = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
    if tile[0] not in ("ppm", "ppm_plain"):
        return str(stored[0])
    if len(stored) < 2:
        return "1"
    picture.info["highest"] = stored[1]
    if len(picture.getbands()) == 1 or stored[1] < 256:
        return str(stored[0])
    if tile[0] == "ppm_plain":
        return "RGB;16"
    picture.tile = [_stored_as(tile, ("RGB;16B", 0, 1), "raw")]
    return "RGB;16B"


def _stored_as(tile: tuple, args: object, codec: str | None = None) -> tuple:
    """Return a tile of Pillow with other arguments, and another codec if one is given.

    From Pillow 11.2 on tiles have named fields, which it looks for.
    """
    fields = (codec or tile[0], *tile[1:3], args)
    return type(tile)(*fields) if hasattr(tile, "_fields") else fields


def open_image(path: Path) -> Image.Image:
    """Decode an image as RGB of 8 bits; raise ValueError as `open_picture` does.

    Transparency is dropped. More than 8 bits are stretched from the darkest to the
    brightest value, because many cameras use only a part of 16 bits; so a number that
    stands for no data is refused, where it is -9999, for instance, or not finite.
    """
    picture = open_picture(path)
    if picture.info.get("deep"):
        high, low = (
            np.asarray(bits.convert("RGB"), np.uint16)
            for bits in (picture, open_picture(path, low=True))
        )
        picture = _stretched(high << 8 | low)
    elif picture.mode == "F" or picture.mode[0] == "I":
        values = np.asarray(picture, np.float64)
        if fault := why_no_shades(values):
            raise ValueError(f"{path} {fault}.")
        picture = _stretched(values)
    return in_rgb(picture, path)


def _stretched(values: np.ndarray) -> Image.Image:
    """Spread values, (H, W) or (H, W, 3), over 0 to 255."""
    darkest, brightest = float(values.min()), float(values.max())
    span = brightest - darkest
    values = (values - darkest) * (255 / span if span else 0)
    return Image.fromarray(np.rint(values).astype(np.uint8))


def open_mask(path: Path) -> Image.Image:
    """Decode a mask; raise ValueError as `open_picture` does.

    Colours of 16 bits come as 8, if these tell all: if they are 0 to 255, or these
    stretched to 65535.
    """
    mask = open_picture(path)
    if not mask.info.get("deep"):
        return mask
    low = open_picture(path, low=True)
    high_bytes, low_bytes = (np.asarray(bits)[..., :3] for bits in (mask, low))
    if (high_bytes == low_bytes).all():
        return mask
    if not high_bytes.any():
        if mask.mode == "RGBA":
            low.putalpha(mask.getchannel("A"))
        return low
    position = place((high_bytes != low_bytes).any(axis=-1))
    found = (256 * high_bytes[position].astype(int) + low_bytes[position]).tolist()
    raise ValueError(
        f"{path} has 16 bits in {len(mask.getbands())} channels, {tuple(found)} at "
        f"{spell(position)}, more than classes need; save it with 8 bits, or as grey."
    )


def in_rgb(picture: Image.Image, path: Path) -> Image.Image:
    """Return a picture in RGB; raise ValueError naming the path where that fails."""
    try:
        return picture.convert("RGB")
    except ValueError:
        fault = (
            f"{path} is in the colours of {picture.mode}; save it in RGB, or in grey."
        )
    raise ValueError(fault)


def png_files(folder: Path) -> dict[str, Path]:
    """Find the PNG files of a folder by stem, without those that computers add.

    Some systems tell .PNG from .png and some do not: here both count everywhere.
    Raises ValueError for two files of one name, and for a picture of another format
    that is no copy of one of them; FileNotFoundError for what is no file, such as a
    link that leads nowhere, or whose path is too long for this computer.
    """
    found: dict[str, Path] = {}
    files = [path for path in sorted(folder.glob("*")) if path.name[0] != "."]
    for path in files:
        if path.suffix.lower() == ".png":
            if not path.is_file():
                raise FileNotFoundError(
                    too_long(path)
                    or f"{path} is no file, or a link to one that is gone; put the "
                    "file itself there."
                )
            other = found.setdefault(path.stem, path)
            if other is not path:
                raise ValueError(
                    f"{other} and {path.name} have one name; remove the wrong one."
                )
    for path in files:
        if path.suffix.lower() in NO_PNG and path.stem not in found:
            raise ValueError(
                f"{path} is no .png, as all pictures of its data set are; save it as "
                "one, or take it away."
            )
    return found


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
        # A file put in place with the time of another has its own ctime.
        state = (state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        digest.update(f" {state}\n".encode())
    return digest.hexdigest()[:16]


def decode(
    files: list[Pair],
    read: Callable[[Path, Path], tuple[Image.Image, np.ndarray]],
    size: tuple[int, int],
    what: str,
    void: int | None = None,
) -> dict[str, np.ndarray]:
    """Read every pair and bring it to one size.

    read: (image file, mask file) -> (RGB image, class ids uint8 (H, W)).
    size: (height, width); images are averaged down, masks take the nearest pixel.
    what: the title of the progress bar. void: an id that is no class.
    Returns images uint8 (N, H, W, 3), masks uint8 (N, H, W), and lost, bool (N,): where
    all pixels of a class fell between those that were taken.
    Raises ValueError if there is not the memory for so many pixels.
    """
    height, width = size
    images, masks = _room(len(files), size)
    lost = np.zeros(len(files), bool)
    bar = tqdm(files, what, unit="image", disable=not live())
    for i, (image_file, mask_file) in enumerate(bar):
        image, ids = read(image_file, mask_file)
        mask = Image.fromarray(ids)
        images[i] = image.resize((width, height), Image.Resampling.BOX)
        masks[i] = mask.resize((width, height), Image.Resampling.NEAREST)
        before, after = (np.bincount(m.ravel(), minlength=256) for m in (ids, masks[i]))
        lost[i] = any(np.flatnonzero((before > 0) & (after == 0)) != void)
    return {"images": images, "masks": masks, "lost": lost}


def _room(count: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Make arrays for images and masks; raise ValueError if they are too large."""
    with suppress(MemoryError, ValueError):
        images = np.empty((count, *size, 3), np.uint8)
        return images, np.empty((count, *size), np.uint8)
    raise ValueError(
        f"{count} images of {size[0]} x {size[1]} pixels do not fit into memory; ask "
        "for a smaller size."
    )


def tell_lost(lost: np.ndarray, names: Sequence[str], size: tuple[int, int]) -> None:
    """Print one sentence if images lost a class when they were brought to a size.

    lost: bool (N,), from `decode`. names: those of the N images.
    """
    if lost.any():
        print(
            f"{lost.sum():,} of {len(lost):,} masks lost a class at {size[0]} x "
            f"{size[1]} pixels, where it is too thin or too small to be seen "
            f"({names[int(lost.argmax())]} is the first): a larger size keeps more."
        )
