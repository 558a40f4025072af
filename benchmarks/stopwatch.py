"""A clock for training that stands still while the network is looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Counts the seconds since it was made, without those that were `paused`.

    clock: tells the time in seconds, from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter):
        self._clock = clock
        self._began = clock()
        self._stopped_at: float | None = None

    def seconds(self) -> float:
        """Give the seconds so far."""
        now = self._clock() if self._stopped_at is None else self._stopped_at
        return now - self._began

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop for as long as the block takes."""
        self._stopped_at = self._clock()
        try:
            yield
        finally:
            self._began += self._clock() - self._stopped_at
            self._stopped_at = None
