"""The one shape that every data set comes in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from utils.arrays import is_whole


def height_and_width(size: int | tuple[int, int], smallest: int = 1) -> tuple[int, int]:
    """Read a size in pixels: one number for a square, or (height, width).

    Raises ValueError for anything else, and for a side below ``smallest``.
    """
    sides = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(sides) != 2 or not all(map(is_whole, sides)) or min(sides) < smallest:
        raise ValueError(
            f"size is one number of pixels or (height, width), whole and at least "
            f"{smallest}, not {size!r}."
        )
    return int(sides[0]), int(sides[1])


def check_drawing(name: str, count: int, seed: int) -> None:
    """Raise ValueError for a count or a seed that a simulator, by name, cannot use."""
    if not is_whole(count) or count < 1:
        raise ValueError(f"{name} draws at least one image, not {count!r}.")
    if not is_whole(seed) or seed < 0:
        raise ValueError(f"The seed is a whole number from 0 on, not {seed!r}.")


@dataclass(frozen=True, eq=False)
class Samples:
    """Images with their masks.

    images: uint8 (N, H, W, 3), RGB.
    masks: uint8 (N, H, W), class ids below ``len(classes)``; ``classes[id]`` is the
        name. Where they hold ``void``, a pixel has no class.
    names: N names, for captions and error messages.
    classes: the class names, background first.
    source: "real" or "simulated".
    groups: uint8 (N,) or None: what splits are stratified by, e.g. the diagnosis.
    group_names: ``group_names[groups[i]]`` is the name of the group of image i.
    instances: int32 (N, H, W) or None: which single thing each pixel shows, numbered
        from 1 in each image; 0 where no thing is counted.
    void: None, or the value in the masks, usually 255, of pixels that count neither in
        a loss nor in a score.

    Raises ValueError when the arrays do not fit together.
    """

    images: np.ndarray
    masks: np.ndarray
    names: tuple[str, ...]
    classes: tuple[str, ...]
    source: str
    groups: np.ndarray | None = None
    group_names: tuple[str, ...] = ()
    instances: np.ndarray | None = None
    void: int | None = None

    def __post_init__(self):
        count = len(self.names)
        if self.images.dtype != np.uint8 or self.images.shape[3:] != (3,):
            raise ValueError(
                "images must be uint8 (N, H, W, 3), "
                f"not {self.images.dtype} {self.images.shape}"
            )
        if self.masks.dtype != np.uint8 or self.masks.shape != self.images.shape[:3]:
            raise ValueError(
                f"masks must be uint8 {self.images.shape[:3]} like the images, "
                f"not {self.masks.dtype} {self.masks.shape}"
            )
        if len(self.images) != count:
            raise ValueError(f"{len(self.images)} images but {count} names")
        if self.void not in (None, *range(256)):
            raise ValueError(f"void is a value of the masks, 0 to 255, not {self.void}")
        counted = True if self.void is None else self.masks != self.void
        highest = self.masks.max(axis=(1, 2), initial=0, where=counted)
        if (highest >= len(self.classes)).any():
            i = int(highest.argmax())
            raise ValueError(
                f"the mask of {self.names[i]} holds {highest[i]}, but "
                f"{len(self.classes)} classes have the ids 0 to {len(self.classes) - 1}"
            )
        if self.groups is not None and self.groups.shape != (count,):
            raise ValueError(f"{count} images but groups of shape {self.groups.shape}")
        if self.instances is not None:
            self._check_instances()
        if self.source not in ("real", "simulated"):
            raise ValueError(f'source is "real" or "simulated", not {self.source!r}')

    def _check_instances(self):
        instances, shape = self.instances, self.masks.shape
        if instances.dtype != np.int32 or instances.shape != shape:
            raise ValueError(
                f"instances must be int32 {shape} like the masks, "
                f"not {instances.dtype} {instances.shape}"
            )
        lowest = instances.min(axis=(1, 2), initial=0)
        if (lowest < 0).any():
            i = int(lowest.argmin())
            raise ValueError(
                f"the instances of {self.names[i]} hold {lowest[i]}, but they are "
                "numbered from 1, and 0 is no instance"
            )

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        height, width = self.images.shape[1:3]
        return f"Samples({len(self)} x {height} x {width}, {self.source})"

    def subset(self, indices) -> Samples:
        """Return the samples at the given positions, in the given order.

        indices: a sequence of int, or of one bool for each sample.
        Raises IndexError for anything else and for positions that are not there.
        """
        indices = np.arange(len(self))[list(indices)]
        return replace(
            self,
            images=self.images[indices],
            masks=self.masks[indices],
            names=tuple(self.names[i] for i in indices),
            groups=None if self.groups is None else self.groups[indices],
            instances=None if self.instances is None else self.instances[indices],
        )

    def split(self, test: float, seed: int = 0) -> tuple[Samples, Samples]:
        """Split at random into two parts, with the same share of every group in both.

        test: share of the second part, between 0 and 1.
        Returns (first, second); each keeps the original order.
        The same seed always gives the same split.
        Raises ValueError when there are too few images for two parts.
        """
        if not 0 < test < 1:
            raise ValueError(f"test is a share between 0 and 1, not {test}")
        groups = np.zeros(len(self), np.uint8) if self.groups is None else self.groups
        generator = np.random.default_rng(seed)
        in_test = np.zeros(len(self), bool)
        for group in np.unique(groups):
            members = generator.permutation(np.flatnonzero(groups == group))
            in_test[members[: round(test * len(members))]] = True
        if in_test.all() or not in_test.any():
            raise ValueError(
                f"{len(self)} images are too few to put a share of {test} of each "
                "group apart: take more images, or a share nearer to a half."
            )
        return self.subset(~in_test), self.subset(in_test)


def boxes_of(instances: np.ndarray) -> np.ndarray:
    """Return the smallest box around each instance of one image.

    instances: whole numbers (H, W), 0 where there is no instance.
    Returns int (k, 4): x0, y0, x1, y1 of the k numbers that occur, in rising order.
    Half-open, as slices are: the box is ``[y0:y1, x0:x1]``, x1 - x0 pixels wide.
    Raises ValueError for anything but whole numbers (H, W).
    """
    instances = np.asarray(instances)
    if instances.ndim != 2 or instances.dtype.kind not in "iu":
        raise ValueError(
            "boxes_of takes the instances of one image, whole numbers (H, W), "
            f"not {instances.dtype} {instances.shape}"
        )
    boxes = []
    for number in np.unique(instances[instances > 0]):
        rows, columns = np.nonzero(instances == number)
        boxes.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    return np.array(boxes, int).reshape(-1, 4)
