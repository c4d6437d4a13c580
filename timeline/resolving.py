"""An event's row resolved anew from the rows of its mentions.

The rules themselves are `extraction.resolution`'s; here rows become records, and what came out goes into the
fields that no curator has locked.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable
from typing import Any, cast

from django.utils import timezone

from timeline.doubts import certainty
from timeline.extraction import records, resolution
from timeline.models import Actor, Event, Mention, Participation, Review


def refresh(event: Event, given_back: Collection[str] = ()) -> bool:
    """Resolve the event from its current mentions and store it; say whether anything changed.

    Locked fields are left alone, and so is all of an event that was confirmed, but for what is `given_back`:
    where its passages say something else by now, that is noted in `has_news`. An event whose evidence is all
    gone stays as it is, and so does one that was merged into another. Needs a transaction: the row is held
    until its end, so that a curator's edit comes before or after, never in between.
    """
    event = Event.objects.select_for_update().get(pk=event.pk)
    if event.merged_into_id:
        return False
    mentions = list(event.mentions.select_related("source").defer("source__text"))
    fields = reading(mentions)
    unlocked = set(Event.READ_FIELDS) - set(event.locked_fields)
    free = unlocked & set(given_back) if event.review == Review.CONFIRMED else unlocked
    changed = _write(event, fields, free) if fields else False
    news = event.review == Review.CONFIRMED and bool(fields and unlocked & differing(event, fields))
    beside = {"certainty": certainty(event, mentions), "has_news": news}
    if any(getattr(event, name) != value for name, value in beside.items()):
        # It is no change of the event, which whoever has it open would have to be told of.
        Event.objects.filter(pk=event.pk).update(**beside)
    return changed


def _write(event: Event, fields: resolution.Resolved, free: Container[str]) -> bool:
    changed = _set(event, {name: value for name, value in columns(fields).items() if name in free})
    if "participants" in free and _set_participants(event, fields.participants):
        if not changed:
            # Whoever has the event open hasn't seen who takes part now.
            Event.objects.filter(pk=event.pk).update(updated_at=timezone.now())
        changed = True
    return changed


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


def _set_participants(event: Event, participants: Iterable[records.Participant]) -> bool:
    actors = actors_for(participants)
    wanted = {(actors[p.name, p.country].pk, p.role) for p in participants}
    present = {(p.actor_id, p.role): p.pk for p in event.participations.all()}
    surplus = [pk for key, pk in present.items() if key not in wanted]
    missing = sorted(wanted - set(present))
    if surplus:
        Participation.objects.filter(pk__in=surplus).delete()
    if missing:
        Participation.objects.bulk_create(
            Participation(event=event, actor_id=actor, role=role) for actor, role in missing
        )
    return bool(surplus or missing)


def actors_for(participants: Iterable[records.Participant]) -> dict[tuple[str, str], Actor]:
    """The actors' rows by (name, country); the new are stored.

    An alias leads to the actor that has it, and one that was merged into another to that.
    """
    wanted = {(p.name[:200], p.country): p for p in participants}
    found = _known(wanted.values())
    for (name, country), participant in wanted.items():
        if (name, country) not in found:
            found[name, country], _ = Actor.objects.get_or_create(
                name=name, country=country, defaults={"kind": participant.kind}
            )
    return {(p.name, p.country): found[p.name[:200], p.country] for p in wanted.values()}


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
