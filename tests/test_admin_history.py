"""The history in the admin: decisions in words, versions compared, restored and undone by who may."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_actor, make_event, make_mention, make_participation, make_source
from tests.test_admin import HOSTILE, change, fields_of, listing, page
from timeline import curating
from timeline.admin.wording import LONGEST, Names, marked, worded
from timeline.history import decisions_on, last_decision, recording
from timeline.models import Decision, Event, Mention, Review

pytestmark = pytest.mark.django_db
Action = Decision.Action


@pytest.fixture
def anna() -> User:
    return User.objects.create(username="anna", is_staff=True, is_superuser=True)


@pytest.fixture
def curator(client: Client, anna: User) -> Client:
    client.force_login(anna)
    return client


@pytest.fixture
def told() -> Event:
    event = make_event()
    make_mention(make_source(), event, words="Thousands marched through Minsk on Sunday", extractor="3")
    return event


def history(row: Any, **query: object) -> str:
    return reverse(f"admin:timeline_{type(row).__name__.lower()}_history", args=[row.pk], query=query or None)


def decision_page(decision: Decision) -> str:
    return reverse("admin:timeline_decision_change", args=[decision.pk])


def undoing(decision: Decision) -> str:
    return reverse("admin:timeline_decision_undo", args=[decision.pk])


def last(row: Any) -> Decision:
    decision = last_decision(row)
    assert decision
    return decision


def plain(text: str) -> str:
    """The page's words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text.partition('id="content-main"')[2]))


def client_with(*permissions: str) -> Client:
    user = User.objects.create(username=f"someone{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


class TestTheForm:
    def test_one_save_is_one_decision_with_its_reason(self, curator: Client, anna: User, told: Event) -> None:
        actor = make_actor()
        sent = {
            "title": "By hand", "review": "confirmed", "reason": "A better source",
            "participations-TOTAL_FORMS": "1", "participations-0-actor": actor.pk,
            "participations-0-role": "target",
        }  # fmt: skip
        assert change(curator, told, **sent).status_code == 302
        decision = Decision.objects.get()
        assert (decision.action, decision.by, decision.reason) == (Action.CORRECTED, anna, "A better source")
        assert (told.title, told.review) == ("By hand", Review.CONFIRMED)
        assert told.participations.get().actor == actor
        assert told.locked_fields == ["participants", "title"]

    def test_nothing_changed_decides_nothing(self, curator: Client, told: Event) -> None:
        before = told.updated_at
        change(curator, told, reason="I only looked")
        assert not Decision.objects.exists()
        assert told.updated_at == before

    def test_an_event_made_by_hand(self, curator: Client, anna: User) -> None:
        sent = {
            "title": "Found", "kind": "protest", "date": "1994-05", "status": "occurred", "reason": "Archive",
            "review": "confirmed", "participations-TOTAL_FORMS": "0", "participations-INITIAL_FORMS": "0",
        }  # fmt: skip
        curator.post(reverse("admin:timeline_event_add"), sent)
        decision = last(Event.objects.get())
        assert (decision.action, decision.by, decision.reason) == (Action.ADDED, anna, "Archive")
        assert "Added by hand by anna" in plain(curator.get(history(Event.objects.get())).text)

    def test_who_changed_it_meanwhile_is_named(self, curator: Client, told: Event) -> None:
        sent = fields_of(curator.get(page(told)))
        curating.review([told], Review.REJECTED, by=User.objects.create(username="boris"))
        response = curator.post(page(told), sent | {"title": "Mine"})
        assert "boris (rejected) changed “March in Minsk” while you had it open" in plain(response.text)
        assert Event.objects.get().title == "March in Minsk"
        assert 'value="Mine"' in response.text  # what was typed isn't lost

    def test_many_at_once_with_a_reason(self, curator: Client, told: Event) -> None:
        sent = {"action": "reject", "_selected_action": [told.pk, make_event().pk], "reason": "Sport"}
        curator.post(listing("event"), sent)
        decision = Decision.objects.get()
        assert (decision.action, decision.reason, decision.versions.count()) == (Action.REJECTED, "Sport", 2)

    def test_more_than_fit_into_one(self, curator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("timeline.admin.events.TOGETHER", 2)
        chosen = [make_event().pk for _ in range(5)]
        sent = {"action": "confirm", "_selected_action": chosen}
        assert "5 events are now confirmed." in curator.post(listing("event"), sent, follow=True).text
        assert Decision.objects.count() == 3

    @pytest.mark.parametrize("action", ["confirm", "reject", "back_to_unreviewed", "keep_as_confirmed"])
    def test_more_than_one_request_may_do(
        self, curator: Client, monkeypatch: pytest.MonkeyPatch, action: str
    ) -> None:
        monkeypatch.setattr("timeline.admin.events.MOST_REVIEWED", 2)
        monkeypatch.setattr("timeline.admin.events.MOST_KEPT", 2)
        verdict = "unreviewed" if action in ("confirm", "reject") else "confirmed"
        chosen = [make_event(review=verdict, has_news=action == "keep_as_confirmed").pk for _ in range(3)]
        response = curator.post(listing("event"), {"action": action, "_selected_action": chosen}, follow=True)
        assert "At most 2 can be decided at once" in response.text
        assert not Decision.objects.exists()

    def test_too_long_a_reason_is_an_error(self, curator: Client, told: Event) -> None:
        response = change(curator, told, title="By hand", reason="x" * 501)
        assert "at most 500 characters" in response.text
        assert not Decision.objects.exists()


class TestHistory:
    def test_tells_who_what_when_and_why(self, curator: Client, anna: User, told: Event) -> None:
        actor = make_actor(name="The Union")
        curating.correct(
            told, {"date": "1999-05"}, by=anna, reason="It was earlier", parts=[(actor, "target")]
        )
        response = curator.get(history(told))
        words = plain(response.text)
        assert "Corrected by anna" in words
        assert "Reason: It was earlier" in words
        assert "Date 9 August 2020 (2020-08-09) May 1999 (1999-05)" in words
        assert "Who took part (none) The Union (target)" in words
        assert f'href="{page(actor)}"' in response.text
        assert "Set by hand (none) Date , Who took part" in words

    def test_the_latest_comes_first_and_the_beginning_last(
        self, curator: Client, anna: User, told: Event
    ) -> None:
        curating.review([told], Review.CONFIRMED, by=anna)
        curating.review([told], Review.REJECTED, by=anna)
        words = plain(curator.get(history(told)).text)
        assert words.index("Rejected by anna") < words.index("Confirmed by anna") < words.index("Read from")
        assert f"Read from {told.mentions.get().source} by machine version 3." in words

    def test_the_machines_own_changes_are_the_machines(self, curator: Client, told: Event) -> None:
        with recording(Action.LOADED, reason="articles/x.txt, read by 3") as record:
            record.watch(told)
            Event.objects.update(country="")
        words = plain(curator.get(history(told)).text)
        assert "Loaded by the machine" in words
        assert "articles/x.txt, read by 3" in words
        assert "Country Belarus (none)" in words

    def test_passages_that_came_and_went(self, curator: Client, anna: User, told: Event) -> None:
        other = make_event(title="Another march")
        moved = make_mention(make_source(), told, words="Police detained", extractor="3")
        curating.move(moved, other, by=anna)
        for event in (told, other):
            words = plain(curator.get(history(event)).text)
            assert "“Police detained” . Tells of: March in Belarus, 9 August 2020 → " in words
        assert "Moved a passage by anna" in plain(curator.get(history(moved)).text)

    def test_of_many_passages_the_first_are_shown(self, curator: Client, anna: User, told: Event) -> None:
        other, source = make_event(), make_source("word " * 30)
        begin = len(source.headline) + 2
        for number in range(15):
            make_mention(source, other, begin + 5 * number, begin + 5 * number + 4, extractor="3")
        curating.merge(told, [other], by=anna)
        curating.review([told], Review.CONFIRMED, by=anna)
        text = curator.get(history(told)).text
        assert text.count("“word”") == 9  # and the event that they came with
        assert "And 6 more." in text

    def test_a_merge_in_both_events(self, curator: Client, anna: User, told: Event) -> None:
        other = make_event(title="The same march")
        make_mention(make_source(), other, words="Police detained", extractor="3")
        curating.merge(told, [other], by=anna)
        words = plain(curator.get(history(told)).text)
        assert "“Police detained” . Tells of: The same march" in words
        assert "Merged into: (none) →" in words
        assert "Merged by anna" in plain(curator.get(history(other)).text)

    def test_actors_and_passages_have_theirs(self, curator: Client, anna: User, told: Event) -> None:
        one, other = make_actor(name="The Union", kind="state"), make_actor(name="Union")
        curating.merge_actors(one, [other], by=anna, reason="The same")
        words = plain(curator.get(history(one)).text)
        assert "Other names (none) Union" in words
        assert "Merged into (none) The Union" in plain(curator.get(history(other)).text)
        mention = told.mentions.get()
        assert "by machine version 3" in plain(curator.get(history(mention)).text)

    def test_nothing_decided(self, curator: Client, told: Event) -> None:
        assert "Nothing has been decided about it" in curator.get(history(told)).text
        source = told.mentions.get().source
        assert curator.get(history(source)).status_code == 200
        assert curator.get(history(told).replace(str(told.pk), "999")).status_code == 404

    def test_pages_and_as_many_queries_for_20_decisions_as_for_3(
        self,
        curator: Client,
        anna: User,
        told: Event,
        django_assert_num_queries: Callable[[int], CaptureQueriesContext],
    ) -> None:
        def decide(number: int) -> None:
            for count in range(number):
                parts = [(make_actor(), "target")]
                curating.correct(told, {"title": f"Title {count}"}, by=anna, parts=parts)

        decide(3)
        curator.get(history(told))
        with CaptureQueriesContext(connection) as few:
            curator.get(history(told))
        decide(17)
        with django_assert_num_queries(len(few)):
            curator.get(history(told))
        decide(10)
        assert "Page 1 of 2" in curator.get(history(told)).text
        text = curator.get(history(told, p=2)).text
        assert "Page 2 of 2" in text
        assert text.count('class="entry"') == 5
        for bad in ("x", "-1", "999999"):
            assert curator.get(history(told, p=bad)).status_code == 200


class TestComparing:
    def test_words_that_went_and_came_are_marked(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"summary": "Thousands marched in the rain."}, by=anna)
        curating.correct(told, {"summary": "Hundreds marched in the heavy rain."}, by=anna)
        newer, older = decisions_on(told)
        for query in ({"a": older.pk, "b": newer.pk}, {"a": newer.pk, "b": older.pk}):
            text = curator.get(history(told, **query)).text
            assert "<del>Thousands </del>marched in the rain." in text
            assert "<ins>Hundreds </ins>marched in the <ins>heavy </ins>rain." in text

    def test_with_what_was_before_all(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        text = curator.get(history(told, a="first", b=decisions_on(told)[0].pk)).text
        assert "<del>March </del><del>in </del><del>Minsk</del>" in text.replace("</del> ", "</del>") or (
            "<del>March in Minsk</del>" in text
        )
        assert "before “Corrected by anna”" in text

    def test_the_same_twice(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        pk = decisions_on(told)[0].pk
        assert "They are the same." in curator.get(history(told, a=pk, b=pk)).text

    @pytest.mark.parametrize(
        "query", [{"a": 1}, {"a": "x", "b": "y"}, {"a": 0, "b": "9" * 40}, {"b": HOSTILE}, {"a": "", "b": ""}]
    )
    def test_what_is_no_version_of_it(self, query: dict[str, Any], curator: Client, told: Event) -> None:
        text = curator.get(history(told, **query)).text
        assert "Choose two versions of this page to compare." in text
        assert HOSTILE not in text

    def test_not_those_of_another_row(self, curator: Client, anna: User, told: Event) -> None:
        other = make_event()
        curating.review([told, other], Review.CONFIRMED, by=anna)
        strange = decisions_on(other)[0].pk
        text = curator.get(history(told, a=decisions_on(told)[0].pk, b=strange)).text
        assert "Choose two versions of this page" in text

    def test_very_long_texts_are_compared_as_wholes(self) -> None:
        before, after = marked("a " * LONGEST, "b")
        assert before.count("<del>") == after.count("<ins>") == 1
        assert marked("", "") == ("(none)", "(none)")
        assert marked(HOSTILE, "")[0].count("<img") == 0

    def test_values_in_words(self) -> None:
        nobody = Names([])
        counts = [{"what": "killed", "minimum": 2, "maximum": None}]
        assert worded("event", "counts", counts, nobody) == "at least 2 killed"
        assert worded("event", "counts", [1], nobody) == "1"
        assert worded("event", "participants", [[7, "target"]], nobody) == "actor 7, which is gone (target)"
        assert worded("actor", "kind", "state", nobody) == "State body"
        assert worded("mention", "event_id", 7, nobody) == "event 7, which is gone"
        assert worded("event", "disputed", False, nobody) == "No"
        assert worded("event", "date", "../2022-02", nobody) == "by February 2022 (../2022-02)"


class TestRestoring:
    def address(self, event: Event, number: int, *, before: bool = False) -> str:
        version = decisions_on(event)[number]
        name = f"admin:timeline_event_restore{'_before' if before else ''}"
        return reverse(name, args=[event.pk, version.pk])

    def test_is_shown_first_and_then_done(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "First"}, by=anna)
        curating.correct(told, {"title": "Second", "status": "planned"}, by=anna)
        address = self.address(told, 1)
        assert address in curator.get(history(told)).text
        assert self.address(told, 0) not in curator.get(history(told)).text
        response = curator.get(address)
        assert "Title Second First Status Planned Occurred" in plain(response.text)
        sent = {"seen": response.context["seen"], "reason": "It was right"}
        assert "It is as it was after “Corrected by anna”" in curator.post(address, sent, follow=True).text
        told.refresh_from_db()
        assert (told.title, told.status) == ("First", "occurred")
        assert (last(told).action, last(told).by, last(told).reason) == (
            Action.RESTORED, anna, "It was right",
        )  # fmt: skip
        assert "there is nothing to restore" in curator.get(address).text

    def test_what_was_before_all(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "First"}, by=anna)
        address = self.address(told, 0, before=True)
        assert address in curator.get(history(told)).text
        curator.post(address, {"seen": curator.get(address).context["seen"]})
        told.refresh_from_db()
        assert told.title == "March in Minsk"

    @pytest.mark.parametrize("seen", ["", "2020-01-01"])
    def test_not_over_what_wasnt_seen(self, seen: str, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "First"}, by=anna)
        address = self.address(told, 0, before=True)
        response = curator.post(address, {"seen": seen}, follow=True)
        assert "You changed “First” yourself since this page was opened (corrected)" in response.text
        told.refresh_from_db()
        assert told.title == "First"

    def test_only_versions_of_the_event(self, curator: Client, anna: User, told: Event) -> None:
        other = make_event()
        curating.review([other], Review.CONFIRMED, by=anna)
        address = reverse("admin:timeline_event_restore", args=[told.pk, decisions_on(other)[0].pk])
        assert curator.get(address).status_code == 404
        assert curator.post(address.replace(f"/{told.pk}/", "/999/")).status_code == 404
        made = curating.add(Event(title="A", kind="protest", date="1994"), by=anna)
        assert curator.get(self.address(made, 0, before=True)).status_code == 404


class TestUndoing:
    def test_from_the_decisions_page(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        decision = last(told)
        assert decision_page(decision) in curator.get(history(told)).text
        assert undoing(decision) in curator.get(decision_page(decision)).text
        response = curator.post(undoing(decision), {"reason": "A slip"}, follow=True)
        assert "It is undone." in response.text
        assert "It took back" in response.text
        told.refresh_from_db()
        assert (told.title, told.locked_fields) == ("March in Minsk", []) or told.locked_fields == []
        assert (last(told).action, last(told).reason) == (Action.UNDONE, "A slip")
        text = curator.get(decision_page(decision)).text
        assert "undone by anna" in text
        assert undoing(decision) not in text
        assert "Undone since by anna" in curator.get(history(told)).text
        assert "undone already" in curator.post(undoing(decision), follow=True).text

    def test_what_a_later_decision_builds_on_is_named(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "First"}, by=anna)
        first = last(told)
        curating.correct(told, {"title": "Second"}, by=anna)
        response = curator.post(undoing(first), follow=True)
        assert "A later decision builds on it: corrected by anna" in response.text
        told.refresh_from_db()
        assert told.title == "Second"

    def test_not_what_the_machine_did(self, curator: Client, told: Event) -> None:
        with recording(Action.LOADED, reason="articles/x.txt, read by 3") as record:
            record.watch(told)
            Event.objects.update(country="")
        decision = last(told)
        assert undoing(decision) not in curator.get(decision_page(decision)).text
        assert "can’t be undone" in curator.post(undoing(decision), follow=True).text

    def test_a_merge_from_the_merged_events_page(self, curator: Client, anna: User, told: Event) -> None:
        other = make_event(title="The same march")
        make_mention(make_source(), other, words="Police detained", extractor="3")
        curating.merge(told, [other], by=anna)
        response = curator.get(page(other))
        assert f'<a href="{page(told)}">The same march in Belarus' in response.text
        assert 'name="title"' not in response.text
        refused = curator.post(page(other), {"title": "x"}, follow=True)
        assert "“The same march” was merged into" in refused.text
        assert client_with("view_event").post(page(other), {"title": "x"}).status_code == 403
        curator.post(undoing(response.context["merge"]))
        other.refresh_from_db()
        assert (other.merged_into, other.mentions.count()) == (None, 1)
        assert 'name="title"' in curator.get(page(other)).text

    def test_is_posted(self, curator: Client, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        assert curator.get(undoing(last(told))).status_code == 405
        assert curator.post(undoing(last(told)).replace(str(last(told).pk), "999")).status_code == 404
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(anna)
        assert strict.post(undoing(last(told))).status_code == 403


class TestDecisions:
    def test_all_are_listed(self, curator: Client, anna: User, told: Event) -> None:
        curating.review([told, make_event()], Review.CONFIRMED, by=anna, reason="Seen in two papers")
        curating.correct(told, {"title": "By hand"}, by=anna)
        address = reverse("admin:timeline_decision_changelist")
        words = plain(curator.get(address).text)
        assert "Confirmed anna Seen in two papers 2" in words
        rows = curator.get(address, {"q": "two papers"}).context["cl"].result_list
        assert [row.action for row in rows] == [Action.CONFIRMED]
        today = last(told).at
        for query in (
            {"action__exact": "corrected"}, {"by__id__exact": anna.pk},
            {"at__year": today.year, "at__month": today.month, "at__day": today.day},
        ):  # fmt: skip
            assert curator.get(address, query).context["cl"].result_count in (1, 2)

    @pytest.mark.parametrize(
        "query",
        [
            {"at__year": "9999"}, {"at__year": "0"}, {"at__year": "1e9", "at__day": "x"}, {"q": HOSTILE},
            {"q": "\0"}, {"by__id__exact": HOSTILE}, {"action__exact": HOSTILE}, {"p": "99999999999"},
            {"o": "99.-99.x"}, {"reason": "x"},
        ],
    )  # fmt: skip
    def test_hostile_addresses(self, query: dict[str, str], curator: Client, anna: User, told: Event) -> None:
        curating.review([told], Review.CONFIRMED, by=anna)
        response = curator.get(reverse("admin:timeline_decision_changelist", query=query), follow=True)
        assert response.status_code in (200, 400)
        assert HOSTILE not in response.text

    def test_one_has_all_that_it_changed_in_pages(self, curator: Client, anna: User) -> None:
        curating.review([make_event() for _ in range(30)], Review.CONFIRMED, by=anna)
        text = curator.get(decision_page(Decision.objects.get())).text
        assert text.count("Review</th>") == 25
        assert "Page 1 of 2" in text

    def test_nothing_is_written_there(self, curator: Client, anna: User, told: Event) -> None:
        curating.review([told], Review.CONFIRMED, by=anna)
        address = decision_page(last(told))
        assert curator.post(address, {"reason": "x"}).status_code == 403
        assert curator.post(address.replace("change", "delete"), {"post": "yes"}).status_code == 403
        assert curator.get(reverse("admin:timeline_decision_add")).status_code == 403
        assert curator.get(address.replace("change", "history")).url == address
        assert curator.get(address.replace(str(last(told).pk), "999")).status_code == 404


class TestPermissions:
    def addresses(self, event: Event) -> list[str]:
        return [history(event), decision_page(last(event)), reverse("admin:timeline_decision_changelist")]

    def test_those_who_may_look_can_look_and_no_more(self, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        restoring = TestRestoring().address(told, 0, before=True)
        client = client_with("view_event", "view_decision")
        for address in self.addresses(told):
            response = client.get(address)
            assert response.status_code == 200
            assert "/restore/" not in response.text
            assert "/undo/" not in response.text
        for address in (restoring, undoing(last(told))):
            assert client.post(address).status_code == 403
        assert client.get(restoring).status_code == 403
        told.refresh_from_db()
        assert told.title == "By hand"

    def test_others_see_nothing(self, anna: User, told: Event) -> None:
        curating.correct(told, {"title": "By hand"}, by=anna)
        for client, status in ((client_with("view_actor"), 403), (Client(), 302)):
            for address in self.addresses(told):
                assert client.get(address).status_code == status

    def test_an_undo_asks_for_all_that_it_changes(self, anna: User, told: Event) -> None:
        other = make_event()
        mention = make_mention(make_source(), told, words="Police detained")
        curating.move(mention, other, by=anna)
        few = client_with("change_event", "view_decision")
        all_ = client_with("change_event", "change_mention", "view_decision")
        assert few.post(undoing(last(told))).status_code == 403
        assert undoing(last(told)) not in few.get(decision_page(last(told))).text
        assert all_.post(undoing(last(told))).status_code == 302
        assert Mention.objects.get(pk=mention.pk).event == told


class TestHostileText:
    def test_is_shown_as_text_everywhere(self, curator: Client) -> None:
        event = make_event(title=HOSTILE)
        other = make_event(title=HOSTILE)
        source = make_source(f"Before {HOSTILE} after")
        mention = make_mention(source, other, words=HOSTILE, extractor=HOSTILE)
        make_mention(source, event, words="Before", extractor=HOSTILE)
        villain = User.objects.create(username=HOSTILE)
        actor = make_actor(name=HOSTILE, country="BY")
        make_participation(event, actor)
        curating.correct(
            event,
            {"summary": HOSTILE, "counts": [{HOSTILE: HOSTILE}]},
            by=villain,
            reason=HOSTILE,
            parts=[(actor, "target")],
        )
        curating.merge(event, [other], by=villain, reason=HOSTILE)
        decisions = Decision.objects.all()
        first = decisions_on(event).last()
        assert first
        restoring = reverse("admin:timeline_event_restore", args=[event.pk, first.pk])
        addresses = [history(row) for row in (event, other, mention, actor)]
        addresses += [page(event), page(other), restoring, reverse("admin:timeline_decision_changelist")]
        addresses += [decision_page(decision) for decision in decisions]
        addresses += [history(event, a="first", b=decisions_on(event)[0].pk)]
        for address in addresses:
            response = curator.get(address)
            assert response.status_code == 200
            assert "&lt;" in response.text
            assert "<script>alert" not in response.text
            assert "<img src=x" not in response.text
            scripts = re.findall(r"<script\b([^>]*)>", response.text)
            assert all("src=" in script or "application/json" in script for script in scripts)
            assert not re.search(r"<style\b|\son[a-z]+=\"|javascript:", response.text)
