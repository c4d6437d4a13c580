"""Pages and paragraphs: kept with a source, moved with its text, and told wherever a passage is cited."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests import toy
from tests.factories import make_event, make_mention, make_source
from timeline import loading, places, workers
from timeline.documents import Document, Place
from timeline.exports import evidence
from timeline.models import Event, Source

PAGES = [{"start": 0, "page": 1}, {"start": 20, "page": 2}, {"start": 40, "page": 4}]
MARCH = "[protest 2020-08-09 occurred BY] Thousands marched."
TEXT = f"Minsk marches\n\nA first page.\n\n{MARCH}"
DOCUMENT = Document(
    "a.pdf", "Minsk marches", date(2020, 8, 10), TEXT, places=(Place(0, "page", 1), Place(30, "page", 2))
)


class Paged:
    def __init__(self, places: list[dict[str, int]]) -> None:
        self.places = places


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (0, 10, "page 1"),
        (19, 20, "page 1"),  # the end is not in it
        (19, 21, "pages 1–2"),
        (20, 30, "page 2"),
        (39, 999, "pages 2–4"),
        (500, 500, "page 4"),
    ],
)
def test_places_in_words(start: int, end: int, words: str) -> None:
    assert places.in_words(Paged(PAGES), start, end) == words


def test_words_before_the_first_place_and_without_any_have_none() -> None:
    paged = Paged([{"start": 20, "paragraph": 1}])
    assert places.in_words(paged, 0, 10) == ""
    assert places.place_of(paged, 25) == {"paragraph": 1}
    assert places.in_words(Paged([]), 0, 10) == ""


def test_places_move_with_a_longer_headline() -> None:
    assert places.stored(places.read(PAGES)) == PAGES
    assert [place.start for place in places.read(PAGES, 5)] == [0, 25, 45]


@pytest.fixture
def _toy_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.extraction, "extract", toy.extract)
    monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)


def load(document: Document) -> str:
    (result,) = loading.load([document])
    return str(result.outcome)


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_extractor")
def test_loading_keeps_places_and_renews_them(django_assert_num_queries: Any) -> None:
    assert load(DOCUMENT) == "new"
    source = Source.objects.get()
    assert source.places == [{"start": 0, "page": 1}, {"start": 30, "page": 2}]
    with django_assert_num_queries(1):
        assert load(DOCUMENT) == "unchanged"
    # The same words on other pages: the source and its passages stay what they were.
    assert load(replace(DOCUMENT, places=(Place(0, "page", 7),))) == "changed"
    source.refresh_from_db()
    assert source.places == [{"start": 0, "page": 7}]
    assert Source.objects.count() == Event.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_extractor")
def test_the_same_text_from_a_file_without_pages_is_no_second_witness() -> None:
    load(DOCUMENT)
    assert load(replace(DOCUMENT, path="a.txt", places=())) == "unchanged"
    assert Source.objects.count() == 1


@pytest.mark.django_db
def test_pages_and_data_tell_the_place(client: Client) -> None:
    source = make_source("x" * 100, headline="h", places=[{"start": 0, "page": 1}, {"start": 50, "page": 2}])
    event = make_event()
    mention = make_mention(source, event, 40, 60)
    page = client.get(source.get_absolute_url()).content.decode()
    assert 'data-places="0 page 1,50 page 2"' in page
    assert 'data-place="pages 1–2"' in page
    assert '<span class="quiet">pages 1–2</span>' in page
    page = client.get(event.get_absolute_url()).content.decode()
    assert "Pages 1–2." in page
    assert "#char=40,60</a> (pages 1–2)" in page
    assert "Pages 1–2" in client.get("/", {"event": event.pk}).content.decode()
    (told,) = evidence.events([event.pk])
    assert [(each["id"], each["place"]) for each in told["passages"]] == [(mention.pk, {"page": 1})]


@pytest.mark.django_db
def test_most_sources_have_no_places_and_no_word_of_it(client: Client) -> None:
    event = make_event()
    mention = make_mention(make_source(), event)
    for address in (event.get_absolute_url(), mention.source.get_absolute_url()):
        assert "data-place" not in client.get(address).content.decode()
    (told,) = evidence.events([event.pk])
    assert [each["place"] for each in told["passages"]] == [None]
