"""benchmarks/environments.py; uv and its gigabytes are imitated."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from authoring.layout import TRACKS, Course
from benchmarks import environments

ROOT = Path(__file__).resolve().parent.parent
PLACES = [f"{kind}/en/{track}/00_masks.ipynb" for kind in ("lessons", "solutions")
          for track in TRACKS] + ["lessons/ko/pytorch/00_masks.ipynb"]  # fmt: skip

PROGRAM = "Scripts/python.exe" if os.name == "nt" else "bin/python"


@pytest.fixture
def uv(monkeypatch, tmp_path):
    """What uv is asked; it makes a folder, and `uv.fails` says whether it fails."""

    class Uv(list):
        fails = False

        def run(self, command):
            self.append(command[1:])
            if command[1] == "venv":
                program = Path(command[-1], PROGRAM)
                program.parent.mkdir(parents=True)
                program.touch()
            return subprocess.CompletedProcess(command, int(self.fails))

    asked = Uv()
    monkeypatch.setattr(environments, "HOME", tmp_path / "environments")
    monkeypatch.setattr(environments.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(environments.subprocess, "run", asked.run)
    return asked


def test_an_environment_is_made_once(uv):
    python = environments.python("colab")
    venv, install = uv
    assert venv[:4] == ["venv", "--quiet", "--python", "3.13"]
    assert python.is_relative_to(venv[-1])
    assert install[-2:] == ["-r", str(ROOT / "benchmarks" / "colab.txt")]
    assert environments.python("colab") == python and len(uv) == 2


def test_other_pythons_get_what_was_tested(uv):
    assert environments.python("3.10") != environments.python("3.12")
    assert uv[2][3] == "3.12"
    assert uv[3][-3:] == [
        "-r", str(ROOT / "requirements.txt"), f"-c{ROOT / 'constraints.txt'}"
    ]  # fmt: skip


def test_a_changed_list_makes_a_new_environment(uv, monkeypatch, tmp_path):
    before = environments.python("colab")
    (tmp_path / "colab.txt").write_text("numpy==3.0\n")
    monkeypatch.setattr(environments, "COLAB", tmp_path / "colab.txt")
    assert environments.python("colab") != before


def test_half_an_environment_is_made_again(uv):
    uv.fails = True
    with pytest.raises(ValueError, match="^`uv venv .*` failed"):
        environments.python("colab")
    uv.fails = False
    environments.python("colab")
    assert [command[0] for command in uv] == ["venv", "venv", "pip"]


def test_an_environment_without_its_python_is_made_again(uv):
    environments.python("3.12").unlink()
    assert environments.python("3.12").exists() and len(uv) == 4


def test_without_uv_it_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(environments, "HOME", tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(environments, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install uv"):
        environments.python("colab")


def test_uv_may_be_a_module_of_this_python(uv, monkeypatch):
    monkeypatch.setattr(environments.shutil, "which", lambda name: None)
    monkeypatch.setattr(environments, "find_spec", lambda name: name)
    monkeypatch.setattr(uv, "append", lambda command: None)
    asked = []
    monkeypatch.setattr(
        environments.subprocess,
        "run",
        lambda command: asked.append(command) or uv.run(["uv", *command[3:]]),
    )
    environments.python("colab")
    assert {tuple(command[:3]) for command in asked} == {(sys.executable, "-m", "uv")}


def test_colab_has_what_the_notebooks_need():
    listed = (ROOT / "benchmarks" / "colab.txt").read_text("utf-8")
    packages = set(re.findall(r"(?m)^([a-z]+)", listed))
    for path in ROOT.glob("*/en/*/*.ipynb"):
        cell = nbformat.read(path, as_version=4).cells[1].source
        needed = re.findall(r'"(\w+)"', re.search(r"NEEDS = \[([^]]*)", cell)[1])
        assert {name.replace("PIL", "pillow") for name in needed} <= packages, path


def test_the_versions_of_another_python_are_told():
    found = environments.versions(Path(sys.executable))
    assert list(found)[0] == "python"
    assert found["numpy"] == __import__("numpy").__version__


@pytest.mark.skipif(os.name == "nt", reason="a program is a script here")
@pytest.mark.parametrize("program", [None, "exit 1", "echo no JSON"])
def test_a_python_that_is_gone_or_broken_is_one_sentence(tmp_path, program):
    python = tmp_path / "python"
    if program:
        python.write_text(f"#!/bin/sh\n{program}\n")
        python.chmod(0o755)
    with pytest.raises(ValueError, match=f"^{python} is gone or broken; delete"):
        environments.versions(python)


def test_without_git_nothing_is_published_and_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="^git is not installed; install it"):
        environments.published(tmp_path)


def test_a_tag_that_everyone_else_signs_asks_nothing(tmp_path, monkeypatch):
    """A signed tag wants a message, so git opens an editor."""
    settings = tmp_path / "settings"
    settings.write_text("[tag]\ngpgSign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_EDITOR", f"touch '{tmp_path}/edited' #")
    address = environments.published(tmp_path)
    assert not (tmp_path / "edited").exists()
    tags = subprocess.check_output(["git", "ls-remote", "--tags", address])
    assert Course(ROOT).tag in tags.decode()


def test_notebooks_outside_fetch_the_tag_of_a_repository(tmp_path):
    copies = environments.outside(PLACES, tmp_path)
    assert len({copy.parent for copy in copies}) == len(PLACES)
    for place, copy in zip(PLACES, copies, strict=True):
        assert copy.name == Path(place).name and copy.parent.name not in TRACKS
        ours, theirs = (
            [cell["source"] for cell in json.loads(path.read_text("utf-8"))["cells"]]
            for path in (ROOT / place, copy)
        )
        assert ours[0] == theirs[0] and ours[2:] == theirs[2:]
        line = re.search(r'REPOSITORY = "(file:.*)"', "".join(theirs[1]))
        tag = ["git", "ls-remote", "--tags", line[1], Course(ROOT).tag]
        assert subprocess.check_output(tag)
