"""People as figures on a sheet: limbs from far to near, clothes, hair, a face.

Lengths are metres of somebody 1.75 m tall. Everything that belongs to a person gets
label 1, clothes and hair included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from utils.simulators.scenery.painting import Sheet, capsule, ellipse
from utils.simulators.scenery.poses import Pose

PERSON = 1
SKIN = ((236, 196, 168), (224, 172, 136), (198, 140, 104), (150, 100, 72), (96, 64, 48))
HAIR = ((30, 26, 26), (66, 44, 32), (112, 76, 46), (206, 168, 104), (150, 150, 152))
CLOTH = (
    (238, 236, 230),
    (36, 38, 44),
    (120, 122, 126),
    (176, 44, 44),
    (30, 62, 120),
    (44, 112, 120),
    (222, 178, 70),
    (92, 60, 110),
    (70, 104, 64),
    (206, 130, 150),
    (196, 170, 132),
)


@dataclass(frozen=True)
class Look:
    """How a person is dressed.

    sleeve, leg: how much of each limb is cloth, 0 (none) to 2 (to the wrist or ankle).
    skirt: its length below the hips, 0 for none. wide: how loose the clothes are.
    """

    skin: np.ndarray
    hair: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    shoes: np.ndarray
    sleeve: float
    leg: float
    skirt: float
    wide: float
    stripes: float
    long_hair: float
    belt: np.ndarray | None


def random_look(generator: np.random.Generator) -> Look:
    """Dress somebody: a shirt and trousers, a dress, sportswear, or a uniform."""

    def one_of(colours, spread):
        colour = np.array(colours[generator.integers(len(colours))], float)
        return np.clip(colour + generator.normal(0, spread, 3), 0, 255)

    kind = generator.choice(
        ["shirt", "dress", "sport", "uniform"], p=[0.4, 0.2, 0.2, 0.2]
    )
    top, bottom = one_of(CLOTH, 10), one_of(CLOTH, 10)
    sleeve, leg = generator.choice([0.0, 0.6, 2.0]), generator.choice([0.8, 2.0])
    skirt, wide, belt = 0.0, generator.uniform(1.0, 1.25), None
    if kind == "dress":
        skirt, leg, bottom = generator.uniform(0.3, 0.6), 0.0, top
    elif kind == "sport":
        sleeve, leg, wide = 0.0, generator.choice([0.4, 2.0]), 1.0
    elif kind == "uniform":  # as in judo and karate
        top = bottom = one_of(CLOTH[:3], 8)
        sleeve, leg, wide = 1.8, 1.85, 1.45
        belt = one_of(CLOTH, 10)
    return Look(
        skin=one_of(SKIN, 6),
        hair=one_of(HAIR, 6),
        top=top,
        bottom=bottom,
        shoes=one_of(CLOTH, 10) if generator.random() < 0.6 else one_of(SKIN, 0),
        sleeve=sleeve,
        leg=leg,
        skirt=skirt,
        wide=wide,
        stripes=generator.uniform(10, 22) if generator.random() < 0.2 else 0.0,
        long_hair=generator.uniform(0.1, 0.34) if generator.random() < 0.35 else 0.0,
        belt=belt,
    )


class Figure:
    """A person at a place of a sheet.

    origin: (x, y) on the sheet of the ground below the pelvis. scale: of a metre.
    light: from where it shines, -1 left to 1 right.
    """

    def __init__(self, sheet: Sheet, pose: Pose, look: Look, origin, scale, light):
        self.sheet, self.pose, self.look = sheet, pose, look
        self.origin, self.scale, self.light = np.asarray(origin), scale, light

    def on_sheet(self, place: np.ndarray) -> np.ndarray:
        """Give (x, y) on the sheet of places (..., 3) in metres."""
        place = np.asarray(place)
        x = self.origin[0] + self.scale * place[..., 0]
        return np.stack([x, self.origin[1] - self.scale * place[..., 1]], axis=-1)

    def draw(self) -> None:
        """Draw the person, what is far first."""
        parts: list[tuple[float, Callable[[], None]]] = []
        pose, look = self.pose, self.look
        for number, side in enumerate(("right", "left")):
            shoulder, elbow, wrist, hip, knee, ankle = (
                pose.at(f"{side} {name}")
                for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
            )
            toe = pose.toes[number]
            depth = (elbow[2] + wrist[2]) / 2
            parts.append((depth, self._arm(shoulder, elbow, wrist)))
            depth = (knee[2] + ankle[2]) / 2 - 0.02
            parts.append((depth, self._leg(hip, knee, ankle, toe)))
        parts.append((pose.pelvis[2], self._trunk))
        head = pose.at("head")
        parts.append((max(head[2], pose.pelvis[2] + 0.01), self._head))
        if look.skirt:
            parts.append((pose.pelvis[2] + 0.005, self._skirt))
        for _, part in sorted(parts, key=lambda part: part[0]):
            part()

    def _stick(self, start, end, thick, thin, colour, stripes=0.0) -> None:
        """Lay a rounded stick between two places, its radii in metres."""
        (sx, sy), (ex, ey) = self.on_sheet(start), self.on_sheet(end)
        thick, thin = thick * self.scale, thin * self.scale
        reach = max(thick, thin)
        window = self.sheet.window(
            min(sy, ey) - reach, max(sy, ey) + reach, min(sx, ex) - reach,
            max(sx, ex) + reach,
        )  # fmt: skip
        if not window:
            return
        field = capsule(window.x, window.y, (sx, sy), (ex, ey), thick, thin)
        self._lay(window, field, colour, reach, stripes)

    def _lay(self, window, field, colour, reach, stripes=0.0) -> None:
        """Paint a field, rounded by light from one side and folded by grain."""
        round_ = np.clip(field / reach, 0, 1)
        aside = (window.x - self.origin[0]) / self.scale
        shade = 0.74 + 0.3 * round_ + 0.12 * self.light * aside
        shade = shade + 0.05 * window.grains[1] + 0.03 * window.grains[0]
        if stripes:
            up = (self.origin[1] - window.y) / self.scale
            shade = shade * np.where(np.sin(2 * np.pi * stripes * up) > 0.2, 0.62, 1.0)
        shaded = np.asarray(colour) * shade[..., None]
        window.paint(field, np.clip(shaded, 0, 255), PERSON)

    def _limb(self, joints, radii, colour, covered, loose) -> None:
        """Lay two sticks, and cloth over the first part of them (0 to 2)."""
        for number in (0, 1):
            start, end = joints[number], joints[number + 1]
            self._stick(start, end, radii[number], radii[number + 1], self.look.skin)
        for number in (0, 1):
            share = min(covered - number, 1.0)
            if share <= 0:
                continue
            start, end = joints[number], joints[number + 1]
            end = start + share * (end - start)
            wide = 1.08 * self.look.wide if loose else 1.06
            thick = wide * radii[number]
            thin = thick + share * (wide * radii[number + 1] - thick)
            self._stick(start, end, thick, thin, colour)

    def _arm(self, shoulder, elbow, wrist) -> Callable[[], None]:
        def draw():
            hand = wrist + 0.07 * (wrist - elbow) / 0.26
            self._stick(wrist, hand, 0.036, 0.03, self.look.skin)
            radii = (0.052, 0.042, 0.031)
            joints = (shoulder, elbow, wrist)
            self._limb(joints, radii, self.look.top, self.look.sleeve, True)

        return draw

    def _leg(self, hip, knee, ankle, toe) -> Callable[[], None]:
        def draw():
            self._stick(ankle - [0, 0.02, 0], toe, 0.045, 0.035, self.look.shoes)
            radii = (0.092, 0.064, 0.04)
            colour = self.look.bottom
            self._limb((hip, knee, ankle), radii, colour, self.look.leg, True)

        return draw

    def _trunk(self) -> None:
        """Lay hips, waist, chest and shoulders over each other."""
        pose, look = self.pose, self.look
        neck, pelvis = pose.at("neck"), pose.pelvis
        right, left = pose.at("right shoulder"), pose.at("left shoulder")
        hips = pose.at("right hip"), pose.at("left hip")
        loose = look.wide**0.5
        self._stick(neck - [0, 0.05, 0], pose.at("head"), 0.052, 0.05, look.skin)
        lower = look.bottom if not look.skirt else look.top
        self._stick(*hips, 0.1 * loose, 0.1 * loose, lower)
        waist = pelvis + 0.35 * (neck - pelvis)
        chest = pelvis + 0.78 * (neck - pelvis)
        self._stick(pelvis, waist, 0.125 * loose, 0.12 * loose, lower)
        self._stick(waist, chest, 0.125 * loose, 0.15 * loose, look.top, look.stripes)
        self._stick(right, left, 0.062 * loose, 0.062 * loose, look.top, look.stripes)
        for shoulder, hip in zip((right, left), hips, strict=True):
            side = hip + 0.3 * (shoulder - hip)
            self._stick(shoulder, side, 0.062, 0.07 * loose, look.top, look.stripes)
        if look.belt is not None:
            ends = [hip + 0.2 * (neck - pelvis) for hip in hips]
            self._stick(*ends, 0.045 * loose, 0.045 * loose, look.belt)

    def _skirt(self) -> None:
        """Lay a cone from the waist towards the knees, cut off straight."""
        pose = self.pose
        knees = (pose.at("right knee") + pose.at("left knee")) / 2
        down = knees - pose.pelvis
        top = pose.pelvis - 0.3 * down
        end = pose.pelvis + down / 0.43 * self.look.skirt
        apart = np.ptp([pose.at("right knee")[:2], pose.at("left knee")[:2]], axis=0)
        wide = 0.15 + min(0.45 * np.hypot(*apart), 0.2)
        (sx, sy), (ex, ey) = self.on_sheet(top), self.on_sheet(end)
        long = np.hypot(ex - sx, ey - sy) + 1e-6
        reach = wide * self.scale
        window = self.sheet.window(
            min(sy, ey) - reach, max(sy, ey) + reach, min(sx, ex) - reach,
            max(sx, ex) + reach,
        )  # fmt: skip
        if not window:
            return
        dx, dy = window.x - sx, window.y - sy
        along = (dx * (ex - sx) + dy * (ey - sy)) / long
        across = abs(dx * (ey - sy) - dy * (ex - sx)) / long
        half = (0.11 + (wide - 0.11) * np.clip(along / long, 0, 1)) * self.scale
        field = np.minimum(half - across, np.minimum(along, long - along))
        self._lay(window, field, self.look.bottom, reach)

    def _head(self) -> None:
        pose, look = self.pose, self.look
        head, neck = pose.at("head"), pose.at("neck")
        up = (head - neck) / np.linalg.norm(head - neck)
        facing = pose.forward[2] > 0.1
        if look.long_hair:
            self._stick(
                head + 0.03 * up, head - look.long_hair * up, 0.115, 0.09, look.hair
            )
        crown = head + 0.035 * up - 0.03 * pose.forward
        self._ball(crown, (0.112, 0.122), look.hair)
        if facing or abs(pose.forward[2]) <= 0.1:
            face = head - 0.012 * up + 0.035 * pose.forward
            self._ball(face, (0.088, 0.105), look.skin)

    def _ball(self, centre, radii, colour) -> None:
        (x, y), (a, b) = self.on_sheet(centre), np.array(radii) * self.scale
        window = self.sheet.window(y - b, y + b, x - a, x + a)
        if window:
            field = ellipse(window.x - x, window.y - y, a, b)
            self._lay(window, field, colour, b)
