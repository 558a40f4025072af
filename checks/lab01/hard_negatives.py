"""Hard negatives, a few of each scene and not all from one place: the check."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _greedy(chances, is_target, count, apart):
    """Go through all false alarms of a scene from the worst, and keep or drop each."""
    kept = []
    for scene in range(len(chances)):
        alarms = [
            (-float(chances[scene][place]), place)
            for place in np.ndindex(*chances.shape[1:])
            if chances[scene][place] > 0.5 and not is_target[scene][place]
        ]
        chosen: list[tuple[int, int]] = []
        for _, (row, column) in sorted(alarms):
            near = [max(abs(row - r), abs(column - c)) < apart for r, c in chosen]
            if len(chosen) < count and not any(near):
                chosen.append((row, column))
        kept += [(scene, *place) for place in chosen]
    return tuple(np.array(kept, int).reshape(-1, 3).T)


def _cases() -> Iterator[Case]:
    def case(name, chances, is_target, count, apart):
        arguments = {"chances": chances, "is_target": is_target}
        return Case(name, {**arguments, "count": count, "apart": apart})

    def chances_of(generator, shape):
        """All different, so that nobody has to agree about ties."""
        ranks = generator.permutation(int(np.prod(shape)))
        return ((ranks + 0.5) / ranks.size).reshape(shape)

    generator = np.random.default_rng(23)
    chances = np.array([[[0.9, 0.8, 0.1, 0.7, 0.95, 0.2, 0.6, 0.55]]])
    is_target = np.array([[[0, 0, 0, 0, 1, 0, 0, 0]]], bool)
    yield case("the worked example", chances, is_target, 2, 2)
    for count, apart in ((4, 2), (3, 3), (6, 2), (5, 4)):
        shape = tuple(generator.choice(np.arange(3, 12), 3, replace=False))
        chances = chances_of(generator, shape)
        yield case(
            "random chances", chances, generator.random(shape) < 0.2, count, apart
        )
    yield case("chances of float32", chances.astype(np.float32), chances < 0.6, 3, 2)
    calm = chances.copy()
    calm[1] /= 3
    yield case("a scene without any alarm", calm, np.zeros(calm.shape, bool), 4, 3)
    yield case("neighbours allowed", chances, chances > 0.9, 5, 1)
    yield case("more wanted than there are", chances, chances > 0.8, 500, 3)
    yield case("no alarm at all", chances / 3, chances > 0.2, 3, 2)
    two = np.full((1, 5, 9), 0.1)
    two[0, 2, 1], two[0, 2, 3], two[0, 2, 5], two[0, 4, 8] = 0.8, 0.9, 0.85, 0.5
    yield case("exactly 0.5, and exactly apart", two, two > 1, 4, 2)
    corner = np.full((1, 6, 7), 0.1)
    corner[0, 1, 1], corner[0, 4, 4], corner[0, 1, 6] = 0.9, 0.8, 0.7
    yield case("two places corner to corner", corner, corner > 1, 3, 4)


def _taken(
    alarm=lambda chance, target: (chance > 0.5) & ~target,
    rank=lambda chance: -chance,
    near=lambda down, right, apart: np.maximum(down, right) < apart,
    scenes=True,
):
    """Make a function of which one part may be wrong."""

    def answer(chances, is_target, count, apart):
        found = np.argwhere(alarm(chances, is_target == 1))
        order = np.argsort(rank(chances[tuple(found.T)]), kind="stable")
        found = found[order]
        kept: list[np.ndarray] = []
        for place in found:
            rivals = [p for p in kept if p[0] == place[0]]
            if (len(rivals) if scenes else len(kept)) >= count:
                continue
            apart_enough = not any(
                near(*np.abs(place[1:] - rival[1:]), apart) for rival in rivals
            )
            if apart_enough:
                kept.append(place)
        if scenes:
            kept.sort(key=lambda place: place[0])
        return tuple(np.array(kept, int).reshape(-1, 3).T)

    return answer


def _blotted(
    first=lambda place, apart: max(place - apart + 1, 0),
    end=lambda place, apart: place + apart,
):
    """Take the worst and blot out the square around it, again and again."""

    def answer(chances, is_target, count, apart):
        kept = []
        for scene, left in enumerate(np.where(is_target == 1, 0, chances)):
            for _ in range(count):
                worst = np.unravel_index(left.argmax(), left.shape)
                if left[worst] <= 0.5:
                    break
                kept.append((scene, *worst))
                square = [slice(first(p, apart), end(p, apart)) for p in worst]
                left[tuple(square)] = left[worst] = 0
        return tuple(np.array(kept, int).reshape(-1, 3).T)

    return answer


def _top_then_thinned(chances, is_target, count, apart):
    """Take the worst `count` first and drop the near ones from these."""
    wide = _taken(near=lambda down, right, apart: False)
    scene, row, column = wide(chances, is_target, count, apart)
    kept = []
    for place in zip(scene, row, column, strict=True):
        rivals = [k for k in kept if k[0] == place[0]]
        near = [max(abs(place[1] - k[1]), abs(place[2] - k[2])) < apart for k in rivals]
        if not any(near):
            kept.append(place)
    return tuple(np.array(kept, int).reshape(-1, 3).T)


def _after_targets(chances, is_target, count, apart):
    chances = chances.copy()
    for scene, row, column in np.argwhere(is_target):
        top, left = max(row - apart + 1, 0), max(column - apart + 1, 0)
        chances[scene, top : row + apart, left : column + apart] = 0
    return _greedy(chances, is_target, count, apart)


def _once_for_all_scenes(chances, is_target, count, apart):
    kept: list[tuple[int, int, int]] = []
    for scene in range(len(chances)):
        free = chances[scene : scene + 1].copy()
        for _, row, column in kept:
            top, left = max(row - apart + 1, 0), max(column - apart + 1, 0)
            free[0, top : row + apart, left : column + apart] = 0
        found = _greedy(free, is_target[scene : scene + 1], count, apart)
        kept += [(scene, *place[1:]) for place in zip(*found, strict=True)]
    return tuple(np.array(kept, int).reshape(-1, 3).T)


def _ordered(case, key):
    places = sorted(zip(*_greedy(**case), strict=True), key=key)
    return tuple(np.array(places, int).reshape(-1, 3).T)


def _swapped(**case):
    scene, row, column = _greedy(**case)
    return scene, column, row


MINE = Exercise(
    "hard_negatives",
    _greedy,
    _cases,
    (
        Mistake(
            _swapped,
            "Rows and columns are swapped. np.unravel_index gives the row first.",
        ),
        Mistake(
            _taken(alarm=lambda chance, target: chance > 0.5),
            "You take pixels of the target itself. They are right, however high their "
            "chance is.",
        ),
        Mistake(
            _taken(alarm=lambda chance, target: (chance > 0.5) & target),
            "You take pixels of the target. A negative is a pixel of anything else.",
        ),
        Mistake(
            _taken(alarm=lambda chance, target: ~target),
            "You take pixels that the network gets right as well. A false alarm has a "
            "chance above 0.5, and some scenes have fewer than `count`.",
        ),
        Mistake(
            _taken(alarm=lambda chance, target: (chance >= 0.5) & ~target),
            "A chance of exactly 0.5 is no alarm: > and not >=.",
        ),
        Mistake(
            _taken(rank=lambda chance: chance),
            "You start from the lowest chance. The hardest negative has the highest.",
        ),
        Mistake(
            _taken(near=lambda down, right, apart: False),
            "Two of yours are neighbours, and teach the same thing twice. Keep `apart` "
            "rows or columns between any two of a scene.",
        ),
        Mistake(
            _blotted(first=lambda place, apart: place - apart + 1),
            "A slice that starts below 0 counts from the other side, and nothing is "
            "blotted out. Start at 0 at least.",
        ),
        Mistake(
            _blotted(end=lambda place, apart: place + apart - 1),
            "Your square ends one pixel too early, to the right and below: the end of "
            "a slice is not part of it.",
        ),
        Mistake(
            _taken(near=lambda down, right, apart: np.maximum(down, right) <= apart),
            "You keep one pixel too much distance: `apart` rows or columns are enough.",
        ),
        Mistake(
            _taken(near=lambda down, right, apart: down + right < apart),
            "You add rows and columns. Two places are near if rows and columns are "
            "both less than `apart`: a square around each.",
        ),
        Mistake(
            _taken(near=lambda down, right, apart: np.hypot(down, right) < apart),
            "You measure straight lines. Two places are near if rows and columns are "
            "both less than `apart`: a square around each.",
        ),
        Mistake(
            _taken(near=lambda down, right, apart: np.minimum(down, right) < apart),
            "You forbid whole rows and columns. Two places are near only if rows and "
            "columns are both less than `apart`.",
        ),
        Mistake(
            lambda count, **case: _greedy(count=count - 1, **case),
            "You stop one place too early: `count` of each scene, if it has so many.",
        ),
        Mistake(
            _taken(near=lambda down, right, apart: np.maximum(down, right) < apart - 1),
            "You keep one pixel too little distance: two places less than `apart` rows "
            "and columns from each other are near.",
        ),
        Mistake(
            _taken(
                near=lambda down, right, apart: np.maximum(down, right) <= apart // 2
            ),
            "Your square is `apart` wide. Two places are near if rows and columns are "
            "both less than `apart`: it reaches so far to each side.",
        ),
        Mistake(
            _after_targets,
            "You also blot out the neighbours of the target. Only a place that you "
            "took makes others near.",
        ),
        Mistake(
            _once_for_all_scenes,
            "A place that you took in one scene keeps you from taking it in the next. "
            "Start anew in each scene.",
        ),
        Mistake(
            lambda **case: _ordered(case, lambda place: place),
            "Your places go row by row. In a scene, the worst alarm comes first.",
        ),
        Mistake(
            lambda **case: _ordered(case, lambda place: -case["chances"][place]),
            "The worst alarm of all scenes comes first in your answer. Scenes come in "
            "order, and only within a scene the worst is first.",
        ),
        Mistake(
            lambda **case: np.transpose(_greedy(**case)),
            "Each row of yours is a place. Return 3 things: all scenes, all rows, all "
            "columns.",
        ),
        Mistake(
            lambda **case: _greedy(**case)[1:],
            "The scenes are missing. Return three arrays: scene, row, column.",
        ),
        Mistake(
            _top_then_thinned,
            "You take the worst `count` first and thin them out then, so too few are "
            "left. A place that falls away makes room for the next.",
        ),
        Mistake(
            _taken(scenes=False),
            "You take the worst of all scenes together, and one scene may crowd out "
            "the others. Take `count` of each.",
        ),
    ),
)


def hard_negatives(function: Callable) -> None:
    """Check `hard_negatives(chances, is_target, count, apart)` -> three arrays (K,)."""
    check(MINE, function)
