"""A real Chromium against the site served for the test, watched for anything that it shouldn't do."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from threading import Lock, current_thread, main_thread
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from timeline.models import Actor, Event, Mention, Source

# Milliseconds that anything may take on a machine with much else to do; no test waits longer than it must.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)

DRAWN = "#plot[data-drawn]:not([aria-busy])"
TITLES = ".event h3"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium where there is one, else the one that Playwright keeps."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    own = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **own, "args": CHROMIUM_ARGUMENTS}


@dataclass
class Story:
    """A few events told by two sources, with every look a mark can have."""

    source: Source
    actor: Actor
    march: Event
    arrests: Event
    vote: Event
    passage: Mention


@pytest.fixture
def story(transactional_db: None) -> Story:
    source = factories.make_source(body=factories.BODY + "\n\n" + "A quiet week followed. " * 200)
    second = factories.make_source(headline="Another account", published=date(2020, 8, 20))
    march = factories.make_event(title="March in Minsk", disputed=True)
    arrests = factories.make_event(
        title="Arrests in Minsk", kind="crackdown", date="2020-08", status="ongoing", review="confirmed"
    )
    vote = factories.make_event(
        title="Vote by February", kind="referendum", date="../2022-02", status="planned"
    )
    factories.make_event(title="Old vote", kind="election", date="1994-07/..", country="TR")
    factories.make_event(title="Called off", kind="election", date="2021-01-24", status="cancelled")
    factories.make_event(title="Some day", kind="constitutional_change", date="", country="")
    sentence = "Thousands marched through Minsk on Sunday, according to the Viasna centre."
    start = source.text.index("marched")
    passage = factories.make_mention(
        source, march, words=sentence, cited="the Viasna centre", spans={"kind": [start, start + 7]}
    )
    factories.make_mention(second, march, words=sentence, status="planned", merge_reason="same place and day")
    factories.make_mention(source, arrests, words="the Viasna centre. Police detained at least 400 people.")
    factories.make_mention(source, vote, words="The government plans a referendum by February 2022.")
    actor = factories.make_actor(name="Union of Examples", aliases=["The Union"], country="BY")
    for event in (march, vote):
        factories.make_participation(event, actor)
    return Story(source, actor, march, arrests, vote, passage)


@dataclass
class Watched:
    """A page of the site, with all that went wrong on it."""

    page: Page
    url: str
    wrongs: list[str]
    expected: list[str]

    def open(self, address: str, *, chart: bool = True) -> Page:
        """Go there; on a page with a chart wait until it is drawn."""
        self.page.goto(self.url + address)
        if chart and self.page.locator("#plot").count():
            self.page.wait_for_selector(DRAWN, state="attached")
        return self.page

    def hold(self, pattern: str | re.Pattern[str]) -> list[Route]:
        """Keep the answers to these addresses back; each goes on when the test says so."""
        held: list[Route] = []

        def keep(route: Route) -> None:
            held.append(route)

        self.page.route(pattern, keep)
        return held


Visit = Callable[..., Watched]


def centre(page: Page, selector: str) -> tuple[float, float]:
    """The middle of the first of these, scrolled into sight."""
    target = page.locator(selector).first
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def expect_query(page: Page, asked: dict[str, list[str]]) -> None:
    """That the address asks for just this; it may be told of a moment after the page has changed."""
    wait_until(page, lambda: query(page) == asked)


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Playwright's own waiting for a condition is `eval` in the page, which the site's policy forbids."""
    for _ in range(PATIENCE // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"It did not come about within {PATIENCE} milliseconds.")


Login = Callable[..., Watched]


@pytest.fixture
def logged_in(visit: Visit) -> Iterator[Login]:
    """Opens windows in which somebody is logged in: a superuser, if not who is named."""
    contexts = []

    def window(user: User | None = None, **options: Any) -> Watched:
        if user is None:
            user, _ = User.objects.get_or_create(username="curator", is_staff=True, is_superuser=True)
        client = Client()
        client.force_login(user)
        watched = visit(**options)
        context = watched.page.context
        contexts.append(context)
        context.clear_cookies()
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": watched.url}])
        # Django's own admin tries to style its list of rows and its choosers, and is turned away.
        watched.expected += ["Applying inline style violates", "Content Security Policy"]
        return watched

    yield window
    for context in contexts:
        context.clear_cookies()


@pytest.fixture(scope="session")
def context_with(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """One context for each make of window: what one test has had of Plotly, others need not read again.

    The site keeps nothing in a browser but copies of its answers, about which it is asked each time.
    """
    made: dict[str, BrowserContext] = {}

    def context(**options: Any) -> BrowserContext:
        make = repr(sorted(options.items()))
        if make not in made:
            made[make] = browser.new_context(**options)
            made[make].set_default_timeout(PATIENCE)
        return made[make]

    yield context
    for one in made.values():
        one.close()


class Answering:
    """How many requests the site is at: the database in memory can't be emptied while one reads it."""

    def __init__(self) -> None:
        self.requests = 0
        self.lock = Lock()
        request_started.connect(self.begun)
        request_finished.connect(self.ended)

    def begun(self, **_: Any) -> None:
        self.count(1)

    def ended(self, **_: Any) -> None:
        self.count(-1)

    def count(self, step: int) -> None:
        if current_thread() is not main_thread():  # that of the tests, which has a client of Django's
            with self.lock:
                self.requests += step

    def wait(self) -> None:
        """Until all is answered that windows which have been closed had asked for."""
        for _ in range(PATIENCE // 10):
            sleep(0.01)  # for what has arrived and isn't begun
            if not self.requests:
                return
        raise AssertionError(f"The site is still at a request after {PATIENCE} milliseconds.")


@pytest.fixture(scope="session")
def answering() -> Answering:
    return Answering()


@pytest.fixture
def visit(
    live_server: LiveServer, answering: Answering, context_with: Callable[..., BrowserContext]
) -> Iterator[Visit]:
    """Opens windows of any make; at the end none may have logged an error or asked another host."""
    opened: list[Watched] = []

    def window(*, width: int = 1280, **options: Any) -> Watched:
        # Without smooth scrolling, so that what is measured stays where it was measured.
        options.setdefault("reduced_motion", "reduce")
        context = context_with(viewport={"width": width, "height": 900}, **options)
        watched = Watched(context.new_page(), live_server.url, [], [])

        def logged(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                watched.wrongs.append(message.text)

        def requested(request: Request) -> None:
            if not request.url.startswith((live_server.url, "data:", "blob:")):
                watched.wrongs.append(f"request to {request.url}")

        watched.page.on("console", logged)
        watched.page.on("pageerror", lambda error: watched.wrongs.append(str(error)))
        watched.page.on("dialog", lambda dialog: watched.wrongs.append(f"dialog: {dialog.message}"))
        watched.page.on("request", requested)
        opened.append(watched)
        return watched

    yield window
    for watched in opened:
        watched.page.close()
    answering.wait()
    for watched in opened:
        unexpected = [
            wrong for wrong in watched.wrongs if not any(part in wrong for part in watched.expected)
        ]
        assert unexpected == []
