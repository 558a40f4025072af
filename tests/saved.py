"""Notebooks as other programs save them."""

from __future__ import annotations

import json


def as_colab_saves(notebook: str) -> str:
    """The text of a notebook as Colab writes it: format 4.0, and cells without ids."""
    whole = json.loads(notebook)
    whole["nbformat_minor"] = 0
    whole["metadata"]["colab"] = {"provenance": []}
    for cell in whole["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
    return json.dumps(whole, indent=2, ensure_ascii=False)
