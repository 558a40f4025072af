"""Answers to lab 03: sizes, transposed convolution, unpooling, checkerboards."""

import math

import numpy as np

from answers import Answers

answers = Answers("lab03")
right, wrong = answers.right, answers.wrong


# The output size


@right("output_size")
def by_the_formulas(
    size, kernel, stride=1, padding=0, dilation=1, output_padding=0, transposed=False
):
    span = dilation * (kernel - 1) + 1
    if transposed:
        return max(0, (size - 1) * stride + span - 2 * padding + output_padding)
    return max(0, (size + 2 * padding - span) // stride + 1)


@right("output_size")
def by_counting(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        written = {i * s + j * d for i in range(n) for j in range(k)}
        return max(max(written) + 1 - p - p + more, 0)
    return len(range(0, n + 2 * p - (k - 1) * d, s))


@right("output_size")
def in_floats(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return np.float32(max((n - 1) * s - 2 * p + d * (k - 1) + more + 1, 0))
    return max(math.floor((n + 2 * p - d * (k - 1) - 1) / s + 1), 0.0)


@right("output_size")
def with_keyword_arguments_and_arrays(
    size, kernel, stride=1, padding=0, dilation=1, output_padding=0, transposed=False
):
    wide = kernel + (kernel - 1) * (dilation - 1)
    if not transposed:
        fits = np.arange(0, size + 2 * padding, stride) + wide <= size + 2 * padding
        return fits.sum()
    canvas = np.zeros((size - 1) * stride + wide + output_padding)
    return canvas[padding : max(len(canvas) - padding, padding)].size


@wrong("output_size", "the answer is 0")
def goes_below_zero(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return (n - 1) * s - 2 * p + d * (k - 1) + more + 1
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


@wrong("output_size", "rounds towards zero")
def rounds_with_int(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return by_the_formulas(n, k, s, p, d, more, True)
    return max(0, int((n + 2 * p - d * (k - 1) - 1) / s) + 1)


@wrong("output_size", "A part of a window gives no pixel")
def does_not_round(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return by_the_formulas(n, k, s, p, d, more, True)
    return max(0, (n + 2 * p - d * (k - 1) - 1) / s + 1)


@wrong("output_size", "You round up")
def rounds_up(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return by_the_formulas(n, k, s, p, d, more, True)
    return math.ceil((n + 2 * p - d * (k - 1) - 1) / s + 1)


@wrong("output_size", "It also stands where it starts")
def forgets_the_first_window(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return by_the_formulas(n, k, s, p, d, more, True)
    return max(0, (n + 2 * p - (d * (k - 1) + 1)) // s)


@wrong("output_size", "Dilation is missing")
def ignores_dilation(n, k, s=1, p=0, d=1, more=0, transposed=False):
    return by_the_formulas(n, k, s, p, 1, more, transposed)


@wrong("output_size", "one gap less than weights")
def multiplies_the_kernel(n, k, s=1, p=0, d=1, more=0, transposed=False):
    return by_the_formulas(n, k * d, s, p, 1, more, transposed)


@wrong("output_size", "Dilation 1 is an ordinary kernel")
def takes_dilation_for_zeros_between(
    n, k, s=1, p=0, d=1, more=0, transposed=False
):  # fmt: skip
    return by_the_formulas(n, k + (k - 1) * d, s, p, 1, more, transposed)


@wrong("output_size", "In the convolution, padding is added at both ends")
def pads_once(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return by_the_formulas(n, k, s, p, d, more, True)
    return by_the_formulas(n + p, k, s, 0, d)


@wrong("output_size", "look at the last argument")
def knows_convolutions_alone(n, k, s=1, p=0, d=1, more=0, transposed=False):
    return by_the_formulas(n, k, s, p, d)


@wrong("output_size", "n * stride only if")
def doubles(n, k, s=1, p=0, d=1, more=0, transposed=False):
    return n * s if transposed else by_the_formulas(n, k, s, p, d)


@wrong("output_size", "In the transposed convolution, padding is cut off.")
def adds_padding_to_stamps(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return (n - 1) * s + 2 * p + d * (k - 1) + 1 + more
    return by_the_formulas(n, k, s, p, d)


@wrong("output_size", "so it counts once")
def adds_output_padding_twice(n, k, s=1, p=0, d=1, more=0, transposed=False):
    return by_the_formulas(n, k, s, p, d, 2 * more, transposed)


@wrong("output_size", "Output padding is missing")
def forgets_output_padding(n, k, s=1, p=0, d=1, more=0, transposed=False):
    return by_the_formulas(n, k, s, p, d, 0, transposed)


@wrong("output_size", "one stride too far")
def counts_a_stride_for_each_stamp(n, k, s=1, p=0, d=1, more=0, transposed=False):
    if transposed:
        return max(0, n * s + d * (k - 1) + 1 - 2 * p + more)
    return by_the_formulas(n, k, s, p, d)


def sized(size, kernel, stride=1, padding=0, dilation=1, more=0, transposed=False):
    span = dilation * (kernel - 1) + 1
    if transposed:
        return max(0, (size - 1) * stride + span - 2 * padding + more)
    return max(0, (size + 2 * padding - span) // stride + 1)


@right("output_size")
def np_int(*a, **k):
    return np.array(sized(*a, **k))


@right("output_size")
def floaty(*a, **k):
    return float(sized(*a, **k))


@wrong("output_size", "at least 1")
def floor_1(size, kernel, stride=1, padding=0, dilation=1, more=0, transposed=False):
    return max(1, sized(size, kernel, stride, padding, dilation, more, transposed))


@wrong("output_size", "Nothing below 0 comes last")
def clips_steps(
    size, kernel, stride=1, padding=0, dilation=1, more=0, transposed=False
):
    span = dilation * (kernel - 1) + 1
    if transposed:
        return sized(size, kernel, stride, padding, dilation, more, True)
    return max(0, size + 2 * padding - span) // stride + 1


@wrong("output_size", "transposed convolution alone")
def op_in_conv(size, kernel, stride=1, padding=0, dilation=1, more=0, transposed=False):
    r = sized(size, kernel, stride, padding, dilation, more, transposed)
    return r if transposed else r + more


@wrong("output_size", "A negative number")
def negative_transposed(
    size, kernel, stride=1, padding=0, dilation=1, more=0, transposed=False
):
    span = dilation * (kernel - 1) + 1
    if transposed:
        return (size - 1) * stride + span - 2 * padding + more
    return sized(size, kernel, stride, padding, dilation)


@wrong("output_size", "A negative number")
def negative_conv(
    size, kernel, stride=1, padding=0, dilation=1, more=0, transposed=False
):
    span = dilation * (kernel - 1) + 1
    if not transposed:
        return (size + 2 * padding - span) // stride + 1
    return sized(size, kernel, stride, padding, dilation, more, True)


# The way back


@right("way_back")
def by_remainders(size, layers):
    missing = []
    for kernel, stride, padding, dilation in layers:
        steps, left = divmod(size + 2 * padding - dilation * (kernel - 1) - 1, stride)
        missing.insert(0, left)
        size = steps + 1
    return missing


@right("way_back")
def by_going_back(size, layers):
    sizes = [size]
    for k, s, p, d in layers:
        sizes.append(by_the_formulas(sizes[-1], k, s, p, d))
    found = np.zeros(len(layers), np.int16)
    for step, (k, s, p, d) in enumerate(reversed(layers)):
        gives = by_the_formulas(sizes[-1 - step], k, s, p, d, 0, True)
        found[step] = sizes[-2 - step] - gives
    return found


@right("way_back")
def by_recursion(size, layers):
    if not layers:
        return ()
    (k, s, p, d), *rest = layers
    smaller = by_the_formulas(size, k, s, p, d)
    return *by_recursion(smaller, rest), size - (
        (smaller - 1) * s + d * (k - 1) + 1 - 2 * p
    )


def lost(size, layers, remainder, after=None):
    """Walk down with a remainder of one's own: in the encoder's order."""
    found = []
    for k, s, p, d in layers:
        found.append(remainder(size, k, s, p, d))
        true = (size + 2 * p - d * (k - 1) - 1) // s + 1
        size = after(size, s) if after else true
    return found


def true_remainder(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) % s


@wrong("way_back", "runs them backwards")
def in_the_encoders_order(size, layers):
    return lost(size, layers, true_remainder)


@wrong("way_back", "what the layer before it gives")
def from_the_image_each_time(size, layers):
    return lost(size, layers, true_remainder, lambda size, s: size)[::-1]


@wrong("way_back", "not always size // stride")
def divides_by_the_stride(size, layers):
    return lost(size, layers, true_remainder, lambda size, s: size // s)[::-1]


@wrong("way_back", "not that of the size")
def remainder_of_the_size(size, layers):
    return np.array(lost(size, layers, lambda n, k, s, p, d: n % s))[::-1]


@wrong("way_back", "Dilation is missing")
def ignores_dilation_going_back(size, layers):
    def remainder(n, k, s, p, d):
        return (n + 2 * p - k) % s

    return lost(size, layers, remainder)[::-1]


@wrong("way_back", "Dilation is missing")
def ignores_dilation_all_the_way(size, layers):
    found = []
    for kernel, stride, padding, _ in layers:
        room = size + 2 * padding - kernel
        found.insert(0, room % stride)
        size = room // stride + 1
    return found


@wrong("way_back", "Padding is added at both ends")
def pads_one_end_all_the_way(size, layers):
    found = []
    for k, s, p, d in layers:
        size, left = divmod(size + p - (d * (k - 1) + 1), s)
        size += 1
        found.append(left)
    return np.array(found[::-1])


@wrong("way_back", "Padding is missing")
def ignores_padding(size, layers):
    def remainder(n, k, s, p, d):
        return (n - d * (k - 1) - 1) % s

    return lost(size, layers, remainder)[::-1]


@wrong("way_back", "as large as it can become")
def always_stride_minus_one(size, layers):
    return [stride - 1 for _, stride, _, _ in reversed(layers)]


@wrong("way_back", "More than one pixel can be missing")
def one_or_none(size, layers):
    def remainder(n, k, s, p, d):
        return 1 if true_remainder(n, k, s, p, d) else 0

    return lost(size, layers, remainder)[::-1]


@wrong("way_back", "You are one pixel off")
def off_by_one(size, layers):
    def remainder(n, k, s, p, d):
        return (n + 2 * p - d * (k - 1)) % s

    return lost(size, layers, remainder)[::-1]


@wrong("way_back", "These are the sizes")
def gives_sizes(size, layers):
    sizes = [size]
    for k, s, p, d in layers:
        sizes.append(by_the_formulas(sizes[-1], k, s, p, d))
    return sizes[:-1][::-1]


@right("way_back")
def tuple_floats(size, layers):
    out = []
    for k, s, p, d in layers:
        room = size + 2 * p - d * (k - 1) - 1
        out.insert(0, float(room % s))
        size = room // s + 1
    return tuple(out)


def walked(size, layers, last=lambda n, s, room: room % s):
    out = []
    for k, s, p, d in layers:
        room = size + 2 * p - d * (k - 1) - 1
        out.insert(0, last(size, s, room))
        size = room // s + 1
    return out


@wrong("way_back", "never add output padding")
def always_0(size, layers):
    return walked(size, layers, lambda n, s, r: 0)


@wrong("way_back", "size - 1")
def n_mod(size, layers):
    return walked(size, layers, lambda n, s, r: (n - 1) % s)


@wrong("way_back", "Return it, too")
def only_lossy(size, layers):
    return [x for x in walked(size, layers) if x]


@wrong("way_back", "through the encoder backwards")
def reversed_layers(size, layers):
    return walked(size, layers[::-1])


# Transposed convolution


@right("transposed_convolution")
def by_places_of_the_kernel(features, kernel, bias, stride, padding, output_padding):
    (_, rows, columns), (_, channels, tall, wide) = features.shape, kernel.shape
    height = (rows - 1) * stride + tall + output_padding
    width = (columns - 1) * stride + wide + output_padding
    canvas = np.zeros((channels, height, width))
    for row, column in np.ndindex(tall, wide):
        written = np.einsum("chw,ck->khw", features, kernel[:, :, row, column])
        down = slice(row, row + rows * stride, stride)
        canvas[:, down, column : column + columns * stride : stride] += written
    canvas = canvas[:, padding : height - padding, padding : width - padding]
    return canvas + bias[:, None, None]


@right("transposed_convolution")
def by_stamps(features, kernel, bias, stride, padding, more):
    channels, h, w = features.shape
    _, outputs, kh, kw = kernel.shape
    result = []
    for k in range(outputs):
        canvas = np.zeros(((h - 1) * stride + kh + more, (w - 1) * stride + kw + more))
        for c in range(channels):
            for i in range(h):
                for j in range(w):
                    y, x = i * stride, j * stride
                    value = float(features[c, i, j])
                    canvas[y : y + kh, x : x + kw] += value * kernel[c, k]
        canvas = canvas[padding : len(canvas) - padding]
        canvas = canvas[:, padding : canvas.shape[1] - padding]
        result.append((canvas + bias[k]).tolist())
    return result


@right("transposed_convolution")
def by_holes_and_a_turned_kernel(features, kernel, bias, stride, padding, more):
    """A convolution of the features with zeros between them, as it is gathered."""
    channels, h, w = features.shape
    _, outputs, kh, kw = kernel.shape
    holes = np.zeros((channels, (h - 1) * stride + 1, (w - 1) * stride + 1))
    holes[:, ::stride, ::stride] = features
    around = (0, 0), (kh - 1, kh - 1 + more), (kw - 1, kw - 1 + more)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(holes, around), (kh, kw), axis=(1, 2)
    )
    full = np.einsum("chwyx,ckyx->khw", windows, kernel[:, :, ::-1, ::-1])
    full = full[:, padding : full.shape[1] - padding]
    return full[:, :, padding : full.shape[2] - padding] + bias.reshape(-1, 1, 1)


@right("transposed_convolution")
def in_float32_and_fortran_order(features, kernel, bias, stride, padding, more):
    arrays = (np.asfortranarray(a).astype("f4") for a in (features, kernel, bias))
    result = by_holes_and_a_turned_kernel(*arrays, stride, padding, more)
    return np.asfortranarray(result.astype(np.float32))


def canvas_of(features, kernel, stride, more=0, add=True):
    """What the stamps write, without bias, padding or output padding."""
    _, h, w = features.shape
    _, outputs, kh, kw = kernel.shape
    canvas = np.zeros((outputs, (h - 1) * stride + kh, (w - 1) * stride + kw))
    for i, j in np.ndindex(h, w):
        stamp = np.tensordot(features[:, i, j].astype(float), kernel, 1)
        y, x = i * stride, j * stride
        if add:
            canvas[:, y : y + kh, x : x + kw] += stamp
        else:
            canvas[:, y : y + kh, x : x + kw] = stamp
    return np.pad(canvas, ((0, 0), (0, more), (0, more)))


def without_border(canvas, padding):
    _, height, width = canvas.shape
    return canvas[:, padding : height - padding, padding : width - padding]


@wrong("transposed_convolution", "Your kernel is turned round")
def turns_the_kernel(features, kernel, *others):
    return by_stamps(features, np.rot90(kernel, 2, axes=(2, 3)), *others)


@wrong("transposed_convolution", "A slice that ends at -0 is empty")
def slices_to_minus_zero(features, kernel, bias, stride, padding, more):
    canvas = canvas_of(features, kernel, stride, more) + bias[:, None, None]
    return canvas[:, padding:-padding, padding:-padding]


@wrong("transposed_convolution", "The bias is missing")
def forgets_the_bias(features, kernel, bias, stride, padding, more):
    return without_border(canvas_of(features, kernel, stride, more), padding)


@wrong("transposed_convolution", "The bias is part of your stamps")
def stamps_the_bias(features, kernel, bias, stride, padding, more):
    (_, h, w), (_, outputs, kh, kw) = features.shape, kernel.shape
    canvas = np.zeros((outputs, (h - 1) * stride + kh + more,
                       (w - 1) * stride + kw + more))  # fmt: skip
    for i in range(h):
        for j in range(w):
            stamp = (features[:, i, j, None, None, None] * kernel).sum(0)
            canvas[:, i * stride :, j * stride :][:, :kh, :kw] += (
                stamp + bias[:, None, None]
            )
    return without_border(canvas, padding)


@wrong("transposed_convolution", "output padding get the bias as well")
def pads_after_the_bias(features, kernel, bias, stride, padding, more):
    canvas = canvas_of(features, kernel, stride) + bias[:, None, None]
    canvas = np.pad(canvas, ((0, 0), (0, more), (0, more)))
    return without_border(canvas, padding)


@wrong("transposed_convolution", "Output padding is missing")
def forgets_the_output_padding(features, kernel, bias, stride, padding, more):
    canvas = canvas_of(features, kernel, stride)
    return without_border(canvas, padding) + bias[:, None, None]


@wrong("transposed_convolution", "Output padding comes before padding")
def pads_after_the_cut(features, kernel, bias, stride, padding, more):
    cut = without_border(canvas_of(features, kernel, stride), padding)
    return np.pad(cut, ((0, 0), (0, more), (0, more))) + bias[:, None, None]


@wrong("transposed_convolution", "belongs at the end")
def pads_at_the_start(features, kernel, bias, stride, padding, more):
    canvas = np.pad(canvas_of(features, kernel, stride), ((0, 0), (more, 0), (more, 0)))
    return without_border(canvas, padding) + bias[:, None, None]


@wrong("transposed_convolution", "Stamps that overlap are added")
def overwrites(features, kernel, bias, stride, padding, more):
    canvas = canvas_of(features, kernel, stride, more, add=False)
    return without_border(canvas, padding) + bias[:, None, None]


@wrong("transposed_convolution", "You swap them")
def swaps_the_channels(features, kernel, bias, stride, padding, more):
    (channels, h, w), (_, outputs, kh, kw) = features.shape, kernel.shape
    canvas = np.zeros((outputs, (h - 1) * stride + kh + more,
                       (w - 1) * stride + kw + more))  # fmt: skip
    for k in range(outputs):
        for c in range(channels):
            for i, j in np.ndindex(h, w):
                y, x = i * stride, j * stride
                canvas[k, y : y + kh, x : x + kw] += features[c, i, j] * kernel[k, c]
    return without_border(canvas, padding) + bias[:, None, None]


@wrong("transposed_convolution", "Only the first input channel writes")
def takes_one_channel(features, kernel, *others):
    return by_stamps(features[[0]], kernel[[0]], *others)


@wrong("transposed_convolution", "You take their mean")
def takes_the_mean(features, kernel, *others):
    return by_stamps(features, kernel / kernel.shape[0], *others)


@wrong("transposed_convolution", "Padding is cut off here")
def pads(features, kernel, bias, stride, padding, more):
    canvas = canvas_of(features, kernel, stride, more)
    around = (0, 0), (padding, padding), (padding, padding)
    return np.pad(canvas, around) + bias[:, None, None]


@wrong("transposed_convolution", "also at the end")
def cuts_the_start_alone(features, kernel, bias, stride, padding, more):
    canvas = canvas_of(features, kernel, stride, more)
    return canvas[:, padding:, padding:] + bias[:, None, None]


@wrong("transposed_convolution", "holds no decimal numbers")
def keeps_the_type_of_the_features(features, kernel, bias, stride, padding, more):
    (_, h, w), (_, outputs, kh, kw) = features.shape, kernel.shape
    height, width = (h - 1) * stride + kh + more, (w - 1) * stride + kw + more
    canvas = np.zeros((outputs, height, width), features.dtype)
    for y, x in np.ndindex(kh, kw):
        part = np.einsum("chw,ck->khw", features, kernel[:, :, y, x])
        canvas[:, y : y + h * stride : stride, x : x + w * stride : stride] += part
    return without_border(canvas, padding) + bias[:, None, None]


def stamped(features, kernel, bias, stride, padding, output_padding):
    (_, h, w), (_, K, a, b) = features.shape, kernel.shape
    H, W = (h - 1) * stride + a + output_padding, (w - 1) * stride + b + output_padding
    out = np.zeros((K, H, W))
    for i in range(h):
        for j in range(w):
            stamp = np.tensordot(features[:, i, j].astype(float), kernel, 1)
            y, x = i * stride, j * stride
            out[:, y : y + a, x : x + b] += stamp
    out = out[:, padding : H - padding, padding : W - padding]
    return out + np.asarray(bias)[:, None, None]


@right("transposed_convolution")
def lists(*a):
    return stamped(*a).tolist()


@right("transposed_convolution")
def f32(*a):
    return stamped(*a).astype("f4")


@wrong("transposed_convolution", "the first bias")
def one_bias(features, kernel, bias, stride, padding, output_padding):
    return (
        stamped(features, kernel, 0 * bias, stride, padding, output_padding) + bias[0]
    )


@wrong("transposed_convolution", "your last axis")
def channel_last(features, kernel, bias, stride, padding, output_padding):
    return np.moveaxis(
        stamped(features, kernel, bias, stride, padding, output_padding), 0, -1
    )


@wrong("transposed_convolution", "You add rows alone")
def op_rows_only(features, kernel, bias, stride, padding, output_padding):
    o = stamped(features, kernel, bias, stride, padding, output_padding)
    return o[:, :, : o.shape[2] - output_padding]


# Unpooling


@right("unpool")
def block_by_block(features, values, size):
    result = np.zeros(features.shape)
    for channel, row, column in np.ndindex(values.shape):
        top, left = row * size, column * size
        block = features[channel, top : top + size, left : left + size]
        down, across = np.unravel_index(block.argmax(), block.shape)
        result[channel, top + down, left + across] = values[channel, row, column]
    return result


@right("unpool")
def padded_and_put_along_an_axis(features, values, size):
    channels, height, width = features.shape
    _, rows, columns = values.shape
    around = (0, 0), (0, rows * size - height), (0, columns * size - width)
    padded = np.pad(features.astype(float), around, constant_values=-np.inf)
    cells = padded.reshape(channels, rows, size, columns, size).swapaxes(2, 3)
    places = cells.reshape(channels, rows, columns, -1).argmax(axis=-1)
    flat = np.zeros((channels, rows, columns, size * size), values.dtype)
    np.put_along_axis(flat, places[..., None], values[..., None], axis=-1)
    cells = flat.reshape(cells.shape).swapaxes(2, 3)
    return cells.reshape(padded.shape)[:, :height, :width]


@right("unpool")
def in_lists_with_sorting(features, values, size):
    channels, height, width = features.shape
    result = [[[0.0] * width for _ in range(height)] for _ in range(channels)]
    best = {}
    for c, y, x in np.ndindex(features.shape):  # row by row: the first one stays
        key = c, y // size, x // size
        if key not in best or features[c, y, x] > best[key][0]:
            best[key] = features[c, y, x], y, x
    for key, (_, y, x) in best.items():
        result[key[0]][y][x] = values[key]
    return result


@right("unpool")
def in_float32_and_fortran(features, values, size):
    return np.asfortranarray(block_by_block(features, values, size), np.float32)


def placed(features, values, size, choose):
    result = np.zeros(features.shape)
    for c, i, j in np.ndindex(values.shape):
        window = np.s_[c, i * size : i * size + size, j * size : j * size + size]
        choose(result[window], features[window], values[c, i, j])
    return result


@wrong("unpool", "belongs to the first one alone")
def writes_all_ties(features, values, size):
    def choose(result, block, value):
        result[block == block.max()] = value

    return placed(features, values, size, choose)


@wrong("unpool", "you choose the last place")
def takes_the_last_tie(features, values, size):
    def choose(result, block, value):
        places = block.size - 1 - block.ravel()[::-1].argmax()
        result[np.unravel_index(places, block.shape)] = value

    return placed(features, values, size, choose)


@wrong("unpool", "you go column by column")
def goes_column_by_column(features, values, size):
    def choose(result, block, value):
        x, y = divmod(int(block.ravel(order="F").argmax()), block.shape[0])
        result[y, x] = value

    return placed(features, values, size, choose)


@wrong("unpool", "upper left corner")
def writes_into_corners(features, values, size):
    result = np.zeros(features.shape)
    result[:, ::size, ::size] = values
    return result


@wrong("unpool", "This repeats each value")
def repeats(features, values, size):
    large = np.kron(values, np.ones((1, size, size)))
    return large[:, : features.shape[1], : features.shape[2]]


@wrong("unpool", "the width of this block")
def divides_by_the_full_size(features, values, size):
    result = np.zeros(features.shape)
    for c, i, j in np.ndindex(values.shape):
        top, left = i * size, j * size
        place = features[c, top : top + size, left : left + size].argmax()
        result[c, top + place // size, left + place % size] = values[c, i, j]
    return result


@wrong("unpool", "You pad the border with 0")
def pads_with_zeros(features, values, size):
    channels, height, width = features.shape
    _, rows, columns = values.shape
    wide = np.zeros((channels, rows * size, columns * size))
    wide[:, :height, :width] = features
    return block_by_block(wide, values, size)[:, :height, :width]


@wrong("unpool", "This number type has no infinity")
def pads_with_infinity_in_their_type(features, values, size):
    channels, height, width = features.shape
    _, rows, columns = values.shape
    around = (0, 0), (0, rows * size - height), (0, columns * size - width)
    wide = np.pad(features, around, constant_values=-np.inf)
    return block_by_block(wide, values, size)[:, :height, :width]


@wrong("unpool", "Values of cut blocks are lost")
def drops_cut_blocks(features, values, size):
    result = np.zeros(features.shape)
    for c, i, j in np.ndindex(values.shape):
        block = features[c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        if block.shape == (size, size):
            y, x = divmod(int(block.argmax()), size)
            result[c, i * size + y, j * size + x] = values[c, i, j]
    return result


@wrong("unpool", "You write the encoder's maxima")
def writes_the_maxima(features, values, size):
    def choose(result, block, value):
        result[np.unravel_index(block.argmax(), block.shape)] = block.max()

    return placed(features, values, size, choose)


@wrong("unpool", "All channels use the places of the first one")
def one_place_for_all_channels(features, values, size):
    same = np.repeat(features[:1], len(features), axis=0)
    return block_by_block(same, values, size)


@wrong("unpool", "largest absolute value")
def takes_the_strongest(features, values, size):
    return block_by_block(np.abs(features.astype(float)), values, size)


@wrong("unpool", "which cuts the values")
def keeps_the_type(features, values, size):
    result = np.zeros_like(features)
    result[:] = block_by_block(features, values, size)
    return result


@wrong("unpool", "not with 0")
def starts_at_zero(features, values, size):
    def choose(result, block, value):
        best, place = 0, None
        for y, x in np.ndindex(block.shape):
            if block[y, x] > best:
                best, place = block[y, x], (y, x)
        if place:
            result[place] = value

    return placed(features, values, size, choose)


def unp(features, values, size, pick):
    r = np.zeros(features.shape)
    for c, i, j in np.ndindex(values.shape):
        top, left = i * size, j * size
        y, x = pick(features[c, top : top + size, left : left + size])
        r[c, top + y, left + x] = values[c, i, j]
    return r


@right("unpool")
def floats16(f, v, s):
    return (
        unp(f, v, s, lambda b: np.unravel_index(b.argmax(), b.shape))
        .astype("f4")
        .tolist()
    )


@wrong("unpool", "You add the values to the features")
def adds_features(f, v, s):
    return unp(f, v, s, lambda b: np.unravel_index(b.argmax(), b.shape)) + f


@wrong("unpool", "in the middle of their block")
def centre(f, v, s):
    return unp(f, v, s, lambda b: (b.shape[0] // 2, b.shape[1] // 2))


@wrong("unpool", "one by one")
def coordinate_separately(f, v, s):
    return unp(f, v, s, lambda b: (b.max(1).argmax(), b.max(0).argmax()))


# The share of the grid


@right("grid_share")
def by_reshaping(maps, stride):
    count, rows, columns = len(maps), *(side // stride for side in maps.shape[1:])
    whole = maps[:, : rows * stride, : columns * stride].astype(float)
    pattern = whole.reshape(count, rows, stride, columns, stride).mean(axis=(1, 3))
    total = whole.var(axis=(1, 2))
    return pattern.var(axis=(1, 2)) / np.where(total > 0, total, 1)


@right("grid_share")
def by_slices_and_loops(maps, stride):
    shares = []
    for image in maps:
        height, width = (side - side % stride for side in image.shape)
        image = image[:height, :width]
        means = [
            float(np.mean(image[i::stride, j::stride]))
            for i in range(stride)
            for j in range(stride)
        ]
        total = float(np.var(image))
        shares.append(float(np.var(means)) / total if total else 0)
    return shares


@right("grid_share")
def by_frequencies(maps, stride):
    """What repeats with the stride has the stride's frequencies."""
    height, width = (side - side % stride for side in maps.shape[1:])
    whole = maps[:, :height, :width] - maps[:, :1, :1].astype(float)
    power = np.abs(np.fft.fft2(whole)) ** 2
    power[:, 0, 0] = 0
    grid = power[:, :: height // stride, :: width // stride].sum(axis=(1, 2))
    total = power.sum(axis=(1, 2))
    return np.array([a / b if b > 1e-9 else 0 for a, b in zip(grid, total)])


@right("grid_share")
def in_fortran_order(maps, stride):
    return by_reshaping(np.asfortranarray(maps), stride).astype(np.float32)


def whole_cells(maps, stride):
    height, width = (side // stride * stride for side in maps.shape[1:])
    return maps[:, :height, :width].astype(float)


def ratio(pattern, maps):
    variance = maps.var(axis=(1, 2))
    return [
        cell.var() / total if total else 0 for cell, total in zip(pattern, variance)
    ]


def cells_of(maps, stride):
    n, height, width = maps.shape
    return maps.reshape(n, height // stride, stride, width // stride, stride)


@wrong("grid_share", "This is the mean of each cell")
def averages_within_cells(maps, stride):
    maps = whole_cells(maps, stride)
    return ratio(cells_of(maps, stride).mean((2, 4)), maps)


@wrong("grid_share", "stride x stride large parts")
def splits_into_large_parts(maps, stride):
    maps = whole_cells(maps, stride)
    n, height, width = maps.shape
    parts = maps.reshape(n, stride, height // stride, stride, width // stride)
    return ratio(parts.mean(axis=(2, 4)), maps)


@wrong("grid_share", "This is the first cell")
def takes_the_first_cell(maps, stride):
    maps = whole_cells(maps, stride)
    return ratio(maps[:, :stride, :stride], maps)


@wrong("grid_share", "Each map has its own")
def averages_the_maps(maps, stride):
    maps = whole_cells(maps, stride)
    pattern = cells_of(maps, stride).mean(axis=(0, 1, 3))
    return ratio([pattern] * len(maps), maps)


@wrong("grid_share", "leave the rows and columns out")
def forgets_to_cut(maps, stride):
    return ratio(cells_of(maps.astype(float), stride).mean((1, 3)), maps)


@wrong("grid_share", "left out of the map's variance")
def cuts_the_pattern_alone(maps, stride):
    cells = cells_of(whole_cells(maps, stride), stride)
    return ratio(cells.mean((1, 3)), maps.astype(float))


@wrong("grid_share", "0 / 0 is nan")
def divides_by_zero(maps, stride):
    maps = whole_cells(maps, stride)
    return cells_of(maps, stride).mean((1, 3)).var((1, 2)) / maps.var((1, 2))


@wrong("grid_share", "a ratio of standard deviations")
def takes_standard_deviations(maps, stride):
    return np.sqrt(by_reshaping(maps, stride))


@wrong("grid_share", "You divide by the mean square")
def divides_by_the_power(maps, stride):
    maps = whole_cells(maps, stride)
    power = (maps**2).mean(axis=(1, 2))
    return cells_of(maps, stride).mean((1, 3)).var((1, 2)) / power


@wrong("grid_share", "Return one number for each map")
def averages_the_shares(maps, stride):
    return by_reshaping(maps, stride).mean()


@wrong("grid_share", "Your pattern has columns alone")
def sees_columns_alone(maps, stride):
    maps = whole_cells(maps, stride)
    columns = maps.reshape(len(maps), -1, stride).mean(axis=1)
    return ratio(columns, maps)


@wrong("grid_share", "the share that does not repeat")
def gives_the_rest(maps, stride):
    return 1 - by_reshaping(maps, stride)


@wrong("grid_share", "Divide it by that of the map")
def does_not_divide(maps, stride):
    cells = cells_of(whole_cells(maps, stride), stride)
    return cells.mean(axis=(1, 3)).var(axis=(1, 2))


@wrong("grid_share", "Cut the maps before you average, and")
def slices_whole_maps(maps, stride):
    pattern = np.empty((len(maps), stride, stride))
    for i in range(stride):
        for j in range(stride):
            pattern[:, i, j] = maps[:, i::stride, j::stride].mean((1, 2))
    return ratio(pattern, maps)


@wrong("grid_share", "Cut the maps before you average.")
def slices_whole_maps_for_the_pattern_alone(maps, stride):
    means = [maps[:, i::stride, j::stride].mean((1, 2))
             for i in range(stride) for j in range(stride)]  # fmt: skip
    pattern = np.transpose(means).reshape(-1, stride, stride)
    return ratio(pattern, whole_cells(maps, stride))


@wrong("grid_share", "at the end, not at the start")
def cuts_the_start(maps, stride):
    return by_reshaping(maps[:, maps.shape[1] % stride :, maps.shape[2] % stride :],
                        stride)  # fmt: skip


@right("grid_share")
def means_of_slices(maps, stride):
    h, w = (x // stride * stride for x in maps.shape[1:])
    m = maps[:, :h, :w].astype("f8")
    places = np.ndindex(stride, stride)
    cell = [m[:, i::stride, j::stride].mean((1, 2)) for i, j in places]
    v = m.var((1, 2))
    return [float(a / b) if b > 0 else 0 for a, b in zip(np.var(cell, 0), v)]


def in_cells(maps, stride):
    h, w = maps.shape[1] // stride, maps.shape[2] // stride
    whole = maps[:, : h * stride, : w * stride].astype(float)
    return whole.reshape(len(maps), h, stride, w, stride)


@wrong("grid_share", "mean variance within a cell")
def cell_variances(maps, stride):
    m = in_cells(maps, stride)
    v = m.var((1, 2, 3, 4))
    return m.var(axis=(2, 4)).mean((1, 2)) / np.where(v > 0, v, 1)


@wrong("grid_share", "changes every share")
def epsilon(maps, stride):
    m = in_cells(maps, stride)
    p = m.mean((1, 3))
    return p.var((1, 2)) / (m.var((1, 2, 3, 4)) + 1e-2)


@wrong("grid_share", "has 1 in your result")
def one_for_constant(maps, stride):
    m = in_cells(maps, stride)
    v = m.var((1, 2, 3, 4))
    shares = m.mean((1, 3)).var((1, 2)) / np.where(v > 0, v, 1)
    return np.where(v > 0, shares, 1)


@wrong("grid_share", "the median of the cells")
def median_pattern(maps, stride):
    m = in_cells(maps, stride)
    v = m.var((1, 2, 3, 4))
    return np.median(m, (1, 3)).var((1, 2)) / np.where(v > 0, v, 1)


# The cure

MASKS = np.arange(40)[:, None] // 8 * np.ones((3, 1, 40), int)  # five broad stripes


def logits(grid, wrong_rows=0, size=40):
    """Logits (3, size, size, 5) of the stripes, with a grid and some wrong rows."""
    masks = MASKS.copy()
    masks[:, :wrong_rows] = 4
    found = 4.0 * np.eye(5)[masks]
    rows, columns = np.indices((40, 40)) % 4
    noise = np.random.default_rng(0).normal(size=found.shape) / 10
    pattern = ((rows + columns) % 2)[..., None] * np.linspace(-1, 1, 5)
    return (found + noise + grid * pattern)[:, :size, :size]


answers.call("cured", lambda check, after: check(after, logits(0.9), MASKS))

right("cured", logits(0), name="no_grid_at_all")
right("cured", logits(0.05).astype(np.float32), name="float32_with_a_trace")
right("cured", logits(0.1).tolist(), name="lists")
right("cured", np.asfortranarray(3 * logits(0)), name="larger_logits_in_this_order")

wrong("cured", "This is the first network", logits(0.9), name="the_same_network")
wrong("cured", "The grid is no weaker", logits(1.8), name="a_stronger_grid")
wrong("cured", "The grid is no weaker", logits(0.895), name="another_grid_as_strong")
wrong("cured", "a part of the grid is left. A cure", logits(0.6), name="half_a_cure")
wrong("cured", "and the masks are worse", logits(0.6, 4), name="half_a_cure_that_harms")
wrong("cured", "Something has to learn", logits(0, 12), name="a_blur")
wrong(
    "cured", "doubles the height", logits(0, size=20), name="one_layer_does_not_double"
)
wrong("cured", "The training blew up", logits(0) * np.nan, name="not_finite")
wrong("cured", "says the same everywhere", 0 * logits(0), name="never_sure")
wrong("cured", "Return a layer", "a network", name="no_logits")
