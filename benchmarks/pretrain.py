"""Make the weights that the course ships: a U-Net that has seen drawn skin only.

    python -m benchmarks pretrain

writes `utils.checkpoints.SKIN`, which lesson 05 and the recipes "pretrained" and
"transfer" start from. Both tracks read the file; it is made in PyTorch.
"""

from __future__ import annotations

import sys
import time

from benchmarks.recipes import RECIPES
from utils import checkpoints
from utils.datasets import simulate_skin
from utils.training import Augmentation

IMAGES, EPOCHS = 4000, 8
SEED = 1  # of the drawings; lesson 05 draws its own with seed 0
# Far beyond natural colours: no camera is known to the network.
AUGMENTATION = Augmentation(brightness=0.2, contrast=0.3, colour=0.15)


def main() -> int:
    """Draw, train, write; some minutes on two cores."""
    from utils.models.pytorch import UNet, bce_dice
    from utils.pytorch import fit, save_weights
    from utils.seeding import seed_everything

    recipe = RECIPES["lesson"]
    began = time.perf_counter()
    drawn = simulate_skin(IMAGES, recipe.size, seed=SEED)
    print(f"{drawn} in {time.perf_counter() - began:.0f} s", flush=True)
    seed_everything(0)
    model = UNet(recipe.widths)
    began = time.perf_counter()
    fit(
        model,
        drawn,
        loss=bce_dice,
        epochs=EPOCHS,
        batch_size=recipe.batch_size,
        learning_rate=recipe.learning_rate,
        augmentation=AUGMENTATION,
        name="simulated skin",
        lines=EPOCHS,
    )
    checkpoints.SKIN.parent.mkdir(parents=True, exist_ok=True)
    save_weights(model, checkpoints.SKIN)
    size = checkpoints.SKIN.stat().st_size / 1e6
    print(f"{checkpoints.SKIN}: {size:.2f} MB, {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
