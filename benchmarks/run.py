"""One run: one recipe in one track on one fold, in a process of its own.

`benchmarks.unet_ph2` starts it, so that no run inherits anything from another: not the
memory, not the compiled graphs, and never both frameworks at once.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from benchmarks import scoring
from benchmarks.children import INTERRUPTED
from benchmarks.folds import make_folds
from benchmarks.machine import machine, peak_memory, versions
from benchmarks.recipes import RECIPES, Recipe
from benchmarks.stopwatch import Stopwatch
from utils.datasets import Samples, load_ph2, simulate_skin
from utils.seeding import seed_everything

NO_TRACK = "none"  # of what needs no framework
TRACKS = ("pytorch", "tensorflow")


class Contestant:
    """A network with its recipe, in one of the tracks."""

    def __init__(self, recipe: Recipe, track: str, seed: int):
        self.recipe, self.seed = recipe, seed
        self.says: ModuleType = import_module(f"benchmarks.{track}")
        seed_everything(seed)
        popular = recipe.network == "popular"
        make = self.says.PopularUNet if popular else self.says.UNet
        self.model = make(recipe.widths)
        if recipe.weights:
            load_weights = import_module(f"utils.{track}").load_weights
            load_weights(self.model, recipe.weights)

    def train(self, samples: Samples, after_epoch) -> None:
        """Train on images of the recipe's size."""
        recipe = self.recipe
        if recipe.network == "popular":
            self.says.train_popular(self.model, recipe, samples, after_epoch)
        elif recipe.epochs:
            self.says.fit(
                self.model,
                samples,
                loss=self.says.bce_dice,
                epochs=recipe.epochs,
                batch_size=recipe.batch_size,
                learning_rate=recipe.learning_rate,
                augmentation=recipe.augmentation,
                seed=self.seed,
                lines=0,
                after_epoch=after_epoch,
            )

    def plain(self, images: np.ndarray, size: int) -> np.ndarray:
        """Masks from one answer, as during training: bool (N, size, size)."""
        if self.recipe.network == "popular":
            probability = self.says.predict_popular(self.model, images)
        else:
            probability = self.says.probability_of(
                self.says.predict(self.model, images)
            )
        return scoring.cut(probability, size)

    def final(self, images: np.ndarray, size: int) -> np.ndarray:
        """Masks as the recipe ends: bool (N, size, size)."""
        if not self.recipe.finish:
            return self.plain(images, size)
        probability = self.says.predict_averaged(self.model, images)
        return scoring.outlines(probability, size, self.says.clean_up)


def measure(
    recipe: Recipe,
    track: str,
    seen: Samples,
    judged: Samples,
    truth: np.ndarray,
    seed: int,
    tell=lambda line, end: None,
) -> dict:
    """Train on some images and score on others.

    seen, judged: of the recipe's size. truth: masks of the judged, (N, S, S).
    tell: takes a line of progress after each epoch, and whether it is the last.
    Returns seconds of training, the curve as pairs of seconds and mean Dice, the final
    scores by image, the number of parameters and the peak of memory in MiB.
    """
    size = truth.shape[-1]
    contestant = Contestant(recipe, track, seed)
    curve: list[list[float]] = []
    watch = Stopwatch()

    def after_epoch() -> None:
        with watch.paused():
            found = contestant.plain(judged.images, size)
            dice = float(np.mean(scoring.scores(truth, found)["dice"]))
            curve.append([round(watch.seconds(), 3), round(dice, 5)])
            done, spent = len(curve), watch.seconds()
            left = spent / done * (recipe.epochs - done)
            tell(
                f"epoch {done:2} of {recipe.epochs}: Dice {dice:.3f} after "
                f"{spent:.0f} s of training, about {left:.0f} s left",
                done == recipe.epochs,
            )

    contestant.train(seen, after_epoch)
    seconds = watch.seconds()
    memory = peak_memory()
    return {
        "seconds": round(seconds, 3),
        "peak_memory_mib": memory,
        "parameters": contestant.says.count_parameters(contestant.model),
        "curve": curve,
        **scoring.scores(truth, contestant.final(judged.images, size)),
    }


def load(size: int, source: str) -> Samples:
    """Give PH2, or for a trial a few small images of simulated skin."""
    if source == "real":
        return load_ph2(size, source)
    return simulate_skin(TRIAL_IMAGES, size)


TRIAL_IMAGES, TRIAL_SIZE = 20, 64


def trial_of(recipe: Recipe) -> Recipe:
    """Give a tiny recipe that takes the same path in a second."""
    epochs = min(recipe.epochs, 1)
    return replace(
        recipe, size=recipe.size // 4, epochs=epochs, widths=(4, 8), weights=None
    )


def one_run(name: str, track: str, fold: int | None, source: str, tell) -> dict:
    """Measure one recipe on one fold, or on all images; give all that is stored.

    source: "real", or "simulated" for a trial.
    """
    trial = source != "real"
    size = TRIAL_SIZE if trial else scoring.SIZE
    full = load(size, source)
    if name == "otsu":
        settings = {}
        found = scoring.scores(full.masks, scoring.otsu(full.images))
        held_out = np.arange(len(full))
    else:
        recipe = trial_of(RECIPES[name]) if trial else RECIPES[name]
        settings = recipe.settings()
        held_out = trained_on = np.arange(len(full))
        if fold is not None:
            trained_on, held_out = make_folds(full.groups)[fold]
        samples = full if recipe.size == size else load(recipe.size, source)
        seen, judged = samples.subset(trained_on), samples.subset(held_out)
        seed = fold or 0
        found = measure(recipe, track, seen, judged, full.masks[held_out], seed, tell)
    return {
        "recipe": name,
        "track": track,
        "fold": fold,
        "source": source,
        "settings": settings,
        "images": held_out.tolist(),
        **found,
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(timezone.utc).date().isoformat(),
    }


def main(arguments: list[str]) -> int:
    """Measure and write it as JSON: OUT RECIPE TRACK FOLD SOURCE."""
    out, name, track, fold, source = arguments
    last = time.monotonic()

    def tell(line: str, end: bool) -> None:
        nonlocal last
        if end or time.monotonic() - last > 10:
            print(f"    {line}", flush=True)
            last = time.monotonic()

    try:
        chosen = None if fold == "all" else int(fold)
        found = one_run(name, track, chosen, source, tell)
    except KeyboardInterrupt:
        return INTERRUPTED
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
