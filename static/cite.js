/* "Cite this passage" and "Copy link": beside every passage, on the pages of sources and events.
   A passage is an element with data-start and data-end (code points) inside one that tells of its source. */
"use strict";

const citing = (() => {
  const said = document.createElement("p");
  said.className = "said";
  said.setAttribute("role", "status");

  let silence;
  /** Tells everyone what was done: on the page for a while, and to those who listen to it. */
  function say(words) {
    clearTimeout(silence);
    said.textContent = words;
    silence = setTimeout(() => { said.textContent = ""; }, 6000);
  }

  const sourceOf = (passage) => passage.closest("[data-sha256]").dataset;

  function address(passage) {
    const { start, end } = passage.dataset;
    return new URL(`${sourceOf(passage).address}#char=${start},${end}`, location.href).href;
  }

  function citation(passage) {
    const { headline, publisher, published, sha256 } = sourceOf(passage);
    const { start, end, place } = passage.dataset;
    const quote = actions.wordsOf(passage).replace(/\s*\n\s*/g, " ");
    const from = [headline, publisher, published, place].filter(Boolean).join(", ");
    return `“${quote}” — ${from}, characters ${start}–${end} of the text with SHA-256 ${sha256}; ${address(passage)}`;
  }

  /** Where the browser doesn't let the page copy, the reader can. */
  function offer(text) {
    const dialog = document.createElement("dialog");
    dialog.className = "to-copy";
    dialog.innerHTML = '<form method="dialog"><label for="to-copy">The browser keeps this page from copying. Copy it yourself:</label><textarea id="to-copy" readonly rows="6"></textarea><button>Close</button></form>';
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    const box = dialog.querySelector("textarea");
    box.value = text;
    box.focus();
    box.select();
  }

  async function copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      say(done);
    } catch {
      offer(text);
    }
  }

  const BUTTONS = [
    ["cite", "Cite this passage", (passage) => copy(citation(passage), "The citation is copied.")],
    ["link", "Copy link", (passage) => copy(address(passage), "The address is copied.")],
  ];

  /** Puts the buttons at the end of a passage's tools. */
  function equip(passage) {
    for (const [does, label] of BUTTONS) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.does = does;
      button.textContent = label;
      if (passage.dataset.name) button.setAttribute("aria-label", `${label}: ${passage.dataset.name}`);
      passage.querySelector(".tools").append(" ", button);
    }
  }

  const actions = { equip, say, wordsOf: (passage) => passage.querySelector("mark").textContent };

  document.body.append(said);
  for (const passage of document.querySelectorAll("[data-start]")) equip(passage);
  document.addEventListener("click", (event) => {
    const does = event.target.closest("button[data-does]");
    if (!does) return;
    BUTTONS.find(([name]) => name === does.dataset.does)[2](does.closest("[data-start]"));
  });
  return actions;
})();
