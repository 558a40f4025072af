"""Values put back where maxima were: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _walked(features, values, size) -> np.ndarray:
    """Look at each pixel of each block, one by one."""
    result = np.zeros(features.shape)
    for channel, row, column in np.ndindex(values.shape):
        best, place = None, None
        for y in range(row * size, min(row * size + size, features.shape[1])):
            for x in range(column * size, min(column * size + size, features.shape[2])):
                if best is None or features[channel, y, x] > best:
                    best, place = features[channel, y, x], (y, x)
        result[(channel, *place)] = values[channel, row, column]
    return result


def _cases() -> Iterator[Case]:
    generator = np.random.default_rng(33)

    def case(name, features, size):
        coarse = [-(-side // size) for side in features.shape[1:]]
        values = generator.normal(size=(len(features), *coarse)).round(3) + 4
        return Case(name, {"features": features, "values": values, "size": size})

    features = [[1, 5, 2, 2, 0], [5, 3, 2, 2, 7], [-1, -4, 0, 6, -3]]
    values = np.array([[[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]])
    yield Case(
        "the worked example",
        {"features": np.array([features], float), "values": values, "size": 2},
    )
    yield case("sides that fit", generator.normal(size=(1, 6, 4)), 2)
    for _ in range(4):
        channels, size = generator.choice(range(2, 5), 2, replace=False)
        sides = generator.choice(range(5, 14), 2, replace=False)
        features = generator.normal(size=(channels, *sides))
        yield case("random features", features, int(size))
    relu = np.maximum(generator.normal(size=(3, 7, 8)) - 1, 0)
    yield case("features after a ReLU", relu, 3)
    yield case("negative features", -1 - generator.random((2, 5, 7)), 2)
    whole = generator.integers(0, 256, (2, 5, 4)).astype(np.uint8)
    yield case("uint8 features", whole, 3)
    below = generator.integers(-99, 0, (1, 4, 5)).astype(np.int16)
    yield case("negative int16 features", below, 3)
    yield case("blocks of one pixel", generator.normal(size=(1, 2, 3)), 1)
    yield case("one block that is cut", generator.normal(size=(2, 3, 2)), 4)


def _blocks(place, values_of=None) -> Callable:
    """Make an unpooling that finds the places in its own way.

    place: (block, top, left, size, features, channel) -> row, column, or bool (h, w)
    for all pixels of the block that get the value.
    """

    def unpool(features, values, size):
        result = np.zeros(features.shape)
        for channel, row, column in np.ndindex(values.shape):
            top, left = row * size, column * size
            block = features[channel, top : top + size, left : left + size]
            value = values[channel, row, column]
            found = place(block, top, left, size, features, channel)
            if isinstance(found, np.ndarray):
                result[channel, top : top + size, left : left + size][found] = value
            else:
                result[(channel, *found)] = value
        return result

    return unpool


def _of(block, places=None):
    """Row and column in the block of its first maximum, or of another place."""
    flat = block.argmax() if places is None else places
    return np.unravel_index(flat, block.shape)


def _last(block, top, left, size, features, channel):
    row, column = np.argwhere(block == block.max())[-1]
    return top + row, left + column


def _column_first(block, top, left, size, features, channel):
    column, row = np.unravel_index(block.T.argmax(), block.T.shape)
    return top + row, left + column


def _middle(block, top, left, size, features, channel):
    return top + block.shape[0] // 2, left + block.shape[1] // 2


def _row_and_column(block, top, left, size, features, channel):
    return top + block.max(axis=1).argmax(), left + block.max(axis=0).argmax()


def _of_full_width(block, top, left, size, features, channel):
    row, column = divmod(int(block.argmax()), size)
    return top + row, left + column


def _of_first_channel(block, top, left, size, features, channel):
    row, column = _of(features[0, top : top + size, left : left + size])
    return top + row, left + column


def _of_all_channels(block, top, left, size, features, channel):
    row, column = _of(features[:, top : top + size, left : left + size].max(axis=0))
    return top + row, left + column


def _of_largest(block, top, left, size, features, channel):
    row, column = _of(np.abs(block))
    return top + row, left + column


def _of_smallest(block, top, left, size, features, channel):
    row, column = _of(block, block.argmin())
    return top + row, left + column


def _padded_with_zeros(features, values, size):
    """Pad with zeros: in a cut block of negative numbers, the padding wins."""
    _, height, width = features.shape
    tall, wide = (side * size for side in values.shape[1:])
    padded = np.pad(features, ((0, 0), (0, tall - height), (0, wide - width)))
    return _walked(padded, values, size)[:, :height, :width]


def _padded_with_infinity(features, values, size):
    _, height, width = features.shape
    tall, wide = (side * size for side in values.shape[1:])
    around = (0, 0), (0, tall - height), (0, wide - width)
    padded = np.pad(features, around, constant_values=-np.inf)
    return _walked(padded, values, size)[:, :height, :width]


def _above_zero(features, values, size):
    """Start the search of the maximum at 0."""
    result = _walked(features, values, size)
    return np.where(features > 0, result, 0)


def _without_cut_blocks(features, values, size):
    _, height, width = (side // size for side in features.shape)
    whole = features[:, : height * size, : width * size]
    result = np.zeros(features.shape)
    result[:, : height * size, : width * size] = _walked(
        whole, values[:, :height, :width], size
    )
    return result


def _repeated(features, values, size):
    large = values.repeat(size, axis=1).repeat(size, axis=2)
    return large[:, : features.shape[1], : features.shape[2]]


UNPOOL = Exercise(
    "unpool",
    _walked,
    _cases,
    (
        Mistake(
            _blocks(lambda block, *_: block == block.max()),
            "In a tie, a value stands at several places. It belongs to the first one "
            "alone: a comparison with the maximum finds all of them.",
        ),
        Mistake(
            _blocks(_last),
            "In a tie you choose the last place. Choose the first, row by row.",
        ),
        Mistake(
            _blocks(_column_first),
            "In a tie you go column by column. Go row by row.",
        ),
        Mistake(
            _blocks(lambda block, top, left, *_: (top, left)),
            "All values stand in the upper left corner of their block. They belong "
            "where the block has its maximum.",
        ),
        Mistake(
            _blocks(_middle),
            "All values stand in the middle of their block. They belong where the "
            "block has its maximum.",
        ),
        Mistake(
            _blocks(_row_and_column),
            "You look for the row and the column of the maximum one by one. In a tie "
            "they may belong to different places.",
        ),
        Mistake(
            lambda features, values, size: _walked(features, values, size) + features,
            "All else is 0 in the result. You add the values to the features.",
        ),
        Mistake(
            _repeated,
            "This repeats each value over its block. Unpooling writes it once.",
        ),
        Mistake(
            _blocks(_of_full_width),
            "A block that is cut at the right border has fewer columns. A place in its "
            "flat form has to be divided by the width of this block.",
        ),
        Mistake(
            _padded_with_zeros,
            "You pad the border with 0. Where all features of a block are negative, "
            "the padding is the maximum.",
        ),
        Mistake(
            _padded_with_infinity,
            "This number type has no infinity. Look at cut blocks without padding, or "
            "make the features decimal numbers first.",
        ),
        Mistake(
            _above_zero,
            "A maximum may be 0 or negative. Start the search with the first pixel of "
            "the block, not with 0.",
        ),
        Mistake(
            _without_cut_blocks,
            "Values of cut blocks are lost: rows and columns at the end that fill no "
            "whole block have a value of their own.",
        ),
        Mistake(
            lambda features, values, size: np.where(
                _walked(features, values * 0 + 1, size) == 1, features, 0
            ),
            "You write the encoder's maxima. Write the decoder's values at their "
            "places.",
        ),
        Mistake(
            _blocks(_of_first_channel),
            "All channels use the places of the first one. Each has maxima of its own.",
        ),
        Mistake(
            _blocks(_of_all_channels),
            "All channels use the same places. Each has maxima of its own.",
        ),
        Mistake(
            _blocks(_of_largest),
            "You look for the largest absolute value. The maximum of -4 and 1 is 1.",
        ),
        Mistake(_blocks(_of_smallest), "You look for the minimum."),
        Mistake(
            lambda features, values, size: _walked(features, values, size).astype(
                features.dtype
            ),
            "Your result has the number type of the features, which cuts the values. "
            "Give it decimal numbers.",
        ),
    ),
)


def unpool(function: Callable) -> None:
    """Check `unpool(features, values, size)` -> (C, H, W)."""
    check(UNPOOL, function)
