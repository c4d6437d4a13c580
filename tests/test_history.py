"""What is recorded of a decision, and of a load: the states before and after, by whom and why."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import toy
from tests.factories import make_actor, make_event, make_mention, make_participation, make_source
from timeline import curating, loading, workers
from timeline.documents import Document
from timeline.history import MACHINE, decisions_on, differences, last_decision, later_decisions, recording
from timeline.models import Decision, Event, Review, Version
from timeline.resolving import refresh

pytestmark = pytest.mark.django_db
Action = Decision.Action
VOTE = "[election 2020-08-09 occurred BY Alexander Lukashenko] The vote was held, and many called it rigged."
LATER = "[election 2020-08-10 occurred BY Alexander Lukashenko] The vote was held, and many called it rigged."


@pytest.fixture
def anna() -> User:
    return User.objects.create(username="anna")


@pytest.fixture
def told() -> Event:
    event = make_event()
    make_mention(make_source(), event, words="Thousands marched through Minsk on Sunday", extractor="1")
    return event


def changes(version: Version) -> dict[str, Any]:
    return {name: (before, after) for name, before, after in differences(version)}


class TestOneSave:
    """A form that corrects, gives back and reviews at once makes one decision."""

    def test_all_at_once(self, anna: User, told: Event) -> None:
        curating.correct(told, {"status": "planned"}, by=anna)
        actor = make_actor()
        curating.correct(
            told,
            {"title": "By hand"},
            by=anna,
            reason="A better source",
            unlock=["status"],
            verdict=Review.CONFIRMED,
            parts=[(actor, "target")],
        )
        told.refresh_from_db()
        assert (told.title, told.status, told.review) == ("By hand", "occurred", Review.CONFIRMED)
        assert told.locked_fields == ["participants", "title"]
        latest, _ = decisions_on(told)
        assert (latest.decision.action, latest.decision.reason) == (Action.CORRECTED, "A better source")
        assert changes(latest)["participants"] == ([], [[actor.pk, "target"]])

    @pytest.mark.parametrize(
        ("given", "action"),
        [
            ({"unlock": ["title"]}, Action.UNLOCKED),
            ({"verdict": Review.REJECTED}, Action.REJECTED),
            ({"verdict": Review.CONFIRMED, "unlock": ["title"]}, Action.CONFIRMED),
            ({"values": {"summary": "In my words"}, "verdict": Review.CONFIRMED}, Action.CORRECTED),
        ],
    )
    def test_is_called_by_what_it_did(
        self, given: dict[str, Any], action: Action, anna: User, told: Event
    ) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        curating.correct(told, given.pop("values", {}), by=anna, **given)
        last = last_decision(told)
        assert last
        assert last.action == action
        curating.undo(last, by=anna)
        told.refresh_from_db()
        assert (told.title, told.review, told.summary) == ("By hand", Review.UNREVIEWED, "")
        assert told.locked_fields == ["title"]

    def test_a_field_both_given_back_and_corrected_is_corrected(self, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna, unlock=["title"])
        told.refresh_from_db()
        assert (told.title, told.locked_fields) == ("By hand", ["title"])

    def test_the_bounds_go_with_the_date(self, anna: User, told: Event) -> None:
        event = curating.correct(told, {"date": ""}, by=anna)
        assert (event.earliest, event.latest) == (None, None)
        event = curating.correct(event, {"date": "2021-02"}, by=anna)
        assert (event.earliest, event.latest) == (date(2021, 2, 1), date(2021, 2, 28))
        with pytest.raises(ValidationError):
            curating.correct(event, {"date": "soon"}, by=anna)
        made = curating.add(Event(title="A", kind="protest", date="1994"), by=anna)
        assert made.earliest == date(1994, 1, 1)


class TestRecording:
    def test_nothing_changed_is_no_decision(self, anna: User, told: Event) -> None:
        with recording(Action.CORRECTED, by=anna) as record:
            record.watch(told)
            told.save()
        assert not Decision.objects.exists()

    def test_a_rollback_leaves_none(self, anna: User, told: Event) -> None:
        def fail() -> None:
            with recording(Action.CORRECTED, by=anna) as record:
                record.watch(told)
                Event.objects.update(title="Other")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert not Decision.objects.exists()
        assert Event.objects.get().title == "March in Minsk"

    def test_the_name_outlives_the_account(self, anna: User, told: Event) -> None:
        curating.review([told], Review.CONFIRMED, by=anna)
        anna.delete()
        decision = Decision.objects.get()
        assert (decision.who, decision.by) == ("anna", None)
        assert not decision.is_machine

    def test_who_took_part_and_a_row_that_was_made(self, anna: User) -> None:
        actor = make_actor()
        event = curating.add(
            Event(title="A", kind="protest", date="1994"), by=anna, parts=[(actor, "target")]
        )
        version = decisions_on(event).get()
        assert version.before is None
        assert version.after
        assert version.after["participants"] == [[actor.pk, "target"]]
        assert version.decision.action == Action.ADDED

    def test_a_passage_that_moves_is_in_the_history_of_both_events(self, anna: User, told: Event) -> None:
        """Also where neither event has a field that reads otherwise for it."""
        other = make_event()
        for event in (told, other):
            make_mention(make_source(), event, words="Thousands marched", extractor="1")
        moved = told.mentions.get(quote__contains="Sunday")
        before = Event.objects.order_by("pk").values("title", "date", "status", "country", "counts", "review")
        was = list(before)
        curating.move(moved, other, by=anna, reason="Another march")
        for event in (told, other, moved):
            assert [version.decision.reason for version in decisions_on(event)] == ["Another march"]
        assert list(before) == was

    def test_a_later_decision_on_another_field_is_in_nobodys_way(self, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        first = last_decision(told)
        assert first
        curating.correct(told, {"status": "planned"}, by=anna)
        assert list(later_decisions(first)) == []
        curating.correct(told, {"title": "By hand again"}, by=anna)
        assert [later.action for later in later_decisions(first)] == [Action.CORRECTED]


class TestManyAtOnce:
    """As many questions for many events as for few."""

    def counted(self, decision: Decision | None, by: User) -> int:
        assert decision
        with CaptureQueriesContext(connection) as queries:
            curating.undo(decision, by=by)
        return len(queries)

    def test_the_undo_of_a_verdict(self, anna: User) -> None:
        counts = []
        for size in (3, 30):
            events = [
                make_event(review=Review.REJECTED if number % 2 else "unreviewed") for number in range(size)
            ]
            with CaptureQueriesContext(connection) as queries:
                curating.review(events, Review.CONFIRMED, by=anna)
            counts.append((len(queries), self.counted(last_decision(events[0]), anna)))
            for number, event in enumerate(events):
                event.refresh_from_db()
                assert event.review == (Review.REJECTED if number % 2 else "unreviewed")
        assert counts[0] == counts[1]

    def test_the_undo_of_an_actors_merge(self, anna: User) -> None:
        counts = []
        for size in (3, 30):
            one, other = make_actor(), make_actor()
            events = [make_event(title=f"{size} and {number}") for number in range(size)]
            for event in events:
                said = {"name": other.name, "country": "", "kind": "", "role": "initiator", "span": [0, 1]}
                make_mention(make_source(), event, extractor="1", participants=[said])
                refresh(event)
            curating.merge_actors(one, [other], by=anna)
            counts.append(self.counted(last_decision(other), anna))
            assert {part.actor for event in events for part in event.participations.all()} == {other}
        assert counts[0] == counts[1]

    def test_a_later_decision_is_found_on_the_last_of_many(self, anna: User) -> None:
        events = [make_event() for _ in range(5)]
        curating.review(events, Review.CONFIRMED, by=anna)
        first = last_decision(events[0])
        assert first
        curating.review(events[-1:], Review.REJECTED, by=anna)
        assert [later.action for later in later_decisions(first)] == [Action.REJECTED]
        with pytest.raises(curating.Unsuitable, match="rejected by anna"):
            curating.undo(first, by=anna)


class TestRestore:
    def test_after_and_before_a_version(self, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "First"}, by=anna)
        first = decisions_on(told)[0]
        curating.correct(told, {"title": "Second", "date": "1999"}, by=anna)
        event = curating.restore(told, first, by=anna)
        assert (event.title, event.date) == ("First", "2020-08-09")
        event = curating.restore(told, first, by=anna, before=True)
        assert event.title == "March in Minsk"
        assert event.locked_fields == ["date", "title"]

    def test_not_to_before_it_was(self, anna: User) -> None:
        event = curating.add(Event(title="A", kind="protest", date="1994"), by=anna)
        with pytest.raises(curating.Unsuitable, match="no version of this event"):
            curating.restore(event, decisions_on(event)[0], by=anna, before=True)


class TestTheLoader:
    """What a load makes needs no record; what it changes in rows that were there is the machine's."""

    @pytest.fixture(autouse=True)
    def _toy_extractor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workers.extraction, "extract", toy.extract)
        monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)

    def load(self, *lines: str, path: str = "articles/a.txt") -> None:
        text = "\n".join(["Headline", "", *lines])
        list(loading.load([Document(path, "Headline", date(2021, 9, 28), text)]))

    def test_a_first_load_and_the_same_again_leave_no_record(self) -> None:
        self.load(VOTE)
        self.load(VOTE)
        assert Event.objects.count() == 1
        assert not Decision.objects.exists()

    def test_changed_words_are_recorded_as_the_machines(self) -> None:
        self.load(VOTE)
        self.load(LATER)
        event = Event.objects.get()
        version = decisions_on(event).get()
        assert changes(version)["date"] == ("2020-08-09", "2020-08-10")
        decision = version.decision
        assert (decision.who, decision.by, decision.is_machine) == (MACHINE, None, True)
        assert decision.reason.startswith("articles/a.txt, read by ")

    def test_what_is_locked_is_in_no_record(self, anna: User) -> None:
        self.load(VOTE)
        curating.correct(Event.objects.get(), {"date": "1999"}, by=anna)
        self.load(LATER)
        assert Event.objects.get().date == "1999"
        assert [decision.action for decision in Decision.objects.all()] == [Action.CORRECTED]

    def test_words_that_are_gone_are_in_the_events_history(self) -> None:
        self.load(VOTE)
        self.load("Nothing of it is left.")
        event = Event.objects.get()
        passage = event.mentions.get()
        assert changes(decisions_on(passage).get()) == {"standing": ("current", "gone")}
        assert decisions_on(event).get().decision == decisions_on(passage).get().decision

    def test_an_event_that_is_withdrawn(self) -> None:
        self.load(VOTE)
        pk = Event.objects.get().pk
        self.load(VOTE.partition("] ")[2])
        assert not Event.objects.exists()
        version = Version.objects.get(table=Version.Table.EVENT, row=pk)
        assert version.after is None
        assert version.before
        assert version.before["date"] == "2020-08-09"
        assert version.decision.is_machine

    def test_a_verdict_about_what_was_merged_since_waits_for_the_undo_of_the_merge(
        self, anna: User, told: Event
    ) -> None:
        """The merge left the review as it was, so that it changed nothing which the verdict had."""
        other = make_event(title="The same march")
        curating.review([told], Review.REJECTED, by=anna)
        verdict = last_decision(told)
        curating.merge(other, [told], by=anna)
        merge = last_decision(told)
        assert verdict
        assert merge
        with pytest.raises(curating.Unsuitable, match="was merged into"):
            curating.undo(verdict, by=anna)
        curating.undo(merge, by=anna)
        curating.undo(verdict, by=anna)
        told.refresh_from_db()
        assert told.review == Review.UNREVIEWED

    def test_a_machines_decision_is_corrected_not_undone(self, anna: User) -> None:
        self.load(VOTE)
        self.load(LATER)
        with pytest.raises(curating.Unsuitable, match="can’t be undone"):
            curating.undo(Decision.objects.get(), by=anna)

    def test_an_actor_that_a_merge_renamed_is_in_the_record(self, anna: User) -> None:
        event = make_event()
        one, other = make_actor(name="The Union"), make_actor(name="Union")
        make_participation(event, other)
        curating.merge_actors(one, [other], by=anna)
        assert changes(decisions_on(one)[0])["aliases"] == ([], ["Union"])
        assert changes(decisions_on(other)[0])["merged_into_id"] == (None, one.pk)
