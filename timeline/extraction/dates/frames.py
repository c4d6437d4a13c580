"""What an expression says of an event in its clause: the words around it open, bound or span it.

The tagger gives "February next year"; a reader of "no later than February next year" knows an interval.
Lengths of time that end at a known day ("in his 27 years as president", "three days of voting, which
ended on Monday") are intervals too, though no expression of the calendar by themselves.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from timeline.edtf_dates import InvalidDate, bounds
from timeline.extraction.dates import vocabulary as words
from timeline.extraction.records import DateExpression

_REACH = 60  # code points around an expression that are looked at

# A phrase right before the expression. With an article between, a year or day only names a thing
# ("by the 2012 Games"); expressions with an article of their own have it in their span.
_UPPER = re.compile(
    r"\b(?P<words>(?:no|not) later than(?: by| in| on)?|at the latest (?:by|in|on)|(?:on or )?by"
    r"|(?:up )?until|till|up to|(?P<exclusive>before|prior to|ahead of))\s+\Z",
    re.IGNORECASE,
)
_LOWER = re.compile(
    r"\b(?P<words>(?:ever )?since(?: at least)?(?:(?:\s+[\w’'-]+){1,5}\s+(?:on|in))?|as of|from"
    r"|starting (?:in|on|from)|beginning (?:in|on)|after)\s+\Z",
    re.IGNORECASE,
)
# "Not due until 2028", "postponed until June": the date itself, not all that goes before it.
_UNTIL_THEN = re.compile(
    r"\b(?:not|never|n[’']t|delayed|postponed|deferred|adjourned|suspended|put (?:off|back))\b[^.;:]{0,45}\Z",
    re.IGNORECASE,
)
_SINCE_THEN = re.compile(r"\b(?:ever )?since then\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?P<words>around|about|circa|approximately|roughly|(?:at )?some ?time (?:in|around))\s+\Z",
    re.IGNORECASE,
)
_RUN_UP = re.compile(
    r"\b(?P<words>(?:in|during|over|for) the (?:days|weeks|months|years|run-up|period)"
    r"(?: (?:before|to|ahead of|leading up to|preceding)| that preceded))\s+(?:the\s+)?\Z",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\s*(?:(?P<to>to|until|till|through|[-–—])|(?P<and>and))\s*(?:the\s+)?\Z", re.IGNORECASE
)
_BETWEEN = re.compile(r"\b(?P<words>between|from)\s+(?:the\s+)?\Z", re.IGNORECASE)
_LATEST = re.compile(r"\s+(?:at the latest|or (?:earlier|before))\b", re.IGNORECASE)
_ONWARD = re.compile(r"\s+(?:onwards?|or later|and after)\b", re.IGNORECASE)
_EDGE = re.compile(r"(?:the\s+)?(early|mid|late|beginning|start|middle|end|close|turn)\b", re.IGNORECASE)
_DECADE_YEARS = {"early": (0, 4), "mid": (3, 7), "late": (5, 9)}
_EDGE_OF = {
    "beginning": "early",
    "start": "early",
    "turn": "early",
    "middle": "mid",
    "end": "late",
    "close": "late",
}

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
_PERFECT = re.compile(r"\b(?:has|have|[’'](?:s|ve))\b", re.IGNORECASE)


def frames(text: str, published: date, expressions: Sequence[DateExpression]) -> tuple[DateExpression, ...]:
    """The expressions as their clauses mean them, with the lengths of time that end at a known day.

    In text order and apart. What nothing widens is there as it was given, so the frames alone will do to
    date an event. A widened one has the span of all its words and a rule of its own:

    ============================================ ======================= ==========
    words                                        edtf                    rule
    ============================================ ======================= ==========
    no later than February next year             ../2022-02              by
    until the end of the year                    ../2020-12              by
    not due until 2028                           2028                    (as given)
    before 2005 · in the months before 4 May     ../2004 · ../2020-05-04 before
    since last Wednesday · from 2004 onwards     2025-03-19/.. · 2004/.. since
    since the first round on 29 March            2020-03-29/..           since_event
    in April … since then                        2020-04/..              since_then
    after 3 May                                  2020-05-03/..           after
    between May and July · from 3 to 5 May       2003-05/2003-07         between
    around 1980                                  1980~                   about
    the early 1990s                              1990/1994               edge
    in his 27 years as president                 1994/2021               length
    the past 18 years                            1990/2008               length
    has been held for five weeks                 1996-11/..              length
    three days of voting, which ended on Monday  2019-04-20/2019-04-22   length
    in May 2014, after six months of protests    2013-11/2014-05         length
    ============================================ ======================= ==========

    The words of a `since_event` frame tell of an event themselves, and that one is of the day given: a
    trigger inside the frame takes the bare expression.

    `expressions` are what `tag` gave for the same text and day of publication.
    """
    framed: list[DateExpression] = []
    position, reach = 0, 0
    while position < len(expressions):
        expression = expressions[position]
        following = expressions[position + 1] if position + 1 < len(expressions) else None
        pair = _pair(text, reach, expression, following) if following else None
        frame = pair or _alone(text, reach, expression, following.start if following else len(text))
        framed.append(frame)
        reach = frame.end
        position += 2 if pair else 1
    framed = _since_then(text, framed)
    lengths = [
        length
        for length in _lengths(text, published, expressions)
        if not _touches(framed, length.start, length.end)
    ]
    return tuple(sorted([*framed, *lengths], key=lambda one: one.start)) if lengths else tuple(framed)


def _since_then(text: str, framed: list[DateExpression]) -> list[DateExpression]:
    """The frames with each "since then", which is open from the date told before it."""
    starts = [frame.start for frame in framed]
    added = []
    for match in _SINCE_THEN.finditer(text):
        position = bisect_left(starts, match.start())
        if position and not _touches(framed, match.start(), match.end()):
            edtf = f"{_first(framed[position - 1])}/.."
            if _valid(edtf):
                added.append(DateExpression(match.start(), match.end(), edtf, "since_then"))
    return sorted([*framed, *added], key=lambda one: one.start) if added else framed


def _before(text: str, reach: int, start: int) -> str:
    return text[max(reach, start - _REACH) : start]


def _pair(text: str, reach: int, one: DateExpression, other: DateExpression) -> DateExpression | None:
    """Two expressions that are the ends of one stretch."""
    if other.start - one.end > 14:
        return None
    joined = _JOINED.match(text[one.end : other.start])
    if not joined:
        return None
    opening = _BETWEEN.search(_before(text, reach, one.start))
    if joined["and"] and not (opening and opening["words"].lower() == "between"):
        return None
    edtf = f"{_first(one)}/{_last(other)}"
    if not _valid(edtf):
        return None
    start = one.start - len(opening[0]) if opening else one.start
    return DateExpression(start, other.end, edtf, "between")


def _alone(text: str, reach: int, expression: DateExpression, limit: int) -> DateExpression:
    before = _before(text, reach, expression.start)
    after = text[expression.end : min(expression.end + 20, limit)]
    names = _names(text, expression.end)
    start, end = expression.start, expression.end
    edtf, rule = expression.edtf, expression.rule
    if latest := _LATEST.match(after):
        edtf, rule, end = f"../{_last_of_edge(text, expression)}", "by", end + latest.end()
    elif onward := _ONWARD.match(after):
        opening = _LOWER.search(before)
        start -= len(opening[0]) if opening else 0
        edtf, rule, end = f"{_first(expression)}/..", "since", end + onward.end()
    elif run_up := _RUN_UP.search(before):
        edtf, rule, start = f"../{_last(expression)}", "before", start - len(run_up[0])
    elif (
        (upper := _UPPER.search(before))
        and not (names and upper["exclusive"])
        and not _only_then(before, upper)
    ):
        if upper["exclusive"] and not _EDGE.match(text, expression.start, expression.end):
            edtf, rule = f"../{_day_before(expression)}", "before"
        else:
            edtf, rule = f"../{_last_of_edge(text, expression)}", "before" if upper["exclusive"] else "by"
        start -= len(upper[0])
    elif (lower := _LOWER.search(before)) and lower["words"].lower() not in {"from", names and "after"}:
        rule = _lower_rule(lower["words"].lower().split())
        edtf, start = f"{_first(expression)}/..", start - len(lower[0])
    elif (about := _ABOUT.search(before)) and "/" not in edtf and not names:
        edtf, rule, start = f"{edtf}~", "about", start - len(about[0])
    elif edge := _EDGE.match(text, expression.start, expression.end):
        edtf = _edge_years(expression.edtf, edge[1].lower())
        rule = "edge" if edtf != expression.edtf else rule
    return DateExpression(start, end, edtf, rule) if edtf != expression.edtf and _valid(edtf) else expression


def _names(text: str, end: int) -> bool:
    """Whether it only says which thing is meant: "after today's attack", "before July elections"."""
    following = text[end : end + 20]
    word = re.match(r"\s([a-z]+)\b", following)
    return following[:2] in {"'s", "’s"} or (word is not None and word[1] not in words.FUNCTION_WORDS)


def _lower_rule(opening: list[str]) -> str:
    if opening == ["after"]:
        return "after"
    return "since_event" if "since" in opening and opening[-1] in {"on", "in"} else "since"


def _only_then(before: str, upper: re.Match[str]) -> bool:
    return (
        upper["words"].lower() in {"until", "till"}
        and _UNTIL_THEN.search(before[: upper.start()]) is not None
    )


def _first(expression: DateExpression) -> str:
    return expression.edtf.split("/")[0]


def _last(expression: DateExpression) -> str:
    return expression.edtf.split("/")[-1]


def _last_of_edge(text: str, expression: DateExpression) -> str:
    """Upper end of "the end of the year": its last month; of anything else, the value itself."""
    value = _last(expression)
    edge = _EDGE.match(text, expression.start, expression.end)
    if edge and re.fullmatch(r"\d{4}", value):
        name = edge[1].lower()
        return f"{value}-{ {'early': '04', 'mid': '08'}.get(_EDGE_OF.get(name, name), '12') }"
    if edge:
        return _edge_years(value, edge[1].lower()).split("/")[-1]
    return value


def _day_before(expression: DateExpression) -> str:
    """The last stretch of the same length before an expression: 2004 before 2005."""
    value = _first(expression)
    earliest = bounds(value).earliest
    if earliest is None or earliest == date.min:
        return value
    eve = earliest - timedelta(1)
    if re.fullmatch(r"\d{4}", value):
        return f"{eve.year:04}"
    return eve.isoformat() if len(value) == 10 else f"{eve.year:04}-{eve.month:02}"


def _edge_years(edtf: str, edge: str) -> str:
    """Years of the "early", "mid" or "late" part of a decade; anything else is known no better."""
    if not re.fullmatch(r"\d{3}X", edtf):
        return edtf
    first, last = _DECADE_YEARS[_EDGE_OF.get(edge, edge)]
    return f"{edtf[:3]}{first}/{edtf[:3]}{last}"


def _lengths(text: str, published: date, expressions: Sequence[DateExpression]) -> Iterator[DateExpression]:
    starts = [expression.start for expression in expressions]
    for match in _LENGTH.finditer(text):
        count = _count(match["count"])
        if not count:
            continue
        unit = match["unit"].lower()
        edtf = ""
        if (match["whose"] and match["count"] and match["follows"]) or match["past"]:
            edtf = _back(published, count, unit)
        elif match["perfect"] and match["count"]:
            if _PERFECT.search(_around(text, match)):
                edtf = _open(_back(published, count, unit))
        elif match["of"] and match["count"] and (match["follows"] or "").strip().lower() == "of":
            edtf = _ending(text, match, count, unit, expressions, starts)
        if edtf and _valid(edtf):
            yield DateExpression(match.start(), match.end("plural"), edtf, "length")


def _around(text: str, match: re.Match[str]) -> str:
    """The words beside a length of time, no further than its sentence."""
    before = re.split(r"[.!?]\s", text[max(0, match.start() - _REACH) : match.start()])[-1]
    return before + " " + re.split(r"[.!?]\s", text[match.end() : match.end() + _REACH])[0]


def _count(word: str | None) -> int:
    if word is None:
        return 1
    if word.isdigit():
        return int(word) if word.isascii() else 0
    return sum(1 if part in {"a", "an"} else words.NUMBERS.get(part, 0) for part in word.lower().split("-"))


def _back(end: date, count: int, unit: str) -> str:
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
        if text[end.end : match.start()].strip() in {"", ","} and re.fullmatch(
            r"\d{4}(-[01]\d){0,2}|\d{4}-[01]\d-\d\d", end.edtf
        ):
            last_day = bounds(end.edtf).latest
            return _back(last_day, count, unit) if last_day else ""
    return ""


def _touches(framed: Sequence[DateExpression], start: int, end: int) -> bool:
    position = bisect_left(framed, end, key=lambda one: one.start)
    return position > 0 and framed[position - 1].end > start


def _valid(edtf: str) -> bool:
    try:
        bounds(edtf)
    except InvalidDate:
        return False
    return True
