"""What lesson 01 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/01_sliding_window.md
"""

import keras
import numpy as np
from keras import layers

from utils.tensorflow import to_input

__all__ = [
    "PatchClassifier",
    "classify",
]


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
