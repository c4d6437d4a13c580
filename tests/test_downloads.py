"""Files to take away: the same events as the page shows, under every filter, and a refusal that says why."""

import csv
import gzip
import hashlib
import json
import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from jsonschema import Draft202012Validator
from pytest_django.fixtures import Settings

from tests import factories
from timeline.exports.formats import FORMATS
from timeline.models import Actor, Event, Mention, Source

pytestmark = pytest.mark.django_db
ADDRESSES = ["/events.csv", "/passages.csv", "/events.json"]
OFFERED = [*(f"/{form.address}" for form in FORMATS), "/events.atom"]


def body(response: Any) -> bytes:
    assert response.status_code == 200, response.status_code
    return bytes(response.getvalue())


def rows(client: Client, address: str) -> list[dict[str, str]]:
    text = body(client.get(address)).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def listed(client: Client, query: str) -> list[int]:
    """The ids of the events on the page."""
    page = client.get(f"/?{query}").content.decode()
    return [int(key) for key in re.findall(r'<h3[^>]*><a href="/events/(\d+)/"', page)]


@pytest.fixture
def events() -> list[Event]:
    return factories.make_timeline(40)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "kind=protest&kind=election",
        "country=BY",
        "status=planned",
        "review=confirmed",
        "disputed=true",
        "from=2019&to=2020-06",
        "text=%22event+number+7%22",
        "text=marched&order=-date",
        "order=-date",
        "group=country&page=1&event=1",
        "kind=protest&country=BY&country=TR&from=2018-06&disputed=false",
        "actor={actor}",
        "source={source}",
    ],
)
def test_a_file_has_the_events_that_the_page_lists(client: Client, events: list[Event], query: str) -> None:
    query = query.format(actor=Actor.objects.order_by("pk")[1].pk, source=Source.objects.order_by("pk")[2].pk)
    wanted = listed(client, query)
    assert 0 < len(wanted) <= 40
    told = json.loads(body(client.get(f"/events.json?{query}")))
    assert [one["id"] for one in told["events"]] == wanted
    assert [int(row["id"]) for row in rows(client, f"/events.csv?{query}")] == wanted
    assert [int(row["event_id"]) for row in rows(client, f"/passages.csv?{query}")] == wanted


def test_its_address_leads_to_the_same_view(client: Client, events: list[Event]) -> None:
    told = json.loads(body(client.get("/events.json?to=2020&kind=protest&country=BY&page=1")))
    assert told["address"] == "http://testserver/?kind=protest&country=BY&to=2020"
    assert (
        json.loads(body(client.get("/events.json")))["address"],
        told["site"],
        told["$schema"],
    ) == ("http://testserver/", "http://testserver", "http://testserver/schema/events-1.json")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("from=yesterday", "from"),
        ("from=2021&to=2020", "to"),
        ("kind=party&kind=protest", "kind"),
        ("country=XX", "country"),
        ("actor=999999", "actor"),
        ("source=0x1", "source"),
        ("disputed=perhaps", "disputed"),
        ("text=%00", "text"),
        ("order=size", "order"),
        ("kinds=protest", "kinds"),
        ("format=xlsx", "format"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(client: Client, address: str, query: str, name: str) -> None:
    factories.make_event(title="Event number 1")
    response = client.get(f"{address}?{query}")
    assert response.status_code == 400
    assert "ETag" not in response
    assert "Content-Disposition" not in response
    if address.endswith((".json", ".jsonld")):
        assert [one["parameter"] for one in response.json()["problems"]] == [name]
    else:
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response.content.decode().startswith(f"{name}: ")
    assert b"Event number" not in response.content


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_it_is_told_so(client: Client, events: list[Event], address: str) -> None:
    first = client.get(f"{address}?kind=protest")
    assert first["Cache-Control"] == "no-cache"
    again = client.get(f"{address}?kind=protest", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{address}?kind=election")["ETag"] != first["ETag"]
    Event.objects.filter(pk=events[0].pk).update(title="Changed")
    changed = client.get(f"{address}?kind=protest", headers={"If-None-Match": first["ETag"]})
    assert changed["ETag"] != first["ETag"]
    assert b"Changed" in body(changed)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_head_alone_reads_no_event(client: Client, events: list[Event], address: str) -> None:
    whole = client.get(f"{address}?kind=protest")
    client.head(address)
    with CaptureQueriesContext(connection) as queries:
        head = client.head(f"{address}?kind=protest")
    assert body(head) == b""
    for name in ("Content-Type", "Content-Disposition", "ETag"):
        assert head[name] == whole[name]
    assert len(queries) <= 2
    assert "Content-Length" not in head  # nobody is told that the file is empty


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_only_read(client: Client, address: str, method: str) -> None:
    assert getattr(client, method)(address).status_code == 405


@pytest.mark.parametrize("address", ADDRESSES)
def test_compressed_it_is_the_same(client: Client, events: list[Event], address: str) -> None:
    zipped = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert zipped["Content-Encoding"] == "gzip"
    plain = client.get(address)
    assert plain.streaming
    assert "Content-Encoding" not in plain
    moment = rb'"(exported_at|generated)":"[^"]+"'
    told = gzip.decompress(body(zipped))
    assert len(told) > 1000
    assert re.sub(moment, b"", told) == re.sub(moment, b"", body(plain))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "events"),
        ("kind=protest&country=BY&from=2020-08", "events-protest-by-2020-08"),
        ("text=%22%2F..%2F%0D%0AX%3A+1%22%E2%80%AE", "events-x-1"),
        ("&".join(f"country={code}" for code in ("BY", "TR", "CL", "KE") * 10), "events-by-tr-cl-ke"),
        (f"text={'long+' * 30}", f"events-{'long-' * 18}lon"),
    ],
    ids=["all", "filters", "hostile", "repeated", "long"],
)
def test_the_name_of_the_file_says_what_is_in_it(client: Client, query: str, name: str) -> None:
    for code in ("BY", "TR", "CL", "KE", "TH"):
        factories.make_event(country=code)
    told = client.get(f"/events.csv?{query}")["Content-Disposition"]
    assert re.fullmatch(rf'attachment; filename="{name}-\d{{4}}-\d\d-\d\d\.csv"', told), told


# One event


def test_one_event(client: Client, events: list[Event]) -> None:
    key = events[3].pk
    told = json.loads(body(client.get(f"/events/{key}.json")))
    assert ([one["id"] for one in told["events"]], told["address"]) == (
        [key],
        f"http://testserver/events/{key}/",
    )
    assert len(told["sources"]) == len(told["actors"]) == 1
    assert [row["id"] for row in rows(client, f"/events/{key}.csv")] == [str(key)]
    assert client.get(f"/events/{key}.json")["Content-Disposition"].startswith(
        f'attachment; filename="event-{key}-'
    )


def test_a_merged_event_leads_to_the_one_that_it_is(client: Client) -> None:
    event = factories.make_event()
    merged = factories.make_event(merged_into=event, review="rejected")
    response = client.get(f"/events/{merged.pk}.json")
    assert (response.status_code, response["Location"]) == (302, f"/events/{event.pk}.json")


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_what_readers_do_not_see_is_not_found(client: Client, ending: str) -> None:
    event = factories.make_event(review="rejected")
    assert client.get(f"/events/{event.pk}.{ending}").status_code == 404
    assert client.get(f"/events/999999.{ending}").status_code == 404
    client.force_login(User.objects.create_superuser("curator"))
    assert client.get(f"/events/{event.pk}.{ending}").status_code == 404
    assert "downloads" not in client.get(f"/events/{event.pk}/").content.decode()


# The text of a source


def test_a_text_has_the_bytes_that_its_hash_is_of(client: Client) -> None:
    source = factories.make_source(text="Überschrift\n\n“Text” \u200f\n<script>😀")
    response = client.get(f"/sources/{source.pk}.txt")
    assert hashlib.sha256(response.content).hexdigest() == source.sha256
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert client.get("/sources/999999.txt").status_code == 404


def test_where_only_the_confirmed_is_shown_nothing_else_goes_out(client: Client, settings: Settings) -> None:
    settings.PUBLIC = "confirmed"
    made = {}
    for review in ("confirmed", "unreviewed"):
        source, event = factories.make_source(), factories.make_event(title=f"Is {review}", review=review)
        factories.make_mention(source, event)
        made[review] = (source, event)
    for address in ADDRESSES:
        written = body(client.get(address))
        assert b"Is confirmed" in written
        assert b"unreviewed" not in written
    source, event = made["unreviewed"]
    for address in (f"/events/{event.pk}.json", f"/events/{event.pk}.csv", f"/sources/{source.pk}.txt"):
        assert client.get(address).status_code == 404
    assert client.get(f"/events.json?source={source.pk}").status_code == 400
    source, event = made["confirmed"]
    for address in (f"/events/{event.pk}.json", f"/sources/{source.pk}.txt"):
        assert client.get(address).status_code == 200


# The schema, and the links on the pages


def test_the_schema_is_where_the_document_says(client: Client) -> None:
    response = client.get(reverse("schema"))
    assert response["Content-Type"] == "application/schema+json"
    Draft202012Validator.check_schema(response.json())


def links(client: Client, address: str) -> list[str]:
    page = client.get(address).content.decode()
    found = re.search(r'<details class="downloads".*?</details>', page, re.DOTALL)
    return re.findall(r'href="([^"]+)"', found[0].replace("&amp;", "&")) if found else []


def test_every_page_has_the_ways_to_take_it_away(client: Client, events: list[Event]) -> None:
    event, source, actor = events[0], Source.objects.first(), Actor.objects.first()
    assert source
    assert actor
    all_of_them = links(client, "/?kind=protest&country=BY&group=country&page=1&event=1")
    assert all_of_them == [f"{address}?kind=protest&country=BY" for address in OFFERED]
    assert links(client, "/") == OFFERED
    assert links(client, f"/actors/{actor.pk}/") == [f"{address}?actor={actor.pk}" for address in OFFERED]
    of_event = [reverse(f"{form.name}-one", args=[event.pk]) for form in FORMATS if form.one]
    assert links(client, f"/events/{event.pk}/") == of_event
    of_source = [
        f"/sources/{source.pk}.txt",
        f"/sources/{source.pk}/annotations.jsonld",
        *(f"{address}?source={source.pk}" for address in OFFERED),
    ]
    assert links(client, f"/sources/{source.pk}/") == of_source
    for address in [*all_of_them, *of_event, *of_source]:
        assert client.get(address).status_code == 200


def test_where_nothing_can_be_taken_away_nothing_is_offered(client: Client, events: list[Event]) -> None:
    assert links(client, "/?text=nowhere") == []
    assert links(client, "/?from=yesterday") == OFFERED  # the page shows all of them then
    source = factories.make_source()
    assert links(client, f"/sources/{source.pk}/") == [f"/sources/{source.pk}.txt"]


@pytest.mark.parametrize(
    "address", ["/sources/1/", "/sources/1.txt", "/sources/1/annotations.jsonld", "/api/v1/sources/1/"]
)
def test_a_passage_that_was_taken_back_opens_no_source(
    client: Client, settings: Settings, address: str
) -> None:
    settings.PUBLIC = "confirmed"
    source, event = factories.make_source(pk=1), factories.make_event(review="confirmed")
    mention = factories.make_mention(source, event, extractor="")
    assert client.get(address).status_code == 200
    mention.standing = Mention.Standing.WITHDRAWN
    mention.save()
    assert client.get(address).status_code == 404
