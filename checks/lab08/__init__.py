"""Checks of lab 08: attention and its cost, matching of sets, panoptic quality.

The oracles go position by position, pair by pair, pixel by pixel; the best assignment
is found by trying all.
"""

from checks.lab08.assign import assign
from checks.lab08.attend import attend
from checks.lab08.attention_cost import attention_cost
from checks.lab08.merge import merge
from checks.lab08.panoptic_table import panoptic_table
from checks.lab08.prices import prices

__all__ = ["merge", "attend", "attention_cost", "prices", "assign", "panoptic_table"]
