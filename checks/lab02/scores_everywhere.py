"""An unpadded network on images of any size: it notes what it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from checks.core import Case, Exercise, Mistake, check
from checks.lab02.place import by_interp


class Network:
    """A stand-in for an unpadded network: (1, H, W, 3) -> scores (1, h, w, 3)."""

    def __init__(self, size: int, jump: int):
        self.size, self.jump, self.seen = size, jump, []

    def __call__(self, images):
        images = np.asarray(images)
        if images.ndim != 4 or len(images) != 1 or images.shape[3] != 3:
            raise ValueError(
                f"the network got {images.shape}, but it takes one image in a batch: "
                "(1, H, W, 3)"
            )
        if min(images.shape[1:3]) < self.size:
            raise ValueError(
                f"the network sees {self.size} pixels, but the image that it got has "
                f"only {images.shape[1]} x {images.shape[2]}"
            )
        self.seen.append(images.shape[1:3])
        view = np.lib.stride_tricks.sliding_window_view(
            images[0].astype(float), (self.size, self.size), (0, 1)
        )[:: self.jump, :: self.jump]  # (h, w, 3, size, size)
        rising = np.arange(self.size) / self.size
        return np.stack(
            [
                view[:, :, 0].mean(axis=(2, 3)),
                (view[:, :, 1] * rising[:, None]).mean(axis=(2, 3)),
                view[:, :, 2, -1, 0] - view[:, :, 2, 0, -1],
            ],
            axis=-1,
        )[None]

    def __deepcopy__(self, memo):
        return Network(self.size, self.jump)

    def __eq__(self, other):
        return isinstance(other, Network)  # what it noted is no argument

    __hash__ = None

    def __repr__(self):
        return "network"


def _answer(
    mode="reflect",
    before=lambda size: size // 2,
    behind=lambda size, jump: size + jump,
    start=lambda size, before: (size - 1) / 2 - before,
    end=lambda scores: scores,
):
    """Make an answer of which one part may be wrong."""

    def answer(image, network, size, jump):
        margin = (before(size), behind(size, jump))
        wide = np.pad(image, (margin, margin, (0, 0)), mode)
        coarse = network(wide[None])[0]
        height, width = image.shape[:2]
        placed = by_interp(coarse, start(size, margin[0]), jump, height, width)
        return end(placed)

    return answer


def _cases() -> Iterator[Case]:
    def case(name, image, size, jump):
        arguments = {"image": image, "network": Network(size, jump)}
        return Case(name, {**arguments, "size": size, "jump": jump})

    generator = np.random.default_rng(34)
    image = generator.integers(0, 256, (11, 14, 3), np.uint8)
    yield case("the worked example", image, 5, 4)
    for size, jump in ((8, 4), (7, 3), (12, 8), (6, 1)):
        height, width = generator.choice(np.arange(15, 30), 2, replace=False)
        image = generator.integers(0, 256, (height, width, 3), np.uint8)
        yield case("a random image", image, size, jump)
    image = generator.integers(0, 256, (17, 21, 3), np.uint8)
    yield case("an image that fits", image, 9, 4)
    yield case("an image of decimal numbers", image / 255, 10, 4)
    image = generator.integers(0, 256, (6, 25, 3), np.uint8)
    yield case("an image that is flatter than the field", image, 8, 5)


def _inspect(given: dict, answer) -> str | None:
    """Look at what the network was asked."""
    network, image = given["network"], given["image"]
    if not network.seen:
        return "The network is never called."
    if len(network.seen) > 1:
        return (
            f"You called the network {len(network.seen)} times. Once is enough: it "
            "takes an image of any size."
        )
    height, width = image.shape[:2]
    high, wide = network.seen[0]
    if (high > height) != (wide > width):
        return "You mirror rows or columns, but not both of them."
    return None


UNPADDED = (
    "The network got the image without a margin, so it has no scores for what lies "
    "near the border. Mirror the image first."
)
BORDER = (
    "The pixels in the last rows or columns have no centre behind them: the network "
    "drops up to jump - 1 rows, and you mirror too few."
)

EVERYWHERE = Exercise(
    "scores_everywhere",
    _answer(),
    _cases,
    (
        Mistake(_answer(before=lambda size: 0, behind=lambda size, jump: 0), UNPADDED),
        Mistake(
            _answer(
                before=lambda size: 0,
                behind=lambda size, jump: 0,
                start=lambda size, before: 0,
            ),
            UNPADDED,
        ),
        Mistake(_answer(behind=lambda size, jump: size // 2), BORDER),
        Mistake(_answer(behind=lambda size, jump: size - 1 - size // 2), BORDER),
        Mistake(_answer(behind=lambda size, jump: 0), BORDER),
        Mistake(
            _answer(start=lambda size, before: (size - 1) / 2),
            "In your answer the first centre is where it is in the mirrored image. In "
            "the image itself it lies as many pixels earlier as you put in front.",
        ),
        Mistake(
            _answer(start=lambda size, before: 0),
            "Your first centre is always at pixel 0. For a field of even size it lies "
            "half a pixel before it.",
        ),
        Mistake(
            _answer(start=lambda size, before: size // 2 - before),
            "Your first centre is always at pixel 0. For a field of even size it lies "
            "half a pixel before it.",
        ),
        Mistake(
            _answer(start=lambda size, before: (size - 1) // 2 - before),
            "Your first centre is cut to a whole number with //. For a field of even "
            "size it lies between two pixels.",
        ),
        Mistake(
            _answer(start=lambda size, before: size / 2 - before),
            "Your centre lies half a pixel too far behind: a field of 5 pixels has its "
            "centre 2 behind its first pixel.",
        ),
        Mistake(
            _answer(start=lambda size, before: -before),
            "Your start is the first pixel of the first field. place wants its centre.",
        ),
        Mistake(
            _answer(mode="constant"),
            "You put zeros beyond the border. Mirror the image there.",
        ),
        Mistake(
            _answer(mode="symmetric"),
            'You mirror with "symmetric", which repeats the pixels at the border. With '
            '"reflect" they stand there once.',
        ),
        Mistake(
            _answer(mode="wrap"),
            "Beyond the border your image goes on at its other side. Mirror it there.",
        ),
        Mistake(
            _answer(behind=lambda size, jump: size // 2 + jump - 2),
            BORDER,
        ),
        Mistake(
            _answer(mode="edge"),
            "You repeat the pixels at the border. Mirror the image there.",
        ),
        Mistake(
            _answer(before=lambda size: size),
            "You mirror `size` pixels in front, twice as many as asked. The first "
            "centre then lies well before the image.",
        ),
        Mistake(
            _answer(before=lambda size: (size - 1) // 2),
            "You mirror (size - 1) // 2 pixels in front: for a field of even size that "
            "is one too few.",
        ),
        Mistake(
            _answer(end=lambda scores: scores[None]),
            "Return the scores of the image, (H, W, classes), without the batch.",
        ),
        Mistake(
            _answer(end=lambda scores: scores.argmax(axis=-1)),
            "Return the scores of all classes, not the class that wins.",
        ),
        Mistake(
            lambda image, network, size, jump: _answer()(
                image / 255, network, size, jump
            ),
            "You divide the image by 255. The network takes it as it is.",
        ),
        Mistake(
            lambda image, network, size, jump: network(image),
            "The network takes a batch: put an axis in front of the image.",
        ),
    ),
    inspect=_inspect,
)


def scores_everywhere(function: Callable) -> None:
    """Check `scores_everywhere(image, network, size, jump)` -> (H, W, classes)."""
    check(EVERYWHERE, function)
