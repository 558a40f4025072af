"""Checks of lab 01: where windows start, which stride, batches, hard negatives."""

from checks.lab01.hard_negatives import hard_negatives
from checks.lab01.hunt import hunt
from checks.lab01.plan import plan
from checks.lab01.slide import slide
from checks.lab01.window_starts import window_starts

__all__ = ["window_starts", "plan", "slide", "hard_negatives", "hunt"]
