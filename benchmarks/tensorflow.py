"""The popular recipe in TensorFlow, and beside it what the lesson's needs.

`benchmarks.pytorch` has the same names with the same arguments and results.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# isort: off
from utils.tensorflow import count_parameters, fit, predict  # first: it is quiet

import keras
import tensorflow as tf
from keras import layers

from benchmarks.recipes import Recipe
from utils.datasets import Samples
from utils.models.tensorflow import (
    UNet,
    bce_dice,
    clean_up,
    predict_averaged,
    probability_of,
)
# isort: on

__all__ = [
    "PopularUNet",
    "UNet",
    "bce_dice",
    "clean_up",
    "count_parameters",
    "fit",
    "predict",
    "predict_averaged",
    "predict_popular",
    "probability_of",
    "train_popular",
]


def block(channels: int) -> Callable:
    """A 3 x 3 convolution, ReLU, batch normalisation; called twice, weights shared."""
    convolution = layers.Conv2D(channels, 3, padding="same")
    # PyTorch's defaults, since it is the PyTorch notebook that is rebuilt.
    normalisation = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    return lambda x: normalisation(layers.ReLU()(convolution(x)))


def PopularUNet(widths: tuple[int, ...] = (16, 32, 64, 128)) -> keras.Model:
    """The popular course's U-Net: (N, H, W, 3) -> probabilities (N, H, W, 1).

    Rebuilt as it was published: the encoder computes each skip a second time, and the
    output is a sigmoid although the loss takes logits.
    widths: channels by level; each is twice the one before.
    """
    enlarge = layers.UpSampling2D(interpolation="bilinear")
    images = x = keras.Input((None, None, 3))
    encoder, entered = [block(width) for width in widths], []
    for encode in encoder:
        entered.append(x)
        x = layers.MaxPooling2D()(encode(x))
    skips = [encode(x) for encode, x in zip(encoder, entered, strict=True)]
    x = layers.Conv2D(2 * widths[-1], 3, padding="same")(x)
    for width in widths[:0:-1]:
        x = block(width)(layers.Concatenate()([enlarge(x), skips.pop()]))
    x = layers.Concatenate()([enlarge(x), skips.pop()])
    return keras.Model(images, layers.Conv2D(1, 1, activation="sigmoid")(x))


def train_popular(
    model: keras.Model,
    recipe: Recipe,
    samples: Samples,
    after_epoch: Callable[[], None],
) -> list[float]:
    """Train as the popular course does, in place; the seed is Keras' own.

    Returns the mean loss of each epoch.
    """

    def loss(truth, output):
        # Keras' own loss finds the sigmoid and undoes it; this one is fooled, as
        # PyTorch's is.
        value = tf.nn.sigmoid_cross_entropy_with_logits(labels=truth, logits=output)
        # Keras' own weight decay shrinks the weights, PyTorch's enters the gradient.
        decay = tf.add_n([tf.nn.l2_loss(part) for part in model.trainable_weights])
        return tf.reduce_mean(value) + recipe.weight_decay * decay

    optimizer = keras.optimizers.Adam(recipe.learning_rate, epsilon=1e-8)
    # Compiled by XLA it is slower on a CPU.
    model.compile(optimizer, loss, jit_compile=False)
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: after_epoch())
    trained = model.fit(
        samples.images.astype(np.float32) / 255,
        samples.masks[..., None].astype(np.float32),
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        shuffle=True,
        verbose=0,
        callbacks=[told],
    )
    return trained.history["loss"]


def predict_popular(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Give probabilities, float32 (N, H, W), of images uint8 (N, H, W, 3)."""
    answers = [
        model(part.astype(np.float32) / 255, training=False).numpy()[..., 0]
        for part in np.array_split(images, -(-len(images) // 8))
    ]
    return np.concatenate(answers)
