"""The popular recipe in PyTorch, and beside it what the lesson's needs.

`benchmarks.tensorflow` has the same names with the same arguments and results.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.recipes import Recipe
from utils.datasets import Samples
from utils.models.pytorch import (
    UNet,
    bce_dice,
    clean_up,
    predict_averaged,
    probability_of,
)
from utils.pytorch import count_parameters, device, fit, predict

__all__ = [
    "PopularUNet",
    "UNet",
    "bce_dice",
    "clean_up",
    "count_parameters",
    "fit",
    "predict",
    "predict_averaged",
    "predict_popular",
    "probability_of",
    "train_popular",
]


def block(channels_in: int, channels_out: int) -> nn.Sequential:
    """A 3 x 3 convolution, ReLU, batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(channels_out),
    )


class PopularUNet(nn.Module):
    """The popular course's U-Net: (N, 3, H, W) -> probabilities (N, 1, H, W).

    Rebuilt as it was published: the encoder computes each skip a second time, and the
    output is a sigmoid although the loss takes logits.
    widths: channels by level; each is twice the one before.
    """

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128)):
        super().__init__()
        self.encoder = nn.ModuleList(map(block, (3, *widths), widths))
        self.pool = nn.MaxPool2d(2)
        self.bottleneck = nn.Conv2d(widths[-1], 2 * widths[-1], 3, padding=1)
        self.enlarge = nn.UpsamplingBilinear2d(scale_factor=2)
        deepest_first = widths[:0:-1]
        self.decoder = nn.ModuleList(block(3 * width, width) for width in deepest_first)
        self.head = nn.Conv2d(3 * widths[0], 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        entered = []
        for encode in self.encoder:
            entered.append(x)
            x = self.pool(encode(x))
        skips = [encode(x) for encode, x in zip(self.encoder, entered, strict=True)]
        x = self.bottleneck(x)
        for decode in self.decoder:
            x = decode(torch.cat([self.enlarge(x), skips.pop()], dim=1))
        return self.head(torch.cat([self.enlarge(x), skips.pop()], dim=1)).sigmoid()


def train_popular(
    model: PopularUNet,
    recipe: Recipe,
    samples: Samples,
    after_epoch: Callable[[], None],
) -> list[float]:
    """Train as the popular course does, in place; the seed is PyTorch's own.

    Returns the mean loss of each epoch.
    """
    model.to(device())
    images, masks = _channels_first(samples.images), torch.from_numpy(samples.masks)
    pairs = TensorDataset(images, masks[:, None].float())
    loader = DataLoader(pairs, recipe.batch_size, shuffle=True)
    loss = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(
        model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    history = []
    for _ in range(recipe.epochs):
        model.train()
        losses = []
        for batch, truth in loader:
            value = loss(model(batch.to(device())), truth.to(device()))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(value.item())
        history.append(float(np.mean(losses)))
        after_epoch()
    return history


@torch.inference_mode()
def predict_popular(model: PopularUNet, images: np.ndarray) -> np.ndarray:
    """Give probabilities, float32 (N, H, W), of images uint8 (N, H, W, 3)."""
    model.eval()
    answers = [
        model(_channels_first(part).to(device())).cpu().numpy()[:, 0]
        for part in np.array_split(images, -(-len(images) // 8))
    ]
    return np.concatenate(answers)


def _channels_first(images: np.ndarray) -> torch.Tensor:
    pixels = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    return pixels.float() / 255
