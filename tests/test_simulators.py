"""What all simulators of data refuse, in one sentence."""

import pytest

from utils import datasets

SIMULATORS = (
    datasets.simulate_meadow,
    datasets.simulate_flock,
    datasets.simulate_skin,
    datasets.simulate_body,
    datasets.simulate_nuclei,
)


@pytest.mark.parametrize("simulate", SIMULATORS)
@pytest.mark.parametrize("count", [0, -3, 1.5, "3", True, None, [3]])
def test_a_count_that_is_no_whole_number_is_refused(simulate, count):
    with pytest.raises(ValueError, match=f"{simulate.__name__} draws at least one"):
        simulate(count, 32)


@pytest.mark.parametrize("simulate", SIMULATORS)
@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, False])
def test_a_seed_that_is_no_whole_number_is_refused(simulate, seed):
    with pytest.raises(ValueError, match="The seed is a whole number from 0 on"):
        simulate(2, 32, seed)
