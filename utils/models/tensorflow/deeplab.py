"""What lesson 06 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/06_deeplab.md
"""

import keras
import tensorflow as tf
from keras import layers, ops

from utils.models.tensorflow.fcn import convolutions, enlarged

__all__ = [
    "ASPP",
    "AverageTo",
    "DeepLab",
    "DilatedEncoder",
    "PSPNet",
    "PyramidPooling",
    "Stretch",
    "convolution",
]


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
