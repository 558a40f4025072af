"""Answers to lab 04: doubling, fusing scales, comparisons, luck and a whole report."""

import itertools
import math
import statistics

import numpy as np

from answers import Answers

answers = Answers("lab04")
right, wrong = answers.right, answers.wrong


# Doubling up to an odd size


def doubled_along(cells, axis, length, own=0.75, mode="edge"):
    cells = np.moveaxis(np.asarray(cells, float), axis, 0)
    wide = np.pad(cells, [(1, 1)] + [(0, 0)] * (cells.ndim - 1), mode=mode)
    out = np.empty((2 * len(cells), *cells.shape[1:]))
    out[0::2] = own * cells + (1 - own) * wide[:-2]
    out[1::2] = own * cells + (1 - own) * wide[2:]
    return np.moveaxis(out[:length], 0, axis)


@right("double")
def axis_by_axis(cells, height, width):
    return doubled_along(doubled_along(cells, 0, height), 1, width)


@right("double")
def pixel_loops(cells, height, width):
    h, w, _ = cells.shape
    out = []
    for y in range(height):
        near_y = y // 2 - 1 if y % 2 == 0 else y // 2 + 1
        near_y = min(max(near_y, 0), h - 1)
        row = []
        for x in range(width):
            near_x = x // 2 - 1 if x % 2 == 0 else x // 2 + 1
            near_x = min(max(near_x, 0), w - 1)
            upper = 0.75 * cells[y // 2, x // 2] + 0.25 * cells[y // 2, near_x]
            lower = 0.75 * cells[near_y, x // 2] + 0.25 * cells[near_y, near_x]
            row.append(0.75 * upper + 0.25 * lower)
        out.append(row)
    return np.array(out)


@right("double")
def numpys_interpolation_in_fortran_order(cells, height, width):
    h, w, channels = cells.shape
    rows = (np.arange(height) + 0.5) / 2 - 0.5
    columns = (np.arange(width) + 0.5) / 2 - 0.5
    out = np.empty((height, width, channels), order="F")
    for c in range(channels):
        wide = np.array([np.interp(columns, range(w), row) for row in cells[..., c]])
        for x in range(width):
            out[:, x, c] = np.interp(rows, range(h), wide[:, x])
    return out


@right("double")
def by_matrices_in_float32(cells, height, width):
    def matrix(length, count):
        m = np.zeros((length, count), np.float32)
        for pixel in range(length):
            other = pixel // 2 + (1 if pixel % 2 else -1)
            m[pixel, pixel // 2] += 0.75
            m[pixel, np.clip(other, 0, count - 1)] += 0.25
        return m

    h, w, _ = cells.shape
    x = np.tensordot(matrix(height, h), cells.astype(np.float32), 1)
    return np.swapaxes(np.tensordot(matrix(width, w), x.swapaxes(0, 1), 1), 0, 1)


@wrong("double", "You repeat each cell")
def repeats_the_cells(cells, height, width):
    return cells.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]


@wrong("double", "aligned corners")
def aligns_the_corners(cells, height, width):
    h, w, channels = cells.shape
    rows, columns = np.linspace(0, h - 1, height), np.linspace(0, w - 1, width)
    out = np.zeros((height, width, channels))
    for c in range(channels):
        wide = np.array([np.interp(columns, range(w), row) for row in cells[..., c]])
        for x in range(width):
            out[:, x, c] = np.interp(rows, range(h), wide[:, x])
    return out


@wrong("double", "you squeeze all cells a little")
def resizes_to_the_odd_size(cells, height, width):
    h, w, channels = cells.shape
    rows = (np.arange(height) + 0.5) * h / height - 0.5
    columns = (np.arange(width) + 0.5) * w / width - 0.5
    out = np.zeros((height, width, channels))
    for c in range(channels):
        wide = np.array([np.interp(columns, range(w), row) for row in cells[..., c]])
        for x in range(width):
            out[:, x, c] = np.interp(rows, range(h), wide[:, x])
    return out


@wrong("double", "Beyond the border you take 0")
def takes_zero_beyond_the_border(cells, height, width):
    rows = doubled_along(cells, 0, height, mode="constant")
    return doubled_along(rows, 1, width, mode="constant")


@wrong("double", "np.roll and the index -1 go round")
def rolls(cells, height, width):
    for axis, length in enumerate((height, width)):
        even = 0.75 * cells + 0.25 * np.roll(cells, 1, axis)
        odd = 0.75 * cells + 0.25 * np.roll(cells, -1, axis)
        cells = np.stack([even, odd], axis + 1)
        shape = [*cells.shape]
        shape[axis : axis + 2] = [shape[axis] * 2]
        cells = cells.reshape(shape).take(range(length), axis)
    return cells


@wrong("double", "3/4 and 1/4 are swapped")
def swaps_the_shares(cells, height, width):
    return doubled_along(doubled_along(cells, 0, height, 0.25), 1, width, 0.25)


@wrong("double", "has the type of the cells")
def keeps_the_type_on_each_axis(cells, height, width):
    for axis, length in enumerate((height, width)):
        shape = [*cells.shape]
        shape[axis] *= 2
        out = np.zeros_like(cells, shape=shape)
        out[:] = doubled_along(cells, axis, 2 * cells.shape[axis])
        cells = out.take(range(length), axis)
    return cells


@wrong("double", "The neighbours are swapped")
def takes_the_other_neighbour(cells, height, width):
    for axis, length in ((0, height), (1, width)):
        full = doubled_along(cells, axis, 2 * cells.shape[axis])
        order = np.arange(full.shape[axis]) ^ 1  # 1, 0, 3, 2, ...
        cells = full.take(order[:length], axis)
    return cells


@wrong("double", "you drop the first pixel")
def drops_the_first_pixel(cells, height, width):
    full = axis_by_axis(cells, 2 * cells.shape[0], 2 * cells.shape[1])
    return full[-height:, -width:]


@wrong("double", "You return the even size")
def forgets_the_odd_size(cells, height, width):
    return axis_by_axis(cells, 2 * len(cells), 2 * cells.shape[1])


@wrong("double", "means in between")
def puts_means_between_the_cells(cells, height, width):
    h, w, channels = cells.shape
    rows = np.zeros((2 * h, w, channels))
    rows[::2] = cells
    rows[1:-1:2] = (cells[1:] + cells[:-1]) / 2
    rows[-1] = cells[-1]
    out = np.zeros((2 * h, 2 * w, channels))
    out[:, ::2] = rows
    out[:, 1:-1:2] = (rows[:, 1:] + rows[:, :-1]) / 2
    out[:, -1] = rows[:, -1]
    return out[:height, :width]


@wrong("double", "You blend rows only")
def blends_rows_only(cells, height, width):
    return doubled_along(cells, 0, height).repeat(2, axis=1)[:, :width]


@wrong("double", "You blend columns only")
def blends_columns_only(cells, height, width):
    return doubled_along(cells, 1, width).repeat(2, axis=0)[:height]


@wrong("double", "cut to whole numbers")
def keeps_the_type_of_the_cells(cells, height, width):
    out = np.zeros((height, width, cells.shape[2]), cells.dtype)
    out[:] = axis_by_axis(cells, height, width)
    return out


@wrong("double", "changes cells in place")
def adds_in_place(cells, height, width):
    result = axis_by_axis(cells, height, width)
    cells += 1
    return result


def doubled(cells, height, width, own=0.75):
    for axis, length in ((0, height), (1, width)):
        cells = np.moveaxis(np.asarray(cells, float), axis, 0)
        wide = np.concatenate([cells[:1], cells, cells[-1:]])
        finer = np.empty((2 * len(cells), *cells.shape[1:]))
        finer[0::2] = own * cells + (1 - own) * wide[:-2]
        finer[1::2] = own * cells + (1 - own) * wide[2:]
        cells = np.moveaxis(finer[:length], 0, axis)
    return cells


@right("double")
def lists(cells, height, width):
    return doubled(cells, height, width).tolist()


@right("double")
def f32(cells, height, width):
    return np.asfortranarray(doubled(cells, height, width).astype("f4"))


@wrong("double", "has 3/4")
def two_thirds(cells, height, width):
    return doubled(cells, height, width, 2 / 3)


@wrong("double", "across the corner alone")
def diagonal_neighbour(cells, height, width):
    p = np.pad(cells, ((1, 1), (1, 1), (0, 0)), "edge").astype(float)
    out = np.zeros((height, width, cells.shape[2]))
    for y in range(height):
        for x in range(width):
            dy, dx = 2 * (y % 2) - 1, 2 * (x % 2) - 1
            i, j = y // 2 + 1, x // 2 + 1
            out[y, x] = 0.75 * p[i, j] + 0.25 * p[i + dy, j + dx]
    return out


@wrong("double", "an axis of length 1 is missing")
def squeezes_the_channels(cells, height, width):
    return axis_by_axis(cells, height, width).squeeze()


@wrong("double", "the first channel alone")
def first_channel(cells, height, width):
    return doubled(cells[..., :1], height, width)


@wrong("double", "You round the scores")
def rounds(cells, height, width):
    return doubled(cells, height, width).round()


# Three scales fused


def parts_of(features, kernel):
    start, parts = 0, []
    for found in features:
        parts.append(kernel[start : start + found.shape[-1]])
        start += found.shape[-1]
    return parts


@right("fuse")
def scores_first(features, weights, kernel, bias, double):
    ends = np.cumsum([found.shape[-1] for found in features])
    parts = np.split(kernel, ends[:-1])
    scores = weights[0] * (features[0] @ parts[0])
    for finer, part, weight in zip(features[1:], parts[1:], weights[1:], strict=True):
        scores = double(scores, *finer.shape[:2]) + weight * (finer @ part)
    return scores + bias


@right("fuse")
def each_scale_on_its_own(features, weights, kernel, bias, double):
    first, second, third = parts_of(features, kernel)
    middle, fine = features[1].shape[:2], features[2].shape[:2]
    coarse = double(double(features[0] @ (weights[0] * first), *middle), *fine)
    return (
        coarse
        + double(features[1] @ (weights[1] * second), *fine)
        + features[2] @ (weights[2] * third)
        + bias
    )


@right("fuse")
def the_bias_first(features, weights, kernel, bias, double):
    """Enlarging leaves a constant as it is, so the bias may come in early."""
    scaled = [w * np.einsum("hwc,ck->hwk", f, p)
              for w, f, p in zip(weights, features, parts_of(features, kernel),
                                 strict=True)]  # fmt: skip
    total = scaled[0] + bias
    for scores in scaled[1:]:
        total = scores + double(total, scores.shape[0], scores.shape[1])
    return np.asfortranarray(total)


@right("fuse")
def class_by_class_in_float32(features, weights, kernel, bias, double):
    maps = []
    for k in range(kernel.shape[1]):
        column, total = kernel[:, k].astype(np.float32), None
        for weight, found in zip(weights, features, strict=True):
            count = found.shape[2]
            own = np.float32(weight) * (found.astype(np.float32) @ column[:count])
            column = column[count:]
            if total is not None:
                own = own + double(total[..., None], *own.shape)[..., 0]
            total = own
        maps.append(total + bias[k])
    return np.stack(maps, axis=-1).astype(np.float32)


@wrong("fuse", "You enlarge")
def enlarges_features(features, weights, kernel, bias, double):
    coarse, middle, fine = (w * f for w, f in zip(weights, features, strict=True))
    coarse = double(coarse, *middle.shape[:2])
    both = double(np.concatenate([coarse, middle], -1), *fine.shape[:2])
    return np.concatenate([both, fine], -1) @ kernel + bias


@wrong("fuse", "keep the axis of the channels")
def squeezes_the_scores(features, weights, kernel, bias, double):
    coarse, middle, fine = (
        weight * (found @ part)[..., 0]
        for weight, found, part in zip(
            weights, features, parts_of(features, kernel), strict=True
        )
    )
    added = double(coarse, *middle.shape[:2]) + middle
    return double(added, *fine.shape[:2]) + fine + bias


@wrong("fuse", "The bias is added three times")
def adds_the_bias_to_each_scale(features, weights, kernel, bias, double):
    total = None
    for w, f, part in zip(weights, features, parts_of(features, kernel), strict=True):
        scores = w * (f @ part) + bias
        if total is not None:
            scores = scores + double(total, *scores.shape[:2])
        total = scores
    return total


@wrong("fuse", "The weights of the scales also multiply the bias")
def weighs_the_bias(features, weights, kernel, bias, double):
    total = 0
    for w, f, part in zip(weights, features, parts_of(features, kernel), strict=True):
        scores = w * (f @ part + bias)
        total = scores if np.ndim(total) == 0 else scores + double(
            total, *scores.shape[:2])  # fmt: skip
    return total


@wrong("fuse", "The bias is missing")
def forgets_the_bias(features, weights, kernel, bias, double):
    return scores_first(features, weights, kernel, 0 * bias, double)


@wrong("fuse", "does not depend on the weights")
def ignores_the_weights(features, weights, kernel, bias, double):
    return scores_first(features, [1, 1, 1], kernel, bias, double)


@wrong("fuse", "wrong order")
def takes_the_weights_fine_first(features, weights, kernel, bias, double):
    return scores_first(features, weights[::-1], kernel, bias, double)


@wrong("fuse", "divide the weights by their sum")
def normalises_the_weights(features, weights, kernel, bias, double):
    return scores_first(features, weights / np.sum(weights), kernel, bias, double)


@wrong("fuse", "all the weights one after the other")
def weighs_the_running_sum(features, weights, kernel, bias, double):
    first, second, third = parts_of(features, kernel)
    scores = weights[0] * (features[0] @ first)
    for finer, part, weight in zip(features[1:], (second, third), weights[1:],
                                   strict=True):  # fmt: skip
        scores = weight * (double(scores, *finer.shape[:2]) + finer @ part)
    return scores + bias


@wrong("fuse", "cut from the wrong end")
def takes_the_kernel_fine_first(features, weights, kernel, bias, double):
    reordered = parts_of(features[::-1], kernel)[::-1]
    return scores_first(features, weights, np.concatenate(reordered), bias, double)


@wrong("fuse", "three equal parts")
def splits_into_equal_parts(features, weights, kernel, bias, double):
    parts = np.split(kernel, 3)
    scores = weights[0] * np.dot(features[0], parts[0])
    for finer, part, weight in zip(features[1:], parts[1:], weights[1:], strict=True):
        scores = double(scores, *finer.shape[:2]) + weight * np.dot(finer, part)
    return scores + bias


@wrong("fuse", "You average over the scales")
def averages(features, weights, kernel, bias, double):
    return scores_first(features, weights, kernel, bias, double) / 3


@wrong("fuse", "The middle scores never reach the result")
def loses_the_middle(features, weights, kernel, bias, double):
    first, _, third = parts_of(features, kernel)
    coarse = double(weights[0] * (features[0] @ first), *features[1].shape[:2])
    coarse = double(coarse, *features[2].shape[:2])
    return coarse + weights[2] * (features[2] @ third) + bias


@wrong("fuse", "need two steps")
def enlarges_the_coarse_scores_at_once(features, weights, kernel, bias, double):
    first, second, third = parts_of(features, kernel)
    size = features[2].shape[:2]
    coarse = double(weights[0] * (features[0] @ first), *size)
    middle = double(weights[1] * (features[1] @ second), *size)
    return coarse + middle + weights[2] * (features[2] @ third) + bias


@wrong("fuse", "one row or column too many")
def always_doubles(features, weights, kernel, bias, double):
    scores = 0
    for w, f, part in zip(weights, features, parts_of(features, kernel), strict=True):
        if np.ndim(scores):
            scores = double(scores, 2 * scores.shape[0], 2 * scores.shape[1])
        scores = scores + w * (f @ part)
    return scores + bias


@wrong("fuse", "changes features in place")
def weighs_in_place(features, weights, kernel, bias, double):
    for i in range(3):
        features[i] = features[i] * weights[i]
    return scores_first(features, [1, 1, 1], kernel, bias, double)


def fused(features, weights, kernel, bias, double):
    ends = np.cumsum([f.shape[-1] for f in features])
    parts = np.split(kernel, ends[:-1])
    s = weights[0] * (features[0] @ parts[0])
    for f, p, w in zip(features[1:], parts[1:], weights[1:]):
        s = double(s, *f.shape[:2]) + w * (f @ p)
    return s + bias


@right("fuse")
def in_lists(*a):
    return fused(*a).tolist()


@right("fuse")
def bias_in_the_coarse(features, weights, kernel, bias, double):
    ends = np.cumsum([f.shape[-1] for f in features])
    parts = np.split(kernel, ends[:-1])
    s = weights[0] * (features[0] @ parts[0]) + bias
    for f, p, w in zip(features[1:], parts[1:], weights[1:]):
        s = double(s, *f.shape[:2]) + w * (f @ p)
    return s


@wrong("fuse", "Height and width are swapped")
def swaps_size(features, weights, kernel, bias, double):
    ends = np.cumsum([f.shape[-1] for f in features])
    parts = np.split(kernel, ends[:-1])
    s = weights[0] * (features[0] @ parts[0])
    for f, p, w in zip(features[1:], parts[1:], weights[1:]):
        s = double(s, *f.shape[1::-1]) + w * (f @ p)
    return s + bias


@wrong("fuse", "weigh the scales twice")
def weight_squared(features, weights, kernel, bias, double):
    return fused(features, np.square(weights), kernel, bias, double)


@wrong("fuse", "no ReLU behind")
def relu(*a):
    return np.maximum(fused(*a), 0)


@wrong("fuse", "cut to whole numbers")
def int_kept(features, weights, kernel, bias, double):
    return fused(features, weights, kernel, bias, double).astype(int)


# A comparison seed by seed


@right("compare")
def by_numpy(first, second, t):
    gaps = np.array([first[seed] - second[seed] for seed in first])
    mean = gaps.mean()
    if len(gaps) == 1:
        return mean, -np.inf, np.inf, "cannot rank"
    reach = t * np.std(gaps, ddof=1) / len(gaps) ** 0.5
    low, high = mean - reach, mean + reach
    return mean, low, high, "first" if low > 0 else "second" if high < 0 else (
        "cannot rank")  # fmt: skip


@right("compare")
def by_statistics(first, second, t):
    gaps = [first[s] - second[s] for s in second]
    mean = statistics.fmean(gaps)
    try:
        reach = t * statistics.stdev(gaps) / math.sqrt(len(gaps))
    except statistics.StatisticsError:
        reach = math.inf
    if mean - reach > 0:
        return mean, mean - reach, mean + reach, "first"
    if mean + reach < 0:
        return [mean, mean - reach, mean + reach, "second"]
    return mean, mean - reach, mean + reach, "cannot rank"


@right("compare")
def by_loops_in_float32(first, second, t):
    total, count = 0.0, 0
    for seed in sorted(first):
        total, count = total + first[seed] - second[seed], count + 1
    mean, squares = total / count, 0.0
    for seed, score in first.items():
        squares += (score - second[seed] - mean) ** 2
    if count < 2:
        return np.float32(mean), -np.inf, np.inf, "cannot rank"
    reach = t * (squares / (count - 1)) ** 0.5 / count**0.5
    verdict = "cannot rank"
    if abs(mean) > reach:
        verdict = ["second", "first"][int(mean > 0)]
    return np.float32(mean), np.float64(mean - reach), mean + reach, verdict


@right("compare")
def by_the_variance_of_sorted_pairs(first, second, t):
    a = np.array([first[s] for s in sorted(first)], float)
    b = np.array([second[s] for s in sorted(second)], float)
    n, d = len(a), a - b
    variance = ((d - d.mean()) ** 2).sum() / np.float64(n - 1)  # nan for one pair
    reach = t * np.sqrt(variance / n) if n > 1 else np.inf
    ends = np.array([d.mean() - reach, d.mean() + reach])
    names = {2: "first", -2: "second"}
    return d.mean(), *ends, names.get(int(np.sign(ends).sum()), "cannot rank")


@right("compare")
def with_the_verdict_of_select(first, second, t):
    gaps = np.array([first[seed] - second[seed] for seed in second])
    reach = t * gaps.std(ddof=1) / np.sqrt(len(gaps)) if len(gaps) > 1 else np.inf
    low, high = gaps.mean() - reach, gaps.mean() + reach
    verdict = np.select([low > 0, high < 0], ["first", "second"], "cannot rank")
    return gaps.mean(), low, high, verdict


@right("compare")
def with_the_verdict_from_an_array(first, second, t):
    mean, low, high, _ = by_numpy(first, second, t)
    verdicts = np.array(["second", "cannot rank", "first"])
    return [mean, low, high, verdicts[1 + int(low > 0) - int(high < 0)]]


def report_of(gaps, t, reach=None, verdict=None):
    gaps = np.array(gaps, float)
    mean = gaps.mean()
    if len(gaps) == 1:
        return mean, -np.inf, np.inf, "cannot rank"
    if reach is None:
        reach = t * gaps.std(ddof=1) / np.sqrt(len(gaps))
    low, high = mean - reach, mean + reach
    word = "first" if low > 0 else "second" if high < 0 else "cannot rank"
    return mean, low, high, verdict or word


def gaps_of(first, second):
    return np.array([first[seed] - second[seed] for seed in first])


@wrong("compare", "Pair those of the same seed: the order may differ")
def pairs_in_the_order_of_the_dictionaries(first, second, t):
    return report_of([a - b for a, b in zip(first.values(), second.values())], t)


@wrong("compare", "best meets best")
def sorts_the_scores(first, second, t):
    a, b = sorted(first.values()), sorted(second.values())
    return report_of([x - y for x, y in zip(a, b, strict=True)], t)


@wrong("compare", "ddof=1")
def divides_by_n(first, second, t):
    gaps = gaps_of(first, second)
    return report_of(gaps, t, t * gaps.std() / np.sqrt(len(gaps)))


@wrong("compare", "divide by the root of n")
def takes_the_spread_for_the_error(first, second, t):
    gaps = gaps_of(first, second)
    return report_of(gaps, t, t * statistics.stdev(gaps) if len(gaps) > 1 else 0)


@wrong("compare", "standard error has the root of n")
def divides_the_spread_by_n(first, second, t):
    gaps = gaps_of(first, second)
    return report_of(gaps, t, len(gaps) > 1 and t * np.std(gaps, ddof=1) / len(gaps))


@wrong("compare", "Multiply by t")
def forgets_t(first, second, t):
    return report_of(gaps_of(first, second), 1)


@wrong("compare", "1.96 belongs to very many pairs")
def takes_the_normal_distribution(first, second, t):
    return report_of(gaps_of(first, second), 1.96)


@wrong("compare", "the luck that both share")
def compares_two_groups(first, second, t):
    a, b = np.array(list(first.values())), np.array(list(second.values()))
    if len(a) == 1:
        return (a - b)[0], -np.inf, np.inf, "cannot rank"
    error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    return report_of(gaps_of(first, second), t, t * error)


@wrong("compare", "the other way round")
def subtracts_the_first(first, second, t):
    return by_numpy(second, first, t)


@wrong("compare", "The ends of the interval are swapped")
def swaps_the_ends(first, second, t):
    mean, low, high, verdict = by_numpy(first, second, t)
    return mean, high, low, "cannot rank" if low < 0 < high else verdict


@wrong("compare", "looks at the mean alone")
def ranks_by_the_mean(first, second, t):
    mean, low, high, _ = by_numpy(first, second, t)
    if mean == 0:
        return mean, low, high, "cannot rank"
    return mean, low, high, "first" if mean > 0 else "second"


@wrong("compare", "ahead with every seed")
def ranks_by_votes(first, second, t):
    mean, low, high, _ = by_numpy(first, second, t)
    if all(first[seed] > second[seed] for seed in first):
        return mean, low, high, "first"
    if all(first[seed] < second[seed] for seed in first):
        return mean, low, high, "second"
    return mean, low, high, "cannot rank"


@wrong("compare", "spread of single differences. The verdict is about the interval")
def ranks_by_the_spread(first, second, t):
    mean, low, high, _ = by_numpy(first, second, t)
    gaps = list(gaps_of(first, second))
    if len(gaps) < 2 or abs(mean) <= statistics.stdev(gaps):
        return mean, low, high, "cannot rank"
    return mean, low, high, "first" if mean > 0 else "second"


@wrong("compare", "The verdicts are swapped")
def mixes_up_the_names(first, second, t):
    *numbers, verdict = by_numpy(first, second, t)
    other = {"first": "second", "second": "first"}
    return (*numbers, other.get(verdict, verdict))


@wrong("compare", "One pair has no spread, and 0 / 0 is nan")
def leaves_nan_for_one_pair(first, second, t):
    gaps = gaps_of(first, second)
    error = gaps.std(ddof=1) / np.sqrt(len(gaps))
    low, high = gaps.mean() - t * error, gaps.mean() + t * error
    verdict = "first" if low > 0 else "second" if high < 0 else "cannot rank"
    return gaps.mean(), low, high, verdict


@wrong("compare", "not a spread of 0")
def takes_one_pair_for_certain(first, second, t):
    gaps = gaps_of(first, second)
    reach = t * gaps.std(ddof=1) / len(gaps) ** 0.5 if len(gaps) > 1 else 0.0
    low, high = gaps.mean() - reach, gaps.mean() + reach
    verdict = "first" if low > 0 else "second" if high < 0 else "cannot rank"
    return gaps.mean(), low, high, verdict


@wrong("compare", "An interval that touches 0")
def ranks_equal_scores(first, second, t):
    mean, low, high, verdict = by_numpy(first, second, t)
    if len(first) > 1 and low >= 0:
        verdict = "first"
    return mean, low, high, verdict


@wrong("compare", "Each answer is 4 things")
def returns_the_verdict_alone(first, second, t):
    return by_numpy(first, second, t)[-1]


def gaps_by_seed(first, second):
    return np.array([first[s] - second[s] for s in first], float)


def compared_by(first, second, t):
    g = gaps_by_seed(first, second)
    m, r = g.mean(), np.inf
    if len(g) > 1:
        r = t * g.std(ddof=1) / np.sqrt(len(g))
    word = "first" if m > r else "second" if m < -r else "cannot rank"
    return m, m - r, m + r, word


@right("compare")
def object_array(first, second, t):
    return np.array(compared_by(first, second, t), object)


@right("compare")
def list_f32(first, second, t):
    m, lo, hi, v = compared_by(first, second, t)
    return [np.float32(m), np.array(lo), float(hi), np.array([v])[0]]


@wrong("compare", "You halve t")
def t_half(first, second, t):
    m, lo, hi, v = compared_by(first, second, t / 2)
    return m, lo, hi, v


@wrong("compare", "not a spread of 0")
def zero_for_single(first, second, t):
    m, lo, hi, v = compared_by(first, second, t)
    return (m, lo, hi, v) if len(first) > 1 else (m, 0, 0, v)


@wrong("compare", "one of the words")
def capital(first, second, t):
    m, lo, hi, v = compared_by(first, second, t)
    return m, lo, hi, v.capitalize()


@wrong("compare", "one of the words")
def none_verdict(first, second, t):
    m, lo, hi, v = compared_by(first, second, t)
    return m, lo, hi, v if v != "cannot rank" else None


@wrong("compare", "smallest and the largest difference")
def means_by_range(first, second, t):
    g = gaps_by_seed(first, second)
    word = "first" if g.min() > 0 else "second" if g.max() < 0 else "cannot rank"
    return g.mean(), g.min(), g.max(), word


@wrong("compare", "one of the words")
def verdict_index(first, second, t):
    m, lo, hi, v = compared_by(first, second, t)
    return m, lo, hi, ["second", "cannot rank", "first"].index(v) - 1


# The best seed


@right("best_of")
def by_combinations(scores, tries):
    return np.mean([max(group) for group in itertools.combinations(scores, tries)])


@right("best_of")
def by_counting(scores, tries):
    total = math.comb(len(scores), tries)
    return sum(
        score * math.comb(place, tries - 1) / total
        for place, score in enumerate(sorted(scores))
    )


@right("best_of")
def by_permutations_in_float32(scores, tries):
    if tries in (1, len(scores)):
        return np.float32(np.mean(scores) if tries == 1 else max(scores))
    places = np.array(list(itertools.combinations(range(len(scores)), tries)))
    return scores.astype(np.float32)[places].max(axis=1).mean()


@right("best_of")
def by_chances(scores, tries):
    """The chance that all tries lie at or below each score, without putting back."""
    ranked, n = np.sort(scores), len(scores)
    below, before = [], 0.0
    for place in range(1, n + 1):
        chance = math.prod((place - i) / (n - i) for i in range(tries))
        below.append(max(chance, 0) - before if place >= tries else 0.0)
        before = chance if place >= tries else 0.0
    return [ranked @ np.array(below)][0]


@wrong("best_of", "This is the best of all runs")
def takes_the_best(scores, tries):
    return max(scores)


@wrong("best_of", "This is the mean of all runs")
def takes_the_mean(scores, tries):
    return sum(scores) / len(scores)


@wrong("best_of", "You look at the first runs only")
def takes_the_first_tries(scores, tries):
    return scores[:tries].max()


@wrong("best_of", "stand beside each other")
def slides_a_window(scores, tries):
    windows = np.lib.stride_tricks.sliding_window_view(scores, tries)
    return windows.max(axis=1).mean()


@wrong("best_of", "the same run be drawn several times")
def draws_with_replacement(scores, tries):
    groups = itertools.product(range(len(scores)), repeat=tries)
    if len(scores) ** tries > 20_000:  # too many to list
        n, ranked = len(scores), sorted(scores)
        return sum(
            x * (((i + 1) / n) ** tries - (i / n) ** tries)
            for i, x in enumerate(ranked)
        )
    return np.mean([max(scores[i] for i in group) for group in groups])


@wrong("best_of", "Sort them first")
def forgets_to_sort(scores, tries):
    total = math.comb(len(scores), tries)
    counts = [math.comb(i, tries - 1) for i in range(len(scores))]
    return sum(s * c for s, c in zip(scores, counts, strict=True)) / total


@wrong("best_of", "begin with the lowest")
def sorts_downwards(scores, tries):
    ranked = sorted(scores, reverse=True)
    counts = [math.comb(i, tries - 1) for i in range(len(scores))]
    return np.dot(ranked, counts) / math.comb(len(scores), tries)


@wrong("best_of", "the best run counts")
def averages_the_best(scores, tries):
    return np.sort(scores)[::-1][:tries].mean()


@wrong("best_of", "This is the worst of each group")
def takes_the_worst(scores, tries):
    return np.mean([min(group) for group in itertools.combinations(scores, tries)])


@wrong("best_of", "Of each group only the highest")
def averages_the_groups(scores, tries):
    return np.mean(list(itertools.combinations(scores, tries)), axis=1).mean()


@wrong("best_of", "changes scores in place")
def sorts_in_place(scores, tries):
    scores.sort()
    return by_counting(scores, tries)


@right("best_of")
def zero_d(scores, tries):
    return np.array(np.mean([max(g) for g in itertools.combinations(scores, tries)]))


@right("best_of")
def one_element_mean_f32(scores, tries):
    return np.float32(
        np.mean([max(g) for g in itertools.combinations(scores.tolist(), tries)])
    )


@wrong("best_of", "equal scores once")
def of_a_set(scores, tries):
    s = set(scores.tolist())
    return np.mean([max(g) for g in itertools.combinations(s, min(tries, len(s)))])


@wrong("best_of", "equal groups once")
def set_of_groups(scores, tries):
    return np.mean(
        [max(g) for g in set(itertools.combinations(sorted(scores.tolist()), tries))]
    )


@wrong("best_of", "as often as it is the best")
def set_of_bests(scores, tries):
    return np.mean(
        list({max(g) for g in itertools.combinations(scores.tolist(), tries)})
    )


@wrong("best_of", "one run too many")
def tries_plus_1(scores, tries):
    return np.mean(
        [max(g) for g in itertools.combinations(scores, min(tries + 1, len(scores)))]
    )


@wrong("best_of", "several times")
def permutations_with_self(scores, tries):
    return np.mean(
        [max(g) for g in itertools.combinations_with_replacement(scores, tries)]
    )


@wrong("best_of", "Return their mean")
def all_bests(scores, tries):
    return [max(g) for g in itertools.combinations(scores, tries)]


@wrong("best_of", "may be negative")
def starts_at_0(scores, tries):
    return np.mean([max(0, *g) for g in itertools.combinations(scores, tries)])


# The report of an ablation: a report and the ledger that it belongs to

FIXED = {0: 0.620, 1: 0.584, 2: 0.578, 3: 0.612}
CLOSE = {0: 0.618, 1: 0.583, 2: 0.573, 3: 0.628}  # cannot be told from FIXED
AHEAD = {0: 0.667, 1: 0.632, 2: 0.608, 3: 0.655}
SEEDS = (0, 1, 2, 3)


def ledger_of(fixed, learned, *more):
    rows = [("fixed", seed, score) for seed, score in fixed.items()]
    return (
        rows + [("learned", seed, score) for seed, score in learned.items()] + [*more]
    )


def without(scores, seed):
    return {other: score for other, score in scores.items() if other != seed}


answers.call(
    "ablation",
    lambda check, answer: check(*(answer or (None, ledger_of(FIXED, CLOSE)))),
)

right(
    "ablation",
    ((FIXED, CLOSE, "cannot rank"), ledger_of(FIXED, CLOSE)),
    name="cannot_rank",
)
right(
    "ablation",
    ((FIXED, AHEAD, "second"), ledger_of(FIXED, AHEAD)),
    name="learned_weights_win",
)
right(
    "ablation",
    ((FIXED, AHEAD, np.select([False, True], ["first", "second"], "cannot rank")),
     ledger_of(FIXED, AHEAD)),
    name="a_verdict_of_select",
)  # fmt: skip
right(
    "ablation",
    ([AHEAD, dict(reversed(FIXED.items())), "first"], ledger_of(AHEAD, FIXED)),
    name="fixed_weights_win_in_another_order",
)
right(
    "ablation",
    (
        (
            {np.int64(seed): np.float32(score) for seed, score in FIXED.items()},
            {seed: round(score + 0.0004, 3) for seed, score in CLOSE.items()},
            "cannot rank",
        ),
        ledger_of(FIXED, {seed: score + 0.0004 for seed, score in CLOSE.items()}),
    ),
    name="rounded_and_of_numpys_types",
)
right(
    "ablation",
    (
        (FIXED, FIXED, "cannot rank"),
        ledger_of(FIXED, FIXED, ("fixed", 0, 0.6200001), ("another network", 9, 0.9)),
    ),
    name="equal_scores_run_twice_and_another_network",
)

wrong(
    "ablation",
    "Report every run",
    ((FIXED, CLOSE, "cannot rank"),
     ledger_of(FIXED, CLOSE, ("fixed", 4, 0.7), ("learned", 4, 0.5))),
    name="leaves_a_bad_seed_out",
)  # fmt: skip
wrong(
    "ablation",
    "Report every run",
    ((FIXED, AHEAD, "second"),
     ledger_of(FIXED, AHEAD, *[("learned", seed, 0.55) for seed in range(10, 17)])),
    name="keeps_the_best_of_many",
)  # fmt: skip
wrong(
    "ablation",
    "That cannot be ranked",
    ((FIXED, CLOSE, "second"), ledger_of(FIXED, CLOSE)),
    name="claims_more_than_it_shows",
)
wrong(
    "ablation",
    "Too much caution is wrong as well",
    ((FIXED, AHEAD, "cannot rank"), ledger_of(FIXED, AHEAD)),
    name="claims_less_than_it_shows",
)
wrong(
    "ablation",
    "Did you pass fixed first?",
    ((FIXED, AHEAD, "first"), ledger_of(FIXED, AHEAD)),
    name="compares_the_other_way_round",
)
wrong(
    "ablation",
    "Train both with each seed",
    ((FIXED, {seed + 10: score for seed, score in AHEAD.items()}, "second"),
     ledger_of(FIXED, {seed + 10: score for seed, score in AHEAD.items()})),
    name="other_seeds_for_the_other_network",
)  # fmt: skip
wrong(
    "ablation",
    "With so few pairs",
    ((without(FIXED, 3), without(AHEAD, 3), "cannot rank"),
     ledger_of(without(FIXED, 3), without(AHEAD, 3))),
    name="three_seeds",
)  # fmt: skip
wrong(
    "ablation",
    "up to 10 pairs",
    ((dict.fromkeys(range(12), 0.6), dict.fromkeys(range(12), 0.6), "cannot rank"),
     ledger_of(dict.fromkeys(range(12), 0.6), dict.fromkeys(range(12), 0.6))),
    name="twelve_seeds",
)  # fmt: skip
wrong(
    "ablation",
    "Each seed keeps its own score",
    ((FIXED, {seed: AHEAD[0] for seed in SEEDS}, "second"), ledger_of(FIXED, AHEAD)),
    name="the_best_score_for_every_seed",
)
wrong(
    "ablation",
    "are the names swapped?",
    ((AHEAD, FIXED, "first"), ledger_of(FIXED, AHEAD)),
    name="swaps_the_networks",
)
wrong(
    "ablation",
    "neither averaged nor rounded",
    (({seed: 0.599 for seed in SEEDS}, {seed: 0.64 for seed in SEEDS}, "second"),
     ledger_of(FIXED, AHEAD)),
    name="reports_the_mean_for_every_seed",
)  # fmt: skip
wrong(
    "ablation",
    "Call run for each seed",
    (({**FIXED, 4: 0.62}, {**AHEAD, 4: 0.66}, "second"), ledger_of(FIXED, AHEAD)),
    name="invents_a_fifth_seed",
)
wrong(
    "ablation",
    "a dictionary from seed to score",
    ((list(FIXED.values()), list(AHEAD.values()), "second"), ledger_of(FIXED, AHEAD)),
    name="lists_of_scores",
)
wrong(
    "ablation",
    "the last thing that compare returns",
    ((FIXED, AHEAD, (-0.04, -0.05, -0.03, "second")), ledger_of(FIXED, AHEAD)),
    name="all_of_compare",
)
wrong(
    "ablation",
    "Return the scores of",
    ("cannot rank", ledger_of(FIXED, AHEAD)),
    name="the_verdict_alone",
)

right(
    "ablation",
    (
        (
            {np.array(seed).item(): np.array(score) for seed, score in FIXED.items()},
            CLOSE,
            np.array(["cannot rank"])[0],
        ),
        ledger_of(FIXED, CLOSE),
    ),
    name="scores_in_arrays_without_axes",
)
wrong(
    "ablation",
    "The keys are seeds",
    (({**FIXED, 3: np.nan}, CLOSE, "cannot rank"), ledger_of(FIXED, CLOSE)),
    name="a_score_that_is_nan",
)
wrong(
    "ablation",
    "The keys are seeds",
    (({**FIXED, 3: 10**400}, CLOSE, "cannot rank"), ledger_of(FIXED, CLOSE)),
    name="a_score_of_hundreds_of_digits",
)
