"""Decisions and loads in any order: no load loses a decision, and an undo takes back just its own."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import toy
from timeline import curating, extraction, loading, workers
from timeline.documents import Document
from timeline.history import Table, state_of
from timeline.models import Actor, Decision, Event, Mention, Review, Source, Version

PATHS = ("a.txt", "b.txt", "c.txt")
KINDS = ("protest", "election")
DATES = ("2020-08-09", "2020-08", "2020-09-01", "-")
COUNTRIES = ("BY", "TR")
ACTORS = ("Ada Marsh", "Marsh", "Oskar Lind", None)
WORDS = (
    "Crowds filled the square before the old town hall on that day.",
    "Crowds filled the square before the new town hall on that day.",
    "People went to the polls in the morning, and many called it rigged.",
    "People went to the polls in the evening, and many called it rigged.",
    "The march ended at the river.",
    "Nothing like it had been seen.",
)
Key = tuple[Any, ...]


def line(number: int | None, kind: str, when: str, country: str, actor: str | None, words: str) -> str:
    told = " ".join(filter(None, [number and str(number), kind, when, "occurred", country, actor]))
    return f"[{told}] {words}"


lines = st.builds(
    line,
    st.none() | st.integers(1, 2),
    st.sampled_from(KINDS),
    st.sampled_from(DATES),
    st.sampled_from(COUNTRIES),
    st.sampled_from(ACTORS),
    st.sampled_from(WORDS),
)
# In a text nobody reads anything in: what stands before a passage moves it, what is new is words only.
asides = st.sampled_from(["It rained.", "Shops were closed.", "A witness, aged 40, looked on."])
texts = st.lists(lines | asides, min_size=1, max_size=5)


def decided() -> dict[Key, Any]:
    """All that people have decided, as the database has it."""
    found: dict[Key, Any] = {}
    for event in Event.objects.prefetch_related("participations__actor"):
        if event.review != Review.UNREVIEWED:
            found["review", event.pk] = event.review
        if event.review == Review.CONFIRMED:
            found["confirmed", event.pk] = state_of(event) | {
                "review": "",
                "locked_fields": [],
                "summary": "",
            }
        if event.summary:
            found["summary", event.pk] = event.summary
        if event.merged_into_id:
            found["merged", event.pk] = event.merged_into_id
        for name in event.locked_fields:
            found["lock", event.pk, name] = (
                sorted((part.actor.root.pk, part.role) for part in event.participations.all())
                if name == "participants"
                else str(getattr(event, name))
            )
    for mention in Mention.objects.all():
        if mention.placed_by_hand or mention.merged_from_id or not mention.extractor:
            found["passage", mention.pk] = mention.event_id
    for actor in Actor.objects.exclude(merged_into=None):
        found["actor", actor.pk] = actor.merged_into_id
    return found


def by_roots(key: Key, state: Any) -> Any:
    """A state of before, with those who take part as the actors that stand for them by now."""
    if state is None or key[0] != "lock" or key[2] != "participants":
        return state
    return sorted({(Actor.objects.get(pk=actor).root.pk, role) for actor, role in state})


def changes(before: dict[Key, Any], after: dict[Key, Any]) -> dict[Key, tuple[Any, Any]]:
    return {
        key: (before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


class Newsroom(RuleBasedStateMachine):
    """A curator, three files and a machine that reads them differently from one version to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.user = User.objects.create(username="Ada")
        self.stored: dict[str, list[str]] = {}
        self.version = 0
        extraction.VERSION = "toy 0"
        self.effects: dict[int, dict[Key, tuple[Any, Any]]] = {}
        workers.extraction.extract_many = self.extract_many  # type: ignore[attr-defined]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    # Loads

    def extract_many(self, given: list[tuple[str, date]]) -> Iterator[extraction.Extraction]:
        """What the toy reads; some versions overlook passages, or take them for something else."""
        sees = [
            ("", ""),
            ("protest 2020-08-09", "protest 2020-08-10"),
            ("[election 2020-09", "{election 2020-09"),
        ]
        for text, published in given:
            yield toy.extract(text.replace(*sees[self.version % len(sees)]), published)

    def load(self) -> None:
        before = decided()
        quotes = {m.pk: (m.source.path, m.quote) for m in Mention.objects.select_related("source")}
        texts = {path: "\n".join([path, "", *told]) for path, told in self.stored.items()}
        results = list(
            loading.load(Document(path, path, date(2021, 9, 28), text) for path, text in texts.items())
        )
        assert [result.failure for result in results if result.failure] == []
        for key, (was, now) in changes(before, decided()).items():
            if key[0] == "passage" and now is None:
                # An event has a passage once: it may only go where the event has the same words anyway.
                again = Mention.objects.filter(event=was, source__path=quotes[key[1]][0])
                assert quotes[key[1]][1] in again.values_list("quote", flat=True)
            else:
                # Passages read anew may come by way of a merge; nothing else that is decided comes of a load.
                assert was is None, (key, was, now)
                assert key[0] == "passage", key

    @rule(path=st.sampled_from(PATHS), text=texts)
    def load_another_text(self, path: str, text: list[str]) -> None:
        self.stored[path] = text
        self.load()

    @precondition(lambda self: self.stored)
    @rule(data=st.data())
    def load_a_text_a_little_changed(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.stored)))
        text = list(self.stored[path])
        place = data.draw(st.integers(0, len(text) - 1))
        match data.draw(st.sampled_from(["reword", "insert", "drop", "swap"])):
            case "reword":
                text[place] = (
                    text[place].replace("old", "new").replace("morning", "evening").replace("The", "Th’")
                )
            case "insert":
                text.insert(place, data.draw(lines | asides))
            case "drop" if len(text) > 1:
                del text[place]
            case "swap":
                text.reverse()
        self.stored[path] = text
        self.load()

    @precondition(lambda self: self.stored)
    @rule()
    def load_with_another_machine(self) -> None:
        self.version += 1
        extraction.VERSION = f"toy {self.version}"
        self.load()

    @precondition(lambda self: self.stored)
    @rule()
    def load_again(self) -> None:
        before = list(Event.objects.order_by("pk").values())
        self.load()
        assert list(Event.objects.order_by("pk").values()) == before

    # Decisions

    def decide(self, act: Any) -> None:
        """Carry a decision out and keep what it changed."""
        before, last = decided(), Decision.objects.count()
        try:
            with transaction.atomic():
                act()
        except curating.Unsuitable:
            assert decided() == before
            assert Decision.objects.count() == last
            return
        effect = changes(before, decided())
        if Decision.objects.count() > last:
            self.effects[Decision.objects.latest("pk").pk] = effect
        else:
            assert effect == {}

    def choose(self, data: st.DataObject, rows: Any) -> Any:
        return data.draw(st.sampled_from(list(rows.order_by("pk"))))

    @staticmethod
    def events(**fields: Any) -> Any:
        return Event.objects.filter(merged_into=None, **fields)

    @precondition(lambda self: self.events().exists())
    @rule(data=st.data(), verdict=st.sampled_from(Review.values))
    def review(self, data: st.DataObject, verdict: str) -> None:
        event = self.choose(data, Event.objects)
        self.decide(lambda: curating.review([event], Review(verdict), by=self.user))
        event.refresh_from_db()
        assert event.review == verdict or event.merged_into_id

    @precondition(lambda self: self.events().exists())
    @rule(
        data=st.data(),
        values=st.fixed_dictionaries(
            {},
            optional={
                "kind": st.sampled_from(KINDS),
                "date": st.sampled_from(["2019", "2020-08-09", ""]),
                "title": st.sampled_from(["Set by hand", "Set again"]),
                "country": st.sampled_from(["BY", "CL", ""]),
                "summary": st.sampled_from(["In our words.", ""]),
            },
        ),
    )
    def correct(self, data: st.DataObject, values: dict[str, str]) -> None:
        event = self.choose(data, self.events())
        self.decide(lambda: curating.correct(event, values, by=self.user))
        event.refresh_from_db()
        assert {name: str(getattr(event, name)) for name in values} == values

    @precondition(lambda self: self.events().exists() and Actor.objects.exists())
    @rule(data=st.data())
    def correct_who(self, data: st.DataObject) -> None:
        event, actor = self.choose(data, self.events()), self.choose(data, Actor.objects)
        self.decide(lambda: curating.correct(event, {}, parts=[(actor, "target")], by=self.user))

    @precondition(lambda self: self.events().exclude(locked_fields=[]).exists())
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        event = self.choose(data, self.events().exclude(locked_fields=[]))
        field = data.draw(st.sampled_from(event.locked_fields))
        self.decide(lambda: curating.give_back(event, [field], by=self.user))

    @precondition(lambda self: self.events().count() > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        target, other = self.choose(data, Event.objects), self.choose(data, Event.objects)
        self.decide(lambda: curating.merge(target, [other], by=self.user))

    @precondition(lambda _: Mention.objects.exists())
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        mention = self.choose(data, Mention.objects)
        self.decide(lambda: curating.split(mention.event, [mention], by=self.user))

    @precondition(lambda _: Mention.objects.exists())
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        mention, event = self.choose(data, Mention.objects), self.choose(data, Event.objects)
        self.decide(lambda: curating.move(mention, event, by=self.user))

    @precondition(lambda _: Actor.objects.count() > 1)
    @rule(data=st.data())
    def merge_actors(self, data: st.DataObject) -> None:
        target, other = self.choose(data, Actor.objects), self.choose(data, Actor.objects)
        self.decide(lambda: curating.merge_actors(target, [other], by=self.user))

    @precondition(lambda self: self.effects)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        decision = Decision.objects.get(pk=data.draw(st.sampled_from(sorted(self.effects))))
        before = decided()
        self.decide(lambda: curating.undo(decision, by=self.user))
        undone = Decision.objects.filter(undoes=decision).first()
        if not undone or undone != Decision.objects.latest("pk"):
            return
        now = decided()
        for key, states in self.effects[decision.pk].items():
            was, became = (by_roots(key, state) for state in states)
            if key[0] == "confirmed":
                continue  # what it said may have been corrected since, by other decisions
            if key[0] == "passage" and not Mention.objects.filter(pk=key[1]).exists():
                continue
            if became != before.get(key):
                assert now.get(key) == before.get(key), ("a later decision was overridden", key)
            elif key[0] == "review" and was is None and became is not None:
                assert now.get(key) in (None, Review.REJECTED), key  # what was made is rejected, not deleted
            else:
                assert now.get(key) == was, (key, was, became, now.get(key))

    @precondition(lambda _: Version.objects.filter(table=Table.EVENT, after__isnull=False).exists())
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        version = self.choose(data, Version.objects.filter(table=Table.EVENT, after__isnull=False))
        event = Event.objects.filter(pk=version.row).first()
        if event:
            self.decide(lambda: curating.restore(event, version, by=self.user))

    # What holds at any time

    @invariant()
    def passages_are_true(self) -> None:
        for mention in Mention.objects.select_related("source"):
            assert mention.source.text[mention.start : mention.end] == mention.quote

    @invariant()
    def merged_events_lead_on(self) -> None:
        for event in Event.objects.exclude(merged_into=None):
            assert event.review == Review.REJECTED
            assert event.root.merged_into_id is None
        for mention in Mention.objects.exclude(merged_from=None).filter(placed_by_hand=False):
            assert mention.event.root == mention.merged_from.root

    @invariant()
    def merged_actors_take_no_part(self) -> None:
        assert not Actor.objects.exclude(merged_into=None).filter(participations__isnull=False).exists()

    @invariant()
    def one_text_a_path_is_current(self) -> None:
        assert Source.objects.current().count() == len(self.stored)

    @invariant()
    def loads_are_the_machines(self) -> None:
        for decision in Decision.objects.all():
            assert (decision.by is None) == decision.is_machine == (decision.pk not in self.effects)


@pytest.mark.django_db
def test_no_load_loses_a_decision_and_an_undo_takes_back_just_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "VERSION", "toy 0")
    monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)
    monkeypatch.setattr(workers.extraction, "extract", toy.extract)
    run_state_machine_as_test(
        Newsroom,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
