"""The challenge: joints found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from checks.core import conclude
from checks.lab09.train_person import logits_of

LEAST_PCK = 0.60  # of the visible joints, at half a torso
NECK, HIPS = 1, (8, 11)  # among the joints of simulated bodies


def _score(maps, bodies, order) -> float:
    """Give the PCK of the highest pixels, at half a torso."""
    joints = bodies.joints.astype(float)
    height, width = maps.shape[1:3]
    flat = maps[..., order].reshape(len(maps), height * width, -1).argmax(axis=1)
    found = np.stack([flat % width, flat // width], axis=-1) + 0.5
    visible = ((joints >= 0) & (joints < [width, height])).all(axis=-1)
    middle = joints[:, HIPS].mean(axis=1)
    torso = np.linalg.norm(joints[:, NECK] - middle, axis=-1)
    near = np.linalg.norm(found - joints, axis=-1) <= 0.5 * torso[:, None]
    return float(near[visible].mean())


def _swapped(names) -> list[int]:
    other = {"right": "left", "left": "right"}
    named = [" ".join(other.get(word, word) for word in n.split()) for n in names]
    return [names.index(name) for name in named]


def judge(model, predict: Callable, bodies) -> tuple[bool, str]:
    """Tell whether a model finds joints well enough, and what to try."""
    if model is None:
        return False, "It is not written yet, for it returns None."
    maps, problem = logits_of(model, predict, bodies.images)
    if maps is None:
        return False, f"It cannot be tried.\nHint: {problem}"
    names = list(bodies.joint_names)
    expected = (*bodies.masks.shape, len(names))
    if maps.shape != expected:
        return False, (
            f"The maps have the shape {maps.shape} and not {expected}.\nHint: The "
            f"network needs one output for each of the {len(names)} joints."
        )
    if not np.isfinite(maps).all():
        return False, (
            "Some maps are not finite.\nHint: The training has exploded. Take a "
            "smaller learning rate."
        )
    score = _score(maps, bodies, range(len(names)))
    text = (
        f"PCK {score:.2f} at half a torso on {len(maps)} images "
        f"(at least {LEAST_PCK:.2f})."
    )
    if score >= LEAST_PCK:
        return True, text
    if np.ptp(maps.reshape(len(maps), -1, len(names)), axis=1).max() < 1e-3:
        hint = "Every map is flat. Is the target in the range from 0 to 1?"
    elif _score(maps, bodies, _swapped(names)) > score + 0.05:
        hint = (
            "Left and right are swapped. In a mirrored image the right hand is the "
            "left one, so the maps of both change places."
        )
    elif _score(-maps, bodies, range(len(names))) > score + 0.05:
        hint = "The lowest pixel is nearer to the joint than the highest: a wrong sign."
    elif _score(maps[:, ::-1], bodies, range(len(names))) > score + 0.05:
        hint = "The maps are upside down: y grows downwards, as the rows do."
    elif _same_everywhere(maps):
        hint = (
            "All joints are found in one place. Does each joint have a target map of "
            "its own, in the order of joint_names?"
        )
    else:
        hint = (
            "It is not enough yet. Start from the network that outlines people, train "
            "all layers, and for more epochs. Show some maps: which joints are missed?"
        )
    return False, f"{text}\nHint: {hint}"


def _same_everywhere(maps) -> bool:
    places = maps.reshape(len(maps), -1, maps.shape[-1]).argmax(axis=1)
    return bool((places == places[:, :1]).all())


def train_pose(model, predict: Callable, bodies) -> None:
    """Check the model of the challenge on bodies that it has not seen.

    predict: (model, images) -> maps (N, H, W, 14). bodies: Samples with joints.
    """
    conclude("train_pose", judge, model, predict, bodies, seconds=120)
