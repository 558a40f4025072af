"""The TensorFlow models of the lessons.

Built from the cells tagged `export` in these files; edit them, not this:

    content/lessons/00_masks.md
    content/lessons/01_sliding_window.md
    content/lessons/02_fcn.md
    content/lessons/03_upsampling.md
    content/lessons/04_skips.md
    content/lessons/05_unet.md
    content/lessons/06_deeplab.md
    content/lessons/07_instances.md
    content/lessons/08_transformers.md
"""

from functools import partial
from heapq import heapify, heappop, heappush

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from utils.tensorflow import predict, to_input

__all__ = [
    "ASPP",
    "Attention",
    "AverageTo",
    "Backbone",
    "Block",
    "BoxHead",
    "CropLike",
    "DeepLab",
    "DilatedEncoder",
    "EfficientAttention",
    "Encoder",
    "Enlarge",
    "FCN",
    "FCN32s",
    "HRNet",
    "Located",
    "Mask2Former",
    "MaskFormer",
    "MaskHead",
    "PSPNet",
    "PatchClassifier",
    "PixelDecoder",
    "PoolWithPlaces",
    "PyramidPooling",
    "Queries",
    "QueryBlock",
    "RPNHead",
    "SegFormer",
    "SegNet",
    "SemanticFPN",
    "SetHead",
    "Stretch",
    "THRESHOLDS",
    "UNet",
    "Unpool",
    "Yolact",
    "anchors_of",
    "answer_of",
    "appearance_kernel",
    "area_under",
    "as_convolution",
    "attention",
    "attention_weights",
    "average_precision",
    "bce",
    "bce_dice",
    "best_pairs",
    "bilinear_kernel",
    "box_iou",
    "classify",
    "clean_up",
    "colour_factors",
    "components",
    "convolution",
    "convolutional",
    "convolutions",
    "cross_entropy",
    "decode",
    "dense",
    "dice_loss",
    "encode",
    "enlarged",
    "every_pixel",
    "exchange",
    "gaussian",
    "gaussian_root",
    "grow",
    "hits_of",
    "hungarian",
    "inside_of",
    "instances_of",
    "listening",
    "mask_iou",
    "mask_prices",
    "masks_of_instances",
    "may_look",
    "mean_field",
    "multiply_adds",
    "nms",
    "normalised",
    "panoptic_of",
    "panoptic_quality",
    "pool_everywhere",
    "predict_averaged",
    "probability_of",
    "products",
    "receptive_field",
    "roi_align",
    "segment_map",
    "segments_of",
    "semantic_of",
    "set_loss",
    "small",
    "smoothness_kernel",
    "softmax",
    "stage_of",
    "stuffed",
    "tokens_of",
    "watershed",
    "windows",
]


def cross_entropy(logits, masks):
    """Mean over pixels: logits (N, H, W, C), masks of class ids (N, H, W)."""
    log_probability = tf.nn.log_softmax(logits)
    truth = tf.cast(masks, tf.int32)[..., None]  # (N, H, W, 1)
    return -tf.reduce_mean(tf.gather(log_probability, truth, batch_dims=3))


def PatchClassifier(classes=5):
    """Name the pixel in the middle: patches (N, 32, 32, 3) -> logits (N, classes)."""
    patches = x = keras.Input((32, 32, 3))
    for width in (16, 32):
        for _ in range(2):
            x = layers.Conv2D(  # unpadded
                width, 3, use_bias=False, kernel_initializer="he_normal"
            )(x)
            # PyTorch's defaults, so that both tracks train alike.
            x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
            x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)  # (N, 5 * 5 * 32)
    x = layers.Dense(16, activation="relu", kernel_initializer="he_normal")(x)
    logits = layers.Dense(classes, kernel_initializer="he_normal")(x)
    return keras.Model(patches, logits)


def classify(model, patches, batch_size=128):
    """Logits (N, classes) of patches, uint8 (N, 32, 32, 3), batch by batch."""
    starts = range(0, len(patches), batch_size)
    parts = [to_input(patches[i : i + batch_size]) for i in starts]
    return np.concatenate([model.predict_on_batch(part) for part in parts])


def windows(image, size=32, stride=1):
    """All windows of an image (H, W, C): (rows, columns, size, size, C), no copy."""
    view = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))
    return view[::stride, ::stride].transpose(0, 1, 3, 4, 2)


def as_convolution(dense, size, rate=1):
    """A dense layer on flat (size, size, C) features, as a size x size convolution."""
    kernel, bias = dense.get_weights()  # (size * size * C, out), (out,)
    kernel = kernel.reshape(size, size, -1, len(bias))
    layer = layers.Conv2D(
        len(bias), size, dilation_rate=rate, activation=dense.activation
    )
    layer.build((None, None, None, kernel.shape[2]))
    layer.set_weights([kernel, bias])
    return layer


def convolutional(classifier):
    """The same network for images: (N, H, W, 3) -> (N, rows, columns, classes)."""
    *features, flatten, hidden, head = classifier.layers[1:]
    images = x = keras.Input((None, None, 3))
    for layer in features:
        x = layer(x)  # the very layers of the classifier, on a larger image
    x = as_convolution(hidden, 5)(x)
    return keras.Model(images, as_convolution(head, 1)(x))


def pool_everywhere(x, rate):
    """The largest of 2 x 2 values that lie `rate` apart, at every place."""
    x = ops.maximum(x[:, rate:], x[:, :-rate])
    return ops.maximum(x[:, :, rate:], x[:, :, :-rate])


def every_pixel(classifier):
    """`convolutional` at stride 1: poolings skip nothing, later kernels have holes."""
    *features, flatten, hidden, head = classifier.layers[1:]
    images = x = keras.Input((None, None, 3))
    rate = 1
    for layer in features:
        if isinstance(layer, layers.MaxPooling2D):
            x = pool_everywhere(x, rate)
            rate *= 2  # what this pooling no longer skips
        elif isinstance(layer, layers.Conv2D):
            spread = {**layer.get_config(), "dilation_rate": (rate, rate)}
            twin = layers.Conv2D.from_config(spread)
            x = twin(x)
            twin.set_weights(layer.get_weights())
        else:
            x = layer(x)
    x = as_convolution(hidden, 5, rate)(x)
    return keras.Model(images, as_convolution(head, 1)(x))


def convolutions(x, channels, padding="same"):
    """Two 3 x 3 convolutions, each with batch normalisation and ReLU.

    (N, H, W, C) -> (N, H, W, channels), or 4 rows and columns less with padding
    "valid". Weights are drawn as He et al. (2015) do.
    """
    for _ in range(2):
        x = layers.Conv2D(
            channels, 3, padding=padding, use_bias=False, kernel_initializer="he_normal"
        )(x)
        # PyTorch's defaults, so that both tracks train alike.
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        x = layers.ReLU()(x)
    return x


def Encoder(widths):
    """Features of an image at strides 2, 4, 8, ...: a list, largest first.

    Each stage is two convolutions and a 2 x 2 pooling. widths: channels by stage.
    Stage i gives (N, H / 2 ** (i + 1), W / 2 ** (i + 1), widths[i]), rounded up: any
    H and W will do.
    """
    features = [keras.Input((None, None, 3))]
    for width in widths:
        x = convolutions(features[-1], width)
        # An odd last row or column is pooled alone, not dropped: hence "same".
        features.append(layers.MaxPooling2D(padding="same")(x))
    return keras.Model(features[0], features[1:], name="encoder")


class Enlarge(layers.Layer):
    """Enlarge x (N, h, w, C) by a whole factor, bilinearly, and cut it to like's size.

    like: (N, H, W, any), with h = H / factor and w = W / factor, rounded up.
    """

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, x, like):
        x = tf.image.resize(x, self.factor * tf.shape(x)[1:3], "bilinear")
        return x[:, : tf.shape(like)[1], : tf.shape(like)[2]]


def enlarged(x, factor, like):
    """`Enlarge` as a function of Keras tensors."""
    return Enlarge(factor)(x, like)


def FCN32s(classes=5, widths=(8, 16, 32, 64, 128)):
    """FCN-32s (Long et al., 2015): (N, H, W, 3) -> logits (N, H, W, classes).

    Any H and W. widths: channels by stage; five stages give the output stride 32.
    """
    images = keras.Input((None, None, 3))
    deepest = Encoder(widths)(images)[-1]
    # (N, H / 32, W / 32, classes)
    coarse = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(deepest)
    return keras.Model(images, enlarged(coarse, 2 ** len(widths), like=images))


def receptive_field(layers):
    """Side of the square of input pixels that one unit of the last layer sees.

    layers: (kernel, stride, dilation) of each layer, in the order in which they run.
    """
    size, step = 1, 1  # step: pixels between two neighbours of this layer
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * step
        step *= stride
    return size


class PoolWithPlaces(layers.Layer):
    """2 x 2 max-pooling that also returns where in the batch each maximum was."""

    def call(self, x):
        return tf.nn.max_pool_with_argmax(x, 2, 2, "VALID", include_batch_in_index=True)


class Unpool(layers.Layer):
    """Put each value back at its place, with zeros around: twice the size."""

    def call(self, x, places):
        count, height, width, channels = tf.unstack(tf.shape(x))
        shape = tf.stack([count, 2 * height, 2 * width, channels])
        size = tf.cast(tf.reduce_prod(shape), places.dtype)
        flat = tf.scatter_nd(
            tf.reshape(places, [-1, 1]), tf.reshape(x, [-1]), tf.reshape(size, [1])
        )
        return tf.ensure_shape(tf.reshape(flat, shape), [None, None, None, x.shape[-1]])


def bilinear_kernel(factor):
    """Kernel that makes a transposed convolution with this stride bilinear.

    factor: how many times larger. Returns float32 (k, k) with k = 2 * factor - factor
    % 2; the layer's padding is (k - factor) // 2, or "same" (Long et al., 2015).
    """
    size = 2 * factor - factor % 2
    tent = 1 - abs(np.arange(size) - (size - 1) / 2) / factor
    return np.outer(tent, tent).astype(np.float32)


def SegNet(widths=(16, 32, 64, 128), classes=1):
    """SegNet (Badrinarayanan et al., 2017): (N, H, W, 3) -> (N, H, W, classes).

    H and W are multiples of 2 ** len(widths).
    """
    images = x = keras.Input((None, None, 3))
    places = []
    for width in widths:
        x, where = PoolWithPlaces()(convolutions(x, width))
        places.append(where)
    # The last places stored are the first that are needed: hence pop.
    for channels in (*widths[-2::-1], widths[0]):
        x = convolutions(Unpool()(x, places.pop()), channels)
    logits = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(x)
    return keras.Model(images, logits)


def FCN(stride=8, classes=5, widths=(8, 16, 32, 64, 128)):
    """FCN-32s, 16s or 8s (Long et al., 2015): (N, H, W, 3) -> (N, H, W, classes).

    stride: of the finest features that give scores, a power of 2. Any H and W.
    widths: channels by stage of the encoder; five stages go down to stride 32.
    """
    images = keras.Input((None, None, 3))
    features = Encoder(widths)(images)
    scores = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(features[-1])
    # Stage i has the stride 2 ** (i + 1); the head has the last one already.
    for finer in features[stride.bit_length() - 2 : -1][::-1]:
        # A new skip adds nothing at first.
        skip = layers.Conv2D(classes, 1, kernel_initializer="zeros")(finer)
        scores = layers.Add()([enlarged(scores, 2, like=finer), skip])
    return keras.Model(images, enlarged(scores, stride, like=images))


def UNet(widths=(16, 32, 64, 128), classes=1, skips=True, padding="same"):
    """U-Net (Ronneberger et al., 2015): (N, H, W, 3) -> logits (N, H, W, classes).

    widths: channels by level, from the full size down; H and W are multiples of
    2 ** (len(widths) - 1). skips=False leaves the hourglass alone. With padding
    "valid" the logits are smaller than the input.
    """
    images = x = keras.Input((None, None, 3))
    features = []
    for level, width in enumerate(widths):
        x = convolutions(layers.MaxPooling2D()(x) if level else x, width, padding)
        features.append(x)
    # The deepest features are x itself; the others are the skips, deepest first.
    for width, skip in zip(widths[-2::-1], features[-2::-1]):
        x = layers.Conv2DTranspose(width, 2, 2, kernel_initializer="he_normal")(x)
        if padding == "valid":
            skip = CropLike()(skip, x)
        x = layers.Concatenate()([skip, x]) if skips else x
        x = convolutions(x, width, padding)
    logits = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(x)
    return keras.Model(images, logits)


class CropLike(layers.Layer):
    """Cut the middle out of skip, as high and wide as x: (N, H, W, C) both."""

    def call(self, skip, x):
        height, width = tf.shape(x)[1], tf.shape(x)[2]
        top = (tf.shape(skip)[1] - height) // 2
        left = (tf.shape(skip)[2] - width) // 2
        return skip[:, top : top + height, left : left + width, :]


def bce(logits, masks):
    """Binary cross-entropy: logits (N, H, W, 1), masks (N, H, W) of 0 and 1."""
    truth = tf.cast(masks, tf.float32)
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=truth, logits=logits[..., 0])
    )


def dice_loss(logits, masks):
    """One minus the soft Dice of each image, averaged (Milletari et al., 2016)."""
    probability, truth = tf.sigmoid(logits[..., 0]), tf.cast(masks, tf.float32)
    both = tf.reduce_sum(probability * truth, axis=(1, 2))
    total = tf.reduce_sum(probability, axis=(1, 2)) + tf.reduce_sum(truth, axis=(1, 2))
    # The 1 keeps empty masks legal.
    return 1 - tf.reduce_mean((2 * both + 1) / (total + 1))


def bce_dice(logits, masks):
    """The sum of binary cross-entropy and Dice loss."""
    return bce(logits, masks) + dice_loss(logits, masks)


def probability_of(logits):
    """Sigmoid, float (N, H, W)."""
    return 1 / (1 + np.exp(-logits))


def predict_averaged(model, images):
    """Mean probability over eight flips and quarter turns: float (N, H, W)."""
    total = np.zeros(images.shape[:3])
    for turns in range(4):
        view = np.rot90(images, turns, axes=(1, 2))
        for mirror in (slice(None), slice(None, None, -1)):
            answer = probability_of(predict(model, view[:, :, mirror]))[:, :, mirror]
            # Mirrored back already, now turned back, so that pixels meet again.
            total += np.rot90(answer, -turns, axes=(1, 2))
    return total / 8


def grow(seeds, inside):
    """Spread from seeds through inside, to the four neighbours: bool (H, W)."""
    reached, before = seeds & inside, None
    while before is None or (reached != before).any():
        # Four copies, each moved by one pixel; the padding keeps them in the image.
        before, wide = reached, np.pad(reached, 1)
        near = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
        reached = (reached | near) & inside
    return reached


def clean_up(mask):
    """Keep the largest component and fill its holes: bool (H, W) -> bool (H, W)."""
    largest, left = np.zeros_like(mask), mask.copy()
    while left.any():
        first = np.arange(mask.size).reshape(mask.shape) == left.argmax()
        component = grow(first, left)
        left &= ~component
        largest = max(largest, component, key=np.sum)
    # Holes are what cannot be reached from the image's frame.
    frame = np.pad(np.zeros_like(mask)[1:-1, 1:-1], 1, constant_values=True)
    return ~grow(frame, ~largest)


def stuffed(kernel, rate):
    """Put rate - 1 zeros between the weights of a kernel: (k, k, ...) -> (s, s, ...).

    s = 1 + (k - 1) * rate.
    """
    side = 1 + (len(kernel) - 1) * rate
    larger = np.zeros((side, side, *kernel.shape[2:]), kernel.dtype)
    larger[::rate, ::rate] = kernel
    return larger


def convolution(x, channels, size=3, stride=1, rate=1):
    """A size x size convolution with batch normalisation and ReLU.

    (N, H, W, C) -> (N, H / stride, W / stride, channels), rounded up.
    """
    padding = "same" if stride == 1 else "valid"
    if stride > 1:  # "same" would pad one side only, and shift the features
        x = layers.ZeroPadding2D(size // 2)(x)
    x = layers.Conv2D(
        channels,
        size,
        stride,
        padding,
        dilation_rate=rate,
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.ReLU()(x)


def DilatedEncoder(widths, output_stride=4, dilated=True):
    """Features of each stage; strides down to `output_stride`, rates from there on.

    (N, H, W, 3) -> a list of (N, H / stride, W / stride, width). With dilated=False the
    strides are left out and the rates stay 1, so later layers see less than before.
    """
    images = x = keras.Input((None, None, 3))
    features, stride, rate = [], 1, 1
    for width in widths:
        step = 2 if stride < output_stride else 1
        x = convolution(x, width, 3, step, rate if dilated else 1)
        stride, rate = stride * step, rate * 2 // step
        x = convolution(x, width, 3, 1, rate if dilated else 1)
        features.append(x)
    return keras.Model(images, features, name="encoder")


def ASPP(x, channels, rates):
    """Atrous spatial pyramid pooling: (N, H, W, C) -> (N, H, W, channels).

    One branch is 1 x 1, one 3 x 3 for each rate, one the mean of the whole map.
    """
    found = [convolution(x, channels, 1)]
    for rate in rates:
        found.append(convolution(x, channels, 3, rate=rate))
    mean = layers.GlobalAveragePooling2D(keepdims=True)(x)
    # No batch normalisation: an image gives only one value.
    mean = layers.Conv2D(
        channels, 1, activation="relu", kernel_initializer="he_normal"
    )(mean)
    found.append(mean + ops.zeros_like(found[0]))  # the same at every place
    return convolution(layers.Concatenate()(found), channels, 1)


class AverageTo(layers.Layer):
    """Average over count x count parts of a map: (N, H, W, C) -> (N, count, count, C).

    The parts are as even as they can be, and overlap where H or W does not divide.
    """

    def __init__(self, count):
        super().__init__()
        self.count = count

    def shares(self, length):
        """The weight of each place in each part: (count, length)."""
        part, place = tf.range(self.count)[:, None], tf.range(length)
        first = part * length // self.count
        end = ((part + 1) * length + self.count - 1) // self.count  # rounded up
        inside = tf.cast((place >= first) & (place < end), tf.float32)
        return inside / tf.reduce_sum(inside, axis=1, keepdims=True)

    def call(self, x):
        rows, columns = self.shares(tf.shape(x)[1]), self.shares(tf.shape(x)[2])
        return tf.einsum("ah,bw,nhwc->nabc", rows, columns, x)


class Stretch(layers.Layer):
    """Interpolate x bilinearly to the height and width of like."""

    def call(self, x, like):
        return tf.image.resize(x, tf.shape(like)[1:3])


def PyramidPooling(x, channels, bins):
    """The features, and their means over count x count parts for each count in bins.

    (N, H, W, C) -> (N, H, W, C + len(bins) * channels).
    """
    found = [x]
    for count in bins:
        means = layers.Conv2D(
            channels, 1, activation="relu", kernel_initializer="he_normal"
        )(AverageTo(count)(x))
        found.append(Stretch()(means, like=x))
    return layers.Concatenate()(found)


def DeepLab(
    classes=5,
    widths=(16, 32, 64),
    output_stride=4,
    rates=(3, 6, 12),
    width=32,
    decoder=True,
    dilated=True,
):
    """DeepLab v3+ (Chen et al., 2018): (N, H, W, 3) -> logits (N, H, W, classes).

    Any H and W. decoder=False leaves DeepLab v3. dilated=False sets all rates to 1, and
    changes neither sizes nor the number of weights.
    """
    images = keras.Input((None, None, 3))
    early, *_, deepest = DilatedEncoder(widths, output_stride, dilated)(images)
    x = ASPP(deepest, width, rates if dilated else [1] * len(rates))
    stride = min(output_stride, 2 ** len(widths))
    if decoder:
        x = enlarged(x, stride // 2, like=early)  # early: stride 2
        x = layers.Concatenate()([x, convolution(early, 8, 1)])
        x, stride = convolutions(x, width), 2
    logits = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(x)
    return keras.Model(images, enlarged(logits, stride, like=images))


def PSPNet(
    classes=5, widths=(16, 32, 64), output_stride=4, bins=(1, 2, 3, 6), width=32
):
    """PSPNet (Zhao et al., 2017): (N, H, W, 3) -> logits (N, H, W, classes).

    Any H and W. bins: parts along a side, one number for each level of the pyramid.
    """
    images = keras.Input((None, None, 3))
    deepest = DilatedEncoder(widths, output_stride)(images)[-1]
    x = PyramidPooling(deepest, widths[-1] // len(bins), bins)
    x = convolution(x, width)
    logits = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(x)
    stride = min(output_stride, 2 ** len(widths))
    return keras.Model(images, enlarged(logits, stride, like=images))


def gaussian(length, spread):
    """The Gaussian between all pairs of `length` places on a line: a square matrix."""
    apart = np.arange(length)[:, None] - np.arange(length)
    return np.exp(-0.5 * (apart / spread) ** 2).astype(np.float32)


def gaussian_root(length, spread):
    """A narrow matrix R, (length, few), so that R R' is nearly that Gaussian."""
    values, vectors = np.linalg.eigh(gaussian(length, spread))
    kept = values > 1e-3 * values.max()
    return vectors[:, kept] * np.sqrt(values[kept])


def colour_factors(image, spread, rank=128):
    """Maps F, (few, H, W): the sum of F F' is nearly the Gaussian of colours."""
    colours = image.reshape(-1, 3).astype(np.float32) / spread
    factors = np.zeros((rank, len(colours)), np.float32)
    left = np.ones(len(colours), np.float32)  # of k(i, i) = 1, not yet explained
    for step in range(rank):
        worst = left.argmax()
        if left[worst] < 0.1:
            return factors[:step].reshape(step, *image.shape[:2])
        row = np.exp(-0.5 * ((colours - colours[worst]) ** 2).sum(axis=1))
        row -= factors[:step, worst] @ factors[:step]
        factors[step] = row / np.sqrt(left[worst])
        left = np.maximum(left - factors[step] ** 2, 0)
    return factors.reshape(rank, *image.shape[:2])


def smoothness_kernel(height, width, near):
    """Hear by distance alone: a function of maps (C, H, W), and itself (H, W)."""
    rows, columns = gaussian(height, near), gaussian(width, near)
    return lambda maps: rows @ maps @ columns, np.ones((height, width), np.float32)


def appearance_kernel(image, far, colour):
    """Hear by distance and colour: a function of maps (C, H, W), and itself (H, W)."""
    factors = colour_factors(image, colour)
    rows = gaussian_root(image.shape[0], far)
    columns = gaussian(image.shape[1], far)
    looks = np.ascontiguousarray(factors.T)  # (W, H, few)

    def everybody(maps):
        parts = maps.T[..., None] * rows[:, None]  # (W, H, C, small)
        summed = looks.swapaxes(1, 2) @ parts.reshape(*looks.shape[:2], -1)
        mixed = columns @ summed.reshape(len(summed), -1)  # between all columns
        back = (looks @ mixed.reshape(summed.shape)).reshape(parts.shape)
        return (back * rows[:, None]).sum(axis=-1).T

    itself = (factors**2).sum(axis=0) * (rows**2).sum(axis=1)[:, None]
    return everybody, itself


def listening(everybody, itself):
    """The same kernel, normalised on both sides and without the pixel itself."""
    heard = everybody(np.ones((1, *itself.shape), np.float32))
    scale = 1 / np.sqrt(np.maximum(heard, 1e-6))
    return lambda maps: scale * (everybody(scale * maps) - itself * scale * maps)


def softmax(scores):
    """Probabilities over the first axis."""
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0)


def mean_field(
    logits,
    image,
    iterations=5,
    smoothness=2.0,
    near=1.0,
    appearance=4.0,
    far=10.0,
    colour=20.0,
):
    """Class probabilities of a fully connected CRF: float32 (H, W, C).

    Mean field of Krähenbühl & Koltun (2011) with the Potts rule; a message weighs
    `smoothness` (reach `near` pixels) or `appearance` (reach `far` pixels and `colour`
    of 255 levels). logits: (H, W, C), or (H, W) of one class against background.
    image: uint8 (H, W, 3). The kernels are approximated by few products.
    """
    if logits.ndim == 2:
        logits = np.stack([np.zeros_like(logits), logits], axis=-1)
    scores = np.moveaxis(logits, -1, 0).astype(np.float32)  # (C, H, W)
    kernels = [
        (smoothness, listening(*smoothness_kernel(*image.shape[:2], near))),
        (appearance, listening(*appearance_kernel(image, far, colour))),
    ]
    found = softmax(scores)
    for _ in range(iterations):
        found = softmax(scores + sum(w * hear(found) for w, hear in kernels))
    return np.moveaxis(found, 0, -1)


def masks_of_instances(instances):
    """One mask for each number from 1: int (H, W) -> bool (k, H, W)."""
    numbers = np.unique(instances[instances > 0])
    return instances == numbers[:, None, None]


def components(mask):
    """Number the regions that hang together by sides: bool (H, W) -> int (H, W)."""
    label = np.arange(1, mask.size + 1).reshape(mask.shape) * mask
    before = None
    while before is None or (label != before).any():
        before, wide = label, np.pad(label, 1)
        near = np.stack(
            [label, wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]]
        )
        label = near.max(axis=0) * mask
        # A jump: the label is a pixel's number, and that pixel may know a larger one.
        label = np.maximum(label, np.append(0, label)[label])
    numbers = np.unique(label[mask])
    return (np.searchsorted(numbers, label) + 1) * mask


def mask_iou(found, truth, crowd=None):
    """IoU of every pair: bool (d, H, W), bool (k, H, W) -> float (d, k).

    crowd: bool (k,), or None. Towards a crowd it is the share of the answer inside.
    """
    pixels = int(np.prod(found.shape[1:]))
    found, truth = (
        masks.reshape(-1, pixels).astype(np.float32) for masks in (found, truth)
    )
    both = (found @ truth.T).astype(float)  # exact: whole numbers below 2 ** 24
    area, true_area = found.sum(axis=1)[:, None], truth.sum(axis=1)
    union = area + true_area - both
    if crowd is not None:
        union = np.where(crowd, area, union)
    return both / np.maximum(union, 1)


def watershed(height, seeds, inside):
    """Flood from seeds, lowest pixel first: int (H, W), 0 outside of `inside`.

    height: (H, W). seeds: int (H, W), numbered from 1. inside: bool (H, W).
    """
    labels = np.where(inside, seeds, 0)
    wide = np.pad(inside, 1)  # no pixel beyond the frame is inside
    queue = [(height[r, c], 0, r, c) for r, c in zip(*np.nonzero(labels))]
    heapify(queue)
    age = 0  # among equal heights the first to be reached is flooded first
    while queue:
        _, _, row, column = heappop(queue)
        for r, c in (
            (row - 1, column),
            (row, column - 1),
            (row, column + 1),
            (row + 1, column),
        ):
            if wide[r + 1, c + 1] and not labels[r, c]:
                age += 1
                labels[r, c] = labels[row, column]
                heappush(queue, (height[r, c], age, r, c))
    return labels


THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of COCO's AP


def hits_of(iou, crowd, thresholds):
    """Which answers of one image hit, and which are left out: bool (T, d) twice.

    iou: (d, k), best score first, from `mask_iou`. crowd: bool (k,).
    """
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    free = np.repeat(~crowd[None], len(least), axis=0)  # (T, k)
    hit = np.zeros((len(least), len(iou)), bool)
    left_out = hit.copy()
    for number, row in enumerate(iou if len(crowd) else []):
        open_to = np.where(free & (row >= least), row, -1)
        hit[:, number] = open_to.max(axis=1) >= 0
        best = len(row) - 1 - open_to[:, ::-1].argmax(axis=1)  # of equals the last
        free[hit[:, number], best[hit[:, number]]] = False
        in_crowd = (crowd & (row >= least)).any(axis=1)
        left_out[:, number] = ~hit[:, number] & in_crowd
    return hit, left_out


def average_precision(
    truth, found, scores, crowd=None, thresholds=THRESHOLDS, most=100
):
    """AP of one class at each IoU threshold, as COCO counts it: float (T,).

    truth, found: a list with bool (k, H, W) and bool (d, H, W) for each image.
    scores: a list of float (d,). crowd: a list of bool (k,), or None.
    most: answers an image that count. nan where there is nothing to find.
    """
    crowd = [np.zeros(len(one), bool) for one in truth] if crowd is None else crowd
    values, matches = [], []
    for masks, answers, points, many in zip(truth, found, scores, crowd, strict=True):
        points = np.asarray(points, float)
        first = np.argsort(-points, kind="stable")[:most]
        values.append(points[first])
        iou = mask_iou(answers[first], masks, many)
        matches.append(hits_of(iou, many, np.asarray(thresholds)))
    order = np.argsort(-np.concatenate(values), kind="stable")
    hit, left_out = (np.concatenate(part, axis=1)[:, order] for part in zip(*matches))
    total = sum(int((~many).sum()) for many in crowd)
    if total == 0:
        return np.full(len(hit), np.nan)
    curves = zip(hit, left_out)
    return np.array([area_under(one[~out], total) for one, out in curves])


def area_under(hit, total):
    """Mean precision at 101 values of recall: bool (d,), best score first."""
    right = np.cumsum(hit)
    precision = right / np.arange(1, len(hit) + 1)
    # The best precision from here on: more answers may only help.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    recalls = np.linspace(0, 1, 101)
    places = np.searchsorted(right / total, recalls)  # the first that recalls so much
    return np.append(precision, 0)[places].mean()


def anchors_of(height, width, stride, sizes):
    """Square boxes on the centre of each cell: float32 (height * width * sizes, 4).

    In the order row, column, size.
    """
    y, x = (np.mgrid[:height, :width] + 0.5) * stride
    centre = np.stack([x, y], axis=-1).reshape(-1, 1, 2)
    half = np.array(sizes)[:, None] / 2  # (sizes, 1)
    boxes = np.concatenate([centre - half, centre + half], axis=-1)
    return boxes.reshape(-1, 4).astype(np.float32)


def box_iou(boxes, others):
    """IoU of every pair of boxes: (n, 4), (m, 4) -> (n, m)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=-1)
    area, other_area = (np.prod(b[:, 2:] - b[:, :2], axis=-1) for b in (boxes, others))
    return both / (area[:, None] + other_area - both)


def encode(boxes, anchors):
    """What moves each anchor onto its box: (n, 4), (n, 4) -> (n, 4)."""
    size, anchor_size = (b[:, 2:] - b[:, :2] for b in (boxes, anchors))
    shift = (boxes[:, :2] + size / 2) - (anchors[:, :2] + anchor_size / 2)
    return np.concatenate([shift / anchor_size, np.log(size / anchor_size)], axis=1)


def decode(deltas, anchors):
    """The boxes that `encode` was given: (n, 4), (n, 4) -> (n, 4)."""
    anchor_size = anchors[:, 2:] - anchors[:, :2]
    centre = anchors[:, :2] + anchor_size * (0.5 + deltas[:, :2])
    half = anchor_size * np.exp(deltas[:, 2:]) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def nms(boxes, scores, threshold):
    """Positions of the boxes that stay, best score first: int (k,)."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    kept = []
    while len(order):
        kept.append(order[0])
        overlap = box_iou(boxes[order[:1]], boxes[order])[0]
        overlap[0] = 1  # the best one itself, even if it has no area
        order = order[overlap <= threshold]
    return np.array(kept, int)


def roi_align(features, boxes, images, size, stride=4):
    """RoIAlign of boxes inside of images: (N, H, W, C) -> (K, size, size, C).

    boxes: (K, 4) in pixels. images: whole numbers (K,), the image of each box.
    """
    place = tf.cast(boxes, tf.float32) / stride - 0.5  # the first cell is centred on 0
    start, end = place[:, 1::-1], place[:, :1:-1]  # y, x
    margin = (end - start) / (4 * size)  # from the box's edge to its outermost points
    # A point may lie half a cell outside of the map: there it takes the edge's value.
    padded = tf.pad(features, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    last = tf.cast(tf.shape(features)[1:3] + 1, tf.float32)  # place of the last cell
    corners = tf.concat([(start + margin + 1) / last, (end - margin + 1) / last], 1)
    points = tf.image.crop_and_resize(padded, corners, images, (2 * size, 2 * size))
    return tf.nn.avg_pool2d(points, 2, 2, "VALID")


def Backbone(widths=(8, 16, 32, 64, 128), channels=64):
    """Features at stride 4: (N, H, W, 3) -> (N, H / 4, W / 4, channels), any H and W.

    widths: channels by stage of the encoder (Lin et al., 2017, its finest level).
    """
    draw = {"kernel_initializer": "he_normal"}
    images = keras.Input((None, None, 3))
    *finer, deepest = Encoder(widths)(images)[1:]  # strides 4 to 32
    x = layers.Conv2D(channels, 1, **draw)(deepest)
    for skip in finer[::-1]:
        lateral = layers.Conv2D(channels, 1, **draw)(skip)
        x = layers.Add()([enlarged(x, 2, like=skip), lateral])
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False, **draw)(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return keras.Model(images, layers.ReLU()(x), name="backbone")


def SemanticFPN(classes=5, widths=(8, 16, 32, 64, 128), channels=64):
    """Class scores from the backbone: (N, H, W, 3) -> logits (N, H, W, classes)."""
    images = keras.Input((None, None, 3))
    features = Backbone(widths, channels)(images)
    scores = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(features)
    return keras.Model(images, enlarged(scores, 4, like=images))


def small(spread=0.01):
    """How a layer that predicts near zero draws its first weights."""
    return keras.initializers.RandomNormal(stddev=spread)


def RPNHead(channels=64, anchors=3):
    """(N, h, w, C) -> logits (N, h, w, anchors), deltas (N, h, w, 4 * anchors)."""
    features = keras.Input((None, None, channels))
    hidden = layers.Conv2D(
        channels, 3, padding="same", activation="relu", kernel_initializer=small()
    )(features)
    logits = layers.Conv2D(anchors, 1, kernel_initializer=small())(hidden)
    deltas = layers.Conv2D(4 * anchors, 1, kernel_initializer=small())(hidden)
    return keras.Model(features, [logits, deltas])


def BoxHead(channels=64, size=7, hidden=128, classes=2):
    """(K, 7, 7, C) of K boxes -> logits (K, classes), deltas (K, 4 * classes)."""
    features = keras.Input((size, size, channels))
    x = layers.Flatten()(features)
    for _ in range(2):
        x = layers.Dense(hidden, activation="relu", kernel_initializer="he_normal")(x)
    logits = layers.Dense(classes, kernel_initializer=small())(x)
    deltas = layers.Dense(4 * classes, kernel_initializer=small())(x)
    return keras.Model(features, [logits, deltas])


def MaskHead(channels=64, hidden=32, classes=2):
    """Features of K boxes (K, 14, 14, C) -> mask logits (K, 28, 28, classes)."""
    draw = {"activation": "relu", "kernel_initializer": "he_normal"}
    features = x = keras.Input((None, None, channels))
    for _ in range(2):
        x = layers.Conv2D(hidden, 3, padding="same", **draw)(x)
    x = layers.Conv2DTranspose(hidden, 2, 2, **draw)(x)
    logits = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(x)
    return keras.Model(features, logits)


def Yolact(anchors=3, prototypes=16, widths=(8, 16, 32, 64, 128)):
    """YOLACT (Bolya et al., 2019) for one class of things, on one feature level.

    (N, H, W, 3) -> for each of A = H / 4 * W / 4 * anchors: logits (N, A), box deltas
    (N, A, 4), coefficients (N, A, k); and prototypes (N, H / 2, W / 2, k).
    """
    images, features = keras.Input((None, None, 3)), keras.Input((None, None, 64))
    x = Backbone(widths)(images)
    draw = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    hidden = layers.Conv2D(64, 3, **draw)(features)
    logits = layers.Conv2D(
        anchors,
        1,
        kernel_initializer=small(),
        bias_initializer=keras.initializers.Constant(-4),  # nearly all see nothing
    )(hidden)
    deltas = layers.Conv2D(4 * anchors, 1, kernel_initializer=small())(hidden)
    coefficients = layers.Conv2D(
        prototypes * anchors, 1, activation="tanh", kernel_initializer=small(0.1)
    )(hidden)
    flat = [
        layers.Reshape((-1, *width))(y)
        for y, width in ((logits, ()), (deltas, (4,)), (coefficients, (prototypes,)))
    ]
    heads = keras.Model(features, flat, name="heads")
    y = layers.UpSampling2D(interpolation="bilinear")(
        layers.Conv2D(32, 3, **draw)(features)
    )
    y = layers.Conv2D(prototypes, 1, **draw)(layers.Conv2D(32, 3, **draw)(y))
    pictures = keras.Model(features, y, name="prototypes")
    return keras.Model(images, [*heads(x), pictures(x)])


def panoptic_quality(truth, found, classes, void=255):
    """PQ, SQ and RQ of each class: float (classes, 3), nan where it has no segment.

    truth, found: pairs of class ids (N, H, W) and instance numbers (N, H, W), 0 for
    stuff. void: pixels of the truth that do not count, or of `found` without answer.
    """
    totals = np.zeros((4, classes))  # sum of IoU, matches, missed, invented
    for maps in zip(*truth, *found):
        (known, places), (said, others) = (
            np.unique(np.reshape(pair, (2, -1)), axis=1, return_inverse=True)
            for pair in (maps[:2], maps[2:])
        )
        both = np.zeros((known.shape[1], said.shape[1]))
        np.add.at(both, (places.ravel(), others.ravel()), 1)  # pixels of every pair
        real, area = known[0] != void, both.sum(axis=0)
        outside = both[~real].sum(axis=0)  # pixels of each answer that do not count
        union = both.sum(axis=1)[:, None] + area - outside - both
        same = (known[0][:, None] == said[0]) & real[:, None]
        iou = np.where(same, both / np.maximum(union, 1), 0)
        iou[iou <= 0.5] = 0
        invented = (said[0] != void) & ~iou.any(axis=0) & (2 * outside <= area)
        np.add.at(totals[0], known[0][real], iou.max(axis=1, initial=0)[real])
        np.add.at(totals[1], known[0][real], iou.any(axis=1)[real])
        np.add.at(totals[2], known[0][real], ~iou.any(axis=1)[real])
        np.add.at(totals[3], said[0][invented], 1)
    iou, hits, missed, invented = totals
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class has no segment
        rq = hits / (hits + (missed + invented) / 2)
    sq = np.where(np.isnan(rq), np.nan, iou / np.maximum(hits, 1))
    return np.stack([sq * rq, sq, rq], axis=1)


def normalised(x, channels, size, stride=1):
    """A convolution and batch normalisation; the map shrinks by the stride."""
    # "same" would pad below and to the right alone where the stride is 2.
    x = layers.ZeroPadding2D(size // 2)(x)
    x = layers.Conv2D(
        channels, size, stride, use_bias=False, kernel_initializer="he_normal"
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def exchange(maps):
    """Each lane gets the sum of all lanes: maps (N, H, W, C), finest first."""
    mixed = []
    for end, own in enumerate(maps):
        parts = []
        for start, x in enumerate(maps):
            for lane in range(start, end):  # down in strides of 2
                x = layers.ReLU()(x) if lane > start else x
                x = normalised(x, maps[lane + 1].shape[-1], 3, stride=2)
            if start > end:
                x = normalised(x, own.shape[-1], 1)
                x = enlarged(x, 2 ** (start - end), like=own)
            parts.append(x)
        total = layers.Add()(parts) if len(parts) > 1 else own
        mixed.append(layers.ReLU()(total))
    return mixed


def HRNet(classes=5, widths=(16, 32, 64), mixed=64):
    """HRNet (Wang et al., 2020): (N, H, W, 3) -> logits (N, H, W, classes).

    Any H and W. widths: channels by lane, of strides 4, 8, 16, ...
    """
    images = x = keras.Input((None, None, 3))
    for _ in range(2):
        x = layers.ReLU()(normalised(x, widths[0], 3, 2))
    maps = [x]
    for stage in range(len(widths)):
        if stage:
            maps.append(layers.ReLU()(normalised(maps[-1], widths[stage], 3, 2)))
        maps = exchange([convolutions(x, w) for x, w in zip(maps, widths)])
    for lane in range(1, len(maps)):
        maps[lane] = enlarged(maps[lane], 2**lane, like=maps[0])
    x = layers.ReLU()(normalised(layers.Concatenate()(maps), mixed, 1))
    logits = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(x)
    return keras.Model(images, enlarged(logits, 4, like=images))


def products(operation):
    """Multiply-adds of one operation of a graph; 0 for what multiplies no matrix."""
    kind, inputs = operation.type, operation.inputs
    if kind in ("Conv2D", "DepthwiseConv2dNative"):
        height, width, channels, _ = inputs[1].shape
        each = height * width * (channels if kind == "Conv2D" else 1)
        made = operation.outputs[0]
        for after in made.consumers():  # so TensorFlow ends a dilated convolution
            made = after.outputs[0] if after.type == "BatchToSpaceND" else made
        return made.shape.num_elements() * each
    if kind == "Conv2DBackpropInput":  # the transposed convolution
        return inputs[2].shape.num_elements() * np.prod(inputs[1].shape[:3])
    if kind in ("MatMul", "BatchMatMulV2"):
        turned = operation.get_attr("adj_x" if "Batch" in kind else "transpose_a")
        inner = inputs[0].shape[-2 if turned else -1]
        return operation.outputs[0].shape.num_elements() * inner
    return 0


def multiply_adds(model, size=128):
    """Products in convolutions and matrix products for one image of size x size."""
    image = tf.TensorSpec((1, size, size, 3))
    run = tf.function(partial(model, training=False)).get_concrete_function(image)
    return int(sum(products(operation) for operation in run.graph.get_operations()))


def attention_weights(queries, keys, allowed=None):
    """How much each query looks at each key: (N, heads, Q, K), the sum over K is 1.

    queries: (N, heads, Q, D). keys: (N, heads, K, D). allowed: bool, (N, 1 or heads,
    Q, K), True where a query may look.
    """
    scores = tf.matmul(queries, keys, transpose_b=True) / keys.shape[-1] ** 0.5
    if allowed is not None:
        scores = tf.where(allowed, scores, -1e9)
    return tf.nn.softmax(scores)


def attention(queries, keys, values, allowed=None):
    """What each query gathers, (N, heads, Q, D), of values (N, heads, K, D)."""
    return attention_weights(queries, keys, allowed) @ values


def dense(width):
    """A dense layer, its weights drawn as Glorot & Bengio (2010) do, its bias zero."""
    return layers.Dense(width)


class Attention(layers.Layer):
    """Multi-head attention (Vaswani et al., 2017): x (N, Q, C) asks context (N, K, C).

    allowed: bool, (N, 1 or heads, Q, K), True where a query may look. Gives (N, Q, C).
    """

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (dense(width) for _ in range(4))

    def split(self, tokens):
        """(N, T, C) -> (N, heads, T, C / heads)."""
        count, length, width = tf.shape(tokens)[0], tf.shape(tokens)[1], tokens.shape[2]
        shape = count, length, self.heads, width // self.heads
        return tf.transpose(tf.reshape(tokens, shape), (0, 2, 1, 3))

    def call(self, x, context, allowed=None):
        parts = self.query(x), self.key(context), self.value(context)
        gathered = attention(*map(self.split, parts), allowed)
        return self.out(tf.reshape(tf.transpose(gathered, (0, 2, 1, 3)), tf.shape(x)))


class EfficientAttention(layers.Layer):
    """Each position asks a map `reduction` times smaller: (N, H, W, C) -> the same."""

    def __init__(self, width, heads, reduction=1):
        super().__init__()
        self.width, self.reduction = width, reduction
        if reduction > 1:
            self.reduce = layers.Conv2D(
                width, reduction, reduction, kernel_initializer="he_normal"
            )
            self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.attention = Attention(width, heads)

    def tokens(self, x):
        """Who asks, (N, H * W, C), and who is asked, (N, K, C)."""
        context = x
        if self.reduction > 1:
            context = self.norm(self.reduce(x))
        flat = tf.shape(x)[0], -1, self.width
        return tf.reshape(x, flat), tf.reshape(context, flat)

    def call(self, x):
        return tf.reshape(self.attention(*self.tokens(x)), tf.shape(x))


class Block(layers.Layer):
    """One block of SegFormer, attention and Mix-FFN: (N, H, W, C) -> the same."""

    def __init__(self, width, heads, reduction, expansion=4):
        super().__init__()
        self.before_attention = layers.LayerNormalization(epsilon=1e-5)
        self.attention = EfficientAttention(width, heads, reduction)
        self.before_mixing = layers.LayerNormalization(epsilon=1e-5)
        self.widen = dense(expansion * width)
        drawn = keras.initializers.RandomNormal(stddev=(2 / 9) ** 0.5)  # 3 x 3 inputs
        self.near = layers.DepthwiseConv2D(
            3, padding="same", depthwise_initializer=drawn
        )
        self.narrow = dense(width)

    def call(self, x):
        x = x + self.attention(self.before_attention(x))
        mixed = self.near(self.widen(self.before_mixing(x)))
        return x + self.narrow(keras.activations.gelu(mixed, approximate=False))


def stage_of(x, width, stride, heads, reduction, depth=1):
    """Overlapped patches, then blocks: maps (N, H, W, C) -> (N, h, w, width).

    h = H / stride and w = W / stride, rounded up.
    """
    size = 2 * stride - 1
    x = layers.ZeroPadding2D(stride - 1)(x)
    x = layers.Conv2D(width, size, stride, kernel_initializer="he_normal")(x)
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    for _ in range(depth):
        x = Block(width, heads, reduction)(x)
    return layers.LayerNormalization(epsilon=1e-5)(x)


def SegFormer(
    classes=5,
    widths=(16, 32, 64, 128),
    heads=(1, 2, 4, 8),
    reductions=(4, 2, 1, 1),
    depths=(1, 1, 1, 1),
    mixed=64,
):
    """SegFormer (Xie et al., 2021): (N, H, W, 3) -> logits (N, H, W, classes).

    Any H and W. widths, heads, reductions, depths: by stage, of strides 4, 8, 16, 32.
    """
    images = x = keras.Input((None, None, 3))
    maps = []
    for stage in zip(widths, (4, 2, 2, 2), heads, reductions, depths):
        x = stage_of(x, *stage)
        maps.append(x)
    maps = [dense(mixed)(x) for x in maps]
    for i in range(1, len(maps)):
        maps[i] = enlarged(maps[i], 2**i, like=maps[0])
    x = layers.ReLU()(normalised(layers.Concatenate()(maps), mixed, 1))
    logits = layers.Conv2D(classes, 1, kernel_initializer="he_normal")(x)
    return keras.Model(images, enlarged(logits, 4, like=images))


def segment_map(samples):
    """Number every segment: uint8 (N, H, W).

    Stuff keeps its class id; the first, second, ... thing, of the last class, gets the
    ids from that class on.
    """
    things = len(samples.classes) - 1 + samples.instances - 1
    return np.where(samples.instances > 0, things, samples.masks).astype(np.uint8)


def hungarian(cost):
    """Pair rows with columns, one to one, at the lowest total cost (Kuhn, 1955).

    cost: (n, m), numbers. Returns rows, columns: int (min(n, m),) each, rows rising.
    """
    cost = np.asarray(cost, float)
    if cost.shape[0] > cost.shape[1]:
        columns, rows = hungarian(cost.T)
        return rows[rows.argsort()], columns[rows.argsort()]
    row_price, column_price = np.zeros(cost.shape[0]), np.zeros(cost.shape[1])
    owner = np.full(cost.shape[1], -1)  # the row that has each column
    for row in range(len(cost)):
        done = np.zeros(len(owner), bool)
        reach, before = np.full(len(owner), np.inf), np.full(len(owner), -1)
        at, last, far = row, -1, 0.0
        while at >= 0:  # Dijkstra: the cheapest chain that ends at a free column
            new = far + cost[at] - row_price[at] - column_price
            better = ~done & (new < reach)
            reach[better], before[better] = new[better], last
            last = np.where(done, np.inf, reach).argmin()
            done[last], far, at = True, reach[last], owner[last]
        passed = done & (owner >= 0)
        row_price[owner[passed]] += far - reach[passed]
        row_price[row] += far
        column_price[done] -= far - reach[done]
        while last >= 0:  # back along the chain: every owner moves on by one
            owner[last] = row if before[last] < 0 else owner[before[last]]
            last = before[last]
    columns = np.flatnonzero(owner >= 0)
    return np.sort(owner[columns]), columns[owner[columns].argsort()]


class Located(layers.Layer):
    """Add a code of row and column to features (N, H, W, C); C is a multiple of 4."""

    def call(self, x):
        frequencies = np.pi * 2 ** tf.linspace(0.0, 5.0, x.shape[3] // 4)
        waves = []
        for size in (tf.shape(x)[1], tf.shape(x)[2]):
            size = tf.cast(size, tf.float32)
            angles = ((tf.range(size) + 0.5) / size)[:, None] * frequencies
            waves.append(tf.concat([tf.sin(angles), tf.cos(angles)], axis=1))
        rows = tf.tile(waves[0][:, None], (1, tf.shape(x)[2], 1))  # (H, W, C / 2)
        columns = tf.tile(waves[1][None], (tf.shape(x)[1], 1, 1))
        return x + tf.concat([rows, columns], axis=2)


def PixelDecoder(widths, width):
    """Located features at strides 32, 16, 8, 4: (N, h, w, width) each, in a list.

    Any H and W. widths: channels by stage of the encoder, whose first is left out.
    """
    images = keras.Input((None, None, 3))
    _, *finer, deepest = Encoder(widths)(images)
    x = layers.Conv2D(width, 1, kernel_initializer="he_normal")(deepest)
    levels = [Located()(x)]
    for skip in finer[::-1]:
        x = enlarged(x, 2, like=skip)
        lateral = layers.Conv2D(width, 1, kernel_initializer="he_normal")(skip)
        x = layers.Conv2D(
            width, 3, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(layers.Add()([x, lateral]))
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x))
        levels.append(Located()(x))
    return keras.Model(images, levels, name="pixels")


def tokens_of(x):
    """Lay a map out in a row: (N, H, W, C) -> (N, H * W, C)."""
    return tf.reshape(x, (tf.shape(x)[0], -1, x.shape[3]))


class Queries(layers.Layer):
    """As many learnt vectors for each of N images: (N, count, width)."""

    def __init__(self, count, width):
        super().__init__()
        drawn = keras.initializers.RandomNormal(stddev=1.0)
        self.table = self.add_weight(shape=(count, width), initializer=drawn)

    def call(self, images):
        return tf.tile(self.table[None], (tf.shape(images)[0], 1, 1))


class QueryBlock(layers.Layer):
    """Queries look at the image, then at each other: (N, Q, width) -> the same."""

    def __init__(self, width, heads=4):
        super().__init__()
        self.look, self.talk = Attention(width, heads), Attention(width, heads)
        self.up, self.down = dense(4 * width), dense(width)
        self.norms = [layers.LayerNormalization(epsilon=1e-5) for _ in range(3)]

    def call(self, x, context, allowed=None):
        x = self.norms[0](x + self.look(x, context, allowed))
        x = self.norms[1](x + self.talk(x, x))
        return self.norms[2](x + self.down(tf.nn.relu(self.up(x))))


class SetHead(layers.Layer):
    """Queries (N, Q, width) -> class logits (N, Q, classes + 1), masks (N, Q, h, w)."""

    def __init__(self, width, classes):
        super().__init__()
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.classes = dense(classes + 1)
        self.first, self.second = dense(width), dense(width)

    def call(self, x, pixels):
        x = self.norm(x)
        named = self.classes(x)
        keys = self.second(tf.nn.relu(self.first(x))) / x.shape[2] ** 0.5
        products = tf.matmul(keys, tokens_of(pixels), transpose_b=True)
        shape = tf.concat([tf.shape(x)[:2], tf.shape(pixels)[1:3]], axis=0)
        return named, tf.reshape(products, shape)  # (N, Q, h, w)


class MaskFormer(keras.Model):
    """MaskFormer (Cheng et al., 2021): (N, H, W, 3) -> (class logits, mask logits).

    (N, depth + 1, queries, classes + 1), the last class is "nothing"; (N, depth + 1,
    queries, H / 4, W / 4), rounded up: the answers before and after each block.
    """

    def __init__(
        self, classes=5, queries=16, width=48, widths=(8, 16, 32, 64, 128), depth=3
    ):
        super().__init__()
        self.pixels = PixelDecoder(widths, width)
        self.queries, self.head = Queries(queries, width), SetHead(width, classes)
        self.blocks = [QueryBlock(width) for _ in range(depth)]
        self(keras.Input((None, None, 3)))  # makes the weights

    def view(self, levels, number, masks):
        """What block `number` looks at, (N, K, width), and where it may look."""
        return tokens_of(levels[0]), None

    def call(self, images):
        levels, x = self.pixels(images), self.queries(images)
        answers = [self.head(x, levels[-1])]
        for number, block in enumerate(self.blocks):
            x = block(x, *self.view(levels, number, masks=answers[-1][1]))
            answers.append(self.head(x, levels[-1]))
        return tuple(tf.stack(parts, axis=1) for parts in zip(*answers))


def segments_of(maps, count, stride):
    """The share of each cell of stride x stride pixels in each segment: (N, T, P)."""
    one_hot = tf.one_hot(tf.cast(maps, tf.int32), count)  # (N, H, W, count)
    cells = tf.nn.avg_pool2d(one_hot, stride, stride, "VALID")
    return tf.linalg.matrix_transpose(tokens_of(cells))


def mask_prices(mask_logits, truth):
    """BCE plus Dice loss of each query with each segment: (N, L, Q, T).

    mask_logits: (N, L, Q, h, w). truth: (N, T, h * w), in 0..1.
    """
    truth = tf.linalg.matrix_transpose(truth)[:, None]  # (N, 1, P, T)
    area = tf.shape(truth)[2]
    x = tf.reshape(mask_logits, tf.concat([tf.shape(mask_logits)[:3], [area]], axis=0))
    bce = tf.reduce_mean(tf.nn.softplus(x), axis=3, keepdims=True)
    bce -= x @ truth / tf.cast(area, tf.float32)
    inside = tf.sigmoid(x)
    total = tf.reduce_sum(inside, 3, keepdims=True) + tf.reduce_sum(truth, 2, True)
    return bce + 1 - (2 * inside @ truth + 1) / (total + 1)


def best_pairs(prices, present):
    """The pairs of each image: float32 (N, Q, T), 1 where query q draws segment t.

    prices: (N, Q, T). present: bool (N, T), the segments that the image has.
    """
    pairs = np.zeros(prices.shape, np.float32)
    for price, pair, has in zip(prices, pairs, present):
        rows, columns = hungarian(price[:, has])
        pair[rows, np.flatnonzero(has)[columns]] = 1
    return pairs


def set_loss(answers, maps):
    """What the best matching costs: `MaskFormer`'s answers, panoptic maps (N, H, W)."""
    class_logits, mask_logits = answers  # (N, L, Q, C + 1), (N, L, Q, h, w)
    queries, classes = class_logits.shape[2], class_logits.shape[3] - 1
    truth = segments_of(maps, queries, maps.shape[2] // mask_logits.shape[4])
    class_of = tf.minimum(tf.range(queries), classes - 1)
    surprise = -tf.nn.log_softmax(class_logits)
    prices = 5 * mask_prices(mask_logits, truth)
    prices = tf.reduce_mean(prices + 2 * tf.gather(surprise, class_of, axis=3), axis=1)
    known = tf.stop_gradient(prices), tf.reduce_max(truth, axis=2) > 0
    pairs = tf.numpy_function(best_pairs, known, tf.float32)  # (N, Q, T)
    pairs = tf.ensure_shape(pairs, prices.shape)
    idle = 1 - tf.reduce_sum(pairs, axis=2)
    paid = tf.reduce_sum(pairs * prices)
    idle = tf.reduce_sum(idle * tf.reduce_mean(surprise[..., -1], axis=1))
    return (paid + idle) / tf.reduce_sum(pairs)


def answer_of(model, images, block=-1):
    """One answer of `MaskFormer` to images, uint8 (N, H, W, 3), the last by default.

    Returns probabilities (N, Q, classes + 1) and mask logits (N, Q, H, W).
    """
    height, width, named, drawn = *images.shape[1:3], [], []
    for start in range(0, len(images), 8):
        answers = model.predict_on_batch(to_input(images[start : start + 8]))
        class_logits, mask_logits = (part[:, block] for part in answers)
        small = mask_logits.transpose(0, 2, 3, 1)  # (N, h, w, Q)
        size = 4 * small.shape[1], 4 * small.shape[2]
        large = tf.image.resize(small, size, "bilinear").numpy().transpose(0, 3, 1, 2)
        named.append(tf.nn.softmax(class_logits).numpy())
        drawn.append(large[..., :height, :width])
    return np.concatenate(named), np.concatenate(drawn)


def inside_of(mask_logits):
    """Sigmoid that cannot overflow."""
    return (1 + np.tanh(mask_logits / 2)) / 2


def semantic_of(probabilities, mask_logits):
    """The class with most votes at each pixel: uint8 (N, H, W)."""
    count, queries, height, width = mask_logits.shape
    masks = inside_of(mask_logits).reshape(count, queries, -1)
    votes = probabilities[:, :, :-1].transpose(0, 2, 1) @ masks  # (N, classes, H * W)
    return votes.argmax(axis=1).reshape(count, height, width).astype(np.uint8)


def instances_of(probabilities, mask_logits):
    """For each image masks bool (d, H, W) and scores (d,) of things, the last class."""
    found, scores = [], []
    for named, drawn in zip(probabilities, mask_logits):
        masks = drawn > 0
        area = masks.sum(axis=(1, 2))
        sure = (inside_of(drawn) * masks).sum(axis=(1, 2)) / np.maximum(area, 1)
        found.append(masks[area > 0])
        scores.append((named[:, -2] * sure)[area > 0])
    return found, scores


def panoptic_of(probabilities, mask_logits):
    """Class ids uint8 (N, H, W) and numbers int32 (N, H, W), 0 where it is stuff."""
    sure = probabilities[:, :, :-1].max(axis=2)
    sure = sure * (sure > probabilities[:, :, -1])  # who says "nothing" gets nothing
    winner = (sure[:, :, None, None] * inside_of(mask_logits)).argmax(axis=1)
    kind = probabilities[:, :, :-1].argmax(axis=2)
    classes = np.take_along_axis(kind, winner.reshape(len(kind), -1), axis=1)
    classes = classes.reshape(winner.shape).astype(np.uint8)
    things = classes == probabilities.shape[2] - 2
    return classes, np.where(things, winner + 1, 0).astype(np.int32)


def may_look(mask_logits, halvings):
    """Where each query may look: bool (N, 1, Q, K). In its mask; anywhere, if none.

    mask_logits: (N, Q, h, w). halvings: how often the features are smaller by 2.
    """
    inside = tf.stop_gradient(tf.transpose(mask_logits, (0, 2, 3, 1)))
    for _ in range(halvings):
        inside = tf.nn.avg_pool2d(inside, 2, 2, "SAME")
    inside = tf.linalg.matrix_transpose(tokens_of(inside))[:, None] > 0
    return inside | ~tf.reduce_any(inside, axis=3, keepdims=True)


class Mask2Former(MaskFormer):
    """Mask2Former (Cheng et al., 2022): arguments, weights, answers of MaskFormer."""

    def view(self, levels, number, masks):
        """The finer levels in turn, inside the mask."""
        turn = 1 + number % (len(levels) - 1)
        return tokens_of(levels[turn]), may_look(masks, len(levels) - 1 - turn)
