"""An explorer moves its picture with a live kernel, and prints the same without one."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt

from utils import metrics
from utils.explorers import core, output_stride, threshold

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
