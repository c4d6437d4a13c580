"""The review queue: its order, what is passed over, what is in another's hands, what is likely the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import (
    make_actor,
    make_event,
    make_mention,
    make_participation,
    make_source,
    make_timeline,
)
from timeline import curating, reviewing
from timeline.excerpts import excerpts, marks
from timeline.merging import alike
from timeline.models import Decision, Event, Review
from timeline.reviewing import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    return User.objects.create(username="curator", is_staff=True)


@pytest.fixture
def other() -> User:
    return User.objects.create(username="other", is_staff=True)


def queue(query: str = "") -> Queue:
    return Queue(QueryDict(query))


def certain(points: int, **fields: Any) -> Event:
    return make_event(certainty=points, **fields)


class TestOrder:
    def test_the_least_certain_first_then_the_oldest_row(self, curator: User) -> None:
        sure, unsure, as_unsure = certain(90), certain(20), certain(20)
        certain(0, review=Review.CONFIRMED)
        assert list(queue().events) == [unsure, as_unsure, sure]
        assert queue().next(curator) == unsure.pk

    def test_what_is_passed_over_stays_in_the_queue(self, curator: User) -> None:
        first, second = certain(10), certain(20)
        assert queue().next(curator, passed=[first.pk]) == second.pk
        assert queue().next(curator, passed=[first.pk, second.pk]) is None
        assert queue().next(curator) == first.pk

    def test_after_an_event_whether_it_is_reviewed_or_not(self, curator: User) -> None:
        first, second, third = certain(10), certain(10), certain(50)
        assert queue().next(curator, after=first) == second.pk
        second.review = Review.CONFIRMED
        second.save()
        assert queue().next(curator, after=second) == third.pk
        assert queue().next(curator, after=third) is None

    @pytest.mark.parametrize(
        ("query", "chosen"),
        [
            ("kind=election", ["vote"]),
            ("country=TR", ["vote"]),
            ("status=planned", ["plan"]),
            ("text=strike", ["strike"]),
            ("from=2022", ["plan"]),
            ("review=confirmed", ["vote", "plan", "strike"]),  # whatever else: what is unreviewed
            ("page=7&order=-date", ["vote", "plan", "strike"]),
        ],
    )
    def test_filters(self, curator: User, query: str, chosen: list[str]) -> None:
        events = {
            "vote": certain(1, kind="election", country="TR", title="Vote"),
            "plan": certain(2, status="planned", date="2022-03", title="Plan"),
            "strike": certain(3, title="Strike of the miners"),
        }
        certain(0, kind="election", country="TR", review=Review.CONFIRMED)
        wanted = queue(query)
        assert [event.title.split()[0].lower() for event in wanted.events] == chosen
        assert wanted.next(curator) == events[chosen[0]].pk
        assert wanted.progress().left == len(chosen)

    def test_of_a_source(self, curator: User) -> None:
        certain(1)
        told = certain(2)
        source = make_source()
        make_mention(source, told)
        assert queue(f"source={source.pk}").next(curator) == told.pk

    def test_a_filter_in_error_is_told_and_chooses_nothing(self, curator: User) -> None:
        event = certain(5)
        wrong = queue("kind=picnic")
        assert [problem.name for problem in wrong.problems] == ["kind"]
        assert wrong.next(curator) == event.pk
        assert wrong.progress().left == 1

    def test_many_chosen_are_met_in_their_order(self, curator: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reviewing, "FEW", 1)
        certain(1, country="TR")
        first = certain(2)
        certain(3)
        assert queue("country=BY").next(curator) == first.pk

    def test_progress(self) -> None:
        certain(1)
        certain(2, review=Review.CONFIRMED)
        certain(3, review=Review.REJECTED)
        progress = queue().progress()
        assert (progress.left, progress.reviewed, progress.of) == (1, 2, 3)

    def test_the_next_costs_the_same_at_any_number(self, curator: User) -> None:
        def asked(size: int) -> int:
            make_timeline(size)
            queue().progress()
            with CaptureQueriesContext(
                connection,
            ) as asked:
                queue("kind=protest").next(curator)
                queue().progress()
            return len(asked)

        assert asked(3) == asked(60)


class TestHands:
    def test_an_event_is_given_to_one(self, curator: User, other: User) -> None:
        first, second = certain(1), certain(2)
        reviewing.look(curator, first)
        assert queue().next(other) == second.pk
        assert queue().next(curator) == first.pk

    def test_rather_the_same_than_none(self, curator: User, other: User) -> None:
        only = certain(1)
        reviewing.look(curator, only)
        assert queue().next(other) == only.pk

    def test_who_and_since_when(self, curator: User, other: User) -> None:
        event = certain(1)
        reviewing.look(curator, event)
        assert reviewing.looked_at([event.pk], but=other) == {event.pk: reviewing.Look("curator", 0)}
        assert reviewing.looked_at([event.pk], but=curator) == {}
        reviewing.look_away(other, event)
        assert reviewing.looked_at([event.pk], but=other)
        reviewing.look_away(curator, event)
        assert reviewing.looked_at([event.pk], but=other) == {}


class TestDecisions:
    def test_what_an_undo_would_take_back(self, curator: User, other: User) -> None:
        event = certain(1)
        assert reviewing.last_of(curator) is None
        curating.review([event], Review.CONFIRMED, by=curator)
        curating.review([certain(2)], Review.REJECTED, by=other)
        last = reviewing.last_of(curator)
        assert last
        assert last.event == event
        curating.undo(last.decision, by=curator)
        assert reviewing.last_of(curator) is None

    def test_of_a_merge_it_is_the_event_that_stayed(self, curator: User) -> None:
        gone, stays = certain(1), certain(2)
        curating.merge(stays, [gone], by=curator)
        last = reviewing.last_of(curator)
        assert last
        assert last.event == stays

    def test_how_many_since(self, curator: User) -> None:
        now = timezone.now()
        curating.review([certain(1)], Review.CONFIRMED, by=curator)
        curating.review([certain(1)], Review.REJECTED, by=curator)
        curating.undo(Decision.objects.latest("pk"), by=curator)
        assert reviewing.decided_since(curator, now) == 1
        assert reviewing.decided_since(curator, now + timedelta(days=1)) == 0


class TestAlike:
    """Pairs that a curator should be shown, and pairs that are not worth the look."""

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"date": "2020-08"},
            {"country": ""},  # a date alone is enough where nothing speaks against the place
            {"date": "2020-08-11", "title": "Marching in Minsk"},  # two days apart, titles alike
            {"review": Review.CONFIRMED},
        ],
    )
    def test_is_shown(self, fields: dict[str, Any]) -> None:
        event = make_event(title="Marching in Minsk again")
        like = make_event(**{"title": "Rally"} | fields)
        assert [one.event for one in alike(event)] == [like]

    @pytest.mark.parametrize(
        "fields",
        [
            {"kind": "election"},
            {"country": "TR"},
            {"date": "2020-09-20"},
            {"date": "2020-08-11"},  # only the days are near
            {"review": Review.REJECTED},
            {"date": ""},
        ],
    )
    def test_is_not_shown(self, fields: dict[str, Any]) -> None:
        event = make_event()
        make_event(**{"title": "Rally"} | fields)
        assert alike(event) == []

    def test_another_office_is_another_vote(self) -> None:
        event = make_event(kind="election", title="Presidential election")
        make_event(kind="election", title="Local election")
        assert alike(event) == []

    def test_one_source_may_tell_twice_of_it_and_without_a_date(self) -> None:
        source = make_source()
        event, like = make_event(date=""), make_event(date="", title="Rally")
        make_mention(source, event, words="Thousands marched")
        make_mention(source, like, words="Police detained")
        assert [one.event for one in alike(event)] == []
        make_participation(event, actor := make_actor())
        make_participation(like, actor)
        assert [one.event for one in alike(event)] == [like]
        assert "told by the same source" in alike(event)[0].reason

    def test_merged_events_are_no_duplicates(self) -> None:
        curator = User.objects.create(username="c")
        event, one, other = make_event(), make_event(), make_event()
        curating.merge(one, [other], by=curator)
        assert [like.event for like in alike(event)] == [one]

    def test_the_likeliest_five_and_why(self) -> None:
        event = make_event(title="March", counts=[{"what": "attended", "minimum": 400, "maximum": 400}])
        for _ in range(6):
            make_event(title="Rally", date="2020-08")
        best = make_event(title="Rally", counts=[{"what": "attended", "minimum": 400, "maximum": 400}])
        found = alike(event)
        assert len(found) == 5
        assert found[0].event == best
        assert found[0].reason == "same date, same country, same number of people"

    def test_as_many_queries_at_any_number(self) -> None:
        event = make_event()

        def asked(size: int) -> int:
            for _ in range(size):
                make_mention(make_source(), make_event())
            with CaptureQueriesContext(connection) as asked:
                reviewing.duplicates(event)
            return len(asked)

        assert asked(6) == asked(40)

    def test_passages_of_each(self) -> None:
        event, like = make_event(), make_event()
        for _ in range(4):
            make_mention(make_source(), like)
        (found,) = reviewing.duplicates(event)
        assert len(found.mentions) == 3
        assert found.told == 4

    def test_without_passages_that_were_taken_back(self) -> None:
        event, like = make_event(), make_event()
        make_mention(make_source(), like, extractor="a machine")
        make_mention(make_source(), like, standing="withdrawn")
        (found,) = reviewing.duplicates(event)
        assert (len(found.mentions), found.told) == (1, 1)


class TestExcerpts:
    def test_the_paragraph_with_the_words_of_each_field(self) -> None:
        source = make_source(body="Before.\n\nA quiet start. They marched on Sunday. It rained.\n\nAfter.")
        start = source.text.index("marched")
        mention = make_mention(
            source,
            make_event(),
            words="They marched on Sunday.",
            spans={"kind": [start, start + 7], "date": [start + 8, start + 17], "status": [start, start + 7]},
        )
        (excerpt,) = excerpts(mention)
        assert "".join(stretch.text for stretch in excerpt.stretches) == (
            "A quiet start. They marched on Sunday. It rained."
        )
        assert "".join(stretch.text for stretch in excerpt.stretches if stretch.inside) == mention.quote
        assert {(stretch.text, stretch.fields) for stretch in excerpt.stretches if stretch.fields} == {
            ("marched", ("kind", "status")),
            ("on Sunday", ("date",)),
        }
        assert excerpt.cut_before
        assert excerpt.cut_after

    def test_words_that_stand_elsewhere_come_with_a_few_around_them(self) -> None:
        source = make_source(body="Minsk was calm. " + "Nothing. " * 100 + "\n\nThey marched. It rained.")
        place = source.text.index("Minsk")
        mention = make_mention(
            source, make_event(), words="They marched.", spans={"country": [place, place + 5]}
        )
        elsewhere, here = excerpts(mention)
        assert any(stretch.fields == ("country",) for stretch in elsewhere.stretches)
        assert sum(len(stretch.text) for stretch in elsewhere.stretches) < 250
        assert here.stretches[0].inside

    def test_a_long_paragraph_is_cut_between_words(self) -> None:
        source = make_source(body="Word " * 400 + "They marched. " + "Word " * 400)
        (excerpt,) = excerpts(make_mention(source, make_event(), words="They marched."))
        text = "".join(stretch.text for stretch in excerpt.stretches)
        assert 1000 < len(text) < 1500
        assert set(text.split()) == {"Word", "They", "marched."}

    def test_spans_that_are_none_are_passed_over(self) -> None:
        mention = make_mention(
            make_source(), make_event(), spans={"kind": [5, 900_000], "date": "x", "odd": [1, 3]}
        )
        assert marks(mention) == []
        assert excerpts(mention)

    def test_counts_and_participants_have_their_words_too(self) -> None:
        source = make_source()
        place = source.text.index("at least 400 people")
        count = {"what": "detained", "minimum": 400, "maximum": None, "span": [place, place + 19]}
        mention = make_mention(source, make_event(), counts=[count])
        assert [(mark.field, mark.start) for mark in marks(mention)] == [("counts", place)]
