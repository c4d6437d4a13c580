"""The API in a browser: pages of the site that ask nothing of anybody else and need no script.

That no other host is asked and no policy is broken, `visit` holds for every window.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Story, Visit
from tests.browser.test_accessibility import RUN, axe


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_from_the_root_to_an_event_and_back(visit: Visit, story: Story, *, scripts: bool) -> None:
    watched = visit(java_script_enabled=scripts)
    page = watched.open("/api/v1/")
    page.get_by_role("region").get_by_role("link", name="/api/v1/events/").click()
    expect(page).to_have_title(re.compile("^Events"))
    page.get_by_text("What can be asked for").click()
    page.get_by_role("link", name="?kind=protest").click()
    answer = page.locator("pre")
    expect(answer).not_to_contain_text(story.vote.title)
    expect(answer).to_contain_text(story.march.title)
    page.get_by_role("link", name=f"/events/{story.march.pk}/").click()
    expect(page.locator("h1")).to_have_text(story.march.title)
    page.go_back()
    as_json = page.get_by_role("link", name="As JSON")
    expect(as_json).to_have_attribute("href", "?kind=protest&format=json")


def test_pages_lead_on(visit: Visit, story: Story) -> None:
    page = visit().open("/api/v1/events/?page_size=2")
    first = page.locator("pre").inner_text()
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("pre")).not_to_have_text(first)
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator("pre")).to_have_text(first)


def test_anybody_can_read_it(visit: Visit, story: Story) -> None:
    watched = visit()
    watched.expected.append("Failed to load resource")
    for address in ("/api/v1/", "/api/v1/events/", "/api/v1/events/?kind=party"):
        page = watched.open(address)
        if page.locator("summary").count():
            page.locator("summary").click()
        page.evaluate(axe())
        for width, scheme in ((1280, "light"), (1280, "dark"), (380, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.wait_for_timeout(300)
            assert page.evaluate(RUN) == [], (address, width, scheme)
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width
