"""What lesson 00 exports in TensorFlow.

Built from its cells tagged `export`; edit them, not this:
content/lessons/00_masks.md
"""

import tensorflow as tf

__all__ = [
    "cross_entropy",
]


def cross_entropy(logits, masks):
    """Mean over pixels: logits (N, H, W, C), masks of class ids (N, H, W)."""
    log_probability = tf.nn.log_softmax(logits)
    truth = tf.cast(masks, tf.int32)[..., None]  # (N, H, W, 1)
    return -tf.reduce_mean(tf.gather(log_probability, truth, batch_dims=3))
