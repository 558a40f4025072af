"""What lesson 02 exports for both tracks.

Built from its cells tagged `export`; edit them, not this:
content/lessons/02_fcn.md
"""

__all__ = [
    "receptive_field",
]


def receptive_field(layers):
    """Side of the square of input pixels that one unit of the last layer sees.

    layers: (kernel, stride, dilation) of each layer, in the order in which they run.
    """
    size, step = 1, 1  # step: pixels between two neighbours of this layer
    for kernel, stride, dilation in layers:
        size += (kernel - 1) * dilation * step
        step *= stride
    return size
