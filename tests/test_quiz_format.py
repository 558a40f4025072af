"""What a quiz may say, what is wrong with it, and what is built from it."""

import json
import re
import shutil
from pathlib import Path

import polib
import pytest

from authoring.cli import main
from authoring.layout import ContentError, Course
from authoring.quizzes import draw, text
from authoring.quizzes.make import WORDS
from authoring.quizzes.read import read
from authoring.translate import COURSE

ROOT = Path(__file__).resolve().parent.parent
LESSON = """---
every_pixel:
  title: Sums
  read_minutes: 5
  run_seconds: 2
---

# Sums

## How to add

Like this.

```
## no heading
```
"""
QUIZ = """pre:
- kind: one
  ask: How many are 1 and 1?
  see: How to add
  options:
  - text: two
    right: true
    why: Count them.
  - text: three
    why: One too many.
- kind: several
  ask: Which are even?
  see: How to add
  options:
  - {text: "2", right: true, why: It is.}
  - {text: "3", why: It is not.}
post:
- kind: number
  ask: How long is it?
  see: How to add
  answer: 2.5
  tolerance: 0.1
  unit: pixels
  check: 5 / 2
  why: Half of five.
  mistakes:
  - {is: [5, 10], why: Halve it.}
  otherwise: Measure.
- kind: picture
  ask: Which is empty?
  see: How to add
  options:
  - {figure: {mask: [01, 00]}, why: There is a 1.}
  - {figure: {mask: [00, 00]}, right: true, why: No 1.}
- kind: pixel
  ask: Where is the 1?
  see: How to add
  grid: {mask: [01, 00]}
  answer: [[0, 1]]
  why: There it is.
  otherwise: This is a 0.
"""


@pytest.fixture
def course(tmp_path):
    """A course of one lesson with its quiz, in English and Korean."""
    files = {
        "course.py": "",
        "pyproject.toml": '[tool.every-pixel]\nrepository = ""\n',
        "utils/__init__.py": "",
        "utils/pytorch.py": "",
        "utils/tensorflow.py": "",
        "utils/needs.py": (ROOT / "utils" / "needs.py").read_text("utf-8"),
        "utils/simulators/meadow.py": "",  # by which the setup cell knows the course
        "content/lessons/05_sums.md": LESSON,
        "content/quizzes/05_sums.yaml": QUIZ,
        "content/locale/ko/05_sums.po": 'msgid ""\nmsgstr ""\n',
    }
    for name, written in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(written, encoding="utf-8", newline="\n")
    return tmp_path


def rewrite(course, old, new):
    path = course / "content/quizzes/05_sums.yaml"
    written = path.read_text("utf-8")
    assert old in written
    path.write_text(written.replace(old, new, 1), encoding="utf-8", newline="\n")
    return path


# --- reading


def test_every_kind_is_read(course):
    quiz = read(course / "content/quizzes/05_sums.yaml", Course(course))
    kinds = [question.kind for question in quiz.questions]
    assert kinds == ["one", "several", "number", "picture", "pixel"]
    one, _, number, picture, pixel = quiz.questions
    assert one.right == (0,) and one.options[1].why == "One too many."
    assert (number.answer, number.tolerance, number.unit) == (2.5, 0.1, "pixels")
    assert number.mistakes[0].values == (5, 10)
    assert picture.options[0].figure.rows == (("0", "1"), ("0", "0"))
    assert pixel.answer == ((0, 1),)
    assert [question.line for question in quiz.questions] == [2, 11, 18, 29, 35]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pre:", "pre: [", "the YAML is wrong"),
        ("pre:\n", "before:\n", ":1: the quiz: the field before is not known"),
        (
            "  ask: How many",
            "  asks: How many",
            ":3: pre question 1: the field asks is",
        ),
        ("  ask: How many are 1 and 1?\n", "", ":2: pre question 1: the field ask is"),
        ("  see: How to add\n", "  see: x\n  see: y\n", "see stands here twice"),
        ("ask: How many are 1 and 1?", "ask: ''", ":3: pre question 1: the field ask"),
        ("kind: one", "kind: two", ":2: pre question 1: the field kind is 'two'"),
        ("    right: true\n", "", "has 0 right options, but the kind one has one"),
        ("    right: true", "    right: yes", "option A: the field right is true or"),
        ("    why: One too many.\n", "", ":9: pre question 1, option B: the field why"),
        ("text: three", "text: two", "two options say the same"),
        (", right: true, why: It is.}", ", why: It is.}", "needs a right option and a"),
        ("answer: 2.5", "answer: half", ":21: post question 1: the field answer is"),
        ("  check: 5 / 2\n", "", "post question 1: the field check is missing"),
        ("is: [5, 10]", "is: [5, 2.55]", "this mistake is right, or stands here"),
        ("mask: [01, 00]}, why: There", "mask: [01, 0]}, why: There", "not as long as"),
        (
            "mask: [01, 00]}, why: There",
            "mask: [0a, 00]}, why: There",
            "is digits, not",
        ),
        ("mask: [01, 00]}, why: There", "mask: [07, 00]}, why: There", "from 0 to 5"),
        (
            "answer: [[0, 1]]",
            "answer: [[0, 2]]",
            "answer lies outside of the 2 x 2 grid",
        ),
        ("grid: {mask: [01, 00]}", "grid: {masks: [01]}", "a figure has one of mask"),
        ("post:\n", "post:\n- number\n", ":18: post question 1: must have fields"),
        ("  see: How to add", "  see: How to divide", "which is no heading of"),
        ("  see: How to add", "  see: no heading", "which is no heading of"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_field(
    course, old, new, said, capsys
):
    rewrite(course, old, new)
    assert main(["build"], course) == 1
    error = capsys.readouterr().err
    assert error.startswith("content/quizzes/05_sums.yaml:")
    assert said in error and error.count("\n") == 1


@pytest.mark.parametrize("raw", [b"\xff\xfe", b""])
def test_a_file_that_is_no_text_or_empty_is_named(course, raw, capsys):
    (course / "content/quizzes/05_sums.yaml").write_bytes(raw)
    assert main(["build"], course) == 1
    assert capsys.readouterr().err.startswith("content/quizzes/05_sums.yaml:")


def test_a_quiz_without_its_lesson_is_named(course, capsys):
    folder = course / "content/quizzes"
    shutil.copy(folder / "05_sums.yaml", folder / "06_more.yaml")
    assert main(["check"], course) == 1
    assert "there is no content/lessons/06_more.md" in capsys.readouterr().err
    (folder / "06_more.yaml").rename(folder / "more.yaml")
    assert main(["check"], course) == 1
    assert "a quiz is named as its lesson" in capsys.readouterr().err


# --- building


def test_pages_and_data_are_built_checked_and_outdated(course, capsys):
    (course / "content/lessons/05_sums.md").write_text(LESSON, encoding="utf-8")
    assert main(["build"], course) == 0
    built = [
        "quizzes/en/05_sums.html",
        "quizzes/en/index.html",
        "quizzes/ko/05_sums.html",
        "utils/quiz/questions/en/05_sums.json",
        "utils/quiz/questions/ko/05_sums.json",
    ]
    assert all((course / name).exists() for name in built)
    assert main(["check"], course) == 0
    page = course / built[0]
    kept = page.read_text("utf-8")
    page.write_text(kept + " ", encoding="utf-8")
    capsys.readouterr()
    assert main(["check"], course) == 1
    assert "quizzes/en/05_sums.html differs from content/" in capsys.readouterr().err
    assert main(["build"], course) == 0
    assert page.read_text("utf-8") == kept
    rewrite(course, "Count them.", "Count again.")
    assert main(["check"], course) == 1
    (course / "content/quizzes/05_sums.yaml").unlink()
    assert main(["build"], course) == 0
    capsys.readouterr()
    assert main(["check"], course) == 1
    assert "has no source in content/ any more" in capsys.readouterr().err


def test_the_start_pages_lead_to_the_quizzes(course):
    assert main(["build"], course) == 0
    for name in ("lessons/README.md", "lessons/ko/README.md"):
        page = course / name
        (link,) = re.findall(r"\((\S*index\.html)\)", page.read_text("utf-8"))
        there = (page.parent / link).resolve()
        assert there.exists() and there.parent.name == ("ko" if "ko" in name else "en")


def test_a_page_needs_no_other_file(course):
    assert main(["build"], course) == 0
    for path in (course / "quizzes").rglob("*.html"):
        html = path.read_text("utf-8")
        assert not re.search(r"""(?:src|srcset|data|action)=["'](?!data:)""", html)
        assert not re.search(r"<(?:iframe|object|embed|img|base)\b|@import|url\(", html)
        assert re.findall(r"<link [^>]*>", html) == ['<link rel="icon" href="data:,">']
        for address in re.findall(r'href="([^"]*)"', html):
            assert not re.match(r"\w+:(?!,)|//", address), address


def test_the_data_is_what_a_notebook_needs(course):
    assert main(["build"], course) == 0
    data = json.loads(
        (course / "utils/quiz/questions/en/05_sums.json").read_text("utf-8")
    )
    assert data["page"] == "quizzes/en/05_sums.html"
    assert data["pre"][0]["options"][0] == {
        "html": "two",
        "plain": "two",
        "right": True,
        "why": "<p>Count them.</p>",
    }
    assert data["post"][0]["mistakes"] == [
        {"values": [5, 10], "why": "<p>Halve it.</p>"}
    ]
    assert data["post"][2]["shape"] == [2, 2]


# --- translating


def test_a_translation_is_used_in_pages_data_and_sections(course):
    assert main(["translate", "ko", "05"], course) == 0
    path = course / "content/locale/ko/05_sums.po"
    catalogue = polib.pofile(str(path))
    texts = {entry.msgid for entry in catalogue}
    assert {"two", "Count them.", "pixels", "How many are 1 and 1?"} <= texts
    assert not {"2", "3"} & texts  # the same in every language
    for entry in catalogue:
        entry.msgstr = {
            "two": "둘",
            "How many are 1 and 1?": "1과 1은 몇일까요?",
        }.get(entry.msgid, "")
        if "## How to add" in entry.msgid:
            entry.msgstr = entry.msgid.replace("How to add", "더하는 법")
    catalogue.save(str(path))
    assert main(["build"], course) == 0
    korean = (course / "quizzes/ko/05_sums.html").read_text("utf-8")
    english = (course / "quizzes/en/05_sums.html").read_text("utf-8")
    for said in ("둘", "1과 1은 몇일까요?", "더하는 법"):
        assert said in korean and said not in english
    assert "Count them." in korean  # what is not translated stays English
    names = [re.findall(r'<fieldset id="(\w+)"', html) for html in (korean, english)]
    assert names[0] == names[1] and len(set(names[0])) == 5  # answers are kept for both


@pytest.mark.parametrize("path", sorted((ROOT / "content/locale/ko").glob("0*.po")))
def test_a_quiz_is_translated_as_a_whole(path):
    quiz = ROOT / "content" / "quizzes" / f"{path.stem}.yaml"
    if not quiz.exists():
        pytest.skip(f"lesson {path.stem} has no quiz")
    entries = {entry.msgid: entry for entry in polib.pofile(str(path))}
    cells = read(quiz, Course(ROOT)).cells
    begun = any(c.text in entries and entries[c.text].msgstr for c in cells)
    if path.stem != "05_unet" and not begun:
        pytest.skip(f"the quiz of {path.stem} is not translated yet")
    for cell in cells:
        entry = entries.get(cell.text)
        assert entry and entry.msgstr and "fuzzy" not in entry.flags, cell.text
        assert not entry.obsolete
        # Code, numbers in brackets and places to fill in are the same.
        for pattern in (r"`[^`]*`", r"(?s)```.*?```", r"\(\d+, \d+\)"):
            one, two = (re.findall(pattern, s) for s in (cell.text, entry.msgstr))
            assert sorted(one) == sorted(two), cell.text


@pytest.mark.parametrize("words", [WORDS, COURSE], ids=lambda words: words.stem)
def test_the_words_around_the_content_are_translated_with_their_gaps(words):
    path = Course(ROOT).catalogue("ko", words.stem)
    entries = {entry.msgid: entry for entry in polib.pofile(str(path))}
    for said in words.english.values():
        entry = entries[said]
        assert entry.msgstr and "fuzzy" not in entry.flags and not entry.obsolete
        gaps = [sorted(re.findall(r"\{\w+\}", s)) for s in (said, entry.msgstr)]
        assert gaps[0] == gaps[1]


# --- texts and figures


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("`x*y*z` is *so*", "<code>x*y*z</code> is <em>so</em>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("**very** `<b>`", "<strong>very</strong> <code>&lt;b&gt;</code>"),
        ("$x^2$ <i>", "$x^2$ &lt;i&gt;"),
    ],
)
def test_marks_become_html_and_nothing_else_does(written, html):
    assert text.inline(written) == html


def test_a_block_of_code_stands_apart():
    html = text.blocks("One.\n\n```python\n1  x = a < b\n```")
    assert html.startswith("<p>One.</p>\n<pre")
    assert "1  x = a &lt; b</code></pre>" in html
    assert text.plain("Say *this* `x`.\n\nAnd **that**.") == "Say this x. And that."


def test_a_figure_says_in_words_what_it_shows(course):
    rewrite(
        course,
        "  ask: Which is empty?",
        "  ask: Which is empty?\n  figure:\n"
        "  - {title: a, mask: ['014'], mark: [[0, 2]], names: {4: sheep}}\n"
        "  - {errors: {truth: ['0110'], found: ['0011']}}\n"
        "  - {dots: {one: [1, 2]}, x: score}",
    )
    quiz = read(course / "content/quizzes/05_sums.yaml", Course(course))
    words = WORDS.english
    first, second, third = quiz.questions[3].figure
    assert draw.describe(first, words) == (
        "a. Grid of 1 rows and 3 columns. row 0: 0 1 4. Marked: (0, 2). 4 = sheep."
    )
    assert "row 0: - missed hit invented." in draw.describe(second, words)
    assert draw.describe(third, words) == "score. one: 1, 2."
    assert draw.letters(first, words).split("\n")[1] == " 0  1 [4]"


def test_letters_on_a_cell_can_be_read():
    for colour in [*draw.CLASS_COLOURS, draw.LIGHT, draw.HIT]:
        assert draw.contrast(colour, draw._on(colour)) >= 4.5


def test_a_wrong_quiz_raises_a_content_error(course):
    path = rewrite(course, "kind: one", "kind: x")
    with pytest.raises(ContentError):
        read(path, Course(course))
