"""Facets: how many events each choice would leave, the other filters in force."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from tests import factories
from timeline import facets
from timeline.filters import Selection

pytestmark = pytest.mark.django_db


def counted(query: str, name: str) -> dict[str, int]:
    facet = next(facet for facet in facets.facets(Selection(QueryDict(query))) if facet.name == name)
    return {option.label: option.count for option in facet.options if option.count or option.checked}


@pytest.fixture(autouse=True)
def events() -> None:
    for kind, country, date, disputed in (
        ("protest", "BY", "2020-08-09", True),
        ("protest", "TR", "2021", False),
        ("election", "BY", "2020-08-09", False),
        ("election", "BY", "", False),
    ):
        factories.make_event(kind=kind, country=country, date=date, disputed=disputed)
    factories.make_event(review="rejected", country="KE")


def test_a_facet_leaves_its_own_filter_out_of_account() -> None:
    assert counted("", "kind") == {"Protest": 2, "Election": 2}
    assert counted("kind=protest", "kind") == {"Protest": 2, "Election": 2}
    assert counted("kind=protest", "country") == {"Belarus": 1, "Türkiye": 1}
    assert counted("kind=protest&country=BY", "country") == {"Belarus": 1, "Türkiye": 1}
    assert counted("country=BY&from=2020", "kind") == {"Protest": 1, "Election": 1}
    assert counted("kind=protest", "disputed") == {"Disputed": 1, "Not disputed": 1}
    assert counted("", "review") == {"Unreviewed": 4}


def test_countries_are_those_of_any_public_event_and_the_chosen() -> None:
    facet = facets.facets(Selection(QueryDict("kind=election&country=ZW")))[2]
    assert [(option.label, option.count, option.is_empty) for option in facet.options] == [
        ("Zimbabwe", 0, False),  # the chosen first, so that it can be seen
        ("Belarus", 2, False),
        ("Türkiye", 0, True),
    ]
    assert facet.checked == 1


def test_the_busiest_actors_are_offered_and_the_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "OFFERED", 1)
    busy, other = factories.make_actor(name="Busy"), factories.make_actor(name="Other")
    for number in range(2):
        event = factories.make_event(title=f"Event {number}")
        for role in ("initiator", "target"):  # two parts in one event count once
            factories.make_participation(event, busy, role)
    factories.make_participation(event, other)
    assert counted("", "actor") == {"Busy": 2}
    assert counted(f"actor={other.pk}", "actor") == {"Busy": 2, "Other": 1}
    facet = facets.facets(Selection(QueryDict("")))[5]
    assert facet.left_out == 1


def test_sources_are_counted_by_events_not_passages() -> None:
    source, event = factories.make_source(headline="Twice told"), factories.make_event(title="Told")
    for words in ("Thousands", "Police"):
        factories.make_mention(source, event, words=words)
    assert counted("", "source") == {str(source): 1}


def test_the_number_of_queries_does_not_grow_with_the_events() -> None:
    counts = []
    for size in (10, 300):
        factories.make_timeline(size)
        selection = Selection(QueryDict("kind=protest&from=2018"))
        assert len(selection.columns)
        with CaptureQueriesContext(connection) as queries:
            facets.facets(selection)
        counts.append(len(queries))
    assert counts[0] == counts[1] == 2


def test_many_actors_are_cut_to_the_busiest(monkeypatch: pytest.MonkeyPatch) -> None:
    actors = [factories.make_actor(name=f"Actor {number:04}") for number in range(30)]
    for number, actor in enumerate(actors):
        for _ in range(1 + number % 3):
            factories.make_participation(factories.make_event(), actor)
    monkeypatch.setattr(facets, "MANY", 5)
    facet = facets.facets(Selection(QueryDict("")))[5]
    assert [option.count for option in facet.options] == [3] * 10 + [2] * 2
    assert facet.left_out == 18
