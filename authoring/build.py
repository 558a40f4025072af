"""Content -> everything that is built, as texts; write them, or compare them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from authoring import exports, labs, links, startpage, translate
from authoring.cells import Source
from authoring.execute import execute, outputs_of, put
from authoring.layout import TRACKS, ContentError, Course
from authoring.notebook import NOTE, compose, text_of, write
from authoring.quizzes import make, shown
from authoring.read import read


@dataclass(frozen=True)
class Selection:
    """What to build; empty means everything."""

    stems: tuple[str, ...] = ()  # "05" or "05_unet"
    track: str | None = None
    language: str | None = None

    def has(self, source: Source) -> bool:
        names = (source.stem, source.stem[:2])
        return not self.stems or any(stem in names for stem in self.stems)


@dataclass(frozen=True)
class Built:
    """The text that a built file must have; ``seconds`` if it was just executed."""

    path: Path
    text: str
    rebuild: str
    seconds: float | None = None


class Stale(Exception):
    """The outputs stored for a notebook are not those of its code."""


def read_all(course: Course, selection: Selection) -> tuple[list, list]:
    """Read all lessons and labs; raise ContentError if the selection is empty."""
    lessons, labs_ = (
        [read(path, course) for path in course.contents(kind)]
        for kind in ("lessons", "labs")
    )
    names = {name for s in [*lessons, *labs_] for name in (s.stem, s.stem[:2])}
    for stem in selection.stems:
        if stem not in names:
            known = ", ".join(sorted(name for name in names if len(name) == 2))
            raise ContentError(
                "content", None, f"holds no lesson {stem}; there is {known or 'none'}."
            )
    spoken = {
        name for path in [*lessons, *labs_] for name in course.languages(path.stem)
    }
    if selection.language not in (None, "en", *spoken):
        raise ContentError(
            "content/locale", None, f"holds no catalogue in {selection.language}."
        )
    return lessons, labs_


def everything(course: Course, selection: Selection, run: bool) -> Iterator[Built]:
    """Yield each built file in the order in which it must be written.

    With ``run``, notebooks whose outputs are old are executed; else they raise Stale.
    """
    lessons, lab_sources = read_all(course, selection)
    for path, text in exports.modules(lessons, course).items():
        yield Built(path, text, "build")
    # Before the notebooks, which show them.
    yield from _quizzes(lessons, course, selection)
    for source in [*lessons, *lab_sources]:
        if selection.has(source):
            for track in TRACKS:
                if selection.track in (None, track):
                    yield from _notebooks(source, track, course, selection, run)
    yield from _start_pages(lessons, lab_sources, course)


def _quizzes(
    lessons: list[Source], course: Course, selection: Selection
) -> Iterator[Built]:
    def wanted(quiz, language: str) -> bool:
        return selection.has(quiz) and selection.language in (None, language)

    for path, text in make.files(course, lessons, _title, wanted):
        yield Built(path, text, "build")


def _notebooks(
    source: Source, track: str, course: Course, selection: Selection, run: bool
) -> Iterator[Built]:
    """Yield the notebooks of one content file in one track, in all languages."""
    kind = "lessons" if source.kind == "lessons" else "solutions"
    rebuild = f"build {source.stem[:2]} --track {track}"
    cells = source.track(track)
    english = _compose(source, course, (kind, "en", track))
    path = course.notebook(kind, "en", track, source.stem)
    outputs, seconds = outputs_of(path, english), None
    if outputs is None:
        if not run:
            raise Stale(
                f"{course.place(path)} has not been executed since its code changed; "
                f"run `python course.py {rebuild}`."
            )
        start = time.perf_counter()
        done = execute(english, path.parent, source, cells)
        seconds = time.perf_counter() - start
        codes = [cell for cell in done.cells if cell.cell_type == "code"]
        outputs = [(cell.execution_count, cell.outputs) for cell in codes]
    for language in course.languages(source.stem):
        wanted = selection.language in (None, language)
        if not wanted and not (language == "en" and seconds is not None):
            continue
        notebook = _compose(source, course, (kind, language, track))
        put(notebook, outputs)
        shown.fill(notebook, language, course)
        path = course.notebook(kind, language, track, source.stem)
        executed = seconds if language == "en" else None
        yield Built(path, text_of(notebook), rebuild, executed)
        if source.kind == "labs":
            lab = _compose(source, course, ("labs", language, track))
            path = course.notebook("labs", language, track, source.stem)
            stub = translate.COURSE.spoken(language, course)["answer"]
            yield Built(path, text_of(labs.strip(lab, stub)), rebuild)


def _compose(
    source: Source, course: Course, where: tuple[str, str, str]
) -> nbformat.NotebookNode:
    kind, language, track = where
    known = translate.known(source.stem, language, course)
    cells, texts = source.track(track), []
    for cell in cells:
        text = cell.text
        if cell.kind == "markdown":
            text = links.resolve(known.get(text, text), cell, source, course, where)
        texts.append(text)
    notebook = compose(source, cells, texts, course, where)
    if source.kind == "labs":
        labs.grade(notebook, cells, source.stem)
    return notebook


def _start_pages(
    lessons: list[Source], lab_sources: list[Source], course: Course
) -> Iterator[Built]:
    spoken = {name for lesson in lessons for name in course.languages(lesson.stem)}
    languages = ["en", *sorted(spoken - {"en"})]
    for language in languages:
        # Of a lesson and its lab, the lesson's title stands there.
        sources = [*lab_sources, *lessons]
        titles = {source.stem: _title(source, language, course) for source in sources}
        text = startpage.start_page(
            language, languages, lessons, lab_sources, titles, course
        )
        yield Built(course.start_page(language), text, "build")


def _title(lesson: Source, language: str, course: Course) -> str:
    first = lesson.cells[0].text
    translated = translate.known(lesson.stem, language, course).get(first)
    if translated is None:
        return lesson.title
    return translated.partition("\n")[0].removeprefix("# ").strip()


def build(course: Course, selection: Selection, run: bool = True) -> None:
    """Write what has changed, and print a line for each file."""
    _report_translations(course, selection)
    for built in everything(course, selection, run):
        changed = _read(built.path) != built.text
        if changed:
            write(built.path, built.text)
        said = "written" if changed else "unchanged"
        if built.seconds is not None:
            said = f"executed in {built.seconds:.1f} s"
        print(f"{course.place(built.path):<52} {said}", flush=True)


def need_nothing_run(course: Course) -> None:
    """Raise Stale or ContentError if a build would have to execute anything."""
    for _ in everything(course, Selection(), run=False):
        pass


def check(course: Course) -> str | None:
    """Compare without executing; return a sentence on the first file that differs."""
    _report_translations(course, Selection())
    expected = set()
    try:
        for built in everything(course, Selection(), run=False):
            expected.add(built.path)
            stored = _read(built.path)
            if stored != built.text:
                what = "is missing" if stored is None else "differs from content/"
                return (
                    f"{course.place(built.path)} {what}; "
                    f"run `python course.py {built.rebuild}`."
                )
    except Stale as stale:
        return str(stale)
    for path in _built_files(course):
        if path not in expected:
            return (
                f"{course.place(path)} has no source in content/ any more; delete it."
            )
    return None


def _built_files(course: Course) -> Iterator[Path]:
    """Find the files that say of themselves that they were built."""
    for kind in ("lessons", "labs", "solutions"):
        for path in sorted((course.root / kind).rglob("*.ipynb")):
            hidden = any(part.startswith(".") for part in path.parts)
            if not hidden and NOTE in (_read(path) or ""):
                yield path
    for path in sorted((course.root / "lessons").glob("*/README.md")):
        if NOTE in (_read(path) or ""):
            yield path
    yield from sorted((course.root / "utils" / "models").rglob("*.py"))
    yield from sorted((course.root / "quizzes").rglob("*.html"))
    yield from sorted((course.root / "utils" / "quiz").rglob("*.json"))


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _texts(course: Course, selection: Selection) -> list:
    """List all that is translated: lessons, labs, quizzes, the words around them."""
    lessons, lab_sources = read_all(course, selection)
    quizzes = make.read_all(course, lessons)
    sources = [*lessons, *lab_sources, *quizzes]
    words = [translate.COURSE, *([make.WORDS] if quizzes else [])]
    chosen = [source for source in sources if selection.has(source)]
    return chosen if selection.stems else chosen + words


def _report_translations(course: Course, selection: Selection) -> None:
    sources = _texts(course, selection)
    for stem in dict.fromkeys(source.stem for source in sources):
        for language in course.languages(stem)[1:]:
            path = course.catalogue(language, stem)
            ours = [source for source in sources if source.stem == stem]
            report = translate.report(translate.load(path, course), ours)
            if report.untranslated or report.outdated:
                print(f"{course.place(path)}: {report}")


def update_catalogues(course: Course, language: str, selection: Selection) -> None:
    """Bring the catalogues of a language up to date with the English text.

    A catalogue that does not exist yet is made for a lesson that is named, and for the
    words around all lessons.
    """
    sources = _texts(course, selection)
    for stem in dict.fromkeys(source.stem for source in sources):
        path = course.catalogue(language, stem)
        ours = [source for source in sources if source.stem == stem]
        wanted = selection.stems or isinstance(ours[0], translate.Words)
        if not path.exists() and not wanted:
            continue
        texts = translate.messages(ours)
        catalogue = translate.update(translate.load(path, course), texts, language)
        text = translate.text_of(catalogue)
        said = "unchanged" if text == _read(path) else "written"
        write(path, text)
        report = translate.report(catalogue, ours)
        if report.untranslated or report.outdated:
            said += f"; {report}"
        print(f"{course.place(path)}: {said}")
