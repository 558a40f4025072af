"""Is a person watching this notebook, or is it executed headless?"""

import os


def live() -> bool:
    """Tell whether widgets and progress bars make sense.

    The builder and the tests set ``EVERY_PIXEL_HEADLESS=1``: then what a notebook
    prints must be the same at every run, so explorers show their static figure and
    training prints plain lines.
    """
    return os.environ.get("EVERY_PIXEL_HEADLESS", "0") in ("", "0")
