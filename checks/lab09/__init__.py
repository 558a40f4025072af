"""Checks of lab 09: from data to a cut-out with its report, and joints as heat maps.

The oracles go pixel by pixel or joint by joint, so that they are plainly right. The
split and the report have many right answers: their rules are checked.
"""

from checks.lab09.cut_out import cut_out
from checks.lab09.decode import decode
from checks.lab09.heat_maps import heat_maps
from checks.lab09.pck import pck
from checks.lab09.report import report
from checks.lab09.split_by_take import split_by_take
from checks.lab09.train_person import train_person
from checks.lab09.train_pose import train_pose

__all__ = [
    "split_by_take",
    "train_person",
    "cut_out",
    "report",
    "heat_maps",
    "decode",
    "pck",
    "train_pose",
]
