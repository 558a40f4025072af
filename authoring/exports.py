"""Cells tagged ``export`` -> ``utils/models/<track>/<lesson>.py``.

What a learner read in a lesson is exactly what later lessons import. What is the same
program in both tracks goes to ``utils/models/shared``; each track's package has all.
"""

import ast
import builtins
import subprocess
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from authoring.cells import Cell, Source
from authoring.layout import TRACK_TITLES, TRACKS, ContentError, Course

SHARED = "shared"
PACKAGES = {
    "": '"""The models of the lessons: built files, one a lesson and track."""\n\n'
    "from utils.together import load_triton\n\nload_triton()\n",
    SHARED: '"""What lessons export in plain Python and NumPy, for both tracks."""\n',
}
ALLOWED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.Import,
    ast.ImportFrom,
)


@dataclass(frozen=True)
class Export:
    """An exported cell, the names it defines, and those that it takes from outside.

    taken: name -> the import that brings it, or None for a name that is exported.
    """

    lesson: Source
    cell: Cell
    names: tuple[str, ...]
    taken: dict[str, str | None]

    @property
    def module(self) -> str:
        """The lesson's name without its number."""
        return self.lesson.stem.partition("_")[2]


def modules(lessons: list[Source], course: Course) -> dict[Path, str]:
    """Write the modules of all tracks; nothing if no lesson exports anything."""
    exported = {track: _exported(lessons, track) for track in TRACKS}
    if not any(exported.values()):
        return {}
    common = _common(exported)
    packages = {SHARED: [one for one in exported[TRACKS[0]] if one.cell in common]}
    for track, exports in exported.items():
        packages[track] = [one for one in exports if one.cell not in common]
    texts = dict(PACKAGES)
    for track in TRACKS:
        homes = {
            name: f"utils.models.{package}.{one.module}"
            for package in (SHARED, track)
            for one in packages[package]
            for name in one.names
        }
        for package in (SHARED, track):
            for module in dict.fromkeys(one.module for one in packages[package]):
                cells = [one for one in packages[package] if one.module == module]
                texts[f"{package}/{module}"] = _module(cells, package, homes)
        texts[track] = _package(track, homes)
    return {
        path: _format(text, path, course)
        for name, text in texts.items()
        for path in [course.models(name if "/" in name else f"{name}/__init__")]
    }


def _exported(lessons: list[Source], track: str) -> list[Export]:
    """List what the lessons export in a track; ContentError for what cannot be."""
    found, imports, owner = [], {}, {}
    for lesson in lessons:
        codes = [cell for cell in lesson.track(track) if cell.kind == "code"]
        imports[lesson] = {name: line for c in codes for name, line in _imports(c)}
        for cell in (cell for cell in codes if "export" in cell.tags):
            names = tuple(_defined(cell, lesson))
            for name in names:
                if name in owner:
                    raise ContentError(
                        lesson.place,
                        cell.line,
                        f"exports {name}, but {owner[name]} does so already; rename "
                        "one of them.",
                    )
                owner[name] = f"{lesson.place}:{cell.line}"
            found.append((lesson, cell, names))
    exports = []
    for lesson, cell, names in found:
        taken = {}
        for name in sorted(_used(cell.text)):
            taken[name] = None if name in owner else imports[lesson].get(name)
            if taken[name] is None and name not in owner:
                raise ContentError(
                    lesson.place,
                    cell.line,
                    f"the exported cell uses {name}, which no import and no exported "
                    "cell defines; import it or pass it in.",
                )
        exports.append(Export(lesson, cell, names, taken))
    return exports


def _common(exported: dict[str, list[Export]]) -> set[Cell]:
    """Find the cells that are one program in all tracks, down to what they import."""
    first, *others = exported.values()
    programs = [{one.cell: one.taken for one in exports} for exports in others]
    common = [
        one
        for one in first
        if all(program.get(one.cell) == one.taken for program in programs)
    ]
    while True:
        there = {name for one in common for name in one.names}
        needed = {
            one.cell: {name for name, line in one.taken.items() if line is None}
            for one in common
        }
        kept = [one for one in common if needed[one.cell] <= there]
        if len(kept) == len(common):
            return {one.cell for one in kept}
        common = kept


def _module(cells: list[Export], package: str, homes: dict[str, str]) -> str:
    """Write what one lesson exports; homes: name -> the module that defines it."""
    lesson = cells[0].lesson
    here = {name for one in cells for name in one.names}
    imports = {
        line or f"from {homes[name]} import {name}"
        for one in cells
        for name, line in one.taken.items()
        if name not in here
    }
    where = f"in {TRACK_TITLES[package]}" if package in TRACKS else "for both tracks"
    parts = [
        f'"""What lesson {lesson.stem[:2]} exports {where}.\n\n'
        f"Built from its cells tagged `export`; edit them, not this:\n"
        f'{lesson.place}\n"""\n',
        "\n".join(sorted(imports)),
        _all(here),
        *(_without_imports(one.cell.text) for one in cells),
    ]
    return "\n\n\n".join(part for part in parts if part)


def _package(track: str, homes: dict[str, str]) -> str:
    """Write the package of a track, which has all names of its lessons."""
    public = [name for name in homes if not name.startswith("_")]
    imports = [f"from {homes[name]} import {name}" for name in public]
    title = f'"""The {TRACK_TITLES[track]} models of all lessons: built."""\n'
    return "\n\n".join([title, "\n".join(imports), _all(public)])


def _all(names) -> str:
    public = sorted(name for name in names if not name.startswith("_"))
    return "__all__ = [\n" + "".join(f"    {name!r},\n" for name in public) + "]\n"


def _imports(cell: Cell) -> Iterator[tuple[str, str]]:
    """Yield name -> statement for each name that a cell imports at top level."""
    for node in ast.parse(cell.text).body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for alias in node.names:
            alone = ast.unparse(ast.alias(alias.name, alias.asname))
            bound = alias.asname or alias.name.partition(".")[0]
            if isinstance(node, ast.Import):
                yield bound, f"import {alone}"
            elif not (node.module or "").startswith("utils.models"):
                yield bound, f"from {node.module} import {alone}"


def _defined(cell: Cell, lesson: Source) -> Iterator[str]:
    for node in ast.parse(cell.text).body:
        if not isinstance(node, ALLOWED):
            raise ContentError(
                lesson.place,
                cell.line + node.lineno - 1,
                "an exported cell holds functions, classes and constants only; move "
                "this line to a cell of its own.",
            )
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                names = (n for n in ast.walk(target) if isinstance(n, ast.Name))
                yield from (name.id for name in names)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            yield node.name


def _used(code: str) -> set[str]:
    """Collect the names that code takes from outside of itself."""
    tables, names = [symtable.symtable(code, "cell", "exec")], set()
    defined = {s.get_name() for s in tables[0].get_symbols() if s.is_assigned()}
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        for symbol in table.get_symbols():
            top = table.get_type() == "module"
            used = symbol.is_referenced() or symbol.is_imported()
            if (top or symbol.is_global()) and used:
                names.add(symbol.get_name())
    return names - defined - set(dir(builtins)) - {"__class__"}


def _without_imports(code: str) -> str:
    """Drop the import lines of a cell: they go to the head of the module."""
    lines = code.split("\n")
    for node in reversed(ast.parse(code).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip("\n")


def _format(code: str, path: Path, course: Course) -> str:
    """Sort the imports and lay out the code of a file as ruff wants it."""
    commands = [
        ["check", "--quiet", "--select", "I,F401", "--fix-only"],
        ["format", "--quiet"],
    ]
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", path, "-"],
            input=code,
            capture_output=True,
            encoding="utf-8",
            cwd=course.root,
        )
        if done.returncode:
            raise ContentError(
                course.place(path), None, f"ruff cannot format it: {done.stderr}"
            )
        code = done.stdout
    return code
