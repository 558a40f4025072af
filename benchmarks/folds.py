"""Which images are trained on and which are held out."""

from __future__ import annotations

import numpy as np

FOLDS = 5  # of PH2


def make_folds(
    groups: np.ndarray, count: int = FOLDS, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Deal images into folds with the same share of every group.

    groups: (N,), for instance the diagnosis of each image.
    Returns for each fold (training, held out): sorted positions, together all of N.
    Each image is held out once. The same seed always gives the same folds.
    Raises ValueError when there are more folds than images, or fewer than two.
    """
    groups = np.asarray(groups)
    if not 2 <= count <= len(groups):
        raise ValueError(
            f"{count} folds of {len(groups)} images: take at least two folds, "
            "and no more than there are images."
        )
    generator = np.random.default_rng(seed)
    shuffled = [
        generator.permutation(np.flatnonzero(groups == group))
        for group in np.unique(groups)
    ]
    # Dealt like cards, one group after the other, so that sizes differ by one at most.
    fold = np.empty(len(groups), int)
    fold[np.concatenate(shuffled)] = np.arange(len(groups)) % count
    return [
        (np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        for number in range(count)
    ]
