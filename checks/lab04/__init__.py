"""Checks of lab 04: doubling up to odd sizes, fusing scales, and honest comparisons."""

from checks.lab04.ablation import ablation
from checks.lab04.best_of import best_of
from checks.lab04.compare import compare
from checks.lab04.double import double
from checks.lab04.fuse import fuse

__all__ = ["double", "fuse", "compare", "best_of", "ablation"]
