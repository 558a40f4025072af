"""Read a content file: a MyST notebook with a few keys of the course's own.

jupytext does the reading.  This module finds what is wrong in the text and says so
in one sentence that names the file and the line.
"""

import ast
import re
from pathlib import Path

import yaml
from jupytext.myst import get_parser, myst_to_notebook

from authoring.blocks import check_blocks, yaml_line, yaml_sentence
from authoring.cells import TOLERANCE, Cell, Source
from authoring.labs import check_graded
from authoring.layout import TRACKS, ContentError, Course

FRONT_MATTER = {
    "lessons": {"title": str, "read_minutes": int, "run_seconds": int},
    "labs": {"title": str, "minutes": int},
}
TAGS = {"export", "solution", "check", "raises-exception"}
OWN = re.compile(TOLERANCE + r"0\.\d\d")


def read(path: Path, course: Course) -> Source:
    """Read a lesson or a lab; raise ContentError at the first thing that is wrong."""
    place, kind = course.place(path), path.parent.name
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ContentError(
            place, None, "is not UTF-8 text; save it as UTF-8."
        ) from None
    tokens = get_parser().parse(text + "\n")
    about = _front_matter(tokens, place, kind)
    lines_of_code = check_blocks(tokens, text, place)
    notebook = myst_to_notebook(text, add_source_map=True)

    cells = []
    for read_cell, start in zip(
        notebook.cells, notebook.metadata["source_map"], strict=True
    ):
        if read_cell.cell_type == "code":
            opened, line = start, lines_of_code.pop(0)
        else:
            line = start + 1
            while not text.split("\n")[line - 1].strip():
                line += 1
            opened = line
        cells.append(_cell(read_cell, line, opened, place))
    _check_title(cells, place)
    for cell in cells:
        check_graded(cell, place, kind)
    return Source(
        path=path,
        place=place,
        kind=kind,
        title=about["title"],
        minutes=about["read_minutes" if kind == "lessons" else "minutes"],
        run_seconds=about.get("run_seconds"),
        cells=tuple(cells),
    )


def _front_matter(tokens: list, place: str, kind: str) -> dict:
    """Return the block ``every_pixel`` of the front matter, checked."""
    wanted = FRONT_MATTER[kind]
    if not tokens or tokens[0].type != "front_matter":
        raise ContentError(
            place,
            1,
            "has no front matter; start with `---`, a block every_pixel with "
            f"{', '.join(wanted)}, and `---`.",
        )
    try:
        data = yaml.safe_load(tokens[0].content)
    except yaml.YAMLError as error:
        raise ContentError(place, yaml_line(error, 2), yaml_sentence(error)) from None
    block = data.get("every_pixel") if isinstance(data, dict) else None
    if not isinstance(block, dict):
        raise ContentError(
            place, 1, f"needs a block every_pixel with {', '.join(wanted)}; add it."
        )
    lines = tokens[0].content.split("\n")
    line = next(n for n, text in enumerate(lines, 2) if "every_pixel" in text)
    for key, of_type in wanted.items():
        value = block.get(key)
        if not value or type(value) is not of_type:
            what = "a text" if of_type is str else "a whole number above 0"
            raise ContentError(
                place,
                line,
                f"every_pixel.{key} is {value!r} but must be {what}; write it.",
            )
    for key in block:
        if key not in wanted:
            raise ContentError(
                place,
                line,
                f"every_pixel.{key} is not known; use {', '.join(wanted)}.",
            )
    return block


def _cell(read_cell, line: int, opened: int, place: str) -> Cell:
    """Check the options (at the line ``opened``) and the code of one cell."""
    options = dict(read_cell.metadata)
    track = options.pop("track", None)
    tags = options.pop("tags", [])
    points = options.pop("points", None)
    if options:
        raise ContentError(
            place,
            opened,
            f"the cell's option {next(iter(options))!r} is not known; use track, "
            "tags or points.",
        )
    if track not in (None, *TRACKS):
        raise ContentError(
            place,
            opened,
            f"the track {track!r} is not known; use {' or '.join(TRACKS)}.",
        )
    tags = [tags] if isinstance(tags, str) else list(tags)
    for tag in tags:
        if tag not in TAGS and not OWN.fullmatch(tag):
            known = ", ".join(sorted([*TAGS, f"{TOLERANCE}0.05"]))
            raise ContentError(
                place, opened, f"the tag {tag!r} is not known; use {known}."
            )
    if points is not None and (type(points) not in (int, float) or points < 0):
        raise ContentError(
            place, opened, f"points is {points!r} but must be a number; write it."
        )
    text = read_cell.source.rstrip()
    cell = Cell(read_cell.cell_type, text, line, track, tuple(tags), points)
    if cell.kind == "code":
        _check_code(cell, place)
    return cell


def _check_code(cell: Cell, place: str) -> None:
    if not cell.text.strip():
        raise ContentError(place, cell.line, "this code cell is empty; remove it.")
    try:
        ast.parse(cell.text)
    except SyntaxError as error:
        raise ContentError(
            place,
            cell.line + (error.lineno or 1) - 1,
            f"this is not Python ({error.msg}); mend it (magics and shell commands "
            "are not used here).",
        ) from None


def _check_title(cells: list[Cell], place: str) -> None:
    first = cells[0] if cells else None
    if first is None or first.kind != "markdown" or not first.text.startswith("# "):
        raise ContentError(
            place,
            first.line if first else 1,
            "the first cell must be Markdown and start with `# ` and the title.",
        )
    if first.track is not None:
        raise ContentError(
            place, first.line, "the title belongs to both tracks; remove its track."
        )
