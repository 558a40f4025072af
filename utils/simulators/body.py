"""The simulated bodies: people who dance in rooms, with their silhouettes and joints.

A stand-in for MADS that anybody may have. Every picture is drawn, none is photographed.
What makes it hard is what makes MADS hard: limbs that cross or are foreshortened,
clothes in the colours of the room, loose clothes, people at the edge of the frame, and
rooms full of things, some of them of a person's shape or colour.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from tqdm.auto import tqdm

from utils.live import live
from utils.samples import Samples, check_drawing, height_and_width
from utils.simulators.scenery import rooms
from utils.simulators.scenery.figures import Figure, random_look
from utils.simulators.scenery.painting import Sheet, ellipse
from utils.simulators.scenery.poses import JOINTS, random_pose
from utils.storage.cache import cached

CLASSES = ("background", "person")
_RECIPE = 1  # goes into the cache's key: count up whenever a picture changes
_TALL = (1.15, 1.75)  # of 1.75 m, in units of half the frame's height


@dataclass(frozen=True, eq=False, repr=False)
class Bodies(Samples):
    """Samples of one person each, with joints.

    joints: float32 (N, 14, 2): x and y in pixels, as of boxes, in the order of
        `joint_names`; the middle of the first pixel is (0.5, 0.5). A side is the
        person's own. A joint outside of the frame has a place outside of it.
    """

    joints: np.ndarray = field(default_factory=lambda: np.zeros((0, len(JOINTS), 2)))
    joint_names: tuple[str, ...] = JOINTS

    def __post_init__(self):
        super().__post_init__()
        expected = len(self), len(self.joint_names), 2
        if self.joints.shape != expected:
            raise ValueError(f"joints must be {expected}, not {self.joints.shape}")

    def subset(self, indices) -> Bodies:
        """Return the samples at the given positions, joints included."""
        indices = np.arange(len(self))[list(indices)]
        own = {part.name: getattr(self, part.name) for part in fields(Samples)}
        chosen = vars(Samples(**own).subset(indices))
        return Bodies(**chosen, joints=self.joints[indices])


def simulate_body(
    count: int = 200, size: int | tuple[int, int] = (96, 128), seed: int = 0
) -> Bodies:
    """Draw simulated people in rooms, with silhouettes and joints.

    count: number of images, one person each.
    size: (height, width), or the side of a square, at least 32. Nothing is stretched: a
        wider frame shows more of the room.
    seed: image i depends on (seed, i) and on width / height.
    Returns Bodies: Samples with source "simulated", and joints.
    Raises ValueError for no image, or a side of less than 32 pixels.
    """
    height, width = height_and_width(size, smallest=32)
    check_drawing("simulate_body", count, seed)

    def draw() -> dict[str, np.ndarray]:
        images = np.empty((count, height, width, 3), np.uint8)
        masks = np.empty((count, height, width), np.uint8)
        joints = np.empty((count, len(JOINTS), 2), np.float32)
        bar = tqdm(range(count), "Drawing people", unit="image", disable=not live())
        for i in bar:
            generator = np.random.default_rng([seed, i])
            images[i], masks[i], joints[i] = draw_body(generator, height, width)
        return {"images": images, "masks": masks, "joints": joints}

    return Bodies(
        names=tuple(f"body{i:03d}" for i in range(count)),
        classes=CLASSES,
        source="simulated",
        **cached("body", f"{_RECIPE}-{count}-{height}x{width}-{seed}", draw),
    )


def draw_body(
    generator: np.random.Generator, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw one person: image uint8 (H, W, 3), mask uint8 (H, W), joints (14, 2)."""
    aspect = width / height
    pose, look = random_pose(generator), random_look(generator)
    sheet = Sheet(height, width, int(generator.integers(2**32)))
    floor = rooms.draw_room(sheet, generator)
    scale, origin = _place(generator, pose, aspect, floor)
    light = generator.uniform(-1, 1)
    figure = Figure(sheet, pose, look, origin, scale, light)
    _shadow(sheet, figure, light)
    figure.draw()
    image = rooms.finish(sheet, generator)
    places = figure.on_sheet(pose.joints)
    x = (places[:, 0] / aspect + 1) / 2 * width
    y = (places[:, 1] + 1) / 2 * height
    return image, sheet.labels, np.stack([x, y], axis=1)


def _place(generator, pose, aspect, floor) -> tuple[float, np.ndarray]:
    """Choose how large the person is, and where; most are in the frame altogether.

    Returns the scale of a metre, and (x, y) of the ground below the pelvis.
    """
    scale = generator.uniform(*_TALL) / 1.75
    low, high = pose.joints.min(axis=0), pose.joints.max(axis=0)
    whole = generator.random() < 0.85
    if whole:
        scale = min(scale, 1.92 / (high[1] + 0.15))
        scale = min(scale, 1.9 * aspect / (high[0] - low[0] + 0.2))
    foot = generator.uniform(max(floor + 0.06, 0.7), 0.95)
    if whole:
        foot = max(foot, min(scale * (high[1] + 0.15) - 0.97, 0.95))
    left, right = scale * (low[0] - 0.1), scale * (high[0] + 0.1)
    free = max(aspect - (right - left) / 2, 0) if whole else aspect
    middle = 0.8 * generator.uniform(-1, 1) * free
    return scale, np.array([middle - (left + right) / 2, foot])


def _shadow(sheet, figure, light) -> None:
    """Darken the floor below the feet."""
    feet = figure.on_sheet(figure.pose.toes)
    x, y = feet[:, 0].mean() - 0.06 * light, figure.origin[1]
    wide = np.ptp(feet[:, 0]) / 2 + 0.2 * figure.scale
    high = 0.06 * figure.scale
    window = sheet.window(y - high, y + high, x - wide, x + wide)
    if window:
        window.paint(
            ellipse(window.x - x, window.y - y, wide, high), (30, 28, 28), opacity=0.4
        )
