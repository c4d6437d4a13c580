#!/usr/bin/env python3
"""Take the README's picture of the timeline from a running site.

Usage: screenshot.py ADDRESS PICTURE. Needs a Chromium on the PATH and the packages of requirements/dev.txt.
"""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

SIZE = {"width": 1280, "height": 960}


def take(address: str, picture: Path) -> None:
    """Wait until the figure is drawn, then write what a reader sees first; SystemExit where that fails."""
    find = Path(__file__).with_name("find_chromium")
    found = subprocess.run([find], capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    chromium = found.stdout.strip()
    if not chromium:
        sys.exit("There is no Chromium on the PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
            page.goto(address)
            page.wait_for_selector("#plot[data-drawn]:not([aria-busy])")
            picture.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=picture)
        except Error as error:
            sys.exit(f"No picture of {address}: {error.message}")
        finally:
            browser.close()


if __name__ == "__main__":
    take(sys.argv[1], Path(sys.argv[2]))
