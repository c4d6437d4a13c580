"""Dates in text: tables of (text, day of publication, [(words, EDTF)], why the case is there)."""

import time
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.edtf_dates import bounds
from timeline.extraction.dates import frames, patterns, tag, vocabulary
from timeline.extraction.records import DateExpression

WEDNESDAY = date(2021, 6, 16)

ABSOLUTE = [
    ("It fell on Sept. 12, 2001.", [("Sept. 12, 2001", "2001-09-12")], "American order, abbreviated"),
    ("It fell on 12 September 2001.", [("12 September 2001", "2001-09-12")], "British order"),
    ("On the 12th of June, 1944, it began.", [("the 12th of June, 1944", "1944-06-12")], "ordinal"),
    (
        "On the twenty-fifth of May 1810 they met.",
        [("the twenty-fifth of May 1810", "1810-05-25")],
        "in words",
    ),
    ("Filed 2003-05-04 by hand.", [("2003-05-04", "2003-05-04")], "ISO"),
    ("Signed 25/12/2001.", [("25/12/2001", "2001-12-25")], "only one reading of the figures"),
    ("Signed 12/9/2001.", [], "two readings: silence"),
    ("The strikes of May 1988 spread.", [("May 1988", "1988-05")], "month"),
    ("The law of 1988 stands.", [("1988", "1988")], "year"),
    ("It was sold in February of 1940.", [("February of 1940", "1940-02")], "month of year"),
    (
        "Polls open on 3, 4 and 5 May 2010.",
        [("3", "2010-05-03"), ("4", "2010-05-04"), ("5 May 2010", "2010-05-05")],
        "series",
    ),
    ("It ran from May 3-5, 2010.", [("May 3", "2010-05-03"), ("5, 2010", "2010-05-05")], "range of days"),
    (
        "It ran from April to June 1968.",
        [("April", "1968-04"), ("June 1968", "1968-06")],
        "year lent backwards",
    ),
    (
        "It ran from November to March 1968.",
        [("November", "1967-11"), ("March 1968", "1968-03")],
        "across the year",
    ),
    ("The war of 1955-57 is over.", [("1955", "1955"), ("57", "1957")], "range of years"),
    ("In the 1990s they hid.", [("the 1990s", "199X")], "decade"),
    ("In the early 1990s they hid.", [("the early 1990s", "199X")], "the words name the decade"),
    ("In the 19th century it stood.", [("the 19th century", "18XX")], "century"),
    (
        "In the winter of 2000-01 it froze.",
        [("the winter of 2000-01", "2000-24")],
        "a winter is of the year it begins in",
    ),
    ("In the third quarter of 2008 it rose.", [("the third quarter of 2008", "2008-35")], "quarter"),
    ("In the second half of 2008 it rose.", [("the second half of 2008", "2008-07/2008-12")], "half"),
    ("In mid-March 2003 they came.", [("mid-March 2003", "2003-03")], "part of a month"),
    ("Late in 2003 they came.", [("Late in 2003", "2003")], "part of a year"),
    (
        "On the night of 8 February 1904 it sank.",
        [("the night of 8 February 1904", "1904-02-08")],
        "part of a day",
    ),
    ("On Christmas Eve 1968 they sang.", [("Christmas Eve 1968", "1968-12-24")], "feast"),
    ("It rose on Easter Monday 1916.", [("Easter Monday 1916", "1916-04-24")], "movable feast"),
    ("It fell in AD 476.", [("AD 476", "0476")], "a year of three figures says so"),
]
NEWS = [
    ("On Sunday voters approved it.", [("Sunday", "2021-06-13")], "weekday, past"),
    ("They will vote on Sunday.", [("Sunday", "2021-06-20")], "weekday, to come"),
    (
        "She said on Tuesday that they would vote on Sunday.",
        [("Tuesday", "2021-06-15"), ("Sunday", "2021-06-20")],
        "two tenses",
    ),
    ("He spoke on Wednesday.", [("Wednesday", "2021-06-16")], "the day of publication itself"),
    ("He spoke on Tuesday night.", [("Tuesday night", "2021-06-15")], "part of a day"),
    ("He was held last Wednesday.", [("last Wednesday", "2021-06-09")], "never today"),
    ("Unions called a strike for Monday.", [("Monday", "2021-06-21")], "“for” looks ahead"),
    ("The vote had been due on Sunday.", [("Sunday", "2021-06-13")], "what was due"),
    (
        "He fled yesterday and returns tomorrow.",
        [("yesterday", "2021-06-15"), ("tomorrow", "2021-06-17")],
        "today's neighbours",
    ),
    ("He fell ill last month.", [("last month", "2021-05")], "month"),
    ("It opened this week.", [("this week", "2021-06-14/2021-06-20")], "week"),
    ("It burned last weekend.", [("last weekend", "2021-06-12/2021-06-13")], "weekend"),
    ("A vote is planned this Sunday.", [("this Sunday", "2021-06-20")], "this Sunday looks ahead"),
    ("This Sunday thousands came.", [("This Sunday", "2021-06-13")], "unless it opens a past sentence"),
    ("He fled after the May vote.", [("May", "2021-05")], "a month before its noun"),
    ("They hid from the spring offensive.", [("the spring", "2021-21")], "a season before its noun"),
    (
        "Ten years ago this month he was shot.",
        [("Ten years ago this month", "2011-06")],
        "an anniversary is known to the month",
    ),
    ("It passed in August.", [("August", "2020-08")], "bare month, past"),
    ("It will pass in August.", [("August", "2021-08")], "bare month, to come"),
    ("It fell last June.", [("last June", "2020-06")], "last June is not this one"),
    ("It fell this March.", [("this March", "2021-03")], "this March"),
    ("They vote in March next year.", [("March next year", "2022-03")], "year by its side"),
    ("They expect rain next spring.", [("next spring", "2022-21")], "season"),
    ("They met a year ago.", [("a year ago", "2020")], "a year is not a day"),
    ("They met two weeks ago.", [("two weeks ago", "2021-05-31/2021-06-06")], "nor a week"),
    ("They met three days ago.", [("three days ago", "2021-06-13")], "days are"),
    ("It closes at the end of the year.", [("the end of the year", "2021")], "this year, none told"),
    ("It was sacked on New Year's Eve.", [("New Year's Eve", "2020-12-31")], "feast with no year"),
]
TOLD = [
    (
        "It began in March 2019. A rerun came that June.",
        [("March 2019", "2019-03"), ("that June", "2019-06")],
        "that June",
    ),
    (
        "In October 2018 it failed. They were freed the following May.",
        [("October 2018", "2018-10"), ("the following May", "2019-05")],
        "the following May",
    ),
    (
        "They met on 3 May 2019. Two days later he fled.",
        [("3 May 2019", "2019-05-03"), ("Two days later", "2019-05-05")],
        "days later",
    ),
    (
        "They met on 3 May 2019. Four years later he fled.",
        [("3 May 2019", "2019-05-03"), ("Four years later", "2023")],
        "years later",
    ),
    (
        "It fell in July 2012. Eight months later it rose.",
        [("July 2012", "2012-07"), ("Eight months later", "2013-03")],
        "months later",
    ),
    (
        "They met on 3 May 2019. The next day he fled.",
        [("3 May 2019", "2019-05-03"), ("The next day", "2019-05-04")],
        "the next day",
    ),
    (
        "They met on 3 May 2019 and signed the same day.",
        [("3 May 2019", "2019-05-03"), ("the same day", "2019-05-03")],
        "the same day",
    ),
    (
        "It was 1988. In August of that year it fell.",
        [("1988", "1988"), ("August of that year", "1988-08")],
        "of that year",
    ),
    (
        "In October 2019, on the 25th of that month, they marched.",
        [("October 2019", "2019-10"), ("the 25th of that month", "2019-10-25")],
        "of that month",
    ),
    (
        "Polls opened on Friday. He had quit the Sunday before.",
        [("Friday", "2021-06-11"), ("the Sunday before", "2021-06-06")],
        "the Sunday before",
    ),
    (
        "In April 2006 the king gave up what he had seized the year before.",
        [("April 2006", "2006-04"), ("the year before", "2005")],
        "the year before",
    ),
    (
        "The strikes of May 1988 and those of August hurt.",
        [("May 1988", "1988-05"), ("August", "1988-08")],
        "a year told in the sentence",
    ),
    ("It fell in 1988. He fled three days later.", [("1988", "1988")], "no day to count from: silence"),
]
NONE = [
    ("You may leave; it may rain.", "modal"),
    ("They march on the palace.", "verb"),
    ("Theresa May lost, and April Jones wept.", "names of people"),
    ("The side marched to 241 for eight.", "score"),
    ("It sold 2000 copies to 1500 soldiers.", "counts"),
    ("It cost $1999 and 1,200 euros.", "money"),
    ("Article 155 and Resolution 1325 apply.", "labels"),
    ("He ran Windows 95 when Apollo 11 flew.", "names with numbers"),
    ("Call 555-1998 now.", "telephone"),
    ("The sun sat on the second sat-nav.", "words that are also abbreviations"),
    ("He rose a second time at 10:30.", "clock"),
    ("The day before the vote was calm.", "beside an event, not a date"),
    ("The day after they fled was calm.", "nor beside a clause"),
    ("It took 1,999 days.", "grouped thousands"),
    ("They cleared October Square.", "name of a place"),
    ("He sold the Sunday Times.", "name of a paper"),
    ("Every Sunday they march.", "a set of days"),
    ("It met on 30 February 2020.", "no such day"),
    ("In 490 BC the fleet sailed.", "before the calendar begins"),
    ("After the fall of the city he hid.", "a season's name that is none here"),
    ("Some time in the past he slept.", "vague"),
]
FRAMES = [
    (
        "It will be held no later than February next year.",
        [("no later than February next year", "../2022-02")],
        "by",
    ),
    (
        "It will be held by the end of next year.",
        [("by the end of next year", "../2022-12")],
        "the end of a bound is its last month",
    ),
    ("They have marched since last Wednesday.", [("since last Wednesday", "2021-06-09/..")], "since"),
    (
        "They have killed 86 since the first round on 29 March.",
        [("since the first round on 29 March", "2021-03-29/..")],
        "since an event",
    ),
    (
        "Camps were banned in April. Dozens have been held since then.",
        [("April", "2021-04"), ("since then", "2021-04/..")],
        "since then",
    ),
    ("It is not due until 2028.", [("2028", "2028")], "that year, not before it"),
    ("He may rule until 2036.", [("until 2036", "../2036")], "until"),
    ("It stood before 2005.", [("before 2005", "../2004")], "before leaves the year out"),
    ("It ran between May and July 2003.", [("between May and July 2003", "2003-05/2003-07")], "between"),
    ("It ran from 3 to 5 May 2003.", [("from 3 to 5 May 2003", "2003-05-03/2003-05-05")], "from … to"),
    ("It began around 1980.", [("around 1980", "1980~")], "about"),
    ("In the early 1990s they met.", [("the early 1990s", "1990/1994")], "early"),
    ("In the late 1990s they met.", [("the late 1990s", "1995/1999")], "late"),
    (
        "He held three votes in his 27 years as president.",
        [("in his 27 years", "1994/2021")],
        "a reign up to now",
    ),
    ("She spent 12 of the past 18 years in jail.", [("the past 18 years", "2003/2021")], "the past years"),
    (
        "Turnout over three days of voting, which ended on Monday, was low.",
        [("over three days", "2021-06-12/2021-06-14"), ("Monday", "2021-06-14")],
        "days that end on a day",
    ),
    (
        "The army struck in May 2014, after six months of protests.",
        [("May 2014", "2014-05"), ("after six months", "2013-11/2014-05")],
        "months that end in a month",
    ),
    (
        "They sang at the close of the 2012 Games.",
        [("2012", "2012")],
        "a year that only names a thing is left alone",
    ),
    ("They clashed after Friday prayers.", [("Friday", "2021-06-11")], "the day names the prayers"),
    ("They quit after 3 May 2019.", [("after 3 May 2019", "2019-05-03/..")], "after"),
    ("They met on 3 May 2019.", [("3 May 2019", "2019-05-03")], "nothing widens it"),
]

# Each with all the dates that it frames, in order.
SECTIONS = [
    (
        "1979\n\nJanuary 16 – He leaves.\n\nMarch 30-31 – A vote is held.\n\nDecember – Another is held.",
        "1979 1979-01-16 1979-03-30/1979-03-31 1979-12",
        "a year gives its year to entries",
    ),
    (
        "1981\n\nMay – He falls. Many are shot that summer.\n\nJune 20 – They march. The next day they rest.",
        "1981 1981-05 1981-22 1981-06-20 1981-06-21",
        "entries give their days to what follows in them",
    ),
    (
        "1989:\n\nAugust 4 - The wall opens.\nMarch - The law passes.",
        "1989 1989-08-04 1989-03",
        "colon, hyphens",
    ),
    (
        "## 1999\n\n- July: the paper closes\n- 9 August: they march",
        "1999 1999-07 1999-08-09",
        "markup, bullets",
    ),
    ("**1979**\n\n*January 16* – The king leaves.", "1979 1979-01-16", "emphasis"),
    (
        "May 1968\n\n3 – They sit in.\n\nJune\n\n30 – The right wins.",
        "1968-05 1968-05-03 1968-06 1968-06-30",
        "days by number",
    ),
    (
        "JULY\n\n1 — They sit in.\n\nWHAT NEXT\n\nThey march tomorrow.",
        "2020-07 2020-07-01 2021-06-17",
        "a month by itself",
    ),
    (
        "MARCH\n\n9: They march.\n\nAPRIL\n\n2: They rest.",
        "2021-03 2021-03-09 2021-04 2021-04-02",
        "names that are words too",
    ),
    ("• 1994: A vote is held\n• July 2004: A third is held", "1994 2004-07", "entries with their own years"),
    (
        "- July 1994: He wins. In September he bans the party.",
        "1994-07 1994-09",
        "an entry's year holds in it",
    ),
    ("A road\n\nThe wall (1961)\n\nIn August it rises.", "1961 1961-08", "a heading that ends in its year"),
    (
        "Day one: 3 May\n\nPolls open.\n\nDay two: 4 May\n\nHe spoke the following day.",
        "2021-05-03 2021-05-04 2021-05-05",
        "numbered days",
    ),
    (
        "Week of 12 April\n\nOn Tuesday they march.",
        "2021-04-12/2021-04-18 2021-04-13",
        "a week holds its weekdays",
    ),
    (
        "Monday 7 June\n\nPolls open.\n\nTuesday\n\nPolls close.",
        "2021-06-07 2021-06-08",
        "weekday headings go on",
    ),
    ("2009–2013\n\nIn May they vote.", "2009/2013", "years that are many give none: silence"),
    ("1968\n\nOn Sunday they march.", "1968", "no weekday of a year: silence"),
    (
        "Key dates\n\nMay 2019: it begins\n\n12 June: police shoot",
        "2019-05 2019-06-12",
        "a list goes on in its year",
    ),
    ("Nov. 2010 -- A vote.\n\nJan. 9 -- A second.", "2010-11 2011-01-09", "… and past its end"),
    (
        "1953\nMarch 5: The leader of them all dies in bed.\nJune 17: The builders lay down their tools.",
        "1953 1953-03-05 1953-06-17",
        "lines one below the other",
    ),
    (
        "1986\n\nFeb. 7: They vote.\n\nBackground\n\nIn May he fell ill.",
        "1986 1986-02-07 2021-05",
        "another heading ends it",
    ),
    ("2020: a year of protest\n\nOn Sunday police fired.", "2020 2021-06-13", "the title heads nothing"),
    ("Theresa Day\n\nMay – Theresa, that is – resigned.", "", "a name and a dash"),
    ("Polls\n\n16 – that is how many died.", "", "a number and a dash"),
]
LOOKING_BACK = [
    (
        "The king had to go back to March 2014. Ann was sworn in by 18 June.",
        "2014-03 ../2021-06-18",
        "what may come",
    ),
    (
        "The polls of March 2014 failed. On 3 June he was sworn in.",
        "2014-03 2014-06-03",
        "the date of what the sentence is about",
    ),
    ("He won in March 2014. She signed it on Easter Monday.", "2014-03 2014-04-21", "a feast of that year"),
    ("She signed it on Easter Monday.", "2021-04-05", "else of this year"),
    (
        "They met on 3 May, the minister said on Monday. Two days later they parted.",
        "2021-05-03 2021-06-14 2021-05-05",
        "a report is no part of the story",
    ),
    (
        "They agreed on 3 May, after crowds had come the previous evening. Two days later he signed.",
        "2021-05-03 2021-05-02 2021-05-05",
        "nor is what had come before",
    ),
    ("They sat for three weeks until the king’s heir fled.", "", "a possessive is no perfect tense"),
    ("He won in November 2014. In March he jailed his rival.", "2014-11 2015-03", "the telling goes on"),
    ("He won in April 2014. On 3 June he was sworn in.", "2014-04 2014-06-03", "… by days"),
    (
        "He won in April 2014. He had jailed his rival in February.",
        "2014-04 2014-02",
        "what had been was before",
    ),
    (
        "They won in 2006. In August they fled. They will vote in October.",
        "2006 2006-08 2021-10",
        "what will be is not",
    ),
    ("It began in 1988. They march again on 8 August.", "1988 2021-08-08", "nor is the present"),
    ("He won in May 2015.\n\nIn March he was jailed.", "2015-05 2021-03", "nor a new paragraph"),
    ("Q: What happened in 1983?\n\nA: It was banned. In September he fled.", "1983 1983-09", "an answer is"),
    ("He won in 2016; the next vote is due in November.", "2016 2021-11", "due from now"),
    (
        "The king fell in April 2006. In the October before, he had banned it.",
        "2006-04 2005-10",
        "the one before",
    ),
    ("In January 2011 he fled. A vote nine years before had kept him in.", "2011-01 2002", "years before"),
    ("They voted on 4 May 2015. Two years on, it is forgotten.", "2015-05-04 2017", "on is later"),
    (
        "He fell in May 2019. In March of the year after that she fled.",
        "2019-05 2020-03",
        "of the year after that",
    ),
    ("He fell in May 2019. A month before that Ann had fled.", "2019-05 2019-04", "a name may follow"),
    (
        "He stepped down on 6 June and has been held since the 12th.",
        "2021-06-06 2021-06-12/..",
        "a bare day after since",
    ),
]
TENSES = [
    ("It is for the election of 7 November.", "2021-11-07", "the vote of a day is the nearest"),
    ("It lost the vote of 7 January.", "2021-01-07", "… on either side"),
    ("On 3 December, at noon.", "2021-12-03", "no verb: half a year ahead"),
    ("On 3 January, at noon.", "2021-01-03", "… but else past"),
    ("On October 13 there are five more.", "2021-10-13", "plain present"),
    ("A Congress is to be elected on 26 January.", "2022-01-26", "a passive infinitive"),
    ("Elections must be held by October.", "../2021-10", "a participle after be"),
    ("A vote is likely in the autumn.", "2021-23", "likely"),
    ("The law comes into force in July.", "2021-07", "a timetable"),
    ("He vowed to return on Friday.", "2021-06-18", "what one means to do"),
    ("They demand a vote before December.", "../2021-11", "a bound with no tense"),
    ("The United Nations on Monday met.", "2021-06-14", "United is no verb"),
    (
        "On Thursday the author of a book to be sold in May was held.",
        "2021-06-10 2022-05",
        "a noun's infinitive",
    ),
    ("They marched from 21 May until he resigned.", "2021-05-21/..", "until is not the date's"),
]
WAYS = [
    ("A week ago today he signed.", "2021-06-09", "a day by two expressions"),
    ("Two years ago yesterday he signed.", "2019-06-15", "… or another"),
    ("They vote on Sunday week.", "2021-06-27", "a week beyond"),
    ("They vote a week from Sunday.", "2021-06-27", "the same"),
    ("They voted on the Saturday before last.", "2021-06-05", "a weekday two back"),
    ("They voted the month before last.", "2021-04", "a month two back"),
    ("They vote in three months' time.", "2021-09", "from now"),
    ("They met on the first Sunday of June 2021.", "2021-06-06", "by its number in the month"),
    ("They met on the last Friday in May 2021.", "2021-05-28", "… or as the last"),
    ("They march on the first Sunday of every month.", "", "a set of days"),
    ("They met on 29.05.2021.", "2021-05-29", "with stops the day is first"),
    ("In the last quarter of 2023 they met.", "2023-10/2023-12", "a quarter as its months"),
    ("In the four weeks to 16 January 900 were held.", "2020-12-19/2021-01-16", "up to a day"),
    ("She must call a vote within 90 days.", "2021-06-16/2021-09-14", "from now on"),
    (
        "The revolt began in April 2018. They crushed it within four months.",
        "2018-04 2018-04/2018-08",
        "from then on",
    ),
    ("On 3 May 2019 he fell. It took within two days.", "2019-05-03", "days from another sentence: silence"),
    ("Within hours he fled; within weeks he was back.", "", "no count"),
    ("The weekend of June 5 was calm.", "2021-06-05/2021-06-06", "the weekend of a day"),
    ("They marched in the last days of April 2020.", "2020-04", "not the last days up to now"),
    ("In the late sixties they hid.", "1965/1969", "a decade in words"),
    ("In the nineteen-eighties they hid.", "198X", "in two"),
    ("In the 70s and '80s they hid.", "197X 198X", "in two figures"),
    ("In his sixties he hid; she is in her 70s; temperatures were in the 70s.", "", "ages and degrees"),
    ("In '89 they marched; '12 apostles'.", "1989", "a short year after a preposition only"),
    ("The crisis of 1970/71 passed.", "1970/1971", "a split year"),
    ("The winter of 1970/71 was cold.", "1970-24", "its winter"),
    ("Since New Year they have been held.", "2021-01-01/..", "the feast"),
    ("They met at the Lunar New Year.", "", "another's feast"),
    ("The 1989 protesters were jailed.", "1989", "with an article no count"),
    ("Rallies were held on June 2, 9 and 16.", "2021-06-02 2021-06-09 2021-06-16", "a series"),
    ("On election day he slept; overnight she fled.", "", "no date"),
    ("Half a century ago they won.", "", "not a whole one"),
]


def read(text: str, expressions: tuple[DateExpression, ...]) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.edtf) for one in expressions]


@pytest.mark.parametrize(("text", "expected", "why"), [*ABSOLUTE, *NEWS, *TOLD])
def test_tag(text: str, expected: list[tuple[str, str]], why: str) -> None:
    assert read(text, tag(text, WEDNESDAY)) == expected, why


@pytest.mark.parametrize(("text", "why"), NONE)
def test_no_date(text: str, why: str) -> None:
    assert read(text, tag(text, WEDNESDAY)) == [], why


@pytest.mark.parametrize(("text", "expected", "why"), FRAMES)
def test_frames(text: str, expected: list[tuple[str, str]], why: str) -> None:
    assert read(text, frames(text, WEDNESDAY, tag(text, WEDNESDAY))) == expected, why


@pytest.mark.parametrize(("text", "expected", "why"), [*SECTIONS, *LOOKING_BACK, *TENSES, *WAYS])
def test_frames_of_a_text(text: str, expected: str, why: str) -> None:
    framed = frames(text, WEDNESDAY, tag(text, WEDNESDAY))
    assert [one.edtf for one in framed] == expected.split(), why


def test_a_bullet_is_no_dash_between_dates() -> None:
    text = "1999\n\n- July 2001: they met"
    assert [edtf for _, edtf in read(text, frames(text, WEDNESDAY, tag(text, WEDNESDAY)))] == [
        "1999",
        "2001-07",
    ]


def test_history_is_reckoned_from_the_last_date_told() -> None:
    text = (
        "The rising began on 4 May 1911. By June it had spread. On 9 October 1911 the fort fell.\n\n"
        "The republic was proclaimed on 1 November 1911. In January the king fled. "
        "The treaty of 3 March 1912 ended it. Two days later the guns were silent."
    )
    expected = "1911-05-04 1911-06 1911-10-09 1911-11-01 1912-01 1912-03-03 1912-03-05"
    assert [edtf for _, edtf in read(text, tag(text, WEDNESDAY))] == expected.split()


@pytest.mark.parametrize(("day", "expected"), [("8 February", "2024-02-08"), ("8 January", "2025-01-08")])
def test_the_day_of_a_vote_is_the_last_unless_the_next_is_near(day: str, expected: str) -> None:
    text = f"At the root of it lies the election of {day}."
    assert [e.edtf for e in tag(text, date(2024, 11, 29))] == [expected]


def test_an_aside_leaves_the_story_where_it_stands() -> None:
    text = (
        "On 10 March 1911 the column set out. The capital would not fall until the siege in May 1913. "
        "On 1 April the ford was crossed. It was mapped again in 1950. By 4 April the pass was held. "
        "The town fell on 9 June 1911 and the bridge on 2 July 1911."
    )
    expected = "1911-03-10 1913-05 1911-04-01 1950 1911-04-04 1911-06-09 1911-07-02"
    assert [edtf for _, edtf in read(text, tag(text, WEDNESDAY))] == expected.split()


@pytest.mark.parametrize("year", [1, 9999])
def test_ends_of_the_calendar(year: int) -> None:
    text = "Yesterday, tomorrow, last year, 20 years ago, 9 decades later, on Sunday, next winter, in May."
    for day in (date(year, 1, 1), date(year, 12, 31)):
        for one in frames(text, day, tag(text, day)):
            bounds(one.edtf)


PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [word for words in vocabulary.WORDS_BY_CLASS.values() for word in words]
        + [*map(str.title, vocabulary.MONTHS), *map(str.title, vocabulary.WEEKDAYS), *vocabulary.NUMBERS]
        + [
            "1999",
            "2021",
            "12",
            "31",
            "3rd",
            "1990s",
            "0000s",
            "1/1/0000",
            "9999-12-31",
            "BC",
            "AD",
            "-",
            ",",
            ".",
            "\n\n",
        ]
    ),
)


@given(st.lists(PIECES, max_size=30).map(" ".join), st.dates())
def test_any_text_gives_valid_spans_in_order(text: str, published: date) -> None:
    tagged = tag(text, published)
    for expressions in (tagged, frames(text, published, tagged)):
        for one in expressions:
            assert 0 <= one.start < one.end <= len(text)
            assert text[one.start : one.end].strip()
            assert bounds(one.edtf) != (None, None)
            assert one.rule
        assert all(one.end <= other.start for one, other in pairwise(expressions))


@pytest.mark.parametrize(
    "piece",
    [
        "May ",
        "1 ",
        "1",
        "3, ",
        "the ",
        "last ",
        "12/",
        "1,111",
        "May 3, 2001 ",
        "by ",
        "for a ",
        "since a ",
        "2001 to ",
        "within a ",
        "1979\n\n",
        "- May:\n",
        "to be ",
    ],
)
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    text = piece * (50_000 // len(piece))
    begun = time.process_time()
    frames(text, WEDNESDAY, tag(text, WEDNESDAY))
    assert time.process_time() - begun < 3


def test_vocabulary_is_whole() -> None:
    assert sorted(set(vocabulary.MONTHS.values())) == list(range(1, 13))
    assert sorted(set(vocabulary.WEEKDAYS.values())) == list(range(1, 8))
    assert set(vocabulary.SEASONS.values()) == {21, 22, 23, 24}
    listed = [word for words in vocabulary.WORDS_BY_CLASS.values() for word in words]
    assert len(listed) == len(set(listed)), "a word stands in one class only"
    assert all(word == word.lower() for word in listed)
    for month, day in vocabulary.FEASTS.values():
        date(2000, month, day)
    for named in vocabulary.DAYS.values():
        date.fromisoformat(named)
    feasts = {*vocabulary.FEASTS, *vocabulary.EASTER, *vocabulary.DAYS}
    openings = {feast.split()[0].split("'")[0].split("-")[0] for feast in feasts}
    assert openings == set(vocabulary.WORDS_BY_CLASS["feast"]), "the grammar finds every feast, and no more"
    assert not vocabulary.FUTURE & vocabulary.PAST


def test_every_class_of_the_vocabulary_is_in_the_grammar() -> None:
    assert set(vocabulary.WORDS_BY_CLASS) <= set(patterns.CODE)
    assert len(set(patterns.CODE.values())) == len(patterns.CODE)
