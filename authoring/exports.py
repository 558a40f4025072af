"""Cells tagged ``export`` -> ``utils/models/<track>.py``.

What a learner read in a lesson is exactly what later lessons import.
"""

import ast
import builtins
import subprocess
import symtable
import sys
from collections.abc import Iterator

from authoring.cells import Cell, Source
from authoring.layout import TRACK_TITLES, ContentError, Course

PACKAGE = '''"""The models of the lessons: built files, one per track."""

from utils.together import load_triton

load_triton()
'''
ALLOWED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.Import,
    ast.ImportFrom,
)


def models(lessons: list[Source], track: str, course: Course) -> str | None:
    """Write the module of a track; None if no lesson exports anything for it."""
    exported, imports, owner = [], {}, {}
    for lesson in lessons:
        codes = [cell for cell in lesson.track(track) if cell.kind == "code"]
        imports[lesson] = {name: line for c in codes for name, line in _imports(c)}
        for cell in (cell for cell in codes if "export" in cell.tags):
            exported.append((lesson, cell))
            for name in _defined(cell, lesson):
                if name in owner:
                    raise ContentError(
                        lesson.place,
                        cell.line,
                        f"exports {name}, but {owner[name]} does so already; rename "
                        "one of them.",
                    )
                owner[name] = f"{lesson.place}:{cell.line}"
    if not exported:
        return None

    wanted = {}
    for lesson, cell in exported:
        for name in sorted(_used(cell.text) - set(owner)):
            line = imports[lesson].get(name)
            if line is None:
                raise ContentError(
                    lesson.place,
                    cell.line,
                    f"the exported cell uses {name}, which no import and no exported "
                    "cell defines; import it or pass it in.",
                )
            if wanted.setdefault(name, line) != line:
                raise ContentError(
                    lesson.place,
                    cell.line,
                    f"needs `{line}`, another lesson `{wanted[name]}`; import the "
                    "same everywhere.",
                )
    places = list(dict.fromkeys(lesson.place for lesson, _ in exported))
    built_from = "\n".join(f"    {place}" for place in places)
    public = sorted(name for name in owner if not name.startswith("_"))
    names = "".join(f"    {name!r},\n" for name in public)
    parts = [
        f'"""The {TRACK_TITLES[track]} models of the lessons.\n\n'
        "Built from the cells tagged `export` in these files; edit them, not this:\n\n"
        f'{built_from}\n"""\n',
        "\n".join(sorted(wanted.values())),
        f"__all__ = [\n{names}]\n",
        *(_without_imports(cell.text) for _, cell in exported),
    ]
    return _format("\n\n\n".join(parts), track, course)


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


def _format(code: str, track: str, course: Course) -> str:
    """Sort the imports and lay out the code as ruff wants it."""
    path = course.models(track)
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
