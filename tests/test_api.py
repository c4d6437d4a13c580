"""The API: what it tells, which of it, in what pages, to whom and how often, and what it says of mistakes."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator
from pytest_django import Settings

from tests import factories
from timeline import throttling
from timeline.api import paging, parameters
from timeline.exports import evidence
from timeline.exports.formats import FORMATS
from timeline.filters import EventFilter, Selection
from timeline.models import Actor, Event, Import, Origin, Source

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"
EVENTS = "/api/v1/events/"
SITE = "http://testserver"
READER = Client()


def told(address: str, status: int = 200, **headers: str) -> Any:
    """What is answered at an address, as JSON."""
    response = READER.get(address, headers=headers)
    assert response.status_code == status, response.content
    return response.json()


def ids(answer: dict[str, Any]) -> list[int]:
    return [one["id"] for one in answer["results"]]


def pages(address: str, direction: str = "next") -> Iterator[dict[str, Any]]:
    """All pages from an address on."""
    while address:
        page = told(address)
        yield page
        address = page[direction]


class TestWhatItTells:
    def test_where_everything_is(self) -> None:
        for address in told(ROOT).values():
            assert Client().get(address).status_code == 200

    def test_events_are_those_of_every_format(self) -> None:
        events = factories.make_timeline(9)
        keys = [event.pk for event in Event.objects.public().chronological()]
        assert told(EVENTS)["results"] == [*evidence.events(keys, SITE)]
        assert told(f"{EVENTS}{events[3].pk}/") == next(evidence.events([events[3].pk], SITE))

    def test_a_source_has_its_text_and_a_list_of_them_has_none(self) -> None:
        source = factories.make_source()
        one, listed = told(f"/api/v1/sources/{source.pk}/"), told("/api/v1/sources/")["results"][0]
        assert one["text"] == source.text
        assert set(one) - set(listed) == {"text", "places"}
        assert listed.items() <= one.items()

    def test_a_list_of_sources_reads_no_text(self) -> None:
        factories.make_timeline(3)
        with CaptureQueriesContext(connection) as queries:
            told("/api/v1/sources/")
        assert not any('"timeline_source"."text"' in query["sql"] for query in queries)

    def test_as_many_queries_for_many_events_as_for_few(self) -> None:
        factories.make_timeline(40)
        told(f"{EVENTS}?page_size=1")  # which reads the columns
        counts = []
        for size in (2, 40):
            with CaptureQueriesContext(connection) as queries:
                told(f"{EVENTS}?page_size={size}")
            counts.append(len(queries))
        assert counts[0] == counts[1] < 8

    def test_actors_that_were_merged_lead_on_and_are_not_listed(self) -> None:
        root = factories.make_actor()
        away = factories.make_actor(merged_into=root)
        assert ids(told("/api/v1/actors/")) == [root.pk]
        response = Client().get(f"/api/v1/actors/{away.pk}/")
        assert (response.status_code, response["Location"]) == (302, f"/api/v1/actors/{root.pk}/")

    def test_events_that_were_merged_lead_on(self) -> None:
        root = factories.make_event()
        away = factories.make_event(merged_into=root, review="rejected")
        response = Client().get(f"{EVENTS}{away.pk}/")
        assert (response.status_code, response["Location"]) == (302, f"{EVENTS}{root.pk}/")
        assert ids(told(EVENTS)) == [root.pk]

    @pytest.mark.parametrize("public", ["all", "confirmed"])
    def test_only_what_readers_see(self, public: str, settings: Settings) -> None:
        settings.PUBLIC = public
        events = {}
        for review in ("unreviewed", "confirmed", "rejected"):
            events[review] = factories.make_event(review=review)
            source, actor = factories.make_source(), factories.make_actor()
            factories.make_mention(source, events[review])
            factories.make_participation(events[review], actor)
        shown = {"all": ["unreviewed", "confirmed"], "confirmed": ["confirmed"]}[public]
        for order in parameters.ORDERS:
            assert sorted(ids(told(f"{EVENTS}?order={order}"))) == [events[review].pk for review in shown]
        for review, event in events.items():
            assert Client().get(f"{EVENTS}{event.pk}/").status_code == (200 if review in shown else 404)
        everything = 1 if public == "confirmed" else 3
        for kind in ("sources", "actors"):
            answer = told(f"/api/v1/{kind}/")
            assert len(answer["results"]) == answer["count"] == everything


class TestFilters:
    """The query string of the page, as it stands."""

    @pytest.mark.parametrize(
        "query",
        [
            "kind=protest&kind=crackdown",
            "country=BY&status=occurred",
            "review=confirmed",
            "disputed=true",
            "from=2019&to=2020-06",
            "text=marched+minsk&order=date",
            "kind=&country=&from=&to=&text=&order=",
            "group=country&event=1&kind=election",
        ],
    )
    def test_choose_what_they_choose_on_the_page(self, query: str) -> None:
        factories.make_timeline(60)
        page = Client().get(f"/?{query}").context["page"]
        answer = told(f"{EVENTS}?{query}&page_size=500")
        assert ids(answer)[: len(page)] == [event.pk for event in page.object_list]
        assert answer["count"] == page.paginator.count == len(answer["results"]) > 0

    def test_of_an_actor_and_of_a_source(self) -> None:
        events = factories.make_timeline(12)
        actor, source = Actor.objects.all()[0], Source.objects.all()[0]
        assert ids(told(f"{EVENTS}?actor={actor.pk}"))
        assert all(
            actor.pk in [one["actor"] for one in event["participants"]]
            for event in told(f"{EVENTS}?actor={actor.pk}")["results"]
        )
        (event,) = told(f"{EVENTS}?source={source.pk}")["results"]
        assert event["passages"][0]["source"] == source.pk
        assert events

    @pytest.mark.parametrize(
        ("query", "name", "message"),
        [
            ("kind=party", "kind", "Choose from those offered."),
            ("actor=7", "actor", "There is no such actor."),
            ("from=2020-13", "from", "Write a year, a month or a day"),
            ("from=2021&to=2020", "to", "The window ends before it begins."),
            ("colour=red", "colour", "There is no such parameter here"),
            ("page=2", "page", "There is no such parameter here"),
            ("from=2020&from=2021", "from", "Give it once."),
            ("order=rank", "order", "Choose from those offered: date, -date, changed."),
            ("page_size=0", "page_size", "Write a whole number from 1 to 500."),
            ("page_size=501", "page_size", "Write a whole number from 1 to 500."),
            ("page_size=", "page_size", "Give it a value"),
            ("cursor=date.after.x.1", "cursor", "This is no cursor."),
            ("cursor=date.after.1.1&order=-date", "cursor", "This cursor is of another order"),
            ("cursor=id.after.0.1", "cursor", "This cursor is of another order"),
            ("format=csv", "format", "Choose from those offered: json, html."),
        ],
    )
    def test_what_cannot_be_taken_is_named(self, query: str, name: str, message: str) -> None:
        factories.make_event()
        problem = told(f"{EVENTS}?{query}", 400)
        assert [error["parameter"] for error in problem["errors"]] == [name]
        assert problem["errors"][0]["message"].startswith(message)

    @pytest.mark.parametrize("address", [ROOT, f"{EVENTS}1/", "/api/v1/sources/", "/api/v1/actors/"])
    def test_no_filters_where_there_is_nothing_to_filter(self, address: str) -> None:
        factories.make_event()
        assert told(f"{address}?kind=protest", 400)["errors"][0]["parameter"] == "kind"

    def test_every_filter_is_in_the_schema(self) -> None:
        operation = told("/api/v1/schema/")["paths"][EVENTS]["get"]
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert names == {*EventFilter.get_filters(), "order", "page_size", "cursor", "format"}


class TestPages:
    @pytest.mark.parametrize("order", [*parameters.ORDERS])
    @pytest.mark.parametrize("size", [2, 4, 10])
    def test_lead_through_everything_and_back(self, order: str, size: int) -> None:
        factories.make_timeline(23)
        address = f"{EVENTS}?order={order}&page_size={size}"
        found = [*pages(address)]
        assert [key for page in found for key in ids(page)] == self.expected(order)
        assert all(page["count"] == 23 for page in found)
        last = told(f"{address}&cursor={found[-1]['previous'].partition('cursor=')[2]}")
        back = [last, *([] if not last["previous"] else pages(last["previous"], "previous"))]
        assert [ids(page) for page in back] == [ids(page) for page in found[-2::-1]]
        assert found[0]["previous"] is found[-1]["next"] is None

    @staticmethod
    def expected(order: str) -> list[int]:
        events = Event.objects.public()
        if order == "changed":
            return [*events.order_by("updated_at", "pk").values_list("pk", flat=True)]
        return [*events.chronological(newest_first=order == "-date").values_list("pk", flat=True)]

    def test_of_the_same_day_or_moment(self) -> None:
        events = [factories.make_event() for _ in range(7)]
        Event.objects.update(updated_at=timezone.now())
        for order in parameters.ORDERS:
            found = [key for page in pages(f"{EVENTS}?order={order}&page_size=2") for key in ids(page)]
            keys = [event.pk for event in events]
            assert found == (keys[::-1] if order == "-date" else keys)

    def test_stay_right_while_events_come_and_go(self) -> None:
        days = [f"2020-01-{day:02}" for day in range(1, 10)]
        events = {day: factories.make_event(date=day) for day in days}
        first = told(f"{EVENTS}?page_size=3")
        factories.make_event(date="2019-12-31")
        events["2020-01-03"].delete()  # where the next page begins
        assert [event["date"] for event in told(first["next"])["results"]] == days[3:6]

    def test_keep_what_was_chosen(self) -> None:
        factories.make_timeline(30)
        found = [*pages(f"{EVENTS}?kind=protest&kind=election&country=BY&page_size=1")]
        assert len(found) == found[0]["count"] > 1
        assert {page["results"][0]["country"] for page in found} == {"BY"}
        assert found[0]["next"].startswith(
            f"{SITE}{EVENTS}?kind=protest&kind=election&country=BY&page_size=1&"
        )

    @pytest.mark.parametrize("kind", ["sources", "actors"])
    def test_of_sources_and_actors(self, kind: str) -> None:
        factories.make_timeline(5)
        found = [*pages(f"/api/v1/{kind}/?page_size=2")]
        keys = [key for page in found for key in ids(page)]
        assert (len(found), keys) == (3, sorted(keys))
        assert len(keys) == found[0]["count"] == 5
        assert ids(told(found[-1]["previous"])) == keys[2:4]

    def test_of_nothing(self) -> None:
        empty = {"count": 0, "next": None, "previous": None, "results": []}
        for address in (EVENTS, f"{EVENTS}?order=changed", "/api/v1/sources/", "/api/v1/actors/"):
            assert told(address) == empty

    @pytest.mark.parametrize("order", [*parameters.ORDERS])
    @pytest.mark.parametrize("side", ["after", "before"])
    @pytest.mark.parametrize("place", ["0", "1", "9" * 16])
    def test_cursors_that_nobody_gave_out_lead_to_some_page(self, order: str, side: str, place: str) -> None:
        factories.make_timeline(5)
        answer = told(f"{EVENTS}?order={order}&cursor={order}.{side}.{place}.{'9' * 18}")
        assert answer["count"] == 5

    def test_a_page_over_the_columns_is_that_of_the_database(self) -> None:
        factories.make_timeline(40)
        rows = Event.objects.public().chronological()
        keys = [*rows.values_list("pk", flat=True)]
        chosen = Selection(Client().get("/").wsgi_request.GET)
        page = paging.in_time(chosen, "date", None, 7)
        assert page.keys == keys[:7]
        assert paging.in_time(chosen, "date", page.next, 7).keys == keys[7:14]


class TestProblems:
    """One shape for all of them, that of RFC 9457."""

    def check(self, response: Any, status: int) -> None:
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == status
        assert {"type", "title", "detail"} <= set(problem)
        assert response["Vary"]

    @pytest.mark.parametrize(
        "address",
        [
            f"{EVENTS}1/",
            f"{EVENTS}{10**30}/",
            "/api/v1/sources/1/",
            "/api/v1/x/",
            "/api/x/",
            f"{EVENTS}x/",
            "/api/v2/",
        ],
    )
    def test_nothing_there(self, address: str) -> None:
        self.check(Client().get(address), 404)

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
    def test_nothing_is_written(self, method: str) -> None:
        response = getattr(Client(enforce_csrf_checks=True), method)(EVENTS)
        self.check(response, 405)
        assert response["Allow"] == "GET, HEAD, OPTIONS"

    def test_of_no_form_that_is_known(self) -> None:
        self.check(Client().get(EVENTS, headers={"Accept": "text/csv"}), 406)

    def test_parameters(self) -> None:
        self.check(Client().get(f"{EVENTS}?x=1"), 400)

    def test_without_the_slash_one_is_led_on(self) -> None:
        response = Client().get("/api/v1/events?kind=protest")
        assert (response.status_code, response["Location"]) == (301, f"{EVENTS}?kind=protest")

    def test_a_browser_gets_a_page(self) -> None:
        response = Client().get(f"{EVENTS}1/", headers={"Accept": "text/html"})
        assert response.status_code == 404
        assert "There is nothing at this address" in response.text


class TestMethods:
    def test_a_page_that_was_kept_for_its_head_is_that_of_a_reader(self) -> None:
        address = f"{ROOT}?format=html"
        Client().head(address)
        assert "<code>GET http" in Client().get(address).text

    def test_head_is_get_without_what_it_tells(self) -> None:
        factories.make_event()
        get, head = Client().get(EVENTS), Client().head(EVENTS)
        assert (head.status_code, head.content, head["ETag"]) == (200, b"", get["ETag"])

    def test_options_say_what_can_be_done(self) -> None:
        response = Client().options(EVENTS)
        assert (response.status_code, response["Allow"]) == (200, "GET, HEAD, OPTIONS")


class TestKept:
    """As the pages are: an answer a revision of the data."""

    def test_who_has_it_is_told_so(self) -> None:
        event = factories.make_event()
        first = Client().get(EVENTS)
        headers = {"If-None-Match": first["ETag"]}
        again = Client().get(EVENTS, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert {"Accept", "Accept-Encoding", "origin"} <= set(again["Vary"].split(", "))
        Event.objects.filter(pk=event.pk).update(title="Another")
        assert Client().get(EVENTS, headers=headers).json()["results"][0]["title"] == "Another"

    def test_forms_are_not_mixed_up(self) -> None:
        factories.make_event()
        page = Client().get(EVENTS, headers={"Accept": "text/html"})
        data = Client().get(EVENTS, headers={"Accept": "application/json; indent=4"})
        assert page["Content-Type"].startswith("text/html")
        assert data.content == Client().get(EVENTS).content
        assert page["ETag"] != data["ETag"]

    def test_compressed(self) -> None:
        factories.make_timeline(5)
        zipped = Client().get(EVENTS, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(zipped.content) == Client().get(EVENTS).content

    def test_problems_are_not_kept(self) -> None:
        caches["pages"].clear()
        response = Client().get(f"{EVENTS}1/")
        assert "ETag" not in response
        factories.make_event(pk=1)
        assert told(f"{EVENTS}1/")["id"] == 1


class TestOften:
    @pytest.fixture(autouse=True)
    def twice_a_minute(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.API_RATE = "2/minute"
        monkeypatch.setattr(throttling, "time", lambda: 1_000_000_000.0)  # no minute ends in a test

    def ask(self, address: str = "192.0.2.1", client: Client | None = None, **sent: str) -> Any:
        return (client or Client()).get(ROOT, REMOTE_ADDR=address, headers=sent)

    def test_too_often(self) -> None:
        assert [self.ask().status_code for _ in range(3)] == [200, 200, 429]
        response = self.ask()
        assert 0 < int(response["Retry-After"]) <= 60
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == 429
        assert self.ask("192.0.2.2").status_code == 200

    def test_answers_that_are_kept_count_and_so_do_problems(self) -> None:
        etag = self.ask()["ETag"]
        assert self.ask(**{"If-None-Match": etag}).status_code == 304
        assert Client().get("/api/v1/x/", REMOTE_ADDR="192.0.2.1").status_code == 429

    def test_whoever_is_logged_in_too(self) -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("root"))
        assert [self.ask(client=client).status_code for _ in range(3)] == [200, 200, 429]

    def test_nobody_else_is_meant_by_making_up_an_address(self, settings: Settings) -> None:
        for proxies in (0, 1):
            settings.PROXIES = proxies
            caches["asking"].clear()
            passed_on = [f"203.0.113.{number}, 198.51.100.7" for number in range(3)]
            asked = [self.ask(**{"X-Forwarded-For": one}).status_code for one in passed_on]
            assert asked == [200, 200, 429], proxies

    def test_a_proxy_is_not_taken_for_its_readers(self, settings: Settings) -> None:
        settings.PROXIES = 1
        readers = [f"198.51.100.{number}" for number in range(4)]
        assert {self.ask(**{"X-Forwarded-For": one}).status_code for one in readers} == {200}

    def test_a_network_of_ipv6_is_one_address(self) -> None:
        asked = [self.ask(f"2001:db8::{number}").status_code for number in range(1, 4)]
        assert asked == [200, 200, 429]

    def test_no_page_is_meant(self) -> None:
        assert {Client().get("/").status_code for _ in range(4)} == {200}

    def test_time_heals(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert [self.ask().status_code for _ in range(3)] == [200, 200, 429]
        later = timezone.now().timestamp() + timedelta(seconds=61).total_seconds()
        monkeypatch.setattr(throttling, "time", lambda: later)
        assert self.ask().status_code == 200


class TestOtherSites:
    """Pages of other sites may read what is there to be taken away, and nothing else."""

    ORIGIN = {"Origin": "https://elsewhere.example"}

    @pytest.mark.parametrize("address", [ROOT, EVENTS, "/api/v1/x/", "/api/v1/schema/", "/figure.json"])
    def test_may_read_data(self, address: str) -> None:
        response = Client().get(address, headers=self.ORIGIN)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response

    @pytest.mark.parametrize(
        "address",
        [
            *(f"/{form.address}" for form in FORMATS),
            *("/" + form.one.replace("<int:pk>", "1") for form in FORMATS if form.one),
            "/events.atom",
            "/sources/1.txt",
            "/sources/1/annotations.jsonld",
        ],
    )
    def test_may_read_files(self, address: str) -> None:
        factories.make_mention(factories.make_source(pk=1), factories.make_event(pk=1))
        response = Client().get(address, headers=self.ORIGIN)
        assert response.status_code == 200
        assert response["Access-Control-Allow-Origin"] == "*"

    @pytest.mark.parametrize(
        "address", ["/", "/events/1/", "/sources/1/", "/admin/", "/admin/login/", "/apiary/", "/x/api/v1/"]
    )
    def test_may_not_read_pages(self, address: str) -> None:
        factories.make_event(pk=1)
        response = Client().get(address, headers=self.ORIGIN)
        assert not [name for name in response.headers if name.lower().startswith("access-control")]

    def test_may_ask_first(self) -> None:
        asked = {**self.ORIGIN, "Access-Control-Request-Method": "GET"}
        response = Client().options(EVENTS, headers=asked)
        assert response["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        assert response["Access-Control-Allow-Headers"] == "accept, if-none-match"


def closed(schema: Any) -> Any:
    """The schema with nothing let pass that it doesn't name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: closed(value) for name, value in schema.items()}
    return {**told, "additionalProperties": False} if "properties" in schema else told


class TestSchema:
    def test_is_a_valid_one_and_names_no_type_by_chance(self) -> None:
        GENERATOR_STATS.reset()
        validate_schema(SchemaGenerator().get_schema(public=True))
        assert not GENERATOR_STATS

    def test_as_yaml(self) -> None:
        response = Client().get("/api/v1/schema/?format=yaml")
        assert response["Content-Type"].startswith("application/yaml")
        assert response.text.startswith("openapi: 3.1.0")

    def test_has_all_that_is_told_and_nothing_more(self) -> None:
        event = factories.make_timeline(12)[0]
        source, actor = Source.objects.earliest("pk"), Actor.objects.earliest("pk")
        user = factories.make_user()
        imported = Import.objects.create(
            collection="x", file="x.csv", format="csv", sha256="", by=user, who="x"
        )
        Origin.objects.create(event=event, imported=imported, collection="x", identifier="1", row={"a": [1]})
        schema = closed(told("/api/v1/schema/"))
        addresses = {
            "/api/v1/": "Root",
            f"{EVENTS}?page_size=500": "Events",
            f"{EVENTS}{event.pk}/": "Event",
            "/api/v1/sources/": "Sources",
            f"/api/v1/sources/{source.pk}/": "WholeSource",
            "/api/v1/actors/": "Actors",
            f"/api/v1/actors/{actor.pk}/": "Actor",
        }
        for address, name in addresses.items():
            validator = Draft202012Validator({**schema, "$ref": f"#/components/schemas/{name}"})
            assert [error.message for error in validator.iter_errors(told(address))] == [], address
