"""From words that fit the grammar to the values that they name, and away with what only looks like a date."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from timeline.extraction.dates import vocabulary as words
from timeline.extraction.dates.patterns import CODE, Match, Sentence, matches
from timeline.extraction.dates.values import (
    BeforeChrist,
    Day,
    Easter,
    Month,
    NthWeekday,
    Part,
    Period,
    Prefix,
    Shift,
    Side,
    Today,
    Unit,
    Value,
    Weekday,
    Year,
    Years,
)


class Found(NamedTuple):
    """A value and the tokens that name it: `first` up to, not including, `last`."""

    value: Value
    first: int
    last: int
    rule: str


_UNITS: dict[str, Unit] = {
    "day": "day", "week": "week", "weekend": "weekend", "month": "month", "year": "year", "decade": "decade",
    "century": "century",
}  # fmt: skip
_SIDES: dict[str, Side] = {
    CODE["last"]: "last", CODE["next"]: "next", CODE["this"]: "this", CODE["that"]: "that",
    CODE["same"]: "that", CODE["previous"]: "previous", CODE["following"]: "following",
}  # fmt: skip
_SIDE = re.compile("[" + "".join(_SIDES) + "]")
_DOM = re.compile(f"[{CODE['small']}{CODE['ordinal']}{CODE['ordinal_word']}]")
_MONTH = re.compile(f"[{CODE['month']}{CODE['abbreviated']}]")
_RANGE = re.compile(
    f"[{CODE['dash']}{CODE['to']}{CODE['and']}{CODE['slash']}][{CODE['month']}{CODE['abbreviated']}]"
)
_YEAR = re.compile(CODE["year"])
_BEFORE_MONTH = words.BEFORE_YEAR - {"for", "than", "year"} | {"next", "last", "this"}
_BEFORE_SEASON = frozenset(["in", "by", "since", "until", "during", "late", "early", "mid", "and"])
_ARTICLES = frozenset(["the", "a", "an", "s", "its", "this"])
_IN = frozenset(["in", "since", "until", "till", "during", "early", "late", "mid", "last", "next", "this"])
_VERBS = frozenset(["had", "was", "were", "has", "is", "did", "led", "gave"])
_NEAR = 8  # tokens before a decade that may say that it is none
_CLAUSE_END = frozenset([*".,;:!?)–—-\"'”’"])


def read(sentence: Sentence) -> Iterator[Found]:
    """Values in one sentence, in order, apart."""
    reach = 0
    for match in matches(sentence):
        if match.first < reach:
            continue
        for found in _READERS[match.rule](sentence, match):
            reach = max(reach, found.last)
            yield found


def _word(sentence: Sentence, position: int) -> str:
    return sentence.words[position] if 0 <= position < len(sentence.words) else ""


def _number(word: str) -> int:
    """The number that a token of digits or letters names; 0 where it names none."""
    if word[0].isdigit():
        digits = word.rstrip("stndrh").replace(",", "")
        return int(digits) if digits.isdigit() and len(digits) < 6 else 0
    lower = word.lower()
    return words.NUMBERS.get(lower) or words.ORDINALS.get(lower, 0)


def _find(pattern: re.Pattern[str], sentence: Sentence, first: int, last: int) -> int | None:
    match = pattern.search(sentence.classes, first, last)
    return match.start() if match else None


def _month_at(sentence: Sentence, match: Match) -> int:
    return next(m.start() for m in _MONTH.finditer(sentence.classes, match.first, match.last))


def _side(sentence: Sentence, first: int, last: int) -> Side | None:
    position = _find(_SIDE, sentence, first, last)
    return None if position is None else _SIDES[sentence.classes[position]]


def _year_of(sentence: Sentence, first: int, last: int) -> tuple[int | None, Side | None]:
    position = _find(_YEAR, sentence, first, last)
    if position is not None:
        return int(sentence.words[position]), None
    if CODE["year_unit"] in sentence.classes[first:last]:
        if CODE["earlier"] in sentence.classes[first:last]:  # "of the year before that"
            return None, "previous"
        if CODE["later"] in sentence.classes[first:last]:
            return None, "following"
    side = _side(sentence, first, last)
    if side is None and CODE["year_unit"] in sentence.classes[first:last]:
        side = "that"
    return None, side


def _dom(sentence: Sentence, position: int) -> int:
    """Day of the month at a token; "twenty-fifth" is three tokens, of which this is the last."""
    value = _number(sentence.words[position])
    if (
        position >= 2
        and sentence.classes[position] == CODE["ordinal_word"]
        and sentence.classes[position - 2 : position] == CODE["number_word"] + CODE["dash"]
    ):
        value += _number(sentence.words[position - 2])
    return value


def _day(sentence: Sentence, match: Match) -> Iterator[Found]:
    month = _month_at(sentence, match)
    days = [m.start() for m in _DOM.finditer(sentence.classes, match.first, match.last)]
    day = days[0] if days[0] > month else max(position for position in days if position < month)
    rest = max(month, day) + 1
    year, side = _year_of(sentence, rest, match.last)
    last = match.last
    if year and sentence.classes[last - 2] == CODE["comma"] and _word(sentence, last).lower() in words.THINGS:
        year, last = None, rest
    number = words.MONTHS[sentence.words[month].lower()]
    before, after = _word(sentence, match.first - 1).lower(), _word(sentence, last)
    counts = after.isalpha() and after.islower() and after not in words.AFTER_ALONE
    if day > month and year is None and before == "in" and counts:  # "In June 13 activists"
        yield Found(Month(number), match.first, day, "month")
        return
    weekday = words.WEEKDAYS.get(sentence.words[match.first].lower())
    yield Found(Day(_dom(sentence, day), number, year, side, weekday), match.first, last, "day")


def _days(sentence: Sentence, match: Match) -> Iterator[Found]:
    """A series or range of days that share their month: "3, 4 and 5 May", "May 3-5"."""
    month = _month_at(sentence, match)
    number = words.MONTHS[sentence.words[month].lower()]
    days = [m.start() for m in _DOM.finditer(sentence.classes, match.first, match.last)]
    days = [
        position
        for position in days
        if sentence.classes[position + 1 : position + 3] != CODE["dash"] + CODE["ordinal_word"]
    ]
    year, side = _year_of(sentence, max(month, days[-1]) + 1, match.last)
    for place, position in enumerate(days):
        first = match.first if place == 0 else position
        last = position + 1
        if days[0] > month:
            last = match.last if place == len(days) - 1 else last
        elif place == len(days) - 1:
            last = match.last
        yield Found(Day(_dom(sentence, position), number, year, side), first, last, "days")


def _day_of_month(sentence: Sentence, match: Match) -> Iterator[Found]:
    position = _find(_DOM, sentence, match.first, match.last)
    if position is not None:
        side = _side(sentence, position, match.last)
        yield Found(
            Day(_dom(sentence, position), side=side or "that"), match.first, match.last, "day_of_month"
        )


def _month_of_year(sentence: Sentence, match: Match) -> Iterator[Found]:
    month = _month_at(sentence, match)
    year, side = _year_of(sentence, month + 1, match.last)
    value = Month(words.MONTHS[sentence.words[month].lower()], year, None, side)
    yield Found(value, match.first, match.last, "month_of_year")


def _relative_month(sentence: Sentence, match: Match) -> Iterator[Found]:
    month = _month_at(sentence, match)
    side = _side(sentence, match.first, month)
    if (
        side == "that"
        and sentence.classes[month - 1] == CODE["that"]
        and not _month_fits(sentence, match, month)
    ):
        # "said that June Smith": a name after a conjunction.
        return
    yield Found(
        Month(words.MONTHS[sentence.words[month].lower()], side=side),
        match.first,
        match.last,
        "relative_month",
    )


def _month_fits(sentence: Sentence, match: Match, month: int) -> bool:
    after = _word(sentence, match.last)
    return not (after[:1].isupper() and sentence.words[month].lower() in words.DOUBTFUL)


def _month(sentence: Sentence, match: Match) -> Iterator[Found]:
    month = _month_at(sentence, match)
    name = sentence.words[month].lower()
    before, after = _word(sentence, match.first - 1), _word(sentence, match.last)
    called_for = before.lower() in _BEFORE_MONTH or _joined(sentence, match.last)
    namesake = name in words.DOUBTFUL or sentence.classes[month] == CODE["abbreviated"]
    if namesake and after[:1].isupper() and before.lower() not in _IN and match.first == month:
        return  # "April Jones"
    if name == "may" and after in ("’", "'", "’s", "'s") and before.lower() not in _IN:
        return  # "a reply to May’s offer"
    names = after.isalpha() and after.islower() and after not in words.NOT_NAMED
    attributive = before.lower() in _ARTICLES and names  # "the March vote", "a May referendum"
    if match.first == month and not called_for and not attributive:
        listed = before in {"-", "–", "—", "(", "/", ","} and not after[:1].isupper()
        if namesake and not (listed and name != "may"):
            return
        if after[:1].isupper() or before[:1].isupper():  # "October Square", "Black September"
            return
    last = match.last
    if sentence.classes[last - 1] == CODE["stop"] and last == len(sentence.words):
        last -= 1
    yield Found(Month(words.MONTHS[name]), match.first, last, "month")


def _joined(sentence: Sentence, last: int) -> bool:
    """Whether a range goes on to another month: "May-August 1950"."""
    return _RANGE.match(sentence.classes, last) is not None


def _season(sentence: Sentence, match: Match) -> Iterator[Found]:
    position = sentence.classes.index(CODE["season"], match.first)
    code = words.SEASONS[sentence.words[position].lower()]
    if match.rule == "season_of_year":
        if odd := _odd_year(sentence, match.last - 1):
            yield Found(Part(code, odd), match.first, match.last, "season_of_year")
            return
        year, side = _year_of(sentence, position + 1, match.last)
        yield Found(Part(code, year, None, side), match.first, match.last, "season_of_year")
        return
    if match.rule == "relative_season":
        side = _side(sentence, match.first, position)
        yield Found(Part(code, side=side), match.first, match.last, "relative_season")
        return
    if _tells_season(sentence, match.first, position, match.last):
        yield Found(Part(code), match.first, match.last, "season")


def _tells_season(sentence: Sentence, first: int, position: int, last: int) -> bool:
    """Whether a season with no year says when: not "spring onions", "the fall of", "the Winter Palace"."""
    season, before, after = sentence.words[position], _word(sentence, first - 1), _word(sentence, last)
    if after.lower() in words.SEASONAL:  # "a spring offensive"
        return True
    if sentence.classes[last : last + 1] == CODE["dash"] and sentence.ends[last - 1] == sentence.starts[last]:
        return _word(sentence, last + 1).lower() in words.SEASONS  # "winter-spring", not "spring-like"
    if season[0].isupper() and position > 0 and sentence.words[first] == season:  # "Spring, Texas"
        return False
    if after[:1].isupper() or (season.lower() in {"fall", "spring"} and after.lower() in {"of", "in"}):
        return False
    noun_follows = after.isalpha() and after.lower() not in words.AFTER_ALONE
    if first == position:
        return before.lower() in _BEFORE_SEASON and not noun_follows
    return not (noun_follows and season.lower() == "fall")


def _part_of_year(sentence: Sentence, match: Match) -> Iterator[Found]:
    piece = sentence.classes[match.first : match.last]
    year, side = _year_of(sentence, match.first + 1, match.last)
    if piece[0] == CODE["quarter_code"]:
        code = 32 + int(sentence.words[match.first][1])
    else:
        ordinal = sentence.words[match.first + (piece[0] == CODE["the"])]
        half = CODE["half"] in piece
        count = _number(ordinal) or (2 if half else 4)  # "the latter half", "the last quarter"
        if count > (2 if half else 4):
            return
        code = count + (39 if half else 32)
        unit = match.first + piece.index(CODE["half" if half else "quarter"])
        year, side = _year_of(sentence, unit, match.last)
    yield Found(Part(code, year, None, side), match.first, match.last, "part_of_year")


def _weekday(sentence: Sentence, match: Match) -> Iterator[Found]:
    position = match.first
    while sentence.classes[position] not in CODE["weekday"] + CODE["short_weekday"]:
        position += 1
    weekday = words.WEEKDAYS[sentence.words[position].lower()]
    before, after = _word(sentence, match.first - 1), _word(sentence, match.last)
    last = match.last
    side = _side(sentence, match.first, position)
    if match.rule == "weekday_beside":
        if not _stands_alone(sentence, last):
            return
        lower = sentence.words[last - 1].lower()
        side = "following" if lower in {"after", "later", "following"} else "previous"
    elif match.rule == "weekday":
        if sentence.classes[last - 1] == CODE["comma"]:
            last -= 1
        if sentence.classes[position] == CODE["short_weekday"]:
            return
        if before.lower() in {"every", "each", "a", "any", "one", "most", "alternate"}:
            return
        if _word(sentence, last).lower() == "of" and sentence.classes[last + 1 : last + 2] == CODE["every"]:
            return  # "the first Sunday of every month"
        if before[:1].isupper() and before.lower() in words.NAMED_DAYS:
            return
        if after in words.PAPERS:
            return
    yield Found(Weekday(weekday, side), match.first, last, match.rule)


def _nth_weekday(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "The second Sunday of May": of a month by name, or the one told."""
    position = match.first + 2
    word = sentence.words[position - 1].lower()
    count = -1 if word == "last" else _number(word)
    weekday = words.WEEKDAYS[sentence.words[position].lower()]
    month = _find(_MONTH, sentence, position + 1, match.last)
    if not -1 <= count <= 5:
        return
    of: Month | Period = Period("month", "that")
    if month is not None:
        year, side = _year_of(sentence, month + 1, match.last)
        of = Month(words.MONTHS[sentence.words[month].lower()], year, None, side)
    yield Found(NthWeekday(count, weekday, of), match.first, match.last, "nth_weekday")


def _before_last(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "The week before last", "the Sunday after next"."""
    word = sentence.words[match.first + 1].lower()
    step = -1 if sentence.classes[match.last - 1] == CODE["last"] else 1
    value: Value | None = None
    if word in words.WEEKDAYS:
        value = Weekday(words.WEEKDAYS[word], "last" if step < 0 else "next", step)
    elif word in {"week", "month", "year"}:
        value = Shift(2 * step, _unit(word), deictic=True)
    elif _unit(word) == "day" and word not in {"day", "days"}:
        value = Today(2 * step)
    if value and (_stands_alone(sentence, match.last) or step < 0):
        yield Found(value, match.first, match.last, "before_last")


def _weeks_on(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "A week on Sunday", "Sunday week", "a week from today"."""
    first = match.first + 2 if sentence.classes[match.first] == CODE["article"] else match.first
    names = [word for word in sentence.words[first : match.last] if word.lower() in words.WEEKDAYS]
    if names:
        value: Value = Weekday(words.WEEKDAYS[names[0].lower()], "next", 1)
    else:
        today = {"today": 0, "tomorrow": 1}
        days = [today[word.lower()] for word in sentence.words[first : match.last] if word.lower() in today]
        if not days:
            return
        value = Today(days[0] + 7)
    yield Found(value, match.first, match.last, "weeks_on")


def _month_beside(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "In the October before, …": the one before the date told."""
    month = _month_at(sentence, match)
    if not _stands_alone(sentence, match.last):
        return
    lower = sentence.words[match.last - 1].lower()
    side: Side = "following" if lower in {"after", "later", "following"} else "previous"
    value = Month(words.MONTHS[sentence.words[month].lower()], side=side)
    yield Found(value, match.first, match.last, "month_beside")


def _ahead(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "In three months' time", "a year from now"."""
    first = match.first
    end = next(
        position for position in range(first + 1, match.last) if sentence.words[position].lower() in _COUNTED
    )
    quantity = [word.lower() for word in sentence.words[first:end] if word not in {"-", "–"}]
    if not words.VAGUE.isdisjoint(quantity):
        return
    unit, times = _COUNTED[sentence.words[end].lower()]
    count = times * (1 if quantity[0] in {"a", "an"} else sum(map(_number, quantity)))
    if 0 < count <= 2000 and unit in {"day", "week", "month", "year", "decade"}:
        yield Found(Shift(count, unit, deictic=True), first, match.last, "ahead")


def _stands_alone(sentence: Sentence, position: int, *, loosely: bool = False) -> bool:
    """Whether nothing follows that the expression could belong to, as in "the day before the vote".

    `loosely` lets a verb or noun follow ("the day following saw riots"), but no article.
    """
    after = _word(sentence, position)
    if not after or after in _CLAUSE_END:
        return True
    pronoun = after.lower() in words.PRONOUNS and sentence.words[position - 1].lower() in {"before", "after"}
    if pronoun or after.lower() in words.ARTICLES:  # "the day after they fled"
        return False
    return after.lower() in words.AFTER_ALONE or (loosely and after.islower())


def _today(sentence: Sentence, match: Match) -> Iterator[Found]:
    first = match.first
    if sentence.classes[first] == CODE["the"]:
        days = {"yesterday": -2, "tomorrow": 2}.get(sentence.words[match.last - 1].lower(), 0)
        if not days:
            return
    else:
        days = {"yesterday": -1, "tomorrow": 1}.get(sentence.words[first].lower(), 0)
        before, after = _word(sentence, first - 1), _word(sentence, first + 1)
        if after[:1].isupper() and after not in words.PAPERS and before.lower() in {"the", "s"}:
            return
        if before in {"USA", "Russia", "India"} and sentence.words[first] == "Today":
            return
    yield Found(Today(days), first, match.last, "today")


# Unit words of a count: the unit, and how many of it one is.
_COUNTED: dict[str, tuple[Unit, int]] = {
    **{word: (unit, 1) for word, unit in _UNITS.items()},
    **{f"{word}s": (unit, 1) for word, unit in _UNITS.items()},
    "fortnight": ("week", 2),
}


def _shift(sentence: Sentence, match: Match) -> Iterator[Found]:
    tokens = [word.lower() for word in sentence.words[match.first : match.last]]
    if tokens[-1] == "that":
        del tokens[-1]
    if tokens[-1] == "on" and match.first > 1:
        return
    direction, unit_word = tokens[-1], tokens[-2]
    quantity = [word for word in tokens[:-2] if word not in {"-", "–"}]
    if not words.VAGUE.isdisjoint(quantity):
        return
    count = 1 if quantity[0] in {"a", "an"} else sum(map(_number, quantity))
    if not count or count > 2000 or unit_word == "weekend":
        return
    unit, times = _COUNTED[unit_word]
    count *= times
    before = _word(sentence, match.first - 1).lower()
    if before == "half":
        return
    if before in {"than", "over", "nearly", "almost", "least"} and count == 1:
        return  # "more than a year ago" names no year
    opens = match.first == 0 and sentence.words[match.last - 1].lower() == "that"  # "A month before that he"
    verb = _word(sentence, match.last).lower() in _VERBS
    if direction in {"before", "after", "prior"} and not (
        opens or verb or _stands_alone(sentence, match.last)
    ):
        return
    if _word(sentence, match.last).lower() == "than":
        return
    back = direction in words.EARLIER or direction == "ago"
    yield Found(
        Shift(-count if back else count, unit, direction in {"ago", "hence"}),
        match.first,
        match.last,
        "shift",
    )


def _beside(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "The year before", "the day after": beside the date told, unless a noun follows."""
    last = match.last
    if sentence.words[last - 1].lower() == "that":
        if not _stands_alone(sentence, last):
            last -= 1
            return
    elif not _stands_alone(sentence, last, loosely=sentence.words[last - 1].lower() == "following"):
        return
    word = sentence.words[match.first + 1].lower()
    side: Side = (
        "previous" if sentence.words[match.first + 2].lower() in {*words.EARLIER, "previous"} else "following"
    )
    yield Found(Period(_unit(word), side), match.first, last, "beside")


def _unit(word: str) -> Unit:
    return _UNITS.get(word, "day")  # "that morning" is of that day


def _period(sentence: Sentence, match: Match) -> Iterator[Found]:
    unit_word = sentence.words[match.last - 1].lower()
    if unit_word == "fortnight" or (
        unit_word.endswith("s") and unit_word in {"days", "weeks", "months", "years", "decades"}
    ):
        return
    daypart = sentence.classes[match.last - 1] == CODE["daypart"]
    unit = _unit(unit_word)
    position = _find(_SIDE, sentence, match.first, match.last)
    before = _word(sentence, match.first - 1).lower()
    if position is None:
        yield Found(Period(unit, "that"), match.first, match.last, "edge_of")
        return
    word, side = sentence.words[position].lower(), _SIDES[sentence.classes[position]]
    with_the = sentence.classes[position - 1] == CODE["the"] if position > match.first else False
    if with_the and side in {"last", "next"}:
        if side == "last" or before in {"over", "within", "for", "in", "during"}:
            return  # "in the next year", "the last week of his life": not that of the calendar
        side = "following"
    if word in {"past", "coming", "upcoming", "current"} and unit == "day":
        return
    if unit == "day" and side == "next":
        side = "following"
    if unit == "day" and not daypart and (side == "last" or (side == "this" and before not in {"on", "to"})):
        return
    if side == "last" and daypart:
        if unit_word != "night":
            return
        yield Found(Today(-1), match.first, match.last, "today")
        return
    if side == "this" and unit == "day":
        if not daypart:
            return
        yield Found(Today(0), match.first, match.last, "today")
        return
    yield Found(Period(unit, side), match.first, match.last, "period")


def _decade(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "The 1990s", "the '90s", "the nineties"; without the century after "the" or another decade only."""
    word = sentence.words[match.last - 1]
    if len(word) >= 5 and word[0].isdigit():
        digits = word[:3]
    elif not _decade_alone(sentence, match):
        return
    elif word[0].isdigit():
        digits = f"19{word[0]}" if word[0] != "0" else "200"
    else:
        digits = f"19{words.DECADES[word.lower()]}"
    yield Found(Prefix(digits), match.first, match.last, "decade")


def _decade_alone(sentence: Sentence, match: Match) -> bool:
    """Whether "70s" or "seventies" is a decade: not an age, a temperature, a share."""
    lower = [word.lower() for word in sentence.words[max(0, match.first - _NEAR) : match.last + 2]]
    if not words.NOT_DECADE.isdisjoint(lower):
        return False
    span = [word.lower() for word in sentence.words[match.first : match.last]]
    if "-" in span and "nineteen" in span:
        return True
    after_decade = CODE["decade"] in sentence.classes[max(0, match.first - 3) : match.first]
    return "the" in span or (after_decade and _word(sentence, match.first - 1) in {"'", "’"})


def _odd_year(sentence: Sentence, position: int) -> int:
    """The (first) year of "1970/71" or "'68"; 0 for any other token."""
    word, code = sentence.words[position], sentence.classes[position]
    if code == CODE["year_pair"]:
        return int(word[:4])
    if code != CODE["short_year"]:
        return 0
    year = int(word[1:])
    return year + (2000 if year < 30 else 1900)


def _short_year(sentence: Sentence, match: Match) -> Iterator[Found]:
    after = _word(sentence, match.last)
    if after in _CLAUSE_END or not after or after.lower() in words.FUNCTION_WORDS or after.islower():
        if after.lower() in words.THINGS:
            return
        yield Found(Year(_odd_year(sentence, match.first)), match.first, match.last, "year")


def _year_pair(sentence: Sentence, match: Match) -> Iterator[Found]:
    first, _, end = sentence.words[match.first].partition("/")
    last = int(end) if len(end) == 4 else int(first[:2] + end)
    last += 100 if last < int(first) else 0
    if last - int(first) == 1 and 1800 <= int(first) <= 2100:
        yield Found(Years(int(first), last), match.first, match.last, "year_pair")


def _century(sentence: Sentence, match: Match) -> Iterator[Found]:
    position = _find(_DOM, sentence, match.first, match.last)
    if position is None:
        return
    last_ordinal = max(m.start() for m in _DOM.finditer(sentence.classes, match.first, match.last))
    count = _dom(sentence, last_ordinal)
    if 11 <= count <= 22:
        yield Found(Prefix(str(count - 1)), match.first, match.last, "century")


def _anno(sentence: Sentence, match: Match) -> Iterator[Found]:
    year = max(_number(word) if word[0].isdigit() else 0 for word in sentence.words[match.first : match.last])
    if sentence.words[match.first].isupper() or sentence.words[match.last - 1].isupper():
        yield Found(Year(year), match.first, match.last, "year")


def _years(sentence: Sentence, match: Match) -> Iterator[Found]:
    first_word, last_word = sentence.words[match.first], sentence.words[match.last - 1]
    if not _is_year(sentence, match.first, match.first + 1):
        return
    first = int(first_word)
    second = int(last_word) if last_word.isdigit() else 0
    if len(last_word) == 2:
        second += first - first % 100
    if not first < second <= first + 150:
        return
    yield Found(Year(first), match.first, match.first + 1, "years")
    yield Found(Year(second), match.last - 1, match.last, "years")


def _year(sentence: Sentence, match: Match) -> Iterator[Found]:
    position = match.last - 1
    if match.first == position and not _is_year(sentence, position, match.last):
        return
    yield Found(Year(int(sentence.words[position])), match.first, match.last, "year")


def _is_year(sentence: Sentence, position: int, last: int) -> bool:
    """Whether a figure of four digits names a year rather than counts, labels or prices something."""
    year = int(sentence.words[position])
    before, after = _word(sentence, position - 1), _word(sentence, last)
    lower = before.lower()
    named = lower == "the" and 1900 <= year <= 2039 and year % 100  # "the 1989 protesters"
    named = named or (not before and after[:1].isupper() and 1800 <= year <= 2039)  # "1918 Women vote"
    if (after.lower() in words.THINGS and not named) or after in {"%", "/", "°"} or lower in words.LABELS:
        return False
    if before in {"$", "£", "€", "¥", "/", "+", "="} or lower == "at" or before[:1].isdigit():
        return False
    if before in {"#", "-", "–"} and sentence.starts[position] == sentence.ends[position - 1]:
        glued = position >= 2 and sentence.ends[position - 2] == sentence.starts[position - 1]
        if glued and sentence.classes[position - 2] not in CODE["small"] + CODE["year"] + CODE["modifier"]:
            return False  # "F-2000", "555-2000"
    if 1800 <= year <= 2039:
        return True
    if not before or before in {"(", "["} or lower in words.BEFORE_YEAR:
        return not (
            after.isalpha()
            and after.islower()
            and after.endswith("s")
            and after not in {"as", "was", "is", "has"}
        )
    return False


def _feast(sentence: Sentence, match: Match) -> Iterator[Found]:
    """A feast by name, the longest that the words spell: "New Year's Eve", "Easter Monday 1916"."""
    start = sentence.starts[match.first]
    for count in range(min(5, len(sentence.words) - match.first), 0, -1):
        last = match.first + count
        name = sentence.text[start : sentence.ends[last - 1]].lower().replace("’", "'")
        if name not in words.FEASTS and name not in words.EASTER and name not in words.DAYS:
            continue
        if not sentence.words[match.first][0].isupper():
            return
        if name in words.DAYS:
            day = date.fromisoformat(words.DAYS[name])
            yield Found(Day(day.day, day.month, day.year), match.first, last, "feast")
            return
        after, before = _word(sentence, last), _word(sentence, match.first - 1)
        if name == "new year" and (
            before == "the" or (match.first > 1 and before[:1].isupper())
        ):  # "the Lunar New Year"
            return
        if after[:1].isupper():  # "Christmas Island", "Easter Rising"
            return
        year = None
        offset = (after == ",") + (_word(sentence, last + (after == ",")) == "of")
        if sentence.classes[last + offset : last + offset + 1] == CODE["year"]:
            year, last = int(sentence.words[last + offset]), last + offset + 1
        if name in words.EASTER:
            yield Found(Easter(words.EASTER[name], year), match.first, last, "feast")
        else:
            month, number = words.FEASTS[name]
            yield Found(Day(number, month, year), match.first, last, "feast")
        return


def _bare_day(sentence: Sentence, match: Match) -> Iterator[Found]:
    position = match.last - 1
    if sentence.classes[position] == CODE["ordinal"] and _stands_alone(sentence, match.last):
        yield Found(Day(_dom(sentence, position)), match.first, match.last, "bare_day")


def _iso(sentence: Sentence, match: Match) -> Iterator[Found]:
    year, month, day = map(int, sentence.words[match.first].split("-"))
    if month <= 12:
        yield Found(Day(day, month, year), match.first, match.last, "iso")


def _slashed(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "25/12/2001" can be read in one way only; "12/9/2001" in two, so it is left alone."""
    if sentence.classes[match.first] == CODE["dotted"]:
        yield from _dotted(sentence, match)
        return
    parts = sentence.words[match.first].split("/")
    if [len(part) for part in parts][2] != 4 or not all(part.isdigit() and len(part) <= 4 for part in parts):
        return
    one, two, year = map(int, parts)
    if one == two or one > 12 >= two:
        yield Found(Day(one, two, year), match.first, match.last, "slashed")
    elif two > 12 >= one:
        yield Found(Day(two, one, year), match.first, match.last, "slashed")


def _dotted(sentence: Sentence, match: Match) -> Iterator[Found]:
    """ "29.5.2021": with stops the day always stands first."""
    day, month, year = sentence.words[match.first].split(".")
    if len(day) <= 2 and len(month) <= 2 and len(year) == 4 and year[0] in "12":
        yield Found(Day(int(day), int(month), int(year)), match.first, match.last, "slashed")


def _before_christ(sentence: Sentence, match: Match) -> Iterator[Found]:
    del sentence
    yield Found(BeforeChrist(), match.first, match.last, "before_christ")


_READERS: dict[str, Callable[[Sentence, Match], Iterator[Found]]] = {
    "before_christ": _before_christ,
    "iso": _iso,
    "slashed": _slashed,
    "days_of_month": _days,
    "month_days": _days,
    "day": _day,
    "day_of_month": _day_of_month,
    "month_of_year": _month_of_year,
    "relative_month": _relative_month,
    "month": _month,
    "season_of_year": _season,
    "relative_season": _season,
    "season": _season,
    "part_of_year": _part_of_year,
    "relative_weekday": _weekday,
    "weekday_beside": _weekday,
    "weekday": _weekday,
    "today": _today,
    "shift": _shift,
    "nth_weekday": _nth_weekday,
    "before_last": _before_last,
    "weeks_on": _weeks_on,
    "month_beside": _month_beside,
    "ahead": _ahead,
    "year_pair": _year_pair,
    "short_year": _short_year,
    "beside": _beside,
    "edge_of": _period,
    "decade": _decade,
    "century": _century,
    "anno": _anno,
    "years": _years,
    "year": _year,
    "feast": _feast,
    "bare_day": _bare_day,
}
