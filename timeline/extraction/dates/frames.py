"""What an expression says of an event in its clause: the words around it open, bound or span it.

The tagger gives "February next year"; a reader of "no later than February next year" knows an interval.
Lengths of time that end at a known day ("in his 27 years as president", "three days of voting, which
ended on Monday") are intervals too, though no expression of the calendar by themselves.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta

from timeline.edtf_dates import bounds
from timeline.extraction.dates import vocabulary as words
from timeline.extraction.dates.lengths import LENGTH_TO, back, lengths, read_count, valid
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
_NEW_LINE = re.compile(r"\s*\n\s*[-–—\n]")
_BETWEEN = re.compile(r"\b(?P<words>between|from)\s+(?:the\s+)?\Z", re.IGNORECASE)
_LATEST = re.compile(r"\s+(?:at the latest|or (?:earlier|before))\b", re.IGNORECASE)
_ONWARD = re.compile(r"\s+(?:onwards?|or later|and after)\b", re.IGNORECASE)
# "From 21 May until he resigned": until a day that the words don't give.
_UNTIL_CLAUSE = re.compile(
    r"(?:,? (?:and on )?)?\s*(?:until|till)\s+(?=(?:he|she|it|they|his|her|its|their|the|[A-Z])\b)"
)
_WEEK_OF = re.compile(
    r"\b(?P<words>(?:in |over |during )?(?:the )?week(?P<end>end)?[\s-]+(?:of|beginning|commencing|starting))"
    r"\s+(?:the\s+)?\Z",
    re.IGNORECASE,
)
_EDGE = re.compile(
    r"(?:the\s+)?(early|mid|late|beginning|start|middle|end|close|turn|first half|(?:second|latter) half)\b",
    re.IGNORECASE,
)
_DECADE_YEARS = {"early": (0, 4), "first": (0, 4), "mid": (3, 7), "late": (5, 9)}
_EDGE_OF = {
    "beginning": "early",
    "start": "early",
    "turn": "early",
    "first half": "first",
    "second half": "late",
    "latter half": "late",
    "middle": "mid",
    "end": "late",
    "close": "late",
}


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
    in the four weeks to 16 January              2018-12-19/2019-01-16   length
    within 90 days · within a year               2019-11-15/2020-02-13   within
    from 21 May until he resigned                2021-05-21/..           since
    the weekend of 5 June                        2021-06-05/2021-06-06   week
    the last quarter of 2023                     2023-10/2023-12         quarter
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
    spans = [
        length
        for length in lengths(text, published, expressions)
        if not _touches(framed, length.start, length.end)
    ]
    return tuple(sorted([*framed, *spans], key=lambda one: one.start)) if spans else tuple(framed)


def _since_then(text: str, framed: list[DateExpression]) -> list[DateExpression]:
    """The frames with each "since then", which is open from the date told before it."""
    starts = [frame.start for frame in framed]
    added = []
    for match in _SINCE_THEN.finditer(text):
        position = bisect_left(starts, match.start())
        if position and not _touches(framed, match.start(), match.end()):
            edtf = f"{_first(framed[position - 1])}/.."
            if valid(edtf):
                added.append(DateExpression(match.start(), match.end(), edtf, "since_then"))
    return sorted([*framed, *added], key=lambda one: one.start) if added else framed


def _before(text: str, reach: int, start: int) -> str:
    return text[max(reach, start - _REACH) : start]


def _pair(text: str, reach: int, one: DateExpression, other: DateExpression) -> DateExpression | None:
    """Two expressions that are the ends of one stretch."""
    if other.start - one.end > 14:
        return None
    between = text[one.end : other.start]
    joined = _JOINED.match(between)
    if not joined or _NEW_LINE.match(between):  # a bullet is no dash
        return None
    opening = _BETWEEN.search(_before(text, reach, one.start))
    if joined["and"] and not (opening and opening["words"].lower() == "between"):
        return None
    edtf = f"{_first(one)}/{_last(other)}"
    if not valid(edtf):
        return None
    start = one.start - len(opening[0]) if opening else one.start
    return DateExpression(start, other.end, edtf, "between")


def _alone(text: str, reach: int, expression: DateExpression, limit: int) -> DateExpression:
    before = _before(text, reach, expression.start)
    after = text[expression.end : min(expression.end + 20, limit)]
    names = _names(text, expression.end)
    frame = (
        _followed(text, before, after, expression)
        or _bounded_above(text, before, expression, names=names)
        or _bounded_below(before, expression, names=names)
        or _within(text, before, expression, names=names)
    )
    return frame if frame and frame.edtf != expression.edtf and valid(frame.edtf) else expression


def _followed(text: str, before: str, after: str, expression: DateExpression) -> DateExpression | None:
    """Opened or bounded by the words after it."""
    start, end = expression.start, expression.end
    opening = _LOWER.search(before)
    if latest := _LATEST.match(after):
        return DateExpression(start, end + latest.end(), f"../{_last_of_edge(text, expression)}", "by")
    if onward := _ONWARD.match(after):
        start -= len(opening[0]) if opening else 0
        return DateExpression(start, end + onward.end(), f"{_first(expression)}/..", "since")
    if opening and opening["words"].lower() == "from" and _UNTIL_CLAUSE.match(after):
        return DateExpression(start - len(opening[0]), end, f"{_first(expression)}/..", "since")
    return None


def _bounded_above(
    text: str, before: str, expression: DateExpression, *, names: bool
) -> DateExpression | None:
    start, end = expression.start, expression.end
    if (length := LENGTH_TO.search(before) if "s " in before else None) and (
        last := bounds(_last(expression)).latest
    ):
        edtf = back(last, read_count(length["count"]), length["unit"].lower())
        return DateExpression(start - len(length[0]), end, edtf, "length")
    if run_up := _RUN_UP.search(before):
        return DateExpression(start - len(run_up[0]), end, f"../{_last(expression)}", "before")
    upper = _UPPER.search(before)
    if not upper or (names and upper["exclusive"]) or _only_then(before, upper):
        return None
    start -= len(upper[0])
    if upper["exclusive"] and not _EDGE.match(text, expression.start, end):
        return DateExpression(start, end, f"../{_day_before(expression)}", "before")
    rule = "before" if upper["exclusive"] else "by"
    return DateExpression(start, end, f"../{_last_of_edge(text, expression)}", rule)


def _bounded_below(before: str, expression: DateExpression, *, names: bool) -> DateExpression | None:
    lower = _LOWER.search(before)
    if not lower or lower["words"].lower() in {"from", names and "after"}:
        return None
    rule = _lower_rule(lower["words"].lower().split())
    start = expression.start - len(lower[0])
    return DateExpression(start, expression.end, f"{_first(expression)}/..", rule)


def _within(text: str, before: str, expression: DateExpression, *, names: bool) -> DateExpression | None:
    """A part of what the words name, or what lies around it."""
    start, end, edtf = expression.start, expression.end, expression.edtf
    if (about := _ABOUT.search(before)) and "/" not in edtf and not names:
        return DateExpression(start - len(about[0]), end, f"{edtf}~", "about")
    if len(edtf) == 10 and "eek" in before and (week := _WEEK_OF.search(before)):
        return DateExpression(start - len(week[0]), end, _week(edtf, weekend=bool(week["end"])), "week")
    if quarter := re.fullmatch(r"(\d{4})-3([3-6])", edtf):
        last = 3 * (int(quarter[2]) - 2)
        return DateExpression(start, end, f"{quarter[1]}-{last - 2:02}/{quarter[1]}-{last:02}", "quarter")
    if edge := _EDGE.match(text, start, end):
        return DateExpression(start, end, _edge_years(edtf, edge[1].lower()), "edge")
    return None


def _week(edtf: str, *, weekend: bool) -> str:
    """The week or weekend that holds a day."""
    day = date.fromisoformat(edtf)
    monday = day.toordinal() - day.weekday()
    first, last = monday + (5 if weekend else 0), monday + 6
    if last > date.max.toordinal():
        return edtf
    return f"{date.fromordinal(first).isoformat()}/{date.fromordinal(last).isoformat()}"


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


def _touches(framed: Sequence[DateExpression], start: int, end: int) -> bool:
    position = bisect_left(framed, end, key=lambda one: one.start)
    return position > 0 and framed[position - 1].end > start
