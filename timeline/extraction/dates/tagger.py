"""The pipeline: sentences -> tokens -> values -> stretches of the calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from timeline.extraction.dates.patterns import Sentence, read_tokens
from timeline.extraction.dates.read import Found, read
from timeline.extraction.dates.resolve import Place, Setting, Stretch, is_narrative, resolve, tense_around
from timeline.extraction.dates.values import (
    Day,
    Month,
    Part,
    Period,
    Prefix,
    Shift,
    Today,
    Unit,
    Weekday,
    Year,
)
from timeline.extraction.records import DateExpression, Span
from timeline.extraction.sentences import sentences as find_sentences

_HEADING = 4  # tokens after the day in a heading: "Monday 4 May, latest first"
_OPENING = 3  # tokens before a date that opens its sentence: "By the end of"
_CLAUSE = 12  # tokens to look back for the "had" of what was past already
_BOUNDS = frozenset(["until", "till", "since", "before", "after", "by", "for"])
_ELSEWHERE = frozenset(["had", "would", "planned"])  # what was past already, or to come
_PHRASE = 8  # tokens of "until the fall of the city in"
_EVENT_BOUNDS = frozenset(["until", "till", "since", "following", "followed"])
_ATTRIBUTIVE = frozenset(["the", "of", "a"])
_CONNECTORS = frozenset(["to", "until", "till", "through", "and", "or"]) | {"-", "–", "—", "/", ","}


def tag(text: str, published: date, sentences: Sequence[Span] | None = None) -> tuple[DateExpression, ...]:
    """Expressions in text order, not overlapping; `edtf` is always one that `edtf_dates.bounds` takes.

    `published` is the day that "yesterday" is reckoned from; `sentences` are those of the text, if they
    have been found already.
    """
    if sentences is None:
        sentences = find_sentences(text)
    groups: list[tuple[Sentence, list[Found]]] = []
    for span in sentences:
        sentence = read_tokens(text, span.start, span.end)
        if sentence and (group := list(read(sentence))):
            groups.append((sentence, _lend_years(sentence, _merge(group))))
    narrative = is_narrative([found for _, group in groups for found in group], published)
    setting = Setting(published, narrative=narrative)
    expressions: list[DateExpression] = []
    reach = 0
    for sentence, group in groups:
        setting.explicit = None
        if setting.section_ends and "\n" in text[reach : sentence.starts[0]]:
            setting.section = None
        for found in group:
            tense = 0 if narrative else _tense(sentence, found)
            stretch = resolve(found.value, setting, tense, place=_place(sentence, found))
            if stretch:
                start, end = sentence.starts[found.first], sentence.ends[found.last - 1]
                expressions.append(DateExpression(start, end, stretch.edtf, found.rule))
                if found.first == 0 and isinstance(found.value, Day):
                    _open_section(setting, sentence, found, stretch)
        reach = sentence.ends[-1]
    return tuple(expressions)


def _open_section(setting: Setting, sentence: Sentence, found: Found, stretch: Stretch) -> None:
    """Reckon bare weekdays from a day that heads a section: "Monday 4 May", "4 May: …"."""
    after = sentence.words[found.last] if found.last < len(sentence.words) else ""
    if after in {":", "-", "–", "—"}:
        setting.section, setting.section_ends = stretch, True
    elif len(sentence.words) <= found.last + _HEADING and after in {"", ","}:
        setting.section, setting.section_ends = stretch, False


def _tense(sentence: Sentence, found: Found) -> int:
    """-1, 0 or 1 where the value has two readings, 0 where it has one."""
    value = found.value
    if isinstance(value, Weekday) and value.side == "this" and found.first:
        return 1  # "this Sunday" looks ahead, unless it opens the sentence: "This Sunday thousands came"
    asks = isinstance(value, Weekday) and value.side in {None, "this"}
    asks = asks or (isinstance(value, Day | Month | Part) and value.year is None) or found.rule == "period"
    return tense_around(sentence, found.first, found.last) if asks else 0


def _place(sentence: Sentence, found: Found) -> Place:
    """What part a date has in the telling: the story stands at dates that open a sentence or its clause."""
    value = found.value
    if found.first <= _OPENING:
        return "passing" if isinstance(value, Prefix) else "story"
    before = [word.lower() for word in sentence.words[max(0, found.first - _CLAUSE) : found.first]]
    if not _BOUNDS.isdisjoint(before[-2:]) or not _EVENT_BOUNDS.isdisjoint(_since_comma(before[-_PHRASE:])):
        return "bound"
    if isinstance(value, Year | Prefix | Period) or (
        isinstance(value, Shift) and value.unit not in {"day", "week"}
    ):
        return "passing"
    attributive = before[-1] in _ATTRIBUTIVE and not isinstance(value, Weekday)
    return "passing" if not _ELSEWHERE.isdisjoint(before) or attributive else "story"


def _since_comma(before: list[str]) -> list[str]:
    return before[len(before) - before[::-1].index(",") :] if "," in before else before


def _merge(group: list[Found]) -> list[Found]:
    """ "Ten years ago this month", "a year ago today": two expressions that are one."""
    merged: list[Found] = []
    for found in group:
        last = merged[-1] if merged else None
        if last and last.last == found.first and isinstance(last.value, Shift) and last.value.deictic:
            to = _anniversary(found)
            if to and last.value.unit == "year":
                merged[-1] = Found(replace(last.value, to=to), last.first, found.last, "anniversary")
                continue
        merged.append(found)
    return merged


def _anniversary(found: Found) -> Unit | None:
    """What "this month" or "today" makes known of a day some years ago; a week may lie in two months."""
    match found.value:
        case Today(0):
            return "day"
        case Period("week" | "month", "this"):
            return "month"
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
