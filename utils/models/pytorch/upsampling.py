"""What lesson 03 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/03_upsampling.md
"""

from torch import nn
from torch.nn import functional

from utils.models.pytorch.fcn import convolutions, initialised

__all__ = [
    "SegNet",
]


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
