"""Every built notebook of the course, whatever lessons there are."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from authoring import keys
from authoring.cli import main
from authoring.execute import execute
from authoring.layout import Course
from authoring.quizzes import shown
from authoring.read import read

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
MEGABYTE = 1_000_000
KINDS = ("lessons", "labs", "solutions")
NOTEBOOKS = [
    path
    for kind in KINDS
    for path in sorted((ROOT / kind).glob("*/*/*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]
LESSONS = [path for path in NOTEBOOKS if path.parts[-4] == "lessons"]
EXECUTED = [path for path in NOTEBOOKS if path.parts[-4] != "labs"]
LABS = [path for path in NOTEBOOKS if path.parts[-4] == "labs"]
TRANSLATED = [path for path in NOTEBOOKS if path.parts[-3] != "en"]


def each(paths):
    """Parametrise a test by notebook, named by its place in the course."""
    return pytest.mark.parametrize(
        "path", paths, ids=[COURSE.place(path) for path in paths]
    )


def load(path):
    return nbformat.read(path, as_version=4)


def codes(path):
    return [cell for cell in load(path).cells if cell.cell_type == "code"]


def test_every_built_file_is_what_content_says(capsys):
    assert main(["check"], ROOT) == 0, capsys.readouterr().err


@each(LESSONS)
def test_a_lesson_asks_before_and_after_and_links_the_page_of_its_quiz(path):
    number, language = path.stem[:2], path.parts[-3]
    asked = [cell.source for cell in codes(path) if "quiz.show" in cell.source]
    assert asked == [f'quiz.show("{number}", "{part}")' for part in ("pre", "post")]
    text = "".join(cell.source for cell in load(path).cells)
    page = f"quizzes/{language}/{path.stem}.html"
    for part in ("pre", "post"):
        assert f"{page}#{part})" in text
        assert f'id="{part}"' in (ROOT / page).read_text(encoding="utf-8")


@each(EXECUTED)
def test_it_was_run_once_from_top_to_bottom(path):
    cells = codes(path)
    counts = [cell.execution_count for cell in cells]
    assert counts == list(range(1, len(cells) + 1))


@each(EXECUTED)
def test_it_stores_no_error_no_stderr_and_no_widget(path):
    for cell in codes(path):
        on_purpose = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            assert output.output_type != "error" or on_purpose
            assert output.get("name") != "stderr"
            assert not [mime for mime in output.get("data", {}) if "widget" in mime]


@each(NOTEBOOKS)
def test_it_is_small_and_its_metadata_is_plain(path):
    raw = path.read_bytes()
    assert len(raw) < MEGABYTE
    notebook = json.loads(raw)
    metadata = notebook["metadata"]
    assert set(metadata) == {"every_pixel", "kernelspec", "language_info"}
    assert metadata["kernelspec"]["name"] == "python3"
    allowed = {"tags", "nbgrader", "deletable", "editable"}
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= allowed
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)


@each(NOTEBOOKS)
def test_it_starts_with_its_title_and_the_setup_cell(path):
    title, setup = load(path).cells[:2]
    assert title.cell_type == "markdown" and title.source.startswith("# ")
    assert setup.id == "setup"
    assert setup.source.endswith(f"\nimport utils.{path.parts[-2]}")


@each(NOTEBOOKS)
def test_its_first_cell_says_its_language(path):
    said = f'os.environ["EVERY_PIXEL_LANGUAGE"] = "{path.parts[-3]}"'
    assert said in codes(path)[0].source.split("\n")


@each(NOTEBOOKS)
def test_it_imports_the_framework_of_its_track_only(path):
    sources = [cell.source for cell in codes(path)]
    assert keys.frameworks(sources, COURSE) <= {path.parts[-2]}


@each([path for path in EXECUTED if path.parts[-3] == "en"])
def test_its_code_is_clean(path):
    notebook = load(path)
    # The setup cell imports utils for what that does; its template is linted by itself.
    notebook.cells = [cell for cell in notebook.cells if cell.id != "setup"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", path, "-"],
        cwd=ROOT,
        input=nbformat.writes(notebook),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each(NOTEBOOKS)
def test_its_code_fits_88_columns(path):
    for cell in codes(path):
        assert max(map(len, cell.source.split("\n"))) <= 88


@each(TRANSLATED)
def test_a_translation_has_the_code_outputs_and_ids_of_the_english_one(path):
    kind, _, track = path.parts[-4:-1]
    english = load(COURSE.notebook(kind, "en", track, path.stem))
    translated = load(path)
    for one, two in zip(english.cells, translated.cells, strict=True):
        assert (one.id, one.cell_type) == (two.id, two.cell_type)
        if one.cell_type == "code":
            said = two.source
            if one.id == "setup":
                said = said.replace(f'"{path.parts[-3]}"', '"en"')
            assert one.source == said
            asks = shown.CELL.fullmatch(one.source)  # in the language of the notebook
            assert (one.outputs == two.outputs) is not bool(asks)
    assert english.metadata.every_pixel.key == translated.metadata.every_pixel.key


@each(LABS)
def test_a_lab_has_no_outputs_and_no_solutions(path):
    for cell in load(path).cells:
        assert "SOLUTION" not in cell.source
        assert not cell.get("outputs") and cell.get("execution_count") is None


@each(LABS)
def test_what_is_left_of_a_stub_stands_in_its_solution(path):
    _, language, track = path.parts[-4:-1]
    solution = load(COURSE.notebook("solutions", language, track, path.stem))
    stub_lines = {"# Write your code here.", "..."}
    for stub, full in zip(load(path).cells, solution.cells, strict=True):
        if stub.cell_type == "code":
            left = {line.strip() for line in stub.source.split("\n")}
            assert left - stub_lines <= {x.strip() for x in full.source.split("\n")}


@each([path for path in LABS if path.parts[-3] == "en"])
def test_an_unsolved_lab_runs_to_its_end(path):
    source = read(ROOT / "content" / "labs" / f"{path.stem}.md", COURSE)
    done = execute(load(path), path.parent, source, source.track(path.parts[-2]))
    for cell in done.cells:
        if cell.cell_type == "code":
            assert not [out for out in cell.outputs if out.output_type == "error"]
        if "check" in cell.metadata.get("tags", []):
            said = "".join(out.get("text", "") for out in cell.outputs)
            assert "not yet. It is not written yet" in said, cell.source
            assert len(said.splitlines()) == 1, said


@each([path for path in EXECUTED if path.parts[-4:-2] == ("solutions", "en")])
def test_a_solved_lab_passes_all_its_checks(path):
    checks = [cell for cell in codes(path) if "check" in cell.metadata.get("tags", [])]
    assert checks
    for cell in checks:
        said = "".join(output.get("text", "") for output in cell.outputs)
        assert ": passed. " in said and "not yet" not in said, cell.source
