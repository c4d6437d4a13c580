"""An event's row resolved anew from the rows of its mentions.

The rules themselves are `extraction.resolution`'s; here rows become records, and what came out goes into the
fields that no curator has locked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

from django.utils import timezone

from timeline.doubts import certainty
from timeline.extraction import records, resolution
from timeline.models import Actor, Event, Mention, Participation, Review

AT_A_TIME = 500


def refresh(event: Event, given_back: Collection[str] = ()) -> bool:
    """Resolve the event from its current mentions and store it; say whether anything changed.

    Locked fields are left alone, and so is all of an event that was confirmed, but for what is `given_back`:
    where its passages say something else by now, that is noted in `has_news`. An event whose evidence is all
    gone stays as it is, and so does one that was merged into another. Needs a transaction: the row is held
    until its end, so that a curator's edit comes before or after, never in between.
    """
    return bool(refresh_all([event.pk], given_back))


def refresh_all(events: Collection[int], given_back: Collection[str] = ()) -> set[int]:
    """What `refresh` does, for the events with these keys; the keys of those that changed."""
    keys = sorted(events)
    changed: set[int] = set()
    for start in range(0, len(keys), AT_A_TIME):
        changed |= _refresh(keys[start : start + AT_A_TIME], given_back)
    return changed


def _refresh(keys: Sequence[int], given_back: Collection[str]) -> set[int]:
    held = Event.objects.select_for_update(no_key=True).filter(pk__in=keys, merged_into=None).order_by("pk")
    events = {event.pk: event for event in held}
    mentions: dict[int, list[Mention]] = {key: [] for key in events}
    for mention in Mention.objects.filter(event__in=events).select_related("source").defer("source__text"):
        mentions[mention.event_id].append(mention)
    read = {key: fields for key, told in mentions.items() if (fields := reading(told))}
    changed: set[int] = set()
    parts: dict[int, tuple[records.Participant, ...]] = {}
    for key, fields in read.items():
        free = _free(events[key], given_back)
        if _set(events[key], {name: value for name, value in columns(fields).items() if name in free}):
            changed.add(key)
        if "participants" in free:
            parts[key] = fields.participants
    others = _set_participants(parts) - changed
    _weigh(events, mentions, read, others)
    return changed | others


def weigh(keys: Collection[int]) -> None:
    """Store how certain these events are and whether there is news of them, and change nothing else."""
    events = Event.objects.in_bulk(list(keys))
    mentions: dict[int, list[Mention]] = {key: [] for key in events}
    for mention in Mention.objects.filter(event__in=events).select_related("source").defer("source__text"):
        mentions[mention.event_id].append(mention)
    read = {key: fields for key, told in mentions.items() if (fields := reading(told))}
    _weigh(events, mentions, read, set())


def _weigh(
    events: Mapping[int, Event],
    mentions: Mapping[int, Sequence[Mention]],
    read: Mapping[int, resolution.Resolved],
    others: Collection[int],
) -> None:
    """`others` are events of which only who takes part has changed."""
    writes: defaultdict[tuple[int, bool, bool], list[int]] = defaultdict(list)
    for key, event in events.items():
        points, news = certainty(event, mentions[key]), _has_news(event, read.get(key))
        if key in others or (event.certainty, event.has_news) != (points, news):
            writes[points, news, key in others].append(key)
    for (points, news, shown), some in writes.items():
        # Whoever has one open hasn't seen who takes part now; the rest is no change of the event.
        stamp = {"updated_at": timezone.now()} if shown else {}
        Event.objects.filter(pk__in=some).update(certainty=points, has_news=news, **stamp)


def _free(event: Event, given_back: Collection[str]) -> set[str]:
    """The fields that the machine may write."""
    unlocked = set(Event.READ_FIELDS) - set(event.locked_fields)
    return unlocked & set(given_back) if event.review == Review.CONFIRMED else unlocked


def _has_news(event: Event, fields: resolution.Resolved | None) -> bool:
    if fields is None or event.review != Review.CONFIRMED:
        return False
    return bool(differing(event, fields) - set(event.locked_fields))


def differing(event: Event, fields: resolution.Resolved) -> set[str]:
    """The fields of which the machine now reads something else than the event says."""
    names = {name for name, value in columns(fields).items() if getattr(event, name) != value}
    known = _known(fields.participants)
    read = {
        (actor.pk if (actor := known.get((p.name[:200], p.country))) else 0, p.role)
        for p in fields.participants
    }
    present = set(event.participations.order_by().values_list("actor_id", "role"))
    return names | {"participants"} if read != present else names


def reading(mentions: Iterable[Mention]) -> resolution.Resolved | None:
    """What the machine makes of an event's mentions, whatever is locked; None if none of them stands.

    The mentions come with their sources.
    """
    tellings: dict[int, list[Mention]] = defaultdict(list)
    for mention in mentions:
        if mention.standing == Mention.Standing.CURRENT:
            tellings[mention.source_id].append(mention)
    if not tellings:
        return None
    return resolution.resolve_across(
        [
            (rows[0].source.published, resolution.resolve([as_record(row) for row in rows]))
            for rows in tellings.values()
        ]
    )


def columns(fields: resolution.Resolved) -> dict[str, Any]:
    """What was resolved, as an event's columns hold it; all but the participants."""
    return {
        "kind": fields.kind,
        "title": fields.title[:300],
        "date": fields.date,
        "status": fields.status,
        "disputed": fields.disputed,
        "country": fields.country,
        "counts": [
            {"what": count.what, "minimum": count.minimum, "maximum": count.maximum}
            for count in fields.counts
        ],
    }


def _set(event: Event, values: dict[str, Any]) -> bool:
    different = [name for name, value in values.items() if getattr(event, name) != value]
    for name in different:
        setattr(event, name, values[name])
    if different:
        event.save(update_fields=[*different, "earliest", "latest", "updated_at"])
    return bool(different)


def _set_participants(told: Mapping[int, Iterable[records.Participant]]) -> set[int]:
    """Make these all who take part, by event; the keys of the events for which that changes something."""
    named: dict[tuple[str, str], records.Participant] = {}
    for participants in told.values():
        named = {(p.name, p.country): p for p in participants} | named
    actors = actors_for(named.values())
    present: defaultdict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for part in Participation.objects.filter(event__in=told).order_by("pk"):
        present[part.event_id][part.actor_id, part.role] = part.pk
    surplus: dict[int, int] = {}
    missing: list[Participation] = []
    for event, participants in told.items():
        wanted = {(actors[p.name, p.country].pk, p.role) for p in participants}
        surplus |= {pk: event for key, pk in present[event].items() if key not in wanted}
        missing += (
            Participation(event_id=event, actor_id=actor, role=role)
            for actor, role in sorted(wanted - present[event].keys())
        )
    if surplus:
        Participation.objects.filter(pk__in=surplus).delete()
    Participation.objects.bulk_create(missing)
    return {*surplus.values(), *(part.event_id for part in missing)}


def actors_for(participants: Iterable[records.Participant]) -> dict[tuple[str, str], Actor]:
    """The actors' rows by (name, country); the new are stored.

    An alias leads to the actor that has it, and one that was merged into another to that.
    """
    participants = list(participants)
    wanted = {(p.name[:200], p.country): p for p in participants}
    found = _known(wanted.values())
    for (name, country), participant in wanted.items():
        if (name, country) not in found:
            found[name, country], _ = Actor.objects.get_or_create(
                name=name, country=country, defaults={"kind": participant.kind}
            )
    return {(p.name, p.country): found[p.name[:200], p.country] for p in participants}


def _known(participants: Iterable[records.Participant]) -> dict[tuple[str, str], Actor]:
    """The rows that are there, by (name, country)."""
    wanted = {(p.name[:200], p.country) for p in participants}
    found = {
        (actor.name, str(actor.country.code or "")): actor.root
        for actor in Actor.objects.filter(name__in={name for name, _ in wanted}).select_related("merged_into")
    }
    unknown = wanted - found.keys()
    # JSON can't be searched for many names at once in SQLite, and few actors have an alias.
    named = Actor.objects.filter(merged_into=None).exclude(aliases=[])
    # Of several the last in this order stays: where no country is told, the actor without one.
    for actor in named.order_by("-country", "-pk") if unknown else []:
        for alias in actor.aliases:
            for country in {"", str(actor.country.code or "")}:
                if (alias[:200], country) in unknown:
                    found[alias[:200], country] = actor
    return found


def as_record(row: Mention) -> records.Mention:
    """A stored mention as the extractor's record of it."""
    return records.Mention(
        start=row.start,
        end=row.end,
        kind=cast("records.Kind", row.kind),
        title=row.title,
        date=row.date,
        status=cast("records.Status", row.status),
        disputed=row.disputed,
        country=str(row.country.code or ""),
        participants=tuple(
            records.Participant(**{**participant, "span": records.Span(*participant["span"])})
            for participant in row.participants
        ),
        counts=tuple(
            records.Count(**{**count, "span": records.Span(*count["span"])}) for count in row.counts
        ),
        cited=row.cited,
        spans={field: records.Span(*span) for field, span in row.spans.items()},
        rules=row.rules,
    )
