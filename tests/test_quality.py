"""The quality report: exact figures of hand-made cases, and its pages."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    make_actor,
    make_event,
    make_mention,
    make_participation,
    make_source,
    make_timeline,
)
from tests.test_admin import HOSTILE, curator, listing
from timeline import curating, quality
from timeline.models import Decision, Event, Mention, Review, Source
from timeline.quality import Correction, Rejects, Tally, interval
from timeline.resolving import refresh

__all__ = ["curator"]  # a fixture

pytestmark = pytest.mark.django_db
PAGE = "/admin/timeline/event/quality/"


@pytest.fixture
def by() -> User:
    return User.objects.create(username="somebody")


def read(source: Source | None = None, rules: dict[str, str] | None = None, **fields: Any) -> Event:
    """An event as the machine reads one: with a passage of its own."""
    event = make_event(**fields)
    make_mention(
        source or make_source(), event, extractor="1", rules=rules or {"kind": "word", "date": "phrase"}
    )
    refresh(event)
    event.refresh_from_db()
    return event


def confirm(*events: Event, by: User) -> None:
    curating.review(events, Review.CONFIRMED, by=by)


def reject(*events: Event, by: User) -> None:
    curating.review(events, Review.REJECTED, by=by)


def tally(kind: str) -> Tally:
    return next(one for one in quality.report().kinds if one.value == kind)


def numbers(one: Tally) -> tuple[int, ...]:
    return (one.as_read, one.corrected, one.other_kind, one.rejected, one.duplicates, one.unreviewed)


class TestTheInterval:
    @pytest.mark.parametrize(
        ("right", "of", "low", "high"),
        # From the formula, and as in Newcombe's paper of 1998 for 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
        [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (5, 5, 0.5655, 1.0),
        ],
    )
    def test_is_wilsons(self, right: int, of: int, low: float, high: float) -> None:
        assert interval(right, of) == pytest.approx((low, high), abs=5e-5)

    def test_of_none_there_is_none(self) -> None:
        assert interval(0, 0) is None


class TestWhatIsCounted:
    def test_each_verdict(self, by: User) -> None:
        events = [read(title=f"Event {number}") for number in range(7)]
        confirm(*events[:3], by=by)
        curating.correct(events[1], {"date": "2020-08-10"}, by=by)
        curating.correct(events[2], {"kind": "election"}, by=by)
        reject(events[3], by=by)
        curating.merge(events[0], [events[4]], by=by)
        curating.correct(events[5], {"date": "2020-08-11"}, by=by)  # and left unreviewed
        assert numbers(tally("protest")) == (1, 1, 1, 1, 1, 2)
        assert numbers(tally("election")) == (0, 0, 0, 0, 0, 0)
        assert numbers(quality.report().all) == (1, 1, 1, 1, 1, 2)
        one = tally("protest")
        assert (one.reviewed, one.right, one.precision, one.whole) == (4, 2, 0.5, 0.25)
        assert one.interval == pytest.approx((0.1500, 0.8500), abs=5e-5)

    def test_a_lock_with_the_machines_own_value_is_no_correction(self, by: User) -> None:
        event = read()
        curating.correct(event, {"date": event.date, "country": "BY"}, by=by, verdict=Review.CONFIRMED)
        assert numbers(tally("protest")) == (1, 0, 0, 0, 0, 0)
        assert quality.report().fields == []

    def test_what_is_undone_counts_no_more(self, by: User) -> None:
        event = read()
        curating.correct(event, {"date": "2020"}, by=by, verdict=Review.CONFIRMED)
        curating.undo(Decision.objects.get(), by=by)
        report = quality.report()
        assert numbers(report.all) == (0, 0, 0, 0, 0, 1)
        assert (report.fields, report.months, report.all.precision) == ([], [], None)

    def test_what_was_given_back_is_no_correction(self, by: User) -> None:
        event = read()
        curating.correct(event, {"date": "2020"}, by=by, verdict=Review.CONFIRMED)
        curating.give_back(event, ["date"], by=by)
        assert numbers(tally("protest")) == (1, 0, 0, 0, 0, 0)

    def test_an_event_made_by_hand_is_not_the_machines(self, by: User) -> None:
        event = curating.add(Event(kind="protest", title="By hand", review=Review.CONFIRMED), by=by)
        make_mention(make_source(), event, extractor="")
        assert numbers(quality.report().all) == (0, 0, 0, 0, 0, 0)

    def test_one_whose_passages_were_moved_away_is_no_reject(self, by: User) -> None:
        left, to = read(), read(title="Another", country="TR")
        curating.move(left.mentions.get(), to, by=by)
        left.refresh_from_db()
        assert left.review == Review.REJECTED
        report = quality.report()
        assert numbers(report.all) == (0, 0, 0, 0, 0, 1)
        assert report.moved == 1

    def test_corrections_that_no_decision_tells_of_are_compared_with_the_reading(self) -> None:
        event = read()
        Event.objects.update(kind="election", title="x", locked_fields=["kind"], review="confirmed")
        assert numbers(tally(event.kind)) == (0, 0, 1, 0, 0, 0)
        assert quality.report().changes == [Correction("kind", 1, "Protest", "Election")]

    def test_by_certainty_as_it_was_read(self, by: User) -> None:
        event = read(date="", country="")
        assert event.certainty == 55  # no date, no country, one passage
        curating.correct(event, {"date": "2020-08-09", "country": "BY"}, by=by, verdict=Review.CONFIRMED)
        assert Event.objects.get().certainty > 59
        bands = {one.label: numbers(one) for one in quality.report().bands}
        assert bands["40 to 59"] == (0, 1, 0, 0, 0, 0)
        assert sum(map(sum, bands.values())) == 1

    def test_by_the_month_of_the_verdict_that_stands(self, by: User) -> None:
        events = [read(title=f"Event {number}") for number in range(3)]
        for event, verdict, month in (
            (events[0], Review.REJECTED, 1),
            (events[0], Review.CONFIRMED, 2),
            (events[1], Review.CONFIRMED, 2),
            (events[2], Review.REJECTED, 3),
        ):
            curating.review([event], verdict, by=by)
            last = Decision.objects.order_by("-pk").values("pk")[:1]
            Decision.objects.filter(pk__in=last).update(at=datetime(2026, month, 9, tzinfo=UTC))
        curating.correct(events[1], {"date": "2020"}, by=by)  # no verdict
        by.delete()  # what somebody decided who has left still counts
        months = quality.report().months
        assert [(one.label, one.value, numbers(one)) for one in months] == [
            ("February 2026", "2026-02", (1, 1, 0, 0, 0, 0)),
            ("March 2026", "2026-03", (0, 0, 0, 1, 0, 0)),
        ]


class TestCorrections:
    def test_by_field_and_from_what_to_what(self, by: User) -> None:
        for number in range(3):
            event = read(title=f"Event {number}", status="planned")
            curating.correct(event, {"status": "occurred", **({"date": ""} if number else {})}, by=by)
        curating.correct(read(date=""), {"date": "2020", "disputed": True, "country": "TR"}, by=by)
        report = quality.report()
        assert report.fields == [
            Correction("date", 3),
            Correction("status", 3),
            Correction("country", 1),
            Correction("disputed", 1),
        ]
        assert report.changes == [
            Correction("status", 3, "Planned", "Occurred"),
            Correction("date", 2, "a date", "no date"),
            Correction("country", 1, "BY", "TR"),
            Correction("date", 1, "no date", "a date"),
            Correction("disputed", 1, "Not disputed", "Disputed"),
        ]

    def test_who_took_part_is_compared_as_the_actors_are_by_now(self, by: User) -> None:
        one, other, third = make_actor(), make_actor(), make_actor()
        same, different = read(), read(title="Another", country="TR")
        for event in (same, different):
            make_participation(event, one)
        curating.correct(same, {}, parts=[(other, "initiator")], by=by)
        curating.correct(different, {}, parts=[(third, "initiator")], by=by)
        assert quality.report().fields == [Correction("participants", 2)]
        curating.merge_actors(other, [one], by=by)
        assert quality.report().fields == [Correction("participants", 1)]

    def test_one_corrected_twice_is_one(self, by: User) -> None:
        event = read()
        curating.correct(event, {"date": "2020"}, by=by)
        curating.correct(event, {"date": "2021"}, by=by)
        assert quality.report().fields == [Correction("date", 1)]
        curating.correct(event, {"date": "2020-08-09"}, by=by)  # what the machine had read
        assert quality.report().fields == []


class TestRejects:
    def test_of_articles_publishers_and_rules(self, by: User) -> None:
        bad = make_source(publisher="The Bad", headline="Bad")
        good = make_source(publisher="The Good", headline="Good")
        few = make_source(publisher="The Few", headline="Few")
        rejected, confirmed = [], []
        for number in range(5):
            place = {"title": f"Event {number}", "date": f"20{10 + number}"}
            rules = {"kind": "detain", "date": "publication" if number < 3 else "phrase"}
            (rejected if number < 4 else confirmed).append(told(bad, number, rules, **place))
            (rejected if number < 1 else confirmed).append(told(good, number, {"kind": "vote"}, **place))
        rejected.append(told(few, 0, {}, title="One"))
        unseen = told(bad, 9, {"kind": "detain"}, title="Unreviewed")
        away = told(bad, 8, {"kind": "detain"}, title="Away", date="2001")
        reject(*rejected, by=by)
        confirm(*confirmed, by=by)
        curating.merge(confirmed[0], [away], by=by)
        report = quality.report()
        assert report.sources == [
            Rejects("Bad (2020-08-10)", str(bad.pk), 4, 6),  # with the one merged away
            Rejects("Good (2020-08-10)", str(good.pk), 1, 5),
        ]
        assert [(one.label, one.rejected) for one in report.publishers] == [("The Bad", 4), ("The Good", 1)]
        assert [(one.label, one.rejected) for one in report.rules["kind"]] == [("detain", 4), ("vote", 1)]
        assert report.rules["date"] == []  # fewer than five with any
        assert unseen.review == "unreviewed"
        assert report.sources[1].share == 0.2


def told(source: Source, number: int, rules: dict[str, str], **fields: Any) -> Event:
    event = make_event(**fields)
    make_mention(source, event, number, number + 3, extractor="1", rules=rules)
    return event


class TestThePage:
    def test_with_nothing_to_count(self, curator: Client) -> None:
        text = curator.get(PAGE).text
        assert "There is nothing to count" in text
        assert "Nothing has been corrected." in text
        assert "data-figure" not in text

    def test_says_numbers_shares_and_how_sure_they_are(self, curator: Client, by: User) -> None:
        events = [read(title=f"Event {number}") for number in range(4)]
        confirm(*events[:2], by=by)
        reject(events[2], by=by)
        text = curator.get(PAGE).text
        assert "3 of the events that the machine has read have been confirmed or rejected, 1 has not" in text
        assert "not a fair sample" in text
        assert "67 % (21 to 94)" in text
        assert 'id="plot-kinds"' in text
        assert listing("event", kind__exact="protest", review__exact="rejected").replace("&", "&amp;") in text
        assert (
            curator.get(listing("event", kind__exact="protest", review__exact="rejected")).status_code == 200
        )
        assert PAGE in curator.get(listing("event")).text

    @pytest.mark.parametrize("table", [
        "kinds", "bands", "months", "fields", "changes", "sources", "publishers", "rules-kind", "rules-date",
    ])  # fmt: skip
    def test_each_table_is_a_file(self, table: str, curator: Client, by: User) -> None:
        reject(
            *(read(make_source(publisher="=1+1"), title=f"{n}", date=f"{2000 + n}") for n in range(5)), by=by
        )
        answer = curator.get(f"{PAGE}{table}.csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert f"quality-{table}.csv" in answer.headers["Content-Disposition"]
        head, *rows = csv.reader(io.StringIO(answer.text))
        assert all(len(row) == len(head) for row in rows)
        if table == "publishers":
            assert rows == [["'=1+1", "'=1+1", "5", "5", "1.0"]]
        if table == "kinds":
            assert rows[3][:8] == ["protest", "Protest", "0", "0", "0", "5", "0", "0"]
            assert rows[3][8:11] == ["0.0", "0.0", "0.4345"]

    def test_there_is_no_other(self, curator: Client) -> None:
        assert curator.get(f"{PAGE}users.csv").status_code == 404

    def test_is_for_those_who_may_look(self, client: Client) -> None:
        assert client.get(PAGE).url.startswith("/admin/login/")
        client.force_login(User.objects.create(username="nobody", is_staff=True))
        assert client.get(PAGE).status_code == 403
        assert client.get(f"{PAGE}kinds.csv").status_code == 403

    def test_shows_hostile_text_as_text(self, curator: Client, by: User) -> None:
        source = make_source(publisher=HOSTILE, headline=HOSTILE)
        events = [told(source, n, {"kind": HOSTILE, "date": HOSTILE}, title=HOSTILE) for n in range(5)]
        reject(*events, by=by)
        text = curator.get(PAGE).text
        assert text.count("&lt;script&gt;alert(1)") >= 4
        assert "<script>alert" not in text
        assert "<img src=x" not in text

    def test_asks_the_same_number_of_questions_however_many_events(self, by: User) -> None:
        counted = []
        for size in (10, 300):
            make_timeline(size)
            Mention.objects.update(extractor="1")
            for event in Event.objects.filter(review="unreviewed", locked_fields=[])[: size // 10]:
                curating.correct(event, {"date": "1999", "kind": "protest"}, by=by)
            with CaptureQueriesContext(connection) as queries:
                quality.report()
            counted.append(len(queries))
        assert counted[0] == counted[1]


class TestWhatIsKept:
    @pytest.fixture(autouse=True)
    def _counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self.monkeypatch = monkeypatch

        def counted() -> quality.Report:
            self.made += 1
            return original()

        original = quality.report
        monkeypatch.setattr(quality, "report", counted)

    def test_is_made_once_while_nothing_is_written(self, by: User) -> None:
        event = read()
        assert quality.current().all.unreviewed == quality.current().all.unreviewed == 1
        assert self.made == 1
        confirm(event, by=by)
        assert quality.current().all.as_read == 1
        correction = {"date": "2020"}
        curating.correct(event, correction, by=by)
        assert numbers(quality.current().all) == (0, 1, 0, 0, 0, 0)
        curating.undo(Decision.objects.latest("pk"), by=by)
        assert numbers(quality.current().all) == (1, 0, 0, 0, 0, 0)
        assert self.made == 4

    def test_one_that_takes_long_is_made_once_a_minute(self, by: User) -> None:
        event = read()
        self.monkeypatch.setattr(quality, "LONG", -1)
        first = quality.current()
        confirm(event, by=by)
        assert quality.current().at == first.at
        now = quality.time()
        self.monkeypatch.setattr(quality, "time", lambda: now + quality.REST + 1)
        assert quality.current().all.as_read == 1
        assert self.made == 2


def test_the_report_has_an_address() -> None:
    assert reverse("admin:timeline_event_quality") == PAGE
