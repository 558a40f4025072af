"""Joints as heat maps: the oracle, cases and mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def maps_by_pixel(joints, visible, height, width, spread):
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
    maps_by_pixel,
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


def heat_maps(function: Callable) -> None:
    """Check `heat_maps(joints, visible, height, width, spread)` -> (K, H, W)."""
    check(HEAT_MAPS, function)
