"""Answers to lab 02: heads as kernels, fields, scores on their pixels."""

import numpy as np

from answers import Answers

answers = Answers("lab02")
right, wrong = answers.right, answers.wrong


# Dense layers as kernels


@right("as_kernel")
def by_reshape(weights, height, width, order):
    units = weights.shape[1]
    if order == "mean":
        kernel = np.empty((height, width, *weights.shape))
        kernel[:] = weights / height / width
        return kernel
    if order == "HWC":
        return weights.reshape(height, width, -1, units)
    return np.moveaxis(weights.reshape(-1, height, width, units), 0, 2)


@right("as_kernel")
def by_loops(weights, height, width, order):
    places = 1 if order == "mean" else height * width
    channels = weights.shape[0] // places
    kernel = np.zeros((height, width, channels, weights.shape[1]))
    for r in range(height):
        for c in range(width):
            for channel in range(channels):
                if order == "HWC":
                    value = weights[(r * width + c) * channels + channel]
                elif order == "CHW":
                    value = weights[(channel * height + r) * width + c]
                else:
                    value = weights[channel] / (height * width)
                kernel[r, c, channel] = value
    return kernel


@right("as_kernel")
def by_broadcasting_and_views(weights, height, width, order):
    if order == "mean":
        shape = height, width, *weights.shape
        return np.broadcast_to(weights / (height * width), shape)
    if order == "CHW":
        parts = weights.T.reshape(weights.shape[1], -1, height, width)
        return parts.transpose(2, 3, 1, 0)
    rows = np.asfortranarray(weights).reshape((height, -1, weights.shape[1]))
    return np.stack(np.split(rows, width, axis=1), axis=1)


@right("as_kernel")
def by_numbers_of_the_weights(weights, height, width, order):
    if order == "mean":
        return [[weights / (height * width)] * width] * height
    channels = len(weights) // (height * width)
    numbers = np.arange(len(weights))
    if order == "HWC":
        numbers = numbers.reshape(height, width, channels)
    else:
        numbers = np.stack(
            [part.reshape(height, width) for part in np.split(numbers, channels)], 2
        )
    return weights[numbers].astype(np.float32)


@wrong("as_kernel", "You read the weights as row, column, channel")
def ignores_channels_first(weights, height, width, order):
    if order == "mean":
        return by_reshape(weights, height, width, order)
    return weights.reshape((height, width, -1, weights.shape[1]))


@wrong("as_kernel", "You read the weights as channel, row, column")
def takes_all_for_pytorch(weights, height, width, order):
    if order == "mean":
        return by_reshape(weights, height, width, order)
    return np.moveaxis(weights.reshape(-1, height, width, weights.shape[1]), 0, 2)


@wrong("as_kernel", "too few to be given a place")
def reshapes_the_mean(weights, height, width, order):
    if order == "CHW":
        return by_reshape(weights, height, width, order)
    return weights.reshape(height, width, -1, weights.shape[1])


@wrong("as_kernel", "The channels are your first axis")
def leaves_channels_in_front(weights, height, width, order):
    if order == "CHW":
        return weights.reshape(-1, height, width, weights.shape[1])
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "columns stand where the rows belong")
def swaps_two_axes(weights, height, width, order):
    if order == "CHW":
        kernel = weights.reshape(-1, height, width, weights.shape[1])
        return np.swapaxes(kernel, 0, 2)
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "Height and width are swapped")
def takes_width_for_height(weights, height, width, order):
    if order == "HWC":
        return weights.reshape(width, height, -1, weights.shape[1])
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "Height and width are swapped")
def reads_columns_first(weights, height, width, order):
    if order == "CHW":
        channels = len(weights) // (height * width)
        return np.einsum("cwhu->hwcu", weights.reshape(channels, width, height, -1))
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "the kernel covers all places")
def gives_the_mean_one_place(weights, height, width, order):
    if order == "mean":
        return weights[np.newaxis, np.newaxis]
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "you give the sum of all places")
def sums_in_place_of_the_mean(weights, height, width, order):
    if order == "mean":
        return np.stack([np.stack([weights] * width)] * height)
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "divide by the number of channels")
def divides_by_channels(weights, height, width, order):
    if order == "mean":
        return np.tile(weights / weights.shape[0], (height, width, 1, 1))
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "divide by the number of columns")
def divides_by_columns(weights, height, width, order):
    if order == "mean":
        places = height * width
        return np.ones((height, width, 1, 1)) * weights * height / places
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "flips its kernel")
def flips_the_kernel(weights, height, width, order):
    return np.flip(by_reshape(weights, height, width, order), (0, 1))


@wrong("as_kernel", "Units are your first axis")
def has_pytorch_kernels(weights, height, width, order):
    return by_reshape(weights, height, width, order).transpose(3, 0, 1, 2)


@wrong("as_kernel", "cuts the weights to whole numbers")
def divides_whole_numbers(weights, height, width, order):
    if order == "mean":
        kernel = np.empty((height, width, *weights.shape))
        kernel[...] = weights // (height * width)
        return kernel
    return by_reshape(weights, height, width, order)


@wrong("as_kernel", "Units stand before channels")
def has_units_before_channels(weights, height, width, order):
    return np.swapaxes(by_reshape(weights, height, width, order), -1, -2)


def as_kernel0(weights, height, width, order):
    units = weights.shape[1]
    if order == "HWC":
        return weights.reshape(height, width, -1, units)
    if order == "CHW":
        return weights.reshape(-1, height, width, units).transpose(1, 2, 0, 3)
    return np.tile(weights / (height * width), (height, width, 1, 1))


@wrong("as_kernel", "lie channel by channel")
def mean_as_repeat(weights, height, width, order):
    if order == "mean":
        places = height * width
        kernel = np.repeat(weights, places, axis=0) / places
        return kernel.reshape(height, width, -1, weights.shape[1])
    return as_kernel0(weights, height, width, order)


@wrong("as_kernel", "units, channels, height, width")
def units_first_chw(weights, height, width, order):
    return np.transpose(as_kernel0(weights, height, width, order), (3, 2, 0, 1))


@right("as_kernel")
def lists(weights, height, width, order):
    return as_kernel0(weights, height, width, order).tolist()


@right("as_kernel")
def broadcast(weights, height, width, order):
    if order == "mean":
        weights = weights.astype("f4") / height / width
        return np.broadcast_to(weights, (height, width, *weights.shape))
    return as_kernel0(weights, height, width, order)


# A whole classifier


@right("all_convolutions")
def step_by_step(kernels, strides, matrices, height, width, order):
    for kernel, stride in zip(kernels, strides):
        height = (height - kernel.shape[0]) // stride + 1
        width = (width - kernel.shape[1]) // stride + 1
    new_kernels, new_strides = list(kernels), list(strides)
    for number, matrix in enumerate(matrices):
        if number == 0:
            new_kernels.append(by_reshape(matrix, height, width, order))
        else:
            new_kernels.append(matrix.reshape(1, 1, *matrix.shape))
        new_strides.append(1)
    return new_kernels, new_strides


@right("all_convolutions")
def by_counting_starts(kernels, strides, matrices, height, width, order):
    sides = [height, width]
    for kernel, stride in zip(kernels, strides):
        sides = [len(range(0, n - len(kernel) + 1, stride)) for n in sides]
    head = by_loops(matrices[0], *sides, order)
    ones = tuple(np.array(m)[None, None] for m in matrices[1:])
    return (*kernels, head, *ones), (*strides, 1) + (1,) * len(ones)


@right("all_convolutions")
def in_float32_by_as_kernel(kernels, strides, matrices, height, width, order):
    def after(side):
        for kernel, stride in zip(kernels, strides):
            side = int(np.ceil((side - kernel.shape[0] + 1) / stride))
        return side

    all_kernels = [
        *kernels,
        by_reshape(matrices[0], after(height), after(width), order),
        *(by_reshape(matrix, 1, 1, "HWC") for matrix in matrices[1:]),
    ]
    steps = np.ones(len(all_kernels), int)
    steps[: len(strides)] = strides
    return [np.asfortranarray(kernel) for kernel in all_kernels], steps


@right("all_convolutions")
def by_recursion(kernels, strides, matrices, height, width, order):
    if kernels:
        size, stride = len(kernels[0]), strides[0]
        high, wide = (height - size) // stride + 1, (width - size) // stride + 1
        rest, steps = by_recursion(
            kernels[1:], strides[1:], matrices, high, wide, order
        )
        return [kernels[0]] + rest, [stride] + steps
    head = [by_reshape(matrices[0], height, width, order)]
    head += [matrix[None, None] for matrix in matrices[1:]]
    return head, [1 for _ in head]


def sides_of(kernels, strides, height, width):
    for kernel, stride in zip(kernels, strides):
        height = (height - kernel.shape[0]) // stride + 1
        width = (width - kernel.shape[1]) // stride + 1
    return height, width


@wrong("all_convolutions", "as many places as its kernel is high")
def lays_windows_side_by_side(kernels, strides, matrices, height, width, order):
    high, wide = sides_of(kernels, strides, height, width)
    head = [by_reshape(matrices[0], high, wide, order)]
    head += [m[None, None] for m in matrices[1:]]
    return [*kernels, *head], [*strides, high, *[1] * (len(head) - 1)]


@wrong("all_convolutions", "have lost their strides")
def forgets_the_strides(kernels, strides, matrices, height, width, order):
    new, _ = step_by_step(kernels, strides, matrices, height, width, order)
    return new, [1] * len(new)


@wrong("all_convolutions", "A stride makes fewer features")
def ignores_strides_for_the_size(kernels, strides, matrices, height, width, order):
    for kernel in kernels:
        height -= kernel.shape[0] - 1
        width -= kernel.shape[1] - 1
    first = by_reshape(matrices[0], height, width, order)
    rest = [m[None, None] for m in matrices[1:]]
    return [*kernels, first, *rest], [*strides, *[1] * len(matrices)]


@wrong("all_convolutions", "That is the size of the window")
def takes_the_window_for_the_features(kernels, strides, matrices, height, width, order):
    first = by_reshape(matrices[0], height, width, order)
    rest = [m[None, None] for m in matrices[1:]]
    return [*kernels, first, *rest], [*strides, *[1] * len(matrices)]


@wrong("all_convolutions", "That would be right for padded convolutions")
def takes_them_for_padded(kernels, strides, matrices, height, width, order):
    for stride in strides:
        height, width = height // stride, width // stride
    first = by_reshape(matrices[0], height, width, order)
    rest = [m[None, None] for m in matrices[1:]]
    return [*kernels, first, *rest], [*strides, *[1] * len(matrices)]


@wrong("all_convolutions", "height and width are swapped")
def swaps_the_sides(kernels, strides, matrices, height, width, order):
    high, wide = sides_of(kernels, strides, height, width)
    first = by_reshape(matrices[0], wide, high, order)
    rest = [m[None, None] for m in matrices[1:]]
    return [*kernels, first, *rest], [*strides, *[1] * len(matrices)]


@wrong("all_convolutions", "whether you hand on the order")
def takes_the_order_of_keras(kernels, strides, matrices, height, width, order):
    return step_by_step(kernels, strides, matrices, height, width, "HWC")


@wrong("all_convolutions", "has a single place to look at")
def makes_all_dense_layers_large(kernels, strides, matrices, height, width, order):
    high, wide = sides_of(kernels, strides, height, width)
    head = [by_reshape(m, high, wide, "mean") for m in matrices[1:]]
    head.insert(0, by_reshape(matrices[0], high, wide, order))
    return [*kernels, *head], [*strides, *[1] * len(head)]


@wrong("all_convolutions", "each becomes one kernel")
def returns_the_head_alone(kernels, strides, matrices, height, width, order):
    new, steps = step_by_step(kernels, strides, matrices, height, width, order)
    return new[len(kernels) :], steps[len(strides) :]


@wrong("all_convolutions", "have one, too")
def returns_the_old_strides(kernels, strides, matrices, height, width, order):
    new, _ = step_by_step(kernels, strides, matrices, height, width, order)
    return new, strides


@wrong("all_convolutions", "A kernel has four axes")
def leaves_matrices_as_they_are(kernels, strides, matrices, height, width, order):
    new, steps = step_by_step(kernels, strides, matrices, height, width, order)
    return [*new[: len(kernels) + 1], *matrices[1:]], steps


@wrong("all_convolutions", "Return two lists")
def returns_kernels_only(kernels, strides, matrices, height, width, order):
    return step_by_step(kernels, strides, matrices, height, width, order)[0]


@wrong("all_convolutions", "its first place counts, too")
def forgets_to_add_one(kernels, strides, matrices, height, width, order):
    for kernel, stride in zip(kernels, strides):
        height = (height - kernel.shape[0]) // stride
        width = (width - kernel.shape[1]) // stride
    first = by_reshape(matrices[0], height, width, order)
    rest = [m[None, None] for m in matrices[1:]]
    return [*kernels, first, *rest], [*strides, *[1] * len(matrices)]


@wrong("all_convolutions", "The order of the features is not used")
def takes_any_flat_order_for_pytorch(kernels, strides, matrices, height, width, order):
    flat = "mean" if order == "mean" else "CHW"
    return step_by_step(kernels, strides, matrices, height, width, flat)


@wrong("all_convolutions", "is exercise 1 written?")
def has_no_exercise_1(kernels, strides, matrices, height, width, order):
    new, steps = step_by_step(kernels, strides, matrices, height, width, order)
    return [*kernels, None, *new[len(kernels) + 1 :]], steps


@wrong("all_convolutions", "not those that the first dense layer was made for")
def counts_wrongly_where_it_matters(kernels, strides, matrices, height, width, order):
    high, wide = sides_of(kernels, strides, height, width)
    if order != "mean":
        high += 1
    first = by_reshape(matrices[0], high, wide, order)
    rest = [m[None, None] for m in matrices[1:]]
    return [*kernels, first, *rest], [*strides, *[1] * len(matrices)]


@wrong("all_convolutions", "Your function changes kernels in place")
def appends_to_the_list(kernels, strides, matrices, height, width, order):
    new, steps = step_by_step(kernels, strides, matrices, height, width, order)
    kernels += new[len(kernels) :]
    return kernels, steps


def head(kernels, strides, matrices, height, width, order):
    for k, s in zip(kernels, strides):
        height = (height - k.shape[0]) // s + 1
        width = (width - k.shape[1]) // s + 1
    first = as_kernel0(matrices[0], height, width, order)
    layers = [*kernels, first, *[m[None, None] for m in matrices[1:]]]
    return layers, [*strides, *[1] * len(matrices)]


@right("all_convolutions")
def first_kernel_shape(kernels, strides, matrices, height, width, order):
    assert kernels[0].ndim == 4
    return head(kernels, strides, matrices, height, width, order)


@right("all_convolutions")
def channels_from_last_kernel(kernels, strides, matrices, height, width, order):
    k, s = head(kernels, strides, matrices, height, width, order)
    assert k[len(kernels)].shape[2] == kernels[-1].shape[3]
    return tuple(k), np.array(s)


@right("all_convolutions")
def in_f4(kernels, strides, matrices, height, width, order):
    k, s = head(kernels, strides, matrices, height, width, order)
    return [x.astype("f4") for x in k], [float(x) for x in s]


@right("all_convolutions")
def rounds_up(kernels, strides, matrices, height, width, order):
    for k, s in zip(kernels, strides):
        height = -(-(height - k.shape[0]) // s) + 1
        width = -(-(width - k.shape[1]) // s) + 1
    first = as_kernel0(matrices[0], height, width, order)
    layers = [*kernels, first, *[m[None, None] for m in matrices[1:]]]
    return layers, [*strides, *[1] * len(matrices)]


@wrong("all_convolutions", "Return two lists")
def strides_none(kernels, strides, matrices, height, width, order):
    k, s = head(kernels, strides, matrices, height, width, order)
    return k, None


@wrong("all_convolutions", "Return two lists")
def strides_one(kernels, strides, matrices, height, width, order):
    k, s = head(kernels, strides, matrices, height, width, order)
    return k, 1


@wrong("all_convolutions", "a stride too long")
def stride_huge(kernels, strides, matrices, height, width, order):
    k, s = head(kernels, strides, matrices, height, width, order)
    return k, [1000] * len(s)


@wrong("all_convolutions", "is inf")
def stride_inf(kernels, strides, matrices, height, width, order):
    k, s = head(kernels, strides, matrices, height, width, order)
    return k, [float("inf")] * len(s)


@wrong("all_convolutions", "whole number")
def stride_half(kernels, strides, matrices, height, width, order):
    k, s = head(kernels, strides, matrices, height, width, order)
    return k, [x + 0.5 for x in s]


@wrong("all_convolutions", "its width is another")
def squares(kernels, strides, matrices, height, width, order):
    for k, s in zip(kernels, strides):
        height = (height - len(k)) // s + 1
    first = as_kernel0(matrices[0], height, height, order)
    layers = [*kernels, first, *[m[None, None] for m in matrices[1:]]]
    return layers, [*strides, *[1] * len(matrices)]


# Receptive fields


@right("field_of")
def forwards(layers):
    size, jump, start = 1, 1, 0.0
    for kernel, stride, dilation, padding in layers:
        span = dilation * (kernel - 1)
        start = start + jump * (0.5 * span - padding)
        size = size + jump * span
        jump = jump * stride
    return size, jump, start


@right("field_of")
def backwards_from_two_units(layers):
    def seen(first, last):
        for kernel, stride, dilation, padding in layers[::-1]:
            first = first * stride - padding
            last = last * stride - padding + dilation * (kernel - 1)
        return first, last

    (top, bottom), (following, _) = seen(0, 0), seen(1, 1)
    return [bottom - top + 1, following - top, (top + bottom) / 2]


@right("field_of")
def with_arrays(layers):
    table = np.array(layers).reshape(-1, 4)
    jumps = np.cumprod(np.append(1, table[:, 1]))
    reach = (table[:, 0] - 1) * table[:, 2]
    size = 1 + (reach * jumps[:-1]).sum()
    start = ((reach / 2 - table[:, 3]) * jumps[:-1]).sum()
    return np.array([size, jumps[-1], start])


@right("field_of")
def by_positions(layers):
    at, first = np.arange(400.0), 0
    size = 1
    for kernel, stride, dilation, padding in layers:
        step = at[1] - at[0]
        size += (kernel - 1) * dilation * step
        at = at + ((kernel - 1) * dilation / 2 - padding) * step
        at = at[0] + np.arange(400) * step * stride
    return np.float32(size), int(at[1] - at[first]), at[0]


@wrong("field_of", "The dilation does not count")
def ignores_dilation(layers):
    return forwards([(kernel, stride, 1, pad) for kernel, stride, _, pad in layers])


@wrong("field_of", "k - 1 gaps")
def counts_whole_kernels(layers):
    size, jump, start = 1, 1, 0
    for kernel, stride, dilation, padding in layers:
        size += kernel * dilation * jump
        start += ((kernel - 1) * dilation / 2 - padding) * jump
        jump *= stride
    return size, jump, start


@wrong("field_of", "own stride too soon")
def steps_too_soon(layers):
    size, jump, start = 1, 1, 0
    for kernel, stride, dilation, padding in layers:
        jump *= stride
        size += (kernel - 1) * dilation * jump
        start += ((kernel - 1) * dilation / 2 - padding) * jump
    return size, jump, start


@wrong("field_of", "Your layers count in pixels")
def counts_pixels(layers):
    _, jump, _ = forwards(layers)
    reach = [(kernel - 1) * dilation for kernel, _, dilation, _ in layers]
    return 1 + sum(reach), jump, sum(reach) / 2 - sum(layer[3] for layer in layers)


@wrong("field_of", "The start counts in pixels")
def starts_in_pixels(layers):
    size, jump, _ = forwards(layers)
    start = 0
    for kernel, _, dilation, padding in layers:
        start += (kernel - 1) * dilation / 2 - padding
    return size, jump, start


@wrong("field_of", "Padding does not count")
def forgets_padding(layers):
    return forwards([(*layer[:3], 0) for layer in layers])


@wrong("field_of", "the wrong way")
def pads_the_wrong_way(layers):
    return forwards([(k, s, d, -padding) for k, s, d, padding in layers])


@wrong("field_of", "is the first pixel of the field")
def returns_the_first_pixel(layers):
    size, jump, start = forwards(layers)
    return size, jump, start - (size - 1) / 2


@wrong("field_of", "cut to whole numbers with //")
def halves_with_integers(layers):
    size, jump, start = 1, 1, 0
    for kernel, stride, dilation, padding in layers:
        size += (kernel - 1) * dilation * jump
        start += ((kernel - 1) * dilation // 2 - padding) * jump
        jump *= stride
    return size, jump, start


@wrong("field_of", "Half the number of values")
def halves_the_kernel(layers):
    reach, jump, start = 1, 1, 0
    for k, s, d, p in layers:
        reach += (k - 1) * d * jump
        start += (k // 2 - p) * jump
        jump *= s
    return reach, jump, start


@wrong("field_of", "Half the number of values")
def halves_and_spreads_the_kernel(layers):
    reach, jump, start = 1, 1, 0
    for k, s, d, p in layers:
        reach += (k - 1) * d * jump
        start += jump * (d * (k // 2) - p)
        jump *= s
    return reach, jump, start


@wrong("field_of", "Your padding counts in pixels")
def pads_with_pixels(layers):
    reach, jump, start = 1, 1, 0
    for k, s, d, p in layers:
        reach += (k - 1) * d * jump
        start += 0.5 * (k - 1) * d * jump - p
        jump *= s
    return reach, jump, start


@wrong("field_of", "half a pixel too far")
def counts_from_the_edge(layers):
    size, jump, start = forwards(layers)
    return size, jump, start + 0.5


@wrong("field_of", "stride of the last layer alone")
def takes_the_last_stride(layers):
    size, _, start = forwards(layers)
    return size, layers[-1][1] if layers else 1, start


@wrong("field_of", "They multiply", name="adds_strides")
def adds_strides(layers):
    size, jump, start = 1, 1, 0
    for kernel, stride, dilation, padding in layers:
        size += (kernel - 1) * dilation * jump
        start += ((kernel - 1) * dilation / 2 - padding) * jump
        jump += stride
    return size, jump, start


@wrong("field_of", "You start with the last layer")
def starts_with_the_last_layer(layers):
    return forwards(layers[::-1])


@wrong("field_of", "Padding makes your field smaller")
def takes_padding_off_the_size(layers):
    size, jump, start = forwards(layers)
    for layer in layers:
        size = size - 2 * layer[3]
    return size, jump, start


@wrong("field_of", "Jump and start are swapped")
def swaps_jump_and_start(layers):
    size, jump, start = forwards(layers)
    return size, start, jump


def followed(layers, size=1):
    jump, start = 1, 0.0
    for kernel, stride, dilation, padding in layers:
        reach = (kernel - 1) * dilation
        size += reach * jump
        start += (reach / 2 - padding) * jump
        jump *= stride
    return size, jump, start


@right("field_of")
def arr(layers):
    return np.array(followed(layers))


@right("field_of")
def fractions(layers):
    s, j, st = followed(layers)
    return [np.int16(s), float(j), np.array(st)]


@wrong("field_of", "one too small")
def starts_at_0(layers):
    return followed(layers, 0)


@wrong("field_of", "The sign of your start")
def start_minus(layers):
    s, j, st = followed(layers)
    return s, j, -st


@wrong("field_of", "Stride and dilation are swapped")
def swaps_stride_and_dilation(layers):
    return followed([(k, d, s, p) for k, s, d, p in layers])


# Scores on their pixels


@right("place")
def by_two_gathers(coarse, start, jump, height, width):
    def weights(length, units):
        at = np.minimum(np.maximum((np.arange(length) - start) / jump, 0), units - 1)
        low = at.astype(int)
        return low, np.minimum(low + 1, units - 1), at - low

    top, bottom, down = weights(height, coarse.shape[0])
    left, right_, across = weights(width, coarse.shape[1])
    down, across = down[:, None, None], across[None, :, None]
    upper = coarse[top][:, left] * (1 - across) + coarse[top][:, right_] * across
    lower = coarse[bottom][:, left] * (1 - across) + coarse[bottom][:, right_] * across
    return upper * (1 - down) + lower * down


@right("place")
def by_tents_as_matrices(coarse, start, jump, height, width):
    def tents(length, units):
        at = np.clip((np.arange(length) - start) / jump, 0, units - 1)
        return np.maximum(1 - abs(at[:, None] - np.arange(units)), 0)

    down, across = tents(height, len(coarse)), tents(width, len(coarse[0]))
    return np.einsum("yh,hwc,xw->yxc", down, coarse, across).astype(np.float32)


@right("place")
def by_np_interp(coarse, start, jump, height, width):
    def line(values, length):
        centres = start + jump * np.arange(len(values))
        return np.interp(np.arange(length), centres, values)

    across = np.apply_along_axis(line, 1, coarse, width)
    return np.apply_along_axis(line, 0, across, height)


@right("place")
def by_loops_over_pixels(coarse, start, jump, height, width):
    rows, columns, classes = coarse.shape
    scores = np.zeros((height, width, classes), order="F")
    for y in range(height):
        i = min(max((y - start) / jump, 0), rows - 1)
        for x in range(width):
            j = min(max((x - start) / jump, 0), columns - 1)
            for r in {int(i), min(int(i) + 1, rows - 1)}:
                for c in {int(j), min(int(j) + 1, columns - 1)}:
                    share = max(1 - abs(i - r), 0) * max(1 - abs(j - c), 0)
                    scores[y, x] += share * coarse[r, c]
    return scores


def interpolated(coarse, rows, columns):
    """Bilinear at units (height,) and (width,) that lie on the map."""
    (h, w, _), coarse = coarse.shape, coarse.astype(float)
    r, c = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, across = (rows - r)[:, None, None], (columns - c)[None, :, None]
    below, behind = np.minimum(r + 1, h - 1), np.minimum(c + 1, w - 1)
    left = coarse[r][:, c] * (1 - down) + coarse[below][:, c] * down
    after = coarse[r][:, behind] * (1 - down) + coarse[below][:, behind] * down
    return left * (1 - across) + after * across


@wrong("place", "You stretch the map")
def stretches_corner_to_corner(coarse, start, jump, height, width):
    rows = np.linspace(0, coarse.shape[0] - 1, height)
    return interpolated(coarse, rows, np.linspace(0, coarse.shape[1] - 1, width))


@wrong("place", "You stretch the map")
def stretches_as_libraries_do(coarse, start, jump, height, width):
    h, w, _ = coarse.shape
    rows = (np.arange(height) + 0.5) * h / height - 0.5
    columns = (np.arange(width) + 0.5) * w / width - 0.5
    return interpolated(coarse, rows.clip(0, h - 1), columns.clip(0, w - 1))


@wrong("place", "not at pixel 0")
def forgets_the_start(coarse, start, jump, height, width):
    return by_two_gathers(coarse, 0, jump, height, width)


@wrong("place", "You shift the scores the wrong way")
def adds_the_start(coarse, start, jump, height, width):
    return by_two_gathers(coarse, -start, jump, height, width)


@wrong("place", "cut to a whole number")
def cuts_the_start(coarse, start, jump, height, width):
    return by_two_gathers(coarse, int(start), jump, height, width)


@wrong("place", "unit above and left")
def repeats_the_unit_above(coarse, start, jump, height, width):
    h, w, _ = coarse.shape
    rows = ((np.arange(height) - start) // jump).clip(0, h - 1).astype(int)
    columns = ((np.arange(width) - start) // jump).clip(0, w - 1).astype(int)
    return coarse[rows][:, columns]


@wrong("place", "scores of one unit")
def takes_the_nearest(coarse, start, jump, height, width):
    h, w, _ = coarse.shape
    rows = np.round((np.arange(height) - start) / jump).clip(0, h - 1).astype(int)
    columns = np.round((np.arange(width) - start) / jump).clip(0, w - 1).astype(int)
    return coarse[np.ix_(rows, columns)]


@wrong("place", "go on rising or falling")
def goes_on_beyond_the_ends(coarse, start, jump, height, width):
    scores = coarse.astype(float)
    for axis, length in enumerate((height, width)):
        units = scores.shape[axis]
        at = (np.arange(length) - start) / jump
        low = np.clip(at.astype(int), 0, max(units - 2, 0))
        share = np.expand_dims(at - low, [1, 2] if axis == 0 else [0, 2])
        high = np.minimum(low + 1, units - 1)
        scores = scores.take(low, axis) + share * (
            scores.take(high, axis) - scores.take(low, axis)
        )
    return scores


@wrong("place", "Beyond the outer centres your scores are zero")
def leaves_zeros_outside(coarse, start, jump, height, width):
    def tents(length, units):
        at = (np.arange(length) - start) / jump
        return (
            np.maximum(1 - abs(at[:, None] - np.arange(units)), 0)
            * ((at >= 0) & (at <= units - 1))[:, None]
        )

    return np.einsum(
        "yh,hwc,xw->yxc",
        tents(height, coarse.shape[0]),
        coarse,
        tents(width, coarse.shape[1]),
    )


@wrong("place", "The two weights are swapped")
def swaps_the_weights(coarse, start, jump, height, width):
    scores = coarse.astype(float)
    for axis, length in enumerate((height, width)):
        units = scores.shape[axis]
        at = np.clip((np.arange(length) - start) / jump, 0, units - 1)
        low = np.minimum(at.astype(int), max(units - 2, 0))
        share = np.expand_dims(at - low, [1, 2] if axis == 0 else [0, 2])
        high = np.minimum(low + 1, units - 1)
        scores = share * scores.take(low, axis) + (1 - share) * scores.take(high, axis)
    return scores


def _in_two_steps(weights, kind=float):
    """Rows first, then columns, with a unit after the last that is the last."""

    def answer(coarse, start, jump, height, width):
        for axis, count in ((0, height), (1, width)):
            coarse = np.moveaxis(coarse, axis, 0)
            i = ((np.arange(count) - start) / jump).clip(0, len(coarse) - 1)
            whole = i.astype(int)
            after = np.append(coarse[1:], coarse[-1:], axis=0)
            a, b = weights((i - whole)[:, None, None])
            mixed = coarse[whole] * a + after[whole] * b
            coarse = np.moveaxis(mixed.astype(kind or coarse.dtype), 0, axis)
        return coarse

    return answer


wrong(
    "place",
    "The two weights are swapped",
    _in_two_steps(lambda share: (share, 1 - share)),
    name="gives_the_nearer_unit_less",
)
wrong(
    "place",
    "integer type of the coarse ones",
    _in_two_steps(lambda share: (1 - share, share), kind=None),
    name="keeps_the_type_after_each_step",
)


@wrong("place", "integer type of the coarse ones")
def writes_into_the_coarse_type(coarse, start, jump, height, width):
    scores = np.zeros((height, width, coarse.shape[2]), coarse.dtype)
    scores[:] = by_two_gathers(coarse, start, jump, height, width)
    return scores


@wrong("place", "Height and width are swapped")
def swaps_height_and_width(coarse, start, jump, height, width):
    return by_tents_as_matrices(coarse, start, jump, width, height)


@wrong("place", "not the class that wins")
def returns_classes(coarse, start, jump, height, width):
    return np.argmax(by_two_gathers(coarse, start, jump, height, width), 2)


def placed(coarse, start, jump, height, width, f=lambda x: x):
    def m(n, units):
        at = np.clip((np.arange(n) - start) / jump, 0, units - 1)
        w = np.maximum(1 - np.abs(at[:, None] - np.arange(units)), 0)
        return f(w)

    return np.einsum(
        "hr,wc,rck->hwk", m(height, coarse.shape[0]), m(width, coarse.shape[1]), coarse
    )


@right("place")
def by_matrices(coarse, start, jump, height, width):
    return placed(np.asarray(coarse, "f4"), start, jump, height, width)


@wrong("place", "pixels count from 0")
def centres_off_by_one(coarse, start, jump, height, width):
    return placed(coarse, start + 1, jump, height, width)


@wrong("place", "half a pixel too far up")
def half_pixel(coarse, start, jump, height, width):
    return placed(coarse, start - 0.5, jump, height, width)


# Every pixel, any size


@right("scores_everywhere")
def with_a_generous_margin(image, network, size, jump):
    front, back = size // 2, size + 2 * jump
    margin = [(front, back), (front, back), (0, 0)]
    coarse = network(np.pad(image, margin, mode="reflect")[np.newaxis])
    start = (size - 1) / 2 - front
    return by_two_gathers(coarse[0], start, jump, *image.shape[:2])


@right("scores_everywhere")
def with_as_few_as_needed(image, network, size, jump):
    front, start = size // 2, 0 if size % 2 else -0.5
    margins = []
    for length in image.shape[:2]:
        units = int(np.ceil((length - 1 - start) / jump)) + 1
        margins.append((front, size + (units - 1) * jump - front - length))
    wide = np.pad(image.astype(float), [*margins, (0, 0)], "reflect")
    return by_np_interp(network(wide[None])[0], start, jump, *image.shape[:2])


@right("scores_everywhere")
def by_reflected_indices(image, network, size, jump):
    def mirrored(length):
        at = np.arange(-(size // 2), length + size // 2 + jump)
        period = max(2 * (length - 1), 1)
        at = abs(at) % period
        return np.where(at >= length, period - at, at)

    height, width, _ = image.shape
    wide = image[np.ix_(mirrored(height), mirrored(width))]
    coarse = np.squeeze(network(wide.reshape(1, *wide.shape)), 0)
    start = (size - 1) / 2 - size // 2
    return by_tents_as_matrices(coarse, start, jump, height, width)


@wrong("scores_everywhere", "without a margin")
def has_no_margin(image, network, size, jump):
    coarse = network(image[None])[0]
    return by_two_gathers(coarse, (size - 1) / 2, jump, *image.shape[:2])


@wrong("scores_everywhere", "you mirror too few")
def mirrors_half_a_field_behind(image, network, size, jump):
    half = size // 2
    wide = np.pad(image, ((half, half), (half, half), (0, 0)), "reflect")
    coarse = network(wide[None])[0]
    return by_two_gathers(coarse, (size - 1) / 2 - half, jump, *image.shape[:2])


@wrong("scores_everywhere", "where it is in the mirrored image")
def starts_in_the_mirrored_image(image, network, size, jump):
    margin = size // 2, size // 2 + jump
    wide = np.pad(image, (margin, margin, (0, 0)), "reflect")
    return by_np_interp(network(wide[None])[0], (size - 1) / 2, jump, *image.shape[:2])


@wrong("scores_everywhere", "half a pixel before it")
def starts_at_pixel_0(image, network, size, jump):
    margin = size // 2, size // 2 + jump
    wide = np.pad(image, (margin, margin, (0, 0)), "reflect")
    return by_two_gathers(network(wide[None])[0], 0, jump, *image.shape[:2])


@wrong("scores_everywhere", "cut to a whole number with //")
def cuts_the_first_centre(image, network, size, jump):
    margins = [(size // 2, size // 2 + jump)] * 2 + [(0, 0)]
    coarse = network(np.pad(image, margins, "reflect")[None])[0]
    return by_np_interp(coarse, (size - 1) // 2 - size // 2, jump, *image.shape[:2])


@wrong("scores_everywhere", "You divide the image by 255")
def scales_the_image(image, network, size, jump):
    margins = [(size // 2, size // 2 + jump)] * 2 + [(0, 0)]
    coarse = network(np.pad(image / 255.0, margins, "reflect")[None])[0]
    return by_np_interp(coarse, (size - 1) / 2 - size // 2, jump, *image.shape[:2])


@wrong("scores_everywhere", "You put zeros beyond the border")
def pads_with_zeros(image, network, size, jump):
    half = size // 2
    wide = np.zeros((image.shape[0] + size + jump, image.shape[1] + size + jump, 3))
    wide[half : half + image.shape[0], half : half + image.shape[1]] = image
    coarse = network(wide[None])[0]
    return by_two_gathers(coarse, (size - 1) / 2 - half, jump, *image.shape[:2])


@wrong("scores_everywhere", 'mirror with "symmetric"')
def repeats_the_border_pixels(image, network, size, jump):
    margin = size // 2, size // 2 + jump
    wide = np.pad(image, (margin, margin, (0, 0)), "symmetric")
    start = (size - 1) / 2 - margin[0]
    return by_two_gathers(network(wide[None])[0], start, jump, *image.shape[:2])


@wrong("scores_everywhere", "You repeat the pixels")
def repeats_the_edge(image, network, size, jump):
    margin = size // 2, size // 2 + jump
    wide = np.pad(image, (margin, margin, (0, 0)), "edge")
    start = (size - 1) / 2 - margin[0]
    return by_two_gathers(network(wide[None])[0], start, jump, *image.shape[:2])


@wrong("scores_everywhere", "put an axis in front")
def forgets_the_batch(image, network, size, jump):
    margin = size // 2, size // 2 + jump
    wide = np.pad(image, (margin, margin, (0, 0)), "reflect")
    start = (size - 1) / 2 - margin[0]
    return by_two_gathers(network(wide), start, jump, *image.shape[:2])


@wrong("scores_everywhere", "without the batch")
def keeps_the_batch(image, network, size, jump):
    return with_a_generous_margin(image, network, size, jump)[None]


@wrong("scores_everywhere", "You called the network")
def calls_it_for_each_window(image, network, size, jump):
    margin = size // 2, size // 2 + jump
    wide = np.pad(image, (margin, margin, (0, 0)), "reflect")
    coarse = [
        [network(wide[None, r : r + size, c : c + size])[0, 0, 0]
         for c in range(0, wide.shape[1] - size + 1, jump)]
        for r in range(0, wide.shape[0] - size + 1, jump)
    ]  # fmt: skip
    start = (size - 1) / 2 - margin[0]
    return by_two_gathers(np.array(coarse), start, jump, *image.shape[:2])


@wrong("scores_everywhere", "but not both of them")
def mirrors_the_rows_alone(image, network, size, jump):
    margin = size // 2, size // 2 + jump
    wide = np.pad(image, (margin, (0, 0), (0, 0)), "reflect")
    start = (size - 1) / 2 - margin[0]
    return by_two_gathers(network(wide[None])[0], start, jump, *image.shape[:2])


@wrong("scores_everywhere", "one too few")
def mirrors_one_too_few_in_front(image, network, size, jump):
    front = (size - 1) // 2
    margin = front, size + jump
    wide = np.pad(image, (margin, margin, (0, 0)), "reflect")
    start = (size - 1) / 2 - front
    return by_two_gathers(network(wide[None])[0], start, jump, *image.shape[:2])


@wrong("scores_everywhere", "you mirror too few")
def too_few_by_one(image, network, size, jump):
    m = (size // 2, size // 2 + jump - 2)
    c = network(np.pad(image, (m, m, (0, 0)), "reflect")[None])[0]
    return placed(c, (size - 1) / 2 - m[0], jump, *image.shape[:2])


@right("scores_everywhere")
def exact_need(image, network, size, jump):
    m = (size // 2, size // 2 + jump)
    c = network(np.pad(image.astype("f4"), (m, m, (0, 0)), "reflect")[None])[0]
    return placed(c, (size - 1) / 2 - m[0], jump, *image.shape[:2]).tolist()


@wrong("scores_everywhere", "goes on at its other side")
def wraps_it(image, network, size, jump):
    m = (size // 2, size // 2 + jump)
    wide = np.pad(image, (m, m, (0, 0)), "wrap")
    c = network(wide[None])[0]
    return placed(c, (size - 1) / 2 - m[0], jump, *image.shape[:2])
