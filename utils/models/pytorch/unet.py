"""What lesson 05 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/05_unet.md
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from utils.models.pytorch.fcn import convolutions, initialised
from utils.models.shared.unet import probability_of
from utils.pytorch import predict

__all__ = [
    "UNet",
    "bce",
    "bce_dice",
    "crop_like",
    "dice_loss",
    "predict_averaged",
]


class UNet(nn.Module):
    """U-Net (Ronneberger et al., 2015): (N, 3, H, W) -> logits (N, classes, H, W).

    widths: channels by level, from the full size down; H and W are multiples of
    2 ** (len(widths) - 1). skips=False leaves the hourglass alone. With padding
    "valid" the logits are smaller than the input.
    """

    def __init__(self, widths=(16, 32, 64, 128), classes=1, skips=True, padding="same"):
        super().__init__()
        self.skips, self.padding = skips, padding
        self.encoder, self.up, self.decoder = (nn.ModuleList() for _ in range(3))
        for channels, width in zip((3, *widths), widths):
            self.encoder.append(convolutions(channels, width, padding))
        for deep, width in zip(widths[:0:-1], widths[-2::-1]):
            self.up.append(initialised(nn.ConvTranspose2d(deep, width, 2, stride=2)))
            joined = 2 * width if skips else width
            self.decoder.append(convolutions(joined, width, padding))
        self.head = initialised(nn.Conv2d(widths[0], classes, 1))

    def forward(self, x):
        features = []
        for level, block in enumerate(self.encoder):
            x = block(functional.max_pool2d(x, 2) if level else x)
            features.append(x)
        # The deepest features are x itself; the others are the skips, deepest first.
        for up, block, skip in zip(self.up, self.decoder, features[-2::-1]):
            x = up(x)
            if self.padding == "valid":
                skip = crop_like(skip, x)
            x = block(torch.cat([skip, x], dim=1) if self.skips else x)
        return self.head(x)


def crop_like(skip, x):
    """Cut the middle out of skip, as high and wide as x: (N, C, H, W) both."""
    height, width = x.shape[2:]
    top, left = (skip.shape[2] - height) // 2, (skip.shape[3] - width) // 2
    return skip[:, :, top : top + height, left : left + width]


def bce(logits, masks):
    """Binary cross-entropy: logits (N, 1, H, W), masks (N, H, W) of 0 and 1."""
    return functional.binary_cross_entropy_with_logits(logits[:, 0], masks.float())


def dice_loss(logits, masks):
    """One minus the soft Dice of each image, averaged (Milletari et al., 2016)."""
    probability, truth = logits[:, 0].sigmoid(), masks.float()
    both = (probability * truth).sum(dim=(1, 2))
    total = probability.sum(dim=(1, 2)) + truth.sum(dim=(1, 2))
    return 1 - ((2 * both + 1) / (total + 1)).mean()  # the 1 keeps empty masks legal


def bce_dice(logits, masks):
    """The sum of binary cross-entropy and Dice loss."""
    return bce(logits, masks) + dice_loss(logits, masks)


def predict_averaged(model, images):
    """Mean probability over eight flips and quarter turns: float (N, H, W)."""
    total = np.zeros(images.shape[:3])
    for turns in range(4):
        view = np.rot90(images, turns, axes=(1, 2))
        for mirror in (slice(None), slice(None, None, -1)):
            answer = probability_of(predict(model, view[:, :, mirror]))[:, :, mirror]
            # Mirrored back already, now turned back, so that pixels meet again.
            total += np.rot90(answer, -turns, axes=(1, 2))
    return total / 8
