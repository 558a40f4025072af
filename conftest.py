"""Set-up of pytest for tests and notebooks alike, from whichever folder it starts.

It stands here and not in ``tests/``, so that ``pytest lessons/en/pytorch`` reads it.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

pytest_plugins = ["nbval_numbers", "answers.table", "shown_figures"]
