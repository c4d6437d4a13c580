"""How often the machine was right, by what curators have decided so far.

Only what stands counts: an undone decision leaves an event as it was before. Events that no passage was read
for by the machine are the curators' own and are left out. A merge says that two are one, not that either is
wrong: the one merged away is a duplicate, no reject.

What a curator corrected is compared with what the machine had read when the field was locked, which is kept
with the decision; where none is kept, with what it reads now.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from timeline import resolving
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
# What doubts go by.
WEIGHED = (
    "event_id", "source_id", "kind", "date", "status", "country", "rules", "standing", "merge_reason",
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


def report() -> Report:
    """What the decisions that stand say of the machine's reading."""
    result = Report(
        Tally("All"),
        [Tally(label, value) for value, label in Kind.choices],
        [Tally(f"{low} to {high}", str(low)) for low, high in BANDS],
        [],
    )
    kinds = {tally.value: tally for tally in result.kinds}
    for kind, points, number in _untouched():
        for tally in (result.all, kinds[kind], result.bands[_band(points)]):
            tally.unreviewed += number
    cases = {case.key: case for case in _cases()}
    machine = _before_locks({key for key, case in cases.items() if case.locked})
    changed = _corrections(cases, machine, result)
    _reweigh([case for case in cases.values() if changed[case.key] & {"date", "country"}], machine)
    months = _months(cases)
    for case in cases.values():
        tallies = [result.all, kinds[case.kind], result.bands[_band(case.certainty)]]
        if case.key in months:
            tallies.append(months[case.key])
        for tally in tallies:
            _count(tally, case)
    result.months = sorted({id(one): one for one in months.values()}.values(), key=lambda one: one.value)
    result.moved = Mention.objects.filter(placed_by_hand=True).exclude(extractor="").count()
    _rejects(result)
    return result


def _band(points: int) -> int:
    return next(number for number, (_, high) in enumerate(BANDS) if points <= high)


def _count(tally: Tally, case: _Case) -> None:
    if case.merged:
        tally.duplicates += 1
    elif case.review == Review.REJECTED:
        tally.rejected += 1
    elif case.review == Review.UNREVIEWED:
        tally.unreviewed += 1
    elif case.kind_now != case.kind:
        tally.other_kind += 1
    elif case.corrected:
        tally.corrected += 1
    else:
        tally.as_read += 1


# What is counted


def _read_by_machine() -> QuerySet[Event]:
    """Events with a passage that the machine read; of those merged away, the passages are elsewhere."""
    told = Mention.objects.exclude(extractor="")
    return Event.objects.filter(
        Exists(told.filter(event=OuterRef("pk")))
        | Q(merged_into__isnull=False) & Exists(told.filter(merged_from=OuterRef("pk")))
    ).order_by()


def _untouched() -> Iterator[tuple[str, int, int]]:
    """(kind, certainty, number) of the events that no curator has decided anything about."""
    events = _read_by_machine().filter(review=Review.UNREVIEWED, locked_fields=[], merged_into=None)
    yield from events.values_list("kind", "certainty").annotate(Count("pk"))


def _cases() -> Iterator[_Case]:
    events = _read_by_machine().exclude(review=Review.UNREVIEWED, locked_fields=[], merged_into=None)
    columns = ("pk", "kind", "review", "certainty", "merged_into_id", "locked_fields")
    # JSON is read only where there is any: most reviewed events have no lock.
    for row in events.filter(locked_fields=[]).values_list(*columns[:-1]).iterator(chunk_size=5000):
        pk, kind, review, points, merged = row
        yield _Case(pk, kind, review, points, merged is not None, [], kind)
    for row in events.exclude(locked_fields=[]).values_list(*columns).iterator(chunk_size=5000):
        pk, kind, review, points, merged, locked = row
        yield _Case(pk, kind, review, points, merged is not None, locked, kind)


# Corrections


def _corrections(
    cases: Mapping[int, _Case], machine: defaultdict[int, dict[str, Any]], result: Report
) -> defaultdict[int, set[str]]:
    """Count what was corrected, put it into the cases, and return the names of the fields by event.

    `machine` has what was read by event and field; what is missing there is put in.
    """
    locked = {key for key, case in cases.items() if case.locked}
    unknown = [key for key in locked if set(cases[key].locked) - machine[key].keys()]
    for key, values in _readings(unknown):
        machine[key] = values | machine[key]
    found: defaultdict[int, set[str]] = defaultdict(set)
    fields: Counter[str] = Counter()
    changes: Counter[tuple[str, str, str]] = Counter()
    for key, now in _as_they_are(locked):
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


def _before_locks(keys: set[int]) -> defaultdict[int, dict[str, Any]]:
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


def _as_they_are(keys: set[int]) -> Iterator[tuple[int, dict[str, Any]]]:
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
            mentions = mentions.only(
                "event_id",
                "source_id",
                "kind",
                "date",
                "status",
                "country",
                "rules",
                "standing",
                "merge_reason",
            )
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


def _months(cases: Mapping[int, _Case]) -> dict[int, Tally]:
    """By event, the tally of the month in which the verdict that stands was given."""
    versions = Version.objects.filter(table=Table.EVENT).order_by()
    verdicts = [Decision.Action.CONFIRMED, Decision.Action.REJECTED]
    # These say it themselves; the states of the others have to be looked into, which takes far longer.
    plain = versions.filter(decision__action__in=verdicts)
    others = (
        versions.exclude(decision__action__in=[*verdicts, Decision.Action.LOADED])
        .annotate(was=_text("review", "before"), now=_text("review", "after"))
        .filter(now__in=[Review.CONFIRMED, Review.REJECTED])
        .exclude(was=F("now"))
    )
    given = sorted(
        [
            *plain.values_list("pk", "row", "decision__action", "decision__at"),
            *others.values_list("pk", "row", "now", "decision__at"),
        ]
    )
    tallies: dict[str, Tally] = {}
    months: dict[int, Tally] = {}
    for _, row, verdict, at in given:
        case = cases.get(row)
        if case and not case.merged and case.review == verdict:
            value = f"{at:%Y-%m}"
            months[row] = tallies.setdefault(value, Tally(f"{at:%B %Y}", value))
    return months


# Where rejects come from


def _rejects(result: Report) -> None:
    decided = (
        Mention.objects.exclude(extractor="")
        .filter(event__merged_into=None, event__review__in=[Review.CONFIRMED, Review.REJECTED])
        .order_by()
    )
    counts = {
        "rejected": Count("event", distinct=True, filter=Q(event__review=Review.REJECTED)),
        "reviewed": Count("event", distinct=True),
    }

    def most(by: str, rows: QuerySet[Any] = decided) -> list[dict[str, Any]]:
        grouped = rows.values(by).annotate(**counts).filter(rejected__gt=0, reviewed__gte=FEWEST)
        return list(grouped.order_by("-rejected", "reviewed", by)[:SHOWN])

    rows = most("source_id")
    sources = Source.objects.defer("text").in_bulk([row["source_id"] for row in rows])
    result.sources = [
        Rejects(str(sources[row["source_id"]]), str(row["source_id"]), row["rejected"], row["reviewed"])
        for row in rows
    ]
    result.publishers = [
        Rejects(row["source__publisher"], row["source__publisher"], row["rejected"], row["reviewed"])
        for row in most("source__publisher", decided.exclude(source__publisher=""))
    ]
    for name in ("kind", "date"):
        ruled = decided.annotate(rule=_text(name, "rules")).filter(rule__isnull=False)
        result.rules[name] = [
            Rejects(row["rule"], row["rule"], row["rejected"], row["reviewed"]) for row in most("rule", ruled)
        ]
