"""What goes out to other programs' formats, read back by libraries that are not ours."""

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import feedparser
import pytest
import vobject
from django.db import connection
from django.test import Client
from django.utils import timezone
from lxml import etree
from lxml.html import fragment_fromstring
from pyld import jsonld

from tests import factories
from tests.test_hostile_text import Tags
from timeline.exports import annotations, calendars, evidence, prose, timelinejs
from timeline.exports.chosen import Chosen
from timeline.models import Event, Mention, Source, digest

pytestmark = pytest.mark.django_db
Get = Callable[[str], bytes]
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def get(client: Client) -> Get:
    def answer(address: str) -> bytes:
        response = client.get(address)
        assert response.status_code == 200, address
        return bytes(response.getvalue() if response.streaming else response.content)

    return answer


@pytest.fixture
def march() -> Event:
    """An event with a passage of the machine's and one that a curator made."""
    event = factories.make_event(
        disputed=True,
        counts=[{"what": "detained", "minimum": 400, "maximum": None}, {"what": "fled"}],
        summary="First line.\nSecond line.",
    )
    source = factories.make_source(url="https://example.org/article")
    words = "Police detained at least 400 people."
    factories.make_mention(source, event, words=words, extractor="3", cited="the Viasna centre")
    factories.make_mention(source, event, words="Thousands marched through Minsk")
    factories.make_participation(event, factories.make_actor(name="Union of Examples"))
    return event


# TimelineJS


@pytest.mark.parametrize(
    ("value", "start", "end", "words"),
    [
        ("2020", {"year": 2020}, None, None),
        ("2020-08", {"year": 2020, "month": 8}, None, None),
        ("2020-08-09", {"year": 2020, "month": 8, "day": 9}, None, None),
        ("2020-08/2020-11", {"year": 2020, "month": 8}, {"year": 2020, "month": 11}, None),
        ("2020/2020-03-01", {"year": 2020}, {"year": 2020, "month": 3, "day": 1}, None),
        ("2020-08~", {"year": 2020, "month": 8}, None, "about August 2020"),
        ("2020?/2022", {"year": 2020}, {"year": 2022}, "possibly 2020 to 2022"),
        ("../2022-02", {"year": 2022, "month": 2}, None, "by February 2022"),
        ("/1985", {"year": 1985}, None, "by 1985"),
        ("1994-07/..", {"year": 1994, "month": 7}, None, "since July 1994"),
        ("197X", {"year": 1970}, {"year": 1979}, "the 1970s"),
        ("19XX", {"year": 1900}, {"year": 1999}, "the years 1900 to 1999"),
        ("2004-XX", {"year": 2004}, None, "2004"),
        ("2004-02-XX", {"year": 2004, "month": 2}, None, "February 2004"),
        ("2020-21", {"year": 2020, "month": 3}, {"year": 2020, "month": 5}, "spring 2020"),
        ("2020-24", {"year": 2020, "month": 12}, {"year": 2021, "month": 2}, "winter 2020"),
        ("0001", {"year": 1}, None, None),
        ("9999-12-31", {"year": 9999, "month": 12, "day": 31}, None, None),
    ],
)
def test_a_slide_has_the_parts_of_its_date(
    value: str, start: dict[str, int], end: dict[str, int] | None, words: str | None
) -> None:
    told = {"start_date": start, "end_date": end, "display_date": words}
    assert timelinejs.dates(value) == {name: one for name, one in told.items() if one is not None}


def test_slides(get: Get, march: Event) -> None:
    factories.make_event(title="Some day", date="")
    told = json.loads(get("/timelinejs.json?country=BY&order=date"))
    assert set(told) == {"scale", "events", "title"}
    (slide,) = told["events"]
    assert set(slide) == {"unique_id", "start_date", "text", "group", "autolink"}
    assert slide["unique_id"] == f"event-{march.pk}"
    assert slide["group"] == "Protest"
    text = slide["text"]["text"]
    assert "<b>People:</b> at least 400 detained<br>" in text
    assert "<b>Status:</b> Occurred, disputed<br>" in text
    assert "First line.<br>Second line." in text
    assert "<blockquote><p>Police detained at least 400 people.</p></blockquote>" in text
    mention = march.mentions.get(extractor="3")
    assert f'href="http://testserver{mention.source.address_of(mention.start, mention.end)}"' in text
    assert "The Daily Example, 10 August 2020, citing the Viasna centre" in text
    title = told["title"]["text"]["text"]
    assert "<p>Belarus</p>" in title
    assert "Events: 1. Left out for having no date: 1." in title


# iCalendar


def entries(calendar: bytes) -> list[Any]:
    parsed = vobject.readOne(calendar.decode())
    return list(parsed.contents.get("vevent", []))


@pytest.mark.parametrize(
    ("value", "first", "last", "note"),
    [
        ("2020-08-09", date(2020, 8, 9), date(2020, 8, 9), ""),
        ("2020-08-09/2020-08-11", date(2020, 8, 9), date(2020, 8, 11), ""),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29), "February 2020. It was, or is to be, on some"),
        ("2020-08-09?", date(2020, 8, 9), date(2020, 8, 9), "possibly 9 August 2020"),
        ("2020-08/2020-11", date(2020, 8, 1), date(2020, 11, 30), "August to November 2020."),
        ("../2022-02", date(2022, 2, 1), date(2022, 2, 28), "by February 2022. It has no known beginning"),
        ("1994-07/..", date(1994, 7, 1), date(1994, 7, 31), "since July 1994. It has no known end"),
        ("0001", date(1, 1, 1), date(1, 12, 31), "1."),
    ],
)
def test_an_entry_has_whole_days_and_says_what_they_hide(
    value: str, first: date, last: date, note: str
) -> None:
    shown = calendars.days(value)
    assert shown[:2] == (first, last)
    assert note in shown[2]
    assert bool(note) == bool(shown[2])


def test_entries(get: Get, march: Event) -> None:
    factories.make_event(title="Some day", date="")
    for status in ("ongoing", "planned", "proposed", "cancelled"):
        factories.make_event(title=status, status=status, date="2021-01")
    calendar = get("/events.ics?kind=protest")
    lines = calendar.split(b"\r\n")
    assert lines.pop() == b""
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 75
    assert [line for line in lines if line.startswith((b"X-WR-CALNAME", b"REFRESH", b"VERSION"))] == [
        b"VERSION:2.0",
        b"X-WR-CALNAME:Political event timeline\\; Protest",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT12H",
    ]
    told = {entry.summary.value: entry for entry in entries(calendar)}
    assert {name: entry.status.value for name, entry in told.items()} == {
        "March in Minsk": "CONFIRMED",
        "ongoing": "CONFIRMED",
        "planned": "TENTATIVE",
        "proposed": "TENTATIVE",
        "cancelled": "CANCELLED",
    }
    entry = told["March in Minsk"]
    assert entry.uid.value == f"event-{march.pk}@testserver"
    assert (entry.dtstart.value, entry.dtend.value) == (date(2020, 8, 9), date(2020, 8, 10))
    assert told["planned"].dtend.value == date(2021, 2, 1)
    for stamp in (entry.dtstamp, entry.contents["last-modified"][0]):
        assert stamp.value == march.updated_at.replace(microsecond=0)
    assert entry.url.value == f"http://testserver{march.get_absolute_url()}"
    assert entry.categories.value == ["Protest"]
    said = entry.description.value
    assert said.startswith("Date: 9 August 2020\nKind: Protest\nStatus: Occurred, disputed\n")
    mention = march.mentions.get(extractor="3")
    assert (
        f"characters {mention.start}–{mention.end} of the text with SHA-256 {mention.source.sha256}" in said
    )


def test_the_last_day_of_all_has_none_after_it(get: Get) -> None:
    factories.make_event(date="9999-12-31")
    (entry,) = entries(get("/events.ics"))
    assert entry.dtstart.value == date(9999, 12, 31)
    assert not hasattr(entry, "dtend")


def test_one_event_as_a_calendar(get: Get, march: Event) -> None:
    factories.make_event(title="Another")
    (entry,) = entries(get(f"/events/{march.pk}.ics"))
    assert entry.summary.value == "March in Minsk"


# Atom


def changed(event: Event, moment: datetime) -> None:
    Event.objects.filter(pk=event.pk).update(updated_at=moment)


def parsed_feed(written: bytes) -> Any:
    etree.fromstring(written)
    feed = feedparser.parse(written)
    assert feed.bozo == 0, feed.get("bozo_exception")
    return feed


def test_a_feed(get: Get, march: Event) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    changed(march, moment)
    feed = parsed_feed(get("/events.atom?kind=protest&group=country"))
    assert feed.version == "atom10"
    assert feed.feed.title == "Political event timeline; Protest"
    assert feed.feed.id == "http://testserver/events.atom?kind=protest"
    links = {link.rel: link.href for link in feed.feed.links}
    assert links == {
        "alternate": "http://testserver/?kind=protest",
        "self": "http://testserver/events.atom?kind=protest",
        "first": "http://testserver/events.atom?kind=protest",
    }
    (entry,) = feed.entries
    assert entry.title == "March in Minsk"
    assert entry.id == f"tag:testserver,{march.created_at:%Y-%m-%d}:event-{march.pk}"
    assert entry.link == f"http://testserver{march.get_absolute_url()}"
    assert entry.updated == "2026-01-02T03:04:05.000678+00:00"
    assert entry.published == march.created_at.isoformat()
    assert [tag.term for tag in entry.tags] == ["protest", "BY"]
    assert "Police detained at least 400 people." in entry.content[0].value
    assert entry.content[0].type == "text/html"


def test_pages_of_a_feed_have_every_change_once(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever changes while they are read comes on the first page, and drops nothing out of the others."""
    monkeypatch.setattr("timeline.exports.feeds.AT_A_TIME", 3)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    made = [factories.make_event(title=f"Event {number}") for number in range(8)]
    for number, event in enumerate(made):
        changed(event, moment + timedelta(seconds=number // 4))  # at the same moment, four by four
    address, titles = "/events.atom", []
    while address:
        feed = parsed_feed(get(address))
        titles.append([entry.title for entry in feed.entries])
        if len(titles) == 1:
            changed(made[0], moment + timedelta(days=1))
            factories.make_event(title="New")
        following = [link.href for link in feed.feed.links if link.rel == "next"]
        address = following[0] if following else ""
        assert feed.feed.id == "http://testserver/events.atom"
    assert titles == [["Event 7", "Event 6", "Event 5"], ["Event 4", "Event 3", "Event 2"], ["Event 1"]]


def test_a_feed_is_not_sent_again(client: Client, march: Event) -> None:
    tag = client.get("/events.atom")["ETag"]
    assert client.get("/events.atom", headers={"if-none-match": tag}).status_code == 304
    march.title = "March through Minsk"
    march.save()
    assert client.get("/events.atom", headers={"if-none-match": tag}).status_code == 200


@pytest.mark.parametrize(
    "query", ["before=yesterday", "before=20260101T000000.0Z-x", "from=soon", "befor=1", "before=%00-1"]
)
def test_what_a_feed_cannot_take_is_named(client: Client, query: str) -> None:
    response = client.get(f"/events.atom?{query}")
    assert response.status_code == 400
    assert response.text.startswith(f"{query.partition('=')[0]}: ")


def test_the_timeline_leads_to_its_feed(client: Client) -> None:
    page = client.get("/?kind=protest&group=country&page=1").text
    found = re.search(r'<link id="feed"[^>]*href="([^"]*)"', page)
    assert found
    assert html.unescape(found[1]) == "/events.atom?kind=protest"
    assert client.get(found[1]).status_code == 200


def test_the_newest_changes_are_found_by_an_index() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for before in (None, (moment, 7)):
        plan = Event.objects.public().by_change(before)[:51].explain()
        assert "event_by_change" in plan or connection.vendor != "sqlite", plan


# W3C Web Annotations

XSD = "http://www.w3.org/2001/XMLSchema#"
IN_CONTEXT = {
    "http://www.w3.org/ns/oa#": {
        "types": "Annotation TextualBody SpecificResource TextQuoteSelector TextPositionSelector TimeState "
        "identifying classifying describing",
        "texts": "exact prefix suffix",
        "ids": "body=hasBody target=hasTarget source=hasSource selector=hasSelector state=hasState "
        "cached=cachedSource",
        "terms": "motivation=motivatedBy purpose=hasPurpose",
        "dateTime": "sourceDate",
        "nonNegativeInteger": "start end",
    },
    "http://www.w3.org/ns/activitystreams#": {
        "types": "AnnotationCollection=OrderedCollection AnnotationPage=OrderedCollectionPage "
        "Software=Application",
        "ids": "generator first",
        "lists": "items",
        "nonNegativeInteger": "total=totalItems startIndex",
    },
    "http://purl.org/dc/terms/": {"ids": "creator", "dateTime": "created modified generated=issued"},
    "http://purl.org/dc/elements/1.1/": {"texts": "format"},
    "http://xmlns.com/foaf/0.1/": {"types": "Person", "texts": "name", "ids": "homepage"},
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": {"texts": "value"},
    "http://www.w3.org/2000/01/rdf-schema#": {"texts": "label"},
}
ALSO = {
    "ids": {"@type": "@id"},
    "terms": {"@type": "@vocab"},
    "lists": {"@type": "@id", "@container": "@list"},
    "dateTime": {"@type": f"{XSD}dateTime"},
    "nonNegativeInteger": {"@type": f"{XSD}nonNegativeInteger"},
}


def w3c_context(address: str, _: object) -> dict[str, Any]:
    """What the W3C's context says of the terms in use; all others would be lost on the way."""
    assert address == "http://www.w3.org/ns/anno.jsonld"
    context: dict[str, Any] = {"id": "@id", "type": "@type"}
    for vocabulary, groups in IN_CONTEXT.items():
        for group, names in groups.items():
            for written in names.split():
                name, _, property_ = written.partition("=")
                context[name] = {"@id": vocabulary + (property_ or name), **ALSO.get(group, {})}
    return {"contextUrl": None, "documentUrl": address, "document": {"@context": context}}


def through_json_ld(written: bytes) -> Any:
    """Taken apart by the context and put together again: what no term stands for is gone."""
    document, options = json.loads(written), {"documentLoader": w3c_context}
    again = jsonld.compact(jsonld.expand(document, options), annotations.CONTEXT, options)
    assert again == document
    return document


def test_annotations(get: Get, march: Event) -> None:
    told = through_json_ld(get("/annotations.jsonld"))
    assert (told["type"], told["total"]) == ("AnnotationCollection", 2)
    assert told["first"]["type"] == "AnnotationPage"
    by_curator, by_machine = told["first"]["items"]
    mention = march.mentions.get(extractor="3")
    source = mention.source
    assert by_machine["id"] == f"http://testserver{mention.get_absolute_url()}"
    assert by_machine["motivation"] == "identifying"
    assert by_machine["creator"] == {"type": "Software", "name": "Extractor 3"}
    assert datetime.fromisoformat(by_machine["created"]) == source.loaded_at
    assert by_curator["creator"] == {"type": "Person", "name": "a curator"}
    assert "created" not in by_curator
    target = by_machine["target"]
    assert target["source"] == f"http://testserver{source.get_absolute_url()}"
    quote, place = target["selector"]
    assert source.text[place["start"] : place["end"]] == quote["exact"] == mention.quote
    assert quote["prefix"] + quote["exact"] + quote["suffix"] in source.text
    assert target["state"]["cached"] == [
        f"http://testserver/sources/{source.pk}.txt",
        annotations.named_by_hash(digest(source.text)),
    ]
    assert get(f"/sources/{source.pk}.txt").decode() == source.text
    identified, kind, words, reading = by_machine["body"]
    assert identified["source"] == f"http://testserver{march.get_absolute_url()}"
    assert kind["value"] == "protest"
    assert words["value"] == "March in Minsk, 9 August 2020"
    assert json.loads(reading["value"])["date"] == "2020-08-09"


def test_a_text_is_named_by_its_hash() -> None:
    """The example of RFC 6920."""
    named = annotations.named_by_hash(digest("Hello World!"))
    assert named == "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"


def test_annotations_of_a_source_are_those_of_its_words(get: Get, client: Client, march: Event) -> None:
    source = Source.objects.get()
    other = factories.make_source()
    factories.make_mention(other, march)
    unseen = factories.make_event(review="rejected")
    factories.make_mention(source, unseen)
    address = f"{source.get_absolute_url()}annotations.jsonld"
    told = through_json_ld(get(address))
    assert told["total"] == 2
    assert {one["target"]["source"] for one in told["first"]["items"]} == {
        f"http://testserver{source.get_absolute_url()}"
    }
    assert f'href="{address}"' in client.get(source.get_absolute_url()).text
    assert client.get("/sources/0/annotations.jsonld").status_code == 404


def test_no_annotations(get: Get) -> None:
    assert through_json_ld(get("/annotations.jsonld"))["first"]["items"] == []


# All of them

ADDRESSES = ("/timelinejs.json", "/events.ics", "/events.atom", "/annotations.jsonld")


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_what_readers_see_goes_out(get: Get, settings: Any, march: Event, address: str) -> None:
    for title, review in (("Rejected one", "rejected"), ("Confirmed one", "confirmed")):
        event = factories.make_event(title=title, review=review)
        factories.make_mention(factories.make_source(), event, title=title)
    told = get(address)
    assert b"Rejected one" not in told
    assert b"March in Minsk" in told
    assert b"Confirmed one" in told
    settings.PUBLIC = "confirmed"
    told = get(address)
    assert b"March in Minsk" not in told
    assert b"Confirmed one" in told


def test_events_are_read_some_at_a_time_in_as_many_queries(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    keys = [event.pk for event in factories.make_timeline(60)]
    for module in ("prose", "evidence"):
        monkeypatch.setattr(f"timeline.exports.{module}.AT_A_TIME", 20)
    told = prose.events(keys)
    for at_a_time in range(3):
        with django_assert_num_queries(6):  # events, passages, places, participants, origins, sources
            found = [next(told)["id"] for _ in range(20)]
        assert found == keys[20 * at_a_time : 20 * at_a_time + 20]


WRITTEN = (timelinejs.timeline, calendars.calendar, annotations.collection)


@pytest.mark.parametrize("write", WRITTEN, ids=lambda write: write.__module__.rpartition(".")[2])
def test_a_format_is_written_as_it_is_read(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[Chosen], Iterator[bytes]]
) -> None:
    """So that a million events take no more memory than a few: each goes out before the next is asked for."""
    event = factories.make_event()
    factories.make_mention(factories.make_source(), event)
    asked = []

    def events(*_: object) -> Iterator[evidence.Told]:
        for number in range(1000):
            asked.append(number)
            yield told

    (told,) = prose.events([event.pk])
    monkeypatch.setattr(prose, "events", events)
    pieces = write(Chosen(range(1000), "http://testserver", "http://testserver/", timezone.now()))
    for _ in range(10):
        next(pieces)
    assert 1 <= len(asked) <= 10
    assert sum(1 for _ in pieces) > 990


HOSTILE = {
    "formula": "=cmd|' /C calc'!A0",
    "tags": "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"' onload='alert(3)'",
    "controls": "nul\0bell\abackspace\x08escape\x1b[31m",
    "directions": "\u202eto the left\u2066 isolated\u2069\u2069\u200f",
    "ends of things": "]]>--><!-- </feed> */ END:VCALENDAR",
    "lines": "one\r\nBEGIN:VEVENT\r\nUID:evil\rthree\u2028four\u0085five\x0bsix",
    "separators": 'a;b,c\\,d:e"f\\n^n',
    "long": "ä" * 10_000,
    "no character": "\ufffe\uffff \U0001f9a9",
    "nothing to be seen": "\u202e\x01",
}


@pytest.fixture(params=sorted(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> str:
    text = HOSTILE[request.param]
    return text if connection.vendor == "sqlite" else text.replace("\0", "")[:200]


@pytest.fixture
def spoilt(hostile: str) -> Mention:
    """An event, its source, its passage and its actor, all with that text."""
    source = factories.make_source(
        text=f"{hostile}\n\nBefore {hostile} after", headline=hostile, publisher=hostile
    )
    half = "\ud83e" if connection.vendor == "sqlite" else ""  # storable in JSON, and in no UTF-8
    event = factories.make_event(
        title=hostile, summary=hostile, counts=[{"what": f"{hostile}{half}", "minimum": 1, "maximum": 2}]
    )
    factories.make_participation(event, factories.make_actor(name=hostile))
    start = source.text.index("Before ") + len("Before ")
    return factories.make_mention(
        source, event, start, start + len(hostile), cited=hostile, extractor=hostile[:90],
        participants=[{"name": f"{hostile}{half}"}],
    )  # fmt: skip


def assert_harmless(text: str) -> None:
    assert Tags(text).wrongs == []
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", text)


def test_hostile_text_on_slides(get: Get, hostile: str, spoilt: Mention) -> None:
    (slide,) = json.loads(get("/timelinejs.json"))["events"]
    for text in slide["text"].values():
        assert_harmless(text)
    assert html.unescape(slide["text"]["headline"]) == prose.line(hostile)
    quote = fragment_fromstring(slide["text"]["text"], create_parent="div").find("blockquote")
    assert " ".join(quote.itertext()).split() == prose.readable(hostile).split()


def test_hostile_text_in_calendars(get: Get, hostile: str, spoilt: Mention) -> None:
    calendar = get("/events.ics")
    assert_harmless(calendar.decode().replace("<", "&lt;"))
    assert calendar.count(b"\r\nBEGIN:VEVENT\r\n") == 1
    assert all(len(line) <= 75 and b"\n" not in line for line in calendar.split(b"\r\n"))
    (entry,) = entries(calendar)
    assert entry.uid.value == f"event-{spoilt.event_id}@testserver"
    assert entry.summary.value == prose.line(hostile)
    assert f"“{prose.readable(hostile)}”" in entry.description.value


def test_hostile_text_in_feeds(get: Get, hostile: str, spoilt: Mention) -> None:
    written = get("/events.atom")
    assert_harmless(written.decode())
    assert len(parsed_feed(written).entries) == 1
    (entry,) = etree.fromstring(written).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == prose.line(hostile)
    content = entry.findtext(f"{ATOM}content")
    assert_harmless(content)
    quote = fragment_fromstring(content, create_parent="div").find("blockquote")
    assert " ".join(quote.itertext()).split() == prose.readable(hostile).split()


def test_hostile_text_in_annotations(get: Get, hostile: str, spoilt: Mention) -> None:
    """Here the very words, whatever they are, since tools look for them."""
    told = through_json_ld(get("/annotations.jsonld"))
    (annotation,) = told["first"]["items"]
    quote, place = annotation["target"]["selector"]
    assert quote["exact"] == hostile
    assert spoilt.source.text[place["start"] : place["end"]] == hostile
    (named,) = json.loads(annotation["body"][3]["value"])["participants"]
    assert named["name"].rstrip("\ufffd") == hostile
