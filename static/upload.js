// Adding articles: says at once what is too much to send, and follows a task until it is done.
"use strict";

const form = document.getElementById("upload-form");
if (form) {
  const files = form.querySelector("input[type=file]");
  const warning = document.getElementById("too-much");
  form.addEventListener("submit", (event) => {
    const chosen = [...files.files];
    const size = chosen.reduce((sum, file) => sum + file.size, 0);
    const tooMuch = chosen.length > Number(form.dataset.mostFiles) || size > Number(form.dataset.mostBytes);
    warning.hidden = !tooMuch;
    if (tooMuch) {
      event.preventDefault();
      warning.textContent = `These are ${chosen.length} files with ${(size / 1e6).toFixed(1)} MB. ${form.dataset.limits} Hand in the rest by itself.`;
    }
  });
}

const progress = document.getElementById("progress");
if (progress) {
  const words = progress.querySelector("[role=status]");
  const bar = progress.querySelector("progress");
  const look = async () => {
    try {
      const answer = await fetch(progress.dataset.address, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error("no answer");
      const now = await answer.json();
      if (!now.busy || now.state !== progress.dataset.state) return window.location.reload();
      if (words.textContent !== now.words) words.textContent = now.words;
      bar.max = now.total || 1;
      bar.value = now.done;
    } catch {
      words.textContent = "The site doesn’t answer. It is asked again.";
    }
    window.setTimeout(look, 1000);
  };
  window.setTimeout(look, 700);
}
