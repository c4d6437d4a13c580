"""The pipeline: sentences -> tokens -> values -> stretches of the calendar."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from timeline.extraction.dates.patterns import Sentence, read_tokens
from timeline.extraction.dates.read import Found, read
from timeline.extraction.dates.resolve import Place, Setting, is_narrative, resolve, tense_around
from timeline.extraction.dates.values import Day, Month, Part, Period, Prefix, Shift, Weekday, Year
from timeline.extraction.records import DateExpression, Span
from timeline.extraction.sentences import sentences as find_sentences

_OPENING = 3  # tokens before a date that opens its sentence: "By the end of"
_CLAUSE = 12  # tokens to look back for the "had" of what was past already
_BOUNDS = frozenset(["until", "till", "since", "before", "after", "by", "for"])
_PHRASE = 6  # tokens of "until the fall of the city in"
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
            groups.append((sentence, _lend_years(sentence, group)))
    narrative = is_narrative([found for _, group in groups for found in group], published)
    setting = Setting(published, narrative=narrative)
    expressions: list[DateExpression] = []
    for sentence, group in groups:
        setting.explicit = None
        for found in group:
            tense = (
                tense_around(sentence, found.first, found.last)
                if _needs_tense(found) and not narrative
                else 0
            )
            stretch = resolve(found.value, setting, tense, place=_place(sentence, found))
            if stretch:
                start, end = sentence.starts[found.first], sentence.ends[found.last - 1]
                expressions.append(DateExpression(start, end, stretch.edtf, found.rule))
    return tuple(expressions)


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
    return "passing" if "had" in before or attributive else "story"


def _since_comma(before: list[str]) -> list[str]:
    return before[len(before) - before[::-1].index(",") :] if "," in before else before


def _needs_tense(found: Found) -> bool:
    value = found.value
    if isinstance(value, Weekday):
        return value.side in {None, "this"}
    return (isinstance(value, Day | Month | Part) and value.year is None) or found.rule == "period"


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
