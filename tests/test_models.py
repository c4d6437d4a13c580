"""What the rows promise: bounds that follow dates, windows, order, locks, and constraints that hold."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests import factories
from timeline.models import Actor, Event, Mention, Participation, Source

pytestmark = pytest.mark.django_db


def test_a_bulk_timeline_is_as_valid_as_one_made_row_by_row() -> None:
    factories.make_timeline(20)
    for event in Event.objects.all():
        event.full_clean(exclude=["country"])
    for mention in Mention.objects.select_related("source"):
        mention.clean()
        assert mention.source.sha256 == hashlib.sha256(mention.source.text.encode()).hexdigest()


# Events


@pytest.mark.parametrize(
    ("written", "earliest", "latest", "sort_date"),
    [
        ("2020-08-09", date(2020, 8, 9), date(2020, 8, 9), date(2020, 8, 9)),
        ("2020-08", date(2020, 8, 1), date(2020, 8, 31), date(2020, 8, 1)),
        ("../2022-02", None, date(2022, 2, 28), date(2022, 2, 28)),
        ("2020-08/..", date(2020, 8, 1), None, date(2020, 8, 1)),
        ("", None, None, None),
    ],
)
def test_bounds_follow_the_date(
    written: str, earliest: date | None, latest: date | None, sort_date: date | None
) -> None:
    event = factories.make_event(date="1999")
    event.date = written
    event.save()
    event.refresh_from_db()
    assert (event.earliest, event.latest, event.sort_date) == (earliest, latest, sort_date)


@pytest.mark.parametrize("written", ["soon", "10000", "2021/2020", "2020-02-30", "../.."])
def test_a_date_that_is_none_is_refused_by_name(written: str) -> None:
    with pytest.raises(ValidationError, match="date"):
        Event(kind="protest", title="March", date=written).full_clean()


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, {"day", "year", "by", "since", "never dated"}),
        (date(2020, 8, 9), date(2020, 8, 9), {"day", "year", "by", "since"}),
        (date(2020, 8, 10), None, {"year", "by", "since"}),
        (None, date(2020, 8, 8), {"year", "by", "since"}),
        (date(2023, 1, 1), None, {"since"}),
        (None, date(2019, 12, 31), {"by"}),
        (date(9999, 12, 31), date(9999, 12, 31), {"since"}),
    ],
)
def test_a_window_holds_what_can_have_happened_in_it(
    first: date | None, last: date | None, expected: set[str]
) -> None:
    for title, written in {
        "day": "2020-08-09",
        "year": "2020",
        "by": "../2022",
        "since": "2020-01/..",
        "never dated": "",
    }.items():
        factories.make_event(title=title, date=written)
    assert {event.title for event in Event.objects.in_window(first, last)} == expected


def test_the_public_sees_all_but_the_rejected() -> None:
    for review in ("unreviewed", "confirmed", "rejected"):
        factories.make_event(review=review)
    assert {event.review for event in Event.objects.public()} == {"unreviewed", "confirmed"}


def test_before_and_after_are_the_neighbours_in_time() -> None:
    events = [factories.make_event(date=day) for day in ("", "2020", "2019-05", "2020", "../2018", "")]
    order = list(Event.objects.chronological())
    assert [events.index(event) for event in order] == [4, 2, 1, 3, 0, 5]
    for place, event in enumerate(order):
        assert Event.objects.before(event) == (order[place - 1] if place else None)
        assert Event.objects.after(event) == (order[place + 1] if place + 1 < len(order) else None)


def test_evidence_comes_in_as_many_queries_for_many_events(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    factories.make_timeline(30)
    with django_assert_num_queries(3):
        for event in Event.objects.with_evidence():
            assert [mention.source.headline for mention in event.mentions.all()]
            assert [part.actor.name for part in event.participations.all()]


def test_a_lock_takes_only_fields_that_reloads_write() -> None:
    event = factories.make_event()
    event.lock(["date", "summary", "kind"])
    event.lock(["date"])
    assert event.locked_fields == ["date", "kind"]
    event.locked_fields.append("summary")
    with pytest.raises(ValidationError, match="can't be locked: summary"):
        event.clean()


@pytest.mark.parametrize(
    ("fields", "curated"),
    [
        ({}, False),
        ({"review": "confirmed"}, True),
        ({"review": "rejected"}, True),
        ({"locked_fields": ["date"]}, True),
        ({"summary": "In short."}, True),
    ],
)
def test_what_counts_as_curated(fields: dict[str, Any], curated: bool) -> None:
    assert factories.make_event(**fields).is_curated is curated


def test_evidence_is_gone_when_no_passage_stands() -> None:
    event, source = factories.make_event(), factories.make_source()
    assert not event.evidence_is_gone  # none is not the same as gone
    factories.make_mention(source, event, words="Thousands", standing="gone")
    assert event.evidence_is_gone
    factories.make_mention(source, event, words="Police")
    assert not event.evidence_is_gone


def test_rows_name_themselves() -> None:
    event, source = factories.make_event(), factories.make_source(headline="News")
    state = factories.make_actor(name="Police", country="BY")
    mention = factories.make_mention(source, event)
    assert str(event) == "March in Minsk, 9 August 2020"
    assert str(source) == "News (2020-08-10)"
    assert str(state) == "Police (Belarus)"
    assert str(factories.make_participation(event, state, "target")) == "Police (Belarus) (target)"
    assert str(mention) == f"{mention.quote[:79]}…"
    assert mention.get_absolute_url() == f"/sources/{source.pk}/#m{mention.pk}"


# Constraints


@pytest.mark.parametrize(
    ("constraint", "make"),
    [
        ("event_kind_known", lambda: factories.make_event(kind="party")),
        ("event_status_known", lambda: factories.make_event(status="maybe")),
        ("event_review_known", lambda: factories.make_event(review="perhaps")),
        ("event_has_title", lambda: factories.make_event(title="")),
        (
            "event_bounds_come_from_date",
            lambda: Event.objects.bulk_create([Event(kind="protest", title="March", date="2020")]),
        ),
        (
            "event_begins_before_it_ends",
            lambda: Event.objects.bulk_create(
                [
                    Event(
                        kind="protest",
                        title="March",
                        date="2020",
                        earliest=date(2021, 1, 1),
                        latest=date(2020, 1, 1),
                    )
                ]
            ),
        ),
        ("source_has_text", lambda: factories.make_source(text="")),
        ("source_has_headline", lambda: factories.make_source(headline="")),
        ("actor_has_name", lambda: factories.make_actor(name="")),
        ("mention_has_words", lambda: mention(start=5, end=5)),
        ("mention_kind_known", lambda: mention(kind="party")),
        ("mention_status_known", lambda: mention(status="maybe")),
        ("participation_role_known", lambda: participation("spectator")),
    ],
)
def test_the_database_refuses(constraint: str, make: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


def mention(**fields: Any) -> Mention:
    return factories.make_mention(factories.make_source(), factories.make_event(), **fields)


def participation(role: str) -> Participation:
    return factories.make_participation(factories.make_event(), factories.make_actor(), role)


def test_one_path_has_one_current_source() -> None:
    current = factories.make_source(path="same.txt")
    factories.make_source(path="same.txt", replaced_by=current)
    assert list(Source.objects.current()) == [current]
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_source(path="same.txt")


def test_the_same_is_not_stored_twice() -> None:
    made = mention()
    factories.make_actor(name="Police", country="BY")
    part = participation("target")
    for again in (
        lambda: factories.make_mention(made.source, made.event),
        lambda: factories.make_actor(name="Police", country="BY"),
        lambda: factories.make_participation(part.event, part.actor, "target"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            again()
    factories.make_actor(name="Police", country="TR")  # other police


def test_a_quote_must_be_the_words_at_its_place() -> None:
    made = mention()
    made.quote = "Other words"
    with pytest.raises(ValidationError, match="not the words at that place"):
        made.clean()


@pytest.mark.parametrize("aliases", ["Lukashenka", {"name": "x"}, [1], None])
def test_aliases_are_a_list_of_names(aliases: Any) -> None:
    with pytest.raises(ValidationError, match="JSON list"):
        Actor(name="Somebody", aliases=aliases).clean()


class Quotes(TestCase):
    """`source.text[start:end] == quote` survives the database, whatever the text."""

    @given(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=60),
        st.data(),
    )
    def test_offsets_are_code_points(self, body: str, data: st.DataObject) -> None:
        source = factories.make_source(body=body, headline="News")
        start = data.draw(st.integers(0, len(source.text) - 1))
        end = data.draw(st.integers(start + 1, len(source.text)))
        pk = factories.make_mention(source, factories.make_event(), start, end).pk
        stored = Mention.objects.select_related("source").get(pk=pk)
        assert stored.source.text[stored.start : stored.end] == stored.quote
        assert stored.source.text[: stored.start].endswith(stored.prefix)
        assert stored.source.text[stored.end :].startswith(stored.suffix)
