"""Checks of lab 06: dilated convolution, rates without holes, ASPP, a CRF for a fence.

The oracles go pixel by pixel or place by place, so that they are plainly right and
share no line with a usual solution.
"""

from checks.lab06.aspp import aspp
from checks.lab06.choose_rates import choose_rates
from checks.lab06.choose_settings import choose_settings
from checks.lab06.dilated_convolution import dilated_convolution
from checks.lab06.maximum_distance import maximum_distance
from checks.lab06.pixels_read import pixels_read

__all__ = [
    "dilated_convolution",
    "pixels_read",
    "maximum_distance",
    "choose_rates",
    "aspp",
    "choose_settings",
]
