"""Environments of other people: Colab's, and the tested set on other Pythons.

uv makes them, and brings the Python where there is none. They stay in
`data/cache/environments/`, some gigabytes each, until somebody deletes them; a changed
list of packages makes a new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat

from authoring.layout import Course
from authoring.notebook import SETUP
from benchmarks.children import COURSE
from benchmarks.machine import PACKAGES

HOME = COURSE / "data" / "cache" / "environments"
COLAB_PYTHON, COLAB = "3.13", COURSE / "benchmarks" / "colab.txt"
LEARNERS = [COURSE / "requirements.txt", COURSE / "constraints.txt"]
VERSIONS = (*PACKAGES, "scipy", "matplotlib", "ipywidgets", "ipython", "ipykernel")


def python(name: str) -> Path:
    """Give the Python of an environment, which is made if it is not there yet.

    name: "colab", or the version of a Python, such as "3.12", for the tested set.
    Raises ValueError without uv, or when uv cannot make it.
    """
    version, lists = (COLAB_PYTHON, [COLAB]) if name == "colab" else (name, LEARNERS)
    texts = "\0".join(path.read_text(encoding="utf-8") for path in lists)
    digest = hashlib.sha256(f"{version}\0{texts}".encode()).hexdigest()[:8]
    folder = HOME / f"{name}-{digest}"
    program = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    whole = folder / "installed"  # written last
    if not (whole.exists() and (folder / program).exists()):  # uv's Python may go
        shutil.rmtree(folder, ignore_errors=True)
        chosen = ["-r", str(lists[0]), *(f"-c{path}" for path in lists[1:])]
        _uv("venv", "--quiet", "--python", version, str(folder))
        _uv("pip", "install", "--python", str(folder / program), *chosen)
        whole.touch()
    return folder / program


def _uv(*arguments: str) -> None:
    found = shutil.which("uv")
    if not found and not find_spec("uv"):
        raise ValueError(
            "Environments are made by uv, which is not here: run `pip install uv`."
        )
    uv = [found] if found else [sys.executable, "-m", "uv"]
    if subprocess.run([*uv, *arguments]).returncode:
        raise ValueError(f"`uv {' '.join(arguments)}` failed: read above what it says.")


def versions(of: Path) -> dict[str, str]:
    """Give the versions of a Python, under "python", and of its packages.

    Raises ValueError if that Python is gone or broken.
    """
    code = (
        "import json, platform; from importlib.metadata import distributions as all;"
        "found = {each.name.lower(): each.version for each in all()};"
        "print(json.dumps({**found, 'python': platform.python_version()}))"
    )
    try:
        said = subprocess.run([of, "-I", "-c", code], capture_output=True, check=True)
        found = json.loads(said.stdout)
    except (OSError, subprocess.CalledProcessError, json.JSONDecodeError):
        raise ValueError(
            f"{of} is gone or broken; delete its environment in {HOME}, which is made "
            "anew then."
        ) from None
    return {name: found[name] for name in ("python", *VERSIONS) if name in found}


def published(folder: Path) -> str:
    """Clone the course into a bare repository, with its tag; give its address.

    What is not committed is left behind. Raises ValueError where git cannot clone.
    """
    target = folder / "every-pixel.git"
    git = shutil.which("git")
    if not git:
        raise ValueError("git is not installed; install it, then try again.")
    clone = [git, "clone", "--quiet", "--bare", str(COURSE), str(target)]
    light = ["-c", "tag.gpgSign=false", "tag", "--force"]  # else an editor opens
    tag = [git, "-C", str(target), *light, Course(COURSE).tag]
    for command in (clone, tag):
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise ValueError(
                f"git could not clone {COURSE}: run the benchmark in a clone of the "
                "course."
            )
    return target.as_uri()


def outside(places: list[str], folder: Path) -> list[Path]:
    """Copy notebooks out of the course, as if it was published; give the copies.

    Each lies in a folder of its own, as on Colab, where its first cell finds no course
    and fetches one. The folder's name is not that of a track alone, so that a kernel
    sees both frameworks.

    places: of the notebooks in the course, such as lessons/en/pytorch/05_unet.ipynb.
    folder: where there is no course in it or above it; the repository lies there, too.
    """
    repository = f'REPOSITORY = "{published(folder)}"'
    copies = []
    for place in places:
        notebook = nbformat.read(COURSE / place, as_version=4)
        (setup,) = [cell for cell in notebook.cells if cell.get("id") == SETUP]
        setup.source, count = re.subn(
            r'(?m)^REPOSITORY = ".*"$', lambda _: repository, setup.source
        )
        if count != 1:
            raise ValueError(f"{place} has no line REPOSITORY in its first cell.")
        kind, language, track, name = place.split("/")
        copy = folder / f"{kind}_{language}_{track}_{Path(name).stem}" / name
        copy.parent.mkdir()
        nbformat.write(notebook, copy)
        copies.append(copy)
    return copies
