"""The quizzes' pages in a real browser: by mouse, by keyboard, on a phone, alone."""

import functools
import http.server
import re
import threading
from pathlib import Path

import pytest
from browser import barriers, chromium

from authoring.layout import Course
from authoring.quizzes import draw, page
from authoring.quizzes.make import WORDS, translated
from authoring.quizzes.read import read
from authoring.quizzes.text import plain
from authoring.read import read as read_lesson

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
QUIZZES = {
    path.stem: read(path, COURSE)
    for path in sorted(ROOT.glob("content/quizzes/*.yaml"))
}
PAGES = sorted((ROOT / "quizzes").glob("*/*.html"))
ENGLISH = [path for path in PAGES if path.parent.name == "en" and path.stem in QUIZZES]
PHONE = {"width": 320, "height": 640}


def each(paths):
    names = [f"{path.parent.name} {path.stem}" for path in paths]
    return pytest.mark.parametrize("path", paths, ids=names)


@functools.cache
def spoken(stem, language):
    """The questions of a lesson as a learner reads them."""
    lesson = read_lesson(ROOT / "content" / "lessons" / f"{stem}.md", COURSE)
    return translated(QUIZZES[stem], lesson, language, COURSE)


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def start(browser):
    """Opens a page in a fresh profile; what goes wrong in it fails the test."""
    contexts, wrong = [], []

    def opened(path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        address = path if isinstance(path, str) else path.as_uri()
        tab = context.new_page()
        tab.on("console", lambda said: wrong.append(said.text))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("dialog", lambda dialog: wrong.append(dialog.message))
        tab.requested = []
        tab.on("request", lambda request: tab.requested.append(request.url))
        tab.goto(address)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def field(tab, question):
    return tab.locator(f"#{page.name(question)}")


def pick(question, right=True):
    """Give an answer, as the values of inputs, and the reasons that belong to it."""
    if question.kind == "number":
        mistake = question.mistakes[0]
        value = question.answer if right else mistake.values[0]
        return [f"{value}"], [plain(question.why if right else mistake.why)]
    if question.kind == "pixel":
        why = {cell: mistake.why for mistake in question.mistakes
               for cell in mistake.values}  # fmt: skip
        height, width = question.grid.shape
        cells = [(r, c) for r in range(height) for c in range(width)]
        wrong = [cell for cell in cells if cell not in question.answer]
        cell = question.answer[-1] if right else wrong[-1]
        reason = question.why if right else why.get(cell, question.otherwise)
        return [f"{cell[0]},{cell[1]}"], [plain(reason)]
    wrong = [n for n in range(len(question.options)) if n not in question.right]
    chosen = question.right if right else wrong[:1]
    return [f"{n}" for n in chosen], [plain(question.options[n].why) for n in chosen]


def choose(tab, question, right=True):
    """Answer a question by mouse, and give the reasons that the page must show."""
    values, reasons = pick(question, right)
    own = field(tab, question)
    for value in values:
        if question.kind == "number":
            own.locator("input").fill(value)
        else:
            own.locator(f'input[value="{value}"]').check()
    own.locator("button").click()
    return reasons


# All at once, since each call from here to the browser and back takes a while.
ANSWER_ALL = """(answers) => answers.map(([id, values]) => {
  const question = document.getElementById(id);
  for (const input of question.querySelectorAll("input")) {
    if (input.type === "text") input.value = values[0];
    else if (values.includes(input.value)) input.click();
  }
  question.querySelector("button").click();
  const open = question.querySelectorAll("input:enabled").length;
  return [question.querySelector(".feedback").innerText, open];
})"""


def choose_all(tab, questions, right):
    """Answer questions by clicks; give what the page says and what it must say."""
    picked = [pick(question, right) for question in questions]
    answers = [[page.name(q), v] for q, (v, _) in zip(questions, picked)]
    said = tab.evaluate(ANSWER_ALL, answers)
    return [(squeezed(text), left, reasons)
            for (text, left), (_, reasons) in zip(said, picked)]  # fmt: skip


def squeezed(text):
    return " ".join(text.split())


# --- every page


@each(PAGES)
def test_a_page_asks_nothing_of_the_network_and_fits_a_phone(start, path):
    tab = start(path, viewport=PHONE)
    assert tab.requested == [path.as_uri()]
    wide = "document.documentElement.scrollWidth"
    assert tab.evaluate(wide) <= PHONE["width"]
    assert tab.locator("html").get_attribute("lang") == path.parent.name
    assert tab.locator("h1").count() == 1


# In another language a page has the same parts; its colours do not know the language.
@each([path for path in PAGES if path in ENGLISH or path.stem in ("index", "05_unet")])
def test_a_page_keeps_nobody_out(start, path):
    tab = start(path, color_scheme="light")
    if path.stem in QUIZZES:
        own = QUIZZES[path.stem].part("post")
        for right in (True, False):
            choose_all(tab, own[right::2], right)
        tab.locator("#post details summary").first.click()
    assert barriers(tab) == []
    tab.emulate_media(color_scheme="dark")
    assert barriers(tab, "color-contrast") == []


@each(ENGLISH)
def test_every_question_is_judged_wrong_and_right_with_its_reason(start, path):
    tab = start(path)
    questions = QUIZZES[path.stem].questions
    for right, verdict in ((False, "Not right."), (True, "Right.")):
        answered = choose_all(tab, questions, right)
        for question, (said, left, reasons) in zip(questions, answered):
            assert said.startswith(verdict), question.line
            for reason in reasons:
                assert squeezed(reason) in said, question.line
            assert (f"“{question.see}”" in said) is not right
            assert left == 0
        results = tab.locator(".result").all_inner_texts()
        for text, count in zip(results, (5, 10)):
            assert squeezed(text).startswith(
                f"{count if right else 0} of {count} right"
            )
        assert tab.locator(".result a").count() == (0 if right else 15)
        for button in tab.locator(".clear").all():
            button.click()
        assert tab.locator("input:disabled").count() == 0
        assert tab.locator(".feedback").all_inner_texts() == [""] * 15


# --- by keyboard


def press(tab, key, times=1):
    for _ in range(times):
        tab.keyboard.press(key)


def type_answer(tab, question):
    """Give the right answer with the keyboard, the focus being on the first input."""
    if question.kind == "number":
        tab.keyboard.type(f"{question.answer}")
    elif question.kind == "several":
        for number in range(len(question.options)):
            if number in question.right:
                press(tab, "Space")
            if number + 1 < len(question.options):
                press(tab, "Tab")
    elif question.kind == "pixel":
        row, column = question.answer[0]
        press(tab, "Space")
        press(tab, "ArrowDown", row)
        press(tab, "ArrowRight", column)
    else:
        press(tab, "Space")
        press(tab, "ArrowDown", question.right[0])


@each(ENGLISH)
def test_a_quiz_is_answered_by_keyboard_alone(start, path):
    tab = start(path)
    quiz = QUIZZES[path.stem]
    for part in ("pre", "post"):
        questions = quiz.part(part)
        focused = "document.activeElement.closest('[data-kind]')?.id"
        for _ in range(40):
            press(tab, "Tab")
            inside = tab.evaluate("document.activeElement.tagName") == "INPUT"
            if inside and tab.evaluate(focused) == page.name(questions[0]):
                break
        for question in questions:
            assert tab.evaluate(focused) == page.name(question)
            type_answer(tab, question)
            press(tab, "Enter")  # checks, and leaves the focus on the button
            press(tab, "Enter")  # goes on
        result = tab.locator(f"#{part} .result")
        assert result.evaluate("result => result === document.activeElement")
        count = len(questions)
        assert result.inner_text().startswith(f"{count} of {count} right.")


def test_checking_without_an_answer_asks_for_one(start):
    tab = start(ENGLISH[-1])
    for kind in ("number", "picture", "several", "pixel"):
        own = tab.locator(f'[data-kind="{kind}"]').first
        own.locator("button").click()
        said = own.locator(".feedback").inner_text()
        assert (
            said
            == f"{'Write a number' if kind == 'number' else 'Choose an answer'} first."
        )
        assert own.locator("input:disabled").count() == 0


# --- what is kept


def test_reloading_keeps_the_answers_and_the_index_counts_them(start):
    path = ROOT / "quizzes" / "en" / "05_unet.html"
    tab = start(path)
    quiz = QUIZZES["05_unet"]
    for question in quiz.part("pre"):
        choose(tab, question, right=question.number != 2)
    before = tab.locator("#pre").inner_text()
    tab.reload()
    assert tab.locator("#pre").inner_text() == before
    assert tab.locator("#pre input:enabled").count() == 0
    assert "4 of 5 right." in before

    tab.goto((ROOT / "quizzes" / "ko" / "05_unet.html").as_uri())
    assert tab.locator("#pre input:enabled").count() == 0  # in every language

    tab.goto((ROOT / "quizzes" / "en" / "index.html").as_uri())
    lessons = tab.locator(".lessons li")
    own = lessons.filter(has=tab.locator('a[href="05_unet.html"]'))
    assert "5 of 5 answered, 4 right." in own.locator(".pre").inner_text()
    assert "0 of 10 answered" in own.locator(".post").inner_text()
    assert own.locator("progress").evaluate("bar => bar.value") == 5

    tab.locator("#clear").click()
    assert "0 of 5 answered" in own.locator(".pre").inner_text()
    tab.goto(path.as_uri())
    assert tab.locator("input:disabled").count() == 0


def test_clearing_one_part_leaves_the_other(start):
    tab = start(ROOT / "quizzes" / "en" / "05_unet.html")
    quiz = QUIZZES["05_unet"]
    for part in ("pre", "post"):
        choose(tab, quiz.part(part)[0])
    tab.locator("#pre .clear").click()
    tab.reload()
    assert tab.locator("#pre input:disabled").count() == 0
    assert tab.locator("#post input:disabled").count() > 0


def test_answers_of_another_form_are_forgotten(start):
    tab = start(ROOT / "quizzes" / "en" / "05_unet.html")
    first = page.name(QUIZZES["05_unet"].questions[0])
    for kept in ("nonsense", "[]", '{"q0": 1}', f'{{"{first}": {{"answer": "x"}}}}'):
        tab.evaluate(
            "kept => localStorage.setItem('every-pixel-quiz:05_unet', kept)", kept
        )
        tab.reload()
        assert tab.locator("input:disabled").count() == 0


def test_where_nothing_can_be_kept_the_page_works_and_says_so(start, tmp_path):
    address = (ROOT / "quizzes" / "en" / "05_unet.html").as_uri()
    frame = f'<iframe sandbox="allow-scripts" src="{address}" width="900"></iframe>'
    (tmp_path / "frame.html").write_text(frame)
    tab = start(tmp_path / "frame.html")
    inside = tab.frame_locator("iframe")
    inside.locator("fieldset input").first.fill("64")
    inside.locator("fieldset button").first.click()
    assert inside.locator(".feedback").first.inner_text().startswith("Right.")
    assert inside.locator("#not-kept").is_visible()
    assert not inside.locator("#kept").is_visible()


# --- without a script, and from a server


@each([path for path in PAGES if path.stem in QUIZZES])
def test_without_a_script_everything_can_be_read(start, path):
    tab = start(path, java_script_enabled=False)
    assert tab.locator("noscript").is_visible()
    assert tab.locator("button:visible").count() == 0
    whole = squeezed(tab.locator("main").text_content())
    for question in spoken(path.stem, path.parent.name).questions:
        own = field(tab, question)
        said = [option.text for option in question.options if option.text]
        for one in said:
            assert squeezed(plain(one)) in squeezed(own.inner_text())
        reasons = [question.why, question.otherwise, *(o.why for o in question.options)]
        for reason in filter(None, reasons):
            assert squeezed(plain(reason)) in whole
    details = tab.locator("details").first
    details.locator("summary").click()
    assert details.locator("ul").is_visible()


def test_a_static_server_is_asked_for_the_page_and_nothing_else(start):
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=ROOT / "quizzes")

        def log_message(self, template, *values):
            asked.append(values[0])

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        tab = start(f"http://127.0.0.1:{running.server_port}/en/05_unet.html")
        tab.locator("fieldset input").first.fill("64")
        tab.locator("fieldset button").first.click()
        tab.reload()
        assert tab.locator(".verdict").first.inner_text() == "Right."
        running.shutdown()
    assert [line.split()[1] for line in asked] == ["/en/05_unet.html"] * 2


# --- what a question may hold

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "<!-- --> ]]> &amp; &lt;",
    "\"double\" 'single' \\back",
    "한글 😀 $x^2$ \\(y\\)",
    "{{main}} {number} ${x}",
]


def hostile_quiz(folder):
    """A course of one lesson, whose quiz says what no author would."""
    lines = []

    def said(number):
        return "'" + HOSTILE[number % len(HOSTILE)].replace("'", "''") + "'"

    def option(number, right=False):
        tail = ", right: true" if right else ""
        why = said(number + 1)
        return f"  - {{text: {said(number)}, why: {why}{tail}}}"

    for part in ("pre", "post"):
        lines.append(f"{part}:")
        for number in range(len(HOSTILE)):
            lines += [
                "- kind: one",
                f"  ask: {said(number)}",
                "  see: Start",
                f"  figure: {{title: {said(number)}, numbers: [[{said(number)}]]}}",
                "  options:",
                option(number + 2),
                option(number + 3, right=True),
            ]
        lines += [
            "- kind: number",
            "  ask: Which?",
            "  see: Start",
            "  answer: 1",
            f"  unit: {said(0)}",
            "  check: '1'",
            f"  why: {said(1)}",
            f"  otherwise: {said(2)}",
            f"  mistakes: [{{is: 2, why: {said(3)}}}]",
            "- kind: pixel",
            "  ask: Which?",
            "  see: Start",
            f"  grid: {{title: {said(4)}, numbers: [[{said(0)}, {said(1)}]]}}",
            "  answer: [[0, 1]]",
            f"  why: {said(2)}",
            f"  otherwise: {said(1)}",
        ]
    path = folder / "content" / "quizzes" / "00_hostile.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return read(path, Course(folder))


def test_a_hostile_text_is_shown_and_not_run(start, tmp_path):
    quiz = hostile_quiz(tmp_path)
    words = WORDS.spoken("en", COURSE)
    title = "</title><script>alert(3)</script>"
    html = page.lesson_page(quiz, title, "en", ["en"], words)
    assert len(re.findall(r"<script\b", html)) == 2  # the words and the one script
    path = tmp_path / "hostile.html"
    path.write_text(html, encoding="utf-8", newline="\n")
    tab = start(path)
    assert tab.requested == [path.as_uri()]
    assert title in tab.title()
    shown = tab.locator("main").inner_text()
    for text in HOSTILE:
        assert squeezed(text) in squeezed(shown)
    for question in quiz.questions:
        own = field(tab, question)
        label = own.locator("svg[role=img]")
        if question.figure:
            said = draw.describe(question.figure[0], words)
            assert label.get_attribute("aria-label") == said
        reasons = choose(tab, question, right=question.kind != "one")
        feedback = squeezed(own.locator(".feedback").inner_text())
        for reason in reasons:
            assert squeezed(reason) in feedback
    assert barriers(tab) == []


def test_a_script_that_was_not_built_does_not_run(browser, tmp_path):
    html = (ROOT / "quizzes" / "en" / "05_unet.html").read_text("utf-8")
    html = html.replace("</main>", "<script>document.title = 'run'</script></main>")
    (tmp_path / "changed.html").write_text(html, encoding="utf-8")
    tab = browser.new_page()
    tab.goto((tmp_path / "changed.html").as_uri())
    assert tab.title() != "run"
    assert tab.locator("button:visible").count() > 0  # the built one does
    tab.close()
