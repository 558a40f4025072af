"""Samples, the simulator, the cache, and PH2 on a tiny copy of its layout.

Nothing here reads the data of the course or writes to its cache.
"""

import os
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from utils.datasets import Samples, boxes_of, find_ph2, load_ph2, simulate_skin
from utils.simulators import skin
from utils.storage import cache
from utils.storage.cache import cached


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """An empty cache and an empty data folder, away from the course's."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def blank(count=4, height=6, width=8, **changes):
    fields = {
        "images": np.zeros((count, height, width, 3), np.uint8),
        "masks": np.zeros((count, height, width), np.uint8),
        "names": tuple(f"image{i}" for i in range(count)),
        "classes": ("background", "lesion"),
        "source": "simulated",
    }
    return Samples(**{**fields, **changes})


def last_pixel(value):
    """Masks of 4 x 6 x 8, all background but for their last pixel."""
    masks = np.zeros((4, 6, 8), np.uint8)
    masks[-1, -1, -1] = value
    return masks


def numbered(groups):
    """Samples whose pixels, masks and names all tell their number."""
    count = len(groups)
    number = np.arange(count, dtype=np.uint8)
    return blank(
        count,
        2,
        2,
        images=np.broadcast_to(number[:, None, None, None], (count, 2, 2, 3)),
        masks=np.broadcast_to(number[:, None, None], (count, 2, 2)),
        names=tuple(map(str, range(count))),
        classes=tuple(map(str, range(count))),
        groups=np.array(groups, np.uint8),
        group_names=("a", "b", "c"),
    )


def numbers(samples):
    """The numbers, after a look that everything still belongs together."""
    found = samples.images[:, 0, 0, 0]
    assert np.array_equal(found, samples.masks[:, 0, 0])
    assert samples.names == tuple(map(str, found.tolist()))
    return found.tolist()


# ---------------------------------------------------------------- Samples


def test_samples_know_their_number_and_say_where_they_are_from():
    samples = blank()
    assert len(samples) == 4
    assert repr(samples) == "Samples(4 x 6 x 8, simulated)"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"images": np.zeros((4, 6, 8, 3), np.float32)}, "images must be uint8"),
        ({"images": np.zeros((4, 6, 8), np.uint8)}, "images must be uint8"),
        ({"images": np.zeros((4, 3, 6, 8), np.uint8)}, "images must be uint8"),
        ({"masks": np.zeros((4, 6, 8), np.int64)}, "masks must be uint8"),
        ({"masks": np.zeros((4, 8, 6), np.uint8)}, r"masks must be uint8 \(4, 6, 8\)"),
        ({"masks": np.zeros((3, 6, 8), np.uint8)}, "masks must be uint8"),
        ({"masks": np.zeros((4, 6, 8, 1), np.uint8)}, "masks must be uint8"),
        ({"names": ("a", "b")}, "4 images but 2 names"),
        ({"groups": np.zeros(3, np.uint8)}, "4 images but groups of shape"),
        ({"masks": last_pixel(2)}, "the mask of image3 holds 2, but 2 classes have"),
        ({"masks": last_pixel(255)}, "image3 holds 255"),
        ({"source": "synthetic"}, 'source is "real" or "simulated"'),
        ({"instances": last_pixel(1)}, r"instances must be int32 \(4, 6, 8\)"),
        ({"instances": np.zeros((4, 8, 6), np.int32)}, "instances must be int32"),
        ({"instances": np.zeros((3, 6, 8), np.int32)}, "instances must be int32"),
        (
            {"instances": -last_pixel(1).astype(np.int32)},
            "the instances of image3 hold -1, but they are numbered from 1",
        ),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        blank(**changes)


def test_samples_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        blank().images = None


def test_a_subset_takes_what_is_asked_for_in_that_order():
    samples = numbered([0, 1, 2, 0, 1])
    part = samples.subset([3, 0, 3])
    assert numbers(part) == [3, 0, 3]
    assert part.groups.tolist() == [0, 0, 0]
    assert (part.classes, part.source) == (samples.classes, samples.source)
    assert numbers(samples.subset(np.array([4, -1]))) == [4, 4]
    assert numbers(samples.subset(range(1, 3))) == [1, 2]
    assert len(samples.subset([])) == 0


def test_a_subset_may_be_chosen_by_a_condition():
    samples = numbered([0, 1, 2, 0, 1])
    assert numbers(samples.subset(samples.groups == 1)) == [1, 4]
    assert numbers(samples.subset([False] * 4 + [True])) == [4]


@pytest.mark.parametrize("indices", [[5], [0.5], ["image0"], [True, False]])
def test_positions_that_are_not_there_are_refused(indices):
    with pytest.raises(IndexError):
        numbered([0, 1, 2, 0, 1]).subset(indices)


# ---------------------------------------------------------------- split


def test_a_split_takes_the_same_share_of_every_group():
    samples = numbered([0, 1, 0, 1, 2] * 40)
    rest, test = samples.split(test=0.2, seed=0)
    assert np.bincount(test.groups).tolist() == [16, 16, 8]
    assert np.bincount(rest.groups).tolist() == [64, 64, 32]


@settings(deadline=None)
@given(
    counts=st.tuples(*[st.integers(0, 40)] * 3).filter(lambda c: sum(c) >= 8),
    share=st.floats(0.1, 0.9),
    seed=st.integers(0, 2**32),
)
def test_a_split_is_a_partition_in_order(counts, share, seed):
    groups = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], counts))
    samples = numbered(groups)
    try:
        parts = samples.split(share, seed)
    except ValueError as error:
        assert "too few" in str(error)
        assert all(round(share * c) in (0, c) for c in counts)
        return
    first, second = map(numbers, parts)
    assert first == sorted(first) and second == sorted(second)
    assert sorted(first + second) == list(range(len(samples)))
    assert len(first) and len(second)
    taken = np.bincount(parts[1].groups, minlength=3)
    assert (np.abs(taken - share * np.array(counts)) <= 0.5 + 1e-9).all()
    assert np.array_equal(parts[0].groups, groups[first])


def test_the_same_seed_splits_the_same_and_another_seed_otherwise():
    samples = numbered([0, 1, 0, 1, 2] * 8)
    one, again, other = (numbers(samples.split(0.2, s)[1]) for s in (3, 3, 4))
    assert one == again and one != other


def test_a_split_does_not_always_take_the_same_images():
    samples = numbered([0] * 10)
    drawn = {i for s in range(60) for i in numbers(samples.split(0.2, s)[1])}
    assert drawn == set(range(10))


def test_samples_without_groups_are_split_as_one():
    rest, test = blank(10).split(test=0.3)
    assert (len(rest), len(test)) == (7, 3)
    assert rest.groups is None


@pytest.mark.parametrize("share", [0, 1, -0.2, 1.5, 20])
def test_a_share_outside_of_0_to_1_is_refused(share):
    with pytest.raises(ValueError, match="share between 0 and 1"):
        blank(10).split(share)


def test_too_few_images_for_two_parts_are_refused():
    with pytest.raises(ValueError, match="2 images are too few"):
        blank(2).split(test=0.2)


# ---------------------------------------------------------------- instances


def test_instances_go_with_their_images():
    instances = np.arange(5, dtype=np.int32)[:, None, None] * np.ones((2, 2), np.int32)
    samples = numbered([0, 1, 2, 0, 1])
    assert samples.instances is None and samples.subset([1]).instances is None
    samples = replace(samples, instances=instances)
    assert samples.subset([3, 0]).instances[:, 0, 0].tolist() == [3, 0]
    for part in samples.split(0.4):
        assert part.instances[:, 0, 0].tolist() == numbers(part)


def test_boxes_hold_their_instance_and_end_as_slices_do():
    instances = np.array(
        [
            [0, 0, 0, 0, 0],
            [0, 7, 7, 0, 2],
            [0, 0, 7, 0, 0],
            [0, 0, 0, 0, 2],
        ],
        np.int32,
    )
    boxes = boxes_of(instances)
    assert boxes.tolist() == [[4, 1, 5, 4], [1, 1, 3, 3]]  # of 2, then of 7
    x0, y0, x1, y1 = boxes[1]
    assert instances[y0:y1, x0:x1].tolist() == [[7, 7], [0, 7]]
    assert np.issubdtype(boxes.dtype, np.integer)


def test_without_instances_there_are_no_boxes():
    assert boxes_of(np.zeros((3, 4), np.int32)).shape == (0, 4)


@pytest.mark.parametrize("instances", [np.zeros((1, 3, 4), int), np.zeros((3, 4))])
def test_boxes_are_of_one_image_of_whole_numbers(instances):
    with pytest.raises(ValueError, match="instances of one image, whole numbers"):
        boxes_of(instances)


# ---------------------------------------------------------------- simulated skin


@pytest.fixture(scope="module")
def two_hundred(tmp_path_factory):
    """What load_ph2(48) gives without PH2, drawn once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "CACHE", tmp_path_factory.mktemp("cache"))
        return simulate_skin(200, 48)


def test_simulated_skin_says_that_it_is_simulated(two_hundred):
    assert two_hundred.source == "simulated"
    assert two_hundred.classes == ("background", "lesion")
    assert two_hundred.names[:2] == ("skin000", "skin001")
    assert len(set(two_hundred.names)) == 200


def test_simulated_masks_are_0_and_1_and_images_are_pictures(two_hundred):
    assert two_hundred.images.shape == (200, 48, 48, 3)
    assert set(np.unique(two_hundred.masks)) == {0, 1}
    assert (two_hundred.images.std(axis=(1, 2, 3)) > 5).all()


def test_simulated_diagnoses_are_shared_out_as_in_ph2(two_hundred):
    assert np.bincount(two_hundred.groups).tolist() == [80, 80, 40]
    assert two_hundred.group_names == ("common nevus", "atypical nevus", "melanoma")


def test_simulated_lesions_cover_about_as_much_as_those_of_ph2(two_hundred):
    share = two_hundred.masks.mean(axis=(1, 2))
    assert 0.15 <= np.median(share) <= 0.35
    assert share.min() >= 0.029 and share.max() <= 0.981  # to a pixel of 48 x 48
    common, atypical, melanoma = (
        np.median(share[two_hundred.groups == group]) for group in range(3)
    )
    assert common < atypical < melanoma and melanoma > 2 * common


def test_some_simulated_lesions_leave_the_frame_and_most_do_not(two_hundred):
    frame = np.ones((48, 48), bool)
    frame[1:-1, 1:-1] = False
    touching = (two_hundred.masks[:, frame] == 1).any(axis=1).mean()
    assert 0.1 < touching < 0.6


def test_simulated_lesions_are_darker_than_the_skin_around_them(two_hundred):
    grey = two_hundred.images.mean(axis=-1)
    darker = [
        image[mask == 1].mean() < image[mask == 0].mean()
        for image, mask in zip(grey, two_hundred.masks, strict=True)
    ]
    assert 0.6 < np.mean(darker) < 1, "the corners are dark, too"


def test_simulated_skin_is_the_same_at_every_drawing(tmp_path, monkeypatch):
    one = simulate_skin(6, 24)
    monkeypatch.setattr(cache, "CACHE", tmp_path / "another cache")
    again = simulate_skin(6, 24)
    assert np.array_equal(one.images, again.images)
    assert np.array_equal(one.masks, again.masks)
    assert np.array_equal(one.groups, again.groups)


def test_an_image_does_not_depend_on_how_many_are_drawn():
    few, many = simulate_skin(3, 24), simulate_skin(8, 24)
    assert np.array_equal(few.images, many.images[:3])
    assert np.array_equal(few.masks, many.masks[:3])
    assert np.array_equal(few.groups, many.groups[:3])


def test_another_seed_draws_other_images():
    one, other = simulate_skin(3, 24, seed=0), simulate_skin(3, 24, seed=1)
    assert not any(
        np.array_equal(a, b) for a, b in zip(one.images, other.images, strict=True)
    )


@pytest.mark.parametrize(
    ("size", "shape"),
    [(20, (20, 20)), ((16, 32), (16, 32)), ([18, 17], (18, 17)), (np.int64(20),) * 2],
)
def test_a_size_is_a_number_or_height_and_width(size, shape):
    shape = shape if isinstance(shape, tuple) else (shape, shape)
    samples = simulate_skin(2, size)
    assert samples.masks.shape == (2, *shape)
    assert samples.images.shape == (2, *shape, 3)


@pytest.mark.parametrize(
    "size", [0, -48, 15, (48, 8), (48,), (48, 48, 3), 48.5, "48", None, (48, 48.0)]
)
def test_any_other_size_is_refused(size):
    with pytest.raises(ValueError, match="size is one number"):
        simulate_skin(2, size)


def test_each_size_of_simulated_skin_is_cached_for_itself():
    for size in (16, 20), (20, 16), (16, 24), (16, 16):
        assert simulate_skin(2, size).masks.shape == (2, *size)


@pytest.mark.parametrize("count", [0, -1])
def test_no_image_at_all_is_refused(count):
    with pytest.raises(ValueError, match="at least one image"):
        simulate_skin(count, 24)


# ---------------------------------------------------------------- cache


def counted(value=1):
    """A maker that counts its calls."""

    def make():
        make.calls += 1
        return {"a": np.full(300, value), "b": np.arange(3)}

    make.calls = 0
    return make


def only_file():
    (path,) = cache.CACHE.iterdir()
    return path


def test_what_was_made_once_is_read_afterwards():
    make = counted()
    first, second = cached("x", "1", make), cached("x", "1", make)
    assert make.calls == 1
    assert set(first) == set(second) == {"a", "b"}
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert only_file().name == "x-1.npz"


def test_names_and_keys_are_kept_apart():
    for number, (name, key) in enumerate([("x", "1"), ("x", "2"), ("y", "1")]):
        assert cached(name, key, counted(number))["a"][0] == number
    assert cached("x", "1", counted(9))["a"][0] == 0
    assert cached("y", "1", counted(9))["a"][0] == 2


def test_what_is_read_may_be_changed_without_harm():
    cached("x", "1", counted())["a"][:] = 7
    cached("x", "1", counted())["a"][:] = 8
    assert (cached("x", "1", counted())["a"] == 1).all()


def damage(content: bytes):
    yield "empty", b""
    yield "cut in half", content[: len(content) // 2]
    yield "cut at its end", content[:-1]
    yield "a text", b"not an archive"
    middle = len(content) // 3
    yield (
        "one bit",
        content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
    )
    for place in range(0, len(content), 97):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        yield f"byte {place}", bytes(changed)


def test_a_damaged_file_is_made_again():
    good = cached("x", "1", counted())
    path = only_file()
    content = path.read_bytes()
    for name, damaged in damage(content):
        path.write_bytes(damaged)
        make = counted()
        found = cached("x", "1", make)
        assert set(found) == set(good), name
        for key in good:
            assert np.array_equal(found[key], good[key]), name
        if not name.startswith("byte"):  # a byte of padding does no harm
            assert make.calls == 1, name
            assert cached("x", "1", counted(9))["a"][0] == 1, f"{name}: mended"


def test_an_array_in_place_of_an_archive_is_made_again():
    cached("x", "1", counted())
    with only_file().open("wb") as file:
        np.save(file, np.zeros(3))
    assert cached("x", "1", counted(5))["a"][0] == 5


class Trap:
    """Unpickling it leaves a trace."""

    def __reduce__(self):
        return os.mkdir, (str(cache.CACHE / "sprung"),)


def test_nothing_in_the_cache_is_ever_unpickled():
    cached("x", "1", counted())
    with only_file().open("wb") as file:
        np.savez(file, a=np.array([Trap()], dtype=object), b=np.arange(3))
    assert cached("x", "1", counted(5))["a"][0] == 5
    assert only_file().name == "x-1.npz"


def test_a_folder_that_cannot_be_made_costs_nothing(monkeypatch, tmp_path):
    (tmp_path / "a file").write_text("in the way", encoding="utf-8")
    monkeypatch.setattr(cache, "CACHE", tmp_path / "a file" / "cache")
    make = counted()
    for _ in range(2):
        assert cached("x", "1", make)["a"][0] == 1
    assert make.calls == 2


@pytest.mark.parametrize("step", ["tempfile.mkstemp", "numpy.savez", "os.replace"])
def test_a_disk_that_cannot_be_written_costs_nothing(monkeypatch, step):
    def fail(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr(step, fail)
    make = counted()
    for _ in range(2):
        assert cached("x", "1", make)["a"][0] == 1
    assert make.calls == 2
    assert list(cache.CACHE.iterdir()) == []


@pytest.mark.parametrize("step", ["numpy.savez", "os.replace"])
def test_a_stopped_writer_leaves_no_half_file(monkeypatch, step):
    original = np.savez

    def stop(file, *_, **__):
        if step == "numpy.savez":
            original(file, a=np.zeros(9))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, stop)
        with pytest.raises(KeyboardInterrupt):
            cached("x", "1", counted())
    assert list(cache.CACHE.iterdir()) == []
    assert cached("x", "1", counted(5))["a"][0] == 5


def test_what_a_killed_writer_left_is_not_read():
    cache.CACHE.mkdir()
    (cache.CACHE / "tmpabc.part").write_bytes(b"half an archi")
    assert cached("x", "1", counted())["a"][0] == 1


def aged(name, hours):
    """Make a file of the cache look as if it was written hours ago."""
    path = cache.CACHE / name
    path.touch()
    then = path.stat().st_mtime - 3600 * hours
    os.utime(path, (then, then))
    return path


def test_of_each_name_the_files_that_were_read_last_stay(monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 2)
    cached("y", "1", counted())
    for key, hours in (("1", 4), ("2", 3)):
        cached("x", key, counted())
        aged(f"x-{key}.npz", hours)
    assert cached("x", "1", counted(9))["a"][0] == 1, "read now, so younger than 2"
    cached("x", "3", counted())
    left = sorted(path.name for path in cache.CACHE.iterdir())
    assert left == ["x-1.npz", "x-3.npz", "y-1.npz"]


def test_what_killed_writers_left_goes_after_a_day():
    cache.CACHE.mkdir()
    aged("tmpold.part", 25)
    aged("tmpnew.part", 23)
    cached("x", "1", counted())
    left = sorted(path.name for path in cache.CACHE.iterdir())
    assert left == ["tmpnew.part", "x-1.npz"]


def test_a_file_that_cannot_be_removed_does_no_harm(monkeypatch):
    """On Windows, a file that another process reads; or another removed it first."""
    monkeypatch.setattr(cache, "KEPT", 1)
    cached("x", "1", counted())
    aged("x-1.npz", 1)

    def refuse(*_, **__):
        raise PermissionError("in use")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", refuse)
        assert cached("x", "2", counted(2))["a"][0] == 2
    assert cached("x", "1", counted(9))["a"][0] == 1


def test_a_mistake_of_the_maker_is_told_and_nothing_is_kept():
    def broken():
        raise ValueError("this image is broken")

    with pytest.raises(ValueError, match="this image is broken"):
        cached("x", "1", broken)
    assert cached("x", "1", counted())["a"][0] == 1


def test_several_writers_at_once_leave_one_whole_file():
    together = threading.Barrier(4)

    def make():
        together.wait(10)
        return {"a": np.full(30_000, 3)}

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(cached("x", "1", make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all((arrays["a"] == 3).all() for arrays in found)
    assert only_file().name == "x-1.npz"
    assert (cached("x", "1", counted())["a"] == 3).all()


# ---------------------------------------------------------------- PH2

TABLE = "PH2_dataset.txt"
IMAGES = "PH2 Dataset images"
# Name, clinical diagnosis, (width, height): gaps in the names, sizes that differ.
CASES = (
    ("IMD437", 2, (52, 40)),
    ("IMD002", 0, (48, 36)),
    ("IMD010", 1, (40, 40)),
    ("IMD003", 0, (44, 32)),
)
LINE = "|| {name} ||                  ||      {diagnosis}     ||   0   || T ||\r\n"


def write_table(folder, cases=CASES):
    head = (
        "||   Name || Histological Diagnosis || Clinical Diagnosis || asymmetry ||\r\n"
    )
    legend = (
        "\r\nLegends: \r\nClinical Diagnosis: \r\n0 - Common Nevus; 2 - Melanoma.\r\n"
    )
    lines = [
        LINE.format(name=name, diagnosis=diagnosis) for name, diagnosis, _ in cases
    ]
    text = head + "".join(lines) + legend
    (folder / TABLE).write_bytes(text.encode("latin-1"))


def paths(folder, name):
    case = folder / IMAGES / name
    return (
        case / f"{name}_Dermoscopic_Image" / f"{name}.bmp",
        case / f"{name}_lesion" / f"{name}_lesion.bmp",
    )


def picture(number, width, height):
    """An image in one colour but for the lesion, and the lesion: a box."""
    mask = np.zeros((height, width), bool)
    mask[8 : 8 + 4 * (1 + number), 12:28] = True
    image = np.full((height, width, 3), (200, 150, 120), np.uint8)
    image[mask] = (90, 60, 10 * number)
    return image, mask


@pytest.fixture
def ph2(tmp_path):
    """A tiny PH2 in the published layout, with the quirks of copies in circulation."""
    folder = tmp_path / "data" / "PH2Dataset"
    for number, (name, _, size) in enumerate(CASES):
        image, mask = picture(number, *size)
        image_path, mask_path = paths(folder, name)
        image_path.parent.mkdir(parents=True)
        mask_path.parent.mkdir()
        Image.fromarray(image).save(image_path)
        drawn = Image.fromarray(mask)  # one bit
        (drawn.convert("RGB") if name == "IMD002" else drawn).save(mask_path)
        # A further file beside the mask that shows something else, and sorts first.
        wrong = Image.fromarray(~mask).convert("L")
        wrong.save(mask_path.with_suffix(".JPG" if name == "IMD003" else ".jpg"))
        wrong.save(mask_path.parent / "IMD.bmp")
        (folder / IMAGES / name / f"{name}_roi").mkdir()
    (folder / IMAGES / ".DS_Store").write_bytes(b"")
    write_table(folder)
    return folder


def test_a_tiny_ph2_is_found_and_read(ph2):
    assert find_ph2() == ph2
    samples = load_ph2(size=32)
    assert samples.source == "real"
    assert samples.names == ("IMD002", "IMD003", "IMD010", "IMD437")
    assert samples.groups.tolist() == [0, 0, 1, 2]
    assert samples.group_names == ("common nevus", "atypical nevus", "melanoma")
    assert samples.classes == ("background", "lesion")
    assert samples.images.shape == (4, 32, 32, 3)


def test_each_mask_is_its_own_whatever_lies_beside_it(ph2):
    samples = load_ph2(size=(36, 48))
    for number, (name, _, (width, height)) in enumerate(CASES):
        image, mask = picture(number, width, height)
        i = samples.names.index(name)
        rows = (np.arange(36) + 0.5) * height // 36
        columns = (np.arange(48) + 0.5) * width // 48
        nearest = mask[rows.astype(int)][:, columns.astype(int)]
        assert set(np.unique(samples.masks[i])) == {0, 1}
        assert np.array_equal(samples.masks[i], nearest), name
        assert samples.images[i, 0, 0].tolist() == [200, 150, 120]
        if (width, height) == (48, 36):
            assert np.array_equal(samples.images[i], image)


def test_images_are_averaged_when_they_shrink(ph2):
    name = "IMD010"  # 40 x 40
    image, _ = picture(2, 40, 40)
    samples = load_ph2(size=8)
    found = samples.images[samples.names.index(name)]
    averaged = image.reshape(8, 5, 8, 5, 3).mean(axis=(1, 3))
    assert np.abs(found - averaged).max() <= 1


def test_a_mask_pixel_is_lesion_above_half_grey(ph2):
    tones = np.array([0, 31, 224, 255], np.uint8).repeat(10)
    grey_mask = np.broadcast_to(tones, (40, 40)).copy()
    grey_mask[0, 9], grey_mask[0, 10] = 128, 127  # few: as at a border in a JPEG
    Image.fromarray(grey_mask).save(paths(ph2, "IMD010")[1])
    found = load_ph2(size=40).masks[2]
    expected = np.broadcast_to(tones > 127, (40, 40)).copy()
    expected[0, 9] = True
    assert np.array_equal(found, expected)


def test_ph2_is_found_in_the_data_folder_itself(ph2, monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_DATA", str(ph2))
    assert find_ph2() == ph2


def test_the_source_decides_and_none_prefers_the_real_one(ph2):
    assert load_ph2(24).source == load_ph2(24, source="real").source == "real"
    simulated = load_ph2(24, source="simulated")
    assert (simulated.source, len(simulated)) == ("simulated", 200)


def test_without_ph2_skin_is_simulated():
    samples = load_ph2(size=(16, 20))
    assert samples.source == "simulated"
    assert samples.images.shape == (200, 16, 20, 3)
    assert np.bincount(samples.groups).tolist() == [80, 80, 40]


def test_ph2_is_decoded_once(ph2, monkeypatch):
    first = load_ph2(24)
    monkeypatch.setattr(Image, "open", None)
    again = load_ph2(24)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.masks, again.masks)
    assert again.names == first.names and again.source == "real"


def test_each_size_is_cached_for_itself(ph2):
    assert load_ph2((20, 30)).masks.shape == (4, 20, 30)
    assert load_ph2((30, 20)).masks.shape == (4, 30, 20)
    assert load_ph2(20).masks.shape == (4, 20, 20)


def test_a_changed_file_is_decoded_again(ph2):
    before = load_ph2(24).masks[0]
    path = paths(ph2, "IMD002")[1]
    mask = np.ones((36, 48), bool)
    mask[:, 0] = False  # a lesion fills no whole image; this column is not looked at
    Image.fromarray(mask).save(path)
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    after = load_ph2(24).masks[0]
    assert not np.array_equal(before, after) and (after == 1).all()


def test_a_case_taken_out_of_the_table_is_left_out(ph2):
    assert len(load_ph2(24)) == 4
    write_table(ph2, CASES[1:])
    samples = load_ph2(24)
    assert samples.names == ("IMD002", "IMD003", "IMD010")
    assert len(samples.images) == 3


def one_sentence(caught, *parts):
    text = str(caught.value)
    assert "\n" not in text and len(text) < 600
    for part in parts:
        assert str(part) in text
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_file_is_named(ph2, which):
    path = paths(ph2, "IMD010")[which]
    for other in path.parent.iterdir():
        other.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        load_ph2(24)
    one_sentence(caught, path, "missing")


def test_a_missing_case_is_named(ph2):
    shutil.rmtree(ph2 / IMAGES / "IMD437")
    with pytest.raises(FileNotFoundError) as caught:
        load_ph2(24)
    one_sentence(caught, "IMD437", "missing")


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("kept", [0, 10, 60, 0.5])
def test_a_file_that_cannot_be_decoded_is_named(ph2, which, kept):
    path = paths(ph2, "IMD003")[which]
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept) if kept < 1 else kept])
    with pytest.raises(ValueError) as caught:
        load_ph2(24)
    one_sentence(caught, path)


def test_a_failed_decoding_is_not_cached(ph2):
    path = paths(ph2, "IMD003")[1]
    content = path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(ValueError):
        load_ph2(24)
    path.write_bytes(content)
    assert len(load_ph2(24)) == 4


def test_a_mask_of_another_size_is_named_with_both_sizes(ph2):
    path = paths(ph2, "IMD010")[1]
    Image.fromarray(np.zeros((20, 40), bool)).save(path)
    with pytest.raises(ValueError) as caught:
        load_ph2(24)
    one_sentence(caught, path, "40 x 20", "40 x 40")


@pytest.mark.parametrize("diagnosis", ["3", "", "x", "-1"])
def test_a_bad_line_of_the_table_is_told_by_its_number(ph2, diagnosis):
    write_table(ph2, [*CASES[:2], ("IMD010", diagnosis, None)])
    with pytest.raises(ValueError) as caught:
        load_ph2(24)
    one_sentence(caught, TABLE, "line 4", repr(diagnosis))


def test_a_table_without_cases_is_refused(ph2):
    (ph2 / TABLE).write_text("404 Not Found\n", encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        load_ph2(24)
    one_sentence(caught, TABLE)


def test_a_table_with_plain_line_ends_is_read_too(ph2):
    text = (ph2 / TABLE).read_bytes().replace(b"\r\n", b"\n")
    (ph2 / TABLE).write_bytes(text)
    assert load_ph2(24).groups.tolist() == [0, 0, 1, 2]


def test_the_real_ph2_is_never_replaced_by_simulated_skin(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        load_ph2(24, source="real")
    one_sentence(caught, tmp_path / "data", "PH2")


@pytest.mark.parametrize("source", ["Real", "ph2", "", True])
def test_an_unknown_source_is_refused(source):
    with pytest.raises(ValueError, match='source is "real", "simulated" or None'):
        load_ph2(24, source=source)


@pytest.mark.parametrize("size", [0, -3, (24,), (24, 24, 3), 24.5, "24", None])
@pytest.mark.parametrize("source", ["real", "simulated"])
def test_a_size_that_is_none_is_refused_whatever_the_source(ph2, source, size):
    with pytest.raises(ValueError, match="size is one number"):
        load_ph2(size, source=source)


def test_the_lesions_of_skin_are_drawn_without_a_cache():
    """draw_lesion is the whole simulator: the cache adds nothing to it."""
    image, mask = skin.draw_lesion(np.random.default_rng([0, 1]), 24, 24, 1)
    stored = simulate_skin(2, 24)
    assert np.array_equal(stored.images[1], image)
    assert np.array_equal(stored.masks[1], mask)
