"""Answers to lab 08: attention and its cost, matching of sets, panoptic quality."""

from functools import lru_cache
from itertools import permutations

import numpy as np

from answers import Answers

answers = Answers("lab08")
right, wrong = answers.right, answers.wrong


# Squares become tokens


@right("merge")
def by_reshaping(features, weights):
    r, _, c, d = weights.shape
    h, w = features.shape[:2]
    x = np.pad(features, ((0, -h % r), (0, -w % r), (0, 0)))
    x = x.reshape(x.shape[0] // r, r, x.shape[1] // r, r, c).swapaxes(1, 2)
    return x.reshape(-1, r * r * c) @ weights.reshape(r * r * c, d)


@right("merge")
def by_every_rth_position(features, weights):
    r = len(weights)
    h, w, c = features.shape
    wide = np.zeros((-(-h // r) * r, -(-w // r) * r, c), features.dtype)
    wide[:h, :w] = features
    total = 0
    for i in range(r):
        for j in range(r):
            total = total + wide[i::r, j::r] @ weights[i, j]
    return total.reshape(-1, weights.shape[-1])


@right("merge")
def in_loops_over_squares(features, weights):
    r, tokens = weights.shape[0], []
    for top in range(0, features.shape[0], r):
        for left in range(0, features.shape[1], r):
            square = features[top : top + r, left : left + r]
            part = weights[: square.shape[0], : square.shape[1]]
            tokens.append(np.tensordot(square, part, 3).tolist())
    return tokens


@right("merge")
def by_einsum_in_fortran_order(features, weights):
    r = len(weights)
    missing = [(0, -side % r) for side in features.shape[:2]]
    x = np.asfortranarray(np.pad(features, [*missing, (0, 0)]))
    x = x.reshape(x.shape[0] // r, r, -1, r, x.shape[2])
    return np.einsum("aibjc,ijcd->abd", x, weights).reshape(-1, weights.shape[3])


@wrong("merge", "Rows or columns that do not fill a square are lost")
def crops_as_a_convolution(features, weights):
    r = len(weights)
    h, w = features.shape[0] // r * r, features.shape[1] // r * r
    return by_every_rth_position(features[:h, :w], weights)


@wrong("merge", "above and to the left")
def pads_in_front(features, weights):
    r = len(weights)
    front = [(-side % r, 0) for side in features.shape[:2]]
    return by_reshaping(np.pad(features, [*front, (0, 0)]), weights)


@wrong("merge", "repeating the edge")
def repeats_the_edge(features, weights):
    missing = [(0, -side % len(weights)) for side in features.shape[:2]]
    return by_reshaping(np.pad(features, [*missing, (0, 0)], mode="edge"), weights)


@wrong("merge", "gets one square more")
def fills_up_what_is_full(features, weights):
    r, (h, w) = len(weights), features.shape[:2]
    wide = np.zeros((h + r - h % r, w + r - w % r, features.shape[2]))
    wide[:h, :w] = features
    return by_every_rth_position(wide, weights)


@wrong("merge", "follow each other in a row")
def reshapes_at_once(features, weights):
    r, _, c, d = weights.shape
    missing = [(0, -side % r) for side in features.shape[:2]]
    x = np.pad(features, [*missing, (0, 0)])
    return x.reshape(-1, r * r * c) @ weights.reshape(-1, d)


@wrong("merge", "Rows and columns within a square are swapped")
def swaps_i_and_j(features, weights):
    return by_every_rth_position(features, weights.swapaxes(0, 1))


@wrong("merge", "Nothing is flipped")
def convolves_as_mathematicians_do(features, weights):
    return by_every_rth_position(features, weights[::-1, ::-1])


@wrong("merge", "channels lie before")
def puts_channels_first(features, weights):
    r, _, c, d = weights.shape
    missing = [(0, -side % r) for side in features.shape[:2]]
    x = np.pad(features, [*missing, (0, 0)])
    x = x.reshape(x.shape[0] // r, r, x.shape[1] // r, r, c).transpose(0, 2, 4, 1, 3)
    return x.reshape(-1, c * r * r) @ weights.reshape(-1, d)


@wrong("merge", "mean over each square")
def averages(features, weights):
    return by_every_rth_position(features, weights) / len(weights) ** 2


@wrong("merge", "still a map")
def keeps_the_map(features, weights):
    rows = -(-features.shape[0] // len(weights))
    return by_reshaping(features, weights).reshape(rows, -1, weights.shape[3])


@wrong("merge", "order of columns")
def goes_down_the_columns(features, weights):
    found = keeps_the_map(features, weights)
    return found.transpose(1, 0, 2).reshape(-1, found.shape[2])


@right("merge")
def in_f4(features, weights):
    return np.asarray(by_reshaping(features, weights), "f4").tolist()


# Attention


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


@right("attend")
def by_heads_in_front(queries, keys, values, heads, allowed=None):
    def split(x):
        return x.reshape(x.shape[0], heads, -1).transpose(1, 0, 2)

    q, k, v = map(split, (queries, keys, values))
    scores = q @ k.swapaxes(1, 2) / q.shape[-1] ** 0.5
    if allowed is None:
        allowed = np.ones(scores.shape[1:], bool)
    weights = softmax(np.where(allowed, scores, -1e30)) * allowed
    return (weights @ v).transpose(1, 0, 2).reshape(len(queries), -1)


@right("attend")
def head_by_head(queries, keys, values, heads, allowed=None):
    parts = []
    for q, k, v in zip(*(np.split(x, heads, axis=1) for x in (queries, keys, values))):
        scores = q @ k.T / np.sqrt(k.shape[1])
        if allowed is not None:
            scores[~allowed] = -np.inf
        top = scores.max(axis=1)
        top[np.isneginf(top)] = 0
        e = np.exp(scores - top[:, None])
        total = e.sum(axis=1)
        total[total == 0] = 1
        parts.append((e / total[:, None]) @ v)
    return np.hstack(parts)


@right("attend")
def query_by_query_as_lists(queries, keys, values, heads, allowed=None):
    result = []
    for i, query in enumerate(np.asfortranarray(queries)):
        see = np.ones(len(keys), bool) if allowed is None else allowed[i]
        row = []
        for h in range(heads):
            c, d = len(query) // heads, values.shape[1] // heads
            if see.any():
                s = keys[see, h * c : (h + 1) * c] @ query[h * c : (h + 1) * c]
                weights = softmax(s / c**0.5)
                row += (weights @ values[see, h * d : (h + 1) * d]).tolist()
            else:
                row += [0.0] * d
        result.append(row)
    return result


@right("attend")
def by_einsum_and_logarithms(queries, keys, values, heads, allowed=None):
    q, k, v = (x.reshape(len(x), heads, -1) for x in (queries, keys, values))
    s = np.einsum("qhc,khc->qkh", q, k, dtype=np.float64) / q.shape[2] ** 0.5
    if allowed is not None:
        s = np.where(allowed[..., None], s, -np.inf)
    weights = np.exp(s - np.logaddexp.reduce(s, axis=1, keepdims=True))
    if allowed is not None:
        weights[~allowed.any(axis=1)] = 0
    return np.einsum("qkh,khd->qhd", weights, v).reshape(len(q), -1)


def computed(
    queries, keys, values, heads, allowed=None, scale=None, weigh=softmax, low=-np.inf
):
    q, k, v = (np.stack(np.split(x, heads, axis=1)) for x in (queries, keys, values))
    s = q @ k.transpose(0, 2, 1) / (q.shape[2] ** 0.5 if scale is None else scale)
    if allowed is not None:
        s = np.where(allowed, s, low)
    return np.concatenate([*(weigh(s) @ v)], axis=1)


@wrong("attend", "All channels make one score")
def forgets_the_heads(queries, keys, values, heads, allowed=None):
    return by_heads_in_front(queries, keys, values, 1, allowed)


@wrong("attend", "every other channel")
def splits_into_every_other_channel(queries, keys, values, heads, allowed=None):
    q, k, v = (
        x.reshape(len(x), -1, heads).swapaxes(1, 2).reshape(len(x), -1)
        for x in (queries, keys, values)
    )
    return by_heads_in_front(q, k, v, heads, allowed)


@wrong("attend", "heads come before channels in your reshape")
def every_other_channel_there_and_back(queries, keys, values, heads, allowed=None):
    def in_turns(x, first, second):
        return x.reshape(len(x), first, second).swapaxes(1, 2).reshape(len(x), -1)

    apart = (in_turns(x, x.shape[1] // heads, heads) for x in (queries, keys, values))
    found = by_heads_in_front(*apart, heads, allowed)
    return in_turns(found, heads, found.shape[1] // heads)


@wrong("attend", "Heads and queries are mixed up")
def reshapes_heads_away(queries, keys, values, heads, allowed=None):
    found = by_heads_in_front(queries, keys, values, heads, allowed)
    return np.stack(np.split(found, heads, axis=1)).reshape(len(queries), -1)


@wrong("attend", "Split the channels first")
def reshapes_to_heads_at_once(queries, keys, values, heads, allowed=None):
    q, k, v = (x.reshape(heads, len(x), -1) for x in (queries, keys, values))
    found = [by_heads_in_front(*one, 1, allowed) for one in zip(q, k, v, strict=True)]
    return np.concatenate(found, axis=1)


@wrong("attend", "Split the channels first")
def reshapes_to_heads_and_back(queries, keys, values, heads, allowed=None):
    found = reshapes_to_heads_at_once(queries, keys, values, heads, allowed)
    return np.stack(np.split(found, heads, axis=1)).reshape(len(queries), -1)


@wrong("attend", "hide first, then take the largest")
def takes_the_largest_of_all_keys(queries, keys, values, heads, allowed=None):
    found = []
    q, k, v = (np.split(x, heads, axis=1) for x in (queries, keys, values))
    for i in range(heads):
        scores = q[i] @ k[i].T / np.sqrt(q[i].shape[1])
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        if allowed is not None:
            powers = powers * allowed
        total = powers.sum(axis=1, keepdims=True)
        found.append(powers @ v[i] / np.where(total > 0, total, 1))
    return np.hstack(found)


@wrong("attend", "The scores are not divided")
def forgets_the_root(queries, keys, values, heads, allowed=None):
    return computed(queries, keys, values, heads, allowed, scale=1)


@wrong("attend", "root of all channels")
def divides_by_the_root_of_all(queries, keys, values, heads, allowed=None):
    root = np.sqrt(queries.shape[1])
    return computed(queries, keys, values, heads, allowed, scale=root)


@wrong("attend", "over the keys of each query")
def softmax_over_queries(queries, keys, values, heads, allowed=None):
    return computed(
        queries, keys, values, heads, allowed, weigh=lambda s: softmax(s, 1), low=-1e9
    )


@wrong("attend", "You hide what is allowed")
def takes_true_for_hidden(queries, keys, values, heads, allowed=None):
    hidden = None if allowed is None else ~allowed
    return computed(queries, keys, values, heads, hidden)


@wrong("attend", "you hide after the softmax")
def hides_weights(queries, keys, values, heads, allowed=None):
    def weigh(scores):
        return softmax(scores) * (1 if allowed is None else allowed)

    return computed(queries, keys, values, heads, weigh=weigh)


@wrong("attend", "e to the power 0 is 1")
def multiplies_scores_by_the_mask(queries, keys, values, heads, allowed=None):
    return computed(queries, keys, values, heads, allowed, low=0)


@wrong("attend", "0 / 0 is nan. A query that may look nowhere")
def leaves_nan(queries, keys, values, heads, allowed=None):
    return computed(queries, keys, values, heads, allowed)


@wrong("attend", "gives all keys the same weight")
def hides_with_a_low_score(queries, keys, values, heads, allowed=None):
    return computed(queries, keys, values, heads, allowed, low=-1e9)


@wrong("attend", "It looks everywhere here")
def looks_everywhere_as_mask2former(queries, keys, values, heads, allowed=None):
    if allowed is not None:
        allowed = np.where(allowed.any(1)[:, None], allowed, True)
    return computed(queries, keys, values, heads, allowed)


@wrong("attend", "e to the power of a large score overflows")
def takes_plain_powers(queries, keys, values, heads, allowed=None):
    def weigh(s):
        total = np.exp(s).sum(axis=2, keepdims=True)
        return np.exp(s) / np.where(total == 0, 1, total)

    return computed(queries, keys, values, heads, allowed, weigh=weigh)


@wrong("attend", "the largest score of all queries")
def takes_away_one_maximum(queries, keys, values, heads, allowed=None):
    def weigh(s):
        e = np.exp(s - s.max())
        if allowed is None:
            return e / e.sum(axis=2, keepdims=True)
        return e / np.maximum(e.sum(axis=2, keepdims=True), 1e-12)

    return computed(queries, keys, values, heads, allowed, weigh=weigh)


@right("attend")
def lists(queries, keys, values, heads, allowed=None):
    result = by_heads_in_front(queries, keys, values, heads, allowed)
    return np.asarray(result, "f4").tolist()


# Cost


@right("attention_cost")
def term_by_term(height, width, channels, reduction):
    n = height * width
    k = int(np.ceil(height / reduction) * np.ceil(width / reduction))
    merging = k * reduction**2 * channels**2 if reduction > 1 else 0
    return merging + n * channels**2 + 2 * k * channels**2 + n * channels**2, (
        n * k * channels + n * k * channels
    )


@right("attention_cost")
def by_counting_squares(height, width, channels, reduction):
    squares = {
        (y // reduction, x // reduction) for y in range(height) for x in range(width)
    }
    matrices = [(height * width, channels)] * 2 + [(len(squares), channels)] * 2
    if reduction != 1:
        matrices += [(len(squares), channels * reduction * reduction)]
    layers = sum(rows * inner * channels for rows, inner in matrices)
    return [layers, 2 * height * width * len(squares) * channels]


@right("attention_cost")
def as_an_array(height, width, channels, reduction):
    height, width, channels = (np.int64(n) for n in (height, width, channels))
    asked = ((height + reduction - 1) // reduction) * (
        (width + reduction - 1) // reduction
    )
    merged = (reduction > 1) * asked * reduction**2
    layers = (2 * height * width + 2 * asked + merged) * channels**2
    return np.array([layers, 2 * height * width * asked * channels])


@wrong("attention_cost", "swapped")
def pairs_first(height, width, channels, reduction):
    return term_by_term(height, width, channels, reduction)[::-1]


@wrong("attention_cost", "the sum of both numbers")
def all_in_one(height, width, channels, reduction):
    return sum(term_by_term(height, width, channels, reduction))


@wrong("attention_cost", "r times r times fewer")
def divides_by_r_once(height, width, channels, reduction):
    n, k = height * width, height * width // reduction
    layers = 2 * (n + k) * channels**2
    layers += k * reduction**2 * channels**2 if reduction > 1 else 0
    return layers, 2 * n * k * channels


@wrong("attention_cost", "round up along each side")
def rounds_down(height, width, channels, reduction):
    height_, width_ = height // reduction, width // reduction
    n, k = height * width, height_ * width_
    layers = 2 * (n + k) * channels**2
    layers += k * reduction**2 * channels**2 if reduction > 1 else 0
    return layers, 2 * n * k * channels


@wrong("attention_cost", "The merging is free")
def merges_for_nothing(height, width, channels, reduction):
    _, pairs = term_by_term(height, width, channels, reduction)
    k = -(-height // reduction) * -(-width // reduction)
    return 2 * (height * width + k) * channels**2, pairs


@wrong("attention_cost", "At reduction 1 nothing is merged")
def always_merges(height, width, channels, reduction):
    layers, pairs = term_by_term(height, width, channels, reduction)
    extra = height * width * channels**2 if reduction == 1 else 0
    return layers + extra, pairs


@wrong("attention_cost", "the answers go through a dense layer")
def forgets_the_last_layer(height, width, channels, reduction):
    layers, pairs = term_by_term(height, width, channels, reduction)
    return layers - height * width * channels**2, pairs


@wrong("attention_cost", "There are two products for each pair")
def forgets_the_values(height, width, channels, reduction):
    layers, pairs = term_by_term(height, width, channels, reduction)
    return layers, pairs // 2


@wrong("attention_cost", "This counts the pairs")
def counts_scores(height, width, channels, reduction):
    layers, pairs = term_by_term(height, width, channels, reduction)
    return layers, pairs // (2 * channels)


@wrong("attention_cost", "Each position asks the merged ones alone")
def everybody_asks_everybody(height, width, channels, reduction):
    layers, _ = term_by_term(height, width, channels, reduction)
    return layers, 2 * (height * width) ** 2 * channels


@wrong("attention_cost", "Keys and values are made after the merging")
def makes_keys_of_all(height, width, channels, reduction):
    _, pairs = term_by_term(height, width, channels, reduction)
    k = -(-height // reduction) * -(-width // reduction)
    layers = 4 * height * width * channels**2
    if reduction > 1:
        layers += k * reduction**2 * channels**2
    return layers, pairs


@wrong("attention_cost", "reduction makes no difference")
def no_reduction(height, width, channels, reduction):
    return term_by_term(height, width, channels, 1)


@wrong("attention_cost", "map for a square")
def square(height, width, channels, reduction):
    return term_by_term(height, height, channels, reduction)


@right("attention_cost")
def f(height, width, channels, reduction):
    return [float(x) for x in term_by_term(height, width, channels, reduction)]


# Prices


@right("prices")
def by_matrix_product(probabilities, inside, classes, masks, counts):
    m, g = inside[:, counts], masks[:, counts].astype("f4")
    dice = (2 * (m @ g.T) + 1) / (m.sum(1, keepdims=True) + g.sum(1) + 1)
    return (1 - probabilities[:, classes]) + (1 - dice)


@right("prices")
def in_loops(probabilities, inside, classes, masks, counts):
    table = []
    for chances, drawn in zip(probabilities, inside):
        row = []
        for kind, mask in zip(classes, masks):
            m, g = drawn[counts], mask[counts]
            both = 2 * m[g > 0].sum() + 1
            row.append(2 - chances[kind] - both / (m.sum() + np.count_nonzero(g) + 1))
        table.append(row)
    return table


@right("prices")
def by_broadcasting(probabilities, inside, classes, masks, counts):
    m = np.asfortranarray(np.where(counts, inside, 0))[:, None]
    g = (np.asarray(masks, bool) & counts)[None]
    both = (m * g).sum(axis=(2, 3))
    total = m.sum(axis=(2, 3)) + g.sum(axis=(2, 3))
    return (
        1 - np.take(probabilities, classes, axis=1) + 1 - (2 * both + 1) / (total + 1)
    )


@right("prices")
def by_einsum(probabilities, inside, classes, masks, counts):
    w = counts.astype(float)
    both = np.einsum("qyx,tyx,yx->qt", inside, masks.astype(float), w)
    mine, theirs = (np.einsum("nyx,yx->n", a.astype(float), w) for a in (inside, masks))
    dice = (1 + 2 * both) / (1 + mine[:, None] + theirs[None])
    return (1 - probabilities.T[classes].T) + (1 - dice)


EVERYWHERE = slice(None), slice(None)


@wrong("prices", "a row for each query")
def turns_the_table(probabilities, inside, classes, masks, counts):
    return by_matrix_product(probabilities, inside, classes, masks, counts).T


@wrong("prices", "Pixels that do not count are counted")
def counts_all(probabilities, inside, classes, masks, counts):
    return by_einsum(probabilities, inside, classes, masks, np.ones_like(counts))


@wrong("prices", "The answer's sum still holds")
def masks_only_the_truth(probabilities, inside, classes, masks, counts):
    truth = masks * counts
    return by_einsum(probabilities, inside, classes, truth, np.ones_like(counts))


@wrong("prices", "The segment's sum still holds")
def masks_only_the_answer(probabilities, inside, classes, masks, counts):
    drawn = inside * counts
    return by_einsum(probabilities, drawn, classes, masks, np.ones_like(counts))


@wrong("prices", "cut at 0.5")
def cuts_the_masks(probabilities, inside, classes, masks, counts):
    return by_einsum(probabilities, inside > 0.5, classes, masks, counts)


@wrong("prices", "Each price is 1 too low")
def as_detr_does(probabilities, inside, classes, masks, counts):
    return by_matrix_product(probabilities, inside, classes, masks, counts) - 1


@wrong("prices", "makes a pair dearer here")
def pays_for_being_right(probabilities, inside, classes, masks, counts):
    table = by_matrix_product(probabilities, inside, classes, masks, counts)
    return table - 1 + 2 * probabilities[:, classes]


@wrong("prices", "with the segment's number")
def takes_the_first_columns(probabilities, inside, classes, masks, counts):
    order = np.arange(len(classes))
    return by_matrix_product(probabilities, inside, order, masks, counts)


@wrong("prices", "cross-entropy of the class")
def takes_the_logarithm(probabilities, inside, classes, masks, counts):
    table = by_matrix_product(probabilities, inside, classes, masks, counts)
    chosen = probabilities[:, classes]
    return table - (1 - chosen) - np.log(chosen)


@wrong("prices", "This is an IoU")
def takes_iou(probabilities, inside, classes, masks, counts):
    m, g = inside[:, counts], masks[:, counts].astype(float)
    both = m @ g.T
    iou = (both + 1) / (m.sum(1)[:, None] + g.sum(1) - both + 1)
    return 2 - probabilities[:, classes] - iou


@wrong("prices", "empty pair is 0 / 0")
def forgets_the_ones(probabilities, inside, classes, masks, counts):
    m, g = inside[:, counts], masks[:, counts].astype(float)
    dice = 2 * m @ g.T / (m.sum(1)[:, None] + g.sum(1))
    return 2 - probabilities[:, classes] - dice


@wrong("prices", "how well they fit")
def returns_how_well(probabilities, inside, classes, masks, counts):
    return 2 - by_matrix_product(probabilities, inside, classes, masks, counts)


@right("prices")
def ll(*case):
    return np.asarray(by_matrix_product(*case), "f4").tolist()


# Who idles


def hungarian(cost):
    """Pair rows with columns by a table over sets of columns or rows."""
    if cost.shape[1] > cost.shape[0]:
        columns, rows = hungarian(cost.T)
        return rows, columns
    queries, segments = cost.shape

    @lru_cache(None)
    def rest(query, taken):
        if taken == 2**segments - 1:
            return 0.0, ()
        if query == queries:
            return np.inf, ()
        best = rest(query + 1, taken)
        for segment in range(segments):
            if not taken >> segment & 1:
                price, pairs = rest(query + 1, taken | 1 << segment)
                price += cost[query, segment]
                best = min(best, (price, ((query, segment), *pairs)))
        return best

    pairs = rest(0, 0)[1]
    return np.array(pairs, int).reshape(-1, 2).T


@right("assign")
def by_prices_above_idling(cost, idle):
    answer = -np.ones(len(idle))
    rows, columns = hungarian(cost - idle.reshape(-1, 1))
    answer[rows] = columns
    return answer


@right("assign")
def with_columns_for_idling(cost, idle):
    spare = len(cost) - cost.shape[1]
    wide = np.hstack([cost, np.repeat(idle[:, None], spare, axis=1)])
    answer = [0] * len(cost)
    for row, column in zip(*hungarian(wide)):
        answer[row] = int(column) if column < cost.shape[1] else -1
    return answer


@right("assign")
def by_trying_all(cost, idle):
    best, chosen = np.inf, ()
    for order in permutations(range(len(cost)), cost.shape[1]):
        left = np.ones(len(cost), bool)
        left[list(order)] = False
        total = cost[list(order), range(len(order))].sum() + idle[left].sum()
        if total < best:
            best, chosen = total, order
    answer = np.full(len(cost), -1, np.int32)
    answer[list(chosen)] = range(len(chosen))
    return answer


@right("assign")
def on_a_fortran_copy(cost, idle):
    gain = np.asfortranarray(cost).T - idle
    segments, queries = hungarian(gain)
    answer = np.full(idle.shape, -1, np.int8)
    answer[queries] = segments
    return answer


@wrong("assign", "Queries that are left over cost something")
def forgets_idling(cost, idle):
    return by_prices_above_idling(cost, np.zeros(len(cost)))


@wrong("assign", "saves this price")
def adds_the_price_of_idling(cost, idle):
    return by_prices_above_idling(cost, -idle)


def greedily(cost):
    cost, answer = cost.astype(float), np.full(len(cost), -1)
    for _ in range(cost.shape[1]):
        q, t = divmod(int(cost.argmin()), cost.shape[1])
        answer[q] = t
        cost[q], cost[:, t] = np.inf, np.inf
    return answer


@wrong("assign", "You take the cheapest pair first")
def cheapest_pair_first(cost, idle):
    return greedily(cost)


@wrong("assign", "you take the best pair first")
def largest_saving_first(cost, idle):
    return greedily(cost - idle[:, None])


@wrong("assign", "Segments choose one after the other")
def segments_choose(cost, idle):
    cost, answer = cost.copy(), np.full(len(cost), -1)
    for t in range(cost.shape[1]):
        q = cost[:, t].argmin()
        answer[q] = t
        cost[q] = 1e9
    return answer


@wrong("assign", "Every query takes the segment that it likes best")
def each_takes_its_best(cost, idle):
    return cost.argmin(axis=1)


@wrong("assign", "Each query decides by itself")
def each_decides(cost, idle):
    return np.array([r.argmin() if r.min() < i else -1 for r, i in zip(cost, idle)])


@wrong("assign", "a number for each segment")
def queries_of_segments(cost, idle):
    rows, columns = hungarian(cost - idle[:, None])
    return rows[np.argsort(columns)]


@wrong("assign", "Who has nothing gets -1")
def fills_with_zeros(cost, idle):
    answer = np.zeros(len(cost), int)
    rows, columns = hungarian(cost - idle[:, None])
    answer[rows] = columns
    return answer


@wrong("assign", "from 0 on, and -1 for nothing")
def counts_nothing_as_minus_two(cost, idle):
    answer = by_prices_above_idling(cost, idle)
    return np.where(answer < 0, -2, answer)


@wrong("assign", "There is no such segment")
def calls_nothing_by_the_next_number(cost, idle):
    answer = by_prices_above_idling(cost, idle)
    return np.where(answer < 0, cost.shape[1], answer)


@wrong("assign", "costs more than idling")
def leaves_dear_segments(cost, idle):
    answer = by_prices_above_idling(cost, idle)
    for q, t in enumerate(answer.astype(int)):
        if t >= 0 and cost[q, t] > idle[q]:
            answer[q] = -1
    return answer


@wrong("assign", "The total must be the lowest")
def finds_the_dearest(cost, idle):
    return by_prices_above_idling(-cost, -idle)


@wrong("assign", "Segment 1 is given to nobody")
def nobody_gets_the_last(cost, idle):
    a = by_trying_all(cost, idle)
    return np.where(np.asarray(a) == cost.shape[1] - 1, -1, a)


@wrong("assign", "Segment 0 is given to nobody")
def nobody_gets_any(cost, idle):
    return np.full(len(cost), -1)


@wrong("assign", "given to 2 queries")
def two_get_the_first(cost, idle):
    a = np.array(by_trying_all(cost, idle))
    if (a < 0).any() and cost.shape[1]:
        a[(a < 0).argmax()] = 0
    return a


@wrong("assign", "given to nobody")
def greedy_by_query_with_idle(cost, idle):
    a, taken = [], set()
    for q in range(len(cost)):
        free = [t for t in range(cost.shape[1]) if t not in taken]
        t = min(free, key=lambda t: cost[q, t], default=-1)
        if t >= 0 and cost[q, t] < idle[q]:
            taken.add(t)
            a.append(t)
        else:
            a.append(-1)
    return a


@right("assign")
def floats(cost, idle):
    return [float(x) for x in by_trying_all(cost, idle)]


@right("assign")
def as_tuple(cost, idle):
    return tuple(by_trying_all(cost, idle))


# Panoptic quality


def tally(ids, kinds, others, said, count, **rules):
    """One image: sum of IoU, TP, FN, FP of each class, (4, classes)."""
    least = rules.get("least", 0.5)
    made, used = np.zeros((4, count)), set()
    void = ids == 0
    for s in np.unique(ids):
        if s == 0 and not rules.get("void_is_a_segment"):
            continue
        mine, partner = ids == s, None
        for f in np.unique(others):
            if f == 0 and not rules.get("zero_is_an_answer"):
                continue
            theirs = others == f
            if not rules.get("keep_void"):
                theirs = theirs & ~void
            iou = (mine & theirs).sum() / max((mine | theirs).sum(), 1)
            fits = iou >= least if rules.get("half_is_enough") else iou > least
            if (kinds[s] == said[f] or rules.get("any_class")) and fits:
                partner = f
                made[0, kinds[s]] += iou
        made[1 if partner is not None else 2, kinds[s]] += 1
        used.add(partner)
    for f in np.unique(others):
        if f in used or (f == 0 and not rules.get("zero_is_an_answer")):
            continue
        share = void[others == f].mean()
        excused = share >= 0.5 if rules.get("half_is_excused") else share > 0.5
        if not excused or rules.get("blame_all"):
            made[3, said[f]] += 1
    return made


def scores(made, weight=0.5):
    total, tp, fn, fp = made
    with np.errstate(all="ignore"):
        rq = tp / (tp + weight * (fn + fp))
        sq = np.where(tp > 0, total / np.maximum(tp, 1), 0 * rq)
    return np.stack([sq * rq, sq, rq], axis=-1)


def means(table, is_thing, mean=np.nanmean):
    groups = np.ones(len(is_thing), bool), is_thing, ~is_thing
    with np.errstate(all="ignore"):
        return np.stack([mean(table[group], axis=0) for group in groups])


def all_images(truth, truth_classes, found, found_classes, is_thing, **rules):
    images = zip(truth, truth_classes, found, found_classes)
    return [tally(*image, len(is_thing), **rules) for image in images]


@right("panoptic_table")
def segment_by_segment(truth, truth_classes, found, found_classes, is_thing):
    made = all_images(truth, truth_classes, found, found_classes, is_thing)
    return means(scores(np.sum(made, axis=0)), is_thing)


@right("panoptic_table")
def by_shared_pixels(truth, truth_classes, found, found_classes, is_thing):
    classes = len(is_thing)
    made = np.zeros((classes, 4), np.float32)
    for ids, kinds, others, said in zip(truth, truth_classes, found, found_classes):
        pairs = ids.ravel() * len(said) + others.ravel()
        both = np.bincount(pairs, minlength=len(kinds) * len(said))
        both = both.reshape(len(kinds), len(said))
        area, known = both.sum(0), both.sum(1)
        iou = both / np.maximum(known[:, None] + area - both[0] - both, 1)
        match = (iou > 0.5) & (kinds[:, None] == said)
        match[0] = match[:, 0] = False
        for s in range(1, len(kinds)):
            if known[s]:
                made[kinds[s], 0] += iou[s][match[s]].sum()
                made[kinds[s], 1 if match[s].any() else 2] += 1
        for f in range(1, len(said)):
            if area[f] and not match[:, f].any() and 2 * both[0, f] <= area[f]:
                made[said[f], 3] += 1
    return means(scores(made.T), np.asarray(is_thing)).astype(np.float32)


@right("panoptic_table")
def by_dictionaries_and_lists(truth, truth_classes, found, found_classes, is_thing):
    book = {k: [0.0, 0, 0] for k in range(len(is_thing))}  # IoU, matches, FN + FP
    for ids, kinds, others, said in zip(
        truth.tolist(), truth_classes.tolist(), found.tolist(), found_classes.tolist()
    ):
        shared, mine, theirs = {}, {}, {}
        for a_row, b_row in zip(ids, others):
            for a, b in zip(a_row, b_row):
                shared[a, b] = shared.get((a, b), 0) + 1
                mine[a], theirs[b] = mine.get(a, 0) + 1, theirs.get(b, 0) + 1
        left, open_ = {a for a in mine if a}, {b for b in theirs if b}
        for (a, b), pixels in shared.items():
            if a and b and kinds[a] == said[b]:
                union = mine[a] + theirs[b] - shared.get((0, b), 0) - pixels
                if 2 * pixels > union:
                    book[kinds[a]][0] += pixels / union
                    book[kinds[a]][1] += 1
                    left.discard(a)
                    open_.discard(b)
        for a in left:
            book[kinds[a]][2] += 1
        for b in open_:
            if shared.get((0, b), 0) <= theirs[b] / 2:
                book[said[b]][2] += 1
    table = []
    for chosen in ([True, False], [True], [False]):
        rows = []
        for kind, (total, hits, errors) in book.items():
            if bool(is_thing[kind]) in chosen and hits + errors:
                sq, rq = total / hits if hits else 0.0, hits / (hits + errors / 2)
                rows.append((sq * rq, sq, rq))
        nothing = [float("nan")] * 3
        table.append([sum(c) / len(rows) for c in zip(*rows)] if rows else nothing)
    return table


@wrong("panoptic_table", "Things and stuff are swapped")
def stuff_first(truth, truth_classes, found, found_classes, is_thing):
    table = segment_by_segment(truth, truth_classes, found, found_classes, is_thing)
    return table[[0, 2, 1]]


@wrong("panoptic_table", "the rows are all, things and stuff")
def turned(truth, truth_classes, found, found_classes, is_thing):
    return segment_by_segment(
        truth, truth_classes, found, found_classes, is_thing
    ).swapaxes(0, 1)


def by_rules(weight=0.5, mean=np.nanmean, **rules):
    def answer(truth, truth_classes, found, found_classes, is_thing):
        made = all_images(truth, truth_classes, found, found_classes, is_thing, **rules)
        return means(scores(np.sum(made, axis=0), weight), is_thing, mean)

    return answer


wrong(
    "panoptic_table",
    "Void pixels make the union larger",
    by_rules(keep_void=True),
    name="keeps_void_in_the_union",
)
wrong(
    "panoptic_table",
    "mostly in void counts as invented",
    by_rules(blame_all=True),
    name="blames_answers_in_void",
)
wrong(
    "panoptic_table",
    "Void pixels count as wrong",
    by_rules(keep_void=True, blame_all=True),
    name="knows_nothing_of_void",
)
wrong(
    "panoptic_table",
    "exactly half void",
    by_rules(half_is_excused=True),
    name="excuses_half_void",
)
wrong(
    "panoptic_table",
    "exactly one half is no match",
    by_rules(half_is_enough=True),
    name="takes_one_half_for_a_match",
)
wrong(
    "panoptic_table",
    "any overlap",
    by_rules(least=0),
    name="matches_any_overlap",
)
wrong(
    "panoptic_table",
    "unlike classes match",
    by_rules(any_class=True),
    name="forgets_the_classes",
)
wrong(
    "panoptic_table",
    "In RQ each counts one half",
    by_rules(weight=1),
    name="counts_errors_whole",
)
wrong(
    "panoptic_table",
    "nan spoils the mean",
    by_rules(mean=np.mean),
    name="averages_nan",
)
wrong(
    "panoptic_table",
    "Id 0 of the answer is no segment",
    by_rules(zero_is_an_answer=True),
    name="takes_no_answer_for_an_answer",
)


@wrong("panoptic_table", "You average over the images")
def image_by_image(truth, truth_classes, found, found_classes, is_thing):
    made = all_images(truth, truth_classes, found, found_classes, is_thing)
    tables = [means(scores(each), is_thing) for each in made]
    return np.nanmean(tables, axis=0)


@wrong("panoptic_table", "All classes of a group are in one pot")
def in_one_pot(truth, truth_classes, found, found_classes, is_thing):
    made = np.sum(
        all_images(truth, truth_classes, found, found_classes, is_thing), axis=0
    )
    groups = is_thing | True, is_thing, ~is_thing
    return np.stack([scores(made[:, group].sum(axis=1)) for group in groups])


@wrong("panoptic_table", "not the product of means")
def multiplies_the_means(truth, truth_classes, found, found_classes, is_thing):
    table = segment_by_segment(truth, truth_classes, found, found_classes, is_thing)
    table[:, 0] = table[:, 1] * table[:, 2]
    return table


@wrong("panoptic_table", "scores 0 in your means")
def absent_classes_score_nothing(truth, truth_classes, found, found_classes, is_thing):
    made = all_images(truth, truth_classes, found, found_classes, is_thing)
    table = np.nan_to_num(scores(np.sum(made, axis=0)))
    return means(table, is_thing)


@wrong("panoptic_table", "There is no such segment")
def counts_listed_ids_of_the_truth(
    truth, truth_classes, found, found_classes, is_thing
):
    # each listed id without pixels gets one, in an added column
    wide = ((0, 0), (0, 0), (0, truth_classes.shape[1]))
    t, f = np.pad(truth, wide), np.pad(found, wide)
    for i in range(len(truth)):
        for s, k in enumerate(truth_classes[i]):
            if k >= 0 and s not in truth[i]:
                t[i, 0, truth.shape[2] + s - 1] = s
    return segment_by_segment(t, truth_classes, f, found_classes, is_thing)


@right("panoptic_table")
def in_lists(*case):
    return np.asarray(segment_by_segment(*case)).tolist()
