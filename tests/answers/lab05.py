"""Answers to lab 05: losses, legal augmentation, error analysis, an experiment."""

from types import SimpleNamespace

import numpy as np

from answers import Answers
from utils import metrics

answers = Answers("lab05")
right, wrong = answers.right, answers.wrong


# Tversky loss


@right("tversky_loss")
def vectorised(probabilities, masks, alpha=0.3, beta=0.7):
    truth = masks.astype(float)
    both = (probabilities * truth).sum(axis=(1, 2))
    invented = (probabilities * (1 - truth)).sum(axis=(1, 2))
    missed = ((1 - probabilities) * truth).sum(axis=(1, 2))
    return 1 - (both + 0.5) / (both + alpha * invented + beta * missed + 0.5)


@right("tversky_loss")
def loops(p, m, a=0.3, b=0.7):
    losses = []
    for image in range(m.shape[0]):
        both = invented = missed = 0.0
        for row in range(m.shape[1]):
            for column in range(m.shape[2]):
                chance = p[image, row, column]
                if m[image, row, column]:
                    both, missed = both + chance, missed + 1 - chance
                else:
                    invented += chance
        losses.append(1 - (both + 0.5) / (both + a * invented + b * missed + 0.5))
    return losses


@right("tversky_loss")
def in_float32(probabilities, masks, alpha=0.3, beta=0.7):
    return vectorised(probabilities.astype("f4"), masks, alpha, beta).astype("f4")


@right("tversky_loss")
def in_fortran_order_by_matrix_products(probabilities, masks, alpha=0.3, beta=0.7):
    p = np.asfortranarray(probabilities).reshape(len(masks), -1)
    m = np.asfortranarray(masks).reshape(len(masks), -1).astype(float)
    both = np.einsum("np,np->n", p, m)
    below = both + alpha * (p.sum(1) - both) + beta * (m.sum(1) - both) + 0.5
    return 1 - (both + 0.5) / below


def tversky(over=0.5, axis=(1, 2)):
    def loss(probabilities, masks, alpha=0.3, beta=0.7):
        both = (probabilities * masks).sum(axis=axis)
        false_positive = (probabilities * (1.0 - masks)).sum(axis=axis)
        false_negative = ((1 - probabilities) * masks).sum(axis=axis)
        below = both + alpha * false_positive + beta * false_negative
        return 1 - (both + over) / (below + over)

    return loss


@wrong("tversky_loss", "alpha and beta are swapped")
def swaps_alpha_and_beta(p, m, alpha=0.3, beta=0.7):
    return vectorised(p, m, beta, alpha)


@wrong("tversky_loss", "This is the index")
def returns_the_index(p, m, alpha=0.3, beta=0.7):
    return 1 - vectorised(p, m, alpha, beta)


@wrong("tversky_loss", "0.5 is missing above and below")
def forgets_the_empty_mask(*arguments):
    return tversky(over=0)(*arguments)


@wrong("tversky_loss", "whole batch")
def sums_over_the_batch(*arguments):
    return tversky(axis=None)(*arguments)


@wrong("tversky_loss", "axis 0, the images")
def sums_over_the_images(*arguments):
    return tversky(axis=0)(*arguments)


@wrong("tversky_loss", "axes 0 and 1")
def takes_the_first_two_axes(*arguments):
    return tversky(axis=(0, 1))(*arguments)


@wrong("tversky_loss", "must be (1,)")
def sums_over_rows_only(*arguments):
    return tversky(axis=1)(*arguments)


@wrong("tversky_loss", "average over the images")
def averages_the_losses(*arguments):
    return vectorised(*arguments).mean()


@wrong("tversky_loss", "A threshold has no gradient")
def is_dice_of_a_mask(probabilities, masks, alpha=0.3, beta=0.7):
    found, truth = probabilities >= 0.5, masks == 1
    both = (found & truth).sum((1, 2))
    return 1 - (2 * both + 1) / (found.sum((1, 2)) + truth.sum((1, 2)) + 1)


@wrong("tversky_loss", "A threshold has no gradient")
def counts_pixels(probabilities, masks, alpha=0.3, beta=0.7):
    found, truth = probabilities > 0.5, masks == 1
    both, invented = (found & truth).sum((1, 2)), (found & ~truth).sum((1, 2))
    return 1 - both / (both + alpha * invented + beta * (~found & truth).sum((1, 2)))


@wrong("tversky_loss", "A threshold has no gradient")
def scores_hard_masks(probabilities, masks, *weights):
    return vectorised((probabilities > 0.5).astype(float), masks, *weights)


@wrong("tversky_loss", "~0 is 255")
def inverts_the_bits(probabilities, masks, alpha=0.3, beta=0.7):
    both = (probabilities * masks).sum((1, 2))
    invented = (probabilities * ~masks).sum((1, 2))
    missed = ((1 - probabilities) * masks).sum((1, 2))
    return 1 - (both + 0.5) / (both + alpha * invented + beta * missed + 0.5)


@wrong("tversky_loss", "whole numbers")
def stores_the_losses_in_the_type_of_the_masks(probabilities, masks, *weights):
    losses = np.zeros(len(masks), masks.dtype)
    losses[:] = vectorised(probabilities, masks, *weights)
    return losses


@wrong("tversky_loss", "changes probabilities in place")
def spoils_the_probabilities(probabilities, masks, *weights):
    losses = vectorised(probabilities, masks, *weights)
    probabilities *= masks
    return losses


@wrong("tversky_loss", "alpha and beta make no difference")
def ignores_the_weights(probabilities, masks, alpha=0.3, beta=0.7):
    return vectorised(probabilities, masks)


@wrong("tversky_loss", "average over the pixels where the formula has a sum")
def takes_means_for_sums(probabilities, masks, alpha=0.3, beta=0.7):
    both = (probabilities * masks).mean((1, 2))
    invented = (probabilities * (1.0 - masks)).mean((1, 2))
    missed = ((1 - probabilities) * masks).mean((1, 2))
    return 1 - (both + 0.5) / (both + alpha * invented + beta * missed + 0.5)


def tv(p, m, alpha=0.3, beta=0.7, s=0.5):
    t = m.astype(float)
    a, b = (p * t).sum((1, 2)), (p * (1 - t)).sum((1, 2))
    c = ((1 - p) * t).sum((1, 2))
    return 1 - (a + s) / (a + alpha * b + beta * c + s)


@right("tversky_loss")
def list_of_floats(p, m, alpha=0.3, beta=0.7):
    return [float(x) for x in tv(p, m, alpha, beta)]


@right("tversky_loss")
def longdouble(p, m, alpha=0.3, beta=0.7):
    return tuple(np.array(x, np.longdouble) for x in tv(p, m, alpha, beta))


@wrong("tversky_loss", "You add 1 above")
def smooth_1(p, m, alpha=0.3, beta=0.7):
    return tv(p, m, alpha, beta, 1)


@wrong("tversky_loss", "soft Dice loss")
def dice_loss(p, m, alpha=0.3, beta=0.7):
    return tv(p, m, 0.5, 0.5)


@wrong("tversky_loss", "You take 1 - alpha for beta")
def beta_fixed(p, m, alpha=0.3, beta=0.7):
    return tv(p, m, alpha, 1 - alpha)


@wrong("tversky_loss", "alpha is always 0.3")
def alpha_fixed(p, m, alpha=0.3, beta=0.7):
    return tv(p, m, 0.3, beta)


@wrong("tversky_loss", "need no sigmoid")
def with_sigmoid(p, m, alpha=0.3, beta=0.7):
    return tv(1 / (1 + np.exp(-p)), m, alpha, beta)


@wrong("tversky_loss", "counts again")
def fp_from_all(p, m, alpha=0.3, beta=0.7):
    t = m.astype(float)
    a, b, c = (p * t).sum((1, 2)), p.sum((1, 2)), t.sum((1, 2))
    return 1 - (a + 0.5) / (a + alpha * b + beta * c + 0.5)


# Focal loss


@right("focal_loss")
def by_logaddexp(logits, masks, alpha=0.25, gamma=2.0):
    toward = np.where(masks == 1, logits, -logits)
    weight = np.where(masks == 1, alpha, 1 - alpha)
    wrongness = np.exp(-np.logaddexp(0, toward))
    return (weight * wrongness**gamma * np.logaddexp(0, -toward)).mean(axis=(1, 2))


@right("focal_loss")
def image_by_image(logits, masks, alpha=0.25, gamma=2.0):
    def softplus(x):
        return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))

    losses = []
    for z, mask in zip(logits, masks.astype(bool), strict=True):
        lesion = alpha * np.exp(-gamma * softplus(z[mask])) * softplus(-z[mask])
        rest = (1 - alpha) * np.exp(-gamma * softplus(-z[~mask])) * softplus(z[~mask])
        losses.append((lesion.sum() + rest.sum()) / mask.size)
    return np.array(losses)


@right("focal_loss")
def with_warnings_and_a_stable_logarithm(logits, masks, alpha=0.25, gamma=2.0):
    probability = 1 / (1 + np.exp(-logits.astype(np.float64)))  # warns of an overflow
    truth = masks.astype(np.float64)
    right_one = truth * probability + (1 - truth) * (1 - probability)
    cross_entropy = np.maximum(logits, 0) - logits * truth
    cross_entropy = cross_entropy + np.log1p(np.exp(-np.abs(logits)))
    weight = truth * alpha + (1 - truth) * (1 - alpha)
    return np.mean(weight * (1 - right_one) ** gamma * cross_entropy, axis=(-2, -1))


@right("focal_loss")
def in_float32_and_fortran_order(logits, masks, alpha=0.25, gamma=2.0):
    logits = np.asfortranarray(logits, dtype=np.float32)
    return by_logaddexp(logits, np.asfortranarray(masks), alpha, gamma)


def probability_of(logits):
    return 1 / (1 + np.exp(-logits))


def focal_of(probability, masks, alpha=0.25, gamma=2.0):
    chance = np.where(masks == 1, probability, 1 - probability)
    weight = np.where(masks == 1, alpha, 1 - alpha)
    return (-weight * (1 - chance) ** gamma * np.log(chance)).mean(axis=(1, 2))


@wrong("focal_loss", "wrong side")
def weighs_the_background_with_alpha(logits, masks, alpha=0.25, gamma=2.0):
    return by_logaddexp(logits, masks, 1 - alpha, gamma)


@wrong("focal_loss", "weights alpha for lesion and 1 - alpha")
def forgets_alpha(logits, masks, alpha=0.25, gamma=2.0):
    return 2 * by_logaddexp(logits, masks, 0.5, gamma)


@wrong("focal_loss", "gamma makes no difference")
def forgets_gamma(logits, masks, alpha=0.25, gamma=2.0):
    return by_logaddexp(logits, masks, alpha, 0)


@wrong("focal_loss", "easy pixels count most")
def raises_the_easy_ones(logits, masks, alpha=0.25, gamma=2.0):
    chance = np.where(masks == 1, probability_of(logits), 1 - probability_of(logits))
    weight = np.where(masks == 1, alpha, 1 - alpha)
    return (-weight * chance**gamma * np.log(chance)).mean((1, 2))


@wrong("focal_loss", "applied twice")
def applies_the_sigmoid_twice(logits, masks, *settings):
    return by_logaddexp(probability_of(logits), masks, *settings)


@wrong("focal_loss", "logits for probabilities")
def takes_logits_for_probabilities(logits, masks, *settings):
    return focal_of(logits, masks, *settings)


@wrong("focal_loss", "sign is wrong")
def forgets_the_minus(logits, masks, *settings):
    return -by_logaddexp(logits, masks, *settings)


@wrong("focal_loss", "exp(1000) is inf")
def goes_through_the_probability(logits, masks, *settings):
    return focal_of(probability_of(logits), masks, *settings)


@wrong("focal_loss", "exp(1000) is inf")
def adds_two_terms(logits, masks, alpha=0.25, gamma=2.0):
    p = probability_of(logits)
    lesion = alpha * masks * (1 - p) ** gamma * np.log(p)
    return -(lesion + (1 - alpha) * (1 - masks) * p**gamma * np.log(1 - p)).mean((1, 2))


@wrong("focal_loss", "base 2")
def takes_the_logarithm_to_base_2(logits, masks, alpha=0.25, gamma=2.0):
    chance = probability_of(logits)
    of_the_truth = np.where(masks == 1, chance, 1 - chance)
    weight = np.where(masks == 1, alpha, 1 - alpha)
    return -(weight * (1 - of_the_truth) ** gamma * np.log2(of_the_truth)).mean((1, 2))


@wrong("focal_loss", "A threshold has no gradient")
def scores_a_mask(logits, masks, alpha=0.25, gamma=2.0):
    chance = (probability_of(logits) > 0.5).astype(float)
    of_the_truth = np.where(masks == 1, chance, 1 - chance)
    weight = np.where(masks == 1, alpha, 1 - alpha)
    losses = weight * (1 - of_the_truth) ** gamma * np.log(of_the_truth + 1e-8)
    return -losses.mean((1, 2))


@wrong("focal_loss", "cut the probability off")
def clips_the_probability(logits, masks, *settings):
    return focal_of(np.clip(probability_of(logits), 1e-7, 1 - 1e-7), masks, *settings)


@wrong("focal_loss", "2 * 0 - 1 is 255")
def wraps_around_in_uint8(logits, masks, alpha=0.25, gamma=2.0):
    toward = logits * (2 * masks - 1)
    weight = np.where(masks == 1, alpha, 1 - alpha)
    wrongness = np.exp(-np.logaddexp(0, toward))
    return (weight * wrongness**gamma * np.logaddexp(0, -toward)).mean((1, 2))


@wrong("focal_loss", "sum over the pixels")
def sums_over_the_pixels(logits, masks, *settings):
    return by_logaddexp(logits, masks, *settings) * masks[0].size


@wrong("focal_loss", "average over the whole batch")
def averages_over_the_batch(logits, masks, *settings):
    return by_logaddexp(logits, masks, *settings).mean()


@wrong("focal_loss", "background has no loss")
def forgets_the_background(logits, masks, alpha=0.25, gamma=2.0):
    chance = probability_of(logits)
    return -(masks * alpha * (1 - chance) ** gamma * np.log(chance)).mean((1, 2))


@wrong("focal_loss", "where -1 is 255")
def negates_uint8(logits, masks, alpha=0.25, gamma=2.0):
    p = probability_of(logits)
    lesion = -masks * alpha * (1 - p) ** gamma * np.log(p)
    return (lesion - (1 - masks) * (1 - alpha) * p**gamma * np.log(1 - p)).mean((1, 2))


@wrong("focal_loss", "changes logits in place")
def flips_the_logits_in_place(logits, masks, alpha=0.25, gamma=2.0):
    logits[masks == 0] *= -1
    weight = np.where(masks == 1, alpha, 1 - alpha)
    wrongness = np.exp(-np.logaddexp(0, logits))
    return (weight * wrongness**gamma * np.logaddexp(0, -logits)).mean((1, 2))


def weights_of(m, alpha):
    return np.where(m == 1, alpha, 1 - alpha)


def fo(x, m, alpha=0.25, gamma=2.0):
    t = np.where(m == 1, x, -x)
    w = np.where(m == 1, alpha, 1 - alpha)
    return (w * np.exp(-np.logaddexp(0, t)) ** gamma * np.logaddexp(0, -t)).mean((1, 2))


@right("focal_loss")
def scipyish(x, m, alpha=0.25, gamma=2.0):
    t = np.where(m == 1, x, -x).astype("f8")
    w = np.where(m == 1, alpha, 1 - alpha)
    small = np.exp(-np.abs(t))
    ce = np.maximum(-t, 0) + np.log1p(small)
    q = np.where(t > 0, small, 1) / (1 + small)
    return list((w * q**gamma * ce).mean((1, 2)))


@wrong("focal_loss", "gamma is always 2")
def gamma_fixed(x, m, alpha=0.25, gamma=2.0):
    return fo(x, m, alpha, 2)


@wrong("focal_loss", "alpha is always 0.25")
def alpha_fixed_f(x, m, alpha=0.25, gamma=2.0):
    return fo(x, m, 0.25, gamma)


@wrong("focal_loss", "alpha and gamma make no difference")
def both_fixed(x, m, alpha=0.25, gamma=2.0):
    return fo(x, m)


@wrong("focal_loss", "logits for probabilities")
def no_sigmoid_clipped(x, m, alpha=0.25, gamma=2.0):
    p = np.clip(x, 1e-7, 1 - 1e-7)
    pt = np.where(m == 1, p, 1 - p)
    return -(weights_of(m, alpha) * (1 - pt) ** gamma * np.log(pt)).mean((1, 2))


@wrong("focal_loss", "logits for probabilities")
def no_sigmoid_eps(x, m, alpha=0.25, gamma=2.0):
    pt = np.where(m == 1, x, 1 - x)
    return -(weights_of(m, alpha) * (1 - pt) ** gamma * np.log(pt + 1e-7)).mean((1, 2))


@wrong("focal_loss", "masks make no difference")
def ignores_the_mask(x, m, alpha=0.25, gamma=2.0):
    return fo(x, np.ones_like(m), alpha, gamma)


@wrong("focal_loss", "cut the logits off")
def clips_logits(x, m, alpha=0.25, gamma=2.0):
    return fo(np.clip(x, -50, 50), m, alpha, gamma)


# Augmentation


@right("turn_and_zoom")
def by_index(image, mask, turns, window):
    top, left, height, width = window
    rows = top + np.arange(mask.shape[0]) * height // mask.shape[0]
    columns = left + np.arange(mask.shape[1]) * width // mask.shape[1]
    chosen = np.ix_(rows, columns)
    return np.rot90(image, turns)[chosen], np.rot90(mask, turns)[chosen]


@right("turn_and_zoom")
def by_transposing_and_loops(image, mask, turns, window):
    height, width = mask.shape
    for _ in range(turns):
        image, mask = image.transpose(1, 0, 2)[::-1], mask.T[::-1]
    cut = (
        slice(window[0], window[0] + window[2]),
        slice(window[1], window[1] + window[3]),
    )
    image, mask = image[cut], mask[cut]
    image = [
        [image[r * window[2] // height, c * window[3] // width] for c in range(width)]
        for r in range(height)
    ]
    mask = [
        [mask[r * window[2] // height, c * window[3] // width] for c in range(width)]
        for r in range(height)
    ]
    return [np.array(image, np.uint8), np.array(mask, np.uint8)]


@right("turn_and_zoom")
def with_the_mask_as_a_fourth_channel(image, mask, turns, window):
    stacked = np.asfortranarray(np.dstack([image, mask]))
    stacked, _ = by_index(stacked, mask, turns, window)
    return stacked[..., :3], stacked[..., 3]


@wrong("turn_and_zoom", "image is turned and its mask is not")
def leaves_the_mask(image, mask, turns, window):
    return by_index(image, mask, turns, window)[0], by_index(image, mask, 0, window)[1]


@wrong("turn_and_zoom", "clockwise")
def turns_clockwise(image, mask, turns, window):
    return by_index(image, mask, -turns, window)


@wrong("turn_and_zoom", "cut the window first")
def cuts_first(image, mask, turns, window):
    image, mask = by_index(image, mask, 0, window)
    return np.rot90(image, turns).copy(), np.rot90(mask, turns).copy()


@wrong("turn_and_zoom", "top and left are swapped")
def swaps_top_and_left(image, mask, turns, window):
    top, left, height, width = window
    return by_index(image, mask, turns, (left, top, height, width))


@wrong("turn_and_zoom", "never interpolated")
def interpolates_the_mask(image, mask, turns, window):
    image, small = by_index(image, mask, turns, window)
    blurred = (small.astype(float) + np.roll(small, 1, axis=1)) / 2
    return image, blurred.astype(np.uint8)


@wrong("turn_and_zoom", "as float64")
def returns_floats(image, mask, turns, window):
    image, mask = by_index(image, mask, turns, window)
    return image / 255, mask


@wrong("turn_and_zoom", "not brought back to the height and width")
def forgets_to_zoom(image, mask, turns, window):
    top, left, height, width = window
    cut = slice(top, top + height), slice(left, left + width)
    return np.rot90(image, turns)[cut].copy(), np.rot90(mask, turns)[cut].copy()


@wrong("turn_and_zoom", "keeps its shape")
def returns_the_shape_of_the_turned_image(image, mask, turns, window):
    return by_index(np.rot90(image, turns), np.rot90(mask, turns), 0, window)


@wrong("turn_and_zoom", "by rounding")
def rounds_a_linspace(image, mask, turns, window):
    top, left, height, width = window
    rows = top + np.linspace(0, height - 1, mask.shape[0]).round().astype(int)
    columns = left + np.linspace(0, width - 1, mask.shape[1]).round().astype(int)
    chosen = np.ix_(rows, columns)
    return np.rot90(image, turns)[chosen], np.rot90(mask, turns)[chosen]


@wrong("turn_and_zoom", "is a view of the argument")
def returns_a_view(image, mask, turns, window):
    if window == (0, 0, *mask.shape) and turns == 0:
        return image, mask
    return by_index(image, mask, turns, window)


@wrong("turn_and_zoom", "changes image in place")
def writes_into_the_image(image, mask, turns, window):
    new_image, new_mask = by_index(image, mask, turns, window)
    image[:] = new_image
    return image, new_mask


@wrong("turn_and_zoom", "2 things")
def returns_the_image_alone(image, mask, turns, window):
    return by_index(image, mask, turns, window)[0]


def by_rounding(n, s):
    return np.minimum(np.round(np.arange(n) * s / n), s - 1).astype(int)


def by_half(n, s):
    return np.array([min(int(r * s / n + 0.5), s - 1) for r in range(n)])


def tz(image, mask, turns, window, idx=lambda n, size: np.arange(n) * size // n):
    top, left, height, width = window
    r, c = top + idx(mask.shape[0], height), left + idx(mask.shape[1], width)
    return np.rot90(image, turns)[np.ix_(r, c)], np.rot90(mask, turns)[np.ix_(r, c)]


@right("turn_and_zoom")
def in_a_list(image, mask, turns, window):
    return [np.asfortranarray(x) for x in tz(image, mask, turns, window)]


@wrong("turn_and_zoom", "round to the nearest row")
def rows_rounded(image, mask, turns, window):
    return tz(image, mask, turns, window, by_rounding)


@wrong("turn_and_zoom", "round to the nearest row")
def rows_rounded_python(image, mask, turns, window):
    return tz(image, mask, turns, window, by_half)


@wrong("turn_and_zoom", "evenly from the first to the last")
def linspace_floor(image, mask, turns, window):
    return tz(
        image, mask, turns, window, lambda n, s: np.linspace(0, s - 1, n).astype(int)
    )


@wrong("turn_and_zoom", "cut the window first")
def window_first(image, mask, turns, window):
    top, left, height, width = window
    out = []
    for a in (image, mask):
        t = np.rot90(a[top : top + height, left : left + width], turns)
        r = np.arange(a.shape[0]) * t.shape[0] // a.shape[0]
        c = np.arange(a.shape[1]) * t.shape[1] // a.shape[1]
        out.append(t[np.ix_(r, c)])
    return tuple(out)


@wrong("turn_and_zoom", "Image and mask are swapped")
def swapped_pair(image, mask, turns, window):
    return tz(image, mask, turns, window)[::-1]


@wrong("turn_and_zoom", "You turn once at most")
def turns_once(image, mask, turns, window):
    return tz(image, mask, min(turns, 1), window)


# Table of errors


@right("error_table")
def by_the_courses_metrics(truths, predictions, groups):
    scores = metrics.dice(truths, predictions)
    table = {}
    for group in np.unique(groups):
        chosen = groups == group
        missed = ((truths == 1) & (predictions == 0))[chosen].sum()
        invented = ((truths == 0) & (predictions == 1))[chosen].sum()
        kind = "missed" if missed > invented else "invented"
        table[int(group)] = (
            scores[chosen].mean(),
            (scores[chosen] < 0.8).mean(),
            "equal" if missed == invented else kind,
        )
    return table


@right("error_table")
def in_plain_python(truths, predictions, groups):
    table = {}
    for group in {*groups.tolist()}:
        scores, balance = [], 0
        for truth, found, of in zip(truths, predictions, groups, strict=True):
            if of == group:
                truth, found = truth.astype(bool), found.astype(bool)
                total = int(truth.sum()) + int(found.sum())
                scores.append(2 * int((truth & found).sum()) / total if total else 1)
                balance += int(truth.sum()) - int(found.sum())
        kind = ("equal", "missed", "invented")[(balance > 0) - (balance < 0)]
        below = [score < 0.8 for score in scores]
        table[group] = [sum(scores) / len(scores), sum(below) / len(below), kind]
    return table


@right("error_table")
def in_float32_with_numpy_keys(truths, predictions, groups):
    rows = by_the_courses_metrics(truths, predictions, np.asfortranarray(groups))
    return {np.int64(g): (np.float32(a), b, c) for g, (a, b, c) in rows.items()}


def changed(function):
    """Build a table of which each row is changed: (group, row, arguments) -> row."""

    def table(truths, predictions, groups):
        arguments = truths, predictions, groups
        rows = by_the_courses_metrics(*arguments)
        return {group: function(group, row, *arguments) for group, row in rows.items()}

    table.__name__ = function.__name__
    return table


@wrong("error_table", "all pixels of a group at once")
@changed
def pools_the_pixels(group, row, truths, predictions, groups):
    chosen = groups == group
    both = (truths[chosen] & predictions[chosen]).sum()
    return 2 * both / (truths[chosen].sum() + predictions[chosen].sum()), *row[1:]


@wrong("error_table", "IoU")
def scores_by_iou(truths, predictions, groups):
    scores = metrics.iou(truths, predictions)
    table = by_the_courses_metrics(truths, predictions, groups)
    for group, row in table.items():
        chosen = scores[groups == group]
        table[group] = chosen.mean(), (chosen < 0.8).mean(), row[2]
    return table


@wrong("error_table", "that of all images")
@changed
def ignores_the_groups(group, row, truths, predictions, groups):
    return by_the_courses_metrics(truths, predictions, 0 * groups)[0]


@wrong("error_table", "how many images")
@changed
def counts_instead_of_sharing(group, row, truths, predictions, groups):
    return row[0], row[1] * (groups == group).sum(), row[2]


@wrong("error_table", "share of the good images")
@changed
def shares_the_good_images(group, row, *arguments):
    return row[0], 1 - row[1], row[2]


@wrong("error_table", "< and not <=")
@changed
def counts_0_8_as_bad(group, row, truths, predictions, groups):
    scores = metrics.dice(truths, predictions)[groups == group]
    return row[0], (scores <= 0.8).mean(), row[2]


@wrong("error_table", "swapped")
@changed
def swaps_missed_and_invented(group, row, *arguments):
    other = {"missed": "invented", "invented": "missed", "equal": "equal"}
    return *row[:2], other[row[2]]


@wrong("error_table", "a difference is never negative")
@changed
def subtracts_uint8(group, row, truths, predictions, groups):
    difference = (truths - predictions)[groups == group]
    missed, invented = (difference > 0).sum(), (difference < 0).sum()
    kind = "missed" if missed > invented else "invented"
    return *row[:2], "equal" if missed == invented else kind


@wrong("error_table", '"equal"')
@changed
def knows_no_equal(group, row, *arguments):
    return *row[:2], "missed" if row[2] == "missed" else "invented"


@wrong("error_table", "The keys of your dictionary must be [0, 2]")
def numbers_the_groups_anew(truths, predictions, groups):
    rows = by_the_courses_metrics(truths, predictions, groups)
    return dict(enumerate(rows.values()))


@wrong("error_table", "Only groups that occur")
def lists_groups_that_do_not_occur(truths, predictions, groups):
    rows = by_the_courses_metrics(truths, predictions, groups)
    nothing = (np.nan, np.nan, "equal")
    return {group: rows.get(group, nothing) for group in range(groups.max() + 1)}


@wrong("error_table", "0 / 0")
@changed
def divides_zero_by_zero(group, row, truths, predictions, groups):
    truths, predictions = (
        truths[groups == group] == 1,
        predictions[groups == group] == 1,
    )
    both = (truths & predictions).sum((1, 2))
    total = truths.sum((1, 2)) + predictions.sum((1, 2))
    return (2 * both / total).mean(), (2 * both / total < 0.8).mean(), row[2]


@wrong("error_table", "changes predictions in place")
def marks_the_errors_in_place(truths, predictions, groups):
    rows = by_the_courses_metrics(truths, predictions, groups)
    predictions[predictions != truths] = 1
    return rows


def et(
    truths, predictions, groups, below=lambda s: (s < 0.8).mean(), word=str, key=int
):
    s, out = metrics.dice(truths, predictions), {}
    for g in np.unique(groups):
        c = groups == g
        a = ((truths == 1) & (predictions == 0))[c].sum()
        b = ((truths == 0) & (predictions == 1))[c].sum()
        w = np.where(a == b, "equal", np.where(a > b, "missed", "invented"))
        out[key(g)] = s[c].mean(), below(s[c]), word(w)
    return out


@right("error_table")
def word_of_where(truths, predictions, groups):
    return et(truths, predictions, groups, word=lambda w: w)


@right("error_table")
def word_np_str(truths, predictions, groups):
    return et(truths, predictions, groups, word=lambda w: np.array([w])[0])


@right("error_table")
def lists_rows(truths, predictions, groups):
    table = et(truths, predictions, groups, key=lambda g: g)
    return {group: list(row) for group, row in table.items()}


@wrong("error_table", "rightly left empty")
def empty_left_out(truths, predictions, groups):
    t = et(truths, predictions, groups)
    keep = truths.any((1, 2)) | (predictions == 1).any((1, 2))
    for g in t:
        c = (groups == g) & keep
        if c.any():
            s = metrics.dice(truths[c], predictions[c])
            t[g] = s.mean(), (s < 0.8).mean(), t[g][2]
    return t


@wrong("error_table", "of all images")
def share_of_all(truths, predictions, groups):
    n = len(truths)
    return et(truths, predictions, groups, below=lambda s: (s < 0.8).sum() / n)


# The experiment


def skin():
    """Two melanomas of 50 pixels each and two nevi of 10, of 100 pixels."""
    masks = np.zeros((4, 10, 10), np.uint8)
    masks[:2, :5], masks[2:, :1] = 1, 1
    return SimpleNamespace(
        images=np.zeros((4, 10, 10, 3), np.uint8),
        masks=masks,
        groups=np.array([1, 1, 0, 0], np.uint8),
        group_names=("common nevus", "melanoma"),
    )


def predict(model, images):
    return model[: len(images)]


def logits(probability_inside, probability_outside):
    chance = np.where(skin().masks == 1, probability_inside, probability_outside)
    return np.log(chance / (1 - chance))


def missing(count):
    """Logits that miss so many of 100 melanoma pixels, and three of a nevus."""
    found = logits(0.9, 0.1)
    found[0, 0, :count] = found[2, 0, :3] = -5
    return found


answers.call(
    "train_for_melanomas", lambda check, answer: check(answer, predict, skin())
)

right("train_for_melanomas", (logits(0.4, 0.2), 0.3), name="low_probabilities")
right("train_for_melanomas", [logits(0.99, 0.01).tolist(), 0.5], name="lists")
right(
    "train_for_melanomas",
    (missing(2).astype(np.float32), np.float64(0.5)),
    name="two_of_100_missed",
)

wrong("train_for_melanomas", "Return two things", np.ones(3), name="an_array")
wrong(
    "train_for_melanomas",
    "The logit 0 is the probability 0.5",
    (logits(0.9, 0.1), 0),
    name="a_threshold_on_the_logit",
)
wrong(
    "train_for_melanomas",
    "between 0 and 1",
    (logits(0.9, 0.1), None),
    name="no_threshold",
)
wrong("train_for_melanomas", "does not predict masks", (0.5, 0.5), name="no_network")
wrong(
    "train_for_melanomas",
    "raise the threshold",
    (logits(0.9, 0.8), 0.5),
    name="too_low_a_threshold",
)
wrong(
    "train_for_melanomas",
    "It misses",
    (logits(0.2, 0.1), 0.5),
    name="too_high_a_threshold",
)
wrong(
    "train_for_melanomas",
    "lower the threshold",
    (missing(3), 0.5),
    name="three_of_100_missed",
)
wrong(
    "train_for_melanomas",
    "no threshold alone",
    (logits(0.1, 0.9), 0.5),
    name="the_wrong_way_round",
)
wrong(
    "train_for_melanomas",
    "raise the threshold",
    (np.full((4, 10, 10), 9.0), 0.5),
    name="all_lesion",
)
right(
    "train_for_melanomas",
    (logits(0.4, 0.2), np.array(0.3)),
    name="a_threshold_without_axes",
)
right(
    "train_for_melanomas",
    (logits(0.4, 0.2), np.array([0.3], np.float32)),
    name="a_threshold_in_an_array_of_one",
)
wrong(
    "train_for_melanomas",
    "in this order",
    (0.3, logits(0.4, 0.2)),
    name="threshold_and_model_swapped",
)
wrong(
    "train_for_melanomas",
    "in this order",
    (logits(0.4, 0.2), [0.3, 0.4]),
    name="two_thresholds",
)
