"""A pytest plugin: nbval in the learner's kernels, with tolerance for decimal numbers.

nbval compares stored and new outputs letter by letter.  Another processor or another
number of threads changes the last digits of a score.  So before nbval compares,
each decimal number of the new output that is near enough to the one at the same place
of the stored output is replaced by it.  Integers and words stay as they are; times
such as ``12.3 s`` are blotted out by ``nbval_sanitize.cfg``.

A cell whose numbers are known to move more between processors says how much, with a
tag such as ``tolerance-0.05``.  With EVERY_PIXEL_DEVIATIONS=FILE, a line of JSON is
added to the file for each cell: the notebook, the cell, whether it is the same, the
largest deviation of a number in it, and that number, stored and new; times left out.
"""

import copy
import json
import os
import re
import tempfile
from decimal import Decimal
from pathlib import Path

from nbval.kernel import NbvalKernelspecManager
from nbval.plugin import IPyNbCell

from authoring import cells
from authoring.kernels import learners

TOLERANCE = Decimal("0.02")  # absolute up to 1, relative above
SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")
DECIMAL = re.compile(
    r"""
    (?P<blank>[ ]*)
    (?P<number>
        (?<![\w.])[-+]?                  # not inside a name or a version
        (?: \d*\.\d+ (?:e[-+]?\d+)? | \d+e[-+]?\d+ )
    )
    (?!\d|\.\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)

TIME = re.compile(r" s(?!\w)")


def deviation(one: str, two: str) -> Decimal:
    """How far two printed decimals lie apart: absolute up to 1, relative above."""
    a, b = Decimal(one), Decimal(two)
    return abs(a - b) / max(1, abs(a), abs(b))


def settle(
    stored: str, new: str, tolerance: Decimal = TOLERANCE, moved: list | None = None
) -> str:
    """Return ``new`` with each decimal that is near the stored one replaced by it.

    Where anything but decimal numbers differs, ``new`` is returned as it is.  The
    blanks before a number may differ as far as they make up for its length.  What the
    numbers moved by is added to ``moved``, as (deviation, stored, new).
    """
    ours, theirs = list(DECIMAL.finditer(stored)), list(DECIMAL.finditer(new))
    if DECIMAL.split(stored)[::3] != DECIMAL.split(new)[::3]:
        return new
    settled, end = [], 0
    for a, b in zip(ours, theirs, strict=True):
        aligned = a["blank"] == b["blank"] or len(a[0]) == len(b[0])
        distance = deviation(a["number"], b["number"])
        if moved is not None and not TIME.match(new, b.end()):
            moved.append((distance, a["number"], b["number"]))
        same = aligned and distance <= tolerance
        settled += [new[end : b.start()], a[0] if same else b[0]]
        end = b.end()
    return "".join([*settled, new[end:]])


def texts(outputs: list) -> dict[str, list[tuple[dict, str]]]:
    """Group the texts of outputs as nbval does: by kind, in order.

    Each text is given as the mapping that holds it and its key there.
    """
    found = {}
    for output in outputs:
        if output["output_type"] == "stream":
            found.setdefault(output["name"], []).append((output, "text"))
        if "evalue" in output:
            found.setdefault("evalue", []).append((output, "evalue"))
        for mime in output.get("data", {}):
            found.setdefault(mime, []).append((output["data"], mime))
    return found


def settle_outputs(
    new: list, stored: list, tolerance: Decimal = TOLERANCE, moved: list | None = None
) -> list:
    """Return a copy of the new outputs, settled text by text with the stored ones."""
    new = copy.deepcopy(new)
    ours = texts(stored)
    for kind, places in texts(new).items():
        for (held, key), (old, old_key) in zip(
            places, ours.get(kind, []), strict=False
        ):
            if isinstance(held[key], str) and isinstance(old[old_key], str):
                held[key] = settle(old[old_key], held[key], tolerance, moved)
    return new


def tolerance_of(cell) -> Decimal:
    """The tolerance of a notebook's cell: its own, by a tag, or that of all."""
    for tag in cell.metadata.get("tags", []):
        if tag.startswith(cells.TOLERANCE):
            return Decimal(tag.removeprefix(cells.TOLERANCE))
    return TOLERANCE


def note(item: IPyNbCell, same: bool, moved: list) -> None:
    """Add a line on a compared cell to the file that wants to know."""
    path = os.environ.get("EVERY_PIXEL_DEVIATIONS")
    if not path:
        return
    line = {
        "notebook": item.nodeid.partition("::")[0],
        "cell": item.cell_num,
        "same": same,
    }
    if moved:
        most, stored, new = max(moved)
        line |= {"deviation": float(most), "stored": stored, "new": new}
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def pytest_configure(config):
    """Execute notebooks as the builder does, and compare numbers as numbers."""
    os.environ["EVERY_PIXEL_HEADLESS"] = "1"
    if not hasattr(config, "workerinput"):  # xdist's workers inherit the folder
        config.no_data = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        os.environ["EVERY_PIXEL_DATA"] = config.no_data.name
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(name, "1")
    config.option.nbval_sanitize_with = str(SANITIZE)

    compare = IPyNbCell.compare_outputs

    def compare_settled(item, test, ref, skip_compare=None):
        moved = []
        settled = settle_outputs(test, ref, tolerance_of(item.cell), moved)
        same = compare(item, settled, ref, skip_compare)
        note(item, same, moved)
        return same

    kernel = NbvalKernelspecManager.get_kernel_spec

    IPyNbCell.compare_outputs = compare_settled
    NbvalKernelspecManager.get_kernel_spec = lambda manager, name: learners()
    config.add_cleanup(lambda: setattr(IPyNbCell, "compare_outputs", compare))
    config.add_cleanup(
        lambda: setattr(NbvalKernelspecManager, "get_kernel_spec", kernel)
    )


def pytest_unconfigure(config):
    if hasattr(config, "no_data"):
        config.no_data.cleanup()


def pytest_collectstart(collector):
    """Skip stderr, as nbval documents it: what frameworks say there is no result."""
    if collector.nodeid.endswith(".ipynb"):
        collector.skip_compare += ("stderr",)
