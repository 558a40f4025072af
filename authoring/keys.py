"""What a notebook imports, and the key that tells whether its outputs are old."""

import ast
import functools
import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

from authoring.layout import TRACKS, Course

OWN = ("utils", "checks")  # the packages of the course that notebooks import
RECIPE = "1"  # raise it when the way notebooks are executed changes their outputs
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


# Each module is imported by many notebooks; reading it once is what makes a build fast.
@functools.cache
def imported(code: str, package: str = "", at_once: bool = False) -> tuple[str, ...]:
    """Name, with dots, what ``code`` imports, ``from a import b`` as ``a.b``.

    What is imported of the course under a name stands for what is taken of it:
    ``from utils import a`` with ``a.b()`` is ``utils.a.b``, and ``import checks`` with
    ``checks.a.b()`` is ``checks.a.b``.
    ``package`` is the package of the module, for relative imports.  With ``at_once``,
    imports inside functions are left out: they happen later or never.
    """
    tree = ast.parse(code)
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                found += _taken(tree, alias.name, alias.asname or alias.name)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            above = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                bound = alias.asname or alias.name
                found += _taken(tree, f"{base}.{alias.name}", bound)
        if not (at_once and isinstance(node, FUNCTIONS)):
            waiting.extend(ast.iter_child_nodes(node))
    return tuple(found)


def _taken(tree: ast.AST, name: str, bound: str) -> list[str]:
    """Name what the code takes of an import; the import itself if that is not clear."""
    if name.partition(".")[0] not in OWN or "." in bound:  # `import a.b` binds a
        return [name]
    nodes = list(ast.walk(tree))
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    uses = {_dotted(node) for node in nodes if id(node) not in inner}
    parts = sorted(use for use in uses if use.startswith(f"{bound}."))
    if not parts or bound in uses:
        return [name]
    return [name + part.removeprefix(bound) for part in parts]


def _dotted(node: ast.AST) -> str:
    """Write a name and the attributes that are taken of it, "" for all else."""
    if _is_name(node):
        return node.id
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


@functools.cache
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
    """Follow imports through the course's own packages.

    Returns the course's own modules, name -> text, and the top-level names of all
    other modules that are imported on the way.  With ``parts``, of packages and of
    ``utils.models.*`` only what is taken by name is followed and returned, each name
    for itself: an ``__init__`` only tells where names are.
    """
    own, others = {}, set()
    waiting = ["utils", *imported("\n".join(codes), at_once=at_once)]
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] not in OWN:
            others.add(name.partition(".")[0])
            continue
        module = name
        while module and _file(module, course) is None:  # a name in a module
            module = module.rpartition(".")[0]
        if not module:
            continue
        path, taken = _file(module, course), name[len(module) + 1 :].partition(".")[0]
        text, part = path.read_text(encoding="utf-8"), None
        index = path.name == "__init__.py" or module.startswith("utils.models.")
        if parts and taken and index:
            part = definition(text, taken)
        name, text = (module, text) if part is None else (f"{module}.{taken}", part)
        if name in own:
            continue
        own[name] = text
        parent = module.rpartition(".")[0]
        waiting.extend([parent] if parent and not parts else [])
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
    """Hash the code of a notebook and what of the course is behind it.

    A module counts whole; of packages and of the exported models, what the notebook
    uses.  Else a new lesson or data set would have every lesson executed again.
    """
    own, _ = walk(codes, course, parts=True)
    if "utils.plotting" in own:
        for sheet in sorted((course.root / "utils").glob("*.mplstyle")):
            own[sheet.name] = sheet.read_text(encoding="utf-8")
    parts = [RECIPE, *codes]
    for name in sorted(own):
        parts += [name, own[name]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def needs(codes: list[str], course: Course) -> list[str]:
    """List the modules that must be installed for a notebook to run."""
    _, others = walk(codes, course, at_once=True)
    return sorted(others - set(sys.stdlib_module_names) - {"", "course"})


def frameworks(codes: list[str], course: Course) -> set[str]:
    """Tell which of torch and tensorflow a notebook or the course behind it imports."""
    _, others = walk(codes, course)
    known = {"torch": TRACKS[0], "torchvision": TRACKS[0]}
    known |= {"tensorflow": TRACKS[1], "keras": TRACKS[1]}
    return {known[name] for name in others if name in known}
