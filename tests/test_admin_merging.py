"""Merge, split, move and add in the admin: nothing without a look first, nothing against another curator."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_actor, make_event, make_mention, make_participation, make_source
from tests.test_admin_history import decision_page, undoing
from timeline import curating
from timeline.curating import token
from timeline.models import Decision, Event, Mention, Review, Source

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def client_of(name: str, *permissions: str) -> Client:
    """A member of staff with these permissions, such as `change_event`."""
    user = User.objects.create(username=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


ALL = [f"{act}_{model}" for act in ("view", "add", "change") for model in ("event", "mention", "source")]
ALL.append("view_decision")


@pytest.fixture
def curator() -> Client:
    return client_of("curator", *ALL)


def merge_page(*events: Event, **query: object) -> str:
    ids = ",".join(str(event.pk) for event in events)
    return reverse("admin:timeline_event_merge", query={"ids": ids, **query})


def split_page(event: Event) -> str:
    return reverse("admin:timeline_event_split", args=[event.pk])


def change_page(row: Any) -> str:
    return reverse(f"admin:timeline_{type(row).__name__.lower()}_change", args=[row.pk])


def merging(response: Any, **sent: object) -> dict[str, object]:
    """What the page sends if its button is pressed as it stands."""
    context = response.context
    seen = {f"seen-{pk}": told for pk, told in context["tokens"]}
    target = context["target"].pk
    return {**seen, "target": target, "previewed": target, **sent}


def splitting(response: Any, **sent: object) -> dict[str, object]:
    context = response.context
    seen = {f"seen-{pk}": told for pk, told in context["tokens"]}
    ticked = [mention.pk for mention, _, chosen in context["passages"] if chosen]
    to = context["to"].pk if context["to"] else "new"
    return {**seen, "mention": ticked, "to": to, "previewed": context["choice"], **sent}


@pytest.fixture
def pair() -> tuple[Event, Event]:
    """Two events that are one, each with a passage."""
    first = make_event(title="March in Minsk")
    second = make_event(title="Protests in the capital", date="2020-08", kind="protest")
    make_mention(make_source(), first, words="Thousands marched through Minsk", extractor="1")
    make_mention(make_source(), second, words="Police detained at least 400 people.", extractor="1")
    return first, second


class TestMerge:
    def test_the_list_leads_to_the_page(self, curator: Client, pair: tuple[Event, Event]) -> None:
        listing = reverse("admin:timeline_event_changelist")
        keys = [event.pk for event in pair]
        response = curator.post(listing, {"action": "merge_chosen", "_selected_action": keys})
        assert response["Location"] == merge_page(*pair)
        response = curator.post(
            listing, {"action": "merge_chosen", "_selected_action": keys[:1]}, follow=True
        )
        assert "Choose 2 to 50 events" in response.text

    def test_shows_all_of_them_and_what_they_make(self, curator: Client, pair: tuple[Event, Event]) -> None:
        first, second = pair
        second.summary, second.locked_fields, second.country = "In my words", ["country"], "RU"
        second.save()
        response = curator.get(merge_page(*pair))
        for words in (first.title, second.title, "marched through Minsk", "detained at least 400", "by hand"):
            assert words in response.text
        changed = {line.label for line in response.context["lines"] if line.then[0].new}
        assert changed == {"Country", "Summary", "Title"}
        assert Event.objects.get(pk=first.pk).summary == ""

    @pytest.mark.parametrize(
        ("better", "chosen"),
        [({}, 0), ({"review": "confirmed"}, 1), ({"sources": 2}, 1)],
        ids=["the oldest", "the confirmed", "the one with most sources"],
    )
    def test_which_stays_if_nothing_is_said(
        self, better: dict[str, Any], chosen: int, curator: Client, pair: tuple[Event, Event]
    ) -> None:
        if better.pop("sources", 0):
            make_mention(make_source(), pair[1])
        Event.objects.filter(pk=pair[1].pk).update(**(better or {"title": "Other"}))
        assert curator.get(merge_page(*pair)).context["target"] == pair[chosen]

    def test_what_curators_set_differently_is_said(self, curator: Client, pair: tuple[Event, Event]) -> None:
        for event, status in zip(pair, ("cancelled", "planned"), strict=True):
            Event.objects.filter(pk=event.pk).update(status=status, locked_fields=["status"])
        (said,) = curator.get(merge_page(*pair)).context["at_odds"]
        assert said.startswith(
            "Status was set by hand to different values: “Cancelled” in “March in Minsk” stays"
        )
        (said,) = curator.get(merge_page(*pair, target=pair[1].pk)).context["at_odds"]
        assert "“Planned” in “Protests in the capital” stays" in said

    def test_is_done_and_undone(self, curator: Client, pair: tuple[Event, Event]) -> None:
        first, second = pair
        address = merge_page(*pair)
        response = curator.post(address, merging(curator.get(address), reason="The same march"), follow=True)
        assert response.redirect_chain[-1][0] == change_page(first)
        second.refresh_from_db()
        assert (second.merged_into, second.review) == (first, Review.REJECTED)
        decision = Decision.objects.get()
        assert (decision.action, decision.who, decision.reason) == ("merged", "curator", "The same march")
        assert f'<a class="button" href="{decision_page(decision)}#undo">Undo…</a>' in response.text
        page = curator.get(decision_page(decision))
        assert "The same march" in page.text
        assert '<h2 id="undo">' in page.text
        curator.post(undoing(decision), {"reason": "Two days apart"})
        second.refresh_from_db()
        assert (second.merged_into, second.review) == (None, Review.UNREVIEWED)
        assert Decision.objects.get(action="undone").reason == "Two days apart"
        assert "It has been undone already" in curator.post(undoing(decision), follow=True).text

    def test_another_choice_is_shown_before_it_is_done(
        self, curator: Client, pair: tuple[Event, Event]
    ) -> None:
        first, second = pair
        address = merge_page(*pair)
        response = curator.post(address, merging(curator.get(address), target=second.pk, reason="So"))
        assert (response.context["target"], response.context["reason"]) == (second, "So")
        assert not Decision.objects.exists()
        curator.post(address, merging(response))
        first.refresh_from_db()
        assert first.merged_into == second

    def test_not_over_what_another_curator_did_meanwhile(
        self, curator: Client, pair: tuple[Event, Event]
    ) -> None:
        second = pair[1]
        address = merge_page(*pair)
        mine = merging(curator.get(address))
        other = User.objects.create(username="another")
        curating.correct(second, {"status": "cancelled"}, by=other)
        response = curator.post(address, mine)
        assert response.status_code == 409
        second.refresh_from_db()
        assert f"another (corrected) changed “{second.title}”" in response.text
        assert second.merged_into is None
        # The answer has the events as they are now, so that the curator can decide again.
        assert curator.post(address, merging(response)).status_code == 302

    def test_preview_only_shows_even_what_was_shown_already(
        self, curator: Client, pair: tuple[Event, Event]
    ) -> None:
        address = merge_page(*pair)
        response = curator.post(address, merging(curator.get(address), preview="Preview", reason="Both"))
        assert (response.status_code, response.context["reason"]) == (200, "Both")
        assert not Decision.objects.exists()

    def test_nor_without_having_looked(self, curator: Client, pair: tuple[Event, Event]) -> None:
        sent = {"target": pair[0].pk, "previewed": pair[0].pk}
        assert curator.post(merge_page(*pair), sent).status_code == 409
        assert curator.post(merge_page(*pair), {}).status_code == 400

    def test_one_that_is_merged_already_is_named(self, curator: Client, pair: tuple[Event, Event]) -> None:
        curating.merge(*(pair[0], [pair[1]]), by=User.objects.get())
        third = make_event()
        response = curator.get(merge_page(pair[1], third))
        assert "was merged into" in response.text
        assert "Merge these 2 events" not in response.text

    @pytest.mark.parametrize("ids", ["", "1", "x,y", "9" * 30, "1,99999", ",".join(map(str, range(1, 60)))])
    def test_other_events_than_there_are(self, ids: str, curator: Client) -> None:
        response = curator.get(reverse("admin:timeline_event_merge", query={"ids": ids}), follow=True)
        assert response.redirect_chain
        assert "errornote" not in response.text
        assert 'class="error"' in response.text

    def test_as_many_queries_for_many_as_for_few(self, curator: Client) -> None:
        def queries(number: int) -> int:
            events = [make_event() for _ in range(number)]
            for event in events:
                make_mention(make_source(), event)
                make_participation(event, make_actor())
            with CaptureQueriesContext(connection) as caught:
                assert curator.get(merge_page(*events)).status_code == 200
            # Of the merge itself, each event that is merged takes some.
            return sum("SAVEPOINT" not in one["sql"] for one in caught.captured_queries)

        few, more, many = queries(2), queries(12), queries(22)
        assert many - more == more - few
        assert (many - more) / 10 < 15


class TestSplit:
    @pytest.fixture
    def mixed(self) -> Event:
        event = make_event(title="March in Minsk")
        source = make_source()
        make_mention(source, event, words="Thousands marched through Minsk", extractor="1")
        words = "Police detained at least 400 people."
        make_mention(
            source, event, words=words, extractor="1", kind="crackdown", title="Crackdown in Belarus"
        )
        return event

    def test_the_event_leads_there(self, curator: Client, mixed: Event) -> None:
        assert (
            f'<a href="{split_page(mixed)}">Split or move passages</a>'
            in curator.get(change_page(mixed)).text
        )

    def test_into_a_new_event_and_back(self, curator: Client, mixed: Event) -> None:
        first, second = mixed.mentions.all()
        page = curator.post(split_page(mixed), {"mention": [second.pk], "to": "new", "preview": ""})
        assert not Decision.objects.exists()
        stays, new = (one.event for one, _ in page.context["then"])
        assert (stays.title, new.title) == ("March in Belarus", "Crackdown in Belarus")
        response = curator.post(split_page(mixed), splitting(page, reason="Two things"), follow=True)
        second.refresh_from_db()
        assert second.event != mixed
        assert response.redirect_chain[-1][0] == change_page(second.event)
        assert "1 passage now with" in response.text
        decision = Decision.objects.get()
        assert (decision.action, decision.reason) == ("split", "Two things")
        curator.post(undoing(decision))
        assert list(mixed.mentions.all()) == [first, second]

    def test_preview_only_shows_even_what_was_shown_already(self, curator: Client, mixed: Event) -> None:
        passage = mixed.mentions.order_by("pk")[0]
        address = split_page(mixed)
        response = curator.post(address, {"mention": passage.pk, "to": "new", "preview": "Preview"})
        response = curator.post(address, splitting(response, preview="Preview"))
        assert response.status_code == 200
        assert len(response.context["then"]) == 2
        assert not Decision.objects.exists()

    def test_to_another_event(self, curator: Client, mixed: Event) -> None:
        to = make_event(title="Arrests", kind="crackdown", date="2020-08-10")
        second = mixed.mentions.last()
        page = curator.post(split_page(mixed), {"mention": [second.pk], "to": to.pk, "preview": ""})
        assert to in page.context["offered"]
        curator.post(split_page(mixed), splitting(page))
        second.refresh_from_db()
        assert (second.event, second.placed_by_hand) == (to, True)

    @pytest.mark.parametrize(
        "look", ["{pk}", "/events/{pk}/", "https://site.example/events/{pk}/", "faraway"]
    )
    def test_one_that_was_looked_for(self, look: str, curator: Client, mixed: Event) -> None:
        far = make_event(title="Vote faraway", date="1999", country="KE")
        sent = {"mention": [mixed.mentions.last().pk], "look": look.format(pk=far.pk), "look-for": "Look"}
        assert far in curator.post(split_page(mixed), sent).context["offered"]

    @pytest.mark.parametrize("look", ["nothing of that", HOSTILE, "9" * 40, "/events/0/"])
    def test_or_is_not_there(self, look: str, curator: Client, mixed: Event) -> None:
        response = curator.post(split_page(mixed), {"look": look, "look-for": "Look"})
        assert "No event is found by" in response.text
        assert HOSTILE not in response.text

    def test_all_of_them_to_another_leaves_none(self, curator: Client, mixed: Event) -> None:
        to = make_event(title="Arrests", date="2020-08-10")
        sent = {"mention": [m.pk for m in mixed.mentions.all()], "to": to.pk}
        response = curator.post(
            split_page(mixed), splitting(curator.post(split_page(mixed), sent)), follow=True
        )
        assert "has no passage left, so it is now rejected" in response.text
        mixed.refresh_from_db()
        assert mixed.review == Review.REJECTED

    @pytest.mark.parametrize(
        ("ticked", "message"), [(0, "Tick the passages"), (2, "At least one passage has to stay")]
    )
    def test_none_or_all_make_no_new_event(
        self, ticked: int, message: str, curator: Client, mixed: Event
    ) -> None:
        keys = [mention.pk for mention in mixed.mentions.all()][:ticked]
        response = curator.post(split_page(mixed), {"mention": keys, "to": "new"})
        assert message in response.text
        assert not Decision.objects.exists()

    @pytest.mark.parametrize("to", ["new", "other"])
    def test_not_over_what_another_curator_did_meanwhile(
        self, to: str, curator: Client, mixed: Event
    ) -> None:
        other = make_event(title="Arrests", date="2020-08-10")
        second = mixed.mentions.last()
        sent = {"mention": [second.pk], "to": "new" if to == "new" else other.pk}
        mine = splitting(curator.post(split_page(mixed), sent))
        changed = mixed if to == "new" else other
        curating.correct(changed, {"status": "planned"}, by=User.objects.create(username="another"))
        response = curator.post(split_page(mixed), mine)
        assert response.status_code == 409
        assert "another (corrected) changed" in response.text
        second.refresh_from_db()
        assert second.event == mixed

    def test_what_was_merged_leads_on(self, curator: Client, mixed: Event) -> None:
        other = make_event(title="The whole")
        curating.merge(other, [mixed], by=User.objects.get())
        response = curator.get(split_page(mixed), follow=True)
        assert "It was merged into" in response.text


class TestPermissions:
    def pages(self, pair: tuple[Event, Event]) -> list[str]:
        curating.review([pair[0]], Review.CONFIRMED, by=User.objects.create(username="somebody"))
        return [merge_page(*pair), split_page(pair[0])]

    def test_who_may_only_look_decides_nothing(self, pair: tuple[Event, Event]) -> None:
        viewer = client_of("viewer", "view_event", "view_mention", "view_source")
        for address in self.pages(pair):
            assert viewer.get(address).status_code == 403
            assert viewer.post(address, {"target": pair[0].pk, "previewed": pair[0].pk}).status_code == 403
        listing = reverse("admin:timeline_event_changelist")
        keys = [event.pk for event in pair]
        viewer.post(listing, {"action": "merge_chosen", "_selected_action": keys})
        assert "merge_chosen" not in viewer.get(listing).text
        assert "/split/" not in viewer.get(change_page(pair[0])).text
        assert viewer.get(reverse("admin:timeline_mention_add")).status_code == 403
        source = Source.objects.all()[0]
        assert "Make a passage" not in viewer.get(change_page(source)).text
        assert "data-make" not in viewer.get(source.get_absolute_url()).text
        assert Decision.objects.count() == 1

    def test_what_a_decision_changed_is_what_one_must_be_allowed_to_change(
        self, pair: tuple[Event, Event]
    ) -> None:
        somebody = User.objects.create(username="somebody")
        curating.split(pair[0], [make_mention(make_source(), pair[0])], by=somebody)
        curating.merge_actors(make_actor(), [make_actor()], by=somebody)
        helper = client_of("helper", "view_event", "change_event", "view_decision")
        for decision in Decision.objects.all():
            assert helper.post(undoing(decision)).status_code == 403
            assert undoing(decision) not in helper.get(decision_page(decision)).text
        assert helper.get(split_page(pair[0])).status_code == 403
        assert "/split/" not in helper.get(change_page(pair[0])).text
        assert helper.get(merge_page(*pair)).status_code == 200
        assert not Decision.objects.filter(action="undone").exists()

    def test_strangers_are_asked_who_they_are(self, pair: tuple[Event, Event]) -> None:
        for address in self.pages(pair):
            assert Client().get(address)["Location"].startswith(reverse("admin:login"))

    def test_nothing_is_done_without_the_token_of_the_form(self, pair: tuple[Event, Event]) -> None:
        user = User.objects.create(username="curator", is_staff=True, is_superuser=True)
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        for address in [*self.pages(pair), reverse("admin:timeline_mention_add")]:
            sent = {**merging(client.get(merge_page(*pair))), "to": "new", "mention": [1]}
            assert client.post(address, sent).status_code == 403
        assert Decision.objects.count() == 1

    def test_reading_takes_nothing_back(self, curator: Client, pair: tuple[Event, Event]) -> None:
        for address in self.pages(pair):
            assert curator.get(address).status_code == 200
        assert Decision.objects.count() == 1


class TestHostileWords:
    def test_show_as_text_on_every_page(self, curator: Client) -> None:
        events = [make_event(title=HOSTILE, summary=HOSTILE, locked_fields=["title"]) for _ in range(2)]
        Event.objects.filter(pk=events[1].pk).update(title=f"{HOSTILE} other", date="2020-08-10")
        source = make_source(body=HOSTILE, headline=HOSTILE)
        for event in events:
            make_mention(source, event, words=HOSTILE, cited=HOSTILE)
            make_mention(make_source(body=HOSTILE), event, words=HOSTILE, title=HOSTILE)
            make_participation(event, make_actor(name=f"{HOSTILE} {event.pk}"))
        first = events[0]
        sent = {"mention": [first.mentions.first().pk], "look": HOSTILE, "reason": HOSTILE}
        merged = merge_page(*events)
        query = {"source": source.pk, "start": 0, "end": len(HOSTILE)}
        pages = [
            curator.get(merged),
            curator.get(merge_page(*events, reason=HOSTILE)),
            curator.post(split_page(first), sent),
            curator.get(reverse("admin:timeline_mention_add", query=query)),
            curator.get(change_page(source)),
            curator.get(source.get_absolute_url()),
            curator.post(merged, merging(curator.get(merged), reason=HOSTILE), follow=True),
            curator.get(decision_page(Decision.objects.latest("pk"))),
        ]
        for page in pages:
            assert page.status_code == 200
            assert "&lt;script&gt;alert(1)" in page.text
            assert "<script>alert" not in page.text
            assert "<img src=x" not in page.text


class TestAdd:
    def add(self, client: Client, source: Source, **sent: Any) -> Any:
        return client.post(reverse("admin:timeline_mention_add"), {"source": source.pk, **sent})

    def test_the_words_are_shown_and_the_likely_events_offered(self, curator: Client) -> None:
        source, here = make_source(), make_event()
        make_mention(source, here)
        near, far = make_event(title="Near", date="2020-08-20"), make_event(title="Far", date="1999")
        rejected = make_event(title="Rejected", review="rejected")
        query = {"source": source.pk, "start": 0, "end": 10}
        response = curator.get(reverse("admin:timeline_mention_add", query=query))
        assert f"<mark>{source.text[:10]}</mark>" in response.text
        offered = dict(response.context["adminform"].form.fields["belongs"].choices)
        assert list(offered)[:2] == [str(here.pk), str(near.pk)]
        assert not {str(far.pk), str(rejected.pk)} & set(offered)
        assert list(offered)[-1] == "new"

    @pytest.mark.parametrize(
        "query",
        [{"source": "x"}, {"source": 10**20, "start": 1, "end": 2}, {"start": 5}, {"source": HOSTILE}],
    )
    def test_an_address_that_names_no_words_shows_none(self, query: dict[str, Any], curator: Client) -> None:
        response = curator.get(reverse("admin:timeline_mention_add", query=query))
        assert response.status_code == 200
        assert response.context["passage"] is None

    def test_with_a_new_event(self, curator: Client) -> None:
        source = make_source()
        sent = {
            "quote": "The government plans a referendum by February 2022.", "belongs": "new",
            "kind": "referendum", "date": "../2022-02", "status": "planned", "country": "BY",
            "date_words": "by February 2022", "reason": "Missed", "cited": "",
        }  # fmt: skip
        response = self.add(curator, source, **sent)
        assert response.status_code == 302, response.context["adminform"].form.errors
        mention = Mention.objects.get()
        event = mention.event
        assert (event.title, event.date, event.status) == ("Referendum in Belarus", "../2022-02", "planned")
        assert (event.review, event.locked_fields, event.country.code) == ("confirmed", [], "BY")
        assert source.text[slice(*mention.spans["date"])] == "by February 2022"
        decision = Decision.objects.get()
        assert (decision.action, decision.reason, decision.versions.count()) == ("added", "Missed", 2)
        reader = Client()
        assert "Added by a curator" in reader.get(event.get_absolute_url()).text
        assert f'id="m{mention.pk}"' in reader.get(source.get_absolute_url()).text
        assert event.title in reader.get("/?text=referendum").text

    def test_to_one_that_is_offered(self, curator: Client) -> None:
        source, event = make_source(), make_event()
        make_mention(source, event, words="Thousands")
        assert self.add(curator, source, belongs=event.pk, quote="Police").status_code == 302
        assert event.mentions.count() == 2

    def test_no_article_is_added_from_beside_the_field(self, curator: Client) -> None:
        text = curator.get(reverse("admin:timeline_mention_add")).text
        assert 'id="add_id_event"' in text
        assert 'id="add_id_source"' not in text  # it would begin an upload in a small window
        answer = curator.get(reverse("admin:timeline_source_add"))
        assert answer["Location"] == reverse("admin:timeline_upload_add")

    def test_can_be_undone_at_once(self, curator: Client) -> None:
        source, event = make_source(), make_event()
        response = curator.post(
            reverse("admin:timeline_mention_add"),
            {"source": source.pk, "event": event.pk, "quote": "Police"},
            follow=True,
        )
        assert decision_page(Decision.objects.get()) in response.text
        curator.post(undoing(Decision.objects.get()))
        assert Mention.objects.get().is_taken_back
        assert "Taken back by a curator" in curator.get(change_page(event)).text

    @pytest.mark.parametrize(
        ("sent", "field", "message"),
        [
            ({}, "event", "Choose the event that the passage tells of, or describe a new one"),
            ({"belongs": "new"}, "kind", "Choose what kind of event"),
            ({"belongs": "new", "kind": "protest", "date": "soon"}, "date", "soon"),
            ({"belongs": "new", "kind": "x"}, "kind", "not one of the available"),
            ({"belongs": "new", "kind": "protest", "title": "x" * 301}, "title", "at most 300"),
            ({"belongs": "12345"}, "belongs", "not one of the available"),
            (
                {"belongs": "new", "kind": "protest", "date_words": "No such"},
                "date_words",
                "within the passage",
            ),
        ],
    )
    def test_what_is_wrong_is_said_where(
        self, sent: dict[str, Any], field: str, message: str, curator: Client
    ) -> None:
        response = self.add(curator, make_source(), quote="Police", **sent)
        assert message in str(response.context["adminform"].form.errors[field])
        assert not Mention.objects.exists()
        assert not Event.objects.exists()

    def test_not_to_a_rejected_event(self, curator: Client) -> None:
        event = make_event(review="rejected")
        response = self.add(curator, make_source(), quote="Police", event=event.pk)
        assert "It is rejected" in str(response.context["adminform"].form.errors["event"])

    def test_a_new_event_only_by_those_who_may_add_events(self) -> None:
        client = client_of("helper", "view_mention", "add_mention", "view_event", "view_source")
        page = client.get(reverse("admin:timeline_mention_add"))
        assert "If it is a new event" not in page.text
        response = self.add(client, make_source(), quote="Police", belongs="new", kind="protest")
        assert "belongs" in response.context["adminform"].form.errors
        assert self.add(client, make_source(), quote="Police", event=make_event().pk).status_code == 302

    def test_from_the_page_of_the_source(self, curator: Client) -> None:
        source = make_source()
        address = reverse("admin:timeline_mention_add")
        assert f'action="{address}"' in curator.get(change_page(source)).text
        page = curator.get(source.get_absolute_url())
        assert f'data-make="{address}?source={source.pk}"' in page.text
        assert page["Cache-Control"] == "private, no-store"
        assert "data-make" not in Client().get(source.get_absolute_url()).text
        Source.objects.filter(pk=source.pk).update(replaced_by=make_source())
        assert "data-make" not in curator.get(source.get_absolute_url()).text
        assert f'action="{address}"' not in curator.get(change_page(source)).text


class TestPassagePage:
    def test_a_move_is_recorded_with_its_reason(self, curator: Client, pair: tuple[Event, Event]) -> None:
        mention = pair[0].mentions.get()
        sent = {"event": pair[1].pk, "reason": "It tells of that", "seen": token(pair[0])}
        response = curator.post(change_page(mention), sent, follow=True)
        decision = Decision.objects.get()
        assert (decision.action, decision.who, decision.reason) == ("moved", "curator", "It tells of that")
        assert decision_page(decision) in response.text

    def test_not_over_what_another_curator_did_meanwhile(
        self, curator: Client, pair: tuple[Event, Event]
    ) -> None:
        mention, seen = pair[0].mentions.get(), token(pair[0])
        curating.correct(pair[0], {"status": "planned"}, by=User.objects.create(username="another"))
        response = curator.post(change_page(mention), {"event": pair[1].pk, "seen": seen})
        assert "while you had it open" in str(response.context["adminform"].form.errors)
        mention.refresh_from_db()
        assert mention.event == pair[0]

    def test_nor_where_the_other_comes_between_the_form_and_the_decision(
        self, curator: Client, pair: tuple[Event, Event], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise curating.Conflict("Somebody was faster.")

        monkeypatch.setattr(curating, "move", refuse)
        response = curator.post(change_page(pair[0].mentions.get()), {"event": pair[1].pk}, follow=True)
        assert "Somebody was faster." in response.text
        assert "was changed successfully" not in response.text

    def test_not_to_what_was_merged_away(self, curator: Client, pair: tuple[Event, Event]) -> None:
        third = make_event(title="The third")
        curating.merge(third, [pair[1]], by=User.objects.get())
        response = curator.post(change_page(pair[0].mentions.get()), {"event": pair[1].pk})
        assert "It was merged into" in str(response.context["adminform"].form.errors["event"])

    def test_a_changed_reading_is_recorded(self, curator: Client) -> None:
        mention = curating.add_mention(make_source(), 0, 9, make_event(), by=User.objects.get())
        sent = {
            "event": mention.event_id, "kind": "protest", "title": mention.title, "date": "2020-08-09",
            "status": "cancelled", "country": "BY", "cited": "", "reason": "So it says",
        }  # fmt: skip
        assert curator.post(change_page(mention), sent).status_code == 302
        assert Decision.objects.get(action="corrected").reason == "So it says"
        assert Event.objects.get().status == "cancelled"
