"""The nuclei of BBBC038 on a tiny copy of their layout, and the simulated ones."""

import builtins
import errno
import os
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from utils.datasets import load_nuclei, simulate_nuclei
from utils.datasets.__main__ import main
from utils.simulators import nuclei as cells
from utils.simulators.nuclei import counted_again
from utils.storage import cache, places
from utils.storage.workplace import LOCK

# Name, (width, height), the boxes (top, left, bottom, right) of its nuclei.
CASES = (
    ("b2", (16, 12), [(1, 1, 5, 5), (1, 5, 5, 9), (8, 8, 12, 16)]),  # two touch
    ("a1", (8, 8), [(0, 0, 8, 4)]),
)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """An empty cache and an empty data folder, away from the course's."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def mask_of(box, width, height):
    mask = np.zeros((height, width), np.uint8)
    mask[box[0] : box[2], box[1] : box[3]] = 255
    return mask


def write(folder: Path, cases=CASES) -> Path:
    """Write cases in the published layout: RGBA images, a mask for each nucleus."""
    for name, (width, height), boxes in cases:
        for part in ("images", "masks"):
            (folder / name / part).mkdir(parents=True)
        image = Image.new("RGBA", (width, height), (10, 20, 30, 255))
        image.save(folder / name / "images" / f"{name}.png")
        for number, box in enumerate(boxes):
            mask = Image.fromarray(mask_of(box, width, height))
            mask.save(folder / name / "masks" / f"{number:03}.png")
    return folder


@pytest.fixture
def nuclei(tmp_path):
    return write(tmp_path / "data" / "nuclei" / "stage1_train")


def one_sentence(caught, *parts):
    text = str(caught.value)
    assert "\n" not in text and len(text) < 600 and text.endswith(".")
    for part in parts:
        assert str(part) in text
    assert caught.value.__cause__ is None


# ---------------------------------------------------------------- what is read


def test_a_tiny_copy_is_found_and_read(nuclei):
    samples = load_nuclei((12, 16))
    assert samples.source == "real"
    assert samples.names == ("a1", "b2")
    assert samples.classes == ("background", "nucleus")
    assert samples.images.shape == (2, 12, 16, 3)
    assert (samples.images == [10, 20, 30]).all(), "transparency is no channel"
    assert np.array_equal(samples.masks, samples.instances > 0)


def test_each_nucleus_has_the_number_of_its_file(nuclei):
    found = load_nuclei((12, 16)).instances[1]
    expected = np.zeros((12, 16))
    for number, (top, left, bottom, right) in enumerate(CASES[0][2], 1):
        expected[top:bottom, left:right] = number
    assert np.array_equal(found, expected) and found.dtype == np.int32


def test_instances_take_the_nearest_pixel_and_images_are_scaled_smoothly(nuclei):
    columns = np.arange(16, dtype=np.uint8) * 10
    image = np.broadcast_to(columns[:, None], (12, 16, 3)).copy()
    Image.fromarray(image).save(nuclei / "b2" / "images" / "b2.png")
    samples = load_nuclei((6, 8))
    # Row r shows row 2 r + 1 of 12, or 2 r: it holds the middle of both.
    assert samples.instances[1, 1].tolist() in (
        [1, 1, 2, 2, 0, 0, 0, 0],
        [1, 1, 1, 2, 2, 0, 0, 0],
        [0, 1, 1, 2, 2, 0, 0, 0],
    )
    assert set(np.unique(samples.instances[1])) == {0, 1, 2, 3}
    middle = samples.images[1, 3, 2:6, 0].astype(int)
    assert np.abs(middle - [45, 65, 85, 105]).max() <= 1


def test_of_masks_that_overlap_the_smaller_lies_on_top(nuclei):
    masks = nuclei / "a1" / "masks"  # 000 is the left half
    Image.fromarray(mask_of((2, 2, 4, 6), 8, 8)).save(masks / "001.png")
    Image.fromarray(mask_of((0, 0, 8, 8), 8, 8)).save(masks / "002.png")
    found = load_nuclei(8).instances[0]
    assert found[0].tolist() == [1, 1, 1, 1, 3, 3, 3, 3]
    assert found[2].tolist() == [1, 1, 2, 2, 2, 2, 3, 3]


def test_a_nucleus_that_shrinks_to_nothing_is_not_counted(nuclei):
    masks = nuclei / "a1" / "masks"
    for number, column in ((1, 4), (2, 5)):  # of two neighbours, 4 x 4 shows one
        mask = Image.fromarray(mask_of((0, column, 8, column + 1), 8, 8))
        mask.save(masks / f"{number:03}.png")
    assert np.unique(load_nuclei(8).instances[0]).tolist() == [0, 1, 2, 3]
    assert np.unique(load_nuclei(4).instances[0]).tolist() == [0, 1, 2], "no gap"


def test_numbers_are_counted_again_in_their_order():
    numbers = np.array([[0, 7, 7], [3, 0, 9]])
    assert counted_again(numbers).tolist() == [[0, 2, 2], [1, 0, 3]]
    assert counted_again(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]


def test_what_lies_beside_the_files_is_passed_over(nuclei):
    (nuclei / ".DS_Store").write_bytes(b"")
    (nuclei / "stage1_train_labels.csv").write_text("ImageId", "utf-8")
    (nuclei / "__MACOSX").mkdir()
    (nuclei / "a1" / "masks" / "._000.png").write_bytes(b"mac")
    (nuclei / "a1" / "masks" / "Thumbs.db").write_bytes(b"windows")
    assert load_nuclei(8).instances[0].max() == 1


def test_the_nuclei_are_decoded_once_and_again_when_a_file_changes(nuclei, monkeypatch):
    first = load_nuclei(8)
    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", None)
        assert np.array_equal(load_nuclei(8).instances, first.instances)
    path = nuclei / "a1" / "masks" / "000.png"
    Image.fromarray(mask_of((0, 0, 8, 8), 8, 8)).save(path)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))
    assert load_nuclei(8).masks[0].all()


def test_the_source_decides_and_none_prefers_the_real_ones(nuclei):
    assert load_nuclei(16).source == load_nuclei(16, source="real").source == "real"
    simulated = load_nuclei(16, source="simulated")
    assert (simulated.source, len(simulated)) == ("simulated", 200)
    shutil.rmtree(nuclei)
    assert load_nuclei(16).source == "simulated"
    with pytest.raises(FileNotFoundError) as caught:
        load_nuclei(16, source="real")
    one_sentence(caught, "stage1_train is not in", "course.py data nuclei PATH")
    with pytest.raises(ValueError, match='source is "real", "simulated" or None'):
        load_nuclei(16, source="bbbc038")


# ---------------------------------------------------------------- what is wrong


def remove_image(case):
    (case / "images" / f"{case.name}.png").unlink()
    return FileNotFoundError, [case / "images" / f"{case.name}.png", "missing"]


def remove_masks(case):
    shutil.rmtree(case / "masks")
    return FileNotFoundError, [case / "masks", "holds no mask"]


def empty_masks(case):
    for path in (case / "masks").iterdir():
        path.unlink()
    return FileNotFoundError, [case / "masks", "holds no mask"]


def other_size(case):
    Image.new("L", (9, 12), 255).save(case / "masks" / "001.png")
    return ValueError, [case / "masks" / "001.png", "9 x 12", "16 x 12"]


def black(case):
    Image.new("L", (16, 12)).save(case / "masks" / "001.png")
    return ValueError, [case / "masks" / "001.png", "outlines nothing"]


def grey(case):
    Image.new("L", (16, 12), 90).save(case / "masks" / "001.png")
    return ValueError, [case / "masks" / "001.png", "not black and white"]


def half_an_image(case):
    path = case / "images" / f"{case.name}.png"
    path.write_bytes(path.read_bytes()[:60])
    return ValueError, [path, "not a readable image"]


def half_a_mask(case):
    path = case / "masks" / "002.png"
    path.write_bytes(path.read_bytes()[:40])
    return ValueError, [path, "not a readable image"]


WRONG = (
    *(remove_image, remove_masks, empty_masks, other_size, black, grey),
    *(half_an_image, half_a_mask),
)


@pytest.mark.parametrize("spoil", WRONG)
def test_what_is_wrong_is_one_sentence_that_names_the_file(nuclei, spoil):
    kind, parts = spoil(nuclei / "b2")
    with pytest.raises(kind) as caught:
        load_nuclei(8)
    one_sentence(caught, *parts)


def test_a_folder_without_cases_is_told(nuclei):
    shutil.rmtree(nuclei)
    nuclei.mkdir()
    with pytest.raises(FileNotFoundError) as caught:
        load_nuclei(8)
    one_sentence(caught, nuclei, "holds no case")


# ---------------------------------------------------------------- the command


def pack(folder: Path, archive: Path, top: bool) -> Path:
    """Pack a folder, its own name included or not: the published .zip has none."""
    base = folder.parent if top else folder
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for path in files:
                opened.write(path, path.relative_to(base))
    else:
        with tarfile.open(archive, "w:gz") as opened:
            for path in files:
                opened.add(path, path.relative_to(base))
    return archive


@pytest.fixture
def copy(tmp_path):
    return write(tmp_path / "downloads" / "stage1_train")


def in_place(tmp_path) -> bool:
    samples = load_nuclei((12, 16), source="real")
    assert samples.names == ("a1", "b2") and samples.instances[1].max() == 3
    return {path.name for path in (tmp_path / "data").iterdir()} == {"nuclei", LOCK}


@pytest.mark.parametrize("name", ["", "stage1_train.zip", "stage1_train.tar.gz"])
@pytest.mark.parametrize("top", [True, False])
def test_a_folder_or_an_archive_is_put_in_place(copy, tmp_path, capsys, name, top):
    path = pack(copy, tmp_path / name, top) if name else [copy, copy.parent][top]
    assert main(["nuclei", str(path), "--partial"]) == 0
    assert "2 of 670 (partial) in" in capsys.readouterr().out
    assert in_place(tmp_path) and path.exists()


def test_other_parts_of_the_data_set_are_left_out(copy, tmp_path):
    write(copy.parent / "stage1_test", [("c3", (8, 8), [])])
    assert main(["nuclei", str(copy.parent), "--partial"]) == 0
    assert in_place(tmp_path)


def test_a_copy_that_is_there_stays_and_is_replaced_on_demand(copy, tmp_path, capsys):
    assert main(["nuclei", str(copy), "--partial"]) == 0
    mark = tmp_path / "data" / "nuclei" / "stage1_train" / "a1" / "mark"
    mark.touch()
    assert main(["nuclei", str(copy), "--partial"]) == 0
    assert "here already" in capsys.readouterr().out and mark.exists()
    assert main(["nuclei", str(copy), "--replace", "--partial"]) == 0
    assert not mark.exists() and in_place(tmp_path)


def test_a_copy_that_is_half_there_is_told_and_replaced(copy, nuclei, tmp_path, capsys):
    shutil.rmtree(nuclei / "a1" / "masks")
    assert main(["nuclei", str(copy), "--partial"]) == 1
    assert "is not whole" in capsys.readouterr().err
    assert main([]) == 0
    assert "not usable" in capsys.readouterr().out
    assert main(["nuclei", str(copy), "--replace", "--partial"]) == 0
    assert in_place(tmp_path)


@pytest.mark.parametrize("spoil", WRONG)
def test_a_wrong_copy_is_told_and_nothing_is_changed(copy, tmp_path, capsys, spoil):
    _, parts = spoil(copy / "b2")
    (copy / "a1" / "images" / "a1.png").touch()
    assert main(["nuclei", str(copy), "--partial"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and all(str(part) in said for part in parts[1:])
    left = [path.name for path in (tmp_path / "data").rglob("*")]
    assert left == [LOCK]


@pytest.mark.parametrize("name", ["stage1_train.zip", "stage1_train.tar.gz"])
def test_half_an_archive_is_damaged(copy, tmp_path, capsys, name):
    path = pack(copy, tmp_path / name, True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert main(["nuclei", str(path), "--partial"]) == 1
    assert f"{path} is damaged" in capsys.readouterr().err


def test_files_that_end_in_capitals_belong_to_the_data_set(copy, tmp_path):
    """Windows finds them as *.png, Linux does not: in place, all are .png."""
    for part, name in (("images", "a1"), ("masks", "000")):
        path = copy / "a1" / part / f"{name}.png"
        path.rename(path.with_name(f"{name}.PNG"))
    (copy / "b2" / "masks" / "001.png").rename(copy / "b2" / "masks" / "001.PNG")
    assert main(["nuclei", str(copy), "--partial"]) == 0
    assert in_place(tmp_path)
    placed = (tmp_path / "data" / "nuclei").rglob("*.*")
    assert sorted({path.suffix for path in placed}) == [".png"]


elsewhere_than_windows = pytest.mark.skipif(
    os.name == "nt", reason="what is to be imitated, Windows does to the test itself"
)


def long_name(tmp_path, length):
    """A data folder below which the path of the one case has this length."""
    name = "f" * 64
    case = Path("nuclei", "stage1_train", name, "images", f"{name}.png")
    left = length - len(str(tmp_path / "x" / case)) + 1
    folder = tmp_path.joinpath("d" * left)
    assert len(str(folder / case)) == length
    return folder, [(name, (8, 8), [(0, 0, 8, 4)])]


@elsewhere_than_windows
@pytest.mark.parametrize("packed", [True, False])
def test_a_path_that_windows_does_not_take_is_told_with_its_length(
    tmp_path, monkeypatch, capsys, packed
):
    folder, cases = long_name(tmp_path, 255)
    source = write(tmp_path / "s" / "stage1_train", cases)
    path = pack(source, tmp_path / "s.zip", True) if packed else source
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(folder))
    really = builtins.open

    def as_on_windows(file, *arguments, **options):
        if len(str(file)) > 259:
            raise FileNotFoundError(errno.ENOENT, "No such file", str(file))
        return really(file, *arguments, **options)

    monkeypatch.setattr(places, "WINDOWS", True)
    monkeypatch.setattr(builtins, "open", as_on_windows)
    monkeypatch.setattr(shutil, "open", as_on_windows, raising=False)
    assert main(["nuclei", str(path), "--partial"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "No such file" not in said
    assert re.search(r"f\.png has 2\d\d characters, and Windows takes 259: ", said)
    assert "C:\\course" in said
    monkeypatch.setattr(builtins, "open", really)
    assert [path.name for path in folder.iterdir()] == [LOCK]


@elsewhere_than_windows
def test_a_name_that_is_too_long_elsewhere_is_no_fault_of_windows(capsys):
    assert main(["nuclei", "n" * 300 + ".zip"]) == 1
    said = capsys.readouterr().err
    assert "File name too long" in said and "Windows" not in said


@elsewhere_than_windows
def test_a_copy_that_was_moved_too_deep_is_not_called_incomplete(tmp_path, monkeypatch):
    folder, cases = long_name(tmp_path, 270)
    write(folder / "nuclei" / "stage1_train", cases)
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(folder))
    assert len(load_nuclei(8, source="real")) == 1, "where long paths are taken"
    there = Path.is_file
    short = lambda path: len(str(path)) <= 259 and there(path)  # noqa: E731
    monkeypatch.setattr(places, "WINDOWS", True)
    monkeypatch.setattr(Path, "is_file", short)
    with pytest.raises(FileNotFoundError) as caught:
        load_nuclei(8, source="real")
    one_sentence(caught, "has 270 characters", "Windows takes 259", "C:\\course")


def test_another_data_set_and_two_copies_are_refused(copy, tmp_path, capsys):
    other = tmp_path / "PH2Dataset"
    other.mkdir()
    (other / "PH2_dataset.txt").write_text("||", "utf-8")
    assert main(["nuclei", str(other)]) == 1
    assert "holds no nuclei" in capsys.readouterr().err
    write(tmp_path / "downloads" / "second" / "stage1_train")
    assert main(["nuclei", str(copy.parent), "--partial"]) == 1
    assert "more than one folder" in capsys.readouterr().err


# ---------------------------------------------------------------- simulated


@pytest.fixture(scope="module")
def drawn():
    pairs = [
        cells.draw_nuclei(np.random.default_rng([0, i]), 64, 64) for i in range(80)
    ]
    return [np.stack(part) for part in zip(*pairs, strict=True)]


def test_simulated_nuclei_say_that_they_are_simulated():
    samples = simulate_nuclei(3, (24, 32))
    assert samples.source == "simulated"
    assert samples.classes == ("background", "nucleus")
    assert samples.images.shape == (3, 24, 32, 3)
    assert np.array_equal(samples.masks, samples.instances > 0)


def test_every_picture_has_nuclei_numbered_without_gaps(drawn):
    _, instances = drawn
    for numbers in instances:
        present = np.unique(numbers[numbers > 0])
        assert len(present) >= 2
        assert present.tolist() == [*range(1, len(present) + 1)]


def test_most_pictures_have_nuclei_that_touch(drawn):
    def touch(numbers):
        one, other = numbers[:, 1:], numbers[:, :-1]
        return ((one > 0) & (other > 0) & (one != other)).any()

    assert np.mean([touch(numbers) for numbers in drawn[1]]) > 0.6


def test_the_border_of_two_nuclei_runs_between_them(monkeypatch):
    pair = np.array([[0, -0.26, 0.4], [0, 0.26, 0.4]])
    monkeypatch.setattr(cells, "_places", lambda *_: pair)
    drawn = [cells.draw_nuclei(np.random.default_rng(i), 48, 48)[1] for i in range(40)]
    one, other = ((np.stack(drawn) == number).sum() for number in (1, 2))
    assert 0.95 < one / other < 1.05, "neither lies on the other"


def test_some_pictures_glow_on_dark_and_some_are_stained(drawn):
    images, instances = drawn
    nuclei = [i[n > 0].mean(0) for i, n in zip(images, instances, strict=True)]
    ground = [i[n == 0].mean(0) for i, n in zip(images, instances, strict=True)]
    dark = np.array([n.sum() > g.sum() for n, g in zip(nuclei, ground, strict=True)])
    violet = np.array([blue - green > 20 for _, green, blue in nuclei])
    assert 0.65 < dark.mean() < 0.95
    assert np.array_equal(violet, ~dark)


def test_nuclei_differ_in_size_from_picture_to_picture(drawn):
    sizes = [
        np.median(np.unique(numbers[numbers > 0], return_counts=True)[1])
        for numbers in drawn[1]
    ]
    assert max(sizes) > 5 * min(sizes)


def test_the_same_seed_draws_the_same_and_another_seed_does_not(monkeypatch, tmp_path):
    one, other = simulate_nuclei(3, 24), simulate_nuclei(3, 24, seed=1)
    monkeypatch.setattr(cache, "CACHE", tmp_path / "another cache")
    again = simulate_nuclei(5, 24)
    assert np.array_equal(one.images, again.images[:3])
    assert np.array_equal(one.instances, again.instances[:3])
    assert not np.array_equal(one.images, other.images)


def test_every_size_shows_the_same_nuclei():
    small, large = simulate_nuclei(4, 32), simulate_nuclei(4, 96)
    coarse = large.masks[:, 1::3, 1::3]
    assert (small.masks == coarse).mean() > 0.99


@pytest.mark.parametrize("size", [15, 24.5, (24,), None])
def test_any_other_size_is_refused(size):
    with pytest.raises(ValueError, match="size is one number"):
        simulate_nuclei(2, size)


def test_no_image_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one image"):
        simulate_nuclei(0, 24)
