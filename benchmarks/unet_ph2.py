"""Our recipes and the popular course's, side by side on the same folds of PH2."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import store
from benchmarks.children import measured
from benchmarks.recipes import RECIPES
from benchmarks.run import NO_TRACK


@dataclass(frozen=True)
class Run:
    """One recipe in one track on one fold; fold None stands for all images."""

    recipe: str
    track: str
    fold: int | None

    def __str__(self) -> str:
        fold = "all images" if self.fold is None else f"fold {self.fold}"
        track = [] if self.track == NO_TRACK else [self.track]
        return ", ".join([self.recipe, *track, fold])

    @property
    def key(self) -> str:
        """The name that the result is stored under."""
        fold = "all" if self.fold is None else self.fold
        return f"{self.recipe} {self.track} {fold}"


def plan(
    recipes: Iterable[str], tracks: Iterable[str], folds: Iterable[int]
) -> list[Run]:
    """List the runs in their order.

    A machine's speed drifts over the hours. So all that is compared on a fold runs
    close together, and ratios are taken within a fold.
    """
    recipes, tracks = list(recipes), list(tracks)
    once = [Run("otsu", NO_TRACK, None)]
    each = [
        Run(recipe, track, fold)
        for fold in folds
        for track in tracks
        for recipe in recipes
        if RECIPES[recipe].folds
    ]
    whole = [
        Run(recipe, track, None)
        for recipe in recipes
        for track in tracks
        if not RECIPES[recipe].folds
    ]
    return once + each + whole


def is_finished(run: Run, results: dict) -> bool:
    """Tell whether a run is stored, made with the recipe as it is now."""
    stored = results.get(run.key)
    recipe = RECIPES.get(run.recipe)
    settings = recipe.settings() if recipe else {}
    return stored is not None and stored["settings"] == settings


def estimate(runs: Iterable[Run], results: dict) -> float | None:
    """Guess how many seconds the runs take, None as long as too little is known."""
    total = 0.0
    for run in runs:
        alike = [
            stored for stored in results.values() if stored["recipe"] == run.recipe
        ]
        same = [stored for stored in alike if stored["track"] == run.track] or alike
        if not same:
            return None
        total += sum(stored["wall_seconds"] for stored in same) / len(same)
    return total


def run_all(
    runs: list[Run],
    path: Path,
    start: Callable[[Run], dict],
    again: bool = False,
    say: Callable[[str], None] = print,
) -> list[Run]:
    """Do what is not stored yet, and store each result at once.

    start: does one run and returns its result; RuntimeError when it failed.
    again: do everything, whatever is stored.
    Returns the runs that failed. Ctrl-C keeps what is finished.
    """
    results = store.read(path)
    todo = [run for run in runs if again or not is_finished(run, results)]
    if len(todo) < len(runs):
        say(f"{len(runs) - len(todo)} of {len(runs)} runs are stored already.")
    failed = []
    for number, run in enumerate(todo):
        left = estimate(todo[number:], results)
        about = "" if left is None else f"; about {left / 60:.0f} min left"
        say(f"[{number + 1}/{len(todo)}] {run}{about}")
        began = time.perf_counter()
        try:
            found = start(run)
        except RuntimeError as error:
            say(f"    {error}")
            failed.append(run)
            continue
        found["wall_seconds"] = round(time.perf_counter() - began, 1)
        # Read again: another process may have stored something meanwhile.
        results = {**store.read(path), run.key: found}
        store.write(path, results)
        say(f"    {summary(found)}")
    return failed


def summary(found: dict) -> str:
    """Give one line on one result."""
    dice = f"Dice {sum(found['dice']) / len(found['dice']):.4f}"
    trained = f" after {found['seconds']:.0f} s" if found.get("curve") else ""
    return f"{dice}{trained} on {len(found['dice'])} images"


def starter(source: str, threads: int, command: str) -> Callable[[Run], dict]:
    """Make the function that does one run in a fresh process."""

    def start(run: Run) -> dict:
        fold = "all" if run.fold is None else str(run.fold)
        asked = [run.recipe, run.track, fold, source]
        found = measured("benchmarks.run", asked, threads)
        return {**found, "threads": threads, "command": command}

    return start
