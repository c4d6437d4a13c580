"""What every answer tells the browser that it may do: at every address, whatever became of the request."""

import re
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import get_resolver
from pytest_django import Settings

from tests import factories
from tests.test_embedding import FRAMES, addresses
from timeline import headers, outages, probes, throttling, transactions
from timeline.logs import PROBES
from timeline.models import Event

pytestmark = pytest.mark.django_db
PAGE = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
}
EXACT = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
}
OF_HTTPS = "Strict-Transport-Security"
LOGIN = "/admin/login/"
# Made for nobody in particular, so that it may be kept.
OF_NOBODY = {"/robots.txt", "/schema/events-1.json", "/admin/jsi18n/"}


class OverHttps(Client):
    """A browser of a site that is reached from outside."""

    def request(self, **request: Any) -> Any:
        return super().request(**request | {"wsgi.url_scheme": "https"})


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.SECURE_SSL_REDIRECT = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = (
        True
    )
    settings.SECURE_HSTS_SECONDS = 31_536_000
    return OverHttps(raise_request_exception=False)


@pytest.fixture
def event() -> Event:
    """The first of all, so that every address with 1 in it leads somewhere."""
    event = factories.make_event(pk=1)
    factories.make_mention(factories.make_source(pk=1), event, pk=1)
    factories.make_participation(event, factories.make_actor(pk=1))
    return event


def wrongs(response: Any, *, framed: bool = False) -> list[str]:
    """The headers that are missing or say something else."""
    found = [f"{name}: {response.get(name)}" for name, value in EXACT.items() if response.get(name) != value]
    policy = response.get("Content-Security-Policy", "")
    directives = {one.strip() for one in policy.split(";")}
    if response.get("Content-Type", "text/html").startswith("text/html"):
        wanted = PAGE | {"frame-ancestors *" if framed else "frame-ancestors 'none'"}
    else:
        wanted = {one.strip() for one in headers.OF_DATA.split(";")}
    if not wanted <= directives or re.search(r"unsafe|https?:|script-src[^;]*\*|data:[^;]*script", policy):
        found.append(f"Content-Security-Policy: {policy}")
    if response.get("X-Frame-Options") != (None if framed else "DENY"):
        found.append(f"X-Frame-Options: {response.get('X-Frame-Options')}")
    features = response.get("Permissions-Policy", "").split(", ")
    if not {"camera=()", "geolocation=()", "microphone=()"} <= set(features):
        found.append("Permissions-Policy")
    if response.get("Cross-Origin-Resource-Policy") not in ("same-origin", "cross-origin"):
        found.append("Cross-Origin-Resource-Policy")
    if "Cache-Control" not in response:
        found.append("Cache-Control")
    return found


def every_address() -> list[str]:
    found = sorted({*addresses(get_resolver().url_patterns), *PROBES})
    assert {"/", *FRAMES, "/api/v1/events/", "/admin/", "/admin/timeline/event/1/change/"} <= set(found)
    return found


@pytest.mark.parametrize("method", ["get", "head", "options", "post", "delete"])
def test_at_every_address(client: Client, event: Event, method: str) -> None:
    # A frame that answers another method than those of reading shows nothing, so it may say so anywhere.
    found = {one: getattr(client, method)(one) for one in every_address()}
    said = {one: wrongs(got, framed=one in FRAMES) for one, got in found.items()}
    assert {one: wrong for one, wrong in said.items() if wrong} == {}
    if method == "get":
        assert {200, 302, 404} <= {got.status_code for got in found.values()}


def test_for_who_is_logged_in_nothing_is_kept(client: Client, event: Event) -> None:
    client.force_login(factories.make_user(is_superuser=True))
    kept = []
    for one in every_address():
        if one == "/admin/logout/":
            continue
        got = client.get(one)
        assert wrongs(got, framed=one in FRAMES) == [], one
        if "no-store" not in got["Cache-Control"]:
            kept.append(one)
    # Nothing of these depends on who asks.
    assert set(kept) <= OF_NOBODY | {one for one in kept if one.startswith(("/embed/", "/api/", "/sitemap"))}


def test_for_a_stranger_the_admin_is_not_kept_either(client: Client, event: Event) -> None:
    of_admin = [one for one in every_address() if one.startswith("/admin/") and one not in OF_NOBODY]
    assert len(of_admin) > 50
    assert [one for one in of_admin if "no-store" not in client.get(one)["Cache-Control"]] == []


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> None:
    """Static files as whitenoise serves them."""
    settings.STATIC_ROOT = str(tmp_path)
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("ending", ["css", "js", "svg"])
def test_of_static_files(client: Client, tmp_path: Path, ending: str) -> None:
    name = next(iter(sorted(tmp_path.rglob(f"*.{ending}")))).relative_to(tmp_path)
    got = client.get(f"/static/{name}")
    assert (got.status_code, wrongs(got)) == (200, [])
    assert b"".join(got.streaming_content)  # which closes the file
    assert got["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert wrongs(client.get(f"/static/nothing.{ending}")) == []


def failing(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


class TestErrors:
    @pytest.fixture(autouse=True)
    def patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outages, "PATIENCE", 0.0)

    def test_400_of_a_host_that_is_not_ours(self, client: Client) -> None:
        self.check(client.get("/", headers={"Host": "elsewhere.example"}), 400)

    def test_400_of_too_many_fields(self, client: Client, settings: Settings) -> None:
        settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
        self.check(client.get("/?a=1&b=2&kind=protest"), 400)

    def test_403_without_the_token(self, client: Client) -> None:
        client.handler.enforce_csrf_checks = True
        self.check(client.post(LOGIN, {"username": "x"}), 403)

    def test_403_without_the_permission(self, client: Client) -> None:
        client.force_login(factories.make_user())
        self.check(client.get("/admin/timeline/event/"), 403)

    @pytest.mark.parametrize(
        "address", ["/nowhere/", "/embed/nowhere/", "/admin/nowhere/", "/api/v1/events/0/"]
    )
    def test_404(self, client: Client, address: str) -> None:
        client.force_login(factories.make_user(is_superuser=True))
        self.check(client.get(address), 404)

    @pytest.mark.parametrize("address", ["/", "/healthz", "/readyz", "/api/v1/events/"])
    def test_405(self, client: Client, address: str) -> None:
        self.check(client.put(address), 405)

    def test_413(self, client: Client) -> None:
        client.force_login(factories.make_user(is_superuser=True))
        self.check(client.post("/admin/timeline/upload/add/", CONTENT_LENGTH="900000000"), 413)

    @pytest.mark.parametrize("address", ["/", "/figure.json", "/events.csv", "/picture.png"])
    def test_429_of_pages(self, client: Client, settings: Settings, address: str) -> None:
        settings.PAGE_RATE = "1/day"
        client.get("/?kind=protest")
        self.check(client.get(address), 429)

    def test_429_of_the_api(self, client: Client, settings: Settings) -> None:
        settings.API_RATE = "1/day"
        client.get("/api/v1/")
        self.check(client.get("/api/v1/"), 429)

    def test_429_of_downloads(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        free = BoundedSemaphore(1)
        free.acquire()
        monkeypatch.setattr(throttling.Download, "free", free)
        self.check(client.get("/events.csv"), 429)

    def test_429_of_logins(self, client: Client) -> None:
        sent = {"username": "x", "password": "y"}
        found = [client.post(LOGIN, sent) for _ in range(5)]
        self.check(found[0], 200)
        self.check(found[-1], 429)

    @pytest.mark.parametrize("address", ["/", "/embed/", "/figure.json"])
    def test_500(self, client: Client, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        monkeypatch.setattr("timeline.columns.current", failing(ZeroDivisionError()))
        self.check(client.get(address), 500)

    @pytest.mark.parametrize("address", ["/", "/embed/", "/admin/"])
    def test_503_without_the_database(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        client.force_login(factories.make_user(is_superuser=True))
        monkeypatch.setattr(transactions, "passes", lambda _: True)
        for where in ("timeline.columns.current", "timeline.room.tasks"):
            monkeypatch.setattr(where, failing(DatabaseError()))
        self.check(client.get(address), 503)

    def test_503_of_a_process_that_is_not_ready(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(probes, "unapplied", failing(DatabaseError()))
        self.check(client.get("/readyz"), 503)

    def check(self, got: Any, status: int) -> None:
        assert (got.status_code, wrongs(got)) == (status, [])
        assert "no-store" in got["Cache-Control"] or status == 200


class TestWithoutHttps:
    @pytest.mark.usefixtures("client")
    def test_the_way_to_https_says_nothing_of_the_time_to_come(self) -> None:
        """Browsers take no notice of it over plain HTTP."""
        for address in ("/", "/admin/", "/nowhere/"):
            got = Client().get(address)
            assert (got.status_code, got["Location"]) == (301, f"https://testserver{address}")
            assert self.but_hsts(got) == []

    @pytest.mark.usefixtures("client")
    def test_probes_are_answered(self) -> None:
        got = Client().get("/healthz")
        assert (got.status_code, self.but_hsts(got)) == (200, [])

    def test_a_site_of_this_machine_alone_says_nothing_of_https(self) -> None:
        assert OF_HTTPS not in Client().get("/nowhere/")
        assert OF_HTTPS not in OverHttps().get("/nowhere/")

    def but_hsts(self, got: Any) -> list[str]:
        assert OF_HTTPS not in got
        return [one for one in wrongs(got) if not one.startswith(OF_HTTPS)]


def test_a_question_before_a_request_of_another_site(client: Client) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    got = client.options("/api/v1/events/", headers=asked)
    assert got["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in got
    assert wrongs(got) == []


def test_a_browser_that_has_the_page_is_told_the_same(client: Client, event: Event) -> None:
    for address, framed in (("/", False), ("/embed/", True)):
        etag = client.get(address)["ETag"]
        got = client.get(address, headers={"If-None-Match": etag})
        assert (got.status_code, wrongs(got, framed=framed)) == (304, [])
