"""A published copy as its readers have it: from a folder, and from a plain file server in a sub-folder."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import call_command
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Story, centre, wait_until
from tests.browser.test_accessibility import RUN, axe

DRAWN = "#plot[data-drawn]:not([aria-busy])"
RANGE = "document.getElementById('live').layout.xaxis.range.map((day) => day.slice(0, 10)).join()"


@pytest.fixture
def copy(story: Story, tmp_path: Path) -> Path:
    call_command("publish", str(tmp_path / "news" / "a timeline"), verbosity=0)
    return tmp_path / "news" / "a timeline"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(copy: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=copy.parent)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/a%20timeline/"
        server.shutdown()


Open = Callable[..., Page]


@pytest.fixture
def window(context_with: Callable[..., BrowserContext]) -> Iterator[Open]:
    """Opens a page of a copy; nothing may be logged, and nothing asked for that is not of the copy."""
    pages: list[Page] = []
    wrongs: list[str] = []

    def opened(root: str, name: str = "index.html", width: int = 1280, **options: object) -> Page:
        context = context_with(viewport={"width": width, "height": 900}, reduced_motion="reduce", **options)
        page = context.new_page()
        pages.append(page)
        page.on("console", lambda message: wrongs.append(message.text))
        page.on("pageerror", lambda error: wrongs.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(root) or wrongs.append(asked.url))
        page.on(
            "response", lambda answer: answer.status < 400 or wrongs.append(f"{answer.status} {answer.url}")
        )
        page.goto(root + name)
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrongs == []


@pytest.fixture(params=["from a folder", "from a server"])
def root(request: pytest.FixtureRequest, copy: Path) -> str:
    if request.param == "from a folder":
        return f"{copy.as_uri()}/"
    return str(request.getfixturevalue("served"))


def test_from_the_chart_to_the_words_and_back(story: Story, root: str, window: Open) -> None:
    page = window(root)
    page.wait_for_selector(DRAWN, state="attached")
    page.mouse.click(*centre(page, "#plot .scatterlayer path.point"))
    page.wait_for_url("**/events/*.html")
    page.goto(f"{root}events/{story.march.pk}.html")
    page.locator("a.passage-link").first.click()
    page.wait_for_url(f"**/sources/{story.source.pk}.html#m{story.passage.pk}")
    expect(page.locator("#place")).to_contain_text("Marked: passage 1")
    expect(page.locator(f"#m{story.passage.pk}")).to_have_class("passage kind-protest chosen")
    page.locator("#notes a", has_text="March in Minsk").first.click()
    page.wait_for_url(f"**/events/{story.march.pk}.html")
    page.locator("a.site-name").click()
    page.wait_for_url(f"{root}index.html")


def test_moving_about_in_time(copy: Path, window: Open) -> None:
    page = window(f"{copy.as_uri()}/")
    page.wait_for_selector(DRAWN, state="attached")
    whole, ticks = page.evaluate(RANGE), page.locator("#live .xtick").count()
    page.get_by_role("button", name="Zoom in").press("Enter")
    wait_until(page, lambda: page.evaluate(RANGE) > whole)
    closer = page.evaluate(RANGE)
    wait_until(page, lambda: page.locator("#live .xtick").count() > 1)
    page.get_by_role("button", name="Later").click()
    wait_until(page, lambda: page.evaluate(RANGE) > closer)
    page.get_by_role("button", name="All dates").click()
    wait_until(page, lambda: page.evaluate(RANGE) == whole)
    wait_until(page, lambda: page.locator("#live .xtick").count() == ticks)


def test_words_by_their_address_are_marked_and_cited(story: Story, copy: Path, window: Open) -> None:
    root = f"{copy.as_uri()}/"
    page = window(
        root, f"sources/{story.source.pk}.html#char=0,10", permissions=["clipboard-read", "clipboard-write"]
    )
    expect(page.locator("mark.cited").first).to_have_text(story.source.text[:10])
    page.locator("#notes").get_by_role("button", name="Copy link").first.click()
    expect(page.locator(".said")).to_have_text("The address is copied.")
    start, end = story.passage.start, story.passage.end
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{root}sources/{story.source.pk}.html#char={start},{end}"


def test_without_scripts_every_mark_is_a_link(copy: Path, window: Open) -> None:
    page = window(f"{copy.as_uri()}/", java_script_enabled=False)
    assert page.locator("#drawn a").count() == 5
    page.locator("#drawn a").first.dispatch_event("click")
    page.wait_for_url("**/events/*.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_the_way(copy: Path, window: Open, scheme: str) -> None:
    for width in (1280, 380):
        page = window(f"{copy.as_uri()}/", width=width, color_scheme=scheme)
        page.wait_for_selector(DRAWN, state="attached")
        page.evaluate(axe())
        found = page.evaluate(RUN.replace("axe.run({", "axe.run({preload: false, "))
        assert [(one["id"], node["html"]) for one in found for node in one["nodes"]] == []
        assert page.evaluate("document.scrollingElement.scrollWidth") == width
