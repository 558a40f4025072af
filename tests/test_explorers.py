"""An explorer moves its picture with a live kernel, and prints the same without one."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt

from utils import metrics
from utils.explorers import (
    core,
    dilation,
    output_stride,
    overlap,
    roi,
    scatter,
    skips,
    sliding,
    threshold,
)

matplotlib.use("agg")

ROWS, COLUMNS = np.mgrid[:24, :24]
PROBABILITY = np.clip(1.2 - np.hypot(ROWS - 12, COLUMNS - 11) / 10, 0, 1)
TRUTH = np.hypot(ROWS - 12, COLUMNS - 12) < 6
IMAGE = np.full((24, 24, 3), 180, np.uint8)


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed: widgets and Matplotlib's figures."""
    things = []
    monkeypatch.setattr("IPython.display.display", things.append)
    monkeypatch.setattr(plt, "show", lambda: things.append(plt.gcf()))
    yield things
    plt.close("all")


@pytest.fixture
def live(monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "0")


@pytest.fixture
def headless(monkeypatch):
    monkeypatch.setenv("EVERY_PIXEL_HEADLESS", "1")


def test_a_live_explorer_redraws_when_a_slider_moves(live, shown):
    calls = []

    def draw(rate, dilation_rate):
        calls.append((rate, dilation_rate))
        return b"picture %d" % len(calls)

    core.explore(
        draw, pytest.fail, rate=(0.0, 1.0, 0.1, 0.5), dilation_rate=(1, 8, 1, 2)
    )
    rate, dilation, image = shown[0].children
    assert image.value == b"picture 1"
    dilation.value = 3
    assert image.value == b"picture 2"
    assert calls == [(0.5, 2), (0.5, 3)]
    assert isinstance(dilation.value, int) and isinstance(rate.value, float)
    assert (rate.min, rate.max, rate.step) == (0, 1, 0.1)
    assert (rate.description, dilation.description) == ("rate", "dilation rate")


def test_a_headless_explorer_draws_its_static_figure_alone(
    headless, shown, monkeypatch
):
    monkeypatch.setattr(core, "panel", pytest.fail)
    drawn = []
    core.explore(pytest.fail, lambda: drawn.append(1), rate=(0, 1, 1, 0))
    assert drawn == [1] and shown == []


def test_a_stage_is_drawn_once_keeps_its_places_and_is_not_shown_by_the_notebook():
    calls = []

    @core.once
    def stage():
        calls.append(1)
        drawing, axes = plt.subplots(1, 2, layout="constrained")
        return drawing, axes[0]

    drawing, axis = stage()
    before = axis.get_position().bounds
    axis.set_ylabel("so long\nthat a layout\nwould make room")
    again, _ = stage()
    again.draw_without_rendering()
    assert again is drawing and calls == [1]
    assert axis.get_position().bounds == before
    assert plt.get_fignums() == []


def test_a_bar_for_each_class_moves_to_its_score():
    drawing, plot = plt.subplots()
    move = core.iou_bars(plot, ("background", "sheep", "never there"))
    assert [bar.get_width() for bar in plot.patches] == [1, 1, 1]
    assert [text.get_text() for text in plot.get_yticklabels()][1] == "sheep"
    move(np.array([0.25, 0.5, np.nan]))
    assert [bar.get_width() for bar in plot.patches] == [0.25, 0.5, 0]
    plt.close(drawing)


def test_the_threshold_is_explored_with_a_slider(live, shown, capsys):
    threshold.explore(IMAGE, PROBABILITY, TRUTH)
    assert len(shown) == 1
    slider, image = shown[0].children
    assert (slider.min, slider.max, slider.value) == (0, 1, 0.5)
    pictures = {}
    for value in (0.5, 0.2, 0.9):
        slider.value = value
        pictures[value] = bytes(image.value)
        assert pictures[value].startswith(b"\x89PNG")
    assert len(set(pictures.values())) == 3
    slider.value = 0.5
    assert image.value == pictures[0.5]
    assert plt.get_fignums() == [], "the notebook would show the figure a second time"
    assert capsys.readouterr().out == ""


def test_the_mark_moves_along_the_curve_and_the_parts_keep_their_places(
    live, shown, monkeypatch
):
    places, marks = [], []

    def look(drawing):
        drawing.draw_without_rendering()
        marks.append(drawing.axes[2].lines[-1].get_xydata()[0].tolist())
        places.append([axis.get_position().bounds for axis in drawing.axes])
        return b""

    monkeypatch.setattr(core, "png", look)
    threshold.explore(IMAGE, PROBABILITY, TRUTH)
    shown[0].children[0].value = 1.0
    on_curve = metrics.threshold_curve(PROBABILITY, TRUTH, (0.5, 1.0))
    assert marks == [[0.5, on_curve[0]], [1.0, on_curve[1]]]
    assert places[0] == places[1]
    lefts = [bounds[0] for bounds in places[0]]
    assert lefts == sorted(lefts) and lefts[0] < 0.1, "laid out, not where axes begin"


def test_without_a_kernel_three_thresholds_and_the_curve_say_the_same(
    headless, shown, capsys
):
    threshold.explore(IMAGE, PROBABILITY, TRUTH)
    (drawing,) = shown
    lines = capsys.readouterr().out.splitlines()
    for axis, line, cut in zip(drawing.axes, lines, (0.1, 0.5, 0.9), strict=False):
        mask = np.greater(PROBABILITY, cut)
        dice, iou = metrics.dice(TRUTH, mask), metrics.iou(TRUTH, mask)
        assert line == f"threshold {cut}: Dice {dice:.2f}, IoU {iou:.2f}"
        assert axis.get_title().replace("\n", ": ") == line
    curve = drawing.axes[3].lines[0]
    expected = metrics.threshold_curve(PROBABILITY, TRUTH, curve.get_xdata())
    assert np.array_equal(curve.get_ydata(), expected)
    dots = [line.get_xydata()[0] for line in drawing.axes[3].lines[1:]]
    on_curve = metrics.threshold_curve(PROBABILITY, TRUTH, (0.1, 0.5, 0.9))
    assert np.array_equal(dots, np.stack([(0.1, 0.5, 0.9), on_curve], axis=1))


def test_a_stack_and_logits_are_refused_in_words(headless):
    with pytest.raises(ValueError, match=r"\(1, 24, 24\).*one image"):
        threshold.explore(IMAGE, PROBABILITY[None], TRUTH)
    with pytest.raises(ValueError, match="sigmoid"):
        threshold.explore(IMAGE, PROBABILITY * 8 - 4, TRUTH)


def test_the_shares_of_a_cell_are_counted_by_hand():
    mask = np.array([[0, 0, 1], [0, 2, 1], [1, 1, 2]])
    found = output_stride.shares(mask, 2, 3)
    # Four pixels, then two, two and one: cells at the edge are smaller.
    assert np.allclose(found[0, 0], [3 / 4, 0, 1 / 4])
    assert np.allclose(found[0, 1], [0, 1, 0]) and np.allclose(found[1, 0], [0, 1, 0])
    assert np.allclose(found[1, 1], [0, 0, 1])


def test_cells_are_enlarged_between_their_centres():
    cells = np.array([[[0.0], [1.0]]])  # one row, two cells, one class
    row = output_stride.enlarge(cells, 4, 3, 7)[:, :, 0]
    assert row.shape == (3, 7), "cut where the image ends"
    assert np.allclose(row[0], [0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1])


def test_nothing_is_lost_at_stride_one_and_more_at_each_larger_one():
    truth = TRUTH.astype(np.uint8)
    assert np.array_equal(output_stride.best_mask(truth, 1, 2), truth)
    lost = [(output_stride.best_mask(truth, s, 2) != truth).sum() for s in (4, 8, 16)]
    assert 0 < lost[0] < lost[1] < lost[2]


def test_the_output_stride_is_explored_with_a_slider(live, shown, capsys):
    output_stride.explore(IMAGE, TRUTH.astype(np.uint8), ("lawn", "disc"))
    slider, image = shown[0].children
    assert (slider.description, slider.min, slider.max) == ("halvings", 0, 5)
    pictures = []
    for slider.value in (0, 2, 4):
        pictures.append(bytes(image.value))
        assert pictures[-1].startswith(b"\x89PNG")
    assert len(set(pictures)) == 3
    assert plt.get_fignums() == [] and capsys.readouterr().out == ""


def test_without_a_kernel_four_output_strides_are_drawn_and_printed(
    headless, shown, capsys
):
    output_stride.explore(IMAGE, TRUTH.astype(np.uint8), ("lawn", "disc"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and len(shown[0].axes) == 8
    assert lines[0].startswith("stride 4: mean IoU") and "disc 0." in lines[0]


def test_the_output_stride_refuses_ids_without_a_name(headless):
    with pytest.raises(ValueError, match=r"ids up to 1.*1 names"):
        output_stride.explore(IMAGE, TRUTH.astype(np.uint8), ("lawn",))


def scores_of_two_strides():
    """Two images of two classes: the deep scores are coarse, the early ones mend them.

    Deep: a disc that is too large, sure of itself. Early: wrong far away, and against
    the ring that is too much.
    """
    large = np.hypot(ROWS - 12, COLUMNS - 12) < 9
    deep = np.where(large, 1.0, -4.0)
    early = np.where(TRUTH | (COLUMNS < 2), 2.0, -2.0)
    parts = {16: deep, 8: early}
    return {
        stride: np.stack([np.stack([0 * part, part], -1)] * 2)
        for stride, part in parts.items()
    }


TWO_IMAGES, TWO_TRUTHS = np.stack([IMAGE] * 2), np.stack([TRUTH] * 2).astype(np.uint8)


def test_each_stride_has_a_slider_for_its_scores(live, shown, capsys):
    skips.explore(TWO_IMAGES, scores_of_two_strides(), TWO_TRUTHS, ("lawn", "disc"))
    number, deep, early, image = shown[0].children
    found = [slider.description for slider in (number, deep, early)]
    assert found == ["image", "stride 16", "stride 8"]
    assert (number.value, number.max, deep.value, early.value) == (0, 1, 1.0, 1.0)
    pictures = [bytes(image.value)]
    for slider in (early, deep):
        slider.value = 0.0
        pictures.append(bytes(image.value))
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert len(set(pictures)) == 3
    assert plt.get_fignums() == [] and capsys.readouterr().out == ""


def test_without_a_kernel_the_sums_of_strides_are_drawn_and_scored(
    headless, shown, capsys
):
    skips.explore(TWO_IMAGES, scores_of_two_strides(), TWO_TRUTHS, ("lawn", "disc"))
    large = np.hypot(ROWS - 12, COLUMNS - 12) < 9
    titles = ["stride 16 alone", "stride 16 + 8", "stride 8 alone"]
    assert len(shown[0].axes) == 6
    for axis, title, found in zip(
        shown[0].axes, titles, (large, TRUTH, TRUTH | (COLUMNS < 2)), strict=False
    ):
        scores = metrics.iou(TRUTH, found), metrics.iou(~TRUTH, ~found)
        assert axis.get_title() == f"{title}\nmean IoU {np.mean(scores):.2f}"
    assert capsys.readouterr().out == "stride 16 + 8: mean IoU 1.00\n"


def test_of_three_strides_the_outer_two_are_added_as_well(headless, shown, capsys):
    parts = scores_of_two_strides()
    parts = {32: parts[16], 16: 0 * parts[16], 8: parts[8]}
    dark = np.stack([0 * IMAGE, IMAGE])
    skips.explore(dark, parts, TWO_TRUTHS, ("lawn", "disc"), first=1)
    titles = [axis.get_title().split("\n")[0] for axis in shown[0].axes[:5]]
    sums = ["stride 32 alone", "stride 32 + 16", "stride 32 + 16 + 8", "stride 32 + 8"]
    assert titles == [*sums, "stride 8 alone"]
    printed = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert printed == sums[2:]
    errors = shown[0].axes[5].images[0].get_array()
    assert errors.max() > 200, "the light image, not the dark one"


def test_scores_of_another_size_are_refused(headless):
    parts = scores_of_two_strides()
    with pytest.raises(ValueError, match=r"stride 16 .*\(2, 24, 24, 2\).*3 class"):
        skips.explore(TWO_IMAGES, parts, TWO_TRUTHS, ("lawn", "disc", "sky"))
    with pytest.raises(ValueError, match=r"1 images, truths \(2, 24, 24\)"):
        skips.explore(TWO_IMAGES[:1], parts, TWO_TRUTHS, ("lawn", "disc"))


# ---------------------------------------------------------------- overlap

SQUARE = np.zeros((24, 24), np.uint8)
SQUARE[8:16, 8:16] = 1


def test_a_mask_is_moved_and_dilated_as_counted_by_hand():
    moved = overlap.changed(SQUARE, right=2, down=-3)
    rows, columns = np.nonzero(moved)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (5, 12, 10, 17)
    assert overlap.changed(SQUARE, dilate=2).sum() == 12 * 12
    assert overlap.changed(SQUARE, dilate=-3).sum() == 2 * 2
    assert overlap.changed(SQUARE, right=10).sum() == 8 * 6, "the rest leaves the image"
    assert np.array_equal(overlap.changed(SQUARE), SQUARE > 0)


def test_a_mask_that_fills_the_image_is_not_eroded_from_its_frame():
    assert overlap.changed(np.ones((9, 12), bool), dilate=-2).all()


def test_the_scores_of_a_moved_square_are_counted_by_hand():
    found = overlap.scores(SQUARE > 0, overlap.changed(SQUARE, right=4))
    assert found["pixel accuracy"] == pytest.approx(1 - 64 / 576)
    assert found["IoU"] == pytest.approx(32 / 96) and found["Dice"] == 0.5
    # A ring one pixel wide has 28; the two meet in 4 pixels above and 4 below, and
    # nowhere else: a side of the one stands in the empty middle of the other.
    assert found["boundary IoU"] == pytest.approx(8 / (28 + 28 - 8))


def test_a_mask_is_moved_with_three_sliders(live, shown):
    overlap.explore(IMAGE, SQUARE)
    right, down, dilate, image = shown[0].children
    assert [control.value for control in (right, down, dilate)] == [0, 0, 0]
    assert all(isinstance(control.value, int) for control in (right, down, dilate))
    pictures = [bytes(image.value)]
    for control in (right, down, dilate):
        control.value = 3
        pictures.append(bytes(image.value))
    assert len(set(pictures)) == 4 and pictures[0].startswith(b"\x89PNG")
    assert plt.get_fignums() == [], "the notebook would show the figure a second time"


def test_the_bars_are_as_long_as_the_scores_that_stand_beside_them(
    live, shown, monkeypatch
):
    drawings = []
    monkeypatch.setattr(core, "png", lambda drawing: drawings.append(drawing) or b"")
    overlap.explore(IMAGE, SQUARE)
    shown[0].children[0].value = 4
    plot = drawings[-1].axes[1]
    found = overlap.scores(SQUARE > 0, overlap.changed(SQUARE, right=4))
    assert [bar.get_width() for bar in plot.patches] == list(found.values())
    words = [text.get_text() for text in plot.texts]
    assert words == [f"{value:.2f}" for value in found.values()]


def test_without_a_kernel_three_cases_and_the_curves_say_the_same(
    headless, shown, capsys
):
    overlap.explore(IMAGE, SQUARE)
    (drawing,) = shown
    lines = capsys.readouterr().out.splitlines()
    for axis, line, (title, *change) in zip(
        drawing.axes, lines, overlap.CASES, strict=False
    ):
        found = overlap.scores(SQUARE > 0, overlap.changed(SQUARE, *change))
        words = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
        assert line == f"{title}: {words}" and axis.get_title() == title
    for curve in drawing.axes[3].lines:
        distance, value = curve.get_xydata()[4]
        found = overlap.scores(SQUARE > 0, overlap.changed(SQUARE, right=4))
        assert (distance, value) == (4, found[curve.get_label()])


def test_masks_that_cannot_be_moved_are_refused_in_words(headless):
    with pytest.raises(ValueError, match=r"\(1, 24, 24\).*one image"):
        overlap.explore(IMAGE, SQUARE[None])
    with pytest.raises(ValueError, match="mask == class_id"):
        overlap.explore(IMAGE, 4 * SQUARE)
    with pytest.raises(ValueError, match="not empty"):
        overlap.explore(IMAGE, 0 * SQUARE)


def test_the_writers_of_each_position_are_named_as_counted_by_hand():
    assert scatter.writers(2, 3, 2) == [[0], [0], [0, 1], [1], [1]]
    assert scatter.writers(3, 2, 1) == [[0], [0, 1], [1, 2], [2]]
    assert scatter.writers(2, 1, 3) == [[0], [], [], [1]], "nobody writes in between"


@pytest.mark.parametrize(
    "setting", [(4, 3, 2, 0), (4, 4, 2, 1), (5, 3, 1, 2), (3, 1, 3, 0), (4, 4, 3, 2)]
)
def test_contributions_are_what_stamps_of_ones_add_up_to(setting):
    size, kernel, stride, padding = setting
    length = (size - 1) * stride + kernel
    canvas = np.zeros((length, length), int)
    for row, column in np.ndindex(size, size):
        top, left = row * stride, column * stride
        canvas[top : top + kernel, left : left + kernel] += 1
    kept = canvas[padding : length - padding, padding : length - padding]
    assert np.array_equal(scatter.contributions(*setting), kept)


def colours_of(image, row, column):
    """The set of colours in one cell of a painted output."""
    cells = np.s_[row * scatter.CELL : (row + 1) * scatter.CELL]
    across = np.s_[column * scatter.CELL : (column + 1) * scatter.CELL]
    return {tuple(colour) for colour in image[cells, across].reshape(-1, 3).tolist()}


def test_a_cell_has_the_colours_of_all_its_writers():
    image = scatter.painted(2, 3, 2)
    assert image.shape == (5 * scatter.CELL, 5 * scatter.CELL, 3)
    inputs = {tuple(colour) for colour in scatter.COLOURS.reshape(-1, 3).tolist()}
    assert colours_of(image, 2, 2) == inputs
    assert colours_of(image, 0, 0) == {tuple(scatter.COLOURS[0, 0].tolist())}
    assert len(colours_of(image, 0, 2)) == len(colours_of(image, 2, 4)) == 2
    assert colours_of(scatter.painted(2, 1, 2), 1, 0) == {(255, 255, 255)}


def test_what_padding_cuts_off_is_pale_and_the_rest_is_not():
    image, padded = scatter.painted(4, 4, 2), scatter.painted(4, 4, 2, padding=1)
    inner = np.s_[scatter.CELL : -scatter.CELL, scatter.CELL : -scatter.CELL]
    assert np.array_equal(padded[inner], image[inner])
    assert padded[: scatter.CELL].min() > 200 > image[: scatter.CELL].min()


def test_kernel_stride_and_padding_are_three_sliders(live, shown, monkeypatch):
    drawings = []
    monkeypatch.setattr(core, "png", lambda drawing: drawings.append(drawing) or b"")
    scatter.explore()
    kernel, stride, padding, _ = shown[0].children
    assert [control.value for control in (kernel, stride, padding)] == [3, 2, 0]
    kernel.value = 4
    padding.value = 1
    titles = [drawing.axes[1].get_title() for drawing in drawings]
    assert titles == [
        "output 9 x 9,\ninside written 1, 2 or 4 times",
        "output 10 x 10,\ninside written 4 times",
        "output 8 x 8,\ninside written 4 times",
    ]
    numbers = [int(text.get_text()) for text in drawings[0].axes[1].texts]
    assert numbers == scatter.contributions(4, 3, 2).ravel().tolist()
    assert plt.get_fignums() == [], "the notebook would show the figure a second time"


def test_every_position_of_the_sliders_is_drawn(live, shown):
    """Some padding leaves nothing: the picture says so."""
    scatter.explore()
    *controls, image = shown[0].children
    for control in controls:
        control.value = control.min
    controls[2].value = controls[2].max
    assert bytes(image.value).startswith(b"\x89PNG")


def test_without_a_kernel_three_stamps_are_shown_and_printed(headless, shown, capsys):
    scatter.explore()
    (drawing,) = shown
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "kernel 2, stride 2, padding 0: output 8 x 8, inside written once",
        "kernel 3, stride 2, padding 0: output 9 x 9, inside written 1, 2 or 4 times",
        "kernel 4, stride 2, padding 1: output 8 x 8, inside written 4 times",
    ]
    said = [
        f"{axis.get_xlabel()}: {axis.get_title()}".replace("\n", " ")
        for axis in drawing.axes[1:]
    ]
    assert said == lines


def test_stamps_that_cannot_be_drawn_are_refused_in_words(headless):
    with pytest.raises(ValueError, match="size is 3.*4 to 6"):
        scatter.explore(3)
    with pytest.raises(ValueError, match="stride is 0.*1 or more"):
        scatter.writers(2, 3, 0)
    with pytest.raises(ValueError, match="padding is 3.*of 5 pixels.*0 to 2"):
        scatter.contributions(2, 3, 2, padding=3)


# ---------------------------------------------------------------- sliding windows


def test_a_pixel_is_counted_once_for_each_window_that_holds_it():
    assert sliding.starts(8, 4, 2).tolist() == [0, 2, 4]
    assert sliding.starts(8, 9, 1).tolist() == []
    side = np.array([1, 2, 3, 4, 4, 3, 2, 1])  # of 8 pixels, in five windows of 4
    assert np.array_equal(sliding.coverage((8, 8), 4, 1), np.outer(side, side))
    for shape, size, stride in (((9, 14), 4, 3), ((7, 12), 5, 1), ((8, 10), 3, 5)):
        laid = np.zeros(shape, int)
        for top in range(0, shape[0] - size + 1, stride):
            for left in range(0, shape[1] - size + 1, stride):
                laid[top : top + size, left : left + size] += 1
        assert np.array_equal(sliding.coverage(shape, size, stride), laid)


def test_a_centre_answers_for_the_block_around_it():
    answers = np.arange(64, dtype=np.uint8).reshape(8, 8)
    found, known = sliding.coarse(answers, 4, 2)
    # Windows of 4 that start at 0, 2 and 4 have their centres at 2, 4 and 6.
    side = [0, 2, 2, 4, 4, 6, 6, 0]
    assert known.sum() == 36 and not known[0].any() and not known[:, 7].any()
    assert np.array_equal(
        found[known].reshape(6, 6), answers[np.ix_(side, side)][1:7, 1:7]
    )
    assert found[~known].max() == 0 and found.dtype == answers.dtype
    exact, known = sliding.coarse(answers, 4, 1)
    assert np.array_equal(exact[known], answers[known]) and known.sum() == 25


def test_stride_and_window_are_two_sliders(live, shown, monkeypatch):
    drawings, titles = [], []

    def look(drawing):
        drawings.append(drawing)
        titles.append([axis.get_title() for axis in drawing.axes[:3]])
        return b""

    monkeypatch.setattr(core, "png", look)
    sliding.explore(IMAGE, TRUTH.astype(np.uint8), TRUTH)
    stride, window, _ = shown[0].children
    assert (stride.value, window.value, window.max) == (8, 24, 24)
    window.value = 8
    stride.value = 4
    assert titles[0][1] == "1 window,\na pixel in 1.0 of them"
    # 5 x 5 windows of 64 pixels, in 576 pixels.
    assert titles[-1][1] == "25 windows,\na pixel in 2.8 of them"
    frames, dots = drawings[-1].axes[0].patches, drawings[-1].axes[0].lines[0]
    assert [frame.get_x() for frame in frames] == [-0.5, 3.5]
    assert dots.get_xydata().min() == 4 and len(dots.get_xydata()) == 25
    assert plt.get_fignums() == [], "the notebook would show the figure a second time"


def test_without_a_kernel_three_strides_say_what_they_cost_and_give(
    headless, shown, capsys
):
    truth = np.zeros((64, 64), np.uint8)
    truth[:, 29:] = 1
    image = np.full((64, 64, 3), 180, np.uint8)
    sliding.explore(image, truth, truth)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "stride 16: 9 windows, a pixel in 2.2 of them, answers for 56%",
        "stride 8: 25 windows, a pixel in 6.2 of them, answers for 39%",
        "stride 4: 81 windows, a pixel in 20.2 of them, answers for 32%",
    ]
    (drawing,) = shown
    # Of 48 columns: 16 of 21 for class 0, 27 of 32 for class 1.
    assert drawing.axes[5].get_title() == "answers for 56%,\nmean IoU there 0.80"
    for axis, line in zip(drawing.axes[1:4], lines, strict=True):
        assert line.startswith(axis.get_title().replace("\n", " "))


def test_windows_that_cannot_be_laid_are_refused_in_words(headless):
    with pytest.raises(ValueError, match="stride is 0.*1 pixel or more"):
        sliding.starts(8, 4, 0)
    with pytest.raises(ValueError, match=r"answers has the shape \(2, 24, 24\)"):
        sliding.explore(IMAGE, np.stack([TRUTH, TRUTH]), TRUTH)


def test_roi_pool_takes_whole_cells_and_roi_align_points_between():
    # Of 10 to 26 pixels at a stride of 4: cells 3 to 7 (2.5 and 6.5 are rounded up).
    spans = roi.pooled_cells(10, 26, 2, 4)
    assert spans == [range(3, 6), range(5, 8)]  # five cells in two bins
    assert roi.pooled_cells(9, 10, 1, 4) == [range(2, 4)]
    points = roi.sample_points(10, 26, 2, 2)
    assert points.tolist() == [[12, 16], [20, 24]]
    right, pooled, aligned = roi.answers(10, 26, 2, 4)
    assert right.tolist() == aligned.tolist() == [14, 22]
    assert pooled.tolist() == [22, 30]  # the centres of cells 5 and 7


def test_the_box_of_the_roi_explorer_moves(live, shown, monkeypatch):
    drawings = []

    def look(drawing):
        drawings.append(drawing)
        return b"picture %d" % len(drawings)

    monkeypatch.setattr(core, "png", look)
    roi.explore(stride=4)
    shift, width, image = shown[0].children
    assert (shift.value, width.value, shift.step) == (0, 16, 0.25)
    said = drawings[-1].texts[0].get_text()
    assert (
        said == "first bin at 10.7: RoIPool 14.0, off by 3.3; RoIAlign 10.7, off by 0.0"
    )
    shift.value = 2.5
    assert drawings[-1].axes[1].patches[-1].get_x() == 10.5
    assert image.value == b"picture 2"
    assert plt.get_fignums() == [], "the notebook would show the figure a second time"


def test_without_a_kernel_three_boxes_say_how_wrong_pooling_is(headless, shown, capsys):
    roi.explore()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["x0 = 8", "x0 = 9.5", "x0 = 10.5"]
    assert all(line.endswith("RoIAlign 10.7, off by 0.0") for line in lines[:1])
    assert "RoIPool 18.0, off by 4.8" in lines[2]
    assert len(shown) == 1
    with pytest.raises(ValueError, match="stride is 0"):
        roi.explore(0)


def test_a_stack_of_rates_sees_what_is_counted_by_hand():
    assert dilation.coverage([]).tolist() == [[1]]
    row = np.array([1, 0, 1, 0, 1])  # three weights, two apart
    assert np.array_equal(dilation.coverage([2]), np.outer(row, row))
    row = np.array([1, 2, 3, 2, 1])
    assert np.array_equal(dilation.coverage([1, 1]), np.outer(row, row))
    assert dilation.coverage([3], kernel=1).tolist() == [[1]]


def test_the_ways_into_a_stack_add_up_and_holes_need_no_common_divisor():
    for rates in ((1, 2, 5), (2, 2, 2), (1, 4, 5)):
        counts = dilation.coverage(rates)
        assert counts.shape == (1 + 2 * sum(rates),) * 2
        assert counts.sum() == 9**3, "each layer has nine weights"
        assert np.array_equal(counts, counts[::-1, ::-1])
    assert (dilation.coverage((1, 2, 5)) > 0).all()
    assert (dilation.coverage((2, 2, 2)) > 0).sum() == 7 * 7
    assert (dilation.coverage((1, 4, 5))[10] == 0).nonzero()[0].tolist() == [3, 17]


def test_the_rates_follow_their_sliders(live, shown):
    dilation.explore()
    *sliders, image = shown[0].children
    assert [slider.description for slider in sliders] == ["rate 1", "rate 2", "rate 3"]
    pictures = [bytes(image.value)]
    for slider, rate in zip(sliders, (1, 4, 5), strict=True):
        slider.value = rate
        pictures.append(bytes(image.value))
    assert len(set(pictures)) == 4 and pictures[0].startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_fields_of_four_choices_of_rates_are_printed(headless, shown, capsys):
    dilation.explore()
    assert len(shown[0].axes) == 4
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "rates 1, 1, 1: field 7 x 7, 100% seen"
    assert said[1] == "rates 2, 2, 2: field 13 x 13, 29% seen"
    assert len(said) == 4


def test_rates_and_kernels_that_make_no_layer_are_named():
    with pytest.raises(ValueError, match="rate is 0"):
        dilation.coverage([1, 0])
    with pytest.raises(ValueError, match="kernel is 2"):
        dilation.coverage([1], kernel=2)
