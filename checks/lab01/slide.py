"""Windows in batches: a classifier that watches how it is called, and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


class Classifier:
    """A stand-in for a network: windows (n, size, size, 3) -> numbers (n, 3).

    It notes how many windows each call had, and how much memory was behind them.
    """

    def __init__(self, size: int):
        self.size, self.calls, self.behind = size, [], 0

    def __call__(self, windows):
        windows = np.asarray(windows)
        if not windows.size:
            raise ValueError("classify got no window, but it takes at least one")
        if windows.shape[1:] != (self.size, self.size, 3):
            raise ValueError(
                f"classify got {windows.shape}, but it takes windows: "
                f"(n, {self.size}, {self.size}, 3)"
            )
        self.calls.append(len(windows))
        base = windows
        while isinstance(base.base, np.ndarray):
            base = base.base
        self.behind = max(self.behind, base.size)
        windows = windows.astype(float)
        return np.stack(
            [
                windows[:, 0, -1, 0],
                windows[:, -1, 0, 1] / 2,
                windows[..., 2].mean(axis=(1, 2)),
            ],
            axis=1,
        )

    def __deepcopy__(self, memo):
        return Classifier(self.size)

    def __eq__(self, other):
        return isinstance(other, Classifier)  # what it noted is no argument

    __hash__ = None

    def __repr__(self):
        return "classify"


def _one_by_one(image, tops, lefts, size, classify, batch) -> np.ndarray:
    rows = []
    for top in tops:
        row = [image[top : top + size, left : left + size] for left in lefts]
        rows.append([classify(window[None])[0] for window in row])
    return np.array(rows)


def _cases() -> Iterator[Case]:
    def case(name, image, tops, lefts, size, batch):
        starts = {"tops": np.array(tops), "lefts": np.array(lefts)}
        settings = {"size": size, "classify": Classifier(size), "batch": batch}
        return Case(name, {"image": image, **starts, **settings})

    generator = np.random.default_rng(22)
    image = generator.integers(0, 256, (8, 7, 3), np.uint8)
    yield case("the worked example", image, [0, 2], [0, 2, 4], 3, 4)
    for batch in (4, 7, 5, 3):
        height, width, size = (*generator.choice(np.arange(9, 18), 2, False), 4)
        image = generator.integers(0, 256, (height, width, 3), np.uint8)
        tops = [*range(0, height - size, 3), height - size]
        lefts = [*range(0, width - size, 2), width - size]
        yield case("a random image", image, tops, lefts, size, batch)
    image = generator.integers(0, 256, (10, 11, 3), np.uint8)
    yield case("a batch for all windows", image, [0, 1], [0, 3, 5], 4, 100)
    yield case("batches without a rest", image, [0, 2], [0, 1, 2, 3], 4, 4)
    yield case("one window", image, [1], [2], 5, 8)
    yield case("an image of decimal numbers", image / 255, [0, 3], [0, 1, 5], 3, 4)


def _corners(tops, lefts):
    return [(int(top), int(left)) for top in tops for left in lefts]


def _inspect(given: dict, answer) -> str | None:
    """Look at how the classifier was called."""
    classify, batch, size = given["classify"], given["batch"], given["size"]
    windows = len(given["tops"]) * len(given["lefts"])
    calls = classify.calls
    if not calls:
        return "classify is never called."
    if max(calls) > batch:
        return (
            f"You called classify with {max(calls)} windows at once, but a batch has "
            f"at most {batch}."
        )
    needed = -(-windows // batch)
    if len(calls) > needed and sum(calls) <= windows:
        rows = len(given["tops"]) * -(-len(given["lefts"]) // batch)
        row_by_row = len(calls) == rows and rows > needed
        return f"You called classify {len(calls)} times where {needed} are enough: " + (
            "a batch may go on in the next row." if row_by_row else "fill the batch."
        )
    if sum(calls) > windows:
        return (
            f"classify saw {sum(calls)} windows, but there are {windows}: some were "
            "paid for twice."
        )
    in_memory = windows * size * size * 3
    if windows > batch and classify.behind == in_memory != given["image"].size:
        return (
            "All windows were in memory at once, though classify got them in batches. "
            "Cut the windows of a batch when it is their turn."
        )
    return None


def _arranged(arrange, order=None, scale=1):
    def answer(image, tops, lefts, size, classify, batch):
        corners = _corners(tops, lefts)
        corners = order(corners) if order else corners
        laid = np.stack([image[t : t + size, x : x + size] for t, x in corners]) / scale
        return arrange(classify(laid), len(tops), len(lefts), batch)

    return answer


def _rows(values, rows, columns, batch):
    return values.reshape(rows, columns, -1)


def _by_column(corners):
    return sorted(corners, key=lambda corner: corner[1])


SLIDE = Exercise(
    "slide",
    _one_by_one,
    _cases,
    (
        Mistake(
            _arranged(lambda values, *_: values),
            "These are the right answers in one long list. Give them rows and columns.",
        ),
        Mistake(
            _arranged(lambda values, rows, columns, batch: values.argmax(axis=-1)),
            "Return what classify gives, not the class that it prefers.",
        ),
        Mistake(
            _arranged(
                lambda values, rows, columns, batch: values.argmax(-1).reshape(
                    rows, columns
                )
            ),
            "Return what classify gives, not the class that it prefers.",
        ),
        Mistake(
            _arranged(
                lambda values, rows, columns, batch: values.reshape(columns, rows, -1)
            ),
            "Rows and columns are swapped in the shape: (rows, columns, classes).",
        ),
        Mistake(
            _arranged(_rows, _by_column),
            "Your windows go down the columns, but the answers are put into rows. "
            "All windows of the first row come first.",
        ),
        Mistake(
            _arranged(
                lambda values, rows, columns, batch: values.reshape(
                    columns, rows, -1
                ).swapaxes(0, 1),
            ),
            "Your answers are put into columns, but the windows come row by row.",
        ),
        Mistake(
            _arranged(
                lambda values, rows, columns, batch: values[
                    : len(values) // batch * batch
                ].reshape(rows, columns, -1)
            ),
            "The last batch is missing: it may be smaller than the others.",
        ),
        Mistake(
            lambda image, tops, lefts, size, classify, batch: classify([]),
            "Your last batch is empty: the windows fill the batches before it. Call "
            "classify only if a window is left.",
        ),
        Mistake(
            lambda image, tops, lefts, size, classify, batch: classify(
                np.ones((size, size, 3))
            ),
            "classify takes a batch. A single window is a batch of one: window[None].",
        ),
        Mistake(
            _arranged(_rows, scale=255),
            "Give classify the pixels as they are: it scales them itself, if it must.",
        ),
        Mistake(
            lambda image, tops, lefts, size, classify, batch: _one_by_one(
                image, range(len(tops)), range(len(lefts)), size, classify, batch
            ),
            "You cut at the numbers of the windows, 0, 1, 2. Cut at tops[i], lefts[j].",
        ),
        Mistake(
            lambda image, tops, lefts, size, classify, batch: _one_by_one(
                image, lefts, tops, size, classify, batch
            ).swapaxes(0, 1),
            "tops and lefts are swapped: a top counts rows, axis 0 of the image.",
        ),
        Mistake(
            lambda image, tops, lefts, size, classify, batch: _one_by_one(
                image.swapaxes(0, 1), tops, lefts, size, classify, batch
            ),
            "You cut at (left, top). Rows are axis 0 of the image, columns axis 1.",
        ),
    ),
    inspect=_inspect,
)


def slide(function: Callable) -> None:
    """Check `slide(image, tops, lefts, size, classify, batch)` -> (R, C, classes)."""
    check(SLIDE, function)
