"""The quizzes of the lessons, in a notebook: `quiz.show("05", "pre")`.

The questions lie beside this module, where the authors' tools write them; the same
questions stand on the pages in `quizzes/`. An answer is checked here and kept nowhere.
"""

from __future__ import annotations

from utils.live import live
from utils.quiz.find import load, spoken
from utils.quiz.panel import panel
from utils.quiz.text import as_html

__all__ = ["show"]

PARTS = ("pre", "post")


def show(number: str, part: str, language: str | None = None) -> None:
    """Show the questions before ("pre") or after ("post") a lesson, and check answers.

    Without a live kernel, the questions and their folded answers are shown as text,
    with a link to the page that has them too.

    Args:
        number: of the lesson, such as "05".
        part: "pre" or "post".
        language: such as "ko"; by default that of the notebook.

    Raises:
        ValueError: there is no such quiz; the text names those that there are.
    """
    from IPython.display import HTML, display

    quiz = load(number, language or spoken())
    if part not in PARTS:
        raise ValueError(
            f"The part is {part!r}, but a quiz has the parts pre and post."
        )
    if not live():
        display(HTML(as_html(quiz, part)))
        return
    # The widget by its name: else the notebook stores a description of all its parts.
    view = {"model_id": panel(quiz, part).model_id}
    view |= {"version_major": 2, "version_minor": 0}
    title = f"{quiz['title']}. {quiz['words'][part]}"
    kind = "application/vnd.jupyter.widget-view+json"
    display({kind: view, "text/plain": title}, raw=True)
