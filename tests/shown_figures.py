"""The figures that a test lets be shown; a plugin of pytest."""

import pytest


@pytest.fixture
def shown(monkeypatch):
    """Collect the figures that plt.show() is called for."""
    from matplotlib import pyplot as plt  # not for the tests without figures

    figures = []
    monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()))
    yield figures
    plt.close("all")
