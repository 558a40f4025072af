"""The results, in one JSON file that is whole at every moment."""

from __future__ import annotations

import json
import os
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "results"
UNET_PH2 = FOLDER / "unet_ph2.json"
AUGMENTATION = FOLDER / "augmentation.json"
SCORES = FOLDER / "scores.json"
SLIDING = FOLDER / "sliding.json"
START = FOLDER / "start.json"
COMPATIBILITY = FOLDER / "compatibility.json"
ZOO = FOLDER / "zoo.json"


def read(path: Path) -> dict:
    """Give what is stored, {} where nothing is.

    Raises ValueError when the file holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(
            f"{path} holds no results, but it should be the JSON that this program "
            "wrote: delete it and run the benchmark again."
        )
    return found


def write(path: Path, results: dict) -> None:
    """Replace the file in one step: a kill leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    text = json.dumps(results, indent=1, ensure_ascii=False)
    draft.write_text(text + "\n", encoding="utf-8", newline="\n")
    os.replace(draft, path)
