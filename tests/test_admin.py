"""The admin: every page opens, what a curator sets is locked, and nothing hostile gets through."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
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
from timeline.models import Actor, Event, Mention, Participation, Review, Source, Status
from timeline.resolving import refresh

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
MODELS = ("source", "event", "mention", "actor")


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))
    return client


def listing(model: str, **query: object) -> str:
    return reverse(f"admin:timeline_{model}_changelist", query=query or None)


def page(row: Any) -> str:
    return reverse(f"admin:timeline_{type(row).__name__.lower()}_change", args=[row.pk])


def new(model: str) -> str:
    return reverse(f"admin:timeline_{model}_add")


def fields_of(response: Any) -> dict[str, Any]:
    """What a browser would send back if nothing were changed in the form."""
    context = response.context
    forms = [context["adminform"].form]
    for formset in context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    sent: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is True:
                sent[bound.html_name] = "on"
            elif value not in (None, []) and value is not False:
                sent[bound.html_name] = str(value)
    return sent


def change(client: Client, row: Any, **values: Any) -> Any:
    """Open the row's page, change some fields, send it."""
    sent = fields_of(client.get(page(row))) | values
    response = client.post(page(row), {name: value for name, value in sent.items() if value is not None})
    row.refresh_from_db()
    return response


def errors(response: Any) -> str:
    assert response.status_code == 200, "the form was taken"
    form = response.context["adminform"].form
    inlines = [formset.formset.errors for formset in response.context["inline_admin_formsets"]]
    return f"{form.errors} {inlines}"


@pytest.fixture
def told() -> Event:
    """An event with a passage and an actor."""
    event = make_event()
    make_mention(make_source(), event, words="Thousands marched through Minsk on Sunday", extractor="1")
    make_participation(event, make_actor())
    return event


class TestEveryPageOpens:
    @pytest.mark.parametrize("model", MODELS)
    def test_lists(self, model: str, curator: Client) -> None:
        make_timeline(12)
        response = curator.get(listing(model, q="march"))
        assert response.status_code == 200
        response = curator.get(listing(model))
        assert 'class="paginator"' in response.text

    def test_rows(self, curator: Client, told: Event) -> None:
        mention = told.mentions.get()
        for row in (told, mention, mention.source, told.participations.get().actor):
            response = curator.get(page(row))
            assert response.status_code == 200
            assert reverse("admin:view_on_site", args=[0, row.pk])[:9] in response.text
            assert curator.get(page(row).replace("change", "history")).status_code == 200

    @pytest.mark.parametrize("model", ["event", "mention", "actor"])
    def test_forms_for_new_rows(self, model: str, curator: Client) -> None:
        assert curator.get(new(model)).status_code == 200

    @pytest.mark.parametrize("model", MODELS)
    def test_lists_link_to_the_public_pages(self, model: str, curator: Client, told: Event) -> None:
        mention = told.mentions.get()
        rows = {
            "event": told, "mention": mention, "source": mention.source,
            "actor": told.participations.get().actor,
        }  # fmt: skip
        assert f'<a href="{rows[model].get_absolute_url()}">' in curator.get(listing(model)).text

    def test_passages_are_shown_marked_in_their_context(self, curator: Client, told: Event) -> None:
        mention = told.mentions.get()
        for row in (told, mention, mention.source):
            assert f"<mark>{mention.quote}</mark>{mention.suffix}…" in curator.get(page(row)).text

    @pytest.mark.parametrize("model", ["event", "actor", "source"])
    @pytest.mark.usefixtures("told")
    def test_autocomplete(self, model: str, curator: Client) -> None:
        field = {"event": "event", "source": "source", "actor": "actor"}[model]
        answer = curator.get(
            reverse("admin:autocomplete"),
            {
                "app_label": "timeline",
                "model_name": "participation" if model == "actor" else "mention",
                "field_name": field,
                "term": "",
            },
        )
        assert len(answer.json()["results"]) == 1


class TestLists:
    @pytest.mark.parametrize(
        "query",
        [
            {"review": "unreviewed"}, {"locked": "yes"}, {"locked": "no"}, {"evidence": "none"},
            {"evidence": "current"}, {"country": "BY"}, {"earliest__year": "2018"}, {"o": "2.8.-9"},
            {"kind__exact": "protest"}, {"disputed__exact": "1"}, {"q": "Example Union"},
        ],
    )  # fmt: skip
    def test_filters_of_events(self, query: dict[str, str], curator: Client) -> None:
        make_timeline(20)
        assert curator.get(listing("event", **query)).status_code == 200

    def test_locked(self, curator: Client) -> None:
        free, held = make_event(title="Left free"), make_event(title="Held fast", locked_fields=["title"])
        assert rows(curator, locked="yes") == [held]
        assert rows(curator, locked="no") == [free]

    def test_evidence(self, curator: Client, told: Event) -> None:
        bare = make_event(title="No passage")
        gone = make_event(title="Gone")
        make_mention(make_source(), gone, standing=Mention.Standing.GONE)
        assert rows(curator, evidence="current") == [told]
        assert rows(curator, evidence="none") == [bare, gone]

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize(
        "query",
        [
            {"earliest__year": "9999"}, {"earliest__year": "0"},
            {"earliest__year": "1e9", "earliest__day": "x"},
            {"source__published__year": "9999"}, {"published__year": "9999", "published__month": "12"},
            {"earliest__year": "9999", "earliest__month": "12", "earliest__day": "31"},
            {"locked": HOSTILE}, {"evidence": HOSTILE}, {"country": HOSTILE}, {"q": HOSTILE}, {"q": "\0"},
            {"p": "99999999999"}, {"o": "99.-99.x"}, {"review__exact": HOSTILE}, {"nothing": "x"},
            {"id__exact": "x"},
        ],
    )  # fmt: skip
    @pytest.mark.usefixtures("told")
    def test_hostile_addresses(self, model: str, query: dict[str, str], curator: Client) -> None:
        response = curator.get(listing(model, **query), follow=True)
        assert response.status_code in (200, 400)
        assert HOSTILE not in response.text

    @pytest.mark.parametrize("model", MODELS)
    def test_as_many_queries_for_200_rows_as_for_10(
        self, model: str, curator: Client, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
    ) -> None:
        make_timeline(10)
        address = listing(model, all="")
        curator.get(address)
        with CaptureQueriesContext(connection) as few:
            curator.get(address)
        make_timeline(190)
        with django_assert_num_queries(len(few)):
            response = curator.get(address)
        assert response.context["cl"].result_count in (10, 200)

    def test_as_many_queries_for_200_passages_as_for_10(self, curator: Client) -> None:
        event, source = make_event(), make_source("word " * 200)
        begin = len(source.headline) + 2

        def queries(row: Any) -> int:
            with CaptureQueriesContext(connection) as made:
                curator.get(page(row))
            return len(made)

        for number in range(10):
            make_mention(source, event, begin + 5 * number, begin + 5 * number + 4)
        queries(event), queries(source)  # the first time fills Django's own caches
        few = [queries(event), queries(source)]
        for number in range(10, 200):
            make_mention(source, event, begin + 5 * number, begin + 5 * number + 4)
        assert [queries(event), queries(source)] == few


def rows(client: Client, **query: object) -> list[Event]:
    return sorted(client.get(listing("event", **query)).context["cl"].result_list, key=lambda event: event.pk)


class TestLocks:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", "Another title"),
            ("kind", "crackdown"),
            ("date", "2021-03"),
            ("status", "cancelled"),
            ("disputed", "on"),
            ("country", "TR"),
            ("counts", '[{"what": "killed", "minimum": 1, "maximum": null}]'),
        ],
    )
    def test_a_changed_field_is_locked_and_no_other(
        self, field: str, value: str, curator: Client, told: Event
    ) -> None:
        assert change(curator, told, **{field: value}).status_code == 302
        assert told.locked_fields == [field]
        assert getattr(told, field) in (value, value == "on", json.loads(value) if "[" in value else "")

    def test_no_reload_undoes_it(self, curator: Client, told: Event) -> None:
        change(curator, told, title="A curator’s title", date="1999")
        refresh(told)
        told.refresh_from_db()
        assert (told.title, told.date) == ("A curator’s title", "1999")
        assert (told.earliest, told.latest) == (date(1999, 1, 1), date(1999, 12, 31))

    @pytest.mark.parametrize("country", ["BY", ""])
    @pytest.mark.parametrize("counts", [[], [{"what": "killed", "minimum": 1, "maximum": None}]])
    def test_saving_without_a_change_locks_nothing(
        self, country: str, counts: list[Any], curator: Client, told: Event
    ) -> None:
        Event.objects.filter(pk=told.pk).update(country=country, counts=counts)
        assert change(curator, told).status_code == 302
        assert told.locked_fields == []

    @pytest.mark.parametrize(("field", "value"), [("review", "confirmed"), ("summary", "In my words")])
    def test_what_no_reload_writes_needs_no_lock(
        self, field: str, value: str, curator: Client, told: Event
    ) -> None:
        assert change(curator, told, **{field: value}).status_code == 302
        assert getattr(told, field) == value
        assert told.locked_fields == []

    def test_changing_who_took_part_locks_the_participants(self, curator: Client, told: Event) -> None:
        assert change(curator, told, **{"participations-0-role": "target"}).status_code == 302
        assert told.locked_fields == ["participants"]
        assert told.participations.get().role == "target"
        refresh(told)
        assert told.participations.get().role == "target"

    def test_adding_and_removing_who_took_part(self, curator: Client, told: Event) -> None:
        other = make_actor()
        sent = {
            "participations-TOTAL_FORMS": "2",
            "participations-0-DELETE": "on",
            "participations-1-actor": other.pk,
            "participations-1-role": "target",
        }
        assert change(curator, told, **sent).status_code == 302
        assert told.participations.get().actor == other
        assert told.locked_fields == ["participants"]

    def test_locks_are_shown(self, curator: Client, told: Event) -> None:
        change(curator, told, title="By hand", status="planned")
        assert "status, title" in curator.get(page(told)).text
        assert "status, title" in curator.get(listing("event")).text

    def test_a_lock_is_taken_off_and_the_machine_reads_again(self, curator: Client, told: Event) -> None:
        change(curator, told, title="By hand", status="planned")
        assert change(curator, told, unlock_title="on").status_code == 302
        assert told.locked_fields == ["status"]
        assert told.title != "By hand"
        assert told.status == Status.PLANNED

    def test_a_field_that_is_unlocked_and_changed_is_locked(self, curator: Client, told: Event) -> None:
        change(curator, told, title="By hand")
        change(curator, told, title="By hand again", unlock_title="on")
        assert (told.title, told.locked_fields) == ("By hand again", ["title"])

    def test_only_what_is_locked_can_be_unlocked(self, curator: Client, told: Event) -> None:
        change(curator, told, title="By hand")
        text = curator.get(page(told)).text
        assert re.findall('name="(unlock_[a-z]+)"', text) == ["unlock_title"]
        change(curator, told, unlock_kind="on", unlock_pk="on")
        assert told.locked_fields == ["title"]

    def test_what_the_machine_would_now_say_stands_beside_it(self, curator: Client, told: Event) -> None:
        start = told.mentions.get().start
        Mention.objects.update(spans={"date": [start, start + 9]}, country="")
        change(curator, told, date="1999", country="TR", status="occurred")
        help_text = curator.get(page(told)).context["adminform"].form.fields["unlock_date"].help_text
        assert "Set by hand" in help_text
        assert "would now say <b>9 August 2020 (2020-08-09)</b>, from <a href=" in help_text
        assert ">“Thousands”</a>." in help_text
        country = curator.get(page(told)).context["adminform"].form.fields["unlock_country"].help_text
        assert "would now say <b>(none)</b>." in country
        change(curator, told, date="2020-08-09")
        assert "would now say <b>the same</b>" in curator.get(page(told)).text
        Mention.objects.update(standing="gone")
        assert "No passage stands in a current text" in curator.get(page(told)).text

    def test_who_took_part_can_be_given_back(self, curator: Client, told: Event) -> None:
        said = {"name": "Viasna", "role": "initiator", "kind": "group", "country": "", "span": [0, 4]}
        Mention.objects.update(participants=[said])
        change(curator, told, **{"participations-0-role": "target"})
        assert "would now say <b>Viasna (initiator)</b>" in curator.get(page(told)).text
        assert change(curator, told, unlock_participants="on").status_code == 302
        assert told.participations.get().actor.name == "Viasna"
        assert told.locked_fields == []

    def test_those_who_may_only_look_see_locks_and_no_boxes(self, told: Event) -> None:
        Event.objects.update(locked_fields=["date"], date="1999")
        client = TestPermissions().client_with("view_event")
        text = client.get(page(told)).text
        assert "Date. The machine would now say <b>9 August 2020 (2020-08-09)</b>." in text
        assert "unlock_" not in text

    def test_what_was_changed_meanwhile_is_not_overwritten(self, curator: Client, told: Event) -> None:
        sent = fields_of(curator.get(page(told)))
        told.date = "2020-08-10"
        told.save()
        response = curator.post(page(told), sent | {"status": "planned"})
        assert "Somebody changed “March in Minsk” while you had it open" in errors(response)
        told.refresh_from_db()
        assert (told.date, told.status, told.locked_fields) == ("2020-08-10", Status.OCCURRED, [])

    def test_a_form_sent_twice_is_not_told_as_somebody_else_s_change(
        self, curator: Client, told: Event
    ) -> None:
        sent = fields_of(curator.get(page(told))) | {"status": "planned"}
        assert curator.post(page(told), sent).status_code == 302
        said = errors(curator.post(page(told), sent))
        assert re.search(r"You changed “[^”]+” yourself since this page was opened \(corrected\)", said)
        assert "That stands" in said

    def test_who_takes_part_by_now_is_not_overwritten_either(self, curator: Client, told: Event) -> None:
        actor = told.participations.get().actor
        said = [
            {"name": name, "role": "initiator", "kind": "group", "country": "", "span": [0, 4]}
            for name in (actor.name, "Viasna")
        ]
        Mention.objects.update(participants=said[:1])
        sent = fields_of(curator.get(page(told)))
        Mention.objects.update(participants=said)
        assert refresh(told)
        response = curator.post(page(told), sent | {"participations-0-role": "target"})
        assert "while you had it open" in errors(response)
        assert told.participations.count() == 2


class TestBadInput:
    @pytest.mark.parametrize(
        "value",
        [
            "yesterday",
            "0000",
            "10000",
            "2020-13",
            "2020-02-30",
            "../..",
            "2021/2020",
            "{2020,2021}",
            HOSTILE[:50],
        ],
    )
    def test_a_bad_date_is_an_error_of_the_form(self, value: str, curator: Client, told: Event) -> None:
        response = change(curator, told, date=value)
        assert "date" in errors(response)
        assert HOSTILE[:50] not in response.text
        assert told.date == "2020-08-09"

    @pytest.mark.parametrize("value", ["0001", "9999-12-31", "../2022-02", "2020-08/..", "201X", "2020~", ""])
    def test_any_date_of_the_years_1_to_9999_is_taken(self, value: str, curator: Client, told: Event) -> None:
        assert change(curator, told, date=value).status_code == 302
        assert told.date == value
        for address in (listing("event"), listing("event", earliest__year=9999), page(told)):
            assert curator.get(address, follow=True).status_code in (200, 400)

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ("{", "valid JSON"),
            ("[" * 100_000, "valid JSON"),
            ("[" + "9" * 10_000 + "]", "valid JSON"),
            ('{"what": "killed"}', "Write a JSON list"),
            ('"words"', "Write a JSON list"),
            ("[1]", "Entry 1: it must have"),
            ('[{"what": "killed", "minimum": 1}]', "Entry 1: it must have"),
            ('[{"what": "seen", "minimum": 1, "maximum": 2}]', "must be one of detained"),
            ('[{"what": [], "minimum": 1, "maximum": 2}]', "must be one of detained"),
            ('[{"what": "killed", "minimum": "1", "maximum": 2}]', "must be whole numbers"),
            ('[{"what": "killed", "minimum": true, "maximum": 2}]', "must be whole numbers"),
            ('[{"what": "killed", "minimum": -1, "maximum": 2}]', "must be whole numbers"),
            ('[{"what": "killed", "minimum": NaN, "maximum": 2}]', "must be whole numbers"),
            ('[{"what": "killed", "minimum": null, "maximum": null}]', "must be a number"),
            ('[{"what": "killed", "minimum": 3, "maximum": 2}]', "is above"),
            ('[{"what": "\\ud800", "minimum": 3, "maximum": 4}]', "valid JSON"),
            ('[{"what": "killed", "\\udfff": 3}]', "valid JSON"),
        ],
    )
    def test_bad_counts(self, value: str, message: str, curator: Client, told: Event) -> None:
        assert message in errors(change(curator, told, counts=value))
        assert told.counts == []

    def test_counts_may_be_emptied(self, curator: Client, told: Event) -> None:
        change(curator, told, counts='[{"what": "killed", "minimum": 0, "maximum": 2}]')
        assert change(curator, told, counts="").status_code == 302
        assert told.counts == []

    @pytest.mark.parametrize("value", ["A\0", "A\nB\u200b", "x" * 201])
    def test_bad_aliases(self, value: str, curator: Client) -> None:
        actor = make_actor()
        assert "aliases" in errors(change(curator, actor, aliases=value))

    def test_good_aliases(self, curator: Client) -> None:
        actor = make_actor()
        assert change(curator, actor, aliases=" A.  Person\r\n\r\nΨ\nΨ").status_code == 302
        assert actor.aliases == ["A. Person", "Ψ"]
        assert change(curator, actor, aliases="").status_code == 302
        assert actor.aliases == []

    @pytest.mark.parametrize("value", ["\u200b", "\u202e\u2066", "\u2028\ufeff"])
    def test_a_title_of_which_nothing_can_be_seen(self, value: str, curator: Client, told: Event) -> None:
        """It would be a link that nobody can find."""
        assert "Nothing of it can be seen" in errors(change(curator, told, title=value))
        assert told.title == "March in Minsk"

    def test_what_is_sent_to_an_address_of_no_event(self, curator: Client) -> None:
        for key in ("abc", "999999", "9" * 30):
            answer = curator.post(reverse("admin:timeline_event_change", args=[key]), {"title": "A"})
            assert answer.status_code == 302

    @pytest.mark.parametrize("field", ["title", "kind", "status", "country"])
    @pytest.mark.parametrize("value", ["\0", "x" * 5000, HOSTILE * 20])
    def test_other_fields(self, field: str, value: str, curator: Client, told: Event) -> None:
        assert field in errors(change(curator, told, **{field: value}))

    def test_an_actor_twice_in_one_role(self, curator: Client, told: Event) -> None:
        actor = told.participations.get().actor
        sent = {
            "participations-TOTAL_FORMS": "2",
            "participations-1-actor": actor.pk,
            "participations-1-role": "initiator",
        }
        response = change(curator, told, **sent)
        assert response.status_code == 200
        assert "Please correct the duplicate data" in response.text

    def test_two_actors_of_one_name(self, curator: Client) -> None:
        one, other = make_actor(), make_actor()
        assert "merge the two instead" in errors(change(curator, other, name=one.name))


class TestReview:
    @pytest.mark.parametrize(
        ("action", "review"),
        [
            ("confirm", Review.CONFIRMED),
            ("reject", Review.REJECTED),
            ("back_to_unreviewed", Review.UNREVIEWED),
        ],
    )
    def test_actions(self, action: str, review: Review, curator: Client) -> None:
        chosen = [make_event(review=before) for before in Review]
        other = make_event(review=Review.UNREVIEWED)
        sent = {"action": action, "_selected_action": [event.pk for event in chosen]}
        response = curator.post(listing("event"), sent, follow=True)
        assert f"2 events are now {review.label.lower()}." in response.text
        assert {event.review for event in Event.objects.exclude(pk=other.pk)} == {review}
        assert Event.objects.get(pk=other.pk).review == Review.UNREVIEWED
        assert LogEntry.objects.filter(object_id__in=[event.pk for event in chosen]).count() == 2

    def test_an_action_on_nothing_new(self, curator: Client) -> None:
        event = make_event(review=Review.CONFIRMED)
        sent = {"action": "confirm", "_selected_action": [event.pk]}
        assert "0 events are now confirmed." in curator.post(listing("event"), sent, follow=True).text
        assert not LogEntry.objects.exists()


class TestNothingIsDeleted:
    def test_neither_one_by_one_nor_together(self, curator: Client, told: Event) -> None:
        mention = told.mentions.get()
        for row in (told, mention, mention.source):
            assert curator.post(page(row).replace("change", "delete"), {"post": "yes"}).status_code == 403
            sent = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
            curator.post(listing(type(row).__name__.lower()), sent)
        assert (Event.objects.count(), Mention.objects.count(), Source.objects.count()) == (1, 1, 1)

    def test_and_the_page_says_what_to_do_instead(self, curator: Client, told: Event) -> None:
        assert "Events can’t be deleted" in curator.get(page(told)).text
        assert "Passages can’t be deleted" in curator.get(page(told.mentions.get())).text
        assert "Articles can’t be changed here" in curator.get(page(told.mentions.get().source)).text

    def test_an_actor_that_takes_part_stays(self, curator: Client, told: Event) -> None:
        busy, idle = told.participations.get().actor, make_actor()
        for actor in (busy, idle):
            curator.post(page(actor).replace("change", "delete"), {"post": "yes"})
        assert Actor.objects.get() == busy
        sent = {"action": "delete_selected", "_selected_action": [busy.pk], "post": "yes"}
        curator.post(listing("actor"), sent)
        assert Participation.objects.count() == 1


class TestSources:
    def test_are_for_reading_only(self, curator: Client) -> None:
        source = make_source()
        assert curator.get(new("source")).url == reverse("admin:timeline_upload_add")
        assert curator.post(page(source), {"text": "other", "headline": "other"}).status_code == 403
        before = source.text
        source.refresh_from_db()
        assert source.text == before


class TestPassages:
    def test_moving_one_places_it_by_hand(self, curator: Client, told: Event) -> None:
        mention, other = told.mentions.get(), make_event(title="Where it belongs", kind="crackdown")
        make_mention(make_source(), other)
        Mention.objects.update(merge_reason="same date")
        response = curator.post(page(mention), {"event": other.pk}, follow=True)
        mention.refresh_from_db()
        assert (mention.event, mention.placed_by_hand, mention.merge_reason) == (other, True, "")
        assert "has no passage left" in response.text

    def test_an_event_left_without_any_is_rejected(self, curator: Client, told: Event) -> None:
        response = curator.post(page(told.mentions.get()), {"event": make_event().pk}, follow=True)
        assert f'<a href="{page(told)}">March in Minsk</a> has no passage left, so it is now' in response.text
        told.refresh_from_db()
        assert told.review == Review.REJECTED
        assert LogEntry.objects.filter(content_type__model="event", object_id=told.pk).count() == 1

    @pytest.mark.parametrize(
        "decided", [{"review": "confirmed"}, {"summary": "In my words"}, {"locked_fields": ["title"]}]
    )
    def test_but_not_one_that_a_curator_has_decided_about(
        self, decided: dict[str, Any], curator: Client, told: Event
    ) -> None:
        Event.objects.filter(pk=told.pk).update(**decided)
        response = curator.post(page(told.mentions.get()), {"event": make_event().pk}, follow=True)
        assert "has no passage left. Reject it if" in response.text
        told.refresh_from_db()
        assert told.review == decided.get("review", Review.UNREVIEWED)

    def test_nor_one_with_a_passage_left(self, curator: Client, told: Event) -> None:
        mention = make_mention(make_source(), told)
        response = curator.post(page(mention), {"event": make_event().pk}, follow=True)
        assert "has no passage left" not in response.text
        told.refresh_from_db()
        assert told.review == Review.UNREVIEWED

    def test_both_events_are_resolved_anew(self, curator: Client, told: Event) -> None:
        later = make_source(published=date(2020, 9, 1))
        mention = make_mention(later, told, extractor="1", status=Status.CANCELLED)
        refresh(told)
        told.refresh_from_db()
        assert told.status == Status.CANCELLED
        other = make_event()
        curator.post(page(mention), {"event": other.pk})
        told.refresh_from_db()
        other.refresh_from_db()
        assert (told.status, other.status) == (Status.OCCURRED, Status.CANCELLED)

    def test_not_to_where_it_is_already(self, curator: Client, told: Event) -> None:
        mention, other = told.mentions.get(), make_event()
        make_mention(mention.source, other, mention.start, mention.end)
        response = curator.post(page(mention), {"event": other.pk})
        assert "has this passage already" in errors(response)

    @pytest.mark.parametrize("event", ["", "0", "x", HOSTILE, "9" * 50])
    def test_not_to_no_event(self, event: str, curator: Client, told: Event) -> None:
        assert "event" in errors(curator.post(page(told.mentions.get()), {"event": event}))

    def test_its_words_and_the_reading_stay(self, curator: Client, told: Event) -> None:
        mention = told.mentions.get()
        kept = Mention.objects.values("source", "start", "end", "quote", "title", "status", "placed_by_hand")
        before = kept.get()
        sent = {"event": told.pk, "start": 0, "end": 3, "quote": "x", "title": "x", "status": "planned"}
        assert curator.post(page(mention), sent).status_code == 302
        assert kept.get() == before

    def add(self, client: Client, source: Source, event: Event, **sent: Any) -> Any:
        return client.post(new("mention"), {"source": source.pk, "event": event.pk, **sent})

    def test_adding_one_by_its_words(self, curator: Client) -> None:
        source, event = make_source(), make_event(title="March", status=Status.PLANNED)
        words = "Police detained at least 400 people."
        assert self.add(curator, source, event, quote=words, cited="Viasna").status_code == 302
        mention = Mention.objects.get()
        assert source.text[mention.start : mention.end] == mention.quote == words
        assert mention.prefix == source.text[mention.start - 32 : mention.start]
        assert mention.suffix == source.text[mention.end : mention.end + 32]
        assert (mention.title, mention.status, mention.date) == ("March", Status.PLANNED, event.date)
        assert (mention.placed_by_hand, mention.extractor, mention.cited) == (True, "", "Viasna")
        refresh(event)
        event.refresh_from_db()
        assert (event.status, event.date) == (Status.PLANNED, "2020-08-09")

    def test_one_that_is_added_says_who_and_how_many_too(self, curator: Client, told: Event) -> None:
        actor = make_actor(name="police", country="BY", kind="state")
        make_participation(told, actor, "target")
        told.counts = [{"what": "detained", "minimum": 400, "maximum": None}]
        told.save()
        source = make_source()
        assert self.add(curator, source, told, quote="Police detained").status_code == 302
        told.mentions.filter(placed_by_hand=False).delete()
        before = set(told.participations.values_list("actor", "role"))
        refresh(told)
        told.refresh_from_db()
        assert set(told.participations.values_list("actor", "role")) == before
        assert len(before) == 2
        assert told.counts == [{"what": "detained", "minimum": 400, "maximum": None}]
        mention = told.mentions.get()
        span = [mention.start, mention.end]
        assert mention.counts == [{**told.counts[0], "span": span}]
        assert mention.participants[1] == {
            "name": "police", "role": "target", "kind": "state", "country": "BY", "span": span,
        }  # fmt: skip

    def test_adding_one_by_its_place(self, curator: Client) -> None:
        source, event = make_source("A 🦊 ran.\nThen it slept."), make_event()
        start = source.text.index("🦊")
        assert self.add(curator, source, event, start=start, end=start + 5).status_code == 302
        assert Mention.objects.get().quote == "🦊 ran"

    def test_words_over_a_line_end(self, curator: Client) -> None:
        source, event = make_source("First line.\nSecond line."), make_event()
        assert self.add(curator, source, event, quote="line.\r\nSecond").status_code == 302
        assert Mention.objects.get().quote == "line.\nSecond"

    def test_words_that_stand_there_twice(self, curator: Client) -> None:
        source, event = make_source("Here. Here."), make_event()
        assert "more than once" in errors(self.add(curator, source, event, quote="Here."))
        second = source.text.rindex("Here.")
        assert self.add(curator, source, event, quote="Here.", start=second).status_code == 302
        assert Mention.objects.get().start == second

    @pytest.mark.parametrize(
        ("sent", "message"),
        [
            ({}, "Copy the words"),
            ({"quote": "   "}, "Copy the words"),
            ({"start": 3}, "Copy the words"),
            ({"quote": "No such words"}, "letter by letter"),
            ({"quote": "Police", "start": 0}, "not the words at that place"),
            ({"quote": "Police", "end": 3}, "not the words at that place"),
            ({"start": 5, "end": 5}, "no words at 5 to 5"),
            ({"start": 9, "end": 5}, "no words at 9 to 5"),
            ({"start": 0, "end": 10**6}, "no words at"),
            ({"start": -1, "end": 5}, "greater than or equal to 0"),
            ({"start": "x", "end": 5}, "whole number"),
            ({"start": 10**30, "end": 10**31}, "no words at"),
            ({"quote": HOSTILE}, "letter by letter"),
        ],
    )
    def test_a_passage_that_is_not_there(self, sent: dict[str, Any], message: str, curator: Client) -> None:
        response = self.add(curator, make_source(), make_event(), **sent)
        assert message in errors(response)
        assert response.text.count('class="errorlist"') == 1
        assert HOSTILE not in response.text
        assert not Mention.objects.exists()

    def test_the_same_passage_twice(self, curator: Client, told: Event) -> None:
        mention = told.mentions.get()
        response = self.add(curator, mention.source, told, quote=mention.quote)
        assert "has this passage already" in errors(response)

    def test_only_in_the_current_text(self, curator: Client) -> None:
        old = make_source()
        new_one = make_source(path="elsewhere.txt")
        old.replaced_by = new_one
        old.save()
        assert "has been replaced" in errors(self.add(curator, old, make_event(), quote="Police"))

    @pytest.mark.parametrize("left_out", ["source", "event"])
    def test_both_are_needed(self, left_out: str, curator: Client) -> None:
        sent = {"source": make_source().pk, "event": make_event().pk, "quote": "Police"}
        response = curator.post(new("mention"), sent | {left_out: ""})
        assert left_out in errors(response)

    def test_the_reading_of_one_made_by_hand_can_be_changed(self, curator: Client) -> None:
        source, event = make_source(), make_event()
        self.add(curator, source, event, quote="Police")
        mention = Mention.objects.get()
        assert change(curator, mention, status="cancelled").status_code == 302
        event.refresh_from_db()
        assert mention.status == event.status == Status.CANCELLED


class TestTheIcon:
    def test_is_ours_on_every_page(self, curator: Client, told: Event) -> None:
        for address in (reverse("admin:index"), listing("event"), page(told), new("mention")):
            assert '<link rel="icon" href="/static/icon.svg"' in curator.get(address).text
        assert 'href="/static/icon.svg"' in Client().get(reverse("admin:login")).text


class TestActors:
    def test_a_changed_name_is_kept_as_an_alias(self, curator: Client) -> None:
        actor = make_actor(name="The Union", aliases=["Union"])
        assert change(curator, actor, name="Union of Examples").status_code == 302
        assert (actor.name, actor.aliases) == ("Union of Examples", ["Union", "The Union"])
        aliases = "Union of Examples\nThe Union"
        assert change(curator, actor, name="The Union", aliases=aliases).status_code == 302
        assert (actor.name, actor.aliases) == ("The Union", ["Union of Examples"])

    def test_nothing_else_adds_an_alias(self, curator: Client) -> None:
        actor = make_actor(aliases=["Union"])
        change(curator, actor, kind="group", country="BY", aliases="")
        assert actor.aliases == []

    def test_a_renamed_actor_stays_in_its_events(self, curator: Client, told: Event) -> None:
        actor = told.participations.get().actor
        Mention.objects.update(
            participants=[
                {"name": actor.name, "role": "initiator", "kind": "group", "country": "", "span": [0, 4]}
            ]
        )
        change(curator, actor, name="By another name")
        refresh(told)
        assert Actor.objects.get(merged_into=None) == told.participations.get().actor == actor


class TestAnEventMadeByHand:
    def test_is_all_the_curators(self, curator: Client) -> None:
        sent = {
            "title": "Found in an archive", "kind": "protest", "date": "1994-05", "status": "occurred",
            "review": "confirmed", "participations-TOTAL_FORMS": "0", "participations-INITIAL_FORMS": "0",
        }  # fmt: skip
        assert curator.post(new("event"), sent).status_code == 302
        event = Event.objects.get()
        assert event.locked_fields == sorted(Event.READ_FIELDS)
        assert (event.earliest, event.latest) == (date(1994, 5, 1), date(1994, 5, 31))
        assert event.counts == []

    def test_with_a_bad_date_it_is_not_made(self, curator: Client) -> None:
        sent = {
            "title": "x", "kind": "protest", "date": "1994-55", "status": "occurred", "review": "unreviewed",
            "participations-TOTAL_FORMS": "0", "participations-INITIAL_FORMS": "0",
        }  # fmt: skip
        assert "date" in errors(curator.post(new("event"), sent))
        assert not Event.objects.exists()


class TestPermissions:
    def client_with(self, *permissions: str) -> Client:
        user = User.objects.create(username="reader", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    def test_strangers_are_asked_to_log_in(self, client: Client, told: Event) -> None:
        for address in (listing("event"), page(told), new("mention")):
            assert client.get(address).url.startswith("/admin/login/")

    def test_staff_without_permissions_see_nothing(self, told: Event) -> None:
        client = self.client_with()
        assert client.get(listing("event")).status_code == 403
        assert client.get(page(told)).status_code == 403

    def test_those_who_may_look_can_look_and_no_more(self, told: Event) -> None:
        Event.objects.update(locked_fields=["title"])
        client = self.client_with(*(f"view_{model}" for model in (*MODELS, "participation")))
        for row in (told, told.mentions.get(), told.mentions.get().source):
            assert client.get(page(row)).status_code == 200
        listed = client.get(listing("event")).text
        assert "Reject the chosen events" not in listed
        sent = {"action": "reject", "_selected_action": [told.pk]}
        client.post(listing("event"), sent)
        assert client.post(page(told), {"title": "x"}).status_code == 403
        told.refresh_from_db()
        assert (told.review, told.title) == (Review.UNREVIEWED, "March in Minsk")


class TestHostileText:
    def test_is_shown_as_text_everywhere(self, curator: Client) -> None:
        source = make_source(
            f"{HOSTILE} before. {HOSTILE} after {HOSTILE}", headline=HOSTILE, publisher=HOSTILE
        )
        event = make_event(title=HOSTILE, summary=HOSTILE, locked_fields=["title"])
        start = source.text.index("before")
        mention = make_mention(
            source, event, start, start + len(f"before. {HOSTILE}"), cited=HOSTILE, merge_reason=HOSTILE,
            extractor="1", spans={"date": [start, start + 30], HOSTILE: [0, 60]}, rules={"date": HOSTILE},
        )  # fmt: skip
        actor = make_actor(name=HOSTILE, aliases=[HOSTILE])
        make_participation(event, actor)
        addresses = [listing(model) for model in MODELS]
        addresses += [page(row) for row in (source, event, mention, actor)]
        for address in addresses:
            text = curator.get(address).text
            assert "&lt;script&gt;alert(1)" in text
            assert "<script>alert" not in text
            assert "<img src=x" not in text

    def test_in_messages_too(self, curator: Client) -> None:
        event = make_event(title=HOSTILE)
        mention = make_mention(make_source(), event, extractor="1")
        text = curator.post(page(mention), {"event": make_event().pk}, follow=True).text
        assert "has no passage left" in text
        assert "<script>alert" not in text


class TestContentSecurityPolicy:
    def test_nothing_of_ours_is_inline(self, curator: Client, told: Event) -> None:
        mention = told.mentions.get()
        addresses = [listing(model) for model in MODELS] + [new("event"), new("mention")]
        addresses += [page(row) for row in (told, mention, mention.source)]
        for address in addresses:
            response = curator.get(address)
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
            scripts = re.findall(r"<script\b([^>]*)>", response.text)
            assert all("src=" in script or "application/json" in script for script in scripts)
            assert not re.search(r"<style\b|\son[a-z]+=|javascript:", response.text)
