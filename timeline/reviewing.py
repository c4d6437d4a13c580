"""What a curator looks at next: unreviewed events, the least certain first.

What is decided leaves the queue by itself, so the next event is always the first that is left, but for those
that the curator has passed over for now and those that another is looking at. That another is looking is a
hint, kept for a few minutes and lost without harm; what keeps two decisions apart is `curating.hold`.
"""

# django-filter comes without types.
# mypy: allow-untyped-calls

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import time
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db.models import Count, F, Prefetch, Q, prefetch_related_objects
from django.http import QueryDict
from django.utils.functional import cached_property

from timeline import columns, search
from timeline.columns import REVIEWS, Mask
from timeline.filters import EventFilter, Problem
from timeline.history import Table
from timeline.merging import alike
from timeline.models import Decision, Event, EventQuerySet, Mention, Review, Source

FEW = 900  # events that are named one by one to the database; more of them are met soon in their order
IN_HAND = 20  # of the first so many, the first that nobody else is looking at is given out
FILTERS = ("kind", "country", "status", "disputed", "actor", "source", "from", "to", "text")
Action = Decision.Action
DECIDED = (
    Action.CONFIRMED, Action.REJECTED, Action.CORRECTED, Action.UNLOCKED, Action.MERGED, Action.SPLIT,
    Action.MOVED,
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far it is: events unreviewed, and reviewed, of those that the filters choose; and all of them."""

    left: int
    reviewed: int

    @property
    def of(self) -> int:
        return self.left + self.reviewed


class Queue:
    """The unreviewed events that a query string chooses; all of them where it is in error."""

    def __init__(self, query: QueryDict) -> None:
        self.query = QueryDict(mutable=True)
        for name in FILTERS:
            if values := [value for value in query.getlist(name) if value.strip()]:
                self.query.setlist(name, values)

    @cached_property
    def filters(self) -> EventFilter | None:
        """None where nothing is asked for: most queues are whole, and filters take time to make."""
        unreviewed = Event.objects.filter(review=Review.UNREVIEWED)
        return EventFilter(self.query, queryset=unreviewed) if self.query else None

    @cached_property
    def problems(self) -> list[Problem]:
        if self.filters is None:
            return []
        form = self.filters.form
        return [
            Problem(name, str(form[name].label), str(message))
            for name, messages in form.errors.items()
            for message in messages
        ]

    @property
    def events(self) -> EventQuerySet:
        """The least certain first, along an index."""
        everything = Event.objects.filter(review=Review.UNREVIEWED)
        chosen: EventQuerySet = self.filters.qs if self.filters else everything
        return chosen.order_by("certainty", "pk")

    @cached_property
    def chosen(self) -> Mask:
        """The rows of the columns that the filters choose, whatever their review."""
        known = self.known
        masks: list[Mask] = [np.ones(len(known), dtype=bool)]
        if self.filters and not self.problems:
            masks += self.filters.masks(known).values()
            if words := search.parse(self.filters.form.cleaned_data["text"]):
                masks.append(known.mask_of(search.find(words)))
        mask: Mask = np.logical_and.reduce(masks)
        return mask

    @cached_property
    def known(self) -> columns.Columns:
        columns.hurry()
        return columns.current()

    @cached_property
    def unreviewed(self) -> Mask:
        mask: Mask = self.chosen & (self.known.review == REVIEWS.index(Review.UNREVIEWED))
        return mask

    def progress(self) -> Progress:
        left = int(np.count_nonzero(self.unreviewed))
        return Progress(left, int(np.count_nonzero(self.chosen)) - left)

    def next(self, user: User, passed: Collection[int] = (), after: Event | None = None) -> int | None:
        """The key of the event to look at: the first that is neither `passed` nor in another's hands.

        `after` begins behind an event, reviewed or not, for those who only look.
        """
        events = self.events.exclude(pk__in=passed) if passed else self.events
        if after:
            later = Q(certainty__gt=after.certainty) | Q(certainty=after.certainty, pk__gt=after.pk)
            events = events.filter(later)
        if self.filters:
            # Where few are chosen among many, going along the order would take long to meet one.
            rows = np.flatnonzero(self.unreviewed)
            if 0 < len(rows) <= FEW:
                events = events.filter(pk__in=self.known.pk[rows].tolist())
        keys = list(events.values_list("pk", flat=True)[:IN_HAND])
        taken = looked_at(keys, but=user)
        return next((key for key in keys if key not in taken), keys[0] if keys else None)


# Who is looking


@dataclass(frozen=True)
class Look:
    """That a curator has had an event open since a moment."""

    who: str
    minutes: int


def look(user: User, event: Event) -> None:
    """Note that the curator has the event open; forgotten after some minutes."""
    caches["looking"].set(_key(event.pk), [user.get_username(), time()])


def looked_at(keys: Iterable[int], *, but: User) -> dict[int, Look]:
    """Those of the events that others have open."""
    wanted = {_key(key): key for key in keys}
    found: dict[str, Any] = caches["looking"].get_many(list(wanted))
    now = time()
    return {
        wanted[name]: Look(who, int((now - since) / 60))
        for name, (who, since) in found.items()
        if who != but.get_username() and since <= now  # else the clock was set back: nobody knows since when
    }


def look_away(user: User, event: Event) -> None:
    """Note that the curator is done with the event."""
    if event.pk not in looked_at([event.pk], but=user):
        caches["looking"].delete(_key(event.pk))


def _key(event: int) -> str:
    return f"event-{event}"


# What the curator has done


def decided_since(user: User, moment: datetime) -> int:
    """How many decisions of the curator's since then stand."""
    return Decision.objects.filter(by=user, at__gte=moment, action__in=DECIDED, undone_by=None).count()


@dataclass(frozen=True)
class Undoable:
    """The curator's last decision that stands, and the event that it was about."""

    decision: Decision
    event: Event


def last_of(user: User) -> Undoable | None:
    """What an undo would take back; None if there is nothing, or it was about no event."""
    decision = Decision.objects.filter(by=user, undoes=None, undone_by=None).order_by("-pk").first()
    if decision is None or decision.is_machine:
        return None
    event = event_of(decision)
    return Undoable(decision, event) if event else None


def event_of(decision: Decision) -> Event | None:
    """The event that a decision was about: of a merge, the one that stayed."""
    keys = decision.versions.filter(table=Table.EVENT).values("row")
    event = Event.objects.filter(pk__in=keys).order_by(F("merged_into").asc(nulls_first=True), "pk").first()
    return event.root if event else None


# What is likely the same


@dataclass(frozen=True)
class Duplicate:
    """An event that may be the same, why, and some of the passages that tell of it."""

    event: Event
    reason: str
    mentions: list[Mention]
    told: int


def duplicates(event: Event, most: int = 5, passages: int = 3) -> list[Duplicate]:
    """At most so many, the likeliest first, each with a few passages."""
    found = alike(event, most)
    keys = [like.event.pk for like in found]
    counted = dict(
        Mention.objects.standing_by()
        .filter(event__in=keys)
        .order_by()
        .values_list("event")
        .annotate(told=Count("pk"))
    )
    some = Mention.objects.standing_by().select_related("source").defer("source__text")[:passages]
    prefetch_related_objects([like.event for like in found], Prefetch("mentions", some, to_attr="shown"))
    return [
        Duplicate(like.event, like.reason, vars(like.event)["shown"], counted.get(like.event.pk, 0))
        for like in found
    ]


# What the event was read from


def with_texts(mentions: Sequence[Mention]) -> None:
    """Give each mention its source with the text: each text is read once, however many passages it has."""
    sources = Source.objects.in_bulk({mention.source_id for mention in mentions})
    for mention in mentions:
        mention.source = sources[mention.source_id]


RULES = {
    "date": {
        "phrase": "in the same phrase",
        "clause": "in the same clause",
        "sentence": "in the same sentence",
        "heading": "in the heading above",
        "paragraph": "told before it",
        "publication": "inferred from the day of publication",
        "none": "no date told",
    },
    "country": {
        "sentence": "named in the sentence",
        "paragraph": "told of before it",
        "article": "what the article is about",
        "none": "no country told",
    },
    "disputed": {"cue": "said to be contested", "no cue": "nothing says that it is contested"},
}


def rules_in_words(name: str, event: Event, mentions: Iterable[Mention]) -> list[str]:
    """By which rules the machine read the event's value; as they are named where there are no better words.

    Rules of passages that read something else are of no interest here.
    """
    value = getattr(event, name)
    rules = [str(one.rules[name]) for one in mentions if one.rules.get(name) and getattr(one, name) == value]
    return [RULES.get(name, {}).get(rule, rule) for rule in dict.fromkeys(rules)]
