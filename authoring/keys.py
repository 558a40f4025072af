"""What a notebook imports, and the key that tells whether its outputs are old."""

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from authoring.layout import TRACKS, Course

RECIPE = "1"  # raise it when the way notebooks are executed changes their outputs
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def imported(code: str, package: str = "", at_once: bool = False) -> Iterator[str]:
    """Yield the dotted names that ``code`` imports, with each ``from`` name added.

    ``package`` is the package of the module, for relative imports.  With ``at_once``,
    imports inside functions are left out: they happen later or never.
    """
    waiting = [ast.parse(code)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            above = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        if not (at_once and isinstance(node, FUNCTIONS)):
            waiting.extend(ast.iter_child_nodes(node))


def walk(
    codes: Iterable[str], course: Course, at_once: bool = False
) -> tuple[dict[str, Path], set[str]]:
    """Follow imports through ``utils``.

    Returns the course's own modules, name -> file, and the top-level names of all
    other modules that are imported on the way.
    """
    own, others = {}, set()
    waiting = ["utils"]
    for code in codes:
        waiting.extend(imported(code, at_once=at_once))
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] != "utils":
            others.add(name.partition(".")[0])
            continue
        path = course.root / name.replace(".", "/")
        package = (path / "__init__.py").exists()
        path = path / "__init__.py" if package else path.with_suffix(".py")
        if name in own or not path.exists():
            continue
        own[name] = path
        parent = name.rpartition(".")[0]
        waiting.extend([parent] if parent else [])
        within = name if package else parent
        waiting.extend(imported(path.read_text(encoding="utf-8"), within, at_once))
    return own, others


def key(codes: list[str], course: Course) -> str:
    """Hash the code of a notebook and every ``utils`` module behind it."""
    own, _ = walk(codes, course)
    parts = [RECIPE, *codes]
    for name in sorted(own):
        parts += [name, own[name].read_text(encoding="utf-8")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def needs(codes: list[str], course: Course) -> list[str]:
    """List the modules that must be installed for a notebook to run."""
    _, others = walk(codes, course, at_once=True)
    return sorted(others - set(sys.stdlib_module_names) - {"", "course"})


def frameworks(codes: list[str], course: Course) -> set[str]:
    """Tell which of torch and tensorflow a notebook imports, itself or in utils."""
    _, others = walk(codes, course)
    known = {"torch": TRACKS[0], "torchvision": TRACKS[0]}
    known |= {"tensorflow": TRACKS[1], "keras": TRACKS[1]}
    return {known[name] for name in others if name in known}
