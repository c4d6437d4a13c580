"""How many people: numbers in figures and words, with their bounds, and what happened to those people."""

import re
from calendar import month_abbr, month_name
from dataclasses import dataclass
from functools import lru_cache

from timeline.extraction import lexicon
from timeline.extraction.records import Count, Span, What

_FIGURES = r"\d{1,3}(?:[,\u202f\u00a0]\d{3})+|\d+(?:\.\d+)?"


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    number: re.Pattern[str]
    words: dict[str, int]
    scales: dict[str, int]
    vague: dict[str, int]
    lower: frozenset[str]
    upper: frozenset[str]
    people: re.Pattern[str]
    cues: dict[What, re.Pattern[str]]
    not_people: re.Pattern[str]


@lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    data = lexicon.table("counts")
    words, scales, vague = data["words"], data["scales"], data["vague"]
    bounds = sorted((*data["lower"], *data["upper"], *data["about"]), key=len, reverse=True)
    vague_words = "|".join(sorted(map(re.escape, vague), key=len, reverse=True))
    spelt = "|".join(sorted(words, key=len, reverse=True))
    scale = "|".join(scales)
    number = re.compile(
        rf"(?<![\w.,$€£-])(?P<bound>(?:{'|'.join(map(re.escape, bounds))})\s+)?"
        rf"(?:(?P<vague>{vague_words})|(?P<figures>{_FIGURES}|(?:{spelt})(?:[- ](?:{spelt}))?)"
        rf"(?:[–-](?P<last>{_FIGURES})|\s+(?:to|and)\s+(?P<to>{_FIGURES})(?=[\s]))?"
        rf"(?:\s+(?P<scale>{scale}))?)(?![\w%]|\.\d|-(?:year|day|month|week|hour|member|seat|point|nation))",
        re.IGNORECASE,
    )
    return _Vocabulary(
        number,
        words,
        scales,
        vague,
        frozenset(data["lower"]),
        frozenset(data["upper"]),
        re.compile(data["people"], re.IGNORECASE),
        {what: lexicon.compiled(pattern) for what, pattern in data["what"].items()},
        re.compile(data["not_people"], re.IGNORECASE),
    )


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    minimum: int | None
    maximum: int | None
    vague: bool


_BEFORE_YEAR = {"in", "of", "since", "the", "for", "from", "by", "until"}
_MONTHS = {name.lower() for name in (*month_name, *month_abbr, "Sept") if name}


def find(text: str, start: int, end: int) -> list[Count]:
    """Counts of people told in `text[start:end]`, in text order."""
    words = text[start:end]
    counts: list[Count] = []
    for number in _numbers(words):
        what = _what(words, number)
        if what:
            counts.append(
                Count(what, number.minimum, number.maximum, Span(start + number.start, start + number.end))
            )
    return counts


def _numbers(words: str) -> list[_Number]:
    vocabulary = _vocabulary()
    found = []
    for match in vocabulary.number.finditer(words):
        if vocabulary.not_people.match(words, match.end()):
            continue
        bound = re.sub(r"\s+", " ", (match["bound"] or "").strip().lower())
        low, high = _value(match, vocabulary)
        if low is None or _is_year(words, match):
            continue
        if bound in vocabulary.lower:
            high = None
        elif bound in vocabulary.upper and high is not None:
            low = None
        found.append(_Number(match.start(), match.end(), low, high, bool(match["vague"])))
    return found


def _is_year(words: str, match: re.Match[str]) -> bool:
    """Whether a bare number is a year: four digits after "in", "since" or a month, without a bound."""
    bare = match["figures"] or ""
    before = words[max(0, match.start() - 12) : match.start()].split()
    year = len(bare) == 4 and bare.isdigit() and "1500" <= bare <= "2100" and not match["bound"]
    if not year or not before:
        return year
    last = before[-1].lower()
    return last in _BEFORE_YEAR or last.strip(".,") in _MONTHS or (last[0].isdigit() and last.endswith(","))


def _value(match: re.Match[str], vocabulary: _Vocabulary) -> tuple[int | None, int | None]:
    if match["vague"]:
        return vocabulary.vague[re.sub(r"\s+", " ", match["vague"].lower())], None
    factor = vocabulary.scales[match["scale"].lower()] if match["scale"] else 1
    low = _amount(match["figures"], factor, vocabulary)
    last = match["last"] or match["to"]
    high = _amount(last, factor, vocabulary) if last else low
    if low is None or high is None or high < low:
        return low, low
    return low, high


def _amount(written: str, factor: int, vocabulary: _Vocabulary) -> int | None:
    bare = re.sub(r"[,\u202f\u00a0]", "", written)
    if bare[0].isdigit():
        amount = float(bare) * factor
        return int(amount) if amount == int(amount) and amount < 10**10 else None
    parts = re.split(r"[- ]", bare.lower())
    return (
        sum(vocabulary.words[part] for part in parts) * factor
        if all(p in vocabulary.words for p in parts)
        else None
    )


def _what(words: str, number: _Number) -> What | None:
    """What happened to the people of a number: the nearest cue, where the number can be of people at all."""
    vocabulary = _vocabulary()
    after = re.split(r"[;:]|\.\s|, and |, but ", words[number.end : number.end + 110], maxsplit=1)[0]
    before = re.split(r"[;:]|\.\s|, and |, but ", words[max(0, number.start - 60) : number.start])[-1]
    best: tuple[int, What] | None = None
    people = bool(vocabulary.people.match(after)) or (number.vague and not after.startswith(" of "))
    for what, cue in vocabulary.cues.items():
        for rank, where in ((0, cue.search(after)), (1, _last(cue, before))):
            if where is None:
                continue
            gap = where.start() if rank == 0 else len(before) - where.end()
            if rank == 1:
                gap = gap * 2 + 3
            if not people and (gap > 12 or what == "attended"):
                continue
            if best is None or gap < best[0]:
                best = (gap, what)
    return best[1] if best else None


def _last(pattern: re.Pattern[str], words: str) -> re.Match[str] | None:
    last = None
    for match in pattern.finditer(words):
        last = match
    return last
