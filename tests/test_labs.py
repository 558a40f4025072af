"""The labs as texts: what every exercise has, and what its check may not give away."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import checks
from authoring.labs import BEGIN, END
from authoring.layout import TRACKS, Course
from authoring.read import read

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
LABS = {path.stem: read(path, COURSE) for path in COURSE.contents("labs")}
HEADING = re.compile(r"(?m)^## Exercise (\d): (.+)$")
ABOUT = re.compile(r"\*\*(\d+) minutes, (easy|medium|hard)\.\*\*")
ROW = re.compile(r"(?m)^\| (\d) \| (.+?) \| (\d+) \| (easy|medium|hard) \|$")
CALL = re.compile(r"checks\.(lab\d\d)\.(\w+)\(")

each = pytest.mark.parametrize("lab", LABS.values(), ids=LABS)


def prose(lab, track="pytorch"):
    return "\n\n".join(c.text for c in lab.track(track) if c.kind == "markdown")


def exercises(lab, track="pytorch"):
    """The number of each exercise -> its Markdown, up to the next heading."""
    text = prose(lab, track)
    parts = re.split(r"(?m)^## ", text)[1:]
    found = {}
    for part in parts:
        if number := re.match(r"Exercise (\d): ", part):
            found[int(number[1])] = part
    return found


@each
def test_a_lab_has_three_to_six_exercises_and_an_open_task(lab):
    for track in TRACKS:
        numbers = [int(number) for number, _ in HEADING.findall(prose(lab, track))]
        assert 3 <= len(numbers) <= 6
        assert numbers == list(range(1, len(numbers) + 1))
        last = re.findall(r"(?m)^## (.+)$", prose(lab, track))[-1]
        assert last.startswith("Open task")


@each
def test_each_exercise_says_what_to_write_and_how_long_it_takes(lab):
    for track in TRACKS:
        for number, text in exercises(lab, track).items():
            assert ABOUT.search(text), f"exercise {number}: minutes and difficulty"
            assert "**Write**" in text, f"exercise {number}: what to write"
            assert "**By hand.**" in text, f"exercise {number}: an example"
            hint = text.partition("<details><summary>Hint</summary>")[2]
            assert "</details>" in hint, f"exercise {number}: a folded hint"


@each
def test_the_table_of_exercises_and_the_minutes_add_up(lab):
    rows = ROW.findall(lab.cells[0].text)
    abouts = [ABOUT.search(text).groups() for text in exercises(lab).values()]
    assert [(minutes, level) for _, _, minutes, level in rows] == abouts
    assert sum(int(minutes) for minutes, _ in abouts) == lab.minutes
    assert 30 <= lab.minutes <= 60 or lab.stem.startswith("09")


@each
def test_each_exercise_is_checked_by_its_own_lab(lab):
    for track in TRACKS:
        cells = [c for c in lab.track(track) if "check" in c.tags]
        called = [call for cell in cells for call in CALL.findall(cell.text)]
        assert len(called) == len(cells), "one check in each check cell"
        assert {name for name, _ in called} == {f"lab{lab.stem[:2]}"}
        module = getattr(checks, f"lab{lab.stem[:2]}")
        for _, name in called:
            assert inspect.isfunction(getattr(module, name)), name
        assert len({name for _, name in called}) == len(called) >= len(exercises(lab))


@each
def test_no_check_goes_unused(lab):
    module = getattr(checks, f"lab{lab.stem[:2]}")
    called = {n for cell in lab.cells for _, n in CALL.findall(cell.text)}
    written = {
        name
        for name, check in inspect.getmembers(module, inspect.isfunction)
        if check.__module__ == f"{module.__name__}.{name}" and not name.startswith("_")
    }
    assert written == called


def names(node):
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


@each
@pytest.mark.parametrize("track", TRACKS)
def test_a_notebook_goes_on_where_an_exercise_wants_one_that_is_not_written(lab, track):
    cells = [c for c in lab.track(track) if c.kind == "code" and "check" not in c.tags]
    lines = [line for cell in cells for line in ast.parse(cell.text).body]
    written = {line.name: line for line in lines if isinstance(line, ast.FunctionDef)}
    exercises = {
        name
        for name in written
        for cell in cells
        if f"def {name}(" in cell.text and BEGIN in cell.text
    }
    for name in exercises:
        if names(written[name]) & (exercises - {name}):
            first = next(line for line in lines if name in names(line))
            assert re.search(r"checks\.attempt|is not None", ast.unparse(first)), name


def solution_lines(lab):
    """The lines of the solutions that are long enough to give something away."""
    for cell in lab.cells:
        inside = False
        for line in cell.text.split("\n"):
            inside = (inside or BEGIN in line) and END not in line
            if inside and BEGIN not in line and len(line.strip()) >= 24:
                yield line.strip()


@each
def test_a_check_never_prints_a_line_of_the_solution(lab):
    folder = ROOT / "checks"
    name = f"lab{lab.stem[:2]}"
    files = [folder / f"{name}.py", *(folder / name).rglob("*.py")]
    texts = [
        node.value
        for path in files
        if path.exists()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert texts
    for line in solution_lines(lab):
        assert not [text for text in texts if line in text], line


@each
def test_a_check_and_its_cell_need_no_framework(lab):
    folder = ROOT / "checks"
    name = f"lab{lab.stem[:2]}"
    for path in [folder / f"{name}.py", *(folder / name).rglob("*.py")]:
        if path.exists():
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"(?m)^\s*(import|from) (torch|tensorflow|keras)", text
            )


@each
def test_the_lesson_leads_to_its_lab(lab):
    lesson = ROOT / "content" / "lessons" / f"{lab.stem}.md"
    if lesson.exists():
        assert f"(../labs/{lab.stem}.md)" in lesson.read_text(encoding="utf-8")


@each
def test_no_line_of_a_lab_is_wider_than_a_screen(lab):
    lines = lab.path.read_text(encoding="utf-8").split("\n")
    assert not [line for line in lines if len(line) > 90 and line[:1] != "|"]
