"""Requests while the database is away: readers wait for it, writers are told, nothing is done twice."""

import json
import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from timeline import outages

HTML = {"Accept": "text/html,*/*;q=0.8"}


class AdminShutdown(psycopg.errors.AdminShutdown):
    """The server is stopped."""


def failure(cause: Exception) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def no_room() -> Exception:
    cause = sqlite3.OperationalError("database or disk is full")
    cause.sqlite_errorcode = sqlite3.SQLITE_FULL
    return cause


AWAY, FULL = failure(AdminShutdown("terminating connection")), failure(no_room())
BUSY = failure(psycopg.errors.DeadlockDetected("deadlock detected"))


class Failing:
    """A view that fails so many times with an error, and answers then."""

    def __init__(self, error: Exception, times: int = 1000) -> None:
        self.error, self.left, self.asked = error, times, 0

    def __call__(self, _request: HttpRequest) -> HttpResponse:
        self.asked += 1
        if self.asked <= self.left:
            raise self.error
        return HttpResponse("Well.")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "PATIENCE", 0.3)
    monkeypatch.setattr(outages, "_reach", bool)


def asked(view: Failing, method: str = "GET", **headers: str) -> HttpResponse:
    request = RequestFactory().generic(method, "/", headers=headers)
    answer = outages.Outages(HttpResponse).process_view(request, view, (), {})
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_reader_waits_for_it() -> None:
    view = Failing(AWAY, times=2)
    assert (asked(view).content, view.asked) == (b"Well.", 3)


@pytest.mark.parametrize("error", [AWAY, BUSY], ids=["away", "busy"])
def test_what_writes_is_not_done_twice(error: Exception) -> None:
    view = Failing(error, times=1)
    answer = asked(view, "POST", **HTML)
    assert (answer.status_code, view.asked) == (503, 1)


def test_what_writes_begins_once_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    reach = Failing(AWAY, times=2)
    monkeypatch.setattr(outages, "_reach", lambda: reach(HttpRequest()))
    view = Failing(AWAY, times=0)
    assert (asked(view, "POST").content, reach.asked) == (b"Well.", 3)


@pytest.mark.parametrize(
    ("error", "method", "told"),
    [
        (AWAY, "GET", "Load this page again in a moment."),
        (AWAY, "POST", "look whether your change is there"),
        (BUSY, "POST", "nothing of yours has been stored"),
        (FULL, "POST", "Whoever runs the site has to make room first."),
    ],
    ids=["away", "away when written", "busy", "full"],
)
def test_the_page_says_what_to_do(error: Exception, method: str, told: str) -> None:
    answer = asked(Failing(error), method, **HTML)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "no-store" in answer["Cache-Control"]
    assert told in answer.text


@pytest.mark.parametrize(
    ("error", "told"), [(AWAY, "can’t be reached"), (FULL, "no room")], ids=["away", "full"]
)
def test_programs_are_told_as_a_problem(error: Exception, told: str) -> None:
    answer = asked(Failing(error), Accept="application/json, */*;q=0.1")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer["Content-Type"] == "application/problem+json"
    assert told in json.loads(answer.content)["detail"]


def test_the_log_says_the_mend(caplog: pytest.LogCaptureFixture) -> None:
    asked(Failing(FULL))
    assert "Make room where the database is." in caplog.text


def test_other_errors_are_not_taken_for_it() -> None:
    with pytest.raises(DatabaseError):
        asked(Failing(DatabaseError("no such table: timeline_event")))


urlpatterns = [path("away/", Failing(AWAY))]


@pytest.mark.urls(__name__)
def test_it_stands_around_the_views_of_the_site() -> None:
    assert Client().get("/away/", headers={"Accept": "application/json"}).status_code == 503
