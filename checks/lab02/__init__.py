"""Checks of lab 02: heads as kernels, receptive fields, scores on their pixels."""

from checks.lab02.all_convolutions import all_convolutions
from checks.lab02.as_kernel import as_kernel
from checks.lab02.field_of import field_of
from checks.lab02.place import place
from checks.lab02.scores_everywhere import scores_everywhere

__all__ = ["as_kernel", "all_convolutions", "field_of", "place", "scores_everywhere"]
