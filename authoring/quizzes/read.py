"""Read a quiz; say in one sentence which file, question and field is wrong.

No library checks this against a schema. A schema would hold what ``NEEDS``, ``MAY`` and
the first methods of ``Reader`` say, about a third; a table would have to turn its
findings into our sentences, which name the question and the option; and it cannot say
that a mark lies in its grid or that a mistake is not the answer. Values are taken as
they are written, because a loader would make a number of a row such as 0110.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from authoring.blocks import yaml_line, yaml_sentence
from authoring.layout import STEM, ContentError, Course
from authoring.quizzes.ask import (
    KINDS,
    PARTS,
    Mistake,
    Option,
    Panel,
    Question,
    Quiz,
    Text,
    identified,
    text,
)

COMMON = {"kind", "ask", "see"}
NEEDS = {
    "one": {"options"},
    "several": {"options"},
    "picture": {"options"},
    "number": {"answer", "why", "otherwise", "check"},
    "pixel": {"grid", "answer", "why", "otherwise"},
}
MAY = {
    "one": {"figure", "check"},
    "several": {"figure", "check"},
    "picture": {"figure", "check"},
    "number": {"figure", "tolerance", "unit", "mistakes"},
    "pixel": {"figure", "check", "mistakes"},
}
DRAWINGS = ("mask", "numbers", "grey", "errors", "curves", "dots")
MOST = 10  # columns of a grid with pixels to choose, so that it fits on a phone
COLOURS = 6  # classes 0 to 5 have one each
Place = tuple[int, int]


def read(path: Path, course: Course) -> Quiz:
    """Read ``content/quizzes/NN_name.yaml``; raise ContentError at the first fault."""
    place = course.place(path)
    if not STEM.fullmatch(path.stem):
        raise ContentError(
            place, None, "a quiz is named as its lesson, like 05_unet.yaml; rename it."
        )
    try:
        written = path.read_text(encoding="utf-8")
        root = yaml.compose(written, Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise ContentError(
            place, None, "is not UTF-8 text; save it as UTF-8."
        ) from None
    except yaml.YAMLError as error:
        raise ContentError(place, yaml_line(error, 1), yaml_sentence(error)) from None
    if root is None:
        raise ContentError(place, 1, "is empty; write the parts pre and post.")
    top = Reader(place, "the quiz")
    parts = top.mapping(root, set(PARTS))
    questions = []
    for part in PARTS:
        for number, node in enumerate(top.items(parts[part], part), 1):
            reader = Reader(place, f"{part} question {number}")
            questions.append(reader.question(node, part, number))
    return Quiz(path, place, tuple(questions))


class Reader:
    """Reads the nodes of one question, and knows how to name it."""

    def __init__(self, place: str, where: str) -> None:
        self.place, self.where = place, where

    def wrong(self, node: yaml.Node, sentence: str) -> ContentError:
        line = node.start_mark.line + 1
        return ContentError(self.place, line, f"{self.where}: {sentence}")

    # YAML, as it is written

    def mapping(
        self, node: yaml.Node, needs: set[str], may: set[str] = frozenset()
    ) -> dict[str, yaml.Node]:
        """Give the fields of a mapping, no one twice, unknown or missing."""
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"needs fields here: {', '.join(sorted(needs))}.")
        found = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in needs | may:
                known = ", ".join(sorted(needs | may))
                raise self.wrong(key, f"the field {name} is not known; use {known}.")
            if name in found:
                raise self.wrong(key, f"the field {name} stands here twice; keep one.")
            found[name] = value
        for name in sorted(needs - set(found)):
            raise self.wrong(node, f"the field {name} is missing; add it.")
        return found

    def items(self, node: yaml.Node, field: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            raise self.wrong(node, f"the field {field} must be a list; write one.")
        return node.value

    def plain(self, node: yaml.Node, field: str) -> str:
        """Give a value as it was written: 0110 stays 0110."""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.wrong(node, f"the field {field} must be a text; write it.")
        return node.value.strip()

    def text(self, node: yaml.Node, field: str) -> Text:
        return text(self.plain(node, field), node.start_mark.line + 1)

    def real(self, node: yaml.Node, field: str) -> float:
        written = self.plain(node, field)
        try:
            return int(written)
        except ValueError:
            pass
        try:
            return float(written)
        except ValueError:
            raise self.wrong(
                node, f"the field {field} is {written!r} but must be a number."
            ) from None

    def reals(self, node: yaml.Node, field: str) -> tuple[float, ...]:
        return tuple(self.real(item, field) for item in self.items(node, field))

    def pair(self, node: yaml.Node, field: str) -> tuple[float, float]:
        values = self.reals(node, field)
        if len(values) != 2:
            raise self.wrong(node, f"the field {field} must be two numbers.")
        return values

    # Figures

    def rows(self, node: yaml.Node, field: str, digits: bool) -> tuple:
        """Give a grid: rows of digits such as 0110, or lists of numbers."""
        rows = []
        for item in self.items(node, field):
            if digits:
                row = tuple(self.plain(item, field))
                bad = [cell for cell in row if not cell.isdecimal()]
                if bad:
                    raise self.wrong(item, f"a row of {field} is digits, not {bad[0]}.")
            else:
                row = tuple(self.plain(c, field) for c in self.items(item, field))
            if rows and len(row) != len(rows[0]):
                raise self.wrong(item, f"a row of {field} is not as long as the first.")
            rows.append(row)
        return tuple(rows)

    def places(self, node: yaml.Node, field: str, shape: Place) -> tuple[Place, ...]:
        found = []
        for item in self.items(node, field):
            row, column = self.pair(item, field)
            if not (0 <= row < shape[0] and 0 <= column < shape[1]):
                size = f"{shape[0]} x {shape[1]}"
                raise self.wrong(item, f"{field} lies outside of the {size} grid.")
            found.append((row, column))
        return tuple(found)

    def series(self, node: yaml.Node, field: str) -> tuple:
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise self.wrong(node, f"the field {field} must give numbers by name.")
        return tuple((self.text(k, field), self.reals(v, field)) for k, v in node.value)

    def panel(self, node: yaml.Node) -> Panel:
        """Read one drawing."""
        kinds = [kind for kind in DRAWINGS if _has(node, kind)]
        if len(kinds) != 1:
            raise self.wrong(node, f"a figure has one of {', '.join(DRAWINGS)}.")
        kind = kinds[0]
        if kind in ("curves", "dots"):
            return self._plot(node, kind)
        found = self.mapping(node, {kind}, {"title", "mark", "names"})
        truth = ()
        if kind == "errors":
            both = self.mapping(found[kind], {"truth", "found"})
            truth = self.rows(both["truth"], "truth", digits=True)
            rows = self.rows(both["found"], "found", digits=True)
            if (len(truth), len(truth[0])) != (len(rows), len(rows[0])):
                raise self.wrong(found[kind], "truth and found differ in size.")
        else:
            rows = self.rows(found[kind], kind, digits=kind != "numbers")
        if kind == "mask" and any(int(c) >= COLOURS for row in rows for c in row):
            raise self.wrong(node, f"a mask has classes from 0 to {COLOURS - 1}.")
        shape = len(rows), len(rows[0])
        mark = self.places(found["mark"], "mark", shape) if "mark" in found else ()
        names = ()
        if "names" in found:
            pairs = found["names"].value
            names = tuple((k.value, self.text(v, "names")) for k, v in pairs)
        title = self.text(found["title"], "title") if "title" in found else None
        return Panel(kind, title, rows, truth, mark, names)

    def _plot(self, node: yaml.Node, kind: str) -> Panel:
        found = self.mapping(node, {kind}, {"title", "x", "y", "at", "range"})
        series = self.series(found[kind], kind)
        at = self.reals(found["at"], "at") if "at" in found else ()
        if kind == "curves":
            lengths = {len(values) for _, values in series}
            if len(lengths) != 1 or (at and {len(at)} != lengths):
                raise self.wrong(node, "the curves differ in length.")
        said = {k: self.text(found[k], k) for k in ("title", "x", "y") if k in found}
        range_ = self.pair(found["range"], "range") if "range" in found else None
        return Panel(kind, series=series, at=at, range=range_, **said)

    def panels(self, node: yaml.Node) -> tuple[Panel, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(self.panel(one) for one in nodes)

    # Questions

    def question(self, node: yaml.Node, part: str, number: int) -> Question:
        """Read one question."""
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, "must have fields such as kind, ask and see.")
        kind = next((v.value for k, v in node.value if k.value == "kind"), None)
        if kind not in KINDS:
            raise self.wrong(
                node, f"the field kind is {kind!r}; use {', '.join(KINDS)}."
            )
        found = self.mapping(node, COMMON | NEEDS[kind], MAY[kind])
        values = {
            "ask": self.text(found["ask"], "ask"),
            "see": self.plain(found["see"], "see"),
        }
        if "figure" in found:
            values["figure"] = self.panels(found["figure"])
        if "check" in found:
            values["check"] = self.plain(found["check"], "check")
        for field in ("why", "otherwise", "unit"):
            if field in found:
                values[field] = self.text(found[field], field)
        if kind == "number":
            values["answer"] = self.real(found["answer"], "answer")
            if "tolerance" in found:
                values["tolerance"] = self.real(found["tolerance"], "tolerance")
        elif kind == "pixel":
            values["grid"] = grid = self.panel(found["grid"])
            if grid.kind not in ("mask", "numbers", "grey"):
                raise self.wrong(found["grid"], "grid is a mask, numbers or grey.")
            if grid.shape[1] > MOST:
                raise self.wrong(found["grid"], f"grid has more than {MOST} columns.")
            values["answer"] = self.places(found["answer"], "answer", grid.shape)
        else:
            values["options"] = self.options(found["options"], kind)
        if "mistakes" in found:
            shape = values["grid"].shape if kind == "pixel" else None
            values["mistakes"] = self.mistakes(found["mistakes"], values, shape)
        line = node.start_mark.line + 1
        return identified(Question(part, number, line, kind, **values))

    def options(self, node: yaml.Node, kind: str) -> tuple[Option, ...]:
        options = []
        for letter, item in zip("ABCDEFGH", self.items(node, "options"), strict=False):
            where = Reader(self.place, f"{self.where}, option {letter}")
            needs = {"why", "figure"} if kind == "picture" else {"why", "text"}
            may = {"right", "text"} if kind == "picture" else {"right"}
            found = where.mapping(item, needs, may)
            right = where.plain(found["right"], "right") if "right" in found else None
            if right not in (None, "true", "false"):
                raise where.wrong(found["right"], "the field right is true or false.")
            options.append(
                Option(
                    why=where.text(found["why"], "why"),
                    right=right == "true",
                    text=where.text(found["text"], "text") if "text" in found else None,
                    figure=where.panel(found["figure"]) if "figure" in found else None,
                )
            )
        right = sum(option.right for option in options)
        if len(options) < 2:
            raise self.wrong(node, "needs at least two options.")
        if kind == "several" and not 0 < right < len(options):
            raise self.wrong(node, "needs a right option and a wrong one.")
        if kind != "several" and right != 1:
            raise self.wrong(
                node, f"has {right} right options, but the kind {kind} has one."
            )
        said = [option.text for option in options if option.text]
        if len(set(said)) < len(said):
            raise self.wrong(node, "two options say the same; change one.")
        return tuple(options)

    def mistakes(
        self, node: yaml.Node, values: dict, shape: Place | None
    ) -> tuple[Mistake, ...]:
        mistakes, taken = [], set()
        if shape is not None:
            taken.update(values["answer"])
        for item in self.items(node, "mistakes"):
            found = self.mapping(item, {"is", "why"})
            if shape is None:
                listed = isinstance(found["is"], yaml.SequenceNode)
                nodes = found["is"].value if listed else [found["is"]]
                given = tuple(self.real(one, "is") for one in nodes)
                near = values.get("tolerance", 0)
                clash = [v for v in given if abs(v - values["answer"]) <= near]
            else:
                given = self.places(found["is"], "is", shape)
                clash = [value for value in given if value in taken]
            if clash or taken & set(given):
                raise self.wrong(item, "this mistake is right, or stands here twice.")
            taken.update(given)
            mistakes.append(Mistake(given, self.text(found["why"], "why")))
        return tuple(mistakes)


def _has(node: yaml.Node, field: str) -> bool:
    if not isinstance(node, yaml.MappingNode):
        return False
    return any(key.value == field for key, _ in node.value)
