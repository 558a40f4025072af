"""Two means of IoU from confusion matrices: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


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


def two_means(function: Callable) -> None:
    """Check `two_means(matrices)` -> (mean IoU of the data, mean over the images)."""
    check(MEANS, function)
