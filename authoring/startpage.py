"""The start page: every lesson with its links and times, in one table."""

import os

from authoring.cells import Source
from authoring.layout import TRACK_TITLES, TRACKS, Course
from authoring.notebook import NOTE, colab
from authoring.translate import COURSE, own_name


def start_page(
    language: str,
    languages: list[str],
    lessons: list[Source],
    labs: list[Source],
    titles: dict[str, str],
    course: Course,
) -> str:
    """Write the start page of a language.

    ``titles`` maps the stem of a lesson, or of a lab without one, to its title in that
    language.  A notebook that does not exist in the language is linked in English, and
    says so.
    """
    words = COURSE.spoken(language, course)
    page = course.start_page(language)
    lessons_of, labs_of = ({s.stem: s for s in found} for found in (lessons, labs))

    def link(kind: str, track: str, source: Source) -> str:
        spoken = language if language in course.languages(source.stem) else "en"
        path = course.notebook(kind, spoken, track, source.stem)
        word = words["solution"] if kind == "solutions" else words[kind[:-1]]
        word = word if spoken == language else words["english"].format(link=word)
        text = f"[{word}]({_relative(path, page)})"
        address = colab(path, course) if kind != "solutions" else ""
        return f"{text} ([Colab]({address}))" if address else text

    head = [words[key] for key in ("lesson", "read", "run", "lab")]
    columns = [head[0], *(TRACK_TITLES[track] for track in TRACKS), *head[1:]]
    rows = [columns, ["---"] * len(columns)]
    for stem in sorted({*lessons_of, *labs_of}):
        lesson, lab = lessons_of.get(stem), labs_of.get(stem)
        cells = []
        for track in TRACKS:
            links = [link("lessons", track, lesson)] if lesson else []
            if lab:
                links += [link(kind, track, lab) for kind in ("labs", "solutions")]
            cells.append(" · ".join(links))
        row = [f"{stem[:2]} {titles[stem]}", *cells]
        row.append(words["minutes"].format(count=lesson.minutes) if lesson else "")
        row.append(words["seconds"].format(count=lesson.run_seconds) if lesson else "")
        row.append(words["minutes"].format(count=lab.minutes) if lab else "")
        rows.append(row)
    others = [
        f"[{own_name(other)}]({_relative(course.start_page(other), page)})"
        for other in languages
        if other != language
    ]
    quizzes = []
    if any((course.root / "content" / "quizzes").glob("*.yaml")):
        index = _relative(course.quiz_page(language, "index"), page)
        quizzes = [words["quizzes"].format(address=index)]
    parts = [
        f"<!-- {NOTE}: content/lessons, content/labs -->",
        "# Every Pixel",
        *([" · ".join(others)] if others else []),
        words["lead"],
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
        *quizzes,
    ]
    return "\n\n".join(parts) + "\n"


def _relative(path, page) -> str:
    return os.path.relpath(path, page.parent).replace(os.sep, "/")
