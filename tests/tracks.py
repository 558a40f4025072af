"""Both tracks at once: each framework computes tests/in_both.py in its own process."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from utils.storage import locks

TESTS = Path(__file__).resolve().parent
# The folder that pytest's workers share, and that goes with them.
SHARED = Path(os.environ["EVERY_PIXEL_DATA"], "both_tracks.pickle")
FRAMEWORKS = {"pytorch": "torch", "tensorflow": "tensorflow"}
# On one thread each: on a busy machine, threads that wait for each other are ten times
# slower than none. Without a GPU: the answers are compared to the last digits.
ENVIRONMENT = {
    "PYTHONPATH": str(TESTS.parent),
    "EVERY_PIXEL_HEADLESS": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "no_proxy": "127.0.0.1",
}


@functools.cache
def _run() -> dict[str, tuple[dict, dict, str]]:
    """Track -> answers and failures by section, and what it said. Runs once.

    Once for all of pytest's workers: whoever comes second waits for the first.
    """
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(locks.alone(SHARED.with_suffix(".lock")))
                break
            except BlockingIOError:
                time.sleep(0.5)
        if not SHARED.exists():
            SHARED.write_bytes(pickle.dumps(_computed()))
        return pickle.loads(SHARED.read_bytes())


def _computed() -> dict[str, tuple[dict, dict, str]]:
    """Let both tracks compute at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        started = {
            track: subprocess.Popen(
                [sys.executable, TESTS / f"in_{track}.py", Path(folder, track)],
                env={**os.environ, **ENVIRONMENT},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
            for track in FRAMEWORKS
        }
        found = {}
        for track, process in started.items():
            said, _ = process.communicate()
            if process.returncode:
                found[track] = {}, {"all": f"in_{track}.py stopped:\n{said}"}, said
            else:
                found[track] = *pickle.loads(Path(folder, track).read_bytes()), said
    return found


def _track(track: str) -> tuple[dict, dict, str]:
    for framework in FRAMEWORKS.values():
        if importlib.util.find_spec(framework) is None:
            pytest.skip(f"{framework} is not installed")
    return _run()[track]


def alone(track: str, *arguments, given: bytes = b"") -> bytes:
    """What a script writes in a Python of its own: two frameworks in one may crash.

    Skips where the track's framework is not installed, fails where the script fails.
    """
    framework = FRAMEWORKS[track]
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    done = subprocess.run(
        [sys.executable, *arguments],
        input=given,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout


def answer(track: str, section: str):
    """What a track computed for a section; its traceback fails the test."""
    answers, failures, _ = _track(track)
    for failed in (section, "all"):
        if failed in failures:
            pytest.fail(f"{track}: {failures[failed]}", pytrace=False)
    return answers[section]


def both(section: str) -> tuple:
    """What both tracks computed for a section: PyTorch's, TensorFlow's."""
    return answer("pytorch", section), answer("tensorflow", section)


def channels_last(array: np.ndarray, twin: np.ndarray) -> np.ndarray:
    """PyTorch's answer as TensorFlow's twin lies: images have their channels last."""
    if array.ndim == 4 and array.shape != twin.shape:
        return np.moveaxis(array, 1, -1)
    return array


def said(track: str) -> str:
    """Everything that a track wrote to the terminal."""
    return _track(track)[2]
