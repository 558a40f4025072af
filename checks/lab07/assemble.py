"""From prototypes and coefficients to one numbered map: the check."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def assembled(prototypes, coefficients, boxes, stride, threshold):
    """Ask every cell which answer has it."""
    count, height, width, _ = prototypes.shape
    numbers = np.zeros((count, height, width), int)
    for image, row, column in np.ndindex(*numbers.shape):
        best = -1.0
        for answer, (x0, y0, x1, y1) in enumerate(boxes[image]):
            y, x = (row + 0.5) * stride, (column + 0.5) * stride
            if not (x0 <= x < x1 and y0 <= y < y1):
                continue
            pair = prototypes[image, row, column], coefficients[image, answer]
            logit = sum(float(a) * float(b) for a, b in zip(*pair, strict=True))
            chance = 1 / (1 + math.exp(-logit))
            if chance >= threshold and chance > best:
                best = chance
                numbers[image, row, column] = answer + 1
    return numbers


def _cases() -> Iterator[Case]:
    def case(name, prototypes, coefficients, boxes, stride, threshold):
        arguments = {"prototypes": prototypes, "coefficients": coefficients}
        arguments |= {"boxes": boxes, "stride": stride, "threshold": threshold}
        return Case(name, arguments)

    generator = np.random.default_rng(74)
    prototypes = np.array([[[[3, 0], [1, 1], [-1, 2], [-2, 2]]]], float)
    coefficients = np.array([[[1, 0], [0.5, 1]]])
    boxes = np.array([[[0, 0, 8, 2], [2, 0, 7, 2]]], float)
    yield case("the worked example", prototypes, coefficients, boxes, 2, 0.6)

    def random(shape, answers, stride):
        count, height, width, kinds = shape
        high, wide = height * stride, width * stride
        low = generator.uniform(-2, (wide / 2, high / 2), (count, answers, 2))
        sides = generator.uniform((wide / 4, high / 4), (wide, high), low.shape)
        return (
            generator.normal(0, 1, shape),
            generator.normal(0, 1.5, (count, answers, kinds)),
            np.concatenate([low, low + sides], axis=-1),
            stride,
        )

    for threshold, stride in ((0.5, 4), (0.3, 2), (0.75, 3), (0.4, 1)):
        shape = tuple(int(n) for n in generator.choice([2, 3, 5, 6, 9], 4, False))
        yield case("random answers", *random(shape, 4, stride), threshold)
    many = random((1, 8, 5, 3), 12, 2)
    yield case("a crowd in one image", *many, 0.5)
    padded = [part.copy() for part in random((3, 6, 4, 2), 5, 4)[:3]]
    padded[1][0, 3:], padded[2][0, 3:] = 0, 0
    padded[1][2], padded[2][2] = 0, 0
    yield case("rows of zeros", *padded, 4, 0.45)
    single = [part.astype(np.float32) for part in padded]
    yield case("float32", *single, 4, 0.55)
    zero = np.zeros((1, 3, 4, 2)), np.zeros((1, 1, 2)), np.array([[[0, 0, 16, 8]]])
    yield case("a chance of just the threshold", *zero, 4, 0.5)
    edge = np.ones((1, 3, 4, 1)), np.ones((1, 1, 1)), np.array([[[2, 2, 10, 6]]])
    yield case("a box that ends on a centre", *edge, 4, 0.5)
    none = np.ones((2, 3, 4, 2)), np.ones((2, 0, 2)), np.zeros((2, 0, 4))
    yield case("no answer", *none, 4, 0.5)


def _sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _inside(boxes, height, width, stride, shift=0.5, axes=(0, 1), late="", early=""):
    """Which cells each box holds: (N, h, w, d); late, early: axes with a wrong end."""
    y, x = ((np.arange(side) + shift) * stride for side in (height, width))
    x0, y0, x1, y1 = (boxes[:, None, None, :, axis] for axis in range(4))
    if axes == (1, 0):
        x0, y0, x1, y1 = y0, x0, y1, x1
    y, x = y[None, :, None, None], x[None, None, :, None]
    right = x <= x1 if "x" in late else x < x1
    low = y <= y1 if "y" in late else y < y1
    left = x > x0 if "x" in early else x >= x0
    high = y > y0 if "y" in early else y >= y0
    return left & right & high & low


def _highest(chances):
    return chances.argmax(axis=-1) + 1


def _first(chances):
    return (chances > 0).argmax(axis=-1) + 1


def _last(chances):
    return chances.shape[-1] - (chances > 0)[..., ::-1].argmax(axis=-1)


def _assembled(
    chance: Callable = _sigmoid,
    inside: Callable = _inside,
    reaches: Callable = np.greater_equal,
    winner: Callable = _highest,
    late: bool = False,
    shared: bool = False,
) -> Callable:
    """Make a map of which one part may be wrong."""

    def answer(prototypes, coefficients, boxes, stride, threshold):
        boxes = np.asarray(boxes, float)
        if shared:  # the first image's for all
            coefficients = np.repeat(coefficients[:1], len(prototypes), axis=0)
            boxes = np.repeat(boxes[:1], len(prototypes), axis=0)
        count, height, width, _ = prototypes.shape
        if not boxes.shape[1]:
            return np.zeros((count, height, width), int)
        logits = np.einsum("nhwk,ndk->nhwd", prototypes, coefficients)
        chances = chance(logits)
        there = inside(boxes, height, width, stride) & reaches(chances, threshold)
        if late:  # the winner first, and then who may have the cell
            best = chances.argmax(axis=-1)[..., None]
            return np.where(np.take_along_axis(there, best, -1), best + 1, 0)[..., 0]
        lowest = chances.min() - 1  # raw logits are below 0, too
        held = np.where(there, chances - lowest, 0)
        return np.where(there.any(axis=-1), winner(held), 0)

    return answer


def _unscaled(boxes, height, width, stride):
    """Pixels of the image taken for cells."""
    return _inside(boxes, height, width, 1)


def _along(boxes, height, width, stride, axis):
    """Crop along one axis alone, as if the box had no end along the other."""
    wide = np.array(boxes, float)
    wide[..., [1, 3] if axis == "x" else [0, 2]] = -np.inf, np.inf
    return _inside(wide, height, width, stride)


def _everywhere(boxes, height, width, stride):
    return np.ones((len(boxes), height, width, boxes.shape[1]), bool)


def _from_zero(**case):
    return np.maximum(assembled(**case) - 1, 0)


def _minus_one(**case):
    return assembled(**case) - 1


def _masks(**case):
    numbers = assembled(**case)
    answers = np.arange(case["boxes"].shape[1]) + 1
    return np.moveaxis(numbers[..., None] == answers, -1, 1)


def _empty_axis(prototypes, coefficients, boxes, stride, threshold):
    """What argmax says where there is nothing to choose from."""
    if boxes.shape[1]:
        return assembled(prototypes, coefficients, boxes, stride, threshold)
    return np.zeros((*prototypes.shape[:3], 0)).argmax(axis=-1)


ASSEMBLE = Exercise(
    "assemble",
    assembled,
    _cases,
    (
        Mistake(
            _assembled(reaches=np.greater),
            "A probability of just the threshold is enough: >= and not >.",
        ),
        Mistake(
            _assembled(chance=lambda logits: logits),
            "You compare sums with the threshold. A sum is a logit: the sigmoid makes "
            "a probability of it.",
        ),
        Mistake(
            _assembled(chance=_softmax),
            "Your probabilities add up to 1 over the answers. Each answer has a "
            "probability of its own, by the sigmoid.",
        ),
        *(
            Mistake(
                _assembled(inside=lambda *a, late=late: _inside(*a, late=late)),
                "A cell whose centre lies on x1 or y1 is not in the box: boxes are "
                "half-open.",
            )
            for late in ("x", "y", "xy")
        ),
        *(
            Mistake(
                _assembled(inside=lambda *a, early=early: _inside(*a, early=early)),
                "A cell whose centre lies on x0 or y0 is in the box: >= and not >.",
            )
            for early in ("x", "y", "xy")
        ),
        *(
            Mistake(
                _assembled(inside=lambda *a, axis=axis: _along(*a, axis=axis)),
                "You crop rows or columns, but not both of them.",
            )
            for axis in ("x", "y")
        ),
        Mistake(
            lambda **case: np.minimum(assembled(**case), 1),
            "Your map says where any answer is. Write the number of the answer, "
            "counted from 1.",
        ),
        Mistake(
            _assembled(inside=_everywhere),
            "You do not crop. Prototypes are shared by the whole image, so an answer "
            "lights up on other sheep as well: cut each at its box.",
        ),
        Mistake(
            _assembled(inside=_unscaled),
            "You take the boxes for cells. They are pixels of the image, and a cell is "
            "`stride` pixels wide.",
        ),
        Mistake(
            _assembled(inside=lambda *a: _inside(*a, axes=(1, 0))),
            "Rows and columns are swapped. A box is x0, y0, x1, y1, x among the "
            "columns.",
        ),
        Mistake(
            _assembled(inside=lambda *a: _inside(*a, shift=0)),
            "You ask where the corner of a cell lies. Ask for its centre, half a cell "
            "further.",
        ),
        Mistake(
            _assembled(winner=_first),
            "Where answers overlap, the first of yours wins. The one with the highest "
            "probability in that cell should.",
        ),
        Mistake(
            _assembled(winner=_last),
            "Where answers overlap, the last of yours wins, since it is written over "
            "the others. The highest probability in that cell should win.",
        ),
        Mistake(
            _assembled(late=True),
            "You look for the highest probability before you crop. An answer whose "
            "box is elsewhere then takes the cell, and nobody gets it.",
        ),
        Mistake(
            _assembled(shared=True),
            "You use the answers of the first image for all images.",
        ),
        Mistake(_from_zero, "Your numbers start at 0, which is nothing. Count from 1."),
        Mistake(_minus_one, "Nothing is 0, and answers are counted from 1."),
        Mistake(
            _masks,
            "You return one mask for each answer. Return one map with their numbers, "
            "(N, h, w).",
        ),
        Mistake(
            _empty_axis,
            "There may be no answer at all, d = 0. An argmax or max over nothing "
            "fails: give every cell a zero to choose, or return early.",
        ),
    ),
)


def assemble(function: Callable) -> None:
    """Check `assemble(prototypes, coefficients, boxes, stride, threshold)`."""
    check(ASSEMBLE, function)
