"""Decisions on events and their passages."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from timeline.curating.holding import Conflict, Unsuitable, hold, standing
from timeline.history import Recording, recording
from timeline.models import Actor, Decision, Event, Mention, Participation, Review
from timeline.resolving import differing, reading, refresh, refresh_all

Action = Decision.Action
Part = tuple[Actor, str]  # and the role
VERDICTS = {
    Review.CONFIRMED: Action.CONFIRMED,
    Review.REJECTED: Action.REJECTED,
    Review.UNREVIEWED: Action.REOPENED,
}


def review(
    events: Sequence[Event],
    verdict: Review,
    *,
    by: User,
    reason: str = "",
    seen: Mapping[int, str] | None = None,
) -> list[Event]:
    """Confirm or reject events, or put them back; those that it changed. Merged ones are passed over."""
    with recording(VERDICTS[verdict], by=by, reason=reason) as record:
        changed = [
            event
            for event in hold(events, seen, by=by)
            if event.review != verdict and not event.merged_into_id
        ]
        record.watch(*changed)
        now = timezone.now()
        for event in changed:
            event.review, event.updated_at = verdict, now
        keys = [event.pk for event in changed]
        Event.objects.filter(pk__in=keys).update(review=verdict, updated_at=now)
        refresh_all([event.pk for event in changed if event.has_news])
    return changed


def correct(
    event: Event,
    values: Mapping[str, Any],
    *,
    by: User,
    reason: str = "",
    parts: Collection[Part] | None = None,
    unlock: Collection[str] = (),
    verdict: Review | None = None,
    seen: str | None = None,
) -> Event:
    """Set fields by hand, and lock them; the event as it is then.

    `values` has fields of Event.READ_FIELDS, and `summary`; what is in it is locked, whatever it was before.
    `parts` are all who take part, None to leave them. Locks of other fields in `unlock` are taken off, and
    `verdict` is the review. The values are checked: ValidationError by field.
    """
    action = Action.CORRECTED
    if not values and parts is None and (unlock or verdict is not None):
        action = VERDICTS[verdict] if verdict is not None else Action.UNLOCKED
    with recording(action, by=by, reason=reason) as record:
        (event,) = hold([event], {event.pk: seen} if seen else None, by=by)
        standing(event)
        record.watch(event)
        event.locked_fields = [name for name in event.locked_fields if name not in unlock]
        for name, value in values.items():
            setattr(event, name, value)
        if verdict is not None:
            event.review = verdict
        event.lock([*values, *(["participants"] if parts is not None else [])])
        event.full_clean(exclude=["merged_into"])
        event.save()
        if parts is not None:
            set_parts(event, parts)
        refresh(event, unlock)
    event.refresh_from_db()
    return event


def set_parts(event: Event, parts: Collection[Part]) -> None:
    """Make these all who take part."""
    wanted = {(actor.root.pk, role) for actor, role in parts}
    present = {(part.actor_id, part.role): part.pk for part in event.participations.all()}
    Participation.objects.filter(pk__in=[pk for key, pk in present.items() if key not in wanted]).delete()
    Participation.objects.bulk_create(
        Participation(event=event, actor_id=actor, role=role)
        for actor, role in sorted(wanted - present.keys())
    )


def give_back(
    event: Event, fields: Iterable[str], *, by: User, reason: str = "", seen: str | None = None
) -> Event:
    """Take locks off: the machine reads these fields from the passages again, now and at every load."""
    return correct(event, {}, unlock=set(fields), by=by, reason=reason, seen=seen)


def keep(event: Event, *, by: User, reason: str = "", seen: str | None = None) -> Event:
    """Lock what the machine now reads otherwise in a confirmed event: it stays as it was confirmed."""
    with transaction.atomic():
        (event,) = hold([event], {event.pk: seen} if seen else None, by=by)
        fields = reading(event.mentions.select_related("source").defer("source__text"))
        names = differing(event, fields) - set(event.locked_fields) if fields else set()
        values = {name: getattr(event, name) for name in names if name != "participants"}
        parts = None
        if "participants" in names:
            parts = [(part.actor, part.role) for part in event.participations.select_related("actor")]
        return correct(event, values, parts=parts, by=by, reason=reason)


def add(event: Event, *, by: User, parts: Collection[Part] = (), reason: str = "") -> Event:
    """Store an event made by hand, all of its fields locked. ValidationError by field."""
    with recording(Action.ADDED, by=by, reason=reason) as record:
        event.lock(Event.READ_FIELDS)
        event.full_clean(exclude=["merged_into"])
        event.save()
        set_parts(event, parts)
        refresh(event)
        record.made(event)
    event.refresh_from_db()
    return event


# Merge


def merge(
    target: Event,
    others: Sequence[Event],
    *,
    by: User,
    reason: str = "",
    seen: Mapping[int, str] | None = None,
) -> Event:
    """Make one event of several; `target` as it is then.

    The others' passages become the target's. A target that is confirmed stays as it is. One that isn't takes
    what was set by hand in the others where it isn't in itself, and all of one that is confirmed, with the
    confirmation. They themselves stay, seen by no reader: their addresses lead to the target, articles that
    tell of them tell of it at every load, and `undo` brings them back.
    """
    with recording(Action.MERGED, by=by, reason=reason) as record:
        return _merge(record, target, others, seen)


def _merge(
    record: Recording, target: Event, others: Sequence[Event], seen: Mapping[int, str] | None
) -> Event:
    target, *others = hold([target, *others], seen, by=record.by)
    if not others or target in others:
        raise Unsuitable("Choose at least two events to make one of.")
    for event in (target, *others):
        standing(event)
    if target.review == Review.REJECTED:
        raise Unsuitable(f"“{target.title}” is rejected: merge it into the other, or put it back first.")
    moving = Mention.objects.filter(event__in=others)
    record.watch(target, *others, *moving.only("pk"))
    for other in others:
        _take_over(target, other)
        held = set(target.mentions.order_by().values_list("source_id", "start", "end"))
        mine = other.mentions.order_by().values_list("pk", "source_id", "start", "end")
        keys = [pk for pk, *place in mine if tuple(place) not in held]
        Mention.objects.filter(pk__in=keys, merged_from=None).update(merged_from=other)
        Mention.objects.filter(pk__in=keys).update(event=target)
        other.review, other.merged_into = Review.REJECTED, target
        other.save(update_fields=["review", "merged_into", "updated_at"])
    target.save()
    refresh(target)
    target.refresh_from_db()
    return target


def _take_over(target: Event, other: Event) -> None:
    """What a curator has decided about the other holds for the target, unless it was decided there too."""
    taken: set[str] = set()
    if target.review == Review.UNREVIEWED:
        taken = set(other.locked_fields)
        if other.review == Review.CONFIRMED:
            target.review, taken = Review.CONFIRMED, set(Event.READ_FIELDS)
    for name in taken - set(target.locked_fields):
        if name == "participants":
            parts = other.participations.select_related("actor")
            set_parts(target, [(part.actor, part.role) for part in parts])
        else:
            setattr(target, name, getattr(other, name))
    target.lock(taken & set(other.locked_fields))
    if other.summary and other.summary not in target.summary:
        target.summary = "\n\n".join(filter(None, [target.summary, other.summary]))


@dataclass(frozen=True)
class Preview:
    """An event as a decision would make it: its fields, who takes part, and its passages."""

    event: Event
    parts: list[Participation]
    mentions: list[Mention]


@contextmanager
def _tried() -> Iterator[None]:
    """What is done inside is done to be looked at: nothing of it stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _seen(event: Event) -> Preview:
    event.refresh_from_db()
    parts = list(event.participations.select_related("actor"))
    mentions = event.mentions.standing_by().select_related("source").defer("source__text")
    return Preview(event, parts, list(mentions))


def preview_merge(target: Event, others: Sequence[Event]) -> Preview:
    """What `merge` would make of them. Raises what `merge` raises."""
    with _tried():
        return _seen(_merge(Recording(), target, others, None))


# Split and move


def split(
    event: Event,
    mentions: Sequence[Mention],
    *,
    by: User,
    reason: str = "",
    seen: str | None = None,
) -> Event:
    """Take passages out of an event, to tell of an event of their own; the new one.

    Its fields are read from the passages. No load moves them back.
    """
    with recording(Action.SPLIT, by=by, reason=reason) as record:
        return _split(record, event, mentions, seen)


def _split(record: Recording, event: Event, mentions: Sequence[Mention], seen: str | None) -> Event:
    (event,) = hold([event], {event.pk: seen} if seen else None, by=record.by)
    standing(event)
    here = {mention.pk: mention for mention in event.mentions.standing_by()}
    chosen = [here[mention.pk] for mention in mentions if mention.pk in here]
    if not chosen or len(chosen) < len(mentions):
        raise Unsuitable("Choose passages that tell of this event now.")
    if len(chosen) == len(here):
        raise Unsuitable("At least one passage has to stay: without any there is nothing to split.")
    record.watch(event, *chosen)
    new = _made_from(chosen[0])
    record.made(new)
    _place(chosen, new)
    _resolve(event, new)
    new.refresh_from_db()
    return new


def preview_split(event: Event, mentions: Sequence[Mention]) -> tuple[Preview, Preview]:
    """What `split` would leave of the event, and the new one. Raises what `split` raises."""
    with _tried():
        new = _split(Recording(), event, mentions, None)
        return _seen(Event.objects.get(pk=event.pk)), _seen(new)


def move(
    mentions: Mention | Sequence[Mention],
    to: Event,
    *,
    by: User,
    reason: str = "",
    seen: Mapping[int, str] | None = None,
) -> Event:
    """Put passages of one event with another, where no load moves them from; the event that they left.

    One that is left with none is rejected, unless a curator has decided something about it.
    """
    with recording(Action.MOVED, by=by, reason=reason) as record:
        return _move(record, mentions, to, seen)


def _move(
    record: Recording, mentions: Mention | Sequence[Mention], to: Event, seen: Mapping[int, str] | None
) -> Event:
    keys = [mention.pk for mention in ([mentions] if isinstance(mentions, Mention) else mentions)]
    moved = Mention.objects.standing_by().filter(pk__in=keys).select_related("event")
    events = {mention.event_id: mention.event for mention in moved}
    if len(events) != 1 or len(moved) < len(set(keys)):
        raise Unsuitable("Choose passages that tell of one event now.")
    left, to = hold([*events.values(), to], seen, by=record.by)
    moved = moved.select_for_update(of=("self",))
    if any(mention.event_id != left.pk for mention in moved):
        raise Conflict("Somebody moved a passage of these at the same moment. Look again, and decide again.")
    if seen and left.pk not in seen and not left.merged_into_id:
        raise Conflict(
            f"Somebody put the passage with “{left.title}” while you had it open. Nothing of yours was "
            "stored. Look at it as it is now, and decide again."
        )
    if left == to:
        raise Unsuitable("The passage is with that event already.")
    standing(to)
    there = set(to.mentions.order_by().values_list("source_id", "start", "end"))
    if any((mention.source_id, mention.start, mention.end) in there for mention in moved):
        raise Unsuitable(f"“{to.title}” has this passage already.")
    record.watch(left, to, *moved)
    _place(list(moved), to)
    if not left.is_curated and not left.mentions.standing_by().exists():
        left.review = Review.REJECTED
        left.save(update_fields=["review", "updated_at"])
    _resolve(left, to)
    left.refresh_from_db()
    return left


def preview_move(mentions: Sequence[Mention], to: Event) -> tuple[Preview, Preview]:
    """What `move` would make of the event that is left and of the other. Raises what `move` raises."""
    with _tried():
        left = _move(Recording(), mentions, to, None)
        return _seen(left), _seen(Event.objects.get(pk=to.pk))


def _made_from(mention: Mention) -> Event:
    return Event.objects.create(
        kind=mention.kind,
        title=mention.title,
        date=mention.date,
        status=mention.status,
        disputed=mention.disputed,
        country=mention.country,
    )


def _place(mentions: Sequence[Mention], event: Event) -> None:
    Mention.objects.filter(pk__in=[mention.pk for mention in mentions]).update(
        event=event, placed_by_hand=True, merge_reason="", merged_from=None
    )


def _resolve(*events: Event) -> None:
    """Read the events' fields from the passages that they now have; whoever has one open is to be told."""
    for event in events:
        refresh(event)
        Event.objects.filter(pk=event.pk).update(updated_at=timezone.now())
