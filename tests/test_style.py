"""Modules and notebooks keep to the rules of pyproject.toml."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", (["check"], ["format", "--check"]), ids=" ".join)
def test_ruff_finds_nothing(command):
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
    found = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
