"""Scores for segmentation masks, in NumPy, so that both tracks share them.

Two families. A *confusion matrix* counts every pixel of a whole data set once, and
accuracy, IoU and Dice per class follow from it. `iou`, `dice` and `boundary_iou` score
one binary mask, or each mask of a stack, on its own.

The families answer an empty class differently, on purpose. A class that is in neither
the truth nor the prediction has nothing to score in a data set: its entry is nan, and
the mean leaves it out. A single mask that is rightly left empty is a perfect answer:
it scores 1, and 0 as soon as only one of the two masks is empty. Where every pixel is
ignored, there is no answer, and the score is nan.

All functions take lists and tensors, too.
"""

from __future__ import annotations

import numpy as np

from utils.arrays import array_of, is_whole

# Pixels counted at a time: small enough that their indices stay in the CPU's cache.
CHUNK = 1 << 16
MOST_CLASSES = 1 << 14  # a matrix of 2 GiB
# From this size on, a stack as narrow as colours are few is taken for channels.
SURELY_A_SIDE = 16


class ConfusionMatrix(np.ndarray):
    """Counts that remember which class was ignored, so that no score averages it in.

    ignored: the id of that class. Sums (``+``, ``sum``), copies and pickles remember
    it, too. Parts, and what NumPy joins or adds up from a list (``np.sum``), do not:
    tell the scores there, as in ``mean_iou(part, ignore=0)``.
    """

    ignored: int | None = None

    def __array_finalize__(self, made_from):
        self.ignored = getattr(made_from, "ignored", None)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **options):
        ignored = {getattr(each, "ignored", None) for each in inputs} - {None}
        if len(ignored) > 1:
            raise ValueError(
                "These matrices were counted with ignore="
                f"{' and ignore='.join(map(str, sorted(ignored)))}: they have no sum."
            )
        if ignored and not all(isinstance(each, ConfusionMatrix) for each in out):
            raise ValueError(
                "An array that is added to in place does not remember which class was "
                "ignored: begin with total = 0, or write total = total + confusion."
            )
        if out:
            options["out"] = tuple(map(np.asarray, out))
        plain = [np.asarray(x) if isinstance(x, np.ndarray) else x for x in inputs]
        found = getattr(ufunc, method)(*plain, **options)
        if getattr(found, "shape", None) != self.shape or not ignored:
            return found
        return _remembering(found, *ignored)

    def __array_wrap__(self, found, *_):  # np.delete's, say
        return np.asarray(found)

    def __getitem__(self, part):
        return np.asarray(self)[part]  # where classes may have other ids

    def take(self, *args, **options):
        return np.asarray(self).take(*args, **options)

    def __reduce__(self):
        return _remembering, (np.array(self), self.ignored)


def _remembering(counts: np.ndarray, ignored: int | None) -> ConfusionMatrix:
    counts = counts.view(ConfusionMatrix)
    counts.ignored = ignored
    return counts


def confusion_matrix(
    truth: np.ndarray, prediction: np.ndarray, classes: int, ignore: int | None = None
) -> np.ndarray:
    """Count for every pair of classes how many pixels of one were called the other.

    Args:
        truth: class ids 0 .. classes - 1, integers of any shape.
        prediction: class ids of the same shape.
        classes: the number of classes.
        ignore: a value in `truth` whose pixels are left out, whatever is predicted
            there; usually a "void" label such as 255. The id of a class may be
            ignored too: its row stays zero, while its column still counts the pixels
            of other classes that were taken for it. The scores of the class itself are
            nan, and means leave it out.

    Returns:
        int64 (classes, classes); rows are the truth, columns the prediction. If a
        class is ignored, it is a `ConfusionMatrix`, which remembers it.

    Raises:
        TypeError: an array does not hold integers.
        ValueError: the shapes differ, a value is not a class id, or an array is
            one-hot.
    """
    if not is_whole(classes) or not 1 <= classes <= MOST_CLASSES:
        raise ValueError(
            f"classes is {classes!r}, but it is the number of classes: "
            f"an integer from 1 to {MOST_CLASSES}."
        )
    _check_ignore(ignore)
    truth, prediction = _same_shape(truth, prediction)
    _check_not_one_hot(truth, prediction, classes)
    for name, array in (("truth", truth), ("prediction", prediction)):
        _check_integers(name, array, "class ids: take the argmax first")
    truth, prediction = truth.reshape(-1), prediction.reshape(-1)
    # Pixel by pixel, truth * classes + prediction numbers the cells of the matrix.
    cell = np.uint16 if classes <= 256 else np.intp
    counts = np.zeros(classes * classes, np.int64)
    for start in range(0, truth.size, CHUNK):
        rows, columns = truth[start : start + CHUNK], prediction[start : start + CHUNK]
        if ignore is not None:
            kept = rows != ignore
            rows, columns = rows[kept], columns[kept]
        _check_class_ids("truth", rows, classes)
        _check_class_ids("prediction", columns, classes)
        cells = np.multiply(rows, classes, dtype=cell, casting="unsafe")
        np.add(cells, columns, out=cells, casting="unsafe")
        counts += np.bincount(cells, minlength=counts.size)
    counts = counts.reshape(classes, classes)
    if ignore is not None and 0 <= ignore < classes:
        return _remembering(counts, int(ignore))
    return counts


def pixel_accuracy(confusion: np.ndarray, ignore: int | None = None) -> float:
    """Give the share of pixels on the diagonal, nan where no pixel was counted.

    confusion, ignore: as in `class_iou`.
    """
    counts, _ = _counts(confusion, ignore)
    return _share(np.trace(counts), counts.sum(), nothing=np.nan)


def class_iou(confusion: np.ndarray, ignore: int | None = None) -> np.ndarray:
    """Give intersection over union of each class, float64 (classes,).

    Args:
        confusion: counts (classes, classes), as `confusion_matrix` gives them, or sums
            of such.
        ignore: the id of a class to leave out, with all pixels of it in the truth; the
            one that the matrix was counted with need not be told.

    nan stands for a class that is in neither the truth nor the prediction, and for one
    that is ignored. Raises ValueError for anything but counts.
    """
    hits, truth, prediction = _class_areas(confusion, ignore)
    return _share(hits, truth + prediction - hits, nothing=np.nan)


def class_dice(confusion: np.ndarray, ignore: int | None = None) -> np.ndarray:
    """Give the Dice coefficient (F1 score) of each class, float64 (classes,).

    Takes, gives nan and raises as `class_iou` does.
    """
    hits, truth, prediction = _class_areas(confusion, ignore)
    return _share(2 * hits, truth + prediction, nothing=np.nan)


def mean_iou(confusion: np.ndarray, ignore: int | None = None) -> float:
    """Average `class_iou` over the classes that occur; nan where none does."""
    scores = class_iou(confusion, ignore)
    occurring = scores[~np.isnan(scores)]
    return float(occurring.mean()) if occurring.size else float("nan")


def iou(
    truth: np.ndarray, prediction: np.ndarray, ignore: int | None = None
) -> float | np.ndarray:
    """Score binary masks by intersection over union (the Jaccard index).

    Args:
        truth: bool or 0/1 integers, (H, W) or (N, H, W).
        prediction: the same shape.
        ignore: a value in `truth` whose pixels are left out, such as 255.

    Returns:
        float for one mask, float64 (N,) for a stack. Both masks empty: 1. One: 0.
        No pixel kept: nan.

    Raises:
        TypeError: a mask holds decimal numbers; threshold it first.
        ValueError: the shapes differ or are not (H, W) or (N, H, W), or a value is
            neither 0 nor 1.
    """
    overlap, truth_area, prediction_area, nothing = _areas(truth, prediction, ignore)
    return _share(overlap, truth_area + prediction_area - overlap, nothing)


def dice(
    truth: np.ndarray, prediction: np.ndarray, ignore: int | None = None
) -> float | np.ndarray:
    """Score binary masks by the Dice coefficient, 2 IoU / (1 + IoU).

    Takes, gives and raises what `iou` does.
    """
    overlap, truth_area, prediction_area, nothing = _areas(truth, prediction, ignore)
    return _share(2 * overlap, truth_area + prediction_area, nothing)


def boundary_iou(
    truth: np.ndarray,
    prediction: np.ndarray,
    width: float = 0.02,
    ignore: int | None = None,
) -> float | np.ndarray:
    """Score the borders of binary masks: the IoU of their `boundary_region`s.

    Cheng, Girshick, Dollár, Berg and Kirillov, "Boundary IoU", CVPR 2021.
    Takes masks and `ignore` as `iou` does, `width` as `boundary_region` does; gives and
    raises what these do. Where a mask meets ignored pixels, it has no contour.
    """
    _check_width(width)
    _check_ignore(ignore)
    truth, prediction = _same_shape(truth, prediction)
    kept = np.ones(truth.shape, bool) if ignore is None else truth != ignore
    truth, prediction = (
        _binary("truth", truth, kept),
        _binary("prediction", prediction, kept),
    )
    regions = (
        mask & ~_erode(mask | ~kept, _distance(mask, width))
        for mask in (truth, prediction)
    )
    overlap, truth_area, prediction_area, nothing = _kept_areas(*regions, kept)
    return _share(overlap, truth_area + prediction_area - overlap, nothing)


def boundary_region(mask: np.ndarray, width: float = 0.02) -> np.ndarray:
    """Keep the pixels of a mask that lie close to its contour.

    Close means within d = max(1, round(width * diagonal of the image)) steps of a
    3 x 3 erosion. Outside the image counts as background, so a mask that touches the
    frame has a contour there.

    Args:
        mask: bool or 0/1 integers, (H, W) or (N, H, W).
        width: width of the region as a share of the image's diagonal, in (0, 1].

    Returns:
        bool, the shape of `mask`.
    """
    _check_width(width)
    mask = _binary("mask", array_of(mask))
    return mask & ~_erode(mask, _distance(mask, width))


def _check_width(width: float) -> None:
    number = isinstance(width, (int, float, np.number))
    if not number or not 0 < width <= 1:
        raise ValueError(
            f"width is {width!r}, but it is a share of the image's diagonal, "
            "above 0 and at most 1."
        )


def _distance(mask: np.ndarray, width: float) -> int:
    """Give the width of a boundary region in pixels."""
    return max(1, round(width * float(np.hypot(*mask.shape[-2:]))))


def threshold_curve(
    probabilities: np.ndarray, truth: np.ndarray, thresholds: np.ndarray
) -> np.ndarray:
    """Give the mean Dice of `probabilities > threshold` for each threshold.

    Args:
        probabilities: numbers from 0 to 1, (H, W) or (N, H, W).
        truth: bool or 0/1 integers, the same shape.
        thresholds: numbers, (T,).

    Returns:
        float64 (T,).

    Raises:
        ValueError: a probability is outside 0 .. 1, as logits are, thresholds is not
            a row of numbers, or there is no mask.
    """
    probabilities, thresholds = array_of(probabilities), array_of(thresholds)
    if thresholds.ndim != 1 or thresholds.dtype.kind not in "iuf":
        raise ValueError(
            "thresholds is a row of numbers, such as np.linspace(0, 1, 21), not "
            f"{thresholds.dtype} {thresholds.shape}."
        )
    if probabilities.dtype.kind not in "biuf":
        raise ValueError(f"probabilities are numbers, not {probabilities.dtype}.")
    for value in (probabilities.min(initial=0), probabilities.max(initial=0)):
        if not 0 <= value <= 1:
            raise ValueError(
                f"probabilities holds the value {value:.3g}, but they lie between "
                "0 and 1: apply a sigmoid to logits first."
            )
    if not probabilities.size:
        raise ValueError("probabilities is empty: there is no mask to score.")
    return np.array([np.mean(dice(truth, probabilities > t)) for t in thresholds])


def _erode(mask: np.ndarray, distance: int) -> np.ndarray:
    """Erode by a 3 x 3 square `distance` times: a square window's minimum.

    The square is separable into a row and a column, and the minimum over a run of
    2 n pixels is that of two runs of n: about log2 steps instead of `distance`.
    """
    size = 2 * distance + 1
    for axis in (-1, -2):
        pad = [(0, 0)] * mask.ndim
        pad[axis] = (distance, distance)
        run = np.moveaxis(np.pad(mask, pad), axis, -1)
        covered = 1
        while covered < size:
            step = min(covered, size - covered)
            run = run[..., :-step] & run[..., step:]
            covered += step
        mask = np.moveaxis(run, -1, axis)
    return mask


def _class_areas(
    confusion: np.ndarray, ignore: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give pixels per class: hit, in the truth, in the prediction."""
    counts, ignored = _counts(confusion, ignore)
    areas = np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)
    if ignored is None:
        return areas
    scored = np.arange(len(counts)) != ignored
    return tuple(np.where(scored, area, 0) for area in areas)


def _counts(confusion: np.ndarray, ignore: int | None) -> tuple[np.ndarray, int | None]:
    """Give a confusion matrix as float64, and the class that is ignored."""
    counts = np.array(array_of(confusion))
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(
            f"confusion has the shape {counts.shape}, but it is a matrix as "
            "confusion_matrix gives it, (classes, classes)."
        )
    whole = counts.dtype.kind in "iu"
    if counts.dtype.kind == "f":
        whole = (counts == np.rint(counts)).all()  # nan is not
    if not whole or (counts < 0).any():
        raise ValueError(
            "confusion must hold counts of pixels, whole numbers from 0 on: divide by "
            "sums of rows only to show it, and score what it was before."
        )
    ignored = getattr(confusion, "ignored", None) if ignore is None else ignore
    if ignored is not None and ignored not in range(len(counts)):
        raise ValueError(
            f"ignore is {ignore!r}, but the classes of this matrix have the ids 0 to "
            f"{len(counts) - 1}; other values are left out in confusion_matrix."
        )
    counts = counts.astype(np.float64)  # small integers would overflow
    if ignored is not None:
        counts[ignored] = 0
    return counts, ignored


def _areas(
    truth: np.ndarray, prediction: np.ndarray, ignore: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give pixels per mask: in both, in the truth, in the prediction.

    And what a mask scores where both are empty: 1, or nan if no pixel is kept.
    """
    _check_ignore(ignore)
    truth, prediction = _same_shape(truth, prediction)
    kept = np.ones(truth.shape, bool) if ignore is None else truth != ignore
    truth = _binary("truth", truth, kept)
    prediction = _binary("prediction", prediction, kept)
    return _kept_areas(truth, prediction, kept)


def _kept_areas(
    truth: np.ndarray, prediction: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give what `_areas` does, of masks (..., H, W) of bool."""
    both, image = truth & prediction, (-2, -1)
    nothing = np.where(kept.any(image), 1.0, np.nan)
    return both.sum(image), truth.sum(image), prediction.sum(image), nothing


def _share(
    part: np.ndarray, whole: np.ndarray, nothing: float | np.ndarray
) -> float | np.ndarray:
    """Divide, and give `nothing` where there is nothing to divide by."""
    share = np.where(whole == 0, nothing, part / np.maximum(whole, 1))
    return share if share.ndim else float(share)


def _binary(name: str, mask: np.ndarray, kept: np.ndarray | None = None) -> np.ndarray:
    """Turn a mask of bool or 0/1 into bool, False where a pixel is not `kept`."""
    _check_integers(name, mask, "bool or 0 and 1: threshold first, as in mask > 0.5")
    if mask.ndim not in (2, 3):
        raise ValueError(
            f"{name} has the shape {mask.shape}, but a mask is (H, W) "
            "and a stack of masks (N, H, W)."
        )
    narrow = mask.ndim == 3 and mask.shape[-1] in (1, 2, 3, 4)
    if narrow and min(mask.shape[:2]) >= SURELY_A_SIDE:
        raise ValueError(
            f"{name} has the shape {mask.shape}, which looks like one mask with "
            "channels: take one of them, as in mask[..., 0]."
        )
    if mask.dtype != bool:
        odd = (mask != 0) & (mask != 1)
        if kept is not None:
            odd &= kept
        if odd.any():
            cure = "compare first, as in mask == class_id or mask > 127"
            if (mask == 1).any() and (mask[odd] == 255).all():
                cure = "leave void pixels out with ignore=255"
                if name != "truth":
                    cure = "find out what 255 is beside 1, and compare with that"
            raise ValueError(
                f"{name} holds the value {mask[odd][0]}, but a binary mask is bool or "
                f"0 and 1: {cure}."
            )
        mask = mask == 1
    return mask if kept is None else mask & kept


def _same_shape(truth, prediction) -> tuple[np.ndarray, np.ndarray]:
    truth, prediction = array_of(truth), array_of(prediction)
    if truth.shape != prediction.shape:
        raise ValueError(
            f"truth has the shape {truth.shape} and prediction {prediction.shape}, "
            "but they must be the same."
        )
    return truth, prediction


def _check_ignore(ignore: int | None) -> None:
    if ignore is not None and not is_whole(ignore):
        raise ValueError(
            f"ignore is {ignore!r}, but it is one value of the truth, such as 255; to "
            "leave out several, give them one value first."
        )


def _check_not_one_hot(truth: np.ndarray, prediction: np.ndarray, classes: int) -> None:
    """Raise ValueError for arrays with a channel for each class, of which one is 1."""
    for name, array in (("truth", truth), ("prediction", prediction)):
        for axis in (-1, -3) if classes > 1 else ():
            if array.ndim < max(2, -axis) or array.shape[axis] != classes:
                continue
            binary = ((array == 0) | (array == 1)).all()
            alone = (array.sum(axis) == 1).all()
            if array.size >= SURELY_A_SIDE * classes and binary and alone:
                raise ValueError(
                    f"{name} has the shape {array.shape} and looks one-hot, with a "
                    "channel for each class, but it takes class ids: use "
                    f"argmax({axis}) first."
                )


def _check_integers(name: str, array: np.ndarray, expected: str) -> None:
    if array.dtype.kind not in "biu":
        raise TypeError(f"{name} holds {array.dtype} numbers, but it takes {expected}.")


def _check_class_ids(name: str, ids: np.ndarray, classes: int) -> None:
    if ids.size == 0:
        return
    for value in (ids.min(), ids.max()):
        if not 0 <= value < classes:
            raise ValueError(
                f"{name} holds the value {int(value)}, but with {classes} classes "
                f"the ids are 0 to {classes - 1}; leave a void label out with ignore."
            )
