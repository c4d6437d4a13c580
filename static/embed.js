/* "Copy embed code": the code stands in the page and can be selected there without this. */
"use strict";

document.addEventListener("click", async (click) => {
  const button = click.target.closest("[data-copies]");
  if (!button) return;
  const code = document.getElementById(button.dataset.copies);
  const status = button.parentElement.querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(code.value);
    status.textContent = "Copied.";
  } catch {
    code.focus();
    status.textContent = "The browser keeps this page from copying. It is selected: copy it yourself.";
  }
  code.select();
});
