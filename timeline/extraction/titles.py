"""Short titles made of what was read, such as "Presidential election in Belarus"."""

import re
from functools import lru_cache

import pycountry

from timeline.extraction import lexicon
from timeline.extraction.records import Count, Kind

LONGEST = 120
_SUBJECT = re.compile(
    r"\b(?:referendums?|plebiscites?|vote|ballot|consultation)\s+(?:on|over|about)\s+"
    r"((?:(?:the|its|their|a|an|whether)\s+)?[\w’'-]+(?:\s+(?!(?:on|in|for|at|after|which|that|who|held|and|was|is|has|"
    r"by|next|last|this|said|to|from|as|with|while|when|before|scheduled|set|due|will|would)\b)[\w’'-]+){0,4})",
    re.IGNORECASE,
)
_SORT = re.compile(
    r"\b(presidential|parliamentary|general|legislative|local|municipal|regional|mayoral|gubernatorial|congressional"
    r"|federal|council|district|snap|primary|by-election|run-?off|leadership|state|provincial|midterm|european)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(independence|autonomy|self-determination|constitutional|secession|recall|impeachment|membership)\s+"
    r"(?:referendum|plebiscite|vote|ballot)\b",
    re.IGNORECASE,
)
_STEPS = {
    "proposed": "Constitutional change proposed",
    "adopted": "Constitutional change adopted",
    "signed": "Constitution signed",
    "scrapped": "Constitution scrapped",
    "effect": "Constitution takes effect",
}


@lru_cache(maxsize=512)
def country_name(code: str) -> str:
    """The country as a sentence would have it after "in"; the code itself if it is nobody's."""
    short: dict[str, str] = lexicon.table("places")["display"]
    if not code:
        return ""
    if code in short:
        return short[code]
    country = pycountry.countries.get(alpha_2=code)
    if country is None:
        return "Kosovo" if code == "XK" else code
    return str(getattr(country, "common_name", country.name)).split(",")[0]


def base(kind: Kind, words: str, step: str, country: str) -> str:
    """The title of a mention whose sentence reads `words`: not empty, no date, at most LONGEST long."""
    return _within(f"{_what(kind, words, step)}{f' in {country_name(country)}' if country else ''}")


def _what(kind: Kind, words: str, step: str) -> str:
    if kind == "referendum":
        if match := _SUBJECT.search(words):
            subject = re.sub(r"\s+", " ", match[1]).strip("’'- ")
            if not re.search(r"\d|day$|ary$", subject):
                return f"Referendum on {subject}"
        if match := _ABOUT.search(words):
            return (
                "Constitutional referendum"
                if match[1].lower() == "constitutional"
                else f"Referendum on {match[1]}"
            )
        return "Referendum"
    if kind == "election":
        sorts = [match.lower() for match in _SORT.findall(words)]
        tail = "run-off" if any(sort.startswith("run") for sort in sorts) else "election"
        plain = [sort for sort in dict.fromkeys(sorts) if sort not in ("by-election", "run-off", "runoff")]
        return f"{plain[0]} {tail}".capitalize() if plain else tail.capitalize()
    if kind == "constitutional_change":
        return _STEPS.get(step, "Constitutional change")
    return {"crackdown": "Crackdown", "protest": "Protests"}[kind]


def with_count(title: str, counts: tuple[Count, ...]) -> str:
    """The title with its largest count: "Crackdown in Belarus: over 35,000 detained"."""
    told = [count for count in counts if count.minimum or count.maximum]
    if not told or ":" in title:
        return title
    largest = max(told, key=lambda count: count.minimum or count.maximum or 0)
    return _within(f"{title}: {in_words(largest)}")


def in_words(count: Count) -> str:
    """The count as a reader would say it: "over 35,000 detained", "up to 2,000,000 attended"."""
    low, high = count.minimum, count.maximum
    if low is None:
        return f"up to {high:,} {count.what}"
    if high is None:
        return f"at least {low:,} {count.what}"
    return f"{low:,} {count.what}" if low == high else f"{low:,} to {high:,} {count.what}"


def _within(title: str) -> str:
    return title if len(title) <= LONGEST else title[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


def retitled(title: str, country: str) -> str:
    """A base title with another country in the place of its own."""
    stem = re.split(r" in (?=[^ ].*$)", title)[0] if " in " in title else title
    return _within(f"{stem} in {country_name(country)}") if country else title
