"""CSV files as ACLED exports them: 31 columns, of which some may be missing.

What a code means is ACLED's codebook's to say. An event of time precision 2 happened in a week or weekend
whose middle is given as its date, one of precision 3 some time in the month. First and second actor don't say
who did it to whom, except that it is done to civilians, and to protesters who meet with excessive force.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import NamedTuple

from timeline.documents import MAXIMUM_PUBLISHER, Unreadable
from timeline.extraction.records import ActorKind, Role
from timeline.imports import classifying, dates
from timeline.imports.judging import Record, judge
from timeline.imports.rows import Party, Refused, Row, Verdict
from timeline.imports.words import line, shortened, shown, tidy

COLUMNS = (
    "event id cnty", "event date", "year", "time precision", "disorder type", "event type",
    "sub event type", "actor1", "assoc actor 1", "inter1", "actor2", "assoc actor 2", "inter2",
    "interaction", "civilian targeting", "iso", "region", "country", "admin1", "admin2", "admin3",
    "location", "latitude", "longitude", "geo precision", "source", "source scale", "notes", "fatalities",
    "tags", "timestamp",
)  # fmt: skip
NEEDED = ("event id cnty", "event date", "event type")
ABSENT = "NA"  # what R writes for nothing
DAYS_AROUND = 3  # of the middle of a week
LONGEST_NAME = 200
MOST_FATALITIES = 10_000_000


class Sort(NamedTuple):
    """A sort of actor: ACLED's number for it, what its name there begins with, and the kind of ours."""

    number: str
    name: str
    kind: ActorKind


SORTS = (
    Sort("1", "state forces", "state"),
    Sort("2", "rebel group", "organisation"),
    Sort("3", "political militia", "organisation"),
    Sort("4", "identity militia", "organisation"),
    Sort("5", "rioter", "group"),
    Sort("6", "protester", "group"),
    Sort("7", "civilian", "group"),
    Sort("8", "external/other forces", "organisation"),
)
STATE, CIVILIANS = "state forces", "civilian"
DEMONSTRATORS = ("protester", "rioter")
EXCESSIVE_FORCE = "excessive force against protest"  # -ers, or in older files -ors
KINDS = {
    "protests": "protest",
    "violent demonstration": "protest",
    "arrests": "crackdown",
    EXCESSIVE_FORCE: "crackdown",
}  # the later ones, which are more particular, win
AGAINST_CIVILIANS = "violence against civilians"  # a crackdown if the state's forces use it


def read(records: Iterable[Record | Refused], kind: str) -> Iterator[Verdict]:
    """A verdict for each row; the kind is for events of types that are none of ours."""
    return judge(records, partial(_event, kind=kind))


def _event(record: Record, kind: str) -> Row:
    cells = {name: "" if value == ABSENT else str(value) for name, value in record.cells.items()}
    identifier = line(cells["event id cnty"])
    if not identifier:
        raise Unreadable("It has no event_id_cnty.", "Give it the identifier that ACLED gave it.")
    title, found = _title(cells), _kind(cells)
    country, country_rule = _country(cells)
    return Row(
        number=record.number,
        identifier=identifier,
        kind=found or kind,
        title=title,
        date=_date(cells),
        headline=title,
        text=tidy(cells.get("notes", "")) or title,
        country=country,
        counts=_counts(cells),
        parties=tuple(_parties(cells)),
        publisher=shortened(cells.get("source", ""), MAXIMUM_PUBLISHER),
        published=_published(cells),
        rules={"kind": "ACLED event type" if found else "default", "date": _precision(cells)}
        | ({"country": country_rule} if country else {}),
        raw=record.raw,
    )


def _title(cells: dict[str, str]) -> str:
    """Such as "Peaceful protest in Minsk"."""
    what = line(cells.get("sub event type", "")) or line(cells["event type"])
    if not what:
        raise Unreadable("It has no event_type.", "Write one, such as Protests.")
    where = line(cells.get("location", "")) or line(cells.get("country", ""))
    return shortened(f"{what} in {where}" if where else what)


def _kind(cells: dict[str, str]) -> str:
    """The kind that the type of the event stands for, "" if none of ours."""
    types = [line(cells.get(name, "")).casefold() for name in ("event type", "sub event type")]
    if AGAINST_CIVILIANS in types and _sort(cells.get("inter1", "")) == STATE:
        return "crackdown"
    found = [KINDS[name] for name in KINDS if any(each.startswith(name) for each in types)]
    return found[-1] if found else ""


def _precision(cells: dict[str, str]) -> str:
    precision = _number(cells, "time precision") or "1"
    if precision not in ("1", "2", "3"):
        raise Unreadable(f"Its time_precision {shown(precision)} is none.", "Write 1, 2 or 3.")
    return f"ACLED time precision {precision}"


def _number(cells: dict[str, str], name: str) -> str:
    """A cell without the “.0” that programs put behind whole numbers."""
    return cells.get(name, "").strip().removesuffix(".0")


def _date(cells: dict[str, str]) -> str:
    day = dates.of_day(cells["event date"])
    precision = _precision(cells)[-1]
    if precision == "2":
        return dates.around(day, DAYS_AROUND)
    return day.isoformat()[:7] if precision == "3" else day.isoformat()


def _country(cells: dict[str, str]) -> tuple[str, str]:
    """Its code, and the rule by which it was found; ACLED gives Kosovo no number."""
    if code := classifying.country_numbered(_number(cells, "iso")):
        return code, "ISO number"
    return classifying.country_named(cells.get("country", "")), "name"


def _counts(cells: dict[str, str]) -> tuple[dict[str, int | str], ...]:
    words = _number(cells, "fatalities") or "0"
    number = int(words) if words.isascii() and words.isdecimal() and len(words) < 12 else -1
    if not 0 <= number <= MOST_FATALITIES:
        raise Unreadable(
            f"Its fatalities {shown(words)} are no number of people.", "Write a number, or leave it empty."
        )
    return ({"what": "killed", "minimum": number, "maximum": number},) if number else ()


def _published(cells: dict[str, str]) -> date | None:
    """The day on which ACLED published the row last, by its clock's seconds."""
    seconds = _number(cells, "timestamp")
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 10):
        return None
    return datetime.fromtimestamp(int(seconds), UTC).date()


def _parties(cells: dict[str, str]) -> Iterator[Party]:
    first, second = _sort(cells.get("inter1", "")), _sort(cells.get("inter2", ""))
    roles = _roles(line(cells.get("sub event type", "")).casefold(), first, second)
    known: set[str] = set()
    for number, sort, role in (("1", first, roles[0]), ("2", second, roles[1])):
        for name in _names(cells.get(f"actor{number}", "")):
            if name not in known:
                yield Party(name, role, next((each.kind for each in SORTS if each.name == sort), ""))
            known.add(name)
    for number in "12":
        for name in _names(cells.get(f"assoc actor {number}", "")):
            if name not in known:
                yield Party(name, "participant")
            known.add(name)


def _names(cell: str) -> list[str]:
    return [name for part in cell.split(";") if (name := shortened(part, LONGEST_NAME))]


def _sort(cell: str) -> str:
    """The name of the sort of actor that a code or a label stands for, "" if it is none."""
    label = line(cell).casefold().removesuffix(".0")
    return next((sort.name for sort in SORTS if label == sort.number or label.startswith(sort.name)), "")


def _roles(sub_event: str, first: str, second: str) -> tuple[Role, Role]:
    """What the two actors are to the event, as far as the codes say."""
    done_to = (CIVILIANS, *(DEMONSTRATORS if sub_event.startswith(EXCESSIVE_FORCE) else ()))
    if second in done_to or (sub_event == "arrests" and second):
        return "initiator", "target"
    if first in done_to:
        return "target", "initiator"
    if first in DEMONSTRATORS or not second:
        return "initiator", "participant"
    return "participant", "initiator" if second in DEMONSTRATORS else "participant"
