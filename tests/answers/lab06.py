"""Answers to lab 06: dilated convolution, rates without holes, ASPP, a CRF."""

from itertools import combinations_with_replacement

import numpy as np

from answers import Answers
from utils.explorers import dilation

answers = Answers("lab06")
right, wrong = answers.right, answers.wrong


# Dilated convolution


@right("dilated_convolution")
def weight_by_weight(image, kernels, rate=1, stride=1):
    height, width = image.shape[:2]
    reach = len(kernels) // 2 * rate
    padded = np.pad(image.astype(float), ((reach, reach), (reach, reach), (0, 0)))
    result = 0
    for a, b in np.ndindex(kernels.shape[:2]):
        shifted = padded[a * rate :, b * rate :][:height:stride, :width:stride]
        result = result + shifted @ kernels[a, b]
    return result


@right("dilated_convolution")
def in_loops_over_everything(image, kernels, rate, stride):
    size, _, channels, filters = kernels.shape
    answer = []
    for y in range(0, image.shape[0], stride):
        line = []
        for x in range(0, image.shape[1], stride):
            sums = [0.0] * filters
            for a in range(size):
                for b in range(size):
                    row, column = y + (a - size // 2) * rate, x + (b - size // 2) * rate
                    if row < 0 or column < 0:
                        continue
                    if row >= image.shape[0] or column >= image.shape[1]:
                        continue
                    for f in range(filters):
                        for c in range(channels):
                            sums[f] += (
                                float(image[row, column, c]) * kernels[a, b, c, f]
                            )
            line.append(sums)
        answer.append(line)
    return answer


@right("dilated_convolution")
def by_windows_and_einsum(image, kernels, rate=1, stride=1):
    reach = (len(kernels) - 1) * rate // 2
    padded = np.pad(image.astype(np.float64), ((reach, reach), (reach, reach), (0, 0)))
    span = 2 * reach + 1
    windows = np.lib.stride_tricks.sliding_window_view(padded, (span, span), (0, 1))
    windows = windows[::stride, ::stride, :, ::rate, ::rate]
    return np.einsum("ijcab,abcf->ijf", windows, kernels)


@right("dilated_convolution")
def by_stuffing_the_kernel(image, kernels, rate=1, stride=1):
    side = 1 + (len(kernels) - 1) * rate
    larger = np.zeros((side, side, *kernels.shape[2:]))
    larger[::rate, ::rate] = kernels
    return np.asfortranarray(weight_by_weight(image, larger, 1, stride))


@right("dilated_convolution")
def by_a_matrix_of_patches_in_float32(image, kernels, rate=1, stride=1):
    size, _, channels, filters = kernels.shape
    reach = size // 2 * rate
    rows = np.arange(0, image.shape[0], stride)
    columns = np.arange(0, image.shape[1], stride)
    padded = np.pad(image.astype("f4"), ((reach,) * 2, (reach,) * 2, (0, 0)))
    steps = np.arange(size) * rate
    patches = padded[
        (rows[:, None] + steps)[:, None, :, None],
        (columns[:, None] + steps)[None, :, None, :],
    ]
    flat = patches.reshape(len(rows) * len(columns), -1)
    found = flat @ kernels.astype("f4").reshape(-1, filters)
    return found.reshape(len(rows), len(columns), filters)


@wrong("dilated_convolution", "The rate makes no difference")
def forgets_the_rate(image, kernels, rate=1, stride=1):
    return weight_by_weight(image, kernels, 1, stride)


@wrong("dilated_convolution", "The stride makes no difference")
def forgets_the_stride(image, kernels, rate=1, stride=1):
    return weight_by_weight(image, kernels, rate, 1)


@wrong("dilated_convolution", "one pixel too far apart")
def puts_rate_zeros_between(image, kernels, rate=1, stride=1):
    return weight_by_weight(image, kernels, rate + 1, stride)


@wrong("dilated_convolution", "Your kernel is flipped")
def flips_the_kernel(image, kernels, rate=1, stride=1):
    return weight_by_weight(image, np.flip(kernels, (0, 1)), rate, stride)


@wrong("dilated_convolution", "Rows and columns of the kernel are swapped")
def swaps_the_axes_of_the_kernel(image, kernels, rate=1, stride=1):
    return weight_by_weight(image, kernels.transpose(1, 0, 2, 3), rate, stride)


@wrong("dilated_convolution", "the kernel never leaves the image")
def pads_nothing(image, kernels, rate=1, stride=1):
    span = (len(kernels) - 1) * rate
    height, width = image.shape[0] - span, image.shape[1] - span
    result = 0
    for a, b in np.ndindex(kernels.shape[:2]):
        y, x = a * rate, b * rate
        part = image[y : y + height : stride, x : x + width : stride]
        result = result + part @ kernels[a, b]
    return result


@wrong("dilated_convolution", "their columns are neighbours")
def spreads_the_rows_only(image, kernels, rate=1, stride=1):
    size = len(kernels)
    tall = np.zeros((1 + (size - 1) * rate, size, *kernels.shape[2:]))
    tall[::rate] = kernels
    up, left = len(tall) // 2, size // 2
    padded = np.pad(image.astype(float), ((up, up), (left, left), (0, 0)))
    shape = tall.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(padded, shape, (0, 1))
    return np.einsum("ijcab,abcf->ijf", windows[::stride, ::stride], tall)


@wrong("dilated_convolution", "you repeat its border")
def repeats_the_border(image, kernels, rate=1, stride=1):
    reach = len(kernels) // 2 * rate
    wide = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), "edge")
    return weight_by_weight(wide, kernels, rate, 1)[
        reach : reach + image.shape[0] : stride, reach : reach + image.shape[1] : stride
    ]


@wrong("dilated_convolution", "comes back on its other side")
def rolls_the_image(image, kernels, rate=1, stride=1):
    half, result = len(kernels) // 2, 0
    for a, b in np.ndindex(kernels.shape[:2]):
        shift = (half - a) * rate, (half - b) * rate
        result = result + np.roll(image.astype(float), shift, (0, 1)) @ kernels[a, b]
    return result[::stride, ::stride]


@wrong("dilated_convolution", "rounded up")
def rounds_down(image, kernels, rate=1, stride=1):
    found = weight_by_weight(image, kernels, rate, stride)
    return found[: image.shape[0] // stride, : image.shape[1] // stride]


@wrong("dilated_convolution", "the first one belongs to the first pixel")
def starts_in_the_middle_of_the_stride(image, kernels, rate=1, stride=1):
    full = weight_by_weight(image, kernels, rate, 1)
    rows = np.minimum(np.arange(0, len(full), stride) + stride // 2, len(full) - 1)
    columns = np.arange(0, full.shape[1], stride) + stride // 2
    return full[rows][:, np.minimum(columns, full.shape[1] - 1)]


@wrong("dilated_convolution", "thin out the image first")
def applies_the_stride_to_the_image(image, kernels, rate=1, stride=1):
    return weight_by_weight(image[::stride, ::stride], kernels, rate, 1)


@wrong("dilated_convolution", "in uint8, 200 + 100 is 44")
def stays_in_the_type_of_the_image(image, kernels, rate=1, stride=1):
    reach = len(kernels) // 2 * rate
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)))
    total = 0
    for a, b in np.ndindex(kernels.shape[:2]):
        part = padded[a * rate :, b * rate :][: image.shape[0] : stride]
        part = part[:, : image.shape[1] : stride]
        total = total + part @ kernels[a, b].astype(image.dtype)
    return total


@wrong("dilated_convolution", "the type of the image, which is of whole numbers")
def stores_in_the_type_of_the_image(image, kernels, rate=1, stride=1):
    found = weight_by_weight(image, kernels, rate, stride)
    result = np.empty(found.shape, image.dtype)
    result[:] = found
    return result


@wrong("dilated_convolution", "You sum over the filters")
def sums_the_filters(*arguments):
    return weight_by_weight(*arguments).sum(axis=2)


@wrong("dilated_convolution", "filters come first")
def puts_the_filters_first(*arguments):
    return np.moveaxis(weight_by_weight(*arguments), -1, 0)


@wrong("dilated_convolution", "You average over the channels")
def averages_over_the_channels(image, *arguments):
    return weight_by_weight(image, *arguments) / image.shape[-1]


@wrong("dilated_convolution", "changes kernels in place")
def spoils_the_kernels(image, kernels, rate=1, stride=1):
    found = weight_by_weight(image, kernels, rate, stride)
    kernels[:] = kernels[::-1].copy()
    return found


def convolve(image, kernels, rate=1, stride=1, pad=None):
    k = len(kernels)
    p = k // 2 * rate if pad is None else pad
    x = np.pad(image.astype(float), ((p, p), (p, p), (0, 0)))
    reach = (k - 1) * rate
    H, W = x.shape[0] - reach, x.shape[1] - reach
    out = np.zeros((max(H, 0), max(W, 0), kernels.shape[3]))
    for a in range(k):
        for b in range(k):
            y, z = a * rate, b * rate
            out += x[y : y + H, z : z + W] @ kernels[a, b]
    return out[::stride, ::stride]


@right("dilated_convolution")
def in_lists(image, kernels, rate=1, stride=1):
    return convolve(image, kernels, rate, stride).tolist()


@wrong("dilated_convolution", "pad so many")
def pads_by_half_the_kernel(image, kernels, rate=1, stride=1):
    return convolve(image, kernels, rate, stride, len(kernels) // 2)


@wrong("dilated_convolution", "Rate and stride are swapped")
def swaps_rate_and_stride(image, kernels, rate=1, stride=1):
    return convolve(image, kernels, stride, rate)


# Which pixels a stack reads


@right("pixels_read")
def by_sets(rates, size=3):
    places = {0}
    for rate in rates:
        places = {
            place + int(rate) * step
            for place in places
            for step in range(-(size // 2), size // 2 + 1)
        }
    return sorted(places)


@right("pixels_read")
def by_unique_sums(rates, size=3):
    places = np.zeros(1, np.int64)
    for rate in rates:
        steps = rate * (np.arange(size) - size // 2)
        places = np.unique(places[:, None] + steps)
    return places


@right("pixels_read")
def by_the_courses_explorer(rates, size=3):
    counts = dilation.coverage(rates, size)
    middle = len(counts) // 2
    return np.flatnonzero(counts[middle]) - middle


@right("pixels_read")
def by_recursion_as_decimal_numbers(rates, size=3):
    if not len(rates):
        return np.zeros(1)
    before = by_recursion_as_decimal_numbers(rates[1:], size)
    moved = [before + rates[0] * step for step in range(-(size // 2), size // 2 + 1)]
    return np.unique(np.concatenate(moved))


@wrong("pixels_read", "all the pixels of the field")
def returns_the_whole_field(rates, size=3):
    reach = (size - 1) // 2 * sum(rates)
    return np.arange(-reach, reach + 1)


@wrong("pixels_read", "side by side, all on the image")
def joins_the_layers(rates, size=3):
    steps = np.arange(size) - size // 2
    return np.unique(np.concatenate([[0], *(rate * steps for rate in rates)]))


@wrong("pixels_read", "the last layer alone")
def looks_at_the_last_layer(rates, size=3):
    return rates[-1] * (np.arange(size) - size // 2)


@wrong("pixels_read", "List it once")
def lists_places_again(rates, size=3):
    places = np.zeros(1, int)
    for rate in rates:
        places = np.add.outer(places, rate * (np.arange(size) - size // 2)).ravel()
    return np.sort(places)


@wrong("pixels_read", "three weights, whatever the size is")
def forgets_the_size(rates, size=3):
    return by_sets(rates)


@wrong("pixels_read", "Place 0 is that of the output")
def counts_from_the_left(rates, size=3):
    places = by_unique_sums(rates, size)
    return places - places.min()


@wrong("pixels_read", "the right half alone")
def looks_to_the_right(rates, size=3):
    places = by_unique_sums(rates, size)
    return places[places >= 0]


@wrong("pixels_read", "These are the holes")
def returns_the_holes(rates, size=3):
    reach = size // 2 * sum(rates)
    return [p for p in range(-reach, reach + 1) if p not in by_sets(rates, size)]


@wrong("pixels_read", "how many places there are")
def counts_the_places(rates, size=3):
    return len(by_sets(rates, size))


@wrong("pixels_read", "This is the receptive field")
def returns_the_size_of_the_field(rates, size=3):
    return 1 + (size - 1) * sum(rates)


@wrong("pixels_read", "yes and no for each pixel")
def returns_a_mask(rates, size=3):
    counts = dilation.coverage(rates, size)
    return counts[len(counts) // 2] > 0


@wrong("pixels_read", "the middle and both ends")
def forgets_the_weights_between(rates, size=3):
    return by_sets([rate * (size // 2) for rate in rates], min(size, 3))


@wrong("pixels_read", "A set has no order")
def returns_the_set(rates, size=3):
    return set(by_sets(rates, size))


@wrong("pixels_read", "A set has no order")
def makes_an_array_of_the_set(rates, size=3):
    return np.array(set(by_sets(rates, size)))


@wrong("pixels_read", "in rising order")
def lists_the_set_as_it_comes(rates, size=3):
    return list(by_sets(rates, size))[::-1]


@wrong("pixels_read", "one pixel too far apart")
def takes_the_rate_for_zeros(rates, size=3):
    return by_sets([rate + 1 for rate in rates], size)


@right("pixels_read")
def floats(rates, size=3):
    p = {0}
    for r in rates:
        p = {q + int(r) * s for q in p for s in range(-(size // 2), size // 2 + 1)}
    return [float(q) for q in sorted(p)]


@wrong("pixels_read", "whole numbers, in a list")
def ragged(rates, size=3):
    return [[1, 2], [3]]


@wrong("pixels_read", "in rising order")
def falling(rates, size=3):
    return floats(rates, size)[::-1]


# The largest gap


@right("maximum_distance")
def backwards(rates):
    gap = rates[-1]
    for rate in rates[-2:0:-1]:
        gap = max(gap - 2 * rate, gap - 2 * (gap - rate), rate)
    return gap


@right("maximum_distance")
def by_recursion(rates, layer=1):
    rates = [*map(int, rates)]
    if layer == len(rates) - 1:
        return rates[layer]
    after = by_recursion(rates, layer + 1)
    return max(abs(after - 2 * rates[layer]), rates[layer])


@right("maximum_distance")
def in_decimal_numbers_of_numpy(rates):
    gaps = np.array(rates, float)
    for i in range(len(gaps) - 2, 0, -1):
        gaps[i] = np.max(
            [gaps[i + 1] - 2 * gaps[i], 2 * gaps[i] - gaps[i + 1], gaps[i]]
        )
    return gaps[1]


def rule(rates, visited, start=-1, terms=None):
    terms = terms or (lambda m, r: max(m - 2 * r, m - 2 * (m - r), r))
    gap = rates[start]
    for rate in visited:
        gap = terms(gap, rate)
    return gap


@wrong("maximum_distance", "which is M_1")
def goes_on_to_the_first(rates):
    return rule(rates, reversed(rates[:-1]))


@wrong("maximum_distance", "from the first layer to the last")
def starts_in_front(rates):
    return rule(rates, rates[1:], start=0)


@wrong("maximum_distance", "go through the layers from the front")
def walks_forwards(rates):
    return rule(rates, rates[1:-1])


@wrong("maximum_distance", "The third term is missing")
def forgets_the_rate_itself(rates):
    return rule(rates, rates[-2:0:-1], terms=lambda m, r: abs(m - 2 * r))


@wrong("maximum_distance", "The second term is missing")
def forgets_the_second_term(rates):
    return rule(rates, rates[-2:0:-1], terms=lambda m, r: max(m - 2 * r, r))


@wrong("maximum_distance", "The first term is missing")
def forgets_the_first_term(rates):
    return rule(rates, rates[-2:0:-1], terms=lambda m, r: max(2 * r - m, r))


@wrong("maximum_distance", "not 2 (M - r)")
def misreads_the_second_term(rates):
    return rule(
        rates, rates[-2:0:-1], terms=lambda m, r: max(m - 2 * r, 2 * (m - r), r)
    )


@wrong("maximum_distance", "The rule takes the largest")
def takes_the_smallest(rates):
    return rule(rates, rates[-2:0:-1], terms=lambda m, r: min(m - 2 * r, 2 * r - m, r))


@wrong("maximum_distance", "This is M_n")
def returns_the_last_rate(rates):
    return rates[-1]


@wrong("maximum_distance", "Return M_2 itself")
def returns_whether_it_is_fine(rates):
    return backwards(rates) <= 3


@wrong("maximum_distance", "You sort the rates")
def sorts_them(rates):
    return backwards(sorted(rates))


def dist(rates, terms=lambda g, r: max(g - 2 * r, 2 * r - g, r), stop=0):
    g = rates[-1]
    for r in rates[-2:stop:-1]:
        g = terms(g, r)
    return g


@right("maximum_distance")
def f(rates):
    return np.array(float(dist(rates)))


@right("maximum_distance")
def absolute(rates):
    return dist(rates, lambda g, r: max(abs(g - 2 * r), r))


# Rates without holes


@right("choose_rates")
def from_the_back(field, size=3):
    rates = []
    while field > 1:
        rates.append(field // size)
        field -= (size - 1) * rates[-1]
    return rates[::-1]


@right("choose_rates")
def by_search(field, size=3):
    total, layers = (field - 1) // (size - 1), 0
    while size**layers < field:
        layers += 1
    if layers == 0:
        return []
    for rates in combinations_with_replacement(range(1, total + 1), layers - 1):
        last = total - sum(rates)
        stack = sorted((*rates, last))
        if last > 0 and len(by_unique_sums(stack, size)) == field:
            return np.array(stack)


@right("choose_rates")
def powers_and_the_rest(field, size=3):
    left, rates = (field - 1) // (size - 1), []
    while left > 0:
        rates.append(min(size ** len(rates), left))
        left -= rates[-1]
    return tuple(sorted(rates, reverse=True))


@right("choose_rates")
def in_int16(field, size=3):
    return np.array(from_the_back(field, size), np.int16)


@wrong("choose_rates", "add up to the field")
def lets_the_rates_add_up_to_the_field(field, size=3):
    return [1, 2, field - 3] if field > 5 else [field]


@wrong("choose_rates", "It has no holes, but")
def takes_ordinary_layers(field, size=3):
    return [1] * ((field - 1) // (size - 1))


@wrong("choose_rates", "Your stack has a hole")
def takes_one_large_rate(field, size=3):
    return [1, (field - 1) // (size - 1) - 1]


@wrong("choose_rates", "multiples of 8")
def takes_one_layer(field, size=3):
    return [(field - 1) // (size - 1)]


@wrong("choose_rates", "multiples of 2")
def takes_equal_rates(field, size=3):
    total = (field - 1) // (size - 1)
    return [2] * (total // 2) + [1] * (total % 2)


@wrong("choose_rates", "has a field of 15 pixels, not 17")
def doubles_up_to_the_field(field, size=3):
    rates = []
    while 1 + (size - 1) * (sum(rates) + 2 ** len(rates)) <= field:
        rates.append(2 ** len(rates))
    return rates


@wrong("choose_rates", "has a field of 27 pixels, not 17")
def takes_powers_beyond_the_field(field, size=3):
    rates = []
    while 1 + (size - 1) * sum(rates) < field:
        rates.append(size ** len(rates))
    return rates


@wrong("choose_rates", "It has no holes, but 4 layers where 3 are enough")
def doubles_and_adds_the_rest(field, size=3):
    left, rates = (field - 1) // (size - 1), []
    while left > 0:
        rates.append(min(2 ** len(rates), left))
        left -= rates[-1]
    return rates


@wrong("choose_rates", "with the type of one")
def divides_with_a_slash(field, size=3):
    rates = []
    while field > 1:
        rates.append((field - field % size) / size)
        field -= (size - 1) * rates[-1]
    return rates


@wrong("choose_rates", "A rate is 1 or more")
def counts_rates_from_zero(field, size=3):
    return [rate - 1 for rate in from_the_back(field, size)]


@wrong("choose_rates", "has a field of 17 pixels, not 9")
def thinks_of_three_weights(field, size=3):
    return from_the_back(field)


@wrong("choose_rates", "in a list or an array")
def ragged_rates(field, size):
    return [[1, 2], [3]]


@wrong("choose_rates", "larger than the whole field")
def huge_rates(field, size):
    return [10**400]


@wrong("choose_rates", "A rate is a whole number")
def text_rates(field, size):
    return ["1"]


@right("choose_rates")
def powers(field, size):
    rates, n = [], (field - 1) // (size - 1)
    while n > 0:
        rates.append(min(size ** len(rates), n))
        n -= rates[-1]
    return rates


# ASPP


def relu(x):
    return np.maximum(x, 0)


@right("aspp")
def with_a_convolution(features, kernels, biases, rates):
    def layer(x, number, rate=1):
        return relu(weight_by_weight(x, kernels[number], rate) + biases[number])

    found = [layer(features, number, rate) for number, rate in enumerate(rates)]
    mean = layer(features.mean(axis=(0, 1), keepdims=True), len(rates))
    found.append(np.broadcast_to(mean, (*features.shape[:2], mean.shape[-1])))
    return layer(np.concatenate(found, axis=-1), len(rates) + 1)


@right("aspp")
def writing_into_one_array(features, kernels, biases, rates):
    height, width, _ = features.shape
    count, filters = len(rates), kernels[0].shape[-1]
    joined = np.empty((height, width, (count + 1) * filters), order="F")
    for i in range(count):
        found = by_windows_and_einsum(features, kernels[i], rates[i], 1)
        joined[..., i * filters : (i + 1) * filters] = found + biases[i]
    mean = features.reshape(-1, features.shape[-1]).mean(0)
    joined[..., count * filters :] = mean @ kernels[count][0, 0] + biases[count]
    joined = joined.clip(min=0)
    return (joined @ kernels[-1].squeeze((0, 1)) + biases[-1]).clip(min=0)


@right("aspp")
def mixing_each_branch_on_its_own(features, kernels, biases, rates):
    *branches, whole, mix = zip(kernels, biases)
    filters = whole[0].shape[-1]
    parts = np.split(mix[0][0, 0], range(filters, mix[0].shape[2], filters))
    total = np.zeros((*features.shape[:2], mix[0].shape[-1])) + mix[1]
    for (kernel, bias), rate, part in zip(branches, rates, parts):
        total += relu(weight_by_weight(features, kernel, rate) + bias) @ part
    total += relu(features.mean((0, 1)) @ whole[0][0, 0] + whole[1]) @ parts[-1]
    return relu(total).tolist()


@right("aspp")
def in_float32(features, kernels, biases, rates):
    kernels = [kernel.astype("f4") for kernel in kernels]
    return with_a_convolution(features, kernels, biases, rates).astype("f4")


def put_together(
    features, kernels, biases, rates, after=relu, at_the_end=relu, join=None, mean=None
):
    """ASPP as one writes it, with places where it can go wrong."""
    count = len(rates)
    found = []
    for kernel, bias, rate in zip(kernels, biases, rates):
        found.append(after(weight_by_weight(features, kernel, rate) + bias))
    mean = mean or (lambda features: features.mean((0, 1), keepdims=True))
    whole = after(mean(features) @ kernels[count][0, 0] + biases[count])
    whole = np.broadcast_to(whole, found[0].shape)
    join = join or (lambda found, whole: [*found, whole])
    joined = np.concatenate(join(found, whole), axis=2)
    return at_the_end(joined @ kernels[count + 1][0, 0] + biases[count + 1])


@wrong("aspp", "ReLU is missing in the branches")
def forgets_relu_in_the_branches(*arguments):
    return put_together(*arguments, after=lambda x: x)


@wrong("aspp", "ReLU is missing at the end")
def forgets_relu_at_the_end(*arguments):
    return put_together(*arguments, at_the_end=lambda x: x)


@wrong("aspp", "ReLU is missing everywhere")
def forgets_relu(*arguments):
    return put_together(*arguments, after=lambda x: x, at_the_end=lambda x: x)


@wrong("aspp", "The rates make no difference")
def forgets_the_rates(features, kernels, biases, rates):
    return put_together(features, kernels, biases, [1 for _ in rates])


@wrong("aspp", "The mean comes first")
def puts_the_mean_first(*arguments):
    return put_together(*arguments, join=lambda found, whole: [whole, *found])


@wrong("aspp", "The mean of the map does not reach")
def leaves_the_mean_at_zero(*arguments):
    return put_together(
        *arguments, join=lambda found, whole: [*found, np.zeros_like(whole)]
    )


@wrong("aspp", "You take the largest value")
def pools_by_the_maximum(*arguments):
    return put_together(*arguments, mean=lambda x: x.max((0, 1), keepdims=True))


@wrong("aspp", "one mean of everything")
def takes_the_mean_of_everything(*arguments):
    return put_together(*arguments, mean=lambda x: x * 0 + x.mean())


@wrong("aspp", "it is one more 1 x 1 branch")
def forgets_to_average(*arguments):
    return put_together(*arguments, mean=lambda x: x)


@wrong("aspp", "The biases make no difference")
def forgets_the_biases(features, kernels, biases, rates):
    return put_together(features, kernels, np.zeros(len(biases)), rates)


@wrong("aspp", "The bias comes before ReLU")
def adds_the_bias_last(features, kernels, biases, rates):
    count = len(rates)
    found = [
        relu(weight_by_weight(features, kernels[i], rates[i])) + biases[i]
        for i in range(count)
    ]
    mean = relu(features.mean((0, 1)) @ kernels[count][0, 0]) + biases[count]
    found.append(np.tile(mean, (*features.shape[:2], 1)))
    mixed = relu(np.concatenate(found, -1) @ kernels[count + 1][0, 0])
    return mixed + biases[count + 1]


@wrong("aspp", "side by side along the last axis")
def forgets_the_mean(features, kernels, biases, rates):
    found = [
        relu(by_windows_and_einsum(features, kernel, rate) + bias)
        for kernel, bias, rate in zip(kernels, biases, rates)
    ]
    mixed = np.dot(np.concatenate(found, axis=-1), kernels[-1][0, 0])
    return relu(mixed + biases[-1])


@wrong("aspp", "Your channels are interleaved")
def interleaves_the_channels(*arguments):
    return put_together(
        *arguments,
        join=lambda found, whole: [
            np.stack([*found, whole], axis=-1).reshape(*whole.shape[:2], -1)
        ],
    )


@wrong("aspp", "Your kernels are flipped")
def flips_the_kernels(features, kernels, biases, rates):
    return put_together(features, [k[::-1, ::-1] for k in kernels], biases, rates)


def aspp_(features, kernels, biases, rates, relu=lambda x: np.maximum(x, 0)):
    n = len(rates)
    maps = [
        relu(convolve(features, k, r) + b)
        for k, b, r in zip(kernels[:n], biases[:n], rates)
    ]
    m = relu(features.mean((0, 1)) @ kernels[n][0, 0] + biases[n])
    x = np.concatenate([*maps, np.broadcast_to(m, (*features.shape[:2], len(m)))], -1)
    return relu(x @ kernels[-1][0, 0] + biases[-1])


@right("aspp")
def al(*a):
    return aspp_(*a).astype("f4").tolist()


@wrong("aspp", "have the first rate")
def first_rate_for_all(features, kernels, biases, rates):
    return aspp_(features, kernels, biases, [rates[0]] * len(rates))


# A CRF's settings: here the masks that they give


def scenes(rails, sky=0):
    """Class ids of two scenes: sky above, grass below, and the rows of each rail."""
    masks = np.zeros((2, 64, 64), np.uint8)
    masks[:, : 10 + sky] = 1
    for row, height in rails:
        masks[:, row : row + height] = 3
    return masks


TRUTH = scenes([(30, 3), (40, 3)])
BLOB = scenes([(20, 30)])
USUAL = scenes([(28, 17)])

answers.call("choose_settings", lambda check, after: check(after, USUAL, BLOB, TRUTH))

right("choose_settings", TRUTH.copy(), name="the_truth")
right(
    "choose_settings",
    scenes([(30, 4), (40, 3)]).astype(np.int64),
    name="one_row_too_much_in_int64",
)
right("choose_settings", scenes([(30, 3), (40, 4)]).tolist(), name="lists")
right(
    "choose_settings", np.asfortranarray(scenes([(30, 3), (41, 2)])), name="thin_rails"
)

wrong("choose_settings", "The CRF changes nothing", BLOB.copy(), name="the_network")
wrong("choose_settings", "the settings of the lesson", USUAL.copy(), name="no_settings")
wrong(
    "choose_settings",
    "others pay for it",
    scenes([(30, 3), (40, 3)], sky=2),
    name="sky",
)
wrong("choose_settings", "still too thick", scenes([(29, 15)]), name="too_thick")
wrong("choose_settings", "worse than without a CRF", scenes([]), name="no_fence_left")
wrong("choose_settings", "A smaller `colour`", scenes([(40, 2)]), name="one_rail_lost")
wrong(
    "choose_settings",
    "Return the dictionary of settings",
    {"appearance": 12.0},
    name="the_settings_themselves",
)
wrong(
    "choose_settings",
    "Return the dictionary of settings",
    TRUTH / 1.0,
    name="decimal_numbers",
)
wrong(
    "choose_settings",
    "Return the dictionary of settings",
    np.eye(5)[TRUTH],
    name="probabilities",
)
