"""What readers see: all that is not rejected, or only what a curator has confirmed; and which is which."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests import factories
from timeline import columns
from timeline.filters import Selection
from timeline.models import Actor, Event, Source
from timeline.roles import CURATORS, VIEWERS

pytestmark = pytest.mark.django_db
SECRETS = ("Whispered", "Hidden Union", "Quiet headline", "Kenya", "Silent Press")
WORDS = "Thousands marched through Minsk on Sunday"


@dataclass
class Told:
    """A confirmed event and one that isn't, told by one source each and by one that tells of both."""

    open: Event
    secret: Event
    both: Source
    quiet: Source
    union: Actor
    hidden: Actor


@pytest.fixture
def told() -> Told:
    event = factories.make_event(title="March in Minsk", review="confirmed")
    secret = factories.make_event(title="Whispered strike", country="KE", kind="crackdown", date="2020-08-10")
    later = factories.make_event(title="Whispered vote", country="KE", kind="election", date="2020-08-08")
    both = factories.make_source(headline="Open headline")
    quiet = factories.make_source(headline="Quiet headline", publisher="Silent Press")
    factories.make_mention(both, event, words=WORDS)
    factories.make_mention(both, secret, words="Police detained at least 400 people.")
    factories.make_mention(quiet, secret, words=WORDS)
    factories.make_mention(quiet, later, words="The government plans a referendum")
    union, hidden = factories.make_actor(name="Open Union"), factories.make_actor(name="Hidden Union")
    for actor in (union, hidden):
        factories.make_participation(secret, actor)
    factories.make_participation(event, union)
    return Told(event, secret, both, quiet, union, hidden)


@pytest.fixture
def only_confirmed(settings: Settings) -> None:
    settings.PUBLIC = "confirmed"


def addresses(told: Told) -> Iterator[str]:
    """Every page that there is, and every way to ask for more."""
    secret = told.secret
    queries = [
        "", "?group=actor", "?group=country", "?text=whisp", "?text=hid&order=rank", "?order=-date",
        "?page=2", "?country=KE", "?kind=crackdown", "?review=unreviewed", "?review=rejected",
        "?from=2020-08-10", f"?event={secret.pk}", f"?event={told.open.pk}", f"?source={told.quiet.pk}",
        f"?source={told.both.pk}", f"?actor={told.hidden.pk}", f"?actor={told.union.pk}",
    ]  # fmt: skip
    for query in queries:
        yield f"/{query}"
        yield f"/figure.json{query}"
        yield f"{told.union.get_absolute_url()}{query}"
        yield f"{told.hidden.get_absolute_url()}{query}"
    for row in (told.open, secret, told.both, told.quiet):
        yield row.get_absolute_url()


@pytest.mark.usefixtures("only_confirmed")
class TestOnlyConfirmed:
    @pytest.mark.parametrize("limit", [2000, 0], ids=["marks", "bins"])
    def test_nothing_else_shows_anywhere(
        self, client: Client, told: Told, monkeypatch: pytest.MonkeyPatch, limit: int
    ) -> None:
        monkeypatch.setattr("timeline.charts.LIMIT", limit)
        for address in addresses(told):
            text = client.get(address).text
            # A country that was asked for by its code is named where it can be taken away.
            secrets = [word for word in SECRETS if word != "Kenya" or "country=KE" not in address]
            assert [word for word in secrets if word in text] == [], address
            assert f"/events/{told.secret.pk}/" not in text, address

    def test_the_confirmed_is_there(self, client: Client, told: Told) -> None:
        rows = (told.open, told.both, told.union)
        asked = ["/", "/figure.json", "/?text=march", f"/?source={told.both.pk}"]
        for address in [*asked, *(row.get_absolute_url() for row in rows)]:
            response = client.get(address)
            assert response.status_code == 200
            assert "March in Minsk" in response.text, address
        assert len(columns.current().order) == 1

    def test_what_has_nothing_confirmed_is_not_there(self, client: Client, told: Told) -> None:
        for row in (told.secret, told.quiet, told.hidden):
            response = client.get(row.get_absolute_url())
            assert response.status_code == 404
            assert "Not here" in response.text
            assert response.text == client.get(row.get_absolute_url().replace(str(row.pk), "999999")).text

    @pytest.mark.usefixtures("told")
    def test_facets_count_the_confirmed_and_offer_no_review(self, client: Client) -> None:
        facets = {facet.name: facet for facet in client.get("/").context["facets"]}
        assert "review" not in facets
        counts = {name: sum(one.count for one in facet.options) for name, facet in facets.items()}
        assert counts == {"kind": 1, "status": 1, "country": 1, "disputed": 1, "actor": 1, "source": 1}

    def test_neighbours_are_confirmed_ones(self, client: Client, told: Told) -> None:
        context = client.get(told.open.get_absolute_url()).context
        assert (context["previous"], context["next"]) == (None, None)
        panel = client.get(f"/?event={told.open.pk}").context["panel"]
        assert (panel.get("previous"), panel.get("next"), panel["of"]) == (None, None, 1)

    def test_a_passage_in_an_older_text_leads_to_nothing_else(self, client: Client, told: Told) -> None:
        old = factories.make_source(
            path=told.quiet.path + ".old", text=told.quiet.text, headline="Quiet headline"
        )
        Source.objects.filter(pk=old.pk).update(replaced_by=told.quiet.pk, path=told.quiet.path)
        assert client.get(old.get_absolute_url()).status_code == 404
        Event.objects.filter(pk=told.secret.pk).update(review="confirmed")
        assert client.get(old.get_absolute_url()).status_code == 200

    @pytest.mark.parametrize("role", [VIEWERS, CURATORS])
    def test_curators_see_it_with_a_note(self, client: Client, told: Told, role: str) -> None:
        client.force_login(factories.make_user(role))
        for row in (told.secret, told.quiet, told.hidden):
            response = client.get(row.get_absolute_url())
            assert response.status_code == 200
            assert "Readers do not see" in response.text
        assert "Readers do not see" not in client.get(told.open.get_absolute_url()).text
        assert "Readers do not see" not in client.get(told.both.get_absolute_url()).text

    @pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_staff": True}, {"is_active": False}])
    def test_others_with_an_account_do_not(self, client: Client, told: Told, fields: dict[str, bool]) -> None:
        client.force_login(factories.make_user(**fields))
        for row in (told.secret, told.quiet, told.hidden):
            assert client.get(row.get_absolute_url()).status_code == 404

    def test_to_confirm_is_to_show(self, client: Client, told: Told) -> None:
        assert "Whispered strike" not in client.get("/").text
        curator = Client()
        curator.force_login(factories.make_user(CURATORS))
        sent = {"action": "confirm", "_selected_action": [told.secret.pk]}
        curator.post(reverse("admin:timeline_event_changelist"), sent)
        assert "Whispered strike" in client.get("/").text
        assert client.get(told.quiet.get_absolute_url()).status_code == 200
        curator.post(reverse("admin:timeline_event_changelist"), {**sent, "action": "back_to_unreviewed"})
        assert "Whispered strike" not in client.get("/").text

    def test_where_nothing_is_confirmed_the_page_says_so(self, client: Client) -> None:
        factories.make_event()
        text = client.get("/").text
        assert "No curator has confirmed an event yet." in text
        assert "No article has been loaded" not in text


@pytest.mark.usefixtures("told")
class TestTheSettingIsChanged:
    def test_nothing_that_was_kept_before_is_shown(self, client: Client, settings: Settings) -> None:
        before = client.get("/")
        assert "Whispered" in before.text
        settings.PUBLIC = "confirmed"
        after = client.get("/", headers={"If-None-Match": before["ETag"]})
        assert after.status_code == 200
        assert "Whispered" not in after.text
        assert len(columns.current().order) == 1

    def test_snapshots_are_of_one_setting(self, settings: Settings, tmp_path: Any) -> None:
        settings.CACHE_FOLDER = str(tmp_path)
        columns.save(columns.read())
        settings.PUBLIC = "confirmed"
        assert columns.saved() is None
        columns.save(columns.read())
        assert len(list(tmp_path.glob("*.columns"))) == 2
        kept = columns.saved()
        assert kept is not None
        assert len(kept.order) == 1


def test_by_default_everything_that_is_not_rejected_is_shown(client: Client, told: Told) -> None:
    for row in (told.secret, told.quiet, told.hidden):
        assert client.get(row.get_absolute_url()).status_code == 200
    assert "review" in [facet.name for facet in client.get("/").context["facets"]]
    Event.objects.update(review="rejected")
    assert len(Selection(client.get("/").wsgi_request.GET).rows) == 0
    assert client.get(told.secret.get_absolute_url()).status_code == 404
    assert client.get(told.quiet.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "where", ["list", "panel", "event", "actor", "source", "strip", "chart", "figure", "legend"]
)
@pytest.mark.parametrize("review", ["unreviewed", "confirmed"])
def test_what_only_the_machine_has_read_says_so(client: Client, told: Told, where: str, review: str) -> None:
    Event.objects.update(review=review)
    address, pattern = {
        "list": ("/", r'<ol class="events"(.*?)</ol>'),
        "panel": (f"/?event={told.secret.pk}", r'<aside class="panel"(.*?)</aside>'),
        "event": (told.secret.get_absolute_url(), r'<article class="reading">(.*?)</header>'),
        "actor": (told.union.get_absolute_url(), r'<ol class="events"(.*?)</ol>'),
        "source": (told.quiet.get_absolute_url(), r'<ol class="notes"(.*?)</ol>'),
        "strip": (told.quiet.get_absolute_url(), r'<figure class="strip">(.*?)</figure>'),
        "chart": ("/", r'<svg class="drawn"(.*?)</figure>'),
        "figure": ("/figure.json", r"(.*)"),
        "legend": ("/", r'<details class="legend"(.*?)</details>'),
    }[where]
    found = re.search(pattern, client.get(address).text, re.DOTALL)
    assert found
    shown = found[1].split('<details class="legend"')[0]
    said = "machine-read" in shown.lower()
    assert said == (review == "unreviewed" or where == "legend")
