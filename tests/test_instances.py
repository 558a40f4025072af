"""Lesson 07's scores, boxes and floods: by hand first, then against the libraries."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

LESSON = Path(__file__).parents[1] / "content/lessons/07_instances.md"


def _exported() -> dict:
    """The exported cells of both tracks, which need NumPy alone."""
    import heapq

    names = {"np": np}
    names |= {name: getattr(heapq, name) for name in ("heapify", "heappop", "heappush")}
    text = LESSON.read_text(encoding="utf-8")
    for cell in re.findall(r"```\{code-cell\}\n(.*?)```", text, re.DOTALL):
        if ":tags: [export]" in cell and ":track:" not in cell:
            exec(cell.replace(":tags: [export]\n", ""), names)
    return names


lesson = _exported()
mask_iou, average_precision = lesson["mask_iou"], lesson["average_precision"]


def boxes_as_masks(*boxes, side=12):
    masks = np.zeros((len(boxes), side, side), bool)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes, strict=True):
        mask[y0:y1, x0:x1] = True
    return masks


# ------------------------------------------------------------ average precision


TWO = boxes_as_masks((0, 0, 4, 4), (6, 6, 10, 10))


def test_average_precision_by_hand():
    assert np.allclose(average_precision([TWO], [TWO], [[0.5, 0.6]]), 1)
    one = average_precision([TWO], [TWO[:1]], [[0.5]])
    assert np.allclose(one, 51 / 101)  # recalls 0 .. 0.50 at precision 1
    late = average_precision([TWO], [TWO[[0, 0, 1]]], [[0.9, 0.8, 0.7]])
    assert np.allclose(late, (51 + 50 * 2 / 3) / 101)


def test_only_thresholds_below_the_iou_count():
    answer = boxes_as_masks((0, 0, 4, 3))  # 12 of 16 pixels
    ap = average_precision([TWO[:1]], [answer], [[1.0]])
    assert ap.tolist() == [1] * 6 + [0] * 4  # 0.5 .. 0.75 is reached


def test_an_answer_in_a_crowd_is_neither_hit_nor_mistake():
    inside = boxes_as_masks((7, 7, 9, 9))
    crowd = [np.array([False, True])]
    answers = np.concatenate([inside, TWO[:1]])
    assert np.allclose(average_precision([TWO], [answers], [[0.9, 0.8]], crowd), 1)
    without = average_precision([TWO[:1]], [answers], [[0.9, 0.8]])
    assert np.allclose(without, 1 / 2)


def test_no_answer_and_nothing_to_find():
    none = TWO[:0]
    assert np.allclose(average_precision([TWO], [none], [[]]), 0)
    assert np.isnan(average_precision([none], [TWO], [[0.3, 0.2]])).all()
    assert np.isnan(average_precision([none], [none], [[]])).all()


def random_case(seed):
    """Images with none to five instances, and answers of every quality, with ties."""
    generator = np.random.default_rng(seed)
    truth, found, scores, crowd = [], [], [], []
    for _ in range(8):
        corner = generator.integers(0, 24, (generator.integers(0, 6), 2))
        sides = generator.integers(3, 9, corner.shape)
        boxes = np.concatenate([corner, corner + sides], axis=1)
        times = 30 if seed == 0 else 3  # more than 100 answers an image
        near = np.repeat(boxes, times, axis=0)
        near = near + generator.integers(-2, 3, near.shape)
        near = np.concatenate([near, generator.integers(0, 32, (2, 4))])
        truth.append(boxes_as_masks(*boxes, side=32))
        found.append(boxes_as_masks(*near.clip(0), side=32))
        scores.append(generator.random(len(near)).round(1))
        crowd.append(generator.random(len(boxes)) < 0.25)
    return truth, found, scores, crowd


def coco(truth, found, scores, crowd):
    from pycocotools import coco, cocoeval, mask

    def entries(images, name, values):
        rows = [
            (image, one, value)
            for image, pair in enumerate(zip(images, values, strict=True))
            for one, value in zip(*pair, strict=True)
        ]
        return [
            {
                "id": number,
                "image_id": image,
                "category_id": 1,
                "area": float(one.sum()),
                "segmentation": mask.encode(np.asfortranarray(one.astype(np.uint8))),
                name: float(value),
            }
            for number, (image, one, value) in enumerate(rows, 1)
        ]

    judge = coco.COCO()
    judge.dataset = {
        "info": {},
        "images": [{"id": i, "height": 32, "width": 32} for i in range(len(truth))],
        "categories": [{"id": 1}],
        "annotations": entries(truth, "iscrowd", crowd),
    }
    with contextlib.redirect_stdout(io.StringIO()):
        judge.createIndex()
        scoring = cocoeval.COCOeval(
            judge, judge.loadRes(entries(found, "score", scores)), "segm"
        )
        scoring.evaluate()
        scoring.accumulate()
    return scoring.eval["precision"][:, :, 0, 0, 2].mean(axis=1)


@pytest.mark.parametrize("seed", range(8))
def test_average_precision_equals_pycocotools(seed):
    case = random_case(seed)
    assert np.abs(average_precision(*case) - coco(*case)).max() <= 1e-6


def test_the_order_of_answers_within_an_image_is_free_without_ties():
    truth, found, _, crowd = random_case(1)
    generator = np.random.default_rng(5)
    scores = [generator.permutation(len(one)) / 1000 + i / 7 for i, one in
              enumerate(found)]  # fmt: skip
    order = [generator.permutation(len(one)) for one in found]
    moved = [[part[o] for part, o in zip(parts, order, strict=True)]
             for parts in (found, scores)]  # fmt: skip
    assert np.array_equal(
        average_precision(truth, found, scores, crowd),
        average_precision(truth, *moved, crowd),
    )


def test_masks_of_instances_and_numbers_go_back_and_forth():
    numbers = np.array([[0, 3, 3], [7, 0, 3]])
    masks = lesson["masks_of_instances"](numbers)
    assert masks.shape == (2, 2, 3)
    assert (3 * masks[0] + 7 * masks[1] == numbers).all()
    assert lesson["masks_of_instances"](np.zeros((2, 3), int)).shape == (0, 2, 3)


# ------------------------------------------------------------ panoptic quality


def test_panoptic_quality_by_hand():
    truth = np.array([[[0, 0, 0, 0, 1, 1, 1, 1, 1, 1]]], np.uint8)
    numbers = np.array([[[0, 0, 0, 0, 1, 1, 1, 1, 2, 2]]])
    answer = np.array([[[0, 0, 0, 1, 1, 1, 1, 1, 0, 0]]], np.uint8)
    pairs = (truth, numbers), (answer, answer.astype(int))
    quality = lesson["panoptic_quality"](*pairs, 3)
    assert quality[0].tolist() == [0, 0, 0]  # an IoU of exactly 1/2 is no match
    assert np.allclose(quality[1], [0.8 / 1.5, 0.8, 1 / 1.5])
    assert np.isnan(quality[2]).all()


def test_void_pixels_do_not_count():
    truth = np.array([[[0, 0, 1, 1, 255, 255, 255]]], np.uint8)
    numbers = np.array([[[0, 0, 1, 1, 0, 0, 0]]])
    answer = np.array([[[0, 0, 1, 1, 1, 1, 1]]], np.uint8)
    other = np.array([[[0, 0, 1, 1, 1, 2, 2]]])  # number 2 lies in the void
    quality = lesson["panoptic_quality"]((truth, numbers), (answer, other), 2)
    assert np.allclose(quality, 1)
    silent = np.where(answer == 0, 255, answer).astype(np.uint8)
    quality = lesson["panoptic_quality"]((truth, numbers), (silent, other), 2)
    assert np.allclose(quality, [[0, 0, 0], [1, 1, 1]])


def panoptic_case(seed):
    generator = np.random.default_rng(seed)

    def blocks(most):
        return generator.integers(0, most, (3, 8, 8)).repeat(4, 1).repeat(4, 2)

    def things(kinds, numbers):
        return kinds.astype(np.uint8), np.where(kinds >= 2, numbers, 0)

    truth, numbers = blocks(4), blocks(3)
    moved = generator.random(truth.shape) < 0.25
    answer, others = (
        np.where(moved, generator.permutation(truth), truth),
        numbers.copy(),
    )
    others[moved] = 0
    return things(truth, numbers), things(answer, others)


ORACLE = """
import sys, pickle, numpy as np, torch
from torchmetrics.functional.detection import panoptic_quality
answers = []
for truth, found in pickle.load(sys.stdin.buffer):
    pair = [torch.tensor(np.stack(part, -1).astype(int)) for part in (found, truth)]
    answers.append(panoptic_quality(*pair, things={2, 3}, stuffs={0, 1},
        return_sq_and_rq=True, return_per_class=True).numpy()[[2, 3, 0, 1]])
sys.stdout.buffer.write(pickle.dumps(answers))
"""


def test_panoptic_quality_equals_torchmetrics():
    """It brings torch, which must not meet TensorFlow in the tests' process."""
    import pickle

    cases = [panoptic_case(seed) for seed in range(5)]
    done = subprocess.run(
        [sys.executable, "-c", ORACLE],
        input=pickle.dumps(cases),
        capture_output=True,
        check=True,
    )
    for case, expected in zip(cases, pickle.loads(done.stdout), strict=True):
        found = lesson["panoptic_quality"](*case, 4)
        assert np.allclose(found, expected, atol=1e-6)


# ------------------------------------------------------------ regions


def test_components_by_hand():
    mask = np.array([[1, 1, 0], [0, 0, 1], [1, 0, 1]], bool)
    label = lesson["components"](mask)
    assert label.max() == 3 and (label > 0).tolist() == mask.tolist()
    assert label[0, 0] == label[0, 1] and label[1, 2] == label[2, 2]
    assert lesson["components"](np.ones((3, 4), bool)).tolist() == [[1] * 4] * 3


def same_partition(one, other):
    pairs = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return pairs.shape[1] == len(np.unique(one)) == len(np.unique(other))


@pytest.mark.parametrize("share", [0.3, 0.55, 0.6, 0.7, 0.95])
def test_components_equal_skimage(share):
    from skimage.measure import label

    mask = np.random.default_rng(1).random((40, 33)) < share
    assert same_partition(lesson["components"](mask), label(mask, connectivity=1))


def test_a_spiral_is_one_component():
    spiral = np.ones((15, 15), bool)
    spiral[1, :14] = spiral[1:14, 13] = spiral[13, 1:14] = spiral[3:14, 1] = False
    spiral[3, 1:12] = spiral[3:12, 11] = spiral[11, 3:12] = False
    from skimage.measure import label

    assert lesson["components"](spiral).max() == label(spiral, connectivity=1).max()


def test_watershed_equals_skimage_where_no_heights_are_equal():
    from skimage.segmentation import watershed

    generator = np.random.default_rng(2)
    for _ in range(5):
        height = generator.permutation(30 * 25).reshape(30, 25)
        inside = generator.random((30, 25)) < 0.9
        seeds = np.zeros((30, 25), int)
        places = generator.choice(np.flatnonzero(inside), 6, replace=False)
        seeds.flat[places] = np.arange(1, 7)
        ours = lesson["watershed"](height, seeds, inside)
        assert np.array_equal(ours, watershed(height, seeds, mask=inside))


def test_waters_meet_in_the_middle_of_a_plain():
    seeds = np.array([[1, 0, 0, 0, 0, 2]])
    flooded = lesson["watershed"](np.zeros((1, 6)), seeds, seeds >= 0)
    assert flooded.tolist() == [[1, 1, 1, 2, 2, 2]]


# ------------------------------------------------------------ boxes


def test_boxes_come_back_from_their_deltas():
    generator = np.random.default_rng(3)
    corner = generator.uniform(0, 90, (2, 50, 2))
    boxes, anchors = np.concatenate(
        [corner, corner + generator.uniform(1, 40, corner.shape)], axis=2
    )
    deltas = lesson["encode"](boxes, anchors)
    assert np.allclose(lesson["decode"](deltas, anchors), boxes)
    assert np.allclose(lesson["encode"](boxes, boxes), 0)


def test_the_iou_of_boxes_is_that_of_their_masks():
    generator = np.random.default_rng(4)
    corner = generator.integers(0, 8, (12, 2))
    boxes = np.concatenate([corner, corner + generator.integers(1, 5, (12, 2))], axis=1)
    masks = boxes_as_masks(*boxes)
    assert np.allclose(lesson["box_iou"](boxes, boxes), mask_iou(masks, masks))


def test_suppression_keeps_the_best_of_each_heap():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [2, 0, 12, 10], [30, 0, 40, 10]])
    kept = lesson["nms"](boxes, [0.5, 0.9, 0.6, 0.1], 0.5)
    assert kept.tolist() == [1, 3]
    assert lesson["nms"](boxes, [0.5, 0.9, 0.6, 0.1], 0.99).tolist() == [1, 2, 0, 3]
    assert lesson["nms"](boxes[:0], [], 0.5).shape == (0,)


def test_anchors_lie_on_the_centres_of_their_cells():
    anchors = lesson["anchors_of"](2, 3, 4, (2, 6))
    assert anchors.shape == (12, 4) and anchors.dtype == np.float32
    assert anchors[0].tolist() == [1, 1, 3, 3]  # the cell from 0 to 4
    assert anchors[1].tolist() == [-1, -1, 5, 5]
    assert anchors[2].tolist() == [5, 1, 7, 3]  # one cell to the right
    assert anchors[6].tolist() == [1, 5, 3, 7]  # one row down
