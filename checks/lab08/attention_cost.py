"""The multiply-adds of a layer of efficient attention: cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check

NAMES = "height", "width", "channels", "reduction"


def _product_by_product(height, width, channels, reduction) -> tuple[int, int]:
    """Walk through the matrix products, each as (rows, inner, columns)."""
    asking = height * width
    asked = len(range(0, height, reduction)) * len(range(0, width, reduction))
    layers = [(asking, channels, channels)] * 2 + [(asked, channels, channels)] * 2
    if reduction > 1:
        layers.append((asked, channels * reduction**2, channels))
    pairs = [(asking, channels, asked), (asking, asked, channels)]
    return tuple(sum(a * b * c for a, b, c in part) for part in (layers, pairs))


def _cases() -> Iterator[Case]:
    def case(name, *numbers):
        return Case(name, dict(zip(NAMES, map(int, numbers), strict=True)))

    generator = np.random.default_rng(82)
    yield case("the worked example", 4, 6, 5, 2)
    for _ in range(4):
        reduction, rows, columns, channels = generator.choice(
            np.arange(2, 12), 4, replace=False
        )
        yield case(
            "random numbers", reduction * rows, reduction * columns, channels, reduction
        )
    yield case("no reduction", 7, 9, 6, 1)
    yield case("sides that are no multiples", 13, 18, 4, 5)
    yield case("a photograph", 1080 // 4, 1920 // 4, 64, 8)


def _counted(
    asked=lambda h, w, r: -(-h // r) * -(-w // r),
    merging=lambda asked, c, r: asked * r * r * c * c if r > 1 else 0,
    queries=lambda asking, asked, c: 2 * asking * c * c,
    keys=lambda asked, c: 2 * asked * c * c,
    pairs=lambda asking, asked, c: 2 * asking * asked * c,
    answer=lambda layers, pairs: (layers, pairs),
):
    """Make a count of which one term may be wrong."""

    def count(height, width, channels, reduction):
        positions, tokens = height * width, asked(height, width, reduction)
        layers = merging(tokens, channels, reduction)
        layers += queries(positions, tokens, channels) + keys(tokens, channels)
        return answer(layers, pairs(positions, tokens, channels))

    return count


COST = Exercise(
    "attention_cost",
    _product_by_product,
    _cases,
    (
        Mistake(
            lambda height, width, channels, reduction: _product_by_product(
                height, width, channels, 1
            ),
            "The reduction makes no difference to your result: fewer tokens are asked, "
            "and merging costs something.",
        ),
        *(
            Mistake(
                lambda side=side, **case: _product_by_product(
                    **{**case, "height": case[side], "width": case[side]}
                ),
                "You take the map for a square. Height and width may differ.",
            )
            for side in ("height", "width")
        ),
        Mistake(
            _counted(answer=lambda layers, pairs: (pairs, layers)),
            "The two numbers are swapped: the dense layers and the merging come first.",
        ),
        Mistake(
            _counted(answer=lambda layers, pairs: layers + pairs),
            "This is the sum of both numbers. Return them one by one.",
        ),
        Mistake(
            _counted(answer=lambda layers, pairs: (2 * layers, 2 * pairs)),
            "You count the product and the sum as two. One multiply-add is both.",
        ),
        Mistake(
            _counted(asked=lambda h, w, r: -(-h * w // r)),
            "A reduction r merges r x r positions, so r times r times fewer are asked.",
        ),
        Mistake(
            _counted(asked=lambda h, w, r: (h // r) * (w // r)),
            "A square that does not fit is filled up and counts as well: round up "
            "along each side.",
        ),
        Mistake(
            _counted(asked=lambda h, w, r: -(-h * w // r**2)),
            "Count squares along each side, rounded up, and multiply: a square at the "
            "corner counts as well.",
        ),
        Mistake(
            _counted(asked=lambda h, w, r: h * w),
            "All positions are asked here. Only the merged ones are.",
        ),
        Mistake(
            _counted(merging=lambda asked, c, r: 0),
            "The merging is free in your count. Each token comes from r x r x channels "
            "numbers.",
        ),
        Mistake(
            _counted(merging=lambda asked, c, r: asked * r * r * c * c),
            "At reduction 1 nothing is merged, so there is no such layer to pay for.",
        ),
        Mistake(
            _counted(merging=lambda asked, c, r: asked * c * c if r > 1 else 0),
            "Each token is merged from r x r positions, and each of them has all the "
            "channels.",
        ),
        Mistake(
            _counted(merging=lambda asked, c, r: asked * r * r * c if r > 1 else 0),
            "The merging makes `channels` numbers, each from r x r x channels.",
        ),
        Mistake(
            _counted(queries=lambda asking, asked, c: asking * c * c),
            "One layer is missing: the answers go through a dense layer as well.",
        ),
        Mistake(
            _counted(queries=lambda asking, asked, c: (asking + asked) * c * c),
            "Two layers see all positions: the one that makes queries, and the one "
            "that mixes the answers.",
        ),
        Mistake(
            _counted(queries=lambda asking, asked, c: 2 * asked * c * c),
            "Queries are made for all positions, and each gets an answer.",
        ),
        Mistake(
            _counted(keys=lambda asked, c: asked * c * c),
            "Keys and values are two layers.",
        ),
        Mistake(
            lambda height, width, channels, reduction: (
                _product_by_product(height, width, channels, reduction)[0]
                + 2
                * channels**2
                * (
                    height * width
                    - len(range(0, height, reduction)) * len(range(0, width, reduction))
                ),
                _product_by_product(height, width, channels, reduction)[1],
            ),
            "Keys and values are made after the merging, for the merged positions "
            "alone.",
        ),
        Mistake(
            _counted(pairs=lambda asking, asked, c: asking * asked * c),
            "There are two products for each pair: one makes the score, the other "
            "weighs the value. Both have `channels` terms.",
        ),
        Mistake(
            _counted(pairs=lambda asking, asked, c: asking * asked),
            "This counts the pairs. A score is a sum over all channels, and so many "
            "products; the weighted mean needs as many again.",
        ),
        Mistake(
            _counted(pairs=lambda asking, asked, c: 2 * asking * asked),
            "A score is a sum over all channels: that many products for each pair.",
        ),
        Mistake(
            _counted(pairs=lambda asking, asked, c: asking * asked * (c + 1)),
            "The weighted mean has `channels` products for each pair, one for each "
            "number of the value.",
        ),
        Mistake(
            _counted(pairs=lambda asking, asked, c: 2 * asking * asked * c * c),
            "The channels of query and key are multiplied one with one, not each with "
            "each.",
        ),
        Mistake(
            _counted(pairs=lambda asking, asked, c: 2 * asking * asking * c),
            "Each position asks the merged ones alone.",
        ),
    ),
)


def attention_cost(function: Callable) -> None:
    """Check `attention_cost(height, width, channels, reduction)` -> two numbers."""
    check(COST, function)
