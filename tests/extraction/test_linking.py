"""Which date, status and country go with which event: a case, with events of its own, for each rule."""

from datetime import date

import pytest

from timeline.extraction import extract

PUBLISHED = date(2019, 5, 15)  # a Wednesday


def told(text: str) -> set[tuple[str, str, str, str]]:
    """(kind, date, status, country) of each event of an item of the day's news."""
    return {(e.kind, e.date, e.status, e.country) for e in extract(text, PUBLISHED).events}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A date that says which of another noun's kind is meant.
        (
            "Chile sentences a blogger who wrote on the 2010 mine rescue to two years for inciting sedition.",
            {("crackdown", "2019-05-15", "occurred", "CL")},
        ),
        (
            "Protests take place in Quito after yesterday's price rises.",
            {("protest", "2019-05-15", "occurred", "EC")},
        ),
        # The date of what came before or after, or of what somebody was punished for.
        (
            "Police in Mali break up demonstrations ahead of elections on 3 July.",
            {
                ("election", "2019-07-03", "planned", "ML"),
                ("protest", "2019-05-15", "occurred", "ML"),
                ("crackdown", "2019-05-15", "occurred", "ML"),
            },
        ),
        (
            "Three opposition activists in Togo are sentenced to prison for insulting the king last March.",
            {("crackdown", "2019-05-15", "occurred", "TG")},
        ),
        (
            "An opposition journalist is deported from Benin after covering it for the last 12 years.",
            {("crackdown", "2019-05-15", "occurred", "BJ")},
        ),
        # Each half of a sentence keeps its date.
        (
            (
                "The independence referendum held in Malta in June 2009 ended in riots; two years later nine "
                "opposition activists were sentenced to prison."
            ),
            {("referendum", "2009-06", "occurred", "MT"), ("crackdown", "2011", "occurred", "MT")},
        ),
        # A date right after the vote is the vote's, wherever the parser hangs it.
        (
            "The authorities of Benin announce new campaigning rules for the general election in November.",
            {("election", "2019-11", "planned", "BJ")},
        ),
        # Votes that somebody prepares for are ahead.
        (
            "Ghana’s opposition names a governor as candidate for the December presidential election.",
            {("election", "2019-12", "planned", "GH")},
        ),
        # Where people go to the polls, the vote is of that day, though only the year is named …
        (
            "Voters in Fiji go to the polls for the general election, 2019.",
            {("election", "2019-05-15", "occurred", "FJ")},
        ),
        # … and another vote that it is compared with is another.
        (
            (
                "Voters in Fiji go to the polls for an election, with more seats for the Greens than at "
                "the 2014 election."
            ),
            {("election", "2019-05-15", "occurred", "FJ"), ("election", "2014", "occurred", "FJ")},
        ),
        # Told in the past beside news in the present tense, or "after" it: not of the day.
        (
            "A minister of Peru, who resigned after protests in Lima, is named ambassador.",
            {("protest", "", "occurred", "PE")},
        ),
        # The place after "In", not that against which people march.
        (
            "In Nairobi, thousands demonstrate against the United States after three US trucks hit a bus.",
            {("protest", "2019-05-15", "occurred", "KE")},
        ),
        (
            (
                "Ministers who meet in Peru will have Chile in mind, where the disputed presidential "
                "election of December 2017 led to riots."
            ),
            {("election", "2017-12", "occurred", "CL")},
        ),
        # A ballot on a matter is a referendum, whatever it is called.
        (
            "Maltese voters go to the polls for the third amendment of the constitution.",
            {("referendum", "2019-05-15", "occurred", "MT")},
        ),
        # Results are of a vote that was held.
        (
            "Many Ghanaians wait ahead of the announcement of the results of the presidential election.",
            {("election", "", "occurred", "GH")},
        ),
        (
            "Army officers in Niger suspend the constitution with elections due in six months.",
            {
                ("constitutional_change", "2019-05-15", "occurred", "NE"),
                ("election", "", "planned", "NE"),
            },
        ),
    ],
)
def test_of_a_short_item(text: str, expected: set[tuple[str, str, str, str]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The party says that the president deserves to be jailed for sedition.",
        "Egyptian Air Force strikes against militants kill nine people in Libya.",
        "Ministers walk out of the burial ceremony for the president's sister.",
        "The government holds an emergency meeting on the press law.",
        "Voters of the club vote in a non-binding poll of members.",
        "He said that some put a finger on the scale of an election.",
        "A shooting at a bus kills three members of a banned extremist party.",
    ],
)
def test_what_is_no_event(text: str) -> None:
    assert told(text) == set()


def test_a_vote_told_aside_does_not_take_the_date_of_the_news() -> None:
    text = "A man who was a candidate in the 2016 presidential election in Peru ended his campaign on Monday."
    assert {e.date for e in extract(text, PUBLISHED).events} == {"2016"}


def test_a_primary_is_not_the_election_that_it_is_held_for() -> None:
    body = (
        "Headline of the day\n\nThe state of Ohio held a primary election on 7 May.\n\n"
        "The presidential election in the United States is due in November 2020."
    )
    assert {e.date for e in extract(body, PUBLISHED).events} == {"2019-05-07", "2020-11"}


STORY = (
    "A night of batons\n\nWhen the doors opened at nine on Sunday, the queue in Cuenca was long.\n\n"
    "Riot police beat protesters in the yard.\n\nNobody was told why."
)


def test_what_is_told_without_a_date_was_on_the_day_of_the_story() -> None:
    (event,) = extract(STORY, PUBLISHED).events
    assert (event.kind, event.date) == ("crackdown", "2019-05-12")


def test_inferred_dates_and_countries_point_at_the_words_that_they_come_from() -> None:
    (event,) = extract(STORY, PUBLISHED).events
    (mention,) = event.mentions
    words = {name: STORY[span.start : span.end] for name, span in mention.spans.items()}
    assert (words["date"], words["country"]) == ("Sunday", "Cuenca")
    assert (mention.rules["date"], mention.rules["country"]) == ("paragraph", "article")


def test_a_person_called_may_is_no_month() -> None:
    body = "Theresa May met ministers.\n\nThey resigned in protest at a reply to May's offer of a referendum."
    assert {e.date for e in extract(body, PUBLISHED).events} <= {"", "2019-05-15"}
    assert not [d for d in extract(body, PUBLISHED).dates if d.edtf.endswith("-05")]


LEAD = "Notes from the region\n\nThe minister of Togo spoke.\n\n"


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        # The sentence before gives the day, though it tells of no event itself …
        (
            "On 4 March the currency lost half its value. Protesters filled the squares of Lome.",
            "protest",
            {"2019-03-04"},
        ),
        # … unless its date only says which thing is meant, or bounds it.
        (
            "The price had been frozen before the January budget. Protesters filled the squares of Lome.",
            "protest",
            {""},
        ),
        (
            "Bread was scarce, on 4 March and on 9 April. Protesters filled the squares of Lome.",
            "protest",
            {""},
        ),
        # A sentence that is nothing but a date gives that of what was told before it.
        (
            "Police in Lome fired on protesters at the gate. Three died. It was 9 May 1995.",
            "crackdown",
            {"1995-05-09"},
        ),
        # A clause with "when" or "on which" says what was on the day that it follows.
        (
            "The bridge was opened on 9 May 1995, when police in Lome arrested forty protesters.",
            "crackdown",
            {"1995-05-09"},
        ),
        (
            "The paper is to be handed out on 8 March 2020, the day on which they elect a new parliament.",
            "election",
            {"2020-03-08"},
        ),
        # Two days named together are one stretch.
        (
            "Protesters marched through Lome on Saturday and Sunday.",
            "protest",
            {"2019-05-11/2019-05-12"},
        ),
        (
            "Protesters marched through Lome on Saturday and on Tuesday.",
            "protest",
            {"2019-05-11"},
        ),
        # A year may only say which constitution is changed.
        (
            "In May 2003 the assembly of Togo amended the constitution of 1992.",
            "constitutional_change",
            {"2003-05"},
        ),
        # A day that is chosen for a vote is one to come.
        (
            "The cabinet of Togo has settled on 4 March for a constitutional referendum.",
            "referendum",
            {"2020-03-04"},
        ),
    ],
)
def test_dates_from_around(body: str, kind: str, expected: set[str]) -> None:
    assert {e.date for e in extract(LEAD + body, PUBLISHED).events if e.kind == kind} == expected


def test_an_older_day_told_before_is_not_the_day_of_the_story() -> None:
    text = (
        "Headline\n\nThe president of Togo left on Sunday.\n\nThe minister has been in office since 4 "
        "March 2010. Protesters filled the squares of Lome."
    )
    assert {e.date for e in extract(text, PUBLISHED).events} == {""}


def test_the_day_of_a_talk_is_not_the_day_of_the_story() -> None:
    text = "Headline\n\nWe spoke to her on Sunday.\n\nRiot police beat protesters in the yard in Lome."
    assert {e.date for e in extract(text, PUBLISHED).events} == {""}


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_line_that_is_a_date_heads_what_stands_below_it(gap: str) -> None:
    text = (
        f"Chronology of Togo\n\n14 March 2005{gap}Protesters fill the main square of Lome.\n\n"
        f"2 June 2007{gap}Police in Lome storm the student hostel and arrest forty protesters."
    )
    found = {(e.kind, e.date) for e in extract(text, PUBLISHED).events}
    assert {("protest", "2005-03-14"), ("crackdown", "2007-06-02")} <= found


def test_a_heading_without_a_date_ends_what_the_date_above_heads() -> None:
    text = (
        "Chronology of Togo\n\n2 June 2007\n\nThe bridge opens.\n\n9 June 2007\n\nIt closes.\n\n"
        "What people say\n\nPolice in Lome beat protesters, they tell us."
    )
    assert "2007-06-09" not in {e.date for e in extract(text, PUBLISHED).events}


def test_the_day_of_a_dispatch_heads_nothing() -> None:
    text = "Headline of the day\n\nLOME, May 14 - Togo has a president-elect whom few know.\n\nIt rained."
    assert "2019-05-14" not in {e.date for e in extract(text, PUBLISHED).events}


def test_a_line_that_names_a_country_says_where() -> None:
    text = (
        "News in brief\n\nKENYA\n\nThousands of protesters marched on Monday.\n\nPERU\n\n"
        "Police fired on protesters on Monday.\n\nAlso noted\n\nSchools were shut."
    )
    found = {(e.kind, e.country) for e in extract(text, PUBLISHED).events}
    assert {("protest", "KE"), ("crackdown", "PE")} <= found


@pytest.mark.parametrize(
    ("body", "country"),
    [
        ("The opposition leader was arrested in March on his way to the Mexican embassy.", "TG"),
        ("Police there beat protesters in March who had heard that a Ghanaian minister was let in.", "TG"),
    ],
)
def test_who_is_named_in_passing_says_nothing_of_where(body: str, country: str) -> None:
    assert {e.country for e in extract(LEAD + body, PUBLISHED).events} == {country}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("In Lome 224 protesters have been arrested since 4 March.", "occurred"),  # a tally
        ("In Lome protesters are still being arrested, as they have been since 4 March.", "ongoing"),
    ],
)
def test_a_tally_is_of_what_is_over(body: str, status: str) -> None:
    assert {e.status for e in extract(LEAD + body, PUBLISHED).events if e.kind == "crackdown"} == {status}
