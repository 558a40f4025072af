"""Start a kernel in which only what one track installs can be imported.

It runs in the learner's Python, with `python one_track.py -f CONNECTION_FILE`, and
takes the track from the name of the folder it starts in: notebooks lie in
`lessons/en/pytorch` and the like. In any other folder nothing is hidden. What is
visible is counted from `requirements.txt`: each package that it names for the track,
and all that these need. Everything else that somebody has installed is hidden from
`import` and from `importlib.metadata`, as where only that track was chosen.
"""

import importlib.util
import re
import sys
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = (".py", ".so", ".pyd")
# pip comes with the environment itself, not with the requirements.
ALWAYS = {"pip"}


def normal(name: str) -> str:
    """Write a package's name as packaging tools compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(wanted: list[str]) -> set[str]:
    """Name the installed packages that requirements bring, with all that these need."""
    from packaging.requirements import Requirement

    found, waiting = set(), [Requirement(line) for line in wanted]
    while waiting:
        requirement = waiting.pop()
        extras = tuple(sorted(requirement.extras))
        if (requirement.name, extras) in found:
            continue
        found.add((requirement.name, extras))
        try:
            needed = metadata.requires(requirement.name) or []
        except metadata.PackageNotFoundError:
            continue
        for each in map(Requirement, needed):
            marks = [{"extra": extra} for extra in ("", *extras)]
            if each.marker is None or any(map(each.marker.evaluate, marks)):
                waiting.append(each)
    return {normal(name) for name, _ in found} | ALWAYS


def modules(package: metadata.Distribution) -> set[str]:
    """Name the modules and packages that a distribution puts into site-packages."""
    listed = (package.read_text("top_level.txt") or "").split()
    if not listed:
        for path in package.files or []:
            if path.suffix in CODE:
                alone = len(path.parts) == 1  # such as six.py or name.cpython-312.so
                listed.append(path.name.partition(".")[0] if alone else path.parts[0])
    return set(listed)


def hide_all_but(visible: set[str]) -> None:
    """Let imports and metadata find the named packages alone, and Python's own."""
    # One that was left without its name belongs to nobody.
    packages = [each for each in metadata.distributions() if each.name]
    seen = [each for each in packages if normal(each.name) in visible]
    others = [each for each in packages if normal(each.name) not in visible]
    # A folder that both share, such as `google`, stays; so do names that Python and
    # the course have, which some packages put there by mistake.
    hidden = set().union(*map(modules, others)) - set().union(*map(modules, seen))
    hidden -= {*sys.stdlib_module_names, "utils", "checks"}

    class Visible(PathFinder):
        @classmethod
        def find_spec(cls, fullname, path=None, target=None):
            if fullname in hidden:
                return None
            return super().find_spec(fullname, path, target)

        @classmethod
        def find_distributions(cls, *arguments, **options):
            found = super().find_distributions(*arguments, **options)
            return (each for each in found if normal(each.name or "") in visible)

    sys.meta_path[sys.meta_path.index(PathFinder)] = Visible


def main() -> None:
    """Hide the rest, then be a kernel."""
    sys.path.pop(0)  # this folder, of which a learner's kernel knows nothing
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    track = Path.cwd().name
    if track in course.TRACKS:
        hide_all_but(closure(course.requirements([track])))
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
