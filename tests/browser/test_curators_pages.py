"""The curators' pages of actors and of quality: plots are drawn, and nobody is left out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page

from tests import factories
from tests.browser.conftest import Story, Visit
from tests.browser.test_accessibility import LOOKS, axe
from timeline import curating
from timeline.models import Event, Mention, Review

# What is around it is Django’s own.
RUN = "axe.run('#content', {preload: false, resultTypes: ['violations']}).then((result) => result.violations)"
QUALITY = "/admin/timeline/event/quality/"


@pytest.fixture
def opened(visit: Visit, story: Story) -> Callable[..., Page]:
    """Opens a page of the admin as a curator, with something decided and something alike in it."""
    by = User.objects.create(username="curator", is_staff=True, is_superuser=True)
    Mention.objects.update(extractor="1", rules={"kind": "march", "date": "phrase"})
    curating.review([story.march, story.arrests], Review.CONFIRMED, by=by)
    curating.review([story.vote], Review.REJECTED, by=by)
    curating.correct(story.march, {"status": "planned"}, by=by)
    double = factories.make_actor(name="union of examples")
    factories.make_participation(Event.objects.get(title="Old vote"), double)
    curating.correct_actor(story.actor, {"wikidata": "Q42"}, by=by, reason="As it calls itself")
    client = Client()
    client.force_login(by)
    merge = f"/admin/timeline/actor/merge/?actor={story.actor.pk}&actor={double.pk}&stays={story.actor.pk}"
    addresses = {
        "quality": QUALITY,
        "merge": merge,
        "doubles": "/admin/timeline/actor/doubles/",
        "actor": f"/admin/timeline/actor/{story.actor.pk}/change/",
    }

    def go(name: str, **options: Any) -> Page:
        watched = visit(**options)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        watched.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": watched.url}]
        )
        watched.page.goto(watched.url + addresses[name])
        return watched.page

    return go


def test_the_plots_are_drawn(opened: Callable[..., Page]) -> None:
    page = opened("quality")
    for name, points in (("plot-kinds", 3), ("plot-months", 1)):
        page.wait_for_selector(f"#{name}[data-drawn='{points}']")
        assert page.locator(f"#{name} .scatterlayer .points path").count() == points
        assert page.locator(f"#{name} .errorbar").count() == points
    assert page.locator("#plot-kinds").get_by_text("Protest").count() == 1


def test_actors_are_merged_and_parted_again(opened: Callable[..., Page], story: Story) -> None:
    page = opened("merge")
    page.get_by_label("Why (may be left empty)").fill("One and the same")
    page.get_by_role("button", name="Merge into Union of Examples").click()
    page.get_by_text("are now one actor").wait_for()
    assert page.get_by_text("One and the same").count() == 1
    page.get_by_role("button", name="Undo: Merged").click()
    page.get_by_text("It is undone.").wait_for()
    assert story.actor.merged.count() == 0


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("name", ["quality", "merge", "doubles", "actor"])
def test_axe_finds_no_fault_and_nothing_scrolls_sideways(
    name: str, look: tuple[int, Any], opened: Callable[..., Page]
) -> None:
    width, scheme = look
    page = opened(name, width=width, color_scheme=scheme)
    if name == "quality":
        page.wait_for_selector("#plot-months[data-drawn]")
    page.evaluate(axe())
    found: list[dict[str, Any]] = page.evaluate(RUN)
    assert [(fault["id"], fault["impact"], fault["nodes"][0]["html"]) for fault in found] == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
