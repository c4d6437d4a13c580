"""Lengths of time that begin or end at a known day: "in his 27 years as president", "within 90 days"."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from timeline.edtf_dates import InvalidDate, bounds
from timeline.extraction.dates import vocabulary as words
from timeline.extraction.records import DateExpression

_REACH = 60  # code points around a length that are looked at

_NUMBER = (
    r"(?:\d{1,3}|(?:"
    + "|".join([*words.NUMBERS, "a", "an"])
    + r")(?:-(?:"
    + "|".join(words.NUMBERS)
    + r"))?)"
)
_LENGTH = re.compile(
    rf"\b(?:(?P<whose>(?:in|during|over|through|throughout)\s+(?:his|her|its|their))|(?P<past>the\s+(?:past|last))"
    rf"|(?P<perfect>for(?:\s+(?:more\s+than|over|nearly|almost|some|about|at\s+least))?)"
    rf"|(?P<of>(?:after|over|in)(?:\s+(?:more\s+than|over|nearly|almost|some|about))?))"
    rf"\s+(?:(?P<count>{_NUMBER})[\s-]+)?(?P<unit>day|week|month|year|decade)(?P<plural>s?)\b"
    rf"(?P<follows>\s+(?:as|in|at|of|on)\b)?",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"\b(?:ended|finished|closed|concluded|wound up)\s+(?:late\s+|early\s+)?(?:on|in|with)?\s*(?:the\s+)?\Z",
    re.IGNORECASE,
)
_PERFECT = re.compile(r"\b(?:has|have)\b|[’']ve\b|\b(?:he|she|it|that|there|who|what)[’']s\b", re.IGNORECASE)


# "In the four weeks to 16 January", before that date.
LENGTH_TO = re.compile(
    rf"\b(?:(?:in|over|during)\s+)?the\s+(?P<count>{_NUMBER})\s+(?P<unit>day|week|month|year)s\s+"
    r"(?:up\s+)?(?:to|until|ending(?:\s+on)?|before|ended(?:\s+on)?)\s+(?:the\s+)?\Z",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    rf"\bwithin\s+(?:the\s+next\s+|just\s+|a\s+further\s+|another\s+)?(?P<count>{_NUMBER})[\s-]+"
    r"(?P<unit>day|week|month|year)s?\b(?!\s+of\b|[’'])",
    re.IGNORECASE,
)
_TO_COME = re.compile(
    r"\b(?:will|must|shall|should|would|could|may|(?:has|have|is|are|due|set)\s+to|be|unless|if|promis\w+|call\w*)\b",
    re.IGNORECASE,
)
_PARAGRAPH = 400  # code points back to the date that a length in the past begins at
_FINER = {10: {"day", "week", "month", "year"}, 7: {"month", "year"}, 4: {"year"}}


def lengths(text: str, published: date, expressions: Sequence[DateExpression]) -> Iterator[DateExpression]:
    """Each length whose ends the words give, in text order for each way of saying it."""
    yield from _past_lengths(text, published, expressions)
    ends = [expression.end for expression in expressions]
    for match in _WITHIN.finditer(text):
        start = _begins(text, match, published, expressions, ends)
        edtf = _ahead(start, read_count(match["count"]), match["unit"].lower()) if start else ""
        if edtf and valid(edtf):
            yield DateExpression(match.start(), match.end(), edtf, "within")


def _begins(
    text: str,
    match: re.Match[str],
    published: date,
    expressions: Sequence[DateExpression],
    ends: Sequence[int],
) -> str:
    """The date that "within 90 days" is counted from: one told just before, else that of telling."""
    position = bisect_left(ends, match.start() + 1)
    told = expressions[position - 1] if position else None
    far = told is None or match.start() - told.end > _PARAGRAPH
    between = "\n\n" if told is None or far else text[told.end : match.start()]
    sentence = re.split(r"[.!?]\s|\n\n", text[max(0, match.start() - 2 * _REACH) : match.start()])[-1]
    if _TO_COME.search(sentence) and (told is None or len(told.edtf) != 10 or re.search(r"[.!?]\s", between)):
        return published.isoformat()
    near = told is not None and "\n\n" not in between and told.edtf[:10] <= published.isoformat()
    if match["unit"].lower() in {"day", "week"} and re.search(r"[.!?]\s", between):
        near = False  # days are counted from what the same sentence tells
    return told.edtf if told and near else ""


def _ahead(start: str, count: int, unit: str) -> str:
    """The stretch of so many units from a date on, no finer than the units are, nor than the date."""
    if not re.fullmatch(r"\d{4}(?:-[01]\d(?:-\d\d)?)?", start) or unit not in _FINER[len(start)]:
        return ""
    if unit in {"day", "week"}:
        try:
            end = date.fromisoformat(start) + timedelta(count * (7 if unit == "week" else 1))
        except (OverflowError, ValueError):
            return ""
        return f"{start}/{end.isoformat()}"
    year = int(start[:4])
    if len(start) == 4:
        return f"{start}/{year + count:04}"
    months = year * 12 + int(start[5:7]) - 1 + count * (12 if unit == "year" else 1)
    return f"{start[:7]}/{months // 12:04}-{months % 12 + 1:02}"


def _past_lengths(
    text: str, published: date, expressions: Sequence[DateExpression]
) -> Iterator[DateExpression]:
    starts = [expression.start for expression in expressions]
    for match in _LENGTH.finditer(text):
        count = read_count(match["count"])
        vague = match["past"] and match["count"] is None and match["plural"]  # "the last days of April"
        if not count or vague:
            continue
        unit = match["unit"].lower()
        edtf = ""
        if (match["whose"] and match["count"] and match["follows"]) or match["past"]:
            edtf = back(published, count, unit)
        elif match["perfect"] and match["count"]:
            if _PERFECT.search(_around(text, match)):
                edtf = _open(back(published, count, unit))
        elif match["of"] and match["count"] and (match["follows"] or "").strip().lower() == "of":
            edtf = _ending(text, match, count, unit, expressions, starts)
        if edtf and valid(edtf):
            yield DateExpression(match.start(), match.end("plural"), edtf, "length")


def _around(text: str, match: re.Match[str]) -> str:
    """The words beside a length of time, no further than its sentence."""
    before = re.split(r"[.!?]\s", text[max(0, match.start() - _REACH) : match.start()])[-1]
    return before + " " + re.split(r"[.!?]\s", text[match.end() : match.end() + _REACH])[0]


def read_count(word: str | None) -> int:
    if word is None:
        return 1
    if word.isdigit():
        return int(word) if word.isascii() else 0
    return sum(1 if part in {"a", "an"} else words.NUMBERS.get(part, 0) for part in word.lower().split("-"))


def back(end: date, count: int, unit: str) -> str:
    """The stretch of so many units up to a day, no finer than the units are."""
    try:
        if unit in {"year", "decade"}:
            return f"{end.year - count * (10 if unit == 'decade' else 1):04}/{end.year:04}"
        if unit == "month":
            months = end.year * 12 + end.month - 1 - count
            return f"{months // 12:04}-{months % 12 + 1:02}/{end.year:04}-{end.month:02}"
        first = end - timedelta(count * (7 if unit == "week" else 1))
    except OverflowError:
        return ""
    return f"{first.isoformat()}/{end.isoformat()}"


def _open(edtf: str) -> str:
    """ "For five weeks" gives no day to begin on, but the month."""
    first = edtf.split("/", maxsplit=1)[0]
    return f"{first[:7]}/.." if first else ""


def _ending(
    text: str,
    match: re.Match[str],
    count: int,
    unit: str,
    expressions: Sequence[DateExpression],
    starts: Sequence[int],
) -> str:
    """ "Three days of voting, which ended on Monday"; "in May 2014, after six months of protests"."""
    position = bisect_left(starts, match.end())
    if position < len(expressions):
        end = expressions[position]
        between = text[match.end() : end.start] if end.start - match.end() <= _REACH else ""
        if _ENDED.search(between) and not re.search(r"[.!?]\s", between) and len(end.edtf) == 10:
            last = date.fromisoformat(end.edtf)
            days = count * {"day": 1, "week": 7}.get(unit, 0)
            if days:
                return (
                    f"{(last - timedelta(days - 1)).isoformat()}/{end.edtf}"
                    if last.toordinal() >= days
                    else ""
                )
    if position and match["of"].lower().startswith("after"):
        end = expressions[position - 1]
        between = text[end.end : match.start()] if match.start() - end.end <= _REACH else ". "
        if not re.search(r"[.!?;]\s", between) and re.fullmatch(
            r"\d{4}(-[01]\d){0,2}|\d{4}-[01]\d-\d\d", end.edtf
        ):
            last_day = bounds(end.edtf).latest
            return back(last_day, count, unit) if last_day else ""
    return ""


def valid(edtf: str) -> bool:
    """Whether `edtf_dates` takes it."""
    try:
        bounds(edtf)
    except InvalidDate:
        return False
    return True
