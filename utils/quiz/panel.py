"""A quiz as widgets, which check the answers."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from utils.quiz.number import is_near, number_of

# Widgets keep each label on one line and cut what is too long.
STYLE = """<style>
.every-pixel-quiz label, .every-pixel-quiz .widget-label-basic {
  height: auto !important; white-space: normal !important; line-height: 1.5 !important;
}
.every-pixel-quiz .figures { display: flex; flex-wrap: wrap; gap: 8px 24px; }
.every-pixel-quiz figure { margin: 0; }
</style>"""


def panel(quiz: dict, part: str):
    """Make the widget of `show`: an ipywidgets.VBox of questions and their score."""
    import ipywidgets

    words, results = quiz["words"], {}
    total = len(quiz[part])
    score = ipywidgets.HTML()

    def count(number: int, right: bool) -> None:
        results.setdefault(number, right)
        hits = sum(results.values())
        text = words["progress"].format(done=len(results), count=total, right=hits)
        lines = [f"<p><b>{escape(text)}</b></p>"]
        missed = [quiz[part][n]["see"] for n in sorted(results) if not results[n]]
        if len(results) == total:
            said = words["mistakes"] if missed else words["no_mistakes"]
            lines.append(f"<p>{escape(said)}</p><ul>")
            lines += [f"<li>{escape(see)}</li>" for see in dict.fromkeys(missed)]
            lines.append("</ul>")
        score.value = _aloud("".join(lines))

    title = f"<h3>{escape(quiz['title'])}. {escape(words[part])}</h3>"
    rows = [ipywidgets.HTML(STYLE + title)]
    for number, question in enumerate(quiz[part]):
        said = words["question"].format(number=number + 1, count=total)
        rows.append(_row(question, said, words, lambda ok, n=number: count(n, ok)))
    box = ipywidgets.VBox([*rows, score])
    box.add_class("every-pixel-quiz")
    return box


def _row(question: dict, said: str, words: dict, count: Callable[[bool], None]):
    """Make the widgets of one question; `count` is called with the first answer."""
    import ipywidgets

    parts = [f"<p><b>{escape(said)}</b></p>", question["ask"]]
    parts.append(question.get("figure", ""))
    for option in question.get("options", []):
        if "figure" in option:
            parts.append(f"<p>{option['html']}</p>{option['figure']}")
    if question["kind"] == "several":
        parts.append(f"<p>{escape(words['several'])}</p>")
    if question["kind"] == "pixel":
        parts.append(f"<p>{escape(words['pixel_hint'])}</p>")
    controls, given = _controls(question, words)
    feedback = ipywidgets.HTML()
    button = ipywidgets.Button(description=words["check"])

    def check(_) -> None:
        answer = given()
        if answer is None:
            unread = question["kind"] == "number" and controls[0].value.strip()
            said = words["write" if unread else "choose"]
            feedback.value = _aloud(f"<p>{escape(said)}</p>")
            return
        right, html = judge(question, answer, words)
        feedback.value = _aloud(html)
        for control in controls:
            control.disabled = True
        count(right)

    button.on_click(check)
    head = ipywidgets.HTML("".join(parts))
    return ipywidgets.VBox([head, *controls, button, feedback])


def _controls(question: dict, words: dict) -> tuple[list, Callable]:
    """Make the inputs of a question, and a function that gives what is chosen."""
    import ipywidgets

    # Before version 8, descriptions are HTML.
    old = int(ipywidgets.__version__.split(".")[0]) < 8
    wide = {"width": "auto"}
    if question["kind"] == "number":
        text = ipywidgets.Text(placeholder=words["number"], layout={"width": "160px"})
        if question["unit"]:
            text.description = escape(question["unit"]) if old else question["unit"]
        return [text], lambda: number_of(text.value, question)
    if question["kind"] == "pixel":
        names = words["row_of"], words["column_of"]
        choices = [
            ipywidgets.Dropdown(
                options=[("-", None), *((str(n), n) for n in range(size))],
                description=escape(name),
                layout={"width": "160px"},
            )
            for name, size in zip(names, question["shape"])
        ]

        def place() -> list[int] | None:
            values = [choice.value for choice in choices]
            return None if None in values else values

        return choices, place
    labels = [option["plain"] for option in question["options"]]
    if question["kind"] == "several":
        boxes = [
            ipywidgets.Checkbox(
                description=escape(label) if old else label, indent=False, layout=wide
            )
            for label in labels
        ]
        return boxes, lambda: [n for n, box in enumerate(boxes) if box.value] or None
    pairs = [(label, number) for number, label in enumerate(labels)]
    radio = ipywidgets.RadioButtons(options=pairs, value=None, layout=wide)
    return [radio], lambda: None if radio.value is None else [radio.value]


def judge(question: dict, answer, words: dict) -> tuple[bool, str]:
    """Tell whether an answer is right, and why, as HTML.

    answer: a number, a pixel as [row, column], or the options as [numbers].
    """
    extra = ""
    if "options" in question:
        options = question["options"]
        wanted = [n for n, option in enumerate(options) if option["right"]]
        right = sorted(answer) == wanted
        why = "".join(options[number]["why"] for number in answer)
        if question["kind"] == "several" and not right:
            hits = len(set(answer) & set(wanted))
            said = words["found"].format(
                hits=hits, all=len(wanted), extra=len(answer) - hits
            )
            extra = f"<p>{escape(said)}</p>"
    elif question["kind"] == "number":
        right = is_near(question, answer, question["answer"])
        why = _why(question, right, lambda value: is_near(question, answer, value))
    else:
        right = list(answer) in question["answer"]
        why = _why(question, right, lambda value: list(answer) == value)
    verdict = words["right"] if right else words["wrong"]
    see = "" if right else f"<p>{escape(question['see'])}</p>"
    return right, f"<p><b>{escape(verdict)}</b></p>{extra}{why}{see}"


def _why(question: dict, right: bool, fits: Callable) -> str:
    if right:
        return question["why"]
    for mistake in question["mistakes"]:
        if any(fits(value) for value in mistake["values"]):
            return mistake["why"]
    return question["otherwise"]


def _aloud(html: str) -> str:
    """Have a screen reader say what has just appeared."""
    return f'<div role="alert">{html}</div>'
