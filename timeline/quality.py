"""How often the machine was right, by what curators have decided so far.

Only what stands counts: an undone decision leaves an event as it was before. Events that no passage was read
for by the machine are the curators' own and are left out. A merge says that two are one, not that either is
wrong: the one merged away is a duplicate, no reject.

What a curator corrected is compared with what the machine had read when the field was locked, which is kept
with the decision; where none is kept, with what it reads now.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from math import sqrt
from operator import itemgetter
from threading import Lock
from time import time
from typing import Any

from django.core.cache import caches
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from timeline import columns, resolving
from timeline.doubts import certainty
from timeline.history import Table
from timeline.models import (
    Actor,
    Decision,
    Event,
    Kind,
    Mention,
    Participation,
    Review,
    Source,
    Status,
    Version,
)

Z = 1.959964  # of a normal distribution, 95 % lie within so many deviations
BANDS = ((0, 39), (40, 59), (60, 69), (70, 79), (80, 89), (90, 100))  # of certainty
FEWEST = 5  # reviewed events of a source, publisher or rule, below which its share of rejects says nothing
SHOWN = 20  # rows of a table that could have any number
AT_A_TIME = 500
KEY = "quality"
LONG, REST = 1.0, 60  # seconds that a report may take, and that it is kept for where it takes longer
_one_at_a_time = Lock()
# What doubts go by.
WEIGHED = (
    "event_id", "source_id", "kind", "date", "status", "country", "rules", "standing", "merge_reason",
    "extractor",
)  # fmt: skip
CHOICES: Mapping[str, Mapping[str, str]] = {
    "kind": dict(Kind.choices),
    "status": dict(Status.choices),
    "disputed": {"True": "Disputed", "False": "Not disputed"},
}


def interval(right: int, of: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share; None of none."""
    if not of:
        return None
    share = right / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    reach = Z * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2)) / (1 + Z**2 / of)
    return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass
class Tally:
    """Numbers of events that the machine read, by what has become of them."""

    label: str
    value: str = ""
    as_read: int = 0  # confirmed, and nothing corrected
    corrected: int = 0  # confirmed with corrections that leave the kind
    other_kind: int = 0  # confirmed as an event of another kind
    rejected: int = 0
    duplicates: int = 0
    unreviewed: int = 0

    @property
    def right(self) -> int:
        """Events that are what the machine says, whatever of it had to be corrected."""
        return self.as_read + self.corrected

    @property
    def reviewed(self) -> int:
        return self.right + self.other_kind + self.rejected

    @property
    def precision(self) -> float | None:
        return self.right / self.reviewed if self.reviewed else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return interval(self.right, self.reviewed)

    @property
    def whole(self) -> float | None:
        """The share that was right in every field."""
        return self.as_read / self.reviewed if self.reviewed else None

    @property
    def whole_interval(self) -> tuple[float, float] | None:
        return interval(self.as_read, self.reviewed)


@dataclass(frozen=True)
class Correction:
    """How often a field was corrected; with `before` and `after`, from what to what."""

    name: str
    number: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Rejects:
    """How many of the reviewed events of a source, a publisher or a rule were rejected."""

    label: str
    value: str
    rejected: int
    reviewed: int

    @property
    def share(self) -> float:
        return self.rejected / self.reviewed


@dataclass
class Report:
    """All of it."""

    all: Tally
    kinds: list[Tally]
    bands: list[Tally]
    months: list[Tally]
    fields: list[Correction] = field(default_factory=list)
    changes: list[Correction] = field(default_factory=list)
    moved: int = 0
    sources: list[Rejects] = field(default_factory=list)
    publishers: list[Rejects] = field(default_factory=list)
    rules: dict[str, list[Rejects]] = field(default_factory=dict)
    at: datetime = field(default_factory=timezone.now)


@dataclass(slots=True)
class _Case:
    """An event that a curator has decided something about, as the machine had read it."""

    key: int
    kind: str
    review: str
    certainty: int
    merged: bool
    locked: list[str]
    kind_now: str = ""
    corrected: bool = False


@dataclass(frozen=True)
class _Kept:
    """A report, of what the database held, and when at the earliest the next is made."""

    report: Report
    revision: str
    rests_until: float


def current() -> Report:
    """The report of what the database holds now.

    It is made once for all who look at it while nothing is written. Where that takes long, the next one is
    made a minute later at the earliest, whatever is written.
    """
    with _one_at_a_time:
        kept: _Kept | None = caches["pages"].get(KEY)
        if kept and time() < kept.rests_until:
            return kept.report
        revision = columns.revision()
        if kept and kept.revision == revision:
            return kept.report
        began = time()
        made = report()
        rests_until = time() + REST if time() - began > LONG else 0
        caches["pages"].set(KEY, _Kept(made, revision, rests_until))
        return made


def report() -> Report:
    """What the decisions that stand say of the machine's reading."""
    result = Report(
        Tally("All"),
        [Tally(label, value) for value, label in Kind.choices],
        [Tally(f"{low} to {high}", str(low)) for low, high in BANDS],
        [],
    )
    kinds = {tally.value: tally for tally in result.kinds}
    for kind, points, review, away, number in _uncorrected():
        for tally in (result.all, kinds[kind], result.bands[_band(points)]):
            _count(tally, review, number, merged=away)
    cases = {case.key: case for case in _cases()}
    machine = _before_locks(cases.keys())
    changed = _corrections(cases, machine, result)
    _reweigh([case for case in cases.values() if changed[case.key] & {"date", "country"}], machine)
    for case in cases.values():
        for tally in (result.all, kinds[case.kind], result.bands[_band(case.certainty)]):
            _count_case(tally, case)
    result.months = _months(cases)
    result.moved = Mention.objects.read_by_machine().filter(placed_by_hand=True).count()
    _rejects(result)
    return result


def _band(points: int) -> int:
    return next(number for number, (_, high) in enumerate(BANDS) if points <= high)


def _count_case(tally: Tally, case: _Case) -> None:
    other_kind = case.kind_now != case.kind
    _count(tally, case.review, merged=case.merged, corrected=case.corrected, other_kind=other_kind)


def _count(
    tally: Tally,
    review: str,
    number: int = 1,
    *,
    merged: bool = False,
    corrected: bool = False,
    other_kind: bool = False,
) -> None:
    if merged:
        tally.duplicates += number
    elif review == Review.REJECTED:
        tally.rejected += number
    elif review == Review.UNREVIEWED:
        tally.unreviewed += number
    elif other_kind:
        tally.other_kind += number
    elif corrected:
        tally.corrected += number
    else:
        tally.as_read += number


# What is counted


def _read_by_machine() -> QuerySet[Event]:
    """Events with a passage that the machine read; of those merged away, the passages are elsewhere."""
    told = Mention.objects.read_by_machine()
    return Event.objects.filter(
        Exists(told.filter(event=OuterRef("pk")))
        | Q(merged_into__isnull=False) & Exists(told.filter(merged_from=OuterRef("pk")))
    ).order_by()


def _uncorrected() -> Iterator[tuple[str, int, str, bool, int]]:
    """(kind, certainty, review, merged away, number) of the events of which no field is locked."""
    events = _read_by_machine().filter(locked_fields=[]).annotate(away=Q(merged_into__isnull=False))
    grouped = events.values_list("kind", "certainty", "review", "away")
    yield from grouped.annotate(Count("pk"))


def _cases() -> Iterator[_Case]:
    events = _read_by_machine().exclude(locked_fields=[])
    rows = events.values_list("pk", "kind", "review", "certainty", "merged_into_id", "locked_fields")
    for pk, kind, review, points, merged, locked in rows:
        yield _Case(pk, kind, review, points, merged is not None, locked, kind)


# Corrections


def _corrections(
    cases: Mapping[int, _Case], machine: defaultdict[int, dict[str, Any]], result: Report
) -> defaultdict[int, set[str]]:
    """Count what was corrected, put it into the cases, and return the names of the fields by event.

    `machine` has what was read by event and field; what is missing there is put in.
    """
    unknown = [key for key, case in cases.items() if set(case.locked) - machine[key].keys()]
    for key, values in _readings(unknown):
        machine[key] = values | machine[key]
    found: defaultdict[int, set[str]] = defaultdict(set)
    fields: Counter[str] = Counter()
    changes: Counter[tuple[str, str, str]] = Counter()
    for key, now in _as_they_are(cases.keys()):
        case = cases[key]
        for name in case.locked:
            if name not in machine[key] or machine[key][name] == now[name]:
                continue
            found[key].add(name)
            if not case.merged:
                fields[name] += 1
                changes[name, *_shift(name, machine[key][name], now[name])] += 1
        case.corrected = bool(found[key])
        if "kind" in found[key] and machine[key]["kind"] in Kind.values:
            case.kind = machine[key]["kind"]
    result.fields = [Correction(name, number) for name, number in _most(fields)]
    result.changes = [
        Correction(name, number, before, after)
        for (name, before, after), number in _most(changes)
        if before or after
    ][:SHOWN]
    return found


def _most(counter: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _before_locks(keys: Collection[int]) -> defaultdict[int, dict[str, Any]]:
    """By event, the value that each field had before it was locked, as far as decisions tell."""
    known: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    actors = dict(Actor.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id"))
    events = Event.objects.exclude(locked_fields=[]).order_by().values("pk")
    versions = Version.objects.filter(table=Table.EVENT, row__in=events).order_by("pk")
    states = versions.values_list("row", "before", "after").iterator(chunk_size=2000)
    for row, before, after in states:
        if row not in keys or before is None or after is None:
            continue
        was, now = set(before["locked_fields"]), set(after["locked_fields"])
        for name in now - was:
            value = before.get(name)
            known[row][name] = _roots(value, actors) if name == "participants" else value
        for name in was - now:
            known[row].pop(name, None)
    return known


def _roots(parts: Iterable[Any], actors: Mapping[int, int]) -> frozenset[tuple[int, str]]:
    """Who took part, each as the actor that it is by now."""
    named = set()
    for actor, role in parts:
        while actor in actors:
            actor = actors[actor]  # noqa: PLW2901
        named.add((actor, role))
    return frozenset(named)


def _as_they_are(keys: Iterable[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The events' fields, comparable with what was before."""
    for some in _batches(keys):
        parts: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
        for event, actor, role in Participation.objects.filter(event__in=some).values_list(
            "event_id", "actor_id", "role"
        ):
            parts[event].add((actor, role))
        names = [name for name in Event.READ_FIELDS if name != "participants"]
        for row in Event.objects.filter(pk__in=some).order_by().values("pk", *names):
            key = row.pop("pk")
            yield key, {**row, "participants": frozenset(parts[key])}


def _readings(keys: Iterable[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the machine reads now; of participants nothing, whose rows would have to be made to compare."""
    for key, mentions in _mentions_of(keys, whole=True):
        if fields := resolving.reading(mentions):
            yield key, resolving.columns(fields)


def _reweigh(cases: Iterable[_Case], machine: Mapping[int, dict[str, Any]]) -> None:
    """The certainty of what was read: a corrected date or country has taken doubts away."""
    by_key = {case.key: case for case in cases}
    now = {
        event.pk: event
        for some in _batches(by_key)
        for event in Event.objects.filter(pk__in=some).only("date", "country")
    }
    for key, mentions in _mentions_of(by_key, whole=False):
        for name in ("date", "country"):
            if name in machine[key]:
                setattr(now[key], name, machine[key][name])
        by_key[key].certainty = certainty(now[key], mentions)


def _mentions_of(keys: Iterable[int], *, whole: bool) -> Iterator[tuple[int, list[Mention]]]:
    for some in _batches(keys):
        mentions = Mention.objects.filter(event__in=some).order_by("source_id", "start", "pk")
        if whole:
            mentions = mentions.select_related("source").defer("source__text")
        else:
            mentions = mentions.only(*WEIGHED)
        told: defaultdict[int, list[Mention]] = defaultdict(list)
        for mention in mentions:
            told[mention.event_id].append(mention)
        yield from told.items()


def _batches(keys: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_A_TIME):
        yield ordered[start : start + AT_A_TIME]


def _shift(name: str, before: Any, after: Any) -> tuple[str, str]:
    """From what to what, of the fields that have a few values or none; else nothing."""
    if name in CHOICES:
        return CHOICES[name].get(str(before), str(before)), CHOICES[name].get(str(after), str(after))
    if name == "country":
        return str(before or "none"), str(after or "none")
    if name == "date":
        return "a date" if before else "no date", ("another" if before else "a date") if after else "no date"
    return "", ""


def _text(name: str, column: str) -> Cast:
    """A text inside a JSON column, to be compared as text."""
    return Cast(KeyTextTransform(name, column), CharField())


# By month


def _months(cases: Mapping[int, _Case]) -> list[Tally]:
    """A tally of each month in which a verdict was given that stands."""
    verdicts = [Decision.Action.CONFIRMED, Decision.Action.REJECTED]
    of_event = Version.objects.filter(table=Table.EVENT, row=OuterRef("pk"))
    # What a verdict says is in its name; the states of other decisions have to be looked into.
    given = (
        of_event.annotate(was=_text("review", "before"), now=_text("review", "after"))
        .filter(
            Q(decision__action__in=verdicts, decision__action=OuterRef("review"))
            | ~Q(decision__action__in=[*verdicts, Decision.Action.LOADED])
            & Q(now=OuterRef("review"))
            & ~Q(was=F("now"))
        )
        .order_by("-pk")
    )
    events = (
        _read_by_machine()
        .filter(merged_into=None)
        .exclude(review=Review.UNREVIEWED)
        .annotate(verdict=Subquery(given.values("decision")[:1]))
    )
    uncorrected = list(
        events.filter(locked_fields=[]).values_list("verdict", "review").annotate(number=Count("pk"))
    )
    corrected = list(events.exclude(locked_fields=[]).values_list("verdict", "pk"))
    at = dict(Decision.objects.exclude(action=Decision.Action.LOADED).order_by().values_list("pk", "at"))
    tallies: dict[str, Tally] = {}

    def tally(verdict: int) -> Tally:
        return tallies.setdefault(
            f"{at[verdict]:%Y-%m}", Tally(f"{at[verdict]:%B %Y}", f"{at[verdict]:%Y-%m}")
        )

    for verdict, review, number in uncorrected:
        if verdict is not None:
            _count(tally(verdict), review, number)
    for verdict, key in corrected:
        if verdict is not None and key in cases:
            _count_case(tally(verdict), cases[key])
    return [tallies[month] for month in sorted(tallies)]


# Where rejects come from


def _rejects(result: Report) -> None:
    publishers = dict(Source.objects.order_by().values_list("pk", "publisher"))
    reviewed: dict[str, Counter[Any]] = {name: Counter() for name in ("source", "publisher", "kind", "date")}
    rejected: dict[str, Counter[Any]] = {name: Counter() for name in reviewed}
    # One look at the passages, event by event, takes less than having the database tell apart the events of
    # each article, publisher and rule.
    passages = (
        Mention.objects.read_by_machine()
        .filter(event__merged_into=None, event__review__in=[Review.CONFIRMED, Review.REJECTED])
        .annotate(of_kind=_text("kind", "rules"), of_date=_text("date", "rules"))
        .order_by("event_id")
        .values_list("event_id", "event__review", "source_id", "of_kind", "of_date")
    )
    for (_, review), told in groupby(passages.iterator(chunk_size=5000), key=itemgetter(0, 1)):
        of = {
            (name, value)
            for _, _, source, kind, date in told
            for name, value in (
                ("source", source),
                ("publisher", publishers[source] or None),
                ("kind", kind),
                ("date", date),
            )
            if value is not None
        }
        for name, value in of:
            reviewed[name][value] += 1
            if review == Review.REJECTED:
                rejected[name][value] += 1

    def most(by: str) -> list[Rejects]:
        ordered = sorted((-number, reviewed[by][value], value) for value, number in rejected[by].items())
        rows = [(value, -number, of) for number, of, value in ordered if of >= FEWEST]
        return [Rejects(str(value), str(value), number, of) for value, number, of in rows[:SHOWN]]

    rows = most("source")
    sources = Source.objects.defer("text").in_bulk([int(row.value) for row in rows])
    result.sources = [replace(row, label=str(sources[int(row.value)])) for row in rows]
    result.publishers = most("publisher")
    result.rules = {name: most(name) for name in ("kind", "date")}
