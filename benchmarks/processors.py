"""Other processors, imitated on this one by what the libraries let themselves be told.

`python -m benchmarks.processors COMMIT` prints the settings of one of them, one to a
line; which one follows from the commit, so that they take turns. SSE 4.1 takes more
than twice as long as the others: `python -m benchmarks compatibility` alone has it.
"""

from __future__ import annotations

import sys

# ATEN_CPU_CAPABILITY is PyTorch's own kernels, ONEDNN_MAX_CPU_ISA oneDNN's in both
# frameworks, TF_ENABLE_ONEDNN_OPTS whether TensorFlow uses oneDNN at all: by itself it
# does on newer Intel processors alone. Each value that a common processor stands for
# occurs, with one, two and four threads.
PROCESSORS = {
    "SSE 4.1": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "threads": "1",
    },
    "AVX2, TensorFlow without oneDNN": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "threads": "2",
    },
    "AVX2, TensorFlow with oneDNN": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "threads": "4",
    },
}
# None is this processor as it is. Another joins once docs/compatibility.md has its run.
IN_TURN = (
    None,
    "AVX2, TensorFlow without oneDNN",
    "AVX2, TensorFlow with oneDNN",
)
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def environment(name: str | None) -> dict[str, str]:
    """Give the variables that imitate a processor of PROCESSORS, or none for None."""
    settings = dict(PROCESSORS.get(name, {}))
    threads = settings.pop("threads", "1")
    return {**settings, **dict.fromkeys(THREADS, threads)}


def in_turn(commit: str) -> str | None:
    """Choose one of IN_TURN by a commit's hash, hexadecimal digits."""
    return IN_TURN[int(commit, 16) % len(IN_TURN)]


if __name__ == "__main__":
    for variable, value in environment(in_turn(sys.argv[1])).items():
        print(f"{variable}={value}")
