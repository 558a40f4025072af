"""Tell which packages a notebook lacks, before it imports them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec


class Missing(ImportError):
    """A notebook shows its sentence alone, without the lines that led to it."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def check(modules: list[str], track: str) -> None:
    """Raise Missing if a module cannot be imported; on Colab, install it instead.

    modules: what the notebook imports, by the names in its code, such as "PIL".
    track: "pytorch" or "tensorflow", whose environment has them all.
    """
    lacking = [name.replace("PIL", "pillow") for name in modules if not find_spec(name)]
    if not lacking:
        return
    if "google.colab" in sys.modules:
        subprocess.run([sys.executable, "-m", "pip", "install", *lacking])
        return
    names = " ".join(lacking)
    raise Missing(
        f"No {names} in this kernel ({sys.executable}): choose the .venv of "
        f"`python course.py lab --track {track}`, or run `pip install {names}`."
    )
