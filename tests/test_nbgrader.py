"""A class on nbgrader: its own commands, run as docs/instructors.md tells."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from saved import as_colab_saves

from authoring.layout import TRACKS, Course
from authoring.read import read

pytestmark = pytest.mark.slow  # nbgrader is started often

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
LABS = [path.stem for path in COURSE.contents("labs")]
SMALL = "00_masks"  # executed here: NumPy alone, a few seconds


def solution(stem, track="pytorch"):
    return COURSE.notebook("solutions", "en", track, stem)


def points(stem, track="pytorch"):
    lab = read(ROOT / "content" / "labs" / f"{stem}.md", COURSE)
    return sum(cell.points or 0 for cell in lab.track(track))


def load(path):
    return nbformat.read(path, as_version=4)


def nbgrader(folder, *command):
    """Run a command of nbgrader in the folder of a class; return what it says."""
    (folder / "empty").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "EVERY_PIXEL_HEADLESS": "1",
        "EVERY_PIXEL_DATA": str(folder / "empty"),
        "IPYTHONDIR": str(folder / "empty"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "OMP_NUM_THREADS": "1",
        # It starts a program that lies beside this Python.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    environment.pop("MPLBACKEND", None)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """The folder of a class that has released all labs, as one assignment."""
    folder = tmp_path_factory.mktemp("class")
    shutil.copy(ROOT / "docs" / "nbgrader_config.py", folder)
    (folder / "source" / "labs").mkdir(parents=True)
    for stem in LABS:
        shutil.copy(solution(stem), folder / "source" / "labs")
    try:
        for name in ("course.py", "utils"):
            (folder / name).symlink_to(ROOT / name)
    except OSError:  # a right that Windows gives to few
        shutil.copy(ROOT / "course.py", folder)
        shutil.copytree(ROOT / "utils", folder / "utils")
    nbgrader(folder, "generate_assignment", "labs")
    return folder


def gradebook(folder):
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{folder}/gradebook.db")


def test_nbgrader_releases_the_labs_as_the_course_has_them(school):
    for stem in LABS:
        released = load(school / "release" / "labs" / f"{stem}.ipynb")
        ours = load(COURSE.notebook("labs", "en", "pytorch", stem))
        assert [c.source for c in released.cells] == [c.source for c in ours.cells]
        graded = [c.metadata.get("nbgrader", {}).get("grade_id") for c in ours.cells]
        assert graded == [
            c.metadata.get("nbgrader", {}).get("grade_id") for c in released.cells
        ]


def test_the_gradebook_knows_the_points_of_each_lab(school):
    with gradebook(school) as book:
        known = {n.name: n.max_score for n in book.find_assignment("labs").notebooks}
    assert known == {stem: points(stem) for stem in LABS}


@pytest.mark.skipif(SMALL not in LABS, reason="there is no small lab")
def test_a_solved_lab_gets_full_points_and_an_empty_one_none(school):
    empty = school / "release" / "labs" / f"{SMALL}.ipynb"
    solved = solution(SMALL).read_text(encoding="utf-8")
    submitted = {
        "solved": solved,
        "colab": as_colab_saves(solved),
        "empty": empty.read_text(encoding="utf-8"),
    }
    for student, text in submitted.items():
        folder = school / "submitted" / student / "labs"
        folder.mkdir(parents=True)
        (folder / empty.name).write_text(text, encoding="utf-8")
    said = nbgrader(school, "autograde", "labs", f"--notebook={SMALL}")
    with gradebook(school) as book:
        scores = {
            student: book.find_submission_notebook(SMALL, "labs", student)
            for student in submitted
        }
        found = {s: (n.score, n.needs_manual_grade) for s, n in scores.items()}
    full, none = (points(SMALL), False), (0, False)
    assert found == {"solved": full, "colab": full, "empty": none}, said
    graded = load(school / "autograded" / "empty" / "labs" / f"{SMALL}.ipynb")
    errors = [
        output
        for cell in graded.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    # The checks alone: everything else survives an exercise that is not written yet.
    assert {error.ename for error in errors} == {"NotYet"}


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("stem", LABS)
def test_nbgrader_gives_the_stored_solution_full_points(stem, track):
    from nbgrader.utils import determine_grade, is_grade, is_solution

    earned = possible = 0
    for cell in load(solution(stem, track)).cells:
        if is_grade(cell):
            score, most = determine_grade(cell)
            if score is None:  # a written answer, graded by a person
                assert is_solution(cell)
                score = most
            earned, possible = earned + score, possible + most
    assert earned == possible == points(stem, track) > 0


def test_the_commands_for_instructors_exist():
    from nbgrader.apps import NbGraderApp

    text = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"(?m)nbgrader ([a-z_]+)\b(?= lab00|$|  )", text))
    assert {"generate_assignment", "autograde", "collect", "export"} <= commands
    assert commands <= set(NbGraderApp.subcommands)
