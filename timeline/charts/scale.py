"""The axis of time: a stretch of days, the calendar's units in it, and where its ticks stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from timeline import edtf_dates

LAST_DAY = date.max.toordinal()
AIR = 45  # days at least beyond the events, on a side where no window is asked for
TICKS = 8  # at most: as many labels as a telephone's width takes
MARGIN = 8  # pixels left and right of the axis, into which a mark or a label at the edge reaches
NARROWEST, LETTER = 344, 7.3  # pixels: the width of a chart on a telephone, and of a letter in a label

Window = tuple[date | None, date | None]


class Unit(NamedTuple):
    """A unit of the calendar: so many days, or so many months."""

    name: str
    days: int = 0
    months: int = 0


DAY, WEEK, MONTH = Unit("day", days=1), Unit("week", days=7), Unit("month", months=1)
QUARTER, YEAR = Unit("quarter", months=3), Unit("year", months=12)
YEARS = [
    Unit(f"{years} years", months=12 * years) for years in (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
]
BIN_UNITS = [DAY, WEEK, MONTH, QUARTER, YEAR, *YEARS]
TICK_UNITS = [
    *(Unit("day", days=days) for days in (1, 2, 7, 14)),
    *(Unit("month", months=months) for months in (1, 2, 3, 6)),
    *(Unit("year", months=12 * years) for years in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)),
]


def edges(unit: Unit, first: date, last: date) -> list[int]:
    """The days (ordinals) on which units begin, from the one that holds `first` to the one after `last`."""
    low, high = first.toordinal(), last.toordinal()
    if unit.days:
        begin = low - (low - 1) % unit.days  # day 1 of the calendar is a Monday
        end = begin + (high - begin) // unit.days * unit.days + unit.days
        return [max(1, min(day, LAST_DAY + 1)) for day in range(begin, end + 1, unit.days)]
    begin = _month(first) // unit.months * unit.months
    end = _month(last) // unit.months * unit.months + unit.months
    return [_first_day(month) for month in range(begin, end + 1, unit.months)]


def finest(units: Iterable[Unit], first: date, last: date, most: int) -> tuple[Unit, list[int]]:
    """The finest of these units that divides the stretch into no more than `most`, with its edges.

    The coarsest where none does.
    """
    days = (last - first).days + 1
    for unit in units:
        if days <= (most + 2) * (unit.days or 31 * unit.months):
            begun = edges(unit, first, last)
            if len(begun) - 1 <= most:
                return unit, begun
    return unit, edges(unit, first, last)


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(month: int) -> int:
    year, rest = divmod(month, 12)
    if year > date.max.year:
        return LAST_DAY + 1
    return date(year, rest + 1, 1).toordinal() if year else 1


def moment(day: float) -> str:
    """A point on a date axis, from an ordinal with its part of a day; never beyond the year 9999."""
    whole, minutes = divmod(round(min(day, LAST_DAY) * 1440), 1440)
    text = date.fromordinal(whole).isoformat()
    return f"{text} {minutes // 60:02}:{minutes % 60:02}"


class Tick(NamedTuple):
    """A line across the chart, and its label in one or two lines to the right of its foot."""

    at: float
    label: str
    year: str


@dataclass(frozen=True)
class Scale:
    """The stretch of days that the chart shows, first and last included."""

    first: date
    last: date

    @classmethod
    def around(cls, reach: Window, window: Window) -> "Scale":
        """The window asked for; on a side where none is, as far as the events reach and a little air."""
        earliest, latest = reach
        first, last = window
        low = first or min((day for day in (earliest, last) if day), default=date(2000, 1, 1))
        high = last or max((day for day in (latest, first) if day), default=date(2025, 12, 31))
        air = max(AIR, (high - low).days // 25)
        return cls(first or _moved(min(low, high), -air), last or _moved(max(low, high), air))

    @cached_property
    def begin(self) -> int:
        return self.first.toordinal()

    @cached_property
    def end(self) -> int:
        """The day after the last."""
        return self.last.toordinal() + 1

    @cached_property
    def days(self) -> int:
        return self.end - self.begin

    def share(self, day: float) -> float:
        """Where a day (an ordinal) stands, 0 at the left edge and 1 at the right."""
        return (day - self.begin) / self.days

    def day(self, share: float) -> float:
        """The day (an ordinal with its part of a day) that stands there."""
        return self.begin + share * self.days

    def ticks(self) -> list[Tick]:
        """Lines where units of the calendar begin; the year is told where it isn't the one before."""
        unit, begun = finest(TICK_UNITS, self.first, self.last, TICKS)
        ticks = []
        told = ""
        for day in begun:
            if not self.begin <= day < self.end:
                continue
            at = self.share(day)
            label, year = _labels(unit, date.fromordinal(day))
            if at * NARROWEST + LETTER * len(label) > NARROWEST + MARGIN:
                label = year = ""  # it would reach over the edge
            ticks.append(Tick(at, label, year if year != told else ""))
            told = year
        return ticks


def _moved(day: date, days: int) -> date:
    """The day so many days on, held within the years 1 to 9999."""
    return date.fromordinal(max(1, min(LAST_DAY, day.toordinal() + days)))


def _labels(unit: Unit, day: date) -> tuple[str, str]:
    if unit.name == "year":
        return f"{day.year}", ""
    return (f"{day:%b}" if unit.name == "month" else f"{day.day} {day:%b}"), f"{day.year}"


def in_words(unit: Unit, begin: int, end: int) -> str:
    """How a reader would name the unit that goes from one day to before another (ordinals).

    >>> in_words(MONTH, date(2020, 8, 1).toordinal(), date(2020, 9, 1).toordinal())
    'August 2020'
    """
    first, last = date.fromordinal(begin), date.fromordinal(end - 1)
    match unit.name:
        case "day":
            return edtf_dates.in_words(f"{first}")
        case "week":
            return edtf_dates.in_words(f"{first}/{last}" if first != last else f"{first}")
        case "month":
            return edtf_dates.in_words(f"{first}"[:7])
        case "quarter":
            return edtf_dates.in_words(f"{first.year:04}-{33 + (first.month - 1) // 3}")
        case "year":
            return f"{first.year}"
    return f"{first.year} to {last.year}"
