"""The event that is looked at beside the timeline: from a mark or the list, along time, and back."""

import re

from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Story, Visit, centre, expect_query, query, wait_until
from timeline.models import Event

IN_TIME = ["Old vote", "Arrests in Minsk", "March in Minsk", "Called off", "Vote by February", "Some day"]
TITLE = "#panel-title"
RING = "#live .scatterlayer path[d*='A13,13']"  # of the 26 pixels that only the chosen event's has


def beside(page: Page, title: str) -> Locator:
    return page.get_by_role("link", name=re.compile(f"Look at it here ?: {title}"))


def walk(page: Page, key: str, titles: list[str]) -> None:
    """Press the key once for each title; the panel shows them in turn, its title focused."""
    for title in titles:
        page.keyboard.press(key)
        expect(page.locator(TITLE)).to_have_text(title)
        expect(page.locator(TITLE)).to_be_focused()


def test_a_mark_opens_the_panel_with_its_title_focused(visit: Visit, story: Story) -> None:
    page = visit().open("/?kind=protest")
    page.evaluate("window.kept = true")
    page.mouse.click(*centre(page, "#live .scatterlayer path.point"))
    expect(page.get_by_role("complementary", name="March in Minsk")).to_be_visible()
    expect(page.locator(TITLE)).to_be_focused()
    expect_query(page, {"kind": ["protest"], "event": [str(story.march.pk)]})
    assert page.evaluate("window.kept")
    expect(page.locator(TITLES)).to_have_text(["March in Minsk"])


def test_arrows_go_through_the_events_in_time_and_stop_at_the_ends(visit: Visit, story: Story) -> None:
    page = visit().open(f"/?order=-date&event={story.march.pk}")
    page.locator(TITLE).focus()
    walk(page, "ArrowRight", IN_TIME[3:])
    last = {"order": ["-date"], "event": [str(Event.objects.get(title="Some day").pk)]}
    expect_query(page, last)
    walk(page, "ArrowRight", ["Some day"])
    expect_query(page, last)
    expect(page.locator("#panel [rel=next]")).to_have_count(0)
    walk(page, "ArrowLeft", IN_TIME[-2::-1])
    walk(page, "ArrowLeft", ["Old vote"])
    expect(page.locator("#panel .panel-tools")).to_contain_text("1 of 6")
    assert query(page)["order"] == ["-date"]


def test_arrows_go_through_those_in_view_only(visit: Visit, story: Story) -> None:
    page = visit().open(f"/?kind=protest&kind=referendum&event={story.march.pk}")
    page.locator(TITLE).focus()
    walk(page, "ArrowRight", ["Vote by February", "Vote by February"])
    walk(page, "ArrowLeft", ["March in Minsk", "March in Minsk"])


def test_arrows_elsewhere_and_with_other_keys_are_left_alone(visit: Visit, story: Story) -> None:
    page = visit().open(f"/?event={story.march.pk}")
    page.get_by_label("Words").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.locator(TITLE).focus()
    page.keyboard.press("Control+ArrowRight")
    page.wait_for_timeout(200)
    expect(page.locator(TITLE)).to_have_text("March in Minsk")


def test_escape_closes_the_panel_and_gives_focus_back_to_the_list(visit: Visit, story: Story) -> None:
    page = visit().open("/?country=BY")
    link = beside(page, "Vote by February")
    link.press("Enter")
    expect(page.locator(TITLE)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#panel aside")).to_have_count(0)
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    expect_query(page, {"country": ["BY"]})


def test_close_gives_focus_back_where_the_event_isnt_listed(visit: Visit, story: Story) -> None:
    page = visit().open(f"/?kind=election&event={story.march.pk}")
    expect(page.locator("#panel .panel-tools")).to_contain_text("Not in view")
    page.get_by_role("link", name="Close").click()
    expect(page.locator("#panel aside")).to_have_count(0)
    expect(page.locator("#results")).to_be_focused()


def test_back_and_forward_restore_the_panel(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    beside(page, "Old vote").click()
    expect(page.locator(TITLE)).to_have_text("Old vote")
    walk(page, "ArrowRight", ["Arrests in Minsk"])
    page.go_back()
    expect(page.locator(TITLE)).to_have_text("Old vote")
    page.go_back()
    expect(page.locator("#panel aside")).to_have_count(0)
    # Whoever was in the panel is not sent back to the top of the page.
    expect(page.locator("#results")).to_be_focused()
    page.go_forward()
    page.go_forward()
    expect(page.locator(TITLE)).to_have_text("Arrests in Minsk")
    expect_query(page, {"event": [str(story.arrests.pk)]})
    page.reload()
    expect(page.locator(TITLE)).to_have_text("Arrests in Minsk")


def test_the_event_looked_at_is_ringed_in_the_chart(visit: Visit, story: Story) -> None:
    page = visit().open(f"/?event={story.march.pk}")
    rings = page.locator(RING)
    expect(rings).to_have_count(1)
    page.locator(TITLE).press("Escape")
    expect(rings).to_have_count(0)
    beside(page, "March in Minsk").click()
    expect(rings).to_have_count(1)
    mark = centre(page, RING)
    page.locator(TITLE).press("ArrowRight")
    expect(page.locator(TITLE)).to_have_text("Called off")
    wait_until(page, lambda: centre(page, RING)[0] > mark[0] + 2)
    page.locator(TITLE).press("Escape")
    expect(rings).to_have_count(0)
    beside(page, "Called off").click()
    expect(rings).to_have_count(1)


def test_the_panel_stays_in_sight_far_down_the_list(visit: Visit, transactional_db: None) -> None:
    factories.make_timeline(45)
    page = visit().open("/")
    link = page.locator("a.beside").nth(40)
    link.scroll_into_view_if_needed()
    link.click()
    expect(page.locator(TITLE)).to_be_focused()
    expect(page.locator(TITLE)).to_be_in_viewport()
    # The reader's place in the list is kept too.
    expect(page.locator("a.beside").nth(40)).to_be_in_viewport()


def test_an_event_that_isnt_there_shows_no_panel(visit: Visit, story: Story) -> None:
    page = visit().open("/?event=999999")
    expect(page.locator("#panel aside")).to_have_count(0)
    expect(page.locator(TITLES)).to_have_count(6)


def test_without_javascript_the_panel_is_a_page_with_links(visit: Visit, story: Story) -> None:
    page = visit(java_script_enabled=False).open("/?country=BY", chart=False)
    beside(page, "March in Minsk").click()
    expect(page.locator(TITLE)).to_have_text("March in Minsk")
    expect_query(page, {"country": ["BY"], "event": [str(story.march.pk)]})
    page.get_by_role("link", name="After").click()
    expect(page.locator(TITLE)).to_have_text("Called off")
    page.get_by_role("link", name="Before").click()
    page.get_by_role("link", name="Before").click()
    expect(page.locator(TITLE)).to_have_text("Arrests in Minsk")
    page.get_by_role("link", name="Close").click()
    expect(page.locator("#panel aside")).to_have_count(0)
    expect_query(page, {"country": ["BY"]})
    page.go_back()
    page.get_by_role("link", name="All about this event").click()
    expect(page).to_have_url(re.compile(f"{story.arrests.get_absolute_url()}$"))


def test_a_mark_drawn_by_the_server_opens_the_panel_too(visit: Visit, story: Story) -> None:
    watched = visit()
    held = watched.hold("**/plotly-basic*.js")
    page = watched.page
    page.goto(f"{watched.url}/", wait_until="commit")
    page.locator(f"#drawn a[href='{story.march.get_absolute_url()}'] use").click()
    expect(page.locator(TITLE)).to_have_text("March in Minsk")
    expect(page.locator(TITLE)).to_be_focused()
    held[0].continue_()
    page.wait_for_selector(DRAWN)
    expect(page.locator(RING)).to_have_count(1)
