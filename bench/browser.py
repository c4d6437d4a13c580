"""A page in a browser that has never seen it: when its marks are on screen, and what was sent."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ABSENT = "Chromium is not here: apt-get install chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 180  # seconds
WIDTH, HEIGHT = 1280, 1800  # high enough for the list below the chart

# Looks at every frame, and takes the time when a frame that shows an element of the selector is done.
WATCH = """
(() => {
  const wanted = %s;
  const seen = window.benchSeen = {};
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
      && box.top < innerHeight && box.left < innerWidth
      && element.checkVisibility({ visibilityProperty: true });
  };
  const look = () => {
    for (const [name, selector] of Object.entries(wanted)) {
      if (name in seen || ![...document.querySelectorAll(selector)].some(shown)) continue;
      seen[name] = 0;
      const painted = new MessageChannel();
      painted.port1.onmessage = () => { seen[name] = performance.now(); };
      painted.port2.postMessage(null);
    }
    if (Object.keys(seen).length < Object.keys(wanted).length) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
BLOCKING = """
[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter((entry) => entry.entryType === "navigation" || entry.renderBlockingStatus === "blocking")
  .reduce((sum, entry) => sum + entry.transferSize, 0)
"""


@dataclass(frozen=True)
class Drawn:
    """One visit: seconds from the navigation's start, and bytes on the wire, heads included."""

    seconds: dict[str, float]
    bytes: dict[str, int]  # until each was on screen
    all_bytes: int
    blocking_bytes: int  # of the document and of what no paint goes before


def executable() -> str | None:
    """The machine's own Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    found = executable()
    if not found:
        raise SystemExit(ABSENT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def visit(browser: Browser, address: str, wanted: dict[str, str], patience: float = PATIENCE) -> Drawn:
    """Open the address with an empty cache and wait until an element of each selector is on screen.

    Raises playwright's TimeoutError where that takes longer than `patience` seconds.
    """
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    try:
        context.set_default_timeout(patience * 1000)
        page = context.new_page()
        network = context.new_cdp_session(page)
        sent = Sent()
        for event in ("requestWillBeSent", "dataReceived", "loadingFinished"):
            network.on(f"Network.{event}", getattr(sent, event))
        network.send("Network.enable")
        page.add_init_script(WATCH % json.dumps(wanted))
        page.goto(address, wait_until="commit")
        page.wait_for_function(
            "count => Object.values(window.benchSeen).filter(Boolean).length === count",
            arg=len(wanted),
            polling=200,
        )
        page.wait_for_load_state("networkidle")
        seen, origin, blocking = page.evaluate(f"[window.benchSeen, performance.timeOrigin, {BLOCKING}]")
    finally:
        context.close()
    seconds = {name: moment / 1000 for name, moment in seen.items()}
    return Drawn(
        seconds,
        {name: sent.until(origin / 1000 + second) for name, second in seconds.items()},
        sent.until(float("inf")),
        blocking,
    )


class Sent:
    """What came over the wire, by the browser's own account, and when."""

    def __init__(self) -> None:
        self.parts: dict[str, list[tuple[float, int]]] = {}
        self.whole: dict[str, tuple[float, int]] = {}
        self.clock = 0.0  # from the browser's clock to that of the calendar

    def requestWillBeSent(self, event: dict[str, Any]) -> None:  # noqa: N802  (the protocol's names)
        self.clock = self.clock or event["wallTime"] - event["timestamp"]

    def dataReceived(self, event: dict[str, Any]) -> None:  # noqa: N802
        part = (event["timestamp"], event["encodedDataLength"])
        self.parts.setdefault(event["requestId"], []).append(part)

    def loadingFinished(self, event: dict[str, Any]) -> None:  # noqa: N802
        self.whole[event["requestId"]] = (event["timestamp"], event["encodedDataLength"])

    def until(self, moment: float) -> int:
        """Bytes that had come by a moment: of answers that were there, and of those that were coming."""
        total = 0
        for request in self.parts.keys() | self.whole.keys():
            ended, length = self.whole.get(request, (float("inf"), 0))
            if ended + self.clock <= moment:
                total += int(length)
            else:
                total += sum(
                    size for when, size in self.parts.get(request, []) if when + self.clock <= moment
                )
        return total
