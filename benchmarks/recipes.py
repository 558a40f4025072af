"""Everything that defines what is compared. The only place to change a recipe."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from utils import checkpoints
from utils.training import Augmentation


@dataclass(frozen=True)
class Recipe:
    """How one network is made and trained.

    name: what the results are filed under.
    network: "lesson" for the `UNet` of lesson 05, "popular" for the other course's.
    size: side of the images that the network sees, in pixels.
    epochs: passes over the training images; 0 trains nothing.
    weight_decay: the share of each weight in its gradient; the lesson has none.
    weights: what training starts from, a file of the course; None draws it at random.
    finish: whether the final score is of the mean over flips and quarter turns, cleaned
        up, as the lesson does, or of one plain answer.
    folds: whether it is trained on each fold, or only tried on all images.
    """

    name: str
    network: str = "lesson"
    size: int = 64
    epochs: int = 38
    batch_size: int = 8
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    widths: tuple[int, ...] = (16, 32, 64, 128)
    augmentation: Augmentation | None = Augmentation()
    weights: Path | None = None
    finish: bool = True
    folds: bool = True

    def settings(self) -> dict:
        """Give the recipe as JSON gives it back, weights by the hash of their file."""
        found = asdict(self)
        if self.weights:
            found["weights"] = None
            if self.weights.exists():
                digest = hashlib.sha256(self.weights.read_bytes()).hexdigest()
                found["weights"] = f"{self.weights.name}, sha256 {digest[:16]}"
        return json.loads(json.dumps(found))


# microsoft/AI-For-Beginners, lesson 12, as in its PyTorch notebook. Its TensorFlow
# notebook differs (normalisation before ReLU, no sigmoid, Adam 3e-4, batches of 64, 100
# epochs, masks cut at the logit 0.5); here both tracks follow the PyTorch one.
POPULAR = Recipe(
    "popular",
    network="popular",
    size=256,
    epochs=30,
    batch_size=32,
    learning_rate=1e-3,
    weight_decay=1e-6,
    widths=(16, 32, 64, 128),
    augmentation=None,
    finish=False,
)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        POPULAR,
        Recipe("lesson"),
        Recipe("pretrained", epochs=17, learning_rate=2.5e-3, weights=checkpoints.SKIN),
        Recipe("transfer", epochs=0, weights=checkpoints.SKIN, folds=False),
    )
}
