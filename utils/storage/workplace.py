"""Where a data set is put together: a hidden folder beside the place it goes to.

The folder lies on the disk of its goal, so a rename brings the data set there, all of
it at once. A lock keeps a second process out; it ends with its process, so whatever
lies here while nobody holds it was left by a run that was killed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from utils.storage.locks import alone

WORK = ".work-"
LOCK = ".lock"
OLD = "old"


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """Make a hidden folder below ``folder``, and remove it at the end.

    Raises BlockingIOError, one sentence, while another process is at work there;
    OSError as the disk gives it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with alone(folder / LOCK):
            work = Path(tempfile.mkdtemp(prefix=WORK, dir=folder))
            try:
                yield work
            finally:
                _clear(work)
    except BlockingIOError:
        raise BlockingIOError(
            f"Another process is putting a data set into {folder}; wait until it is "
            "done, then start again."
        ) from None


def put(whole: Path, target: Path) -> None:
    """Give a finished folder of a workplace its place and name.

    What was there is moved aside first. Until the second rename is done, leaving the
    workplace, or `settle` after a kill, moves it back.
    """
    if os.path.lexists(target):
        aside = whole.parent / OLD / target.name
        aside.parent.mkdir()
        os.replace(target, aside)
    os.replace(whole, target)


def settle(folder: Path) -> None:
    """Tidy up after runs that were killed, if there are any and nobody is at work.

    What a disk does not allow is left as it is.
    """
    if any(folder.glob(f"{WORK}*")):
        with suppress(OSError), alone(folder / LOCK):
            for work in folder.glob(f"{WORK}*"):
                _clear(work)


def _clear(work: Path) -> None:
    """Remove a workplace; what it moved aside and did not replace goes back first."""
    for aside in work.glob(f"{OLD}/*"):
        target = work.parent / aside.name
        # Without the new folder beside it, it was replaced, and may be half removed.
        if (work / aside.name).exists() and not os.path.lexists(target):
            try:
                os.replace(aside, target)
            except OSError:
                return  # kept for the next run to try
    remove(work)


def remove(folder: Path) -> None:
    """Remove a folder and all in it, as far as the disk allows.

    Archives may bring files that are read-only, which Windows does not remove, and
    folders that are, out of which other systems remove nothing.
    """
    for place, folders, names in os.walk(folder):
        for path in (Path(place, name) for name in [*folders, *names]):
            if not path.is_symlink():  # what it leads to is not ours
                with suppress(OSError):
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
