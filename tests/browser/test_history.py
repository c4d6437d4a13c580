"""The curators' history in a browser: locks by the keyboard, two versions compared, one restored, undone."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import Story, Visit
from tests.browser.test_accessibility import RUN, axe
from timeline import curating
from timeline.history import last_decision

Opener = Any


@pytest.fixture
def curator(story: Story) -> User:
    anna = User.objects.create(username="anna", is_staff=True, is_superuser=True)
    event = curating.correct(
        story.arrests, {"summary": "Thousands marched in the rain."}, by=anna, reason="As two papers have it"
    )
    curating.correct(
        event,
        {
            "summary": "Hundreds marched in the heavy rain.",
            "title": "Arrests after the march",
            "date": "2020-08-10",
        },
        by=anna,
    )
    return anna


@pytest.fixture
def opened(visit: Visit, curator: User) -> Iterator[Opener]:
    """Opens a page of the admin, logged in."""
    client = Client()
    client.force_login(curator)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    contexts = []

    def page(address: str, **options: Any) -> Page:
        watched = visit(**options)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": watched.url}
        watched.page.context.add_cookies([cookie])  # type: ignore[list-item]
        contexts.append(watched.page.context)
        watched.expected.append("Applying inline style")  # Django's chooser of actors tries to
        return watched.open(address)

    yield page
    for context in contexts:
        context.clear_cookies()


def history(story: Story) -> str:
    return reverse("admin:timeline_event_history", args=[story.arrests.pk])


def test_compare_restore_and_undo(opened: Opener, story: Story) -> None:
    page = opened(history(story))
    page.get_by_label("Compare this version").nth(1).check()
    page.get_by_label("with this one").first.check()
    page.get_by_role("button", name="Compare them").click()
    region = page.get_by_role("region", name="Two versions compared")
    expect(region.locator("del")).to_contain_text(["Thousands"])
    expect(region.locator("ins").filter(has_text="heavy")).to_have_count(1)

    page.get_by_role("link", name="Restore this version…").click()
    expect(page.get_by_role("row", name="Title")).to_contain_text("Arrests in Belarus")
    page.get_by_label("Reason").fill("The first was right")
    page.get_by_role("button", name="Restore this version").click()
    expect(page.get_by_role("heading", name="Restored by anna")).to_be_visible()
    story.arrests.refresh_from_db()
    assert story.arrests.summary == "Thousands marched in the rain."

    page.get_by_role("link", name="All that it changed, and undo…").first.click()
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("It is undone.")).to_be_visible()
    story.arrests.refresh_from_db()
    assert story.arrests.summary == "Hundreds marched in the heavy rain."


def test_works_without_scripts(opened: Opener, story: Story) -> None:
    page = opened(history(story), java_script_enabled=False)
    page.get_by_label("Compare what was before all decisions").check()
    page.get_by_label("with this one").first.check()
    page.get_by_role("button", name="Compare them").click()
    expect(page.locator("ins").filter(has_text="heavy").first).to_be_visible()


def test_a_lock_is_taken_off_where_its_field_stands(opened: Opener, story: Story) -> None:
    page = opened(reverse("admin:timeline_event_change", args=[story.arrests.pk]))
    box = page.get_by_label("Give back to the machine: date")
    expect(page.locator(".field-date").first).to_contain_text(
        "The machine would now say August 2020 (2020-08)"
    )
    box.check()
    page.get_by_label("Reason").fill("The paper is right")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    story.arrests.refresh_from_db()
    assert (story.arrests.date, story.arrests.locked_fields) == ("2020-08", ["title"])


@pytest.mark.parametrize("look", [(1280, "light"), (1280, "dark"), (390, "light")], ids=str)
@pytest.mark.parametrize(
    "name", ["event", "history", "comparison", "restore", "decision", "decisions", "merged"]
)
def test_nothing_that_axe_finds_fault_with(
    name: str, look: tuple[int, Any], opened: Opener, story: Story, curator: User
) -> None:
    decision = last_decision(story.arrests)
    assert decision
    first = decision.versions.model.objects.order_by("pk")[0]
    curating.merge(story.march, [story.vote], by=curator)
    address = {
        "event": reverse("admin:timeline_event_change", args=[story.arrests.pk]),
        "merged": reverse("admin:timeline_event_change", args=[story.vote.pk]),
        "history": history(story),
        "comparison": f"{history(story)}?a=first&b={first.pk}",
        "restore": reverse("admin:timeline_event_restore", args=[story.arrests.pk, first.pk]),
        "decision": reverse("admin:timeline_decision_change", args=[decision.pk]),
        "decisions": reverse("admin:timeline_decision_changelist"),
    }[name]
    width, scheme = look
    page = opened(address, width=width, color_scheme=scheme)
    page.evaluate(axe())
    # What Django's own pages have around ours isn't ours to mend.
    ours_only = "axe.run({include: ['#content'], exclude: ['.inline-group']}, {preload: false, "
    found = page.evaluate(RUN.replace("axe.run({", ours_only))
    ours = {(one["id"], node["html"][:200]) for one in found for node in one["nodes"]}
    assert not ours
    if name not in ("event", "decisions", "merged"):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
