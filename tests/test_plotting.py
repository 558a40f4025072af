"""Colours that everybody can tell apart, pixels painted right, figures that say it."""

import io
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from skimage.color import deltaE_ciede2000, rgb2lab

from utils import palette, plotting

matplotlib.use("agg")

# What a reader without red, green or blue cones sees, applied to linear RGB:
# Machado, Oliveira and Fernandes, IEEE TVCG 2009, severity 1.
EYES = {
    "all cones": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
IMAGE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
MASK = np.zeros((12, 16), np.uint8)
MASK[3:9, 4:12] = 1
MEADOW = ("background", "sky", "tree", "fence", "sheep")
HISTORY = {
    "loss": [0.9, 0.5, 0.3],
    "validation_loss": [0.8, 0.6, 0.4],
    "validation_dice": [0.5, 0.7, 0.8],
}


def legend_of(drawing) -> list[str]:
    return [text.get_text() for text in drawing.legends[0].get_texts()]


def titles_of(drawing) -> list[str]:
    return [axis.get_title() for axis in drawing.axes]


@pytest.mark.parametrize("eyes", EYES)
def test_any_two_colours_differ_for_any_eyes(eyes):
    names = [*palette.CLASS_COLOURS, *palette.MORE_COLOURS[:13], palette.VOID]
    names += [palette.MISSED, palette.INVENTED, palette.MISTAKEN]
    light = palette.rgb(*names) / 255
    linear = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(EYES[eyes]).T, 0, 1)
    seen = np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    colours = rgb2lab(seen[None])[0]
    for one, other in combinations(range(len(names)), 2):
        difference = deltaE_ciede2000(colours[one], colours[other])
        assert difference > 10, f"{names[one]} and {names[other]}: {difference:.1f}"
        apart = np.linalg.norm(colours[one] - colours[other])
        assert eyes != "all cones" or apart > 20, f"{names[one]} and {names[other]}"
    missed, invented = len(names) - 3, len(names) - 2
    assert deltaE_ciede2000(colours[missed], colours[invented]) > 40


def test_255_classes_and_void_differ():
    names = [*palette.CLASS_COLOURS, *palette.MORE_COLOURS, palette.VOID]
    assert len(names) == 256
    colours = rgb2lab(palette.rgb(*names)[None] / 255)[0]
    apart = np.linalg.norm(colours[:, None] - colours, axis=-1)
    assert apart[np.triu_indices(256, 1)].min() > 5


def test_the_palette_has_eight_classes_in_order():
    ids = np.arange(8).reshape(1, 8)
    painted = palette.paint(ids)
    assert painted.shape == (1, 8, 3) and painted.dtype == np.uint8
    assert [to_hex(c / 255).upper() for c in painted[0]] == list(palette.CLASS_COLOURS)


def test_overlay_tints_the_inside_draws_the_contour_and_leaves_the_rest():
    grey = np.full((12, 16, 3), 100, np.uint8)
    seen = plotting.overlay(grey, MASK, alpha=0.5)
    colour = palette.rgb(palette.CLASS_COLOURS[1])[0]
    assert np.array_equal(seen[MASK == 0], grey[MASK == 0])
    assert (seen[3, 4:12] == colour).all() and (seen[3:9, 11] == colour).all()
    inside = seen[4:8, 5:11].astype(int)
    assert (abs(inside - (100 + colour.astype(int)) / 2) <= 0.5).all()
    assert np.array_equal(plotting.overlay(grey, MASK > 0, alpha=0.5), seen)
    assert np.array_equal(plotting.overlay(grey[..., 0], MASK, alpha=0.5), seen)


def test_a_mask_cut_by_the_frame_has_no_contour_there():
    seen = plotting.overlay(IMAGE, np.ones((12, 16), bool), alpha=0)
    assert np.array_equal(seen, IMAGE)


def test_two_classes_that_touch_both_get_a_contour():
    mask = np.repeat([[1] * 8 + [2] * 8], 12, axis=0)
    seen = plotting.overlay(IMAGE, mask, alpha=0)
    for column, colour in ((7, 1), (8, 2)):
        assert (seen[:, column] == palette.rgb(palette.CLASS_COLOURS[colour])).all()
    assert np.array_equal(seen[:, :7], IMAGE[:, :7])


def test_errors_have_a_colour_for_missed_invented_and_mistaken_pixels():
    truth = np.array([[0, 1, 0, 1, 2]])
    prediction = np.array([[0, 1, 1, 0, 1]])
    errors = plotting.error_map(np.full((1, 5, 3), 200, np.uint8), truth, prediction)
    expected = palette.rgb(palette.INVENTED, palette.MISSED, palette.MISTAKEN)
    assert np.array_equal(errors[0, 2:], expected)
    red, green, blue = errors[0, :2].T
    assert (red == green).all() and (green == blue).all() and (red > 128).all()


def test_every_figure_is_shown_once_small_opaque_and_gives_nothing(shown):
    images, masks = [IMAGE] * 2, [MASK] * 2
    for index, draw in enumerate(
        (
            lambda: plotting.show_images(images),
            lambda: plotting.show_label_map(MASK, ["background", "lesion"]),
            lambda: plotting.show_predictions(images, masks, masks),
            lambda: plotting.learning_curves(HISTORY),
            lambda: plotting.score_strip([0.5, 0.9]),
        )
    ):
        assert draw() is None
        assert len(shown) == index + 1
        assert shown[-1].dpi <= 100
        assert to_hex(shown[-1].get_facecolor(), keep_alpha=True) == "#ffffffff"


def test_images_stand_in_rows_without_axes(shown):
    words = ["a", "b", "c", "d", "e"]
    plotting.show_images([IMAGE] * 5, words, columns=3)
    axes = shown[0].axes
    assert titles_of(shown[0]) == [*words, ""]
    assert axes[0].get_gridspec().get_geometry() == (2, 3)
    assert not axes[5].images and not axes[5].axison
    for axis in axes[:5]:
        assert not len(axis.get_xticks()) and not len(axis.get_yticks())
        drawn = np.asarray(axis.images[0].get_array()).astype(int)
        assert abs(drawn - IMAGE).max() < 8
    plotting.show_images([IMAGE])
    assert shown[1].axes[0].get_gridspec().get_geometry() == (1, 1)


def test_black_and_white_stay_black_and_white(shown):
    plotting.show_images([np.array([[0, 255]], np.uint8)])
    assert shown[0].axes[0].images[0].get_array()[0, :, 0].tolist() == [0, 255]


def test_a_label_map_is_painted_and_its_classes_are_named(shown):
    plotting.show_label_map(MASK, ["background", "lesion"])
    drawn = np.asarray(shown[0].axes[0].images[0].get_array())
    assert abs(drawn.astype(int) - palette.paint(MASK)).max() < 8
    assert legend_of(shown[0]) == ["background", "lesion"]
    handles = shown[0].legends[0].legend_handles
    colours = [to_hex(handle.get_facecolor()).upper() for handle in handles]
    assert colours == list(palette.CLASS_COLOURS[:2])


def test_predictions_are_rows_of_image_truth_prediction_and_errors(shown):
    prediction = np.roll(MASK, 1, axis=0)
    plotting.show_predictions(
        [IMAGE] * 3, [MASK] * 3, [MASK, prediction, MASK], ["a", "b", "c"], [1, 0.5, 1]
    )
    headings = ["Image", "Truth", "Prediction", "Errors"]
    assert titles_of(shown[0])[:4] == headings
    axes = np.reshape(shown[0].axes, (3, 4))
    assert [row[0].get_ylabel() for row in axes] == [
        "a\nDice 1.00",
        "b\nDice 0.50",
        "c\nDice 1.00",
    ]
    second = [axis.images[0].get_array() for axis in axes[1]]
    expected = (
        IMAGE,
        palette.paint(MASK),
        palette.paint(prediction),
        palette.error_map(IMAGE, MASK, prediction),
    )
    for drawn, panel in zip(second, expected, strict=True):
        assert abs(np.asarray(drawn).astype(int) - panel).max() < 8
    assert legend_of(shown[0]) == ["missed", "invented"]


def test_the_wrong_class_is_named_only_where_there_is_one(shown):
    plotting.show_predictions([IMAGE], [MASK], [MASK * 2])
    assert legend_of(shown[0]) == ["missed", "invented", "wrong class"]


def spilled(drawing) -> list[str]:
    """The legends of a figure that do not fit on it."""
    drawing.draw_without_rendering()
    return [
        str(legend.get_window_extent())
        for legend in drawing.legends
        if not drawing.bbox.padded(1).containsx(legend.get_window_extent().x1)
    ]


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_images_of_several_classes_get_a_legend_that_fits(shown, columns):
    plotting.show_images([IMAGE] * 4, list("abcd"), columns, classes=MEADOW)
    assert legend_of(shown[0]) == list(MEADOW)
    handles = shown[0].legends[0].legend_handles
    colours = [to_hex(handle.get_facecolor()).upper() for handle in handles]
    assert colours == list(palette.CLASS_COLOURS[:5])
    assert spilled(shown[0]) == []


@pytest.mark.parametrize("rows", [1, 3])
def test_predictions_name_classes_and_errors_where_they_hide_nothing(shown, rows):
    mask = np.arange(12 * 16).reshape(12, 16) % 5
    wrong = np.roll(mask, 1)
    plotting.show_predictions(
        [IMAGE] * rows, [mask] * rows, [wrong] * rows, classes=MEADOW
    )
    drawing = shown[0]
    names = [[text.get_text() for text in part.get_texts()] for part in drawing.legends]
    assert names == [["missed", "invented", "wrong class"], list(MEADOW)]
    assert spilled(drawing) == []
    boxes = [axis.get_tightbbox() for axis in drawing.axes]
    for legend in drawing.legends:
        assert legend.get_window_extent().padded(-1).count_overlaps(boxes) == 0


def test_training_is_solid_and_validation_dashed(shown):
    plotting.learning_curves(HISTORY)
    loss, score = shown[0].axes
    assert [line.get_linestyle() for line in loss.lines] == ["-", "--"]
    assert loss.lines[0].get_ydata().tolist() == HISTORY["loss"]
    assert loss.lines[1].get_ydata().tolist() == HISTORY["validation_loss"]
    assert score.lines[0].get_ydata().tolist() == HISTORY["validation_dice"]
    assert score.lines[0].get_linestyle() == "--"
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("Epoch", "Loss")
    assert (score.get_xlabel(), score.get_ylabel()) == ("Epoch", "Validation Dice")
    assert legend_of(shown[0]) == ["training", "validation"]


def test_the_score_of_several_classes_is_plotted_under_its_name(shown):
    history = {"loss": [0.9, 0.5], "validation_mean_iou": [0.2, 0.6]}
    plotting.learning_curves(history)
    plotting.learning_curves({"FCN-8s": history, "FCN-32s": history})
    score = shown[0].axes[1]
    assert score.get_ylabel() == "Validation mean IoU"
    assert score.lines[0].get_ydata().tolist() == [0.2, 0.6]
    assert score.lines[0].get_linestyle() == "--"
    assert len(shown[1].axes[1].lines) == 2


def test_several_runs_have_a_colour_and_a_name_each(shown):
    plotting.learning_curves({"U-Net": HISTORY, "SegNet": HISTORY})
    colours = [line.get_color() for line in shown[0].axes[0].lines]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    assert legend_of(shown[0]) == ["training", "validation", "U-Net", "SegNet"]


def test_a_single_epoch_is_a_visible_point(shown):
    plotting.learning_curves({"loss": [0.5]})
    assert shown[0].axes[0].lines[0].get_marker() == "o"


def test_the_strip_has_a_dot_for_each_image_and_a_mean_for_each_group(shown):
    scores, groups = [0.5, 0.9, 0.7, 0.2], [0, 0, 1, 1]
    for _ in range(2):
        plotting.score_strip(scores, groups, ["nevus", "melanoma", "other"])
    axis = shown[0].axes[0]
    dots, again = (
        [part.get_offsets() for part in drawing.axes[0].collections[::2]]
        for drawing in shown
    )
    assert np.allclose(dots[0][:, 0], [0.5, 0.9])
    assert np.allclose(dots[1][:, 0], [0.7, 0.2])
    assert (abs(dots[1][:, 1] - 1) < 0.3).all()
    assert all(np.array_equal(a, b) for a, b in zip(dots, again, strict=True))
    means = [part.get_segments()[0][0][0] for part in axis.collections[1::2]]
    assert np.allclose(means, [0.7, 0.45])
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "nevus\nmean 0.70, n = 2",
        "melanoma\nmean 0.45, n = 2",
        "other\nn = 0",
    ]
    assert axis.get_xlabel() == "Dice"


def test_a_stored_image_is_half_the_size_of_the_full_colours(shown):
    smooth = np.linspace(60, 200, 96)[:, None, None] + np.linspace(0, 40, 96)[:, None]
    noise = np.random.default_rng(0).normal(0, 3, (96, 96, 3))
    image = (smooth + noise).astype(np.uint8)

    def size(drawing) -> int:
        target = io.BytesIO()
        drawing.savefig(target, format="png")
        return len(target.getvalue())

    plotting.show_images([image])
    rounded = size(shown[0])
    shown[0].axes[0].images[0].set_data(image)
    assert rounded < 0.6 * size(shown[0])


def test_each_misuse_is_answered_with_what_was_found():
    cases = [
        (lambda: plotting.overlay(IMAGE, MASK[:5]), ValueError, r"\(5, 16\).*nearest"),
        (lambda: plotting.overlay(IMAGE / 255, MASK), TypeError, "float64.*uint8"),
        (lambda: plotting.overlay(IMAGE, MASK * 0.5), TypeError, "float64.*threshold"),
        (lambda: plotting.overlay(IMAGE, MASK * 255), ValueError, "value 255"),
        (lambda: plotting.overlay(IMAGE.T, MASK), ValueError, r"\(3, 16, 12\)"),
        (lambda: plotting.error_map(IMAGE, MASK, MASK[1:]), ValueError, "prediction"),
        (lambda: plotting.show_images([]), ValueError, "0 images"),
        (lambda: plotting.show_images([IMAGE], []), ValueError, "1 images, 0 titles"),
        (lambda: plotting.show_label_map(MASK, ["one"]), ValueError, "up to 1.*1 cl"),
        (
            lambda: plotting.show_predictions([IMAGE], [MASK], [MASK] * 2),
            ValueError,
            "1 images, 1 truths, 2 predictions",
        ),
        (lambda: plotting.learning_curves({}), ValueError, "what fit returns"),
        (lambda: plotting.learning_curves({"a": [1]}), ValueError, r"\['a'\]"),
        (
            lambda: plotting.learning_curves(
                {"a": HISTORY, "b": {"loss": [1], "validation_mean_iou": [1]}}
            ),
            ValueError,
            "validation_dice and validation_mean_iou.*share",
        ),
        (
            lambda: plotting.show_images([IMAGE], classes=["name"] * 256),
            ValueError,
            "256 class names.*1 to 255",
        ),
        (lambda: plotting.score_strip([1.0], [2], ["a"]), ValueError, "index 2"),
        (lambda: plotting.score_strip([1.0], [0, 0]), ValueError, "1 scores, 2 groups"),
    ]
    for call, error, pattern in cases:
        with pytest.raises(error, match=pattern):
            call()
