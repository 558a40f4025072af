"""`python course.py data`: copies of PH2 as they come, and what is wrong with them."""

import errno
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from importlib.metadata import requires
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from utils import datasets
from utils.datasets import __main__ as command
from utils.datasets import catalogue, ph2, published
from utils.datasets.__main__ import main
from utils.datasets.install import archives
from utils.datasets.install import core as install
from utils.storage import cache, workplace

# Few cases keep the tests fast; the number of PH2 has a test of its own.
NAMES = [f"IMD{number:03}" for number in range(2, 14)]
# The lesion is rows 1 to 2 of 4; columns tell the cases apart.
MASK = np.repeat([[0], [255], [255], [0]], 6, axis=1).astype(np.uint8)


def write_ph2(root: Path, suffix: str = ".bmp") -> Path:
    """Write cases of 4 x 6 pixels in the published layout."""
    images = root / "PH2 Dataset images"
    for number, name in enumerate(NAMES):
        for folder in (f"{name}_Dermoscopic_Image", f"{name}_lesion"):
            (images / name / folder).mkdir(parents=True)
        image = Image.new("RGB", (6, 4), (number, 100, 50))
        image.save(images / name / f"{name}_Dermoscopic_Image" / f"{name}{suffix}")
        mask = Image.fromarray(MASK)
        mask = mask.convert("1") if suffix == ".bmp" else mask
        mask.save(images / name / f"{name}_lesion" / f"{name}_lesion{suffix}")
    rows = [f"|| {name} ||  || {i % 3} || 0 | T ||" for i, name in enumerate(NAMES)]
    table = ["||   Name || Histological Diagnosis || Clinical Diagnosis ||", *rows]
    legend = ["", "Legends for Clinical Diagnosis:", "   0 - Common Nevus;"]
    (root / "PH2_dataset.txt").write_text("\r\n".join(table + legend), "latin-1")
    return root


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_ph2(tmp_path_factory.mktemp("ph2") / "PH2Dataset")


@pytest.fixture
def copy(original, tmp_path):
    return Path(shutil.copytree(original, tmp_path / "downloads" / "PH2Dataset"))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder of its own, a cache of its own, and a PH2 of few cases."""
    folder = tmp_path / "data"
    monkeypatch.setitem(published.CASES, "ph2", len(NAMES))
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(folder))
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    return folder


def mask_of(root: Path, name: str) -> Path:
    return next((root / "PH2 Dataset images" / name).glob("*_lesion/*_lesion.*"))


def pack(folder: Path, suffix: str, into: Path | None = None) -> Path:
    """Pack a folder, itself included, into an archive beside it, or in ``into``."""
    archive = (into or folder.parent) / (folder.name + suffix)
    if suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for path in sorted(folder.rglob("*")):
                opened.write(path, path.relative_to(folder.parent))
    else:
        with tarfile.open(archive, "w:" + suffix.removeprefix(".tar.")) as opened:
            opened.add(folder, folder.name)
    return archive


def fails(capsys, *arguments, data: Path) -> str:
    """Run the command, which must fail and change nothing; return its sentence."""
    before = contents(data)
    capsys.readouterr()
    assert main(["ph2", *map(str, arguments)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.rstrip().endswith("."), said
    assert "Traceback" not in said
    assert contents(data) == before
    return said


def contents(data: Path) -> list[Path]:
    """List what is in the data folder, but for the lock, which always stays."""
    return sorted(path for path in data.rglob("*") if path.name != workplace.LOCK)


def in_place(data: Path) -> bool:
    """Load what was installed, and see that nothing else was left."""
    samples = datasets.load_ph2(size=(4, 6), source="real")
    assert samples.names == tuple(NAMES)
    assert (samples.masks == MASK // 255).all()
    assert samples.images[:, 0, 0, 0].astype(int) == pytest.approx(
        range(len(NAMES)), abs=3
    )
    assert samples.groups[:4].tolist() == [0, 1, 2, 0]
    return {path.name for path in data.iterdir()} == {"PH2Dataset", workplace.LOCK}


# What comes in


@pytest.mark.parametrize("suffix", ["", ".zip", ".tar.", ".tar.gz", ".tar.xz"])
def test_a_folder_or_an_archive_is_put_in_place(
    original, tmp_path, data, capsys, suffix
):
    path = pack(original, suffix, tmp_path) if suffix else original
    assert main(["ph2", str(path)]) == 0
    assert f"{len(NAMES)} cases" in capsys.readouterr().out
    assert in_place(data)
    assert path.exists()


def test_the_kind_of_an_archive_is_told_from_its_content(original, tmp_path, data):
    misnamed = pack(original, ".zip", tmp_path).rename(tmp_path / "PH2Dataset.rar")
    assert main(["ph2", str(misnamed)]) == 0
    assert in_place(data)


def test_other_folder_names_and_letter_case_become_the_published_layout(copy, data):
    images = (copy / "PH2 Dataset images").rename(copy / "Images")
    (copy / "PH2_dataset.txt").rename(copy / "PH2_DATASET.TXT")
    for name in NAMES:
        (images / name).rename(images / name.lower())
        mask = next((images / name.lower()).glob("*_lesion/*.bmp"))
        mask.rename(mask.with_name(f"{name}_LESION.BMP"))
    assert main(["ph2", str(copy.parent)]) == 0
    assert in_place(data)
    assert mask_of(data / "PH2Dataset", "IMD002").name == "IMD002_lesion.bmp"


def test_extra_jpg_files_do_not_replace_the_masks(copy, data):
    for name in NAMES:
        wrong = Image.new("L", (6, 4), 255)
        wrong.save(mask_of(copy, name).with_suffix(".jpg"))
        (mask_of(copy, name).parent / f"._{name}_lesion.bmp").write_bytes(b"mac")
    assert main(["ph2", str(copy)]) == 0
    assert in_place(data)


def test_a_copy_that_is_all_jpeg_is_accepted(tmp_path, data):
    copy = write_ph2(tmp_path / "jpeg", ".JPG")
    assert main(["ph2", str(copy)]) == 0
    samples = datasets.load_ph2(size=(4, 6), source="real")
    assert (samples.masks == MASK // 255).all()


# What is there stays, unless it is to be replaced


def test_ph2_that_is_there_stays_and_is_replaced_on_demand(original, data, capsys):
    assert main(["ph2", str(original)]) == 0
    mark = data / "PH2Dataset" / "mark"
    mark.touch()
    capsys.readouterr()
    assert main(["ph2", str(original)]) == 0
    said = capsys.readouterr().out
    assert str(data / "PH2Dataset") in said and "--replace" in said
    assert mark.exists()
    assert main(["ph2", str(original), "--replace"]) == 0
    assert not mark.exists() and in_place(data)


def test_a_folder_in_its_place_that_is_not_ph2_stays(original, data, capsys):
    (data / "PH2Dataset").mkdir(parents=True)
    (data / "PH2Dataset" / "notes.txt").write_text("mine", "utf-8")
    assert "--replace" in fails(capsys, original, data=data)
    assert main(["ph2", str(original), "--replace"]) == 0
    assert in_place(data)


def test_a_failed_replacement_keeps_the_old_copy(original, data, capsys, monkeypatch):
    assert main(["ph2", str(original)]) == 0
    replace = os.replace

    def refuse(source, target):
        if Path(source).parent.name.startswith(workplace.WORK):
            raise PermissionError(errno.EACCES, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(workplace.os, "replace", refuse)
    assert "PH2Dataset" in fails(capsys, original, "--replace", data=data)
    assert in_place(data)


def test_ph2_elsewhere_in_the_data_folder_is_left_alone(original, data, capsys):
    shutil.copytree(original, data / "mine")
    assert main(["ph2", str(original)]) == 0
    assert str(data / "mine") in capsys.readouterr().out
    assert "mine" in fails(capsys, original, "--replace", data=data)


# What is wrong with it


def test_a_path_that_does_not_exist(data, capsys, tmp_path):
    said = fails(capsys, tmp_path / "gone.zip", data=data)
    assert f"{tmp_path / 'gone.zip'} does not exist" in said


def test_a_file_that_is_no_archive(data, capsys, tmp_path):
    path = tmp_path / "PH2Dataset.zip"
    path.write_text("<html>404 not found</html>", "utf-8")
    said = fails(capsys, path, data=data)
    assert f"{path} is not an archive" in said


@pytest.mark.parametrize("suffix", [".zip", ".tar.", ".tar.gz", ".tar.bz2", ".tar.xz"])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_truncated_archive(original, tmp_path, data, capsys, suffix, kept):
    path = pack(original, suffix, tmp_path)
    whole = path.read_bytes()
    # The zeros at the end of a plain tar are no loss.
    length = len(whole.rstrip(b"\0")) if suffix == ".tar." else len(whole)
    path.write_bytes(whole[: int(kept * length)])
    said = fails(capsys, path, data=data)
    assert f"{path} is damaged or was not downloaded to its end" in said


def test_a_tar_cut_between_two_files(original, tmp_path, data, capsys):
    path = pack(original, ".tar.", tmp_path)
    with tarfile.open(path) as opened:
        cut = opened.getmembers()[-1].offset
    path.write_bytes(path.read_bytes()[:cut])
    assert "downloaded to its end" in fails(capsys, path, data=data)


def test_damage_in_the_middle_of_a_zip(original, tmp_path, data, capsys):
    path = pack(original, ".zip", tmp_path)
    content = bytearray(path.read_bytes())
    content[content.index(b"BM") + 60] ^= 255
    path.write_bytes(content)
    assert f"{path} is damaged" in fails(capsys, path, data=data)


def test_another_data_set(data, capsys, tmp_path):
    folder = tmp_path / "stage1_train" / "0a1b" / "images"
    folder.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(folder / "0a1b.png")
    said = fails(capsys, tmp_path / "stage1_train", data=data)
    assert f"{tmp_path / 'stage1_train'} is not PH2" in said and "0a1b.png" in said


def test_an_empty_folder(data, capsys, tmp_path):
    assert "no files" in fails(capsys, tmp_path, data=data)


def test_a_table_that_lacks_a_case(copy, data, capsys):
    table = copy / "PH2_dataset.txt"
    lines = table.read_text("latin-1").splitlines()
    table.write_text("\n".join(lines[:1] + lines[2:]), "latin-1")
    said = fails(capsys, copy, data=data)
    assert f"{copy} holds 11 of 12 cases of PH2" in said


def test_ph2_has_two_hundred_cases(original, data, capsys, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(data))
    said = fails(capsys, original, data=data)
    assert f"{original} holds 12 of 200 cases of PH2" in said
    assert "--partial" in said


def test_a_missing_mask(copy, data, capsys):
    mask_of(copy, "IMD007").unlink()
    said = fails(capsys, copy, data=data)
    assert "IMD007_lesion" in said and str(copy) in said and "missing" in said


def test_two_masks_for_one_image(copy, data, capsys):
    mask = mask_of(copy, "IMD007")
    shutil.copy(mask, copy)
    said = fails(capsys, copy, data=data)
    assert str(mask) in said and str(copy / mask.name) in said


@pytest.mark.parametrize("content", [b"", b"GIF89a", "half"])
def test_an_image_that_does_not_decode(copy, data, capsys, content):
    mask = mask_of(copy, "IMD009")
    whole = mask.read_bytes()
    mask.write_bytes(whole[: len(whole) - 8] if content == "half" else content)
    said = fails(capsys, copy, data=data)
    assert f"{mask} is not a readable image" in said


def test_a_photograph_in_place_of_a_mask(copy, data, capsys):
    mask = mask_of(copy, "IMD005")
    Image.fromarray(np.full((4, 6), 90, np.uint8)).save(mask)
    said = fails(capsys, copy, data=data)
    assert f"{mask} is not black and white" in said and "90 at row 0, column 0" in said


def test_a_mask_that_outlines_nothing(copy, data, capsys):
    mask = mask_of(copy, "IMD005")
    Image.new("1", (6, 4)).save(mask)
    assert f"{mask} outlines nothing" in fails(capsys, copy, data=data)


def test_a_mask_of_another_size_in_an_archive_is_named_by_its_place_there(
    copy, data, capsys
):
    mask = mask_of(copy, "IMD011")
    Image.new("1", (7, 4)).save(mask)
    path = pack(copy, ".zip")
    said = fails(capsys, path, data=data)
    assert str(path / mask.relative_to(copy.parent)) in said
    assert "7 x 4" in said and "6 x 4" in said and workplace.WORK not in said


# Archives that would do harm


def zip_of(path: Path, name: str, content: bytes = b"x", mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = mode << 16
        opened.writestr(entry, content)
    return path


def tar_of(path: Path, name: str, kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w") as opened:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname, entry.size = kind, "/etc/passwd", 0
        opened.addfile(entry, io.BytesIO())
    return path


UNSAFE = ["../out", "PH2/../../out", "/tmp/out", "C:/out", "..\\out", "PH2/.. /out"]


@pytest.mark.parametrize("name", UNSAFE)
@pytest.mark.parametrize("make", [zip_of, tar_of])
def test_paths_that_lead_out_of_the_folder(data, capsys, tmp_path, name, make):
    path = make(tmp_path / "archive", name)
    said = fails(capsys, path, data=data)
    assert str(path) in said and "leads out of its folder" in said
    assert not list(tmp_path.rglob("out"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar(data, capsys, tmp_path, kind):
    path = tar_of(tmp_path / "PH2.tar", "PH2_dataset.txt", kind)
    assert "a link or a device" in fails(capsys, path, data=data)


def test_links_in_a_zip(data, capsys, tmp_path):
    link = zip_of(tmp_path / "PH2.zip", "a", b"/etc/passwd", stat.S_IFLNK | 0o777)
    assert "a link or a device" in fails(capsys, link, data=data)


@pytest.mark.parametrize("limit", ["MOST_BYTES", "MOST_FILES"])
@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_an_archive_of_absurd_size(
    original, tmp_path, data, capsys, monkeypatch, limit, suffix
):
    path = pack(original, suffix, tmp_path)
    monkeypatch.setattr(archives, limit, 10)
    assert f"{path} unpacks to more than" in fails(capsys, path, data=data)


def test_a_zip_that_lies_about_its_size_writes_no_more_than_the_limit(
    data, capsys, tmp_path, monkeypatch
):
    path = zip_of(tmp_path / "bomb.zip", "PH2_dataset.txt", bytes(5_000_000))
    content = path.read_bytes()
    honest, small = (5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    assert content.count(honest) == 2
    path.write_bytes(content.replace(honest, small))
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    assert str(path) in fails(capsys, path, data=data)


def test_a_name_twice_in_a_tar(data, capsys, tmp_path):
    with tarfile.open(tmp_path / "twice.tar", "w") as opened:
        for _ in range(2):
            opened.addfile(tarfile.TarInfo("PH2_dataset.txt"))
    said = fails(capsys, tmp_path / "twice.tar", data=data)
    assert "holds PH2_dataset.txt twice" in said


def test_a_password(original, tmp_path, data, capsys):
    path = pack(original, ".zip", tmp_path)
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := content.find(signature, start)) >= 0:
            content[start + flags] |= 1
            start += 4
    path.write_bytes(content)
    said = fails(capsys, path, data=data)
    assert str(path) in said and "give the folder" in said


# .rar: stored entries of the fifth format, written byte by byte


def vint(number: int) -> bytes:
    low = bytes([number & 127 | 128]) if number > 127 else bytes([number])
    return low + (vint(number >> 7) if number > 127 else b"")


def rar_block(kind: int, flags: int, fields: bytes, content: bytes | None = None):
    header = vint(kind) + vint(flags)
    header += b"" if content is None else vint(len(content))
    header += fields
    header = vint(len(header)) + header
    return zlib.crc32(header).to_bytes(4, "little") + header + (content or b"")


def rar_of(folder: Path, into: Path) -> Path:
    parts = [b"Rar!\x1a\x07\x01\x00", rar_block(1, 0, vint(0))]
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        name = path.relative_to(folder.parent).as_posix().encode()
        fields = vint(4) + vint(len(content)) + vint(0o100644)
        fields += zlib.crc32(content).to_bytes(4, "little")
        fields += vint(0) + vint(1) + vint(len(name)) + name
        parts.append(rar_block(2, 2, fields, content))
    archive = into / f"{folder.name}.rar"
    archive.write_bytes(b"".join([*parts, rar_block(5, 0, vint(0))]))
    return archive


def reads_rar(tool: str) -> bool:
    """Tell whether a tool is there; 7-Zip also comes without its part for .rar."""
    where = archives._which(tool)
    if where and tool.startswith("7z"):
        formats = subprocess.run([where, "i"], capture_output=True).stdout
        return b"Rar5" in formats
    return where is not None


@pytest.mark.parametrize("tool", sorted(archives.RAR_TOOLS))
def test_a_rar_is_unpacked_by_each_tool(
    original, tmp_path, data, capsys, monkeypatch, tool
):
    if not reads_rar(tool):
        pytest.skip(f"{tool} is not installed, or not for .rar")
    monkeypatch.setattr(archives, "RAR_TOOLS", {tool: archives.RAR_TOOLS[tool]})
    archive = rar_of(original, tmp_path)
    assert main(["ph2", str(archive)]) == 0
    assert in_place(data)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    said = fails(capsys, archive, "--replace", data=data)
    assert str(archive) in said


@pytest.fixture
def rar(tmp_path):
    """What is taken for a .rar; only a tool would look into it."""
    path = tmp_path / "PH2Dataset.rar"
    path.write_bytes(b"Rar!\x1a\x07\x01\x00")
    return path


def fake_tool(monkeypatch, script: str) -> None:
    """Let Python itself be the only tool, running a script with (archive, folder)."""
    tool = {sys.executable: lambda *paths: ["-c", script, *paths]}
    monkeypatch.setattr(archives, "RAR_TOOLS", tool)


def test_a_rar_without_a_tool_names_the_tools(rar, data, capsys, monkeypatch):
    monkeypatch.setattr(archives.shutil, "which", lambda *args, **options: None)
    said = fails(capsys, rar, data=data)
    assert "install unrar" in said and "7-Zip" in said and "PH2Dataset.rar" in said


def test_what_a_tool_unpacks_is_put_in_place(rar, original, data, monkeypatch):
    copying = f"shutil.copytree({str(original)!r}, sys.argv[2] + '/PH2')"
    fake_tool(monkeypatch, f"import shutil, sys; {copying}")
    assert main(["ph2", str(rar)]) == 0
    assert in_place(data)


def test_the_next_tool_starts_from_an_empty_folder(rar, data, capsys, monkeypatch):
    fail = "import sys; open(sys.argv[2] + '/half', 'x').close(); sys.exit('bad CRC')"
    monkeypatch.setattr(archives, "_which", lambda name: sys.executable)
    tools = {name: lambda *paths: ["-c", fail, *paths] for name in ("one", "two")}
    monkeypatch.setattr(archives, "RAR_TOOLS", tools)
    said = fails(capsys, rar, data=data)
    assert "one: bad CRC; two: bad CRC" in said


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right on Windows")
def test_links_that_a_tool_made_are_refused(rar, data, capsys, monkeypatch, tmp_path):
    other = tmp_path / "not ours"
    other.mkdir(mode=0o500)
    link = f"os.symlink({str(other)!r}, sys.argv[2] + '/link')"
    fake_tool(monkeypatch, f"import os, sys; {link}")
    assert "link, a link" in fails(capsys, rar, data=data)
    assert stat.S_IMODE(other.stat().st_mode) == 0o500, "it is left as it was"


def test_a_tool_that_writes_too_much_is_stopped(rar, data, capsys, monkeypatch):
    script = "import sys, time; open(sys.argv[2] + '/big', 'wb').write(bytes(10**5));"
    fake_tool(monkeypatch, script + "time.sleep(600)")
    monkeypatch.setattr(archives, "MOST_BYTES", 10**4)
    assert "unpacks to more than" in fails(capsys, rar, data=data)


# The disk


@pytest.fixture
def read_only_files_stay(monkeypatch):
    """Windows does not remove them, so the same is played on other systems."""
    really = os.unlink

    def unlink(path, *, dir_fd=None):
        about = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
        if not about.st_mode & stat.S_IWRITE:
            raise PermissionError(errno.EACCES, "Access is denied", str(path))
        really(path, dir_fd=dir_fd) if dir_fd is not None else really(path)

    monkeypatch.setattr(os, "unlink", unlink)


def test_a_copy_of_read_only_files_is_replaced_and_gone(
    original, data, read_only_files_stay
):
    assert main(["ph2", str(original)]) == 0
    for path in (data / "PH2Dataset").rglob("*.bmp"):
        path.chmod(stat.S_IREAD)
    assert main(["ph2", str(original), "--replace"]) == 0
    assert in_place(data)


def test_read_only_files_of_one_tool_do_not_hinder_the_next(
    rar, data, capsys, monkeypatch, read_only_files_stay
):
    half = (
        "open(sys.argv[2] + '/half', 'x').close(); os.chmod(sys.argv[2] + '/half', 256)"
    )
    monkeypatch.setattr(archives, "_which", lambda name: sys.executable)
    fail = f"import os, sys; {half}; sys.exit('bad CRC')"
    tools = {name: lambda *paths: ["-c", fail, *paths] for name in ("one", "two")}
    monkeypatch.setattr(archives, "RAR_TOOLS", tools)
    assert "one: bad CRC; two: bad CRC" in fails(capsys, rar, data=data)


def failing(number: int):
    """What the system says to whatever is tried."""

    def fail(*paths, **_):
        raise OSError(number, os.strerror(number), str(paths[-1]) if paths else None)

    return fail


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("step", ["pathlib.Path.mkdir", "tempfile.mkdtemp"])
def test_no_permission_to_write(original, data, capsys, monkeypatch, step, number):
    monkeypatch.setattr(step, failing(number))
    said = fails(capsys, original, data=data)
    assert "no permission to use" in said and str(data.parent) in said


def test_a_data_folder_in_which_nothing_may_be_written(
    original, data, capsys, monkeypatch
):
    """Root may write anywhere, so the system's answer is played here."""
    data.mkdir()
    monkeypatch.setattr(workplace, "alone", failing(errno.EACCES))
    said = fails(capsys, original, data=data)
    assert f"no permission to use {data / workplace.LOCK}" in said
    assert main([]) == 0, "the list only reads"


@pytest.mark.parametrize("number", command.FULL)
@pytest.mark.parametrize(
    "step", ["tempfile.mkdtemp", "shutil.copyfile", "pathlib.Path.mkdir"]
)
def test_a_full_disk(original, data, capsys, monkeypatch, step, number):
    monkeypatch.setattr(step, failing(number))
    assert f"disk of {data} is full" in fails(capsys, original, data=data)


@pytest.mark.parametrize("suffix", [".zip", ".tar.", ".tar.gz", ".tar.bz2", ".tar.xz"])
def test_a_disk_that_is_full_before_all_is_unpacked(
    original, tmp_path, data, capsys, monkeypatch, suffix
):
    class Full(io.FileIO):
        def write(self, block):
            raise OSError(errno.ENOSPC, "No space left on device")

    archive = pack(original, suffix, tmp_path)
    monkeypatch.setattr(archives, "open", Full, raising=False)
    assert f"disk of {data} is full" in fails(capsys, archive, data=data)


def test_an_interruption_leaves_nothing(original, data, capsys, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "check", stop)
    assert main(["ph2", str(original)]) == 130
    assert contents(data) == []


def test_an_old_copy_that_cannot_be_moved_back_is_kept_for_the_next_run(
    original, data, monkeypatch
):
    assert main(["ph2", str(original)]) == 0
    replace = os.replace

    def refuse(source, target):
        if Path(target) == data / "PH2Dataset":
            raise PermissionError(errno.EACCES, "Permission denied", str(target))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(workplace.os, "replace", refuse)
        assert main(["ph2", str(original), "--replace"]) == 1
    assert main([]) == 0
    assert in_place(data)


def test_ph2_that_is_half_there_is_told_and_not_taken_for_whole(copy, data, capsys):
    half = Path(shutil.copytree(copy, data / "PH2Dataset"))
    mask_of(half, "IMD007").unlink()
    assert "IMD007_lesion.bmp is missing" in fails(capsys, copy, data=data)
    with pytest.raises(FileNotFoundError, match="IMD007_lesion.bmp is missing"):
        datasets.load_ph2(4)
    assert main([]) == 0
    assert "not usable" in capsys.readouterr().out
    assert main(["ph2", str(copy), "--replace"]) == 0
    assert in_place(data)


@pytest.mark.parametrize("part", ["PH2_dataset.txt", "PH2 Dataset images"])
def test_one_part_of_ph2_alone_is_not_passed_over(copy, original, data, part):
    (data / "mine").mkdir(parents=True)
    (copy / part).rename(data / "mine" / part)
    with pytest.raises(FileNotFoundError, match="is missing"):
        datasets.load_ph2(4)
    shutil.copytree(original, data / "whole")
    assert datasets.load_ph2(4, source="real").names == tuple(NAMES), "found first"


def test_an_archive_in_the_folder_that_it_would_replace_stays(original, data, capsys):
    assert main(["ph2", str(original)]) == 0
    archive = pack(original, ".zip", data / "PH2Dataset")
    said = fails(capsys, archive, "--replace", data=data)
    assert f"move it out of {data / 'PH2Dataset'}" in said


# Runs that are killed, and two at once: other processes, really killed

WAITING = """
import os, sys, time
from pathlib import Path
from utils.datasets import __main__ as command
from utils.datasets.install import archives, core as install, ph2 as install_ph2
from utils.storage import cache
from utils.datasets import published
from utils.storage import workplace
step, cases, kept, *arguments = sys.argv[1:]
published.CASES["ph2"] = int(cases)
cache.CACHE = Path(kept)

def wait(*_, **__):
    print("waiting", flush=True)
    time.sleep(600)

def second_rename(source, target, replace=os.replace):
    wait() if Path(source).parent.name[:6] == ".work-" else replace(source, target)

place = {
    "unpacking": (archives, "_inside", wait),
    "checking": (install, "check", wait),
    "arranging": (install_ph2, "case_stems", wait),
    "renaming": (workplace.os, "replace", second_rename),
    "tidying up": (workplace.shutil, "rmtree", wait),
}[step]
setattr(*place)
print("ended:", command.main(arguments), flush=True)
"""
STEPS = ["unpacking", "checking", "arranging", "renaming", "tidying up"]


@contextmanager
def held_at(step: str, *arguments: object):
    """Run the command in a process that stops at a step; kill it at the end."""
    root = Path(ph2.__file__).parents[2]
    words = [step, len(NAMES), cache.CACHE, "ph2", *arguments]
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            said = [process.stdout.readline()]
            while said[-1] and "waiting" not in said[-1]:
                said.append(process.stdout.readline())
            assert "waiting\n" in said, said
            yield
        finally:
            process.kill()


@pytest.fixture
def newer(copy):
    """A copy to be told from the original by a paper of its own."""
    (copy / "Readme.txt").write_text("newer", "utf-8")
    return pack(copy, ".zip")


def is_newer(data: Path) -> bool:
    return (data / "PH2Dataset" / "Readme.txt").exists()


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_leaves_nothing_that_is_taken_for_ph2(newer, data, step):
    with held_at(step, newer):
        pass
    assert (datasets.find_ph2() is not None) == (step == "tidying up")
    assert main(["ph2", str(newer)]) == 0
    assert in_place(data) and is_newer(data)


@pytest.mark.parametrize("step", STEPS)
def test_a_replacement_that_is_killed_keeps_the_old_copy_or_the_new_one(
    original, newer, data, step
):
    assert main(["ph2", str(original)]) == 0
    with held_at(step, newer, "--replace"):
        pass
    assert in_place(data), "the next use of PH2 tidies up"
    assert is_newer(data) == (step == "tidying up")
    assert main(["ph2", str(newer), "--replace"]) == 0
    assert in_place(data) and is_newer(data)


def test_an_old_copy_that_was_replaced_does_not_come_back(original, newer, data):
    assert main(["ph2", str(original)]) == 0
    with held_at("tidying up", newer, "--replace"):
        pass
    shutil.rmtree(data / "PH2Dataset")
    assert main([]) == 0
    assert contents(data) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_second_run_says_that_another_one_is_at_work(
    original, newer, data, capsys, step
):
    assert main(["ph2", str(original)]) == 0
    with held_at(step, newer, "--replace"):
        assert "Another process" in fails(capsys, original, "--replace", data=data)
        assert main([]) == 0, "the list only looks"
    assert in_place(data)


def test_ph2_can_be_loaded_while_it_is_replaced(original, newer, data):
    assert main(["ph2", str(original)]) == 0
    for step in ("checking", "arranging", "tidying up"):
        with held_at(step, newer, "--replace"):
            samples = datasets.load_ph2((4, 6), source="real")
            assert (samples.masks == MASK // 255).all()
    assert in_place(data)


# The list


def test_the_list_says_what_is_here_and_where_the_rest_is_from(data, capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert str(data) in said
    for entry in catalogue.DATA_SETS:
        assert f"\n{entry.name}: " in said
    assert said.count("here    no") == len(catalogue.FIND) == 4
    assert said.count("here    yes") == 5
    for needed in (
        "https://www.fc.up.pt/addi/ph2%20database.html",
        "python course.py data ph2 PATH",
        "10.1109/EMBC.2013.6610779",
        "CC0",
    ):
        assert needed in said


def test_the_list_counts_every_data_set_in_its_published_layout(data, original, capsys):
    main(["ph2", str(original)])
    case = data / "nuclei" / "stage1_train" / "0a1b"
    files = [case / "images" / "0a1b.png", case / "masks" / "1.png"]
    home = data / catalogue.MADS
    files += [home / part / "Jazz_Jazz1_C0_00060.png" for part in ("images", "masks")]
    files += [data / "cats" / "images" / f"{name}.jpg" for name in ("tom", "alone")]
    files += [data / "cats" / "masks" / "Tom_mask.png"]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert catalogue.list_ph2() == [(data / "PH2Dataset", 12)]
    assert catalogue.list_nuclei() == [(data / "nuclei" / "stage1_train", 1)]
    assert catalogue.list_mads() == [(data / catalogue.MADS, 1)]
    assert catalogue.list_own() == [(data / "cats", 1)]
    layouts = {entry.name: entry.layout for entry in catalogue.DATA_SETS}
    for part in ("images", "masks"):
        assert f"{catalogue.MADS}/{part}/*.png" in layouts["MADS"]
    capsys.readouterr()
    assert main([]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"yes, 12 cases in {data / 'PH2Dataset'}" in said


def test_what_reads_the_catalogue_comes_with_what_learners_install():
    """requirements.txt does not name PyYAML: JupyterLab brings it."""
    chain = ("jupyterlab", "jupyter-server", "jupyter-events", "pyyaml")
    for package, needed in pairwise(chain):
        asked = [re.match(r"[\w-]+", line)[0].lower() for line in requires(package)]
        assert needed in [name.replace("_", "-") for name in asked]


def test_a_broken_table_is_told_in_the_list(data, original, capsys):
    main(["ph2", str(original)])
    (data / "PH2Dataset" / "PH2_dataset.txt").write_text("nothing", "utf-8")
    assert main([]) == 0
    assert "not usable" in capsys.readouterr().out


def test_only_a_terminal_gets_a_bar(original, data, capsys, monkeypatch):
    assert main(["ph2", str(original)]) == 0
    plain = capsys.readouterr()
    assert "Checking 12 cases ...\n" in plain.out and plain.err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["ph2", str(original), "--replace"]) == 0
    assert "12/12" in capsys.readouterr().err


def test_the_command_runs_as_a_module_and_explains_itself():
    module = [sys.executable, "-m", "utils.datasets"]
    root = Path(ph2.__file__).parents[2]
    done = subprocess.run([*module, "--help"], capture_output=True, cwd=root)
    assert done.returncode == 0 and b"course.py data" in done.stdout
    done = subprocess.run([*module, "coco", "x"], capture_output=True, cwd=root)
    known = b"ph2, nuclei, mads"
    assert done.returncode == 2 and known in done.stderr.replace(b"'", b"")


@pytest.mark.parametrize("encoding", ["cp1252", "cp949", "ascii"])
def test_a_console_that_lacks_letters_shows_the_rest(tmp_path, encoding):
    """Windows gives pipes its code page, which has no Hangul or no accents."""
    folder = tmp_path / "자료 Ménage"
    environment = {**os.environ, "EVERY_PIXEL_DATA": str(folder)}
    environment |= {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    root = Path(ph2.__file__).parents[2]
    for arguments, status, words in (
        ([], 0, b"PH2: 200 dermo"),
        (["ph2", str(folder / "PH2Dataset.rar")], 1, b"PH2Dataset.rar does not exist"),
    ):
        module = [sys.executable, "-m", "utils.datasets", *arguments]
        done = subprocess.run(module, capture_output=True, cwd=root, env=environment)
        assert done.returncode == status
        assert words in done.stdout + done.stderr
        assert b"Traceback" not in done.stderr
