"""Events held for a decision, and refused where they are no longer what the curator has seen."""

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User

from timeline.history import last_decision
from timeline.models import Actor, Event


class Unsuitable(ValueError):
    """What was asked can't be done to these rows; the message says why and what can."""


class Conflict(Unsuitable):
    """Somebody else was there first."""


def token(event: Event) -> str:
    """What a page keeps of an event, to find out later whether it is still the one that was shown."""
    return event.updated_at.isoformat()


def hold(
    events: Iterable[Event], seen: Mapping[int, str] | None = None, *, by: User | None = None
) -> list[Event]:
    """The events as they are now, in the order given, locked until the transaction ends.

    `seen` has tokens by key; those of events that aren't in it are not checked. Raises Conflict, which tells
    whom it is held `by` if that was themselves.
    """
    keys = [event.pk for event in events]
    # In the order of their keys, so that two curators never wait for each other; and as PostgreSQL has it for
    # rows that keep their key, so that another's passages may name them meanwhile.
    held = {
        event.pk: event
        for event in Event.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    }
    gone = [key for key in keys if key not in held]
    if gone:
        raise Conflict("A load has taken this event away while you had it open: its words are read anew.")
    for event in held.values():
        if seen and event.pk in seen and seen[event.pk] != token(event):
            raise Conflict(who_changed(event, by))
    return [held[key] for key in keys]


def standing(event: Event) -> Event:
    """The event itself; Unsuitable where it was merged into another."""
    if event.merged_into_id:
        raise Unsuitable(
            f"“{event.title}” was merged into “{event.root.title}”. Undo the merge first, or work on that."
        )
    return event


def who_changed(row: Event | Actor, by: User | None) -> str:
    """That a row is no longer what a page has shown, in words."""
    last = last_decision(row)
    act = last.get_action_display().lower() if last else ""
    name = row.title if isinstance(row, Event) else str(row)
    if last and by and last.by_id == by.pk:
        # Mostly a button pressed twice, or a page that the browser went back to: the first time was stored.
        return (
            f"You changed “{name}” yourself since this page was opened ({act}). "
            "That stands; what you sent now was not stored. Look at it as it is now, and decide again."
        )
    who = f"{last.who} ({act})" if last else "Somebody"
    return (
        f"{who} changed “{name}” while you had it open. Nothing of yours was stored. "
        "Look at it as it is now, and decide again."
    )
