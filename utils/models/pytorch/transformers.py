"""What lesson 08 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/08_transformers.md
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from utils.models.pytorch.fcn import Encoder, convolutions, enlarged, initialised
from utils.models.shared.transformers import best_pairs
from utils.pytorch import device, to_input

__all__ = [
    "Attention",
    "Block",
    "EfficientAttention",
    "Exchange",
    "HRNet",
    "Mask2Former",
    "MaskFormer",
    "PixelDecoder",
    "Queries",
    "QueryBlock",
    "SegFormer",
    "SetHead",
    "Stage",
    "answer_of",
    "attention",
    "attention_weights",
    "dense",
    "located",
    "mask_prices",
    "may_look",
    "multiply_adds",
    "normalised",
    "over",
    "path",
    "segments_of",
    "set_loss",
]


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
