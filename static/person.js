// How much of a text's room is used, while it is being written.
"use strict";

for (const shown of document.querySelectorAll("[data-length-of]")) {
  const text = document.getElementById(shown.dataset.lengthOf);
  const count = () => { shown.textContent = [...text.value.trim()].length; };
  text.addEventListener("input", count);
  count();
}
