"""What lesson 05 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/05_unet.md
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from utils.models.shared.unet import probability_of
from utils.models.tensorflow.fcn import convolutions
from utils.tensorflow import predict

__all__ = [
    "CropLike",
    "UNet",
    "bce",
    "bce_dice",
    "dice_loss",
    "predict_averaged",
]


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
