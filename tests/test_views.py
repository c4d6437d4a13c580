"""The pages: what they show, what they hold back, and that no address breaks them."""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape
from pytest_django.fixtures import Settings

from tests import factories
from tests.test_filters import HOSTILE, PARAMETERS
from timeline import charts, columns
from timeline.filters import Selection
from timeline.models import Event, Mention, Source
from timeline.views import zoom

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert('x')</script>"
# Data for search engines is in a script element too, but runs no more than what a page shows as text.
RUNS = r"""<script(?![^>]* src=| type="application/ld)|<style|\sstyle=["']|\son\w+=|javascript:"""
SENTENCE = "Thousands marched through Minsk on Sunday, according to the Viasna centre."


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def mention() -> Mention:
    return factories.make_mention(factories.make_source(), factories.make_event(), words=SENTENCE)


# The timeline


def test_the_list_shows_date_badges_quote_and_source(client: Client, mention: Mention) -> None:
    event = mention.event
    Event.objects.update(status="planned", disputed=True)
    page = text_of(client.get("/"))
    for shown in (
        f'<a href="/events/{event.pk}/">March in Minsk</a>',
        "9 August 2020",
        "Planned",
        "Disputed",
        "Belarus",
        "Machine-read",
        f'<a href="/sources/{mention.source_id}/#m{mention.pk}">{SENTENCE}</a>',
        mention.source.headline,
        "The Daily Example",
        "<strong>1</strong> event",
    ):
        assert shown in page


def test_rejected_events_are_on_no_page(client: Client) -> None:
    event = factories.make_event(title="Not so", review="rejected")
    source, actor = factories.make_source(), factories.make_actor()
    factories.make_mention(source, event, words="Thousands marched")
    factories.make_participation(event, actor)
    for address in ("/", "/figure.json", source.get_absolute_url(), actor.get_absolute_url()):
        page = text_of(client.get(address))
        assert "Not so" not in page
        assert '<mark class="passage' not in page
    assert client.get(event.get_absolute_url()).status_code == 404


def test_an_empty_timeline_says_how_to_fill_it(client: Client) -> None:
    assert "python manage.py loadseeds" in text_of(client.get("/"))


def test_nothing_found_says_so_and_leads_back(client: Client, mention: Mention) -> None:
    page = text_of(client.get("/?kind=election"))
    assert "No event fits these filters" in page
    assert "Remove the filter </span>Election" in page


def test_undated_events_are_counted_and_listed(client: Client) -> None:
    factories.make_event(date="", title="Some day")
    page = text_of(client.get("/"))
    assert "1 without a date, in the list only" in page
    assert "Some day" in page
    assert json.loads(client.get("/figure.json").content)["layout"]["meta"] == {
        "events": 1,
        "drawn": 0,
        "undated": 1,
        "errors": {},
    }


def test_invalid_input_shows_errors_and_every_event(client: Client, mention: Mention) -> None:
    response = client.get("/?kind=election&from=soon")
    page = text_of(response)
    assert response.status_code == 200
    assert "This can’t be shown as asked" in page
    assert "From: Write a year, a month or a day" in page
    assert "Until that is mended, every event is shown." in page
    assert "March in Minsk" in page
    figure = json.loads(client.get("/figure.json?from=soon").content)
    assert figure["layout"]["meta"]["errors"] == {
        "from": "Write a year, a month or a day: 2020, 2020-08 or 2020-08-09."
    }
    assert figure["layout"]["meta"]["drawn"] == 1


def test_the_list_is_paged_and_keeps_its_filters(client: Client) -> None:
    factories.make_timeline(120)
    first = text_of(client.get("/?status=occurred&status=planned"))
    assert first.count('class="event"') == 50
    assert 'rel="next" href="?status=occurred&amp;status=planned&amp;page=2"' in first
    second = text_of(client.get("/?status=occurred&status=planned&page=2"))
    assert second.count('class="event"') == 19
    assert 'rel="prev" href="?status=occurred&amp;status=planned&amp;page=1"' in second
    beyond = client.get("/?page=99")
    assert beyond.status_code == 200
    assert "Page: The last page is 3." in text_of(beyond)


def test_the_chart_is_asked_for_with_what_is_in_force(client: Client, mention: Mention) -> None:
    page = text_of(client.get("/?kind=protest&page=1&order=-date&group=actor&bogus=1"))
    assert 'data-parameters="?kind=protest&amp;group=actor"' in page


def test_the_figure_holds_what_the_list_does(client: Client) -> None:
    factories.make_timeline(60)
    chosen = "?from=2019-01&to=2019-06&kind=protest&kind=election"
    listed = set(re.findall(r'<h3><a href="(/events/\d+/)"', text_of(client.get(f"/{chosen}"))))
    figure = json.loads(client.get(f"/figure.json{chosen}").content)
    drawn = {address for trace in figure["data"] for address in trace.get("customdata", ())}
    assert drawn == listed
    assert listed


@pytest.mark.parametrize("address", ["/", "/figure.json", "/?group=actor", "/figure.json?group=actor"])
def test_the_number_of_queries_does_not_grow_with_the_events(client: Client, address: str) -> None:
    counts = []
    for size in (10, 990):
        factories.make_timeline(size)
        columns.current()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_no_page_loads_the_texts_of_sources_but_their_own(client: Client, mention: Mention) -> None:
    for address in ("/", "/figure.json", "/actors/1/"):
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert not any('"timeline_source"."text"' in query["sql"] for query in queries)


def test_the_list_loads_only_what_it_shows(client: Client, mention: Mention) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert SENTENCE in text_of(client.get("/"))
    asked = [query["sql"] for query in queries]
    assert any('"timeline_mention"."quote"' in sql for sql in asked)
    for unseen in ("spans", "rules", "participants", "counts", "locked_fields"):
        assert not any(f'"{unseen}"' in sql for sql in asked), unseen


def test_passages_that_are_not_in_the_list_are_counted(client: Client) -> None:
    event = factories.make_event(title="Two & more")
    assert "No passage of a source stands behind this event." in text_of(client.get("/"))
    for number in range(3):
        factories.make_mention(factories.make_source(f"{SENTENCE} {number}"), event, words=SENTENCE)
    Mention.objects.update(standing=Mention.Standing.GONE)
    page = text_of(client.get("/?country=BY&page=1"))
    assert page.count('<blockquote class="gone">') == 2
    assert f'#sources">3 passages in all<span class="unseen"> tell of {escape(event.title)}</span>' in page
    assert f'href="?country=BY&amp;event={event.pk}">Look at it here' in page
    assert '<li class="badge gone">Evidence gone</li>' in page


@pytest.mark.parametrize(
    "query", ["", "to=2021", "from=2020&text=a%26from%3D%26%7Bb%7D", "kind=protest&to=2021"]
)
def test_a_chart_leads_to_the_same_timeline_with_another_window(query: str) -> None:
    selection = Selection(QueryDict(query))
    wanted = selection.parameters.copy()
    wanted["from"], wanted["to"] = "2020-08-09", "2020-08-31"
    address = zoom(selection, "/embed/")(date(2020, 8, 9), date(2020, 8, 31))
    assert address == f"/embed/?{wanted.urlencode()}"


# Bad addresses


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:24])
@pytest.mark.parametrize("name", [*PARAMETERS, "text", "group", "order", "page"])
def test_no_query_breaks_a_page(client: Client, mention: Mention, name: str, value: str) -> None:
    for address in ("/", "/figure.json"):
        response = client.get(address, {name: value})
        assert response.status_code == 200
        assert len(response.content) < 25_000 + 4 * len(value)
        assert "<script>alert" not in text_of(response)


@pytest.mark.parametrize("limit", [charts.LIMIT, 0], ids=["drawn one by one", "counted"])
@pytest.mark.parametrize("window", ["to=9999", "from=0001", "from=0001&to=9999", "from=9999", "to=0001"])
def test_no_window_is_too_wide(
    client: Client, mention: Mention, monkeypatch: pytest.MonkeyPatch, window: str, limit: int
) -> None:
    monkeypatch.setattr(charts, "LIMIT", limit)
    for page in ("/", "/figure.json", "/embed/", "/picture.png"):
        for group in ("kind", "country", "actor"):
            assert client.get(f"{page}?{window}&group={group}").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/events/0/",
        "/events/999/",
        "/events/9223372036854775808/",
        f"/events/{'9' * 30}/",
        f"/sources/{'9' * 5000}/",
        "/sources/-1/",
        "/sources/1%00/",
        "/actors/٢٠٢٠/",
        "/actors/abc/",
        "/%F0%9F%A6%A9/",
        "/%00",
        "/%ff%fe",
        "/events/",
        "/figure.json/",
        "/../etc/passwd",
    ],
)
def test_unknown_addresses_are_404(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert "There is nothing at this address" in text_of(response)


@pytest.mark.parametrize("address", ["/", "/figure.json", "/events/1/", "/sources/1/", "/actors/1/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_pages_are_only_read(method: str, address: str) -> None:
    response = Client(enforce_csrf_checks=True).generic(method, address)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


def test_pages_are_sent_compressed(client: Client, mention: Mention) -> None:
    actor = factories.make_actor()
    pages = [row.get_absolute_url() for row in (mention.event, mention.source, actor)]
    for address in ("/", "/figure.json", *pages):
        response = client.get(address, headers={"accept-encoding": "gzip"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in client.get(address).headers


def test_too_many_parameters_are_refused_kindly(client: Client, settings: Any) -> None:
    response = client.get("/?" + "kind=protest&" * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    assert response.status_code == 400
    assert "could not be understood" in text_of(response)


@pytest.mark.parametrize(
    ("template", "words"),
    [("400", "understood"), ("403", "allowed"), ("404", "Not here"), ("500", "went wrong")],
)
def test_error_pages_need_no_context(template: str, words: str) -> None:
    assert words in render_to_string(f"{template}.html")


def test_a_mistake_of_ours_is_told_kindly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timeline.views.Selection", None)
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert "Something went wrong" in text_of(response)


def test_pages_carry_no_inline_code_or_style(client: Client, mention: Mention) -> None:
    actor = factories.make_actor()
    factories.make_participation(mention.event, actor)
    for address in (
        "/",
        mention.event.get_absolute_url(),
        mention.source.get_absolute_url(),
        actor.get_absolute_url(),
        "/nowhere",
    ):
        response = client.get(address)
        page = text_of(response)
        assert not re.search(RUNS, page)
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


# An event


def test_an_event_shows_each_field_with_its_words(client: Client) -> None:
    source = factories.make_source()
    event = factories.make_event(
        status="planned", counts=[{"what": "detained", "minimum": 400, "maximum": None}]
    )
    event.lock(["status"])
    event.save()

    def span(words: str) -> list[int]:
        start = source.text.index(words)
        return [start, start + len(words)]

    made = factories.make_mention(
        source,
        event,
        words=SENTENCE,
        cited="the Viasna centre",
        spans={"kind": span("marched"), "date": span("on Sunday"), "country": span("Minsk")},
    )
    factories.make_participation(event, factories.make_actor(name="Union"), "target")
    page = text_of(client.get(event.get_absolute_url()))
    for words in ("marched", "on Sunday", "Minsk"):
        assert f'<a href="{made.get_absolute_url()}">{words}</a>”' in page
    assert "the Viasna centre says so." in page
    assert "at least 400 detained" in page
    assert re.search(r"Union</a>\s*<span class=\"quiet\">target", page)
    assert re.search(r"Planned <span class=\"badge locked\">Set by a curator", page)


def test_sources_stand_side_by_side_and_what_they_differ_in_is_marked(client: Client) -> None:
    event = factories.make_event(date="2020-08-09", status="occurred")
    first = factories.make_source(headline="Earlier", published=date(2020, 8, 1))
    second = factories.make_source(headline="Later", published=date(2020, 8, 12))
    factories.make_mention(second, event, words=SENTENCE, date="2020-08")  # wider, no contradiction
    factories.make_mention(
        first, event, words=SENTENCE, date="2020-08-16", status="planned", merge_reason="same place and kind"
    )
    page = text_of(client.get(event.get_absolute_url()))
    assert "2 sources, side by side" in page
    assert page.index("Earlier</a></h3>") < page.index("Later</a></h3>")
    differences = re.findall(r"Sources differ</span> ([^,]+), in <a[^>]*>(\w+)</a>", page)
    assert differences == [("16 August 2020", "Earlier"), ("Planned", "Earlier")]
    assert "Taken for the same event: same place and kind" in page


def cells(page: str) -> dict[str, list[str]]:
    """The table of what each source says: by field the event's value, then each source's."""
    table = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL) if table else []
    plain = ([re.sub(r"<[^>]+>", "", cell) for cell in re.split(r"</t[hd]>", row)[:-1]] for row in rows)
    return {name: told for name, *told in plain}


def test_what_each_source_says_stands_field_by_field(client: Client) -> None:
    event = factories.make_event(counts=[{"what": "detained", "minimum": 400, "maximum": 400}])
    first = factories.make_source(headline="Earlier", published=date(2020, 8, 1))
    second = factories.make_source(headline="Later", published=date(2020, 8, 12))
    third = factories.make_source(headline="Gone", published=date(2020, 8, 13))
    at = first.text.index("Sunday")
    factories.make_mention(
        first,
        event,
        words=SENTENCE,
        date="2020-08-16",
        spans={"date": [at, at + 6]},
        counts=[
            {"what": "detained", "minimum": 90, "maximum": 90},
            {"what": "killed", "minimum": 1, "maximum": 1},
        ],
        participants=[{"name": SCRIPT}, "nonsense"],
    )
    factories.make_mention(second, event, words=SENTENCE, date="2020-08", country="")
    factories.make_mention(third, event, words=SENTENCE, kind="crackdown", standing="gone")
    page = text_of(client.get(event.get_absolute_url()))
    told = cells(page)
    assert told["Kind"] == ["Protest", "Protest", "Protest", "not said"]
    assert told["Date"] == ["9 August 2020", "Differs 16 August 2020 “Sunday”", "August 2020", "not said"]
    assert told["Country"] == ["Belarus", "Belarus", "not said", "not said"]
    assert told["People"][:2] == ["400 detained", "Differs 90 detained1 killed"]
    assert told["Who"] == ["–", escape(SCRIPT), "not said", "not said"]
    assert f'“<a href="{first.get_absolute_url()}#char={at},{at + 6}">Sunday</a>”' in page
    assert "<script>alert" not in page


def test_one_source_alone_is_compared_with_nothing(client: Client, mention: Mention) -> None:
    factories.make_mention(mention.source, mention.event, words="Police detained")
    assert "What each source says" not in text_of(client.get(mention.event.get_absolute_url()))


def test_a_passage_of_an_event_prints_its_address_and_hash(client: Client, mention: Mention) -> None:
    page = text_of(client.get(mention.event.get_absolute_url()))
    address = mention.source.address_of(mention.start, mention.end)
    printed = f'<p class="printed"><a href="{address}">http://testserver{address}</a></p>'
    assert printed in page
    assert mention.source.sha256 in page


def test_evidence_that_is_gone_is_flagged(client: Client, mention: Mention) -> None:
    Mention.objects.update(standing="gone", status="cancelled")
    page = text_of(client.get(mention.event.get_absolute_url()))
    assert "no longer stand in the current text of any source" in page
    assert "Words no longer in the current text" in page
    assert "Sources differ" not in page  # what is gone contradicts nothing
    assert "Evidence gone" in text_of(client.get("/"))


def test_curators_see_a_rejected_event(admin_client: Client) -> None:
    event = factories.make_event(review="rejected")
    response = admin_client.get(event.get_absolute_url())
    assert response.status_code == 200
    assert "Readers do not see it." in text_of(response)


def test_a_reader_who_has_signed_in_is_no_curator(client: Client) -> None:
    client.force_login(User.objects.create_user("reader"))
    assert client.get(factories.make_event(review="rejected").get_absolute_url()).status_code == 404


def test_neighbours_follow_time_and_pass_over_the_rejected(client: Client) -> None:
    def make(title: str, day: str, **fields: Any) -> Event:
        return factories.make_event(title=title, date=day, **fields)

    order = [
        make("one", "2019"),
        make("two", "2020-08-09"),
        make("three", "2020-08-09"),
        make("four", "../2022"),
        make("five", ""),
        make("six", ""),
    ]
    make("hidden", "2020-08-10", review="rejected")
    assert list(Event.objects.public().chronological()) == order
    for before, event_, after in zip([None, *order[:-1]], order, [*order[1:], None], strict=True):
        context = client.get(event_.get_absolute_url()).context
        assert (context["previous"], context["next"]) == (before, after)


@pytest.mark.parametrize(
    "spans", [{"date": [5, 2]}, {"date": "x"}, {"date": [0, 10**9]}, {"date": [None, 1]}]
)
def test_a_span_that_is_none_of_the_text_shows_no_words(
    client: Client, mention: Mention, spans: dict[str, Any]
) -> None:
    Mention.objects.update(spans=spans, date="not a date")
    response = client.get(mention.event.get_absolute_url())
    assert response.status_code == 200
    assert "read from" not in text_of(response)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([{"what": "killed", "minimum": 3, "maximum": 3}], ["3 killed"]),
        ([{"what": "killed", "minimum": 3, "maximum": 5}], ["3 to 5 killed"]),
        ([{"what": "fled", "minimum": None, "maximum": 2000}], ["up to 2,000 fled"]),
        ([{"what": "fled", "minimum": None, "maximum": None}], []),
        (["nonsense", {"what": 3}], []),
        ({"what": "killed"}, []),
    ],
)
def test_counts_in_words(client: Client, counts: Any, told: list[str]) -> None:
    event = factories.make_event(counts=counts)
    response = client.get(event.get_absolute_url())
    assert [count.value for count in response.context["counts"]] == told


def test_numbers_and_actors_come_with_the_words_that_say_them(client: Client) -> None:
    source = factories.make_source(body="Police detained 400 people in Minsk, Novak said.")
    count = {"what": "detained", "minimum": 400, "maximum": 400}
    event = factories.make_event(kind="crackdown", counts=[count])
    actor = factories.make_actor(name="Jan Novak")
    event.participations.create(actor=actor, role="initiator")
    number, name = source.text.index("400"), source.text.index("Novak")
    factories.make_mention(
        source,
        event,
        counts=[{**count, "span": [number, number + 10]}],
        participants=[{"name": "Novak", "role": "initiator", "span": [name, name + 5]}, "nonsense"],
    )
    page = text_of(client.get(event.get_absolute_url()))
    assert re.search(r"400 detained</p>\s*<p class=\"words\">read from “<a [^>]+>400 people</a>”", page)
    assert re.search(r"initiator</span></p>\s*<p class=\"words\">read from “<a [^>]+>Novak</a>”", page)


def test_a_date_that_no_words_give_is_said_to_be_inferred(client: Client) -> None:
    event = factories.make_event()
    factories.make_mention(factories.make_source(), event, spans={}, rules={"date": "publication"})
    assert "inferred from the day of publication" in text_of(client.get(event.get_absolute_url()))


# A source


def text_shown(page: str) -> str:
    """The source's text as a reader sees it: marks taken away, notes left out."""
    inside = re.search(r'<div class="text" id="text">(.*?)</div>', page, re.DOTALL)
    assert inside
    return re.sub(r'<a class="note".*?</a>|</?mark[^>]*>|<span class="at"[^>]*></span>', "", inside[1])


def test_a_source_shows_its_whole_text_and_every_passage(client: Client) -> None:
    source = factories.make_source()
    one, other = factories.make_event(), factories.make_event(title="Arrests", kind="crackdown")
    made = [
        factories.make_mention(source, one, words=SENTENCE),
        factories.make_mention(source, other, words=SENTENCE),  # the same words
        factories.make_mention(source, other, words="the Viasna centre. Police detained"),  # across the edge
    ]
    page = text_of(client.get(source.get_absolute_url()))
    assert text_shown(page) == escape(source.text)
    for number, mention in enumerate(made, 1):
        assert page.count(f' id="m{mention.pk}"') == 1
        assert f'href="{mention.event.get_absolute_url()}" aria-label="Event {number}:' in page
        assert f'<a href="#char={mention.start},{mention.end}">' in page
    assert f'the text with SHA-256 <code class="hash">{source.sha256}</code>' in page
    assert f">http://testserver{source.get_absolute_url()}</a>" in page


def test_a_source_draws_its_events_in_time_each_once_and_leading_to_its_first_words(client: Client) -> None:
    source = factories.make_source()
    march = factories.make_event(date="2020-08-09", title=SCRIPT, disputed=True)
    vote = factories.make_event(kind="referendum", date="../2022-02", status="planned", title="Vote")
    undated = factories.make_event(date="", title="Some day")
    first = factories.make_mention(source, march, words="Thousands")
    factories.make_mention(source, march, words="marched")
    last = factories.make_mention(source, vote, words="a referendum")
    factories.make_mention(source, undated, words="Police")
    page = text_of(client.get(source.get_absolute_url()))
    drawn = re.findall(r'<a href="#m(\d+)" aria-label="([^"]+)"', page)
    assert drawn == [
        (str(last.pk), "Vote, by February 2022, planned, machine-read"),
        (str(first.pk), escape(f"{SCRIPT}, 9 August 2020, disputed, machine-read")),
    ]
    assert "9 August 2020</text>" in page
    assert "28 February 2022</text>" in page
    assert "1 event of no known date is not drawn." in page


def test_a_source_of_undated_events_or_none_draws_no_line(client: Client) -> None:
    source = factories.make_source()
    assert 'class="strip"' not in text_of(client.get(source.get_absolute_url()))
    factories.make_mention(source, factories.make_event(date=""))
    assert 'class="strip"' not in text_of(client.get(source.get_absolute_url()))


@pytest.mark.parametrize(
    "body",
    [SCRIPT, "e\u0301 \U0001f9a9 \u00a0\ufeff line\u2028end", "a\n\n\n   b\t<b>&amp;", "{{ 7 }}{% x %}"],
)
def test_any_text_is_shown_as_it_is(client: Client, body: str) -> None:
    source = factories.make_source(body=body, headline=f"{SCRIPT} headline", publisher=SCRIPT)
    factories.make_mention(source, factories.make_event(title=SCRIPT))
    page = text_of(client.get(source.get_absolute_url()))
    assert text_shown(page) == escape(source.text)
    assert "<script>alert" not in page


def test_a_replaced_source_says_by_what_and_back(client: Client) -> None:
    newer = factories.make_source(path="same.txt", body="New words.")
    older = factories.make_source(path="same.txt", body="Old words.", replaced_by=newer)
    assert newer.get_absolute_url() in text_of(client.get(older.get_absolute_url()))
    assert older.get_absolute_url() in text_of(client.get(newer.get_absolute_url()))


@pytest.fixture
def thrice_loaded() -> list[Source]:
    """The texts of one article, the newest first; a row for another path lies between."""
    newest = factories.make_source(path="same.txt", body=f"At last: {SENTENCE} The end.")
    middle = factories.make_source(path="same.txt", body=f"Later. {SENTENCE} Gone.", replaced_by=newest)
    factories.make_source(path="other.txt")
    oldest = factories.make_source(path="same.txt", body=f"{SENTENCE} Gone.", replaced_by=middle)
    return [newest, middle, oldest]


def test_an_address_in_an_old_text_leads_to_the_passage_in_the_newer(
    client: Client, thrice_loaded: list[Source]
) -> None:
    newest, middle, oldest = thrice_loaded
    event = factories.make_event(title=SCRIPT)
    moved = factories.make_mention(newest, event, words=SENTENCE)
    gone = factories.make_mention(middle, event, words="Gone.", standing="gone")
    own = factories.make_mention(oldest, event, words="on Sunday", standing="gone")
    unseen = factories.make_mention(newest, event, words="At last")
    page = text_of(client.get(oldest.get_absolute_url()))
    assert text_shown(page) == escape(oldest.text)
    assert "<script>alert" not in page
    for mention in (moved, gone, own):
        assert page.count(f' id="m{mention.pk}"') == 1
        mark = re.search(rf' id="m{mention.pk}">(?:<mark[^>]*>)*([^<]+)<', page)
        assert mark
        assert mention.quote.startswith(mark[1])
    for mention in (moved, gone):
        assert page.count(f'href="{mention.get_absolute_url()}"') == 2  # at its words and in the margin
    assert f"m{unseen.pk}" not in page
    # Numbered by where they begin, and each number after its last word.
    assert re.findall(r'class="note" data-number="(\d→?)"', page) == ["2", "1→", "3→"]


def test_no_passage_moves_to_an_older_text_or_is_shown_of_a_rejected_event(
    client: Client, thrice_loaded: list[Source]
) -> None:
    newest, middle, oldest = thrice_loaded
    factories.make_mention(newest, factories.make_event(review="rejected"), words=SENTENCE)
    factories.make_mention(oldest, factories.make_event(), words=SENTENCE, standing="gone")
    for source in (newest, middle):
        page = text_of(client.get(source.get_absolute_url()))
        assert '<mark class="passage' not in page
        assert "Now in the newer text" not in page
        assert "No event has been read out of this text." in page


def test_an_old_text_of_many_moved_passages_takes_few_queries(
    client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    newest = factories.make_source(path="same.txt", body=SENTENCE * 20)
    older = newest
    for _ in range(5):
        older = factories.make_source(path="same.txt", body=SENTENCE * 20, replaced_by=older)
    for start in range(50, 80):
        factories.make_mention(newest, factories.make_event(), start=start, end=start + 100)
    columns.current()
    with django_assert_max_num_queries(7):
        assert text_of(client.get(older.get_absolute_url())).count(' id="m') >= 30


def test_only_web_addresses_become_links(client: Client) -> None:
    good = factories.make_source(url="https://example.org/a")
    bad = factories.make_source(url="javascript:alert(1)")
    assert 'href="https://example.org/a"' in text_of(client.get(good.get_absolute_url()))
    assert "javascript:" not in text_of(client.get(bad.get_absolute_url()))


def test_a_source_of_many_passages_takes_few_queries(
    client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    source = factories.make_source(body=SENTENCE * 60)
    for start in range(30, 60):
        factories.make_mention(source, factories.make_event(), start=start, end=start + 200)
    columns.current()
    with django_assert_max_num_queries(5):
        page = text_of(client.get(source.get_absolute_url()))
    # Thirty pieces begin and thirty end; all but the first and the last belong to many passages at once.
    assert page.count('<mark class="passage') == 59


# An actor


def test_an_actor_shows_names_roles_and_events(client: Client, mention: Mention) -> None:
    actor = factories.make_actor(
        name="Union of Examples", aliases=["The Union", SCRIPT], kind="organisation", country="BY"
    )
    for role in ("initiator", "target"):
        factories.make_participation(mention.event, actor, role)
    page = text_of(client.get(actor.get_absolute_url()))
    for shown in (
        "Union of Examples",
        "<q>The Union</q>",
        "Initiator in 1 event",
        "Target in 1 event",
        "1 event<",
    ):
        assert shown in page
    assert page.count('class="event"') == 1
    assert f'data-parameters="?actor={actor.pk}"' in page
    assert "<script>alert" not in page


def test_hostile_titles_are_shown_as_text(client: Client) -> None:
    event = factories.make_event(title=SCRIPT, summary=SCRIPT)
    factories.make_mention(
        factories.make_source(body=SCRIPT), event, cited=SCRIPT, merge_reason=SCRIPT, standing="withdrawn"
    )
    for address in ("/", "/figure.json", event.get_absolute_url()):
        assert "<script>alert" not in text_of(client.get(address))


def test_collected_static_files_are_hashed_and_all_there(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    page = text_of(client.get("/"))
    linked = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert len(linked) == 6
    assert all(re.search(r"\.[0-9a-f]{12}\.", name) and (tmp_path / name).exists() for name in linked)


def test_an_actor_that_was_merged_away_leads_to_the_one_it_was_merged_into(client: Client) -> None:
    target = factories.make_actor()
    away = factories.make_actor(merged_into=factories.make_actor(merged_into=target))
    answer = client.get(away.get_absolute_url(), {"from": "2020", "kind": "protest"})
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"{target.get_absolute_url()}?from=2020&kind=protest",
    )


def test_an_actor_is_found_on_wikidata(client: Client) -> None:
    actor = factories.make_actor(wikidata="Q42")
    text = client.get(actor.get_absolute_url()).text
    assert '<a href="https://www.wikidata.org/wiki/Q42" rel="noopener">Q42</a>' in text
    assert "wikidata" not in client.get(factories.make_actor().get_absolute_url()).text


def test_words_name_an_actor_by_an_alias(client: Client) -> None:
    source = factories.make_source()
    event = factories.make_event()
    start = source.text.index("Viasna")
    said = {
        "name": "Viasna centre",
        "role": "initiator",
        "kind": "",
        "country": "",
        "span": [start, start + 13],
    }
    factories.make_mention(source, event, participants=[said])
    factories.make_participation(event, factories.make_actor(name="A. Spring", aliases=["Viasna Centre"]))
    answer = client.get(event.get_absolute_url())
    (told,) = answer.context["participants"]
    assert [words.text for words in told.words] == ["Viasna centre"]
