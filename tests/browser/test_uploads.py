"""Adding an article in the admin as a curator does, with the real extractor, with and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.conftest import Story, Visit, Watched
from tests.browser.test_accessibility import LOOKS, RUN, axe
from tests.test_uploads import at_once
from timeline import workers
from timeline.models import Source, Upload

ADD = "/admin/timeline/upload/add/"
ARTICLE = f"Minsk marches <b>on</b>\n\nBy A. Person, 9 August 2020\n\n{factories.BODY}"


@pytest.fixture
def curators(
    visit: Visit, live_server: LiveServer, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Watched]:
    """Opens windows in which a curator is logged in."""
    monkeypatch.setattr(workers, "processes", at_once)  # the parser is loaded once, not for each test
    user = User.objects.create_superuser("curator")
    client = Client()
    client.force_login(user)

    def opened(**options: Any) -> Watched:
        watched = visit(**options)
        watched.page.set_default_timeout(30_000)
        cookie = client.cookies["sessionid"].value
        watched.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return watched

    return opened


def paste(page: Page) -> None:
    page.get_by_label("Paste an article").fill(ARTICLE)
    page.get_by_role("button", name="Open").click()


def test_from_a_pasted_text_to_the_public_page(curators: Callable[..., Watched]) -> None:
    page = curators().open("/admin/timeline/source/")
    page.get_by_role("link", name="Add article").click()
    paste(page)
    expect(page.get_by_text("The date is that of the words “9 August 2020”")).to_be_visible()
    page.get_by_label("Published").fill("2020-08-10")
    page.get_by_label("Publisher").fill("The Daily Example")
    page.get_by_role("button", name="Read it").click()
    marks = page.locator("mark.passage")
    expect(marks.first).to_be_visible()
    assert "Thousands marched through Minsk on Sunday" in " ".join(marks.all_inner_texts())
    expect(page.get_by_text("9 August 2020", exact=True).first).to_be_visible()  # Sunday, from the Monday
    page.locator("a.note").first.click()
    assert page.evaluate("document.querySelector(':target').matches('section')")
    page.get_by_role("button", name="Store 1 article").click()
    page.get_by_role("link", name="as readers see it").click()
    expect(page.get_by_role("heading", name="Minsk marches <b>on</b>")).to_be_visible()
    source = Source.objects.get()
    assert (str(source.published), source.publisher) == ("2020-08-10", "The Daily Example")
    assert source.mentions.exists()


def test_it_works_without_javascript(curators: Callable[..., Watched]) -> None:
    page = curators(java_script_enabled=False).open(ADD)
    paste(page)
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("button", name="Store 1 article").click()
    expect(page.get_by_role("link", name="as readers see it")).to_be_visible()


def test_too_much_is_said_before_it_is_sent(
    curators: Callable[..., Watched], tmp_path: Path, settings: Any
) -> None:
    settings.UPLOAD_MEGABYTES = 1
    page = curators().open(ADD)
    (tmp_path / "a.txt").write_bytes(b"x" * 1_200_000)
    page.get_by_label("Or choose files").set_input_files([tmp_path / "a.txt"])
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("1 files with 1.2 MB")
    assert not Upload.objects.exists()


def reading(page: Page, url: str, answers: list[dict[str, Any]]) -> Upload:
    """The page of an upload that is being read, told what the task answers.

    The database in memory, which the server shares with the test, can't be written while it is read.
    """
    upload = Upload.objects.create(
        key="0" * 32, state="reading", beat=timezone.now() + timedelta(days=1), done=3, total=9
    )
    page.route(
        "**/progress/", lambda route: route.fulfill(json=answers.pop(0) if answers[1:] else answers[0])
    )
    page.goto(f"{url}/admin/timeline/upload/{upload.pk}/change/")
    return upload


def test_the_page_of_a_task_goes_on_when_it_is_done(curators: Callable[..., Watched]) -> None:
    watched = curators()
    page = watched.page
    busy = {"state": "reading", "busy": True, "words": "4 of 9 articles.", "done": 4, "total": 9}
    answers = [busy]
    upload = reading(page, watched.url, answers)
    expect(page.get_by_role("status")).to_have_text("4 of 9 articles.")
    Upload.objects.filter(pk=upload.pk).update(state="read")
    answers[:] = [busy | {"state": "read", "busy": False}]
    expect(page.get_by_role("heading", name="Look at what was read")).to_be_visible()


@pytest.mark.parametrize("step", ["add", "check", "look", "stored", "progress"])
def test_axe_finds_no_fault_and_nothing_scrolls_sideways(
    curators: Callable[..., Watched], story: Story, step: str
) -> None:
    watched = curators()
    page = watched.open(ADD)
    if step == "progress":
        busy = {"state": "reading", "busy": True, "words": "4 of 9 articles.", "done": 4, "total": 9}
        reading(page, watched.url, [busy])
    elif step != "add":
        paste(page)
        if step in ("look", "stored"):
            page.get_by_role("button", name="Read it").click()
        if step == "stored":
            page.get_by_role("button", name="Store 1 article").click()
            page.get_by_role("link", name="as readers see it").wait_for()
    # What axe itself tries on the admin's pages is logged.
    watched.expected += ["Applying inline style violates", "(index 0)"]
    page.evaluate(axe())
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(400)  # links change their colour gradually
        # What Django's own frame does is Django's.
        found = page.evaluate(RUN.replace("axe.run({", "axe.run('#content', {"))
        faults = [(fault["id"], fault["impact"], fault["nodes"][0]["html"]) for fault in found]
        assert faults == [], f"{width} pixels wide, {scheme}"
        needed = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert needed[0] <= width
