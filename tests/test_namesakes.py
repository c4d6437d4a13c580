"""Actors that may be the same."""

import pytest

from tests.factories import make_actor
from timeline import namesakes
from timeline.namesakes import INITIAL, KNOWN_BY, SAME_NAME, SURNAME, WIKIDATA, folded

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Łukaszenka", "lukaszenka"),
        ("A. Person", "a person"),
        ("Pérez-Díaz", "PEREZ DIAZ"),
        ("İzmir", "izmir"),
    ],
)
def test_what_is_written_now_so_and_now_so(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({"name": "A", "wikidata": "Q42", "country": "BY"}, {"name": "B", "wikidata": "Q42"}, WIKIDATA),
        ({"name": "Pérez"}, {"name": "perez"}, SAME_NAME),
        ({"name": "police", "country": "BY"}, {"name": "police"}, SAME_NAME),
        ({"name": "Union of Examples", "aliases": ["The Union"]}, {"name": "the union"}, KNOWN_BY),
        ({"name": "A", "aliases": ["Union"]}, {"name": "B", "aliases": ["union"]}, KNOWN_BY),
        ({"name": "A. Novak", "kind": "person"}, {"name": "Anna Novak", "kind": "person"}, INITIAL),
        ({"name": "Novak", "kind": "person"}, {"name": "Anna Novak", "kind": ""}, SURNAME),
        # Not the same, as far as can be told:
        ({"name": "police", "country": "BY"}, {"name": "police", "country": "TR"}, None),
        ({"name": "Union", "wikidata": "Q1"}, {"name": "union", "wikidata": "Q2"}, None),
        ({"name": "Union", "kind": "group"}, {"name": "union", "kind": "state"}, None),
        ({"name": "A. Novak", "kind": "person"}, {"name": "Bella Novak", "kind": "person"}, None),
        ({"name": "Union"}, {"name": "Example Union"}, None),  # no person has a surname here
        ({"name": "…"}, {"name": "—"}, None),  # nothing is left to compare
    ],
)
def test_two_actors(one: dict[str, object], other: dict[str, object], reason: str | None) -> None:
    first, second = make_actor(**one), make_actor(**other)
    make_actor(name="Somebody else")
    expected = [namesakes.Likely(first.pk, second.pk, reason)] if reason else []
    assert namesakes.likely() == expected
    assert namesakes.likely(first) == expected or "é" in first.name  # the database doesn’t know accents
    assert namesakes.likely(second) in (expected, [])


def test_a_surname_that_many_bear_says_nothing() -> None:
    make_actor(name="Novak", kind="person")
    for name in "ABCDE":
        make_actor(name=f"{name}{name.lower()} Novak", kind="person")
    assert namesakes.likely() == []


def test_one_that_was_merged_away_is_no_double() -> None:
    make_actor(name="union", merged_into=make_actor(name="Union"))
    assert namesakes.likely() == []


def test_groups_have_all_that_hang_together_the_strongest_first() -> None:
    surname = [make_actor(name="Novak", kind="person"), make_actor(name="Anna Novak", kind="person")]
    third = make_actor(name="anna novák", kind="person")
    ids = [make_actor(name="A", wikidata="Q42"), make_actor(name="B", wikidata="Q42")]
    assert namesakes.groups() == (
        [
            ([one.pk for one in ids], WIKIDATA),
            ([one.pk for one in (*surname, third)], SAME_NAME),
        ],
        2,
    )
    assert namesakes.groups(1)[1] == 2


def test_of_very_many_alike_one_group_is_made() -> None:
    for number in range(30):
        make_actor(name="." * number + "Union")
    (group,), number = namesakes.groups()
    assert (len(group[0]), number) == (30, 1)
