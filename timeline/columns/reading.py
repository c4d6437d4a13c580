"""The columns read from the database: all of it, or what was written since.

Rows keep their place: a deleted event is only marked as gone, a new one is added at the end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from timeline.columns.changes import state, written_since
from timeline.columns.table import CODES, REVIEWS, TYPES, UNDATED, Columns, Mask
from timeline.models import public_reviews

AT_A_TIME = 500

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
    parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, TYPES[name])] for name in TYPES}
    for rows in _chunks(sql, ids):
        for name, values in zip(TYPES, zip(*rows, strict=True), strict=True):
            codes = CODES.get(name)
            told = (codes.get(value, 0) for value in values) if codes else (value or 0 for value in values)
            parts[name].append(np.fromiter(told, dtype=TYPES[name], count=len(values)))
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


def _in_time(first: NDArray[np.int32], last: NDArray[np.int32], rows: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers that sort rows in time, by id on the same day, undated ones last."""
    day = np.where(first > 0, first, last).astype(np.int64)
    numbers: NDArray[np.int64] = (np.where(day > 0, day, UNDATED) << 32) + rows
    return numbers


def read() -> Columns:
    """All of it, from the database."""
    revision, position = state()
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


def patched(columns: Columns) -> Columns:
    """The columns as the database has them now."""
    revision, position = state()
    if revision == columns.revision:
        return columns
    ids = written_since(columns)
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
