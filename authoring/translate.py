"""Translations: one gettext catalogue per lesson and language, one entry per cell.

The message is the whole English Markdown cell.  Code is the same in every language.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import polib

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
    known = {entry.msgid: entry for entry in old}
    left = {e.msgid: e for e in old if e.msgid not in wanted and e.msgstr}
    changed = _changed([text for text in wanted if text not in known], left)
    for text, places in wanted.items():
        entry = polib.POEntry(msgid=text)
        before = known.get(text)
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
