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
    """Yield the dotted names that ``code`` imports, ``from a import b`` as ``a.b``.

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
            yield from (f"{base}.{alias.name}" for alias in node.names)
        if not (at_once and isinstance(node, FUNCTIONS)):
            waiting.extend(ast.iter_child_nodes(node))


def definition(code: str, name: str) -> str | None:
    """Cut out what defines ``name`` at the top of a module, with all that it uses.

    The module holds functions, classes, constants and imports alone, each name once,
    as the exported cells do.  None if it does not define the name.
    """
    lines, texts, uses = code.splitlines(), {}, {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            # Alone: what else the line imports is another definition's need.
            for alias in node.names:
                bound = (alias.asname or alias.name).partition(".")[0]
                node.names = [alias]
                texts[bound], uses[bound] = ast.unparse(node), set()
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {n.id for t in targets for n in ast.walk(t) if _is_name(n)}
        else:
            names = {getattr(node, "name", "")}
        decorators = getattr(node, "decorator_list", [])
        start = min(part.lineno for part in (node, *decorators))
        for bound in names:
            texts[bound] = "\n".join(lines[start - 1 : node.end_lineno])
            uses[bound] = {n.id for n in ast.walk(node) if _is_name(n)}
    found, waiting = set(), [name]
    while waiting:
        wanted = waiting.pop()
        if wanted in texts and wanted not in found:
            found.add(wanted)
            waiting.extend(uses[wanted])
    return "\n".join(texts[each] for each in sorted(found)) or None


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def walk(
    codes: Iterable[str], course: Course, at_once: bool = False, parts: bool = False
) -> tuple[dict[str, str], set[str]]:
    """Follow imports through ``utils``.

    Returns the course's own modules, name -> text, and the top-level names of all
    other modules that are imported on the way.  With ``parts``, of ``utils.models.*``
    only what is imported by name is followed and returned, each name for itself.
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
        module, path = name, _file(name, course)
        if path is None:  # a name in a module
            module = name.rpartition(".")[0]
            path = _file(module, course)
        if path is None:
            continue
        text, part = path.read_text(encoding="utf-8"), None
        if parts and name != module and module.startswith("utils.models."):
            part = definition(text, name.rpartition(".")[2])
        name, text = (module, text) if part is None else (name, part)
        if name in own:
            continue
        own[name] = text
        parent = module.rpartition(".")[0]
        waiting.extend([parent] if parent else [])
        within = module if path.name == "__init__.py" else parent
        waiting.extend(imported(text, within, at_once))
    return own, others


def _file(module: str, course: Course) -> Path | None:
    path = course.root / module.replace(".", "/")
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.exists():
            return file
    return None


def key(codes: list[str], course: Course) -> str:
    """Hash the code of a notebook and what of ``utils`` is behind it.

    A module counts whole; of the exported models, what the notebook uses.  Else a new
    lesson would have every lesson executed again.
    """
    own, _ = walk(codes, course, parts=True)
    parts = [RECIPE, *codes]
    for name in sorted(own):
        parts += [name, own[name]]
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
