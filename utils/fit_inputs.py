"""What `fit` and `predict` of both tracks take, said in a sentence where it is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Real

import numpy as np

from utils.arrays import array_of, is_whole
from utils.samples import Samples

# Images in 0..1 end about here, also after they were interpolated or brightened.
ALREADY_DIVIDED = 3
FAR = 1000.0  # what images are multiplied by to see whether logits follow

# Images, float32 (n, H, W, 3) in 0..1 -> logits (n, H, W, C) in evaluation mode, or
# None for a model that gives something else.
Answers = Callable[[np.ndarray], "np.ndarray | None"]
# Logits of 0 of a shape (H, W, C), masks uint8 (1, H, W) -> the loss, and for each
# channel whether the loss depends on it; None if it has no gradient, or is no number.
Heard = Callable[[tuple[int, int, int], np.ndarray], "tuple[object, np.ndarray | None]"]


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
    darkest, brightest = images.min(), images.max()
    if not (darkest >= 0 and brightest <= 255):  # nan is neither
        raise ValueError(
            f"images holds numbers from {darkest:.6g} to {brightest:.6g}, but 0 to 255 "
            "is taken: bring them there, and leave out any other normalisation."
        )
    decimal = images.dtype.kind == "f"
    if 0 < brightest <= (ALREADY_DIVIDED if decimal else 1):
        raise ValueError(
            f"images holds {'decimal' if decimal else 'whole'} numbers up to "
            f"{brightest:.3g}, but 0 to 255 is taken: "
            f"{'leave out the division by' if decimal else 'multiply them by'} 255."
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
    if not is_whole(batch_size) or batch_size < 1:
        raise ValueError(f"batch_size is a whole number from 1 on, not {batch_size!r}.")


def check_built(model: object, kind: type, called: str) -> None:
    """Raise TypeError for a model that is not built, or not of the track's kind."""
    if isinstance(model, kind):
        return
    if callable(model) and hasattr(model, "__name__"):
        raise TypeError(
            f"The model is {model.__name__} itself: build one first, as in "
            f"{model.__name__}()."
        )
    raise TypeError(
        f"The model is {'None' if model is None else type(model).__name__}, but a "
        f"{called} is taken."
    )


def check_training(
    train: Samples,
    validation: Samples | None,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    augmentation: object,
    seed: int,
    ignore: int | None,
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
    theirs = train.classes if validation is None else validation.classes
    if theirs != train.classes and sorted(theirs) == sorted(train.classes):
        raise ValueError(
            f"The classes are {_listed(train.classes)} in the training part and "
            f"{_listed(theirs)} in the validation part: load both with the classes in "
            "one order."
        )
    if not is_whole(epochs) or epochs < 1:
        raise ValueError(f"epochs is a whole number from 1 on, not {epochs!r}.")
    check_batch_size(batch_size)
    if not isinstance(learning_rate, Real) or not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate is above 0, not {learning_rate!r}.")
    if augmentation is not None and (
        isinstance(augmentation, type) or not hasattr(augmentation, "draw")
    ):
        raise TypeError(
            "augmentation is an Augmentation, such as Augmentation(), or None, not "
            f"{augmentation!r}."
        )
    if not is_whole(seed) or seed < 0:
        raise ValueError(f"seed is a whole number from 0 on, not {seed!r}.")
    if ignore is not None and not (is_whole(ignore) and 0 <= ignore <= 255):
        raise ValueError(
            f"ignore is one value of the masks, 0 to 255, not {ignore!r}; to leave out "
            "several, give them one value first."
        )


def check_loss(loss: object, foreign: str | None) -> None:
    """Raise TypeError for what is no function (logits, masks) -> number.

    foreign: how to write a loss of the framework that takes other arguments.
    """
    if foreign is not None:
        raise TypeError(
            f"This loss takes other arguments than fit gives, logits and masks uint8 "
            f"without channels: write {foreign}."
        )
    if not callable(loss):
        raise TypeError(
            f"loss is a function (logits, masks) -> number, such as bce_dice, not "
            f"{loss!r}."
        )


def check_model(
    answers: Answers, heard: Heard, parts: list[tuple[Samples, int | None]]
) -> None:
    """Raise ValueError when a model, its loss and the classes do not fit each other.

    parts: the samples to train with and to measure with, each with the value in its
        masks that does not count.
    Raises TypeError for a loss that gives no number, and what the model raises.
    """
    # Last the size of those to train with.
    sizes = dict.fromkeys(part.images.shape[1:3] for part, _ in parts[::-1])
    for height, width in sizes:
        try:
            logits = answers(np.zeros((1, height, width, 3), np.float32))
        except Exception:
            if fault := fault_of_size(answers, height, width):
                raise ValueError(fault) from None
            raise
    known = _known(parts)
    if logits is None and len(parts) > 1:
        raise TypeError(
            "The model gives no single array of logits, so fit cannot measure it on "
            "the validation part: leave that out, and score what it gives yourself."
        )
    if logits is None:
        return
    shape = logits.shape[1:]
    channels = shape[2]
    classes = parts[0][0].classes
    if known > max(2, channels):
        gives, how = (
            "1 channel, which tells two classes apart",
            " and use cross_entropy",
        )
        if channels > 1:
            gives, how = f"{channels} channels, one for each class", ""
        raise ValueError(
            f"The model gives {gives}, but the samples have {len(classes)} "
            f"({_listed(classes)}): build it with classes={len(classes)}{how}."
        )
    if shape[0] > height or shape[1] > width:
        raise ValueError(
            f"The model gives logits of {shape[0]} x {shape[1]} for images of "
            f"{height} x {width}: they must not be larger than the masks."
        )
    _check_hearing(heard, shape, (height, width), min(known, channels))
    _check_logits(answers, height, width)


def _known(parts: list[tuple[Samples, int | None]]) -> int:
    """Count the class ids up to the highest that occurs in the masks.

    Raises ValueError for a part of which no pixel counts.
    """
    known = 0
    for name, (part, ignore) in zip(("training", "validation"), parts, strict=False):
        counted = part.masks[part.masks != ignore]
        if not counted.size:
            raise ValueError(
                f"In the {name} part every pixel has the value {ignore}, which does "
                "not count: look at its masks, and at what they were read with."
            )
        known = max(known, 1 + int(counted.max()))
    return known


def _check_hearing(
    heard: Heard, shape: tuple[int, int, int], size: tuple[int, int], known: int
) -> None:
    """Raise ValueError for a loss that cannot compare such logits with such masks.

    shape: (H, W, C) of the logits. size: (H, W) of the masks. known: how many classes
    of the masks the channels can tell.
    """
    channels = shape[2]
    # A mask with all classes that the channels can tell; one channel must not be asked
    # for class 1, which ends the process on a GPU if the loss is for several.
    mask = np.broadcast_to((np.arange(size[1]) % known).astype(np.uint8), (1, *size))
    try:
        value, hears = heard(shape, mask.copy())
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(
            f"The loss cannot compare logits of {shape[0]} x {shape[1]} pixels with "
            f"masks of {size[0]} x {size[1]}, uint8: {first}"
        ) from error
    if (number := _number(value)) is None:
        shape_of = getattr(value, "shape", None)
        found = "None" if value is None else type(value).__name__
        found += "" if shape_of is None else f" of the shape {tuple(shape_of)}"
        raise TypeError(
            f"The loss gives {found}, but it is one number, such as a mean over all "
            "pixels: return that."
        )
    if hears is None:
        raise ValueError(
            "The loss has no gradient, so nothing would be learnt from it: compute it "
            "from the logits, without a threshold, an argmax or a detour over NumPy."
        )
    if channels == 1 and not hears.any() and number == 0:
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


def _number(value: object) -> float | None:
    """Read one number, in an array or a tensor or alone; None for anything else."""
    try:
        array = array_of(value)
    except Exception:
        return None
    single = array.size == 1 and array.dtype.kind in "iuf"
    return float(array.item()) if single else None


def _check_logits(answers: Answers, height: int, width: int) -> None:
    """Raise ValueError for a model that ends in a sigmoid or a softmax.

    Logits of noise, and of noise that is far too bright, leave 0 to 1 somewhere, or do
    not add up to 1.
    """
    noise = np.random.default_rng(0).random((2, height, width, 3), np.float32)
    noise[1] *= FAR
    found = answers(noise)
    if found is None or not ((found >= 0) & (found <= 1)).all():
        return
    ends = "a sigmoid"
    if found.shape[-1] > 1 and np.allclose(found.sum(-1), 1, atol=1e-3):
        ends = "a softmax"
    elif np.ptp(found) == 0:  # weights of 0
        return
    raise ValueError(
        f"The model gives probabilities, as after {ends}, but fit and its scores take "
        "logits: leave its last activation out."
    )


def fault_of_size(answers: Answers, height: int, width: int) -> str | None:
    """Say which sizes a model takes that fails at this one.

    None if the size is not the reason, or no multiple of 2 to 64 is the cure.
    """

    def runs(sides: list[int]) -> bool:
        try:
            answers(np.zeros((1, *sides, 3), np.float32))
        except Exception:
            return False
        return True

    here = [height, width]
    if runs(here):
        return None
    for step in (2, 4, 8, 16, 32, 64):
        up = [-(-side // step) * step for side in here]
        # What is a multiple of twice the step, too, would not tell.
        odd = [(side // (2 * step) * 2 + 1) * step for side in up]
        if up != here and runs(up) and runs(odd):
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


def _listed(classes: tuple[str, ...]) -> str:
    return ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")


def no_logits(answer: object, shape: str) -> TypeError:
    """The error for a model that gives something else than logits of a shape."""
    found = type(answer).__name__
    if isinstance(answer, Mapping):
        found += f" with {_listed(tuple(map(str, answer)))}"
    return TypeError(
        f"The model gives {found}, but one array of logits {shape} is taken: wrap it "
        "in a model that gives these alone, or call it yourself, as in "
        "model(to_input(images))."
    )


def check_trainable(weights: int) -> None:
    """Raise ValueError for a model without weights that training may change."""
    if not weights:
        raise ValueError(
            "No weight of the model can be trained: all are frozen, or it has none."
        )


def check_finite(loss: float, epoch: int) -> None:
    """Raise ValueError when the loss of an epoch, counted from 1, is no number."""
    if not math.isfinite(loss):
        raise ValueError(
            f"The loss is {loss} in epoch {epoch}, so nothing is learnt any more: "
            "take a smaller learning_rate, or look for log(0) and 0 / 0 in the loss."
        )
