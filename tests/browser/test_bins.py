"""More events than can be drawn one by one: bars that count them, the same by server and by Plotly."""

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import DRAWN, TITLES, Visit, expect_query, query, wait_until

LIMIT = 20
BOXES = """(all) => all.map((one) => one.getBoundingClientRect())
  .map(({left, top, right, bottom}) => [left, top, right, bottom])"""
# From the plot's own corner: the page around it may still be moving while it loads.
WITHIN = """(all) => {
  const plot = document.querySelector("#plot").getBoundingClientRect();
  return all.map((one) => one.getBoundingClientRect()).map(({left, top, right, bottom}) =>
    [left - plot.left, top - plot.top, right - plot.left, bottom - plot.top]);
}"""
PLOTLY = "**/plotly-basic*.js"


@pytest.fixture
def many(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timeline.charts.LIMIT", LIMIT)
    factories.make_timeline(60)


def places(page: Page, selector: str, what: str = BOXES) -> list[list[float]]:
    found: list[list[float]] = page.locator(selector).evaluate_all(what)
    return found


def settled(page: Page, selector: str) -> list[list[float]]:
    """Where they are within the plot, once two looks at them find the same: styles may still come."""
    found = [places(page, selector, WITHIN)]

    def stands() -> bool:
        found.append(places(page, selector, WITHIN))
        return bool(found[-1]) and found[-1] == found[-2]

    wait_until(page, stands)
    return found[-1]


def centres(boxes: list[list[float]]) -> list[list[float]]:
    return [[(left + right) / 2, (top + bottom) / 2] for left, top, right, bottom in boxes]


def strays(some: list[list[float]], others: list[list[float]]) -> list[list[float]]:
    """Those that none of the others stands within 2 pixels of, on any side."""
    return [
        one
        for one in some
        if not any(all(abs(a - b) <= 2 for a, b in zip(one, other, strict=True)) for other in others)
    ]


def before_and_after(visit: Visit, address: str, drawn: str, live: str) -> tuple[list[list[float]], ...]:
    """Where the server draws things before Plotly has come, and where Plotly has them then."""
    watched = visit()
    held = watched.hold(PLOTLY)
    page = watched.page
    page.goto(watched.url + address, wait_until="commit")
    page.locator(TITLES).last.wait_for()
    wait_until(page, lambda: bool(held))
    page.wait_for_function("[...document.querySelectorAll('link[rel=stylesheet]')].every((one) => one.sheet)")
    first = settled(page, drawn)
    held[0].continue_()
    page.wait_for_selector(DRAWN)
    return first, settled(page, live)


@pytest.mark.parametrize("address", ["/", "/?group=country&from=2018-06&to=2020-03"])
def test_bars_are_drawn_at_the_same_places(visit: Visit, many: None, address: str) -> None:
    drawn, live = before_and_after(visit, address, "#drawn a rect", "#live .barlayer .point path")
    assert len(drawn) == len(live) > 60
    assert strays(drawn, live) == []
    assert strays(live, drawn) == []


@pytest.mark.parametrize("address", ["/", "/?group=actor&from=2018-06&to=2020-03"])
def test_marks_are_drawn_at_the_same_places(visit: Visit, transactional_db: None, address: str) -> None:
    factories.make_timeline(60)
    drawn, live = before_and_after(visit, address, "#drawn use", "#live .scatterlayer path.point")
    drawn, live = centres(drawn), centres(live)
    assert len(drawn) > 30
    assert strays(drawn, live) == []
    assert strays(live, drawn) == []


def test_above_the_limit_there_are_no_marks(visit: Visit, many: None) -> None:
    page = visit().open("/")
    expect(page.locator("#drawn use")).to_have_count(0)
    expect(page.locator("#live .scatterlayer path.point")).to_have_count(0)
    expect(page.locator("#plot")).to_have_attribute("data-drawn", "54")


def tallest(page: Page, selector: str) -> tuple[float, float]:
    """A point within the foot of the tallest of these bars."""
    boxes = places(page, selector)
    left, _, right, bottom = max(boxes, key=lambda box: box[3] - box[1])
    return (left + right) / 2, bottom - 2


def test_a_bar_is_zoomed_into_until_there_are_marks(visit: Visit, many: None) -> None:
    page = visit().open("/?country=BY&country=TR&country=CL&country=KE&country=TH")
    page.evaluate("window.kept = true")
    for _ in range(3):
        page.locator("#plot").scroll_into_view_if_needed()
        before = query(page)
        page.mouse.click(*tallest(page, "#live .barlayer .point path"))
        wait_until(page, lambda before=before: query(page) != before)  # type: ignore[misc]
        page.wait_for_selector(DRAWN)
        if page.locator("#live .scatterlayer path.point").count():
            break
    drawn = int(page.locator("#plot").get_attribute("data-drawn") or 0)
    assert 0 < drawn <= LIMIT
    expect(page.locator("#drawn use").first).to_be_attached()
    asked = query(page)
    assert set(asked) == {"country", "from", "to"}
    assert page.evaluate("live.layout.xaxis.range[0].slice(0, 10)") == asked["from"][0]
    assert page.evaluate("window.kept")
    page.get_by_role("button", name="All dates").click()
    expect(page.locator("#live .scatterlayer path.point")).to_have_count(0)


def test_without_javascript_a_bar_is_a_link_to_its_stretch(visit: Visit, many: None) -> None:
    page = visit(java_script_enabled=False).open("/", chart=False)
    page.locator("#drawn a .reach").first.click()
    page.wait_for_url("**?from=*&to=*")
    expect(page.get_by_label("From", exact=True)).to_have_value(query(page)["from"][0])


@pytest.mark.parametrize("late", ["/?kind=protest", "/figure.json?kind=protest"])
def test_a_late_answer_does_not_overwrite_a_newer_one(
    visit: Visit, transactional_db: None, late: str
) -> None:
    factories.make_timeline(30)
    watched = visit()
    page = watched.open("/")
    held = watched.hold(watched.url + late)
    given_up: list[str] = []
    page.on("requestfailed", lambda request: given_up.append(request.url))
    page.locator("#id_kind_protest").check()
    wait_until(page, lambda: bool(held))
    page.locator("#id_kind_election").check()
    expect(page.locator("#count")).to_contain_text("12 events")
    page.wait_for_selector(DRAWN)
    assert given_up == [watched.url + late]
    held[0].continue_()
    page.wait_for_timeout(400)
    expect(page.locator("#count")).to_contain_text("12 events")
    shown = page.evaluate("live.layout.meta.events")
    assert shown == 12
    expect_query(page, {"kind": ["election", "protest"]})
