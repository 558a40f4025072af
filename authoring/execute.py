"""Run a notebook in a fresh kernel of its track, and keep its outputs."""

import base64
import copy
import io
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from authoring.cells import Cell, Source
from authoring.kernels import LearnersPython
from authoring.layout import ContentError
from authoring.notebook import SETUP, TEMPLATE

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
WIDGET = "application/vnd.jupyter.widget-view+json"
LARGE = 60_000  # bytes of a PNG from which on a palette is worth its small loss


def execute(
    notebook: nbformat.NotebookNode, folder: Path, source: Source, cells: list[Cell]
) -> nbformat.NotebookNode:
    """Return a copy of ``notebook`` with its outputs, run with ``folder`` as its own.

    Real data is not found and nothing is live, so that the outputs are the same for
    everyone.  What cells write to stderr is reported and not stored.  Raises
    ContentError with the line of a cell that fails.
    """
    done = copy.deepcopy(notebook)
    metadata = copy.deepcopy(done.metadata)
    folder.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        done,
        timeout=None,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=_progress(done),
    )
    client.create_kernel_manager().kernel_spec_manager = LearnersPython()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as empty,
        (Path(empty) / "log").open("w+", encoding="utf-8", errors="replace") as log,
    ):
        try:
            client.execute(env=_environment(Path(empty)), stderr=log)
        except CellExecutionError as error:
            raise _failure(error, done, source, cells) from None
        # The kernel died or did not start; nbclient may then fail to clean up after it.
        except (RuntimeError, AssertionError):
            log.seek(0)
            said = (log.read().strip().splitlines() or ["is there enough memory?"])[-1]
            sentence = f"the kernel died while the notebook ran: {said}"
            raise ContentError(source.place, None, sentence) from None
        finally:
            _clear_line()
    done.metadata = metadata
    _drop_stderr(done, source, cells)
    use_palettes(done)
    return done


def _environment(empty: Path) -> dict[str, str]:
    """Point data and IPython's settings at empty folders, and switch widgets off."""
    for name in ("data", "ipython"):
        (empty / name).mkdir()
    environment = dict(os.environ)
    for name in ("JPY_SESSION_NAME", "MPLBACKEND"):
        environment.pop(name, None)
    environment["EVERY_PIXEL_HEADLESS"] = "1"
    environment["EVERY_PIXEL_DATA"] = str(empty / "data")
    environment["IPYTHONDIR"] = str(empty / "ipython")
    return environment


def _progress(notebook: nbformat.NotebookNode):
    """Return a hook that says on a terminal which cell runs."""
    codes = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def show(cell, cell_index):
        if sys.stdout.isatty() and cell_index in codes:
            at = codes.index(cell_index) + 1
            print(f"\r  cell {at} of {len(codes)} ", end="", flush=True)

    return show


def _clear_line() -> None:
    if sys.stdout.isatty():
        print("\r" + " " * 30 + "\r", end="", flush=True)


def _place(
    cell_id: str, notebook: nbformat.NotebookNode, source: Source, cells: list[Cell]
) -> tuple[str, int]:
    """Find where the text of a built cell stands."""
    if cell_id == SETUP:
        return f"authoring/{TEMPLATE.name}", 1
    ids = [cell.id for cell in notebook.cells if cell.id != SETUP]
    return source.place, cells[ids.index(cell_id)].line


def _failure(error, notebook, source: Source, cells: list[Cell]) -> ContentError:
    """Say which line of the content failed: the deepest one that is in the cell."""
    failed = next(
        cell
        for cell in notebook.cells
        if any(output.output_type == "error" for output in cell.get("outputs", []))
        and "raises-exception" not in cell.metadata.get("tags", [])
    )
    place, line = _place(failed.id, notebook, source, cells)
    output = next(o for o in failed.outputs if o.output_type == "error")
    frames = COLOURS.sub("", "\n".join(output.traceback))
    steps = re.findall(rf"In\[{failed.execution_count}\], line (\d+)", frames)
    line += int(steps[-1]) - 1 if steps else 0
    track = notebook.metadata.every_pixel.track
    said = " ".join(f"{error.ename}: {error.evalue}".split())
    return ContentError(place, line, f"this cell fails in {track}: {said}")


def _drop_stderr(notebook, source: Source, cells: list[Cell]) -> None:
    for cell in notebook.cells:
        kept = []
        for output in cell.get("outputs", []):
            if output.get("name") != "stderr":
                kept.append(output)
                continue
            place, line = _place(cell.id, notebook, source, cells)
            said = output.text.strip().splitlines() or [""]
            print(f"{place}:{line}: not stored, as it went to stderr: {said[-1]}")
        if cell.cell_type == "code":
            cell.outputs = kept


def use_palettes(notebook: nbformat.NotebookNode) -> None:
    """Store large pictures in 256 colours: they look the same at half of the bytes."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            stored = base64.b64decode(data.get("image/png", ""))
            if len(stored) < LARGE:
                continue
            picture = Image.open(io.BytesIO(stored))
            if picture.mode == "P":
                continue
            # The colours that lie furthest apart: a small red dot must stay red.
            few = picture.convert("RGB").quantize(
                method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
            )
            target = io.BytesIO()
            few.save(target, "png", optimize=True)
            data["image/png"] = base64.b64encode(target.getvalue()).decode()


def outputs_of(
    path: Path, wanted: nbformat.NotebookNode
) -> list[tuple[int, list]] | None:
    """Take the outputs stored at ``path`` if they are those of ``wanted``.

    Returns the execution count and the outputs of each code cell, or None if the
    file is missing, was made from other code, or was not run once from top to bottom.
    """
    try:
        stored = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError):
        return None
    old, new = stored.metadata.get("every_pixel", {}), wanted.metadata.every_pixel
    kept = [cell for cell in stored.cells if cell.cell_type == "code"]
    count = sum(cell.cell_type == "code" for cell in wanted.cells)
    counts = [cell.execution_count for cell in kept]
    if old.get("key") != new.key or counts != [*range(1, count + 1)]:
        return None
    if any(WIDGET in out.get("data", {}) for cell in kept for out in cell.outputs):
        return None
    return [(cell.execution_count, cell.outputs) for cell in kept]


def put(notebook: nbformat.NotebookNode, outputs: list[tuple[int, list]]) -> None:
    """Store outputs, as ``outputs_of`` gives them, in a notebook."""
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, (count, stored) in zip(codes, outputs, strict=True):
        cell.execution_count, cell.outputs = count, copy.deepcopy(stored)
