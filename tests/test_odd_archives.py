"""Archives with odd names, in one another, or damaged: unpacked whole, or told why."""

import io
import os
import shutil
import tarfile
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from utils.datasets.__main__ import main
from utils.datasets.install.archives import DEEPEST, unpack
from utils.storage.workplace import LOCK

LONG = "n" * 300


def zip_of(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def tar_of(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def sentence_of(archive: Path) -> str:
    """Unpack an archive; return what is said against it, or nothing."""
    folder = Path(tempfile.mkdtemp(dir=archive.parent))
    try:
        unpack(archive, folder)
    except ValueError as error:
        said = str(error)
        assert "\n" not in said and said.endswith(".") and len(said) < 500, said
        assert str(archive) in said and str(folder) not in said, said
        assert error.__cause__ is None
        return said
    finally:
        assert {path.name for path in archive.parent.iterdir()} == {
            archive.name,
            folder.name,
        }
        shutil.rmtree(folder)
    return ""


PARTS = st.sampled_from(
    ["q", "q", "r.txt", "Q", "é", "a b", "..", ".", "", " ", "\n", "C:", "~"]
    + [LONG] * (os.name != "nt")  # Windows takes it for a path that is too long
)
NAMES = st.builds(
    lambda parts, between: between.join(parts),
    st.lists(PARTS, min_size=1, max_size=4),
    st.sampled_from("///\\"),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from([zip_of, tar_of]))
def test_any_names_are_unpacked_or_told_in_one_sentence(names, make):
    with tempfile.TemporaryDirectory() as place:
        sentence_of(make(Path(place, "odd"), [(name, b"x") for name in names]))


def damaged(whole: bytes, cut: float, marks: list[tuple[float, int]]) -> bytes:
    content = bytearray(whole)
    for where, value in marks:
        content[int(where * (len(content) - 1))] ^= value
    return bytes(content[: int(cut * len(content))])


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([zip_of, tar_of]),
    st.one_of(st.just(1.0), st.floats(0.01, 1)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=6),
)
def test_any_damage_is_told_in_one_sentence(make, cut, marks):
    members = [(f"PH2/{number}.txt", bytes(range(200))) for number in range(4)]
    with tempfile.TemporaryDirectory() as place:
        archive = make(Path(place, "PH2Dataset"), members)
        archive.write_bytes(damaged(archive.read_bytes(), cut, marks))
        sentence_of(archive)


@pytest.mark.parametrize("make", [zip_of, tar_of])
@pytest.mark.parametrize("names", [["q", "q/r.txt"], ["q/r.txt", "q"], ["q", "q/r/s"]])
def test_a_file_that_is_a_folder_as_well_is_told(tmp_path, make, names):
    said = sentence_of(make(tmp_path / "a", [(name, b"x") for name in names]))
    assert f"{names[1]} both as a file and as a folder; unpack it yourself" in said


@pytest.mark.skipif(os.name == "nt", reason="its paths are too long before")
@pytest.mark.parametrize("make", [zip_of, tar_of])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        (LONG, ", which cannot be a file here (File name too long)"),
        ("/".join("d" * (DEEPEST + 1)), "of too many folders"),
        ("d/" * 3000 + "r", "of too many folders"),
    ],
)
def test_a_name_that_no_disk_takes_is_told_by_its_beginning(tmp_path, make, name, told):
    said = sentence_of(make(tmp_path / "a", [(name, b"x")]))
    assert told in said and name[:40] in said and name not in said


@pytest.mark.parametrize(
    ("part", "offset", "value", "told"),
    [(1, 6, 255, "cannot be unpacked here"), (5, 19, 1, "is damaged")],
)
def test_a_zip_with_a_wrong_table_of_contents_is_told(
    tmp_path, part, offset, value, told
):
    """It asks for a version of the format to come, or lies behind the end."""
    path = zip_of(tmp_path / "a", [("r.txt", b"x")])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK" + bytes([part, part + 1])) + offset] = value
    path.write_bytes(content)
    assert told in sentence_of(path)


def test_a_name_in_no_known_letters_is_damage(tmp_path):
    path = zip_of(tmp_path / "a", [("é.txt", b"x")])
    content = path.read_bytes()
    assert content.count("é".encode()) == 2
    path.write_bytes(content.replace("é".encode(), b"\xff\xff"))
    assert "is damaged" in sentence_of(path)


# ------------------------------------------------------------ archives in archives


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """An empty data folder, away from the course's."""
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def picture(content: Image.Image) -> bytes:
    stored = io.BytesIO()
    content.save(stored, "PNG")
    return stored.getvalue()


MASK = Image.new("L", (8, 8))
MASK.paste(255, (2, 2, 4, 4))
CASES = [
    ("0a/images/0a.png", picture(Image.new("RGB", (8, 8)))),
    ("0a/masks/1.png", picture(MASK)),
]
FRAMES = [
    (f"people/{part}/Jazz_Jazz1_C0_00060.png", content)
    for part, (_, content) in zip(("images", "masks"), CASES, strict=True)
]
KAGGLE = ["stage1_test.zip", "stage1_train_labels.csv.zip", "stage2_test_final.zip"]


@pytest.fixture
def kaggle(tmp_path):
    """The archive of archives of the Data Science Bowl, its main part of one case."""

    def make(train: bytes, *others: str) -> Path:
        inside = [("stage1_train.zip", train), *((name, b"no zip") for name in others)]
        return zip_of(tmp_path / "data-science-bowl-2018.zip", inside)

    return make


def packed(members, tmp_path) -> bytes:
    return zip_of(tmp_path / "inner", members).read_bytes()


def told(capsys, *arguments) -> str:
    """Run the command, which must fail with one sentence and leave nothing."""
    assert main([*map(str, arguments), "--partial"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.endswith(".\n") and ".work-" not in said, said
    data = Path(os.environ["EVERY_PIXEL_DATA"])
    assert not data.exists() or [path.name for path in data.iterdir()] == [LOCK]
    return said


@pytest.mark.parametrize("unpacked", [False, True])
def test_the_archive_is_found_in_kaggles_archive_of_archives(
    kaggle, tmp_path, capsys, unpacked
):
    path = kaggle(packed(CASES, tmp_path), *KAGGLE)
    if unpacked:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "downloads")
        path = tmp_path / "downloads"
    before = sorted(tmp_path.rglob("*"))
    assert main(["nuclei", str(path), "--partial"]) == 0
    assert "1 of 670 (partial)" in capsys.readouterr().out
    data = tmp_path / "data"
    assert {path.name for path in data.iterdir()} == {LOCK, "nuclei"}
    assert (data / "nuclei" / "stage1_train" / "0a" / "masks" / "1.png").exists()
    after = [path for path in sorted(tmp_path.rglob("*")) if data not in path.parents]
    assert after == sorted({*before, data}), "nothing is unpacked in the given folder"


def test_an_archive_of_any_name_is_taken_if_it_is_the_only_one(tmp_path):
    once = packed(FRAMES, tmp_path)
    twice = packed([("1192 people.zip", once), ("Readme.txt", b"x")], tmp_path)
    path = zip_of(tmp_path / "archive.zip", [("mads.zip", twice)])
    assert main(["mads", str(path), "--partial"]) == 0


def test_an_archive_in_four_archives_is_not_looked_for(tmp_path, capsys):
    content = packed(FRAMES, tmp_path)
    for _ in range(3):
        content = packed([("mads.zip", content)], tmp_path)
    assert "is not MADS" in told(
        capsys, "mads", zip_of(tmp_path / "a", [("a.zip", content)])
    )


def test_of_several_archives_the_right_one_is_asked_for(tmp_path, capsys):
    path = zip_of(tmp_path / "a.zip", [("b.zip", b""), ("c.zip", b""), ("d.csv", b"")])
    said = told(capsys, "nuclei", path)
    assert f"{path} holds several archives, such as b.zip and c.zip" in said


def test_what_is_wrong_in_an_inner_archive_is_named_by_both(kaggle, tmp_path, capsys):
    whole = packed(CASES, tmp_path)
    inner = tmp_path / "data-science-bowl-2018.zip" / "stage1_train.zip"
    assert f"{inner} is damaged" in told(capsys, "nuclei", kaggle(whole[:-30]))
    unsafe = packed([("../../out", b"x")], tmp_path)
    said = told(capsys, "nuclei", kaggle(unsafe))
    assert f"{inner} holds the path '../../out', which leads out" in said
    assert not list(tmp_path.rglob("out"))
    case = packed([CASES[0], ("0a/masks/1.png", CASES[0][1])], tmp_path)
    said = told(capsys, "nuclei", kaggle(case))
    assert str(inner / "0a" / "masks" / "1.png") in said
    assert f"{inner} holds no nuclei" in told(
        capsys, "nuclei", kaggle(packed([], tmp_path))
    )


# ------------------------------------------------------------ what is no file


def test_a_home_that_is_not_known_is_told(capsys, monkeypatch):
    assert "~nouser-here, whose home is not known" in told(
        capsys, "ph2", "~nouser-here/PH2.zip"
    )
    monkeypatch.setenv("EVERY_PIXEL_DATA", "~nouser-here/data")
    assert main([]) == 1
    assert "~nouser-here/data begins with ~nouser-here" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("name", ["ph2", "nuclei", "mads"])
def test_devices_and_pipes_are_not_read(tmp_path, capsys, name):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", "/dev/null"):
        assert f"{path} is a device or a pipe" in told(capsys, name, path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("part", ["images", "masks"])
def test_a_picture_that_is_a_pipe_or_leads_nowhere_is_told(tmp_path, capsys, part):
    for make in (os.mkfifo, lambda path: os.symlink("n" * 250 + "/gone", path)):
        folder = tmp_path / make.__name__
        for name, content in FRAMES:
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_bytes(content)
        path = folder / "people" / part / "Jazz_Jazz1_C0_00060.png"
        path.unlink()
        make(path)
        said = told(capsys, "mads", folder)
        assert f"{path} is no file, or a link to one that is gone" in said
