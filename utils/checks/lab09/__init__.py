"""Checks of lab 09: from data to a cut-out with its report, and joints as heat maps.

The oracles go pixel by pixel or joint by joint, so that they are plainly right. The
split and the report have many right answers: their rules are checked.
"""

from __future__ import annotations

from collections.abc import Callable

from utils.checks.core import check, conclude
from utils.checks.lab09.cutting import CUT_OUT
from utils.checks.lab09.experiments import judge_person, judge_pose
from utils.checks.lab09.maps import DECODE, HEAT_MAPS
from utils.checks.lab09.reporting import exercise_on
from utils.checks.lab09.scoring import PCK
from utils.checks.lab09.splitting import SPLIT


def split_by_take(function: Callable) -> None:
    """Check `split_by_take(names, share, seed)` -> bool (N,), True in the test part."""
    check(SPLIT, function)


def train_person(model, predict: Callable, validation) -> None:
    """Check the model of the experiment on the validation images.

    predict: (model, images) -> logits (N, H, W). validation: Samples of people.
    """
    conclude("train_person", judge_person, model, predict, validation, seconds=120)


def cut_out(function: Callable) -> None:
    """Check `cut_out(image, background, probabilities, low, high)` -> uint8 image."""
    check(CUT_OUT, function)


def report(function: Callable, facts: dict | None) -> None:
    """Check `report(facts)` -> text whose numbers are those that were measured."""
    check(exercise_on(facts), function)


def heat_maps(function: Callable) -> None:
    """Check `heat_maps(joints, visible, height, width, spread)` -> (K, H, W)."""
    check(HEAT_MAPS, function)


def decode(function: Callable) -> None:
    """Check `decode(maps)` -> (places (K, 2), peaks (K,))."""
    check(DECODE, function)


def pck(function: Callable) -> None:
    """Check `pck(found, joints, visible, scale, tolerance)` -> one number."""
    check(PCK, function)


def train_pose(model, predict: Callable, bodies) -> None:
    """Check the model of the challenge on bodies that it has not seen.

    predict: (model, images) -> maps (N, H, W, 14). bodies: Samples with joints.
    """
    conclude("train_pose", judge_pose, model, predict, bodies, seconds=120)
