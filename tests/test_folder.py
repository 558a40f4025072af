"""A learner's own images and masks: what is read, and what is told when it is wrong.

Images are 6 wide and 4 high; the object is rows 1 and 2 of columns 2 to 4.
"""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from utils.datasets import load_folder
from utils.datasets.files.pictures import open_image
from utils.storage import cache

INSIDE = np.zeros((4, 6), bool)
INSIDE[1:3, 2:5] = True
SIZE = (4, 6)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


@pytest.fixture
def own(tmp_path):
    """Three images with black-and-white masks; (images, masks)."""
    folders = tmp_path / "images", tmp_path / "masks"
    for folder in folders:
        folder.mkdir()
    for number, name in enumerate(("cat", "dog", "owl")):
        picture(number).save(folders[0] / f"{name}.png")
        shades(255 * INSIDE).save(folders[1] / f"{name}.png")
    return folders


def picture(number=0) -> Image.Image:
    """An image that tells its number in red, and its rows in green."""
    array = np.zeros((4, 6, 3), np.uint8)
    array[..., 0] = 10 * number
    array[..., 1] = np.arange(4)[:, None] * 50
    return Image.fromarray(array)


def shades(values, dtype=np.uint8) -> Image.Image:
    return Image.fromarray(np.asarray(values, dtype))


def refused(own, *parts, kind=ValueError, **arguments):
    """Load, which must fail with one sentence that names every part."""
    with pytest.raises(kind) as caught:
        load_folder(*own, SIZE, **arguments)
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".") and len(text) < 500
    for part in parts:
        assert str(part) in text
    assert caught.value.__cause__ is None and type(caught.value) is kind
    assert not list(cache.CACHE.glob("*")), "nothing of it is kept"
    return text


# What is read


def test_images_and_masks_of_one_name_are_put_together(own):
    samples = load_folder(*own, SIZE)
    assert samples.names == ("cat", "dog", "owl")
    assert samples.classes == ("background", "foreground")
    assert (samples.source, samples.groups) == ("real", None)
    assert samples.images[:, 0, 0, 0].tolist() == [0, 10, 20]
    assert np.array_equal(samples.images[1], np.asarray(picture(1)))
    assert (samples.masks == INSIDE).all()


def test_folders_are_given_as_text_and_home_is_understood(own, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(own[0].parent))
    assert len(load_folder("~/images", str(own[1]))) == 3


def test_everything_gets_one_size(own):
    Image.new("RGB", (9, 3), (7, 8, 9)).save(own[0] / "dog.png")
    Image.new("1", (9, 3), 1).save(own[1] / "dog.png")
    samples = load_folder(*own, size=(8, 12))
    assert samples.images.shape == (3, 8, 12, 3)
    assert (samples.images[1] == (7, 8, 9)).all() and (samples.masks[1] == 1).all()
    assert np.array_equal(samples.masks[0], INSIDE.repeat(2, 0).repeat(2, 1))
    assert load_folder(*own).masks.shape == (3, 128, 128)


def test_a_mask_takes_the_nearest_pixel_and_no_value_between(own):
    ids = np.array([[0, 4], [4, 0]]).repeat(30, 0).repeat(30, 1)
    for name in ("cat", "dog", "owl"):
        shades(ids).save(own[1] / f"{name}.png")
        Image.new("RGB", (60, 60)).save(own[0] / f"{name}.png")
    samples = load_folder(*own, 7, classes=tuple("abcde"))
    assert set(np.unique(samples.masks)) == {0, 4}


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("IMG_1.JPG", "img_1.PNG"),
        ("cat.v2.png", "cat.v2.bmp"),
        ("고양이 1.png", "고양이 1.png"),
        (
            unicodedata.normalize("NFC", "고양이.png"),
            unicodedata.normalize("NFD", "고양이.png"),
        ),
        ("ISIC_7.jpg", "ISIC_7_segmentation.png"),
        ("IMD7.bmp", "IMD7_lesion.bmp"),
        ("a.png", "a-mask.tif"),
        ("a.webp", "A_Mask.gif"),
        ("a_mask.png", "a_mask.png"),
        ("cat.jpg", "cat.jpg.png"),
        ("cat.jpg", "cat mask.png"),
        ("cat.jpg", "cat_annotation.png"),
        ("cat.jpg", "cat_label_ids.png"),
        ("cat.jpg", "cat_trimap.png"),
        ("cat.jpg", "mask_cat.png"),
        ("cat.jpg", "cat_mask_1.png"),
        ("1_sat.jpg", "1_mask.png"),
        ("image_001.png", "mask_001.png"),
        ("img7.png", "mask7.png"),
        ("train_image_1.png", "train_mask_1.png"),
        ("aachen_01_leftImg8bit.png", "aachen_01_gtFine_labelIds.png"),
        ("21_training.tif", "21_manual1.gif"),
        ("gt86.png", "gt86_mask.png"),
        ("label_1.png", "label_1_seg.png"),
    ],
)
def test_names_are_matched(own, image, mask):
    for path in (*own[0].iterdir(), *own[1].iterdir()):
        path.unlink()
    picture().save(own[0] / image)
    shades(255 * INSIDE).save(own[1] / mask)
    samples = load_folder(*own, SIZE)
    assert samples.names == (unicodedata.normalize("NFC", Path(image).stem),)
    assert (samples.masks == INSIDE).all()


def test_an_image_called_mask_keeps_its_own_mask(own):
    """cat_mask.png is the mask of cat_mask.png, not a second one of cat.png."""
    picture(3).save(own[0] / "cat_mask.png")
    shades(np.zeros((4, 6))).save(own[1] / "cat_mask.png")
    samples = load_folder(*own, SIZE)
    assert samples.names == ("cat", "cat_mask", "dog", "owl")
    assert samples.masks.any(axis=(1, 2)).tolist() == [True, False, True, True]


PAIRS = (
    ("1 11 111", "image{}.png", "mask{}.png"),
    ("1 11 111", "{}_training.tif", "{}_manual1.gif"),
    ("1 11 111", "{}.png", "{}.png.gif"),
    ("cat cat_2 cat_22", "{}_sat.png", "gt_{}.png"),
    ("cat (cat) cat-cat", "{}.png", "{}_mask_1.png"),
)


@pytest.mark.parametrize(("names", "image", "mask"), PAIRS)
def test_names_that_are_nearly_alike_are_not_mixed_up(own, names, image, mask):
    for path in (*own[0].iterdir(), *own[1].iterdir()):
        path.unlink()
    for number, name in enumerate(names.split()):
        picture(number).save(own[0] / image.format(name))
        shades(255 * (np.arange(24).reshape(4, 6) < number)).save(
            own[1] / mask.format(name)
        )
    samples = load_folder(*own, SIZE)
    numbers = samples.images[:, 0, 0, 0] // 10
    assert (samples.masks.sum(axis=(1, 2)) == numbers).all() and len(samples) == 3


def test_what_systems_leave_in_folders_is_passed_over(own):
    for folder in own:
        for name in ("Thumbs.db", ".DS_Store", "._cat.png", "desktop.ini", "notes.txt"):
            (folder / name).write_bytes(b"x")
        (folder / "more").mkdir()
        (folder / "more.png").mkdir()
    assert len(load_folder(*own, SIZE)) == 3


GREEN = np.asarray(picture())[..., 1]
IMAGES = {
    "grey": (Image.fromarray(GREEN), GREEN),
    "one bit": (Image.fromarray(INSIDE), 255 * INSIDE),
    "transparent": (picture().convert("RGBA"), GREEN),
    "palette": (picture().quantize(), GREEN),
    # From 12-bit cameras: 1000 is the darkest and becomes 0, 3040 becomes 255.
    "16 bits": (shades(1000 + 8 * INSIDE * 255, np.uint16), 255 * INSIDE),
    "16 bits of one grey": (shades(np.full((4, 6), 900), np.uint16), 0 * INSIDE),
}
IMAGES["transparent"][0].putalpha(Image.fromarray(GREEN))


@pytest.mark.parametrize("kind", IMAGES)
def test_images_of_every_kind_become_rgb(own, kind, recwarn):
    image, green = IMAGES[kind]
    image.save(own[0] / "cat.png")
    samples = load_folder(*own, SIZE)
    assert samples.images.shape == (3, 4, 6, 3)
    assert np.array_equal(samples.images[0, ..., 1], green)
    assert not recwarn.list


LOWEST = float(np.finfo(np.float32).min)


NO_DATA = [-9999, -(2**15), -(2**31)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(np.int32, value) for value in NO_DATA]
    + [(np.float32, value) for value in (*NO_DATA, LOWEST, -LOWEST, 1e35)]
    + [(np.float32, value) for value in (np.inf, -np.inf, np.nan)],
)
def test_what_stands_for_no_data_is_no_shade(own, kind, value):
    values = np.linspace(0, 51, 24).reshape(4, 6).astype(kind)
    values[2, 3:] = value
    (own[0] / "cat.png").unlink()
    Image.fromarray(values).save(own[0] / "cat.tif")
    refused(own, own[0] / "cat.tif", f"{kind(value):g} at row 2, column 3", "no data")
    values[2, 3:] = values[0, 0]
    Image.fromarray(values).save(own[0] / "cat.tif")
    assert load_folder(*own, SIZE).images[0].max() == 255


@pytest.mark.parametrize("values", [(-20000, -9999, 5), (-999, 0, 5), (0, 1, 1e29)])
def test_a_plain_outlier_is_a_shade(own, values):
    (own[0] / "cat.png").unlink()
    array = np.resize(np.float32(values), (4, 6))
    Image.fromarray(array).save(own[0] / "cat.tif")
    red = load_folder(*own, SIZE).images[0, 0, :3, 0]
    assert (red[0], red[2]) == (0, 255)


def test_a_palette_with_transparent_entries_gives_no_warning(own, recwarn):
    image = picture().quantize()
    image.save(own[0] / "cat.png", transparency=bytes([0, 128, 255]))
    assert np.array_equal(load_folder(*own, SIZE).images[0, ..., 1], GREEN)
    assert not recwarn.list


def turned_photograph(path: Path) -> None:
    """Store `picture` lying on its side, with the note to turn it back."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    stored = picture().transpose(Image.Transpose.ROTATE_90)
    stored.save(path, exif=exif)


def test_a_photograph_is_turned_as_viewers_show_it(own):
    turned_photograph(own[0] / "cat.png")
    samples = load_folder(*own, SIZE)
    assert np.array_equal(samples.images[0], np.asarray(picture()))
    assert np.array_equal(samples.masks[0], INSIDE)


def test_a_mask_drawn_on_a_photograph_that_was_not_turned(own):
    turned_photograph(own[0] / "cat.png")
    shades(255 * INSIDE.T).save(own[1] / "cat.png")
    refused(own, own[1] / "cat.png", "4 x 6", "6 x 4", "turned as viewers show it")


def test_the_example_of_the_readme_runs(own, monkeypatch):
    root = Path(cache.__file__).parents[2]
    text = (root / "data" / "README.md").read_text("utf-8")
    example = text.partition("## your own")[2].partition("```python\n")[2]
    for folder in own:
        for name in ("tom", "felix"):
            picture = folder / f"{name}.png"
            picture.write_bytes((folder / "cat.png").read_bytes())
    place = own[0].parent / "data" / "cats"
    place.mkdir(parents=True)
    for folder in own:
        folder.rename(place / folder.name)
    monkeypatch.chdir(own[0].parent)
    found = {}
    exec(example.partition("```")[0], found)
    assert len(found["train"]) == 4 and len(found["test"]) == 1
    assert found["cats"].images.shape == (5, 128, 128, 3)


# Black and white masks


def coloured(values, *palette) -> Image.Image:
    """A mask of palette indices, with a palette of its own."""
    mask = shades(values)
    mask.putpalette([part for colour in palette for part in colour])
    return mask


BLACK, WHITE, RED = (0, 0, 0), (255, 255, 255), (128, 0, 0)
MASKS = {
    "0 and 255": shades(255 * INSIDE),
    "0 and 1": shades(INSIDE),
    "one bit": Image.fromarray(INSIDE),
    "RGB": shades(255 * INSIDE).convert("RGB"),
    "RGBA": shades(255 * INSIDE).convert("RGBA"),
    "grey with alpha": shades(255 * INSIDE).convert("LA"),
    "16 bits": shades(INSIDE, np.uint16),
    "palette by index": coloured(INSIDE, BLACK, RED),
    "white first in the palette": coloured(~INSIDE, WHITE, BLACK),
}


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_of_two_values_is_read_however_it_is_stored(own, kind):
    MASKS[kind].save(own[1] / "dog.png")
    assert np.array_equal(load_folder(*own, SIZE).masks[1], INSIDE)


@pytest.mark.parametrize("kind", ["L", "RGB"])
def test_a_black_and_white_mask_may_be_a_jpeg(own, kind):
    large = INSIDE.repeat(20, 0).repeat(20, 1)
    (own[1] / "dog.png").unlink()
    shades(255 * large).convert(kind).save(own[1] / "dog.jpg", quality=75)
    picture(1).resize((120, 80)).save(own[0] / "dog.png")
    values = np.unique(Image.open(own[1] / "dog.jpg").convert("L"))
    assert len(values) > 2, "JPEG has changed some pixels"
    for classes in (None, ("sky", "bird"), {0: "sky", 255: "bird"}):
        samples = load_folder(*own, (80, 120), classes=classes)
        assert np.array_equal(samples.masks[1], large)


@pytest.mark.parametrize("void", [1, 9, 128, 255])
def test_void_does_not_survive_in_a_jpeg(own, void):
    (own[1] / "dog.png").unlink()
    shades(255 * INSIDE).save(own[1] / "dog.jpg", quality=95)
    for path in (own[1] / "cat.png", own[1] / "owl.png"):
        shades(INSIDE if void == 255 else 255 * INSIDE).save(path)
    for classes in (None, ("sky", "bird")):
        told = refused(own, own[1] / "dog.jpg", "JPEG", void=void, classes=classes)
        assert "void" in told and "PNG" in told


def test_an_empty_mask_says_that_nothing_is_there(own):
    shades(0 * INSIDE).save(own[1] / "cat.png")
    (own[1] / "dog.png").unlink()
    shades(0 * INSIDE).save(own[1] / "dog.jpg")
    assert load_folder(*own, SIZE).masks.sum(axis=(1, 2)).tolist() == [0, 0, 6]


def test_another_value_is_told_with_its_place(own):
    values = 255 * INSIDE
    values[3, 1] = 37
    shades(values).save(own[1] / "dog.png")
    refused(own, own[1] / "dog.png", "37 at row 3, column 1", "classes={")


def test_1_and_255_in_one_mask_are_told(own):
    values = 255 * INSIDE
    values[3, 1] = 1
    shades(values).save(own[1] / "dog.png")
    refused(own, own[1] / "dog.png", "both 1 and 255")


def test_a_photograph_in_place_of_a_mask(own):
    Image.fromarray(np.full((4, 6, 3), (9, 90, 200), np.uint8)).save(own[1] / "dog.png")
    refused(own, own[1] / "dog.png", "(9, 90, 200) at row 0, column 0", "palette=")


def test_a_photograph_as_jpeg_in_place_of_a_mask(own):
    (own[1] / "dog.png").unlink()
    shades(np.full((4, 6), 90)).save(own[1] / "dog.jpg")
    refused(own, own[1] / "dog.jpg", "not black and white", "100%", "90 at row 0")


def test_0_and_1_do_not_survive_in_a_jpeg(own):
    (own[1] / "dog.png").unlink()
    shades(np.ones((4, 6))).save(own[1] / "dog.jpg")
    refused(own, own[1] / "dog.jpg", "brightest pixel is 1", "PNG")


def test_a_mask_that_is_drawn_in_transparency(own):
    mask = Image.new("RGBA", (6, 4))
    mask.putalpha(shades(255 * INSIDE))
    mask.save(own[1] / "dog.png")
    refused(own, own[1] / "dog.png", "transparent at row 0, column 0")


def test_a_class_too_thin_for_the_size_is_told_each_time(own, capsys):
    """A line of one pixel falls between the pixels that are taken."""
    for name, width in (("cat", 1), ("dog", 1), ("owl", 9)):
        line = np.zeros((64, 64))
        line[:, 31 : 31 + width] = 255
        Image.new("RGB", (64, 64)).save(own[0] / f"{name}.png")
        shades(line).save(own[1] / f"{name}.png")
    for _ in range(2):  # the second time it comes from the cache
        assert load_folder(*own, 16).masks.any(axis=(1, 2)).tolist() == [0, 0, 1]
        told = capsys.readouterr().out
        assert told.startswith("2 of 3 masks lost a class at 16 x 16 pixels")
        assert "cat" in told and told.endswith(".\n") and told.count("\n") == 1
    load_folder(*own, 64)
    assert not capsys.readouterr().out


# Several classes

IDS = np.array([[0, 0, 1, 1, 2, 2]] * 4)


def all_masks(own, mask: Image.Image, suffix=".png", **options):
    for path in own[1].iterdir():
        path.unlink()
    for name in ("cat", "dog", "owl"):
        mask.save(own[1] / f"{name}{suffix}", **options)


@pytest.mark.parametrize("kind", ["L", "palette", "16 bits"])
def test_class_ids_are_pixel_values(own, kind):
    mask = {
        "L": shades(IDS),
        "palette": coloured(IDS, BLACK, RED, WHITE, (0, 128, 0)),
        "16 bits": shades(IDS, np.uint16),
    }[kind]
    all_masks(own, mask)
    samples = load_folder(*own, SIZE, classes=("road", "car", "tree"))
    assert samples.classes == ("road", "car", "tree")
    assert (samples.masks == IDS).all()


def test_a_black_and_white_palette_is_read_by_index_where_classes_are_named(own):
    all_masks(own, coloured(IDS, WHITE, BLACK, WHITE))
    assert (load_folder(*own, SIZE, classes=tuple("abc")).masks == IDS).all()


BY_COLOUR = {"a": BLACK, "b": RED, "c": WHITE}


@pytest.mark.parametrize("suffix", [".png", ".gif", ".bmp", ".tif"])
@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0)])
def test_numbers_that_a_program_chose_are_no_classes(own, suffix, order):
    """A palette of just the colours of the mask: in the order of classes, or not."""
    colours = [list(BY_COLOUR.values())[i] for i in order]
    all_masks(own, coloured(np.argsort(order)[IDS], *colours), suffix)
    for classes in (tuple("abc"), {0: "a", 1: "b", 2: "c"}):
        told = refused(own, own[1] / f"cat{suffix}", "palette={", classes=classes)
        assert all(str(colour) in told for colour in colours)
    assert (load_folder(*own, SIZE, palette=BY_COLOUR).masks == IDS).all()


def test_a_piece_of_a_mask_keeps_the_palette_of_the_whole(own):
    mask = coloured(np.array([0, 2, 1])[IDS], BLACK, WHITE, RED, WHITE, BLACK)
    all_masks(own, mask.crop((0, 0, 4, 4)).resize((6, 4), 0))
    refused(own, own[1] / "cat.png", "palette={", classes=tuple("abc"))


@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_white_of_several_classes_is_not_the_first(own, suffix):
    """Where the mask happens to hold but black and white."""
    all_masks(own, coloured(IDS // 2, BLACK, WHITE), suffix)
    path = own[1] / f"cat{suffix}"
    refused(own, path, "value 255", "classes={", classes=tuple("abc"))
    classes = {0: "a", 1: "b", 255: "c"}
    assert (load_folder(*own, SIZE, classes=classes).masks == IDS // 2 * 2).all()
    assert (load_folder(*own, SIZE, palette=BY_COLOUR).masks == IDS // 2 * 2).all()


def test_a_gif_numbers_colours_anew(own):
    """Pillow leaves out of a GIF's palette what is not used."""
    voc = (BLACK, RED, (0, 128, 0), (128, 128, 0))
    all_masks(own, coloured(np.array([0, 2, 3])[IDS], *voc), ".gif")
    refused(own, own[1] / "cat.gif", "palette={", classes=tuple("abcd"))
    palette = dict(zip("abcd", voc))
    masks = load_folder(*own, SIZE, palette=palette).masks
    assert (masks == np.array([0, 2, 3])[IDS]).all()


def test_palettes_that_differ_from_mask_to_mask(own):
    """As where each picture was given a palette of its own, then cut to pieces."""
    green = (0, 128, 0)
    coloured(IDS // 2, BLACK, RED, green, (0, 0, 128)).save(own[1] / "cat.png")
    coloured(IDS // 2, BLACK, green, RED, (0, 0, 128)).save(own[1] / "dog.png")
    for classes in (None, tuple("ab"), tuple("abc")):
        told = refused(own, own[1] / "dog.png", green, "cat.png", classes=classes)
        assert "shows the value 1" in told and "palette={" in told


def test_a_palette_of_all_colours_is_none_of_classes(own):
    """What Pillow calls "P" if nothing else is said: red is 15 there."""
    drawn = Image.fromarray(np.array([BLACK, (255, 0, 0), WHITE], np.uint8)[IDS])
    all_masks(own, drawn.convert("P", dither=Image.Dither.NONE))
    refused(own, own[1] / "cat.png", "palette={", classes=tuple("abc"))
    palette = {"a": BLACK, "b": (255, 0, 0), "c": WHITE}
    assert (load_folder(*own, SIZE, palette=palette).masks == IDS).all()


def test_a_number_without_a_name_is_told_with_its_colour(own):
    voc = [(i, 2 * i % 256, 7) for i in range(256)]
    voc[0] = BLACK
    all_masks(own, coloured(np.array([0, 15, 255])[IDS], *voc))
    told = refused(own, own[1] / "cat.png", "15, shown in (15, 30, 7), at row 0")
    assert "classes={" in told and "palette={" in told
    classes = {0: "a", 15: "b", 255: "c"}
    assert (load_folder(*own, SIZE, classes=classes).masks == IDS).all()


def test_values_are_named_one_by_one_and_may_share_a_name(own):
    all_masks(own, shades(np.array([7, 26, 255])[IDS]))
    classes = {7: "road", 26: "car", 255: "void"}
    samples = load_folder(*own, SIZE, classes=classes)
    assert samples.classes == ("road", "car", "void")
    assert (samples.masks == IDS).all()
    samples = load_folder(*own, SIZE, classes={26: "car", 7: "rest", 255: "rest"})
    assert samples.classes == ("car", "rest")
    assert (samples.masks == np.array([1, 0, 1])[IDS]).all()


def test_void_pixels_stay_apart_from_the_classes_at_every_size(own):
    values = np.array([0, 255, 128])[IDS]
    all_masks(own, shades(values))
    samples = load_folder(*own, (8, 12), void=128)
    assert samples.void == 255 and samples.classes == ("background", "foreground")
    ids = np.array([0, 1, 255])[IDS]
    assert (samples.masks == ids.repeat(2, 0).repeat(2, 1)).all()
    samples = load_folder(*own, SIZE, classes={0: "a", 255: "b", 128: "c"})
    assert samples.void is None and (samples.masks == IDS).all()
    all_masks(own, Image.fromarray(COLOURS[IDS]))
    palette = dict(list(PALETTE.items())[:2])
    samples = load_folder(*own, SIZE, palette=palette, void=PALETTE["tree"])
    assert samples.void == 255 and (samples.masks == ids).all()


def test_255_needs_a_name_of_its_own(own):
    all_masks(own, shades(np.array([0, 1, 255])[IDS]))
    refused(own, own[1] / "cat.png", "255 at row 0, column 4", classes=tuple("abc"))


def test_a_value_above_the_last_class(own):
    all_masks(own, shades(IDS + 1))
    refused(own, own[1] / "cat.png", "3 at row 0, column 4", classes=tuple("abc"))
    all_masks(own, shades(IDS * 300, np.uint16))
    refused(own, own[1] / "cat.png", "300 at row 0", classes=tuple("abc"))


@pytest.mark.parametrize("classes", [tuple("abc"), {0: "a", 1: "b", 255: "c"}])
def test_several_classes_do_not_survive_in_a_jpeg(own, classes):
    all_masks(own, shades(IDS), ".jpg")
    text = refused(own, own[1] / "cat.jpg", "classes cannot be told", classes=classes)
    assert "JPEG" in text and "PNG" in text


# Colours

PALETTE = {"road": (128, 64, 128), "car": (0, 0, 142), "tree": (107, 142, 35)}
COLOURS = np.array(list(PALETTE.values()), np.uint8)


@pytest.mark.parametrize("kind", ["RGB", "RGBA", "P"])
def test_colours_are_classes_by_a_palette(own, kind):
    drawn = Image.fromarray(COLOURS[IDS])
    all_masks(own, drawn.quantize(3) if kind == "P" else drawn.convert(kind))
    samples = load_folder(*own, SIZE, palette=PALETTE)
    assert samples.classes == ("road", "car", "tree")
    assert (samples.masks == IDS).all()


def test_a_colour_that_is_nearly_one_of_the_palette_is_told_with_its_place(own):
    drawn = COLOURS[IDS]
    drawn[2, 5] = (107, 142, 36)
    all_masks(own, Image.fromarray(drawn))
    refused(
        own,
        own[1] / "cat.png",
        "(107, 142, 36) at row 2, column 5",
        palette=PALETTE,
    )


def test_colours_do_not_survive_in_a_jpeg(own):
    all_masks(own, Image.fromarray(COLOURS[IDS]), ".jpg", quality=100)
    assert "PNG" in refused(own, own[1] / "cat.jpg", "JPEG", palette=PALETTE)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"classes": ("a",)}, "2 to 256 different names"),
        ({"classes": ("a", "a")}, "2 to 256 different names"),
        ({"classes": "cat"}, "2 to 256 different names"),
        ({"classes": 3}, "2 to 256 different names"),
        ({"classes": ("a", 2)}, "2 to 256 different names"),
        ({"classes": {0: "a", 256: "b"}}, "pixel values 0 to 255"),
        ({"classes": {"a": 0, "b": 1}}, "pixel value"),
        ({"classes": {0: "a"}}, "2 to 256 different names"),
        ({"palette": {"a": (0, 0, 0)}}, "two classes or more"),
        ({"palette": {"a": (0, 0, 0), "b": (0, 0, 0)}}, "its own colour"),
        ({"palette": {"a": (0, 0, 0), "b": "red"}}, "palette['b']"),
        ({"palette": {"a": (0, 0, 0), "b": (0, 0, 256)}}, "(0, 0, 256)"),
        ({"palette": {"a": (0, 0, 0), "b": (0, 0.5, 1.0)}}, "0.5"),
        ({"palette": ((0, 0, 0), (1, 1, 1))}, "palette maps"),
        ({"palette": PALETTE, "classes": ("a", "b")}, "leave classes out"),
    ],
)
def test_classes_and_palettes_that_are_none(own, arguments, told):
    refused(own, told, **arguments)


def test_black_and_blue_are_colours_and_not_0_and_255(own):
    all_masks(own, shades(255 * INSIDE).convert("RGB"), ".jpg")
    blue = {"sky": (0, 0, 255), "night": (0, 0, 0)}
    refused(own, own[1] / "cat.jpg", "JPEG", palette=blue)


@pytest.mark.parametrize("size", [0, (4,), 4.5])
def test_a_size_that_is_none(own, size):
    with pytest.raises(ValueError, match="size is one number"):
        load_folder(*own, size)


# What is wrong with the folders


@pytest.mark.parametrize("folder", [None, ["a", "b"], 3, "~nobody-of-that-name/a"])
def test_a_folder_that_is_no_path(own, folder):
    for folders in ((folder, own[1]), (own[0], folder)):
        refused(folders, "paths of two folders", repr(folder))


def test_a_size_that_does_not_fit_into_memory(own):
    for size in (10**7, 10**9):
        with pytest.raises(ValueError, match="3 images of .* ask for a smaller size"):
            load_folder(*own, size)


def test_a_missing_mask(own):
    (own[1] / "dog.png").unlink()
    refused(own, own[0] / "dog.png", own[1], "no mask", kind=FileNotFoundError)


def test_a_mask_without_its_image(own):
    (own[0] / "dog.png").unlink()
    refused(own, own[1] / "dog.png", own[0], "no image", kind=FileNotFoundError)


@pytest.mark.parametrize(
    "other",
    ["dog_mask", "dog_mask_1", "dog_mask1", "dog_seg", "dog.png", "dog.seg.1"],
)
def test_two_masks_for_one_image(own, other):
    shades(255 * INSIDE).save(own[1] / f"{other}.png")
    refused(own, own[1] / "dog.png", f"{other}.png", "both masks of dog.png", "join")


def rename(folder: Path, **names):
    for old, new in names.items():
        (folder / f"{old}.png").rename(folder / f"{new}.png")


def test_a_mask_of_another_name_is_to_be_renamed(own):
    for name in ("dog_L", "dog (1)", "dog (mask)", "dog-2", "dog_mask_2"):
        rename(own[1], dog=name)
        path = own[1] / f"{name}.png"
        refused(own, path, "rename it to dog.png", kind=FileNotFoundError)
        rename(own[1], **{name: "dog"})
        assert len(load_folder(*own, SIZE)) == 3
        for path in cache.CACHE.iterdir():
            path.unlink()


def test_an_image_and_a_mask_of_unlike_names_are_both_named(own):
    rename(own[0], cat="cat_x", dog="dog_x", owl="owl_x")
    rename(own[1], cat="cat_y", dog="dog_y", owl="owl_y")
    kind = FileNotFoundError
    refused(own, own[1] / "cat_y.png", "cat_x.png has no mask", "one name", kind=kind)


def test_what_may_belong_to_two_images_belongs_to_none(own):
    rename(own[0], cat="dog_train", dog="dog_test")
    rename(own[1], cat="dog_gt", dog="dog_mask")
    refused(own, own[1] / "dog_gt.png", "dog_test.png", kind=FileNotFoundError)
    rename(own[1], dog_gt="dog_train_gt", dog_mask="dog_test_gt")
    assert load_folder(*own, SIZE).images[:, 0, 0, 0].tolist() == [10, 0, 20]


@pytest.mark.parametrize(
    "further",
    ["dog_mask_2", "dog_mask2", "dog-2", "DOG (1)", "dog_mask (copy)", "dog.seg.2"],
)
def test_a_further_mask_of_an_image_is_to_be_joined(own, further):
    path = own[1] / f"{further}.png"
    shades(255 * INSIDE).save(path)
    text = refused(own, path, "further mask of dog.png", "join")
    assert "away" not in text


def test_a_further_mask_belongs_to_the_image_of_the_longest_name(own):
    for folder, name in zip(own, ("dog (1)", "dog (1)_mask")):
        shades(255 * INSIDE).save(folder / f"{name}.png")
    shades(255 * INSIDE).save(own[1] / "dog (1)_mask_2.png")
    refused(own, "dog (1)_mask_2.png", "further mask of dog (1).png")


def test_two_images_of_one_name(own):
    picture().save(own[0] / "Dog.jpg")
    refused(own, "Dog.jpg", "dog.png", "one name")


@pytest.mark.parametrize("which", [0, 1])
def test_an_empty_folder(own, which):
    for path in own[which].iterdir():
        path.unlink()
    (own[which] / "notes.txt").touch()
    text = refused(own, own[which], "no images", kind=FileNotFoundError)
    assert "1 other file" in text


@pytest.mark.parametrize("which", [0, 1])
def test_a_folder_that_is_not_there(own, which):
    folders = list(own)
    folders[which] = own[which] / "gone"
    refused(folders, folders[which], "not a folder", kind=FileNotFoundError)


def test_one_folder_for_both(own):
    refused((own[0], own[0].parent / "masks" / ".." / "images"), own[0], "two folders")


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow on damaged .tif
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.7])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".gif", ".webp", ".bmp"])
def test_a_file_that_does_not_decode(own, which, kept, suffix):
    noise = np.random.default_rng(0).integers(0, 2, (4, 6)).astype(np.uint8) * 255
    (own[which] / "dog.png").unlink()
    path = own[which] / f"dog{suffix}"
    shades(noise).resize((6, 4)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else kept])
    refused(own, path, "not a readable image")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".gif", ".webp", ".bmp"])
def test_no_damage_to_a_file_ends_in_anything_but_a_sentence(own, suffix):
    """Any byte changed: the image is read, or its file is named."""
    (own[0] / "dog.png").unlink()
    path = own[0] / f"dog{suffix}"
    picture().save(path)
    content = path.read_bytes()
    for position in range(0, len(content), max(1, len(content) // 60)):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            open_image(path)
        except ValueError as error:
            assert str(path) in str(error) and "\n" not in str(error)


def test_an_image_and_a_mask_of_different_size(own):
    Image.new("1", (5, 4)).save(own[1] / "owl.png")
    refused(own, own[1] / "owl.png", "5 x 4", "owl.png is 6 x 4")


# The cache


def test_images_are_decoded_once(own, monkeypatch):
    first = load_folder(*own, SIZE)
    monkeypatch.setattr(Image, "open", None)
    again = load_folder(*own, SIZE)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.masks, again.masks)
    assert (again.names, again.classes) == (first.names, first.classes)


@pytest.mark.parametrize("which", [0, 1])
def test_a_changed_file_is_decoded_again(own, which):
    """As .bmp, which has the same number of bytes before and after."""
    for folder in own:
        with Image.open(folder / "cat.png") as image:
            image.save(folder / "cat.bmp")
        (folder / "cat.png").unlink()
    load_folder(*own, SIZE)
    path = own[which] / "cat.bmp"
    before = path.stat()
    [picture(9), shades(0 * INSIDE)][which].save(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    assert path.stat().st_size == before.st_size
    samples = load_folder(*own, SIZE)
    changed = [samples.images[0, 0, 0, 0] == 90, not samples.masks[0].any()]
    assert changed == [which == 0, which == 1]


def test_a_file_put_in_place_with_the_size_and_time_of_another_is_seen(own):
    """As `cp -p` does."""
    for folder in own:
        for path in list(folder.iterdir()):
            with Image.open(path) as image:
                image.save(path.with_suffix(".bmp"))
            path.unlink()
    path = own[1] / "cat.bmp"
    load_folder(*own, SIZE)
    before = path.stat()
    other = own[1].parent / "other.bmp"
    shades(0 * INSIDE).save(other)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(other, path)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_size == before.st_size
    assert not load_folder(*own, SIZE).masks[0].any()


def test_a_pair_more_or_less_is_seen(own):
    load_folder(*own, SIZE)
    for folder in own:
        (folder / "dog.png").unlink()
    samples = load_folder(*own, SIZE)
    assert samples.names == ("cat", "owl")
    assert samples.images[:, 0, 0, 0].tolist() == [0, 20]


def test_other_arguments_are_not_answered_from_the_cache(own):
    one = load_folder(*own, SIZE)
    other = load_folder(*own, SIZE, classes={255: "background", 0: "foreground"})
    assert one.classes == other.classes
    assert (one.masks != other.masks).all()
    assert load_folder(*own, (6, 4)).masks.shape == (3, 6, 4)


LOADING = """
import sys
from pathlib import Path
from utils.storage import cache
from utils.datasets import load_folder
cache.CACHE = Path(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
samples = load_folder(sys.argv[1], sys.argv[2], (4, 6))
print(samples.names, samples.masks.sum(), flush=True)
"""


def test_two_processes_may_load_at_once(own):
    root = Path(cache.__file__).parents[2]
    words = [sys.executable, "-c", LOADING, *map(str, (*own, cache.CACHE))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(words, cwd=root, **pipes) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        assert process.communicate()[0] == "('cat', 'dog', 'owl') 18\n"
    (path,) = cache.CACHE.iterdir()
    assert path.suffix == ".npz"
    assert (load_folder(*own, SIZE).masks == INSIDE).all()
