"""Make the weights that lab 09 may start from: a U-Net that has seen drawn bodies.

    python -m benchmarks.pretrain_body

writes `weights/unet_body.npz`. The network learns the silhouette and, as 14 more
outputs, where the joints are; the file keeps the silhouette's output alone. Both
tracks read it; it is made in PyTorch.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from utils import checkpoints
from utils.datasets import Bodies, simulate_body
from utils.training import batch_indices, learning_rate_at

PATH = checkpoints.FOLDER / "unet_body.npz"
IMAGES, EPOCHS, BATCH, SIZE = 4000, 10, 16, (48, 64)
SEED = 1  # of the drawings; the lab draws its own with seed 0
SPREAD = 1.5  # of the heat maps, in pixels
WEIGHT = 15  # of the heat maps' loss, which is small since most of a map is zero
RATE = 3e-3


def heat_maps(joints: np.ndarray, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Give a Gaussian around each joint: (N, K, 2) -> float32 (N, K, H, W)."""
    height, width = size
    across = (np.arange(width) + 0.5 - joints[..., :1]) ** 2
    down = (np.arange(height) + 0.5 - joints[..., 1:]) ** 2
    maps = np.exp(-(down[..., None] + across[..., None, :]) / (2 * SPREAD**2))
    inside = (joints >= 0).all(axis=-1) & (joints < [width, height]).all(axis=-1)
    return (maps * inside[..., None, None]).astype(np.float32)


def mirrored(bodies: Bodies) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mirror images, masks and joints; then the right hand is the left one."""
    names = bodies.joint_names
    other = {"right": "left", "left": "right"}
    swapped = [" ".join(other.get(word, word) for word in n.split()) for n in names]
    joints = bodies.joints[:, [names.index(name) for name in swapped]].copy()
    joints[..., 0] = bodies.images.shape[2] - joints[..., 0]
    return bodies.images[:, :, ::-1], bodies.masks[:, :, ::-1], joints


def train_epoch(model, optimizer, bodies: Bodies, epoch: int) -> float:
    """Train for one epoch of the schedule, every second image mirrored."""
    import torch

    from utils.models.pytorch import bce_dice
    from utils.pytorch import device, to_input

    generator = np.random.default_rng([0, epoch])
    plain = bodies.images, bodies.masks, bodies.joints
    turned = mirrored(bodies)
    steps, losses = len(bodies) // BATCH, []
    model.train()
    shuffled = batch_indices(len(bodies), BATCH, generator)
    for step, chosen in enumerate(shuffled, epoch * steps):
        both = [np.array_split(chosen, 2), (plain, turned)]
        parts = [[array[i] for array in arrays] for i, arrays in zip(*both)]
        images, masks, joints = map(np.concatenate, zip(*parts, strict=True))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(step, EPOCHS * steps, RATE)
        logits = model(to_input(images))
        maps = torch.from_numpy(heat_maps(joints)).to(device())
        value = bce_dice(logits[:, :1], torch.from_numpy(masks).to(device()))
        value = value + WEIGHT * torch.nn.functional.binary_cross_entropy_with_logits(
            logits[:, 1:], maps
        )
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return float(np.mean(losses))


def write(model) -> None:
    """Write the weights, of the last layer the silhouette's output alone."""
    from utils.pytorch import get_weights

    *others, kernel, bias = get_weights(model)
    checkpoints.write(PATH, [*others, kernel[..., :1], bias[:1]])


def main() -> int:
    """Draw, train, write; some minutes on two cores."""
    import torch

    from utils.models.pytorch import UNet
    from utils.pytorch import device
    from utils.seeding import seed_everything

    bodies = simulate_body(IMAGES, SIZE, seed=SEED)
    seed_everything(0)
    classes = 1 + len(bodies.joint_names)
    model = UNet(classes=classes).to(device(), memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters())
    began = time.perf_counter()
    for epoch in range(EPOCHS):
        loss = train_epoch(model, optimizer, bodies, epoch)
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {loss:.3f}", flush=True)
    write(model)
    size, seconds = PATH.stat().st_size / 1e6, time.perf_counter() - began
    print(f"{PATH}: {size:.2f} MB, {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
