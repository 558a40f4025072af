"""The report: its parts are there, and its numbers are those that were measured."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from checks.core import Case, Exercise, check

PARTS = ("Data", "Split", "Recipe", "Result", "Limits")
SOURCES = {  # how a report may call its data, in the languages of the course
    "simulated": ("simulated", "시뮬레이션"),
    "real": ("real", "실제"),
}
SHORTEST = 15  # characters of a part
HEADING = re.compile(r"(?m)^[ \t#*_>\d.)-]*(" + "|".join(PARTS) + r")[*_ ]*:")
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])(\d[\d,]*(?:\.\d+)?|\.\d+)(\s*%)?")


def exercise_on(facts: dict | None) -> Exercise:
    """Make the exercise for what a notebook has measured."""
    arguments = {} if facts is None else {name: _plain(v) for name, v in facts.items()}

    def cases():
        yield Case("your measurements", {"facts": arguments})

    return Exercise("report", None, cases, inspect=_inspect, ask=_ask)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def _ask(function: Callable, given: dict):
    try:
        return function(given["facts"])
    except KeyError:
        if given["facts"]:
            raise
        return ""  # nothing is measured yet, which `_inspect` tells


def _inspect(given: dict, text) -> str | None:
    """Look for the first thing that a reader would miss or doubt."""
    facts = given["facts"]
    if not isinstance(text, str):
        return "Return a text: five parts in one string."
    if not facts:
        return "Nothing has been measured yet. Solve exercise 2 first."
    parts = _parts(text)
    missing = [name for name in PARTS if name not in parts]
    if missing:
        return (
            f"The part {missing[0]} is missing. Begin a line with its name and a "
            f'colon: "{missing[0]}: ...".'
        )
    empty = [name for name in PARTS if len(parts[name]) < SHORTEST]
    if empty or "..." in text or "{" in text:
        return (
            f"The part {empty[0] if empty else PARTS[0]} says nothing yet. Write at "
            "least one sentence, and leave no gap such as ... or {} in the text."
        )
    return _wrong_words(parts, facts) or _wrong_numbers(parts, facts)


def _parts(text: str) -> dict[str, str]:
    """Read the text after each heading."""
    found = list(HEADING.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    return {
        match[1]: text[match.end() : end].strip()
        for match, end in zip(found, ends, strict=False)  # no heading, one end
    }


def _wrong_words(parts: dict[str, str], facts: dict) -> str | None:
    source = facts["source"]
    said = parts["Data"].lower()
    other = "real" if source == "simulated" else "simulated"
    if not any(word in said for word in SOURCES[source]):
        return (
            f"Say under Data that the images are {source}. Without it your numbers "
            f"would be taken for those of {other} ones."
        )
    return None


def _numbers(text: str) -> list[tuple[float, int]]:
    """Read the numbers of a text, percent as shares, with their decimals."""
    found = []
    for match in NUMBER.finditer(text):
        digits = match[1].rstrip(",").replace(",", "")
        decimals = len(digits.partition(".")[2])
        value = float(digits)
        found.append((value / 100, decimals + 2) if match[2] else (value, decimals))
    return found


def _states(numbers, value: float) -> bool:
    """Tell whether a share is among numbers, as well as their decimals can say."""
    return any(
        decimals >= 2 and abs(number - value) <= 0.5001 * 10.0**-decimals + 5e-4
        for number, decimals in numbers
    )


def _wrong_numbers(parts: dict[str, str], facts: dict) -> str | None:
    counts = [n for n, _ in _numbers(parts["Data"]) + _numbers(parts["Split"])]
    result = _numbers(parts["Result"])
    for name in ("train", "validation", "test"):
        if facts[name] not in counts:
            return (
                f"Say under Split how many images the {name} part has: "
                f"facts[{name!r}] knows it."
            )
    for name, called in (("dice", "mean Dice"), ("worst", "lowest Dice")):
        if _states(result, facts[name]):
            continue
        tuned = facts.get("validation_dice")
        if name == "dice" and tuned is not None and _states(result, tuned):
            return (
                "The mean Dice that you state is that of the validation images, on "
                "which you chose. Report that of the test images: facts['dice']."
            )
        if name == "worst" and _states(result, facts["dice"]):
            return (
                "State the lowest Dice as well, with two decimals: a mean hides who "
                "is lost. facts['worst'] knows it."
            )
        return (
            f"No number under Result is the {called} of the test images, which is "
            f"about {facts[name]:.1f}. Give it with two decimals, as measured."
        )
    if max(decimals for _, decimals in result) > 4:
        return (
            f"{facts['test']} images cannot tell so many digits. Two or three decimals "
            "are enough."
        )
    if not any(n == facts["test"] for n, _ in result):
        return (
            "A mean without the number of its images says little. Repeat under Result "
            "of how many test images it is."
        )
    return None


def report(function: Callable, facts: dict | None) -> None:
    """Check `report(facts)` -> text whose numbers are those that were measured."""
    check(exercise_on(facts), function)
