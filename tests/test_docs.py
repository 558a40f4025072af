"""What the documents promise: short, true, with links that lead somewhere."""

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
    "data/README.md",
    "docs/instructors.md",
    "docs/results.md",
]
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


def test_contributing_names_every_option_of_a_cell():
    from authoring.read import TAGS

    text = text_of("CONTRIBUTING.md")
    assert set(re.findall(r"`:tags: \[([a-z-]+)\]`", text)) == TAGS
    assert "`:points: 2`" in text and "`:track: pytorch`" in text


def test_the_example_in_contributing_is_a_lesson(tmp_path):
    example = re.search(r"(?ms)^````\n(.*?)^````$", text_of("CONTRIBUTING.md"))[1]
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


def test_the_readme_tells_the_score_that_the_lesson_stores():
    told = re.search(r"mean Dice (\d\.\d+)", text_of("README.md").replace("\n", " "))
    lesson = COURSE.notebook("lessons", "en", "pytorch", "05_unet").read_text("utf-8")
    stored = re.search(r"40 simulated test images: Dice (\d\.\d+)", lesson)
    # In two digits: the third differs between processors.
    assert told[1] == f"{float(stored[1]):.2f}"
