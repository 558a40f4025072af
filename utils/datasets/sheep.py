"""One sheep of the simulated meadow, in any pose, from lamb to ram.

Its own coordinates: u to where it looks, v up, in units of its height, with the origin
on the ground between its feet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.datasets.painting import Sheet, bumps, capsule, ellipse

POSES = ("standing", "grazing", "lying", "facing", "looking", "leaving", "leaping")
_BODY = {  # centre u, v and half axes of the fleece
    "standing": (-0.03, 0.62, 0.46, 0.27),
    "grazing": (-0.05, 0.60, 0.46, 0.27),
    "looking": (-0.03, 0.62, 0.46, 0.27),
    "lying": (-0.03, 0.28, 0.50, 0.26),
    "facing": (0.0, 0.60, 0.31, 0.31),
    "leaving": (0.0, 0.60, 0.31, 0.31),
    "leaping": (-0.03, 0.80, 0.40, 0.22),
}
_LEGS = {  # of each leg: u at the body, u and v of the hoof; far ones first
    "standing": (
        (-0.26, -0.25, 0.04),
        (0.30, 0.31, 0.04),
        (-0.36, -0.38, 0),
        (0.2, 0.2, 0),
    ),
    "grazing": (
        (-0.26, -0.24, 0.04),
        (0.28, 0.33, 0.04),
        (-0.36, -0.38, 0),
        (0.2, 0.16, 0),
    ),
    "looking": (
        (-0.26, -0.25, 0.04),
        (0.30, 0.31, 0.04),
        (-0.36, -0.38, 0),
        (0.2, 0.2, 0),
    ),
    "lying": ((0.30, 0.46, 0.05),),
    "facing": (
        (-0.17, -0.17, 0.05),
        (0.17, 0.17, 0.05),
        (-0.12, -0.13, 0),
        (0.12, 0.13, 0),
    ),
    "leaving": ((-0.17, -0.17, 0), (0.17, 0.17, 0)),
    "leaping": (
        (-0.2, -0.42, 0.42),
        (0.25, 0.5, 0.5),
        (-0.28, -0.55, 0.36),
        (0.2, 0.42, 0.4),
    ),
}
_HEAD = {  # centre u, v and turn of its long axis; None: seen from the front
    "standing": (0.55, 0.88, -0.75),
    "grazing": (0.60, 0.16, -1.15),
    "looking": (0.47, 0.86, None),
    "lying": (0.50, 0.60, -0.55),
    "facing": (0.0, 0.82, None),
    "leaping": (0.46, 1.08, -0.3),
}


@dataclass(frozen=True)
class Sheep:
    """x and foot: the place on the ground in the frame. scale: its height there."""

    x: float
    foot: float
    scale: float
    pose: str
    side: int  # 1 looks to the right, -1 to the left
    fleece: np.ndarray  # RGB
    face: np.ndarray
    circles: np.ndarray  # of the wool
    lamb: bool
    mark: np.ndarray | None = None  # colour of the farmer's mark


def random_sheep(generator, x, foot, scale, lamb, fleece, face, mark) -> Sheep:
    """Draw a pose and the wool for a sheep of given place, size and colours."""
    if lamb:
        chances = (0.42, 0.08, 0.10, 0.1, 0.1, 0.02, 0.18)
    else:
        chances = (0.24, 0.32, 0.14, 0.11, 0.14, 0.05, 0.0)
    pose = POSES[generator.choice(len(POSES), p=chances)]
    _, _, a, b = _BODY[pose]
    angle = np.arange(13) / 13 * 2 * np.pi + generator.uniform(0, 1)
    angle = angle + generator.normal(0, 0.09, 13)
    radius = generator.uniform(0.28, 0.42, 13) * b
    rim = np.stack([(a - radius) * np.cos(angle), (b - radius) * np.sin(angle)], 1)
    rim = rim * generator.uniform(1.04, 1.16, (13, 1))
    inner = generator.uniform(-0.6, 0.6, (14, 2)) * [a, b]
    circles = np.concatenate(
        [
            np.column_stack([rim, radius]),
            np.column_stack([inner, generator.uniform(0.24, 0.4, 14) * b]),
        ]
    )
    side = 1 if generator.random() < 0.5 else -1
    return Sheep(x, foot, scale, pose, side, fleece, face, circles, lamb, mark)


def draw_sheep(paper: Sheet, sheep: Sheep, light, label: int, instance: int) -> None:
    """Lay a sheep over the paper. light: see `landscape.Light`."""
    reach = 1.05 * sheep.scale
    window = paper.window(
        sheep.foot - 1.5 * sheep.scale,
        sheep.foot + 0.1 * sheep.scale,
        sheep.x - reach,
        sheep.x + reach,
    )
    if not window:
        return
    u = sheep.side * (window.x - sheep.x) / sheep.scale
    v = (sheep.foot - window.y) / sheep.scale
    sun = light.side * sheep.side
    fine = window.grains[0]

    def part(field, colour, shade=1.0, thin=None):
        thin = None if thin is None else thin * sheep.scale
        shaded = np.asarray(colour) * np.asarray(shade)[..., None]
        window.paint(
            field * sheep.scale, light.on(shaded, sheep.foot), label, instance, thin
        )

    cu, cv, a, b = _BODY[sheep.pose]
    slim = 0.8 if sheep.lamb else 1.0
    a, b = a * slim, b * slim
    legs = _LEGS[sheep.pose]
    for number, (top, bottom, height) in enumerate(legs):
        far = len(legs) == 4 and number < 2
        field = capsule(
            u, v, (top * slim, cv - 0.1), (bottom, height + 0.03), 0.055, 0.042
        )
        part(field, sheep.face, 0.62 if far else 0.9, 0.048)
    if sheep.pose == "lying":
        part(capsule(u, v, (0.25, 0.06), (0.55, 0.05), 0.045), sheep.face, 0.9, 0.045)

    # Fleece: darker below, curled where its circles meet.
    field, curl, _ = bumps(u - cu, v - cv, sheep.circles * slim)
    field = np.maximum(field, ellipse(u - cu, v - cv, 0.94 * a, 0.94 * b))
    lit = 0.55 * (v - cv) / b + 0.3 * sun * (u - cu) / a
    shade = (
        0.8 + 0.2 * np.clip(lit, -1.3, 1) + 0.16 * (np.sqrt(curl) - 0.7) + 0.02 * fine
    )
    head = _HEAD.get(sheep.pose)
    if sheep.pose in ("standing", "grazing", "lying", "leaping"):
        start = (cu + 0.62 * a, cv + 0.15 * b)
        toward = (
            start[0] + 0.72 * (head[0] - start[0]),
            start[1] + 0.72 * (head[1] - start[1]),
        )
        neck = capsule(u, v, start, toward, 0.17 * slim, 0.115)
        field = np.maximum(field, neck)
    part(field, sheep.fleece, shade)
    if sheep.mark is not None:
        spot = ellipse(u - cu + 0.5 * a, v - cv - 0.35 * b, 0.12, 0.08)
        window.paint(
            spot * sheep.scale,
            light.on(sheep.mark, sheep.foot),
            opacity=0.75,
            thin=0.08 * sheep.scale,
        )
    if sheep.pose == "leaving":
        part(ellipse(u, v - cv - 0.02, 0.06, 0.15), sheep.fleece, 0.72, 0.06)
        return
    if sheep.pose not in ("facing",):
        part(
            ellipse(u - cu + 0.98 * a, v - cv - 0.1, 0.05, 0.12, 0.3),
            sheep.fleece,
            0.8,
            0.05,
        )
    _head(part, sheep, u, v, head)


def _head(part, sheep, u, v, head) -> None:
    hu, hv, turn = head
    big = 1.15 if sheep.lamb else 1.0
    dark = sheep.face.mean() < 90
    eye = np.array([225, 205, 150]) if dark else np.array([35, 28, 26])
    if turn is None:  # from the front
        for s in (-1, 1):
            part(
                ellipse(u - hu - s * 0.17 * big, v - hv - 0.05, 0.10, 0.045, -0.25 * s),
                sheep.face,
                0.8,
                0.045,
            )
        part(ellipse(u - hu, v - hv + 0.03, 0.115 * big, 0.175 * big), sheep.face, 1.0)
        part(
            ellipse(u - hu, v - hv - 0.12 * big, 0.13 * big, 0.075), sheep.fleece, 0.95
        )
        for s in (-1, 1):
            part(ellipse(u - hu - s * 0.065, v - hv, 0.022, 0.022), eye, 1.0, 0.016)
        part(ellipse(u - hu, v - hv + 0.15, 0.05, 0.022), sheep.face, 0.6, 0.02)
        return
    c, s = np.cos(turn), np.sin(turn)
    du, dv = u - hu, v - hv
    part(ellipse(du, dv, 0.2 * big, 0.112 * big, turn), sheep.face, 1.0)
    along, across = c * du + s * dv, c * dv - s * du
    part(ellipse(along + 0.14, across - 0.08, 0.11, 0.07), sheep.fleece, 0.95)
    part(ellipse(along + 0.13, across + 0.0, 0.045, 0.10, 0.5), sheep.face, 0.75, 0.04)
    part(ellipse(along - 0.01, across - 0.04, 0.022, 0.022), eye, 1.0, 0.016)
