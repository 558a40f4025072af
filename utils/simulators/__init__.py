"""Drawn images with exact masks: what stands in for data that is not there."""

from utils.simulators.applications import simulate_applications
from utils.simulators.body import Bodies, simulate_body
from utils.simulators.flock import simulate_flock
from utils.simulators.meadow import simulate_meadow
from utils.simulators.nuclei import simulate_nuclei
from utils.simulators.skin import simulate_skin

__all__ = [
    "Bodies",
    "simulate_applications",
    "simulate_body",
    "simulate_flock",
    "simulate_meadow",
    "simulate_nuclei",
    "simulate_skin",
]
