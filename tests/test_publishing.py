"""A copy as files: every link in it leads somewhere in it, and no half of one ever stands."""

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from lxml import html

from tests import factories
from timeline import charts, publishing, views
from timeline.models import Event
from timeline.publishing import Publication, folder, markup

HOSTILE = '</script><script>alert("1")</script><a href="/admin/">&amp; \u202e\u2028 <!-- =cmd()'


def publish(out: Path, *options: str) -> str:
    told = StringIO()
    call_command("publish", str(out), *options, stdout=told)
    return told.getvalue()


def files(out: Path) -> dict[str, bytes]:
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def page(out: Path, name: str) -> Any:
    return html.document_fromstring(
        (out / name).read_bytes(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True)
    )


def links(document: Any) -> Iterator[tuple[Any, str]]:
    for element in document.iter("*"):
        for name in ("href", "src", "action", "data-address", "data-figure", "srcset", "poster"):
            if element.get(name) is not None:
                yield element, element.get(name)


def led_astray(out: Path) -> list[tuple[str, str]]:
    """Every link that leads to no file of the copy, or to no place of it."""
    pages = {name: page(out, name) for name in files(out) if name.endswith(".html")}
    places = {name: set(document.xpath("//@id")) for name, document in pages.items()}
    astray = []
    for name, document in pages.items():
        for _, link in links(document):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            target = target if parts.path else name
            is_place = not parts.fragment or parts.fragment.startswith("char=")
            is_file = not link.startswith("/") and not parts.query and (out / target).is_file()
            if not is_file or not (is_place or parts.fragment in places[target]):
                astray.append((name, link))
    return astray


@pytest.fixture
def told(db: None) -> Event:
    """Two events of one article, told again by another, one without a date, one that is rejected."""
    first, second = factories.make_source(), factories.make_source(headline="Another account")
    march = factories.make_event(title="March in Minsk")
    arrests = factories.make_event(title="Arrests", kind="crackdown", date="2021-08")
    factories.make_event(title="Some day", date="")
    rejected = factories.make_event(title="Never was", review="rejected")
    factories.make_mention(first, march, words="Thousands marched through Minsk on Sunday")
    factories.make_mention(second, march, words="Thousands marched through Minsk on Sunday", date="2020-08")
    factories.make_mention(first, arrests, words="Police detained at least 400 people.")
    factories.make_mention(first, rejected, words="The government plans a referendum")
    actor = factories.make_actor(name="Union of Examples")
    for event in (march, rejected):
        factories.make_participation(event, actor)
    factories.make_participation(rejected, factories.make_actor(name="Nobody that is seen"))
    return march


def test_every_page_is_there_and_every_link_leads_to_one(told: Event, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = publish(out)
    assert "3 events, 2 sources, 1 actor: 7 pages in" in said
    names = set(files(out))
    assert {"index.html", "publication.json", "events.csv", "events.json"} <= names
    assert len([name for name in names if name.startswith("events/")]) == 3
    assert led_astray(out) == []
    everything = b"".join(files(out)[name] for name in names if name.endswith(".html"))
    assert b"Never was" not in everything
    assert b"Nobody that is seen" not in everything
    assert b"/admin/" not in everything
    assert b"http://" not in everything.replace(b"http://www.w3.org", b"")


def test_a_page_without_its_own_words_in_the_copy_is_as_on_the_site(told: Event, client, tmp_path) -> None:
    publish(tmp_path / "out")
    source = told.mentions.first().source
    there = client.get(source.get_absolute_url()).content.decode()
    here = page(tmp_path / "out", f"sources/{source.pk}.html")
    text = html.document_fromstring(there).get_element_by_id("text")
    assert here.get_element_by_id("text").text_content() == text.text_content()


def test_events_lead_to_the_passage_and_the_passage_back(told: Event, tmp_path: Path) -> None:
    publish(tmp_path)
    mention = told.mentions.first()
    event = page(tmp_path, f"events/{told.pk}.html")
    assert event.xpath("//blockquote//a/@href")[0] == f"../sources/{mention.source_id}.html#m{mention.pk}"
    source = page(tmp_path, f"sources/{mention.source_id}.html")
    assert f"../events/{told.pk}.html" in source.xpath("//ol[@id='notes']//a/@href")
    assert source.get_element_by_id(f"m{mention.pk}").text_content() == mention.quote


def test_neighbours_in_time_are_those_of_the_copy(told: Event, tmp_path: Path) -> None:
    factories.make_event(title="Between", kind="election", date="2020-12-01")
    publish(tmp_path, "--query", "kind=protest&kind=crackdown")
    event = page(tmp_path, f"events/{told.pk}.html")
    assert event.xpath("string(//a[@rel='next'])").split()[:2] == ["After", "Arrests"]
    assert not event.xpath("//a[@rel='prev']")


def test_a_query_chooses_events_their_passages_and_their_actors(told: Event, tmp_path: Path) -> None:
    said = publish(tmp_path, "--query", "?kind=crackdown")
    assert said.startswith("1 event, 1 source, 0 actors")
    assert led_astray(tmp_path) == []
    source = next((tmp_path / "sources").iterdir())
    assert len(page(tmp_path, f"sources/{source.name}").xpath("//ol[@id='notes']/li")) == 1
    front = page(tmp_path, "index.html")
    assert front.xpath("string(//ul[@class='chips'])").strip() == "Crackdown"
    assert json.loads((tmp_path / "publication.json").read_text())["query"] == "kind=crackdown"
    assert [event["title"] for event in json.loads((tmp_path / "events.json").read_text())["events"]] == [
        "Arrests"
    ]


def test_an_actor_has_the_chosen_events_only(told: Event, tmp_path: Path) -> None:
    actor = told.actors.get()
    other = factories.make_event(title="Vote", kind="election")
    factories.make_participation(other, actor)
    publish(tmp_path, "--query", "kind=protest")
    shown = page(tmp_path, f"actors/{actor.pk}.html")
    assert shown.xpath("//h3/a/text()") == ["March in Minsk"]
    assert "Initiator in 1 event" in shown.text_content()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("kind=riot", "kind: Choose from those offered."),
        ("knid=protest", "knid: a copy has no such parameter."),
        ("from=2020-13", "from: Write a year"),
        ("actor=999999", "actor: There is no such actor."),
        ("page=2", "page: a copy has no such parameter."),
        ("order=sideways", "order: Choose from those offered."),
    ],
)
def test_a_query_that_cant_be_taken_is_named(db: None, tmp_path: Path, query: str, named: str) -> None:
    with pytest.raises(CommandError, match=re.escape(named)):
        publish(tmp_path / "out", "--query", query)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "address", ["news.example.org", "ftp://example.org/", "https://a.example/?x=1", "/t/"]
)
def test_a_site_has_a_whole_address(db: None, tmp_path: Path, address: str) -> None:
    with pytest.raises(CommandError, match="--site: write a whole address"):
        publish(tmp_path / "out", "--site", address)


def test_citations_name_the_place_where_the_copy_stands(told: Event, tmp_path: Path) -> None:
    publish(tmp_path, "--site", "https://news.example.org/timeline", "--title", "Marches & more")
    source = told.mentions.first().source
    shown = page(tmp_path, f"sources/{source.pk}.html")
    stands = f"https://news.example.org/timeline/sources/{source.pk}.html"
    assert shown.xpath("//article/@data-address") == [stands]
    assert shown.xpath("//p[@class='how-to-cite']/a/text()") == [stands]
    assert shown.xpath("//p[@class='how-to-cite']/a/@href") == [f"{source.pk}.html"]
    assert shown.findtext("head/title") == f"{source.headline} · Marches & more"
    assert shown.xpath("string(//a[@class='site-name'])") == "Marches & more"
    event = page(tmp_path, f"events/{told.pk}.html")
    assert event.xpath("//p[@class='printed']/a/text()")[0].startswith(f"{stands}#char=")
    first = json.loads((tmp_path / "events.json").read_text())["events"][0]
    assert first["address"] == f"https://news.example.org/timeline/events/{told.pk}.html"
    assert first["passages"][0]["address"].startswith(stands + "#m")


def test_without_an_address_citations_name_the_file(told: Event, tmp_path: Path) -> None:
    publish(tmp_path)
    source = told.mentions.first().source
    shown = page(tmp_path, f"sources/{source.pk}.html")
    assert shown.xpath("//p[@class='how-to-cite']/a/text()") == [f"{source.pk}.html"]
    first = json.loads((tmp_path / "events.json").read_text())["events"][0]
    assert first["address"] == f"./events/{told.pk}.html"


def test_without_an_address_entries_have_names_of_their_own(told: Event, tmp_path: Path) -> None:
    publish(tmp_path)
    calendar = (tmp_path / "events.ics").read_text().replace("\n ", "")
    assert f"\nUID:event-{told.pk}-{told.created_at:%Y%m%dT%H%M%S%fZ}\n" in calendar
    assert "\nURL" not in calendar  # which has to be a whole one


@pytest.mark.parametrize("options", [(), ("--site", "https://news.example.org/timeline")])
def test_annotations_name_no_file_that_the_copy_lacks(
    told: Event, tmp_path: Path, options: tuple[str, ...]
) -> None:
    publish(tmp_path, *options)
    annotations = json.loads((tmp_path / "annotations.jsonld").read_text())["first"]["items"]
    cached = [place for one in annotations for place in one["target"]["state"]["cached"]]
    assert cached
    assert all(place.startswith("ni:") for place in cached)


def test_the_data_are_as_their_schema_says(told: Event, tmp_path: Path) -> None:
    publish(tmp_path)
    document = json.loads((tmp_path / "events.json").read_text())
    schema = json.loads((tmp_path / document["$schema"]).read_text())
    jsonschema.validate(document, schema)
    for one in ("events", "sources", "actors"):
        assert all((tmp_path / row["address"]).is_file() for row in document[one])


def test_hostile_words_stay_words(db: None, tmp_path: Path) -> None:
    source = factories.make_source(
        headline=f"\x0b{HOSTILE}",
        url="https://example.org/\x0b?a",
        publisher=HOSTILE[:200],
        body=f"{HOSTILE} \x0b\x7f end",
    )
    event = factories.make_event(title=HOSTILE, summary=HOSTILE)
    mention = factories.make_mention(source, event, words=HOSTILE, cited=HOSTILE)
    actor = factories.make_actor(name=HOSTILE, aliases=[HOSTILE])
    factories.make_participation(event, actor)
    publish(tmp_path, "--title", HOSTILE)
    assert led_astray(tmp_path) == []
    for name in files(tmp_path):
        if name.endswith(".html"):
            document = page(tmp_path, name)
            scripts = document.xpath("//script")
            assert all(script.get("src") or script.get("id") == "figure" for script in scripts)
            assert not document.xpath("//*[contains(@href, 'admin')]")
    shown = page(tmp_path, f"sources/{source.pk}.html")
    words = shown.xpath("//div[@id='text']//text()[not(ancestor::a[@class='note'])]")
    assert "".join(words) == source.text
    assert source.text[mention.start : mention.end] == HOSTILE
    figure = json.loads(page(tmp_path, "index.html").get_element_by_id("figure").text)
    assert f"events/{event.pk}.html" in json.dumps(figure)


def test_the_figure_leads_to_files_of_the_copy(told: Event, tmp_path: Path) -> None:
    publish(tmp_path)
    for name, before in (("index.html", ""), (f"actors/{told.actors.get().pk}.html", "../")):
        figure = json.loads(page(tmp_path, name).get_element_by_id("figure").text)
        leads = {one for trace in figure["data"] for one in trace.get("customdata", [])}
        assert f"{before}events/{told.pk}.html" in leads
        assert {posixpath.basename(posixpath.dirname(lead)) for lead in leads} == {"events"}


def test_nothing_chosen_is_a_copy_too(db: None, tmp_path: Path) -> None:
    assert publish(tmp_path).startswith("0 events, 0 sources, 0 actors: 1 page")
    assert "No event is published here." in page(tmp_path, "index.html").text_content()
    assert led_astray(tmp_path) == []


def test_a_text_that_was_loaded_again_leads_to_the_newer_one(told: Event, tmp_path: Path) -> None:
    newer = factories.make_source(body="Nothing is left of it.")
    old = told.mentions.first().source
    old.replaced_by = newer
    old.save()
    publish(tmp_path)
    assert led_astray(tmp_path) == []
    assert f"{newer.pk}.html" in page(tmp_path, f"sources/{old.pk}.html").xpath("//article//a/@href")


def test_only_what_readers_see(told: Event, tmp_path: Path) -> None:
    Event.objects.filter(pk=told.pk).update(review="confirmed")
    with override_settings(PUBLIC="confirmed"):
        assert publish(tmp_path).startswith("1 event, 2 sources, 1 actor")
    assert led_astray(tmp_path) == []


def test_an_event_that_goes_meanwhile_leaves_no_dead_link(told: Event, tmp_path: Path) -> None:
    copy, key = Publication(publishing.chosen(""), date(2026, 1, 1)), told.pk
    with publishing.replacing(tmp_path / "out", copy.told) as written:
        for number, (name, content) in enumerate(copy.pages()):
            written.write(name, content)
            if number == 0:
                told.delete()
        for name, content in copy.files():
            written.write(name, content)
    assert "Not here" in page(tmp_path / "out", f"events/{key}.html").text_content()
    astray = led_astray(tmp_path / "out")
    assert [link for _, link in astray if "#m" not in link] == []  # whose page tells of it


# Long lists


@pytest.fixture
def few_in_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "LIMIT", 15)


@pytest.fixture
def short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PER_PAGE", 10)


def test_lists_go_on_over_pages(db: None, tmp_path: Path, short_lists: None) -> None:
    factories.make_timeline(25)
    publish(tmp_path)
    assert led_astray(tmp_path) == []
    assert page(tmp_path, "index.html").xpath("//a[@rel='next']/@href") == ["pages/2.html"]
    assert page(tmp_path, "pages/2.html").xpath("//a[@rel='prev']/@href") == ["../index.html"]
    listed = [
        address.rpartition("/")[2]
        for name in ("index.html", "pages/2.html", "pages/3.html")
        for address in page(tmp_path, name).xpath("//li[@class='event']//h3/a/@href")
    ]
    assert len(set(listed)) == len(listed) == 25


def test_too_many_for_one_view_have_a_page_a_year(db: None, tmp_path: Path, few_in_view: None) -> None:
    factories.make_timeline(40)
    publish(tmp_path, "--query", "from=2018&to=2020&kind=protest&kind=election&kind=crackdown")
    assert led_astray(tmp_path) == []
    front = page(tmp_path, "index.html")
    years = front.xpath("//nav[@class='years']//a/@href")
    assert years == ["years/2018.html", "years/2019.html", "years/2020.html"]
    figure = json.loads(front.get_element_by_id("figure").text)
    leads = {one for trace in figure["data"] for one in trace.get("customdata", [])}
    assert leads == set(years)
    assert set(front.xpath("//svg[@class='drawn']//a/@href")) == set(years)
    of_year = page(tmp_path, "years/2019.html")
    assert of_year.findtext(".//h1") == "2019"
    assert of_year.xpath("//svg[@class='drawn']//a/@href")[0].startswith("../events/")


def test_a_query_a_page_does_not_grow_with_the_events(db: None) -> None:
    def queries(size: int) -> int:
        factories.make_timeline(size)
        copy = Publication(publishing.chosen(""), date(2026, 1, 1))
        with CaptureQueriesContext(connection) as asked:
            made = sum(1 for name, _ in copy.pages() if name.startswith("events/"))
        return len(asked) // made

    few = queries(8)
    assert queries(16) <= few


# The folder


def test_the_same_data_are_the_same_bytes(told: Event, tmp_path: Path) -> None:
    publish(tmp_path / "one")
    publish(tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_another_day_changes_the_first_page_alone(told: Event, tmp_path: Path) -> None:
    pages = {}
    for day in (date(2026, 1, 1), date(2026, 1, 2)):
        copy = Publication(publishing.chosen(""), day)
        pages[day.day] = {name: b"".join(content) for name, content in copy.pages()}
    assert [name for name in pages[1] if pages[1][name] != pages[2][name]] == ["index.html"]


def test_an_earlier_copy_is_replaced_and_what_is_gone_goes(told: Event, tmp_path: Path) -> None:
    publish(tmp_path)
    (tmp_path / "CNAME").write_text("news.example.org")
    (tmp_path / ".git").mkdir()
    source = tmp_path / f"sources/{told.mentions.first().source_id}.html"
    css = next((tmp_path / "static").glob("site*.css"))
    before = css.stat().st_mtime_ns
    Event.objects.filter(pk=told.pk).update(review="rejected")
    publish(tmp_path)
    assert not (tmp_path / f"events/{told.pk}.html").exists()
    assert source.exists()
    assert css.stat().st_mtime_ns == before
    assert (tmp_path / "CNAME").read_text() == "news.example.org"
    assert (tmp_path / ".git").is_dir()
    assert led_astray(tmp_path) == []
    assert [one.name for one in tmp_path.parent.iterdir() if one.name.startswith(f".{tmp_path.name}")] == []


def test_a_folder_with_anything_else_in_it_is_left_alone(told: Event, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("Years of work")
    with pytest.raises(CommandError, match="is not empty and holds no earlier copy"):
        publish(tmp_path)
    (tmp_path / folder.MARKER).write_text('{"program": "another"}')
    with pytest.raises(CommandError, match="is not empty and holds no earlier copy"):
        publish(tmp_path)
    assert set(files(tmp_path)) == {"thesis.txt", folder.MARKER}
    with pytest.raises(CommandError, match="is no folder"):
        publish(tmp_path / "thesis.txt")
    with pytest.raises(CommandError, match="the path is empty"):
        call_command("publish", "")


def test_half_a_copy_never_stands(told: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    publish(out)
    before = files(out)
    whole = markup.rewritten

    def failing(page: str, lead: Callable[..., Any], **options: Any) -> bytes:
        if "Some day" in page and "<h1>Some day" in page:
            raise OSError(28, "No space left on device")
        return whole(page, lead, **options)

    monkeypatch.setattr("timeline.publishing.pages.rewritten", failing)
    with pytest.raises(CommandError, match=r"No space left on device\. Nothing has been replaced\."):
        publish(out)
    assert files(out) == before
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


# The markup


def test_what_leads_nowhere_is_plain_text() -> None:
    head = (
        '<title>A · Political event timeline</title><link rel="canonical" href="/a/">'
        '<link rel="stylesheet" href="/static/site.css"><meta property="og:url" content="/a/">'
        '<script type="application/ld+json">{}</script>'
    )
    body = (
        '<p>See <a href="/gone/" rel="next">there</a><a href="https://example.org/">out</a></p>'
        '<svg><a href="?from=2020"><title>T</title><rect></rect></a></svg>'
        '<form action="/"><button>Show</button></form>'
    )

    def lead(link: str) -> str | None:
        return link if link.startswith("https:") else "site.css" if "static" in link else None

    made = markup.rewritten(
        f"<html><head>{head}</head><body>{body}</body></html>", lead, cite=lead, title="B"
    )
    assert made.decode() == (
        '<!doctype html>\n<html><head><title>A · B</title><link rel="stylesheet" href="site.css"></head>'
        '<body><p>See <span>there</span><a href="https://example.org/">out</a></p>'
        "<svg><g><title>T</title><rect></rect></g></svg></body></html>\n"
    )
