"""Every PyTorch notebook on an accelerator that is not there.

``python in_devices_pytorch.py STEM ...`` runs the lessons, or all without an argument,
and writes what each of their cells says against the accelerator, as JSON.

A tensor on the accelerator is an `OnDevice`, around one on the CPU which does the work,
so that everything is computed, also what depends on values.  It refuses what a GPU of
NVIDIA or Apple refuses.  PyTorch is told that its device is "meta": one that is there
in every build.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import io
import itertools
import json
import os
import sys
import traceback
from pathlib import Path
from unittest import mock

os.environ["MPLBACKEND"] = "agg"
os.environ["EVERY_PIXEL_DATA"] = str(Path(__file__).with_name("no data"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import answers
import numpy as np
import torch
from matplotlib import pyplot as plt
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from authoring.layout import Course
from authoring.read import read
from utils import datasets, training
from utils import pytorch as layer

DEVICE = torch.device("meta")
INDEXING = ("aten::index", "aten::index_put", "aten::index_put_")
COURSE = Course(Path(__file__).resolve().parent.parent)


class Refused(RuntimeError):
    """What an accelerator would not do."""


class OnDevice(torch.Tensor):
    """A tensor on the accelerator; `held` is the one that computes for it."""

    @staticmethod
    def __new__(cls, held):
        if held.dtype in (torch.float64, torch.complex128):
            raise Refused(f"Apple's GPU has no {held.dtype}")
        return torch.Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=DEVICE,
        )

    def __init__(self, held):
        self.held = held

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return _run(operation, args, kwargs or {})

    def numpy(self, *_, force=False, **__):
        if force:  # brings it to the CPU first
            return self.held.numpy(force=True)
        raise Refused("NumPy cannot read it: call .cpu() first")

    __array__ = numpy

    def tolist(self):
        return self.held.tolist()

    def __format__(self, how):
        return format(self.held, how)

    def __repr__(self, **_):
        return f"on the device: {self.held}"

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, other):
        torch.Tensor.data.__set__(self, other)
        self.held = other.held


def _run(operation, args: tuple, kwargs: dict):
    """Compute on the CPU, and put the answer where a device would have it."""
    given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
    here = [x for x in given if isinstance(x, OnDevice)]
    there = [x for x in given if not isinstance(x, OnDevice)]
    name = operation._schema.name
    if name == "aten::_has_compatible_shallow_copy_type":
        return not (here and there)
    target = kwargs.get("device")
    if here and target is None:
        _refuse(operation, name, args, there)
    if target is not None:
        if torch.device(target) == DEVICE and kwargs.get("generator") is not None:
            raise Refused(f"{operation}: the generator is the CPU's")
        kwargs = kwargs | {"device": "cpu"}
    args, kwargs = tree_map(_held, (args, kwargs))
    answer = operation(*args, **kwargs)
    if torch.device(target or (DEVICE if here else "cpu")) != DEVICE:
        return answer
    known = {id(x.held): x for x in here}  # what changes in place answers with itself

    def put(x):
        if not isinstance(x, torch.Tensor):
            return x
        return known[id(x)] if id(x) in known else OnDevice(x)

    # Also in inference mode, a view of a weight can be trained.
    view = any(part.alias_info for part in operation._schema.returns)
    infers = torch.is_inference_mode_enabled()
    if view and not all(x.is_inference() for x in here):
        infers = False
    with torch.inference_mode(infers):
        return tree_map(put, answer)


def _held(value):
    return value.held if isinstance(value, OnDevice) else value


def _refuse(operation, name: str, args: tuple, there: list) -> None:
    """Raise for what a GPU refuses, although the CPU does it."""
    if name in INDEXING and isinstance(args[0], OnDevice):
        # A tensor here takes places from the CPU, but not the other way round.
        there = [x for x in args[2:3] if not isinstance(x, OnDevice)]
    if name == "aten::_adaptive_avg_pool2d" and any(
        side % count for side, count in zip(args[0].shape[2:], args[1], strict=True)
    ):
        raise Refused("Apple's GPU pools to parts of equal size alone")
    for tensor in there if name != "aten::copy_" else []:
        if tensor.dim():  # a single number may stay on the CPU
            raise Refused(f"{operation}: {tuple(tensor.shape)} is on the CPU")


class _Operations(TorchDispatchMode):
    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled():  # what is made of others comes whole
            with self:
                answer = operation.decompose(*args, **kwargs)
            if answer is not NotImplemented:
                return answer
        return _run(operation, args, kwargs)


class _Calls(TorchFunctionMode):
    """`torch.tensor` asks no mode: it makes a tensor on the CPU, then moved."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function in (torch.tensor, torch.as_tensor):
            target = kwargs.pop("device", None)
            made = function(*args, **kwargs)
            return made if target is None else made.to(target)
        return function(*args, **kwargs)


@contextlib.contextmanager
def pretended():
    """In here the accelerator is there."""
    with _Calls(), _Operations():
        yield


# The notebooks, made short: what is asked is where tensors are, not what comes out.

IMAGES, BATCHES = 4, 2
TRAINING = ["fit", "train_classifier", "fit_instances", "fit_maps"]
PREDICTING = ["predict", "classify", "answer_of", "detect_rcnn", "detect_yolact"]


def _few(iterable):
    return itertools.islice(iterable, BATCHES)


def _as_many(answer, count: int):
    """An answer to few images, repeated for all of them."""
    if isinstance(answer, tuple):
        return tuple(_as_many(part, count) for part in answer)
    if isinstance(answer, list):
        return [answer[i % len(answer)] for i in range(count)]
    return np.resize(answer, (count, *answer.shape[1:]))


def quick_prediction(function):
    """Asks about the first images alone."""

    @functools.wraps(function)
    def quick(model, images, *args, **options):
        few = function(model, images[:IMAGES], *args, **options)
        return _as_many(few, len(images))

    return quick


def quick_training(function):
    """Trains for one epoch of few batches, and says that there were all."""
    named = inspect.signature(function)

    @functools.wraps(function)
    def quick(*args, **options):
        given = named.bind(*args, **options)
        epochs, given.arguments["epochs"] = given.arguments["epochs"], 1
        history = function(*given.args, **given.kwargs)
        if isinstance(history, dict):
            return {name: values * epochs for name, values in history.items()}
        return history and history * 25 * epochs

    return quick


class _Short(ast.NodeTransformer):
    """A cell without its assertions, which hold for whole trainings."""

    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)

    def visit_For(self, node):
        self.generic_visit(node)
        parts = ast.walk(node)
        if any(isinstance(p, ast.Attribute) and p.attr == "backward" for p in parts):
            node.iter = ast.Call(ast.Name("_few", ast.Load()), [node.iter], [])
        return node


def prepare() -> None:
    """Let the course take the accelerator, and be quick about it."""
    layer.device = lambda: DEVICE
    batches = training.batch_indices
    layer.batch_indices = training.batch_indices = lambda *args: _few(batches(*args))
    flock = datasets.simulate_flock
    datasets.simulate_flock = lambda count, **options: flock(min(count, 80), **options)
    for name in [name for name in dir(datasets) if name.startswith("simulate_")]:
        setattr(datasets, name, functools.cache(getattr(datasets, name)))


def problems(path: Path) -> list[str]:
    """What the cells of a lesson, or of a lab with its solutions, say: one each."""
    found, names, quick = [], {"__name__": "__main__", "_few": _few}, set()
    for cell in read(path, COURSE).track("pytorch"):
        if cell.kind != "code":
            continue
        tree = _Short().visit(ast.parse(cell.text))
        ast.increment_lineno(ast.fix_missing_locations(tree), cell.line - 1)
        try:
            with pretended(), contextlib.redirect_stdout(io.StringIO()):
                exec(compile(tree, path, "exec"), names)
        except Exception as error:
            if "raises-exception" not in cell.tags:
                steps = traceback.extract_tb(error.__traceback__)
                line = [step.lineno for step in steps if step.filename == str(path)][-1]
                place = f"{COURSE.place(path)}:{line}"
                found.append(f"{place}: {type(error).__name__}: {error}")
        plt.close("all")
        for name in {*PREDICTING, *TRAINING} & names.keys():
            if names[name] not in quick:
                wrap = quick_training if name in TRAINING else quick_prediction
                names[name] = wrap(names[name])
                quick.add(names[name])
    return found


# What the pretence itself does, in words that are code: `x` is on the accelerator.

REFUSED = """
x + torch.ones(2)
torch.stack([x, torch.ones(2)])
nn.Linear(2, 2)(x)
torch.ones(2)[x.long()]
x.numpy()
np.asarray(x)
x.double()
torch.zeros(2, dtype=torch.float64, device=x.device)
torch.from_numpy(np.ones(2)).to(x.device)
torch.randn(2, generator=torch.Generator(), device=x.device)
functional.adaptive_avg_pool2d(x.new_ones(1, 1, 5, 5), 2)
"""
ALLOWED = """
x + torch.tensor(2.0)
x[torch.tensor([1, 0])]
x[x > 0].tolist()
x.cpu().numpy() * np.ones(2)
torch.from_numpy(np.ones(2, np.float32)).to(x) + x
torch.tensor([1.0, 2.0], device=x.device) @ x
functional.adaptive_avg_pool2d(x.new_ones(1, 1, 6, 4), 2)
"""


def says(code: str) -> str:
    """What the accelerator says to an expression: "" if it does it."""
    with pretended():
        x = torch.ones(2, device=DEVICE)
        try:
            eval(
                code,
                {"x": x, "np": np, "torch": torch, "nn": nn, "functional": functional},
            )
        except Refused as error:
            return str(error)
    return ""


def steps(device: torch.device) -> list[float]:
    """Losses of three steps of a U-Net, on a device."""
    from utils.models import pytorch as models  # not before device() is replaced

    torch.manual_seed(0)
    model = models.UNet((4, 8)).to(device, memory_format=torch.channels_last)
    images, masks = torch.rand(2, 3, 8, 8).to(device), torch.ones(2, 8, 8).to(device)
    optimizer, losses = torch.optim.Adam(model.parameters(), 0.01), []
    for _ in range(3):
        optimizer.zero_grad()
        logits = model(images)
        value = models.bce_dice(logits[masks[:, 0, 0] > 0], masks)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


def apples() -> dict[str, str]:
    """What device() chooses on an Apple computer, by the version of PyTorch."""
    chosen = {}
    for version in ("2.6.0", "2.13.1+cpu", "2.14.0", "2.20.0"):
        with (
            mock.patch("torch.cuda.is_available", lambda: False),
            mock.patch("torch.backends.mps.is_available", lambda: True),
            mock.patch("torch.__version__", torch.torch_version.TorchVersion(version)),
        ):
            chosen[version] = str(layer.device())
    return chosen


def moved(value):
    """An answer, or a function's, with its arrays as tensors on the accelerator."""
    if callable(value):
        return lambda *given, **named: moved(value(*given, **named))
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        return type(value)(moved(part) for part in value)
    if isinstance(value, dict):
        return {name: moved(part) for name, part in value.items()}
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return value
    value = value.astype(np.float32) if value.dtype.kind == "f" else value.copy()
    return torch.from_numpy(value).to(DEVICE)


def judged() -> dict[str, str]:
    """What the checks of the labs say to a right answer that gives tensors."""
    said = {}
    for lab in (answers.load(path) for path in answers.files()):
        rights = {right.exercise: right.answer for right in lab.given if not right.hint}
        for exercise, right in rights.items():
            with pretended():
                said[f"{lab.lab} {exercise}"] = lab.run(exercise, moved(right))
    return said


if __name__ == "__main__":
    found = {"apples": apples()}
    prepare()
    found["judged"] = judged()
    found["steps"] = [steps(torch.device("cpu"))]
    with pretended():
        found["steps"].append(steps(DEVICE))
    for name, codes in (("refused", REFUSED), ("allowed", ALLOWED)):
        found[name] = {code: says(code) for code in codes.strip().splitlines()}
    paths = COURSE.contents("lessons") + COURSE.contents("labs")
    wanted = [path for path in paths if path.stem in sys.argv[1:] or not sys.argv[1:]]
    found["notebooks"] = {COURSE.place(path): problems(path) for path in wanted}
    print(json.dumps(found))
