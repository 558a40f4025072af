"""Why a file is no image that can be read, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

# What other files begin with, spaces and letter case left aside.
SIGNS = (
    (b"version https://git-lfs", "a pointer of Git LFS", "get it by `git lfs pull`"),
    (b"<!doctype", "a web page", "download the image itself"),
    (b"<html", "a web page", "download the image itself"),
    (b"<svg", "an SVG drawing", "export it as PNG"),
    (b"<?xml", "XML, no image", "export the image as PNG"),
    (b"%pdf", "a PDF", "export the image as PNG"),
    (b"pk\x03\x04", "a ZIP archive", "unpack it"),
    (b"\x93numpy", "an array of NumPy", "save it as PNG"),
)
TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BITS, CHANNELS, PLANES, FORMAT = 258, 277, 284, 339
STRIPS, TILES = (273, 279), (324, 325)  # where the pixels lie, and how many bytes
NUMBERS = {1: "whole numbers", 2: "whole numbers with a sign", 3: "decimal numbers"}
# What stands for "no data" in maps and scans, below all that was measured.
NO_DATA = (-9999, -(2**15), -(2**31))
BEYOND = 1e30  # the lowest and the highest of 32-bit decimals stand for it, too


def place(found: np.ndarray) -> tuple[int, int]:
    """Return (row, column) of the first True."""
    row, column = np.unravel_index(found.argmax(), found.shape)
    return int(row), int(column)


def spell(position: tuple[int, int]) -> str:
    return f"row {position[0]}, column {position[1]}"


def why_no_shades(values: np.ndarray) -> str | None:
    """Say in half a sentence which pixel, of (H, W), holds no data, and the cure.

    Such a number, far from all others, would leave them one shade of grey.
    """
    none = ~(np.abs(values) < BEYOND)  # not a number, neither
    if not none.any():
        none = (values == values.min()) & np.isin(values, NO_DATA)
    if not none.any():
        return None
    return (
        f"has the value {values[place(none)]:g} at {spell(place(none))}, which stands "
        "for no data and would leave one shade to all the rest; replace it by the "
        "darkest value of the rest, or save the picture with 8 bits"
    )


def why_unreadable(path: Path, error: Exception) -> str:
    """Say in half a sentence what is wrong with a file, and the cure.

    error: what Pillow raised when it opened or decoded the file.
    """
    if isinstance(error, Image.DecompressionBombError):
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        return (
            f"is larger than the {most:,} pixels that are read; shrink it, a mask "
            "without smoothing"
        )
    if isinstance(error, MemoryError):
        return "is too large for this computer's memory; shrink it"
    if isinstance(error, OSError) and error.errno and error.strerror:
        return f"cannot be opened ({error.strerror}); see to it that you may read it"
    if isinstance(error, UnidentifiedImageError):
        return _unknown(path)
    return f"is not a readable image ({error}); replace it with an undamaged copy"


def _unknown(path: Path) -> str:
    """Say what a file is that is of no format that Pillow reads."""
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        return "is not a readable image (it is empty); replace it with a whole copy"
    for sign, what, cure in SIGNS:
        if start.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(sign):
            return f"is not a readable image ({what}); {cure}"
    if start[4:8] == b"ftyp":
        return "is not a readable image (HEIC or a film); export it as JPEG or PNG"
    if start[:4] in TIFFS and (kind := _kind_of_tiff(path)):
        return (
            f"is a TIFF of {kind}, a kind that is not read; convert it to 8 bits, in "
            "grey or RGB"
        )
    return (
        "is not a readable image (of no known format); export it as PNG, or replace it "
        "with an undamaged copy"
    )


def _kind_of_tiff(path: Path) -> str | None:
    """Tell what the pixels of a TIFF are, or None if it is too damaged to say."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            head += file.read(8) if b"+" in head[:4] else b""
            tags = TiffImagePlugin.ImageFileDirectory_v2(head)
            file.seek(tags.next)
            tags.load(file)
        starts, lengths = (tags.get(s, tags.get(t)) for s, t in zip(STRIPS, TILES))
        if max(map(sum, zip(starts, lengths))) > path.stat().st_size:
            return None
        bits, numbers = max(tags.get(BITS, (1,))), tags.get(FORMAT, (1,))[0]
    except Exception:  # as many kinds as there are ways to damage it
        return None
    channels = tags.get(CHANNELS, 1)
    each = "channel" if channels == 1 else "channels"
    return f"{channels} {each} of {bits} bits ({NUMBERS.get(numbers, 'no numbers')})"
