"""Checks of lab 00: counting, two means, borders of classes, run lengths, stories.

The oracles go pixel by pixel or run by run, so that they are plainly right and share
no line with a usual solution.
"""

from checks.lab00.border_iou import border_iou
from checks.lab00.confusion_matrices import confusion_matrices
from checks.lab00.decode import decode
from checks.lab00.encode import encode
from checks.lab00.score import score
from checks.lab00.two_means import two_means

__all__ = ["confusion_matrices", "two_means", "border_iou", "encode", "decode", "score"]
