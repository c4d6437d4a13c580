"""EDTF values as stretches of days, and in words."""

from datetime import date

import edtf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timeline.edtf_dates import InvalidDate, bounds, in_words, overlap, width

VALUES = [
    # value, first day, last day, in words
    ("", None, None, "date unknown"),
    ("2020-08-09", date(2020, 8, 9), date(2020, 8, 9), "9 August 2020"),
    ("2020-02", date(2020, 2, 1), date(2020, 2, 29), "February 2020"),
    ("2020", date(2020, 1, 1), date(2020, 12, 31), "2020"),
    ("0001", date(1, 1, 1), date(1, 12, 31), "1"),
    ("9999", date(9999, 1, 1), date(9999, 12, 31), "9999"),
    ("1994/2021", date(1994, 1, 1), date(2021, 12, 31), "1994 to 2021"),
    ("2020-08/2020-11", date(2020, 8, 1), date(2020, 11, 30), "August to November 2020"),
    ("2019-06-10/2019-06-16", date(2019, 6, 10), date(2019, 6, 16), "10 June to 16 June 2019"),
    ("../2022-02", None, date(2022, 2, 28), "by February 2022"),
    ("2020-08/..", date(2020, 8, 1), None, "since August 2020"),
    # An unknown start is open too.
    ("/1985", None, date(1985, 12, 31), "by 1985"),
    # Seasons are the northern ones; winter runs into the next year.
    ("2021-21", date(2021, 3, 1), date(2021, 5, 31), "spring 2021"),
    ("2021-24", date(2021, 12, 1), date(2022, 2, 28), "winter 2021"),
    ("2021-34", date(2021, 4, 1), date(2021, 6, 30), "second quarter of 2021"),
    ("2021-41", date(2021, 7, 1), date(2021, 12, 31), "second half of 2021"),
    ("201X", date(2010, 1, 1), date(2019, 12, 31), "the 2010s"),
    ("19XX", date(1900, 1, 1), date(1999, 12, 31), "the years 1900 to 1999"),
    ("2004-XX", date(2004, 1, 1), date(2004, 12, 31), "2004"),
    ("1985~", date(1985, 1, 1), date(1985, 12, 31), "about 1985"),
    ("2020-08?/2021", date(2020, 8, 1), date(2021, 12, 31), "possibly August 2020 to 2021"),
]


@pytest.mark.parametrize(("value", "earliest", "latest", "words"), VALUES)
def test_values(value, earliest, latest, words):
    assert bounds(value) == (earliest, latest)
    assert in_words(value) == words


@pytest.mark.parametrize(
    "value",
    [
        "0000",
        "-0500",
        "10000",
        "2020-13",
        "2020-02-30",
        "2020-00",
        "2020-08-09T10:00",
        "XXXX",
        "2004-XX-01",
        "[2001,2002]",
        "y12000",
        "next week",
        "../..",
        "/",
        "2021/2020",
        "2020/2021/2022",
        "٢٠٢٠",
        "2020\n",
        "9" * 50,
    ],
)
def test_anything_else_is_refused_with_the_mend(value):
    with pytest.raises(InvalidDate) as refusal:
        bounds(value)
    assert value in str(refusal.value)


@given(st.text(max_size=30) | st.from_regex(r"[0-9X.\-/~?%]{1,25}", fullmatch=True))
def test_no_text_does_more_than_be_refused(value):
    try:
        earliest, latest = bounds(value)
    except InvalidDate:
        return
    assert earliest is None or latest is None or earliest <= latest
    assert in_words(value)


@given(st.dates(), st.dates())
def test_intervals_of_days_are_what_they_say(one, other):
    first, last = sorted([one, other])
    value = f"{first.isoformat()}/{last.isoformat()}"
    assert bounds(value) == (first, last)
    assert width(value) == (last - first).days + 1


@given(st.dates(), st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_plain_dates_are_what_the_library_makes_of_them(day, parts):
    value = "-".join(day.isoformat().split("-")[:parts])
    parsed = edtf.parse_edtf(value)
    assert bounds(value) == (date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3]))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2020-08-09", "2020-08", True),
        ("2020-08", "2020-09", False),
        ("2020-08/..", "2021", True),
        ("../2020-08", "2021", False),
        ("2020-08/..", "../2020-08-01", True),
        ("", "2020", False),
    ],
)
def test_overlap(one, other, expected):
    assert overlap(one, other) is overlap(other, one) is expected


def test_width_of_open_and_empty_dates_is_unknown():
    assert width("2020/..") is width("") is None
