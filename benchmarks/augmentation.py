"""Images per second of loading and augmenting: the course's way and the libraries'.

Each framework is measured in its own process, where its contestants take turns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from benchmarks.children import hand_over, measured
from benchmarks.race import OURS, Turn, race, summarise
from benchmarks.run import TRACKS
from utils.datasets import Samples, simulate_skin
from utils.training import Augmentation

SIZES = (96, 256)
BATCH = 8
COUNT = 200  # images in a round
ROUNDS = 7
WE = Augmentation()  # the libraries are set to move and recolour as far


def pytorch_contestants(samples: Samples) -> dict[str, Turn]:
    """Ours against torchvision's transforms v2, image by image and batch by batch."""
    import torch
    from torch.utils.data import DataLoader
    from torchvision import tv_tensors
    from torchvision.transforms import InterpolationMode, v2

    from utils.pytorch import batches

    images = torch.from_numpy(samples.images).permute(0, 3, 1, 2).contiguous()
    masks = torch.from_numpy(samples.masks)
    zoom = 1 + WE.scale
    transform = v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomVerticalFlip(),
            v2.RandomAffine(
                WE.rotate,
                translate=(WE.shift, WE.shift),
                scale=(1 / zoom, zoom),
                interpolation=InterpolationMode.BILINEAR,  # masks take the nearest
            ),
            v2.ColorJitter(WE.brightness, WE.contrast, saturation=WE.colour),
            v2.ToDtype({tv_tensors.Image: torch.float32, "others": None}, scale=True),
        ]
    )

    def augmented(image, mask):
        return transform(tv_tensors.Image(image), tv_tensors.Mask(mask))

    class OneByOne(torch.utils.data.Dataset):
        def __len__(self):
            return len(images)

        def __getitem__(self, i):
            return augmented(images[i], masks[i])

    single = DataLoader(OneByOne(), BATCH, shuffle=True)
    plain = DataLoader(
        torch.utils.data.TensorDataset(images, masks), BATCH, shuffle=True
    )
    generator = np.random.default_rng(0)
    return {
        OURS: lambda: batches(samples, BATCH, WE, generator),
        "torchvision v2, each image": lambda: single,
        "torchvision v2, one draw a batch": lambda: (augmented(*two) for two in plain),
    }


def tensorflow_contestants(samples: Samples) -> dict[str, Turn]:
    """Ours against Keras' layers in a tf.data pipeline, as Keras' guides build it."""
    from utils.tensorflow import batches  # first: it is quiet

    import keras  # isort: skip
    import tensorflow as tf  # isort: skip

    zoom, rest = WE.scale, {"value_range": (0, 1)}
    moves = [
        keras.layers.RandomFlip(),
        keras.layers.RandomRotation(WE.rotate / 360),
        keras.layers.RandomZoom((-zoom / (1 + zoom), zoom)),
        keras.layers.RandomTranslation(WE.shift, WE.shift),
        keras.layers.RandomBrightness(WE.brightness, **rest),
        keras.layers.RandomContrast(WE.contrast, **rest),
        keras.layers.RandomSaturation(
            (0.5 - WE.colour / 2, 0.5 + WE.colour / 2), **rest
        ),
    ]

    def augmented(images, masks):
        both = {
            "images": tf.cast(images, tf.float32) / 255,
            "segmentation_masks": masks[..., None],
        }
        for move in moves:
            both = move(both, training=True)
        return both["images"], both["segmentation_masks"]

    pipeline = (
        tf.data.Dataset.from_tensor_slices((samples.images, samples.masks))
        .shuffle(len(samples))
        .batch(BATCH)
        .map(augmented, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
    )
    generator = np.random.default_rng(0)
    return {
        OURS: lambda: batches(samples, BATCH, WE, generator),
        "Keras layers in tf.data": lambda: pipeline,
    }


def measure(threads: int, trial: bool = False) -> dict:
    """Measure both frameworks; give the rates by size, track and contestant."""
    result: dict = {"rates": {str(size): {} for size in SIZES}, "threads": threads}
    for track in TRACKS:
        print(f"{track}, about a minute ...", flush=True)
        how = ["trial"] if trial else []
        found = measured("benchmarks.augmentation", [track, *how], threads)
        for size, rates in found.pop("rates").items():
            result["rates"][size][track] = rates
        result.update(found)
    return result


def told(rates: dict) -> Iterator[str]:
    """Say the result, a line for each contestant."""
    for size, tracks in rates.items():
        for track, found in tracks.items():
            for name, rate, times in summarise(found):
                yield f"{size:>4} {track:10} {name:32} {rate:7.0f}/s, {times:.2f}"


def main(arguments: list[str]) -> int:
    """Measure one track at all sizes and write it as JSON: OUT TRACK [trial]."""
    out, track, *how = arguments
    count, rounds = (2 * BATCH, 1) if how else (COUNT, ROUNDS)
    contestants = {
        "pytorch": pytorch_contestants,
        "tensorflow": tensorflow_contestants,
    }[track]
    return hand_over(
        out,
        lambda: {
            str(size): race(contestants(simulate_skin(count, size)), count, rounds)
            for size in SIZES
        },
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
