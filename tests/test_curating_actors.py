"""Decisions on actors: what a curator makes of names holds at every load, and can be taken back."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from tests import toy
from tests.factories import make_actor, make_event, make_participation
from timeline import curating, documents, extraction
from timeline.history import states
from timeline.loading import load
from timeline.models import Actor, Decision, Event, Review, Version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def toy_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "extract", toy.extract)
    monkeypatch.setattr(extraction, "extract_many", toy.extract_many)


@pytest.fixture
def by() -> User:
    return User.objects.create(username="curator")


def article(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.txt").write_text(f"date 2020-08-10 {name}\n\n" + "\n".join(lines) + "\n")
    reload(folder)


def reload(folder: Path) -> None:
    list(load(documents.read([folder])))


def line(actor: str, day: int = 9, words: str = "Many marched.") -> str:
    return f"[protest 2020-08-{day:02} occurred BY {actor}] {words}"


def who(event: Event) -> list[str]:
    return sorted(str(part.actor) for part in event.participations.select_related("actor"))


def standing() -> list[str]:
    return sorted(str(actor) for actor in Actor.objects.filter(merged_into=None))


def everything() -> Any:
    """All that decisions change, as it stands."""
    return (
        states(Version.Table.ACTOR, list(Actor.objects.values_list("pk", flat=True))),
        states(Version.Table.EVENT, list(Event.objects.values_list("pk", flat=True))),
    )


def last() -> Decision:
    return Decision.objects.order_by("-pk")[0]


class TestAMerge:
    @pytest.fixture
    def union(self, tmp_path: Path) -> Event:
        article(tmp_path, "One", line("A. Union"))
        article(tmp_path, "Two", line("Union of Examples", 20))
        return Event.objects.get(date="2020-08-09")

    def merged(self, by: User) -> tuple[Actor, Actor]:
        target, other = Actor.objects.get(name="Union of Examples"), Actor.objects.get(name="A. Union")
        curating.merge_actors(target, [other], by=by, reason="The same")
        target.refresh_from_db()
        other.refresh_from_db()
        return target, other

    def test_makes_one_of_two(self, union: Event, by: User) -> None:
        target, other = self.merged(by)
        assert (target.aliases, other.merged_into, other.root) == (["A. Union"], target, target)
        assert who(union) == ["Union of Examples"]
        assert standing() == ["Union of Examples"]
        assert (last().action, last().reason, last().who) == ("merged", "The same", "curator")

    @pytest.mark.usefixtures("union")
    def test_survives_the_same_text(self, by: User, tmp_path: Path) -> None:
        self.merged(by)
        before = everything()
        reload(tmp_path)
        assert everything() == before

    @pytest.mark.usefixtures("union")
    def test_survives_a_changed_text(self, by: User, tmp_path: Path) -> None:
        self.merged(by)
        article(tmp_path, "One", line("A. Union"), line("A. Union", 25, "They marched again."))
        assert Actor.objects.count() == 2
        assert [who(event) for event in Event.objects.all()] == [["Union of Examples"]] * 3

    def test_survives_another_extractor(
        self, union: Event, by: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.merged(by)
        monkeypatch.setattr(extraction, "VERSION", "next")
        reload(tmp_path)
        assert standing() == who(union) == ["Union of Examples"]
        assert Actor.objects.count() == 2

    @pytest.mark.usefixtures("union")
    def test_is_undone(self, by: User) -> None:
        before = everything()
        self.merged(by)
        curating.undo(last(), by=by)
        assert everything() == before

    def test_its_undo_finds_what_has_come_since(self, union: Event, by: User, tmp_path: Path) -> None:
        self.merged(by)
        merge = last()
        article(tmp_path, "Three", line("A. Union", 28))
        new = Event.objects.get(date="2020-08-28")
        assert who(new) == ["Union of Examples"]
        curating.undo(merge, by=by)
        assert who(new) == ["A. Union"]
        curating.undo(last(), by=by)
        assert who(new) == who(union) == ["Union of Examples"]

    @pytest.mark.usefixtures("union")
    def test_undone_and_done_again_it_takes_along_what_came_in_between(
        self, by: User, tmp_path: Path
    ) -> None:
        self.merged(by)
        undone = curating.undo(last(), by=by)
        article(tmp_path, "Three", line("A. Union", 28))
        new = Event.objects.get(date="2020-08-28")
        curating.correct(new, {}, parts=[(Actor.objects.get(name="A. Union"), "target")], by=by)
        curating.undo(undone, by=by)
        assert who(new) == ["Union of Examples"]
        assert standing() == ["Union of Examples"]

    def test_in_an_event_that_both_took_part_in(self, by: User) -> None:
        event = make_event(locked_fields=["participants"])
        one, other = make_actor(name="One"), make_actor(name="Other")
        for actor, role in ((one, "initiator"), (other, "initiator"), (other, "target")):
            make_participation(event, actor, role)
        before = everything()
        curating.merge_actors(one, [other], by=by)
        parts = [(part.actor.name, part.role) for part in event.participations.all()]
        assert sorted(parts) == [("One", "initiator"), ("One", "target")]
        curating.undo(last(), by=by)
        assert everything() == before

    def test_locked_participants_go_along_and_come_back(self, union: Event, by: User, tmp_path: Path) -> None:
        curating.correct(union, {}, parts=[(Actor.objects.get(name="A. Union"), "target")], by=by)
        self.merged(by)
        merge = last()
        reload(tmp_path)
        assert who(union) == ["Union of Examples"]
        curating.undo(merge, by=by)
        assert who(union) == ["A. Union"]

    def test_whoever_has_an_event_open_is_told(self, union: Event, by: User) -> None:
        seen = curating.token(union)
        self.merged(by)
        with pytest.raises(curating.Conflict):
            curating.correct(union, {"title": "x"}, by=by, seen=seen)

    def test_whoever_has_an_event_open_that_both_took_part_in_is_told(self, by: User) -> None:
        event, one, other = make_event(), make_actor(), make_actor()
        make_participation(event, one)
        make_participation(event, other)
        curating.merge_actors(one, [other], by=by)
        with pytest.raises(curating.Conflict):
            curating.review([event], Review.CONFIRMED, by=by, seen={event.pk: curating.token(event)})

    def test_a_version_from_before_says_the_same_of_who_takes_part(self, by: User) -> None:
        event, one, other = make_event(), make_actor(), make_actor()
        make_participation(event, other)
        curating.correct(event, {"summary": "In short"}, by=by)
        version = Version.objects.get()
        curating.merge_actors(one, [other], by=by)
        event = curating.restore(event, version, by=by)
        assert event.locked_fields == []
        assert [part.actor for part in event.participations.all()] == [one]

    def test_names_in_their_own_countries(self, by: User) -> None:
        target, other = make_actor(name="police", country="BY"), make_actor(name="police", country="TR")
        curating.merge_actors(target, [other], by=by)
        target.refresh_from_db()
        assert target.aliases == []
        other.refresh_from_db()
        assert other.root == target

    @pytest.mark.parametrize("chosen", [[], [0], [1, 1], [2]], ids=["none", "itself", "twice", "merged away"])
    def test_of_what_cant_be_merged_is_refused(self, chosen: list[int], by: User) -> None:
        actors = [make_actor(), make_actor()]
        actors.append(make_actor(merged_into=actors[1]))
        before = everything()
        with pytest.raises(curating.Unsuitable):
            curating.merge_actors(actors[0], [actors[number] for number in chosen], by=by)
        with pytest.raises(curating.Unsuitable):
            curating.preview_merge_actors(actors[0], [actors[number] for number in chosen])
        assert everything() == before

    def test_of_what_somebody_changed_meanwhile_is_refused(self, by: User) -> None:
        one, other = make_actor(), make_actor()
        seen = {other.pk: curating.actor_token(other)}
        curating.correct_actor(other, {"kind": "state"}, by=by)
        with pytest.raises(curating.Conflict, match=r"You changed .* \(corrected\)"):
            curating.merge_actors(one, [other], by=by, seen=seen)
        seen = {other.pk: curating.actor_token(other)}
        assert curating.merge_actors(one, [other], by=by, seen=seen) == one

    def test_is_shown_before_it_is_done(self, by: User) -> None:
        one, other = make_actor(name="One", kind=""), make_actor(name="Other", wikidata="Q42", aliases=["O."])
        events = [make_event(), make_event()]
        for event in events:
            make_participation(event, other)
        make_participation(events[0], one)
        before = everything()
        shown = curating.preview_merge_actors(one, [other])
        assert everything() == before
        done = curating.merge_actors(one, [other], by=by)
        for name in ("aliases", "kind", "wikidata"):
            assert getattr(shown.actor, name) == getattr(done, name)
        assert (done.aliases, shown.events) == (["Other", "O."], 2)


class TestAChain:
    def chain(self, by: User) -> tuple[list[Actor], list[Decision]]:
        actors = [make_actor(name=name) for name in "ABC"]
        for actor in actors:
            make_participation(make_event(), actor)
        merges = []
        for one, into in ((0, 1), (1, 2)):
            curating.merge_actors(actors[into], [actors[one]], by=by)
            merges.append(last())
        return actors, merges

    def test_leads_to_its_end(self, by: User, tmp_path: Path) -> None:
        actors, _ = self.chain(by)
        article(tmp_path, "One", line("A", 28))
        assert Actor.objects.get(name="A").root == actors[2]
        assert Actor.objects.count() == 3
        assert Event.objects.filter(participations__actor=actors[2]).count() == 4

    def test_is_undone_from_its_end(self, by: User) -> None:
        actors, merges = self.chain(by)
        with pytest.raises(curating.Unsuitable, match="A later decision builds on it"):
            curating.undo(merges[0], by=by)
        for merge in reversed(merges):
            curating.undo(merge, by=by)
        assert standing() == ["A", "B", "C"]
        assert [actor.participations.count() for actor in actors] == [1, 1, 1]

    def test_two_merged_into_one_are_undone_in_any_order(self, by: User) -> None:
        target, one, other = make_actor(name="T"), make_actor(name="1"), make_actor(name="2")
        merges = []
        for actor in (one, other):
            curating.merge_actors(target, [actor], by=by)
            merges.append(last())
        for merge, names, left in zip(merges, (["1", "T"], ["1", "2", "T"]), (["2"], []), strict=True):
            curating.undo(merge, by=by)
            target.refresh_from_db()
            assert (standing(), target.aliases) == (names, left)

    def test_a_name_stays_as_long_as_one_brings_it_along(self, by: User) -> None:
        target, one, other = make_actor(name="T"), make_actor(name="1"), make_actor(name="2", aliases=["1"])
        curating.merge_actors(target, [one], by=by)
        first = last()
        curating.merge_actors(target, [other], by=by)
        curating.undo(first, by=by)
        target.refresh_from_db()
        assert set(target.aliases) == {"1", "2"}


class TestACorrection:
    def test_of_the_name_holds_at_every_load(self, by: User, tmp_path: Path) -> None:
        article(tmp_path, "One", line("A. Union"))
        actor = Actor.objects.get()
        curating.correct_actor(actor, {"name": "Union of Examples", "country": "BY"}, by=by, reason="Fuller")
        article(tmp_path, "Two", line("A. Union", 20))
        assert standing() == ["Union of Examples (Belarus)"]
        assert [who(event) for event in Event.objects.all()] == [["Union of Examples (Belarus)"]] * 2
        actor.refresh_from_db()
        assert actor.aliases == ["A. Union"]

    def test_of_the_country_holds_for_the_old_one_too(self, by: User) -> None:
        actor = make_actor(name="police", country="TR")
        curating.correct_actor(actor, {"country": "BY"}, by=by)
        assert Actor.objects.get(name="police", country="TR").root == actor
        actor.refresh_from_db()
        assert actor.aliases == []

    def test_is_undone_and_done_again(self, by: User) -> None:
        actor = make_actor(name="A")
        before = everything()
        curating.correct_actor(actor, {"name": "B", "aliases": ["C"]}, by=by)
        after = everything()
        undone = curating.undo(last(), by=by)
        assert everything() == before
        curating.undo(undone, by=by)
        assert everything() == after

    def test_of_a_name_and_back(self, by: User) -> None:
        actor = make_actor(name="A")
        curating.correct_actor(actor, {"name": "B"}, by=by)
        there = everything()
        curating.correct_actor(actor, {"name": "A"}, by=by)
        assert Actor.objects.get(name="A") == actor
        assert Actor.objects.get(name="B").root == actor
        assert Actor.objects.count() == 2
        curating.undo(last(), by=by)
        assert everything() == there

    def test_to_the_name_of_one_that_was_merged_into_it(self, by: User) -> None:
        actor, other = make_actor(name="A"), make_actor(name="B")
        third = make_actor(name="C", merged_into=other)
        curating.merge_actors(actor, [other], by=by)
        merge = last()
        curating.correct_actor(actor, {"name": "B"}, by=by)
        third.refresh_from_db()
        assert third.merged_into == actor
        with pytest.raises(curating.Unsuitable, match="later decision"):
            curating.undo(merge, by=by)
        curating.undo(last(), by=by)
        curating.undo(merge, by=by)
        assert standing() == ["A", "B"]
        third.refresh_from_db()
        assert third.merged_into == other

    def test_to_anothers_name_is_refused(self, by: User) -> None:
        actor, _ = make_actor(name="A"), make_actor(name="B")
        with pytest.raises(ValidationError):
            curating.correct_actor(actor, {"name": "B"}, by=by)
        assert not Decision.objects.exists()

    @pytest.mark.parametrize("value", ["42", "Q0", "q42", "Q42 ", "Q42\n", "<b>"])
    def test_to_what_is_no_id_is_refused(self, value: str, by: User) -> None:
        with pytest.raises(ValidationError, match="such as Q42"):
            curating.correct_actor(make_actor(), {"wikidata": value}, by=by)

    def test_of_one_merged_away_is_refused(self, by: User) -> None:
        away = make_actor(merged_into=make_actor())
        with pytest.raises(curating.Unsuitable, match="was merged into"):
            curating.correct_actor(away, {"kind": "state"}, by=by)

    def test_over_what_another_has_written_is_refused(self, by: User) -> None:
        actor = make_actor()
        seen = curating.actor_token(actor)
        curating.correct_actor(actor, {"kind": "state"}, by=by, seen=seen)
        with pytest.raises(curating.Conflict):
            curating.correct_actor(actor, {"kind": "group"}, by=by, seen=seen)


class TestAnActorMadeByHand:
    def test_goes_with_the_undo(self, by: User) -> None:
        curating.add_actor(Actor(name="A", aliases=["A", "B", "B"]), by=by)
        assert Actor.objects.get().aliases == ["B"]
        curating.undo(last(), by=by)
        assert not Actor.objects.exists()

    def test_stays_once_it_takes_part(self, by: User) -> None:
        actor = curating.add_actor(Actor(name="A"), by=by)
        make_participation(make_event(), actor)
        with pytest.raises(curating.Unsuitable, match="takes part in events by now"):
            curating.undo(last(), by=by)
        assert Actor.objects.get() == actor
