"""Which pixels a stack of dilated layers reads: the oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def places_read(rates, size=3) -> np.ndarray:
    """Count the ways to each place, by one convolution for each layer."""
    ways = np.ones(1, np.int64)
    for rate in rates:
        weights = np.zeros(1 + (size - 1) * rate, np.int64)
        weights[::rate] = 1
        ways = (np.convolve(ways, weights) > 0).astype(np.int64)
    return np.flatnonzero(ways) - len(ways) // 2


def _read_cases() -> Iterator[Case]:
    generator = np.random.default_rng(62)
    yield Case("the worked example", {"rates": (1, 4), "size": 3})
    for count, size in ((2, 3), (3, 3), (3, 5), (4, 3), (2, 7)):
        rates = tuple(int(rate) for rate in generator.integers(1, 10, count))
        yield Case("random rates", {"rates": rates, "size": size})
    yield Case("rates that fall", {"rates": (7, 3, 1), "size": 3})
    yield Case("one layer", {"rates": (6,), "size": 5})
    yield Case("no layer", {"rates": (), "size": 3})
    yield Case("layers of one weight", {"rates": (2, 5), "size": 1})
    yield Case("a list", {"rates": [2, 2, 2], "size": 3})
    yield Case("many layers", {"rates": (1, 2, 4, 8, 16, 32, 64, 128), "size": 3})
    yield Case("an array of rates", {"rates": np.array([1, 9, 90]), "size": 5})


def _steps(size):
    return range(-(size // 2), size // 2 + 1)


def _whole_field(rates, size=3):
    reach = size // 2 * int(np.sum(rates, dtype=int))
    return np.arange(-reach, reach + 1)


def _side_by_side(rates, size=3):
    places = {0} | {int(rate) * step for rate in rates for step in _steps(size)}
    return np.array(sorted(places))


def _last_alone(rates, size=3):
    return np.array([int(rates[-1]) * step for step in _steps(size)])


def _repeated(rates, size=3):
    places = [0]
    for rate in rates:
        places = [place + int(rate) * step for place in places for step in _steps(size)]
    return np.array(sorted(places))


def _doubled_rates(rates, size=3):
    return places_read([int(rate) + 1 for rate in rates], size)


def _outer_weights(rates, size=3):
    places = {0}
    for rate in rates:
        reach = size // 2 * int(rate)
        places = {place + step for place in places for step in (-reach, 0, reach)}
    return np.array(sorted(places))


def _inspect(arguments, answer):
    """Refuse a set, and places that do not rise."""
    if isinstance(answer, (set, frozenset)) or (
        isinstance(answer, np.ndarray) and answer.dtype == object
    ):
        return "A set has no order. Make a list or an array of it, in rising order."
    expected = places_read(**arguments)
    try:
        places = np.asarray(answer, float)
    except (
        TypeError,
        ValueError,
        OverflowError,
    ):  # no numbers, or rows of unlike length
        return "Return the places, whole numbers, in a list or an array."
    listed = places.shape == expected.shape and (np.sort(places) == expected).all()
    if listed and (places != expected).any():
        return "These are the right places. List them in rising order."
    return None


READ = Exercise(
    "pixels_read",
    places_read,
    _read_cases,
    (
        Mistake(
            _whole_field,
            "These are all the pixels of the field. Between the weights there are "
            "pixels that nobody reads.",
        ),
        Mistake(
            _side_by_side,
            "Your layers lie side by side, all on the image. In a stack each layer "
            "reads the features of the one before, so the places add up.",
        ),
        Mistake(
            _last_alone,
            "These are the places of the last layer alone. Each of them reads several "
            "places of the layer before.",
        ),
        Mistake(
            _repeated,
            "A place that is read in several ways is there several times. List it "
            "once.",
        ),
        Mistake(
            lambda rates, size=3: places_read(rates, 3),
            "Your layers have three weights, whatever the size is.",
        ),
        Mistake(
            _outer_weights,
            "Your layers read the middle and both ends. There are `size` weights, and "
            "some lie between.",
        ),
        Mistake(
            lambda rates, size=3: (
                places_read(rates, size) - places_read(rates, size)[0]
            ),
            "You count from the left end of the field. Place 0 is that of the output, "
            "so half of the places are negative.",
        ),
        Mistake(
            lambda rates, size=3: [p for p in places_read(rates, size) if p >= 0],
            "You list the right half alone. The weights reach to both sides.",
        ),
        Mistake(
            lambda rates, size=3: [p for p in places_read(rates, size) if p],
            "Place 0, that of the output, is read as well: by the weights in the "
            "middle.",
        ),
        Mistake(
            lambda rates, size=3: np.setdiff1d(
                _whole_field(rates, size), places_read(rates, size)
            ),
            "These are the holes. The exercise asks for the places that are read.",
        ),
        Mistake(
            lambda rates, size=3: len(places_read(rates, size)),
            "This is how many places there are. List them.",
        ),
        Mistake(
            lambda rates, size=3: len(_whole_field(rates, size)),
            "This is the receptive field. List the places that are read.",
        ),
        Mistake(
            lambda rates, size=3: np.isin(
                _whole_field(rates, size), places_read(rates, size)
            ),
            "These are yes and no for each pixel of the field. List the places that "
            "are read.",
        ),
        Mistake(
            lambda rates, size=3: places_read(rates[:-1], size),
            "The last layer is missing.",
        ),
        Mistake(
            lambda rates, size=3: places_read(rates[1:], size),
            "The first layer is missing.",
        ),
        Mistake(
            _doubled_rates,
            "Your weights lie one pixel too far apart: rate 1 means neighbours.",
        ),
    ),
    inspect=_inspect,
)


def pixels_read(function: Callable) -> None:
    """Check `pixels_read(rates, size)` -> (n,)."""
    check(READ, function)
