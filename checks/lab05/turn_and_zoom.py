"""Augmentation that keeps masks legal: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.values import show


def _moved(array, turns, window, nearest):
    top, left, height, width = window
    rows, columns = array.shape[:2]
    turned = np.rot90(array, turns)
    cut = turned[top : top + height, left : left + width]
    return cut[nearest(rows, height)][:, nearest(columns, width)]


def _floor(count, size):
    return np.arange(count) * size // count


def _both(image, mask, turns, window, nearest=_floor):
    return tuple(_moved(array, turns, window, nearest) for array in (image, mask))


def _turn_and_zoom_by_pixel(image, mask, turns, window):
    top, left, height, width = window
    for _ in range(turns):  # counter-clockwise: the last column becomes the first row
        image = np.stack([image[:, -1 - i] for i in range(image.shape[1])])
        mask = np.stack([mask[:, -1 - i] for i in range(mask.shape[1])])
    rows, columns = mask.shape if turns % 2 == 0 else mask.shape[::-1]
    new_image = np.empty((rows, columns, 3), image.dtype)
    new_mask = np.empty((rows, columns), mask.dtype)
    for row, column in np.ndindex(rows, columns):
        place = top + row * height // rows, left + column * width // columns
        new_image[row, column], new_mask[row, column] = image[place], mask[place]
    return new_image, new_mask


def _cut_then_turn_and_zoom(image, mask, turns, window):
    top, left, height, width = window
    results = []
    for array in (image, mask):
        part = np.rot90(array[top : top + height, left : left + width], turns)
        rows, columns = (
            _floor(side, cut) for side, cut in zip(mask.shape, part.shape, strict=False)
        )
        results.append(part[rows][:, columns])
    return tuple(results)


def _rounded(count, size):
    return np.minimum(np.round(np.arange(count) * size / count), size - 1).astype(int)


def _half_up(count, size):
    return np.minimum(np.floor(np.arange(count) * size / count + 0.5), size - 1).astype(
        int
    )


def _spread(count, size):
    return np.linspace(0, size - 1, count).astype(int)


def _cut_then_turn(image, mask, turns, window):
    cut = [_moved(array, 0, window, _floor) for array in (image, mask)]
    return tuple(np.rot90(array, turns) for array in cut)


def _reordered(*order):
    return lambda image, mask, turns, window: _both(
        image, mask, turns, [window[i] for i in order]
    )


def _not_zoomed(image, mask, turns, window):
    top, left, height, width = window
    return tuple(
        np.rot90(array, turns)[top : top + height, left : left + width]
        for array in (image, mask)
    )


def _turned_size(array, turns, window):
    return _moved(np.rot90(array, turns), 0, window, _floor)


def _inspect(arguments: dict, answer) -> str | None:
    """Look for what spoils a mask, whatever was done to it."""
    if not isinstance(answer, tuple | list):
        return None
    if [np.ndim(part) for part in answer[:2] if isinstance(part, np.ndarray)] == [2, 3]:
        return "Image and mask are swapped: return the image first."
    if [type(part) for part in answer] != [np.ndarray, np.ndarray]:
        return None
    image, mask = answer
    classes = np.unique(arguments["mask"])
    strange = np.setdiff1d(mask, classes)
    if strange.size:
        return (
            f"Your mask holds {show(strange[0])}, but the classes are "
            f"{', '.join(map(str, classes))}: a mask is never interpolated."
        )
    for name, array in (("image", image), ("mask", mask)):
        if array.dtype != np.uint8:
            return f"The {name} comes back as {array.dtype}. It came as uint8; keep it."
        for given in (arguments["image"], arguments["mask"]):
            if np.shares_memory(array, given):
                return (
                    f"Your {name} is a view of the argument: whoever paints on it "
                    "paints on the original. Return a copy."
                )
    return None


def _turn_and_zoom_cases() -> Iterator[Case]:
    def case(name, generator, shape, turns, window):
        image = generator.integers(0, 256, (*shape, 3), np.uint8)
        mask = generator.choice(np.array([0, 2, 7], np.uint8), shape)
        window = tuple(int(number) for number in window)
        arguments = {"image": image, "mask": mask, "turns": turns, "window": window}
        return Case(name, arguments)

    generator = np.random.default_rng(52)
    example = np.arange(16, dtype=np.uint8).reshape(4, 4)
    image = np.repeat(example[..., None], 3, axis=-1)
    arguments = {"image": image, "mask": example // 8 * 2, "turns": 1}
    yield Case("the worked example", {**arguments, "window": (0, 1, 2, 2)})
    for turns in (0, 1, 2, 3, 1, 3):
        shape = generator.integers(6, 13, 2)
        turned = shape if turns % 2 == 0 else shape[::-1]
        size = generator.integers(3, turned)
        corner = generator.integers(0, turned - size + 1)
        yield case("a random window", generator, shape, turns, (*corner, *size))
    yield case("the whole of a square image", generator, (6, 6), 0, (0, 0, 6, 6))
    yield case("a half turn of the whole", generator, (5, 8), 2, (0, 0, 5, 8))
    yield case("a window of one pixel", generator, (5, 7), 1, (6, 4, 1, 1))


TURN_AND_ZOOM = Exercise(
    "turn_and_zoom",
    _turn_and_zoom_by_pixel,
    _turn_and_zoom_cases,
    (
        Mistake(
            lambda image, mask, turns, window: (
                _moved(image, turns, window, _floor),
                _moved(mask, 0, window, _floor),
            ),
            "The image is turned and its mask is not. What moves one moves the other.",
        ),
        Mistake(
            lambda image, mask, turns, window: (
                _moved(image, turns, window, _floor),
                np.rot90(mask, turns),
            ),
            "The image is zoomed and its mask is not. What moves one moves the other.",
        ),
        Mistake(
            lambda image, mask, turns, window: _both(image, mask, -turns, window),
            "You turn clockwise. np.rot90 turns the way the exercise asks for.",
        ),
        Mistake(
            lambda image, mask, turns, window: _both(image, mask, 0, window),
            "Nothing is turned in your result.",
        ),
        *(
            Mistake(cut_first, "You cut the window first. Turn first, then cut.")
            for cut_first in (_cut_then_turn, _cut_then_turn_and_zoom)
        ),
        *(
            Mistake(
                lambda image, mask, turns, window, nearest=nearest: _both(
                    image, mask, turns, window, nearest
                ),
                "You round to the nearest row and column. Row r of the result is row r "
                "* height // H, rounded down.",
            )
            for nearest in (_rounded, _half_up)
        ),
        Mistake(
            lambda image, mask, turns, window: _both(
                image, mask, turns, window, _spread
            ),
            "Your rows run evenly from the first to the last, so the last is shown "
            "once. Row r of the result is row r * height // H.",
        ),
        Mistake(
            lambda image, mask, turns, window: _both(
                image, mask, min(turns, 1), window
            ),
            "You turn once at most. turns goes up to 3.",
        ),
        Mistake(
            _reordered(1, 0, 2, 3),
            "top and left are swapped: top counts rows, and rows are axis 0.",
        ),
        Mistake(
            _reordered(0, 1, 3, 2),
            "height and width are swapped: the height counts rows, axis 0.",
        ),
        Mistake(
            _reordered(1, 0, 3, 2),
            "Rows and columns are swapped: the window is (top, left, height, width).",
        ),
        Mistake(
            lambda image, mask, turns, window: _both(
                image,
                mask,
                turns,
                window,
                lambda count, size: np.minimum(np.arange(count), size - 1),
            ),
            "The window is cut but not zoomed.",
        ),
        Mistake(
            lambda image, mask, turns, window: tuple(
                _turned_size(array, turns, window) for array in (image, mask)
            ),
            "Your result is as high and wide as the turned image. It must be as high "
            "and wide as the input, so that a batch keeps its shape.",
        ),
        Mistake(
            _not_zoomed,
            "The window is cut, but not brought back to the height and width of the "
            "input.",
        ),
        Mistake(
            lambda image, mask, turns, window: _both(
                image,
                mask,
                turns,
                window,
                lambda count, size: np.linspace(0, size - 1, count).round().astype(int),
            ),
            "Your rows run from the first to the last by rounding, so the outer ones "
            "are shown less often. Row r of the result is row r * height // H.",
        ),
        Mistake(
            lambda image, mask, turns, window: _both(
                image,
                mask,
                turns,
                window,
                lambda count, size: (2 * np.arange(count) + 1) * size // (2 * count),
            ),
            "You take the pixel nearest to the centre, as some libraries do. Here row "
            "r of the result is row r * height // H.",
        ),
        Mistake(
            lambda image, mask, turns, window: (
                _both(image, mask, turns, window)[0][..., ::-1],
                _both(image, mask, turns, window)[1],
            ),
            "The colours of the image are swapped: turn axes 0 and 1 only.",
        ),
    ),
    exact=True,
    inspect=_inspect,
)


def turn_and_zoom(function: Callable) -> None:
    """Check `turn_and_zoom(image, mask, turns, window)` -> (image, mask)."""
    check(TURN_AND_ZOOM, function)
