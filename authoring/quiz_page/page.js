"use strict";

// Right and wrong, and the reasons, stand folded in the page. This script shows the
// one that belongs to an answer, counts, and keeps the answers in this browser.

const words = JSON.parse(document.getElementById("words").textContent);
const key = document.body.dataset.storage;
const questions = [...document.querySelectorAll("[data-kind]")];
let answers = load();

function load() {
  try {
    return JSON.parse(localStorage.getItem(key)) || {};
  } catch {
    return {};
  }
}

// Tell whether the browser kept them: some pages have no storage, as in a sandbox.
function keep() {
  try {
    if (Object.keys(answers).length) localStorage.setItem(key, JSON.stringify(answers));
    else localStorage.removeItem(key);
    return true;
  } catch {
    return false;
  }
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

const part = (question) => question.closest("section");
const inputs = (question) => [...question.querySelectorAll("input")];

// A number, the values that are chosen, or null where there is no answer yet.
function given(question) {
  if (question.dataset.kind === "number") {
    const [input] = inputs(question);
    return input.value === "" ? null : Number(input.value);
  }
  const chosen = inputs(question).filter((input) => input.checked);
  return chosen.length ? chosen.map((input) => input.value) : null;
}

function put(question, answer) {
  for (const input of inputs(question)) {
    if (input.type === "number") input.value = answer ?? "";
    else input.checked = answer !== null && answer.includes(input.value);
  }
}

// The reasons that belong to an answer: list items of the folded part.
function cases(question, answer) {
  const all = [...question.querySelectorAll("[data-case]")];
  if (question.dataset.kind === "number") {
    const near = Number(question.dataset.tolerance);
    // A little more than the tolerance: 0.1 + 0.2 is not 0.3 here.
    const fits = (one) => Math.abs(one - answer) <= near + 1e-9;
    const found = all.find((one) => one.dataset.values?.split(" ").map(Number).some(fits));
    return [found || all.at(-1)];
  }
  const fits = (one) => one.dataset.values?.split(" ").some((v) => answer.includes(v));
  const found = all.filter(fits);
  return found.length ? found : [all.at(-1)];
}

function isRight(question, answer) {
  const found = cases(question, answer);
  if (question.dataset.kind !== "several") return found[0].dataset.case === "right";
  const all = question.querySelectorAll('[data-case="right"]');
  return found.length === all.length && found.every((one) => one.dataset.case === "right");
}

function show(question, answer) {
  const found = cases(question, answer);
  const right = isRight(question, answer);
  const verdict = right ? words.right : words.wrong;
  const feedback = question.querySelector(".feedback");
  feedback.replaceChildren(element("p", verdict, right ? "verdict yes" : "verdict no"));
  if (question.dataset.kind === "several" && !right) {
    const hits = found.filter((one) => one.dataset.case === "right").length;
    const all = question.querySelectorAll('[data-case="right"]').length;
    const values = { hits, all, extra: found.length - hits };
    feedback.append(element("p", fill(words.found, values)));
  }
  for (const one of found) {
    for (const why of one.querySelectorAll(".why")) feedback.append(why.cloneNode(true));
  }
  if (!right) feedback.append(question.querySelector(".see").cloneNode(true));
  const details = question.querySelector("details");
  details.hidden = false;
  for (const input of inputs(question)) {
    input.disabled = true;
    const option = input.closest(".option");
    if (!option || input.type === "number") continue;
    const its = cases(question, [input.value])[0].dataset.case;
    option.classList.toggle("is-right", its === "right");
    option.classList.toggle("is-wrong", its !== "right" && input.checked);
  }
  const own = questions.filter((one) => part(one) === part(question));
  const last = own.at(-1) === question;
  question.querySelector("button").textContent = last ? words.see_result : words.next;
}

function reset(question) {
  put(question, null);
  question.querySelector(".feedback").replaceChildren();
  question.querySelector("details").hidden = true;
  question.querySelector("details").open = false;
  question.querySelector("button").textContent = words.check;
  for (const input of inputs(question)) {
    input.disabled = false;
    input.closest(".option")?.classList.remove("is-right", "is-wrong");
  }
}

function count(section) {
  const own = questions.filter((one) => part(one) === section);
  const done = own.filter((one) => one.id in answers);
  const right = done.filter((one) => answers[one.id].right);
  const values = { count: own.length, done: done.length, right: right.length };
  section.querySelector(".progress").textContent = fill(words.progress, values);
  section.querySelector(".clear").hidden = done.length === 0;
  const result = section.querySelector(".result");
  result.hidden = done.length < own.length;
  if (result.hidden) {
    result.replaceChildren();
    return;
  }
  const missed = own.filter((one) => !right.includes(one));
  const score = element("p", fill(words.result, values), "verdict");
  const said = missed.length ? words.mistakes : words.no_mistakes;
  const list = document.createElement("ul");
  for (const one of missed) {
    const item = document.createElement("li");
    const link = element("a", one.querySelector("legend").textContent);
    link.href = "#" + one.id;
    item.append(link, ". ", one.querySelector(".see").textContent);
    list.append(item);
  }
  result.replaceChildren(score, element("p", said), ...(missed.length ? [list] : []));
}

function check(question) {
  const answer = given(question);
  const feedback = question.querySelector(".feedback");
  if (answer === null) {
    const said = question.dataset.kind === "number" ? words.write : words.choose;
    feedback.replaceChildren(element("p", said));
    return;
  }
  answers[question.id] = { answer, right: isRight(question, answer) };
  warn(keep());
  show(question, answer);
  count(part(question));
  question.querySelector("button").focus();
}

// To the next question, the result, or past an answered one that has no open input.
function goOn(question) {
  const own = questions.filter((one) => part(one) === part(question));
  const next = own[own.indexOf(question) + 1];
  const result = part(question).querySelector(".result");
  const target = next
    ? next.querySelector("input:enabled:checked, input:enabled") || next.querySelector("button")
    : result.hidden
      ? own.find((one) => !(one.id in answers)).querySelector("input")
      : result;
  target.focus({ preventScroll: true });
  (next || target.closest("fieldset") || target).scrollIntoView({ block: "nearest" });
}

function warn(kept) {
  document.getElementById("kept").hidden = !kept;
  document.getElementById("not-kept").hidden = kept;
}

// On a grid, up and down go to the row above and below.
function walk(event, question) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || question.dataset.kind !== "pixel") return;
  event.preventDefault();
  const all = inputs(question);
  const columns = Number(question.dataset.columns);
  const target = all[all.indexOf(event.target) + step * columns];
  if (!target) return;
  target.focus();
  target.checked = true;
}

for (const question of questions) {
  const button = question.querySelector("button");
  button.hidden = false;
  question.querySelector("details").hidden = true;
  button.addEventListener("click", () => {
    if (question.id in answers) goOn(question);
    else check(question);
  });
  for (const input of inputs(question)) {
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        check(question);
      } else walk(event, question);
    });
  }
  // Kept in another form, or by another page: forget it.
  const stored = answers[question.id]?.answer;
  const number = question.dataset.kind === "number";
  if (number ? typeof stored === "number" : Array.isArray(stored)) {
    put(question, stored);
    show(question, stored);
  } else {
    delete answers[question.id];
    reset(question); // a browser may have filled in what was there before
  }
}

for (const section of document.querySelectorAll("section")) {
  const button = section.querySelector(".clear");
  button.addEventListener("click", () => {
    for (const question of questions.filter((one) => part(one) === section)) {
      delete answers[question.id];
      reset(question);
    }
    warn(keep());
    count(section);
    section.querySelector(".progress").append(" " + words.cleared);
    section.querySelector("h2").focus();
  });
  count(section);
}
warn(keep());
