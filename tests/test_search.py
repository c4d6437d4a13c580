"""Full-text search: what is looked for, what is found, in which order, and which words are marked."""

import psycopg
import pytest
from django.db import connection

from tests import factories
from timeline import database, search
from timeline.models import Event, Mention
from timeline.templatetags.found import found

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "phrases", "begun"),
    [
        ("minsk march", (("minsk",), ("march",)), True),
        ('"free and fair" vote', (("free", "and", "fair"), ("vote",)), True),
        ("pro-democracy", (("pro", "democracy"),), True),  # joined words stand in a row
        ('vote "fair"', (("vote",), ("fair",)), False),  # in quotes: the whole word
        ("vote in", (("vote",), ("in",)), False),  # too short for a beginning
        ("Élection 2020", (("Election",), ("2020",)), True),
        ('fts5 OR NEAR(a b) "', (("fts5",), ("OR",), ("NEAR", "a"), ("b",)), False),  # words, no syntax
        ("under_score", (("under", "score"),), True),
    ],
)
def test_what_is_looked_for(text: str, phrases: tuple[tuple[str, ...], ...], begun: bool) -> None:
    assert search.parse(text) == search.Query(phrases, begun)


@pytest.mark.parametrize("text", ["", "  ", "+ - *", '""', "_"])
def test_no_word_is_no_search(text: str) -> None:
    assert search.parse(text) is None


def test_at_most_so_many_words_are_looked_for() -> None:
    query = search.parse("a " * 50)
    assert query is not None
    assert len(query.phrases) == search.MAX_WORDS
    assert not query.begun


def ids(text: str) -> list[int]:
    query = search.parse(text)
    assert query is not None
    return search.find(query).tolist()


NAMES = ["Çiçek", "Ángel", "Öz", "İstanbul", "Łódź", "Минск", "Київ", "Майдан", "Ελλάδα"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_language_are_found_in_any_case(name: str) -> None:
    event = factories.make_event(title=f"A march for {name} again")
    for written in (name, name.upper(), name.lower(), search.plain(name)):
        assert ids(f"{written} again") == [event.pk], written


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no locale")
@pytest.mark.parametrize(
    "locale", ["LOCALE 'C'", "LOCALE 'C.UTF-8'", "LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr'"]
)
def test_words_are_the_same_whatever_the_locale_of_the_database(locale: str) -> None:
    told = connection.settings_dict
    server = {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}
    plain = next(one for one in database.statements("postgresql") if "FUNCTION timeline_plain" in one)
    name = f"{told['NAME']}_locale"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as outside:
        outside.execute(f'DROP DATABASE IF EXISTS "{name}"')
        outside.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 {locale}')
        with psycopg.connect(**server, dbname=name) as inside:
            inside.execute(plain)
            found = inside.execute("SELECT timeline_plain(name) FROM unnest(%s::text[]) AS name", [NAMES])
            assert [row[0] for row in found] == [search.plain(one).lower() for one in NAMES]
        outside.execute(f'DROP DATABASE "{name}"')


@pytest.fixture
def event() -> Event:
    event = factories.make_event(title="Élection in Kenya")
    source = factories.make_source("Voters were queueing. Police detained forty.", headline="A long day")
    factories.make_mention(source, event, words="Voters were queueing.")
    return event


@pytest.mark.parametrize(
    "text",
    [
        "kenya",
        "KENYA queue",
        "voter",
        "elections kenya",
        '"long day"',
        "queu",  # only begun
        "day voters kenya",  # title, quote and headline together
    ],
)
def test_found_by_any_form_of_its_words(event: Event, text: str) -> None:
    assert ids(text) == [event.pk]


@pytest.mark.parametrize("text", ["police", "kenya absent", '"day long"', "ken ya"])
def test_not_found(event: Event, text: str) -> None:
    assert ids(text) == []


def test_the_index_follows_every_write(event: Event) -> None:
    event.title = "Ballot in Nairobi"
    event.save()
    assert ids("nairobi") == [event.pk]
    assert ids("kenya") == []
    other = factories.make_event(title="Another")
    Mention.objects.update(event=other)
    assert ids("queueing") == [other.pk]
    Mention.objects.all().delete()
    assert ids("queueing") == []
    other.delete()
    assert ids("another") == []
    Event.objects.bulk_create([Event(kind="protest", title="Bulk of them")])
    assert len(ids("bulk")) == 1


def test_titles_weigh_more_than_headlines(event: Event) -> None:
    source = factories.make_source(headline="Kenya and the day after Kenya")
    named = factories.make_event(title="Kenya")
    told = factories.make_event(title="A vote of no name at all, somewhere")
    factories.make_mention(source, told, words="Thousands")
    assert ids("kenya")[0] == named.pk
    assert ids("kenya")[-1] == told.pk


def test_the_words_found_are_marked_as_they_stand(event: Event) -> None:
    query = search.parse("voter queue")
    assert query is not None
    words = search.forms(query, [event.title, "Voters were queueing.", "No such word"])
    assert words == {"voters", "queueing"}
    assert search.forms(query, ["Élus"]) == frozenset()
    assert found("Voters <b> & queueing", frozenset({"voters"})) == (
        '<mark class="found">Voters</mark> &lt;b&gt; &amp; queueing'
    )
    assert search.forms(query, []) == frozenset()


def test_what_is_too_common_is_found_all_the_same(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    query = search.parse("election")
    assert query
    ranked = search.find(query).tolist()
    assert event.pk in ranked
    monkeypatch.setattr(search, "MOST_RANKED", 0)
    assert sorted(search.find(query).tolist()) == sorted(ranked)
