"""Set-up of pytest for tests and notebooks alike, from whichever folder it starts.

It stands here and not in ``tests/``, so that ``pytest lessons/en/pytorch`` reads it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "tests"))

pytest_plugins = ["nbval_numbers", "answers.table"]
