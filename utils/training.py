"""What the training loops of both tracks share: random draws, schedule, report.

The draws are NumPy's, so both tracks see the same batches in the same order, turned
and coloured the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from utils import metrics
from utils.arrays import array_of
from utils.datasets import Samples
from utils.live import live

ALREADY_DIVIDED = 1.5  # where images in 0..1 end, also after they were interpolated
# A logit so far from 0 that float32 knows no loss nor gradient beside it.
CERTAIN = 100.0


@dataclass(frozen=True)
class Augmentation:
    """How far a training image may be moved and recoloured.

    flip: mirror left-right and top-bottom, each with probability 1/2.
    rotate: largest turn, in degrees, either way.
    scale: zoom between 1/(1 + scale) and 1 + scale.
    shift: largest shift, as a share of the image's side.
    brightness, contrast, colour: largest change, as a share of the full range
        (for contrast: as a factor), of all channels or of each alone.
    """

    flip: bool = True
    rotate: float = 180.0
    scale: float = 0.25
    shift: float = 0.1
    brightness: float = 0.1
    contrast: float = 0.2
    colour: float = 0.05

    def draw(
        self, generator: np.random.Generator, count: int, aspect: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw one transform an image.

        aspect: width / height of the images, so that turning does not shear them.
        Returns float32 arrays: matrices (count, 2, 3), which lead from a position
        (x, y) in the new image to one in the old, both in -1..1; gain and bias
        (count, 3): new colour = old colour * gain + bias, colours in 0..1.
        """
        if generator is None:
            raise ValueError(
                "Augmentation is drawn at random: pass a generator with it, such as "
                "np.random.default_rng(0)."
            )
        uniform = generator.uniform
        angle = np.deg2rad(uniform(-self.rotate, self.rotate, count))
        zoom = np.exp(uniform(-1, 1, count) * math.log1p(self.scale))
        mirror = generator.integers(0, 2, (count, 2)) * 2 - 1
        mirror = mirror if self.flip else np.ones((count, 2))
        shift = uniform(-1, 1, (count, 2)) * 2 * self.shift
        cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
        matrices = np.empty((count, 2, 3), np.float32)
        matrices[:, 0] = np.stack([cos, -sin / aspect, shift[:, 0]], 1)
        matrices[:, 1] = np.stack([sin * aspect, cos, shift[:, 1]], 1)
        matrices[:, :, :2] *= mirror[:, None, :]

        gain = 1 + uniform(-self.contrast, self.contrast, (count, 1))
        gain = gain + uniform(-self.colour, self.colour, (count, 3))
        # Contrast turns about mid-grey, so that it does not change the brightness.
        bias = uniform(-self.brightness, self.brightness, (count, 1)) + (1 - gain) / 2
        return matrices, gain.astype(np.float32), bias.astype(np.float32)


def batch_indices(
    count: int, batch_size: int, generator: np.random.Generator | None
) -> Iterator[np.ndarray]:
    """Yield the positions of each batch; shuffled when a generator is given.

    With a generator the last, smaller batch is left out (batch normalisation over a
    few images is noisy), unless it is the only one.
    """
    check_batch_size(batch_size)
    order = np.arange(count) if generator is None else generator.permutation(count)
    end = count
    if generator is not None and count > batch_size:
        end = count - count % batch_size
    for start in range(0, end, batch_size):
        yield order[start : min(start + batch_size, end)]


def check_images(images: np.ndarray) -> np.ndarray:
    """Return images as an array, if they are what models are shown here.

    images: uint8 (N, H, W, 3), or other numbers from 0 to 255 of that shape; an array
        or a tensor. Raises ValueError for anything else, TypeError for what is no
        array.
    """
    if isinstance(images, Samples):
        raise TypeError("These are samples: pass their images, as in samples.images.")
    images = array_of(images)
    if images.dtype.kind not in "uif":
        raise TypeError(f"images holds {images.dtype}, but they are numbers 0 to 255.")
    if images.ndim != 4 or images.shape[3] != 3 or not images.size:
        cure = _cure(images.shape)
        raise ValueError(
            f"images has the shape {images.shape}, but it is (N, H, W, 3), at least "
            f"one image with three colours{cure}."
        )
    if images.dtype == np.uint8:
        return images
    darkest, brightest = images.min(), images.max()
    if not (darkest >= 0 and brightest <= 255):  # nan is neither
        raise ValueError(
            f"images holds numbers from {darkest:.6g} to {brightest:.6g}, but 0 to 255 "
            "is taken: bring them there, and leave out any other normalisation."
        )
    if images.dtype.kind == "f" and 0 < brightest <= ALREADY_DIVIDED:
        raise ValueError(
            f"images holds decimal numbers up to {brightest:.3g}, but 0 to 255 is "
            "taken: leave out the division by 255."
        )
    return images


def _cure(shape: tuple[int, ...]) -> str:
    """Say how images of a wrong shape become right, if that is clear."""
    grey, last = "np.repeat(images[..., None], 3, axis=-1)", shape[-1] if shape else 0
    cures = {
        2: f": for a single grey one, {grey}[None]",
        3: f": for grey ones, {grey}",
        4: "",
    }
    cure = cures.get(len(shape), "")
    if 0 in shape:
        cure = ""
    elif len(shape) == 3 and last in (3, 4):
        cure = f": for a single one, images[None{', ..., :3' if last == 4 else ''}]"
    elif len(shape) == 3 and shape[0] == 3:
        cure = ": for a single one, channels last, images.transpose(1, 2, 0)[None]"
    elif len(shape) == 4 and shape[1] == 3:
        cure = ", channels last: images.transpose(0, 2, 3, 1)"
    elif len(shape) == 4 and last == 4:
        cure = ": leave transparency out with images[..., :3]"
    elif len(shape) == 4 and last == 1:
        cure = ": for grey ones, np.repeat(images, 3, axis=-1)"
    return cure


def check_batch_size(batch_size: int) -> None:
    """Raise ValueError for anything but a whole number of at least 1."""
    if not _is_whole(batch_size) or batch_size < 1:
        raise ValueError(f"batch_size is a whole number from 1 on, not {batch_size!r}.")


def _is_whole(number) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool)


def check_training(
    train: Samples,
    validation: Samples | None,
    epochs: int,
    batch_size: int,
    learning_rate: float,
) -> None:
    """Raise ValueError or TypeError when `fit` was given what it cannot train with."""
    for name, part in (("training", train), ("validation", validation)):
        if part is None and name == "validation":
            continue
        if not isinstance(part, Samples):
            raise TypeError(
                f"The {name} part is {type(part).__name__}, but fit takes Samples, as "
                "datasets.load_folder gives them."
            )
        if not len(part):
            raise ValueError(
                f"The {name} part holds no image, but fit needs at least one: "
                "look at how the samples were split."
            )
    if not _is_whole(epochs) or epochs < 1:
        raise ValueError(f"epochs is a whole number from 1 on, not {epochs!r}.")
    check_batch_size(batch_size)
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate is above 0, not {learning_rate!r}.")


def check_model(
    shape_of: Callable[[int, int], tuple[int, int, int] | None],
    heard: Callable[[tuple[int, int, int], np.ndarray], tuple[float, np.ndarray]],
    parts: list[Samples],
    ignore: int | None,
) -> None:
    """Raise ValueError when a model, its loss and the classes do not fit each other.

    shape_of: gives (H, W, C) of the logits for an image of a height and width, None
        where the model answers something else, and raises what the model raises.
    heard: gives, for logits of 0 of a shape and masks uint8 (1, H, W), the loss and for
        each channel whether the loss depends on it.
    parts: the samples to train with and to measure with.
    ignore: the value in their masks that does not count.
    """
    # Last the size of those to train with.
    for height, width in dict.fromkeys(part.images.shape[1:3] for part in parts[::-1]):
        try:
            shape = shape_of(height, width)
        except Exception:
            if fault := fault_of_size(shape_of, height, width):
                raise ValueError(fault) from None
            raise
    if shape is None:
        return
    channels = shape[2]
    counted = [part.masks[part.masks != ignore] for part in parts]
    known = 1 + max(int(values.max(initial=0)) for values in counted)
    classes = parts[0].classes
    names = ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")
    if known > max(2, channels):
        gives, how = (
            "1 channel, which tells two classes apart",
            " and use cross_entropy",
        )
        if channels > 1:
            gives, how = f"{channels} channels, one for each class", ""
        raise ValueError(
            f"The model gives {gives}, but the samples have {len(classes)} ({names}): "
            f"build it with classes={len(classes)}{how}."
        )
    if shape[0] > height or shape[1] > width:
        raise ValueError(
            f"The model gives logits of {shape[0]} x {shape[1]} for images of "
            f"{height} x {width}: they must not be larger than the masks."
        )
    # A mask with all classes that the channels can tell; one channel must not be asked
    # for class 1, which ends the process on a GPU if the loss is for several.
    mask = (np.arange(width) % min(known, channels)).astype(np.uint8)
    value, hears = heard(shape, np.broadcast_to(mask, (1, height, width)).copy())
    if channels == 1 and not hears.any() and value == 0:
        raise ValueError(
            "The model gives 1 channel, but the loss compares several, as "
            "cross_entropy does: build the model with classes=2, or take a loss for "
            "two classes, such as bce_dice."
        )
    if channels > 1 and hears.any() and not hears.all():
        raise ValueError(
            f"The model gives {channels} channels, but the loss looks at "
            f"{int(hears.sum())} of them: use cross_entropy, or build the model with "
            "classes=1 if there are two classes."
        )


def fault_of_size(
    shape_of: Callable[[int, int], object], height: int, width: int
) -> str | None:
    """Say which sizes a model takes that fails at this one.

    shape_of: as in `check_model`. None if the size is not the reason, or no
    multiple of 2 to 64 is the cure.
    """

    def runs(sides: list[int]) -> bool:
        try:
            shape_of(*sides)
        except Exception:
            return False
        return True

    here = [height, width]
    if runs(here):
        return None
    for step in (2, 4, 8, 16, 32, 64):
        up = [-(-side // step) * step for side in here]
        if up != here and runs(up):
            down = [max(step, side // step * step) for side in here]
            sizes = dict.fromkeys(_size(size) for size in (down, up) if runs(size))
            return (
                f"This model takes heights and widths that are multiples of {step}, "
                f"not {height} x {width}: load the images with "
                f"size={' or '.join(sizes)}."
            )
    return None


def _size(sides: list[int]) -> str:
    height, width = sides
    return str(height) if height == width else f"({height}, {width})"


def check_loss(loss: float, epoch: int) -> None:
    """Raise ValueError when the loss of an epoch, counted from 1, is no number."""
    if not math.isfinite(loss):
        raise ValueError(
            f"The loss is {loss} in epoch {epoch}, so nothing is learnt any more: "
            "take a smaller learning_rate, or look for log(0) and 0 / 0 in the loss."
        )


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """The learning rate of one step: up for a tenth of the way, then down to zero.

    A straight warm-up and half a cosine (L. Smith & N. Topin, "Super-Convergence",
    2018; I. Loshchilov & F. Hutter, "SGDR", 2017). It ends at zero, so the last
    weights are settled and two runs differ little.
    """
    warm_up = max(1, steps // 10)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))


def score(
    logits: np.ndarray, masks: np.ndarray, ignore: int | None = None
) -> tuple[str, float]:
    """The name and the value of the metric that training reports.

    logits: float32 (N, H, W), then it is the mean Dice of the images; or
        (N, H, W, C), then it is the mean IoU of the classes. masks: uint8 (N, H, W).
    ignore: the value in the masks that does not count.
    """
    if logits.ndim == 3:
        dices = metrics.dice(masks, logits > 0, ignore)
        counted = dices[~np.isnan(dices)]
        return "dice", float(counted.mean()) if counted.size else math.nan
    classes = logits.shape[-1]
    confusion = metrics.confusion_matrix(masks, logits.argmax(-1), classes, ignore)
    return "mean_iou", float(metrics.mean_iou(confusion))


def record(history: dict[str, list[float]], numbers: dict[str, float]) -> None:
    """Append one epoch's numbers to the history."""
    for key, number in numbers.items():
        history.setdefault(key, []).append(float(number))


def report(
    epochs: int, history: dict[str, list[float]], name: str, lines: int
) -> Iterator[int]:
    """Yield 0 .. epochs - 1 and tell after each how the training goes.

    A progress bar for a reader; ``lines`` plain lines where nobody
    watches: early epochs differ between machines, the last one hardly.
    """
    bar = tqdm(range(epochs), name, unit="epoch", disable=not live(), leave=lines > 0)
    for epoch in bar:
        yield epoch
        state = ", ".join(
            f"{key.replace('_', ' ')} {values[-1]:.3f}"
            for key, values in history.items()
        )
        bar.set_postfix_str(state)
        # Evenly spread, so that the last epoch is always told.
        if not live() and (epoch + 1) * lines // epochs > epoch * lines // epochs:
            print(f"{name}, epoch {epoch + 1:2d} of {epochs}: {state}")
