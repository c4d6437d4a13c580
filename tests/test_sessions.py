"""Sessions: nobody sets one for another, nobody reads one off what is sent or written, and they end."""

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from tests import factories
from tests.processes import python
from tests.test_embedding import FRAMES, addresses
from timeline import logs
from timeline.answers import PAGES
from timeline.logs import PROBES
from timeline.models import Event
from timeline.roles import ADMINISTRATORS, CURATORS

pytestmark = pytest.mark.django_db
PASSWORD = "a long row of words"  # noqa: S105
LOGIN, LOGOUT = "/admin/login/", "/admin/logout/"
INSIDE = "/admin/timeline/event/"
SESSION, TOKEN = settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME
FIELD = re.compile(r'<input type="hidden" name="csrfmiddlewaretoken" value="([^"]+)">')
SENT = {"username": "marta", "password": PASSWORD}


@pytest.fixture
def curator() -> User:
    return make_account(CURATORS, "marta")


def make_account(role: str, name: str) -> User:
    return factories.make_user(role, username=name, password=PASSWORD)


def log_in(name: str = "marta") -> Client:
    client = Client()
    assert client.post(LOGIN, SENT | {"username": name}).status_code == 302
    return client


def every_address() -> list[str]:
    """Each address of the site, but the one that ends the session."""
    return sorted({*addresses(get_resolver().url_patterns), *PROBES} - {LOGOUT})


@pytest.mark.usefixtures("curator")
class TestBeginning:
    @pytest.fixture
    def planted(self) -> Iterator[Any]:
        """A session that somebody has, whose cookie is then in the browser of a curator."""
        session = Client().session
        session["something"] = "of somebody"
        session.save()
        return session

    def test_the_key_is_another_after_the_login(self, planted: Any) -> None:
        client = Client()
        client.cookies[SESSION] = planted.session_key
        client.post(LOGIN, SENT)
        assert client.cookies[SESSION].value != planted.session_key
        assert not Session.objects.filter(session_key=planted.session_key).exists()
        attacker = Client()
        attacker.cookies[SESSION] = planted.session_key
        assert attacker.get(INSIDE).status_code == 302

    def test_a_made_up_key_is_not_taken(self) -> None:
        made_up = "abcdefghijklmnopqrstuvwxyz012345"
        client = Client()
        client.cookies[SESSION] = made_up
        client.post(LOGIN, SENT)
        assert client.cookies[SESSION].value != made_up
        assert not Session.objects.filter(session_key=made_up).exists()

    def test_the_session_of_another_account_is_ended_and_nothing_of_it_kept(self) -> None:
        make_account(CURATORS, "eva")
        client = log_in("eva")
        session = client.session
        session["something"] = "of eva"
        session.save()
        before = client.cookies[SESSION].value
        client.post(LOGIN, SENT)
        assert client.cookies[SESSION].value != before
        assert "something" not in client.session
        assert not Session.objects.filter(session_key=before).exists()

    def test_the_token_is_another_after_the_login(self) -> None:
        client = Client(enforce_csrf_checks=True)
        (before,) = FIELD.findall(client.get(LOGIN).text)
        cookie = client.cookies[TOKEN].value
        assert client.post(LOGIN, SENT | {"csrfmiddlewaretoken": before}).status_code == 302
        assert client.cookies[TOKEN].value != cookie
        assert client.post(LOGOUT, {"csrfmiddlewaretoken": before}).status_code == 403

    def test_a_failed_login_begins_none(self) -> None:
        client = Client()
        client.post(LOGIN, SENT | {"password": "wrong"})
        assert SESSION not in client.cookies
        assert not Session.objects.exists()


@pytest.mark.usefixtures("curator")
class TestEnd:
    def test_logging_out_leaves_nothing(self) -> None:
        client = log_in()
        key = client.cookies[SESSION].value
        gone = client.post(LOGOUT)
        assert gone.cookies[SESSION].value == ""
        assert not Session.objects.exists()
        client.cookies[SESSION] = key
        assert client.get(INSIDE).status_code == 302

    def test_a_link_does_not_log_out(self) -> None:
        client = log_in()
        assert client.get(LOGOUT).status_code == 405
        assert client.get(INSIDE).status_code == 200

    def test_it_ends_so_many_hours_after_the_login(self) -> None:
        client = log_in()
        (session,) = Session.objects.all()
        left = session.expire_date - timezone.now()
        assert timedelta(hours=11.9) < left <= timedelta(hours=12)
        assert client.get(INSIDE).status_code == 200
        Session.objects.update(expire_date=timezone.now())
        assert client.get(INSIDE).status_code == 302

    def test_a_new_password_ends_all_others(self) -> None:
        one, other = log_in(), log_in()
        before = one.cookies[SESSION].value
        new = {"new_password1": f"new {PASSWORD}", "new_password2": f"new {PASSWORD}"}
        sent = {"old_password": PASSWORD, **new}
        assert one.post(reverse("admin:password_change"), sent).status_code == 302
        assert one.get(INSIDE).status_code == 200
        assert one.cookies[SESSION].value != before
        assert other.get(INSIDE).status_code == 302

    def test_a_password_that_an_administrator_sets_ends_all(self, curator: User) -> None:
        make_account(ADMINISTRATORS, "ada")
        client = log_in()
        new = {"password1": f"new {PASSWORD}", "password2": f"new {PASSWORD}", "usable_password": "true"}
        address = reverse("admin:auth_user_password_change", args=[curator.pk])
        assert log_in("ada").post(address, new).status_code == 302
        assert client.get(INSIDE).status_code == 302

    def test_who_is_made_inactive_is_out_at_once(self) -> None:
        client = log_in()
        User.objects.update(is_active=False)
        assert client.get(INSIDE).status_code == 302


class TestOfOtherSites:
    """What a page elsewhere can make a curator's browser send."""

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_nothing_is_written_without_the_token(self, method: str) -> None:
        factories.make_event(pk=1)
        client = Client(enforce_csrf_checks=True)
        client.force_login(factories.make_user(is_superuser=True))
        found = {one: getattr(client, method)(one).status_code for one in [*every_address(), LOGOUT]}
        assert {one: status for one, status in found.items() if status not in (403, 405)} == {}
        assert {403, 405} == set(found.values())
        assert client.get(INSIDE).status_code == 200

    def test_nor_with_the_token_and_from_elsewhere(self, curator: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(curator)
        page = client.get(reverse("admin:timeline_actor_add"))
        sent = {"csrfmiddlewaretoken": FIELD.findall(page.text)[0]}
        for origin in ("https://elsewhere.example", "http://testserver.elsewhere.example", "null"):
            assert client.post(INSIDE, sent, headers={"Origin": origin}).status_code == 403
        assert client.post(INSIDE, sent, headers={"Origin": "http://testserver"}).status_code != 403

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://elsewhere.example/", "//elsewhere.example/", r"/\elsewhere.example",
            r"\\elsewhere.example", "///elsewhere.example", "http:///elsewhere.example",
            "javascript:alert(1)", "\t//elsewhere.example", "https:elsewhere.example",
            "//testserver@elsewhere.example/", "/\n/elsewhere.example",
        ],
    )  # fmt: skip
    @pytest.mark.usefixtures("curator")
    def test_a_login_leads_nowhere_else(self, elsewhere: str) -> None:
        client = Client()
        sent = SENT | {"next": elsewhere}
        assert client.post(LOGIN, sent).headers["Location"] in ("/admin/", "/accounts/profile/")
        assert client.post(LOGIN, SENT, query_params={"next": elsewhere})["Location"].startswith("/a")
        assert client.get(LOGIN, {"next": elsewhere})["Location"] == "/admin/"
        gone = client.post(LOGOUT, {"next": elsewhere})
        assert (gone.status_code, gone.headers.get("Location")) == (200, None)

    def test_a_missing_slash_leads_nowhere_else(self) -> None:
        for address in ("//elsewhere.example/admin", "//elsewhere.example", "///admin"):
            location = Client().get(address).headers.get("Location", "/")
            assert re.match(r"/(?![/\\])", location), address


class TestHosts:
    def test_any_other_is_refused_everywhere(self) -> None:
        client = Client()
        for one in every_address():
            status = client.get(one, headers={"Host": "elsewhere.example"}).status_code
            assert status == 400 or one in PROBES, one

    def test_what_a_client_says_of_it_besides_is_not_heard(self) -> None:
        said = {"X-Forwarded-Host": "elsewhere.example", "Forwarded": "host=elsewhere.example"}
        for one in ("/", "/embed/", "/oembed?url=http://testserver/", "/sitemap.xml", "/api/v1/", LOGIN):
            page = Client().get(one, headers=said)
            assert page.status_code == 200
            assert "elsewhere.example" not in page.text + str(page.headers)


class Secrets:
    """What is nobody else's business, in a browser that is logged in."""

    def __init__(self, client: Client) -> None:
        client.get(reverse("admin:timeline_actor_add"))  # whose form hands out the token
        self.client = client
        self.told = {
            "session": client.cookies[SESSION].value,
            "token": client.cookies[TOKEN].value,
            "key": settings.SECRET_KEY,
            "password": PASSWORD,
            "hash": User.objects.get(username="marta").password,
        }

    def found_in(self, text: str) -> list[str]:
        return [name for name, value in self.told.items() if value in text]


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode(errors="replace"))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """All that is logged meanwhile, as much of it as can be."""
    monkeypatch.setenv("TIMELINE_LOG_FORMAT", "json")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter())
    handler.addFilter(logs.WithRequest())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


class TestSecrets:
    @pytest.fixture
    def secrets(self) -> Secrets:
        factories.make_event(pk=1)
        factories.make_mention(factories.make_source(pk=1), Event.objects.get(pk=1), pk=1)
        factories.make_user(is_superuser=True, username="marta")
        user = User.objects.get(username="marta")
        user.set_password(PASSWORD)
        user.save()
        return Secrets(log_in())

    def test_are_in_no_answer_but_in_forms_and_cookies(self, secrets: Secrets) -> None:
        seen = {}
        for one in every_address():
            got = secrets.client.get(one)
            page = body(got)
            tokens = FIELD.findall(page)
            if tokens and not one.startswith("/admin/"):
                seen[one] = ["a form"]
            if page.count("csrfmiddlewaretoken") != len(tokens) or "set-cookie" in str(got.headers).lower():
                seen[one] = ["a token out of its place"]
            if found := secrets.found_in(page + str(got.headers)):
                seen[one] = found
        assert seen == {}

    def test_are_in_no_error_nor_in_the_log(
        self, secrets: Secrets, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = secrets.client
        client.raise_request_exception = False
        told = f"?{SESSION}={secrets.told['session']}&csrfmiddlewaretoken={secrets.told['token']}"
        answers = [client.get(f"/nowhere/{told}"), client.get(f"/events/9/{told}"), client.put(f"/{told}")]
        answers.append(client.get(f"/{told}", headers={"Host": "elsewhere.example"}))
        client.handler.enforce_csrf_checks = True
        answers.append(client.post(f"{LOGIN}{told}", SENT))
        client.handler.enforce_csrf_checks = False

        def fail(*_: Any, **__: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("timeline.columns.current", fail)
        monkeypatch.setattr("timeline.room.tasks", fail)
        answers += [client.get(f"/{told}"), client.get(f"/admin/{told}")]
        assert [got.status_code for got in answers] == [404, 404, 405, 400, 403, 500, 500]
        wrong = SENT | {"username": "nobody"}
        answers += [
            Client().post(LOGIN, wrong, headers={"Referer": f"http://testserver/{told}"}) for _ in range(5)
        ]
        assert answers[-1].status_code == 429
        assert [secrets.found_in(body(got) + str(got.headers)) for got in answers] == [[] for _ in answers]
        assert "ZeroDivisionError" in lines.getvalue()
        assert secrets.found_in(lines.getvalue()) == []

    def test_are_in_no_line_of_a_request(self, secrets: Secrets, lines: io.StringIO) -> None:
        cookie = f"{SESSION}={secrets.told['session']}; {TOKEN}={secrets.told['token']}"
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/admin/",
            "QUERY_STRING": f"password={PASSWORD}",
            "HTTP_COOKIE": cookie,
            "HTTP_REFERER": f"https://timeline.example.org/?{cookie}",
        }
        sent = SimpleNamespace(status_code=302, sent=0, headers=[("Set-Cookie", cookie)])
        logs.ServerLogger.access(None, sent, None, environ, timedelta(milliseconds=1))
        (line,) = [json.loads(one) for one in lines.getvalue().splitlines()]
        assert line["path"] == "/admin/"
        assert secrets.found_in(lines.getvalue()) == []


@pytest.mark.usefixtures("curator")
class TestKept:
    """By the site and by what is between it and its readers."""

    def test_no_page_of_who_is_logged_in_is_given_to_others(self) -> None:
        hidden = factories.make_event(pk=1, title="Hidden", review="rejected")
        client = log_in()
        caches[PAGES].clear()
        public = [one for one in every_address() if not one.startswith("/admin/") and one not in PROBES]
        for one in public:
            own = client.get(one)
            body(own)  # which ends a download
            # Frames and what is for search engines know of no users at all.
            if own.status_code == 200 and one not in FRAMES and "Cookie" not in own.get("Vary", ""):
                assert one in ("/robots.txt", "/schema/events-1.json") or one.startswith("/sitemap"), one
        assert "Edit this event" in client.get(hidden.get_absolute_url()).text
        assert Client().get(hidden.get_absolute_url()).status_code == 404
        for one in public:
            got = Client().get(one)
            assert not got.cookies, one
            assert not re.search(r"Hidden|Edit this|marta", body(got)), one

    def test_no_page_of_the_admin_is_kept_by_anybody(self) -> None:
        client = log_in()
        for address in (INSIDE, "/admin/", reverse("admin:timeline_actor_add"), LOGIN):
            assert "no-store" in client.get(address)["Cache-Control"]


@pytest.mark.usefixtures("curator")
class TestCookies:
    def test_are_for_this_site_and_no_script(self) -> None:
        client = log_in()
        client.get(reverse("admin:timeline_actor_add"))
        cookie, token = client.cookies[SESSION], client.cookies[TOKEN]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert (token["httponly"], token["samesite"], token["path"]) == (True, "Strict", "/")

    def test_are_two_and_no_more(self) -> None:
        """What was just done is told of in the session, not in a cookie."""
        event, client = factories.make_event(), log_in()
        sent = {"action": "confirm", "_selected_action": [event.pk]}
        assert "confirmed" in client.post(INSIDE, sent, follow=True).text
        client.post(INSIDE, sent)
        assert set(client.cookies) == {SESSION, TOKEN}

    @pytest.mark.processes
    def test_over_https_they_go_nowhere_else(self) -> None:
        """As a browser gets them from a site with its settings for readers from outside."""
        program = (
            "import django; django.setup()\n"
            "from django.core.management import call_command\n"
            "for app in ('auth', 'axes', 'sessions'): call_command('migrate', app, verbosity=0)\n"
            "from django.contrib.auth.models import User\n"
            f"User.objects.create_superuser('marta', password={PASSWORD!r})\n"
            "from django.test import Client; client = Client(headers={'Host': 'timeline.example.org'})\n"
            f"client.get({LOGIN!r}, secure=True)\n"
            f"client.post({LOGIN!r}, {SENT!r}, secure=True)\n"
            "print(client.cookies.output(header=''))"
        )
        environment = {
            "DJANGO_SETTINGS_MODULE": "timeline.settings",
            "DATABASE_URL": "sqlite://:memory:",
            "TIMELINE_ALLOWED_HOSTS": "timeline.example.org",
            "TIMELINE_SECRET_KEY": "x" * 60,
            "TIMELINE_PROXIES": "1",
        }
        run = python("-c", program, env=environment)
        assert run.returncode == 0, run.stderr
        cookies = sorted(line.strip() for line in run.stdout.splitlines())
        assert [line.partition("=")[0] for line in cookies] == ["__Host-csrftoken", "__Host-sessionid"]
        for line, same_site in zip(cookies, ("Strict", "Lax"), strict=True):
            flags = {flag.strip() for flag in line.split(";")[1:]}
            assert {"Secure", "HttpOnly", "Path=/", f"SameSite={same_site}"} <= flags
            assert not any(flag.startswith("Domain") for flag in flags)
