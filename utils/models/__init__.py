"""The models of the lessons: built files, one a lesson and track."""

from utils.together import load_triton

load_triton()
