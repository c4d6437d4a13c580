/* The review queue by keyboard. Every key presses something that is on the page and works without it. */
"use strict";

(() => {
  const page = document.querySelector(".review");
  const form = document.getElementById("decide");
  let going = false; // a decision is on its way: what is pressed until the next event is there is for nobody

  // Where the focus begins: at what went wrong, at a choice to be made, else at the words.
  const begin = ["refused", "choice", "start"].map((id) => document.getElementById(id)).find(Boolean);
  begin?.focus({ preventScroll: begin.id === "start" });

  /** What a key presses, by the names in `data-key`. */
  const pressedBy = (key) => page.querySelector(`[data-key~="${CSS.escape(key)}"]`);
  const writing = (target) => target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable;

  function leave(target) {
    target.blur();
    document.getElementById("start")?.focus({ preventScroll: true });
  }

  function open(details) {
    details.open = true;
    details.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }

  function press(target) {
    if (target.dataset.opens) open(document.getElementById(target.dataset.opens));
    else if (target.matches("input")) target.focus();
    else if (target.hash && target.pathname === location.pathname && target.getAttribute("href")[0] === "#") {
      const there = document.getElementById(target.hash.slice(1));
      there.scrollIntoView({ block: "start" });
      there.focus({ preventScroll: true });
    } else target.click();
  }

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (going) {
      if (key.length === 1) event.preventDefault();
      return;
    }
    if (writing(target)) {
      if (!form?.contains(target)) return;
      if (key === "Escape") leave(target);
      else if (key === "Enter" && target.id === "reason") {
        event.preventDefault();
        leave(target);
      } else if (key === "Enter" && target.matches("#edit input")) {
        event.preventDefault();
        document.querySelector("[data-saves]").click();
      }
      return;
    }
    if (event.repeat || (key.length > 1 && key !== "Escape")) return;
    const wanted = pressedBy(key);
    if (!wanted) return;
    event.preventDefault();
    press(wanted);
  });

  page.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-opens]");
    if (!link) return;
    event.preventDefault();
    open(document.getElementById(link.dataset.opens));
  });

  form?.addEventListener("submit", (event) => {
    if (going) event.preventDefault(); // a second click on the same decision
    going = true;
  });
  addEventListener("pageshow", () => { going = false; });

  // A field and its words light up together.
  function light(event) {
    const name = event.target.closest?.("[data-field]")?.dataset.field;
    for (const one of page.querySelectorAll("[data-field]")) one.classList.toggle("lit", one.dataset.field === name);
  }
  for (const kind of ["pointerover", "focusin"]) page.addEventListener(kind, light);
})();
