"""Events held for a decision, and refused where they are no longer what the curator has seen."""

from collections.abc import Iterable, Mapping

from timeline.history import last_decision
from timeline.models import Event


class Unsuitable(ValueError):
    """What was asked can't be done to these rows; the message says why and what can."""


class Conflict(Unsuitable):
    """Somebody else was there first."""


def token(event: Event) -> str:
    """What a page keeps of an event, to find out later whether it is still the one that was shown."""
    return event.updated_at.isoformat()


def hold(events: Iterable[Event], seen: Mapping[int, str] | None = None) -> list[Event]:
    """The events as they are now, in the order given, locked until the transaction ends.

    `seen` has tokens by key; those of events that aren't in it are not checked. Raises Conflict.
    """
    keys = [event.pk for event in events]
    # In the order of their keys, so that two curators never wait for each other.
    held = {event.pk: event for event in Event.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    gone = [key for key in keys if key not in held]
    if gone:
        raise Conflict("A load has taken this event away while you had it open: its words are read anew.")
    for event in held.values():
        if seen and event.pk in seen and seen[event.pk] != token(event):
            raise Conflict(_who_changed(event))
    return [held[key] for key in keys]


def standing(event: Event) -> Event:
    """The event itself; Unsuitable where it was merged into another."""
    if event.merged_into_id:
        raise Unsuitable(
            f"“{event.title}” was merged into “{event.root.title}”. Undo the merge first, or work on that."
        )
    return event


def _who_changed(event: Event) -> str:
    last = last_decision(event)
    who = f"{last.who} ({last.get_action_display().lower()})" if last else "Somebody"
    return (
        f"{who} changed “{event.title}” while you had it open. Nothing of yours was stored. "
        "Look at it as it is now, and decide again."
    )
