"""Dates that head what follows them: a line that is a year, a month or a day, and entries that open with one.

Below the line "1979", an entry "January 16 – …" is of that year, and "16 – …" below "JULY" of that month.
A *heading* holds until the next of its level, or a heading that is no date; an *entry* to the end of its
paragraph.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from timeline.extraction.dates import vocabulary as words
from timeline.extraction.dates.patterns import Sentence
from timeline.extraction.dates.read import Found
from timeline.extraction.dates.resolve import WRAP, Stretch, day_stretch
from timeline.extraction.dates.values import Day, Month, Part, Value, Weekday, Year
from timeline.extraction.records import Span

_BULLETS = frozenset("-–—*•·▪‣#([")
_CLOSERS = frozenset(")]*")
_DASHES = frozenset("-–—")
_AFTER_DAY = ([":"], [","], ["–"], ["-"], ["—"])
_AFTER_WEEK = (["of"], ["beginning"], ["commencing"])
_CONNECTORS = _DASHES | {"to", "and", "/", ",", "&"}
_LONGEST_HEADING = 60  # code points
_TRAILING = 4  # tokens after the day in a heading: "Monday 4 May, latest first"
_LEADING = 6  # tokens of bullets and "Day one:" that are looked through
_LEVELS = {"century": 0, "decade": 0, "years": 0, "year": 1, "part": 2, "month": 2, "week": 3, "weekend": 3}
_DAY_LEVEL = 4
# Openings that name a date only because of where they stand: "May – …", and "16 – …" in a month.
_BARE = re.compile(
    r"(?:[-–—*•·▪‣#]+\s+){0,3}[(\[]?(?:(?P<month>[A-Z][A-Za-z]{2,8})\.?"
    r"|(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s?[-–]\s?(?P<end>\d{1,2}))?)[)\]]?"
    r"(?=\s*[–—:](?:\s|\Z)|\s+-\s|\s*\Z)"
)
_NO_HEADING = re.compile(r".*[.!?;,…\"”’)]\Z", re.DOTALL)
_HASHES = re.compile(r"#{1,6}(?=\s)")


class Head(NamedTuple):
    """The first `size` expressions of a sentence head what follows, as a line of their own or an entry."""

    size: int
    heading: bool


class Bare(NamedTuple):
    """A date by its place alone, and where it stands in the text."""

    value: Day | Month
    start: int
    end: int


class Sections:
    """The headings that hold where the reading has come to."""

    def __init__(self, published: date) -> None:
        self.published = published
        self._marks: list[tuple[int, Stretch]] = []  # coarse to fine
        self._entry: Stretch | None = None
        self._last: Stretch | None = None  # the last date that headed anything…
        self._told = False  # … and whether its year was told, by itself or by what heads it
        self._hashes = 0

    @property
    def finest(self) -> Stretch | None:
        """The narrowest date that holds here."""
        return self._entry or (self._marks[-1][1] if self._marks else None)

    @property
    def day(self) -> Stretch | None:
        """The day that holds here, if one does."""
        finest = self.finest
        return finest if finest and finest.unit == "day" else None

    @property
    def old(self) -> Stretch | None:
        """What holds here if it is of another year than that of telling."""
        finest = self.finest
        return finest if finest and finest.first.year != self.published.year else None

    @property
    def month(self) -> Stretch | None:
        """The month whose days may stand below by their numbers alone."""
        return next((mark for _, mark in reversed(self._marks) if mark.unit == "month"), None)

    @property
    def dated(self) -> bool:
        """Whether anything has been headed by a date since the last heading that is none."""
        return self._last is not None

    def end_paragraph(self) -> None:
        self._entry = None

    def end(self, line: str) -> None:
        """End everything at a heading that is no date, unless it stands deeper than those that are."""
        hashes = _hashes(line)
        if not (self._hashes and hashes > self._hashes):
            self._marks, self._entry, self._last, self._told = [], None, None, False

    def lend(self, value: Value) -> Value:
        """The value with the year (month, day) that what heads it gives."""
        match value:
            case Day(month=None) if month := self.month:
                return replace(value, month=month.first.month, year=month.first.year, side=None)
            case Day(year=None, side=None, month=int(month)):
                return replace(value, year=self._year(month))
            case Month(year=None, side=None, year_side=None):
                return replace(value, year=self._year(value.month))
            case Part(year=None, side=None, year_side=None):
                return replace(value, year=self._year(1))
            case Weekday(side=None) if self._last and self._last.unit == "day":
                ahead = (value.weekday - self._last.first.isoweekday() + 3) % 7 - 3
                day = date.fromordinal(max(1, self._last.first.toordinal() + ahead))
                return Day(day.day, day.month, day.year)
        return value

    def _year(self, month: int) -> int | None:
        year = next((mark.first.year for level, mark in self._marks if level == 1), None)
        if year is not None or not (self._told and self._last):
            return year
        last = self._last.first
        return last.year + (self._last.unit != "year" and last.month - month >= WRAP)

    def open(self, head: Head, value: Value, stretch: Stretch, line: str) -> None:
        """Let a date head what follows. `value` is as the text has it; `stretch` is all that it names."""
        told = getattr(value, "year", None) is not None
        level = _LEVELS.get(str(stretch.unit), _DAY_LEVEL)
        self._told = level > 0 and (
            told or self._told or any(mark_level == 1 for mark_level, _ in self._marks)
        )
        self._last = stretch if level else None
        self._entry = None if head.heading else stretch
        if head.heading:
            self._marks = [
                (other, mark)
                for other, mark in self._marks
                if other < level and (other or not told) and (mark.first.year == stretch.first.year)
            ]
            self._marks.append((level, stretch))
            self._hashes = _hashes(line)


def find_head(sentence: Sentence, group: Sequence[Found], *, whole: bool, first: bool) -> Head | None:
    """What of a sentence that begins a paragraph heads it; `whole` if it is all of the paragraph.

    The first paragraph of a document, its title, heads what follows only if it is nothing but a date.
    """
    if not group or not (whole or group[0].first <= _LEADING):
        return None
    lead = _lead(sentence)
    if group[0].first != lead:
        return _at_the_end(sentence, group) if whole and not first else None
    count = 1
    while count < len(group) and _joined(sentence, group[count - 1].last, group[count].first):
        count += 1
    last = group[count - 1].last
    while last < len(sentence.words) and sentence.words[last] in _CLOSERS:
        last += 1
    rest = sentence.words[last:]
    after = rest[0] if rest else ""
    finished = bool(rest) and rest[-1] in {".", "!", "?"}
    if not rest or (len(rest) == 1 and after in {":", ".", ",", "–", "—", "-"}):
        return Head(count, heading=whole)
    if after == "," and len(rest) <= _TRAILING and not finished:
        return Head(count, heading=whole)
    if after == ":" or (after in _DASHES and _spaced(sentence, last)):
        bulleted = lead > 0 and sentence.words[0] in _BULLETS and sentence.words[0] != "#"
        titled = whole and not first and not finished and not bulleted and isinstance(group[0].value, Year)
        return Head(count, heading=titled and len(sentence.words) <= _LONGEST_HEADING // 6)
    bracketed = lead > 0 and sentence.words[lead - 1] in {"(", "["}
    return Head(count, heading=False) if bracketed and last > group[count - 1].last else None


def _at_the_end(sentence: Sentence, group: Sequence[Found]) -> Head | None:
    """ "The wall (1961)", "Prague, August 1968": a heading that ends in its date."""
    last = group[-1]
    told = isinstance(last.value, Year) or getattr(last.value, "year", None) is not None
    rest = sentence.words[last.last :]
    before = sentence.words[last.first - 1] if last.first else ""
    ends = rest in ([")"], ["]"]) if before in {"(", "["} else not rest and before in {",", ":"}
    short = sentence.ends[-1] - sentence.starts[0] <= _LONGEST_HEADING
    return Head(1, heading=True) if told and ends and short and len(group) == 1 else None


def _lead(sentence: Sentence) -> int:
    """Where a sentence begins, its bullets and "Day one:", "Week of" apart."""
    position = 0
    lower = [word.lower() for word in sentence.words[: _LEADING + 4]]
    while position < min(_LEADING, len(lower)):
        if lower[position] in _BULLETS:
            position += 1
        elif lower[position] == "day" and lower[position + 2 : position + 3] in _AFTER_DAY:
            position += 3
        elif lower[position] == "week" and lower[position + 1 : position + 2] in _AFTER_WEEK:
            position += 2
        else:
            break
    return position


def of_week(sentence: Sentence, found: Found) -> bool:
    """Whether the day stands for its week: "Week of 12 June"."""
    return "week" in (word.lower() for word in sentence.words[max(0, found.first - 2) : found.first])


def _joined(sentence: Sentence, last: int, first: int) -> bool:
    between = sentence.words[last:first]
    return 0 < len(between) <= 2 and all(word.lower() in _CONNECTORS for word in between)


def _spaced(sentence: Sentence, position: int) -> bool:
    """Whether a dash opens a text rather than joins two words."""
    after = position + 1
    return after < len(sentence.words) and (
        sentence.words[position] != "-"
        or sentence.words[after] == "-"
        or sentence.starts[after] > sentence.ends[position]
    )


def bare_head(text: str, span: Span, sections: Sections, *, listed: bool) -> tuple[Head, list[Bare]] | None:
    """An opening such as "May – …" or "16 – …", where the headings and other entries make a date of it.

    `listed` if enough other paragraphs open with dates for a name such as "May" to be a month here.
    """
    match = _BARE.match(text, span.start, span.end)
    if not match:
        return None
    head = Head(1, heading=match.end() == span.end)
    if name := match["month"]:
        number = words.MONTHS.get(name.lower())
        if number is None or not (name.istitle() or name.isupper()):
            return None
        if not (head.heading or sections.dated or listed):
            return None
        return head, [Bare(Month(number), match.start("month"), match.end("month"))]
    if sections.month is None:
        return None
    days = [name for name in ("day", "end") if match[name]]
    return head, [Bare(Day(int(match[name])), *match.span(name)) for name in days]


def is_title(text: str, span: Span) -> bool:
    """Whether a paragraph is a heading, whatever it says."""
    return span.end - span.start <= _LONGEST_HEADING and not _NO_HEADING.match(text, span.start, span.end)


def _hashes(line: str) -> int:
    match = _HASHES.match(line)
    return match.end() if match else 0


def whole(stretches: Sequence[Stretch]) -> Stretch:
    """The stretch from the first to the last of those that one head names."""
    first, last = stretches[0], stretches[-1]
    if first is last:
        return first
    unit = "years" if first.unit == "year" else first.unit
    return first._replace(unit=unit) if unit != "day" else day_stretch(first.first)
