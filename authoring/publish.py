"""Write the repository's public address into pyproject.toml."""

import re
import subprocess

from authoring.layout import REPOSITORY, ContentError, Course


def https(remote: str) -> str:
    """Turn the address of a git remote into an https one; raise ValueError if none.

    A user name and a password in the address are dropped.
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
            return f"https://{found[1]}/{path}"
    raise ValueError(remote)


def set_repository(course: Course) -> str:
    """Take the address of the remote ``origin`` over, and return it."""
    asked = ["git", "-C", str(course.root), "remote", "get-url", "origin"]
    try:
        done = subprocess.run(asked, capture_output=True, encoding="utf-8")
    except FileNotFoundError:
        raise ContentError(
            "publish", None, "git is not installed; install it, then try again."
        ) from None
    if done.returncode:
        raise ContentError(
            "publish",
            None,
            "this folder has no git remote; run `git remote add origin ADDRESS` first.",
        )
    try:
        address = https(done.stdout)
    except ValueError:
        raise ContentError(
            "publish",
            None,
            f"the remote {done.stdout.strip()} is not a public address; set origin to "
            "one that others can clone.",
        ) from None
    written = course.settings.read_bytes().decode("utf-8")
    changed, count = REPOSITORY.subn(
        lambda found: found[1] + address + found[3], written, count=1
    )
    if not count:
        raise ContentError(
            "pyproject.toml",
            None,
            'has no line repository = "" under [tool.every-pixel]; add it.',
        )
    course.settings.write_bytes(changed.encode("utf-8"))
    return address
