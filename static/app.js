// What htmx leaves to us: a page that is kind to the server and to its reader.
"use strict";

// Designsystemet's hints for those who build pages stay out of the reader's console.
window.dsWarnings = false;

// A tab that nobody looks at does not ask for news.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[data-live]")) event.preventDefault();
});

// One that has an answer says so, by the answer's tag, and is not sent it again: 304.
const known = new Map();
document.addEventListener("htmx:configRequest", ({ target, detail }) => {
  const answer = known.get(target.id);
  if (target.matches("[data-live]") && answer?.path === detail.path) detail.headers["If-None-Match"] = answer.tag;
});
document.addEventListener("htmx:beforeSwap", ({ detail: { xhr, requestConfig, shouldSwap } }) => {
  const tag = shouldSwap && requestConfig.elt.matches("[data-live]") && xhr.getResponseHeader("ETag");
  if (tag) known.set(requestConfig.elt.id, { path: requestConfig.path, tag });
});

// What the reader has opened stays open when a part of the page is brought up to date.
const opened = new Set();
document.addEventListener("toggle", ({ target }) => {
  if (!(target instanceof HTMLDetailsElement) || !target.id) return;
  if (target.open) opened.add(target.id);
  else opened.delete(target.id);
}, true);
for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) {
  document.addEventListener(name, () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  });
}

// The menu closes when the reader goes elsewhere, or presses Escape within it.
const more = document.querySelector(".menu-more");
for (const name of ["click", "focusin"]) {
  document.addEventListener(name, ({ target }) => {
    if (!more?.contains(target)) more?.removeAttribute("open");
  });
}
more?.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  more.open = false;
  more.firstElementChild.focus();
});

// Who has pressed "Fortsett" is back where they were.
let before = null;
document.addEventListener("focusin", ({ target, relatedTarget }) => {
  if (relatedTarget && target.closest("#session") && !relatedTarget.closest("#session")) before = relatedTarget;
});
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id !== "session" || document.activeElement !== document.body) return;
  before?.focus();
  before = null;
});

// A connection that is lost says so until it is back; so does an answer that could not be given (503), in its own words.
const lost = document.getElementById("lost");
const isLost = lost?.textContent;
document.addEventListener("htmx:afterRequest", (event) => {
  lost.hidden = event.detail.successful === true;
  if (lost.hidden || !event.detail.xhr?.status) lost.textContent = isLost;
});

// A tick that was set before htmx was there to hear of it is saved all the same.
document.addEventListener("DOMContentLoaded", () => {
  for (const tick of document.querySelectorAll("input[type=checkbox][hx-post]")) {
    if (tick.checked !== tick.defaultChecked) tick.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
