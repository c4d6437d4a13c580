"""Sheets that TimelineJS is fed from, saved as CSV: those of version 3, and those with Start Date and Tag."""

from collections.abc import Iterable, Iterator
from functools import partial

from timeline.imports import dates, slides
from timeline.imports.judging import Record, judge
from timeline.imports.rows import PassedOver, Refused, Row, Verdict
from timeline.imports.slides import Slide

COLUMNS = (
    "year", "month", "day", "time", "end year", "end month", "end day", "end time", "display date",
    "headline", "text", "media", "media credit", "media caption", "media thumbnail", "alt text", "type",
    "group", "background", "start date", "end date", "tag", "unique id",
)  # fmt: skip
NO_EVENTS = {
    "title": "It is the title slide.",
    "start": "It is the title slide.",  # of version 1
    "era": "It is an era.",
}


def read(records: Iterable[Record | Refused], kind: str) -> Iterator[Verdict]:
    """A verdict for each row that isn't blank, title and eras passed over."""
    return judge(records, partial(_event, kind=kind))


def _event(record: Record, kind: str) -> Row | PassedOver:
    if reason := NO_EVENTS.get(_cell(record, "type").strip().casefold()):
        return PassedOver(record.number, reason, record.raw)
    return slides.event(
        record,
        Slide(
            start=_date(record, "", "start date"),
            end=_date(record, "end ", "end date"),
            headline=_cell(record, "headline"),
            text=_cell(record, "text"),
            caption=_cell(record, "media caption"),
            credit=_cell(record, "media credit"),
            link=_cell(record, "media"),
            group=_cell(record, "group") or _cell(record, "tag"),
            identifier=_cell(record, "unique id"),
        ),
        kind,
    )


def _date(record: Record, before: str, whole: str) -> str:
    """From the columns of its parts, or from that of the whole where those are blank; raises Unreadable."""
    year, month, day = (_cell(record, f"{before}{part}") for part in ("year", "month", "day"))
    return dates.of_parts(year, month, day, whole) or dates.of_words(_cell(record, whole), whole)


def _cell(record: Record, name: str) -> str:
    return str(record.cells.get(name, ""))
