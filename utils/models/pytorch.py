"""The PyTorch models of the lessons.

Built from the cells tagged `export` in these files; edit them, not this:

    content/lessons/00_masks.md
    content/lessons/01_sliding_window.md
    content/lessons/02_fcn.md
    content/lessons/03_upsampling.md
    content/lessons/04_skips.md
    content/lessons/05_unet.md
    content/lessons/06_deeplab.md
    content/lessons/07_instances.md
    content/lessons/08_transformers.md
"""

import copy
from heapq import heapify, heappop, heappush

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from utils.pytorch import device, predict, to_input

__all__ = [
    "ASPP",
    "Attention",
    "Backbone",
    "Block",
    "BoxHead",
    "DeepLab",
    "DilatedEncoder",
    "EfficientAttention",
    "Encoder",
    "Exchange",
    "FCN",
    "FCN32s",
    "HRNet",
    "Mask2Former",
    "MaskFormer",
    "MaskHead",
    "PSPNet",
    "PatchClassifier",
    "PixelDecoder",
    "PyramidPooling",
    "Queries",
    "QueryBlock",
    "RPNHead",
    "SegFormer",
    "SegNet",
    "SemanticFPN",
    "SetHead",
    "Stage",
    "THRESHOLDS",
    "UNet",
    "Yolact",
    "anchors_of",
    "answer_of",
    "appearance_kernel",
    "area_under",
    "as_convolution",
    "attention",
    "attention_weights",
    "average_precision",
    "bce",
    "bce_dice",
    "best_pairs",
    "bilinear_kernel",
    "box_iou",
    "classify",
    "clean_up",
    "colour_factors",
    "components",
    "convolution",
    "convolutional",
    "convolutions",
    "crop_like",
    "cross_entropy",
    "decode",
    "dense",
    "dice_loss",
    "encode",
    "enlarged",
    "every_pixel",
    "gaussian",
    "gaussian_root",
    "grow",
    "hits_of",
    "hungarian",
    "initialised",
    "inside_of",
    "instances_of",
    "listening",
    "located",
    "mask_iou",
    "mask_prices",
    "masks_of_instances",
    "may_look",
    "mean_field",
    "mean_tents",
    "multiply_adds",
    "nms",
    "normalised",
    "over",
    "panoptic_of",
    "panoptic_quality",
    "path",
    "predict_averaged",
    "probability_of",
    "receptive_field",
    "roi_align",
    "segment_map",
    "segments_of",
    "semantic_of",
    "set_loss",
    "small",
    "smoothness_kernel",
    "softmax",
    "stuffed",
    "watershed",
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


@torch.no_grad()
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


def stuffed(kernel, rate):
    """Put rate - 1 zeros between the weights of a kernel: (k, k, ...) -> (s, s, ...).

    s = 1 + (k - 1) * rate.
    """
    side = 1 + (len(kernel) - 1) * rate
    larger = np.zeros((side, side, *kernel.shape[2:]), kernel.dtype)
    larger[::rate, ::rate] = kernel
    return larger


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


def masks_of_instances(instances):
    """One mask for each number from 1: int (H, W) -> bool (k, H, W)."""
    numbers = np.unique(instances[instances > 0])
    return instances == numbers[:, None, None]


def components(mask):
    """Number the regions that hang together by sides: bool (H, W) -> int (H, W)."""
    label = np.arange(1, mask.size + 1).reshape(mask.shape) * mask
    before = None
    while before is None or (label != before).any():
        before, wide = label, np.pad(label, 1)
        near = np.stack(
            [label, wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]]
        )
        label = near.max(axis=0) * mask
        # A jump: the label is a pixel's number, and that pixel may know a larger one.
        label = np.maximum(label, np.append(0, label)[label])
    numbers = np.unique(label[mask])
    return (np.searchsorted(numbers, label) + 1) * mask


def mask_iou(found, truth, crowd=None):
    """IoU of every pair: bool (d, H, W), bool (k, H, W) -> float (d, k).

    crowd: bool (k,), or None. Towards a crowd it is the share of the answer inside.
    """
    pixels = int(np.prod(found.shape[1:]))
    found, truth = (
        masks.reshape(-1, pixels).astype(np.float32) for masks in (found, truth)
    )
    both = (found @ truth.T).astype(float)  # exact: whole numbers below 2 ** 24
    area, true_area = found.sum(axis=1)[:, None], truth.sum(axis=1)
    union = area + true_area - both
    if crowd is not None:
        union = np.where(crowd, area, union)
    return both / np.maximum(union, 1)


def watershed(height, seeds, inside):
    """Flood from seeds, lowest pixel first: int (H, W), 0 outside of `inside`.

    height: (H, W). seeds: int (H, W), numbered from 1. inside: bool (H, W).
    """
    labels = np.where(inside, seeds, 0)
    wide = np.pad(inside, 1)  # no pixel beyond the frame is inside
    queue = [(height[r, c], 0, r, c) for r, c in zip(*np.nonzero(labels))]
    heapify(queue)
    age = 0  # among equal heights the first to be reached is flooded first
    while queue:
        _, _, row, column = heappop(queue)
        for r, c in (
            (row - 1, column),
            (row, column - 1),
            (row, column + 1),
            (row + 1, column),
        ):
            if wide[r + 1, c + 1] and not labels[r, c]:
                age += 1
                labels[r, c] = labels[row, column]
                heappush(queue, (height[r, c], age, r, c))
    return labels


THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of COCO's AP


def hits_of(iou, crowd, thresholds):
    """Which answers of one image hit, and which are left out: bool (T, d) twice.

    iou: (d, k), best score first, from `mask_iou`. crowd: bool (k,).
    """
    least = np.minimum(thresholds, 1 - 1e-10)[:, None]
    free = np.repeat(~crowd[None], len(least), axis=0)  # (T, k)
    hit = np.zeros((len(least), len(iou)), bool)
    left_out = hit.copy()
    for number, row in enumerate(iou if len(crowd) else []):
        open_to = np.where(free & (row >= least), row, -1)
        hit[:, number] = open_to.max(axis=1) >= 0
        best = len(row) - 1 - open_to[:, ::-1].argmax(axis=1)  # of equals the last
        free[hit[:, number], best[hit[:, number]]] = False
        in_crowd = (crowd & (row >= least)).any(axis=1)
        left_out[:, number] = ~hit[:, number] & in_crowd
    return hit, left_out


def average_precision(
    truth, found, scores, crowd=None, thresholds=THRESHOLDS, most=100
):
    """AP of one class at each IoU threshold, as COCO counts it: float (T,).

    truth, found: a list with bool (k, H, W) and bool (d, H, W) for each image.
    scores: a list of float (d,). crowd: a list of bool (k,), or None.
    most: answers an image that count. nan where there is nothing to find.
    """
    crowd = [np.zeros(len(one), bool) for one in truth] if crowd is None else crowd
    values, matches = [], []
    for masks, answers, points, many in zip(truth, found, scores, crowd, strict=True):
        points = np.asarray(points, float)
        first = np.argsort(-points, kind="stable")[:most]
        values.append(points[first])
        iou = mask_iou(answers[first], masks, many)
        matches.append(hits_of(iou, many, np.asarray(thresholds)))
    order = np.argsort(-np.concatenate(values), kind="stable")
    hit, left_out = (np.concatenate(part, axis=1)[:, order] for part in zip(*matches))
    total = sum(int((~many).sum()) for many in crowd)
    if total == 0:
        return np.full(len(hit), np.nan)
    curves = zip(hit, left_out)
    return np.array([area_under(one[~out], total) for one, out in curves])


def area_under(hit, total):
    """Mean precision at 101 values of recall: bool (d,), best score first."""
    right = np.cumsum(hit)
    precision = right / np.arange(1, len(hit) + 1)
    # The best precision from here on: more answers may only help.
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    recalls = np.linspace(0, 1, 101)
    places = np.searchsorted(right / total, recalls)  # the first that recalls so much
    return np.append(precision, 0)[places].mean()


def anchors_of(height, width, stride, sizes):
    """Square boxes on the centre of each cell: float32 (height * width * sizes, 4).

    In the order row, column, size.
    """
    y, x = (np.mgrid[:height, :width] + 0.5) * stride
    centre = np.stack([x, y], axis=-1).reshape(-1, 1, 2)
    half = np.array(sizes)[:, None] / 2  # (sizes, 1)
    boxes = np.concatenate([centre - half, centre + half], axis=-1)
    return boxes.reshape(-1, 4).astype(np.float32)


def box_iou(boxes, others):
    """IoU of every pair of boxes: (n, 4), (m, 4) -> (n, m)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=-1)
    area, other_area = (np.prod(b[:, 2:] - b[:, :2], axis=-1) for b in (boxes, others))
    return both / (area[:, None] + other_area - both)


def encode(boxes, anchors):
    """What moves each anchor onto its box: (n, 4), (n, 4) -> (n, 4)."""
    size, anchor_size = (b[:, 2:] - b[:, :2] for b in (boxes, anchors))
    shift = (boxes[:, :2] + size / 2) - (anchors[:, :2] + anchor_size / 2)
    return np.concatenate([shift / anchor_size, np.log(size / anchor_size)], axis=1)


def decode(deltas, anchors):
    """The boxes that `encode` was given: (n, 4), (n, 4) -> (n, 4)."""
    anchor_size = anchors[:, 2:] - anchors[:, :2]
    centre = anchors[:, :2] + anchor_size * (0.5 + deltas[:, :2])
    half = anchor_size * np.exp(deltas[:, 2:]) / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def nms(boxes, scores, threshold):
    """Positions of the boxes that stay, best score first: int (k,)."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    kept = []
    while len(order):
        kept.append(order[0])
        overlap = box_iou(boxes[order[:1]], boxes[order])[0]
        overlap[0] = 1  # the best one itself, even if it has no area
        order = order[overlap <= threshold]
    return np.array(kept, int)


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


def panoptic_quality(truth, found, classes, void=255):
    """PQ, SQ and RQ of each class: float (classes, 3), nan where it has no segment.

    truth, found: pairs of class ids (N, H, W) and instance numbers (N, H, W), 0 for
    stuff. void: pixels of the truth that do not count, or of `found` without answer.
    """
    totals = np.zeros((4, classes))  # sum of IoU, matches, missed, invented
    for maps in zip(*truth, *found):
        (known, places), (said, others) = (
            np.unique(np.reshape(pair, (2, -1)), axis=1, return_inverse=True)
            for pair in (maps[:2], maps[2:])
        )
        both = np.zeros((known.shape[1], said.shape[1]))
        np.add.at(both, (places.ravel(), others.ravel()), 1)  # pixels of every pair
        real, area = known[0] != void, both.sum(axis=0)
        outside = both[~real].sum(axis=0)  # pixels of each answer that do not count
        union = both.sum(axis=1)[:, None] + area - outside - both
        same = (known[0][:, None] == said[0]) & real[:, None]
        iou = np.where(same, both / np.maximum(union, 1), 0)
        iou[iou <= 0.5] = 0
        invented = (said[0] != void) & ~iou.any(axis=0) & (2 * outside <= area)
        np.add.at(totals[0], known[0][real], iou.max(axis=1, initial=0)[real])
        np.add.at(totals[1], known[0][real], iou.any(axis=1)[real])
        np.add.at(totals[2], known[0][real], ~iou.any(axis=1)[real])
        np.add.at(totals[3], said[0][invented], 1)
    iou, hits, missed, invented = totals
    with np.errstate(invalid="ignore"):  # 0 / 0 where a class has no segment
        rq = hits / (hits + (missed + invented) / 2)
    sq = np.where(np.isnan(rq), np.nan, iou / np.maximum(hits, 1))
    return np.stack([sq * rq, sq, rq], axis=1)


def normalised(channels_in, channels_out, size, stride=1):
    """A convolution and batch normalisation; the map shrinks by the stride."""
    convolution = nn.Conv2d(
        channels_in, channels_out, size, stride, padding=size // 2, bias=False
    )
    return nn.Sequential(initialised(convolution), nn.BatchNorm2d(channels_out))


def path(widths, start, end):
    """From one lane to another: down in strides of 2, or a 1 x 1 convolution up."""
    if start > end:
        return normalised(widths[start], widths[end], 1)
    steps = []
    for lane in range(start, end):
        steps += [normalised(widths[lane], widths[lane + 1], 3, stride=2), nn.ReLU()]
    return nn.Sequential(*steps[:-1])  # the sum comes before the last ReLU


class Exchange(nn.Module):
    """Each lane gets the sum of all lanes: maps (N, C, H, W), finest first."""

    def __init__(self, widths):
        super().__init__()
        lanes = range(len(widths))
        self.rows = nn.ModuleList(
            nn.ModuleList(path(widths, start, end) for start in lanes) for end in lanes
        )

    def forward(self, maps):
        mixed = []
        for end, row in enumerate(self.rows):
            total = 0
            for start, (way, x) in enumerate(zip(row, maps)):
                x = way(x)
                if start > end:
                    x = enlarged(x, 2 ** (start - end), like=maps[end])
                total = total + x
            mixed.append(functional.relu(total))
        return mixed


class HRNet(nn.Module):
    """HRNet (Wang et al., 2020): (N, 3, H, W) -> logits (N, classes, H, W).

    Any H and W. widths: channels by lane, of strides 4, 8, 16, ...
    """

    def __init__(self, classes=5, widths=(16, 32, 64), mixed=64):
        super().__init__()
        stem = normalised(3, widths[0], 3, 2), normalised(widths[0], widths[0], 3, 2)
        self.stem = nn.Sequential(stem[0], nn.ReLU(), stem[1], nn.ReLU())
        self.opening, self.lanes, self.exchanges = (nn.ModuleList() for _ in range(3))
        for count in range(1, len(widths) + 1):
            self.lanes.append(nn.ModuleList(convolutions(w, w) for w in widths[:count]))
            self.exchanges.append(Exchange(widths[:count]))
        for finer, width in zip(widths, widths[1:]):
            opening = normalised(finer, width, 3, stride=2)
            self.opening.append(nn.Sequential(opening, nn.ReLU()))
        self.mix = nn.Sequential(normalised(sum(widths), mixed, 1), nn.ReLU())
        self.head = initialised(nn.Conv2d(mixed, classes, 1))

    def forward(self, images):
        maps = [self.stem(images)]
        for stage, (lanes, exchange) in enumerate(zip(self.lanes, self.exchanges)):
            if stage:
                maps.append(self.opening[stage - 1](maps[-1]))
            maps = exchange([lane(x) for lane, x in zip(lanes, maps)])
        for lane in range(1, len(maps)):
            maps[lane] = enlarged(maps[lane], 2**lane, like=maps[0])
        logits = self.head(self.mix(torch.cat(maps, dim=1)))
        return enlarged(logits, 4, like=images)


@torch.inference_mode()
def multiply_adds(model, size=128):
    """Products in convolutions and matrix products for one image of size x size."""
    images = to_input(np.zeros((1, size, size, 3), np.uint8))
    # The counter stumbles over weights that wait for gradients.
    frozen = copy.deepcopy(model).requires_grad_(False).to(device()).eval()
    with FlopCounterMode(display=False) as counter:
        frozen(images)
    return counter.get_total_flops() // 2  # it counts products and sums


def attention_weights(queries, keys, allowed=None):
    """How much each query looks at each key: (N, heads, Q, K), the sum over K is 1.

    queries: (N, heads, Q, D). keys: (N, heads, K, D). allowed: bool, (N, 1 or heads,
    Q, K), True where a query may look.
    """
    scores = queries @ keys.transpose(2, 3) / keys.shape[-1] ** 0.5
    if allowed is not None:
        scores = scores.masked_fill(~allowed, -1e9)
    return scores.softmax(dim=-1)


def attention(queries, keys, values, allowed=None):
    """What each query gathers, (N, heads, Q, D), of values (N, heads, K, D)."""
    return attention_weights(queries, keys, allowed) @ values


def dense(width_in, width_out):
    """A dense layer, its weights drawn as Glorot & Bengio (2010) do, its bias zero."""
    layer = nn.Linear(width_in, width_out)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al., 2017): x (N, Q, C) asks context (N, K, C).

    allowed: bool, (N, 1 or heads, Q, K), True where a query may look. Gives (N, Q, C).
    """

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key = dense(width, width), dense(width, width)
        self.value, self.out = dense(width, width), dense(width, width)

    def split(self, tokens):
        """(N, T, C) -> (N, heads, T, C / heads)."""
        return tokens.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def forward(self, x, context, allowed=None):
        parts = self.query(x), self.key(context), self.value(context)
        gathered = attention(*map(self.split, parts), allowed)
        return self.out(gathered.transpose(1, 2).flatten(2))


def over(convolution, x):
    """Run a convolution on maps with the channels last: (N, H, W, C)."""
    return convolution(x.movedim(-1, 1)).movedim(1, -1)


class EfficientAttention(nn.Module):
    """Each position asks a map `reduction` times smaller: (N, H, W, C) -> the same."""

    def __init__(self, width, heads, reduction=1):
        super().__init__()
        self.reduction = reduction
        if reduction > 1:
            self.reduce = initialised(nn.Conv2d(width, width, reduction, reduction))
            self.norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)

    def tokens(self, x):
        """Who asks, (N, H * W, C), and who is asked, (N, K, C)."""
        context = x
        if self.reduction > 1:
            context = self.norm(over(self.reduce, x))
        return x.flatten(1, 2), context.flatten(1, 2)

    def forward(self, x):
        return self.attention(*self.tokens(x)).view_as(x)


class Block(nn.Module):
    """One block of SegFormer, attention and Mix-FFN: (N, H, W, C) -> the same."""

    def __init__(self, width, heads, reduction, expansion=4):
        super().__init__()
        wide = expansion * width
        self.before_attention = nn.LayerNorm(width)
        self.attention = EfficientAttention(width, heads, reduction)
        self.before_mixing = nn.LayerNorm(width)
        self.widen = dense(width, wide)
        self.near = initialised(nn.Conv2d(wide, wide, 3, padding=1, groups=wide))
        self.narrow = dense(wide, width)

    def forward(self, x):
        x = x + self.attention(self.before_attention(x))
        mixed = over(self.near, self.widen(self.before_mixing(x)))
        return x + self.narrow(functional.gelu(mixed))


class Stage(nn.Module):
    """Overlapped patches, then blocks: maps (N, H, W, C) -> (N, h, w, width).

    h = H / stride and w = W / stride, rounded up.
    """

    def __init__(self, channels_in, width, stride, heads, reduction, depth=1):
        super().__init__()
        size = 2 * stride - 1
        self.patches = initialised(
            nn.Conv2d(channels_in, width, size, stride, padding=stride - 1)
        )
        self.first_norm, self.last_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        blocks = (Block(width, heads, reduction) for _ in range(depth))
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        x = self.first_norm(over(self.patches, x))
        return self.last_norm(self.blocks(x))


class SegFormer(nn.Module):
    """SegFormer (Xie et al., 2021): (N, 3, H, W) -> logits (N, classes, H, W).

    Any H and W. widths, heads, reductions, depths: by stage, of strides 4, 8, 16, 32.
    """

    def __init__(
        self,
        classes=5,
        widths=(16, 32, 64, 128),
        heads=(1, 2, 4, 8),
        reductions=(4, 2, 1, 1),
        depths=(1, 1, 1, 1),
        mixed=64,
    ):
        super().__init__()
        stages = zip((3, *widths), widths, (4, 2, 2, 2), heads, reductions, depths)
        self.stages = nn.ModuleList(Stage(*stage) for stage in stages)
        self.to_mixed = nn.ModuleList(dense(width, mixed) for width in widths)
        self.mix = nn.Sequential(normalised(len(widths) * mixed, mixed, 1), nn.ReLU())
        self.head = initialised(nn.Conv2d(mixed, classes, 1))

    def forward(self, images):
        maps, x = [], images.movedim(1, -1)
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        maps = [layer(x).movedim(-1, 1) for layer, x in zip(self.to_mixed, maps)]
        for i in range(1, len(maps)):
            maps[i] = enlarged(maps[i], 2**i, like=maps[0])
        logits = self.head(self.mix(torch.cat(maps, dim=1)))
        return enlarged(logits, 4, like=images)


def segment_map(samples):
    """Number every segment: uint8 (N, H, W).

    Stuff keeps its class id; the first, second, ... thing, of the last class, gets the
    ids from that class on.
    """
    things = len(samples.classes) - 1 + samples.instances - 1
    return np.where(samples.instances > 0, things, samples.masks).astype(np.uint8)


def hungarian(cost):
    """Pair rows with columns, one to one, at the lowest total cost (Kuhn, 1955).

    cost: (n, m), numbers. Returns rows, columns: int (min(n, m),) each, rows rising.
    """
    cost = np.asarray(cost, float)
    if cost.shape[0] > cost.shape[1]:
        columns, rows = hungarian(cost.T)
        return rows[rows.argsort()], columns[rows.argsort()]
    row_price, column_price = np.zeros(cost.shape[0]), np.zeros(cost.shape[1])
    owner = np.full(cost.shape[1], -1)  # the row that has each column
    for row in range(len(cost)):
        done = np.zeros(len(owner), bool)
        reach, before = np.full(len(owner), np.inf), np.full(len(owner), -1)
        at, last, far = row, -1, 0.0
        while at >= 0:  # Dijkstra: the cheapest chain that ends at a free column
            new = far + cost[at] - row_price[at] - column_price
            better = ~done & (new < reach)
            reach[better], before[better] = new[better], last
            last = np.where(done, np.inf, reach).argmin()
            done[last], far, at = True, reach[last], owner[last]
        passed = done & (owner >= 0)
        row_price[owner[passed]] += far - reach[passed]
        row_price[row] += far
        column_price[done] -= far - reach[done]
        while last >= 0:  # back along the chain: every owner moves on by one
            owner[last] = row if before[last] < 0 else owner[before[last]]
            last = before[last]
    columns = np.flatnonzero(owner >= 0)
    return np.sort(owner[columns]), columns[owner[columns].argsort()]


def located(x):
    """Add a code of row and column to features (N, C, H, W); C is a multiple of 4."""
    frequencies = np.pi * 2 ** torch.linspace(0, 5, x.shape[1] // 4)
    waves = []
    for size in x.shape[2:]:
        angles = frequencies[:, None] * (torch.arange(size) + 0.5) / size
        waves.append(torch.cat([angles.sin(), angles.cos()]))  # (C / 2, size)
    rows = waves[0][:, :, None].expand(-1, -1, x.shape[3])
    columns = waves[1][:, None].expand(-1, x.shape[2], -1)
    return x + torch.cat([rows, columns]).to(x)


class PixelDecoder(nn.Module):
    """Located features at strides 32, 16, 8, 4: (N, width, h, w) each, in a list.

    Any H and W. widths: channels by stage of the encoder, whose first is left out.
    """

    def __init__(self, widths, width):
        super().__init__()
        self.encoder = Encoder(widths)
        self.lateral, self.smooth = nn.ModuleList(), nn.ModuleList()
        for channels in widths[:0:-1]:
            self.lateral.append(initialised(nn.Conv2d(channels, width, 1)))
        for _ in widths[2:]:
            mix = initialised(nn.Conv2d(width, width, 3, padding="same", bias=False))
            self.smooth.append(nn.Sequential(mix, nn.BatchNorm2d(width), nn.ReLU()))

    def forward(self, images):
        *finer, deepest = self.encoder(images)[1:]
        x = self.lateral[0](deepest)
        levels = [located(x)]
        for lateral, smooth, skip in zip(self.lateral[1:], self.smooth, finer[::-1]):
            x = smooth(enlarged(x, 2, like=skip) + lateral(skip))
            levels.append(located(x))
        return levels


class Queries(nn.Module):
    """As many learnt vectors for each of N images: (N, count, width)."""

    def __init__(self, count, width):
        super().__init__()
        self.table = nn.Parameter(torch.randn(count, width))

    def forward(self, images):
        return self.table.expand(len(images), -1, -1)


class QueryBlock(nn.Module):
    """Queries look at the image, then at each other: (N, Q, width) -> the same."""

    def __init__(self, width, heads=4):
        super().__init__()
        self.look, self.talk = Attention(width, heads), Attention(width, heads)
        self.up, self.down = dense(width, 4 * width), dense(4 * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def forward(self, x, context, allowed=None):
        x = self.norms[0](x + self.look(x, context, allowed))
        x = self.norms[1](x + self.talk(x, x))
        return self.norms[2](x + self.down(functional.relu(self.up(x))))


class SetHead(nn.Module):
    """Queries (N, Q, width) -> class logits (N, Q, classes + 1), masks (N, Q, h, w)."""

    def __init__(self, width, classes):
        super().__init__()
        self.norm, self.classes = nn.LayerNorm(width), dense(width, classes + 1)
        self.first, self.second = dense(width, width), dense(width, width)

    def forward(self, x, pixels):
        x = self.norm(x)
        named = self.classes(x)
        keys = self.second(functional.relu(self.first(x)))
        products = keys @ pixels.flatten(2) / keys.shape[2] ** 0.5  # (N, Q, h * w)
        return named, products.unflatten(2, pixels.shape[2:])


class MaskFormer(nn.Module):
    """MaskFormer (Cheng et al., 2021): (N, 3, H, W) -> (class logits, mask logits).

    (N, depth + 1, queries, classes + 1), the last class is "nothing"; (N, depth + 1,
    queries, H / 4, W / 4), rounded up: the answers before and after each block.
    """

    def __init__(
        self, classes=5, queries=16, width=48, widths=(8, 16, 32, 64, 128), depth=3
    ):
        super().__init__()
        self.pixels = PixelDecoder(widths, width)
        self.queries, self.head = Queries(queries, width), SetHead(width, classes)
        self.blocks = nn.ModuleList(QueryBlock(width) for _ in range(depth))

    def view(self, levels, number, masks):
        """What block `number` looks at, (N, K, width), and where it may look."""
        return levels[0].flatten(2).transpose(1, 2), None

    def forward(self, images):
        levels, x = self.pixels(images), self.queries(images)
        answers = [self.head(x, levels[-1])]
        for number, block in enumerate(self.blocks):
            x = block(x, *self.view(levels, number, masks=answers[-1][1]))
            answers.append(self.head(x, levels[-1]))
        return tuple(torch.stack(parts, dim=1) for parts in zip(*answers))


def segments_of(maps, count, stride):
    """The share of each cell of stride x stride pixels in each segment: (N, T, P)."""
    numbers = torch.arange(count, device=maps.device)[:, None, None]
    return functional.avg_pool2d((maps[:, None] == numbers).float(), stride).flatten(2)


def mask_prices(mask_logits, truth):
    """BCE plus Dice loss of each query with each segment: (N, L, Q, T).

    mask_logits: (N, L, Q, h, w). truth: (N, T, h * w), in 0..1.
    """
    x, truth = mask_logits.flatten(3), truth[:, None].transpose(2, 3)  # (N, 1, P, T)
    bce = functional.softplus(x).mean(3, keepdim=True) - x @ truth / x.shape[3]
    inside = x.sigmoid()
    total = inside.sum(3, keepdim=True) + truth.sum(2, keepdim=True)
    return bce + 1 - (2 * inside @ truth + 1) / (total + 1)


def best_pairs(prices, present):
    """The pairs of each image: float32 (N, Q, T), 1 where query q draws segment t.

    prices: (N, Q, T). present: bool (N, T), the segments that the image has.
    """
    pairs = np.zeros(prices.shape, np.float32)
    for price, pair, has in zip(prices, pairs, present):
        rows, columns = hungarian(price[:, has])
        pair[rows, np.flatnonzero(has)[columns]] = 1
    return pairs


def set_loss(answers, maps):
    """What the best matching costs: `MaskFormer`'s answers, panoptic maps (N, H, W)."""
    class_logits, mask_logits = answers  # (N, L, Q, C + 1), (N, L, Q, h, w)
    queries, classes = class_logits.shape[2], class_logits.shape[3] - 1
    truth = segments_of(maps, queries, maps.shape[2] // mask_logits.shape[4])
    class_of = torch.arange(queries, device=maps.device).clamp(max=classes - 1)
    surprise = -class_logits.log_softmax(dim=3)
    prices = 5 * mask_prices(mask_logits, truth) + 2 * surprise[..., class_of]
    known = prices.detach().mean(1).cpu().numpy(), truth.amax(2).cpu().numpy() > 0
    pairs = torch.from_numpy(best_pairs(*known)).to(prices)  # (N, Q, T)
    idle = 1 - pairs.sum(2)
    paid = (pairs * prices.mean(1)).sum()
    return (paid + (idle * surprise[..., -1].mean(1)).sum()) / pairs.sum()


def answer_of(model, images, block=-1):
    """One answer of `MaskFormer` to images, uint8 (N, H, W, 3), the last by default.

    Returns probabilities (N, Q, classes + 1) and mask logits (N, Q, H, W).
    """
    model.to(device(), memory_format=torch.channels_last).eval()
    height, width, named, drawn = *images.shape[1:3], [], []
    with torch.inference_mode():
        for start in range(0, len(images), 8):
            answers = model(to_input(images[start : start + 8]))
            class_logits, mask_logits = (part[:, block] for part in answers)
            large = functional.interpolate(mask_logits, scale_factor=4, mode="bilinear")
            named.append(class_logits.softmax(dim=2).cpu().numpy())
            drawn.append(large[..., :height, :width].cpu().numpy())
    return np.concatenate(named), np.concatenate(drawn)


def inside_of(mask_logits):
    """Sigmoid that cannot overflow."""
    return (1 + np.tanh(mask_logits / 2)) / 2


def semantic_of(probabilities, mask_logits):
    """The class with most votes at each pixel: uint8 (N, H, W)."""
    count, queries, height, width = mask_logits.shape
    masks = inside_of(mask_logits).reshape(count, queries, -1)
    votes = probabilities[:, :, :-1].transpose(0, 2, 1) @ masks  # (N, classes, H * W)
    return votes.argmax(axis=1).reshape(count, height, width).astype(np.uint8)


def instances_of(probabilities, mask_logits):
    """For each image masks bool (d, H, W) and scores (d,) of things, the last class."""
    found, scores = [], []
    for named, drawn in zip(probabilities, mask_logits):
        masks = drawn > 0
        area = masks.sum(axis=(1, 2))
        sure = (inside_of(drawn) * masks).sum(axis=(1, 2)) / np.maximum(area, 1)
        found.append(masks[area > 0])
        scores.append((named[:, -2] * sure)[area > 0])
    return found, scores


def panoptic_of(probabilities, mask_logits):
    """Class ids uint8 (N, H, W) and numbers int32 (N, H, W), 0 where it is stuff."""
    sure = probabilities[:, :, :-1].max(axis=2)
    sure = sure * (sure > probabilities[:, :, -1])  # who says "nothing" gets nothing
    winner = (sure[:, :, None, None] * inside_of(mask_logits)).argmax(axis=1)
    kind = probabilities[:, :, :-1].argmax(axis=2)
    classes = np.take_along_axis(kind, winner.reshape(len(kind), -1), axis=1)
    classes = classes.reshape(winner.shape).astype(np.uint8)
    things = classes == probabilities.shape[2] - 2
    return classes, np.where(things, winner + 1, 0).astype(np.int32)


def may_look(mask_logits, halvings):
    """Where each query may look: bool (N, 1, Q, K). In its mask; anywhere, if none.

    mask_logits: (N, Q, h, w). halvings: how often the features are smaller by 2.
    """
    inside = mask_logits.detach()
    for _ in range(halvings):
        inside = functional.avg_pool2d(inside, 2, ceil_mode=True)
    inside = inside.flatten(2)[:, None] > 0
    return inside | ~inside.any(dim=3, keepdim=True)


class Mask2Former(MaskFormer):
    """Mask2Former (Cheng et al., 2022): arguments, weights, answers of MaskFormer."""

    def view(self, levels, number, masks):
        """The finer levels in turn, inside the mask."""
        turn = 1 + number % (len(levels) - 1)
        context = levels[turn].flatten(2).transpose(1, 2)
        return context, may_look(masks, len(levels) - 1 - turn)
