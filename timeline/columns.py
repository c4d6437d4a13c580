"""Every public event's facets as columns of numbers, held in memory and kept in step with the database.

Counting, binning and paging a million events takes milliseconds here, whatever the filters, where SQL would
scan its tables. The columns are read once; after that only the events that have been written since, as the
database's own log of changes tells (`models.Change`, filled by triggers). Asking whether anything was written
is one query on an index.

Rows keep their place: a deleted event is only marked as gone, a new one is added at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from time import monotonic
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import F, Func, IntegerField
from django.db.models.expressions import Combinable
from django_countries import countries
from numpy.typing import NDArray

from timeline.models import Change, Event, Kind, Mention, Participation, Review, Status

Mask = NDArray[np.bool_]
KINDS = tuple(Kind.values)
STATUSES = tuple(Status.values)
REVIEWS = tuple(Review.values)
COUNTRIES = ("", *sorted(code for code, _ in countries))
VALUES = {"kind": KINDS, "status": STATUSES, "review": REVIEWS, "country": COUNTRIES}
CODES = {name: {value: code for code, value in enumerate(values)} for name, values in VALUES.items()}
# So many written events are looked up one by one; of more, everything is read anew.
MOST_PATCHED = 20_000
AT_A_TIME = 500
# While writes go on, keeping in step may take this share of a process' time, no more: with so many events,
# what is shown may be behind by as many times what a patch takes. Smaller timelines are never behind.
SHARE = 0.1
LARGE = 100_000
BESIDE, EMPTIED = 0, -1  # in the log, instead of an event: something shown beside events; all events are gone
UNDATED = np.int64(1) << 30  # later than any day


@dataclass(frozen=True)
class Columns:
    """One row an event, in the order of ids; arrays of the same length, never written to.

    `first` and `last` are ordinals of days (1 is 1 January of the year 1), 0 where the date is open or
    unknown; the others are indexes into KINDS, STATUSES, REVIEWS and COUNTRIES. `public` is false for the
    rejected and the deleted. `order` has the rows of all public events in time, the undated last. `part_row`
    and `part_actor` are pairs of row and actor, `told_row` and `told_source` of row and source, each once.
    """

    revision: str
    position: int
    pk: NDArray[np.int64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    kind: NDArray[np.uint8]
    status: NDArray[np.uint8]
    review: NDArray[np.uint8]
    country: NDArray[np.int16]
    disputed: Mask
    public: Mask
    order: NDArray[np.int32]
    part_row: NDArray[np.int32]
    part_actor: NDArray[np.int32]
    told_row: NDArray[np.int32]
    told_source: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.pk)

    def rows_of(self, ids: Iterable[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of those of these events that are here, in the order of `ids`."""
        wanted = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, dtype=np.int64)
        rows = np.searchsorted(self.pk, wanted)
        rows[rows == len(self.pk)] = 0
        return rows[self.pk[rows] == wanted] if len(self.pk) else rows[:0]

    def pairs(self, name: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows and the ids of the actors, or sources, that they have to do with."""
        if name == "actor":
            return self.part_row, self.part_actor
        return self.told_row, self.told_source

    def with_(self, name: str, key: int) -> Mask:
        """The rows that have to do with one actor, or source."""
        rows, others = self.pairs(name)
        mask = np.zeros(len(self), dtype=bool)
        mask[rows[others == key]] = True
        return mask

    @property
    def sort_day(self) -> NDArray[np.int32]:
        """The day that an event stands at in time: its earliest, else its latest; 0 if it has no date."""
        return np.where(self.first > 0, self.first, self.last)


_READ = ("pk", "kind", "status", "review", "country", "disputed", "first_day", "last_day")


class _Ordinal(Func):
    """A date as the ordinal of its day, as `date.toordinal` counts."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="CAST(julianday(%(expressions)s) - 1721424.5 AS integer)",
            **extra_context,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="(%(expressions)s - DATE '0001-01-01' + 1)", **extra_context
        )


def _rows(ids: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
    events = Event.objects.order_by("pk")
    if ids is not None:
        events = events.filter(pk__in=ids)
    days: dict[str, Combinable] = {"first_day": _Ordinal("earliest"), "last_day": _Ordinal("latest")}
    return list(events.annotate(**days).values_list(*_READ))


def _pairs(model: Any, name: str, ids: Sequence[int] | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
    pairs = model.objects.order_by().values_list("event_id", F(name)).distinct()
    if ids is not None:
        pairs = pairs.filter(event_id__in=ids)
    table = np.fromiter(pairs, dtype=np.dtype((np.int64, 2)))
    return table[:, 0], table[:, 1].astype(np.int32)


_TYPES: dict[str, Any] = {
    "pk": np.int64,
    "kind": np.uint8,
    "status": np.uint8,
    "review": np.uint8,
    "country": np.int16,
    "disputed": np.bool_,
    "first_day": np.int32,
    "last_day": np.int32,
}


def _read(rows: list[tuple[Any, ...]]) -> dict[str, NDArray[Any]]:
    """Rows of _READ as arrays; a country that isn't on the list counts as none."""
    columns = list(zip(*rows, strict=True)) or [()] * len(_READ)
    arrays = {}
    for name, values in zip(_READ, columns, strict=True):
        codes = CODES.get(name)
        told = (codes.get(value, 0) for value in values) if codes else (value or 0 for value in values)
        arrays[name] = np.fromiter(told, dtype=_TYPES[name], count=len(values))
    arrays["first"], arrays["last"] = arrays.pop("first_day"), arrays.pop("last_day")
    arrays["public"] = arrays["review"] != REVIEWS.index(Review.REJECTED)
    return arrays


def _in_time(first: NDArray[np.int32], last: NDArray[np.int32], rows: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers that sort rows in time, by id on the same day, undated ones last."""
    day = np.where(first > 0, first, last).astype(np.int64)
    numbers: NDArray[np.int64] = (np.where(day > 0, day, UNDATED) << 32) + rows
    return numbers


def read() -> Columns:
    """All of it, from the database."""
    revision, position = _state()
    arrays = _read(_rows())
    rows = np.arange(len(arrays["pk"]), dtype=np.int32)
    order = np.argsort(_in_time(arrays["first"], arrays["last"], rows)).astype(np.int32)
    parts, actors = _pairs(Participation, "actor_id")
    told, sources = _pairs(Mention, "source_id")
    arrays |= _of_rows(arrays["pk"], "part", parts, actors)
    arrays |= _of_rows(arrays["pk"], "told", told, sources)
    arrays["order"] = order[arrays["public"][order]]
    return Columns(revision=revision, position=position, **arrays)


def _of_rows(
    pk: NDArray[np.int64], name: str, events: NDArray[np.int64], others: NDArray[np.int32]
) -> dict[str, NDArray[Any]]:
    """Pairs with the events' rows in their place; those of events that came after are left out."""
    rows = np.searchsorted(pk, events)
    known = rows < len(pk)
    known[known] = pk[rows[known]] == events[known]
    other = "actor" if name == "part" else "source"
    return {f"{name}_row": rows[known].astype(np.int32), f"{name}_{other}": others[known]}


def _state() -> tuple[str, int]:
    """(revision, position): what the log of changes has come to, and from where on it has to be read next.

    In PostgreSQL, transactions commit in another order than they begin in: what a transaction wrote that is
    still going on may come to stand before what is seen now. So the position is the oldest of those.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT coalesce(max(id), 0), coalesce((array_agg(mark ORDER BY id DESC))[1], 0), "
                "oldest, count(*) "
                "FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest) AS now "
                "LEFT JOIN LATERAL ((SELECT id, mark FROM timeline_change ORDER BY id DESC LIMIT 1) UNION "
                "SELECT id, mark FROM timeline_change WHERE transaction >= oldest) AS late ON true "
                "GROUP BY oldest"
            )
            last, mark, position, late = cursor.fetchone()
            return f"{last}.{mark}.{position}.{late}", position
        cursor.execute("SELECT id, mark FROM timeline_change ORDER BY id DESC LIMIT 1")
        last, mark = cursor.fetchone() or (0, 0)
        return f"{last}.{mark}", last


def _written_since(columns: Columns) -> list[int] | None:
    """Ids of the events written since; None if that can't be told, or they are too many."""
    last, mark = (int(part) for part in columns.revision.split(".")[:2])
    if last and not Change.objects.filter(pk=last, mark=mark).exists():
        return None  # another database, or a write that was taken back
    if connection.vendor == "postgresql":
        log = Change.objects.filter(transaction__gte=columns.position)
    else:
        log = Change.objects.filter(pk__gt=columns.position)
    ids = set(log.order_by().values_list("event_id", flat=True)[: 8 * MOST_PATCHED]) - {BESIDE}
    return sorted(ids) if len(ids) <= MOST_PATCHED and EMPTIED not in ids else None


def patched(columns: Columns) -> Columns:
    """The columns as the database has them now."""
    revision, position = _state()
    if revision == columns.revision:
        return columns
    ids = _written_since(columns)
    if ids is None:
        return read()
    if not ids:
        return replace(columns, revision=revision, position=position)
    rows, parts, told = [], [], []
    for start in range(0, len(ids), AT_A_TIME):
        some = ids[start : start + AT_A_TIME]
        rows += _rows(some)
        parts.append(_pairs(Participation, "actor_id", some))
        told.append(_pairs(Mention, "source_id", some))
    fresh = _read(rows)
    new = fresh["pk"] > (columns.pk[-1] if len(columns) else 0)
    known = columns.rows_of(fresh["pk"][~new])
    if len(known) != np.count_nonzero(~new):
        return read()  # an id was given out late
    pk = np.concatenate([columns.pk, fresh["pk"][new]])
    gone = columns.rows_of(ids)
    arrays: dict[str, NDArray[Any]] = {"pk": pk}
    for name in ("first", "last", "kind", "status", "review", "country", "disputed", "public"):
        values = np.concatenate([getattr(columns, name), fresh[name][new]])
        if name == "public":
            values[gone] = False
        values[known] = fresh[name][~new]
        arrays[name] = values
    written = np.zeros(len(pk), dtype=bool)
    written[gone] = True
    for name, other, pairs in (("part", "actor", parts), ("told", "source", told)):
        row, value = getattr(columns, f"{name}_row"), getattr(columns, f"{name}_{other}")
        keep = ~written[row]
        events, others = (np.concatenate(list(some)) for some in zip(*pairs, strict=True))
        added = _of_rows(pk, name, events, others)
        arrays[f"{name}_row"] = np.concatenate([row[keep], added[f"{name}_row"]])
        arrays[f"{name}_{other}"] = np.concatenate([value[keep], added[f"{name}_{other}"]])
    written[len(columns) :] = True
    arrays["order"] = _reordered(columns, arrays, written)
    return replace(columns, revision=revision, position=position, **arrays)


def _reordered(columns: Columns, arrays: dict[str, NDArray[Any]], written: Mask) -> NDArray[np.int32]:
    """The order in time with the written rows taken out and put in where they belong now."""
    first, last = arrays["first"], arrays["last"]
    kept = columns.order[~written[columns.order]]
    rows = np.flatnonzero(written & arrays["public"]).astype(np.int32)
    numbers = _in_time(first[rows], last[rows], rows)
    rows = rows[np.argsort(numbers)]
    places = np.searchsorted(_in_time(first[kept], last[kept], kept), np.sort(numbers))
    return np.insert(kept, places, rows)


class _Kept:
    """The columns that this process has."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.columns: Columns | None = None
        self.database = ""
        self.rest_until = 0.0

    def current(self) -> Columns:
        kept = self.columns
        if kept and self.database == _database() and monotonic() < self.rest_until:
            return kept
        with self.lock:
            begun = monotonic()
            if self.columns is None or self.database != _database():
                self.columns, self.database = read(), _database()
            else:
                self.columns = patched(self.columns)
            took = monotonic() - begun
            self.rest_until = monotonic() + (took / SHARE if len(self.columns) > LARGE else 0)
            return self.columns


def _database() -> str:
    return str(connection.settings_dict["NAME"])


_kept = _Kept()


def current() -> Columns:
    """The columns as the database has them now; read in full only by a process' first call."""
    return _kept.current()
