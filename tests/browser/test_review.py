"""The review queue by keyboard alone, by mouse, without JavaScript; two curators at once; what axe says."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Login
from tests.browser.test_accessibility import faults
from timeline.models import Decision, Event, Review
from timeline.roles import CURATORS

QUEUE = "/admin/timeline/event/review/"


def _event(number: int) -> Event:
    """An event of a day far from the others', told by a source of its own."""
    event = factories.make_event(
        title=f"March {number}", date=f"{1950 + number}-08-09", certainty=number, country=""
    )
    source = factories.make_source()
    start, day = source.text.index("marched"), source.text.index("on Sunday")
    factories.make_mention(
        source,
        event,
        words="Thousands marched through Minsk on Sunday, according to the Viasna centre.",
        spans={"kind": [start, start + 7], "date": [day, day + 9]},
        rules={"kind": "march", "date": "clause", "status": "tense: past", "country": "article"},
    )
    return event


@pytest.fixture
def events(transactional_db: None) -> list[Event]:
    """Thirty to be reviewed, in the order of the queue."""
    return [_event(number) for number in range(1, 31)]


@pytest.fixture
def curator(logged_in: Login) -> Callable[..., Page]:
    """Opens the queue for a curator who is logged in."""

    def opened(**options: Any) -> Page:
        watched = logged_in(factories.make_user(CURATORS, username="curator"), **options)
        watched.expected.append("the server responded with a status of 409")
        return watched.open(QUEUE, chart=False)

    return opened


class Keys:
    """Nothing but keys; after one that leads on, the next event is waited for."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def on(self, key: str) -> None:
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    @property
    def title(self) -> str:
        return self.page.locator("h1").inner_text()

    @property
    def focus(self) -> str:
        return str(self.page.evaluate("document.activeElement.id"))


def test_thirty_events_by_keyboard_alone(curator: Callable[..., Page], events: list[Event]) -> None:
    page = curator()
    page.evaluate("addEventListener('pointerdown', () => document.title = 'MOUSE')")
    keys = Keys(page)
    # The ninth has a likely duplicate outside the thirty, confirmed already.
    twin = factories.make_event(title="The same march", date=events[8].date, review=Review.CONFIRMED)
    factories.make_mention(factories.make_source(), twin)
    for number, event in enumerate(events, 1):
        assert keys.title == f"March {number}"
        assert keys.focus == "start"
        if number == 5:  # with a reason
            keys.press("/")
            keys.type("no match, only c r e n u")  # keys that are letters here
            keys.press("Enter")
            keys.on("r")
        elif number == 9:
            keys.press("m")
            keys.on("1")
            assert keys.focus == "choice"
            keys.on("2")
        elif number == 12:  # corrected on the way
            keys.press("e", "Control+a")
            keys.type("March of the corrected")
            keys.on("Enter")
        elif number == 15:  # undone, and decided the other way
            keys.on("c")
            keys.on("u")
            assert keys.title == "March 15"
            assert page.locator("#said").inner_text().startswith("Undone: confirmed, March 15.")
            keys.on("r")
        elif number == 20:  # there and back
            keys.on("n")
            keys.on("p")
            assert keys.title == "March 20"
            keys.on("j")
        elif number % 3 == 0:
            keys.on("r")
        else:
            keys.on("c")
        if number not in (9, 20, 30):
            assert event.title in page.locator("#said").inner_text() or number == 12
    assert keys.title == "Only what you passed over is left"
    keys.on("n")
    assert keys.title == "March 20"
    keys.on("c")
    assert keys.title == "Nothing is left to review"
    assert page.title() != "MOUSE"
    rejected = {3, 5, 6, 15, 18, 21, 24, 27, 30}
    for number, event in enumerate(events, 1):
        event.refresh_from_db()
        if number == 9:
            assert event.merged_into == twin
        else:
            verdict = Review.REJECTED if number in rejected else Review.CONFIRMED
            assert (number, event.review) == (number, verdict)
    assert events[11].title == "March of the corrected"
    assert events[11].locked_fields == ["title"]
    assert Decision.objects.get(action="rejected", versions__row=events[4].pk).reason.startswith("no match")
    assert twin.mentions.count() == 2


def test_a_key_pressed_too_long_decides_once(curator: Callable[..., Page], events: list[Event]) -> None:
    page = curator()
    with page.expect_navigation():
        page.keyboard.down("c")
        page.keyboard.down("c")
        page.keyboard.press("r")
    page.keyboard.up("c")
    page.wait_for_selector("h1:has-text('March 2')")
    assert Decision.objects.count() == 1


def test_keys_of_the_browser_are_left_alone(curator: Callable[..., Page], events: list[Event]) -> None:
    page = curator()
    for key in ("Control+c", "Alt+r", "Meta+n", "Shift+Tab"):
        page.keyboard.press(key)
    page.keyboard.press("?")
    assert page.locator(".keys").evaluate("(keys) => keys.open")
    page.keyboard.press("e")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "start"
    assert page.locator("h1").inner_text() == "March 1"
    assert not Decision.objects.exists()


def test_a_field_and_its_words_light_up_together(curator: Callable[..., Page], events: list[Event]) -> None:
    page = curator()
    link = page.locator(".fields a", has_text="Date")
    link.focus()
    lit = page.locator(".words mark.lit")
    expect(lit).to_have_text("on Sunday")
    page.locator("mark.of-kind").first.hover()
    expect(page.locator(".fields .lit dt")).to_have_text("Kind")
    link.click()
    expect(page).to_have_url(re.compile("#mark-date$"))


def test_two_curators_at_one_event(curator: Callable[..., Page], events: list[Event]) -> None:
    page = curator()
    other = Client()
    other.force_login(factories.make_user(CURATORS, username="second"))
    address = f"{QUEUE}{events[0].pk}/"
    seen = other.get(address).context["seen"]
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("What I typed")
    other.post(address, {"action": "reject", "seen": seen})
    with page.expect_navigation():
        page.keyboard.press("Enter")
    refused = page.locator("#refused").inner_text()
    assert "second (rejected) changed “March 1” while you had it open" in refused
    assert page.evaluate("document.activeElement.id") == "refused"
    assert page.locator("#id_title").input_value() == "What I typed"
    assert page.locator(".review-state strong").inner_text() == "Rejected"


def test_without_javascript(curator: Callable[..., Page], events: list[Event]) -> None:
    page = curator(java_script_enabled=False)
    page.get_by_label("Reason").fill("Both say so")
    page.get_by_role("button", name="Confirm", exact=False).first.click()
    expect(page.locator("h1")).to_have_text("March 2")
    page.locator("#said").get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("March 1")
    page.locator("#edit summary").click()
    page.get_by_label("Date").fill("1951-08")
    # Enter does nothing by itself: it can't be meant for all of the buttons.
    page.get_by_label("Date").press("Enter")
    expect(page.locator("h1")).to_have_text("March 1")
    page.get_by_role("button", name="Save and confirm").click()
    expect(page.locator("h1")).to_have_text("March 2")
    events[0].refresh_from_db()
    assert (events[0].date, events[0].review) == ("1951-08", Review.CONFIRMED)


@pytest.mark.one_engine
def test_axe_finds_no_fault(curator: Callable[..., Page], events: list[Event]) -> None:
    factories.make_mention(factories.make_source(), factories.make_event(date=events[0].date))
    page = curator()
    page.locator("#edit summary").click()
    page.locator(".keys summary").click()
    for step in ("event", "choice", "wrong", "end"):
        if step == "choice":
            with page.expect_navigation():
                page.get_by_role("button", name="Merge…").click()
        if step == "wrong":
            page.locator("#edit").evaluate("(edit) => { edit.open = true }")
            page.get_by_label("Date", exact=True).fill("soon")
            with page.expect_navigation():
                page.get_by_role("button", name="Save only").click()
        if step == "end":
            Event.objects.update(review=Review.CONFIRMED)
            page.goto(page.url.partition("/admin/")[0] + QUEUE)
        assert faults(page) == [], step
