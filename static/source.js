/* A passage that others overlap is in several pieces: mark all those of the one that the address names. */
"use strict";

(() => {
  function mark() {
    const chosen = /^#m(\d+)$/.exec(location.hash)?.[1];
    for (const piece of document.querySelectorAll("mark[data-mention]")) {
      piece.classList.toggle("chosen", piece.dataset.mention === chosen);
    }
  }
  addEventListener("hashchange", mark);
  mark();
})();
