"""The setup cell, where there is no course around: Colab's situation."""

import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from authoring.execute import ThisPython
from authoring.layout import TRACKS, Course
from authoring.notebook import TEMPLATE, setup_cell

ROOT = Path(__file__).resolve().parent.parent
WHERE = "from pathlib import Path\nprint(Path.cwd(), Path(utils.__file__).parent)"


def run(codes: list[str], folder: Path) -> list[str]:
    """Run code cells with ``folder`` as working directory; return what each prints."""
    cells = execute(codes, folder)
    return ["".join(output.text for output in cell.outputs) for cell in cells]


def execute(codes: list[str], folder: Path, **options) -> list:
    notebook = new_notebook(cells=[new_code_cell(code) for code in codes])
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, resources=place, **options)
    client.create_kernel_manager().kernel_spec_manager = ThisPython()
    client.execute(stderr=subprocess.DEVNULL)
    return notebook.cells


def setup(repository: str = "", needs: str = "") -> str:
    """The setup cell as the builder writes it."""
    text = setup_cell([], "pytorch", Course(ROOT))
    start = text.index("REPOSITORY")
    end = text.index("Stop =")
    lines = f'REPOSITORY = "{repository}"\nNEEDS = {needs.split()}\n'
    return text[:start] + lines + text[end:]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The address of a bare clone of this repository."""
    bare = tmp_path_factory.mktemp("bare") / "every-pixel.git"
    clone = ["git", "clone", "--quiet", "--bare", str(ROOT), str(bare)]
    done = subprocess.run(clone, capture_output=True, encoding="utf-8")
    if done.returncode:
        pytest.skip("this folder is not a git repository, so nothing can be cloned")
    return bare.as_uri()


def refusal(code: str, folder: Path) -> str:
    """Run a setup cell that must fail; return all that the learner sees."""
    (cell,) = execute([code], folder, allow_errors=True)
    (output,) = cell.outputs
    assert output.output_type == "error"
    return "\n".join(output.traceback)


def test_it_fetches_the_course_and_can_be_run_twice(tmp_path, repository):
    code = setup(repository)
    said = run([code, WHERE, code, "import sys\nprint(len(sys.path))", code], tmp_path)
    fetched = tmp_path / "every-pixel"
    assert said[:3] == ["", f"{tmp_path} {fetched / 'utils'}\n", ""]
    assert (fetched / "course.py").exists()


def test_it_puts_the_course_on_the_path_once(tmp_path, repository):
    count = "import sys\nprint(sys.path.count(str(folders[0])), len(sys.path))"
    code = setup(repository)
    said = run([code, count, code, count], tmp_path)
    assert said[1] == said[3] and said[1].startswith("1 ")


@pytest.mark.parametrize("track", TRACKS)
def test_a_lesson_copied_alone_fetches_the_course_and_imports(
    tmp_path, repository, track
):
    lessons = sorted((ROOT / "lessons" / "en" / track).glob("*.ipynb"))
    if not lessons:
        pytest.skip("no lesson is built yet")
    notebook = nbformat.read(lessons[0], as_version=4)
    codes = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    written = f'REPOSITORY = "{Course(ROOT).repository}"'
    assert written in codes[0]
    first = codes[0].replace(written, f'REPOSITORY = "{repository}"')
    said = run([first, codes[1], WHERE], tmp_path)
    assert said[2] == f"{tmp_path} {tmp_path / 'every-pixel' / 'utils'}\n"


@pytest.mark.parametrize("folder", [".", "lessons", "tests"])
def test_it_finds_the_course_from_inside(folder):
    place = ROOT / folder
    if not place.exists():
        pytest.skip("no lesson is built yet")
    said = run([setup(), WHERE], place)
    assert said == ["", f"{place} {ROOT / 'utils'}\n"]


@pytest.mark.parametrize(
    "line",
    ["__vsc_ipynb_file__ = {!r}", "import os\nos.environ['JPY_SESSION_NAME'] = {!r}"],
    ids=["VS Code", "Jupyter"],
)
def test_it_finds_the_course_from_the_notebook_s_place(tmp_path, line):
    notebook = str(ROOT / "lessons" / "en" / "pytorch" / "05.ipynb")
    said = run([line.format(notebook), setup(), WHERE], tmp_path)
    assert said[2] == f"{tmp_path} {ROOT / 'utils'}\n"


def test_without_a_course_it_says_one_sentence(tmp_path):
    assert refusal(setup(), tmp_path) == (
        "There is no course around; open the notebook in the course's folder."
    )


def test_a_clone_that_fails_is_one_sentence(tmp_path):
    address = (tmp_path / "nothing.git").as_uri()
    said = refusal(setup(address), tmp_path)
    assert said.startswith(
        f"`git clone --quiet --depth 1 {address} every-pixel` failed"
    )
    assert "\n" not in said


def test_a_missing_framework_is_one_sentence():
    assert refusal(setup(needs="numpy no_such_framework"), ROOT) == (
        "No no_such_framework here; run `python course.py lab --track pytorch`."
    )


def test_on_colab_only_what_is_missing_is_installed(tmp_path):
    pretend = (
        "import subprocess, sys, types\n"
        "sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
        "subprocess.getstatusoutput = lambda command: (0, f'<{command}>')"
    )
    said = run([pretend, setup(needs="numpy no_such_package PIL")], ROOT)
    assert said[1] == "Installing no_such_package <pip install -q no_such_package>\n"


def test_the_template_is_short_and_ends_with_the_import():
    text = setup_cell([], "pytorch", Course(ROOT))
    assert len(text.split("\n")) <= 30 and text.endswith("\nimport utils.pytorch")
    assert max(map(len, text.split("\n"))) <= 88
    assert "noqa" in TEMPLATE.read_text("utf-8") and "noqa" not in text
