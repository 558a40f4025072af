"""Scenes for panoptic quality: segments around seeds, and edges by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from checks.core import Case

NAMES = "truth", "truth_classes", "found", "found_classes", "is_thing"


def _scene(generator, classes, things, void):
    """Draw segments around seeds, and an answer whose seeds are a little off."""
    height, width, stuff = 12, 15, [k for k in range(classes) if k not in things]
    kinds = [*stuff[:2], *generator.choice(things, 4)]
    seeds = generator.random((len(kinds), 2)) * (height, width)
    names = []
    for shake in (0, 0.9):
        moved = seeds + generator.normal(size=seeds.shape) * shake
        grid = np.stack(np.mgrid[:height, :width], axis=-1)[:, :, None]
        names.append(np.square(grid - moved).sum(axis=-1).argmin(axis=-1))
    truth = names[0] + 1
    order = generator.permutation(len(kinds))
    found = order[names[1]] + 1
    said = np.array(kinds)
    if generator.random() < 0.6:  # one thing gets a wrong class
        said[-1] = things[0] if said[-1] != things[0] else things[-1]
    top, left = generator.integers(0, 8, 2)
    truth[top : top + void, left : left + void + 2] = 0
    top, left = generator.integers(0, 8, 2)
    found[top : top + 3, left : left + 3] = 0
    found_classes = np.empty(len(kinds), int)
    found_classes[order] = said
    return truth, [-1, *kinds, things[1]], found, [-1, *found_classes, things[2]]


def _case(name, truth, truth_classes, found, found_classes, is_thing):
    arrays = truth, truth_classes, found, found_classes
    arrays = [np.array(array, int) for array in arrays]
    return Case(
        name, dict(zip(NAMES, [*arrays, np.array(is_thing, bool)], strict=True))
    )


def _row(name, truth, truth_classes, found, found_classes, is_thing):
    """Make a case of one image with one row."""
    return _case(name, [[truth]], [truth_classes], [[found]], [found_classes], is_thing)


def cases() -> Iterator[Case]:
    generator = np.random.default_rng(85)
    yield _row(
        "the worked example",
        [1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 0, 0, 0],
        [-1, 0, 1, 1],
        [2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 1, 3, 3],
        [-1, 1, 0, 1],
        [False, True],
    )
    for count, void in ((1, 0), (1, 5), (3, 4), (4, 6)):
        order = generator.permutation(5)
        things = sorted(order[:3].tolist())
        scenes = [_scene(generator, 5, things, void) for _ in range(count)]
        maps = map(np.stack, zip(*scenes, strict=True))
        is_thing = [k in things for k in range(5)]
        yield _case(
            "a random image" if count == 1 else "several images", *maps, is_thing
        )
    half = [1, 1, 1, 2, 2, 2, 2], [-1, 0, 1], [2, 2, 2, 2, 2, 2, 1]
    yield _row("an IoU of one half", *half, [-1, 1, 0], [False, True])
    half = [1, 1, 1, 1, 0, 0], [-1, 0], [1, 1, 1, 2, 2, 0], [-1, 0, 1]
    yield _row("an answer that is half void", *half, [False, True])
    lone = [1, 1, 1, 2, 2, 2], [-1, 0, 2], [1, 1, 1, 2, 2, 2], [-1, 0, 1]
    yield _row("a class that is only invented", *lone, [False, True, True, True])
    plain = [1, 1, 1, 2, 2], [-1, 0, 1], [2, 2, 1, 1, 1], [-1, 1, 0]
    yield _row("no things at all", *plain, [False, False])
    blank = [[[0, 0, 0]], [[1, 1, 1]]], [[-1, -1], [-1, 0]]
    found = [[[1, 1, 1]], [[1, 1, 0]]], [[-1, 0], [-1, 0]]
    yield _case("an image that is all void", *blank, *found, [True, False])
