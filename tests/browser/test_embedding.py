"""Pages of other sites that show the timeline in a frame, at any width, and none that show the rest of it."""

from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import DRAWN, Story, Visit, Watched
from tests.browser.test_accessibility import RUN, axe


class Host(BaseHTTPRequestHandler):
    """A site that shows nothing but what it was given."""

    def __init__(self, body: dict[str, str], *rest: Any) -> None:
        self.body = body
        super().__init__(*rest)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        head = '<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,">'
        self.wfile.write(f"{head}<main>{self.body['html']}</main></html>".encode())

    def log_message(self, *_: object) -> None:
        """Not to the screen."""


@pytest.fixture
def host() -> Iterator[tuple[str, dict[str, str]]]:
    """The address of another origin, and what its page has."""
    body = {"html": ""}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, body))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", body
    server.shutdown()
    server.server_close()


def framed(watched: Watched, host: tuple[str, dict[str, str]], code: str) -> Frame:
    """Put the code into the other site's page, and go there."""
    address, body = host
    body["html"] = code
    watched.expected += [f"request to {address}"]
    watched.page.goto(address)
    frame = watched.page.query_selector("iframe").content_frame()  # type: ignore[union-attr]
    assert frame
    return frame


def code_of(page: Page) -> str:
    return page.locator("#embed-html").input_value()


def test_the_code_that_is_copied_shows_the_timeline_elsewhere(
    visit: Visit, story: Story, host: tuple[str, dict[str, str]]
) -> None:
    watched = visit(permissions=["clipboard-read", "clipboard-write"])
    page = watched.open("/")
    page.get_by_text("Show this on another page").click()
    page.locator("#id_kind_protest").check()
    expect(page.locator("#count")).to_contain_text("1 event")  # and the code has followed
    page.wait_for_selector(DRAWN)
    page.get_by_role("button", name="Copy embed code").click()
    expect(page.locator("#embed-code [role=status]")).to_have_text("Copied.")
    code = page.evaluate("navigator.clipboard.readText()")
    assert code == code_of(page)
    assert "/embed/?kind=protest" in code
    frame = framed(watched, host, code)
    frame.wait_for_selector(DRAWN)
    assert frame.locator(".brief h3 a").all_inner_texts() == ["March in Minsk"]
    assert frame.evaluate("document.cookie") == ""
    with watched.page.context.expect_page() as opened:
        frame.get_by_role("link", name="March in Minsk", exact=True).last.click()
    opened.value.wait_for_load_state()
    assert opened.value.url.endswith(story.march.get_absolute_url())
    opened.value.close()
    assert watched.page.url == host[0]


def test_zooming_in_a_frame_stays_there(visit: Visit, story: Story, host: tuple[str, dict[str, str]]) -> None:
    watched = visit()
    code = code_of(watched.open("/"))
    frame = framed(watched, host, code)
    frame.wait_for_selector(DRAWN)
    steps = watched.page.evaluate("history.length")
    frame.get_by_role("button", name="Zoom in").click()
    frame.wait_for_url("**/embed/?from=*")
    frame.wait_for_selector(DRAWN)
    assert "from=" in (frame.locator(".whole a").get_attribute("href") or "")
    assert watched.page.evaluate("history.length") == steps


def test_nothing_else_can_be_framed(visit: Visit, story: Story, host: tuple[str, dict[str, str]]) -> None:
    watched = visit()
    watched.expected += ["frame-ancestors", "X-Frame-Options", "chrome-error"]
    for address in ("/", story.march.get_absolute_url(), "/admin/login/"):
        frame = framed(watched, host, f'<iframe title="x" src="{watched.url}{address}"></iframe>')
        assert frame.url.startswith("chrome-error:")
    assert any("frame-ancestors" in wrong for wrong in watched.wrongs)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_frames_fit_any_width(
    visit: Visit, story: Story, host: tuple[str, dict[str, str]], *, scripts: bool
) -> None:
    watched = visit(width=1500, java_script_enabled=scripts)
    for address in ("/embed/", f"/embed/events/{story.march.pk}/"):
        for width in (240, 380, 800, 1400):
            code = f'<iframe title="x" width="{width}" height="500" src="{watched.url}{address}"></iframe>'
            frame = framed(watched, host, code)
            expect(frame.locator("h1 a")).to_be_visible()
            if scripts and address == "/embed/":
                frame.wait_for_selector(DRAWN)
            elif address == "/embed/":
                expect(frame.locator("#drawn > svg")).to_be_visible()
            if scripts:
                assert frame.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), (address, width)


@pytest.mark.parametrize("name", ["timeline", "event", "gone", "code"])
def test_axe_finds_no_fault(visit: Visit, story: Story, name: str) -> None:
    watched = visit()
    watched.expected.append("the server responded with a status of 404")
    gone = "/embed/events/999999/"
    event = f"/embed/events/{story.march.pk}/"
    page = watched.open({"timeline": "/embed/", "event": event, "gone": gone, "code": "/"}[name])
    if name == "code":
        page.get_by_text("Show this on another page").click()
    page.evaluate(axe())
    looks: Any = [(1280, "light"), (380, "light"), (380, "dark")]
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)
        found = [(fault["id"], fault["nodes"][0]["html"]) for fault in page.evaluate(RUN)]
        assert found == [], (width, scheme)


def test_a_mark_leads_to_its_event_where_there_is_no_panel(visit: Visit, story: Story) -> None:
    page = visit().open(story.actor.get_absolute_url())
    page.evaluate(
        "(key) => document.getElementById('live').emit('plotly_click', {points: [{customdata: key}]})",
        story.march.get_absolute_url(),
    )
    page.wait_for_url(f"**{story.march.get_absolute_url()}")
