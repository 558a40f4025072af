"""Progress of a command: a bar on a terminal, one plain line anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress(what: str, total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """Show that ``what`` is under way; give the function to call with each advance.

    total: what the advances sum up to, in ``unit``; bytes are written as MB.
    """
    if not sys.stderr.isatty():
        print(f"{what} ...", flush=True)
        yield lambda advance: None
        return
    with tqdm(total=total, desc=what, unit=unit, unit_scale=unit == "B") as bar:
        yield bar.update
