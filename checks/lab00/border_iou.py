"""IoU of each class along its borders: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _by_neighbours(truth, prediction, classes, distance) -> np.ndarray:
    """Collect the border pixels of each class in sets."""
    height, width = truth.shape

    def border(labels, one):
        found = set()
        for row, column in np.ndindex(height, width):
            if labels[row, column] != one:
                continue
            rows = range(max(0, row - distance), min(height, row + distance + 1))
            columns = range(
                max(0, column - distance), min(width, column + distance + 1)
            )
            if any(labels[r, c] != one for r in rows for c in columns):
                found.add((row, column))
        return found

    scores = np.full(classes, np.nan)
    for one in range(classes):
        a, b = border(truth, one), border(prediction, one)
        if a | b:
            scores[one] = len(a & b) / len(a | b)
    return scores


def _blobs(generator, shape, classes) -> np.ndarray:
    """Draw a label map of a few rectangles of random classes."""
    labels = np.zeros(shape, np.uint8)
    for _ in range(4):
        top, left = (int(generator.integers(0, side - 2)) for side in shape)
        tall, wide = (int(n) for n in generator.integers(2, 7, 2))
        labels[top : top + tall, left : left + wide] = generator.integers(classes)
    return labels


def _cases() -> Iterator[Case]:
    def case(name, truth, prediction, classes, distance):
        arguments = {"truth": truth, "prediction": prediction}
        return Case(name, {**arguments, "classes": classes, "distance": distance})

    generator = np.random.default_rng(12)
    truth = np.array([[0, 0, 1, 1, 1, 1, 1]], np.uint8)
    prediction = np.array([[0, 1, 1, 1, 1, 1, 1]], np.uint8)
    yield case("the worked example", truth, prediction, 2, 2)
    for distance in (1, 2, 1, 3):
        shape = tuple(generator.choice(np.arange(9, 15), 2, replace=False))
        truth = _blobs(generator, shape, 4)
        prediction = np.roll(truth, generator.integers(-1, 2, 2), axis=(0, 1))
        prediction[2:4, 2:5] = generator.integers(4)
        yield case("a random label map", truth, prediction, 4, distance)
    yield case("a class that never occurs", truth, prediction, 6, 2)
    yield case("64-bit integers", truth.astype(int), prediction.astype(int), 4, 1)
    same = np.full((5, 7), 2, np.uint8)
    yield case("one class without any border", same, same.copy(), 3, 1)
    invented = same.copy()
    invented[2, 3] = 1
    yield case("a border that was invented", same, invented, 3, 1)
    large = np.kron(np.arange(6).reshape(2, 3), np.ones((3, 3), int)).astype(np.uint8)
    yield case("a distance beyond the frame", large, large[:, ::-1].copy(), 6, 9)


def _in_window(step, distance) -> bool:
    """Tell whether a step stays in a window that is `distance` pixels wide."""
    before = distance // 2
    return -before <= step < distance - before


SHAPES = {  # of the neighbourhood: (down, right, distance) -> is it inside
    "square": lambda down, right, distance: True,
    "diamond": lambda down, right, distance: abs(down) + abs(right) <= distance,
    "circle": lambda down, right, distance: down**2 + right**2 <= distance**2,
    "window": lambda *place: all(_in_window(step, place[2]) for step in place[:2]),
    "cross": lambda down, right, distance: down == 0 or right == 0,
}


def _band(labels, distance, outside=None, shape="square"):
    """Tell for each pixel whether another class is near; rules may be wrong."""
    wide = np.pad(
        labels.astype(int),
        distance,
        **(
            {"constant_values": outside}
            if isinstance(outside, int)
            else {"mode": outside or "edge"}
        ),
    )
    height, width = labels.shape
    found = np.zeros(labels.shape, bool)
    for down in range(-distance, distance + 1):
        for right in range(-distance, distance + 1):
            if not SHAPES[shape](down, right, distance):
                continue
            rows = slice(distance + down, distance + down + height)
            columns = slice(distance + right, distance + right + width)
            found |= wide[rows, columns] != labels
    return found


def _iou(parts, nothing=np.nan):
    a, b = parts
    union = (a | b).sum()
    return (a & b).sum() / union if union else nothing


def _scored(nothing=np.nan, reach=lambda distance: distance, **rules):
    def answer(truth, prediction, classes, distance):
        pair = truth, prediction
        bands = [_band(labels, reach(distance), **rules) for labels in pair]
        return np.array(
            [
                _iou([band & (part == one) for band, part in zip(bands, pair)], nothing)
                for one in range(classes)
            ]
        )

    return answer


def _outer(truth, prediction, classes, distance):
    """Score what lies just outside of each class."""
    scores = []
    for one in range(classes):
        parts = [(labels == one).astype(int) for labels in (truth, prediction)]
        bands = [_band(part, distance) & (part == 0) for part in parts]
        scores.append(_iou(bands))
    return np.array(scores)


def _all_at_once(truth, prediction, classes, distance):
    bands = [_band(labels, distance) for labels in (truth, prediction)]
    return np.full(classes, _iou(bands))


def _right_pixels_of_all(truth, prediction, classes, distance):
    """Score each class within the borders of the truth alone, a trimap."""
    band = _band(truth, distance)
    parts = [[(x == one) & band for x in (truth, prediction)] for one in range(classes)]
    return np.array([_iou(part) for part in parts])


def _whole(truth, prediction, classes, distance):
    parts = [[x == one for x in (truth, prediction)] for one in range(classes)]
    return np.array([_iou(part) for part in parts])


def _dice(truth, prediction, classes, distance):
    scores = _by_neighbours(truth, prediction, classes, distance)
    return 2 * scores / (1 + scores)


def _recall(truth, prediction, classes, distance):
    scores = np.full(classes, np.nan)
    bands = [_band(labels, distance) for labels in (truth, prediction)]
    for one in range(classes):
        a, b = bands[0] & (truth == one), bands[1] & (prediction == one)
        scores[one] = (a & b).sum() / a.sum()
    return scores


def _away_from_the_frame(truth, prediction, classes, distance):
    inner = np.zeros(truth.shape, bool)
    inner[distance:-distance, distance:-distance] = True
    pair = truth, prediction
    bands = [_band(labels, distance) & inner for labels in pair]
    parts = [[b & (x == one) for b, x in zip(bands, pair)] for one in range(classes)]
    return np.array([_iou(part) for part in parts])


def _if_in(occurs):
    """Score the classes that occur, by a wrong rule, in the maps."""

    def answer(truth, prediction, classes, distance):
        scores = _by_neighbours(truth, prediction, classes, distance)
        for one in range(classes):
            if not occurs((truth == one).any(), (prediction == one).any()):
                scores[one] = np.nan
        return scores

    return answer


BORDER = Exercise(
    "border_iou",
    _by_neighbours,
    _cases,
    (
        Mistake(
            _scored(outside=-1),
            "The frame counts as a border in your result, as in the lesson. Here it "
            "does not: nobody knows what lies beyond it.",
        ),
        Mistake(
            _scored(outside=0),
            "You pad with 0, and 0 is a class: along the frame it makes borders that "
            "are not there. Repeat the outermost pixels instead.",
        ),
        Mistake(
            _scored(shape="diamond"),
            "Your neighbourhood is a diamond. Take the whole square: corners count "
            "too.",
        ),
        Mistake(
            _scored(reach=lambda distance: distance - 1),
            "Your borders are one pixel too thin: the square reaches `distance` pixels "
            "to each side.",
        ),
        Mistake(
            _scored(reach=lambda distance: distance + 1),
            "Your borders are one pixel too thick: the square reaches `distance` "
            "pixels to each side.",
        ),
        *(
            Mistake(
                narrow,
                "Your window is `distance` pixels wide. The square reaches `distance` "
                "pixels to each side, so it is 2 * distance + 1 wide.",
            )
            for narrow in (
                _scored(reach=lambda distance: distance // 2),
                _scored(shape="window"),
            )
        ),
        Mistake(
            _scored(reach=lambda distance: 1),
            "You look at the nearest neighbours alone. The square reaches `distance` "
            "pixels to each side.",
        ),
        Mistake(
            _scored(shape="circle"),
            "Your neighbourhood is a disc. Take the whole square: corners count too.",
        ),
        Mistake(
            _scored(shape="cross"),
            "Your neighbourhood is a cross. Take the whole square: corners count too.",
        ),
        Mistake(
            _scored(outside="wrap"),
            "Beyond the frame your image goes on at its other side. Repeat the "
            "outermost pixels instead.",
        ),
        Mistake(
            _away_from_the_frame,
            "You leave out the pixels near the frame. They are border pixels if the "
            "part of the square that lies in the image holds another class.",
        ),
        Mistake(
            _outer,
            "You take the pixels just outside of each class. The border of a class "
            "consists of its own pixels.",
        ),
        Mistake(
            _all_at_once,
            "All classes get the score of all borders together. Keep of each border "
            "the pixels of the class.",
        ),
        Mistake(
            _right_pixels_of_all,
            "You look at the borders of the truth alone. The prediction has borders of "
            "its own; take the IoU of both.",
        ),
        Mistake(
            _whole,
            "This is the IoU of the whole classes. Keep the pixels near a border "
            "first.",
        ),
        Mistake(_dice, "These are Dice values. IoU divides the overlap by the union."),
        Mistake(
            _recall,
            "You divide by the border of the truth. IoU divides the overlap by the "
            "union of both borders.",
        ),
        Mistake(
            _if_in(lambda truth, prediction: truth and prediction),
            "A class that is in one of the maps alone is nan in your result. It has "
            "border pixels there, so it scores 0.",
        ),
        Mistake(
            _if_in(lambda truth, prediction: truth),
            "A class that the prediction invents is nan in your result. It has border "
            "pixels there, so it scores 0.",
        ),
        Mistake(
            _scored(nothing=0.0),
            "A class without border pixels in both maps scores 0 in your result. It "
            "has no score: nan.",
        ),
        Mistake(
            _scored(nothing=1.0),
            "A class without border pixels in both maps scores 1 in your result. It "
            "has no score: nan.",
        ),
    ),
)


def border_iou(function: Callable) -> None:
    """Check `border_iou(truth, prediction, classes, distance)` -> (classes,)."""
    check(BORDER, function)
