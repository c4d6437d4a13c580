"""What programs are told of a page: its one address, a description, and schema.org's data."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from lxml import html
from pyld import jsonld

from tests import factories
from tests.test_hostile_text import HOSTILE, spoil
from timeline.models import Mention

pytestmark = pytest.mark.django_db
SCHEMA = "https://schema.org/"


@pytest.fixture
def mention() -> Mention:
    source = factories.make_source(url="https://news.example/march")
    event = factories.make_event(status="planned")
    return factories.make_mention(source, event, words="Thousands marched through Minsk")


def page_of(client: Client, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def canonical(client: Client, address: str) -> str:
    (found,) = page_of(client, address).xpath("//link[@rel='canonical']/@href")
    return str(found).removeprefix("http://testserver")


def told(client: Client, address: str) -> Any:
    (found,) = page_of(client, address).xpath("//script[@type='application/ld+json']/text()")
    return json.loads(found)


def expanded(data: Any) -> Any:
    """What the data says once every name in it stands for an address, as `pyld` has it."""

    def vocabulary(url: str, _: Any) -> dict[str, Any]:
        assert url == "https://schema.org"
        names = {"@vocab": SCHEMA, "url": {"@type": "@id"}, "eventStatus": {"@type": "@id"}}
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": names}}

    (one,) = jsonld.expand(data, {"documentLoader": vocabulary})
    return one


def only(values: Any, name: str) -> Any:
    (value,) = values[SCHEMA + name]
    return value if "@type" in value else value.get("@value", value.get("@id"))


# Addresses


@pytest.mark.parametrize(
    ("asked", "one"),
    [
        ("/", "/"),
        ("/?", "/"),
        ("/?kind=protest&country=BY", "/?kind=protest&country=BY"),
        ("/?country=BY&kind=protest&event=1&group=kind&page=1", "/?kind=protest&country=BY"),
        ("/?text=a%22%26b&utm_source=x", "/?text=a%22%26b"),
        ("/?from=soon&kind=protest", "/"),
        ("/?page=2", "/?page=2"),
        ("/?page=2&status=occurred", "/?status=occurred&page=2"),
        ("/?page=99", "/"),
    ],
)
def test_the_one_address_of_a_timeline(client: Client, asked: str, one: str) -> None:
    factories.make_timeline(130)
    assert canonical(client, asked) == one
    assert canonical(client, one) == one


def test_the_one_address_of_other_pages(client: Client, mention: Mention) -> None:
    actor = factories.make_actor()
    factories.make_participation(mention.event, actor)
    for row in (mention.event, mention.source, actor):
        assert canonical(client, f"{row.get_absolute_url()}?utm_source=x") == row.get_absolute_url()


def test_links_can_be_shown_with_title_words_and_picture(client: Client, mention: Mention) -> None:
    page = page_of(client, mention.event.get_absolute_url())
    graph = {one.get("property"): one.get("content") for one in page.xpath("//meta[@property]")}
    assert graph["og:title"] == "March in Minsk"
    assert graph["og:type"] == "article"
    assert graph["og:description"].startswith("9 August 2020, Protest, Belarus, planned. “Thousands marched")
    assert "The Daily Example, 10 August 2020" in graph["og:description"]
    assert graph["og:url"] == f"http://testserver{mention.event.get_absolute_url()}"
    assert graph["og:image"].endswith("/picture.png")
    assert page.xpath("//meta[@name='description']/@content") == [graph["og:description"]]
    assert page.xpath("//meta[@name='twitter:card']/@content") == ["summary_large_image"]
    page = page_of(client, "/?kind=protest")
    assert page.xpath("//meta[@property='og:title']/@content") == ["Protest"]
    (words,) = page.xpath("//meta[@name='description']/@content")
    assert words.startswith("1 event of 2020, read out of news articles")


def test_what_readers_do_not_see_tells_nothing(client: Client) -> None:
    hidden = factories.make_event(review="rejected")
    client.force_login(factories.make_user(is_superuser=True))
    page = page_of(client, hidden.get_absolute_url())
    assert not page.xpath("//meta[@property] | //link[@rel='canonical'] | //script[@type]")


# schema.org


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("2020-08-09", "2020-08-09", "2020-08-09"),
        ("2020-08", "2020-08", "2020-08"),
        ("2020", "2020", "2020"),
        ("2020-08/2020-11", "2020-08", "2020-11"),
        ("../2022-02", None, "2022-02"),
        ("2020-08/..", "2020-08", None),
        ("", None, None),
        ("2020-08~", "2020-08-01", "2020-08-31"),
        ("201X", "2010-01-01", "2019-12-31"),
        ("2001-21", "2001-03-01", "2001-05-31"),
    ],
)
def test_dates_are_iso_8601_and_no_finer_than_known(
    client: Client, written: str, start: str | None, end: str | None
) -> None:
    event = factories.make_event(date=written)
    data = told(client, event.get_absolute_url())
    assert (data.get("startDate"), data.get("endDate")) == (start, end)


@pytest.mark.parametrize(
    ("status", "stands"),
    [
        ("occurred", "EventScheduled"),
        ("ongoing", "EventScheduled"),
        ("planned", "EventScheduled"),
        ("cancelled", "EventCancelled"),
        ("proposed", None),
    ],
)
def test_the_status_of_an_event(client: Client, status: str, stands: str | None) -> None:
    data = told(client, factories.make_event(status=status).get_absolute_url())
    assert data.get("eventStatus") == (stands and f"https://schema.org/{stands}")


def test_an_event_with_its_evidence(client: Client, mention: Mention) -> None:
    event = mention.event
    roles = {"initiator": "organizer", "participant": "actor", "target": "about"}
    for role in roles:
        factories.make_participation(event, factories.make_actor(name=role, kind="person"), role)
    data = expanded(told(client, event.get_absolute_url()))
    assert data["@type"] == [f"{SCHEMA}Event"]
    assert only(data, "name") == "March in Minsk"
    assert only(data, "url") == data["@id"] == f"http://testserver{event.get_absolute_url()}"
    assert only(only(data, "location"), "name") == "Belarus"
    for role, name in roles.items():
        assert only(only(data, name), "name") == role
        assert only(data, name)["@type"] == [f"{SCHEMA}Person"]
    assert data[f"{SCHEMA}subjectOf"][0]["@type"] == [f"{SCHEMA}NewsArticle"]


def test_a_source_is_cited_with_its_words_and_hash(client: Client, mention: Mention) -> None:
    source = mention.source
    (cited,) = told(client, mention.event.get_absolute_url())["subjectOf"]
    (quote,) = cited.pop("hasPart")
    assert quote == {
        "@type": "Quotation",
        "text": mention.quote,
        "url": f"http://testserver{mention.get_absolute_url()}",
    }
    alone = told(client, source.get_absolute_url())
    assert alone == {"@context": "https://schema.org", **cited}
    assert alone["isBasedOn"] == "https://news.example/march"
    assert alone["datePublished"] == "2020-08-10"
    assert alone["publisher"] == {"@type": "Organization", "name": "The Daily Example"}
    assert alone["identifier"]["value"] == source.sha256
    assert expanded(alone)["@type"] == [f"{SCHEMA}NewsArticle"]


def test_words_that_are_gone_are_not_cited(client: Client, mention: Mention) -> None:
    Mention.objects.update(standing="gone")
    (cited,) = told(client, mention.event.get_absolute_url())["subjectOf"]
    assert "hasPart" not in cited


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("person", "Person"),
        ("state", "GovernmentOrganization"),
        ("organisation", "Organization"),
        ("group", "Organization"),
        ("", "Organization"),
    ],
)
def test_an_actor(client: Client, kind: str, name: str) -> None:
    actor = factories.make_actor(kind=kind, aliases=["The Union"], wikidata="Q42")
    data = expanded(told(client, actor.get_absolute_url()))
    assert data["@type"] == [SCHEMA + name]
    assert only(data, "alternateName") == "The Union"
    assert only(data, "sameAs") == "https://www.wikidata.org/entity/Q42"


def test_a_timeline_is_a_dataset_with_files(client: Client, mention: Mention) -> None:
    factories.make_event(kind="election", date="2021-01/..")
    data = told(client, "/?country=BY&event=1")
    files = {one["encodingFormat"]: one["contentUrl"] for one in data["distribution"]}
    assert files == {
        "text/csv": "http://testserver/events.csv?country=BY",
        "application/json": "http://testserver/events.json?country=BY",
    }
    assert data["temporalCoverage"] == "2020-08-09/2021-01-01"
    assert 50 <= len(data["description"]) <= 5000  # as Google Dataset Search asks for
    assert data["mainEntity"]["numberOfItems"] == 2
    assert [urlsplit(one["url"]).path for one in data["mainEntity"]["itemListElement"]] == [
        event.get_absolute_url() for event in (mention.event, type(mention.event).objects.last()) if event
    ]
    assert expanded(data)["@type"] == [f"{SCHEMA}Dataset"]


# Hostile text


def test_hostile_text_is_text_in_every_tag(client: Client) -> None:
    hostile = f"{HOSTILE}</script><!--<script>\u2028"
    source = factories.make_source(
        text=f"{hostile}\n\n{hostile}", headline=hostile, publisher=hostile[:200], url="javascript:alert(1)"
    )
    event, actor = factories.make_event(title=hostile), spoil(factories.make_actor(aliases=[hostile, 7]))
    factories.make_mention(source, event, 0, len(source.text))
    factories.make_participation(event, actor)
    for row in (event, source, actor):
        response = client.get(row.get_absolute_url())
        page = html.fromstring(response.content.decode())
        (data,) = page.xpath("//script[@type='application/ld+json']")
        assert not set("<>&\u2028") & set(data.text)
        assert hostile[:30] in json.dumps(json.loads(data.text), ensure_ascii=False).replace('\\"', '"')
        assert "javascript:" not in data.text.replace(json.dumps(hostile)[1:-1], "")
        described = page.xpath("//meta[@property='og:title']/@content | //meta[@name]/@content")
        assert not any("\u202e" in one or "\u2028" in one for one in described)
        assert len(page.xpath("//meta")) == len(page.xpath("//head/meta"))
