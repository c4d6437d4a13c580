"""The words of `vocabulary/dates.toml`, as tables that the other modules look words up in."""

import tomllib
from pathlib import Path

_FILE = Path(__file__).parent.parent / "vocabulary" / "dates.toml"
_DATA = tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _numbered(groups: list[list[str]]) -> dict[str, int]:
    return {word: number for number, words in enumerate(groups, 1) for word in words}


MONTHS = _numbered(_DATA["months"])  # lower-case name or abbreviation -> 1 to 12
WEEKDAYS = _numbered(_DATA["weekdays"])  # -> 1 (Monday) to 7, as in ISO 8601
DOUBTFUL: frozenset[str] = frozenset(_DATA["doubtful"])
SEASONS: dict[str, int] = _DATA["seasons"]  # -> the EDTF code, 21 to 24
NUMBERS: dict[str, int] = _DATA["numbers"]
DECADES: dict[str, int] = _DATA["decades"]  # -> the tens of the year
ORDINALS: dict[str, int] = _DATA["ordinals"]
WORDS_BY_CLASS: dict[str, list[str]] = _DATA["classes"]
CLASSES: dict[str, str] = {word: name for name, group in WORDS_BY_CLASS.items() for word in group}
FEASTS: dict[str, list[int]] = _DATA["feasts"]
DAYS: dict[str, str] = _DATA["days"]
EASTER: dict[str, int] = _DATA["easter"]
FUTURE: frozenset[str] = frozenset(_DATA["tense"]["future"])
AWAITED: frozenset[str] = frozenset(_DATA["tense"]["awaited"])
AHEAD_OF: frozenset[str] = frozenset(_DATA["tense"]["ahead_of"])
PAST: frozenset[str] = frozenset(_DATA["tense"]["past"])
LATELY: frozenset[str] = frozenset(_DATA["tense"]["lately"])
VOTES: frozenset[str] = frozenset(_DATA["tense"]["votes"])
NOT_PAST: frozenset[str] = frozenset(_DATA["tense"]["not_past"])
INTENT: frozenset[str] = frozenset(_DATA["tense"]["intent"])
BEFORE_YEAR: frozenset[str] = frozenset(_DATA["before_year"]["words"])
THINGS: frozenset[str] = frozenset(_DATA["not_year"]["things"])
NOT_DECADE: frozenset[str] = frozenset(_DATA["not_year"]["decade"])
LABELS: frozenset[str] = frozenset(_DATA["not_year"]["labels"])
NAMED_DAYS: frozenset[str] = frozenset(_DATA["names"]["named_days"])
PAPERS: frozenset[str] = frozenset(_DATA["names"]["papers"])
EARLIER: frozenset[str] = frozenset(_DATA["classes"]["earlier"])
VAGUE: frozenset[str] = frozenset(_DATA["classes"]["few"])
AFTER_ALONE: frozenset[str] = frozenset(_DATA["alone"]["after"])
NOT_NAMED: frozenset[str] = frozenset(_DATA["attributive"]["not_named"])
SEASONAL: frozenset[str] = frozenset(_DATA["attributive"]["seasonal"])
ARTICLES: frozenset[str] = frozenset(_DATA["alone"]["articles"])
PRONOUNS: frozenset[str] = frozenset(_DATA["alone"]["pronouns"])
FUNCTION_WORDS = AFTER_ALONE | ARTICLES | PRONOUNS | NOT_NAMED | FUTURE | PAST
