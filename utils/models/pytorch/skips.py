"""What lesson 04 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/04_skips.md
"""

from torch import nn

from utils.models.pytorch.fcn import Encoder, enlarged, initialised

__all__ = [
    "FCN",
]


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
