"""The oracles of lab 07's checks, against the libraries' own operators."""

import pickle

import numpy as np
import pytest
import tracks

from checks.lab07.average_precision import precision_of
from checks.lab07.roi_align import aligned
from checks.lab07.sample import SAMPLE
from checks.lab07.suppress import suppressed

TORCHVISION = """
import pickle, sys, torch
from torchvision import ops
maps, rois, boxes, scores, classes = map(torch.tensor, pickle.load(sys.stdin.buffer))
answers = [ops.roi_align(maps, rois, (5, 7), 1 / 4, aligned=True).numpy(),
           ops.batched_nms(boxes, scores, classes, 0.4).numpy()]
sys.stdout.buffer.write(pickle.dumps(answers))
"""
TENSORFLOW = """
import pickle, sys, tensorflow as tf
boxes, scores = pickle.load(sys.stdin.buffer)
kept = tf.image.non_max_suppression_with_scores(boxes, scores, 100, 1.0, 0.05, 0.2)
sys.stdout.buffer.write(pickle.dumps([part.numpy() for part in kept]))
"""


def asked(track, program, given):
    """Answers of a framework to arrays."""
    return pickle.loads(tracks.alone(track, "-c", program, given=pickle.dumps(given)))


def crowd(seed):
    generator = np.random.default_rng(seed)
    corner = generator.uniform(0, 60, (100, 2))
    boxes = np.hstack([corner, corner + generator.uniform(8, 30, (100, 2))])
    kinds = generator.integers(0, 3, 100)
    return boxes.astype(np.float32), generator.random(100).astype(np.float32), kinds


def test_roi_align_and_hard_suppression_equal_torchvision():
    generator = np.random.default_rng(0)
    maps = generator.normal(size=(2, 3, 16, 24)).astype(np.float32)
    corner = generator.uniform(-12, 60, (20, 2))
    boxes = np.hstack([corner, corner + generator.uniform(3, 50, (20, 2))])
    boxes, images = boxes.astype(np.float32), np.arange(20) % 2
    rois = np.c_[images, boxes].astype(np.float32)
    regions, kept = asked("pytorch", TORCHVISION, (maps, rois, *crowd(1)))
    assert np.allclose(aligned(maps, boxes, images, (5, 7), 4), regions, atol=1e-4)
    assert suppressed(*crowd(1), "hard", 0.4, 1e-9)[0].tolist() == kept.tolist()


def test_gaussian_suppression_equals_tensorflow():
    boxes, scores, kinds = crowd(2)
    kept, points = asked("tensorflow", TENSORFLOW, (boxes, scores))
    ours = suppressed(boxes, scores, 0 * kinds, "gaussian", 0.4, 0.05)
    assert ours[0].tolist() == kept.tolist()
    assert np.allclose(ours[1], points, atol=1e-5)


def test_sampling_equals_scipy_between_the_centres():
    ndimage = pytest.importorskip("scipy.ndimage")
    generator = np.random.default_rng(3)
    features = generator.normal(size=(1, 5, 9))
    y, x = generator.uniform(0.5, 4.5, 40), generator.uniform(0.5, 8.5, 40)
    ours = SAMPLE.oracle(features, y, x)[0]
    theirs = ndimage.map_coordinates(features[0], [y - 0.5, x - 0.5], order=1)
    assert np.allclose(ours, theirs)


def random_answers(seed):
    generator = np.random.default_rng(seed)
    iou = [generator.random(generator.integers(0, 5, 2)) for _ in range(8)]
    return iou, [generator.random(len(one)).round(1) for one in iou]


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_does_not_depend_on_the_order(seed):
    iou, scores = random_answers(seed)
    generator = np.random.default_rng(seed)
    expected = precision_of(iou, scores, 0.5)
    for _ in range(5):
        ways = [generator.permutation(len(one)) for one in iou]
        images = generator.permutation(len(iou))
        mixed = [iou[i][ways[i]] for i in images], [scores[i][ways[i]] for i in images]
        assert np.isclose(precision_of(*mixed, 0.5), expected)


def test_average_precision_without_doubles_is_the_area_of_a_precision_recall_curve():
    """Each answer has an object of its own: hits alone decide, as in a classifier."""
    generator = np.random.default_rng(5)
    scores, hits = generator.random(60).round(1), generator.random(60) < 0.5
    iou = [np.array([[0.9 if hit else 0.1]]) for hit in hits]
    levels = np.unique(scores)
    curve = [(hits[scores >= s].sum() / 60, hits[scores >= s].mean()) for s in levels]
    places = np.linspace(0, 1, 60 * 50, endpoint=False) + 1e-9
    area = np.mean([max((p for r, p in curve if r >= x), default=0) for x in places])
    assert np.isclose(precision_of(iou, list(scores[:, None]), 0.5), area)
