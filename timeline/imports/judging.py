"""One verdict a row: what a format's reader makes of it, and whether the row is in the file already."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeAlias

from timeline.documents import MAXIMUM_BYTES, Unreadable
from timeline.imports.rows import PassedOver, Refused, Row, Verdict
from timeline.imports.words import shown

LONGEST_IDENTIFIER = 300
MADE = "content:"  # identifiers of ours begin with it


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file as its reader gets it: `cells` to read, `raw` to keep."""

    number: int
    cells: Mapping[str, Any]
    raw: Mapping[str, Any]


Reader: TypeAlias = Callable[[Record], Row | PassedOver]


def judge(records: Iterable[Record | Refused | PassedOver], reader: Reader) -> Iterator[Verdict]:
    """A verdict for each record, in order; what the reader can't read, or what comes twice, is refused."""
    seen: dict[int, int] = {}
    for record in records:
        yield _verdict(record, reader, seen) if isinstance(record, Record) else record


def _verdict(record: Record, reader: Reader, seen: dict[int, int]) -> Verdict:
    try:
        read = reader(record)
        return _once(_bounded(read), record, seen) if isinstance(read, Row) else read
    except Unreadable as error:
        return Refused(record.number, error.reason, error.mend, record.raw)


def _bounded(row: Row) -> Row:
    if len(row.text.encode()) > MAXIMUM_BYTES:
        raise Unreadable("Its text is over 5 MB.", "Split it into several rows.")
    if len(row.identifier) > LONGEST_IDENTIFIER:
        raise Unreadable(
            f"Its identifier {shown(row.identifier)} has over {LONGEST_IDENTIFIER} characters.", "Shorten it."
        )
    return row


def _once(row: Row, record: Record, seen: dict[int, int]) -> Row | PassedOver:
    """The row, if none before it in the file has its identifier.

    `seen` is kept small, since files may have a million rows: digests, and a row's number beside its own.
    """
    name = _digest(row.collection, row.identifier)
    content = _digest(json.dumps(record.raw))
    if name not in seen:
        seen[name] = row.number << 64 | content
        return row
    before = seen[name] >> 64
    if seen[name] & 2**64 - 1 == content:
        return PassedOver(row.number, f"It is the same as row {before}.", record.raw)
    same = "date and title" if row.identifier.startswith(MADE) else f"name, {shown(row.identifier)},"
    raise Unreadable(
        f"It has the same {same} as row {before} and says something else.",
        "Join the two, or give one of them another identifier or headline.",
    )


def _digest(*values: str) -> int:
    return int.from_bytes(blake2b("\0".join(values).encode(), digest_size=8).digest())


def named_by(*values: str) -> str:
    """An identifier for a row of a format that has none: the same as long as these values are.

    It is no name that anybody knows the row by: `Origin.name` has none for it.
    """
    return MADE + blake2b("\0".join(values).encode(), digest_size=16).hexdigest()
