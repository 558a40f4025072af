"""The entry point, run as a learner runs it: as a program, in a folder of its own.

Nothing is installed and no network is used. `venv`, `pip`, JupyterLab and the
frameworks are small fakes that come first on PYTHONPATH and note how they were called;
the environment that course.py makes and asks is a real one.
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
        "headless": os.environ.get("EVERY_PIXEL_HEADLESS"),
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
from note import note
note({name!r})
time.sleep(float(os.environ.get("{name}_takes".upper(), 0)))
sys.exit(int(os.environ.get("{name}_exits".upper(), 0)))
"""
# The real venv, only without the real pip, which would take seconds each time.
VENV = """
import os, subprocess, sys, sysconfig
from pathlib import Path
print(os.environ.get("VENV_SAYS", ""))
if "VENV_EXITS" in os.environ:
    sys.exit(int(os.environ["VENV_EXITS"]))
real = [sys.executable, "-I", "-m", "venv", "--without-pip", *sys.argv[1:]]
subprocess.run(real, check=True)
folders = {"base": sys.argv[-1], "platbase": sys.argv[-1]}
info = Path(sysconfig.get_path("purelib", "venv", folders), "pip-1.0.dist-info")
info.mkdir(parents=True)
(info / "INSTALLER").write_text("pip")
(info / "RECORD").write_text("pip-1.0.dist-info/INSTALLER,,")
"""
FRAMEWORK = """
import os
if "{name}_fails".upper() in os.environ:
    raise RuntimeError(os.environ["{name}_fails".upper()])
"""
DISK = """
import os, shutil, types
if "FREE_GIGABYTES" in os.environ:
    free = int(float(os.environ["FREE_GIGABYTES"]) * 1e9)
    shutil.disk_usage = lambda path: types.SimpleNamespace(free=free)
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
        fakes = folder / "fakes"
        for name in ("pip", "jupyterlab", "pytest", "authoring", "utils.datasets"):
            self.fake(fakes, name, PROGRAM.format(name=name.split(".")[-1]))
        self.fake(fakes, "venv", VENV)
        for name in ("torch", "torchvision", "tensorflow"):
            (fakes / f"{name}.py").write_text(FRAMEWORK.format(name=name))
        (fakes / "note.py").write_text(NOTE)
        (fakes / "sitecustomize.py").write_text(DISK)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(fakes),
            "CALLS": str(self.calls_file),
            "PYTHONIOENCODING": "utf-8",
        }

    def fake(self, fakes, name, text):
        folder = fakes.joinpath(*name.split("."))
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "__main__.py").write_text(text)

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def start(self, *arguments, folder=None, **variables):
        """Run course.py to its end; give what it said and its exit code."""
        return subprocess.run(
            [sys.executable, str(self.root / "course.py"), *arguments],
            env={**self.environment, **variables},
            cwd=folder or self.root,
            capture_output=True,
            encoding="utf-8",
        )

    def calls(self, program):
        """Give the calls of one fake program since the last time this was asked."""
        if not self.calls_file.exists():
            return []
        lines = self.calls_file.read_text(encoding="utf-8").splitlines()
        self.calls_file.unlink()
        return [call for call in map(json.loads, lines) if call["program"] == program]

    def installed(self):
        """Give the requirements of the one call of pip since the last time."""
        (call,) = self.calls("pip")
        names = ("torch", "torchvision", "tensorflow", "tqdm", "pytest")
        plain = [argument.split(">")[0] for argument in call["arguments"]]
        return [name for name in plain if name in names]

    def site(self):
        return next(self.root.glob(".venv/[Ll]ib/**/site-packages"))

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


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 14, 0)])
def test_a_wrong_python_gets_one_sentence(course, version):
    code = (
        f"import runpy, sys; sys.version_info = {version}; sys.argv = ['course.py'];"
        "runpy.run_path('course.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=course.root, capture_output=True, text=True
    )
    sentence = one_sentence(done)
    assert "needs Python 3.10 to 3.13" in sentence
    assert f"this is Python 3.{version[1]}:" in sentence
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


@pytest.mark.parametrize("arguments", [[], ["--help"], ["lab", "--help"]])
def test_help_lists_the_commands_and_installs_nothing(course, arguments):
    done = course.start(*arguments)
    assert done.returncode == 0
    for command in ("lab", "test", "data", "build", "check", "publish", "translate"):
        assert f"course.py {command} " in done.stdout
    assert not (course.root / ".venv").exists()


@pytest.mark.parametrize(
    "arguments", [["lib"], ["lab", "--track"], ["lab", "--track=x"]]
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


def test_test_adds_the_authors_packages_and_passes_its_arguments(course):
    done = course.start("test", "-k", "one or two", "--lf", PYTEST_EXITS="5")
    assert done.returncode == 5
    pip, run = map(
        json.loads, course.calls_file.read_text(encoding="utf-8").splitlines()
    )
    assert {"pytest>=8", "torch>=2", "tensorflow>=2"} < set(pip["arguments"])
    assert run["arguments"] == ["-k", "one or two", "--lf"]
    assert run["headless"] == "1"
    assert Path(run["folder"]) == course.root


@pytest.mark.parametrize("verb", ["build", "check", "publish", "translate"])
def test_authors_verbs_reach_their_tools(course, verb):
    done = course.start(verb, "05", "--track", "pytorch", AUTHORING_EXITS="4")
    assert done.returncode == 4
    (call,) = course.calls("authoring")
    assert call["arguments"] == [verb, "05", "--track", "pytorch"]


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
        schema = Path(sys.prefix, lab, "schemas", folder, f"{name}.json")
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
    before = "".join(commands[2:-1])
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


def test_the_authors_packages_stay_once_they_are_there(course):
    course.start("test")
    course.calls("pip")
    course.start("lab")
    assert course.calls("pip") == []
    course.write("requirements-dev.txt", "pytest>=9\n")
    course.start("lab")
    assert "pytest" in course.installed()


def wait_for(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within 30 seconds")


def interrupt(course, number):
    """Start the first installation and send a signal while pip is at work."""
    started = subprocess.Popen(
        [sys.executable, str(course.root / "course.py"), "lab"],
        env={**course.environment, "PIP_TAKES": "60"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
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


def remove_pip(course):
    (course.site() / "pip-1.0.dist-info" / "INSTALLER").unlink()


def become_another_version(course):
    if os.name == "nt":
        pytest.skip("the package folder has no version there")
    site = course.site()
    site.parent.rename(site.parent.with_name("python3.99"))


def forget_the_environment(course):
    (course.root / ".venv" / "pyvenv.cfg").unlink()


@pytest.mark.parametrize(
    "harm", [remove_python, remove_pip, become_another_version, forget_the_environment]
)
def test_an_environment_that_does_not_work_is_made_anew(course, harm):
    course.start("lab", "--track", "pytorch")
    (course.site() / "old.py").touch()
    course.calls("pip")
    harm(course)
    done = course.start("lab")
    assert done.returncode == 0, done.stderr
    assert "making it anew" in done.stdout
    assert not list(course.root.glob(".venv/**/old.py"))
    assert course.installed() == ["torch", "torchvision", "tqdm"]  # the choice stays


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


def test_missing_means_to_make_an_environment_name_the_package(course):
    said = "The virtual environment was not created because ensurepip is not available."
    sentence = one_sentence(course.start("lab", VENV_SAYS=said, VENV_EXITS="1"))
    assert "apt install python3." in sentence
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


@pytest.mark.parametrize("name", SAMPLES)
def test_each_failure_has_one_sentence_that_says_what_to_do(name):
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
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
    course.start("lab", PIP_EXITS="1")
    fake = Path(course.environment["PYTHONPATH"], "pip", "__main__.py")
    fake.write_text("import os; os.kill(os.getpid(), 9)")
    assert "want of memory" in one_sentence(course.start("lab"))
