"""What lesson 02 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/02_fcn.md
"""

import keras
import tensorflow as tf
from keras import layers, ops

__all__ = [
    "Encoder",
    "Enlarge",
    "FCN32s",
    "as_convolution",
    "convolutional",
    "convolutions",
    "enlarged",
    "every_pixel",
    "pool_everywhere",
]


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
