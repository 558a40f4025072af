"""What reading a quiz gives: questions, their options and their figures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path

from authoring.cells import Cell

PARTS = ("pre", "post")
KINDS = ("one", "several", "number", "picture", "pixel")
# A text with nothing but code, numbers and signs is the same in every language.
SAME = re.compile(r"`[^`]*`|\bx\b")
WORD = re.compile(r"[^\W\d_]")


class Text(str):
    """A text that learners read, with the line where it stands."""

    line = 0

    @property
    def speaks(self) -> bool:
        """Tell whether there is anything to translate."""
        return WORD.search(SAME.sub("", self)) is not None


def text(value: str, line: int) -> Text:
    made = Text(value)
    made.line = line
    return made


@dataclass(frozen=True)
class Panel:
    """One drawing. ``rows`` of a grid are the values of its cells, as written.

    Of ``errors``, ``rows`` is the prediction and ``truth`` the truth. Curves and dots
    have ``series`` instead, numbers by name, and the names of the axes.
    """

    kind: str  # "mask", "numbers", "grey", "errors", "curves" or "dots"
    title: Text | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    truth: tuple[tuple[str, ...], ...] = ()
    mark: tuple[tuple[int, int], ...] = ()  # cells with a frame: row, column
    names: tuple[tuple[str, Text], ...] = ()  # class -> its name, below the drawing
    series: tuple[tuple[Text, tuple[float, ...]], ...] = ()
    x: Text | None = None
    y: Text | None = None
    at: tuple[float, ...] = ()  # where the values of a curve stand on the x axis
    range: tuple[float, float] | None = None  # of the values

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])


@dataclass(frozen=True)
class Option:
    """What can be chosen, whether that is right, and why."""

    text: Text | None
    why: Text
    right: bool = False
    figure: Panel | None = None


@dataclass(frozen=True)
class Mistake:
    """Answers that are wrong for one reason: numbers, or pixels (row, column)."""

    values: tuple
    why: Text


@dataclass(frozen=True)
class Question:
    """One question; ``answer`` is a number, or the pixels that are right.

    ``id`` is made from the English text and stays in every language: it changes with
    the question, so that a browser forgets the answer to another one.
    """

    part: str
    number: int  # from 1, within its part
    line: int
    kind: str
    ask: Text
    see: str  # the heading of the lesson that answers it
    figure: tuple[Panel, ...] = ()
    options: tuple[Option, ...] = ()
    grid: Panel | None = None
    answer: float | tuple[tuple[int, int], ...] | None = None
    tolerance: float = 0
    unit: Text | None = None
    why: Text | None = None
    mistakes: tuple[Mistake, ...] = ()
    otherwise: Text | None = None
    check: str | None = None
    id: str = ""

    @property
    def right(self) -> tuple[int, ...]:
        """The numbers of the right options, from 0."""
        return tuple(n for n, option in enumerate(self.options) if option.right)


@dataclass(frozen=True)
class Quiz:
    """The questions of a lesson, before and after it."""

    path: Path
    place: str
    questions: tuple[Question, ...]

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The texts as a lesson has them, for catalogues."""
        said = (one for question in self.questions for one in texts(question))
        return tuple(Cell("markdown", one, one.line) for one in said if one.speaks)

    def part(self, part: str) -> list[Question]:
        return [question for question in self.questions if question.part == part]


def identified(question: Question) -> Question:
    """Give a question its ``id``."""
    place = f"{question.part} {question.kind} {question.answer!r}"
    said = "\0".join([place, *texts(question)])
    return replace(question, id=hashlib.sha256(said.encode()).hexdigest()[:8])


def texts(thing) -> Iterator[Text]:
    """Yield every text of a question, an option or a figure, in order."""
    if isinstance(thing, Text):
        yield thing
    elif isinstance(thing, tuple):
        for one in thing:
            yield from texts(one)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from texts(getattr(thing, field.name))


def changed(thing, change: Callable[[Text], str]):
    """Copy a question, an option or a figure with every text changed."""
    if isinstance(thing, Text):
        return text(change(thing), thing.line)
    if isinstance(thing, tuple):
        return tuple(changed(one, change) for one in thing)
    if is_dataclass(thing):
        values = {f.name: getattr(thing, f.name) for f in fields(thing)}
        return replace(thing, **{k: changed(v, change) for k, v in values.items()})
    return thing
