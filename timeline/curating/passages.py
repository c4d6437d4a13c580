"""Decisions on passages that a curator has found, and on what they say."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from timeline.curating.holding import Conflict, Unsuitable, hold, standing
from timeline.history import READ, Recording, recording
from timeline.models import Decision, Event, Mention, Review, Source, surroundings
from timeline.resolving import refresh

Action = Decision.Action
SAID = ("kind", "date", "status", "disputed", "country")  # what the words behind can be shown of


def add_mention(
    source: Source,
    start: int,
    end: int,
    event: Event,
    *,
    by: User,
    reason: str = "",
    cited: str = "",
    words: Mapping[str, Sequence[int]] | None = None,
    seen: str | None = None,
) -> Mention:
    """Store words of a source as a passage that tells of an event and says what that says.

    An `event` that isn't stored yet is made, confirmed, and read from the passage like any other: only what
    the rules would make of its fields otherwise than the curator is locked. `words` has the place in the text
    of the words behind a field, the whole passage where it has none. ValidationError by field of the event.
    """
    with recording(Action.ADDED, by=by, reason=reason) as record:
        # Held, so that no load replaces the text meanwhile.
        source = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        if source.replaced_by_id:
            raise Unsuitable("This text has been replaced. Choose the article’s current one.")
        if not (0 <= start < end <= len(source.text) and source.text[start:end].strip()):
            raise Unsuitable(f"There are no words at {start} to {end}.")
        new = event.pk is None
        event = _made(record, event) if new else _held(record, event, seen)
        given = {name: getattr(event, name) for name in Event.READ_FIELDS if name != "participants"}
        mention = _stored(record, source, start, end, event)
        _say(mention, event)
        mention.cited = cited
        mention.spans |= {name: list(span) for name, span in (words or {}).items() if name in mention.spans}
        mention.save()
        refresh(event)
        event.refresh_from_db()
        if new:
            event.lock(name for name, value in given.items() if getattr(event, name) != value)
            for name in event.locked_fields:
                setattr(event, name, given[name])
            event.review = Review.CONFIRMED
            event.save()
        Event.objects.filter(pk=event.pk).update(updated_at=timezone.now())
    mention.refresh_from_db()
    return mention


def _made(record: Recording, event: Event) -> Event:
    event.full_clean()
    event.save()
    record.made(event)
    return event


def _held(record: Recording, event: Event, seen: str | None) -> Event:
    (event,) = hold([event], {event.pk: seen} if seen else None, by=record.by)
    standing(event)
    if event.review == Review.REJECTED:
        raise Unsuitable(f"“{event.title}” is rejected. Put it back first, or choose another event.")
    record.watch(event)
    return event


def _stored(record: Recording, source: Source, start: int, end: int, event: Event) -> Mention:
    """The passage's row: a new one, or that of the same passage which was added before and taken back."""
    mention = event.mentions.filter(source=source, start=start, end=end).first()
    if mention and not mention.is_taken_back:
        raise Unsuitable(f"“{event.title}” has this passage already.")
    prefix, suffix = surroundings(source.text, start, end)
    if mention:
        record.watch(mention)
        mention.standing = Mention.Standing.CURRENT
        return mention
    mention = Mention(
        source=source,
        event=event,
        start=start,
        end=end,
        quote=source.text[start:end],
        prefix=prefix,
        suffix=suffix,
        placed_by_hand=True,
        kind=event.kind,
        title=event.title,
        status=event.status,
    )
    mention.save()
    record.made(mention)
    return mention


def _say(mention: Mention, event: Event) -> None:
    """Let the passage say what the event says, all of it with all of its words."""
    span = [mention.start, mention.end]
    for name in READ:
        setattr(mention, name, getattr(event, name))
    mention.counts = [{**count, "span": span} for count in event.counts]
    mention.participants = [
        {
            "name": part.actor.name,
            "role": part.role,
            "kind": part.actor.kind,
            "country": str(part.actor.country.code or ""),
            "span": span,
        }
        for part in event.participations.select_related("actor")
    ]
    mention.spans = {name: span for name in SAID if getattr(event, name)}


def correct_mention(
    mention: Mention,
    values: Mapping[str, Any],
    *,
    by: User,
    reason: str = "",
    seen: str | None = None,
) -> Mention:
    """Change what a passage says that a curator has added; its event is read anew. ValidationError by field.

    `values` has some of kind, title, date, status, disputed, country and cited; `seen` is the event's token.
    """
    with recording(Action.CORRECTED, by=by, reason=reason) as record:
        mention = Mention.objects.select_related("event").get(pk=mention.pk)
        if mention.extractor:
            raise Unsuitable("The machine’s own reading stays as it is. Correct the event instead.")
        (event,) = hold([mention.event], {mention.event_id: seen} if seen else None, by=by)
        # As it is now that nobody else can change it.
        mention = Mention.objects.select_for_update(of=("self",)).select_related("source").get(pk=mention.pk)
        if mention.event_id != event.pk:
            raise Conflict("Somebody moved this passage at the same moment. Look again, and decide again.")
        if mention.is_taken_back:
            raise Conflict("This passage has been taken back. Undo that first.")
        record.watch(event, mention)
        for name, value in values.items():
            if name not in (*READ, "cited"):
                raise Unsuitable(f"“{name}” can’t be changed in a passage.")
            setattr(mention, name, value)
        mention.full_clean()
        mention.save()
        refresh(event)
        Event.objects.filter(pk=event.pk).update(updated_at=timezone.now())
    mention.refresh_from_db()
    return mention
