"""docs/compatibility.md, written from what `benchmarks.compatibility` has stored."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

from authoring.cells import TOLERANCE
from benchmarks import processors, store
from benchmarks.children import COURSE
from benchmarks.compatibility import RUNS, digest, notebooks
from benchmarks.report import table

PAGE = COURSE / "docs" / "compatibility.md"
TEMPLATE = Path(__file__).with_name("compatibility.md.template")


def write() -> Path:
    """Write the page; give its path."""
    PAGE.write_text(
        text(store.read(store.COMPATIBILITY)), encoding="utf-8", newline="\n"
    )
    return PAGE


def text(results: dict) -> str:
    """Give the page for the stored results."""
    runs = {name: results[name] for name in RUNS if name in results}
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        runs=table(
            ["run", "Python", "packages", "imitated processor", "threads"],
            [row(name, run) for name, run in runs.items()],
        ),
        deviations=table(
            ["notebook", *runs],
            [
                [
                    short(place),
                    *(verdict(run["notebooks"], place) for run in runs.values()),
                ]
                for place in notebooks()
            ],
        ),
        tolerances=table(
            ["notebook", "cell", "tolerance", "moved by"],
            [
                [short(place), str(cell), f"{tolerance:g}", f"{moved:.3f}"]
                for (place, cell), (tolerance, moved) in own_tolerances(results).items()
            ],
        ),
    )


def row(name: str, run: dict) -> list[str]:
    """Say what a run is: its Python, its packages, the processor that it imitates."""
    packages = dict(run["versions"])
    python = packages.pop("python")
    processor = RUNS[name].processor
    threads = processors.PROCESSORS[processor]["threads"] if processor else "1"
    listed = ", ".join(f"{package} {version}" for package, version in packages.items())
    return [name, python, listed, processor or "none", threads]


def short(place: str) -> str:
    """Name a notebook: lessons/pytorch/05_unet."""
    return place.removesuffix(".ipynb").replace("/en/", "/")


def verdict(known: dict[str, dict], place: str) -> str:
    """Give the largest deviation of a notebook, or the cells that failed.

    A star marks what was measured before the notebook changed last.
    """
    found = known.get(place)
    if found is None:
        return "not run"
    star = "" if found["digest"] == digest(place) else " *"
    if found["failed"]:
        return "fails in cell " + ", ".join(found["failed"]) + star
    return (f"{found['deviation']:.3f}" if "deviation" in found else "0") + star


def own_tolerances(runs: dict) -> dict[tuple[str, int], tuple[float, float]]:
    """Give, by notebook and cell, the tolerance of its own and the most it moved.

    A cell that both tracks share has one tolerance, for the most it moved in either.
    """
    tolerances, moved, twins = {}, {}, {}
    for place in notebooks():
        cells = json.loads((COURSE / place).read_text(encoding="utf-8"))["cells"]
        codes = [cell for cell in cells if cell["cell_type"] == "code"]
        measured = [run["notebooks"].get(place, {}) for run in runs.values()]
        for number, cell in enumerate(codes):
            for tag in cell["metadata"].get("tags", []):
                if tag.startswith(TOLERANCE):
                    far = [
                        each.get("moved", {}).get(str(number), 0) for each in measured
                    ]
                    name = twins[place, number] = "".join(cell["source"])
                    tolerances[place, number] = float(tag.removeprefix(TOLERANCE))
                    moved[name] = max(*far, moved.get(name, 0))
    return {where: (tolerances[where], moved[twins[where]]) for where in tolerances}
