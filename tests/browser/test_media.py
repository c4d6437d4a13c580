"""The same page as a table, on paper, in the dark and without motion."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Story, Visit

TABLE = "#as-table"


def rows(page: Page) -> list[list[str]]:
    """The cells of the table, its heading first."""
    found: list[list[str]] = page.locator(f"{TABLE} tr").evaluate_all(
        "(all) => all.map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"
    )
    return found


def listed(page: Page) -> dict[str, int]:
    """How many events of each kind the list has, those without a date left out."""
    kinds: list[str] = page.locator(".event").evaluate_all(
        "(all) => all.filter((one) => one.querySelector('.when').textContent !== 'date unknown')"
        ".map((one) => one.querySelector('.badge.kind').textContent.trim())"
    )
    return {kind: kinds.count(kind) for kind in set(kinds)}


def tabled(page: Page) -> dict[str, int]:
    """How many events of each kind the table has in all its rows."""
    heading, *body = rows(page)
    sums = [sum(int(row[column]) for row in body) for column in range(1, len(heading))]
    assert sum(sums[:-1]) == sums[-1]
    return {kind: count for kind, count in zip(heading[1:-1], sums, strict=False) if count}


def test_the_table_has_the_numbers_of_the_list(visit: Visit, transactional_db: None) -> None:
    factories.make_timeline(45)
    page = visit().open("/")
    page.get_by_text("The same as a table").click()
    whole = tabled(page)
    assert whole == listed(page)
    assert len(whole) == 5
    # It follows every filter, and stays open.
    page.get_by_role("checkbox", name="Protest").check()
    expect(page.locator("#count")).to_contain_text("9 events")
    expect(page.locator(TABLE)).to_have_attribute("open", "")
    assert tabled(page) == listed(page) == {"Protest": whole["Protest"]}
    page.get_by_label("From", exact=True).fill("2020")
    page.get_by_label("From", exact=True).press("Enter")
    expect(page.locator("#count")).not_to_contain_text("9 events")
    page.wait_for_selector(DRAWN)
    assert tabled(page) == listed(page)
    assert 0 < tabled(page)["Protest"] < whole["Protest"]
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator("#count")).to_contain_text("45 events")
    page.wait_for_selector(DRAWN)
    assert tabled(page) == whole


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_there_is_the_drawing_and_no_control(visit: Visit, story: Story, scheme: str) -> None:
    page = visit(color_scheme=scheme).open(f"/?country=BY&event={story.march.pk}")
    page.emulate_media(media="print")
    expect(page.locator("#drawn")).to_be_visible()
    expect(page.locator("#drawn use")).to_have_count(4)
    expect(page.locator("#live")).to_be_hidden()
    for role in ("button", "checkbox", "textbox", "searchbox", "combobox", "slider"):
        expect(page.get_by_role(role)).to_have_count(0)  # type: ignore[arg-type]
    expect(page.get_by_role("link", name=re.compile("Remove|Close|Look at it here|Skip"))).to_have_count(0)
    expect(page.locator(TITLES)).to_have_count(4)
    # Black on white, whatever the screen had.
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("#drawn .heading").first).to_have_css("fill", "rgb(68, 68, 68)")
    needed = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert needed[0] <= needed[1]


def test_in_the_dark_the_living_chart_is_dark_too_and_follows(visit: Visit, story: Story) -> None:
    page = visit(color_scheme="dark").open("/")
    fill = "(one) => getComputedStyle(one).fill"
    heading = page.locator("#live .annotation-text").first
    dark = heading.evaluate(fill)
    assert dark == page.locator("#drawn .heading").first.evaluate(fill) == "rgb(169, 173, 180)"
    page.emulate_media(color_scheme="light")
    expect(page.locator("#live .annotation-text").first).not_to_have_css("fill", dark)
    assert page.locator("#live .annotation-text").first.evaluate(fill) == "rgb(86, 91, 99)"


MOVING = """[...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  return style.scrollBehavior === "smooth" || style.animationName !== "none"
    || style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
}).map((one) => one.outerHTML.slice(0, 80))"""


def test_nothing_moves_for_those_who_asked_for_that(visit: Visit, story: Story) -> None:
    page = visit(reduced_motion="reduce").open(f"/?event={story.march.pk}")
    assert page.evaluate(MOVING) == []
    assert page.evaluate("document.getAnimations().length") == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"
