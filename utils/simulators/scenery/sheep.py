"""One sheep of the simulated meadow, in any pose, from lamb to ram.

Its own coordinates: u to where it looks, v up, in units of its height, with the origin
on the ground between its feet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils.simulators.scenery.painting import Sheet, bumps, capsule, ellipse

# Fleece: centre u, v, half axes. Head: u, v and turn of its long axis; no turn is seen
# from the front, no head from behind. Legs: u at the body, u and v of the hoof.
_WALK = ((-0.26, -0.25, 0.04), (0.28, 0.30, 0.04), (-0.36, -0.38, 0), (0.18, 0.17, 0))
_FRONT = ((-0.17, -0.17, 0.05), (0.17, 0.17, 0.05), (-0.12, -0.13, 0), (0.12, 0.13, 0))
_LEAP = (
    (-0.2, -0.42, 0.42),
    (0.25, 0.5, 0.5),
    (-0.28, -0.55, 0.36),
    (0.2, 0.42, 0.4),
)
POSES = {
    "standing": ((-0.03, 0.62, 0.46, 0.29), (0.55, 0.88, -0.75), _WALK),
    "grazing": ((-0.05, 0.60, 0.46, 0.29), (0.60, 0.16, -1.15), _WALK),
    "lying": ((-0.03, 0.27, 0.50, 0.27), (0.48, 0.58, -0.55), ()),
    "facing": ((0.0, 0.60, 0.32, 0.31), (0.0, 0.82, None), _FRONT),
    "looking": ((-0.03, 0.62, 0.46, 0.29), (0.47, 0.86, None), _WALK),
    "leaving": ((0.0, 0.60, 0.32, 0.31), None, _FRONT[2:]),
    "leaping": ((-0.03, 0.80, 0.42, 0.24), (0.46, 1.06, -0.35), _LEAP),
}
# How far a pose reaches to the side and up; others go 0.86 and 1.2.
_REACH = {"facing": (0.46, 1.1), "leaving": (0.46, 1.0), "lying": (0.86, 0.9)}
_REACH["leaping"] = (0.86, 1.4)
_OLD = (0.25, 0.30, 0.14, 0.12, 0.14, 0.05, 0.0)  # how often a sheep takes each pose
_YOUNG = (0.36, 0.08, 0.12, 0.1, 0.1, 0.02, 0.22)
_RIM, _INNER = 14, 14  # circles of wool along the outline and inside
_NOSE = np.array((206, 150, 144))


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
    circles: np.ndarray  # (N, 3), of the wool, around the middle of the fleece
    stride: np.ndarray  # (4,), how far each hoof is from where it would stand
    lamb: bool
    mark: np.ndarray | None = None  # colour of the farmer's mark


def random_sheep(generator, x, foot, scale, lamb, fleece, face, mark) -> Sheep:
    """Draw a pose and the wool for a sheep of given place, size and colours."""
    pose = list(POSES)[generator.choice(len(POSES), p=_YOUNG if lamb else _OLD)]
    (_, _, a, b), _, _ = POSES[pose]
    slim = 0.8 if lamb else 1.0
    angle = (np.arange(_RIM) + generator.uniform(0, 1)) / _RIM * 2 * np.pi
    angle = angle + generator.normal(0, 0.08, _RIM)
    radius = generator.uniform(0.28, 0.42, _RIM) * b
    rim = np.stack([(a - radius) * np.cos(angle), (b - radius) * np.sin(angle)], 1)
    rim = rim * generator.uniform(1.04, 1.16, (_RIM, 1))
    inner = generator.uniform(-0.6, 0.6, (_INNER, 2)) * [a, b]
    wool = generator.uniform(0.24, 0.4, _INNER) * b
    circles = [np.column_stack([rim, radius]), np.column_stack([inner, wool])]
    circles = slim * np.concatenate(circles)
    return Sheep(
        x,
        foot,
        scale,
        pose,
        side=1 if generator.random() < 0.5 else -1,
        fleece=fleece,
        face=face,
        circles=circles,
        stride=generator.normal(0, 0.03, 4),
        lamb=lamb,
        mark=mark,
    )


def draw_sheep(sheet: Sheet, sheep: Sheep, light, label: int, number: int) -> None:
    """Lay a sheep over the sheet. light: a `landscape.Light`."""
    wide, high = _REACH.get(sheep.pose, (0.86, 1.2))
    reach = wide * sheep.scale
    window = sheet.window(
        sheep.foot - high * sheep.scale,
        sheep.foot + 0.1 * sheep.scale,
        sheep.x - reach,
        sheep.x + reach,
    )
    if not window:
        return
    u = sheep.side * (window.x - sheep.x) / sheep.scale
    v = (sheep.foot - window.y) / sheep.scale

    def part(field, colour, shade=1.0, thin=None, opacity=1.0):
        thin = thin and thin * sheep.scale
        if sheet.image is not None:
            colour = np.asarray(colour) * np.asarray(shade)[..., None]
            colour = light.on(colour, sheep.foot)
        window.paint(field * sheep.scale, colour, label, number, thin, opacity)

    (cu, cv, a, b), head, legs = POSES[sheep.pose]
    if sheep.lamb:
        a, b = 0.8 * a, 0.8 * b
    _legs(part, sheep, u, v, cv - 0.1, a, legs)

    circles = sheep.circles + [cu, cv, 0]
    turned = sheep.pose in ("facing", "leaving")
    if not turned:
        back = cu - 0.97 * a
        tail = ellipse(u - back, v - cv - 0.02, 0.055, 0.15, -0.25)
        part(tail, sheep.fleece, 0.84, 0.05)
        if sheep.pose != "looking":
            circles = np.concatenate(
                [circles, _neck(sheep, head, cu + 0.6 * a, cv + 0.1)]
            )
    # Fleece: darker below and away from the sun, curled where its circles meet.
    field, curl = bumps(u, v, circles)
    field = np.maximum(field, ellipse(u - cu, v - cv, 0.94 * a, 0.94 * b))
    sun = 0.12 * light.side * sheep.side * light.sun
    shade = (
        0.88 + 0.13 * np.clip((v - cv) / b, -1.6, 1.1) + 0.14 * (np.sqrt(curl) - 0.6)
    )
    shade = shade + sun * np.clip((u - cu) / a, -1.2, 1.2) + 0.02 * window.grains[0]
    part(field, sheep.fleece, shade)
    if sheep.mark is not None:
        spot = ellipse(u - cu + 0.45 * a, v - cv - 0.35 * b, 0.13, 0.085)
        spot = np.minimum(spot, field)
        part(spot, sheep.mark, 0.75 + 0.4 * shade, 0.08, opacity=0.7)
    if head is None:
        part(ellipse(u, v - cv, 0.06, 0.16), sheep.fleece, 0.74, 0.06)
    elif head[2] is None:
        _face(part, sheep, u - head[0], v - head[1])
    else:
        _profile(part, sheep, u - head[0], v - head[1], head[2])


def _neck(sheep, head, u, v) -> np.ndarray:
    """Circles of wool from the shoulder to the head, (4, 3)."""
    t = np.array([0.15, 0.35, 0.55, 0.74])
    radius = (0.2 - 0.1 * t) * (0.85 if sheep.lamb else 1)
    return np.column_stack([u + t * (head[0] - u), v + t * (head[1] - v), radius])


def _legs(part, sheep, u, v, top, a, legs) -> None:
    thin = 0.82 if sheep.lamb else 1
    slim = 0.8 if sheep.lamb else 1
    for n, (hip, hoof, high) in enumerate(legs):
        far = len(legs) == 4 and n < 2
        hoof = slim * hoof + sheep.stride[n]
        start, end = (slim * hip, top), (hoof, high + 0.04)
        shade = 0.66 if far else 0.92
        field = capsule(u, v, start, end, 0.068 * thin, 0.054 * thin)
        part(field, sheep.face, shade, 0.05)
        part(np.minimum(field, high + 0.07 - v), sheep.face, 0.55 * shade, 0.04)
    if not legs:  # lying, one foreleg before the breast
        field = capsule(u, v, (0.2, 0.06), (0.5 + sheep.stride[0], 0.05), 0.05)
        part(field, sheep.face, 0.9, 0.05)


def _eye(sheep) -> tuple[np.ndarray, np.ndarray]:
    """The colours of the eye and of its pupil."""
    dark = sheep.face.mean() < 110
    return np.array((236, 214, 150) if dark else (52, 40, 34)), np.array((24, 20, 18))


def _profile(part, sheep, u, v, turn) -> None:
    """A head from the side, around its centre."""
    big = 1.16 if sheep.lamb else 1.0
    c, s = np.cos(turn), np.sin(turn)
    along, across = c * u + s * v, c * v - s * u
    eye, pupil = _eye(sheep)
    nose = sheep.face * 0.7 if sheep.face.mean() < 110 else _NOSE
    skull = ellipse(along + 0.05, across, 0.15 * big, 0.118 * big)
    muzzle = ellipse(along - 0.08, across + 0.015, 0.13 * big, 0.082 * big)
    field = np.maximum(skull, muzzle)
    part(field, sheep.face, 1 + 0.9 * np.clip(across, -0.1, 0.1))
    part(np.minimum(field, along - 0.165 * big), nose, 1, 0.03)
    for hair in ((-0.15, 0.09, 0.075), (-0.08, 0.115, 0.055)):
        part(hair[2] - np.hypot(along - hair[0], across - hair[1]), sheep.fleece, 0.98)
    part(
        ellipse(along + 0.16, across + 0.005, 0.04, 0.105, 0.75), sheep.face, 0.74, 0.04
    )
    part(0.026 - np.hypot(along + 0.01, across - 0.04), eye, 1, 0.022)
    part(0.014 - np.hypot(along + 0.005, across - 0.04), pupil, 1, 0.01)


def _face(part, sheep, u, v) -> None:
    """A head from the front, around its centre."""
    big = 1.15 if sheep.lamb else 1.0
    u, v = u / big, v / big
    eye, pupil = _eye(sheep)
    nose = sheep.face * 0.55 if sheep.face.mean() < 110 else _NOSE
    for s in (-1, 1):
        part(
            ellipse(u - s * 0.17, v - 0.04, 0.105, 0.046, -0.3 * s),
            sheep.face,
            0.8,
            0.046,
        )
    field = ellipse(u, v + 0.01, 0.118, 0.15)
    field = np.maximum(field, ellipse(u, v + 0.1, 0.092, 0.1))
    part(field, sheep.face, 1 + 0.6 * np.clip(v, -0.15, 0.1))
    for cu, cv, radius in (
        (-0.07, 0.115, 0.066),
        (0.07, 0.115, 0.066),
        (0, 0.13, 0.08),
    ):
        part(radius - np.hypot(u - cu, v - cv), sheep.fleece, 0.98)
    for s in (-1, 1):
        part(0.027 - np.hypot(u - s * 0.064, v - 0.005), eye, 1, 0.022)
        part(0.014 - np.hypot(u - s * 0.06, v - 0.003), pupil, 1, 0.01)
    part(ellipse(u, v + 0.145, 0.045, 0.026), nose, 1, 0.025)
