"""A curator and a load, or two curators, at the same rows at the same moment, in PostgreSQL.

In SQLite the second waits before it has looked at anything, see DATABASES.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from threading import Event as Signal
from threading import Thread
from time import monotonic, sleep

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from tests import toy
from tests.factories import make_actor, make_event, make_mention, make_participation, make_source
from timeline import curating, loading, workers
from timeline.documents import Document
from timeline.history import decisions_on
from timeline.models import Decision, Event, Mention

pytestmark = [
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time"),
    pytest.mark.django_db(transaction=True),
]
PROTEST = "[protest 2020-08-09 occurred BY Ada Marsh] Crowds filled the square before the old town hall."
AGAIN = "[protest 2020-08-09 occurred BY Ada Marsh] Thousands were seen there, and many stayed overnight."


@pytest.fixture(autouse=True)
def _toy_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)
    monkeypatch.setattr(workers.extraction, "extract", toy.extract)


def load(path: str, *lines: str) -> None:
    text = "\n\n".join(["What happened", *lines])
    (result,) = loading.load([Document(path, "What happened", date(2020, 8, 10), text)])
    assert result.failure is None


@contextmanager
def meanwhile(act: Callable[[], object], then: Callable[[], object] = bool) -> Iterator[None]:
    """Another's transaction has carried it out; once somebody waits for its rows it goes on, and ends."""
    done = Signal()
    problems: list[Exception] = []

    def other() -> None:
        try:
            with transaction.atomic():
                try:
                    act()
                finally:
                    done.set()
                end = monotonic() + 5
                while not _somebody_waits() and monotonic() < end:
                    sleep(0.02)
                then()
        except Exception as problem:  # noqa: BLE001 (told in the test's own thread)
            problems.append(problem)
        finally:
            connection.close()

    thread = Thread(target=other)
    thread.start()
    assert done.wait(10)
    try:
        yield
    finally:
        thread.join(20)
    assert not problems


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_clear_snapshot()"
        )  # within a transaction it is else always the first look
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


class TestALoad:
    def test_leaves_a_passage_where_a_curator_moves_it(self) -> None:
        curator, to = User.objects.create(username="c"), make_event(kind="election")
        load("a.txt", PROTEST)
        mention = Mention.objects.get()
        with meanwhile(lambda: curating.move(mention, to, by=curator)):
            load("a.txt", "It rained.", PROTEST)
        mention.refresh_from_db()
        assert mention.event == to
        assert mention.placed_by_hand
        assert mention.source.replaced_by is None

    def test_puts_a_passage_with_the_event_that_a_curator_merges_its_own_into(self) -> None:
        curator = User.objects.create(username="c")
        load("a.txt", PROTEST)
        event, target = Event.objects.get(), make_event(date="2020-08")
        make_mention(make_source(), target, extractor="a machine")
        with meanwhile(lambda: curating.merge(target, [event], by=curator)):
            load("b.txt", PROTEST)
        assert {mention.event for mention in Mention.objects.filter(source__path="b.txt")} == {target}

    def test_and_a_merge_wait_for_each_other_in_one_order(self) -> None:
        curator = User.objects.create(username="c")
        load("a.txt", PROTEST, "[election 2020-08 occurred BY -] People went to the polls in the morning.")
        first, second = Event.objects.order_by("pk")
        # Passages stand in another order than their events.
        one, other = Mention.objects.order_by("pk")
        Mention.objects.filter(pk=one.pk).update(event=second)
        Mention.objects.filter(pk=other.pk).update(event=first)
        with meanwhile(lambda: curating.hold([first]), lambda: curating.merge(first, [second], by=curator)):
            load("a.txt", "Nothing.")
        second.refresh_from_db()
        assert second.merged_into == first


class TestCurators:
    def test_a_passage_is_not_corrected_where_it_was_before_a_move(self) -> None:
        curator = User.objects.create(username="c")
        event, to = make_event(), make_event(kind="election")
        make_mention(make_source(), event)
        mention = make_mention(make_source(), event)
        with (
            meanwhile(lambda: curating.move(mention, to, by=curator)),
            pytest.raises(curating.Conflict, match="moved"),
        ):
            curating.correct_mention(mention, {"title": "A march"}, by=curator)
        mention.refresh_from_db()
        assert mention.event == to

    def test_what_is_kept_is_what_the_event_says_when_it_is_held(self) -> None:
        curator = User.objects.create(username="c")
        event = make_event(title="Old", review="confirmed")
        make_mention(make_source(), event, title="Read anew", extractor="a machine")
        with meanwhile(lambda: curating.correct(event, {"title": "New"}, by=curator)):
            curating.keep(Event.objects.get(pk=event.pk), by=curator)
        event.refresh_from_db()
        assert event.title == "New"

    def test_a_merge_of_actors_records_events_as_they_are_when_they_are_held(self) -> None:
        curator = User.objects.create(username="c")
        event, one, other = make_event(), make_actor(), make_actor()
        make_participation(event, other)
        with meanwhile(lambda: curating.correct(Event.objects.get(), {"title": "New"}, by=curator)):
            curating.merge_actors(one, [other], by=curator)
        version = decisions_on(event).first()
        assert version
        assert version.decision.action == Decision.Action.MERGED
        assert version.before
        assert version.before["title"] == "New"

    def test_a_merge_of_actors_and_a_load_do_not_wait_for_each_other(self) -> None:
        """The load holds the event and names the actor; the merge holds the actor and wants the event."""
        curator = User.objects.create(username="c")
        event, one, other = make_event(), make_actor(), make_actor()
        make_participation(event, other)
        with meanwhile(
            lambda: curating.hold([event]), lambda: make_participation(event, other, role="target")
        ):
            curating.merge_actors(one, [other], by=curator)
        other.refresh_from_db()
        assert other.merged_into == one
        assert {part.actor for part in event.participations.all()} == {one}
