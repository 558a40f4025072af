"""Checks of lab 05: losses, legal augmentation, error analysis, an experiment.

The oracles go image by image or pixel by pixel, so that they are plainly right and
share no line with a usual solution.
"""

from checks.lab05.error_table import error_table
from checks.lab05.focal_loss import focal_loss
from checks.lab05.train_for_melanomas import train_for_melanomas
from checks.lab05.turn_and_zoom import turn_and_zoom
from checks.lab05.tversky_loss import tversky_loss

__all__ = [
    "tversky_loss",
    "focal_loss",
    "turn_and_zoom",
    "error_table",
    "train_for_melanomas",
]
