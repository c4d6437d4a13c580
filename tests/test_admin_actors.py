"""The curators' pages of actors: corrected, merged, found to be the same, brought back."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_actor, make_event, make_participation
from tests.test_admin import HOSTILE, change, curator, errors, listing, new, page
from tests.test_admin_history import decision_page, undoing
from timeline import curating
from timeline.models import Actor, Decision, Event

__all__ = ["curator"]  # a fixture

pytestmark = pytest.mark.django_db
DOUBLES = "/admin/timeline/actor/doubles/"


def merge_page(*actors: Actor, **query: Any) -> str:
    return reverse("admin:timeline_actor_merge", query={"actor": [one.pk for one in actors], **query})


def history_of(actor: Actor) -> str:
    return reverse("admin:timeline_actor_history", args=[actor.pk])


def merge(client: Client, stays: Actor, *others: Actor, **sent: Any) -> Any:
    """Look at them, choose the one that stays, look at what would come of it, and do it."""
    shown = client.get(merge_page(stays, *others, stays=stays.pk))
    assert "What would come of it" in shown.text
    fields = re.findall(r'<input type="hidden" name="(seen-\d+)" value="(\w+)">', shown.text)
    data = {**dict(fields), "actor": [one.pk for one in (stays, *others)], "stays": stays.pk, **sent}
    return client.post(reverse("admin:timeline_actor_merge"), data, follow=True)


@pytest.fixture
def two() -> tuple[Actor, Actor]:
    one, other = make_actor(name="Union of Examples", wikidata="Q42"), make_actor(name="The Union")
    for event in (make_event(title="March"), make_event(title="Vote")):
        make_participation(event, other)
    return one, other


class TestAChange:
    def test_is_recorded_with_its_reason(self, curator: Client) -> None:
        actor = make_actor(name="The Union")
        change(curator, actor, name="Union of Examples", wikidata="Q42", reason="As it calls itself")
        decision = Decision.objects.get()
        assert (decision.action, decision.who, decision.reason) == (
            "corrected", "curator", "As it calls itself",
        )  # fmt: skip
        assert Actor.objects.get(name="The Union").merged_into == actor
        text = curator.get(history_of(actor)).text
        assert "As it calls itself" in text
        assert "<del>The Union</del>" in text or "<del>The </del>" in text
        assert decision_page(decision) in text

    def test_of_nothing_is_no_decision(self, curator: Client) -> None:
        actor = make_actor(aliases=["The Union"])
        assert change(curator, actor, reason="None").status_code == 302
        assert not Decision.objects.exists()

    def test_is_undone_on_the_decisions_page(self, curator: Client) -> None:
        actor = make_actor(name="The Union")
        change(curator, actor, name="Union of Examples")
        answer = curator.post(undoing(Decision.objects.get()), {"reason": "Wrong"}, follow=True)
        assert "It is undone." in answer.text
        actor.refresh_from_db()
        assert (actor.name, actor.aliases, Actor.objects.count()) == ("The Union", [], 1)
        assert Decision.objects.get(action="undone").reason == "Wrong"
        assert "Undone since by curator" in curator.get(history_of(actor)).text

    @pytest.mark.parametrize("value", ["42", "Q0", "https://www.wikidata.org/wiki/Q42", HOSTILE])
    def test_of_the_wikidata_id_is_checked(self, value: str, curator: Client) -> None:
        assert "wikidata" in errors(change(curator, make_actor(), wikidata=value))

    def test_over_anothers_is_refused(self, curator: Client) -> None:
        actor = make_actor()
        sent = {"name": actor.name, "kind": "state", "seen": "0" * 16}
        assert "while you had it open" in errors(curator.post(page(actor), sent))

    def test_a_new_one_is_recorded(self, curator: Client) -> None:
        sent = {"name": "A. Person", "aliases": "A. P.\nPerson", "kind": "person", "reason": "In the news"}
        assert curator.post(new("actor"), sent).status_code == 302
        assert Actor.objects.get().aliases == ["A. P.", "Person"]
        assert Decision.objects.get().action == "added"
        answer = curator.post(undoing(Decision.objects.get()), follow=True)
        assert "A. Person, which is gone" in answer.text
        assert not Actor.objects.exists()


class TestAMerge:
    def test_is_chosen_in_the_list(self, curator: Client, two: tuple[Actor, Actor]) -> None:
        sent = {"action": "merge_chosen", "_selected_action": [actor.pk for actor in two]}
        answer = curator.post(listing("actor"), sent)
        assert answer.url == merge_page(*sorted(two, key=lambda actor: actor.pk))
        sent = {"action": "merge_chosen", "_selected_action": [two[0].pk]}
        assert "Choose between 2 and 20 actors" in curator.post(listing("actor"), sent, follow=True).text

    def test_shows_them_side_by_side(self, curator: Client, two: tuple[Actor, Actor]) -> None:
        text = curator.get(merge_page(*two)).text
        for shown in ("Union of Examples", "The Union", "Q42", "2 events", "March", "0 events"):
            assert shown in text
        assert f'value="{two[1].pk}" id="stays-{two[1].pk}" checked' in text  # it takes part in more
        assert "What would come of it" not in text
        assert not Decision.objects.exists()

    def test_is_done_recorded_and_undone(self, curator: Client, two: tuple[Actor, Actor]) -> None:
        stays, other = two
        answer = merge(curator, stays, other, reason="The same")
        assert answer.redirect_chain[-1][0] == page(stays)
        assert "are now one actor" in answer.text
        stays.refresh_from_db()
        assert (stays.aliases, stays.participations.count()) == (["The Union"], 2)
        decision = Decision.objects.get()
        assert (decision.action, decision.reason, decision.who) == ("merged", "The same", "curator")
        assert f'href="{decision_page(decision)}#undo"' in answer.text
        assert "The Union" in curator.get(history_of(stays)).text
        curator.post(undoing(decision))
        other.refresh_from_db()
        assert (other.merged_into, other.participations.count()) == (None, 2)

    def test_of_what_was_changed_meanwhile_is_refused(
        self, curator: Client, two: tuple[Actor, Actor]
    ) -> None:
        answer = merge(curator, *two, **{f"seen-{two[1].pk}": "0" * 16})
        assert "while you had it open" in answer.text
        assert not Decision.objects.exists()

    def test_takes_none_that_was_not_looked_at(self, curator: Client, two: tuple[Actor, Actor]) -> None:
        one, other = two
        unseen = make_actor(name="A Union of Others")
        shown = curator.get(merge_page(one, other, stays=one.pk))
        sent = dict(re.findall(r'name="(seen-\d+)" value="(\w+)"', shown.text))
        curating.merge_actors(unseen, [other], by=User.objects.create(username="second"))
        sent |= {"actor": [one.pk, other.pk], "stays": one.pk}
        curator.post(reverse("admin:timeline_actor_merge"), sent)
        unseen.refresh_from_db()
        assert unseen.merged_into is None

    def test_warns_of_what_speaks_against_it(self, curator: Client, two: tuple[Actor, Actor]) -> None:
        third = make_actor(name="Third", wikidata="Q1", country="BY", kind="state")
        text = curator.get(merge_page(*two, third)).text
        assert "different kinds" in text
        assert "Wikidata takes them for two" in text
        assert "different countries" not in text  # two have none

    @pytest.mark.parametrize("keys", [[], ["x"], ["1"], ["1", "1"], ["99", "0", "-1", "9" * 30]])
    def test_of_nothing_leads_to_the_list(self, keys: list[str], curator: Client) -> None:
        make_actor(pk=1)
        answer = curator.get(reverse("admin:timeline_actor_merge", query={"actor": keys}), follow=True)
        assert "Choose at least two actors" in answer.text

    def test_of_one_merged_away_is_one_of_its_root(self, curator: Client) -> None:
        target, other = make_actor(), make_actor(name="Other")
        away = make_actor(name="Gone", merged_into=target)
        text = curator.get(merge_page(away, other)).text
        assert str(target) in text
        assert "Gone" not in text
        assert curator.get(merge_page(away, target)).status_code == 302


class TestOneMergedAway:
    def test_is_in_no_list_unless_asked_for(self, curator: Client) -> None:
        make_actor(name="Gone", merged_into=make_actor(name="There"))
        assert "Gone" not in curator.get(listing("actor")).text
        text = curator.get(listing("actor", merged="yes")).text
        assert "Gone" in text
        assert "There" not in text
        sent = {"term": "", "app_label": "timeline", "model_name": "participation", "field_name": "actor"}
        offered = curator.get(reverse("admin:autocomplete"), sent).json()["results"]
        assert [one["text"] for one in offered] == ["There"]

    def test_can_be_looked_at_and_no_more(self, curator: Client) -> None:
        root = make_actor(name="There")
        away = make_actor(name="Gone", merged_into=make_actor(merged_into=root))
        text = curator.get(page(away)).text
        assert f'was merged into <a href="{page(root)}">There</a>' in text
        assert 'name="name"' not in text
        assert curator.post(page(away), {"name": "x"}).status_code == 403
        curator.post(page(away).replace("change", "delete"), {"post": "yes"})
        assert Actor.objects.count() == 3

    def test_has_the_undo(self, curator: Client, two: tuple[Actor, Actor]) -> None:
        merge(curator, *two)
        decision = Decision.objects.get()
        assert undoing(decision) in curator.get(page(two[1])).text
        assert undoing(decision) not in curator.get(page(two[0])).text
        curator.post(undoing(decision))
        two[1].refresh_from_db()
        assert two[1].merged_into is None

    def test_what_cant_be_undone_says_why(self, curator: Client, two: tuple[Actor, Actor]) -> None:
        merge(curator, *two)
        first = Decision.objects.get()
        merge(curator, make_actor(name="Third"), two[0])
        assert "A later decision builds on it" in curator.post(undoing(first), follow=True).text


class TestDoubles:
    def test_are_offered_in_a_list_and_on_the_page(self, curator: Client) -> None:
        one, other = make_actor(name="Pérez Union"), make_actor(name="perez union")
        text = curator.get(DOUBLES).text
        assert "the same name but for case, accents or signs" in text
        assert merge_page(one, other).replace("&", "&amp;") in text
        assert merge_page(other, one).replace("&", "&amp;") in curator.get(page(other)).text
        assert DOUBLES in curator.get(listing("actor")).text

    def test_none(self, curator: Client) -> None:
        assert "No two actors look like one." in curator.get(DOUBLES).text

    def test_cost_the_same_however_many_they_are(self, curator: Client) -> None:
        counted = []
        for size in (2, 30):
            for number in range(size):
                for name in ("Union", "union"):
                    make_actor(name=f"{name} {size} {number}")
            with CaptureQueriesContext(
                connection,
            ) as queries:
                curator.get(DOUBLES)
            counted.append(len(queries))
        assert counted[0] == counted[1]


class TestPermissions:
    @pytest.fixture
    def viewer(self) -> Client:
        user = User.objects.create(username="viewer", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_actor"))
        client = Client()
        client.force_login(user)
        return client

    def test_those_who_may_look_change_nothing(self, viewer: Client, two: tuple[Actor, Actor]) -> None:
        by = User.objects.create(username="c")
        curating.correct_actor(two[0], {"kind": "group"}, by=by, reason="Because")
        decision = Decision.objects.get()
        assert viewer.get(DOUBLES).status_code == 403
        assert DOUBLES not in viewer.get(listing("actor")).text
        text = viewer.get(history_of(two[0])).text
        assert "Because" in text
        assert decision_page(decision) not in text
        assert viewer.get(merge_page(*two)).status_code == 403
        sent = {"actor": [one.pk for one in two], "stays": two[0].pk}
        assert viewer.post(reverse("admin:timeline_actor_merge"), sent).status_code == 403
        assert viewer.post(undoing(decision)).status_code == 403
        assert Decision.objects.count() == 1

    def test_strangers_log_in_first(self, client: Client, two: tuple[Actor, Actor]) -> None:
        for address in (DOUBLES, merge_page(*two)):
            assert client.get(address).url.startswith("/admin/login/")

    def test_what_writes_is_posted_with_a_token(self, two: tuple[Actor, Actor]) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))
        curating.correct_actor(two[0], {"kind": "group"}, by=User.objects.get())
        decision = Decision.objects.get()
        assert client.get(undoing(decision)).status_code == 405
        assert client.post(undoing(decision)).status_code == 403
        sent = {"actor": [one.pk for one in two], "stays": two[0].pk}
        assert client.post(reverse("admin:timeline_actor_merge"), sent).status_code == 403
        assert Decision.objects.count() == 1


def test_hostile_text_is_shown_as_text(curator: Client) -> None:
    one, other = make_actor(name=HOSTILE, aliases=[HOSTILE * 2]), make_actor(name=HOSTILE.upper())
    make_participation(make_event(title=HOSTILE), one)
    addresses = [
        merge_page(one, other),
        merge_page(one, other, stays=one.pk),
        page(one),
        page(other),
        DOUBLES,
    ]
    for address in addresses:
        check_harmless(curator.get(address).text)
    check_harmless(merge(curator, one, other, reason=HOSTILE).text)
    for address in (
        page(one),
        page(other),
        history_of(one),
        history_of(other),
        listing("actor", merged="yes"),
    ):
        check_harmless(curator.get(address).text)
    assert Event.objects.get().participations.get().actor == one


def check_harmless(text: str) -> None:
    assert "&lt;script&gt;" in text.lower()
    assert "<script>alert" not in text.lower()
    assert "<img src=x" not in text.lower()
    assert not re.search(r"<style\b|\son[a-z]+=(?!alert)|javascript:", text)
