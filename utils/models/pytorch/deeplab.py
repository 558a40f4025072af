"""What lesson 06 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/06_deeplab.md
"""

import torch
from torch import nn
from torch.nn import functional

from utils.models.pytorch.fcn import convolutions, enlarged, initialised

__all__ = [
    "ASPP",
    "DeepLab",
    "DilatedEncoder",
    "PSPNet",
    "PyramidPooling",
    "convolution",
]


def convolution(channels_in, channels, size=3, stride=1, rate=1):
    """A size x size convolution with batch normalisation and ReLU.

    (N, channels_in, H, W) -> (N, channels, H / stride, W / stride), rounded up.
    """
    layer = nn.Conv2d(
        channels_in, channels, size, stride, rate * (size // 2), rate, bias=False
    )
    return nn.Sequential(initialised(layer), nn.BatchNorm2d(channels), nn.ReLU())


class DilatedEncoder(nn.Module):
    """Features of each stage; strides down to `output_stride`, rates from there on.

    (N, 3, H, W) -> a list of (N, width, H / stride, W / stride). With dilated=False the
    strides are left out and the rates stay 1, so later layers see less than before.
    """

    def __init__(self, widths, output_stride=4, dilated=True):
        super().__init__()
        self.stages, stride, rate = nn.ModuleList(), 1, 1
        for channels, width in zip((3, *widths), widths):
            step = 2 if stride < output_stride else 1
            first = convolution(channels, width, 3, step, rate if dilated else 1)
            stride, rate = stride * step, rate * 2 // step
            second = convolution(width, width, 3, 1, rate if dilated else 1)
            self.stages.append(nn.Sequential(*first, *second))

    def forward(self, images):
        features = [images]
        for stage in self.stages:
            features.append(stage(features[-1]))
        return features[1:]


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: (N, channels_in, H, W) -> (N, channels, H, W).

    One branch is 1 x 1, one 3 x 3 for each rate, one the mean of the whole map.
    """

    def __init__(self, channels_in, channels, rates):
        super().__init__()
        branches = [convolution(channels_in, channels, 1)]
        for rate in rates:
            branches.append(convolution(channels_in, channels, 3, rate=rate))
        self.branches = nn.ModuleList(branches)
        # No batch normalisation: an image gives only one value.
        self.whole = initialised(nn.Conv2d(channels_in, channels, 1))
        self.mix = convolution((len(branches) + 1) * channels, channels, 1)

    def forward(self, x):
        found = [branch(x) for branch in self.branches]
        mean = functional.relu(self.whole(x.mean(dim=(2, 3), keepdim=True)))
        return self.mix(torch.cat([*found, mean.expand_as(found[0])], dim=1))


class PyramidPooling(nn.Module):
    """The features, and their means over count x count parts for each count in bins.

    (N, channels_in, H, W) -> (N, channels_in + len(bins) * channels, H, W).
    """

    def __init__(self, channels_in, channels, bins):
        super().__init__()
        self.bins, self.levels = bins, nn.ModuleList()
        for _ in bins:
            self.levels.append(initialised(nn.Conv2d(channels_in, channels, 1)))

    def forward(self, x):
        found = [x]
        for count, level in zip(self.bins, self.levels):
            # On the CPU, for Apple's GPU knows no parts of unequal sizes.
            parts = functional.adaptive_avg_pool2d(x.cpu(), count).to(x.device)
            means, size = functional.relu(level(parts)), x.shape[2:]
            found.append(functional.interpolate(means, size, mode="bilinear"))
        return torch.cat(found, dim=1)


class DeepLab(nn.Module):
    """DeepLab v3+ (Chen et al., 2018): (N, 3, H, W) -> logits (N, classes, H, W).

    Any H and W. decoder=False leaves DeepLab v3. dilated=False sets all rates to 1, and
    changes neither sizes nor the number of weights.
    """

    def __init__(
        self,
        classes=5,
        widths=(16, 32, 64),
        output_stride=4,
        rates=(3, 6, 12),
        width=32,
        decoder=True,
        dilated=True,
    ):
        super().__init__()
        self.encoder = DilatedEncoder(widths, output_stride, dilated)
        self.stride = min(output_stride, 2 ** len(widths))
        self.aspp = ASPP(widths[-1], width, rates if dilated else [1] * len(rates))
        self.decoder = decoder
        if decoder:
            self.skip = convolution(widths[0], 8, 1)
            self.refine = convolutions(width + 8, width)
        self.head = initialised(nn.Conv2d(width, classes, 1))

    def forward(self, images):
        early, *_, deepest = self.encoder(images)  # early: stride 2
        x = self.aspp(deepest)
        if not self.decoder:
            return enlarged(self.head(x), self.stride, like=images)
        x = enlarged(x, self.stride // 2, like=early)
        x = self.refine(torch.cat([x, self.skip(early)], dim=1))
        return enlarged(self.head(x), 2, like=images)


class PSPNet(nn.Module):
    """PSPNet (Zhao et al., 2017): (N, 3, H, W) -> logits (N, classes, H, W).

    Any H and W. bins: parts along a side, one number for each level of the pyramid.
    """

    def __init__(
        self,
        classes=5,
        widths=(16, 32, 64),
        output_stride=4,
        bins=(1, 2, 3, 6),
        width=32,
    ):
        super().__init__()
        self.encoder = DilatedEncoder(widths, output_stride)
        self.stride = min(output_stride, 2 ** len(widths))
        channels = widths[-1] // len(bins)
        self.pyramid = PyramidPooling(widths[-1], channels, bins)
        self.refine = convolution(widths[-1] + channels * len(bins), width)
        self.head = initialised(nn.Conv2d(width, classes, 1))

    def forward(self, images):
        x = self.pyramid(self.encoder(images)[-1])
        return enlarged(self.head(self.refine(x)), self.stride, like=images)
