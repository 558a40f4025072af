"""What the training loops of both tracks share: random draws, schedule, report.

The draws are NumPy's, so both tracks see the same batches in the same order, turned
and coloured the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from utils import metrics
from utils.fit_inputs import check_batch_size
from utils.live import live

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
