"""Masks in every format: the same map comes back, or one sentence names the file."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from utils.datasets import mads, nuclei, ph2
from utils.datasets.files.coding import OUTLINE, read_coding
from utils.datasets.files.masks import read_mask
from utils.datasets.files.pictures import open_image, open_mask

NAMES = ("road", "car", "tree", "sky", "sea", "hill")
COLOURS = ((0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 64, 128), (0, 0, 142), (9, 8, 7))
SPARE = ((0, 64, 0), (64, 0, 0))  # colours that no class has
PALETTE = dict(zip(NAMES, COLOURS))
often = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def read(path: Path, **arguments) -> np.ndarray:
    coding = read_coding(
        arguments.get("classes"), arguments.get("palette"), arguments.get("void")
    )
    return read_mask(open_mask(path), path, coding)


def outlined(path: Path) -> np.ndarray:
    return read_mask(open_mask(path), path, OUTLINE)


def refused(call, path: Path, *parts) -> str:
    """Call, which must fail with one sentence that names the file and every part."""
    with pytest.raises(ValueError) as caught:
        call(path)
    text = str(caught.value)
    assert type(caught.value) is ValueError and caught.value.__cause__ is None
    assert text.startswith(str(path)) and text.endswith(".") and "\n" not in text
    assert len(text) < 400 + len(str(path))
    for part in parts:
        assert part in text, text
    return text


@st.composite
def maps(draw, most=6):
    """A map of class ids, from 1 x 1 to 24 x 24, with the number of classes."""
    classes = draw(st.integers(2, most))
    height, width = draw(st.tuples(st.integers(1, 24), st.integers(1, 24)))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return generator.integers(0, classes, (height, width)).astype(np.uint8), classes


def grey_palette(ids):
    """The same greys, numbered from the other end, as GIF and `quantize` may do."""
    greys, ranks = np.unique(ids, return_inverse=True)
    mask = Image.fromarray((len(greys) - 1 - ranks).reshape(ids.shape).astype(np.uint8))
    mask.putpalette(greys[::-1].repeat(3).tobytes())
    return mask


def by_index(ids):
    """With a palette that has more colours than are ever used, as Pascal VOC's."""
    mask = Image.fromarray(ids)
    mask.putpalette([part for colour in (*COLOURS, *SPARE) for part in colour])
    return mask


def alpha(ids):
    return Image.fromarray(ids).convert("LA")


WAYS = {
    "png": (".png", Image.fromarray, {}),
    "png RGB": (".png", lambda ids: Image.fromarray(ids).convert("RGB"), {}),
    "png RGBA": (".png", lambda ids: Image.fromarray(ids).convert("RGBA"), {}),
    "png LA": (".png", alpha, {}),
    "png 16": (".png", lambda ids: Image.fromarray(ids.astype(np.uint16)), {}),
    "png P": (".png", grey_palette, {}),
    "png P in few bits": (".png", grey_palette, {"optimize": True}),
    "png quantised": (".png", lambda ids: Image.fromarray(ids).quantize(6), {}),
    "png P clear": (".png", grey_palette, {"transparency": 0}),
    "png by index": (".png", by_index, {}),
    "png by index, clear": (".png", by_index, {"transparency": 0}),
    "bmp": (".bmp", Image.fromarray, {}),
    "bmp RGB": (".bmp", lambda ids: Image.fromarray(ids).convert("RGB"), {}),
    "bmp P": (".bmp", grey_palette, {}),
    "bmp by index": (".bmp", by_index, {}),
    "gif": (".gif", Image.fromarray, {}),
    "gif P": (".gif", grey_palette, {}),
    "gif clear": (".gif", Image.fromarray, {"transparency": 0}),
    "tiff": (".tif", Image.fromarray, {}),
    "tiff LZW": (".tif", Image.fromarray, {"compression": "tiff_lzw"}),
    "tiff deflate": (".tiff", Image.fromarray, {"compression": "tiff_adobe_deflate"}),
    "tiff packbits": (".tif", Image.fromarray, {"compression": "packbits"}),
    "tiff RGB": (".tif", lambda ids: Image.fromarray(ids).convert("RGB"), {}),
    "tiff CMYK": (".tif", lambda ids: Image.fromarray(ids).convert("CMYK"), {}),
    "tiff LA": (".tif", alpha, {}),
    "tiff 16": (".tif", lambda ids: Image.fromarray(ids.astype(np.uint16)), {}),
    "tiff 32": (".tif", lambda ids: Image.fromarray(ids.astype(np.int32)), {}),
    "tiff float": (".tif", lambda ids: Image.fromarray(ids.astype(np.float32)), {}),
    "tiff P": (".tif", grey_palette, {}),
    "tiff PA": (".tif", lambda ids: grey_palette(ids).convert("PA"), {}),
    "tiff by index": (".tif", by_index, {}),
    "pgm": (".pgm", Image.fromarray, {}),
    "pgm 16": (".pgm", lambda ids: Image.fromarray(ids.astype(np.uint16)), {}),
    "ppm": (".ppm", lambda ids: Image.fromarray(ids).convert("RGB"), {}),
    "webp": (".webp", Image.fromarray, {"lossless": True}),
    "webp RGBA": (
        ".webp",
        lambda ids: Image.fromarray(ids).convert("RGBA"),
        {"lossless": True},
    ),
}
SHADES = [way for way in WAYS if "index" not in way]
ONE_BIT = {
    "png": (".png", {}),
    "bmp": (".bmp", {}),
    "tiff": (".tif", {}),
    "fax": (".tif", {"compression": "group4"}),
    "pbm": (".pbm", {}),
}


def stored(folder: Path, way: str, ids: np.ndarray) -> Path:
    suffix, make, options = WAYS[way]
    path = folder / f"mask{suffix}"
    make(ids).save(path, **options)
    return path


@pytest.mark.parametrize("way", WAYS)
@often
@given(case=maps())
def test_a_map_of_classes_comes_back(tmp_path, way, case):
    ids, classes = case
    path = stored(tmp_path, way, ids)
    if classes == 2:
        assert np.array_equal(outlined(path), ids)
    assert np.array_equal(read(path, classes=NAMES[:classes]), ids)


@pytest.mark.parametrize("way", SHADES)
@often
@given(case=maps(4), numbers=st.permutations(range(256)))
def test_values_named_one_by_one_come_back(tmp_path, way, case, numbers):
    ids, classes = case
    values = np.array(numbers[:classes], np.uint8)
    path = stored(tmp_path, way, values[ids])
    named = dict(zip(values.tolist(), NAMES))
    assert np.array_equal(read(path, classes=named), ids)


@pytest.mark.parametrize("way", SHADES)
@often
@given(case=maps(2))
def test_black_and_white_come_back(tmp_path, way, case):
    path = stored(tmp_path, way, 255 * case[0])
    for found in (read(path), outlined(path), read(path, classes=("sky", "bird"))):
        assert np.array_equal(found, case[0])


@pytest.mark.parametrize("way", ONE_BIT)
@often
@given(case=maps(2))
def test_one_bit_is_whatever_the_classes_say(tmp_path, way, case):
    suffix, options = ONE_BIT[way]
    path = tmp_path / f"mask{suffix}"
    Image.fromarray(case[0] > 0).save(path, **options)
    for classes in (None, ("a", "b"), {0: "a", 1: "b"}, {0: "a", 255: "b"}):
        assert np.array_equal(read(path, classes=classes), case[0]), classes
    assert np.array_equal(outlined(path), case[0])
    if case[0].any():
        refused(lambda path: read(path, void=255), path, "few shades", "8 bits")


@pytest.mark.parametrize("kind", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".gif", ".ppm"])
@often
@given(case=maps())
def test_colours_come_back(tmp_path, kind, suffix, case):
    ids, classes = case
    drawn = Image.fromarray(np.array(COLOURS, np.uint8)[ids])
    path = tmp_path / f"mask{suffix}"
    drawn = drawn.quantize(8) if kind == "P" else drawn.convert(kind)
    drawn = drawn.convert("RGB") if suffix == ".ppm" else drawn
    drawn.save(path, **({"lossless": True} if suffix == ".webp" else {}))
    palette = dict(list(PALETTE.items())[:classes])
    if (suffix, kind) == (".gif", "RGBA"):  # Pillow changes colours as it saves them
        ids = np.asarray(Image.open(path).convert("RGB"))
        ids = (ids[..., None, :] == list(palette.values())).all(-1)
        if not ids.any(-1).all():
            refused(lambda path: read(path, palette=palette), path, "palette")
            return
        ids = ids.argmax(-1)
    assert np.array_equal(read(path, palette=palette), ids)


def numbered(ids, order):
    """Each colour that occurs, and no other, numbered in any order."""
    used = [i for i in order if (ids == i).any()]
    mask = Image.fromarray(np.argmax(ids[..., None] == used, -1).astype(np.uint8))
    mask.putpalette([part for i in used for part in COLOURS[i]])
    return mask


def read_or_told(path: Path, ids: np.ndarray, classes: int) -> None:
    """Demand the same map, or one sentence with advice that leads to it."""
    palette = dict(list(PALETTE.items())[: max(2, classes)])
    named = (
        {"classes": NAMES[:classes]},
        {"classes": dict(enumerate(NAMES[:classes]))},
    )
    for arguments in (*named, *[{}] * (classes == 2)):
        try:
            assert np.array_equal(read(path, **arguments), ids)
        except ValueError:
            refused(lambda path, a=arguments: read(path, **a), path, "palette={")
            assert np.array_equal(read(path, palette=palette), ids)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".bmp", ".tif"])
@often
@given(case=maps(), order=st.permutations(range(6)), spare=st.integers(0, 3))
def test_colours_in_any_order_are_not_mixed_up(tmp_path, suffix, case, order, spare):
    """Programs fill palettes up with black, or white."""
    ids, classes = case
    path = tmp_path / f"mask{suffix}"
    mask = numbered(ids, order)
    mask.putpalette([*mask.getpalette(), *[0, 0, 0] * spare, *[255] * 3 * spare])
    mask.save(path)
    read_or_told(path, ids, classes)


QUANTISED = {
    "median cut": lambda image: image.quantize(8),
    "coverage": lambda image: image.quantize(256, Image.Quantize.MAXCOVERAGE),
    "octree": lambda image: image.quantize(256, Image.Quantize.FASTOCTREE),
    "adaptive": lambda image: image.convert("P", palette=Image.Palette.ADAPTIVE),
}


@pytest.mark.parametrize("way", QUANTISED)
@pytest.mark.parametrize("suffix", [".gif", ".png", ".bmp", ".tif"])
@often
@given(case=maps(5))
def test_colours_that_a_program_has_numbered(tmp_path, way, suffix, case):
    ids, classes = case
    path = tmp_path / f"mask{suffix}"
    QUANTISED[way](Image.fromarray(np.array(COLOURS, np.uint8)[ids])).save(path)
    read_or_told(path, ids, classes)


@pytest.mark.parametrize("suffix", [".gif", ".png", ".bmp", ".tif"])
def test_the_palette_of_the_web_has_no_classes(tmp_path, suffix):
    """Red is 15 in it, which is a class where there are 21."""
    path = tmp_path / f"mask{suffix}"
    drawn = np.array([[(0, 0, 0), (255, 0, 0)]], np.uint8)
    Image.fromarray(drawn).convert("P").save(path)
    classes = tuple(map(str, range(21)))
    refused(lambda path: read(path, classes=classes), path, "palette={")
    palette = {"a": (0, 0, 0), "b": (255, 0, 0)}
    assert read(path, palette=palette).tolist() == [[0, 1]]


LOSSY = {
    "JPEG": (".jpg", {}),
    "WebP": (".webp", {"quality": 90}),
    "TIFF": (".tif", {"compression": "jpeg"}),
    "JPEG 2000": (".png", {"format": "JPEG2000"}),
}


@pytest.mark.parametrize("name", LOSSY)
@often
@given(case=maps())
def test_classes_do_not_survive_where_pixels_are_changed(tmp_path, name, case):
    ids, classes = case
    suffix, options = LOSSY[name]
    path = tmp_path / f"mask{suffix}"
    Image.fromarray(ids).convert("RGB").save(path, **options)
    names = {i: NAMES[i] for i in range(classes)}
    text = refused(lambda path: read(path, classes=names), path, "PNG")
    assert name in text and "classes cannot be told" in text


# JPEG


def drawing(seed: int, size=96) -> np.ndarray:
    """White shapes on black, bool: discs, bars and polygons, no thinner than 5."""
    generator = np.random.default_rng(seed)
    image = Image.new("L", (size, size))
    pen = ImageDraw.Draw(image)
    for _ in range(generator.integers(1, 5)):
        x, y = generator.integers(0, size, 2).tolist()
        side = int(generator.integers(8, size // 2))
        shade = int(generator.choice([0, 255, 255]))
        draw = (pen.ellipse, pen.rectangle, pen.line)[generator.integers(3)]
        more = {"width": 5} if draw == pen.line else {}
        draw((x, y, x + side, y + side), fill=shade, **more)
    return np.asarray(image) > 0


@pytest.mark.parametrize("quality", [10, 20, 30, 50, 75, 85, 95])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@often
@given(seed=st.integers(0, 10**6), smooth=st.booleans())
def test_ringing_at_borders_is_no_third_grey(tmp_path, quality, mode, seed, smooth):
    inside = drawing(seed, 256 if smooth else 96)
    path = tmp_path / "mask.jpg"
    image = Image.fromarray(255 * inside.astype(np.uint8))
    if smooth and quality > 50:
        large = image.resize((1024, 1024)).filter(ImageFilter.GaussianBlur(2))
        image = large.resize((256, 256), Image.Resampling.BOX)
    if inside.any():
        image.convert(mode).save(path, quality=quality)
        for found in (read(path), outlined(path)):
            assert (found != inside).mean() < 0.03
        refused(lambda path: read(path, void=128), path, "void", "PNG")


@pytest.mark.parametrize("quality", [20, 50, 75, 95])
@often
@given(
    seed=st.integers(0, 10**6),
    side=st.integers(20, 40),
    corner=st.tuples(st.integers(0, 56), st.integers(0, 56)),
    grey=st.integers(36, 220),
)
def test_an_even_spot_of_grey_in_a_jpeg(tmp_path, quality, seed, side, corner, grey):
    tones = 255 * drawing(seed, 200).astype(np.uint8)
    tones[:24] = 255
    row, column = corner[0] + 30, corner[1]
    tones[row : row + side, column : column + side] = grey
    path = tmp_path / "mask.jpg"
    Image.fromarray(tones).save(path, quality=quality)
    for call in (read, outlined, lambda path: read(path, classes=("a", "b"))):
        refused(call, path, "not black and white")


@pytest.mark.parametrize("quality", [50, 75, 95])
@often
@given(
    seed=st.integers(0, 10**6),
    side=st.integers(12, 30),
    colour=st.sampled_from(
        [(255, 0, 0), (0, 255, 0), (0, 0, 142), (128, 64, 128), (255, 255, 0)]
    ),
)
def test_a_spot_of_colour_in_a_jpeg(tmp_path, quality, seed, side, colour):
    tones = np.repeat(255 * drawing(seed)[..., None].astype(np.uint8), 3, -1)
    tones[-side:, 3 : 3 + side] = colour
    path = tmp_path / "mask.jpg"
    Image.fromarray(tones).save(path, quality=quality)
    for call in (read, outlined):
        refused(call, path, "colours", "PNG")


def test_the_small_red_dog_beside_the_white_cat(tmp_path):
    mask = np.zeros((200, 200, 3), np.uint8)
    mask[20:120, 20:120] = 255
    mask[150:190, 150:190] = 255, 0, 0
    Image.fromarray(mask).save(tmp_path / "mask.jpg", quality=95)
    refused(read, tmp_path / "mask.jpg", "in colours, (37, 0, 0) at row 149")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    refused(read, tmp_path / "mask.png", "palette=")
    refused(outlined, tmp_path / "mask.png", "in colours")


@pytest.mark.parametrize("grey", [60, 100, 128, 200])
def test_a_spot_of_grey_in_a_published_mask(tmp_path, grey):
    mask = np.zeros((200, 200), np.uint8)
    mask[20:120, 20:120] = 255
    mask[150:160, 150:160] = grey
    Image.fromarray(mask).save(tmp_path / "mask.png")
    refused(outlined, tmp_path / "mask.png", f"spot of grey, {grey} at row 151")


# More than 8 bits


def png16(path: Path, values) -> Path:
    """Write uint16 (H, W, C) as a PNG of 16 bits: grey and alpha, RGB or RGBA."""
    values = np.asarray(values, ">u2")
    height, width, channels = values.shape
    kind = {2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def tiff(path: Path, values, **more) -> Path:
    """Write an array by the library that science uses."""
    tifffile = pytest.importorskip("tifffile")
    colour = values.ndim == 3 and values.shape[-1] in (3, 4)
    options = {"photometric": "rgb" if colour else "minisblack", **more}
    if values.ndim == 3:
        options.setdefault("planarconfig", "contig")
    tifffile.imwrite(path, values, **options)
    return path


def ppm16(path: Path, values) -> Path:
    height, width, _ = values.shape
    head = f"P6\n{width} {height}\n65535\n".encode()
    path.write_bytes(head + values.astype(">u2").tobytes())
    return path


DEEP = {
    "png": (".png", png16),
    "tiff": (".tif", tiff),
    "tiff, big end": (".tif", lambda *a: tiff(*a, byteorder=">")),
    "tiff deflate": (".tif", lambda *a: tiff(*a, compression="zlib")),
    "tiff big deflate": (
        ".tif",
        lambda *a: tiff(*a, compression="zlib", byteorder=">"),
    ),
    "tiff tiles": (".tif", lambda *a: tiff(*a, tile=(16, 16))),
    "ppm": (".ppm", ppm16),
}


@pytest.mark.parametrize("way", DEEP)
@pytest.mark.parametrize("scale", [1, 257])
@often
@given(case=maps(), opaque=st.booleans())
def test_16_bits_in_three_channels_are_all_read(tmp_path, way, scale, case, opaque):
    ids, classes = case
    suffix, write = DEEP[way]
    path = tmp_path / f"mask{suffix}"

    def store(values):
        values = values.astype(np.uint16)[..., None].repeat(3, -1)
        if opaque and way != "ppm":
            values = np.concatenate((values, 0 * values[..., :1] + 65535), -1)
        write(path, values)

    store(ids.astype(int) * scale)
    assert np.array_equal(read(path, classes=NAMES[:classes]), ids)
    if classes == 2:
        assert np.array_equal(outlined(path), ids)
        store(ids.astype(int) * 255 * scale)
        assert np.array_equal(read(path), ids)


@pytest.mark.parametrize("way", DEEP)
@often
@given(case=maps())
def test_colours_of_16_bits_are_classes_by_a_palette(tmp_path, way, case):
    ids, classes = case
    suffix, write = DEEP[way]
    values = np.array(COLOURS, np.uint16)[ids]
    palette = dict(list(PALETTE.items())[:classes])
    for scale in (1, 257):
        path = write(tmp_path / f"mask{suffix}", values * scale)
        assert np.array_equal(read(path, palette=palette), ids)


@pytest.mark.parametrize("way", DEEP)
def test_a_picture_of_16_bits_a_channel_is_stretched(tmp_path, way):
    """12 bits in 16, as many cameras give: 0 to 4080."""
    suffix, write = DEEP[way]
    shown = np.arange(300).reshape(10, 10, 3) % 256
    path = write(tmp_path / f"image{suffix}", (shown * 16).astype(np.uint16))
    assert np.array_equal(np.asarray(open_image(path)), shown)


@pytest.mark.parametrize("channels", [2, 3])
def test_16_bits_that_cannot_be_read_are_told(tmp_path, channels):
    values = np.full((4, 6, channels), 300, np.uint16)
    values[1, 2] = 500
    path = png16(tmp_path / "mask.png", values)
    refused(open_mask, path, f"16 bits in {channels} channels", "8 bits, or as grey")
    if channels == 2:
        refused(open_image, path, "16 bits in 2 channels")


@pytest.mark.parametrize("call", [open_image, open_mask])
def test_planes_of_16_bits_are_told(tmp_path, call):
    values = np.ones((3, 4, 6), np.uint16)
    path = tiff(tmp_path / "a.tif", values, photometric="rgb", planarconfig="separate")
    refused(call, path, "16 bits in 3 channels")


@pytest.mark.parametrize("kind", ["png", "tiff", "pgm"])
@often
@given(case=maps(2))
def test_white_of_16_bits_is_white(tmp_path, kind, case):
    path = tmp_path / f"mask.{kind}"
    Image.fromarray(case[0].astype(np.uint16) * 65535).save(path)
    for classes in (None, ("a", "b"), {0: "a", 255: "b"}):
        assert np.array_equal(read(path, classes=classes), case[0])
    assert np.array_equal(outlined(path), case[0])


@pytest.mark.parametrize("head", ["P2", "P5"])
@pytest.mark.parametrize("highest", [1, 2, 3, 5, 100, 150, 254, 255, 300, 65535])
@often
@given(case=maps())
def test_a_pgm_holds_the_numbers_that_were_written(tmp_path, head, highest, case):
    ids = np.minimum(case[0], min(highest, 255))
    path = tmp_path / "mask.pgm"
    binary = ids.astype(">u2" if highest > 255 else "u1").tobytes()
    text = " ".join(map(str, ids.ravel().tolist())).encode()
    size = f"{ids.shape[1]} {ids.shape[0]}"
    body = binary if head == "P5" else text
    path.write_bytes(f"{head}\n{size}\n{highest}\n".encode() + body)
    assert np.array_equal(read(path, classes=NAMES), ids)


# Frames


@pytest.mark.parametrize("call", [open_image, open_mask])
@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_several_frames_are_told(tmp_path, suffix, call):
    first, second = (Image.new("RGB", (6, 4), colour) for colour in ("red", "blue"))
    path = tmp_path / f"several{suffix}"
    first.save(path, save_all=True, append_images=[second])
    refused(call, path, "2 frames or pages")
    first.save(path, save_all=True)
    assert call(path).size == (6, 4)


# What has no class


def test_void_pixels_become_255_and_classes_keep_their_ids(tmp_path):
    path = tmp_path / "mask.png"
    for values, arguments, expected in (
        ([[0, 1, 255]], {"void": 255}, [[0, 1, 255]]),
        ([[0, 255, 128]], {"void": 128}, [[0, 1, 255]]),
        ([[0, 255, 1]], {"void": 1}, [[0, 1, 255]]),
        ([[0, 1, 9]], {"void": 9, "classes": ("a", "b")}, [[0, 1, 255]]),
        ([[0, 2, 255]], {"void": 255, "classes": ("a", "b", "c")}, [[0, 2, 255]]),
        ([[7, 26, 0]], {"void": 0, "classes": {7: "a", 26: "b"}}, [[0, 1, 255]]),
    ):
        Image.fromarray(np.array(values, np.uint8)).save(path)
        assert read(path, **arguments).tolist() == expected
    by_index(np.array([[0, 3, 5]], np.uint8)).save(path)
    assert read(path, void=5, classes=NAMES[:4]).tolist() == [[0, 3, 255]]
    Image.fromarray(np.array([COLOURS[:3]], np.uint8)).save(path)
    palette = {"a": COLOURS[0], "b": COLOURS[2]}
    assert read(path, palette=palette, void=COLOURS[1]).tolist() == [[0, 255, 1]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"void": 256}, "0 to 255, not 256"),
        ({"void": -1}, "not -1"),
        ({"void": "void"}, "not 'void'"),
        ({"void": True}, "not True"),
        ({"void": (0, 0, 0)}, "not (0, 0, 0)"),
        ({"void": 0}, "name one for 0"),
        ({"void": 2, "classes": ("a", "b", "c")}, "name one for 2"),
        ({"void": 255, "classes": {0: "a", 255: "b"}}, "name one for 255"),
        ({"void": 255, "palette": PALETTE}, "void is three whole numbers"),
        ({"void": (128, 0, 0), "palette": PALETTE}, "name one for (128, 0, 0)"),
        ({"void": 255, "classes": tuple(map(str, range(256)))}, "name one for 255"),
    ],
)
def test_a_void_that_is_none(arguments, told):
    with pytest.raises(ValueError) as caught:
        read_coding(
            arguments.get("classes"), arguments.get("palette"), arguments["void"]
        )
    assert told in str(caught.value) and str(caught.value).endswith(".")


# Advice


def stuff(path: Path, values) -> Path:
    Image.fromarray(np.asarray(values)).save(path)
    return path


def test_advice_can_be_followed(tmp_path):
    """To name a value, where that is said, and never where it cannot be done."""
    path = stuff(tmp_path / "a.png", np.array([[0, 255, 37]], np.uint8))
    refused(read, path, "classes={..., 37: ...}")
    assert read(path, classes={0: "a", 255: "b", 37: "c"}).tolist() == [[0, 1, 2]]
    path = stuff(tmp_path / "a.png", np.array([[0, 700]], np.uint16))
    assert "name" not in refused(read, path, "700 at row 0, column 1", "8 bits")
    for value in (0.5, np.nan, np.inf, -1.0):
        path = stuff(tmp_path / "a.tif", np.array([[0, value]], np.float32))
        text = refused(read, path, f"{value} at row 0, column 1", "8 bits")
        assert "name" not in text
    assert "classes={" not in refused(outlined, path, "black and white")


@pytest.mark.parametrize("most", [12, 40, 200, 300])
def test_numbers_of_things_are_not_taken_for_classes(tmp_path, most):
    values = np.arange(most + 1).astype(np.uint16 if most > 255 else np.uint8)
    for order in (1, -1):
        path = stuff(tmp_path / "a.png", values[None, ::order])
        text = refused(read, path, "instances", f"up to {most}")
        assert "classes={" not in text


def test_white_as_1_is_white_in_every_data_set(tmp_path):
    """In PH2, MADS and the nuclei, as in one's own images."""
    ids = np.zeros((4, 6), np.uint8)
    ids[1:3, 2:4] = 1
    image = stuff(tmp_path / "image.png", np.zeros((4, 6, 3), np.uint8))
    for shown in (ids, 255 * ids, ids > 0, ids.astype(np.uint16) * 65535):
        mask = stuff(tmp_path / "mask.png", shown)
        assert np.array_equal(ph2.read_case(image, mask)[1], ids)
        assert np.array_equal(mads.read_frame(image, mask)[1], ids)
        assert np.array_equal(nuclei.read_case(image, [mask])[1], ids)
    mask = stuff(tmp_path / "mask.png", 30 * ids)
    refused(lambda path: ph2.read_case(image, path), mask, "pixel is 30, where white")
    refused(lambda path: mads.read_frame(image, path), mask, "pixel is 30, where white")
    refused(lambda path: nuclei.read_case(image, [path]), mask, "pixel is 30")


@pytest.mark.parametrize("call", [ph2.read_case, mads.read_frame])
def test_a_mask_with_black_and_white_swapped_is_told(tmp_path, call):
    image = stuff(tmp_path / "image.png", np.zeros((4, 6, 3), np.uint8))
    swapped = np.full((4, 6), 255, np.uint8)
    mask = stuff(tmp_path / "mask.png", swapped)
    refused(lambda path: call(image, path), mask, "is all white")
    swapped[1:3, 2:4] = 0
    mask = stuff(tmp_path / "mask.png", swapped)
    refused(lambda path: call(image, path), mask, "black and white were swapped")


@pytest.mark.parametrize("call", [open_image, open_mask])
@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ("empty", "whole copy")),
        (b"version https://git-lfs.github.com/spec/v1\noid", ("git lfs pull",)),
        (b"\n<!DOCTYPE html><html>Sign in</html>", ("a web page", "download")),
        (b"<html><body>404</body></html>", ("a web page", "download")),
        (b"%PDF-1.7 ...", ("a PDF", "export")),
        (b"PK\x03\x04 ...", ("ZIP", "unpack")),
        (b"\0\0\0\x18ftypheic....", ("HEIC", "export")),
        (b"my notes, line 1", ("no known format", "export")),
    ],
)
def test_files_that_are_no_images_are_told_apart(tmp_path, call, content, parts):
    path = tmp_path / "image.png"
    path.write_bytes(content)
    refused(call, path, "not a readable image", *parts)


@pytest.mark.parametrize("call", [open_image, open_mask])
@pytest.mark.parametrize(
    ("shape", "kind", "told"),
    [
        ((4, 6, 5), "u1", "5 channels of 8 bits"),
        ((4, 6, 2), "u2", "2 channels of 16 bits (whole numbers)"),
        ((4, 6), "f8", "1 channel of 64 bits (decimal numbers)"),
        ((4, 6), "f2", "16 bits (decimal numbers)"),
        ((4, 6), "i8", "64 bits (whole numbers with a sign)"),
        ((4, 6, 3), "f4", "3 channels of 32 bits (decimal numbers)"),
    ],
)
def test_a_whole_tiff_of_a_rare_kind_is_not_called_damaged(
    tmp_path, call, shape, kind, told
):
    path = tiff(tmp_path / "a.tif", np.zeros(shape, kind))
    assert "damaged" not in refused(call, path, told, "convert it to 8 bits")


@pytest.mark.parametrize("call", [open_image, open_mask])
def test_huge_pictures_are_told_or_read_in_silence(
    tmp_path, monkeypatch, recwarn, call
):
    path = stuff(tmp_path / "a.png", np.zeros((30, 50), np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert call(path).size == (50, 30) and not recwarn.list
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    assert "copy" not in refused(call, path, "1,000 pixels", "shrink")


def test_parts_told_by_transparency_alone(tmp_path):
    mask = Image.fromarray(np.array([[0, 1]], np.uint8))
    mask.putpalette(bytes(6))
    mask.save(tmp_path / "a.png", transparency=bytes([0, 255]))
    refused(read, tmp_path / "a.png", "transparency")
    colours = np.zeros((1, 2, 4), np.uint8)
    path = stuff(tmp_path / "a.png", colours)
    refused(lambda path: read(path, palette=PALETTE), path, "transparent at row 0")


@pytest.mark.parametrize("mode", ["LAB", "YCbCr"])
@pytest.mark.parametrize("level", [0, 100, 255])
def test_masks_in_rare_colours_are_not_called_transparent(tmp_path, mode, level):
    path = tmp_path / "a.tif"
    Image.new(mode, (6, 4), (level,) * 3).save(path)
    for call in (read, outlined, lambda path: read(path, palette=PALETTE)):
        told = refused(call, path, f"in the colours of {mode}", "RGB")
        assert "transparent" not in told


def test_colours_that_do_not_become_rgb_are_told(tmp_path, monkeypatch):
    """As those in LAB, where Pillow is older."""
    path = tmp_path / "a.tif"
    Image.new("LAB", (6, 4)).save(path)

    def convert(self, mode):
        raise ValueError(f"conversion from {self.mode} to {mode} not supported")

    monkeypatch.setattr(Image.Image, "convert", convert)
    refused(open_image, path, "colours of LAB", "save it in RGB")
