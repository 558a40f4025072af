"""The entry point, run as a learner runs it: as a program, in a folder of its own.

Nothing is installed and no network is used. Fakes of `venv` and `ensurepip` make real
environments and let them see fakes of pip, JupyterLab and the frameworks, which note
how they were called.
"""

import ast
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from fnmatch import fnmatch
from importlib.metadata import files
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
posix = pytest.mark.skipif(os.name == "nt", reason="signals as on Linux and macOS")

NOTE = """
import json, os, sys, sysconfig, tempfile
from pathlib import Path
def note(program):
    site = Path(sysconfig.get_path("purelib"))
    call = {
        "program": program,
        "arguments": sys.argv[1:],
        "folder": os.getcwd(),
        "environment": Path(sys.prefix).name,
        "path": sys.path,
        "without": [name for name, module in sys.modules.items() if module is None],
        "variables": dict(os.environ),
        "temporary": tempfile.gettempdir(),
        "temporaries": os.listdir(tempfile.gettempdir()),
        "packages": sorted(path.name for path in site.iterdir()),
    }
    with open(os.environ["CALLS"], "a", encoding="utf-8") as calls:
        calls.write(json.dumps(call) + "\\n")
    print(os.environ.get(f"{program}_says".upper(), ""), file=sys.stderr)
"""
PROGRAM = """
import os, sys, time
if {name!r} == "pip" and sys.argv[1] == "config":
    print(os.environ.get("PIP_SETTINGS", ""))
    sys.exit()
from note import note
if __name__ == "__main__":
    note({name!r})
    time.sleep(float(os.environ.get("{name}_takes".upper(), 0)))
    exec(os.environ.get("{name}_does".upper(), ""))
    sys.exit(int(os.environ.get("{name}_exits".upper(), 0)))
"""
# The real venv, only without the real pip, which would take seconds each time.
VENV = """
import os, subprocess, sys, sysconfig, time
from pathlib import Path
print(os.environ.get("VENV_SAYS", ""))
time.sleep(float(os.environ.get("VENV_TAKES", 0)))
exec(os.environ.get("VENV_DOES", ""))
if "VENV_EXITS" in os.environ:
    sys.exit(int(os.environ["VENV_EXITS"]))
subprocess.run([sys.executable, "-I", "-m", "venv", *sys.argv[1:]], check=True)
folders = {"base": sys.argv[-1], "platbase": sys.argv[-1]}
site = Path(sysconfig.get_path("purelib", "venv", folders))
(site / "fakes.pth").write_text(os.environ["FAKES"])
"""
ENSUREPIP = """
import os, sys, sysconfig
from pathlib import Path
exec(os.environ.get("ENSUREPIP_DOES", ""))
info = Path(sysconfig.get_path("purelib"), "pip-1.0.dist-info")
info.mkdir()
(info / "INSTALLER").write_text("pip")
(info / "RECORD").write_text("pip-1.0.dist-info/INSTALLER,,")
"""
FRAMEWORK = """
import os
from types import SimpleNamespace
if "{name}_fails".upper() in os.environ:
    raise RuntimeError(os.environ["{name}_fails".upper()])
cpu = SimpleNamespace(get_cpu_capability=lambda: "AVX2")
backends = SimpleNamespace(cpu=cpu, mps=SimpleNamespace(is_available=lambda: False))
cuda = backends.mps
get_num_threads = lambda: 2
devices = [SimpleNamespace(name="/physical_device:CPU:0")]
config = SimpleNamespace(list_physical_devices=lambda: devices)
"""
# What the start itself sees, and no program that it starts.
AROUND = """
import os, shutil, subprocess, sys, types
class Popen(subprocess.Popen):
    def __init__(self, args, **options):
        for name in {"venv", "ensurepip"} & {*args}:
            place = args.index(name)
            fake = os.path.join(os.environ["FAKES"], name + ".py")
            args = [*args[:place - 1], fake, *args[place + 1:]]
        super().__init__(args, **options)
subprocess.Popen = Popen
if "READ_ONLY" in os.environ:
    os.access = lambda path, mode: mode != os.W_OK
if "FREE_GIGABYTES" in os.environ:
    free = int(float(os.environ["FREE_GIGABYTES"]) * 1e9)
    shutil.disk_usage = lambda path: types.SimpleNamespace(free=free)
if "LACKING" in os.environ:
    sys.modules[os.environ["LACKING"]] = None
"""


class Course:
    """A copy of the course's entry point with small requirements, and its fakes."""

    def __init__(self, folder):
        # Learners' folders have spaces and letters of their languages.
        self.root = folder / "my 과정"
        self.calls_file = folder / "calls.jsonl"
        self.root.mkdir()
        shutil.copy(ROOT / "course.py", self.root)
        self.write(
            "requirements.txt", "torch>=2\ntorchvision\ntensorflow>=2\ntqdm>=4\n"
        )
        self.write("requirements-dev.txt", "# tools\npytest>=8  # runs it all\n")
        self.write("constraints.txt", "tqdm==4.1\n")
        data_sets = self.root / "utils" / "datasets"
        storage = self.root / "utils" / "storage"
        for folder_of in (data_sets, storage):
            folder_of.mkdir(parents=True)
        shutil.copy(ROOT / "utils" / "storage" / "locks.py", storage)
        (data_sets / "catalogue.py").write_text("DATA_SETS = []")
        self.fakes = folder / "fakes"
        for name in ("pip", "jupyterlab", "pytest", "authoring"):
            self.fake(self.fakes / name, PROGRAM.format(name=name))
        self.fake(data_sets, PROGRAM.format(name="datasets") + "\nstate = str\n")
        (self.fakes / "venv.py").write_text(VENV)
        (self.fakes / "ensurepip.py").write_text(ENSUREPIP)
        for name in ("torch", "torchvision", "tensorflow"):
            (self.fakes / f"{name}.py").write_text(FRAMEWORK.format(name=name))
        (self.fakes / "note.py").write_text(NOTE)
        (folder / "outside").mkdir()
        (folder / "outside" / "sitecustomize.py").write_text(AROUND)
        # The uv of this computer is not meant.
        path = os.environ["PATH"].split(os.pathsep)
        path = [place for place in path if not shutil.which("uv", path=place)]
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(folder / "programs"), *path]),
            "PYTHONPATH": str(folder / "outside"),
            "FAKES": str(self.fakes),
            "CALLS": str(self.calls_file),
            "PYTHONIOENCODING": "utf-8",
        }
        # What `course.py test` has set for these tests is not meant either.
        for name in ("EVERY_PIXEL_HEADLESS", "EVERY_PIXEL_KERNEL", "JUPYTER_PATH"):
            self.environment.pop(name, None)

    def fake(self, folder, text):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / "__main__.py").write_text(text)

    def have_uv(self):
        """Put a fake uv where programs are looked for."""
        place = Path(self.environment["PATH"].split(os.pathsep)[0], "uv")
        place.parent.mkdir()
        start = (
            f"#!{sys.executable}\nimport sys; sys.path.append({str(self.fakes)!r})\n"
        )
        place.write_text(start + PROGRAM.format(name="uv"))
        place.chmod(0o755)

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def command(self, arguments, variables):
        """Give what starts course.py, for the functions of subprocess."""
        return {
            "args": [sys.executable, str(self.root / "course.py"), *arguments],
            "env": {**self.environment, **variables},
            "cwd": self.root,
            "encoding": "utf-8",
        }

    def start(self, *arguments, folder=None, **variables):
        """Run course.py to its end; give what it said and its exit code."""
        command = self.command(arguments, variables)
        command["cwd"] = folder or self.root
        return subprocess.run(**command, capture_output=True)

    def begin(self, *arguments, **variables):
        """Start course.py and do not wait for it."""
        return subprocess.Popen(
            **self.command(arguments, variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def all_calls(self):
        """Give the calls of the fake programs since the last time this was asked."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text(encoding="utf-8").splitlines()
        self.calls_file.unlink()
        return [json.loads(line) for line in lines]

    def calls(self, program):
        """Give the calls of one program, and forget all."""
        return [call for call in self.all_calls() if call["program"] == program]

    def installed(self):
        """Give the requirements of the one call of pip since the last time."""
        (call,) = self.calls("pip")
        names = ("torch", "torchvision", "tensorflow", "tqdm")
        plain = [argument.split(">")[0] for argument in call["arguments"]]
        return [name for name in plain if name in names]

    def site(self, name=".venv"):
        return next(self.root.glob(f"{name}/[Ll]ib/**/site-packages"))

    def package(self, name, installer=True, files=()):
        """Put a package's .dist-info there as pip leaves it."""
        info = self.site() / f"{name}-1.0.dist-info"
        info.mkdir()
        rows = [*files, f"{info.name}/METADATA"]
        (info / "METADATA").touch()
        (info / "RECORD").write_text("".join(f"{row},,\n" for row in rows))
        if installer:
            (info / "INSTALLER").write_text("pip\n")
        return info.name


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


def one_sentence(done):
    """Check that a run failed with one sentence alone, and give it."""
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].endswith(".")
    return lines[0]


# Which Python


def test_python_3_6_can_read_the_file():
    text = (ROOT / "course.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 14, 0), (3, 13, 1, "t")])
def test_a_wrong_python_gets_one_sentence(course, version):
    free = "".join(version[3:])
    code = (
        f"import runpy, sys; sys.version_info = {version}; sys.argv = ['course.py'];"
        f"sys.abiflags = {free!r};"
        "runpy.run_path('course.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=course.root, capture_output=True, text=True
    )
    sentence = one_sentence(done)
    assert "needs Python 3.10 to 3.13" in sentence
    assert f"this is Python 3.{version[1]}{free}:" in sentence
    assert not (course.root / ".venv").exists()


def old_pythons():
    """Find the older Pythons of this computer, if it has any."""
    names = [f"python3.{minor}" for minor in (6, 7, 8, 9)]
    places = [shutil.which(name) for name in names]
    places += sorted(Path.home().glob(".pyenv/versions/3.[6789].*/bin/python"))
    for place in filter(None, places):
        code = [str(place), "-c", "import sys; print(sys.version_info < (3, 10))"]
        if subprocess.run(code, capture_output=True).stdout.strip() == b"True":
            yield str(place)


def test_older_pythons_that_are_here_give_the_sentence_too(course):
    pythons = list(old_pythons())
    if not pythons:
        pytest.skip("there is no older Python on this computer")
    for python in pythons:
        done = subprocess.run(
            [python, "course.py", "lab"],
            cwd=course.root,
            capture_output=True,
            text=True,
        )
        assert "needs Python 3.10 to 3.13" in one_sentence(done)


# What it can do


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["--help"], ["-h"], ["help"], ["lab", "--help"], ["doctor", "-h"]),
        *(["data", "--help"], ["data", "x", "-h"], ["test", "--help"], ["build", "-h"]),
    ],
)
def test_help_lists_the_commands_and_installs_nothing(course, arguments):
    done = course.start(*arguments)
    assert done.returncode == 0
    authors = ("build", "check", "publish", "translate")
    for command in ("lab", "data", "doctor", "test", *authors):
        assert f"course.py {command} " in done.stdout
    assert not (course.root / ".venv").exists()


def test_programs_that_are_there_give_their_own_help(course):
    course.start("lab")
    assert "Every Pixel" in course.start("test", "--help").stdout
    course.all_calls()
    course.start("data", "--help")
    assert [call["arguments"] for call in course.calls("datasets")] == [["--help"]]
    course.start("test")
    course.all_calls()
    course.start("test", "--help")
    assert [call["arguments"] for call in course.calls("pytest")] == [["--help"]]


@pytest.mark.parametrize(
    "arguments",
    [
        *(["lib"], ["lab", "--track"], ["lab", "--track=x"]),
        *(["lab", "--tracks", "pytorch"], ["lab", "--tracks=pytorch"]),
    ],
)
def test_what_it_cannot_do_is_one_sentence(course, arguments):
    one_sentence(course.start(*arguments))
    assert not (course.root / ".venv").exists()


def test_the_first_start_installs_and_opens_the_lessons(course):
    done = course.start("lab", "--no-browser", "--port", "9999")
    assert done.returncode == 0, done.stderr
    calls = course.calls_file.read_text(encoding="utf-8").splitlines()
    pip, lab = map(json.loads, calls)
    assert pip["program"] == "pip" and pip["arguments"][0] == "install"
    assert {"torch>=2", "torchvision", "tensorflow>=2", "tqdm>=4"} < set(
        pip["arguments"]
    )
    constraints = pip["arguments"][pip["arguments"].index("-c") + 1]
    assert Path(constraints) == course.root / "constraints.txt"
    assert lab["program"] == "jupyterlab"
    assert lab["arguments"] == [
        f"--ServerApp.root_dir={course.root}",
        "--LabApp.default_url=/lab/tree/lessons/README.md",
        *["--allow-root"] * (os.name != "nt" and os.geteuid() == 0),
        "--no-browser",
        "--port",
        "9999",
    ]


def test_the_second_start_leaves_pip_alone(course):
    course.start("lab")
    course.calls_file.unlink()
    assert course.start("lab").returncode == 0
    (call,) = map(
        json.loads, course.calls_file.read_text(encoding="utf-8").splitlines()
    )
    assert call["program"] == "jupyterlab"


def test_the_exit_code_is_that_of_the_program(course):
    assert course.start("lab", JUPYTERLAB_EXITS="3").returncode == 3


def test_test_adds_the_authors_packages_beside_and_passes_its_arguments(course):
    done = course.start("test", "-k", "one or two", "--lf", PYTEST_EXITS="5")
    assert done.returncode == 5, done.stderr
    pip, tools, run = course.all_calls()
    assert pip["environment"] == ".venv" and tools["environment"] == ".venv-authors"
    assert {"torch>=2", "tensorflow>=2"} < set(pip["arguments"])
    assert "pytest>=8" not in pip["arguments"] and "pytest>=8" in tools["arguments"]
    assert "torch>=2" not in tools["arguments"]
    assert run["arguments"] == ["-k", "one or two", "--lf"]
    assert Path(run["folder"]) == course.root


def test_authors_work_beside_the_learners_environment(course):
    course.start("test")
    run = course.calls("pytest")[0]
    environment, variables = course.root / ".venv", run["variables"]
    assert run["environment"] == ".venv-authors"
    assert variables["EVERY_PIXEL_HEADLESS"] == "1"
    assert run["path"][-1] == str(course.root)
    assert Path(variables["EVERY_PIXEL_KERNEL"]).parent.parent == environment
    assert variables["VIRTUAL_ENV"] == f"{environment}-authors"
    places = [Path(place) for place in variables["PATH"].split(os.pathsep)[:2]]
    assert [place.parent.name for place in places] == [".venv-authors", ".venv"]
    assert Path(variables["JUPYTER_PATH"]) == environment / "share" / "jupyter"
    # A package of the learner's is there for authors.
    course.package("mine")
    (course.site() / "mine-1.0.dist-info" / "METADATA").write_text("Version: 1.0")
    tools = Path(*Path(variables["EVERY_PIXEL_KERNEL"]).parts[-2:])
    code = "from importlib.metadata import version; print(version('mine'))"
    command = [course.root / ".venv-authors" / tools, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.strip() == "1.0", done.stderr
    course.start("lab")
    (lab,) = course.calls("jupyterlab")
    assert lab["environment"] == ".venv"
    assert str(course.root / ".venv-authors") not in lab["variables"]["PATH"]
    assert "EVERY_PIXEL_KERNEL" not in lab["variables"]


@pytest.mark.parametrize("verb", ["build", "check", "publish", "translate"])
def test_authors_verbs_reach_their_tools(course, verb):
    done = course.start(verb, "05", "--track", "pytorch", AUTHORING_EXITS="4")
    assert done.returncode == 4
    (call,) = course.calls("authoring")
    assert call["arguments"] == [verb, "05", "--track", "pytorch"]
    assert call["environment"] == ".venv-authors"


def test_what_an_older_course_made_with_the_authors_packages_stays(course):
    course.start("lab", "--track", "pytorch")
    (course.site() / "nbgrader.py").touch()
    old = {"tracks": ["pytorch"], "dev": True, "installed": "0"}
    state = course.root / ".venv" / "course.json"
    state.write_text(json.dumps(old), encoding="utf-8")
    assert starts_with_what_was_there(course.start("lab", **NO_NETWORK))
    assert (course.site() / "nbgrader.py").exists()
    course.all_calls()
    course.start("lab")
    assert course.installed() == ["torch", "torchvision", "tqdm"]
    course.start("lab")
    assert course.calls("pip") == []


def test_a_new_environment_makes_the_authors_anew(course):
    course.start("test")
    (course.root / ".venv-authors" / "old").touch()
    shutil.rmtree(course.root / ".venv")
    course.start("test")
    assert not (course.root / ".venv-authors" / "old").exists()


def test_data_keeps_the_folder_that_paths_are_given_from(course, tmp_path):
    (tmp_path / "downloads").mkdir()
    done = course.start("data", "ph2", "PH2.rar", folder=tmp_path / "downloads")
    assert done.returncode == 0, done.stderr
    (call,) = course.calls("datasets")
    assert call["arguments"] == ["ph2", "PH2.rar"]
    assert Path(call["folder"]) == tmp_path / "downloads"


def test_lab_defaults_are_settings_that_jupyterlab_has(course):
    course.start("lab")
    lab = Path("share", "jupyter", "lab")
    path = course.root / ".venv" / lab / "settings" / "overrides.json"
    overrides = json.loads(path.read_text(encoding="utf-8"))
    for plugin, settings in overrides.items():
        folder, name = plugin.split(":")
        place = f"share/jupyter/lab/schemas/{folder}/{name}.json"
        (schema,) = [file for file in files("jupyterlab") if file.match(place)]
        known = json.loads(schema.read_text(encoding="utf-8"))["properties"]
        assert set(settings) <= set(known)
    plugin = overrides["@jupyterlab/docmanager-extension:plugin"]
    assert plugin["defaultViewers"] == {"markdown": "Markdown Preview"}


def test_ci_installs_system_tools_at_most_and_runs_the_test_command():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands[0] == "set -euo pipefail"
    assert commands[1].startswith("cd ")
    assert commands[-1] == "python3 course.py test"
    before = "".join(commands[2:-1]).replace("python3 -m benchmarks.processors", "")
    assert not any(word in before for word in ("python", "pip ", "pytest"))


# When it installs again


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt"])
def test_changed_requirements_are_installed_at_the_next_start(course, name):
    course.start("lab")
    course.calls("pip")
    with open(course.root / name, "a", encoding="utf-8") as file:
        file.write("h5py==3\n")
    assert "changed" in course.start("lab").stdout
    assert len(course.calls("pip")) == 1
    course.start("lab")
    assert course.calls("pip") == []


def test_a_changed_comment_or_an_unused_file_installs_nothing(course):
    course.start("lab")
    course.calls("pip")
    text = (course.root / "requirements.txt").read_text(encoding="utf-8")
    course.write("requirements.txt", "# A remark\n\n" + text)
    course.write("requirements-dev.txt", "ruff\n")
    course.start("lab")
    assert course.calls("pip") == []


def test_changed_tools_of_the_authors_leave_the_learners_packages_alone(course):
    course.start("test")
    course.all_calls()
    course.write("requirements-dev.txt", "pytest>=9\n")
    course.start("lab")
    assert course.calls("pip") == []
    course.start("test")
    (call,) = course.calls("pip")
    assert call["environment"] == ".venv-authors"


def wait_for(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 seconds")


def interrupt(course, number, *arguments, **variables):
    """Start an installation and send a signal while pip or uv is at work."""
    long = {"PIP_TAKES": "60", "UV_TAKES": "60", **variables}
    started = course.begin(*(arguments or ["lab"]), **long)
    wait_for(course.calls_file.exists)
    if number == signal.SIGINT:  # as a terminal does: to all processes of the group
        os.killpg(started.pid, number)
    else:
        started.send_signal(number)
    # The pipes end only when pip has ended too, and not after the minute that it takes.
    return started.communicate(timeout=30), started.returncode


@posix
def test_a_killed_installation_ends_and_is_finished_at_the_next_start(course):
    interrupt(course, signal.SIGKILL)
    assert len(course.calls("pip")) == 1
    done = course.start("lab")
    assert "not finished: finishing it" in done.stdout
    assert len(course.calls("pip")) == 1
    assert "finish" not in course.start("lab").stdout
    assert course.calls("pip") == []


# What holds a pipe open until its own child ends, as venv waits for ensurepip's.
LONG = """
pipe = os.open(os.environ["ALIVE"], os.O_WRONLY)
say = f"os.write({pipe}, b'1')"
code = f"import os, time; {say}; time.sleep(20); {say}"
import subprocess
subprocess.run([sys.executable, "-c", code], pass_fds=[pipe])
"""


@posix
@pytest.mark.parametrize("program", ["VENV", "ENSUREPIP", "PIP"])
def test_nothing_outlives_the_start_that_was_killed(course, tmp_path, program):
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    started = course.begin("lab", ALIVE=str(alive), **{f"{program}_DOES": LONG})
    with open(alive, "rb", buffering=0) as pipe:
        assert pipe.read(1) == b"1"
        started.kill()
        assert pipe.read(1) == b""
    started.communicate()
    course.all_calls()
    assert course.start("lab").returncode == 0
    assert len(course.calls("pip")) == 1


@posix
def test_ctrl_c_stops_an_installation_with_one_sentence(course):
    (_, said), status = interrupt(course, signal.SIGINT)
    assert status == 130
    assert said.strip().splitlines() == ["Stopped; the next start goes on from here."]


def test_a_failed_installation_is_tried_again(course):
    one_sentence(course.start("lab", PIP_EXITS="1"))
    course.calls("pip")
    assert course.start("lab").returncode == 0
    assert len(course.calls("pip")) == 1


def test_half_installed_packages_are_forgotten_before_pip_goes_on(course):
    course.start("lab", PIP_EXITS="1")
    (course.site() / "whole.py").touch()
    whole = course.package(
        "whole", files=["whole.py", "__pycache__/whole.cpython-1.pyc"]
    )
    half = course.package("half", installer=False)
    emptied = course.package("emptied", files=["emptied.py"])
    (course.site() / "~eplaced").mkdir()
    course.calls("pip")
    course.start("lab")
    (call,) = course.calls("pip")
    assert whole in call["packages"] and "pip-1.0.dist-info" in call["packages"]
    assert not {half, emptied, "~eplaced"} & set(call["packages"])


def test_an_environment_made_by_hand_is_adopted(course):
    course.start("lab")
    (course.root / ".venv" / "course.json").unlink()
    course.calls("pip")
    (course.site() / "mine.py").touch()
    course.start("lab")
    (call,) = course.calls("pip")
    assert "mine.py" in call["packages"]


def remove_python(course):
    for name in ("bin", "Scripts"):
        shutil.rmtree(course.root / ".venv" / name, ignore_errors=True)


def become_another_version(course):
    if os.name == "nt":
        pytest.skip("the package folder has no version there")
    site = course.site()
    site.parent.rename(site.parent.with_name("python3.99"))


def forget_the_environment(course):
    (course.root / ".venv" / "pyvenv.cfg").unlink()


def leave_half_a_folder(course):
    for path in (course.root / ".venv").iterdir():
        if path.is_dir() and not path.is_symlink() and path.name != "share":
            shutil.rmtree(path)


@pytest.mark.parametrize(
    "harm",
    [
        *(remove_python, become_another_version, forget_the_environment),
        leave_half_a_folder,
    ],
)
def test_an_environment_that_does_not_work_is_made_anew(course, harm):
    course.start("lab", "--track", "pytorch")
    (course.site() / "old.py").touch()
    course.calls("pip")
    harm(course)
    done = course.start("lab")
    assert done.returncode == 0, done.stderr
    assert "Making .venv anew" in done.stdout
    assert not list(course.root.glob(".venv/**/old.py"))
    assert course.installed() == ["torch", "torchvision", "tqdm"]  # the choice stays


def test_an_environment_without_pip_gets_it_and_keeps_the_rest(course):
    venv = [course.fakes / "venv.py", "--without-pip", course.root / ".venv"]
    subprocess.run([sys.executable, *venv], env=course.environment, check=True)
    (course.site() / "mine.py").touch()
    lacking = "sys.exit('no wheels')"
    sentence = one_sentence(course.start("lab", ENSUREPIP_DOES=lacking))
    assert "got no pip (no wheels)" in sentence
    assert course.start("lab").returncode == 0
    (call,) = course.calls("pip")
    assert {"mine.py", "pip-1.0.dist-info"} <= {*call["packages"]}


def test_pip_is_only_missed_when_it_is_needed(course):
    course.start("lab")
    (course.site() / "old.py").touch()
    (course.site() / "pip-1.0.dist-info" / "INSTALLER").unlink()
    course.all_calls()
    assert "Making" not in course.start("lab").stdout
    assert course.calls("pip") == []
    course.start("test")
    learner, authors = course.calls("pip")[-1], course.site() / "old.py"
    assert learner["environment"] == ".venv-authors" and authors.exists()
    assert (course.site() / "pip-1.0.dist-info" / "INSTALLER").exists()


@posix
@pytest.mark.parametrize("name", [".venv", ".venv-authors"])
def test_an_environment_may_lie_on_another_disk(course, tmp_path, name):
    large = tmp_path / "large disk"
    large.mkdir()
    (course.root / name).symlink_to(large)
    done = course.start("test")
    assert done.returncode == 0, done.stderr
    assert (course.root / name).is_symlink() and (large / "course.json").exists()
    course.all_calls()
    course.start("test")
    assert course.calls("pip") == []


def test_tools_that_do_not_see_the_learners_packages_are_made_anew(course):
    course.start("test")
    link = course.site(".venv-authors") / "learner.pth"
    link.write_text("nowhere\n")
    assert course.start("test").returncode == 0
    assert link.read_text() != "nowhere\n"


def be_a_file(place):
    place.write_text("old")


def be_a_broken_link(place):
    place.symlink_to("nowhere")


@pytest.mark.parametrize("be", [be_a_file, pytest.param(be_a_broken_link, marks=posix)])
@pytest.mark.parametrize("name", [".venv", ".venv-authors"])
def test_what_is_no_folder_is_named(course, be, name):
    be(course.root / name)
    command = "test" if name == ".venv-authors" else "lab"
    sentence = one_sentence(course.start(command))
    assert f"{course.root / name} is no folder" in sentence and "remove it" in sentence
    assert "install.log" not in sentence
    (course.root / name).unlink()
    assert course.start(command).returncode == 0


def test_a_log_is_named_only_where_there_is_one(course):
    done = course.start("lab", VENV_SAYS="Error: the moon", VENV_EXITS="1")
    assert "(Error: the moon)" in one_sentence(done)
    assert "install.log" not in done.stderr
    done = course.start("lab", PIP_SAYS="ERROR: the moon", PIP_EXITS="1")
    log = course.root / ".venv" / "install.log"
    assert f"look into {log}," in one_sentence(done)
    assert "the moon" in log.read_text(encoding="utf-8")


def test_a_folder_in_the_place_of_the_state_goes(course):
    course.start("lab")
    state = course.root / ".venv" / "course.json"
    state.unlink()
    (state / "inside").mkdir(parents=True)
    assert course.start("lab").returncode == 0
    assert state.is_file()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="deep"),
        *("", "[1, 2]", "null", '"pytorch"', "{}", '{"tracks": "pytorch"}'),
        '{"tracks": [1, null], "installed": 5, "packages": {}, "adding": "tensorflow"}',
        '{"tracks": ["jax"], "installed": "0", "packages": [1], "adding": [[]]}',
    ],
)
def test_a_state_that_makes_no_sense_is_forgotten(course, text):
    course.start("lab")
    (course.root / ".venv" / "course.json").write_text(text, encoding="utf-8")
    done = course.start("lab")
    assert done.returncode == 0, done.stderr


def test_what_an_older_course_installed_is_still_known(course):
    course.start("lab", "--track", "pytorch")
    state = course.root / ".venv" / "course.json"
    known = json.loads(state.read_text(encoding="utf-8"))
    old = {"tracks": known["tracks"], "dev": False, "installed": known["installed"]}
    state.write_text(json.dumps(old), encoding="utf-8")
    course.all_calls()
    course.start("lab")
    assert course.calls("pip") == []


def test_git_ignores_what_a_start_makes(course):
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    before = {path.name for path in course.root.iterdir()}
    course.start("test")
    made = {path.name for path in course.root.iterdir()} - before
    assert made == {".venv", ".venv-authors", ".venv.lock"}
    assert all(any(fnmatch(name, line) for line in ignored) for name in made)


# Two starts at once


def test_a_second_start_waits_for_the_first_and_installs_nothing(course):
    first = course.begin("lab", PIP_TAKES="2")
    wait_for(course.calls_file.exists)
    second = course.start("lab")
    assert "Another start is installing; this one waits" in second.stdout
    assert second.returncode == 0, second.stderr
    said = first.communicate()[1]
    assert first.returncode == 0, said
    programs = [call["program"] for call in course.all_calls()]
    assert sorted(programs) == ["jupyterlab", "jupyterlab", "pip"]


def test_a_second_start_waits_while_the_environment_is_made(course):
    first = course.begin("lab", VENV_TAKES="1")
    wait_for((course.root / ".venv.lock").exists)
    second = course.start("data")
    assert "Another start" in second.stdout and second.returncode == 0, second.stderr
    first.communicate()
    assert first.returncode == 0
    assert len(course.calls("pip")) == 1


@posix
def test_a_lock_that_is_no_file_is_named(course):
    os.mkfifo(course.root / ".venv.lock")
    assert f"{course.root / '.venv.lock'} is no file" in one_sentence(
        course.start("lab")
    )


# What was whole stays of use


def starts_with_what_was_there(done):
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    assert "the course starts with what was there before" in lines[0]
    return True


NO_NETWORK = {
    "PIP_EXITS": "1",
    "PIP_SAYS": "WARNING: Retrying (Retry(total=4)) after connection broken",
}


def told(done):
    """Give the complaints without those of the fake programs."""
    said = [line for line in done.stderr.splitlines() if line != NO_NETWORK["PIP_SAYS"]]
    return [line for line in said if line]


def test_tools_that_cannot_be_added_leave_the_lab_alone(course):
    course.start("lab")
    assert "internet" in one_sentence(course.start("test", **NO_NETWORK))
    course.all_calls()
    assert told(course.start("lab", **NO_NETWORK)) == []
    (call,) = course.all_calls()
    assert call["program"] == "jupyterlab"


def test_a_track_that_cannot_be_added_leaves_the_other_as_it_was(course):
    course.start("lab", "--track", "pytorch")
    sentence = one_sentence(course.start("lab", "--track", "tensorflow", **NO_NETWORK))
    assert "internet" in sentence
    done = course.start("lab", **NO_NETWORK)
    assert starts_with_what_was_there(done) and "internet" in done.stderr
    # The addition can be taken back, and is made once it can be.
    course.all_calls()
    course.start("lab")
    assert course.installed() == ["torch", "torchvision", "tensorflow", "tqdm"]


def test_a_failed_addition_can_be_decided_against(course):
    course.start("lab", "--track", "pytorch")
    course.start("lab", "--track", "tensorflow", **NO_NETWORK)
    course.start("lab", "--track", "pytorch")
    course.all_calls()
    assert told(course.start("lab")) == []
    assert course.calls("pip") == []


@pytest.mark.parametrize("command", ["lab", "data", "test"])
def test_a_changed_line_does_not_stop_the_course_without_a_network(course, command):
    course.start(command)
    course.write("constraints.txt", "tqdm==4.2\n")
    done = course.start(command, **NO_NETWORK)
    lines = told(done)
    assert done.returncode == 0 and lines
    assert all("starts with what was there before" in line for line in lines)
    course.all_calls()
    assert told(course.start("lab")) == []
    assert course.calls("pip")


def test_a_server_that_did_not_answer_is_not_waited_for_long_again(course):
    course.start("lab", "--track", "pytorch")
    course.write("constraints.txt", "tqdm==4.2\n")
    course.all_calls()
    course.start("lab", **NO_NETWORK)
    assert "--retries" not in course.calls("pip")[0]["arguments"]
    assert told(course.start("data", **NO_NETWORK)) == []
    assert [call["program"] for call in course.all_calls()] == ["datasets"]
    course.start("lab", **NO_NETWORK)
    arguments = " ".join(course.calls("pip")[0]["arguments"])
    assert "--retries 1 --timeout 5" in arguments
    # What is asked for is worth the wait.
    course.start("lab", "--track", "tensorflow")
    assert "--retries" not in course.calls("pip")[0]["arguments"]


@posix
def test_uv_does_not_wait_long_again_either(course):
    course.have_uv()
    course.start("lab")
    course.write("constraints.txt", "tqdm==4.2\n")
    course.all_calls()
    for timeout in (None, "5"):
        course.start("lab", UV_EXITS="1", UV_SAYS="error sending request")
        (call,) = course.calls("uv")
        assert call["variables"].get("UV_HTTP_TIMEOUT") == timeout


@posix
def test_an_addition_that_was_killed_leaves_what_was_whole(course):
    course.start("lab", "--track", "pytorch")
    course.calls_file.unlink()
    interrupt(course, signal.SIGKILL, "lab", "--track", "tensorflow")
    assert starts_with_what_was_there(course.start("lab", **NO_NETWORK))


LOSE = """
import pathlib, shutil, sysconfig
site = pathlib.Path(sysconfig.get_path('purelib'))
shutil.rmtree(site / 'tqdm-1.0.dist-info')
"""
REPLACE = (
    LOSE
    + """
new = site / 'tqdm-2.0.dist-info'
new.mkdir()
(new / 'INSTALLER').touch()
(new / 'RECORD').touch()
"""
)


def test_packages_lost_in_an_addition_are_not_passed_over(course):
    course.start("lab", PIP_EXITS="1")
    course.package("tqdm")
    course.start("lab")
    course.write("constraints.txt", "tqdm==4.2\n")
    one_sentence(course.start("data", PIP_DOES=LOSE, **NO_NETWORK))
    one_sentence(course.start("data", **NO_NETWORK))


def test_packages_replaced_in_an_addition_must_work(course):
    course.start("lab", PIP_EXITS="1")
    course.package("tqdm")
    course.start("lab")
    course.write("constraints.txt", "tqdm==4.2\n")
    done = course.start("data", PIP_DOES=REPLACE, **NO_NETWORK)
    assert starts_with_what_was_there(done)
    one_sentence(course.start("data", TORCH_FAILS="no symbol", **NO_NETWORK))


@pytest.mark.parametrize(
    "record", [b"\xff\xfe", b'"' + b"x" * 200_000, b"a\0b,,", b"x" * 5000]
)
def test_a_package_whose_list_is_damaged_is_forgotten(course, record):
    course.start("lab", PIP_EXITS="1")
    damaged = course.package("tqdm")
    (course.site() / damaged / "RECORD").write_bytes(record)
    course.calls("pip")
    assert course.start("lab").returncode == 0
    assert damaged not in course.calls("pip")[0]["packages"]


def snapshot(folder):
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}


def test_a_start_with_nothing_to_do_writes_nothing(course):
    course.start("lab")
    (course.root / ".venv.lock").unlink()
    before = snapshot(course.root)
    assert course.start("lab").returncode == 0
    assert snapshot(course.root) == before


def test_defaults_that_cannot_be_written_do_not_stop_the_lab(course):
    course.start("lab")
    settings = course.root / ".venv" / "share" / "jupyter" / "lab" / "settings"
    shutil.rmtree(settings)
    settings.touch()
    course.calls_file.unlink()
    assert course.start("lab").returncode == 0
    assert course.calls("jupyterlab")


# What lies around it


@pytest.mark.parametrize("safe", [{}, {"PYTHONSAFEPATH": "1"}])
def test_nothing_of_the_learners_folder_is_run(course, tmp_path, safe):
    folder = tmp_path / "downloads"
    folder.mkdir()
    names = ("argparse", "json", "numpy", "runpy", "sitecustomize", "utils", "checks")
    for name in names:
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name} was run')")
    course.start("lab")
    course.all_calls()
    done = course.start("data", "ph2", "a b.rar", folder=folder, **safe)
    assert done.returncode == 0, done.stderr
    (call,) = course.calls("datasets")
    assert Path(call["path"][-1]) == course.root
    assert not {"", str(folder)} & {*call["path"]}
    assert Path(call["folder"]) == folder and call["arguments"] == ["ph2", "a b.rar"]


def test_nothing_that_learners_keep_beside_the_lessons_is_run(course):
    for name in ("csv", "numpy", "platform", "queue", "random", "token", "types"):
        (course.root / f"{name}.py").write_text(f"raise SystemExit('{name} was run')")
    (course.fakes / "numpy.py").touch()
    (course.root / "utils/datasets/catalogue.py").write_text(
        "import numpy, random\nDATA_SETS = []"
    )
    for command in ("lab", "data", "test", "doctor"):
        done = course.start(command)
        assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.parametrize("command", ["lab", "data", "test", "build"])
def test_another_environments_variables_do_no_harm(course, tmp_path, command):
    others = tmp_path / "others"
    others.mkdir()
    for name in ("torch", "note", "pip", "jupyterlab", "pytest", "authoring"):
        (others / f"{name}.py").write_text(f"raise SystemExit('{name} was run')")
    path = os.pathsep.join([course.environment["PYTHONPATH"], str(others)])
    names = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON")
    names += ("PYTHONSAFEPATH", "PYTHONSTARTUP", "PYTHONOPTIMIZE", "PYTHONINSPECT")
    names += ("JUPYTER_PATH", "JUPYTERLAB_DIR")
    foreign = {**dict.fromkeys(names, str(others)), "PYTHONPATH": path}
    done = course.start(command, **foreign)
    assert done.returncode == 0, done.stderr
    calls = course.all_calls()
    assert len(calls) >= 2
    assert all("--no-user" in c["arguments"] for c in calls if c["program"] == "pip")
    values = [value for call in calls for value in call["variables"].values()]
    assert not any(str(others) in value for value in values)


def test_the_lab_takes_no_kernel_from_the_home_of_its_user(course):
    course.start("lab")
    (call,) = course.calls("jupyterlab")
    assert call["variables"]["JUPYTER_PREFER_ENV_PATH"] == "1"


def test_the_encoding_of_the_output_is_no_fault_of_an_environment(course):
    course.start("lab")
    course.all_calls()
    command = course.command(["lab"], {"PYTHONIOENCODING": "utf-16"})
    del command["encoding"]
    subprocess.run(**command, capture_output=True, check=True)
    assert [call["program"] for call in course.all_calls()] == ["jupyterlab"]


def test_pip_tries_twice_at_least_as_it_does_not_name_its_fault_else(course):
    course.start("lab", PIP_SETTINGS=":env:.retries='0'")
    assert "--retries 1" in " ".join(course.calls("pip")[0]["arguments"])


@pytest.mark.parametrize("name", ["target", "prefix", "root", "python"])
def test_a_setting_of_pip_that_leads_elsewhere_is_named(course, name):
    settings = f":env:.no-input='1'\ninstall.{name}='/somewhere'"
    sentence = one_sentence(course.start("lab", PIP_SETTINGS=settings))
    assert f"`{name}`" in sentence and "pip config debug" in sentence
    assert course.calls("pip") == []


def test_the_editor_is_spared_what_it_does_not_need(course):
    course.start("lab")
    (call,) = course.calls("jupyterlab")
    assert call["without"] == ["rfc3987_syntax"]
    code = (
        "import sys; sys.modules['rfc3987_syntax'] = None; import jupyterlab.labapp;"
        "print([name for name in ('jsonschema', 'lark') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "['jsonschema']", done.stderr


def closed(command, **variables):
    """Run a program whose reader leaves at once; give exit code and complaints."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(**command, stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", ["help", "doctor"])
def test_a_reader_that_leaves_is_no_fault(course, command):
    assert closed(course.command([command], {})) == (1, "")


def test_a_reader_of_the_list_of_data_sets_may_leave(course):
    command = course.command([], {"PYTHONPATH": ""})
    command["args"] = [sys.executable, "-m", "utils.datasets"]
    assert closed({**command, "cwd": ROOT})[1] == ""


# uv


@posix
def test_uv_is_used_where_it_is_installed(course):
    course.have_uv()
    assert course.start("test").returncode == 0
    uv, tools, _ = course.all_calls()
    python = course.root / ".venv" / "bin" / "python"
    assert uv["program"] == "uv" and uv["arguments"][:2] == ["pip", "install"]
    assert uv["arguments"][uv["arguments"].index("--python") + 1] == str(python)
    constraints = uv["arguments"][uv["arguments"].index("-c") + 1]
    assert Path(constraints) == course.root / "constraints.txt"
    assert {"torch>=2", "tensorflow>=2", "tqdm>=4"} < set(uv["arguments"])
    # uv sees nothing of the learner's environment from the authors'.
    assert tools["program"] == "pip" and tools["environment"] == ".venv-authors"


@posix
@pytest.mark.parametrize("name", ["index-url", "extra-index-url", "find-links"])
def test_an_index_of_ones_own_is_pips(course, name):
    course.have_uv()
    course.start("lab", PIP_SETTINGS=f"global.{name}='https://packages.example.org'")
    assert [call["program"] for call in course.all_calls()] == ["pip", "jupyterlab"]


# What uv 0.13 wrote.
UV_SAYS = {
    "internet": "error: Request failed after 3 retries in 12.1s\n  cause: Failed to "
    "fetch: https://packages.example.org/simple/tqdm/\n  cause: error sending request "
    "for url (https://packages.example.org/simple/tqdm/)\n  cause: dns error",
    "disk is full": "error: Failed to install: numpy-2.4.6-cp311.whl (numpy==2.4.6)\n"
    "  cause: failed to copy file: No space left on device (os error 28)",
    "no permission": "error: Failed to install: six-1.17.0-py3-none-any.whl\n  cause: "
    "failed to create directory: Read-only file system (os error 30)",
}


@posix
@pytest.mark.parametrize("words", UV_SAYS)
def test_what_stops_uv_would_stop_pip(course, words):
    course.have_uv()
    done = course.start("lab", UV_EXITS="2", UV_SAYS=UV_SAYS[words])
    assert words in one_sentence(done)
    assert [call["program"] for call in course.all_calls()] == ["uv"]


@posix
@pytest.mark.parametrize(
    "said",
    [
        "error: unexpected argument '--compile-bytecode' found",
        "  cause: error sending request for url (https://packages.example.org)\n"
        "  cause: invalid peer certificate: UnknownIssuer",
    ],
)
def test_pip_tries_what_uv_alone_cannot(course, said):
    course.have_uv()
    done = course.start("lab", UV_EXITS="2", UV_SAYS=said)
    assert done.returncode == 0 and "pip tries it now" in done.stdout
    programs = [call["program"] for call in course.all_calls()]
    assert programs == ["uv", "pip", "jupyterlab"]
    log = (course.root / ".venv" / "install.log").read_text(encoding="utf-8")
    assert said.splitlines()[-1] in log


@posix
def test_uv_ends_with_the_start_that_was_killed(course):
    course.have_uv()
    interrupt(course, signal.SIGKILL)
    assert [call["program"] for call in course.all_calls()] == ["uv"]
    assert "not finished: finishing it" in course.start("lab").stdout


# The doctor


def lines_of(done):
    assert "Traceback" not in done.stderr, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 10, done.stdout
    return dict(line.split(None, 1) for line in lines)


def test_the_doctor_finds_nothing_installed_and_installs_nothing(course):
    done = course.start("doctor")
    lines = lines_of(done)
    assert done.returncode == 1
    assert list(lines)[0] == "Course" and str(course.root) in lines["Course"]
    assert "a copy without git" in lines["Course"]
    assert lines["Missing"] == "packages"
    assert list(lines)[-1] == "Next" and "`python course.py lab`" in lines["Next"]
    assert not list(course.root.glob(".venv*"))


def test_the_doctor_tells_what_is_there(course):
    course.start("lab", "--track", "pytorch", PIP_EXITS="1")
    course.package("torch")
    course.package("torchmetrics")
    course.start("lab")
    before = snapshot(course.root / ".venv")
    done = course.start("doctor")
    lines = lines_of(done)
    assert done.returncode == 0
    assert lines["Packages"] == "torch 1.0"
    assert lines["Devices"] == "PyTorch: CPU (AVX2) with 2 threads"
    assert lines["Missing"] == "nothing" and "opens the lessons" in lines["Next"]
    assert snapshot(course.root / ".venv") == before


def test_the_doctor_names_what_does_not_work(course):
    course.start("lab", "--track", "pytorch")
    done = course.start("doctor", TORCH_FAILS="operator torchvision::nms")
    lines = lines_of(done)
    assert done.returncode == 1 and lines["Devices"] == "PyTorch: not usable"
    assert "torch and torchvision do not match" in lines["Next"]


@pytest.mark.parametrize("harm", [remove_python, forget_the_environment])
def test_the_doctor_works_in_a_broken_environment(course, harm):
    course.start("lab", "--track", "tensorflow")
    harm(course)
    assert lines_of(course.start("doctor"))["Missing"] != "nothing"


def test_the_doctor_sees_a_file_in_the_way(course):
    (course.root / ".venv").touch()
    assert f"Remove {course.root / '.venv'}" in lines_of(course.start("doctor"))["Next"]


def test_the_doctor_sees_missing_and_damaged_files_of_the_course(course):
    course.start("lab", "--track", "pytorch")
    (course.root / "constraints.txt").unlink()
    assert "fetch the course anew" in lines_of(course.start("doctor"))["Next"]
    (course.root / "constraints.txt").write_bytes(b"\xff")
    lines = lines_of(course.start("doctor"))
    assert "constraints.txt is damaged: fetch the course anew" in lines["Next"]
    assert lines["Devices"] == "PyTorch: CPU (AVX2) with 2 threads"
    assert "constraints.txt is damaged" in one_sentence(course.start("lab"))


def test_the_doctor_names_data_that_cannot_be_read(course):
    course.start("lab")
    catalogue = course.root / "utils" / "datasets" / "catalogue.py"
    catalogue.write_text("raise RuntimeError('odd data')")
    done = course.start("doctor")
    lines = lines_of(done)
    assert done.returncode == 1 and lines["Data"] == "not usable"
    assert "data cannot be used (RuntimeError: odd data)" in lines["Next"]


def test_the_doctor_knows_a_clone_from_a_copy(course):
    (course.root / ".git").write_text("gitdir: nowhere")
    assert (
        "a clone that git does not read" in lines_of(course.start("doctor"))["Course"]
    )


def test_the_doctor_sends_nobody_to_write_where_they_may_not(course):
    course.start("lab")
    course.write("constraints.txt", "tqdm==4.2\n")
    step = lines_of(course.start("doctor", READ_ONLY="1"))["Next"]
    assert f"by somebody who may write in {course.root / '.venv'}" in step


@posix
@pytest.mark.parametrize(("name", "words"), [("a:b", "without `:`"), ("a\nb", "a b")])
def test_the_doctor_works_in_folders_of_odd_names(tmp_path, name, words):
    (tmp_path / name).mkdir()
    done = Course(tmp_path / name).start("doctor")
    assert words in done.stdout
    lines_of(done)


@posix
def test_the_doctor_names_a_python_that_does_not_answer(tmp_path, monkeypatch, capsys):
    course = load_course()
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    monkeypatch.setattr(course.LEARNER, "python", python)
    monkeypatch.setattr(course, "PATIENCE", 0.2)
    assert course.doctor([]) == 1
    assert f"{python} does not answer" in capsys.readouterr().out


def test_the_doctor_speaks_where_the_console_lacks_the_letters_of_its_path(course):
    done = course.start("doctor", PYTHONIOENCODING="cp1252")
    assert not done.stderr and "my ??" in done.stdout


def test_the_doctor_works_with_a_python_that_is_too_new(course):
    code = (
        "import runpy, sys; sys.version_info = (3, 14, 0);"
        "sys.argv = ['course.py', 'doctor'];"
        "runpy.run_path('course.py', run_name='__main__')"
    )
    command = course.command([], {})
    command["args"] = [sys.executable, "-c", code]
    done = subprocess.run(**command, capture_output=True)
    assert "needs Python 3.10 to 3.13" in lines_of(done)["Next"]


@pytest.mark.parametrize("name", ["pytorch", "tensorflow", "data"])
def test_the_doctors_questions_have_answers(name):
    code = load_course().QUESTIONS[name]
    command = [sys.executable, "-I", "-c", code, str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    (answer,) = [line for line in done.stdout.splitlines() if line.startswith("= ")]
    assert {"pytorch": "threads", "tensorflow": ":0", "data": "PH2"}[name] in answer


# Tracks


@pytest.mark.parametrize(
    ("track", "expected"),
    [
        ("pytorch", ["torch", "torchvision", "tqdm"]),
        ("tensorflow", ["tensorflow", "tqdm"]),
    ],
)
def test_a_track_installs_its_framework_alone(course, track, expected):
    done = course.start("lab", f"--track={track}", "--no-browser")
    assert done.returncode == 0
    calls = course.calls_file.read_text(encoding="utf-8").splitlines()
    assert "--no-browser" in json.loads(calls[1])["arguments"]
    assert f"--track={track}" not in json.loads(calls[1])["arguments"]
    assert course.installed() == expected


def test_a_track_is_remembered_and_the_other_can_be_added(course):
    course.start("lab", "--track", "pytorch")
    assert course.installed() == ["torch", "torchvision", "tqdm"]
    course.start("lab")
    assert course.calls("pip") == []
    course.start("lab", "--track", "tensorflow")
    assert course.installed() == ["torch", "torchvision", "tensorflow", "tqdm"]
    course.start("lab", "--track", "pytorch")
    assert course.calls("pip") == []


def test_an_interrupted_choice_is_remembered_and_can_be_changed(course):
    course.start("lab", "--track", "tensorflow", PIP_EXITS="1")
    assert course.installed() == ["tensorflow", "tqdm"]
    course.start("lab", PIP_EXITS="1")
    assert course.installed() == ["tensorflow", "tqdm"]
    course.start("lab", "--track", "pytorch")
    assert course.installed() == ["torch", "torchvision", "tqdm"]


def test_the_other_framework_may_be_missing(course):
    done = course.start("lab", "--track", "tensorflow", TORCH_FAILS="not there")
    assert done.returncode == 0, done.stderr


# What goes wrong


def test_a_full_disk_is_seen_before_anything_is_loaded(course):
    sentence = one_sentence(course.start("lab", FREE_GIGABYTES="1.25"))
    assert "1.2 GB free" in sentence and "--track" in sentence
    assert course.calls("pip") == []
    # The advice works: the smaller choice is not bound to the larger one.
    course.start("lab", "--track", "tensorflow", FREE_GIGABYTES="4.1")
    assert course.installed() == ["tensorflow", "tqdm"]


@pytest.mark.parametrize(("free", "cached"), [("4.1", False), ("60", True)])
def test_pip_keeps_its_downloads_only_where_the_disk_has_room(course, free, cached):
    course.start("lab", "--track", "tensorflow", FREE_GIGABYTES=free)
    (call,) = course.calls("pip")
    assert ("--no-cache-dir" not in call["arguments"]) == cached


def test_downloads_lie_in_the_environment_until_pip_ends(course):
    course.start("lab", PIP_EXITS="1")
    downloads = course.root / ".venv" / "downloads"
    assert not downloads.exists()
    downloads.mkdir()
    (downloads / "left-by-a-killed-pip").touch()
    course.calls("pip")
    course.start("lab")
    (call,) = course.calls("pip")
    assert Path(call["temporary"]) == downloads and call["temporaries"] == []
    assert not downloads.exists()


def test_a_torch_and_torchvision_that_do_not_match_are_named(course):
    said = "operator torchvision::nms does not exist"
    sentence = one_sentence(course.start("lab", TORCHVISION_FAILS=said))
    assert "torch and torchvision do not match" in sentence
    assert "--force-reinstall" in sentence
    log = (course.root / ".venv" / "install.log").read_text(encoding="utf-8")
    assert said in log
    one_sentence(course.start("lab", TORCHVISION_FAILS=said))  # and not forgotten


def test_any_other_failing_import_gives_its_last_line(course):
    sentence = one_sentence(course.start("lab", TENSORFLOW_FAILS="no AVX here"))
    assert "TensorFlow cannot be imported (RuntimeError: no AVX here)" in sentence


LACKING = "The virtual environment was not created because ensurepip is not available."


def test_missing_means_to_make_an_environment_name_the_package(course):
    failing = {"VENV_SAYS": LACKING, "VENV_EXITS": "1"}
    sentence = one_sentence(course.start("lab", LACKING="ensurepip", **failing))
    assert "apt install python3." in sentence
    # Where the means are there, something else has failed.
    sentence = one_sentence(course.start("lab", **failing))
    assert "apt install" not in sentence and LACKING in sentence
    assert course.start("lab").returncode == 0


def test_missing_files_of_the_course_are_one_sentence(course):
    (course.root / "constraints.txt").unlink()
    assert "fetch the course anew" in one_sentence(course.start("lab"))


def test_no_permission_is_one_sentence(course):
    said = f"Error: [Errno 13] Permission denied: '{course.root / '.venv'}'"
    sentence = one_sentence(course.start("lab", VENV_SAYS=said, VENV_EXITS="1"))
    assert "no permission to write" in sentence


RETRY = (
    "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, "
    "status=None)) after connection broken by 'NewConnectionError('<pip._vendor."
    "urllib3.connection.HTTPSConnection object at 0x7fb81>: Failed to establish a new "
    "connection: [Errno -3] Temporary failure in name resolution')': /simple/polib/"
)
NONE_FOUND = (
    "ERROR: Could not find a version that satisfies the requirement polib==1.2.0 (from "
    "versions: none)\nERROR: No matching distribution found for polib==1.2.0"
)
# What pip 23 to 25 wrote, and the words that the sentence has to have.
SAMPLES = {
    "no network": (RETRY + "\n" + NONE_FOUND, "check the internet connection"),
    "no network for a pinned package": (
        RETRY + "\nERROR: ResolutionImpossible: for help visit https://pip.pypa.io/",
        "check the internet connection",
    ),
    "network lost": (
        "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool("
        "host='packages.example.org', port=443): Read timed out.",
        "check the internet connection",
    ),
    "firewall": (
        "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by "
        "'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] "
        "certificate verify failed: self signed certificate in certificate chain "
        "(_ssl.c:997)'))': /simple/torch/\n" + NONE_FOUND,
        "PIP_CERT",
    ),
    "disk": (
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left "
        "on device",
        "The disk is full",
    ),
    "disk on a Korean Windows": (
        "ERROR: Could not install packages due to an OSError: [WinError 112] "
        "디스크 공간이 부족합니다",
        "The disk is full",
    ),
    "disk after a lost connection": (
        RETRY + "\nOSError: [Errno 28] No space left on device: '/tmp/x'",
        "The disk is full",
    ),
    "permission": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission "
        "denied: '/opt/course/.venv/lib/python3.12/site-packages/tqdm'\n"
        "Check the permissions.",
        "no permission to write",
    ),
    "locked": (
        "ERROR: Could not install packages due to an OSError: [WinError 5] Access is "
        "denied: 'C:\\\\course\\\\.venv\\\\Lib\\\\site-packages\\\\~umpy'\n"
        "Check the permissions.",
        "close JupyterLab",
    ),
    "long path": (
        "ERROR: Could not install packages due to an OSError: [Errno 2] No such file "
        "or directory: 'C:\\\\a\\\\very\\\\long\\\\path'\nHINT: This error might have "
        "occurred since this system does not have Windows Long Path support enabled.",
        "too long for Windows",
    ),
    "no such package": (NONE_FOUND, "64-bit Python"),
    "conflict": (
        "ERROR: Cannot install polib>=1.2 because these package versions have "
        "conflicting dependencies.\nERROR: ResolutionImpossible: for help visit "
        "https://pip.pypa.io/en/latest/topics/dependency-resolution/",
        "contradict each other",
    ),
    "separator": (
        "Error: Refusing to create a venv in /a:b/.venv because it contains the PATH "
        "separator :.",
        "rename the folders",
    ),
    "damaged": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "pip cache purge",
    ),
    "C++ runtime": (
        "ImportError: DLL load failed while importing _pywrap_tensorflow_internal",
        "Visual C++ Redistributable",
    ),
    "anything else": ("first\nERROR: the moon is in the way", "(ERROR: the moon is"),
}


def load_course():
    """Load course.py as a module."""
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    return course


@pytest.mark.parametrize("name", SAMPLES)
def test_each_failure_has_one_sentence_that_says_what_to_do(name):
    course = load_course()
    said, expected = SAMPLES[name]
    sentence = course.explain(said, "Installing failed")
    assert expected in sentence
    assert "\n" not in sentence and sentence.endswith(".")


def test_what_pip_says_is_kept_in_the_log_and_off_the_screen(course):
    done = course.start("lab", PIP_EXITS="2", PIP_SAYS=SAMPLES["no network"][0])
    assert "check the internet connection" in one_sentence(done)
    assert "trying again" in done.stdout
    log = (course.root / ".venv" / "install.log").read_text(encoding="utf-8")
    assert "Temporary failure in name resolution" in log


@posix
def test_pip_ended_by_the_system_is_said_to_lack_memory(course):
    done = course.start("lab", PIP_DOES="os.kill(os.getpid(), 9)")
    assert "want of memory" in one_sentence(done)
