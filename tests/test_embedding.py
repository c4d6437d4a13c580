"""Frames for other sites, and nothing else that they may frame; oEmbed; pictures that go with links."""

import json
import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from lxml import etree, html
from PIL import Image

from tests import factories
from tests.test_hostile_text import HOSTILE, check, spoil
from timeline import about
from timeline.models import Event, Mention

pytestmark = pytest.mark.django_db
FRAMES = ("/embed/", "/embed/events/1/")


@pytest.fixture
def mention() -> Mention:
    source = factories.make_source()
    return factories.make_mention(source, factories.make_event(), words="Thousands marched through Minsk")


# Framing


def addresses(patterns: list[Any], before: str = "/") -> Iterator[str]:
    """One of every address that the site has, with 1 for whatever varies."""
    for one in patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        route = before + re.sub(r"<[^>]+>", "1", str(one.pattern))
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route


def may_be_framed(response: Any) -> bool:
    policy = response["Content-Security-Policy"]
    everyone = "frame-ancestors *;" in policy + ";"
    assert everyone != ("frame-ancestors 'none'" in policy)
    assert everyone == ("X-Frame-Options" not in response)
    assert everyone or response["X-Frame-Options"] == "DENY"
    return everyone


@pytest.mark.parametrize("who", ["stranger", "superuser"])
def test_only_frames_can_be_framed(client: Client, mention: Mention, who: str) -> None:
    client.raise_request_exception = False
    every = set(addresses(get_resolver().url_patterns))
    assert {"/", *FRAMES, "/admin/", "/admin/login/", "/admin/timeline/event/1/change/"} <= every
    if who == "superuser":
        client.force_login(factories.make_user(is_superuser=True))
    framed = [one for one in sorted(every - {"/admin/logout/"}) if may_be_framed(client.get(one))]
    assert framed == list(FRAMES)
    for address in ("/nowhere/", "/embed/nowhere/", "/admin/nowhere/", "/events/0/"):
        assert not may_be_framed(client.get(address)), address
    # Refused, or led on, before the older of the two headers is set.
    for response in (client.get("/", headers={"Host": "elsewhere.example"}), client.get("/embed")):
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert not may_be_framed(client.post("/admin/login/", {"username": "x"}))


@pytest.mark.parametrize("address", FRAMES)
def test_the_rest_of_the_policy_is_as_strict_in_frames(
    client: Client, mention: Mention, address: str
) -> None:
    elsewhere, here = (client.get(one)["Content-Security-Policy"] for one in ("/", address))
    assert here == elsewhere.replace("frame-ancestors 'none'", "frame-ancestors *")


def test_what_a_browser_keeps_can_still_be_framed(client: Client, mention: Mention) -> None:
    first = client.get("/embed/")
    again = client.get("/embed/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert may_be_framed(again)
    assert may_be_framed(client.get("/embed/"))  # which was kept by the server


def test_no_cookie_is_set_or_looked_at_in_frames(client: Client, mention: Mention) -> None:
    addresses = ("/embed/", f"/embed/events/{mention.event_id}/", "/embed/events/999999/")
    before = [client.get(address).content for address in addresses]
    client.force_login(factories.make_user(is_superuser=True))
    with CaptureQueriesContext(connection) as queries:
        responses = [client.get(address) for address in addresses]
    assert [response.content for response in responses] == before
    assert not any(response.cookies for response in responses)
    assert not any("session" in query["sql"] or "auth_user" in query["sql"] for query in queries)


def test_curators_see_no_more_in_frames_than_readers(client: Client) -> None:
    hidden = factories.make_event(review="rejected", title="Not so")
    client.force_login(factories.make_user(is_superuser=True))
    response = client.get(f"/embed/events/{hidden.pk}/")
    assert response.status_code == 404
    assert "Not so" not in response.text
    assert "Not shown any more" in response.text
    assert may_be_framed(response)
    assert client.get(f"/events/{hidden.pk}/picture.png").status_code == 404


# What frames show


def test_a_frame_has_the_chart_the_list_and_the_way_to_all_of_it(client: Client, mention: Mention) -> None:
    factories.make_event(kind="election", title="Another", country="KE")
    page = html.fromstring(client.get("/embed/?country=BY&kind=protest").content)
    assert page.xpath("//base/@target") == ["_blank"]
    assert page.xpath("//*[@id='drawn']//a/@href") == [mention.event.get_absolute_url()]
    assert page.xpath("//ol[@class='brief']//h3/a/text()") == ["March in Minsk"]
    assert page.xpath("//ol//p[@class='quiet']/a/@href") == [mention.get_absolute_url()]
    assert page.xpath("//p[@class='whole']/a/@href") == ["http://testserver/?kind=protest&country=BY"]
    assert not page.xpath("//form | //header | //footer[@class='site-footer']")


def test_bars_in_a_frame_lead_into_the_timeline(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timeline.charts.LIMIT", 3)
    factories.make_timeline(20)
    page = html.fromstring(client.get("/embed/?status=occurred").content)
    leads = page.xpath("//*[@id='drawn']//a/@href")
    assert leads
    assert all(lead.startswith("/?status=occurred&from=") for lead in leads)


def test_a_frame_tells_what_is_wrong_with_its_filters(client: Client, mention: Mention) -> None:
    page = client.get("/embed/?from=soon").text
    assert "From: Write a year, a month or a day" in page
    assert "March in Minsk" in page


def test_a_long_list_is_cut_in_a_frame(client: Client) -> None:
    factories.make_timeline(60)
    page = html.fromstring(client.get("/embed/").content)
    assert len(page.xpath("//ol[@class='brief']/li")) == 20
    assert page.xpath("//p[@class='whole']/a/text()") == ["All 60 events, with filters and sources"]


def test_a_frame_takes_as_many_queries_for_any_number(client: Client) -> None:
    counts = []
    for size in (10, 200):
        factories.make_timeline(size)
        client.get("/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/embed/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_frame_of_an_event_is_a_card(client: Client, mention: Mention) -> None:
    actor = factories.make_actor(name="Viasna")
    factories.make_participation(mention.event, actor)
    page = html.fromstring(client.get(f"/embed/events/{mention.event_id}/").content)
    assert page.xpath("string(//h1)").strip() == "March in Minsk"
    assert page.xpath("string(//*[@class='when'])") == "9 August 2020"
    assert page.xpath("//blockquote//a/@href") == [mention.get_absolute_url()]
    assert page.xpath("//dl//a/@href") == [actor.get_absolute_url()]


def test_the_frame_of_a_merged_event_leads_on(client: Client, mention: Mention) -> None:
    gone = factories.make_event(review="rejected", merged_into=mention.event)
    response = client.get(f"/embed/events/{gone.pk}/")
    assert (response.status_code, response["Location"]) == (302, f"/embed/events/{mention.event_id}/")
    assert may_be_framed(response)


def test_the_code_to_copy_has_the_filters(client: Client, mention: Mention) -> None:
    page = html.fromstring(client.get("/?order=date&text=minsk+%22a%22&kind=protest&event=1&page=1").content)
    code = html.fromstring(page.xpath("string(//textarea[@id='embed-html'])"))
    assert code.tag == "iframe"
    address = urlsplit(code.get("src"))
    assert (address.netloc, address.path) == ("testserver", "/embed/")
    assert parse_qs(address.query) == {"kind": ["protest"], "text": ['minsk "a"'], "order": ["date"]}
    assert code.get("title") == 'Protest, “minsk "a"” · Political event timeline'
    assert "allow-top-navigation" not in code.get("sandbox")
    page = html.fromstring(client.get(mention.event.get_absolute_url()).content)
    code = html.fromstring(page.xpath("string(//textarea)"))
    assert code.get("src") == f"http://testserver/embed/events/{mention.event_id}/"


# oEmbed


def oembed(client: Client, url: str, **asked: Any) -> Any:
    return client.get(f"/oembed?{urlencode({'url': url, **asked})}")


def test_oembed_of_a_timeline(client: Client, mention: Mention) -> None:
    told = oembed(client, "http://testserver/?kind=protest&page=3").json()
    frame = html.fromstring(told.pop("html"))
    assert frame.get("src") == "http://testserver/embed/?kind=protest"
    assert (frame.get("width"), frame.get("height")) == ("800", "640")
    assert told == {
        "version": "1.0",
        "type": "rich",
        "provider_name": "Political event timeline",
        "provider_url": "http://testserver/",
        "title": "Protest",
        "cache_age": 3600,
        "width": 800,
        "height": 640,
    }
    assert client.get(frame.get("src")).status_code == 200


def test_oembed_of_an_event_in_xml_and_small(client: Client, mention: Mention) -> None:
    Event.objects.update(title=f"{HOSTILE}\x01"[:299])
    url = f"http://testserver{mention.event.get_absolute_url()}"
    response = oembed(client, url, format="xml", maxwidth="300", maxheight="200")
    assert response["Content-Type"] == "text/xml"
    root = etree.fromstring(response.content)
    assert root.tag == "oembed"
    told = {child.tag: child.text for child in root}
    assert (told["width"], told["height"], told["type"]) == ("300", "200", "rich")
    frame = html.fromstring(told["html"])
    assert frame.get("src") == f"http://testserver/embed/events/{mention.event_id}/"
    assert [one.tag for one in frame.iter()] == ["iframe"]
    assert not [name for name in frame.attrib if name.startswith("on")]
    assert "<script>" in told["title"]  # text, for whoever reads the XML


def test_oembed_is_told_of_in_the_pages(client: Client, mention: Mention) -> None:
    for address in ("/?kind=protest", mention.event.get_absolute_url()):
        page = html.fromstring(client.get(address).content)
        links = page.xpath("//link[@rel='alternate'][contains(@type, 'oembed')]")
        assert [link.get("type") for link in links] == ["application/json+oembed", "text/xml+oembed"]
        for link in links:
            response = client.get(link.get("href"))
            assert response.status_code == 200
            assert urlsplit(link.get("href")).netloc == "testserver"


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/",
        "http://testserver.elsewhere.example/",
        "http://user@testserver/",
        "http://testserver:81/",
        "//testserver/",
        "javascript:alert(1)//testserver/",
        "ftp://testserver/",
        "http://testserver/admin/",
        "http://testserver/sources/1/",
        "http://testserver/events/999999/",
        "http://testserver/events/99999999999999999999999/",
        "http://[testserver/",
        "http://testserver/\x00",
        "<script>",
        "x" * 3000,
    ],
    ids=str.__len__,
)
def test_oembed_knows_no_other_address(client: Client, mention: Mention, url: str) -> None:
    response = oembed(client, url)
    assert response.status_code == 404
    assert "<script>alert" not in response.text


def test_oembed_tells_nothing_of_what_readers_do_not_see(client: Client) -> None:
    hidden = factories.make_event(review="rejected", title="Not so")
    assert oembed(client, f"http://testserver/events/{hidden.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("", 400, "Give the address"),
        ("url=http://testserver/&format=yaml", 501, "format=json or format=xml"),
        ("url=http://testserver/&maxwidth=wide", 400, "maxwidth must be a number"),
        ("url=http://testserver/&maxheight=0", 400, "maxheight must be a number"),
        ("url=http://testserver/&maxwidth=-5", 400, "maxwidth must be a number"),
        ("url=http://testserver/&maxwidth=" + "9" * 5000, 400, "maxwidth must be a number"),
    ],
    ids=["nothing", "format", "words", "zero", "negative", "huge"],
)
def test_oembed_says_what_is_wrong(client: Client, query: str, status: int, told: str) -> None:
    response = client.get(f"/oembed?{query}")
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/plain")
    assert told in response.text


# Pictures


def test_pictures_are_pngs_of_the_size_that_is_told(client: Client, mention: Mention) -> None:
    for address in ("/", "/?kind=election", mention.event.get_absolute_url()):
        page = html.fromstring(client.get(address).content)
        told = {one.get("property"): one.get("content") for one in page.xpath("//meta[@property]")}
        response = client.get(told["og:image"])
        assert response["Content-Type"] == "image/png"
        with Image.open(BytesIO(response.content)) as picture:
            picture.load()
            size = tuple(int(told[f"og:image:{side}"]) for side in ("width", "height"))
            assert (picture.format, picture.size) == ("PNG", size)


def test_a_picture_is_drawn_once_a_revision(client: Client, mention: Mention) -> None:
    first = client.get("/picture.png")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/picture.png").content == first.content
    assert len(queries) == 1
    Event.objects.update(kind="election")
    assert client.get("/picture.png").content != first.content


# Hostile text


def test_hostile_text_in_frames_and_pictures(client: Client) -> None:
    source = factories.make_source(
        text=f"{HOSTILE}\n\n{HOSTILE}", headline=HOSTILE, publisher=HOSTILE, published=date(2020, 8, 10)
    )
    event = spoil(factories.make_event())
    factories.make_mention(source, event, 0, len(source.text))
    factories.make_participation(event, spoil(factories.make_actor()))
    for address in (
        "/embed/",
        f"/embed/events/{event.pk}/",
        "/embed/?text=%3Cscript%3Ealert(1)%3C/script%3E",
    ):
        check(client.get(address), address)
    for address in ("/picture.png?text=%3Cscript%3E%00", f"/events/{event.pk}/picture.png"):
        assert client.get(address)["Content-Type"] == "image/png"
    told = json.loads(oembed(client, f"http://testserver/events/{event.pk}/").content)
    assert [one.tag for one in html.fromstring(told["html"]).iter()] == ["iframe"]


def test_the_host_that_was_asked_is_in_all_addresses(client: Client, mention: Mention) -> None:
    with override_settings(ALLOWED_HOSTS=["one.example"], SECURE_SSL_REDIRECT=False):
        page = client.get("/", headers={"Host": "one.example"}, secure=True)
        assert "https://one.example/embed/" in page.text
        assert "http://" not in html.fromstring(page.content).xpath("string(//link[@rel='canonical']/@href)")


def test_the_sandbox_lets_the_frame_run_and_no_more() -> None:
    code = html.fromstring(str(about.frame("https://x.example/embed/", "A", "100%", 400)))
    assert set(code.get("sandbox").split()) == {
        "allow-scripts",
        "allow-same-origin",
        "allow-popups",
        "allow-popups-to-escape-sandbox",
    }
    assert settings.X_FRAME_OPTIONS == "DENY"
