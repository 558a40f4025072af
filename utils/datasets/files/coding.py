"""What the arguments of `load_folder` say about the pixels of masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from utils.arrays import is_whole

VOID = 255  # in the masks of Samples
TWO = {0: 0, 1: 1, 255: 1}  # black and white, as 0 and 1 or as 0 and 255


@dataclass(frozen=True)
class Coding:
    """How masks tell the classes.

    classes: the names. ids: pixel value, or colour as 0xRRGGBB, -> class id, or `VOID`.
    coloured: whether pixels are colours. two: whether they are black and white, in any
    of the numbers for it. smooth: whether such masks may have smooth borders.
    void: whether some pixels have no class.
    """

    classes: tuple[str, ...]
    ids: dict[int, int]
    coloured: bool = False
    two: bool = False
    smooth: bool = False
    void: bool = False


OUTLINE = Coding(("background", "foreground"), TWO, two=True, smooth=True)


def read_coding(
    classes: Sequence[str] | Mapping[int, str] | None,
    palette: Mapping[str, tuple[int, int, int]] | None,
    void: int | tuple[int, int, int] | None = None,
) -> Coding:
    """Read these arguments, explained in `load_folder`; raise ValueError if wrong."""
    if palette is not None:
        if classes is not None:
            raise ValueError("palette names the classes itself: leave classes out.")
        coding = _read_palette(palette)
    else:
        coding = _read_classes(classes)
    if void is None:
        return coding
    if coding.coloured:
        void = _colour("void", void)
    elif not _whole(void):
        raise ValueError(f"void is a pixel value 0 to 255, not {void!r}.")
    ids = dict(coding.ids)
    white = coding.two and void in (1, 255)  # then the other one is the foreground
    if ids.pop(int(void), None) is not None and not white:
        raise ValueError(
            "void marks pixels without a class, but classes or palette name one for "
            f"{colour_of(void) if coding.coloured else void}; leave it out there."
        )
    if len(coding.classes) > VOID:
        raise ValueError(f"beside void there are {VOID} classes at most.")
    return replace(coding, ids={**ids, int(void): VOID}, void=True)


def _whole(value: object) -> bool:
    """Tell whether something is a pixel value, 0 to 255."""
    return is_whole(value) and 0 <= value <= 255


def colour_of(value: int) -> tuple[int, int, int]:
    """Return (red, green, blue) of 0xRRGGBB."""
    return value >> 16, value >> 8 & 255, value & 255


def _read_palette(palette: Mapping[str, tuple[int, int, int]]) -> Coding:
    if not isinstance(palette, Mapping):
        raise ValueError(
            f"palette maps each class to its colour, {{name: (red, green, blue)}}, "
            f"not {palette!r}."
        )
    colours = {
        name: _colour(f"palette[{name!r}]", colour) for name, colour in palette.items()
    }
    if len(set(colours.values())) < max(2, len(colours)):
        raise ValueError("palette needs two classes or more, each its own colour.")
    if len(colours) > 256 or not all(isinstance(name, str) for name in colours):
        raise ValueError("palette names 2 to 256 classes, in words.")
    ids = {colour: i for i, colour in enumerate(colours.values())}
    return Coding(tuple(colours), ids, coloured=True)


def _read_classes(classes: Sequence[str] | Mapping[int, str] | None) -> Coding:
    if classes is None:
        return Coding(OUTLINE.classes, TWO, two=True)
    if isinstance(classes, Mapping):
        names = tuple(dict.fromkeys(classes.values()))
        ids = {value: names.index(name) for value, name in classes.items()}
        if not all(map(_whole, ids)):
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
    return Coding(names, ids, two=ids is TWO)


def _colour(what: str, colour: tuple[int, int, int]) -> int:
    """Return a colour as 0xRRGGBB."""
    parts = tuple(colour) if isinstance(colour, (tuple, list, np.ndarray)) else ()
    if len(parts) != 3 or not all(map(_whole, parts)):
        raise ValueError(
            f"{what} is three whole numbers 0 to 255, red, green and blue, not "
            f"{colour!r}."
        )
    red, green, blue = map(int, parts)
    return red << 16 | green << 8 | blue
