"""Confirmed events: loads change none of their facts, and say where the passages speak otherwise by now."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests import factories, toy
from tests.test_admin import fields_of
from timeline import curating, loading, workers
from timeline.documents import Document
from timeline.history import last_decision
from timeline.models import Actor, Decision, Event, Review

pytestmark = pytest.mark.django_db
TOLD = "[protest 2020-08-09 occurred BY Ada Marsh] Crowds filled the squares."
OTHERWISE = "[protest 2020-08-10 cancelled BY Oskar Lind] Crowds filled the squares."


@pytest.fixture(autouse=True)
def toy_extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.extraction, "extract", toy.extract)
    monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)


@pytest.fixture
def by() -> User:
    return factories.make_user(is_superuser=True)


def load(line: str, path: str = "a.txt") -> None:
    text = f"{path}\n\n{line}"
    (result,) = loading.load([Document(path, path, date(2021, 9, 28), text)])
    assert result.failure is None


def facts(event: Event) -> tuple[Any, ...]:
    event.refresh_from_db()
    return event.date, event.status, [part.actor.name for part in event.participations.all()]


@pytest.fixture
def confirmed(by: User) -> Event:
    load(TOLD)
    event = Event.objects.get()
    curating.review([event], Review.CONFIRMED, by=by)
    return event


FIRST = ("2020-08-09", "occurred", ["Ada Marsh"])
SECOND = ("2020-08-10", "cancelled", ["Oskar Lind"])


def test_a_load_changes_none_of_its_facts(confirmed: Event) -> None:
    load(OTHERWISE)
    assert facts(confirmed) == FIRST
    assert (confirmed.review, confirmed.has_news) == (Review.CONFIRMED, True)
    assert confirmed.mentions.get().date == "2020-08-10"
    assert not Actor.objects.filter(name="Oskar Lind").exists()


@pytest.mark.parametrize("line", [TOLD, f"Rain. {TOLD}", f"{TOLD}\nNothing else."])
def test_the_same_told_again_is_no_news(confirmed: Event, line: str) -> None:
    load(line)
    assert facts(confirmed) == FIRST
    assert not confirmed.has_news


def test_another_who_takes_part_is_news(confirmed: Event) -> None:
    load(TOLD.replace("Ada Marsh", "Oskar Lind"))
    assert facts(confirmed) == FIRST
    assert confirmed.has_news


def test_what_was_set_by_hand_is_no_news(confirmed: Event, by: User) -> None:
    event = curating.correct(confirmed, {"date": "2020", "status": "ongoing"}, parts=[], by=by)
    load(OTHERWISE)
    assert facts(event) == ("2020", "ongoing", [])
    assert not event.has_news


def test_one_field_is_taken(confirmed: Event, by: User) -> None:
    load(OTHERWISE)
    event = curating.give_back(confirmed, ["date"], by=by)
    assert facts(event) == ("2020-08-10", "occurred", ["Ada Marsh"])
    assert event.has_news
    assert facts(curating.give_back(event, ["status", "participants"], by=by)) == SECOND
    event.refresh_from_db()
    assert (event.has_news, event.review) == (False, Review.CONFIRMED)


def test_kept_it_is_locked_where_it_differs(confirmed: Event, by: User) -> None:
    load(OTHERWISE)
    event = curating.keep(confirmed, by=by)
    assert facts(event) == FIRST
    assert (event.has_news, event.locked_fields) == (False, ["date", "participants", "status"])
    decision = last_decision(event)
    assert decision
    curating.undo(decision, by=by)
    event.refresh_from_db()
    assert (event.has_news, event.locked_fields) == (True, [])


def test_a_correction_takes_nothing_else_along(confirmed: Event, by: User) -> None:
    load(OTHERWISE)
    event = curating.correct(confirmed, {"title": "The march"}, by=by)
    assert facts(event) == FIRST


def test_put_back_it_is_read_again(confirmed: Event, by: User) -> None:
    load(OTHERWISE)
    curating.review([confirmed], Review.UNREVIEWED, by=by)
    assert facts(confirmed) == SECOND
    assert not confirmed.has_news


@pytest.mark.parametrize("verdict", [Review.REJECTED, Review.UNREVIEWED])
def test_confirmed_again_by_an_undo_it_says_what_was_confirmed(
    confirmed: Event, by: User, verdict: Review
) -> None:
    curating.review([confirmed], verdict, by=by)
    load(OTHERWISE)
    assert facts(confirmed) == SECOND
    decision = last_decision(confirmed)
    assert decision
    assert decision.is_machine
    action = Decision.Action.REJECTED if verdict == Review.REJECTED else Decision.Action.REOPENED
    curating.undo(Decision.objects.get(action=action), by=by)
    assert facts(confirmed) == FIRST
    assert (confirmed.review, confirmed.has_news) == (Review.CONFIRMED, True)


def test_an_event_takes_over_what_was_confirmed_of_another(confirmed: Event, by: User) -> None:
    load("[protest 2020-11 planned BY Oskar Lind] A march is planned.", path="b.txt")
    other = Event.objects.exclude(pk=confirmed.pk).get()
    target = curating.merge(other, [confirmed], by=by)
    assert facts(target) == FIRST
    assert (target.review, target.has_news) == (Review.CONFIRMED, True)
    decision = last_decision(target)
    assert decision
    curating.undo(decision, by=by)
    assert facts(target) == ("2020-11", "planned", ["Oskar Lind"])
    assert facts(confirmed) == FIRST
    confirmed.refresh_from_db()
    assert confirmed.review == Review.CONFIRMED


def test_a_confirmed_event_stays_as_it_is_in_a_merge(confirmed: Event, by: User) -> None:
    load("[protest 2020-11 planned BY Oskar Lind] A march is planned.", path="b.txt")
    other = Event.objects.exclude(pk=confirmed.pk).get()
    curating.correct(other, {"status": "ongoing"}, by=by)
    target = curating.merge(confirmed, [other], by=by)
    assert facts(target) == FIRST
    assert target.locked_fields == []


class TestPages:
    def test_readers_are_told_at_once(self, confirmed: Event, client: Client) -> None:
        addresses = ["/", confirmed.get_absolute_url()]
        assert not any("Newer evidence" in client.get(address).text for address in addresses)
        load(OTHERWISE)
        assert all("Newer evidence" in client.get(address).text for address in addresses)

    def test_the_form_says_what_is_read_now_and_takes_it(
        self, confirmed: Event, by: User, client: Client
    ) -> None:
        load(OTHERWISE)
        client.force_login(by)
        address = reverse("admin:timeline_event_change", args=[confirmed.pk])
        form = client.get(address)
        assert form.text.count("Newer evidence</strong>") == 3
        assert "Take what is read now: date" in form.text
        listed = client.get(reverse("admin:timeline_event_changelist"), {"has_news__exact": "1"})
        assert confirmed.title in listed.text
        assert "1 confirmed, of which something else is read by now" in client.get("/admin/").text
        client.post(address, fields_of(form) | {"unlock_date": "on"})
        assert facts(confirmed) == ("2020-08-10", "occurred", ["Ada Marsh"])

    def test_many_are_kept_at_once(self, confirmed: Event, by: User, client: Client) -> None:
        load(OTHERWISE)
        client.force_login(by)
        sent = {
            "action": "keep_as_confirmed",
            "_selected_action": [confirmed.pk],
            "reason": "The first was right",
        }
        text = client.post(reverse("admin:timeline_event_changelist"), sent, follow=True).text
        assert "1 event is kept as confirmed." in text
        confirmed.refresh_from_db()
        decision = last_decision(confirmed)
        assert decision
        assert (confirmed.has_news, decision.reason) == (False, "The first was right")
