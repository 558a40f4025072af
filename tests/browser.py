"""A real browser for the tests of the quizzes' pages, or a sentence on what to install.

In CI, which installs it, a missing browser fails; elsewhere such tests are skipped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "install the packages of requirements-dev.txt, and Chromium with `{}`"


def _missing(what: str, command: str) -> None:
    sentence = f"There is no {what} here: {INSTALL.format(command)}."
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@contextmanager
def chromium() -> Iterator:
    """Start the Chromium of this computer, else Playwright's own; yields a Browser."""
    command = "python -m playwright install chromium"
    if importlib.util.find_spec("playwright") is None:
        _missing("Playwright", command)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        paths = filter(None, map(shutil.which, NAMES))
        path = next(paths, playwright.chromium.executable_path)
        if not Path(path).exists():
            _missing("Chromium", command)
        # As root, in a container, Chromium does not start with its sandbox.
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if root else []
        )
        yield browser
        browser.close()


def barriers(page, *rules: str) -> list[str]:
    """What axe-core finds on a page that keeps people out, a line for each.

    rules: such as "color-contrast", the only ones to try; by default all.
    """
    if importlib.util.find_spec("axe_playwright_python") is None:
        _missing("axe-core", "python -m playwright install chromium")
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": list(rules)} if rules else None
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]
