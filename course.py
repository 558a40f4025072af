"""The one entry point of the course: `python course.py` lists what it can do.

It needs nothing but Python. It makes `.venv` beside this file, installs the packages
that the course was tested with, and starts the right program with them. What goes wrong
is told in one sentence; the details are kept in `.venv/install.log`.

Every Python since 3.6 must be able to read this file, so that a wrong one gets an
answer and not a SyntaxError: no walrus, no match, no other newer grammar.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
WINDOWS = os.name == "nt"
if "{}.{}".format(*sys.version_info) not in VERSIONS:
    sys.exit(
        "The course needs Python 3.10 to 3.13, and this is Python {}.{}: install "
        "Python 3.13 from https://www.python.org/downloads/ and start the course with "
        "`{} course.py lab`.".format(
            *sys.version_info[:2], "py -3.13" if WINDOWS else "python3.13"
        )
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
STATE = VENV / "course.json"
LOG = VENV / "install.log"
DOWNLOADS = VENV / "downloads"

# What belongs to one track alone; everything else belongs to both.
TRACKS = {"pytorch": ("torch", "torchvision"), "tensorflow": ("tensorflow",)}
TITLES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
# Gigabytes of disk that an installation takes at its height, a third of them only until
# its end. On Linux, torch brings NVIDIA's libraries with it.
LARGE, SMALL = {"pytorch": 10, "tensorflow": 4}, {"pytorch": 2, "tensorflow": 3}
SIZES = LARGE if sys.platform == "linux" else SMALL

HELP = """\
Every Pixel, a course on image segmentation.

  python course.py lab        install what is missing and open the lessons
  python course.py data       list the data sets, or put a downloaded one in place
  python course.py test       run all tests

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


def requirements(tracks: list[str], dev: bool) -> list[str]:
    """Give the requirements as pip takes them, without those of the other track."""
    files = ["requirements.txt"] + ["requirements-dev.txt"] * dev
    text = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    others = [name for track in TRACKS if track not in tracks for name in TRACKS[track]]
    return [
        line
        for line in lines
        if line and re.match(r"[\w.-]*", line).group().lower() not in others
    ]


def fingerprint(version: str, tracks: list[str], dev: bool) -> str:
    """Give a hash that changes with anything that decides what is installed."""
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    parts = [version, *requirements(tracks, dev), constraints]
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()


def read_state() -> dict:
    """Give the tracks and the extras chosen so far and the fingerprint of what is
    installed, None while that is unfinished; {} where nothing is known."""
    try:
        return json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_state(tracks: list[str], dev: bool, installed: str | None) -> None:
    """Replace the state in one step: a kill leaves the old one or the new one."""
    state = {"tracks": tracks, "dev": dev, "installed": installed}
    draft = STATE.with_suffix(".new")
    draft.write_text(json.dumps(state) + "\n", encoding="utf-8")
    os.replace(draft, STATE)


def ask(command: list[str]) -> tuple[int, str]:
    """Run a program silently; give its exit code and all that it said."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        return 127, str(error)
    return done.returncode, done.stdout.strip()


def inspect_venv() -> tuple[str, Path] | None:
    """Give the version and the package folder of `.venv`, None if it is of no use.

    Its own Python is asked, because that may be gone, have become another version (then
    its package folder is not there), or no longer know that it belongs to `.venv`.
    """
    code = "import sys; print(*sys.version_info[:2], sys.prefix != sys.base_prefix)"
    status, said = ask([str(PYTHON), "-c", code])
    found = re.search(r"^(\d+) (\d+) True$", said, re.MULTILINE)
    if status or not found:
        return None
    version = ".".join(found.groups())
    site = VENV / ("Lib" if WINDOWS else f"lib/python{version}") / "site-packages"
    # pip's own INSTALLER file is the last thing that is written when .venv is made.
    whole = any(site.glob("pip-*.dist-info/INSTALLER"))
    return (version, site) if version in VERSIONS and whole else None


# Installing


def make_venv() -> tuple[str, Path]:
    """Make `.venv`, emptied if it is there; give its version and package folder."""
    status, said = ask([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if "ensurepip" in said or "No module named" in said:
        package = "python{}.{}-venv".format(*sys.version_info)
        raise Problem(
            "This Python lacks the means to make an environment: install them, on "
            f"Debian and Ubuntu with `sudo apt install {package}`, then start again."
        )
    venv = inspect_venv()
    if status or not venv:
        raise Problem(explain(said, f"{VENV} could not be made"))
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


# What runs pip: it ends with this program, even where this one is killed, because two
# pips at work in one folder would spoil it. (On Windows the number never changes, and
# closing the window ends both.)
PIP = """
import os, runpy, threading, time
def watch(parent=os.getppid()):
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def pip_install(arguments: list[str]) -> None:
    """Install with pip, its progress on the terminal, its complaints in LOG.

    Raises Problem with the reason if pip fails.
    """
    options = ["--disable-pip-version-check", "--no-input", "--no-user"]
    command = [str(PYTHON), "-c", PIP, "install", *options, *arguments]
    # The system's own folder for temporary files is often too small for gigabytes, and
    # what a killed pip leaves there stays for good.
    DOWNLOADS.mkdir(exist_ok=True)
    folders = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], str(DOWNLOADS))
    environment = {**os.environ, **folders}
    pip = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=ROOT, env=environment)
    said = ""
    with pip, open(LOG, "w", encoding="utf-8", newline="\n") as log:
        for raw in pip.stderr:
            line = raw.decode("utf-8", "replace").rstrip() + "\n"
            if "Retrying (" in line and "Retrying (" not in said:
                say("The package server does not answer, trying again ...")
            said += line
            log.write(line)
    shutil.rmtree(DOWNLOADS, ignore_errors=True)
    if pip.returncode < 0:
        raise Problem(
            "The system ended the installation, most often for want of memory: close "
            "other programs and start again."
        )
    if pip.returncode:
        raise Problem(explain(said, "The packages could not be installed"))


def check_frameworks(tracks: list[str]) -> None:
    """Import what was installed, each framework in a process of its own.

    Raises Problem with the reason if one cannot be imported.
    """
    for track in tracks:
        say(f"Checking {TITLES[track]} ...")
        code = "import " + ", ".join(TRACKS[track])
        status, said = ask([str(PYTHON), "-c", code])
        if status:
            with open(LOG, "a", encoding="utf-8", newline="\n") as log:
                log.write(said + "\n")
            raise Problem(explain(said, f"{TITLES[track]} cannot be imported"))


def check_disk(tracks: list[str]) -> bool:
    """Tell whether the disk has room enough to keep the downloads in pip's cache.

    Raises Problem if there is not even room for what `.venv` still lacks.
    """
    present = sum(path.lstat().st_size for path in VENV.rglob("*")) / 1e9
    needed = sum(SIZES[track] for track in tracks)
    free = shutil.disk_usage(VENV).free / 1e9
    if free < needed - present:
        raise Problem(
            f"The disk is too full, with {free:.1f} GB free and {needed} GB needed in "
            f"{VENV}: make room and start again, or install one track alone with "
            "`lab --track pytorch` or `lab --track tensorflow`."
        )
    return free > needed - present + needed / 3


# Why an installation fails: words of pip, venv, the frameworks or the system that are
# the same in every language, and the sentence for them. The first that fits counts.
CAUSES = {
    r"Errno (28|122)\b|WinError 112\b|No space left|quota exceeded": (
        f"The disk is full: make room where the course lies ({ROOT}) and in your home "
        "folder, then start again."
    ),
    r"WinError (5|32)\b": (
        f"Windows keeps files in {VENV} locked: close JupyterLab and everything that "
        "was started from there, then start again."
    ),
    r"Errno (1|13|30)\b|Permission denied|Read-only file system": (
        f"There is no permission to write in {ROOT}: move the course to a folder of "
        "your own, then start again."
    ),
    r"Windows Long Path": (
        f"The path {ROOT} is too long for Windows: move the course to a short one such "
        "as C:\\course, then start again."
    ),
    r"Errno 2\b.*(requirements|constraints)": (
        f"Files of the course are missing in {ROOT}: fetch the course anew."
    ),
    r"CERTIFICATE_VERIFY_FAILED": (
        "The certificate of the package server is not trusted, as behind some "
        "firewalls: set the variable PIP_CERT to your network's certificate file or "
        "take another network, then start again."
    ),
    r"Retrying \(|Connection(Error|Reset|Refused)|Connection broken|IncompleteRead|"
    r"NewConnectionError|NameResolutionError|Read timed out|ProxyError": (
        "The package server cannot be reached: check the internet connection, and the "
        "variable HTTPS_PROXY where a proxy is needed, then start again."
    ),
    r"DO NOT MATCH THE HASHES|BadZipFile|Wheel .* is invalid": (
        f"A downloaded package is damaged: run `{PYTHON} -m pip cache purge`, then "
        "start again."
    ),
    r"ResolutionImpossible|conflicting dependencies": (
        "The requirements contradict each other: fetch the course anew, look for "
        "constraints of your own in `pip config list`, then start again."
    ),
    r"No matching distribution found": (
        "A package does not exist for this computer, because the course needs 64-bit "
        "Python 3.10 to 3.13 on Linux, Windows, or macOS 14 or newer with an Apple "
        f"chip: change what differs and start again, or read {LOG}."
    ),
    r"torchvision::|Couldn't load custom C\+\+ ops|torchvision.*undefined symbol": (
        "The installed torch and torchvision do not match, as when only one of them is "
        f"made for CUDA: run `{PYTHON} -m pip install --force-reinstall torch "
        f"torchvision -c {ROOT / 'constraints.txt'}`, then start again."
    ),
    r"DLL load failed|WinError (126|1114)\b": (
        "The Microsoft Visual C++ Redistributable is missing or old: install it from "
        "https://aka.ms/vs/17/release/vc_redist.x64.exe, then start again."
    ),
}


def explain(said: str, event: str) -> str:
    """Give one sentence on an event, from what the program that failed said."""
    for words, sentence in CAUSES.items():
        if re.search(words, said, re.IGNORECASE):
            return sentence
    last = said.strip().splitlines()[-1:] or ["no reason given"]
    return f"{event} ({last[0].strip()}): look into {LOG}, then start again."


def prepare(wanted: list[str], dev: bool = False) -> None:
    """Have `.venv` hold the wanted tracks beside all that it was asked for before.

    Takes the names of tracks, none for those chosen before or else all, and whether the
    authors' packages are needed. With nothing to do it costs one start of Python.
    Raises Problem.
    """
    state = read_state()
    finished = state.get("installed")
    # A track whose installation did not finish can still be decided against.
    chosen = state.get("tracks", []) if finished or not wanted else []
    tracks = sorted({*wanted, *chosen} or TRACKS)
    dev = dev or state.get("dev", False)
    existed = VENV.exists()
    venv = inspect_venv()
    if venv and finished == fingerprint(venv[0], tracks, dev):
        return
    if venv and finished:
        say("What is to be installed has changed: bringing .venv up to date ...")
    elif venv:
        say("The last installation was not finished: finishing it ...")
        sweep(venv[1])
    else:
        say(".venv is of no use, making it anew ..." if existed else "Making .venv ...")
        venv = make_venv()
    shutil.rmtree(DOWNLOADS, ignore_errors=True)
    cache = [] if check_disk(tracks) else ["--no-cache-dir"]
    write_state(tracks, dev, None)  # seen by the next start if this one is interrupted
    names = " and ".join(TITLES[track] for track in tracks)
    say(f"Installing JupyterLab, {names}; this takes some minutes, once ...")
    constraints = ["-c", str(ROOT / "constraints.txt")]
    pip_install([*cache, *constraints, *requirements(tracks, dev)])
    check_frameworks(tracks)
    write_state(tracks, dev, fingerprint(venv[0], tracks, dev))


# The commands


def start(arguments: list[str], folder: Path = ROOT, **variables: str) -> int:
    """Run the Python of `.venv` in a folder, as if activated; give its exit code.

    Elsewhere than on Windows, the program takes this one's place and gets every signal.
    On Windows, Ctrl-C reaches both, and the program alone decides what it means.
    """
    command = [str(PYTHON), *arguments]
    path = os.pathsep.join([str(PYTHON.parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV), **variables}
    os.chdir(folder)
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
    prepare(wanted)
    write_overrides()
    places = [
        f"--ServerApp.root_dir={ROOT}",
        "--LabApp.default_url=/lab/tree/lessons/README.md",
    ]
    # In a container the user often is root, which JupyterLab refuses unless told.
    root = ["--allow-root"] if not WINDOWS and os.geteuid() == 0 else []
    return start(["-m", "jupyterlab", *places, *root, *rest])


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
    path = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def data(arguments: list[str]) -> int:
    """List or place data sets. Their paths are the learner's: the folder stays."""
    prepare([])
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    command = ["-m", "utils.datasets", *arguments]
    return start(command, Path.cwd(), PYTHONPATH=os.pathsep.join(paths))


def test(arguments: list[str]) -> int:
    """Run pytest, with both tracks and the authors' packages installed."""
    prepare(list(TRACKS), dev=True)
    return start(["-m", "pytest", *arguments], EVERY_PIXEL_HEADLESS="1")


def author(arguments: list[str]) -> int:
    """Run a verb of the authors' tools, with everything installed."""
    prepare(list(TRACKS), dev=True)
    return start(["-m", "authoring", *arguments])


def main(arguments: list[str]) -> int:
    """Do what the first argument names; give the exit code."""
    command = arguments[0] if arguments else "--help"
    try:
        if command in ("-h", "--help", "help"):
            say(HELP)
            return 0
        if command in ("build", "check", "translate", "publish"):
            return author(arguments)
        if command in ("lab", "data", "test"):
            return {"lab": lab, "data": data, "test": test}[command](arguments[1:])
        raise Problem(
            f"There is no `{command}`; `python course.py` lists what there is."
        )
    except Problem as problem:
        print(problem, file=sys.stderr)
    except OSError as error:
        print(explain(str(error), "The course cannot start"), file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped; the next start goes on from here.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
