"""From a fresh clone to JupyterLab, and from there to a figure of lesson 05.

The clone, the home folder and pip's cache are new, so what is measured is what a reader
waits for on the first day, the downloads included. It needs the network and gigabytes
of disk; `--installed` leaves that part out.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from benchmarks.children import COURSE
from benchmarks.machine import machine, versions

LESSON = "05_unet"
PATIENCE = 3600  # seconds that an installation may take
# A proxy must not be asked for this computer.
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def clone(folder: Path) -> Path:
    """Clone the course into a folder; what is not committed is left behind."""
    target = folder / "every-pixel"
    command = ["git", "clone", "--quiet", "--no-hardlinks", str(COURSE), str(target)]
    if subprocess.run(command).returncode:
        raise ValueError(
            f"git could not clone {COURSE}: run the benchmark in a clone of the course."
        )
    return target


def fresh_environment(home: Path) -> dict[str, str]:
    """Give an environment that knows no home, no cache and no virtual environment."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PIP_CACHE_DIR", "XDG_CACHE_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    home.mkdir()
    homes = dict.fromkeys(("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA"), str(home))
    return {**kept, **homes}


def seconds_to_lab(
    course: Path, tracks: list[str], environment: dict[str, str]
) -> float:
    """Start JupyterLab as a reader does and wait until it answers, then shut it down.

    tracks: what is installed where nothing is yet.
    Raises ValueError when it ends before, or takes an hour.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = "benchmark"
    python = getattr(sys, "_base_executable", sys.executable)
    options = ["--no-browser", f"--port={port}", f"--IdentityProvider.token={token}"]
    wanted = [f"--track={track}" for track in tracks]
    began = time.perf_counter()
    lab = subprocess.Popen(
        [python, "course.py", "lab", *wanted, *options],
        cwd=course,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            waited = time.perf_counter() - began
            if lab.poll() is not None or waited > PATIENCE:
                raise ValueError(
                    f"JupyterLab did not answer after {waited:.0f} s: run "
                    "`python course.py lab` and see what it says."
                )
            time.sleep(0.1)
        return time.perf_counter() - began
    finally:
        _shut_down(port, token)
        try:
            lab.wait(20)
        except subprocess.TimeoutExpired:
            lab.kill()


def _answers(port: int) -> bool:
    try:
        with LOCAL.open(f"http://127.0.0.1:{port}/lab", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True  # it asks for the token: it is there
    except OSError:
        return False


def _shut_down(port: int, token: str) -> None:
    """Ask by HTTP, which works on every system."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/shutdown",
        method="POST",
        headers={"Authorization": f"token {token}"},
    )
    with suppress(OSError):  # where it has gone already
        LOCAL.open(request, timeout=10).close()


def time_lesson(course: Path, track: str) -> dict[str, float]:
    """Open lesson 05 and run it; give seconds to its first figure and to its end.

    The clock starts before the kernel does. Nothing is in the cache yet.
    Raises ValueError when no cell shows a figure.
    """
    import nbformat
    from nbclient import NotebookClient

    from authoring.kernels import LearnersPython

    shutil.rmtree(course / "data" / "cache", ignore_errors=True)
    path = course / "lessons" / "en" / track / f"{LESSON}.ipynb"
    first: list[float] = []
    began = time.perf_counter()
    notebook = nbformat.read(path, as_version=4)

    def executed(cell, cell_index, execute_reply):
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        if not first and "image/png" in kinds:
            first.append(time.perf_counter() - began)
            print(f"    first figure after {first[0]:.1f} s", flush=True)

    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=executed,
    )
    client.create_kernel_manager().kernel_spec_manager = LearnersPython()
    hidden = ("JPY_SESSION_NAME", "MPLBACKEND", "PYTHONPATH")
    environment = {
        **{name: value for name, value in os.environ.items() if name not in hidden},
        "EVERY_PIXEL_HEADLESS": "1",
        "EVERY_PIXEL_DATA": str(course / "data"),
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    client.execute(env=environment, stderr=subprocess.DEVNULL)
    whole = time.perf_counter() - began
    if not first:
        raise ValueError(f"{path} shows no figure, but its first one is to be timed.")
    return {"first_figure": round(first[0], 1), "whole": round(whole, 1)}


def measure(tracks: list[str], install: bool) -> dict:
    """Measure everything; give seconds and what they were measured with.

    install: whether to install into the clone; else only the lessons are timed, with
        the Python that runs this.
    """
    result: dict = {"tracks": tracks, "machine": machine(), "versions": versions()}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        course = clone(folder)
        if install:
            environment = fresh_environment(folder / "home")
            for part in ("first_start", "second_start"):
                print(f"{part.replace('_', ' ')} of JupyterLab ...", flush=True)
                result[part] = round(seconds_to_lab(course, tracks, environment), 1)
                print(f"    {result[part]:.1f} s", flush=True)
        result["lessons"] = {}
        for track in tracks:
            print(f"lesson {LESSON}, {track}, some 150 s ...", flush=True)
            result["lessons"][track] = time_lesson(course, track)
    return result
