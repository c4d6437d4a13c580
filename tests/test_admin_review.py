"""The review queue's pages: what is decided is stored, what somebody else did is never overwritten."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    make_actor,
    make_event,
    make_mention,
    make_participation,
    make_source,
    make_timeline,
)
from timeline import curating, history
from timeline.models import Decision, Event, Review

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
QUEUE = "/admin/timeline/event/review/"


def account(name: str, *permissions: str) -> Client:
    user = User.objects.create(username=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def curator() -> Client:
    return account("curator", "view_event", "change_event")


@pytest.fixture
def second() -> Client:
    return account("second", "view_event", "change_event")


@pytest.fixture
def viewer() -> Client:
    return account("viewer", "view_event")


def certain(points: int, **fields: Any) -> Event:
    return make_event(certainty=points, **fields)


def page(event: Event, query: str = "") -> str:
    return reverse("admin:timeline_event_review_one", args=[event.pk]) + query


def sent(client: Client, event: Event) -> dict[str, str]:
    """What a browser sends with any button, as the page stands."""
    context = client.get(page(event)).context
    return fields_of(context["form"]) | {"seen": context["seen"], "reason": ""}


def fields_of(form: Any) -> dict[str, str]:
    given: dict[str, str] = {}
    for bound in form:
        for name, value in re.findall(r'name="(initial-[a-z]+)" value="([^"]*)"', str(bound)):
            given[name] = value.replace("&quot;", '"')
        value = bound.value()
        if value is True:
            given[bound.html_name] = "on"
        elif value is not False and value is not None:
            given[bound.html_name] = str(value)
    return given


def act(client: Client, event: Event, action: str, query: str = "", **values: str) -> Any:
    """Open the event's page, change some fields, press a button."""
    data = sent(client, event) | {"action": action} | values
    return client.post(page(event, query), data)


class TestQueue:
    def test_leads_to_the_least_certain(self, curator: Client) -> None:
        certain(50)
        unsure = certain(3)
        assert curator.get(QUEUE).url == page(unsure)

    def test_keeps_its_filters(self, curator: Client) -> None:
        certain(1)
        vote, later = certain(2, kind="election"), certain(3, kind="election")
        assert curator.get(f"{QUEUE}?kind=election").url == page(vote, "?kind=election")
        assert act(curator, vote, "confirm", "?kind=election").url == page(later, "?kind=election")
        assert act(curator, later, "confirm", "?kind=election").url == f"{QUEUE}?kind=election"

    def test_an_end(self, curator: Client) -> None:
        answer = curator.get(QUEUE)
        assert answer.status_code == 200
        assert "Nothing is left to review" in answer.content.decode()

    def test_a_filter_in_error_is_told(self, curator: Client) -> None:
        event = certain(1)
        answer = curator.get(f"{QUEUE}?kind=picnic", follow=True)
        assert answer.context["event"] == event
        assert "Kind: Choose from those offered." in answer.content.decode()

    @pytest.mark.parametrize(
        "query", ["?after=x", "?after=-1", "?after=99999999999999999999", "?text=%00", "?actor=1"]
    )
    def test_nonsense_in_the_address(self, curator: Client, query: str) -> None:
        certain(1)
        assert curator.get(QUEUE + query).status_code in (200, 302)

    def test_the_list_links_to_it_with_its_filters(self, curator: Client) -> None:
        listed = reverse("admin:timeline_event_changelist")
        query = (
            "?kind__exact=protest&country=BY&disputed__exact=0&q=march"
            "&review__exact=unreviewed&earliest__year=2020"
        )
        text = curator.get(listed + query).content.decode()
        address = re.search(r'href="([^"]+)">Review these', text)
        assert address
        assert address[1].replace("&amp;", "&") == (
            f"{QUEUE}?kind=protest&country=BY&text=march&disputed=false&from=2020&to=2020"
        )
        assert "Review these" in curator.get(listed).content.decode()


class TestDecisions:
    def test_confirm_and_on_to_the_next(self, curator: Client) -> None:
        event, later = certain(1), certain(2)
        answer = act(curator, event, "confirm", reason="Both papers say so")
        assert answer.url == page(later)
        event.refresh_from_db()
        assert event.review == Review.CONFIRMED
        decision = Decision.objects.get()
        assert (decision.action, decision.who, decision.reason) == (
            "confirmed",
            "curator",
            "Both papers say so",
        )
        text = curator.get(page(later)).content.decode()
        assert f"Confirmed: {event.title}." in text
        assert f'value="undo:{decision.pk}"' in text

    def test_reject(self, curator: Client) -> None:
        event = certain(1)
        assert act(curator, event, "reject").url == QUEUE
        event.refresh_from_db()
        assert event.review == Review.REJECTED

    def test_what_was_changed_in_the_fields_goes_with_the_verdict(self, curator: Client) -> None:
        event = certain(1)
        act(curator, event, "confirm", title="March of many", date="2020-08")
        event.refresh_from_db()
        assert (event.title, event.date, event.review) == ("March of many", "2020-08", "confirmed")
        assert event.locked_fields == ["date", "title"]
        assert Decision.objects.get().action == "corrected"

    def test_save_only_stays_with_the_event(self, curator: Client) -> None:
        event = certain(1)
        answer = act(
            curator,
            event,
            "correct",
            disputed="on",
            country="",
            counts='[{"what": "killed", "minimum": 1, "maximum": 1}]',
        )
        assert answer.url == page(event)
        event.refresh_from_db()
        assert event.review == Review.UNREVIEWED
        assert event.locked_fields == ["country", "counts", "disputed"]

    def test_a_date_can_be_taken_away(self, curator: Client) -> None:
        event = certain(1)
        assert act(curator, event, "confirm", date="").status_code == 302
        event.refresh_from_db()
        assert (event.date, event.earliest, event.review) == ("", None, "confirmed")

    def test_nothing_changed_nothing_stored(self, curator: Client) -> None:
        event = certain(1)
        assert act(curator, event, "correct").url == page(event)
        assert not Decision.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [("date", "soon"), ("title", ""), ("kind", "picnic"), ("counts", "many"), ("counts", "[" * 9999)],
    )
    def test_what_is_wrong_is_told_and_kept(self, curator: Client, field: str, value: str) -> None:
        event = certain(1)
        answer = act(curator, event, "confirm", summary="Typed", **{field: value})
        assert answer.status_code == 200
        assert answer.context["form"].errors.keys() == {field}
        text = answer.content.decode()
        assert "Nothing was stored" in text
        assert "Typed</textarea>" in text
        assert '<details id="edit" open>' in text
        event.refresh_from_db()
        assert event.review == Review.UNREVIEWED

    def test_pass_over_and_look_at_again(self, curator: Client) -> None:
        event, later = certain(1), certain(2)
        assert act(curator, event, "pass").url == page(later)
        assert act(curator, later, "pass").url == QUEUE
        text = curator.get(QUEUE).content.decode()
        assert "You have passed over 2 events." in text
        assert curator.post(QUEUE, {"action": "again"}).url == page(event)
        assert not Decision.objects.exists()

    def test_undo_brings_the_event_back(self, curator: Client) -> None:
        event, later = certain(1), certain(2)
        act(curator, event, "reject")
        answer = act(curator, later, f"undo:{Decision.objects.get().pk}")
        assert answer.url == page(event)
        event.refresh_from_db()
        assert event.review == Review.UNREVIEWED
        assert f"Undone: rejected, {event.title}." in curator.get(page(event)).content.decode()

    def test_nobody_elses_decision_is_undone(self, curator: Client, second: Client) -> None:
        event, later = certain(1), certain(2)
        act(second, event, "reject")
        answer = act(curator, later, f"undo:{Decision.objects.get().pk}")
        assert answer.status_code == 409
        assert "Only your own decisions" in answer.content.decode()

    def test_previous(self, curator: Client) -> None:
        first, second_one, third = certain(1), certain(2), certain(3)
        act(curator, first, "confirm")
        act(curator, second_one, "pass")
        assert curator.get(page(third)).context["previous"] == page(second_one)
        assert curator.get(page(second_one)).context["previous"] == page(first)
        assert curator.get(page(first)).context["previous"] == ""

    @pytest.mark.parametrize(
        "action", ["", "picnic", "undo:", "undo:x", "choose:99", "merge:0", f"merge:{10**30}"]
    )
    def test_no_action_that_there_is(self, curator: Client, action: str) -> None:
        assert act(curator, certain(1), action).status_code in (400, 409)
        assert not Decision.objects.exists()


class TestMerging:
    def test_the_choice_shows_both_ways_and_changes_nothing(self, curator: Client) -> None:
        event, other = certain(1, title="March"), certain(2, title="Rally", summary="Known")
        make_mention(make_source(), event)
        make_mention(make_source(), other)
        answer = act(curator, event, f"choose:{other.pk}", reason="The same day")
        choice = answer.context["choice"]
        assert (choice.into_this.event.summary, len(choice.into_this.mentions)) == ("Known", 2)
        assert choice.into_other.event.pk == other.pk
        assert answer.context["reason"] == "The same day"
        assert not Event.objects.exclude(merged_into=None).exists()

    @pytest.mark.parametrize(("action", "stays"), [("merge", 0), ("into", 1)])
    def test_either_way(self, curator: Client, action: str, stays: int) -> None:
        pair = [certain(1, title="March"), certain(2, title="Rally")]
        for event in pair:
            make_mention(make_source(), event)
        event, other = pair
        chosen = act(curator, event, f"choose:{other.pk}").context["choice"]
        answer = act(curator, event, f"{action}:{other.pk}", other_seen=chosen.seen)
        assert answer.url == page(pair[stays])
        for one in pair:
            one.refresh_from_db()
        assert pair[1 - stays].merged_into == pair[stays]
        assert pair[stays].mentions.count() == 2
        # The one that is gone leads to the one that stays.
        assert curator.get(page(pair[1 - stays])).url == page(pair[stays])

    def test_into_a_confirmed_event_is_a_decision_about_this_one(self, curator: Client) -> None:
        event, later = certain(1, date="2020-08-09"), certain(2, date="2021-01-01")
        other = certain(0, review=Review.CONFIRMED)
        chosen = act(curator, event, f"choose:{other.pk}").context["choice"]
        assert act(curator, event, f"into:{other.pk}", other_seen=chosen.seen).url == page(later)

    def test_the_other_changed_meanwhile(self, curator: Client) -> None:
        event, other = certain(1), certain(2)
        chosen = act(curator, event, f"choose:{other.pk}").context["choice"]
        curating.correct(other, {"title": "New"}, by=User.objects.get())
        answer = act(curator, event, f"merge:{other.pk}", other_seen=chosen.seen)
        assert answer.status_code == 409
        assert not Event.objects.exclude(merged_into=None).exists()


class TestTwice:
    def test_a_decision_sent_twice_stands_and_is_said_to_be_one_s_own(self, curator: Client) -> None:
        event = certain(1)
        mine = sent(curator, event) | {"action": "confirm"}
        assert curator.post(page(event), mine).status_code == 302
        answer = curator.post(page(event), mine)
        assert answer.status_code == 409
        assert "You changed “March in Minsk” yourself since this page was opened (confirmed)." in answer.text
        assert "Nothing of yours was stored" not in answer.text


class TestTwoCurators:
    def test_the_second_is_told_and_sees_the_event_as_it_is_now(
        self, curator: Client, second: Client
    ) -> None:
        event = certain(1)
        mine = sent(curator, event)
        act(second, event, "reject")
        answer = curator.post(page(event), mine | {"action": "confirm", "reason": "Seen it myself"})
        assert answer.status_code == 409
        text = answer.content.decode()
        assert "second (rejected) changed “March in Minsk” while you had it open." in text
        assert "<strong>Rejected</strong>" in text
        assert 'value="Seen it myself"' in text
        event.refresh_from_db()
        assert event.review == Review.REJECTED
        # Having seen that, the curator may decide against it.
        again = {"seen": answer.context["seen"], "action": "confirm"}
        assert curator.post(page(event), again).status_code == 302
        event.refresh_from_db()
        assert event.review == Review.CONFIRMED

    def test_what_was_typed_is_kept_and_nothing_else_of_the_old_state(
        self, curator: Client, second: Client
    ) -> None:
        event = certain(1, title="March", date="2020-08-09")
        mine = sent(curator, event)
        act(second, event, "correct", date="2020-08-10", disputed="on")
        answer = curator.post(page(event), mine | {"action": "confirm", "title": "March of many"})
        assert answer.status_code == 409
        form = answer.context["form"]
        assert {name: form[name].value() for name in ("title", "date", "disputed")} == {
            "title": "March of many",
            "date": "2020-08-10",
            "disputed": True,
        }
        assert (
            curator.post(
                page(event), fields_of(form) | {"seen": answer.context["seen"], "action": "confirm"}
            ).status_code
            == 302
        )
        event.refresh_from_db()
        assert (event.title, event.date, event.disputed) == ("March of many", "2020-08-10", True)
        assert event.review == Review.CONFIRMED
        version = Decision.objects.latest("pk").versions.get()
        changed = {name for name, *_ in history.differences(version)}
        assert changed == {"title", "review", "locked_fields"}

    def test_a_load_took_it_away(self, curator: Client) -> None:
        event, later = certain(1), certain(2)
        mine = sent(curator, event)
        address = page(event)
        event.delete()
        answer = curator.post(address, mine | {"action": "confirm"}, follow=True)
        assert answer.redirect_chain[-1][0] == page(later)
        assert "a load has taken it away" in answer.content.decode()

    def test_without_what_was_seen_nothing_is_stored(self, curator: Client) -> None:
        event = certain(1)
        for data in (
            {"action": "confirm"},
            sent(curator, event) | {"action": "confirm", "title": "x", "seen": ""},
        ):
            assert curator.post(page(event), data).status_code == 409
        assert not Decision.objects.exists()

    def test_they_are_given_different_events(self, curator: Client, second: Client) -> None:
        first, other = certain(1), certain(2)
        assert curator.get(QUEUE, follow=True).context["event"] == first
        assert second.get(QUEUE, follow=True).context["event"] == other
        assert "curator is looking at this event" in second.get(page(first)).content.decode()
        act(curator, first, "pass")
        assert "is looking at" not in second.get(page(first)).content.decode()


class TestPermissions:
    def test_a_viewer_reads_and_decides_nothing(self, viewer: Client) -> None:
        event, later = certain(1), certain(2)
        answer = viewer.get(QUEUE, follow=True)
        text = answer.content.decode()
        assert answer.context["event"] == event
        assert '<button type="submit" class="button default" name="action"' not in text
        assert 'name="action"' not in text
        assert viewer.get(answer.context["after"]).url == page(later)
        assert "This was the last" in viewer.get(f"{QUEUE}?after={later.pk}").content.decode()
        for action in ("confirm", "reject", "pass", "undo:1"):
            assert viewer.post(page(event), {"action": action}).status_code == 403
        assert viewer.post(QUEUE).status_code == 403

    def test_nobody_else_sees_it(self, client: Client) -> None:
        event = certain(1)
        assert account("stranger").get(QUEUE).status_code == 403
        assert account("another").get(page(event)).status_code == 403
        assert client.get(QUEUE).status_code == 302
        assert "login" in client.get(page(event)).url

    def test_decisions_are_held_against_forgery(self) -> None:
        event = certain(1)
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
        assert strict.post(page(event), {"action": "confirm"}).status_code == 403


class TestPage:
    def test_words_and_fields(self, curator: Client) -> None:
        event = certain(88)
        source = make_source()
        start = source.text.index("marched")
        day = source.text.index("Sunday")
        make_mention(
            source,
            event,
            words="Thousands marched through Minsk on Sunday, according to the Viasna centre.",
            spans={"kind": [start, start + 7], "date": [day, day + 6]},
            rules={"kind": "march", "date": "clause", "status": "tense: past", "country": "article"},
        )
        text = curator.get(page(event)).content.decode()
        assert '<mark class="of-kind" data-field="kind" id="mark-kind">marched</mark>' in text
        assert '<span class="tag of-date" data-field="date">date</span>' in text
        assert "in the same clause" in text
        assert "what the article is about" in text
        assert "Only one passage tells of it." in text
        assert "certainty 88 of 100" in text
        assert "The whole text" in text

    def test_hostile_text_shows_as_text(self, curator: Client) -> None:
        source = make_source(body=HOSTILE, headline=HOSTILE, publisher=HOSTILE)
        event = certain(1, title=HOSTILE, summary=HOSTILE)
        make_mention(
            source,
            event,
            spans={"kind": [0, 40], "date": [20, 60]},
            rules={"kind": HOSTILE},
            cited=HOSTILE,
            merge_reason=HOSTILE,
        )
        other = certain(2, title=HOSTILE)
        make_mention(source, other, words=HOSTILE[:10])
        curating.correct(event, {"summary": HOSTILE}, by=User.objects.get(), reason=HOSTILE)
        for answer in (
            curator.get(page(event)),
            act(curator, event, f"choose:{other.pk}", reason=HOSTILE),
            act(curator, event, "confirm", date=HOSTILE),
            curator.get(f"{QUEUE}?text={HOSTILE}", follow=True),
        ):
            text = answer.content.decode()
            assert "<script>alert" not in text
            assert "<img" not in text

    def test_queries_dont_grow(self, curator: Client) -> None:
        source = make_source()
        few, many = certain(1, kind="election"), certain(2, kind="referendum")
        for event, count in ((few, 1), (many, 12)):
            for number in range(count):
                make_mention(source, event, number, number + 9)
            make_participation(make_event(kind=event.kind), make_actor())
        make_timeline(30)

        def asked(event: Event) -> int:
            curator.get(page(event))
            with CaptureQueriesContext(connection) as asked:
                curator.get(page(event))
            return len(asked)

        assert asked(few) == asked(many)
        assert asked(many) < 30


def test_a_reason_that_postgresql_could_not_hold(curator: Client) -> None:
    event = certain(10)
    curator.post(page(event), {**sent(curator, event), "action": "confirm", "reason": "Seen\0 twice"})
    assert Decision.objects.get().reason == "Seen twice"
