"""What sentences tell and what they don't: tables of (text, expected), with why each case is there."""

from datetime import date

import pytest

from timeline.extraction import Event, explain, extract

PUBLISHED = date(2019, 5, 15)  # a Wednesday


def events(body: str, headline: str = "Notes from the region") -> tuple[Event, ...]:
    return extract(f"{headline}\n\n{body}", PUBLISHED).events


def only(body: str) -> Event:
    found = events(body)
    assert len(found) == 1, [(event.kind, event.title) for event in found]
    return found[0]


@pytest.mark.parametrize(
    ("body", "kind", "when", "status", "country"),
    [
        # The day of the vote, not of the announcement.
        (
            "The government of Uruguay said on Monday that a referendum on water will be held on 3 November.",
            "referendum",
            "2019-11-03",
            "planned",
            "UY",
        ),
        (
            "Latvians approved a new constitution in a referendum in March 2011.",
            "referendum",
            "2011-03",
            "occurred",
            "LV",
        ),
        # Wanted, and the day is that of the call: the vote has no date.
        (
            "Opposition leaders in Paraguay on Monday called for a referendum on electricity prices.",
            "referendum",
            "",
            "proposed",
            "PY",
        ),
        ("Ghana held a presidential election in December 2016.", "election", "2016-12", "occurred", "GH"),
        (
            "The next parliamentary election in Mongolia is due in June 2020.",
            "election",
            "2020-06",
            "planned",
            "MN",
        ),
        # Put off with no new date is called off.
        (
            "Somalia has postponed the presidential election scheduled for 8 July.",
            "election",
            "2019-07-08",
            "cancelled",
            "SO",
        ),
        (
            "Thousands of people marched through Tirana on Saturday to demand new laws.",
            "protest",
            "2019-05-11",
            "occurred",
            "AL",
        ),
        (
            "Trade unions in Chile have called a general strike for Friday.",
            "protest",
            "2019-05-17",
            "planned",
            "CL",
        ),
        (
            "Riot police in Bahrain raided opposition offices on Tuesday.",
            "crackdown",
            "2019-05-14",
            "occurred",
            "BH",
        ),
        (
            "Authorities in Eritrea shut down two independent newspapers in 2001.",
            "crackdown",
            "2001",
            "occurred",
            "ER",
        ),
        (
            "The opposition leader was sentenced to six years in prison in Gabon in April.",
            "crackdown",
            "2019-04",
            "occurred",
            "GA",
        ),
        (
            "Parliament in Iceland adopted a new constitution on 2 April.",
            "constitutional_change",
            "2019-04-02",
            "occurred",
            "IS",
        ),
        # A step still to come is an event of its own, planned.
        (
            "The new constitution of Benin will take effect in January 2020.",
            "constitutional_change",
            "2020-01",
            "planned",
            "BJ",
        ),
    ],
)
def test_one_event(body: str, kind: str, when: str, status: str, country: str) -> None:
    event = only(body)
    assert (event.kind, event.date, event.status, event.country) == (kind, when, status, country)


@pytest.mark.parametrize(
    "body",
    [
        "The Central Election Commission moved to new offices.",  # an institution's name
        "The Constitutional Court has eleven judges.",
        "If the government fell, an election could follow within weeks.",  # a condition
        "Should the talks fail, people would march on parliament.",  # an inverted condition
        "There was no protest in the capital.",  # denied
        "Will there be protests?",  # asked
        "She was elected captain of the rowing club.",  # no public office
        "The shares rallied in early trading after two weak weeks.",  # a figure of speech
        "Prices protested too much, the poet said.",
        "Police arrested four men over a jewel robbery.",  # crime, not politics
        "The band marched through the town with its drums.",
        "Workers at the bakery voted to rename the bread.",
        "",
    ],
)
def test_no_event(body: str) -> None:
    assert events(body) == ()


def test_a_match_report_has_only_figures_of_speech() -> None:
    body = (
        "The striker led a rally in the second half of the match. The coach had promised a crackdown on late "
        "tackles, and the referee obliged. The league title is decided on Saturday, when the team meets the "
        "champions in the final of the tournament. Fans voted the goalkeeper player of the year, a landslide."
    )
    assert events(body, "Late goal wins the cup") == ()


def test_play_with_politics_leaves_the_lands_own_election() -> None:
    found = events(
        "The coach, a dictator who ruled the dressing room by decree, fell to an uprising. There "
        "were no ballots, "
        "but the rebels had a majority, and the regime launched no crackdown; the striker went on "
        "strike and the "
        "goalkeeper was sent into exile. It was a coup, said the referee. The match in the second league was "
        "moved because Portugal holds a general election on 9 June 2019.",
        "A revolution on the touchline",
    )
    assert [(event.kind, event.date) for event in found] == [("election", "2019-06-09")]


def test_voting_on_two_days_running_is_one_vote() -> None:
    found = only(
        "Three in ten Croats turned up on Sunday and Monday to pass judgment on the four labour rules."
    )
    assert (found.kind, found.date) == ("referendum", "2019-05-12/2019-05-13")


def test_what_a_crowd_demands_is_no_protest_of_its_own() -> None:
    found = events(
        "On Monday thousands of Georgians stood outside parliament, demanding that the vote of 26 April "
        "be held again."
    )
    assert [event.date for event in found if event.kind == "protest"] == ["2019-05-13"]


def test_two_kinds_in_one_sentence() -> None:
    found = events("Police in Lagos killed two protesters on Monday at a rally against fuel prices.")
    assert {event.kind for event in found} == {"crackdown", "protest"}
    assert {event.date for event in found} == {"2019-05-13"}


def test_two_events_of_one_kind_in_one_sentence() -> None:
    found = events("Iceland held a referendum in October 2012 and another referendum in April 2011.")
    assert sorted(event.date for event in found) == ["2011-04", "2012-10"]


def test_one_event_over_many_sentences() -> None:
    found = events(
        "Voters in Slovenia rejected a water bill in a referendum on Sunday.\n\n"
        "Turnout was 46%. The referendum had been forced by environmental groups. The government said it "
        "would respect the result."
    )
    assert [(event.kind, event.date) for event in found] == [("referendum", "2019-05-12")]
    assert len(found[0].mentions) >= 2


@pytest.mark.parametrize(
    ("body", "disputed"),
    [
        ("Monitors called the presidential election in Chad in April a sham.", True),
        ("The parliamentary election in Chad in April was marred by fraud.", True),
        ("The parliamentary election in Chad in April was peaceful.", False),
        ("The opposition boycotted the parliamentary election in Chad in April.", False),  # no contest
        # A sentence soon after may contest it.
        (
            "The presidential election in Chad was held in April. Its rivals insist that they were robbed.",
            True,
        ),
        (
            "The presidential election in Chad was held in April. It rained. Mr Haddo refuses to concede.",
            True,
        ),
        ("The presidential election in Chad was held in April. Nobody complained of the heat.", False),
        (
            "The presidential election in Chad was held in April. Its neighbours will not accept the loan.",
            False,
        ),
        (
            "Police in Chad beat opposition activists. Five fell. The army says its men fired in the air.",
            True,
        ),
        (
            "Police in Chad beat opposition activists. The government rejects the toll as exaggerated.",
            True,
        ),
        ("Police in Chad beat opposition activists on Monday. The minister denied bail to nobody.", False),
    ],
)
def test_disputed(body: str, *, disputed: bool) -> None:
    assert only(body).disputed is disputed


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ("Police in Minsk detained over 35,000 protesters.", [("detained", 35_000, None)]),
        ("Police in Minsk detained about 800 protesters.", [("detained", 800, 800)]),
        ("Police in Minsk detained dozens of protesters.", [("detained", 24, None)]),
        ("Police in Minsk killed at least twelve protesters.", [("killed", 12, None)]),
        (
            "Up to 2 million people marched through Hong Kong against the bill.",
            [("attended", None, 2_000_000)],
        ),
        (
            "Tens of thousands of people marched through Hong Kong against the bill.",
            [("attended", 20_000, None)],
        ),
        ("Police in Minsk beat protesters and led away at least nine.", [("detained", 9, None)]),
        ("Tens of thousands of protesters jammed the avenue in Minsk.", [("attended", 20_000, None)]),
        ("Protesters marched through Hong Kong in 2014 against the bill.", []),  # a year counts nobody
        # Nor does the year of a month or a day.
        ("Dawn raids in January 2014 netted 53 activists of the opposition.", [("detained", 53, 53)]),
        ("On Jan. 5, 2014 police arrested 53 opposition activists.", [("detained", 53, 53)]),
        (
            "A court in Baku sentenced an opposition activist to ten years in prison.",
            [],
        ),  # nor a term's years
    ],
)
def test_counts(body: str, counts: list[tuple[str, int | None, int | None]]) -> None:
    found = {(c.what, c.minimum, c.maximum) for event in events(body) for c in event.counts}
    assert found == set(counts)


def test_names_are_the_articles_fullest() -> None:
    found = events(
        "President Maria Okello spoke in Kampala. Ms Okello won the presidential election in February."
    )
    assert [p.name for event in found for p in event.participants] == ["Maria Okello"]


def test_a_pronoun_means_the_person_before() -> None:
    found = events("Jonas Petrauskas lives in Vilnius. He won the presidential election in May 2014.")
    assert [p.name for event in found for p in event.participants] == ["Jonas Petrauskas"]


def test_police_of_a_country_carry_it() -> None:
    event = next(
        e for e in events("Police in Kigali beat opposition activists on Monday.") if e.kind == "crackdown"
    )
    assert [(p.name, p.kind, p.country) for p in event.participants] == [("Police", "state", "RW")]


def test_a_chronologys_dates_hold_for_their_entries() -> None:
    found = events(
        "March 1998 - Voters elect a new parliament.\n\nJuly 2003 - Police break up a student protest."
    )
    assert {(event.kind, event.date) for event in found} >= {
        ("election", "1998-03"),
        ("crackdown", "2003-07"),
    }


def test_the_day_of_publication_is_marked_as_inferred() -> None:
    event = extract("Thousands protest in Lima against the president", PUBLISHED).events[0]
    assert (event.date, event.mentions[0].rules["date"]) == ("2019-05-15", "publication")
    assert "date" not in event.mentions[0].spans


def test_titles_say_what_and_where_without_a_date() -> None:
    assert (
        only("Ghana held a presidential election in December 2016.").title == "Presidential election in Ghana"
    )
    assert only("Malta held a referendum on divorce in May 2011.").title == "Referendum on divorce in Malta"
    title = only("Police in Minsk detained over 35,000 protesters.").title
    assert title == "Crackdown in Belarus: at least 35,000 detained"


def test_every_decision_can_be_explained() -> None:
    text = (
        "Vote in Kenya\n\nVoters backed a charter in a referendum on Sunday. There was no protest in Nairobi."
    )
    told = "\n".join(explain(text, PUBLISHED))
    assert "date 2019-05-12 (clause); occurred (tense: past); country KE (article)" in told
    assert "no protest in" in told


def test_several_votes_told_as_one_are_not_the_vote_that_is_to_come() -> None:
    told = events(
        "The president said that the referendum will be held by May next year.\n\n"
        "He has held three referendums in his 20 years in office.\n\n"
        "He is tightening his grip to get the referendum result that he needs, a lawyer said."
    )
    assert [len(event.mentions) for event in told if event.kind == "referendum"] == [2, 1]
