"""The stated rules by which an event's fields follow from its mentions, and from several articles."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from timeline.extraction import Count, Mention, Participant, Span, resolve, resolve_across
from timeline.extraction.records import Status

HERE = Span(0, 4)


def mention(
    when: str = "",
    rule: str = "none",
    status: Status = "occurred",
    *,
    disputed: bool = False,
    country: str = "KE",
    participants: tuple[Participant, ...] = (),
    counts: tuple[Count, ...] = (),
    spans: Mapping[str, Span] | None = None,
) -> Mention:
    return Mention(
        0,
        10,
        "election",
        "Election in Kenya",
        when,
        status,
        disputed,
        country,
        participants,
        counts,
        spans=spans or {"kind": HERE},
        rules={"date": rule, "status": "default"},
    )


def person(name: str) -> Participant:
    return Participant(name, "participant", "person", "", HERE)


def test_no_mentions_make_no_event() -> None:
    with pytest.raises(ValueError, match="at least one mention"):
        resolve([])
    with pytest.raises(ValueError, match="at least one article"):
        resolve_across([])


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ([("2010-08-06", "publication"), ("2010-08-04", "clause")], "2010-08-04"),  # told beats inferred
        ([("2010-08", "phrase"), ("2010-08-04", "clause")], "2010-08-04"),  # the finer, if they agree
        ([("2010-08", "phrase"), ("2012-01-01", "clause")], "2010-08"),  # the better told, if they don't
        ([("", "none"), ("2010", "heading")], "2010"),
        ([("", "none")], ""),
    ],
)
def test_date(dates: list[tuple[str, str]], expected: str) -> None:
    assert resolve([mention(when, rule) for when, rule in dates]).date == expected


def test_status_called_off_anywhere_is_called_off() -> None:
    found = resolve([mention("2020-04-05", "phrase", "planned"), mention(status="cancelled")])
    assert found.status == "cancelled"


def test_disputed_if_any_says_so() -> None:
    assert resolve([mention(), mention(disputed=True)]).disputed


def test_country_of_most_mentions() -> None:
    assert resolve([mention(country=""), mention(country="UG"), mention(), mention()]).country == "KE"


def test_names_inside_fuller_names_are_the_same_person() -> None:
    found = resolve(
        [mention(participants=(person("Odinga"),)), mention(participants=(person("Raila Odinga"),))]
    )
    assert [p.name for p in found.participants] == ["Raila Odinga"]


def test_police_of_two_countries_are_two_actors() -> None:
    police = Participant("Police", "initiator", "state", "KE", HERE)
    found = resolve([mention(participants=(police, replace(police, country="UG")))])
    assert len(found.participants) == 2


def test_the_highest_count_within_one_article() -> None:
    found = resolve(
        [
            mention(counts=(Count("killed", 10, 10, HERE),)),
            mention(counts=(Count("killed", 12, None, HERE), Count("injured", 3, 3, HERE))),
        ]
    )
    assert [(c.what, c.minimum, c.maximum) for c in found.counts] == [("killed", 12, None), ("injured", 3, 3)]


def test_across_articles_the_latest_wins_but_a_finer_date_stands() -> None:
    early = resolve(
        [mention("2020-04-05", "phrase", "planned", disputed=True, counts=(Count("killed", 5, 5, HERE),))]
    )
    late = resolve([mention("2020-04", "phrase", counts=(Count("killed", 3, 3, HERE),))])
    found = resolve_across([(date(2020, 5, 1), late), (date(2020, 3, 1), early)])
    assert (found.status, found.date, found.disputed) == ("occurred", "2020-04-05", True)
    assert [(c.what, c.minimum) for c in found.counts] == [("killed", 3)]
    assert found.decided_by["status"] == 0
    assert found.decided_by["date"] == 1


def test_across_articles_that_disagree_the_latest_date_wins() -> None:
    one, other = (resolve([mention(when, "phrase")]) for when in ("2020-04-05", "2020-06-07"))
    assert resolve_across([(date(2020, 1, 1), one), (date(2020, 2, 1), other)]).date == "2020-06-07"
