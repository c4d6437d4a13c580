"""Is this an event that we already have?

Two articles tell of one event when kind and country are the same, the dates agree, and nothing speaks against
it. Candidates come from an index on kind, country and time, never from all pairs, so that the cost of a load
grows with the number of events around the same days of a country, not with the size of the timeline.
Every merge is explained in words.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from timeline import edtf_dates
from timeline.extraction import records
from timeline.models import Event, Participation, Review, Source

CANDIDATES = 100  # those that begin last; what began long before is seldom meant
MONTH, YEAR = 31, 366
ENOUGH = 2
TELLING = 10  # people: an exact number from here on is unlikely to be that of another event
FAR = 10  # times: sources differ about numbers, but not by that much
MANY: tuple[records.Kind, ...] = ("protest", "crackdown")
NAMED = ("person", "organisation")
PARTS = Prefetch("participations", Participation.objects.select_related("actor"))
SAME_DATE = "same date"
SLACK, A_YEAR = timedelta(days=MONTH), timedelta(days=YEAR)
NEAREST = 30  # on each side in time, where a curator is shown what is alike
NEAR = 7  # days that sources may be apart about one event
LIKE_ENOUGH = 3

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
    in `taken`, those that a curator rejected, and imported ones, which `alike` offers to curators. What is
    like an event that a curator merged into another is the other. A source that isn't stored yet is None.
    """
    if not candidate.date:
        return None
    nearest = (
        Event.objects.filter(~Q(review=Review.REJECTED) & Q(imported=False) | Q(merged_into__isnull=False))
        .filter(_may_agree_with(candidate.date), kind=candidate.kind, country=candidate.country)
        .exclude(pk__in=taken)
        .order_by("-sort_date", "-pk")
    )
    if source:
        nearest = nearest.exclude(mentions__source=source)
    found = {event.pk: event for event in nearest[:CANDIDATES]}
    if len(found) == CANDIDATES:
        # Whatever crowds around a date, those that have the very same are looked at.
        found |= {event.pk: event for event in nearest.filter(date=candidate.date)[:CANDIDATES]}
    if _names(candidate):
        prefetch_related_objects([*found.values()], PARTS)
    matches = [
        match
        for event in found.values()
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


@dataclass(frozen=True, slots=True)
class Like:
    """A stored event that may be the same as another, and why, in words for the curator who decides."""

    event: Event
    weight: int
    reason: str


def alike(event: Event, most: int = 5) -> list[Like]:
    """Other events that a curator may find to be this one, the likeliest first.

    The rules are those of `find` with a lower bar: one of the two may name no country, the dates may lie some
    days apart, and one source may tell of both. Rejected and merged events are left out.
    """
    others = _others(event.kind).exclude(pk=event.pk)
    sources = event.mentions.order_by().values("source")
    told_there = others.filter(mentions__source__in=sources).distinct().order_by("pk")[:NEAREST]
    near = [told_there, *_neighbours(others, event.date, str(event.country.code or ""))]
    candidates = _near_in_time(near, event.date)
    shares = set(
        Event.objects.filter(pk__in=candidates, mentions__source__mentions__event=event)
        .order_by()
        .values_list("pk", flat=True)
    )
    return _likes(_as_told(event), candidates, shares, most)


def alike_told(told: records.Event, collection: str, most: int = 5) -> list[Like]:
    """As `alike`, for what a row of an import tells and isn't stored yet.

    The events of its own collection are others: the file itself keeps them apart.
    """
    others = _others(told.kind).exclude(origin__collection=collection)
    return _likes(told, _near_in_time(_neighbours(others, told.date, told.country), told.date), set(), most)


def _near_in_time(found: Iterable[QuerySet[Event]], written: str) -> dict[int, Event]:
    candidates = {one.pk: one for some in found for one in some if _near(written, one.date)}
    prefetch_related_objects([*candidates.values()], PARTS)
    return candidates


def _likes(
    told: records.Event, candidates: Mapping[int, Event], shares: Collection[int], most: int
) -> list[Like]:
    found = [
        like
        for one in candidates.values()
        if (like := _like(told, one, shares_source=one.pk in shares)) and like.weight >= LIKE_ENOUGH
    ]
    return sorted(found, key=lambda like: (-like.weight, like.event.pk))[:most]


def _others(kind: str) -> QuerySet[Event]:
    return Event.objects.filter(merged_into=None, kind=kind).exclude(review=Review.REJECTED)


def _neighbours(others: QuerySet[Event], written: str, country: str) -> list[QuerySet[Event]]:
    """Those of the others that are near a date in time, in the country or in none; a number of each.

    Each query goes along an index of time from the event's own day, so that none depends on how many
    events there are. One that begins up to a year before may still last.
    """
    found: list[QuerySet[Event]] = []
    earliest, latest = edtf_dates.bounds(written)
    day, end = earliest or latest, latest or earliest
    if day and end:
        first, last = _shifted(day, -A_YEAR), _shifted(end, SLACK)
        places = [Q(country=country), Q(country="")] if country else [Q()]
        for place in places:
            there = others.filter(place)
            after = there.filter(sort_date__gte=day, sort_date__lte=last).order_by("sort_date", "pk")
            before = there.filter(sort_date__lt=day, sort_date__gte=first).order_by("-sort_date", "-pk")
            found += [after[:NEAREST], before[:NEAREST]]
    return found


def _as_told(event: Event) -> records.Event:
    """A stored event as an article would tell it, to be compared with others by the same rules."""
    nowhere = records.Span(0, 0)
    counts = event.counts if isinstance(event.counts, list) else []
    return records.Event(
        kind=cast("records.Kind", event.kind),
        title=event.title,
        date=event.date,
        status=cast("records.Status", event.status),
        disputed=event.disputed,
        country=str(event.country.code or ""),
        participants=tuple(
            records.Participant(
                name=part.actor.name,
                role=cast("records.Role", part.role),
                kind=cast("records.ActorKind", part.actor.kind),
                country=str(part.actor.country.code or ""),
                span=nowhere,
            )
            for part in event.participations.select_related("actor")
        ),
        counts=tuple(
            records.Count(count["what"], count["minimum"], count["maximum"], nowhere) for count in counts
        ),
        mentions=(),
    )


def _like(told: records.Event, event: Event, *, shares_source: bool) -> Like | None:
    """How much speaks for two stored events being one; None where something speaks against it."""
    country = str(event.country.code or "")
    if told.country and country and told.country != country:
        return None
    offices = _offices(told.title), _offices(event.title)
    dates = _near(told.date, event.date)
    if not dates or (all(offices) and not offices[0] & offices[1]):
        return None
    weight, said = dates
    reasons = [said]
    if told.country == country:
        weight += bool(country)
        reasons.append("same country" if country else "no country named in either")
    else:
        reasons.append("no country named in one of them")
    evidence = {f"shared actor {name}": 2 for name in _shared_actors(told, event)[:2]}
    if offices[0] & offices[1]:
        evidence["same office voted for"] = 2
    if _same_count(told.counts, event.counts):
        evidence["same number of people"] = 2
    if _same_words(told.title, event.title):
        evidence["titles alike"] = 2
    if shares_source:
        evidence["told by the same source"] = 1
    weight += sum(evidence.values())
    reasons += evidence
    if _counts_differ(told.counts, event.counts):
        weight -= 2
        reasons.append("but numbers of people far apart")
    return Like(event, weight, ", ".join(reasons))


def _near(one: str, other: str) -> tuple[int, str] | None:
    """As `_dates_agree`, but dates may miss each other by days, or not be there."""
    if not one or not other:
        return 0, "no date in one of them"
    return _dates_agree(one, other) or _days_apart(one, other)


def _days_apart(one: str, other: str) -> tuple[int, str] | None:
    """What two dates of days say for one event that miss each other by little: sources err by days."""
    a, b = edtf_dates.bounds(one), edtf_dates.bounds(other)
    if a.earliest is None or a.latest is None or b.earliest is None or b.latest is None:
        return None
    days = max((b.earliest - a.latest).days, (a.earliest - b.latest).days)
    return (1, f"{days} day{'s' if days > 1 else ''} apart") if 0 < days <= NEAR else None


def _same_words(one: str, other: str) -> bool:
    a, b = (set(re.findall(r"\w{4,}", title.casefold())) for title in (one, other))
    return bool(a and b) and 2 * len(a & b) > len(a | b)


def _may_be(event: Event, source: Source | None, taken: Collection[int]) -> bool:
    """Whether the event that stands for one that was merged away is open to the source, too."""
    if event.merged_into_id is None:
        return True
    root = event.root
    told = source is not None and root.mentions.filter(source=source).exists()
    return root.review != Review.REJECTED and root.pk not in taken and not told


def _shifted(day: date, by: timedelta) -> date:
    """So much later, or earlier, as far as the calendar goes."""
    try:
        return day + by
    except OverflowError:
        return date.max if by > timedelta(0) else date.min


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


def _may_agree_with(written: str) -> Q:
    """Chooses, by an index on time, all events whose dates `_dates_agree` may find to agree with this one."""
    earliest, latest = edtf_dates.bounds(written)
    if not latest:
        return Q(sort_date__range=_around(earliest or date.min), earliest__isnull=False)
    ends = _around(latest)
    if not earliest:
        return Q(sort_date__lte=ends[1], latest__range=ends)
    begins = _around(earliest)
    is_open = Q(latest=None, earliest__range=begins) | Q(earliest=None, latest__range=ends)
    if (edtf_dates.width(written) or 0) > YEAR:
        alike = Q(earliest=earliest, latest=latest)
        return Q(sort_date__range=(begins[0], ends[1])) & (is_open | alike)
    first = _shifted(earliest, -A_YEAR)
    overlaps = Q(sort_date__lte=latest, earliest__isnull=False, latest__gte=earliest)
    return Q(sort_date__range=(first, ends[1])) & (is_open | overlaps)


def _around(day: date) -> tuple[date, date]:
    return _shifted(day, -SLACK), _shifted(day, SLACK)


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
    """Names of both sides, a surname counting for the full name."""
    told = _names(candidate)
    stored = event.participations.all() if told else ()
    names = [part.actor.name for part in stored if part.actor.kind in NAMED]
    return [name for name in names if any(_same_name(name, other) for other in told)]


def _names(candidate: records.Event) -> list[str]:
    """Those who take part; collectives such as “police” don't count."""
    return [part.name for part in candidate.participants if part.kind in NAMED]


def _same_name(one: str, other: str) -> bool:
    a, b = one.casefold().split(), other.casefold().split()
    return a == b or a[-1:] == b or a == b[-1:]
