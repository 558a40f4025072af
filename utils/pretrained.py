"""Weights that a library downloads, or one sentence and a lesson that goes on."""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Callable
from http.client import HTTPException
from pickle import UnpicklingError
from typing import TypeVar
from urllib.error import HTTPError, URLError

from utils.live import live

Model = TypeVar("Model")

PATIENCE = 15.0  # seconds that a server may stay silent
# What downloading and reading raise: no connection, a full disk, a wrong check sum, a
# damaged file. Other errors are mistakes in the code, and are raised.
FAILURES = (OSError, HTTPException, RuntimeError, ValueError, EOFError, UnpicklingError)


def fetch(make: Callable[[], Model], what: str, megabytes: float) -> Model | None:
    """Make a model whose weights a library downloads, or say why there is none.

    The library keeps the file, so the download happens once: PyTorch in
    ~/.cache/torch, Keras in ~/.keras, KerasHub in ~/.cache/kagglehub, transformers in
    ~/.cache/huggingface. Take nothing else here: these fetch over https, and never take
    a file that was cut short for a good one. When it comes, the first three compare its
    check sum, and transformers its length.

    Args:
        make: takes nothing and returns the model, for instance
            `lambda: torchvision.models.vgg16(weights="DEFAULT")` or
            `lambda: keras.applications.VGG16()`.
        what: the model's name, as the sentence says it.
        megabytes: size of the download.

    Returns what `make` returns, or None where it could not be downloaded.
    """
    before = socket.getdefaulttimeout()
    # Neither library sets a limit: behind a closed firewall they would wait for ever.
    socket.setdefaulttimeout(PATIENCE)
    try:
        with contextlib.ExitStack() as stack:
            if not live():  # the progress of a download differs from run to run
                stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
                stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            return make()
    except Exception as error:
        if not _is_failure(error):
            raise
        reason = _reason(error)
    finally:
        socket.setdefaulttimeout(before)
    print(
        f"{what} ({megabytes:g} MB) could not be loaded ({reason}), so the lesson goes "
        "on without it."
    )
    return None


def _is_failure(error: Exception) -> bool:
    """Tell a download that fails from a mistake in the code."""
    # Keras raises nothing more precise than Exception itself. KerasHub downloads with
    # kagglehub, which has a kind of its own for a wrong check sum.
    of_kagglehub = type(error).__module__ == "kagglehub.exceptions"
    return isinstance(error, FAILURES) or type(error) is Exception or of_kagglehub


def _reason(error: BaseException) -> str:
    """Say in a few words what went wrong with a download."""
    if type(error) is Exception and error.__context__:
        error = error.__context__
    if isinstance(error, HTTPError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, URLError):
        error = error.reason
    cause = error  # requests wraps what the system says in sentences of its own
    while isinstance(cause, BaseException):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    said = (str(error) or type(error).__name__).splitlines()[0]
    return "the file came damaged" if "hash" in said.lower() else said
