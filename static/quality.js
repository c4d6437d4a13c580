/* The plots of the quality report. Their tables say the same without this script. */
"use strict";

(() => {
  const OPTIONS = { displayModeBar: false, displaylogo: false, responsive: true, showSendToCloud: false };

  async function draw(place) {
    const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
    const { color, fontFamily } = getComputedStyle(document.body);
    await Plotly.react(place, data, { ...layout, font: { color, family: fontFamily } }, OPTIONS);
    place.dataset.drawn = data[0].x.length;
  }

  const places = [...document.querySelectorAll("[data-figure]")];
  const drawAll = () => places.forEach(draw);
  drawAll();
  // In other colours where the admin's theme, or the system's, is another.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
