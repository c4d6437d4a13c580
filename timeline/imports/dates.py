"""The dates of other programs' files as EDTF; what is no day, month or year is refused, never guessed."""

import re
from calendar import monthrange
from datetime import date
from typing import Any

from timeline import edtf_dates
from timeline.documents import Unreadable
from timeline.imports.words import shown

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
IN_DIGITS = "Write it in digits, such as 2021."
YEARS = "The timeline holds the years 1 to 9999."

_WHOLE = re.compile(r"(-?[0-9]{1,12})(?:\.0*)?")
_COMMAS = re.compile(r"[^,]*(?:,[^,]*){0,7}")
_ISO = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?(?:[T ].*)?")
_SLASHES = re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})(?: .*)?")
_NAMED = re.compile(r"(?P<day>[0-9]{1,2})(?P<gap>[ -])(?P<month>[A-Za-z]{3,9})(?P=gap)(?P<year>[0-9]{4})")


def of_parts(year: Any, month: Any, day: Any, of: str = "date") -> str:
    """EDTF of a year, month and day, which may be words, numbers or blank; "" if all are; raises Unreadable.

    `of` is what they are the parts of, for the message.
    """
    y, m, d = _whole(year, "year"), _whole(month, "month"), _whole(day, "day")
    if y is None:
        if m is None and d is None:
            return ""
        raise Unreadable(f"Its {of} has a month or a day but no year.", "Add the year.")
    if not 1 <= y <= date.max.year:
        raise Unreadable(f"Its year {shown(year)} is not one of the years 1 to 9999.", YEARS)
    if m is None:
        if d is None:
            return f"{y:04}"
        raise Unreadable(f"Its {of} has the day {shown(day)} but no month.", "Add the month.")
    if not 1 <= m <= len(MONTHS):
        raise Unreadable(f"Its month {shown(month)} is none.", "Write a month from 1 to 12.")
    if d is None:
        return f"{y:04}-{m:02}"
    if not 1 <= d <= monthrange(y, m)[1]:
        raise Unreadable(
            f"Its day {shown(day)} is not in {MONTHS[m - 1].capitalize()} {y}.",
            f"Write a day from 1 to {monthrange(y, m)[1]}.",
        )
    return f"{y:04}-{m:02}-{d:02}"


def _whole(value: Any, name: str) -> int | None:
    """The number that a part is, None if it is blank."""
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if isinstance(value, bool) or not (match := _WHOLE.fullmatch(text)):
        raise Unreadable(f"Its {name} {shown(value)} is not a whole number.", IN_DIGITS)
    return int(match[1])


def of_words(words: str, of: str = "date") -> str:
    """EDTF of a date as TimelineJS of old has it: "2011,12,10,07,02,10", "12/10/2011" (month first), ISO."""
    words = words.strip()
    if match := _SLASHES.fullmatch(words) or _ISO.fullmatch(words):
        return of_parts(match["year"], match["month"], match["day"], of)
    if _COMMAS.fullmatch(words):
        year, month, day, *_ = [*words.split(","), "", ""]
        return of_parts(year, month, day, of)
    raise Unreadable(f"Its {of} {shown(words)} can’t be read.", "Write it as 2011,12,10.")


def of_day(words: str) -> date:
    """A day written as "01 January 2021", "01-Jan-2021" or "2021-01-01"."""
    words = words.strip()
    match = _NAMED.fullmatch(words) or _ISO.fullmatch(words)
    if not match or not match["day"]:
        # 01/02/2021 is one day in one country and another in the next.
        raise Unreadable(f"Its date {shown(words)} can’t be read.", "Write it as 2021-01-31.")
    month = match["month"]
    if not month.isdecimal():
        name = month.lower()
        found = [number for number, full in enumerate(MONTHS, 1) if name in (full, full[:3])]
        month = found[0] if found else month
    return date.fromisoformat(of_parts(match["year"], month, match["day"]))


def interval(start: str, end: str) -> str:
    """From one EDTF date to another; the one where both are the same or the end is blank."""
    if not end or start == end:
        return start
    try:
        edtf_dates.bounds(f"{start}/{end}")
    except edtf_dates.InvalidDate as error:
        raise Unreadable(
            f"It ends ({end}) before it begins ({start}).", "Mend one of the two dates."
        ) from error
    return f"{start}/{end}"


def around(day: date, days: int) -> str:
    """The stretch of so many days before and after a day, as far as the calendar goes."""
    first = max(day.toordinal() - days, date.min.toordinal())
    last = min(day.toordinal() + days, date.max.toordinal())
    return f"{date.fromordinal(first).isoformat()}/{date.fromordinal(last).isoformat()}"


def checked(edtf: str) -> str:
    """A date that should be EDTF, without stray blanks; raises Unreadable."""
    edtf = edtf.strip()
    try:
        edtf_dates.bounds(edtf)
    except edtf_dates.InvalidDate as error:
        raise Unreadable(str(error), "Mend its date, or leave it empty.") from error
    return edtf
