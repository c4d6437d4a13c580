"""The curators' history in a browser: locks by the keyboard, two versions compared, one restored, undone."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import Login, Story
from timeline import curating

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
def opened(logged_in: Login, curator: User) -> Opener:
    """Opens a page of the admin, logged in."""

    def page(address: str, **options: Any) -> Page:
        return logged_in(curator, **options).open(address)

    return page


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
    expect(page.get_by_role("row", name="Title")).to_contain_text("Arrests in Minsk")
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
