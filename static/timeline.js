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
  let moving = false; // the chart is being moved by this script, not by the reader

  const wanted = () => {
    const { first = "", last = "", parameters } = byId("results").dataset;
    return { first, last, parameters };
  };

  function figureAddress({ first, last, parameters }) {
    const query = new URLSearchParams(parameters);
    // Within the server's limit the chart holds every event, so that moving about asks for nothing.
    if (figure && figure.layout.meta.drawn + figure.layout.meta.undated < figure.layout.meta.events) {
      if (first) query.set("from", first);
      if (last) query.set("to", last);
    }
    return `${plot.dataset.figure}?${query}`;
  }

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
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    };
  }

  function range({ first, last }) {
    const [low, high] = figure.layout.xaxis.range;
    return [first ? `${first} 00:00` : low, last ? nextDay(last) : high];
  }

  function nextDay(day) {
    return day === "9999-12-31" ? `${day} 23:59` : iso(Date.parse(`${day}T00:00Z`) + DAY);
  }

  const iso = (moment) => new Date(moment).toISOString().slice(0, 16).replace("T", " ");

  async function draw() {
    const now = wanted();
    const next = figureAddress(now);
    try {
      if (next !== address) {
        asked?.abort();
        asked = new AbortController();
        plot.setAttribute("aria-busy", "true");
        const answer = await fetch(next, { signal: asked.signal });
        if (!answer.ok) throw new Error(`${answer.status}`);
        figure = await answer.json();
        address = next;
        await scriptsRun;
      }
      await show(now);
    } catch (error) {
      if (error.name === "AbortError") return;
      address = "";
      note.textContent = "The chart can’t be drawn at the moment. The list has the same events.";
    } finally {
      plot.removeAttribute("aria-busy");
    }
  }

  async function show(now) {
    const { meta } = figure.layout;
    const layout = dressed(figure.layout);
    layout.xaxis = { ...layout.xaxis, range: range(now), autorange: false };
    moving = true;
    await Plotly.react(plot, figure.data, layout, {
      showSendToCloud: false,
      displaylogo: false,
      displayModeBar: false,
      responsive: true,
      doubleClick: false,
    });
    moving = false;
    listen();
    byId("chart-tools").hidden = !meta.drawn;
    plot.classList.toggle("empty", !meta.drawn);
    const left = meta.events - meta.undated - meta.drawn;
    note.textContent = left > 0 ? `The first ${meta.drawn} events are drawn, ${left} more are not: narrow the filters or the dates.` : "";
    plot.dataset.drawn = meta.drawn;
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
      if (!moving && plot.layout) followRange(plot.layout.xaxis.range);
    }));
    byId("chart-tools").addEventListener("click", (click) => {
      const move = click.target.dataset?.move;
      if (move) step(move);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(wanted()));
  }

  function step(move) {
    if (move === "all") return setWindow("", "");
    const [low, high] = plot.layout.xaxis.range.map((moment) => Date.parse(`${moment.replace(" ", "T").slice(0, 16).padEnd(16, "T00:00".slice(-6))}Z`));
    const width = high - low;
    const [shift, grow] = { earlier: [-0.5, 0], later: [0.5, 0], in: [0, -0.25], out: [0, 0.5] }[move];
    followRange([low + width * (shift - grow), high + width * (shift + grow)].map(iso));
  }

  /* The window, from the chart's range to the address */

  function followRange([low, high]) {
    const first = clamped(`${low}`);
    const end = `${high}`;
    const midnight = !/[1-9]/.test(end.slice(10));
    const last = midnight ? clamped(iso(Date.parse(`${end.slice(0, 10)}T00:00Z`) - DAY)) : clamped(end);
    const now = wanted();
    if (first !== now.first || last !== now.last) setWindow(first, last < first ? first : last);
  }

  function clamped(moment) {
    if (/^\d{4}-\d\d-\d\d/.test(moment)) return moment < "0001" ? "0001-01-01" : moment.slice(0, 10);
    return moment.startsWith("-") ? "0001-01-01" : "9999-12-31";
  }

  function setWindow(first, last) {
    if (!form) {
      Object.assign(byId("results").dataset, { first, last });
      return draw();
    }
    form.elements.from.value = first;
    form.elements.to.value = last;
    return go(formAddress());
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
