"""The strip of all dates: a window dragged, clicked or moved by keyboard is one in the address."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Story, Visit, expect_query, query, wait_until

STRIP = "#overview svg.overview"


@pytest.fixture
def month(transactional_db: None) -> None:
    """An event on each of the hundred days from 1 January 2020: a hundredth of the strip is a day."""
    for number in range(100):
        factories.make_event(date=f"{date(2020, 1, 1) + timedelta(days=number)}", title=f"Day {number}")


def drag(page: Page, start: float, end: float, *, let_go: bool = True) -> None:
    """Drag across the strip, in shares of its width."""
    strip = page.locator(STRIP)
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, y, steps=5)
    if let_go:
        page.mouse.up()


def window(page: Page) -> tuple[str, str]:
    asked = query(page)
    return asked.get("from", [""])[0], asked.get("to", [""])[0]


def drawn_window(page: Page) -> tuple[float, float]:
    """Where the window is drawn on the strip, in hundredths of its width: where it begins and ends."""
    strip = page.locator(STRIP).bounding_box()
    shown = page.locator(f"{STRIP} .window").bounding_box()
    assert strip
    assert shown
    begin = (shown["x"] - strip["x"]) / strip["width"]
    return 100 * begin, 100 * (begin + shown["width"] / strip["width"])


def waited_for(page: Page, edges: tuple[str, str]) -> None:
    wait_until(page, lambda: window(page) == edges)
    page.wait_for_selector(DRAWN)


def test_dragging_across_chooses_whole_days(visit: Visit, month: None) -> None:
    page = visit().open("/")
    expect(page.locator(f"{STRIP} .window")).to_have_count(0)
    page.evaluate("window.kept = true")
    drag(page, 0.205, 0.305)  # from within the 21st day into the 31st
    waited_for(page, ("2020-01-21", "2020-01-31"))
    expect(page.locator("#count")).to_have_text("11 events")
    assert drawn_window(page) == pytest.approx((20, 31), abs=0.2)
    expect(page.locator("#id_from")).to_have_value("2020-01-21")
    assert page.evaluate("window.kept")
    # The strip itself keeps all dates.
    expect(page.locator("#overview")).to_have_attribute("data-last", "2020-04-09")
    page.go_back()
    expect(page.locator(f"{STRIP} .window")).to_have_count(0)
    expect(page.locator("#id_from")).to_have_value("")


def test_any_drag_makes_a_window(visit: Visit, month: None) -> None:
    page = visit().open("/")
    for start, end, edges in [
        (0.305, 0.205, ("2020-01-21", "2020-01-31")),  # backwards
        (0.502, 0.509, ("2020-02-20", "2020-02-20")),  # within a day
        (0.5, 1.2, ("2020-02-20", "2020-04-09")),  # over the edge
        (0.3, -0.2, ("2020-01-01", "2020-01-31")),
    ]:
        drag(page, start + 0.0005, end)
        waited_for(page, edges)
        expect(page.locator(".problems")).to_have_count(0)


def test_what_is_dragged_over_is_shown_where_the_pointer_is(visit: Visit, month: None) -> None:
    page = visit().open("/")
    drag(page, 0.2, 0.8, let_go=False)
    strip, band = page.locator(STRIP).bounding_box(), page.locator("#overview .band").bounding_box()
    assert strip
    assert band
    assert band["x"] == pytest.approx(strip["x"] + 0.2 * strip["width"], abs=1.5)
    assert band["width"] == pytest.approx(0.6 * strip["width"], abs=1.5)
    page.mouse.up()
    expect(page.locator("#overview .band")).to_be_hidden()


def test_a_click_goes_there(visit: Visit, month: None) -> None:
    page = visit().open("/")
    for at, edges in [
        (0.505, ("2020-02-15", "2020-02-25")),
        (0.999, ("2020-04-04", "2020-04-09")),
        (0.001, ("2020-01-01", "2020-01-06")),
    ]:
        drag(page, at, at)
        waited_for(page, edges)
        expect(page.locator(".problems")).to_have_count(0)


def test_the_edges_are_moved_from_the_keyboard(visit: Visit, month: None) -> None:
    page = visit().open("/?from=2020-01-11&to=2020-01-20")
    begins, ends = page.get_by_role("slider", name="Begins"), page.get_by_role("slider", name="Ends")
    expect(begins).to_have_attribute("aria-valuetext", "2020-01-11")
    expect(ends).to_have_attribute("aria-valuetext", "2020-01-20")
    begins.focus()
    page.keyboard.press("ArrowRight")
    waited_for(page, ("2020-01-12", "2020-01-20"))
    expect(begins).to_be_focused()
    expect(begins).to_have_attribute("aria-valuetext", "2020-01-12")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    waited_for(page, ("2020-01-09", "2020-01-20"))
    ends.focus()
    page.keyboard.press("ArrowRight")
    waited_for(page, ("2020-01-09", "2020-01-21"))
    expect(ends).to_be_focused()
    expect(page.locator("#count")).to_have_text("13 events")
    assert drawn_window(page) == pytest.approx((8, 21), abs=0.2)
    # An edge stops at the other, and at the end of the strip it is open.
    page.keyboard.press("Home")
    waited_for(page, ("2020-01-09", "2020-01-09"))
    page.keyboard.press("End")
    waited_for(page, ("2020-01-09", ""))
    expect(page.locator(".problems")).to_have_count(0)


def test_all_dates_undoes_the_window_and_nothing_else(visit: Visit, story: Story) -> None:
    page = visit().open("/?country=BY")
    drag(page, 0.9, 0.98)
    wait_until(page, lambda: window(page) != ("", ""))
    page.wait_for_selector(DRAWN)
    expect(page.locator(f"{STRIP} .window")).to_have_count(1)
    page.get_by_role("button", name="All dates").click()
    expect(page.locator(f"{STRIP} .window")).to_have_count(0)
    expect(page.locator(TITLES)).to_have_count(4)
    expect_query(page, {"country": ["BY"]})


def test_the_actor_page_has_the_strip_too(visit: Visit, story: Story) -> None:
    page = visit().open(story.actor.get_absolute_url())
    drag(page, 0.0, 0.1)
    wait_until(page, lambda: window(page)[0] == "2020-08-09")
    page.wait_for_selector(DRAWN)
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "2")  # the vote is open to the past
    page.get_by_role("slider", name="Ends").press("End")
    wait_until(page, lambda: window(page) == ("2020-08-09", ""))
    page.wait_for_selector(DRAWN)
    page.get_by_role("slider", name="Begins").press("End")
    wait_until(page, lambda: window(page) == ("2022-02-28", ""))
    expect(page.locator(TITLES)).to_have_text(["Vote by February"])
