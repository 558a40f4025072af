"""The TensorFlow models of the lessons.

Built from the cells tagged `export` in these files; edit them, not this:

    content/lessons/00_masks.md
    content/lessons/01_sliding_window.md
    content/lessons/02_fcn.md
    content/lessons/03_upsampling.md
    content/lessons/04_skips.md
    content/lessons/05_unet.md
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from utils.tensorflow import predict, to_input

__all__ = [
    "CropLike",
    "Encoder",
    "Enlarge",
    "FCN",
    "FCN32s",
    "PatchClassifier",
    "PoolWithPlaces",
    "SegNet",
    "UNet",
    "Unpool",
    "as_convolution",
    "bce",
    "bce_dice",
    "bilinear_kernel",
    "classify",
    "clean_up",
    "convolutional",
    "convolutions",
    "cross_entropy",
    "dice_loss",
    "enlarged",
    "every_pixel",
    "grow",
    "pool_everywhere",
    "predict_averaged",
    "probability_of",
    "receptive_field",
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
