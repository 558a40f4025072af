"""What lets PyTorch and TensorFlow live in one process."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module


def load_triton() -> None:
    """Load Triton, where PyTorch brings it (on Linux), before TensorFlow is loaded.

    Loaded after TensorFlow, it ends the process. Not imported by name: nothing of the
    course needs it.
    """
    with suppress(ImportError):
        import_module("triton")
