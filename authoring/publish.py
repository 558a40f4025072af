"""Write the repository's public address into pyproject.toml."""

import re
import subprocess

from authoring.layout import ContentError, Course, setting

ADDRESS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?(/[A-Za-z0-9._~%+-]+)+")
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def https(remote: str) -> str:
    """Turn the address of a git remote into an https one; raise ValueError if none.

    A user name and a password in the address are dropped.  The rest ends up in the
    code of notebooks: it holds no character that has no place in an address.
    """
    remote = remote.strip()
    patterns = [
        r"(?:https?|git)://(?:[^@/]*@)?([^/:]+(?::\d+)?)/(.+)",
        r"ssh://(?:[^@/]*@)?([^/:]+)(?::\d+)?/(.+)",
        r"(?:[^@/:]+@)([^/:]+):(?!/)(.+)",
    ]
    for pattern in patterns:
        found = re.fullmatch(pattern, remote)
        if found:
            path = found[2].rstrip("/").removesuffix(".git")
            address = f"https://{found[1]}/{path}"
            if ADDRESS.fullmatch(address):
                return address
    raise ValueError(remote)


def _git(course: Course, *command: str) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            ["git", "-C", str(course.root), *command],
            capture_output=True,
            encoding="utf-8",
        )
    except FileNotFoundError:
        raise ContentError(
            "publish", None, "git is not installed; install it, then try again."
        ) from None


def public_address(course: Course) -> str:
    """Read the address of the remote ``origin``; raise ContentError if it won't do."""
    done = _git(course, "remote", "get-url", "origin")
    if done.returncode:
        raise ContentError(
            "publish",
            None,
            "this folder has no git remote; run `git remote add origin ADDRESS` first.",
        )
    try:
        return https(done.stdout)
    except ValueError:
        shown = re.sub(r"//[^@/]*@", "//", done.stdout.strip())  # without a password
        raise ContentError(
            "publish",
            None,
            f"the remote {shown} is not a public address; set origin to "
            "one that others can clone.",
        ) from None


def check_tag(course: Course) -> None:
    """Raise ContentError if notebooks that fetch the tag would get another course."""
    if not TAG.fullmatch(course.tag):
        raise ContentError(
            "pyproject.toml",
            None,
            'has no line like tag = "v1.0" under [tool.every-pixel], which names what '
            "notebooks fetch; add it.",
        )
    name = f"refs/tags/{course.tag}"
    there = _git(course, "rev-parse", "--quiet", "--verify", name).returncode == 0
    if there and _git(course, "diff", "--quiet", name).returncode:
        raise ContentError(
            "pyproject.toml",
            None,
            f"the tag {course.tag} is there already, and the course has changed since; "
            "raise tag.",
        )


def set_repository(course: Course, address: str) -> None:
    """Write the address into the settings."""
    written = course.settings.read_bytes().decode("utf-8")
    changed, count = setting("repository").subn(
        lambda found: found[1] + address + found[3], written, count=1
    )
    if not count:
        raise ContentError(
            "pyproject.toml",
            None,
            'has no line repository = "" under [tool.every-pixel]; add it.',
        )
    course.settings.write_bytes(changed.encode("utf-8"))
