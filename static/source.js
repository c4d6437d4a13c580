/* Reading a source: notes beside their lines, words found by their address, words picked to be cited.
   Offsets are code points of the stored text, half open, as in `#char=120,165`; a string of JavaScript
   counts UTF-16 units, so the two are told apart everywhere. */
"use strict";

(() => {
  const text = document.getElementById("text");
  const whole = text.parentElement;
  const place = document.getElementById("place");
  const notes = [...document.querySelectorAll("#notes > li")];
  const noteOf = new Map(notes.map((note) => [note.dataset.mention, note]));
  const startOf = (passage) => Number(passage.dataset.start);
  const endOf = (passage) => Number(passage.dataset.end);

  // Code points

  const SURROGATE = /[\ud800-\udfff]/;
  const count = (string) => (SURROGATE.test(string) ? [...string].length : string.length);
  /** UTF-16 units that the first `points` code points of a string take. */
  function units(string, points) {
    if (!SURROGATE.test(string)) return points;
    let at = 0;
    for (; points > 0; points--) at += string.codePointAt(at) > 0xffff ? 2 : 1;
    return at;
  }

  /** The text nodes of the stored text, with where each begins; the numbers of passages are none of it. */
  function* nodes() {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node.className === "note" ? NodeFilter.FILTER_REJECT
        : node.nodeType === Node.TEXT_NODE ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
    let start = 0;
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const end = start + count(node.data);
      yield { node, start, end };
      start = end;
    }
  }

  /** The parts of text nodes that make up the words from start to end, in UTF-16 units of each node. */
  function parts(start, end) {
    const found = [];
    for (const one of nodes()) {
      if (one.start >= end) break;
      if (one.end <= start) continue;
      const from = units(one.node.data, Math.max(0, start - one.start));
      found.push({ node: one.node, from, to: units(one.node.data, Math.min(end, one.end) - one.start) });
    }
    return found;
  }

  const words = (start, end) => parts(start, end).map(({ node, from, to }) => node.data.slice(from, to)).join("");
  citing.wordsOf = (passage) => words(startOf(passage), endOf(passage));

  /** How many code points of the text stand before a point of the document. */
  function offset(container, at) {
    const point = document.createRange();
    point.setStart(container, at);
    let points = 0;
    for (const { node, start, end } of nodes()) {
      if (node === container) return start + count(node.data.slice(0, at));
      if (point.comparePoint(node, 0) >= 0) break;
      points = end;
    }
    return points;
  }

  // The pieces of passages as the server cut them; where each begins and ends. Wrapping words leaves them be.
  const pieces = [];
  let length = 0;
  for (const { node, start, end } of nodes()) {
    const piece = node.parentElement.closest("mark.passage");
    if (piece) pieces.push({ piece, start, end });
    length = end;
  }

  /** Marks the pieces that some passages consist of, and no others, with a class. The passages share words. */
  function mark(passages, name) {
    const first = Math.min(...passages.map(startOf));
    const last = Math.max(...passages.map(endOf));
    for (const { piece, start, end } of pieces) piece.classList.toggle(name, first <= start && end <= last);
  }

  // Words by their address

  const SPAN = /^#char=(\d*),(\d*)(?:;(.*))?$/;

  /** What `#char=…` names, or what is wrong with it and how it is mended. RFC 5147, of the stored text. */
  function read(fragment) {
    const mend = `Write #char=start,end, such as #char=0,${Math.min(20, length)}. The text has ${length} characters.`;
    const [, from, to, check] = SPAN.exec(fragment) ?? [];
    if (from === undefined || !(from || to)) {
      return { wrong: /^#char=\d+$/.test(fragment) ? `It names a place between two characters, no words. ${mend}` : `It is not of that form. ${mend}` };
    }
    const start = Number(from || 0);
    const end = to ? Number(to) : length;
    if (start >= end && end <= length && start <= length) return { wrong: `Its words end before they begin. ${mend}` };
    if (end > length || start >= length) return { wrong: `It goes beyond the end of the text. ${mend}` };
    const told = /(?:^|;)length=(\d+)/.exec(check ?? "")?.[1];
    const doubt = told && Number(told) !== length ? `The address is of a text of ${told} characters and this one has ${length}: these may be other words.` : "";
    return { start, end, doubt };
  }

  /** Wraps the words in marks of their own, whatever passages and paragraphs they cross. */
  function wrap(start, end) {
    return parts(start, end).map(({ node, from, to }) => {
      const words = node.splitText(from);
      words.splitText(to - from);
      const mark = document.createElement("mark");
      mark.className = "cited";
      words.replaceWith(mark);
      mark.append(words);
      return mark;
    });
  }

  function unwrap() {
    for (const mark of document.querySelectorAll("mark.cited")) mark.replaceWith(...mark.childNodes);
    text.normalize();
  }

  /** Says above the text which words the address names, or what is wrong with it. */
  function tell(message, span) {
    place.firstElementChild.textContent = message;
    place.classList.toggle("told", Boolean(message));
    place.classList.toggle("problems", Boolean(message && !span));
    place.querySelector(".passage-tools")?.remove();
    if (message && span) place.append(tools(span.start, span.end));
  }

  // Where pages or paragraphs of the file begin, for texts of which that is known.
  const { places } = text.closest("article").dataset;
  const begun = places ? places.split(",").map((place) => place.split(" ")) : [];

  /** The page or paragraph that words stand in, such as "page 3" or "pages 3–4"; "" where it isn't known. */
  function placeOf(start, end) {
    const at = (point) => begun.findLast(([begin]) => Number(begin) <= point);
    const [first, last] = [at(start), at(end - 1)];
    if (!first) return "";
    return first[2] === last[2] ? `${first[1]} ${first[2]}` : `${first[1]}s ${first[2]}–${last[2]}`;
  }

  function tools(start, end) {
    const made = document.createElement("div");
    made.className = "passage-tools";
    Object.assign(made.dataset, { start, end, place: placeOf(start, end) });
    made.innerHTML = '<p class="tools"></p>';
    citing.equip(made);
    const { make } = text.closest("article").dataset;
    if (make) {
      // For curators: to the form in which the words become a passage.
      const link = document.createElement("a");
      link.href = `${make}&start=${start}&end=${end}`;
      link.textContent = "Make a passage";
      made.querySelector(".tools").append(" ", link);
    }
    return made;
  }

  const shortened = (quote) => {
    const points = [...quote.replace(/\s+/g, " ")];
    return points.length > 90 ? `${points.slice(0, 89).join("")}…` : points.join("");
  };

  function follow() {
    let fragment = location.hash;
    try {
      fragment = decodeURIComponent(fragment);
    } catch { /* it is named below as it stands */ }
    unwrap();
    const chosen = noteOf.get(/^#m(\d+)$/.exec(fragment)?.[1]);
    for (const note of notes) note.classList.toggle("chosen", note === chosen);
    mark(chosen ? [chosen] : [], "chosen");
    tell("");
    if (chosen) {
      const span = { start: startOf(chosen), end: endOf(chosen) };
      tell(`Marked: passage ${chosen.querySelector(".number").textContent}, characters ${span.start}–${span.end}.`, span);
    } else if (fragment.startsWith("#char")) {
      const { start, end, wrong, doubt } = read(fragment);
      if (wrong) {
        tell(`“${shortened(fragment)}” names no words of this text. ${wrong}`);
        place.scrollIntoView({ block: "nearest" });
        return;
      }
      const [first] = wrap(start, end);
      tell(`Marked: characters ${start}–${end}, “${shortened(words(start, end))}”. ${doubt}`.trim(), { start, end });
      // A reader who listens, or goes on with the keyboard, goes on from the words.
      first.tabIndex = -1;
      first.focus({ preventScroll: true });
      first.scrollIntoView({ block: "center" });
    } else if (/^#m\d/.test(fragment)) {
      tell(`No passage of this text is numbered “${shortened(fragment.slice(2))}” now. All that are read out of it are listed with the text.`);
    }
  }

  // Notes beside their lines

  /** Each note as high as its passage, or below the note before it where there is no room. */
  function arrange() {
    const list = document.getElementById("notes");
    if (!list) return;
    const zero = list.getBoundingClientRect().top;
    const wanted = notes.map((note) => document.getElementById(`m${note.dataset.mention}`)?.getClientRects()[0]?.top - zero);
    const heights = notes.map((note) => note.offsetHeight);
    let free = 0;
    notes.forEach((note, number) => {
      const top = Math.max(free, wanted[number] || 0);
      note.style.setProperty("--top", `${top}px`);
      free = top + heights[number] + 12;
    });
    list.style.setProperty("--height", `${free}px`);
    list.classList.add("beside");
  }

  // Which note belongs to which words

  function light(lit) {
    for (const note of notes) note.classList.toggle("lit", lit.includes(note));
    mark(lit, "lit");
  }

  /** The notes of what the pointer is on or the focus in: a note, the number of one, or words of a passage. */
  function notesOf(target) {
    const note = target.closest?.("#notes > li") ?? noteOf.get(target.closest?.(".note")?.dataset.mention);
    if (note) return [note];
    const on = target.closest?.("mark.passage");
    const place = on && pieces.find(({ piece }) => piece === on);
    return place ? notes.filter((one) => startOf(one) <= place.start && place.end <= endOf(one)) : [];
  }

  let lit = [];
  function relate(event) {
    if (event.type === "focusin" && event.target.matches(".cited")) return; // it was put there, not moved there
    const now = notesOf(event.target);
    if (now.length === lit.length && now.every((note, number) => note === lit[number])) return;
    lit = now;
    light(lit);
  }

  // Words that the reader picks

  let picked = null;
  let settle;

  function forget() {
    picked?.remove();
    picked = null;
  }

  function pick() {
    const selection = getSelection();
    // Its buttons, or the dialog that they open, are in use.
    if (picked?.contains(document.activeElement) || document.querySelector("dialog[open]")) return;
    forget();
    if (!selection.rangeCount || selection.isCollapsed || !selection.getRangeAt(0).intersectsNode(text)) return;
    const range = selection.getRangeAt(0);
    let start = offset(range.startContainer, range.startOffset);
    let end = offset(range.endContainer, range.endOffset);
    const quote = words(start, end);
    start += count(quote) - count(quote.trimStart());
    end -= count(quote) - count(quote.trimEnd());
    if (start >= end) return;
    picked = tools(start, end);
    picked.classList.add("picked");
    picked.setAttribute("role", "toolbar");
    picked.setAttribute("aria-label", `Characters ${start} to ${end}`);
    const line = [...range.getClientRects()].at(-1);
    const frame = whole.getBoundingClientRect();
    if (line) {
      picked.style.setProperty("--x", `${Math.max(0, Math.min(line.right - frame.left, frame.width) - 260)}px`);
      picked.style.setProperty("--y", `${line.bottom - frame.top + 8}px`);
    }
    // A press on a button must not take the selection away first.
    picked.addEventListener("mousedown", (event) => event.preventDefault());
    whole.append(picked);
  }

  document.addEventListener("selectionchange", () => {
    clearTimeout(settle);
    settle = setTimeout(pick, 120);
  });
  document.addEventListener("keydown", (event) => {
    if (!picked) return;
    if (event.key === "Escape") {
      getSelection().removeAllRanges();
      forget();
    } else if (event.key === "Tab" && !event.shiftKey && !picked.contains(document.activeElement)) {
      // From picked words the next thing is what can be done with them.
      event.preventDefault();
      picked.querySelector("button").focus();
    }
  });

  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, relate);
  let width = 0; // of the text; the first report comes at once, and arranges the notes
  new ResizeObserver(([entry]) => {
    if (entry.contentRect.width === width) return;
    width = entry.contentRect.width;
    arrange();
  }).observe(text);
  addEventListener("hashchange", () => { follow(); arrange(); });
  follow();
})();
