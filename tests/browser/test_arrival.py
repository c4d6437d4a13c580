"""From the first paint to the living chart, and the second visit."""

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Story, Visit, wait_until
from timeline import columns
from timeline.models import Change

HEIGHTS = """(all) => all.map((one) => one.getBoundingClientRect())
  .map(({top, height}) => [top + scrollY, height])"""
PARTS = ".chart, #plot, #overview, .legend, #results, .event:last-child, .site-footer"
PLOTLY = "**/plotly-basic*.js"


def parts(page: Page) -> list[list[float]]:
    """Top and height of each of the page's parts."""
    found: list[list[float]] = page.locator(PARTS).evaluate_all(HEIGHTS)
    return found


@pytest.mark.parametrize("width", [1280, 390])
def test_list_and_marks_are_there_before_plotly_and_stay_where_they_are(
    visit: Visit, story: Story, width: int
) -> None:
    watched = visit(width=width)
    held = watched.hold(PLOTLY)
    page = watched.page
    page.goto(f"{watched.url}/?country=BY", wait_until="commit")
    wait_until(page, lambda: bool(held))
    expect(page.locator(TITLES)).to_have_count(4)
    expect(page.locator("#drawn use")).to_have_count(4)
    mark = page.locator(f"#drawn a[href='{story.march.get_absolute_url()}'] use")
    mark.scroll_into_view_if_needed()
    expect(mark).to_be_in_viewport()
    assert page.evaluate("typeof Plotly") == "undefined"
    before = parts(page)
    assert len(before) == 7
    held[0].continue_()
    page.wait_for_selector(DRAWN)
    expect(page.locator("#drawn")).to_be_hidden()
    expect(page.locator("#live .scatterlayer path.point").first).to_be_in_viewport()
    for was, now in zip(before, parts(page), strict=True):
        assert now == pytest.approx(was, abs=2)


def test_nothing_moves_when_scripts_begin(visit: Visit, story: Story) -> None:
    watched = visit()
    scripts = watched.hold("**/timeline.js")
    page = watched.page
    page.goto(f"{watched.url}/", wait_until="commit")
    wait_until(page, lambda: bool(scripts))
    page.locator(".site-footer").wait_for()
    before = parts(page)
    scripts[0].continue_()
    page.wait_for_selector(DRAWN)
    for was, now in zip(before, parts(page), strict=True):
        assert now == pytest.approx(was, abs=2)


def test_filters_act_before_plotly_has_come(visit: Visit, story: Story) -> None:
    watched = visit()
    held = watched.hold(PLOTLY)
    page = watched.page
    page.goto(f"{watched.url}/", wait_until="commit")
    wait_until(page, lambda: bool(held))
    page.get_by_role("checkbox", name="Protest").check()
    expect(page.locator(TITLES)).to_have_text(["March in Minsk"])
    expect(page.locator("#drawn use")).to_have_count(1)
    held[0].continue_()
    page.wait_for_selector(DRAWN)
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "1")


def all_is_settled() -> bool:
    """Whether no transaction goes on in PostgreSQL that is older than a write: its end is a change too."""
    last = Change.objects.latest("transaction").transaction
    return connection.vendor == "sqlite" or columns.read().position > last


def test_a_second_visit_is_answered_304_until_something_changes(visit: Visit, story: Story) -> None:
    watched = visit()
    # Playwright tells what the page got, which is 200 out of the cache; this is what the server said.
    wire = watched.page.context.new_cdp_session(watched.page)
    asked: dict[str, str] = {}
    said: dict[str, int] = {}
    wire.on("Network.requestWillBeSent", lambda one: asked.update({one["requestId"]: one["request"]["url"]}))
    wire.on(
        "Network.responseReceivedExtraInfo", lambda one: said.update({one["requestId"]: one["statusCode"]})
    )
    wire.send("Network.enable")

    def statuses() -> dict[str, int]:
        """What was answered for the page and its figure since the last time."""
        told = {
            asked[one].removeprefix(watched.url): status
            for one, status in said.items()
            if "/static/" not in asked[one]
        }
        said.clear()
        return told

    wait_until(watched.page, all_is_settled)
    watched.open("/?kind=protest")
    assert statuses() == {"/?kind=protest": 200, "/figure.json?kind=protest": 200}
    watched.open("/?kind=protest")
    assert statuses() == {"/?kind=protest": 304, "/figure.json?kind=protest": 304}
    expect(watched.page.locator(TITLES)).to_have_text(["March in Minsk"])
    factories.make_event(title="Another march")
    watched.open("/?kind=protest")
    assert statuses() == {"/?kind=protest": 200, "/figure.json?kind=protest": 200}
    expect(watched.page.locator(TITLES)).to_have_count(2)
