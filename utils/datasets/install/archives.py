"""Archives from the internet: unpacked whole and safely, or not at all.

Python reads .zip and .tar.* itself; .rar needs a tool that is installed. Nothing is
written outside the given folder: absolute paths, ``..``, links and devices are errors,
and so is what would fill the disk.
"""

from __future__ import annotations

import errno
import lzma
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from utils.datasets.install.progress import progress
from utils.storage.workplace import remove

# Far above any data set of the course, far below what fills a disk.
MOST_FILES = 100_000
MOST_BYTES = 4 * 2**30
BLOCK = 1 << 20
DEEPEST = 50  # folders in one another
ENDINGS = (
    *(".zip", ".rar", ".tar", ".tgz", ".tbz2", ".txz"),
    *(".tar.gz", ".tar.bz2", ".tar.xz"),
)
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # how .gz, .bz2 and .xz begin
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError),
    UnicodeDecodeError,  # in the names of a .zip
)

# What each tool for .rar is told, the most complete first: bsdtar takes a .rar for the
# .zip or .xlsx that is stored at its end. All of them keep to the folder by default,
# and none can ask for a password: it gets no input.
RAR_TOOLS: dict[str, Callable[[str, str], list[str]]] = {
    "unrar": lambda archive, folder: ["x", "-y", "-idq", archive, folder + os.sep],
    "7zz": lambda archive, folder: ["x", "-y", "-bd", f"-o{folder}", archive],
    "7z": lambda archive, folder: ["x", "-y", "-bd", f"-o{folder}", archive],
    "unar": lambda archive, folder: ["-q", "-D", "-o", folder, archive],
    "bsdtar": lambda archive, folder: ["-xf", archive, "-C", folder],
}
if sys.platform in ("win32", "darwin"):
    RAR_TOOLS["tar"] = RAR_TOOLS["bsdtar"]  # there, tar is bsdtar by another name


def is_archive(path: Path) -> bool:
    """Tell by its name whether a file may be what `unpack` takes."""
    return path.name.lower().endswith(ENDINGS)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip, .tar, .tar.gz, .tar.bz2, .tar.xz or .rar into an empty folder.

    The kind is told from the content, not from the name.
    Raises ValueError, one sentence that names the archive, if it is none of these,
    damaged or unsafe; FileNotFoundError if no tool for .rar is installed; OSError as
    the disk gives it. What was written until then stays, for the caller to remove.
    """
    with archive.open("rb") as file:
        head = file.read(4)
    try:
        if head == b"Rar!":
            _unpack_rar(archive, folder)
        elif head[:2] == b"PK":
            _unpack_zip(archive, folder)
        else:
            _unpack_tar(archive, folder)
    except RuntimeError as error:  # a password, a way of packing not known here
        raise ValueError(
            f"{archive} cannot be unpacked here ({_short(str(error))}); unpack it with "
            "another program and give the folder instead."
        ) from None
    except (*DAMAGED, OSError) as error:
        # gzip and bz2 raise an OSError of their own, a wrong offset one of the system.
        told = isinstance(error, FileNotFoundError)
        if told or getattr(error, "errno", None) not in (None, errno.EINVAL):
            raise
        raise ValueError(
            f"{archive} is damaged or was not downloaded to its end; download it again."
        ) from None


def _unpack_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        members = [each for each in opened.infolist() if each.filename[-1:] != "/"]
        size = sum(member.file_size for member in members)
        _check_size(archive, len(members), size)

        def entries() -> Iterator[tuple[str, BinaryIO]]:
            for member in members:
                kind = stat.S_IFMT(member.external_attr >> 16)
                if kind not in (0, stat.S_IFREG):
                    raise _unsafe(
                        archive, f"{_short(member.filename)}, a link or a device"
                    )
                with opened.open(member) as stream:
                    yield member.filename, stream

        with progress(f"Unpacking {archive.name}", size, "B") as advance:
            _store(archive, folder, entries(), advance)


def _unpack_tar(archive: Path, folder: Path) -> None:
    with archive.open("rb") as raw:
        try:
            opened = tarfile.open(fileobj=raw)  # noqa: SIM115 (closed below)
        except tarfile.ReadError:
            raw.seek(0)
            if raw.read(6).startswith(COMPRESSED):
                raise  # so little of it that not one file is there
            raise ValueError(
                f"{archive} is not an archive that can be unpacked: it must be a .zip, "
                ".tar, .tar.gz, .tar.bz2, .tar.xz or .rar; give one, or a folder."
            ) from None

        def entries() -> Iterator[tuple[str, BinaryIO]]:
            for member in opened:
                if member.isdir():
                    continue
                if not member.isreg():
                    raise _unsafe(archive, f"{_short(member.name)}, a link or a device")
                yield member.name, opened.extractfile(member)
            # A tar ends with zeros; one that was cut between two files does not.
            opened.fileobj.seek(opened.offset)
            if opened.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise EOFError

        size = archive.stat().st_size
        with opened, progress(f"Unpacking {archive.name}", size, "B") as advance:
            shown = 0

            def read(_: int) -> None:  # progress is counted in packed bytes
                nonlocal shown
                advance(raw.tell() - shown)
                shown = raw.tell()

            _store(archive, folder, entries(), read)


def _store(
    archive: Path,
    folder: Path,
    entries: Iterator[tuple[str, BinaryIO]],
    advance: Callable[[int], object],
) -> None:
    """Write the entries (path in the archive, its bytes) below the folder."""
    written = 0
    for count, (name, stream) in enumerate(entries, 1):
        target = folder / _inside(archive, name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            file = open(target, "xb")  # noqa: SIM115 (closed below)
        except OSError as error:
            if fault := _misfit(error, target):
                raise ValueError(
                    f"{archive} holds {_short(name)}{fault}; unpack it yourself and "
                    "give the folder."
                ) from None
            raise
        with file:
            while block := stream.read(BLOCK):
                # What the archive says about its size is not to be trusted.
                written += len(block)
                _check_size(archive, count, written)
                file.write(block)
                advance(len(block))


def _misfit(error: OSError, target: Path) -> str:
    """Say why a file cannot be made, if the names in its archive are the reason."""
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return " twice" if target.is_file() else " both as a file and as a folder"
    if error.errno in (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL):
        return f", which cannot be a file here ({error.strerror})"
    return ""


def _short(name: str) -> str:
    """Write the name of an entry in one line, its beginning if it is long."""
    name = name if name.isprintable() else ascii(name)
    return name if len(name) < 100 else f"{name[:60]}..."


def _inside(archive: Path, name: str) -> PurePosixPath:
    """Return the path of an entry; raise ValueError if it might lead elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    # "C:" is a drive and ".. " is ".." for Windows.
    climbs = any(not part.strip(". ") for part in path.parts)
    if path.is_absolute() or climbs or {":", "\0"} & {*name} or not path.parts:
        said = f"the path '{_short(name)}', which leads out of its folder"
        raise _unsafe(archive, said)
    if len(path.parts) > DEEPEST:
        raise _unsafe(archive, f"the path '{_short(name)}' of too many folders")
    return path


def _unsafe(archive: Path, what: str) -> ValueError:
    return ValueError(
        f"{archive} holds {what}, and nothing of it was kept; get the data set from "
        "its official page."
    )


def _check_size(archive: Path, files: int, size: int) -> None:
    if files > MOST_FILES or size > MOST_BYTES:
        raise ValueError(
            f"{archive} unpacks to more than {MOST_FILES:,} files or "
            f"{MOST_BYTES / 2**30:.0f} GB, which no data set of the course does; get "
            "the data set from its official page."
        )


def _unpack_rar(archive: Path, folder: Path) -> None:
    """Try one installed tool after the other: not each reads every kind of .rar."""
    tools = {name: where for name in RAR_TOOLS if (where := _which(name))}
    if not tools:
        raise FileNotFoundError(
            f"{archive} is a .rar, and no tool for it is installed: install unrar, "
            "bsdtar (libarchive-tools), unar or 7-Zip, or unpack it with another "
            "program and give the folder instead."
        )
    complaints = []
    with progress(f"Unpacking {archive.name}", 0, "B") as advance:
        for name, where in tools.items():
            arguments = RAR_TOOLS[name](str(archive.resolve()), str(folder.resolve()))
            failed = _run(archive, folder, [where, *arguments], advance)
            if failed is None:
                return
            if shutil.disk_usage(folder).free < BLOCK:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
            complaints.append(f"{name}: {failed}")
            remove(folder)
            folder.mkdir(exist_ok=True)
    raise ValueError(
        f"{archive} is damaged, or another tool is needed ({'; '.join(complaints)}): "
        "download it again, or unpack it yourself and give the folder."
    )


def _which(name: str) -> str | None:
    """Find a tool on the path, or where 7-Zip's installer on Windows puts it."""
    programs = os.environ.get("PROGRAMFILES")
    place = str(Path(programs, "7-Zip")) if programs else None
    return shutil.which(name) or (shutil.which(name, path=place) if place else None)


def _run(
    archive: Path, folder: Path, command: list[str], advance: Callable[[int], object]
) -> str | None:
    """Run a tool and watch what it writes; return its last words if it failed."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as tool:
        try:
            size, said = 0, None
            while said is None:
                try:
                    _, said = tool.communicate(timeout=0.5)
                except subprocess.TimeoutExpired:
                    before, size = size, _measure(archive, folder)
                    advance(size - before)
        except BaseException:
            tool.kill()
            raise
    _measure(archive, folder)
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return (lines or ["no reason given"])[-1] if tool.returncode else None


def _measure(archive: Path, folder: Path) -> int:
    """Sum up the bytes in a folder; raise ValueError for links and for too much."""
    files, size = 0, 0
    for place, folders, names in os.walk(folder):
        for path in (Path(place, name) for name in [*folders, *names]):
            if path.is_symlink():
                raise _unsafe(archive, f"{path.relative_to(folder).as_posix()}, a link")
        files += len(names)
        # A tool may rename a file while it is looked at.
        paths = (Path(place, name) for name in names)
        size += sum(path.stat().st_size for path in paths if path.exists())
    _check_size(archive, files, size)
    return size
