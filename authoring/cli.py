"""The commands: build, check, publish, translate."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from authoring import build as building
from authoring.layout import TRACKS, ContentError, Course
from authoring.publish import ask_origin, check_tag, public_address, set_repository

ROOT = Path(__file__).resolve().parent.parent


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        prog="python -m authoring", description="Turn content/ into notebooks."
    )
    commands = main.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="write what has changed")
    build.add_argument("lessons", nargs="*", help="such as 05; all if none is named")
    build.add_argument("--track", choices=TRACKS)
    build.add_argument("--lang", help="such as en or ko")
    commands.add_parser("check", help="fail on the first file that is not up to date")
    commands.add_parser("publish", help="take over git's origin, and add Colab links")
    translate = commands.add_parser("translate", help="update catalogues")
    translate.add_argument("language", help="such as ko")
    translate.add_argument("lessons", nargs="*", help="such as 05")
    return main


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run a command on the course in ``root``; return the exit status."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    chosen = parser().parse_args(arguments)
    course = Course(root.resolve())
    try:
        return _run(chosen, course)
    except (ContentError, building.Stale) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; every file is whole.", file=sys.stderr)
        return 130


def _run(chosen: argparse.Namespace, course: Course) -> int:
    if chosen.command == "build":
        lessons = tuple(chosen.lessons)
        selection = building.Selection(lessons, chosen.track, chosen.lang)
        building.build(course, selection)
    elif chosen.command == "publish":
        address = public_address(course)
        check_tag(course, address)
        if not ask_origin(course):
            print(f"origin does not say its tags: is {course.tag} new there?")
        print("Looking whether everything is built ...", flush=True)
        building.need_nothing_run(course)
        set_repository(course, address)
        print(f"repository: {address}")
        building.build(course, building.Selection(), run=False)
        push = f"`git push origin HEAD {course.tag}`: notebooks fetch that tag."
        if check_tag(course, address):
            print(f"The tag {course.tag} is this course; run {push}")
        else:
            print(f"Commit this, then run `git tag {course.tag}` and {push}")
    elif chosen.command == "translate":
        selection = building.Selection(tuple(chosen.lessons))
        building.update_catalogues(course, chosen.language, selection)
    else:
        wrong = building.check(course)
        if wrong:
            print(wrong, file=sys.stderr)
            return 1
        print("Every built file is what content/ says.")
    return 0
