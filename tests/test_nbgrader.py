"""A class on nbgrader: its own commands, run as docs/instructors.md tells."""

import copy
import json
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
        for name in ("course.py", "utils", "checks"):
            (folder / name).symlink_to(ROOT / name)
    except OSError:  # a right that Windows gives to few
        shutil.copy(ROOT / "course.py", folder)
        for name in ("utils", "checks"):
            shutil.copytree(ROOT / name, folder / name)
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


# --- what comes back from students


def role(number, kind="solution"):
    return f"{SMALL}-{kind}-{number}"


class Lab(list):
    """The cells of a solved lab, as a student changes them."""

    def at(self, name):
        roles = [cell["metadata"].get("nbgrader") for cell in self]
        ids = [isinstance(one, dict) and one.get("grade_id") for one in roles]
        return ids.index(name)

    def add_copy(self, name, to=None, **changed):
        cell = copy.deepcopy(self[self.at(name)])
        cell["id"] = f"{cell['id']}-{len(self)}"
        cell.update(changed)
        self.insert(self.at(name) + 1 if to is None else to, cell)
        return cell

    def drop(self, *names):
        for name in names:
            del self[self.at(name)]

    def move(self, name, to):
        self.insert(to, self.pop(self.at(name)))

    def turn(self, name, cell_type="markdown", **more):
        cell = self[self.at(name)]
        cell["cell_type"] = cell_type
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)
        cell.update(more)

    def split(self, name, keep=True):
        """As JupyterLab splits a cell; or as one that gives the second half no role."""
        second = self.add_copy(name)
        self[self.at(name)]["source"] = "half = 1"
        if not keep:
            second["metadata"] = {}


def copied(lab):
    lab.add_copy(role(1))
    lab.add_copy(role(1))
    lab.add_copy(role(2), to=0)  # a copy that fails: NumPy is not there yet
    note = lab.add_copy(role(3), cell_type="markdown")
    del note["outputs"], note["execution_count"]
    for kind in ("solution", "check"):
        lab.add_copy(role(4, kind), to=len(lab))
    lab.add_copy(role(5, "check"), to=0)
    lab.add_copy(role(6, "check"))


def deleted(lab):
    lab.drop(role(1, "check"), role(3, "check"), role(6, "check"))
    lab[lab.at(role(2))]["metadata"] = {}
    lab.drop(role(2, "check"))  # and nothing tells where it stood


def turned(lab):
    lab.turn(role(1))
    lab.turn(role(1, "check"))
    lab.turn(role(2), "raw")
    lab.turn(role(3), attachments={"a.png": {"image/png": "AA=="}})


def moved(lab):
    lab.move(role(1, "check"), lab.at(role(1)))
    lab.move(role(3), len(lab) - 1)
    lab.move(role(6, "check"), 0)
    lab.move(role(4), lab.at(role(3)))


def split(lab):
    lab.split(role(1))
    lab.split(role(2), keep=False)
    lab.drop(role(2, "check"))
    lab.add_copy(role(3, "check"), source="checks.lab00.border_iou(")


def without_metadata(lab):
    for cell in lab:
        cell["metadata"] = {}


def with_damaged_metadata(lab):
    broken = [{}, None, 5, [], {"grade_id": []}, {"grade_id": "x", "grade": True},
              {"grade": True, "locked": True}, {"schema_version": 99}]  # fmt: skip
    untagged = [cell for cell in lab if "nbgrader" not in cell["metadata"]]
    for cell, role_ in zip(untagged, broken):
        cell["metadata"]["nbgrader"] = role_
    changes = {
        role(1): {"schema_version": 99},
        role(2): {"schema_version": 0},
        role(3): {"points": 50, "grade": True},
        role(5, "check"): {"points": 99, "locked": False},
        role(6, "check"): {"points": None},
    }
    for name, change in changes.items():
        lab[lab.at(name)]["metadata"]["nbgrader"].update(change)


def from_another_lab(lab):
    for name in (role(1), role(1, "check")):
        cell = lab.add_copy(name, to=len(lab))
        cell["metadata"]["nbgrader"]["grade_id"] = name.replace(SMALL, "09_other")


def with_a_solution_gone(lab):
    lab.drop(role(2))
    lab.drop(role(5), role(5, "check"))
    lab.add_copy(role(1))


def changed(*changes):
    """The text of a solved lab after such changes."""
    whole = json.loads(solution(SMALL).read_text(encoding="utf-8"))
    lab = Lab(whole["cells"])
    for change in changes:
        change(lab)
    return json.dumps({**whole, "cells": lab})


@pytest.mark.skipif(SMALL not in LABS, reason="there is no small lab")
def test_right_answers_get_their_points_whatever_became_of_the_cells(school):
    empty = school / "release" / "labs" / f"{SMALL}.ipynb"
    solved = solution(SMALL).read_text(encoding="utf-8")
    submitted = {
        "solved": solved,
        "colab": as_colab_saves(solved),
        "empty": empty.read_text(encoding="utf-8"),
        "copied": changed(copied, from_another_lab),
        "colab_turned": as_colab_saves(changed(turned)),
        "split": changed(split, moved, with_damaged_metadata),
        "colab_deleted": as_colab_saves(changed(deleted)),
        "bare": changed(without_metadata),
        "gone": changed(with_a_solution_gone),
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
    gone = (points(SMALL) - 3, False)  # of exercises 2 and 5
    wanted = dict.fromkeys(submitted, full) | {"empty": none, "gone": gone}
    assert found == wanted, said
    assert "Cell 00_masks-check-3 was missing; it is restored." in said
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
