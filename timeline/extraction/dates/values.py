"""What an expression says by itself, before anything is known of the date it is told on.

"12 June" is a Day with no year; "two weeks earlier" a Shift of the last date told. `resolve` turns each
into a stretch of the calendar.
"""

from dataclasses import dataclass
from typing import Literal

# "last" and "next" look from the day of telling, "previous" and "following" from the last date told;
# "this" is the year (month, week) of telling, "that" the one told.
Side = Literal["last", "next", "this", "that", "previous", "following"]
Unit = Literal["day", "week", "weekend", "month", "year", "decade", "century"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month; without `month`, of the month told. `side` is of the year (the month, if none)."""

    day: int
    month: int | None = None
    year: int | None = None
    side: Side | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month. `side` is of the month itself ("last June"); `year_side` of its year ("June last year")."""

    month: int
    year: int | None = None
    side: Side | None = None
    year_side: Side | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A season, quarter or half by its EDTF code; the sides are as for a month."""

    code: int
    year: int | None = None
    side: Side | None = None
    year_side: Side | None = None


@dataclass(frozen=True, slots=True)
class Year:
    year: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """A decade ("199") or a century ("19"): the digits that its years share."""

    digits: str


@dataclass(frozen=True, slots=True)
class Weekday:
    """A weekday; `weeks` are those between it and the one that its side names: "a week on Sunday"."""

    weekday: int
    side: Side | None = None
    weeks: int = 0


@dataclass(frozen=True, slots=True)
class Years:
    """A year that runs from one calendar year into the next: "1970/71"."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Period:
    """A unit of the calendar beside the one of telling, or told: "last month", "the following day"."""

    unit: Unit
    side: Side


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """ "The second Sunday of May": of the month that the other value names; the last, if `count` is -1."""

    count: int
    weekday: int
    month: Month | Period


@dataclass(frozen=True, slots=True)
class Shift:
    """So many units away: from the day of telling if `deictic` ("ago"), else from the last date told.

    `to` is what it is known to, if finer than the unit: a month in "ten years ago this month". `days` are
    added to such a day: "a year ago yesterday".
    """

    count: int
    unit: Unit
    deictic: bool
    to: Unit | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class Today:
    """Days after the day of telling."""

    days: int


@dataclass(frozen=True, slots=True)
class Easter:
    """Days after the Easter Sunday of a year."""

    days: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class BeforeChrist:
    """A date outside the calendar of the timeline: nothing that follows may be reckoned from an older one."""


Value = (
    Day
    | Month
    | Part
    | Year
    | Years
    | Prefix
    | Weekday
    | NthWeekday
    | Period
    | Shift
    | Today
    | Easter
    | BeforeChrist
)
