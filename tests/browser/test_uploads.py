"""Adding an article in the admin as a curator does, with the real extractor, with and without JavaScript."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Login, Watched
from tests.browser.test_accessibility import faults
from tests.test_uploads import at_once
from timeline import extraction, workers
from timeline.models import Source, Upload

ADD = "/admin/timeline/upload/add/"
ARTICLE = f"Minsk marches <b>on</b>\n\nBy A. Person, 9 August 2020\n\n{factories.BODY}"


@pytest.fixture(scope="session")
def parser() -> None:
    """It is loaded, which takes longer than a click may."""
    extraction.extract(ARTICLE, date(2020, 8, 10))


@pytest.fixture
def curators(
    logged_in: Login, transactional_db: None, parser: None, monkeypatch: pytest.MonkeyPatch
) -> Login:
    """Opens windows in which a curator is logged in."""
    monkeypatch.setattr(workers, "processes", at_once)  # the parser is loaded once, not for each test

    def opened(**options: Any) -> Watched:
        watched = logged_in(**options)
        watched.page.set_default_timeout(30_000)
        return watched

    return opened


def paste(page: Page) -> None:
    page.get_by_label("Paste an article").fill(ARTICLE)
    page.get_by_role("button", name="Open").click()


def test_from_a_pasted_text_to_the_public_page(curators: Login) -> None:
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
    expect(page.locator("section:target")).to_have_count(1)
    page.get_by_role("button", name="Store 1 article").click()
    page.get_by_role("link", name="as readers see it").click()
    expect(page.get_by_role("heading", name="Minsk marches <b>on</b>")).to_be_visible()
    source = Source.objects.get()
    assert (str(source.published), source.publisher) == ("2020-08-10", "The Daily Example")
    assert source.mentions.exists()


def test_it_works_without_javascript(curators: Login) -> None:
    page = curators(java_script_enabled=False).open(ADD)
    paste(page)
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("button", name="Store 1 article").click()
    expect(page.get_by_role("link", name="as readers see it")).to_be_visible()


def test_too_much_is_said_before_it_is_sent(curators: Login, tmp_path: Path, settings: Any) -> None:
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


def test_the_page_of_a_task_goes_on_when_it_is_done(curators: Login) -> None:
    watched = curators()
    page = watched.page
    busy = {"state": "reading", "busy": True, "words": "4 of 9 articles.", "done": 4, "total": 9}
    answers = [busy]
    upload = reading(page, watched.url, answers)
    expect(page.get_by_role("status")).to_have_text("4 of 9 articles.")
    Upload.objects.filter(pk=upload.pk).update(state="read")
    answers[:] = [busy | {"state": "read", "busy": False}]
    expect(page.get_by_role("heading", name="Look at what was read")).to_be_visible()


@pytest.mark.one_engine
def test_axe_finds_no_fault_in_any_step(curators: Login) -> None:
    watched = curators()
    page = watched.open(ADD)
    assert faults(page) == []
    with page.expect_navigation():
        paste(page)
    assert faults(page) == []
    for name in ("Read it", "Store 1 article"):
        with page.expect_navigation():
            page.get_by_role("button", name=name).click()
        assert faults(page) == []
    page.get_by_role("link", name="as readers see it").wait_for()
    assert faults(page) == []
    busy = {"state": "reading", "busy": True, "words": "4 of 9 articles.", "done": 4, "total": 9}
    reading(page, watched.url, [busy])
    assert faults(page) == []
