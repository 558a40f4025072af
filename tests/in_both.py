"""What tests/in_pytorch.py and tests/in_tensorflow.py compute, word for word.

Both are started by tests/tracks.py, each in a process of its own, because the two
frameworks do not share one. A *track* is one of these two scripts as a module: it
holds what must be said in the framework's own words. Everything random is drawn with
NumPy, so both tracks get the same numbers, and arrays leave here channels last.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import pickle
import re
import shutil
import sys
import tempfile
import time
import traceback
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
from served import closed, server

from benchmarks import zoo
from utils import checkpoints, pretrained
from utils.datasets import Samples
from utils.simulators.skin import draw_lesion
from utils.training import Augmentation

STILL = Augmentation(False, 0, 0, 0, 0, 0, 0)
MOVED = replace(Augmentation(), brightness=0, contrast=0, colour=0)
SHAPES = ((48, 48), (32, 56))
LEGAL = (0, 1, 2, 3, 4, 255)
# What an argument of a model is set to, beside its default, wherever a model has it.
VARIANTS = {
    "widths": [(6, 10, 12)],
    "classes": [3],
    "skips": [False],
    "padding": ["valid"],
    "stride": [16, 32],
    "output_stride": [16, 32],
    "decoder": [False],
}
# What models take that do not take images of any size: (height, width), or with the
# channels (height, width, channels) of features, or (channels,).
SIZES = {
    "PatchClassifier": ((32, 32),),
    "RPNHead": ((16, 16, 64), (12, 20, 64)),
    "BoxHead": ((7, 7, 64),),
    "MaskHead": ((14, 14, 64),),
}


# What YOLACT answers, in this order.
YOLACT = ("logits", "deltas", "coefficients", "prototypes")


def skin(count: int, height: int, width: int, first: int = 0) -> Samples:
    """Simulated skin, drawn here and not read from the cache."""
    drawn = [
        draw_lesion(np.random.default_rng([7, i]), height, width, i % 3)
        for i in range(first, first + count)
    ]
    images, masks = map(np.stack, zip(*drawn, strict=True))
    return samples(images, masks)


def samples(images: np.ndarray, masks: np.ndarray) -> Samples:
    names = tuple(f"image{i}" for i in range(len(images)))
    classes = tuple(f"class {i}" for i in range(256))  # any mask is legal
    return Samples(images, masks, names, classes, "simulated")


def coloured_blocks(count: int, height: int, width: int) -> Samples:
    """Masks of 6 x 6 blocks of every legal value, and each value in its own colour."""
    generator = np.random.default_rng(5)
    ids = generator.integers(0, len(LEGAL), (count, -(-height // 6), -(-width // 6)))
    ids = ids.repeat(6, 1).repeat(6, 2)[:, :height, :width]
    masks = np.array(LEGAL, np.uint8)[ids]
    # The bits of the id, in three channels: a pure colour names one value.
    images = np.stack([ids >> bit & 1 for bit in range(3)], -1).astype(np.uint8) * 255
    return samples(images, masks)


def dark_or_not(samples: Samples) -> Samples:
    """The same images, with masks that their pixels give away: a task for a minute."""
    return replace(samples, masks=(samples.images[..., 0] < 128).astype(np.uint8))


def stripes(samples: Samples, classes: int) -> Samples:
    """The same images, with masks of ``classes`` ids in vertical stripes."""
    height, width = samples.masks.shape[1:]
    row = (np.arange(width) * classes // width).astype(np.uint8)
    masks = np.broadcast_to(row, (len(samples), height, width)).copy()
    return replace(samples, masks=masks)


def drawn_weights(shapes: list[list[tuple[int, ...]]]) -> list[list[np.ndarray]]:
    """Weights for layers in the order they run, kernels as (height, width, in, out).

    The vectors of a normalisation are drawn far from where they start, its statistics
    too, so that a model that leaves one of them out is found out.
    """
    generator = np.random.default_rng(3)
    normal, uniform = generator.normal, generator.uniform
    weights = []
    for kernel, *vectors in shapes:
        if len(kernel) == 1 and vectors:  # scale, shift, and perhaps mean, variance
            drawn = [uniform(0.5, 1.5, kernel), normal(0, 0.3, kernel)]
            drawn += [normal(0, 0.3, kernel), uniform(0.5, 2, kernel)]
            drawn = drawn[: 1 + len(vectors)]
        else:
            drawn = [normal(0, (2 / np.prod(kernel[:-1])) ** 0.5, kernel)]
            drawn += [normal(0, 0.1, shape) for shape in vectors]
        weights.append([array.astype(np.float32) for array in drawn])
    return weights


def attempt(call):
    """What a call returns, or how it refuses, as ``ValueError: text``."""
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def signature(function) -> list[tuple[str, str, str]]:
    """Name, kind and default of each parameter."""
    return [
        (p.name, p.kind.name, repr(p.default))
        for p in inspect.signature(function).parameters.values()
    ]


def public(module: ModuleType) -> dict:
    """The functions and classes that a module itself defines for others."""
    own = {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
    }
    return {name: value for name, value in own.items() if not name.startswith("_")}


# ---------------------------------------------------------------- the thin layer


def layer_signatures(track):
    functions = public(track.layer)
    return {name: signature(function) for name, function in functions.items()}


def devices(track):
    return track.devices()


def collect(track, samples, batch_size, augmentation=None, seed=None):
    """All batches of one pass: lists of images and masks as arrays."""
    generator = None if seed is None else np.random.default_rng(seed)
    found = track.layer.batches(samples, batch_size, augmentation, generator)
    pairs = [(track.to_numpy(images), masks.numpy()) for images, masks in found]
    return [images for images, _ in pairs], [masks for _, masks in pairs]


def plain_batches(track):
    part = skin(7, 24, 40)
    return {
        "in order": collect(track, part, 3),
        "shuffled": collect(track, part, 3, None, 11),
        "again": collect(track, part, 3, None, 11),
        "other seed": collect(track, part, 3, None, 12),
        "too few": collect(track, part, 8, None, 11),
    }


def augmented_batches(track):
    return {
        shape: collect(track, skin(12, *shape), 4, Augmentation(), 1)
        for shape in SHAPES
    }


def moved_blocks(track):
    """One batch for each of many seeds, of masks with every legal value."""
    return {
        shape: [
            collect(track, coloured_blocks(4, *shape), 4, MOVED, seed)
            for seed in range(25)
        ]
        for shape in SHAPES
    }


def special_augmentations(track):
    part = skin(16, 20, 28)
    return {
        "still": collect(track, part, 16, STILL, 0),
        "flipped": collect(track, part, 16, replace(STILL, flip=True), 0),
        "recoloured": collect(
            track, part, 16, Augmentation(False, 0, 0, 0, 0.3, 0.5, 0.2), 0
        ),
        "without a generator": attempt(lambda: collect(track, part, 4, Augmentation())),
    }


def quarter_turn(track):
    """New position (x, y) takes what lies at (-y, x) in the old image."""
    matrices = np.array([[[0, -1, 0], [1, 0, 0]]] * 2, np.float32)
    unchanged = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    fixed = SimpleNamespace(draw=lambda *_: (matrices, *unchanged))
    return collect(track, skin(2, 12, 12), 2, fixed, 0)


def predictions(track):
    images = skin(7, 16, 24).images
    mirrored = images[:, :, ::-1]
    turned = np.rot90(images, axes=(1, 2))
    found = {}
    for classes in (1, 3):
        model = track.small_model(classes)
        track.set_weights(model, drawn_weights(track.shapes(model)))
        before = track.weights(model)
        predict = track.layer.predict
        found[classes] = {
            "all": predict(model, images),
            "uneven": predict(model, images, batch_size=3),
            "alone": np.concatenate([predict(model, images[[i]]) for i in range(7)]),
            "floats": predict(model, images.astype(np.float32)),
            "mirrored view": predict(model, mirrored),
            "mirrored copy": predict(model, mirrored.copy()),
            "turned view": predict(model, turned),
            "turned copy": predict(model, turned.copy()),
            "before": before,
            "after": track.weights(model),
            "parameters": track.layer.count_parameters(model),
        }
    return found


def trainings(track):
    """Short trainings from the same first weights: histories and last weights."""
    train, validation = skin(8, 24, 24), skin(3, 24, 24, first=8)

    def fit(train=train, validation=validation, classes=1, asked=False, **options):
        model = track.small_model(classes)
        track.set_weights(model, drawn_weights(track.shapes(model)))
        if asked:
            track.layer.predict(model, train.images)
        options = {"epochs": 3, "batch_size": 4, "lines": 0, **options}
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            history = track.layer.fit(
                model, train, validation, loss=track.loss(classes), **options
            )
        weights = track.weights(model)
        return {"history": history, "weights": weights, "said": said.getvalue()}

    moving = {"augmentation": Augmentation(), "seed": 4}
    three = {"train": stripes(train, 3), "validation": stripes(validation, 3)}
    nobody = train.subset([])
    return {
        "learn by heart": fit(dark_or_not(train), epochs=30, learning_rate=0.05),
        "seed 4": fit(**moving, name="a name", lines=3),
        "seed 4 again": fit(**moving),
        "seed 4, asked before": fit(asked=True, **moving),
        "seed 4, other validation": fit(validation=train.subset([0, 1]), **moving),
        "seed 5": fit(**{**moving, "seed": 5}),
        "three classes": fit(classes=3, **three),
        "fewer than a batch": fit(train.subset([0, 1, 2]), batch_size=8),
        "nothing to train on": attempt(lambda: fit(nobody)),
        "nothing to validate on": attempt(lambda: fit(validation=nobody)),
    }


def of_classes(count: int, size: int, ids: int, void: int | None = None) -> Samples:
    """Images of noise with random class ids; with void in the upper rows, if given."""
    generator = np.random.default_rng(4)
    masks = generator.integers(0, ids, (count, size, size)).astype(np.uint8)
    if void is not None:
        masks[:, : size // 4] = void
    images = generator.integers(0, 256, (count, size, size, 3)).astype(np.uint8)
    names, classes = tuple(map(str, range(count))), ("road", "car", "tree")[:ids]
    return Samples(images, masks, names, classes, "real", void=void)


def refusals(track):
    """What `fit` and `predict` answer to a model, a loss and data that do not fit."""
    models, layer = track.models, track.layer
    two, three, odd = of_classes(4, 32, 2), of_classes(4, 32, 3), of_classes(2, 100, 2)
    bce_dice, cross_entropy = models.bce_dice, models.cross_entropy

    def fit(model, train, loss, validation=None, **options):
        options = {"epochs": 1, "batch_size": 2, "lines": 0, **options}
        return attempt(
            lambda: layer.fit(model, train, validation, loss=loss, **options)
        )

    def predict(images, **options):
        return attempt(lambda: layer.predict(model, images, **options))

    def runaway(logits, masks):
        return bce_dice(logits, masks) * float("nan")

    model, images = models.UNet(widths=(4, 6, 8, 8)), two.images
    return {
        "one channel, three classes": fit(model, three, bce_dice),
        "two channels, three classes": fit(
            models.UNet(classes=2), three, cross_entropy
        ),
        "three channels, loss of one": fit(
            models.UNet(classes=3), three, bce_dice, three
        ),
        "one channel, loss of several": fit(model, two, cross_entropy),
        "validation of three": fit(model, two, bce_dice, three),
        "odd size": fit(model, odd, bce_dice),
        "odd size of the validation": fit(model, two, bce_dice, odd),
        "odd size, SegNet": fit(models.SegNet(classes=2), odd, cross_entropy),
        "any size, FCN": fit(models.FCN32s(classes=2), odd, cross_entropy, epochs=0),
        "not samples": fit(model, images, bce_dice),
        "no batch": fit(model, two, bce_dice, batch_size=0),
        "no epoch": fit(model, two, bce_dice, epochs=0),
        "learning rate": fit(model, two, bce_dice, learning_rate=float("nan")),
        "loss is nan": fit(model, two, runaway),
        "more channels than classes": fit(models.UNet(classes=3), two, cross_entropy),
        "divided": predict(images / 255),
        "divided, float32": predict((images / 255).astype(np.float32)),
        "normalised": predict(images / 127.5 - 1),
        "16 bits": predict(images.astype(np.uint16) * 257),
        "nan": predict(images * np.nan),
        "truths": predict(images > 3),
        "one image": predict(images[0]),
        "grey": predict(images[..., 0]),
        "one grey": predict(images[0, ..., 0]),
        "transparent": predict(np.zeros((2, 32, 32, 4), np.uint8)),
        "channels first": predict(images.transpose(0, 3, 1, 2)),
        "none": predict(images[:0]),
        "samples": predict(two),
        "no batch of images": predict(images, batch_size=0),
        "images of an odd size": predict(odd.images[:, :, :33]),
        "black": predict(images * 0.0),
        "list": predict(list(images)),
        "patches": attempt(lambda: layer.predict(models.PatchClassifier(), images)),
        "several outputs": attempt(lambda: layer.predict(models.Yolact(), images)),
    }


def odd_fits(track):
    """What `fit` answers to odd models, losses and arguments."""
    two, void = of_classes(4, 32, 2), of_classes(4, 32, 2, 255)
    reversed_ = replace(two, classes=two.classes[::-1])
    all_void = replace(void, masks=np.full_like(void.masks, 255))

    def fit(model=None, train=two, validation=None, loss=None, **options):
        model, loss = model or track.small_model(1), loss or track.loss(1)
        options = {"epochs": 1, "batch_size": 2, "lines": 0, **options}
        return attempt(
            lambda: track.layer.fit(model, train, validation, loss=loss, **options)
        )

    found = {f"model, {name}": fit(model) for name, model in track.odd_models().items()}
    softmax = track.odd_models()["softmax"]
    found["model, softmax"] = fit(softmax, loss=track.loss(2))
    none = attempt(lambda: track.layer.fit(None, two, loss=track.loss(1), epochs=1))
    found |= {"model, none": none}
    if alone := track.odd_models().get("one number a channel"):
        found["batch of one"] = fit(alone, batch_size=1)
    for name, loss in track.odd_losses().items():
        found[f"loss, {name}"] = fit(loss=loss)
    queries = track.models.Yolact()
    return found | {
        "other order": fit(validation=reversed_),
        "void in the validation alone": fit(validation=void),
        "void in both, told twice": fit(train=void, validation=void, ignore=255),
        "ignored background": fit(ignore=0),
        "nothing but void": fit(train=all_void),
        "nothing but void to measure": fit(train=void, validation=all_void),
        "ignore, a list": fit(ignore=[2]),
        "ignore, -1": fit(ignore=-1),
        "augmentation": fit(augmentation=True),
        "augmentation, class": fit(augmentation=Augmentation),
        "learning rate": fit(learning_rate="1e-3"),
        "seed": fit(seed=0.5),
        "no logits to measure": fit(queries, validation=two),
        "predict 0 and 1": attempt(
            lambda: track.layer.predict(track.small_model(1), two.images % 2)
        ),
        "predict a little above 1": attempt(
            lambda: track.layer.predict(track.small_model(1), two.images / 160)
        ),
        "predict a dark batch": attempt(
            lambda: track.layer.predict(
                track.small_model(1),
                np.concatenate([two.images * 0.0, two.images * 1.0]),
                batch_size=4,
            )
        ),
        "predict with a class": attempt(
            lambda: track.layer.predict(track.models.UNet, two.images)
        ),
        "weights of a class": attempt(
            lambda: track.layer.get_weights(track.models.UNet)
        ),
        "weights of nothing": attempt(lambda: track.layer.set_weights(None, [])),
        "predict with a dictionary": attempt(
            lambda: track.layer.predict(track.odd_models()["dictionary"], two.images)
        ),
    }


def void_trainings(track):
    """Short trainings with void in the masks, and the same with other void."""

    def fit(train, validation=None, classes=3, **options):
        model = track.small_model(classes)
        track.set_weights(model, drawn_weights(track.shapes(model)))
        loss = track.loss(classes)
        options = {"epochs": 2, "batch_size": 2, "lines": 0, **options}
        history = track.layer.fit(model, train, validation, loss=loss, **options)
        return history, track.weights(model), track.layer.predict(model, train.images)

    found = {}
    for classes, ids in ((3, 3), (1, 2)):
        plain, void = of_classes(4, 24, ids), of_classes(4, 24, ids, 255)
        named = of_classes(4, 24, ids)
        masks = np.where(void.masks == 255, ids, void.masks)
        named = replace(named, masks=masks, classes=(*named.classes, "void"))
        found[classes] = {
            "plain": fit(plain, plain, classes),
            "void": fit(void, void, classes),
            "named": fit(named, named, classes, ignore=ids),
        }
    return found


# ---------------------------------------------------------------- the exported models


def exports(track):
    """The public names of the exported module: its models, losses and the rest."""
    models, losses, rest = {}, {}, []
    for name in track.models.__all__:
        value = getattr(track.models, name)
        if not callable(value):
            rest.append(name)
            continue
        parameters = list(inspect.signature(value).parameters.values())
        optional = all(p.default is not p.empty for p in parameters[2:])
        if [p.name for p in parameters[:2]] == ["logits", "masks"] and optional:
            losses[name] = signature(value)
        elif all(p.default is not p.empty for p in parameters) and track.is_model(
            value()
        ):
            models[name] = signature(value)
        else:
            rest.append(name)
    return {"models": models, "losses": losses, "rest": rest}


def cases(track):
    """Yield name, arguments and what it takes: each model plain, then each variant."""
    for name, parameters in exports(track)["models"].items():
        names = [parameter for parameter, _, _ in parameters]
        variants = [{key: to} for key in names for to in VARIANTS.get(key, [])]
        for options in [{}, *variants]:
            unpadded = options.get("padding") == "valid"
            sizes = ((108, 108), (108, 124)) if unpadded else ((64, 64), (64, 96))
            yield name, options, SIZES.get(name, sizes)


def random_inputs(*size, seed=0):
    """float32 (2, *size) in 0..1; (height, width) are images, of three channels."""
    shape = (*size, 3) if len(size) == 2 else size
    return np.random.default_rng(seed).random((2, *shape), np.float32)


def flat(answer):
    """What a model returns as a list of its outputs; those of a dict by name."""
    if isinstance(answer, dict):
        answer = [answer[name] for name in sorted(answer)]
    if isinstance(answer, list | tuple):
        return [output for part in answer for output in flat(part)]
    return [answer]


def model_answers(track):
    """For each model and variant: its weights' shapes, outputs and gradients."""
    found = {}
    for name, options, sizes in cases(track):
        track.seed(0)
        model = getattr(track.models, name)(**options)
        found[name, repr(options)] = answers_of(track, model, sizes)
    return found


def answers_of(track, model, sizes):
    shapes = track.shapes(model)
    first = track.weights(model)
    track.set_weights(model, drawn_weights(shapes))
    stored = track.layer.get_weights(model)
    outputs = [track.outputs(model, random_inputs(*size)) for size in sizes]
    gradients, after = track.train_once(model, random_inputs(*sizes[0]))
    return {
        "parameters": track.layer.count_parameters(model),
        "shapes": shapes,
        "stored": stored,
        "first": [[(a.size, a.mean(), a.std()) for a in layer] for layer in first],
        "takes": sizes,
        "outputs": outputs,
        "gradients": gradients,
        "statistics": [layer[2:] for layer in after if len(layer) == 4],
    }


def every_layer(track):
    """A model of the layers that are stored differently, and a part without images."""
    sizes = ((16, 16), (16, 24))
    return {
        "model": answers_of(track, track.every_layer(), sizes),
        "part": answers_of(track, track.part(), ((6, 8, 5),)),
        "refused": attempt(lambda: track.layer.set_weights(track.part(), [np.ones(3)])),
    }


def odd_sizes(track):
    """What models with classes make of an image that cannot be halved often enough."""
    found = {}
    for name, parameters in exports(track)["models"].items():
        if "classes" in [parameter for parameter, _, _ in parameters]:
            model = getattr(track.models, name)()
            found[name] = attempt(
                lambda model=model: [
                    output.shape
                    for output in track.outputs(model, random_inputs(20, 28))
                ]
            )
    return found


def loss_inputs():
    """Yield what a loss may be given: name, logits (N, H, W, C), masks (N, H, W)."""
    generator = np.random.default_rng(2)
    for classes in (1, 5):
        logits = generator.normal(0, 3, (3, 8, 12, classes)).astype(np.float32)
        masks = generator.integers(0, max(2, classes), (3, 8, 12)).astype(np.uint8)
        yield f"{classes}, random", logits, masks
        yield f"{classes}, empty masks", logits, np.zeros_like(masks)
        sure = np.where(generator.random(logits.shape) < 0.5, -200, 200)
        yield f"{classes}, sure", sure.astype(np.float32), masks


def loss_values(track):
    """Value and gradient of each loss, or how it refuses."""
    found = {}
    for name in exports(track)["losses"]:
        for given, logits, masks in loss_inputs():
            given_to = partial(track.loss_gradient, getattr(track.models, name))
            found[name, given] = attempt(partial(given_to, logits, masks))
    return found


def unpooling(track):
    """Pool and unpool by the parts of SegNet."""
    generator = np.random.default_rng(9)
    by_hand = np.array([[1, 5, 2, 0], [3, 4, 0, 9], [8, 0, 1, 1], [0, 0, 1, 7]])
    images = generator.normal(size=(3, 8, 12, 4)).astype(np.float32)
    return {
        "by hand": track.pool_and_unpool(by_hand.astype(np.float32)[None, :, :, None]),
        "random": track.pool_and_unpool(images),
    }


def aligned_regions(track):
    """RoIAlign of boxes inside, at the edges and below a cell; two images."""
    generator = np.random.default_rng(8)
    features = generator.normal(size=(2, 20, 32, 5)).astype(np.float32)
    corner = generator.uniform(0, 70, (40, 2))
    boxes = np.concatenate([corner, corner + generator.uniform(0.5, 50, (40, 2))], 1)
    edges = [[0, 0, 128, 80], [0, 0, 3, 2], [120.5, 70, 128, 80], [9, 9, 9.1, 9.2]]
    boxes = np.concatenate([boxes, edges]).clip(0, [128, 80, 128, 80])
    images = (np.arange(len(boxes)) % 2).astype(np.int32)
    given = features, boxes.astype(np.float32), images
    return {size: track.roi_align(*given, size) for size in (1, 7, 14)}


def definitions(track, *names):
    """Functions and constants of lesson 07 that are not exported, with the exports."""
    lesson = Path(__file__).parents[1] / "content/lessons/07_instances.md"
    cells = re.findall(
        r"```\{code-cell\}\n((?::[^\n]*\n)*)(.*?)```",
        lesson.read_text("utf-8"),
        re.DOTALL,
    )
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith(track.models.__name__):  # with all that they import
            found |= vars(module)
    for options, code in cells:
        of_track = re.search(r":track: (\w+)", options)
        if of_track and not track.layer.__name__.endswith(of_track[1]):
            continue
        for node in ast.parse(code).body:
            targets = [node, *getattr(node, "targets", [])]
            called = {getattr(x, "name", getattr(x, "id", None)) for x in targets}
            if called & set(names):
                exec(ast.unparse(node), found)
    assert set(names) <= set(found), set(names) - set(found)
    return found


def instance_losses(track):
    """Who answers for whom, coded boxes and losses: two images, one without sheep."""
    generator = np.random.default_rng(6)
    anchors = track.models.anchors_of(16, 16, 4, (12, 20, 30))
    boxes, masks = np.zeros((2, 4, 4)), np.zeros((2, 4, 64, 64), np.uint8)
    # The last sheep is so small that even its best anchor overlaps it by 0.58 only.
    boxes[1, :3] = [3.2, 4.1, 17, 18], [30.5, 8.7, 50.1, 33.3], [54.3, 54.6, 63.6, 63.6]
    for mask, (x0, y0, x1, y1) in zip(masks[1, :3], boxes[1].astype(int), strict=False):
        mask[y0:y1, x0:x1] = generator.random((y1 - y0, x1 - x0)) < 0.7
    normal = generator.normal
    answers = {
        "logits": normal(-2, 2, (2, 768)),
        "deltas": normal(0, 0.3, (2, 768, 4)),
        "coefficients": np.tanh(normal(size=(2, 768, 6))),
        "prototypes": normal(size=(2, 32, 32, 6)).clip(0),
        "regions": np.repeat(boxes[1:, [0, 1, 2, 0, 1]], 2, 0)
        + normal(0, 2, (2, 5, 4)),
        "labels": np.array([[0, 0, 0, 0, 0], [1, 1, 1, 0, 0]]),
        "owner": np.array([[0, 0, 0, 0, 0], [0, 1, 2, 0, 0]]),
        "region logits": normal(size=(10, 2)),
        "region deltas": normal(size=(10, 8)),
        "region masks": normal(size=(10, 28, 28, 2)),
    }
    answers = {
        name: array.astype(np.int32 if array.dtype.kind == "i" else np.float32)
        for name, array in answers.items()
    }
    return track.instance_losses(anchors, boxes.astype(np.float32), masks, answers)


def mask_sets(track):
    """The loss of a set of masks, with gradients, and where queries may look."""
    generator = np.random.default_rng(12)
    named = generator.normal(size=(2, 3, 7, 6)).astype(np.float32)  # (N, L, Q, C + 1)
    drawn = generator.normal(size=(2, 3, 7, 4, 6)).astype(np.float32)
    maps = generator.integers(0, 6, (2, 16, 24)).astype(np.uint8)
    order = generator.permutation(7)
    blocks = maps[:, ::4, ::4].repeat(4, 1).repeat(4, 2)  # no cell of two segments
    truth = np.stack([blocks[:, ::4, ::4] == number for number in range(7)], axis=1)
    sure = np.where(truth, 20, -20).astype(np.float32)[:, None]
    kinds = np.where(truth.any(axis=(2, 3)), np.minimum(np.arange(7), 4), 5)
    right = 20 * np.eye(6, dtype=np.float32)[kinds][:, None]
    half = np.array(
        [[[[1, 1, -1, -1]] * 4, [[-1] * 4] * 4]], np.float32
    )  # (1, 2, 4, 4)
    return {
        "order": order,
        "loss": track.set_loss(named, drawn, maps),
        "shuffled": track.set_loss(named[:, :, order], drawn[:, :, order], maps),
        "right": track.set_loss(right, sure, blocks),
        "moved": track.set_loss(right, np.roll(sure, 1, axis=4), blocks),
        "renamed": track.set_loss(np.roll(right, 1, axis=3), sure, blocks),
        "may look": track.may_look(half, 1),
        "odd": track.may_look(np.ones((1, 2, 5, 3), np.float32), 1),
    }


def attending(track):
    """Attention on small numbers, efficient attention, and what some models cost."""
    generator = np.random.default_rng(13)
    queries = np.array([[[[2, 0], [0, 0]]]], np.float32)  # (N, heads, Q, D)
    keys = np.array([[[[2, 0], [0, 2], [-2, 0]]]], np.float32)
    values = np.array([[[[10], [20], [30]]]], np.float32)
    allowed = np.array([[[[True, False, True], [False, False, True]]]])
    maps = generator.normal(size=(2, 8, 6, 8)).astype(np.float32)  # (N, H, W, C)
    full, half = (track.models.EfficientAttention(8, 2, r) for r in (1, 2))
    tokens = maps.reshape(2, 48, 8)
    attention = track.models.attention
    models = ("FCN32s", "UNet", "DeepLab", "SegFormer")
    return {
        "free": track.run(attention, queries, keys, values),
        "masked": track.run(attention, queries, keys, values, allowed),
        "full": track.run(full, maps),
        "plain": track.run(full.attention, tokens, tokens).reshape(maps.shape),
        "half": track.run(half, maps).shape,
        "asked": track.run(lambda x: half.tokens(x)[1], maps).shape,
        "costs": {
            name: track.models.multiply_adds(getattr(track.models, name)())
            for name in models
        },
    }


def dilating(track):
    """Stuffed kernels, strides taken out of an encoder, and the fully connected CRF."""
    generator = np.random.default_rng(17)
    logits = generator.normal(0, 2, (12, 14, 3)).astype(np.float32)
    rows, columns = np.mgrid[:12, :14]
    disc = np.hypot(rows - 6, columns - 7) < 4
    image = np.where(disc[..., None], (200, 180, 90), (60, 110, 40))
    image = (image + generator.integers(-8, 9, image.shape)).astype(np.uint8)
    images = generator.random((2, 32, 48, 3)).astype(np.float32)
    encoders = {
        name: track.models.DilatedEncoder(
            (6, 8, 10, 12), output_stride=stride, **options
        )
        for name, stride, options in (
            ("strided", 16, {}),
            ("dense", 4, {}),
            ("forgot", 4, {"dilated": False}),
        )
    }
    weights = drawn_weights(track.shapes(encoders["strided"]))
    for encoder in encoders.values():
        track.set_weights(encoder, weights)
    return {
        "stuffed": [
            track.models.stuffed(np.array([[1, 2], [3, 4]]), rate) for rate in (1, 2)
        ],
        "kernel": track.models.stuffed(np.ones((3, 3, 4, 5)), 3).shape,
        "crf": (logits, image, track.models.mean_field(logits, image)),
        "silent": track.models.mean_field(logits, image, smoothness=0, appearance=0),
        "binary": track.models.mean_field(logits[..., 0], image),
        "features": {
            name: track.outputs(encoder, images)[-1]
            for name, encoder in encoders.items()
        },
    }


def bilinear_kernels(track):
    return {factor: track.models.bilinear_kernel(factor) for factor in range(1, 6)}


def weight_files(track):
    """Weights written and read again, the course's own, and what is refused."""
    track.seed(0)
    model, fresh, other = (
        track.models.UNet(widths) for widths in ((6, 10, 12), (6, 10, 12), (6, 10))
    )
    track.set_weights(model, drawn_weights(track.shapes(model)))
    images = random_inputs(32, 32)
    shipped = track.models.UNet()
    track.layer.load_weights(shipped, checkpoints.SKIN)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "weights.npz")
        track.layer.save_weights(model, path)
        track.layer.load_weights(fresh, path)
        half = Path(folder, "half.npz")
        half.write_bytes(path.read_bytes()[:5000])
        text = Path(folder, "text.npz")
        text.write_text("no weights", encoding="utf-8")
        refused = {
            "another model": attempt(lambda: track.layer.load_weights(other, path)),
            "half a file": attempt(lambda: track.layer.load_weights(fresh, half)),
            "a text": attempt(lambda: track.layer.load_weights(fresh, text)),
            "no file": attempt(
                lambda: track.layer.load_weights(fresh, Path(folder, "none.npz"))
            ),
        }
        refused = {
            key: value.replace(folder, "FOLDER") if isinstance(value, str) else value
            for key, value in refused.items()
        }
        left = sorted(path.name for path in Path(folder).iterdir())
    return {
        "before": track.layer.get_weights(model),
        "after": track.layer.get_weights(fresh),
        "logits": [track.outputs(each, images)[0] for each in (model, fresh)],
        "shipped": track.outputs(shipped, random_inputs(64, 96))[0],
        "refused": refused,
        "left": left,
    }


def meadow_files(track):
    """Logits of the models that the course ships for meadows."""
    found = {}
    for name, make in zoo.MODELS.items():
        if (checkpoints.FOLDER / f"meadow_{name}.npz").exists():
            track.seed(0)
            model = make(track.models)
            track.layer.load_weights(model, checkpoints.meadow(name))
            found[name] = track.outputs(model, random_inputs(64, 96))[0]
    return found


def keep_as_if_killed(folder):
    """Copy what half a download has written: a killed process tidies nothing up."""
    for _ in range(1000):  # until something is written, and not for ever
        if sum(path.stat().st_size for path in folder.iterdir()):
            break
        time.sleep(0.01)
    shutil.copytree(folder, folder.with_name("killed"))


def downloads(track):
    """What `fetch` makes of a framework's failed download, and of a second try."""
    content = track.weight_file()
    half = content[: len(content) // 2]
    troubles = {
        "refused": lambda _: contextlib.nullcontext(closed()),
        "missing": lambda _: server(None),
        "cut short": lambda _: server(half, announced=len(content)),
        "other bytes": lambda _: server(half),
        "killed": lambda folder: server(
            half, len(content), before_end=partial(keep_as_if_killed, folder)
        ),
    }

    def fetch(address, folder):
        load = partial(track.download, address, content, folder)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            return pretrained.fetch(load, "A network", 1), said.getvalue()

    found = {}
    for name, trouble in troubles.items():
        with tempfile.TemporaryDirectory() as folder:
            folder, killed = Path(folder, "kept"), Path(folder, "killed")
            folder.mkdir()
            with trouble(folder) as address:
                first, said = fetch(address, str(folder))
            if killed.exists():
                folder = killed
            with server(content) as address:
                second, _ = fetch(address, str(folder))
            left = len(list(folder.iterdir()))
        found[name] = {"first": first, "said": said, "second": second, "left": left}
    return found


SECTIONS = (
    layer_signatures,
    devices,
    plain_batches,
    augmented_batches,
    moved_blocks,
    special_augmentations,
    quarter_turn,
    predictions,
    trainings,
    refusals,
    odd_fits,
    void_trainings,
    exports,
    model_answers,
    every_layer,
    odd_sizes,
    loss_values,
    unpooling,
    mask_sets,
    attending,
    dilating,
    aligned_regions,
    instance_losses,
    bilinear_kernels,
    weight_files,
    meadow_files,
    downloads,
)


def main(track: ModuleType):
    """Write the answer of each section, or its traceback, to the file named."""
    answers, failures = {}, {}
    for section in SECTIONS:
        try:
            answers[section.__name__] = section(track)
        except Exception:
            failures[section.__name__] = traceback.format_exc()
    loaded = {"torch", "tensorflow"} & set(sys.modules)
    answers["loaded"] = sorted(loaded)
    Path(sys.argv[1]).write_bytes(pickle.dumps((answers, failures)))
