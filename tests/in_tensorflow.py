"""The TensorFlow side of tests/in_both.py: ``python in_tensorflow.py ANSWERS``."""

# ruff: noqa: I001 (what the layer says when it imports TensorFlow is a test, too)
import hashlib
import sys
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


def _layers(model: keras.Model) -> list[keras.Layer]:
    """The layers that have weights, in the order in which they run."""
    found = []
    for part in model.layers:
        if isinstance(part, keras.Model):
            found += _layers(part)
        elif part.weights:
            found.append(part)
    return found


def weights(model) -> list[list[np.ndarray]]:
    return [part.get_weights() for part in _layers(model)]


def shapes(model) -> list[list[tuple[int, ...]]]:
    return [[array.shape for array in arrays] for arrays in weights(model)]


def set_weights(model, weights) -> None:
    for part, arrays in zip(_layers(model), weights, strict=True):
        part.set_weights(arrays)


def logits(model, images: np.ndarray) -> np.ndarray:
    return model(images, training=False).numpy()


def train_once(model, images: np.ndarray, target: np.ndarray):
    """Gradients of the squared error, and the weights with the moved statistics."""
    with tf.GradientTape() as tape:
        error = tf.reduce_mean((model(images, training=True) - target) ** 2)
    variables = [part.trainable_variables for part in _layers(model)]
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
