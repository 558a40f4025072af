"""Letters of figures: Korean ones too, and one sentence where no font has a letter."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from matplotlib import font_manager, rcParams
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font

# Windows, macOS, Linux and Colab. A collection goes by the name of its first font.
KOREAN = (
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "NanumGothic",
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
)


def use_korean() -> None:
    """Let figures take the letters that their font lacks from a Korean font."""
    rest = [name for name in rcParams["font.sans-serif"] if name != "DejaVu Sans"]
    fonts = dict.fromkeys(("DejaVu Sans", *KOREAN, *rest))
    rcParams["font.sans-serif"] = list(fonts)
    # Matplotlib takes all letters from one font of that list. It falls back letter by
    # letter from family to family, and complains about each that is not installed.
    installed = {font.name for font in fontManager.ttflist}
    families = dict.fromkeys(rcParams["font.family"])
    families.update(dict.fromkeys(name for name in KOREAN if name in installed))
    rcParams["font.family"] = list(families)


def drawable(text: object) -> str:
    """Give a text as figures can draw it, and say once if no font has its letters."""
    text = "" if text is None else unicodedata.normalize("NFC", str(text))
    text = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    lacking = _lacking(text)
    if lacking:
        _find_new_fonts()
        lacking = _lacking(text)
    if lacking:
        # Matplotlib would warn about each letter, at each drawing.
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
        _tell(lacking)
    return text


def _lacking(text: str) -> str:
    """Give the letters that none of the fonts of figures has."""
    letters = sorted({c for c in text if not c.isascii()})
    fonts = list(_fonts()) if letters else []
    return "".join(
        c for c in letters if not any(font.get_char_index(ord(c)) for font in fonts)
    )


def _fonts() -> Iterator[FT2Font]:
    for family in FontProperties().get_family():
        wanted = FontProperties(family=[family])
        with suppress(ValueError):  # not installed
            found = font_manager.findfont(wanted, fallback_to_default=False)
            yield font_manager.get_font(found)


@cache
def _find_new_fonts() -> None:
    """Look for fonts that were installed after Matplotlib made its list of them."""
    known = {font.fname for font in fontManager.ttflist}
    for path in set(font_manager.findSystemFonts()) - known:
        with suppress(Exception):  # whatever an unreadable font raises
            fontManager.addfont(path)
    use_korean()


_told: set[str] = set()


def _tell(letters: str) -> None:
    if not _told:
        _told.add(letters)
        warnings.warn(
            f"No installed font has {letters[:9]!r}, and figures show boxes: for "
            "Korean, install NanumGothic or Noto Sans CJK KR, then restart the kernel.",
            stacklevel=2,
        )
