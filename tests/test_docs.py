"""What the documents promise: short, true, with links that lead somewhere."""

import importlib.util
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from authoring.layout import TRACKS, Course
from authoring.read import read

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "data/README.md",
    "docs/instructors.md",
    "docs/results.md",
    "docs/troubleshooting.md",
    *(f"docs/authors/{path.name}" for path in sorted(ROOT.glob("docs/authors/*.md"))),
]
NOTEBOOKS = "docs/authors/notebooks.md"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
BUILT = re.compile(r"(lessons|labs|solutions)/(\w+)/(\w+)/(\w+)\.ipynb")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose_of(name: str) -> str:
    """A document without its code, in blocks and in lines."""
    text = re.sub(r"(?ms)^ *(`{3,})[^`\n]*$.*?^ *\1$", "", text_of(name))
    return re.sub(r"`[^`\n]*`", "", text)


def links() -> list[tuple[str, str]]:
    return [
        (name, target)
        for name in DOCUMENTS
        for target in LINK.findall(prose_of(name))
        if not target.startswith(("http://", "https://"))
    ]


def is_built(place: str) -> bool:
    """Tell whether a build of content/ makes this file."""
    found = BUILT.fullmatch(place)
    if found:
        kind, language, track, stem = found.groups()
        written = "labs" if kind == "solutions" else kind
        source = ROOT / "content" / written / f"{stem}.md"
        return (
            source.exists() and track in TRACKS and language in COURSE.languages(stem)
        )
    spoken = {name for path in COURSE.contents("lessons") for name in languages(path)}
    return place in {
        COURSE.place(COURSE.start_page(language)) for language in {"en", *spoken}
    }


def languages(path: Path) -> list[str]:
    return COURSE.languages(path.stem)


def headings(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a text."""
    titles = re.findall(r"(?m)^#+ (.*)$", text)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


def test_the_readme_fits_and_gets_to_the_point():
    lines = text_of("README.md").splitlines()
    assert len(lines) <= 90
    commands = [n for n, line in enumerate(lines, 1) if line.startswith("python ")]
    assert commands[0] <= 25
    assert lines[commands[0] - 1].startswith("python course.py lab")


def test_the_readme_says_what_python_is_called_on_each_system():
    start = text_of("README.md").partition("## Start")[2].partition("**")[0]
    names = {"macOS": "python3", "Debian": "python3", "Ubuntu": "python3"}
    for system, name in {**names, "Windows": "py"}.items():
        assert re.search(rf"`{name}`\s+\([^)]*\b{system}\b", start)


def test_the_readme_has_its_numbers_filled_in():
    assert not re.findall(r"\b(?:SCORE|SECONDS)\b", text_of("README.md"))


def test_contributing_fits_and_leads_to_every_manual():
    assert len(text_of("CONTRIBUTING.md").splitlines()) <= 120
    manuals = {name for name in DOCUMENTS if name.startswith("docs/authors/")}
    assert manuals <= {target for name, target in links() if name == "CONTRIBUTING.md"}


def test_there_are_links_to_follow():
    assert {name for name, _ in links()} >= {"README.md", "data/README.md"}


@pytest.mark.parametrize(("name", "target"), links())
def test_a_relative_link_leads_somewhere(name, target):
    path, _, section = target.partition("#")
    there = ((ROOT / name).parent / unquote(path)).resolve() if path else ROOT / name
    place = there.relative_to(ROOT).as_posix()
    assert there.exists() or is_built(place), f"{name} links to {target}"
    if section:
        assert section in headings(text_of(place))


def test_the_readme_names_each_lesson_that_exists_with_its_times():
    rows = [line for line in text_of("README.md").splitlines() if line[:2] == "| "]
    for path in COURSE.contents("lessons"):
        lesson = read(path, COURSE)
        row = next(line for line in rows if line.startswith(f"| {lesson.stem[:2]} |"))
        assert lesson.title in row
        assert f"| {lesson.minutes} min | {lesson.run_seconds} s |" in row
        for language in COURSE.languages(path.stem):
            for track in TRACKS:
                assert f"(lessons/{language}/{track}/{lesson.stem}.ipynb)" in row
    for path in COURSE.contents("labs"):
        row = next(line for line in rows if line.startswith(f"| {path.stem[:2]} |"))
        for track in TRACKS:
            assert f"(labs/en/{track}/{path.stem}.ipynb)" in row
        assert row.endswith(f"| {read(path, COURSE).minutes} min |")
    names = {
        path.stem[:2] for kind in ("lessons", "labs") for path in COURSE.contents(kind)
    }
    numbers = [row[2:4] for row in rows if row[2:4].isdigit()]
    assert numbers == sorted(names)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_of_the_documents_exist(name):
    known = re.findall(r"(?m)^  python course.py (\w+) ", text_of("course.py"))
    assert len(known) == 8
    for command in re.findall(r"python course\.py (\w+)", text_of(name)):
        assert command in known


def test_the_manual_names_every_option_of_a_cell():
    from authoring.read import TAGS

    text = text_of(NOTEBOOKS)
    assert set(re.findall(r"`:tags: \[([a-z-]+)\]`", text)) == TAGS
    assert "`:points: 2`" in text and "`:track: pytorch`" in text


def test_the_example_in_the_manual_is_a_lesson(tmp_path):
    example = re.search(r"(?ms)^````\n(.*?)^````$", text_of(NOTEBOOKS))[1]
    path = tmp_path / "content" / "lessons" / "06_dilation.md"
    path.parent.mkdir(parents=True)
    path.write_text(example, encoding="utf-8")
    lesson = read(path, Course(tmp_path))
    assert [cell.kind for cell in lesson.track("pytorch")].count("code") == 2
    assert "A Markdown cell of one track." in [
        cell.text for cell in lesson.track("tensorflow")
    ]


def test_no_colab_link_is_printed_before_there_is_a_repository():
    if not COURSE.repository:
        for name in DOCUMENTS:
            assert "colab.research" not in text_of(name)


def test_every_term_of_the_glossary_is_complete_in_both_languages():
    glossary = yaml.safe_load(text_of("content/glossary.yaml"))
    assert len(glossary) >= 80
    for entry in glossary:
        assert set(entry) == {"term", "meaning"}, entry
        for field in entry.values():
            assert set(field) == {"en", "ko"}, entry
            for text in field.values():
                assert isinstance(text, str) and text.strip() == text != ""
                assert "\n" not in text
        assert re.search("[가-힣]", entry["meaning"]["ko"]), entry
        assert not re.search("[가-힣]", entry["meaning"]["en"]), entry


def test_each_term_has_one_name_and_one_place_in_the_glossary():
    glossary = yaml.safe_load(text_of("content/glossary.yaml"))
    english = [entry["term"]["en"].casefold() for entry in glossary]
    korean = [entry["term"]["ko"] for entry in glossary]
    assert english == sorted(english)
    assert len(set(english)) == len(english)
    assert len(set(korean)) == len(korean)


def test_data_readme_and_the_list_of_the_command_agree():
    from utils.datasets.catalogue import DATA_SETS

    text = re.sub(r"\s+", " ", text_of("data/README.md"))
    anchors = headings(text_of("data/README.md"))
    for entry in DATA_SETS:
        assert entry.name.lower().replace(" ", "-") in anchors
        for address in re.findall(r"https?://[^\s,]+", entry.source):
            assert address in text
        for doi in re.findall(r"10\.\d{4}/\S+", entry.citation):
            assert doi in text


def test_the_table_of_data_readme_is_built_from_the_catalogue():
    from utils.datasets.catalogue import with_table

    text = text_of("data/README.md")
    assert with_table(text) == text, "run `python -m utils.datasets.catalogue`"


# The calls that use a data set. Those that may draw it count for the simulated one.
CALLS = {
    "PH2": r"load_ph2\((?![^)]*\"simulated\")",
    "nuclei": r"load_nuclei\(",
    "MADS": r"load_mads\(",
    "your own": r"load_folder\(",
    "simulated skin": r"(load_ph2|simulate_skin)\(",
    "simulated meadow": r"simulate_meadow\(",
    "simulated flock": r"simulate_flock\(",
    "simulated bodies": r"(load_mads|simulate_body)\(",
    "simulated nuclei": r"(load_nuclei|simulate_nuclei)\(",
}
# Four single pictures of where segmentation is used are no data set.
PICTURES = "simulate_applications"


def numbered(used: str) -> set[tuple[str, int]]:
    """Read "lessons 00 to 02 and 05, lab 03" as ("lesson", 0), ("lesson", 1)..."""
    found = set()
    for kind, numbers in re.findall(r"\b(lesson|lab)s? ((?:\d\d|to|and|[, ])+)", used):
        for first, last in re.findall(r"(\d\d)(?: to (\d\d))?", numbers):
            found |= {(kind, n) for n in range(int(first), int(last or first) + 1)}
    return found


def test_numbers_of_lessons_are_read_as_people_write_them():
    assert numbered("lesson 07, by one line; until 12 are here, others") == {
        ("lesson", 7)
    }
    assert numbered("lessons 00 to 02 and 05, labs 03 and 04") == {
        *(("lesson", n) for n in (0, 1, 2, 5)),
        *(("lab", n) for n in (3, 4)),
    }


def test_the_catalogue_says_where_each_data_set_is_used():
    from utils import datasets
    from utils.datasets.catalogue import DATA_SETS

    texts = {
        (kind, int(path.stem[:2])): path.read_text(encoding="utf-8")
        for kind in ("lesson", "lab")
        for path in COURSE.contents(f"{kind}s")
    }
    assert {entry.name for entry in DATA_SETS} == set(CALLS)
    for entry in DATA_SETS:
        calls = re.compile(rf"datasets\.{CALLS[entry.name]}")
        users = {place for place, text in texts.items() if calls.search(text)}
        assert numbered(entry.used) == users, entry.name
    known = {name for name in datasets.__all__ if name.startswith(("load_", "simul"))}
    counted = set(re.findall(r"(?:load|simulate)_\w+", " ".join(CALLS.values())))
    assert known == counted | {PICTURES}


def load_course():
    """Load course.py as a module."""
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    return course


def test_each_cause_that_the_course_knows_is_among_the_troubles():
    """The message and what to do stand in one row, in the same words."""
    course = load_course()
    rows = text_of("docs/troubleshooting.md").splitlines()
    for said in course.CAUSES.values():
        for path, name in (
            (course.LEARNER.python, "FOLDER/.venv/bin/python"),
            (ROOT / "constraints.txt", "FOLDER/constraints.txt"),
            (ROOT, "FOLDER"),
        ):
            said = said.replace(str(path), name)
        seen, _, cure = said.replace(f"`{os.pathsep}`", "`:`").partition(": ")
        cure = cure.removesuffix(".").removesuffix(", then start again")
        fitting = [row for row in rows if row.startswith(f"| {seen} |")]
        assert len(fitting) == 1 and fitting[0].endswith(f"| {cure} |"), said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("authoring/setup_cell.py", "There is no course around"),
        ("authoring/setup_cell.py", "cannot be fetched"),
        ("utils/needs.py", "in this kernel"),
        ("utils/pytorch.py", "PyTorch is not installed in this kernel"),
        ("utils/pytorch.py", "TensorFlow was loaded first in this kernel"),
        ("utils/tensorflow.py", "TensorFlow is not installed in this kernel"),
        ("utils/tensorflow.py", "Keras cannot start"),
        ("course.py", "The course needs Python 3.10 to 3.13"),
        ("course.py", "This Python lacks the means to make an environment"),
        ("course.py", "The disk is too full"),
        ("course.py", "The system ended the installation"),
        ("course.py", "Your settings of pip lead packages elsewhere"),
        ("course.py", "does not answer: start the computer anew"),
        ("course.py", "is damaged: fetch the course anew"),
        ("course.py", "Another start is installing; this one waits for it"),
        ("course.py", "For now, the course starts with what was there before"),
    ],
)
def test_a_sentence_among_the_troubles_is_one_that_is_said(place, said):
    assert said in text_of(place)
    assert said in text_of("docs/troubleshooting.md")


def test_the_citation_and_the_changelog_tell_one_version():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["title"] and citation["message"] and citation["authors"]
    newest = re.search(r"(?m)^## (\S+) - (\S+)$", text_of("CHANGELOG.md"))
    told = str(citation["version"]), str(citation["date-released"])
    assert newest.groups() == told
    assert f"v{newest[1]}".startswith(COURSE.tag)


def test_the_readme_tells_the_score_that_the_lesson_stores():
    told = re.search(r"mean Dice (\d\.\d+)", text_of("README.md").replace("\n", " "))
    lesson = COURSE.notebook("lessons", "en", "pytorch", "05_unet").read_text("utf-8")
    stored = re.search(r"40 simulated test images: Dice (\d\.\d+)", lesson)
    # In two digits: the third differs between processors.
    assert told[1] == f"{float(stored[1]):.2f}"
