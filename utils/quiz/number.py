"""Numbers as people write them, read by one rule.

`authoring/quiz_page/page.js` has the same rule for the pages. No language matters, of
neither the browser nor the quiz:

1. Full-width signs are their ASCII twins, a dash is a minus, and signs that cannot be
   seen do not count. The question's unit may stand behind the number. So may `%`: it
   divides by 100, unless it is the unit.
2. Groups of three digits, with the same mark between all of them, are one number. The
   mark is a space of any width, `,`, `.`, `'` or `_`. Of `,` and `.`, the other one may
   follow, before decimals: 9 409; 460,800; 1.234,5.
3. Else, one `,` or `.` stands before decimals: 0.5; 0,5; .5. An exponent may end all.
4. One `,` or `.` before exactly three digits could be either, unless a 0 begins, as in
   0,545. It is the question's answer if it can be, else one of its mistakes. If it is
   none of them, a `,` joins thousands where the answer is whole, and decimals follow
   otherwise.

Whatever does not fit is no number, and is asked for again.
"""

from __future__ import annotations

import math
import re

SIGNS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width
SIGNS |= dict.fromkeys([0xFF0D, *range(0x2010, 0x2016), 0x2212, 0xFE63], "-")
SIGNS |= dict.fromkeys([0x2018, 0x2019], "'")
SIGNS |= dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF])  # without a width

NUMBER = re.compile(r"([+-]?) ?([\d,.'_ ]*\d[,.]?)(e[+-]?\d+)?", re.ASCII)
GROUPED = re.compile(
    r"[1-9]\d{0,2}([ ,.'_])\d{3}(?:\1\d{3})*(?:(?!\1)[,.]\d*)?", re.ASCII
)
PLAIN = re.compile(r"\d*[,.]?\d*", re.ASCII)

ANY = {"answer": 0, "tolerance": 0, "unit": "", "mistakes": []}


def number_of(written: str, question: dict = ANY) -> float | None:
    """Read what is written as an answer to a question; None if it is no number."""
    numbers = _readings(written, question)
    mistakes = [value for each in question["mistakes"] for value in each["values"]]
    for values in ([question["answer"]], mistakes):
        for number in numbers:
            if any(is_near(question, number, value) for value in values):
                return number
    return numbers[0] if numbers else None


def is_near(question: dict, number: float, value: float) -> bool:
    """Tell whether a number is a value of a question, within its tolerance."""
    # A little more: 0.1 + 0.2 is not 0.3 in binary.
    return abs(number - value) <= question["tolerance"] + 1e-9


def _readings(written: str, question: dict) -> list[float]:
    """Give the numbers that a text can be, the likely one first."""
    text = re.sub(r"\s+", " ", written.translate(SIGNS)).strip().lower()
    text = text.removesuffix(question["unit"].lower()).strip()
    scale = 100 if text.endswith("%") else 1
    found = NUMBER.fullmatch(text.removesuffix("%").strip())
    if not found:
        return []
    sign, digits, exponent = found.groups(default="")
    spelt = [_point(digits)] if PLAIN.fullmatch(digits) else []
    if grouped := GROUPED.fullmatch(digits):
        spelt.append(_point(digits.replace(grouped[1], "")))
        if grouped[1] == "," and float(question["answer"]).is_integer():
            spelt.reverse()
    numbers = [float(sign + one + exponent) / scale for one in spelt]
    return [number for number in numbers if math.isfinite(number)]


def _point(digits: str) -> str:
    return digits.replace(",", ".")
