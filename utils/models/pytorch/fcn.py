"""What lesson 02 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/02_fcn.md
"""

import copy

import torch
from torch import nn
from torch.nn import functional

__all__ = [
    "Encoder",
    "FCN32s",
    "as_convolution",
    "convolutional",
    "convolutions",
    "enlarged",
    "every_pixel",
    "initialised",
]


def as_convolution(dense, size):
    """A dense layer on flat (size, size, C) features, as a size x size convolution."""
    channels = dense.in_features // size**2
    kernel = dense.weight.detach().reshape(-1, size, size, channels)
    layer = nn.Conv2d(channels, dense.out_features, size)
    layer.weight = nn.Parameter(kernel.permute(0, 3, 1, 2))  # (out, C, size, size)
    layer.bias = dense.bias
    return layer


def convolutional(classifier):
    """The same network for images: (N, 3, H, W) -> (N, classes, rows, columns)."""
    network = nn.Sequential(
        classifier.features,
        as_convolution(classifier.hidden, 5),
        nn.ReLU(),
        as_convolution(classifier.head, 1),
    )
    return network.to(memory_format=torch.channels_last)  # fastest on a CPU


def every_pixel(classifier):
    """`convolutional` at stride 1: poolings skip nothing, later kernels have holes."""
    network, rate = copy.deepcopy(convolutional(classifier)), 1
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.dilation = (rate, rate)
        elif isinstance(layer, nn.MaxPool2d):
            layer.stride, layer.dilation = 1, rate
            rate *= 2  # what this pooling no longer skips
    return network


def initialised(layer):
    """Draw a layer's weights as He et al. (2015) do, and set its bias to zero."""
    nn.init.kaiming_normal_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def convolutions(channels_in, channels_out, padding="same"):
    """Two 3 x 3 convolutions, each with batch normalisation and ReLU.

    (N, channels_in, H, W) -> (N, channels_out, H, W), or 4 rows and columns less
    with padding "valid".
    """
    stack = []
    for channels in (channels_in, channels_out):
        convolution = nn.Conv2d(channels, channels_out, 3, padding=padding, bias=False)
        stack += [initialised(convolution), nn.BatchNorm2d(channels_out), nn.ReLU()]
    return nn.Sequential(*stack)


class Encoder(nn.Module):
    """Features of an image at strides 2, 4, 8, ...: a list, largest first.

    Each stage is two convolutions and a 2 x 2 pooling. widths: channels by stage.
    Stage i gives (N, widths[i], H / 2 ** (i + 1), W / 2 ** (i + 1)), rounded up: any
    H and W will do.
    """

    def __init__(self, widths):
        super().__init__()
        pairs = zip((3, *widths), widths)
        self.stages = nn.ModuleList(convolutions(*pair) for pair in pairs)

    def forward(self, images):
        features = [images]
        for stage in self.stages:
            x = stage(features[-1])
            # An odd last row or column is pooled alone, not dropped.
            features.append(functional.max_pool2d(x, 2, ceil_mode=True))
        return features[1:]


def enlarged(x, factor, like):
    """Enlarge x (N, C, h, w) by a whole factor, bilinearly, and cut it to like's size.

    like: (N, any, H, W), with h = H / factor and w = W / factor, rounded up.
    """
    x = functional.interpolate(x, scale_factor=factor, mode="bilinear")
    return x[:, :, : like.shape[2], : like.shape[3]]


class FCN32s(nn.Module):
    """FCN-32s (Long et al., 2015): (N, 3, H, W) -> logits (N, classes, H, W).

    Any H and W. widths: channels by stage; five stages give the output stride 32.
    """

    def __init__(self, classes=5, widths=(8, 16, 32, 64, 128)):
        super().__init__()
        self.encoder = Encoder(widths)
        self.head = initialised(nn.Conv2d(widths[-1], classes, 1))
        self.stride = 2 ** len(widths)

    def forward(self, images):
        coarse = self.head(self.encoder(images)[-1])  # (N, classes, H / 32, W / 32)
        return enlarged(coarse, self.stride, like=images)
