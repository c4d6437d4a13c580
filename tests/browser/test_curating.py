"""The curators' pages in a browser: merge, split, and words selected in an article that become a passage."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Story, Visit, Watched
from tests.browser.test_accessibility import RUN, axe
from tests.browser.test_reading import select
from timeline.models import Event, Mention, Source

Login = Callable[..., Watched]


@pytest.fixture
def as_curator(visit: Visit, live_server: Any, story: Story) -> Login:
    """A window of somebody who is logged in."""
    user = User.objects.create(username="curator", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value

    def window(**options: Any) -> Watched:
        # A context of its own: those of other tests are nobody's.
        watched = visit(extra_http_headers={}, locale="en-GB", **options)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
        watched.page.context.add_cookies([cookie])
        # Django's own admin has a style in its list of rows, which the site's policy turns away.
        watched.expected.append("Content Security Policy")
        return watched

    return window


@pytest.mark.parametrize("scripts", [True, False])
def test_events_are_merged_after_a_look_and_put_back(as_curator: Login, story: Story, scripts: bool) -> None:
    watched = as_curator(java_script_enabled=scripts)
    page = watched.open("/admin/timeline/event/", chart=False)
    for title in ("March in Minsk", "Arrests in Minsk"):
        page.get_by_role("row").filter(has_text=title).get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(label="Merge the chosen events…")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).first.click()
    table = page.get_by_role("table", name="The chosen events side by side")
    expect(page.get_by_role("radio", name="Keep Arrests in Minsk")).to_be_checked()  # it is confirmed
    expect(table.get_by_role("row", name="Kind")).to_contain_text("Crackdown")
    page.get_by_role("radio", name="Keep March in Minsk").check()
    page.get_by_label("Reason").fill("One day, one place")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("radio", name="Keep March in Minsk")).to_be_checked()
    expect(page.get_by_label("Reason")).to_have_value("One day, one place")
    assert Event.objects.filter(merged_into__isnull=False).count() == 0
    page.get_by_role("button", name="Merge these 2 events").click()
    expect(page.locator(".messagelist")).to_contain_text("2 events are one now")
    story.arrests.refresh_from_db()
    assert story.arrests.merged_into == story.march
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_text("Merged by curator")).to_be_visible()
    page.get_by_role("button", name="Undo it").click()
    expect(page.locator(".messagelist")).to_contain_text("Undone: Merged by curator")
    story.arrests.refresh_from_db()
    assert story.arrests.merged_into is None


def test_a_passage_is_split_off(as_curator: Login, story: Story) -> None:
    page = as_curator().open(f"/admin/timeline/event/{story.march.pk}/change/", chart=False)
    page.get_by_role("link", name="Split or move passages").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("table", name="What this makes")).to_contain_text("The new event")
    page.get_by_role("button", name="Split the event").click()
    expect(page.locator(".messagelist")).to_contain_text("1 passage now with")
    assert story.march.mentions.count() == 1
    assert Mention.objects.get(pk=story.passage.pk).event != story.march


def test_selected_words_become_a_passage_that_readers_see(as_curator: Login, story: Story) -> None:
    watched = as_curator()
    page = watched.open(story.source.get_absolute_url())
    words = "A quiet week followed."
    select(page, words)
    page.get_by_role("toolbar").get_by_role("link", name="Make a passage").click()
    expect(page.locator("blockquote.passage mark")).to_have_text(words)
    page.get_by_role("radio", name="A new event").check()
    page.get_by_label("Kind:", exact=True).select_option("protest")
    page.get_by_label("Date:", exact=True).fill("2020-08-16")
    page.get_by_label("Title:").fill("A week without marches")
    page.get_by_label("Status:", exact=True).select_option("cancelled")
    page.get_by_label("Reason:").fill("The machine missed it")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist").first).to_contain_text("was added successfully")
    mention = Mention.objects.get(quote=words)
    start = Source.objects.get(pk=story.source.pk).text.index(words)
    assert (mention.start, mention.event.title) == (start, "A week without marches")
    page = watched.open(mention.get_absolute_url())
    expect(page.locator(f"#m{mention.pk}")).to_have_text(words)
    page = watched.open(mention.event.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_have_text("A week without marches")
    expect(page.locator("blockquote mark")).to_have_text(words)


def test_a_cited_place_becomes_a_passage_too_by_keyboard(as_curator: Login, story: Story) -> None:
    page = as_curator().open(f"{story.source.get_absolute_url()}#char=0,10")
    link = page.locator("#place").get_by_role("link", name="Make a passage")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("blockquote.passage mark")).to_have_text(story.source.text[:10])
    expect(page.get_by_label("Start:")).to_have_value("0")


def test_readers_are_offered_none(visit: Visit, story: Story) -> None:
    page = visit().open(story.source.get_absolute_url())
    select(page, "through Minsk")
    expect(page.get_by_role("toolbar")).to_be_visible()
    expect(page.get_by_role("link", name="Make a passage")).to_have_count(0)


# The pages, and what of them is ours: the frame and the fields are Django's.
PAGES = {
    "merge": ".deciding",
    "split": ".deciding",
    "undo": ".deciding",
    "passage": ".passage-looked-at",
    "source": ".words-by-place",
}


def opened(watched: Watched, name: str, story: Story) -> Page:
    """One of PAGES, with all that it can show."""
    for event, status in ((story.march, "planned"), (story.arrests, "ongoing")):
        Event.objects.filter(pk=event.pk).update(status=status, locked_fields=["status"])
    split = f"/admin/timeline/event/{story.march.pk}/split/?mention={story.passage.pk}&to=new"
    address = {
        "merge": f"/admin/timeline/event/merge/?ids={story.march.pk},{story.arrests.pk},{story.vote.pk}",
        "split": split,
        "passage": f"/admin/timeline/mention/add/?source={story.source.pk}&start=40&end=90",
        "source": f"/admin/timeline/source/{story.source.pk}/change/",
    }
    if name == "undo":
        page = watched.open(split, chart=False)
        page.get_by_role("button", name="Split the event").click()
        page.get_by_role("link", name="Undo").click()
        return page
    return watched.open(address[name], chart=False)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault_in_what_is_ours(as_curator: Login, story: Story, name: str) -> None:
    page = opened(as_curator(), name, story)
    page.evaluate(axe())
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate(RUN.replace("run({", f"run('{PAGES[name]}', {{preload: false, "))
        faults = [(fault["id"], node["html"]) for fault in found for node in fault["nodes"]]
        assert faults == [], f"{width} pixels wide"


@pytest.mark.parametrize("name", ["merge", "split", "undo"])
def test_on_a_phone_only_the_tables_scroll_sideways(as_curator: Login, story: Story, name: str) -> None:
    page = opened(as_curator(width=390), name, story)
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390


def test_a_passage_added_to_an_event_chosen_by_its_name(as_curator: Login, story: Story) -> None:
    far = factories.make_event(title="Vote faraway", date="1999", country="KE")
    query = f"source={story.source.pk}&start=0&end=10"
    page = as_curator().open(f"/admin/timeline/mention/add/?{query}", chart=False)
    page.locator(".field-event .select2-selection").click()
    page.locator(".select2-search__field").fill("faraway")
    page.get_by_role("option", name="Vote faraway").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist").first).to_contain_text("was added successfully")
    assert far.mentions.get().quote == story.source.text[:10]
