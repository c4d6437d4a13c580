"""Counted choices at the side of the timeline: ticked, counted anew, taken away, undone."""

import re

from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Story, Visit, expect_query, query, wait_until


def counts(page: Page, name: str) -> dict[str, int]:
    """What stands beside each choice of a facet."""
    found: list[list[str]] = page.locator(f"#facet-{name} li:has(input)").evaluate_all(
        "(all) => all.map((one) => [one.querySelector('.choice').textContent,"
        " one.querySelector('.many').firstChild.textContent])"
    )
    return {choice: int(count) for choice, count in found}


def opened(page: Page) -> list[str]:
    names: list[str] = page.locator(".facet[open]").evaluate_all("(all) => all.map((one) => one.id)")
    return names


def box(page: Page, facet: str, value: object) -> str:
    return f"#id_{facet}_{value}"


def test_counts_are_what_a_choice_would_leave(visit: Visit, story: Story) -> None:
    page = visit().open("/?country=BY")
    # Belarus has four of the six events; its own facet counts as if it were not chosen.
    assert counts(page, "kind") == {
        "Referendum": 1,
        "Election": 1,
        "Crackdown": 1,
        "Protest": 1,
        "Constitutional change": 0,
        "Other": 0,
    }
    assert counts(page, "country") == {"Belarus": 4, "Türkiye": 1}
    assert counts(page, "disputed") == {"Disputed": 1, "Not disputed": 3}
    for facet, value, left in [("kind", "election", 1), ("disputed", "false", 3)]:
        page.goto(f"{page.url.partition('?')[0]}?country=BY&{facet}={value}")
        expect(page.locator(TITLES)).to_have_count(left)


def test_ticking_counts_the_others_anew_without_a_reload(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    page.evaluate("window.kept = true")
    page.locator("#facet-country summary").click()
    page.locator("#facet-disputed summary").click()
    page.locator("#facet-status summary").click()  # open by itself; closed by the reader
    before = opened(page)
    assert before == ["facet-kind", "facet-country", "facet-disputed"]
    assert counts(page, "country") == {"Belarus": 4, "Türkiye": 1}
    ticked = page.locator(box(page, "kind", "election"))
    ticked.focus()
    page.keyboard.press("Space")
    expect(page.locator("#facet-country")).to_contain_text(re.compile(r"Belarus\s*1"))
    assert counts(page, "country") == {"Belarus": 1, "Türkiye": 1}
    assert counts(page, "disputed") == {"Disputed": 0, "Not disputed": 2}
    # Its own counts stay, for ticking a second adds to the first.
    assert counts(page, "kind")["Protest"] == 1
    expect(ticked).to_be_focused()
    expect(ticked).to_be_checked()
    assert opened(page) == before
    assert page.evaluate("window.kept")


def test_several_values_of_one_facet_add_up_and_chips_take_one_away(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    page.locator(box(page, "kind", "protest")).check()
    expect(page.locator(TITLES)).to_have_count(1)
    page.locator(box(page, "kind", "election")).check()
    expect(page.locator(TITLES)).to_have_text(["Old vote", "March in Minsk", "Called off"])
    page.locator("#facet-country summary").click()
    page.locator(box(page, "country", "BY")).check()
    expect(page.locator(TITLES)).to_have_text(["March in Minsk", "Called off"])
    expect_query(page, {"kind": ["election", "protest"], "country": ["BY"]})
    expect(page.locator("#facet-kind summary")).to_have_text("Kind 2 chosen")
    page.get_by_role("link", name="Remove the filter Protest").click()
    expect(page.locator(TITLES)).to_have_text(["Called off"])
    expect(page.locator(box(page, "kind", "protest"))).not_to_be_checked()
    expect(page.locator(box(page, "kind", "election"))).to_be_checked()
    expect(page.locator("#count")).to_be_focused()
    expect_query(page, {"kind": ["election"], "country": ["BY"]})
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(TITLES)).to_have_count(6)
    expect_query(page, {})


def test_actors_and_sources_are_facets(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    page.locator("#facet-actor summary").click()
    assert counts(page, "actor") == {str(story.actor): 2}
    page.locator(box(page, "actor", story.actor.pk)).check()
    expect(page.locator(TITLES)).to_have_text(["March in Minsk", "Vote by February"])
    expect(page.get_by_role("link", name=f"Remove the filter {story.actor}")).to_be_visible()
    page.locator("#facet-source summary").click()
    assert counts(page, "source") == {str(story.source): 2, "Another account (2020-08-20)": 1}
    page.get_by_role("checkbox", name="Another account").check()
    expect(page.locator(TITLES)).to_have_text(["March in Minsk"])
    wait_until(page, lambda: set(query(page)) == {"actor", "source"})


def test_a_choice_of_no_event_is_dimmed_and_can_be_ticked(visit: Visit, story: Story) -> None:
    page = visit().open("/?status=planned")
    none, some = (
        page.locator(f"#facet-kind li:has({box(page, 'kind', one)})") for one in ("protest", "referendum")
    )
    colour = "(one) => getComputedStyle(one).color"
    dimmed = none.locator(".choice").evaluate(colour)
    assert dimmed != some.locator(".choice").evaluate(colour)
    assert dimmed == page.locator(".site-aim").evaluate(colour)
    none.get_by_role("checkbox").check()
    expect(page.locator("#count")).to_have_text("No event fits these filters.")
    expect(page.get_by_role("checkbox", name="Protest")).to_be_checked()
    # Ticked, it is no longer dim: it is what is in force.
    expect(page.locator("#facet-kind li.empty").filter(has_text="Protest")).to_have_count(0)


def test_back_restores_the_boxes(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    protest, planned = (page.locator(box(page, *one)) for one in (("kind", "protest"), ("status", "planned")))
    protest.check()
    expect(page.locator(TITLES)).to_have_count(1)
    planned.check()
    expect(page.locator(TITLES)).to_have_count(0)
    page.go_back()
    expect(page.locator(TITLES)).to_have_count(1)
    expect(planned).not_to_be_checked()
    expect(protest).to_be_checked()
    assert counts(page, "status")["Occurred"] == 1
    page.go_back()
    expect(protest).not_to_be_checked()
    expect(page.locator(TITLES)).to_have_count(6)
    page.go_forward()
    page.go_forward()
    expect(planned).to_be_checked()
    expect(page.locator(TITLES)).to_have_count(0)


def test_the_ticked_box_stays_in_sight_in_a_long_facet(visit: Visit, transactional_db: None) -> None:
    for country in (
        "AR",
        "BE",
        "BR",
        "CL",
        "DE",
        "EE",
        "FR",
        "GR",
        "HU",
        "IT",
        "JP",
        "KE",
        "LV",
        "MX",
        "NO",
        "ZM",
    ):
        factories.make_event(country=country)
    page = visit().open("/")
    page.locator("#facet-country summary").click()
    ticked = page.locator(box(page, "country", "ZM"))
    inside = page.locator("#facet-country ul")
    ticked.focus()
    for left in (1, 16):  # chosen it comes first, unchosen it goes back to the end
        page.keyboard.press("Space")
        expect(page.locator(TITLES)).to_have_count(left)
        expect(ticked).to_be_focused()
        outer, inner = inside.bounding_box(), ticked.bounding_box()
        assert outer
        assert inner
        assert outer["y"] <= inner["y"] + 1
        assert inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1


def test_two_ticked_at_once_are_both_in_force(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    page.evaluate(
        "for (const kind of ['protest', 'election']) document.getElementById(`id_kind_${kind}`).click()"
    )
    expect(page.locator(TITLES)).to_have_count(3)
    page.wait_for_selector(DRAWN)
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "3")
    expect_query(page, {"kind": ["election", "protest"]})
