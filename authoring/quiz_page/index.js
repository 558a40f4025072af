"use strict";

// The pages of the quizzes keep their answers under names that this page knows too.

const words = JSON.parse(document.getElementById("words").textContent);
const lessons = [...document.querySelectorAll("[data-storage][data-pre]")];

function load(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null; // no storage, or no JSON
  }
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function draw() {
  let any = false;
  for (const lesson of lessons) {
    const answers = load(lesson.dataset.storage);
    let all = 0;
    for (const part of ["pre", "post"]) {
      const ids = lesson.dataset[part].split(" ");
      // Another page may keep anything under this name.
      const done = ids.filter((id) => typeof answers?.[id]?.right === "boolean");
      const right = done.filter((id) => answers[id].right);
      const values = { done: done.length, count: ids.length, right: right.length };
      const said = lesson.querySelector("." + part);
      said.textContent = words[part] + ": " + fill(words.progress, values);
      all += done.length;
    }
    const bar = lesson.querySelector("progress");
    bar.hidden = false;
    bar.value = all;
    any = any || all > 0;
  }
  document.getElementById("clear").hidden = !any;
}

document.getElementById("clear").addEventListener("click", () => {
  for (const lesson of lessons) {
    try {
      localStorage.removeItem(lesson.dataset.storage);
    } catch {
      // Nothing was kept, so nothing is left.
    }
  }
  draw();
  document.getElementById("said").textContent = words.cleared;
  document.querySelector("h1").focus();
});
window.addEventListener("pageshow", draw); // also when coming back from a quiz
window.addEventListener("storage", draw); // and when another page keeps an answer
draw();
