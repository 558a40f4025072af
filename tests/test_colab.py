"""The setup cell, where there is no course around: Colab's situation."""

import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from authoring.kernels import LearnersPython, learners
from authoring.layout import TRACKS, Course
from authoring.notebook import TEMPLATE, setup_cell

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
FETCHED = f"every-pixel-{COURSE.tag}"  # the folder beside a notebook that lies alone
KERNEL = learners().argv[0]
WHERE = "from pathlib import Path\nprint(Path.cwd(), Path(utils.__file__).parent)"


def run(codes: list[str], folder: Path) -> list[str]:
    """Run code cells with ``folder`` as working directory; return what each prints."""
    cells = execute(codes, folder)
    return ["".join(output.text for output in cell.outputs) for cell in cells]


def execute(codes: list[str], folder: Path, **options) -> list:
    notebook = new_notebook(cells=[new_code_cell(code) for code in codes])
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, resources=place, **options)
    client.create_kernel_manager().kernel_spec_manager = LearnersPython()
    # Under pytest, a kernel shows nothing of what programs say that it starts.
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    client.execute(env=environment, stderr=subprocess.DEVNULL)
    return notebook.cells


def setup(repository: str = "", needs: str = "", language: str = "en") -> str:
    """The setup cell as the builder writes it."""
    text = setup_cell([], "pytorch", language, COURSE)
    text = text.replace(f'"{COURSE.repository}"\n', f"{repository!r}\n", 1)
    return re.sub(r"(?m)^NEEDS = .*", f"NEEDS = {needs.split()}", text)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The address of a bare repository; its tag is the course as it lies here."""
    if not (ROOT / ".git").exists():
        pytest.skip("this folder is not a git repository, so nothing can be cloned")
    bare = tmp_path_factory.mktemp("bare") / "every-pixel.git"
    subprocess.run(["git", "init", "--quiet", "--bare", bare], check=True)

    def git(*command: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x", "-c", "tag.gpgSign=false"]
        command = ["git", "-C", bare, *who, *command]
        said = subprocess.check_output(command, stdin=subprocess.DEVNULL)
        return said.decode().strip()

    git("-c", "core.bare=false", f"--work-tree={ROOT}", "add", "--all", str(ROOT))
    published = git("commit-tree", "-m", "published", git("write-tree"))
    git("tag", COURSE.tag, published)
    # What is newest, and not what was published.
    newest = git("commit-tree", "-m", "empty", git("mktree"))
    git("update-ref", git("symbolic-ref", "HEAD"), newest)
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
    fetched = tmp_path / FETCHED
    assert said[:3] == ["", f"{tmp_path} {fetched / 'utils'}\n", ""]
    assert (fetched / "course.py").exists()
    assert list(tmp_path.iterdir()) == [fetched]


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
    written = f'REPOSITORY = "{COURSE.repository}"'
    assert written in codes[0]
    first = codes[0].replace(written, f'REPOSITORY = "{repository}"')
    said = run([first, codes[1], WHERE], tmp_path)
    assert said[2] == f"{tmp_path} {tmp_path / FETCHED / 'utils'}\n"


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
    assert refusal(setup(address), tmp_path) == (
        f"{address} cannot be fetched; check git and the network."
    )


def test_without_git_it_says_the_same_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    address = (tmp_path / "nothing.git").as_uri()
    assert refusal(setup(address), tmp_path).startswith(f"{address} cannot be fetched")


class Guarded(BaseHTTPRequestHandler):
    """Asks for a name and a password, as GitHub does for what is not public."""

    def do_GET(self):
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def guarded():
    """The address of a repository that git may not read."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Guarded) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/a/b"
        server.shutdown()


def test_it_asks_nobody_for_a_password(tmp_path, guarded, monkeypatch):
    """Neither by a program nor, below, in the terminal from which Jupyter runs."""
    asks = tmp_path / "asks"
    asks.write_text(f"#!/bin/sh\ntouch '{tmp_path}/asked'\n")
    asks.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(asks))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert "cannot be fetched; check git" in refusal(setup(guarded), tmp_path)
    assert not (tmp_path / "asked").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_it_asks_nothing_in_the_terminal(tmp_path, guarded, monkeypatch):
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    (tmp_path / "cell.py").write_text(setup(guarded), "utf-8")
    inside = f"import pty; pty.spawn([{sys.executable!r}, 'cell.py'])"
    terminal = [sys.executable, "-c", inside]
    typed = "a name\na password\n"  # so that what asks goes on
    done = subprocess.run(  # what asks a second time would wait for ever
        terminal,
        cwd=tmp_path,
        input=typed,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert f"{guarded} cannot be fetched" in done.stdout
    assert "Username" not in done.stdout


def test_another_day_s_course_beside_the_notebook_is_not_used(tmp_path, repository):
    for name in ("every-pixel", "every-pixel-v0.1"):
        (tmp_path / name / "utils" / "simulators").mkdir(parents=True)
        (tmp_path / name / "utils" / "simulators" / "meadow.py").touch()
        (tmp_path / name / "course.py").touch()
    said = run([setup(repository), WHERE], tmp_path)
    assert said[1] == f"{tmp_path} {tmp_path / FETCHED / 'utils'}\n"


def test_what_is_in_the_way_is_named(tmp_path, repository):
    """A file of that name, or what is left of a course."""
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / FETCHED).touch()
    (tmp_path / "half" / FETCHED / ".git").mkdir(parents=True)
    (tmp_path / "half" / FETCHED / "utils").mkdir()
    (tmp_path / "half" / FETCHED / "course.py").touch()
    for folder in (tmp_path / "file", tmp_path / "half"):
        assert refusal(setup(repository), folder) == (
            f"{repository} cannot be fetched; delete {folder / FETCHED} first."
        )
        assert list(folder.iterdir()) == [folder / FETCHED]


def test_a_fetch_that_was_killed_is_not_taken_for_the_course(tmp_path, repository):
    """It left some files, at the side; the next try fetches the whole."""
    killed = (
        "import subprocess, pathlib\n"
        "def half(command, **_):\n"
        "    marker = pathlib.Path(command[-1], 'utils/simulators/meadow.py')\n"
        "    marker.parent.mkdir(parents=True)\n"
        "    marker.touch()\n"
        "    raise KeyboardInterrupt\n"
        "real, subprocess.run = subprocess.run, half\n"
    )
    code = setup(repository)
    execute([killed + code], tmp_path, allow_errors=True)
    assert not (tmp_path / FETCHED).exists()
    said = run([code, WHERE], tmp_path)
    assert said[1] == f"{tmp_path} {tmp_path / FETCHED / 'utils'}\n"


def test_another_project_above_is_not_taken_for_the_course(tmp_path):
    (tmp_path / "utils").mkdir()
    for name in ("course.py", "utils/__init__.py", "utils/pytorch.py"):
        (tmp_path / name).touch()
    (tmp_path / "notebooks").mkdir()
    assert refusal(setup(), tmp_path / "notebooks").startswith("There is no course")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no folder without writing")
def test_a_folder_without_the_right_to_write_is_one_sentence(tmp_path, repository):
    denied = "import tempfile\ndef deny(*_, **__): raise PermissionError\n"
    code = f"{denied}tempfile.mkdtemp = deny\n{setup(repository)}"
    assert refusal(code, tmp_path).startswith(f"{repository} cannot be fetched")


@pytest.mark.parametrize(
    "address",
    ["file:///x; touch ran; #", "file:///x$(touch ran)", "--upload-pack=touch ran"],
)
def test_no_part_of_the_address_is_run(tmp_path, address):
    assert "cannot be fetched" in refusal(setup(address), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_notebook_says_its_language_wherever_it_lies(language, monkeypatch):
    """Also in another language's folder, and after one of another language."""
    monkeypatch.setenv("EVERY_PIXEL_LANGUAGE", "fr")
    monkeypatch.setenv("JPY_SESSION_NAME", str(ROOT / "lessons/ko/pytorch/05.ipynb"))
    asked = "from utils.quiz.find import spoken\nprint(spoken())"
    other = setup(language={"en": "ko", "ko": "en"}[language])
    said = run([other, setup(language=language), asked], ROOT / "lessons")
    assert said[2] == f"{language}\n"


@pytest.mark.parametrize("track", TRACKS)
def test_a_missing_package_is_one_sentence_with_both_ways_out(track):
    code = setup(needs="numpy no_such_framework PIL nothing")
    code = code.replace('check(NEEDS, "pytorch")', f'check(NEEDS, "{track}")')
    assert refusal(code, ROOT) == (
        f"No no_such_framework nothing in this kernel ({KERNEL}): choose the "
        f".venv of `python course.py lab --track {track}`, or run "
        "`pip install no_such_framework nothing`."
    )


def test_pillow_is_asked_for_by_the_name_of_its_package():
    hidden = "import importlib.util\nimportlib.util.find_spec = lambda *_: None"
    notebook = f"{hidden}\n{setup(needs='PIL')}"
    said = refusal(notebook, ROOT)
    assert said.startswith("No pillow in") and said.endswith("`pip install pillow`.")


def test_all_other_packages_have_the_names_of_their_modules():
    needed = set()
    for path in (ROOT / "lessons" / "en").glob("*/*.ipynb"):
        cell = nbformat.read(path, as_version=4).cells[1].source
        needed |= set(re.findall(r'"(\w+)"', re.search(r"NEEDS = \[([^]]*)", cell)[1]))
    assert {"PIL", "numpy"} <= needed
    for name in needed - {"PIL"}:
        assert name in packages_distributions()[name]


def test_on_colab_only_what_is_missing_is_installed():
    pretend = (
        "import subprocess, sys, types\n"
        "sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
        "subprocess.run = lambda command: print(*command[1:])"
    )
    said = run([pretend, setup(needs="numpy no_such_package PIL")], ROOT)
    assert said[1] == "-m pip install no_such_package\n"


def test_the_template_is_short_and_ends_with_the_import():
    for track in TRACKS:
        lines = setup_cell([], track, "ko", COURSE).split("\n")
        assert len(lines) <= 30 and lines[-1] == f"import utils.{track}"
        assert max(map(len, lines)) <= 88
    assert "noqa" in TEMPLATE.read_text("utf-8") and "noqa" not in lines[-1]
