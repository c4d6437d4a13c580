"""By keyboard alone: every control is reached in the order of the page, seen, and left again."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DRAWN, TITLES, Story, Visit, query, wait_until

# All that Tab should reach, in the order of the page.
REACHABLE = """() => [...document.querySelectorAll(
  'a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({visibilityProperty: true}))
  .map((one, at) => { one.dataset.at = at; return at; })"""
FOCUSED = """() => {
  const one = document.activeElement;
  const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const tall = innerHeight, wide = innerWidth;
  return {
    at: one.dataset.at === undefined ? -1 : Number(one.dataset.at),
    name: one.outerHTML.slice(0, 120),
    outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < tall && box.right > 0 && box.left < wide,
    inChart: !!one.closest("#plot"),
  };
}"""


@pytest.mark.parametrize("address", ["/?country=BY", "/?event={march}&text=minsk", "the actor"])
def test_tab_reaches_everything_in_order_and_is_never_trapped(
    visit: Visit, story: Story, address: str
) -> None:
    address = story.actor.get_absolute_url() if address == "the actor" else address
    page = visit().open(address.format(march=story.march.pk))
    wanted = page.evaluate(REACHABLE)
    assert len(wanted) > 15
    reached = []
    for _ in range(len(wanted)):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["outlined"], focused["name"]
        assert focused["seen"], focused["name"]
        assert not focused["inChart"], focused["name"]
        reached.append(focused["at"])
    assert reached == wanted


def test_a_way_through_the_page_without_a_pointer(visit: Visit, story: Story) -> None:
    """Skip link, words, a facet, the list, the panel, and out of it, with the keys that each is used with."""
    page = visit().open("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Words")).to_be_focused()
    page.keyboard.type("minsk")
    expect(page.locator(TITLES)).to_have_count(2)
    page.locator("#facet-country summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Belarus")).to_be_focused()
    page.keyboard.press("Space")
    wait_until(page, lambda: query(page) == {"text": ["minsk"], "country": ["BY"]})
    page.wait_for_selector(DRAWN)
    link = page.get_by_role("link", name=re.compile("Look at it here ?: March in Minsk"))
    for _ in range(80):
        page.keyboard.press("Tab")
        if link.evaluate("(one) => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('#panel')")
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
