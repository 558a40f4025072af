"""The oracles of lab 08's checks against the libraries, and against each other."""

from itertools import permutations

import numpy as np
import pytest
import tracks

from checks.lab08.assign import ASSIGN


def answers(exercise):
    """Yield the arguments of each case, and the oracle's answer."""
    for case in exercise.cases():
        yield case.arguments, exercise.oracle(**case.arguments)


def test_the_oracles_agree_with_pytorch():
    tracks.alone("pytorch", tracks.TESTS / "lab08_in_pytorch.py")


def test_no_two_assignments_are_equally_cheap():
    for given, answer in answers(ASSIGN):
        cost, idle = given.values()
        orders = [*permutations(range(len(cost)), cost.shape[1])]
        bills = sorted(
            cost[list(order), range(len(order))].sum() - idle[list(order)].sum()
            for order in orders
        )
        assert len(bills) == 1 or bills[1] > bills[0] + 1e-3
        chosen = answer >= 0
        assert np.isclose((cost[chosen, answer[chosen]] - idle[chosen]).sum(), bills[0])


def test_the_assignments_are_those_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    for given, answer in answers(ASSIGN):
        cost, idle = given.values()
        found = np.full(len(cost), -1)
        rows, columns = optimize.linear_sum_assignment(cost - idle[:, None])
        found[rows] = columns
        assert (found == answer).all()
