"""The PyTorch models of the lessons.

Built from the cells tagged `export` in these files; edit them, not this:

    content/lessons/00_masks.md
    content/lessons/01_sliding_window.md
    content/lessons/02_fcn.md
    content/lessons/03_upsampling.md
    content/lessons/04_skips.md
    content/lessons/05_unet.md
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from utils.pytorch import device, predict, to_input

__all__ = [
    "Encoder",
    "FCN",
    "FCN32s",
    "PatchClassifier",
    "SegNet",
    "UNet",
    "as_convolution",
    "bce",
    "bce_dice",
    "bilinear_kernel",
    "classify",
    "clean_up",
    "convolutional",
    "convolutions",
    "crop_like",
    "cross_entropy",
    "dice_loss",
    "enlarged",
    "every_pixel",
    "grow",
    "initialised",
    "predict_averaged",
    "probability_of",
    "receptive_field",
    "windows",
]


def cross_entropy(logits, masks):
    """Mean over pixels: logits (N, C, H, W), masks of class ids (N, H, W)."""
    log_probability = logits.log_softmax(dim=1)
    truth = masks.long()[:, None]  # (N, 1, H, W)
    return -log_probability.gather(1, truth).mean()


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


@torch.inference_mode()
def classify(model, patches, batch_size=128):
    """Logits (N, classes) of patches, uint8 (N, 32, 32, 3), batch by batch."""
    model.to(device(), memory_format=torch.channels_last).eval()
    starts = range(0, len(patches), batch_size)
    parts = [model(to_input(patches[i : i + batch_size])).cpu() for i in starts]
    return torch.cat(parts).numpy()


def windows(image, size=32, stride=1):
    """All windows of an image (H, W, C): (rows, columns, size, size, C), no copy."""
    view = np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))
    return view[::stride, ::stride].transpose(0, 1, 3, 4, 2)


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


def receptive_field(layers):
    """Side of the square of input pixels that one unit of the last layer sees.

    layers: (kernel, stride, dilation) of each layer, in the order in which they run.
    """
    size, step = 1, 1  # step: pixels between two neighbours of this layer
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * step
        step *= stride
    return size


def bilinear_kernel(factor):
    """Kernel that makes a transposed convolution with this stride bilinear.

    factor: how many times larger. Returns float32 (k, k) with k = 2 * factor - factor
    % 2; the layer's padding is (k - factor) // 2, or "same" (Long et al., 2015).
    """
    size = 2 * factor - factor % 2
    tent = 1 - abs(np.arange(size) - (size - 1) / 2) / factor
    return np.outer(tent, tent).astype(np.float32)


class SegNet(nn.Module):
    """SegNet (Badrinarayanan et al., 2017): (N, 3, H, W) -> (N, classes, H, W).

    H and W are multiples of 2 ** len(widths).
    """

    def __init__(self, widths=(16, 32, 64, 128), classes=1):
        super().__init__()
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        for channels, width in zip((3, *widths), widths):
            self.encoder.append(convolutions(channels, width))
        for width, channels in zip(widths[::-1], (*widths[-2::-1], widths[0])):
            self.decoder.append(convolutions(width, channels))
        self.head = initialised(nn.Conv2d(widths[0], classes, 1))

    def forward(self, x):
        places = []
        for block in self.encoder:
            x, where = functional.max_pool2d(block(x), 2, return_indices=True)
            places.append(where)
        # The last places stored are the first that are needed: hence pop.
        for block in self.decoder:
            x = block(functional.max_unpool2d(x, places.pop(), 2))
        return self.head(x)


class FCN(nn.Module):
    """FCN-32s, 16s or 8s (Long et al., 2015): (N, 3, H, W) -> (N, classes, H, W).

    stride: of the finest features that give scores, a power of 2. Any H and W.
    widths: channels by stage of the encoder; five stages go down to stride 32.
    """

    def __init__(self, stride=8, classes=5, widths=(8, 16, 32, 64, 128)):
        super().__init__()
        self.encoder, self.stride = Encoder(widths), stride
        self.head = initialised(nn.Conv2d(widths[-1], classes, 1))
        self.skips = nn.ModuleList()
        # Stage i has the stride 2 ** (i + 1); the head has the last one already.
        for width in widths[stride.bit_length() - 2 : -1][::-1]:
            skip = nn.Conv2d(width, classes, 1)
            nn.init.zeros_(skip.weight)  # a new skip adds nothing at first
            nn.init.zeros_(skip.bias)
            self.skips.append(skip)

    def forward(self, images):
        features = self.encoder(images)
        scores = self.head(features[-1])
        for skip, finer in zip(self.skips, features[-2::-1]):
            scores = enlarged(scores, 2, like=finer) + skip(finer)
        return enlarged(scores, self.stride, like=images)


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


def probability_of(logits):
    """Sigmoid, float (N, H, W)."""
    return 1 / (1 + np.exp(-logits))


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


def grow(seeds, inside):
    """Spread from seeds through inside, to the four neighbours: bool (H, W)."""
    reached, before = seeds & inside, None
    while before is None or (reached != before).any():
        # Four copies, each moved by one pixel; the padding keeps them in the image.
        before, wide = reached, np.pad(reached, 1)
        near = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
        reached = (reached | near) & inside
    return reached


def clean_up(mask):
    """Keep the largest component and fill its holes: bool (H, W) -> bool (H, W)."""
    largest, left = np.zeros_like(mask), mask.copy()
    while left.any():
        first = np.arange(mask.size).reshape(mask.shape) == left.argmax()
        component = grow(first, left)
        left &= ~component
        largest = max(largest, component, key=np.sum)
    # Holes are what cannot be reached from the image's frame.
    frame = np.pad(np.zeros_like(mask)[1:-1, 1:-1], 1, constant_values=True)
    return ~grow(frame, ~largest)
