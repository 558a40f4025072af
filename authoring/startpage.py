"""The start page: every lesson with its links and times, in one table."""

import os

from authoring.cells import Source
from authoring.layout import TRACK_TITLES, TRACKS, Course
from authoring.notebook import NOTE, colab

NAMES = {"en": "English", "ko": "한국어"}
WORDS = {
    "en": {
        "title": "Every Pixel",
        "lead": "Choose a lesson in the framework you know. "
        "It says the same in both, and runs as it is, without a graphics card.",
        "head": ["Lesson", "Read", "Run", "Lab"],
        "lesson": "Lesson",
        "lab": "Lab",
        "solution": "Solution",
        "minutes": "{} min",
        "seconds": "{} s",
        "english": "{} (English)",
        "quizzes": "[Quizzes]({}): what you can predict before a lesson, and what has "
        "stayed after it, on pages that check your answers.",
    },
    "ko": {
        "title": "Every Pixel",
        "lead": "익숙한 프레임워크로 강의를 고르세요. "
        "내용은 양쪽이 같고, 그래픽 카드 없이 그대로 실행됩니다.",
        "head": ["강의", "읽기", "실행", "실습"],
        "lesson": "강의",
        "lab": "실습",
        "solution": "풀이",
        "minutes": "{}분",
        "seconds": "{}초",
        "english": "{} (영어)",
        "quizzes": "[퀴즈]({}): 강의를 읽기 전에 예측하고 읽은 뒤에 확인하는 문제를, "
        "채점해 주는 페이지에서 풀어 보세요.",
    },
}


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
    words = WORDS.get(language, WORDS["en"])
    page = course.start_page(language)
    lessons_of, labs_of = ({s.stem: s for s in found} for found in (lessons, labs))

    def link(kind: str, track: str, source: Source) -> str:
        spoken = language if language in course.languages(source.stem) else "en"
        path = course.notebook(kind, spoken, track, source.stem)
        word = words["solution"] if kind == "solutions" else words[kind[:-1]]
        word = word if spoken == language else words["english"].format(word)
        text = f"[{word}]({_relative(path, page)})"
        address = colab(path, course) if kind != "solutions" else ""
        return f"{text} ([Colab]({address}))" if address else text

    head = words["head"]
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
        row.append(words["minutes"].format(lesson.minutes) if lesson else "")
        row.append(words["seconds"].format(lesson.run_seconds) if lesson else "")
        row.append(words["minutes"].format(lab.minutes) if lab else "")
        rows.append(row)
    others = [
        f"[{NAMES.get(other, other)}]({_relative(course.start_page(other), page)})"
        for other in languages
        if other != language
    ]
    quizzes = []
    if any((course.root / "content" / "quizzes").glob("*.yaml")):
        index = _relative(course.quiz_page(language, "index"), page)
        quizzes = [words["quizzes"].format(index)]
    parts = [
        f"<!-- {NOTE}: content/lessons, content/labs -->",
        f"# {words['title']}",
        *([" · ".join(others)] if others else []),
        words["lead"],
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
        *quizzes,
    ]
    return "\n\n".join(parts) + "\n"


def _relative(path, page) -> str:
    return os.path.relpath(path, page.parent).replace(os.sep, "/")
