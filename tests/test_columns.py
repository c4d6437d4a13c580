"""The columns are what the database holds, after any writes; masks choose what querysets do."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from tests import factories
from timeline import columns
from timeline.columns import Columns, changes, reading, sharing
from timeline.columns.sharing import Kept
from timeline.filters import Selection
from timeline.models import Actor, Change, Event, Kind, Mention, Participation, Source

pytestmark = pytest.mark.django_db

ARRAYS = ("first", "last", "kind", "status", "review", "country", "disputed")


def same(one: Columns, other: Columns) -> None:
    """Both hold the same events, in time and by what they have to do with."""
    assert one.pk[one.public].tolist() == other.pk[other.public].tolist()
    for name in ARRAYS:
        assert getattr(one, name)[one.public].tolist() == getattr(other, name)[other.public].tolist(), name
    assert one.pk[one.order].tolist() == other.pk[other.order].tolist()
    for name in ("actor", "source"):
        pairs = [
            {(int(known.pk[row]), int(key)) for row, key in zip(*known.pairs(name), strict=True)}
            for known in (one, other)
        ]
        assert pairs[0] == pairs[1], name


def test_dates_are_ordinals_and_open_sides_nothing() -> None:
    for written in ("2020-08-09", "0001", "9999-12-31", "../2022-02", "1994/..", ""):
        factories.make_event(date=written)
    known = columns.current()
    days = list(zip(known.first.tolist(), known.last.tolist(), strict=True))
    assert days == [
        (date(2020, 8, 9).toordinal(),) * 2,
        (1, 365),
        (date.max.toordinal(),) * 2,
        (0, date(2022, 2, 28).toordinal()),
        (date(1994, 1, 1).toordinal(), 0),
        (0, 0),
    ]


def test_the_order_is_that_of_the_database() -> None:
    factories.make_timeline(90)
    known = columns.current()
    assert known.pk[known.order].tolist() == [event.pk for event in Event.objects.public().chronological()]


def edit(event: Event) -> None:
    event.date, event.kind = "1990/1994", Kind.ELECTION
    event.save()


def several(event: Event) -> None:
    Event.objects.filter(pk__gte=event.pk).update(country="KE", disputed=True)


def part(event: Event) -> None:
    factories.make_participation(event, factories.make_actor())
    Participation.objects.filter(event__gt=event.pk).delete()


def retell(event: Event) -> None:
    Mention.objects.filter(event__gt=event.pk).update(event=event, start=1)


def empty(event: Event) -> None:
    Event.objects.all().delete()
    factories.make_timeline(3)


WRITES: list[Callable[[Event], object]] = [
    edit,
    several,
    part,
    retell,
    empty,
    lambda event: Event.objects.filter(pk=event.pk).update(review="rejected"),
    lambda event: Event.objects.filter(pk__gt=event.pk + 2).update(review="confirmed"),
    lambda _: Event.objects.filter(review="confirmed").update(review="unreviewed"),
    lambda event: event.delete(),
    lambda _: factories.make_timeline(5),
    lambda _: factories.make_event(date="0001"),
    lambda event: Event.objects.filter(pk=event.pk).update(summary="Only read on its page."),
    lambda _: Source.objects.update(publisher="Another"),
    lambda _: None,
]


@pytest.mark.parametrize("public", ["all", "confirmed"])
@given(writes=st.lists(st.sampled_from(WRITES), max_size=5))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_writes_the_columns_are_in_step(
    writes: list[Callable[[Event], object]], public: str, settings: Settings
) -> None:
    settings.PUBLIC = public
    Event.objects.all().delete()
    factories.make_timeline(12)
    before = columns.read()
    for write in writes:
        event = Event.objects.order_by("pk").first()
        if event:
            write(event)
        before = columns.patched(before)
        same(before, columns.read())
    shown = [event.pk for event in Event.objects.public().chronological()]
    assert before.pk[before.order].tolist() == shown


def test_a_write_that_is_taken_back_is_no_write() -> None:
    factories.make_timeline(3)
    known = columns.read()
    Change.objects.all().delete()  # as after a rollback, or in another database
    factories.make_event()
    same(columns.patched(known), columns.read())


def test_a_long_log_of_few_events_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MOST_PATCHED", 2)
    events = factories.make_timeline(4)
    known = columns.read()
    for number in range(50):
        Source.objects.update(publisher=f"Publisher {number}")
    Event.objects.filter(pk=events[2].pk).update(status="cancelled")
    same(columns.patched(known), columns.read())


@pytest.mark.parametrize("left", [0, 1, 3, 1000])
def test_of_a_log_that_was_shortened_no_write_is_missed(left: int) -> None:
    events = factories.make_timeline(6)
    known = columns.read()
    for event in events:
        Event.objects.filter(pk=event.pk).update(status="cancelled")
    columns.shorten(left)
    same(columns.patched(known), columns.read())
    Event.objects.filter(pk=events[0].pk).update(status="planned")
    same(columns.patched(known), columns.read())


@pytest.mark.django_db(transaction=True)
def test_a_log_is_shortened_to_what_may_be_needed() -> None:
    events = factories.make_timeline(6)
    for event in events:
        Event.objects.filter(pk=event.pk).update(status="cancelled")
    columns.shorten(3)
    assert Change.objects.count() <= 4
    assert Change.objects.latest("pk").event_id == events[-1].pk


def test_snapshots_are_what_was_saved_and_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    settings.CACHE_FOLDER = str(tmp_path)
    factories.make_timeline(7)
    known = columns.read()
    columns.save(known)
    kept = columns.saved()
    assert kept is not None
    assert (kept.revision, kept.position) == (known.revision, known.position)
    same(kept, known)
    with pytest.raises(ValueError, match="read-only"):
        kept.first[0] = 1
    (path,) = tmp_path.glob("*.columns")
    path.write_bytes(path.read_bytes()[:900])
    assert columns.saved() is None


def test_nothing_written_costs_one_query() -> None:
    factories.make_timeline(3)
    columns.current()
    with CaptureQueriesContext(connection) as queries:
        columns.current()
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_a_write_costs_the_same_whatever_the_size() -> None:
    counts = []
    for size in (10, 500):
        factories.make_timeline(size)
        known = columns.read()
        Event.objects.filter(pk=known.pk[3]).update(status="planned")
        with CaptureQueriesContext(connection) as queries:
            columns.patched(known)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7


CHOICES = {
    "kind": ["protest", "election", ""],
    "status": ["occurred", "planned", "cancelled"],
    "country": ["BY", "TR", "ZW"],
    "disputed": ["true", "false"],
    "review": ["confirmed", "unreviewed"],
    "from": ["2019", "2020-05", "0001"],
    "to": ["2020", "2021-12-31", "9999"],
    "text": ["event", "number 7", "minsk thous", '"marched through"', "absent", "+"],
}


@pytest.mark.parametrize("public", ["all", "confirmed"])
@given(
    chosen=st.fixed_dictionaries(
        {name: st.lists(st.sampled_from(values), max_size=2) for name, values in CHOICES.items()}
    ),
    actor=st.booleans(),
    source=st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_masks_choose_what_querysets_do(
    chosen: dict[str, list[str]], actor: bool, source: bool, public: str, settings: Settings
) -> None:
    settings.PUBLIC = public
    if not Event.objects.exists():
        factories.make_timeline(60)
    query = QueryDict(mutable=True)
    for name, values in chosen.items():
        for value in values:
            query.appendlist(name, value)
    if actor:
        query["actor"] = str(Actor.objects.order_by("pk")[1].pk)
    if source:
        query["source"] = str(Source.objects.order_by("pk")[4].pk)
    selection = Selection(query)
    by_row = [event.pk for event in selection.events]
    assert selection.columns.pk[selection.rows].tolist() == by_row
    assert sorted(selection.listed.tolist()) == sorted(by_row)
    query["order"] = "-date"
    newest = Selection(query)
    assert newest.listed.tolist() == [e.pk for e in newest.events.chronological(newest_first=True)]


def test_rows_of_ids_that_are_not_there_are_left_out() -> None:
    factories.make_timeline(4)
    known = columns.current()
    last = int(known.pk[-1])
    assert known.rows_of([last + 5, int(known.pk[0]), 0]).tolist() == [0]
    assert known.rows_of(np.array([last])).tolist() == [3]


def test_a_large_timeline_may_be_behind_for_readers_but_not_for_curators(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(sharing, "LARGE", -1)
    monkeypatch.setattr(sharing, "RESTS", 3600)
    monkeypatch.setattr(sharing, "kept", Kept())
    client.get("/")
    event = factories.make_event()
    assert str(event) not in client.get("/").content.decode()
    client.force_login(User.objects.create_superuser("curator"))
    assert str(event) in client.get("/").content.decode()


class TestProcessesOfOneMachine:
    """Each has columns of its own, here as in a process; they share what the first of them writes."""

    @pytest.fixture(autouse=True)
    def _large(self, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
        monkeypatch.setattr(sharing, "LARGE", 2)
        monkeypatch.setattr(sharing, "RESTS", 60)
        settings.CACHE_FOLDER = str(tmp_path)
        self.folder = tmp_path
        factories.make_timeline(5)

    @property
    def snapshot(self) -> Path:
        (path,) = self.folder.glob("*.columns")
        return path

    def later(self, *processes: Kept) -> None:
        """All have rested, and so has what is written."""
        for process in processes:
            process.rest_until = 0
        os.utime(self.snapshot, (0, self.snapshot.stat().st_mtime - 61))

    def test_one_follows_and_the_others_map_what_it_wrote(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one, other = Kept(), Kept()
        one.current(), other.current()
        self.later(one, other)
        event = factories.make_event()
        assert event.pk in one.current().pk
        monkeypatch.setattr(sharing, "patched", None)
        known = other.current()
        same(known, columns.read())
        with pytest.raises(ValueError, match="read-only"):
            known.first[0] = 1

    def test_what_is_older_than_they_rest_is_not_taken_for_new(self) -> None:
        one, other = Kept(), Kept()
        one.current()
        event = factories.make_event()
        assert event.pk not in other.current().pk
        self.later(one, other)
        assert event.pk in other.current().pk

    def test_nor_is_what_was_written_before_the_clock_was_set_back(self) -> None:
        one, other = Kept(), Kept()
        one.current()
        event = factories.make_event()
        os.utime(self.snapshot, (0, self.snapshot.stat().st_mtime + 7200))
        assert event.pk in other.current().pk

    def test_who_is_in_a_hurry_leaves_nothing_behind_for_the_others_to_fall_back_to(self) -> None:
        one = Kept()
        one.current()
        event = factories.make_event()
        one.hurried = True
        assert event.pk in one.current().pk
        factories.make_event()
        one.rest_until = 0
        assert event.pk in one.current().pk, "what is written is young, but older than what is known"

    def test_what_cannot_be_read_is_written_anew(self) -> None:
        one = Kept()
        one.current()
        event = factories.make_event()
        self.snapshot.write_bytes(b"garbage")
        one.rest_until = 0
        assert event.pk in one.current().pk
        assert columns.saved() is not None

    @pytest.mark.parametrize("large", [True, False])
    def test_while_one_follows_others_wait_only_where_they_must(
        self, monkeypatch: pytest.MonkeyPatch, *, large: bool
    ) -> None:
        monkeypatch.setattr(sharing, "LARGE", 2 if large else 1000)
        kept = Kept()
        before, after = kept.current(), columns.read()
        kept.rest_until = monotonic()
        monkeypatch.setattr(kept, "_followed", lambda: after)

        def ask() -> Columns:
            try:
                return kept.current()
            finally:
                connection.close()  # that of the thread

        with ThreadPoolExecutor(1) as pool:
            with kept.lock:
                asked = pool.submit(ask)
                wait([asked], timeout=0.5)
                assert asked.done() == large
            assert asked.result(timeout=5) is (before if large else after)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_log_that_came_from_another_server_is_no_work_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_timeline(3)
    Change.objects.update(transaction=2**60)  # so many transactions that server had seen
    known = columns.read()
    assert columns.patched(known) is known
    factories.make_event(title="The first")
    known = columns.patched(known)
    monkeypatch.setattr(reading, "read", None)
    factories.make_event(title="The second")
    assert len(columns.patched(known)) == 5
