"""Answers to lab 00: counting, two means, borders of classes, run lengths, stories."""

from fractions import Fraction

import numpy as np

from answers import Answers
from utils import metrics

answers = Answers("lab00")
right, wrong = answers.right, answers.wrong


# Confusion matrices of single images


@right("confusion_matrices")
def by_bincount(truths, predictions, classes):
    image = np.arange(len(truths))[:, None, None]
    cells = (image * classes + truths) * classes + predictions
    cells = cells[truths != 255]
    return np.bincount(cells, minlength=len(truths) * classes**2).reshape(
        -1, classes, classes
    )


@right("confusion_matrices")
def in_loops_over_pixels(truths, predictions, classes):
    matrices = []
    for truth, prediction in zip(truths.tolist(), predictions.tolist()):
        matrix = [[0] * classes for _ in range(classes)]
        for true_row, row in zip(truth, prediction):
            for a, b in zip(true_row, row):
                if a != 255:
                    matrix[a][b] += 1
        matrices.append(matrix)
    return matrices


@right("confusion_matrices")
def by_the_courses_metrics(truths, predictions, classes):
    return np.stack(
        [
            metrics.confusion_matrix(truth, prediction, classes, ignore=255)
            for truth, prediction in zip(truths, predictions)
        ]
    )


@right("confusion_matrices")
def by_one_hot_products_in_float32(truths, predictions, classes):
    ids = np.arange(classes)
    a = (np.asfortranarray(truths)[..., None] == ids).astype("f4")
    b = (np.asfortranarray(predictions)[..., None] == ids).astype("f4")
    return np.einsum("nhwa,nhwb->nab", a, b)


@right("confusion_matrices")
def by_add_at(truths, predictions, classes):
    matrices = np.zeros((len(truths), classes, classes), np.int32)
    image, row, column = np.nonzero(truths != 255)
    place = image, truths[image, row, column], predictions[image, row, column]
    np.add.at(matrices, place, 1)
    return matrices


@wrong("confusion_matrices", "truth chooses the row")
def swaps_truth_and_prediction(truths, predictions, classes):
    return by_bincount(truths, predictions, classes).transpose(0, 2, 1)


@wrong("confusion_matrices", "one matrix for the whole batch")
def counts_the_batch(truths, predictions, classes):
    kept = truths != 255
    cells = truths[kept].astype(int) * classes + predictions[kept]
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


@wrong("confusion_matrices", "uint8, where 7 * 40 is 24")
def multiplies_in_uint8(truths, predictions, classes):
    matrices = []
    for truth, prediction in zip(truths, predictions):
        kept = truth != 255
        cells = truth[kept] * classes + prediction[kept]
        matrices.append(np.bincount(cells, minlength=classes**2)[: classes**2])
    return np.reshape(matrices, (-1, classes, classes))


@wrong("confusion_matrices", "counted as class 0")
def takes_void_for_background(truths, predictions, classes):
    return by_bincount(np.where(truths == 255, 0, truths), predictions, classes)


@wrong("confusion_matrices", "Choose the pixels to count first")
def forgets_void(truths, predictions, classes):
    image = np.arange(len(truths))[:, None, None]
    cells = ((image * classes + truths) * classes + predictions).ravel()
    counts = np.bincount(cells, minlength=len(truths) * classes**2)
    return counts[: len(truths) * classes**2].reshape(-1, classes, classes)


@wrong("confusion_matrices", "counted as right")
def fills_void_with_the_prediction(truths, predictions, classes):
    truths = truths.copy()
    truths[truths == 255] = predictions[truths == 255]
    return by_bincount(truths, predictions, classes)


@wrong("confusion_matrices", "changes truths in place")
def fills_void_in_place(truths, predictions, classes):
    truths[truths == 255] = 0
    return by_bincount(truths, predictions, classes)


@wrong("confusion_matrices", "Each row is divided by its sum")
def normalises_the_rows(truths, predictions, classes):
    matrices = by_bincount(truths, predictions, classes).astype(float)
    total = matrices.sum(axis=-1, keepdims=True)
    return np.divide(matrices, total, where=total > 0, out=np.zeros_like(matrices))


@wrong("confusion_matrices", "is added once")
def adds_by_index(truths, predictions, classes):
    matrices = np.zeros((len(truths), classes, classes), int)
    image, row, column = np.nonzero(truths != 255)
    place = image, truths[image, row, column], predictions[image, row, column]
    matrices[place] += 1
    return matrices


@wrong("confusion_matrices", "minlength keeps")
def forgets_minlength(truths, predictions, classes):
    matrices = []
    for truth, prediction in zip(truths.astype(int), predictions):
        kept = truth != 255
        counts = np.bincount(truth[kept] * classes + prediction[kept])
        matrices.append(counts.reshape(classes, classes))
    return np.stack(matrices)


@wrong("confusion_matrices", "You leave out class 0")
def takes_class_0_for_void(truths, predictions, classes):
    return by_bincount(np.where(truths > 0, truths, 255), predictions, classes)


@wrong("confusion_matrices", "The images are the last axis")
def image_fastest(truths, predictions, classes):
    return np.moveaxis(by_bincount(truths, predictions, classes), 0, -1)


@right("confusion_matrices")
def list_of_arrays(truths, predictions, classes):
    return list(by_bincount(truths, predictions, classes).astype(np.uint16))


# Two means


@right("two_means")
def by_nanmean(matrices):
    def scores(counts):
        hit = np.diagonal(counts, axis1=-2, axis2=-1)
        return hit / (counts.sum(-1) + counts.sum(-2) - hit)

    each = np.nanmean(scores(matrices), axis=1)  # warns of an image without classes
    return np.nanmean(scores(matrices.sum(axis=0))), np.nanmean(each)


@right("two_means")
def in_loops_over_classes(matrices):
    def mean(matrix):
        known = []
        for k in range(len(matrix)):
            union = sum(matrix[k]) + sum(row[k] for row in matrix) - matrix[k][k]
            if union > 0:
                known.append(matrix[k][k] / union)
        return sum(known) / len(known) if known else None

    lists = matrices.astype(int).tolist()
    each = [mean(matrix) for matrix in lists]
    each = [score for score in each if score is not None]
    total = np.asfortranarray(matrices).sum(0).tolist()
    return [mean(total), sum(each) / len(each)]


@right("two_means")
def means_by_the_courses_metrics(matrices):
    each = np.array([metrics.mean_iou(matrix) for matrix in matrices], np.float32)
    return metrics.mean_iou(matrices.sum(axis=0)), each[~np.isnan(each)].mean()


@right("two_means")
def by_masked_arrays(matrices):
    counts = np.concatenate([matrices.sum(0, keepdims=True), matrices]).astype("f8")
    hit = np.einsum("nkk->nk", counts)
    union = np.einsum("nab->na", counts) + np.einsum("nab->nb", counts) - hit
    scores = np.ma.masked_array(hit, union == 0) / np.ma.masked_equal(union, 0)
    means = scores.mean(axis=1)
    return float(means[0]), float(means[1:].mean())


def iou_of(counts):
    hit = np.diagonal(counts, axis1=-2, axis2=-1)
    return hit / (counts.sum(-1) + counts.sum(-2) - hit)


@wrong("two_means", "swapped")
def returns_the_mean_of_images_first(matrices):
    return by_nanmean(matrices)[::-1]


@wrong("two_means", "Add up the matrices first")
def averages_images_twice(matrices):
    return by_nanmean(matrices)[1], by_nanmean(matrices)[1]


@wrong("two_means", "Each image has its own")
def pools_twice(matrices):
    return by_nanmean(matrices)[0], by_nanmean(matrices)[0]


@wrong("two_means", "count them twice")
def counts_hits_twice(matrices):
    def scores(counts):
        hit = np.diagonal(counts, axis1=-2, axis2=-1)
        return hit / (counts.sum(-1) + counts.sum(-2))

    each = np.nanmean(scores(matrices), axis=1)
    return np.nanmean(scores(matrices.sum(0))), np.nanmean(each)


@wrong("two_means", "divide by the row alone")
def divides_by_the_truth(matrices):
    def scores(counts):
        return np.diagonal(counts, axis1=-2, axis2=-1) / counts.sum(-1)

    each = np.nanmean(scores(matrices), axis=1)
    return np.nanmean(scores(matrices.sum(0))), np.nanmean(each)


@wrong("two_means", "scores 0 in your means")
def takes_nothing_for_a_miss(matrices):
    scores = np.nan_to_num(iou_of(matrices))
    return np.nan_to_num(iou_of(matrices.sum(0))).mean(), scores.mean(1).mean()


@wrong("two_means", "scores 1 in your means")
def takes_nothing_for_a_hit(matrices):
    scores = np.nan_to_num(iou_of(matrices), nan=1.0)
    total = np.nan_to_num(iou_of(matrices.sum(0)), nan=1.0)
    return total.mean(), scores.mean(1).mean()


@wrong("two_means", "nan spoils every mean")
def lets_nan_through(matrices):
    return iou_of(matrices.sum(0)).mean(), iou_of(matrices).mean(1).mean()


@wrong("two_means", "An image that is all void")
def forgets_the_image_that_is_void(matrices):
    each = np.nanmean(iou_of(matrices), axis=1)
    return np.nanmean(iou_of(matrices.sum(0))), each.mean()


@wrong("two_means", "all pairs of image and class")
def averages_everything_at_once(matrices):
    return np.nanmean(iou_of(matrices.sum(0))), np.nanmean(iou_of(matrices))


@wrong("two_means", "share of right pixels")
def gives_accuracies(matrices):
    total = matrices.sum(0)
    hits = np.trace(matrices, axis1=1, axis2=2).sum()
    return np.trace(total) / total.sum(), hits / matrices.sum()


@wrong("two_means", "2 things")
def returns_one_mean(matrices):
    return np.nanmean(iou_of(matrices.sum(0)))


@wrong("two_means", "predicted and nowhere in the truth is missing")
def lets_the_truth_decide(matrices):
    def mean(m):
        hit, rows = np.diag(m), m.sum(1)
        union = rows + m.sum(0) - hit
        return (hit[rows > 0] / union[rows > 0]).mean() if rows.any() else np.nan

    return mean(matrices.sum(0)), np.nanmean([mean(m) for m in matrices])


@wrong("two_means", "never predicted is missing")
def lets_the_prediction_decide(matrices):
    return lets_the_truth_decide(matrices.swapaxes(1, 2))


@wrong("two_means", "A class without a hit is missing")
def leaves_out_classes_without_a_hit(matrices):
    def mean(m):
        hit = np.diag(m)
        union = m.sum(1) + m.sum(0) - hit
        return (hit[hit > 0] / union[hit > 0]).mean() if hit.any() else np.nan

    return mean(matrices.sum(0)), np.nanmean([mean(m) for m in matrices])


@wrong("two_means", "all void scores 0")
def scores_an_empty_image_0(matrices):
    each = np.nan_to_num(np.nanmean(iou_of(matrices), axis=1))
    return by_nanmean(matrices)[0], each.mean()


@wrong("two_means", "all void scores 1")
def scores_an_empty_image_1(matrices):
    each = np.nan_to_num(np.nanmean(iou_of(matrices), axis=1), nan=1)
    return by_nanmean(matrices)[0], each.mean()


@wrong("two_means", "changes every IoU")
def with_an_epsilon(matrices):
    def s(m):
        hit = np.diagonal(m, axis1=-2, axis2=-1)
        return ((hit + 1) / (m.sum(-1) + m.sum(-2) - hit + 1)).mean(-1)

    return s(matrices.sum(0)), s(matrices).mean()


@right("two_means")
def zero_d_arrays(matrices):
    return [np.array(x, np.float32) for x in by_nanmean(matrices)]


@right("two_means")
def one_array(matrices):
    return np.array(by_nanmean(matrices))


# Borders of classes


@right("border_iou")
def by_shifts_of_an_edge_padded_map(truth, prediction, classes, distance):
    def near(labels):
        wide = np.pad(labels, distance, mode="edge")
        size = 2 * distance + 1
        windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
        return windows.max(axis=(2, 3)) != windows.min(axis=(2, 3))

    scores = []
    for one in range(classes):
        a, b = (near(part) & (part == one) for part in (truth, prediction))
        scores.append((a & b).sum() / (a | b).sum() if (a | b).any() else np.nan)
    return scores


@right("border_iou")
def in_loops_over_neighbourhoods(truth, prediction, classes, distance):
    def near(labels):
        found = np.zeros(labels.shape, bool, order="F")
        for y in range(labels.shape[0]):
            for x in range(labels.shape[1]):
                top, left = max(y - distance, 0), max(x - distance, 0)
                around = labels[top : y + distance + 1, left : x + distance + 1]
                found[y, x] = (around != labels[y, x]).any()
        return found

    a, b = near(truth), near(prediction)
    scores = np.full(classes, np.nan, np.float32)
    for one in range(classes):
        in_a, in_b = a & (truth == one), b & (prediction == one)
        if (in_a | in_b).sum():
            scores[one] = (in_a & in_b).sum() / (in_a | in_b).sum()
    return scores


@right("border_iou")
def by_eroding_each_class(truth, prediction, classes, distance):
    def band(labels, one):
        inside = mask = labels == one
        for _ in range(distance):
            for axis in (0, 1):
                wide = np.pad(
                    inside,
                    [(1, 1) if a == axis else (0, 0) for a in (0, 1)],
                    constant_values=True,
                )
                parts = [
                    np.take(wide, range(i, i + mask.shape[axis]), axis)
                    for i in range(3)
                ]
                inside = parts[0] & parts[1] & parts[2]
        return mask & ~inside

    def score(one):
        both = [band(part, one) for part in (truth, prediction)]
        union = np.logical_or(*both).sum()
        return np.logical_and(*both).sum() / union if union else float("nan")

    return np.array([score(one) for one in range(classes)])


def bands(truth, prediction, classes, distance, pad=None, reach=0):
    for one in range(classes):
        found = []
        for part in (truth, prediction):
            mask = part == one
            size = max(2 * (distance + reach) + 1, 1)
            margin = size // 2
            pads = {"mode": "edge"} if pad is None else {"constant_values": pad}
            wide = np.pad(mask, margin, **pads)
            windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
            found.append(mask & ~windows.all(axis=(2, 3)))
        yield found


def ious(pairs, nothing=np.nan):
    pairs = [(a & b, a | b) for a, b in pairs]
    return [both.sum() / any_.sum() if any_.any() else nothing for both, any_ in pairs]


@wrong("border_iou", "The frame counts as a border")
def takes_the_frame_for_a_border(*arguments):
    return ious(bands(*arguments, pad=False))


@wrong("border_iou", "You pad with 0")
def pads_with_zeros(truth, prediction, classes, distance):
    def near(labels):
        wide = np.pad(labels, distance)
        size = 2 * distance + 1
        windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
        return windows.max(axis=(2, 3)) != windows.min(axis=(2, 3))

    a, b = near(truth), near(prediction)
    return ious((a & (truth == k), b & (prediction == k)) for k in range(classes))


@wrong("border_iou", "diamond")
def grows_a_diamond(truth, prediction, classes, distance):
    def inner(mask):
        for _ in range(distance):
            wide = np.pad(mask, 1, mode="edge")
            rows = wide[:-2, 1:-1] & wide[2:, 1:-1]
            mask = mask & rows & wide[1:-1, :-2] & wide[1:-1, 2:]
        return mask

    pairs = []
    for one in range(classes):
        pairs.append([(p == one) & ~inner(p == one) for p in (truth, prediction)])
    return ious(pairs)


@wrong("border_iou", "one pixel too thin")
def stops_one_pixel_early(*arguments):
    return ious(bands(*arguments, reach=-1))


@wrong("border_iou", "one pixel too thick")
def goes_one_pixel_too_far(*arguments):
    return ious(bands(*arguments, reach=1))


@wrong("border_iou", "just outside of each class")
def takes_the_outer_border(truth, prediction, classes, distance):
    pairs = []
    for one in range(classes):
        both = []
        for part in (truth, prediction):
            wide = np.pad(part == one, distance)
            size = 2 * distance + 1
            windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
            both.append(windows.any(axis=(2, 3)) & (part != one))
        pairs.append(both)
    return ious(pairs)


@wrong("border_iou", "score of all borders together")
def scores_all_borders_together(truth, prediction, classes, distance):
    size = 2 * distance + 1
    both = []
    for part in (truth, prediction):
        wide = np.pad(part, distance, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
        both.append(windows.max((2, 3)) != windows.min((2, 3)))
    return ious([both]) * classes


@wrong("border_iou", "borders of the truth alone")
def scores_a_trimap(truth, prediction, classes, distance):
    size = 2 * distance + 1
    wide = np.pad(truth, distance, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
    band = windows.max((2, 3)) != windows.min((2, 3))
    parts = [(band & (truth == k), band & (prediction == k)) for k in range(classes)]
    return ious(parts)


@wrong("border_iou", "IoU of the whole classes")
def scores_whole_classes(truth, prediction, classes, distance):
    return ious((truth == k, prediction == k) for k in range(classes))


@wrong("border_iou", "scores 0 in your result")
def takes_no_border_for_a_miss(*arguments):
    return ious(bands(*arguments), nothing=0.0)


@wrong("border_iou", "must be (2,)")
def returns_the_mean(*arguments):
    return np.nanmean(ious(bands(*arguments)))


@wrong("border_iou", "Your window is `distance` pixels wide")
def half_window(truth, prediction, classes, distance):
    return ious(bands(truth, prediction, classes, max(distance // 2, 1)))


@wrong("border_iou", "pixels near the frame")
def valid_only(truth, prediction, classes, distance):
    size = 2 * distance + 1
    if min(truth.shape) < size:
        return np.full(classes, np.nan)
    pairs = []
    for one in range(classes):
        both = []
        for part in (truth, prediction):
            w = np.lib.stride_tricks.sliding_window_view(part, (size, size))
            c = part[distance:-distance, distance:-distance]
            both.append((w.max((2, 3)) != w.min((2, 3))) & (c == one))
        pairs.append(both)
    return ious(pairs)


@wrong("border_iou", "goes on at its other side")
def wraps(truth, prediction, classes, distance):
    size = 2 * distance + 1
    pairs = []
    for one in range(classes):
        both = []
        for part in (truth, prediction):
            wide = np.pad(part, distance, "wrap")
            w = np.lib.stride_tricks.sliding_window_view(wide, (size, size))
            both.append((w.max((2, 3)) != w.min((2, 3))) & (part == one))
        pairs.append(both)
    return ious(pairs)


def near_by_shape(labels, distance, inside):
    found = np.zeros(labels.shape, bool)
    for y, x in np.ndindex(*labels.shape):
        for b, a in np.ndindex(*labels.shape):
            if max(abs(b - y), abs(a - x)) <= distance and inside(b - y, a - x):
                found[y, x] |= labels[b, a] != labels[y, x]
    return found


def by_shape(truth, prediction, classes, distance, inside):
    a, b = (near_by_shape(x, distance, inside) for x in (truth, prediction))
    return ious((a & (truth == k), b & (prediction == k)) for k in range(classes))


@wrong("border_iou", "is a disc")
def takes_a_disc(truth, prediction, classes, distance):
    return by_shape(
        truth, prediction, classes, distance, lambda y, x: y * y + x * x <= distance**2
    )


@wrong("border_iou", "is a diamond")
def takes_a_diamond(truth, prediction, classes, distance):
    return by_shape(
        truth, prediction, classes, distance, lambda y, x: abs(y) + abs(x) <= distance
    )


@wrong("border_iou", "is a cross")
def takes_a_cross(truth, prediction, classes, distance):
    return by_shape(truth, prediction, classes, distance, lambda y, x: not y * x)


@wrong("border_iou", "in one of the maps alone")
def both_needed(truth, prediction, classes, distance):
    scores = ious(bands(truth, prediction, classes, distance))
    both = [(truth == k).any() and (prediction == k).any() for k in range(classes)]
    return np.where(both, scores, np.nan)


@wrong("border_iou", "divide by the border of the truth")
def recall_border(truth, prediction, classes, distance):
    pairs = bands(truth, prediction, classes, distance)
    return [(a & b).sum() / a.sum() if a.any() else np.nan for a, b in pairs]


@wrong("border_iou", "Your window is `distance` pixels wide")
def window_as_wide_as_the_distance(truth, prediction, classes, distance):
    pairs, before = [], distance // 2
    edge = (before, distance - 1 - before)
    for one in range(classes):
        both = []
        for part in (truth, prediction):
            wide = np.pad(part == one, (edge, edge), mode="edge")
            view = np.lib.stride_tricks.sliding_window_view(wide, (distance, distance))
            both.append((part == one) & ~view.all(axis=(2, 3)))
        pairs.append(both)
    return ious(pairs)


# Run lengths


@right("encode")
def by_changes(mask):
    pixels = np.concatenate([[False], mask.T.ravel().astype(bool)])
    changes = np.flatnonzero(pixels[1:] != pixels[:-1])
    return np.diff(np.concatenate([[0], changes, [mask.size]]))


@right("encode")
def counting_pixel_by_pixel(mask):
    counts, last = [0], 0
    for column in range(mask.shape[1]):
        for row in range(mask.shape[0]):
            if mask[row, column] != last:
                counts.append(0)
                last = mask[row, column]
            counts[-1] += 1
    return counts


@right("encode")
def in_fortran_order_as_floats(mask):
    pixels = np.asfortranarray(mask).ravel(order="F").astype(float)
    edges = np.flatnonzero(np.diff(np.concatenate([[0.0], pixels]))) * 1.0
    return np.diff(edges, prepend=0, append=pixels.size).astype(np.float32)


@right("encode")
def by_splitting_a_text(mask):
    text = "".join("1" if pixel else "0" for pixel in mask.flatten("F"))
    cut = text.replace("01", "0 1").replace("10", "1 0").split()
    counts = tuple(len(run) for run in cut)
    return counts if text.startswith("0") else (0, *counts)


@wrong("encode", "You go row by row")
def goes_row_by_row(mask):
    return by_changes(mask.T)


@wrong("encode", "even if there are none")
def forgets_the_empty_first_run(mask):
    counts = by_changes(mask)
    return counts if counts[0] else counts[1:]


@wrong("encode", "Zeros come first")
def starts_with_ones(mask):
    return by_changes(mask == 0)


@wrong("encode", "The last run is missing")
def forgets_the_last_run(mask):
    pixels = np.concatenate([[0], mask.T.ravel().astype(int)])
    return np.diff(np.concatenate([[0], np.flatnonzero(np.diff(pixels))]))


@wrong("encode", "first and the last run are missing")
def forgets_both_ends(mask):
    return np.diff(np.flatnonzero(np.diff(mask.T.ravel().astype(int))))


@wrong("encode", "a run starts at i + 1")
def is_off_by_one(mask):
    pixels = mask.T.ravel().astype(int)
    changes = np.flatnonzero(np.diff(pixels))  # one too early
    return np.diff(np.concatenate([[0], changes, [pixels.size]]))


@wrong("encode", "Return how long they are")
def returns_the_starts(mask):
    counts = by_changes(mask)
    return np.concatenate([[0], np.cumsum(counts)[:-1]])


@wrong("encode", "0 - 1 is 255")
def subtracts_uint8(mask):
    pixels = mask.T.ravel().astype(np.uint8)
    changes = np.flatnonzero(np.diff(pixels) == 1) + 1
    return np.diff(np.concatenate([[0], changes, [pixels.size]]))


@wrong("encode", "does not fit into uint8")
def stores_counts_in_uint8(mask):
    return by_changes(mask).astype(np.uint8)


@wrong("encode", "a start and a length")
def writes_starts_and_lengths(mask):
    pixels = np.concatenate([[0], mask.T.flatten(), [0]])
    runs = np.where(pixels[1:] != pixels[:-1])[0] + 1
    runs[1::2] -= runs[::2]
    return runs


@wrong("encode", "run of length 0 at the end")
def trailing_zero(mask):
    return [*by_changes(mask), 0]


@wrong("encode", "run of length 0 at the end")
def even_counts(mask):
    counts = [*by_changes(mask)]
    return counts + [0] * (len(counts) % 2)


@wrong("encode", "You start anew in each column")
def column_alone(mask):
    return np.concatenate([by_changes(mask[:, [k]]) for k in range(mask.shape[1])])


@wrong("encode", "where runs end")
def ends_cumulative(mask):
    return np.cumsum(by_changes(mask))


@wrong("encode", "into int8")
def int8_counts(mask):
    return by_changes(mask).astype(np.int8)


@wrong("encode", "does not subtract bool")
def minus_bool(mask):
    p = mask.T.ravel()  # may be bool
    c = np.flatnonzero(p[1:] - p[:-1]) + 1
    return np.diff([0, *([0] if p[0] else []), *c, p.size])


@right("encode")
def tuple_np(mask):
    return tuple(np.uint16(x) for x in by_changes(mask))


@right("decode")
def by_repeat(counts, height, width):
    turns = np.arange(len(counts)) % 2
    return np.repeat(turns, counts).reshape(width, height).T


@right("decode")
def by_appending_to_a_list(counts, height, width):
    pixels, value = [], False
    for count in counts:
        pixels.extend([value] * int(count))
        value = not value
    return np.array(pixels).reshape((height, width), order="F")


@right("decode")
def by_slices_in_uint8(counts, height, width):
    flat, start = np.zeros(height * width, np.uint8), 0
    for zeros, ones in zip(counts[::2], counts[1::2]):
        flat[start + int(zeros) : start + int(zeros) + int(ones)] = 1
        start += int(zeros) + int(ones)
    return [flat[row::height].tolist() for row in range(height)]


@right("decode")
def by_cumulative_sums(counts, height, width):
    ends = np.cumsum(np.asarray(counts, np.int64))
    turn = np.searchsorted(ends, np.arange(height * width), side="right")
    return np.asfortranarray((turn % 2).astype(bool).reshape(width, height).T)


@wrong("decode", "fill the mask row by row")
def fills_rows(counts, height, width):
    return np.repeat(np.arange(len(counts)) % 2, counts).reshape(height, width)


@wrong("decode", "lies on its side")
def forgets_to_turn_back(counts, height, width):
    return np.repeat(np.arange(len(counts)) % 2, counts).reshape(width, height)


@wrong("decode", "Object and background are swapped")
def starts_with_the_object(counts, height, width):
    return 1 - by_repeat(counts, height, width)


@wrong("decode", "in one long row")
def forgets_the_shape(counts, height, width):
    return np.repeat(np.arange(len(counts)) % 2, counts)


@wrong("decode", "Runs take turns")
def numbers_the_runs(counts, height, width):
    return np.repeat(np.arange(len(counts)), counts).reshape(width, height).T


@wrong("decode", "it takes its turn")
def skips_empty_runs(counts, height, width):
    counts = [counts[0], *(count for count in counts[1:] if count)]
    return by_repeat(counts, height, width)


@wrong("decode", "it takes its turn")
def turns_only_where_something_is_written(counts, height, width):
    return by_repeat([count for count in counts if count], height, width)


@wrong("decode", "pairs of a start and a length")
def reads_starts_and_lengths(counts, height, width):
    flat = np.zeros(height * width, np.uint8)
    for start, length in zip(counts[::2], counts[1::2]):
        flat[int(start) - 1 : int(start) - 1 + int(length)] = 1
    return flat.reshape(width, height).T


@wrong("decode", "changes counts in place")
def counts_down_in_place(counts, height, width):
    mask = by_repeat(counts, height, width)
    counts[1:] = 0
    return mask


@wrong("decode", "sums of counts are uint8")
def in_uint8_sum(counts, height, width):
    ends = np.cumsum(np.asarray(counts, np.uint8), dtype=np.uint8)
    turn = np.searchsorted(ends, np.arange(height * width), side="right")
    return (turn % 2).reshape(width, height).T


@wrong("decode", "one pixel too long")
def side_left(counts, height, width):
    ends = np.cumsum(counts)
    turn = np.searchsorted(ends, np.arange(height * width), side="left")
    return (turn % 2).reshape(width, height).T


@wrong("decode", "Left and right")
def mirrored(counts, height, width):
    return by_repeat(counts, height, width)[:, ::-1]


@wrong("decode", "holds 0 and 255")
def value_255(counts, height, width):
    return by_repeat(counts, height, width) * 255


@right("decode")
def bools(counts, height, width):
    return by_repeat(counts, height, width).astype(bool).tolist()


# Stories


@right("score")
def as_the_lesson_would(story, truths, predictions):
    if story == "clinic":
        return metrics.dice(truths, predictions).mean()
    if story == "cut-out":
        return metrics.boundary_iou(truths, predictions).mean()
    classes = int(truths.max()) + 1
    return metrics.mean_iou(metrics.confusion_matrix(truths, predictions, classes))


@right("score")
def with_other_fitting_scores(story, truths, predictions):
    if story == "clinic":  # the worst patient
        return float(metrics.iou(truths == 1, predictions == 1).min())
    if story == "cut-out":
        return np.mean(metrics.boundary_iou(truths, predictions, width=0.04))
    confusion = metrics.confusion_matrix(truths, predictions, 5)
    return np.nanmin(metrics.class_dice(confusion))


@right("score")
def from_scratch(story, truths, predictions):
    truths, predictions = truths.astype(int), predictions.astype(int)
    if story == "driving":
        shares = []
        for one in np.unique(truths):
            union = (truths == one) | (predictions == one)
            shares.append(((truths == one) & (predictions == one)).sum() / union.sum())
        return sum(shares) / len(shares)
    if story == "clinic":
        found = [(p * t).sum() / t.sum() for t, p in zip(truths, predictions)]
        return np.float32(sum(found) / len(found))
    edges = [np.diff(part, axis=2) != 0 for part in (truths, predictions)]
    edges = [e & (np.cumsum(e, axis=2) == 1) for e in edges]  # the outermost one
    return (edges[0] & edges[1]).sum() / edges[0].sum()


@right("score")
def minus_the_errors(story, truths, predictions):
    if story == "clinic":
        share = [((t != p).sum() / t.sum()) for t, p in zip(truths, predictions)]
        return -sum(share)
    return as_the_lesson_would(story, truths, predictions) - 1


def with_one_changed(changed, score):
    def answer(story, truths, predictions):
        if story == changed:
            return score(truths, predictions)
        return as_the_lesson_would(story, truths, predictions)

    return answer


def accuracy(truths, predictions):
    return (truths == predictions).mean()


def pooled_dice(truths, predictions):
    both = ((truths == 1) & (predictions == 1)).sum()
    return 2 * both / ((truths == 1).sum() + (predictions == 1).sum())


@wrong("score", "wherever they are and whatever they belong to")
def takes_accuracy_for_all(story, truths, predictions):
    return accuracy(truths, predictions)


@wrong("score", "Score each image, then take the mean")
def pools_the_patients(*arguments):
    return with_one_changed("clinic", pooled_dice)(*arguments)


@wrong("score", "Look at the border alone")
def takes_dice_for_the_cutout(*arguments):
    mean = with_one_changed("cut-out", lambda t, p: metrics.dice(t, p).mean())
    return mean(*arguments)


@wrong("score", "Every class must count as much")
def takes_accuracy_for_driving(*arguments):
    return with_one_changed("driving", accuracy)(*arguments)


@wrong("score", "In this story the area is missed")
def takes_the_border_for_the_clinic(story, truths, predictions):
    if story == "driving":
        return as_the_lesson_would(story, truths, predictions)
    return metrics.boundary_iou(truths, predictions).mean()


@wrong("score", "Higher must be better")
def counts_errors(story, truths, predictions):
    return 1 - as_the_lesson_would(story, truths, predictions)


@wrong("score", "one number for the whole batch")
def returns_a_score_for_each_image(*arguments):
    return with_one_changed("clinic", metrics.dice)(*arguments)


@wrong("score", "ranks nothing")
def divides_by_a_class_that_is_missing(story, truths, predictions):
    if story == "driving":
        confusion = metrics.confusion_matrix(truths, predictions, 5)
        return metrics.class_iou(confusion).mean()
    return as_the_lesson_would(story, truths, predictions)


@wrong("score", "score alike")
def looks_at_the_largest_class(*arguments):
    def areas(truths, predictions):
        return (predictions[truths == 2] == 2).mean()

    return with_one_changed("driving", areas)(*arguments)


@wrong("score", "no score for the story cut-out")
def one_story(story, truths, predictions):
    if story == "clinic":
        return metrics.dice(truths, predictions).mean()


@wrong("score", "no score for the story driving")
def two_stories(story, truths, predictions):
    if story != "driving":
        return as_the_lesson_would(story, truths, predictions)


@wrong("score", "one number for the whole batch")
def bool_array(story, truths, predictions):
    return np.array(True)


@wrong("score", "one number for the whole batch")
def str_array(story, truths, predictions):
    return np.array("0.5")


@right("score")
def zero_d(story, truths, predictions):
    return np.array(as_the_lesson_would(story, truths, predictions), np.float32)


@right("score")
def fraction(story, truths, predictions):
    return Fraction(float(as_the_lesson_would(story, truths, predictions)))
