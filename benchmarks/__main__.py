"""The command line: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from benchmarks import store
from benchmarks.compatibility import RUNS
from benchmarks.folds import FOLDS
from benchmarks.machine import cores
from benchmarks.recipes import RECIPES
from benchmarks.run import TRACKS
from benchmarks.zoo import MODELS

# Commands that let contestants take turns, each a module of that name.
RACES = {
    "augmentation": "images per second",
    "scores": "masks scored per second",
    "sliding": "sliding window against FCN",
}


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
    ph2.add_argument(
        "--fold", nargs="+", type=int, choices=range(FOLDS), default=range(FOLDS)
    )
    ph2.add_argument("--threads", type=int, default=min(2, cores()))
    ph2.add_argument("--again", action="store_true", help="measure what is stored, too")
    ph2.add_argument(
        "--trial",
        action="store_true",
        help="try everything in a minute on simulated skin; nothing is stored",
    )

    for name, what in RACES.items():
        race = commands.add_parser(name, help=what)
        race.add_argument("--threads", type=int, default=min(2, cores()))
        race.add_argument(
            "--trial", action="store_true", help="quick; nothing is stored"
        )

    first = commands.add_parser("start", help="from a clone to JupyterLab and a figure")
    first.add_argument("--track", nargs="+", choices=TRACKS, default=list(TRACKS))
    first.add_argument(
        "--installed",
        action="store_true",
        help="install nothing; time the lessons alone, with this Python",
    )

    alike = commands.add_parser("likeness", help="simulated skin beside the real PH2")
    alike.add_argument(
        "--data", type=Path, metavar="PATH", help="folder that holds PH2"
    )

    commands.add_parser("pretrain", help="make the weights from simulated skin")

    zoo = commands.add_parser("zoo", help="make the weights from simulated meadows")
    zoo.add_argument("--model", nargs="+", choices=MODELS, default=list(MODELS))
    zoo.add_argument("--again", action="store_true", help="train what is stored, too")
    where = commands.add_parser(
        "compatibility", help="every notebook on other Pythons, processors, and Colab"
    )
    where.add_argument("--run", nargs="+", choices=RUNS, default=list(RUNS))
    where.add_argument(
        "--only", nargs="+", metavar="WORD", help="notebooks such as pytorch/05"
    )
    where.add_argument("--again", action="store_true", help="run what is stored, too")
    commands.add_parser("report", help="write docs/results.md from what is stored")
    return top


def unet_ph2(options: argparse.Namespace) -> int:
    """Measure what is asked for and not stored yet."""
    from benchmarks import unet_ph2 as benchmark

    recipes = options.recipe or list(RECIPES)
    lacking = [
        name
        for name in recipes
        if RECIPES[name].weights and not RECIPES[name].weights.exists()
    ]
    for name in lacking:
        weights = RECIPES[name].weights.name
        print(
            f"{name} is left out: make {weights} with `python -m benchmarks pretrain`."
        )
    recipes = [name for name in recipes if name not in lacking]

    if not options.trial:
        use_ph2(options.data)
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


def use_ph2(folder: Path | None) -> None:
    """Let this process, and those it starts, read PH2 from the folder."""
    from utils.datasets import find_ph2

    if folder:
        os.environ["EVERY_PIXEL_DATA"] = str(folder.resolve())
    if find_ph2() is None:
        raise Problem(
            "PH2 is not there: give the folder that holds PH2_dataset.txt with "
            "`--data PATH`; data/README.md tells where to get it."
        )


def decode(sizes: set[int]) -> None:
    """Have PH2 in the cache before anything is timed or its memory measured."""
    from benchmarks.scoring import SIZE
    from utils.datasets import load_ph2

    for size in sorted({*sizes, SIZE}):
        print(f"Reading PH2 at {size} x {size}, some 20 s if new ...", flush=True)
        load_ph2(size, "real")


def command_line(options: argparse.Namespace) -> str:
    """Give the command as anybody would type it: without the path."""
    words = ["python -m benchmarks unet-ph2 --data PATH"]
    for name in ("recipe", "track", "fold"):
        values = getattr(options, name)
        if values and len(values) < {"track": 2, "fold": FOLDS}.get(name, 99):
            words += [f"--{name}", *map(str, values)]
    return " ".join([*words, f"--threads {options.threads}"])


def race(options: argparse.Namespace) -> int:
    """Let contestants take turns: one of RACES."""
    benchmark = import_module(f"benchmarks.{options.command}")
    result = benchmark.measure(options.threads, options.trial)
    for line in benchmark.told(result["rates"]):
        print(line)
    if not options.trial:
        store.write(getattr(store, options.command.upper()), result)
    return 0


def start(options: argparse.Namespace) -> int:
    """Measure how long a reader waits on the first day."""
    from benchmarks import start as benchmark

    result = benchmark.measure(options.track, not options.installed)
    # What was left out this time keeps its older number.
    before = store.read(store.START)
    result["lessons"] = {**before.get("lessons", {}), **result["lessons"]}
    store.write(store.START, {**before, **result})
    return 0


def likeness(options: argparse.Namespace) -> int:
    """Measure simulated skin and PH2 in the same way."""
    from benchmarks import likeness as benchmark
    from benchmarks.machine import machine, versions
    from utils.datasets import load_ph2, simulate_skin

    use_ph2(options.data)
    real = load_ph2(benchmark.SIZE, "real")
    drawn = simulate_skin(len(real), benchmark.SIZE)
    result = {
        "real": benchmark.measure(real),
        "simulated": benchmark.measure(drawn),
        "command": "python -m benchmarks likeness --data PATH",
        "machine": machine(),
        "versions": versions(),
    }
    for row in benchmark.rows(result):
        print(" | ".join(row))
    store.write(benchmark.STORED, result)
    return 0


def pretrain(options: argparse.Namespace) -> int:
    """Make the weights that the course ships."""
    from benchmarks import pretrain as maker

    return maker.main()


def zoo(options: argparse.Namespace) -> int:
    """Make the weights that lesson 08 compares."""
    from benchmarks import zoo as maker

    maker.main(options.model, options.again)
    return 0


def compatibility(options: argparse.Namespace) -> int:
    """Run what is not stored yet, and write docs/compatibility.md."""
    from benchmarks import compatibility as benchmark
    from benchmarks import compatibility_page

    for name in options.run:
        benchmark.measure(name, options.only or [], options.again)
    print(compatibility_page.write())
    return 0


def report(options: argparse.Namespace) -> int:
    """Write docs/results.md and the pictures."""
    from benchmarks import report as benchmark

    paths, lacking = benchmark.write()
    for line in (*paths, *lacking):
        print(line)
    return 0


COMMANDS = {
    "unet-ph2": unet_ph2,
    **dict.fromkeys(RACES, race),
    "start": start,
    "likeness": likeness,
    "pretrain": pretrain,
    "zoo": zoo,
    "compatibility": compatibility,
    "report": report,
}


def main(arguments: list[str]) -> int:
    """Do what the arguments name; give the exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a console that lacks a letter
    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except (Problem, FileNotFoundError, RuntimeError, ValueError) as problem:
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
