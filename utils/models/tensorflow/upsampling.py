"""What lesson 03 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/03_upsampling.md
"""

import keras
import tensorflow as tf
from keras import layers

from utils.models.tensorflow.fcn import convolutions

__all__ = [
    "PoolWithPlaces",
    "SegNet",
    "Unpool",
]


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
