"""Every model for several classes since lesson 02, trained by one recipe.

    python -m benchmarks zoo

writes `weights/meadow_NAME.npz` for each, which lesson 08 compares with its own
models, and their scores on the 40 test scenes of lessons 02 to 08. The recipe is that
of lesson 08. Trained in PyTorch; both tracks read the files. What is stored for the
recipe as it is now is not trained again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np

from benchmarks import store
from benchmarks.machine import machine, versions
from utils import checkpoints, metrics
from utils.datasets import Samples, simulate_meadow

CLASSES = 5
# Name of the file -> what makes the model, from the module of exported models.
MODELS = {
    "fcn32s": lambda models: models.FCN32s(CLASSES),
    "segnet": lambda models: models.SegNet(classes=CLASSES),
    "fcn8s": lambda models: models.FCN(classes=CLASSES),
    "unet": lambda models: models.UNet(classes=CLASSES),
    "deeplab": lambda models: models.DeepLab(classes=CLASSES),
    "pspnet": lambda models: models.PSPNet(classes=CLASSES),
}


@dataclass(frozen=True)
class Recipe:
    """How all are trained: on the lessons' training scenes and their mirror images."""

    scenes: int = 200
    size: int = 128
    epochs: int = 12
    batch_size: int = 8
    learning_rate: float = 1e-2
    seed: int = 0


RECIPE = Recipe()


def parts(recipe: Recipe) -> tuple[Samples, Samples]:
    """Give the scenes to train on and those to test on, split as in the lessons."""
    meadow = simulate_meadow(recipe.scenes, recipe.size)
    rest, test = meadow.split(test=0.2, seed=0)
    train, _ = rest.split(test=0.2, seed=0)
    mirrored = replace(
        train,
        images=np.concatenate([train.images, train.images[:, :, ::-1]]),
        masks=np.concatenate([train.masks, train.masks[:, :, ::-1]]),
        names=train.names + tuple(f"{name} mirrored" for name in train.names),
        instances=None,
    )
    return mirrored, test


def train(name: str, models: ModuleType, recipe: Recipe, folder: Path) -> dict:
    """Train one model, write its weights, and give what is stored about it."""
    import torch

    from utils.pytorch import count_parameters, fit, load_weights, predict, save_weights
    from utils.seeding import seed_everything

    train_part, test = parts(recipe)
    seed_everything(recipe.seed)
    model = MODELS[name](models)
    began = time.perf_counter()
    fit(
        model,
        train_part,
        loss=models.cross_entropy,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        seed=recipe.seed,
        name=name,
        lines=recipe.epochs,
    )
    seconds = time.perf_counter() - began
    path = folder / f"meadow_{name}.npz"
    save_weights(model, path)
    load_weights(model, path)  # as a reader has them, in half precision
    masks = predict(model, test.images).argmax(-1).astype(np.uint8)
    return {
        "settings": asdict(recipe),
        "parameters": count_parameters(model),
        "bytes": path.stat().st_size,
        "seconds": round(seconds, 1),
        "threads": torch.get_num_threads(),
        **scores(test.masks, masks),
        "machine": machine(),
        "versions": versions(),
        "command": "python -m benchmarks zoo",
    }


def scores(truth: np.ndarray, masks: np.ndarray) -> dict[str, float]:
    """Mean IoU and mean boundary IoU of the classes, as the lessons have them."""
    confusion = metrics.confusion_matrix(truth, masks, CLASSES)
    border = []
    for number in range(CLASSES):
        has = (truth == number).any(axis=(1, 2))  # images without it say nothing
        pair = truth[has] == number, masks[has] == number
        border.append(metrics.boundary_iou(*pair).mean())
    return {
        "mean_iou": round(float(metrics.mean_iou(confusion)), 4),
        "boundary_iou": round(float(np.mean(border)), 4),
    }


def lacking(names: Iterable[str], results: dict, recipe: Recipe) -> list[str]:
    """Name the models that are not stored, or by another recipe, or without a file."""
    return [
        name
        for name in names
        if results.get(name, {}).get("settings") != asdict(recipe)
        or not (checkpoints.FOLDER / f"meadow_{name}.npz").is_file()
    ]


def told(name: str, result: dict) -> str:
    """Say in one line what became of a model."""
    return (
        f"{name}: {result['parameters']:,} parameters, {result['bytes'] / 1e6:.2f} MB, "
        f"mean IoU {result['mean_iou']:.3f}, boundary IoU "
        f"{result['boundary_iou']:.3f} on test, {result['seconds']:.0f} s"
    )


def main(names: Iterable[str], again: bool = False) -> None:
    """Train what is asked for and not stored; what is finished is kept."""
    from utils.models import pytorch as models

    results = store.read(store.ZOO)
    wanted = list(names) if again else lacking(names, results, RECIPE)
    for name in wanted:
        results[name] = train(name, models, RECIPE, checkpoints.FOLDER)
        store.write(store.ZOO, results)
        print(told(name, results[name]), flush=True)
    for name in names:
        if name not in wanted:
            print(f"{told(name, results[name])} (stored)")
