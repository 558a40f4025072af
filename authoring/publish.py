"""Write the repository's public address into pyproject.toml."""

import os
import re
import subprocess

from authoring.layout import ContentError, Course, setting

# A host of the internet ends with a word: 10.0.0.3, localhost and the github.com-work
# of somebody's ssh settings do not.
ADDRESS = re.compile(
    r"https://([a-z0-9][a-z0-9-]*\.)+([a-z]{2,}|xn--[a-z0-9-]+)(:\d+)?"
    r"(/(?!\.\.?(/|$))[A-Za-z0-9._~%+-]+)+"
)
SSH_HOSTS = {  # where firewalls let nothing but port 443 through
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}
PATIENCE = 10  # seconds in which origin says which tags it has
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def https(remote: str) -> str:
    """Turn the address of a git remote into an https one; raise ValueError if none.

    A user name and a password in the address are dropped.  The rest ends up in the
    code of notebooks: it holds no character that has no place in an address.
    """
    remote = remote.strip()
    patterns = [
        r"(?:https?|git)://(?:[^/]*@)?([^/:@]+(?::\d+)?)/(.+)",
        r"ssh://(?:[^/]*@)?([^/:@]+)(?::\d+)?/(.+)",
        r"(?:[^@/:]+@)([^/:]+):(?!/)(.+)",
    ]
    for pattern in patterns:
        found = re.fullmatch(pattern, remote)
        if found:
            path = found[2].rstrip("/").removesuffix(".git")
            host = found[1].lower()
            address = f"https://{SSH_HOSTS.get(host, host)}/{path}"
            if ADDRESS.fullmatch(address):
                return address
    raise ValueError(remote)


def _git(course: Course, *command: str, **options) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            ["git", "-C", str(course.root), *command],
            capture_output=True,
            encoding="utf-8",
            **options,
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
        # Whatever may be a password is left out: all up to the last @.
        shown = re.sub(r"^(\w+://)?.*@", r"\1", done.stdout.strip())
        raise ContentError(
            "publish",
            None,
            f"the remote {shown} is not a public address; set origin to "
            "one that others can clone.",
        ) from None


def check_tag(course: Course, address: str) -> bool:
    """Raise ContentError if notebooks that fetch the tag would get another course.

    address: of the repository, which must be in the tagged course, too.
    Returns whether the tag is there.
    """
    name = f"refs/tags/{course.tag}"
    if (
        not TAG.fullmatch(course.tag)
        or _git(course, "check-ref-format", name).returncode
    ):
        raise ContentError(
            "pyproject.toml",
            None,
            'has no line like tag = "v1.0" under [tool.every-pixel], which names what '
            "notebooks fetch; add it.",
        )
    if not _tagged(course):
        return False
    changed = _git(course, "diff", "--name-only", name)
    added = _git(course, "ls-files", "--others", "--exclude-standard")
    files = (changed.stdout + added.stdout).splitlines()
    if changed.returncode or files or course.repository != address:
        why = f"{files[0]} has changed since" if files else "lacks the address"
        raise ContentError(
            "pyproject.toml",
            None,
            f"the tag {course.tag} is there already, and {why}; raise tag, or run "
            f"`git tag -d {course.tag}` if it was never pushed.",
        )
    return True


def _tagged(course: Course) -> str:
    """Give the object that the tag names here, an empty text without the tag."""
    name = f"refs/tags/{course.tag}"
    return _git(course, "rev-parse", "--quiet", "--verify", name).stdout.strip()


def ask_origin(course: Course) -> bool:
    """Raise ContentError if origin has the tag for another course.

    A clone of the newest commit alone has no tags.  Returns whether origin answered.
    """
    name = f"refs/tags/{course.tag}"
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": ""}
    try:
        asked = ("ls-remote", "--tags", "origin", name)
        said = _git(course, *asked, env=environment, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    here, there = _tagged(course), said.stdout.partition("\t")[0]
    if there and there != here:
        way = "raise tag" if here else f"run `git fetch origin tag {course.tag}` first"
        raise ContentError(
            "pyproject.toml",
            None,
            f"origin has a tag {course.tag} that is not the one here; {way}.",
        )
    return said.returncode == 0


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
