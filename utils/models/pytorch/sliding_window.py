"""What lesson 01 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/01_sliding_window.md
"""

import torch
from torch import nn
from torch.nn import functional

from utils.pytorch import device, to_input

__all__ = [
    "PatchClassifier",
    "classify",
]


class PatchClassifier(nn.Module):
    """Name the pixel in the middle: patches (N, 3, 32, 32) -> logits (N, classes)."""

    patch = 32  # pixels on each side

    def __init__(self, classes=5):
        super().__init__()
        stack, channels = [], 3
        for width in (16, 32):
            for _ in range(2):
                convolution = nn.Conv2d(channels, width, 3, bias=False)  # unpadded
                stack += [convolution, nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            stack.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*stack)
        self.hidden, self.head = nn.Linear(5 * 5 * 32, 16), nn.Linear(16, classes)
        for layer in self.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(layer.weight)
            if isinstance(layer, nn.Linear):
                nn.init.zeros_(layer.bias)

    def forward(self, patches):
        features = self.features(patches)  # (N, 32, 5, 5)
        # Channels last before it is flat: both tracks then store the same weights.
        flat = features.permute(0, 2, 3, 1).flatten(1)  # (N, 800)
        return self.head(functional.relu(self.hidden(flat)))


@torch.no_grad()
def classify(model, patches, batch_size=128):
    """Logits (N, classes) of patches, uint8 (N, 32, 32, 3), batch by batch."""
    model.to(device(), memory_format=torch.channels_last).eval()
    starts = range(0, len(patches), batch_size)
    parts = [model(to_input(patches[i : i + batch_size])).cpu() for i in starts]
    return torch.cat(parts).numpy()
