"""The command line: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks import store
from benchmarks.machine import cores
from benchmarks.recipes import RECIPES

TRACKS = ("pytorch", "tensorflow")


class Problem(Exception):
    """What went wrong and what to do about it, in one sentence."""


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    top = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    ph2 = commands.add_parser("unet-ph2", help="train on five folds of the real PH2")
    ph2.add_argument("--data", type=Path, metavar="PATH", help="folder that holds PH2")
    ph2.add_argument("--recipe", nargs="+", choices=RECIPES, metavar="RECIPE")
    ph2.add_argument("--track", nargs="+", choices=TRACKS, default=list(TRACKS))
    ph2.add_argument("--fold", nargs="+", type=int, choices=range(5), default=range(5))
    ph2.add_argument("--threads", type=int, default=min(2, cores()))
    ph2.add_argument("--again", action="store_true", help="measure what is stored, too")
    ph2.add_argument(
        "--trial",
        action="store_true",
        help="try everything in a minute on simulated skin; nothing is stored",
    )
    return top


def unet_ph2(options: argparse.Namespace) -> int:
    """Measure what is asked for and not stored yet."""
    from benchmarks import unet_ph2 as benchmark

    recipes = options.recipe or list(RECIPES)
    lacking = [
        name
        for name in recipes
        if RECIPES[name].weights
        and not (benchmark.COURSE / RECIPES[name].weights).exists()
    ]
    if lacking and options.recipe:
        raise Problem(
            f"{RECIPES[lacking[0]].weights} is missing, but the recipe {lacking[0]} "
            "starts from it: leave that recipe out."
        )
    recipes = [name for name in recipes if name not in lacking]
    for name in lacking:
        print(f"The recipe {name} is left out: {RECIPES[name].weights} is missing.")

    if options.data:
        os.environ["EVERY_PIXEL_DATA"] = str(options.data.resolve())
    if not options.trial:
        decode({RECIPES[name].size for name in recipes})

    command = command_line(options)
    source = "simulated" if options.trial else "real"
    runs = benchmark.plan(recipes, options.track, options.fold)
    start = benchmark.starter(source, options.threads, command)
    if options.trial:
        failed = [run for run in runs if not tried(run, start, benchmark)]
    else:
        failed = benchmark.run_all(runs, store.UNET_PH2, start, options.again)
    if failed:
        raise Problem(
            f"{len(failed)} of {len(runs)} runs failed ({failed[0]} first): mend what "
            "is said above and give the same command again."
        )
    return 0


def tried(run, start, benchmark) -> bool:
    """Do one run of a trial; tell whether it worked."""
    try:
        print(f"{run}: {benchmark.summary(start(run))}", flush=True)
    except RuntimeError as error:
        print(error, flush=True)
        return False
    return True


def decode(sizes: set[int]) -> None:
    """Have PH2 in the cache before anything is timed or its memory measured."""
    from benchmarks.scoring import SIZE
    from utils.datasets import find_ph2, load_ph2

    if find_ph2() is None:
        raise Problem(
            "PH2 is not there: give the folder that holds PH2_dataset.txt with "
            "`--data PATH`; data/README.md tells where to get it."
        )
    for size in sorted({*sizes, SIZE}):
        print(f"Reading PH2 at {size} x {size}, some 20 s if new ...", flush=True)
        load_ph2(size, "real")


def command_line(options: argparse.Namespace) -> str:
    """Give the command as anybody would type it: without the path."""
    words = ["python -m benchmarks unet-ph2 --data PATH"]
    for name in ("recipe", "track", "fold"):
        values = getattr(options, name)
        if values and len(values) < {"track": 2, "fold": 5}.get(name, 99):
            words += [f"--{name}", *map(str, values)]
    return " ".join([*words, f"--threads {options.threads}"])


def main(arguments: list[str]) -> int:
    """Do what the arguments name; give the exit code."""
    options = parser().parse_args(arguments)
    try:
        return {"unet-ph2": unet_ph2}[options.command](options)
    except (Problem, FileNotFoundError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nStopped; what is finished is kept, and the same command goes on.",
            file=sys.stderr,
        )
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
