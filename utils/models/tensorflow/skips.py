"""What lesson 04 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/04_skips.md
"""

import keras
from keras import layers

from utils.models.tensorflow.fcn import Encoder, enlarged

__all__ = [
    "FCN",
]


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
