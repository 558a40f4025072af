"""The one entry point of the course: `python course.py` lists what it can do.

It needs nothing but Python. It makes `.venv` beside this file, installs the packages
that the course was tested with, and starts the right program with them. What authors
and tests need in addition lies in `.venv-authors`, so that the learner's JupyterLab is
as it was. What goes wrong is told in one sentence; what pip said is kept in
`install.log` of the environment.

Every Python since 3.6 must be able to read this file, so that a wrong one gets an
answer and not a SyntaxError: no walrus, no match, no other newer grammar.
"""

import csv
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
WINDOWS = os.name == "nt"
WRONG_PYTHON = (
    ""
    if "{}.{}".format(*sys.version_info) in VERSIONS
    else "The course needs Python 3.10 to 3.13, and this is Python {}.{}: install "
    "Python 3.13 from https://www.python.org/downloads/ and start the course with "
    "`{} course.py lab`.".format(
        *sys.version_info[:2], "py -3.13" if WINDOWS else "python3.13"
    )
)
# A newer Python can at least tell what is there.
if WRONG_PYTHON and (sys.version_info < (3, 10) or sys.argv[1:] != ["doctor"]):
    sys.exit(WRONG_PYTHON)

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / ".venv.lock"


class Environment:
    """A folder that `venv` makes, and what this file keeps in it."""

    def __init__(self, name: str) -> None:
        self.folder = ROOT / name
        self.python = self.folder / ("Scripts/python.exe" if WINDOWS else "bin/python")
        self.state = self.folder / "course.json"
        self.log = self.folder / "install.log"
        self.downloads = self.folder / "downloads"

    def site(self, version: str) -> Path:
        """Give the package folder of a version of Python, such as 3.12."""
        library = "Lib" if WINDOWS else "lib/python" + version
        return self.folder / library / "site-packages"


# The authors' environment sees the learner's through LINK, a file that names the
# learner's package folder; pip installs into it only what is not there.
LEARNER = Environment(".venv")
AUTHORS = Environment(".venv-authors")
LINK = "learner.pth"

# What belongs to one track alone; everything else belongs to both.
TRACKS = {"pytorch": ("torch", "torchvision"), "tensorflow": ("tensorflow",)}
TITLES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
# Gigabytes of disk that an installation takes at its height, a third of them only until
# its end. On Linux, torch brings NVIDIA's libraries with it.
LARGE, SMALL = {"pytorch": 10, "tensorflow": 4}, {"pytorch": 2, "tensorflow": 3}
SIZES = LARGE if sys.platform == "linux" else SMALL
TOOLS = 1

# What another environment leaves in the variables: its modules would come before ours,
# in JupyterLab's kernels too, and its packages before the course's; pip would install
# elsewhere. PYTHONSAFEPATH hides the course's own folder.
FOREIGN = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER"),
)

HELP = """\
Every Pixel, a course on image segmentation.

  python course.py lab        install what is missing and open the lessons
  python course.py data       list the data sets, or put a downloaded one in place
  python course.py test       run all tests
  python course.py doctor     tell what is installed, what is missing, what to do next

For authors:

  python course.py build      make the notebooks from content/
  python course.py check      find built files that differ from content/
  python course.py translate  bring the catalogues of content/locale up to date
  python course.py publish    add the links to the repository

`lab --track pytorch` or `lab --track tensorflow` installs that track alone; without
`--track` it is what was chosen before, or both. All other arguments go to the program
that is started: `lab --no-browser --port 9999`, `test -k unet`.
"""


class Problem(Exception):
    """What went wrong and what to do about it, in one sentence."""


def say(text: str) -> None:
    """Print at once, also where the output is a file or a pipe."""
    print(text, flush=True)


# What is wanted, and what is there


def requirements(tracks: list[str], dev: bool = False) -> list[str]:
    """Give the requirements as pip takes them, without those of the other track.

    dev: those that authors add, instead of the learner's.
    """
    name = "requirements-dev.txt" if dev else "requirements.txt"
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    others = [name for track in TRACKS if track not in tracks for name in TRACKS[track]]
    return [line for line in lines if line and name_of(line) not in others]


def name_of(requirement: str) -> str:
    """Give the name that a requirement or a .dist-info folder starts with."""
    return re.match(r"[\w.]*(-[A-Za-z][\w.]*)*", requirement).group().lower()


def fingerprint(env: Environment, version: str, tracks: list[str]) -> str:
    """Give a hash that changes with anything that decides what is installed."""
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    parts = [version, *requirements(tracks, env is AUTHORS), constraints]
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()


def read_state(env: Environment) -> dict:
    """Give what is known of an environment, whatever the file holds.

    `tracks`, `installed` (a fingerprint) and `packages` (.dist-info folders) tell of
    the last installation that was whole; `adding` has the tracks of one that is under
    way, or was interrupted; `dev` is true of an environment that has the authors'
    packages in it, as older versions of this file made it.
    """
    try:
        found = json.loads(env.state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    found = found if isinstance(found, dict) else {}

    def names(key: str) -> list[str]:
        value = found.get(key)
        value = value if isinstance(value, list) else []
        return [name for name in value if isinstance(name, str)]

    tracks = [name for name in names("tracks") if name in TRACKS]
    adding = [name for name in names("adding") if name in TRACKS]
    whole = bool(tracks) and isinstance(found.get("installed"), str)
    return {
        "tracks": tracks if whole else [],
        "installed": found["installed"] if whole else None,
        "packages": names("packages") if whole else [],
        "adding": adding or ([] if whole else tracks),
        "dev": bool(found.get("dev")),
    }


def write_state(env: Environment, **state: object) -> None:
    """Replace the state in one step: a kill leaves the old one or the new one."""
    draft = env.state.with_suffix(".new")
    draft.write_text(json.dumps(state) + "\n", encoding="utf-8")
    os.replace(draft, env.state)


def ask(command: list[str], seconds: float | None = None) -> tuple[int, str]:
    """Run a program silently, for so long at most; give its exit code and its words."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
        )
    except OSError as error:
        return 127, str(error)
    except subprocess.TimeoutExpired:
        return 124, f"no answer within {seconds:.0f} s"
    return done.returncode, done.stdout.strip()


def ask_all(codes: dict[str, str], seconds: float | None = None) -> dict:
    """Run pieces of Python in `.venv`, all at once; give what `ask` gives, by name."""
    commands = [[str(LEARNER.python), "-c", code] for code in codes.values()]
    with ThreadPoolExecutor() as pool:
        answers = pool.map(ask, commands, [seconds] * len(commands))
        return dict(zip(codes, answers))


def inspect(env: Environment) -> tuple[str, Path] | None:
    """Give version and package folder of an environment, None if it is of no use.

    Its own Python is asked, because that may be gone, have become another version (then
    its package folder is not there), or no longer know where it belongs.
    """
    code = "import sys; print(*sys.version_info[:2], sys.prefix != sys.base_prefix)"
    status, said = ask([str(env.python), "-c", code])
    found = re.search(r"^(\d+) (\d+) True$", said, re.MULTILINE)
    if status or not found:
        return None
    version = ".".join(found.groups())
    site = env.site(version)
    # pip's own INSTALLER file is the last thing that is written when .venv is made.
    whole = any(LEARNER.site(version).glob("pip-*.dist-info/INSTALLER"))
    linked = env is LEARNER or (site / LINK).exists()
    return (version, site) if version in VERSIONS and whole and linked else None


def choose(env: Environment, wanted: list[str], state: dict) -> list[str]:
    """Give the tracks to have: the wanted ones beside those that are there, else what
    was chosen before, else all. What was never finished can be decided against."""
    if wanted:
        return sorted({*wanted, *state["tracks"]})
    return state["adding"] or state["tracks"] or sorted(TRACKS)


def is_ready(env: Environment, wanted: list[str]) -> bool:
    """Tell whether nothing has to be installed."""
    state = read_state(env)
    if state["adding"] or state["dev"] or not state["installed"]:
        return False
    venv = inspect(env)
    tracks = choose(env, wanted, state)
    return bool(venv) and state["installed"] == fingerprint(env, venv[0], tracks)


# Installing


@contextmanager
def alone():
    """Wait until no other start installs, and keep others waiting.

    The system takes the lock back when a process dies. It lies outside of `.venv`,
    which may be made anew meanwhile. Where there are no locks, we go on without.
    """
    # By its path: as part of a package it would load NumPy, which may not be there.
    path = ROOT / "utils" / "datasets" / "locks.py"
    spec = importlib.util.spec_from_file_location("locks", path)
    locks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(locks)
    told = False
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(locks.alone(LOCK))
                break
            except BlockingIOError:
                if not told:
                    say("Another start is installing; this one waits for it ...")
                told = True
                time.sleep(0.5)
            except OSError:
                break
        yield


def make(env: Environment) -> tuple[str, Path]:
    """Make an environment, emptied if it is there; give version and package folder."""
    if os.path.lexists(env.folder) and not env.folder.is_dir():
        raise Problem(
            f"{env.folder} is no folder, and the course keeps its packages there: "
            "remove it, then start again."
        )
    if env is LEARNER:
        shutil.rmtree(AUTHORS.folder, ignore_errors=True)  # it is made for this one
        command = [sys.executable, "-m", "venv"]
    else:
        command = [str(LEARNER.python), "-m", "venv", "--without-pip"]
    status, said = ask([*command, "--clear", str(env.folder)])
    if status and None in map(importlib.util.find_spec, ("venv", "ensurepip")):
        package = "python{}.{}-venv".format(*sys.version_info)
        raise Problem(
            "This Python lacks the means to make an environment: install them, on "
            f"Debian and Ubuntu with `sudo apt install {package}`, then start again."
        )
    if env is AUTHORS and not status:
        version = inspect(LEARNER)[0]
        # Relative, because some Pythons read the file in the locale's encoding.
        path = os.path.relpath(LEARNER.site(version), env.site(version))
        (env.site(version) / LINK).write_text(path + "\n", encoding="utf-8")
    venv = inspect(env)
    if status or not venv:
        raise Problem(explain(said, f"{env.folder} could not be made"))
    return venv


def sweep(site: Path) -> None:
    """Remove what makes pip believe in packages that are not wholly there.

    pip writes INSTALLER into the .dist-info of a package after all of the package's own
    files. Where it replaces a package, the old files wait under names with ~; killed
    there, it may leave the old .dist-info without the files that this lists.
    """
    for folder in site.glob("*.dist-info"):
        if not is_whole(folder):
            shutil.rmtree(folder)
    for folder in site.glob("~*"):
        shutil.rmtree(folder, ignore_errors=True)


def is_whole(info: Path) -> bool:
    """Tell whether all that a .dist-info folder lists is there, compiled code aside."""
    if not (info / "INSTALLER").exists() or not (info / "RECORD").exists():
        return False
    with open(info / "RECORD", encoding="utf-8", newline="") as file:
        paths = [row[0] for row in csv.reader(file) if row]
    return all((info.parent / path).exists() for path in paths if ".pyc" not in path)


def as_before(site: Path, state: dict) -> bool:
    """Tell whether the last whole installation still works, after an attempt to change
    it: all packages as they were, or others of the same names that can be imported."""
    packages = {*state["packages"]}
    there = {info.name for info in site.glob("*.dist-info") if is_whole(info)}
    if packages and packages <= there:
        return True
    lost = {name_of(info) for info in packages} - {name_of(info) for info in there}
    try:
        return not lost and check_frameworks(state["tracks"])
    except Problem:
        return False


# What runs pip or uv: it ends them with this program, even where this one is killed,
# because two of them at work in one folder would spoil it. (On Windows the number never
# changes, and closing the window ends all.)
WATCH = """
import os, signal, subprocess, sys, time
parent = os.getppid()
child = subprocess.Popen(sys.argv[1:])
signal.signal(signal.SIGINT, signal.SIG_IGN)
while child.poll() is None:
    if os.getppid() != parent:
        child.kill()
    time.sleep(0.1)
sys.exit(child.returncode if child.returncode >= 0 else 128 - child.returncode)
"""
# Settings of pip that uv does not know, and those that lead out of the environment.
OWN_INDEX = {"index-url", "extra-index-url", "find-links", "no-index"}
ELSEWHERE = {"target", "prefix", "root"}
# The lines of uv that tell how far it is; pip's are no complaints and reach the screen.
PROGRESS = re.compile(r"\s*(Resolved|Downloading|Downloaded|Prepared|Installed)\b")


def install(env: Environment, packages: list[str], keep: bool) -> None:
    """Install packages, with uv where it is at hand, which takes half the time.

    Keeps the downloads for another time, if that is wanted. Raises Problem.
    """
    settings = pip_settings(env)
    elsewhere = ", ".join(sorted(settings & ELSEWHERE))
    if elsewhere:
        raise Problem(
            f"Your settings of pip lead packages elsewhere, by `{elsewhere}`: find "
            f"their file with `{env.python} -m pip config debug`, take that line out, "
            "then start again."
        )
    uv = shutil.which("uv")
    # uv knows no index of pip's, and sees no packages through a .pth file.
    if uv and env is LEARNER and not settings & OWN_INDEX:
        options = ["--python", str(env.python), "--compile-bytecode"]
        options += [] if keep else ["--no-cache"]
        status, said = install_with(env, [uv, "pip", "install", *options, *packages])
        if not status:
            return
        if cause(said) in (FULL, LOCKED, FORBIDDEN, UNREACHABLE):
            raise Problem(CAUSES[cause(said)])
        say("uv could not install the packages; pip tries it now ...")
    options = ["--disable-pip-version-check", "--no-input", "--no-user"]
    options += [] if keep else ["--no-cache-dir"]
    pip = [str(env.python), "-m", "pip", "install"]
    status, said = install_with(env, [*pip, *options, *packages])
    if status:
        raise Problem(explain(said, "The packages could not be installed", env.log))


def pip_settings(env: Environment) -> set[str]:
    """Give the names of what files and variables tell pip, such as index-url."""
    _, said = ask([str(env.python), "-m", "pip", "config", "list"])
    return set(re.findall(r"^[\w:]+\.([\w-]+)=", said, re.MULTILINE))


def install_with(env: Environment, command: list[str]) -> tuple[int, str]:
    """Run pip or uv, its progress on the terminal, its complaints in the log.

    Gives its exit code and the complaints. Raises Problem if the system ends it.
    """
    # The system's own folder for temporary files is often too small for gigabytes, and
    # what a killed pip leaves there stays for good.
    env.downloads.mkdir(exist_ok=True)
    folders = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], str(env.downloads))
    run = subprocess.Popen(
        [str(LEARNER.python), "-c", WATCH, *command],
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **folders},
    )
    said = ""
    with run, open(env.log, "a", encoding="utf-8", newline="\n") as log:
        for raw in run.stderr:
            line = raw.decode("utf-8", "replace").rstrip() + "\n"
            if "Retrying (" in line and "Retrying (" not in said:
                say("The package server does not answer, trying again ...")
            if PROGRESS.match(line):
                say(line.strip())
            said += line
            log.write(line)
    shutil.rmtree(env.downloads, ignore_errors=True)
    if run.returncode < 0 or run.returncode > 128:
        raise Problem(
            "The system ended the installation, most often for want of memory: close "
            "other programs and start again."
        )
    return run.returncode, said


def check_frameworks(tracks: list[str]) -> bool:
    """Import what was installed, each framework in a process of its own; give True.

    Raises Problem with the reason if one cannot be imported.
    """
    say("Checking {} ...".format(" and ".join(TITLES[track] for track in tracks)))
    codes = {track: "import " + ", ".join(TRACKS[track]) for track in tracks}
    for track, (status, said) in ask_all(codes).items():
        if status:
            with open(LEARNER.log, "a", encoding="utf-8", newline="\n") as log:
                log.write(said + "\n")
            event = f"{TITLES[track]} cannot be imported"
            raise Problem(explain(said, event, LEARNER.log))
    return True


def check_disk(env: Environment, tracks: list[str]) -> bool:
    """Tell whether the disk has room enough to keep the downloads for another time.

    Raises Problem if there is not even room for what the environment still lacks.
    """
    present = sum(path.lstat().st_size for path in env.folder.rglob("*")) / 1e9
    needed = sum(SIZES[track] for track in tracks) if env is LEARNER else TOOLS
    free = shutil.disk_usage(env.folder).free / 1e9
    if free < needed - present:
        raise Problem(
            f"The disk is too full, with {free:.1f} GB free and {needed} GB needed in "
            f"{env.folder}: make room and start again, or install one track alone with "
            "`lab --track pytorch` or `lab --track tensorflow`."
        )
    return free > needed - present + needed / 3


# Why an installation fails: words of pip, uv, venv, the frameworks or the system that
# are the same in every language, and the sentence for them. The first that fits counts.
FULL = r"(Errno|os error) (28|122)\b|WinError 112\b|No space left|quota exceeded"
LOCKED = r"WinError (5|32)\b" + (r"|os error (5|32)\b" if WINDOWS else "")
FORBIDDEN = r"(Errno|os error) (1|13|30)\b|Permission denied|Read-only file system"
UNREACHABLE = (
    r"Retrying \(|Connection(Error|Reset|Refused)|Connection broken|IncompleteRead|"
    r"NewConnectionError|NameResolutionError|Read timed out|ProxyError|"
    r"error sending request"
)
CAUSES = {
    FULL: (
        f"The disk is full: make room where the course lies ({ROOT}) and in your home "
        "folder, then start again."
    ),
    LOCKED: (
        f"Windows keeps files in {ROOT} locked: close JupyterLab and everything that "
        "was started from there, then start again."
    ),
    FORBIDDEN: (
        f"There is no permission to write in {ROOT}: move the course to a folder of "
        "your own, then start again."
    ),
    r"contains the PATH separator": (
        f"No environment can be made in {ROOT}: rename the folders, without "
        f"`{os.pathsep}`, then start again."
    ),
    r"Windows Long Path": (
        f"The path {ROOT} is too long for Windows: move the course to a short one such "
        "as C:\\course, then start again."
    ),
    r"Errno 2\b.*(requirements|constraints|locks)": (
        f"Files of the course are missing in {ROOT}: fetch the course anew."
    ),
    r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate": (
        "The certificate of the package server is not trusted, as behind some "
        "firewalls: set the variable PIP_CERT to your network's certificate file or "
        "take another network, then start again."
    ),
    UNREACHABLE: (
        "The package server cannot be reached: check the internet connection, and the "
        "variable HTTPS_PROXY where a proxy is needed, then start again."
    ),
    r"DO NOT MATCH THE HASHES|BadZipFile|Wheel .* is invalid": (
        f"A downloaded package is damaged: run `{LEARNER.python} -m pip cache purge`, "
        "then start again."
    ),
    r"ResolutionImpossible|conflicting dependencies": (
        "The requirements contradict each other: fetch the course anew, look for "
        "constraints of your own in `pip config list`, then start again."
    ),
    r"No matching distribution found": (
        "A package does not exist for this computer, because the course needs 64-bit "
        "Python 3.10 to 3.13 on Linux, Windows, or macOS 14 or newer with an Apple "
        "chip: change what differs, as `course.py doctor` shows it, then start again."
    ),
    r"torchvision::|Couldn't load custom C\+\+ ops|torchvision.*undefined symbol": (
        "The installed torch and torchvision do not match, as when only one of them is "
        f"made for CUDA: run `{LEARNER.python} -m pip install --force-reinstall torch "
        f"torchvision -c {ROOT / 'constraints.txt'}`, then start again."
    ),
    r"DLL load failed|WinError (126|1114)\b": (
        "The Microsoft Visual C++ Redistributable is missing or old: install it from "
        "https://aka.ms/vs/17/release/vc_redist.x64.exe, then start again."
    ),
}


def cause(said: str) -> str | None:
    """Give the key of CAUSES for what a program said."""
    fitting = (key for key in CAUSES if re.search(key, said, re.IGNORECASE))
    return next(fitting, None)


def explain(said: str, event: str, log: Path | None = None) -> str:
    """Give one sentence on an event, from what the program that failed said.

    log: the file that has all of it, if there is one.
    """
    if cause(said):
        return CAUSES[cause(said)]
    last = said.strip().splitlines()[-1:] or ["no reason given"]
    advice = f"look into {log}" if log else "mend that"
    return f"{event} ({last[0].strip()}): {advice}, then start again."


def prepare(env: Environment, wanted: list[str]) -> None:
    """Have an environment hold the wanted tracks beside all that it held before.

    wanted: names of tracks, none for those chosen before or else all.
    With nothing to do it costs one start of Python, writes nothing and takes no lock.
    What was whole before is started with, if nothing more is wanted and the attempt to
    change it fails without harm. Raises Problem.
    """
    if is_ready(env, wanted):
        return
    with alone():
        if is_ready(env, wanted):  # because another start has just done it
            return
        state, venv = read_state(env), inspect(env)
        try:
            bring_up_to_date(env, wanted, state, venv)
        except (Problem, OSError) as error:
            whole = venv and state["installed"] and not state["dev"]
            enough = {*wanted} <= {*state["tracks"]}
            if not (whole and enough and as_before(venv[1], state)):
                raise
            reason = str(error)
            if isinstance(error, OSError):
                reason = explain(reason, "The packages could not be installed")
            print(
                f"{reason} For now, the course starts with what was there before.",
                file=sys.stderr,
                flush=True,
            )


def bring_up_to_date(
    env: Environment, wanted: list[str], state: dict, venv: tuple[str, Path] | None
) -> None:
    """Install what `prepare` was asked for. Raises Problem, or OSError."""
    tracks = choose(env, wanted, state)
    name = env.folder.name
    if venv and state["dev"]:
        say(f"The authors' packages leave {name}, which is made anew ...")
    elif venv and (state["adding"] or not state["installed"]):
        say("The last installation was not finished: finishing it ...")
        sweep(venv[1])
    elif venv:
        say(f"What is to be installed has changed: bringing {name} up to date ...")
    else:
        lost = os.path.lexists(env.folder)
        say(f"Making {name}{' anew, as it is of no use' * lost} ...")
    if not venv or state["dev"]:
        venv = make(env)
        state = {"tracks": [], "installed": None, "packages": []}
    # Seen by the next start if this one is interrupted.
    write_state(env, **{**state, "adding": tracks, "dev": False})
    shutil.rmtree(env.downloads, ignore_errors=True)
    env.log.unlink(missing_ok=True)
    keep = check_disk(env, tracks)
    titles = ["JupyterLab", *(TITLES[track] for track in tracks)]
    what = "the authors' tools" if env is AUTHORS else ", ".join(titles)
    say(f"Installing {what}; this takes some minutes, once ...")
    constraints = ["-c", str(ROOT / "constraints.txt")]
    install(env, [*constraints, *requirements(tracks, env is AUTHORS)], keep)
    if env is LEARNER:
        check_frameworks(tracks)
    write_state(
        env,
        tracks=tracks,
        installed=fingerprint(env, venv[0], tracks),
        packages=sorted(folder.name for folder in venv[1].glob("*.dist-info")),
        adding=[],
    )


# The commands


# What starts a module. With -m alone, the modules of the current folder, a learner's
# `numpy.py` perhaps, would come before the course's. The package rfc3987_syntax takes
# a second to load, in every start of JupyterLab, only to check addresses in schemas
# that have none; jsonschema does without it where it is not there.
RUN = """
import sys
sys.path[0], name = sys.argv[1:3]
del sys.argv[1:3]
sys.modules["rfc3987_syntax"] = None
import runpy
runpy.run_module(name, run_name="__main__", alter_sys=True)
"""


def start(env: Environment, module: str, *arguments: str, **variables: str) -> int:
    """Run a module with an environment's Python, as if activated; give its exit code.

    Elsewhere than on Windows, the program takes this one's place and gets every signal.
    On Windows, Ctrl-C reaches both, and the program alone decides what it means.
    """
    command = [str(env.python), "-c", RUN, str(ROOT), module, *arguments]
    folders = dict.fromkeys([str(env.python.parent), str(LEARNER.python.parent)])
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(env.folder)}
    environment.update(variables)
    if not WINDOWS:
        os.execve(command[0], command, environment)
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run(command, env=environment).returncode


def lab(arguments: list[str]) -> int:
    """Open JupyterLab on the list of lessons; `--track` says what to install first."""
    if "--help" in arguments or "-h" in arguments:
        say(HELP + "\nJupyterLab's own arguments: `lab --help-all`.")
        return 0
    wanted, rest, waiting = [], [], iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if name == "--track":
            wanted.append(value if equals else next(waiting, ""))
        else:
            rest.append(argument)
    for track in wanted:
        if track not in TRACKS:
            raise Problem(f"--track takes pytorch or tensorflow, and not `{track}`.")
    prepare(LEARNER, wanted)
    write_overrides()
    os.chdir(ROOT)
    places = [
        f"--ServerApp.root_dir={ROOT}",
        "--LabApp.default_url=/lab/tree/lessons/README.md",
    ]
    # In a container the user often is root, which JupyterLab refuses unless told.
    root = ["--allow-root"] if not WINDOWS and os.geteuid() == 0 else []
    return start(LEARNER, "jupyterlab", *places, *root, *rest)


def write_overrides() -> None:
    """Have this JupyterLab show Markdown as a page, and not ask about news.

    These are defaults of `.venv` alone: what learners set themselves still counts.
    """
    settings = {
        "@jupyterlab/docmanager-extension:plugin": {
            "defaultViewers": {"markdown": "Markdown Preview"}
        },
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
    }
    path = LEARNER.folder / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    text = json.dumps(settings, indent=2) + "\n"
    with suppress(OSError):  # a class shares a course that it cannot write
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def data(arguments: list[str]) -> int:
    """List or place data sets. Their paths are the learner's: the folder stays."""
    prepare(LEARNER, [])
    return start(LEARNER, "utils.datasets", *arguments)


def start_authors(module: str, *arguments: str, **variables: str) -> int:
    """Run a module with both tracks and the authors' packages, in the course's folder.

    Notebooks run with the learner's Python, so that they use nothing that learners
    lack. What nbconvert needs beside its code lies in the learner's environment too.
    """
    prepare(LEARNER, list(TRACKS))
    prepare(AUTHORS, list(TRACKS))
    os.chdir(ROOT)
    shared = [str(LEARNER.folder / "share" / "jupyter"), os.environ.get("JUPYTER_PATH")]
    variables["JUPYTER_PATH"] = os.pathsep.join(filter(None, shared))
    variables["EVERY_PIXEL_KERNEL"] = str(LEARNER.python)
    return start(AUTHORS, module, *arguments, **variables)


def test(arguments: list[str]) -> int:
    """Run pytest."""
    return start_authors("pytest", *arguments, EVERY_PIXEL_HEADLESS="1")


def author(arguments: list[str]) -> int:
    """Run a verb of the authors' tools."""
    return start_authors("authoring", *arguments)


# What the doctor asks in `.venv`; an answer is the line that starts with =.
QUESTIONS = {
    "pytorch": """
import torch
cpu = "CPU (" + torch.backends.cpu.get_cpu_capability() + ")"
apple = "Apple GPU" if torch.backends.mps.is_available() else cpu
device = torch.cuda.get_device_name() if torch.cuda.is_available() else apple
print("=", device, "with", torch.get_num_threads(), "threads")
""",
    "tensorflow": """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow
print("=", *(each.name[17:] for each in tensorflow.config.list_physical_devices()))
""",
    "data": """
from utils.datasets.__main__ import state
from utils.datasets.catalogue import DATA_SETS
found = (entry.name + " " + state(entry) for entry in DATA_SETS if entry.find)
print("=", "; ".join(found).replace("\\n", " "))
""",
}


def doctor(arguments: list[str]) -> int:
    """Print ten lines on this computer and on the course; change nothing.

    Gives 0 if all is in order.
    """
    state, venv = read_state(LEARNER), inspect(LEARNER)
    tracks = choose(LEARNER, [], state)
    answers, faults = {}, []
    if venv:
        questions = {name: QUESTIONS[name] for name in [*tracks, "data"]}
        for name, (status, said) in ask_all(questions, 90).items():
            found = re.findall(r"^= (.*)", said, re.MULTILINE)
            answers[name] = "".join(found[-1:]) or "no answer"
            if status:
                event = f"{TITLES.get(name, 'data')} cannot be used"
                faults.append(explain(said, event))
                answers[name] = "not usable"
    missing, step = "nothing", "`python course.py lab` opens the lessons."
    try:
        ready = is_ready(LEARNER, [])
    except OSError as error:
        ready, faults = False, [*faults, explain(str(error), "The course is not whole")]
    if not ready:
        missing = "what the course asks for now" if state["installed"] else "packages"
        step = "`python course.py lab` installs what is missing."
    if os.path.lexists(LEARNER.folder) and not LEARNER.folder.is_dir():
        step = f"Remove {LEARNER.folder}, which is no folder, then start again."
    if WRONG_PYTHON or faults:
        missing = "something that works"
        step = " ".join(filter(None, [WRONG_PYTHON, *faults]))
    tools = inspect(AUTHORS) and read_state(AUTHORS)["installed"]
    bits = "64-bit" if sys.maxsize > 2**32 else "32-bit"
    devices = [f"{TITLES[track]}: {answers.get(track, 'none yet')}" for track in tracks]
    lines = {
        "Course": f"{ROOT}, {commit()}",
        "Python": f"{platform.python_version()}, {bits}, {sys.executable}",
        "System": f"{platform.platform()}, {processor()}, {os.cpu_count()} cores",
        "Packages": ", ".join(versions(venv[1]) if venv else []) or "none",
        "Devices": "; ".join(devices),
        "Authors": "their tools are here" if tools else "their tools are not here",
        "Disk": f"{shutil.disk_usage(ROOT).free / 1e9:.0f} GB free",
        "Data": answers.get("data", "not known before packages are installed"),
        "Missing": missing,
        "Next": step,
    }
    for name, text in lines.items():
        say(f"{name:9} {text}")
    return int(missing != "nothing")


def commit() -> str:
    """Tell which version of the course this is, as far as git knows."""
    command = ["git", "log", "-1", "--format=commit %h of %cs"]
    status, said = ask(command) if (ROOT / ".git").exists() else (1, "")
    return "a copy without git" if status else said


def processor() -> str:
    """Give the name of the processor, or its kind where the system tells no more."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        return re.search(r"model name\s*: (.*)", text).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def versions(site: Path) -> list[str]:
    """Give name and version of the packages that matter most, read from the disk."""
    frameworks = [name for names in TRACKS.values() for name in names]
    return [
        folder.name[: -len(".dist-info")].replace("-", " ")
        for name in [*frameworks, "numpy", "jupyterlab"]
        for folder in site.glob(f"{name}-*.dist-info")
    ]


def main(arguments: list[str]) -> int:
    """Do what the first argument names; give the exit code."""
    command = arguments[0] if arguments else "--help"
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # of a path in another script
    for name in FOREIGN:
        os.environ.pop(name, None)
    commands = {"lab": lab, "data": data, "test": test, "doctor": doctor}
    try:
        if command in ("-h", "--help", "help"):
            say(HELP)
            return 0
        if command in ("build", "check", "translate", "publish"):
            return author(arguments)
        if command in commands:
            return commands[command](arguments[1:])
        raise Problem(
            f"There is no `{command}`; `python course.py` lists what there is."
        )
    except Problem as problem:
        print(problem, file=sys.stderr)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(explain(str(error), "The course cannot start"), file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped; the next start goes on from here.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
