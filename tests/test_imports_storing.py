"""Rows of files become events: once, whole, known again, and never against a curator."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.test_loading import rows as stored_rows
from timeline import curating, merging
from timeline.history import decisions_on
from timeline.imports import storing
from timeline.imports.judging import named_by
from timeline.imports.rows import Party, PassedOver, Refused, Row
from timeline.imports.storing import Outcome, Verdict
from timeline.models import Event, Import, Mention, Origin, Review, Source

pytestmark = pytest.mark.django_db


def row(number: int = 1, **fields: Any) -> Row:
    told = {
        "identifier": f"BLR{number}",
        "kind": "protest",
        "title": f"Protest in Minsk, number {number}",
        "date": "2020-08-09",
        "headline": f"Peaceful protest, Minsk {number}",
        "text": f"About 500 people marched with the Example Union, number {number}.",
        "country": "BY",
        "parties": (Party("Example Union", "initiator", "organisation"),),
        "counts": ({"what": "attended", "minimum": 500, "maximum": 500},),
        "publisher": "The Daily Example",
        "raw": {"event_id_cnty": f"BLR{number}"},
    }
    return Row(number, **{**told, **fields})


def make_import(collection: str = "acled", **fields: Any) -> Import:
    told = {"file": "acled.csv", "format": "acled", "sha256": "0" * 64, "who": "the command", **fields}
    return Import.objects.create(collection=collection, **told)


def store(*items: Any, collection: str = "acled", **options: Any) -> list[Verdict]:
    return list(storing.store(items, make_import(collection), **options))


def outcomes(verdicts: Iterable[Verdict]) -> list[str]:
    return [verdict.outcome for verdict in verdicts]


class TestStoring:
    def test_a_row_becomes_an_event_with_a_source_and_a_passage(self) -> None:
        (verdict,) = store(row(says="Viasna", url="https://example.org/1", published=date(2020, 8, 11)))
        event = Event.objects.get()
        assert (verdict.outcome, verdict.event) == (Outcome.NEW, event.pk)
        assert (event.kind, event.title, event.date) == (
            "protest",
            "Protest in Minsk, number 1",
            "2020-08-09",
        )
        assert (event.country.code, event.imported, event.review) == ("BY", True, Review.UNREVIEWED)
        assert event.counts == [{"what": "attended", "minimum": 500, "maximum": 500}]
        assert [str(part) for part in event.participations.all()] == ["Example Union (initiator)"]
        source, mention = Source.objects.get(), Mention.objects.get()
        assert source.text == f"{source.headline}\n\n{mention.quote}"
        assert (source.path, source.publisher, source.published) == (
            "import:acled#BLR1", "The Daily Example", date(2020, 8, 11),
        )  # fmt: skip
        assert (mention.extractor, mention.cited) == ("import 1 acled", "Viasna")
        (party,) = mention.participants
        assert source.text[slice(*party["span"])] == "Example Union"
        origin = Origin.objects.get()
        assert (origin.event, origin.collection, origin.identifier) == (event, "acled", "BLR1")
        assert origin.row == {"event_id_cnty": "BLR1"}

    def test_every_row_gets_one_verdict_in_order(self) -> None:
        items = [row(1), Refused(2, "Its date is none.", "Write one."), PassedOver(3, "a title"), row(4)]
        verdicts = store(*items)
        assert [(one.number, one.outcome) for one in verdicts] == [
            (1, "new"), (2, "refused"), (3, "passed over"), (4, "new"),
        ]  # fmt: skip
        assert Import.objects.get().verdicts == {
            "new": 2, "changed": 0, "unchanged": 0, "refused": 1, "passed over": 1, "read": 4, "gone": 0,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"title": " \u200b"}, "no title"),
            ({"identifier": ""}, "no name"),
            ({"kind": "riot"}, "“riot” is no kind"),
            ({"status": "happened"}, "“happened” is no status"),
            ({"country": "XX"}, "“XX” is no country"),
            ({"date": "09/08/2020"}, "09/08/2020"),
            ({"publisher": "P" * 201}, "longer than 200"),
        ],
        ids=["title", "identifier", "kind", "status", "country", "date", "publisher"],
    )  # fmt: skip
    def test_what_cannot_be_stored_is_refused_with_the_reason(self, fields: Any, problem: str) -> None:
        (verdict, other) = store(row(1, **fields), row(2))
        assert problem in verdict.problem
        assert verdict.mend
        assert other.outcome == Outcome.NEW
        assert Event.objects.count() == Source.objects.count() == 1

    def test_two_rows_of_one_name_are_not_two_events(self) -> None:
        assert outcomes(store(row(1), row(2, identifier="BLR1"))) == ["new", "refused"]
        assert Event.objects.get().title == "Protest in Minsk, number 1"

    def test_a_row_without_words_cites_its_headline(self) -> None:
        store(row(text=""))
        assert Mention.objects.get().quote == Source.objects.get().text == "Peaceful protest, Minsk 1"

    def test_what_lies_ahead_is_planned_where_the_row_tells_no_status(self) -> None:
        ahead = f"{timezone.localdate().year + 2}-05"
        store(
            row(1, date=ahead), row(2, date="2020"), row(3, date=ahead, status="cancelled"), row(4, date="")
        )
        told = Event.objects.order_by("title").values_list("status", flat=True)
        assert list(told) == ["planned", "occurred", "cancelled", "occurred"]

    def test_readers_see_the_name_of_a_row_only_if_it_has_one(self) -> None:
        store(row(1), row(2, identifier=named_by("2020-08-09", "B")))
        named, nameless = (
            Client().get(event.get_absolute_url()).text for event in Event.objects.order_by("title")
        )
        assert "row <bdi>BLR1</bdi>" in named
        assert "Imported from" in nameless
        assert "content:" not in nameless

    def test_hostile_cells_are_stored_as_words(self) -> None:
        hostile = "=cmd()|'/C calc'!A0 <script>alert(1)</script> \0 \ud800 \u202e"
        store(row(title=hostile, text=hostile, raw={hostile: [hostile]}, publisher=hostile))
        assert "\0" not in Event.objects.get().title
        page = Client().get(Event.objects.get().get_absolute_url())
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text

    def test_the_same_words_of_two_rows_are_two_events(self) -> None:
        assert (
            outcomes(store(row(1, text="Same.", headline="H"), row(2, text="Same.", headline="H")))
            == ["new"] * 2
        )
        assert Source.objects.count() == 2

    def test_collections_do_not_share_names(self) -> None:
        store(row(1))
        assert outcomes(store(row(1), collection="other")) == ["new"]
        assert storing.path_of("a#b", "c") != storing.path_of("a", "b#c")

    def test_a_summary_is_taken_only_with_a_new_event(self) -> None:
        store(row(summary="Ours."))
        store(row(summary="Theirs.", title="Another title"))
        assert Event.objects.get().summary == "Ours."


class TestComingAgain:
    def test_the_same_file_writes_nothing(self) -> None:
        store(row(1), row(2))
        before = stored_rows()
        assert outcomes(store(row(2), row(1))) == ["unchanged", "unchanged"]
        assert stored_rows() == before
        assert Import.objects.count() == 2

    @pytest.mark.parametrize(
        "fields",
        [
            {"date": "2020-08-10"},
            {"kind": "crackdown"},
            {"text": "Nothing of the old words.", "headline": "New"},
        ],
        ids=["date", "kind", "words"],
    )
    def test_a_changed_row_changes_its_event(self, fields: dict[str, str]) -> None:
        (before,) = store(row())
        (verdict,) = store(row(**fields))
        event = Event.objects.get()
        assert (verdict.outcome, verdict.event) == (Outcome.CHANGED, before.event) == ("changed", event.pk)
        assert {getattr(event, name, value) for name, value in fields.items()} == set(fields.values())
        decision = decisions_on(event)[0].decision
        assert (decision.who, decision.reason) == ("the import of acled", "acled.csv")
        assert Mention.objects.filter(standing="current").count() == 1
        assert outcomes(store(row(**fields))) == ["unchanged"]

    def test_the_old_words_stay_to_be_cited(self) -> None:
        store(row())
        store(row(text="Other words altogether, of which nobody knew."))
        old, new = Source.objects.order_by("pk")
        assert old.replaced_by == new
        assert "marched" in old.text
        gone, current = Mention.objects.order_by("pk")
        assert (gone.standing, current.standing) == ("gone", "current")

    def test_the_day_of_the_first_import_stays_where_the_row_tells_none(self) -> None:
        store(row())
        Source.objects.update(published=date(2020, 9, 1))
        store(row(title="Another title"))
        assert Source.objects.current().get().published == date(2020, 9, 1)
        assert Source.objects.current().get().published != timezone.localdate()

    def test_a_row_that_is_gone_takes_nothing_with_it(self) -> None:
        store(row(1), row(2))
        store(row(1))
        assert Event.objects.count() == 2
        assert Import.objects.first().verdicts["gone"] == 1

    def test_a_killed_import_goes_on_where_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storing, "AT_A_TIME", 2)
        imported = make_import()
        rows = [row(number) for number in range(1, 6)]
        begun = storing.store(rows, imported)
        next(begun)
        del begun
        imported = Import.objects.get()
        assert imported.verdicts["read"] == Event.objects.count() == 2
        assert outcomes(storing.store(rows, imported)) == ["new"] * 3
        assert imported.verdicts["new"] == Event.objects.count() == 5


class TestCurators:
    def test_what_is_set_by_hand_stays(self) -> None:
        store(row())
        curating.correct(Event.objects.get(), {"title": "Ours"}, by=factories.make_user())
        (verdict,) = store(row(title="Theirs", date="2020-08-10"))
        event = Event.objects.get()
        assert (event.title, event.date) == ("Ours", "2020-08-10")
        assert verdict.outcome == Outcome.CHANGED

    def test_rejected_stays_rejected(self) -> None:
        store(row())
        curating.review([Event.objects.get()], Review.REJECTED, by=factories.make_user())
        store(row(title="Theirs"))
        assert Event.objects.get().review == Review.REJECTED

    def test_confirmed_is_marked_where_the_row_says_something_else(self) -> None:
        store(row())
        curating.review([Event.objects.get()], Review.CONFIRMED, by=factories.make_user())
        store(row(date="2020-08-10"))
        event = Event.objects.get()
        assert (event.date, event.has_news) == ("2020-08-09", True)

    @pytest.mark.parametrize("words", ["The same words.", "Words that nobody has read."])
    def test_merged_stays_merged_and_the_row_speaks_for_the_other(self, words: str) -> None:
        store(row(text="The same words."))
        event, other = Event.objects.get(), factories.make_event()
        factories.make_mention(factories.make_source(), other, extractor="1")
        curating.merge(other, [event], by=factories.make_user())
        (verdict,) = storing.look([row(text=words, title="T")], "acled")
        assert "merged" in verdict.note
        store(row(text=words, title="T"))
        event.refresh_from_db()
        assert (event.merged_into, Event.objects.count()) == (other, 2)
        assert other.mentions.filter(source__path="import:acled#BLR1", standing="current").count() == 1
        assert not event.mentions.exists()

    def test_a_passage_that_was_moved_stays_there_whatever_the_row_says(self) -> None:
        store(row())
        other = factories.make_event(title="Another")
        curating.move(list(Mention.objects.all()), other, by=factories.make_user())
        store(row(text="Words of which none was there before, not one."))
        assert Mention.objects.get(standing="current").event == other


class TestNeverMerged:
    def test_a_row_is_not_taken_for_an_event_that_is_there(self) -> None:
        event = factories.make_event(title="Protest in Minsk")
        factories.make_participation(event, factories.make_actor(name="Example Union"))
        (verdict,) = storing.look([row()], "acled")
        assert verdict.likes[0][0] == event.pk
        assert "same date" in verdict.likes[0][2]
        store(row())
        assert Event.objects.count() == 2

    def test_an_article_is_not_taken_for_an_imported_event(self) -> None:
        store(row(parties=()))
        event = Event.objects.get()
        assert merging.find(storing.told(row(2)), None) is None
        Event.objects.update(imported=False)
        match = merging.find(storing.told(row(2)), None)
        assert match
        assert match.event == event

    def test_but_for_what_a_curator_merged_it_into(self) -> None:
        store(row(parties=()))
        imported, other = Event.objects.get(), factories.make_event(date="2020-07")
        curating.merge(other, [imported], by=factories.make_user())
        match = merging.find(storing.told(row(2)), None)
        assert match
        assert (match.event, match.via) == (other, imported)

    def test_rows_of_one_collection_are_not_offered_to_each_other(self) -> None:
        store(row(1))
        assert [one.likes for one in storing.look([row(2)], "acled")] == [()]
        (other,) = storing.look([row(2)], "other")
        assert len(other.likes) == 1


class TestLooking:
    def test_says_what_storing_would_do_and_writes_nothing(self) -> None:
        store(row(1), row(2))
        before, imports = stored_rows(), Import.objects.count()
        items = [
            row(1),
            row(2, date="2020-08-10", kind="crackdown"),
            row(3),
            row(3),
            Refused(5, "Bad.", "Mend."),
        ]
        looked = list(storing.look(items, "acled"))
        assert (stored_rows(), Import.objects.count()) == (before, imports)
        assert looked[1].changes == (("Date", "2020-08-09", "2020-08-10"), ("Kind", "protest", "crackdown"))
        stored = store(*items)
        assert outcomes(looked) == outcomes(stored) == ["unchanged", "changed", "new", "refused", "refused"]
        assert stored[1].changes == looked[1].changes

    def test_costs_a_number_of_queries_for_many_rows(self, django_assert_max_num_queries: Any) -> None:
        store(*[row(number) for number in range(100)])
        with django_assert_max_num_queries(3):
            list(storing.look([row(number, title=f"T {number}") for number in range(100)], "acled"))


def test_readers_are_told_imported_where_nobody_has_looked() -> None:
    store(row())
    event = Event.objects.get()
    for address in (
        "/",
        f"/?event={event.pk}",
        event.get_absolute_url(),
        Source.objects.get().get_absolute_url(),
    ):
        text = Client().get(address).text.lower()
        assert "imported" in text, address
        assert "machine-read" not in text.replace("“machine-read” or “imported” there means", ""), address


def test_the_machine_is_not_judged_by_what_it_did_not_read() -> None:
    store(row())
    assert not Mention.objects.read_by_machine().exists()
    event = Event.objects.get()
    event.refresh_from_db()
    assert event.certainty == 92  # one passage


def test_a_name_that_is_long_is_as_good_as_another() -> None:
    assert outcomes(store(replace(row(), identifier="x" * 300))) == ["new"]
    assert outcomes(store(replace(row(), identifier="x" * 301))) == ["refused"]
