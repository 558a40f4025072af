"""What lesson 08 exports for both tracks.

Built from its cells tagged `export`; edit them, not this:
content/lessons/08_transformers.md
"""

import numpy as np

__all__ = [
    "best_pairs",
    "hungarian",
    "inside_of",
    "instances_of",
    "panoptic_of",
    "segment_map",
    "semantic_of",
]


def segment_map(samples):
    """Number every segment: uint8 (N, H, W).

    Stuff keeps its class id; the first, second, ... thing, of the last class, gets the
    ids from that class on.
    """
    things = len(samples.classes) - 1 + samples.instances - 1
    return np.where(samples.instances > 0, things, samples.masks).astype(np.uint8)


def hungarian(cost):
    """Pair rows with columns, one to one, at the lowest total cost (Kuhn, 1955).

    cost: (n, m), numbers. Returns rows, columns: int (min(n, m),) each, rows rising.
    """
    cost = np.asarray(cost, float)
    if cost.shape[0] > cost.shape[1]:
        columns, rows = hungarian(cost.T)
        return rows[rows.argsort()], columns[rows.argsort()]
    row_price, column_price = np.zeros(cost.shape[0]), np.zeros(cost.shape[1])
    owner = np.full(cost.shape[1], -1)  # the row that has each column
    for row in range(len(cost)):
        done = np.zeros(len(owner), bool)
        reach, before = np.full(len(owner), np.inf), np.full(len(owner), -1)
        at, last, far = row, -1, 0.0
        while at >= 0:  # Dijkstra: the cheapest chain that ends at a free column
            new = far + cost[at] - row_price[at] - column_price
            better = ~done & (new < reach)
            reach[better], before[better] = new[better], last
            last = np.where(done, np.inf, reach).argmin()
            done[last], far, at = True, reach[last], owner[last]
        passed = done & (owner >= 0)
        row_price[owner[passed]] += far - reach[passed]
        row_price[row] += far
        column_price[done] -= far - reach[done]
        while last >= 0:  # back along the chain: every owner moves on by one
            owner[last] = row if before[last] < 0 else owner[before[last]]
            last = before[last]
    columns = np.flatnonzero(owner >= 0)
    return np.sort(owner[columns]), columns[owner[columns].argsort()]


def best_pairs(prices, present):
    """The pairs of each image: float32 (N, Q, T), 1 where query q draws segment t.

    prices: (N, Q, T). present: bool (N, T), the segments that the image has.
    """
    pairs = np.zeros(prices.shape, np.float32)
    for price, pair, has in zip(prices, pairs, present):
        rows, columns = hungarian(price[:, has])
        pair[rows, np.flatnonzero(has)[columns]] = 1
    return pairs


def inside_of(mask_logits):
    """Sigmoid that cannot overflow."""
    return (1 + np.tanh(mask_logits / 2)) / 2


def semantic_of(probabilities, mask_logits):
    """The class with most votes at each pixel: uint8 (N, H, W)."""
    count, queries, height, width = mask_logits.shape
    masks = inside_of(mask_logits).reshape(count, queries, -1)
    votes = probabilities[:, :, :-1].transpose(0, 2, 1) @ masks  # (N, classes, H * W)
    return votes.argmax(axis=1).reshape(count, height, width).astype(np.uint8)


def instances_of(probabilities, mask_logits):
    """For each image masks bool (d, H, W) and scores (d,) of things, the last class."""
    found, scores = [], []
    for named, drawn in zip(probabilities, mask_logits):
        masks = drawn > 0
        area = masks.sum(axis=(1, 2))
        sure = (inside_of(drawn) * masks).sum(axis=(1, 2)) / np.maximum(area, 1)
        found.append(masks[area > 0])
        scores.append((named[:, -2] * sure)[area > 0])
    return found, scores


def panoptic_of(probabilities, mask_logits):
    """Class ids uint8 (N, H, W) and numbers int32 (N, H, W), 0 where it is stuff."""
    sure = probabilities[:, :, :-1].max(axis=2)
    sure = sure * (sure > probabilities[:, :, -1])  # who says "nothing" gets nothing
    winner = (sure[:, :, None, None] * inside_of(mask_logits)).argmax(axis=1)
    kind = probabilities[:, :, :-1].argmax(axis=2)
    classes = np.take_along_axis(kind, winner.reshape(len(kind), -1), axis=1)
    classes = classes.reshape(winner.shape).astype(np.uint8)
    things = classes == probabilities.shape[2] - 2
    return classes, np.where(things, winner + 1, 0).astype(np.int32)
