"""What lesson 07 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/07_instances.md
"""

import torch
from torch import nn
from torch.nn import functional

from utils.models.pytorch.fcn import Encoder, enlarged, initialised

__all__ = [
    "Backbone",
    "BoxHead",
    "MaskHead",
    "RPNHead",
    "SemanticFPN",
    "Yolact",
    "mean_tents",
    "roi_align",
    "small",
]


def mean_tents(low, high, size, cells):
    """Bilinear weights of bins from low to high (K,), in cells: (K, size, cells)."""
    ticks = (torch.arange(2 * size, device=low.device) + 0.5) / (2 * size)  # 2 a bin
    where = low[:, None] + (high - low)[:, None] * ticks - 0.5
    where = where.clamp(0, cells - 1)[:, :, None]
    weights = (1 - (where - torch.arange(cells, device=low.device)).abs()).clamp(min=0)
    return weights.unflatten(1, (size, 2)).mean(dim=2)


def roi_align(features, boxes, images, size, stride=4):
    """RoIAlign of boxes inside of images: (N, C, H, W) -> (K, C, size, size).

    boxes: (K, 4) in pixels. images: whole numbers (K,), the image of each box.
    """
    left, top, right, bottom = (boxes / stride).unbind(dim=1)
    rows = mean_tents(top, bottom, size, features.shape[2])
    columns = mean_tents(left, right, size, features.shape[3])
    regions = features.new_zeros(len(boxes), features.shape[1], size, size)
    for number, one in enumerate(features):
        mine = images == number
        parts = rows[mine], one, columns[mine]
        regions[mine] = torch.einsum("krh,chw,ksw->kcrs", *parts)
    return regions


class Backbone(nn.Module):
    """Features at stride 4: (N, 3, H, W) -> (N, channels, H / 4, W / 4), any H and W.

    widths: channels by stage of the encoder (Lin et al., 2017, its finest level).
    """

    def __init__(self, widths=(8, 16, 32, 64, 128), channels=64):
        super().__init__()
        self.encoder, self.out_channels = Encoder(widths), channels
        self.lateral = nn.ModuleList(
            initialised(nn.Conv2d(width, channels, 1)) for width in widths[:0:-1]
        )
        smooth = initialised(nn.Conv2d(channels, channels, 3, padding=1, bias=False))
        self.smooth = nn.Sequential(smooth, nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, images):
        features = self.encoder(images)[:0:-1]  # deepest first, down to stride 4
        x = self.lateral[0](features[0])
        for lateral, finer in zip(self.lateral[1:], features[1:]):
            x = enlarged(x, 2, like=finer) + lateral(finer)
        return self.smooth(x)


class SemanticFPN(nn.Module):
    """Class scores from the backbone: (N, 3, H, W) -> logits (N, classes, H, W)."""

    def __init__(self, classes=5, widths=(8, 16, 32, 64, 128), channels=64):
        super().__init__()
        self.backbone = Backbone(widths, channels)
        self.head = initialised(nn.Conv2d(channels, classes, 1))

    def forward(self, images):
        return enlarged(self.head(self.backbone(images)), 4, like=images)


def small(layer, spread=0.01):
    """Start a layer that predicts near zero."""
    nn.init.normal_(layer.weight, std=spread)
    nn.init.zeros_(layer.bias)
    return layer


class RPNHead(nn.Module):
    """(N, C, h, w) -> logits (N, anchors, h, w), deltas (N, 4 * anchors, h, w)."""

    def __init__(self, channels=64, anchors=3):
        super().__init__()
        self.hidden = small(nn.Conv2d(channels, channels, 3, padding=1))
        self.logits = small(nn.Conv2d(channels, anchors, 1))
        self.deltas = small(nn.Conv2d(channels, 4 * anchors, 1))

    def forward(self, features):
        hidden = functional.relu(self.hidden(features))
        return self.logits(hidden), self.deltas(hidden)


class BoxHead(nn.Module):
    """(K, C, 7, 7) of K boxes -> logits (K, classes), deltas (K, 4 * classes)."""

    def __init__(self, channels=64, size=7, hidden=128, classes=2):
        super().__init__()
        self.first = initialised(nn.Linear(channels * size**2, hidden))
        self.second = initialised(nn.Linear(hidden, hidden))
        self.logits = small(nn.Linear(hidden, classes))
        self.deltas = small(nn.Linear(hidden, 4 * classes))

    def forward(self, features):
        # Channels last before it is flat: both tracks then store the same weights.
        flat = features.permute(0, 2, 3, 1).flatten(1)
        hidden = functional.relu(self.second(functional.relu(self.first(flat))))
        return self.logits(hidden), self.deltas(hidden)


class MaskHead(nn.Module):
    """Features of K boxes (K, C, 14, 14) -> mask logits (K, classes, 28, 28)."""

    def __init__(self, channels=64, hidden=32, classes=2):
        super().__init__()
        self.convolutions = nn.Sequential(
            initialised(nn.Conv2d(channels, hidden, 3, padding=1)),
            nn.ReLU(),
            initialised(nn.Conv2d(hidden, hidden, 3, padding=1)),
            nn.ReLU(),
        )
        self.up = initialised(nn.ConvTranspose2d(hidden, hidden, 2, stride=2))
        self.logits = initialised(nn.Conv2d(hidden, classes, 1))

    def forward(self, features):
        x = functional.relu(self.up(self.convolutions(features)))
        return self.logits(x)


class Yolact(nn.Module):
    """YOLACT (Bolya et al., 2019) for one class of things, on one feature level.

    (N, 3, H, W) -> for each of A = H / 4 * W / 4 * anchors: logits (N, A), box deltas
    (N, A, 4), coefficients (N, A, k); and prototypes (N, k, H / 2, W / 2).
    """

    def __init__(self, anchors=3, prototypes=16, widths=(8, 16, 32, 64, 128)):
        super().__init__()
        self.backbone, self.prototypes = Backbone(widths), prototypes
        self.hidden = initialised(nn.Conv2d(64, 64, 3, padding=1))
        self.logits = small(nn.Conv2d(64, anchors, 1))
        nn.init.constant_(self.logits.bias, -4)  # nearly all anchors see nothing
        self.deltas = small(nn.Conv2d(64, 4 * anchors, 1))
        self.coefficients = small(nn.Conv2d(64, prototypes * anchors, 1), 0.1)
        self.coarse = initialised(nn.Conv2d(64, 32, 3, padding=1))
        self.fine = initialised(nn.Conv2d(32, 32, 3, padding=1))
        self.mixed = initialised(nn.Conv2d(32, prototypes, 1))

    def forward(self, images):
        features = self.backbone(images)
        hidden = functional.relu(self.hidden(features))
        heads = self.logits(hidden), self.deltas(hidden), self.coefficients(hidden)
        # (N, anchors * c, h, w) -> (N, h * w * anchors, c)
        flat = [x.permute(0, 2, 3, 1).flatten(1) for x in heads]
        deltas = flat[1].unflatten(1, (-1, 4))
        coefficients = flat[2].unflatten(1, (-1, self.prototypes)).tanh()
        x = enlarged(functional.relu(self.coarse(features)), 2, like=images)
        prototypes = functional.relu(self.mixed(functional.relu(self.fine(x))))
        return flat[0], deltas, coefficients, prototypes
