"""The PyTorch side of tests/in_both.py: ``python in_pytorch.py ANSWERS``."""

import functools
import hashlib
import io
import sys
from unittest import mock

import in_both
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from utils import pytorch as layer
from utils.models import pytorch as models  # noqa: F401

# The answers are compared to the last digits, so every machine computes on its CPU.
layer.device = functools.wraps(layer.device)(lambda: torch.device("cpu"))
seed = torch.manual_seed


def devices() -> dict[str, str]:
    """What device() chooses on a machine with these GPUs."""
    found = {}
    for gpus in ("NVIDIA", "Apple", ""):
        with (
            mock.patch("torch.cuda.is_available", lambda gpus=gpus: "NVIDIA" in gpus),
            mock.patch(
                "torch.backends.mps.is_available", lambda gpus=gpus: "Apple" in gpus
            ),
        ):
            found[gpus] = str(layer.device.__wrapped__())
    return found


def is_model(value) -> bool:
    """A module with weights, which takes images."""
    return isinstance(value, nn.Module) and layer.count_parameters(value) > 0


def to_tensor(images: np.ndarray) -> torch.Tensor:
    """Channels first, in images (N, H, W, C) and in what has no pixels, (N, C)."""
    return torch.from_numpy(images).movedim(-1, 1)


def to_numpy(images: torch.Tensor) -> np.ndarray:
    return images.detach().movedim(1, -1).numpy()


def small_model(classes: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, classes, 1),
    )


def loss(classes: int):
    def one(logits, masks):
        return functional.binary_cross_entropy_with_logits(logits[:, 0], masks.float())

    def several(logits, masks):
        return functional.cross_entropy(logits, masks.long())

    return one if classes == 1 else several


@functools.lru_cache(maxsize=4)
def _layers(model: nn.Module) -> list[nn.Module]:
    """The modules that have weights themselves, in the order in which they run."""
    ran = layer._layers(model)
    leaves = [m for m in model.modules() if list(m.parameters(recurse=False))]
    assert set(ran) == set(leaves), "a layer with weights that forward() never runs"
    return ran


def _state(layer: nn.Module) -> list[torch.Tensor]:
    """Kernel and bias; or scale, shift, mean and variance."""
    tensors = layer.state_dict().values()
    return [tensor for tensor in tensors if tensor.is_floating_point()]


def weights(model) -> list[list[np.ndarray]]:
    return [
        [layer._channels_last(tensor) for tensor in _state(part)]
        for part in _layers(model)
    ]


def shapes(model) -> list[list[tuple[int, ...]]]:
    return [[array.shape for array in arrays] for arrays in weights(model)]


def set_weights(model, weights) -> None:
    for part, arrays in zip(_layers(model), weights, strict=True):
        for tensor, array in zip(_state(part), arrays, strict=True):
            kernel = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
            tensor.copy_(torch.from_numpy(kernel.copy()))


@torch.inference_mode()
def logits(model, images: np.ndarray) -> np.ndarray:
    return to_numpy(model.eval()(to_tensor(images)))


def train_once(model, images: np.ndarray, target: np.ndarray):
    """Gradients of the squared error, and the weights with the moved statistics."""
    model.train()
    (model(to_tensor(images)) - to_tensor(target)).square().mean().backward()
    gradients = [
        [layer._channels_last(weights.grad) for weights in part.parameters()]
        for part in _layers(model)
    ]
    return gradients, weights(model)


def loss_gradient(loss, logits: np.ndarray, masks: np.ndarray):
    tensor = to_tensor(logits).clone().requires_grad_()
    value = loss(tensor, torch.from_numpy(masks))
    value.backward()
    return value.item(), to_numpy(tensor.grad)


def pool_and_unpool(images: np.ndarray) -> np.ndarray:
    x, places = functional.max_pool2d(to_tensor(images), 2, return_indices=True)
    return to_numpy(functional.max_unpool2d(x, places, 2))


def weight_file() -> bytes:
    target = io.BytesIO()
    torch.save({"weights": torch.arange(100_000)}, target)
    return target.getvalue()


def download(address: str, content: bytes, folder: str) -> str:
    """Load weights as torchvision does."""
    name = f"weights-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    found = torch.hub.load_state_dict_from_url(
        f"{address}/{name}", folder, check_hash=True
    )
    return "loaded" if len(found["weights"]) == 100_000 else "damaged"


if __name__ == "__main__":
    in_both.main(sys.modules[__name__])
