"""What a notebook needs is what `course.py lab` installs, for each track alone."""

import ast
import functools
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

import course
from authoring.kernels import LearnersPython
from authoring.layout import TRACKS

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(
    path
    for kind in ("lessons", "labs", "solutions")
    for path in ROOT.glob(f"{kind}/*/*/*.ipynb")
)
LIVE = "application/vnd.jupyter.widget-view+json"

# Each explorer once, on a picture of its own: live, as in JupyterLab.
EXPLORERS = """
import numpy as np
from utils import explorers
from utils.explorers import (
    attention, dilation, output_stride, overlap, roi, scatter, skips, sliding,
    threshold,
)
truth = (np.hypot(*(np.mgrid[:32, :32] - 15)) < 9).astype(np.uint8)
image = np.full((32, 32, 3), 180, np.uint8)
logits = np.stack([1.0 - truth, truth], -1)[None]
names = ("lawn", "disc")
""", [
    "attention.explore(image[None], [np.full((1, 4, 4, 4, 4), 1 / 16)], [(3, 3)])",
    "dilation.explore()",
    "output_stride.explore(image, truth, names)",
    "overlap.explore(image, truth)",
    "roi.explore()",
    "scatter.explore()",
    "skips.explore(image[None], {8: logits, 16: logits}, truth[None], names)",
    "sliding.explore(image, truth, truth)",
    "threshold.explore(image, truth * 0.8 + 0.1, truth)",
]  # fmt: skip


brought = functools.cache(metadata.packages_distributions)


def run(codes, folder, **variables):
    """Execute cells in the kernel that notebooks of that folder get."""
    notebook = new_notebook(cells=[new_code_cell(code) for code in codes])
    client = NotebookClient(notebook, resources={"metadata": {"path": str(folder)}})
    client.create_kernel_manager().kernel_spec_manager = LearnersPython()
    client.execute(env={**os.environ, **variables}, stderr=subprocess.DEVNULL)
    return notebook.cells


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_notebook_needs_only_what_the_requirements_name(path):
    """Named, not brought along by another package, which may stop needing it."""
    setup = nbformat.read(path, as_version=4).cells[1].source
    needs = ast.literal_eval(re.search(r"^NEEDS = (\[.*?\])$", setup, re.M | re.S)[1])
    named = course.requirements([path.parent.name])
    named = {line.partition(">")[0].lower() for line in named} | {"keras"}
    for module in needs:
        assert {name.lower() for name in brought()[module]} & named, module


@pytest.mark.parametrize("track", TRACKS)
def test_a_notebook_sees_one_track_and_no_tools_of_authors(tmp_path, track):
    names = ["torch", "torchvision", "tensorflow", "keras", "IPython", "scipy"]
    hidden = ["nbgrader", "sklearn", "skimage", "jupytext", "hypothesis", "playwright"]
    code = (
        "from importlib.metadata import PackageNotFoundError, version\n"
        "from importlib.util import find_spec\n"
        f"print(*[name for name in {names + hidden} if find_spec(name)])\n"
        "try:\n    print(version('nbgrader'))\n"
        "except PackageNotFoundError:\n    print('none')\n"
    )
    folder = tmp_path / track
    folder.mkdir()
    (cell,) = run([code], folder)
    own = ["torch", "torchvision"] if track == "pytorch" else ["tensorflow", "keras"]
    assert printed(cell).split() == [*own, "IPython", "scipy", "none"]


@pytest.mark.parametrize("track", TRACKS)
def test_every_quiz_and_every_explorer_is_live_there(track):
    prepare, shows = EXPLORERS
    quizzes = sorted((ROOT / "utils" / "quiz" / "questions" / "en").glob("*.json"))
    asks = [
        f"quiz.show('{path.stem[:2]}', '{part}')"
        for path in quizzes
        for part in ("pre", "post")
    ]
    lesson = next((ROOT / "lessons" / "en" / track).glob("00_*.ipynb"))
    setup = nbformat.read(lesson, as_version=4).cells[1].source
    codes = [setup, prepare, *shows, "from utils import quiz", *asks]
    cells = run(codes, lesson.parent, EVERY_PIXEL_HEADLESS="0")
    for cell in cells:
        if cell.source in (*shows, *asks):
            kinds = {kind for out in cell.outputs for kind in out.get("data", {})}
            assert LIVE in kinds, cell.source
    assert len(shows) == len(list((ROOT / "utils" / "explorers").glob("[a-z]*.py"))) - 1


def test_what_a_learner_has_added_hides_nothing_of_python_or_the_course(tmp_path):
    """Some packages put `utils`, `checks` or a twin of a standard module on the top."""
    site = tmp_path / "site"
    info = site / "untidy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: untidy\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("random\nutils\nchecks\nuntidy\n")
    (site / "untidy.py").touch()
    (site / "nameless-1.0.dist-info").mkdir()
    code = (
        "import sys\n"
        f"sys.path[:0] = {[str(site), str(ROOT / 'authoring')]!r}\n"
        "import one_track\n"
        "from importlib.util import find_spec\n"
        "one_track.hide_all_but({'pip'})\n"
        "names = ('random', 'utils', 'checks', 'untidy')\n"
        "print(*[bool(find_spec(name)) for name in names])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout.split() == ["True", "True", "True", "False"]
