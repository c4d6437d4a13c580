"""The pipeline: sentences -> tokens -> values -> stretches of the calendar."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from timeline.extraction import clock
from timeline.extraction.dates import vocabulary as words
from timeline.extraction.dates.patterns import Sentence, read_tokens
from timeline.extraction.dates.read import Found, read
from timeline.extraction.dates.resolve import Place, Setting, Stretch, is_narrative, resolve, week_of
from timeline.extraction.dates.sections import (
    Bare,
    Head,
    Sections,
    bare_head,
    find_head,
    is_title,
    of_week,
    whole,
)
from timeline.extraction.dates.tense import EARLIER, LATELY, NEAREST, PAST, tense_around
from timeline.extraction.dates.values import (
    Day,
    Easter,
    Month,
    Part,
    Period,
    Prefix,
    Shift,
    Today,
    Value,
    Weekday,
    Year,
)
from timeline.extraction.records import DateExpression, Span
from timeline.extraction.sentences import paragraphs
from timeline.extraction.sentences import sentences as find_sentences

_LISTED = 3  # so many paragraphs that open with dates make a list of events
_SUBJECT = 6  # tokens before the date of the noun that opens its sentence
_OPENING = 3  # tokens before a date that opens its sentence: "By the end of"
_CLAUSE = 12  # tokens to look back for the "had" of what was past already
_BOUNDS = frozenset(["until", "till", "since", "before", "after", "by", "for"])
_ELSEWHERE = frozenset(["had", "would", "planned"])  # what was past already, or to come
_PHRASE = 8  # tokens of "until the fall of the city in"
_EVENT_BOUNDS = frozenset(["until", "till", "since", "following", "followed"])
_REPORTS = frozenset(["said", "told", "reported", "announced", "added", "confirmed"])
_ATTRIBUTIVE = frozenset(["the", "of", "a"])
_CONNECTORS = frozenset(["to", "until", "till", "through", "and", "or"]) | {"-", "–", "—", "/", ","}


class _Line(NamedTuple):
    """A sentence that has an expression, or a paragraph's first that may head what follows."""

    span: Span
    sentence: Sentence | None
    group: list[Found]
    opens: bool  # its paragraph
    whole: bool  # and is all of it
    first: bool  # of the document


def tag(text: str, published: date, sentences: Sequence[Span] | None = None) -> tuple[DateExpression, ...]:
    """Expressions in text order, not overlapping; `edtf` is always one that `edtf_dates.bounds` takes.

    `published` is the day that "yesterday" is reckoned from; `sentences` are those of the text, if they
    have been found already.
    """
    if sentences is None:
        sentences = find_sentences(text)
    lines = list(_lines(text, sentences))
    narrative = is_narrative([found for line in lines for found in line.group], published)
    listed = sum(1 for line in lines if line.opens and line.group and line.group[0].first <= 1) >= _LISTED
    return tuple(_Reader(text, published, narrative=narrative, listed=listed).read(lines))


def _lines(text: str, sentences: Sequence[Span]) -> Iterator[_Line]:
    ends = {paragraph.start: paragraph.end for paragraph in paragraphs(text)}
    for span in sentences:
        clock.check()
        sentence = read_tokens(text, span.start, span.end)
        group = _lend_years(sentence, _merge(list(read(sentence)))) if sentence else []
        opens = span.start in ends
        if group or opens:
            whole, first = opens and ends[span.start] == span.end, span is sentences[0]
            yield _Line(span, sentence, group, opens, whole, first)


class _Reader:
    """Resolves the values of a document in text order."""

    def __init__(self, text: str, published: date, *, narrative: bool, listed: bool) -> None:
        self._text = text
        self._listed = listed
        self._setting = Setting(published, narrative=narrative)
        self._sections = Sections(published)

    def read(self, lines: Sequence[_Line]) -> Iterator[DateExpression]:
        asked = False
        for line in lines:
            clock.check()
            if line.opens:
                self._sections.end_paragraph()
                if not asked:  # an answer goes on from its question
                    self._setting.passage = None
            asked = self._text[line.span.end - 1] == "?"
            headed, expressions = self._open(line) if line.opens else (0, [])
            yield from expressions
            self._setting.begin_sentence(self._sections.finest)
            reach = expressions[-1].end if expressions else 0
            if line.sentence is None:
                continue
            for found in line.group[headed:]:
                apart = line.sentence.starts[found.first] >= reach
                if apart and (one := self._resolve(line.sentence, found)):
                    yield one

    def _resolve(self, sentence: Sentence, found: Found) -> DateExpression | None:
        tense = 0 if self._setting.narrative else _tense(sentence, found)
        stretch = resolve(found.value, self._setting, tense, place=_place(sentence, found))
        return _expression(sentence, found, stretch) if stretch else None

    def _open(self, line: _Line) -> tuple[int, list[DateExpression]]:
        """What heads a paragraph and how many of its expressions that takes; moves the sections on."""
        text, sections = self._text, self._sections
        said = text[line.span.start : line.span.end]
        if bare := bare_head(text, line.span, sections, listed=self._listed):
            return 0, self._open_bare(*bare, said)
        found = None
        if line.sentence:
            found = find_head(line.sentence, line.group, whole=line.whole, first=line.first)
        if found is None or line.sentence is None:
            if line.whole and not line.group and sections.dated and is_title(text, line.span):
                sections.end(said)
            return 0, []
        return found.size, self._open_at(line.sentence, line.group[: found.size], found, said)

    def _open_bare(self, head: Head, openings: Sequence[Bare], said: str) -> list[DateExpression]:
        self._setting.begin_sentence(self._sections.finest)
        stretches: list[Stretch] = []
        expressions: list[DateExpression] = []
        for opening in openings:
            if stretch := self._head(opening.value, 0):
                stretches.append(stretch)
                expressions.append(DateExpression(opening.start, opening.end, stretch.edtf, "entry"))
        if stretches:
            self._sections.open(head, openings[0].value, whole(stretches), said)
        return expressions

    def _open_at(
        self, sentence: Sentence, group: Sequence[Found], head: Head, said: str
    ) -> list[DateExpression]:
        self._setting.begin_sentence(self._sections.finest)
        stretches: list[Stretch] = []
        expressions: list[DateExpression] = []
        for found in group:
            tense = 0 if self._setting.narrative else _tense(sentence, found)
            if stretch := self._head(found.value, tense):
                stretches.append(stretch)
                expressions.append(_expression(sentence, found, stretch))
        if stretches:
            every = week_of(stretches[0]) if of_week(sentence, group[0]) else whole(stretches)
            self._sections.open(head, group[0].value, every, said)
        return expressions

    def _head(self, value: Value, tense: int) -> Stretch | None:
        return resolve(self._sections.lend(value), self._setting, tense, place="story")


def _expression(sentence: Sentence, found: Found, stretch: Stretch) -> DateExpression:
    start, end = sentence.starts[found.first], sentence.ends[found.last - 1]
    return DateExpression(start, end, stretch.edtf, found.rule)


def _tense(sentence: Sentence, found: Found) -> int:
    """The tense of the clause where the value's reading, or that of the next, depends on it; else 0."""
    value = found.value
    if isinstance(value, Weekday) and value.side == "this" and found.first:
        return 1  # "this Sunday" looks ahead, unless it opens the sentence: "This Sunday thousands came"
    asks = isinstance(value, Weekday) and value.side in {None, "this"}
    asks = asks or isinstance(value, Day | Month | Part | Year | Easter) or found.rule == "period"
    if not asks:
        return 0
    if isinstance(value, Day) and _of_vote(sentence, found):
        return NEAREST
    tense = tense_around(sentence, found.first, found.last)
    if tense != PAST:
        return tense
    if "had" in sentence.words[max(0, found.first - _CLAUSE) : found.first]:
        return EARLIER
    return PAST if found.first <= _OPENING else LATELY


def _of_vote(sentence: Sentence, found: Found) -> bool:
    """Whether the day only says which vote is meant: "the election of 7 November"."""
    opening = sentence.words[found.first - 1].lower() if found.first else ""
    before = sentence.words[max(0, found.first - 2) : max(0, found.first - 1)]
    after = sentence.words[found.last : found.last + 1]
    return (opening == "of" and before != [] and before[0].lower() in words.VOTES) or (
        opening == "the" and after != [] and after[0].lower() in words.VOTES
    )


def _place(sentence: Sentence, found: Found) -> Place:
    """What part a date has in the telling: the story stands at dates that open a sentence or its clause."""
    value = found.value
    if found.first <= _OPENING or sentence.words[-1] == "?":
        return "passing" if isinstance(value, Prefix) else "story"
    before = [word.lower() for word in sentence.words[max(0, found.first - _CLAUSE) : found.first]]
    if _is_aside(value, before):
        return "aside"
    if not _BOUNDS.isdisjoint(before[-2:]) or not _EVENT_BOUNDS.isdisjoint(_since_comma(before[-_PHRASE:])):
        return "bound"
    if isinstance(value, Year | Prefix | Period) or (
        isinstance(value, Shift) and value.unit not in {"day", "week"}
    ):
        return "passing"
    # "The polls of the spring of 2020 soured when …": what the sentence is about.
    subject = before[-1] == "of" and found.first <= _SUBJECT and getattr(value, "year", None) is not None
    if subject and not isinstance(value, Year):
        return "story"
    attributive = before[-1] in _ATTRIBUTIVE and not isinstance(value, Weekday)
    return "passing" if not _ELSEWHERE.isdisjoint(_but_had_to(before)) or attributive else "story"


def _but_had_to(before: list[str]) -> list[str]:
    """The words without the "had" of what had to be done."""
    return [
        word for word, after in zip(before, [*before[1:], ""], strict=True) if (word, after) != ("had", "to")
    ]


def _is_aside(value: Value, before: list[str]) -> bool:
    """Whether the date is that of a report, or of what came before ("after they had left the day before")."""
    opening = [word for word in before[-3:] if word not in {"on", "late", "early", "in"}]
    if isinstance(value, Weekday | Today) and opening and opening[-1] in _REPORTS:
        return True
    earlier = isinstance(value, Period | Shift) and "had" in before
    return earlier and "after" in before[: before.index("had")]


def _since_comma(before: list[str]) -> list[str]:
    return before[len(before) - before[::-1].index(",") :] if "," in before else before


def _merge(group: list[Found]) -> list[Found]:
    """ "Ten years ago this month", "a year ago today": two expressions that are one."""
    merged: list[Found] = []
    for found in group:
        last = merged[-1] if merged else None
        if last and last.last == found.first and isinstance(last.value, Shift) and last.value.deictic:
            value = _anniversary(last.value, found)
            if value:
                merged[-1] = Found(value, last.first, found.last, "anniversary")
                continue
        merged.append(found)
    return merged


def _anniversary(value: Shift, found: Found) -> Shift | None:
    """What "this month" or "today" makes known of a day some time ago; a week may lie in two months."""
    match found.value:
        case Today(days) if value.unit in {"week", "month", "year"} and days <= 0:
            return replace(value, to="day", days=days)
        case Period("week" | "month", "this") if value.unit == "year":
            return replace(value, to="month")
    return None


def _lend_years(sentence: Sentence, group: list[Found]) -> list[Found]:
    """ "April to June 1968": the year stands once, after the last of the dates that it belongs to."""
    for position in range(len(group) - 2, -1, -1):
        found, after = group[position], group[position + 1]
        value, lender = found.value, after.value
        if (
            isinstance(value, Day | Month | Part)
            and isinstance(lender, Day | Month | Part)
            and value.year is None
            and value.side is None
            and lender.year
            and after.first - found.last <= 2
            and all(word.lower() in _CONNECTORS for word in sentence.words[found.last : after.first])
        ):
            earlier = _month_of(value) > _month_of(lender)
            group[position] = found._replace(value=replace(value, year=lender.year - earlier))
    return group


def _month_of(value: Day | Month | Part) -> int:
    if isinstance(value, Part):
        return value.code
    return value.month or 1
