"""Decisions taken back, and events put back to what they were.

An undo changes what its decision changed and nothing else: where the machine has read something else since,
in what no curator has locked, that stays. Where a later decision of a curator builds on it, that has to be
undone first, and the message names it.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from typing import Any, TypeAlias

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from timeline.curating.actors import lock_actors, move_parts
from timeline.curating.holding import Unsuitable, hold, standing
from timeline.history import (
    READ,
    Recording,
    State,
    Table,
    decided,
    is_overridden,
    later_decisions,
    recording,
    state_of,
)
from timeline.models import Actor, Decision, Event, Mention, Participation, Review, Version
from timeline.resolving import refresh, refresh_all

Action = Decision.Action
Parts: TypeAlias = list[list[Any]]  # pairs of an actor's key and a role


def undo(decision: Decision, *, by: User, reason: str = "") -> Decision:
    """Take back a curator's decision, an undo included; the decision that does it. Raises Unsuitable."""
    if decision.is_machine:
        raise Unsuitable("What the machine has read can’t be undone. Correct it, and it stays corrected.")
    with transaction.atomic():
        decision = Decision.objects.select_for_update().get(pk=decision.pk)
        versions = list(decision.versions.all())
        keys = {table: [v.row for v in versions if v.table == table] for table in Table.values}
        lock_actors(keys[Table.ACTOR])
        events = hold(Event.objects.filter(pk__in={*keys[Table.EVENT], *_homes(versions)}))
        if Decision.objects.filter(undoes=decision).exists():
            raise Unsuitable("It has been undone already.")
        if later := next(later_decisions(decision), None):
            raise Unsuitable(
                f"A later decision builds on it: {later.get_action_display().lower()} by {later.who}, "
                f"{later.at:%-d %B %Y %H:%M}. Undo that first."
            )
        with recording(Action.UNDONE, by=by, reason=reason, undoes=decision) as record:
            record.watch_keys(*((v.table, v.row) for v in versions))
            _refuse_overridden(record, versions)
            _Undo(record, versions).carry_out(events)
        if record.decision is None:
            raise Unsuitable("There is nothing left of it to undo.")
    return record.decision


def _refuse_overridden(record: Recording, versions: Iterable[Version]) -> None:
    """Raise Unsuitable where what the decision set is no longer there: an undo may have changed it, too."""
    for version in versions:
        now = record.before.get((version.table, version.row))
        if now and is_overridden(version, now):
            raise Unsuitable(
                "What it changed has been changed again since. Its history shows by what; undo that first."
            )


def _homes(versions: Iterable[Version]) -> set[int]:
    """The events that passages leave or go back to; the decision may have changed none of their fields."""
    passages = [version for version in versions if version.table == Table.MENTION]
    told = {(version.before or version.after or {})["event_id"] for version in passages}
    now = Mention.objects.filter(pk__in=[version.row for version in passages])
    return told | set(now.order_by().values_list("event_id", flat=True))


class _Undo:
    """The versions of one decision, to be taken back."""

    def __init__(self, record: Recording, versions: Iterable[Version]) -> None:
        self.record = record
        self.of = {
            table: {v.row: v for v in versions if v.table == table and v.after is not None}
            for table in Table.values
        }
        self.deleted = [v for v in versions if v.after is None]
        self.parts: dict[int, tuple[Parts, Parts]] = {}  # who took part before, and after

    def carry_out(self, events: Iterable[Event]) -> None:
        self._actors()
        held = {event.pk: event for event in events}
        mentions = Mention.objects.filter(pk__in=self.of[Table.MENTION]).order_by("pk")
        for mention in mentions:
            self._mention(mention, self.of[Table.MENTION][mention.pk])
        verdicts = {key: standing(event) for key, event in held.items() if self._is_verdict(event)}
        self._verdicts(verdicts)
        for key, event in held.items():
            version = self.of[Table.EVENT].get(key)
            if version and key not in verdicts:
                self._event(event, version)
        _set_back(self.parts)
        refresh_all(held.keys() - verdicts.keys())
        Event.objects.filter(pk__in=held).update(updated_at=timezone.now())
        since = self._named_since(held)
        self.record.watch_keys(*((Table.EVENT, key) for key in since))
        refresh_all(since)

    def _verdicts(self, keys: Iterable[int]) -> None:
        """Put back the review of events of which nothing else was changed: of many in a few statements."""
        before: defaultdict[str, list[int]] = defaultdict(list)
        for key in keys:
            before[(self.of[Table.EVENT][key].before or {})["review"]].append(key)
        for review, some in before.items():
            Event.objects.filter(pk__in=some).update(review=review)

    def _actors(self) -> None:
        """Their rows; names are given free before others get them back."""
        rows = lock_actors(self.of[Table.ACTOR])
        made = [actor for actor in rows if self.of[Table.ACTOR][actor.pk].before is None]
        for actor in made:
            if actor.participations.exists() or actor.merged.exists():
                raise Unsuitable(f"{actor} takes part in events by now. Merge it into the one that it is.")
            actor.delete()
        kept = [actor for actor in rows if actor not in made]
        for actor in kept:
            self._actor(actor, self.of[Table.ACTOR][actor.pk])
        for version in self.deleted:
            if version.table == Table.ACTOR and version.before:
                Actor(pk=version.row, **version.before).save(force_insert=True)
        for actor in kept:
            if actor.merged_into_id and _was(self.of[Table.ACTOR][actor.pk], "merged_into_id"):
                # Where the undo of a merge is undone, what came in between goes along.
                move_parts(self.record, actor, actor.root)

    def _is_verdict(self, event: Event) -> bool:
        """Whether it was confirmed or rejected and nothing else: there is nothing to read anew, for many."""
        version = self.of[Table.EVENT].get(event.pk)
        if version is None or version.before is None or event.has_news:
            return False
        review = version.before["review"]
        return [name for name, _ in _changed(version)] == ["review"] and review != Review.CONFIRMED

    def _actor(self, actor: Actor, version: Version) -> None:
        before, after = version.before or {}, version.after or {}
        for name, value in _changed(version):
            if name == "aliases":
                added, taken = _apart(before[name], after[name])
                # A name stays as long as another that was merged into it brings it along.
                for other in actor.merged.exclude(pk__in=self.of[Table.ACTOR]):
                    added -= {other.name, *other.aliases}
                names = [one for one in actor.aliases if one not in added]
                actor.aliases = list(dict.fromkeys([*names, *(one for one in before[name] if one in taken)]))
            else:
                setattr(actor, name, value)
        actor.aliases = [one for one in actor.aliases if one != actor.name]
        actor.save()

    def _named_since(self, held: Container[int]) -> list[int]:
        """Events that have come since, of passages that name an actor which is no longer merged away."""
        events: set[int] = set()
        for actor in Actor.objects.filter(pk__in=self.of[Table.ACTOR], merged_into=None):
            into = (self.of[Table.ACTOR][actor.pk].after or {}).get("merged_into_id")
            if into is None:
                continue
            names = {actor.name, *actor.aliases}
            told = Mention.objects.filter(event__participations__actor=into).order_by()
            for event, participants in told.values_list("event_id", "participants").iterator():
                if event not in held and names & _names_in(participants):
                    events.add(event)
        return sorted(events)

    def _mention(self, mention: Mention, version: Version) -> None:
        if version.before is None:
            mention.standing = Mention.Standing.WITHDRAWN
        for name, value in _changed(version):
            if name == "standing" and mention.standing == Mention.Standing.GONE:
                continue  # no decision brings words back
            setattr(mention, name, value)
        mention.save()

    def _event(self, event: Event, version: Version) -> None:
        if version.before is None:
            self._unmake(event)
            event.save()
            return
        before, after = version.before, version.after or {}
        if before["merged_into_id"] == after["merged_into_id"]:
            standing(event)
        added, taken = _apart(before["locked_fields"], after["locked_fields"])
        stored = event.locked_fields
        event.locked_fields = sorted((set(stored) - added) | taken)
        own = decided(version)
        # What the machine read in consequence goes back as well, unless it is a curator's by now.
        machines = [
            name for name, _ in _changed(version) if name not in (*own, *event.locked_fields, "locked_fields")
        ]
        for name in (*own, *machines):
            if name != "participants":
                setattr(event, name, before[name])
            elif name in taken:
                # Locked again as they were, whatever a load has made of them since.
                self.parts[event.pk] = before[name], state_of(event)[name]
            else:
                self.parts[event.pk] = before[name], after[name]
        if event.review == Review.CONFIRMED != after["review"]:
            self._confirm_again(event, before)
        if {*own, *machines} - {"participants"} or event.locked_fields != stored:
            event.save()
        if before["merged_into_id"] != after["merged_into_id"]:
            self._rejoin(event, after["merged_into_id"], before["merged_into_id"])

    def _confirm_again(self, event: Event, before: State) -> None:
        """What was confirmed is what the event said then, whatever has been read since."""
        for name in set(Event.READ_FIELDS) - set(event.locked_fields):
            if name == "participants":
                self.parts[event.pk] = before[name], state_of(event)[name]
            else:
                setattr(event, name, before[name])

    def _unmake(self, event: Event) -> None:
        """Of an event that a split made, the passages that came to it since go to where the others go.

        One that was added stays, as the machine reads it, where a load has found other passages of it since.
        """
        of_split = [v for v in self.of[Table.MENTION].values() if (v.after or {}).get("event_id") == event.pk]
        origins = {v.before["event_id"] for v in of_split if v.before}
        if not origins and event.mentions.filter(standing=Mention.Standing.CURRENT).exists():
            event.review, event.locked_fields = Review.UNREVIEWED, []
            return
        event.review = Review.REJECTED
        if len(origins) == 1:
            origin = Event.objects.get(pk=origins.pop())
            self._hand_over(event.mentions.all(), origin, None)
            event.merged_into = origin

    def _rejoin(self, event: Event, parted: int | None, joined: int | None) -> None:
        """The passages that loads have added to the one event in the other's stead go with the rest."""
        if parted is not None:
            names = [event.pk]
            for name in names:  # what was merged into it before came along
                names += Event.objects.filter(merged_into=name).values_list("pk", flat=True)
            self._hand_over(Mention.objects.filter(event=parted, merged_from__in=names), event, event)
        if joined is not None:
            self._hand_over(event.mentions.all(), Event.objects.get(pk=joined), None, via=event)

    def _hand_over(
        self, mentions: Iterable[Mention], event: Event, back: Event | None, via: Event | None = None
    ) -> None:
        """Move passages to an event that hasn't them: `back` from a merge, or `via` the event merged away."""
        held = set(event.mentions.order_by().values_list("source_id", "start", "end"))
        for mention in mentions:
            if (mention.source_id, mention.start, mention.end) in held:
                continue
            self.record.watch(mention)
            mention.event = event
            if back and mention.merged_from_id == back.pk:
                mention.merged_from = None
            elif via and mention.merged_from_id is None:
                mention.merged_from = via
            mention.save()


def _changed(version: Version) -> list[tuple[str, Any]]:
    before, after = version.before or {}, version.after or {}
    return [(name, before[name]) for name in before if before[name] != after.get(name)]


def _names_in(participants: Iterable[Any]) -> set[str]:
    return {str(one.get("name", ""))[:200] for one in participants if isinstance(one, dict)}


def _was(version: Version, name: str) -> Any:
    return (version.before or {}).get(name)


def _apart(before: Iterable[Any], after: Iterable[Any]) -> tuple[set[Any], set[Any]]:
    """What was added, and what was taken away."""
    had, has = set(before), set(after)
    return has - had, had - has


def _set_back(changes: Mapping[int, tuple[Parts, Parts]]) -> None:
    """Undo changes of who takes part, by event (before, after), and leave what has changed since."""
    gone: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    back: list[tuple[int, int, str]] = []
    for event, (before, after) in changes.items():
        added, taken = _apart(map(tuple, before), map(tuple, after))
        for part in added:
            gone[part].append(event)
        back += ((event, *part) for part in sorted(taken))
    for (actor, role), events in gone.items():
        Participation.objects.filter(event__in=events, actor=actor, role=role).delete()
    roots = _roots(actor for _, actor, _ in back)
    Participation.objects.bulk_create(
        [
            Participation(event_id=event, actor_id=roots[actor], role=role)
            for event, actor, role in back
            if actor in roots
        ],
        ignore_conflicts=True,  # who takes part already
    )


def _roots(actors: Iterable[int]) -> dict[int, int]:
    """The keys of those that stand for them by now; what is not there any more is left out."""
    named = Actor.objects.filter(pk__in=set(actors)).select_related("merged_into")
    return {actor.pk: actor.root.pk for actor in named}


def restore(
    event: Event,
    version: Version,
    *,
    by: User,
    before: bool = False,
    reason: str = "",
    seen: str | None = None,
) -> Event:
    """Put an event's own fields back to what they were after a version, or before it; what changes is locked.

    Passages and merges are left as they are: those are undone, not restored.
    """
    state = version.before if before else version.after
    if version.table != Table.EVENT or version.row != event.pk or state is None:
        raise Unsuitable("That is no version of this event.")
    with recording(Action.RESTORED, by=by, reason=reason) as record:
        (event,) = hold([event], {event.pk: seen} if seen else None, by=by)
        standing(event)
        record.watch(event)
        _restore(event, state)
        refresh(event)
    event.refresh_from_db()
    return event


def _restore(event: Event, state: State) -> None:
    values = {name: state[name] for name in (*READ, "counts", "summary")}
    if state["merged_into_id"] is None:
        values["review"] = state["review"]
    different = [name for name, value in values.items() if getattr(event, name) != value]
    for name in different:
        setattr(event, name, values[name])
    present = {(part.actor_id, part.role) for part in event.participations.all()}
    roots = _roots(actor for actor, _ in state["participants"])
    wanted = {(roots[actor], role) for actor, role in state["participants"] if actor in roots}
    if present != wanted:
        different.append("participants")
        _set_back({event.pk: ([[*key] for key in wanted], [[*key] for key in present])})
    event.lock([*different, *state["locked_fields"]])
    event.save()
