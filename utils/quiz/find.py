"""Find the quiz of a lesson, in the language of the notebook that asks for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

QUESTIONS = Path(__file__).resolve().parent / "questions"


def load(number: str, language: str = "en") -> dict:
    """Read the quiz of a lesson, in English where it has no other language.

    Raises ValueError if the lesson has no quiz.
    """
    found = None
    for name in (language, "en"):
        for path in sorted((QUESTIONS / name).glob("*.json")):
            if path.stem[:2] == str(number).zfill(2):
                found = found or path
    if found is None:
        known = ", ".join(
            sorted(path.stem[:2] for path in (QUESTIONS / "en").glob("*.json"))
        )
        raise ValueError(f"Lesson {number!r} has no quiz; there are {known or 'none'}.")
    return json.loads(found.read_text(encoding="utf-8"))


def spoken() -> str:
    """The language of the notebook, such as "ko": its first cell says it."""
    return os.environ.get("EVERY_PIXEL_LANGUAGE", "en")
