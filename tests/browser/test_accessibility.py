"""Every page, light and dark, wide and narrow: nothing that axe finds fault with, no sideways scrolling."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.browser.conftest import Story, Visit

PAGES = [
    "timeline",
    "panel",
    "search",
    "bins",
    "table",
    "in error",
    "empty",
    "event",
    "source",
    "actor",
    "missing",
]
LOOKS: list[tuple[int, Literal["light", "dark"]]] = [(1280, "light"), (1280, "dark"), (390, "light")]


# Links change their colour gradually.
CHANGED = "Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => true)"
RUN = "axe.run({resultTypes: ['violations']}).then((result) => result.violations)"


@cache
def axe() -> str:
    return str((settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js").read_text())


def faults(page: Page) -> list[Any]:
    """What axe finds fault with in each look of a page of the admin, and where it scrolls sideways."""
    found = []
    page.evaluate(axe())
    for width, scheme, rules in (
        (1280, "light", ""),
        (390, "light", ""),
        (1280, "dark", "runOnly: ['color-contrast'], "),  # nothing else differs
    ):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if scheme == "dark":
            page.evaluate(CHANGED)
        # What Django's own pages have around ours isn't ours to mend.
        ours = "{include: ['#content'], exclude: ['.inline-group', '.select2']}"
        run = RUN.replace("axe.run({", f"axe.run({ours}, {{preload: false, {rules}")
        told: list[dict[str, Any]] = page.evaluate(run)
        found += [(one["id"], node["html"][:200], width, scheme) for one in told for node in one["nodes"]]
        needed = page.evaluate("document.scrollingElement.scrollWidth")
        found += [("scrolls", needed, width, scheme)] if needed > width else []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    return found


def address_of(name: str, story: Story) -> str:
    return {
        "timeline": "/",
        "panel": f"/?status=occurred&country=BY&order=-date&event={story.march.pk}",
        "search": "/?text=referendum&group=country",
        "bins": "/",
        "table": "/",
        "in error": "/?from=soon&kind=x",
        "empty": "/?text=nowhere",
        "event": story.march.get_absolute_url(),
        "source": story.passage.get_absolute_url(),
        "actor": story.actor.get_absolute_url(),
        "missing": "/nowhere/",
    }[name]


@pytest.fixture
def page_of(visit: Visit, story: Story, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """Opens one of PAGES, with all of its facets open."""

    def opened(name: str, **options: Any) -> Page:
        if name == "bins":
            monkeypatch.setattr("timeline.charts.LIMIT", 3)
        watched = visit(**options)
        watched.expected.append("the server responded with a status of 404")
        page = watched.open(address_of(name, story))
        if name == "table":
            page.get_by_text("The same as a table").click()
        page.evaluate("for (const one of document.querySelectorAll('.facet')) one.open = true")
        return page

    return opened


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault(page_of: Callable[..., Page], name: str) -> None:
    page = page_of(name)
    assert name != "bins" or page.locator("#live .barlayer path").count() > 3
    page.evaluate(axe())
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(100)  # the chart is drawn anew in other colours, and in another width
        found: list[dict[str, Any]] = page.evaluate(RUN)
        faults = [(fault["id"], fault["impact"], fault["nodes"][0]["html"]) for fault in found]
        assert faults == [], f"{width} pixels wide, {scheme}"


@pytest.mark.parametrize("name", PAGES)
def test_no_page_needs_sideways_scrolling(page_of: Callable[..., Page], name: str) -> None:
    """On a phone; on a wide screen at 200 %, which leaves 640 pixels; and at 400 %, which leaves 320."""
    page = page_of(name, width=390, has_touch=True, is_mobile=True)
    for width in (390, 320, 640):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(50)
        needed = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert needed == [width, width]


def test_the_skip_link_comes_first_and_leads_to_the_content(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
