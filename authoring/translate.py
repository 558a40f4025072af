"""Translations: one gettext catalogue per lesson and language, one entry per cell.

The message is the whole English Markdown cell.  Code is the same in every language.
The words that the builder adds have catalogues of their own, one entry per word.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import polib
import yaml
from babel import Locale, UnknownLocaleError

from authoring.cells import Cell, Source
from authoring.layout import ContentError, Course

SIMILAR = 0.5  # from here on a new cell counts as an old one that was changed
WIDTH = 88
FUZZY = "fuzzy"
LINE = re.compile(  # of a catalogue; a line break in a text stands at its end only
    r"(?:#(?:$|[^~|].*)|(?:#~\|?|#\|)?\s*(?:(?:msgctxt|msgid|msgstr)\s+)?"
    r'(?:"(?:[^"\\]|\\["\\t])*(?:\\n)?")?)\s*'
)
SILENT = [
    r"!\[[^\]]*\]\([^)]*\)",  # pictures
    r"(?s)\$\$.*?\$\$",  # formulas
    r"\$[^$\n]*\$",
    r"(?s)\\begin\{(\w+\*?)\}.*?\\end\{\1\}",
    r"<[^>]*>",  # HTML tags
]


class Words:
    """The builder's own words as a source of a catalogue; English until translated.

    ``place`` is their file, ``stem`` the name of the catalogue.
    """

    def __init__(self, place: str, stem: str) -> None:
        self.place, self.stem = place, stem
        text = (Path(__file__).parent.parent / place).read_text(encoding="utf-8")
        self.english = yaml.safe_load(text)
        lines = enumerate(text.split("\n"), 1)
        where = {line.partition(":")[0]: number for number, line in lines}
        self.cells = tuple(
            Cell("markdown", said, where[key]) for key, said in self.english.items()
        )

    def spoken(self, language: str, course: Course) -> dict[str, str]:
        translated = known(self.stem, language, course)
        return {key: translated.get(said, said) for key, said in self.english.items()}


COURSE = Words("authoring/words.yaml", "course")


@dataclass(frozen=True)
class Report:
    """How much of a notebook a catalogue covers; places are ``file:line``."""

    cells: int
    untranslated: list[str]
    outdated: list[str]

    def __str__(self) -> str:
        parts = []
        if self.untranslated:
            parts.append(f"{len(self.untranslated)} of {self.cells} cells untranslated")
        if self.outdated:
            parts.append(f"{len(self.outdated)} outdated")
        return ", ".join(parts) + ": " + " ".join(self.untranslated + self.outdated)


def own_name(language: str) -> str:
    """Name a language as its speakers do: ``ko`` is 한국어."""
    try:
        return Locale.parse(language, sep="-").get_display_name()
    except (ValueError, UnknownLocaleError):
        return language


def speaks(text: str) -> bool:
    """Tell whether a Markdown cell holds anything to translate."""
    for pattern in SILENT:
        text = re.sub(pattern, "", text)
    return re.search(r"[^\W\d_]", text) is not None


def load(path: Path, course: Course) -> polib.POFile:
    """Read a catalogue; a missing one is empty."""
    if not path.exists():
        return polib.POFile(wrapwidth=WIDTH)
    try:
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.split("\n"), 1):
            if not LINE.fullmatch(line):  # polib would guess what is meant
                raise OSError(f"(line {number})")
        return polib.pofile(text, wrapwidth=WIDTH, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = re.search(r"\(line (\d+)\)", str(error))
        raise ContentError(
            course.place(path),
            int(found[1]) if found else None,
            "is not a line of a gettext catalogue; close the quotes, and double each "
            "backslash.",
        ) from None


def lookup(catalogue: polib.POFile) -> dict[str, str]:
    """Map English text to its translation, where that is complete and current."""
    return {
        entry.msgid: entry.msgstr
        for entry in catalogue
        if entry.msgstr and not entry.obsolete and FUZZY not in entry.flags
    }


def known(stem: str, language: str, course: Course) -> dict[str, str]:
    """Give the ``lookup`` of a catalogue, empty for English."""
    path = course.catalogue(language, stem)
    return {} if language == "en" else lookup(load(path, course))


def messages(sources: Iterable[Source]) -> dict[str, list[tuple[str, Cell]]]:
    """Collect what is to be translated: text -> the places where it stands."""
    found = {}
    for source in sources:
        for cell in source.cells:
            if cell.kind == "markdown" and speaks(cell.text):
                found.setdefault(cell.text, []).append((source.place, cell))
    return found


def report(catalogue: polib.POFile, sources: Iterable[Source]) -> Report:
    """Say which cells have no translation, and which an outdated one."""
    wanted = messages(sources)
    entries = {e.msgid: e for e in update(catalogue, wanted) if not e.obsolete}
    missing, outdated = [], []
    for text, places in wanted.items():
        entry = entries[text]
        where = f"{places[0][0]}:{places[0][1].line}"
        if not entry.msgstr:
            missing.append(where)
        elif FUZZY in entry.flags:
            outdated.append(where)
    return Report(len(wanted), missing, outdated)


def update(
    old: polib.POFile, wanted: dict[str, list[tuple[str, Cell]]], language: str = ""
) -> polib.POFile:
    """Bring a catalogue up to date with the English text.

    New cells get empty entries.  A changed cell keeps its old translation, marked
    fuzzy, with the English text that it was made from.  Translations of removed
    cells are kept as obsolete entries.
    """
    new = polib.POFile(wrapwidth=WIDTH)
    new.metadata = {
        "Language": language or old.metadata.get("Language", ""),
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    entries = {entry.msgid: entry for entry in old}
    left = {e.msgid: e for e in old if e.msgid not in wanted and e.msgstr}
    changed = _changed([text for text in wanted if text not in entries], left)
    for text, places in wanted.items():
        entry = polib.POEntry(msgid=text)
        before = entries.get(text)
        if before is None and text in changed:
            before = left.pop(changed[text])
            entry.previous_msgid = _translated_from(before)
        elif before is not None:
            entry.previous_msgid = before.previous_msgid
        if before is not None:
            entry.msgstr, entry.tcomment = before.msgstr, before.tcomment
            entry.flags = [flag for flag in before.flags if flag != FUZZY]
            current = text == entry.previous_msgid  # changed, and changed back
            if before.msgid != text or FUZZY in before.flags:
                entry.flags += [] if current else [FUZZY]
            if FUZZY not in entry.flags:
                entry.previous_msgid = None
        entry.occurrences = [(p, "") for p in dict.fromkeys(p for p, _ in places)]
        new.append(entry)
    for entry in left.values():
        gone = polib.POEntry(msgid=entry.msgid, msgstr=entry.msgstr, obsolete=True)
        gone.flags, gone.tcomment = list(entry.flags), entry.tcomment
        new.append(gone)
    return new


def _translated_from(entry: polib.POEntry) -> str:
    """Give the English text that an entry's translation was made from."""
    fuzzy = FUZZY in entry.flags and entry.previous_msgid
    return entry.previous_msgid if fuzzy else entry.msgid


def _changed(texts: list[str], left: dict[str, polib.POEntry]) -> dict[str, str]:
    """Pair new texts with the old ones that they most resemble, best pairs first."""
    pairs = []
    for number, text in enumerate(texts):
        for msgid, entry in left.items():
            one, two = text.split(), _translated_from(entry).split()
            matcher = SequenceMatcher(None, one, two, autojunk=False)
            if matcher.quick_ratio() >= SIMILAR and matcher.ratio() >= SIMILAR:
                pairs.append((-matcher.ratio(), number, msgid))
    found, taken = {}, set()
    for _, number, msgid in sorted(pairs):
        if texts[number] not in found and msgid not in taken:
            found[texts[number]] = msgid
            taken.add(msgid)
    return found


def text_of(catalogue: polib.POFile) -> str:
    """Write a catalogue as text, without dates, the same every time."""
    return str(catalogue)
