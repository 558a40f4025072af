"""Data sets, real and simulated, all of them as `Samples`."""

from utils.datasets.folder import load_folder
from utils.datasets.mads import find_mads, load_mads
from utils.datasets.nuclei import find_nuclei, load_nuclei
from utils.datasets.ph2 import find_ph2, load_ph2
from utils.samples import Samples, boxes_of
from utils.simulators.applications import simulate_applications
from utils.simulators.body import Bodies, simulate_body
from utils.simulators.flock import simulate_flock
from utils.simulators.meadow import simulate_meadow
from utils.simulators.nuclei import simulate_nuclei
from utils.simulators.skin import simulate_skin

__all__ = [
    "Bodies",
    "Samples",
    "boxes_of",
    "find_mads",
    "find_nuclei",
    "find_ph2",
    "load_folder",
    "load_mads",
    "load_nuclei",
    "load_ph2",
    "simulate_applications",
    "simulate_body",
    "simulate_flock",
    "simulate_meadow",
    "simulate_nuclei",
    "simulate_skin",
]
