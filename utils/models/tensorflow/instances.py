"""What lesson 07 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/07_instances.md
"""

import keras
import tensorflow as tf
from keras import layers

from utils.models.tensorflow.fcn import Encoder, enlarged

__all__ = [
    "Backbone",
    "BoxHead",
    "MaskHead",
    "RPNHead",
    "SemanticFPN",
    "Yolact",
    "roi_align",
    "small",
]


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
