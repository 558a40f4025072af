"""Every English lesson and solution, run as the tests run it, on other computers.

Each of RUNS is an environment, made anew from package lists, and a processor, imitated
by settings. The notebooks are compared with what is stored, as `course.py test` does.
What is measured is kept for as long as the notebook stays the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from authoring.layout import TRACKS
from authoring.notebook import SETUP
from benchmarks import environments, processors, store
from benchmarks.children import COURSE, INTERRUPTED
from benchmarks.machine import machine

KINDS = ("lessons", "solutions")
# Stored like a run: how the outputs differ from those that were stored before, made on
# another computer with two threads.
BEFORE = "before"
BATCH = 4  # two at a time
DECIMAL = re.compile(r"\s*[-+]?\d*\.\d+(?:e[-+]?\d+)?")
TEXTS = ("text", "text/plain")
FAR = 0.01  # from this deviation on, it is stored which cell moved


@dataclass(frozen=True)
class Run:
    """An environment ("3.12" for the tested set on that Python, or "colab") and a
    processor of `benchmarks.processors`, None for this one as it is."""

    environment: str
    processor: str | None = None


RUNS = {
    "python-3.10": Run("3.10", "AVX2, TensorFlow without oneDNN"),
    "python-3.11": Run("3.11", "SSE 4.1"),
    "python-3.12": Run("3.12", "AVX2, TensorFlow with oneDNN"),
    "python-3.13": Run("3.13"),
    "colab": Run("colab"),
}


def notebooks() -> list[str]:
    """List the English lessons and solutions of both tracks, by their place."""
    return [
        path.relative_to(COURSE).as_posix()
        for kind in KINDS
        for track in TRACKS
        for path in sorted((COURSE / kind / "en" / track).glob("*.ipynb"))
    ]


def digest(place: str) -> str:
    """Tell whether a notebook's code has changed, or words and whole numbers it prints.

    Left out are the set-up cell, pictures, and decimals, which another run may move.
    """
    notebook = json.loads((COURSE / place).read_text(encoding="utf-8"))
    codes = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    parts = [
        [cell["source"], [DECIMAL.sub("#", text) for text in texts(cell["outputs"])]]
        for cell in codes
        if cell["id"] != SETUP
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def texts(outputs: list[dict]) -> list[str]:
    """List what outputs say, without pictures."""
    found = []
    for output in outputs:
        data = {"text": output.get("text", ""), **output.get("data", {})}
        found += ["".join(data[kind]) for kind in sorted(data) if kind in TEXTS]
    return found


def is_done(found: dict | None, place: str) -> bool:
    """Tell whether a notebook has passed as it is now."""
    return bool(found) and found["digest"] == digest(place) and not found["failed"]


def measure(name: str, wanted: list[str], again: bool = False) -> dict:
    """Run what is not stored yet; store it and give all of this run.

    wanted: what a notebook's place must contain, one of them; none for all.
    Raises ValueError as the making of the environment does.
    """
    stored = store.read(store.COMPATIBILITY)
    run = stored.setdefault(name, {"notebooks": {}})
    known = run["notebooks"]
    for place in set(known) - set(notebooks()):
        del known[place]
    lacking = [
        place
        for place in notebooks()
        if (not wanted or any(word in place for word in wanted))
        and (again or not is_done(known.get(place), place))
    ]
    # In batches, so that an interruption loses little.
    for start in range(0, len(lacking), BATCH):
        batch = lacking[start : start + BATCH]
        print(f"{name}: {len(lacking) - start} notebooks left", flush=True)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            python = environments.python(RUNS[name].environment)
            known.update(tested(python, RUNS[name], batch, Path(folder)))
        run |= {"machine": machine(), "versions": environments.versions(python)}
        # Read again: another run may have ended meanwhile.
        store.write(store.COMPATIBILITY, {**store.read(store.COMPATIBILITY), name: run})
    return run


def tested(python: Path, run: Run, places: list[str], folder: Path) -> dict[str, dict]:
    """Give what pytest and nbval found of each notebook, run by that Python.

    folder: empty; where notebooks that fetch the course are put.
    """
    outside = run.environment == "colab"
    paths = places
    if outside:
        paths = environments.outside(places, folder)
    told, report = folder / "told.jsonl", folder / "report.xml"
    environment = {
        **os.environ,
        **processors.environment(run.processor),
        "EVERY_PIXEL_KERNEL": str(python),
        "EVERY_PIXEL_DEVIATIONS": str(told),
        "PYTHONPATH": os.pathsep.join([str(COURSE), str(COURSE / "tests")]),
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    if outside:
        settings_of = ["-c", str(COURSE / "pyproject.toml"), "--rootdir", str(folder)]
        options += [*settings_of, "-p", "nbval_numbers"]
    command = [sys.executable, "-m", "pytest", *options, *map(str, paths)]
    status = subprocess.run(command, cwd=COURSE, env=environment).returncode
    if status == INTERRUPTED or not report.exists():
        raise KeyboardInterrupt
    return {
        place: result(place, Path(path).as_posix(), told, report)
        for place, path in zip(places, paths, strict=True)
    }


def result(place: str, path: str, told: Path, report: Path) -> dict:
    """Sum up a notebook: seconds, cells that differ or fail, the largest deviation."""
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    cells = [each for each in map(json.loads, lines) if path.endswith(each["notebook"])]
    moved = [each for each in cells if "deviation" in each]
    found = {"digest": digest(place), "seconds": 0.0, "cells": 0, "failed": []}
    dotted = path.removesuffix(".ipynb").replace("/", ".")
    for case in ElementTree.parse(report).iter("testcase"):
        # pytest writes the notebook as the name of a class: lessons.en.pytorch.05_unet
        if not dotted.endswith(case.get("classname").removesuffix(".ipynb")):
            continue
        found["cells"] += 1
        found["seconds"] = round(found["seconds"] + float(case.get("time")), 1)
        if case.find("failure") is not None or case.find("error") is not None:
            found["failed"].append(case.get("name").rpartition(" ")[2])
    if not found["cells"]:
        raise ValueError(f"{place} was not run: read what pytest says above.")
    found["moved"] = {
        str(each["cell"]): round(each["deviation"], 3)
        for each in moved
        if each["deviation"] > FAR
    }
    if moved:
        most = max(moved, key=lambda each: each["deviation"])
        found |= {key: most[key] for key in ("deviation", "cell", "stored", "new")}
    return found
