"""Half a data set, another one, or an inverted one: told, or taken on demand."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from utils import datasets
from utils.datasets import published
from utils.datasets.__main__ import main
from utils.datasets.install import mads as install_mads
from utils.datasets.install import nuclei as install_nuclei
from utils.datasets.install import ph2 as install_ph2
from utils.datasets.mads import FOLDER
from utils.datasets.ph2 import read_table
from utils.storage import cache
from utils.storage.workplace import LOCK

COUNT = 12


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    """An empty cache and an empty data folder, away from the course's."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")
    return tmp_path / "data"


def save(path: Path, shade: int, inverted: bool = False) -> None:
    """Write an image of 8 x 6 pixels, or, of shade 255, the mask of its middle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((6, 8), shade, np.uint8)
    if shade == 255:
        pixels[:] = 255 * inverted
        pixels[2:4, 3:6] = 255 * (not inverted)
        pixels[0, 0] = 0  # so that one mask alone may be what it says
    Image.fromarray(pixels).save(path)


def write_mads(folder: Path, count: int, inverted: bool = False) -> None:
    for number in range(count):
        name = f"HipHop_HipHop1_C0_{number:05}.png"
        save(folder / FOLDER / "images" / name, number)
        save(folder / FOLDER / "masks" / name, 255, inverted)


def write_nuclei(folder: Path, count: int, inverted: bool = False) -> None:
    for number in range(count):
        case = folder / "stage1_train" / f"{number:064x}"
        save(case / "images" / f"{case.name}.png", number)
        save(case / "masks" / "a.png", 255, inverted)


def write_ph2(folder: Path, count: int, inverted: bool = False) -> None:
    rows = ["|| Name || Histological Diagnosis || Clinical Diagnosis ||"]
    for number in range(count):
        name = f"IMD{number:03}"
        rows.append(f"|| {name} ||  || {number % 3} ||")
        case = folder / "PH2Dataset" / "PH2 Dataset images" / name
        save(case / f"{name}_Dermoscopic_Image" / f"{name}.bmp", number)
        save(case / f"{name}_lesion" / f"{name}_lesion.bmp", 255, inverted)
    text = "\r\n".join([*rows, "", "Legend: 0 - Nevus, naïve"])
    (folder / "PH2Dataset" / "PH2_dataset.txt").write_text(text, "latin-1")


@dataclass(frozen=True)
class Kind:
    """What is tried with every data set. top: its published folder."""

    name: str
    title: str
    whole: str
    top: str
    write: Callable[..., None]
    load: Callable[..., datasets.Samples]


KINDS = (
    Kind("mads", "MADS", "1,192", FOLDER, write_mads, datasets.load_mads),
    Kind("nuclei", "the nuclei", "670", "nuclei", write_nuclei, datasets.load_nuclei),
    Kind("ph2", "PH2", "200", "PH2Dataset", write_ph2, datasets.load_ph2),
)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture
def copy(tmp_path, kind):
    kind.write(tmp_path / "copy", COUNT)
    return tmp_path / "copy"


def fails(capsys, kind, *arguments) -> str:
    """Run the command, which must fail; return its sentence."""
    capsys.readouterr()
    assert main([kind.name, *map(str, arguments)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.endswith(".\n"), said
    return said


# ------------------------------------------------------------ fewer, or more


@each_kind
def test_a_copy_in_part_is_refused_with_both_counts(kind, copy, data, capsys):
    said = fails(capsys, kind, copy)
    assert f"{copy} holds {COUNT} of {kind.whole} cases of {kind.title};" in said
    assert "--partial" in said
    assert [path.name for path in data.iterdir()] == [LOCK]


@each_kind
def test_a_copy_in_part_is_taken_on_demand_and_called_so(kind, copy, data, capsys):
    amount = f"{COUNT} of {kind.whole} (partial)"
    assert main([kind.name, str(copy), "--partial"]) == 0
    assert f"in place: {amount} in {data / kind.top}" in capsys.readouterr().out
    assert main([]) == 0
    assert f"yes, {amount} in" in " ".join(capsys.readouterr().out.split())
    for _ in range(2):  # decoded, and from the cache
        samples = kind.load((6, 8))
        assert (len(samples), samples.source) == (COUNT, "real")
        assert amount in capsys.readouterr().out
    assert samples.masks.sum() == 6 * COUNT
    assert main([kind.name, str(copy)]) == 0
    assert f"{amount}, is here already" in capsys.readouterr().out


@each_kind
def test_a_whole_copy_needs_no_word(kind, copy, capsys, monkeypatch):
    monkeypatch.setitem(published.CASES, kind.name, COUNT)
    assert main([kind.name, str(copy)]) == 0
    assert f"in place: {COUNT} cases in" in capsys.readouterr().out
    kind.load(8)
    assert capsys.readouterr().out == ""
    assert main([]) == 0
    assert f"yes, {COUNT} cases in" in capsys.readouterr().out


@each_kind
@pytest.mark.parametrize("partial", [[], ["--partial"]])
def test_more_cases_than_were_published_are_refused(
    kind, copy, capsys, monkeypatch, partial
):
    monkeypatch.setitem(published.CASES, kind.name, COUNT - 1)
    said = fails(capsys, kind, copy, *partial)
    assert f"holds {COUNT} cases, but of {kind.title} {COUNT - 1} were" in said


@each_kind
def test_a_part_is_replaced_by_the_whole(kind, copy, tmp_path, monkeypatch):
    kind.write(tmp_path / "half", COUNT // 2)
    monkeypatch.setitem(published.CASES, kind.name, COUNT)
    assert main([kind.name, str(tmp_path / "half"), "--partial"]) == 0
    assert main([kind.name, str(copy), "--replace"]) == 0
    assert len(kind.load(8)) == COUNT


def test_a_big_number_is_written_with_a_comma():
    assert published.amount("mads", 1192) == "1,192 cases"
    assert published.amount("mads", 1193) == "1,193 of 1,192 (too many)"
    assert published.amount("my cats", 3) == "3 cases"


# ------------------------------------------------------------ PH2 in part


def cases_of(folder: Path) -> list[Path]:
    return sorted((folder / "PH2Dataset" / "PH2 Dataset images").iterdir())


@pytest.mark.parametrize("kind", KINDS[2:], ids=["ph2"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_the_table_of_a_part_lists_the_cases_that_are_there(
    kind, copy, data, capsys, encoding
):
    table = copy / "PH2Dataset" / "PH2_dataset.txt"
    table.write_text(table.read_text("latin-1"), encoding)
    for case in cases_of(copy)[1::2]:
        shutil.rmtree(case)
    before = table.read_bytes()
    assert f"holds {COUNT // 2} of 200 cases of PH2" in fails(capsys, kind, copy)
    assert main(["ph2", str(copy), "--partial"]) == 0
    assert table.read_bytes() == before
    samples = datasets.load_ph2(8, "real")
    assert samples.names == tuple(f"IMD{number:03}" for number in range(0, COUNT, 2))
    assert samples.groups.tolist() == [number % 3 for number in range(0, COUNT, 2)]
    text = (data / "PH2Dataset" / "PH2_dataset.txt").read_text("utf-8-sig")
    assert "Clinical Diagnosis" in text and "naïve" in text, "the rest of it stays"


@pytest.mark.parametrize("kind", KINDS[2:], ids=["ph2"])
@pytest.mark.parametrize("part", ["lesion", "Dermoscopic_Image"])
def test_half_a_case_is_no_part(kind, copy, capsys, part):
    shutil.rmtree(next(cases_of(copy)[3].glob(f"*_{part}")))
    said = fails(capsys, kind, copy, "--partial")
    assert "IMD003" in said and "is missing in" in said


@pytest.mark.parametrize("kind", KINDS[2:], ids=["ph2"])
def test_a_table_alone_is_no_part(kind, copy, capsys):
    shutil.rmtree(copy / "PH2Dataset" / "PH2 Dataset images")
    assert "holds no image of the cases" in fails(capsys, kind, copy, "--partial")


CODES = ("latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.integers(0, 999), st.integers(0, 2), min_size=1, max_size=9),
    st.sampled_from(CODES),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_the_table_is_read_in_any_encoding(tmp_path_factory, diagnoses, code, end):
    rows = [f"|| IMD{name:03} || é || {told} ||" for name, told in diagnoses.items()]
    path = tmp_path_factory.mktemp("table") / "PH2_dataset.txt"
    path.write_bytes(end.join(["|| Name ||", *rows, "Légende"]).encode(code))
    expected = {f"IMD{name:03}": told for name, told in sorted(diagnoses.items())}
    assert read_table(path) == expected


def test_two_diagnoses_of_one_case_are_told(tmp_path):
    path = tmp_path / "PH2_dataset.txt"
    path.write_text("|| IMD002 || || 1 ||\n|| IMD002 || || 1 ||\n", "latin-1")
    assert read_table(path) == {"IMD002": 1}
    path.write_text("|| IMD002 || || 1 ||\n|| IMD002 || || 2 ||\n", "latin-1")
    with pytest.raises(ValueError, match="line 2: IMD002 has another diagnosis"):
        read_table(path)


# ------------------------------------------------------------ any part


PARTS = st.lists(st.sets(st.sampled_from(["image", "mask"])), min_size=1, max_size=5)


def found(find: Callable, folder: Path) -> int | str:
    """Count the cases that are found, or return what is said instead."""
    try:
        return len(find(folder).cases)
    except (ValueError, FileNotFoundError) as error:
        said = str(error)
        assert "\n" not in said and said.endswith(".") and str(folder) in said
        return said


def expected(parts: list[set[str]], said: int | str) -> bool:
    """Tell whether the whole cases are counted, or one of half a case is told."""
    whole = [len(part) == 2 for part in parts if part]
    return said == len(whole) if whole and all(whole) else isinstance(said, str)


@settings(max_examples=80, deadline=None)
@given(PARTS)
def test_any_part_of_mads_is_counted_or_told(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("mads")
    for number, part in enumerate(parts):
        for kind in part:
            path = folder / f"{kind}s" / f"Jazz_Jazz1_C0_{number:05}.png"
            path.parent.mkdir(exist_ok=True)
            path.touch()
    assert expected(parts, found(install_mads.find_copy, folder))


@settings(max_examples=80, deadline=None)
@given(PARTS)
def test_any_part_of_the_nuclei_is_counted_or_told(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("nuclei") / "stage1_train"
    for number, part in enumerate(parts):
        for kind in part:
            name = f"{number:064x}"
            path = folder / name / f"{kind}s" / f"{name}.png"
            path.parent.mkdir(parents=True)
            path.touch()
    assert expected(parts, found(install_nuclei.find_copy, folder))


@settings(max_examples=80, deadline=None)
@given(PARTS)
def test_any_part_of_ph2_is_counted_or_told(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("ph2")
    rows = [f"|| IMD{number:03} || || 1 ||" for number, _ in enumerate(parts)]
    (folder / "PH2_dataset.txt").write_text("\n".join(rows), "utf-8")
    for number, part in enumerate(parts):
        for kind in part:
            (folder / f"IMD{number:03}{'_lesion' * (kind == 'mask')}.bmp").touch()
    assert expected(parts, found(install_ph2.find_copy, folder))


# ------------------------------------------------------------ another data set


def write_cats(folder: Path, names=("tom", "IMG_20230101_120000", "0001")) -> Path:
    for name in names:
        save(folder / "images" / f"{name}.png", 90)
        save(folder / "masks" / f"{name}.png", 255)
    return folder


@pytest.mark.parametrize("kind", KINDS[:1], ids=["mads"])
def test_own_pictures_are_not_taken_for_mads(kind, tmp_path, data, capsys):
    for name in ("tom", "IMG_20230101_120000", "0001", "Jazz_C1_00060a"):
        said = fails(capsys, kind, write_cats(tmp_path / name, [name]), "--partial")
        assert (
            f"{name}.png is not named as the frames of MADS" in said
            and "load_folder" in said
        )
    write_mads(tmp_path / "copy", COUNT)
    write_cats(tmp_path / "copy" / FOLDER, ["tom"])
    assert "tom.png is not named as the frames of MADS" in fails(
        capsys, kind, tmp_path / "copy", "--partial"
    )
    write_cats(data / FOLDER)
    with pytest.raises(ValueError, match="is not named as the frames of MADS"):
        datasets.load_mads(8)
    assert main([]) == 0
    assert "not usable" in capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS[1:2], ids=["nuclei"])
def test_own_pictures_are_not_taken_for_nuclei(kind, tmp_path, data, capsys):
    for folder in (tmp_path, data / "nuclei"):
        save(folder / "stage1_train" / "tom" / "images" / "tom.png", 90)
        save(folder / "stage1_train" / "tom" / "masks" / "1.png", 255)
    said = fails(capsys, kind, tmp_path / "stage1_train", "--replace", "--partial")
    assert f"{tmp_path / 'stage1_train' / 'tom'} is not named as the cases" in said
    with pytest.raises(ValueError, match="is not named as the cases"):
        datasets.load_nuclei(8)


@pytest.mark.parametrize("name", ["Kata_F2_C0_00045", "Sports_Volleyball_Left_00060"])
def test_frames_of_every_camera_are_of_mads(data, name):
    write_cats(data / FOLDER, [name])
    assert datasets.load_mads(8).names == (name,)


@pytest.mark.parametrize("kind", KINDS[:1], ids=["mads"])
def test_images_without_masks_are_told_with_both_counts(kind, copy, capsys):
    for mask in sorted((copy / FOLDER / "masks").iterdir())[5:]:
        mask.unlink()
    said = fails(capsys, kind, copy, "--partial")
    assert "C0_00005.png is missing" in said and "(12 images, 5 masks)" in said


@pytest.mark.parametrize("kind", KINDS[:2], ids=["mads", "nuclei"])
@pytest.mark.parametrize("ending", [".jpg", ".TIF", ".bmp"])
def test_a_picture_that_is_no_png_is_not_left_out_quietly(kind, copy, capsys, ending):
    mask = sorted(copy.rglob("masks/*.png"))[3]
    Image.open(mask).save(mask.with_suffix(ending))
    assert main([kind.name, str(copy), "--partial"]) == 0, "it is a copy of the .png"
    new = mask.with_name(f"Jazz_Jazz1_C1_00000{ending}")
    mask.with_suffix(ending).rename(new)
    said = fails(capsys, kind, copy, "--partial", "--replace")
    assert f"{new} is no .png" in said


# ------------------------------------------------------------ inverted masks


@each_kind
def test_a_data_set_of_inverted_masks_is_told(kind, tmp_path, capsys):
    kind.write(tmp_path / "inverted", COUNT, inverted=True)
    said = fails(capsys, kind, tmp_path / "inverted", "--partial")
    assert f"The masks in {tmp_path / 'inverted'} look inverted" in said


@each_kind
def test_a_few_cases_may_all_fill_the_picture(kind, tmp_path):
    kind.write(tmp_path / "few", 3, inverted=True)
    assert main([kind.name, str(tmp_path / "few"), "--partial"]) == 0
