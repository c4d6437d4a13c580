"""Events, or their passages, as rows of a CSV file that spreadsheets, databases and programs read alike.

UTF-8 with a byte order mark, commas, lines that end in CR LF (RFC 4180). What no such file can hold safely is
made harmless by `safe`, whose rules docs/formats.md states for whoever reads the file.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from io import StringIO
from itertools import islice
from typing import Any

from django_countries import countries

from timeline import edtf_dates
from timeline.exports import evidence
from timeline.exports.chosen import Chosen
from timeline.exports.evidence import Told
from timeline.formulas import DOUBTFUL, held
from timeline.models import Mention

EVENTS = (
    "id", "address", "kind", "title", "date", "earliest", "latest", "date_in_words", "status", "disputed",
    "country", "country_name", "people", "initiators", "targets", "participants", "summary", "review",
    "set_by_hand", "sources", "passages", "headline", "publisher", "published", "source_url",
    "source_address", "sha256", "start", "end", "quote", "origin_collection", "origin_identifier",
    "updated_at",
)  # fmt: skip
PASSAGES = (
    "event_id", "event_address", "event_title", "id", "standing", "source_id", "headline", "publisher",
    "published", "source_url", "source_address", "sha256", "start", "end", "place", "exact", "prefix",
    "suffix", "says", "kind", "title", "date", "status", "disputed", "country", "people", "extractor",
    "placed_by_hand", "taken_for_the_same",
)  # fmt: skip
# What rows of events and of passages have of a passage, besides its words.
PLACE = ("start", "end", "standing")
READ = (*PLACE, "place", "prefix", "suffix", "kind", "title", "date", "status", "disputed", "country",
        "counts", "extractor", "placed_by_hand")  # fmt: skip
AT_A_TIME = 1000  # rows

NONE = "[]"  # a list in JSON that is empty
# What rows have to be looked at more closely for, besides cells that may be formulas.
RISKY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# Controls that break readers or act on a terminal, and halves of surrogate pairs, which no file can hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069\r\n]")
POP, POP_ISOLATE = "\u202c", "\u2069"
OPENS = {**dict.fromkeys("\u202a\u202b\u202d\u202e", POP), **dict.fromkeys("\u2066\u2067\u2068", POP_ISOLATE)}


def events(chosen: Chosen) -> Iterator[bytes]:
    """One row an event, with the passage that was published first."""
    return _written(EVENTS, _events(chosen))


def passages(chosen: Chosen) -> Iterator[bytes]:
    """One row a passage, with all that it is cited by."""
    return _written(PASSAGES, _passages(chosen))


def safe(cell: str) -> str:
    """The cell as it may stand in a file that anybody opens with anything.

    >>> safe("=1+1"), safe("'tis"), safe("nul\\0")
    ("'=1+1", "''tis", 'nul\\ufffd')
    """
    cell = _closed(CONTROL.sub("\ufffd", cell))
    return held(cell)


def _closed(cell: str) -> str:
    """With every embedding, override and isolate ended that would go on beyond the cell."""
    opened: list[str] = []
    for sign in DIRECTION.findall(cell):
        if sign in OPENS:
            opened.append(OPENS[sign])
        elif sign == POP_ISOLATE and POP_ISOLATE in opened:
            while opened.pop() != POP_ISOLATE:
                pass
        elif sign == POP and opened[-1:] == [POP]:
            opened.pop()
        elif sign in "\r\n":
            opened.clear()
    return cell + "".join(reversed(opened))


def _written(names: Sequence[str], rows: Iterable[list[str]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(names)
    for number, row in enumerate(rows, 1):
        whole = "".join(row)
        harmless = whole.isprintable() or not RISKY.search(whole)
        if harmless and not DOUBTFUL.search("".join([cell[:1] for cell in row])):
            writer.writerow(row)
        else:
            writer.writerow([cell if harmless and not DOUBTFUL.match(cell) else safe(cell) for cell in row])
        if number % AT_A_TIME == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _cited(chosen: Chosen, passage: Sequence[str]) -> Iterator[tuple[Told, dict[int, Told]]]:
    """The events, and with each what its sources, and others, are cited by; what is JSON is left a text."""
    told = evidence.events(chosen.keys, chosen.site, None, passage)
    while some := list(islice(told, AT_A_TIME)):
        sources = evidence.citations({one["source"] for event in some for one in event["passages"]})
        for event in some:
            yield event, sources


def _events(chosen: Chosen) -> Iterator[list[str]]:
    for event, sources in _cited(chosen, PLACE):
        origin = event["origin"] or {"collection": "", "identifier": ""}
        yield [
            str(event["id"]),
            event["address"],
            event["kind"],
            event["title"],
            event["date"],
            event["earliest"] or "",
            event["latest"] or "",
            _date_in_words(event["date"]),
            event["status"],
            _yes(event["disputed"]),
            event["country"],
            _country_name(event["country"]),
            people(event["counts"]),
            *_parties(event["participants"]),
            event["summary"],
            event["review"],
            _listed(evidence.parsed(event["set_by_hand"])) if event["set_by_hand"] != NONE else "",
            str(len({one["source"] for one in event["passages"]})),
            str(len(event["passages"])),
            *_first(event["passages"], sources),
            origin["collection"],
            origin["identifier"],
            event["updated_at"],
        ]


def _parties(participants: list[Told]) -> list[str]:
    """The names of those who began it, whom it was aimed at and who took part, each in one cell."""
    if not participants:
        return [""] * 3
    roles: dict[str, list[str]] = {"initiator": [], "target": [], "participant": []}
    for part in participants:
        roles[part["role"]].append(part["name"])
    return [_listed(names) for names in roles.values()]


def _first(told: list[Told], sources: dict[int, Told]) -> list[str]:
    """What the passage that was published first is cited by, of those whose words still stand."""
    standing = [one for one in told if one["standing"] == Mention.Standing.CURRENT] or told
    known = [one for one in standing if one["source"] in sources]
    if not known:
        return [""] * 9
    one = min(known, key=lambda passage: (sources[passage["source"]]["published"], passage["source"]))
    return [*_citation(one, sources[one["source"]]), one["exact"]]


def _citation(passage: Told, source: Told) -> list[str]:
    start, end = passage["start"], passage["end"]
    address = passage["address"].partition("#")[0]
    return [
        source["headline"],
        source["publisher"],
        source["published"],
        source["url"],
        f"{address}#char={start},{end}",
        source["sha256"],
        str(start),
        str(end),
    ]


def _passages(chosen: Chosen) -> Iterator[list[str]]:
    for event, sources in _cited(chosen, READ):
        for one in event["passages"]:
            if source := sources.get(one["source"]):
                yield [
                    str(event["id"]),
                    event["address"],
                    event["title"],
                    str(one["id"]),
                    one["standing"],
                    str(one["source"]),
                    *_citation(one, source),
                    " ".join(f"{kind} {number}" for kind, number in (one["place"] or {}).items()),
                    one["exact"],
                    one["prefix"],
                    one["suffix"],
                    one["says"],
                    one["kind"],
                    one["title"],
                    one["date"],
                    one["status"],
                    _yes(one["disputed"]),
                    one["country"],
                    people(one["counts"]),
                    one["extractor"],
                    _yes(one["placed_by_hand"]),
                    one["taken_for_the_same"],
                ]


def people(counts: str) -> str:
    """Numbers of people, a JSON list, in one cell.

    >>> people('[{"what": "detained", "minimum": 800, "maximum": null}]')
    'detained 800+'
    """
    told = evidence.parsed(counts) if counts != NONE else []
    return "; ".join(filter(None, map(_count, told))) if isinstance(told, list) else ""


def _count(count: Any) -> str:
    match count:
        case {"what": str(what), "minimum": int(low), "maximum": int(high)}:
            return f"{what} {low}" if low == high else f"{what} {low}-{high}"
        case {"what": str(what), "minimum": int(low), "maximum": None}:
            return f"{what} {low}+"
        case {"what": str(what), "minimum": None, "maximum": int(high)}:
            return f"{what} up to {high}"
    return ""


def _listed(names: Iterable[Any]) -> str:
    """Names in one cell.

    >>> _listed(["Viasna", "A; B"])
    'Viasna; A, B'
    """
    return "; ".join(str(name).replace(";", ",") for name in names)


def _yes(true: bool) -> str:  # noqa: FBT001
    return "true" if true else "false"


@lru_cache(maxsize=512)
def _country_name(code: str) -> str:
    return str(countries.name(code)) if code else ""


def _date_in_words(date: str) -> str:
    try:
        return edtf_dates.in_words(date)
    except edtf_dates.InvalidDate:
        return date
