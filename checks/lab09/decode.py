"""From heat maps to joints: the oracle, cases and mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.lab09.heat_maps import maps_by_pixel

LOW = 1e-6  # what smaller values count as, so that each has a logarithm


def _shift(before, peak, after) -> float:
    """Give the top of the parabola through three logarithms, one step apart."""
    before, peak, after = (math.log(max(float(v), LOW)) for v in (before, peak, after))
    bend = before - 2 * peak + after
    return (before - after) / (2 * bend) if bend else 0.0


def _decode_by_pixel(maps):
    places, peaks = [], []
    for heat in maps:
        row, column = 0, 0
        for place in np.ndindex(*heat.shape):
            if heat[place] > heat[row, column]:
                row, column = place
        x, y = column + 0.5, row + 0.5
        if 0 < column < heat.shape[1] - 1:
            x += _shift(*heat[row, column - 1 : column + 2])
        if 0 < row < heat.shape[0] - 1:
            y += _shift(*heat[row - 1 : row + 2, column])
        places.append((x, y))
        peaks.append(heat[row, column])
    return np.array(places), np.array(peaks)


def _decoded(
    shift: Callable = _shift,
    half: float = 0.5,
    swap: bool = False,
    border: bool = False,
):
    """Make a decoder of which one part may be wrong; border: neighbours wrap there."""

    def answer(maps):
        count, height, width = maps.shape
        places = np.zeros((count, 2))
        for number, heat in enumerate(maps):
            row, column = np.unravel_index(heat.argmax(), heat.shape)
            steps = [0.0, 0.0]
            if border or 0 < column < width - 1:
                line = np.roll(heat[row], 1 - column)
                steps[0] = shift(*line[:3])
            if border or 0 < row < height - 1:
                line = np.roll(heat[:, column], 1 - row)
                steps[1] = shift(*line[:3])
            place = column + half + steps[0], row + half + steps[1]
            places[number] = place[::-1] if swap else place
        return places, maps.max(axis=(1, 2))

    return answer


def _without_logarithm(before, peak, after) -> float:
    bend = before - 2 * peak + after
    return float(before - after) / float(2 * bend) if bend else 0.0


def _centre_of_three(before, peak, after) -> float:
    return float(after - before) / max(float(before + peak + after), LOW)


def _quarter(before, peak, after) -> float:
    return 0.25 * float(np.sign(float(after) - float(before)))


def _centre_of_all(maps):
    total = np.maximum(maps.sum(axis=(1, 2)), LOW)
    x = (maps.sum(axis=1) * (np.arange(maps.shape[2]) + 0.5)).sum(axis=1) / total
    y = (maps.sum(axis=2) * (np.arange(maps.shape[1]) + 0.5)).sum(axis=1) / total
    return np.stack([x, y], axis=1), maps.max(axis=(1, 2))


def _log_peaks(maps):
    return np.log(np.maximum(maps.max(axis=(1, 2)), LOW))


def _divided_by_height(maps):
    places, peaks = _decoded()(maps)
    index = maps.reshape(len(maps), -1).argmax(axis=1)
    size = maps.shape[1]
    return np.stack([index % size, index // size], axis=1) + 0.5, peaks


def _decode_cases() -> Iterator[Case]:
    line = np.exp([-1 / 2, 0, -4 / 2])
    yield Case(
        "the worked example", {"maps": np.stack([0.1 * line, line, 0 * line])[None]}
    )
    generator = np.random.default_rng(96)
    for spread in (1.5, 1.0, 2.0):
        height, width = map(int, generator.choice(np.arange(7, 13), 2, replace=False))
        joints = generator.uniform(1.6, [width - 1.6, height - 1.6], (4, 2))
        visible = np.ones(4, bool)
        maps = maps_by_pixel(joints, visible, height, width, spread)
        yield Case("maps of joints", {"maps": maps})
    yield Case("a person's other hand", {"maps": np.maximum(maps, 0.7 * maps[::-1])})
    noise = generator.random(maps.shape) ** 2
    yield Case("random maps, float32", {"maps": noise.astype(np.float32)})
    edge = np.array([[0.4, 0.2], [8.7, 0.3], [0.2, 5.8]])
    maps = maps_by_pixel(edge, np.ones(3, bool), 6, 9, 1.5)
    yield Case("joints at the border", {"maps": maps})
    yield Case("a map of zeros", {"maps": np.zeros((2, 4, 5))})


DECODE = Exercise(
    "decode",
    _decode_by_pixel,
    _decode_cases,
    (
        Mistake(
            _decoded(swap=True),
            "Row and column come first in your answer. A place is (x, y): the column "
            "before the row.",
        ),
        Mistake(
            _decoded(half=0.0),
            "The one half is missing: the middle of the first pixel is at 0.5.",
        ),
        Mistake(
            _decoded(lambda *three: 0.0),
            "These are whole pixels. Fit the parabola through the pixel and its two "
            "neighbours, and add its shift.",
        ),
        Mistake(
            _decoded(lambda *three: 0.0, half=0.0),
            "These are the indices of the highest pixels. Add one half, and the shift "
            "of the parabola.",
        ),
        Mistake(
            _decoded(lambda *three: -_shift(*three)),
            "You move away from the higher neighbour: the sign of the shift is wrong.",
        ),
        Mistake(
            _decoded(lambda *three: 2 * _shift(*three)),
            "The shift is twice too long: the 2 in the denominator is missing.",
        ),
        Mistake(
            _decoded(_without_logarithm),
            "The parabola goes through the logarithms. Through the values themselves "
            "it is not exact for a Gaussian.",
        ),
        Mistake(
            _decoded(_centre_of_three),
            "You take the centre of mass of three pixels, which pulls towards the "
            "middle one. Use the parabola through the logarithms.",
        ),
        Mistake(
            _decoded(_quarter),
            "You move by a quarter of a pixel. Use the parabola: it says how far.",
        ),
        Mistake(
            _decoded(border=True),
            "At the border your neighbour is a pixel of the other side: index -1 is "
            "the last. There is no shift along an axis with one neighbour.",
        ),
        Mistake(
            lambda maps: maps[:, :, maps.shape[2]],
            "At the border there is one neighbour only. Then there is no shift along "
            "this axis.",
        ),
        Mistake(
            _centre_of_all,
            "You take the centre of mass of the whole map, so a second peak pulls. "
            "Start from the highest pixel.",
        ),
        Mistake(
            _divided_by_height,
            "A flat index divides by the width: a row has as many pixels as there are "
            "columns.",
        ),
        Mistake(
            lambda maps: (_decoded()(maps)[0], _log_peaks(maps)),
            "Your peaks are logarithms. Return the values of the maps themselves.",
        ),
        Mistake(
            lambda maps: _decoded()(maps)[0],
            "Return two things: the places (K, 2) and the peaks (K,).",
        ),
    ),
)


def decode(function: Callable) -> None:
    """Check `decode(maps)` -> (places (K, 2), peaks (K,))."""
    check(DECODE, function)
