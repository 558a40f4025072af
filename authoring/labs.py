"""Labs: nbgrader's metadata, and the notebook that is left without solutions.

A solution notebook carries nbgrader's metadata, so that an instructor can take it
into nbgrader's ``source`` folder as it is.  The lab is what nbgrader's own
preprocessors make of it.
"""

import copy
import logging
import os

import nbformat

from authoring.cells import Cell
from authoring.layout import ContentError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
CODE_STUB = "# Write your code here.\n..."


def grade(notebook: nbformat.NotebookNode, cells: list[Cell], stem: str) -> None:
    """Write nbgrader's metadata into the solution notebook of ``cells``.

    Grade ids count the solutions and the checks of a lab: a cell keeps its id when
    its text changes.
    """
    counts = {"solution": 0, "check": 0}
    by_place = [cell for cell in notebook.cells if cell.id != "setup"]
    for cell, made in zip(cells, by_place, strict=True):
        role = next((tag for tag in counts if tag in cell.tags), None)
        if role is None:
            continue
        counts[role] += 1
        metadata = {
            "grade": cell.points is not None,
            "grade_id": f"{stem}-{role}-{counts[role]}",
            "locked": role == "check",
            "schema_version": 3,
            "solution": role == "solution",
            "task": False,
        }
        if cell.points is not None:
            metadata["points"] = cell.points
        made.metadata["nbgrader"] = nbformat.from_dict(metadata)


def strip(notebook: nbformat.NotebookNode, stub: str) -> nbformat.NotebookNode:
    """Return the lab: solutions replaced by stubs, no outputs, cells locked.

    ``stub`` takes the place of a written answer.
    """
    # nbgrader asks Jupyter for its folders, which warns about its own future.
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
    from nbgrader.preprocessors import (
        CheckCellMetadata,
        ClearOutput,
        ClearSolutions,
        ComputeChecksums,
        LockCells,
    )

    lab, resources = copy.deepcopy(notebook), {}
    steps = [
        LockCells(),
        ClearSolutions(code_stub={"python": CODE_STUB}, text_stub=stub),
        ClearOutput(),
        CheckCellMetadata(),
        ComputeChecksums(),
    ]
    for step in steps:
        step.log.setLevel(logging.ERROR)
        lab, resources = step.preprocess(lab, resources)
    return lab


def check_graded(cell: Cell, place: str, kind: str) -> None:
    """Check solution markers, the tags of labs, and the points they need."""
    opened = None
    for line, text in enumerate(cell.text.split("\n"), cell.line):
        if BEGIN in text:
            if opened:
                raise ContentError(
                    place, line, f"a solution is open already; write {END} before."
                )
            opened = line
        elif END in text:
            if not opened:
                raise ContentError(
                    place, line, f"nothing is open here; write {BEGIN} before."
                )
            opened = None
    if opened:
        raise ContentError(
            place, opened, f"this solution is never closed; write {END} after it."
        )
    marked = BEGIN in cell.text
    graded = "solution" in cell.tags or "check" in cell.tags
    if kind == "lessons" and (marked or graded):
        raise ContentError(
            place, cell.line, "solutions and checks belong in content/labs; move it."
        )
    if marked and "solution" not in cell.tags:
        raise ContentError(
            place, cell.line, "a cell with a solution needs :tags: [solution]; add it."
        )
    if "solution" in cell.tags and "check" in cell.tags:
        raise ContentError(
            place, cell.line, "a cell is a solution or a check; remove one of the tags."
        )
    needs_points = "check" in cell.tags or (
        "solution" in cell.tags and cell.kind == "markdown"
    )
    if "check" in cell.tags and cell.kind != "code":
        raise ContentError(place, cell.line, "a check is a code cell; remove the tag.")
    if needs_points and cell.points is None:
        raise ContentError(
            place, cell.line, "this cell is graded; say how many points it is worth."
        )
    if cell.points is not None and not needs_points:
        raise ContentError(
            place, cell.line, "only checks and written answers have points; remove it."
        )
    if "export" in cell.tags and (kind != "lessons" or cell.kind != "code"):
        raise ContentError(
            place, cell.line, "only code cells of lessons are exported; remove the tag."
        )
