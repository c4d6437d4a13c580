"""From values to stretches of the calendar: what each expression means, given what was told before it.

A document is read in one of two modes, chosen from its own expressions. *News* reckons from the day of
publication; a bare weekday or month is past or to come as its clause's tense says, and a paragraph that
looks back at another year goes on in it. *Narrative* (a history, a chronology) reckons from the last date
told. Below a date that heads a section, both reckon from that. "That year", "two days later" and the like are
reckoned from the last date told in either.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from timeline.extraction.dates.read import Found
from timeline.extraction.dates.tense import AHEAD, EARLIER, NEAREST, PAST, UNTOLD
from timeline.extraction.dates.values import (
    BeforeChrist,
    Day,
    Easter,
    Month,
    NthWeekday,
    Part,
    Period,
    Prefix,
    Shift,
    Side,
    Today,
    Unit,
    Value,
    Weekday,
    Year,
    Years,
)

OLD_DATES = 4  # so many days or months of earlier years make a history of a text…
BARE_YEARS = 4  # … so many years alone counting as one of them…
DEICTIC_SHARE = 4  # … if there are this many times more of them than of words like "yesterday"
# A date moves the story on, is told in passing, or only bounds something ("since 1994").
# An aside ("the minister said on Monday") is forgotten at the end of its sentence.
Place = Literal["story", "passing", "bound", "aside"]
WRAP = 8  # from October on, a January told with no year is of the next year


_STEP: dict[str, int] = {"last": -1, "previous": -1, "next": 1, "following": 1}
_ANY = frozenset({"day", "week", "weekend", "month", "part", "year", "decade", "century"})
# How well the date told must be known before a unit of the calendar is counted from it.
_KNOWN_TO: dict[str, frozenset[str]] = {
    "day": frozenset({"day"}),
    "week": frozenset({"day", "week", "weekend"}),
    "weekend": frozenset({"day", "week", "weekend"}),
    "month": frozenset({"day", "week", "weekend", "month"}),
}
# Heads that give no year to what stands below them.
_SPANS = frozenset({"years", "decade", "century"})
_TOLD_ON = frozenset({PAST, EARLIER})  # the tenses of a passage about another year
_LATELY = timedelta(100)
_SOON = timedelta(60)
_HALF_YEAR = timedelta(183)


class Stretch(NamedTuple):
    """A resolved expression: its EDTF, first day, and the unit that it is known to."""

    edtf: str
    first: date
    unit: Unit | str


class Setting:
    """What the document has told so far: the day of telling, the mode, and the last dates told."""

    def __init__(self, published: date, *, narrative: bool) -> None:
        self.published = published
        self.narrative = narrative
        self.told: Stretch | None = None
        self.aside: Stretch | None = None  # what was told before the sentence's aside
        self.head: Stretch | None = None  # the date that heads what is being read
        self.passage: Stretch | None = None  # the last date of an earlier year that its paragraph has told
        self.line: Stretch | None = None  # where the story stands: the last date told that is not an aside
        self.explicit: Stretch | None = None  # the same, told with its year, in this sentence
        self.ahead: dict[int, int] = {}  # months to come that have been told of, with their years

    @property
    def old_head(self) -> Stretch | None:
        """What heads this, if it is of another year than that of telling."""
        return self.head if self.head and self.head.first.year != self.published.year else None

    def begin_sentence(self, head: Stretch | None) -> None:
        """Forget the year told in the sentence before; `head` is what heads this one."""
        self.head = head
        if self.aside:
            self.told, self.aside = self.aside, None
        self.explicit = self.old_head if self.old_head and self.old_head.unit not in _SPANS else None

    @property
    def now(self) -> date | None:
        """The day that "last year" and "ago" are reckoned from."""
        if not self.narrative:
            return self.published
        if self.line is None:
            return None
        return self.published if self.line.first.year >= self.published.year - 1 else self.line.first


def is_narrative(found: Sequence[Found], published: date) -> bool:
    """Whether a document with these values tells a history rather than the news.

    Histories give old days and months with their years, and hardly ever say "yesterday". Bare years count
    little: features and interviews are full of them.
    """
    old = years = deictic = 0
    for value, *_ in found:
        match value:
            case Day(year=int(year)) | Month(year=int(year)) | Part(year=int(year)):
                old += year < published.year - 1
            case Year(year):
                years += year < published.year - 1
            case BeforeChrist():
                old += 1
            case Day(side="last" | "this" | "next") | Month(year_side="last" | "this" | "next"):
                deictic += 1
            case Today() | Weekday(side=None | "last" | "this" | "next") | Shift(deictic=True):
                deictic += 1
            case Period(side="last" | "this" | "next") | Month(side="last" | "this" | "next"):
                deictic += 1
            case _:
                pass
    old += years // BARE_YEARS
    return old >= OLD_DATES and old >= DEICTIC_SHARE * deictic


def resolve(value: Value, setting: Setting, tense: int, *, place: Place) -> Stretch | None:
    """The stretch that a value names, or None where nothing told gives it; moves what has been told on.

    `tense` is below 0 where the clause is past, above where it speaks of what is to come (see `tense`);
    `place` is what part the date has in the telling.
    """
    if isinstance(value, BeforeChrist):
        setting.told = setting.line = setting.explicit = None
        return None
    try:
        stretch = _resolve(value, setting, tense)
    except (ValueError, OverflowError):  # 30 February, or a year before 1 or after 9999
        return None
    if stretch is None or not 1 <= stretch.first.year <= 9998:
        return None
    if place == "aside":
        setting.aside = setting.aside or setting.told
    setting.told = stretch
    if place == "story" or setting.line is None:
        setting.line = stretch
    if place != "bound" and _tells_year(value):
        setting.explicit = stretch
    looks_back = _tells_year(value) and stretch.first.year < setting.published.year
    if place == "story" and (tense < 0 or looks_back) and stretch.unit in {"day", "month", "part", "year"}:
        # What is told next in the same paragraph goes on from here.
        in_passage = _tells_year(value) or setting.passage is not None
        setting.passage = stretch if in_passage and stretch.first.year < setting.published.year else None
    if stretch.first > setting.published and stretch.unit in {"day", "month"}:
        setting.ahead[stretch.first.month] = stretch.first.year
    return stretch


def _tells_year(value: Value) -> bool:
    match value:
        case Day() | Month() | Part() | Easter():
            return value.year is not None
        case Year() | Shift(unit="year") | Period(unit="year"):
            return True
    return False


def _resolve(value: Value, setting: Setting, tense: int) -> Stretch | None:
    match value:
        case Day():
            return _day(value, setting, tense)
        case Month():
            year = _month_year(value.month, value.year, value.side, value.year_side, setting, tense)
            return month_stretch(year, value.month) if year else None
        case Part():
            first_month = _PART_MONTH[value.code]
            year = _month_year(
                first_month, value.year, value.side, value.year_side, setting, tense, part=True
            )
            return part_stretch(year, value.code) if year else None
        case Year(year):
            return year_stretch(year)
        case Prefix(digits):
            unit = "decade" if len(digits) == 3 else "century"
            return Stretch(digits.ljust(4, "X"), date(int(digits.ljust(4, "0")), 1, 1), unit)
        case Years(first, last):
            return Stretch(f"{first:04}/{last:04}", date(first, 1, 1), "years")
        case Period():
            return _period(value, setting, tense)
        case Shift():
            return _shift(value, setting)
    return _resolve_day(value, setting, tense)


def _resolve_day(value: Value, setting: Setting, tense: int) -> Stretch | None:
    match value:
        case NthWeekday():
            return _nth_weekday(value, setting, tense)
        case Weekday():
            found = _weekday(value, setting, tense)
            return found and day_stretch(found.first + timedelta(7 * value.weeks))
        case Today(days):
            now = setting.now if setting.narrative else setting.published
            return day_stretch(now + timedelta(days)) if now and not setting.narrative else None
        case Easter(days, year):
            year = year or _year_of_feast(setting, tense)
            return day_stretch(_easter(year) + timedelta(days))
    return None


def _year_of_feast(setting: Setting, tense: int) -> int:
    if setting.narrative and setting.told:
        return setting.told.first.year
    if setting.explicit:
        return setting.explicit.first.year
    in_passage = setting.passage if tense < 0 else None
    return (in_passage or setting.old_head or day_stretch(setting.published)).first.year


def day_stretch(day: date) -> Stretch:
    return Stretch(day.isoformat(), day, "day")


def month_stretch(year: int, month: int) -> Stretch:
    return Stretch(f"{year:04}-{month:02}", date(year, month, 1), "month")


def part_stretch(year: int, code: int) -> Stretch:
    """A season or quarter by its code; a half as the interval of its months, which more readers know."""
    first = _PART_MONTH[code]
    half = f"{year:04}-{first:02}/{year:04}-{first + 5:02}"
    return Stretch(half if code in {40, 41} else f"{year:04}-{code}", date(year, first, 1), "part")


def year_stretch(year: int) -> Stretch:
    return Stretch(f"{year:04}", date(year, 1, 1), "year")


_PART_MONTH = {21: 3, 22: 6, 23: 9, 24: 12, 33: 1, 34: 4, 35: 7, 36: 10, 40: 1, 41: 7}
_FINE = frozenset({"day", "week", "weekend", "month", "part"})


def _side_year(side: Side, setting: Setting) -> int | None:
    """The year that "last year", "that year", "the following year" is."""
    if side in {"that", "previous", "following"}:
        base = setting.told.first if setting.told else None
        if base is None and side == "that" and not setting.narrative:
            base = setting.published
    else:
        base = setting.now
    if base is None:
        return None
    return base.year + _STEP.get(side, 0)


def _month_year(
    month: int,
    year: int | None,
    side: Side | None,
    year_side: Side | None,
    setting: Setting,
    tense: int,
    *,
    part: bool = False,
) -> int | None:
    """The year of a month (or season) that the words may or may not say."""
    if year:
        return year
    if year_side:
        return _side_year(year_side, setting)
    if side in {"that", "previous", "following"}:
        told = setting.told
        if told is None:
            return None
        if side == "that":
            return told.first.year
        if side == "previous":
            return told.first.year - (month >= told.first.month)
        return told.first.year + (month <= told.first.month)
    base = setting.now
    if base is None:
        return None
    if side == "last":
        return base.year - (month >= base.month)
    if side == "next":
        return base.year + (month <= base.month)
    if side == "this":
        return base.year
    return _bare_year(month, setting, tense, part=part)


def _bare_year(month: int, setting: Setting, tense: int, *, part: bool) -> int | None:
    """The year of a month told with none: that of its neighbours, else the nearest that the tense allows."""
    told = setting.line if setting.narrative else setting.explicit
    if told is not None and not (tense == AHEAD and told.first.year < setting.published.year):
        first = told.first
        wraps = told.unit in _FINE and first.month - month >= WRAP
        return first.year + wraps
    if setting.narrative:
        return None
    now = setting.published
    if tense in _TOLD_ON and setting.passage:
        return (
            setting.passage.first.year if tense == EARLIER else _next_in_passage(setting.passage, month, now)
        )
    if setting.old_head:
        return None
    if part:
        # A season is three months: "in the summer" is this one until the tense says otherwise.
        begun = now.month >= month or (month == 12 and now.month < 3)
        if tense > 0:
            return now.year + (now.month > month + 2)
        return now.year - (not begun) - (month == 12 and now.month < 12)
    if month in setting.ahead and tense == 0:
        return setting.ahead[month]
    if tense > 0:
        return now.year + (month < now.month)
    return now.year - (month > now.month)


def _next_in_passage(passage: Stretch, month: int, now: date) -> int:
    """The year of a month told after `passage` in its paragraph: a telling goes forward."""
    year = passage.first.year
    if passage.unit in _FINE and month < passage.first.month and (year + 1, month) <= (now.year, now.month):
        return year + 1
    return year


def _day(value: Day, setting: Setting, tense: int) -> Stretch | None:
    if value.month is None:
        base = setting.told.first if setting.told and setting.told.unit in {"day", "month"} else None
        if value.side in {"this", "last", "next"} or (base is None and not setting.narrative):
            base = setting.now
        if base is None:
            return None
        months = base.year * 12 + base.month - 1 + _STEP.get(value.side or "", 0)
        return day_stretch(date(months // 12, months % 12 + 1, value.day))
    year = value.year
    if year is None and value.side:
        year = _side_year(value.side, setting)
    elif year is None:
        year = _bare_day_year(value, setting, tense)
    return day_stretch(date(year, value.month, value.day)) if year else None


def _bare_day_year(value: Day, setting: Setting, tense: int) -> int | None:
    month = value.month or 1
    if setting.narrative or setting.explicit or setting.old_head or (tense in _TOLD_ON and setting.passage):
        return _bare_year(month, setting, tense, part=False)
    now = setting.published
    if value.weekday:
        # The weekday settles the year where it fits only one near the day of telling.
        for year in (now.year, now.year - 1, now.year + 1):
            if (
                date(year, month, min(value.day, 28))
                and date(year, month, value.day).isoweekday() == value.weekday
            ):
                return year
    this_year = date(now.year, month, value.day)
    if tense == NEAREST:
        # One told as known is as a rule the last, not one that is months ahead.
        soon = this_year + timedelta(365) - now <= _SOON
        return now.year + soon - (this_year - now > _HALF_YEAR)
    if tense > 0 and timedelta(0) < now - this_year < _LATELY:
        return now.year  # "first meant for 22 April", told in July: not next year's
    if tense > 0:
        return now.year + (this_year < now)
    # A day a little ahead is this year's whatever the verb ("decreed that 15 July be a holiday"): the same
    # day a year ago would be told with its year.
    if now <= this_year <= now + (_HALF_YEAR if tense == UNTOLD else _SOON):
        return now.year
    return now.year - (this_year > now)


def _weekday(value: Weekday, setting: Setting, tense: int) -> Stretch | None:
    told = setting.told
    if value.side in {"that", "previous", "following"} or setting.narrative:
        if told is None or told.unit not in {"day", "week", "weekend"}:
            if setting.narrative and told is None and value.side is None:
                return day_stretch(_nearest(setting.published, value.weekday, tense))
            return None
        ahead = (value.weekday - told.first.isoweekday()) % 7
        if value.side in {"previous", "last"}:
            return day_stretch(told.first - timedelta((-ahead) % 7 or 7))
        if value.side in {"following", "next"}:
            return day_stretch(told.first + timedelta(ahead or 7))
        return day_stretch(told.first + timedelta(ahead))
    if value.side is None and setting.head and setting.head.unit == "week":
        return day_stretch(setting.head.first + timedelta(value.weekday - 1))
    if setting.old_head and setting.old_head.unit != "day":
        # Nothing says which, unless a day has just been told.
        near = told if told and told.unit == "day" and value.side is None else None
        return near and day_stretch(near.first + timedelta((value.weekday - near.first.isoweekday()) % 7))
    return _weekday_near(value, setting, tense)


def _weekday_near(value: Weekday, setting: Setting, tense: int) -> Stretch:
    """The weekday beside the day of publication, or the one that heads the section."""
    now = setting.head.first if setting.head and setting.head.unit == "day" else setting.published
    if value.side == "last":
        return day_stretch(now - timedelta((now.isoweekday() - value.weekday) % 7 or 7))
    if value.side == "next":
        return day_stretch(now + timedelta((value.weekday - now.isoweekday()) % 7 or 7))
    if value.side == "this" and tense >= 0:
        tense = 1
    return day_stretch(_nearest(now, value.weekday, tense))


def _nth_weekday(value: NthWeekday, setting: Setting, tense: int) -> Stretch | None:
    month = _resolve(value.month, setting, tense)
    if month is None or month.unit != "month":
        return None
    first = month.first
    if value.count > 0:
        day = first + timedelta((value.weekday - first.isoweekday()) % 7 + 7 * (value.count - 1))
    else:
        end = _unit_around(first, "month", 1).first - timedelta(1)
        day = end - timedelta((end.isoweekday() - value.weekday) % 7)
    return day_stretch(day) if day.month == first.month else None


def _nearest(now: date, weekday: int, tense: int) -> date:
    """The day itself, or the last such weekday before it; with a future tense the first after it."""
    if tense > 0:
        return now + timedelta((weekday - now.isoweekday()) % 7)
    return now - timedelta((now.isoweekday() - weekday) % 7)


def _period(value: Period, setting: Setting, tense: int) -> Stretch | None:
    step = _STEP.get(value.side, 0)
    base = _beside(value, setting) if value.side in {"that", "previous", "following"} else setting.now
    if base is None:
        return None
    if value.unit == "weekend" and value.side == "this" and tense <= 0 and base.isoweekday() < 4:
        step = -1
    return _unit_around(base, value.unit, step)


def _beside(value: Period, setting: Setting) -> date | None:
    """The day that "that month", "the following day" are reckoned from; None if it is known too roughly."""
    if setting.told is None:
        # "the end of the year" in news that has told no date is the year of telling.
        here = value.side == "that" and not setting.narrative and value.unit != "day"
        return setting.published if here else None
    return setting.told.first if setting.told.unit in _KNOWN_TO.get(value.unit, _ANY) else None


def week_of(stretch: Stretch) -> Stretch:
    """The week that holds the first day of a stretch."""
    return _unit_around(stretch.first, "week", 0)


def _unit_around(base: date, unit: Unit, step: int) -> Stretch:
    """The day, week, month … that holds `base`, or the one `step` of them later."""
    match unit:
        case "day":
            return day_stretch(base + timedelta(step))
        case "week" | "weekend":
            monday = base + timedelta(7 * step - base.weekday())
            first = monday + timedelta(5 if unit == "weekend" else 0)
            return Stretch(f"{first.isoformat()}/{(monday + timedelta(6)).isoformat()}", first, unit)
        case "month":
            months = base.year * 12 + base.month - 1 + step
            return month_stretch(months // 12, months % 12 + 1)
        case "year":
            return year_stretch(base.year + step)
        case "decade":
            decade = base.year // 10 + step
            return Stretch(f"{decade:03}X", date(decade * 10, 1, 1), unit)
        case "century":
            century = base.year // 100 + step
            return Stretch(f"{century:02}XX", date(century * 100, 1, 1), unit)


def _shift(value: Shift, setting: Setting) -> Stretch | None:
    told = setting.told
    base = setting.now if value.deictic else told.first if told else None
    known_to = "day" if value.deictic and not setting.narrative else told.unit if told else ""
    if base is None:
        return None
    exact = value.to == "day" or value.unit == "day" or (value.unit == "week" and not value.deictic)
    if exact:
        return day_stretch(_day_away(base, value)) if known_to == "day" else None
    if value.unit == "year":
        then = base.year + value.count
        return month_stretch(then, base.month) if value.to else year_stretch(then)
    if known_to not in _KNOWN_TO.get(value.unit, _ANY):
        return None
    return _unit_around(base, value.unit, value.count) if value.unit != "weekend" else None


def _day_away(base: date, value: Shift) -> date:
    """The day so many units from another, of the same number if they are months or years."""
    if value.unit in {"day", "week"}:
        return base + timedelta(value.count * (7 if value.unit == "week" else 1) + value.days)
    months = base.year * 12 + base.month - 1 + value.count * (12 if value.unit == "year" else 1)
    return date(months // 12, months % 12 + 1, base.day) + timedelta(value.days)


def _easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar, by the anonymous algorithm (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    epact = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * epact) // 433
    month = (h + epact - 7 * m + 90) // 25
    return date(year, month, (h + epact - 7 * m + 33 * month + 19) % 32)
