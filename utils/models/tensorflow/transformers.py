"""What lesson 08 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/08_transformers.md
"""

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from utils.models.shared.transformers import best_pairs
from utils.models.tensorflow.fcn import Encoder, convolutions, enlarged
from utils.tensorflow import to_input

__all__ = [
    "Attention",
    "Block",
    "EfficientAttention",
    "HRNet",
    "Located",
    "Mask2Former",
    "MaskFormer",
    "PixelDecoder",
    "Queries",
    "QueryBlock",
    "SegFormer",
    "SetHead",
    "answer_of",
    "attention",
    "attention_weights",
    "dense",
    "exchange",
    "mask_prices",
    "may_look",
    "multiply_adds",
    "normalised",
    "products",
    "segments_of",
    "set_loss",
    "stage_of",
    "tokens_of",
]


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
