"""Masks read as class ids: by black and white, by numbers, or by colours."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

from utils.datasets.files.coding import OUTLINE, Coding, colour_of
from utils.datasets.files.pictures import in_rgb
from utils.datasets.files.tones import white
from utils.datasets.files.unreadable import place, spell

BLACK_AND_WHITE = {(0, 0, 0), (255, 255, 255)}
LOSSY = {  # formats that may change pixels
    "JPEG": "a JPEG",
    "MPO": "a JPEG",
    "JPEG2000": "a JPEG 2000",
    "AVIF": "an AVIF",
}

LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp", "jpeg2000")
WEB = set(product(range(0, 256, 51), repeat=3))  # in palettes for any picture


def read_mask(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Return the class ids of a decoded mask, uint8 (H, W).

    Raises ValueError naming the path, the first pixel that has no class and its place.
    """
    _check_opaque(mask, path)
    if changed := _changed(mask, path):
        return _smeared(mask, path, coding, changed)
    try:
        return _exact(mask, path, coding)
    except ValueError:
        if not coding.smooth or _deep(mask):
            raise
    return white(in_rgb(mask, path), path).astype(np.uint8)


def outline(mask: Image.Image, path: Path, nothing: str, where: str) -> np.ndarray:
    """Return where the mask of a published data set is white, uint8 of 0 and 1.

    nothing: what an empty mask does; where: what each mask is to show.
    Raises ValueError as `read_mask` does, and for a mask that is all black.
    """
    ids = read_mask(mask, path, OUTLINE)
    if not ids.any():
        raise ValueError(
            f"{path} {nothing}: all of it is black, but {where}; use an undamaged copy."
        )
    return ids


def check_border(ids: np.ndarray, path: Path) -> None:
    """Raise ValueError if a mask, of one thing amid others, has white borders only."""
    if all(side.all() for side in (ids[0], ids[-1], ids[:, 0], ids[:, -1])):
        fault = "is white all along its border, as if black and white were swapped"
        fault = "is all white" if ids.all() else fault
        raise ValueError(f"{path} {fault}; use an undamaged copy.")


def _check_opaque(mask: Image.Image, path: Path) -> None:
    """Raise ValueError if a mask is drawn in transparency, or in LAB, say."""
    if mask.mode in ("LAB", "YCbCr"):  # of which RGB can be had only nearly
        raise ValueError(
            f"{path} is in the colours of {mask.mode}; save it in RGB, or in grey."
        )
    if "A" in mask.getbands():
        bare = np.asarray(mask.getchannel("A")) < 255
        if bare.any():
            raise ValueError(
                f"{path} is transparent at {spell(place(bare))}, where no class can be "
                "told; export the mask without transparency."
            )


def _changed(mask: Image.Image, path: Path) -> str | None:
    """Name the format of a file whose pixels are not those that were saved."""
    if mask.format == "TIFF" and mask.info.get("compression") in LOSSY_TIFF:
        return "a TIFF compressed like a photograph"
    if mask.format == "WEBP" and b"VP8 " in _chunks(path):
        return "a lossy WebP"
    return LOSSY.get(mask.format)


def _chunks(path: Path) -> list[bytes]:
    """List the names of the parts of a WebP file: VP8L is lossless, "VP8 " is not."""
    content, names, start = path.read_bytes(), [], 12
    while start < len(content):
        names.append(content[start : start + 4])
        length = int.from_bytes(content[start + 4 : start + 8], "little")
        start += 8 + length + length % 2
    return names


def _smeared(mask: Image.Image, path: Path, coding: Coding, changed: str) -> np.ndarray:
    """Read a mask whose pixels JPEG has changed a little."""
    ids = coding.ids
    two = coding.two or set(ids) == {0, 255}
    if two and coding.void and changed.endswith("JPEG"):
        raise ValueError(
            f"{path} is {changed}, which smears borders, so pixels without a class "
            "(void) cannot be told from them; export the mask as PNG."
        )
    if coding.coloured or not two or not changed.endswith("JPEG"):
        raise ValueError(
            f"{path} is {changed}, which may change pixels a little, so classes cannot "
            "be told from them any more; export the mask as PNG."
        )
    return np.where(white(mask, path), ids[255], ids[0]).astype(np.uint8)


def _exact(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Look up each pixel, which must have a class; arguments as in `read_mask`."""
    if coding.coloured:
        readings = [_colours(mask, path)]
    else:
        readings = _readings(mask, _values(mask, path, coding))
    found = [_look_up(values, path, coding) for values in readings]
    told = [ids for ids in found if ids is not None]
    if not told:
        raise _not_a_class(readings[0], mask, path, coding)
    unsure = mask.format != "PPM" or mask.mode == "1"  # a PPM says what it counts to
    if unsure and any((ids != told[0]).any() for ids in told):
        raise ValueError(
            f"{path} has few shades, so {readings[0].max()} and {readings[1].max()} "
            "are the same in it, and both are classes; save it with 8 bits a pixel."
        )
    return told[0]


def _readings(mask: Image.Image, values: np.ndarray) -> list[np.ndarray]:
    """Return the numbers that pixels may stand for.

    In files of few shades what is stored, then what is shown; in files of 16 bits what
    is stored, then the 8 bits that were stretched to 16.
    """
    highest = mask.info.get("highest", 1 if mask.mode == "1" else None)
    shown = 65535 if _deep(mask) else 255
    readings = [values]
    if highest not in (None, shown):
        readings = [np.rint(values * (highest / shown)).astype(np.int32), values]
    if mask.mode[0] == "I" and (values % 257 == 0).all():
        readings.append(values // 257)
    return readings


def _deep(mask: Image.Image) -> bool:
    """Tell whether a mask has more than 8 bits a pixel."""
    return mask.mode == "F" or mask.mode[0] == "I"


def _look_up(values: np.ndarray, path: Path, coding: Coding) -> np.ndarray | None:
    """Return class ids, uint8 (H, W), or None if a pixel has no class."""
    known = np.array(sorted(coding.ids))
    nearest = np.searchsorted(known, values).clip(max=len(known) - 1)
    if (known[nearest] != values).any():
        return None
    ids = np.array([coding.ids[value] for value in known.tolist()], np.uint8)[nearest]
    if coding.two and len(np.unique(values[ids == 1])) > 1:
        raise ValueError(
            f"{path} holds both 1 and 255, and only one of them can be the "
            "foreground; name both, as in classes={0: ..., 1: ..., 255: ...}."
        )
    return ids


def _values(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Return the pixel values of a mask in shades of grey or with a palette, (H, W)."""
    if mask.mode == "1":
        return np.asarray(mask.convert("L"))
    if mask.mode in ("P", "PA"):
        return _by_palette(mask, path, coding)
    if len(mask.getbands()) == 1:
        return np.asarray(mask)
    colours = np.asarray(in_rgb(mask, path))
    coloured = (colours != colours[..., :1]).any(axis=-1)
    if coloured.any():
        found = tuple(colours[place(coloured)].tolist())
        raise ValueError(
            f"{path} is in colours, {found} at {spell(place(coloured))}; name them "
            "with palette={name: (red, green, blue), ...}."
        )
    return colours[..., 0]


def _by_palette(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Return the greys of a mask whose palette has nothing else, or its indices.

    Paint programs and GIF number colours in any order. A palette that has one grey
    twice was made for its indices, unless the mask is black and white.
    ``info["colours"]`` tells the colour of each index that is read as a number.
    """
    indices = np.asarray(mask)
    indices = indices if indices.ndim == 2 else indices[..., 0]
    stored = np.array(mask.getpalette(), np.uint8).reshape(-1, 3)
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(stored)] = stored
    numbers = np.unique(indices)
    used = palette[numbers]
    told_apart = len(np.unique(used, axis=0)) == len(used)
    grey = (stored == stored[:, :1]).all()
    black_and_white = set(map(tuple, used.tolist())) <= BLACK_AND_WHITE
    two = coding.two and black_and_white
    if two and not told_apart and "clear" in mask.info:
        raise ValueError(
            f"{path} tells its parts by transparency; export the mask without it."
        )
    if not two and not (grey and told_apart):
        colours = dict(zip(numbers.tolist(), map(tuple, used.tolist())))
        fixed = not told_apart or _fixed(stored, used, coding)
        if (mask.format == "GIF" or not fixed) and not _black_first(
            colours, palette, coding
        ):
            raise _in_any_order(path, list(colours.values()))
        mask.info["colours"] = colours
        return indices
    if black_and_white and len(coding.classes) == 2:
        mask.info["highest"] = 1  # as in files of one bit
    return palette[indices, 0]


def _fixed(stored: np.ndarray, used: np.ndarray, coding: Coding) -> bool:
    """Tell whether a palette was made for its indices, not from the mask.

    Then it has more colours than there are classes (programs fill up with greys).
    """
    stored, used = (set(map(tuple, colours.tolist())) for colours in (stored, used))
    colours = used | {colour for colour in stored if len(set(colour)) > 1}
    return not stored >= WEB and len(colours) > len(coding.classes) + coding.void


def _black_first(colours: dict, palette: np.ndarray, coding: Coding) -> bool:
    """Tell whether 0 is black, the background, and there is one other class at most."""
    highest = 1 if len(coding.classes) == 2 and not coding.void else 0
    return max(colours) <= highest and not palette[0].any()


def _in_any_order(path: Path, colours: list[tuple[int, int, int]]) -> ValueError:
    told = ", ".join(map(str, colours[:4])) + (", ..." if len(colours) > 4 else "")
    return ValueError(
        f"{path} numbers its colours, {told}, in an order that programs choose freely, "
        "so the numbers may be no classes; name the colours with palette={name: "
        "(red, green, blue), ...}, or save the numbers as a grey PNG."
    )


def _colours(mask: Image.Image, path: Path) -> np.ndarray:
    """Return the colours of a mask as 0xRRGGBB, int32 (H, W)."""
    colours = np.asarray(in_rgb(mask, path), np.int32)
    red, green, blue = np.moveaxis(colours, -1, 0)
    return red << 16 | green << 8 | blue


def _not_a_class(
    values: np.ndarray, mask: Image.Image, path: Path, coding: Coding
) -> ValueError:
    """Say which pixel has no class, and what would do."""
    unknown = ~np.isin(values, list(coding.ids))
    value, where = values[place(unknown)].item(), spell(place(unknown))
    if coding.coloured:
        return ValueError(
            f"{path} has the colour {colour_of(value)} at {where}, which is not in the "
            "palette; add it there, or repaint it (without smooth edges)."
        )
    if coding.smooth:
        return ValueError(
            f"{path} is not black and white: it has the value {value} at {where}; "
            "export the mask as PNG, in black and white."
        )
    told = ", ".join(map(str, list(coding.ids)[:6]))
    told += ", ..." if len(coding.ids) > 6 else ""
    if colours := mask.info.get("colours"):
        return ValueError(
            f"{path} has the value {value}, shown in {colours[value]}, at {where}, "
            f"where {told} are classes; name it with classes={{..., {value}: ...}}, "
            "or name the colours, with palette={name: (red, green, blue), ...}."
        )
    foreign = np.unique(values[unknown])
    whole = (foreign == np.rint(foreign)).all()
    if whole and len(foreign) > 2:
        return ValueError(
            f"{path} holds {len(foreign)} values that are no classes, {value} at "
            f"{where} and others up to {foreign[-1]}; numbers of single things "
            "(instances) must become 1, classes need names, and smooth edges must go."
        )
    if not whole or not 0 <= value <= 255:
        return ValueError(
            f"{path} has the value {value} at {where}, but classes are whole numbers 0 "
            "to 255; save the number of its class in each pixel, with 8 bits."
        )
    return ValueError(
        f"{path} has the value {value} at {where}, where {told} are classes; name it "
        f"with classes={{..., {value}: ...}}, or mend the mask, which must not have "
        "smooth edges."
    )
