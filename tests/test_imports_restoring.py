"""The timeline's own JSON brought back: the same pages out of nothing, nothing doubled in a full database."""

import copy
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.test import Client

from tests import factories
from tests.test_imports_storing import make_import, row
from tests.test_loading import rows as stored_rows
from timeline import curating, documents, loading, resolving
from timeline.imports import restoring, storing
from timeline.imports.bringing import Brought
from timeline.imports.opening import Format
from timeline.imports.storing import Outcome, Verdict
from timeline.models import (
    Actor,
    Decision,
    Event,
    Import,
    Mention,
    Origin,
    Participation,
    Review,
    Source,
    surroundings,
)

pytestmark = pytest.mark.django_db
SITE = "testserver"


def exported() -> dict[str, Any]:
    return json.loads(Client().get("/events.json").getvalue())


def restore(told: dict[str, Any], collection: str = "") -> list[Verdict]:
    file = BytesIO(json.dumps(told).encode())
    brought = Brought.of(file, "events.json", collection)
    assert brought.format == Format.JSON
    looked = list(brought.look())
    imported = make_import(brought.collection, format="json", file="events.json", sha256="1" * 64)
    stored = list(brought.store(imported))
    assert outcomes(looked) == outcomes(stored)
    return stored


def outcomes(verdicts: list[Verdict]) -> list[str]:
    return [verdict.outcome for verdict in verdicts]


def emptied() -> None:
    for model in (Origin, Import, Participation, Mention, Decision):
        model.objects.all().delete()
    Event.objects.update(merged_into=None)
    while Source.objects.exists():
        Source.objects.filter(replaces=None).delete()
    for model in (Event, Actor):
        model.objects.all().delete()


def page(address: str) -> str:
    """What readers get, but for what another request changes."""
    response = Client().get(address)
    text = response.getvalue().decode() if response.streaming else response.text
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", f"{response.status_code} {text}")


def pages(told: dict[str, Any]) -> dict[str, str]:
    public = Event.objects.public()
    addresses = [
        "/", "/?view=table", "/figure.json", "/?q=march", "/?order=newest", "/events.csv", "/passages.csv",
        *(event.get_absolute_url() for event in public),
        *(f"/?event={event.pk}" for event in public[:3]),
        *(source["address"].removeprefix("http://testserver") for source in told["sources"]),
        *(actor.get_absolute_url() for actor in Actor.objects.filter(merged_into=None)),
    ]  # fmt: skip
    return {address: page(address) for address in addresses}


def make_everything() -> None:
    """Events of articles and of a file, and all that curators can have done to them."""
    by = factories.make_user()
    text = "Headline\n\nThousands marched through Minsk on Sunday. Police detained at least 400 people."
    for words in (text, f"{text} More was said of it later."):
        (result,) = loading.load([documents.Document("a.txt", "Headline", date(2020, 8, 10), words)])
        assert result.failure is None
    events = factories.make_timeline(12)
    curating.correct(events[0], {"title": "Set by hand", "summary": "A summary."}, by=by)
    curating.review([events[1]], Review.REJECTED, by=by)
    curating.review([events[2]], Review.CONFIRMED, by=by)
    curating.merge(events[3], [events[8]], by=by)
    source = factories.make_source()
    factories.make_mention(source, events[4], words="Police detained at least 400 people.", extractor="")
    actor = factories.make_actor(name="Союз Š", aliases=["The Union"], wikidata="Q42", country="BY")
    factories.make_participation(events[4], actor, "target")
    factories.make_event(title="=cmd() <b>\u202e", date="", country="")
    list(storing.store([row(1), row(2, date="2020-08/.."), row(3)], make_import()))
    list(storing.store([row(1, text="Other words altogether.")], make_import()))
    curating.review([Event.objects.get(origin__identifier="BLR3")], Review.CONFIRMED, by=by)
    # What was made in bulk lacks what loads give it.
    for mention in Mention.objects.select_related("source"):
        mention.prefix, mention.suffix = surroundings(mention.source.text, mention.start, mention.end)
        mention.save()
    resolving.weigh(Event.objects.values_list("pk", flat=True))


@pytest.fixture
def told() -> dict[str, Any]:
    make_everything()
    return exported()


class TestIntoNothing:
    def test_every_page_is_what_it_was_and_so_is_what_goes_out(self) -> None:
        make_everything()
        Actor.objects.filter(participations=None).delete()
        told = exported()
        before = pages(told)
        emptied()
        assert set(outcomes(restore(told))) == {Outcome.NEW}
        again = exported()
        after = pages(again)
        assert after.keys() == before.keys()
        for address, text in before.items():
            assert after[address] == text, address
        assert told | {"exported_at": ""} == again | {"exported_at": ""}

    def test_what_is_made_next_gets_a_number_of_its_own(self, told: dict[str, Any]) -> None:
        emptied()
        restore(told)
        assert factories.make_event().pk > max(event["id"] for event in told["events"])
        factories.make_mention(factories.make_source(), Event.objects.first(), extractor="x")

    def test_a_killed_restoring_keeps_its_numbers(
        self, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        emptied()
        monkeypatch.setattr("timeline.imports.restoring.AT_A_TIME", 3)
        brought = Brought.of(BytesIO(json.dumps(told).encode()), "events.json")
        begun = brought.store(make_import(brought.collection, format="json", sha256="1" * 64))
        next(begun)
        del begun
        assert Event.objects.count() == 3
        restore(told)
        assert {event["id"] for event in told["events"]} == set(Event.objects.values_list("pk", flat=True))

    def test_imported_events_are_known_by_their_own_file_again(self, told: dict[str, Any]) -> None:
        emptied()
        restore(told)
        count = Event.objects.count()
        list(storing.store([row(2, title="Changed")], make_import()))
        assert Event.objects.count() == count
        assert Event.objects.get(origin__identifier="BLR2").title == "Changed"


class TestAgain:
    def test_the_same_file_writes_nothing(self, told: dict[str, Any]) -> None:
        emptied()
        restore(told)
        before = stored_rows()
        assert set(outcomes(restore(told))) == {Outcome.UNCHANGED}
        assert stored_rows() == before

    def test_beside_others_it_comes_under_new_numbers_and_once(self, told: dict[str, Any]) -> None:
        emptied()
        other = factories.make_event(title="Here first")
        factories.make_mention(factories.make_source(), other)
        assert set(outcomes(restore(told))) == {Outcome.NEW}
        assert Event.objects.count() == len(told["events"]) + 1
        before = stored_rows()
        assert set(outcomes(restore(told))) == {Outcome.UNCHANGED}
        assert stored_rows() == before
        other.refresh_from_db()
        assert other.title == "Here first"

    def test_a_source_that_is_there_is_not_stored_twice(self, told: dict[str, Any]) -> None:
        count = Source.objects.count()
        restore(told)
        assert Source.objects.count() == count

    def test_an_event_that_changed_there_changes_here(self, told: dict[str, Any]) -> None:
        emptied()
        restore(told)
        changed = copy.deepcopy(told)
        changed["events"][0]["title"] = "Changed there"
        verdicts = restore(changed)
        assert outcomes(verdicts).count(Outcome.CHANGED) == 1
        event = Event.objects.get(pk=told["events"][0]["id"])
        assert event.title == "Changed there"
        assert Event.objects.count() == len(told["events"])

    def test_but_not_what_a_curator_decided_here(self, told: dict[str, Any]) -> None:
        emptied()
        restore(told)
        event = Event.objects.get(pk=told["events"][0]["id"])
        curating.correct(event, {"title": "Ours"}, by=factories.make_user())
        changed = copy.deepcopy(told)
        changed["events"][0]["title"] = "Theirs"
        verdict = restore(changed)[0]
        event.refresh_from_db()
        assert (event.title, verdict.outcome) == ("Ours", Outcome.CHANGED)
        assert "A curator has decided" in verdict.note


def _text(told: dict[str, Any]) -> None:
    told["sources"][0]["text"] += "!"


def _exact(told: dict[str, Any]) -> None:
    told["events"][0]["passages"][0]["exact"] = "Other words"


def _place(told: dict[str, Any]) -> None:
    told["events"][0]["passages"][0]["end"] = 10**9


def _date(told: dict[str, Any]) -> None:
    told["events"][0]["date"] = "2020-13"


def _kind(told: dict[str, Any]) -> None:
    told["events"][0]["kind"] = "riot"


def _lacking(told: dict[str, Any]) -> None:
    del told["events"][0]["passages"][0]["spans"]


def _participants(told: dict[str, Any]) -> None:
    told["events"][0]["passages"][0]["participants"] = [{"name": 1}]


def _numbered(told: dict[str, Any]) -> None:
    told["events"][0]["id"] = "1; DROP TABLE"


@pytest.mark.parametrize(
    "spoil", [_text, _exact, _place, _date, _kind, _lacking, _participants, _numbered],
    ids=lambda spoil: spoil.__name__.strip("_"),
)  # fmt: skip
def test_nothing_is_believed(told: dict[str, Any], spoil: Callable[[dict[str, Any]], None]) -> None:
    emptied()
    spoil(told)
    verdicts = restore(told)
    refused = [one for one in verdicts if one.outcome == Outcome.REFUSED]
    assert refused
    assert all(one.problem and one.mend for one in refused)
    assert any(one.outcome == Outcome.NEW for one in verdicts)
    for mention in Mention.objects.select_related("source"):
        assert mention.source.text[mention.start : mention.end] == mention.quote


def test_a_file_that_breaks_off_gives_what_came_before(told: dict[str, Any]) -> None:
    emptied()
    whole = json.dumps(told)
    file = BytesIO(whole[: whole.index('"passages"', whole.index('"events"') + 9000)].encode())
    verdicts = list(Brought.of(file, "e.json").store(make_import(SITE, format="json")))
    assert outcomes(verdicts)[0] == Outcome.NEW
    assert "can’t be read as JSON" in verdicts[-1].problem


@pytest.mark.django_db(transaction=True)
class TestATransactionIsBrokenOff:
    """As by a deadlock, or a server that is started anew: before the end of each, in turn."""

    @pytest.fixture(autouse=True)
    def _broken_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_sequences, broken = restoring._Restorer._set_sequences, set()

        def breaking(self: restoring._Restorer) -> None:
            set_sequences(self)
            number = len(self.texts.places), self.read
            if number not in broken:
                broken.add(number)
                error = OperationalError("deadlock detected")
                error.__cause__ = psycopg.errors.DeadlockDetected("deadlock detected")
                raise error

        monkeypatch.setattr(restoring._Restorer, "_set_sequences", breaking)

    @pytest.mark.parametrize("full", [False, True], ids=["empty", "full"])
    def test_it_is_done_anew_and_nothing_is_doubled(self, full: bool) -> None:
        factories.make_timeline(12)
        told = exported()
        before = {model: model.objects.count() for model in (Source, Actor, Event, Mention, Participation)}
        if not full:
            emptied()
            for model in (Event, Source, Actor):
                model.objects.all().delete()
        stored = restore(told)
        assert Counter(outcomes(stored)) == {Outcome.NEW: 12}
        added = {Event: 12, Mention: 12, Participation: 12} if full else {}
        assert before == {model: model.objects.count() - added.get(model, 0) for model in before}
        assert Import.objects.get().verdicts["new"] == 12
        assert set(outcomes(restore(told))) == {Outcome.UNCHANGED}
