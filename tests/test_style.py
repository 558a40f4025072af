"""Files keep to the rules of pyproject.toml, and of the three systems."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from utils import plotting

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", (["check"], ["format", "--check"]), ids=" ".join)
def test_ruff_finds_nothing(command):
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
    found = subprocess.run(ruff, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert found.returncode == 0, found.stdout


# What Windows takes for a device, whatever the ending.
DEVICES = r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?"


@pytest.fixture(scope="module")
def places():
    """Every file of the course, as git names it."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this folder is not a git repository")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return listed.stdout.decode("utf-8").split("\0")[:-1]


def test_every_system_can_have_files_of_these_names(places):
    parts = {part for place in places for part in place.split("/")}
    for part in parts:
        assert not re.search(r'[<>:"|?*\\\x00-\x1f]|[. ]$', part), part
        assert not re.fullmatch(DEVICES, part, re.IGNORECASE), part


def test_no_two_names_differ_in_letter_case_alone(places):
    """Windows and macOS would keep one of the two files."""
    assert len({place.casefold() for place in places}) == len(set(places))


def test_paths_leave_room_for_the_folder_that_holds_the_course(places):
    """Windows takes 259 characters, and homes and downloads have long names."""
    assert max(map(len, places)) <= 100


def test_git_keeps_line_ends_as_they_are_built():
    """`check` compares built files to the last byte, on Windows too."""
    lines = (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert "* text=auto eol=lf" in lines


@pytest.mark.parametrize(
    "path", sorted((ROOT / "content").glob("*/[0-9]*.md")), ids=lambda path: path.stem
)
def test_lessons_and_labs_draw_in_the_style_of_the_course(path):
    """Colours are C0, C1... and the palette's; plotting lists what is used of it."""
    text = path.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```\{code-cell\}\n(.*?)^```", text, re.M | re.S))
    assert not re.findall(r'"#[0-9a-fA-F]{3,8}"|tab:', code)
    used = set(re.findall(r"\bplotting\.(\w+)", code))
    assert used <= set(plotting.__all__)
