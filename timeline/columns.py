"""Every public event's facets as columns of numbers, held in memory and kept in step with the database.

Counting, binning and paging a million events takes milliseconds here, whatever the filters, where SQL would
scan its tables. The columns are read once; after that only the events that have been written since, as the
database's own log of changes tells (`models.Change`, filled by triggers). Asking whether anything was written
is one query on an index.

Rows keep their place: a deleted event is only marked as gone, a new one is added at the end.
"""

import fcntl
import hashlib
import logging
import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cached_property
from io import BufferedRandom, BufferedReader
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from time import monotonic
from typing import Any, cast

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import Func
from django_countries import countries
from numpy.typing import NDArray

from timeline.models import Change, Kind, Review, Status, public_reviews

logger = logging.getLogger(__name__)

Mask = NDArray[np.bool_]
KINDS = tuple(Kind.values)
STATUSES = tuple(Status.values)
REVIEWS = tuple(Review.values)
COUNTRY_NAMES = dict(countries)
COUNTRIES = ("", *sorted(COUNTRY_NAMES))
VALUES = {"kind": KINDS, "status": STATUSES, "review": REVIEWS, "country": COUNTRIES}
CODES = {name: {value: code for code, value in enumerate(values)} for name, values in VALUES.items()}
# So many written events are looked up one by one; of more, everything is read anew.
MOST_PATCHED = 20_000
AT_A_TIME = 500
MOST_LOGGED = 10 * MOST_PATCHED  # entries of the log that are left of it: a write leaves several
# While writes go on, keeping in step may take this share of a process' time, and each step makes all kept
# answers worthless: with so many events, what is shown may be behind by as many times what a patch takes, and
# by this many seconds. Smaller timelines are never behind, nor is what curators see.
SHARE = 0.1
RESTS = 2.0
LARGE = 100_000
# What a snapshot that was cut, or isn't one, makes of reading it.
UNREADABLE = (OSError, EOFError, ValueError, TypeError, RuntimeError, MemoryError, struct.error)
BESIDE, ANYTHING = 0, -1  # in the log, instead of an event: what is shown beside events; any number of events
UNDATED = np.int64(1) << 30  # later than any day


@dataclass(frozen=True)
class Columns:
    """One row an event, in the order of ids; arrays of the same length, never written to.

    `first` and `last` are ordinals of days (1 is 1 January of the year 1), 0 where the date is open or
    unknown; the others are indexes into KINDS, STATUSES, REVIEWS and COUNTRIES. `public` is false for
    what readers don't see and for the deleted. `order` has the rows of all public events in time, the undated
    last. `part_row` and `part_actor` are pairs of row and actor, `told_row` and `told_source` of row and
    source, each once.
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

    def mask_of(self, ids: NDArray[np.int64]) -> Mask:
        """The rows of these events."""
        mask = np.zeros(len(self), dtype=bool)
        mask[self.rows_of(ids)] = True
        return mask

    @cached_property
    def anywhere(self) -> frozenset[int]:
        """The countries of all public events."""
        return frozenset(np.flatnonzero(np.bincount(self.country[self.public])).tolist())

    def days(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """The days that these rows stand at in time: their earliest, else their latest; 0 without a date."""
        first = self.first[rows]
        return np.where(first > 0, first, self.last[rows])


_DAY = {
    "sqlite": "CAST(julianday({0}) - 1721424.5 AS integer)",
    "postgresql": "{0} - DATE '0001-01-01' + 1",
}
# Read without Django's models, which would take four times as long over a million rows.
_EVENTS = (
    "SELECT id, kind, status, review, country, disputed, {first}, {last} "
    "FROM timeline_event {where} ORDER BY id"
)
_PAIRS = "SELECT event_id, {other}_id FROM {table} {where}"
# A passage that a curator added and took back is none: no source tells of its event by it.
_TABLES = {
    "actor": "timeline_participation",
    "source": "(SELECT event_id, source_id FROM timeline_mention "
    "WHERE standing <> 'withdrawn' OR extractor <> '') AS told",
}
_CHUNK = 20_000


def _chunks(sql: str, ids: Sequence[int] | None) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query a number at a time; of these events only, where `ids` are given."""
    # A few are read at once; of everything, PostgreSQL's server keeps the rows that aren't asked for yet.
    with connection.cursor() if ids else connection.chunked_cursor() as cursor:
        cursor.execute(sql, ids)
        while rows := cursor.fetchmany(_CHUNK):
            yield rows


def _where(column: str, ids: Sequence[int] | None) -> str:
    return "" if ids is None else f"WHERE {column} IN ({', '.join(['%s'] * len(ids))})"


def _events(ids: Sequence[int] | None = None) -> dict[str, NDArray[Any]]:
    """The events' columns; a country that isn't on the list counts as none."""
    day = _DAY[connection.vendor]
    sql = _EVENTS.format(first=day.format("earliest"), last=day.format("latest"), where=_where("id", ids))
    parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, _TYPES[name])] for name in _TYPES}
    for rows in _chunks(sql, ids):
        for name, values in zip(_TYPES, zip(*rows, strict=True), strict=True):
            codes = CODES.get(name)
            told = (codes.get(value, 0) for value in values) if codes else (value or 0 for value in values)
            parts[name].append(np.fromiter(told, dtype=_TYPES[name], count=len(values)))
    arrays = {name: np.concatenate(some) for name, some in parts.items()}
    arrays["public"] = np.isin(arrays["review"], [REVIEWS.index(review) for review in public_reviews()])
    return arrays


def _pairs(other: str, ids: Sequence[int] | None = None) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Events, and the actors or sources that they have to do with, each pair once."""
    sql = _PAIRS.format(other=other, table=_TABLES[other], where=_where("event_id", ids))
    parts = [np.empty(0, np.int64)]
    for rows in _chunks(sql, ids):
        events, others = (np.fromiter(column, np.int64, len(rows)) for column in zip(*rows, strict=True))
        parts.append((events << 32) + others)
    pairs = np.concatenate(parts)
    parts.clear()
    pairs.sort()
    if len(pairs):
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
    lower = (pairs & 0xFFFFFFFF).astype(np.int32)
    return pairs >> 32, lower


_TYPES: dict[str, Any] = {
    "pk": np.int64,
    "kind": np.uint8,
    "status": np.uint8,
    "review": np.uint8,
    "country": np.int16,
    "disputed": np.bool_,
    "first": np.int32,
    "last": np.int32,
}


def _in_time(first: NDArray[np.int32], last: NDArray[np.int32], rows: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers that sort rows in time, by id on the same day, undated ones last."""
    day = np.where(first > 0, first, last).astype(np.int64)
    numbers: NDArray[np.int64] = (np.where(day > 0, day, UNDATED) << 32) + rows
    return numbers


def read() -> Columns:
    """All of it, from the database."""
    revision, position = _state()
    arrays = _events()
    rows = np.arange(len(arrays["pk"]), dtype=np.int32)
    order = np.argsort(_in_time(arrays["first"], arrays["last"], rows)).astype(np.int32)
    arrays |= _of_rows(arrays["pk"], "part", *_pairs("actor"))
    arrays |= _of_rows(arrays["pk"], "told", *_pairs("source"))
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


# What is numbered from here on hasn't begun: entries that say so came with a backup of another server.
_NEXT = (
    "greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
    "pg_current_xact_id_if_assigned()::text::bigint + 1)"
)
_STATE = (
    "SELECT coalesce(max(id), 0), coalesce((array_agg(mark ORDER BY id DESC))[1], 0), oldest, count(*), "  # noqa: S608
    "(SELECT coalesce(max(transaction), 0) FROM timeline_change WHERE transaction < oldest) "
    f"FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest, {_NEXT} AS next) AS now "
    "LEFT JOIN LATERAL ((SELECT id, mark FROM timeline_change ORDER BY id DESC LIMIT 1) UNION "
    "SELECT id, mark FROM timeline_change WHERE transaction >= oldest AND transaction < next) "
    "AS late ON true GROUP BY oldest"
)


def _state() -> tuple[str, int]:
    """(revision, position): what the log of changes has come to, and from where on it has to be read next.

    In PostgreSQL, transactions commit in another order than they begin in: what a transaction wrote that is
    still going on may come to stand before what is seen now. So the position is the oldest of those. The
    revision has the last before it that the log tells of: other databases of the server write too.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_STATE)
            last, mark, position, late, settled = cursor.fetchone()
            return f"{last}.{mark}.{settled}.{late}", position
        cursor.execute("SELECT id, mark FROM timeline_change ORDER BY id DESC LIMIT 1")
        last, mark = cursor.fetchone() or (0, 0)
        return f"{last}.{mark}", last


def revision() -> str:
    """What the database holds, as far as it is of events, in a word: another after every write."""
    return _state()[0]


def change_of(revision: str) -> int:
    """The last write that a revision tells of, as a number that grows; 0 before the first."""
    return int(revision.partition(".")[0])


def _written_since(columns: Columns) -> list[int] | None:
    """Ids of the events written since; None if that can't be told, or they are too many."""
    last, mark = (int(part) for part in columns.revision.split(".")[:2])
    if last and not Change.objects.filter(pk=last, mark=mark).exists():
        return None  # another database, a write that was taken back, or one that is no longer in the log
    if connection.vendor == "postgresql":
        if last and not Change.objects.filter(transaction__lt=columns.position).exists():
            return None  # what was shortened may have been more than is known, see `shorten`
        log = Change.objects.filter(transaction__gte=columns.position, transaction__lt=Func(template=_NEXT))
    else:
        log = Change.objects.filter(pk__gt=columns.position)
    named = log.order_by().values_list("event_id", flat=True).distinct()
    ids = set(named[: MOST_PATCHED + 2]) - {BESIDE}  # one more than may be patched, and BESIDE
    return sorted(ids) if len(ids) <= MOST_PATCHED and ANYTHING not in ids else None


_SHORTEN = {
    "sqlite": "DELETE FROM timeline_change WHERE id <= "
    "(SELECT id FROM timeline_change ORDER BY id DESC LIMIT 1 OFFSET %s)",
    "postgresql": "DELETE FROM timeline_change WHERE transaction < (SELECT "
    "least(transaction, pg_snapshot_xmin(pg_current_snapshot())::text::bigint) "
    "FROM timeline_change ORDER BY id DESC LIMIT 1 OFFSET %s)",
}


def shorten(entries: int = MOST_LOGGED) -> None:
    """Take from the log what is older than so many entries; who would need it reads everything anew.

    In PostgreSQL only whole transactions go, the oldest first, and none that may still write: if one
    is left that is older than a process' position, everything since is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHORTEN[connection.vendor], [entries])


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
    batches = [ids[start : start + AT_A_TIME] for start in range(0, len(ids), AT_A_TIME)]
    read_anew = [_events(some) for some in batches]
    fresh = {name: np.concatenate([some[name] for some in read_anew]) for name in read_anew[0]}
    parts = [_pairs("actor", some) for some in batches]
    told = [_pairs("source", some) for some in batches]
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


# Snapshots: a file from which another process, or this one after a restart, starts in a tenth of a second. It
# is mapped, not read, so that the machine's memory holds it once, however many processes there are.

ALIGNED = 64  # bytes


def _snapshot() -> Path:
    told = f"{connection.vendor} {_shown()} {VALUES} {sorted(_TYPES.items(), key=str)}"
    name = hashlib.sha256(told.encode()).hexdigest()[:16]
    return Path(settings.CACHE_FOLDER) / f"{name}.columns"


def save(known: Columns) -> None:
    """Keep the columns in a file, if the folder for that can be written."""
    path = _snapshot()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            try:
                _write(cast("BufferedRandom", file), known)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()  # half of it would keep a full disk full
                raise
    except OSError as error:
        logger.warning("%s can’t be written (%s): every process reads the events anew.", path, error)


def saved() -> Columns | None:
    """The columns as they were kept last; None if they weren't, or not by this release."""
    path = _snapshot()
    try:
        with path.open("rb") as file:
            arrays = _read(file)
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        logger.warning("%s can’t be read (%s): the events are read anew.", path, error)
        return None
    return Columns(**arrays | {"revision": str(arrays["revision"]), "position": int(arrays["position"])})


def _write(file: BufferedRandom, known: Columns) -> None:
    """The hash of all that follows, then the arrays one after the other."""
    file.write(bytes(ALIGNED))
    for field in fields(known):
        np.save(file, np.asarray(getattr(known, field.name)), allow_pickle=False)
        file.write(bytes(-file.tell() % ALIGNED))
    file.seek(ALIGNED)
    digest = hashlib.file_digest(file, "sha256").digest()
    file.seek(0)
    file.write(digest)
    file.flush()


def _read(file: BufferedReader) -> dict[str, Any]:
    """The arrays by their names, mapped; raises UNREADABLE."""
    digest = file.read(ALIGNED)
    if hashlib.file_digest(file, "sha256").digest() != digest[:32]:
        raise ValueError("its hash is another")
    file.seek(ALIGNED)
    return {field.name: _mapped(file) for field in fields(Columns)}


def _mapped(file: BufferedReader) -> NDArray[Any]:
    """The array that stands next in the file; ValueError if there is none."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(version)
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    start, size = file.tell(), dtype.itemsize * math.prod(shape)
    array = np.memmap(file, dtype, "r", start, shape or (1,)) if size else np.empty(shape, dtype)
    file.seek(start + size + -(start + size) % ALIGNED)
    return np.asarray(array).reshape(shape)


@contextmanager
def _alone() -> Iterator[None]:
    """One process of the machine at a time: the others find the snapshot that it leaves."""
    path = _snapshot().with_suffix(".lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.open("wb")
    except OSError:  # `save` tells of it
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Kept:
    """The columns that this process has."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.columns: Columns | None = None
        self.shown = ""
        self.rest_until = 0.0

    def current(self) -> Columns:
        kept = self.columns
        if kept is not None and self.shown == _shown() and monotonic() < self.rest_until:
            return kept
        connection.ensure_connection()  # else one would wait inside for those that others outside hold
        with self.lock:
            begun = monotonic()
            if self.columns is None or self.shown != _shown():
                self.columns, self.shown = self._begun(), _shown()
            else:
                self.columns = patched(self.columns)
            took = monotonic() - begun
            rest = max(took / SHARE, RESTS) if len(self.columns) > LARGE else 0
            self.rest_until = monotonic() + rest
            return self.columns

    @staticmethod
    def _begun() -> Columns:
        with _alone():
            before = saved()
            known = patched(before) if before else read()
            if len(known) <= LARGE or (before and known.revision == before.revision):
                return known
            save(known)
            kept = saved()
        return kept if kept and kept.revision == known.revision else known


def _shown() -> str:
    """What columns are of: a database, and of its events those that readers see."""
    return f"{connection.settings_dict['NAME']} {', '.join(public_reviews())}"


_kept = _Kept()


def current() -> Columns:
    """The columns as the database has them now; read in full only where no snapshot of them is left."""
    return _kept.current()


def hurry() -> None:
    """Have this process look for what was written, also where it would rest: a curator wants to see it."""
    _kept.rest_until = 0.0


def change_known() -> int | None:
    """The last write that the columns of this process know of, without asking; None before they are read."""
    kept = _kept.columns
    return None if kept is None else change_of(kept.revision)
