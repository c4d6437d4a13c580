"""Decisions on actors: names that mean the same one lead to it, at every load."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils import timezone

from timeline.curating.holding import Conflict, Unsuitable, who_changed
from timeline.history import Recording, Table, recording, states
from timeline.models import Actor, Decision, Event, Participation

Action = Decision.Action


def actor_token(actor: Actor) -> str:
    """What a page keeps of an actor, to find out later whether it is still the one that was shown."""
    state = states(Table.ACTOR, [actor.pk]).get(actor.pk)
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def hold_actors(
    actors: Iterable[Actor], seen: Mapping[int, str] | None = None, *, by: User | None = None
) -> list[Actor]:
    """The actors as they are now, in the order given, locked until the transaction ends. Raises Conflict.

    Whoever holds actors and events holds the actors first.
    """
    keys = [actor.pk for actor in actors]
    held = {one.pk: one for one in lock_actors(keys)}
    if any(key not in held for key in keys):
        raise Conflict("Somebody deleted this actor while you had it open.")
    for actor in held.values():
        if seen and actor.pk in seen and seen[actor.pk] != actor_token(actor):
            raise Conflict(who_changed(actor, by))
    return [held[key] for key in keys]


def lock_actors(keys: Iterable[int]) -> list[Actor]:
    """Those that are there, in the order of their keys. A load goes on naming them in events meanwhile."""
    return list(Actor.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def standing_actor(actor: Actor) -> Actor:
    """The actor itself; Unsuitable where it was merged into another."""
    if actor.merged_into_id:
        raise Unsuitable(f"{actor} was merged into {actor.root}. Undo the merge first, or work on that.")
    return actor


# One actor


def add_actor(actor: Actor, *, by: User, reason: str = "") -> Actor:
    """Store an actor made by hand. ValidationError by field."""
    with recording(Action.ADDED, by=by, reason=reason) as record:
        actor.aliases = _names_beside(actor.name, actor.aliases)
        actor.full_clean()
        actor.save()
        record.made(actor)
    return actor


def correct_actor(
    actor: Actor, values: Mapping[str, Any], *, by: User, reason: str = "", seen: str | None = None
) -> Actor:
    """Set fields of an actor; the actor as it is then. Raises Unsuitable, and ValidationError by field.

    The name and country that it had go on leading to it: articles still have them, and without that the next
    load would make the actor anew.
    """
    with recording(Action.CORRECTED, by=by, reason=reason) as record:
        (actor,) = hold_actors([actor], {actor.pk: seen} if seen else None, by=by)
        standing_actor(actor)
        record.watch(actor)
        former = _key(actor)
        for name, value in values.items():
            setattr(actor, name, value)
        now = _key(actor)
        names = [*actor.aliases, former[0]] if now[0] != former[0] else actor.aliases
        actor.aliases = _names_beside(actor.name, names)
        if now != former:
            _take_name(record, actor)
        actor.full_clean(exclude=["merged_into"])
        actor.save()
        if now != former:
            _link(record, actor, *former)
    return actor


def namesake(actor: Actor) -> Actor | None:
    """Another actor with its name and country, if it isn't one that leads to it anyway."""
    name, country = _key(actor)
    other = Actor.objects.filter(name=name, country=country).exclude(pk=actor.pk).first()
    return None if other is None or (actor.pk and other.merged_into_id == actor.pk) else other


def _link(record: Recording, actor: Actor, name: str, country: str) -> None:
    """Let the name and country that an actor had before a change go on meaning it."""
    double, made = Actor.objects.get_or_create(
        name=name, country=country, defaults={"kind": actor.kind, "merged_into": actor}
    )
    if made:
        record.made(double)


def _take_name(record: Recording, actor: Actor) -> None:
    """Make way where a row of the new name and country leads to the actor: it bears them itself now."""
    name, country = _key(actor)
    own = Actor.objects.filter(name=name, country=country, merged_into=actor).first()
    if own is None:
        return
    leading = list(own.merged.all())
    record.watch(own, *leading)
    for other in leading:
        other.merged_into = actor
        other.save(update_fields=["merged_into"])
    own.delete()


def _key(actor: Actor) -> tuple[str, str]:
    country = actor.country
    return actor.name, str(getattr(country, "code", country) or "")


def _names_beside(name: str, names: Iterable[str]) -> list[str]:
    return [one for one in dict.fromkeys(names) if one != name]


# Several


@dataclass(frozen=True)
class ActorPreview:
    """What a merge of actors would make: the one that stays, and in how many events it takes part."""

    actor: Actor
    events: int


def preview_merge_actors(target: Actor, others: Sequence[Actor]) -> ActorPreview:
    """What `merge_actors` would make of them; nothing is written. Raises Unsuitable."""
    _check(target, others)
    target = Actor.objects.get(pk=target.pk)
    for other in others:
        _take_names(target, other)
    parts = Participation.objects.filter(actor__in=[target.pk, *(other.pk for other in others)])
    return ActorPreview(target, parts.order_by().values("event").distinct().count())


def merge_actors(
    target: Actor,
    others: Sequence[Actor],
    *,
    by: User,
    reason: str = "",
    seen: Mapping[int, str] | None = None,
) -> Actor:
    """Make one actor of several; `target` as it is then.

    What the others did it did. Their names become its aliases, and wherever an article has one, in whatever
    country theirs was, it means the target. Raises Unsuitable.
    """
    with recording(Action.MERGED, by=by, reason=reason) as record:
        target, *others = hold_actors([target, *others], seen, by=by)
        _check(target, others)
        record.watch(target, *others)
        for other in others:
            _take_names(target, other)
            other.merged_into = target
            other.save()
            move_parts(record, other, target)
        target.save()
    return target


def move_parts(record: Recording, actor: Actor, to: Actor) -> None:
    """Let another actor have taken part in all that this one did; in each role once."""
    parts = actor.participations.order_by()
    told = Event.objects.filter(pk__in=parts.values("event"))
    held = told.select_for_update(no_key=True).order_by("pk")
    record.watch_keys(*((Table.EVENT, key) for key in held.values_list("pk", flat=True)))
    # Whoever has one of the events open is to be told.
    told.update(updated_at=timezone.now())
    same = Participation.objects.filter(actor=to, event=OuterRef("event"), role=OuterRef("role"))
    parts.filter(Exists(same)).delete()
    parts.update(actor=to)


def _check(target: Actor, others: Sequence[Actor]) -> None:
    keys = {target.pk, *(other.pk for other in others)}
    if not others or len(keys) != len(others) + 1:
        raise Unsuitable("Choose at least two actors to make one of.")
    for actor in (target, *others):
        if actor.merged_into_id:
            raise Unsuitable(f"{actor} was merged into {actor.root} already.")


def _take_names(target: Actor, other: Actor) -> None:
    target.aliases = _names_beside(target.name, [*target.aliases, other.name, *other.aliases])
    target.kind = target.kind or other.kind
    target.wikidata = target.wikidata or other.wikidata
