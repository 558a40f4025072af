"""The thin TensorFlow layer under the lessons: device, batches, fit, predict.

`utils.pytorch` has the same functions with the same arguments and results.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from utils import checkpoints
from utils.fit_inputs import (
    check_batch_size,
    check_built,
    check_finite,
    check_images,
    check_loss,
    check_model,
    check_trainable,
    check_training,
    fault_of_size,
    no_logits,
)
from utils.samples import Samples
from utils.together import load_triton
from utils.training import (
    CERTAIN,
    Augmentation,
    batch_indices,
    learning_rate_at,
    record,
    report,
    score,
)


@contextmanager
def _quiet():
    """TensorFlow's start-up messages bypass Python's stderr; so does this."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


load_triton()
# Both are read at the import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
try:
    with _quiet():
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")
except ModuleNotFoundError as error:
    if error.name not in ("tensorflow", "keras"):  # they are there, and lack it
        raise
    raise ModuleNotFoundError(
        "TensorFlow is not installed in this kernel: start the course with "
        "`python course.py lab --track tensorflow`, or run `pip install tensorflow`."
    ) from None
except (AttributeError, AssertionError, TypeError, ValueError) as error:
    settings = Path(os.environ.get("KERAS_HOME", "~/.keras")) / "keras.json"
    raise ImportError(
        f"Keras cannot start ({error}): remove its file of settings, {settings}, if "
        "there is one, and start again."
    ) from error
# Whatever ~/.keras/keras.json says: the lessons' shapes and numbers are those of these.
keras.config.set_floatx("float32")
keras.config.set_image_data_format("channels_last")
keras.config.set_epsilon(1e-7)


def _is_worth_saying(message: logging.LogRecord) -> bool:
    """Every model traces graphs of its own; TensorFlow takes several for a mistake."""
    return "triggered tf.function retracing" not in message.getMessage()


tf.get_logger().addFilter(_is_worth_saying)

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
SHAPE = "(N, H, W, C)"  # of logits


def device() -> str:
    """The fastest device here: a GPU that TensorFlow knows, or the CPU."""
    return "/GPU:0" if tf.config.list_physical_devices("GPU") else "/CPU:0"


def count_parameters(model: keras.Model) -> int:
    """The number of weights that training changes."""
    return sum(int(np.prod(weights.shape)) for weights in model.trainable_weights)


def to_input(images: np.ndarray) -> tf.Tensor:
    """uint8 (N, H, W, 3) -> what models take: float32 (N, H, W, 3) in 0..1.

    Raises ValueError for images of another shape, or that lie in 0..1 already.
    """
    return _pixels(check_images(images))


def _pixels(images: np.ndarray) -> tf.Tensor:
    return tf.cast(tf.convert_to_tensor(images), tf.float32) / 255


def augment(
    images: tf.Tensor, masks: tf.Tensor, augmentation: Augmentation, generator
) -> tuple[tf.Tensor, tf.Tensor]:
    """Move and recolour each image, and move its mask the same way.

    images: float32 (N, H, W, 3) in 0..1. masks: uint8 (N, H, W).
    generator: the np.random.Generator to draw from.
    Images are interpolated, masks take the nearest pixel and keep their values;
    what comes in from outside is mirrored at the edge.
    """
    height, width = images.shape[1:3]
    matrices, gain, bias = augmentation.draw(generator, len(images), width / height)
    transforms = _pixel_transforms(matrices, height, width)

    def move(pixels, interpolation):
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=pixels,
            transforms=transforms,
            output_shape=[height, width],
            fill_value=0.0,
            interpolation=interpolation,
            fill_mode="REFLECT",
        )

    images = move(images, "BILINEAR") * gain[:, None, None] + bias[:, None, None]
    return tf.clip_by_value(images, 0, 1), move(masks[..., None], "NEAREST")[..., 0]


def _pixel_transforms(matrices: np.ndarray, height: int, width: int) -> np.ndarray:
    """Matrices between positions in -1..1 -> TensorFlow's, between pixel indices.

    The centre of pixel i of n lies at (2 i + 1) / n - 1. Float32 (N, 8).
    """
    to_unit = np.array(
        [[2 / width, 0, 1 / width - 1], [0, 2 / height, 1 / height - 1], [0, 0, 1]]
    )
    full = np.zeros((len(matrices), 3, 3))
    full[:, :2], full[:, 2, 2] = matrices, 1
    pixels = np.linalg.inv(to_unit) @ full @ to_unit
    return pixels.reshape(-1, 9)[:, :8].astype(np.float32)


def batches(
    samples: Samples,
    batch_size: int = 8,
    augmentation: Augmentation | None = None,
    generator: np.random.Generator | None = None,
) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    """Yield (images float32 (n, H, W, 3) in 0..1, masks uint8 (n, H, W)).

    generator: shuffles, and draws what the augmentation needs; None keeps the order.
    """
    for chosen in batch_indices(len(samples), batch_size, generator):
        images = _pixels(samples.images[chosen])
        masks = tf.convert_to_tensor(samples.masks[chosen])
        if augmentation is not None:
            images, masks = augment(images, masks, augmentation, generator)
        yield images, masks


def fit(
    model: keras.Model,
    train: Samples,
    validation: Samples | None = None,
    *,
    loss: Loss,
    epochs: int,
    batch_size: int = 8,
    learning_rate: float = 3e-3,
    augmentation: Augmentation | None = None,
    seed: int = 0,
    ignore: int | None = None,
    name: str = "training",
    lines: int = 1,
    after_epoch: Callable[[], None] | None = None,
) -> dict[str, list[float]]:
    """Train a model with Adam, in place.

    model: takes float32 (n, H, W, 3), returns logits (n, H, W, C).
    loss: (logits, masks uint8 (n, H, W)) -> scalar tensor.
    learning_rate: the highest; it rises, then falls to zero over the training.
    seed: of the order of the images and of the augmentation.
    ignore: a value in the masks whose pixels count neither in the loss nor in the
        score; if None, the ``void`` of each part. For the loss, they are given a right
        answer that is certain: they add nothing to it, while a mean is over all pixels.
    name, lines: what the report is called, and its lines where nobody watches.
    after_epoch: called at the end of each epoch, to watch the model learn.
    Returns the history, one value an epoch: "loss" and, of the validation part if
    there is one, "validation_loss" and "validation_dice" (one output channel) or
    "validation_mean_iou" (several).
    Raises ValueError or TypeError, before the first step, when a part holds no image or
    model, loss and classes do not fit each other; ValueError when the loss is no number
    any more.
    """
    check_built(model, keras.Model, "keras.Model")
    check_training(
        train, validation, epochs, batch_size, learning_rate, augmentation, seed, ignore
    )
    check_loss(loss, _foreign(loss))
    parts = [
        (part, part.void if ignore is None else ignore)
        for part in (train, validation)
        if part is not None
    ]
    check_model(partial(_answers, model), partial(_heard, loss), parts)
    check_trainable(len(model.trainable_variables))
    loss_of, *loss_of_validation = (_leaving_out(void, loss) for _, void in parts)
    generator = np.random.default_rng(seed)
    optimizer = keras.optimizers.Adam(epsilon=1e-8)
    optimizer.build(model.trainable_variables)

    @tf.function
    def train_step(images, masks):
        with tf.GradientTape() as tape:
            value = loss_of(model(images, training=True), masks)
        gradients = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, model.trainable_variables, strict=True)
        )
        return value

    steps_per_epoch = max(1, len(train) // batch_size)
    history: dict[str, list[float]] = {}
    for epoch in report(epochs, history, name, lines):
        losses = []
        shuffled = batches(train, batch_size, augmentation, generator)
        for step, (images, masks) in enumerate(shuffled, epoch * steps_per_epoch):
            optimizer.learning_rate.assign(
                learning_rate_at(step, epochs * steps_per_epoch, learning_rate)
            )
            losses.append(float(train_step(images, masks)))
        numbers = {"loss": np.mean(losses)}
        check_finite(numbers["loss"], epoch + 1)
        if validation is not None:
            logits = predict(model, validation.images)
            channels_last = logits.reshape(*logits.shape[:3], -1)
            (loss_there,) = loss_of_validation
            numbers["validation_loss"] = loss_there(channels_last, validation.masks)
            metric, value = score(logits, validation.masks, parts[1][1])
            numbers[f"validation_{metric}"] = value
        record(history, numbers)
        if after_epoch is not None:
            after_epoch()
    return history


def _foreign(loss: object) -> str | None:
    """How to write a loss of Keras, which takes the masks first; or None."""
    module = getattr(loss, "__module__", "") or ""
    if not isinstance(loss, keras.losses.Loss) and not module.startswith("keras."):
        return None
    name = getattr(loss, "__name__", type(loss).__name__)
    given = "criterion" if isinstance(loss, keras.losses.Loss) else name
    masks = "masks" if "sparse" in name.lower() else "masks[..., None]"
    return (
        f"loss=lambda logits, masks: {given}({masks}, logits), with from_logits=True "
        "if it has that argument"
    )


def _leaving_out(ignore: int | None, loss: Loss) -> Loss:
    """The loss with a certain and right answer where masks hold a value: adds 0."""
    if ignore is None:
        return loss

    def left_out(logits: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
        void = tf.equal(masks, tf.cast(ignore, tf.uint8))
        certain = np.full(logits.shape[-1], -CERTAIN, np.float32)
        if len(certain) > 1:
            certain[0] = CERTAIN
        logits = tf.where(void[..., None], certain, logits)
        return loss(logits, tf.where(void, tf.zeros_like(masks), masks))

    return left_out


def _answers(model: keras.Model, images: np.ndarray) -> np.ndarray | None:
    """What `fit_inputs.Answers` says."""
    answer = model(tf.constant(images), training=False)
    if isinstance(answer, Mapping):
        raise no_logits(answer, SHAPE)
    if len(getattr(answer, "shape", ())) != 4:
        return None
    return tf.cast(answer, tf.float32).numpy()


def _heard(
    loss: Loss, shape: tuple[int, int, int], masks: np.ndarray
) -> tuple[object, np.ndarray | None]:
    """What `fit_inputs.Heard` says."""
    logits = tf.zeros((1, *shape))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(logits, tf.convert_to_tensor(masks))
    if not tf.is_tensor(value) or tf.size(value) != 1:
        return value, None
    gradient = tape.gradient(value, logits)
    if gradient is None:
        return value, None
    return value, (tf.reduce_sum(tf.abs(gradient), (0, 1, 2)) > 0).numpy()


def predict(model: keras.Model, images: np.ndarray, batch_size: int = 32) -> np.ndarray:
    """The model's logits, in evaluation mode.

    images: uint8 (N, H, W, 3), or float32 in 0..1 times 255 of the same shape.
    Returns float32 (N, H, W) from one output channel, (N, H, W, C) from several.
    Raises ValueError for images of another shape, in 0..1, or of a size that the model
    does not take, TypeError for a model that gives anything but logits.
    """
    check_built(model, keras.Model, "keras.Model")
    check_batch_size(batch_size)
    images = check_images(images)
    try:
        parts = [
            _logits(model.predict_on_batch(_pixels(images[start : start + batch_size])))
            for start in range(0, len(images), batch_size)
        ]
    except Exception:
        if fault := fault_of_size(partial(_answers, model), *images.shape[1:3]):
            raise ValueError(fault) from None
        raise
    logits = np.concatenate(parts)
    return logits[..., 0] if logits.shape[-1] == 1 else logits


def _logits(answer) -> np.ndarray:
    """What a model answered, if it is logits; else TypeError."""
    if isinstance(answer, np.ndarray) and answer.ndim == 4:
        return answer
    raise no_logits(answer, SHAPE)


def get_weights(model: keras.Model) -> list[np.ndarray]:
    """The weights and the statistics of batch normalisation, as copies.

    Returns float32 arrays in the order in which the layers run, laid out as Keras has
    them, channels last: for a model of both tracks the same in both.
    """
    return [np.array(weights) for weights in _weights(model)]


def set_weights(model: keras.Model, arrays: list[np.ndarray]) -> None:
    """Put arrays into the model, as `get_weights` of either track returns them.

    Raises ValueError when their number or a shape is not the model's.
    """
    weights = _weights(model)
    if [tuple(each.shape) for each in weights] != [a.shape for a in arrays]:
        raise ValueError(
            f"{len(arrays)} arrays do not fit the {len(weights)} of this model, in "
            "number or in shape; build the model with the same arguments."
        )
    for each, array in zip(weights, arrays, strict=True):
        each.assign(array)


def save_weights(model: keras.Model, path: str | Path) -> None:
    """Write the weights into a small file that both tracks read; see `checkpoints`."""
    checkpoints.write(path, get_weights(model))


def load_weights(model: keras.Model, path: str | Path) -> None:
    """Read weights that `save_weights` of either track has written; see there."""
    shapes = [tuple(weights.shape) for weights in _weights(model)]
    set_weights(model, checkpoints.read(path, shapes))


def _weights(model: keras.Model) -> list[keras.Variable]:
    """All weights, in the order in which they were made.

    That is when a layer is called first, so it is the order of the code, as in PyTorch.
    Keras' own order mixes branches that lie side by side: it goes by their depth.
    """

    check_built(model, keras.layers.Layer, "keras.Model")

    def made(weights: keras.Variable) -> int:
        return int(weights.value._unique_id.rpartition("_")[2])  # TensorFlow counts

    return sorted(model.weights, key=made)
