"""The kernels that notebooks run in: what a learner has, and nothing else."""

import os
import sys
from pathlib import Path

from ipykernel.kernelspec import RESOURCES
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

LAUNCHER = Path(__file__).with_name("one_track.py")


def learners() -> KernelSpec:
    """Give the kernel of the learner's Python, which course.py names; else of this one.

    Where the folder of the notebook is named after a track, the kernel sees only what
    `course.py lab --track` installs for that track.
    """
    python = os.environ.get("EVERY_PIXEL_KERNEL", sys.executable)
    return KernelSpec(
        resource_dir=RESOURCES,
        argv=[python, str(LAUNCHER), "-f", "{connection_file}"],
        display_name="Python 3 (ipykernel)",
        language="python",
        env={"PYTHONPATH": ""},  # what the authors' tools need is not the learner's
    )


class LearnersPython(KernelSpecManager):
    """Finds one kernel, whatever is installed for the user: the learner's."""

    def get_kernel_spec(self, kernel_name):
        return learners()
