"""How masks tell the classes: by black and white, by numbers, or by colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from utils.datasets.pictures import place, spell, white

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


def read_coding(
    classes: Sequence[str] | Mapping[int, str] | None,
    palette: Mapping[str, tuple[int, int, int]] | None,
) -> Coding:
    """Read these arguments, explained in `load_folder`; raise ValueError if wrong."""
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
    unique = all(isinstance(n, str) for n in names) and len(set(names)) == len(names)
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


def read_mask(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Return the class ids of a decoded mask, uint8 (H, W).

    Raises ValueError naming the path, the first pixel that has no class and its place.
    """
    if mask.format in JPEG:
        return _smeared(mask, path, coding)
    values = _colours(mask) if coding.coloured else _values(mask, path, coding)
    known = np.array(sorted(coding.ids))
    nearest = np.searchsorted(known, values).clip(max=len(known) - 1)
    unknown = known[nearest] != values
    if unknown.any():
        raise _not_a_class(values, place(unknown), path, coding)
    if coding.ids is TWO and (values == 1).any() and (values == 255).any():
        raise ValueError(
            f"{path} holds both 1 and 255, and only one of them can be the "
            "foreground; name both, as in classes={0: ..., 1: ..., 255: ...}."
        )
    ids = np.array([coding.ids[value] for value in known.tolist()], np.uint8)
    return ids[nearest]


def _smeared(mask: Image.Image, path: Path, coding: Coding) -> np.ndarray:
    """Read a mask whose pixels JPEG has changed a little."""
    two = coding.ids is TWO or set(coding.ids) == {0, 255}
    if coding.coloured or not two:
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
