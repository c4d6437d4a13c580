"""Which format a file of events is, by what is in it and not by its name; a verdict for each of its rows."""

import codecs
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO, TypeAlias

from timeline.documents import Unreadable
from timeline.imports import acled, flat, sheet, tables, timelinejs, trees
from timeline.imports.judging import Record
from timeline.imports.rows import PassedOver, Refused, Verdict
from timeline.imports.words import shown

READ = (
    "Read are TimelineJS files (JSON, or the sheet as CSV), ACLED’s CSV, and the timeline’s own CSV and JSON."
)
MEND_TABLE = (
    "Name its columns in the first row: Year and Headline as TimelineJS has them, event_id_cnty, event_date "
    "and event_type as ACLED, or title, date and kind."
)
FORMAT = "political-event-timeline"  # what the timeline's own JSON says that it is
OWN_KEYS = ("passages", "participants", "set_by_hand")  # of its events, and of no slide
AT_ONCE = 65_536
HEAD = 262_144  # characters within which a file has to say what it is
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
FALLBACK = "cp1252"
JSON = re.compile(r"\s*(?P<padding>(?:var\s+)?[\w$.]+\s*[=(]\s*)?(?=\{)")
PADDING = " \t\r\n);"
OTHERS = {
    b"PK\x03\x04": ("It is a workbook or an archive.", "Save the sheet as CSV."),
    b"\xd0\xcf\x11\xe0": ("It is a workbook of old Excel.", "Save the sheet as CSV."),
    b"%PDF": ("It is a PDF.", READ),
    b"\x1f\x8b": ("It is packed.", "Unpack it."),
}

Source: TypeAlias = Path | BinaryIO


class Format(StrEnum):
    """The formats that are read; the values are those of `Import.Format`."""

    TIMELINEJS = "timelinejs"
    SHEET = "sheet"
    ACLED = "acled"
    CSV = "csv"
    JSON = "json"


ReadTable: TypeAlias = Callable[[Iterable[Record | Refused], str], Iterator[Verdict]]
TABLES: Mapping[Format, ReadTable] = {
    Format.SHEET: sheet.read,
    Format.ACLED: acled.read,
    Format.CSV: flat.read,
}
COLUMNS = frozenset([*sheet.COLUMNS, *acled.COLUMNS, *flat.COLUMNS])


def open_file(source: Source, *, kind: str = "other") -> tuple[Format, Iterator[Verdict]]:
    """The format of a file, and a verdict for each of its rows, in order, as they are asked for.

    A stream has to be one that can be wound back; it is left open. `kind` is that of events of which the file
    says none. Of the timeline's own JSON no verdicts come: it is restored as a whole. Raises Unreadable for
    what is none of the formats, and OSError.
    """
    encoding, doubt = _encoding(source)
    with _text(source, encoding) as text:
        head = text.read(HEAD)
    if not head.strip():
        raise Unreadable("It is empty.", "Export it again.")
    notes = [PassedOver(0, doubt)] if doubt else []
    if match := JSON.match(head):
        format_ = _format_of_json(source, encoding, match)
        if format_ == Format.JSON:
            return format_, iter(())
        return format_, chain(notes, _read_json(source, encoding, match, kind))
    if head.lstrip()[0] in "[<":
        if head.lstrip()[0] == "[":
            raise Unreadable("It is a JSON list.", 'Put it into an object: {"events": […]}.')
        raise Unreadable("It is a web page.", READ)
    table = tables.table(head, COLUMNS)
    format_ = _format_of_table(table)
    return format_, chain(notes, _read_table(source, encoding, table, TABLES[format_], kind))


def things_of(source: Source, places: Collection[trees.Place]) -> Iterator[tuple[trees.Place, object]]:
    """What stands at these places of a JSON file, as `trees.things`, in the order that it has there."""
    encoding, _ = _encoding(source)
    with _text(source, encoding) as text:
        match = JSON.match(text.read(HEAD))
    if match:
        with _text(source, encoding) as text:
            yield from trees.things(_chunks(text, match), places)


def _encoding(source: Source) -> tuple[str, str]:
    """How a file's letters are written, by its mark or by trying, and what is to be said of it."""
    with _bytes(source) as file:
        first = file.read(4)
        for magic, (reason, mend) in OTHERS.items():
            if first.startswith(magic):
                raise Unreadable(reason, mend)
        marked = next((name for mark, name in MARKS.items() if first.startswith(mark)), "")
        file.seek(0)
        if _decodes(file, marked or "utf-8"):
            return marked or "utf-8", ""
    if marked:
        return marked, f"It holds bytes that are no {marked[:6].upper()}; “\ufffd” stands for them."
    return FALLBACK, "It isn’t UTF-8 and was read as Windows-1252: look whether accented letters are right."


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(AT_ONCE):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _bytes(source: Source) -> Iterator[BinaryIO]:
    """The file from its beginning."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        source.seek(0)
        yield source


@contextmanager
def _text(source: Source, encoding: str) -> Iterator[TextIO]:
    with _bytes(source) as file:
        text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
        try:
            yield text
        finally:
            if not file.closed:
                text.detach()


def _read_table(
    source: Source, encoding: str, table: tables.Table, read: ReadTable, kind: str
) -> Iterator[Verdict]:
    with _text(source, encoding) as text:
        yield from read(tables.records(text, table), kind)


def _read_json(source: Source, encoding: str, start: re.Match[str], kind: str) -> Iterator[Verdict]:
    with _text(source, encoding) as text:
        yield from timelinejs.read(_chunks(text, start), kind)


def _chunks(text: TextIO, start: re.Match[str]) -> Iterator[str]:
    """The JSON of a file without what a script puts around it."""
    text.read(start.end())
    held = ""
    while chunk := text.read(AT_ONCE):
        if start["padding"]:
            chunk = held + chunk
            body = chunk.rstrip(PADDING)
            held = chunk[len(body) :][:AT_ONCE]
            chunk = body
        if chunk:
            yield chunk


def _format_of_json(source: Source, encoding: str, start: re.Match[str]) -> Format:
    """By the keys of the object, and of the first of its events; raises Unreadable."""
    keys: list[str] = []
    depth = 0
    with _text(source, encoding) as text:
        try:
            for event, value in trees.tokens(_chunks(text, start)):
                depth += event.startswith("start") - event.startswith("end")
                if event == "map_key" and depth == 1:
                    keys.append(value)
                elif keys and (found := _told_by(keys[-1], depth, event, value)):
                    return found
        except trees.Broken as error:
            if not keys:
                raise Unreadable(f"It can’t be read as JSON: {error}.", "Export it again.") from error
    if "events" in keys:
        return Format.TIMELINEJS
    named = ", ".join(shown(key) for key in keys[:8]) or "nothing"
    raise Unreadable(f"It is JSON of another kind: it holds {named}.", READ)


def _told_by(key: str, depth: int, event: str, value: object) -> Format | None:
    """What a file is, if what comes under a key of its outermost object tells; depth 1 is in that object."""
    if (key, event, value) == ("format", "string", FORMAT):
        return Format.JSON
    if (key, event) == ("timeline", "start_map"):
        return Format.TIMELINEJS
    if (key, depth, event) == ("events", 2, "start_map"):
        raise Unreadable("Its “events” is not a list.", "Write the slides as a list.")
    if key == "events" and (depth, event) == (3, "map_key") and value in OWN_KEYS:
        return Format.JSON
    if key == "events" and depth == 2 and event != "start_array":
        return Format.TIMELINEJS
    return None


def _format_of_table(table: tables.Table) -> Format:
    """By the columns of the table; raises Unreadable."""
    columns = table.columns.keys()
    if columns >= set(acled.NEEDED):
        return Format.ACLED
    if "headline" in columns and columns & {"year", "start date"}:
        return Format.SHEET
    if columns >= {"event id", "exact"}:
        raise Unreadable("It is a table of passages.", "Bring in the table of events that they belong to.")
    if "title" in columns and columns & {"kind", "date"}:
        return Format.CSV
    if len(columns & set(acled.COLUMNS)) > len(columns) / 2 and len(columns) > len(acled.NEEDED):
        absent = " and ".join(shown(name.replace(" ", "_")) for name in acled.NEEDED if name not in columns)
        raise Unreadable(f"It looks like ACLED’s CSV without {absent}.", "Export it with these columns.")
    if len(columns) > 1 or "," in "".join(table.header):
        named = ", ".join(shown(name) for name in list(table.header)[:8])
        raise Unreadable(f"It is a table of another kind, with the columns {named}.", MEND_TABLE)
    raise Unreadable(f"It begins with {shown(' '.join(table.header))}, which tells of no format.", READ)
