"""Confusion matrices of single images: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check

VOID = 255


def _by_pixel(truths, predictions, classes) -> np.ndarray:
    matrices = np.zeros((len(truths), classes, classes), int)
    for place in np.ndindex(*truths.shape):
        if truths[place] != VOID:
            matrices[place[0], truths[place], predictions[place]] += 1
    return matrices


def _confusion_cases() -> Iterator[Case]:
    def case(name, truths, predictions, classes):
        arguments = {"truths": truths, "predictions": predictions, "classes": classes}
        return Case(name, arguments)

    def masks(*rows):
        return np.array(rows, np.uint8)[:, None]

    generator = np.random.default_rng(10)
    yield case(
        "the worked example",
        masks([0, 0, 1, VOID], [2, 2, 1, 0]),
        masks([0, 1, 1, 2], [2, 1, 1, 0]),
        3,
    )
    for void in (0.0, 0.2, 0.3, 0.1):
        *shape, classes = generator.choice(np.arange(3, 10), 4, replace=False)
        truths = generator.integers(0, classes, shape, np.uint8)
        predictions = generator.integers(0, classes, shape, np.uint8)
        truths[generator.random(shape) < void] = VOID
        yield case("a random batch", truths, predictions, int(classes))
    truths = generator.integers(28, 40, (2, 5, 7), np.uint8)
    yield case("forty classes", truths, truths[:, ::-1].copy(), 40)
    yield case("classes that never occur", truths // 20, truths // 30, 6)
    predictions = np.where(truths > 33, 3, 0).astype(np.int64)
    yield case("64-bit integers", (truths // 14).astype(np.int64), predictions, 4)
    many = generator.integers(0, 4, (70, 2, 3), np.uint8)
    truths = np.where(generator.random(many.shape) < 0.3, VOID, many).astype(np.uint8)
    yield case("seventy images", truths, many[::-1].copy(), 4)
    truths = np.full((2, 3, 4), VOID, np.uint8)
    yield case("void alone", truths, np.zeros_like(truths), 4)


def _counted(truths, predictions, classes, dtype=np.int64, keep=True):
    """Give the matrices by counting cells, with what can go wrong as arguments."""
    images = np.arange(len(truths)).reshape(-1, 1, 1)
    with np.errstate(all="ignore"):
        cells = truths.astype(dtype) * dtype(classes) + predictions.astype(dtype)
    cells = cells.astype(int) + images * classes**2
    cells = cells[truths != VOID] if keep else cells.ravel()
    cells = cells[cells < len(truths) * classes**2]
    counts = np.bincount(cells, minlength=len(truths) * classes**2)
    return counts.reshape(len(truths), classes, classes)


def _void_as(number):
    def answer(truths, predictions, classes):
        filled = np.where(truths == VOID, number(classes), truths)
        return _by_pixel(filled, predictions, classes)

    return answer


def _class_0_as_void(truths, predictions, classes):
    return _by_pixel(np.where(truths == 0, VOID, truths), predictions, classes)


def _void_dropped_where_right(truths, predictions, classes):
    return _by_pixel(
        np.where(truths == VOID, predictions, truths), predictions, classes
    )


def _without_minlength(truths, predictions, classes):
    matrices = []
    for truth, prediction in zip(truths, predictions, strict=True):
        kept = truth != VOID
        cells = truth[kept].astype(int) * classes + prediction[kept]
        matrices.append(np.bincount(cells).reshape(classes, classes))
    return np.stack(matrices)


CONFUSION = Exercise(
    "confusion_matrices",
    _by_pixel,
    _confusion_cases,
    (
        Mistake(
            lambda **case: _by_pixel(**case).swapaxes(1, 2),
            "Truth and prediction are swapped: the truth chooses the row, axis 1, and "
            "the prediction the column.",
        ),
        Mistake(
            lambda **case: _by_pixel(**case).sum(axis=0),
            "This is one matrix for the whole batch. Each image has a matrix of its "
            "own: give each image numbers of its own as well.",
        ),
        Mistake(
            lambda **case: np.broadcast_to(
                _by_pixel(**case).sum(axis=0), _by_pixel(**case).shape
            ),
            "Each image got the counts of the whole batch. Give each image numbers of "
            "its own.",
        ),
        Mistake(
            lambda **case: _counted(**case, dtype=np.uint8),
            "The ids are uint8, where 7 * 40 is 24 and not 280. Turn them into larger "
            "integers before you multiply.",
        ),
        Mistake(
            lambda **case: _counted(**case, dtype=np.int8),
            "Eight bits are too few for these products. Use larger integers.",
        ),
        Mistake(
            _void_as(lambda classes: 0),
            "Void pixels are counted as class 0. Leave them out, whatever is predicted "
            "there.",
        ),
        Mistake(
            _void_as(lambda classes: classes - 1),
            "Void pixels are counted as the last class. Leave them out, whatever is "
            "predicted there.",
        ),
        Mistake(
            _class_0_as_void,
            "You leave out class 0. It is a class like the others; void is 255.",
        ),
        Mistake(
            _void_dropped_where_right,
            "Void pixels are counted as right. Leave them out, whatever is predicted "
            "there.",
        ),
        Mistake(
            lambda **case: _counted(**case, keep=False),
            "Void pixels, 255, land in cells of some other image or class. Choose the "
            "pixels to count first.",
        ),
        Mistake(
            lambda **case: (
                _by_pixel(**case)
                / np.maximum(_by_pixel(**case).sum(axis=2, keepdims=True), 1)
            ),
            "Each row is divided by its sum. Return the counts themselves: shares "
            "cannot be added over images any more.",
        ),
        Mistake(
            lambda **case: (
                _by_pixel(**case)
                / np.maximum(_by_pixel(**case).sum(axis=(1, 2), keepdims=True), 1)
            ),
            "These are shares of the image's pixels. Return the counts themselves.",
        ),
        Mistake(
            lambda **case: np.minimum(_by_pixel(**case), 1),
            "Each pair of classes is counted once at most. An index that occurs twice "
            "in matrix[index] += 1 is added once: np.add.at or np.bincount count all.",
        ),
        Mistake(
            lambda **case: _by_pixel(**case) * (1 - np.eye(case["classes"], dtype=int)),
            "You count the errors alone. What is right belongs on the diagonal.",
        ),
        Mistake(
            lambda **case: np.moveaxis(_by_pixel(**case), 0, -1),
            "The images are the last axis of your result. They come first.",
        ),
        Mistake(
            _without_minlength,
            "np.bincount stops at the largest number that occurs. Its minlength keeps "
            "the cells that stay zero.",
        ),
    ),
)


def confusion_matrices(function: Callable) -> None:
    """Check `confusion_matrices(truths, predictions, classes)` -> (N, C, C)."""
    check(CONFUSION, function)
