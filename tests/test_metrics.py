"""Scores by hand on 4 x 4 pixels, then against torchmetrics, then their properties."""

import copy
import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from utils import metrics


def picture(text: str) -> np.ndarray:
    """Read a mask drawn with digits, '.' for 0."""
    rows = text.replace(".", "0").split()
    return np.array([[int(pixel) for pixel in row] for row in rows], np.uint8)


#   truth     prediction     both: #  missed: m  invented: i
#   . . . .    . . . .       . . . .
#   . 1 1 .    . . 1 1       . m # i
#   . 1 1 .    . . 1 1       . m # i
#   . 1 1 .    . . . .       . m m .
TRUTH = picture(".... .11. .11. .11.")
PREDICTION = picture(".... ..11 ..11 ....")
EMPTY = np.zeros((4, 4), np.uint8)
WITH_VOID = np.where(EMPTY + [1, 0, 0, 0] == 1, 255, TRUTH)

#   truth     prediction
#   0 0 1 1    0 1 1 1       pixels of 0: 4 right, 1 called 1
#   0 0 1 1    0 0 1 1       pixels of 1: 4 right, 1 called 2
#   0 2 2 1    0 2 0 2       pixels of 2: 2 right, 1 called 0, 3 called 1
#   2 2 2 2    1 1 1 2
SCENE = picture("0011 0011 0221 2222")
ANSWER = picture("0111 0011 0202 1112")


def test_confusion_matrix_counts_truth_in_rows_and_prediction_in_columns():
    confusion = metrics.confusion_matrix(SCENE, ANSWER, 3)
    assert confusion.dtype == np.int64
    assert confusion.tolist() == [[4, 1, 0], [0, 4, 1], [1, 3, 2]]


def test_scores_of_a_confusion_matrix_by_hand():
    confusion = metrics.confusion_matrix(SCENE, ANSWER, 3)
    assert metrics.pixel_accuracy(confusion) == 10 / 16
    assert np.allclose(metrics.class_iou(confusion), [4 / 6, 4 / 9, 2 / 7])
    assert np.allclose(metrics.class_dice(confusion), [8 / 10, 8 / 13, 4 / 9])
    assert np.isclose(metrics.mean_iou(confusion), (4 / 6 + 4 / 9 + 2 / 7) / 3)


def test_scores_of_one_mask_by_hand():
    assert metrics.iou(TRUTH, PREDICTION) == 2 / 8
    assert metrics.dice(TRUTH, PREDICTION) == 4 / 10
    assert type(metrics.iou(TRUTH, PREDICTION)) is float


def test_a_stack_of_masks_gets_one_score_each():
    truths = np.stack([TRUTH, TRUTH, EMPTY, EMPTY])
    predictions = np.stack([PREDICTION, EMPTY, PREDICTION, EMPTY]).astype(bool)
    for score, first in ((metrics.iou, 0.25), (metrics.dice, 0.4)):
        scores = score(truths, predictions)
        assert scores.dtype == np.float64
        assert scores.tolist() == [first, 0, 0, 1]
    assert metrics.boundary_iou(truths, predictions)[1:].tolist() == [0, 0, 1]


def test_a_perfect_answer_scores_one():
    confusion = metrics.confusion_matrix(SCENE, SCENE, 3)
    assert metrics.pixel_accuracy(confusion) == metrics.mean_iou(confusion) == 1
    for score in (metrics.iou, metrics.dice, metrics.boundary_iou):
        assert score(TRUTH, TRUTH) == 1


def test_ignored_pixels_count_nowhere_whatever_is_predicted_there():
    # Void on the bottom row of TRUTH: 2 of the 4 missed pixels are no longer missed.
    void = TRUTH.copy()
    void[3] = 255
    odd = PREDICTION.copy()
    odd[3] = 255
    for prediction in (PREDICTION, odd):
        assert metrics.iou(void, prediction, ignore=255) == 2 / 6
        assert metrics.dice(void, prediction, ignore=255) == 4 / 8
        confusion = metrics.confusion_matrix(void, prediction, 2, ignore=255)
        assert confusion.tolist() == [[6, 2], [2, 2]]


def test_everything_ignored_leaves_nothing_to_score():
    void = np.full((4, 4), 255, np.uint8)
    confusion = metrics.confusion_matrix(void, ANSWER, 3, ignore=255)
    assert confusion.sum() == 0
    assert np.isnan(metrics.pixel_accuracy(confusion))
    assert np.isnan(metrics.mean_iou(confusion))
    assert np.isnan(metrics.iou(void, PREDICTION, ignore=255))
    assert np.isnan(metrics.dice(void, PREDICTION, ignore=255))


def test_of_a_stack_only_the_masks_without_a_kept_pixel_are_nan():
    empty, void = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    half = np.where(np.arange(4) < 2, empty, void)
    for metric in (metrics.iou, metrics.dice):
        scores = metric(np.stack([empty, void, half]), np.zeros((3, 4, 4), int), 255)
        assert np.array_equal(scores, [1, np.nan, 1], equal_nan=True)


def test_one_pixel_taken_for_an_ignored_class_costs_a_pixel():
    truth = np.zeros((32, 32), np.uint8)
    truth[:, 16:], truth[:, 12:20] = 1, 2
    prediction = truth.copy()
    prediction[0, 0] = 2
    confusion = metrics.confusion_matrix(truth, prediction, 3, ignore=2)
    assert np.allclose(
        metrics.class_iou(confusion), [383 / 384, 1, np.nan], equal_nan=True
    )


@pytest.mark.parametrize("ignore", [[0, 1], (255,), "void", 1.5])
def test_what_is_ignored_is_one_value(ignore):
    for call in (
        lambda: metrics.confusion_matrix(SCENE, ANSWER, 3, ignore),
        lambda: metrics.iou(TRUTH, PREDICTION, ignore),
    ):
        with pytest.raises(ValueError, match="one value of the truth"):
            call()


@pytest.mark.parametrize("classes", [True, 70_000, 0, 2.0])
def test_the_number_of_classes_is_whole_and_fits_into_memory(classes):
    with pytest.raises(ValueError, match="number of classes: an integer from 1 to"):
        metrics.confusion_matrix(SCENE, ANSWER, classes)


@pytest.mark.parametrize("axis", [-1, -3])
def test_one_hot_is_no_label_map(axis):
    one_hot = np.eye(3, dtype=int)[np.zeros((2, 5, 5), int)]
    one_hot = np.moveaxis(one_hot, -1, axis)
    with pytest.raises(ValueError, match=rf"looks one-hot.*argmax\({axis}\)"):
        metrics.confusion_matrix(one_hot, one_hot, 3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_mask_with_channels_is_no_stack(channels):
    mask = np.zeros((40, 50, channels), np.uint8)
    with pytest.raises(ValueError, match="one mask with channels"):
        metrics.dice(mask, mask)
    assert metrics.dice(np.zeros((9, 3, 3), int), np.zeros((9, 3, 3), int)).shape == (
        9,
    )


@pytest.mark.parametrize("confusion", [[1, 2], np.ones((2, 3)), 5])
def test_what_is_no_confusion_matrix_is_told_by_its_shape(confusion):
    for score in (metrics.pixel_accuracy, metrics.class_iou, metrics.mean_iou):
        with pytest.raises(ValueError, match="confusion has the shape"):
            score(confusion)


def test_thresholds_are_a_row_of_numbers():
    for thresholds in (0.5, [[0.5]], ["a"]):
        with pytest.raises(ValueError, match="thresholds is a row of numbers"):
            metrics.threshold_curve(TRUTH * 1.0, TRUTH, thresholds)


class Tensor:
    """What the course knows of PyTorch's: it leaves its graph and device first."""

    dtype = "torch.float32"

    def __init__(self, array):
        self.array = array

    def __array__(self, *_, **__):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    def numpy(self, force=False):
        return self.array if force else self.__array__()

    detach = to_dense = lambda self: self


def test_tensors_and_lists_are_taken_too():
    other = PREDICTION.tolist()
    assert metrics.iou(Tensor(TRUTH), other) == metrics.iou(TRUTH, PREDICTION)
    curve = metrics.threshold_curve(Tensor(TRUTH * 1.0), TRUTH, [0.5])
    assert curve.tolist() == [1.0]
    with pytest.raises(ValueError, match="lists of different lengths"):
        metrics.iou([[1], [0, 1]], other)


def test_an_ignored_class_keeps_its_column():
    confusion = metrics.confusion_matrix(SCENE, ANSWER, 3, ignore=0)
    assert confusion.tolist() == [[0, 0, 0], [0, 4, 1], [1, 3, 2]]


IGNORING = {"truth": [0, 1, 1, 2], "prediction": [0, 1, 2, 1], "classes": 3}


@pytest.mark.parametrize(
    "joined",
    [
        lambda one: one + one,
        lambda one: sum([one, one]),
        lambda one: 0 + one,
        lambda one: np.zeros((3, 3)) + one,
        lambda one: np.add(one, one),
        lambda one: pickle.loads(pickle.dumps(one)),
        lambda one: copy.deepcopy(one),
        lambda one: one.astype(np.uint8),
        lambda one: one.T,
    ],
)
def test_what_comes_of_a_matrix_remembers_the_ignored_class(joined):
    one = metrics.confusion_matrix(**IGNORING, ignore=0)
    assert metrics.class_iou(joined(one)) == pytest.approx([np.nan, 1 / 3, 0], nan_ok=1)


@pytest.mark.parametrize(
    "part",
    [
        lambda one: one[1:, 1:],
        lambda one: one[[1, 2]][:, [1, 2]],
        lambda one: one.take([1, 2], 0).take([1, 2], 1),
        lambda one: np.delete(np.delete(one, 0, 0), 0, 1),
    ],
)
def test_a_part_of_a_matrix_ignores_no_class_of_another_number(part):
    one = metrics.confusion_matrix(**IGNORING, ignore=0)
    assert metrics.class_iou(part(one)).tolist() == pytest.approx([1 / 3, 0])


def test_what_is_ignored_may_be_told_where_scores_are_taken():
    one = metrics.confusion_matrix(**IGNORING, ignore=0)
    everything = metrics.confusion_matrix(**IGNORING)
    for score in (metrics.class_iou, metrics.class_dice, metrics.mean_iou):
        expected = pytest.approx(score(one), nan_ok=True)
        assert score(np.sum([one, one], axis=0), ignore=0) == expected
        assert score(everything, ignore=0) == expected
    assert metrics.pixel_accuracy(everything, 0) == metrics.pixel_accuracy(one)
    with pytest.raises(ValueError, match="ignore is 255, .* ids 0 to 2"):
        metrics.mean_iou(everything, ignore=255)


def test_sums_that_would_forget_or_mix_what_is_ignored_are_refused():
    one = metrics.confusion_matrix(**IGNORING, ignore=0)
    with pytest.raises(ValueError, match="ignore=0 and ignore=1"):
        one + metrics.confusion_matrix(**IGNORING, ignore=1)
    total = np.zeros((3, 3), np.int64)
    with pytest.raises(ValueError, match="total = total . confusion"):
        total += one
    assert not total.any()
    own = one.copy()
    own += one
    assert own.ignored == 0 and (own == 2 * one).all()


def test_scores_take_counts_of_any_type_and_nothing_else():
    counts = np.array([[200, 50], [10, 100]], np.uint8)
    expected = metrics.class_dice(counts.astype(int))
    for dtype in (np.uint8, np.int16, np.float32):
        assert metrics.class_dice(counts.astype(dtype)) == pytest.approx(expected)
    rows = counts / counts.sum(axis=1, keepdims=True)
    for wrong in (rows, counts - 60.0, rows * np.nan, counts.astype(bool)):
        with pytest.raises(ValueError, match="counts of pixels, whole numbers"):
            metrics.class_iou(wrong)


@pytest.mark.parametrize("width", [0.001, 0.02, 0.1])
def test_where_a_mask_meets_void_it_has_no_contour(width):
    rows, columns = np.mgrid[:40, :40]
    truth = ((rows - 20) ** 2 + (columns - 20) ** 2 < 150).astype(np.uint8)
    prediction = np.roll(truth, 2, 0)
    truth[:, 28:] = 255
    void = truth == 255

    def region(mask):
        mask, steps = mask & ~void, max(1, round(width * np.hypot(40, 40)))
        inside = ndimage.binary_erosion(mask | void, np.ones((3, 3)), steps)
        return mask & ~inside

    ours = metrics.boundary_iou(truth, prediction, width, ignore=255)
    assert ours == metrics.iou(region(truth == 1), region(prediction == 1)) < 1
    noise = np.where(truth == 255, 1 - prediction, prediction)
    assert metrics.boundary_iou(truth, noise, width, ignore=255) == ours
    assert np.isnan(metrics.boundary_iou(truth * 0 + 9, prediction, ignore=9))


def test_a_class_that_never_occurs_is_left_out_of_the_mean():
    confusion = metrics.confusion_matrix(SCENE, ANSWER, 5)
    assert np.isnan(metrics.class_iou(confusion)[3:]).all()
    assert np.isnan(metrics.class_dice(confusion)[3:]).all()
    smaller = metrics.confusion_matrix(SCENE, ANSWER, 3)
    assert metrics.mean_iou(confusion) == metrics.mean_iou(smaller)


def test_a_class_that_is_only_predicted_counts_as_zero_in_the_mean():
    confusion = metrics.confusion_matrix([0, 0, 0, 0], [0, 0, 1, 1], 2)
    assert metrics.class_iou(confusion).tolist() == [0.5, 0]
    assert metrics.mean_iou(confusion) == 0.25


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.uint64])
@pytest.mark.parametrize("classes", [3, 256, 300])
def test_confusion_matrix_takes_any_integers_and_any_number_of_classes(dtype, classes):
    top = min(classes - 1, np.iinfo(dtype).max)
    truth = np.array([0, 1, top, top], dtype)
    prediction = np.array([0, 2, top, 0], dtype)
    expected = np.zeros((classes, classes), int)
    for cell in ((0, 0), (1, 2), (top, top), (top, 0)):
        expected[cell] += 1
    counted = metrics.confusion_matrix(truth, prediction, classes)
    assert np.array_equal(counted, expected)


def test_confusion_matrix_counts_every_pixel_of_large_arrays():
    size = 2 * metrics.CHUNK + 3
    truth = np.arange(size) % 3
    confusion = metrics.confusion_matrix(truth, (truth + 1) % 3, 3)
    expected = np.zeros((3, 3), int)
    np.add.at(expected, (truth, (truth + 1) % 3), 1)
    assert np.array_equal(confusion, expected)


#   d = 1                    width 0.02 of a 5 x 5 image: d = max(1, round(0.14))
#   1 1 1 1 .    # # # # .   The lone inner pixels of a 4 x 4 square are left out, and
#   1 1 1 1 .    # . . # .   the frame is a contour too.
#   1 1 1 1 .    # . . # .
#   1 1 1 1 .    # # # # .
#   . . . . .    . . . . .
def test_boundary_region_by_hand():
    mask = picture("1111. 1111. 1111. 1111. .....")
    border = picture("####. #..#. #..#. ####. .....".replace("#", "1"))
    assert np.array_equal(metrics.boundary_region(mask), border)
    whole = np.ones((5, 5), bool)
    assert metrics.boundary_region(whole).sum() == 16
    # 0.3 of the diagonal is 2.1 pixels: only the middle one is further in.
    assert metrics.boundary_region(whole, width=0.3).sum() == 24


def test_boundary_iou_by_hand():
    # The mask and the one without its last column share 8 border pixels of 14:
    #   # # # #     # # # .      # # # m     # both
    #   # . . #     # . # .      # . i m     m only in the first
    #   # . . #     # . # .      # . i m     i only in the second
    #   # # # #     # # # .      # # # m
    truth = np.zeros((8, 8), bool)
    truth[2:6, 2:6] = True
    prediction = truth.copy()
    prediction[:, 5] = False
    assert metrics.boundary_iou(truth, prediction) == 8 / 14
    assert metrics.iou(truth, prediction) == 12 / 16


@pytest.mark.parametrize("width", [0.02, 0.05, 0.13, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (7, 40), (64, 48)])
def test_boundary_region_is_what_repeated_erosion_takes_away(shape, width):
    generator = np.random.default_rng(3)
    mask = ndimage.gaussian_filter(generator.normal(size=shape), 3) > -0.02
    steps = max(1, round(width * np.hypot(*shape)))
    eroded = ndimage.binary_erosion(mask, np.ones((3, 3)), iterations=steps)
    assert np.array_equal(metrics.boundary_region(mask, width), mask & ~eroded)
    stack = np.stack([mask, ~mask, np.ones_like(mask)])
    regions = metrics.boundary_region(stack, width)
    for one, region in zip(stack, regions, strict=True):
        assert np.array_equal(region, metrics.boundary_region(one, width))


def test_threshold_curve_is_the_mean_dice_of_pixels_above_the_threshold():
    probabilities = np.array([[[0.9, 0.6, 0.5, 0.1]], [[0.7, 0.2, 0.2, 0.2]]])
    truth = np.array([[[1, 1, 0, 0]], [[0, 0, 0, 0]]])
    curve = metrics.threshold_curve(probabilities, truth, [0.5, 0.8, 1.0])
    assert np.allclose(curve, [(1 + 0) / 2, (2 / 3 + 1) / 2, (0 + 1) / 2])


def test_each_misuse_is_answered_with_what_was_found_and_what_to_do():
    cases = [
        (lambda: metrics.iou(TRUTH, PREDICTION / 2), TypeError, "float64.*threshold"),
        (lambda: metrics.dice(TRUTH * 1.0, TRUTH), TypeError, "truth holds float64"),
        (lambda: metrics.iou(TRUTH * 255, TRUTH), ValueError, "value 255.*> 127"),
        (lambda: metrics.iou(TRUTH, -TRUTH.astype(int)), ValueError, "value -1"),
        (lambda: metrics.iou(WITH_VOID, TRUTH), ValueError, "truth.*ignore=255"),
        (lambda: metrics.dice(TRUTH, WITH_VOID), ValueError, "prediction.*255 is bes"),
        (lambda: metrics.boundary_iou(TRUTH, TRUTH, "a"), ValueError, "width is 'a'"),
        (
            lambda: metrics.threshold_curve(np.zeros((0, 4, 4)), EMPTY[:0], [0]),
            ValueError,
            "no mask",
        ),
        (lambda: metrics.iou(TRUTH, TRUTH[:2]), ValueError, r"\(4, 4\).*\(2, 4\)"),
        (lambda: metrics.iou(TRUTH[0], TRUTH[0]), ValueError, r"\(4,\).*\(H, W\)"),
        (lambda: metrics.boundary_iou(TRUTH, TRUTH[:2]), ValueError, r"\(2, 4\)"),
        (lambda: metrics.boundary_region(TRUTH, 2), ValueError, "width is 2"),
        (lambda: confusion(SCENE, ANSWER * 1.0), TypeError, "float64.*argmax"),
        (lambda: confusion(SCENE, ANSWER[:3]), ValueError, r"\(4, 4\).*\(3, 4\)"),
        (lambda: confusion(SCENE, ANSWER, 2), ValueError, "truth.*value 2.*0 to 1"),
        (lambda: confusion(EMPTY, ANSWER, 2), ValueError, "prediction.*value 2"),
        (lambda: confusion(SCENE - 1.0, ANSWER), TypeError, "truth"),
        (lambda: confusion(EMPTY - np.int8(1), EMPTY), ValueError, "value -1"),
        (lambda: confusion(SCENE, ANSWER, ("a", "b")), ValueError, "number of classes"),
        (
            lambda: metrics.threshold_curve(TRUTH * 9.0, TRUTH, [0]),
            ValueError,
            "9.*sig",
        ),
    ]
    for call, error, pattern in cases:
        with pytest.raises(error, match=pattern):
            call()


def confusion(truth, prediction, classes=3):
    return metrics.confusion_matrix(truth, prediction, classes)


ORACLE = """
    import sys
    import numpy as np, torch
    from torchmetrics.functional import classification as oracle

    data = np.load(sys.argv[1])
    truth, prediction = (torch.from_numpy(data[k]) for k in ("truth", "prediction"))
    answers = {}
    for ignore in (None, 255):
        kept = truth if ignore else truth.where(truth != 255, 0)
        task = dict(num_classes=6, ignore_index=ignore)
        key = f"_{ignore}"
        answers["confusion" + key] = oracle.multiclass_confusion_matrix(
            prediction, kept, **task)
        answers["accuracy" + key] = oracle.multiclass_accuracy(
            prediction, kept, average="micro", **task)
        answers["iou" + key] = oracle.multiclass_jaccard_index(
            prediction, kept, average=None, **task)
        answers["mean_iou" + key] = oracle.multiclass_jaccard_index(
            prediction, kept, average="macro", **task)
        answers["dice" + key] = oracle.multiclass_f1_score(
            prediction, kept, average=None, **task)
    for ignore in range(4):
        answers[f"void_{ignore}"] = oracle.multiclass_jaccard_index(
            prediction % 5, truth % 5, num_classes=5, average="macro",
            ignore_index=ignore)
    pairs = [(torch.from_numpy(p), torch.from_numpy(t))
             for t, p in zip(data["mask_truth"], data["mask_prediction"])]
    answers["mask_iou"] = [oracle.binary_jaccard_index(*pair) for pair in pairs]
    answers["mask_dice"] = [oracle.binary_f1_score(*pair) for pair in pairs]
    np.savez(sys.argv[2], **{k: np.array(v) for k, v in answers.items()})
"""


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Random label maps and masks, and what torchmetrics says of them.

    torchmetrics brings torch, which must not meet TensorFlow in the tests' process.
    """
    generator = np.random.default_rng(7)
    truth = generator.integers(0, 5, (3, 20, 30))
    prediction = np.where(generator.random(truth.shape) < 0.7, truth, 1)
    truth[generator.random(truth.shape) < 0.1] = 255
    data = {
        "truth": truth,
        "prediction": prediction,
        "mask_truth": generator.integers(0, 2, (5, 12, 9)),
        "mask_prediction": generator.integers(0, 2, (5, 12, 9)),
    }
    folder = tmp_path_factory.mktemp("oracle")
    np.savez(folder / "data.npz", **data)
    script = textwrap.dedent(ORACLE)
    command = [sys.executable, "-c", script, "data.npz", "answers.npz"]
    subprocess.run(command, cwd=folder, check=True)
    return data, np.load(folder / "answers.npz")


@pytest.mark.parametrize("ignore", [None, 255])
def test_scores_of_classes_equal_torchmetrics(judged, ignore):
    data, answers = judged
    truth = (
        data["truth"] if ignore else np.where(data["truth"] == 255, 0, data["truth"])
    )
    counted = metrics.confusion_matrix(truth, data["prediction"], 6, ignore=ignore)

    def said(name):
        return answers[f"{name}_{ignore}"]

    # torchmetrics scores class 5, which never occurs, as 0 and leaves it out as well.
    assert np.array_equal(counted, said("confusion"))
    assert np.isclose(metrics.pixel_accuracy(counted), said("accuracy"))
    assert np.allclose(metrics.class_iou(counted)[:5], said("iou")[:5])
    assert np.allclose(metrics.class_dice(counted)[:5], said("dice")[:5])
    assert np.isclose(metrics.mean_iou(counted), said("mean_iou"))


def test_scores_of_masks_equal_torchmetrics(judged):
    data, answers = judged
    pair = data["mask_truth"], data["mask_prediction"]
    assert np.allclose(metrics.iou(*pair), answers["mask_iou"])
    assert np.allclose(metrics.dice(*pair), answers["mask_dice"])


@pytest.mark.parametrize("ignore", range(4))
def test_an_ignored_class_is_nan_and_out_of_the_mean_as_in_torchmetrics(judged, ignore):
    data, answers = judged
    truth, prediction = data["truth"] % 5, data["prediction"] % 5
    confusion = metrics.confusion_matrix(truth, prediction, 5, ignore)
    assert metrics.mean_iou(confusion) == pytest.approx(answers[f"void_{ignore}"])
    for scores in (metrics.class_iou(confusion), metrics.class_dice(confusion)):
        assert np.isnan(scores).tolist() == [i == ignore for i in range(5)]
    # The sum over batches forgets nothing.
    parts = [
        metrics.confusion_matrix(truth[i], prediction[i], 5, ignore) for i in range(3)
    ]
    assert metrics.mean_iou(sum(parts)) == metrics.mean_iou(confusion)


sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
pairs_of_masks = sizes.flatmap(lambda size: hnp.arrays(bool, (2, *size)))
pairs_of_label_maps = sizes.flatmap(
    lambda size: hnp.arrays(np.uint8, (2, *size), elements=st.integers(0, 3))
)


@given(pairs_of_masks)
def test_scores_of_masks_are_symmetric_and_between_zero_and_one(pair):
    for score in (metrics.iou, metrics.dice, metrics.boundary_iou):
        assert 0 <= score(*pair) <= 1
        assert score(*pair) == score(*pair[::-1])
    assert (metrics.iou(*pair) == 1) == np.array_equal(*pair)


@given(pairs_of_masks)
def test_dice_follows_from_iou(pair):
    jaccard = metrics.iou(*pair)
    assert np.isclose(metrics.dice(*pair), 2 * jaccard / (1 + jaccard))


@given(pairs_of_masks)
def test_one_mask_scores_as_class_one_of_its_confusion_matrix(pair):
    confusion = metrics.confusion_matrix(*pair, classes=2)
    if pair.any():
        assert np.isclose(metrics.class_iou(confusion)[1], metrics.iou(*pair))
        assert np.isclose(metrics.class_dice(confusion)[1], metrics.dice(*pair))


@given(pairs_of_label_maps, st.permutations(range(81)), st.permutations(range(4)))
def test_order_of_pixels_and_names_of_classes_do_not_matter(pair, pixels, names):
    truth, prediction = pair.reshape(2, -1)
    order = [pixel for pixel in pixels if pixel < truth.size]
    confusion = metrics.confusion_matrix(truth, prediction, 4)
    shuffled = metrics.confusion_matrix(truth[order], prediction[order], 4)
    assert np.array_equal(confusion, shuffled)
    renamed = metrics.confusion_matrix(*np.array(names)[pair], 4)
    assert np.isclose(metrics.mean_iou(confusion), metrics.mean_iou(renamed))
    assert metrics.pixel_accuracy(confusion) == metrics.pixel_accuracy(renamed)


@given(pairs_of_masks, st.randoms())
def test_order_of_pixels_does_not_matter_to_a_mask(pair, random):
    order = random.sample(range(pair[0].size), pair[0].size)
    moved = pair.reshape(2, -1)[:, order].reshape(pair.shape)
    assert metrics.iou(*pair) == metrics.iou(*moved)
    assert metrics.dice(*pair) == metrics.dice(*moved)
