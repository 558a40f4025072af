"""Attention with several heads and forbidden positions: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _query_by_query(queries, keys, values, heads, allowed=None) -> np.ndarray:
    """Let one head of one query ask at a time."""
    length, width = queries.shape[1] // heads, values.shape[1] // heads
    answers = np.zeros((len(queries), values.shape[1]))
    for q, head in np.ndindex(len(queries), heads):
        seen = [k for k in range(len(keys)) if allowed is None or allowed[q, k]]
        if not seen:
            continue
        part = slice(head * length, (head + 1) * length)
        scores = keys[seen, part].astype(float) @ queries[q, part] / length**0.5
        powers = np.exp(scores - scores.max())
        out = slice(head * width, (head + 1) * width)
        answers[q, out] = powers @ values[seen, out] / powers.sum()
    return answers


def _cases() -> Iterator[Case]:
    generator = np.random.default_rng(81)
    names = "queries", "keys", "values"
    first = [[np.log(3), 0.0]], [[1.0, 5], [0, 7]], [[4.0, 10], [8, 20]]
    first = {name: np.array(rows) for name, rows in zip(names, first, strict=True)}
    yield Case("the worked example", {**first, "heads": 2})
    only = np.array([[False, True]])
    yield Case("the worked example with a mask", {**first, "heads": 2, "allowed": only})

    def drawn(asking, asked, width, out, spread=1.0):
        shapes = (asking, width), (asked, width), (asked, out)
        arrays = [generator.normal(size=shape) for shape in shapes]
        arrays[0] *= spread
        return dict(zip(names, arrays, strict=True))

    yield Case("a single head", {**drawn(3, 5, 4, 6), "heads": 1})
    for heads in (2, 3, 4):
        asking, asked = generator.choice(np.arange(4, 10), 2, replace=False).tolist()
        arguments = drawn(asking, asked, 4 * heads, 2 * heads, 2.0)
        yield Case("several heads", {**arguments, "heads": heads})
    for heads in (2, 3):
        asking, asked = generator.choice(np.arange(5, 10), 2, replace=False).tolist()
        allowed = generator.random((asking, asked)) < 0.5
        allowed[:, 0] |= ~allowed.any(axis=1)
        arguments = {**drawn(asking, asked, 2 * heads, 3 * heads), "heads": heads}
        yield Case("forbidden positions", {**arguments, "allowed": allowed})
    allowed = generator.random((5, 6)) < 0.5
    allowed[:, 1], allowed[2] = True, False
    arguments = {**drawn(5, 6, 4, 8), "heads": 2, "allowed": allowed}
    yield Case("a query that may look nowhere", arguments)
    large = drawn(5, 7, 6, 6, 300.0)
    large["queries"][1] *= 30
    large["queries"] += 5000 * np.arange(5)[:, None]
    yield Case("scores of thousands", {**large, "heads": 2})
    hidden = drawn(5, 6, 4, 4)
    hidden["queries"] = np.abs(hidden["queries"]) + 1
    hidden["keys"][0] = 2000  # the best key of every query, which nobody may see
    allowed = generator.random((5, 6)) < 0.7
    allowed[:, 0], allowed[:, 1] = False, True
    arguments = {**hidden, "heads": 2, "allowed": allowed}
    yield Case("a forbidden score of thousands", arguments)
    single = {
        name: array.astype(np.float32) for name, array in drawn(3, 8, 6, 9).items()
    }
    yield Case("float32", {**single, "heads": 3})


def _softmax(scores, axis=-1):
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def _attention(
    scale=lambda length, width: length**0.5,
    weigh=_softmax,
    hide=lambda scores, allowed: np.where(allowed, scores, -np.inf),
    after=lambda weights, allowed: np.where(allowed.any(1)[:, None], weights, 0),
    part=lambda x, heads: x.reshape(len(x), heads, -1),
    join=lambda answers: answers.transpose(1, 0, 2).reshape(answers.shape[1], -1),
):
    """Make an attention of which one step may be wrong."""

    def answer(queries, keys, values, heads, allowed=None):
        queries, keys, values = (
            part(x, heads).transpose(1, 0, 2) for x in (queries, keys, values)
        )
        width = queries.shape[2]
        scores = queries @ keys.transpose(0, 2, 1) / scale(width, width * heads)
        if allowed is None:
            return join(weigh(scores) @ values)
        weights = after(np.nan_to_num(weigh(hide(scores, allowed))), allowed)
        return join(weights @ values)

    return answer


def _interleaved(x, heads):
    return x.reshape(len(x), -1, heads).transpose(0, 2, 1)


def _shuffled(answers):
    return answers.transpose(1, 2, 0).reshape(answers.shape[1], -1)


def _cut_by_rows(x, heads):
    return x.reshape(heads, len(x), -1).transpose(1, 0, 2)


def _plain(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


def _largest_of_all(scores):
    powers = np.exp(scores - np.nanmax(scores))
    return powers / powers.sum(axis=-1, keepdims=True)


def _below(scores, allowed):
    largest = scores.max(axis=-1, keepdims=True)
    return np.where(allowed, scores - largest, -np.inf)


def _below_the_largest(queries, keys, values, heads, allowed=None):
    """Take away the largest score, whether it is allowed or not."""
    if allowed is None:
        return _query_by_query(queries, keys, values, heads)
    answer = _attention(hide=_below, weigh=_plain)
    return answer(queries, keys, values, heads, allowed)


def _left_as_nan(queries, keys, values, heads, allowed=None):
    answers = _query_by_query(queries, keys, values, heads, allowed)
    if allowed is not None:
        answers[~allowed.any(axis=1)] = np.nan
    return answers


def _all_keys_where_none(queries, keys, values, heads, allowed=None):
    if allowed is not None:
        allowed = allowed | ~allowed.any(axis=1, keepdims=True)
    return _query_by_query(queries, keys, values, heads, allowed)


def _plain_mean_where_none(queries, keys, values, heads, allowed=None):
    answers = _query_by_query(queries, keys, values, heads, allowed)
    if allowed is not None:
        answers[~allowed.any(axis=1)] = values.mean(axis=0)
    return answers


def _in_one_head(queries, keys, values, heads, allowed=None):
    return _query_by_query(queries, keys, values, 1, allowed)


NOWHERE = (
    "A query that may look nowhere gathers nothing: its answer is 0 in all channels."
)

OTHER = (
    "The heads take every other channel. The first head has the first channels side "
    "by side, and so on: heads come before channels in your reshape."
)

ROWS = (
    "Your reshape has the heads in front at once, so it cuts rows apart and not "
    "channels. Split the channels first, then move the axis of the heads."
)

ATTEND = Exercise(
    "attend",
    _query_by_query,
    _cases,
    (
        Mistake(
            _in_one_head,
            "All channels make one score here. Each head has channels of its own, and "
            "weights of its own.",
        ),
        Mistake(_attention(part=_interleaved), OTHER),
        Mistake(_attention(part=_interleaved, join=_shuffled), OTHER),
        Mistake(
            _attention(join=_shuffled),
            "The answers of the heads are shuffled together. Put them side by side: "
            "all channels of the first head, then of the second.",
        ),
        Mistake(
            _attention(join=lambda answers: answers.reshape(answers.shape[1], -1)),
            "Heads and queries are mixed up in the last reshape. Bring the axis of the "
            "queries to the front before it.",
        ),
        Mistake(
            _attention(join=lambda answers: answers.sum(axis=0)),
            "The answers of the heads are added. Put them side by side.",
        ),
        Mistake(
            _attention(join=lambda answers: answers.mean(axis=0)),
            "The answers of the heads are averaged. Put them side by side.",
        ),
        Mistake(_attention(part=_cut_by_rows), ROWS),
        Mistake(
            _attention(
                part=_cut_by_rows,
                join=lambda answers: answers.reshape(answers.shape[1], -1),
            ),
            ROWS,
        ),
        Mistake(
            _attention(scale=lambda length, width: 1),
            "The scores are not divided. Divide them by the root of the length of a "
            "query within its head.",
        ),
        Mistake(
            _attention(scale=lambda length, width: width**0.5),
            "You divide by the root of all channels. A head's query is shorter: "
            "channels / heads.",
        ),
        Mistake(
            _attention(scale=lambda length, width: length),
            "You divide by the length itself. Divide by its root.",
        ),
        Mistake(
            _attention(weigh=lambda scores: _softmax(scores, -2)),
            "The weights add up to 1 over the queries. They must do so over the keys "
            "of each query.",
        ),
        Mistake(
            _attention(weigh=lambda scores: _softmax(scores, 0)),
            "The weights add up to 1 over the heads. They must do so over the keys "
            "of each query.",
        ),
        Mistake(
            _attention(hide=lambda scores, allowed: np.where(allowed, -np.inf, scores)),
            "You hide what is allowed. True in `allowed` means that the query may "
            "look.",
        ),
        Mistake(
            lambda queries, keys, values, heads, allowed=None: _query_by_query(
                queries, keys, values, heads
            ),
            "`allowed` changes nothing. Where it is False, the weight must be 0.",
        ),
        Mistake(
            _below_the_largest,
            "You take away the largest score even where it is forbidden. Nothing is "
            "left for the keys that are allowed: hide first, then take the largest.",
        ),
        Mistake(
            _attention(
                hide=lambda scores, allowed: scores,
                after=lambda weights, allowed: np.where(allowed, weights, 0),
            ),
            "The weights of a query no longer add up to 1: you hide after the softmax. "
            "Hide the scores before it.",
        ),
        Mistake(
            _attention(hide=lambda scores, allowed: scores * allowed),
            "You set forbidden scores to 0. But e to the power 0 is 1, so they still "
            "have weight. Which score has no weight?",
        ),
        Mistake(_left_as_nan, f"0 / 0 is nan. {NOWHERE}"),
        Mistake(_all_keys_where_none, f"It looks everywhere here. {NOWHERE}"),
        Mistake(
            _plain_mean_where_none,
            "If all scores are alike, however low, a softmax gives all keys the same "
            f"weight. {NOWHERE}",
        ),
        Mistake(
            _attention(weigh=_plain),
            "e to the power of a large score overflows. A softmax stays the same when "
            "you take a number away from all scores of a query: which one?",
        ),
        Mistake(
            _attention(weigh=_largest_of_all),
            "You take away the largest score of all queries. For a query with lower "
            "scores nothing is left, and 0 / 0 is nan: each has its own largest score.",
        ),
    ),
)


def attend(function: Callable) -> None:
    """Check `attend(queries, keys, values, heads, allowed=None)` -> (Q, D)."""
    check(ATTEND, function)
