"""Answers are made once a revision of the data, and not sent again to a browser that has them."""

import gzip
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Barrier
from threading import Event as Signal
from time import monotonic, sleep
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings

from tests import factories
from timeline import answers, columns
from timeline.models import Event

pytestmark = pytest.mark.django_db
ADDRESSES = ["/", "/figure.json?kind=protest", "/?text=march"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_answer_that_was_given_costs_one_query(client: Client, address: str) -> None:
    factories.make_event()
    first = client.get(address)
    with CaptureQueriesContext(connection) as queries:
        again = client.get(address)
    assert again.content == first.content
    assert len(queries) == 1


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_it_is_told_so(client: Client, address: str) -> None:
    event = factories.make_event()
    first = client.get(address)
    assert first["Cache-Control"] == "no-cache"
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    Event.objects.filter(pk=event.pk).update(status="planned")
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_change_is_seen_at_the_next_request(client: Client) -> None:
    event = factories.make_event(title="Before")
    assert "Before" in str(client.get("/").content)
    Event.objects.filter(pk=event.pk).update(title="After")
    assert "After" in str(client.get("/").content)
    event.review = "rejected"
    event.save()
    assert "After" not in str(client.get("/").content)


def test_compressed_and_plain_are_kept_apart(client: Client) -> None:
    factories.make_timeline(20)
    plain = client.get("/").content
    zipped = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain == client.get("/").content
    assert {"Accept-Encoding", "Cookie"} <= {part.strip() for part in zipped["Vary"].split(",")}


def test_pages_of_who_is_logged_in_are_their_own(client: Client) -> None:
    event = factories.make_event()
    curator = User.objects.create_superuser("curator")
    public = client.get(event.get_absolute_url())
    client.force_login(curator)
    own = client.get(event.get_absolute_url())
    assert own["Cache-Control"] == "private, no-store"
    assert "Edit this event" in str(own.content)
    assert "Edit this event" not in str(public.content)
    client.logout()
    assert "Edit this event" not in str(client.get(event.get_absolute_url()).content)


def test_what_is_not_found_is_not_kept(client: Client) -> None:
    caches[answers.PAGES].clear()
    response = client.get("/events/1/")
    assert response.status_code == 404
    assert "ETag" not in response


def test_two_hosts_are_not_mixed_up(client: Client) -> None:
    source = factories.make_source()
    with override_settings(ALLOWED_HOSTS=["one.example", "two.example"]):
        for host in ("one.example", "two.example"):
            assert host in str(client.get(source.get_absolute_url(), headers={"Host": host}).content)


def test_http_and_https_are_not_mixed_up(client: Client) -> None:
    source = factories.make_source()
    for secure, scheme in ((False, "http"), (True, "https")):
        shown = client.get(source.get_absolute_url(), secure=secure).content.decode()
        assert f"{scheme}://testserver{source.get_absolute_url()}" in shown


def test_who_asks_for_the_same_at_once_has_it_made_once(rf: RequestFactory, client: Client) -> None:
    made, both = [], Barrier(2)

    def slow(request: HttpRequest) -> HttpResponse:
        made.append(request.path)
        sleep(0.2)
        return HttpResponse("told")

    view = answers.remembered(slow)

    def ask(_: int) -> bytes:
        both.wait()
        response = view(rf.get("/same"))
        assert isinstance(response, HttpResponse)
        return response.content

    columns.current()
    with patch.object(columns, "current", return_value=columns.current()), ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, range(2))) == [b"told"] * 2
    assert made == ["/same"]


@pytest.mark.parametrize(("behind", "seconds"), [(True, 0), (True, 60), (False, 0)])
def test_while_one_is_made_the_one_before_will_do_if_it_is_young_and_events_are_many(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, *, behind: bool, seconds: int
) -> None:
    known = [replace(columns.current(), revision="1.0")]
    monkeypatch.setattr(columns, "current", lambda: known[0])
    monkeypatch.setattr(columns, "may_be_behind", lambda: behind)
    going, go_on = Signal(), Signal()

    def view(_request: HttpRequest) -> HttpResponse:
        if known[0].revision == "2.0":
            going.set()
            assert go_on.wait(10)
        return HttpResponse(known[0].revision)

    remembered = answers.remembered(view)

    def ask() -> str:
        response = remembered(rf.get("/same"))
        assert isinstance(response, HttpResponse)
        return response.content.decode()

    assert ask() == "1.0"
    known[0] = replace(known[0], revision="2.0")
    monkeypatch.setattr(answers, "monotonic", lambda: monotonic() + seconds)
    will_do = behind and not seconds
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask)
        assert going.wait(10)
        second: Future[str] = pool.submit(ask)
        wait([second], timeout=0.5)
        assert second.done() == will_do
        go_on.set()
        assert (first.result(10), second.result(10)) == ("2.0", "1.0" if will_do else "2.0")


def test_large_answers_are_given_but_not_kept(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def view(request: HttpRequest) -> HttpResponse:
        made.append(request.path)
        return HttpResponse(b"x" * 11)

    for largest, times in ((10, 2), (11, 3)):  # kept at last, so that the third time is the last
        monkeypatch.setattr(answers, "LARGEST", largest)
        for _ in range(2):
            assert answers.remembered(view)(rf.get("/large")).status_code == 200
        assert len(made) == times


def test_very_long_addresses_are_answered_but_not_kept(client: Client) -> None:
    caches[answers.PAGES].clear()
    address = f"/?text=march&unknown={'x' * answers.LONGEST_ADDRESS}"
    assert client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert len(queries) > 1
