"""Data sets, real and simulated, all of them as `Samples`."""

from utils.datasets.folder import load_folder
from utils.datasets.ph2 import find_ph2, load_ph2
from utils.datasets.samples import Samples
from utils.datasets.skin import simulate_skin

__all__ = ["Samples", "find_ph2", "load_folder", "load_ph2", "simulate_skin"]
