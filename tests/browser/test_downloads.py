"""Taking away what is shown: the links follow the filters, and the browser gets a file."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Story, Visit


def test_the_links_follow_the_filters_and_give_a_file(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    page.evaluate("window.kept = true")
    menu = page.locator("#downloads")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.locator("#id_kind_protest").check()
    link = menu.get_by_role("link", name="JSON")
    expect(link).to_have_attribute("href", "/events.json?kind=protest")
    expect(menu).to_have_attribute("open", "")
    with page.expect_download() as taken:
        link.click()
    assert taken.value.suggested_filename.startswith("events-protest-")
    told = json.loads(Path(taken.value.path()).read_text())
    assert [event["id"] for event in told["events"]] == [story.march.pk]
    assert page.evaluate("window.kept")
