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
from torchvision import ops
from torchvision.models.detection import _utils, roi_heads, rpn

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
            mock.patch("torch.__version__", torch.torch_version.TorchVersion("2.14.0")),
        ):
            found[gpus] = str(layer.device.__wrapped__())
    return found


def is_model(value) -> bool:
    """A module with weights, which takes images."""
    return isinstance(value, nn.Module) and layer.count_parameters(value) > 0


def to_tensor(images: np.ndarray) -> torch.Tensor:
    """Channels first, in images (N, H, W, C); what has other axes stays."""
    tensor = torch.from_numpy(images)
    return tensor.movedim(-1, 1) if tensor.ndim == 4 else tensor


def to_numpy(images: torch.Tensor) -> np.ndarray:
    return images.detach().movedim(1, -1).numpy()


def roi_align(features, boxes, images, size) -> np.ndarray:
    given = to_tensor(features), torch.from_numpy(boxes), torch.from_numpy(images)
    return to_numpy(models.roi_align(*given, size))


def instance_losses(anchors, boxes, masks, answers) -> dict:
    """By torchvision, and by the lesson's YOLACT."""
    given = {name: torch.from_numpy(array) for name, array in answers.items()}
    anchors, boxes, masks = map(torch.from_numpy, (anchors, boxes, masks))
    targets = [{"boxes": some[some[:, 2] > 0]} for some in boxes]
    network = rpn.RegionProposalNetwork(
        None, None, 0.6, 0.3, 10_000, 0.5, {}, {}, nms_thresh=0.7
    )
    labels, matched = network.assign_targets_to_anchors([anchors] * 2, targets)
    wanted = network.box_coder.encode(matched, [anchors] * 2)
    flat = given["logits"].reshape(-1, 1), given["deltas"].reshape(-1, 4)
    coder = _utils.BoxCoder((10.0, 10.0, 5.0, 5.0))
    regions, labels_of, owner = (
        given[name].flatten(0, 1) for name in ("regions", "labels", "owner")
    )
    of_image = torch.arange(2).repeat_interleave(5)
    owned = boxes[of_image, owner.long()]
    goals = coder.encode_single(owned, regions)
    right = labels_of == 1
    rois = torch.cat([torch.arange(10.0)[:, None], regions], dim=1)
    drawn = masks[of_image, owner.long()][:, None].float()
    pixels = ops.roi_align(drawn, rois, 28, 1.0, 2, aligned=True)[:, 0]
    yolact = in_both.definitions(
        sys.modules[__name__], "owners", "mask_loss", "yolact_loss"
    )
    yolact |= {"anchors": anchors.numpy(), "ops": ops}
    outputs = [given[name] for name in in_both.YOLACT]
    outputs[3] = to_tensor(answers["prototypes"])
    for output in outputs:
        output.requires_grad_()
    loss = yolact["yolact_loss"](lambda images: outputs, None, boxes, masks)
    loss.backward()
    return {
        "labels": torch.stack(labels).numpy(),
        "deltas": coder.encode_single(owned, regions)[right].numpy(),
        "boxes": coder.decode_single(given["region deltas"][:, :4], regions).numpy(),
        "proposals": sum(network.compute_loss(*flat, labels, wanted)).item(),
        "regions": sum(
            roi_heads.fastrcnn_loss(
                given["region logits"],
                given["region deltas"],
                [labels_of.long()],
                [goals],
            )
        ).item(),
        "pixels": functional.binary_cross_entropy_with_logits(
            given["region masks"][right][..., 1], pixels[right]
        ).item(),
        "yolact": loss.item(),
        "gradients": [
            *(output.grad.numpy() for output in outputs[:3]),
            to_numpy(outputs[3].grad),
        ],
    }


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


class Told(nn.Module):
    """The small model, whose answer is changed by a function."""

    def __init__(self, change, classes: int = 1):
        super().__init__()
        self.model, self.change = small_model(classes), change

    def forward(self, images):
        return self.change(self.model(images))


def odd_models() -> dict:
    """Models that `fit` cannot train or measure."""
    alone = nn.Sequential(
        nn.Conv2d(3, 8, 1), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(8)
    )
    return {
        "sigmoid": Told(torch.sigmoid),
        "softmax": Told(lambda logits: logits.softmax(1), 2),
        "dictionary": Told(lambda logits: {"out": logits, "aux": logits}),
        "half": Told(lambda logits: logits[..., ::2, ::2]),
        "frozen": small_model(1).requires_grad_(False),
        "class": models.UNet,
        "none": None,
        "one number a channel": nn.Sequential(
            alone, nn.Conv2d(8, 1, 1), nn.Upsample(scale_factor=32)
        ),
    }


def odd_losses() -> dict:
    """Losses that give no number to learn from, or take other arguments."""
    binary = functional.binary_cross_entropy_with_logits
    return {
        "criterion": nn.BCEWithLogitsLoss(),
        "criterion of classes": nn.CrossEntropyLoss(),
        "function": functional.cross_entropy,
        "not reduced": lambda logits, masks: binary(
            logits[:, 0], masks.float(), reduction="none"
        ),
        "array": lambda logits, masks: np.zeros(3),
        "nothing": lambda logits, masks: None,
        "constant": lambda logits, masks: torch.tensor(0.5),
        "threshold": lambda logits, masks: (
            1 - ((logits[:, 0] > 0) == masks).float().mean()
        ),
        "fails": lambda logits, masks: logits @ masks,
        "one argument": lambda logits: logits.mean(),
        "text": "bce",
    }


class Branches(nn.Module):
    """Two branches side by side, of one and of two convolutions."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(3, 4, 1, bias=False)
        self.then = nn.Conv2d(4, 4, 3, padding=1, bias=False)

    def forward(self, images):
        one = self.norm(self.first(images))
        return torch.cat([one, self.then(self.second(images).relu())], dim=1)


class Ask(nn.Module):
    """Queries, weights without a layer, gather what the tokens hold."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8, eps=1e-5)
        self.dense = nn.Linear(8, 8)  # runs twice
        self.queries = nn.Parameter(torch.randn(5, 8))

    def forward(self, tokens):
        tokens = self.dense(self.dense(self.norm(tokens)).relu())
        return (self.queries @ tokens.mT).softmax(-1) @ tokens


class EveryLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 2)  # in another order than they run
        self.ask, self.branches = Ask(), Branches()
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.up = nn.ConvTranspose2d(8, 3, 2, stride=2)

    def forward(self, images):
        features = self.depthwise(self.branches(images))
        answers = self.ask(features.flatten(2).mT)
        return {"pixels": self.up(features), "answers": [answers, self.head(answers)]}


every_layer = EveryLayer


def part() -> nn.Module:
    """What takes features (N, 5, H, W)."""
    return nn.Sequential(nn.Conv2d(5, 4, 1), nn.ReLU(), nn.Conv2d(4, 2, 3, padding=1))


@functools.lru_cache(maxsize=4)
def _layers(model: nn.Module) -> list[nn.Module]:
    return layer._layers(model)


def weights(model) -> list[list[np.ndarray]]:
    """Kernel and bias, or scale, shift, mean and variance, of each layer."""
    return [
        [tensor.numpy().copy() for tensor in layer._own(part)]
        for part in _layers(model)
    ]


def shapes(model) -> list[list[tuple[int, ...]]]:
    return [[array.shape for array in arrays] for arrays in weights(model)]


def set_weights(model, weights) -> None:
    layer.set_weights(model, [array for arrays in weights for array in arrays])


@torch.inference_mode()
def outputs(model, images: np.ndarray) -> list[np.ndarray]:
    return [each.numpy() for each in in_both.flat(model.eval()(to_tensor(images)))]


def train_once(model, images: np.ndarray):
    """Gradients of the squared error to 1, and the weights with moved statistics."""
    for part in model.train().modules():
        if isinstance(part, nn.BatchNorm2d):
            part.register_forward_hook(_divide_by_n)
    answers = in_both.flat(model(to_tensor(images)))
    sum((answer - 1).square().mean() for answer in answers).backward()
    gradients = [
        [
            layer._channels_last(part, weights.grad).numpy()
            for weights in part.parameters(recurse=False)
        ]
        for part in _layers(model)
    ]
    return gradients, weights(model)


def _divide_by_n(norm, inputs, _) -> None:
    """Variance moved as Keras does, which divides by n where PyTorch takes n - 1."""
    (x,) = inputs
    surplus = x.var((0, 2, 3)) / (x.numel() / x.shape[1])
    norm.running_var = norm.running_var - norm.momentum * surplus.detach()


def loss_gradient(loss, logits: np.ndarray, masks: np.ndarray):
    tensor = to_tensor(logits).clone().requires_grad_()
    value = loss(tensor, torch.from_numpy(masks))
    value.backward()
    return value.item(), to_numpy(tensor.grad)


def pool_and_unpool(images: np.ndarray) -> np.ndarray:
    x, places = functional.max_pool2d(to_tensor(images), 2, return_indices=True)
    return to_numpy(functional.max_unpool2d(x, places, 2))


def set_loss(named: np.ndarray, drawn: np.ndarray, maps: np.ndarray):
    """Value and gradients of the loss of a set of masks."""
    answers = [torch.tensor(array, requires_grad=True) for array in (named, drawn)]
    value = models.set_loss(answers, torch.from_numpy(maps))
    value.backward()
    return value.item(), *(answer.grad.numpy() for answer in answers)


@torch.inference_mode()
def run(layer, *arrays: np.ndarray) -> np.ndarray:
    """A layer or a function of arrays that are the same in both tracks."""
    return layer(*map(torch.from_numpy, arrays)).numpy()


def may_look(mask_logits: np.ndarray, halvings: int) -> np.ndarray:
    return models.may_look(torch.from_numpy(mask_logits), halvings).numpy()


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
