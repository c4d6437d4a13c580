"""Rows of files become events: each once, known again when its file comes again, never against a curator.

A row is stored as a source of its own, whose words are the row's, with one event and one passage. The event
is known by the row's name within its collection (`models.Origin`), so that a row with other words changes its
event instead of making another, and goes through the same loader as articles do: what curators have set,
rejected, merged or moved stays so. No row is ever taken for an event that was there already; what may be the
same is said, for a curator to merge.

Rows that are gone from a file that comes again take nothing with them: they are counted.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone
from django_countries import countries

from timeline import columns, edtf_dates, loading, merging
from timeline.documents import Document
from timeline.extraction import records
from timeline.extraction.resolution import GIVEN
from timeline.history import Recording, recording
from timeline.imports.rows import PassedOver, Refused, Row
from timeline.models import (
    IMPORTED,
    Decision,
    Event,
    Import,
    Kind,
    Mention,
    Origin,
    Review,
    Source,
    Status,
    Version,
)
from timeline.resolving import refresh_all
from timeline.transactions import Stretches, merge_in_turn, retried

Item: TypeAlias = Row | Refused | PassedOver
T = TypeVar("T")

RELEASE = 1  # of what is made of a row, whatever its format
AT_A_TIME = 200  # rows, or fewer with so many characters:
CHARACTERS = 2_000_000
SHOWN_LIKES = 3
WHOLE = {"collection": 200, "publisher": 200, "url": 2000, "identifier": 300}  # characters that have room
NOWHERE = records.Span(0, 0)
SEEN_BEFORE = "Another row of the file has the same name, {}."
LABELS = {
    "title": "Title", "date": "Date", "kind": "Kind", "status": "Status", "disputed": "Disputed",
    "country": "Country", "people": "How many people", "parties": "Who took part",
    "sorts": "What they are", "words": "Words", "publisher": "Publisher",
    "url": "Address", "published": "Published", "says": "Says",
}  # fmt: skip


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    PASSED_OVER = "passed over"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one row.

    `problem` and `mend` are of a refused row, and `problem` says why another was passed over. `changes` has
    (what, old, new) of a changed row in words; `note` says what curators have decided that stays as it is;
    `likes` are stored events that may be the same as a new one, with the reason.
    """

    outcome: Outcome
    number: int
    title: str = ""
    date: str = ""
    kind: str = ""
    problem: str = ""
    mend: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    note: str = ""
    likes: tuple[tuple[int, str, str], ...] = ()
    event: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Case:
    """A row with what is known of it: the verdict so far, and where it came from when it came before."""

    verdict: Verdict
    row: Row | None = None
    origin: Origin | None = None
    reading: str = ""


def look(items: Iterable[Item], collection: str, *, likes: int = AT_A_TIME) -> Iterator[Verdict]:
    """What would become of each row, in order; nothing is written.

    Of the first so many new rows (`likes`) it is said which stored events may be the same.
    """
    seen: set[int] = set()
    for some in _batches(items):
        cases = [*_cases(some, collection, seen, seen)]
        before = _before([case.origin for case in cases if case.origin])
        for case in cases:
            verdict = case.verdict
            if case.row and case.origin and verdict.outcome == Outcome.CHANGED:
                verdict = _compared(verdict, case.row, *before[case.origin.pk])
            elif case.row and verdict.outcome == Outcome.NEW and likes > 0:
                likes -= 1
                verdict = replace(verdict, likes=_likes(case.row, collection))
            yield verdict


def store(items: Iterable[Item], imported: Import, *, by: User | None = None) -> Iterator[Verdict]:
    """Store the rows, some at a time; the verdict on each, in order, once it is stored.

    `imported` counts them as they are stored, so that the same rows given again with it, after the process
    was killed, are gone on with. `by` is the curator whose import it is. Database errors are raised; what was
    stored before stays.
    """
    seen: set[int] = set()
    read = 0
    stretches = Stretches()
    for some in _batches(items):
        read += len(some)
        if read <= imported.verdicts.get("read", 0):
            deque(_cases(some, imported.collection, seen, seen), maxlen=0)
            continue
        with stretches.one():
            stored = retried(partial(_store_some, some, imported, seen, read, by))
        yield from stored
    columns.shorten()
    here = Origin.objects.filter(collection=imported.collection).count()
    found = sum(
        imported.verdicts.get(one.value, 0) for one in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
    )
    imported.verdicts = {**imported.verdicts, "read": read, "gone": max(0, here - found)}
    imported.save(update_fields=["verdicts"])


def _store_some(
    items: Sequence[Item], imported: Import, seen: set[int], read: int, by: User | None
) -> list[Verdict]:
    """Store rows up to the one numbered `read`, in one transaction."""
    names: set[int] = set()
    who, reason = f"the import of {imported.collection}", imported.file
    with recording(Decision.Action.LOADED, by=by, who=who, reason=reason) as kept:
        merge_in_turn()
        cases = [*_cases(items, imported.collection, seen, names)]
        stored = _Writer(cases, imported, kept).store()
        tally = Counter({outcome.value: imported.verdicts.get(outcome.value, 0) for outcome in Outcome})
        tally.update(verdict.outcome.value for verdict in stored)
        verdicts = {**tally, "read": read}
        Import.objects.filter(pk=imported.pk).update(verdicts=verdicts)
    imported.verdicts = verdicts
    seen |= names
    return stored


def cleaned(value: T) -> T:
    """The value without what a database can't hold: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        return cast("T", re.sub("[\0\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", value))
    if isinstance(value, Mapping):
        return cast("T", {cleaned(str(key)): cleaned(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        return cast("T", type(value)(cleaned(one) for one in value))
    return value


def path_of(collection: str, identifier: str) -> str:
    """The path of the source that a row becomes; a collection's own # doesn't end its name."""
    return f"import:{collection.replace('%', '%25').replace('#', '%23')}#{identifier}"


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    length = 0
    for item in items:
        batch.append(item)
        length += len(item.text) if isinstance(item, Row) else 0
        if len(batch) >= AT_A_TIME or length >= CHARACTERS:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


# Which is which


def _cases(items: Sequence[Item], collection: str, seen: set[int], here: set[int]) -> Iterator[_Case]:
    """Each item with what is stored of it. `seen` has the names so far, as numbers; `here` gets more."""
    rows = [_fitting(item) if isinstance(item, Row) else item for item in items]
    names: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if isinstance(row, Row):
            names[row.collection or collection].append(row.identifier)
    known = {
        (origin.collection, origin.identifier): origin
        for of, some in names.items()
        for origin in Origin.objects.filter(collection=of, identifier__in=some)
        .select_related("event")
        .defer("row")
    }
    for item in rows:
        if isinstance(item, PassedOver):
            yield _Case(Verdict(Outcome.PASSED_OVER, item.number, problem=item.reason, raw=item.raw))
        elif isinstance(item, Refused):
            yield _Case(_refused(item))
        elif hash(key := (item.collection or collection, item.identifier)) in seen or hash(key) in here:
            problem, mend = (
                SEEN_BEFORE.format(item.identifier),
                "Give each row a name of its own, or leave one out.",
            )
            yield _Case(_refused(Refused(item.number, problem, mend, item.raw)))
        else:
            here.add(hash(key))
            yield _case(item, known.get(key))


def _refused(item: Refused) -> Verdict:
    return Verdict(Outcome.REFUSED, item.number, problem=item.problem, mend=item.mend, raw=item.raw)


def _case(row: Row, origin: Origin | None) -> _Case:
    reading = _digest(row)
    outcome = Outcome.NEW
    if origin:
        outcome = Outcome.UNCHANGED if origin.reading == reading else Outcome.CHANGED
    verdict = Verdict(
        outcome, row.number, row.title, row.date, row.kind, raw=row.raw,
        event=origin.event_id if origin else None,
        note=_note(origin.event) if origin and outcome == Outcome.CHANGED else "",
    )  # fmt: skip
    return _Case(verdict, row, origin, reading)


def _fitting(row: Row) -> Row | Refused:
    """The row as it can be stored, or what is wrong with it."""
    row = replace(row, **{name: cleaned(getattr(row, name)) for name in Row.__slots__})
    row = replace(
        row,
        headline=" ".join((row.headline or row.title).split()),
        text=row.text.strip(),
        status=row.status or _status(row.date),
    )
    problem = next(_problems(row), None)
    return Refused(row.number, *problem, row.raw) if problem else row


def _status(date: str) -> str:
    """Of an event whose row tells none: what lies ahead hasn't occurred."""
    try:
        earliest = edtf_dates.bounds(date).earliest
    except edtf_dates.InvalidDate:
        earliest = None  # the row is refused for it
    return Status.PLANNED if earliest and earliest > timezone.localdate() else Status.OCCURRED


def _problems(row: Row) -> Iterator[tuple[str, str]]:
    """(problem, mend) of all that keeps a row from being stored, whatever its format."""
    if not any(sign.isprintable() and not sign.isspace() for sign in row.title):
        yield "It has no title.", "Give it a title."
    if not row.identifier:
        yield "It has no name to be known by.", "Give it an id."
    for name, value, choices in (("kind", row.kind, Kind.values), ("status", row.status, Status.values)):
        if value not in choices:
            yield f"“{value}” is no {name}.", f"Write one of {', '.join(choices)}."
    if row.country and row.country not in countries:
        yield f"“{row.country}” is no country.", "Write the two letters of ISO 3166-1, such as BY."
    try:
        edtf_dates.bounds(row.date)
    except edtf_dates.InvalidDate as error:
        yield str(error), "Write an EDTF date, such as 2020-08-09, 2020-08 or 2020-08/2020-11."
    for name, room in WHOLE.items():
        if len(getattr(row, name)) > room:
            yield f"Its {name} is longer than {room} characters.", "Shorten it, or leave it out."


def _digest(row: Row) -> str:
    """Of all that the row says, however it says so: not of its place in the file."""
    told = {name: getattr(row, name) for name in Row.__slots__ if name not in ("number", "raw", "rules")}
    told["parties"] = [[party.name, party.role, party.kind, party.country] for party in row.parties]
    told["counts"] = [dict(count) for count in row.counts]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _note(event: Event) -> str:
    """What curators have decided about a row's event, which stays so."""
    if event.merged_into_id:
        return f"A curator merged its event into “{event.root.title}”: what it says now goes there."
    if event.review == Review.REJECTED:
        return "A curator rejected its event, which stays rejected."
    if event.review == Review.CONFIRMED:
        return "A curator confirmed its event: it will be marked as having newer evidence."
    if event.locked_fields:
        return f"Set by a curator and kept: {', '.join(event.locked_fields)}."
    return ""


def _before(origins: Sequence[Origin]) -> dict[int, tuple[Source | None, Mention | None]]:
    """By origin, the source and the passage that its row was when it came last."""
    paths = {path_of(origin.collection, origin.identifier): origin.pk for origin in origins}
    sources = {source.path: source for source in Source.objects.current().filter(path__in=paths)}
    told = Mention.objects.filter(
        source__in=sources.values(), standing=Mention.Standing.CURRENT, extractor__startswith=IMPORTED
    )
    passages = {mention.source_id: mention for mention in told.order_by("pk")}
    return {
        pk: (source, passages.get(source.pk) if source else None)
        for path, pk in paths.items()
        for source in [sources.get(path)]
    }


def _compared(verdict: Verdict, row: Row, source: Source | None, told: Mention | None) -> Verdict:
    """The verdict with what the row says otherwise; unchanged if that is nothing, however it says it."""
    changes = (*_changes(row, source, told),)
    if source and told and not changes:
        return replace(verdict, outcome=Outcome.UNCHANGED, note="")
    return replace(verdict, changes=changes)


def _changes(row: Row, source: Source | None, told: Mention | None) -> Iterator[tuple[str, str, str]]:
    """(what, old, new) of all that the row says otherwise than it did, in words."""
    if source is None or told is None:
        return
    old = {
        "title": told.title, "date": told.date, "kind": told.kind, "status": told.status,
        "disputed": told.disputed, "country": str(told.country.code or ""), "says": told.cited,
        "people": _people(told.counts), "parties": _names(told.participants), "words": source.text,
        "sorts": _sorts(told.participants, row),
        "publisher": source.publisher, "url": source.url, "published": source.published,
    }  # fmt: skip
    new = {
        "title": row.title[:300], "date": row.date, "kind": row.kind, "status": row.status,
        "disputed": row.disputed, "country": row.country, "says": row.says,
        "people": _people(row.counts),
        "parties": _names([{"name": party.name, "role": party.role} for party in row.parties]),
        "sorts": _sorts([asdict(party) for party in row.parties], row),
        "words": _text(row), "publisher": row.publisher, "url": row.url,
        "published": row.published or source.published,
    }  # fmt: skip
    for name, label in LABELS.items():
        if old[name] != new[name]:
            yield label, _in_words(old[name]), _in_words(new[name])


def _in_words(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value or "–")


def _people(counts: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{one['what']} {one['minimum'] or ''}–{one['maximum'] or ''}" for one in counts)


def _names(parties: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['name']} ({one['role']})" for one in parties)


def _sorts(parties: Iterable[Mapping[str, Any]], row: Row) -> str:
    """Of those of whom the row says it, what they are and of which country."""
    telling = {party.name for party in row.parties if party.kind or party.country}
    return ", ".join(
        f"{one['name']} ({' '.join(filter(None, (one['kind'], one['country']))) or '–'})"
        for one in parties
        if one["name"] in telling
    )


def _likes(row: Row, collection: str) -> tuple[tuple[int, str, str], ...]:
    found = merging.alike_told(told(row), collection, SHOWN_LIKES)
    return tuple((like.event.pk, str(like.event), like.reason) for like in found)


# What is made of a row


def _text(row: Row) -> str:
    """The row's words below its headline, unless they are no others."""
    return row.headline if row.text in ("", row.headline) else f"{row.headline}\n\n{row.text}"


def document(row: Row, collection: str, published: date) -> Document:
    """The row as a text; `published` is taken where the row names no day."""
    return Document(
        path_of(row.collection or collection, "").removesuffix("#"),
        row.headline,
        row.published or published,
        _text(row),
        row.publisher,
        row.url,
        row.identifier,
    )


def told(row: Row) -> records.Event:
    """The row as what a text tells: one event by one passage, the row's words below its headline."""
    text = _text(row)
    start = 0 if text == row.headline else len(row.headline) + 2
    mention = records.Mention(
        start=start,
        end=len(text),
        kind=cast("records.Kind", row.kind),
        title=row.title,
        date=row.date,
        status=cast("records.Status", row.status),
        disputed=row.disputed,
        country=row.country,
        participants=tuple(
            records.Participant(
                party.name,
                party.role,
                cast("records.ActorKind", party.kind),
                party.country,
                _place(party.name, text),
            )
            for party in row.parties
        ),
        counts=tuple(
            records.Count(count["what"], count["minimum"], count["maximum"], NOWHERE) for count in row.counts
        ),
        cited=row.says,
        rules={**row.rules, "title": GIVEN},
    )
    fields = ("kind", "title", "date", "status", "disputed", "country", "participants", "counts")
    return records.Event(**{name: getattr(mention, name) for name in fields}, mentions=(mention,))


def _place(name: str, text: str) -> records.Span:
    """Where the words name somebody, if they do."""
    start = text.find(name)
    return records.Span(start, start + len(name)) if start >= 0 else NOWHERE


# Writing


class _Writer:
    """Stores some rows, and resolves their events together; use within a recording."""

    def __init__(self, cases: Sequence[_Case], imported: Import, kept: Recording) -> None:
        self.cases = cases
        self.imported = imported
        self.kept = kept
        self.version = f"{IMPORTED}{RELEASE} {imported.format}"
        self.verdicts = [case.verdict for case in cases]
        self.touched: set[int] = set()

    def store(self) -> list[Verdict]:
        self._store_changed()
        self._store_new()
        refresh_all(self.touched)
        return self.verdicts

    def _of(self, outcome: Outcome) -> list[tuple[int, _Case, Row]]:
        """Place, case and row of those with a verdict."""
        cases = enumerate(self.cases)
        return [
            (place, case, case.row) for place, case in cases if case.row and case.verdict.outcome == outcome
        ]

    def _store_changed(self) -> None:
        cases = self._of(Outcome.CHANGED)
        origins = [case.origin for _, case, _ in cases if case.origin]
        self._hold(origins)
        before = _before(origins)
        for place, case, row in cases:
            if case.origin is None:
                continue
            source, mention = before[case.origin.pk]
            verdict = _compared(case.verdict, row, source, mention)
            if verdict.outcome == Outcome.UNCHANGED:
                self.verdicts[place] = verdict
                continue
            published = source.published if source else timezone.localdate()
            with self._marking(place):
                self._store_row(row, published, case.origin.event)
                Origin.objects.filter(pk=case.origin.pk).update(
                    imported=self.imported, row=_plain(row.raw), reading=case.reading
                )
                self.verdicts[place] = verdict

    def _hold(self, origins: Sequence[Origin]) -> None:
        """Before curators, or after them, and in their order: sources and then events, each by key."""
        if not origins:
            return
        paths = [path_of(origin.collection, origin.identifier) for origin in origins]
        sources = Source.objects.current().filter(path__in=paths).order_by("pk")
        told = Mention.objects.filter(source__path__in=paths).order_by().values_list("event", flat=True)
        keys = {*told, *(origin.event_id for origin in origins)}
        if connection.features.has_select_for_update:
            list(sources.select_for_update(no_key=True).values_list("pk"))
            events = Event.objects.filter(pk__in=keys).order_by("pk")
            list(events.select_for_update(no_key=True).values_list("pk"))
        self.kept.watch_keys(*((Version.Table.EVENT, key) for key in keys))

    def _store_new(self) -> None:
        """Rows that nobody has seen yet: in a few statements, or one by one where one can't be stored."""
        cases = self._of(Outcome.NEW)
        if not cases:
            return
        today = timezone.localdate()
        try:
            with transaction.atomic():
                texts = [(document(row, self.imported.collection, today), told(row)) for _, _, row in cases]
                self._note_new(cases, loading.store_new_rows(texts, self.version))
        except (IntegrityError, DataError):
            for place, case, row in cases:
                with self._marking(place):
                    self._note_new([(place, case, row)], [max(self._store_row(row, today, None))])

    def _note_new(self, cases: Sequence[tuple[int, _Case, Row]], events: Sequence[int]) -> None:
        Origin.objects.bulk_create(
            Origin(
                event_id=event,
                imported=self.imported,
                collection=row.collection or self.imported.collection,
                identifier=row.identifier,
                row=_plain(row.raw),
                reading=case.reading,
            )
            for (_, case, row), event in zip(cases, events, strict=True)
        )
        for (place, case, row), event in zip(cases, events, strict=True):
            if row.summary:
                Event.objects.filter(pk=event).update(summary=row.summary)
            self.verdicts[place] = replace(case.verdict, event=event)
        self.touched |= set(events)

    def _store_row(self, row: Row, published: date, known: Event | None) -> set[int]:
        text = document(row, self.imported.collection, published)
        touched = loading.store_row(text, told(row), version=self.version, known=known, kept=self.kept)
        self.touched |= touched
        return touched

    @contextmanager
    def _marking(self, place: int) -> Iterator[None]:
        """One row, which is refused if the database refuses it."""
        try:
            with transaction.atomic():
                yield
        except (IntegrityError, DataError) as error:
            self.verdicts[place] = replace(
                self.cases[place].verdict,
                outcome=Outcome.REFUSED,
                problem=f"It can’t be stored ({str(error).splitlines()[0]}).",
                mend="Import the file again; if it stays, please report it.",
            )


def _plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it came, of what JSON knows."""
    return cast("dict[str, Any]", json.loads(json.dumps(cleaned(dict(raw)), default=str)))
