"""The colours of the course, and masks painted with them. Pixels only, no figures.

Colours are Okabe and Ito's (jfly.uni-koeln.de/color) with three added, chosen to stay
apart for readers with any kind of colour blindness. Missed, invented and void pixels
have colours of their own, which no class uses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from utils.arrays import array_of, is_whole

CLASS_COLOURS = (
    "#4D4D4D",  # 0, background
    "#56B4E9",  # 1, sky blue
    "#E69F00",  # 2, orange
    "#009E73",  # 3, green
    "#F0E442",  # 4, yellow
    "#CC79A7",  # 5, pink
    "#E8E8E8",  # 6, light grey
    "#661100",  # 7, brown
)
# From class 8 on, each the farthest from all before it. Up to class 20 they stay apart
# for any eyes; 255 colours cannot.
_MORE = """
    000088 8877FF 116633 886677 00EEFF 99BBAA 5500FF 2A44A2 220033 BBBB77 BB1133
    773366 00332A 667755 BBBBCC 888844 331100 556688 5555FF AAFF88 883300 CC22BB
    442266 333322 BB9955 778888 FF55CC FFBBEE AA3366 88DDAA CCDDCC AACC55 BBAA88
    6699CC 999999 FF88FF 777799 1100CC BB6666 001155 001122 995500 FFEEFF 551133
    EE5588 558877 668811 114455 FFFFAA 7799AA CC8822 AADD88 DD2299 115577 8811CC
    554422 332222 885555 22CC99 BBAACC FF0044 9955CC 663333 DDCCDD 553344 AABBBB
    887744 550099 332244 999966 445511 AA88FF DDFF66 110011 008866 DDEEAA 775577
    CCCC00 335544 EEFFEE 446666 996688 AA11DD 331133 447777 CCCCCC FFBBAA 117733
    EE7777 BB99AA CC55EE 88BB44 99AA99 BB77BB 771155 990077 CC3366 CCDD66 776699
    AA7788 774488 CC99BB 8877AA 66CCDD 556655 66AA77 DDBBBB 775544 AA8888 665555
    002255 443311 99FFDD BB8855 998899 886644 BBEEBB 002222 AA4488 EE77DD EEFF00
    880099 442211 884422 DDAA99 AA66CC 7744AA 5522BB 221111 99CCBB AA7733 AA0011
    443366 552244 EE2277 9955AA 55AACC 110044 AAEEEE AAAAFF CC00EE CC88BB 334433
    CC2233 000022 99CC88 110066 331177 00FF99 997755 CCBB33 AADDBB 2222AA 77DDCC
    447744 996655 221144 CCEECC 334477 FFFFFF AAAAAA 44AA99 331122 222211 5588DD
    552288 BB66BB 77BB66 FF11DD EECCFF 779944 33BB77 BB9988 CCBBFF 7722FF CC9900
    663388 111100 996600 BBCC99 DD3322 0022DD EEEE77 99DDEE CCCC77 443333 BBBBEE
    441111 FFAADD CCFFBB CC99EE 774444 0000AA 553322 114422 AADD44 77FF55 668899
    EEDD99 884499 440066 CCBBAA AA4422 BB0055 555566 EECCBB 998866 0066BB CC77EE
    777777 772200 002288 0055DD DD9966 2288AA 4444CC DDFF99 997777 FFFFDD 664477
    227766 6655CC 33DD66 AAFFFF 559999 333344 881155 993366 EE88BB BBEEFF 77EECC
    771111 3333AA 9944AA 5577DD FFDDEE 225555 6633BB 442255 551100 EE6644 009933
    22BBAA 7733AA EE66FF 88EE77 33EE55
"""
MORE_COLOURS = tuple(f"#{colour}" for colour in _MORE.split())
MISSED = "#D55E00"  # a class in the truth, background in the prediction
INVENTED = "#0072B2"  # background in the truth, a class in the prediction
MISTAKEN = "#000000"  # one class in the truth, another in the prediction
VOID = "#DDFFCC"  # no class in the truth: not judged
VOID_ID = 255  # of void pixels, in what class_ids gives


def rgb(*colours: str) -> np.ndarray:
    """Turn colours such as "#D55E00" into uint8 (N, 3)."""
    for colour in colours:
        if not re.fullmatch("#[0-9A-Fa-f]{6}", str(colour)):
            raise ValueError(f'A colour is written like "#D55E00", not {colour!r}.')
    table = [tuple(bytes.fromhex(colour[1:])) for colour in colours]
    return np.array(table, np.uint8).reshape(-1, 3)


def class_colours(
    classes: Sequence[str], void: int | None = None
) -> list[tuple[str, str]]:
    """Pair the names of classes, in the order of their ids, with their colours.

    void: the value of void pixels, if there are any. The class with this id has void's
    colour; without such a class, void comes last under its own name.
    Raises ValueError where there are more names than colours, or none.
    """
    colours = [*CLASS_COLOURS, *MORE_COLOURS]
    if not 0 < len(classes) <= len(colours):
        raise ValueError(
            f"Found {len(classes)} class names, but the palette has colours for 1 to "
            f"{len(colours)}."
        )
    pairs = list(zip(classes, colours, strict=False))
    if void is not None and 0 <= void < len(pairs):
        pairs[void] = pairs[void][0], VOID
    elif void is not None:
        pairs.append(("void", VOID))
    return pairs


def paint(mask: np.ndarray, void: int | None = None) -> np.ndarray:
    """Give each pixel the colour of its class: (..., H, W) -> uint8 (..., H, W, 3).

    mask: bool or class ids, up to 254.
    void: the value of pixels without a class, as in `Samples.void`. Without it, 255 is
    void, except in a mask of 0 and 255 alone, where it could be an object.
    """
    return rgb(*CLASS_COLOURS, *MORE_COLOURS, VOID)[class_ids(mask, void)]


def overlay(
    image: np.ndarray, mask: np.ndarray, alpha: float = 0.2, void: int | None = None
) -> np.ndarray:
    """Tint an image with its classes and draw their contours; background stays clear.

    image: uint8 (H, W, 3) or (H, W). mask: bool or class ids, (H, W).
    alpha: strength of the tint, from 0 (contours alone) to 1.
    void: as in `paint`.
    Returns uint8 (H, W, 3).
    """
    if not isinstance(alpha, (int, float, np.number)) or not 0 <= alpha <= 1:
        raise ValueError(f"alpha is a number from 0 to 1, not {alpha!r}.")
    image, mask = three_channels(image), class_ids(mask, void)
    _check_size(image, mask=mask)
    weight = np.where(mask > 0, float(alpha), 0.0)
    weight[_contour(mask)] = 1.0
    mixed = image + weight[..., None] * (paint(mask, VOID_ID).astype(float) - image)
    return mixed.round().astype(np.uint8)


def error_map(
    image: np.ndarray,
    truth: np.ndarray,
    prediction: np.ndarray,
    void: int | None = None,
) -> np.ndarray:
    """Mark the wrong pixels on a pale grey copy of the image.

    image: uint8 (H, W, 3) or (H, W). truth, prediction: bool or class ids, (H, W).
    void: as in `paint`.
    Returns uint8 (H, W, 3) with pixels MISSED, INVENTED or, where one class was taken
    for another, MISTAKEN. Where the truth is void, no answer is wrong: they are VOID.
    """
    image, truth = three_channels(image), class_ids(truth, void)
    # The prediction may copy void from the truth, and hold background beside it.
    copied = VOID_ID in truth
    prediction = class_ids(prediction, VOID_ID if void is None and copied else void)
    _check_size(image, truth=truth, prediction=prediction)
    # Pale, so that all three colours stand out; 8 greys keep a stored figure small.
    grey = (135 + image.mean(axis=2) // 32 * 15).astype(np.uint8)
    marked = np.repeat(grey[..., None], 3, axis=2)
    wrong = truth != prediction
    marked[wrong] = rgb(MISTAKEN)
    marked[wrong & (prediction == 0)] = rgb(MISSED)
    marked[wrong & (truth == 0)] = rgb(INVENTED)
    marked[truth == VOID_ID] = rgb(VOID)
    return marked


def void_value(masks: Sequence[np.ndarray], void: int | None = None) -> int:
    """Give the value of void pixels in some masks: `void`, or 255 where it is None.

    Raises ValueError where it is None and 255 could as well be an object.
    """
    if void is None:
        found = any((mask == VOID_ID).any() for mask in masks)
        if found and all(np.isin(mask, (0, VOID_ID)).all() for mask in masks):
            raise ValueError(
                "The mask holds 0 and the value 255 alone: give mask > 0 if 255 is an "
                "object, or void=255 if it is void."
            )
        return VOID_ID
    if not is_whole(void):
        raise TypeError(f"void is a value of the mask such as 255, not {void!r}.")
    return int(void)


def class_ids(mask: np.ndarray, void: int | None = None) -> np.ndarray:
    """Give a mask of bool or class ids as uint8, and refuse what has no colour.

    void: as in `paint`; these pixels become 255.
    """
    mask = array_of(mask)
    if mask.dtype.kind not in "biu":
        raise TypeError(
            f"The mask holds {mask.dtype} numbers, but it takes bool or class ids: "
            "threshold or take the argmax first."
        )
    skipped = mask == void_value([mask], void)
    most = len(CLASS_COLOURS) + len(MORE_COLOURS)
    counted = mask[~skipped]
    for value in (counted.min(initial=0), counted.max(initial=0)):
        if not 0 <= value < most:
            raise ValueError(
                f"The mask holds the value {int(value)}, but the palette colours the "
                f"class ids 0 to {most - 1}; void={int(value)} draws it as void."
            )
    return np.where(skipped, VOID_ID, mask).astype(np.uint8)


def three_channels(image: np.ndarray) -> np.ndarray:
    """Give an image, uint8 (H, W, 3), (H, W, 1) or (H, W), as uint8 (H, W, 3)."""
    image = array_of(image)
    if image.dtype != np.uint8:
        cures = {"b": "; paint draws masks", "f": ": multiply 0 to 1 by 255 first"}
        raise TypeError(
            f"The image holds {image.dtype} numbers, but it takes uint8, 0 to 255"
            f"{cures.get(image.dtype.kind, '')}."
        )
    shape = image.shape
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3):
        cure = ""
        if image.ndim == 3 and image.shape[0] in (1, 3):
            cure = ": for a PyTorch tensor, move the channels to the end"
        elif image.ndim == 3 and image.shape[2] in (2, 4):
            cure = ": leave out the last channel, which is opacity"
        raise ValueError(
            f"The image has the shape {shape}, but it takes (H, W, 3) or (H, W){cure}."
        )
    if not image.size:
        raise ValueError(f"The image has the shape {shape}, which holds no pixel.")
    return np.broadcast_to(image, (*image.shape[:2], 3))


def _contour(mask: np.ndarray) -> np.ndarray:
    """Find the pixels of each class that lie next to another class: bool (H, W)."""
    thickness = max(1, round(max(mask.shape) / 80))
    edge = np.zeros(mask.shape, bool)
    for step in range(1, thickness + 1):
        edge[step:] |= mask[step:] != mask[:-step]
        edge[:-step] |= mask[:-step] != mask[step:]
        edge[:, step:] |= mask[:, step:] != mask[:, :-step]
        edge[:, :-step] |= mask[:, :-step] != mask[:, step:]
    return edge & (mask > 0)


def _check_size(image: np.ndarray, **masks: np.ndarray) -> None:
    for name, mask in masks.items():
        if mask.ndim != 2:
            raise ValueError(
                f"The {name} has the shape {mask.shape}, but it takes (H, W): an id "
                "for each pixel."
            )
        if image.shape[:2] != mask.shape:
            raise ValueError(
                f"The image has (height, width) {image.shape[:2]} and its {name} "
                f"{mask.shape}, but they must be the same: resize masks by nearest "
                "neighbour."
            )
