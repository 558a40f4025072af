"""What a notebook stores where it shows a quiz: the questions, in its own language.

A cell that holds nothing but ``quiz.show("05", "pre")`` is executed as every cell.  But
a translation takes over the outputs of the English notebook, and a question may change
without the notebook's code; so the builder writes these outputs itself.
"""

from __future__ import annotations

import json
import re

import nbformat

from authoring.layout import Course
from utils.quiz.text import as_html

CELL = re.compile(r'quiz\.show\("(\d\d)", "(pre|post)"\)')


def fill(notebook: nbformat.NotebookNode, language: str, course: Course) -> None:
    """Write the outputs of all such cells from the quizzes as they are built now."""
    for cell in notebook.cells:
        found = cell.cell_type == "code" and CELL.fullmatch(cell.source.strip())
        if not found:
            continue
        number, part = found.groups()
        folder = course.quiz_data(language, "").parent
        for path in sorted(folder.glob(f"{number}_*.json")):
            text = as_html(json.loads(path.read_text(encoding="utf-8")), part)
            data = {
                "text/html": text,
                "text/plain": "<IPython.core.display.HTML object>",
            }
            cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
