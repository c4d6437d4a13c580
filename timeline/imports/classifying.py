"""The kind and the country that a row names."""

from functools import lru_cache

import pycountry

from timeline.extraction import places, records, triggers

KINDS = ("referendum", "election", "crackdown", "protest", "constitutional_change", "other")
KOSOVO = "XK"  # has no code of its own in ISO 3166-1


@lru_cache(maxsize=1024)
def kind_named(words: str) -> str:
    """The kind that the words name, in singular or plural and either case; "" if none."""
    name = " ".join(words.casefold().replace("_", " ").replace("-", " ").split())
    return next((kind for kind in KINDS if name in _names(kind)), "")


def _names(kind: str) -> tuple[str, str]:
    name = kind.replace("_", " ")
    return name, f"{name}s"


def kind_of_headline(headline: str) -> str:
    """The kind that a headline tells of in the words that articles are read by; "" if none or several."""
    whole = [records.Span(0, len(headline))]
    found = {trigger.kind for hits in triggers.find(headline, whole).values() for trigger in hits}
    return found.pop() if len(found) == 1 and found <= set(KINDS) else ""


def kind_of(group: str, headline: str, default: str) -> tuple[str, str]:
    """The kind of a row, and the rule by which it was found."""
    if kind := kind_named(group):
        return kind, "group"
    if kind := kind_of_headline(headline):
        return kind, "headline"
    return default, "default"


@lru_cache(maxsize=1024)
def country_named(words: str) -> str:
    """ISO 3166-1 alpha-2 code of the country that the words are the name of; "" if they are none."""
    name = " ".join(words.split())
    if not name:
        return ""
    for place in places.find(name):
        if place.sort == "country" and (place.start, place.end) == (0, len(name)):
            return place.country
    try:
        found = pycountry.countries.lookup(name) if len(name) > len("XXX") else None
    except LookupError:
        return ""
    return str(found.alpha_2) if found else ""


def country_coded(code: str) -> str:
    """The alpha-2 code itself, in capitals, if it is a country's; else ""."""
    code = code.strip().upper()
    return code if code == KOSOVO or (code and pycountry.countries.get(alpha_2=code)) else ""


def country_numbered(number: str) -> str:
    """The alpha-2 code of a numeric one, which may have lost its leading noughts; "" if it is nobody's."""
    number = number.strip()
    found = pycountry.countries.get(numeric=number.zfill(3)) if number.isdecimal() else None
    return str(found.alpha_2) if found else ""
