"""Confusion matrices of single images, and two means of IoU from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from utils.checks.core import Case, Exercise, Mistake

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


def _means_by_class(matrices) -> tuple[float, float]:
    def mean(matrix):
        scores = []
        for one in range(len(matrix)):
            hit = int(matrix[one, one])
            union = int(matrix[one].sum()) + int(matrix[:, one].sum()) - hit
            if union:
                scores.append(hit / union)
        return sum(scores) / len(scores) if scores else None

    each = [mean(matrix) for matrix in matrices]
    each = [score for score in each if score is not None]
    return mean(sum(matrices)), sum(each) / len(each)


def _means_cases() -> Iterator[Case]:
    generator = np.random.default_rng(11)
    one, two = [[6, 0], [2, 0]], [[1, 1], [0, 6]]
    yield Case("the worked example", {"matrices": np.array([one, two])})
    for _ in range(4):
        images, classes = generator.choice(np.arange(3, 8), 2, replace=False)
        matrices = generator.integers(1, 9, (images, classes, classes))
        matrices += 20 * np.eye(classes, dtype=int) * matrices[:, :1]
        yield Case("random matrices", {"matrices": matrices})
    matrices = matrices.copy()
    matrices[0, 1], matrices[0, :, 1] = 0, 0
    matrices[1, 0], matrices[1, :, 0] = 0, 0
    yield Case("classes that some images lack", {"matrices": matrices})
    matrices = generator.integers(1, 20, (3, 5, 5))
    matrices[:, 2], matrices[:, :, 2] = 0, 0
    matrices[:, 0] = 0  # this one is predicted, so it counts
    yield Case("a class that no image has", {"matrices": matrices})
    matrices[1] = 0
    yield Case("an image that is all void", {"matrices": matrices})
    yield Case("unsigned integers", {"matrices": matrices.astype(np.uint32)})


def _scores(matrices, union=None):
    matrices = np.asarray(matrices, float)
    hit = np.diagonal(matrices, axis1=-2, axis2=-1)
    rows, columns = matrices.sum(axis=-1), matrices.sum(axis=-2)
    return hit / (rows + columns - hit if union is None else union(rows, columns))


def _nanmean(values, axis=None):
    known = ~np.isnan(values)
    return np.where(known, values, 0).sum(axis) / known.sum(axis)


def _means(union=None, fill=None, mean=None):
    def answer(matrices):
        total = _scores(matrices.sum(axis=0), union)
        each = _scores(matrices, union)
        if fill is not None:
            total, each = (np.nan_to_num(part, nan=fill) for part in (total, each))
        return _nanmean(total), (mean or (lambda e: _nanmean(_nanmean(e, 1))))(each)

    return answer


def _where(decides):
    """Average over the classes for which `decides` gives no 0."""

    def answer(matrices):
        def mean(matrix):
            return _nanmean(np.where(decides(matrix) > 0, _scores(matrix), np.nan))

        each = np.array([mean(matrix) for matrix in matrices])
        return mean(matrices.sum(axis=0)), _nanmean(each)

    return answer


def _empty_images_as(score):
    def answer(matrices):
        each = [mean(matrix) if matrix.any() else score for matrix in matrices]
        return _right_pair(matrices)[0], np.mean(each)

    def mean(matrix):
        return _nanmean(_scores(matrix))

    return answer


def _smoothed(matrices):
    """Add 1 above and below the line, so that nothing is 0 / 0."""
    counts = np.concatenate([matrices.sum(axis=0)[None], matrices]).astype(float)
    hit = np.diagonal(counts, axis1=1, axis2=2)
    scores = (hit + 1) / (counts.sum(axis=1) + counts.sum(axis=2) - hit + 1)
    return scores[0].mean(), scores[1:].mean()


def _right_pair(matrices):
    return _means_by_class(matrices)


MEANS = Exercise(
    "two_means",
    _means_by_class,
    _means_cases,
    (
        Mistake(
            lambda matrices: _right_pair(matrices)[::-1],
            "The two numbers are swapped: the one of the whole data set comes first.",
        ),
        Mistake(
            lambda matrices: (_right_pair(matrices)[1],) * 2,
            "The first number averages over the images. Add up the matrices first, "
            "then compute the IoU of each class once.",
        ),
        Mistake(
            lambda matrices: (_right_pair(matrices)[0],) * 2,
            "The second number is that of the whole data set. Each image has its own "
            "IoU of each class.",
        ),
        Mistake(
            _where(lambda matrix: matrix.sum(axis=1)),
            "A class that is predicted and nowhere in the truth is missing from your "
            "means. Its IoU is 0: leave a class out only if it is in neither.",
        ),
        Mistake(
            _where(lambda matrix: matrix.sum(axis=0)),
            "A class of the truth that is never predicted is missing from your means. "
            "Its IoU is 0: leave a class out only if it is in neither.",
        ),
        Mistake(
            _means(union=lambda rows, columns: rows + columns),
            "The hits are in the row and in the column, so you count them twice below "
            "the line: take them away once.",
        ),
        Mistake(
            _means(union=lambda rows, columns: (rows + columns) / 2),
            "These are Dice values. IoU divides the hits by the union.",
        ),
        Mistake(
            _means(union=lambda rows, columns: rows),
            "You divide by the row alone, the pixels of the class. What was wrongly "
            "called so is in the column and belongs to the union.",
        ),
        Mistake(
            _means(union=lambda rows, columns: columns),
            "You divide by the column alone, the pixels called so. What was missed is "
            "in the row and belongs to the union.",
        ),
        Mistake(
            _where(np.diagonal),
            "A class without a hit is missing from your means. Its IoU is 0: leave a "
            "class out only if it is in neither the truth nor the prediction.",
        ),
        Mistake(
            _smoothed,
            "The 1 that you add above and below the line changes every IoU. Divide the "
            "counts as they are, and leave out what would be 0 / 0.",
        ),
        Mistake(
            _empty_images_as(0),
            "An image that is all void scores 0 in your mean. Leave it out of the mean "
            "over the images.",
        ),
        Mistake(
            _empty_images_as(1),
            "An image that is all void scores 1 in your mean. Leave it out of the mean "
            "over the images.",
        ),
        Mistake(
            _means(fill=0.0),
            "A class in neither the truth nor the prediction scores 0 in your means. "
            "There is nothing to score: leave it out.",
        ),
        Mistake(
            _means(fill=1.0),
            "A class in neither the truth nor the prediction scores 1 in your means. "
            "There is nothing to score: leave it out.",
        ),
        Mistake(
            lambda matrices: tuple(np.mean(each) for each in _with_nan(matrices)),
            "A class in neither the truth nor the prediction gives 0 / 0, and nan "
            "spoils every mean it meets. Leave it out.",
        ),
        Mistake(
            lambda matrices: (
                _right_pair(matrices)[0],
                np.mean([_nan_if_empty(matrix) for matrix in matrices]),
            ),
            "An image that is all void has no class to score and gives nan. Leave it "
            "out of the mean over the images.",
        ),
        Mistake(
            _means(mean=_nanmean),
            "The second number averages over all pairs of image and class at once, so "
            "an image with many classes counts more. Average within each image first.",
        ),
        Mistake(
            _means(mean=lambda each: _nanmean(_nanmean(each, 0))),
            "The second number averages over the images first. Average over the "
            "classes of each image, then over the images.",
        ),
        Mistake(
            lambda matrices: tuple(
                np.trace(part, axis1=-2, axis2=-1).sum() / part.sum()
                for part in (matrices.sum(axis=0), matrices)
            ),
            "This is the share of right pixels. IoU is computed for each class.",
        ),
    ),
)


def _with_nan(matrices):
    return _scores(matrices.sum(axis=0)), _scores(matrices).mean(axis=1)


def _nan_if_empty(matrix):
    return _nanmean(_scores(matrix))
