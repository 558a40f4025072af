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
"""

import copy
from heapq import heapify, heappop, heappush

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from utils.pytorch import device, predict, to_input

__all__ = [
    "ASPP",
    "Backbone",
    "BoxHead",
    "DeepLab",
    "DilatedEncoder",
    "Encoder",
    "FCN",
    "FCN32s",
    "MaskHead",
    "PSPNet",
    "PatchClassifier",
    "PyramidPooling",
    "RPNHead",
    "SegNet",
    "SemanticFPN",
    "THRESHOLDS",
    "UNet",
    "Yolact",
    "anchors_of",
    "area_under",
    "as_convolution",
    "average_precision",
    "bce",
    "bce_dice",
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
    "dice_loss",
    "encode",
    "enlarged",
    "every_pixel",
    "gaussian_root",
    "grow",
    "hits_of",
    "initialised",
    "listening",
    "mask_iou",
    "masks_of_instances",
    "mean_field",
    "mean_tents",
    "nms",
    "panoptic_quality",
    "predict_averaged",
    "probability_of",
    "receptive_field",
    "roi_align",
    "small",
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
            means = functional.relu(level(functional.adaptive_avg_pool2d(x, count)))
            size = x.shape[2:]
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


def gaussian_root(length, spread):
    """A matrix R (length, few) so that R R' is the Gaussian between all places."""
    apart = np.arange(length)[:, None] - np.arange(length)
    values, vectors = np.linalg.eigh(np.exp(-0.5 * (apart / spread) ** 2))
    kept = values > 1e-3 * values.max()
    return (vectors[:, kept] * np.sqrt(values[kept])).astype(np.float32)


def colour_factors(image, spread, rank=128):
    """Maps F (few, H, W) so that the sum of F_i F_j is the Gaussian of two colours."""
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


def listening(factors, spread):
    """A function that lets maps (C, H, W) pass through one normalised kernel."""
    rows, columns = (gaussian_root(length, spread) for length in factors.shape[1:])

    def everybody(maps):
        few = rows.T @ (factors[:, None] * maps) @ columns  # (few, C, small, small)
        wide = rows @ few @ columns.T
        return np.einsum("mhw,mchw->chw", factors, wide, optimize=True)

    heard = everybody(np.ones((1, *factors.shape[1:]), np.float32))
    scale = 1 / np.sqrt(np.maximum(heard, 1e-6))
    along = np.outer((rows**2).sum(axis=1), (columns**2).sum(axis=1))
    itself = (factors**2).sum(axis=0) * along
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
    flat = np.ones((1, *image.shape[:2]), np.float32)  # a kernel without colours
    kernels = [(smoothness, listening(flat, near))]
    kernels.append((appearance, listening(colour_factors(image, colour), far)))
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
