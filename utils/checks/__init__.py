"""Checks of the labs' exercises: ``checks.lab05.tversky(your_function)``.

A check tries a function on worked and random cases.  It prints what it tried, or the
first case that fails and a hint towards that very mistake.  It returns None.  It raises
only while nbgrader validates or grades a notebook, so "Run all" reaches the end of a
lab that is not solved yet.
"""

from utils.checks import lab05

__all__ = ["lab05"]
