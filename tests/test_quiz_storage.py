"""What pages keep in the browser: by several tabs at once, and whatever lies there."""

import json
from pathlib import Path

import pytest
from browser import chromium
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authoring.layout import Course
from authoring.quizzes import page
from authoring.quizzes.read import read

ROOT = Path(__file__).resolve().parent.parent
QUIZ = read(ROOT / "content" / "quizzes" / "05_unet.yaml", Course(ROOT))
PAGE = (ROOT / "quizzes" / "en" / "05_unet.html").as_uri()
KOREAN = (ROOT / "quizzes" / "ko" / "05_unet.html").as_uri()
INDEX = (ROOT / "quizzes" / "en" / "index.html").as_uri()
KEY = page.storage(QUIZ)
IDS = [page.name(question) for question in QUIZ.questions]
NUMBER = next(one for one in QUIZ.questions if one.kind == "number")
CHOICE = next(one for one in QUIZ.questions if one.kind == "one")


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def tabs(browser):
    """Opens pages as tabs of one profile; what goes wrong in them fails the test."""
    context, wrong = browser.new_context(), []

    def opened(address=PAGE):
        tab = context.new_page()
        tab.on("console", lambda said: wrong.append(said.text))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.goto(address)
        return tab

    opened.context = context
    yield opened
    context.close()
    assert wrong == []


ANSWER = """(id) => {
  const question = document.getElementById(id);
  const [first] = question.querySelectorAll("input");
  if (question.dataset.kind === "number") first.value = "64";
  else first.click();
  question.querySelector("button").click();
}"""
ANSWERED = """() => [...document.querySelectorAll("[data-kind]")]
  .filter((one) => one.querySelector(".verdict")).map((one) => one.id)"""


def answer(tab, *ids):
    for id in ids:
        tab.evaluate(ANSWER, id)


def soon(tab, wanted, script=ANSWERED):
    """Wait until a tab shows verdicts for these questions, and no others."""
    for _ in range(500):
        found = tab.evaluate(script)
        if found == wanted:
            return
        tab.wait_for_timeout(10)
    assert found == wanted


# --- several tabs


@pytest.mark.parametrize("second", [PAGE, KOREAN], ids=["same page", "other language"])
def test_what_two_tabs_answer_in_turn_is_kept_and_shown_in_both(tabs, second):
    one, two = tabs(), tabs(second)
    answer(one, IDS[0], IDS[1])
    soon(two, IDS[:2])
    answer(two, IDS[2])
    soon(one, IDS[:3])
    answer(one, IDS[7])
    for tab in (one, two):
        soon(tab, [*IDS[:3], IDS[7]])
        tab.reload()
        soon(tab, [*IDS[:3], IDS[7]])
    assert set(json.loads(one.evaluate("key => localStorage[key]", KEY))) == {
        *IDS[:3], IDS[7]}  # fmt: skip


def test_a_tab_that_heard_nothing_of_the_other_overwrites_nothing(tabs):
    one, two = tabs(), tabs()
    deaf = (
        "window.addEventListener('storage', (e) => e.stopImmediatePropagation(), true)"
    )
    two.add_init_script(deaf)
    two.reload()
    answer(one, IDS[0], IDS[1])
    # Browsers pass on what is kept a moment later.
    soon(two, 2, f"Object.keys(JSON.parse(localStorage['{KEY}'] ?? '{{}}')).length")
    assert two.evaluate(ANSWERED) == []
    answer(two, IDS[2])
    for tab in (one, two):
        tab.reload()
        soon(tab, IDS[:3])


def test_another_tab_takes_nothing_from_what_is_being_written(tabs):
    one, two = tabs(), tabs()
    field = two.locator(f"#{page.name(NUMBER)} input")
    field.fill("12")
    answer(one, page.name(CHOICE))
    soon(two, [page.name(CHOICE)])
    assert field.input_value() == "12"


def test_what_one_tab_clears_is_cleared_in_the_other(tabs):
    one, two = tabs(), tabs()
    answer(one, IDS[0], IDS[7])
    soon(two, [IDS[0], IDS[7]])
    one.locator("#pre .clear").click()
    soon(two, [IDS[7]])
    assert two.locator("#pre input:disabled").count() == 0
    answer(two, IDS[8])
    soon(one, IDS[7:9])
    two.reload()
    soon(two, IDS[7:9])


def test_the_index_follows_and_clears_open_pages(tabs):
    index, tab = tabs(INDEX), tabs()
    answer(tab, *IDS[:3])

    soon(index, 3, f"document.querySelector('[data-storage=\"{KEY}\"] progress').value")
    assert "3 of 5 answered" in count_in(index)
    index.locator("#clear").click()
    soon(tab, [])
    answer(tab, IDS[4])
    tab.reload()
    soon(tab, [IDS[4]])


# --- what others left there, and browsers that keep nothing

FOREIGN = ["5", "0", '"abc"', '""', "true", "false", "null", "[]", "[1, [2]]", "{}",
           "nonsense", "", "{", "[" * 100_000, '"' + "x" * 1_000_000 + '"',
           '{"__proto__": {"answer": 1}}']  # fmt: skip
INSIDE = [5, "abc", True, None, [], {}, {"answer": None}, {"answer": True},
          {"right": 1}, {"answer": "64"}, {"answer": {}}, {"answer": []},
          {"answer": [None]}, {"answer": ["99"]}, {"answer": [["0"]]},
          {"answer": ["0"] * 1_000}, {"answer": [0]}, {"answer": [{"length": 1}]},
          {"right": "yes"}]  # fmt: skip
FOREIGN += [json.dumps(dict.fromkeys(IDS, one)) for one in INSIDE]
FOREIGN.append(f'{{"{page.name(NUMBER)}": {{"answer": 1e999, "right": 1}}}}')
LEAVE = "([key, kept]) => localStorage.setItem(key, kept)"


def count_in(index):
    return index.locator(f'[data-storage="{KEY}"] .pre').inner_text()


@pytest.mark.parametrize("some", range(4))
def test_what_others_left_stops_neither_page_nor_index(tabs, some):
    tab = tabs()
    for kept in FOREIGN[some::4]:
        tab.goto(INDEX)
        tab.evaluate(LEAVE, [KEY, kept])
        tab.reload()
        assert "0 of 5 answered" in count_in(tab), kept[:99]
        tab.goto(PAGE)
        assert tab.evaluate(ANSWERED) == [], kept[:99]
        tab.evaluate(LEAVE, [KEY, kept])  # just before it answers
        answer(tab, IDS[0])
        tab.reload()
        assert tab.evaluate(ANSWERED) == IDS[:1], kept[:99]


any_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=3)
    | st.integers(-3, 3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["answer", "right", *IDS]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
kept_values = any_json | st.dictionaries(
    st.sampled_from(IDS),
    any_json | st.fixed_dictionaries({"answer": any_json, "right": any_json}),
    max_size=15,
)
READ = """([key, many]) => many.map((kept) => {
  localStorage.setItem(key, kept);
  window.dispatchEvent(new StorageEvent("storage", { key }));
  return document.querySelectorAll(".verdict.yes, .verdict.no").length;
})"""


@pytest.fixture
def pair(tabs):
    return tabs(), tabs(INDEX)


@settings(max_examples=5, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(kept_values, min_size=40, max_size=80))
def test_page_and_index_live_with_any_json(pair, many):
    texts = [json.dumps(kept) for kept in many]
    tab, index = pair
    for opened in (index, tab):
        counts = opened.evaluate(READ, [KEY, texts])
        assert len(counts) == len(texts)
        soon(tab, texts[-1], f"localStorage['{KEY}']")
    # The last page to answer leaves what both understand.
    answer(tab, page.name(CHOICE))
    answer(tab, page.name(NUMBER))
    shown = len(tab.evaluate(ANSWERED))
    assert shown >= 2
    soon(
        index,
        shown,
        f"document.querySelector('[data-storage=\"{KEY}\"] progress').value",
    )
    tab.evaluate("localStorage.clear()")
    tab.reload()


def test_a_kept_answer_is_judged_anew(tabs):
    tab = tabs()
    answer_kept = {"answer": NUMBER.answer, "right": False}
    tab.evaluate(
        LEAVE, [KEY, json.dumps({page.name(NUMBER): answer_kept, "q0": {"answer": 1}})]
    )
    tab.reload()
    assert "1 of 5 answered, 1 right." in tab.locator("#pre .progress").inner_text()


BROKEN = {
    "nothing is allowed": "Object.defineProperty(window, 'localStorage', "
    "{ get() { throw new DOMException('denied', 'SecurityError'); } });",
    "there is none": "Object.defineProperty(window, 'localStorage', { value: null });",
    "it is full": "Storage.prototype.setItem = () => "
    "{ throw new DOMException('full', 'QuotaExceededError'); };",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_browser_that_keeps_nothing_still_judges_and_counts(tabs, broken):
    tabs.context.add_init_script(broken)
    tab = tabs()
    answer(tab, *IDS[:5])
    soon(tab, IDS[:5])
    assert tab.locator("#pre .result").is_visible()
    assert tab.locator("#not-kept").is_visible()
    assert not tab.locator("#kept").is_visible()
    tab.locator("#pre .clear").click()
    soon(tab, [])
    index = tabs(INDEX)
    assert "0 of 5" in count_in(index)


def test_what_was_not_kept_is_kept_once_there_is_room(tabs):
    tab = tabs()
    tab.evaluate("() => { window.room = Storage.prototype.setItem; }")
    tab.evaluate(
        "() => { Storage.prototype.setItem = () => { throw Error('full'); }; }"
    )
    answer(tab, IDS[0], IDS[1])
    assert tab.locator("#not-kept").is_visible()
    tab.evaluate("() => { Storage.prototype.setItem = window.room; }")
    answer(tab, IDS[2])
    assert tab.locator("#kept").is_visible()
    tab.reload()
    soon(tab, IDS[:3])
