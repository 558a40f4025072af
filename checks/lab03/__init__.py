"""Checks of lab 03: sizes, transposed convolution, unpooling, checkerboards."""

from checks.lab03.cured import cured
from checks.lab03.grid_share import grid_share
from checks.lab03.output_size import output_size
from checks.lab03.transposed_convolution import transposed_convolution
from checks.lab03.unpool import unpool
from checks.lab03.way_back import way_back

__all__ = [
    "output_size",
    "way_back",
    "transposed_convolution",
    "unpool",
    "grid_share",
    "cured",
]
