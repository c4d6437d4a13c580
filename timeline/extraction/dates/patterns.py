"""Where the words of the calendar stand: tokens, their classes, and a grammar over the classes.

Each token of a sentence gets a class that is one character ("Sept." -> abbreviated month, stop). The
grammar is a regular expression over the string of these characters, a tenth as long as the sentence,
with no unbounded repeats: the time is linear in the text whatever the text is.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from timeline.extraction.dates import vocabulary as words

_TOKEN = re.compile(
    r"[a-z]++\b|\d{4}-\d\d-\d\d(?![\d-])|\d{1,3}(?:,\d{3})++(?!\d)|\d{1,2}(?:st|nd|rd|th)\b|(?:\d\d)?\d0['’]?s\b"
    r"|\d++(?:[.:/]\d++)*+|B\.C\.(?:E\.)?|A\.D\.|Q[1-4]\b|[^\W\d_]++(?:\d\w*+)?+|['’]\d\d(?![\w'’])|[^\s\w]|\w++"
)
_YEAR_PAIR = re.compile(r"[12]\d{3}/\d\d(?:\d\d)?")
_CODES = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#%&~@0123456789=<>;:`{}/"'
_OTHER = "_"
# Classes that the vocabulary doesn't list: what the token looks like decides, in `_classify`.
_SHAPES = (
    "month abbreviated weekday short_weekday season number_word ordinal ordinal_word decade iso slashed "
    "clock year small number units quarter_code dash comma stop slash open hours short_year year_pair dotted"
)
_NAMES = (*_SHAPES.split(), *dict.fromkeys(words.CLASSES.values()))
CODE: dict[str, str] = {name: _CODES[position] for position, name in enumerate(_NAMES)}

_MACROS = {
    "mon": "(?:month|abbreviated stop?)",
    "wd": "(?:weekday|short_weekday stop?)",
    "ord": "(?:(?:number_word dash)?ordinal_word|ordinal)",
    "dom": "(?:the?ord|small)",  # day of month
    "unit": "[day week month_unit year_unit decade_unit century weekend fortnight]",
    "relative": "(?:that same|the?[last next this previous following same]|that)",
    "yearly": "(?:(?:comma|of)?year(?!dash?bc)|comma?of?relative year_unit|of the year_unit"
    "[earlier later]that|comma?of?the year_unit)",
    "part_of": "(?:(?:the?modifier in)?the?modifier?daypart(?:hours)?of)",
    "edged": "(?:the?edge of|the?modifier(?:dash|in)?|[earlier later]in"
    "|the?(?:ordinal_word|latter|last)(?:half|part)of)",
    "quantity": "(?:(?:article|number_word)?few of?|article|number_word(?:dash?number_word)?"
    "|small|number|year)",
}
# In order: where two rules match at one place the earlier wins, so the longer expressions stand first.
_GRAMMAR = {
    "before_christ": "(?:small?mon of?comma?|the?season of?)?(?:[small number year][dash slash and])?"
    "[small number year]stop?bc|the?modifier?ord dash?century stop?bc|the?modifier?decade bc",
    "iso": "iso",
    "slashed": "slashed|dotted",
    "nth_weekday": "the[ordinal ordinal_word last]wd[of in]"
    "(?:edged?mon yearly?|that month_unit|the month_unit)",
    "days_of_month": "(?:wd comma?)?part_of?dom(?:comma dom){0,8}comma?[dash to and slash]dom of?mon yearly?",
    "month_days": "part_of?mon dom(?:comma dom){0,8}comma?[dash to and slash]dom"
    "(?!of?mon|[comma stop]?number)yearly?",
    "day": "(?:wd comma?)?(?:daypart comma?)?part_of?edged?dom of?mon yearly?"
    "|(?:wd comma?)?part_of?(?:the?[last next this])?mon(?:dom|comma ordinal)yearly?",
    "day_of_month": "dom of(?:that same?|the?same|this|the?[last next previous following])month_unit",
    "month_of_year": "edged?mon yearly",
    "relative_month": "edged?relative mon",
    "month": "edged?mon",
    "season_of_year": "edged?the?season"
    "(?:of?year(?:[dash slash](?:small|year|number))?|of?year_pair|of short_year|comma year"
    "|of?relative year_unit)",
    "relative_season": "edged?relative season",
    "season": "the?edged?season|edged the?season",
    "part_of_year": "the?(?:ordinal_word|ordinal|latter|last)dash?[quarter half]of"
    "(?:year|relative?year_unit|the year_unit)"
    "|quarter_code(?:of|comma)?year",
    # Without "the", "following Thursday's vote" is after it, and the day that it would be alone.
    "relative_weekday": "(?:that same|the?[last next this previous same]|the following|that)wd daypart?",
    "before_last": "the(?:unit|wd|daypart)(?:earlier last|later next)",
    "weeks_on": "article week[on since](?:next?wd|today)|(?:wd|today)week(?=[stop comma]|$)",
    "weekday_beside": "the wd[earlier later following previous]",
    "month_beside": "the mon[earlier later following previous]",
    "weekday": "wd comma?daypart?",
    "today": "the day[earlier later]today|today daypart?",
    "ahead": "(?<=in)quantity(?:unit|units)apostrophe?time|quantity(?:unit|units)since now",
    "shift": "quantity dash?(?:unit|units)(?:ago|[earlier later]that|earlier|later|hence|on(?=comma))",
    "beside": "the(?:unit|daypart)[earlier later following previous](?:that)?",
    "edge_of": "(?:edged|[earlier later])?relative(?:unit|daypart)"
    "|edged the(?:year_unit|month_unit|decade_unit|century|week)",
    "decade": "edged?the?apostrophe?decade|edged?the?(?:number_word dash)?decade_word",
    "century": "edged?the?ord dash?century",
    "anno": "ad(?:small|number|year)|(?:small|number|year)ad",
    "years": "year[dash slash](?:small|year|number)(?![dash slash])",
    "year_pair": "year_pair",
    "short_year": "(?<=[in of since by to])short_year",
    "year": "edged?year",
    "feast": "feast",
    "bare_day": "(?<=[on to by since])the ordinal",
}


def _compile() -> re.Pattern[str]:
    def expand(source: str) -> str:
        def name(match: re.Match[str]) -> str:
            word = match[0]
            return expand(_MACROS[word]) if word in _MACROS else re.escape(CODE[word])

        return re.sub(r"[a-z_]+", name, source).replace(" ", "")

    # Most tokens begin nothing: one look ahead spares them all the rules.
    idle = re.escape(
        _OTHER
        + "".join(CODE[name] for name in ("comma", "stop", "slash", "open", "of", "and", "in", "apostrophe"))
    )
    rules = "|".join(f"(?P<{rule}>{expand(source)})" for rule, source in _GRAMMAR.items())
    return re.compile(f"(?=[^{idle}])(?:{rules})")


_EXPRESSION = _compile()
# Every rule has one of these.
_ANCHORS = (
    "month abbreviated weekday short_weekday season ordinal decade iso slashed year quarter_code today "
    "daypart day week fortnight month_unit year_unit decade_unit century weekend units bc ad feast "
    "decade_word short_year year_pair dotted"
)
_ANCHOR = re.compile("[" + "".join(re.escape(CODE[name]) for name in _ANCHORS.split()) + "]")


class Sentence(NamedTuple):
    """The tokens of one sentence: offsets into the text, words, and classes (one character each)."""

    text: str
    starts: list[int]
    ends: list[int]
    words: list[str]
    classes: str


class Match(NamedTuple):
    """Tokens `first` up to, not including, `last` of a sentence, and the rule of the grammar they fit."""

    rule: str
    first: int
    last: int


def read_tokens(text: str, start: int, end: int) -> Sentence | None:
    """Tokens of `text[start:end]` with their classes; None, and sooner, if none can be an expression."""
    tokens = _TOKEN.findall(text, start, end)
    get = _CLASS_OF.get
    classes = "".join(
        [
            get(token) or (_figures(token) if token[-1].isdigit() or token[0].isdigit() else _OTHER)
            for token in tokens
        ]
    )
    if not _ANCHOR.search(classes):
        return None
    spans = [match.span() for match in _TOKEN.finditer(text, start, end)]
    return Sentence(text, [span[0] for span in spans], [span[1] for span in spans], tokens, classes)


def matches(sentence: Sentence) -> Iterator[Match]:
    """Expressions that fit the grammar, leftmost first, apart from one another."""
    for match in _EXPRESSION.finditer(sentence.classes):
        yield Match(match.lastgroup or "", match.start(), match.end())


def _figures(token: str) -> str:
    """The class of a token that begins with a digit and isn't in the table."""
    if not token.isascii():
        return _OTHER
    if token.isdigit():
        return CODE["number"]
    if not token[0].isdigit():
        return CODE["short_year"] if token[0] == "'" else _OTHER
    if token[-1] == "s":
        return CODE["decade"]
    if token[-1].isalpha():
        return CODE["ordinal"] if 1 <= int(token[:-2]) <= 31 else _OTHER
    if "-" in token:
        return CODE["iso"]
    if token.count("/") == 2:
        return CODE["slashed"]
    if _YEAR_PAIR.fullmatch(token):
        return CODE["year_pair"]
    if token.count(".") == 2:
        return CODE["dotted"]
    return CODE["clock" if ":" in token else "number"]


def _table() -> dict[str, str]:
    """Every form of every word of the vocabulary -> its class."""
    table: dict[str, str] = {
        "-": CODE["dash"], "–": CODE["dash"], "—": CODE["dash"], ",": CODE["comma"], ".": CODE["stop"],
        "/": CODE["slash"], "(": CODE["open"], "hours": CODE["hours"],
        "B.C.": CODE["bc"], "B.C.E.": CODE["bc"], "A.D.": CODE["ad"],
    }  # fmt: skip
    plain = {
        **dict.fromkeys(words.NUMBERS, CODE["number_word"]),
        **dict.fromkeys(words.ORDINALS, CODE["ordinal_word"]),
        **dict.fromkeys(words.SEASONS, CODE["season"]),
        **{word: CODE[name] for word, name in words.CLASSES.items()},
    }
    for word in ("days", "weeks", "months", "years", "decades"):
        plain[word] = CODE["units"]
    for word, code in plain.items():
        table[word] = table[word.capitalize()] = table[word.upper()] = code
    for word in words.MONTHS:
        code = CODE["month" if len(word) > 4 or word in words.DOUBTFUL or word == "july" else "abbreviated"]
        table[word.capitalize()] = table[word.upper()] = code
        if word not in words.DOUBTFUL and code == CODE["month"]:
            table[word] = code
    for word in words.WEEKDAYS:
        code = CODE["weekday" if word.endswith("day") else "short_weekday"]
        table[word.capitalize()] = code
        if code == CODE["weekday"]:
            table[word] = table[word.upper()] = code
    for quarter in "1234":
        table["Q" + quarter] = CODE["quarter_code"]
    for number in range(1, 2200):
        table[str(number)] = CODE["small" if number <= 31 else "year" if number >= 1000 else "number"]
    for number in range(1, 10):
        table[f"0{number}"] = CODE["small"]
    return table


_CLASS_OF = _table()
