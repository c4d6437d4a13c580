"""Events resolved anew: names in articles lead to the actors that curators have made of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_actor, make_event, make_mention, make_participation, make_source
from timeline.extraction import records
from timeline.models import Actor
from timeline.resolving import actors_for, refresh

pytestmark = pytest.mark.django_db


def told(name: str, country: str = "") -> records.Participant:
    return records.Participant(name, "initiator", "organisation", country, records.Span(0, 4))


def found(name: str, country: str = "") -> Actor:
    return actors_for([told(name, country)])[name, country]


def test_a_new_name_makes_an_actor_once() -> None:
    assert found("The Union") == found("The Union") == Actor.objects.get()


@pytest.mark.parametrize(
    ("own", "country"), [("", ""), ("BY", "BY"), ("BY", "")], ids=["none", "the same", "not told"]
)
def test_an_alias_leads_to_its_actor(own: str, country: str) -> None:
    actor = make_actor(name="Union of Examples", aliases=["Union", "The Union"], country=own)
    assert found("The Union", country) == actor
    assert Actor.objects.count() == 1


@pytest.mark.parametrize("name", ["the union", "The Unio", "Union"])
def test_only_the_whole_alias_counts(name: str) -> None:
    assert found(name) != make_actor(aliases=["The Union"])


def test_an_alias_in_another_country_is_another_actor() -> None:
    actor = make_actor(name="Turkish police", aliases=["police"], country="TR")
    assert found("police", "BY") != actor
    assert Actor.objects.count() == 2


def test_a_name_goes_before_an_alias_and_no_country_before_any() -> None:
    make_actor(aliases=["Union", "League"], country="BY")
    plain = make_actor(aliases=["League"])
    named = make_actor(name="Union")
    assert found("Union") == named
    assert found("League") == plain


def test_a_name_too_long_for_the_column_is_found_by_what_is_kept() -> None:
    name = "Union " * 50
    actor = make_actor(aliases=[name[:200]])
    assert found(name) == actor


def test_aliases_are_read_once_and_only_for_unknown_names() -> None:
    make_actor(name="Known")
    for number in range(5):
        make_actor(aliases=[f"Alias {number}"])
    with CaptureQueriesContext(connection) as queries:
        actors_for([told("Known")])
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        actors_for([told("Known"), *(told(f"Alias {number}") for number in range(5))])
    assert len(queries) == 2


def test_a_renamed_actor_stays_in_its_events() -> None:
    event, actor = make_event(), make_actor(name="Union of Examples", aliases=["The Union", "Union"])
    make_participation(event, actor)
    source = make_source()
    make_mention(
        source,
        event,
        participants=[
            {"name": name, "role": "initiator", "kind": "organisation", "country": "", "span": [0, 4]}
            for name in ("The Union", "Union")
        ],
    )
    refresh(event)
    assert Actor.objects.get() == event.participations.get().actor == actor
