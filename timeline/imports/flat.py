"""The timeline's own CSV, and sheets made by hand in its likeness: a title, a date and a kind will do."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any, get_args

from timeline.documents import ADDRESS, DAY, MAXIMUM_PUBLISHER, Unreadable
from timeline.extraction.records import Role, Status, What
from timeline.formulas import released
from timeline.imports import classifying, dates
from timeline.imports.judging import Record, judge, named_by
from timeline.imports.rows import Party, Refused, Row, Verdict
from timeline.imports.words import line, shortened, shown, tidy

COLUMNS = (
    "id", "address", "kind", "title", "date", "earliest", "latest", "date in words", "status", "disputed",
    "country", "country name", "people", "initiators", "targets", "participants", "summary", "review",
    "set by hand", "sources", "passages", "headline", "publisher", "published", "source url",
    "source address", "sha256", "start", "end", "quote", "origin collection", "origin identifier",
    "updated at",
)  # fmt: skip
ROLES: dict[str, Role] = {"initiators": "initiator", "targets": "target", "participants": "participant"}
YES, NO = ("true", "yes", "1"), ("false", "no", "0", "")
LONGEST_NAME = 200
MOST_PEOPLE = 10_000_000_000

COUNT = re.compile(
    r"(?P<what>[a-z]+) (?:up to (?P<most>[0-9]+)|(?P<low>[0-9]+)(?:(?P<open>\+)|[-–](?P<high>[0-9]+))?)"
)


def read(records: Iterable[Record | Refused], kind: str) -> Iterator[Verdict]:
    """A verdict for each row that isn't blank."""
    return judge(records, partial(_event, kind=kind))


def _event(record: Record, kind: str) -> Row:
    cells = {name: released(str(value)) for name, value in record.cells.items()}
    title = shortened(cells.get("title", ""))
    if not title:
        raise Unreadable("It has no title.", "Write what happened.")
    edtf = dates.checked(cells.get("date", ""))
    found, rule = _kind(cells, title, kind)
    origin = line(cells.get("origin identifier", ""))
    return Row(
        number=record.number,
        identifier=origin or line(cells.get("id", "")) or named_by(edtf, title),
        kind=found,
        title=title,
        date=edtf,
        headline=shortened(cells.get("headline", "")) or title,
        text=tidy(cells.get("quote", "")) or tidy(cells.get("summary", "")),
        status=_one_of(get_args(Status), cells, "status"),
        disputed=_disputed(cells),
        country=_country(cells),
        counts=tuple(_counts(cells.get("people", ""))),
        parties=tuple(_parties(cells)),
        publisher=_publisher(cells),
        url=_address(cells),
        published=_published(cells),
        summary=tidy(cells.get("summary", "")),
        rules={"kind": rule},
        raw=record.raw,
        collection=line(cells.get("origin collection", "")) if origin else "",
    )


def _kind(cells: dict[str, str], title: str, default: str) -> tuple[str, str]:
    words = line(cells.get("kind", ""))
    if not words:
        return classifying.kind_of("", title, default)
    if kind := classifying.kind_named(words):
        return kind, "column"
    known = ", ".join(classifying.KINDS)
    raise Unreadable(f"Its kind {shown(words)} is none that the timeline has.", f"Write one of {known}.")


def _one_of(choices: tuple[Any, ...], cells: dict[str, str], name: str) -> str:
    """What a cell says, which has to be one of the choices or blank."""
    words = line(cells.get(name, "")).casefold()
    if words and words not in choices:
        raise Unreadable(f"Its {name} {shown(words)} is none.", f"Write one of {', '.join(choices)}.")
    return words


def _disputed(cells: dict[str, str]) -> bool:
    words = line(cells.get("disputed", "")).casefold()
    if words not in YES + NO:
        raise Unreadable(f"Its “disputed” {shown(words)} is neither.", "Write true or false.")
    return words in YES


def _country(cells: dict[str, str]) -> str:
    words = line(cells.get("country", "")) or line(cells.get("country name", ""))
    code = classifying.country_coded(words) or classifying.country_named(words)
    if words and not code:
        raise Unreadable(
            f"Its country {shown(words)} is none.", "Write its two letters in ISO 3166-1, such as BY."
        )
    return code


def _counts(cell: str) -> Iterator[dict[str, int | str | None]]:
    """Of "detained 800+; killed 2-5; fled up to 300"."""
    for part in filter(None, map(line, cell.split(";"))):
        match = COUNT.fullmatch(part.casefold().replace(",", ""))
        if not match or match["what"] not in get_args(What):
            raise Unreadable(
                f"Its people {shown(part)} can’t be read.",
                f"Write “killed 5”, “killed 2-5”, “killed 2+” or “killed up to 5”, or {_others()}.",
            )
        low = None if match["most"] else int(match["low"])
        high = None if match["open"] else int(match["most"] or match["high"] or match["low"])
        if (low or 0) > (MOST_PEOPLE if high is None else high) or (high or 0) > MOST_PEOPLE:
            raise Unreadable(f"Its people {shown(part)} are no number of people.", "Mend the number.")
        yield {"what": match["what"], "minimum": low, "maximum": high}


def _others() -> str:
    return ", ".join(what for what in get_args(What) if what != "killed")


def _parties(cells: dict[str, str]) -> Iterator[Party]:
    for column, role in ROLES.items():
        for part in cells.get(column, "").split(";"):
            if name := shortened(part, LONGEST_NAME):
                yield Party(name, role)


def _publisher(cells: dict[str, str]) -> str:
    return shortened(cells.get("publisher", ""), MAXIMUM_PUBLISHER)


def _address(cells: dict[str, str]) -> str:
    address = line(cells.get("source url", ""))
    if address and not ADDRESS.fullmatch(address):
        raise Unreadable(
            f"Its source_url {shown(address)} is no web address.", "Write one that begins with https://."
        )
    return address


def _published(cells: dict[str, str]) -> date | None:
    words = line(cells.get("published", ""))
    try:
        if words and not DAY.fullmatch(words):
            raise ValueError(words)
        return date.fromisoformat(words) if words else None
    except ValueError as error:
        raise Unreadable(f"Its “published” {shown(words)} is no day.", "Write it as 2021-01-31.") from error
