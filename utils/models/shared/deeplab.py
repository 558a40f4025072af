"""What lesson 06 exports for both tracks.

Built from its cells tagged `export`; edit them, not this:
content/lessons/06_deeplab.md
"""

import numpy as np

__all__ = [
    "appearance_kernel",
    "colour_factors",
    "gaussian",
    "gaussian_root",
    "listening",
    "mean_field",
    "smoothness_kernel",
    "softmax",
    "stuffed",
]


def stuffed(kernel, rate):
    """Put rate - 1 zeros between the weights of a kernel: (k, k, ...) -> (s, s, ...).

    s = 1 + (k - 1) * rate.
    """
    side = 1 + (len(kernel) - 1) * rate
    larger = np.zeros((side, side, *kernel.shape[2:]), kernel.dtype)
    larger[::rate, ::rate] = kernel
    return larger


def gaussian(length, spread):
    """The Gaussian between all pairs of `length` places on a line: a square matrix."""
    apart = np.arange(length)[:, None] - np.arange(length)
    return np.exp(-0.5 * (apart / spread) ** 2).astype(np.float32)


def gaussian_root(length, spread):
    """A narrow matrix R, (length, few), so that R R' is nearly that Gaussian."""
    values, vectors = np.linalg.eigh(gaussian(length, spread))
    kept = values > 1e-3 * values.max()
    return vectors[:, kept] * np.sqrt(values[kept])


def colour_factors(image, spread, rank=128):
    """Maps F, (few, H, W): the sum of F F' is nearly the Gaussian of colours."""
    colours = image.reshape(-1, 3).astype(np.float32) / spread
    factors = np.zeros((rank, len(colours)), np.float32)
    left = np.ones(len(colours), np.float32)  # of k(i, i) = 1, not yet explained
    for step in range(rank):
        worst = left.argmax()
        if left[worst] < 0.1:
            return factors[:step].reshape(step, *image.shape[:2])
        row = np.exp(-0.5 * ((colours - colours[worst]) ** 2).sum(axis=1))
        row -= factors[:step, worst] @ factors[:step]
        factors[step] = row / np.sqrt(left[worst])
        left = np.maximum(left - factors[step] ** 2, 0)
    return factors.reshape(rank, *image.shape[:2])


def smoothness_kernel(height, width, near):
    """Hear by distance alone: a function of maps (C, H, W), and itself (H, W)."""
    rows, columns = gaussian(height, near), gaussian(width, near)
    return lambda maps: rows @ maps @ columns, np.ones((height, width), np.float32)


def appearance_kernel(image, far, colour):
    """Hear by distance and colour: a function of maps (C, H, W), and itself (H, W)."""
    factors = colour_factors(image, colour)
    rows = gaussian_root(image.shape[0], far)
    columns = gaussian(image.shape[1], far)
    looks = np.ascontiguousarray(factors.T)  # (W, H, few)

    def everybody(maps):
        parts = maps.T[..., None] * rows[:, None]  # (W, H, C, small)
        summed = looks.swapaxes(1, 2) @ parts.reshape(*looks.shape[:2], -1)
        mixed = columns @ summed.reshape(len(summed), -1)  # between all columns
        back = (looks @ mixed.reshape(summed.shape)).reshape(parts.shape)
        return (back * rows[:, None]).sum(axis=-1).T

    itself = (factors**2).sum(axis=0) * (rows**2).sum(axis=1)[:, None]
    return everybody, itself


def listening(everybody, itself):
    """The same kernel, normalised on both sides and without the pixel itself."""
    heard = everybody(np.ones((1, *itself.shape), np.float32))
    scale = 1 / np.sqrt(np.maximum(heard, 1e-6))
    return lambda maps: scale * (everybody(scale * maps) - itself * scale * maps)


def softmax(scores):
    """Probabilities over the first axis."""
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0)


def mean_field(
    logits,
    image,
    iterations=5,
    smoothness=2.0,
    near=1.0,
    appearance=4.0,
    far=10.0,
    colour=20.0,
):
    """Class probabilities of a fully connected CRF: float32 (H, W, C).

    Mean field of Krähenbühl & Koltun (2011) with the Potts rule; a message weighs
    `smoothness` (reach `near` pixels) or `appearance` (reach `far` pixels and `colour`
    of 255 levels). logits: (H, W, C), or (H, W) of one class against background.
    image: uint8 (H, W, 3). The kernels are approximated by few products.
    """
    if logits.ndim == 2:
        logits = np.stack([np.zeros_like(logits), logits], axis=-1)
    scores = np.moveaxis(logits, -1, 0).astype(np.float32)  # (C, H, W)
    kernels = [
        (smoothness, listening(*smoothness_kernel(*image.shape[:2], near))),
        (appearance, listening(*appearance_kernel(image, far, colour))),
    ]
    found = softmax(scores)
    for _ in range(iterations):
        found = softmax(scores + sum(w * hear(found) for w, hear in kernels))
    return np.moveaxis(found, 0, -1)
