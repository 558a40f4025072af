"""Figures of own data: many classes, void, any size, any letter, any mistake."""

import io
import warnings

import matplotlib
import numpy as np
import pytest
import torch
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.font_manager import fontManager
from PIL import Image

from utils import fonts, palette, plotting

matplotlib.use("agg")

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
MASK = np.zeros((12, 16), np.uint8)
MASK[3:9, 4:12] = 1
BORDER = MASK.copy()  # void at the top
BORDER[0] = 255
MANY = np.arange(12 * 16).reshape(12, 16) % 21
NAMES = [f"class {number}" for number in range(21)]
VOID = palette.rgb(palette.VOID)[0]
HANGUL = "\uace0\uc591\uc774"  # cat


def stored(drawing) -> bytes:
    """Draw a figure as a notebook does."""
    file = io.BytesIO()
    drawing.savefig(file, format="png", bbox_inches="tight")
    return file.getvalue()


def legends_of(drawing) -> dict[str, str]:
    """The colour of each name in the legends of a figure."""
    return {
        text.get_text(): to_hex(handle.get_facecolor()).upper()
        for legend in drawing.legends
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }


def drawn(axis) -> np.ndarray:
    return np.asarray(axis.images[0].get_array()).astype(int)


@pytest.mark.parametrize("count", [9, 19, 21, 60, 255])
def test_many_classes_are_painted_and_named_on_the_figure(shown, count):
    mask = np.arange(count)[None].repeat(20, axis=0)
    names = [f"class {number}" for number in range(count)]
    plotting.show_label_map(mask, names)
    named = legends_of(shown[0])
    assert list(named) == names
    painted = [to_hex(colour / 255).upper() for colour in palette.paint(mask)[0]]
    assert list(named.values()) == painted and len(set(painted)) == count
    plotting.show_images([palette.paint(mask)] * 4, classes=names)
    assert legends_of(shown[1]) == named
    for drawing in shown:
        drawing.draw_without_rendering()
        box = drawing.legends[0].get_window_extent()
        assert drawing.bbox.padded(2).fully_containsx(box.x1)
        assert drawing.bbox.padded(2).fully_containsy(box.y0)
        assert drawing.bbox.padded(2).fully_containsy(box.y1)


def test_void_has_a_colour_of_its_own_wherever_it_is_drawn():
    assert (palette.paint(BORDER)[0] == VOID).all()
    assert (palette.paint(BORDER)[1:] == palette.paint(MASK)[1:]).all()
    assert (palette.overlay(IMAGE, BORDER, 1)[0] == VOID).all()
    assert (palette.error_map(IMAGE, BORDER, MASK)[0] == VOID).all()
    assert (palette.paint(MASK * 2, void=2)[MASK == 1] == VOID).all()
    assert (palette.paint(MASK.astype(int) - 1, void=-1)[MASK == 0] == VOID).all()
    assert (palette.paint(MASK * 255, void=255)[MASK == 1] == VOID).all()


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("classes", [(), ("background", "lesion")])
def test_no_prediction_is_wrong_where_the_truth_is_void(shown, copied, classes):
    answer = BORDER if copied else MASK
    plotting.show_predictions([IMAGE], [BORDER], [answer], classes=classes)
    errors = drawn(shown[0].axes[3])
    assert (abs(errors[0] - VOID) < 8).all()
    assert np.ptp(errors[1:], axis=-1).max() == 0  # grey
    named = legends_of(shown[0])
    assert named["void"] == palette.VOID and "wrong class" not in named
    plotting.show_predictions([IMAGE], [MASK], [MASK], classes=classes)
    assert "void" not in legends_of(shown[1])


def test_a_legend_names_void_once(shown):
    plotting.show_label_map(BORDER, ["background", "lesion"])
    plotting.show_label_map(MASK * 2, ["background", "lesion", "unsure"], void=2)
    plotting.show_images([palette.paint(BORDER)], classes=["a", "b"], void=255)
    assert list(legends_of(shown[0])) == ["background", "lesion", "void"]
    assert legends_of(shown[1])["unsure"] == palette.VOID
    assert list(legends_of(shown[1])) == ["background", "lesion", "unsure"]
    assert legends_of(shown[2])["void"] == palette.VOID


@pytest.mark.parametrize(
    "draw",
    [
        lambda white: palette.paint(white),
        lambda white: palette.overlay(IMAGE, white),
        lambda white: palette.error_map(IMAGE, MASK, white),
        lambda white: palette.error_map(IMAGE, white, MASK),
        lambda white: plotting.show_label_map(white, ["background", "lesion"]),
        lambda white: plotting.show_predictions([IMAGE], [white], [MASK]),
        lambda white: plotting.show_predictions([IMAGE], [MASK], [white]),
    ],
)
def test_a_white_object_is_not_taken_for_void(shown, draw):
    with pytest.raises(ValueError, match="255 alone: give mask > 0 if .* void=255"):
        draw(MASK * 255)


@pytest.mark.parametrize("mode", ["P", "CMYK", "HSV", "RGB"])
def test_an_image_of_pil_has_its_colours(shown, mode):
    red = Image.new("RGB", (4, 3), (255, 0, 0))
    plotting.show_images([red.convert(mode)])
    assert (drawn(shown[0].axes[0]) == (255, 0, 0)).all()


@pytest.mark.parametrize("shape", [(20000, 1), (1, 20000), (1, 1), (5000, 60)])
def test_an_image_of_any_shape_is_drawn_where_it_can_be_seen(shown, shape):
    image = np.zeros(shape, np.uint8)
    plotting.show_images([image])
    plotting.show_label_map(image, ["background"])
    plotting.show_predictions([image], [image], [image])
    for drawing in shown:
        assert len(stored(drawing)) > 0
        box = drawing.axes[0].get_window_extent()
        assert box.width > 10 and box.height > 10
        assert np.allclose(drawing.axes[0].get_xlim(), (-0.5, shape[1] - 0.5))


def test_images_of_several_shapes_get_the_height_that_they_need(shown):
    wide, tall = np.zeros((4, 40), np.uint8), np.zeros((400, 100), np.uint8)
    plotting.show_images([wide, tall], columns=1)
    plotting.show_images([tall, wide], columns=2)
    plotting.show_predictions([wide, tall], [wide, tall], [wide, tall])
    for drawing in shown:
        drawing.draw_without_rendering()
        boxes = [axis.get_window_extent() for axis in drawing.axes]
        assert min(box.height for box in boxes) > 8
        assert max(box.height for box in boxes) > 4 * 100


@pytest.mark.parametrize("name", ["cost_$5_$6.png", r"a\$b", "_background_", "$\\x$"])
def test_names_are_drawn_as_they_are_written(shown, name):
    plotting.show_images([IMAGE], [name], classes=[name, "$b$"])
    plotting.show_predictions([IMAGE], [MASK], [MASK], [name], classes=[name, "$b$"])
    plotting.learning_curves({name: {"loss": [1, 2]}, "$b$": {"loss": [2, 1]}})
    plotting.score_strip([0.5], [0], [name], score_name="$b$")
    assert shown[0].axes[0].get_title() == name
    assert shown[1].axes[0].get_ylabel() == name
    assert [name, "$b$"] == list(legends_of(shown[0]))
    assert {name, "$b$"} <= {*legends_of(shown[1])}
    assert [t.get_text() for t in shown[2].legends[0].get_texts()][2:] == [name, "$b$"]
    for drawing in shown:
        stored(drawing)


@pytest.mark.parametrize("name", ["a\udc80b", "a\tb", "a\x00b"])
def test_letters_that_cannot_be_drawn_become_gaps(shown, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.show_images([IMAGE], [name])
        stored(shown[0])
    assert shown[0].axes[0].get_title() == "a b"


@pytest.fixture
def no_korean_font(monkeypatch):
    monkeypatch.setattr(fonts, "_find_new_fonts", lambda: None)
    monkeypatch.setattr(fonts, "_told", set())
    with matplotlib.rc_context({"font.family": ["DejaVu Sans"]}):
        yield


def test_letters_without_a_font_are_told_in_one_sentence_once(shown, no_korean_font):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(2):
            plotting.show_images([IMAGE], [HANGUL], classes=[HANGUL])
            plotting.show_predictions([IMAGE], [MASK], [MASK], [HANGUL])
            plotting.learning_curves({HANGUL: {"loss": [1]}, "b": {"loss": [1]}})
            plotting.score_strip([0.5], [0], [HANGUL])
        for drawing in shown:
            stored(drawing)
    assert len(told) == 1
    assert "install NanumGothic" in str(told[0].message)


@pytest.fixture
def korean_font(tmp_path):
    """Install a font of the name and the letters of a Korean one."""
    letters = [ord(letter) for letter in HANGUL]
    glyphs = {name: TTGlyphPen(None).glyph() for name in (".notdef", "box")}
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap(dict.fromkeys(letters, "box"))
    font.setupGlyf(glyphs)
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "NanumGothic", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "nanum.ttf")
    listed = list(fontManager.ttflist)
    yield tmp_path / "nanum.ttf"
    fontManager.ttflist[:] = listed


@pytest.mark.parametrize("when", ["before", "after"])
def test_korean_letters_come_from_a_korean_font(
    shown, no_korean_font, korean_font, when, monkeypatch
):
    """Before Matplotlib listed the fonts, or after."""
    if when == "before":
        fontManager.addfont(korean_font)
        fonts.use_korean()
    else:
        monkeypatch.undo()
        monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()))
        found = [str(korean_font)]
        monkeypatch.setattr(fonts.font_manager, "findSystemFonts", lambda: found)
        fonts._find_new_fonts.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plotting.show_images([IMAGE], [HANGUL])
        stored(shown[0])
    families = matplotlib.rcParams["font.sans-serif"]
    assert families[:4] == ["DejaVu Sans", *fonts.KOREAN[:3]]


def test_a_name_of_a_file_on_a_mac_is_put_together():
    apart = "\u1100\u1169"
    assert len(apart) == 2 and fonts.unicodedata.normalize("NFC", apart) == "\uace0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fonts.drawable(apart) == "\uace0"


@pytest.mark.parametrize("kind", ["list", "tensor", "with gradient", "generator"])
def test_figures_take_what_people_have(shown, kind):
    make = {
        "list": lambda values: [*values],
        "tensor": torch.tensor,
        "with gradient": lambda values: torch.tensor(values, requires_grad=True),
        "generator": iter,
    }[kind]
    stack = torch.tensor if "e" in kind and kind != "generator" else np.asarray
    plotting.show_predictions(
        stack(IMAGE[None]), stack(MASK[None]), stack(MASK[None]), scores=make([0.5])
    )
    plotting.score_strip(make([0.5, 0.7]))
    plotting.learning_curves({"loss": make([0.5, 0.7])})
    assert shown[0].axes[0].get_ylabel() == "Dice 0.50"
    assert np.allclose(shown[1].axes[0].collections[0].get_offsets()[:, 0], [0.5, 0.7])
    assert np.allclose(shown[2].axes[0].lines[0].get_ydata(), [0.5, 0.7])


def test_the_history_of_keras_is_a_history(shown):
    class History:
        history = {"loss": [0.9, 0.5], "val_loss": [0.8, 0.6], "val_dice": [0.5, 0.7]}

    plotting.learning_curves(History())
    plotting.learning_curves({"a": History(), "b": History.history})
    for drawing in shown:
        loss, score = drawing.axes
        assert loss.lines[1].get_ydata().tolist() == [0.8, 0.6]
        assert score.lines[0].get_ydata().tolist() == [0.5, 0.7]


def test_curves_out_of_the_usual_range_stay_on_the_plot(shown):
    plotting.learning_curves({"loss": [1, -3], "validation_dice": [50, 80]})
    loss, score = shown[0].axes
    assert loss.get_ylim()[0] <= -3 and score.get_ylim()[1] >= 80


def test_a_score_of_nothing_is_left_out_of_the_mean(shown):
    plotting.score_strip([0.5, float("nan"), None, 0.7])
    label = shown[0].axes[0].get_yticklabels()[0].get_text()
    assert label == "all images\nmean 0.60, n = 2"


MISUSES = {
    "one image": (lambda: plotting.show_images(IMAGE), r"\[image\]"),
    "one grey image": (lambda: plotting.show_images(MASK), r"\[image\]"),
    "no column": (lambda: plotting.show_images([IMAGE], columns=0), "from 1 on, not 0"),
    "columns < 0": (lambda: plotting.show_images([IMAGE], columns=-1), "not -1"),
    "empty": (lambda: plotting.show_images([IMAGE[:0]]), "no pixel"),
    "RGBA": (lambda: plotting.show_images([IMAGE[:, :4].reshape(12, 3, 4)]), "opacity"),
    "a text": (lambda: plotting.show_images([IMAGE] * 3, "abc"), "titles is a list"),
    "classes": (lambda: plotting.show_images([IMAGE], classes="ab"), "classes is a l"),
    "a dict": (lambda: plotting.show_label_map(MASK, {0: "a"}), "classes is a list"),
    "too many": (lambda: plotting.show_images([IMAGE] * 9000), "fewer at a time"),
    "no figure": (lambda: plotting.figure(0), "rows is a whole number"),
    "no name": (
        lambda: plotting.show_predictions([IMAGE], [MANY], [MANY], classes=NAMES[:9]),
        "ids up to 20.*9 classes",
    ),
    "a score": (
        lambda: plotting.show_predictions([IMAGE], [MASK], [MASK], scores=["good"]),
        "scores is a list of numbers",
    ),
    "one channel": (lambda: palette.overlay(IMAGE, MASK[..., None]), r"takes \(H, W\)"),
    "below 0": (lambda: palette.paint(MASK.astype(int) - 1), "-1.*0 to 254; void=-1"),
    "above 254": (lambda: palette.paint(MASK.astype(int) * 300), "300"),
    "void": (lambda: palette.paint(MASK, void="no"), "void is a value"),
    "white in a prediction": (
        lambda: plotting.show_predictions([IMAGE], [BORDER], [MASK * 255]),
        "255 alone: give mask > 0",
    ),
    "a width": (lambda: plotting.figure(width="3"), "width is a number, not '3'"),
    "a height": (lambda: plotting.figure(height=None), "height is a number, not None"),
    "a colour": (lambda: palette.rgb("red"), "#D55E00.*red"),
    "a loss": (lambda: plotting.learning_curves({"loss": 0.5}), "loss is a list"),
    "losses": (lambda: plotting.learning_curves([0.5]), "what fit returns"),
    "no score": (lambda: plotting.score_strip([[0.5]]), "scores is a list of numbers"),
    "a group": (lambda: plotting.score_strip([0.5], [-1]), "index -1"),
    "half a group": (lambda: plotting.score_strip([0.5], [0.5]), "index 0.5"),
    **{
        f"alpha {alpha}": (
            lambda alpha=alpha: palette.overlay(IMAGE, MASK, alpha),
            "0 to 1",
        )
        for alpha in (5, -1, float("nan"), None, "0.5")
    },
}


@pytest.mark.parametrize("case", MISUSES)
def test_each_mistake_is_answered_in_a_sentence(shown, case):
    call, words = MISUSES[case]
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        call()
    assert "\n" not in str(caught.value) and not shown


ANY_ARRAYS = st.one_of(
    arrays(dtype, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6))
    for dtype in (np.uint8, np.int64, np.float32, bool)
)


@settings(max_examples=150, deadline=None)
@given(ANY_ARRAYS, ANY_ARRAYS)
def test_pixels_are_painted_or_refused_in_a_sentence(image, mask):
    for draw in (
        lambda: palette.paint(mask),
        lambda: palette.overlay(image, mask),
        lambda: palette.error_map(image, mask, mask),
    ):
        try:
            seen = draw()
        except (TypeError, ValueError) as error:
            assert str(error).startswith(("The image ", "The mask ", "The truth "))
        else:
            assert seen.dtype == np.uint8 and seen.shape[-1] == 3


@settings(max_examples=100, deadline=None)
@given(arrays(np.uint8, (5, 7), elements=st.sampled_from([*range(21), 255])))
def test_painting_keeps_every_id_apart(mask):
    painted = palette.paint(mask, void=255)
    table = palette.rgb(*palette.CLASS_COLOURS, *palette.MORE_COLOURS, palette.VOID)
    back = (painted[..., None, :] == table).all(axis=-1).argmax(axis=-1)
    assert np.array_equal(back, mask)
