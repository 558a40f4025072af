"use strict";

// Right and wrong, and the reasons, stand folded in the page. This script shows the
// one that belongs to an answer, counts, and keeps the answers in this browser.

const words = JSON.parse(document.getElementById("words").textContent);
const key = document.body.dataset.storage;
const questions = [...document.querySelectorAll("[data-kind]")];
const changes = {}; // of this page, until the browser has kept them; null: cleared
const drawn = new Map(); // question -> its answer as it is shown now
let answers = {};

// The answers that the browser keeps. Whatever fits no question here is forgotten.
function load() {
  const found = {};
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(key));
  } catch {
    // No storage, as in a sandbox, or no JSON: nothing is kept.
  }
  for (const question of questions) {
    const answer = kept?.[question.id]?.answer;
    if (!fits(question, answer)) continue;
    found[question.id] = { answer, right: isRight(question, answer) };
  }
  return found;
}

function fits(question, answer) {
  if (question.dataset.kind === "number") return Number.isFinite(answer);
  const values = inputs(question).map((input) => input.value);
  const most = question.dataset.kind === "several" ? values.length : 1;
  if (!Array.isArray(answer) || !answer.length || answer.length > most) return false;
  return answer.every((value) => values.includes(value));
}

// Another page of this quiz may have kept answers since: change only what changed here.
function update() {
  answers = { ...load(), ...changes };
  for (const id in answers) if (!answers[id]) delete answers[id];
}

function keep(changed) {
  Object.assign(changes, changed);
  update();
  let kept = true;
  try {
    if (Object.keys(answers).length) localStorage.setItem(key, JSON.stringify(answers));
    else localStorage.removeItem(key);
    for (const id in changes) delete changes[id];
  } catch {
    kept = false;
  }
  document.getElementById("kept").hidden = !kept;
  document.getElementById("not-kept").hidden = kept;
  draw();
}

function draw() {
  for (const question of questions) {
    const answer = answers[question.id]?.answer;
    const now = JSON.stringify(answer);
    if (drawn.has(question) && drawn.get(question) === now) continue;
    drawn.set(question, now);
    reset(question); // a browser may have filled in what was there before
    if (answer === undefined) continue;
    put(question, answer);
    show(question, answer);
  }
  document.querySelectorAll("section").forEach(count);
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
    return numberOf(inputs(question)[0].value, question);
  }
  const chosen = inputs(question).filter((input) => input.checked);
  return chosen.length ? chosen.map((input) => input.value) : null;
}

function put(question, answer) {
  for (const input of inputs(question)) {
    if (question.dataset.kind === "number") input.value = answer ?? "";
    else input.checked = answer !== null && answer.includes(input.value);
  }
}

// Numbers as people write them, by the one rule that utils/quiz/number.py tells.
const NUMBER = /^([+-]?) ?([\d,.'_ ]*\d[,.]?)(e[+-]?\d+)?$/;
const GROUPED = /^[1-9]\d{0,2}([ ,.'_])\d{3}(?:\1\d{3})*(?:(?!\1)[,.]\d*)?$/;
const PLAIN = /^\d*[,.]?\d*$/;

function numberOf(written, question) {
  const numbers = readings(written, question);
  const right = (number) => isRight(question, number);
  const known = (number) => cases(question, number)[0].dataset.values;
  return numbers.find(right) ?? numbers.find(known) ?? numbers[0] ?? null;
}

function readings(written, question) {
  const text = written
    .replace(/[\uFF0D\u2010-\u2015\u2212\uFE63]/g, "-")
    .replace(/[\uFF01-\uFF5E]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0))
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u200B-\u200F\u2060\uFEFF]/g, "")
    .replace(/\s+/g, " ");
  const bare = without(text.trim().toLowerCase(), question.dataset.unit.toLowerCase());
  const found = without(bare, "%").match(NUMBER);
  if (!found) return [];
  const [, sign, digits, exponent = ""] = found;
  const point = (text) => text.replaceAll(",", ".");
  const spelt = PLAIN.test(digits) ? [point(digits)] : [];
  const grouped = digits.match(GROUPED);
  if (grouped) {
    spelt.push(point(digits.replaceAll(grouped[1], "")));
    const answer = question.querySelector('[data-case="right"]').dataset.values;
    if (grouped[1] === "," && Number.isInteger(Number(answer))) spelt.reverse();
  }
  const scale = bare.endsWith("%") ? 100 : 1;
  const numbers = spelt.map((one) => Number(sign + one + exponent) / scale);
  return numbers.filter(Number.isFinite);
}

function without(text, end) {
  return (end && text.endsWith(end) ? text.slice(0, -end.length) : text).trim();
}

// The reasons that belong to an answer: list items of the folded part.
function cases(question, answer) {
  const all = [...question.querySelectorAll("[data-case]")];
  if (question.dataset.kind === "number") {
    const near = Number(question.dataset.tolerance);
    // A little more than the tolerance: 0.1 + 0.2 is not 0.3 here.
    const close = (one) => Math.abs(one - answer) <= near + 1e-9;
    const found = all.find((one) => one.dataset.values?.split(" ").map(Number).some(close));
    return [found || all.at(-1)];
  }
  const chosen = (one) => one.dataset.values?.split(" ").some((v) => answer.includes(v));
  const found = all.filter(chosen);
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
    if (!option) continue;
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
  keep({ [question.id]: { answer, right: isRight(question, answer) } });
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
}

for (const section of document.querySelectorAll("section")) {
  const button = section.querySelector(".clear");
  button.addEventListener("click", () => {
    const own = questions.filter((one) => part(one) === section);
    keep(Object.fromEntries(own.map((one) => [one.id, null])));
    own.forEach(reset); // also what is not checked yet
    section.querySelector(".progress").append(" " + words.cleared);
    section.querySelector("h2").focus();
  });
}
keep({});

// What another page keeps or clears is shown here too; null: all of it was cleared.
window.addEventListener("storage", (event) => {
  if (event.key !== key && event.key !== null) return;
  update();
  draw();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) keep({}); // the browser had put this page aside
});
