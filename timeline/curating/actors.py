"""Decisions on actors: names that mean the same one lead to it, at every load."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from timeline.curating.holding import Unsuitable
from timeline.history import Recording, Table, recording
from timeline.models import Actor, Decision, Participation

Action = Decision.Action


def merge_actors(target: Actor, others: Sequence[Actor], *, by: User, reason: str = "") -> Actor:
    """Make one actor of several; `target` as it is then.

    What the others did it did. Their names become its aliases, and wherever an article has one, in whatever
    country theirs was, it means the target. Raises Unsuitable.
    """
    with recording(Action.MERGED, by=by, reason=reason) as record:
        keys = sorted({target.pk, *(other.pk for other in others)})
        held = {actor.pk: actor for actor in Actor.objects.select_for_update().filter(pk__in=keys)}
        if len(held) < 2 or len(keys) != len(others) + 1:
            raise Unsuitable("Choose at least two actors to make one of.")
        for actor in held.values():
            if actor.merged_into_id:
                raise Unsuitable(f"{actor} was merged into {actor.root} already.")
        target = held[target.pk]
        parts = Participation.objects.filter(actor__in=[other.pk for other in others])
        events = sorted(set(parts.order_by().values_list("event_id", flat=True)))
        record.watch(*held.values())
        record.watch_keys(*((Table.EVENT, key) for key in events))
        for other in (held[other.pk] for other in others):
            _take_over(target, other)
        target.save()
    return target


def _take_over(target: Actor, other: Actor) -> None:
    double = target.participations.order_by().values_list("event_id", "role")
    have = set(double)
    mine = list(other.participations.all())
    Participation.objects.filter(
        pk__in=[part.pk for part in mine if (part.event_id, part.role) in have]
    ).delete()
    other.participations.update(actor=target)
    names = dict.fromkeys([*target.aliases, other.name, *other.aliases])
    target.aliases = [name for name in names if name != target.name]
    target.kind = target.kind or other.kind
    target.wikidata = target.wikidata or other.wikidata
    other.merged_into = target
    other.save()


def link_actor(record: Recording, actor: Actor, name: str, country: str) -> None:
    """Let the name and country that an actor had before a change go on meaning it."""
    double, made = Actor.objects.get_or_create(
        name=name, country=country, defaults={"kind": actor.kind, "merged_into": actor}
    )
    if made:
        record.made(double)


def add_name(actor: Actor, name: str) -> None:
    """Keep a name that articles use for the actor among its aliases."""
    names = dict.fromkeys([*actor.aliases, name])
    actor.aliases = [one for one in names if one != actor.name]
