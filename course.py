"""The one entry point of the course: `python course.py` lists what it can do.

It needs nothing but Python. It makes `.venv` beside this file, installs the packages
that the course was tested with, and starts the right program with them. What authors
and tests need in addition lies in `.venv-authors`, so that the learner's JupyterLab is
as it was. What goes wrong is told in one sentence; what pip said is kept in
`install.log` of the environment.

Every Python since 3.6 must be able to read this file, so that a wrong one gets an
answer and not a SyntaxError: no walrus, no match, no other newer grammar.
"""

import os
import sys

# A learner's `random.py` may lie beside this file: no module is looked for there.
if __name__ == "__main__":
    here = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [place for place in sys.path if os.path.realpath(place) != here]

import csv
import hashlib
import importlib.util
import json
import platform
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
WINDOWS = os.name == "nt"
# TensorFlow has no packages for the Python without a lock, which calls itself 3.13t.
FREE = getattr(sys, "abiflags", "").count("t")
VERSION = "{}.{}".format(*sys.version_info) + "t" * FREE
WRONG_PYTHON = (
    ""
    if VERSION in VERSIONS
    else "The course needs Python 3.10 to 3.13, and this is Python {}: install "
    "Python 3.13 from https://www.python.org/downloads/ and start the course with "
    "`{} course.py lab`.".format(VERSION, "py -3.13" if WINDOWS else "python3.13")
)
# A newer Python can at least tell what is there.
if WRONG_PYTHON and (sys.version_info < (3, 10) or sys.argv[1:] != ["doctor"]):
    sys.exit(WRONG_PYTHON)

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / ".venv.lock"


class Environment:
    """A folder that `venv` makes, and what this file keeps in it."""

    def __init__(self, name: str) -> None:
        place = ROOT / name
        # A link to a folder on a larger disk is followed, as venv takes no links.
        self.folder = place.resolve() if place.is_dir() else place
        self.name = name
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

# How a Python is asked: it obeys no variables, looks for no modules in the current
# folder, and answers in UTF-8.
ASKED = ("-I", "-X", "utf8", "-c")
PATIENCE = 60  # seconds, for an answer that takes a tenth of one
NO_ANSWER = 124  # as an exit code

# What another environment leaves in the variables: its modules would come before ours,
# in JupyterLab's kernels too, and its packages and kernels before the course's; pip
# would install elsewhere. PYTHONOPTIMIZE takes out what checks and tests assert.
FOREIGN = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONSTARTUP"),
    *("PYTHONINSPECT", "PYTHONOPTIMIZE", "PYTHONPLATLIBDIR"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON"),
    *("JUPYTER_PATH", "JUPYTERLAB_DIR"),
)

AUTHORING = ("build", "check", "translate", "publish")
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
that is started: `lab --no-browser --port 9999`, `test -k unet`. JupyterLab's own are
listed by `lab --help-all`. docs/troubleshooting.md tells what messages mean.
"""


class Problem(Exception):
    """What went wrong and what to do about it, in one sentence."""


def say(text: str) -> None:
    """Print at once, also where the output is a file or a pipe."""
    print(text, flush=True)


# What is wanted, and what is there


def text_of(name: str) -> str:
    """Read a file of the course. Raises Problem if it is damaged, OSError if gone."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except ValueError:
        raise Problem(f"{ROOT / name} is damaged: fetch the course anew.") from None


def requirements(tracks: list[str], dev: bool = False) -> list[str]:
    """Give the requirements as pip takes them, without those of the other track.

    dev: those that authors add, instead of the learner's.
    """
    name = "requirements-dev.txt" if dev else "requirements.txt"
    text = text_of(name)
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    others = [name for track in TRACKS if track not in tracks for name in TRACKS[track]]
    return [line for line in lines if line and name_of(line) not in others]


def name_of(requirement: str) -> str:
    """Give the name that a requirement or a .dist-info folder starts with."""
    return re.match(r"[\w.]*(-[A-Za-z][\w.]*)*", requirement).group().lower()


def fingerprint(env: Environment, version: str, tracks: list[str]) -> str:
    """Give a hash that changes with anything that decides what is installed."""
    wanted = requirements(tracks, env is AUTHORS)
    parts = [version, *wanted, text_of("constraints.txt")]
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()


def read_state(env: Environment) -> dict:
    """Give what is known of an environment, whatever the file holds.

    `tracks`, `installed` (a fingerprint) and `packages` (.dist-info folders) tell of
    the last installation that was whole; `adding` has the tracks of one that is under
    way, or was interrupted.
    """
    try:
        found = json.loads(env.state.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
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
    }


def write_state(env: Environment, **state: object) -> None:
    """Replace the state in one step: a kill leaves the old one or the new one."""
    draft = env.state.with_suffix(".new")
    draft.write_text(json.dumps(state) + "\n", encoding="utf-8")
    if env.state.is_dir():
        shutil.rmtree(env.state)
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
        return NO_ANSWER, f"no answer within {seconds:.0f} s"
    return done.returncode, done.stdout.strip()


def ask_all(codes: dict[str, str], seconds: float | None = None) -> dict:
    """Run pieces of Python in `.venv`, all at once; give what `ask` gives, by name."""
    ask_it = [str(LEARNER.python), *ASKED]
    commands = [[*ask_it, code, str(ROOT)] for code in codes.values()]
    with ThreadPoolExecutor() as pool:
        answers = pool.map(ask, commands, [seconds] * len(commands))
        return dict(zip(codes, answers))


def inspect(env: Environment) -> tuple[str, Path] | None:
    """Give version and package folder of an environment, None if it is of no use.

    Its own Python is asked, because that may be gone, have become another version (then
    its package folder is not there), or no longer know where it belongs. Raises Problem
    if it does not answer: then it may be of use another time.
    """
    code = "import sys; print(*sys.version_info[:2], sys.prefix != sys.base_prefix)"
    status, said = ask([str(env.python), *ASKED, code], PATIENCE)
    if status == NO_ANSWER:
        raise Problem(
            f"{env.python} does not answer: start the computer anew, or remove "
            f"{env.folder}, then start again."
        )
    found = re.search(r"^(\d+) (\d+) True$", said, re.MULTILINE)
    if status or not found:
        return None
    version = ".".join(found.groups())
    site = env.site(version)
    fits = version in VERSIONS and site.is_dir()
    if fits and env is AUTHORS:
        fits = False
        with suppress(OSError, ValueError):
            path = (site / LINK).read_text(encoding="utf-8").strip()
            fits = (site / path).samefile(LEARNER.site(version))
    return (version, site) if fits else None


def choose(env: Environment, wanted: list[str], state: dict) -> list[str]:
    """Give the tracks to have: the wanted ones beside those that are there, else what
    was chosen before, else all. What was never finished can be decided against."""
    if wanted:
        return sorted({*wanted, *state["tracks"]})
    return state["adding"] or state["tracks"] or sorted(TRACKS)


def is_ready(env: Environment, wanted: list[str]) -> bool:
    """Tell whether nothing has to be installed."""
    state = read_state(env)
    if state["adding"] or not state["installed"]:
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
    path = ROOT / "utils" / "storage" / "locks.py"
    spec = importlib.util.spec_from_file_location("locks", path)
    locks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(locks)
    if os.path.lexists(LOCK) and not LOCK.is_file():
        raise Problem(f"{LOCK} is no file: remove it, then start again.")
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
    python = sys.executable if env is LEARNER else str(LEARNER.python)
    command = [python, "-I", "-m", "venv", "--without-pip", "--clear", str(env.folder)]
    said = make_with(command, f"{env.folder} could not be made")
    if env is AUTHORS:
        version = inspect(LEARNER)[0]
        # Relative, because some Pythons read the file in the locale's encoding.
        path = os.path.relpath(LEARNER.site(version), env.site(version))
        (env.site(version) / LINK).write_text(path + "\n", encoding="utf-8")
    venv = inspect(env)
    if not venv:
        raise Problem(explain(said, f"{env.folder} could not be made"))
    return venv


def have_pip() -> None:
    """Give `.venv` the pip of its Python where it has none, or not all of it."""
    site = inspect(LEARNER)[1]
    # pip's own INSTALLER file is the last thing that is written.
    if not any(site.glob("pip-*.dist-info/INSTALLER")):
        sweep(site)
        options = ["-I", "-m", "ensurepip", "--upgrade", "--default-pip"]
        make_with([str(LEARNER.python), *options], f"{LEARNER.folder} got no pip")


def make_with(command: list[str], event: str) -> str:
    """Run venv or ensurepip; give its words. Raises Problem with the event."""
    with watched(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        said = run.stdout.read().decode("utf-8", "replace")
    if not run.returncode:
        return said
    if None in map(importlib.util.find_spec, ("venv", "ensurepip")):
        raise Problem(
            "This Python lacks the means to make an environment: install them, on "
            f"Debian and Ubuntu with `sudo apt install python{VERSION}-venv`, then "
            "start again."
        )
    raise Problem(explain(said, event))


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
    try:
        with open(info / "RECORD", encoding="utf-8", newline="") as file:
            paths = [row[0] for row in csv.reader(file) if row and ".pyc" not in row[0]]
        places = [info / "INSTALLER", *(info.parent / path for path in paths)]
        return all(place.exists() for place in places)
    except (OSError, ValueError, csv.Error):  # damaged
        return False


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


# What runs pip, uv and venv: it ends them and all that they started with this program,
# even where this one is killed, because two at work in one folder would spoil it. (On
# Windows, closing the window ends all.)
WATCH = """
import os, signal, subprocess, sys, time
posix = os.name != "nt"
if posix:
    os.setsid()
child = subprocess.Popen(sys.argv[2:])
signal.signal(signal.SIGINT, signal.SIG_IGN)
while child.poll() is None:
    if posix and os.getppid() != int(sys.argv[1]):
        os.killpg(0, signal.SIGKILL)
    time.sleep(0.1)
sys.exit(child.returncode if child.returncode >= 0 else 128 - child.returncode)
"""


def watched(command: list[str], **settings: object) -> subprocess.Popen:
    """Start a program that does not outlive this one."""
    watch = [sys.executable, "-I", "-c", WATCH, str(os.getpid())]
    return subprocess.Popen([*watch, *command], cwd=ROOT, **settings)


# Settings of pip that uv does not know, and those that lead out of the environment.
OWN_INDEX = {"index-url", "extra-index-url", "find-links", "no-index"}
ELSEWHERE = {"target", "prefix", "root", "python"}
# For a server that did not answer the last time. Without any retry, pip does not say
# that it was not reached.
IMPATIENT = ["--retries", "1", "--timeout", "5"]
UV_IMPATIENT = {"UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "5"}
# The lines of uv that tell how far it is; pip's are no complaints and reach the screen.
PROGRESS = re.compile(r"\s*(Resolved|Downloading|Downloaded|Prepared|Installed)\b")


def install(env: Environment, packages: list[str], keep: bool, again: bool) -> None:
    """Install packages, with uv where it is at hand, which takes half the time.

    Keeps the downloads for another time, if that is wanted. Waits for the server only
    shortly if it is tried again. Raises Problem.
    """
    settings = pip_settings(env)
    elsewhere = ", ".join(sorted(settings.keys() & ELSEWHERE))
    if elsewhere:
        raise Problem(
            f"Your settings of pip lead packages elsewhere, by `{elsewhere}`: find "
            f"their file with `{env.python} -m pip config debug`, take that line out, "
            "then start again."
        )
    uv = shutil.which("uv")
    # uv knows no index of pip's, and sees no packages through a .pth file.
    if uv and env is LEARNER and not settings.keys() & OWN_INDEX:
        options = ["--python", str(env.python), "--compile-bytecode"]
        options += [] if keep else ["--no-cache"]
        variables = UV_IMPATIENT if again else {}
        command = [uv, "pip", "install", *options, *packages]
        status, said = install_with(env, command, **variables)
        if not status:
            return
        if cause(said) in (FULL, LOCKED, FORBIDDEN, UNREACHABLE):
            raise Problem(CAUSES[cause(said)])
        say("uv could not install the packages; pip tries it now ...")
    options = ["--disable-pip-version-check", "--no-input", "--no-user"]
    options += [] if keep else ["--no-cache-dir"]
    options += IMPATIENT if again else []
    options += IMPATIENT[:2] if settings.get("retries") == "0" else []
    pip = [str(env.python), "-I", "-m", "pip", "install"]
    status, said = install_with(env, [*pip, *options, *packages])
    if status:
        raise Problem(explain(said, "The packages could not be installed", env.log))


def pip_settings(env: Environment) -> dict[str, str]:
    """Give what files and variables tell pip, by names such as index-url."""
    _, said = ask([str(env.python), "-I", "-m", "pip", "config", "list"])
    return dict(re.findall(r"^[\w:]+\.([\w-]+)=.(.*).$", said, re.MULTILINE))


def install_with(env: Environment, command: list[str], **variables: str) -> tuple:
    """Run pip or uv, its progress on the terminal, its complaints in the log.

    Gives its exit code and the complaints. Raises Problem if the system ends it.
    """
    # The system's own folder for temporary files is often too small for gigabytes, and
    # what a killed pip leaves there stays for good.
    env.downloads.mkdir(exist_ok=True)
    folders = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], str(env.downloads))
    environment = {**os.environ, **folders, **variables}
    run = watched(command, stderr=subprocess.PIPE, env=environment)
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
SEPARATOR = r"contains the PATH separator"
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
    SEPARATOR: (
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


def prepare(env: Environment, wanted: list[str], retry: bool = True) -> None:
    """Have an environment hold the wanted tracks beside all that it held before.

    wanted: names of tracks, none for those chosen before or else all.
    retry: whether what failed before is tried again where what was whole will do.
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
        enough = venv and state["installed"] and {*wanted} <= {*state["tracks"]}
        again = bool(enough and state["adding"])
        if again and not retry and as_before(venv[1], state):
            return
        try:
            bring_up_to_date(env, wanted, state, venv, again)
        except (Problem, OSError) as error:
            if not (enough and as_before(venv[1], state)):
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
    env: Environment,
    wanted: list[str],
    state: dict,
    venv: tuple[str, Path] | None,
    again: bool,
) -> None:
    """Install what `prepare` was asked for. Raises Problem, or OSError."""
    tracks = choose(env, wanted, state)
    if venv and (state["adding"] or not state["installed"]):
        say("The last installation was not finished: finishing it ...")
        sweep(venv[1])
    elif venv:
        say(f"What is to be installed has changed: bringing {env.name} up to date ...")
    else:
        lost = os.path.lexists(env.folder)
        say(f"Making {env.name}{' anew, as it is of no use' * lost} ...")
    if not venv:
        venv = make(env)
        state = {"tracks": [], "installed": None, "packages": []}
    have_pip()
    # Seen by the next start if this one is interrupted.
    write_state(env, **{**state, "adding": tracks})
    shutil.rmtree(env.downloads, ignore_errors=True)
    env.log.unlink(missing_ok=True)
    keep = check_disk(env, tracks)
    titles = ["JupyterLab", *(TITLES[track] for track in tracks)]
    what = "the authors' tools" if env is AUTHORS else ", ".join(titles)
    say(f"Installing {what}; this takes some minutes, once ...")
    constraints = ["-c", str(ROOT / "constraints.txt")]
    packages = [*constraints, *requirements(tracks, env is AUTHORS)]
    install(env, packages, keep, again)
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
# `numpy.py` perhaps, would come before all others, as would those of the course's
# folder, where learners keep files too: it comes last. The package rfc3987_syntax takes
# a second to load, in every start of JupyterLab, only to check addresses in schemas
# that have none; jsonschema does without it where it is not there.
RUN = """
import sys
sys.path[:] = [*sys.path[1:], sys.argv[1]]
name = sys.argv[2]
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
    wanted, rest, waiting = [], [], iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if name == "--track":
            wanted.append(value if equals else next(waiting, ""))
        elif name.startswith("--track"):
            raise Problem(f"There is no `{name}`: it is `--track`, then start again.")
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
    # Jupyter would take a kernel in the home of somebody who does not own `.venv`.
    variables = {"JUPYTER_PREFER_ENV_PATH": "1"}
    return start(LEARNER, "jupyterlab", *places, *root, *rest, **variables)


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
    prepare(LEARNER, [], retry=False)
    return start(LEARNER, "utils.datasets", *arguments)


def start_authors(module: str, *arguments: str, **variables: str) -> int:
    """Run a module with both tracks and the authors' packages, in the course's folder.

    Notebooks run with the learner's Python, so that they use nothing that learners
    lack. What nbconvert needs beside its code lies in the learner's environment too.
    """
    prepare(LEARNER, list(TRACKS))
    prepare(AUTHORS, list(TRACKS))
    os.chdir(ROOT)
    variables["JUPYTER_PATH"] = str(LEARNER.folder / "share" / "jupyter")
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
import sys
sys.path.append(sys.argv[1])
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
    state, venv, tools, ready = read_state(LEARNER), None, False, False
    tracks = choose(LEARNER, [], state)
    answers, faults = {}, []
    try:
        venv = inspect(LEARNER)
        ready = is_ready(LEARNER, [])
        tools = inspect(AUTHORS) and read_state(AUTHORS)["installed"]
    except Problem as problem:
        faults.append(str(problem))
    except OSError as error:
        faults.append(explain(str(error), "The course is not whole"))
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
    if not ready:
        missing = "what the course asks for now" if state["installed"] else "packages"
        step = "`python course.py lab` installs what is missing."
        place = LEARNER.folder if venv else ROOT
        if not os.access(place, os.W_OK):
            step = f"`python course.py lab`, by somebody who may write in {place}."
        elif not venv and os.pathsep in str(ROOT):
            step = CAUSES[SEPARATOR]
    if os.path.lexists(LEARNER.folder) and not LEARNER.folder.is_dir():
        step = f"Remove {LEARNER.folder}, which is no folder, then start again."
    if WRONG_PYTHON or faults:
        missing = "something that works"
        step = " ".join(filter(None, [WRONG_PYTHON, *faults]))
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
        say(f"{name:9} " + " ".join(text.splitlines()))
    return int(missing != "nothing")


def commit() -> str:
    """Tell which version of the course this is, as far as git knows."""
    if not (ROOT / ".git").exists():
        return "a copy without git"
    status, said = ask(["git", "log", "-1", "--format=commit %h of %cs"], PATIENCE)
    return "a clone that git does not read" if status else said


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


def asks_for_help(arguments: list[str]) -> bool:
    """Tell whether help is wanted that the program itself cannot give yet."""
    if not {"-h", "--help"} & {*arguments}:
        return False
    if arguments[0] == "data":
        return not is_ready(LEARNER, [])
    tools = arguments[0] in ("test", *AUTHORING)
    return not (tools and is_ready(LEARNER, [*TRACKS]) and is_ready(AUTHORS, [*TRACKS]))


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
        if command == "help" or asks_for_help([command, *arguments]):
            say(HELP)
            return 0
        if command in AUTHORING:
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
