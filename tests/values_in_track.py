"""Tries in the process of one track, TRACK, whether its tensors are taken for arrays.

Writes the kinds of tensors that are not, one a line.
"""

import sys
from pathlib import Path

import numpy as np

NUMBERS = np.array([[1.0, 2.0], [3.0, 4.5]], np.float32)


def pytorch():
    """Yield (name, tensor, what it is equal to)."""
    import torch

    one = torch.tensor(NUMBERS)
    yield "tensor", one, NUMBERS
    yield "with a gradient", one.clone().requires_grad_(), NUMBERS
    yield "computed with a gradient", one.clone().requires_grad_() * 1, NUMBERS
    yield "parameter", torch.nn.Parameter(one), NUMBERS
    yield "half", one.half(), NUMBERS
    yield "bfloat16", one.bfloat16(), NUMBERS
    yield "sparse", one.to_sparse(), NUMBERS
    yield "transposed", one.T, NUMBERS.T
    yield "conjugate", torch.tensor([1 + 2j]).conj().imag, np.array([-2.0])
    yield "number", torch.tensor(3), 3
    yield "number with a gradient", torch.tensor(3.0, requires_grad=True), 3.0
    yield "bool", torch.tensor(True), True
    yield "in a list", [one, torch.tensor(2)], [NUMBERS, 2]
    yield "in a dictionary", {"a": (one.requires_grad_(),)}, {"a": (NUMBERS,)}
    yield "top of a tensor", torch.tensor([3.0, 1.0]).max(dim=0), (3.0, 0)
    yield "list of numbers", list(torch.arange(3)), [0, 1, 2]


def tensorflow():
    """Yield (name, tensor, what it is equal to)."""
    import tensorflow as tf

    one = tf.constant(NUMBERS)
    yield "tensor", one, NUMBERS
    yield "variable", tf.Variable(one), NUMBERS
    yield "half", tf.cast(one, tf.float16), NUMBERS
    yield "bfloat16", tf.cast(one, tf.bfloat16), NUMBERS
    yield "number", tf.constant(3), 3
    yield "bool", tf.constant(True), True
    yield "in a list", [one, tf.constant(2)], [NUMBERS, 2]
    yield "in a dictionary", {"a": (tf.Variable(one),)}, {"a": (NUMBERS,)}
    yield "top of a tensor", tf.math.top_k(tf.constant([3.0, 1.0])), ([3.0], [0])
    yield "list of numbers", list(tf.range(3)), [0, 1, 2]
    with tf.GradientTape() as tape:
        tape.watch(one)
        yield "on a tape", one * 1, NUMBERS


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from checks.values import plain, same, show
    from utils.arrays import array_of

    for name, tensor, expected in globals()[sys.argv[1]]():
        found = plain(tensor)
        if not same(found, expected) or "ensor" in show(found):
            print(f"{name}: {show(found)}")
        if isinstance(expected, np.ndarray):
            array = array_of(tensor)
            if array.dtype.kind != "f" or not same(array, expected):
                print(f"{name}: array_of gives {show(array)} of {array.dtype}")
