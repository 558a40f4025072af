"""What the notebooks import: data, metrics, plots and a thin layer per framework.

TensorFlow reads these two variables when it is imported: the first keeps it from
writing to stderr, the second fixes the order of its floating-point operations.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
