// A file that is dropped on the form is sent; without this the field itself takes it, in most browsers.
"use strict";

for (const form of document.querySelectorAll("form[data-drop]")) {
  const input = form.querySelector("input[type=file]");
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  // Beside the form a dropped file would take the page's place.
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => { if (carries(event)) event.preventDefault(); });
  }
  document.addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    form.closest("details")?.setAttribute("open", "");
    form.classList.toggle("dropping", form.contains(event.target));
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("dropping"); });
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
