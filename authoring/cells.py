"""What reading a content file gives: its cells, and what its front matter says."""

from dataclasses import dataclass
from pathlib import Path

TOLERANCE = "tolerance-"  # a tag, with a number: how far the cell's decimals may move


@dataclass(frozen=True)
class Cell:
    """One cell; ``line`` is the line of the content file where its text starts."""

    kind: str  # "markdown" or "code"
    text: str
    line: int
    track: str | None = None  # None: in both tracks
    tags: tuple[str, ...] = ()
    points: float | None = None


@dataclass(frozen=True)
class Source:
    """A content file.  ``minutes`` is to read a lesson or to solve a lab."""

    path: Path
    place: str
    kind: str  # "lessons" or "labs"
    title: str
    minutes: int
    run_seconds: int | None  # None for a lab
    cells: tuple[Cell, ...]

    @property
    def stem(self) -> str:
        return self.path.stem

    def track(self, track: str) -> list[Cell]:
        """List the cells of a track, in order."""
        return [cell for cell in self.cells if cell.track in (None, track)]
