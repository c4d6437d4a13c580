"""The formats that events go out in: the one table that addresses, links and answers are made of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from timeline.exports import csv_rows, json_document
from timeline.exports.chosen import Chosen

# Writes the chosen events, and reads them as it does: pieces of any size, UTF-8.
Write = Callable[[Chosen], Iterator[bytes]]
ENOUGH = 64 * 1024  # bytes that are sent, and compressed, at a time


@dataclass(frozen=True)
class Format:
    """One way for events to go out.

    `address` is what comes after the site's, as a pattern of `timeline.urls`, and `name` what it is called
    there. `label` says on the pages what it is. A format that is offered for a single event too has `one`,
    the pattern for that; it is called `{name}-one`.
    """

    name: str
    address: str
    content_type: str
    label: str
    write: Write
    one: str = ""

    @property
    def extension(self) -> str:
        return self.address.rpartition(".")[2]

    @property
    def stem(self) -> str:
        return self.address.rpartition("/")[2].partition(".")[0]


FORMATS = (
    Format(
        "events-csv",
        "events.csv",
        "text/csv; charset=utf-8; header=present",
        "CSV, one row an event",
        csv_rows.events,
        one="events/<int:pk>.csv",
    ),
    Format(
        "passages-csv",
        "passages.csv",
        "text/csv; charset=utf-8; header=present",
        "CSV, one row a passage",
        csv_rows.passages,
    ),
    Format(
        "events-json",
        "events.json",
        "application/json",
        "JSON, with all evidence",
        json_document.document,
        one="events/<int:pk>.json",
    ),
)


def in_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, some at a time: a piece is sent, and compressed, as a whole."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= ENOUGH:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
