"""The clock is set back by a day: what came later still comes later, and nobody waits for a day."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.test_throttling import BORNE, PASSWORD, fail, log_in
from timeline import curating, reviewing, throttling
from timeline.history import decisions_on, last_decision
from timeline.models import Event
from timeline.roles import CURATORS

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


@pytest.fixture
def set_back(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, all that asks for the time is told that of the day before."""
    now, seconds = timezone.now, time.time

    def earlier() -> datetime:
        return now() - A_DAY

    def act() -> None:
        monkeypatch.setattr(timezone, "now", earlier)
        for module in (time, reviewing, throttling):
            monkeypatch.setattr(module, "time", lambda: seconds() - 86_400)

    return act


@pytest.fixture
def curator() -> User:
    return factories.make_user(CURATORS, username="marta", password=PASSWORD)


def test_the_history_is_in_the_order_of_what_was_done(set_back: Callable[[], None], curator: User) -> None:
    event = factories.make_event()
    curating.correct(event, {"title": "First"}, by=curator)
    set_back()
    curating.correct(event, {"title": "Second"}, by=curator)
    last = last_decision(event)
    assert last
    assert last.at < timezone.now() + A_DAY / 2
    titles = [version.after["title"] for version in decisions_on(event) if version.after]
    assert titles == ["Second", "First"]
    undoable = reviewing.last_of(curator)
    assert undoable
    curating.undo(undoable.decision, by=curator)
    event.refresh_from_db()
    assert event.title == "First"


def test_who_has_seen_an_older_state_is_still_refused(set_back: Callable[[], None], curator: User) -> None:
    event = factories.make_event()
    seen = curating.token(event)
    set_back()
    curating.correct(event, {"title": "Another"}, by=curator)
    with pytest.raises(curating.Conflict):
        curating.correct(Event.objects.get(), {"title": "Mine"}, seen=seen, by=curator)


def test_a_page_that_has_changed_is_sent_again(set_back: Callable[[], None]) -> None:
    event = factories.make_event(title="Before")
    etag = Client().get("/")["ETag"]
    assert Client().get("/", headers={"If-None-Match": etag}).status_code == 304
    set_back()
    event.title = "After"
    event.save()
    answer = Client().get("/", headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert "After" in answer.text
    assert "Last-Modified" not in answer


@pytest.mark.usefixtures("curator")
def test_sessions_and_their_forms_go_on(set_back: Callable[[], None]) -> None:
    client = log_in().client
    set_back()
    assert client.get("/admin/timeline/event/").status_code == 200
    assert log_in().status_code == 302


@pytest.mark.usefixtures("curator")
def test_who_is_locked_out_does_not_wait_for_a_day(set_back: Callable[[], None]) -> None:
    assert fail(BORNE)[-1] == 429
    set_back()
    assert log_in().status_code == 302


def test_who_has_an_event_open_is_forgotten(set_back: Callable[[], None], curator: User) -> None:
    event, other = factories.make_event(), factories.make_user(CURATORS)
    reviewing.look(curator, event)
    assert reviewing.looked_at([event.pk], but=other)
    set_back()
    assert reviewing.looked_at([event.pk], but=other) == {}
