"""Corpora: `.jsonl` and `.jsonl.gz`, one object a line, of any length and read a line at a time."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any, BinaryIO, TypeAlias, cast

from timeline.documents.document import (
    MAXIMUM_BYTES,
    Document,
    Failure,
    Unreadable,
    checked,
    clean,
    composed,
    day_of,
)

Opener: TypeAlias = Callable[[], BinaryIO]
GZIP = b"\x1f\x8b"  # what a packed file begins with


def read_corpus(
    corpus: AbstractContextManager[BinaryIO], name: str, published: date | None, most: int | None
) -> Iterator[Document | Failure]:
    """The documents of a corpus, its failures under the number of their line. `most` is of bytes unpacked."""
    seen: set[str] = set()
    number = 0
    empty = True
    try:
        with corpus as lines:
            while line := lines.readline(MAXIMUM_BYTES + 1):
                number += 1
                place = f"{name}, line {number}"
                if most is not None and lines.tell() > most:
                    yield Failure(
                        f"{name}, from line {number}",
                        f"It holds more text than the {most // 1_000_000} MB that are left for it.",
                        "Hand it in by itself, or split it.",
                    )
                    return
                if len(line) > MAXIMUM_BYTES:
                    _skip_line(lines, line, most)
                    yield Failure(place, "The record is over 5 MB.", "Split it.")
                elif line.strip():
                    yield _read_record(line, name, place, number, seen, published)
                else:
                    continue
                empty = False
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Failure(f"{name}, after line {number}", f"The file is broken off: {error}.", "Fetch it again.")
    else:
        if empty:
            yield Failure(name, "It is empty.", "Put one JSON object a line into it, or delete it.")


@contextmanager
def lines_of(opened: Opener, *, packed: bool) -> Iterator[BinaryIO]:
    """A corpus to be read by the line, unpacked on the way; raises Unreadable."""
    with opened() as file:
        if not packed:
            yield file
            return
        if not GZIP.startswith(file.read(len(GZIP))):
            raise Unreadable("It is not packed with gzip.", "Name it .jsonl, or pack it.")
        file.seek(0)
        with gzip.open(file) as lines:
            yield cast("BinaryIO", lines)


def _skip_line(lines: BinaryIO, part: bytes, most: int | None) -> None:
    while part and not part.endswith(b"\n") and (most is None or lines.tell() <= most):
        part = lines.readline(MAXIMUM_BYTES)


def _read_record(
    line: bytes, name: str, place: str, number: int, seen: set[str], published: date | None
) -> Document | Failure:
    try:
        record = _json_object(line)
        identity = record.get("id")
        # A 0 is an id like any other.
        identity = f"line-{number}" if identity is None or identity == "" else str(identity)
        if identity in seen:
            raise Unreadable(
                f"The id “{identity}” stands twice in this file.", "Give each record its own id."
            )
        document = parse_record(record, name, identity, published)
    except Unreadable as error:
        return Failure(place, error.reason, error.mend)
    seen.add(identity)
    return document


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The line is not JSON: {error}.", "Write one JSON object a line.") from error
    if not isinstance(record, dict):
        raise Unreadable("The line is not a JSON object.", "Write one JSON object a line.")
    return record


def parse_record(record: dict[str, Any], name: str, identity: str, published: date | None = None) -> Document:
    """One record of a corpus as a document; raises Unreadable.

    A record without a title keeps its text as it is, so that offsets into it stay what they were.
    """
    fields = {}
    for key in ("text", "published", "title", "publisher", "url"):
        value = record.get(key)
        if value is not None and not isinstance(value, str):
            raise Unreadable(f"Its “{key}” is not a string.", "Put it in quotation marks.")
        fields[key] = clean(value or "")
    text, title = fields["text"], fields["title"].strip()
    if not text.strip():
        raise Unreadable("It has no “text”.", "Give each record a “text” and a “published”.")
    day = day_of(fields["published"], published, "Give the record a “published”: YYYY-MM-DD.")
    first_line = text.strip().partition("\n")[0].strip()
    if title and title != first_line:
        return composed(
            name, title, text, day, publisher=fields["publisher"], url=fields["url"], record=clean(identity)
        )
    return checked(name, first_line, day, text, fields["publisher"], fields["url"], clean(identity))
