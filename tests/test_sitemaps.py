"""Sitemaps and robots.txt: every public page, none other, and no filters."""

from urllib.robotparser import RobotFileParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from lxml import etree

from tests import factories
from timeline import sitemaps
from timeline.models import Source

pytestmark = pytest.mark.django_db
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def places(client: Client, address: str = "/sitemap.xml") -> list[str]:
    """The addresses that a sitemap has, without the site's name."""
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    found = etree.fromstring(response.content).findall(".//s:loc", NAMES)
    assert all(one.text.startswith("http://testserver/") for one in found)
    return [one.text.removeprefix("http://testserver") for one in found]


def listed(client: Client) -> list[str]:
    """All pages that are led to from the index."""
    return [place for section in places(client) for place in places(client, section)]


def test_all_that_is_public_is_listed_and_no_more(client: Client) -> None:
    event, hidden = factories.make_event(), factories.make_event(review="rejected")
    old = factories.make_source(path="a.txt")
    Source.objects.update(replaced_by=None)
    new = factories.make_source(path="b.txt")
    Source.objects.filter(pk=old.pk).update(replaced_by=new)
    untold, rejected = factories.make_source(), factories.make_source()
    actor, unseen = factories.make_actor(), factories.make_actor()
    for source, told in ((old, event), (new, event), (rejected, hidden)):
        factories.make_mention(source, told)
    factories.make_participation(event, actor)
    factories.make_participation(hidden, unseen)
    assert untold.pk
    pages = ["/", *(one.get_absolute_url() for one in (event, new, actor))]
    assert listed(client) == pages
    assert all(client.get(page).status_code == 200 for page in pages)


def test_where_only_the_confirmed_is_shown_only_that_is_listed(client: Client) -> None:
    event, other = factories.make_event(review="confirmed"), factories.make_event()
    sources = factories.make_source(), factories.make_source()
    for source, told in zip(sources, (event, other), strict=True):
        factories.make_mention(source, told)
    with override_settings(PUBLIC="confirmed"):
        assert listed(client) == ["/", event.get_absolute_url(), sources[0].get_absolute_url()]


def test_an_empty_timeline_has_one_page(client: Client) -> None:
    assert listed(client) == ["/"]


def test_pages_of_a_sitemap_have_all_of_it_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for section in sitemaps.SECTIONS.values():
        monkeypatch.setattr(section, "limit", 7)
    events = factories.make_timeline(30)
    events[3].delete()
    pages = listed(client)
    assert len(pages) == len(set(pages)) == 1 + 29 + 29 + 5
    assert "/sitemap-events.xml?p=5" in places(client)
    assert client.get("/sitemap-events.xml?p=6").status_code == 404
    assert client.get("/sitemap-events.xml?p=x").status_code == 404
    assert client.get("/sitemap-users.xml").status_code == 404


def test_a_page_tells_when_it_changed(client: Client) -> None:
    event = factories.make_event()
    root = etree.fromstring(client.get("/sitemap-events.xml").content)
    assert root.findtext(".//s:lastmod", None, NAMES) == f"{event.updated_at:%Y-%m-%d}"


def test_any_number_takes_as_many_queries(client: Client) -> None:
    counts = []
    for size in (5, 300):
        factories.make_timeline(size)
        client.get("/sitemap.xml")  # brings the columns up to date
        with CaptureQueriesContext(connection) as queries:
            for section in sitemaps.SECTIONS:
                client.get(f"/sitemap-{section}.xml")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("who", "address", "may"),
    [
        ("Anybot", "/", True),
        ("Anybot", "/events/1/", True),
        ("Anybot", "/sitemap-events.xml?p=2", True),
        ("Anybot", "/picture.png?kind=protest", True),
        ("Anybot", "/admin/login/", False),
        ("Anybot", "/api/events/", False),
        ("Anybot", "/embed/", False),
        ("Twitterbot", "/picture.png?kind=protest", True),
        ("Twitterbot", "/?kind=protest", True),
        ("Twitterbot", "/admin/", False),
    ],
)
def test_robots(client: Client, who: str, address: str, may: bool) -> None:
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    robots = RobotFileParser()
    robots.parse(response.text.splitlines())
    assert robots.can_fetch(who, address) == may
    assert robots.site_maps() == ["http://testserver/sitemap.xml"]
    assert "\nDisallow: /*?\n" in response.text  # which that parser takes by the letter
