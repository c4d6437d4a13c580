/* The chart comes alive, and filters act without a reload. All of it works without this script.

   The address says everything: a filter, a zoom, a page of the list or the event looked at is a new address.
   The server's page for that address brings what is shown, and /figure.json the chart for Plotly, which takes
   the place of the server's own drawing once it has arrived. */
"use strict";

(() => {
  const QUIET = 350; // milliseconds without typing or zooming before it counts
  const DAY = 86400000;
  const SWAPPED = ["problems", "chips", "facets", "overview", "table", "results", "panel", "drawn", "feed"];
  const byId = (id) => document.getElementById(id);
  const plot = byId("plot");
  const note = byId("chart-note");
  const form = byId("filters");
  const framed = document.body.matches(".framed"); // on a page of another site
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

  const live = document.createElement("div");
  live.id = "live";
  live.className = "waiting";
  plot.append(live);
  let figure = null;
  let address = ""; // of the figure that is asked for, and of the one that is shown
  let shown = "";
  let asked = null;

  function dressed(layout) {
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
      ...layout,
      font: { ...layout.font, family: style.fontFamily, color: colour("--quiet") },
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
    if (next === address) {
      choose();
      if (next === shown) plot.removeAttribute("aria-busy");
      return;
    }
    asked?.abort();
    const { signal } = (asked = new AbortController());
    address = next;
    try {
      const answer = await fetch(next, { signal });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const fresh = await answer.json();
      await scriptsRun;
      if (signal.aborted) return; // while Plotly was still to come
      figure = fresh;
      await show();
      shown = next;
      if (!signal.aborted) plot.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return;
      address = shown = "";
      plot.removeAttribute("aria-busy");
      note.textContent = "The chart can’t be moved about in at the moment. The list has the same events.";
    }
  }

  async function show() {
    ringed = looked();
    await Plotly.react(live, [...figure.data, ...chosenRing()], dressed(figure.layout), {
      showSendToCloud: false,
      displaylogo: false,
      displayModeBar: false,
      responsive: true,
      doubleClick: false,
    });
    listen();
    byId("chart-tools").hidden = false;
    plot.classList.add("is-live");
    live.className = "";
    note.textContent = "";
    plot.dataset.drawn = figure.layout.meta.drawn;
  }

  const looked = () => new URLSearchParams(location.search).get("event") ?? "";

  /* A ring around the event that is looked at, if it is drawn. */
  function chosenRing() {
    const key = looked();
    if (!key) return [];
    const wanted = `/events/${key}/`;
    for (const trace of figure.data) {
      const at = trace.type !== "bar" && trace.customdata ? trace.customdata.indexOf(wanted) : -1;
      if (at >= 0) {
        const colour = getComputedStyle(document.body).getPropertyValue("--focus").trim();
        const marker = { symbol: "circle-open", size: 26, color: colour, line: { width: 3 } };
        return [{ x: [trace.x[at]], y: [trace.y[at]], mode: "markers", marker, hoverinfo: "skip" }];
      }
    }
    return [];
  }

  let ringed = "";
  function choose() {
    if (figure && looked() !== ringed) show();
  }

  let listening = false;
  function listen() {
    if (listening) return;
    listening = true;
    live.on("plotly_click", ({ points }) => {
      const target = points[0]?.customdata;
      const key = /^\/events\/(\d+)\/$/.exec(target)?.[1];
      if (key) look(key);
      else if (Array.isArray(target)) setWindow(target[0], target[1]);
    });
    live.on("plotly_hover", () => plot.classList.add("over"));
    live.on("plotly_unhover", () => plot.classList.remove("over"));
    live.on("plotly_doubleclick", () => setWindow("", ""));
    live.on("plotly_relayout", later(() => {
      const { range } = live.layout.xaxis;
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

  /* An edge that is not given stays as it is. */
  function setWindow(first, last) {
    const edges = Object.entries({ from: first, to: last }).filter(([, value]) => value !== undefined);
    if (form) {
      for (const [name, value] of edges) form.elements[name].value = value;
      go(formAddress());
      return;
    }
    const query = new URLSearchParams(location.search);
    for (const [name, value] of edges) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    query.delete("page");
    go(`${location.pathname}?${query}`);
  }

  /* The strip of all dates: drag to choose a window, click to go there, or move its edges from the keyboard. */

  function brush() {
    const strip = byId("overview");
    const picture = strip?.querySelector("svg");
    if (!picture || !strip.dataset.first || strip.querySelector(".band")) return;
    const begin = Date.parse(strip.dataset.first);
    const days = (Date.parse(strip.dataset.last) - begin) / DAY + 1;
    const nth = (number) => iso(begin + Math.min(Math.max(number, 0), days - 1) * DAY).slice(0, 10);
    const share = (event) => {
      const box = picture.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    };
    const band = document.createElement("div");
    band.className = "band";
    band.hidden = true;
    strip.append(band);
    let from = null;
    picture.addEventListener("pointerdown", (down) => {
      if (down.button) return;
      down.preventDefault();
      from = share(down);
      picture.setPointerCapture(down.pointerId);
    });
    picture.addEventListener("pointermove", (move) => {
      if (from === null) return;
      const [low, high] = [from, share(move)].sort((one, other) => one - other);
      band.hidden = false;
      band.style.left = `${low * picture.clientWidth}px`;
      band.style.width = `${(high - low) * picture.clientWidth}px`;
    });
    picture.addEventListener("pointerup", (up) => {
      if (from === null) return;
      const [low, high] = [from, share(up)].sort((one, other) => one - other);
      from = null;
      band.hidden = true;
      const around = high - low < 0.005 ? 0.05 : 0;
      const first = Math.floor((low - around) * days);
      setWindow(nth(first), nth(Math.max(first, Math.ceil((high + around) * days) - 1)));
    });
    picture.addEventListener("pointercancel", () => {
      from = null;
      band.hidden = true;
    });
    const [begins, ends] = strip.querySelectorAll("input[type=range]");
    const reach = (edge) => Math.round((edge.value / edge.max) * days);
    const edges = [
      [begins, () => Math.min(begins.value, ends.value - 1), () => nth(reach(begins))],
      [ends, () => Math.max(ends.value, Number(begins.value) + 1), () => nth(reach(ends) - 1)],
    ];
    for (const [edge, held, day] of edges) {
      const at = edge.value / edge.max;
      edge.max = Math.min(days, edge.max); // a step is a day at least
      edge.value = Math.round(at * edge.max);
      edge.setAttribute("aria-valuetext", day());
      edge.addEventListener("input", () => {
        edge.value = held();
        edge.setAttribute("aria-valuetext", day());
      });
    }
    begins.addEventListener("change", later(() => setWindow(Number(begins.value) ? edges[0][2]() : "")));
    ends.addEventListener("change", later(() => setWindow(undefined, ends.value === ends.max ? "" : edges[1][2]())));
    begins.closest("[hidden]")?.removeAttribute("hidden");
  }

  /* The event that is looked at */

  function look(key) {
    if (!byId("panel")) {
      open(`/events/${key}/`, framed ? "_blank" : "_self", framed ? "noopener" : "");
      return;
    }
    const query = new URLSearchParams(location.search);
    query.set("event", key);
    go(`${location.pathname}?${query}`, { focus: "panel-title" });
  }

  function close() {
    const way = document.querySelector("#panel [rel=close]");
    const back = byId(`beside-${looked()}`);
    if (way) go(way.href, { focus: back ? back.id : "results" });
  }

  document.addEventListener("keydown", (press) => {
    if (!press.target.closest("#panel") || press.ctrlKey || press.metaKey || press.altKey) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[press.key];
    const way = rel && document.querySelector(`#panel [rel=${rel}]`);
    if (way) go(way.href, { focus: "panel-title" });
    else if (press.key === "Escape") close();
    else return;
    press.preventDefault();
  });

  /* The page for an address */

  let loading = null;

  function formAddress() {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value.trim() && !(name === "group" && value === "kind")) query.append(name, value);
    }
    const text = query.toString();
    return text ? `${form.action}?${text}` : form.action;
  }

  /* Words typed on are one step in the history, however often the address has changed meanwhile. */
  async function go(target, { typed = false, focus = null, fill = false } = {}) {
    const next = new URL(target, location.href).href;
    if (next === location.href) return;
    // Those who go back mean the page that the frame stands in.
    history[framed || typed && history.state?.typed ? "replaceState" : "pushState"]({ typed }, "", next);
    await load({ focus, fill });
  }

  let loaded = location.pathname + location.search; // what is shown, or on its way

  async function load({ focus = null, fill = false }) {
    loading?.abort();
    loaded = location.pathname + location.search;
    loading = new AbortController();
    plot.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(location.href, { signal: loading.signal });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const before = document.activeElement;
      const focused = before?.id;
      const beside = before?.closest("#panel") ? "results" : before?.closest("details")?.querySelector("summary").id;
      const height = before?.matches(".beside") && before.getBoundingClientRect().top;
      const opened = new Map([...document.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
      const scrolled = new Map([...document.querySelectorAll(".facet ul")].map((one) => [one.closest("details").id, one.scrollTop]));
      for (const id of SWAPPED) {
        const fresh = page.getElementById(id);
        if (fresh) byId(id)?.replaceWith(document.adoptNode(fresh));
      }
      for (const [id, open] of opened) if (byId(id)) byId(id).open = open;
      for (const [id, top] of scrolled) if (byId(id)) byId(id).querySelector("ul").scrollTop = top;
      for (const id of ["workbench"]) {
        const same = page.getElementById(id);
        if (same && byId(id)) byId(id).className = same.className;
      }
      const count = page.getElementById("count")?.innerHTML;
      if (count && byId("count").innerHTML !== count) byId("count").innerHTML = count;
      document.title = page.title;
      if (form) {
        markErrors(page.getElementById("filters"));
        if (fill) fillIn(page.getElementById("filters"));
      }
      brush();
      // The list grows narrower beside the panel: the reader's place in it stays where it is on the screen.
      if (height) scrollBy({ top: byId(focused)?.getBoundingClientRect().top - height || 0, behavior: "instant" });
      if (focus) byId(focus)?.focus({ preventScroll: focus === "count" });
      else if (before && !before.isConnected) refocus(byId(focused) ?? byId(beside));
      await draw();
    } catch (error) {
      if (error.name !== "AbortError") location.reload();
    }
  }

  /* What had the focus, or what it stood in where it is gone, in sight wherever it stands now. */
  function refocus(target) {
    target?.focus({ preventScroll: true });
    if (target && target.id !== "results") target.scrollIntoView({ block: "nearest" });
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
    for (const old of form.querySelectorAll(".fields .errorlist")) old.remove();
    for (const control of form.elements) control.removeAttribute("aria-invalid");
    for (const errors of other.querySelectorAll(".fields .errorlist")) {
      const name = errors.id.replace(/^id_|_error$/g, "");
      const control = form.elements[name];
      if (!(control instanceof HTMLElement)) continue;
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", errors.id);
      control.after(document.adoptNode(errors));
    }
  }

  if (form) {
    const typed = later(() => go(formAddress(), { typed: true }));
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
  }
  document.addEventListener("click", (click) => {
    const link = click.target.closest("#chips a, .pages a, a.beside, .panel-tools a, #drawn a");
    if (!link || framed || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
    const href = link.href.baseVal ?? link.href;
    const key = link.closest("#drawn") && /\/events\/(\d+)\/$/.exec(href)?.[1];
    click.preventDefault();
    if (key) look(key);
    else if (link.rel === "close") close();
    else if (link.closest(".panel-tools, .beside")) go(href, { focus: "panel-title" });
    else go(href, { focus: link.closest(".pages") ? "results" : link.closest("#chips") ? "count" : null, fill: true });
  });
  addEventListener("popstate", () => {
    // The skip link changes only what stands behind the #, and asks for nothing new.
    if (location.pathname + location.search !== loaded) load({ fill: true });
  });

  // On a narrow screen the choices would stand before everything else.
  if (matchMedia("(max-width: 52rem)").matches) {
    for (const facet of document.querySelectorAll(".facet[open]:not(:has(:checked))")) facet.open = false;
  }

  plot.setAttribute("aria-busy", "true");
  brush();
  draw();
})();
