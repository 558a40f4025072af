"""Where content and built files lie, and the settings of the course."""

import re
from dataclasses import dataclass
from pathlib import Path

TRACKS = ("pytorch", "tensorflow")
TRACK_TITLES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
STEM = re.compile(r"\d\d_[a-z0-9_]+")


def setting(name: str) -> re.Pattern:
    """Match a text under [tool.every-pixel]; Python 3.10 cannot read TOML."""
    return re.compile(
        rf'(^\[tool\.every-pixel\][^\[]*?^{name}[ \t]*=[ \t]*")([^"\n]*)(")',
        re.MULTILINE | re.DOTALL,
    )


class ContentError(Exception):
    """Something in ``content/`` is wrong; the text is one sentence with its place."""

    def __init__(self, place: str, line: int | None, sentence: str) -> None:
        where = place if line is None else f"{place}:{line}"
        super().__init__(f"{where}: {sentence}")


@dataclass(frozen=True)
class Course:
    """The folder that holds ``content/`` and receives the built files."""

    root: Path

    def place(self, path: Path) -> str:
        """Name ``path`` as people do: relative to the course, with slashes."""
        return path.relative_to(self.root).as_posix()

    def contents(self, kind: str) -> list[Path]:
        """List the content files of a kind (``lessons`` or ``labs``), in order."""
        paths = sorted((self.root / "content" / kind).glob("*.md"))
        for path in paths:
            if not STEM.fullmatch(path.stem):
                raise ContentError(
                    self.place(path),
                    None,
                    "a content file is named like 05_unet.md; rename it.",
                )
        return paths

    def catalogue(self, language: str, stem: str) -> Path:
        return self.root / "content" / "locale" / language / f"{stem}.po"

    def languages(self, stem: str) -> list[str]:
        """List the languages a lesson exists in: English and every translation."""
        folders = sorted((self.root / "content" / "locale").glob("*/"))
        names = [folder.name for folder in folders]
        return ["en", *(name for name in names if self.catalogue(name, stem).exists())]

    def notebook(self, kind: str, language: str, track: str, stem: str) -> Path:
        return self.root / kind / language / track / f"{stem}.ipynb"

    def models(self, module: str) -> Path:
        """Give the file of an exported module, such as ``pytorch/unet``."""
        return self.root / "utils" / "models" / f"{module.lstrip('/')}.py"

    def quiz_page(self, language: str, stem: str) -> Path:
        return self.root / "quizzes" / language / f"{stem}.html"

    def quiz_data(self, language: str, stem: str) -> Path:
        return self.root / "utils/quiz/questions" / language / f"{stem}.json"

    def start_page(self, language: str) -> Path:
        folder = self.root / "lessons"
        return (folder if language == "en" else folder / language) / "README.md"

    @property
    def settings(self) -> Path:
        return self.root / "pyproject.toml"

    def _set(self, name: str) -> str:
        if not self.settings.exists():
            return ""
        found = setting(name).search(self.settings.read_text(encoding="utf-8"))
        return found[2] if found else ""

    @property
    def repository(self) -> str:
        """The course's https address, or an empty string before it is published."""
        return self._set("repository")

    @property
    def tag(self) -> str:
        """The git tag that published notebooks fetch and link."""
        return self._set("tag")

    @property
    def site(self) -> str:
        """The address at which a browser shows ``quizzes/``, empty if there is none."""
        return self._set("site")

    def address(self, path: Path) -> str:
        """Give the public address of a built file, empty before it is published.

        It is the page on which the repository shows the file, at the fixed tag: right
        for readers in Colab, in JupyterLab and of a notebook that was mailed.  There,
        the HTML page of a quiz is source text; so it lies at the site if there is one.
        """
        if not self.repository:
            return ""
        if self.site and path.suffix == ".html":
            return f"{self.site.rstrip('/')}/{self.place(path)}"
        return f"{self.repository}/blob/{self.tag}/{self.place(path)}"
