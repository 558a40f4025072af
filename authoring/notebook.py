"""Cells -> a notebook of one track and one language, without outputs."""

import hashlib
import json
import os
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from authoring import keys, translate
from authoring.cells import Cell, Source
from authoring.layout import Course

NOTE = "built file; edit the source"
SETUP = "setup"  # the id of the setup cell
TEMPLATE = Path(__file__).with_name("setup_cell.py")


def setup_cell(codes: list[str], track: str, language: str, course: Course) -> str:
    """Fill the template for a notebook whose code cells are ``codes``."""
    needs = f"NEEDS = {json.dumps(keys.needs(codes, course))}"
    if len(needs) > 88:
        needs = needs.replace("[", "[\n    ").replace(", ", ",\n    ")
        needs = needs.replace("]", ",\n]")
    text = TEMPLATE.read_text(encoding="utf-8").rstrip()
    text = text.replace("TAG", course.tag)
    text = text.replace('REPOSITORY = ""', f'REPOSITORY = "{course.repository}"')
    text = text.replace('_LANGUAGE"] = "en"', f'_LANGUAGE"] = "{language}"')
    text = text.replace("NEEDS = []", needs)
    text = text.replace("TRACK", track)
    return re.sub(r" *# noqa.*", "", text)


def cell_ids(cells: list[Cell]) -> list[str]:
    """Derive an id from each cell's kind and text; twins are told apart by count."""
    ids, seen = [], {}
    for cell in cells:
        twin = seen.setdefault((cell.kind, cell.text), 0)
        seen[cell.kind, cell.text] += 1
        text = f"{cell.kind}\0{cell.text}\0{twin}"
        ids.append(hashlib.sha256(text.encode()).hexdigest()[:12])
    return ids


def compose(
    source: Source,
    cells: list[Cell],
    texts: list[str],
    course: Course,
    where: tuple[str, str, str],
) -> nbformat.NotebookNode:
    """Make the notebook of ``where`` (kind, language, track).

    ``cells`` are the cells of the track, ``texts`` what each shall say: code as it
    is, Markdown in the language and with its links resolved.
    """
    kind, language, track = where
    codes = [cell.text for cell in cells if cell.kind == "code"]
    made = []
    for cell, text, cell_id in zip(cells, texts, cell_ids(cells), strict=True):
        new = new_code_cell if cell.kind == "code" else new_markdown_cell
        metadata = {"tags": list(cell.tags)} if cell.tags else {}
        made.append(new(text, id=cell_id, metadata=metadata))
    path = course.notebook(kind, language, track, source.stem)
    address = colab(path, course)
    if address:
        title, _, rest = made[0].source.partition("\n")
        words = translate.COURSE.spoken(language, course)
        link = f"[{words['colab']}]({address})"
        made[0].source = f"{title}\n\n{link}\n{rest}".rstrip()
    setup = setup_cell(codes, track, language, course)
    made.insert(1, new_code_cell(setup, id=SETUP))
    notebook = new_notebook(cells=made)
    notebook.nbformat_minor = 5
    notebook.metadata = nbformat.from_dict(
        {
            "every_pixel": {
                "key": keys.key(codes, course),
                "language": language,
                "note": NOTE,
                "source": source.place,
                "track": track,
            },
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            },
            "language_info": {
                "codemirror_mode": {"name": "ipython", "version": 3},
                "file_extension": ".py",
                "mimetype": "text/x-python",
                "name": "python",
                "nbconvert_exporter": "python",
                "pygments_lexer": "ipython3",
            },
        }
    )
    return notebook


def colab(path: Path, course: Course) -> str:
    """Give the address that opens a notebook in Colab, empty where there is none."""
    github, address = "https://github.com/", course.address(path)
    if not address.startswith(github):
        return ""
    return f"https://colab.research.google.com/github/{address.removeprefix(github)}"


def text_of(notebook: nbformat.NotebookNode) -> str:
    """Write a notebook as text, the same on every machine."""
    return nbformat.writes(notebook, version=4) + "\n"


def write(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".half")
    half.write_text(text, encoding="utf-8", newline="\n")
    os.replace(half, path)
