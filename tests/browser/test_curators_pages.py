"""The curators’ room in a browser: what axe says of its pages, the plots, actors merged."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.conftest import Login, Story
from tests.browser.test_accessibility import faults
from timeline import curating
from timeline.history import decisions_on, last_decision
from timeline.models import Actor, Event, Mention, Review

ADMIN = "/admin/timeline"


@pytest.fixture
def double(story: Story, live_server: LiveServer) -> Actor:
    """An actor that is likely another, in a room in which things have been decided."""
    by = User.objects.create(username="curator", is_staff=True, is_superuser=True)
    Mention.objects.update(extractor="1", rules={"kind": "march", "date": "phrase"})
    curating.review([story.march, story.arrests], Review.CONFIRMED, by=by)
    curating.review([story.vote], Review.REJECTED, by=by)
    curating.correct(story.march, {"status": "planned", "title": "March"}, by=by, reason="As two have it")
    double = factories.make_actor(name="union of examples")
    factories.make_participation(Event.objects.get(title="Old vote"), double)
    curating.correct_actor(story.actor, {"wikidata": "Q42"}, by=by, reason="As it calls itself")
    return double


def addresses(story: Story, double: Actor) -> dict[str, str]:
    """The pages of the room, each with all that it can show; queue and uploads have tests of their own."""
    by = User.objects.get()
    gone, twin = factories.make_event(title="The same march"), factories.make_actor(name="The Examples")
    curating.merge(story.march, [gone], by=by)
    curating.merge_actors(double, [twin], by=by)
    curating.correct(story.arrests, {"status": "ongoing"}, by=by)
    event, actor = f"{ADMIN}/event/{story.march.pk}", f"{ADMIN}/actor/{story.actor.pk}"
    version = decisions_on(story.march)[1]
    decision = last_decision(story.march)
    assert decision
    return {
        "front": "/admin/",
        "events": f"{ADMIN}/event/",
        "event": f"{event}/change/",
        "event merged away": f"{ADMIN}/event/{gone.pk}/change/",
        "history": f"{event}/history/",
        "comparison": f"{event}/history/?a=first&b={version.pk}",
        "restore": f"{event}/restore/{version.pk}/before/",
        "decisions": f"{ADMIN}/decision/",
        "decision": f"{ADMIN}/decision/{decision.pk}/change/",
        "merge": f"{ADMIN}/event/merge/?ids={story.march.pk},{story.arrests.pk}",
        "split": f"{event}/split/?mention={story.passage.pk}&to=new",
        "passage": f"{ADMIN}/mention/add/?source={story.source.pk}&start=40&end=90",
        "source": f"{ADMIN}/source/{story.source.pk}/change/",
        "sources": f"{ADMIN}/source/",
        "uploads": f"{ADMIN}/upload/",
        "quality": f"{ADMIN}/event/quality/",
        "actor": f"{actor}/change/",
        "actor merged away": f"{ADMIN}/actor/{twin.pk}/change/",
        "actors merge": f"{ADMIN}/actor/merge/?actor={story.actor.pk}&actor={double.pk}&stays={double.pk}",
        "doubles": f"{ADMIN}/actor/doubles/",
    }


@pytest.mark.one_engine
def test_axe_finds_no_fault_and_nothing_scrolls_sideways(
    logged_in: Login, story: Story, double: Actor
) -> None:
    watched = logged_in()
    found = {}
    for name, address in addresses(story, double).items():
        page = watched.open(address)
        if name == "quality":
            page.wait_for_selector("#plot-months[data-drawn]")
        if wrong := faults(page):
            found[name] = wrong
    assert not found, found


def test_the_plots_are_drawn(logged_in: Login, double: Actor) -> None:
    page = logged_in().open(f"{ADMIN}/event/quality/")
    for name, points in (("plot-kinds", 3), ("plot-months", 1)):
        page.wait_for_selector(f"#{name}[data-drawn='{points}']")
        assert page.locator(f"#{name} .scatterlayer .points path").count() == points
        assert page.locator(f"#{name} .errorbar").count() == points
    assert page.locator("#plot-kinds").get_by_text("Protest").count() == 1


def test_actors_are_merged_and_parted_again(logged_in: Login, story: Story, double: Actor) -> None:
    page = logged_in().open("/admin/")
    page.get_by_role("link", name="Likely same actors").click()
    page.get_by_role("link", name="Look, and merge").click()
    page.get_by_label("Union of Examples", exact=True).check()
    page.get_by_role("button", name="Show what would come of it").click()
    page.get_by_label("Reason").fill("One and the same")
    page.get_by_role("button", name="Merge into Union of Examples").click()
    page.get_by_text("are now one actor").wait_for()
    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_text("One and the same")).to_have_count(1)
    page.get_by_role("button", name="Undo it").click()
    page.get_by_text("It is undone.").wait_for()
    assert story.actor.merged.count() == 0
