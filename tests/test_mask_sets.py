"""Lesson 08's sets of masks: the matching by hand, by force and by SciPy, the loss."""

import itertools
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tracks

ROOT = Path(__file__).resolve().parents[1]
LESSON = ROOT / "content" / "lessons" / "08_transformers.md"
TRACKS = ("pytorch", "tensorflow")


def _exported() -> SimpleNamespace:
    """The exported cells of both tracks, which need NumPy alone."""
    names = {"np": np}
    text = LESSON.read_text(encoding="utf-8")
    for cell in re.findall(r"```\{code-cell\}\n(.*?)```", text, re.DOTALL):
        if ":tags: [export]" in cell and ":track:" not in cell:
            exec(cell.replace(":tags: [export]\n", ""), names)
    return SimpleNamespace(**names)


lesson = _exported()


# ------------------------------------------------------------ matching


def test_matching_by_hand():
    rows, columns = lesson.hungarian([[4, 1, 3], [2, 0, 5], [3, 2, 2]])
    assert rows.tolist() == [0, 1, 2]
    assert columns.tolist() == [1, 0, 2]  # 1 + 2 + 2; the greedy choice of 0 costs 6


@pytest.mark.parametrize("whole", [True, False], ids=["with ties", "without ties"])
def test_matching_is_as_cheap_as_the_best_of_all_orders(whole):
    generator = np.random.default_rng(1)
    for height, width in generator.integers(1, 6, (150, 2)).tolist():
        cost = generator.normal(0, 5, (height, width))
        cost = cost.round() if whole else cost
        rows, columns = lesson.hungarian(cost)
        lines = cost if height <= width else cost.T
        orders = itertools.permutations(range(lines.shape[1]), len(lines))
        best = min(lines[range(len(lines)), order].sum() for order in orders)
        assert np.isclose(cost[rows, columns].sum(), best)


def test_matching_is_that_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    generator = np.random.default_rng(2)
    for shape in generator.integers(1, 50, (200, 2)):
        cost = generator.normal(size=shape)
        found, known = lesson.hungarian(cost), optimize.linear_sum_assignment(cost)
        assert np.array_equal(found, known), shape  # no ties: one answer is the best


@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (5, 5), (1, 4), (4, 1)])
def test_each_row_and_column_is_taken_once_and_rows_rise(shape):
    for constant in (0, 1):  # nothing but ties
        rows, columns = lesson.hungarian(np.full(shape, constant))
        assert len(rows) == len(columns) == min(shape)
        assert (np.diff(rows) > 0).all()
        assert len(set(columns.tolist())) == len(columns)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nothing_to_match_is_no_pair(shape):
    rows, columns = lesson.hungarian(np.zeros(shape))
    assert len(rows) == len(columns) == 0


def test_a_price_for_a_whole_row_or_column_changes_no_pair():
    generator = np.random.default_rng(3)
    cost = generator.normal(size=(6, 6))
    dearer = cost + generator.normal(0, 9, (6, 1)) + generator.normal(0, 9, 6)
    assert np.array_equal(lesson.hungarian(cost), lesson.hungarian(dearer))


def test_the_prices_given_are_left_alone():
    cost = np.random.default_rng(4).normal(size=(4, 6))
    before = cost.copy()
    lesson.hungarian(cost)
    assert np.array_equal(cost, before)


def test_pairs_leave_out_what_an_image_does_not_have():
    prices = np.array([[[9, 1, 0], [1, 9, 0]], [[1, 5, 5], [2, 5, 5]]])
    present = np.array([[True, True, False], [True, False, False]])
    pairs = lesson.best_pairs(prices, present)
    assert pairs.dtype == np.float32
    assert pairs[0].tolist() == [[0, 1, 0], [1, 0, 0]]
    assert pairs[1].tolist() == [[1, 0, 0], [0, 0, 0]]
    assert not lesson.best_pairs(prices, np.zeros((2, 3), bool)).any()
    last = lesson.best_pairs(prices, np.array([[False, False, True]] * 2))
    assert last[0].tolist() == [[0, 0, 1], [0, 0, 0]]


# ------------------------------------------------------------ from sets to pictures


def test_stuff_keeps_its_class_and_each_thing_gets_a_number():
    samples = SimpleNamespace(
        masks=np.array([[[0, 1, 4, 4, 3]]]),
        instances=np.array([[[0, 0, 2, 1, 0]]]),
        classes=("background", "sky", "tree", "fence", "sheep"),
    )
    assert lesson.segment_map(samples).tolist() == [[[0, 1, 5, 4, 3]]]
    assert lesson.segment_map(samples).dtype == np.uint8


# Two kinds of stuff and one of things on a row of four pixels; the last column of the
# probabilities is "nothing". Query 0 is stuff 0 on the left, 1 and 2 are things, 3 has
# a mask everywhere and says that it is nothing.
NAMED = np.array(
    [[[0.9, 0, 0, 0.1], [0, 0, 0.8, 0.2], [0, 0, 0.6, 0.4], [0, 0.1, 0, 0.9]]]
)
DRAWN = np.array(
    [[[[9, -9, -9, -9]], [[-9, 9, -9, -9]], [[-9, -9, 9, 2]], [[9, 9, 9, 9]]]]
)


def test_panoptic_gives_each_pixel_to_the_query_that_is_surest():
    classes, numbers = lesson.panoptic_of(NAMED, DRAWN.astype(float))
    assert classes.tolist() == [[[0, 2, 2, 2]]]
    assert numbers.tolist() == [[[0, 2, 3, 3]]]
    assert classes.dtype == np.uint8 and numbers.dtype == np.int32


def test_a_query_that_found_nothing_gets_no_pixel():
    named = np.array([[[0, 0.4, 0, 0.6], [0.55, 0, 0, 0.45]]])
    drawn = np.array([[[[9.0]], [[-1.0]]]])
    assert lesson.panoptic_of(named, drawn)[0].tolist() == [[[0]]]


def test_semantic_counts_the_votes_of_all_queries():
    assert lesson.semantic_of(NAMED, DRAWN.astype(float)).tolist() == [[[0, 2, 2, 2]]]
    two = np.array([[[0.6, 0.4, 0], [0, 0.3, 0.7], [0, 0.3, 0.7]]])
    everywhere = np.full((1, 3, 1, 1), 9.0)
    assert lesson.semantic_of(two, everywhere).tolist() == [[[1]]]  # 0.4 + 0.3 + 0.3


def test_instances_are_scored_by_class_and_mask_and_empty_masks_are_left_out():
    drawn = DRAWN.astype(float)
    drawn[0, 3] = -1
    (masks,), (scores,) = lesson.instances_of(NAMED, drawn)
    assert masks.reshape(3, 4).tolist() == (drawn[0, :3, 0] > 0).tolist()
    sure = 1 / (1 + np.exp(-np.array([9.0, 2.0])))
    assert np.allclose(scores, [0, 0.8 * sure[0], 0.6 * sure.mean()])


def test_a_logit_of_any_size_has_a_probability():
    with np.errstate(all="raise"):
        found = lesson.inside_of(np.array([-1e4, 0, 1e4], np.float32))
    assert found.tolist() == [0, 0.5, 1]


# ------------------------------------------------------------ both tracks


@pytest.mark.parametrize("track", TRACKS)
def test_the_loss_of_a_set_knows_no_order(track):
    found = tracks.answer(track, "mask_sets")
    assert np.isclose(found["loss"][0], found["shuffled"][0], rtol=1e-5)
    order = found["order"]
    for gradient, other in zip(found["loss"][1:], found["shuffled"][1:], strict=True):
        assert np.allclose(gradient[:, :, order], other, atol=1e-6)


@pytest.mark.parametrize("track", TRACKS)
def test_a_right_answer_costs_less_than_a_nearly_right_one(track):
    found = tracks.answer(track, "mask_sets")
    right, moved, renamed = (found[name][0] for name in ("right", "moved", "renamed"))
    assert 0 <= right < 1e-2
    assert right < moved and right < renamed


def test_sets_cost_the_same_in_both_tracks():
    one, other = tracks.both("mask_sets")
    for name in ("loss", "shuffled", "right", "moved", "renamed"):
        for value, twin in zip(one[name], other[name], strict=True):
            assert np.isfinite(value).all(), name
            assert np.allclose(value, twin, rtol=1e-4, atol=1e-6), name
    assert len(one["loss"]) == 3 and all(np.abs(g).max() > 0 for g in one["loss"][1:])


@pytest.mark.parametrize("track", TRACKS)
def test_a_query_looks_inside_its_mask_and_everywhere_without_one(track):
    found = tracks.answer(track, "mask_sets")["may look"]
    left, whole = found[0, 0].tolist()
    assert left == [True, False, True, False]
    assert whole == [True] * 4  # its mask is empty


@pytest.mark.parametrize("track", TRACKS)
def test_odd_maps_are_halved_as_the_encoder_halves(track):
    assert tracks.answer(track, "mask_sets")["odd"].shape == (1, 1, 2, 3 * 2)
