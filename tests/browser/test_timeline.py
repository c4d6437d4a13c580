"""The timeline as readers use it: filter, zoom, click, go back; with and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Story, Visit, centre, expect_query, query, wait_until


def drag_across(page: Page, start: float, end: float) -> None:
    """Draw a zoom box over a part of the chart, in shares of its width."""
    chart = page.locator("#plot .nsewdrag").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    y = box["y"] + box["height"] * 0.8
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, y, steps=4)
    page.mouse.move(box["x"] + box["width"] * end, y, steps=4)
    page.mouse.up()


def drawn_range(page: Page) -> list[str]:
    edges: list[str] = page.evaluate("document.getElementById('live').layout.xaxis.range")
    return [edge[:10] for edge in edges]


def test_from_a_mark_to_the_words_and_back(visit: Visit, story: Story) -> None:
    page = visit().open("/?kind=protest")
    view = drawn_range(page)
    page.mouse.click(*centre(page, "#plot .scatterlayer path.point"))
    page.wait_for_url(f"**?kind=protest&event={story.march.pk}")
    panel = page.get_by_role("complementary", name="March in Minsk")
    panel.locator(".facts").get_by_role("link", name="marched", exact=True).click()
    expect(page).to_have_url(re.compile(f"{story.passage.get_absolute_url()}$"))
    passage = page.locator(f"#m{story.passage.pk}")
    expect(passage).to_be_in_viewport()
    expect(passage).to_have_css("outline-style", "solid")
    # The other passage overlaps it: both pieces of the chosen one are marked.
    expect(page.locator("mark.chosen")).to_have_count(2)
    page.go_back()
    page.wait_for_selector(DRAWN)
    expect(panel).to_be_visible()
    page.go_back()
    expect(panel).to_have_count(0)
    expect_query(page, {"kind": ["protest"]})
    assert drawn_range(page) == view
    expect(page.locator(TITLES)).to_have_text(["March in Minsk"])


def test_a_bar_is_clicked_like_a_mark(visit: Visit, story: Story) -> None:
    page = visit().open("/?kind=crackdown&from=2020-07&to=2020-09")
    x, y = centre(page, "#plot .barlayer .point path")
    page.mouse.click(x - 60, y)
    page.wait_for_url(f"**event={story.arrests.pk}")
    expect(page.locator("#panel-title")).to_have_text("Arrests in Minsk")


def test_a_filter_acts_at_once_keeps_focus_and_is_undone_by_back(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    expect(page.locator(TITLES)).to_have_count(6)
    box = page.get_by_role("checkbox", name="Protest")
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator(TITLES)).to_have_text(["March in Minsk"])
    expect(page.locator("#count")).to_have_text("1 event")
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "1")
    expect(box).to_be_focused()
    expect_query(page, {"kind": ["protest"]})
    page.go_back()
    expect(page.locator(TITLES)).to_have_count(6)
    expect(box).not_to_be_checked()
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "5")
    page.go_forward()
    expect(page.locator(TITLES)).to_have_count(1)
    expect(box).to_be_checked()


def test_zooming_writes_the_window_and_back_restores_it(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    before = drawn_range(page)
    drag_across(page, 0.05, 0.5)
    expect(page.locator("#id_from")).not_to_have_value("")
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "2")
    window = query(page)
    assert set(window) == {"from", "to"}
    assert before[0] < window["from"][0] < window["to"][0] < before[1]
    assert drawn_range(page)[0] == window["from"][0]
    expect(page.locator(TITLES)).to_have_text(["Old vote", "Vote by February"])
    page.go_back()
    expect(page.locator(TITLES)).to_have_count(6)
    expect(page.locator("#id_from")).to_have_value("")
    wait_until(page, lambda: drawn_range(page) == before)
    page.go_forward()
    expect(page.locator("#id_from")).to_have_value(window["from"][0])
    page.reload()
    page.wait_for_selector(DRAWN)
    assert drawn_range(page)[0] == window["from"][0]


def test_time_is_moved_through_from_the_keyboard(visit: Visit, story: Story) -> None:
    page = visit().open("/?from=2020-08-01&to=2020-08-31")
    page.get_by_role("button", name="Zoom out").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("from=2020-07-16.*to=2020-09-1[56]"))
    page.wait_for_selector(DRAWN)
    page.get_by_role("button", name="All dates").press("Enter")
    page.wait_for_url(lambda url: "from" not in url)
    expect(page.locator(TITLES)).to_have_count(6)


@pytest.mark.parametrize("edges", ["from=0001&to=0001-02", "from=9999-11&to=9999"])
def test_the_ends_of_the_calendar_hold(visit: Visit, story: Story, edges: str) -> None:
    page = visit().open(f"/?{edges}")
    for name in ("Earlier", "Zoom out", "Later"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_timeout(400)
        page.wait_for_selector(DRAWN)
    expect(page.locator(".problems")).to_have_count(0)


def test_words_are_looked_for_as_they_are_typed(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    field = page.get_by_label("Words")
    field.press_sequentially("february")
    expect(page.locator(TITLES)).to_have_text(["Vote by February"])
    expect(field).to_be_focused()
    expect_query(page, {"text": ["february"]})
    page.get_by_role("link", name="Remove the filter “february”").click()
    expect(page.locator(TITLES)).to_have_count(6)
    expect(field).to_have_value("")


def test_a_bad_date_is_named_where_it_stands(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    field = page.get_by_label("From", exact=True)
    field.fill("soon")
    field.press("Enter")
    expect(page.get_by_role("heading", name="This can’t be shown as asked")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(TITLES)).to_have_count(6)
    field.fill("2022")
    field.press("Enter")
    expect(page.locator(".problems")).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_nothing_found_is_said_and_undone(visit: Visit, story: Story) -> None:
    page = visit().open("/?text=nowhere")
    expect(page.locator("#count")).to_have_text("No event fits these filters.")
    page.get_by_role("link", name="see all events").click()
    expect(page.locator(TITLES)).to_have_count(6)


def test_pages_of_the_list_turn_without_a_reload(visit: Visit, transactional_db: None) -> None:
    factories.make_timeline(60)
    page = visit().open("/")
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(TITLES)).to_have_count(10)
    expect_query(page, {"page": ["2"]})
    assert page.evaluate("window.kept")


def test_hostile_words_are_shown_as_text(visit: Visit, transactional_db: None) -> None:
    title = "<img src=x onerror=alert(1)><a href='javascript:alert(2)'>x</a> %{customdata}"
    factories.make_mention(factories.make_source(body=title), factories.make_event(title=title))
    page = visit().open("/?group=actor")
    page.mouse.move(*centre(page, "#plot .scatterlayer path.point"))
    label = page.locator("#plot .hoverlayer")
    expect(label).to_contain_text("<img src=x")
    expect(label).to_contain_text("%{customdata}")
    assert label.locator("a, img").count() == 0


def test_without_the_chart_the_list_still_stands(visit: Visit, story: Story) -> None:
    watched = visit()
    watched.expected.append("Failed to load resource")
    watched.page.route("**/figure.json*", lambda route: route.abort())
    page = watched.open("/", chart=False)
    expect(page.locator("#chart-note")).to_contain_text("The list has the same events")
    expect(page.locator(TITLES)).to_have_count(6)


def test_the_actor_page_draws_its_own_events(visit: Visit, story: Story) -> None:
    page = visit().open(story.actor.get_absolute_url())
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "2")
    first = drawn_range(page)[0]
    page.get_by_role("button", name="Zoom in").click()
    wait_until(page, lambda: drawn_range(page)[0] > first)


# Without JavaScript


def test_all_of_it_works_without_javascript(visit: Visit, story: Story) -> None:
    page = visit(java_script_enabled=False).open("/", chart=False)
    expect(page.locator(TITLES)).to_have_count(6)
    expect(page.locator("#drawn .drawn a")).to_have_count(5)
    expect(page.locator("#drawn use")).to_have_count(5)
    expect(page.locator("#drawn")).to_be_visible()
    # What needs a script isn't offered.
    expect(page.get_by_role("button", name=re.compile("Zoom|Earlier|Later|All dates"))).to_have_count(0)
    expect(page.get_by_role("slider")).to_have_count(0)
    page.get_by_role("checkbox", name="Referendum").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator(TITLES)).to_have_text(["Vote by February"])
    page.locator(TITLES).get_by_role("link", name="Vote by February").click()
    page.get_by_role("link", name="The government plans a referendum").click()
    expect(page.locator("mark:target")).to_have_text("The government plans a referendum by February 2022.")
    page.get_by_role("link", name="Event 3: Vote by February").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vote by February")
