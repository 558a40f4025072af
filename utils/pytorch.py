"""The thin PyTorch layer under the lessons: device, batches, fit, predict.

`utils.tensorflow` has the same functions with the same arguments and results.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

# On Linux, threads that wait for each other spin for long. Where another program uses
# a core as well, training became up to ten times slower; so they soon go to sleep.
os.environ.setdefault("GOMP_SPINCOUNT", "3000")  # read when torch is loaded

# Triton, a part of PyTorch on Linux, ends the process if TensorFlow was loaded before.
if "tensorflow" in sys.modules and "triton" not in sys.modules and find_spec("triton"):
    raise ImportError(
        "TensorFlow was loaded first in this kernel, and PyTorch would crash beside "
        "it: restart the kernel and import utils.pytorch or utils.tensorflow before "
        "TensorFlow itself."
    )
try:
    import torch
except ModuleNotFoundError as error:
    if error.name != "torch":  # PyTorch is there, and lacks something itself
        raise
    raise ModuleNotFoundError(
        "PyTorch is not installed in this kernel: start the course with "
        "`python course.py lab --track pytorch`, or run `pip install torch`."
    ) from None
from torch import Tensor, nn
from torch.nn import functional

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
from utils.training import (
    CERTAIN,
    Augmentation,
    batch_indices,
    learning_rate_at,
    record,
    report,
    score,
)

Loss = Callable[[Tensor, Tensor], Tensor]
SHAPE = "(N, C, H, W)"  # of logits


def device() -> torch.device:
    """The fastest device here: an NVIDIA GPU, Apple's GPU, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    # Before PyTorch 2.14, Apple's GPU takes wrong steps where batch normalisation meets
    # channels_last (pytorch/pytorch#175189); before 2.9 it has no max-unpooling.
    if torch.backends.mps.is_available() and torch.__version__ >= (2, 14):
        return torch.device("mps")
    return torch.device("cpu")


def count_parameters(model: nn.Module) -> int:
    """The number of weights that training changes."""
    return sum(weights.numel() for weights in model.parameters())


def to_input(images: np.ndarray) -> Tensor:
    """uint8 (N, H, W, 3) -> what models take: float32 (N, 3, H, W) in 0..1.

    Raises ValueError for images of another shape, or that lie in 0..1 already.
    """
    return _pixels(check_images(images))


def _pixels(images: np.ndarray) -> Tensor:
    pixels = torch.from_numpy(np.ascontiguousarray(images)).to(device())
    # Moving the axis without copying gives channels_last, the fast layout.
    return pixels.permute(0, 3, 1, 2).float() / 255


def augment(
    images: Tensor, masks: Tensor, augmentation: Augmentation, generator
) -> tuple[Tensor, Tensor]:
    """Move and recolour each image, and move its mask the same way.

    images: float32 (N, 3, H, W) in 0..1. masks: uint8 (N, H, W).
    generator: the np.random.Generator to draw from.
    Images are interpolated, masks take the nearest pixel and keep their values;
    what comes in from outside is mirrored at the edge.
    """
    height, width = images.shape[2:]
    drawn = augmentation.draw(generator, len(images), width / height)
    matrices, gain, bias = (torch.from_numpy(part).to(images.device) for part in drawn)
    grid = functional.affine_grid(matrices, list(images.shape), align_corners=False)
    images = functional.grid_sample(
        images, grid, "bilinear", "reflection", align_corners=False
    )
    moved = functional.grid_sample(
        masks[:, None].float(), grid, "nearest", "reflection", align_corners=False
    )
    images = images * gain[:, :, None, None] + bias[:, :, None, None]
    return images.clamp(0, 1), moved[:, 0].round().to(masks.dtype)


def batches(
    samples: Samples,
    batch_size: int = 8,
    augmentation: Augmentation | None = None,
    generator: np.random.Generator | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (images float32 (n, 3, H, W) in 0..1, masks uint8 (n, H, W)).

    generator: shuffles, and draws what the augmentation needs; None keeps the order.
    """
    for chosen in batch_indices(len(samples), batch_size, generator):
        images = _pixels(samples.images[chosen])
        masks = torch.from_numpy(samples.masks[chosen]).to(device())
        if augmentation is not None:
            images, masks = augment(images, masks, augmentation, generator)
        yield images, masks


def fit(
    model: nn.Module,
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

    model: takes float32 (n, 3, H, W), returns logits (n, C, H, W).
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
    check_built(model, nn.Module, "nn.Module")
    check_training(
        train, validation, epochs, batch_size, learning_rate, augmentation, seed, ignore
    )
    check_loss(loss, _foreign(loss))
    model.to(device(), memory_format=torch.channels_last)
    parts = [
        (part, part.void if ignore is None else ignore)
        for part in (train, validation)
        if part is not None
    ]
    check_model(partial(_answers, model), partial(_heard, loss), parts)
    check_trainable(sum(weights.requires_grad for weights in model.parameters()))
    loss_of, *loss_of_validation = (_leaving_out(void, loss) for _, void in parts)
    generator = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(model.parameters())
    steps_per_epoch = max(1, len(train) // batch_size)
    history: dict[str, list[float]] = {}
    for epoch in report(epochs, history, name, lines):
        model.train()
        losses = []
        shuffled = batches(train, batch_size, augmentation, generator)
        for step, (images, masks) in enumerate(shuffled, epoch * steps_per_epoch):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(
                    step, epochs * steps_per_epoch, learning_rate
                )
            optimizer.zero_grad()
            value = loss_of(_trained(model, images), masks)
            value.backward()
            optimizer.step()
            losses.append(value.item())
        numbers = {"loss": np.mean(losses)}
        check_finite(numbers["loss"], epoch + 1)
        if validation is not None:
            logits = predict(model, validation.images)
            truth = torch.from_numpy(validation.masks)
            channels_last = torch.from_numpy(logits).reshape(*logits.shape[:3], -1)
            channels_first = channels_last.permute(0, 3, 1, 2)
            (loss_there,) = loss_of_validation
            numbers["validation_loss"] = loss_there(channels_first, truth).item()
            metric, value = score(logits, validation.masks, parts[1][1])
            numbers[f"validation_{metric}"] = value
        record(history, numbers)
        if after_epoch is not None:
            after_epoch()
    return history


def _foreign(loss: object) -> str | None:
    """How to write a loss of PyTorch, which takes masks of another type; or None."""
    module = getattr(loss, "__module__", "") or ""
    if not module.startswith(("torch.nn.modules.loss", "torch.nn.functional")):
        return None
    name = getattr(loss, "__name__", type(loss).__name__)
    given = "criterion" if isinstance(loss, nn.Module) else f"functional.{name}"
    numbers = "nll" in name.lower() or "cross_entropy" in name and "binary" not in name
    if numbers or "CrossEntropy" in name:
        return f"loss=lambda logits, masks: {given}(logits, masks.long())"
    return f"loss=lambda logits, masks: {given}(logits[:, 0], masks.float())"


def _trained(model: nn.Module, images: Tensor) -> Tensor:
    """The model's logits in training."""
    try:
        return model(images)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
    raise ValueError(
        f"A batch of {len(images)} leaves batch normalisation one number a channel, "
        "which has no spread: train with a batch_size of 2 or more."
    )


def _leaving_out(ignore: int | None, loss: Loss) -> Loss:
    """The loss with a certain and right answer where masks hold a value: adds 0."""
    if ignore is None:
        return loss

    def left_out(logits: Tensor, masks: Tensor) -> Tensor:
        void = masks == ignore
        certain = torch.full_like(logits[0, :, 0, 0], -CERTAIN)
        if len(certain) > 1:
            certain[0] = CERTAIN
        logits = torch.where(void[:, None], certain[:, None, None], logits)
        return loss(logits, masks.masked_fill(void, 0))

    return left_out


def _answers(model: nn.Module, images: np.ndarray) -> np.ndarray | None:
    """What `fit_inputs.Answers` says."""
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).to(device())
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            answer = model(pixels)
    finally:
        model.train(training)
    if isinstance(answer, Mapping):
        raise no_logits(answer, SHAPE)
    if not isinstance(answer, Tensor) or answer.ndim != 4:
        return None
    return answer.float().cpu().permute(0, 2, 3, 1).numpy()


def _heard(
    loss: Loss, shape: tuple[int, int, int], masks: np.ndarray
) -> tuple[object, np.ndarray | None]:
    """What `fit_inputs.Heard` says."""
    height, width, channels = shape
    logits = torch.zeros((1, channels, height, width), device=device())
    value = loss(logits.requires_grad_(), torch.from_numpy(masks).to(device()))
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
        return value, None
    (gradient,) = torch.autograd.grad(value.sum(), logits, allow_unused=True)
    if gradient is None:
        return value, None
    return value, (gradient.abs().sum((0, 2, 3)) > 0).cpu().numpy()


def predict(model: nn.Module, images: np.ndarray, batch_size: int = 32) -> np.ndarray:
    """The model's logits, in evaluation mode.

    images: uint8 (N, H, W, 3), or float32 in 0..1 times 255 of the same shape.
    Returns float32 (N, H, W) from one output channel, (N, H, W, C) from several.
    Raises ValueError for images of another shape, in 0..1, or of a size that the model
    does not take, TypeError for a model that gives anything but logits.
    """
    check_built(model, nn.Module, "nn.Module")
    check_batch_size(batch_size)
    images = check_images(images)
    # Outside of inference mode: weights converted in it could not be trained later.
    model.to(device(), memory_format=torch.channels_last).eval()
    try:
        with torch.inference_mode():
            parts = [
                _logits(model(_pixels(images[start : start + batch_size]))).cpu()
                for start in range(0, len(images), batch_size)
            ]
    except Exception:
        if fault := fault_of_size(partial(_answers, model), *images.shape[1:3]):
            raise ValueError(fault) from None
        raise
    logits = torch.cat(parts).permute(0, 2, 3, 1).numpy()
    return logits[..., 0] if logits.shape[-1] == 1 else logits


def _logits(answer) -> Tensor:
    """What a model answered, if it is logits; else TypeError."""
    if isinstance(answer, Tensor) and answer.ndim == 4:
        return answer
    raise no_logits(answer, SHAPE)


def get_weights(model: nn.Module) -> list[np.ndarray]:
    """The weights and the statistics of batch normalisation, as copies.

    Returns float32 arrays in the order in which the layers run, laid out as Keras has
    them, channels last: for a model of both tracks the same in both.
    """
    return [tensor.cpu().numpy().copy() for tensor in _tensors(model)]


def set_weights(model: nn.Module, arrays: list[np.ndarray]) -> None:
    """Put arrays into the model, as `get_weights` of either track returns them.

    Raises ValueError when their number or a shape is not the model's.
    """
    _fill(_tensors(model), arrays)


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write the weights into a small file that both tracks read; see `checkpoints`."""
    checkpoints.write(path, get_weights(model))


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Read weights that `save_weights` of either track has written; see there."""
    tensors = _tensors(model)
    shapes = [tuple(tensor.shape) for tensor in tensors]
    _fill(tensors, checkpoints.read(path, shapes))


def _layers(model: nn.Module) -> list[nn.Module]:
    """The modules that have weights themselves, in the order in which they run.

    A black image runs through the model and shows the order. It has 192 x 192 pixels,
    which every model of images takes; a model of patches tells their side as `patch`.
    What does not run then follows in the order of its definition: all of a part that
    takes features, not images, or a head for training alone.
    """
    check_built(model, nn.Module, "nn.Module")
    side = getattr(model, "patch", 192)
    ran = []
    owners = [part for part in model.modules() if list(part.parameters(recurse=False))]
    hooks = [
        part.register_forward_pre_hook(lambda part, _: ran.append(part))
        for part in owners
    ]
    training = model.training
    # What a part says to an image depends on how it is made.
    with torch.inference_mode(), contextlib.suppress(Exception):
        model.eval()(next(model.parameters()).new_zeros(1, 3, side, side))
    model.train(training)
    for hook in hooks:
        hook.remove()
    return list(dict.fromkeys([*ran, *owners]))


def _tensors(model: nn.Module) -> list[Tensor]:
    """Kernels, biases and statistics, layer by layer in the order of `_layers`."""
    return [tensor for part in _layers(model) for tensor in _own(part)]


def _own(part: nn.Module) -> list[Tensor]:
    """The weights and statistics of a module without its children's, as Keras has them.

    Views of the module's memory: what is copied into them changes it.
    """
    own = [value for name, value in part.state_dict().items() if "." not in name]
    return [_channels_last(part, value) for value in own if value.is_floating_point()]


def _channels_last(part: nn.Module, tensor: Tensor) -> Tensor:
    """View a weight of a module as Keras has it.

    Kernels (out, in, height, width) become (height, width, in, out), those of depthwise
    convolutions (height, width, channels, 1), matrices (in, out); the rest stays.
    """
    if isinstance(part, nn.Linear):
        return tensor.t()
    if isinstance(part, nn.Conv2d | nn.ConvTranspose2d) and tensor.ndim == 4:
        depthwise = part.groups > 1 and part.groups == part.in_channels
        return tensor.permute(2, 3, 0, 1) if depthwise else tensor.permute(2, 3, 1, 0)
    return tensor


@torch.no_grad()
def _fill(tensors: list[Tensor], arrays: list[np.ndarray]) -> None:
    if [tuple(tensor.shape) for tensor in tensors] != [a.shape for a in arrays]:
        raise ValueError(
            f"{len(arrays)} arrays do not fit the {len(tensors)} of this model, in "
            "number or in shape; build the model with the same arguments."
        )
    for tensor, array in zip(tensors, arrays, strict=True):
        tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))
