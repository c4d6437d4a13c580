"""Logins that fail, pages and downloads: so many and no more; nobody learns which names there are."""

from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from pytest_django import Settings

from tests import factories
from tests.test_embedding import addresses
from timeline import throttling
from timeline.roles import ADMINISTRATORS, CURATORS

pytestmark = pytest.mark.django_db
PASSWORD = "a long row of words"  # noqa: S105
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
LOGIN = "/admin/login/"
INSIDE = "/admin/timeline/event/"
BORNE, BORNE_IN_ALL = 5, 20


@pytest.fixture
def curator() -> User:
    return factories.make_user(CURATORS, username="marta", password=PASSWORD)


def log_in(name: str = "marta", password: str = PASSWORD, address: str = HERE, **sent: Any) -> Any:
    client = Client(REMOTE_ADDR=address, **sent)
    response = client.post(f"{LOGIN}?next=/admin/", {"username": name, "password": password})
    response.client = client
    return response


def fail(times: int, name: str = "marta", address: str = HERE, **sent: Any) -> list[int]:
    return [log_in(name, "wrong", address, **sent).status_code for _ in range(times)]


def let_pass(minutes: float) -> None:
    """As if so long had gone by since what has failed until now."""
    for attempt in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=attempt.pk).update(
            attempt_time=attempt.attempt_time - timedelta(minutes=minutes)
        )


@pytest.mark.usefixtures("curator")
class TestLockout:
    def test_the_fifth_failure_with_a_name_is_one_too_many(self) -> None:
        assert fail(BORNE) == [200, 200, 200, 200, 429]
        assert log_in().status_code == 429

    def test_the_page_says_how_long_and_what_to_do(self) -> None:
        fail(BORNE)
        response = log_in()
        assert "Try again in 15 minutes." in response.text
        assert "ask an administrator" in response.text
        assert response["Retry-After"] == "900"
        assert "no-store" in response["Cache-Control"]
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert "<h1>Too many attempts</h1>" in response.text
        let_pass(10.5)
        assert "Try again in 5 minutes." in log_in().text
        let_pass(4)
        assert "Try again in 1 minute." in log_in().text

    def test_waiting_is_enough_and_trying_meanwhile_adds_nothing(self) -> None:
        fail(BORNE)
        let_pass(14)
        assert log_in().status_code == 429
        let_pass(1.1)
        assert log_in().client.get(INSIDE).status_code == 200

    def test_after_the_wait_one_has_all_attempts_again(self) -> None:
        fail(BORNE)
        let_pass(15.1)
        assert fail(BORNE) == [200, 200, 200, 200, 429]

    def test_who_knows_the_name_locks_nobody_out(self) -> None:
        fail(BORNE + 3, address=ELSEWHERE)
        assert log_in(address=ELSEWHERE).status_code == 429
        assert log_in(address=HERE).status_code == 302

    def test_another_browser_is_no_way_around(self) -> None:
        for number in range(BORNE):
            fail(1, headers={"User-Agent": f"Browser {number}"})
        assert log_in().status_code == 429

    def test_many_names_from_one_address_are_too_many(self) -> None:
        fails = [status for number in range(BORNE_IN_ALL) for status in fail(1, name=f"name {number}")]
        assert fails == [200] * (BORNE_IN_ALL - 1) + [429]
        assert log_in().status_code == 429
        assert "Try again in 15 minutes." in log_in().text
        assert log_in(address=ELSEWHERE).status_code == 302

    def test_to_get_in_is_to_start_anew(self) -> None:
        fail(BORNE - 1)
        assert log_in().status_code == 302
        assert fail(BORNE - 1) == [200] * (BORNE - 1)

    def test_but_not_for_guessing_at_others(self) -> None:
        factories.make_user(ADMINISTRATORS, username="administrator")
        fail(BORNE - 1, name="administrator")
        assert log_in().status_code == 302
        assert fail(1, name="administrator") == [429]

    def test_whether_there_is_such_a_name_shows_nowhere(self) -> None:
        answers = []
        for name in ("marta", "nobody-at-all"):
            texts = [log_in(name, "wrong", address=f"192.0.2.{len(name)}") for _ in range(BORNE + 1)]
            answers.append(
                [
                    (
                        one.status_code,
                        "Please enter the correct username and password" in one.text,
                        one.text.count(name) if one.status_code == 429 else 0,
                        one.get("Retry-After"),
                    )
                    for one in texts
                ]
            )
        assert answers[0] == answers[1]
        assert answers[0][-1] == (429, False, 0, "900")

    def test_scripts_are_told_no_more(self) -> None:
        fail(BORNE)
        response = log_in(headers={"X-Requested-With": "XMLHttpRequest"})
        assert response.status_code == 429
        assert "marta" not in response.text
        assert "Access-Control-Allow-Origin" not in response

    def test_an_administrator_lets_somebody_in_again(self) -> None:
        fail(BORNE)
        client = Client()
        client.force_login(factories.make_user(ADMINISTRATORS))
        attempt = AccessAttempt.objects.get()
        listing = client.get(reverse("admin:axes_accessattempt_changelist"))
        assert "marta" in listing.text
        client.post(reverse("admin:axes_accessattempt_delete", args=[attempt.pk]), {"post": "yes"})
        assert log_in().status_code == 302

    def test_no_password_and_no_login_is_kept(self) -> None:
        log_in(password="very secret")  # noqa: S106
        attempt = AccessAttempt.objects.get()
        assert "very secret" not in "".join(str(value) for value in vars(attempt).values())
        log_in()
        assert not AccessLog.objects.exists()

    @pytest.mark.parametrize("name", ["x" * 5000, "\0", "<script>alert(1)</script>", "é" * 150, "'; --"])
    def test_hostile_names(self, name: str) -> None:
        assert fail(BORNE + 1, name=name)[-1] == (200 if name == "\0" else 429)
        assert "<script>alert" not in log_in(name).text


class TestAddress:
    @pytest.mark.parametrize(
        ("proxies", "peer", "passed_on", "expected"),
        [
            (0, HERE, None, HERE),
            (0, HERE, ELSEWHERE, HERE),  # nobody asked for it: anybody can say so
            (1, "127.0.0.1", HERE, HERE),
            (1, "127.0.0.1", f"{ELSEWHERE}, {HERE}", HERE),  # the first is what the client made up
            (2, "127.0.0.1", f"{ELSEWHERE}, {HERE}, 10.0.0.1", HERE),
            (2, "127.0.0.1", HERE, "127.0.0.1"),  # went past the outer proxy
            (1, "127.0.0.1", None, "127.0.0.1"),
            (1, "127.0.0.1", "unknown", "127.0.0.1"),
            (1, "127.0.0.1", f"{HERE}, ", "127.0.0.1"),
            (1, "", HERE, HERE),  # a proxy that is reached through a socket file
            (0, "", None, None),
            (0, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),  # one reader's network
            (0, "::ffff:192.0.2.1", None, HERE),
        ],
    )
    def test_is_what_our_own_proxies_saw(
        self, settings: Settings, proxies: int, peer: str, passed_on: str | None, expected: str | None
    ) -> None:
        settings.PROXIES = proxies
        request = RequestFactory().get("/", REMOTE_ADDR=peer)
        if passed_on is not None:
            request.META["HTTP_X_FORWARDED_FOR"] = passed_on
        assert throttling.address_of(request) == expected

    @pytest.mark.usefixtures("curator")
    def test_nobody_else_behind_the_proxy_is_locked_out(self, settings: Settings) -> None:
        settings.PROXIES = 1
        mine, theirs = ({"headers": {"X-Forwarded-For": one}} for one in (HERE, ELSEWHERE))
        for number in range(BORNE_IN_ALL):
            fail(1, name=f"name {number}", address="127.0.0.1", **mine)
        assert log_in(address="127.0.0.1", **mine).status_code == 429
        assert log_in(address="127.0.0.1", **theirs).status_code == 302

    @pytest.mark.usefixtures("curator")
    def test_without_any_address_names_are_throttled_all_the_same(self) -> None:
        assert fail(BORNE, address="")[-1] == 429


class TestPages:
    @pytest.fixture(autouse=True)
    def twice_a_minute(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.PAGE_RATE = "2/minute"
        monkeypatch.setattr(throttling, "time", lambda: 1_000_000_000.0)

    def test_what_is_made_is_counted_and_what_is_kept_is_not(self) -> None:
        asked = ["/", "/", "/", "/?kind=protest", "/", "/?kind=election", "/figure.json", "/events.csv", "/"]
        found = [Client().get(one, REMOTE_ADDR=HERE).status_code for one in asked]
        assert found == [200, 200, 200, 200, 200, 429, 429, 429, 200]
        assert Client().get("/?kind=election", REMOTE_ADDR=ELSEWHERE).status_code == 200

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_every_public_address_is_counted_but_probes(self, settings: Settings, method: str) -> None:
        settings.API_RATE = "1/minute"
        for spent in ("/?kind=protest", "/?kind=election", "/api/v1/"):
            assert Client().get(spent).status_code == 200
        public = {one for one in addresses(get_resolver().url_patterns) if not one.startswith("/admin/")}
        # The address of an address: it only leads on.
        found = {one: getattr(Client(), method)(one).status_code for one in sorted(public - {"/api/"})}
        assert {one: status for one, status in found.items() if status != 429} == {}

    def test_a_made_up_session_is_no_way_around(self) -> None:
        client = Client(REMOTE_ADDR=HERE)
        client.cookies[settings.SESSION_COOKIE_NAME] = "x"
        assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]

    def test_the_answer_says_how_long_to_browsers_and_programs(self) -> None:
        for number in range(2):
            Client().get(f"/?page={number + 1}")
        page = Client().get("/oembed", headers={"Accept": "text/html,*/*;q=0.8"})
        assert (page.status_code, page["Retry-After"]) == (429, "20")
        assert "Try again in 20 seconds." in page.text
        told = Client().get("/oembed")
        assert (told["Content-Type"], told.json()["status"]) == ("application/problem+json", 429)


def test_so_many_downloads_at_once_and_a_place_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.Download, "free", BoundedSemaphore(1))
    first = Client().get("/events.csv")
    assert Client().get("/events.csv").status_code == 429
    assert Client().get("/").status_code == 200
    b"".join(first.streaming_content)
    assert Client().get("/events.csv").status_code == 200
