"""The curators' pages in a browser: merge, split, and words selected in an article that become a passage."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Login, Story, Visit
from tests.browser.test_reading import select
from timeline.models import Event, Mention, Source


@pytest.mark.parametrize("scripts", [True, False])
def test_events_are_merged_after_a_look_and_put_back(logged_in: Login, story: Story, scripts: bool) -> None:
    watched = logged_in(java_script_enabled=scripts)
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
    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_role("heading", name="Merged by curator")).to_be_visible()
    page.get_by_label("Reason").fill("Two days apart")
    page.get_by_role("button", name="Undo it").click()
    expect(page.locator(".messagelist")).to_contain_text("It is undone.")
    story.arrests.refresh_from_db()
    assert story.arrests.merged_into is None


def test_a_passage_is_split_off(logged_in: Login, story: Story) -> None:
    page = logged_in().open(f"/admin/timeline/event/{story.march.pk}/change/", chart=False)
    page.get_by_role("link", name="Split or move passages").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("table", name="What this makes")).to_contain_text("The new event")
    page.get_by_role("button", name="Split the event").click()
    expect(page.locator(".messagelist")).to_contain_text("1 passage now with")
    assert story.march.mentions.count() == 1
    assert Mention.objects.get(pk=story.passage.pk).event != story.march


def test_selected_words_become_a_passage_that_readers_see(logged_in: Login, story: Story) -> None:
    watched = logged_in()
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


def test_a_cited_place_becomes_a_passage_too_by_keyboard(logged_in: Login, story: Story) -> None:
    page = logged_in().open(f"{story.source.get_absolute_url()}#char=0,10")
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


def test_a_passage_added_to_an_event_chosen_by_its_name(logged_in: Login, story: Story) -> None:
    far = factories.make_event(title="Vote faraway", date="1999", country="KE")
    query = f"source={story.source.pk}&start=0&end=10"
    page = logged_in().open(f"/admin/timeline/mention/add/?{query}", chart=False)
    page.locator(".field-event .select2-selection").click()
    page.locator(".select2-search__field").fill("faraway")
    page.get_by_role("option", name="Vote faraway").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist").first).to_contain_text("was added successfully")
    assert far.mentions.get().quote == story.source.text[:10]
