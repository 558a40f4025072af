"""How many cases a data set was published with, and what is said of other copies."""

from __future__ import annotations

from pathlib import Path

# By the name that `python course.py data` knows each data set by.
CASES = {"ph2": 200, "nuclei": 670, "mads": 1192}


def amount(name: str, cases: int) -> str:
    """Say how many cases there are, and of how many if those are not all.

    name: a key of `CASES`; or any other, of which nothing is known.
    """
    whole = CASES.get(name, cases)
    if cases == whole:
        return f"{cases:,} cases"
    return f"{cases:,} of {whole:,} ({'partial' if cases < whole else 'too many'})"


def tell(name: str, cases: int, folder: Path) -> None:
    """Print one sentence if a copy that is to be read is not as it was published."""
    if cases != CASES[name]:
        print(f"The data in {folder} is not as published: {amount(name, cases)}.")
