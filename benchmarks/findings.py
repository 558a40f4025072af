"""What follows from the stored runs: means, times, and what pictures show."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from benchmarks.folds import FOLDS
from benchmarks.recipes import RECIPES
from benchmarks.run import NO_TRACK, TRACKS

GOAL = 0.90  # the Dice that the time to it is measured


def runs_of(results: dict, recipe: str, track: str) -> dict[int | None, dict]:
    """Give the runs of a recipe in a track by fold, in order."""
    found = {
        run["fold"]: run
        for run in results.values()
        if run["recipe"] == recipe and run["track"] == track
    }
    return dict(sorted(found.items(), key=lambda item: (item[0] is None, item[0])))


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Give the mean and its standard error, nan from a single value."""
    error = math.nan
    if len(values) > 1:
        error = statistics.stdev(values) / math.sqrt(len(values))
    return statistics.fmean(values), error


def over_images(runs: dict, metric: str) -> list[float]:
    """Give a metric of every held-out image of all folds."""
    return [value for run in runs.values() for value in run[metric]]


def fold_mean(runs: dict, metric: str = "dice") -> float | None:
    """Average a metric over the images of each fold, then over the folds."""
    if not runs:
        return None
    return statistics.fmean(statistics.fmean(run[metric]) for run in runs.values())


def seconds_to(goal: float, run: dict) -> float | None:
    """Give the seconds of training after which the curve first is at the goal."""
    return next((seconds for seconds, dice in run["curve"] if dice >= goal), None)


def slowest(runs: dict) -> float | None:
    """Give the seconds of training of the slowest fold."""
    return max((run["seconds"] for run in runs.values()), default=None)


def share_of_time(runs: dict, others: dict, goal: float = GOAL) -> float | None:
    """Divide the seconds to the goal by the others', in each fold; average.

    Where the others never get there, the whole of their training counts. Infinite where
    these runs do not get there on one fold; None where no fold has both.
    """
    shares = []
    for fold in runs.keys() & others.keys():
        ours, theirs = runs[fold], others[fold]
        reached = seconds_to(goal, ours)
        if reached is None:
            return math.inf
        shares.append(reached / (seconds_to(goal, theirs) or theirs["seconds"]))
    return statistics.fmean(shares) if shares else None


def by_image(runs: dict) -> dict[int, float]:
    """Give the Dice of each held-out image by its position in the data."""
    return {
        image: dice
        for run in runs.values()
        for image, dice in zip(run["images"], run["dice"], strict=True)
    }


def paired_gain(runs: dict, others: dict) -> tuple[float, float] | None:
    """Give mean and standard error of the Dice gained over the others, by image."""
    ours, theirs = by_image(runs), by_image(others)
    gains = [ours[image] - theirs[image] for image in ours.keys() & theirs.keys()]
    return mean_and_error(gains) if gains else None


def in_fold(results: dict, fold: int) -> set[int]:
    """Give the images that a fold holds out, as any run on it has stored them."""
    return {
        image
        for run in results.values()
        if run["fold"] == fold
        for image in run["images"]
    }


def curves(results: dict) -> dict[str, dict[str, list[dict]]]:
    """Sort the runs that have a curve: {track: {recipe: runs}}."""
    trained = [name for name, recipe in RECIPES.items() if recipe.epochs]
    return {
        track: {name: list(runs_of(results, name, track).values()) for name in trained}
        for track in TRACKS
    }


# The rows of lesson 05's picture: name, recipe, track, folds that make it whole.
STRIPS = (
    ("Otsu's threshold", "otsu", NO_TRACK, 1),
    ("lesson's recipe,\ntrained on PH2", "lesson", "pytorch", FOLDS),
    ("simulated skin only", "transfer", "pytorch", 1),
    ("both: simulated skin,\nthen PH2", "pretrained", "pytorch", FOLDS),
)


def strips(results: dict) -> tuple[dict[str, list[float]], list[str]]:
    """Give the Dice of all images by row, and a sentence on each row that is lacking.

    A row of some folds only would compare other images, so it is left out too.
    """
    rows, lacking = {}, []
    for name, recipe, track, folds in STRIPS:
        runs = runs_of(results, recipe, track)
        if len(runs) == folds:
            rows[name] = over_images(runs, "dice")
        else:
            lacking.append(
                f"The picture leaves {recipe} out, {len(runs)} of {folds} runs are "
                "stored: `python -m benchmarks unet-ph2` makes the others."
            )
    return rows, lacking
