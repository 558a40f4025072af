"""One rule for the numbers that learners write, in notebooks and on the pages."""

import json
from pathlib import Path

import pytest
from browser import chromium
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authoring.layout import Course
from authoring.quizzes import page
from authoring.quizzes.make import WORDS
from authoring.quizzes.read import read
from utils.quiz.find import QUESTIONS, load
from utils.quiz.number import number_of
from utils.quiz.panel import panel

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)


def question(answer, unit="", mistakes=(), tolerance=0.0):
    listed = [{"values": [value], "why": "w"} for value in mistakes]
    return {"answer": answer, "tolerance": tolerance, "unit": unit, "mistakes": listed}


WHOLE, PIECE = question(460800), question(0.5)
PERCENT, NEAR = question(94, "%"), question(3, tolerance=0.2)
NUMBERS = {
    "as Python writes it": [("0.5", PIECE, 0.5), ("1e3", WHOLE, 1000),
                            ("-1e-3", PIECE, -0.001), ("65_536", WHOLE, 65536),
                            ("1E+3", WHOLE, 1000), ("+5", WHOLE, 5), ("5.", WHOLE, 5)],
    "with a comma before decimals": [("0,5", PIECE, 0.5), ("1,5", WHOLE, 1.5),
                                     ("1,5", PIECE, 1.5), (",5", PIECE, 0.5),
                                     ("0,545", WHOLE, 0.545), ("0,500", PIECE, 0.5),
                                     ("1,2345", WHOLE, 1.2345), ("5,", WHOLE, 5)],
    "without a zero": [(".5", PIECE, 0.5), ("-.5", PIECE, -0.5)],
    "in thousands": [("460,800", WHOLE, 460800), ("65,536", WHOLE, 65536),
                     ("1 161", WHOLE, 1161), (" 9 409 ", WHOLE, 9409),
                     ("9\u00a0409", WHOLE, 9409), ("9\u2009409", WHOLE, 9409),
                     ("9\u202f409", WHOLE, 9409), ("9\u3000409", WHOLE, 9409),
                     ("460'800", WHOLE, 460800), ("460’800", WHOLE, 460800),
                     ("1,048,576", WHOLE, 1048576), ("1.048.576", WHOLE, 1048576),
                     ("1 048 576", WHOLE, 1048576), ("-1,280", WHOLE, -1280)],
    "in thousands, where the answer is a decimal": [("1,048,576", PIECE, 1048576),
                                                   ("1 161", PIECE, 1161)],
    "with both marks": [("1,234.5", WHOLE, 1234.5), ("1.234,5", WHOLE, 1234.5),
                        ("1,234.5", PIECE, 1234.5), ("1.234,5", PIECE, 1234.5),
                        ("1 234,5", PIECE, 1234.5), ("1,234.567", PIECE, 1234.567)],
    "with one mark before three digits": [
        ("1,234", WHOLE, 1234), ("1,234", PIECE, 1.234), ("1.234", PIECE, 1.234),
        ("1.234", WHOLE, 1.234), ("17,500", PIECE, 17.5), ("460.800", WHOLE, 460800),
        ("17,000", question(17), 17), ("17.000", question(17), 17),
        ("3,125", NEAR, 3.125), ("3,500", NEAR, 3500), ("3.125", NEAR, 3.125),
        ("1,234", question(1234.5, "", [1.234], 1.0), 1234),
        ("2,500", question(7, "", [2.5]), 2.5),
        ("2.500", question(7.5, "", [2500]), 2500),
        ("8.754", question(8754), 8754), ("4.608", question(460800, "", [4608]), 4608),
        ("1.386", question(2, "ln 2", [1.386]), 1.386)],
    "with a minus of print": [("−3", WHOLE, -3), ("–3", WHOLE, -3), ("－3", WHOLE, -3),
                              ("− 3", WHOLE, -3), ("1e−3", WHOLE, 0.001)],
    "of full width": [("１２", WHOLE, 12), ("０．５", PIECE, 0.5),
                      ("０，５", PIECE, 0.5), ("４６０，８００", WHOLE, 460800),
                      ("９４％", PERCENT, 94)],
    "with signs that cannot be seen": [("\u200e5\u200b", WHOLE, 5),
                                       ("\ufeff0.5", PIECE, 0.5)],
    "with a unit": [("94 %", PERCENT, 94), ("94%", PERCENT, 94), ("94", PERCENT, 94),
                    ("50 %", PIECE, 0.5), ("50%", PIECE, 0.5), ("5 %", PIECE, 0.05),
                    ("16 Windows", question(16, "windows"), 16),
                    ("132픽셀", question(132, "픽셀"), 132),
                    ("2 ln 2", question(2, "ln 2"), 2)],
    "and are none": [(text, one, None) for one in (WHOLE, PIECE) for text in
                     ("", " ", "half", "1.2.3", "nan", "inf", "1e999", "1/2", "10²",
                      "½", "1 2", "1,23,4", "1,234,56", "12,34.5", "1,234,567,8",
                      "1.234.5", "12 34", "1,,5", "--3", "%", ".", ",", "-", "e3",
                      "0x10", "٣", "1 234,567 890", "5 6%", "windows")],
}  # fmt: skip
CASES = [case for cases in NUMBERS.values() for case in cases]


@pytest.mark.parametrize(("written", "one", "number"), CASES)
def test_a_notebook_reads_a_number_as_it_is_meant(written, one, number):
    assert number_of(written, one) == number


def test_without_a_question_thousands_are_whole():
    assert number_of("460,800") == 460800
    assert number_of("0,5") == 0.5


# --- on the pages


def shown(tmp_path, questions):
    """A page that asks for numbers, and the ids of its questions."""
    lines = []
    for part in ("pre", "post"):
        lines.append(f"{part}:")
        for number, one in enumerate(questions):
            values = [v for mistake in one["mistakes"] for v in mistake["values"]]
            mistakes = ", ".join(f"{{is: {v}, why: w}}" for v in values or [77])
            lines += [
                "- kind: number",
                f"  ask: Which? {number}",
                "  see: Start",
                f"  answer: {one['answer']}",
                f"  tolerance: {one['tolerance']}",
                "  check: '1'",
                "  why: y",
                "  otherwise: o",
                f"  mistakes: [{mistakes}]",
            ]
            lines += [f"  unit: '{one['unit']}'"] if one["unit"] else []
    path = tmp_path / "content" / "quizzes" / "00_numbers.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    quiz = read(path, Course(tmp_path))
    html = page.lesson_page(quiz, "Numbers", "en", ["en"], WORDS.spoken("en", COURSE))
    (tmp_path / "numbers.html").write_text(html, encoding="utf-8", newline="\n")
    return tmp_path / "numbers.html", [page.name(one) for one in quiz.part("pre")]


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=["en-US", "ko-KR", "de-DE"])
def tab(browser, request, tmp_path_factory):
    """A page of the questions above, in a browser that speaks one language."""
    asked = [json.loads(one) for one in dict.fromkeys(json.dumps(c[1]) for c in CASES)]
    path, ids = shown(tmp_path_factory.mktemp("numbers"), asked)
    context = browser.new_context(locale=request.param)
    opened = context.new_page()
    opened.goto(path.as_uri())
    assert opened.evaluate("navigator.language") == request.param
    opened.ids = {json.dumps(one): id for one, id in zip(asked, ids)}
    yield opened
    context.close()


READ = """(cases) => cases.map(([written, id]) => {
  const question = document.getElementById(id);
  const [input] = inputs(question);
  input.value = written;
  return given(question);
})"""


def on_page(tab, cases):
    return tab.evaluate(
        READ, [(written, tab.ids[json.dumps(one)]) for written, one, _ in cases]
    )


def test_a_page_reads_every_number_as_a_notebook_does(tab):
    wrong = [
        (case[0], case[2], found)
        for case, found in zip(CASES, on_page(tab, CASES))
        if found != case[2]
    ]
    assert wrong == []


@settings(max_examples=5, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    st.lists(
        st.text("0123459 ,.'_-+e%−３\u00a0\u2009", min_size=1, max_size=9)
        | st.from_regex(r"\A[+-]?\d{1,3}([ ,.]\d{3}){0,2}([,.]\d{1,4})?%?\Z"),
        min_size=100,
        max_size=200,
    )
)
def test_page_and_notebook_agree_whatever_is_written(tab, texts):
    cases = [(text, one, None) for text in texts for one in (WHOLE, PIECE, PERCENT)]
    found = [number_of(written, one) for written, one, _ in cases]
    assert on_page(tab, cases) == found


@pytest.mark.parametrize("language", ["en-US", "ko-KR", "de-DE"])
@pytest.mark.parametrize(
    ("stem", "answer", "writings"),
    [
        ("00_masks", 0.5, ["0,5", ".5", "50 %"]),
        ("00_masks", 94, ["94%", "９４", "94,0"]),
        ("01_sliding_window", 460800, ["460,800", "460 800", "460.800"]),
        ("02_fcn", 8754, ["8,754"]),
        ("02_fcn", 1161, ["1 161", "1\u00a0161"]),
        ("08_transformers", 65536, ["65,536"]),
        ("08_transformers", 22.5, ["22,5", "22,500"]),
    ],
)
def test_what_is_typed_is_right_on_a_built_page(
    browser, language, stem, answer, writings
):
    context = browser.new_context(locale=language)
    tab = context.new_page()
    tab.goto(
        (ROOT / "quizzes" / language[:2].replace("de", "en") / f"{stem}.html").as_uri()
    )
    field = (
        tab.locator('[data-kind="number"]')
        .filter(has=tab.locator(f'[data-case="right"][data-values="{answer}"]'))
        .first
    )
    verdict = json.loads(tab.locator("#words").text_content())["right"]
    for written in writings:
        field.locator("input").focus()
        tab.keyboard.type(written)
        tab.keyboard.press("Enter")
        assert field.locator(".verdict").inner_text() == verdict, written
        field.locator("xpath=ancestor::section").locator(".clear").click()
    context.close()


@pytest.mark.parametrize("path", sorted((QUESTIONS / "en").glob("*.json")), ids=str)
def test_every_answer_is_right_and_every_mistake_known_however_it_is_written(path):
    quiz = load(path.stem[:2])
    for one in [*quiz["pre"], *quiz["post"]]:
        if one["kind"] != "number":
            continue
        values = [v for mistake in one["mistakes"] for v in mistake["values"]]
        for value in [one["answer"], *values]:
            writings = [f"{value:.10g}", f"{value:.10g} {one['unit']}"]
            if float(value).is_integer():
                writings += [f"{value:,}", f"{value:,}".replace(",", " ")]
                writings.append(f"{value:,}".replace(",", "."))
            for written in writings:
                assert number_of(written, one) == pytest.approx(value), written


def test_the_widget_takes_thousands_and_asks_again_for_what_is_no_number():
    quiz = load("02")
    number = next(n for n, q in enumerate(quiz["post"]) if q.get("answer") == 8754)
    row = panel(quiz, "post").children[1 + number]
    text, button, feedback = row.children[1], *row.children[-2:]
    text.value = "8 7 54"
    button.click()
    assert quiz["words"]["write"] in feedback.value and not text.disabled
    text.value = "8,754"
    button.click()
    assert quiz["words"]["right"] in feedback.value and text.disabled
