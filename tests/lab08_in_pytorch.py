"""The oracles of lab 08 against PyTorch and lesson 07, for test_lab08_oracles.py."""

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from checks.lab08.attend import ATTEND
from checks.lab08.attention_cost import COST
from checks.lab08.merge import MERGE
from checks.lab08.panoptic_table import PANOPTIC
from utils.models.pytorch import panoptic_quality


def answers(exercise):
    """Yield the arguments of each case, and the oracle's answer."""
    for case in exercise.cases():
        with np.errstate(invalid="ignore"):
            yield case.arguments, exercise.oracle(**case.arguments)


def merging_is_a_convolution_with_a_stride():
    for given, tokens in answers(MERGE):
        features, weights = (torch.tensor(a.astype("f8")) for a in given.values())
        side = len(weights)
        down, right = (-length % side for length in features.shape[:2])
        image = torch.nn.functional.pad(
            features.permute(2, 0, 1)[None], (0, right, 0, down)
        )
        found = torch.conv2d(image, weights.permute(3, 2, 0, 1), stride=side)
        assert np.allclose(found[0].flatten(1).T.numpy(), tokens)


def attention_is_that_of_pytorch():
    for given, answer in answers(ATTEND):
        heads, allowed = given["heads"], given.get("allowed")
        parts = [
            torch.tensor(given[name].astype("f8")).unflatten(1, (heads, -1))
            for name in ("queries", "keys", "values")
        ]
        parts = [part.transpose(0, 1) for part in parts]
        mask = None if allowed is None else torch.tensor(allowed)
        found = torch.nn.functional.scaled_dot_product_attention(*parts, mask)
        found = found.transpose(0, 1).flatten(1).nan_to_num(0).numpy()
        assert np.allclose(found, answer)


def the_bill_is_what_pytorch_counts():
    for given, bill in answers(COST):
        height, width, channels, reduction = given.values()
        asked = -(-height // reduction) * -(-width // reduction)
        if height * width * asked > 1e6:
            continue  # takes more memory than it proves
        x, square = (
            torch.ones(n, channels) for n in (height * width, reduction**2 * asked)
        )
        layer = torch.ones(channels, channels)
        with FlopCounterMode(display=False) as counter:
            merged = torch.ones(asked, channels)
            if reduction > 1:
                squares = square.view(asked, -1)
                merged = squares @ torch.ones(squares.shape[1], channels)
            keys, values = merged @ layer, merged @ layer
            (((x @ layer) @ keys.T) @ values) @ layer
        assert counter.get_total_flops() == 2 * sum(bill)


def panoptic_quality_is_that_of_lesson_07():
    for given, table in answers(PANOPTIC):
        is_thing = given["is_thing"]
        pairs = []
        for ids, kinds in (
            (given["truth"], given["truth_classes"]),
            (given["found"], given["found_classes"]),
        ):
            classes = np.stack([k[i] for i, k in zip(ids, kinds, strict=True)])
            pairs.append((np.where(ids == 0, 255, classes), ids))
        quality = panoptic_quality(*pairs, len(is_thing))
        for row, group in zip(
            table, (is_thing | True, is_thing, ~is_thing), strict=True
        ):
            part = quality[group & ~np.isnan(quality[:, 0])]
            assert (
                np.allclose(row, part.mean(axis=0))
                if len(part)
                else np.isnan(row).all()
            )


if __name__ == "__main__":
    merging_is_a_convolution_with_a_stride()
    attention_is_that_of_pytorch()
    the_bill_is_what_pytorch_counts()
    panoptic_quality_is_that_of_lesson_07()
