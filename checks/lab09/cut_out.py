"""The cut-out on a new background: its oracle, cases and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check


def _by_pixel(image, background, probabilities, low, high):
    result = np.empty_like(image)
    for row, column in np.ndindex(*probabilities.shape):
        share = (float(probabilities[row, column]) - low) / (high - low)
        share = min(max(share, 0.0), 1.0)
        for channel in range(3):
            place = row, column, channel
            value = share * int(image[place]) + (1 - share) * int(background[place])
            result[place] = int(value + 0.5)
    return result


def _alpha(probabilities, low, high):
    return np.clip((probabilities - low) / (high - low), 0, 1)


def _mixed(
    alpha: Callable = _alpha,
    finish: Callable = lambda mix: np.round(mix).astype(np.uint8),
    swapped: bool = False,
):
    """Make a cut-out of which one part may be wrong."""

    def answer(image, background, probabilities, low, high):
        share = alpha(probabilities.astype(float), low, high)[..., None]
        front, back = (background, image) if swapped else (image, background)
        return finish(share * front + (1 - share) * back)

    return answer


def _added_in_uint8(image, background, probabilities, low, high):
    share = _alpha(probabilities, low, high)[..., None]
    return np.round(share * image).astype(np.uint8) + np.round(
        (1 - share) * background
    ).astype(np.uint8)


def _in_uint8(image, background, probabilities, low, high):
    share = np.round(255 * _alpha(probabilities, low, high)).astype(np.uint8)[..., None]
    return (share * image + (255 - share) * background) // 255


def _subtracted_in_uint8(image, background, probabilities, low, high):
    share = _alpha(probabilities, low, high)[..., None]
    return np.round(background + share * (image - background)).astype(np.uint8)


def _subtracted_and_clipped(image, background, probabilities, low, high):
    share = _alpha(probabilities, low, high)[..., None]
    mix = np.round(background + share * (image - background))
    return np.clip(mix, 0, 255).astype(np.uint8)


def _darker_only(image, background, probabilities, low, high):
    """Take a negative difference for 0."""
    share = _alpha(probabilities, low, high)[..., None]
    gap = np.maximum(image.astype(int) - background, 0)
    return np.round(background + share * gap).astype(np.uint8)


def _without_an_axis(image, background, probabilities, low, high):
    share = _alpha(probabilities, low, high)
    return np.round(share * image + (1 - share) * background).astype(np.uint8)


def _smooth(probabilities, low, high):
    share = _alpha(probabilities, low, high)
    return share * share * (3 - 2 * share)


def _inspect(arguments: dict, answer) -> str | None:
    """Look at the dtype, which values to four digits do not show."""
    if not isinstance(answer, np.ndarray) or answer.shape != arguments["image"].shape:
        return None
    if answer.dtype != np.uint8:
        small = answer.dtype.kind == "f" and answer.max(initial=0) <= 1
        scale = "between 0 and 1" if small else "from 0 to 255"
        return (
            f"Your picture is {answer.dtype}, {scale}. Return uint8, as images are: "
            + "multiply by 255, " * bool(small)
            + "round to whole numbers, then convert."
        )
    return None


def _cases() -> Iterator[Case]:
    def case(name, image, background, probabilities, low, high):
        arguments = {"image": image, "background": background}
        arguments |= {"probabilities": probabilities, "low": low, "high": high}
        return Case(name, arguments)

    image = np.zeros((1, 3, 3), np.uint8) + np.array([200, 40, 0], np.uint8)
    background = np.zeros((1, 3, 3), np.uint8) + np.array([100, 100, 240], np.uint8)
    chances = np.array([[0.2, 0.4, 0.9]])
    yield case("the worked example", image, background, chances, 0.3, 0.7)
    generator = np.random.default_rng(93)
    for low, high in ((0.3, 0.7), (0.1, 0.6), (0.45, 0.95)):
        shape = tuple(generator.choice(np.arange(4, 12), 2, replace=False))
        image, background = generator.integers(0, 256, (2, *shape, 3), np.uint8)
        chances = generator.random(shape)
        yield case("random pictures", image, background, chances, low, high)
    yield case("float32", image, background, chances.astype(np.float32), 0.2, 0.8)
    yield case("a ramp from 0 to 1", image, background, chances, 0.0, 1.0)
    bright = np.full((4, 5, 3), 255, np.uint8)
    chances = generator.random((4, 5))
    yield case("white before white", bright, bright, chances, 0.3, 0.7)
    yield case("nobody", image, image[::-1].copy(), np.zeros(shape), 0.3, 0.7)
    yield case("square pictures", image[:3, :3].copy(), image[1:4, 1:4].copy(),
               generator.random((3, 3)), 0.25, 0.75)  # fmt: skip


CUT_OUT = Exercise(
    "cut_out",
    _by_pixel,
    _cases,
    (
        Mistake(
            _mixed(finish=lambda mix: mix.astype(np.uint8)),
            "astype(np.uint8) cuts the decimals off, so the picture gets darker. Round "
            "first.",
        ),
        Mistake(
            _mixed(finish=lambda mix: np.ceil(mix).astype(np.uint8)),
            "You round up. Round to the nearest whole number.",
        ),
        Mistake(
            _mixed(swapped=True),
            "Person and background are swapped: where alpha is 1, the image shows.",
        ),
        Mistake(
            _mixed(lambda p, low, high: (p > 0.5).astype(float)),
            "You cut hard at 0.5. Alpha rises from 0 at low to 1 at high.",
        ),
        Mistake(
            _mixed(lambda p, low, high: (p > (low + high) / 2).astype(float)),
            "You cut hard in the middle. Alpha rises from 0 at low to 1 at high.",
        ),
        Mistake(
            _mixed(lambda p, low, high: (p > low).astype(float)),
            "You cut hard at low. Alpha rises from 0 at low to 1 at high.",
        ),
        Mistake(
            _mixed(lambda p, low, high: (p >= high).astype(float)),
            "Your alpha is 1 from high on, and 0 below. Do you compare, or make it "
            "uint8? Keep it float: it rises from 0 at low to 1 at high.",
        ),
        Mistake(
            _mixed(lambda p, low, high: p),
            "You take the probability itself as alpha. Use low and high: below low it "
            "is 0, above high it is 1.",
        ),
        Mistake(
            _darker_only,
            "A negative difference became 0, so the background shines through where "
            "it is brighter. Convert to float, and keep the sign.",
        ),
        Mistake(
            _mixed(lambda p, low, high: _alpha(p, 0.3, 0.7)),
            "low and high make no difference to your result: use the arguments.",
        ),
        Mistake(
            _mixed(lambda p, low, high: _alpha(255 * p, low, high)),
            "Your probabilities go up to 255. They lie between 0 and 1, as low and "
            "high do.",
        ),
        Mistake(
            _mixed(lambda p, low, high: np.ones_like(p)),
            "You return the image as it is. Alpha is 0 where the background shows.",
        ),
        Mistake(
            _mixed(lambda p, low, high: np.where(p < low, 0, np.where(p > high, 1, p))),
            "Between low and high your alpha is the probability itself, so it jumps at "
            "both. It must rise from 0 to 1 between them.",
        ),
        Mistake(
            _mixed(lambda p, low, high: np.clip(p, low, high)),
            "You clip the probability between low and high, so alpha is never 0 or 1. "
            "Stretch it first, then clip between 0 and 1.",
        ),
        Mistake(
            _mixed(lambda p, low, high: np.clip((p - low) / high, 0, 1)),
            "At high your alpha is not 1 yet. The ramp is high - low wide.",
        ),
        Mistake(
            _mixed(
                lambda p, low, high: (p - low) / (high - low),
                lambda mix: np.round(mix).astype(np.int64).astype(np.uint8),
            ),
            "Alpha leaves the range from 0 to 1, and the colours wrap around. Clip it.",
        ),
        Mistake(
            _mixed(
                lambda p, low, high: (p - low) / (high - low),
                lambda mix: np.round(np.clip(mix, 0, 255)).astype(np.uint8),
            ),
            "You clip the colours, but alpha itself leaves the range from 0 to 1, so "
            "the wrong colours remain. Clip alpha.",
        ),
        Mistake(
            _mixed(_smooth),
            "Your ramp is curved. Alpha rises in a straight line from low to high.",
        ),
        Mistake(
            _mixed(lambda p, low, high: np.round(_alpha(p, low, high))),
            "You round alpha to 0 and 1, so the edge is hard. Round the colours alone.",
        ),
        Mistake(
            _in_uint8,
            "You multiply uint8 by uint8, where 200 * 2 is 144. Convert to float "
            "before you multiply.",
        ),
        Mistake(
            _subtracted_and_clipped,
            "You subtract uint8 from uint8, where 40 - 100 is 196. Convert to float "
            "before you subtract.",
        ),
        Mistake(
            _subtracted_in_uint8,
            "You subtract uint8 from uint8, where 40 - 100 is 196. Convert to float "
            "before you subtract.",
        ),
        Mistake(
            _added_in_uint8,
            "You round both parts before you add them. Add first, then round once.",
        ),
        Mistake(
            _without_an_axis,
            "Alpha is (H, W) and the image (H, W, 3). Give alpha a third axis of "
            "length 1.",
        ),
        Mistake(
            lambda image, background, probabilities, low, high: np.round(
                image * _alpha(probabilities, low, high)[..., None]
            ).astype(np.uint8),
            "The background is missing: it shows with 1 - alpha.",
        ),
    ),
    inspect=_inspect,
)


def cut_out(function: Callable) -> None:
    """Check `cut_out(image, background, probabilities, low, high)` -> uint8 image."""
    check(CUT_OUT, function)
