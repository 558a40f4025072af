"""Measurements in fresh processes: nothing is inherited from an earlier one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import machine, threads_environment, versions

COURSE = Path(__file__).resolve().parent.parent
INTERRUPTED = 130  # exit code after Ctrl-C


def measured(module: str, arguments: list[str], threads: int) -> dict:
    """Run `python -m MODULE OUT ARGUMENTS`; give the JSON that it wrote to OUT.

    Raises RuntimeError when it fails, KeyboardInterrupt when it was interrupted.
    """
    environment = {
        **os.environ,
        **threads_environment(threads),
        "EVERY_PIXEL_HEADLESS": "1",
        "PYTHONPATH": str(COURSE),
        "PYTHONIOENCODING": "utf-8",
    }
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "result.json")
        command = [sys.executable, "-m", module, str(out), *arguments]
        status = subprocess.run(command, cwd=COURSE, env=environment).returncode
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        if status or not out.exists():
            raise RuntimeError(
                f"{module} {' '.join(arguments)} stopped with exit code {status}; "
                "what it said is above."
            )
        return json.loads(out.read_text(encoding="utf-8"))


def hand_over(out: str, rates: Callable[[], dict]) -> int:
    """In the child: measure, and write rates, machine and versions to OUT as JSON.

    Returns the exit code, INTERRUPTED after Ctrl-C.
    """
    try:
        result = {"rates": rates(), "machine": machine(), "versions": versions()}
    except KeyboardInterrupt:
        return INTERRUPTED
    Path(out).write_text(json.dumps(result), encoding="utf-8")
    return 0
