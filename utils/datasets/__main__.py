"""``python course.py data``: list the data sets, or put a downloaded one in place."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from utils.datasets.catalogue import DATA_SETS, DataSet
from utils.datasets.install.core import Kind, install
from utils.datasets.install.mads import MADS
from utils.datasets.install.nuclei import NUCLEI
from utils.datasets.install.ph2 import PH2
from utils.datasets.published import CASES, amount
from utils.storage.places import at_home, data_folder, too_long
from utils.storage.workplace import WORK, settle

WIDTH = 88
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
# What systems say of a path that is too long for them.
ABSENT = (errno.ENOENT, errno.EINVAL, errno.ENAMETOOLONG)
KINDS = {kind.key: kind for kind in (PH2, NUCLEI, MADS)}
# What to do with each once it is in place.
NEXT = {
    "ph2": 'Lesson 05 uses it with source = "real". Please cite it, and do not pass it '
    "on.",
    "nuclei": 'datasets.load_nuclei() takes them from now on; source="real" insists on '
    "them. Please cite them.",
    "mads": 'Lab 09 uses it with source = "real". Please cite it, and keep to the '
    "licence on its page.",
}


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="python course.py data",
        description="Without arguments: list the data sets, found or not, with their "
        "sources, licences and citations.",
        epilog="Example: python course.py data ph2 ~/Downloads/PH2Dataset.rar",
    )
    main.add_argument(
        "name", nargs="?", choices=list(KINDS), help="data set to install"
    )
    main.add_argument("path", nargs="?", type=Path, help="its folder or archive")
    main.add_argument(
        "--replace", action="store_true", help="put it in the place of what is there"
    )
    main.add_argument(
        "--partial", action="store_true", help="take fewer cases than were published"
    )
    return main


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter
    chosen = parser().parse_args(arguments)
    try:
        if chosen.path is None:
            list_data(chosen.name)
        else:
            place(chosen.name, at_home(chosen.path), chosen.replace, chosen.partial)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(explain(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing was changed.", file=sys.stderr)
        return 130
    return 0


def list_data(name: str | None = None) -> None:
    """Print every data set, or the one of a name."""
    settle(data_folder())
    print(f"Data sets are looked for in {data_folder()}")
    for entry in DATA_SETS:
        if name in (None, entry.name.lower()):
            print("\n" + describe(entry))


def describe(entry: DataSet) -> str:
    """Write one entry of the list, its heading first."""
    fields = {
        "here": state(entry),
        "used": entry.used,
        "from": entry.source,
        "install": entry.command,
        "layout": entry.layout,
        "licence": entry.licence,
        "cite": entry.citation,
    }
    lines = [f"{entry.name}: {entry.title}"]
    for field, text in fields.items():
        # A path or an address is copied from here: it is never broken.
        lines += textwrap.wrap(
            text,
            WIDTH,
            initial_indent=f"  {field:8}",
            subsequent_indent=" " * 10,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def state(entry: DataSet) -> str:
    """Say whether a data set is here, how many cases, and where."""
    if entry.find is None:
        return "yes, always"
    try:
        found = entry.find()
    except (ValueError, OSError) as error:
        return f"not usable: {error}"
    name = entry.name.lower()
    told = (f"yes, {amount(name, count)} in {path}" for path, count in found)
    return "; ".join(told) or "no"


def place(name: str, path: Path, replace: bool, partial: bool) -> None:
    """Put a copy of a data set in place, unless one is there; raise as `install` does.

    name: a key of `KINDS`.
    """
    kind = KINDS[name]
    settle(data_folder())
    target = data_folder() / kind.folder
    found = kind.here()
    fault = incomplete(found, kind) if found else ""
    if found and not fault and not replace:
        count = kind.count(found)
        told = "" if count == CASES[name] else f", {amount(name, count)},"
        print(
            f"A copy of {kind.name}{told} is here already, in {found}, and stays; "
            "--replace replaces it."
        )
        return
    if found and target not in (found, found.parent):
        raise ValueError(
            f"A copy of {kind.name} is in {found}, where this command does not change "
            "anything; move it away, then start again."
        )
    if fault and not replace:
        raise ValueError(
            f"The copy of {kind.name} in {found} is not whole ({fault}); --replace "
            "puts yours in its place."
        )
    folder, cases = install(path, kind, replace, partial)
    told = amount(name, cases)
    print(f"Your copy of {kind.name} is in place: {told} in {folder}")
    print(NEXT[name])


def incomplete(folder: Path, kind: Kind) -> str:
    """Say what a copy of a data set lacks, or nothing."""
    try:
        kind.count(folder)
    except (ValueError, FileNotFoundError) as error:
        return str(error).partition(";")[0]
    return ""


def explain(error: OSError) -> str:
    """Make one sentence of what the system says about a file."""
    if error.errno is None:
        return str(error)
    # A rename names two files, and the longer one is at fault.
    named = map(str, filter(None, (error.filename, error.filename2)))
    longest = max(named, key=len, default="")
    if error.errno in ABSENT and (fault := too_long(longest)):
        return fault
    place = error.filename or data_folder()
    if f"{os.sep}{WORK}" in str(place):
        place = data_folder()  # what lay in the workplace is gone
    if error.errno in FULL or getattr(error, "winerror", None) == 112:
        return (
            f"The disk of {data_folder()} is full, and nothing was changed: make room "
            "for 1 GB, then start again."
        )
    if error.errno in FORBIDDEN:
        return (
            f"There is no permission to use {place}: allow yourself to read and write "
            "there, close what has files open in it, or move the course into a folder "
            "of your own."
        )
    return f"{place} cannot be used ({error.strerror}); mend that, then start again."


if __name__ == "__main__":
    sys.exit(main())
