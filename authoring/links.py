"""Links and pictures: what authors write, and what a built notebook needs.

Authors link content files: ``[the lab](../labs/05_unet.md)``, ``(04_skips.md)``, and
``(../solutions/05_unet.md)`` for a lab's solution.  Each becomes a link to the built
notebook of the same track, in the same language where that exists; and
``(../quizzes/05_unet.yaml#pre)`` one to the page of the quiz.  Colab knows no file
beside a notebook, so that links are public addresses once the course is published.
Pictures from ``content/figures`` are embedded as data: addresses, so that a notebook
that was copied alone shows them; cell attachments would be lost in Colab, and SVG ones
in JupyterLab.
Beside an SVG drawing may lie a PNG of the same name, which is then embedded instead.
"""

import base64
import os.path
import re

from authoring.cells import Cell, Source
from authoring.layout import ContentError, Course

LINK = re.compile(
    r"\]\(((?:\.\./)?(?:[a-z]+/)?)(\d\d_[a-z0-9_]+)\.(md|yaml)((?:#[^)\s]*)?)\)"
)
BUILT = re.compile(r"\]\([./]*(lessons|labs|solutions)/\w+/\w+/(\w+)\.ipynb")
PICTURE = re.compile(r"(?<=[(\"'])\.\./figures/([\w./-]+\.(?:png|jpg|svg))(?=[)\"'\s])")
MIME = {".png": "image/png", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}


def resolve(
    text: str, cell: Cell, source: Source, course: Course, where: tuple[str, str, str]
) -> str:
    """Turn links and pictures of a Markdown text into those of a built notebook.

    ``where`` is the notebook's kind, language and track.  Raises ContentError for a
    link or a picture that leads nowhere.
    """
    kind, language, track = where

    def wrong(found: re.Match, sentence: str) -> ContentError:
        before = cell.text.partition(found[0])[0] if found[0] in cell.text else ""
        return ContentError(source.place, cell.line + before.count("\n"), sentence)

    built = BUILT.search(text)
    if built:
        raise wrong(
            built,
            "links a built notebook, of one track and language only; link its source "
            f"instead: ../{built[1]}/{built[2]}.md.",
        )

    def link(found: re.Match) -> str:
        folder, stem, kind_of_file, section = found.groups()
        target = folder.removeprefix("../").rstrip("/") or source.kind
        written = "labs" if target == "solutions" else target
        name = f"{stem}.{kind_of_file}"
        if not (course.root / "content" / written / name).exists():
            raise wrong(
                found,
                f"links to {folder}{name}, which does not exist; mend the link.",
            )
        spoken = language if language in course.languages(stem) else "en"
        here = course.notebook(kind, language, track, source.stem).parent
        there = (
            course.quiz_page(spoken, stem)
            if target == "quizzes"
            else course.notebook(target, spoken, track, stem)
        )
        path = os.path.relpath(there, here).replace(os.sep, "/")
        return f"]({course.address(there) or path}{section})"

    def picture(found: re.Match) -> str:
        path = course.root / "content" / "figures" / found[1]
        if not path.exists():
            raise wrong(
                found,
                f"shows {found[0]}, which does not exist; draw it or mend the name.",
            )
        drawn = path.with_suffix(".png")  # Colab shows PNG, but no SVG
        path = drawn if drawn.exists() else path
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        return f"data:{MIME[path.suffix]};base64,{data}"

    return PICTURE.sub(picture, LINK.sub(link, text))
