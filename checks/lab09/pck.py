"""PCK, the share of joints that are found: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _by_joint(found, joints, visible, scale, tolerance=0.5):
    hits = total = 0
    for image in range(len(joints)):
        for number in range(joints.shape[1]):
            if visible[image, number]:
                x, y = np.subtract(
                    found[image, number], joints[image, number], dtype=float
                )
                total += 1
                hits += (x * x + y * y) ** 0.5 <= tolerance * scale[image]
    return hits / total


def _share(
    distance: Callable = lambda apart: np.sqrt((apart**2).sum(axis=-1)),
    reach: Callable = lambda scale, tolerance: tolerance * scale[:, None],
    mean: Callable = lambda hit, visible: hit[visible].mean(),
    below: Callable = np.less_equal,
):
    """Make a PCK of which one part may be wrong."""

    def answer(found, joints, visible, scale, tolerance=0.5):
        apart = np.asarray(found, float) - np.asarray(joints, float)
        hit = below(distance(apart), reach(np.asarray(scale, float), tolerance))
        return mean(hit, np.asarray(visible, bool))

    return answer


def _mean_of_images(hit, visible):
    return np.mean([h[v].mean() for h, v in zip(hit, visible, strict=True) if v.any()])


def _mean_of_joints(hit, visible):
    return np.mean(
        [h[v].mean() for h, v in zip(hit.T, visible.T, strict=True) if v.any()]
    )


def _cases() -> Iterator[Case]:
    def case(name, found, joints, visible, scale, *tolerance):
        arguments = {"found": np.array(found, np.float32)}
        arguments |= {"joints": np.array(joints, np.float32)}
        arguments |= {"visible": np.array(visible, bool)}
        arguments |= {"scale": np.array(scale, np.float32)}
        return Case(
            name, arguments | ({"tolerance": tolerance[0]} if tolerance else {})
        )

    yield case(
        "the worked example",
        [[[13, 14], [20, 26]], [[13, 14], [0, 0]]],
        [[[10, 10], [20, 20]], [[10, 10], [20, 20]]],
        [[1, 1], [1, 0]],
        [10, 8],
        0.5,
    )
    generator = np.random.default_rng(97)
    for tolerance in (0.5, 0.2, 0.8):
        images, count = map(int, generator.choice(np.arange(5, 12), 2, replace=False))
        joints = generator.uniform(0, 60, (images, count, 2))
        found = joints + generator.normal(0, 9 * tolerance, joints.shape)
        visible = generator.random((images, count)) < generator.random((images, 1))
        visible[0, 0] = True
        scale = generator.uniform(6, 20, images)
        yield case("random joints", found, joints, visible, scale, tolerance)
    yield case("the tolerance left out", found, joints, visible, scale)
    yield case("all found", joints, joints, visible, scale, 0.5)
    yield case("an image without joints", found[:2], joints[:2],
               [visible[0], np.zeros(count)], scale[:2], 0.5)  # fmt: skip


PCK = Exercise(
    "pck",
    _by_joint,
    _cases,
    (
        Mistake(
            _share(below=np.less),
            "A joint exactly at the tolerance is found: <= and not <.",
        ),
        Mistake(
            _share(reach=lambda scale, tolerance: tolerance * scale),
            "The distances are (N, K) and the scale is (N,). Give the scale a second "
            "axis of length 1.",
        ),
        Mistake(
            _share(mean=lambda hit, visible: hit.mean()),
            "Joints that are not visible count in your score. Nobody can find them: "
            "leave them out.",
        ),
        Mistake(
            _share(mean=lambda hit, visible: (hit & visible).mean()),
            "Joints that are not visible count as missed. Leave them out of the total "
            "as well.",
        ),
        Mistake(
            _share(mean=lambda hit, visible: (hit & visible).sum()),
            "This is how many joints are found. Return their share.",
        ),
        Mistake(
            _share(mean=lambda hit, visible: 100 * hit[visible].mean()),
            "The score is in percent. A share is between 0 and 1.",
        ),
        Mistake(
            _share(mean=lambda hit, visible: 1 - hit[visible].mean()),
            "This is the share of joints that are missed. Count those that are found.",
        ),
        Mistake(
            _share(mean=_mean_of_images),
            "You take the mean of the images' scores. Each visible joint counts as "
            "much, so pool them first.",
        ),
        Mistake(
            _share(mean=_mean_of_joints),
            "You take the mean over the joints' own scores. Each visible joint of each "
            "image counts as much, so pool them first.",
        ),
        Mistake(
            _share(reach=lambda scale, tolerance: tolerance * scale.mean()),
            "You take the mean scale for all images. Each person has a scale of its "
            "own.",
        ),
        Mistake(
            _share(reach=lambda scale, tolerance: tolerance),
            "You compare with the tolerance alone. It is a share of the scale: a near "
            "person is large.",
        ),
        Mistake(
            _share(reach=lambda scale, tolerance: scale[:, None]),
            "The tolerance does nothing in your score. It multiplies the scale.",
        ),
        Mistake(
            _share(reach=lambda scale, tolerance: 0.5 * scale[:, None]),
            "Your tolerance is always 0.5. Use the argument.",
        ),
        Mistake(
            _share(lambda apart: (apart**2).sum(axis=-1)),
            "You compare the squared distance with a length. Take the root.",
        ),
        Mistake(
            _share(lambda apart: np.abs(apart).max(axis=-1)),
            "You look at x and y apart, so a joint may be off in both. The distance is "
            "the root of the sum of both squares.",
        ),
        Mistake(
            _share(lambda apart: np.abs(apart).sum(axis=-1)),
            "You add the distances along x and y. The distance is the root of the sum "
            "of both squares.",
        ),
        Mistake(
            _share(lambda apart: np.sqrt((apart**2).mean(axis=-1))),
            "You take the mean of both squares. The distance has their sum.",
        ),
    ),
)


def pck(function: Callable) -> None:
    """Check `pck(found, joints, visible, scale, tolerance)` -> one number."""
    check(PCK, function)
