"""MADS on a tiny copy of its layout, its command, and what stands in for it."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from utils.datasets import Bodies, load_mads, mads
from utils.datasets.__main__ import main
from utils.datasets.mads import FOLDER
from utils.storage import cache

NAMES = ("HipHop_A_C0_00180", "Jazz_B_C1_00060")


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """An empty cache and an empty data folder, away from the course's."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def write(folder: Path, names=NAMES) -> Path:
    """Write frames in the published layout; the person of frame n has n + 1 columns."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number, name in enumerate(names):
        image = Image.new("RGB", (16, 12), (10, 20, 30))
        image.save(folder / "images" / f"{name}.png")
        mask = np.zeros((12, 16, 3), np.uint8)
        mask[:, : number + 1] = 255
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")
    return folder


@pytest.fixture
def copy(tmp_path):
    return write(tmp_path / "data" / FOLDER)


def test_a_tiny_copy_is_found_and_read(copy):
    samples = load_mads((12, 16))
    assert (samples.source, samples.names) == ("real", NAMES)
    assert samples.classes == ("background", "person")
    assert (samples.images == [10, 20, 30]).all()
    assert samples.masks.sum(axis=(1, 2)).tolist() == [12, 24]
    assert not isinstance(samples, Bodies), "the real one has no joints here"


def test_masks_take_the_nearest_pixel(copy):
    samples = load_mads((6, 8))
    assert samples.masks.shape == (2, 6, 8)
    assert set(np.unique(samples.masks)) == {0, 1}
    assert samples.masks[1].sum() == 6, "two of 16 columns are one of 8"


def test_one_level_down_will_do_and_hidden_files_are_passed_over(tmp_path):
    folder = write(tmp_path / "data" / "downloads" / FOLDER)
    (folder / "masks" / "._HipHop_A_C0_00180.png").write_bytes(b"mac")
    (folder / "images" / "Thumbs.db").write_bytes(b"windows")
    assert load_mads(8).source == "real"


def test_without_it_simulated_bodies_take_its_place(monkeypatch):
    monkeypatch.setattr(mads, "simulate_body", lambda count, size: (count, size))
    assert load_mads() == (400, (96, 128))
    assert load_mads(64, source="simulated") == (400, 64)


def test_the_real_one_is_asked_for_and_not_there(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        load_mads(source="real")
    assert "python course.py data mads PATH" in str(caught.value)
    assert str(tmp_path / "data") in str(caught.value)
    with pytest.raises(ValueError, match='"real", "simulated" or None'):
        load_mads(source="Real")


@pytest.mark.parametrize("part", ["images", "masks"])
def test_a_file_without_its_partner_is_named(copy, part):
    (copy / part / f"{NAMES[1]}.png").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        load_mads()
    assert str(copy / part / f"{NAMES[1]}.png") in str(caught.value)


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (np.zeros((12, 16), np.uint8), "shows nobody"),
        (np.full((12, 16), 120, np.uint8), "is not black and white"),
        (np.full((16, 12), 255, np.uint8), "pixels but its image"),
    ],
)
def test_a_mask_that_is_none_is_named(copy, mask, sentence):
    path = copy / "masks" / f"{NAMES[0]}.png"
    Image.fromarray(mask).save(path)
    with pytest.raises(ValueError, match=sentence) as caught:
        load_mads()
    assert str(path) in str(caught.value)


def test_it_is_decoded_once(copy, monkeypatch):
    first = load_mads(8)
    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", None)
        assert np.array_equal(load_mads(8).masks, first.masks)


# The command


def zipped(tmp_path, top=f"{FOLDER}/{FOLDER}"):
    """Kaggle's archive: the folder within a folder of its own name."""
    write(tmp_path / "made" / top)
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (tmp_path / "made").rglob("*.png"):
            archive.write(file, file.relative_to(tmp_path / "made"))
    return path


@pytest.mark.parametrize("top", [FOLDER, f"{FOLDER}/{FOLDER}", "downloads/people"])
def test_the_command_puts_an_archive_in_place(tmp_path, capsys, top):
    assert main(["mads", str(zipped(tmp_path, top)), "--partial"]) == 0
    assert "MADS is in place: 2 of 1,192 (partial) in" in capsys.readouterr().out
    assert load_mads(source="real").names == NAMES
    assert main([]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"yes, 2 of 1,192 (partial) in {tmp_path / 'data' / FOLDER}" in said


@pytest.mark.parametrize("part", ["images", "masks"])
def test_files_that_end_in_capitals_belong_to_the_data_set(tmp_path, capsys, part):
    """Windows finds them as *.png, Linux does not: in place, all are .png."""
    folder = write(tmp_path / "made" / FOLDER)
    old = folder / part / f"{NAMES[0]}.png"
    old.rename(old.with_suffix(".PNG"))
    assert main(["mads", str(folder), "--partial"]) == 0
    assert "2 of 1,192" in capsys.readouterr().out
    placed = {path.name for path in (tmp_path / "data" / FOLDER / part).iterdir()}
    assert placed == {f"{name}.png" for name in NAMES}
    assert load_mads().names == NAMES


def test_a_frame_that_is_there_twice_is_told(copy):
    one, other = (copy / "masks" / f"{NAMES[0]}{end}" for end in (".png", ".PNG"))
    if other.exists():
        pytest.skip("this disk does not tell capitals from small letters")
    other.write_bytes(one.read_bytes())
    with pytest.raises(ValueError, match="have one name; remove the wrong one"):
        load_mads()


def test_of_several_data_sets_the_one_of_its_name_is_taken(tmp_path):
    write(tmp_path / "made" / "segmentation_full_body_tik_tok", ("other",))
    path = zipped(tmp_path, FOLDER)
    assert main(["mads", str(path), "--partial"]) == 0
    assert load_mads().names == NAMES


def test_a_copy_that_is_not_whole_changes_nothing(tmp_path, capsys):
    folder = write(tmp_path / "made")
    (folder / "masks" / f"{NAMES[1]}.png").unlink()
    assert main(["mads", str(folder), "--partial"]) == 1
    assert "is missing, the partner of" in capsys.readouterr().err
    assert not (tmp_path / "data" / FOLDER).exists()


def test_a_folder_without_people_is_told_so(tmp_path, capsys):
    (tmp_path / "made").mkdir()
    assert main(["mads", str(tmp_path / "made"), "--partial"]) == 1
    assert "is not MADS" in capsys.readouterr().err
