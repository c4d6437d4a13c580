"""CSV files as records: the header is found, whatever divides its cells, and no row can fill the memory."""

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from timeline.documents import MAXIMUM_BYTES, Unreadable
from timeline.formulas import released
from timeline.imports.judging import Record
from timeline.imports.rows import Refused
from timeline.imports.words import shown, storable

DELIMITERS = ",;\t"
NOTED = ("problem", "mend")  # the last columns of a file of refused rows, see `refused`
BEYOND = "beyond the header, cell "  # names what a row has too many
SEPARATOR = re.compile(r"sep=.?", re.IGNORECASE)  # a first line that some spreadsheet programs write
BEGINNING = 1000  # characters
csv.field_size_limit(MAXIMUM_BYTES)


@dataclass(frozen=True, slots=True)
class Table:
    """What divides the cells of a CSV file, and its columns: place by name in lower case.

    `header` has a name for each column to keep its cells under, even where the file has none.
    """

    delimiter: str
    header: tuple[str, ...]
    columns: Mapping[str, int]


def table(head: str, known: Collection[str]) -> Table:
    """The table that begins so, by the division that shows most of the known columns; raises Unreadable."""
    headers = [(delimiter, _header(head, delimiter)) for delimiter in DELIMITERS]
    delimiter, header = max(
        headers, key=lambda found: (len({_name(cell) for cell in found[1]} & set(known)), len(found[1]))
    )
    names = [_name(cell) for cell in header]
    if twice := [name for name in known if names.count(name) > 1]:
        raise Unreadable(f"It has two columns named {shown(twice[0])}.", "Rename or delete one of them.")
    kept = [
        cell if cell.strip() and header.count(cell) == 1 else f"column {place}"
        for place, cell in enumerate(header, 1)
    ]
    return Table(
        delimiter, tuple(map(storable, kept)), {name: place for place, name in enumerate(names) if name}
    )


def _header(head: str, delimiter: str) -> list[str]:
    try:
        rows = csv.reader(StringIO(head, newline=""), delimiter=delimiter)
        return next((row for row in rows if _is_header(row)), [])
    except csv.Error:
        return []


def _is_header(row: list[str]) -> bool:
    return any(cell.strip() for cell in row) and not SEPARATOR.fullmatch("".join(row[:2]) or "-")


def _name(cell: str) -> str:
    return " ".join(cell.replace("_", " ").casefold().split())


def records(text: TextIO, table: Table) -> Iterator[Record | Refused]:
    """The rows below the header that aren't blank; after one that is no CSV the rest can't be told apart."""
    cut: list[str] = []
    rows = csv.reader(_lines(text, table.delimiter, cut), delimiter=table.delimiter, strict=True)
    number, below = 0, False
    try:
        for number, row in enumerate(rows, 1):
            if cut:
                cut.clear()
                yield Refused(number, "It has a line over 5 MB.", "Split it, or leave out what is long.")
            elif below and any(cell.strip() for cell in row):
                yield _record(number, row, table)
            below = below or _is_header(row)
    except csv.Error as error:
        yield Refused(
            number + 1,
            f"From here on it can’t be read as CSV: {error}.",
            "Mend its quotation marks, or shorten it to 5 MB; the rows below it haven’t been read.",
        )


def _lines(text: TextIO, delimiter: str, cut: list[str]) -> Iterator[str]:
    """The lines, the beginning alone of one over 5 MB, which `cut` tells of.

    It ends within quotation marks if the whole line does, so that what comes after it is read as it stands.
    """
    while line := text.readline(MAXIMUM_BYTES):
        if len(line) < MAXIMUM_BYTES or line.endswith(("\n", "\r")):
            yield line
            continue
        start, marks = line[:BEGINNING], line[BEGINNING:].count('"')
        while line and not line.endswith(("\n", "\r")):
            line = text.readline(MAXIMUM_BYTES)
            marks += line.count('"')
        cut.append(start)
        yield start + (f'{delimiter}"' if marks % 2 else "") + "\n"


def _record(number: int, row: list[str], table: Table) -> Record | Refused:
    width = len(table.header)
    padded = row + [""] * (width - len(row))
    is_noted = table.header[-2:] == NOTED  # as `refused` writes them
    if is_noted:
        row = [released(cell) for cell in row]
        padded = row + [""] * (width - len(row))
    raw = dict(zip(table.header, map(storable, padded), strict=False))
    if is_noted:
        raw = {name: value for name, value in raw.items() if name not in NOTED}
    if any(cell.strip() for cell in row[width:]):
        return Refused(
            number,
            f"It has {len(row)} cells, and the header {width}.",
            f"Put cells that hold {shown(table.delimiter)} into quotation marks.",
            raw | {f"{BEYOND}{place}": storable(cell) for place, cell in enumerate(row[width:], width + 1)},
        )
    return Record(number, {name: padded[place] for name, place in table.columns.items()}, raw)
