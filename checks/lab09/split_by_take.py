"""The split by take: many are right, so its rules are checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.values import plain, show

SEEDS = 20  # are tried in each case, so that chance keeps few frames together
ENOUGH = 8  # takes, so that all seeds cannot give the same split by chance


@dataclass(frozen=True)
class _Names:
    """The names of a case, which a learner gets as a tuple, shown in one line."""

    all: tuple[str, ...]

    def __repr__(self) -> str:
        if len(self.all) <= 4:
            return ", ".join(self.all)
        return (
            f"{self.all[0]}, {self.all[1]} ... {self.all[-1]}, {len(self.all)} in all"
        )


@dataclass(frozen=True)
class _Splits:
    """The answers to several seeds, of which the first is shown."""

    all: tuple

    def __repr__(self) -> str:
        return show(self.all[0])


def _take(name: str) -> str:
    return name.rsplit("_", 2)[0]


def _cases() -> Iterator[Case]:
    def case(name, names, share):
        return Case(name, {"names": _Names(tuple(names)), "share": share, "seed": 3})

    yield case(
        "the worked example",
        ("Jazz_A_C0_01", "Jazz_A_C0_02", "Jazz_A_C1_01", "Kata_B_C0_01"),
        0.25,
    )
    generator = np.random.default_rng(91)
    for share in (0.2, 0.35):
        yield case("takes of many lengths", _films(generator), share)
    names = _films(generator)
    mixed = [names[i] for i in generator.permutation(len(names))]
    yield case("names in any order", mixed, 0.3)
    yield case("simulated bodies", (f"body{i:03d}" for i in range(30)), 0.2)
    long = (f"Tai_chi_S{i}_C{c}_{f:05d}" for i in range(9) for c in (0, 1)
            for f in (0, 15, 30))  # fmt: skip
    yield case("a style with an underscore in it", long, 0.2)


def _films(generator) -> list[str]:
    """Name the frames of eleven takes, with one to three cameras each."""
    names = []
    styles = ("HipHop", "Jazz", "Kata", "Sports")
    for number in range(11):
        style = styles[number % len(styles)]
        frames = np.sort(generator.choice(200, generator.integers(1, 9), replace=False))
        cameras = ("C0", "C1", "C2", "Left", "Right")[: generator.integers(1, 6)]
        for camera in cameras:
            names += [f"{style}_{style}{number}_{camera}_{15 * f:05d}" for f in frames]
    return names


def _ask(function: Callable, given: dict):
    """Ask twice with one seed, then with others."""
    names, share, seed = given.values()
    seeds = (seed + i for i in (0, 0, *range(1, SEEDS)))
    answers = tuple(plain(function(names.all, share, each)) for each in seeds)
    return None if any(answer is None for answer in answers) else _Splits(answers)


def _whole(answers, parts) -> bool:
    """Tell whether each part is on one side, in every answer."""
    return all(
        len(sides) == 1
        for answer in answers
        for sides in _sides(answer, parts).values()
    )


def _sides(answer, parts) -> dict[str, set]:
    sides: dict[str, set] = {}
    for in_test, part in zip(answer, parts, strict=True):
        sides.setdefault(part, set()).add(bool(in_test))
    return sides


def _size_problem(answers, takes, share) -> str:
    """Say whether a test part is too small or too large, "" if neither."""
    sizes = Counter(takes)
    for answer in answers:
        in_test = {take for take, chosen in zip(takes, answer, strict=True) if chosen}
        count = sum(sizes[take] for take in in_test)
        if count < share * len(takes):
            return "small"
        if count - max(sizes[take] for take in in_test) >= share * len(takes):
            return "large"
    return ""


def _inspect(given: dict, got) -> str | None:
    """Look for the rule that a split breaks."""
    names, share = given["names"].all, given["share"]
    try:
        answers = [np.asarray(answer) for answer in got.all]
    except (TypeError, ValueError):
        return "Return one array of bool, one for each image."
    shapes = {answer.shape for answer in answers}
    if shapes != {(len(names),)}:
        return (
            f"Return one bool for each of the {len(names)} images, in their order: "
            "True is test. Positions or names of images are no mask."
        )
    if any(answer.dtype != bool for answer in answers):
        return (
            f"Your answer holds {answers[0].dtype}. Return bool, or ~ and an index "
            "will not do what you mean."
        )
    if not np.array_equal(answers[0], answers[1]):
        return (
            "Two calls with the same seed differ. Draw from "
            "np.random.default_rng(seed), and sort what comes out of a set."
        )
    takes = [_take(name) for name in names]
    return _leak(answers, names, takes) or _wrong_size(answers, takes, share)


def _leak(answers, names, takes) -> str | None:
    if _whole(answers, takes):
        return None
    if _whole(answers, [name.rsplit("_", 1)[0] for name in names]):
        return (
            "The cameras of a take are on both sides, but they film the same moment. "
            "Drop the camera from the name as well, not the frame alone."
        )
    sides = next(s for a in answers for s in [_sides(a, takes)] if _mixed(s))
    return (
        f"Frames of {_mixed(sides)} are on both sides, so the test images are nearly "
        "training images. Draw takes, and give each image the side of its take."
    )


def _mixed(sides) -> str:
    return next((take for take, both in sides.items() if len(both) > 1), "")


def _wrong_size(answers, takes, share) -> str | None:
    several = len(set(takes)) >= ENOUGH
    if all(answer.all() for answer in answers):
        return _everything(takes)
    if not any(answer.any() for answer in answers):
        return "No image is in the test part."
    problem = _size_problem(answers, takes, share)
    if problem and not _size_problem([~answer for answer in answers], takes, share):
        return "True marks the training part of your split. It must mark the test part."
    number = {len({t for t, c in zip(takes, a, strict=True) if c}) for a in answers}
    if (
        problem
        and several
        and len(number) == 1
        and len(set(Counter(takes).values())) > 1
    ):
        return (
            "You choose a share of the takes, but takes have different lengths. Count "
            "images: add takes until the share of all images is reached."
        )
    if problem == "small":
        return (
            f"The test part holds less than {share:.0%} of the images. Add one take "
            "more: the share must be reached."
        )
    styles = [take.rsplit("_", 1)[0] for take in takes]
    if problem and len(set(styles)) < len(set(takes)) and _whole(answers, styles):
        return (
            "You keep what is before the take together, but one style has several "
            "takes. Drop the last two parts of the name, camera and frame, only."
        )
    if problem:
        return (
            "The test part holds more takes than it needs. Stop as soon as it has "
            "the share of all images."
        )
    if several and len({answer.tobytes() for answer in answers}) == 1:
        return (
            "Every seed gives the same split. Bring the takes into a random order "
            "with np.random.default_rng(seed)."
        )
    return None


def _everything(takes) -> str:
    """Give the hint for a test part that holds all images."""
    if len(set(takes)) == len(takes):
        return (
            "Every image is in the test part. Is each image of this case a take of its "
            "own? A name without underscores is."
        )
    if takes[0].count("_") > 1:
        return (
            "Every image is in the test part. Here the style itself has an underscore: "
            "split at the last two."
        )
    return (
        "Every image is in the test part. Stop as soon as it has the share of all "
        "images."
    )


def _by_parts(names) -> list[str]:
    return [name.split("_")[1] for name in names]


SPLIT = Exercise(
    "split_by_take",
    None,
    _cases,
    (
        Mistake(
            lambda names, share, seed: _by_parts(names.all),
            "The names of simulated bodies have no underscore, so each image is a take "
            "of its own. rsplit copes with that.",
        ),
        Mistake(
            lambda names, share, seed: [n[: n.rindex("_")] for n in names.all],
            "The names of simulated bodies have no underscore, so each image is a take "
            "of its own. rsplit copes with that.",
        ),
    ),
    inspect=_inspect,
    ask=_ask,
)


def split_by_take(function: Callable) -> None:
    """Check `split_by_take(names, share, seed)` -> bool (N,), True in the test part."""
    check(SPLIT, function)
