"""The models of the lessons: built files, one per track."""

from utils.together import load_triton

load_triton()
