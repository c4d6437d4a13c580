"""The day that a text or the name of a file bears, for kinds of file that have no better place for it."""

import re
from datetime import date
from pathlib import PurePath

from timeline.documents.document import DAY, Unreadable

MONTHS = (
    "January February March April May June July August September October November December".lower().split()
)
_MONTH = "(?P<month>" + "|".join(MONTHS) + ")"
_DATELINES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>[0-9]{4})-(?P<number>[0-9]{2})-(?P<day>[0-9]{2})\b",
        rf"\b(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)? {_MONTH},? (?P<year>[0-9]{{4}})\b",
        rf"\b{_MONTH} (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<year>[0-9]{{4}})\b",
    )
)
# A day that a heading tells of, and not one that it was written on: “The vote of 4 August 2010”.
_TOLD_OF = re.compile(
    r"\b(?:after|and|before|between|by|for|from|in|of|on|since|than|the|till|to|until)\s*\Z", re.IGNORECASE
)
_PUBLISHED = re.compile(r"\W*(?:dated|issued|posted|published|released|updated)\b", re.IGNORECASE)
_BEFORE_THE_TEXT = re.compile(r"\s*(?:\([^)]{1,40}\)\s*)?[—–-]")  # “4 August 2010 (Agency) – ”


def dateline(text: str) -> tuple[date, str] | None:
    """A full date in one of the short lines at the head of an article, and the words that it is."""
    for line in _head(text):
        if len(line) <= 100 and (found := day_in(line)):
            return found[0], found[1][0]
    return None


def sure_dateline(text: str) -> date | None:
    """The date of a line at the head of an article that is there to give it, and tells of nothing else."""
    for line in _head(text):
        found = day_in(line)
        if not found:
            continue
        day, words = found
        before, after = line[: words.start()].strip(), line[words.end() :].strip()
        if len(before) > 40 or (_TOLD_OF.search(before) and not _PUBLISHED.match(before)):
            continue
        if len(after) <= 40 or _BEFORE_THE_TEXT.match(after):
            return day
    return None


def _head(text: str) -> list[str]:
    """The lines that a date may stand in: some after the headline."""
    return [line.strip() for line in text.split("\n", 12)[:12] if line.strip()][1:6]


def day_in(line: str) -> tuple[date, re.Match[str]] | None:
    """The first full date in a line, and the words that it is; none of those that could be two days."""
    for pattern in _DATELINES:
        if match := pattern.search(line):
            found = match.groupdict()
            month = int(found.get("number") or 0) or MONTHS.index(found["month"].lower()) + 1
            try:
                return date(int(found["year"]), month, int(found["day"])), match
            except ValueError:
                continue
    return None


def day_of_file(name: str, text: str, published: date | None, made: str = "") -> date:
    """The day that the file's name begins with, else that of a dateline, else `published`; raises Unreadable.

    When a file was made is a hint for whoever looks for the date, and no date of publication: files are made
    again by every program that saves them. `made` is that day as it is to be told.
    """
    if match := DAY.match(PurePath(name).name):
        try:
            return date.fromisoformat(match[0])
        except ValueError as error:
            raise Unreadable(
                f"The date “{match[0]}” in its name is not a day of the calendar.", "Rename the file."
            ) from error
    if found := sure_dateline(text):
        return found
    if published is None:
        hint = f" The file itself was made on {made}, which may be another day." if made else ""
        raise Unreadable(
            f"It has no date near its head.{hint}",
            "Begin the file’s name with the day, such as “2021-09-28 Headline.pdf”, or pass --published.",
        )
    return published
