"""One call that makes a notebook give the same numbers twice on one machine."""

from __future__ import annotations

import random
import sys

import numpy as np

from utils.arrays import is_whole


def seed_everything(seed: int) -> np.random.Generator:
    """Seed Python, NumPy and whichever framework is already imported.

    Neither framework is imported here. PyTorch, where it is, gets its generators seeded
    on every device, and cuDNN told to repeat itself; TensorFlow and Keras, where they
    are, get all of theirs seeded.

    That is enough on a CPU: training twice gives equal weights. One trap is left: a
    `tf.data` map with `num_parallel_calls` that draws random numbers draws them in any
    order, so augment before it, with the generator that this function returns.
    On a GPU the last digits may differ, for stricter switches stay off on purpose:
    `torch.use_deterministic_algorithms` warns at each max-unpooling, and
    `tf.config.experimental.enable_op_determinism` makes an error of every operation
    that has no repeatable GPU kernel.

    Args:
        seed: 0 to 2**32 - 1.

    Returns:
        A NumPy generator with this seed, for what a notebook draws itself.

    Raises:
        ValueError: the seed is no such integer.
    """
    if not is_whole(seed) or not 0 <= seed < 2**32:
        raise ValueError(f"The seed is {seed!r}, but it is an integer, 0 to 2**32 - 1.")
    seed = int(seed)
    if tensorflow := sys.modules.get("tensorflow"):
        tensorflow.keras.utils.set_random_seed(seed)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
    random.seed(seed)
    np.random.seed(seed)  # the global one, which libraries still draw from
    return np.random.default_rng(seed)
