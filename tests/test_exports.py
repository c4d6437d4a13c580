"""What goes out: true to the database, as the schema says, safe to open, and read as it is written."""

import csv
import doctest
import json
import re
import shutil
import sqlite3
import subprocess
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import ijson
import pytest
from django.db import connection
from jsonschema import Draft202012Validator, FormatChecker
from pytest_django.fixtures import Settings

from bench import dataset
from tests import factories
from timeline.exports import csv_rows, evidence, json_document
from timeline.exports.chosen import Chosen
from timeline.exports.formats import ENOUGH, in_pieces
from timeline.models import Actor, Event, Import, Mention, Origin, Source, digest

SITE = "https://timeline.example.org"
AT = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
SCHEMA = json.loads(json_document.SCHEMA.read_text())
FORMATS = (csv_rows.events, csv_rows.passages, json_document.document)
RIGHT_TO_LEFT, POP, ISOLATE, POP_ISOLATE = "\u202e", "\u202c", "\u2067", "\u2069"


def chosen(keys: list[int] | None = None) -> Chosen:
    """All public events, unless some are named."""
    found = Event.objects.public().chronological().values_list("pk", flat=True)
    return Chosen(list(found) if keys is None else keys, SITE, f"{SITE}/?kind=protest", AT)


def document(keys: list[int] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(b"".join(json_document.document(chosen(keys))))
    return told


def sheet(write: Any = csv_rows.events, keys: list[int] | None = None) -> list[dict[str, str]]:
    """The rows as Python's reader, at its strictest, has them."""
    text = b"".join(write(chosen(keys))).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def wrongs(told: dict[str, Any]) -> list[str]:
    """Where a document is not as the schema says."""
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(told)]


@pytest.fixture
def event(db: None) -> Event:
    """An event with all that one can have: two passages, an actor, numbers, a curator's hand, an origin."""
    earlier = factories.make_source(published="2020-08-01", url="https://news.example.org/1")
    source = factories.make_source(places=[{"start": 0, "page": 1}])
    event = factories.make_event(
        imported=True, disputed=True, summary="In short.", review="confirmed",
        locked_fields=["date", "title"],
        counts=[
            {"what": "detained", "minimum": 400, "maximum": None, "span": [3, 9]},
            {"what": "killed", "minimum": 2, "maximum": 5},
            {"what": "injured", "minimum": 7, "maximum": 7},
            {"what": "attended", "minimum": None, "maximum": 90},
        ],
    )  # fmt: skip
    factories.make_mention(
        source, event, words="Police detained at least 400 people.", spans={"date": [40, 50]},
        rules={"date": "weekday"}, cited="the Viasna centre", extractor="1",
        participants=[{"name": "Police", "role": "initiator", "kind": "state", "span": [1, 2]}],
    )  # fmt: skip
    factories.make_mention(earlier, event, words="Thousands marched through Minsk on Sunday")
    for name, role in (("Police", "initiator"), ("A; B", "initiator"), ("Viasna", "target")):
        factories.make_participation(event, factories.make_actor(name=name, country="BY"), role)
    imported = Import.objects.create(
        collection="ours", file="ours.csv", format="csv", sha256=digest("x"), who="A"
    )
    Origin.objects.create(
        event=event, imported=imported, collection="ours", identifier="7", row={"a": [1, None, "é"]}
    )
    return event


# As JSON


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_whole_event_fits_the_schema(event: Event) -> None:
    told = document()
    assert wrongs(told) == []
    [one] = told["events"]
    assert one["origin"]["row"] == {"a": [1, None, "é"]}
    assert [part["name"] for part in one["participants"]] == ["Police", "A; B", "Viasna"]
    assert one["passages"][1]["spans"] == {"date": [40, 50]}
    assert one["address"] == f"{SITE}/events/{event.pk}/"
    assert datetime.fromisoformat(one["updated_at"]) == event.updated_at
    assert (told["count"], told["exported_at"]) == (1, "2026-11-28T12:30:00+00:00")


@pytest.mark.parametrize("place", ["$", "actors", "sources", "events", "passages", "origin"])
def test_the_schema_allows_no_other_name_and_lacks_none(event: Event, place: str) -> None:
    told = document()
    one = told["events"][0]
    row = {"$": told, "passages": one["passages"][0], "origin": one["origin"]}.get(place) or told[place][0]
    row["unheard of"] = 1
    assert len(wrongs(told)) == 1
    del row["unheard of"]
    for name in list(row):
        value = row.pop(name)
        assert wrongs(told), name
        row[name] = value
    assert wrongs(told) == []


def test_made_up_events_fit_the_schema(db: None) -> None:
    dataset.fill(200)
    assert wrongs(document()) == []


def test_every_name_has_a_description_in_the_documentation(settings: Settings) -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "formats.md").read_text()
    names = {*csv_rows.EVENTS, *csv_rows.PASSAGES, *SCHEMA["properties"]}
    for part in ("actor", "source", "event", "passage", "origin"):
        names |= set(SCHEMA["$defs"][part]["properties"])
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_passages_stand_where_they_say(event: Event) -> None:
    told = document()
    texts = {source["id"]: source["text"] for source in told["sources"]}
    found = [one for event in told["events"] for one in event["passages"]]
    assert len(found) == 2
    for one in found:
        assert texts[one["source"]][one["start"] : one["end"]] == one["exact"]
    assert all(digest(source["text"]) == source["sha256"] for source in told["sources"])


def test_sources_come_with_those_that_took_their_place(db: None) -> None:
    newest = factories.make_source()
    newer = factories.make_source(replaced_by=newest)
    old = factories.make_source(replaced_by=newer)
    factories.make_source()
    factories.make_mention(old, factories.make_event(), standing="gone")
    told = document()
    assert [one["id"] for one in told["sources"]] == [newest.pk, newer.pk, old.pk]
    assert [one["replaced_by"] for one in told["sources"]] == [None, newest.pk, newer.pk]


def test_what_events_refer_to_comes_before_them_a_line_each(event: Event) -> None:
    written = b"".join(json_document.document(chosen()))
    names = [name for name, kind, _ in ijson.parse(written) if kind == "start_array" and "." not in name]
    assert names == ["actors", "sources", "events"]
    lines = written.decode().splitlines()
    assert [json.loads(line.rstrip(","))["id"] for line in lines if line.startswith('{"id":')] == [
        *Actor.objects.order_by("pk").values_list("pk", flat=True),
        *Source.objects.order_by("pk").values_list("pk", flat=True),
        event.pk,
    ]


def test_no_events_are_a_document_too(db: None) -> None:
    told = document()
    assert (told["events"], told["sources"], told["count"]) == ([], [], 0)
    assert wrongs(told) == []


def test_what_comes_to_be_meanwhile_is_left_out(event: Event) -> None:
    other = factories.make_event()
    written = json_document.document(chosen([event.pk, other.pk]))
    begun = b""
    while b'"events":[' not in begun:
        begun += next(written)
    factories.make_mention(factories.make_source(), other)
    factories.make_participation(other, factories.make_actor())
    told = json.loads(begun + b"".join(written))
    assert [len(one["passages"]) for one in told["events"]] == [2, 0]
    assert [len(one["participants"]) for one in told["events"]] == [3, 0]
    assert wrongs(told) == []


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
def test_what_goes_meanwhile_is_left_out(db: None, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "AT_A_TIME", 10)
    monkeypatch.setattr(csv_rows, "AT_A_TIME", 10)
    events = factories.make_timeline(40)
    keys = [event.pk for event in events]
    written = write(chosen(keys))
    begun = b""
    while f"Event number {5}" not in begun.decode():
        begun += next(written)
    Event.objects.filter(pk=keys[-1]).delete()
    Event.objects.filter(pk=keys[-2]).update(review="rejected")
    whole = (begun + b"".join(written)).decode("utf-8-sig")
    assert "Event number 37" in whole
    assert "Event number 38" not in whole
    assert "Event number 39" not in whole
    if write is json_document.document:
        assert json.loads(whole)["count"] == 38


# As CSV


def test_a_row_of_an_event(event: Event) -> None:
    [row] = sheet()
    first = Mention.objects.get(source__url="https://news.example.org/1")
    # PostgreSQL leaves zeros at the end of a moment out.
    assert datetime.fromisoformat(row.pop("updated_at")) == event.updated_at
    assert row == {
        "id": str(event.pk),
        "address": f"{SITE}/events/{event.pk}/",
        "kind": "protest",
        "title": "March in Minsk",
        "date": "2020-08-09",
        "earliest": "2020-08-09",
        "latest": "2020-08-09",
        "date_in_words": "9 August 2020",
        "status": "occurred",
        "disputed": "true",
        "country": "BY",
        "country_name": "Belarus",
        "people": "detained 400+; killed 2-5; injured 7; attended up to 90",
        "initiators": "Police; A, B",
        "targets": "Viasna",
        "participants": "",
        "summary": "In short.",
        "review": "confirmed",
        "set_by_hand": "date; title",
        "sources": "2",
        "passages": "2",
        "headline": first.source.headline,
        "publisher": "The Daily Example",
        "published": "2020-08-01",
        "source_url": "https://news.example.org/1",
        "source_address": f"{SITE}/sources/{first.source_id}/#char={first.start},{first.end}",
        "sha256": first.source.sha256,
        "start": str(first.start),
        "end": str(first.end),
        "quote": "Thousands marched through Minsk on Sunday",
        "origin_collection": "ours",
        "origin_identifier": "7",
    }


def test_a_row_a_passage(event: Event) -> None:
    rows = sheet(csv_rows.passages)
    assert [row["published"] for row in rows] == ["2020-08-01", "2020-08-10"]
    mention = Mention.objects.get(cited="the Viasna centre")
    row = rows[1]
    for name in ("start", "end", "prefix", "suffix", "extractor", "kind", "date", "country"):
        assert row[name] == str(getattr(mention, name)), name
    assert (row["exact"], row["says"], row["event_id"]) == (mention.quote, "the Viasna centre", str(event.pk))
    assert tuple(row) == csv_rows.PASSAGES


def test_words_that_still_stand_are_shown_before_those_that_are_gone(event: Event) -> None:
    Mention.objects.filter(source__published="2020-08-01").update(standing="gone")
    assert sheet()[0]["published"] == "2020-08-10"
    Mention.objects.update(standing="gone")
    assert sheet()[0]["published"] == "2020-08-01"


def test_an_event_with_nothing_has_all_columns(db: None) -> None:
    factories.make_event(date="", country="", counts="not a list")
    [row] = sheet()
    assert tuple(row) == csv_rows.EVENTS
    assert (row["earliest"], row["country_name"], row["people"], row["quote"], row["sources"]) == (
        "", "", "", "", "0",
    )  # fmt: skip


def test_it_is_as_rfc_4180_and_excel_have_it(event: Event) -> None:
    written = b"".join(csv_rows.events(chosen()))
    assert written.startswith(b"\xef\xbb\xbfid,address,")
    assert written.endswith(b"\r\n")
    assert written.count(b"\r\n") == 2


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="SQLite's own shell is not here")
def test_another_reader_has_the_same_cells(spoilt: list[str], tmp_path: Path) -> None:
    file, database = tmp_path / "events.csv", tmp_path / "read.sqlite3"
    file.write_bytes(b"".join(csv_rows.events(chosen())))
    command = ["sqlite3", str(database), f".import --csv '{file}' events"]
    assert subprocess.run(command, check=True, capture_output=True).stderr == b""
    with sqlite3.connect(database) as read:
        read.row_factory = sqlite3.Row
        rows = [dict(row) for row in read.execute("SELECT * FROM events")]
    assert rows == sheet()


# Hostile cells

HOSTILE = {
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1+1)",
    "full width": "＝1+1",
    "blanks": " \u200b\ufeff=1+1",
    "tab": "\t=1+1",
    "line end": "\r\n=1+1",
    "apostrophe": "'tis",
    "quotes": '","=1+1","',
    "script": "</script><script>alert(1)</script>",
    "direction": f"exe.{RIGHT_TO_LEFT}txt",
    "isolate": f"{ISOLATE}{RIGHT_TO_LEFT}a{POP}",
    "controls": "a\x1b[31mb\x9bc\u2028d",
}
if connection.vendor == "sqlite":  # PostgreSQL stores none
    HOSTILE["nul"] = "nul\0nul"


@pytest.fixture
def spoilt(event: Event) -> list[str]:
    """The event, each hostile text in every column of every table that lets any text in."""
    values = list(HOSTILE.values())
    for number, value in enumerate(values):
        Event.objects.create(
            kind="other", title=value, summary=value, date=f"2021-01-{number + 1:02}", imported=True
        )
        # PostgreSQL takes no half of a surrogate pair, not even as an escape.
        half = {"sqlite": "\ud800"}.get(connection.vendor, "\ufffd")
        actor = Actor.objects.create(name=value, aliases=[value, half])
        source = factories.make_source(
            text=f"{value}\n\n{value} after", headline=value, publisher=value, url=value
        )
        one = Event.objects.latest("pk")
        factories.make_participation(one, actor, "target")
        mention = factories.make_mention(
            source, one, 0, len(value), cited=value, extractor=value, merge_reason=value, rules={value: value}
        )
        Mention.objects.filter(pk=mention.pk).update(prefix=value, suffix=value)
        Origin.objects.create(
            event=one, imported=Import.objects.get(), collection=value, identifier=value,
            row={value: [value, half]} if "\0" not in value else {},
        )  # fmt: skip
    return values


def as_it_was(cell: str) -> str:
    """What docs/formats.md says to do on reading."""
    return cell.removeprefix("'")


@pytest.mark.parametrize("write", [csv_rows.events, csv_rows.passages], ids=["events", "passages"])
def test_no_cell_is_a_formula_or_holds_what_acts(spoilt: list[str], write: Any) -> None:
    cells = [(name, cell) for row in sheet(write) for name, cell in row.items()]
    assert [one for one in cells if re.match(r"[\s\u200b\ufeff]*[=+\-@＝\t\r\n]", one[1])] == []
    assert [one for one in cells if re.search(r"[\0\x1b\x9b\u2028\ud800-\udfff]", one[1])] == []
    for name, cell in cells:
        assert cell.count(RIGHT_TO_LEFT) <= cell.count(POP) + cell.count(POP_ISOLATE), name
        assert cell.count(ISOLATE) == cell.count(POP_ISOLATE), name


@pytest.mark.parametrize("name", HOSTILE)
def test_a_cell_can_be_had_back(spoilt: list[str], name: str) -> None:
    value = HOSTILE[name]
    row = next(row for row in sheet() if row["date"] == f"2021-01-{spoilt.index(value) + 1:02}")
    wanted = {"direction": value + POP, "isolate": value + POP_ISOLATE}.get(name, value)
    wanted = re.sub(r"[\0\x1b\x9b\u2028]", "\ufffd", wanted)
    for column in ("title", "summary", "targets", "headline", "publisher", "source_url", "quote"):
        assert as_it_was(row[column]) == wanted.replace(";", ",") if column == "targets" else wanted, column
    assert as_it_was(row["origin_identifier"]) == wanted


@pytest.mark.parametrize(
    ("cell", "closed"),
    [
        ("plain", "plain"),
        (f"{RIGHT_TO_LEFT}a{POP}b", f"{RIGHT_TO_LEFT}a{POP}b"),
        (f"{RIGHT_TO_LEFT}a{ISOLATE}b", f"{RIGHT_TO_LEFT}a{ISOLATE}b{POP_ISOLATE}{POP}"),
        # The end of an isolate ends what was opened within it; the end of a paragraph everything.
        (f"{ISOLATE}{RIGHT_TO_LEFT}a{POP_ISOLATE}", f"{ISOLATE}{RIGHT_TO_LEFT}a{POP_ISOLATE}"),
        (f"{RIGHT_TO_LEFT}a\nb", f"{RIGHT_TO_LEFT}a\nb"),
        # An end without a beginning ends nothing; nor does that of an embedding reach out of an isolate.
        (f"{POP}{POP_ISOLATE}a", f"{POP}{POP_ISOLATE}a"),
        (f"{RIGHT_TO_LEFT}{ISOLATE}{POP}", f"{RIGHT_TO_LEFT}{ISOLATE}{POP}{POP_ISOLATE}{POP}"),
        # Marks open nothing, and Arabic and Hebrew need none of it.
        ("\u200fالعربية\u200e", "\u200fالعربية\u200e"),
    ],
    ids=["none", "closed", "two", "isolate", "paragraph", "stray", "inner", "marks"],
)
def test_what_turns_the_direction_ends_with_its_cell(cell: str, closed: str) -> None:
    assert csv_rows.safe(cell) == closed


def test_halves_of_surrogate_pairs_do_not_go_out() -> None:
    assert csv_rows.safe("a\ud800b") == "a\ufffdb"
    assert evidence.parsed(r'["\ud83d\ude00", "a\ud800b", "\udfff"]') == ["😀", "a\ufffdb", "\ufffd"]


def test_hostile_text_in_json_is_what_it_was(spoilt: list[str]) -> None:
    written = b"".join(json_document.document(chosen()))
    assert not re.search("[\0\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", written.decode())
    told = json.loads(written)
    assert wrongs(told) == []
    titles = {one["title"] for one in told["events"]}
    assert set(spoilt) <= titles
    for one in told["events"][1:]:
        [passage] = one["passages"]
        value = one["title"]
        assert (passage["prefix"], passage["says"], passage["rules"]) == (value, value, {value: value})
        if "\0" not in value:
            assert one["origin"]["row"] == {value: [value, "\ufffd"]}
    assert {"\ufffd"} <= {alias for one in told["actors"] for alias in one["aliases"]}
    assert all(digest(source["text"]) == source["sha256"] for source in told["sources"])


# Much of it


class Counted(list[int]):
    """Ids that remember how far they were asked for."""

    reached = 0

    def __getitem__(self, place: Any) -> Any:
        self.reached = max(self.reached, place.stop)
        return super().__getitem__(place)


@pytest.mark.parametrize("write", FORMATS[:2], ids=["events", "passages"])
def test_it_is_read_as_it_is_written(db: None, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "AT_A_TIME", 10)
    monkeypatch.setattr(csv_rows, "AT_A_TIME", 10)
    keys = Counted(event.pk for event in factories.make_timeline(100))
    assert keys.reached == 0
    assert len(list(islice(write(chosen(keys)), 2))) == 2
    assert keys.reached <= 20


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
def test_four_times_as_many_take_no_more_memory(
    db: None, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.fill(350)
    monkeypatch.setattr(evidence, "AT_A_TIME", 20)
    monkeypatch.setattr(csv_rows, "AT_A_TIME", 20)
    keys = list(chosen().keys)

    def peak(some: list[int]) -> int:
        tracemalloc.start()
        size = sum(map(len, write(chosen(some))))
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert size > len(some) * 100
        return held

    peak(keys[:40])
    assert peak(keys[:320]) < peak(keys[:80]) * 2


def test_pieces_are_large_and_lose_nothing() -> None:
    parts = [b"x" * size for size in (1, 10, ENOUGH, 5, ENOUGH * 2, 3)]

    def once() -> Iterator[bytes]:
        yield from parts

    pieces = list(in_pieces(once()))
    assert b"".join(pieces) == b"".join(parts)
    assert [len(piece) >= ENOUGH for piece in pieces] == [True, True, False]


# What readers see


@pytest.mark.parametrize("public", ["all", "confirmed"])
@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
def test_nothing_goes_out_that_readers_do_not_see(
    db: None, settings: Settings, write: Any, public: str
) -> None:
    settings.PUBLIC = public
    newer = factories.make_source(headline="Newer of confirmed")
    for review in ("confirmed", "unreviewed", "rejected"):
        fields = {"replaced_by": newer} if review == "confirmed" else {}
        source = factories.make_source(headline=f"Source of {review}", **fields)
        one = factories.make_event(title=f"Event of {review}", review=review)
        factories.make_mention(source, one)
        factories.make_participation(one, factories.make_actor(name=f"Actor of {review}"))
    keys = list(Event.objects.values_list("pk", flat=True))
    written = b"".join(write(chosen(keys))).decode()
    assert "Event of confirmed" in written
    assert ("of unreviewed" in written) == (public == "all")
    assert "of rejected" not in written
    if write is json_document.document:
        told = json.loads(written)
        assert ("Newer" in written) == (public == "all")
        assert told["sources"][-1]["replaced_by"] is None or public == "all"


def test_a_passage_that_was_taken_back_does_not_go_out(event: Event) -> None:
    Mention.objects.filter(extractor="").update(standing="withdrawn")
    assert [len(one["passages"]) for one in document()["events"]] == [1]
    assert len(sheet(csv_rows.passages)) == 1


def test_events_come_in_the_order_that_was_asked_for(db: None) -> None:
    keys = [event.pk for event in factories.make_timeline(30)][::-1]
    assert [one["id"] for one in evidence.events(keys)] == keys
    assert [row["id"] for row in sheet(keys=keys)] == [str(key) for key in keys]


@pytest.mark.parametrize("module", [csv_rows], ids=["csv_rows"])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0
