"""docs/results.md and the pictures, computed from what is stored. No number by hand."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from benchmarks import figures, likeness, race, sliding, store
from benchmarks.children import COURSE
from benchmarks.findings import (
    GOAL,
    by_image,
    curves,
    fold_mean,
    in_fold,
    mean_and_error,
    over_images,
    paired_gain,
    runs_of,
    seconds_to,
    share_of_time,
    slowest,
    strips,
)
from benchmarks.folds import FOLDS
from benchmarks.recipes import RECIPES, Recipe
from benchmarks.run import NO_TRACK, TRACKS

DOCS = COURSE / "docs"
DRAWINGS = COURSE / "content" / "figures"
TEMPLATE = Path(__file__).resolve().parent / "results.md.template"
NOT_MEASURED = "not measured"
TITLES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow", NO_TRACK: ""}


# What was to be reached


@dataclass(frozen=True)
class Target:
    """One promise and what became of it.

    at_least: whether more is better. unit: what stands behind numbers, as " s".
    value: None where it is not measured, infinite where it never happened.
    """

    promise: str
    track: str
    value: float | None
    wanted: float
    at_least: bool
    unit: str = ""
    digits: int = 3

    @property
    def bound(self) -> str:
        """Write what was wanted."""
        return (
            f"{'at least' if self.at_least else 'at most'} {self.wanted:g}{self.unit}"
        )

    def verdict(self) -> str:
        """Say whether it is reached, or by how much it is missed."""
        if self.value is None:
            return NOT_MEASURED
        if math.isinf(self.value):
            return "not reached"
        missing = (
            self.wanted - self.value if self.at_least else self.value - self.wanted
        )
        if missing <= 0:
            return "reached"
        # Never 0.000: that would not look like a miss.
        least = 10.0**-self.digits
        return f"short by {max(missing, least):.{self.digits}f}{self.unit}"

    def row(self) -> list[str]:
        """Give the cells of its line in the table."""
        value = NOT_MEASURED
        if self.value is not None:
            value = f"{self.value:.{self.digits}f}{self.unit}"
        if self.value == math.inf:
            value = "never on a fold"
        track = TITLES.get(self.track, self.track)
        return [self.promise, track, self.bound, value, self.verdict()]


def targets(results: dict, start: dict) -> list[Target]:
    """List all promises, track by track."""
    found = []
    for track in TRACKS:
        popular, lesson, pretrained, transfer = (
            runs_of(results, recipe, track)
            for recipe in ("popular", "lesson", "pretrained", "transfer")
        )
        whole = start.get("lessons", {}).get(track, {}).get("whole")
        share = share_of_time(lesson, popular)
        found += [
            Target("Dice of the lesson", track, fold_mean(lesson), 0.94, True),
            Target("its training", track, slowest(lesson), 60, False, " s", 1),
            Target("its share of the popular time to 0.90", track, share, 0.1, False),
            Target("Dice of pretrained", track, fold_mean(pretrained), 0.945, True),
            Target("its fine-tuning", track, slowest(pretrained), 30, False, " s", 1),
            Target(
                "Dice of transfer on all 200 images",
                track,
                fold_mean(transfer),
                0.92,
                True,
            ),
            Target("lesson 05 from end to end", track, whole, 150, False, " s", 1),
        ]
    means = [fold_mean(runs_of(results, "lesson", track)) for track in TRACKS]
    apart = None if None in means else abs(means[0] - means[1])
    found.append(
        Target("the lesson's Dice, track from track", "both", apart, 0.01, False)
    )
    return found


# Tables


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a Markdown table; the first column to the left, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plus_minus(pair: tuple[float, float] | None, sign: str = "") -> str:
    """Write a mean with its standard error."""
    if pair is None:
        return "-"
    mean, error = pair
    return f"{mean:{sign}.3f}" + ("" if math.isnan(error) else f" ± {error:.3f}")


def comparison(results: dict) -> str:
    """Give the table of all recipes in all tracks."""
    head = [
        "recipe",
        "track",
        "images",
        "Dice",
        "Jaccard",
        "last ten epochs",
        "training",
    ]
    head += ["to Dice 0.90", "share of popular", "Dice over popular", "memory"]
    pairs = [(recipe, track) for recipe in RECIPES for track in TRACKS]
    rows = []
    for recipe, track in [*pairs, ("otsu", NO_TRACK)]:
        runs = runs_of(results, recipe, track)
        popular = runs_of(results, "popular", track)
        others = {} if recipe == "popular" else popular
        cells = [NOT_MEASURED, *[""] * (len(head) - 3)]
        if runs:
            share = share_of_time(runs, others) if others else None
            cells = [
                _images(recipe, runs),
                plus_minus(mean_and_error(over_images(runs, "dice"))),
                plus_minus(mean_and_error(over_images(runs, "jaccard"))),
                last_epochs(runs),
                *_times(runs),
                "-" if share in (None, math.inf) else f"{share:.3f}",
                plus_minus(paired_gain(runs, others), "+"),
                _memory(runs),
            ]
        rows.append([recipe, TITLES[track], *cells])
    return table(head, rows)


def _images(recipe: str, runs: dict) -> str:
    count = str(len(over_images(runs, "dice")))
    whole = recipe not in RECIPES or not RECIPES[recipe].folds
    if whole or len(runs) == FOLDS:
        return count
    return f"{count} ({len(runs)} of {FOLDS} folds)"


def last_epochs(runs: dict, count: int = 10) -> str:
    """Give the range of the curves at their end: how lucky the last epoch may be."""
    last = [dice for run in runs.values() for _, dice in run.get("curve", [])[-count:]]
    return f"{min(last):.3f} to {max(last):.3f}" if last else "-"


def _times(runs: dict) -> list[str]:
    """Mean seconds of training, and to the goal; "-" without training."""
    trained = [run for run in runs.values() if run.get("curve")]
    if not trained:
        return ["-", "-"]
    reached = [seconds_to(GOAL, run) for run in trained]
    there = [seconds for seconds in reached if seconds is not None]
    to_goal = f"{statistics.fmean(there):.1f} s" if there else "never"
    if there and len(there) < len(reached):
        to_goal += f" ({len(there)} of {len(reached)} folds)"
    return [f"{statistics.fmean(run['seconds'] for run in trained):.1f} s", to_goal]


def _memory(runs: dict) -> str:
    peaks = [run.get("peak_memory_mib") for run in runs.values()]
    if not any(run.get("curve") for run in runs.values()):
        return "-"
    return NOT_MEASURED if None in peaks else f"{max(peaks):.0f} MiB"


def unseen_table(results: dict) -> str:
    """Give the table of Dice on fold 0, which had no part in choosing recipes."""
    unseen = in_fold(results, 0)
    rows = []
    for recipe in ("lesson", "pretrained", "transfer"):
        for track in TRACKS:
            scores = by_image(runs_of(results, recipe, track))
            inside = [dice for image, dice in scores.items() if image in unseen]
            outside = [dice for image, dice in scores.items() if image not in unseen]
            cells = [
                f"{plus_minus(mean_and_error(part))} ({len(part)})"
                if unseen and part
                else NOT_MEASURED
                for part in (inside, outside)
            ]
            rows.append([recipe, TITLES[track], *cells])
    return table(["recipe", "track", "Dice on fold 0", "on the others"], rows)


def likeness_table(stored: dict) -> str:
    """Give the table of simulated skin beside PH2."""
    rows = list(likeness.rows(stored))
    if not rows:
        return NOT_MEASURED.capitalize() + "."
    return table(["measure", "diagnosis", "PH2", "simulated"], rows)


def augmentation_table(results: dict) -> str:
    """Give the table of images per second."""
    head = ["contestant", "track", "size", "images / s", "ours is faster"]
    rows = []
    for size, tracks in results.get("rates", {}).items():
        for track, rates in tracks.items():
            for name, rate, times in race.summarise(rates):
                faster = "" if name == race.OURS else f"{times:.1f} times"
                pixels = f"{size} x {size}"
                rows.append([name, TITLES[track], pixels, f"{rate:.0f}", faster])
    return table(head, rows) if rows else NOT_MEASURED.capitalize() + "."


def scores_table(results: dict) -> str:
    """Give the table of masks scored per second."""
    rows = [
        [
            score,
            name,
            f"{rate:.0f}",
            "" if name == race.OURS else f"{times:.1f} times",
        ]
        for score, rates in results.get("rates", {}).items()
        for name, rate, times in race.summarise(rates)
    ]
    head = ["score", "contestant", "masks / s", "ours is faster"]
    return table(head, rows) if rows else NOT_MEASURED.capitalize() + "."


def sliding_table(results: dict) -> str:
    """Give the table of the sliding window and the FCN."""
    rows = []
    for track, strides in results.get("rates", {}).items():
        for stride, rates in strides.items():
            (_, fast, _), (_, slow, times) = race.summarise(rates, sliding.FCN)
            seconds = [f"{1 / rate:.3f} s" for rate in (slow, fast)]
            rows.append([stride, TITLES[track], *seconds, f"{times:.0f} times"])
    head = ["stride", "track", "sliding window", "FCN", "FCN is faster"]
    return table(head, rows) if rows else NOT_MEASURED.capitalize() + "."


def zoo_table(results: dict) -> str:
    """Give the table of the models that are trained on simulated meadows."""
    rows = [
        [
            name,
            f"{run['parameters']:,}",
            f"{run['mean_iou']:.3f}",
            f"{run['boundary_iou']:.3f}",
            f"{run['seconds']:.0f} s",
        ]
        for name, run in results.items()
    ]
    head = ["model", "parameters", "mean IoU", "boundary IoU", "training"]
    return table(head, rows) if rows else NOT_MEASURED.capitalize() + "."


def start_table(start: dict) -> str:
    """Give the table of waiting times."""

    def seconds(value: float | None) -> str:
        return NOT_MEASURED if value is None else f"{value:.1f} s"

    rows = [
        ["first start, until JupyterLab answers", seconds(start.get("first_start"))],
        ["second start", seconds(start.get("second_start"))],
    ]
    for track in TRACKS:
        lesson = start.get("lessons", {}).get(track, {})
        opened = f"lesson 05 in {TITLES[track]}, opened, to its first figure"
        rows.append([opened, seconds(lesson.get("first_figure"))])
        rows.append(
            [f"lesson 05 in {TITLES[track]}, whole", seconds(lesson.get("whole"))]
        )
    return table(["from, to", "seconds"], rows)


# Text


def settings(recipe: Recipe) -> str:
    """Say a recipe in one line."""
    augmented = "augmented" if recipe.augmentation else "no augmentation"
    return (
        f"It sees {recipe.size} x {recipe.size} pixels, {recipe.epochs} epochs in "
        f"batches of {recipe.batch_size}, Adam {recipe.learning_rate:g}, {augmented}"
    )


def summary(results: dict) -> str:
    """Say the main result in a sentence for each track."""
    sentences = []
    for track in TRACKS:
        ours = runs_of(results, "lesson", track)
        theirs = runs_of(results, "popular", track)
        if not ours or not theirs:
            sentences.append(f"{TITLES[track]}: {NOT_MEASURED}.")
            continue
        (dice, time), (other, other_time) = (
            (fold_mean(runs), statistics.fmean(run["seconds"] for run in runs.values()))
            for runs in (ours, theirs)
        )
        sentences.append(
            f"In {TITLES[track]} the lesson reaches Dice {dice:.3f} after {time:.0f} s "
            f"of training, the popular recipe {other:.3f} after {other_time:.0f} s."
        )
    return "\n".join(sentences)


def machines(stored: Iterable[dict]) -> str:
    """List each computer, set of versions, number of threads and day that occur."""
    lines = {}
    for run in stored:
        if "machine" not in run:
            continue
        computer, packages = run["machine"], run["versions"]
        line = f"- {computer['cpu']}, {computer['cores']} cores, {computer['system']}, "
        line += f"Python {computer['python']}; "
        line += ", ".join(f"{name} {number}" for name, number in packages.items())
        if "threads" in run:
            line += f"; {run['threads']} threads"
        lines.setdefault(line, set()).update({run["date"]} if "date" in run else ())
    dated = [
        f"{line}; {', '.join(sorted(days))}" if days else line
        for line, days in lines.items()
    ]
    return "\n".join(dated) if dated else NOT_MEASURED.capitalize() + "."


def stored() -> list[dict]:
    """Read what render takes, in its order."""
    paths = (
        store.UNET_PH2,
        store.AUGMENTATION,
        store.SCORES,
        store.SLIDING,
        store.START,
        likeness.STORED,
        store.ZOO,
    )
    return [store.read(path) for path in paths]


def render(
    results: dict,
    rates: dict,
    scored: dict,
    slid: dict,
    start: dict,
    alike: dict,
    zoo: dict,
) -> str:
    """Give the text of docs/results.md."""
    entries = [*results.values(), rates, scored, slid, start, alike, *zoo.values()]
    commands = sorted({run["command"] for run in entries if "command" in run})
    rows = [target.row() for target in targets(results, start)]
    rounds = {
        len(values)
        for tracks in rates.get("rates", {}).values()
        for contestants in tracks.values()
        for values in contestants.values()
    }
    text = Template(TEMPLATE.read_text(encoding="utf-8"))
    return text.substitute(
        summary=summary(results),
        comparison=comparison(results),
        targets=table(["promise", "track", "wanted", "measured", "verdict"], rows),
        unseen=unseen_table(results),
        likeness=likeness_table(alike),
        side=likeness.SIZE,
        augmentation=augmentation_table(rates),
        scores=scores_table(scored),
        sliding=sliding_table(slid),
        start=start_table(start),
        zoo=zoo_table(zoo),
        machines=machines(entries),
        commands="\n".join(f"- `{command}`" for command in commands) or "- none yet",
        rounds="several" if not rounds else min(rounds),
        **{
            name: settings(RECIPES[name])
            for name in ("lesson", "popular", "pretrained")
        },
    )


# All of it


def write() -> tuple[list[Path], list[str]]:
    """Write docs/results.md and all pictures.

    Returns their paths and what to tell about what is lacking.
    """
    everything = stored()
    results = everything[0]
    DOCS.mkdir(exist_ok=True)
    text, picture = DOCS / "results.md", DOCS / "results.png"
    text.write_text(render(*everything), encoding="utf-8", newline="\n")
    drawn_curves = {TITLES[track]: runs for track, runs in curves(results).items()}
    figures.draw_curves(drawn_curves, GOAL, picture)
    rows, lacking = strips(results)
    drawn = figures.draw_strips(rows, "PyTorch", DRAWINGS) if rows else []
    return [text, picture, *drawn], lacking
