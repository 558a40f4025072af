"""Poses of people who dance, kick, stretch and stand: where their joints are.

A skeleton is posed in space and seen from the front without perspective: x to the
right, y up, z towards the viewer, in metres, the ground at y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# The order of Leeds Sports Pose (Johnson & Everingham, BMVC 2010), from the head down.
JOINTS = (
    "head",
    "neck",
    "right shoulder",
    "right elbow",
    "right wrist",
    "left shoulder",
    "left elbow",
    "left wrist",
    "right hip",
    "right knee",
    "right ankle",
    "left hip",
    "left knee",
    "left ankle",
)
# Lengths in metres of somebody 1.75 m tall.
SPINE, HEAD, SHOULDERS, HIPS = 0.50, 0.21, 0.17, 0.10
UPPER_ARM, FOREARM, THIGH, SHIN, FOOT = 0.29, 0.26, 0.43, 0.42, 0.17
UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Pose:
    """joints: (14, 3) in the order of JOINTS; a side is the person's own.

    toes: (2, 3), right and left. pelvis: (3,). forward: (3,), where the person looks.
    """

    joints: np.ndarray
    toes: np.ndarray
    pelvis: np.ndarray
    forward: np.ndarray

    def at(self, name: str) -> np.ndarray:
        return self.joints[JOINTS.index(name)]


def random_pose(generator: np.random.Generator) -> Pose:
    """Pose one person: standing, wide, in a lunge, kicking, crouching or jumping."""
    back = generator.random() < 0.2
    turn = generator.normal(np.pi if back else 0, 0.8)
    left, forward = _axes(turn)
    lean = generator.normal(0, 0.16 if generator.random() < 0.75 else 0.5, 2)
    spine = _unit(UP + lean[0] * forward + lean[1] * left)
    twisted, ahead = _axes(turn + generator.normal(0, 0.35))

    pelvis = np.zeros(3)
    neck = pelvis + SPINE * spine
    nod = generator.normal(0, 0.2, 2)
    head = neck + HEAD * _unit(spine + nod[0] * forward + nod[1] * left)
    arms, legs, toes = [], [], []
    stance = generator.choice(
        ["stand", "wide", "lunge", "kick", "crouch", "jump"],
        p=[0.22, 0.2, 0.18, 0.2, 0.1, 0.1],
    )
    free = generator.integers(2)  # the leg that kicks, or is in front
    for number, side in enumerate((-1, 1)):  # right, left
        shoulder = neck - 0.05 * spine + side * SHOULDERS * twisted
        arms += _arm(generator, shoulder, side * twisted, ahead)
        hip = pelvis + side * HIPS * left
        chain, toe = _leg(generator, stance, number == free, hip, side * left, forward)
        legs += chain
        toes.append(toe)
    joints = np.stack([head, neck, *arms, *legs])
    toes = np.stack(toes)
    ground = min(joints[:, 1].min() - 0.08, toes[:, 1].min() - 0.04)
    lift = generator.uniform(0.05, 0.35) if stance == "jump" else 0.0
    rise = (lift - ground) * UP
    return Pose(joints + rise, toes + rise, pelvis + rise, forward)


def _axes(turn: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the person's left and front; turned by 0, the person faces the viewer."""
    left = np.array([np.cos(turn), 0.0, -np.sin(turn)])
    return left, np.array([np.sin(turn), 0.0, np.cos(turn)])


def _arm(generator, shoulder, out, ahead) -> list[np.ndarray]:
    """Give shoulder, elbow and wrist: hanging, level or raised, and bent."""
    kind = generator.choice(3, p=[0.3, 0.35, 0.35])
    rise = np.radians(generator.normal((-68, 0, 55)[kind], (12, 22, 18)[kind]))
    swing = np.radians(generator.uniform(-15, 80))
    level = np.cos(swing) * out + np.sin(swing) * ahead
    upper = np.cos(rise) * level + np.sin(rise) * UP
    bend = np.radians(min(abs(generator.normal(0, 60)), 140))
    towards = 0.6 * generator.choice([-1, 1], p=[0.25, 0.75]) * UP
    towards = towards - 0.5 * out + 0.5 * ahead + generator.normal(0, 0.4, 3)
    elbow = shoulder + UPPER_ARM * upper
    return [shoulder, elbow, elbow + FOREARM * _bent(upper, towards, bend)]


def _leg(generator, stance, free, hip, out, forward) -> tuple[list, np.ndarray]:
    """Give hip, knee and ankle, and the toes."""
    spread = abs(generator.normal(0.08, 0.06))
    swing, bend = generator.normal(0, 0.08), abs(generator.normal(0, 12))
    if stance == "wide":
        spread, bend = generator.uniform(0.35, 0.8), abs(generator.normal(0, 22))
    elif stance == "lunge":
        swing = generator.uniform(0.4, 0.95) * (1 if free else -1)
        bend = generator.uniform(40, 80) if free else abs(generator.normal(0, 20))
    elif stance == "crouch":
        spread, swing = generator.uniform(0.4, 1.1), generator.uniform(0.5, 1.2)
        bend = generator.uniform(60, 105)
    elif stance == "jump":
        spread, swing = generator.uniform(0, 0.9), generator.uniform(-0.3, 0.9)
        bend = generator.uniform(10, 100)
    thigh = _unit(-UP + spread * out + swing * forward)
    if stance == "kick" and free:
        rise = np.radians(generator.uniform(-35, 50))
        aside = np.radians(generator.uniform(-10, 95))
        level = np.cos(aside) * out + np.sin(aside) * forward
        thigh = np.cos(rise) * level + np.sin(rise) * UP
        bend = abs(generator.normal(0, 35))
    shin = _bent(thigh, -forward - 0.3 * UP, np.radians(bend))
    knee = hip + THIGH * thigh
    ankle = knee + SHIN * shin
    pointed = 0.8 * shin if (stance == "kick" and free) or stance == "jump" else 0
    toe = ankle + FOOT * _unit(forward + 0.35 * out - 0.15 * UP + pointed)
    return [hip, knee, ankle], toe


def _bent(along: np.ndarray, towards: np.ndarray, angle: float) -> np.ndarray:
    """Turn a direction by an angle, towards another one."""
    aside = _unit(towards - (towards @ along) * along)
    return np.cos(angle) * along + np.sin(angle) * aside


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / (np.linalg.norm(vector) + 1e-12)
