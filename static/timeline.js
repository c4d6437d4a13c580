/* The chart, and filters that act without a reload. The list works without any of this.

   The address says everything: a filter, a zoom or a page of the list is a new address, the server's page
   for that address brings the list, and /figure.json the chart. */
"use strict";

(() => {
  const QUIET = 350; // milliseconds without typing or zooming before it counts
  const DAY = 86400000;
  const SWAPPED = ["problems", "chips", "results"];
  const byId = (id) => document.getElementById(id);
  const plot = byId("plot");
  const note = byId("chart-note");
  const form = byId("filters");
  if (!plot) return;

  const scriptsRun = new Promise((done) => {
    if (document.readyState === "complete") done();
    else document.addEventListener("DOMContentLoaded", done, { once: true });
  });

  function later(act) {
    let timer = 0;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => act(...values), QUIET);
    };
  }

  /* The chart */

  let figure = null;
  let address = "";
  let asked = null;

  function dressed(layout) {
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
      ...layout,
      font: { family: style.fontFamily, size: 12, color: colour("--quiet") },
      hoverlabel: {
        ...layout.hoverlabel,
        bgcolor: colour("--raised"),
        bordercolor: colour("--rule"),
        font: { family: style.fontFamily, size: 13, color: colour("--ink") },
      },
      xaxis: { ...layout.xaxis, range: [...layout.xaxis.range] },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    };
  }

  const iso = (moment) => new Date(moment).toISOString().slice(0, 16).replace("T", " ");

  async function draw() {
    const next = plot.dataset.figure + byId("results").dataset.parameters;
    if (next === address) return;
    asked?.abort();
    asked = new AbortController();
    address = next;
    plot.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(next, { signal: asked.signal });
      if (!answer.ok) throw new Error(`${answer.status}`);
      figure = await answer.json();
      await scriptsRun;
      await show();
      plot.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return;
      address = "";
      plot.removeAttribute("aria-busy");
      note.textContent = "The chart can’t be drawn at the moment. The list has the same events.";
    }
  }

  async function show() {
    const { drawn, undated, events } = figure.layout.meta;
    await Plotly.react(plot, figure.data, dressed(figure.layout), {
      showSendToCloud: false,
      displaylogo: false,
      displayModeBar: false,
      responsive: true,
      doubleClick: false,
    });
    listen();
    byId("chart-tools").hidden = false;
    const left = events - undated - drawn;
    note.textContent = left > 0
      ? `The first ${drawn} events are drawn, ${left} more are not: narrow the filters or the dates.`
      : "";
    plot.dataset.drawn = drawn;
  }

  let listening = false;
  function listen() {
    if (listening) return;
    listening = true;
    plot.on("plotly_click", ({ points }) => {
      const target = points[0]?.customdata;
      if (typeof target === "string" && target.startsWith("/")) location.assign(target);
    });
    plot.on("plotly_hover", () => plot.classList.add("over"));
    plot.on("plotly_unhover", () => plot.classList.remove("over"));
    plot.on("plotly_doubleclick", () => setWindow("", ""));
    plot.on("plotly_relayout", later(() => {
      const { range } = plot.layout.xaxis;
      if (`${range}` !== `${figure.layout.xaxis.range}`) followRange(range);
    }));
    byId("chart-tools").addEventListener("click", (click) => {
      const move = click.target.dataset?.move;
      if (move) step(move);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  }

  function step(move) {
    if (move === "all") {
      setWindow("", "");
      return;
    }
    const [low, high] = figure.layout.xaxis.range.map((moment) => Date.parse(`${moment.replace(" ", "T")}Z`));
    const width = high - low;
    const [shift, grow] = { earlier: [-0.5, 0], later: [0.5, 0], in: [0, -0.25], out: [0, 0.5] }[move];
    followRange([low + width * (shift - grow), high + width * (shift + grow)].map(iso));
  }

  /* The window, from the chart's range to the address: whole days, the last one included. */

  function followRange([low, high]) {
    const first = held(low);
    const end = held(high);
    const midnight = !/[1-9]/.test(high.slice(10));
    // A range ends where its last day does, which is where the next one begins.
    const last = midnight && end > first ? iso(Date.parse(`${end}T00:00Z`) - DAY).slice(0, 10) : end;
    setWindow(first, last);
  }

  /* The day of a moment, held within the years 1 to 9999. */
  function held(moment) {
    if (/^(-|0000)/.test(moment)) return "0001-01-01";
    return /^\d{4}-/.test(moment) ? moment.slice(0, 10) : "9999-12-31";
  }

  function setWindow(first, last) {
    if (form) {
      form.elements.from.value = first;
      form.elements.to.value = last;
      go(formAddress());
      return;
    }
    const { dataset } = byId("results");
    const query = new URLSearchParams(dataset.parameters);
    query.delete("from");
    query.delete("to");
    if (first) query.set("from", first);
    if (last) query.set("to", last);
    dataset.parameters = `?${query}`;
    draw();
  }

  /* The page for an address */

  let loading = null;

  function formAddress() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const unsaid = (name === "group" && value === "kind") || (name === "order" && value === "date");
      if (value.trim() && !unsaid) query.append(name, value);
    }
    const text = query.toString();
    return text ? `${form.action}?${text}` : form.action;
  }

  async function go(target, { replace = false, focus = null, fill = false } = {}) {
    if (target === location.href && !replace) return;
    history[replace ? "replaceState" : "pushState"](null, "", target);
    await load({ focus, fill });
  }

  async function load({ focus = null, fill = false }) {
    loading?.abort();
    loading = new AbortController();
    try {
      const answer = await fetch(location.href, { signal: loading.signal });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of SWAPPED) byId(id)?.replaceWith(document.adoptNode(page.getElementById(id)));
      const count = page.getElementById("count").innerHTML;
      if (byId("count").innerHTML !== count) byId("count").innerHTML = count;
      document.title = page.title;
      markErrors(page.getElementById("filters"));
      if (fill) fillIn(page.getElementById("filters"));
      if (focus) byId(focus).focus({ preventScroll: focus === "count" });
      await draw();
    } catch (error) {
      if (error.name !== "AbortError") location.reload();
    }
  }

  /* The form's values as the server has them: after Back, after a filter is taken away. */
  function fillIn(other) {
    for (const control of form.elements) {
      if (!control.id) continue;
      const same = other.querySelector(`#${CSS.escape(control.id)}`);
      if (!same) continue;
      if (control.type === "checkbox") control.checked = same.checked;
      else control.value = same.value;
    }
  }

  function markErrors(other) {
    for (const old of form.querySelectorAll(".errorlist")) old.remove();
    for (const control of form.elements) control.removeAttribute("aria-invalid");
    for (const errors of other.querySelectorAll(".errorlist")) {
      const name = errors.id.replace(/^id_|_error$/g, "");
      const control = form.elements[name];
      if (!(control instanceof HTMLElement)) continue;
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", errors.id);
      control.after(document.adoptNode(errors));
    }
  }

  if (form) {
    const typed = later(() => go(formAddress(), { replace: true }));
    form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      go(formAddress());
    });
    form.addEventListener("input", (input) => {
      if (input.target.name === "text") typed();
    });
    form.addEventListener("change", (change) => {
      if (change.target.name !== "text") go(formAddress());
    });
    document.addEventListener("click", (click) => {
      const link = click.target.closest("#chips a, .pages a");
      if (!link || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
      click.preventDefault();
      go(link.href, { focus: link.closest(".pages") ? "results" : "count", fill: true });
    });
    addEventListener("popstate", () => load({ fill: true }));
  }

  draw();
})();
