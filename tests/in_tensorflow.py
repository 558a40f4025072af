"""The TensorFlow side of tests/in_both.py: ``python in_tensorflow.py ANSWERS``."""

# ruff: noqa: I001 (what the layer says when it imports TensorFlow is a test, too)
import hashlib
import sys
from itertools import groupby
from pathlib import Path
from unittest import mock

from utils import tensorflow as layer  # noqa: F401

print("imported", file=sys.stderr, flush=True)

import in_both  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

from utils.models import tensorflow as models  # noqa: E402

# The answers are compared to the last digits, so every machine computes on its CPU.
if tf.config.list_physical_devices("GPU"):
    tf.config.set_visible_devices([], "GPU")
seed = keras.utils.set_random_seed


def devices() -> dict[str, str]:
    """What device() chooses on a machine with and without a GPU."""
    found = {}
    for gpus in ("any", ""):
        listed = [gpus] if gpus else []
        with mock.patch.object(
            tf.config, "list_physical_devices", lambda _, listed=listed: listed
        ):
            found[gpus] = layer.device()
    return found


def is_model(value) -> bool:
    """A Keras model, which takes images; a layer is none."""
    return isinstance(value, keras.Model)


def to_numpy(images: tf.Tensor) -> np.ndarray:
    return images.numpy()


def roi_align(features, boxes, images, size) -> np.ndarray:
    return models.roi_align(features, boxes, images, size).numpy()


def instance_losses(anchors, boxes, masks, answers) -> dict:
    """By the lesson's Mask R-CNN and YOLACT."""
    cells = in_both.definitions(
        sys.modules[__name__],
        *("overlaps", "to_deltas", "to_boxes", "match", "sample", "mean_of"),
        *("regions_of", "smooth_l1", "proposal_loss", "SCALE", "box_loss"),
        *("pixel_loss", "mask_loss", "focal_loss", "yolact_loss"),
    )
    cells |= {"ANCHORS": tf.constant(anchors), "STRIDE": 4}
    draw = cells["sample"]
    given = {name: tf.constant(array) for name, array in answers.items()}
    boxes, masks = tf.constant(boxes), tf.constant(masks)
    head = mock.Mock(
        box_head=lambda regions: (given["region logits"], given["region deltas"]),
        mask_head=lambda regions: given["region masks"],
    )
    features = tf.zeros((2, 16, 16, 1))
    regions, labels, owner = (given[name] for name in ("regions", "labels", "owner"))
    owned = tf.gather(boxes, owner, batch_dims=1)
    coded = cells["to_deltas"](owned, regions, cells["SCALE"])
    first_four = tf.reshape(given["region deltas"][:, :4], (2, 5, 4))
    outputs = [given[name] for name in in_both.YOLACT]
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        model = lambda images, training: outputs  # noqa: E731
        loss = cells["yolact_loss"](model, None, boxes, masks)
    gradients = tape.gradient(loss, outputs)
    # All that are asked, and none by lot, so that both tracks look at the same ones.
    cells["sample"] = lambda labels, count, right: (
        tf.tile(tf.range(labels.shape[1])[None], (labels.shape[0], 1)),
        tf.cast(labels >= 0, tf.float32),
    )
    labelled, _ = cells["match"](tf.constant(anchors), boxes, 0.3, 0.6, rescue=True)
    places, counts = draw(labelled, count=40, right=3)
    return {
        "labels": labelled.numpy(),
        "deltas": coded[labels == 1].numpy(),
        "boxes": cells["to_boxes"](first_four, regions, cells["SCALE"]).numpy(),
        "proposals": float(
            cells["proposal_loss"](given["logits"], given["deltas"], boxes)
        ),
        "regions": float(
            cells["box_loss"](head, features, regions, owned, labels, tf.ones((2, 5)))
        ),
        "pixels": float(
            cells["pixel_loss"](head, features, regions, labels, owner, masks)
        ),
        "yolact": float(loss),
        "gradients": [tf.convert_to_tensor(part).numpy() for part in gradients],
        "drawn": (tf.gather(labelled, places, batch_dims=1).numpy(), counts.numpy()),
    }


def small_model(classes: int) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Conv2D(8, 3, padding="same"),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(classes, 1),
        ]
    )


def loss(classes: int):
    def one(logits, masks):
        truth = tf.cast(masks, tf.float32)
        return tf.reduce_mean(
            tf.nn.sigmoid_cross_entropy_with_logits(truth, logits[..., 0])
        )

    def several(logits, masks):
        ids = tf.cast(masks, tf.int32)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(ids, logits)
        )

    return one if classes == 1 else several


class Told(keras.Model):
    """The small model, whose answer is changed by a function."""

    def __init__(self, change, classes: int = 1):
        super().__init__()
        self.model, self.change = small_model(classes), change

    def call(self, images, training=False):
        return self.change(self.model(images, training=training))


def odd_models() -> dict:
    """Models that `fit` cannot train or measure."""
    frozen = small_model(1)
    frozen.trainable = False
    return {
        "sigmoid": Told(tf.sigmoid),
        "softmax": Told(tf.nn.softmax, 2),
        "dictionary": Told(lambda logits: {"out": logits, "aux": logits}),
        "half": Told(lambda logits: logits[:, ::2, ::2]),
        "frozen": frozen,
        "class": models.UNet,
        "none": None,
    }


def odd_losses() -> dict:
    """Losses that give no number to learn from, or take other arguments."""

    def not_reduced(logits, masks):
        truth = tf.cast(masks, tf.float32)
        return tf.nn.sigmoid_cross_entropy_with_logits(truth, logits[..., 0])

    def threshold(logits, masks):
        hit = (logits[..., 0] > 0) == (masks > 0)
        return 1 - tf.reduce_mean(tf.cast(hit, tf.float32))

    return {
        "criterion": keras.losses.BinaryCrossentropy(from_logits=True),
        "criterion of classes": keras.losses.SparseCategoricalCrossentropy(),
        "function": keras.losses.binary_crossentropy,
        "not reduced": not_reduced,
        "array": lambda logits, masks: np.zeros(3),
        "nothing": lambda logits, masks: None,
        "constant": lambda logits, masks: tf.constant(0.5),
        "threshold": threshold,
        "fails": lambda logits, masks: logits @ masks,
        "one argument": lambda logits: tf.reduce_mean(logits),
        "text": "bce",
    }


class Ask(layers.Layer):
    """Queries, weights without a layer, gather what the tokens hold."""

    def __init__(self):
        super().__init__()
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.dense = layers.Dense(8)  # runs twice

    def build(self, shape):
        self.queries = self.add_weight(shape=(5, 8), initializer="random_normal")

    def call(self, tokens):
        tokens = self.dense(tf.nn.relu(self.dense(self.norm(tokens))))
        return tf.nn.softmax(self.queries @ tf.linalg.matrix_transpose(tokens)) @ tokens


def every_layer() -> keras.Model:
    images = keras.Input((None, None, 3))
    one = layers.Conv2D(4, 3, padding="same", use_bias=False)(images)
    one = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(one)
    two = layers.Conv2D(4, 1, use_bias=False, activation="relu")(images)
    two = layers.Conv2D(4, 3, padding="same", use_bias=False)(two)
    features = layers.Concatenate()([one, two])
    features = layers.DepthwiseConv2D(3, padding="same")(features)
    answers = Ask()(layers.Reshape((-1, 8))(features))
    pixels = layers.Conv2DTranspose(3, 2, 2)(features)
    head = layers.Dense(2)(answers)
    return keras.Model(images, {"pixels": pixels, "answers": [answers, head]})


def part() -> keras.Model:
    """What takes features (N, H, W, 5)."""
    features = keras.Input((None, None, 5))
    x = layers.Conv2D(4, 1, activation="relu")(features)
    return keras.Model(features, layers.Conv2D(2, 3, padding="same")(x))


def _layers(model: keras.Model) -> list[list[keras.Variable]]:
    """The weights of each layer, in the order in which the layers run."""

    def owner(weights: keras.Variable) -> str:
        return weights.path.rpartition("/")[0]

    return [list(group) for _, group in groupby(layer._weights(model), owner)]


def weights(model) -> list[list[np.ndarray]]:
    return [[np.array(each) for each in group] for group in _layers(model)]


def shapes(model) -> list[list[tuple[int, ...]]]:
    return [[array.shape for array in arrays] for arrays in weights(model)]


def set_weights(model, weights) -> None:
    layer.set_weights(model, [array for arrays in weights for array in arrays])


def outputs(model, images: np.ndarray) -> list[np.ndarray]:
    return [each.numpy() for each in in_both.flat(model(images, training=False))]


def train_once(model, images: np.ndarray):
    """Gradients of the squared error to 1, and the weights with moved statistics."""
    with tf.GradientTape() as tape:
        answers = in_both.flat(model(images, training=True))
        error = sum(tf.reduce_mean((answer - 1) ** 2) for answer in answers)
    groups = _layers(model)
    variables = [[each for each in group if each.trainable] for group in groups]
    gradients = tape.gradient(error, variables)
    return [[g.numpy() for g in group] for group in gradients], weights(model)


def loss_gradient(loss, logits: np.ndarray, masks: np.ndarray):
    tensor = tf.convert_to_tensor(logits)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = loss(tensor, tf.convert_to_tensor(masks))
    return float(value), tf.convert_to_tensor(tape.gradient(value, tensor)).numpy()


def pool_and_unpool(images: np.ndarray) -> np.ndarray:
    return models.Unpool()(
        *models.PoolWithPlaces()(tf.convert_to_tensor(images))
    ).numpy()


def set_loss(named: np.ndarray, drawn: np.ndarray, maps: np.ndarray):
    """Value and gradients of the loss of a set of masks."""
    answers = [tf.Variable(array) for array in (named, drawn)]
    with tf.GradientTape() as tape:
        value = models.set_loss([answer.value() for answer in answers], maps)
    gradients = tape.gradient(value, answers)
    return float(value), *(gradient.numpy() for gradient in gradients)


def run(layer, *arrays: np.ndarray) -> np.ndarray:
    """A layer or a function of arrays that are the same in both tracks."""
    return layer(*map(tf.convert_to_tensor, arrays)).numpy()


def may_look(mask_logits: np.ndarray, halvings: int) -> np.ndarray:
    return models.may_look(tf.convert_to_tensor(mask_logits), halvings).numpy()


def weight_file() -> bytes:
    return np.arange(100_000).tobytes()


def download(address: str, content: bytes, folder: str) -> str:
    """Load weights as keras.applications does."""
    path = keras.utils.get_file(
        "weights.h5",
        f"{address}/weights.h5",
        cache_dir=folder,
        cache_subdir="",
        file_hash=hashlib.md5(content).hexdigest(),
    )
    return "loaded" if Path(path).read_bytes() == content else "damaged"


if __name__ == "__main__":
    in_both.main(sys.modules[__name__])
