"""Joints as heat maps and back: oracles, cases and mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from utils.checks.core import Case, Exercise, Mistake

# Heat maps


def _maps_by_pixel(joints, visible, height, width, spread):
    maps = np.zeros((len(joints), height, width))
    for number, (x, y) in enumerate(joints):
        for row, column in np.ndindex(height, width):
            if visible[number]:
                square = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2
                maps[number, row, column] = math.exp(-square / (2 * spread**2))
    return maps


def _gaussians(
    power: Callable = lambda square, spread: square / (2 * spread**2),
    half: float = 0.5,
    axes: tuple = (0, 1),
    hide: bool = True,
    place: Callable = lambda joints: joints,
    finish: Callable = lambda maps: maps,
):
    """Make heat maps of which one part may be wrong."""

    def answer(joints, visible, height, width, spread):
        joints = place(np.asarray(joints, float))
        across = np.arange(width) + half - joints[:, axes[0], None]
        down = np.arange(height) + half - joints[:, axes[1], None]
        square = down[:, :, None] ** 2 + across[:, None, :] ** 2
        maps = np.exp(-power(square, spread))
        if hide:
            maps = maps * np.asarray(visible, float)[:, None, None]
        return finish(maps)

    return answer


def _only_outside(joints, visible, height, width, spread):
    joints = np.asarray(joints, float)
    inside = (joints >= 0).all(axis=1) & (joints < [width, height]).all(axis=1)
    return _gaussians()(joints, inside, height, width, spread)


def _map_cases() -> Iterator[Case]:
    def case(name, joints, visible, height, width, spread):
        arguments = {"joints": np.array(joints, np.float32)}
        arguments |= {"visible": np.array(visible, bool), "height": height}
        return Case(name, {**arguments, "width": width, "spread": spread})

    yield case("the worked example", [[2.5, 0.5]], [True], 2, 4, 1.0)
    generator = np.random.default_rng(95)
    for spread in (1.5, 0.8, 2.5):
        height, width = map(int, generator.choice(np.arange(5, 12), 2, replace=False))
        joints = generator.uniform(0, 1, (4, 2)) * [width, height]
        yield case("random joints", joints, [1, 0, 1, 1], height, width, spread)
    yield case("a joint outside of the frame", [[-1.0, 3], [4, 9]], [1, 0], 6, 5, 2.0)
    yield case("nothing visible", joints, [0, 0, 0, 0], height, width, 1.5)


HEAT_MAPS = Exercise(
    "heat_maps",
    _maps_by_pixel,
    _map_cases,
    (
        Mistake(
            _gaussians(half=0.0),
            "You measure from the corner of a pixel. The middle of the first pixel is "
            "at 0.5, so add one half to row and column.",
        ),
        Mistake(
            _gaussians(half=1.0),
            "Rows and columns count from 0: the middle of the first pixel is at 0.5.",
        ),
        Mistake(
            _gaussians(axes=(1, 0)),
            "x and y are swapped: x runs along the columns, y along the rows.",
        ),
        Mistake(
            _gaussians(lambda square, spread: square / spread**2),
            "The Gaussian is too narrow: the square of the spread counts twice in the "
            "denominator.",
        ),
        Mistake(
            _gaussians(lambda square, spread: square / (2 * spread)),
            "Square the spread: it is a length, and it divides a squared length.",
        ),
        Mistake(
            _gaussians(lambda square, spread: np.sqrt(square) / (2 * spread**2)),
            "You take the distance, and the formula takes its square.",
        ),
        Mistake(
            _gaussians(lambda square, spread: np.sqrt(square) / spread),
            "This is a peak with a corner at its top. The distance enters squared.",
        ),
        Mistake(
            _gaussians(hide=False),
            "Joints that are not visible have a peak in your maps. Their map is zero.",
        ),
        Mistake(
            _only_outside,
            "You decide by yourself which joint is visible. Take the argument: a "
            "hidden joint may lie inside the frame, and a visible one beside it.",
        ),
        Mistake(
            _gaussians(place=lambda joints: np.floor(joints) + 0.5),
            "You move the joint to the middle of its pixel. Keep its decimals: they "
            "are what decode gets back.",
        ),
        Mistake(
            _gaussians(place=np.round),
            "You round the joint. Keep its decimals: they are what decode gets back.",
        ),
        Mistake(
            _gaussians(
                finish=lambda m: m / np.maximum(m.sum((1, 2), keepdims=True), 1e-12)
            ),
            "Your maps sum to 1. A peak has the height 1.",
        ),
        Mistake(
            _gaussians(
                finish=lambda m: m / np.maximum(m.max((1, 2), keepdims=True), 1e-12)
            ),
            "You scale each map so that its highest pixel is 1. A joint between two "
            "pixels stays below 1.",
        ),
        Mistake(
            _gaussians(finish=lambda m: m / m.sum((1, 2), keepdims=True)),
            "Your maps sum to 1, and that of a hidden joint is 0 / 0. A peak has the "
            "height 1.",
        ),
        Mistake(
            _gaussians(finish=lambda m: m / m.max((1, 2), keepdims=True)),
            "You scale each map so that its highest pixel is 1, and that of a hidden "
            "joint is 0 / 0. A joint between two pixels stays below 1.",
        ),
        *(
            Mistake(
                lambda spread, scale=scale, **case: (
                    _gaussians()(spread=spread, **case) / scale(spread)
                ),
                "You divide by the area of the bell, as for a probability density. "
                "Here a peak has the height 1.",
            )
            for scale in (
                lambda spread: 2 * np.pi * spread**2,
                lambda spread: np.sqrt(2 * np.pi) * spread,
                lambda spread: np.sqrt(2 * np.pi * spread),
            )
        ),
        Mistake(
            _gaussians(finish=lambda m: m / max(m.max(), 1e-12)),
            "You divide by the highest pixel of all maps. A joint between two pixels "
            "stays below 1.",
        ),
        Mistake(
            _gaussians(finish=lambda m: np.moveaxis(m, 0, -1)),
            "The joints are the last axis of your maps. They come first: (K, H, W).",
        ),
        Mistake(
            _gaussians(finish=lambda m: m.sum(axis=0)),
            "You add all joints in one map. Each joint has a map of its own.",
        ),
        Mistake(
            _gaussians(finish=lambda m: m.max(axis=0)),
            "You put all joints in one map. Each joint has a map of its own.",
        ),
    ),
)

# From maps to joints

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
        maps = _maps_by_pixel(joints, visible, height, width, spread)
        yield Case("maps of joints", {"maps": maps})
    yield Case("a person's other hand", {"maps": np.maximum(maps, 0.7 * maps[::-1])})
    noise = generator.random(maps.shape) ** 2
    yield Case("random maps, float32", {"maps": noise.astype(np.float32)})
    edge = np.array([[0.4, 0.2], [8.7, 0.3], [0.2, 5.8]])
    maps = _maps_by_pixel(edge, np.ones(3, bool), 6, 9, 1.5)
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
