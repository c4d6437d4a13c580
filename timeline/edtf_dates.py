"""EDTF dates (ISO 8601-2) as stretches of whole days, and in words.

Parsing is the `edtf` package's; this module says which part of EDTF the timeline accepts (years 1 to
9999, no sets), what the first and last day of a value are, and how a reader is told of it.
"""

import re
from calendar import month_name, monthrange
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import edtf
from edtf.parser.edtf_exceptions import EDTFParseException

SEASONS = {21: "spring", 22: "summer", 23: "autumn", 24: "winter"}
QUARTERS = {33: "first", 34: "second", 35: "third", 36: "fourth"}
HALVES = {40: "first", 41: "second"}
PART_MONTHS = {
    **{code: (3 * (code - 21) + 3, 3) for code in SEASONS},  # northern spring begins in March
    **{code: (3 * (code - 33) + 1, 3) for code in QUARTERS},
    **{code: (6 * (code - 40) + 1, 6) for code in HALVES},
}
OPEN_ENDS = ("", "..")
# The forms that the timeline uses, of the many in EDTF levels 0 to 2.
FORM = re.compile(r"([0-9]{4}(-[0-9]{2}){0,2}|[0-9]{3}X|[0-9]{2}XX|[0-9]{4}(-[0-9]{2})?-XX)[?~%]?")
PLAIN = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")
QUALIFIERS = {"?": "possibly", "~": "about", "%": "possibly about"}


class InvalidDate(ValueError):
    """A date that the timeline can't take; the message names it and says what would do."""


class Bounds(NamedTuple):
    """First and last day of a date, both included; None where it is open or unknown."""

    earliest: date | None
    latest: date | None


@lru_cache(maxsize=16_384)
def bounds(value: str) -> Bounds:
    """First and last day of an EDTF value; both None for the empty string (no date known).

    >>> bounds("2020-08")
    Bounds(earliest=datetime.date(2020, 8, 1), latest=datetime.date(2020, 8, 31))
    >>> bounds("../2022-02").earliest is None
    True

    Raises InvalidDate for anything else than a date or interval of the years 1 to 9999.
    """
    if not value:
        return Bounds(None, None)
    start, slash, end = value.partition("/")
    if not slash:
        return Bounds(*_stretch(start, value))
    earliest = None if start in OPEN_ENDS else _stretch(start, value)[0]
    latest = None if end in OPEN_ENDS else _stretch(end, value)[1]
    if earliest is None and latest is None:
        raise InvalidDate(f"“{value}” is open at both ends: leave the date empty instead.")
    if earliest and latest and earliest > latest:
        raise InvalidDate(f"“{value}” ends before it begins.")
    return Bounds(earliest, latest)


def _stretch(part: str, value: str) -> tuple[date, date]:
    """First and last day of one end of an interval; `value` is the whole, for the message."""
    if match := PLAIN.fullmatch(part):
        # Most dates by far; the package's grammar takes milliseconds for each.
        try:
            return _plain(int(match["year"]), match["month"], match["day"])
        except ValueError:
            pass
    refusal = InvalidDate(
        f"“{value}” is not a date of the years 1 to 9999 in EDTF. "
        "Write 2020-08-09, 2020-08, 2020, 2020-08/2020-11, ../2022-02 or 2020-08/.. ."
    )
    if not FORM.fullmatch(part):
        raise refusal
    try:
        parsed = edtf.parse_edtf(part)
        return date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3])
    except (EDTFParseException, ValueError) as error:
        raise refusal from error


def _plain(year: int, month: str | None, day: str | None) -> tuple[date, date]:
    if day:
        whole = date(year, int(month or 0), int(day))
        return whole, whole
    if month:
        return _months(year, *PART_MONTHS.get(int(month), (int(month), 1)))
    return date(year, 1, 1), date(year, 12, 31)


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    last = first + count - 2
    end_year, end_month = year + last // 12, last % 12 + 1
    return date(year, first, 1), date(end_year, end_month, monthrange(end_year, end_month)[1])


def width(value: str) -> int | None:
    """Length of the date in days, or None where it is empty or open."""
    earliest, latest = bounds(value)
    return (latest - earliest).days + 1 if earliest and latest else None


def overlap(one: str, other: str) -> bool:
    """Whether two dates can be the same; an empty date overlaps nothing."""
    if not one or not other:
        return False
    a, b = bounds(one), bounds(other)
    return (a.earliest or date.min) <= (b.latest or date.max) and (b.earliest or date.min) <= (
        a.latest or date.max
    )


@lru_cache(maxsize=16_384)
def in_words(value: str) -> str:
    """The date as a reader would say it.

    >>> in_words("../2022-02")
    'by February 2022'
    >>> in_words("2020-08/2020-11")
    'August to November 2020'
    """
    if not value:
        return "date unknown"
    bounds(value)
    start, slash, end = value.partition("/")
    if not slash:
        return _part_in_words(start)
    if start in OPEN_ENDS:
        return f"by {_part_in_words(end)}"
    if end in OPEN_ENDS:
        return f"since {_part_in_words(start)}"
    first, last = _part_in_words(start), _part_in_words(end)
    if start[:4] == end[:4] and first.endswith(f" {start[:4]}"):
        first = first[: -len(start[:4]) - 1]
    return f"{first} to {last}"


def _part_in_words(part: str) -> str:
    qualifier = ""
    if part[-1] in QUALIFIERS:
        qualifier, part = QUALIFIERS[part[-1]] + " ", part[:-1]
    part = re.sub(r"(-XX)+$", "", part)
    if part.endswith("XX"):
        return f"{qualifier}the years {part[:2]}00 to {part[:2]}99"
    if part.endswith("X"):
        return f"{qualifier}the {part[:3]}0s"
    numbers = [int(number) for number in part.split("-")]
    year = numbers[0]
    if len(numbers) == 1:
        return f"{qualifier}{year}"
    code = numbers[1]
    if len(numbers) == 3:
        return f"{qualifier}{numbers[2]} {month_name[code]} {year}"
    if code in SEASONS:
        return f"{qualifier}{SEASONS[code]} {year}"
    if code in QUARTERS:
        return f"{qualifier}{QUARTERS[code]} quarter of {year}"
    if code in HALVES:
        return f"{qualifier}{HALVES[code]} half of {year}"
    return f"{qualifier}{month_name[code]} {year}"
