"""What lesson 07 exports for both tracks.

Built from its cells tagged `export`; edit them, not this:
content/lessons/07_instances.md
"""

from heapq import heapify, heappop, heappush

import numpy as np

__all__ = [
    "THRESHOLDS",
    "anchors_of",
    "area_under",
    "average_precision",
    "box_iou",
    "components",
    "decode",
    "encode",
    "hits_of",
    "mask_iou",
    "masks_of_instances",
    "nms",
    "panoptic_quality",
    "watershed",
]


def masks_of_instances(instances):
    """One mask for each number from 1: int (H, W) -> bool (k, H, W)."""
    numbers = np.unique(instances[instances > 0])
    return instances == numbers[:, None, None]


def components(mask):
    """Number the regions that hang together by sides: bool (H, W) -> int (H, W)."""
    label = np.arange(1, mask.size + 1).reshape(mask.shape) * mask
    before = None
    while before is None or (label != before).any():
        before, wide = label, np.pad(label, 1)
        near = np.stack(
            [label, wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]]
        )
        label = near.max(axis=0) * mask
        # A jump: the label is a pixel's number, and that pixel may know a larger one.
        label = np.maximum(label, np.append(0, label)[label])
    numbers = np.unique(label[mask])
    return (np.searchsorted(numbers, label) + 1) * mask


def mask_iou(found, truth, crowd=None):
    """IoU of every pair: bool (d, H, W), bool (k, H, W) -> float (d, k).

    crowd: bool (k,), or None. Towards a crowd it is the share of the answer inside.
    """
    pixels = int(np.prod(found.shape[1:]))
    found, truth = (
        masks.reshape(-1, pixels).astype(np.float32) for masks in (found, truth)
    )
    both = (found @ truth.T).astype(float)  # exact: whole numbers below 2 ** 24
    area, true_area = found.sum(axis=1)[:, None], truth.sum(axis=1)
    union = area + true_area - both
    if crowd is not None:
        union = np.where(crowd, area, union)
    return both / np.maximum(union, 1)


def watershed(height, seeds, inside):
    """Flood from seeds, lowest pixel first: int (H, W), 0 outside of `inside`.

    height: (H, W). seeds: int (H, W), numbered from 1. inside: bool (H, W).
    """
    labels = np.where(inside, seeds, 0)
    wide = np.pad(inside, 1)  # no pixel beyond the frame is inside
    queue = [(height[r, c], 0, r, c) for r, c in zip(*np.nonzero(labels))]
    heapify(queue)
    age = 0  # among equal heights the first to be reached is flooded first
    while queue:
        _, _, row, column = heappop(queue)
        for r, c in (
            (row - 1, column),
            (row, column - 1),
            (row, column + 1),
            (row + 1, column),
        ):
            if wide[r + 1, c + 1] and not labels[r, c]:
                age += 1
                labels[r, c] = labels[row, column]
                heappush(queue, (height[r, c], age, r, c))
    return labels


THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of COCO's AP


def hits_of(iou, crowd, thresholds):
    """Which answers of one image hit, and which are left out: bool (T, d) twice.

    iou: (d, k), best score first, from `mask_iou`. crowd: bool (k,).
    """
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    free = np.repeat(~crowd[None], len(least), axis=0)  # (T, k)
    hit = np.zeros((len(least), len(iou)), bool)
    left_out = hit.copy()
    for number, row in enumerate(iou if len(crowd) else []):
        open_to = np.where(free & (row >= least), row, -1)
        hit[:, number] = open_to.max(axis=1) >= 0
        best = len(row) - 1 - open_to[:, ::-1].argmax(axis=1)  # of equals the last
        free[hit[:, number], best[hit[:, number]]] = False
        in_crowd = (crowd & (row >= least)).any(axis=1)
        left_out[:, number] = ~hit[:, number] & in_crowd
    return hit, left_out


def average_precision(
    truth, found, scores, crowd=None, thresholds=THRESHOLDS, most=100
):
    """AP of one class at each IoU threshold, as COCO counts it: float (T,).

    truth, found: a list with bool (k, H, W) and bool (d, H, W) for each image.
    scores: a list of float (d,). crowd: a list of bool (k,), or None.
    most: answers an image that count. nan where there is nothing to find.
    """
    crowd = [np.zeros(len(one), bool) for one in truth] if crowd is None else crowd
    values, matches = [], []
    for masks, answers, points, many in zip(truth, found, scores, crowd, strict=True):
        points = np.asarray(points, float)
        first = np.argsort(-points, kind="stable")[:most]
        values.append(points[first])
        iou = mask_iou(answers[first], masks, many)
        matches.append(hits_of(iou, many, np.asarray(thresholds)))
    order = np.argsort(-np.concatenate(values), kind="stable")
    hit, left_out = (np.concatenate(part, axis=1)[:, order] for part in zip(*matches))
    total = sum(int((~many).sum()) for many in crowd)
    if total == 0:
        return np.full(len(hit), np.nan)
    curves = zip(hit, left_out)
    return np.array([area_under(one[~out], total) for one, out in curves])


def area_under(hit, total):
    """Mean precision at 101 values of recall: bool (d,), best score first."""
    right = np.cumsum(hit)
    precision = right / np.arange(1, len(hit) + 1)
    # The best precision from here on: more answers may only help.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    recalls = np.linspace(0, 1, 101)
    places = np.searchsorted(right / total, recalls)  # the first that recalls so much
    return np.append(precision, 0)[places].mean()


def anchors_of(height, width, stride, sizes):
    """Square boxes on the centre of each cell: float32 (height * width * sizes, 4).

    In the order row, column, size.
    """
    y, x = (np.mgrid[:height, :width] + 0.5) * stride
    centre = np.stack([x, y], axis=-1).reshape(-1, 1, 2)
    half = np.array(sizes)[:, None] / 2  # (sizes, 1)
    boxes = np.concatenate([centre - half, centre + half], axis=-1)
    return boxes.reshape(-1, 4).astype(np.float32)


def box_iou(boxes, others):
    """IoU of every pair of boxes: (n, 4), (m, 4) -> (n, m)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=-1)
    area, other_area = (np.prod(b[:, 2:] - b[:, :2], axis=-1) for b in (boxes, others))
    return both / (area[:, None] + other_area - both)


def encode(boxes, anchors):
    """What moves each anchor onto its box: (n, 4), (n, 4) -> (n, 4)."""
    size, anchor_size = (b[:, 2:] - b[:, :2] for b in (boxes, anchors))
    shift = (boxes[:, :2] + size / 2) - (anchors[:, :2] + anchor_size / 2)
    return np.concatenate([shift / anchor_size, np.log(size / anchor_size)], axis=1)


def decode(deltas, anchors):
    """The boxes that `encode` was given: (n, 4), (n, 4) -> (n, 4)."""
    anchor_size = anchors[:, 2:] - anchors[:, :2]
    centre = anchors[:, :2] + anchor_size * (0.5 + deltas[:, :2])
    half = anchor_size * np.exp(deltas[:, 2:]) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def nms(boxes, scores, threshold):
    """Positions of the boxes that stay, best score first: int (k,)."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    kept = []
    while len(order):
        kept.append(order[0])
        overlap = box_iou(boxes[order[:1]], boxes[order])[0]
        overlap[0] = 1  # the best one itself, even if it has no area
        order = order[overlap <= threshold]
    return np.array(kept, int)


def panoptic_quality(truth, found, classes, void=255):
    """PQ, SQ and RQ of each class: float (classes, 3), nan where it has no segment.

    truth, found: pairs of class ids (N, H, W) and instance numbers (N, H, W), 0 for
    stuff. void: pixels of the truth that do not count, or of `found` without answer.
    """
    totals = np.zeros((4, classes))  # sum of IoU, matches, missed, invented
    for maps in zip(*truth, *found):
        (known, places), (said, others) = (
            np.unique(np.reshape(pair, (2, -1)), axis=1, return_inverse=True)
            for pair in (maps[:2], maps[2:])
        )
        both = np.zeros((known.shape[1], said.shape[1]))
        np.add.at(both, (places.ravel(), others.ravel()), 1)  # pixels of every pair
        real, area = known[0] != void, both.sum(axis=0)
        outside = both[~real].sum(axis=0)  # pixels of each answer that do not count
        union = both.sum(axis=1)[:, None] + area - outside - both
        same = (known[0][:, None] == said[0]) & real[:, None]
        iou = np.where(same, both / np.maximum(union, 1), 0)
        iou[iou <= 0.5] = 0
        invented = (said[0] != void) & ~iou.any(axis=0) & (2 * outside <= area)
        np.add.at(totals[0], known[0][real], iou.max(axis=1, initial=0)[real])
        np.add.at(totals[1], known[0][real], iou.any(axis=1)[real])
        np.add.at(totals[2], known[0][real], ~iou.any(axis=1)[real])
        np.add.at(totals[3], said[0][invented], 1)
    iou, hits, missed, invented = totals
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class has no segment
        rq = hits / (hits + (missed + invented) / 2)
    sq = np.where(np.isnan(rq), np.nan, iou / np.maximum(hits, 1))
    return np.stack([sq * rq, sq, rq], axis=1)
