"""Is this an event that we already have?

Two articles tell of one event when kind and country are the same, the dates agree, and nothing speaks against
it. Candidates come from an index on kind, country and time, never from all pairs, so that the cost of a load
grows with the number of events in the same weeks of the same country and not with the size of the timeline.
Every merge is explained in words.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from timeline import edtf_dates
from timeline.extraction import records
from timeline.models import Event, Review, Source

CANDIDATES = 100  # the nearest in time; more would be another event's neighbours
MONTH, YEAR = 31, 366
ENOUGH = 2
TELLING = 10  # people: an exact number from here on is unlikely to be that of another event
FAR = 10  # times: sources differ about numbers, but not by that much
MANY: tuple[records.Kind, ...] = ("protest", "crackdown")
SAME_DATE = "same date"
SLACK = timedelta(days=MONTH)

# Words of a title that name the office or the level: two that differ are two votes, even on one day.
OFFICES = (
    {"presidential"},
    {"parliamentary", "legislative", "congressional", "senate", "general"},
    {"local", "municipal", "mayoral", "council", "regional", "gubernatorial", "provincial"},
    {"primary", "leadership"},
    {"european"},
)


@dataclass(frozen=True, slots=True)
class Match:
    """An event that the machine takes for the same, and why, in words.

    `via` is the event that is alike, where a curator has merged that into `event`.
    """

    event: Event
    reason: str
    via: Event | None = None


def find(candidate: records.Event, source: Source | None, taken: Collection[int] = ()) -> Match | None:
    """The stored event that `candidate`, told by `source`, is taken for; None where there is none.

    Events that the same source already tells of are others: the article itself keeps them apart. So are those
    in `taken`, and those that a curator rejected. What is like an event that a curator merged into another
    is the other. A source that isn't stored yet is None.
    """
    if not candidate.date:
        return None
    earliest, latest = edtf_dates.bounds(candidate.date)
    nearest = (
        Event.objects.filter(~Q(review=Review.REJECTED) | Q(merged_into__isnull=False))
        .filter(kind=candidate.kind, country=candidate.country)
        .in_window(_shifted(earliest or latest, -SLACK), _shifted(latest or earliest, SLACK))
        .exclude(pk__in=taken)
        .prefetch_related("participations__actor")
        .chronological()
    )
    if source:
        nearest = nearest.exclude(mentions__source=source)
    matches = [
        match
        for event in nearest[:CANDIDATES]
        if (match := _compare(candidate, event)) and _may_be(event, source, taken)
    ]
    certain = [match for match in matches if match.certain]
    if certain:
        best = max(certain, key=lambda match: (match.weight, -match.event.pk))
    elif len(matches) == 1:
        best = matches[0]
    else:
        return None
    root = best.event.root
    return Match(root, best.reason[:300], via=best.event if root != best.event else None)


def _may_be(event: Event, source: Source | None, taken: Collection[int]) -> bool:
    """Whether the event that stands for one that was merged away is open to the source, too."""
    if event.merged_into_id is None:
        return True
    root = event.root
    told = source is not None and root.mentions.filter(source=source).exists()
    return root.review != Review.REJECTED and root.pk not in taken and not told


def _shifted(day: date | None, by: timedelta) -> date | None:
    try:
        return day + by if day else None
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class _Likeness:
    """How alike a candidate and an event are; one that isn't certain counts only if it is the only one."""

    event: Event
    weight: int
    certain: bool
    reason: str


def _compare(candidate: records.Event, event: Event) -> _Likeness | None:
    dates = _dates_agree(candidate.date, event.date)
    offices = _offices(candidate.title), _offices(event.title)
    if not dates or (all(offices) and not offices[0] & offices[1]):
        return None
    weight, said = dates
    if candidate.kind in MANY:
        # There may be many in a month: only the same date speaks for one by itself.
        weight -= said != SAME_DATE
        if _counts_differ(candidate.counts, event.counts):
            return None
    reasons = [f"same kind and {'country' if candidate.country else 'no country named'}", said]
    shared = _shared_actors(candidate, event)
    if shared:
        reasons.append(f"shared actor {shared[0]}")
    if offices[0] & offices[1]:
        reasons.append("same office voted for")
    if _same_count(candidate.counts, event.counts):
        reasons.append("same number of people")
        shared = shared or ["by number"]
    certain = weight + (2 if shared else 0) >= (ENOUGH if candidate.country else ENOUGH + 2)
    if not certain and not (candidate.country and offices[0] & offices[1]):
        return None
    return _Likeness(event, 2 * weight + len(shared), certain, ", ".join(reasons))


def _dates_agree(one: str, other: str) -> tuple[int, str] | None:
    """How much two dates speak for one event (3 much, 2 enough, 1 only with a shared actor), in words too."""
    if one == other:
        width = edtf_dates.width(one)
        if width is None or width > YEAR:
            return 1, "same stretch of time"
        return (3 if width <= MONTH else 2, SAME_DATE)
    a, b = edtf_dates.bounds(one), edtf_dates.bounds(other)
    if None in (*a, *b):
        near = any(x and y and abs(x - y) <= SLACK for x, y in zip(a, b, strict=True))
        return (1, "dates that begin or end together") if near else None
    if not edtf_dates.overlap(one, other):
        return None
    wide = max(edtf_dates.width(one) or 0, edtf_dates.width(other) or 0)
    if wide <= MONTH:
        return 2, "overlapping dates"
    return (1, "overlapping dates") if wide <= YEAR else None


def _counts_differ(told: Iterable[records.Count], stored: object) -> bool:
    """Whether the same thing is counted so differently that it can't be of one event."""
    known = {count["what"]: count for count in stored} if isinstance(stored, list) else {}
    return any(
        _far(count.minimum or count.maximum, known[count.what]["minimum"] or known[count.what]["maximum"])
        for count in told
        if count.what in known
    )


def _same_count(told: Iterable[records.Count], stored: object) -> bool:
    """Whether an exact number of people, ten or more, is told by both."""
    known = stored if isinstance(stored, list) else []
    return any(
        {"what": count.what, "minimum": count.minimum, "maximum": count.maximum} in known
        for count in told
        if count.minimum == count.maximum and (count.minimum or 0) >= TELLING
    )


def _far(one: int | None, other: int | None) -> bool:
    return bool(one and other and max(one, other) > FAR * min(one, other))


def _offices(title: str) -> set[int]:
    words = set(re.findall(r"\w+", title.casefold()))
    return {number for number, office in enumerate(OFFICES) if office & words}


def _shared_actors(candidate: records.Event, event: Event) -> list[str]:
    """Names of both sides, a surname counting for the full name; collectives such as “police” don't count."""
    stored = [p.actor.name for p in event.participations.all() if p.actor.kind in ("person", "organisation")]
    told = [p.name for p in candidate.participants if p.kind in ("person", "organisation")]
    return [name for name in stored if any(_same_name(name, other) for other in told)]


def _same_name(one: str, other: str) -> bool:
    a, b = one.casefold().split(), other.casefold().split()
    return a == b or a[-1:] == b or a == b[-1:]
