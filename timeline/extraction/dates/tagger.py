"""The pipeline: sentences -> tokens -> values -> stretches of the calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from timeline.extraction.dates.patterns import Sentence, read_tokens
from timeline.extraction.dates.read import Found, read
from timeline.extraction.dates.resolve import Setting, is_narrative, resolve, tense_around
from timeline.extraction.dates.values import Day, Month, Part, Period, Prefix, Shift, Weekday, Year
from timeline.extraction.records import DateExpression, Span
from timeline.extraction.sentences import sentences as find_sentences

_ASIDE = frozenset("until till since before after by for".split())
_CONNECTORS = frozenset("to until till through and or".split()) | {"-", "–", "—", "/", ","}


def tag(text: str, published: date, sentences: Sequence[Span] | None = None) -> tuple[DateExpression, ...]:
    """Expressions in text order, not overlapping; `edtf` is always one that `edtf_dates.bounds` takes.

    `published` is the day that "yesterday" is reckoned from; `sentences` are those of the text, if they
    have been found already.
    """
    if sentences is None:
        sentences = find_sentences(text)
    read_sentences: list[tuple[Sentence, list[Found]]] = []
    for span in sentences:
        sentence = read_tokens(text, span.start, span.end)
        if found := list(read(sentence)):
            read_sentences.append((sentence, _lend_years(sentence, found)))
    narrative = is_narrative([found for _, group in read_sentences for found in group], published)
    setting = Setting(published, narrative=narrative)
    expressions: list[DateExpression] = []
    reach = 0
    for sentence, group in read_sentences:
        if "\n" in text[reach : sentence.starts[0]]:
            setting.explicit = None
        for found in group:
            tense = (
                tense_around(sentence, found.first, found.last)
                if _needs_tense(found) and not narrative
                else 0
            )
            stretch = resolve(found.value, setting, tense, aside=_is_aside(sentence, found))
            if stretch:
                start, end = sentence.starts[found.first], sentence.ends[found.last - 1]
                expressions.append(DateExpression(start, end, stretch.edtf, found.rule))
        reach = sentence.ends[-1]
    return tuple(expressions)


def _is_aside(sentence: Sentence, found: Found) -> bool:
    """Whether a date is told in passing, so that the story doesn't move there."""
    if found.first <= 3:
        return isinstance(found.value, Prefix)
    if isinstance(found.value, Year | Prefix | Period) or (
        isinstance(found.value, Shift) and found.value.unit not in {"day", "week"}
    ):
        return True
    before = [word.lower() for word in sentence.words[max(0, found.first - 12) : found.first]]
    return not _ASIDE.isdisjoint(before[-2:]) or "had" in before


def _needs_tense(found: Found) -> bool:
    value = found.value
    if isinstance(value, Weekday):
        return value.side in {None, "this"}
    return isinstance(value, Day | Month | Part) and value.year is None or found.rule == "period"


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
