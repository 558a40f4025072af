"""The sliding window of lesson 01 against the FCN of lesson 02, at several strides.

Both have the same weights and give the same logits, which is checked before they race.
The FCN has the stride 4. Its form with dilated kernels has the stride 1. Each drops the
answers that a larger stride does not ask for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module

import numpy as np

from benchmarks.children import hand_over, measured
from benchmarks.race import calls, race, summarise
from benchmarks.run import TRACKS
from utils.datasets import simulate_meadow
from utils.seeding import seed_everything

STRIDES = (1, 2, 4, 8)
SIZE, WINDOW, OWN_STRIDE = 128, 32, 4  # of the image, of the network
ROUNDS = 5
FCN, SLIDING = "FCN", "sliding window"


def contestants(track: str) -> Callable[[int], dict[str, Callable[[], np.ndarray]]]:
    """Make the network in a track.

    Returns a function that takes a stride and gives two functions without arguments:
    both return logits (rows, columns, classes) of the same meadow.
    """
    layer = import_module(f"utils.{track}")  # first: TensorFlow is quiet then
    says = import_module(f"utils.models.{track}")
    seed_everything(0)
    classifier = says.PatchClassifier()
    coarse, fine = says.convolutional(classifier), says.every_pixel(classifier)
    image = simulate_meadow(1, SIZE).images[0]

    def slide(stride: int) -> np.ndarray:
        seen = says.windows(image, WINDOW, stride)
        logits = says.classify(classifier, seen.reshape(-1, WINDOW, WINDOW, 3), 256)
        return logits.reshape(*seen.shape[:2], -1)

    def at_once(stride: int) -> np.ndarray:
        own = OWN_STRIDE if stride >= OWN_STRIDE else 1
        logits = layer.predict(coarse if own > 1 else fine, image[None])[0]
        return logits[:: stride // own, :: stride // own]

    return lambda stride: {FCN: lambda: at_once(stride), SLIDING: lambda: slide(stride)}


def agree(functions: dict[str, Callable[[], np.ndarray]]) -> None:
    """Raise RuntimeError where the two give different logits."""
    one, other = (give() for give in functions.values())
    if one.shape != other.shape or np.abs(one - other).max() > 1e-4:
        raise RuntimeError(
            "The FCN and the sliding window do not give the same logits."
        )


def measure(threads: int, trial: bool = False) -> dict:
    """Measure both tracks; give images per second by track, stride and contestant."""
    result: dict = {"rates": {}, "threads": threads}
    for track in TRACKS:
        print(f"{track}, half a minute ...", flush=True)
        how = ["trial"] if trial else []
        found = measured("benchmarks.sliding", [track, *how], threads)
        result["rates"][track] = found.pop("rates")
        result.update(found)
    return result


def told(rates: dict) -> Iterator[str]:
    """Say the result, a line for each contestant."""
    for track, strides in rates.items():
        for stride, found in strides.items():
            for name, rate, times in summarise(found, FCN):
                yield f"{track:10} {stride:>2} {name:14} {rate:8.2f}/s, {times:.1f}"


def main(arguments: list[str]) -> int:
    """Measure one track at all strides and write it as JSON: OUT TRACK [trial]."""
    out, track, *how = arguments
    strides, rounds = (STRIDES[2:], 1) if how else (STRIDES, ROUNDS)

    def rates() -> dict:
        at, found = contestants(track), {}
        for stride in strides:
            functions = at(stride)
            agree(functions)
            found[str(stride)] = race(calls(functions), 1, rounds)
        return found

    return hand_over(out, rates)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
