/* The chart of a published copy comes alive. All of it is in the page, so that it works without a server, from
   a folder too; without this script the drawing in the page stays, with its links. */
"use strict";

(() => {
  const DAY = 86400000;
  const byId = (id) => document.getElementById(id);
  const plot = byId("plot");
  const data = byId("figure");
  if (!plot || !data) return;

  const figure = JSON.parse(data.textContent);
  const whole = figure.layout.xaxis;
  const live = document.createElement("div");
  live.id = "live";
  live.className = "waiting";
  plot.append(live);

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

  const shown = () => live.layout?.xaxis ?? whole;
  const isWhole = (range) => `${range}` === `${whole.range}`;
  const milliseconds = (moment) => Date.parse(`${moment.replace(" ", "T").replace(/ *(T\d\d:\d\d).*/, "$1")}${moment.length > 10 ? "Z" : ""}`);
  const iso = (moment) => new Date(moment).toISOString().slice(0, 16).replace("T", " ");

  /* The server's ticks fit its own range; Plotly finds those of any other. */
  function show(range) {
    const ticks = isWhole(range) ? { tickmode: "array" } : { tickmode: "auto" };
    return Plotly.relayout(live, { "xaxis.range": [...range], "xaxis.tickmode": ticks.tickmode });
  }

  function step(move) {
    if (move === "all") return show(whole.range);
    const [low, high] = shown().range.map(milliseconds);
    const width = high - low;
    const [shift, grow] = { earlier: [-0.5, 0], later: [0.5, 0], in: [0, -0.25], out: [0, 0.5] }[move];
    const range = [low + width * (shift - grow), high + width * (shift + grow)];
    const [first, last] = whole.range.map(milliseconds);
    if (range[1] - range[0] >= last - first) return show(whole.range);
    if (range[1] - range[0] < DAY) return null;
    return show(range.map(iso));
  }

  function listen() {
    live.on("plotly_click", ({ points }) => {
      const target = points[0]?.customdata;
      if (typeof target === "string") location.href = target;
    });
    live.on("plotly_hover", () => plot.classList.add("over"));
    live.on("plotly_unhover", () => plot.classList.remove("over"));
    live.on("plotly_doubleclick", () => show(whole.range));
    live.on("plotly_relayout", () => {
      if (isWhole(shown().range) === (shown().tickmode === "auto")) show(shown().range);
    });
    byId("chart-tools").addEventListener("click", (click) => {
      const move = click.target.dataset?.move;
      if (move) step(move);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(shown()));
  }

  function draw(xaxis) {
    return Plotly.react(live, figure.data, dressed({ ...figure.layout, xaxis }), {
      showSendToCloud: false,
      displaylogo: false,
      displayModeBar: false,
      responsive: true,
      doubleClick: false,
    });
  }

  plot.setAttribute("aria-busy", "true");
  document.addEventListener("DOMContentLoaded", async () => {
    try {
      await draw(whole);
      listen();
      byId("chart-tools").hidden = false;
      plot.classList.add("is-live");
      live.className = "";
      plot.dataset.drawn = figure.layout.meta.drawn;
    } finally {
      plot.removeAttribute("aria-busy");
    }
  });
})();
