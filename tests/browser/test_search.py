"""Words looked for: marked where they are found, the best match first unless the reader says otherwise."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Story, Visit, expect_query, query, wait_until

FOUND = "mark.found"


@pytest.fixture
def strikes(transactional_db: None) -> None:
    """The oldest has the word in a passage only, the newest in its title."""
    source = factories.make_source(body="Some spoke of a strike in the mines. It rained for days.")
    aside = factories.make_event(title="Rain in the hills", date="2019-01-01")
    factories.make_mention(source, aside, words="Some spoke of a strike in the mines.")
    factories.make_event(title="Strike, strikes and strikers", date="2021-03-01")
    factories.make_event(title="A quiet day", date="2020-03-01")


def test_words_found_are_marked_in_titles_and_quotes(visit: Visit, story: Story) -> None:
    page = visit().open("/?text=referendum february")
    expect(page.locator(f"{TITLES} {FOUND}")).to_have_text(["February"])
    expect(page.locator(f"blockquote p {FOUND}")).to_have_text(["referendum", "February"])
    assert page.locator(FOUND).first.evaluate("(one) => getComputedStyle(one).backgroundColor") not in (
        "rgba(0, 0, 0, 0)",
        "transparent",
    )
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(TITLES)).to_have_count(6)
    expect(page.locator(FOUND)).to_have_count(0)


def test_the_best_match_comes_first_with_words_and_only_then(visit: Visit, strikes: None) -> None:
    page = visit().open("/")
    order, words = page.get_by_label("List", exact=True), page.get_by_label("Words")
    expect(page.locator(TITLES)).to_have_text(
        ["Rain in the hills", "A quiet day", "Strike, strikes and strikers"]
    )
    expect(order).to_have_value("")
    words.fill("strike")
    expect(page.locator(TITLES)).to_have_text(["Strike, strikes and strikers", "Rain in the hills"])
    expect(order).to_have_value("")
    expect_query(page, {"text": ["strike"]})
    words.fill("")
    expect(page.locator(TITLES)).to_have_count(3)
    expect(page.locator(TITLES).first).to_have_text("Rain in the hills")
    expect(order).to_have_value("")
    expect_query(page, {})


def test_an_order_that_was_chosen_is_kept_in_the_address(visit: Visit, strikes: None) -> None:
    page = visit().open("/?text=strike")
    page.get_by_label("List", exact=True).select_option("date")
    expect(page.locator(TITLES)).to_have_text(["Rain in the hills", "Strike, strikes and strikers"])
    expect_query(page, {"text": ["strike"], "order": ["date"]})
    # Another filter doesn't undo it, nor does a reload.
    page.get_by_role("checkbox", name="Protest").check()
    expect(page.locator("#facet-kind summary")).to_contain_text("1 chosen")
    expect_query(page, {"text": ["strike"], "order": ["date"], "kind": ["protest"]})
    page.reload()
    expect(page.locator(TITLES)).to_have_text(["Rain in the hills", "Strike, strikes and strikers"])
    expect(page.get_by_label("List", exact=True)).to_have_value("date")
    page.get_by_label("List", exact=True).select_option("-date")
    expect(page.locator(TITLES).first).to_have_text("Strike, strikes and strikers")
    page.go_back()
    expect(page.locator(TITLES).first).to_have_text("Rain in the hills")
    expect(page.get_by_label("List", exact=True)).to_have_value("date")


def test_the_number_found_is_told_to_those_who_listen(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    told = page.get_by_role("status").filter(has_text="6 events")
    expect(told).to_have_text("6 events; 1 without a date, in the list only")
    # A live region is heard if it changes, not if it is put in another's place.
    told.evaluate("(one) => { one.kept = true; }")
    page.get_by_label("Words").fill("minsk")
    expect(page.locator("#count")).to_have_text("2 events")
    page.get_by_label("Words").fill("nowhere")
    expect(page.locator("#count")).to_have_text("No event fits these filters.")
    assert page.locator("#count").evaluate("(one) => one.kept")


def test_words_typed_on_are_one_step_back(visit: Visit, strikes: None) -> None:
    """Each pause in typing changes the address; Back leaves the search and not one of its beginnings."""
    page = visit().open("/?kind=protest")
    page.get_by_role("checkbox", name="Occurred").check()
    expect(page.locator("#facet-status summary")).to_contain_text("1 chosen")
    field = page.get_by_label("Words")
    for begun, titles in (("str", 2), ("strikers", 1), ("strikers x", 0)):
        field.fill(begun)
        wait_until(page, lambda begun=begun: query(page).get("text") == [begun])  # type: ignore[misc]
        expect(page.locator(TITLES)).to_have_count(titles)
    page.go_back()
    page.wait_for_selector(DRAWN)
    expect(field).to_have_value("")
    expect_query(page, {"kind": ["protest"], "status": ["occurred"]})
