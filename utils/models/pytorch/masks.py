"""What lesson 00 exports in PyTorch.

Built from its cells tagged `export`; edit them, not this:
content/lessons/00_masks.md
"""

__all__ = [
    "cross_entropy",
]


def cross_entropy(logits, masks):
    """Mean over pixels: logits (N, C, H, W), masks of class ids (N, H, W)."""
    log_probability = logits.log_softmax(dim=1)
    truth = masks.long()[:, None]  # (N, 1, H, W)
    return -log_probability.gather(1, truth).mean()
