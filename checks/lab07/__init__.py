"""Checks of lab 07: points between cells, RoIAlign, suppression, masks, precision."""

from checks.lab07.assemble import assemble
from checks.lab07.average_precision import average_precision
from checks.lab07.roi_align import roi_align
from checks.lab07.sample import sample
from checks.lab07.suppress import suppress

__all__ = ["sample", "roi_align", "suppress", "assemble", "average_precision"]
